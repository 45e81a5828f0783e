/* What a key's table says of a signature, against ECDSA_do_verify(). */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/obj_mac.h>
#include <openssl/rand.h>
#include <openssl/x509.h>

#include "crypto/key_table.h"
#include "crypto/public_key.h"

/* The key of a scalar; a negative one counts from the order. */
static EC_KEY *
key_of(long scalar)
{
	EC_KEY *key = EC_KEY_new_by_curve_name(NID_X9_62_prime256v1);
	const EC_GROUP *curve = EC_KEY_get0_group(key);
	EC_POINT *point = EC_POINT_new(curve);
	BIGNUM *n = BN_new();

	BN_set_word(n, (BN_ULONG)labs(scalar));
	if (scalar < 0)
		BN_sub(n, EC_GROUP_get0_order(curve), n);
	assert_int_equal(EC_POINT_mul(curve, point, n, NULL, NULL, NULL), 1);
	assert_int_equal(EC_KEY_set_private_key(key, n), 1);
	assert_int_equal(EC_KEY_set_public_key(key, point), 1);
	EC_POINT_free(point);
	BN_free(n);
	return key;
}

static bool
says(const struct key_table *t, EC_KEY *key, const uint8_t *digest, size_t len,
    ECDSA_SIG *signature)
{
	bool good = key_table_verify(t, digest, len, signature);

	assert_int_equal(
	    good, ECDSA_do_verify(digest, (int)len, signature, key) == 1);
	return good;
}

/* A signature with r or s moved by a number, or made one. */
static void
moved(const struct key_table *t, EC_KEY *key, const uint8_t *digest,
    const ECDSA_SIG *signature, const BIGNUM *by, bool whole)
{
	const BIGNUM *r, *s;
	unsigned i;

	ECDSA_SIG_get0(signature, &r, &s);
	for (i = 0; i < 2; i++) {
		BIGNUM *a = BN_dup(r), *b = BN_dup(s), *at = i == 0 ? a : b;
		ECDSA_SIG *other = ECDSA_SIG_new();

		if (whole)
			BN_copy(at, by);
		else
			BN_add(at, at, by);
		ECDSA_SIG_set0(other, a, b);
		assert_false(says(t, key, digest, 32, other));
		ECDSA_SIG_free(other);
	}
}

static void
keys_and_digests(void **state)
{
	/* The generator itself, its neighbours, and keys of no kind. */
	static const long scalars[] = { 1, 2, 3, -1, -2, 127, 128, 65537,
		999999937 };
	static const size_t lens[] = { 20, 32, 48, 64 };
	uint8_t digest[64];
	BIGNUM *one = BN_new(), *zero = BN_new();
	size_t i, j;

	(void)state;
	BN_set_word(one, 1);
	for (i = 0; i < sizeof(scalars) / sizeof(scalars[0]); i++) {
		EC_KEY *key = key_of(scalars[i]), *other = key_of(5);
		struct key_table *t = key_table_new(key);
		const BIGNUM *order =
		    EC_GROUP_get0_order(EC_KEY_get0_group(key));

		for (j = 0; j < 40; j++) {
			size_t len = lens[j % 4];
			ECDSA_SIG *signature;

			RAND_bytes(digest, sizeof(digest));
			if (j < 8) /* 0, and more than the order */
				memset(digest, j < 4 ? 0 : 0xff, 64);
			signature = ECDSA_do_sign(digest, (int)len, key);
			assert_true(says(t, key, digest, len, signature));
			digest[j % 20] ^= 0x10;
			assert_false(says(t, key, digest, len, signature));
			moved(t, key, digest, signature, one, false);
			moved(t, key, digest, signature, order, false);
			moved(t, key, digest, signature, zero, true);
			moved(t, key, digest, signature, order, true);
			moved(t, key, digest, signature, one, true);
			ECDSA_SIG_free(signature);
			signature = ECDSA_do_sign(digest, (int)len, other);
			assert_false(says(t, key, digest, len, signature));
			ECDSA_SIG_free(signature);
		}
		key_table_free(t);
		EC_KEY_free(key);
		EC_KEY_free(other);
	}
	BN_free(one);
	BN_free(zero);
}

/* A key that comes often is the same key, and checks the same. */
static void
busy(void **state)
{
	static const struct signature_algorithm a = { SIGNATURE_ECDSA,
		HASH_SHA256 };
	EC_KEY *key = key_of(4711);
	uint8_t spki[SPKI_MAX], *at = spki, digest[32], bytes[80];
	struct span s = span_of(spki, (size_t)i2d_EC_PUBKEY(key, &at));
	struct span text = span_str("message");
	const struct public_key *k;
	unsigned i, len;
	struct why why;

	(void)state;
	sha256(text, digest);
	assert_int_equal(ECDSA_sign(0, digest, 32, bytes, &len, key), 1);
	for (i = 0; i < 1100; i++) {
		assert_int_equal(public_key_get(s, &k, &why), REASON_OK);
		if (i % 50 == 0 || i > 990)
			assert_true(
			    signature_verify(k, a, text, span_of(bytes, len)));
	}
	for (i = 0; i < 8 * len; i++) {
		bytes[i / 8] ^= (uint8_t)(1 << i % 8);
		assert_false(signature_verify(k, a, text, span_of(bytes, len)));
		bytes[i / 8] ^= (uint8_t)(1 << i % 8);
	}
	EC_KEY_free(key);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_and_digests),
		cmocka_unit_test(busy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
