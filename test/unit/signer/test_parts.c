/* Parts of the signer that need no home: what it remembers of the last minute,
 * and its watch over the clock. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/clock.h"
#include "signer/signer.h"

#define NOW  1000000
#define RING 32768 /* entries, as recent.c has them */

static struct record
voucher(uint64_t n)
{
	struct record r = { .kind = RECORD_VOUCHER, .sequence = n };
	struct record_voucher *v = &r.voucher;
	unsigned i;

	for (i = 0; i < 8; i++)
		r.request_sha256[HASH_SIZE - 1 - i] = (uint8_t)(n >> 8 * i);
	strcpy(v->key, "voucher-1");
	strcpy(v->serial, "U-1");
	strcpy(v->product, "router-9");
	v->issuer.kind = ISSUER_KEY_ID;
	v->issuer.len = 20;
	v->created_on = NOW;
	r.tbs_sha256[0] = 7;
	return r;
}

static struct record
idevid(uint64_t n)
{
	struct record r = { .kind = RECORD_IDEVID, .sequence = n };
	struct record_idevid *i = &r.idevid;

	memcpy(r.request_sha256, voucher(n).request_sha256, HASH_SIZE);
	strcpy(i->key, "voucher-1");
	strcpy(i->device.serial, "U-1");
	strcpy(i->device.product, "router-9");
	i->device.issuer.kind = ISSUER_KEY_ID;
	i->device.issuer.len = 20;
	i->not_before = NOW;
	i->serial[15] = 9;
	return r;
}

static bool
finds(const struct recent *r, struct record like, int64_t now)
{
	return recent_find(r, &like, now) != NULL;
}

/* An entry is found by what was asked and for whom, all of it. */
static void
subjects(void **state)
{
	struct recent *r = recent_new();
	struct record first = voucher(1), like;
	const struct recent_entry *e;

	(void)state;
	assert_false(finds(r, first, NOW));
	recent_add(r, &first);
	e = recent_find(r, &first, NOW);
	assert_non_null(e);
	assert_int_equal(e->sequence, 1);
	assert_int_equal(e->when, NOW);
	assert_memory_equal(e->tbs_sha256, first.tbs_sha256, HASH_SIZE);
	assert_false(finds(r, voucher(2), NOW)); /* the last octet differs */
	assert_false(finds(r, idevid(1), NOW));
	like = first;
	strcpy(like.voucher.key, "voucher-2");
	assert_false(finds(r, like, NOW));
	like = first;
	strcpy(like.voucher.serial, "U-2");
	assert_false(finds(r, like, NOW));
	like = first;
	strcpy(like.voucher.product, "camera");
	assert_false(finds(r, like, NOW));
	like = first;
	like.voucher.issuer.bytes[19] = 1;
	assert_false(finds(r, like, NOW));
	/* One text ends where it ends. */
	like = first;
	strcpy(like.voucher.key, "voucher-1U");
	strcpy(like.voucher.serial, "-1");
	assert_false(finds(r, like, NOW));
	recent_free(r);
}

static void
devices(void **state)
{
	struct recent *r = recent_new();
	struct record first = idevid(1), like = first;
	const struct recent_entry *e;

	(void)state;
	recent_add(r, &first);
	e = recent_find(r, &first, NOW);
	assert_non_null(e);
	assert_int_equal(e->when, NOW);
	assert_int_equal(e->serial[15], 9);
	assert_false(finds(r, voucher(1), NOW));
	like.idevid.device.key_slot = 1;
	assert_false(finds(r, like, NOW));
	like = first;
	strcpy(like.idevid.key, "F1-1");
	assert_false(finds(r, like, NOW));
	like = first;
	strcpy(like.idevid.device.serial, "U-2");
	assert_false(finds(r, like, NOW));
	like = first;
	strcpy(like.idevid.device.product, "camera");
	assert_false(finds(r, like, NOW));
	like = first;
	like.idevid.device.issuer.bytes[0] = 1;
	assert_false(finds(r, like, NOW));
	recent_free(r);
}

/* A minute, and no moment that is still to come; the newest counts. */
static void
minute(void **state)
{
	struct recent *r = recent_new();
	struct record first = voucher(1), other = { .kind = RECORD_ACT };

	(void)state;
	recent_add(r, &first);
	recent_add(r, &other);
	assert_true(finds(r, first, NOW + RECENT_SECONDS));
	assert_false(finds(r, first, NOW + RECENT_SECONDS + 1));
	assert_false(finds(r, first, NOW - 1));
	first.sequence = 5;
	first.voucher.created_on++;
	recent_add(r, &first);
	assert_int_equal(recent_find(r, &first, NOW + 1)->sequence, 5);
	assert_int_equal(recent_find(r, &first, NOW)->sequence, 1);
	recent_free(r);
}

/* Spread, but for the first and the one that comes in its place. */
static struct record
placed(uint64_t n)
{
	struct record r = voucher(n);
	bool apart = n == 1 || n == RING + 1;

	r.request_sha256[0] = apart ? 0xff : (uint8_t)(n % 7);
	r.request_sha256[1] = apart ? 0xff : (uint8_t)(n % 251);
	return r;
}

/* More than it holds: the oldest go, whatever bucket they are in, and out of it:
 * what stays there would lead round in circles. */
static void
full(void **state)
{
	struct recent *r = recent_new();
	struct record one;
	uint64_t n;

	(void)state;
	for (n = 1; n <= RING + 100; n++) {
		one = placed(n);
		recent_add(r, &one);
	}
	for (n = 1; n <= RING + 100; n += 99)
		assert_int_equal(finds(r, placed(n), NOW), n > 100);
	assert_true(finds(r, placed(RING + 1), NOW));
	one = placed(1);
	one.request_sha256[2] = 1;
	assert_false(finds(r, one, NOW));
	recent_free(r);
}

/* Back, or forward over a day, and it stays stopped. The margins are wider than
 * a second, which may pass at any time. */
static void
steps(void **state)
{
	struct clock_watch c = { 0 };
	int64_t now;

	(void)state;
	clock_watch_start(&c);
	clock_watch_check(&c, 0);
	assert_false(c.stopped);
	now = clock_now();
	c.wall = now - 86400 + 60;
	clock_watch_check(&c, 0);
	assert_false(c.stopped);
	assert_true(c.wall >= now); /* the next step counts from here */
	c.wall = now - 86400 - 60;
	clock_watch_check(&c, 0);
	assert_true(c.stopped);
	assert_true(c.expected < now - 86400);
	c.wall = clock_now();
	clock_watch_check(&c, 0);
	assert_true(c.stopped);
	clock_watch_confirm(&c, 0);
	assert_false(c.stopped);
	clock_watch_check(&c, 0);
	assert_false(c.stopped);
	now = clock_now();
	c.wall = now + 60;
	clock_watch_check(&c, 0);
	assert_true(c.stopped);
	assert_true(c.expected >= now + 60);
	/* An hour that went by is no step, on whatever clock. */
	clock_watch_confirm(&c, 0);
	c.wall -= 3600 + 86400;
	c.ticks -= (3600 + 86400) * INT64_C(1000);
	clock_watch_check(&c, 0);
	assert_false(c.stopped);
	now = clock_now();
	c.wall = now;
	c.ticks -= 3600 * 1000;
	clock_watch_check(&c, 0);
	assert_true(c.stopped);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(subjects),
		cmocka_unit_test(devices),
		cmocka_unit_test(minute),
		cmocka_unit_test(full),
		cmocka_unit_test(steps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
