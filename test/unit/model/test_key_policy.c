/* What a key may sign: patterns, words, and each limit at its edge. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/clock.h"
#include "model/key_policy.h"

static void
patterns(void **state)
{
	static const struct {
		const char *pattern, *serial;
		bool matches;
	} cases[] = {
		{ "AR9-F1-0001-6", "AR9-F1-0001-6", true },
		{ "AR9-F1-0001-6", "AR9-F1-0001-7", false },
		{ "AR9-F1-0001", "AR9-F1-0001-6", false },
		{ "AR9-F1-0001-6", "AR9-F1-0001", false },
		{ "AR9-F1-*", "AR9-F1-0001-6", true },
		{ "AR9-F1-*", "AR9-F1-", true },
		{ "AR9-F1-*", "AR9-F2-0001-6", false },
		{ "*", "x", true },
		{ "*-6", "AR9-F1-0001-6", true },
		{ "*-6", "AR9-F1-0001-6-7", false },
		{ "*-F1-*", "AR9-F1-0001", true },
		{ "*-F1-*", "AR9-F2-F1", false },
		{ "a*b*c", "axbxbxc", true },
		{ "a*b*c", "axbxbxcd", false },
		{ "a*ab", "aab", true },
		{ "a*ab", "ab", false },
		{ "**x", "x", true },
		{ "00-D0-E5-?\?-*", "00-D0-E5-F2-00-02", true },
		{ "00-D0-E5-?\?-*", "00-D0-E5-F-00-02", false },
		{ "?", "", false },
		{ "a?", "a?", true },
		{ "ar9*", "AR9", false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (serial_pattern_match(cases[i].pattern, cases[i].serial) !=
		    cases[i].matches)
			fail_msg("%s %s", cases[i].pattern, cases[i].serial);
	assert_true(serial_pattern_valid("AR9-?\?-*"));
	assert_false(serial_pattern_valid(""));
	assert_false(serial_pattern_valid("a_b"));
	assert_false(serial_pattern_valid("[a-z]\""));
	assert_false(serial_pattern_valid(
	    "1234567890123456789012345678901234567890123456789"));
}

static void
words(void **state)
{
	static const struct {
		const char *name, *good, *bad;
	} cases[] = {
		{ "kinds", "nonced,nonceless", "nonced,nonced" },
		{ "kinds", "idevid", "" },
		{ "kinds", "nonceless", "nonceless," },
		{ "product", "a,b.c,d-e,f_g", "a,b,c,d,e" },
		{ "product", "any", "a,,b" },
		{ "serials", "AR9-*", "AR9_*" },
		{ "limit", "1", "0" },
		{ "limit", "9223372036854775807", "9223372036854775808" },
		{ "limit", "none", "-1" },
		{ "first-day", "2026-02-28", "2026-02-29" },
		{ "first-day", "1970-01-02", "1970-01-01" },
		{ "last-day", "9999-12-31", "31.12.2026" },
		{ "last-day", "none", "2026-01-01T00:00:00Z" },
		{ "rate", "1/minute", "1/month" },
		{ "rate", "4294967295/day", "4294967296/day" },
		{ "rate", "5/2678400", "5/2678401" },
		{ "rate", "5/hour", "0/hour" },
		{ "rate", "none", "5" },
		{ "rate", "5/1", "5/0" },
		{ "months", "1200", "1201" },
		{ "months", "none", "0" },
		{ "years", NULL, "3" },
	};
	struct key_policy p;
	struct why why;
	size_t i;

	(void)state;
	key_policy_defaults(&p, PURPOSE_VOUCHER);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (cases[i].good != NULL &&
		    key_policy_set(&p, cases[i].name, span_str(cases[i].good),
			&why) != REASON_OK)
			fail_msg("%s", why.text);
		if (key_policy_set(&p, cases[i].name, span_str(cases[i].bad),
			&why) != REASON_ADMIN_ARGUMENT)
			fail_msg("%s %s", cases[i].name, cases[i].bad);
	}
}

static void
printed(void **state)
{
	char text[KEY_WORDS_SIZE], day[DAY_TEXT_SIZE];
	struct key_policy p = { .rate = 5, .period = 3600 };

	(void)state;
	key_rate_print(text, &p);
	assert_string_equal(text, "5/hour");
	p.period = 7;
	key_rate_print(text, &p);
	assert_string_equal(text, "5/7");
	key_kinds_print(text, SIGNED_NONCED | SIGNED_NONCELESS | SIGNED_IDEVID);
	assert_string_equal(text, "nonced,nonceless,idevid");
	day_print(day, 19675);
	assert_string_equal(day, "2023-11-14");
	day_print(day, KEY_DAY_MAX);
	assert_string_equal(day, "9999-12-31");
}

#define MIDNIGHT INT64_C(1700006400) /* 2023-11-15 */

static enum reason
allows(const struct key_policy *p, const struct key_count *c, int64_t time)
{
	struct key_use use = { SIGNED_NONCED, "router-9", "AR9-F1-0001" };
	struct why why;

	return key_policy_allows(p, c, &use, time, &why);
}

static void
edges(void **state)
{
	struct key_policy p = { .kinds = SIGNED_NONCED };
	struct key_count c = { 0 };

	(void)state;
	assert_int_equal(allows(&p, &c, MIDNIGHT), REASON_OK);
	p.first_day = p.last_day = 19676;
	assert_int_equal(allows(&p, &c, MIDNIGHT - 1), REASON_SIGNER_DATE);
	assert_int_equal(allows(&p, &c, MIDNIGHT), REASON_OK);
	assert_int_equal(allows(&p, &c, MIDNIGHT + 86399), REASON_OK);
	assert_int_equal(allows(&p, &c, MIDNIGHT + 86400), REASON_SIGNER_DATE);
	p.limit = 3;
	c.issued = 2;
	assert_int_equal(allows(&p, &c, MIDNIGHT), REASON_OK);
	key_count_add(&c, &p, MIDNIGHT);
	assert_int_equal(allows(&p, &c, MIDNIGHT), REASON_SIGNER_COUNT);
	assert_int_equal(c.in_period, 0); /* nothing asked for it */
	p.kinds = SIGNED_NONCELESS;
	assert_int_equal(allows(&p, &c, MIDNIGHT), REASON_SIGNER_POLICY);
}

/* N in a period, and the next begins with the minute. */
static void
rates(void **state)
{
	struct key_policy p = {
		.kinds = SIGNED_NONCED, .rate = 2, .period = 60
	};
	struct key_count c = { 0 };

	(void)state;
	key_count_add(&c, &p, MIDNIGHT);
	assert_int_equal(allows(&p, &c, MIDNIGHT), REASON_OK);
	key_count_add(&c, &p, MIDNIGHT + 30);
	assert_int_equal(allows(&p, &c, MIDNIGHT + 59), REASON_SIGNER_RATE);
	assert_int_equal(allows(&p, &c, MIDNIGHT + 60), REASON_OK);
	key_count_add(&c, &p, MIDNIGHT + 60);
	assert_int_equal(c.in_period, 1);
	assert_int_equal(c.period, MIDNIGHT + 60);
	assert_int_equal(c.issued, 3);
}

/* Calendar months from its activation; a month that is too short ends it on its
 * last day. */
static void
months(void **state)
{
	static const struct {
		const char *from;
		uint32_t months;
		const char *end;
	} cases[] = {
		{ "2026-11-26T14:00:00Z", 3, "2027-02-26T14:00:00Z" },
		{ "2026-11-30T00:00:01Z", 3, "2027-02-28T00:00:01Z" },
		{ "2027-11-30T00:00:01Z", 3, "2028-02-29T00:00:01Z" },
		{ "2026-10-31T23:59:59Z", 1, "2026-11-30T23:59:59Z" },
		{ "2026-12-31T12:00:00Z", 2, "2027-02-28T12:00:00Z" },
		{ "2024-02-29T00:00:00Z", 12, "2025-02-28T00:00:00Z" },
		{ "2026-01-31T00:00:00Z", 1200, "2126-01-31T00:00:00Z" },
	};
	struct key_policy p = { .kinds = SIGNED_NONCED };
	struct key_count c = { 0 };
	int64_t end;
	size_t i;

	(void)state;
	assert_true(key_policy_end(&p, &c) == INT64_MAX);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		p.months = cases[i].months;
		assert_true(date_parse(span_str(cases[i].from), &c.activated));
		assert_true(date_parse(span_str(cases[i].end), &end));
		assert_true(key_policy_end(&p, &c) == end);
		assert_int_equal(allows(&p, &c, end - 1), REASON_OK);
		assert_int_equal(allows(&p, &c, end), REASON_SIGNER_DATE);
	}
	/* Its last day may come first; before it is activated nothing counts. */
	p.last_day = 19676;
	assert_true(key_policy_end(&p, &c) == MIDNIGHT + 86400);
	p.last_day = 0;
	c.activated = 0;
	assert_true(key_policy_end(&p, &c) == INT64_MAX);
}

/* The end of all dates is none: nothing is calculated with it, or behind it. */
static void
last_days(void **state)
{
	struct key_policy p = { .kinds = SIGNED_NONCED };
	struct key_count c = { 0 };
	int64_t last;

	(void)state;
	assert_true(date_parse(span_str("9999-12-31T00:00:00Z"), &last));
	p.last_day = KEY_DAY_MAX - 1;
	assert_true(key_policy_end(&p, &c) == last);
	assert_int_equal(allows(&p, &c, last), REASON_SIGNER_DATE);
	p.last_day = KEY_DAY_MAX;
	assert_true(key_policy_end(&p, &c) == INT64_MAX);
	assert_int_equal(key_policy_used(&p, &c, last), 0);
	assert_int_equal(allows(&p, &c, last), REASON_OK);
	p.last_day = 0;
	p.months = 1;
	c.activated = last - 30 * 86400 - 1;
	assert_true(key_policy_end(&p, &c) == last - 1);
	c.activated = last;
	assert_true(key_policy_end(&p, &c) == INT64_MAX);
}

/* 2024-01-01 was a Monday. A night shift belongs to the day that it begins on. */
static void
windows(void **state)
{
	static const struct {
		const char *words, *time;
		bool awake;
	} cases[] = {
		{ "mon-fri 06:00-22:00", "2024-01-01T05:59:59Z", false },
		{ "mon-fri 06:00-22:00", "2024-01-01T06:00:00Z", true },
		{ "mon-fri 06:00-22:00", "2024-01-05T21:59:59Z", true },
		{ "mon-fri 06:00-22:00", "2024-01-05T22:00:00Z", false },
		{ "mon-fri 06:00-22:00", "2024-01-06T12:00:00Z", false },
		{ "fri 22:00-06:00", "2024-01-05T21:59:59Z", false },
		{ "fri 22:00-06:00", "2024-01-05T22:00:00Z", true },
		{ "fri 22:00-06:00", "2024-01-06T05:59:59Z", true },
		{ "fri 22:00-06:00", "2024-01-06T06:00:00Z", false },
		{ "fri 22:00-06:00", "2024-01-05T05:00:00Z", false },
		{ "sun 22:00-06:00", "2024-01-01T05:00:00Z", true },
		{ "tue,sat-sun 00:00-24:00", "2024-01-07T23:59:59Z", true },
		{ "tue,sat-sun 00:00-24:00", "2024-01-08T00:00:00Z", false },
		{ "fri 22:00-06:00", "2024-01-04T23:00:00Z", false },
		{ "mon 06:59-08:00", "2024-01-01T06:58:59Z", false },
		{ "act", "2024-01-01T12:00:00Z", false },
		{ "always", "2024-01-01T12:00:00Z", true },
	};
	static const char *const bad[] = { "mon", "mon 06:00", "fri-mon 6-7",
		"mon-mon 06:00-07:00", "mon,mon 06:00-07:00", "mon 06:00-06:00",
		"mon 24:00-06:00", "mon 06:60-07:00", "mon 06:00-24:01",
		"mon 06:00-07:00 ", "mo 06:00-07:00", "", "never",
		"mox 06:00-08:00", "mon06:00-08:00", " 00:00-00:00",
		"mon 1/:00-12:00", "mon 0::00-12:00", "mon 06:60-08:00",
		"mon 0600-0800", "mon 06:0008:00", "mon 06:00-",
		"mon 06:00-07:0" };
	struct key_policy p = { .kinds = SIGNED_IDEVID };
	struct key_use use = { SIGNED_IDEVID, "router-9", NULL, 0 };
	struct key_count c = { 0 };
	char words[KEY_WORDS_SIZE];
	struct why why;
	int64_t time;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		c.awake_until = 0;
		assert_int_equal(
		    key_policy_set(&p, "awake", span_str(cases[i].words), &why),
		    REASON_OK);
		key_awake_print(words, &p);
		assert_string_equal(words, cases[i].words);
		assert_true(date_parse(span_str(cases[i].time), &time));
		assert_int_equal(key_policy_allows(&p, &c, &use, time, &why),
		    cases[i].awake ? REASON_OK : REASON_SIGNER_ASLEEP);
		c.awake_until = time; /* no longer then */
		assert_int_equal(key_policy_allows(&p, &c, &use, time, &why),
		    cases[i].awake ? REASON_OK : REASON_SIGNER_ASLEEP);
		c.awake_until = time + 1;
		assert_int_equal(
		    key_policy_allows(&p, &c, &use, time, &why), REASON_OK);
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(
		    key_policy_set(&p, "awake", span_str(bad[i]), &why),
		    REASON_ADMIN_ARGUMENT);
	/* The MASA's keys have no such window. */
	assert_int_equal(
	    key_policy_set(&p, "awake", span_str("act"), &why), REASON_OK);
	assert_int_equal(
	    key_policy_check(&p, PURPOSE_IDEVID_CA, &why), REASON_OK);
	p.kinds = SIGNED_NONCED;
	assert_int_equal(
	    key_policy_check(&p, PURPOSE_VOUCHER, &why), REASON_SIGNER_FACTS);
}

/* By number or by time, whichever is more. */
static void
used(void **state)
{
	struct key_policy p = { .kinds = SIGNED_NONCED, .limit = 200 };
	struct key_count c = { .issued = 159, .activated = MIDNIGHT };

	(void)state;
	assert_int_equal(key_policy_used(&p, &c, MIDNIGHT), 79);
	c.issued = 160;
	assert_int_equal(key_policy_used(&p, &c, MIDNIGHT), KEY_WARN_PERCENT);
	c.issued = 199;
	assert_int_equal(key_policy_used(&p, &c, MIDNIGHT), 99);
	c.issued = 200;
	assert_int_equal(key_policy_used(&p, &c, MIDNIGHT), 100);
	c.issued = 0;
	p.last_day = 19676 + 99; /* a hundred days */
	assert_int_equal(key_policy_used(&p, &c, MIDNIGHT - 5), 0);
	assert_int_equal(key_policy_used(&p, &c, MIDNIGHT + 95 * 86400), 95);
	assert_int_equal(
	    key_policy_used(&p, &c, MIDNIGHT + 100 * 86400 - 1), 99);
	assert_int_equal(key_policy_used(&p, &c, MIDNIGHT + 100 * 86400), 100);
	p.limit = INT64_MAX;
	c.issued = INT64_MAX / 2 + 1;
	assert_int_equal(key_policy_used(&p, &c, MIDNIGHT), 50);
	p = (struct key_policy){ .kinds = SIGNED_NONCED };
	assert_int_equal(key_policy_used(&p, &c, MIDNIGHT), 0);
	/* A last day alone: its life has not begun before it signs. */
	c = (struct key_count){ .activated = 0 };
	p.last_day = 19676 + 99;
	assert_int_equal(key_policy_used(&p, &c, MIDNIGHT + 99 * 86400), 0);
	assert_int_equal(key_policy_used(&p, &c, MIDNIGHT + 100 * 86400), 100);
	c.activated = MIDNIGHT;
	assert_int_equal(key_policy_used(&p, &c, MIDNIGHT + 50 * 86400), 50);
}

/* What the signer is told may be any bits: each field at its edge. */
static void
checked(void **state)
{
	static const struct {
		enum key_purpose purpose;
		struct key_policy p;
		bool good;
	} cases[] = {
		{ PURPOSE_VOUCHER, { .kinds = SIGNED_NONCED }, true },
		{ PURPOSE_VOUCHER, { .kinds = 0 }, false },
		{ PURPOSE_VOUCHER, { .kinds = SIGNED_IDEVID }, false },
		{ PURPOSE_VOUCHER, { .kinds = SIGNED_NONCED | SIGNED_IDEVID },
		    false },
		{ PURPOSE_IDEVID_CA, { .kinds = SIGNED_IDEVID }, true },
		{ PURPOSE_IDEVID_CA, { .kinds = SIGNED_MANIFEST }, false },
		{ PURPOSE_MANIFEST, { .kinds = SIGNED_MANIFEST }, true },
		{ PURPOSE_MANIFEST,
		    { .kinds = SIGNED_MANIFEST,
			.products_len = 1,
			.products = { "a" } },
		    false },
		{ PURPOSE_MANIFEST,
		    { .kinds = SIGNED_MANIFEST, .serials = "*" }, false },
		{ PURPOSE_VOUCHER, { .kinds = SIGNED_NONCED, .serials = "*" },
		    true },
		{ PURPOSE_VOUCHER, { .kinds = SIGNED_NONCED, .serials = "_" },
		    false },
		{ PURPOSE_VOUCHER,
		    { .kinds = SIGNED_NONCED,
			.products_len = KEY_PRODUCTS_MAX,
			.products = { "a", "b", "c", "d" } },
		    true },
		{ PURPOSE_VOUCHER,
		    { .kinds = SIGNED_NONCED,
			.products_len = KEY_PRODUCTS_MAX + 1,
			.products = { "a", "b", "c", "d" } },
		    false },
		{ PURPOSE_VOUCHER,
		    { .kinds = SIGNED_NONCED,
			.products_len = 3,
			.products = { "a", "b", "a" } },
		    false },
		{ PURPOSE_VOUCHER,
		    { .kinds = SIGNED_NONCED,
			.products_len = 2,
			.products = { "a", "../x" } },
		    false },
		{ PURPOSE_VOUCHER,
		    { .kinds = SIGNED_NONCED, .limit = INT64_MAX }, true },
		{ PURPOSE_VOUCHER,
		    { .kinds = SIGNED_NONCED,
			.limit = (uint64_t)INT64_MAX + 1 },
		    false },
		{ PURPOSE_VOUCHER,
		    { .kinds = SIGNED_NONCED, .first_day = KEY_DAY_MAX },
		    true },
		{ PURPOSE_VOUCHER,
		    { .kinds = SIGNED_NONCED, .first_day = KEY_DAY_MAX + 1 },
		    false },
		{ PURPOSE_VOUCHER,
		    { .kinds = SIGNED_NONCED, .last_day = KEY_DAY_MAX }, true },
		{ PURPOSE_VOUCHER,
		    { .kinds = SIGNED_NONCED, .last_day = KEY_DAY_MAX + 1 },
		    false },
		{ PURPOSE_VOUCHER,
		    { .kinds = SIGNED_NONCED, .first_day = 9, .last_day = 8 },
		    false },
		{ PURPOSE_VOUCHER,
		    { .kinds = SIGNED_NONCED, .first_day = 9, .last_day = 9 },
		    true },
		{ PURPOSE_VOUCHER, { .kinds = SIGNED_NONCED, .rate = 1 },
		    false },
		{ PURPOSE_VOUCHER, { .kinds = SIGNED_NONCED, .period = 1 },
		    false },
		{ PURPOSE_VOUCHER,
		    { .kinds = SIGNED_NONCED,
			.rate = 1,
			.period = KEY_PERIOD_MAX },
		    true },
		{ PURPOSE_VOUCHER,
		    { .kinds = SIGNED_NONCED,
			.rate = 1,
			.period = KEY_PERIOD_MAX + 1 },
		    false },
		{ PURPOSE_VOUCHER,
		    { .kinds = SIGNED_NONCED, .months = KEY_MONTHS_MAX },
		    true },
		{ PURPOSE_VOUCHER,
		    { .kinds = SIGNED_NONCED, .months = KEY_MONTHS_MAX + 1 },
		    false },
		{ PURPOSE_IDEVID_CA,
		    { .kinds = SIGNED_IDEVID, .awake_from = 1 }, false },
		{ PURPOSE_IDEVID_CA, { .kinds = SIGNED_IDEVID, .awake_to = 1 },
		    false },
		{ PURPOSE_IDEVID_CA,
		    { .kinds = SIGNED_IDEVID,
			.awake_days = AWAKE_FULL,
			.awake_to = MINUTES_A_DAY },
		    true },
		{ PURPOSE_IDEVID_CA,
		    { .kinds = SIGNED_IDEVID,
			.awake_days = AWAKE_FULL,
			.awake_to = MINUTES_A_DAY + 1 },
		    false },
		{ PURPOSE_IDEVID_CA,
		    { .kinds = SIGNED_IDEVID,
			.awake_days = AWAKE_BY_ACT | 1,
			.awake_to = 60 },
		    false },
	};
	struct why why;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (key_policy_check(&cases[i].p, cases[i].purpose, &why) !=
		    (cases[i].good ? REASON_OK : REASON_SIGNER_FACTS))
			fail_msg("case %zu", i);
}

/* What a key has that nobody gave a policy. */
static void
defaults(void **state)
{
	struct key_policy p;
	struct why why;

	(void)state;
	memset(&p, 0xff, sizeof(p));
	key_policy_defaults(&p, PURPOSE_VOUCHER);
	assert_int_equal(p.kinds, SIGNED_NONCED);
	assert_int_equal(p.limit, 0);
	assert_int_equal(p.months, 0);
	assert_int_equal(
	    key_policy_check(&p, PURPOSE_VOUCHER, &why), REASON_OK);
	key_policy_defaults(&p, PURPOSE_IDEVID_CA);
	assert_int_equal(p.kinds, SIGNED_IDEVID);
	assert_int_equal(p.limit, CA_COUNT);
	assert_int_equal(p.months, CA_MONTHS);
	key_policy_defaults(&p, PURPOSE_MANIFEST);
	assert_int_equal(p.kinds, SIGNED_MANIFEST);
	assert_int_equal(p.limit, 0);
}

static enum reason
covers(const struct key_policy *p, const char *product, const char *serial)
{
	const struct key_count none = { 0 };
	const struct key_use use = { SIGNED_NONCED, product, serial, 0 };
	struct why why;

	return key_policy_allows(p, &none, &use, MIDNIGHT, &why);
}

static void
covered(void **state)
{
	struct key_policy p = { .kinds = SIGNED_NONCED,
		.products_len = 2,
		.products = { "router-9", "camera" } };

	(void)state;
	assert_int_equal(covers(&p, "router-9", "1"), REASON_OK);
	assert_int_equal(covers(&p, "camera", "1"), REASON_OK);
	assert_int_equal(covers(&p, "router-8", "1"), REASON_SIGNER_POLICY);
	assert_int_equal(covers(&p, NULL, NULL), REASON_OK);
	strcpy(p.serials, "1*");
	assert_int_equal(covers(&p, "camera", "12"), REASON_OK);
	assert_int_equal(covers(&p, "camera", "21"), REASON_SIGNER_POLICY);
	assert_int_equal(covers(&p, "camera", NULL), REASON_OK);
}

/* The numbers that the records of a lost home may have used: none is given
 * away again, and no count turns over. */
static void
skipped(void **state)
{
	struct key_policy p = { .kinds = SIGNED_NONCED };
	struct key_count c = { .issued = 5 };

	(void)state;
	key_count_skip(&c, &p, 7, MIDNIGHT);
	assert_int_equal(c.issued, 12);
	assert_int_equal(c.in_period, 0);
	p.rate = 2;
	p.period = 60;
	key_count_skip(&c, &p, 0, MIDNIGHT);
	assert_int_equal(c.period, 0);
	key_count_skip(&c, &p, 3, MIDNIGHT + 1);
	assert_int_equal(c.in_period, 3);
	assert_int_equal(c.period, MIDNIGHT);
	key_count_skip(&c, &p, UINT32_MAX - 3, MIDNIGHT + 2);
	assert_int_equal(c.in_period, UINT32_MAX);
	key_count_skip(&c, &p, UINT32_MAX, MIDNIGHT + 2);
	assert_int_equal(c.in_period, UINT32_MAX);
	assert_int_equal(allows(&p, &c, MIDNIGHT), REASON_SIGNER_RATE);
	key_count_skip(&c, &p, INT64_MAX, MIDNIGHT);
	assert_true(c.issued == INT64_MAX);
	assert_int_equal(percent_of(5, 3), 100);
	assert_int_equal(percent_of(UINT64_MAX / 2, UINT64_MAX), 50);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(patterns),
		cmocka_unit_test(words),
		cmocka_unit_test(printed),
		cmocka_unit_test(edges),
		cmocka_unit_test(rates),
		cmocka_unit_test(months),
		cmocka_unit_test(last_days),
		cmocka_unit_test(windows),
		cmocka_unit_test(used),
		cmocka_unit_test(checked),
		cmocka_unit_test(defaults),
		cmocka_unit_test(covered),
		cmocka_unit_test(skipped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
