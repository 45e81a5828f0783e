/*
 * The resources of this server (MP 2), below /.well-known/brski and below the base
 * paths of the configuration (RFC 8995 2.3.2): an IDevID may name either, and is for
 * ever. The names below /.well-known/est are from before May 2021 (RFC 8995 8.3.1)
 * and stand behind a switch.
 */
#ifndef HTTP_ROUTES_H
#define HTTP_ROUTES_H

#include "base/reason.h"
#include "http/media.h"
#include "http/request.h"

enum http_resource {
	RESOURCE_REQUEST,
	RESOURCE_PREPARED, /* an audit log under its own URL (MP 14.1) */
	RESOURCE_HEALTH
};

#define PREPARED_NAME "auditlog/" /* and the slug in hexadecimal */

struct http_route {
	const char *name; /* below a base path */
	enum http_resource resource;
	enum request_kind kind; /* of RESOURCE_REQUEST */
};

/* Which paths a server answers. */
struct http_paths {
	const char *bases; /* of the configuration, with commas; "" = none */
	unsigned allowed;  /* old forms (legacy.h) */
};

/* What was found of one request before its body is read. */
struct http_exchange {
	const struct http_route *route; /* NULL until it is known */
	struct span base; /* below which it was asked; lies in the request */
	uint8_t slug[SLUG_SIZE]; /* of RESOURCE_PREPARED */
	struct media media;	 /* of RESOURCE_REQUEST */
	unsigned legacy;	 /* old forms that it uses */
};

/*
 * Path, method and types of a request (MP 5 row 0c), old forms only if they are
 * allowed. PATH_UNKNOWN, METHOD, METHOD_GET, and those of media.h.
 */
MUST_USE enum reason exchange_read(const struct http_request *q,
    const struct http_paths *paths, struct http_exchange *out, struct why *why);

/* The value of Allow for METHOD and METHOD_GET; NULL for other reasons. */
const char *reason_allow(enum reason r);

#endif
