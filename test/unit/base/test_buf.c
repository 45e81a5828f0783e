/* Buffers: what they hold, and that the cap is a wall. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#include "base/buf.h"

static void
holds_up_to_its_cap(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 5);
	assert_true(buf_add_text(&b, "abc"));
	assert_false(buf_add_text(&b, "def"));
	assert_int_equal(b.len, 3); /* nothing of it */
	assert_true(buf_add_text(&b, "de"));
	assert_false(buf_add_text(&b, "f"));
	assert_true(buf_add(&b, span_of(NULL, 0)));
	assert_memory_equal(b.ptr, "abcde", 5);
	buf_free(&b);
	assert_int_equal(b.len, 0);
	assert_true(buf_add_text(&b, "again"));
	buf_free(&b);
	buf_free(NULL);
}

static void
grows_and_keeps_what_it_has(void **state)
{
	struct buf b;
	unsigned i;

	(void)state;
	buf_init(&b, 100000);
	for (i = 0; i < 100000; i++) {
		uint8_t c = (uint8_t)(i * 7);

		assert_true(buf_add(&b, span_of(&c, 1)));
	}
	assert_null(buf_reserve(&b, 1));
	for (i = 0; i < 100000; i++)
		if (b.ptr[i] != (uint8_t)(i * 7))
			fail_msg("byte %u", i);
	buf_free(&b);
}

static void
prints_exactly_to_its_cap(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 8);
	assert_true(buf_printf(&b, "%s-%d", "four", 123));
	assert_int_equal(b.len, 8);
	assert_memory_equal(b.ptr, "four-123", 8);
	assert_false(buf_printf(&b, "%d", 1));
	assert_true(buf_printf(&b, "%s", ""));
	assert_int_equal(b.len, 8);
	buf_free(&b);
}

static void
reserves_drops_and_clears(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 300);
	assert_non_null(buf_reserve(&b, 0));
	memset(buf_reserve(&b, 300), 'x', 300);
	b.len = 300;
	assert_null(buf_reserve(&b, 1));
	b.ptr[299] = 'y';
	buf_drop(&b, 299);
	assert_int_equal(b.len, 1);
	assert_int_equal(b.ptr[0], 'y');
	buf_drop(&b, 7);
	assert_int_equal(b.len, 0);
	assert_true(buf_add_text(&b, "z"));
	buf_clear(&b);
	assert_int_equal(buf_span(&b).len, 0);
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(holds_up_to_its_cap),
		cmocka_unit_test(grows_and_keeps_what_it_has),
		cmocka_unit_test(prints_exactly_to_its_cap),
		cmocka_unit_test(reserves_drops_and_clears),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
