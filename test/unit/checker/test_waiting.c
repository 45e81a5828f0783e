/* Requests at the authority, some of which are never answered. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

#include "checker/waiting.h"

static struct waiting_list list;

static void
answers(void **state)
{
	struct waiting w;
	uint64_t a, b;

	(void)state;
	waiting_init(&list);
	a = waiting_add(&list, 7, true, 1);
	b = waiting_add(&list, 8, false, 1);
	assert_true(a != 0 && b != 0 && a != b);
	assert_true(waiting_take(&list, a, &w));
	assert_true(w.front_id == 7 && w.base64);
	/* Once, and no later answer finds who has the slot now. */
	assert_false(waiting_take(&list, a, &w));
	assert_true(waiting_add(&list, 9, false, 1) != a);
	assert_false(waiting_take(&list, a, &w));
	assert_true(waiting_take(&list, b, &w));
	assert_true(w.front_id == 8 && !w.base64);
	assert_false(waiting_take(&list, 0, &w));
	assert_false(waiting_take(&list, WAITING_MAX, &w));
	assert_false(waiting_take(&list, UINT64_MAX, &w));
}

/* Answers that were dropped cost no slot for good. */
static void
never_answered(void **state)
{
	static uint64_t ids[WAITING_MAX];
	struct waiting w;
	unsigned i;

	(void)state;
	waiting_init(&list);
	for (i = 0; i < WAITING_MAX; i++)
		assert_true((ids[i] = waiting_add(&list, i, false, i)) != 0);
	assert_int_equal(waiting_add(&list, 1, false, 0), 0);
	assert_false(waiting_take_late(&list, -1, &w));
	for (i = 0; i < 1000; i++)
		assert_true(waiting_take_late(&list, 999, &w));
	assert_false(waiting_take_late(&list, 999, &w));
	assert_false(waiting_take(&list, ids[999], &w));
	assert_true(waiting_take(&list, ids[1000], &w));
	while (waiting_take_late(&list, INT64_MAX, &w))
		;
	for (i = 0; i < WAITING_MAX; i++)
		assert_true(waiting_add(&list, i, false, i) != 0);
}

/* After four thousand million requests. */
static void
comes_round(void **state)
{
	struct waiting w;
	uint64_t id;

	(void)state;
	waiting_init(&list);
	list.slots[0].generation = UINT32_MAX;
	id = waiting_add(&list, 3, false, 1);
	assert_int_not_equal(id, 0);
	assert_true(waiting_take(&list, id, &w));
	assert_int_equal(w.front_id, 3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers),
		cmocka_unit_test(never_answered),
		cmocka_unit_test(comes_round),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
