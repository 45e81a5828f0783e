/*
 * Device serial numbers (IP 5.2): product "-" slot "-" counter [ "-" check ].
 */
#ifndef MODEL_SERIAL_H
#define MODEL_SERIAL_H

#include "base/reason.h"
#include "model/product.h"

/* Any serial, imported ones too: 1..64 of the PrintableString alphabet.
 * SERIAL_SYNTAX. */
MUST_USE enum reason serial_check(struct span serial, struct why *why);
/* Counter n of a slot as text. SERIAL_EXHAUSTED if n does not fit the width:
 * it never wraps. */
MUST_USE enum reason serial_format(char out[SERIAL_MAX + 1],
    const struct product *p, const char *slot, uint64_t n, struct why *why);
/* Takes a serial of ours apart; SERIAL_SYNTAX (also a wrong check character)
 * or SERIAL_SLOT if product or slot are others. */
MUST_USE enum reason serial_parse(struct span serial, const struct product *p,
    const char *slot, uint64_t *n, struct why *why);
/* Digits of the counter in a serial of ours; 0 if it is none. */
unsigned serial_counter_width(const char *serial);
/* The highest counter of so many digits, 4 to 12. */
uint64_t serial_counter_max(unsigned width);
/* ISO 7064 MOD 37,36 check character over text, hyphens skipped. */
char serial_check_character(struct span text);
/*
 * Existing serials (IP 5.2 import mode) are of a scheme: literal characters, of
 * the PrintableString alphabet without lower case, and places for digits: '#' for
 * 0-9, '%' for 0-9 A-F. Neither is in that alphabet. So a serial is of a scheme or
 * not, and its digits are a number.
 */
/* SERIAL_SYNTAX: no scheme; over SCHEME_BITS in all; or one whose serials read
 * like ours. */
MUST_USE enum reason scheme_check(const char *scheme, struct why *why);
#define SCHEME_BITS 48
/* The number of a serial of this scheme; SERIAL_SYNTAX if it is of another form. */
MUST_USE enum reason scheme_parse(
    struct span serial, const char *scheme, uint64_t *n, struct why *why);
/* Can a serial be of both? With alike, also if it is only read so: O as 0, and I,
 * L as 1. */
bool schemes_meet(const char *a, const char *b, bool alike);
/* Takes apart what may be read as a serial of ours (lower case as upper, O as 0,
 * I and L as 1): token and slot as they stand there. A scheme may be, if any
 * serial of it may be. */
bool serial_reads_like_ours(const char *text, char token[PRODUCT_TOKEN_MAX + 1],
    char slot[SLOT_TOKEN_MAX + 1]);
/* Slot token: 2..4 of A-Z 0-9. */
bool slot_valid(const char *slot);
/* What a character of a serial is read as: lower case as upper, O as 0, I and L as
 * 1. */
char serial_read_as(char c);
/* True if two tokens become equal when O is read as 0, and I, L as 1. */
bool token_alike(const char *a, const char *b);

#endif
