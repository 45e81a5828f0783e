/*
 * A certificate (RFC 5280) read strictly into spans over its own bytes. No
 * OpenSSL objects, no allocation: a few microseconds.
 */
#ifndef X509_CERTIFICATE_H
#define X509_CERTIFICATE_H

#include "crypto/public_key.h"

#define CERTIFICATE_EXTENSIONS_MAX 32
#define CERTIFICATE_POLICIES_MAX   8
#define CERTIFICATE_EKU_MAX	   16

/* keyUsage bits, first bit of the BIT STRING highest. */
#define KEY_USAGE_DIGITAL_SIGNATURE 0x80
#define KEY_USAGE_CERT_SIGN	    0x04
#define KEY_USAGE_CRL_SIGN	    0x02

/* The extensions that are read, in the order of extension.c's table. */
enum certificate_extension {
	EXTENSION_SUBJECT_KEY_ID,
	EXTENSION_AUTHORITY_KEY_ID,
	EXTENSION_BASIC_CONSTRAINTS,
	EXTENSION_KEY_USAGE,
	EXTENSION_PURPOSES,
	EXTENSION_POLICIES,
	EXTENSION_ALT_NAME,
	EXTENSION_CRL_POINTERS,
	EXTENSION_AUTHORITY_INFORMATION,
	EXTENSION_MASA_URL,
	EXTENSION_MASA_URL_OBSOLETE,
	EXTENSION_NAME_CONSTRAINTS,
	EXTENSION_POLICY_CONSTRAINTS,
	EXTENSION_INHIBIT_ANY_POLICY,
	EXTENSIONS_KNOWN
};

struct certificate {
	struct span der;       /* everything */
	struct span tbs;       /* with header: what is signed */
	struct span serial;    /* INTEGER content */
	struct span algorithm; /* AlgorithmIdentifier inside tbs, whole */
	struct span outer_algorithm;
	struct span issuer; /* Name, whole */
	struct span subject;
	struct span validity; /* whole */
	int64_t not_before, not_after;
	uint8_t not_before_tag, not_after_tag; /* DER_UTC_TIME, ... */
	struct span spki;		       /* whole */
	struct span key_bits;	    /* content of the BIT STRING in it */
	struct span signature;	    /* content of the outer BIT STRING */
	unsigned subject_serials;   /* serialNumber attributes (2.5.4.5) */
	struct span subject_serial; /* text of the first one */
	uint8_t subject_serial_tag;
	/* certificate_read_loosely() only: dates that are none; ptr NULL =
	 * good. */
	bool loose;
	struct span bad_not_before, bad_not_after;
	/* extensions; ptr NULL = absent */
	struct span extensions;		  /* the [3], whole */
	struct span at[EXTENSIONS_KNOWN]; /* each whole, for the linter */
	struct span subject_key_id;	  /* KeyIdentifier octets */
	struct span authority_key_id;	  /* keyIdentifier octets */
	bool has_authority_key_id;
	bool authority_has_issuer; /* authorityCertIssuer or serial present */
	bool has_basic_constraints, basic_critical, ca, has_path_length;
	uint64_t path_length;
	bool has_key_usage, key_usage_critical;
	uint16_t key_usage;
	bool has_extended_key_usage;
	bool eku_cmc_ra; /* 1.3.6.1.5.5.7.3.28 */
	bool eku_any;
	struct span masa_url; /* text; either OID of MP 16 row 19 */
	bool has_masa_url, masa_url_critical, masa_url_obsolete, masa_url_bad;
	bool has_policies;
	unsigned policies_len;
	struct span policies[CERTIFICATE_POLICIES_MAX]; /* OID contents */
	/* OIDs of unknown extensions that are not critical and hold a NULL alone (IP
	 * 6): all of them, so that none hides behind others. */
	unsigned marks_len;
	struct span marks[CERTIFICATE_EXTENSIONS_MAX];
	bool has_crl_pointers, has_authority_information;
	bool has_ocsp_pointers; /* or what cannot be read */
	/* What a CA asks of those below it, see constraints.h (RFC 5280 4.2.1.10, 11 and
	 * 14), as extnValue content, and certificates that are skipped. */
	struct span name_constraints;
	bool has_require_explicit_policy, has_inhibit_any_policy;
	unsigned require_explicit_policy, inhibit_any_policy;
	bool constraints_critical; /* of either kind */
	bool unknown_critical;
	struct span unknown_critical_oid; /* of the first one */
	struct span subject_alt_name;	  /* extnValue content */
};

/*
 * Reads one certificate; every byte must belong to it. CERTIFICATE_MALFORMED
 * with offset: bad DER, an extension twice, over CERTIFICATE_MAX octets, key
 * identifier over KEY_ID_MAX.
 */
MUST_USE enum reason certificate_read(
    struct span der, struct certificate *out, struct why *why);
/* The same for the linter, which has a code for it: a date with a fraction or an
 * offset (L12) and a serialNumber attribute of another string type (L02) are
 * remembered, not refused. Trust nothing that was read so. */
MUST_USE enum reason certificate_read_loosely(
    struct span der, struct certificate *out, struct why *why);
/* Is `child` signed by the key of `issuer`? Names must match too. */
MUST_USE bool certificate_signed_by(
    const struct certificate *child, const struct certificate *issuer);
/* The same whatever the names say. */
MUST_USE bool certificate_signed_with(
    const struct certificate *child, const struct certificate *issuer);
/* Subject equals issuer and the signature verifies with its own key. */
bool certificate_self_signed(const struct certificate *c);
/* Subject equals issuer (RFC 5280 6.1), octet by octet. */
bool certificate_self_issued(const struct certificate *c);
/* domainID (RFC 8995 5.8.2, MP 14.3): SKI octets, else SHA-256 of the SPKI. */
void certificate_domain_id(
    const struct certificate *c, uint8_t out[KEY_ID_MAX], uint8_t *len);
/* Issuer as MP 6.3 compares it: the AKI, or where there is none SHA-1 of the
 * certificate's own key bits (8366bis 6.1 rule 2; RFC 5280 4.2.1.2). */
void certificate_issuer(const struct certificate *c, struct issuer *out);
/* Is this DER a Name (RFC 5280 4.1.2.4) as it may stand in a certificate? */
MUST_USE bool name_valid(struct span name);
/* Does it assert this policy (OID content), itself and not by anyPolicy? */
bool certificate_has_policy(const struct certificate *c, struct span policy);
/* The same by a private extension of that OID instead: NULL, not critical (IP 6). */
bool certificate_has_mark(const struct certificate *c, struct span oid);
/* Does it claim a policy of the CA/Browser Forum, which all certificates of
 * public CAs do, and no others? */
bool certificate_public_policy(const struct certificate *c);
/* "CN=..., O=..." of a DER Name for people; other attributes as "?". Printable
 * ASCII only, cut off at cap. */
void name_print(char *out, size_t cap, struct span name);
/* The text of the first attribute 2.5.4.arc; false if it is not there or too long. */
bool name_attribute(struct span name, uint8_t arc, char *out, size_t cap);

#endif
