/* Who is blocked: by operators, and by what clients do (MP 5 row 0b, MP 17). */
#include "world.h"

#include "base/clock.h"
#include "judge.h"

#define BAD	20 /* verified bad requests ... */
#define SECONDS 600
#define PERIOD	600

#define KEY                            \
	"key:"                         \
	"00112233445566778899aabbccdd" \
	"eeff00112233445566778899aabbccddeeff"

static void
number(uint8_t client[HASH_SIZE], unsigned n)
{
	memset(client, 0xee, HASH_SIZE);
	client[0] = (uint8_t)(n >> 8);
	client[1] = (uint8_t)n;
}

static bool
blocked(const struct world *w, unsigned n, int64_t now)
{
	static const uint8_t none[HASH_SIZE];
	uint8_t client[HASH_SIZE];

	number(client, n);
	return blocklist_has(w->blocklist, none, client, "192.0.2.1", now);
}

/* A checker's word that it refused requests of client n. */
static void
bad(struct world *w, unsigned n, unsigned times, enum reason r)
{
	static uint8_t room[FRAME_MAX];
	struct message_refused m = { .kind = REQUEST_VOUCHER,
		.reason = r,
		.address = "192.0.2.1",
		.correlation = "c0ffee" };
	struct cbor_out o;

	number(m.client_sha256, n);
	while (times-- > 0) {
		cbor_out_open(&o, room, sizeof(room));
		message_refused_put(&o, &m);
		deliver(w, &w->checker, MESSAGE_REFUSED, 0, &o);
	}
	drained(w);
}

static void
offenders(void **state)
{
	struct world *w = *state;

	world_ready(w, 0);
	clock_set_test(NOW);
	bad(w, 1, BAD - 1, REASON_REQUEST_SIGNATURE);
	assert_false(blocked(w, 1, NOW));
	bad(w, 1, 1, REASON_PRIOR_SIGNATURE);
	assert_true(blocked(w, 1, NOW));
	assert_false(blocked(w, 2, NOW));
	assert_true(blocked(w, 1, NOW + PERIOD - 2));
	assert_false(blocked(w, 1, NOW + PERIOD + 2));
	/* Gone from the list when its time is over, and longer next time. */
	clock_set_test(NOW + PERIOD + 10);
	authority_calls.tick(w->a);
	assert_false(blocked(w, 1, NOW));
	bad(w, 1, BAD, REASON_REQUEST_SIGNATURE);
	assert_true(blocked(w, 1, NOW + 3 * PERIOD));
	assert_false(blocked(w, 1, NOW + 3 * PERIOD + 20));
	/* A day after that it begins anew. */
	clock_set_test(NOW + 100000);
	bad(w, 1, BAD, REASON_REQUEST_SIGNATURE);
	assert_true(blocked(w, 1, NOW + 100000 + PERIOD - 2));
	assert_false(blocked(w, 1, NOW + 100000 + PERIOD + 2));
	/* Nor does it last longer than a day where the clock was put right. */
	clock_set_test(NOW);
	assert_true(blocked(w, 1, NOW));
	authority_calls.tick(w->a);
	assert_false(blocked(w, 1, NOW));
	clock_set_test(NOW + 100000);
	/* It is gone with this authority. */
	world_again(w);
	assert_false(blocked(w, 1, NOW + 100000));
}

/* Requests for devices that are not ours, as the authority finds out itself. */
static void
guessers(void **state)
{
	struct world *w = *state;
	struct request_facts f = good_facts(7, 1);
	unsigned i;

	world_ready(w, 1);
	number(f.client_sha256, 3);
	for (i = 0; i < BAD; i++) {
		assert_false(blocked(w, 3, NOW));
		ask(w, i, &f);
		expect_answer(w, i, REASON_DEVICE_UNKNOWN, NULL);
	}
	assert_true(blocked(w, 3, NOW));
}

/* Few, slow, harmless, or without a certificate. */
static void
others(void **state)
{
	static const uint8_t none[HASH_SIZE];
	struct world *w = *state;
	struct request_facts f = good_facts(7, 1);
	unsigned i;

	world_ready(w, 1);
	bad(w, 1, BAD - 1, REASON_REQUEST_SIGNATURE);
	clock_set_test(NOW + SECONDS + 10);
	bad(w, 1, BAD - 1, REASON_REQUEST_SIGNATURE);
	assert_false(blocked(w, 1, NOW + SECONDS));
	bad(w, 2, 3 * BAD, REASON_CMS_MALFORMED);
	bad(w, 2, 3 * BAD, REASON_DEVICE_HELD);
	bad(w, 2, 3 * BAD, REASON_REQUEST_STALE);
	assert_false(blocked(w, 2, NOW + SECONDS));
	memset(f.client_sha256, 0, HASH_SIZE);
	for (i = 0; i < 2 * BAD; i++) {
		ask(w, i, &f);
		expect_answer(w, i, REASON_DEVICE_UNKNOWN, NULL);
	}
	assert_false(blocklist_has(w->blocklist, none, none, "192.0.2.1", NOW));
	assert_string_equal(
	    done(w, "client.list", NULL), "{\"clients\":[],\"next\":null}");
}

/* Whoever got a voucher lately is not blocked by itself, also by an authority
 * that was not there then. */
static void
count_client(void *context, const uint8_t client[HASH_SIZE])
{
	(void)client;
	++*(unsigned *)context;
}

static void
customers(void **state)
{
	struct world *w = *state;
	struct request_facts f = good_facts(1, 1);
	unsigned i, served = 0;

	world_ready(w, 1);
	number(f.client_sha256, 4);
	ask(w, 1, &f);
	puppet_obey(w);
	drained(w);
	expect_answer(w, 1, REASON_OK, NULL);
	bad(w, 4, 3 * BAD, REASON_PRIOR_SIGNATURE);
	assert_false(blocked(w, 4, NOW));
	world_again(w);
	puppet_sync(w);
	bad(w, 4, 3 * BAD, REASON_PRIOR_SIGNATURE);
	assert_false(blocked(w, 4, NOW));
	clock_set_test(NOW + 91 * 86400);
	bad(w, 4, BAD, REASON_PRIOR_SIGNATURE);
	assert_true(blocked(w, 4, NOW + 91 * 86400));
	/* Nor is it kept. */
	for (i = 0; i < 600; i++)
		authority_calls.tick(w->a);
	store_client_each(w->a->store, 0, 100, count_client, &served);
	assert_int_equal(served, 1); /* the clock alone may be wrong */
	w->a->ledger.time = NOW + 91 * 86400;
	for (i = 0; i < 600; i++)
		authority_calls.tick(w->a);
	served = 0;
	store_client_each(w->a->store, 0, 100, count_client, &served);
	assert_int_equal(served, 0);
}

/* Whose row went with a lost group gets one with the next voucher. */
static void
lost_customer(void **state)
{
	struct world *w = *state;
	struct request_facts f = good_facts(1, 1);
	struct sent s;

	world_ready(w, 1);
	number(f.client_sha256, 4);
	ask(w, 1, &f);
	puppet_obey(w);
	store_group_spoil(w->a->store);
	drained(w);
	expect_answer(w, 1, REASON_STORE_FAILED, NULL);
	authority_calls.tick(w->a);
	s = take(&w->signer, MESSAGE_HEAD);
	buf_free(&s.payload);
	puppet_repeat(w, 1);
	ask(w, 2, &f);
	puppet_obey(w);
	drained(w);
	expect_answer(w, 2, REASON_OK, NULL);
	bad(w, 4, BAD, REASON_PRIOR_SIGNATURE);
	assert_false(blocked(w, 4, NOW));
}

/* Strangers' refusals make no groups for a store that takes none. */
static void
nothing_is_recorded(void **state)
{
	struct world *w = *state;
	struct request_facts f = good_facts(1, 1);

	world_ready(w, 1);
	bad(w, 5, 1, REASON_PRIOR_SIGNATURE);
	assert_int_equal(store_count(w->a->store, TABLE_REFUSAL), 1);
	ask(w, 1, &f);
	puppet_obey(w);
	store_group_spoil(w->a->store);
	drained(w);
	expect_answer(w, 1, REASON_STORE_FAILED, NULL);
	bad(w, 5, 3, REASON_PRIOR_SIGNATURE);
	assert_int_equal(store_count(w->a->store, TABLE_REFUSAL), 1);
	bad(w, 5, BAD, REASON_PRIOR_SIGNATURE);
	assert_true(blocked(w, 5, NOW));
}

#define CLIENTS (BLOCKED_CLIENTS_MAX / 2)

/* The oldest goes; what an operator said stays. */
static void
crowd(void **state)
{
	struct world *w = *state;
	unsigned i;

	world_ready(w, 0);
	(void)done(w, "client.block",
	    ARGUMENTS({ "name", KEY }, { "reason", "lost" }));
	for (i = 0; i < CLIENTS; i++)
		bad(w, i, BAD, REASON_REQUEST_SIGNATURE);
	assert_true(blocked(w, 0, NOW));
	bad(w, CLIENTS, BAD, REASON_REQUEST_SIGNATURE);
	assert_false(blocked(w, 0, NOW));
	assert_true(blocked(w, 1, NOW));
	assert_true(blocked(w, CLIENTS, NOW));
	assert_non_null(strstr(done(w, "client.list", NULL), KEY));
}

/* On the list from the commit on, over a restart, until its time is over. */
static void
operators(void **state)
{
	struct world *w = *state;
	uint8_t key[HASH_SIZE];
	static const uint8_t none[HASH_SIZE];
	const char *json;
	unsigned i;

	for (i = 0; i < HASH_SIZE; i++)
		key[i] = (uint8_t)(i % 16 * 0x11);
	world_ready(w, 0);
	command(w, "client.block",
	    ARGUMENTS(
		{ "name", KEY }, { "reason", "stolen" }, { "for", "2h" }));
	puppet_obey(w);
	assert_false(blocklist_has(w->blocklist, key, none, "", NOW));
	drained(w);
	(void)told(w, REASON_OK);
	assert_true(blocklist_has(w->blocklist, key, none, "", NOW));
	assert_false(blocklist_has(w->blocklist, none, key, "", NOW));
	(void)done(w, "client.block",
	    ARGUMENTS({ "name", "address:198.51.100.0/24" },
		{ "reason", "scanner" }));
	world_again(w);
	puppet_sync(w);
	assert_true(blocklist_has(w->blocklist, key, none, "", NOW));
	assert_true(
	    blocklist_has(w->blocklist, none, none, "198.51.100.9", NOW));
	json = done(w, "client.list", NULL);
	assert_string_equal(text_at(json, "clients.0.name"), KEY);
	assert_string_equal(text_at(json, "clients.0.reason"), "stolen");
	assert_string_equal(
	    text_at(json, "clients.1.name"), "address:198.51.100.0/24");
	json = done(w, "client.list", ARGUMENTS({ "limit", "1" }));
	assert_string_equal(text_at(json, "next"), KEY);
	json = done(w, "client.list", ARGUMENTS({ "after", KEY }));
	assert_string_equal(
	    text_at(json, "clients.0.name"), "address:198.51.100.0/24");
	/* What is over goes when a record says the time, too. */
	clock_set_test(NOW + 7210);
	authority_calls.tick(w->a);
	drained(w);
	assert_true(blocklist_has(w->blocklist, key, none, "", NOW));
	(void)done(w, "client.release",
	    ARGUMENTS({ "name", "address:198.51.100.0/24" }));
	assert_false(
	    blocklist_has(w->blocklist, none, none, "198.51.100.9", NOW));
	authority_calls.tick(w->a);
	drained(w);
	assert_false(blocklist_has(w->blocklist, key, none, "", NOW));
	assert_string_equal(
	    done(w, "client.list", NULL), "{\"clients\":[],\"next\":null}");
}

/* An operator lifts what came by itself. */
static void
lifted(void **state)
{
	struct world *w = *state;
	char name[BLOCK_TEXT_MAX];
	struct block_name n = { .kind = BLOCK_CERTIFICATE };

	world_ready(w, 0);
	bad(w, 5, BAD, REASON_REQUEST_SIGNATURE);
	number(n.bytes, 5);
	block_name_print(name, &n);
	(void)done(w, "client.release", ARGUMENTS({ "name", name }));
	assert_false(blocked(w, 5, NOW));
	/* Or makes it last. */
	bad(w, 5, BAD, REASON_REQUEST_SIGNATURE);
	(void)done(w, "client.block",
	    ARGUMENTS({ "name", name }, { "reason", "for good" }));
	assert_true(blocked(w, 5, NOW + 1000000));
	(void)done(w, "client.release", ARGUMENTS({ "name", name }));
	assert_false(blocked(w, 5, NOW));
}

/* Whoever an operator blocked once is watched like everybody, from the moment on at
 * which that is over: its row may stay for long, where no record is written. */
static void
blocked_before(void **state)
{
	struct world *w = *state;
	char name[BLOCK_TEXT_MAX];
	struct block_name n = { .kind = BLOCK_CERTIFICATE };

	world_ready(w, 0);
	number(n.bytes, 6);
	block_name_print(name, &n);
	(void)done(w, "client.block",
	    ARGUMENTS(
		{ "name", name }, { "reason", "noise" }, { "for", "1h" }));
	bad(w, 6, BAD, REASON_REQUEST_SIGNATURE); /* on their way */
	assert_false(blocked(w, 6, NOW + 4000));
	clock_set_test(NOW + 4000);
	authority_calls.tick(w->a);
	bad(w, 6, BAD, REASON_REQUEST_SIGNATURE);
	assert_true(blocked(w, 6, NOW + 4000));
	/* Also when all are read again and that row is there still. */
	w->clock_stopped = true;
	(void)done(w, "client.block",
	    ARGUMENTS({ "name", KEY }, { "reason", "lost" }));
	assert_true(blocked(w, 6, NOW + 4000));
	w->clock_stopped = false;
	(void)done(w, "client.release", ARGUMENTS({ "name", name }));
	assert_false(blocked(w, 6, NOW + 4000));
}

#define ONE_MORE "address:192.0.2.0/24"

/* Those that are over take nobody's place. */
static void
full_of_past(void **state)
{
	struct world *w = *state;
	char name[BLOCK_TEXT_MAX];
	unsigned i;

	world_ready(w, 0);
	for (i = 0; i < BLOCKED_PREFIXES_MAX; i++) {
		snprintf(name, sizeof(name), "address:10.0.%u.0/24", i);
		(void)done(w, "client.block",
		    ARGUMENTS({ "name", name }, { "reason", "noise" },
			{ "for", "24h" }));
	}
	command(w, "client.block",
	    ARGUMENTS({ "name", ONE_MORE }, { "reason", "lost" }));
	puppet_obey(w);
	drained(w);
	(void)told(w, REASON_ADMIN_ARGUMENT);
	clock_set_test(NOW + 2 * 86400);
	(void)done(w, "client.block",
	    ARGUMENTS({ "name", ONE_MORE }, { "reason", "lost" }));
	assert_string_equal(
	    text_at(done(w, "client.list", NULL), "clients.0.name"), ONE_MORE);
	assert_string_equal(
	    text_at(done(w, "client.list", NULL), "clients.1.name"), "absent");
}

/* Refused before the signer hears of it, and nothing is blocked. */
static void
slips(void **state)
{
	static const struct {
		enum reason reason;
		const char *verb;
		struct argument list[4];
	} cases[] = {
		{ REASON_ADMIN_ARGUMENT, "client.block", { { "name", KEY } } },
		{ REASON_ADMIN_ARGUMENT, "client.block",
		    { { "reason", "none" } } },
		{ REASON_ADMIN_ARGUMENT, "client.block",
		    { { "name", "address:0.0.0.0/0" }, { "reason", "all" } } },
		{ REASON_ADMIN_ARGUMENT, "client.block",
		    { { "name", KEY }, { "reason", "x" }, { "for", "2" } } },
		{ REASON_ADMIN_ARGUMENT, "client.block",
		    { { "name", KEY }, { "reason", "x" }, { "for", "0h" } } },
		{ REASON_ADMIN_ARGUMENT, "client.block",
		    { { "name", KEY }, { "reason", "x" }, { "for", "11y" } } },
		{ REASON_ADMIN_ARGUMENT, "client.block",
		    { { "name", KEY }, { "reason", "x" },
			{ "for", "99999d" } } },
		{ REASON_ADMIN_ARGUMENT, "client.release", { { 0 } } },
		{ REASON_CLIENT_NOT_BLOCKED, "client.release",
		    { { "name", KEY } } },
		{ REASON_ADMIN_ARGUMENT, "client.list",
		    { { "after", "nobody" } } },
	};
	struct world *w = *state;
	size_t i;

	world_ready(w, 0);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		command(w, cases[i].verb, cases[i].list);
		expect_nothing(&w->signer);
		(void)told(w, cases[i].reason);
	}
	assert_string_equal(
	    done(w, "client.list", NULL), "{\"clients\":[],\"next\":null}");
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, world_open, world_close)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(offenders),
		TEST(guessers),
		TEST(others),
		TEST(customers),
		TEST(lost_customer),
		TEST(nothing_is_recorded),
		TEST(crowd),
		TEST(operators),
		TEST(lifted),
		TEST(blocked_before),
		TEST(full_of_past),
		TEST(slips),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
