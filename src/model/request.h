/*
 * A voucher-request as a plain struct (RFC 8366 5.3, RFC 8995 3.4): what the
 * payload of a pledge's or registrar's signed object says, before anybody has
 * judged it.
 */
#ifndef MODEL_REQUEST_H
#define MODEL_REQUEST_H

#include "base/legacy.h"
#include "base/reason.h"
#include "model/names.h"

#define AGENT_CERTIFICATES_MAX 4 /* the agent's, and those above it */

#define NAMES_TEXT_SIZE 128

struct voucher_request {
	bool has_created_on;
	int64_t created_on;
	enum assertion assertion;    /* ASSERTION_NONE if absent or unknown */
	char serial[SERIAL_MAX + 1]; /* never empty in a registrar's request */
	char nonce[NONCE_MAX + 1];   /* verbatim; empty = nonceless */
	/* Borrowed from the arena; ptr NULL if absent. */
	struct span idevid_issuer; /* bytes as received, any form of MP 6.3 */
	struct span prior;	   /* prior-signed-voucher-request */
	struct span proximity_cert;
	struct span proximity_pubk;
	struct span proximity_pubk_sha256;
	unsigned legacy; /* old forms of root and layout; the caller judges */
	/* Of a pledge that a registrar-agent serves (PRM, MP 15.1). */
	struct span
	    agent_registrar; /* agent-provided-proximity-registrar-cert */
	struct span agent_signed_data;
	unsigned agent_certificates_len; /* agent-sign-cert, one or a list */
	struct span agent_certificates[AGENT_CERTIFICATES_MAX];
	/* Names or SIDs of extensions, none of which is known here, "a,b", cut
	 * off where there are more; what no name would hold is a "?". */
	char extensions[NAMES_TEXT_SIZE];
	char unknown[NAMES_TEXT_SIZE]; /* the same of unknown leaves (MP 6.2) */
};

/*
 * Reads the JSON payload (root "ietf-voucher-request:voucher", or an old name). Binary leaves
 * are decoded into arena, which must hold at least text.len bytes and outlive
 * the result. Duplicate names, wrong types, bad dates, bad base64: refused.
 * Whether serial-number must be there is the caller's row (pledge: may be
 * absent, RVR: SERIAL_MISSING) so an absent one is left empty.
 * PAYLOAD_*, DATE_MALFORMED, NONCE_LENGTH.
 */
MUST_USE enum reason request_from_json(struct span text, uint8_t *arena,
    size_t arena_len, struct voucher_request *out, struct why *why);

/* MP 7.3: a nonce that is a text is opaque, 8 to 64 characters, and copied
 * verbatim; so it may hold nothing that would be written otherwise than it was
 * read. false leaves out empty. */
bool nonce_take(struct span text, char out[NONCE_MAX + 1]);
#define NONCE_FAULT                                        \
	"nonce is not 8 to 64 printable ASCII characters " \
	"without quotation mark and backslash"

/* Is it a name of the root, and which old form (0 = none)? */
bool request_root(struct span name, unsigned *legacy);

/* Writes a request as the customer's side sends it: members that are set.
 * false if it does not fit cap. */
bool request_to_json(
    const struct voucher_request *r, char *out, size_t cap, size_t *len);

/*
 * The same in YANG-CBOR (root SID 2501; RFC 9254, MP 10.2), or in the layout of
 * 2019 (SID 1001154, MP 10.4): keys by SID, by name or mixed, spans borrow from bytes, a nonce becomes its base64. PAYLOAD_*,
 * DATE_MALFORMED, NONCE_LENGTH.
 */
MUST_USE enum reason request_from_cbor(
    struct span bytes, struct voucher_request *out, struct why *why);
/* Writes SIDs only, deterministically. false if it does not fit, or the nonce is
 * not the base64 of 8 to 32 octets. */
bool request_to_cbor(
    const struct voucher_request *r, uint8_t *out, size_t cap, size_t *len);

/* One more name in such a list, for the readers of both forms. */
void request_add_name(char list[NAMES_TEXT_SIZE], struct span name);

/*
 * Normalises idevid-issuer (MP 6.3 forms A to E): on success *kind says what
 * *value holds: a key identifier, or a whole DER Name (to be hashed by the
 * caller). ISSUER_SHAPE otherwise.
 */
MUST_USE enum reason issuer_normalise(struct span bytes, enum issuer_kind *kind,
    struct span *value, struct why *why);

#endif
