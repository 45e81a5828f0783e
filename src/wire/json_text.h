/* Inside the JSON reader: characters of a text. Not for other folders. */
#ifndef WIRE_JSON_TEXT_H
#define WIRE_JSON_TEXT_H

#include "wire/json.h"

/* One character of a string at p, escapes resolved: *code gets it, the result
 * is the number of octets taken, 0 on a fault. A pair of surrogate escapes is
 * one character; a lone one is given as it is. p < end. */
size_t json_character(const uint8_t *p, const uint8_t *end, uint32_t *code);

/* The value whose characters these are, its type by the first. begin < end. */
struct json_value json_value_at(const uint8_t *begin, const uint8_t *end);

/* Do eight octets stand for themselves? Each term has the highest bit of an octet
 * set, or of one behind it, where that is above 0x7f, below 0x20, a quote or a
 * backslash. */
static inline bool
json_eight_plain(const uint8_t *p)
{
	const uint64_t ones = 0x0101010101010101u, tops = ones << 7;
	uint64_t w, quote, slash;

	memcpy(&w, p, sizeof(w));
	quote = w ^ ones * '"';
	slash = w ^ ones * '\\';
	return ((w | (w - ones * 0x20) | (quote - ones) | (slash - ones)) &
		   tops) == 0;
}

/* Octets at p that stand for themselves, one ASCII character each: nearly all of
 * a base64 string. */
static inline size_t
json_plain(const uint8_t *p, const uint8_t *end)
{
	const uint8_t *at = p;

	while (end - at >= 8 && json_eight_plain(at))
		at += 8;
	while (
	    at < end && *at >= 0x20 && *at < 0x80 && *at != '"' && *at != '\\')
		at++;
	return (size_t)(at - p);
}

/* Moves *p over white space (RFC 8259 2). */
static inline void
json_skip_space(const uint8_t **p, const uint8_t *end)
{
	while (*p < end &&
	    (**p == ' ' || **p == '\t' || **p == '\n' || **p == '\r'))
		(*p)++;
}

#endif
