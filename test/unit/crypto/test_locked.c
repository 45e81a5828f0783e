/*
 * Where p and q of an RSA key are while and after it signs: what libcrypto allocates
 * for it comes from the locked heap, and no other page has them when it is done.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../folder.h"
#include "../scrypt.h"
#include "crypto/hash/memory.h"
#include "crypto/keys/private_key.h"

#define PIECE	24 /* octets of a prime that are looked for */
#define MASK	0x5a
/* Of what is mapped; sanitizers reserve terabytes. */
#define LARGEST (1UL << 26)

static const char *path;  /* of a key file */
static unsigned ordinary; /* what libcrypto took from malloc() */

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__real_realloc(void *p, size_t size);
void *__wrap_realloc(void *p, size_t size);

/* Of our own objects alone, and of them memory.c is all that signing calls. */
void *
__wrap_malloc(size_t size)
{
	ordinary++;
	return __real_malloc(size);
}

void *
__wrap_realloc(void *p, size_t size)
{
	ordinary++;
	return __real_realloc(p, size);
}

static int
begin(void **state)
{
	static char key[PATH_MAX * 2];

	libcrypto_memory();
	if (folder_make(state) != 0)
		return -1;
	snprintf(key, sizeof(key), "%s", inside("key.pem"));
	path = key;
	return 0;
}

static int
end(void **state)
{
	unlink(path);
	return folder_remove(state);
}

/* Pieces of p and q, masked so that they are not found themselves: as libcrypto's
 * numbers have them, lowest octet first, and as files do. */
struct wanted {
	uint8_t pieces[4][PIECE];
};

static void
piece_take(struct wanted *w, unsigned at, const BIGNUM *prime)
{
	uint8_t octets[256];
	int i, len = BN_bn2bin(prime, octets);

	assert_true(len >= 2 * PIECE);
	for (i = 0; i < PIECE; i++) {
		w->pieces[at][i] = octets[i] ^ MASK;
		w->pieces[at + 1][i] = octets[len - 1 - i] ^ MASK;
	}
	secret_wipe(octets, sizeof(octets));
}

static void
wanted_of(const struct private_key *k, struct wanted *w)
{
	EVP_PKEY *native = private_key_native(k);
	const BIGNUM *p, *q;

	RSA_get0_factors(EVP_PKEY_get0_RSA(native), &p, &q);
	piece_take(w, 0, p);
	piece_take(w, 2, q);
	EVP_PKEY_free(native);
}

static bool
is_wanted(const struct wanted *w, const uint8_t *at)
{
	unsigned i, n;

	for (n = 0; n < 4; n++) {
		for (i = 0; i < PIECE; i++)
			if ((at[i] ^ MASK) != w->pieces[n][i])
				break;
		if (i == PIECE)
			return true;
	}
	return false;
}

static unsigned
count_in(const struct wanted *w, const uint8_t *low, const uint8_t *high)
{
	unsigned found = 0;

	for (; low + PIECE <= high; low++)
		found += is_wanted(w, low);
	return found;
}

/* How often they are in memory that can be written, in the locked heap and out of
 * it. The reading is by the kernel: no sanitizer minds, and what cannot be read is
 * left out. */
static void
memory_search(const struct wanted *w, unsigned *inside, unsigned *outside)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	FILE *mem = fopen("/proc/self/mem", "r");
	struct secret page;
	unsigned long low, high, at;
	char line[400], mode[8];
	unsigned found;

	assert_non_null(maps);
	assert_non_null(mem);
	setbuf(mem, NULL);
	secret_new(&page, 1 << 16);
	*inside = *outside = 0;
	while (fgets(line, sizeof(line), maps) != NULL) {
		if (sscanf(line, "%lx-%lx %7s", &low, &high, mode) != 3 ||
		    mode[1] != 'w' || high - low > LARGEST)
			continue;
		/* A piece at a seam of two readings is one of four. */
		for (at = low; at < high; at += 1 << 16) {
			size_t len = high - at < 1 << 16 ? high - at : 1 << 16;

			if (at == (unsigned long)page.ptr ||
			    fseek(mem, (long)at, SEEK_SET) != 0 ||
			    fread(page.ptr, 1, len, mem) != len)
				continue;
			found = count_in(w, page.ptr, page.ptr + len);
			if (CRYPTO_secure_allocated((void *)at))
				*inside += found;
			else
				*outside += found;
			secret_wipe(page.ptr, len);
		}
	}
	secret_free(&page);
	fclose(maps);
	fclose(mem);
}

static void
check_memory(const struct wanted *w)
{
	unsigned inside, outside;

	memory_search(w, &inside, &outside);
	/* What is looked for is found where it is. */
	assert_in_range(inside, 2, 64);
	assert_int_equal(outside, 0);
}

static void
sign_often(const struct private_key *k)
{
	uint8_t signature[SIGNATURE_SIZE_MAX];
	size_t len, used = CRYPTO_secure_used();
	unsigned i;

	for (i = 0; i < 20; i++) {
		ordinary = 0;
		private_key_sign(k, span_str("message"), signature, &len);
		assert_int_equal(ordinary, 0);
		assert_int_equal(len, 256);
		if (i == 0) /* what libcrypto sets up once */
			used = CRYPTO_secure_used();
		assert_int_equal(CRYPTO_secure_used(), used);
	}
}

static void
made(void **state)
{
	struct private_key *k;
	struct wanted w;

	(void)state;
	RSA_free(RSA_new()); /* what libcrypto sets up once */
	ordinary = 0;
	k = private_key_generate_rsa(2048);
	assert_in_range(ordinary, 0, 16); /* without it thousands */
	wanted_of(k, &w);
	check_memory(&w);
	sign_often(k);
	check_memory(&w);
	private_key_free(k);
}

static void
kept_and_loaded(void **state)
{
	struct private_key *k = private_key_generate_rsa(2048);
	struct secret passphrase;
	struct wanted w;
	struct why why;
	size_t used;

	(void)state;
	wanted_of(k, &w);
	secret_new(&passphrase, 1);
	passphrase.ptr[0] = 'p';
	assert_int_equal(
	    private_key_save(k, path, &passphrase, NULL, &why), REASON_OK);
	check_memory(&w);
	private_key_free(k);
	used = CRYPTO_secure_used();
	assert_int_equal(
	    private_key_load(&k, path, &passphrase, NULL, &why), REASON_OK);
	check_memory(&w);
	sign_often(k);
	check_memory(&w);
	print_message(
	    "# a key takes %zu octets\n", CRYPTO_secure_used() - used);
	private_key_free(k);
	secret_free(&passphrase);
}

static const struct wanted *searched;
static unsigned found_inside, found_outside;

static void
scrypt_called(void)
{
	if (searched != NULL)
		memory_search(searched, &found_inside, &found_outside);
}

/* The tag key on its way to its file: beside its own page and the one that is
 * encrypted it is in the locked heap alone. */
static void
other_secret(void **state)
{
	struct secret passphrase, s;
	struct wanted w;
	struct why why;
	unsigned i;

	(void)state;
	secret_new(&passphrase, 1);
	passphrase.ptr[0] = 'p';
	secret_new(&s, sizeof(w));
	for (i = 0; i < sizeof(w); i++) {
		s.ptr[i] = (uint8_t)(i * i + 7 * i);
		((uint8_t *)&w)[i] = s.ptr[i] ^ MASK;
	}
	unlink(path);
	searched = &w;
	assert_int_equal(
	    secret_save(&s, path, &passphrase, NULL, &why), REASON_OK);
	searched = NULL;
	assert_int_equal(found_inside, 4);
	assert_int_equal(found_outside, 2 * 4);
	secret_free(&s);
	secret_free(&passphrase);
}

/* With so many RSA keys that the heap is full, EC keys still sign: what must lie in
 * it, their nonces, finds room. */
static void
full(void **state)
{
	static void *taken[1 << 16];
	struct private_key *k = private_key_generate(KEY_P256), *other;
	uint8_t signature[SIGNATURE_SIZE_MAX];
	size_t len, size, n = 0;

	(void)state;
	libcrypto_locked(true);
	for (size = 1 << 16; size >= 32; size /= 2) {
		for (ordinary = 0; ordinary == 0 && n < 1 << 16; n++)
			taken[n] = OPENSSL_malloc(size);
	}
	assert_true(ordinary > 0); /* and it did not end for want of places */
	libcrypto_locked(false);
	private_key_sign(k, span_str("message"), signature, &len);
	other = private_key_generate(KEY_P384);
	private_key_sign(other, span_str("message"), signature, &len);
	private_key_free(other);
	other = private_key_generate_rsa(2048);
	private_key_sign(other, span_str("message"), signature, &len);
	private_key_free(other);
	while (n > 0)
		OPENSSL_free(taken[--n]);
	private_key_free(k);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(made),
		cmocka_unit_test(kept_and_loaded),
		cmocka_unit_test(other_secret),
		cmocka_unit_test(full),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
