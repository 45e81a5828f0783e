/*
 * Borrowed bytes: a pointer and a length, owned by somebody else.
 *
 * This folder is freestanding, so that a verifier in firmware can have it: C99, no
 * allocation, of libc a few functions of <string.h> only, nothing of ours above it.
 */
#ifndef WIRE_SPAN_H
#define WIRE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct span {
	const uint8_t *ptr;
	size_t len;
};

/* What a reader or writer of this folder can say. Zero is fine. */
enum wire_error {
	WIRE_OK = 0,
	WIRE_TRUNCATED, /* the bytes end inside an element */
	WIRE_TAG,	/* another element than the one asked for */
	WIRE_LENGTH,	/* a length that is not minimal, or not allowed */
	WIRE_VALUE,	/* a value that breaks the rules of its type */
	WIRE_TRAILING,	/* bytes left over behind the last element */
	WIRE_DEPTH,	/* nested deeper than the limit (MP 17) */
	WIRE_DUPLICATE, /* one name or key twice */
	WIRE_LIMIT,	/* more elements or bytes than the limit */
	WIRE_FULL,	/* the caller's output has no room left */
};

/* A short English phrase for an error, static, never NULL. */
const char *wire_error_text(enum wire_error e);

/* A span over ptr[0..len-1]. */
static inline struct span
span_of(const void *ptr, size_t len)
{
	struct span s = { (const uint8_t *)ptr, len };

	return s;
}

/* A span over the characters of a C string, without its terminator. */
static inline struct span
span_str(const char *text)
{
	return span_of(text, strlen(text));
}

/* True if both hold the same bytes. Not constant time: public data only. */
static inline bool
span_eq(struct span a, struct span b)
{
	return a.len == b.len &&
	    (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

/* True if the span holds exactly the characters of text. */
static inline bool
span_is(struct span s, const char *text)
{
	return span_eq(s, span_str(text));
}

#endif
