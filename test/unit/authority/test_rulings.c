/* Who may decline vouchers, for how long, and what is kept of it. */
#include "world.h"

#include "base/clock.h"
#include "judge.h"

#define SERIAL "AR9-F1-000001"
#define HOLD   ARGUMENTS({ "serial", SERIAL }, { "reason", "stolen" })
#define HOLD_TWO                                                \
	ARGUMENTS({ "serial", SERIAL }, { "reason", "stolen" }, \
	    { "signature.0", "one" }, { "signature.1", "two" })
#define RELEASE ARGUMENTS({ "serial", SERIAL })
#define RELEASE_TWO                                               \
	ARGUMENTS({ "serial", SERIAL }, { "signature.0", "one" }, \
	    { "signature.1", "two" })
#define RETIRE_TWO                                                   \
	ARGUMENTS({ "serial", SERIAL }, { "reason", "end-of-life" }, \
	    { "signature.0", "one" }, { "signature.1", "two" })

/* Of the device's newest ruling. */
static const char *
newest(struct world *w, const char *member)
{
	static char text[200];
	char path[80];
	const char *json =
	    done(w, "device.show", ARGUMENTS({ "serial", SERIAL }));

	snprintf(path, sizeof(path), "devices.0.%s", member);
	snprintf(text, sizeof(text), "%s", text_at(json, path));
	return text;
}

/* The test's clock goes on: no test takes so long. */
#define SLACK 900

static bool
near(const char *text, int64_t moment)
{
	char low[CLOCK_TEXT_SIZE], high[CLOCK_TEXT_SIZE];

	clock_print(low, moment);
	clock_print(high, moment + SLACK);
	return strcmp(text, low) >= 0 && strcmp(text, high) <= 0;
}

static void
tick_at(struct world *w, int64_t moment)
{
	clock_set_test(moment);
	authority_calls.tick(w->a);
	drained(w);
	while (w->signer.len > 0) {
		puppet_obey(w);
		drained(w);
	}
}

static void
words(void **state)
{
	struct world *w = *state;

	world_ready(w, 1);
	refused(w, REASON_ADMIN_ARGUMENT, "device.hold",
	    ARGUMENTS({ "serial", SERIAL }));
	refused(w, REASON_ADMIN_ARGUMENT, "device.hold",
	    ARGUMENTS({ "serial", SERIAL }, { "reason", "" }));
	refused(w, REASON_ADMIN_ARGUMENT, "device.hold",
	    ARGUMENTS({ "serial", SERIAL }, { "reason", "sold to ACME" }));
	refused(w, REASON_ADMIN_ARGUMENT, "device.retire",
	    ARGUMENTS({ "serial", SERIAL }, { "signature.0", "one" },
		{ "signature.1", "two" }));
	refused(w, REASON_ADMIN_ARGUMENT, "device.release", RELEASE);
	refused(w, REASON_OPERATOR_SIGNATURE, "device.retire",
	    ARGUMENTS({ "serial", SERIAL }, { "reason", "end-of-life" },
		{ "signature.1", "two" }));
	assert_string_equal(newest(w, "state"), "active");
	assert_string_equal(newest(w, "rulings.0"), "absent");
}

/* For three days, and once. */
static void
alone(void **state)
{
	struct world *w = *state;
	const char *json;

	world_ready(w, 1);
	json = done(w, "device.hold",
	    ARGUMENTS({ "serial", SERIAL }, { "reason", "stolen" },
		{ "note", "the truck of tonight" }));
	assert_string_equal(text_at(json, "ruling.number"), "1");
	assert_true(near(text_at(json, "ruling.lapses"), NOW + HOLD_SECONDS));
	assert_string_equal(newest(w, "state"), "held");
	assert_string_equal(newest(w, "rulings.0.reason"), "stolen");
	assert_string_equal(
	    newest(w, "rulings.0.note"), "the truck of tonight");
	assert_true(near(newest(w, "rulings.0.time"), NOW));
	assert_string_equal(newest(w, "rulings.0.operators.0"), "absent");
	/* By one more hand of one person, nothing gets longer. */
	refused(w, REASON_SECOND_PERSON, "device.hold", HOLD);
	tick_at(w, NOW + HOLD_SECONDS - SLACK);
	assert_string_equal(newest(w, "state"), "held");
	tick_at(w, NOW + HOLD_SECONDS + SLACK);
	assert_string_equal(newest(w, "state"), "active");
	assert_string_equal(newest(w, "rulings.0.user"), "null");
	assert_string_equal(newest(w, "rulings.1.reason"), "stolen");
	refused(w, REASON_SECOND_PERSON, "device.hold", HOLD);
	(void)done(w, "device.hold", HOLD_TWO);
	assert_string_equal(newest(w, "state"), "held");
	assert_string_equal(newest(w, "rulings.0.number"), "3");
	assert_string_equal(newest(w, "rulings.0.lapses"), "null");
	tick_at(w, NOW + 10 * HOLD_SECONDS);
	assert_string_equal(newest(w, "state"), "held");
}

/* A clock that is days ahead for a moment stops the signer's, which dates its records
 * with the chain's time: by that no hold is over, and no block. */
static void
clock_ahead(void **state)
{
	struct world *w = *state;
	uint64_t before;

	world_ready(w, 2);
	(void)done(w, "device.hold", HOLD);
	(void)done(w, "client.block",
	    ARGUMENTS({ "name", "address:192.0.2.0/24" }, { "for", "2h" },
		{ "reason", "flood" }));
	w->clock_stopped = true;
	tick_at(w, NOW + HOLD_SECONDS + SLACK);
	/* It is not tried again each second: each try is a record. */
	before = w->sequence;
	tick_at(w, NOW + HOLD_SECONDS + SLACK);
	assert_int_equal(w->sequence, before);
	clock_set_test(NOW);
	assert_string_equal(newest(w, "state"), "held");
	assert_string_equal(newest(w, "rulings.0.reason"), "stolen");
	assert_string_equal(
	    text_at(done(w, "client.list", NULL), "clients.0.name"),
	    "address:192.0.2.0/24");
	/* In its own time it is over, without an operator. */
	w->clock_stopped = false;
	w->a->lapse_next = 0;
	tick_at(w, NOW + HOLD_SECONDS + SLACK);
	assert_string_equal(newest(w, "state"), "active");
	tick_at(w, NOW + HOLD_SECONDS + SLACK);
	clock_set_test(NOW);
	assert_string_equal(
	    text_at(done(w, "client.list", NULL), "clients.0.name"), "absent");
}

static void
hold_and_block(struct world *w)
{
	(void)done(w, "device.hold", HOLD);
	(void)done(w, "client.block",
	    ARGUMENTS({ "name", "address:192.0.2.0/24" }, { "for", "12h" },
		{ "reason", "flood" }));
}

static bool
is_blocked(struct world *w, int64_t now)
{
	static const uint8_t none[HASH_SIZE];

	return blocklist_has(w->blocklist, none, none, "192.0.2.7", now);
}

/* A machine that slept for days: until an operator confirms its clock, records have
 * the time at which it fell asleep. What is held meanwhile is held for three days. */
static void
chain_behind(void **state)
{
	struct world *w = *state;
	const int64_t woke = NOW + 4 * 86400;

	world_ready(w, 1);
	w->clock_stopped = true;
	clock_set_test(woke);
	hold_and_block(w);
	assert_true(near(newest(w, "rulings.0.time"), NOW));
	assert_true(near(newest(w, "rulings.0.lapses"), woke + HOLD_SECONDS));
	assert_true(is_blocked(w, woke + SLACK));
	assert_true(is_blocked(w, woke + 43200 - SLACK));
	assert_false(is_blocked(w, woke + 43200 + SLACK));
	w->clock_stopped = false;
	tick_at(w, woke + SLACK);
	assert_string_equal(newest(w, "state"), "held");
	tick_at(w, woke + HOLD_SECONDS - SLACK);
	assert_string_equal(newest(w, "state"), "held");
	tick_at(w, woke + HOLD_SECONDS + SLACK);
	assert_string_equal(newest(w, "state"), "active");
}

/* A clock that was a year ahead, and was believed: the chain stands there. One
 * person's hold is over after three days all the same, and so is a block. */
static void
chain_ahead(void **state)
{
	struct world *w = *state;

	world_ready(w, 1);
	w->time = NOW + 365 * 86400;
	hold_and_block(w);
	assert_true(near(newest(w, "rulings.0.lapses"), NOW + HOLD_SECONDS));
	assert_true(is_blocked(w, NOW + 43200 - SLACK));
	assert_false(is_blocked(w, NOW + 43200 + SLACK));
	tick_at(w, NOW + HOLD_SECONDS - SLACK);
	assert_string_equal(newest(w, "state"), "held");
	tick_at(w, NOW + HOLD_SECONDS + SLACK);
	assert_string_equal(newest(w, "state"), "active");
}

/* Released and held again and again is a refusal by one, too. */
static void
again(void **state)
{
	struct world *w = *state;

	world_ready(w, 1);
	(void)done(w, "device.hold", HOLD);
	(void)done(w, "device.release", RELEASE);
	assert_string_equal(newest(w, "state"), "active");
	refused(w, REASON_SECOND_PERSON, "device.hold", HOLD);
	tick_at(w, NOW + HOLD_SECONDS + SLACK); /* of the hold that is over */
	assert_string_equal(newest(w, "rulings.0.number"), "2");
}

static void
confirmed(void **state)
{
	struct world *w = *state;

	world_ready(w, 1);
	(void)done(w, "device.hold", HOLD);
	(void)done(w, "device.hold", HOLD_TWO);
	tick_at(w, NOW + HOLD_SECONDS + SLACK);
	assert_string_equal(newest(w, "state"), "held");
	assert_string_equal(newest(w, "rulings.0.operators.0"),
	    "a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1");
	assert_string_equal(newest(w, "rulings.0.operators.1"),
	    "a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2");
	/* What two decided, two undo; then one may be quick again. */
	refused(w, REASON_SECOND_PERSON, "device.release", RELEASE);
	(void)done(w, "device.release", RELEASE_TWO);
	assert_string_equal(newest(w, "state"), "active");
	(void)done(w, "device.hold", HOLD);
	(void)done(w, "device.release", RELEASE);
	assert_string_equal(newest(w, "rulings.0.number"), "5");
}

static void
retired(void **state)
{
	struct world *w = *state;

	world_ready(w, 1);
	refused(w, REASON_SECOND_PERSON, "device.retire",
	    ARGUMENTS({ "serial", SERIAL }, { "reason", "end-of-life" }));
	(void)done(w, "device.retire", RETIRE_TWO);
	assert_string_equal(newest(w, "state"), "retired");
	assert_string_equal(newest(w, "rulings.0.reason"), "end-of-life");
	refused(w, REASON_DEVICE_RETIRED, "device.retire", RETIRE_TWO);
	refused(w, REASON_DEVICE_RETIRED, "device.hold", HOLD_TWO);
	refused(w, REASON_DEVICE_RETIRED, "device.release", RELEASE_TWO);
}

/* Two operators signed the statement with the number that was next: it is used
 * up by whatever comes first. */
static void
meanwhile(void **state)
{
	struct world *w = *state;

	world_ready(w, 1);
	command(w, "device.retire", RETIRE_TWO);
	command(w, "device.hold", HOLD);
	drained(w);
	assert_int_equal(w->signer.len, 2);
	/* As if the hold had been first. */
	w->signer.sent[2] = w->signer.sent[0];
	w->signer.sent[0] = w->signer.sent[1];
	w->signer.sent[1] = w->signer.sent[2];
	puppet_obey(w);
	puppet_obey(w);
	drained(w);
	(void)told(w, REASON_SECOND_PERSON);
	(void)told(w, REASON_OK);
	assert_string_equal(newest(w, "state"), "held");
	assert_string_equal(newest(w, "rulings.0.number"), "1");
}

static void
statement(void **state)
{
	struct world *w = *state;
	struct message_admin_reply m;
	struct cbor in;
	struct sent s;

	world_ready(w, 1);
	(void)done(w, "device.hold", HOLD);
	command(w, "device.retire",
	    ARGUMENTS({ "serial", SERIAL }, { "reason", "unpaid" },
		{ "statement", "yes" }));
	expect_nothing(&w->signer);
	s = take(&w->operator, MESSAGE_ADMIN_REPLY);
	cbor_open(&in, buf_span(&s.payload), true);
	assert_true(message_admin_reply_get(&in, &m));
	assert_int_equal(m.reason, REASON_OK);
	assert_true(span_is(m.blob,
	    "hallmark act statement 1\n"
	    "signer: 03030303030303030303030303030303\n"
	    "act: device.retire\n"
	    "subject: " SERIAL " 9dd63f75331ba4e607d78bff1f0da8a8 unpaid\n"
	    "number: 2\n"));
	buf_free(&s.payload);
	assert_string_equal(newest(w, "state"), "held");
}

static void
expect_told(struct world *w, const struct request_facts *f, const char *text)
{
	struct message_answer m;
	struct cbor in;
	struct sent s;

	ask(w, 7, f);
	s = take(&w->checker, MESSAGE_ANSWER);
	cbor_open(&in, buf_span(&s.payload), true);
	assert_true(message_answer_get(&in, &m));
	assert_int_equal(m.reason, REASON_DEVICE_HELD);
	assert_string_equal(m.text, text);
	buf_free(&s.payload);
}

/* Who got a voucher hears the word; a stranger with the device in hand does not,
 * and nobody reads the note. */
static void
owner_hears(void **state)
{
	struct world *w = *state;
	struct request_facts f = good_facts(1, 1), stranger;
	char since[CLOCK_TEXT_SIZE], text[200];

	world_ready(w, 1);
	ask(w, 1, &f);
	puppet_obey(w);
	drained(w);
	expect_answer(w, 1, REASON_OK, NULL);
	(void)done(w, "device.hold",
	    ARGUMENTS({ "serial", SERIAL }, { "reason", "unpaid" },
		{ "note", "ACME says so" }));
	request_of(&f, 2);
	stranger = f;
	stranger.chain[0].spki_sha256[0] ^= 1;
	stranger.chain[1].spki_sha256[0] ^= 1;
	snprintf(since, sizeof(since), "%s", newest(w, "rulings.0.time"));
	snprintf(text, sizeof(text),
	    "unpaid, since %s, to be confirmed before %s", since,
	    newest(w, "rulings.0.lapses"));
	expect_told(w, &f, text);
	expect_told(w, &stranger, "");
}

static void
customer_ends(void **state)
{
	struct world *w = *state;
	const char *json;

	world_ready(w, 1);
	(void)done(w, "customer.add", ARGUMENTS({ "name", "graz" }));
	(void)done(w, "device.assign",
	    ARGUMENTS({ "serial", SERIAL }, { "customer", "graz" }));
	refused(w, REASON_CUSTOMER_UNKNOWN, "customer.end",
	    ARGUMENTS({ "name", "wien" }));
	(void)done(w, "customer.end",
	    ARGUMENTS({ "name", "graz" }, { "note", "sold" }));
	assert_null(customer_by_name(w->a, "graz"));
	json = done(w, "customer.show", ARGUMENTS({ "name", "graz" }));
	assert_string_equal(text_at(json, "ended"), "true");
	assert_string_equal(text_at(json, "rulings.0.note"), "sold");
	assert_true(near(text_at(json, "rulings.0.time"), NOW));
	refused(w, REASON_CUSTOMER_ENDED, "customer.end",
	    ARGUMENTS({ "name", "graz" }));
	refused(w, REASON_CUSTOMER_ENDED, "customer.set",
	    ARGUMENTS({ "name", "graz" }, { "pin", "end-entity" }));
	refused(w, REASON_CUSTOMER_ENDED, "customer.cloud",
	    ARGUMENTS({ "name", "graz" }, { "policy", "owner" }));
	refused(w, REASON_CUSTOMER_ENDED, "device.assign",
	    ARGUMENTS({ "serial", SERIAL }, { "customer", "graz" }));
	/* Whom it was sold to stays on record. */
	assert_string_equal(newest(w, "customer"), "graz");
	(void)done(w, "customer.add", ARGUMENTS({ "name", "graz" }));
	assert_non_null(customer_by_name(w->a, "graz"));
	json = done(w, "customer.show", ARGUMENTS({ "name", "graz" }));
	assert_string_equal(text_at(json, "rulings.0.state"), "active");
	assert_string_equal(text_at(json, "rulings.1.state"), "ended");
}

/* What is asked for is in the verb alone. */
static void
unassigned(void **state)
{
	struct world *w = *state;

	world_ready(w, 1);
	(void)done(w, "customer.add", ARGUMENTS({ "name", "graz" }));
	(void)done(w, "customer.add", ARGUMENTS({ "name", "wien" }));
	refused(w, REASON_CUSTOMER_UNKNOWN, "device.unassign",
	    ARGUMENTS({ "serial", SERIAL }, { "customer", "wien" }));
	refused(w, REASON_ADMIN_ARGUMENT, "device.assign",
	    ARGUMENTS({ "serial", SERIAL }));
	(void)done(w, "device.assign",
	    ARGUMENTS({ "serial", SERIAL }, { "customer", "graz" }));
	(void)done(w, "device.unassign",
	    ARGUMENTS({ "serial", SERIAL }, { "customer", "wien" }));
	assert_string_equal(newest(w, "customer"), "null");
}

static void
peer_unknown(void **state)
{
	struct world *w = *state;

	world_ready(w, 0);
	refused(w, REASON_PEER_UNKNOWN, "peer.end",
	    ARGUMENTS({ "name", "nobody" }));
}

int
main(void)
{
#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, world_open, world_close)
	const struct CMUnitTest tests[] = {
		TEST(words),
		TEST(alone),
		TEST(clock_ahead),
		TEST(chain_behind),
		TEST(chain_ahead),
		TEST(again),
		TEST(confirmed),
		TEST(retired),
		TEST(meanwhile),
		TEST(statement),
		TEST(owner_hears),
		TEST(customer_ends),
		TEST(unassigned),
		TEST(peer_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
