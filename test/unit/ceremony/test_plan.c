/* Lines of a plan that are refused, and what they are told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fatal.h"
#include "ceremony/plan.h"

static const struct {
	const char *section, *line, *words;
} rows[] = {
	{ "ceremony", "title = \xff", "1 to 128 octets of UTF-8" },
	{ "ceremony", "kind = make",
	    "create, sign, refresh, drill or destroy" },
	{ "ceremony", "shares = 1", "2 to 16" },
	{ "ceremony", "shares = x", "2 to 16" },
	{ "ceremony", "idevid-policy = 1.40.6.", "an OID such as 1.3.6.1.4.1" },
	{ "ceremony", "voucher-policy-form = x",
	    "certificate-policies or private-extension" },
	{ "ceremony", "previous = 00", "64 hexadecimal digits" },
	{ "attendee a", "role = operator witness",
	    "administrator, operator, witness, auditor, custodian or witness "
	    "auditor" },
	{ "attendee a", "place = ../x", "1 to 32 of a-z 0-9 -" },
	{ "attendee a", "key = ssh-rsa AAAA", "ssh-ed25519" },
	{ "attendee a", "acknowledges = maybe", "on paper" },
	{ "attendee a", "approves = no", "yes" },
	{ "root r", "purpose = x", "voucher or idevid" },
	{ "root r", "algorithm = rsa", "p256 or p384" },
	{ "root r", "generation = 0", "1 to 999" },
	{ "sign s", "slot = f", "2 to 4 of A-Z 0-9" },
	{ "sign s", "days = 89", "90 to 3650" },
	{ "sign s", "algorithm = p521", "p256, p384, rsa2048 or rsa3072" },
};

static void
a_refused_line_says_what_would_do(void **state)
{
	struct plan *plan = memory_new(sizeof(*plan));
	char text[256], wanted[200];
	struct why why;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		memset(plan, 0, sizeof(*plan));
		snprintf(text, sizeof(text), "[%s]\n%s\n", rows[i].section,
		    rows[i].line);
		snprintf(wanted, sizeof(wanted), ": takes %s", rows[i].words);
		if (plan_read(span_str(text), plan, &why) !=
			REASON_PLAN_SYNTAX ||
		    strncmp(why.text, "line 2: out of range: ", 22) != 0 ||
		    strstr(why.text, wanted) == NULL)
			fail_msg("%s: %s", rows[i].line, why.text);
	}
	free(plan);
}

/* The twelve of Unicode's property Bidi_Control, others of Default_Ignorable_Code_Point,
 * ends of lines, and controls. */
static void
nothing_unseen_passes(void **state)
{
	static const char *const marks[] = { "\u061c", "\u200e", "\u200f",
		"\u202a", "\u202b", "\u202c", "\u202d", "\u202e", "\u2066",
		"\u2067", "\u2068", "\u2069", "\u00ad", "\u034f", "\u115f",
		"\u17b4", "\u180b", "\u180e", "\u200b", "\u2060", "\u206f",
		"\u3164", "\ufe0f", "\ufeff", "\uffa0", "\U0001d173",
		"\U000e0001", "\U000e007f", "\u2028", "\u2029", "\x01", "\x7f",
		"\xc2\x9b" };
	struct plan *plan = memory_new(sizeof(*plan));
	char text[256];
	struct why why;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(marks) / sizeof(*marks); i++) {
		memset(plan, 0, sizeof(*plan));
		snprintf(
		    text, sizeof(text), "[ceremony]\ntitle = a%sb\n", marks[i]);
		assert_int_equal(
		    plan_read(span_str(text), plan, &why), REASON_PLAN_SYNTAX);
		if (strstr(why.text, "a control character after") == NULL)
			fail_msg("%zu: %s", i, why.text);
	}
	free(plan);
}

/* A terminal of another alphabet may obey 9B. */
static void
a_comment_is_utf8(void **state)
{
	static const char text[] = "[ceremony]\n# a\x9b\n";
	struct plan *plan = memory_new(sizeof(*plan));
	struct why why;

	(void)state;
	memset(plan, 0, sizeof(*plan));
	assert_int_equal(
	    plan_read(span_str(text), plan, &why), REASON_PLAN_SYNTAX);
	assert_string_equal(why.text, "line 2: no UTF-8 in: a comment");
	free(plan);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_unseen_passes),
		cmocka_unit_test(a_comment_is_utf8),
		cmocka_unit_test(a_refused_line_says_what_would_do),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
