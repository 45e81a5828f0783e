/*
 * What a JWS and a COSE_Sign1 have in common once they are decoded: a content,
 * the octets that the signature covers, and certificates that came along. CMS
 * has attributes in between and stays apart (cms.h).
 */
#ifndef ENVELOPE_OBJECT_H
#define ENVELOPE_OBJECT_H

#include "x509/certificate.h"

#define OBJECT_CERTIFICATES_MAX 10 /* MP 17 */

struct signed_object {
	struct span content;
	struct span covered; /* in the arena */
	struct signature_algorithm algorithm;
	enum key_type curve;   /* JWS: of alg (RFC 7518 3.4); else KEY_NONE */
	bool unnamed;	       /* COSE without alg, which was ES256 (MP 10.1) */
	struct span signature; /* ECDSA: r || s, never DER */
	struct span key_id;    /* JWS: kid, as text; ptr NULL if absent */
	unsigned signatures;   /* JWS: how many, the first one counts */
	unsigned certificates_len;
	struct certificate certificates[OBJECT_CERTIFICATES_MAX];
};

/*
 * Decodes General JWS JSON (RFC 7515 7.2.1; MP 9) with a JSON payload. arena
 * takes at least JWS_ARENA(bytes.len) octets and outlives *out. Nothing is
 * verified yet. JWS_MALFORMED, JWS_COMPACT, JWS_HEADER, JWS_TYPE, ALGORITHM,
 * CERTIFICATE_MALFORMED, CONTAINER_CERTIFICATES.
 */
/* A header that is all x5c is there as base64url, as JSON, as texts and as octets: 49
 * sixteenths of it; texts end with a NUL until the next one comes. */
#define JWS_ARENA(len) ((len)*3 + (len) / 16 + 16)
MUST_USE enum reason jws_read(struct span bytes, uint8_t *arena,
    size_t arena_len, struct signed_object *out, struct why *why);
/*
 * Decodes COSE_Sign1, tagged or not (RFC 9052 4.2; MP 10.1). arena takes at
 * least bytes.len + 64 octets. COSE_MALFORMED, COSE_DETACHED,
 * COSE_HEADER, ALGORITHM, CERTIFICATE_MALFORMED, CONTAINER_CERTIFICATES.
 */
MUST_USE enum reason cose_read(struct span bytes, uint8_t *arena,
    size_t arena_len, struct signed_object *out, struct why *why);

/*
 * Finds the signer among the object's certificates by trying keys. *signer
 * points into o->certificates. SIGNER_UNKNOWN if there is none at all,
 * REQUEST_SIGNATURE if none verifies, REQUEST_COSTLY if too many slow ones do not,
 * ALGORITHM if it names none: with a key from elsewhere the caller judges that.
 */
MUST_USE enum reason object_verify(const struct signed_object *o,
    const struct certificate **signer, struct why *why);
/* The same with a key that is known from elsewhere (a SubjectPublicKeyInfo). */
MUST_USE bool object_verify_key(
    const struct signed_object *o, struct span spki);

#endif
