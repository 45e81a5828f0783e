/* A key's policy in the words of the command line, see key_policy.h. */
#include <stdio.h>

#include "base/clock.h"
#include "base/text.h"
#include "model/key_policy.h"

void
day_print(char out[DAY_TEXT_SIZE], uint32_t day)
{
	char text[CLOCK_TEXT_SIZE];

	clock_print(text, (int64_t)day * SECONDS_A_DAY);
	memcpy(out, text, DAY_TEXT_SIZE - 1);
	out[DAY_TEXT_SIZE - 1] = '\0';
}

/* false unless it is a day from 1970-01-02 on, in that form. */
static bool
day_parse(struct span text, uint32_t *day)
{
	char moment[CLOCK_TEXT_SIZE];
	int64_t seconds;

	if (text.len != DAY_TEXT_SIZE - 1)
		return false;
	memcpy(moment, text.ptr, text.len);
	memcpy(moment + text.len, "T00:00:00Z", sizeof("T00:00:00Z"));
	if (!date_parse(span_str(moment), &seconds) || seconds < SECONDS_A_DAY)
		return false;
	*day = (uint32_t)(seconds / SECONDS_A_DAY);
	return true;
}

static const struct {
	const char *word;
	uint32_t seconds;
} periods[] = { { "minute", 60 }, { "hour", 3600 }, { "day", SECONDS_A_DAY } };

static const struct {
	const char *word;
	enum signed_kind kind;
} kinds[] = { { "nonced", SIGNED_NONCED }, { "nonceless", SIGNED_NONCELESS },
	{ "idevid", SIGNED_IDEVID }, { "manifest", SIGNED_MANIFEST } };

#define LEN(a) (sizeof(a) / sizeof((a)[0]))

void
key_rate_print(char out[KEY_WORDS_SIZE], const struct key_policy *p)
{
	size_t i;

	if (p->rate == 0) {
		snprintf(out, KEY_WORDS_SIZE, "none");
		return;
	}
	snprintf(out, KEY_WORDS_SIZE, "%u/%u", p->rate, p->period);
	for (i = 0; i < LEN(periods); i++)
		if (periods[i].seconds == p->period)
			snprintf(out, KEY_WORDS_SIZE, "%u/%s", p->rate,
			    periods[i].word);
}

void
key_kinds_print(char out[KEY_WORDS_SIZE], unsigned set)
{
	size_t i, len = 0;

	out[0] = '\0';
	for (i = 0; i < LEN(kinds); i++)
		if ((set & kinds[i].kind) != 0)
			len += (size_t)snprintf(out + len, KEY_WORDS_SIZE - len,
			    "%s%s", len > 0 ? "," : "", kinds[i].word);
}

/* The next word of a list with commas; false at its end. */
static bool
next_word(struct span *list, struct span *word)
{
	const uint8_t *comma;

	if (list->ptr == NULL)
		return false;
	comma = memchr(list->ptr, ',', list->len);
	*word = span_of(
	    list->ptr, comma == NULL ? list->len : (size_t)(comma - list->ptr));
	*list = comma == NULL ? span_of(NULL, 0)
			      : span_of(comma + 1, list->len - word->len - 1);
	return true;
}

static bool
set_kinds(unsigned *out, struct span list)
{
	struct span word;
	unsigned set = 0, kind;
	size_t i;

	while (next_word(&list, &word)) {
		for (kind = 0, i = 0; i < LEN(kinds); i++)
			if (span_is(word, kinds[i].word))
				kind = kinds[i].kind;
		if (kind == 0 || (set & kind) != 0)
			return false;
		set |= kind;
	}
	*out = set;
	return set != 0;
}

static bool
set_products(struct key_policy *p, struct span list)
{
	struct span word;

	memset(p->products, 0, sizeof(p->products));
	p->products_len = 0;
	if (span_is(list, "any"))
		return true;
	while (next_word(&list, &word)) {
		if (p->products_len == KEY_PRODUCTS_MAX || word.len == 0 ||
		    !text_copy(p->products[p->products_len],
			sizeof(p->products[0]), word))
			return false;
		p->products_len++;
	}
	return true;
}

static bool
set_serials(char *out, struct span pattern)
{
	if (span_is(pattern, "any")) {
		memset(out, 0, SERIAL_PATTERN_MAX + 1);
		return true;
	}
	return text_copy(out, SERIAL_PATTERN_MAX + 1, pattern) &&
	    serial_pattern_valid(out);
}

static bool
set_limit(uint64_t *out, struct span value)
{
	if (!span_is(value, "none"))
		return text_uint(value, INT64_MAX, out) && *out > 0;
	*out = 0;
	return true;
}

static bool
set_day(uint32_t *out, struct span value)
{
	if (!span_is(value, "none"))
		return day_parse(value, out);
	*out = 0;
	return true;
}

static bool
set_months(uint32_t *out, struct span value)
{
	uint64_t n = 0;

	if (!span_is(value, "none") &&
	    (!text_uint(value, KEY_MONTHS_MAX, &n) || n == 0))
		return false;
	*out = (uint32_t)n;
	return true;
}

static bool
set_rate(struct key_policy *p, struct span value)
{
	const uint8_t *slash = memchr(value.ptr, '/', value.len);
	uint64_t rate, period;
	struct span behind;
	size_t i;

	p->rate = p->period = 0;
	if (slash == NULL)
		return span_is(value, "none");
	behind =
	    span_of(slash + 1, value.len - (size_t)(slash + 1 - value.ptr));
	if (!text_uint(span_of(value.ptr, (size_t)(slash - value.ptr)),
		UINT32_MAX, &rate) ||
	    rate == 0)
		return false;
	if (!text_uint(behind, KEY_PERIOD_MAX, &period))
		for (period = 0, i = 0; i < LEN(periods); i++)
			if (span_is(behind, periods[i].word))
				period = periods[i].seconds;
	p->rate = (uint32_t)rate;
	p->period = (uint32_t)period;
	return period > 0;
}

const char *const key_policy_names[] = { "kinds", "product", "serials", "limit",
	"first-day", "last-day", "rate", "months", "awake", NULL };

/* What a refused value should have been, in the same order. */
static const char *const rules[] = { "nonced, nonceless or both, with a comma",
	"any, or at most 4 names of products, with commas",
	"any, or a pattern of at most 48 characters",
	"none, or a number from 1", "none, or a day such as 2027-03-31",
	"none, or a day such as 2027-03-31",
	"none, or such as 100/minute, 100/hour, 100/day or 100/600 (seconds)",
	"none, or 1 to 1200",
	"always, act, or windows such as \"mon-fri 08:00-17:00\"" };

static enum reason
refuse_value(const char *name, struct span value, struct why *why)
{
	size_t i = 0;

	while (i + 1 < LEN(rules) && strcmp(key_policy_names[i], name) != 0)
		i++;
	return why_set(why, REASON_ADMIN_ARGUMENT, -1, "%s: %s, not %.*s", name,
	    rules[i], (int)(value.len > 60 ? 60 : value.len),
	    (const char *)value.ptr);
}

enum reason
key_policy_set(
    struct key_policy *p, const char *name, struct span value, struct why *why)
{
	struct key_policy next = *p;
	bool good = false;

	if (value.len == 0)
		;
	else if (strcmp(name, "kinds") == 0)
		good = set_kinds(&next.kinds, value);
	else if (strcmp(name, "product") == 0)
		good = set_products(&next, value);
	else if (strcmp(name, "serials") == 0)
		good = set_serials(next.serials, value);
	else if (strcmp(name, "limit") == 0)
		good = set_limit(&next.limit, value);
	else if (strcmp(name, "first-day") == 0)
		good = set_day(&next.first_day, value);
	else if (strcmp(name, "last-day") == 0)
		good = set_day(&next.last_day, value);
	else if (strcmp(name, "rate") == 0)
		good = set_rate(&next, value);
	else if (strcmp(name, "months") == 0)
		good = set_months(&next.months, value);
	else if (strcmp(name, "awake") == 0)
		good = key_awake_set(&next, value);
	if (!good)
		return refuse_value(name, value, why);
	*p = next;
	return REASON_OK;
}
