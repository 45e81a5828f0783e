/* What records may say of a key: each is refused where the key is not what it
 * must be, and leaves the ledger as it was. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>

#include "applied.h"

static struct ledger_key *
key(const char *name)
{
	return ledger_key_find(&ledger, name);
}

static enum reason
now(struct record r)
{
	return apply(r, ledger.time);
}

static void
good(struct record r)
{
	assert_int_equal(now(r), REASON_OK);
}

static void
damaged(struct record r)
{
	static uint8_t before[65536], after[65536];
	size_t before_len, after_len;

	assert_true(
	    ledger_write(&ledger, 0, before, sizeof(before), &before_len));
	assert_int_equal(now(r), REASON_JOURNAL_DAMAGED);
	assert_true(ledger_write(&ledger, 0, after, sizeof(after), &after_len));
	assert_int_equal(after_len, before_len);
	assert_memory_equal(after, before, after_len);
}

static struct record
act(const char *verb, const char *subject)
{
	struct record r = { .kind = RECORD_ACT };

	strcpy(r.act.verb, verb);
	strcpy(r.act.subject, subject);
	return r;
}

static struct record
policy(const char *name, unsigned kinds)
{
	struct record r = { .kind = RECORD_POLICY };

	strcpy(r.policy.order.name, name);
	r.policy.order.policy.kinds = kinds;
	return r;
}

/* Two persons sign for the end of a key as the ledger knows it now. */
static struct record
ending(const char *name, enum key_end how)
{
	static const uint8_t archive[HASH_SIZE] = { 5 };
	static char statement[STATEMENT_MAX];
	struct record r = { .kind = RECORD_END };
	struct record_end *e = &r.end;

	strcpy(e->name, name);
	e->how = how;
	if (how == END_ARCHIVE)
		memcpy(e->archive_sha256, archive, HASH_SIZE);
	e->persons[0].signature = e->persons[1].signature = span_str("signed");
	e->persons[1].key_sha256[HASH_SIZE - 1] = 1;
	e->statement = span_of(statement,
	    key(name) == NULL ? 0
			      : ledger_statement(&ledger, key(name), how,
				    e->archive_sha256, statement));
	return r;
}

static struct record
ended(const char *name, uint64_t of, enum wrapping wrapping)
{
	struct record r = { .kind = RECORD_ENDED };

	strcpy(r.ended.name, name);
	r.ended.of = of;
	r.ended.wrapping = wrapping;
	return r;
}

static void
born(const char *name, bool wrapped)
{
	struct record r = sample_key(PURPOSE_VOUCHER, name);

	r.key.wrapped = wrapped;
	good(r);
	good(sample_ca(name));
}

static void
births(void **state)
{
	struct record r = sample_key(PURPOSE_VOUCHER, "a");

	(void)state;
	damaged(sample_ca("a")); /* of nobody */
	good(r);
	assert_int_equal(key("a")->state, KEY_REQUESTED);
	assert_memory_equal(
	    key("a")->spki_sha256, r.key.spki_sha256, HASH_SIZE);
	damaged(r);
	r = sample_ca("a");
	good(r);
	assert_int_equal(key("a")->state, KEY_ACTIVE);
	assert_int_equal(key("a")->count.activated, ledger.time);
	assert_memory_equal(
	    key("a")->certificate_sha256, r.ca.certificate_sha256, HASH_SIZE);
	damaged(r); /* once */
	/* A key for manifests waits for no certificate. */
	good(sample_key(PURPOSE_MANIFEST, "m"));
	assert_int_equal(key("m")->state, KEY_ACTIVE);
	assert_int_equal(key("m")->count.activated, ledger.time);
}

static struct record
issuing(const char *name, const char *slot, const char *succeeds)
{
	struct record r = sample_key(PURPOSE_IDEVID_CA, name);

	strcpy(r.key.order.slot, slot);
	strcpy(r.key.order.succeeds, succeeds);
	key_policy_defaults(&r.key.order.policy, PURPOSE_IDEVID_CA);
	return r;
}

/* A slot has one CA; who follows in another slot begins at its first counter. */
static void
heirs(void **state)
{
	(void)state;
	good(issuing("a", "F1", ""));
	good(sample_ca("a"));
	good(sample_idevid("a", 5));
	assert_int_equal(key("a")->last_record, ledger.sequence);
	assert_int_equal(key("a")->last_counter, 5);
	damaged(issuing("b", "F1", ""));
	damaged(issuing("b", "F1", "a")); /* not before a is retired */
	good(issuing("b", "F2", "a"));
	assert_int_equal(key("b")->last_counter, 0);
	damaged(act(LEDGER_VERB_RETIRE, "a bored"));
	damaged(act(LEDGER_VERB_RETIRE, "a "));
	good(act(LEDGER_VERB_RETIRE, "a lost"));
	good(issuing("c", "F1", "a"));
	assert_int_equal(key("c")->last_counter, 5);
	assert_int_equal(
	    apply(act(LEDGER_VERB_GIVE, "F9 Factory 9"), ledger.time + 7),
	    REASON_OK);
	assert_int_equal(ledger.time, SAMPLE_TIME + 7);
	assert_int_equal(ledger.slots_len, 1);
	assert_int_equal(ledger.slots[0].since, SAMPLE_TIME + 7);
	damaged(issuing("d", "F9", ""));
}

static void
policies(void **state)
{
	(void)state;
	damaged(policy("a", SIGNED_NONCED));
	born("a", false);
	good(policy("a", SIGNED_NONCED));
	assert_int_equal(key("a")->order.policy.kinds, SIGNED_NONCED);
	assert_int_equal(key("a")->order.policy.limit, 0);
	damaged(policy("a", SIGNED_IDEVID)); /* not of that purpose */
	assert_int_equal(key("a")->order.policy.kinds, SIGNED_NONCED);
	good(act(LEDGER_VERB_RETIRE, "a"));
	damaged(policy("a", SIGNED_NONCED));
}

static void
retirement(void **state)
{
	(void)state;
	damaged(act(LEDGER_VERB_RETIRE, "a"));
	born("a", false);
	damaged(act(LEDGER_VERB_COPY, "b"));
	damaged(act(LEDGER_VERB_COPY, "a")); /* it is in use */
	assert_false(key("a")->copied);
	good(act(LEDGER_VERB_RETIRE, "a"));
	assert_int_equal(key("a")->state, KEY_RETIRED);
	damaged(act(LEDGER_VERB_RETIRE, "a"));
	good(act(LEDGER_VERB_COPY, "a"));
	assert_true(key("a")->copied);
	good(ending("a", END_DESTROY));
	damaged(act(LEDGER_VERB_COPY, "a")); /* too late */
}

static void
ends(void **state)
{
	struct record r;
	uint64_t of;

	(void)state;
	damaged(ending("a", END_DESTROY));
	born("a", false);
	damaged(ending("a", END_DESTROY)); /* it is in use */
	damaged(ended("a", 0, WRAPPING_NONE));
	good(act(LEDGER_VERB_RETIRE, "a"));
	damaged(ended("a", 0, WRAPPING_NONE)); /* nothing was begun */
	r = ending("a", END_DESTROY);
	r.end.persons[1].key_sha256[HASH_SIZE - 1] = 0;
	damaged(r); /* one person */
	r = ending("a", END_DESTROY);
	r.end.statement.len--;
	damaged(r);
	r = ending("a", END_ARCHIVE);
	r.end.how = END_DESTROY;
	damaged(r); /* another word was signed */
	r = ending("a", END_ARCHIVE);
	r.end.archive_sha256[0]++;
	damaged(r);
	/* A destruction that names a copy, whoever signed that. */
	r = ending("a", END_DESTROY);
	r.end.archive_sha256[0] = 5;
	r.end.statement.len = ledger_statement(&ledger, key("a"), END_DESTROY,
	    r.end.archive_sha256, (char *)(uintptr_t)r.end.statement.ptr);
	damaged(r);
	good(ending("a", END_DESTROY));
	of = ledger.sequence;
	assert_int_equal(key("a")->ending, END_DESTROY);
	assert_int_equal(key("a")->end_record, of);
	damaged(ending("a", END_DESTROY)); /* once */
	damaged(ended("b", of, WRAPPING_NONE));
	damaged(ended("a", of - 1, WRAPPING_NONE));
	damaged(ended("a", of, WRAPPING_BESIDE)); /* it has no such key */
	good(ended("a", of, WRAPPING_NONE));
	assert_int_equal(key("a")->state, KEY_DESTROYED);
	assert_int_equal(key("a")->erased, WRAPPING_NONE);
	damaged(ended("a", of, WRAPPING_NONE));
}

static void
archives(void **state)
{
	uint64_t of;

	(void)state;
	born("a", true);
	good(act(LEDGER_VERB_RETIRE, "a"));
	good(ending("a", END_ARCHIVE));
	of = ledger.sequence;
	damaged(ended("a", of, WRAPPING_NONE)); /* it had one */
	good(ended("a", of, WRAPPING_APART));
	assert_int_equal(key("a")->state, KEY_ARCHIVED);
	assert_int_equal(key("a")->erased, WRAPPING_APART);
}

/* Of these records up to one that is there; the key remembers which. */
static void
manifests(void **state)
{
	struct record r = { .kind = RECORD_MANIFEST };
	struct manifest_statement *s = &r.manifest.order.statement;

	(void)state;
	strcpy(r.manifest.order.key, "m");
	s->first = 1;
	s->last = 1;
	damaged(r);
	good(sample_key(PURPOSE_MANIFEST, "m"));
	s->last = ledger.sequence + 1;
	damaged(r);
	s->last = ledger.sequence;
	good(r);
	assert_int_equal(key("m")->last_record, ledger.sequence - 1);
	/* Those of a signer before are not counted here. */
	s->signer[15] ^= 1;
	s->last = 1000;
	good(r);
	assert_int_equal(key("m")->last_record, ledger.sequence - 2);
}

static void
joins(void **state)
{
	struct record r = act("x", "y");
	uint8_t bytes[RECORD_MAX];
	struct why why;
	size_t len;
	unsigned i;

	(void)state;
	good(r);
	for (i = 0; i < 5; i++) {
		memcpy(r.signer, ledger.signer, sizeof(r.signer));
		memcpy(r.previous, ledger.head, HASH_SIZE);
		r.sequence = ledger.sequence + 1;
		r.time = ledger.time;
		r.signer[15] ^= i == 0;
		r.previous[HASH_SIZE - 1] ^= i == 1;
		r.sequence += i == 2;
		r.time -= i == 3;
		assert_true(record_write(&r, bytes, sizeof(bytes), &len));
		assert_int_equal(
		    ledger_apply(&ledger, &r, span_of(bytes, len), &why),
		    i < 4 ? REASON_JOURNAL_DAMAGED : REASON_OK);
	}
}

/* A first checkpoint is taken at its word, but not that keys go on from each other in
 * a ring, or from one that nobody knows: who follows them would never come to an
 * end. */
static void
ring(void **state)
{
	static uint8_t content[RECORD_MAX], bytes[RECORD_MAX];
	static const char *const before[] = { "", "a", "b", "c" };
	const struct key_use use = { SIGNED_IDEVID, "router-9", "AR9-F1-0001-6",
		4 };
	struct record r = { .kind = RECORD_CHECKPOINT, .sequence = 1 };
	struct ledger said, taker;
	struct why why;
	unsigned first, i;
	size_t len;

	(void)state;
	for (first = 0; first < 4; first++) {
		ledger_init(&said);
		said.signer[0] = 1;
		said.time = SAMPLE_TIME;
		for (i = 0; i < 3; i++) {
			struct ledger_key k = { .state = KEY_RETIRED };

			k.order = sample_order(PURPOSE_IDEVID_CA, "a");
			k.order.name[0] = (char)('a' + i);
			strcpy(k.order.succeeds, before[i == 0 ? first : i]);
			k.state = i == 2 ? KEY_SIGNED : KEY_RETIRED;
			assert_true(ledger_key_push(&said, &k));
		}
		memcpy(r.signer, said.signer, sizeof(r.signer));
		r.time = said.time;
		assert_true(
		    ledger_write(&said, 0, content, sizeof(content), &len));
		r.checkpoint = span_of(content, len);
		assert_true(record_write(&r, bytes, sizeof(bytes), &len));
		ledger_init(&taker);
		assert_int_equal(
		    ledger_apply(&taker, &r, span_of(bytes, len), &why),
		    first == 0 ? REASON_OK : REASON_JOURNAL_DAMAGED);
		if (first == 0)
			assert_int_equal(ledger_key_allows(&taker,
					     ledger_key_find(&taker, "c"), &use,
					     SAMPLE_TIME, &why),
			    REASON_OK);
		ledger_free(&taker);
		ledger_free(&said);
	}
}

/* Every member of a key comes back from a checkpoint. */
static void
remembered(void **state)
{
	struct ledger_key k = { .state = KEY_RETIRED,
		.count = { .issued = 1,
		    .activated = 2,
		    .period = 3,
		    .in_period = 4,
		    .awake_until = 5 },
		.last_counter = 6,
		.last_record = 7,
		.wrapped = true,
		.ending = END_ARCHIVE,
		.end_record = 8,
		.erased = WRAPPING_APART,
		.copied = true };
	const struct ledger_slot s = {
		.slot = "F2", .to = "Factory 2", .since = 9
	};
	struct ledger back;
	const struct ledger_key *b;
	uint8_t bytes[RECORD_MAX];
	struct why why;
	size_t len;

	(void)state;
	k.order = sample_order(PURPOSE_IDEVID_CA, "a");
	sample_fill(k.spki_sha256, HASH_SIZE, 1);
	sample_fill(k.certificate_sha256, HASH_SIZE, 2);
	sample_fill(k.window, sizeof(k.window), 3);
	assert_true(ledger_key_push(&ledger, &k));
	ledger_slot_push(&ledger, &s);
	ledger.test = true;
	assert_true(ledger_write(&ledger, 0, bytes, sizeof(bytes), &len));
	assert_int_equal(
	    ledger_read(span_of(bytes, len), &back, &why), REASON_OK);
	b = ledger_key_find(&back, "a");
	assert_non_null(b);
	assert_true(back.test);
	assert_int_equal(b->state, k.state);
	assert_memory_equal(b->spki_sha256, k.spki_sha256, HASH_SIZE);
	assert_memory_equal(
	    b->certificate_sha256, k.certificate_sha256, HASH_SIZE);
	assert_memory_equal(b->window, k.window, sizeof(k.window));
	assert_memory_equal(&b->count, &k.count, sizeof(k.count));
	assert_int_equal(b->last_counter, k.last_counter);
	assert_int_equal(b->last_record, k.last_record);
	assert_true(b->wrapped && b->copied);
	assert_int_equal(b->ending, k.ending);
	assert_int_equal(b->end_record, k.end_record);
	assert_int_equal(b->erased, k.erased);
	assert_int_equal(back.slots_len, 1);
	assert_string_equal(back.slots[0].slot, "F2");
	assert_string_equal(back.slots[0].to, "Factory 2");
	assert_int_equal(back.slots[0].since, 9);
	ledger_free(&back);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(births),
		CASE(heirs),
		CASE(policies),
		CASE(retirement),
		CASE(ends),
		CASE(archives),
		CASE(manifests),
		CASE(joins),
		CASE(ring),
		CASE(remembered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
