/* What it prints, and the test clock. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <cmocka.h>

#include "base/clock.h"

static void
prints_what_it_reads(void **state)
{
	static const char *const rows[] = { "1970-01-01T00:00:00Z",
		"2021-04-13T21:43:23Z", "2000-02-29T23:59:59Z",
		"9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z",
		"0999-12-31T23:59:59Z" };
	char text[CLOCK_TEXT_SIZE];
	int64_t seconds;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		assert_true(date_parse(span_str(rows[i]), &seconds));
		clock_print(text, seconds);
		assert_string_equal(text, rows[i]);
	}
	clock_print(text, INT64_MAX); /* no year of four digits */
	assert_string_equal(text, "0000-00-00T00:00:00Z");
	clock_print(text, INT64_C(-62135596801)); /* the year 0 */
	assert_string_equal(text, "0000-00-00T00:00:00Z");
}

static void
a_test_clock_runs_on(void **state)
{
	int64_t before = clock_ticks(), real = time(NULL);

	(void)state;
	assert_true(clock_now() >= real);
	clock_set_test(1618350203);
	assert_true(clock_now() >= 1618350203);
	assert_true(clock_now() <= 1618350203 + (time(NULL) - real) + 1);
	assert_true(clock_ticks() >= before);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(prints_what_it_reads),
		cmocka_unit_test(a_test_clock_runs_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
