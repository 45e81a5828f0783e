/* Which voucher key signs (row 21) and which issuing CA (IP 4, R-3.6), by tables
 * of keys; and what is said of those that end soon. */
#include "world.h"

#include "../base/capture.h"
#include "base/clock.h"
#include "judge.h"
#include "model/serial.h"

/* NOW is a Tuesday, 22:13:20. */
#define TODAY	(NOW / SECONDS_A_DAY)
#define TUESDAY (1u << 1)

static struct ledger_key *
key(struct world *w, const char *name)
{
	struct ledger_key *k = ledger_key_find(&w->a->ledger, name);

	assert_non_null(k);
	return k;
}

static struct key_entry *
entry(struct world *w, const char *name)
{
	return (struct key_entry *)(uintptr_t)key_by_name(w->a, name);
}

/* As the journal has it; and as the store has it. */
static struct ledger_key *
only_journal(struct world *w, enum key_purpose purpose, const char *name)
{
	struct ledger_key k = { .state = KEY_ACTIVE };

	k.order.purpose = purpose;
	strcpy(k.order.name, name);
	key_policy_defaults(&k.order.policy, purpose);
	k.order.policy.limit = 100;
	k.order.policy.months = 0;
	assert_true(ledger_key_push(&w->a->ledger, &k));
	return key(w, name);
}

static struct ledger_key *
add(struct world *w, enum key_purpose purpose, const char *name)
{
	struct authority *a = w->a;
	struct key_entry *e;

	if (a->keys_len == a->keys_room) {
		a->keys_room += 64;
		a->keys = realloc(a->keys, a->keys_room * sizeof(*a->keys));
		assert_non_null(a->keys);
	}
	e = &a->keys[a->keys_len++];
	memset(e, 0, sizeof(*e));
	e->purpose = purpose;
	strcpy(e->name, name);
	keys_sort(a);
	return only_journal(w, purpose, name);
}

static struct ledger_key *
add_ca(struct world *w, const char *name)
{
	return add(w, PURPOSE_IDEVID_CA, name);
}

static void
only_for(struct ledger_key *k, const char *product)
{
	k->order.policy.products_len = 1;
	strcpy(k->order.policy.products[0], product);
}

/* NULL: none. */
static void
is_named(const struct key_entry *e, const char *expected)
{
	if (expected == NULL)
		assert_null(e);
	else if (e == NULL)
		fail_msg("none instead of %s", expected);
	else
		assert_string_equal(e->name, expected);
}

/* --- voucher keys --- */

static void
signs_kind(struct world *w, enum signed_kind kind, const char *expected)
{
	const struct key_use use = {
		.kind = kind, .product = "router-9", .serial = "AR9-F1-000001"
	};

	is_named(key_for(w->a, &use), expected);
}

static void
signs(struct world *w, const char *expected)
{
	signs_kind(w, SIGNED_NONCED, expected);
}

/* One for all; then the newest of those for all; a product's own before these,
 * never another product's. */
static void
own_first(void **state)
{
	struct world *w = *state;

	signs(w, NULL);
	only_for(add(w, PURPOSE_VOUCHER, "lamp"), "lamp-2");
	signs(w, NULL);
	add(w, PURPOSE_VOUCHER, "all-1");
	signs(w, "all-1");
	only_for(add(w, PURPOSE_VOUCHER, "own-1"), "router-9");
	signs(w, "own-1");
	only_for(add(w, PURPOSE_VOUCHER, "own-2"), "router-9");
	add(w, PURPOSE_VOUCHER, "all-2");
	only_for(add(w, PURPOSE_VOUCHER, "router-90"), "router-90");
	signs(w, "own-2");
	key(w, "own-2")->state = KEY_RETIRED;
	signs(w, "own-1");
	key(w, "own-1")->state = KEY_RETIRED;
	signs(w, "all-2");
	/* Its second product counts as well. */
	key(w, "lamp")->order.policy.products_len = 2;
	strcpy(key(w, "lamp")->order.policy.products[1], "router-9");
	signs(w, "lamp");
}

/* What makes "own" a key that may not sign this now, one thing at a time. */
static void
set_limit(struct world *w, struct ledger_key *k)
{
	(void)w;
	k->count.issued = k->order.policy.limit;
}

static void
set_tomorrow(struct world *w, struct ledger_key *k)
{
	(void)w;
	k->order.policy.first_day = TODAY + 1;
}

static void
set_yesterday(struct world *w, struct ledger_key *k)
{
	(void)w;
	k->order.policy.last_day = TODAY - 1;
}

static void
set_months(struct world *w, struct ledger_key *k)
{
	(void)w;
	k->order.policy.months = 1;
	k->count.activated = NOW - 31 * SECONDS_A_DAY;
}

static void
set_asleep(struct world *w, struct ledger_key *k)
{
	(void)w;
	k->order.policy.awake_days = AWAKE_FULL & ~TUESDAY;
	k->order.policy.awake_from = 0;
	k->order.policy.awake_to = MINUTES_A_DAY;
}

static void
set_kinds(struct world *w, struct ledger_key *k)
{
	(void)w;
	k->order.policy.kinds = SIGNED_NONCELESS;
}

static void
set_serials(struct world *w, struct ledger_key *k)
{
	(void)w;
	strcpy(k->order.policy.serials, "AR9-F2-*");
}

static void
set_expired(struct world *w, struct ledger_key *k)
{
	entry(w, k->order.name)->not_after = NOW - 1;
}

/* It is then left for one that may, although that is for any product; where none
 * may it is asked, so that it says what is wrong. */
static void
able_first(void **state)
{
	static void (*const unable[])(struct world *,
	    struct ledger_key *) = { set_limit, set_tomorrow, set_yesterday,
		set_months, set_asleep, set_kinds, set_serials, set_expired };
	struct world *w = *state;
	struct ledger_key own, all;
	size_t i;

	only_for(add(w, PURPOSE_VOUCHER, "own"), "router-9");
	add(w, PURPOSE_VOUCHER, "all");
	own = *key(w, "own");
	all = *key(w, "all");
	for (i = 0; i < sizeof(unable) / sizeof(*unable); i++) {
		signs(w, "own");
		unable[i](w, key(w, "own"));
		signs(w, "all");
		unable[i](w, key(w, "all"));
		signs(w, "own");
		*key(w, "own") = own;
		*key(w, "all") = all;
		entry(w, "own")->not_after = entry(w, "all")->not_after = 0;
	}
	/* At the edges it may. */
	key(w, "own")->count.issued = 99;
	key(w, "own")->order.policy.first_day = TODAY;
	key(w, "own")->order.policy.last_day = TODAY;
	key(w, "own")->order.policy.awake_days = TUESDAY;
	key(w, "own")->order.policy.awake_to = MINUTES_A_DAY;
	strcpy(key(w, "own")->order.policy.serials, "AR9-F1-*");
	entry(w, "own")->not_after = NOW + 3600;
	signs(w, "own");
}

/* A rate is kept, not dodged: the key is asked all the same. */
static void
over_rate(void **state)
{
	struct world *w = *state;
	struct ledger_key *k;

	only_for(add(w, PURPOSE_VOUCHER, "own"), "router-9");
	add(w, PURPOSE_VOUCHER, "all");
	k = key(w, "own");
	k->order.policy.rate = 1;
	k->order.policy.period = SECONDS_A_DAY;
	k->count.in_period = 1;
	k->count.period = TODAY * SECONDS_A_DAY;
	signs(w, "own");
	add_ca(w, "ca");
	k = key(w, "ca");
	k->order.policy.rate = 1;
	k->order.policy.period = SECONDS_A_DAY;
	k->count.in_period = 1;
	k->count.period = TODAY * SECONDS_A_DAY;
	assert_true(ca_may_sign(w->a, entry(w, "ca"),
	    &(struct product){ .name = "router-9", .counter_width = 6 }));
}

/* By purpose; active; and known to the store. */
static void
fit_to_sign(void **state)
{
	static const enum key_state others[] = { KEY_REQUESTED, KEY_SIGNED,
		KEY_RETIRED, KEY_ARCHIVED, KEY_DESTROYED };
	struct world *w = *state;
	size_t i;

	add(w, PURPOSE_VOUCHER, "voucher");
	add(w, PURPOSE_MANIFEST, "manifest");
	add_ca(w, "ca");
	only_journal(w, PURPOSE_VOUCHER, "unknown");
	signs(w, "voucher");
	signs_kind(w, SIGNED_NONCELESS, "voucher");
	signs_kind(w, SIGNED_IDEVID, "ca");
	signs_kind(w, SIGNED_MANIFEST, "manifest");
	for (i = 0; i < sizeof(others) / sizeof(*others); i++) {
		key(w, "voucher")->state = others[i];
		signs(w, NULL);
	}
}

#define ROTATING 200

/* One key a day, each for its day. */
static void
rotating(void **state)
{
	struct world *w = *state;
	struct ledger_key *k;
	char name[KEY_NAME_MAX + 1];
	unsigned i;

	for (i = 0; i < ROTATING; i++) {
		snprintf(name, sizeof(name), "day-%u", i);
		k = add(w, PURPOSE_VOUCHER, name);
		k->order.policy.first_day = k->order.policy.last_day =
		    TODAY + i;
	}
	for (i = 0; i < ROTATING; i += 7) {
		snprintf(name, sizeof(name), "day-%u", i);
		clock_set_test((TODAY + i) * (int64_t)SECONDS_A_DAY + 5);
		signs(w, name);
		clock_set_test((TODAY + i) * (int64_t)SECONDS_A_DAY + 86000);
		signs(w, name);
	}
	/* By the last record's time where the clock is behind it, as the signer judges. */
	clock_set_test(TODAY * (int64_t)SECONDS_A_DAY + 86390);
	w->a->ledger.time = (TODAY + 1) * (int64_t)SECONDS_A_DAY + 5;
	signs(w, "day-1");
	/* All are over: the last one says so. */
	clock_set_test((TODAY + ROTATING) * (int64_t)SECONDS_A_DAY);
	signs(w, "day-199");
}

/* What an own CA is to an alarm. */
static void
own_cas(void **state)
{
	struct world *w = *state;
	struct issuer i = { ISSUER_KEY_ID, 20, { 7 } };

	add_ca(w, "a");
	add(w, PURPOSE_VOUCHER, "v");
	assert_false(key_is_own_ca(w->a, &i));
	memcpy(entry(w, "a")->key_id, i.bytes, 20);
	memcpy(entry(w, "v")->key_id, i.bytes, 20);
	entry(w, "v")->key_id_len = 20;
	assert_false(key_is_own_ca(w->a, &i));
	entry(w, "a")->key_id_len = 20;
	assert_true(key_is_own_ca(w->a, &i));
	i.kind = ISSUER_NAME;
	assert_false(key_is_own_ca(w->a, &i));
	i.kind = ISSUER_KEY_ID;
	i.bytes[19] ^= 1;
	assert_false(key_is_own_ca(w->a, &i));
	i.len = 0;
	entry(w, "a")->key_id_len = 0;
	assert_false(key_is_own_ca(w->a, &i));
}

/* --- issuing CAs --- */

static const struct product router = {
	.name = "router-9", .token = "AR9", .counter_width = 6
};

static void
issues_for(struct world *w, const struct product *p, const char *factory,
    const char *expected)
{
	is_named(ca_choose(w->a, p, factory), expected);
}

static void
issues(struct world *w, const char *expected)
{
	issues_for(w, &router, "", expected);
}

/* No CA: the same word for whoever asks, with the reason why. */
static void
none_issues(void **state)
{
	struct world *w = *state;
	struct product lamp = { .name = "lamp-1",
		.scheme = "00-D0-E5-%%-%%-%%",
		.counter_width = 6 };
	const struct key_entry *e = entry(w, "none");
	struct why why;

	add(w, PURPOSE_VOUCHER, "voucher");
	only_for(add_ca(w, "lamp"), "lamp-2");
	only_journal(w, PURPOSE_IDEVID_CA, "unknown");
	issues(w, NULL);
	assert_int_equal(
	    ca_pick(w->a, &router, "", &e, &why), REASON_CA_UNKNOWN);
	assert_string_equal(why.text, "router-9");
	assert_int_equal(ca_pick(w->a, &lamp, "", &e, &why), REASON_CA_UNKNOWN);
	assert_non_null(strstr(why.text, "lamp-1: with existing serials"));
	add_ca(w, "a");
	assert_int_equal(ca_pick(w->a, &router, "", &e, &why), REASON_OK);
	assert_string_equal(e->name, "a");
}

/* Of a factory: for what it orders alone, and before all others there. */
static void
by_factory(void **state)
{
	struct world *w = *state;

	strcpy(add_ca(w, "graz")->order.factory, "Graz");
	issues(w, NULL);
	issues_for(w, &router, "Linz", NULL);
	issues_for(w, &router, "Graz", "graz");
	only_for(add_ca(w, "own"), "router-9");
	issues(w, "own");
	issues_for(w, &router, "Linz", "own");
	issues_for(w, &router, "Graz", "graz");
	/* Where it has none for the product, the others do. */
	only_for(key(w, "graz"), "lamp-2");
	issues_for(w, &router, "Graz", "own");
}

/* One that may sign, the product's own, one that has life before it: in this
 * order, and each alone decides. Of two that are alike the first. */
static void
by_rank(void **state)
{
	struct world *w = *state;
	struct ledger_key *all;

	add_ca(w, "all-1");
	add_ca(w, "all-2");
	issues(w, "all-1");
	all = key(w, "all-1");
	all->count.issued = 94;
	issues(w, "all-1");
	all->count.issued = 95; /* of 100 */
	issues(w, "all-2");
	only_for(add_ca(w, "own"), "router-9");
	issues(w, "own");
	key(w, "own")->count.issued = 99; /* its own still */
	issues(w, "own");
	key(w, "own")->count.issued = 100;
	issues(w, "all-2");
	key(w, "all-2")->count.issued = 100;
	issues(w, "all-1");
	/* None may: the product's own says so. */
	key(w, "all-1")->count.issued = 100;
	issues(w, "own");
}

/* By time: days, months, hours; by the clock or the chain, whichever is later. */
static void
by_time(void **state)
{
	struct world *w = *state;
	struct ledger_key *own;

	only_for(add_ca(w, "own"), "router-9");
	add_ca(w, "all");
	own = key(w, "own");
	own->order.policy.last_day = TODAY;
	issues(w, "own");
	w->a->ledger.time = (TODAY + 1) * (int64_t)SECONDS_A_DAY;
	issues(w, "all");
	own->order.policy.last_day = TODAY + 1;
	issues(w, "own");
	clock_set_test((TODAY + 2) * (int64_t)SECONDS_A_DAY);
	issues(w, "all");
	clock_set_test(NOW);
	w->a->ledger.time = NOW;
	own->order.policy.last_day = 0;
	own->order.policy.awake_days = AWAKE_FULL & ~TUESDAY;
	own->order.policy.awake_to = MINUTES_A_DAY;
	issues(w, "all");
	own->count.awake_until = NOW + 3600;
	issues(w, "own");
}

/* All counters of a product's digits are used: it may not sign for that one, but
 * for more digits, and for serials that are there already. */
static void
by_counter(void **state)
{
	struct world *w = *state;
	struct product lamp = { .name = "lamp-1",
		.scheme = "00-D0-E5-%%-%%-%%",
		.counter_width = 6 };
	struct product longer = router;

	longer.counter_width = 12;
	only_for(add_ca(w, "own"), "router-9");
	add_ca(w, "all");
	strcpy(key(w, "own")->order.policy.products[1], "lamp-1");
	key(w, "own")->order.policy.products_len = 2;
	key(w, "own")->last_counter = serial_counter_max(6) - 1;
	issues(w, "own");
	key(w, "own")->last_counter++;
	issues(w, "all");
	assert_false(ca_may_sign(w->a, entry(w, "own"), &router));
	issues_for(w, &longer, "", "own");
	issues_for(w, &lamp, "", "own");
	assert_true(ca_may_sign(w->a, entry(w, "own"), &lamp));
	/* Among the product's own the one whose counters have life before
	 * them. */
	only_for(add_ca(w, "next"), "router-9");
	issues(w, "next");
	key(w, "own")->last_counter = serial_counter_max(6) / 100 * 96;
	issues(w, "next");
	key(w, "own")->last_counter = serial_counter_max(6) / 100 * 90;
	issues(w, "own");
}

/* A successor waits for the end of the one before it, by the product's digits,
 * and is the one then. */
static void
by_succession(void **state)
{
	struct world *w = *state;
	struct product shorter = router;

	shorter.counter_width = 4;
	add_ca(w, "first");
	strcpy(add_ca(w, "second")->order.succeeds, "first");
	key(w, "second")->state = KEY_SIGNED;
	only_for(key(w, "second"), "router-9");
	issues(w, "first"); /* although the other is the product's own */
	set_asleep(w, key(w, "first"));
	issues(w, "first"); /* and says that it sleeps */
	key(w, "first")->order.policy.awake_days = 0;
	key(w, "first")->order.policy.awake_to = 0;
	key(w, "first")->last_counter = serial_counter_max(4) / 100 * 96;
	issues(w, "first");
	issues_for(w, &shorter, "", "second");
	key(w, "first")->count.issued = 95;
	issues(w, "second");
	key(w, "first")->state = KEY_RETIRED;
	issues(w, "second");
	key(w, "second")->state = KEY_REQUESTED;
	issues(w, NULL);
	key(w, "second")->state = KEY_DESTROYED;
	issues(w, NULL);
}

/* Where two products may have the same serial no CA signs for both (IP 5.2). */
static void
by_scheme(void **state)
{
	struct world *w = *state;
	struct product lamp = { .name = "lamp-1",
		.scheme = "00-D0-E5-%%-%%-%%",
		.counter_width = 6 };

	add_ca(w, "a");
	add_ca(w, "b");
	key(w, "b")->count.issued = 95; /* the worse one */
	issues_for(w, &lamp, "", "a");
	ledger_number_take(
	    &w->a->ledger, key(w, "a"), "lamp-2", lamp.scheme, 5);
	issues_for(w, &lamp, "", "b");
	issues(w, "a");
	ledger_number_take(
	    &w->a->ledger, key(w, "b"), "lamp-2", lamp.scheme, 6);
	issues_for(w, &lamp, "", NULL);
}

/* One that can give what the product's devices show, before all else that ranks; where
 * none can, the one that ranks says so (IP 4, IP 5). */
static void
by_profile(void **state)
{
	/* 1.3.6.1.4.1.32473.5 */
	static const uint8_t ours[] = { 0x2b, 6, 1, 4, 1, 0x81, 0xfd, 0x59, 5 };
	struct world *w = *state;
	struct product p = router;

	only_for(add_ca(w, "own"), "router-9");
	add_ca(w, "all");
	issues(w, "own");
	p.profile.issuance_policy = true;
	issues_for(w, &p, "", "own");
	assert_false(ca_may_sign(w->a, entry(w, "own"), &p));
	memcpy(entry(w, "all")->policy, ours, sizeof(ours));
	entry(w, "all")->policy_len = sizeof(ours);
	issues_for(w, &p, "", "all");
	assert_true(ca_may_sign(w->a, entry(w, "all"), &p));
	issues(w, "own");
	/* And says that it may not now, rather than the other that it never can. */
	key(w, "all")->count.issued = 100;
	issues_for(w, &p, "", "all");
	key(w, "all")->count.issued = 0;
	/* A hwType of the same enterprise, and of another one. */
	only_for(key(w, "all"), "router-9");
	key(w, "own")->count.issued = 95;
	p.profile.issuance_policy = false;
	strcpy(p.profile.hw_type, "1.3.6.1.4.1.32473.7.1");
	issues_for(w, &p, "", "all");
	strcpy(p.profile.hw_type, "1.3.6.1.4.1.32474.7.1");
	issues_for(w, &p, "", "own");
	p.profile.issuance_policy = true;
	assert_false(ca_may_sign(w->a, entry(w, "own"), &p));
	assert_false(ca_may_sign(w->a, entry(w, "all"), &p));
}

static void
take_turn(struct world *w, struct pending *p, const char *expected)
{
	const struct key_entry *e = ca_choose(w->a, &router, "");

	assert_string_equal(e->name, expected);
	ca_turn(w->a, p, e);
	assert_string_equal(p->key, expected);
}

/* One after the other, from the one that records saw last on; a turn that came
 * to nothing is given back, unless another one was taken since. */
static void
in_turn(void **state)
{
	struct world *w = *state;
	struct pending p = { .used = true }, q = p, none = p;

	add_ca(w, "a");
	add_ca(w, "b");
	add_ca(w, "c");
	entry(w, "a")->turn = 30;
	entry(w, "b")->turn = 10;
	entry(w, "c")->turn = 20;
	/* For another product; it stands where it stood. */
	ca_turn(w->a, &p, entry(w, "a"));
	ca_turn_back(w->a, &p);
	take_turn(w, &p, "b");
	take_turn(w, &p, "c");
	take_turn(w, &p, "a");
	take_turn(w, &p, "b");
	ca_turn_back(w->a, &p);
	take_turn(w, &p, "b");
	take_turn(w, &q, "c");
	ca_turn_back(w->a, &p); /* in any order */
	take_turn(w, &p, "b");
	take_turn(w, &p, "a");
	take_turn(w, &q, "c");
	take_turn(w, &q, "b");
	take_turn(w, &q, "a");
	ca_turn_back(w->a, &p); /* a was taken since */
	take_turn(w, &q, "c");
	none.turn = 1;
	strcpy(none.key, "nobody");
	ca_turn_back(w->a, &none);
}

/* --- slots --- */

static void
slots(void **state)
{
	struct world *w = *state;
	const struct key_entry *e = NULL;
	struct product p = router;
	uint64_t counter = 0;
	struct why why;

	add(w, PURPOSE_VOUCHER, "voucher"); /* has no slot */
	assert_int_equal(
	    ca_of_serial(w->a, "AR9-F1-000007", &p, &e, &counter, &why),
	    REASON_SERIAL_SLOT);
	assert_string_equal(why.text, "there is no issuing CA here");
	assert_null(ca_of_slot(w->a, ""));
	strcpy(add_ca(w, "f1")->order.slot, "F1");
	strcpy(add_ca(w, "f2")->order.slot, "F2");
	strcpy(add_ca(w, "f1-next")->order.slot, "F1");
	assert_ptr_equal(ca_of_slot(w->a, "F2"), entry(w, "f2"));
	assert_ptr_equal(ca_of_slot(w->a, "F1"), entry(w, "f1-next"));
	assert_null(ca_of_slot(w->a, "F3"));
	assert_null(ca_of_slot(w->a, ""));
	assert_int_equal(
	    ca_of_serial(w->a, "AR9-F1-000007", &p, &e, &counter, &why),
	    REASON_OK);
	assert_ptr_equal(e, entry(w, "f1-next"));
	assert_int_equal(counter, 7);
	assert_int_equal(
	    ca_of_serial(w->a, "AR9-F2-000008", &p, &e, &counter, &why),
	    REASON_OK);
	assert_ptr_equal(e, entry(w, "f2"));
	assert_int_equal(counter, 8);
	assert_int_equal(
	    ca_of_serial(w->a, "AR9-F3-000007", &p, &e, &counter, &why),
	    REASON_SERIAL_SLOT);
	assert_null(e);
	assert_int_equal(
	    ca_of_serial(w->a, "AR9-F1-00000U", &p, &e, &counter, &why),
	    REASON_SERIAL_SYNTAX);
	assert_null(e);
	/* Somebody took it out of the store. */
	strcpy(only_journal(w, PURPOSE_IDEVID_CA, "gone")->order.slot, "F4");
	assert_int_equal(
	    ca_of_serial(w->a, "AR9-F4-000007", &p, &e, &counter, &why),
	    REASON_CA_UNKNOWN);
	assert_string_equal(why.text, "slot F4");
	/* Nor does one sign that no journal knows. */
	w->a->keys_len++;
	memset(&w->a->keys[w->a->keys_len - 1], 0, sizeof(*w->a->keys));
	assert_false(
	    ca_may_sign(w->a, &w->a->keys[w->a->keys_len - 1], &router));
}

/* --- word before a limit --- */

static void
product(struct world *w, const char *name, const char *token, unsigned width)
{
	struct product p;

	product_defaults(&p);
	strcpy(p.name, name);
	strcpy(p.token, token);
	p.import_only = token[0] == '\0';
	p.counter_width = width;
	assert_true(store_product_put(w->a->store, &p));
}

/* By the narrowest counters that it may sign, from 80 percent of 4 digits on. */
static void
used_counters(void **state)
{
	struct world *w = *state;
	struct ledger_key *k = add_ca(w, "a");

	product(w, "router-9", "AR9", 6);
	product(w, "camera-1", "CAM", 5);
	product(w, "lamp-1", "LMP", 4);
	product(w, "other-1", "", 4); /* has no counters */
	k->last_counter = serial_counter_max(4) / 100 * 79;
	assert_int_equal(ca_used(w->a, k), 0);
	k->last_counter = serial_counter_max(4) / 100 * 81 + 20;
	assert_int_equal(ca_used(w->a, k), 80);
	k->last_counter = serial_counter_max(4);
	assert_int_equal(ca_used(w->a, k), 100);
	only_for(k, "camera-1");
	assert_int_equal(ca_used(w->a, k), 3);
	k->last_counter = serial_counter_max(5);
	assert_int_equal(ca_used(w->a, k), 100);
	only_for(k, "router-9");
	assert_int_equal(ca_used(w->a, k), 3);
	only_for(k, "other-1");
	assert_int_equal(ca_used(w->a, k), 0);
	k->count.issued = 40;
	assert_int_equal(ca_used(w->a, k), 40);
	/* By time, of the chain. */
	k->order.policy.months = 1;
	k->count.activated = NOW;
	w->a->ledger.time = NOW + 29 * SECONDS_A_DAY;
	assert_int_equal(ca_used(w->a, k), 96);
}

static struct world *heard;

static void
tick(void)
{
	limits_tick(heard->a);
}

/* What the next tick says, and then it has been said. */
static void
says(struct world *w, const char *limit, const char *alarm)
{
	char text[2000];

	heard = w;
	assert_int_equal(capture(tick, text, sizeof(text)), 0);
	if (limit == NULL && text[0] != '\0')
		fail_msg("it says %s", text);
	if (limit != NULL && strstr(text, limit) == NULL)
		fail_msg("no %s in %s", limit, text);
	if (alarm != NULL)
		assert_non_null(strstr(text, alarm));
	else
		assert_null(strstr(text, "ca-no-successor"));
	limits_tick(w->a);
}

/* At 80, 95 and 100 percent, once each. */
static void
told_once(void **state)
{
	struct world *w = *state;
	struct ledger_key *k = add_ca(w, "a");

	k->count.issued = 79;
	w->a->synced = true;
	says(w, NULL, NULL);
	k->count.issued = 80;
	w->a->synced = false;
	says(w, NULL, NULL);
	w->a->synced = true;
	says(w,
	    "ca-limit key=\"a\" used=\"80\" issued=\"80\" limit=\"100\" "
	    "end=\"never\" successor=\"\"",
	    "ca-no-successor key=\"a\" used=\"80\"");
	k->count.issued = 94;
	says(w, NULL, NULL);
	strcpy(add_ca(w, "b")->order.succeeds, "a");
	k = key(w, "a");
	key(w, "b")->state = KEY_SIGNED;
	k->count.issued = 95;
	k->count.activated = NOW;
	k->order.policy.last_day = TODAY + 90;
	says(w,
	    "used=\"95\" issued=\"95\" limit=\"100\" "
	    "end=\"2024-02-13T00:00:00Z\" successor=\"b\"",
	    NULL);
	k->count.issued = 99;
	says(w, NULL, NULL);
	k->count.issued = 100;
	says(w, "used=\"100\"", NULL);
	says(w, NULL, NULL);
	/* A new limit, and it begins again. */
	k->order.policy.limit = 1000;
	says(w, NULL, NULL);
	k->order.policy.limit = 100;
	says(w, "used=\"100\"", NULL);
	k->order.policy.limit = 1000;
	says(w, NULL, NULL);
	k->order.policy.limit = 100;
	k->state = KEY_RETIRED;
	says(w, NULL, NULL);
	only_journal(w, PURPOSE_IDEVID_CA, "elsewhere")->count.issued = 99;
	says(w, NULL, NULL);
}

static const char *
status(struct world *w)
{
	static char text[1000];
	struct json_out o;
	struct span span;

	json_out_open(&o, text, sizeof(text) - 1);
	json_begin_object(&o);
	limits_status(w->a, &o);
	json_end_object(&o);
	assert_int_equal(json_out_span(&o, &span), WIRE_OK);
	text[span.len] = '\0';
	return text;
}

static void
ending_soon(void **state)
{
	struct world *w = *state;

	add_ca(w, "a");
	key(w, "a")->count.issued = 79;
	strcpy(add_ca(w, "b")->order.succeeds, "a");
	key(w, "b")->state = KEY_SIGNED;
	key(w, "b")->count.issued = 90; /* of a life before this one */
	assert_string_equal(status(w), "{\"ending-soon\":[]}");
	key(w, "a")->count.issued = 80;
	add(w, PURPOSE_VOUCHER, "v");
	key(w, "v")->count.issued = 99;
	assert_string_equal(text_at(status(w), "ending-soon.0.name"), "a");
	assert_string_equal(
	    text_at(status(w), "ending-soon.0.used-percent"), "80");
	assert_string_equal(text_at(status(w), "ending-soon.0.successor"), "b");
	assert_string_equal(text_at(status(w), "ending-soon.1.name"), "v");
	assert_string_equal(
	    text_at(status(w), "ending-soon.1.successor"), "null");
	assert_string_equal(text_at(status(w), "ending-soon.2"), "absent");
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, world_open, world_close)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(own_first),
		TEST(able_first),
		TEST(over_rate),
		TEST(fit_to_sign),
		TEST(rotating),
		TEST(own_cas),
		TEST(none_issues),
		TEST(by_factory),
		TEST(by_rank),
		TEST(by_time),
		TEST(by_counter),
		TEST(by_succession),
		TEST(by_scheme),
		TEST(by_profile),
		TEST(in_turn),
		TEST(slots),
		TEST(used_counters),
		TEST(told_once),
		TEST(ending_soon),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
