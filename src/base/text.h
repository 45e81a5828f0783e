/*
 * Hex, and small things about text. Base64 is of wire/base64.h.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include "wire/base64.h"

#define HEX_SIZE(n) ((n)*2 + 1)

/* Lower case, terminated; out holds at least HEX_SIZE(len). */
void hex_encode(char *out, struct span bytes);
/* 0 to 15, or -1 if c is no hexadecimal digit. */
int text_hex_digit(uint8_t c);
bool hex_decode(uint8_t *out, size_t cap, size_t *len, struct span text);

/* Every byte printable ASCII (0x20..0x7e)? */
bool text_printable(struct span s);
/* strlcpy with a span: true if all of it fitted. Always terminated. */
bool text_copy(char *out, size_t cap, struct span s);
/* Unsigned decimal, no sign, no leading zeros (but "0"), at most max. */
bool text_uint(struct span s, uint64_t max, uint64_t *value);
/* 1.3.6.1.4.1.1.1 as the content of an OBJECT IDENTIFIER (X.690 8.19): two arcs or
 * more, each below 2^32. */
bool text_oid(struct span text, uint8_t *out, size_t cap, size_t *len);
/* A path of segments of unreserved characters (RFC 3986 2.3), none of them empty or of
 * dots alone: what a client may write in another way is no name for ever. */
bool text_path(struct span path);

#endif
