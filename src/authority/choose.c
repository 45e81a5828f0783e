/*
 * Which issuing CA signs the next unit (IP 4, R-3.6), and word of those that end
 * soon: by factory, else by product line, else in turn among all that
 * may. One that has little left leaves the line to its successor.
 */
#include "authority/authority.h"
#include "base/clock.h"
#include "base/log.h"
#include "model/serial.h"

/* Turns of this run come after all that records tell of. */
#define TURN_FIRST (UINT64_C(1) << 63)
#define RANK_FITS  8u /* above all that rank() says */

struct narrowest {
	const struct key_policy *policy;
	unsigned width;
};

static void
look_narrower(void *context, const struct product *p)
{
	struct narrowest *n = context;

	if (p->token[0] != '\0' && key_policy_product(n->policy, p->name) &&
	    (n->width == 0 || p->counter_width < n->width))
		n->width = p->counter_width;
}

/* As far as the narrowest counters go that it may sign. Few slots ever come to
 * where that matters, so the products are not asked for before. */
unsigned
ca_used(const struct authority *a, const struct ledger_key *k)
{
	struct narrowest n = { &k->order.policy, 0 };

	if (percent_of(k->last_counter, serial_counter_max(4)) >=
	    KEY_WARN_PERCENT)
		store_product_each(a->store, look_narrower, &n);
	return ledger_key_used(k, n.width, chain_now(a));
}

static struct key_use
use_of(const struct product *p)
{
	return (struct key_use){ SIGNED_IDEVID, p->name, NULL,
		p->scheme[0] != '\0' ? 0 : p->counter_width };
}

/* A key over its rate is still the one to ask: rates are kept, not dodged. */
static bool
may_sign(const struct authority *a, const struct ledger_key *k,
    const struct key_use *use)
{
	struct ledger_key calm = *k;

	calm.count.in_period = 0;
	return (use->counter_width == 0 ||
		   k->last_counter < serial_counter_max(use->counter_width)) &&
	    ledger_key_allows(&a->ledger, &calm, use, chain_now(a), NULL) ==
	    REASON_OK;
}

/* Can it give devices what they are to show (IP 4, IP 5)? */
static bool
fits(const struct key_entry *entry, const struct product *p)
{
	return profile_ca_fault(&p->profile,
		   span_of(entry->policy, entry->policy_len)) == NULL;
}

/* 0: not at all. One that may sign before one that may not, so that where none
 * may the signer says what is wrong; the product's own before any product's;
 * one with a life before it before one that ends. */
static unsigned
rank(const struct authority *a, const struct ledger_key *k, const char *factory,
    const struct product *product)
{
	const struct key_use use_ = use_of(product), *use = &use_;

	if (k->order.purpose != PURPOSE_IDEVID_CA ||
	    strcmp(k->order.factory, factory) != 0 ||
	    (k->state != KEY_ACTIVE && k->state != KEY_SIGNED) ||
	    !key_policy_product(&k->order.policy, use->product))
		return 0;
	if (k->state == KEY_SIGNED &&
	    !ledger_key_due(&a->ledger, k, use->counter_width, chain_now(a)))
		return 0;
	if (product->scheme[0] != '\0' &&
	    ledger_line_admits(&a->ledger, k, product->name, product->scheme,
		NULL) != REASON_OK)
		return 0;
	return 1u + (may_sign(a, k, use) ? 4u : 0u) +
	    (k->order.policy.products_len > 0 ? 2u : 0u) +
	    (ledger_key_used(k, use->counter_width, chain_now(a)) <
			KEY_SWITCH_PERCENT
		    ? 1u
		    : 0u);
}

/* One that fits before all that do not, and of those with the same rank the one whose
 * turn is longest ago. */
static struct key_entry *
best_of(struct authority *a, const char *factory, const struct product *product)
{
	struct key_entry *best = NULL, *entry;
	unsigned best_rank = 0, r;
	size_t i;

	for (i = 0; i < a->ledger.keys_len; i++) {
		r = rank(a, &a->ledger.keys[i], factory, product);
		if (r == 0)
			continue;
		entry = (struct key_entry *)(uintptr_t)key_by_name(
		    a, a->ledger.keys[i].order.name);
		if (entry == NULL)
			continue;
		r += fits(entry, product) ? RANK_FITS : 0;
		if (r < best_rank ||
		    (r == best_rank && entry->turn >= best->turn))
			continue;
		best = entry;
		best_rank = r;
	}
	return best;
}

const struct key_entry *
ca_choose(
    struct authority *a, const struct product *product, const char *factory)
{
	struct key_entry *best = NULL;

	if (factory[0] != '\0')
		best = best_of(a, factory, product);
	return best != NULL ? best : best_of(a, "", product);
}

enum reason
ca_pick(struct authority *a, const struct product *product, const char *factory,
    const struct key_entry **out, struct why *why)
{
	if ((*out = ca_choose(a, product, factory)) != NULL)
		return REASON_OK;
	log_alarm(
	    "ca-none", "product=\"%s\" factory=\"%s\"", product->name, factory);
	return why_set(why, REASON_CA_UNKNOWN, -1,
	    product->scheme[0] == '\0'
		? "%s"
		: "%s: with existing serials, none that another product may "
		  "have from the same CA",
	    product->name);
}

void
ca_turn(struct authority *a, struct pending *p, const struct key_entry *ca)
{
	struct key_entry *entry =
	    (struct key_entry *)(uintptr_t)key_by_name(a, ca->name);

	memcpy(p->key, ca->name, sizeof(p->key));
	p->turn_before = entry->turn;
	p->turn = entry->turn = TURN_FIRST + ++a->turns;
}

void
ca_turn_back(struct authority *a, const struct pending *p)
{
	struct key_entry *entry =
	    (struct key_entry *)(uintptr_t)key_by_name(a, p->key);

	if (p->turn != 0 && entry != NULL && entry->turn == p->turn)
		entry->turn = p->turn_before;
}

const struct key_entry *
ca_of_slot(const struct authority *a, const char *slot)
{
	const struct key_entry *found = NULL;
	size_t i;

	for (i = 0; i < a->ledger.keys_len; i++)
		if (slot[0] != '\0' &&
		    strcmp(a->ledger.keys[i].order.slot, slot) == 0)
			found = key_by_name(a, a->ledger.keys[i].order.name);
	return found;
}

enum reason
ca_of_serial(const struct authority *a, const char *serial,
    const struct product *product, const struct key_entry **out,
    uint64_t *counter, struct why *why)
{
	enum reason r =
	    why_set(why, REASON_SERIAL_SLOT, -1, "there is no issuing CA here");
	const char *slot = "";
	size_t i;

	for (i = a->ledger.keys_len; r == REASON_SERIAL_SLOT && i-- > 0;) {
		slot = a->ledger.keys[i].order.slot;
		if (slot[0] != '\0')
			r = serial_parse(
			    span_str(serial), product, slot, counter, why);
	}
	*out = r == REASON_OK ? ca_of_slot(a, slot) : NULL;
	/* The ledger knows it and the store does not: somebody edited that. */
	if (r == REASON_OK && *out == NULL)
		r = why_set(why, REASON_CA_UNKNOWN, -1, "slot %s", slot);
	return r;
}

bool
ca_may_sign(const struct authority *a, const struct key_entry *ca,
    const struct product *product)
{
	const struct key_use use = use_of(product);
	const struct ledger_key *k = ledger_key_find(&a->ledger, ca->name);

	return k != NULL && fits(ca, product) && may_sign(a, k, &use);
}

/* --- word before a limit --- */

static void
warn(const struct authority *a, const struct ledger_key *k, unsigned used)
{
	const struct ledger_key *next = ledger_key_successor(&a->ledger, k);
	int64_t end = key_policy_end(&k->order.policy, &k->count);
	char text[CLOCK_TEXT_SIZE] = "never";

	if (end != INT64_MAX)
		clock_print(text, end);
	log_warning("ca-limit",
	    "key=\"%s\" used=\"%u\" issued=\"%llu\" limit=\"%llu\" end=\"%s\" "
	    "successor=\"%s\"",
	    k->order.name, used, (unsigned long long)k->count.issued,
	    (unsigned long long)k->order.policy.limit, text,
	    next == NULL ? "" : next->order.name);
	if (next == NULL)
		log_alarm("ca-no-successor", "key=\"%s\" used=\"%u\"",
		    k->order.name, used);
}

/* 80, 95 and 100 percent, each said once. */
static unsigned
level_of(unsigned used)
{
	return used >= 100		 ? 3
	    : used >= KEY_SWITCH_PERCENT ? 2
	    : used >= KEY_WARN_PERCENT	 ? 1
					 : 0;
}

void
limits_tick(struct authority *a)
{
	unsigned i, used, level;

	for (i = 0; a->synced && i < a->keys_len; i++) {
		struct key_entry *entry = &a->keys[i];
		const struct ledger_key *k =
		    ledger_key_find(&a->ledger, entry->name);

		if (k == NULL || k->state != KEY_ACTIVE)
			continue;
		used = ca_used(a, k);
		level = level_of(used);
		if (level > entry->warned)
			warn(a, k, used);
		entry->warned = level;
	}
}

void
limits_status(const struct authority *a, struct json_out *o)
{
	const struct ledger_key *k, *next;
	unsigned used, listed = 0;
	size_t i;

	json_put_name(o, "ending-soon");
	json_begin_array(o);
	for (i = 0; i < a->ledger.keys_len && listed < KEYS_LISTED; i++) {
		k = &a->ledger.keys[i];
		used = ca_used(a, k);
		if (k->state != KEY_ACTIVE || used < KEY_WARN_PERCENT)
			continue;
		listed++;
		next = ledger_key_successor(&a->ledger, k);
		json_begin_object(o);
		json_add_text(o, "name", k->order.name);
		json_add_uint(o, "used-percent", used);
		json_add_optional(
		    o, "successor", next == NULL ? NULL : next->order.name);
		json_end_object(o);
	}
	json_end_array(o);
}
