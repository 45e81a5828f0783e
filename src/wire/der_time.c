/*
 * Times of DER: UTCTime and GeneralizedTime as RFC 5280 4.1.2.5 writes them,
 * against seconds since 1970, both ways. The calendar is the Gregorian one for
 * all years; its arithmetic counts years from March, so that the leap day is
 * the last day of a year, in eras of 400 years, which are all alike.
 */
#include "wire/der.h"

#define DAYS_OF_ERA  146097
#define DAYS_TO_1970 719468 /* from 0000-03-01 */

struct date {
	int64_t year;
	int64_t month;
	int64_t day;
};

/* Days since 1970-01-01. Years 0 to 9999. */
static int64_t
days_of_date(const struct date *d)
{
	int64_t year = d->month > 2 ? d->year : d->year - 1;
	int64_t era = (year >= 0 ? year : year - 399) / 400;
	int64_t of_era = year - era * 400;
	int64_t month = d->month > 2 ? d->month - 3 : d->month + 9;

	return era * DAYS_OF_ERA + of_era * 365 + of_era / 4 - of_era / 100 +
	    (153 * month + 2) / 5 + d->day - 1 - DAYS_TO_1970;
}

static struct date
date_of_days(int64_t days)
{
	int64_t era, of_era, year, of_year, month;
	struct date d;

	days += DAYS_TO_1970;
	era = (days >= 0 ? days : days - (DAYS_OF_ERA - 1)) / DAYS_OF_ERA;
	of_era = days - era * DAYS_OF_ERA;
	year =
	    (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	of_year = of_era - (365 * year + year / 4 - year / 100);
	month = (5 * of_year + 2) / 153;
	d.day = of_year - (153 * month + 2) / 5 + 1;
	d.month = month < 10 ? month + 3 : month - 9;
	d.year = year + era * 400 + (d.month <= 2);
	return d;
}

static int64_t
days_in_month(int64_t year, int64_t month)
{
	static const int8_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31,
		30, 31 };

	if (month == 2 &&
	    ((year % 4 == 0 && year % 100 != 0) || year % 400 == 0))
		return 29;
	return days[month - 1];
}

/* n digits at *p as a number, which must lie between low and high. */
static bool
take_number(
    const uint8_t **p, unsigned n, int64_t low, int64_t high, int64_t *value)
{
	*value = 0;
	for (; n > 0; n--, (*p)++) {
		if (**p < '0' || **p > '9')
			return false;
		*value = *value * 10 + (**p - '0');
	}
	return *value >= low && *value <= high;
}

/* YYMMDDhhmmssZ or YYYYMMDDhhmmssZ and a day that exists, nothing else. */
static bool
time_value(struct span s, unsigned year_digits, int64_t *value)
{
	int64_t hour, minute, second;
	const uint8_t *p = s.ptr;
	struct date d;

	if (s.len != year_digits + 11 || s.ptr[s.len - 1] != 'Z' ||
	    !take_number(&p, year_digits, 0, 9999, &d.year))
		return false;
	if (year_digits == 2)
		d.year += d.year < 50 ? 2000 : 1900;
	if (!take_number(&p, 2, 1, 12, &d.month) ||
	    !take_number(&p, 2, 1, days_in_month(d.year, d.month), &d.day) ||
	    !take_number(&p, 2, 0, 23, &hour) ||
	    !take_number(&p, 2, 0, 59, &minute) ||
	    !take_number(&p, 2, 0, 59, &second))
		return false;
	*value = days_of_date(&d) * 86400 + hour * 3600 + minute * 60 + second;
	return true;
}

enum wire_error
der_time(struct der *d, int64_t *unix_seconds, uint8_t *tag)
{
	struct der before = *d;
	bool utc = der_peek(d) == DER_UTC_TIME;
	uint8_t expected = utc ? DER_UTC_TIME : DER_GENERALIZED_TIME;
	struct span s;
	enum wire_error error = der_take(d, expected, &s);

	if (error != WIRE_OK)
		return error;
	if (!time_value(s, utc ? 2 : 4, unix_seconds)) {
		*d = before;
		return WIRE_VALUE;
	}
	if (tag != NULL)
		*tag = expected;
	return WIRE_OK;
}

/* The last n digits of a number that is not negative; where they end. */
static uint8_t *
put_digits(uint8_t *p, int64_t value, unsigned n)
{
	unsigned i;

	for (i = n; i > 0; i--) {
		p[i - 1] = (uint8_t)('0' + value % 10);
		value /= 10;
	}
	return p + n;
}

void
der_put_time(struct der_out *o, int64_t unix_seconds)
{
	int64_t days = unix_seconds / 86400, rest = unix_seconds % 86400;
	uint8_t text[15], *p = text;
	struct date d;
	bool utc;

	if (rest < 0) {
		rest += 86400;
		days--;
	}
	d = date_of_days(days);
	if (d.year < 0 || d.year > 9999) {
		o->full = true;
		return;
	}
	utc = d.year >= 1950 && d.year < 2050;
	p = put_digits(p, d.year, utc ? 2 : 4);
	p = put_digits(p, d.month, 2);
	p = put_digits(p, d.day, 2);
	p = put_digits(p, rest / 3600, 2);
	p = put_digits(p, rest / 60 % 60, 2);
	p = put_digits(p, rest % 60, 2);
	*p++ = 'Z';
	der_put(o, utc ? DER_UTC_TIME : DER_GENERALIZED_TIME,
	    span_of(text, (size_t)(p - text)));
}
