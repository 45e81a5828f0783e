/* Token buckets (MP 17): what is granted at which moment, and to whom. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "front/budget.h"

#define BEGIN 5000 /* ticks, milliseconds */

static const uint8_t none[HASH_SIZE];

static const uint8_t *
key(unsigned n)
{
	static uint8_t k[HASH_SIZE];

	memset(k, 0x5a, sizeof(k));
	memcpy(k, &n, sizeof(n));
	return k;
}

/* How many of so many requests at one moment are granted. */
static unsigned
granted(struct budget *b, const struct budget_rates *rates, const uint8_t *k,
    const char *address, bool known, unsigned n, int64_t now)
{
	unsigned i, good = 0;

	for (i = 0; i < n; i++)
		good += budget_take(b, rates, k, address, known, now);
	return good;
}

static void
burst_then_rate(void **state)
{
	const struct budget_rates rates = { 4, 0, 0, 0 };
	struct budget *b = budget_new();

	(void)state;
	assert_int_equal(granted(b, &rates, key(1), "", false, 100, BEGIN), 40);
	assert_int_equal(
	    granted(b, &rates, key(1), "", false, 9, BEGIN + 249), 0);
	assert_int_equal(
	    granted(b, &rates, key(1), "", false, 9, BEGIN + 250), 1);
	assert_int_equal(
	    granted(b, &rates, key(1), "", false, 9, BEGIN + 1250), 4);
	/* Never more than a burst, however long it was quiet. */
	assert_int_equal(
	    granted(b, &rates, key(1), "", false, 99, BEGIN + 900000), 40);
	budget_free(b);
}

static void
keys_and_prefixes(void **state)
{
	const struct budget_rates rates = { 1, 2, 0, 0 };
	struct budget *b = budget_new();

	(void)state;
	assert_int_equal(
	    granted(b, &rates, key(1), "192.0.2.1", false, 99, BEGIN), 10);
	assert_int_equal(
	    granted(b, &rates, key(2), "192.0.2.1", false, 99, BEGIN), 10);
	/* Their prefix is empty now, whatever the key. */
	assert_int_equal(
	    granted(b, &rates, key(3), "192.0.2.1", false, 99, BEGIN), 0);
	assert_int_equal(
	    granted(b, &rates, none, "192.0.2.1", false, 99, BEGIN), 0);
	/* Which took nothing from that key, nor from a neighbour. */
	assert_int_equal(
	    granted(b, &rates, key(3), "192.0.2.2", false, 99, BEGIN), 10);
	/* Without a certificate the prefix alone counts. */
	assert_int_equal(
	    granted(b, &rates, none, "192.0.2.3", false, 99, BEGIN), 20);
	/* 56 bits of IPv6. */
	assert_int_equal(
	    granted(b, &rates, none, "2001:db8:0:1::1", false, 15, BEGIN), 15);
	assert_int_equal(
	    granted(b, &rates, none, "2001:db8:0:ff:2::", false, 99, BEGIN), 5);
	assert_int_equal(
	    granted(b, &rates, none, "2001:db8:0:100::", false, 99, BEGIN), 20);
	budget_free(b);
}

static void
known_customers(void **state)
{
	const struct budget_rates rates = { 1, 1, 5, 0 };
	struct budget *b = budget_new();

	(void)state;
	assert_int_equal(
	    granted(b, &rates, key(1), "192.0.2.1", false, 99, BEGIN), 10);
	assert_int_equal(
	    granted(b, &rates, key(2), "192.0.2.1", true, 99, BEGIN), 50);
	assert_int_equal(
	    granted(b, &rates, key(3), "192.0.2.1", true, 99, BEGIN), 50);
	budget_free(b);
}

static void
zero_is_no_limit(void **state)
{
	const struct budget_rates rates = { 0, 0, 0, 0 };
	struct budget *b = budget_new();

	(void)state;
	assert_int_equal(
	    granted(b, &rates, key(1), "192.0.2.1", false, 5000, BEGIN), 5000);
	assert_int_equal(
	    granted(b, &rates, key(1), "192.0.2.1", true, 5000, BEGIN), 5000);
	budget_free(b);
}

/* More keys than there are buckets: everybody new is served, and whoever has
 * used up a bucket does not get a full one by that. */
static void
more_than_there_is_room(void **state)
{
	const struct budget_rates rates = { 100, 0, 0, 0 };
	struct budget *b = budget_new();
	unsigned i;

	(void)state;
	assert_int_equal(
	    granted(b, &rates, key(0), "", false, 9999, BEGIN), 1000);
	for (i = 1; i <= 100000; i++)
		assert_true(budget_take(b, &rates, key(i), "", false, BEGIN));
	assert_int_equal(granted(b, &rates, key(0), "", false, 9999, BEGIN), 0);
	budget_free(b);
}

/* How many of so many handshakes at one moment are granted, each of which has left
 * before the next one comes. */
static unsigned
shaken(struct budget *b, const struct budget_rates *rates, const char *address,
    unsigned n, int64_t now)
{
	unsigned i, good = 0;

	for (i = 0; i < n; i++)
		if (budget_handshake(b, rates, address, now)) {
			budget_left(b, address);
			good++;
		}
	return good;
}

static void
handshakes_of_strangers(void **state)
{
	const struct budget_rates rates = { .handshake = 4 };
	const struct budget_rates none_set = { 0 };
	struct budget *b = budget_new();

	(void)state;
	assert_int_equal(shaken(b, &rates, "192.0.2.1", 99, BEGIN), 40);
	assert_int_equal(shaken(b, &rates, "192.0.2.1", 9, BEGIN + 249), 0);
	assert_int_equal(shaken(b, &rates, "192.0.2.1", 9, BEGIN + 1250), 5);
	assert_int_equal(shaken(b, &rates, "192.0.2.1", 99, BEGIN + 99999), 40);
	assert_int_equal(shaken(b, &rates, "192.0.2.2", 99, BEGIN), 40);
	assert_int_equal(shaken(b, &rates, "2001:db8:0:1::1", 15, BEGIN), 15);
	assert_int_equal(shaken(b, &rates, "2001:db8:0:ff::", 99, BEGIN), 25);
	assert_int_equal(shaken(b, &rates, "2001:db8:0:100::", 99, BEGIN), 40);
	assert_int_equal(shaken(b, &rates, "", 999, BEGIN), 999);
	assert_int_equal(shaken(b, &none_set, "192.0.2.1", 999, BEGIN), 999);
	budget_free(b);
}

/* What cost nothing takes nothing, and gives nothing beyond it. */
static void
handshakes_given_back(void **state)
{
	const struct budget_rates rates = { .handshake = 1 };
	struct budget *b = budget_new();
	unsigned i;

	(void)state;
	for (i = 0; i < 500; i++) {
		assert_true(budget_handshake(b, &rates, "192.0.2.1", BEGIN));
		budget_give_back(b, &rates, "192.0.2.1", BEGIN);
		budget_left(b, "192.0.2.1");
	}
	budget_give_back(b, &rates, "192.0.2.1", BEGIN);
	assert_int_equal(shaken(b, &rates, "192.0.2.1", 99, BEGIN), 10);
	budget_give_back(b, &rates, "192.0.2.1", BEGIN);
	assert_int_equal(shaken(b, &rates, "192.0.2.1", 99, BEGIN), 1);
	/* All of it was back long ago. */
	budget_give_back(b, &rates, "192.0.2.1", BEGIN + 60000);
	assert_int_equal(shaken(b, &rates, "192.0.2.1", 99, BEGIN + 60000), 10);
	budget_free(b);
}

static void
handshakes_near_customers(void **state)
{
	const int64_t day = INT64_C(1000) * BUDGET_REMEMBERED;
	const struct budget_rates rates = { .handshake = 1 };
	struct budget *b = budget_new();
	char address[32];
	unsigned i;

	(void)state;
	/* What strangers have used up before is no matter. */
	assert_int_equal(shaken(b, &rates, "192.0.2.1", 99, BEGIN), 10);
	budget_customer(b, "192.0.2.1", BEGIN);
	assert_int_equal(shaken(b, &rates, "192.0.2.1", 999, BEGIN), 100);
	assert_int_equal(shaken(b, &rates, "192.0.2.1", 99, BEGIN + 1000), 10);
	assert_int_equal(shaken(b, &rates, "192.0.2.2", 99, BEGIN), 10);
	/* Strangers from everywhere do not make us forget it. */
	for (i = 0; i < 100000; i++) {
		snprintf(address, sizeof(address), "10.%u.%u.%u", i >> 16,
		    i >> 8 & 255, i & 255);
		assert_true(budget_handshake(b, &rates, address, BEGIN));
		budget_left(b, address);
	}
	assert_int_equal(
	    shaken(b, &rates, "192.0.2.1", 999, BEGIN + day - 1), 100);
	assert_int_equal(shaken(b, &rates, "192.0.2.1", 999, BEGIN + day), 10);
	/* Coming again it is a full one. */
	budget_customer(b, "192.0.2.1", BEGIN + 2 * day);
	assert_int_equal(
	    shaken(b, &rates, "192.0.2.1", 999, BEGIN + 2 * day), 100);
	budget_customer(b, "nobody", BEGIN);
	budget_free(b);
}

/* Held at one time, however slowly they came; whoever leaves makes room for his own
 * prefix alone. */
static void
connections_of_a_prefix(void **state)
{
	const struct budget_rates rates = { 0, 0, 0, 2 }, any = { 0 };
	struct budget *b = budget_new();
	int64_t now = BEGIN;
	unsigned i;

	(void)state;
	for (i = 0; i < 40; i++, now += 1000)
		assert_true(budget_handshake(b, &rates, "192.0.2.1", now));
	assert_false(budget_handshake(b, &rates, "192.0.2.1", now));
	assert_false(budget_handshake(b, &rates, "::ffff:192.0.2.1", now));
	assert_true(budget_handshake(b, &rates, "192.0.2.2", now));
	budget_left(b, "192.0.2.2");
	assert_false(budget_handshake(b, &rates, "192.0.2.1", now));
	budget_left(b, "192.0.2.1");
	assert_true(budget_handshake(b, &rates, "192.0.2.1", now));
	assert_false(budget_handshake(b, &rates, "192.0.2.1", now));
	/* Ten times as many where a customer is. */
	budget_customer(b, "192.0.2.1", now);
	for (i = 40; i < 400; i++, now += 1000)
		assert_true(budget_handshake(b, &rates, "192.0.2.1", now));
	assert_false(budget_handshake(b, &rates, "192.0.2.1", now));
	/* Counted also while there is no limit, for a reload may bring one. */
	for (i = 0; i < 50; i++)
		assert_true(budget_handshake(b, &any, "192.0.2.3", now));
	assert_false(budget_handshake(b, &rates, "192.0.2.3", now));
	for (i = 0; i < 60; i++)
		budget_left(b, "192.0.2.3");
	assert_true(budget_handshake(b, &rates, "192.0.2.3", now));
	budget_free(b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(burst_then_rate),
		cmocka_unit_test(keys_and_prefixes),
		cmocka_unit_test(known_customers),
		cmocka_unit_test(zero_is_no_limit),
		cmocka_unit_test(more_than_there_is_room),
		cmocka_unit_test(handshakes_of_strangers),
		cmocka_unit_test(handshakes_given_back),
		cmocka_unit_test(handshakes_near_customers),
		cmocka_unit_test(connections_of_a_prefix),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
