/*
 * CBOR (RFC 8949), reader and writer, without allocation.
 *
 * A strict reader accepts only the deterministic encoding of RFC 8949 4.2.1
 * (journal, frames): shortest lengths, definite, floats in their shortest
 * format; map keys ascending and distinct, which cbor_skip() checks and a caller
 * that walks a map checks with cbor_key_order(). A lenient one (COSE from the
 * field, MP 10.2) also accepts longer heads and indefinite arrays and maps.
 * Depth is limited to CBOR_MAX_DEPTH either way.
 */
#ifndef WIRE_CBOR_H
#define WIRE_CBOR_H

#include "wire/span.h"

#define CBOR_MAX_DEPTH 8 /* MP 17 */

enum cbor_major {
	CBOR_UINT = 0,
	CBOR_NINT = 1,
	CBOR_BYTES = 2,
	CBOR_TEXT = 3,
	CBOR_ARRAY = 4,
	CBOR_MAP = 5,
	CBOR_TAG = 6,
	CBOR_SIMPLE = 7,
};

/* Count of an indefinite array or map; ended by cbor_break(). */
#define CBOR_INDEFINITE UINT64_MAX

struct cbor {
	const uint8_t *pos;
	const uint8_t *end;
	bool strict;
};

/* --- reading --- each call takes the next item if it is what was asked for,
 * otherwise the cursor stays. */
void cbor_open(struct cbor *c, struct span bytes, bool strict);
/* The major type of the next item, or -1 at the end. */
int cbor_peek(const struct cbor *c);
enum wire_error cbor_end(const struct cbor *c);
enum wire_error cbor_uint(struct cbor *c, uint64_t *value);
enum wire_error cbor_int(struct cbor *c, int64_t *value);
/* Definite byte and text strings (text is checked to be UTF-8). */
enum wire_error cbor_bytes(struct cbor *c, struct span *value);
enum wire_error cbor_text(struct cbor *c, struct span *value);
/* Byte string of exactly len bytes, copied out. */
enum wire_error cbor_bytes_exact(struct cbor *c, uint8_t *out, size_t len);
/* The number of elements, or pairs. A definite count is checked to be possible
 * in the bytes that are left. */
enum wire_error cbor_array(struct cbor *c, uint64_t *count);
enum wire_error cbor_map(struct cbor *c, uint64_t *count);
/* True (and taken) if the next octet is the break of an indefinite item. */
bool cbor_break(struct cbor *c);
/* Walks an array or map by the count that was read: is there one more? Counts
 * down, or takes the break. */
bool cbor_more(struct cbor *c, uint64_t *count);
enum wire_error cbor_tag(struct cbor *c, uint64_t *tag);
enum wire_error cbor_bool(struct cbor *c, bool *value);
/* True (and taken) if the next item is null. */
bool cbor_null(struct cbor *c);
/* Any one item with everything in it (checked); whole may be NULL. Indefinite
 * strings are skipped by a lenient reader. In a strict reader map keys must
 * ascend. */
enum wire_error cbor_skip(struct cbor *c, struct span *whole);
/* Order of two encoded map keys (RFC 8949 4.2.1: bytewise): negative if before
 * comes first, 0 if they are the same. */
int cbor_key_order(struct span before, struct span after);

/* --- writing --- always deterministic heads; the caller orders map keys. */
struct cbor_out {
	uint8_t *buf;
	size_t len;
	size_t cap;
	bool full;
};

void cbor_out_open(struct cbor_out *o, uint8_t *buf, size_t cap);
void cbor_put_uint(struct cbor_out *o, uint64_t value);
void cbor_put_int(struct cbor_out *o, int64_t value);
void cbor_put_bytes(struct cbor_out *o, struct span value);
void cbor_put_text(struct cbor_out *o, struct span value);
void cbor_put_string(struct cbor_out *o, const char *text);
void cbor_put_array(struct cbor_out *o, uint64_t count);
void cbor_put_map(struct cbor_out *o, uint64_t count);
void cbor_put_tag(struct cbor_out *o, uint64_t tag);
void cbor_put_bool(struct cbor_out *o, bool value);
void cbor_put_null(struct cbor_out *o);
/* An item that is already CBOR. */
void cbor_put_raw(struct cbor_out *o, struct span item);
enum wire_error cbor_out_span(const struct cbor_out *o, struct span *written);

#endif
