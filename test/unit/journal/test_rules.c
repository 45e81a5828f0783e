/* The rules of ledger_keys.c by tables: how keys come after each other, what acts
 * may say of slots and of waking, and what operators sign. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "applied.h"
#include "base/clock.h"
#include "journal/describe.h"
#include "model/serial.h"

static struct why why;

static struct ledger_key *
key(const char *name)
{
	return ledger_key_find(&ledger, name);
}

/* Of the purpose, active, in a slot or "", succeeding a key or "". */
static struct ledger_key *
put_of(enum key_purpose purpose, const char *name, const char *slot,
    const char *succeeds)
{
	struct ledger_key k = { .state = KEY_ACTIVE };

	k.order.purpose = purpose;
	strcpy(k.order.name, name);
	strcpy(k.order.slot, slot);
	strcpy(k.order.succeeds, succeeds);
	key_policy_defaults(&k.order.policy, purpose);
	k.order.policy.limit = 100;
	k.order.policy.months = 0;
	assert_true(ledger_key_push(&ledger, &k));
	return key(name);
}

static struct ledger_key *
put(const char *name, const char *slot, const char *succeeds)
{
	return put_of(PURPOSE_IDEVID_CA, name, slot, succeeds);
}

static void
give(const char *slot, const char *to)
{
	struct ledger_slot s = { .since = SAMPLE_TIME };

	strcpy(s.slot, slot);
	strcpy(s.to, to);
	ledger_slot_push(&ledger, &s);
}

/* By count or by counters, whichever is more; with no digits by count alone. */
static void
used(void **state)
{
	struct ledger_key *k = put("a", "F1", "");

	(void)state;
	k->count.issued = 30;
	k->last_counter = serial_counter_max(4) / 2 + 1;
	assert_int_equal(ledger_key_used(k, 4, SAMPLE_TIME), 50);
	assert_int_equal(ledger_key_used(k, 0, SAMPLE_TIME), 30);
	assert_int_equal(ledger_key_used(k, 6, SAMPLE_TIME), 30);
	k->count.issued = 60;
	assert_int_equal(ledger_key_used(k, 4, SAMPLE_TIME), 60);
}

static bool
due(const char *name)
{
	return ledger_key_due(&ledger, key(name), 0, SAMPLE_TIME);
}

/* When the one before has little left, or is over after it was in use; if it is
 * over and was never in use, what matters is the one before that. */
static void
dues(void **state)
{
	(void)state;
	put("a", "F1", "");
	put("b", "F2", "a");
	put("c", "F3", "b");
	put("lone", "F4", "gone"); /* of another life: nobody is there */
	assert_true(due("a"));
	assert_true(due("lone"));
	assert_false(due("b"));
	key("a")->count.issued = 94;
	assert_false(due("b"));
	key("a")->count.issued = 95;
	assert_true(due("b"));
	/* b waits or is not even certified: it comes first. */
	key("b")->state = KEY_SIGNED;
	assert_false(due("c"));
	key("b")->state = KEY_REQUESTED;
	assert_false(due("c"));
	/* Over unused: c stands where it stood. */
	key("b")->state = KEY_DESTROYED;
	assert_true(due("c"));
	key("a")->count.issued = 94;
	assert_false(due("c"));
	/* Over, but it had been in use. */
	key("b")->count.activated = SAMPLE_TIME;
	assert_true(due("c"));
}

static const char *
successor(const char *name)
{
	const struct ledger_key *k = ledger_key_successor(&ledger, key(name));

	return k == NULL ? "" : k->order.name;
}

static void
successors(void **state)
{
	static const enum key_state over[] = { KEY_RETIRED, KEY_ARCHIVED,
		KEY_DESTROYED };
	size_t i;

	(void)state;
	put("a", "F1", "");
	assert_string_equal(successor("a"), "");
	put("b", "F2", "a")->state = KEY_REQUESTED;
	put("c", "F3", "b");
	assert_string_equal(successor("a"), ""); /* b may still come */
	key("b")->state = KEY_SIGNED;
	assert_string_equal(successor("a"), "b");
	key("b")->state = KEY_ACTIVE;
	assert_string_equal(successor("a"), "b");
	for (i = 0; i < 3; i++) {
		key("b")->state = over[i];
		assert_string_equal(successor("a"), "c");
	}
	/* Two were named: where one line ends the other one counts. */
	key("c")->state = KEY_RETIRED;
	assert_string_equal(successor("a"), "");
	put("d", "F4", "a");
	assert_string_equal(successor("a"), "d");
	assert_string_equal(successor("c"), "");
}

static void
generations(void **state)
{
	(void)state;
	put("a", "F1", "");
	put("x", "F2", "");
	put("b", "F1", "a");
	put("c", "F1", "b");
	assert_int_equal(ledger_key_generation(&ledger, key("a")), 1);
	assert_int_equal(ledger_key_generation(&ledger, key("x")), 1);
	assert_int_equal(ledger_key_generation(&ledger, key("b")), 2);
	assert_int_equal(ledger_key_generation(&ledger, key("c")), 3);
}

static enum reason
reads_slot(const char *subject)
{
	struct ledger_slot s;

	why_clear(&why);
	return ledger_slot_read(&ledger, subject, &s, &why);
}

#define NAME_32 "12345678901234567890123456789012"

/* SLOT, space, whose: a slot that is nobody's here. */
static void
given_slots(void **state)
{
	struct ledger_slot s;
	unsigned i;

	(void)state;
	put("a", "F1", "");
	put_of(PURPOSE_VOUCHER, "v", "", "");
	give("G1", "Graz");
	assert_int_equal(
	    ledger_slot_read(&ledger, "ABCD " NAME_32, &s, &why), REASON_OK);
	assert_string_equal(s.slot, "ABCD");
	assert_string_equal(s.to, NAME_32);
	assert_int_equal(s.since, 0);
	assert_int_equal(reads_slot("A1 A factory"), REASON_OK);
	assert_int_equal(reads_slot("ABCDE Graz"), REASON_SIGNER_FACTS);
	assert_int_equal(reads_slot("A Graz"), REASON_SIGNER_FACTS);
	assert_int_equal(reads_slot(" Graz"), REASON_SIGNER_FACTS);
	assert_int_equal(reads_slot("AB"), REASON_SIGNER_FACTS);
	assert_int_equal(reads_slot("AB "), REASON_SIGNER_FACTS);
	assert_int_equal(reads_slot("AB " NAME_32 "3"), REASON_SIGNER_FACTS);
	assert_int_equal(reads_slot("a1 Graz"), REASON_SIGNER_FACTS);
	assert_int_equal(reads_slot("F1 Graz"), REASON_SIGNER_POLICY);
	assert_non_null(strstr(why.text, "belongs to key a"));
	assert_int_equal(reads_slot("FI Graz"), REASON_SIGNER_POLICY);
	assert_int_equal(reads_slot("G1 Linz"), REASON_SIGNER_POLICY);
	assert_non_null(strstr(why.text, "was given to Graz"));
	assert_int_equal(reads_slot("GL Linz"), REASON_SIGNER_POLICY);
	for (i = 1; i < LEDGER_SLOTS_MAX - 1; i++)
		give("G1", "Graz");
	assert_int_equal(reads_slot("A1 Graz"), REASON_OK);
	give("G1", "Graz");
	assert_int_equal(reads_slot("A1 Graz"), REASON_SIGNER_POLICY);
	assert_non_null(strstr(why.text, "at most 4096"));
}

static enum reason
admits(enum key_purpose purpose, const char *name, const char *slot,
    const char *succeeds)
{
	struct key_order o = sample_order(purpose, name);

	strcpy(o.slot, slot);
	strcpy(o.succeeds, succeeds);
	why_clear(&why);
	return ledger_key_admits(&ledger, &o, &why);
}

static void
refused(
    const char *name, const char *slot, const char *succeeds, const char *says)
{
	assert_int_equal(admits(PURPOSE_IDEVID_CA, name, slot, succeeds),
	    REASON_SIGNER_POLICY);
	if (strstr(why.text, says) == NULL)
		fail_msg("no %s in %s", says, why.text);
}

/* Each rule has its own word. */
static void
admission(void **state)
{
	(void)state;
	put("a", "F1", "");
	put_of(PURPOSE_VOUCHER, "v", "", "");
	give("G1", "Graz");
	refused("a", "F2", "", "there is a key a");
	refused("b", "F2", "x", "no key x that it could succeed");
	refused("b", "F2", "v", "no key v that it could succeed");
	assert_int_equal(
	    admits(PURPOSE_VOUCHER, "w", "", "a"), REASON_SIGNER_POLICY);
	assert_int_equal(admits(PURPOSE_VOUCHER, "w", "", "v"), REASON_OK);
	assert_int_equal(admits(PURPOSE_IDEVID_CA, "b", "F2", "a"), REASON_OK);
	refused("b", "FL", "a", "slot FL looks like F1 of key a");
	refused("b", "F1", "a", "is in use: key a is not retired");
	refused("b", "F1", "", "slot F1 belongs to key a");
	refused("b", "G1", "", "slot G1 was given to Graz");
	refused("b", "GI", "", "slot G1 was given to Graz");
	key("a")->state = KEY_ARCHIVED;
	assert_int_equal(admits(PURPOSE_IDEVID_CA, "b", "F1", "a"), REASON_OK);
	refused("b", "FL", "a", "slot FL looks like F1 of key a");
	/* The last one of the slot, not one of before. */
	put("b", "F1", "a");
	refused("c", "F1", "a", "slot F1 belongs to key b");
	refused("c", "F1", "b", "key b is not retired");
	key("b")->state = KEY_RETIRED;
	refused("c", "F1", "a", "slot F1 belongs to key b");
	assert_int_equal(admits(PURPOSE_IDEVID_CA, "c", "F1", "b"), REASON_OK);
}

static void
as_many_keys(void **state)
{
	char name[KEY_NAME_MAX + 1];
	unsigned i;

	(void)state;
	for (i = 0; i < LEDGER_KEYS_MAX; i++) {
		assert_int_equal(
		    admits(PURPOSE_VOUCHER, "new", "", ""), REASON_OK);
		snprintf(name, sizeof(name), "key-%u", i);
		put_of(PURPOSE_VOUCHER, name, "", "");
	}
	assert_int_equal(
	    admits(PURPOSE_VOUCHER, "new", "", ""), REASON_SIGNER_POLICY);
	assert_non_null(strstr(why.text, "at most 4096 keys"));
}

/* A key, and until when it is awake; 2023-11-14T22:13:20Z is now. */
static void
wakes(void **state)
{
	static const struct {
		const char *subject;
		enum reason reason;
	} rows[] = {
		{ "a 2023-11-14T23:00:00Z", REASON_OK },
		{ "a 2001-01-01T00:00:00Z", REASON_OK }, /* to sleep */
		{ "a 2023-12-15T22:13:20Z", REASON_OK }, /* 31 days */
		{ "a 2023-12-15T22:13:21Z", REASON_SIGNER_FACTS },
		{ "a", REASON_SIGNER_FACTS },
		{ "a ", REASON_SIGNER_FACTS },
		{ "a 2023-11-14", REASON_SIGNER_FACTS },
		{ "a 2023-11-14T23:00:00Z ", REASON_SIGNER_FACTS },
		{ NAME_32 "3 2023-11-14T23:00:00Z", REASON_SIGNER_FACTS },
		{ NAME_32 " 2023-11-14T23:00:00Z", REASON_SIGNER_KEY },
		{ "nobody 2023-11-14T23:00:00Z", REASON_SIGNER_KEY },
		{ " 2023-11-14T23:00:00Z", REASON_SIGNER_KEY },
		{ "v 2023-11-14T23:00:00Z", REASON_SIGNER_KEY },
		{ "over 2023-11-14T23:00:00Z", REASON_SIGNER_KEY },
		{ "waits 2023-11-14T23:00:00Z", REASON_OK },
	};
	struct ledger_key *k;
	int64_t until, expected;
	const char *blank;
	size_t i;

	(void)state;
	put("a", "F1", "");
	put("over", "F2", "")->state = KEY_RETIRED;
	put("waits", "F3", "")->state = KEY_SIGNED;
	put_of(PURPOSE_VOUCHER, "v", "", "");
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		k = NULL;
		until = SAMPLE_TIME;
		if (ledger_awake_read(&ledger, rows[i].subject, SAMPLE_TIME, &k,
			&until, &why) != rows[i].reason)
			fail_msg("%s: %s", rows[i].subject, why.text);
		if (rows[i].reason != REASON_OK)
			continue;
		blank = strchr(rows[i].subject, ' ');
		assert_int_equal(strncmp(k->order.name, rows[i].subject,
				     (size_t)(blank - rows[i].subject)),
		    0);
		assert_true(date_parse(span_str(blank + 1), &expected));
		assert_int_equal(until, expected);
	}
}

static enum reason
foreign(const char *serial)
{
	why_clear(&why);
	return ledger_serial_foreign(&ledger, serial, &why);
}

/* A serial from elsewhere that reads like one of ours, or of a slot that was
 * given away without being of that. */
static void
foreigners(void **state)
{
	(void)state;
	put_of(PURPOSE_VOUCHER, "v", "", "");
	put("a", "F1", "");
	give("G1", "Graz");
	assert_int_equal(foreign("AR9-F2-000001"), REASON_OK);
	assert_int_equal(foreign("1234567"), REASON_OK);
	assert_int_equal(foreign("AR9-F1-000001"), REASON_SERIAL_SLOT);
	assert_non_null(strstr(why.text, "slot F1, which is ours"));
	assert_int_equal(foreign("AR9-FI-000001"), REASON_SERIAL_SLOT);
	assert_int_equal(
	    foreign("AR9-G1-000001"), REASON_OK); /* Graz made it */
	assert_int_equal(foreign("AR9-GL-000001"), REASON_SERIAL_SLOT);
	assert_non_null(strstr(why.text, "slot G1, which was given away"));
	/* A later slot is looked at as well. */
	put("b", "H1", "");
	give("K1", "Linz");
	assert_int_equal(foreign("AR9-H1-000001"), REASON_SERIAL_SLOT);
	assert_int_equal(foreign("AR9-KI-000001"), REASON_SERIAL_SLOT);
	assert_int_equal(foreign("AR9-F1-000001"), REASON_SERIAL_SLOT);
	assert_int_equal(foreign("AR9-GL-000001"), REASON_SERIAL_SLOT);
	/* Of a line: its own serials are its own, what looks like them is not. */
	ledger_number_take(&ledger, key("a"), "lamp-1", "00-D0-E5-%%-%%-%%", 5);
	assert_int_equal(foreign("00-D0-E5-00-00-07"), REASON_OK);
	assert_int_equal(foreign("AR9-F2-000001"), REASON_OK);
	assert_int_equal(foreign("OO-D0-E5-00-00-07"), REASON_SERIAL_SLOT);
	assert_non_null(strstr(why.text, "product lamp-1"));
}

static void
statement_is(const char *name, enum key_end how, const char *expected)
{
	uint8_t archive[HASH_SIZE];
	char text[STATEMENT_MAX];

	memset(archive, 0xab, HASH_SIZE);
	assert_int_equal(
	    ledger_statement(&ledger, key(name), how, archive, text),
	    strlen(expected));
	assert_string_equal(text, expected);
}

#define OCTETS_8(two) two two two two two two two two
#define SIGNER	      OCTETS_8("11") OCTETS_8("11")
#define SPKI	      OCTETS_8("22") OCTETS_8("22") OCTETS_8("22") OCTETS_8("22")
#define ARCHIVE	      OCTETS_8("ab") OCTETS_8("ab") OCTETS_8("ab") OCTETS_8("ab")

/* Word for word: people sign it. */
static void
statements(void **state)
{
	struct ledger_key *k;

	(void)state;
	memset(ledger.signer, 0x11, sizeof(ledger.signer));
	put("old", "F1", "")->state = KEY_DESTROYED;
	k = put("a", "F1", "old");
	k->state = KEY_RETIRED;
	k->count.issued = 12;
	k->last_counter = 34;
	memset(k->spki_sha256, 0x22, HASH_SIZE);
#define BEGIN(act, name, slot, n)                                 \
	"hallmark key statement 1\nact: " act "\nsigner: " SIGNER \
	"\nkey: " name "\nslot: " slot "\ngeneration: " n         \
	"\nspki-sha256: " SPKI "\nissued: 12\nlast-counter: 34\n"
	statement_is("a", END_DESTROY,
	    BEGIN("destroy", "a", "F1", "2") "archive-sha256: -\n");
	statement_is("a", END_ARCHIVE,
	    BEGIN("archive", "a", "F1", "2") "archive-sha256: " ARCHIVE "\n");
	k->copied = true;
	statement_is("a", END_DESTROY,
	    BEGIN("destroy", "a", "F1", "2") "archive-sha256: -\n"
					     "copied: yes\n");
	statement_is("a", END_ARCHIVE,
	    BEGIN("archive", "a", "F1", "2") "archive-sha256: " ARCHIVE "\n");
	k = put_of(PURPOSE_VOUCHER, "v", "", "");
	k->count.issued = 12;
	k->last_counter = 34;
	memset(k->spki_sha256, 0x22, HASH_SIZE);
	statement_is("v", END_DESTROY,
	    BEGIN("destroy", "v", "-", "1") "archive-sha256: -\n");
	assert_string_equal(key_end_word(END_DESTROY), "destroy");
	assert_string_equal(key_end_word(END_ARCHIVE), "archive");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(used),
		CASE(dues),
		CASE(successors),
		CASE(generations),
		CASE(given_slots),
		CASE(admission),
		CASE(as_many_keys),
		CASE(wakes),
		CASE(foreigners),
		CASE(statements),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
