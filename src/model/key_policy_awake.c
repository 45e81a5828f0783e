/* When an issuing key is awake, see key_policy.h. */
#include <stdio.h>

#include "model/key_policy.h"

static const char days[] = "montuewedthufrisatsun";
#define DAYS 7

/* 1970-01-01 was a Thursday. */
static unsigned
weekday(int64_t day)
{
	return (unsigned)(((day + 3) % DAYS + DAYS) % DAYS);
}

static bool
day_has(const struct key_policy *p, int64_t day)
{
	return (p->awake_days >> weekday(day) & 1) != 0;
}

bool
key_policy_awake(
    const struct key_policy *p, const struct key_count *count, int64_t time)
{
	int64_t day = time / SECONDS_A_DAY, minute;

	if (p->awake_days == 0 || time < count->awake_until)
		return true;
	if (p->awake_days == AWAKE_BY_ACT)
		return false;
	minute = time % SECONDS_A_DAY / 60;
	if (p->awake_from < p->awake_to)
		return day_has(p, day) && minute >= p->awake_from &&
		    minute < p->awake_to;
	return (day_has(p, day) && minute >= p->awake_from) ||
	    (day_has(p, day - 1) && minute < p->awake_to);
}

bool
key_awake_valid(const struct key_policy *p)
{
	if (p->awake_days == 0 || p->awake_days == AWAKE_BY_ACT)
		return p->awake_from == 0 && p->awake_to == 0;
	return p->awake_days <= AWAKE_FULL && p->awake_from < MINUTES_A_DAY &&
	    p->awake_to <= MINUTES_A_DAY && p->awake_from != p->awake_to;
}

/* --- as text --- */

static bool
take_day(struct span *s, unsigned *day)
{
	for (*day = 0; *day < DAYS && s->len >= 3; ++*day) {
		if (memcmp(s->ptr, days + 3 * *day, 3) != 0)
			continue;
		*s = span_of(s->ptr + 3, s->len - 3);
		return true;
	}
	return false;
}

static bool
take(struct span *s, char c)
{
	if (s->len == 0 || s->ptr[0] != (uint8_t)c)
		return false;
	*s = span_of(s->ptr + 1, s->len - 1);
	return true;
}

/* "mon-fri,sun "; each day once. */
static bool
take_days(struct span *s, unsigned *set)
{
	unsigned first, last;

	*set = 0;
	do {
		if (!take_day(s, &first))
			return false;
		last = first;
		if (take(s, '-') && (!take_day(s, &last) || last <= first))
			return false;
		for (; first <= last; first++) {
			if ((*set >> first & 1) != 0)
				return false;
			*set |= 1u << first;
		}
	} while (take(s, ','));
	return take(s, ' ');
}

static bool
take_two(struct span *s, uint32_t *out)
{
	if (s->len < 2 || s->ptr[0] < '0' || s->ptr[0] > '9' ||
	    s->ptr[1] < '0' || s->ptr[1] > '9')
		return false;
	*out = (uint32_t)(s->ptr[0] - '0') * 10 + (uint32_t)(s->ptr[1] - '0');
	*s = span_of(s->ptr + 2, s->len - 2);
	return true;
}

/* "06:00"; 24:00 is the end of a day. */
static bool
take_minute(struct span *s, uint32_t *out)
{
	uint32_t hour, minute;

	if (!take_two(s, &hour) || !take(s, ':') || !take_two(s, &minute) ||
	    minute > 59)
		return false;
	*out = hour * 60 + minute;
	return *out <= MINUTES_A_DAY;
}

bool
key_awake_set(struct key_policy *p, struct span value)
{
	p->awake_days = 0;
	p->awake_from = p->awake_to = 0;
	if (span_is(value, "always"))
		return true;
	if (span_is(value, "act")) {
		p->awake_days = AWAKE_BY_ACT;
		return true;
	}
	return take_days(&value, &p->awake_days) &&
	    take_minute(&value, &p->awake_from) && take(&value, '-') &&
	    take_minute(&value, &p->awake_to) && value.len == 0 &&
	    key_awake_valid(p);
}

void
key_awake_print(char out[KEY_WORDS_SIZE], const struct key_policy *p)
{
	unsigned i, last;
	size_t len = 0;

	if (p->awake_days == 0 || p->awake_days == AWAKE_BY_ACT) {
		snprintf(out, KEY_WORDS_SIZE, "%s",
		    p->awake_days == 0 ? "always" : "act");
		return;
	}
	for (i = 0; i < DAYS; i = last + 1) {
		last = i;
		if ((p->awake_days >> i & 1) == 0)
			continue;
		while (last + 1 < DAYS && (p->awake_days >> (last + 1) & 1))
			last++;
		len += (size_t)snprintf(out + len, KEY_WORDS_SIZE - len,
		    "%s%.3s", len > 0 ? "," : "", days + 3 * i);
		if (last > i)
			len += (size_t)snprintf(out + len, KEY_WORDS_SIZE - len,
			    "-%.3s", days + 3 * last);
	}
	snprintf(out + len, KEY_WORDS_SIZE - len, " %02u:%02u-%02u:%02u",
	    p->awake_from / 60, p->awake_from % 60, p->awake_to / 60,
	    p->awake_to % 60);
}
