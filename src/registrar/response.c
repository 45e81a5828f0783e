/* HTTP/1.1 answers, see response.h. */
#include "registrar/response.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "base/text.h"

/* --- URLs --- */

static bool
host_character(char c)
{
	return isalnum((unsigned char)c) || c == '-' || c == '.' || c == '_';
}

/* Host, or an address in brackets; *rest is behind it. */
static bool
host_take(const char *at, struct url *out, const char **rest)
{
	bool address = at[0] == '[';
	size_t n = 0;

	at += address ? 1 : 0;
	while (n + 1 < sizeof(out->host) &&
	    (address ? isxdigit((unsigned char)at[n]) || at[n] == ':' ||
			at[n] == '.'
		     : host_character(at[n])))
		n++;
	if (n == 0 || (address && at[n] != ']'))
		return false;
	memcpy(out->host, at, n);
	out->host[n] = '\0';
	*rest = at + n + (address ? 1 : 0);
	return true;
}

static bool
port_take(const char *at, struct url *out, const char **rest)
{
	size_t n = 0;
	uint64_t port;

	snprintf(out->port, sizeof(out->port), "443");
	*rest = at;
	if (at[0] != ':')
		return true;
	for (at++; isdigit((unsigned char)at[n]); n++)
		;
	if (!text_uint(span_of(at, n), 65535, &port) || port == 0)
		return false;
	memcpy(out->port, at, n);
	out->port[n] = '\0';
	*rest = at + n;
	return true;
}

bool
url_parse(const char *text, struct url *out)
{
	static const char scheme[] = "https://";
	const char *at, *c;
	size_t n;

	memset(out, 0, sizeof(*out));
	if (strncasecmp(text, scheme, strlen(scheme)) != 0 ||
	    !host_take(text + strlen(scheme), out, &at) ||
	    !port_take(at, out, &at) || (at[0] != '\0' && at[0] != '/'))
		return false;
	for (c = at; *c != '\0'; c++)
		if (*c <= ' ' || *c > '~' || *c == '?' || *c == '#')
			return false;
	n = strlen(at);
	while (n > 0 && at[n - 1] == '/')
		n--;
	if (n >= sizeof(out->path))
		return false;
	memcpy(out->path, at, n);
	snprintf(out->authority, sizeof(out->authority),
	    strchr(out->host, ':') != NULL ? "[%s]:%s" : "%s:%s", out->host,
	    out->port);
	return true;
}

/* --- answers --- */

struct head {
	uint64_t length;
	bool has_length, chunked;
};

/* The next line up to CR LF. RESPONSE_MORE if it is not all there. */
static enum response_state
line_take(struct span *rest, struct span *line)
{
	const uint8_t *end =
	    rest->len == 0 ? NULL : memchr(rest->ptr, '\n', rest->len);

	if (end == NULL)
		return rest->len > HEADER_MAX ? RESPONSE_BAD : RESPONSE_MORE;
	if (end == rest->ptr || end[-1] != '\r')
		return RESPONSE_BAD;
	*line = span_of(rest->ptr, (size_t)(end - 1 - rest->ptr));
	rest->len -= (size_t)(end + 1 - rest->ptr);
	rest->ptr = end + 1;
	return memchr(line->ptr, '\r', line->len) == NULL &&
		memchr(line->ptr, '\0', line->len) == NULL
	    ? RESPONSE_DONE
	    : RESPONSE_BAD;
}

/* HTTP/1.x SP 3DIGIT [SP reason] */
static bool
status_read(struct span line, struct response *out)
{
	uint64_t status;

	if (line.len < 12 || memcmp(line.ptr, "HTTP/1.", 7) != 0 ||
	    !isdigit(line.ptr[7]) || line.ptr[8] != ' ' ||
	    (line.len > 12 && line.ptr[12] != ' ') ||
	    !text_uint(span_of(line.ptr + 9, 3), 599, &status) || status < 100)
		return false;
	out->status = (unsigned)status;
	return true;
}

static bool
name_is(struct span name, const char *text)
{
	return name.len == strlen(text) &&
	    strncasecmp((const char *)name.ptr, text, name.len) == 0;
}

static void
media_type_read(struct span value, struct response *out)
{
	const uint8_t *end =
	    value.len == 0 ? NULL : memchr(value.ptr, ';', value.len);
	char *c;

	if (end != NULL)
		value.len = (size_t)(end - value.ptr);
	while (value.len > 0 && value.ptr[value.len - 1] == ' ')
		value.len--;
	if (!text_copy(out->media_type, sizeof(out->media_type), value))
		out->media_type[0] = '\0';
	for (c = out->media_type; *c != '\0'; c++)
		*c = (char)tolower((unsigned char)*c);
}

static bool
field_read(
    struct span name, struct span value, struct response *out, struct head *h)
{
	if (name_is(name, "content-length")) {
		if (h->has_length || !text_uint(value, ANSWER_MAX, &h->length))
			return false;
		h->has_length = true;
	} else if (name_is(name, "transfer-encoding")) {
		if (h->chunked || !name_is(value, "chunked"))
			return false;
		h->chunked = true;
	} else if (name_is(name, "content-type")) {
		media_type_read(value, out);
	} else if (name_is(name, "location")) {
		return text_printable(value) &&
		    text_copy(out->location, sizeof(out->location), value);
	} else if (name_is(name, "retry-after")) {
		/* A date instead of seconds is legal, and not used here. */
		if (!text_uint(value, 86400, &out->retry_after))
			out->retry_after = 0;
	}
	return true;
}

static bool
field_line_read(struct span line, struct response *out, struct head *h)
{
	const uint8_t *colon = memchr(line.ptr, ':', line.len);
	struct span name, value;
	size_t i;

	if (colon == NULL || colon == line.ptr)
		return false;
	name = span_of(line.ptr, (size_t)(colon - line.ptr));
	for (i = 0; i < name.len; i++)
		if (name.ptr[i] <= ' ' || name.ptr[i] > '~')
			return false; /* folding, "Name :" */
	value = span_of(colon + 1, line.len - name.len - 1);
	while (value.len > 0 && (value.ptr[0] == ' ' || value.ptr[0] == '\t')) {
		value.ptr++;
		value.len--;
	}
	while (value.len > 0 &&
	    (value.ptr[value.len - 1] == ' ' ||
		value.ptr[value.len - 1] == '\t'))
		value.len--;
	return field_read(name, value, out, h);
}

static enum response_state
head_read(struct span *rest, struct response *out, struct head *h)
{
	const uint8_t *start = rest->ptr;
	enum response_state s;
	struct span line;
	bool first = true;

	memset(h, 0, sizeof(*h));
	out->media_type[0] = out->location[0] = '\0';
	out->retry_after = 0;
	for (;;) {
		if ((s = line_take(rest, &line)) != RESPONSE_DONE)
			return s;
		if ((size_t)(rest->ptr - start) > HEADER_MAX)
			return RESPONSE_BAD;
		if (!first && line.len == 0)
			break;
		if (!(first ? status_read(line, out)
			    : field_line_read(line, out, h)))
			return RESPONSE_BAD;
		first = false;
	}
	return h->has_length && h->chunked ? RESPONSE_BAD : RESPONSE_DONE;
}

/* chunk-size [; extension], at most 6 digits. */
static bool
chunk_size(struct span line, size_t *out)
{
	size_t n = 0, size = 0;

	while (n < line.len && n < 7 && isxdigit(line.ptr[n])) {
		int c = tolower(line.ptr[n++]);

		size =
		    size * 16 + (size_t)(isdigit(c) ? c - '0' : c - 'a' + 10);
	}
	*out = size;
	return n > 0 && n < 7 &&
	    (n == line.len || line.ptr[n] == ';' || line.ptr[n] == ' ');
}

static enum response_state
chunks_read(struct span *rest, struct response *out)
{
	struct head ignored = { 0 };
	enum response_state s;
	struct span line;
	struct response nobody;
	size_t size;

	for (;;) {
		if ((s = line_take(rest, &line)) != RESPONSE_DONE)
			return s;
		if (!chunk_size(line, &size))
			return RESPONSE_BAD;
		if (size == 0)
			break;
		if (rest->len < size + 2)
			return size > ANSWER_MAX ? RESPONSE_BAD : RESPONSE_MORE;
		if (memcmp(rest->ptr + size, "\r\n", 2) != 0 ||
		    !buf_add(&out->body, span_of(rest->ptr, size)))
			return RESPONSE_BAD;
		rest->ptr += size + 2;
		rest->len -= size + 2;
	}
	/* Trailer fields are read and forgotten. */
	while ((s = line_take(rest, &line)) == RESPONSE_DONE && line.len > 0)
		if (!field_line_read(line, &nobody, &ignored))
			return RESPONSE_BAD;
	return s;
}

static enum response_state
body_read(struct span *rest, const struct head *h, struct response *out)
{
	if (h->chunked)
		return chunks_read(rest, out);
	if (out->status == 204 || out->status == 304)
		return RESPONSE_DONE;
	if (!h->has_length)
		return RESPONSE_BAD;
	if (rest->len < h->length)
		return RESPONSE_MORE;
	if (!buf_add(&out->body, span_of(rest->ptr, (size_t)h->length)))
		return RESPONSE_BAD;
	rest->ptr += h->length;
	rest->len -= (size_t)h->length;
	return RESPONSE_DONE;
}

enum response_state
response_read(struct span bytes, bool closed, struct response *out)
{
	struct span rest = bytes;
	enum response_state s;
	struct head h;

	memset(out, 0, sizeof(*out));
	buf_init(&out->body, ANSWER_MAX);
	do {
		s = head_read(&rest, out, &h);
	} while (s == RESPONSE_DONE && out->status < 200);
	if (s == RESPONSE_DONE)
		s = body_read(&rest, &h, out);
	if (s == RESPONSE_DONE && rest.len > 0)
		s = RESPONSE_BAD;
	if (s == RESPONSE_MORE && closed)
		s = RESPONSE_BAD;
	if (s != RESPONSE_DONE)
		buf_free(&out->body);
	return s;
}
