/* Existing serials in the ledger: none is signed twice, in whatever order they
 * come, and the ledger stays small. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "journal/ledger.h"
#include "samples.h"

#define SCHEME "SN-%%%%"

static struct ledger ledger;

static enum reason
apply(struct record r)
{
	uint8_t bytes[RECORD_MAX];
	struct why why;
	size_t len;

	memcpy(r.signer, ledger.signer, sizeof(r.signer));
	memcpy(r.previous, ledger.head, HASH_SIZE);
	r.sequence = ledger.sequence + 1;
	r.time = ledger.time;
	assert_true(record_write(&r, bytes, sizeof(bytes), &len));
	return ledger_apply(&ledger, &r, span_of(bytes, len), &why);
}

static void
make(const char *name, const char *slot)
{
	struct record r = sample_key(PURPOSE_IDEVID_CA, name);

	strcpy(r.key.order.slot, slot);
	memset(&r.key.order.policy, 0, sizeof(r.key.order.policy));
	r.key.order.policy.kinds = SIGNED_IDEVID;
	assert_int_equal(apply(r), REASON_OK);
	assert_int_equal(apply(sample_ca(name)), REASON_OK);
}

static int
begin(void **state)
{
	(void)state;
	ledger_init(&ledger);
	ledger.sequence = 1;
	ledger.time = SAMPLE_TIME;
	make("a", "F1");
	make("b", "F2");
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
issue_as(const char *key, const char *product, const char *scheme,
    const char *serial, uint64_t number)
{
	struct record r = sample_idevid(key, number);

	strcpy(r.idevid.device.product, product);
	strcpy(r.idevid.device.serial, serial);
	strcpy(r.idevid.scheme, scheme);
	return apply(r);
}

static enum reason
issue(unsigned number)
{
	char serial[16];

	snprintf(serial, sizeof(serial), "SN-%04X", number);
	return issue_as("a", "lamp", SCHEME, serial, number);
}

/* A part of the ledger's checkpoint, as the record that follows in it. */
static struct record
part_record(unsigned part, uint8_t bytes[RECORD_MAX], size_t *len)
{
	static uint8_t content[RECORD_MAX];
	struct record r = { .kind = RECORD_CHECKPOINT,
		.sequence = ledger.sequence + 1,
		.time = ledger.time };

	memcpy(r.previous, ledger.head, HASH_SIZE);
	assert_true(ledger_write(&ledger, part, content, RECORD_MAX, len));
	r.checkpoint = span_of(content, *len);
	assert_true(record_write(&r, bytes, RECORD_MAX, len));
	return r;
}

/* The ledger as the next segment would have it, for who knows it and who takes it. */
static unsigned
again(void)
{
	static uint8_t bytes[RECORD_MAX];
	unsigned part, parts = ledger_parts(&ledger);
	struct ledger back;
	struct record r;
	struct why why;
	size_t len;

	ledger_init(&back);
	for (part = 0; part < parts; part++) {
		r = part_record(part, bytes, &len);
		assert_int_equal(
		    ledger_apply(&back, &r, span_of(bytes, len), &why),
		    REASON_OK);
		assert_int_equal(
		    ledger_apply(&ledger, &r, span_of(bytes, len), &why),
		    REASON_OK);
	}
	assert_int_equal(back.lines_len, ledger.lines_len);
	assert_int_equal(back.runs_len, ledger.runs_len);
	assert_memory_equal(
	    back.runs, ledger.runs, ledger.runs_len * sizeof(*ledger.runs));
	ledger_free(&ledger);
	ledger = back;
	return parts;
}

/* Each number of a tray once, in an order without sense, and none again. */
static void
once_in_any_order(void **state)
{
	unsigned i, n = 0;

	(void)state;
	for (i = 0; i < 500; i++) {
		n = (n + 309) % 500;
		assert_int_equal(issue(n), REASON_OK);
		assert_int_equal(issue(n), REASON_JOURNAL_DAMAGED);
		if (i % 100 == 0)
			again();
	}
	assert_int_equal(ledger.runs_len, 1);
	assert_int_equal(ledger.runs[0].first, 0);
	assert_int_equal(ledger.runs[0].last, 499);
	for (i = 0; i < 500; i++)
		assert_int_equal(issue(i), REASON_JOURNAL_DAMAGED);
	/* The counters of the slot are another thing. */
	assert_int_equal(ledger_key_find(&ledger, "a")->last_counter, 0);
	assert_int_equal(issue(500), REASON_OK);
}

/* Every fourth number, as devices with four addresses have it: more gaps than are
 * remembered. Nothing is signed twice, and what is new above is never refused. */
static void
gaps_are_given_up(void **state)
{
	unsigned i;

	(void)state;
	for (i = 0; i < 2 * LEDGER_RUNS_MAX; i++)
		assert_int_equal(issue(4 * i), REASON_OK);
	assert_int_equal(ledger.runs_len, LEDGER_RUNS_MAX);
	again();
	for (i = 0; i < 2 * LEDGER_RUNS_MAX; i++)
		assert_int_equal(issue(4 * i), REASON_JOURNAL_DAMAGED);
	/* The lowest of equal gaps were given up, the others are open. */
	assert_int_equal(issue(1), REASON_JOURNAL_DAMAGED);
	assert_int_equal(issue(4 * (2 * LEDGER_RUNS_MAX - 1) - 1), REASON_OK);
}

/* A scheme is for ever; two products may share serials under two keys, never look
 * alike; no serial of a scheme reads like one of ours. */
static void
lines_apart(void **state)
{
	(void)state;
	assert_int_equal(issue(7), REASON_OK);
	assert_int_equal(issue_as("a", "lamp", "SN-####", "SN-0008", 8),
	    REASON_JOURNAL_DAMAGED);
	assert_int_equal(issue_as("a", "lamp", SCHEME, "SN-0008", 9),
	    REASON_JOURNAL_DAMAGED);
	assert_int_equal(issue_as("a", "lamp", SCHEME, "SN-000G", 9),
	    REASON_JOURNAL_DAMAGED);
	assert_int_equal(issue_as("a", "lamp-2", SCHEME, "SN-0007", 7),
	    REASON_JOURNAL_DAMAGED);
	assert_int_equal(
	    issue_as("b", "lamp-2", "SN-###7", "SN-0007", 0), REASON_OK);
	assert_int_equal(issue_as("b", "lamp", SCHEME, "SN-0008", 8),
	    REASON_JOURNAL_DAMAGED);
	assert_int_equal(issue_as("b", "lamp-3", "SN-O##7", "SN-O007", 0),
	    REASON_JOURNAL_DAMAGED);
	assert_int_equal(
	    issue_as("b", "lamp-4", "AR9-F1-%%%%", "AR9-F1-0007", 7),
	    REASON_JOURNAL_DAMAGED);
	assert_int_equal(
	    issue_as("b", "lamp-5", "MAC##", "MAC01", 1), REASON_OK);
	again();
	assert_int_equal(ledger.lines_len, 3);
	assert_int_equal(ledger_key_find(&ledger, "b")->lines[0], 6);
	assert_int_equal(issue(7), REASON_JOURNAL_DAMAGED);
	assert_int_equal(issue(8), REASON_OK);
}

/* As many products as there may be, and which of them each key has signed for. */
static void
many_lines(void **state)
{
	static const char letters[] = "ABCDEFGHJKMNPQRS";
	char product[16], scheme[8], serial[8];
	const struct ledger_key *b;
	unsigned i;

	(void)state;
	for (i = 0; i <= LEDGER_LINES_MAX; i++) {
		snprintf(product, sizeof(product), "line-%u", i);
		snprintf(scheme, sizeof(scheme), "%c%c%c-##",
		    i == LEDGER_LINES_MAX ? 'Y' : 'X', letters[i / 16 % 16],
		    letters[i % 16]);
		memcpy(serial, scheme, sizeof(serial));
		memcpy(serial + 4, "07", 2);
		assert_int_equal(issue_as(i % 5 == 0 ? "b" : "a", product,
				     scheme, serial, 7),
		    i < LEDGER_LINES_MAX ? REASON_OK : REASON_JOURNAL_DAMAGED);
	}
	assert_int_equal(again(), LEDGER_LINES_MAX / LEDGER_PART_LINES);
	b = ledger_key_find(&ledger, "b");
	for (i = 0; i < LEDGER_LINES_MAX; i++)
		assert_int_equal(b->lines[i / 8] >> i % 8 & 1, i % 5 == 0);
	assert_int_equal(issue_as("a", "line-40", "XCJ-##", "XCJ-07", 7),
	    REASON_JOURNAL_DAMAGED);
	assert_int_equal(
	    issue_as("a", "line-40", "XCJ-##", "XCJ-08", 8), REASON_OK);
}

/* Each part has runs in order, but they are not those of one ledger. */
static void
runs_over_parts(void **state)
{
	static uint8_t bytes[RECORD_MAX];
	struct ledger back;
	struct record r;
	struct why why;
	unsigned i, lie;
	size_t len;

	(void)state;
	for (i = 0; i < 2 * LEDGER_PART_RUNS; i++)
		assert_int_equal(issue(4 * i), REASON_OK);
	for (lie = 0; lie < 3; lie++) {
		ledger.runs[LEDGER_PART_RUNS].first = lie == 1
		    ? ledger.runs[LEDGER_PART_RUNS - 1].last + 1
		    : ledger.runs[LEDGER_PART_RUNS].last;
		ledger.runs[2 * LEDGER_PART_RUNS - 1].line = lie == 2;
		ledger_init(&back);
		for (i = 0; i < 2; i++) {
			r = part_record(i, bytes, &len);
			assert_int_equal(
			    ledger_apply(&back, &r, span_of(bytes, len), &why),
			    lie == 0 || i == 0 ? REASON_OK
					       : REASON_JOURNAL_DAMAGED);
			ledger.sequence = r.sequence;
			record_hash(span_of(bytes, len), ledger.head);
		}
		ledger_free(&back);
	}
}

/* After a restore: exact without doubt; with it, all up to so many above the
 * highest counts as signed. */
static void
restored(void **state)
{
	const uint8_t signer[16] = { 1 };
	struct ledger next;
	struct why why;

	(void)state;
	assert_int_equal(issue(3), REASON_OK);
	assert_int_equal(issue(9), REASON_OK);
	ledger_succeed(&ledger, signer, 0, ledger.time, &next);
	assert_int_equal(next.runs_len, 2);
	assert_int_equal(
	    ledger_number_free(&next, "lamp", 9, &why), REASON_SERIAL_USED);
	assert_int_equal(ledger_number_free(&next, "lamp", 5, &why), REASON_OK);
	ledger_free(&next);
	ledger_succeed(&ledger, signer, 10, ledger.time, &next);
	assert_int_equal(
	    ledger_number_free(&next, "lamp", 5, &why), REASON_SERIAL_USED);
	assert_int_equal(
	    ledger_number_free(&next, "lamp", 19, &why), REASON_SERIAL_USED);
	assert_int_equal(
	    ledger_number_free(&next, "lamp", 20, &why), REASON_OK);
	ledger_free(&next);
}

/* Foreign serials against slots that are ours, or were given away. */
static void
foreign(void **state)
{
	struct why why;

	(void)state;
	assert_int_equal(
	    apply(sample_act(LEDGER_VERB_GIVE, "K0 Kyoto")), REASON_OK);
	assert_int_equal(ledger_serial_foreign(&ledger, "AR9-F1-0001", &why),
	    REASON_SERIAL_SLOT);
	assert_int_equal(ledger_serial_foreign(&ledger, "XX-fl-000O-A", &why),
	    REASON_SERIAL_SLOT);
	assert_int_equal(ledger_serial_foreign(&ledger, "AR9-KO-0001", &why),
	    REASON_SERIAL_SLOT);
	assert_int_equal(
	    ledger_serial_foreign(&ledger, "AR9-K0-0001", &why), REASON_OK);
	assert_int_equal(
	    ledger_serial_foreign(&ledger, "00-D0-E5-F2-00-02", &why),
	    REASON_OK);
	assert_int_equal(issue(7), REASON_OK);
	assert_int_equal(ledger_serial_foreign(&ledger, "SN-00O8", &why),
	    REASON_SERIAL_SLOT);
	assert_int_equal(ledger_serial_foreign(&ledger, "sn-0008", &why),
	    REASON_SERIAL_SLOT);
	assert_int_equal(
	    ledger_serial_foreign(&ledger, "SN-0008", &why), REASON_OK);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(once_in_any_order),
		CASE(gaps_are_given_up),
		CASE(lines_apart),
		CASE(many_lines),
		CASE(runs_over_parts),
		CASE(restored),
		CASE(foreign),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
