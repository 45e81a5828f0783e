/* Schemes of existing serials (IP 5.2 import mode), see serial.h. */
#include <stdio.h>

#include "model/serial.h"

/* How many digits this place may have; 0 for a literal character. */
static unsigned
place_base(char c)
{
	return c == '#' ? 10 : c == '%' ? 16 : 0;
}

static int
digit_value(char c)
{
	return c >= '0' && c <= '9' ? c - '0'
	    : c >= 'A' && c <= 'F'  ? c - 'A' + 10
				    : -1;
}

static bool
place_takes(char place, char c)
{
	int value = digit_value(c);

	return place_base(place) == 0
	    ? place == c
	    : value >= 0 && (unsigned)value < place_base(place);
}

/* --- what reads like a serial of ours --- */

/* The length of the next group of letters and digits, 0 if it is not of low to
 * high. What a place takes are digits; Crockford has no U either. */
static size_t
group(const char *text, size_t low, size_t high, bool counter)
{
	size_t n = 0;
	char c;

	for (; text[n] != '\0' && text[n] != '-'; n++) {
		c = place_base(text[n]) != 0 ? '0' : serial_read_as(text[n]);
		if (!((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')) ||
		    (counter && c == 'U'))
			return 0;
	}
	return n >= low && n <= high ? n : 0;
}

bool
serial_reads_like_ours(const char *text, char token[PRODUCT_TOKEN_MAX + 1],
    char slot[SLOT_TOKEN_MAX + 1])
{
	static const struct {
		size_t low, high;
	} groups[] = { { 2, PRODUCT_TOKEN_MAX }, { 2, SLOT_TOKEN_MAX },
		{ 4, 12 }, { 1, 1 } };
	const char *begin[4];
	size_t i, n[4];

	for (i = 0; i < 4; i++) {
		begin[i] = text;
		n[i] = group(text, groups[i].low, groups[i].high, i == 2);
		if (n[i] == 0)
			return false;
		text += n[i];
		if (*text == '\0')
			break;
		text++; /* the hyphen */
	}
	if (*text != '\0' || i < 2 || i > 3)
		return false;
	memset(token, 0, PRODUCT_TOKEN_MAX + 1);
	memset(slot, 0, SLOT_TOKEN_MAX + 1);
	memcpy(token, begin[0], n[0]);
	memcpy(slot, begin[1], n[1]);
	return true;
}

/* --- schemes --- */

static enum reason
refuse(struct why *why, const char *scheme, const char *what)
{
	return why_set(
	    why, REASON_SERIAL_SYNTAX, -1, "scheme %.64s: %s", scheme, what);
}

/* One serial of it: each place 0. */
static bool
example_valid(const char *scheme, size_t len)
{
	char example[SERIAL_MAX + 1];
	size_t i;

	if (len == 0 || len > SERIAL_MAX || scheme[0] == ' ' ||
	    scheme[len - 1] == ' ')
		return false;
	for (i = 0; i < len; i++) {
		if (scheme[i] >= 'a' && scheme[i] <= 'z')
			return false;
		example[i] = place_base(scheme[i]) != 0 ? '0' : scheme[i];
	}
	return serial_check(span_of(example, len), NULL) == REASON_OK;
}

enum reason
scheme_check(const char *scheme, struct why *why)
{
	char token[PRODUCT_TOKEN_MAX + 1], slot[SLOT_TOKEN_MAX + 1];
	size_t i, len = strlen(scheme);
	uint64_t serials = 1;

	if (!example_valid(scheme, len))
		return refuse(why, scheme,
		    "1 to 64 of PrintableString, no lower case, # and %");
	for (i = 0; i < len; i++) {
		serials *=
		    place_base(scheme[i]) == 0 ? 1 : place_base(scheme[i]);
		if (serials > UINT64_C(1) << SCHEME_BITS)
			return refuse(why, scheme, "more than 48 bits of it");
	}
	if (serials == 1)
		return refuse(why, scheme, "no place for a digit");
	if (serial_reads_like_ours(scheme, token, slot))
		return refuse(
		    why, scheme, "it reads like product-slot-counter");
	return REASON_OK;
}

enum reason
scheme_parse(
    struct span serial, const char *scheme, uint64_t *n, struct why *why)
{
	size_t i, len = strlen(scheme);
	unsigned base;

	if (serial.len != len)
		return why_set(why, REASON_SERIAL_SYNTAX, -1,
		    "%zu characters, its scheme %.64s has %zu", serial.len,
		    scheme, len);
	for (*n = 0, i = 0; i < len; i++) {
		if (!place_takes(scheme[i], (char)serial.ptr[i]))
			return why_set(why, REASON_SERIAL_SYNTAX, (long)i,
			    "character %zu is not as in its scheme %.64s", i,
			    scheme);
		base = place_base(scheme[i]);
		if (base != 0)
			*n = *n * base +
			    (uint64_t)digit_value((char)serial.ptr[i]);
	}
	return REASON_OK;
}

/* Can one character stand at both places? */
static bool
places_meet(char a, char b, bool alike)
{
	static const char digits[] = "0123456789ABCDEF";
	const char *d;

	if (place_base(a) == 0 && place_base(b) == 0)
		return alike ? serial_read_as(a) == serial_read_as(b) : a == b;
	if (alike && place_base(a) == 0)
		a = serial_read_as(a);
	if (alike && place_base(b) == 0)
		b = serial_read_as(b);
	for (d = digits; *d != '\0'; d++)
		if (place_takes(a, *d) && place_takes(b, *d))
			return true;
	return false;
}

bool
schemes_meet(const char *a, const char *b, bool alike)
{
	while (*a != '\0' && *b != '\0' && places_meet(*a, *b, alike)) {
		a++;
		b++;
	}
	return *a == '\0' && *b == '\0';
}
