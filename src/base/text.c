/* Hex and small text helpers, see text.h. */
#include "base/text.h"

#include <stdio.h>

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

bool
text_path(struct span path)
{
	size_t i, segment = 0, dots = 0;

	for (i = 1; i < path.len; i++) {
		uint8_t c = path.ptr[i];

		if (c == '/') {
			if (segment == dots)
				return false;
			segment = dots = 0;
			continue;
		}
		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			(c >= '0' && c <= '9') ||
			(c != '\0' && strchr("-._~", c) != NULL)))
			return false;
		dots += c == '.';
		segment++;
	}
	return path.len > 1 && path.ptr[0] == '/' && segment > dots;
}
