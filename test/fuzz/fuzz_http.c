/*
 * HTTP requests one after another, as a connection feeds them: the pieces in
 * which they come must not matter, limits hold, spans stay inside. The first
 * octet of the input is the size of the pieces.
 */
#include "fuzz.h"
#include "http/request.h"
#include "http/routes.h"
#include "model/names.h"

static bool
inside(struct span s, const struct buf *b)
{
	return s.len == 0 ||
	    (s.ptr >= b->ptr && s.ptr + s.len <= b->ptr + b->len);
}

/* Takes one request off the front of *rest, in pieces. */
static enum http_event
read_one(struct http_reader *r, struct span *rest, size_t piece)
{
	enum http_event e = HTTP_MORE;
	struct span now;
	size_t n;

	do {
		n = rest->len < piece ? rest->len : piece;
		now = span_of(rest->ptr, n);
		e = reader_feed(r, &now);
		require(now.len <= n);
		*rest = span_of(
		    rest->ptr + (n - now.len), rest->len - (n - now.len));
		require(e != HTTP_MORE || now.len == 0);
	} while (e == HTTP_HEADER || (e == HTTP_MORE && rest->len > 0));
	require(r->header.len <= HTTP_HEADER_MAX && r->body.len <= BODY_MAX);
	return e;
}

static void
check_request(const struct http_reader *r)
{
	static const struct http_paths paths[] = {
		{ "", 0 },
		{ "/a,/b/c,/.well-known", LEGACY_ALL },
	};
	struct span name;
	const struct http_request *q = &r->request;
	struct http_exchange e;
	struct why why;
	unsigned i;

	require(q->body.len == r->body.len);
	require(q->chunked || q->body.len == q->length);
	require(inside(q->type, &r->header));
	for (i = 0; i < q->accept_len; i++)
		require(inside(q->accept[i], &r->header));
	for (i = 0; i < 2; i++) {
		if (exchange_read(q, &paths[i], &e, &why) != REASON_OK) {
			require(e.route == NULL);
			continue;
		}
		name = span_of(
		    q->path.ptr + e.base.len + 1, q->path.len - e.base.len - 1);
		require(e.base.ptr == q->path.ptr && e.base.len < q->path.len);
		require(e.route->resource == RESOURCE_PREPARED ||
		    span_is(name, e.route->name));
		require(e.route->resource != RESOURCE_REQUEST ||
		    (e.media.request != FORMAT_NONE && e.media.reply != 0 &&
			e.media.reply_types[e.media.reply & 3] != NULL));
	}
}

/* The same request, read in two ways. */
static void
check_same(const struct http_reader *a, const struct http_reader *b)
{
	const struct http_request *p = &a->request, *q = &b->request;
	unsigned i;

	require(a->place == b->place && a->reason == b->reason);
	if (a->place != PLACE_DONE)
		return;
	require(p->method == q->method && p->old == q->old);
	require(p->keep_alive == q->keep_alive && p->chunked == q->chunked &&
	    p->length == q->length);
	require(p->expect_continue == q->expect_continue);
	require(p->has_type == q->has_type && p->accept_len == q->accept_len);
	for (i = 0; i < p->accept_len; i++)
		require(span_eq(p->accept[i], q->accept[i]));
	require(span_eq(p->path, q->path) && span_eq(p->type, q->type));
	require(span_eq(p->body, q->body));
}

uint64_t
input_read(const uint8_t *bytes, size_t len)
{
	struct span whole, pieces;
	struct http_reader a, b;
	enum http_event e;
	uint64_t digest;

	if (len == 0)
		return 0;
	whole = pieces = span_of(bytes + 1, len - 1);
	reader_open(&a);
	reader_open(&b);
	do {
		digest = 0;
		e = read_one(&a, &whole, SIZE_MAX);
		require(read_one(&b, &pieces, (size_t)bytes[0] + 1) == e);
		check_same(&a, &b);
		if (e == HTTP_COMPLETE) {
			require(whole.len == pieces.len);
			check_request(&a);
			digest = digest_add(ACCEPTED, a.body.ptr, a.body.len);
			reader_next(&a);
			reader_next(&b);
		}
	} while (e == HTTP_COMPLETE && whole.len > 0);
	reader_close(&a);
	reader_close(&b);
	return digest;
}

uint64_t
input_decode(const uint8_t *bytes, size_t len)
{
	static const struct http_paths all = { "", 1 };
	struct http_exchange e;
	struct http_reader r;
	struct span rest;
	size_t piece;

	if (len == 0)
		return 0;
	rest = span_of(bytes + 1, len - 1);
	piece = bytes[0] == 255 ? SIZE_MAX : (size_t)bytes[0] + 1;
	reader_open(&r);
	while (rest.len > 0 && read_one(&r, &rest, piece) == HTTP_COMPLETE) {
		if (exchange_read(&r.request, &all, &e, NULL) != REASON_OK)
			break;
		reader_next(&r);
	}
	reader_close(&r);
	return 0;
}
