/* Resources, see routes.h. */
#include "http/routes.h"

static const struct http_route routes[] = {
	{ "/.well-known/brski/requestvoucher", RESOURCE_REQUEST,
	    REQUEST_VOUCHER, 0 },
	{ "/.well-known/brski/requestauditlog", RESOURCE_REQUEST,
	    REQUEST_AUDIT_LOG, 0 },
	{ "/.well-known/est/requestvoucher", RESOURCE_REQUEST, REQUEST_VOUCHER,
	    LEGACY(LEGACY_PATHS) },
	{ "/.well-known/est/requestauditlog", RESOURCE_REQUEST,
	    REQUEST_AUDIT_LOG, LEGACY(LEGACY_PATHS) },
	{ "/healthz", RESOURCE_HEALTH, REQUEST_VOUCHER, 0 },
};

static const struct http_route *
route_find(struct span path, unsigned allowed)
{
	size_t i;

	for (i = 0; i < sizeof(routes) / sizeof(routes[0]); i++)
		if (span_is(path, routes[i].path) &&
		    (routes[i].legacy & ~allowed) == 0)
			return &routes[i];
	return NULL;
}

/* A slash at the end names another resource (RFC 3986 6.2.3), and is the usual
 * slip. */
static enum reason
path_unknown(struct span path, unsigned allowed, struct why *why)
{
	if (path.len > 1 && path.ptr[path.len - 1] == '/' &&
	    route_find(span_of(path.ptr, path.len - 1), allowed) != NULL)
		return why_set(why, REASON_PATH_UNKNOWN, -1,
		    "The path has a slash at its end.");
	return REASON_PATH_UNKNOWN;
}

enum reason
exchange_read(const struct http_request *q, unsigned allowed,
    struct http_exchange *out, struct why *why)
{
	const struct http_route *route = route_find(q->path, allowed);
	enum reason r;

	memset(out, 0, sizeof(*out));
	if (route == NULL)
		return path_unknown(q->path, allowed, why);
	if (route->resource == RESOURCE_HEALTH) {
		if (q->method != HTTP_GET && q->method != HTTP_HEAD)
			return REASON_METHOD_GET;
		out->route = route;
		return REASON_OK;
	}
	if (q->method != HTTP_POST)
		return REASON_METHOD;
	r = media_request(q->has_type, q->type, allowed, &out->media, why);
	/* MP 3 rule 7: the audit log is JSON, whatever Accept says. */
	if (r == REASON_OK && route->kind == REQUEST_VOUCHER)
		r = media_reply(
		    q->accept, q->accept_len, allowed, &out->media, why);
	out->legacy = route->legacy | out->media.legacy;
	if (r == REASON_OK)
		out->route = route;
	return r;
}

const char *
reason_allow(enum reason r)
{
	if (r == REASON_METHOD)
		return "POST";
	return r == REASON_METHOD_GET ? "GET, HEAD" : NULL;
}
