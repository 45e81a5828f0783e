/* JSON writer, see json.h. */
#include "wire/base64.h"
#include "wire/json.h"
#include "wire/utf8.h"

void
json_out_open(struct json_out *o, char *buf, size_t cap)
{
	memset(o, 0, sizeof(*o));
	o->buf = buf;
	o->cap = cap;
}

static void
put(struct json_out *o, const void *bytes, size_t len)
{
	if (o->full || o->cap - o->len < len) {
		o->full = true;
		return;
	}
	if (len > 0)
		memcpy(o->buf + o->len, bytes, len);
	o->len += len;
}

static void
put_char(struct json_out *o, char c)
{
	put(o, &c, 1);
}

/* The comma in front of the second and later elements of a container. */
static void
element(struct json_out *o)
{
	if (o->named) {
		o->named = false;
		return;
	}
	if (o->has & 1u << o->depth)
		put_char(o, ',');
	o->has |= 1u << o->depth;
}

static void
begin(struct json_out *o, char bracket)
{
	element(o);
	put_char(o, bracket);
	if (o->depth == 31) {
		o->full = true;
		return;
	}
	o->depth++;
	o->has &= ~(1u << o->depth);
}

static void
end(struct json_out *o, char bracket)
{
	if (o->depth > 0)
		o->depth--;
	put_char(o, bracket);
}

void
json_begin_object(struct json_out *o)
{
	begin(o, '{');
}

void
json_end_object(struct json_out *o)
{
	end(o, '}');
}

void
json_begin_array(struct json_out *o)
{
	begin(o, '[');
}

void
json_end_array(struct json_out *o)
{
	end(o, ']');
}

/* Quotes, backslashes and control characters are escaped, nothing else. Those of
 * C1, U+0080 to U+009F, may stand in JSON, but a terminal may obey them. */
static void
put_quoted(struct json_out *o, struct span text)
{
	static const char hex[] = "0123456789abcdef";
	const uint8_t *p;
	size_t i, n;

	put_char(o, '"');
	for (i = 0; i < text.len; i += n) {
		p = text.ptr + i;
		n = utf8_character(p, text.ptr + text.len);
		if (n == 0) {
			put(o, "\xef\xbf\xbd", 3); /* U+FFFD */
			n = 1;
		} else if (*p == '"' || *p == '\\') {
			put_char(o, '\\');
			put(o, p, 1);
		} else if (*p < 0x20 || (*p == 0xc2 && p[1] < 0xa0)) {
			put(o, "\\u00", 4);
			put_char(o, hex[p[n - 1] >> 4]);
			put_char(o, hex[p[n - 1] & 15]);
		} else {
			put(o, p, n);
		}
	}
	put_char(o, '"');
}

void
json_put_name(struct json_out *o, const char *name)
{
	element(o);
	put_quoted(o, span_str(name));
	put_char(o, ':');
	o->named = true;
}

void
json_put_string(struct json_out *o, struct span text)
{
	element(o);
	put_quoted(o, text);
}

void
json_put_text(struct json_out *o, const char *text)
{
	json_put_string(o, span_str(text));
}

static void
put_decimal(struct json_out *o, uint64_t value)
{
	char digits[20];
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + value % 10);
		value /= 10;
	} while (value > 0);
	put(o, digits + at, sizeof(digits) - at);
}

void
json_put_uint(struct json_out *o, uint64_t value)
{
	element(o);
	put_decimal(o, value);
}

void
json_put_int(struct json_out *o, int64_t value)
{
	element(o);
	if (value < 0)
		put_char(o, '-');
	put_decimal(o, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}

void
json_put_bool(struct json_out *o, bool value)
{
	element(o);
	if (value)
		put(o, "true", 4);
	else
		put(o, "false", 5);
}

void
json_put_null(struct json_out *o)
{
	element(o);
	put(o, "null", 4);
}

#define PIECE 48 /* octets at a time: whole groups of three */

void
json_put_base64(struct json_out *o, struct span bytes)
{
	char text[BASE64_SIZE(PIECE)];
	size_t i, left;

	element(o);
	put_char(o, '"');
	for (i = 0; i < bytes.len; i += PIECE) {
		left = bytes.len - i;
		base64_encode(
		    text, span_of(bytes.ptr + i, left < PIECE ? left : PIECE));
		put(o, text, strlen(text));
	}
	put_char(o, '"');
}

void
json_put_hex(struct json_out *o, struct span bytes)
{
	static const char hex[] = "0123456789abcdef";
	size_t i;

	element(o);
	put_char(o, '"');
	for (i = 0; i < bytes.len; i++) {
		put_char(o, hex[bytes.ptr[i] >> 4]);
		put_char(o, hex[bytes.ptr[i] & 15]);
	}
	put_char(o, '"');
}

/* --- members --- */

#define ADD(kind, type)                                                        \
	void json_add_##kind(struct json_out *o, const char *name, type value) \
	{                                                                      \
		json_put_name(o, name);                                        \
		json_put_##kind(o, value);                                     \
	}
ADD(text, const char *)
ADD(uint, uint64_t)
ADD(int, int64_t)
ADD(bool, bool)
ADD(string, struct span)
ADD(base64, struct span)
ADD(hex, struct span)

void
json_add_optional(struct json_out *o, const char *name, const char *text)
{
	json_put_name(o, name);
	if (text == NULL || text[0] == '\0')
		json_put_null(o);
	else
		json_put_text(o, text);
}

enum wire_error
json_out_span(const struct json_out *o, struct span *written)
{
	if (o->full)
		return WIRE_FULL;
	*written = span_of(o->buf, o->len);
	return WIRE_OK;
}
