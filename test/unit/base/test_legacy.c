/* The list of old forms: switches are found by their names, and sets written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/legacy.h"

static void
switches(void **state)
{
	(void)state;
	assert_int_equal(
	    legacy_switch(span_str("legacy-paths"), false), LEGACY_PATHS);
	assert_int_equal(
	    legacy_switch(span_str("legacy-paths"), true), LEGACY_COUNT);
	assert_int_equal(legacy_switch(span_str("legacy-layout-2019"), true),
	    LEGACY_LAYOUT_2019);
	assert_int_equal(
	    legacy_switch(span_str("legacy-layout-2019"), false), LEGACY_COUNT);
	assert_int_equal(legacy_switch(span_str("paths"), false), LEGACY_COUNT);
	assert_int_equal(
	    legacy_switch(span_str("legacy-"), false), LEGACY_COUNT);
	assert_int_equal(legacy_switch(span_str(""), false), LEGACY_COUNT);
}

/* Products keep these bits, so they stay; and only what MP accepts without a
 * condition is on by itself. */
static void
numbers(void **state)
{
	(void)state;
	assert_int_equal(LEGACY(LEGACY_UNATTRIBUTED), 1);
	assert_int_equal(LEGACY(LEGACY_LAYOUT_2019), 2);
	assert_int_equal(legacy_defaults(),
	    LEGACY(LEGACY_PATHS) | LEGACY(LEGACY_MEDIA_PKCS7) |
		LEGACY(LEGACY_MEDIA_COSE));
}

static void
words(void **state)
{
	char text[LEGACY_TEXT_SIZE];
	unsigned i;

	(void)state;
	legacy_print(text, 0);
	assert_string_equal(text, "");
	legacy_print(text, LEGACY(LEGACY_BASE64) | LEGACY(LEGACY_PATHS));
	assert_string_equal(text, "paths,base64");
	legacy_print(text, LEGACY_ALL);
	for (i = 0; i < LEGACY_COUNT; i++)
		assert_non_null(strstr(text, legacy_form(i)->name));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(switches),
		cmocka_unit_test(numbers),
		cmocka_unit_test(words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
