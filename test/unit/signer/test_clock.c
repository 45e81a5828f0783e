/* The signer's clock: steps that stop it, what an operator accepts, and a new start. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "world.h"

static uint64_t
head(void)
{
	return journal_ledger(world.signer.journal)->sequence;
}

/* A step of the clock stops all signing until an operator says so. */
static void
clock_step(void **state)
{
	struct voucher_order o = world_voucher();

	(void)state;
	clock_set_test(world.now - 100);
	assert_int_equal(order_voucher(&o), REASON_CLOCK_STEP);
	clock_set_test(world.now);
	assert_int_equal(order_voucher(&o), REASON_CLOCK_STEP);
	assert_int_equal(order_act(ACT_CLOCK_CONFIRM, ""), REASON_OK);
	assert_int_equal(world.reply.records, 2);
	assert_int_equal(world.reply.record.kind, RECORD_CLOCK);
	assert_int_equal(order_voucher(&o), REASON_OK);
	clock_set_test(world.now + 3 * 86400);
	o.request_sha256[0]++;
	assert_int_equal(order_voucher(&o), REASON_CLOCK_STEP);
}

/* Back by what one step may be, again and again: the chain's time tells. */
static void
clock_crawls(void **state)
{
	struct voucher_order o = world_voucher();
	unsigned steps = 0, round;
	int64_t from;

	(void)state;
	for (round = 0; round < 2; round++) {
		o.request_sha256[1]++;
		assert_int_equal(order_voucher(&o), REASON_OK);
		/* What is on record may be a second behind this. */
		from = clock_now() - 1;
		while (
		    clock_now() >= from - MOMENT_TOLERATED && steps++ < 10000) {
			clock_set_test(clock_now() - 1);
			assert_int_equal(order_act("none", ""), REASON_OK);
		}
		o.request_sha256[0]++;
		assert_int_equal(order_voucher(&o), REASON_CLOCK_STEP);
		/* Where an operator knows better, from there. */
		assert_int_equal(order_act(ACT_CLOCK_CONFIRM, ""), REASON_OK);
	}
	assert_int_equal(order_voucher(&o), REASON_OK);
	assert_true(world.reply.record.voucher.created_on <=
	    world.reply.record.time - 2 * MOMENT_TOLERATED);
}

/* What the log says when an operator confirms the time. */
static const char *
said_of_confirm(void)
{
	static char said[1024];
	int kept = dup(STDERR_FILENO), fd = memfd_create("log", MFD_CLOEXEC);
	ssize_t n;

	assert_true(kept >= 0 && fd >= 0);
	assert_int_equal(dup2(fd, STDERR_FILENO), STDERR_FILENO);
	assert_int_equal(order_act(ACT_CLOCK_CONFIRM, ""), REASON_OK);
	assert_int_equal(dup2(kept, STDERR_FILENO), STDERR_FILENO);
	n = pread(fd, said, sizeof(said) - 1, 0);
	assert_true(n >= 0);
	said[n] = '\0';
	close(kept);
	close(fd);
	return said;
}

/* A clock that is not believed dates no record: the chain would stand in the future
 * for good, where every key has outlived its months. */
static void
clock_unbelieved(void **state)
{
	const struct ledger *l = journal_ledger(world.signer.journal);
	struct voucher_order o = world_voucher();
	int64_t before;
	struct why why;

	(void)state;
	assert_int_equal(order_voucher(&o), REASON_OK);
	before = l->time;
	clock_set_test(world.now + 4000 * INT64_C(86400));
	memset(&world.reply, 0, sizeof(world.reply));
	assert_int_equal(signer_flush(&world.signer, &why), REASON_OK);
	assert_int_equal(world.reply.record.kind, RECORD_SIGNED);
	assert_int_equal(world.reply.record.time, before);
	assert_int_equal(order_act("none", ""), REASON_OK);
	assert_int_equal(world.reply.record.time, before);
	/* What an operator confirms does. */
	clock_set_test(world.now + 60);
	assert_string_equal(said_of_confirm(), "");
	assert_in_range(l->time, world.now + 60, world.now + 3600);
	o.request_sha256[0]++;
	assert_int_equal(order_voucher(&o), REASON_OK);
	assert_true(world.reply.record.voucher.created_on >=
	    world.reply.record.time - MOMENT_TOLERATED);
}

/* What was accepted holds for the next signer, too, until the clock has come up with
 * the chain: it is in the journal. */
static void
clock_accepted(void **state)
{
	struct voucher_order o = world_voucher();
	const char *said;
	struct why why;
	uint64_t before;
	unsigned i;

	(void)state;
	assert_int_equal(order_voucher(&o), REASON_OK);
	clock_set_test(world.now - 72000);
	/* ca activate takes a moment that is 31 days ahead of the clock at most,
	 * and the chain may stand further. */
	said = said_of_confirm();
	assert_non_null(strstr(said, "clock-behind"));
	assert_non_null(
	    strstr(said, "hallmark ca policy NAME --rate none --awake always"));
	assert_null(strstr(said, "activate"));
	for (i = 0; i < 2; i++) {
		before = head();
		world_close();
		clock_set_test(world.now - 72000 + 3600 * (int64_t)i);
		assert_int_equal(world_open(&why), REASON_OK);
		assert_int_equal(head(), before);
		o.request_sha256[0]++;
		assert_int_equal(order_voucher(&o), REASON_OK);
		assert_true(world.reply.record.voucher.created_on <
		    world.reply.record.time - 60000);
	}
	/* Further back than what was accepted is another step. */
	before = head();
	world_close();
	clock_set_test(world.now - 72000 - 2 * MOMENT_TOLERATED);
	assert_int_equal(world_open(&why), REASON_OK);
	assert_int_equal(head(), before + 1);
	/* A start tolerates what a running signer does. */
	world_close();
	clock_set_test(world.now - 72000 - 3 * MOMENT_TOLERATED + 60);
	assert_int_equal(world_open(&why), REASON_OK);
	assert_int_equal(head(), before + 1);
}

/* So many records later that the end of the journal does not tell of it any more. */
static void
clock_accepted_long_ago(void **state)
{
	struct record r = { .kind = RECORD_ACT };
	struct journal *j;
	char path[PATH_MAX];
	uint64_t before;
	struct why why;
	unsigned i;

	(void)state;
	clock_set_test(world.now - 72000);
	assert_int_equal(order_act(ACT_CLOCK_CONFIRM, ""), REASON_OK);
	memcpy(path, world.signer.journal_path, sizeof(path));
	world_close();
	assert_int_equal(journal_open(path, &j, NULL, NULL, &why), REASON_OK);
	for (i = 0; i < 40000; i++) {
		snprintf(r.act.verb, sizeof(r.act.verb), "none");
		assert_int_equal(
		    journal_append(j, &r, clock_now(), &why), REASON_OK);
		if (i % 500 == 0)
			assert_int_equal(journal_commit(j, &why), REASON_OK);
	}
	assert_int_equal(journal_commit(j, &why), REASON_OK);
	before = journal_ledger(j)->sequence;
	journal_close(j);
	assert_int_equal(world_open(&why), REASON_OK);
	assert_int_equal(head(), before);
}

/* A home for tests writes the step down by itself when it is opened. */
static void
clock_at_start(void **state)
{
	struct voucher_order o = world_voucher();
	uint64_t before = head();
	struct why why;

	(void)state;
	world_close();
	clock_set_test(INT64_C(1609502400)); /* 2021-01-01 */
	assert_int_equal(world_open(&why), REASON_OK);
	assert_int_equal(head(), before + 1);
	assert_int_equal(order_voucher(&o), REASON_OK);
	assert_in_range(world.reply.record.voucher.created_on,
	    INT64_C(1609502400), INT64_C(1609502400) + 3600);
	assert_true(world.reply.record.time >= world.now - 10);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, world_begin, world_end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(clock_step),
		CASE(clock_crawls),
		CASE(clock_unbelieved),
		CASE(clock_accepted),
		CASE(clock_accepted_long_ago),
		CASE(clock_at_start),
	};

	return cmocka_run_group_tests(tests, world_make, world_remove);
}
