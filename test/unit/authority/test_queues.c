/* Who waits for the decision about one device, and who finds no place there. */
#include "world.h"

/* The next of what the checker is told. */
static struct message_answer
next_answer(struct world *w, uint64_t *id)
{
	struct sent s = take(&w->checker, MESSAGE_ANSWER);
	struct message_answer m;
	struct cbor c;

	cbor_open(&c, buf_span(&s.payload), true);
	assert_true(message_answer_get(&c, &m));
	*id = s.id;
	m.body = span_of(NULL, 0);
	buf_free(&s.payload);
	return m;
}

/* Another asker: certificate and address. */
static void
asker(struct request_facts *f, unsigned n)
{
	memset(f->client_sha256, 0xc2, HASH_SIZE);
	f->client_sha256[0] = (uint8_t)n;
	f->client_sha256[1] = (uint8_t)(n >> 8);
	snprintf(f->address, sizeof(f->address), "10.1.%u.%u", n >> 8 & 255,
	    n & 255);
}

/* One device's queue is its own: whoever fills it keeps nobody else waiting. */
static void
one_queue(void **state)
{
	struct world *w = *state;
	struct request_facts f = good_facts(1, 1), g = good_facts(1, 2),
			     h = good_facts(2, 3);
	uint64_t id, last = 0;
	unsigned i;

	world_ready(w, 2);
	ask(w, 1, &f);
	for (i = 0; i < PENDING_MAX + 100; i++) {
		/* The same bytes, and others. */
		asker(&g, i);
		if (i % 4 > 0)
			request_of(&g, (uint8_t)(10 + i % 100));
		ask(w, 100 + i, i % 4 == 0 ? &f : &g);
		if (i < WAITERS_MAX)
			continue;
		assert_int_equal(next_answer(w, &id).reason, REASON_OVERLOAD);
		assert_int_equal(id, 100 + i);
	}
	expect_nothing(&w->checker);
	ask(w, 2, &h);
	assert_int_equal(w->signer.len, 2);
	/* Those that wait are decided in their order, one after another. */
	while (w->signer.len > 0) {
		puppet_obey(w);
		drained(w);
		assert_true(w->signer.len <= 2);
	}
	assert_int_equal(w->checker.len, 2 + WAITERS_MAX);
	for (i = 0; w->checker.len > 0; i++) {
		assert_int_equal(next_answer(w, &id).reason, REASON_OK);
		if (id < 100 || (id - 100) % 4 == 0)
			continue;
		assert_true(id > last);
		last = id;
	}
	assert_int_equal(w->a->kept, 0);
	ask(w, 3, &g);
	assert_int_equal(w->signer.len, 1);
}

static void
is_full(struct world *w, uint64_t id)
{
	uint64_t answered;

	assert_int_equal(next_answer(w, &answered).reason, REASON_OVERLOAD);
	assert_int_equal(answered, id);
	expect_nothing(&w->checker);
}

/* Nobody takes all places of a device: its owner comes by one of them. */
static void
one_asker(void **state)
{
	struct world *w = *state;
	struct request_facts f = good_facts(1, 1), g = good_facts(1, 2);
	unsigned i;

	world_ready(w, 1);
	ask(w, 1, &f);
	/* By certificate, from many addresses. */
	for (i = 0; i < WAITERS_MAX; i++) {
		snprintf(g.address, sizeof(g.address), "10.2.0.%u", i);
		request_of(&g, (uint8_t)(10 + i));
		ask(w, 100 + i, &g);
		if (i >= WAITERS_OF_ONE)
			is_full(w, 100 + i);
	}
	/* By address, IPv6 by its network, with many certificates. */
	for (i = 0; i < WAITERS_MAX; i++) {
		asker(&g, i);
		/* Of the 256 networks that a household may have. */
		snprintf(g.address, sizeof(g.address), "2001:db8:0:%x::1", i);
		ask(w, 200 + i, &g);
		if (i >= WAITERS_OF_ONE)
			is_full(w, 200 + i);
	}
	/* And without one. */
	memset(g.client_sha256, 0, HASH_SIZE);
	ask(w, 300, &g);
	is_full(w, 300);
	for (i = 0; i < 2 * WAITERS_OF_ONE; i++) {
		asker(&g, i);
		ask(w, 400 + i, &g);
	}
	expect_nothing(&w->checker);
	asker(&g, 99);
	ask(w, 500, &g);
	is_full(w, 500);
}

/* Who asks the same again while it is decided, once a thread, gets its answer. */
static void
same_bytes(void **state)
{
	struct world *w = *state;
	struct request_facts f = good_facts(1, 1), g = good_facts(1, 2);
	uint64_t id;
	unsigned i;

	world_ready(w, 1);
	ask(w, 1, &f);
	for (i = 0; i < WAITERS_OF_SAME; i++)
		ask(w, 100 + i, &f);
	expect_nothing(&w->checker);
	ask(w, 200, &f);
	is_full(w, 200);
	asker(&g, 1);
	request_of(&g, 10);
	ask(w, 300, &g);
	expect_nothing(&w->checker);
	puppet_obey(w);
	drained(w);
	for (i = 0; i <= WAITERS_OF_SAME; i++)
		assert_int_equal(next_answer(w, &id).reason, REASON_OK);
}

/* The same behind somebody else's decision: one answer for all threads, and other
 * requests still have their places. */
static void
same_bytes_later(void **state)
{
	struct world *w = *state;
	struct request_facts f = good_facts(1, 1), g = good_facts(1, 2);
	uint64_t id;
	unsigned i;

	world_ready(w, 1);
	asker(&g, 1);
	ask(w, 1, &g);
	for (i = 0; i <= WAITERS_OF_SAME; i++)
		ask(w, 100 + i, &f);
	expect_nothing(&w->checker);
	ask(w, 200, &f);
	is_full(w, 200);
	for (i = 1; i < WAITERS_OF_ONE; i++) {
		request_of(&f, (uint8_t)(10 + i));
		ask(w, 300 + i, &f);
	}
	expect_nothing(&w->checker);
	/* Repeated or new, that is all: there is room for the owner. */
	ask(w, 400, &f);
	is_full(w, 400);
	request_of(&f, 20);
	ask(w, 401, &f);
	is_full(w, 401);
	while (w->signer.len > 0) {
		puppet_obey(w);
		drained(w);
	}
	assert_int_equal(w->checker.len, 1 + WAITERS_OF_SAME + WAITERS_OF_ONE);
	while (w->checker.len > 0)
		assert_int_equal(next_answer(w, &id).reason, REASON_OK);
}

/* Those who wait at one that was not signed come to the next one, as far as it has
 * places left. */
static void
two_queues(void **state)
{
	struct world *w = *state;
	struct request_facts f = good_facts(1, 1), g = good_facts(1, 2);
	unsigned i, n, full = 0;
	uint64_t id;

	world_ready(w, 1);
	for (i = 0; i < 2; i++) {
		asker(&f, 200 + i);
		ask(w, i, &f);
		for (n = 0; n < WAITERS_MAX; n++) {
			asker(&g, 20 * i + n);
			ask(w, 100 * (i + 1) + n, &g);
		}
		w->refuses = REASON_KEY_UNAVAILABLE;
		if (i == 0)
			puppet_obey(w); /* and no round is over */
	}
	w->refuses = REASON_OK;
	drained(w);
	while (w->checker.len > 0)
		full += next_answer(w, &id).reason == REASON_OVERLOAD;
	assert_int_equal(full, WAITERS_MAX);
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, world_open, world_close)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(one_queue),
		TEST(one_asker),
		TEST(same_bytes),
		TEST(same_bytes_later),
		TEST(two_queues),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
