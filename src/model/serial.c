/* Serial numbers of ours, see serial.h. */
#include "model/serial.h"

#include <stdio.h>

static const char crockford[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

enum reason
serial_check(struct span serial, struct why *why)
{
	static const char others[] = " '()+,-./:=?";
	size_t i;

	if (serial.len == 0 || serial.len > SERIAL_MAX)
		return why_set(why, REASON_SERIAL_SYNTAX, -1, "%zu characters",
		    serial.len);
	for (i = 0; i < serial.len; i++) {
		uint8_t c = serial.ptr[i];

		if ((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
		    (c >= '0' && c <= '9') ||
		    (c != '\0' && strchr(others, c) != NULL))
			continue;
		return why_set(why, REASON_SERIAL_SYNTAX, (long)i,
		    "character %zu is outside of PrintableString", i);
	}
	return REASON_OK;
}

static unsigned
check_value(char c)
{
	return c <= '9' ? (unsigned)(c - '0') : (unsigned)(c - 'A') + 10;
}

char
serial_check_character(struct span text)
{
	unsigned p = 36;
	size_t i;

	for (i = 0; i < text.len; i++) {
		if (text.ptr[i] == '-')
			continue;
		p = (p + check_value((char)text.ptr[i])) % 36;
		if (p == 0)
			p = 36;
		p = 2 * p % 37;
	}
	p = (37 - p) % 36;
	return (char)(p < 10 ? '0' + p : 'A' + p - 10);
}

bool
slot_valid(const char *slot)
{
	size_t i, len = strlen(slot);

	for (i = 0; i < len; i++)
		if (!((slot[i] >= 'A' && slot[i] <= 'Z') ||
			(slot[i] >= '0' && slot[i] <= '9')))
			return false;
	return len >= 2 && len <= SLOT_TOKEN_MAX;
}

char
serial_read_as(char c)
{
	if (c >= 'a' && c <= 'z')
		c = (char)(c - 'a' + 'A');
	return c == 'O' ? '0' : c == 'I' || c == 'L' ? '1' : c;
}

bool
token_alike(const char *a, const char *b)
{
	while (*a != '\0' && serial_read_as(*a) == serial_read_as(*b)) {
		a++;
		b++;
	}
	return *a == '\0' && *b == '\0';
}

enum reason
serial_format(char out[SERIAL_MAX + 1], const struct product *p,
    const char *slot, uint64_t n, struct why *why)
{
	char counter[13];
	unsigned i;
	size_t len;

	if (p->counter_width < 4 || p->counter_width > 12 ||
	    p->token[0] == '\0' || !slot_valid(slot))
		return why_set(why, REASON_SERIAL_SYNTAX, -1,
		    "the product has no serial rule of its own");
	counter[p->counter_width] = '\0';
	for (i = p->counter_width; i > 0; i--) {
		counter[i - 1] = crockford[n % 32];
		n /= 32;
	}
	if (n > 0)
		return why_set(why, REASON_SERIAL_EXHAUSTED, -1,
		    "slot %s has no counter of %u digits left", slot,
		    p->counter_width);
	len = (size_t)snprintf(
	    out, SERIAL_MAX + 1, "%s-%s-%s", p->token, slot, counter);
	if (p->check_character)
		snprintf(out + len, SERIAL_MAX + 1 - len, "-%c",
		    serial_check_character(span_of(out, len)));
	return REASON_OK;
}

unsigned
serial_counter_width(const char *serial)
{
	const char *at = strchr(serial, '-');
	size_t len;

	at = at == NULL ? NULL : strchr(at + 1, '-');
	len = at == NULL ? 0 : strcspn(at + 1, "-");
	return len >= 4 && len <= 12 ? (unsigned)len : 0;
}

uint64_t
serial_counter_max(unsigned width)
{
	return (UINT64_C(1) << 5 * width) - 1;
}

enum reason
serial_parse(struct span serial, const struct product *p, const char *slot,
    uint64_t *n, struct why *why)
{
	char prefix[PRODUCT_TOKEN_MAX + SLOT_TOKEN_MAX + 3];
	char again[SERIAL_MAX + 1];
	size_t i, len;
	enum reason r;

	len =
	    (size_t)snprintf(prefix, sizeof(prefix), "%s-%s-", p->token, slot);
	if (serial.len < len || memcmp(serial.ptr, prefix, len) != 0)
		return why_set(why, REASON_SERIAL_SLOT, 0,
		    "it does not begin with %s", prefix);
	*n = 0;
	for (i = len; i < len + p->counter_width; i++) {
		const char *at;

		if (i >= serial.len || serial.ptr[i] == '\0' ||
		    (at = strchr(crockford, serial.ptr[i])) == NULL)
			return why_set(why, REASON_SERIAL_SYNTAX, (long)i,
			    "the counter is not %u digits of base 32",
			    p->counter_width);
		*n = *n * 32 + (uint64_t)(at - crockford);
	}
	/* Whatever else it must hold follows from the counter. */
	if ((r = serial_format(again, p, slot, *n, why)) != REASON_OK)
		return r;
	if (!span_is(serial, again))
		return why_set(why, REASON_SERIAL_SYNTAX, (long)i,
		    "the check character is wrong, absent or not expected");
	return REASON_OK;
}
