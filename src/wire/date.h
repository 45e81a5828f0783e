/*
 * Dates: the Gregorian calendar for all years, and yang:date-and-time (RFC 6991,
 * which is a profile of RFC 3339).
 */
#ifndef WIRE_DATE_H
#define WIRE_DATE_H

#include "wire/span.h"

/* 0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z: what texts can say. */
#define DATE_FIRST INT64_C(-62135596800)
#define DATE_LAST  INT64_C(253402300799)

struct date {
	int64_t year;
	int64_t month; /* 1 to 12 */
	int64_t day;   /* 1 to 31 */
};

/* Days since 1970-01-01. Years 0 to 9999. */
int64_t date_days(const struct date *d);
struct date date_of_days(int64_t days);
int64_t date_days_in_month(int64_t year, int64_t month);
/* n digits at *p as a number, which must lie between low and high. *p moves over
 * the digits that were looked at. */
bool date_number(
    const uint8_t **p, unsigned n, int64_t low, int64_t high, int64_t *value);

/* Octets of a text. */
#define DATE_MIN 20
#define DATE_MAX 64
/* yang:date-and-time (MP 7.2): T and Z capital, any fraction (dropped), any
 * offset, leap second taken as :59. false if malformed, or if an offset leads out of
 * the years 1 to 9999. */
bool date_parse(struct span text, int64_t *unix_seconds);

#endif
