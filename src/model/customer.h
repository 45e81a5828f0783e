/*
 * A customer: who owns a domain. Known by keys on file, of its domain CAs and of
 * its registrars; a request is a customer's if one of them stands in its verified
 * chain (doc/decisions/029).
 */
#ifndef MODEL_CUSTOMER_H
#define MODEL_CUSTOMER_H

#include "model/product.h"

#define CUSTOMER_NAME_MAX 40 /* as of products: A-Z a-z 0-9 . _ - */

/* Its part with a cloud registrar (MP 15.2, doc/decisions/040). */
enum customer_cloud {
	CLOUD_NO = 0,
	CLOUD_REGISTRAR = 1, /* its registrars are the manufacturer's own */
	CLOUD_OWNER = 2,     /* its devices may be sent on to its EST server */
};

struct customer {
	char name[CUSTOMER_NAME_MAX + 1];
	enum customer_cloud cloud;
	/* Where its devices go; "" = nothing is said. Only with a policy. */
	char est_domain[URL_MAX + 1];
	char configuration_url[URL_MAX + 1];
	/* What it wishes to be pinned, by format; 0 = the product decides. */
	enum pin_policy pin[FORMAT_COSE_CBOR + 1];
	bool ended; /* nobody is this customer any more */
};

enum customer_certificate_kind {
	CUSTOMER_DOMAIN_CA = 1, /* may be pinned, also where it did not come */
	CUSTOMER_REGISTRAR = 2,
	/* Authenticates the server at est_domain: that one's own, or of a CA above
	 * it. Nobody is known by it. */
	CUSTOMER_EST_SERVER = 3,
};
/* "domain-ca", "registrar", "est-server" */
const char *customer_kind_text(enum customer_certificate_kind k);

bool customer_name_valid(const char *name);
/* Sets one field: "pin" for all formats, "pin-cms", "pin-jws", "pin-cose";
 * "product" is the wish for none. ADMIN_ARGUMENT. */
MUST_USE enum reason customer_set(
    struct customer *c, struct span name, struct span value, struct why *why);
/* A wish as text, "product" for none. */
const char *customer_pin_text(enum pin_policy p);
/* Sets "policy" ("no", "registrar", "owner"), "est-domain" or
 * "additional-configuration-url"; "none" is the word for no URL. ADMIN_ARGUMENT. */
MUST_USE enum reason customer_cloud_set(
    struct customer *c, struct span name, struct span value, struct why *why);
/* Attributes without a policy: CLOUD_POLICY. */
MUST_USE enum reason customer_cloud_check(
    const struct customer *c, struct why *why);
const char *customer_cloud_text(enum customer_cloud cloud);

#endif
