/*
 * Media types of voucher-requests and vouchers, and what Content-Type and
 * Accept together ask for (MP 3, RFC 8995 5.6).
 */
#ifndef HTTP_MEDIA_H
#define HTTP_MEDIA_H

#include "base/reason.h"
#include "model/names.h"

struct media {
	enum artifact_format request;
	enum artifact_format reply;
	const char *reply_type; /* static: the name to put on the reply */
	unsigned synonym;	/* of the request's type; internal */
};

/*
 * Reads Content-Type into out->request. Only CMS is taken in this version.
 * MEDIA_TYPE for another type or none (MP 3 rules 1, 2).
 */
MUST_USE enum reason media_request(
    bool has_type, struct span type, struct media *out, struct why *why);

/*
 * Chooses reply and its name from the values of all Accept fields (MP 3 rules
 * 3, 4). A format that this service can make is preferred to one that it only
 * knows; the latter is passed on, for policy to refuse with 406.
 * ACCEPT_UNKNOWN if all that is listed is unknown, FORMAT_UNSUPPORTED if what
 * is known is there with quality 0 only.
 */
MUST_USE enum reason media_reply(const struct span *accept, unsigned len,
    struct media *out, struct why *why);

#endif
