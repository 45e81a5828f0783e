/* A new signer may go on where the store's copy ends, and nowhere else. */
#include "world.h"

static const uint8_t signer[16] = { 9 };

/* The first record of the new signer; lie: it names another head. */
static void
first_record(struct world *w, bool lie)
{
	static uint8_t room[FRAME_MAX], bytes[RECORD_MAX], content[RECORD_MAX];
	struct record r = { .kind = RECORD_CHECKPOINT, .sequence = 1 };
	struct message_record m = { .sequence = 1 };
	struct cbor_out out;
	struct ledger next;
	size_t len;

	ledger_succeed(&w->a->ledger, signer, 5, NOW + 60, &next);
	next.before.head[0] ^= lie;
	assert_true(ledger_write(&next, content, sizeof(content), &len));
	r.checkpoint = span_of(content, len);
	memcpy(r.signer, signer, sizeof(signer));
	r.time = next.time;
	ledger_free(&next);
	assert_true(record_write(&r, bytes, sizeof(bytes), &len));
	m.record = span_of(bytes, len);
	cbor_out_open(&out, room, sizeof(room));
	message_record_put(&out, &m);
	deliver(w, &w->signer, MESSAGE_RECORD, 0, &out);
}

static void
synced(struct world *w)
{
	static uint8_t room[FRAME_MAX];
	struct message_synced m = { .sequence = 1 };
	struct cbor_out out;

	memcpy(m.signer, signer, sizeof(signer));
	cbor_out_open(&out, room, sizeof(room));
	message_synced_put(&out, &m);
	deliver(w, &w->signer, MESSAGE_SYNCED, 0, &out);
	drained(w);
}

static void
signer_back(struct world *w)
{
	struct sent s;

	authority_calls.lost(w->a, &w->signer);
	authority_calls.connected(w->a, &w->signer);
	s = take(&w->signer, MESSAGE_HEAD);
	buf_free(&s.payload);
}

static void
another_head(void **state)
{
	struct world *w = *state;
	struct store_head before, after;

	world_ready(w, 1);
	store_journal_head(w->a->store, &before);
	signer_back(w);
	first_record(w, true);
	synced(w);
	assert_false(w->a->synced);
	assert_int_equal(w->a->trouble, REASON_JOURNAL_FORK);
	store_journal_head(w->a->store, &after);
	assert_memory_equal(&before, &after, sizeof(before));
	/* Whoever waits for the signer hears it at once. */
	command(w, "clock.confirm", NULL);
	(void)told(w, REASON_JOURNAL_FORK);
}

static void
goes_on(void **state)
{
	struct world *w = *state;
	struct store_head head;
	const struct ledger_key *ca;
	uint64_t counter;

	world_ready(w, 1);
	ca = ledger_key_find(&w->a->ledger, "issuing-1");
	counter = ca->last_counter;
	signer_back(w);
	first_record(w, false);
	synced(w);
	assert_true(w->a->synced);
	assert_int_equal(w->a->ledger.sequence, 1);
	store_journal_head(w->a->store, &head);
	assert_memory_equal(head.signer, signer, sizeof(signer));
	assert_int_equal(head.sequence, 1);
	ca = ledger_key_find(&w->a->ledger, "issuing-1");
	assert_int_equal(ca->last_counter, counter + 5);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    another_head, world_open, world_close),
		cmocka_unit_test_setup_teardown(
		    goes_on, world_open, world_close),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
