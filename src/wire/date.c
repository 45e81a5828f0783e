/*
 * Dates, see date.h. The arithmetic counts years from March, so that the leap day is
 * the last day of a year, in eras of 400 years, which are all alike.
 */
#include "wire/date.h"

#define DAYS_OF_ERA  146097
#define DAYS_TO_1970 719468 /* from 0000-03-01 */

int64_t
date_days(const struct date *d)
{
	int64_t year = d->month > 2 ? d->year : d->year - 1;
	int64_t era = (year >= 0 ? year : year - 399) / 400;
	int64_t of_era = year - era * 400;
	int64_t month = d->month > 2 ? d->month - 3 : d->month + 9;

	return era * DAYS_OF_ERA + of_era * 365 + of_era / 4 - of_era / 100 +
	    (153 * month + 2) / 5 + d->day - 1 - DAYS_TO_1970;
}

struct date
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

int64_t
date_days_in_month(int64_t year, int64_t month)
{
	static const int8_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31,
		30, 31 };

	if (month == 2 &&
	    ((year % 4 == 0 && year % 100 != 0) || year % 400 == 0))
		return 29;
	return days[month - 1];
}

bool
date_number(
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

/* "Z", "+hh:mm" or "-hh:mm" and nothing behind it; seconds east of UTC. */
static bool
zone(const uint8_t *p, size_t len, int64_t *seconds)
{
	bool west = *p == '-';
	int64_t hours, minutes;

	*seconds = 0;
	if (len == 1 && *p == 'Z')
		return true;
	if (len != 6 || (*p != '+' && *p != '-') || p[3] != ':')
		return false;
	p++;
	if (!date_number(&p, 2, 0, 23, &hours) || *p++ != ':' ||
	    !date_number(&p, 2, 0, 59, &minutes))
		return false;
	*seconds = (hours * 60 + minutes) * (west ? -60 : 60);
	return true;
}

/* "YYYY-MM-DDThh:mm:ss", moved behind it. */
static bool
moment(const uint8_t **p, int64_t *seconds)
{
	int64_t hour, minute, second;
	struct date d;

	if (!date_number(p, 4, 1, 9999, &d.year) || *(*p)++ != '-' ||
	    !date_number(p, 2, 1, 12, &d.month) || *(*p)++ != '-' ||
	    !date_number(
		p, 2, 1, date_days_in_month(d.year, d.month), &d.day) ||
	    *(*p)++ != 'T' || !date_number(p, 2, 0, 23, &hour) ||
	    *(*p)++ != ':' || !date_number(p, 2, 0, 59, &minute) ||
	    *(*p)++ != ':' || !date_number(p, 2, 0, 60, &second))
		return false;
	if (second == 60)
		second = 59; /* a leap second; MP 7.2 */
	*seconds = date_days(&d) * 86400 + hour * 3600 + minute * 60 + second;
	return true;
}

bool
date_parse(struct span text, int64_t *unix_seconds)
{
	const uint8_t *p = text.ptr, *fraction, *end;
	int64_t offset;

	if (text.len < DATE_MIN || text.len > DATE_MAX ||
	    !moment(&p, unix_seconds))
		return false;
	end = text.ptr + text.len;
	if (*p == '.') {
		for (fraction = ++p; p < end && *p >= '0' && *p <= '9'; p++)
			;
		if (p == fraction || p == end)
			return false;
	}
	if (!zone(p, (size_t)(end - p), &offset))
		return false;
	*unix_seconds -= offset;
	return *unix_seconds >= DATE_FIRST && *unix_seconds <= DATE_LAST;
}
