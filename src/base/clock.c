/* Time and its text forms, see clock.h. */
#include "base/clock.h"

#include <stdio.h>
#include <time.h>

static int64_t test_offset;

static int64_t
real_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return t.tv_sec;
}

int64_t
clock_now(void)
{
	return real_now() + test_offset;
}

int64_t
clock_ticks(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void
clock_set_test(int64_t unix_seconds)
{
	test_offset = unix_seconds - real_now();
}

int64_t
clock_test_offset(void)
{
	return test_offset;
}

void
clock_print(char out[CLOCK_TEXT_SIZE], int64_t unix_seconds)
{
	time_t t = (time_t)unix_seconds;
	struct tm tm;
	size_t n;

	if (gmtime_r(&t, &tm) == NULL || tm.tm_year > 8099 ||
	    tm.tm_year < -1899) {
		snprintf(out, CLOCK_TEXT_SIZE, "0000-00-00T00:00:00Z");
		return;
	}
	/* strftime() writes early years with fewer than four digits. */
	n = (size_t)snprintf(out, CLOCK_TEXT_SIZE, "%04d", tm.tm_year + 1900);
	strftime(out + n, CLOCK_TEXT_SIZE - n, "-%m-%dT%H:%M:%SZ", &tm);
}

static bool
number(const char *p, unsigned n, int *value)
{
	*value = 0;
	while (n-- > 0) {
		if (*p < '0' || *p > '9')
			return false;
		*value = *value * 10 + (*p++ - '0');
	}
	return true;
}

/* "Z", "+hh:mm" or "-hh:mm" and nothing behind it; seconds east of UTC. */
static bool
zone(const char *p, size_t len, int *seconds)
{
	int hours, minutes;

	*seconds = 0;
	if (len == 1 && *p == 'Z')
		return true;
	if (len != 6 || (*p != '+' && *p != '-') || p[3] != ':' ||
	    !number(p + 1, 2, &hours) || !number(p + 4, 2, &minutes) ||
	    hours > 23 || minutes > 59)
		return false;
	*seconds = (hours * 60 + minutes) * 60;
	if (*p == '-')
		*seconds = -*seconds;
	return true;
}

bool
clock_parse(struct span text, int64_t *unix_seconds)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30,
		31 };
	const char *p = (const char *)text.ptr;
	struct tm tm = { 0 };
	size_t at = 19;
	int offset, leap;

	if (text.len < 20 || text.len > 64 || p[4] != '-' || p[7] != '-' ||
	    p[10] != 'T' || p[13] != ':' || p[16] != ':' ||
	    !number(p, 4, &tm.tm_year) || !number(p + 5, 2, &tm.tm_mon) ||
	    !number(p + 8, 2, &tm.tm_mday) || !number(p + 11, 2, &tm.tm_hour) ||
	    !number(p + 14, 2, &tm.tm_min) || !number(p + 17, 2, &tm.tm_sec))
		return false;
	leap = (tm.tm_year % 4 == 0 && tm.tm_year % 100 != 0) ||
	    tm.tm_year % 400 == 0;
	if (tm.tm_year < 1 || tm.tm_mon < 1 || tm.tm_mon > 12 ||
	    tm.tm_mday < 1 ||
	    tm.tm_mday > days[tm.tm_mon - 1] + (tm.tm_mon == 2 && leap) ||
	    tm.tm_hour > 23 || tm.tm_min > 59 || tm.tm_sec > 60)
		return false;
	if (tm.tm_sec == 60)
		tm.tm_sec = 59; /* a leap second; MP 7.2 */
	if (p[at] == '.') {
		size_t begin = ++at;

		while (at < text.len && p[at] >= '0' && p[at] <= '9')
			at++;
		if (at == begin)
			return false;
	}
	if (!zone(p + at, text.len - at, &offset))
		return false;
	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	*unix_seconds = (int64_t)timegm(&tm) - offset;
	return *unix_seconds >= CLOCK_FIRST && *unix_seconds <= CLOCK_LAST;
}
