/* Issuing CAs one after the other: who may be made, who may sign when, and that
 * no counter of a slot is ever taken twice. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "journal/ledger.h"
#include "samples.h"

#define DAY INT64_C(86400)

static struct ledger ledger;

static int
begin(void **state)
{
	(void)state;
	ledger_init(&ledger);
	ledger.sequence = 1;
	ledger.time = SAMPLE_TIME;
	return 0;
}

static int
end(void **state)
{
	(void)state;
	ledger_free(&ledger);
	return 0;
}

static enum reason
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

static struct record
ca(const char *name, const char *slot, const char *succeeds)
{
	struct record r = sample_key(PURPOSE_IDEVID_CA, name);

	strcpy(r.key.order.slot, slot);
	strcpy(r.key.order.succeeds, succeeds);
	key_policy_defaults(&r.key.order.policy, PURPOSE_IDEVID_CA);
	r.key.order.policy.limit = 20;
	return r;
}

static void
make(const char *name, const char *slot, const char *succeeds)
{
	assert_int_equal(
	    apply(ca(name, slot, succeeds), ledger.time), REASON_OK);
	assert_int_equal(apply(sample_ca(name), ledger.time), REASON_OK);
}

static enum reason
issue(const char *name, uint64_t counter, int64_t time)
{
	return apply(sample_idevid(name, counter), time);
}

static enum key_state
state_of(const char *name)
{
	return ledger_key_find(&ledger, name)->state;
}

/* Signed until the one before has 95 percent behind it; active from its first
 * signature on, and its months begin then. */
static void
by_count(void **state)
{
	uint64_t n;

	(void)state;
	make("a", "F1", "");
	make("b", "F2", "a");
	assert_int_equal(state_of("a"), KEY_ACTIVE);
	assert_int_equal(state_of("b"), KEY_SIGNED);
	for (n = 1; n <= 18; n++)
		assert_int_equal(issue("a", n, ledger.time), REASON_OK);
	assert_int_equal(issue("b", 1, ledger.time), REASON_JOURNAL_DAMAGED);
	assert_int_equal(issue("a", 19, ledger.time), REASON_OK);
	assert_int_equal(issue("b", 1, ledger.time + DAY), REASON_OK);
	assert_int_equal(state_of("b"), KEY_ACTIVE);
	assert_int_equal(
	    ledger_key_find(&ledger, "b")->count.activated, SAMPLE_TIME + DAY);
	assert_int_equal(issue("a", 20, ledger.time), REASON_OK);
	assert_int_equal(issue("a", 21, ledger.time), REASON_JOURNAL_DAMAGED);
	assert_ptr_equal(
	    ledger_key_successor(&ledger, ledger_key_find(&ledger, "a")),
	    ledger_key_find(&ledger, "b"));
}

/* 2023-11-14 and three months: 2024-02-14, 92 days; 95 percent are 87.4. */
static void
by_date(void **state)
{
	int64_t end = SAMPLE_TIME + 92 * DAY;

	(void)state;
	make("a", "F1", "");
	make("b", "F2", "a");
	assert_int_equal(
	    issue("b", 1, SAMPLE_TIME + 87 * DAY), REASON_JOURNAL_DAMAGED);
	assert_int_equal(issue("a", 1, end - 1), REASON_OK);
	assert_int_equal(issue("a", 2, end), REASON_JOURNAL_DAMAGED);
	assert_int_equal(issue("b", 1, end), REASON_OK);
	/* Its months count from then, not from its certificate. */
	assert_int_equal(issue("b", 2, end + 89 * DAY), REASON_OK);
	assert_int_equal(issue("b", 3, end + 90 * DAY), REASON_JOURNAL_DAMAGED);
}

/* A successor that is retired unused leaves its place to the next one. */
static void
in_line(void **state)
{
	(void)state;
	make("a", "F1", "");
	make("b", "F2", "a");
	make("c", "F3", "b");
	assert_int_equal(
	    apply(sample_act(LEDGER_VERB_RETIRE, "b"), ledger.time), REASON_OK);
	assert_int_equal(issue("c", 1, ledger.time), REASON_JOURNAL_DAMAGED);
	assert_ptr_equal(
	    ledger_key_successor(&ledger, ledger_key_find(&ledger, "a")),
	    ledger_key_find(&ledger, "c"));
	assert_int_equal(
	    apply(sample_act(LEDGER_VERB_RETIRE, "a"), ledger.time), REASON_OK);
	assert_int_equal(issue("a", 1, ledger.time), REASON_JOURNAL_DAMAGED);
	assert_int_equal(issue("c", 1, ledger.time), REASON_OK);
}

static enum reason
admits(const char *name, const char *slot, const char *succeeds)
{
	struct record r = ca(name, slot, succeeds);
	struct why why;

	return ledger_key_admits(&ledger, &r.key.order, &why);
}

/* A slot is one CA's, looks like nobody else's, and passes to one successor of
 * a retired one, which goes on behind its last counter (IP 5.2). */
static void
slots(void **state)
{
	(void)state;
	make("a", "F1", "");
	assert_int_equal(issue("a", 1, ledger.time), REASON_OK);
	assert_int_equal(issue("a", 3, ledger.time), REASON_OK);
	assert_int_equal(admits("a", "F2", ""), REASON_SIGNER_POLICY);
	assert_int_equal(admits("b", "F1", ""), REASON_SIGNER_POLICY);
	assert_int_equal(admits("b", "FI", ""), REASON_SIGNER_POLICY);
	assert_int_equal(admits("b", "FL", "a"), REASON_SIGNER_POLICY);
	assert_int_equal(admits("b", "F1", "a"), REASON_SIGNER_POLICY);
	assert_int_equal(admits("b", "F2", "x"), REASON_SIGNER_POLICY);
	assert_int_equal(
	    apply(sample_act(LEDGER_VERB_RETIRE, "a"), ledger.time), REASON_OK);
	assert_int_equal(admits("b", "F1", ""), REASON_SIGNER_POLICY);
	make("b", "F1", "a");
	assert_int_equal(
	    ledger_key_generation(&ledger, ledger_key_find(&ledger, "b")), 2);
	assert_int_equal(issue("b", 3, ledger.time), REASON_JOURNAL_DAMAGED);
	assert_int_equal(issue("b", 1, ledger.time), REASON_JOURNAL_DAMAGED);
	assert_int_equal(issue("b", 2, ledger.time), REASON_OK);
	assert_int_equal(issue("b", 4, ledger.time), REASON_OK);
	/* To one successor, not to two. */
	assert_int_equal(admits("c", "F1", "a"), REASON_SIGNER_POLICY);
}

/* What was given to a signer elsewhere is never given again, lost or not, and
 * goes over to a new signer identity. */
static void
given(void **state)
{
	const uint8_t signer[16] = { 9 };
	struct ledger next;
	struct ledger_slot s;
	struct why why;

	(void)state;
	make("a", "F1", "");
	assert_int_equal(
	    apply(sample_act(LEDGER_VERB_GIVE, "G1 Graz"), ledger.time),
	    REASON_OK);
	assert_int_equal(admits("g", "G1", ""), REASON_SIGNER_POLICY);
	assert_int_equal(admits("g", "GL", ""), REASON_SIGNER_POLICY);
	assert_int_equal(admits("g", "G2", ""), REASON_OK);
	assert_int_equal(
	    apply(sample_act(LEDGER_VERB_GIVE, "GI Linz"), ledger.time),
	    REASON_JOURNAL_DAMAGED);
	assert_int_equal(ledger_slot_read(&ledger, "F1 Linz", &s, &why),
	    REASON_SIGNER_POLICY);
	assert_int_equal(ledger_slot_read(&ledger, "g2 Linz", &s, &why),
	    REASON_SIGNER_FACTS);
	assert_int_equal(
	    ledger_slot_read(&ledger, "G2 ", &s, &why), REASON_SIGNER_FACTS);
	assert_int_equal(
	    ledger_slot_read(&ledger, "G2", &s, &why), REASON_SIGNER_FACTS);
	ledger_succeed(&ledger, signer, 0, ledger.time, &next);
	assert_int_equal(next.slots_len, 1);
	assert_string_equal(next.slots[0].to, "Graz");
	ledger_free(&next);
}

#define COUNTERS 3000

/* Against a table of all counters: whatever was signed is refused, whatever lies
 * in the window and was not is free. */
static void
counters(void **state)
{
	static bool used[COUNTERS + 1];
	struct ledger_key *k = NULL;
	struct record key = ca("a", "F1", "");
	uint64_t n, high = 0;
	struct why why;
	unsigned i;

	(void)state;
	key.key.order.policy.limit = 0;
	assert_int_equal(apply(key, ledger.time), REASON_OK);
	assert_int_equal(apply(sample_ca("a"), ledger.time), REASON_OK);
	srand(8366);
	for (i = 0; i < 4000; i++) {
		n = high + 40 > COUNTER_WINDOW + 80 && i % 3 != 0
		    ? high + 20 - (uint64_t)rand() % (COUNTER_WINDOW + 40)
		    : high + 1 + (uint64_t)rand() % 3;
		if (i % 500 == 0)
			n = high + COUNTER_WINDOW - 2 + i / 500 % 5;
		if (n > COUNTERS)
			break;
		k = ledger_key_find(&ledger, "a");
		assert_int_equal(ledger_counter_free(k, n, &why),
		    n > 0 && !used[n] &&
			    (n > high || high - n <= COUNTER_WINDOW)
			? REASON_OK
			: REASON_SERIAL_USED);
		if (ledger_counter_free(k, n, &why) != REASON_OK)
			continue;
		assert_int_equal(issue("a", n, ledger.time), REASON_OK);
		used[n] = true;
		high = n > high ? n : high;
	}
	assert_true(high > COUNTERS / 2);
	assert_int_equal(ledger_counter_free(k, UINT64_MAX, &why), REASON_OK);
	assert_int_equal(ledger_counter_free(k, 0, &why), REASON_SERIAL_USED);
}

/* A home that may have signed more than it knows: no counter of the window, and
 * the months of a successor have begun. */
static void
doubted(void **state)
{
	const uint8_t signer[16] = { 9 };
	struct ledger next;
	struct why why;

	(void)state;
	make("a", "F1", "");
	make("b", "F2", "a");
	assert_int_equal(issue("a", 600, ledger.time), REASON_OK);
	ledger_succeed(&ledger, signer, 0, ledger.time, &next);
	assert_int_equal(
	    ledger_counter_free(&next.keys[0], 300, &why), REASON_OK);
	ledger_free(&next);
	ledger_succeed(&ledger, signer, 5, ledger.time, &next);
	assert_int_equal(
	    ledger_counter_free(&next.keys[0], 605, &why), REASON_SERIAL_USED);
	assert_int_equal(
	    ledger_counter_free(&next.keys[0], 300, &why), REASON_SERIAL_USED);
	assert_int_equal(
	    ledger_counter_free(&next.keys[0], 606, &why), REASON_OK);
	assert_int_equal(next.keys[1].count.activated, ledger.time);
	assert_int_equal(next.keys[1].state, KEY_SIGNED);
	ledger_free(&next);
}

/* --- room --- */

/* A thousand slots, of letters that nobody takes for each other. */
static void
give_many(void)
{
	static const char letters[] = "ACDEFHJKMN";
	struct record r = sample_act(LEDGER_VERB_GIVE, "");
	unsigned i;

	for (i = 0; i < 1000; i++) {
		snprintf(r.act.subject, sizeof(r.act.subject),
		    "%c%c%c factory-%u", letters[i / 100], letters[i / 10 % 10],
		    letters[i % 10], i);
		assert_int_equal(apply(r, SAMPLE_TIME), REASON_OK);
	}
}

static size_t
checkpoint_size(void)
{
	static uint8_t room[RECORD_MAX];
	size_t len = 0;

	assert_true(ledger_write(&ledger, room, sizeof(room), &len));
	return len;
}

/* Voucher keys of their products, as they are rotated over the years. */
static void
many_keys(void **state)
{
	struct record r = sample_key(PURPOSE_VOUCHER, "x");
	struct key_policy *p = &r.key.order.policy;
	unsigned i;

	(void)state;
	give_many();
	key_policy_defaults(p, PURPOSE_VOUCHER);
	p->products_len = 1;
	for (i = 0; i < 300; i++) {
		snprintf(r.key.order.name, sizeof(r.key.order.name),
		    "voucher-2026-%u", i);
		snprintf(
		    p->products[0], sizeof(p->products[0]), "product-%u", i);
		assert_int_equal(apply(r, SAMPLE_TIME), REASON_OK);
	}
	assert_in_range(checkpoint_size(), 300 * 100, RECORD_MAX);
}

/* Keys until one is refused; what is there can then grow as far as it may. */
static void
room_ends(void **state)
{
	struct record r = ca("x", "", ""), policy = { 0 };
	struct key_policy *p = &r.key.order.policy;
	struct ledger_key *k;
	enum reason reason = REASON_OK;
	struct why why;
	unsigned i;

	(void)state;
	strcpy(r.key.order.slot, "");
	for (i = 0; reason == REASON_OK; i++) {
		assert_in_range(i, 0, LEDGER_KEYS_MAX);
		snprintf(r.key.order.name, sizeof(r.key.order.name),
		    "issuing-ca-of-long-name-%u", i);
		p->products_len = i % 2;
		memset(p->products[0], 'p', PRODUCT_NAME_MAX);
		reason = ledger_key_admits(&ledger, &r.key.order, &why);
		if (reason == REASON_OK)
			assert_int_equal(apply(r, SAMPLE_TIME), REASON_OK);
	}
	assert_int_equal(reason, REASON_SIGNER_POLICY);
	assert_non_null(strstr(why.text, "no room"));
	assert_int_equal(apply(r, SAMPLE_TIME), REASON_JOURNAL_DAMAGED);
	assert_in_range(ledger.keys_len, 100, LEDGER_KEYS_MAX);

	policy.kind = RECORD_POLICY;
	strcpy(policy.policy.order.name, ledger.keys[0].order.name);
	policy.policy.order.policy = *p;
	p = &policy.policy.order.policy;
	p->products_len = KEY_PRODUCTS_MAX;
	for (i = 0; i < KEY_PRODUCTS_MAX; i++) {
		memset(p->products[i], 'q', PRODUCT_NAME_MAX);
		p->products[i][0] = (char)('a' + i);
	}
	memset(p->serials, 'S', SERIAL_PATTERN_MAX);
	for (i = 0; i < 3; i++) {
		strcpy(policy.policy.order.name, ledger.keys[i].order.name);
		reason =
		    ledger_policy_admits(&ledger, &policy.policy.order, &why);
		if (reason == REASON_OK)
			assert_int_equal(apply(policy, SAMPLE_TIME), REASON_OK);
	}
	assert_int_equal(reason, REASON_SIGNER_POLICY);

	for (i = 0; i < ledger.keys_len; i++) {
		k = &ledger.keys[i];
		memset(k->certificate_sha256, 0xff, HASH_SIZE);
		k->count.activated = k->count.period = SAMPLE_TIME;
		k->count.issued = INT64_MAX;
		k->count.in_period = UINT32_MAX;
		k->last_counter = UINT64_MAX;
		k->last_record = k->end_record = INT64_MAX;
		memset(k->window, 0xff, sizeof(k->window));
		k->wrapped = true;
		k->ending = END_ARCHIVE;
		k->erased = WRAPPING_APART;
		k->state = KEY_ARCHIVED;
	}
	assert_in_range(checkpoint_size(), RECORD_MAX / 2, RECORD_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(by_count, begin, end),
		cmocka_unit_test_setup_teardown(by_date, begin, end),
		cmocka_unit_test_setup_teardown(in_line, begin, end),
		cmocka_unit_test_setup_teardown(slots, begin, end),
		cmocka_unit_test_setup_teardown(given, begin, end),
		cmocka_unit_test_setup_teardown(counters, begin, end),
		cmocka_unit_test_setup_teardown(doubted, begin, end),
		cmocka_unit_test_setup_teardown(many_keys, begin, end),
		cmocka_unit_test_setup_teardown(room_ends, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
