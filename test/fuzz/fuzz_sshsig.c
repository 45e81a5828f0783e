/*
 * Signatures of OpenSSH keys: armour comes off to no more than its text, a key is
 * read to a SubjectPublicKeyInfo that our own reader takes, and what verifies names
 * a key that was read.
 */
#include "crypto/public_key.h"
#include "envelope/sshsig.h"
#include "fuzz.h"

#define MESSAGE "hallmark key statement 1\n"

uint64_t
input_read(const uint8_t *bytes, size_t len)
{
	uint8_t octets[SSHSIG_MAX], spki[SPKI_MAX], print[HASH_SIZE];
	struct span in = span_of(bytes, len), raw = in;
	const struct public_key *key;
	uint64_t digest = 0;
	size_t n;

	if (sshsig_unarmour(in, octets, &n)) {
		require(n <= sizeof(octets) && n < len);
		raw = span_of(octets, n);
	}
	if (sshsig_verify(raw, "hallmark-key", span_str(MESSAGE), print,
		NULL) == REASON_OK)
		digest = digest_add(ACCEPTED, print, sizeof(print));
	if (ssh_key_read(in, spki, &n)) {
		require(n < sizeof(spki) && n > len / 2);
		digest = digest_add(ACCEPTED, spki, n);
		if (oracle_begin()) {
			(void)!public_key_get(span_of(spki, n), &key, NULL);
			oracle_end();
		}
	}
	public_key_cache_trim();
	return digest;
}
