/* Who takes over in a long line of keys, without a look at all of them for each. The
 * module is compiled in here, so that what it compares can be counted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "journal/ledger.h"

static unsigned long compared;

static int
compare(const char *a, const char *b)
{
	compared++;
	return strcmp(a, b);
}

static struct ledger_key *
look(const struct ledger *l, const char *name)
{
	compared++;
	return ledger_key_find(l, name);
}

#define strcmp		compare
#define ledger_key_find look
#include "journal/ledger_keys.c"
#undef strcmp
#undef ledger_key_find

static struct ledger ledger;

static void
push(unsigned n, int succeeds, enum key_state state)
{
	struct ledger_key k = { .state = state };

	k.order.purpose = PURPOSE_IDEVID_CA;
	snprintf(k.order.name, sizeof(k.order.name), "ca-%u", n);
	if (succeeds >= 0)
		snprintf(k.order.succeeds, sizeof(k.order.succeeds), "ca-%d",
		    succeeds);
	key_policy_defaults(&k.order.policy, PURPOSE_IDEVID_CA);
	assert_true(ledger_key_push(&ledger, &k));
}

static void
is_next(unsigned n, int expected)
{
	const struct ledger_key *next =
	    ledger_key_successor(&ledger, &ledger.keys[n]);

	if (expected < 0)
		assert_null(next);
	else
		assert_ptr_equal(next, &ledger.keys[expected]);
}

/* Of several that succeed one the oldest, or whoever goes on from it. */
static void
branches(void **state)
{
	(void)state;
	push(0, -1, KEY_ACTIVE);
	push(1, 0, KEY_RETIRED);
	push(2, 0, KEY_REQUESTED);
	push(3, 0, KEY_SIGNED);
	is_next(0, 3);
	push(4, 1, KEY_DESTROYED);
	push(5, 4, KEY_ACTIVE);
	is_next(0, 5);
	is_next(1, 5);
	is_next(2, -1);
	is_next(3, -1);
	ledger_free(&ledger);
}

static void
long_line(void **state)
{
	unsigned i;

	(void)state;
	for (i = 0; i + 1 < LEDGER_KEYS_MAX; i++)
		push(i, (int)i - 1, KEY_RETIRED);
	is_next(0, -1);
	push(i, (int)i - 1, KEY_ACTIVE);
	compared = 0;
	is_next(0, (int)i);
	assert_true(compared > 0 && compared <= 2 * LEDGER_KEYS_MAX);
	ledger_free(&ledger);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(branches),
		cmocka_unit_test(long_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
