/* What a signer must remember, see ledger.h. */
#include "journal/ledger.h"

#include <stdlib.h>

#include "base/fatal.h"
#include "journal/describe.h"
#include "model/serial.h"

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
	free(l->by_name);
	free(l->slots);
	free(l->lines);
	free(l->runs);
	free(l->profiles);
	ledger_init(l);
}

/* Where a name stands in by_name, or would. */
static size_t
name_place(const struct ledger *l, const char *name, bool *there)
{
	size_t low = 0, high = l->keys_len, middle;
	int order;

	*there = false;
	while (low < high) {
		middle = low + (high - low) / 2;
		order = strcmp(name, l->keys[l->by_name[middle]].order.name);
		if (order == 0) {
			*there = true;
			return middle;
		}
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

struct ledger_key *
ledger_key_find(const struct ledger *l, const char *name)
{
	bool there;
	size_t at = name_place(l, name, &there);

	return there ? &l->keys[l->by_name[at]] : NULL;
}

void *
ledger_room(void *elements, size_t len, size_t size)
{
	if (len % LEDGER_STEP == 0)
		elements = realloc(elements, (len + LEDGER_STEP) * size);
	if (elements == NULL)
		fatal("out of memory");
	return elements;
}

/* Puts the last key's name in its place; false if it is there already. */
static bool
name_insert(struct ledger *l)
{
	size_t last = l->keys_len - 1, at;
	bool there;

	l->keys_len--;
	at = name_place(l, l->keys[last].order.name, &there);
	if (!there) {
		l->by_name = ledger_room(l->by_name, last, sizeof(*l->by_name));
		memmove(l->by_name + at + 1, l->by_name + at,
		    (last - at) * sizeof(*l->by_name));
		l->by_name[at] = (uint16_t)last;
		l->keys_len++;
	}
	return !there;
}

bool
ledger_key_push(struct ledger *l, const struct ledger_key *k)
{
	l->keys = ledger_room(l->keys, l->keys_len, sizeof(*l->keys));
	l->keys[l->keys_len++] = *k;
	return name_insert(l);
}

void
ledger_slot_push(struct ledger *l, const struct ledger_slot *s)
{
	l->slots = ledger_room(l->slots, l->slots_len, sizeof(*l->slots));
	l->slots[l->slots_len++] = *s;
}

const char *
key_state_name(enum key_state s)
{
	static const char *const names[] = { "?", "requested", "active",
		"retired", "signed", "archived", "destroyed" };

	return names[s > 0 && s < sizeof(names) / sizeof(names[0]) ? s : 0];
}

/* The index is no part of the encoding. */
static bool
index_keys(struct ledger *l)
{
	size_t count = l->keys_len;

	for (l->keys_len = 0; l->keys_len < count;) {
		l->keys_len++;
		if (!name_insert(l))
			return false;
	}
	return true;
}

enum reason
ledger_read(struct span bytes, struct ledger *out, struct why *why)
{
	enum reason r;

	ledger_init(out);
	r = members_read(ledger_fields, out, bytes, why);
	if (r == REASON_OK && !index_keys(out))
		r = why_set(why, REASON_JOURNAL_DAMAGED, -1,
		    "two keys of a checkpoint have one name");
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

bool
ledger_opens(const struct record *r)
{
	struct ledger content;
	bool opens;

	if (r->kind != RECORD_CHECKPOINT)
		return false;
	if (ledger_read(r->checkpoint, &content, NULL) != REASON_OK)
		return true;
	opens = content.part == 0;
	ledger_free(&content);
	return opens;
}

static bool
is_empty(const struct ledger *l)
{
	static const uint8_t nobody[sizeof(l->signer)];

	return l->sequence == 0 &&
	    memcmp(l->signer, nobody, sizeof(nobody)) == 0;
}

/* An empty ledger takes the first checkpoint that it meets at its word: what
 * there is once; keys and all other rows follow with each part. */
static enum reason
take_over(struct ledger *l, const struct record *r, struct why *why)
{
	struct ledger content;
	enum reason reason;

	if (r->kind != RECORD_CHECKPOINT)
		return damaged(why, r, "a segment must open with a checkpoint");
	if ((reason = ledger_read(r->checkpoint, &content, why)) != REASON_OK)
		return reason;
	ledger_free(l);
	memcpy(l->signer, content.signer, sizeof(l->signer));
	l->test = content.test;
	l->sequence = content.sequence;
	l->time = content.time;
	memcpy(l->head, content.head, HASH_SIZE);
	l->before = content.before;
	l->taking = true;
	ledger_free(&content);
	return REASON_OK;
}

/* The part that the next checkpoint record must be. */
static unsigned
part_due(const struct ledger *l)
{
	return l->more > 0 ? l->part + 1 : 0;
}

/* May so many more rows of a kind come with this part, behind full ones? */
static bool
may_follow(size_t len, size_t more, size_t part, size_t each, size_t most)
{
	return more == 0 || (len == part * each && len + more <= most);
}

/* Keys stand in order of birth, and who succeeds another is younger: so whoever
 * follows them comes to an end. */
static bool
take_key(struct ledger *l, const struct ledger_key *k)
{
	return (k->order.succeeds[0] == '\0' ||
		   ledger_key_find(l, k->order.succeeds) != NULL) &&
	    ledger_key_push(l, k);
}

/* Takes the rows of the part that is due. */
static bool
take_elements(struct ledger *l, const struct ledger *content)
{
	size_t i, part = part_due(l);

	if (content->part != part ||
	    (l->more > 0 && content->more != l->more - 1) ||
	    (part > 0 && content->keys_len == 0 && content->slots_len == 0 &&
		content->lines_len == 0 && content->runs_len == 0 &&
		content->profiles_len == 0) ||
	    !may_follow(l->keys_len, content->keys_len, part, LEDGER_PART_KEYS,
		LEDGER_KEYS_MAX) ||
	    !may_follow(l->slots_len, content->slots_len, part,
		LEDGER_PART_SLOTS, LEDGER_SLOTS_MAX) ||
	    !may_follow(l->lines_len, content->lines_len, part,
		LEDGER_PART_LINES, LEDGER_LINES_MAX) ||
	    !may_follow(l->runs_len, content->runs_len, part, LEDGER_PART_RUNS,
		LEDGER_RUNS_MAX) ||
	    !may_follow(l->profiles_len, content->profiles_len, part,
		LEDGER_PART_PROFILES, LEDGER_PROFILES_MAX))
		return false;
	for (i = 0; i < content->keys_len; i++)
		if (!take_key(l, &content->keys[i]))
			return false;
	for (i = 0; i < content->slots_len; i++)
		ledger_slot_push(l, &content->slots[i]);
	ledger_lines_push(l, content);
	for (i = 0; i < content->profiles_len; i++)
		ledger_profile_put(l, &content->profiles[i]);
	l->part = content->part;
	l->more = content->more;
	l->taking = l->more > 0;
	return l->taking || ledger_runs_ordered(l);
}

static bool
before_equal(const struct ledger_before *a, const struct ledger_before *b)
{
	return memcmp(a->signer, b->signer, sizeof(a->signer)) == 0 &&
	    a->sequence == b->sequence &&
	    memcmp(a->head, b->head, HASH_SIZE) == 0 &&
	    a->skipped == b->skipped;
}

static enum reason
take_part(struct ledger *l, const struct record *r, struct why *why)
{
	static const struct ledger_before none;
	struct ledger content;
	enum reason reason;
	bool good;

	if ((reason = ledger_read(r->checkpoint, &content, why)) != REASON_OK)
		return reason;
	good = memcmp(content.signer, l->signer, sizeof(l->signer)) == 0 &&
	    content.test == l->test && content.sequence == l->sequence &&
	    memcmp(content.head, l->head, HASH_SIZE) == 0 &&
	    content.time == l->time &&
	    (content.part == 0 || before_equal(&content.before, &none)) &&
	    take_elements(l, &content);
	ledger_free(&content);
	return good ? REASON_OK
		    : damaged(why, r, "not the checkpoint's part that is due");
}

/* Works a part out and compares, or, of an empty ledger, takes it. */
static enum reason
apply_checkpoint(struct ledger *l, const struct record *r, struct why *why)
{
	uint8_t own[RECORD_MAX];
	enum reason reason;
	size_t len;

	if (l->taking) {
		/* Not half of one. */
		if ((reason = take_part(l, r, why)) != REASON_OK)
			ledger_free(l);
		return reason;
	}
	if (!ledger_write(l, part_due(l), own, sizeof(own), &len))
		return damaged(why, r, "the checkpoint is too large");
	if (!span_eq(span_of(own, len), r->checkpoint))
		return damaged(why, r,
		    "the checkpoint differs from what its records give");
	l->part = part_due(l);
	l->more = ledger_parts(l) - l->part - 1;
	return REASON_OK;
}

static enum reason
apply_key(struct ledger *l, const struct record *r, struct why *why)
{
	const struct ledger_key *before;
	struct ledger_key k = { .order = r->key.order,
		.state = KEY_REQUESTED,
		.wrapped = r->key.wrapped };
	struct why inner;

	if (ledger_key_admits(l, &r->key.order, &inner) != REASON_OK)
		return damaged(why, r, inner.text);
	/* What it signs says whose it is: there is no certificate to wait for. */
	if (k.order.purpose == PURPOSE_MANIFEST) {
		k.state = KEY_ACTIVE;
		k.count.activated = r->time;
	}
	before = ledger_key_find(l, k.order.succeeds);
	if (before != NULL && strcmp(before->order.slot, k.order.slot) == 0) {
		k.last_counter = before->last_counter;
		memcpy(k.window, before->window, sizeof(k.window));
	}
	memcpy(k.spki_sha256, r->key.spki_sha256, HASH_SIZE);
	return ledger_key_push(l, &k)
	    ? REASON_OK
	    : damaged(why, r, "there is a key of that name");
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
	if (k->state == KEY_SIGNED &&
	    !ledger_key_due(l, k, use->counter_width, time))
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

/* Neither a counter nor an existing serial comes twice. */
static enum reason
serial_take(struct ledger *l, struct ledger_key *k,
    const struct record_idevid *i, struct why *why)
{
	const struct device *d = &i->device;
	uint64_t number;
	enum reason r;

	if (i->scheme[0] == '\0') {
		r = ledger_counter_free(k, i->counter, why);
		if (r == REASON_OK)
			counter_take(k, i->counter);
		return r;
	}
	if ((r = ledger_line_admits(l, k, d->product, i->scheme, why)) !=
		REASON_OK ||
	    (r = scheme_parse(span_str(d->serial), i->scheme, &number, why)) !=
		REASON_OK)
		return r;
	if (number != i->counter)
		return why_set(why, REASON_SERIAL_SYNTAX, -1,
		    "another number than that of %s", d->serial);
	if ((r = ledger_number_free(l, d->product, number, why)) == REASON_OK)
		ledger_number_take(l, k, d->product, i->scheme, number);
	return r;
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
		if (serial_take(l, k, &r->idevid, &inner) != REASON_OK)
			return damaged(why, r, inner.text);
		k->last_record = r->sequence;
	}
	if (use->kind == SIGNED_MANIFEST &&
	    memcmp(r->manifest.order.statement.signer, l->signer,
		sizeof(l->signer)) == 0)
		k->last_record = r->manifest.order.statement.last;
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
	const struct record_idevid *i = &r->idevid;
	struct key_use use = { SIGNED_IDEVID, i->device.product,
		i->device.serial,
		i->scheme[0] != '\0' ? 0
				     : serial_counter_width(i->device.serial) };

	return apply_use(l, r, r->idevid.key, &use, why);
}

static enum reason
apply_voucher(struct ledger *l, const struct record *r, struct why *why)
{
	struct key_use use = { r->voucher.nonce[0] != '\0' ? SIGNED_NONCED
							   : SIGNED_NONCELESS,
		r->voucher.product, r->voucher.serial, 0 };

	return apply_use(l, r, r->voucher.key, &use, why);
}

static enum reason
apply_manifest(struct ledger *l, const struct record *r, struct why *why)
{
	const struct manifest_order *o = &r->manifest.order;
	struct key_use use = { SIGNED_MANIFEST, NULL, NULL };
	bool own =
	    memcmp(o->statement.signer, l->signer, sizeof(l->signer)) == 0;

	if (own && o->statement.last > l->sequence)
		return damaged(why, r, "it is of records to come");
	return apply_use(l, r, o->key, &use, why);
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
	slot.since = r->time;
	ledger_slot_push(l, &slot);
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

static enum reason
apply_awake(struct ledger *l, const struct record *r, struct why *why)
{
	struct ledger_key *k;
	struct why inner;
	int64_t until;

	if (ledger_awake_read(l, r->act.subject, r->time, &k, &until, &inner) !=
	    REASON_OK)
		return damaged(why, r, inner.text);
	k->count.awake_until = until;
	return REASON_OK;
}

static enum reason
apply_profile(struct ledger *l, const struct record *r, struct why *why)
{
	struct ledger_profile p;
	struct why inner;
	bool there;

	if (ledger_profile_read(l, r->act.subject, &p, &there, &inner) !=
	    REASON_OK)
		return damaged(why, r, inner.text);
	if (there)
		ledger_profile_put(l, &p);
	return REASON_OK;
}

/* Signed by two, and about this act; whose numbers those are is not known here. */
static bool
act_statement_fits(const struct ledger *l, const struct record_act *a)
{
	char head[STATEMENT_MAX];
	size_t len =
	    ledger_act_statement(l->signer, a->verb, a->subject, 0, head);

	len -= strlen("0\n");
	return memcmp(a->persons[0].key_sha256, a->persons[1].key_sha256,
		   HASH_SIZE) != 0 &&
	    a->statement.len > len && memcmp(a->statement.ptr, head, len) == 0;
}

/* Acts are remarks, but for those that retire, copy or wake a key, give a slot, or
 * say what a product is like. */
static enum reason
apply_act(struct ledger *l, const struct record *r, struct why *why)
{
	char name[KEY_NAME_MAX + 1];
	const char *cause;
	struct ledger_key *k;

	if (r->act.statement.len > 0 && !act_statement_fits(l, &r->act))
		return damaged(why, r, "the statement is about something else");
	if (strcmp(r->act.verb, LEDGER_VERB_GIVE) == 0)
		return apply_give(l, r, why);
	if (strcmp(r->act.verb, LEDGER_VERB_COPY) == 0)
		return apply_copy(l, r, why);
	if (strcmp(r->act.verb, LEDGER_VERB_AWAKE) == 0)
		return apply_awake(l, r, why);
	if (ledger_verb_product(r->act.verb))
		return apply_profile(l, r, why);
	if (strcmp(r->act.verb, LEDGER_VERB_RETIRE) != 0)
		return REASON_OK;
	if (!ledger_retire_read(r->act.subject, name, &cause))
		return damaged(why, r, "not a key and why it goes");
	k = ledger_key_find(l, name);
	if (k == NULL || key_state_over(k->state))
		return damaged(why, r, "no such key is in use");
	k->state = KEY_RETIRED;
	return REASON_OK;
}

/* Two persons said so, and what they signed is what is known of the key. */
static enum reason
apply_end(struct ledger *l, const struct record *r, struct why *why)
{
	static const uint8_t none[HASH_SIZE];
	const struct record_end *e = &r->end;
	struct ledger_key *k = ledger_key_find(l, e->name);
	char statement[STATEMENT_MAX];
	size_t len;

	if (k == NULL || k->state != KEY_RETIRED || k->ending != 0)
		return damaged(why, r, "no such key is to end");
	if (memcmp(e->persons[0].key_sha256, e->persons[1].key_sha256,
		HASH_SIZE) == 0)
		return damaged(why, r, "one person signed twice");
	if (e->how == END_DESTROY &&
	    memcmp(e->archive_sha256, none, HASH_SIZE) != 0)
		return damaged(why, r, "a destruction leaves no copy");
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
		return apply_checkpoint(l, r, why);
	case RECORD_KEY:
		return apply_key(l, r, why);
	case RECORD_CA:
		return apply_ca(l, r, why);
	case RECORD_IDEVID:
		return apply_idevid(l, r, why);
	case RECORD_VOUCHER:
		return apply_voucher(l, r, why);
	case RECORD_MANIFEST:
		return apply_manifest(l, r, why);
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

	if (is_empty(l) && (reason = take_over(l, r, why)) != REASON_OK)
		return reason;
	if (l->more > 0 && r->kind != RECORD_CHECKPOINT)
		return damaged(why, r, "the checkpoint before is not whole");
	if ((reason = check_joins(l, r, why)) != REASON_OK ||
	    (reason = apply_kind(l, r, why)) != REASON_OK)
		return reason;
	l->sequence = r->sequence;
	l->time = r->time;
	record_hash(bytes, l->head);
	return REASON_OK;
}
