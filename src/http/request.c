/* HTTP/1.1 requests, see request.h. */
#include "http/request.h"

#include <strings.h>

#include "base/text.h"

static bool
token_char(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
	    (c >= 'a' && c <= 'z') ||
	    (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

static bool
token(struct span s)
{
	size_t i;

	for (i = 0; i < s.len; i++)
		if (!token_char(s.ptr[i]))
			return false;
	return s.len > 0;
}

static bool
named(struct span s, const char *name)
{
	return s.len == strlen(name) &&
	    strncasecmp((const char *)s.ptr, name, s.len) == 0;
}

static struct span
trim(struct span s)
{
	while (s.len > 0 && (s.ptr[0] == ' ' || s.ptr[0] == '\t')) {
		s.ptr++;
		s.len--;
	}
	while (
	    s.len > 0 && (s.ptr[s.len - 1] == ' ' || s.ptr[s.len - 1] == '\t'))
		s.len--;
	return s;
}

/* Cuts at the next CR LF; a bare CR, LF or NUL is a fault (RFC 9112 2.2). */
static bool
line_next(struct span *rest, struct span *line)
{
	size_t i;

	for (i = 0; i + 1 < rest->len; i++) {
		if (rest->ptr[i] == '\r' && rest->ptr[i + 1] == '\n') {
			*line = span_of(rest->ptr, i);
			rest->ptr += i + 2;
			rest->len -= i + 2;
			return true;
		}
		if (rest->ptr[i] == '\r' || rest->ptr[i] == '\n' ||
		    rest->ptr[i] == '\0')
			return false;
	}
	return false;
}

/* method SP target SP HTTP/1.x (RFC 9112 3). */
static enum reason
request_line(struct span line, struct http_request *q, struct why *why)
{
	const uint8_t *a, *b;
	struct span version;
	size_t i;

	a = line.len == 0 ? NULL : memchr(line.ptr, ' ', line.len);
	b = a == NULL
	    ? NULL
	    : memchr(a + 1, ' ', (size_t)(line.ptr + line.len - a - 1));
	if (b == NULL)
		return why_set(why, REASON_HTTP_MALFORMED, 0,
		    "the request line has not three parts");
	q->method = span_of(line.ptr, (size_t)(a - line.ptr));
	q->target = span_of(a + 1, (size_t)(b - a - 1));
	version = span_of(b + 1, (size_t)(line.ptr + line.len - b - 1));
	if (!token(q->method) || q->target.len == 0)
		return why_set(why, REASON_HTTP_MALFORMED, 0,
		    "the method or target is malformed");
	if (q->target.len > HTTP_TARGET_MAX)
		return why_set(
		    why, REASON_URI_TOO_LONG, 0, "%zu octets", q->target.len);
	for (i = 0; i < q->target.len; i++)
		if (q->target.ptr[i] <= 0x20 || q->target.ptr[i] > 0x7e)
			return why_set(why, REASON_HTTP_MALFORMED, 0,
			    "the target is malformed");
	q->version_1_1 = span_is(version, "HTTP/1.1");
	if (!q->version_1_1 && !span_is(version, "HTTP/1.0"))
		return why_set(why,
		    version.len == 8 && memcmp(version.ptr, "HTTP/", 5) == 0
			? REASON_HTTP_VERSION
			: REASON_HTTP_MALFORMED,
		    0, "the version is not HTTP/1.1");
	q->keep_alive = q->version_1_1;
	return REASON_OK;
}

static enum reason
content_length(struct span value, struct http_request *q, struct why *why)
{
	uint64_t n = 0;
	size_t i;

	for (i = 0; i < value.len; i++) {
		if (value.ptr[i] < '0' || value.ptr[i] > '9')
			break;
		if (n < UINT32_MAX)
			n = n * 10 + (uint64_t)(value.ptr[i] - '0');
	}
	if (q->has_length || value.len == 0 || i < value.len)
		return why_set(why, REASON_HTTP_LENGTH, -1,
		    "Content-Length is no number, or occurs twice");
	q->has_length = true;
	q->length = (size_t)n;
	return REASON_OK;
}

static enum reason
field_take(struct span name, struct span value, struct http_request *q,
    unsigned *hosts, struct why *why)
{
	if (named(name, "Host")) {
		(*hosts)++;
		return value.len == 0
		    ? why_set(why, REASON_HTTP_HOST, -1, "Host is empty")
		    : REASON_OK;
	}
	if (named(name, "Content-Length"))
		return content_length(value, q, why);
	if (named(name, "Transfer-Encoding")) {
		if (q->chunked || !named(value, "chunked"))
			return why_set(why, REASON_HTTP_CODING, -1,
			    "Transfer-Encoding is not chunked alone");
		q->chunked = true;
	} else if (named(name, "Content-Type")) {
		if (q->content_type.ptr != NULL)
			return why_set(why, REASON_HTTP_MALFORMED, -1,
			    "Content-Type occurs twice");
		q->content_type = value;
	} else if (named(name, "Accept")) {
		q->accept_twice |= q->accept.ptr != NULL;
		q->accept = value;
	} else if (named(name, "Connection")) {
		if (named(value, "close"))
			q->keep_alive = false;
	} else if (named(name, "Expect")) {
		if (!named(value, "100-continue"))
			return why_set(why, REASON_HTTP_EXPECT, -1, "%s", "");
		q->expect_continue = q->version_1_1;
	}
	return REASON_OK;
}

static enum reason
field_line(
    struct span line, struct http_request *q, unsigned *hosts, struct why *why)
{
	const uint8_t *colon = memchr(line.ptr, ':', line.len);
	struct span name, value;
	size_t i;

	name =
	    span_of(line.ptr, colon == NULL ? 0 : (size_t)(colon - line.ptr));
	if (!token(name)) /* also a folded line, or space before the colon */
		return why_set(why, REASON_HTTP_MALFORMED, -1,
		    "a header field is malformed");
	value =
	    trim(span_of(colon + 1, (size_t)(line.ptr + line.len - colon - 1)));
	for (i = 0; i < value.len; i++)
		if (value.ptr[i] < 0x20 && value.ptr[i] != '\t')
			return why_set(why, REASON_HTTP_MALFORMED, -1,
			    "a header field has a control character");
	return field_take(name, value, q, hosts, why);
}

static enum reason
header_parse(struct span head, struct http_request *q, struct why *why)
{
	struct span line;
	unsigned hosts = 0;
	enum reason r;

	memset(q, 0, sizeof(*q));
	if (!line_next(&head, &line))
		return why_set(why, REASON_HTTP_MALFORMED, 0,
		    "the request line is malformed");
	if ((r = request_line(line, q, why)) != REASON_OK)
		return r;
	while (head.len > 0) {
		if (!line_next(&head, &line))
			return why_set(why, REASON_HTTP_MALFORMED, -1,
			    "a line does not end with CR LF");
		if (line.len == 0)
			break;
		if ((r = field_line(line, q, &hosts, why)) != REASON_OK)
			return r;
	}
	if (hosts > 1 || (hosts == 0 && q->version_1_1))
		return why_set(
		    why, REASON_HTTP_HOST, -1, "%u Host fields", hosts);
	/* Both is how requests are smuggled (RFC 9112 6.3). */
	if (q->chunked && (q->has_length || !q->version_1_1))
		return why_set(why, REASON_HTTP_LENGTH, -1,
		    "Content-Length and chunked together");
	if (q->length > BODY_MAX)
		return why_set(why, REASON_BODY_TOO_LARGE, -1,
		    "Content-Length says more than %d octets", BODY_MAX);
	return REASON_OK;
}

enum http_progress
http_header_read(struct span bytes, struct http_request *out,
    size_t *header_len, enum reason *reason, struct why *why)
{
	const uint8_t *end, *line;

	end =
	    bytes.len < 4 ? NULL : memmem(bytes.ptr, bytes.len, "\r\n\r\n", 4);
	*header_len = end == NULL ? 0 : (size_t)(end - bytes.ptr) + 4;
	if (end == NULL || *header_len > HTTP_HEADER_MAX) {
		line = memchr(bytes.ptr, '\n', bytes.len);
		if (line == NULL && bytes.len > HTTP_TARGET_MAX + 32) {
			*reason = REASON_URI_TOO_LONG;
			return HTTP_BAD;
		}
		if (bytes.len >= HTTP_HEADER_MAX) {
			*reason = REASON_HEADER_TOO_LARGE;
			return HTTP_BAD;
		}
		return HTTP_MORE;
	}
	*reason = header_parse(span_of(bytes.ptr, *header_len), out, why);
	return *reason == REASON_OK ? HTTP_DONE : HTTP_BAD;
}

/* chunk-size [ext] CR LF; -1 malformed, 0 more to come, else octets taken. */
static long
chunk_size(const uint8_t *p, size_t len, size_t *size)
{
	size_t i = 0, digits = 0;

	*size = 0;
	for (; i < len && digits < 8; i++, digits++) {
		uint8_t c = p[i] | 0x20;
		unsigned d = p[i] >= '0' && p[i] <= '9' ? p[i] - '0'
		    : c >= 'a' && c <= 'f'		? c - 'a' + 10
							: 16;

		if (d == 16)
			break;
		*size = *size << 4 | d;
	}
	if (i == len)
		return digits == 8 ? -1 : 0;
	if (digits == 0 || (p[i] != '\r' && p[i] != ';'))
		return -1;
	for (; i < len && i < 256; i++) {
		if (p[i] == '\r')
			return i + 1 == len    ? 0
			    : p[i + 1] == '\n' ? (long)i + 2
					       : -1;
		if (p[i] == '\n' || p[i] == '\0')
			return -1;
	}
	return i == 256 ? -1 : 0;
}

static enum http_progress
chunked_read(uint8_t *bytes, size_t len, struct span *body, size_t *taken,
    enum reason *reason, struct why *why)
{
	size_t at = 0, size, joined = 0;
	long n;

	*reason = REASON_HTTP_LENGTH;
	why_set(why, REASON_HTTP_LENGTH, -1, "a chunk is malformed");
	/* First only measured: until all is there, nothing is moved. */
	for (;;) {
		if ((n = chunk_size(bytes + at, len - at, &size)) < 0)
			return HTTP_BAD;
		if (n == 0)
			return HTTP_MORE;
		at += (size_t)n;
		joined += size;
		if (joined > BODY_MAX || at > 4 * BODY_MAX) {
			*reason = REASON_BODY_TOO_LARGE;
			why_clear(why);
			return HTTP_BAD;
		}
		if (size == 0)
			break;
		if (len - at < size + 2)
			return HTTP_MORE;
		if (bytes[at + size] != '\r' || bytes[at + size + 1] != '\n')
			return HTTP_BAD;
		at += size + 2;
	}
	/* No trailers: nothing here understands any. */
	if (len - at < 2)
		return HTTP_MORE;
	if (bytes[at] != '\r' || bytes[at + 1] != '\n')
		return HTTP_BAD;
	*taken = at + 2;
	for (at = 0, joined = 0;; at += size + 2) {
		at += (size_t)chunk_size(bytes + at, len - at, &size);
		if (size == 0)
			break;
		memmove(bytes + joined, bytes + at, size);
		joined += size;
	}
	*body = span_of(bytes, joined);
	*reason = REASON_OK;
	return HTTP_DONE;
}

enum http_progress
http_body_read(const struct http_request *q, uint8_t *bytes, size_t len,
    struct span *body, size_t *taken, enum reason *reason, struct why *why)
{
	if (q->chunked)
		return chunked_read(bytes, len, body, taken, reason, why);
	if (len < q->length)
		return HTTP_MORE;
	*body = span_of(bytes, q->length);
	*taken = q->length;
	return HTTP_DONE;
}
