/* Hex, small texts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#include "base/text.h"

static void
hex(void **state)
{
	uint8_t out[3];
	char text[HEX_SIZE(3)];
	size_t len;

	(void)state;
	hex_encode(text, span_of("\x00\x9f\xff", 3));
	assert_string_equal(text, "009fff");
	assert_true(hex_decode(out, 3, &len, span_str("009FfF")));
	assert_int_equal(len, 3);
	assert_memory_equal(out, "\x00\x9f\xff", 3);
	assert_true(hex_decode(out, 3, &len, span_str("")));
	assert_int_equal(len, 0);
	assert_false(hex_decode(out, 3, &len, span_str("0")));
	assert_false(hex_decode(out, 3, &len, span_str("0g")));
	assert_false(hex_decode(out, 3, &len, span_str("00000000")));
}

static void
numbers(void **state)
{
	static const char *const bad[] = { "", "-1", "+1", "01", "00", " 1",
		"1 ", "1a", "0x1", "18446744073709551616",
		"99999999999999999999" };
	uint64_t n;
	size_t i;

	(void)state;
	assert_true(text_uint(span_str("0"), 0, &n) && n == 0);
	assert_true(
	    text_uint(span_str("18446744073709551615"), UINT64_MAX, &n));
	assert_true(n == UINT64_MAX);
	assert_true(text_uint(span_str("300"), 300, &n) && n == 300);
	assert_false(text_uint(span_str("301"), 300, &n));
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		if (text_uint(span_str(bad[i]), UINT64_MAX, &n))
			fail_msg("%s", bad[i]);
}

static void
copies_and_printable(void **state)
{
	char out[4];

	(void)state;
	assert_true(text_copy(out, sizeof(out), span_str("abc")));
	assert_string_equal(out, "abc");
	assert_false(text_copy(out, sizeof(out), span_str("abcd")));
	assert_string_equal(out, "abc");
	assert_true(text_copy(out, sizeof(out), span_of(NULL, 0)));
	assert_string_equal(out, "");
	assert_true(text_printable(span_str(" ~Az09")));
	assert_false(text_printable(span_str("\x1f")));
	assert_false(text_printable(span_str("\x7f")));
	assert_false(text_printable(span_str("\xc3\xa9")));
	assert_false(text_printable(span_of("a\0b", 3)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hex),
		cmocka_unit_test(numbers),
		cmocka_unit_test(copies_and_printable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
