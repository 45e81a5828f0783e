/*
 * Base64 and base64url (RFC 4648 4 and 5).
 */
#ifndef WIRE_BASE64_H
#define WIRE_BASE64_H

#include "wire/span.h"

/* Octets of the text of n octets, its terminator included. */
#define BASE64_SIZE(n) (((n) + 2) / 3 * 4 + 1)

enum base64_kind {
	BASE64_STANDARD, /* RFC 4648 4, padding demanded */
	BASE64_URL,	 /* RFC 4648 5, padding refused */
	BASE64_TOLERANT, /* either alphabet, padding or not (MP 7.1) */
};

/* Terminated text; out holds at least BASE64_SIZE(len). */
void base64_encode(char *out, struct span bytes);
void base64url_encode(char *out, struct span bytes);
/* Decodes all of text; false on any foreign character, wrong padding, nonzero
 * spare bits or more than cap bytes. out may be where text is: it never gets ahead of it. */
bool base64_decode(uint8_t *out, size_t cap, size_t *len, struct span text,
    enum base64_kind kind);

#endif
