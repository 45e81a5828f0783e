/* A new signer goes on where an old one ended, see ledger.h. */
#include "base/fatal.h"
#include "journal/describe.h"
#include "journal/ledger.h"
#include "model/serial.h"

/* As far as counters go: to none that may be used. */
static void
raise(uint64_t *counter, uint64_t by)
{
	*counter = *counter > UINT64_MAX - by ? UINT64_MAX : *counter + by;
}

/* What a key may have done unseen: begun its life, and signed any serial up to
 * the one that counts as its last now. */
static void
doubt(struct ledger_key *k, uint64_t skip, int64_t time)
{
	if (k->state == KEY_SIGNED && k->count.activated == 0)
		k->count.activated = time;
	if (k->order.purpose != PURPOSE_IDEVID_CA)
		return;
	raise(&k->last_counter, skip);
	memset(k->window, 0xff, sizeof(k->window));
}

/* Existing serials have no order. With doubt, what lies between the lowest that
 * was signed and so many above the highest counts as signed. */
static void
lines_copy(const struct ledger *old, uint64_t skip, struct ledger *out)
{
	struct ledger_run *r;
	size_t i;

	if (old->lines_len == 0)
		return;
	ledger_lines_room(out);
	out->lines_len = old->lines_len;
	memcpy(out->lines, old->lines, old->lines_len * sizeof(*out->lines));
	for (i = 0; i < old->runs_len; i++) {
		r = &out->runs[out->runs_len];
		if (skip > 0 && out->runs_len > 0 &&
		    r[-1].line == old->runs[i].line)
			r[-1].last = old->runs[i].last;
		else
			out->runs[out->runs_len++] = old->runs[i];
	}
	for (i = 0; skip > 0 && i < out->runs_len; i++) {
		raise(&out->runs[i].last, skip);
		if (out->runs[i].last > UINT64_C(1) << SCHEME_BITS)
			out->runs[i].last = UINT64_C(1) << SCHEME_BITS;
	}
}

void
ledger_succeed(const struct ledger *old, const uint8_t signer[16],
    uint64_t skip, int64_t now, struct ledger *out)
{
	struct ledger_key k;
	size_t i;

	ledger_init(out);
	memcpy(out->signer, signer, sizeof(out->signer));
	out->test = old->test;
	/* Later, so that "the signer that wrote last" is one signer. */
	out->time = now > old->time ? now : old->time + 1;
	memcpy(out->before.signer, old->signer, sizeof(old->signer));
	out->before.sequence = old->sequence;
	memcpy(out->before.head, old->head, HASH_SIZE);
	out->before.skipped = skip;
	for (i = 0; i < old->slots_len; i++)
		ledger_slot_push(out, &old->slots[i]);
	lines_copy(old, skip, out);
	for (i = 0; i < old->profiles_len; i++)
		ledger_profile_put(out, &old->profiles[i]);
	for (i = 0; i < old->keys_len; i++) {
		k = old->keys[i];
		k.last_record = 0; /* a number of the old chain */
		key_count_skip(&k.count, &k.order.policy, skip, out->time);
		if (skip > 0)
			doubt(&k, skip, old->time);
		if (!ledger_key_push(out, &k))
			fatal("the ledger has two keys of a name");
	}
}

enum reason
ledger_joins(const struct ledger *old, const struct record *first,
    struct ledger *next, struct why *why)
{
	uint8_t bytes[RECORD_MAX];
	struct ledger said;
	enum reason r;
	size_t len;

	ledger_init(next);
	if (first->sequence != 1 || first->kind != RECORD_CHECKPOINT)
		return why_set(
		    why, REASON_JOURNAL_FORK, -1, "a record of another signer");
	if ((r = ledger_read(first->checkpoint, &said, why)) != REASON_OK)
		return r;
	if (said.before.sequence != old->sequence ||
	    memcmp(said.before.signer, old->signer, sizeof(old->signer)) != 0 ||
	    memcmp(said.before.head, old->head, HASH_SIZE) != 0)
		r = why_set(why, REASON_JOURNAL_FORK, -1,
		    "the new signer goes on from record %llu of another "
		    "history, not from record %llu",
		    (unsigned long long)said.before.sequence,
		    (unsigned long long)old->sequence);
	if (r == REASON_OK) {
		ledger_succeed(
		    old, said.signer, said.before.skipped, said.time, next);
		if (!ledger_write(next, 0, bytes, sizeof(bytes), &len) ||
		    !span_eq(span_of(bytes, len), first->checkpoint))
			r = why_set(why, REASON_JOURNAL_FORK, -1,
			    "the new signer begins with other keys or counts");
	}
	if (r != REASON_OK)
		ledger_free(next);
	ledger_free(&said);
	return r;
}

enum reason
ledger_before(
    const struct record *first, struct ledger_before *out, struct why *why)
{
	struct ledger said;
	enum reason r;

	if (first->sequence != 1 || first->kind != RECORD_CHECKPOINT)
		return why_set(why, REASON_JOURNAL_DAMAGED, -1,
		    "it does not begin with record 1");
	if ((r = ledger_read(first->checkpoint, &said, why)) != REASON_OK)
		return r;
	*out = said.before;
	ledger_free(&said);
	return REASON_OK;
}
