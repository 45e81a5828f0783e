/*
 * Signed objects for the tests of the checker, good ones and such that are odd in
 * one thing: laid out here, signed by OpenSSL, under certificates of its making.
 * What the product lays out itself is always good, so it is not used.
 */
#ifndef TEST_CHECKER_ARTIFACT_H
#define TEST_CHECKER_ARTIFACT_H

#include "../x509/foreign.h"
#include "model/names.h"

#define ARTIFACT_CERTIFICATES 12

/* The one thing that is otherwise. */
enum odd {
	ODD_NOTHING,
	/* any form */
	ODD_TRAILING, /* an octet behind the end */
	ODD_CUT,      /* the last octet is missing */
	ODD_SIGNATURE,
	ODD_CONTENT, /* other than what was signed */
	/* CMS (MP 8) */
	ODD_CMS_DATA, /* id-data, which is no fault */
	ODD_CMS_TYPE,
	ODD_CMS_DETACHED,
	ODD_CMS_NO_SIGNER,
	ODD_CMS_TWO_SIGNERS,
	ODD_CMS_SHA1,
	ODD_CMS_UNLISTED, /* digestAlgorithms names another */
	ODD_CMS_HASHES,	  /* signatureAlgorithm names another hash */
	ODD_CMS_VERSION,  /* of the SignerInfo: 2 */
	ODD_CMS_OTHER_SID,
	ODD_CMS_BER,
	ODD_CMS_INDEFINITE,
	ODD_CMS_EXTRAS,	  /* crls, other certificates, unsignedAttrs */
	ODD_CMS_UNSIGNED, /* unsignedAttrs end too late */
	ODD_CMS_LONG,	  /* signedAttrs over 4096 octets */
	ODD_CMS_BARE,	  /* no signedAttrs */
	ODD_CMS_BARE_DATA,
	ODD_CMS_TYPE_DIFFERS,
	ODD_CMS_TYPE_TWICE,
	ODD_CMS_TYPE_ABSENT,
	ODD_CMS_DIGEST_DIFFERS,
	ODD_CMS_DIGEST_TWICE,
	ODD_CMS_DIGEST_ABSENT,
	/* JWS (MP 9) */
	ODD_JWS_COMPACT,
	ODD_JWS_FLATTENED,
	ODD_JWS_UNSIGNED, /* signatures is empty */
	ODD_JWS_AGAIN,	  /* a second one that is none */
	ODD_JWS_ALG,	  /* none at all */
	ODD_JWS_NONE,
	ODD_JWS_HMAC,
	ODD_JWS_CURVE, /* ES384 by a key that is not on P-384 */
	ODD_JWS_TYP,
	ODD_JWS_TYPELESS,
	ODD_JWS_CRIT,
	ODD_JWS_OPEN,	       /* an unprotected header, harmless */
	ODD_JWS_OPEN_CRIT,     /* crit in it */
	ODD_JWS_OPEN_TWICE,    /* a name that is protected as well */
	ODD_JWS_PADDED,	       /* base64url with "=" */
	ODD_JWS_X5C,	       /* no array */
	ODD_JWS_DER_SIGNATURE, /* as X.509 writes it, not r || s */
	ODD_JWS_NO_KID,	       /* agent-signed-data has one */
	ODD_JWS_KID,	       /* another one */
	/* COSE_Sign1 (MP 10.1) */
	ODD_COSE_UNTAGGED, /* which is no fault */
	ODD_COSE_TAG,
	ODD_COSE_FIVE,
	ODD_COSE_DETACHED,
	ODD_COSE_ALG, /* none at all */
	ODD_COSE_ES256K,
	ODD_COSE_CRIT,
	ODD_COSE_CRIT_EMPTY,
	ODD_COSE_CRIT_OPEN,
	ODD_COSE_TWICE, /* a label, written in two ways */
	ODD_COSE_CHAIN, /* x5chain in place of x5bag */
	ODD_COSE_PROTECTED,
	ODD_COSE_BOTH,	    /* and rubbish in the other map */
	ODD_COSE_EMPTY_MAP, /* protected is an empty map, not empty */
	ODD_COSE_INDEFINITE,
	ODD_COSE_CHUNKS, /* the payload in chunks */
	ODD_COSE_BAG,	 /* a number */
};

struct artifact {
	enum artifact_format format;
	struct span content;
	const struct foreign *signer;
	unsigned certificates_len;
	const struct foreign *certificates[ARTIFACT_CERTIFICATES];
	const char *kid; /* JWS; NULL = none */
	enum odd odd;
};

/* What is made lives until keep_nothing(). */
void *keep(size_t len);
struct span keep_copy(const void *bytes, size_t len);
void keep_nothing(void);

/* Fails the test if it cannot be made. */
struct span artifact_make(const struct artifact *a);

#endif
