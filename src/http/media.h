/* Content-Type and Accept (MP 3; RFC 8995 5.6). */
#ifndef HTTP_MEDIA_H
#define HTTP_MEDIA_H

#include "base/reason.h"
#include "model/names.h"

struct media {
	enum artifact_format format; /* of the request */
	enum artifact_format reply;  /* what is asked for */
	char echo[40];		     /* Content-Type of a voucher reply */
};

/* REASON_MEDIA_TYPE, ACCEPT_UNKNOWN (both 415). A known type that cannot be
 * served is not refused here: whether the pledge can, policy knows (406). */
MUST_USE enum reason media_negotiate(struct span content_type,
    struct span accept, struct media *out, struct why *why);
/* Content-Type alone: the audit log is JSON whatever Accept says (rule 7). */
MUST_USE enum reason media_request(
    struct span content_type, struct media *out, struct why *why);

#endif
