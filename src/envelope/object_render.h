/*
 * Laying out JWS and COSE_Sign1 (MP 9, MP 10.1): first what is to be signed,
 * then the whole around the signature.
 */
#ifndef ENVELOPE_OBJECT_RENDER_H
#define ENVELOPE_OBJECT_RENDER_H

#include "envelope/object.h"

struct object_plan {
	struct span content;
	/* Of the key that will sign: ECDSA with SHA-256 or SHA-384. */
	struct signature_algorithm algorithm;
	unsigned certificates_len; /* signer first, 0 = none */
	struct span certificates[OBJECT_CERTIFICATES_MAX]; /* DER */
	enum bag_place bag; /* COSE: where they are */
	const char *key_id; /* JWS: kid, instead of typ and x5c; NULL = none */
};

/* Room for either rendering of this plan. */
size_t object_room(const struct object_plan *plan);

/* ASCII(protected "." payload), with alg, typ and x5c. false if over cap. */
MUST_USE bool jws_covered_render(
    const struct object_plan *plan, uint8_t *out, size_t cap, size_t *len);
/* General JSON around covered and the ECDSA signature in DER. */
MUST_USE bool jws_assemble(const struct object_plan *plan, struct span covered,
    struct span signature, uint8_t *out, size_t cap, size_t *len);

/* Sig_structure with alg in the protected header, and the certificates where they
 * belong there. */
MUST_USE bool cose_covered_render(
    const struct object_plan *plan, uint8_t *out, size_t cap, size_t *len);
/* Tag 18; the certificates as an x5bag in the header that the plan names, one of
 * them as a bare byte string (MP 16 row 16). */
MUST_USE bool cose_assemble(const struct object_plan *plan,
    struct span signature, uint8_t *out, size_t cap, size_t *len);

#endif
