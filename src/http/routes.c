/* Resources, see routes.h. */
#include "http/routes.h"

#include "base/text.h"

#define BRSKI "/.well-known/brski"
#define EST   "/.well-known/est"

static const struct http_route routes[] = {
	{ "requestvoucher", RESOURCE_REQUEST, REQUEST_VOUCHER },
	{ "requestauditlog", RESOURCE_REQUEST, REQUEST_AUDIT_LOG },
};
static const struct http_route prepared = { PREPARED_NAME, RESOURCE_PREPARED,
	REQUEST_AUDIT_LOG };
static const struct http_route health = { "healthz", RESOURCE_HEALTH,
	REQUEST_VOUCHER };

/* Takes the base and a slash off the front of *path. */
static bool
base_take(struct span *path, struct span base)
{
	if (path->len <= base.len || path->ptr[base.len] != '/' ||
	    memcmp(path->ptr, base.ptr, base.len) != 0)
		return false;
	*path = span_of(path->ptr + base.len + 1, path->len - base.len - 1);
	return true;
}

/* The longest that fits goes first: /a and /a/auditlog may both be there. */
static size_t
base_len(struct span path, const char *bases)
{
	size_t len, most = 0;
	struct span rest;

	for (; *bases != '\0'; bases += len + (bases[len] == ',')) {
		len = strcspn(bases, ",");
		rest = path;
		if (len > most && base_take(&rest, span_of(bases, len)))
			most = len;
	}
	return most;
}

/* What is left of the path below a base that we know, which may be none: /healthz
 * is below that. */
static bool
base_find(struct span *path, const struct http_paths *paths,
    struct http_exchange *out)
{
	size_t len = base_len(*path, paths->bases);
	size_t brski = base_len(*path, BRSKI), est = base_len(*path, EST);

	if (brski > len)
		len = brski;
	if (est > len && (paths->allowed & LEGACY(LEGACY_PATHS)) != 0) {
		len = est;
		out->legacy = LEGACY(LEGACY_PATHS);
	}
	out->base = span_of(path->ptr, len);
	return base_take(path, out->base);
}

static bool
prepared_read(struct span name, uint8_t slug[SLUG_SIZE])
{
	const size_t front = sizeof(PREPARED_NAME) - 1;
	char hex[HEX_SIZE(SLUG_SIZE)];
	struct span written;
	size_t len;

	if (name.len != front + sizeof(hex) - 1 ||
	    memcmp(name.ptr, PREPARED_NAME, front) != 0)
		return false;
	written = span_of(name.ptr + front, sizeof(hex) - 1);
	if (!hex_decode(slug, SLUG_SIZE, &len, written))
		return false;
	/* One spelling: two would be two names of one thing for a cache. */
	hex_encode(hex, span_of(slug, SLUG_SIZE));
	return span_is(written, hex);
}

static const struct http_route *
route_find(
    struct span path, const struct http_paths *paths, struct http_exchange *out)
{
	size_t i;

	if (!base_find(&path, paths, out))
		return NULL;
	if (out->base.len == 0)
		return span_is(path, health.name) ? &health : NULL;
	for (i = 0; i < sizeof(routes) / sizeof(routes[0]); i++)
		if (span_is(path, routes[i].name))
			return &routes[i];
	return prepared_read(path, out->slug) ? &prepared : NULL;
}

/* A slash at the end names another resource (RFC 3986 6.2.3), and is the usual
 * slip. */
static enum reason
path_unknown(struct span path, const struct http_paths *paths, struct why *why)
{
	struct http_exchange other = { 0 };

	if (path.len > 1 && path.ptr[path.len - 1] == '/' &&
	    route_find(span_of(path.ptr, path.len - 1), paths, &other) != NULL)
		return why_set(why, REASON_PATH_UNKNOWN, -1,
		    "The path has a slash at its end.");
	return REASON_PATH_UNKNOWN;
}

enum reason
exchange_read(const struct http_request *q, const struct http_paths *paths,
    struct http_exchange *out, struct why *why)
{
	const struct http_route *route;
	enum reason r;

	memset(out, 0, sizeof(*out));
	if ((route = route_find(q->path, paths, out)) == NULL)
		return path_unknown(q->path, paths, why);
	if (route->resource != RESOURCE_REQUEST) {
		if (q->method != HTTP_GET && q->method != HTTP_HEAD)
			return REASON_METHOD_GET;
		out->route = route;
		return REASON_OK;
	}
	if (q->method != HTTP_POST)
		return REASON_METHOD;
	r = media_request(
	    q->has_type, q->type, paths->allowed, &out->media, why);
	/* MP 3 rule 7: the audit log is JSON, whatever Accept says. */
	if (r == REASON_OK && route->kind == REQUEST_VOUCHER)
		r = media_reply(
		    q->accept, q->accept_len, paths->allowed, &out->media, why);
	out->legacy |= out->media.legacy;
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
