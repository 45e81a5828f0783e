/* Keys of certificates read by http/client_key.h. They are made, written and used
 * for signing by libcrypto before it is there, each with a signature to verify. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <string.h>

#include "http/client_key.h"

struct made {
	const char *curve;
	const char *encoding; /* of the curve */
	const char *form;     /* of the point */
	unsigned char *spki, point[133], signature[140];
	int spki_len;
	size_t point_len, signature_len;
};

static struct made keys[] = {
	{ .curve = "P-256", .encoding = "named_curve", .form = "uncompressed" },
	{ .curve = "P-256", .encoding = "named_curve", .form = "compressed" },
	{ .curve = "P-384", .encoding = "named_curve", .form = "uncompressed" },
	{ .curve = "P-521", .encoding = "named_curve", .form = "compressed" },
	{ .curve = "P-384", .encoding = "named_curve", .form = "compressed" },
	{ .curve = "P-521", .encoding = "named_curve", .form = "uncompressed" },
};
#define KEYS (sizeof(keys) / sizeof(keys[0]))
static struct made others[] = {
	{ .curve = "P-256", .encoding = "explicit", .form = "uncompressed" },
	{ .curve = "P-224", .encoding = "named_curve", .form = "compressed" },
	{ .curve = "brainpoolP256r1",
	    .encoding = "named_curve",
	    .form = "uncompressed" },
};
#define OTHERS (sizeof(others) / sizeof(others[0]))

static void
key_make(struct made *m)
{
	OSSL_PARAM how[] = { OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME,
				 (char *)m->curve, strlen(m->curve)),
		OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_EC_ENCODING,
		    (char *)m->encoding, strlen(m->encoding)),
		OSSL_PARAM_utf8_string(
		    OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, (char *)m->form,
		    strlen(m->form)),
		OSSL_PARAM_END };
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	EVP_MD_CTX *sign = EVP_MD_CTX_new();
	EVP_PKEY *key = NULL;

	assert_int_equal(EVP_PKEY_keygen_init(c), 1);
	assert_int_equal(EVP_PKEY_CTX_set_params(c, how), 1);
	assert_int_equal(EVP_PKEY_generate(c, &key), 1);
	assert_non_null(EVP_PKEY_get0_provider(key));
	assert_int_equal(
	    EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY,
		m->point, sizeof(m->point), &m->point_len),
	    1);
	m->spki_len = i2d_PUBKEY(key, &m->spki);
	assert_true(m->spki_len > 0);
	m->signature_len = sizeof(m->signature);
	assert_int_equal(
	    EVP_DigestSignInit(sign, NULL, EVP_sha256(), NULL, key), 1);
	assert_int_equal(EVP_DigestSign(sign, m->signature, &m->signature_len,
			     (const unsigned char *)"it", 2),
	    1);
	EVP_MD_CTX_free(sign);
	EVP_PKEY_CTX_free(c);
	EVP_PKEY_free(key);
}

static int
world_make(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < KEYS; i++)
		key_make(&keys[i]);
	for (i = 0; i < OTHERS; i++)
		key_make(&others[i]);
	client_key_install();
	return 0;
}

static int
world_remove(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < KEYS; i++)
		OPENSSL_free(keys[i].spki);
	for (i = 0; i < OTHERS; i++)
		OPENSSL_free(others[i].spki);
	return 0;
}

static EVP_PKEY *
key_read(const struct made *m)
{
	const unsigned char *at = m->spki;

	return d2i_PUBKEY(NULL, &at, m->spki_len);
}

static int
verdict(const struct made *m, EVP_PKEY *key, const char *text)
{
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	int good;

	assert_int_equal(
	    EVP_DigestVerifyInit(c, NULL, EVP_sha256(), NULL, key), 1);
	good = EVP_DigestVerify(c, m->signature, m->signature_len,
	    (const unsigned char *)text, strlen(text));
	EVP_MD_CTX_free(c);
	return good;
}

/* Every form, on every curve: the same point, and its signatures. */
static void
keys_of_all_forms(void **state)
{
	unsigned char point[133];
	size_t i, len;

	(void)state;
	for (i = 0; i < KEYS; i++) {
		EVP_PKEY *key = key_read(&keys[i]);
		const EC_KEY *ec;

		assert_non_null(key);
		assert_null(EVP_PKEY_get0_provider(key)); /* it was ours */
		ec = EVP_PKEY_get0_EC_KEY(key);
		assert_int_equal(EVP_PKEY_get_bits(key),
		    EC_GROUP_order_bits(EC_KEY_get0_group(ec)));
		assert_true(
		    EVP_PKEY_get_size(key) >= (int)keys[i].signature_len);
		len = EC_POINT_point2oct(EC_KEY_get0_group(ec),
		    EC_KEY_get0_public_key(ec), EC_KEY_get_conv_form(ec), point,
		    sizeof(point), NULL);
		assert_int_equal(len, keys[i].point_len);
		assert_memory_equal(point, keys[i].point, len);
		assert_int_equal(verdict(&keys[i], key, "it"), 1);
		assert_int_equal(verdict(&keys[i], key, "else"), 0);
		EVP_PKEY_free(key);
	}
}

/* A point beside its curve, an algorithm without its curve or with all of the curve's
 * parameters, and curves that no registrar's key may be on. */
static void
no_keys(void **state)
{
	struct made bad = keys[0];
	unsigned char spki[200];
	EVP_PKEY *good;
	size_t i;

	(void)state;
	assert_true(bad.spki_len < (int)sizeof(spki));
	memcpy(spki, bad.spki, (size_t)bad.spki_len);
	bad.spki = spki;
	good = key_read(&bad);
	assert_non_null(good);
	EVP_PKEY_free(good);
	spki[bad.spki_len - 1] ^= 1;
	assert_null(key_read(&bad));
	spki[bad.spki_len - 1] ^= 1;
	spki[13] = 5; /* the tag of the curve's name: NULL, of eight octets */
	assert_null(key_read(&bad));
	for (i = 0; i < OTHERS; i++)
		assert_null(key_read(&others[i]));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_of_all_forms),
		cmocka_unit_test(no_keys),
	};

	return cmocka_run_group_tests(tests, world_make, world_remove);
}
