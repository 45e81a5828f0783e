/* Rulings: rows that stay, and what of them lapses (doc/decisions/068). */
#include "fixture.h"

#define NOW 1000

static void
put_device(struct fixture *f, unsigned number)
{
	struct store_device d = some_device(number);
	struct product p;

	product_defaults(&p);
	memcpy(p.name, "router-9", 9);
	assert_true(store_product_put(f->store, &p));
	assert_true(store_device_add(f->store, &d));
}

static struct store_ruling
ruling(enum device_state state, enum cause cause, int64_t until, bool two)
{
	struct store_ruling r = { .state = state,
		.cause = cause,
		.moment = NOW,
		.user = 4711,
		.until = until,
		.two = two };

	if (two) {
		memset(r.persons[0], 0xa1, HASH_SIZE);
		memset(r.persons[1], 0xa2, HASH_SIZE);
	}
	return r;
}

struct seen {
	unsigned len;
	struct store_ruling rows[8];
};

static bool
see(void *context, const struct store_ruling *r)
{
	struct seen *s = context;

	assert_true(s->len < 8);
	s->rows[s->len++] = *r;
	return true;
}

static void
history(void **state)
{
	struct fixture *f = *state;
	struct store_device d = some_device(1), twin = some_device(1);
	struct store_ruling held = ruling(DEVICE_HELD, CAUSE_STOLEN, 2000, 0),
			    kept = ruling(DEVICE_HELD, CAUSE_UNPAID, 0, true),
			    free_ = ruling(DEVICE_ACTIVE, CAUSE_NONE, 0, false);
	struct device found;
	struct seen s = { 0 };

	put_device(f, 1);
	twin.device.issuer.bytes[0] ^= 1;
	twin.device.spki_sha256[0] ^= 1;
	assert_true(store_device_add(f->store, &twin));
	strcpy(held.note, "seen in Graz");
	free_.user = RULING_NOBODY;
	assert_true(store_device_rule(f->store, &d.device, &held));
	assert_true(store_device_rule(f->store, &d.device, &kept));
	/* The twin is not meant. */
	assert_true(
	    store_device_by_key(f->store, twin.device.spki_sha256, &found));
	assert_int_equal(found.state, DEVICE_ACTIVE);
	assert_true(
	    store_device_by_key(f->store, d.device.spki_sha256, &found));
	assert_int_equal(found.state, DEVICE_HELD);
	assert_true(store_device_rule(f->store, &d.device, &free_));
	assert_true(committed(f->store));
	fixture_again(f);
	store_device_rulings(f->store, &d.device, see, &s);
	assert_int_equal(s.len, 3);
	/* The newest first, each as it was when it was made. */
	assert_int_equal(s.rows[0].number, 3);
	assert_int_equal(s.rows[0].state, DEVICE_ACTIVE);
	assert_int_equal(s.rows[0].user, RULING_NOBODY);
	assert_int_equal(s.rows[1].number, 2);
	assert_int_equal(s.rows[1].cause, CAUSE_UNPAID);
	assert_true(s.rows[1].two);
	assert_memory_equal(
	    s.rows[1].persons, kept.persons, sizeof(kept.persons));
	assert_int_equal(s.rows[2].number, 1);
	assert_int_equal(s.rows[2].kind, RULING_DEVICE);
	assert_string_equal(s.rows[2].name, d.device.serial);
	assert_int_equal(s.rows[2].state, DEVICE_HELD);
	assert_int_equal(s.rows[2].moment, NOW);
	assert_int_equal(s.rows[2].user, 4711);
	assert_int_equal(s.rows[2].cause, CAUSE_STOLEN);
	assert_string_equal(s.rows[2].note, "seen in Graz");
	assert_int_equal(s.rows[2].until, 2000);
	assert_false(s.rows[2].two);
	/* The twin has none. */
	s.len = 0;
	store_device_rulings(f->store, &twin.device, see, &s);
	assert_int_equal(s.len, 0);
}

/* A device that is not there gets no row either. */
static void
nobody(void **state)
{
	struct fixture *f = *state;
	struct store_device d = some_device(1);
	struct store_ruling held = ruling(DEVICE_HELD, CAUSE_STOLEN, 2000, 0);
	struct seen s = { 0 };

	assert_false(store_device_rule(f->store, &d.device, &held));
	store_device_rulings(f->store, &d.device, see, &s);
	assert_int_equal(s.len, 0);
	assert_int_equal(store_lapse_count(f->store), 0);
}

static void
lapses(void **state)
{
	struct fixture *f = *state;
	struct store_device one = some_device(1), two = some_device(2);
	struct store_ruling late = ruling(DEVICE_HELD, CAUSE_STOLEN, 3000, 0),
			    soon = ruling(DEVICE_HELD, CAUSE_STOLEN, 2000, 0),
			    kept = ruling(DEVICE_HELD, CAUSE_STOLEN, 0, true);
	struct device found;

	put_device(f, 1);
	put_device(f, 2);
	assert_true(store_device_rule(f->store, &one.device, &late));
	assert_true(store_device_rule(f->store, &two.device, &soon));
	assert_int_equal(store_lapse_count(f->store), 2);
	assert_false(store_lapse_next(f->store, 1999, &found));
	assert_true(store_lapse_next(f->store, 2000, &found));
	assert_string_equal(found.serial, two.device.serial);
	assert_true(store_lapse_next(f->store, 9000, &found));
	assert_string_equal(found.serial, two.device.serial); /* the oldest */
	/* Confirmed, it never lapses. */
	assert_true(store_device_rule(f->store, &two.device, &kept));
	assert_true(store_lapse_next(f->store, 9000, &found));
	assert_string_equal(found.serial, one.device.serial);
	assert_int_equal(store_lapse_count(f->store), 1);
	assert_true(committed(f->store));
}

/* Customers and peers of one name are two, and no device. */
static void
ends(void **state)
{
	struct fixture *f = *state;
	struct customer c = { .name = "graz" }, back;
	struct store_peer p = { .name = "graz" }, peer;
	struct store_ruling r = ruling(DEVICE_RETIRED, CAUSE_NONE, 0, false);
	struct seen s = { 0 };

	memset(p.root_sha256, 0x77, HASH_SIZE);
	strcpy(r.name, "graz");
	r.kind = RULING_CUSTOMER;
	c.ended = true;
	assert_true(store_customer_put(f->store, &c, NOW));
	assert_true(store_ruling_add(f->store, &r));
	assert_true(store_customer_find(f->store, "graz", &back));
	assert_true(back.ended);
	assert_true(store_peer_put(f->store, &p));
	assert_true(store_peer_find(f->store, "graz", &peer));
	assert_false(peer.ended);
	p.ended = true;
	assert_true(store_peer_put(f->store, &p));
	assert_true(store_peer_find(f->store, "graz", &peer));
	assert_true(peer.ended);
	/* An end takes nothing away. */
	assert_memory_equal(peer.root_sha256, p.root_sha256, HASH_SIZE);
	store_ruling_each(f->store, RULING_PEER, "graz", see, &s);
	assert_int_equal(s.len, 0);
	store_ruling_each(f->store, RULING_CUSTOMER, "graz", see, &s);
	assert_int_equal(s.len, 1);
	assert_int_equal(s.rows[0].user, 4711);
	assert_true(committed(f->store));
}

int
main(void)
{
#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, fixture_open, fixture_close)
	const struct CMUnitTest tests[] = {
		TEST(history),
		TEST(nobody),
		TEST(lapses),
		TEST(ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
