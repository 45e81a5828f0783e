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
	const uint8_t *p = s.ptr, *end = s.ptr + s.len;
	size_t n;

	while (s.len > 0 && p < end) {
		if ((n = utf8_character(p, end)) == 0)
			return false;
		p += n;
	}
	return true;
}

#endif
