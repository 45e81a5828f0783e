/* Base64, hex and small text helpers, see text.h. */
#include "base/text.h"

#include <stdio.h>

static const char standard[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char url[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static void
encode(char *out, struct span b, const char *alphabet, bool padding)
{
	uint32_t v;
	size_t i, left;

	for (i = 0; i < b.len; i += 3) {
		left = b.len - i;
		v = (uint32_t)b.ptr[i] << 16;
		if (left > 1)
			v |= (uint32_t)b.ptr[i + 1] << 8;
		if (left > 2)
			v |= b.ptr[i + 2];
		*out++ = alphabet[v >> 18];
		*out++ = alphabet[v >> 12 & 63];
		if (left > 1)
			*out++ = alphabet[v >> 6 & 63];
		else if (padding)
			*out++ = '=';
		if (left > 2)
			*out++ = alphabet[v & 63];
		else if (padding)
			*out++ = '=';
	}
	*out = '\0';
}

void
base64_encode(char *out, struct span bytes)
{
	encode(out, bytes, standard, true);
}

void
base64url_encode(char *out, struct span bytes)
{
	encode(out, bytes, url, false);
}

/* Values of all octets by kind, -1 for foreign ones. By table, because the text
 * looks random to a processor that guesses branches. */
static int8_t values[3][256];

static void
values_fill(void)
{
	unsigned i;

	memset(values, -1, sizeof(values));
	for (i = 0; i < 64; i++) {
		values[BASE64_STANDARD][(uint8_t)standard[i]] = (int8_t)i;
		values[BASE64_URL][(uint8_t)url[i]] = (int8_t)i;
		values[BASE64_TOLERANT][(uint8_t)standard[i]] = (int8_t)i;
		values[BASE64_TOLERANT][(uint8_t)url[i]] = (int8_t)i;
	}
}

/* Cuts the padding off; false if it is not as this kind wants it. */
static bool
trim(struct span *text, enum base64_kind kind)
{
	size_t pads = 0;

	while (pads < 2 && text->len > pads &&
	    text->ptr[text->len - 1 - pads] == '=')
		pads++;
	if (kind == BASE64_URL && pads > 0)
		return false;
	if ((kind == BASE64_STANDARD || pads > 0) && text->len % 4 != 0)
		return false;
	text->len -= pads;
	return text->len % 4 != 1;
}

static inline bool
decode_four(const int8_t *value, const uint8_t *in, uint8_t *out)
{
	int a = value[in[0]], b = value[in[1]], c = value[in[2]],
	    d = value[in[3]];

	if ((a | b | c | d) < 0)
		return false;
	out[0] = (uint8_t)(a << 2 | b >> 4);
	out[1] = (uint8_t)(b << 4 | c >> 2);
	out[2] = (uint8_t)(c << 6 | d);
	return true;
}

bool
base64_decode(uint8_t *out, size_t cap, size_t *len, struct span text,
    enum base64_kind kind)
{
	const int8_t *value = values[kind];
	uint32_t v = 0;
	unsigned bits = 0;
	size_t i, n = 0;
	int d;

	if (value['B'] == 0) /* before the first use */
		values_fill();
	if (!trim(&text, kind))
		return false;
	/* Nearly all of it, in whole groups. */
	for (i = 0; text.len - i >= 4 && cap - n >= 3; i += 4, n += 3)
		if (!decode_four(value, text.ptr + i, out + n))
			return false;
	for (; i < text.len; i++) {
		if ((d = value[text.ptr[i]]) < 0)
			return false;
		v = (v << 6 | (uint32_t)d) & 0xffffff;
		bits += 6;
		if (bits < 8)
			continue;
		bits -= 8;
		if (n == cap)
			return false;
		out[n++] = (uint8_t)(v >> bits);
	}
	if ((v & ((1u << bits) - 1)) != 0)
		return false; /* spare bits: another text for the same bytes */
	*len = n;
	return true;
}

void
hex_encode(char *out, struct span bytes)
{
	static const char digits[] = "0123456789abcdef";
	size_t i;

	for (i = 0; i < bytes.len; i++) {
		*out++ = digits[bytes.ptr[i] >> 4];
		*out++ = digits[bytes.ptr[i] & 15];
	}
	*out = '\0';
}

int
text_hex_digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool
hex_decode(uint8_t *out, size_t cap, size_t *len, struct span text)
{
	size_t i;
	int high, low;

	if (text.len % 2 != 0 || text.len / 2 > cap)
		return false;
	for (i = 0; i < text.len; i += 2) {
		high = text_hex_digit(text.ptr[i]);
		low = text_hex_digit(text.ptr[i + 1]);
		if (high < 0 || low < 0)
			return false;
		out[i / 2] = (uint8_t)(high << 4 | low);
	}
	*len = text.len / 2;
	return true;
}

bool
text_printable(struct span s)
{
	size_t i;

	for (i = 0; i < s.len; i++)
		if (s.ptr[i] < 0x20 || s.ptr[i] > 0x7e)
			return false;
	return true;
}

bool
text_copy(char *out, size_t cap, struct span s)
{
	size_t n = s.len < cap ? s.len : cap - 1;

	if (n > 0)
		memcpy(out, s.ptr, n);
	out[n] = '\0';
	return n == s.len;
}

bool
text_uint(struct span s, uint64_t max, uint64_t *value)
{
	uint64_t n = 0;
	size_t i;

	if (s.len == 0 || (s.len > 1 && s.ptr[0] == '0'))
		return false;
	for (i = 0; i < s.len; i++) {
		uint64_t d = (uint64_t)(s.ptr[i] - '0');

		if (s.ptr[i] < '0' || s.ptr[i] > '9' ||
		    n > (UINT64_MAX - d) / 10)
			return false;
		n = n * 10 + d;
	}
	if (n > max)
		return false;
	*value = n;
	return true;
}

/* Base 128, each octet with the highest bit set but for the last. */
static bool
arc_add(uint8_t *out, size_t cap, size_t *len, uint64_t arc)
{
	unsigned shift = 63;

	while (shift > 0 && arc >> shift == 0)
		shift -= 7;
	for (;; shift -= 7) {
		if (*len == cap)
			return false;
		out[(*len)++] =
		    (uint8_t)((arc >> shift & 0x7f) | (shift > 0 ? 0x80 : 0));
		if (shift == 0)
			return true;
	}
}

bool
text_oid(struct span text, uint8_t *out, size_t cap, size_t *len)
{
	uint64_t arc, first = 0;
	unsigned n;

	*len = 0;
	for (n = 0;; n++) {
		const uint8_t *dot =
		    text.len == 0 ? NULL : memchr(text.ptr, '.', text.len);
		size_t own = dot == NULL ? text.len : (size_t)(dot - text.ptr);

		if (!text_uint(span_of(text.ptr, own), UINT32_MAX, &arc) ||
		    (n == 0 && arc > 2) || (n == 1 && first < 2 && arc > 39))
			return false;
		if (n == 0)
			first = arc;
		else if (!arc_add(
			     out, cap, len, n == 1 ? first * 40 + arc : arc))
			return false;
		if (dot == NULL)
			return n >= 1;
		text = span_of(dot + 1, text.len - own - 1);
	}
}
