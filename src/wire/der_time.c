/*
 * Times of DER: UTCTime and GeneralizedTime as RFC 5280 4.1.2.5 writes them,
 * against seconds since 1970, both ways.
 */
#include "wire/date.h"
#include "wire/der.h"

/* YYMMDDhhmmssZ or YYYYMMDDhhmmssZ and a day that exists, nothing else. */
static bool
time_value(struct span s, unsigned year_digits, int64_t *value)
{
	int64_t hour, minute, second;
	const uint8_t *p = s.ptr;
	struct date d;

	if (s.len != year_digits + 11 || s.ptr[s.len - 1] != 'Z' ||
	    !date_number(&p, year_digits, 0, 9999, &d.year))
		return false;
	if (year_digits == 2)
		d.year += d.year < 50 ? 2000 : 1900;
	if (!date_number(&p, 2, 1, 12, &d.month) ||
	    !date_number(
		&p, 2, 1, date_days_in_month(d.year, d.month), &d.day) ||
	    !date_number(&p, 2, 0, 23, &hour) ||
	    !date_number(&p, 2, 0, 59, &minute) ||
	    !date_number(&p, 2, 0, 59, &second))
		return false;
	*value = date_days(&d) * 86400 + hour * 3600 + minute * 60 + second;
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
