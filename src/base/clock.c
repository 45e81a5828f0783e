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
