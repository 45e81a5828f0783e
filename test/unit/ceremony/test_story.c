/* Records of new bags in a ceremony's story: in front of the act of the quorum that
 * opened the old ones, for all of its shares, or, as before there were any, for none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "base/text.h"
#include "ceremony/bundle.h"

static struct plan plan;
static struct script script;
static struct story story;
static struct why why;

/* A line and its words, as story_read() has them. */
static void
told(const char *verb, const char *subject)
{
	struct story_line *line = &story.lines[story.len++];
	const char *at;

	snprintf(line->verb, sizeof(line->verb), "%s", verb);
	snprintf(line->subject, sizeof(line->subject), "%s", subject);
	for (at = line->subject; *at != '\0'; at += *at == ' ') {
		size_t len = strcspn(at, " ");

		line->words[line->words_len++] = span_of(at, len);
		at += len;
	}
}

/* The first act recovers a root of three shares by two, the second wipes. */
static int
begin(void **state)
{
	char subject[128], hash[HEX_SIZE(HASH_SIZE)];

	(void)state;
	memset(&plan, 0, sizeof(plan));
	memset(&script, 0, sizeof(script));
	memset(&story, 0, sizeof(story));
	plan.kind = PLAN_DRILL;
	plan.shares = 3;
	plan.threshold = 2;
	plan.roots_len = 2;
	snprintf(plan.roots[0].handle, sizeof(plan.roots[0].handle), "one");
	snprintf(plan.roots[1].handle, sizeof(plan.roots[1].handle), "other");
	script.acts[0] = (struct act){ ACT_RECOVER, &plan.roots[0] };
	script.acts[1] = (struct act){ ACT_WIPE };
	script.len = 2;
	hex_encode(hash, span_of(plan.sha256, HASH_SIZE));
	snprintf(subject, sizeof(subject), "real %s %s",
	    plan_kind_word(plan.kind), hash);
	told("begin", subject);
	snprintf(subject, sizeof(subject), "- %s", hash);
	told("script", subject);
	return 0;
}

static void
told_end(void)
{
	told("recover", "one 1,3");
	told("wipe", "-");
}

static void
holds(void)
{
	told_end();
	assert_int_equal(story_follow(&story, &plan, &script, &why), REASON_OK);
	assert_int_equal(story.done, 2);
	assert_string_equal(story.acts[0]->verb, "recover");
}

static void
refused(void)
{
	told_end();
	assert_int_equal(story_follow(&story, &plan, &script, &why),
	    REASON_EVIDENCE_DIFFERS);
	assert_non_null(strstr(why.text, "bag"));
}

static void
of_before_there_were_any(void **state)
{
	(void)state;
	holds();
}

static void
of_a_quorum(void **state)
{
	(void)state;
	told("bag", "one 1 B-17");
	told("fault", "one share-word 3");
	told("bag", "one 3 B-18");
	holds();
}

static void
one_is_missing(void **state)
{
	(void)state;
	told("bag", "one 1 B-17");
	refused();
}

static void
one_too_many(void **state)
{
	(void)state;
	told("bag", "one 1 B-17");
	told("bag", "one 2 B-18");
	told("bag", "one 3 B-19");
	refused();
}

static void
of_another_root(void **state)
{
	(void)state;
	told("bag", "other 1 B-17");
	told("bag", "one 3 B-18");
	refused();
}

static void
of_no_share(void **state)
{
	(void)state;
	told("bag", "one 4 B-17");
	told("bag", "one 0 B-18");
	refused();
}

static void
without_a_number(void **state)
{
	(void)state;
	told("bag", "one 1");
	told("bag", "one 3");
	refused();
}

/* In front of an act that opens no bag. */
static void
out_of_place(void **state)
{
	(void)state;
	told("recover", "one 1,3");
	told("bag", "one 1 B-17");
	told("bag", "one 3 B-18");
	told("wipe", "-");
	assert_int_equal(story_follow(&story, &plan, &script, &why),
	    REASON_EVIDENCE_DIFFERS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(of_before_there_were_any, begin),
		cmocka_unit_test_setup(of_a_quorum, begin),
		cmocka_unit_test_setup(one_is_missing, begin),
		cmocka_unit_test_setup(one_too_many, begin),
		cmocka_unit_test_setup(of_another_root, begin),
		cmocka_unit_test_setup(of_no_share, begin),
		cmocka_unit_test_setup(without_a_number, begin),
		cmocka_unit_test_setup(out_of_place, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
