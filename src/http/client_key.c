/*
 * An ENGINE that reads EC keys, see client_key.h: the one place where libcrypto
 * lets a SubjectPublicKeyInfo inside of a certificate be read by somebody else.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "http/client_key.h"

#include <openssl/ec.h>
#include <openssl/engine.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/fatal.h"

static const int kinds[] = { EVP_PKEY_EC };
/* Those that the checker takes a registrar's key on. */
static struct {
	int nid;
	EC_GROUP *group;
} curves[] = {
	{ .nid = NID_X9_62_prime256v1 },
	{ .nid = NID_secp384r1 },
	{ .nid = NID_secp521r1 },
};
#define CURVES (sizeof(curves) / sizeof(curves[0]))
static EVP_PKEY_METHOD *uses;
static EVP_PKEY_ASN1_METHOD *forms;

/* The curve by its name, which RFC 5480 demands of certificates. Of a prime that somebody
 * chose for that, libcrypto takes 0.1 s for two roots, and 0.5 ms for the constants of a
 * curve that is not here: the certificates of one handshake could ask for many. A copy
 * of the constants is made in 2 us. */
static bool
set_curve(EC_KEY *key, const X509_ALGOR *algorithm)
{
	const void *value;
	int form;
	size_t i;

	X509_ALGOR_get0(NULL, &form, &value, algorithm);
	if (form != V_ASN1_OBJECT)
		return false;
	for (i = 0; i < CURVES; i++)
		if (OBJ_obj2nid(value) == curves[i].nid)
			return EC_KEY_set_group(key, curves[i].group) == 1;
	return false;
}

/* A point that is not on its curve makes no key. */
static int
decode(EVP_PKEY *out, const X509_PUBKEY *spki)
{
	const unsigned char *point;
	X509_ALGOR *algorithm;
	EC_KEY *key;
	int len;

	if (X509_PUBKEY_get0_param(NULL, &point, &len, &algorithm, spki) != 1)
		return 0;
	if ((key = EC_KEY_new()) == NULL)
		fatal("out of memory");
	if (set_curve(key, algorithm) &&
	    EC_KEY_oct2key(key, point, (size_t)len, NULL) == 1 &&
	    EVP_PKEY_assign_EC_KEY(out, key) == 1)
		return 1;
	EC_KEY_free(key);
	return 0;
}

static int
size(const EVP_PKEY *key)
{
	return ECDSA_size(EVP_PKEY_get0_EC_KEY(key));
}

static int
bits(const EVP_PKEY *key)
{
	return EC_GROUP_order_bits(
	    EC_KEY_get0_group(EVP_PKEY_get0_EC_KEY(key)));
}

/* Which kinds there are, or the methods of one (ENGINE_PKEY_METHS_PTR). */
static int
give_uses(ENGINE *e, EVP_PKEY_METHOD **out, const int **nids, int nid)
{
	(void)e;
	if (out == NULL) {
		*nids = kinds;
		return 1;
	}
	*out = nid == EVP_PKEY_EC ? uses : NULL;
	return *out != NULL;
}

static int
give_forms(ENGINE *e, EVP_PKEY_ASN1_METHOD **out, const int **nids, int nid)
{
	(void)e;
	if (out == NULL) {
		*nids = kinds;
		return 1;
	}
	*out = nid == EVP_PKEY_EC ? forms : NULL;
	return *out != NULL;
}

/* libcrypto's own methods for EC keys, but for the reading. */
static void
methods_make(void)
{
	const EVP_PKEY_METHOD *its_uses = EVP_PKEY_meth_find(EVP_PKEY_EC);
	const EVP_PKEY_ASN1_METHOD *its_forms =
	    EVP_PKEY_asn1_find(NULL, EVP_PKEY_EC);
	bool there = true;
	size_t i;

	for (i = 0; i < CURVES; i++) {
		curves[i].group = EC_GROUP_new_by_curve_name(curves[i].nid);
		there = there && curves[i].group != NULL;
	}
	uses = EVP_PKEY_meth_new(EVP_PKEY_EC, EVP_PKEY_FLAG_AUTOARGLEN);
	forms = EVP_PKEY_asn1_new(EVP_PKEY_EC, 0, "EC", "client keys");
	if (its_uses == NULL || its_forms == NULL || !there || uses == NULL ||
	    forms == NULL)
		fatal("OpenSSL has no EC keys");
	EVP_PKEY_meth_copy(uses, its_uses);
	EVP_PKEY_asn1_copy(forms, its_forms);
	EVP_PKEY_asn1_set_public(forms, decode, NULL, NULL, NULL, size, bits);
}

void
client_key_install(void)
{
	static ENGINE *e; /* libcrypto's tables do not own it */

	methods_make();
	e = ENGINE_new();
	if (e == NULL || ENGINE_set_id(e, "hallmark") != 1 ||
	    ENGINE_set_pkey_meths(e, give_uses) != 1 ||
	    ENGINE_set_pkey_asn1_meths(e, give_forms) != 1 ||
	    ENGINE_register_pkey_meths(e) != 1 ||
	    ENGINE_register_pkey_asn1_meths(e) != 1)
		fatal("an ENGINE");
}
