/* Dates of MP 7.2. Seconds were worked out by date(1). */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#include "wire/date.h"

static void
good_dates(void **state)
{
	static const struct {
		const char *text;
		int64_t seconds;
	} rows[] = {
		{ "1970-01-01T00:00:00Z", 0 },
		{ "2021-04-13T17:43:23.747-04:00", INT64_C(1618350203) },
		{ "2024-11-29T09:34:16.426Z", INT64_C(1732872856) },
		{ "2021-04-13T21:43:23Z", INT64_C(1618350203) },
		{ "2021-04-14T03:13:23+05:30", INT64_C(1618350203) },
		{ "2021-04-13T21:43:23-00:00", INT64_C(1618350203) },
		{ "2021-04-13T21:43:23.0000000000001Z", INT64_C(1618350203) },
		{ "2016-12-31T23:59:60Z", INT64_C(1483228799) },
		{ "2000-02-29T12:00:00Z", INT64_C(951825600) },
		{ "2400-02-29T00:00:00Z", INT64_C(13574563200) },
		{ "1969-12-31T23:59:59Z", -1 },
		{ "9999-12-31T23:59:59Z", INT64_C(253402300799) },
		{ "0001-01-01T00:00:00Z", INT64_C(-62135596800) },
	};
	int64_t seconds;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (!date_parse(span_str(rows[i].text), &seconds) ||
		    seconds != rows[i].seconds)
			fail_msg("%s", rows[i].text);
}

static void
bad_dates(void **state)
{
	static const char *const rows[] = {
		"",
		"2021-04-13",
		"2021-04-13T17:43:23", /* no offset */
		"2021-04-13T17:43:23.747",
		"2021-04-13t17:43:23Z",
		"2021-04-13T17:43:23z",
		"2021-04-13 17:43:23Z",
		"2021-13-13T17:43:23Z",
		"2021-00-13T17:43:23Z",
		"2021-04-31T17:43:23Z",
		"2021-04-00T17:43:23Z",
		"2021-02-29T17:43:23Z",
		"2100-02-29T17:43:23Z",
		"2021-04-13T24:00:00Z",
		"2021-04-13T17:60:23Z",
		"2021-04-13T17:43:61Z",
		"2021-04-13T17:43:23.Z",
		"2021-04-13T17:43:23,5Z",
		"2021-04-13T17:43:23.747-0400",
		"2021-04-13T17:43:23.747-04",
		"2021-04-13T17:43:23+24:00",
		"2021-04-13T17:43:23+04:60",
		"2021-04-13T17:43:23Z ",
		" 2021-04-13T17:43:23Z",
		"2021-04-13T17:43:23ZZ",
		"2021-04-13T17:43:+3Z",
		"0000-04-13T17:43:23Z",
		"20210413T174323Z",
		/* Years that clock_print() cannot say. */
		"0001-01-01T00:00:00+00:01",
		"9999-12-31T23:59:59-00:01",
	};
	int64_t seconds;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (date_parse(span_str(rows[i]), &seconds))
			fail_msg("%s", rows[i]);
}

static void
no_byte_behind_the_text_is_read(void **state)
{
	int64_t seconds;

	(void)state;
	/* The offset is complete only with what lies outside. */
	assert_false(
	    date_parse(span_of("2021-04-13T17:43:23+04:00", 22), &seconds));
	assert_false(
	    date_parse(span_of("2021-04-13T17:43:23.5Z", 21), &seconds));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_dates),
		cmocka_unit_test(bad_dates),
		cmocka_unit_test(no_byte_behind_the_text_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
