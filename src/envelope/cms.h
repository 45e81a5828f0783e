/*
 * CMS SignedData (RFC 5652) around JSON: RFC 8366 5.4, RFC 8995, MP 8.
 */
#ifndef ENVELOPE_CMS_H
#define ENVELOPE_CMS_H

#include "x509/path.h"

#define CMS_CERTIFICATES_MAX 10	  /* MP 17 */
#define CMS_OVERHEAD	     2048 /* room beyond content and certificates */

enum cms_content { CMS_ANIMA_JSON, CMS_ID_DATA };

struct cms {
	enum cms_content content_type;
	struct span content; /* eContent */
	unsigned version;    /* 1, 3 (others tolerated) */
	bool attributed;     /* signedAttrs present */
	bool has_signing_time;
	int64_t signing_time;
	enum hash_algorithm digest;
	struct signature_algorithm signature_algorithm;
	struct span signed_attributes; /* content of [0] */
	struct span signature;
	bool by_key_id; /* sid is subjectKeyIdentifier */
	struct span sid_issuer, sid_serial, sid_key_id;
	unsigned certificates_len;
	struct certificate certificates[CMS_CERTIFICATES_MAX];
};

/*
 * Decodes (MP 5 row 1, MP 8). Spans borrow from bytes; nothing is verified
 * yet. CMS_*, CERTIFICATE_MALFORMED, ALGORITHM.
 */
MUST_USE enum reason cms_read(
    struct span bytes, struct cms *out, struct why *why);
/*
 * Finds the signer among the container's certificates by trying keys, the one
 * that the sid names first, and checks attributes and signature. *signer points
 * into c->certificates. SIGNER_UNKNOWN if there is no certificate at all,
 * REQUEST_SIGNATURE if none verifies, REQUEST_COSTLY if too many slow ones do
 * not, CMS_ATTRIBUTES; CMS_ATTRIBUTES_MISSING if
 * absent with a content type other than id-data (absent with id-data verifies:
 * c->attributed tells, and policy judges).
 */
MUST_USE enum reason cms_verify(
    const struct cms *c, const struct certificate **signer, struct why *why);

/* What will be signed: DER of the signed attributes as SET OF (0x31). */
struct cms_plan {
	enum cms_content content_type;
	struct span content;
	int64_t signing_time;
	enum hash_algorithm digest;	     /* SHA-256, SHA-384 */
	struct span signature_algorithm;     /* AlgorithmIdentifier */
	unsigned certificates_len;	     /* signer first */
	struct span certificates[CHAIN_MAX]; /* DER */
};
MUST_USE bool cms_attributes_render(
    const struct cms_plan *plan, uint8_t *out, size_t cap, size_t *len);
/* The whole ContentInfo from plan, attributes and their signature. */
MUST_USE bool cms_assemble(const struct cms_plan *plan, struct span attributes,
    struct span signature, uint8_t *out, size_t cap, size_t *len);

#endif
