/* What a firmware implements, on OpenSSL. */
#include "pledge/port.h"

#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/core_names.h>

bool
pledge_hash(enum pledge_hash hash, const struct span *parts, unsigned parts_len,
    uint8_t *digest)
{
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	bool good;
	unsigned i;

	good =
	    EVP_DigestInit_ex(c,
		hash == PLEDGE_SHA256 ? EVP_sha256() : EVP_sha384(), NULL) == 1;
	for (i = 0; i < parts_len; i++)
		good = good &&
		    EVP_DigestUpdate(c, parts[i].ptr, parts[i].len) == 1;
	good = good && EVP_DigestFinal_ex(c, digest, NULL) == 1;
	EVP_MD_CTX_free(c);
	return good;
}

static EVP_PKEY *
key_of(enum pledge_curve curve, const uint8_t *point)
{
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	char *group = curve == PLEDGE_P256 ? "P-256" : "P-384";
	uint8_t octets[1 + 2 * PLEDGE_P384] = { 0x04 };
	OSSL_PARAM params[3];
	EVP_PKEY *key = NULL;

	memcpy(octets + 1, point, 2 * (size_t)curve);
	params[0] = OSSL_PARAM_construct_utf8_string(
	    OSSL_PKEY_PARAM_GROUP_NAME, group, 0);
	params[1] = OSSL_PARAM_construct_octet_string(
	    OSSL_PKEY_PARAM_PUB_KEY, octets, 1 + 2 * (size_t)curve);
	params[2] = OSSL_PARAM_construct_end();
	if (EVP_PKEY_fromdata_init(c) != 1 ||
	    EVP_PKEY_fromdata(c, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
		key = NULL;
	EVP_PKEY_CTX_free(c);
	return key;
}

bool
pledge_ecdsa(enum pledge_curve curve, const uint8_t *point,
    const uint8_t *digest, size_t digest_len, const uint8_t *signature)
{
	EVP_PKEY *key = key_of(curve, point);
	ECDSA_SIG *s = ECDSA_SIG_new();
	unsigned char *der = NULL;
	EVP_PKEY_CTX *c;
	bool good;
	int len;

	ECDSA_SIG_set0(s, BN_bin2bn(signature, (int)curve, NULL),
	    BN_bin2bn(signature + (size_t)curve, (int)curve, NULL));
	len = i2d_ECDSA_SIG(s, &der);
	c = key == NULL ? NULL : EVP_PKEY_CTX_new(key, NULL);
	good = c != NULL && EVP_PKEY_verify_init(c) == 1 &&
	    EVP_PKEY_verify(c, der, (size_t)len, digest, digest_len) == 1;
	EVP_PKEY_CTX_free(c);
	ECDSA_SIG_free(s);
	OPENSSL_free(der);
	EVP_PKEY_free(key);
	return good;
}
