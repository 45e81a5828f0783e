/*
 * What a key file may ask of the derivation of its key. The figures are in the file,
 * so whoever can damage or swap one could have a signer count for hours: libcrypto
 * bounds the memory of scrypt, and nothing else.
 */
#include <openssl/asn1t.h>
#include <openssl/evp.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>

#include "crypto/error.h"
#include "crypto/keys/vault.h"

/* How to come to a file that asks for less. */
#define FIX "write it anew, openssl pkcs8 -topk8 -scrypt"

static enum reason
rounds_check(const ASN1_INTEGER *count, struct why *why)
{
	uint64_t n;

	if (count == NULL || ASN1_INTEGER_get_uint64(&n, count) != 1 ||
	    n == 0 || n > KEY_ROUNDS_MAX) {
		crypto_refused();
		return why_set(why, REASON_KEY_COSTLY, -1,
		    "1 to %d iterations are allowed; " FIX, KEY_ROUNDS_MAX);
	}
	return REASON_OK;
}

/* N * r * p is the work. libcrypto keeps to the memory by itself, but takes no
 * difference between too much of it and a wrong passphrase. */
static enum reason
scrypt_check(const SCRYPT_PARAMS *s, struct why *why)
{
	uint64_t n, r, p;

	if (ASN1_INTEGER_get_uint64(&n, s->costParameter) != 1 ||
	    ASN1_INTEGER_get_uint64(&r, s->blockSize) != 1 ||
	    ASN1_INTEGER_get_uint64(&p, s->parallelizationParameter) != 1) {
		crypto_refused();
		n = 0;
	}
	if (n == 0 || r == 0 || p == 0 || n > KEY_SCRYPT_WORK ||
	    r > KEY_SCRYPT_WORK / n || p > KEY_SCRYPT_WORK / (n * r))
		return why_set(why, REASON_KEY_COSTLY, -1,
		    "N * r * p of scrypt may be 1 to %d; " FIX,
		    KEY_SCRYPT_WORK);
	if (128 * r * (n + p + 2) > KEY_SCRYPT_MEMORY)
		return why_set(why, REASON_KEY_COSTLY, -1,
		    "scrypt may take %d MiB, this is 128 * %llu * (%llu + %llu "
		    "+ 2); " FIX,
		    KEY_SCRYPT_MEMORY >> 20, (unsigned long long)r,
		    (unsigned long long)n, (unsigned long long)p);
	return REASON_OK;
}

/* Of what stands where parameters do. A form that is not that of its algorithm
 * costs nothing: libcrypto refuses it. */
static void *
parameters(const ASN1_ITEM *item, const X509_ALGOR *a)
{
	void *found = ASN1_TYPE_unpack_sequence(item, a->parameter);

	if (found == NULL)
		crypto_refused();
	return found;
}

static enum reason
pbkdf2_check(const X509_ALGOR *a, struct why *why)
{
	PBKDF2PARAM *p = parameters(ASN1_ITEM_rptr(PBKDF2PARAM), a);
	enum reason r = p == NULL ? REASON_OK : rounds_check(p->iter, why);

	PBKDF2PARAM_free(p);
	return r;
}

static enum reason
pbes2_check(const X509_ALGOR *a, struct why *why)
{
	PBE2PARAM *pbe = parameters(ASN1_ITEM_rptr(PBE2PARAM), a);
	enum reason r = REASON_OK;
	SCRYPT_PARAMS *s;

	if (pbe == NULL)
		return REASON_OK;
	if (OBJ_obj2nid(pbe->keyfunc->algorithm) != NID_id_scrypt) {
		r = pbkdf2_check(pbe->keyfunc, why);
	} else {
		s = parameters(ASN1_ITEM_rptr(SCRYPT_PARAMS), pbe->keyfunc);
		if (s != NULL)
			r = scrypt_check(s, why);
		SCRYPT_PARAMS_free(s);
	}
	PBE2PARAM_free(pbe);
	return r;
}

enum reason
vault_cost(const X509_SIG *sealed, struct why *why)
{
	const X509_ALGOR *algorithm;
	enum reason r = REASON_OK;
	PBEPARAM *pbe;

	X509_SIG_get0(sealed, &algorithm, NULL);
	if (OBJ_obj2nid(algorithm->algorithm) == NID_pbes2)
		return pbes2_check(algorithm, why);
	/* PBES1 and PKCS #12 have one form. */
	pbe = parameters(ASN1_ITEM_rptr(PBEPARAM), algorithm);
	if (pbe != NULL)
		r = rounds_check(pbe->iter, why);
	PBEPARAM_free(pbe);
	return r;
}
