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
/* Below no base. */
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
route_named(struct span name, uint8_t slug[SLUG_SIZE])
{
	size_t i;

	for (i = 0; i < sizeof(routes) / sizeof(routes[0]); i++)
		if (span_is(name, routes[i].name))
			return &routes[i];
	return prepared_read(name, slug) ? &prepared : NULL;
}

/* What the path names below one of these bases. All are tried, in whatever order: with
 * /a and /a/auditlog a prepared log of the first looks as if it were of the second, but
 * no path names something below both. */
static const struct http_route *
route_below(struct span path, const char *bases, struct http_exchange *out)
{
	const struct http_route *found;
	struct span name;
	size_t len;

	for (; *bases != '\0'; bases += len + (bases[len] == ',')) {
		len = strcspn(bases, ",");
		name = path;
		if (!base_take(&name, span_of(bases, len)))
			continue;
		if ((found = route_named(name, out->slug)) != NULL) {
			out->base = span_of(path.ptr, len);
			return found;
		}
	}
	return NULL;
}

static const struct http_route *
route_find(
    struct span path, const struct http_paths *paths, struct http_exchange *out)
{
	const struct http_route *found;

	out->base = span_of(path.ptr, 0);
	if (span_is(path, "/healthz"))
		return &health;
	if ((found = route_below(path, paths->bases, out)) != NULL ||
	    (found = route_below(path, BRSKI, out)) != NULL ||
	    (paths->allowed & LEGACY(LEGACY_PATHS)) == 0)
		return found;
	if ((found = route_below(path, EST, out)) != NULL)
		out->legacy = LEGACY(LEGACY_PATHS);
	return found;
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
