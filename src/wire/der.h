/*
 * Strict DER (X.690), reader and writer, without allocation.
 *
 * A reader is a cursor over borrowed bytes. Every function takes the next
 * element only if it is exactly what was asked for, and leaves the cursor where
 * it was otherwise. Lengths are definite and minimal, tags one octet (numbers
 * below 31). With `ber` set a reader tolerates definite lengths that are not
 * minimal (MP 8: CMS containers from the field), nothing else.
 */
#ifndef WIRE_DER_H
#define WIRE_DER_H

#include "wire/span.h"

enum der_tag {
	DER_BOOLEAN = 0x01,
	DER_INTEGER = 0x02,
	DER_BIT_STRING = 0x03,
	DER_OCTET_STRING = 0x04,
	DER_NULL = 0x05,
	DER_OID = 0x06,
	DER_UTF8_STRING = 0x0c,
	DER_PRINTABLE_STRING = 0x13,
	DER_TELETEX_STRING = 0x14,
	DER_IA5_STRING = 0x16,
	DER_UTC_TIME = 0x17,
	DER_GENERALIZED_TIME = 0x18,
	DER_BMP_STRING = 0x1e,
	DER_SEQUENCE = 0x30,
	DER_SET = 0x31,
};
/* Context tags: primitive [n] and constructed [n]. */
#define DER_CONTEXT(n)	    (uint8_t)(0x80 | (n))
#define DER_CONTEXT_CONS(n) (uint8_t)(0xa0 | (n))

struct der {
	const uint8_t *pos;
	const uint8_t *end;
	bool ber;
};

/* 99991231235959Z as seconds since 1970 (RFC 5280 4.1.2.5: no expiry). */
#define DER_TIME_FOREVER INT64_C(253402300799)

/* --- reading --- */
void der_open(struct der *d, struct span bytes);
/* The next tag octet, or -1 at the end. */
int der_peek(const struct der *d);
/* WIRE_TRAILING unless every byte was taken. */
enum wire_error der_end(const struct der *d);
/* Content octets of the next element, which must have this tag. */
enum wire_error der_take(struct der *d, uint8_t tag, struct span *content);
/* The same, with a cursor over the content (inherits `ber`). */
enum wire_error der_enter(struct der *d, uint8_t tag, struct der *inner);
/* The next element whole, header included; content may be NULL. */
enum wire_error der_whole(
    struct der *d, uint8_t tag, struct span *whole, struct span *content);
/* Any next element; tag, content and whole may be NULL. */
enum wire_error der_any(
    struct der *d, uint8_t *tag, struct span *content, struct span *whole);
/* BOOLEAN, 00 or FF only. */
enum wire_error der_bool(struct der *d, bool *value);
/* INTEGER content octets, minimal two's complement, sign not judged. */
enum wire_error der_integer(struct der *d, struct span *content);
/* A non-negative INTEGER below 2^64. */
enum wire_error der_uint(struct der *d, uint64_t *value);
/* OBJECT IDENTIFIER content octets, arcs minimal. */
enum wire_error der_oid(struct der *d, struct span *content);
/* BIT STRING; unused bits 0..7, which must be zero bits. */
enum wire_error der_bits(struct der *d, struct span *content, unsigned *unused);
/* The same under an IMPLICIT tag. */
enum wire_error der_bits_tagged(
    struct der *d, uint8_t tag, struct span *content, unsigned *unused);
enum wire_error der_octets(struct der *d, struct span *content);
enum wire_error der_null(struct der *d);
/* UTCTime (1950-2049) or GeneralizedTime (any year on reading), seconds
 * present, Z, no fraction (RFC 5280 4.1.2.5). tag may be NULL. */
enum wire_error der_time(struct der *d, int64_t *unix_seconds, uint8_t *tag);
/* One of the character string types; its alphabet is checked. tag may be
 * NULL. UTF8, Printable, Teletex, IA5 only. */
enum wire_error der_string(struct der *d, uint8_t *tag, struct span *text);

/* --- writing --- into a caller's array, in reading order. A writer that ran
 * out of room stays full and every later call does nothing; test once. */
struct der_out {
	uint8_t *buf;
	size_t len;
	size_t cap;
	bool full;
};

void der_out_open(struct der_out *o, uint8_t *buf, size_t cap);
/* Open a constructed (or any nested) element; returns a mark for der_close. */
size_t der_begin(struct der_out *o, uint8_t tag);
/* Close it: writes the minimal length, moving the content if needed. */
void der_close(struct der_out *o, size_t mark);
/* Bytes that are already DER (or inside an open element, raw content). */
void der_put_raw(struct der_out *o, struct span bytes);
void der_put(struct der_out *o, uint8_t tag, struct span content);
void der_put_bool(struct der_out *o, bool value);
void der_put_uint(struct der_out *o, uint64_t value);
/* Unsigned big-endian magnitude: leading zeros dropped, sign octet added. */
void der_put_unsigned(struct der_out *o, struct span magnitude);
void der_put_oid(struct der_out *o, struct span content);
void der_put_bits(struct der_out *o, struct span content, unsigned unused);
/* UTCTime for 1950 to 2049, GeneralizedTime otherwise (RFC 5280 4.1.2.5). A
 * year that four digits cannot hold makes the writer full. */
void der_put_time(struct der_out *o, int64_t unix_seconds);
/* WIRE_FULL or the bytes written. */
enum wire_error der_out_span(const struct der_out *o, struct span *written);

#endif
