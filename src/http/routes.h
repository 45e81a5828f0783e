/*
 * The resources of this server (MP 2). The names below /.well-known/est are
 * from before May 2021 (RFC 8995 8.3.1) and stand behind a switch.
 */
#ifndef HTTP_ROUTES_H
#define HTTP_ROUTES_H

#include "base/reason.h"
#include "http/media.h"
#include "http/request.h"

enum http_resource { RESOURCE_REQUEST, RESOURCE_HEALTH };

struct http_route {
	const char *path;
	enum http_resource resource;
	enum request_kind kind; /* of RESOURCE_REQUEST */
	unsigned legacy;	/* a form of legacy.h, or 0 */
};

/* What was found of one request before its body is read. */
struct http_exchange {
	const struct http_route *route; /* NULL until it is known */
	struct media media;		/* of RESOURCE_REQUEST */
	unsigned legacy;		/* old forms that it uses */
};

/*
 * Path, method and types of a request (MP 5 row 0c), old forms only if
 * they are in allowed. PATH_UNKNOWN, METHOD, METHOD_GET, and those of media.h.
 */
MUST_USE enum reason exchange_read(const struct http_request *q,
    unsigned allowed, struct http_exchange *out, struct why *why);

/* The value of Allow for METHOD and METHOD_GET; NULL for other reasons. */
const char *reason_allow(enum reason r);

#endif
