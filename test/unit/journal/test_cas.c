/* Issuing CAs one after the other: who may be made, who may sign when, and that
 * no counter of a slot is ever taken twice. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>

#include "applied.h"

#define DAY INT64_C(86400)

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

static enum reason
issue_serial(const char *name, const char *serial, uint64_t counter)
{
	struct record r = sample_idevid(name, counter);

	strcpy(r.idevid.device.serial, serial);
	return apply(r, ledger.time);
}

/* 95 percent of the counters of four digits are over at 996147; who asks for six
 * digits stays. */
static void
by_counter(void **state)
{
	(void)state;
	make("a", "F1", "");
	make("b", "F2", "a");
	assert_int_equal(issue_serial("a", "AR9-F1-YCTJ", 996146), REASON_OK);
	assert_int_equal(
	    issue_serial("b", "AR9-F2-0001", 1), REASON_JOURNAL_DAMAGED);
	assert_int_equal(issue_serial("a", "AR9-F1-YCTK", 996147), REASON_OK);
	assert_int_equal(
	    issue_serial("b", "AR9-F2-000001", 1), REASON_JOURNAL_DAMAGED);
	assert_int_equal(issue_serial("b", "AR9-F2-0001", 1), REASON_OK);
	assert_int_equal(state_of("b"), KEY_ACTIVE);
	assert_int_equal(issue_serial("a", "AR9-F1-00YCTM", 996148), REASON_OK);
}

/* By an act only: until its moment, and not a second longer; put to sleep by one
 * that is past. */
static void
awake_by_act(void **state)
{
	struct record r = ca("a", "F1", "");
	char act[64];

	(void)state;
	r.key.order.policy.awake_days = AWAKE_BY_ACT;
	assert_int_equal(apply(r, ledger.time), REASON_OK);
	assert_int_equal(apply(sample_ca("a"), ledger.time), REASON_OK);
	assert_int_equal(issue("a", 1, SAMPLE_TIME), REASON_JOURNAL_DAMAGED);
	/* SAMPLE_TIME is 2023-11-14T22:13:20Z. */
	strcpy(act, "a 2023-11-14T23:00:00Z");
	assert_int_equal(
	    apply(sample_act(LEDGER_VERB_AWAKE, act), SAMPLE_TIME), REASON_OK);
	assert_int_equal(issue("a", 1, SAMPLE_TIME + 2799), REASON_OK);
	assert_int_equal(
	    issue("a", 2, SAMPLE_TIME + 2800), REASON_JOURNAL_DAMAGED);
	assert_int_equal(
	    apply(sample_act(LEDGER_VERB_AWAKE, "a 2023-12-15T22:59:59Z"),
		SAMPLE_TIME + 2800),
	    REASON_OK);
	assert_int_equal(issue("a", 2, SAMPLE_TIME + 2800), REASON_OK);
	assert_int_equal(
	    apply(sample_act(LEDGER_VERB_AWAKE, act), SAMPLE_TIME + 2801),
	    REASON_OK);
	assert_int_equal(
	    issue("a", 3, SAMPLE_TIME + 2801), REASON_JOURNAL_DAMAGED);
	assert_int_equal(
	    apply(sample_act(LEDGER_VERB_AWAKE, "a 2024-12-15T22:59:59Z"),
		SAMPLE_TIME + 2801),
	    REASON_JOURNAL_DAMAGED);
	assert_int_equal(
	    apply(sample_act(LEDGER_VERB_AWAKE, "b 2023-11-15T00:00:00Z"),
		SAMPLE_TIME + 2801),
	    REASON_JOURNAL_DAMAGED);
}

/* What a ledger takes from an act, its checkpoint must be able to say: else a signer
 * refuses its journal from the next segment on. */
static void
awake_before_time(void **state)
{
	static uint8_t bytes[RECORD_MAX];
	struct record r = ca("a", "F1", "");
	struct ledger back;
	struct why why;
	size_t len;

	(void)state;
	assert_int_equal(apply(r, ledger.time), REASON_OK);
	(void)apply(
	    sample_act(LEDGER_VERB_AWAKE, "a 0001-01-01T00:00:00+00:01"),
	    SAMPLE_TIME);
	assert_true(ledger_write(&ledger, 0, bytes, sizeof(bytes), &len));
	if (ledger_read(span_of(bytes, len), &back, &why) != REASON_OK)
		fail_msg("%s", why.text);
	ledger_free(&back);
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(by_count, begin, end),
		cmocka_unit_test_setup_teardown(by_counter, begin, end),
		cmocka_unit_test_setup_teardown(awake_by_act, begin, end),
		cmocka_unit_test_setup_teardown(awake_before_time, begin, end),
		cmocka_unit_test_setup_teardown(by_date, begin, end),
		cmocka_unit_test_setup_teardown(in_line, begin, end),
		cmocka_unit_test_setup_teardown(slots, begin, end),
		cmocka_unit_test_setup_teardown(given, begin, end),
		cmocka_unit_test_setup_teardown(counters, begin, end),
		cmocka_unit_test_setup_teardown(doubted, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
