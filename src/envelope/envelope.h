/*
 * A signed object in any of the three forms: CMS+JSON, JWS+JSON, COSE+CBOR. Each
 * has a reader of its own; what follows the decoding needs only this.
 */
#ifndef ENVELOPE_ENVELOPE_H
#define ENVELOPE_ENVELOPE_H

#include "envelope/cms.h"
#include "envelope/object.h"

struct envelope {
	enum artifact_format format;
	struct span content;
	unsigned certificates_len;
	const struct certificate *certificates; /* into the union */
	union {
		struct cms cms;
		struct signed_object object; /* JWS, COSE */
	};
};

/* By the first octet (MP 3 rule 5): 0x30 CMS, `{` behind JSON white space JWS,
 * 0xd2 or 0x84 COSE; a compact JWS counts as JWS, to be refused by its reader.
 * FORMAT_NONE for anything else. */
enum artifact_format envelope_format(struct span bytes);

/* Octets of arena that a reader may need. */
#define ENVELOPE_ARENA(len) (JWS_ARENA(len) + 64)

/*
 * Decodes as the format says; spans borrow from bytes and arena. The reasons of
 * cms_read(), jws_read(), cose_read(); MEDIA_TYPE for FORMAT_NONE.
 */
MUST_USE enum reason envelope_read(enum artifact_format format,
    struct span bytes, uint8_t *arena, size_t arena_len, struct envelope *out,
    struct why *why);
/*
 * Finds the signer among the certificates of the object and checks everything
 * that the signature rests on. The reasons of cms_verify(), object_verify().
 */
MUST_USE enum reason envelope_verify(const struct envelope *e,
    const struct certificate **signer, struct why *why);
/* Has COSE the algorithm of the signature (MP 10.1)? */
bool envelope_algorithm_in_cose(const struct envelope *e);
/* Does this key, known from elsewhere, verify it? COSE without alg is the caller's
 * to judge (envelope_verify() says ALGORITHM). Never for CMS, which brings its own. */
MUST_USE bool envelope_verify_key(const struct envelope *e, struct span spki);

#endif
