/*
 * Key files: PKCS#8 under a passphrase as a signer keeps keys and secrets, and
 * keys of other tools as a registrar takes them. A key that is taken is one of
 * ours, and signs what its own public key verifies. Which of the readers took
 * it makes no difference.
 */
#include <openssl/rand.h>

#include "crypto/keys/private_key.h"
#include "fuzz.h"
#include "scratch.h"

#define PASSPHRASE "correct horse"

/* Signing draws random numbers, so this is no part of the digest. */
static void
key_works(const struct private_key *k)
{
	static const uint8_t message[] = "to be signed";
	struct span m = span_of(message, sizeof(message));
	uint8_t signature[SIGNATURE_SIZE_MAX];
	const struct public_key *p;
	size_t len;

	require(private_key_type(k) == KEY_P256 ||
	    private_key_type(k) == KEY_P384 || private_key_type(k) == KEY_RSA);
	require(public_key_get(private_key_spki(k), &p, NULL) == REASON_OK);
	private_key_sign(k, m, signature, &len);
	require(signature_verify(
	    p, private_key_signature(k), m, span_of(signature, len)));
}

static uint64_t
key_take(struct private_key *k)
{
	struct span spki = private_key_spki(k);
	uint64_t digest = digest_add(ACCEPTED, spki.ptr, spki.len);

	if (oracle_begin()) {
		key_works(k);
		oracle_end();
	}
	private_key_free(k);
	return digest;
}

static struct secret passphrase;

static void
passphrase_make(void)
{
	uint8_t one[1];

	if (passphrase.ptr != NULL)
		return;
	/* What these make must not lie in the heap for keys, where nobody looks
	 * for pointers to the rest. */
	require(RAND_bytes(one, sizeof(one)) == 1);
	require(RAND_priv_bytes(one, sizeof(one)) == 1);
	secret_new(&passphrase, strlen(PASSPHRASE));
	memcpy(passphrase.ptr, PASSPHRASE, strlen(PASSPHRASE));
}

/* The reader of a registrar's keys derives as the signer's does, and walks through
 * all blocks besides. */
uint64_t
input_decode(const uint8_t *bytes, size_t len)
{
	struct private_key *k;

	passphrase_make();
	if (private_key_read(&k, span_of(bytes, len), &passphrase, NULL) !=
	    REASON_OK)
		return 0;
	private_key_free(k);
	return ACCEPTED;
}

uint64_t
input_read(const uint8_t *bytes, size_t len)
{
	const char *path = scratch_write("one.key", span_of(bytes, len));
	struct private_key *k;
	struct secret s;
	uint64_t digest = 0;

	if (oracle_begin()) {
		passphrase_make();
		oracle_end();
	}
	if (private_key_load(&k, path, &passphrase, NULL, NULL) == REASON_OK)
		digest = key_take(k);
	if (private_key_read(&k, span_of(bytes, len), &passphrase, NULL) ==
	    REASON_OK)
		digest = key_take(k);
	if (secret_load(&s, path, &passphrase, NULL, NULL) == REASON_OK) {
		digest = digest_add(ACCEPTED, s.ptr, s.len);
		secret_free(&s);
	}
	return digest;
}
