/* Certificates of OpenSSL's making, good and bad ones: the foreign side of the
 * tests of x509. */
#ifndef TEST_X509_FOREIGN_H
#define TEST_X509_FOREIGN_H

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "x509/certificate.h"

#define RECIPE_EXTENSIONS 17

struct foreign;

/* What OpenSSL's builder is told. NULL and 0 stand for what a test of something
 * else would want. */
struct recipe {
	const char *organization; /* UTF8String */
	const char *unit;
	const char *common_name;
	const char *serial_number; /* PrintableString */
	int serial_number_type;	   /* V_ASN1_..., another string type */
	const char *second_serial_number;
	const char *serial; /* the INTEGER, hex; "-" before: negative */
	const char *not_before, *not_after; /* YYYYMMDDhhmmssZ */
	bool not_before_generalized;	    /* whatever the year */
	const char *not_after_utc;	    /* YYMMDDhhmmssZ, as it is */
	struct {
		const char *name, *value; /* as in openssl.cnf */
	} extensions[RECIPE_EXTENSIONS];
	EVP_PKEY *key;		      /* NULL = a new P-256 key */
	const EVP_MD *md;	      /* NULL = SHA-256 */
	const char *issuer_name;      /* CN, NULL = the issuer's subject */
	const struct foreign *issuer; /* NULL = self-signed */
};

/* A certificate as OpenSSL holds it and as we read it. */
struct foreign {
	X509 *x;
	EVP_PKEY *key;
	struct span der; /* owned */
	struct certificate c;
};

void foreign_make(struct foreign *f, const struct recipe *r);
void foreign_free(struct foreign *f);
/* Every certificate of test/vectors, with its name; false at the end. */
bool foreign_vector(unsigned n, const char **name, struct span *der);
/* One of them by its path below test/vectors. free() its ptr. */
struct span foreign_load(const char *name);

#endif
