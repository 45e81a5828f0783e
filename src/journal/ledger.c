/* What a signer must remember, see ledger.h. */
#include "journal/ledger.h"

#include <stdlib.h>

#include "base/fatal.h"
#include "journal/describe.h"

void
ledger_init(struct ledger *l)
{
	memset(l, 0, sizeof(*l));
}

void
ledger_free(struct ledger *l)
{
	if (l == NULL)
		return;
	free(l->keys);
	free(l->slots);
	ledger_init(l);
}

struct ledger_key *
ledger_key_find(const struct ledger *l, const char *name)
{
	size_t i;

	for (i = 0; i < l->keys_len; i++)
		if (strcmp(l->keys[i].order.name, name) == 0)
			return &l->keys[i];
	return NULL;
}

const char *
key_state_name(enum key_state s)
{
	static const char *const names[] = { "?", "requested", "active",
		"retired", "signed", "archived", "destroyed" };

	return names[s > 0 && s < sizeof(names) / sizeof(names[0]) ? s : 0];
}

static const char *
key_state_word(unsigned value)
{
	return key_state_name((enum key_state)value);
}

static const char *
wrapping_word(unsigned value)
{
	return wrapping_name((enum wrapping)value);
}

static void
ledger_key_fields(struct members *f, void *value)
{
	struct ledger_key *k = value;
	uint64_t in_period = k->count.in_period, wrapped = k->wrapped;
	uint64_t copied = k->copied;
	unsigned state = k->state, ending = k->ending, erased = k->erased;

	member_map(f, 1, "order", key_order_fields, &k->order);
	member_word(f, 2, "state", MEMBER_REQUIRED, &state, KEY_STATE_LAST,
	    key_state_word);
	if (f->mode == MEMBERS_READ)
		k->state = (enum key_state)state;
	member_bytes(
	    f, 3, "spki_sha256", MEMBER_REQUIRED, k->spki_sha256, HASH_SIZE);
	member_bytes(f, 4, "certificate_sha256", MEMBER_OPTIONAL,
	    k->certificate_sha256, HASH_SIZE);
	member_time(f, 5, "activated", MEMBER_OPTIONAL, &k->count.activated);
	member_uint(
	    f, 6, "issued", MEMBER_OPTIONAL, &k->count.issued, INT64_MAX);
	member_time(f, 7, "period", MEMBER_OPTIONAL, &k->count.period);
	member_uint(f, 8, "in_period", MEMBER_OPTIONAL, &in_period, UINT32_MAX);
	if (f->mode == MEMBERS_READ)
		k->count.in_period = (uint32_t)in_period;
	member_uint(f, 9, "last_counter", MEMBER_OPTIONAL, &k->last_counter,
	    UINT64_MAX);
	member_bytes(
	    f, 10, "window", MEMBER_OPTIONAL, k->window, sizeof(k->window));
	member_uint(
	    f, 11, "last_record", MEMBER_OPTIONAL, &k->last_record, INT64_MAX);
	member_uint(f, 12, "wrapped", MEMBER_OPTIONAL, &wrapped, 1);
	member_word(f, 13, "ending", MEMBER_OPTIONAL, &ending, END_ARCHIVE,
	    key_end_word);
	if (f->mode == MEMBERS_READ) {
		k->wrapped = wrapped != 0;
		k->ending = (enum key_end)ending;
	}
	member_uint(
	    f, 14, "end_record", MEMBER_OPTIONAL, &k->end_record, INT64_MAX);
	member_word(f, 15, "erased", MEMBER_OPTIONAL, &erased, WRAPPING_APART,
	    wrapping_word);
	if (f->mode == MEMBERS_READ)
		k->erased = (enum wrapping)erased;
	member_uint(f, 18, "copied", MEMBER_OPTIONAL, &copied, 1);
	if (f->mode == MEMBERS_READ)
		k->copied = copied != 0;
}

static void
before_fields(struct members *f, struct ledger_before *b)
{
	member_bytes(
	    f, 7, "old_signer", MEMBER_OPTIONAL, b->signer, sizeof(b->signer));
	member_uint(
	    f, 8, "old_sequence", MEMBER_OPTIONAL, &b->sequence, INT64_MAX);
	member_bytes(f, 9, "old_head", MEMBER_OPTIONAL, b->head, HASH_SIZE);
	member_uint(f, 10, "skipped", MEMBER_OPTIONAL, &b->skipped, INT64_MAX);
}

static void
slot_fields(struct members *f, void *value)
{
	struct ledger_slot *s = value;

	member_text(f, 1, "slot", MEMBER_REQUIRED, s->slot, sizeof(s->slot));
	member_text(f, 2, "to", MEMBER_REQUIRED, s->to, sizeof(s->to));
	member_time(f, 3, "since", MEMBER_REQUIRED, &s->since);
}

/* Left out where there are none, as all that is optional. */
static void
slots_fields(struct members *f, struct ledger *l)
{
	uint64_t i, count;

	if (f->mode == MEMBERS_READ ? f->count == 0 || f->next != 11
				    : l->slots_len == 0)
		return;
	count = member_array(f, 11, "slots", l->slots_len);
	if (f->mode == MEMBERS_READ) {
		if (count == 0 || count > LEDGER_SLOTS_MAX) {
			members_refuse(f, "slots");
			return;
		}
		l->slots_len = (size_t)count;
		l->slots = memory_array(LEDGER_SLOTS_MAX, sizeof(*l->slots));
	}
	for (i = 0; i < count; i++)
		member_element(f, slot_fields, &l->slots[i]);
	member_array_end(f);
}

void
ledger_fields(struct members *f, void *value)
{
	struct ledger *l = value;
	uint64_t i, count;

	member_bytes(
	    f, 1, "signer", MEMBER_REQUIRED, l->signer, sizeof(l->signer));
	member_bool(f, 2, "test", &l->test);
	member_uint(f, 3, "sequence", MEMBER_OPTIONAL, &l->sequence, INT64_MAX);
	member_bytes(f, 4, "head", MEMBER_OPTIONAL, l->head, HASH_SIZE);
	member_time(f, 5, "time", MEMBER_REQUIRED, &l->time);
	count = member_array(f, 6, "keys", l->keys_len);
	if (f->mode == MEMBERS_READ) {
		if (count > LEDGER_KEYS_MAX) {
			members_refuse(f, "keys");
			return;
		}
		l->keys_len = (size_t)count;
		l->keys = memory_array(l->keys_len + 1, sizeof(*l->keys));
	}
	for (i = 0; i < count; i++)
		member_element(f, ledger_key_fields, &l->keys[i]);
	member_array_end(f);
	before_fields(f, &l->before);
	slots_fields(f, l);
}

bool
ledger_write(const struct ledger *l, uint8_t *out, size_t cap, size_t *len)
{
	struct ledger copy = *l; /* borrows the keys, which stay */

	return members_write(ledger_fields, &copy, out, cap, len);
}

enum reason
ledger_read(struct span bytes, struct ledger *out, struct why *why)
{
	enum reason r;

	ledger_init(out);
	r = members_read(ledger_fields, out, bytes, why);
	if (r != REASON_OK)
		ledger_free(out);
	return r;
}

static enum reason
damaged(struct why *why, const struct record *r, const char *what)
{
	return why_set(why, REASON_JOURNAL_DAMAGED, -1, "record %llu (%s): %s",
	    (unsigned long long)r->sequence, record_kind_name(r->kind), what);
}

/* An empty ledger takes the first checkpoint that it meets at its word. */
static enum reason
take_over(struct ledger *l, const struct record *r, struct why *why)
{
	struct ledger content;
	enum reason reason;

	if (r->kind != RECORD_CHECKPOINT)
		return damaged(why, r, "a segment must open with a checkpoint");
	if ((reason = ledger_read(r->checkpoint, &content, why)) != REASON_OK)
		return reason;
	if (content.sequence + 1 != r->sequence || content.time > r->time ||
	    memcmp(content.signer, r->signer, sizeof(r->signer)) != 0 ||
	    memcmp(content.head, r->previous, HASH_SIZE) != 0) {
		ledger_free(&content);
		return damaged(why, r, "the checkpoint contradicts its record");
	}
	ledger_free(l);
	*l = content; /* transferred */
	return REASON_OK;
}

static enum reason
checkpoint_compare(
    const struct ledger *l, const struct record *r, struct why *why)
{
	uint8_t own[RECORD_MAX];
	size_t len;

	if (!ledger_write(l, own, sizeof(own), &len))
		return damaged(why, r, "the checkpoint is too large");
	if (!span_eq(span_of(own, len), r->checkpoint))
		return damaged(why, r,
		    "the checkpoint differs from what its records give");
	return REASON_OK;
}

static enum reason
apply_key(struct ledger *l, const struct record *r, struct why *why)
{
	const struct ledger_key *before;
	struct ledger_key *k;
	struct why inner;

	if (ledger_key_admits(l, &r->key.order, &inner) != REASON_OK)
		return damaged(why, r, inner.text);
	l->keys = realloc(l->keys, (l->keys_len + 1) * sizeof(*l->keys));
	if (l->keys == NULL)
		fatal("out of memory");
	k = &l->keys[l->keys_len++];
	memset(k, 0, sizeof(*k));
	k->order = r->key.order;
	k->state = KEY_REQUESTED;
	k->wrapped = r->key.wrapped;
	before = ledger_key_find(l, k->order.succeeds);
	if (before != NULL && strcmp(before->order.slot, k->order.slot) == 0) {
		k->last_counter = before->last_counter;
		memcpy(k->window, before->window, sizeof(k->window));
	}
	memcpy(k->spki_sha256, r->key.spki_sha256, HASH_SIZE);
	return REASON_OK;
}

static enum reason
apply_ca(struct ledger *l, const struct record *r, struct why *why)
{
	struct ledger_key *k = ledger_key_find(l, r->ca.name);

	if (k == NULL || k->state != KEY_REQUESTED)
		return damaged(why, r, "no such key waits for a certificate");
	k->state = k->order.succeeds[0] != '\0' ? KEY_SIGNED : KEY_ACTIVE;
	if (k->state == KEY_ACTIVE)
		k->count.activated = r->time;
	memcpy(k->certificate_sha256, r->ca.certificate_sha256, HASH_SIZE);
	return REASON_OK;
}

enum reason
ledger_key_allows(const struct ledger *l, const struct ledger_key *k,
    const struct key_use *use, int64_t time, struct why *why)
{
	if (k == NULL || (k->state != KEY_ACTIVE && k->state != KEY_SIGNED))
		return why_set(why, REASON_SIGNER_KEY, -1, "it is %s",
		    k == NULL ? "unknown" : key_state_name(k->state));
	if (k->state == KEY_SIGNED && !ledger_key_due(l, k, time))
		return why_set(why, REASON_SIGNER_KEY, -1,
		    "it waits for %s to end", k->order.succeeds);
	return key_policy_allows(&k->order.policy, &k->count, use, time, why);
}

enum reason
ledger_counter_free(
    const struct ledger_key *k, uint64_t counter, struct why *why)
{
	uint64_t at;

	if (counter > k->last_counter)
		return REASON_OK;
	at = k->last_counter - counter;
	if (at == 0 || counter == 0 || at > COUNTER_WINDOW)
		return why_set(why, REASON_SERIAL_USED, -1,
		    "counter %llu, the last one signed is %llu",
		    (unsigned long long)counter,
		    (unsigned long long)k->last_counter);
	at--;
	if ((k->window[at / 8] >> at % 8 & 1) == 0)
		return REASON_OK;
	return why_set(why, REASON_SERIAL_USED, -1,
	    "counter %llu was signed before", (unsigned long long)counter);
}

/* The window moves up by so many, at least 1: what was the highest counter is
 * in it then. */
static void
window_move(uint8_t window[COUNTER_WINDOW / 8], uint64_t by)
{
	size_t i, bytes, bits = (size_t)(by % 8);

	if (by > COUNTER_WINDOW) {
		memset(window, 0, COUNTER_WINDOW / 8);
		return;
	}
	bytes = (size_t)(by / 8);
	for (i = COUNTER_WINDOW / 8; i-- > 0;) {
		unsigned low = i >= bytes ? window[i - bytes] : 0;
		unsigned below = i >= bytes + 1 ? window[i - bytes - 1] : 0;

		window[i] = (uint8_t)(low << bits | below >> (8 - bits));
	}
	window[(by - 1) / 8] |= (uint8_t)(1u << (by - 1) % 8);
}

static void
counter_take(struct ledger_key *k, uint64_t counter)
{
	uint64_t at;

	if (counter > k->last_counter) {
		/* Nothing was signed at 0: no serial has it. */
		window_move(k->window, counter - k->last_counter);
		k->last_counter = counter;
		return;
	}
	at = k->last_counter - counter - 1;
	k->window[at / 8] |= (uint8_t)(1u << at % 8);
}

/* A signature of a key: it must have been one that it may make. */
static enum reason
apply_use(struct ledger *l, const struct record *r, const char *name,
    const struct key_use *use, struct why *why)
{
	struct ledger_key *k = ledger_key_find(l, name);
	struct why inner;

	if (ledger_key_allows(l, k, use, r->time, &inner) != REASON_OK)
		return damaged(why, r, inner.text);
	if (use->kind == SIGNED_IDEVID) {
		if (ledger_counter_free(k, r->idevid.counter, &inner) !=
		    REASON_OK)
			return damaged(why, r, inner.text);
		counter_take(k, r->idevid.counter);
		k->last_record = r->sequence;
	}
	if (k->state == KEY_SIGNED) {
		k->state = KEY_ACTIVE;
		if (k->count.activated == 0)
			k->count.activated = r->time;
	}
	key_count_add(&k->count, &k->order.policy, r->time);
	return REASON_OK;
}

static enum reason
apply_idevid(struct ledger *l, const struct record *r, struct why *why)
{
	struct key_use use = { SIGNED_IDEVID, r->idevid.device.product,
		r->idevid.device.serial };

	return apply_use(l, r, r->idevid.key, &use, why);
}

static enum reason
apply_voucher(struct ledger *l, const struct record *r, struct why *why)
{
	struct key_use use = { r->voucher.nonce[0] != '\0' ? SIGNED_NONCED
							   : SIGNED_NONCELESS,
		r->voucher.product, r->voucher.serial };

	return apply_use(l, r, r->voucher.key, &use, why);
}

static enum reason
apply_policy(struct ledger *l, const struct record *r, struct why *why)
{
	const struct policy_order *o = &r->policy.order;
	struct ledger_key *k = ledger_key_find(l, o->name);

	if (k == NULL || key_state_over(k->state))
		return damaged(why, r, "no such key is in use");
	if (key_policy_check(&o->policy, k->order.purpose, NULL) != REASON_OK)
		return damaged(why, r, "no policy for a key of that purpose");
	k->order.policy = o->policy;
	return REASON_OK;
}

static enum reason
apply_give(struct ledger *l, const struct record *r, struct why *why)
{
	struct ledger_slot slot;
	struct why inner;

	if (ledger_slot_read(l, r->act.subject, &slot, &inner) != REASON_OK)
		return damaged(why, r, inner.text);
	if (l->slots == NULL)
		l->slots = memory_array(LEDGER_SLOTS_MAX, sizeof(*l->slots));
	slot.since = r->time;
	l->slots[l->slots_len++] = slot;
	return REASON_OK;
}

static enum reason
apply_copy(struct ledger *l, const struct record *r, struct why *why)
{
	struct ledger_key *k = ledger_key_find(l, r->act.subject);

	if (k == NULL || k->state != KEY_RETIRED || k->ending != 0)
		return damaged(why, r, "no such key is retired");
	k->copied = true;
	return REASON_OK;
}

/* Acts are remarks, but for those that retire or copy a key or give a slot. */
static enum reason
apply_act(struct ledger *l, const struct record *r, struct why *why)
{
	struct ledger_key *k;

	if (strcmp(r->act.verb, LEDGER_VERB_GIVE) == 0)
		return apply_give(l, r, why);
	if (strcmp(r->act.verb, LEDGER_VERB_COPY) == 0)
		return apply_copy(l, r, why);
	if (strcmp(r->act.verb, LEDGER_VERB_RETIRE) != 0)
		return REASON_OK;
	k = ledger_key_find(l, r->act.subject);
	if (k == NULL || key_state_over(k->state))
		return damaged(why, r, "no such key is in use");
	k->state = KEY_RETIRED;
	return REASON_OK;
}

/* Two persons said so, and what they signed is what is known of the key. */
static enum reason
apply_end(struct ledger *l, const struct record *r, struct why *why)
{
	const struct record_end *e = &r->end;
	struct ledger_key *k = ledger_key_find(l, e->name);
	char statement[STATEMENT_MAX];
	size_t len;

	if (k == NULL || k->state != KEY_RETIRED || k->ending != 0)
		return damaged(why, r, "no such key is to end");
	if (memcmp(e->persons[0].key_sha256, e->persons[1].key_sha256,
		HASH_SIZE) == 0)
		return damaged(why, r, "one person signed twice");
	len = ledger_statement(l, k, e->how, e->archive_sha256, statement);
	if (!span_eq(e->statement, span_of(statement, len)))
		return damaged(why, r, "the statement is about something else");
	k->ending = e->how;
	k->end_record = r->sequence;
	return REASON_OK;
}

static enum reason
apply_ended(struct ledger *l, const struct record *r, struct why *why)
{
	struct ledger_key *k = ledger_key_find(l, r->ended.name);

	if (k == NULL || k->state != KEY_RETIRED || k->ending == 0 ||
	    k->end_record != r->ended.of ||
	    (r->ended.wrapping == WRAPPING_NONE) == k->wrapped)
		return damaged(why, r, "no such end was begun");
	k->state = k->ending == END_DESTROY ? KEY_DESTROYED : KEY_ARCHIVED;
	k->erased = r->ended.wrapping;
	return REASON_OK;
}

/* Each either changes the ledger or refuses and leaves it. */
static enum reason
apply_kind(struct ledger *l, const struct record *r, struct why *why)
{
	switch (r->kind) {
	case RECORD_CHECKPOINT:
		return checkpoint_compare(l, r, why);
	case RECORD_KEY:
		return apply_key(l, r, why);
	case RECORD_CA:
		return apply_ca(l, r, why);
	case RECORD_IDEVID:
		return apply_idevid(l, r, why);
	case RECORD_VOUCHER:
		return apply_voucher(l, r, why);
	case RECORD_POLICY:
		return apply_policy(l, r, why);
	case RECORD_SIGNED:
		return r->signed_.of < r->sequence
		    ? REASON_OK
		    : damaged(why, r, "signed before it was written");
	case RECORD_ACT:
		return apply_act(l, r, why);
	case RECORD_END:
		return apply_end(l, r, why);
	case RECORD_ENDED:
		return apply_ended(l, r, why);
	case RECORD_DEVICE:
	case RECORD_CLOCK:
		return REASON_OK;
	}
	return damaged(why, r, "unknown kind");
}

static enum reason
check_joins(const struct ledger *l, const struct record *r, struct why *why)
{
	if (memcmp(r->signer, l->signer, sizeof(l->signer)) != 0)
		return damaged(why, r, "it names another signer");
	if (r->sequence != l->sequence + 1)
		return damaged(why, r, "the sequence has a gap");
	if (memcmp(r->previous, l->head, HASH_SIZE) != 0)
		return damaged(why, r, "it does not join the one before");
	if (r->time < l->time)
		return damaged(why, r, "time goes back");
	return REASON_OK;
}

enum reason
ledger_apply(struct ledger *l, const struct record *r, struct span bytes,
    struct why *why)
{
	enum reason reason;

	if (l->sequence == 0 && (reason = take_over(l, r, why)) != REASON_OK)
		return reason;
	if ((reason = check_joins(l, r, why)) != REASON_OK ||
	    (reason = apply_kind(l, r, why)) != REASON_OK)
		return reason;
	l->sequence = r->sequence;
	l->time = r->time;
	record_hash(bytes, l->head);
	return REASON_OK;
}
