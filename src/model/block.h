/*
 * Who can be blocked (MP 5 row 0b): the holder of a key, the holder of a
 * certificate, or everybody behind an address prefix.
 */
#ifndef MODEL_BLOCK_H
#define MODEL_BLOCK_H

#include "base/reason.h"
#include "model/names.h"

enum block_kind { BLOCK_KEY = 1, BLOCK_CERTIFICATE, BLOCK_PREFIX };

#define BLOCK_ADDRESS	 16  /* octets; IPv4 is mapped into IPv6 */
#define BLOCK_TEXT_MAX	 80  /* of a name, with its end */
#define BLOCK_REASON_MAX 128 /* why, without its end */

struct block_name {
	enum block_kind kind;
	unsigned bits;		  /* of a prefix, counted in IPv6; else 0 */
	uint8_t bytes[HASH_SIZE]; /* SHA-256, or an address and zeros */
};

/* "key:HEX" and "certificate:HEX" with the SHA-256 of a SubjectPublicKeyInfo or
 * a whole certificate, "address:A" or "address:A/BITS". ADMIN_ARGUMENT, also
 * for a prefix that is so short that it can only be a slip (IPv4 below 8 bits,
 * IPv6 below 16, or IPv6 that holds as much of IPv4), or that has bits behind it. */
MUST_USE enum reason block_name_read(
    struct block_name *out, struct span text, struct why *why);
/* The same text again; an IPv4 prefix as IPv4. */
void block_name_print(char out[BLOCK_TEXT_MAX], const struct block_name *n);
/* An order over all names: below, equal or above 0. */
int block_name_compare(
    const struct block_name *left, const struct block_name *right);
/* An address as text into 16 octets; false if it is none. */
bool block_address_read(uint8_t out[BLOCK_ADDRESS], const char *text);
/* Is the address behind this prefix? */
bool block_covers(
    const struct block_name *prefix, const uint8_t address[BLOCK_ADDRESS]);

#endif
