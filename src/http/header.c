/* A whole header block, see header_read() in request.h. */
#include "http/request.h"
#include "http/syntax.h"
#include "model/names.h"

/* What the fields said; judged together when all were seen. */
struct seen {
	unsigned hosts, lengths, codings, types;
	bool host_bad, length_bad, coding_bad, expect_bad;
	bool close, keep_alive, expect_continue;
	uint64_t length;
};

static enum reason
malformed(struct why *why, const char *what)
{
	return why_set(why, REASON_HTTP_MALFORMED, -1, "header: %s", what);
}

/* --- request line --- */

/* Up to a blank, which is taken, too; false if there is none. */
static bool
next_word(struct span *line, struct span *word)
{
	const uint8_t *blank =
	    line->len == 0 ? NULL : memchr(line->ptr, ' ', line->len);

	if (blank == NULL)
		return false;
	*word = span_of(line->ptr, (size_t)(blank - line->ptr));
	*line = span_of(blank + 1, line->len - word->len - 1);
	return word->len > 0;
}

static enum http_method
method_of(struct span word)
{
	if (span_is(word, "POST"))
		return HTTP_POST;
	if (span_is(word, "GET"))
		return HTTP_GET;
	return span_is(word, "HEAD") ? HTTP_HEAD : HTTP_OTHER;
}

/* The path of an origin-form or absolute-form target (RFC 9112 3.2); of other
 * forms the whole, which names nothing here. */
static struct span
path_of(struct span target)
{
	const uint8_t *query;
	size_t scheme = 0, host = 0;
	struct span rest;

	if (syntax_begins(target, "https://"))
		scheme = 8;
	else if (syntax_begins(target, "http://"))
		scheme = 7;
	if (scheme > 0) {
		rest = span_of(target.ptr + scheme, target.len - scheme);
		while (host < rest.len && rest.ptr[host] != '/' &&
		    rest.ptr[host] != '?')
			host++;
		if (host == 0)
			return target; /* RFC 9110 4.2.1: of no host */
		target = span_of(rest.ptr + host, rest.len - host);
		if (target.len == 0 || target.ptr[0] == '?')
			return span_str("/");
	}
	query = memchr(target.ptr, '?', target.len);
	if (query != NULL)
		target.len = (size_t)(query - target.ptr);
	return target;
}

static enum reason
read_version(struct span v, struct http_request *q, struct why *why)
{
	if (v.len != 8 || memcmp(v.ptr, "HTTP/", 5) != 0 || v.ptr[5] < '0' ||
	    v.ptr[5] > '9' || v.ptr[6] != '.' || v.ptr[7] < '0' ||
	    v.ptr[7] > '9')
		return malformed(why, "the request line has no HTTP version");
	if (v.ptr[5] != '1')
		return why_set(why, REASON_HTTP_VERSION, -1, "not HTTP/%c.%c",
		    v.ptr[5], v.ptr[7]);
	q->old = v.ptr[7] == '0';
	return REASON_OK;
}

static enum reason
read_request_line(struct span line, struct http_request *q, struct why *why)
{
	struct span method, target;

	if (!next_word(&line, &method) || !syntax_token(method))
		return malformed(why, "the request line has no method");
	if (!next_word(&line, &target) ||
	    memchr(target.ptr, '#', target.len) != NULL)
		return malformed(why, "the request line has no valid target");
	if (target.len > HTTP_TARGET_MAX)
		return why_set(why, REASON_URI_TOO_LONG, -1, "the limit is %d",
		    HTTP_TARGET_MAX);
	q->method = method_of(method);
	q->path = path_of(target);
	return read_version(line, q, why);
}

/* --- fields --- */

static bool
host_octet(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	    (c >= 'A' && c <= 'Z') ||
	    (c != '\0' && strchr("-._~%!$&'()*+,;=:[]", c) != NULL);
}

static void
take_host(struct seen *s, struct span value)
{
	size_t i;

	s->hosts++;
	s->host_bad |= value.len == 0 || value.len > 260;
	for (i = 0; i < value.len; i++)
		s->host_bad |= !host_octet(value.ptr[i]);
}

/* Digits only: no sign, no list of equal lengths (RFC 9112 6.3 would allow
 * one). A value beyond any limit stays one. */
static void
take_length(struct seen *s, struct span value)
{
	size_t i;

	s->lengths++;
	s->length = 0;
	s->length_bad |= value.len == 0;
	for (i = 0; i < value.len; i++) {
		uint8_t c = value.ptr[i];

		s->length_bad |= c < '0' || c > '9';
		if (s->length <= BODY_MAX)
			s->length = s->length * 10 + (uint64_t)(c - '0');
	}
}

static void
take_connection(struct seen *s, struct span value)
{
	struct span item;

	while (syntax_next_item(&value, &item)) {
		s->close |= syntax_same(item, "close");
		s->keep_alive |= syntax_same(item, "keep-alive");
	}
}

static enum reason
take_accept(struct http_request *q, struct span value, struct why *why)
{
	if (q->accept_len == HTTP_ACCEPT_MAX)
		return why_set(why, REASON_HEADER_TOO_LARGE, -1,
		    "more than %d Accept fields", HTTP_ACCEPT_MAX);
	q->accept[q->accept_len++] = value;
	return REASON_OK;
}

/* Content-Transfer-Encoding and whatever else there is: ignored (MP 1). */
static enum reason
take_field(struct http_request *q, struct seen *s, struct span name,
    struct span value, struct why *why)
{
	if (syntax_same(name, "Host")) {
		take_host(s, value);
	} else if (syntax_same(name, "Content-Length")) {
		take_length(s, value);
	} else if (syntax_same(name, "Transfer-Encoding")) {
		s->codings++;
		s->coding_bad |= !syntax_same(value, "chunked");
	} else if (syntax_same(name, "Connection")) {
		take_connection(s, value);
	} else if (syntax_same(name, "Expect")) {
		s->expect_continue |= syntax_same(value, "100-continue");
		s->expect_bad |= !syntax_same(value, "100-continue");
	} else if (syntax_same(name, "Content-Type")) {
		s->types++;
		q->has_type = true;
		q->type = value;
	} else if (syntax_same(name, "Accept")) {
		return take_accept(q, value, why);
	}
	return REASON_OK;
}

static enum reason
read_field(
    struct span line, struct http_request *q, struct seen *s, struct why *why)
{
	const uint8_t *colon = memchr(line.ptr, ':', line.len);
	struct span name, value;

	if (line.ptr[0] == ' ' || line.ptr[0] == '\t')
		return malformed(why, "a folded line");
	if (colon == NULL)
		return malformed(why, "a line without colon");
	name = span_of(line.ptr, (size_t)(colon - line.ptr));
	value = syntax_trim(span_of(colon + 1, line.len - name.len - 1));
	if (name.len > 0 && (colon[-1] == ' ' || colon[-1] == '\t'))
		return malformed(why, "a blank in front of a colon");
	if (!syntax_token(name))
		return malformed(why, "a field name is not a token");
	return take_field(q, s, name, value, why);
}

/* --- all together --- */

/* RFC 9112 6.3. A reader that forgives here and another one that forgives
 * otherwise see different requests. */
static enum reason
judge_length(struct http_request *q, const struct seen *s, struct why *why)
{
	if (s->lengths > 1)
		return why_set(why, REASON_HTTP_LENGTH, -1,
		    "%u Content-Length fields", s->lengths);
	if (s->lengths > 0 && s->codings > 0)
		return why_set(why, REASON_HTTP_LENGTH, -1,
		    "Content-Length and Transfer-Encoding");
	if (s->length_bad)
		return why_set(why, REASON_HTTP_LENGTH, -1,
		    "Content-Length is not a number");
	if (s->codings > 0 && q->old)
		return why_set(why, REASON_HTTP_LENGTH, -1,
		    "Transfer-Encoding in HTTP/1.0");
	if (s->coding_bad || s->codings > 1)
		return why_set(
		    why, REASON_HTTP_CODING, -1, "Transfer-Encoding");
	if (s->length > BODY_MAX)
		return why_set(
		    why, REASON_BODY_TOO_LARGE, -1, "Content-Length");
	if (q->method == HTTP_POST && s->lengths + s->codings == 0)
		return why_set(
		    why, REASON_HTTP_LENGTH_REQUIRED, -1, "neither is there");
	q->chunked = s->codings > 0;
	q->length = (size_t)s->length;
	return REASON_OK;
}

static enum reason
judge(struct http_request *q, const struct seen *s, struct why *why)
{
	if (s->hosts > 1 || (s->hosts == 0 && !q->old) || s->host_bad)
		return why_set(why, REASON_HTTP_HOST, -1,
		    s->hosts > 1	? "more than one"
			: s->hosts == 0 ? "none"
					: "not valid");
	if (s->types > 1)
		return malformed(why, "more than one Content-Type");
	/* RFC 9110 10.1.1: of an HTTP/1.0 client it means nothing. */
	if (s->expect_bad && !q->old)
		return why_set(why, REASON_HTTP_EXPECT, -1, "Expect");
	q->expect_continue = s->expect_continue && !q->old;
	q->keep_alive = !s->close && (!q->old || s->keep_alive);
	return judge_length(q, s, why);
}

static bool
next_line(struct span *block, struct span *line)
{
	const uint8_t *lf =
	    block->len == 0 ? NULL : memchr(block->ptr, '\n', block->len);

	if (lf == NULL || lf == block->ptr)
		return false;
	*line = span_of(block->ptr, (size_t)(lf - 1 - block->ptr));
	*block = span_of(lf + 1, block->len - line->len - 2);
	return line->len > 0;
}

enum reason
header_read(struct span block, struct http_request *q, struct why *why)
{
	struct seen s = { 0 };
	struct span line;
	enum reason r;

	memset(q, 0, sizeof(*q));
	if (!next_line(&block, &line))
		return malformed(why, "no request line");
	if ((r = read_request_line(line, q, why)) != REASON_OK)
		return r;
	while (next_line(&block, &line))
		if ((r = read_field(line, q, &s, why)) != REASON_OK)
			return r;
	return judge(q, &s, why);
}
