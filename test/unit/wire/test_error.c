/* Each error has words of its own: a person reads them behind an offset. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "wire/span.h"

static void
words(void **state)
{
	const char *unknown = wire_error_text((enum wire_error)1000);
	int e, f;

	(void)state;
	for (e = WIRE_OK; e <= WIRE_FULL; e++) {
		assert_string_not_equal(
		    wire_error_text((enum wire_error)e), unknown);
		for (f = WIRE_OK; f < e; f++)
			assert_string_not_equal(
			    wire_error_text((enum wire_error)e),
			    wire_error_text((enum wire_error)f));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(words) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
