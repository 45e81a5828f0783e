/* Descriptions that records and ledger share (inside of journal/). */
#ifndef JOURNAL_DESCRIBE_H
#define JOURNAL_DESCRIBE_H

#include "journal/members.h"
#include "journal/ledger.h"

/* void * is a struct key_order, a struct ledger. */
const char *key_end_word(unsigned value);
void key_order_fields(struct members *f, void *value);
void ledger_fields(struct members *f, void *value);

#endif
