/* The table of reasons keeps its promises (architecture 6, MP 4). */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#include "base/reason.h"

#define EACH(r)             \
	(r) = 1;            \
	(r) < REASON_COUNT; \
	(r)++

static void
codes_are_words_and_found_again(void **state)
{
	unsigned r;

	(void)state;
	for (EACH(r)) {
		const char *code = reason_code(r);

		/* Found again means that no earlier row has this code. */
		if (reason_find(code) != r || strlen(code) < 3 ||
		    strlen(code) > 40 ||
		    strspn(code, "abcdefghijklmnopqrstuvwxyz0123456789-L") !=
			strlen(code))
			fail_msg("%s", code);
	}
	assert_int_equal(reason_find("no-such-reason"), REASON_COUNT);
	assert_int_equal(reason_find(""), REASON_COUNT);
	assert_int_equal(reason_find("ok"), REASON_OK);
}

static void
sentences_are_sentences(void **state)
{
	unsigned r;

	(void)state;
	for (EACH(r)) {
		const char *s = reason_sentence(r);
		size_t len = strlen(s);

		if (len < 15 || len > 200 || s[len - 1] != '.' ||
		    strchr(s, '"') != NULL || strchr(s, '\n') != NULL ||
		    s[0] == ' ' || reason_clause(r)[0] == '\0')
			fail_msg("%s: %s", reason_code(r), s);
	}
}

/* MP 4, with HTTP's own for HTTP's own faults. */
static void
statuses_are_those_of_the_protocol(void **state)
{
	static const unsigned known[] = { 400, 401, 403, 404, 405, 406, 408,
		411, 413, 414, 415, 417, 421, 429, 431, 500, 501, 503, 505 };
	unsigned r, i;

	(void)state;
	for (EACH(r)) {
		for (i = 0; i < sizeof(known) / sizeof(*known); i++)
			if (known[i] == reason_status(r))
				break;
		if (i == sizeof(known) / sizeof(*known))
			fail_msg("%s: %u", reason_code(r), reason_status(r));
		assert_in_range(
		    reason_severity(r), SEVERITY_NOTE, SEVERITY_ALARM);
	}
	assert_int_equal(reason_status(REASON_OK), 200);
	assert_int_equal(reason_status(REASON_DEVICE_UNKNOWN), 404);
	assert_int_equal(reason_status(REASON_MEDIA_TYPE), 415);
	assert_int_equal(reason_status(REASON_DEVICE_HELD), 403);
	assert_int_equal(reason_status(REASON_KEY_UNAVAILABLE), 500);
}

static void
numbers_from_outside_are_checked(void **state)
{
	(void)state;
	assert_true(reason_valid(REASON_OK));
	assert_true(reason_valid(REASON_COUNT - 1));
	assert_false(reason_valid(REASON_COUNT));
	assert_false(reason_valid(UINT64_C(1) << 32));
	assert_string_equal(reason_code((enum reason)REASON_COUNT), "internal");
}

static void
a_why_is_plain_text(void **state)
{
	struct why w;
	char more[400];

	(void)state;
	memset(more, 'x', sizeof(more) - 1);
	more[sizeof(more) - 1] = '\0';
	assert_int_equal(
	    why_set(&w, REASON_ALGORITHM, 17, "field %s", "a\"b\n\x1b\xff"),
	    REASON_ALGORITHM);
	assert_int_equal(w.offset, 17);
	assert_string_equal(w.text, "field a'b???");
	assert_int_equal(
	    why_set(&w, REASON_ALGORITHM, -1, "%s", more), REASON_ALGORITHM);
	assert_int_equal(strlen(w.text), sizeof(w.text) - 1);
	assert_int_equal(why_set(NULL, REASON_METHOD, 0, "x"), REASON_METHOD);
	why_clear(&w);
	assert_int_equal(w.offset, -1);
	assert_string_equal(w.text, "");
}

static void
printing_names_all_and_stays_inside(void **state)
{
	struct why w;
	char out[400], small[9];

	(void)state;
	(void)why_set(&w, REASON_EMPTY_BODY, -1, "0 bytes");
	reason_print(out, sizeof(out), REASON_EMPTY_BODY, &w);
	assert_string_equal(out,
	    "empty-body: The body is empty; it must hold "
	    "a signed voucher-request. (MP 5 row 1): 0 bytes");
	reason_print(out, sizeof(out), REASON_EMPTY_BODY, NULL);
	assert_null(strstr(out, "0 bytes"));
	reason_print(small, sizeof(small), REASON_EMPTY_BODY, &w);
	assert_string_equal(small, "empty-bo");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(codes_are_words_and_found_again),
		cmocka_unit_test(sentences_are_sentences),
		cmocka_unit_test(statuses_are_those_of_the_protocol),
		cmocka_unit_test(numbers_from_outside_are_checked),
		cmocka_unit_test(a_why_is_plain_text),
		cmocka_unit_test(printing_names_all_and_stays_inside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
