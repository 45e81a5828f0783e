/*
 * Time. One source per process, which a test home may set; text forms.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include "wire/date.h"

/* Seconds since 1970 as this service believes it. */
int64_t clock_now(void);
/* Monotonic milliseconds, for deadlines and rates only. */
int64_t clock_ticks(void);
/* Lets clock_now() start at this moment and run on from there (homes made by
 * init --test only; the caller has checked that). */
void clock_set_test(int64_t unix_seconds);

#define CLOCK_TEXT_SIZE 21
/* YYYY-MM-DDTHH:MM:SSZ (MP 16 row 23), terminated. */
void clock_print(char out[CLOCK_TEXT_SIZE], int64_t unix_seconds);
#endif
