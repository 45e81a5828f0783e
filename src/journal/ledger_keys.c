/* How keys come after each other, see ledger.h. */
#include "journal/ledger.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/text.h"
#include "journal/describe.h"
#include "model/ruling.h"
#include "model/serial.h"

unsigned
ledger_key_used(const struct ledger_key *k, unsigned width, int64_t time)
{
	unsigned other = 0, used;

	used = key_policy_used(&k->order.policy, &k->count, time);
	if (width != 0)
		other = percent_of(k->last_counter, serial_counter_max(width));
	return used > other ? used : other;
}

bool
ledger_key_due(const struct ledger *l, const struct ledger_key *k,
    unsigned counter_width, int64_t time)
{
	const struct ledger_key *before;

	/* Each succeeds an older one, so this ends. */
	for (; k->order.succeeds[0] != '\0'; k = before) {
		before = ledger_key_find(l, k->order.succeeds);
		if (before == NULL)
			return true;
		if (before->state == KEY_ACTIVE)
			return ledger_key_used(before, counter_width, time) >=
			    KEY_SWITCH_PERCENT;
		if (!key_state_over(before->state))
			return false; /* it comes first */
		if (before->count.activated != 0)
			return true;
		/* Retired unused: its place in the line is ours. */
	}
	return true;
}

/* From the newest to k, each of which is younger than what it succeeds: so whoever
 * takes over from it is known already when it is reached. */
const struct ledger_key *
ledger_key_successor(const struct ledger *l, const struct ledger_key *k)
{
	uint16_t next[LEDGER_KEYS_MAX] = { 0 }; /* place and 1; 0: nobody */
	const struct ledger_key *before, *first;
	size_t i, at;
	uint16_t taker;

	if ((first = ledger_key_find(l, k->order.name)) == NULL)
		return NULL;
	at = (size_t)(first - l->keys);
	for (i = l->keys_len; i-- > at + 1;) {
		k = &l->keys[i];
		taker = key_state_over(k->state) ? next[i] : 0;
		if (k->state == KEY_SIGNED || k->state == KEY_ACTIVE)
			taker = (uint16_t)(i + 1);
		if (taker == 0 || k->order.succeeds[0] == '\0' ||
		    (before = ledger_key_find(l, k->order.succeeds)) == NULL)
			continue;
		next[before - l->keys] = taker;
	}
	return next[at] == 0 ? NULL : &l->keys[next[at] - 1];
}

unsigned
ledger_key_generation(const struct ledger *l, const struct ledger_key *k)
{
	unsigned n = 1;
	size_t i;

	for (i = 0; i < l->keys_len && &l->keys[i] != k; i++)
		n += strcmp(l->keys[i].order.slot, k->order.slot) == 0;
	return n;
}

static enum reason
check_given(const struct ledger *l, const char *slot, struct why *why)
{
	size_t i;

	for (i = 0; i < l->slots_len; i++)
		if (token_alike(l->slots[i].slot, slot))
			return why_set(why, REASON_SIGNER_POLICY, -1,
			    "slot %s was given to %s", l->slots[i].slot,
			    l->slots[i].to);
	return REASON_OK;
}

enum reason
ledger_slot_read(const struct ledger *l, const char *subject,
    struct ledger_slot *out, struct why *why)
{
	const char *space = strchr(subject, ' ');
	size_t i, len = space == NULL ? 0 : (size_t)(space - subject);

	memset(out, 0, sizeof(*out));
	if (len > SLOT_TOKEN_MAX || space == NULL || space[1] == '\0' ||
	    strlen(space + 1) > FACTORY_NAME_MAX)
		return why_set(
		    why, REASON_SIGNER_FACTS, -1, "not a slot and whose it is");
	memcpy(out->slot, subject, len);
	memcpy(out->to, space + 1, strlen(space + 1));
	if (!slot_valid(out->slot))
		return why_set(
		    why, REASON_SIGNER_FACTS, -1, "slot: 2 to 4 of A-Z 0-9");
	if (l->slots_len == LEDGER_SLOTS_MAX)
		return why_set(why, REASON_SIGNER_POLICY, -1,
		    "a signer knows at most %d slots of others",
		    LEDGER_SLOTS_MAX);
	for (i = 0; i < l->keys_len; i++)
		if (l->keys[i].order.slot[0] != '\0' &&
		    token_alike(l->keys[i].order.slot, out->slot))
			return why_set(why, REASON_SIGNER_POLICY, -1,
			    "slot %s belongs to key %s", l->keys[i].order.slot,
			    l->keys[i].order.name);
	return check_given(l, out->slot, why);
}

/* A slot passes to one named successor, after the old CA is retired (IP 5.2). */
static enum reason
check_slot(const struct ledger *l, const struct key_order *o, struct why *why)
{
	const struct ledger_key *k, *last = NULL;
	size_t i;

	for (i = 0; i < l->keys_len; i++) {
		k = &l->keys[i];
		if (k->order.slot[0] == '\0' ||
		    !token_alike(k->order.slot, o->slot))
			continue;
		if (strcmp(k->order.slot, o->slot) != 0)
			return why_set(why, REASON_SIGNER_POLICY, -1,
			    "slot %s looks like %s of key %s", o->slot,
			    k->order.slot, k->order.name);
		last = k;
	}
	if (last == NULL)
		return check_given(l, o->slot, why);
	if (strcmp(o->succeeds, last->order.name) != 0)
		return why_set(why, REASON_SIGNER_POLICY, -1,
		    "slot %s belongs to key %s", o->slot, last->order.name);
	if (!key_state_over(last->state))
		return why_set(why, REASON_SIGNER_POLICY, -1,
		    "slot %s is in use: key %s is not retired", o->slot,
		    last->order.name);
	return REASON_OK;
}

enum reason
ledger_key_admits(
    const struct ledger *l, const struct key_order *o, struct why *why)
{
	const struct ledger_key *before;

	if (l->keys_len == LEDGER_KEYS_MAX)
		return why_set(why, REASON_SIGNER_POLICY, -1,
		    "a signer holds at most %d keys", LEDGER_KEYS_MAX);
	if (ledger_key_find(l, o->name) != NULL)
		return why_set(why, REASON_SIGNER_POLICY, -1,
		    "there is a key %s", o->name);
	if (o->succeeds[0] != '\0') {
		before = ledger_key_find(l, o->succeeds);
		if (before == NULL || before->order.purpose != o->purpose)
			return why_set(why, REASON_SIGNER_POLICY, -1,
			    "there is no key %s that it could succeed",
			    o->succeeds);
	}
	return o->slot[0] == '\0' ? REASON_OK : check_slot(l, o, why);
}

enum reason
ledger_awake_read(const struct ledger *l, const char *subject, int64_t now,
    struct ledger_key **key, int64_t *until, struct why *why)
{
	const char *blank = strchr(subject, ' ');
	char name[KEY_NAME_MAX + 1];

	if (blank == NULL ||
	    !text_copy(name, sizeof(name),
		span_of(subject, (size_t)(blank - subject))) ||
	    !date_parse(span_str(blank + 1), until))
		return why_set(why, REASON_SIGNER_FACTS, -1,
		    "until: now, or a moment such as 2026-01-31T12:00:00Z");
	*key = ledger_key_find(l, name);
	if (*key == NULL || (*key)->order.purpose != PURPOSE_IDEVID_CA ||
	    key_state_over((*key)->state))
		return why_set(why, REASON_SIGNER_KEY, -1,
		    "no issuing CA %s is in use", name);
	if (*until - now > (int64_t)AWAKE_ACT_DAYS * SECONDS_A_DAY)
		return why_set(why, REASON_SIGNER_FACTS, -1,
		    "until: at most %d days ahead", AWAKE_ACT_DAYS);
	return REASON_OK;
}

bool
ledger_retire_read(
    const char *subject, char name[KEY_NAME_MAX + 1], const char **cause)
{
	const char *blank = strchr(subject, ' ');
	size_t len =
	    blank == NULL ? strlen(subject) : (size_t)(blank - subject);

	*cause = blank == NULL ? "" : blank + 1;
	return text_copy(name, KEY_NAME_MAX + 1, span_of(subject, len)) &&
	    (blank == NULL || key_cause_known(*cause));
}

/* Slot a stands in a serial that is not from here; b is one that we know of. */
static enum reason
check_foreign(const char *a, const char *b, bool ours, struct why *why)
{
	if (b[0] == '\0' || !token_alike(a, b) || (!ours && strcmp(a, b) == 0))
		return REASON_OK;
	return why_set(why, REASON_SERIAL_SLOT, -1,
	    "it reads like a serial of slot %s, which %s", b,
	    ours ? "is ours" : "was given away");
}

enum reason
ledger_serial_foreign(
    const struct ledger *l, const char *serial, struct why *why)
{
	char token[PRODUCT_TOKEN_MAX + 1], slot[SLOT_TOKEN_MAX + 1];
	enum reason r = REASON_OK;
	size_t i;

	for (i = 0; i < l->lines_len; i++)
		if (schemes_meet(l->lines[i].scheme, serial, true) &&
		    !schemes_meet(l->lines[i].scheme, serial, false))
			return why_set(why, REASON_SERIAL_SLOT, -1,
			    "it reads like a serial of product %.40s",
			    l->lines[i].product);
	if (!serial_reads_like_ours(serial, token, slot))
		return REASON_OK;
	for (i = 0; r == REASON_OK && i < l->keys_len; i++)
		r = check_foreign(slot, l->keys[i].order.slot, true, why);
	for (i = 0; r == REASON_OK && i < l->slots_len; i++)
		r = check_foreign(slot, l->slots[i].slot, false, why);
	return r;
}

const char *
key_end_word(unsigned value)
{
	return value == END_DESTROY ? "destroy" : "archive";
}

size_t
ledger_statement(const struct ledger *l, const struct ledger_key *k,
    enum key_end how, const uint8_t archive[HASH_SIZE], char out[STATEMENT_MAX])
{
	char signer[HEX_SIZE(16)], spki[HEX_SIZE(HASH_SIZE)];
	char copy[HEX_SIZE(HASH_SIZE)];
	int len;

	hex_encode(signer, span_of(l->signer, sizeof(l->signer)));
	hex_encode(spki, span_of(k->spki_sha256, HASH_SIZE));
	hex_encode(copy, span_of(archive, HASH_SIZE));
	len = snprintf(out, STATEMENT_MAX,
	    "hallmark key statement 1\n"
	    "act: %s\n"
	    "signer: %s\n"
	    "key: %s\n"
	    "slot: %s\n"
	    "generation: %u\n"
	    "spki-sha256: %s\n"
	    "issued: %llu\n"
	    "last-counter: %llu\n"
	    "archive-sha256: %s\n%s",
	    key_end_word(how), signer, k->order.name,
	    k->order.slot[0] == '\0' ? "-" : k->order.slot,
	    ledger_key_generation(l, k), spki,
	    (unsigned long long)k->count.issued,
	    (unsigned long long)k->last_counter,
	    how == END_ARCHIVE ? copy : "-",
	    how == END_DESTROY && k->copied ? "copied: yes\n" : "");
	return len > 0 && len < STATEMENT_MAX ? (size_t)len : 0;
}

size_t
ledger_act_statement(const uint8_t signer[16], const char *verb,
    const char *subject, uint64_t number, char out[STATEMENT_MAX])
{
	char hex[HEX_SIZE(16)];
	int len;

	hex_encode(hex, span_of(signer, 16));
	len = snprintf(out, STATEMENT_MAX,
	    "hallmark act statement 1\n"
	    "signer: %s\n"
	    "act: %s\n"
	    "subject: %s\n"
	    "number: %llu\n",
	    hex, verb, subject, (unsigned long long)number);
	return len > 0 && len < STATEMENT_MAX ? (size_t)len : 0;
}
