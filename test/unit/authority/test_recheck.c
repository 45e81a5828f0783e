/* The re-check of what was issued, and hallmark explain: the same facts again,
 * and nothing changed by asking. */
#include "store/internal.h"
#include "world.h"

#include "base/clock.h"
#include "judge.h"

static uint8_t room[FRAME_MAX];

/* A checker's word about bytes that it was asked to look at again. */
static void
say(struct world *w, struct peer *from, uint64_t id,
    const struct request_facts *f, enum reason r)
{
	static struct message_derived m;
	struct cbor_out o;

	memset(&m, 0, sizeof(m));
	m.reason = r;
	m.complete = r == REASON_OK;
	m.facts = *f;
	trace_begin(&m.trace, STEP_CONTAINER);
	(void)trace_end(&m.trace, r, NULL);
	strcpy(m.subjects[1], "CN=ca");
	cbor_out_open(&o, room, sizeof(room));
	message_derived_put(&o, &m);
	deliver(w, from, MESSAGE_DERIVED, id, &o);
}

static uint64_t
asked(struct peer *p, const struct request_facts *f)
{
	struct sent s = take(p, MESSAGE_DERIVE);
	struct message_derive m;
	struct cbor c;

	cbor_open(&c, buf_span(&s.payload), true);
	assert_true(message_derive_get(&c, &m));
	assert_int_equal(m.kind, f->kind);
	assert_int_equal(m.reply, f->reply);
	assert_int_equal(m.moment, f->moment);
	assert_int_equal(m.body.len, 1);
	buf_free(&s.payload);
	return s.id;
}

#define DEVICES 9 /* that have one digit */

/* n vouchers for as many devices, as far as they go, told to nobody but the
 * re-check. */
static void
issue(struct world *w, unsigned n, struct request_facts f[])
{
	unsigned i;

	world_ready(w, n < DEVICES ? n : DEVICES);
	for (i = 0; i < n; i++) {
		f[i] = good_facts(1 + i % DEVICES, (uint8_t)(i + 1));
		f[i].moment = NOW;
		ask_then(w, i, &f[i]);
		puppet_obey(w);
		drained(w);
		expect_answer(w, i, REASON_OK, NULL);
	}
}

/* A second goes by; a checker apart is there if it was asked for. */
static void
batch(struct world *w)
{
	unsigned before = w->fresh;

	authority_calls.tick(w->a);
	assert_int_equal(w->fresh, before + 1);
	authority_calls.connected(w->a, &w->apart);
}

static const char *
status(struct world *w, const char *path)
{
	command(w, "service.status", NULL);
	return text_at(told(w, REASON_OK), path);
}

static void
the_same(void **state)
{
	struct world *w = *state;
	struct request_facts f[2];

	issue(w, 2, f);
	assert_string_equal(status(w, "recheck.waiting"), "2");
	batch(w);
	say(w, &w->apart, asked(&w->apart, &f[0]), &f[0], REASON_OK);
	/* One process does one batch, and is not asked for before its end. */
	authority_calls.tick(w->a);
	assert_int_equal(w->fresh, 1);
	say(w, &w->apart, asked(&w->apart, &f[1]), &f[1], REASON_OK);
	expect_nothing(&w->apart);
	drained(w);
	assert_string_equal(status(w, "recheck.waiting"), "0");
	assert_string_equal(status(w, "recheck.checked"), "2");
	assert_string_equal(status(w, "recheck.stopped"), "false");
	authority_calls.tick(w->a);
	assert_int_equal(w->fresh, 1);
	expect_nothing(&w->signer);
}

/* A checker parks what needs the record of its device, and answers what comes
 * behind it first. */
static void
out_of_order(void **state)
{
	struct world *w = *state;
	struct request_facts f[2];
	uint64_t first, second;

	issue(w, 2, f);
	batch(w);
	first = asked(&w->apart, &f[0]);
	second = asked(&w->apart, &f[1]);
	say(w, &w->apart, second, &f[1], REASON_OK);
	say(w, &w->apart, second, &f[0], REASON_OK); /* answered already */
	say(w, &w->apart, first, &f[0], REASON_OK);
	drained(w);
	assert_string_equal(status(w, "recheck.waiting"), "0");
	assert_string_equal(status(w, "recheck.checked"), "2");
	assert_string_equal(status(w, "recheck.stopped"), "false");
	authority_calls.tick(w->a);
	assert_int_equal(w->fresh, 1);
}

static void
committed(void *context, bool good)
{
	(void)context;
	assert_true(good);
}

/* The number of the request that it is asked about next. */
static unsigned
asked_any(struct peer *p, uint64_t *id)
{
	struct sent s = take(p, MESSAGE_DERIVE);
	struct message_derive m;
	unsigned request;
	struct cbor c;

	cbor_open(&c, buf_span(&s.payload), true);
	assert_true(message_derive_get(&c, &m));
	assert_int_equal(m.body.len, 1);
	request = m.body.ptr[0];
	*id = s.id;
	buf_free(&s.payload);
	return request;
}

/* All that it asks this checker for. */
static unsigned
answer_all(struct world *w, const struct request_facts f[])
{
	unsigned n, request;
	uint64_t id;

	for (n = 0; w->apart.len > 0; n++) {
		request = asked_any(&w->apart, &id);
		say(w, &w->apart, id, &f[request - 1], REASON_OK);
	}
	drained(w);
	return n;
}

#define MANY	    70
#define LATE_ENOUGH 700 /* seconds, for an alarm */

/* A process derives one batch; but where vouchers wait for long it goes on. */
static void
behind(void **state)
{
	static struct request_facts f[MANY];
	struct world *w = *state;

	issue(w, MANY, f);
	batch(w);
	assert_int_equal(w->apart.len, RECHECK_BATCH);
	assert_int_equal(answer_all(w, f), RECHECK_BATCH);
	clock_set_test(NOW + 300);
	batch(w);
	assert_int_equal(w->apart.len, RECHECK_BATCH);
	assert_int_equal(answer_all(w, f), MANY - RECHECK_BATCH);
	assert_string_equal(status(w, "recheck.waiting"), "0");
	assert_string_equal(status(w, "recheck.checked"), "70");
	assert_int_equal(w->fresh, 2);
}

static void
created(struct world *w, uint64_t before, int64_t moment)
{
	store_group_begin(w->a->store);
	assert_true(store_change(w->a->store,
	    "UPDATE voucher SET created = ?1 WHERE sequence < ?2",
	    VALUES(value_number(moment), value_number((int64_t)before))));
	store_group_submit(w->a->store, committed, NULL);
}

/* Not the oldest alone, or a lie could hide behind a thousand vouchers; and somebody
 * is told that so many wait. */
static void
by_lot(void **state)
{
	static struct request_facts f[MANY];
	struct world *w = *state;
	bool newest = false;
	uint64_t id;

	issue(w, MANY, f);
	created(w, w->sequence, NOW - LATE_ENOUGH);
	assert_int_equal(w->a->recheck.late, 0);
	clock_set_test(NOW); /* a lot behind it would miss the newest */
	batch(w);
	assert_int_equal(w->a->recheck.late, 1);
	while (w->apart.len > 0)
		newest |= asked_any(&w->apart, &id) == MANY;
	assert_true(newest);
	created(w, w->sequence, NOW);
	authority_calls.tick(w->a);
	assert_int_equal(w->a->recheck.late, 0);
}

/* Not while somebody waits for an answer, unless that lasts. */
static void
only_idle(void **state)
{
	struct world *w = *state;
	struct request_facts f[1], g;

	issue(w, 1, f);
	g = good_facts(1, 9);
	ask(w, 7, &g);
	authority_calls.tick(w->a);
	assert_int_equal(w->fresh, 0);
	clock_set_test(NOW + 90);
	authority_calls.tick(w->a);
	assert_int_equal(w->fresh, 1);
}

static void
change_proximity(struct request_facts *f)
{
	f->proximity = PROXIMITY_DIFFERS;
}

static void
change_agent_names(struct request_facts *f)
{
	f->agent_names_len = 1;
}

/* One that was on file long before, and that the first checker kept to itself. */
static void
add_agent_ca(struct request_facts *f)
{
	f->agent_cas_len = 1;
	memset(f->agent_cas[0], 0x77, HASH_SIZE);
}

static void
change_nonce(struct request_facts *f)
{
	f->nonce[0] ^= 1;
}

static void
change_serial(struct request_facts *f)
{
	f->serial[0] ^= 1;
}

static void
change_key(struct request_facts *f)
{
	f->pledge_spki_sha256[0] ^= 1;
}

static void
change_domain(struct request_facts *f)
{
	f->chain[1].domain_id[0] ^= 1;
}

static void
change_pin(struct request_facts *f)
{
	static const uint8_t other = 0x99;

	f->chain[0].certificate = span_of(&other, 1);
}

static void
change_request(struct request_facts *f)
{
	f->request_sha256[0] ^= 1;
}

static const struct {
	const char *field;
	void (*change)(struct request_facts *f);
} lies[] = {
	{ "proximity", change_proximity },
	{ "agent-cas", add_agent_ca },
	{ "agent-names", change_agent_names },
	{ "nonce", change_nonce },
	{ "serial", change_serial },
	{ "pledge-key", change_key },
	{ "chain", change_domain },
	{ "chain", change_pin },
	{ "request", change_request },
};

/* Each field that differs stops issuing, over a restart, until the operator
 * names the voucher; the audit log is still answered. */
static void
differs(void **state)
{
	struct world *w = *state;
	struct request_facts f[9], log;
	char sequence[24];
	unsigned i;

	issue(w, 9, f);
	for (i = 0; i < 9; i++) {
		struct request_facts lie = f[i];
		const char *json;

		batch(w);
		lies[i].change(&lie);
		say(w, &w->apart, asked(&w->apart, &f[i]), &lie, REASON_OK);
		/* The rest of the batch waits for its turn. */
		while (w->apart.len > 0) {
			struct sent s = take(&w->apart, MESSAGE_DERIVE);

			buf_free(&s.payload);
		}
		drained(w);
		command(w, "service.status", NULL);
		json = told(w, REASON_OK);
		assert_string_equal(
		    text_at(json, "recheck.field"), lies[i].field);
		assert_string_equal(
		    text_at(json, "recheck.serial"), f[i].serial);
		snprintf(sequence, sizeof(sequence), "%s",
		    text_at(json, "recheck.sequence"));
		world_again(w);
		puppet_sync(w);
		ask(w, 50, &f[0]);
		expect_answer(w, 50, REASON_RECHECK_DIFFERS, NULL);
		log = f[0];
		log.kind = REQUEST_AUDIT_LOG;
		ask(w, 51, &log);
		expect_answer(w, 51, REASON_OK, NULL);
		authority_calls.tick(w->a);
		expect_nothing(&w->signer);
		command(w, "recheck.confirm", ARGUMENTS({ "sequence", "1" }));
		(void)told(w, REASON_ADMIN_ARGUMENT);
		w->fresh = 0;
		(void)done(
		    w, "recheck.confirm", ARGUMENTS({ "sequence", sequence }));
		assert_false(w->a->stopped);
	}
	ask(w, 60, &f[0]);
	expect_answer(w, 60, REASON_OK, NULL);
}

/* By way of an agent, as a checker of before had it: without names. */
static void
issue_by_agent(struct world *w, unsigned device, struct request_facts *f)
{
	*f = good_facts(device, (uint8_t)device);
	f->moment = NOW;
	f->proximity = PROXIMITY_AGENT;
	ask_then(w, device, f);
	puppet_obey(w);
	drained(w);
	expect_answer(w, device, REASON_OK, NULL);
}

/* What waits at an upgrade is the same, unless the names would have been refused. */
static void
names_of_before(void **state)
{
	struct world *w = *state;
	struct request_facts f[2];
	unsigned i;

	world_ready(w, 2);
	for (i = 0; i < 2; i++) {
		issue_by_agent(w, i + 1, &f[i]);
		f[i].agent_names_len = 2;
		memset(f[i].agent_names[0], 0x31, HASH_SIZE);
		memset(f[i].agent_names[1], 0x32, HASH_SIZE);
	}
	memset(f[1].agent_names[1], 0x99, HASH_SIZE);
	w->a->public_cas.len = 1;
	memset(&w->a->public_cas.entries[0], 0x99, sizeof(struct public_ca));
	batch(w);
	say(w, &w->apart, asked(&w->apart, &f[0]), &f[0], REASON_OK);
	assert_false(w->a->stopped);
	say(w, &w->apart, asked(&w->apart, &f[1]), &f[1], REASON_OK);
	assert_true(w->a->stopped);
	drained(w);
	assert_string_equal(status(w, "recheck.field"), "agent-names");
}

/* A checker that finds a fault in what was granted. */
static void
refuses(void **state)
{
	struct world *w = *state;
	struct request_facts f[1], g;

	issue(w, 1, f);
	batch(w);
	/* One is at the signer when issuing stops: nobody gets it. */
	g = good_facts(1, 2);
	ask(w, 8, &g);
	say(w, &w->apart, asked(&w->apart, &f[0]), &f[0],
	    REASON_REQUEST_SIGNATURE);
	puppet_obey(w);
	drained(w);
	expect_answer(w, 8, REASON_RECHECK_DIFFERS, NULL);
	assert_string_equal(status(w, "recheck.field"), "refusal");
	command(w, "recheck.confirm", NULL);
	(void)told(w, REASON_ADMIN_ARGUMENT);
}

/* A request without a certificate needs the record of its device: where that was
 * deleted nobody lied, and where it is there somebody did. */
static void
deleted(void **state)
{
	struct world *w = *state;
	struct request_facts f[2];

	issue(w, 2, f);
	batch(w);
	store_group_begin(w->a->store);
	assert_true(
	    store_change(w->a->store, "DELETE FROM device WHERE serial = ?1",
		VALUES(value_text(f[0].serial))));
	store_group_submit(w->a->store, committed, NULL);
	say(w, &w->apart, asked(&w->apart, &f[0]), &f[0],
	    REASON_PRIOR_CERTIFICATE);
	drained(w);
	assert_string_equal(status(w, "recheck.stopped"), "false");
	assert_string_equal(status(w, "recheck.waiting"), "1");
	say(w, &w->apart, asked(&w->apart, &f[1]), &f[1],
	    REASON_PRIOR_CERTIFICATE);
	drained(w);
	assert_string_equal(status(w, "recheck.stopped"), "true");
}

/* The difference outlives the group that it was found in. */
static void
stop_lost(void **state)
{
	struct world *w = *state;
	struct request_facts f[1], lie;
	char sequence[24];

	issue(w, 1, f);
	batch(w);
	lie = f[0];
	change_proximity(&lie);
	say(w, &w->apart, asked(&w->apart, &f[0]), &lie, REASON_OK);
	store_group_spoil(w->a->store);
	drained(w);
	authority_calls.tick(w->a);
	puppet_sync(w);
	assert_true(w->a->stopped);
	authority_calls.tick(w->a);
	drained(w);
	assert_string_equal(status(w, "recheck.field"), "proximity");
	world_again(w);
	puppet_sync(w);
	assert_true(w->a->stopped);
	snprintf(
	    sequence, sizeof(sequence), "%s", status(w, "recheck.sequence"));
	(void)done(w, "recheck.confirm", ARGUMENTS({ "sequence", sequence }));
	assert_false(w->a->stopped);
}

/* Three checkers that die of one request are an answer, too. */
static void
dies(void **state)
{
	struct world *w = *state;
	struct request_facts f[1];
	unsigned i;

	issue(w, 1, f);
	for (i = 0; i < 3; i++) {
		assert_false(w->a->stopped);
		batch(w);
		(void)asked(&w->apart, &f[0]);
		authority_calls.lost(w->a, &w->apart);
	}
	assert_true(w->a->stopped);
	drained(w);
	assert_string_equal(status(w, "recheck.field"), "no answer");
}

/* It dies of the third, while the first waits for the record of its device: which one it
 * was is found by asking for one at a time. */
static void
dies_of_a_later_one(void **state)
{
	struct world *w = *state;
	struct request_facts f[3];
	uint64_t id;
	unsigned i;

	issue(w, 3, f);
	batch(w);
	for (i = 0; i < 3; i++)
		(void)asked(&w->apart, &f[i]);
	authority_calls.lost(w->a, &w->apart);
	for (i = 0; i < 2; i++) {
		batch(w);
		assert_int_equal(asked_any(&w->apart, &id), i + 1);
		expect_nothing(&w->apart);
		say(w, &w->apart, id, &f[i], REASON_OK);
		drained(w);
	}
	for (i = 0; i < 3; i++) {
		assert_false(w->a->stopped);
		batch(w);
		(void)asked(&w->apart, &f[2]);
		authority_calls.lost(w->a, &w->apart);
	}
	assert_true(w->a->stopped);
	drained(w);
	assert_string_equal(status(w, "recheck.serial"), f[2].serial);
	assert_string_equal(status(w, "recheck.field"), "no answer");
}

/* One that was killed by accident: it is slow for as many as that could have been. */
static void
dies_once(void **state)
{
	static struct request_facts f[MANY];
	struct world *w = *state;
	uint64_t id;
	unsigned i;

	issue(w, MANY, f);
	batch(w);
	while (w->apart.len > 0)
		(void)asked_any(&w->apart, &id);
	authority_calls.lost(w->a, &w->apart);
	for (i = 0; i < RECHECK_BATCH; i++) {
		batch(w);
		assert_int_equal(answer_all(w, f), 1);
	}
	batch(w);
	assert_int_equal(answer_all(w, f), RECHECK_BATCH);
	assert_false(w->a->stopped);
}

/* What cannot be asked about is a difference also where one process goes on. */
static void
unreadable_behind(void **state)
{
	static struct request_facts f[MANY];
	struct world *w = *state;

	issue(w, MANY, f);
	store_group_begin(w->a->store);
	assert_true(store_change(w->a->store,
	    "UPDATE voucher SET facts = x'00' WHERE sequence = ?1",
	    VALUES(value_number(
		(int64_t)w->sequence - MANY + RECHECK_BATCH + 1))));
	store_group_submit(w->a->store, committed, NULL);
	clock_set_test(NOW + 300);
	batch(w);
	assert_int_equal(answer_all(w, f), RECHECK_BATCH);
	assert_string_equal(status(w, "recheck.stopped"), "true");
	assert_string_equal(status(w, "recheck.field"), "facts");
}

static bool
see_bytes(void *context, const struct store_recheck *r)
{
	*(bool *)context = r->bytes.len > 0;
	return false;
}

static bool
has_bytes(struct world *w)
{
	uint8_t signer[16];
	bool has = false;

	memcpy(signer, w->a->ledger.signer, sizeof(signer));
	store_recheck_get(w->a->store, signer, w->sequence, see_bytes, &has);
	return has;
}

/* The bytes of what was derived again are kept for the days that hallmark.ini
 * says, those of what waits longer. */
static void
kept(void **state)
{
	struct world *w = *state;
	struct request_facts f[1];
	const int64_t days = 30;

	issue(w, 1, f);
	w->a->start.config.keep_requests = (unsigned)days;
	clock_set_test(NOW + 2 * days * SECONDS_A_DAY);
	authority_calls.tick(w->a);
	drained(w);
	assert_true(has_bytes(w));
	clock_set_test(NOW);
	authority_calls.connected(w->a, &w->apart);
	say(w, &w->apart, asked(&w->apart, &f[0]), &f[0], REASON_OK);
	drained(w);
	clock_set_test(NOW + days * SECONDS_A_DAY - 60);
	authority_calls.tick(w->a);
	drained(w);
	assert_true(has_bytes(w));
	/* The clock runs ahead for a moment, or records say so, too. */
	clock_set_test(NOW + days * SECONDS_A_DAY + 60);
	authority_calls.tick(w->a);
	drained(w);
	assert_true(has_bytes(w));
	w->a->ledger.time = NOW + days * SECONDS_A_DAY + 60;
	authority_calls.tick(w->a);
	drained(w);
	assert_false(has_bytes(w));
}

/* What a checker says must be about the bytes, and about now. */
static void
vouched(void **state)
{
	struct world *w = *state;
	struct request_facts f = good_facts(1, 1);

	world_ready(w, 1);
	f.request_sha256[0] ^= 1; /* world.c sends no bytes with it */
	ask(w, 1, &f);
	expect_answer(w, 1, REASON_REQUEST_HASH, NULL);
	request_of(&f, 1);
	f.moment = NOW - 90;
	ask_then(w, 2, &f);
	expect_answer(w, 2, REASON_REQUEST_MOMENT, NULL);
	f.moment = NOW + 90;
	ask_then(w, 3, &f);
	expect_answer(w, 3, REASON_REQUEST_MOMENT, NULL);
	f.moment = INT64_MIN; /* what is not to be subtracted */
	ask_then(w, 4, &f);
	expect_answer(w, 4, REASON_REQUEST_MOMENT, NULL);
	expect_nothing(&w->signer);
}

/* --- explain --- */

static void
explained(void **state)
{
	struct world *w = *state;
	struct request_facts f = good_facts(1, 1);
	uint64_t sequence;
	const char *json;

	world_ready(w, 1);
	sequence = w->sequence;
	f.moment = NOW + 1000;
	command(w, "request.explain",
	    ARGUMENTS({ "request", "x" }, { "at", "2023-11-14T22:30:00Z" }));
	say(w, &w->checker, asked(&w->checker, &f), &f, REASON_OK);
	drained(w);
	json = told(w, REASON_OK);
	assert_string_equal(text_at(json, "granted"), "true");
	assert_string_equal(text_at(json, "pin.subject"), "CN=ca");
	assert_string_equal(text_at(json, "key"), "voucher-1");
	assert_string_equal(text_at(json, "assertion"), "proximity");
	assert_string_equal(text_at(json, "repeat"), "absent");
	/* Nothing was signed, recorded or counted. */
	expect_nothing(&w->signer);
	assert_int_equal(w->sequence, sequence);
	assert_int_equal(store_count(w->a->store, TABLE_VOUCHER), 0);
	assert_int_equal(store_count(w->a->store, TABLE_REFUSAL), 0);
	assert_int_equal(w->a->alarms, ALARMS_PER_SECOND);
}

static void
explained_refusal(void **state)
{
	struct world *w = *state;
	struct request_facts f = good_facts(77, 1);
	const char *json;

	world_ready(w, 1);
	f.moment = NOW + 1000;
	command(w, "request.explain",
	    ARGUMENTS({ "request", "x" }, { "at", "2023-11-14T22:30:00Z" }));
	say(w, &w->checker, asked(&w->checker, &f), &f, REASON_OK);
	drained(w);
	json = told(w, REASON_OK);
	assert_string_equal(text_at(json, "granted"), "false");
	assert_string_equal(text_at(json, "reason"), "device-unknown");
	assert_string_equal(text_at(json, "status"), "404");
	assert_string_equal(text_at(json, "on-record"), "0");
	assert_int_equal(store_count(w->a->store, TABLE_REFUSAL), 0);
	command(w, "request.explain",
	    ARGUMENTS({ "request", "x" }, { "media-reason", "media-type" }));
	json = told(w, REASON_OK);
	assert_string_equal(text_at(json, "status"), "415");
	expect_nothing(&w->checker);
	command(w, "request.explain", ARGUMENTS({ "at", "yesterday" }));
	(void)told(w, REASON_ADMIN_ARGUMENT);
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, world_open, world_close)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_same),
		TEST(out_of_order),
		TEST(behind),
		TEST(by_lot),
		TEST(only_idle),
		TEST(differs),
		TEST(names_of_before),
		TEST(refuses),
		TEST(deleted),
		TEST(stop_lost),
		TEST(dies),
		TEST(dies_of_a_later_one),
		TEST(dies_once),
		TEST(unreadable_behind),
		TEST(kept),
		TEST(vouched),
		TEST(explained),
		TEST(explained_refusal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
