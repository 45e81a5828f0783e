/*
 * What a product selects of its IDevIDs beside serial and MASA URL (IP 5).
 */
#ifndef MODEL_PROFILE_H
#define MODEL_PROFILE_H

#include "wire/span.h"

/* keyUsage. Numbers are for ever. */
enum idevid_usage {
	IDEVID_USAGE_NONE = 0,	   /* absent: RFC 8995 2.3 advises so */
	IDEVID_USAGE_SIGN = 1,	   /* digitalSignature */
	IDEVID_USAGE_ENCIPHER = 2, /* and keyEncipherment: RSA keys only */
};
#define IDEVID_USAGE_LAST IDEVID_USAGE_ENCIPHER

#define SUBJECT_PART_MAX 64 /* O, OU, CN: RFC 5280 A.1 */
#define HW_TYPE_TEXT_MAX 63
#define HW_TYPE_MAX	 32 /* octets of its OBJECT IDENTIFIER */

struct idevid_profile {
	enum idevid_usage key_usage;
	bool subject_key_id;
	/* Of the subject, before the serialNumber; "" = not there. */
	char organization[SUBJECT_PART_MAX + 1];
	char unit[SUBJECT_PART_MAX + 1];
	char model[SUBJECT_PART_MAX + 1]; /* CN */
	/* HardwareModuleName with this hwType, and the serial as hwSerialNum (IP
	 * 5.3); "" = no subjectAltName. */
	char hw_type[HW_TYPE_TEXT_MAX + 1];
	bool issuance_policy; /* that of the issuing CA, certificatePolicies */
};

/* "none", "digitalSignature", "digitalSignature+keyEncipherment" */
const char *idevid_usage_text(enum idevid_usage u);
/* hwType as the content of an OBJECT IDENTIFIER: something below 1.3.6.1.4.1.PEN, at
 * most HW_TYPE_MAX octets. */
bool hw_type_read(const char *text, uint8_t out[HW_TYPE_MAX], size_t *len);
/* The policy that a certificate may be made to assert: an OID of at most
 * POLICY_OID_MAX octets, and not anyPolicy (IP 4, IP 6). */
#define POLICY_OID_MAX 32
bool policy_oid_read(
    const char *text, uint8_t out[POLICY_OID_MAX], size_t *len);
/* Why a CA that asserts this policy (content of an OID, or its beginning; empty for
 * none) cannot give devices what they are to show (IP 4, IP 5); NULL if it can. */
const char *profile_ca_fault(
    const struct idevid_profile *p, struct span policy);
/* The first field that breaks its rules, NULL if none does. */
const char *profile_fault(const struct idevid_profile *p);
/* Sets one field by its configuration name. false if there is none of that name;
 * *good: the value may be. */
bool profile_set(
    struct idevid_profile *p, struct span name, struct span value, bool *good);

#endif
