/* Ids under which the authority answers: one for each request that waits, and
 * none of anybody who does not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "checker/waiting.h"

static struct waiting_list list;
static struct waiting out;

static void
each_its_own(void **state)
{
	static uint64_t ids[WAITING_MAX];
	uint32_t i;

	(void)state;
	waiting_init(&list);
	for (i = 0; i < WAITING_MAX; i++) {
		assert_int_equal(waiting_id(&list, i), 0);
		ids[i] = waiting_add(&list, 7000 + i, i % 2 == 0);
		assert_int_not_equal(ids[i], 0);
	}
	assert_int_equal(waiting_add(&list, 1, false), 0);
	for (i = 0; i < WAITING_MAX; i++) {
		assert_true(waiting_take(&list, ids[i], &out));
		assert_int_equal(out.front_id, 7000 + i);
		assert_int_equal(out.base64, i % 2 == 0);
		assert_false(waiting_take(&list, ids[i], &out));
	}
}

/* What was answered, or never asked, finds nobody. */
static void
too_late(void **state)
{
	uint64_t first, second;

	(void)state;
	waiting_init(&list);
	first = waiting_add(&list, 1, false);
	assert_true(waiting_take(&list, first, &out));
	second = waiting_add(&list, 2, false);
	assert_int_not_equal(first, second);
	assert_false(waiting_take(&list, first, &out));
	assert_false(waiting_take(&list, 0, &out));
	assert_false(waiting_take(&list, second + 1, &out));
	assert_false(waiting_take(&list, WAITING_MAX, &out));
	assert_false(waiting_take(&list, UINT64_MAX, &out));
	assert_true(waiting_take(&list, second, &out));
	assert_int_equal(out.front_id, 2);
}

/* After four thousand million requests. */
static void
comes_round(void **state)
{
	uint64_t id;

	(void)state;
	waiting_init(&list);
	list.slots[0].generation = UINT32_MAX;
	id = waiting_add(&list, 3, false);
	assert_int_not_equal(id, 0);
	assert_int_equal(waiting_id(&list, 0), id);
	assert_true(waiting_take(&list, id, &out));
	assert_int_equal(out.front_id, 3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_its_own),
		cmocka_unit_test(too_late),
		cmocka_unit_test(comes_round),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
