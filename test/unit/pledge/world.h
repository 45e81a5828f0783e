/* A manufacturer, a device of it, and a customer; certificates of OpenSSL's making.
 * Vouchers are laid out by the MASA's own writers, which have their own judges. */
#ifndef TEST_PLEDGE_WORLD_H
#define TEST_PLEDGE_WORLD_H

#include "../x509/foreign.h"
#include "model/voucher.h"
#include "pledge/pledge.h"

#define NOW 1800000000 /* 2027-01-15 */
#define DAY 86400

#define BASIC_CA "critical,CA:TRUE"
#define USAGE_CA "critical,keyCertSign,cRLSign"
#define USAGE_EE "critical,digitalSignature"
#define POLICY	 "1.3.6.1.4.1.32473.7.1"   /* of the manufacturer */
#define POLICY_N "1.3.6.1.4.1.32473.7.1.3" /* of this product */
#define NONCE	 "MDEyMzQ1Njc4OWFiY2RlZg=="
#define SERIAL	 "AR9-F1-0001"

struct world {
	struct foreign root, voucher_ca, signer, direct, idevid_ca, device;
	struct foreign domain, registrar, stranger;
	struct span policy, policy_n; /* OID contents */
	/* Before each test: a pledge that demands everything, and a voucher that
	 * is good for it. */
	struct pledge_anchor anchor;
	struct pledge p;
	struct voucher voucher;
	/* What signs it and comes along. */
	const struct foreign *chain[PLEDGE_CERTIFICATES_MAX + 2];
	unsigned chain_len;
	const struct foreign *by; /* whose key signs in place of chain[0]'s */
	bool bare;		  /* no certificate comes along */
	/* In place of the voucher, if there is any. */
	struct span content;
	struct span bytes; /* the last one signed; may be written to */
	struct pledge_voucher out;
};
extern struct world w;

/* For cmocka's groups and tests. */
int world_make(void **state);
int world_reset(void **state);
int world_free(void **state);

/* Signs with the key of chain[0], for the format. */
void world_sign(enum pledge_format format);
/* The same, and judged. */
enum pledge_verdict world_judge(enum pledge_format format);
/* The bytes as they are now, judged; from a copy of exactly their size. */
enum pledge_verdict world_look(void);
/* A chain of certificates. */
void world_chain(const struct foreign *signer, const struct foreign *above,
    const struct foreign *top);
/* An end entity's or a CA's certificate; policies as in openssl.cnf, or NULL. */
void world_certificate(struct foreign *f, const struct foreign *issuer,
    const char *name, bool ca, const char *policies);

#define FORMATS(f)                             \
	for (f = PLEDGE_CMS; f <= PLEDGE_COSE; \
	     f = (enum pledge_format)((unsigned)f << 1))

#endif
