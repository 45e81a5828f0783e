/*
 * Strict JSON (RFC 8259), reader and writer, without allocation.
 *
 * json_parse() checks the whole text once: grammar, UTF-8 without BOM, depth at
 * most JSON_MAX_DEPTH, at most JSON_MAX_MEMBERS in one object and
 * JSON_MAX_ELEMENTS in an array, no name twice in one object (compared after
 * unescaping), nothing behind the value.
 * After that the accessors cannot meet a malformed text.
 */
#ifndef WIRE_JSON_H
#define WIRE_JSON_H

#include "wire/span.h"

#ifndef JSON_MAX_DEPTH	  /* firmware has less stack for it */
#define JSON_MAX_DEPTH 16 /* MP 17 */
#endif
#ifndef JSON_MAX_MEMBERS
#define JSON_MAX_MEMBERS 256
#endif
#define JSON_MAX_ELEMENTS 4096

enum json_type {
	JSON_OBJECT,
	JSON_ARRAY,
	JSON_STRING,
	JSON_NUMBER,
	JSON_TRUE,
	JSON_FALSE,
	JSON_NULL,
};

/* A value inside a checked text: its type and its own characters
 * (a string with its quotes, an object with its braces). */
struct json_value {
	enum json_type type;
	struct span raw;
};

struct json_iter {
	const uint8_t *pos;
	const uint8_t *end;
};

/* Checks text; *where (may be NULL) is the offset of the first fault. */
enum wire_error json_parse(
    struct span text, struct json_value *root, size_t *where);
/* Members of an object / elements of an array, in order. _next is false at the
 * end. name is a JSON_STRING value (may be NULL). */
void json_iter_open(struct json_iter *i, const struct json_value *container);
bool json_iter_next(
    struct json_iter *i, struct json_value *name, struct json_value *value);
/* The member of an object with this name; false if absent or no object. */
bool json_member(const struct json_value *object, const char *name,
    struct json_value *value);
/* Unescapes a string as UTF-8 into out, with a terminator; *len excludes it.
 * WIRE_TAG if no string, WIRE_FULL if it does not fit, WIRE_VALUE if it holds
 * U+0000 or a lone surrogate. */
enum wire_error json_string(
    const struct json_value *v, char *out, size_t cap, size_t *len);
/* True if v is a string equal to text. */
bool json_string_is(const struct json_value *v, const char *text);
/* A number that is a non-negative integer below 2^63, written plainly. */
enum wire_error json_uint(const struct json_value *v, uint64_t *value);

/* --- writing --- compact, members in the caller's order. */
struct json_out {
	char *buf;
	size_t len;
	size_t cap;
	unsigned depth;
	uint32_t has; /* bit per depth: an element was written here */
	bool named;   /* a name was written, its value is due */
	bool full;
};

void json_out_open(struct json_out *o, char *buf, size_t cap);
void json_begin_object(struct json_out *o);
void json_end_object(struct json_out *o);
void json_begin_array(struct json_out *o);
void json_end_array(struct json_out *o);
void json_put_name(struct json_out *o, const char *name);
/* UTF-8 text; invalid UTF-8 is written as U+FFFD. Escapes only what must be. */
void json_put_string(struct json_out *o, struct span text);
void json_put_text(struct json_out *o, const char *text);
void json_put_uint(struct json_out *o, uint64_t value);
void json_put_int(struct json_out *o, int64_t value);
void json_put_bool(struct json_out *o, bool value);
void json_put_null(struct json_out *o);
/* The bytes as a string in base64 with padding (RFC 7951 6.6). */
void json_put_base64(struct json_out *o, struct span bytes);
/* The bytes as a string of lower-case hex. */
void json_put_hex(struct json_out *o, struct span bytes);
/* A member of an object: its name, and its value as json_put_*() writes it. */
void json_add_text(struct json_out *o, const char *name, const char *text);
void json_add_uint(struct json_out *o, const char *name, uint64_t value);
void json_add_int(struct json_out *o, const char *name, int64_t value);
void json_add_bool(struct json_out *o, const char *name, bool value);
void json_add_string(struct json_out *o, const char *name, struct span text);
void json_add_base64(struct json_out *o, const char *name, struct span bytes);
void json_add_hex(struct json_out *o, const char *name, struct span bytes);
/* The text, or null where it is NULL or empty. */
void json_add_optional(struct json_out *o, const char *name, const char *text);
enum wire_error json_out_span(const struct json_out *o, struct span *written);

#endif
