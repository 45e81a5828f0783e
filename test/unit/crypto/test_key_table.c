/* Verification with a table must give OpenSSL's own verdict, whatever comes. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/rand.h>
#include <string.h>

#include "crypto/key_table.h"

#define DIGEST 32

static struct {
	BN_CTX *room;
	EC_GROUP *group;
	const BIGNUM *n;
	BIGNUM *p;
} curve;

struct pair {
	EC_KEY *key;
	EVP_PKEY *pkey;
	struct key_table *table;
};

static int
curve_open(void **state)
{
	(void)state;
	curve.room = BN_CTX_new();
	curve.group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
	curve.n = EC_GROUP_get0_order(curve.group);
	curve.p = BN_new();
	assert_int_equal(
	    EC_GROUP_get_curve(curve.group, curve.p, NULL, NULL, curve.room),
	    1);
	return 0;
}

static int
curve_close(void **state)
{
	(void)state;
	BN_free(curve.p);
	EC_GROUP_free(curve.group);
	BN_CTX_free(curve.room);
	return 0;
}

static struct pair
pair_of(const EC_POINT *point)
{
	struct pair k = { EC_KEY_new(), EVP_PKEY_new(), NULL };

	assert_int_equal(EC_KEY_set_group(k.key, curve.group), 1);
	assert_int_equal(EC_KEY_set_public_key(k.key, point), 1);
	assert_int_equal(EVP_PKEY_set1_EC_KEY(k.pkey, k.key), 1);
	k.table = key_table_new(k.key);
	return k;
}

static void
pair_free(struct pair *k)
{
	key_table_free(k->table);
	EVP_PKEY_free(k->pkey);
	EC_KEY_free(k->key);
}

/* a G + b Q, Q may be NULL. */
static EC_POINT *
multiples(const BIGNUM *a, const EC_POINT *q, const BIGNUM *b)
{
	EC_POINT *out = EC_POINT_new(curve.group);

	assert_int_equal(
	    EC_POINT_mul(curve.group, out, a, q, b, curve.room), 1);
	return out;
}

static BIGNUM *
number_random(void)
{
	BIGNUM *out = BN_new();

	do
		assert_int_equal(BN_rand_range(out, curve.n), 1);
	while (BN_is_zero(out));
	return out;
}

static BIGNUM *
product(const BIGNUM *a, const BIGNUM *b)
{
	BIGNUM *out = BN_new();

	assert_int_equal(BN_mod_mul(out, a, b, curve.n, curve.room), 1);
	return out;
}

static BIGNUM *
quotient(const BIGNUM *a, const BIGNUM *b)
{
	BIGNUM *inverse = BN_mod_inverse(NULL, b, curve.n, curve.room), *out;

	assert_non_null(inverse);
	out = product(a, inverse);
	BN_free(inverse);
	return out;
}

/* OpenSSL's verdict, by EVP and from DER. */
static bool
openssl_verify(EVP_PKEY *key, const uint8_t *digest, size_t len,
    const ECDSA_SIG *signature)
{
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new(key, NULL);
	uint8_t *der = NULL;
	int size = i2d_ECDSA_SIG(signature, &der);
	bool good;

	assert_int_equal(EVP_PKEY_verify_init(c), 1);
	good =
	    size > 0 && EVP_PKEY_verify(c, der, (size_t)size, digest, len) == 1;
	OPENSSL_free(der);
	EVP_PKEY_CTX_free(c);
	return good;
}

/* Both verdicts, which must be one. */
static bool
verdict(const struct pair *k, const uint8_t *digest, size_t len,
    const BIGNUM *r, const BIGNUM *s)
{
	ECDSA_SIG *signature = ECDSA_SIG_new();
	bool ours, theirs;

	ECDSA_SIG_set0(signature, BN_dup(r), BN_dup(s));
	ours = key_table_verify(k->table, span_of(digest, len), signature);
	theirs = openssl_verify(k->pkey, digest, len, signature);
	assert_int_equal(ours, theirs);
	ECDSA_SIG_free(signature);
	return ours;
}

static bool
verdict_number(
    const struct pair *k, const BIGNUM *e, const BIGNUM *r, const BIGNUM *s)
{
	uint8_t digest[DIGEST];

	assert_int_equal(BN_bn2binpad(e, digest, DIGEST), DIGEST);
	return verdict(k, digest, DIGEST, r, s);
}

/* The signature of which a verifier works out u1 and u2: so (r, s, e). */
static bool
verdict_factors(const struct pair *k, const BIGNUM *u1, const BIGNUM *u2)
{
	EC_POINT *sum = multiples(u1, EC_KEY_get0_public_key(k->key), u2);
	BIGNUM *r = BN_new(), *s, *e;
	bool good;

	if (EC_POINT_is_at_infinity(curve.group, sum))
		BN_one(r); /* no r is right */
	else
		assert_int_equal(EC_POINT_get_affine_coordinates(
				     curve.group, sum, r, NULL, curve.room),
		    1);
	BN_nnmod(r, r, curve.n, curve.room);
	s = quotient(r, u2);
	e = product(u1, s);
	good = verdict_number(k, e, r, s);
	BN_free(r);
	BN_free(s);
	BN_free(e);
	EC_POINT_free(sum);
	return good;
}

/* Numbers around all bounds, and the two that are met by every signature. */
#define NUMBERS 14
static void
numbers_make(BIGNUM *out[NUMBERS])
{
	unsigned i;

	for (i = 0; i < NUMBERS; i++)
		out[i] = BN_new();
	BN_one(out[1]);
	BN_set_word(out[2], 2);
	for (i = 3; i < 6; i++)
		BN_copy(out[i], curve.n);
	BN_sub_word(out[3], 1);
	BN_add_word(out[5], 1);
	BN_copy(out[6], curve.p);
	BN_sub(out[7], curve.p, curve.n);
	BN_set_bit(out[8], 256);
	BN_copy(out[9], out[8]);
	BN_sub_word(out[9], 1);
	BN_rshift1(out[10], curve.n);
	BN_set_bit(out[11], 255);
	BN_rand_range(out[12], curve.n);
	BN_one(out[13]);
	BN_set_negative(out[13], 1);
}

/* Keys that a table might treat in a way of their own: G, -G, 2G, n/2 G. */
static void
edges_of_all(void **state)
{
	BIGNUM *numbers[NUMBERS], *scalar = BN_new();
	unsigned key, r, s, e, good = 0;

	(void)state;
	numbers_make(numbers);
	for (key = 0; key < 5; key++) {
		static const unsigned scalars[] = { 1, 3, 2, 10, 12 };
		EC_POINT *q = multiples(numbers[scalars[key]], NULL, NULL);
		struct pair k = pair_of(q);

		for (r = 0; r < NUMBERS; r++)
			for (s = 0; s < NUMBERS; s++)
				for (e = 0; e < NUMBERS; e += 2 + (r + s) % 2)
					if (BN_num_bits(numbers[e]) <= 256)
						good += verdict_number(&k,
						    numbers[e], numbers[r],
						    numbers[s]);
		/* Every pair of factors that is in range. */
		for (r = 0; r < NUMBERS - 1; r++)
			for (s = 1; s < NUMBERS - 1; s++)
				if (BN_ucmp(numbers[r], curve.n) < 0 &&
				    BN_ucmp(numbers[s], curve.n) < 0)
					good += verdict_factors(
					    &k, numbers[r], numbers[s]);
		pair_free(&k);
		EC_POINT_free(q);
	}
	assert_true(good > 200);
	for (e = 0; e < NUMBERS; e++)
		BN_free(numbers[e]);
	BN_free(scalar);
}

/* What only who knows the private key can make: a sum at infinity, and one of
 * two points that are the same. */
static void
sums_that_are_special(void **state)
{
	BIGNUM *d = number_random(), *u2 = number_random(), *u1, *less;
	EC_POINT *q = multiples(d, NULL, NULL);
	struct pair k = pair_of(q);

	(void)state;
	u1 = product(u2, d);
	assert_true(verdict_factors(&k, u1, u2)); /* u1 G = u2 Q */
	less = BN_new();
	BN_sub(less, curve.n, u1);
	assert_false(verdict_factors(&k, less, u2)); /* u1 G = -(u2 Q) */
	BN_zero(u1);
	assert_true(verdict_factors(&k, u1, u2));
	BN_free(d);
	BN_free(u1);
	BN_free(u2);
	BN_free(less);
	pair_free(&k);
	EC_POINT_free(q);
}

/* A point whose x is over the order, which happens to nobody by chance: r is x
 * less the order. So is x itself as r, which is out of range. */
static void
x_over_the_order(void **state)
{
	BIGNUM *x = BN_dup(curve.n), *r = BN_new(), *u1, *u2, *s, *e;
	EC_POINT *sum = EC_POINT_new(curve.group), *rest, *q;
	BIGNUM *factor, *one = BN_new();
	struct pair k;

	(void)state;
	BN_one(one);
	do
		BN_add_word(x, 1);
	while (EC_POINT_set_compressed_coordinates(
		   curve.group, sum, x, 0, curve.room) != 1);
	assert_true(BN_ucmp(x, curve.p) < 0);
	BN_sub(r, x, curve.n);
	u1 = number_random();
	u2 = number_random();
	/* Q = (R - u1 G) / u2 */
	BN_sub(u1, curve.n, u1);
	rest = multiples(u1, sum, one);
	BN_sub(u1, curve.n, u1);
	factor = quotient(one, u2);
	q = multiples(NULL, rest, factor);
	k = pair_of(q);
	s = quotient(r, u2);
	e = product(u1, s);
	assert_true(verdict_number(&k, e, r, s));
	assert_false(verdict_number(&k, e, x, s));
	pair_free(&k);
	EC_POINT_free(sum);
	EC_POINT_free(rest);
	EC_POINT_free(q);
	BN_free(x);
	BN_free(r);
	BN_free(u1);
	BN_free(u2);
	BN_free(s);
	BN_free(e);
	BN_free(factor);
	BN_free(one);
}

/* Signatures of OpenSSL, over digests of each size, then with a bit turned in
 * the digest, in r and in s. */
static void
random_signatures(void **state)
{
	EC_KEY *key = EC_KEY_new();
	const BIGNUM *r, *s;
	struct pair k;
	unsigned i;

	(void)state;
	assert_int_equal(EC_KEY_set_group(key, curve.group), 1);
	assert_int_equal(EC_KEY_generate_key(key), 1);
	k = pair_of(EC_KEY_get0_public_key(key));
	for (i = 0; i < 600; i++) {
		static const size_t sizes[] = { 32, 48, 64 };
		size_t len = sizes[i % 3];
		uint8_t digest[64];
		ECDSA_SIG *made;
		BIGNUM *other;

		assert_int_equal(RAND_bytes(digest, sizeof(digest)), 1);
		made = ECDSA_do_sign(digest, (int)len, key);
		ECDSA_SIG_get0(made, &r, &s);
		assert_true(verdict(&k, digest, len, r, s));
		other = BN_dup(i % 2 == 0 ? r : s);
		if (BN_is_bit_set(other, (int)(i % 256)))
			BN_clear_bit(other, (int)(i % 256));
		else
			BN_set_bit(other, (int)(i % 256));
		assert_false(verdict(&k, digest, len, i % 2 == 0 ? other : r,
		    i % 2 == 0 ? s : other));
		digest[i % 32] ^= (uint8_t)(1 << i % 8);
		assert_false(verdict(&k, digest, len, r, s));
		BN_free(other);
		ECDSA_SIG_free(made);
	}
	pair_free(&k);
	EC_KEY_free(key);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(edges_of_all),
		cmocka_unit_test(sums_that_are_special),
		cmocka_unit_test(x_over_the_order),
		cmocka_unit_test(random_signatures),
	};

	return cmocka_run_group_tests(tests, curve_open, curve_close);
}
