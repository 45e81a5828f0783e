/* One event, one line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#include "base/clock.h"
#include "base/log.h"
#include "capture.h"

static char said[4000];

/* The line behind time and process: "note event pairs\n". */
static const char *
behind_process(void)
{
	const char *p = strstr(said, "] ");

	return p == NULL ? "" : p + 2;
}

static void
say_three(void)
{
	log_open("signer");
	log_note("one", "a=\"%d\"", 1);
	log_warning("two", "%s", "");
	log_alarm("three", "b=\"%s\"", "x");
}

static void
a_line_has_time_program_severity_event(void **state)
{
	char program[40], severity[40], event[40], date[40];
	int64_t seconds;
	int pid;

	(void)state;
	assert_int_equal(capture(say_three, said, sizeof(said)), 0);
	assert_int_equal(sscanf(said, "%39s %39[a-z][%d] %39s %39s", date,
			     program, &pid, severity, event),
	    5);
	assert_true(date_parse(span_str(date), &seconds));
	assert_string_equal(program, "signer");
	assert_true(pid > 1);
	assert_string_equal(severity, "note");
	assert_string_equal(event, "one");
	assert_non_null(strstr(said, "] note one a=\"1\"\n"));
	assert_non_null(strstr(said, "] warning two\n"));
	assert_non_null(strstr(said, "] alarm three b=\"x\"\n"));
}

static void
say_foreign_bytes(void)
{
	log_note("foreign", "serial=\"%s\"", "a\nb\r\x1b[2J\x7f\xc3\xa9");
}

static void
foreign_bytes_cannot_begin_a_line(void **state)
{
	(void)state;
	assert_int_equal(capture(say_foreign_bytes, said, sizeof(said)), 0);
	assert_string_equal(
	    behind_process(), "note foreign serial=\"a?b??[2J???\"\n");
}

static void
say_quotes(void)
{
	char serial[9];

	log_note("quotes", "serial=\"%s\"",
	    log_value(serial, sizeof(serial), "a\" b=\"cdef"));
}

static void
a_value_ends_no_quote(void **state)
{
	(void)state;
	assert_int_equal(capture(say_quotes, said, sizeof(said)), 0);
	assert_string_equal(
	    behind_process(), "note quotes serial=\"a' b='cd\"\n");
}

static void
say_much(void)
{
	char text[3000];

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	log_note("much", "text=\"%s\"", text);
}

static void
a_long_line_is_cut_and_ended(void **state)
{
	(void)state;
	assert_int_equal(capture(say_much, said, sizeof(said)), 0);
	assert_true(strlen(said) < 1300);
	assert_ptr_equal(strchr(said, '\n'), said + strlen(said) - 1);
}

static void
say_reason(void)
{
	struct why why;

	(void)why_set(
	    &why, REASON_KEY_DUPLICATE, 3, "key %s", "x\" serial=\"forged");
	log_reason(REASON_KEY_DUPLICATE, &why, "serial=\"%s\"", "AR9");
	log_reason(REASON_NONCELESS, NULL, "serial=\"%s\"", "AR9");
}

static void
a_reason_is_said_at_its_severity(void **state)
{
	(void)state;
	assert_int_equal(capture(say_reason, said, sizeof(said)), 0);
	assert_non_null(strstr(said,
	    "] alarm key-duplicate serial=\"AR9\" "
	    "clause=\"R-2.8\" text=\"key x' serial='forged\"\n"));
	assert_non_null(strstr(said,
	    "] note nonceless-unauthenticated "
	    "serial=\"AR9\" clause=\"RFC 8995 5.5.4\" text=\"\"\n"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_has_time_program_severity_event),
		cmocka_unit_test(foreign_bytes_cannot_begin_a_line),
		cmocka_unit_test(a_value_ends_no_quote),
		cmocka_unit_test(a_long_line_is_cut_and_ended),
		cmocka_unit_test(a_reason_is_said_at_its_severity),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
