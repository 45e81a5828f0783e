/*
 * Time. One source per process, which a test home may set; text forms.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include "wire/span.h"

/* Seconds since 1970 as this service believes it. */
int64_t clock_now(void);
/* Monotonic milliseconds, for deadlines and rates only. */
int64_t clock_ticks(void);
/* Lets clock_now() start at this moment and run on from there (homes made by
 * init --test only; the caller has checked that). */
void clock_set_test(int64_t unix_seconds);
/* The offset set by the above, 0 if none. */
int64_t clock_test_offset(void);

/* 0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z: what texts can say. */
#define CLOCK_FIRST INT64_C(-62135596800)
#define CLOCK_LAST  INT64_C(253402300799)

#define CLOCK_TEXT_SIZE 21
/* YYYY-MM-DDTHH:MM:SSZ (MP 16 row 23), terminated. */
void clock_print(char out[CLOCK_TEXT_SIZE], int64_t unix_seconds);
/* yang:date-and-time (MP 7.2): T and Z capital, any fraction (dropped), any
 * offset, leap second taken as :59. false if malformed, or if an offset leads out of
 * the years 1 to 9999. */
bool clock_parse(struct span text, int64_t *unix_seconds);

#endif
