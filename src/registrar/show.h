/* Printing a voucher for people and programs. */
#ifndef REGISTRAR_SHOW_H
#define REGISTRAR_SHOW_H

#include "registrar/voucher_judge.h"

/* On stdout: what the voucher says, and the chain with its fingerprints as far
 * as it was followed. */
void voucher_print(const struct judgement *j, bool json);
/* Adds what was compared and what was not: the end of `pledge verify`. */
void verdict_print(const struct judgement *j, bool json);

#endif
