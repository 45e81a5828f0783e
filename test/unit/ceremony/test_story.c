/* Records of new bags in a ceremony's story: in front of the act of the quorum that
 * opened the old ones, for all of its shares, or, as before there were any, for none.
 * And those of shares that are destroyed: behind the wipe, or as it was before. */
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
static void
open_story(unsigned kind)
{
	char subject[128], hash[HEX_SIZE(HASH_SIZE)];

	memset(&plan, 0, sizeof(plan));
	memset(&script, 0, sizeof(script));
	memset(&story, 0, sizeof(story));
	plan.kind = kind;
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
}

static int
begin(void **state)
{
	(void)state;
	open_story(PLAN_DRILL);
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

/* Three custodians who have one root, and acts from the wipe or the first share that is
 * destroyed on. */
static void
destroys(unsigned kind, bool early)
{
	unsigned i, from;

	open_story(kind);
	plan.roots_len = 1;
	plan.attendees_len = plan.shares;
	for (i = 0; i < plan.shares; i++) {
		plan.attendees[i].roles = ROLE_CUSTODIAN;
		snprintf(plan.attendees[i].handle,
		    sizeof(plan.attendees[i].handle), "c%u", i + 1);
	}
	script_make(&plan, early, &script);
	for (from = 0; script.acts[from].kind != ACT_WIPE &&
	     script.acts[from].kind != ACT_RETIRE;
	     from++)
		continue;
	memmove(script.acts, script.acts + from,
	    (script.len - from) * sizeof(script.acts[0]));
	script.len -= from;
}

static void
follows(enum reason expected)
{
	assert_int_equal(story_follow(&story, &plan, &script, &why), expected);
}

static void
refresh(void **state)
{
	struct buf out;

	(void)state;
	destroys(PLAN_REFRESH, false);
	told("wipe", "-");
	told("retire", "one 1");
	told("unseen", "one 2");
	assert_false(story_early(&story));
	follows(REASON_OK);
	assert_int_equal(story.done, 3);
	told("unseen", "one 3");
	told("close", "- 00");
	follows(REASON_OK);
	assert_int_equal(story.done, script.len);
	buf_init(&out, 1024);
	story_tell_old(&story, &plan, &out);
	assert_string_equal((char *)out.ptr,
	    "one: 1 of 3 old shares were seen destroyed\n"
	    "one: the other 2 open it, too: a new key is to be planned\n");
	buf_free(&out);
}

static void
refresh_out_of_order(void **state)
{
	(void)state;
	destroys(PLAN_REFRESH, false);
	told("wipe", "-");
	told("retire", "one 2");
	follows(REASON_EVIDENCE_DIFFERS);
}

/* A share that the old set of this plan has not: it is a larger one, whose other shares
 * nobody would ask for. */
static void
refresh_of_a_larger_set(void **state)
{
	static const struct {
		unsigned old;
		const char *shares;
		enum reason expected;
	} cases[] = {
		{ 0, "1,3", REASON_OK },
		{ 0, "1,4", REASON_EVIDENCE_DIFFERS },
		{ 0, "4,1", REASON_EVIDENCE_DIFFERS },
		{ 0, "0,1", REASON_EVIDENCE_DIFFERS },
		{ 4, "1,4", REASON_OK },
		{ 4, "1,5", REASON_EVIDENCE_DIFFERS },
		{ 0, "1,,3", REASON_EVIDENCE_DIFFERS },
	};
	char subject[32];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		open_story(PLAN_REFRESH);
		plan.old_shares = cases[i].old;
		snprintf(subject, sizeof(subject), "one %s", cases[i].shares);
		told("recover", subject);
		told("wipe", "-");
		follows(cases[i].expected);
	}
	/* Those of before went by custodian. */
	open_story(PLAN_REFRESH);
	told("recover", "one 1,4");
	told("retire", "one c1");
	follows(REASON_EVIDENCE_DIFFERS); /* the wipe is due first */
	assert_int_equal(story.done, 1);
}

/* The record of the clock: figures that pass, where the script names the test. */
static void
health(void **state)
{
	static const struct {
		const char *subject;
		bool named;
		enum reason wanted;
		unsigned octets;
	} rows[] = {
		{ "- 4096 2 9", true, REASON_OK, 4096 },
		{ "- 4096 2 9", false, REASON_OK, 4096 },
		{ "-", false, REASON_OK, 0 },
		{ "-", true, REASON_EVIDENCE_DIFFERS, 0 },
		{ "- 4096 2", true, REASON_EVIDENCE_DIFFERS, 0 },
		{ "- 4096 2 9 9", true, REASON_EVIDENCE_DIFFERS, 0 },
		{ "- 4096 6 9", true, REASON_EVIDENCE_DIFFERS, 0 },
		{ "- 4096 2 20", false, REASON_EVIDENCE_DIFFERS, 0 },
		{ "- 16 1 1", true, REASON_EVIDENCE_DIFFERS, 0 },
		{ "- 4096 two 9", true, REASON_EVIDENCE_DIFFERS, 0 },
	};
	struct health h;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		open_story(PLAN_SIGN);
		told("clock", rows[i].subject);
		assert_int_equal(story_health(&story.lines[story.len - 1],
				     rows[i].named, &h, &why),
		    rows[i].wanted);
		if (rows[i].wanted == REASON_OK)
			assert_int_equal(h.octets, rows[i].octets);
	}
}

/* Evidence of before: by custodian, in front of the wipe. */
static void
refresh_of_before(void **state)
{
	(void)state;
	destroys(PLAN_REFRESH, true);
	told("retire", "one c1");
	told("retire", "one c2");
	told("retire", "one c3");
	told("wipe", "-");
	told("close", "- 00");
	assert_true(story_early(&story));
	follows(REASON_OK);
	assert_int_equal(story.done, script.len);
}

/* Of three by two one may be left, whoever that is. */
static void
destroy(void **state)
{
	(void)state;
	destroys(PLAN_DESTROY, false);
	told("retire", "one c1");
	told("unseen", "one c2");
	told("retire", "one c3");
	told("wipe", "-");
	told("close", "- 00");
	follows(REASON_OK);
	assert_int_equal(story.done, script.len);
	destroys(PLAN_DESTROY, false);
	told("unseen", "one c1");
	told("unseen", "one c2");
	follows(REASON_EVIDENCE_DIFFERS);
}

static void
dates(void **state)
{
	(void)state;
	begin(NULL);
	told("recover", "one 1,3");
	story.lines[1].time = 5000;
	story.lines[2].time = 5060;
	story.acts[0] = &story.lines[2];
	assert_true(story_dates(&story, 0, 5000));
	assert_true(story_dates(&story, 0, 5060));
	assert_true(story_dates(&story, 0, 5000 - MOMENT_TOLERATED));
	assert_false(story_dates(&story, 0, 4999 - MOMENT_TOLERATED));
	assert_false(story_dates(&story, 0, 5061));
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
		cmocka_unit_test(health),
		cmocka_unit_test(refresh),
		cmocka_unit_test(refresh_out_of_order),
		cmocka_unit_test(refresh_of_a_larger_set),
		cmocka_unit_test(refresh_of_before),
		cmocka_unit_test(destroy),
		cmocka_unit_test(dates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
