/* A pledge's request as its registrar reads it. */
#ifndef REGISTRAR_PVR_H
#define REGISTRAR_PVR_H

#include "registrar/registrar.h"

struct pvr {
	struct buf bytes;
	uint8_t *arena;
	struct envelope envelope;
	/* The pledge's: in the object, or the first of the file given. */
	const struct certificate *signer;
	struct voucher_request request;
};

/* What a pledge says, and how (RFC 8995 5.2). */
struct pvr_plan {
	const struct identity *pledge;
	const struct certificate *registrar; /* whom it saw in TLS */
	const char *nonce;     /* NULL = 16 random octets, "" = none */
	const char *proximity; /* cert, pubk, pubk-sha256, none; NULL = usual */
	/* Of a registrar-agent, which acts for that registrar (PRM); len 0: the
	 * pledge has seen the registrar itself. */
	struct span agent_data;
	bool no_assertion;
	int64_t created_on;
	/* Of COSE bare decides whether the pledge's certificates come along. */
	struct request_form form;
};

/* Makes a PVR and signs it; *out is open (buf_init). NONCE_LENGTH, ADMIN_ARGUMENT,
 * PLEDGE_SERIAL_COUNT and those of request_sign(). */
MUST_USE enum reason pvr_make(
    const struct pvr_plan *plan, struct buf *out, struct why *why);

/* Before it goes to a MASA (MP 15.1, checks 3 and 4): was the agent's part of this
 * PVR signed for this serial? By the first of agents, and within its dates, if there
 * is one. A PVR without such a part is fine. AGENT_DATA, AGENT_SERIAL, AGENT_KEY_ID,
 * AGENT_SIGNATURE, AGENT_DATE. */
MUST_USE enum reason pvr_agent_check(const struct pvr *p,
    const struct certificate_file *agents, struct why *why);

/* Reads and verifies a PVR file in any form, binary, base64 or PEM. The serial of a request without one
 * is taken from the signer's subject (RFC 8995 2.3.1). A COSE request brings no
 * certificate: then pledge (which must outlive *out; may be NULL) has it, as a
 * registrar saw it in TLS. Free also after a refusal. PRIOR_SIGNATURE,
 * PRIOR_CERTIFICATE, PLEDGE_SERIAL_COUNT and those of envelope_read() and
 * request_from_json(), request_from_cbor(). */
MUST_USE enum reason pvr_load(struct pvr *out, const char *path,
    const struct certificate_file *pledge, struct why *why);
/* The same of out->bytes, which are there. */
MUST_USE enum reason pvr_read(
    struct pvr *out, const struct certificate_file *pledge, struct why *why);
void pvr_free(struct pvr *p);
/* The one serialNumber of a subject (MP 6.4). PLEDGE_SERIAL_COUNT. */
MUST_USE enum reason subject_serial(
    const struct certificate *c, char out[SERIAL_MAX + 1], struct why *why);

#endif
