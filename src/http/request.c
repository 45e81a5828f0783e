/* The HTTP/1.1 request reader, see request.h. */
#include "http/request.h"

#include "model/names.h"

void
reader_open(struct http_reader *r)
{
	memset(r, 0, sizeof(*r));
	buf_init(&r->header, HTTP_HEADER_MAX);
	buf_init(&r->body, BODY_MAX);
	why_clear(&r->why);
}

void
reader_close(struct http_reader *r)
{
	buf_free(&r->header);
	buf_free(&r->body);
}

void
reader_next(struct http_reader *r)
{
	reader_close(r);
	reader_open(r);
}

bool
reader_begun(const struct http_reader *r)
{
	return r->place != PLACE_HEADER || r->lines > 0 || r->line > 0;
}

static enum http_event
refused(struct http_reader *r, enum reason reason)
{
	r->place = PLACE_REFUSED;
	r->reason = reason;
	return HTTP_REFUSED;
}

static enum reason
malformed(struct http_reader *r, const char *what)
{
	return why_set(&r->why, REASON_HTTP_MALFORMED, -1, "header: %s", what);
}

/* --- header --- */

/* The request line is watched while it comes, so that neither garbage nor an
 * endless target is collected first. */
static enum reason
watch_request_line(struct http_reader *r, uint8_t octet)
{
	if (octet == ' ') {
		r->blanks++;
		return REASON_OK;
	}
	if (octet < 0x21 || octet > 0x7e)
		return malformed(r, "an octet that no request line may have");
	if (r->blanks == 0 && r->line >= HTTP_METHOD_MAX)
		return malformed(r, "a method without end");
	if (r->blanks == 1 && ++r->target > HTTP_TARGET_MAX)
		return why_set(&r->why, REASON_URI_TOO_LONG, -1,
		    "The limit is %d octets.", HTTP_TARGET_MAX);
	return REASON_OK;
}

/* A line has ended; *end when it was the empty one behind the fields. */
static enum reason
end_line(struct http_reader *r, bool *end)
{
	if (r->line > 0) {
		r->lines++;
		r->line = 0;
		return REASON_OK;
	}
	if (r->lines > 0) {
		*end = true;
		return REASON_OK;
	}
	/* RFC 9112 2.2: some clients send one too many behind a body. */
	if (r->empty_line)
		return malformed(r, "empty lines instead of a request line");
	r->empty_line = true;
	return REASON_OK;
}

static enum reason
take_octet(struct http_reader *r, uint8_t octet, bool *end)
{
	enum reason reason;

	if (r->after_cr) {
		r->after_cr = false;
		return octet == '\n'
		    ? end_line(r, end)
		    : malformed(r, "a carriage return without line feed");
	}
	if (octet == '\r') {
		r->after_cr = true;
		return REASON_OK;
	}
	if (octet == '\n')
		return malformed(r, "a line feed without carriage return");
	if ((octet < 0x20 && octet != '\t') || octet == 0x7f)
		return malformed(r, "a control character");
	if (r->lines == 0 &&
	    (reason = watch_request_line(r, octet)) != REASON_OK)
		return reason;
	r->line++;
	return REASON_OK;
}

/* Keeps what was looked at. */
static bool
keep_header(struct http_reader *r, struct span *bytes, size_t n)
{
	struct span seen = span_of(bytes->ptr, n);

	*bytes = span_of(bytes->ptr + n, bytes->len - n);
	return buf_add(&r->header, seen);
}

static enum http_event
feed_header(struct http_reader *r, struct span *bytes)
{
	enum reason reason = REASON_OK;
	struct span block;
	bool end = false;
	size_t n = 0;

	while (n < bytes->len && !end && reason == REASON_OK &&
	    r->header.len + n <= HTTP_HEADER_MAX)
		reason = take_octet(r, bytes->ptr[n++], &end);
	if (reason != REASON_OK)
		return refused(r, reason);
	if (!keep_header(r, bytes, n))
		return refused(r, REASON_HEADER_TOO_LARGE);
	if (!end)
		return HTTP_MORE;
	block = buf_span(&r->header);
	if (r->empty_line)
		block = span_of(block.ptr + 2, block.len - 2);
	reason = header_read(block, &r->request, &r->why);
	if (reason != REASON_OK)
		return refused(r, reason);
	r->place = PLACE_HEADER_DONE;
	return HTTP_HEADER;
}

/* --- body --- */

static enum http_event
complete(struct http_reader *r)
{
	r->request.body = buf_span(&r->body);
	r->place = PLACE_DONE;
	return HTTP_COMPLETE;
}

static enum http_event
feed_body(struct http_reader *r, struct span *bytes)
{
	size_t missing, n;
	enum reason reason;
	bool done = false;

	if (r->request.chunked) {
		reason =
		    chunked_feed(&r->chunked, bytes, &r->body, &done, &r->why);
		if (reason != REASON_OK)
			return refused(r, reason);
		return done ? complete(r) : HTTP_MORE;
	}
	missing = r->request.length - r->body.len;
	n = bytes->len < missing ? bytes->len : missing;
	/* The length was held against the cap. */
	(void)buf_add(&r->body, span_of(bytes->ptr, n));
	*bytes = span_of(bytes->ptr + n, bytes->len - n);
	return n == missing ? complete(r) : HTTP_MORE;
}

enum http_event
reader_feed(struct http_reader *r, struct span *bytes)
{
	switch (r->place) {
	case PLACE_HEADER:
		return feed_header(r, bytes);
	case PLACE_HEADER_DONE:
		chunked_open(&r->chunked);
		r->place = PLACE_BODY;
		return feed_body(r, bytes);
	case PLACE_BODY:
		return feed_body(r, bytes);
	case PLACE_DONE:
		return HTTP_COMPLETE;
	case PLACE_REFUSED:
		break;
	}
	return HTTP_REFUSED;
}
