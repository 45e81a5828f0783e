/*
 * Certificates from byte templates (IP 2 to 6): the to-be-signed bytes are laid
 * out from a profile and a few values; nothing is taken from a CSR but the key.
 */
#ifndef X509_RENDER_H
#define X509_RENDER_H

#include "model/profile.h"
#include "x509/certificate.h"

enum certificate_profile {
	PROFILE_ROOT,		/* IP 3: IDevID root, voucher root */
	PROFILE_IDEVID_CA,	/* IP 4 */
	PROFILE_IDEVID,		/* IP 5 */
	PROFILE_VOUCHER_SIGNER, /* IP 6 */
	PROFILE_TLS_SERVER,	/* RFC 8995 5.4: DNS-ID or address in the SAN */
	PROFILE_REGISTRAR, /* tests and demos: cmcRA, serverAuth, clientAuth */
	PROFILE_DOMAIN_CA, /* tests and demos: a customer's CA */
};

struct certificate_plan {
	enum certificate_profile profile;
	uint8_t serial[16];	   /* INTEGER: first octet 01..7F */
	const char *organization;  /* O; NULL = none */
	const char *unit;	   /* OU; NULL = none */
	const char *common_name;   /* CN; NULL = none */
	const char *device_serial; /* serialNumber attribute; IDevID */
	int64_t not_before, not_after;
	struct span spki;
	struct span issuer_name;   /* whole Name of the issuer; empty = self */
	struct span issuer_key_id; /* AKI; empty = none */
	struct span signature_algorithm; /* AlgorithmIdentifier of the issuer */
	const char *masa_url;		 /* IDevID */
	enum idevid_usage key_usage;	 /* IDevID */
	bool subject_key_id;		 /* IDevID; others have one */
	/* IDevID: OID content of a HardwareModuleName's hwType, with device_serial;
	 * empty = none (IP 5.3). */
	struct span hw_type;
	const char *host; /* TLS: DNS name or IP address */
	/* OID content; issuing CA, IDevID, voucher signer (IP 4 to 6); empty =
	 * none. */
	struct span policy;
	/* Voucher signer: one more, of its product, where a root serves several; and
	 * whether both are private extensions instead (IP 6). */
	struct span product_policy;
	bool policy_marks;
};

/* Attributes of a Name, by the last arc of 2.5.4 (RFC 5280 A.1). */
enum name_attribute {
	NAME_COMMON_NAME = 3,
	NAME_SERIAL_NUMBER = 5,
	NAME_ORGANIZATION = 10,
	NAME_UNIT = 11
};
struct der_out;
/* One RDN inside of an open Name: PrintableString for serialNumber, UTF8String
 * for the others (IP 2). text NULL writes nothing. */
void name_put(
    struct der_out *o, enum name_attribute attribute, const char *text);

/* Lays out the TBSCertificate; false if it does not fit cap. */
MUST_USE bool certificate_render(
    const struct certificate_plan *plan, uint8_t *out, size_t cap, size_t *len);
/* Joins tbs, algorithm and signature to a certificate. */
MUST_USE bool certificate_assemble(struct span tbs, struct span algorithm,
    struct span signature, uint8_t *out, size_t cap, size_t *len);
/* keyIdentifier of a key: leftmost 160 bits of SHA-256 of the public key bits
 * (RFC 7093 2 method 1). */
void key_identifier(struct span spki, uint8_t out[20]);
/* A random INTEGER serial (IP 2). */
void certificate_serial_draw(uint8_t out[16]);

#endif
