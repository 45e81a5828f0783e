/* RFC 6979 against its own answers, the inverse against libcrypto's. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <jansson.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/obj_mac.h>
#include <string.h>

#include "base/random.h"
#include "crypto/keys/inverse.h"
#include "crypto/keys/nonce.h"

static EC_KEY *
key_of(int nid, const char *scalar)
{
	EC_KEY *key = EC_KEY_new_by_curve_name(nid);
	EC_POINT *point = EC_POINT_new(EC_KEY_get0_group(key));
	BIGNUM *x = NULL;

	BN_hex2bn(&x, scalar);
	assert_int_equal(EC_KEY_set_private_key(key, x), 1);
	EC_POINT_mul(EC_KEY_get0_group(key), point, x, NULL, NULL, NULL);
	EC_KEY_set_public_key(key, point);
	assert_int_equal(EC_KEY_check_key(key), 1);
	EC_POINT_free(point);
	BN_free(x);
	return key;
}

static void
number_equal(const uint8_t *bytes, size_t len, const char *hex)
{
	BIGNUM *expected = NULL, *found = BN_bin2bn(bytes, (int)len, NULL);

	BN_hex2bn(&expected, hex);
	assert_int_equal(BN_cmp(found, expected), 0);
	BN_free(expected);
	BN_free(found);
}

static void
answer_check(const EC_KEY *key, enum hash_algorithm hash, const char *message,
    const char *r_hex, const char *s_hex)
{
	uint8_t digest[HASH_MAX], r[66], s[66];
	struct nonce n;
	size_t width;

	hash_bytes(hash, span_str(message), digest);
	nonce_draw_with(&n, key, hash, digest, span_of(NULL, 0));
	nonces_invert(&n, 1);
	width = nonce_sign(&n, r, s);
	assert_int_equal(width, hash_size(hash));
	number_equal(r, width, r_hex);
	number_equal(s, width, s_hex);
}

static const char *
text_at(const json_t *o, const char *name, const char *member)
{
	return json_string_value(
	    json_object_get(json_object_get(o, name), member));
}

/* RFC 6979 A.2.5 */
static void
answers_p256(void **state)
{
	json_t *all =
	    json_load_file(VECTORS "/kat/rfc5869-rfc6979.json", 0, NULL);
	json_t *o = json_object_get(all, "rfc6979_A.2.5_P256_SHA256");
	EC_KEY *key;

	(void)state;
	assert_non_null(o);
	key = key_of(
	    NID_X9_62_prime256v1, json_string_value(json_object_get(o, "x")));
	answer_check(key, HASH_SHA256, "sample", text_at(o, "sample", "r"),
	    text_at(o, "sample", "s"));
	answer_check(key, HASH_SHA256, "test", text_at(o, "test", "r"),
	    text_at(o, "test", "s"));
	EC_KEY_free(key);
	json_decref(all);
}

/* RFC 6979 A.2.6 */
static void
answers_p384(void **state)
{
	EC_KEY *key = key_of(NID_secp384r1,
	    "6B9D3DAD2E1B8C1C05B19875B6659F4D"
	    "E23C3B667BF297BA9AA47740787137D896D5724E4C70A825F872C9EA60D2EDF5");

	(void)state;
	answer_check(key, HASH_SHA384, "sample",
	    "94EDBB92A5ECB8AAD4736E56C691916B3F88140666CE9FA7"
	    "3D64C4EA95AD133C81A648152E44ACF96E36DD1E80FABE46",
	    "99EF4AEB15F178CEA1FE40DB2603138F130E740A19624526"
	    "203B6351D0A3A94FA329C145786E679E7B82C71A38628AC8");
	answer_check(key, HASH_SHA384, "test",
	    "8203B63D3C853E8D77227FB377BCF7B7B772E97892A80F36"
	    "AB775D509D7A5FEB0542A7F0812998DA8F1DD3CA3CF023DB",
	    "DDD0760448D42D8A43AF45AF836FCE4DE8BE06B485E9B61B"
	    "827C2F13173923E06A739F040649A667BF3B828246BAA5A5");
	EC_KEY_free(key);
}

static bool
openssl_verifies(EC_KEY *key, const uint8_t *digest, size_t width,
    const uint8_t *r, const uint8_t *s)
{
	ECDSA_SIG *signature = ECDSA_SIG_new();
	bool good;

	ECDSA_SIG_set0(signature, BN_bin2bn(r, (int)width, NULL),
	    BN_bin2bn(s, (int)width, NULL));
	good = ECDSA_do_verify(digest, (int)width, signature, key) == 1;
	ECDSA_SIG_free(signature);
	return good;
}

/* With added randomness: another nonce each time, all of them good. */
static void
hedged_signatures_differ(void **state)
{
	static const int nids[] = { NID_X9_62_prime256v1, NID_secp384r1 };
	uint8_t digest[HASH_MAX], r[66], s[66], last[66] = { 0 };
	enum hash_algorithm hash;
	struct nonce n;
	unsigned curve, i;
	size_t width;
	EC_KEY *key;

	(void)state;
	for (curve = 0; curve < 2; curve++) {
		hash = curve == 0 ? HASH_SHA256 : HASH_SHA384;
		hash_bytes(hash, span_str("one message"), digest);
		key = EC_KEY_new_by_curve_name(nids[curve]);
		assert_int_equal(EC_KEY_generate_key(key), 1);
		for (i = 0; i < 8; i++) {
			nonce_draw(&n, key, hash, digest);
			nonces_invert(&n, 1);
			width = nonce_sign(&n, r, s);
			assert_true(openssl_verifies(key, digest, width, r, s));
			assert_memory_not_equal(r, last, width);
			memcpy(last, r, width);
		}
		EC_KEY_free(key);
	}
}

/* Numbers are inverted as many at a time as there may be, and as few. */
static struct {
	uint8_t numbers[INVERSES_MAX][32], theirs[INVERSES_MAX][32];
	size_t len, full;
} pile = { .full = 1 };

static void
inverses_check(void)
{
	inverses_p256(pile.numbers, pile.len);
	assert_memory_equal(pile.numbers, pile.theirs, pile.len * 32);
	pile.len = 0;
	pile.full = pile.full % INVERSES_MAX + 1;
}

static void
inverse_check(const BIGNUM *k, const BIGNUM *order, BN_CTX *c)
{
	BIGNUM *expected = BN_mod_inverse(NULL, k, order, c);

	assert_non_null(expected);
	BN_bn2binpad(expected, pile.theirs[pile.len], 32);
	BN_bn2binpad(k, pile.numbers[pile.len], 32);
	BN_free(expected);
	if (++pile.len == pile.full)
		inverses_check();
}

/* A group may hold keys of both curves, and one more than once. */
static void
a_group_of_signatures(void **state)
{
	static const int nids[] = { NID_X9_62_prime256v1, NID_secp384r1 };
	struct nonce nonces[INVERSES_MAX];
	uint8_t digest[HASH_MAX], r[66], s[66];
	EC_KEY *keys[2];
	size_t i, width;

	(void)state;
	for (i = 0; i < 2; i++) {
		keys[i] = EC_KEY_new_by_curve_name(nids[i]);
		assert_int_equal(EC_KEY_generate_key(keys[i]), 1);
	}
	hash_bytes(HASH_SHA384, span_str("one message"), digest);
	for (i = 0; i < INVERSES_MAX; i++)
		nonce_draw(&nonces[i], keys[i % 3 == 1],
		    i % 3 == 1 ? HASH_SHA384 : HASH_SHA256, digest);
	nonces_invert(nonces, INVERSES_MAX);
	for (i = 0; i < INVERSES_MAX; i++) {
		width = nonce_sign(&nonces[i], r, s);
		assert_true(
		    openssl_verifies(keys[i % 3 == 1], digest, width, r, s));
	}
	EC_KEY_free(keys[0]);
	EC_KEY_free(keys[1]);
}

/* Ends of the range, lone words full of ones, and any number. */
static void
inverse_like_openssl(void **state)
{
	EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
	const BIGNUM *order = EC_GROUP_get0_order(group);
	BN_CTX *c = BN_CTX_new();
	BIGNUM *k = BN_new();
	unsigned i;

	(void)state;
	for (i = 1; i < 40; i++) {
		BN_set_word(k, i);
		inverse_check(k, order, c);
		BN_sub(k, order, k);
		inverse_check(k, order, c);
	}
	for (i = 1; i < 256; i++) {
		BN_zero(k);
		BN_set_bit(k, (int)i);
		BN_nnmod(k, k, order, c);
		inverse_check(k, order, c);
		BN_sub_word(k, 1);
		if (!BN_is_zero(k))
			inverse_check(k, order, c);
	}
	for (i = 0; i < 3000; i++) {
		do {
			BN_rand_range(k, order);
		} while (BN_is_zero(k));
		inverse_check(k, order, c);
	}
	inverses_check();
	BN_free(k);
	BN_CTX_free(c);
	EC_GROUP_free(group);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_p256),
		cmocka_unit_test(answers_p384),
		cmocka_unit_test(hedged_signatures_differ),
		cmocka_unit_test(a_group_of_signatures),
		cmocka_unit_test(inverse_like_openssl),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
