/*
 * The key of a client's certificate, a SubjectPublicKeyInfo, as the front reads those
 * of EC: what http/client_key.h takes libcrypto takes without it, as the same key, which
 * says the same of a signature; what it refuses libcrypto refuses, or finds a curve in it
 * that is none of the three or is not named.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/engine.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <string.h>

#include "fuzz.h"
#include "http/provider.h"

static OSSL_LIB_CTX *lean; /* as the front has it, with the ENGINE */
static ENGINE *ours;

/* Once for the process, and no part of the first input. */
static void
install(void)
{
	bool apart;

	if (ours != NULL)
		return;
	apart = oracle_begin();
	lean = provider_lean();
	ours = ENGINE_get_pkey_asn1_meth_engine(EVP_PKEY_EC);
	require(ours != NULL);
	if (apart)
		oracle_end();
}

static EVP_PKEY *
key_read_without(const uint8_t *bytes, size_t len)
{
	const unsigned char *at = bytes;
	EVP_PKEY *key;

	ENGINE_unregister_pkey_meths(ours);
	ENGINE_unregister_pkey_asn1_meths(ours);
	key = d2i_PUBKEY(NULL, &at, (long)len);
	require(ENGINE_register_pkey_meths(ours) == 1 &&
	    ENGINE_register_pkey_asn1_meths(ours) == 1);
	return key;
}

static int
verdict(EVP_PKEY *key)
{
	static const unsigned char one_one[] = { 0x30, 6, 2, 1, 1, 2, 1, 1 };
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	int good = -1;

	if (EVP_DigestVerifyInit(c, NULL, EVP_sha256(), NULL, key) == 1)
		good = EVP_DigestVerify(c, one_one, sizeof(one_one),
		    (const unsigned char *)"it", 2);
	EVP_MD_CTX_free(c);
	return good;
}

/* Other kinds are read by libcrypto alone. */
static bool
is_ec(EVP_PKEY *key)
{
	return EVP_PKEY_is_a(key, "EC") || EVP_PKEY_is_a(key, "SM2");
}

/* Its curve is one of three, by name. */
static bool
is_named(EVP_PKEY *key)
{
	char encoding[16], curve[80];

	return EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_EC_ENCODING,
		   encoding, sizeof(encoding), NULL) == 1 &&
	    strcmp(encoding, OSSL_PKEY_EC_ENCODING_GROUP) == 0 &&
	    EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME,
		curve, sizeof(curve), NULL) == 1 &&
	    (strcmp(curve, SN_X9_62_prime256v1) == 0 ||
		strcmp(curve, SN_secp384r1) == 0 ||
		strcmp(curve, SN_secp521r1) == 0);
}

static void
check_same(EVP_PKEY *key, const uint8_t *bytes, size_t len)
{
	EVP_PKEY *other = key_read_without(bytes, len);

	if (other == NULL || !is_ec(other) || !is_named(other)) {
		require(key == NULL || !is_ec(key));
	} else {
		require(key != NULL);
		require(EVP_PKEY_get0_provider(key) == NULL);
		require(EVP_PKEY_get0_provider(other) != NULL);
		require(EVP_PKEY_eq(key, other) == 1);
		require(EVP_PKEY_get_bits(key) == EVP_PKEY_get_bits(other));
		require(EVP_PKEY_get_size(key) == EVP_PKEY_get_size(other));
		require(verdict(key) == verdict(other));
	}
	EVP_PKEY_free(other);
}

static uint64_t
key_digest(EVP_PKEY *key)
{
	const EC_KEY *ec = EVP_PKEY_get0_EC_KEY(key);
	const int curve = EC_GROUP_get_curve_name(EC_KEY_get0_group(ec));
	unsigned char *point = NULL;
	uint64_t digest = 0;
	size_t len;

	len = EC_KEY_key2buf(ec, EC_KEY_get_conv_form(ec), &point, NULL);
	if (len > 0) {
		digest = digest_add(ACCEPTED, &curve, sizeof(curve));
		digest = digest_add(digest, point, len);
	}
	OPENSSL_free(point);
	return digest;
}

/* Only a key that is ours to read counts as accepted. */
uint64_t
input_read(const uint8_t *bytes, size_t len)
{
	const unsigned char *at = bytes;
	uint64_t digest = 0;
	EVP_PKEY *key;

	install();
	key = d2i_PUBKEY_ex(NULL, &at, (long)len, lean, NULL);
	if (oracle_begin()) {
		check_same(key, bytes, len);
		oracle_end();
	}
	if (key != NULL && EVP_PKEY_get0_provider(key) == NULL)
		digest = key_digest(key);
	EVP_PKEY_free(key);
	return digest;
}
