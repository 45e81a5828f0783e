/* A ledger that records are applied to, one by one, without a journal. */
#ifndef TEST_JOURNAL_APPLIED_H
#define TEST_JOURNAL_APPLIED_H

#include "journal/ledger.h"
#include "samples.h"

static struct ledger ledger;

static inline int
begin(void **state)
{
	(void)state;
	ledger_init(&ledger);
	ledger.sequence = 1;
	ledger.time = SAMPLE_TIME;
	return 0;
}

static inline int
end(void **state)
{
	(void)state;
	ledger_free(&ledger);
	return 0;
}

static inline enum reason
apply(struct record r, int64_t time)
{
	uint8_t bytes[RECORD_MAX];
	struct why why;
	size_t len;

	memcpy(r.signer, ledger.signer, sizeof(r.signer));
	memcpy(r.previous, ledger.head, HASH_SIZE);
	r.sequence = ledger.sequence + 1;
	r.time = time;
	assert_true(record_write(&r, bytes, sizeof(bytes), &len));
	return ledger_apply(&ledger, &r, span_of(bytes, len), &why);
}

#endif
