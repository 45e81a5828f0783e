/*
 * Media types of voucher-requests and vouchers, and what Content-Type and
 * Accept together ask for (MP 3, RFC 8995 5.6).
 */
#ifndef HTTP_MEDIA_H
#define HTTP_MEDIA_H

#include "base/legacy.h"
#include "base/reason.h"
#include "model/names.h"

struct media {
	enum artifact_format request;
	unsigned reply; /* list of formats, what is wanted most first */
	/* Static: the name to put on a reply in each of them. */
	const char *reply_types[FORMAT_COSE_CBOR + 1];
	unsigned legacy;  /* old names in use (legacy.h) */
	unsigned synonym; /* of the request's type; internal */
};

/*
 * Reads Content-Type into out->request; out->reply is as without Accept: every
 * format, the request's own first. MEDIA_TYPE for another type or none (MP 3
 * rules 1, 2). Old names are known, and none is CMS, only as far as allowed says
 * (legacy.h).
 */
MUST_USE enum reason media_request(bool has_type, struct span type,
    unsigned allowed, struct media *out, struct why *why);

/*
 * Lists the replies that the values of all Accept fields allow, and their names
 * (MP 3 rules 3, 4); which of them this pledge understands is for policy.
 * ACCEPT_UNKNOWN if all that is listed is unknown, FORMAT_UNSUPPORTED if what
 * is known is there with quality 0 only.
 */
MUST_USE enum reason media_reply(const struct span *accept, unsigned len,
    unsigned allowed, struct media *out, struct why *why);

#endif
