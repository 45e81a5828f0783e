/* What one key may sign, see key_policy.h. */
#include "model/key_policy.h"

#include <stdio.h>
#include <time.h>

#include "base/text.h"
#include "model/product.h"
#include "model/serial.h"

#define VOUCHER_KINDS (SIGNED_NONCED | SIGNED_NONCELESS)

static unsigned
kinds_of(enum key_purpose purpose)
{
	return purpose == PURPOSE_VOUCHER  ? VOUCHER_KINDS
	    : purpose == PURPOSE_IDEVID_CA ? SIGNED_IDEVID
					   : SIGNED_MANIFEST;
}

void
key_policy_defaults(struct key_policy *p, enum key_purpose purpose)
{
	memset(p, 0, sizeof(*p));
	p->kinds =
	    purpose == PURPOSE_VOUCHER ? SIGNED_NONCED : kinds_of(purpose);
	if (purpose != PURPOSE_IDEVID_CA)
		return;
	p->limit = CA_COUNT;
	p->months = CA_MONTHS;
}

/* --- serial patterns --- */

bool
serial_pattern_valid(const char *pattern)
{
	char plain[SERIAL_PATTERN_MAX + 1];
	size_t i, len = strlen(pattern);

	if (len == 0 || len > SERIAL_PATTERN_MAX)
		return false;
	for (i = 0; i <= len; i++)
		plain[i] = pattern[i] == '*' ? 'x' : pattern[i];
	return serial_check(span_of(plain, len), NULL) == REASON_OK;
}

/* Only the last '*' that was met is ever tried again: where the rest fits
 * behind an earlier one, it fits behind the last one too. */
bool
serial_pattern_match(const char *pattern, const char *serial)
{
	const char *star = NULL, *from = NULL;

	while (*serial != '\0') {
		if (*pattern == '*') {
			star = ++pattern;
			from = serial;
		} else if (*pattern == '?' || *pattern == *serial) {
			pattern++;
			serial++;
		} else if (star != NULL) {
			pattern = star;
			serial = ++from;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return *pattern == '\0';
}

/* --- is it a policy? --- */

static const char *
bad_product(const struct key_policy *p)
{
	unsigned i, j;

	if (p->products_len > KEY_PRODUCTS_MAX)
		return "products";
	for (i = 0; i < p->products_len; i++) {
		if (!product_name_valid(p->products[i]))
			return "products";
		for (j = 0; j < i; j++)
			if (strcmp(p->products[i], p->products[j]) == 0)
				return "products";
	}
	return NULL;
}

enum reason
key_policy_check(
    const struct key_policy *p, enum key_purpose purpose, struct why *why)
{
	const char *field = bad_product(p);

	if (field != NULL)
		;
	else if (p->kinds == 0 || (p->kinds & ~kinds_of(purpose)) != 0)
		field = "kinds";
	else if (purpose == PURPOSE_MANIFEST && p->products_len > 0)
		field = "products: a manifest is of all";
	else if (purpose == PURPOSE_MANIFEST && p->serials[0] != '\0')
		field = "serials: a manifest is of all";
	else if (p->serials[0] != '\0' && !serial_pattern_valid(p->serials))
		field = "serials";
	else if (p->limit > INT64_MAX)
		field = "limit";
	else if (p->first_day > KEY_DAY_MAX)
		field = "first-day";
	else if (p->last_day > KEY_DAY_MAX ||
	    (p->last_day != 0 && p->last_day < p->first_day))
		field = "last-day";
	else if ((p->rate == 0) != (p->period == 0) ||
	    p->period > KEY_PERIOD_MAX)
		field = "rate";
	else if (p->months > KEY_MONTHS_MAX)
		field = "months";
	else if (!key_awake_valid(p) ||
	    (p->awake_days != 0 && purpose != PURPOSE_IDEVID_CA))
		field = "awake"; /* the MASA never sleeps */
	return field == NULL
	    ? REASON_OK
	    : why_set(why, REASON_SIGNER_FACTS, -1, "key policy: %s", field);
}

/* --- may it? --- */

bool
key_policy_product(const struct key_policy *p, const char *product)
{
	unsigned i;

	for (i = 0; i < p->products_len; i++)
		if (strcmp(p->products[i], product) == 0)
			return true;
	return p->products_len == 0;
}

static enum reason
covers(const struct key_policy *p, const struct key_use *use, struct why *why)
{
	if ((p->kinds & use->kind) == 0)
		return why_set(why, REASON_SIGNER_POLICY, -1,
		    use->kind == SIGNED_NONCED ? "no nonced vouchers"
			: use->kind == SIGNED_NONCELESS
			? "no nonceless vouchers"
			: use->kind == SIGNED_IDEVID ? "no IDevIDs"
						     : "no manifests");
	if (use->product == NULL)
		return REASON_OK;
	if (!key_policy_product(p, use->product))
		return why_set(why, REASON_SIGNER_POLICY, -1,
		    "not for product %.64s", use->product);
	if (p->serials[0] != '\0' && use->serial != NULL &&
	    !serial_pattern_match(p->serials, use->serial))
		return why_set(why, REASON_SIGNER_POLICY, -1,
		    "serial %.64s does not match %s", use->serial, p->serials);
	return REASON_OK;
}

/* So many months later: the same day and time, or the last day of a month that
 * is too short for it. */
static int64_t
months_later(int64_t time, uint32_t months)
{
	struct tm day;
	time_t begin = time;
	int want;

	if (gmtime_r(&begin, &day) == NULL)
		return INT64_MAX;
	want = day.tm_mday;
	day.tm_mon += (int)months;
	begin = timegm(&day); /* fills day as it really is */
	if (day.tm_mday != want) {
		day.tm_mday = 0;
		begin = timegm(&day);
	}
	return begin;
}

int64_t
key_policy_end(const struct key_policy *p, const struct key_count *count)
{
	int64_t end = INT64_MAX, other;

	if (p->last_day != 0)
		end = ((int64_t)p->last_day + 1) * SECONDS_A_DAY;
	if (p->months != 0 && count->activated != 0) {
		other = months_later(count->activated, p->months);
		end = other < end ? other : end;
	}
	/* The last date that can be written is no end (RFC 5280 4.1.2.5). */
	return end / SECONDS_A_DAY > KEY_DAY_MAX ? INT64_MAX : end;
}

unsigned
percent_of(uint64_t part, uint64_t whole)
{
	if (part >= whole)
		return 100;
	return whole > UINT64_MAX / 100 ? (unsigned)(part / (whole / 100))
					: (unsigned)(part * 100 / whole);
}

unsigned
key_policy_used(
    const struct key_policy *p, const struct key_count *count, int64_t time)
{
	int64_t end = key_policy_end(p, count);
	int64_t begin = (int64_t)p->first_day * SECONDS_A_DAY;
	unsigned used = 0, other;

	if (p->limit != 0)
		used = percent_of(count->issued, p->limit);
	if (begin < count->activated)
		begin = count->activated;
	if (end == INT64_MAX || time <= begin)
		return used;
	/* The life of one without a first day begins with its first signature. */
	if (begin == 0 && time < end)
		return used;
	other = end <= begin
	    ? 100
	    : percent_of((uint64_t)(time - begin), (uint64_t)(end - begin));
	return other > used ? other : used;
}

static enum reason
in_days(const struct key_policy *p, const struct key_count *count, int64_t time,
    struct why *why)
{
	char text[DAY_TEXT_SIZE];

	if (time < (int64_t)p->first_day * SECONDS_A_DAY) {
		day_print(text, p->first_day);
		return why_set(
		    why, REASON_SIGNER_DATE, -1, "its first day is %s", text);
	}
	if (p->last_day != 0 &&
	    time >= ((int64_t)p->last_day + 1) * SECONDS_A_DAY) {
		day_print(text, p->last_day);
		return why_set(
		    why, REASON_SIGNER_DATE, -1, "its last day was %s", text);
	}
	if (time >= key_policy_end(p, count))
		return why_set(why, REASON_SIGNER_DATE, -1,
		    "its %u months are over", p->months);
	return REASON_OK;
}

/* Periods are counted from 1970, so that everybody agrees where one begins. */
static int64_t
period_of(const struct key_policy *p, int64_t time)
{
	return time - time % p->period;
}

static uint32_t
in_period(
    const struct key_count *count, const struct key_policy *p, int64_t time)
{
	return count->period == period_of(p, time) ? count->in_period : 0;
}

static enum reason
awake(const struct key_policy *p, const struct key_count *count, int64_t time,
    struct why *why)
{
	char words[KEY_WORDS_SIZE];

	if (key_policy_awake(p, count, time))
		return REASON_OK;
	key_awake_print(words, p);
	return why_set(why, REASON_SIGNER_ASLEEP, -1,
	    p->awake_days == AWAKE_BY_ACT
		? "no supervisor has woken it"
		: "it is awake %s UTC, or when a supervisor wakes it",
	    words);
}

enum reason
key_policy_allows(const struct key_policy *p, const struct key_count *count,
    const struct key_use *use, int64_t time, struct why *why)
{
	enum reason r;

	if ((r = covers(p, use, why)) != REASON_OK ||
	    (r = awake(p, count, time, why)) != REASON_OK ||
	    (r = in_days(p, count, time, why)) != REASON_OK)
		return r;
	if (p->limit != 0 && count->issued >= p->limit)
		return why_set(why, REASON_SIGNER_COUNT, -1,
		    "it has signed %llu of %llu",
		    (unsigned long long)count->issued,
		    (unsigned long long)p->limit);
	if (p->rate != 0 && in_period(count, p, time) >= p->rate)
		return why_set(why, REASON_SIGNER_RATE, -1,
		    "it has signed %u in these %u seconds", p->rate, p->period);
	return REASON_OK;
}

void
key_count_add(struct key_count *count, const struct key_policy *p, int64_t time)
{
	count->issued++;
	if (p->rate == 0)
		return;
	count->in_period = in_period(count, p, time) + 1;
	count->period = period_of(p, time);
}

void
key_count_skip(struct key_count *count, const struct key_policy *p, uint64_t n,
    int64_t time)
{
	uint32_t before;

	count->issued =
	    n > INT64_MAX - count->issued ? INT64_MAX : count->issued + n;
	if (p->rate == 0 || n == 0)
		return;
	before = in_period(count, p, time);
	count->in_period =
	    n > UINT32_MAX - before ? UINT32_MAX : before + (uint32_t)n;
	count->period = period_of(p, time);
}
