/* A new signer may go on where the store's copy ends, and nowhere else. */
#include "world.h"

static const uint8_t signer[16] = { 9 };

/* The keys that the new signer begins with; lie: it names another head. */
static void
begins_with(struct world *w, bool lie, struct ledger *next)
{
	ledger_succeed(&w->a->ledger, signer, 5, NOW + 60, next);
	next->before.head[0] ^= lie;
}

static void
part_record(struct world *w, struct ledger *next, unsigned part)
{
	static uint8_t room[FRAME_MAX], bytes[RECORD_MAX], content[RECORD_MAX];
	struct record r = { .kind = RECORD_CHECKPOINT, .sequence = part + 1 };
	struct message_record m = { .sequence = part + 1 };
	struct cbor_out out;
	size_t len;

	assert_true(ledger_write(next, part, content, sizeof(content), &len));
	r.checkpoint = span_of(content, len);
	memcpy(r.signer, signer, sizeof(signer));
	memcpy(r.previous, next->head, HASH_SIZE);
	r.time = next->time;
	assert_true(record_write(&r, bytes, sizeof(bytes), &len));
	m.record = span_of(bytes, len);
	cbor_out_open(&out, room, sizeof(room));
	message_record_put(&out, &m);
	deliver(w, &w->signer, MESSAGE_RECORD, 0, &out);
	next->sequence = part + 1;
	record_hash(m.record, next->head);
}

static void
first_record(struct world *w, bool lie)
{
	struct ledger next;

	begins_with(w, lie, &next);
	part_record(w, &next, 0);
	ledger_free(&next);
}

static void
synced(struct world *w, uint64_t sequence)
{
	static uint8_t room[FRAME_MAX];
	struct message_synced m = { .sequence = sequence };
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
	synced(w, 1);
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
	synced(w, 1);
	assert_true(w->a->synced);
	assert_int_equal(w->a->ledger.sequence, 1);
	store_journal_head(w->a->store, &head);
	assert_memory_equal(head.signer, signer, sizeof(signer));
	assert_int_equal(head.sequence, 1);
	ca = ledger_key_find(&w->a->ledger, "issuing-1");
	assert_int_equal(ca->last_counter, counter + 5);
}

/* More keys than one record holds; lie: the last one has signed less. */
static void
two_parts(struct world *w, bool lie)
{
	struct ledger_key k;
	struct ledger next;
	unsigned i;

	world_ready(w, 1);
	k = *ledger_key_find(&w->a->ledger, "issuing-1");
	k.order.slot[0] = '\0';
	for (i = 0; i < LEDGER_PART_KEYS; i++) {
		snprintf(k.order.name, sizeof(k.order.name), "key-%u", i);
		assert_true(ledger_key_push(&w->a->ledger, &k));
	}
	signer_back(w);
	begins_with(w, false, &next);
	part_record(w, &next, 0);
	next.keys[LEDGER_PART_KEYS].count.issued -= lie;
	part_record(w, &next, 1);
	ledger_free(&next);
	synced(w, 2);
}

/* Each part is held to what the old chain gives. */
static void
other_key(void **state)
{
	struct world *w = *state;

	two_parts(w, true);
	assert_false(w->a->synced);
	assert_int_equal(w->a->ledger.sequence, 1);
}

static void
many_keys(void **state)
{
	struct world *w = *state;
	struct ledger copy;
	struct why why;

	two_parts(w, false);
	assert_true(w->a->synced);
	assert_int_equal(
	    store_journal_ledger(w->a->store, &copy, &why), REASON_OK);
	assert_int_equal(copy.sequence, 2);
	assert_int_equal(copy.keys_len, w->a->ledger.keys_len);
	assert_non_null(ledger_key_find(&copy, "key-15"));
	ledger_free(&copy);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    another_head, world_open, world_close),
		cmocka_unit_test_setup_teardown(
		    goes_on, world_open, world_close),
		cmocka_unit_test_setup_teardown(
		    other_key, world_open, world_close),
		cmocka_unit_test_setup_teardown(
		    many_keys, world_open, world_close),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
