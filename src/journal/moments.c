/* A signature's own time against that of its record, see journal.h. */
#include <stdio.h>

#include "journal/internal.h"

static enum reason
refuse(struct why *why, const struct record *r, const char *field, int64_t off)
{
	return why_set(why, REASON_JOURNAL_TIME, -1,
	    "record %llu (%s): its %s is %lld s %s it",
	    (unsigned long long)r->sequence, record_kind_name(r->kind), field,
	    (long long)(off < 0 ? -off : off), off < 0 ? "before" : "after");
}

/* The chain's time is the clock's, or stands still until the clock has come up with
 * it. Where a step back was accepted, that is as far as the clock may lag. */
enum reason
moments_take(
    void *context, const struct record *r, struct span bytes, struct why *why)
{
	struct moments *m = context;
	int64_t least = r->time, moment;
	const char *field;

	(void)bytes;
	if (r->kind == RECORD_CLOCK) {
		m->chain = r->time;
		m->accepted = r->clock.to;
	}
	if (r->kind == RECORD_IDEVID) {
		field = "notBefore";
		moment = r->idevid.not_before;
	} else if (r->kind == RECORD_VOUCHER) {
		field = "created-on";
		moment = r->voucher.created_on;
	} else {
		return REASON_OK;
	}
	if (m->chain == r->time && m->accepted < least)
		least = m->accepted;
	return moment <= r->time && moment >= least - MOMENT_TOLERATED
	    ? REASON_OK
	    : refuse(why, r, field, moment - r->time);
}
