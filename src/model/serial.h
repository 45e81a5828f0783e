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
/* ISO 7064 MOD 37,36 check character over text, hyphens skipped. */
char serial_check_character(struct span text);
/* Slot token: 2..4 of A-Z 0-9. */
bool slot_valid(const char *slot);
/* True if two tokens become equal when O is read as 0, and I, L as 1. */
bool token_alike(const char *a, const char *b);

#endif
