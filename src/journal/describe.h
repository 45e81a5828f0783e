/* Descriptions that records and ledger share (inside of journal/). */
#ifndef JOURNAL_DESCRIBE_H
#define JOURNAL_DESCRIBE_H

#include "journal/members.h"
#include "journal/ledger.h"

/* Keys and slots of a ledger have room for a multiple of so many. */
#define LEDGER_STEP 64

/* void * is a struct key_order, a struct ledger. */
const char *key_end_word(unsigned value);
void key_order_fields(struct members *f, void *value);
/* Members 12 and 13 of a ledger, and room for what they say. */
void ledger_lines_fields(struct members *f, struct ledger *l);
void ledger_lines_room(struct ledger *l);
/* Adds those of a part at the end; there is room. */
void ledger_lines_push(struct ledger *l, const struct ledger *part);
/* Are all runs in order, apart, and of lines that are there? */
bool ledger_runs_ordered(const struct ledger *l);
/* Member 16. */
void ledger_profiles_fields(struct members *f, struct ledger *l);
/* Begins an array of *len rows, or as many as come, at most most; false: it is left
 * out, as where there are none. */
bool ledger_rows_begin(struct members *f, unsigned key, const char *name,
    size_t most, size_t *len);
/* Room for one more behind len, in steps of LEDGER_STEP. */
void *ledger_room(void *elements, size_t len, size_t size);
void ledger_fields(struct members *f, void *value);

#endif
