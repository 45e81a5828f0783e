/* Public keys of OpenSSL's making: which are taken, what verifies, and which
 * algorithm identifiers are accepted (MP 8). */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "base/random.h"
#include "crypto/public_key.h"

static EVP_PKEY *
key_make(const char *kind)
{
	EVP_PKEY *key = NULL;

	if (strncmp(kind, "RSA-", 4) == 0)
		key = EVP_RSA_gen((unsigned)atoi(kind + 4));
	else if (strcmp(kind, "ED25519") == 0 || strcmp(kind, "ED448") == 0)
		key = EVP_PKEY_Q_keygen(NULL, NULL, kind);
	else
		key = EVP_EC_gen(kind);
	assert_non_null(key);
	return key;
}

static size_t
spki_of(EVP_PKEY *key, uint8_t out[SPKI_MAX])
{
	int len = i2d_PUBKEY(key, &out);

	assert_true(len > 0);
	return (size_t)len;
}

static size_t
sign(EVP_PKEY *key, const EVP_MD *md, const char *message, uint8_t out[2000])
{
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	size_t len = 2000;

	assert_int_equal(EVP_DigestSignInit(c, NULL, md, NULL, key), 1);
	assert_int_equal(EVP_DigestSign(c, out, &len,
			     (const unsigned char *)message, strlen(message)),
	    1);
	EVP_MD_CTX_free(c);
	return len;
}

static const struct {
	const char *kind;
	enum key_type type;
	unsigned bits;
	struct signature_algorithm algorithm;
} taken[] = {
	{ "P-256", KEY_P256, 256, { SIGNATURE_ECDSA, HASH_SHA256 } },
	{ "P-256", KEY_P256, 256, { SIGNATURE_ECDSA, HASH_SHA512 } },
	{ "P-384", KEY_P384, 384, { SIGNATURE_ECDSA, HASH_SHA384 } },
	{ "P-521", KEY_P521, 521, { SIGNATURE_ECDSA, HASH_SHA512 } },
	{ "RSA-2048", KEY_RSA, 2048, { SIGNATURE_RSA, HASH_SHA256 } },
	{ "RSA-3072", KEY_RSA, 3072, { SIGNATURE_RSA, HASH_SHA384 } },
	{ "ED25519", KEY_ED25519, 256, { SIGNATURE_ED25519, HASH_SHA512 } },
};

static void
verifies_what_openssl_signs(void **state)
{
	static const EVP_MD *(*const md[])(
	    void) = { NULL, EVP_sha256, EVP_sha384, EVP_sha512 };
	uint8_t spki[SPKI_MAX], signature[2000];
	const struct public_key *k, *again;
	struct why why;
	size_t i, len, bit;

	(void)state;
	for (i = 0; i < sizeof(taken) / sizeof(taken[0]); i++) {
		struct signature_algorithm a = taken[i].algorithm, other = a;
		EVP_PKEY *key = key_make(taken[i].kind);
		struct span s = span_of(spki, spki_of(key, spki));

		assert_int_equal(public_key_get(s, &k, &why), REASON_OK);
		assert_int_equal(public_key_type(k), taken[i].type);
		assert_int_equal(public_key_bits(k), taken[i].bits);
		assert_true(public_key_exponent_usual(k));
		assert_int_equal(public_key_get(s, &again, &why), REASON_OK);
		assert_ptr_equal(k, again);
		len =
		    sign(key, a.kind == SIGNATURE_ED25519 ? NULL : md[a.hash](),
			"message", signature);
		s = span_of(signature, len);
		assert_true(signature_verify(k, a, span_str("message"), s));
		assert_false(signature_verify(k, a, span_str("massage"), s));
		other.kind =
		    a.kind == SIGNATURE_RSA ? SIGNATURE_ECDSA : SIGNATURE_RSA;
		assert_false(
		    signature_verify(k, other, span_str("message"), s));
		assert_false(signature_verify(
		    k, a, span_str("message"), span_of(signature, len - 1)));
		for (bit = 0; bit < 8 * len; bit += 13) {
			signature[bit / 8] ^= (uint8_t)(1 << bit % 8);
			assert_false(
			    signature_verify(k, a, span_str("message"), s));
			signature[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
		EVP_PKEY_free(key);
	}
}

static enum reason
get(struct span spki)
{
	const struct public_key *k;
	struct why why;

	return public_key_get(spki, &k, &why);
}

static void
other_kinds(void **state)
{
	static const char *const kinds[] = { "secp256k1", "brainpoolP256r1",
		"P-224", "RSA-1024", "RSA-2046", "ED448" };
	uint8_t spki[SPKI_MAX];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		EVP_PKEY *key = key_make(kinds[i]);

		assert_int_equal(
		    get(span_of(spki, spki_of(key, spki))), REASON_KEY_WEAK);
		EVP_PKEY_free(key);
	}
}

/* RSA of 2048 bits with another exponent. */
static enum reason
exponent_get(unsigned long e, bool *usual)
{
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	BIGNUM *n = BN_new(), *be = BN_new();
	EVP_PKEY *key = NULL;
	const struct public_key *k;
	OSSL_PARAM *params;
	uint8_t spki[SPKI_MAX];
	struct why why;
	enum reason r;

	BN_rand(n, 2048, BN_RAND_TOP_TWO, BN_RAND_BOTTOM_ODD);
	BN_set_word(be, e);
	OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n);
	OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, be);
	params = OSSL_PARAM_BLD_to_param(build);
	EVP_PKEY_fromdata_init(c);
	assert_int_equal(
	    EVP_PKEY_fromdata(c, &key, EVP_PKEY_PUBLIC_KEY, params), 1);
	r = public_key_get(span_of(spki, spki_of(key, spki)), &k, &why);
	if (r == REASON_OK)
		*usual = public_key_exponent_usual(k);
	EVP_PKEY_free(key);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(build);
	EVP_PKEY_CTX_free(c);
	BN_free(n);
	BN_free(be);
	return r;
}

static void
exponents(void **state)
{
	bool usual = true;

	(void)state;
	assert_int_equal(exponent_get(1, &usual), REASON_KEY_WEAK);
	assert_int_equal(exponent_get(65536, &usual), REASON_KEY_WEAK);
	assert_int_equal(exponent_get(0x400000001, &usual), REASON_KEY_WEAK);
	assert_int_equal(exponent_get(3, &usual), REASON_OK);
	assert_false(usual);
	assert_int_equal(exponent_get(65537, &usual), REASON_OK);
	assert_true(usual);
}

static void
other_encodings(void **state)
{
	EVP_PKEY *key = key_make("P-256");
	EC_KEY *ec = EVP_PKEY_get1_EC_KEY(key);
	uint8_t spki[SPKI_MAX], *at = spki;
	size_t len = spki_of(key, spki), i;

	(void)state;
	assert_int_equal(get(span_of(spki, len)), REASON_OK);
	for (i = 0; i < len; i++)
		assert_int_not_equal(get(span_of(spki, i)), REASON_OK);
	spki[len] = 0;
	assert_int_equal(
	    get(span_of(spki, len + 1)), REASON_CERTIFICATE_MALFORMED);
	spki[len - 1] ^= 1; /* off the curve */
	assert_int_equal(get(span_of(spki, len)), REASON_KEY_WEAK);
	EC_KEY_set_conv_form(ec, POINT_CONVERSION_COMPRESSED);
	len = (size_t)i2d_EC_PUBKEY(ec, &at);
	assert_int_equal(get(span_of(spki, len)), REASON_KEY_WEAK);
	EC_KEY_set_conv_form(ec, POINT_CONVERSION_HYBRID);
	at = spki;
	len = (size_t)i2d_EC_PUBKEY(ec, &at);
	assert_int_equal(get(span_of(spki, len)), REASON_KEY_WEAK);
	EC_KEY_set_conv_form(ec, POINT_CONVERSION_UNCOMPRESSED);
	EC_KEY_set_asn1_flag(ec, OPENSSL_EC_EXPLICIT_CURVE);
	at = spki;
	len = (size_t)i2d_EC_PUBKEY(ec, &at);
	assert_int_equal(get(span_of(spki, len)), REASON_KEY_WEAK);
	EC_KEY_free(ec);
	EVP_PKEY_free(key);
}

/* More keys than the cache holds, twice; a key in use stays the same one. */
static void
cache_keeps_what_is_used(void **state)
{
	static uint8_t spki[44] = { 0x30, 0x2a, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70,
		3, 33, 0, 2 };
	uint8_t busy[SPKI_MAX];
	EVP_PKEY *key = key_make("P-256");
	struct span s = span_of(busy, spki_of(key, busy));
	const struct public_key *k, *again;
	struct why why;
	unsigned i, keys = 0;

	(void)state;
	assert_int_equal(public_key_get(s, &k, &why), REASON_OK);
	for (i = 0; keys < 30000; i++) {
		memcpy(spki + 13, &i, sizeof(i));
		/* Half of them are no points. */
		keys += get(span_of(spki, sizeof(spki))) == REASON_OK;
		assert_int_equal(public_key_get(s, &again, &why), REASON_OK);
		assert_ptr_equal(again, k);
		if (i % 100 == 0)
			public_key_cache_trim();
	}
	EVP_PKEY_free(key);
}

/* As many good signatures as asked for, or bad ones; then an idle moment. */
static void
verify_often(
    EVP_PKEY *key, const struct public_key *k, unsigned times, bool good)
{
	static const struct signature_algorithm a = { SIGNATURE_ECDSA,
		HASH_SHA256 };
	struct span signature;
	uint8_t room[2000];

	signature = span_of(room, sign(key, EVP_sha256(), "a message", room));
	while (times-- > 0)
		assert_int_equal(
		    signature_verify(k, a,
			span_str(good ? "a message" : "another"), signature),
		    good);
	public_key_table_make();
}

#define TABLES	    16
#define TABLE_AFTER 1024

static unsigned
with_table(const struct public_key *const k[], unsigned n)
{
	unsigned i, found = 0;

	for (i = 0; i < n; i++)
		found += public_key_has_table(k[i]);
	return found;
}

/* Only what verified often has a table, and only so many; who is twice as busy
 * takes that of the least busy. With it verdicts are the same. */
static void
tables_are_earned(void **state)
{
	const struct public_key *k[TABLES + 1];
	EVP_PKEY *keys[TABLES + 1];
	struct why why;
	unsigned i;

	(void)state;
	for (i = 0; i < TABLES + 1; i++) {
		uint8_t spki[SPKI_MAX];

		keys[i] = key_make("P-256");
		assert_int_equal(
		    public_key_get(
			span_of(spki, spki_of(keys[i], spki)), &k[i], &why),
		    REASON_OK);
	}
	verify_often(keys[0], k[0], 2 * TABLE_AFTER, false);
	verify_often(keys[0], k[0], TABLE_AFTER - 1, true);
	assert_false(public_key_has_table(k[0]));
	for (i = 0; i < TABLES; i++) {
		verify_often(keys[i], k[i], TABLE_AFTER, true);
		assert_true(public_key_has_table(k[i]));
		verify_often(keys[i], k[i], 1, false);
	}
	/* Every one of them has 1,024, but the first 2,047. */
	verify_often(keys[TABLES], k[TABLES], TABLE_AFTER * 3 / 2, true);
	assert_false(public_key_has_table(k[TABLES]));
	assert_int_equal(with_table(k, TABLES), TABLES);
	verify_often(keys[TABLES], k[TABLES], TABLE_AFTER * 3 / 4, true);
	assert_true(public_key_has_table(k[TABLES]));
	assert_true(public_key_has_table(k[0]));
	assert_int_equal(with_table(k, TABLES), TABLES - 1);
	for (i = 0; i < TABLES + 1; i++) {
		verify_often(keys[i], k[i], 1, true);
		verify_often(keys[i], k[i], 1, false);
		EVP_PKEY_free(keys[i]);
	}
}

#define HEX_IDENTIFIERS 12
static const struct {
	uint8_t len;
	uint8_t bytes[20];
	enum reason reason;
	enum hash_algorithm hash;
} identifiers[HEX_IDENTIFIERS] = {
	/* ecdsa-with-SHA256, -SHA384, -SHA512 */
	{ 12, { 0x30, 10, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2 },
	    REASON_OK, HASH_SHA256 },
	{ 12, { 0x30, 10, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 3 },
	    REASON_OK, HASH_SHA384 },
	{ 12, { 0x30, 10, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 4 },
	    REASON_OK, HASH_SHA512 },
	/* ecdsa-with-SHA224; -SHA256 with NULL; ecdsa-with-SHA1 */
	{ 12, { 0x30, 10, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 1 },
	    REASON_ALGORITHM, 0 },
	{ 14, { 0x30, 12, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2, 5, 0 },
	    REASON_ALGORITHM, 0 },
	{ 11, { 0x30, 9, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 1 },
	    REASON_ALGORITHM, 0 },
	/* sha256WithRSAEncryption with and without NULL, sha1, rsaEncryption */
	{ 15,
	    { 0x30, 13, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 13, 1, 1, 11, 5,
		0 },
	    REASON_OK, HASH_SHA256 },
	{ 13, { 0x30, 11, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 13, 1, 1, 11 },
	    REASON_OK, HASH_SHA256 },
	{ 15,
	    { 0x30, 13, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 13, 1, 1, 5, 5, 0 },
	    REASON_ALGORITHM, 0 },
	{ 15,
	    { 0x30, 13, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 13, 1, 1, 1, 5, 0 },
	    REASON_OK, HASH_NONE },
	/* id-Ed25519, and with NULL */
	{ 7, { 0x30, 5, 6, 3, 0x2b, 0x65, 0x70 }, REASON_OK, HASH_SHA512 },
	{ 9, { 0x30, 7, 6, 3, 0x2b, 0x65, 0x70, 5, 0 }, REASON_ALGORITHM, 0 },
};

/* The points of Ed25519 whose order divides 8, in every encoding: with such a key
 * whoever likes can make signatures, under the infinite one this one over anything. */
static void
small_orders(void **state)
{
	static const uint8_t points[][2][32] = {
		{ { 1 }, { 0 } },
		{ { 0 }, { 0 } },
		{ { 0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3,
		      0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf, 0xac,
		      0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88,
		      0x6d, 0x53, 0xfc, 0x05 },
		    { 0 } },
		{ { 0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c,
		      0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20, 0x53,
		      0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77,
		      0x92, 0xac, 0x03, 0x7a },
		    { 0 } },
		/* p - 1, p, p + 1: 0xec, 0xed, 0xee, and the rest of p */
		{ { 0xec, [31] = 0x7f }, { 1 } },
		{ { 0xed, [31] = 0x7f }, { 1 } },
		{ { 0xee, [31] = 0x7f }, { 1 } },
	};
	static const uint8_t head[12] = { 0x30, 0x2a, 0x30, 5, 6, 3, 0x2b, 0x65,
		0x70, 3, 0x21, 0 };
	struct signature_algorithm a = { SIGNATURE_ED25519, HASH_SHA512 };
	uint8_t spki[44], forged[64] = { 1 };
	const struct public_key *k;
	struct why why;
	unsigned i, sign;

	(void)state;
	memcpy(spki, head, sizeof(head));
	for (i = 0; i < sizeof(points) / sizeof(*points); i++) {
		for (sign = 0; sign < 2; sign++) {
			memcpy(spki + 12, points[i][0], 32);
			if (points[i][1][0] != 0)
				memset(spki + 13, 0xff, 30);
			spki[43] |= (uint8_t)(sign << 7);
			if (public_key_get(span_of(spki, sizeof(spki)), &k,
				&why) == REASON_OK)
				fail_msg("point %u: taken%s", i,
				    signature_verify(k, a, span_str("anything"),
					span_of(forged, 64))
					? ", and anybody signs with it"
					: "");
		}
	}
	/* Nothing but these, and what is no point. */
	memset(spki + 12, 0, 32);
	spki[12] = 3;
	assert_int_equal(
	    public_key_get(span_of(spki, sizeof(spki)), &k, &why), REASON_OK);
}

/* Which y of 2 to 63 have a point, worked out with the powers of another language
 * (Euler's criterion); and none has that is written as y + p. */
static void
no_points(void **state)
{
	const uint64_t points = UINT64_C(0xf7d91dab7fadc678);
	uint8_t spki[44] = { 0x30, 0x2a, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 3,
		0x21, 0 };
	const struct public_key *k;
	struct why why;
	unsigned y;

	(void)state;
	for (y = 2; y < 64; y++) {
		spki[12] = (uint8_t)y;
		spki[43] = (uint8_t)(y << 7); /* with either sign */
		assert_int_equal(
		    public_key_get(span_of(spki, sizeof(spki)), &k, &why),
		    (points >> y & 1) != 0 ? REASON_OK : REASON_KEY_WEAK);
	}
	memset(spki + 12, 0xff, 32);
	for (y = 2; y < 19; y++) {
		spki[12] = (uint8_t)(0xed + y);
		spki[43] = 0x7f;
		assert_int_equal(
		    public_key_get(span_of(spki, sizeof(spki)), &k, &why),
		    REASON_KEY_WEAK);
	}
}

static void
signature_identifiers(void **state)
{
	struct signature_algorithm a;
	struct why why;
	size_t i;

	(void)state;
	for (i = 0; i < HEX_IDENTIFIERS; i++) {
		struct span s =
		    span_of(identifiers[i].bytes, identifiers[i].len);

		assert_int_equal(signature_algorithm_read(s, &a, &why),
		    identifiers[i].reason);
		if (identifiers[i].reason == REASON_OK)
			assert_int_equal(a.hash, identifiers[i].hash);
	}
}

static void
digest_identifiers(void **state)
{
	uint8_t bytes[] = { 0x30, 11, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2,
		0 };
	static const uint8_t sha1_id[] = { 0x30, 7, 6, 5, 0x2b, 0x0e, 3, 2,
		0x1a };
	enum hash_algorithm hash;
	struct why why;
	uint8_t last;

	(void)state;
	for (last = 0; last < 20; last++) {
		bool good = last >= 1 && last <= 3;

		bytes[12] = last;
		hash = HASH_NONE;
		assert_int_equal(
		    digest_algorithm_read(
			span_of(bytes, sizeof(bytes)), &hash, &why),
		    good ? REASON_OK : REASON_ALGORITHM);
		assert_int_equal(hash, good ? last : 0);
	}
	assert_int_equal(digest_algorithm_read(
			     span_of(sha1_id, sizeof(sha1_id)), &hash, &why),
	    REASON_ALGORITHM);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(verifies_what_openssl_signs),
		cmocka_unit_test(other_kinds),
		cmocka_unit_test(exponents),
		cmocka_unit_test(other_encodings),
		cmocka_unit_test(cache_keeps_what_is_used),
		cmocka_unit_test(tables_are_earned),
		cmocka_unit_test(small_orders),
		cmocka_unit_test(no_points),
		cmocka_unit_test(signature_identifiers),
		cmocka_unit_test(digest_identifiers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
