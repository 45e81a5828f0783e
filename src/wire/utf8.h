/* UTF-8 (RFC 3629), used by all readers of this folder. */
#ifndef WIRE_UTF8_H
#define WIRE_UTF8_H

#include "wire/span.h"

/* Octets of the character at p (1 to 4), 0 if it is not valid: overlong forms,
 * surrogates and values over U+10FFFF are not. p < end. */
static inline size_t
utf8_character(const uint8_t *p, const uint8_t *end)
{
	size_t left = (size_t)(end - p);

	if (p[0] < 0x80)
		return 1;
	if (p[0] < 0xc2 || p[0] > 0xf4)
		return 0;
	if (left < 2 || (p[1] & 0xc0) != 0x80)
		return 0;
	if (p[0] < 0xe0)
		return 2;
	if (left < 3 || (p[2] & 0xc0) != 0x80 ||
	    (p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f))
		return 0;
	if (p[0] < 0xf0)
		return 3;
	if (left < 4 || (p[3] & 0xc0) != 0x80 ||
	    (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f))
		return 0;
	return 4;
}

static inline bool
utf8_valid(struct span s)
{
	size_t n, at;

	for (at = 0; at < s.len; at += n)
		if ((n = utf8_character(s.ptr + at, s.ptr + s.len)) == 0)
			return false;
	return true;
}

/* The code point of a character of n octets, as utf8_character() found it. */
static inline uint32_t
utf8_code(const uint8_t *p, size_t n)
{
	uint32_t code = n == 1 ? p[0] : p[0] & (0xffu >> (n + 1));
	size_t i;

	for (i = 1; i < n; i++)
		code = code << 6 | (p[i] & 0x3f);
	return code;
}

/* The character as UTF-8; its octets, 1 to 4. code is at most U+10FFFF and no
 * surrogate. */
static inline size_t
utf8_put(uint8_t out[4], uint32_t code)
{
	size_t n = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
	size_t i;

	for (i = n - 1; i > 0; i--) {
		out[i] = (uint8_t)(0x80 | (code & 0x3f));
		code >>= 6;
	}
	out[0] = (uint8_t)(n == 1 ? code : (0xf00u >> n & 0xff) | code);
	return n;
}

#endif
