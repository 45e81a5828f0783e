/* DER reader, see der.h. */
#include "wire/der.h"

/* One element's header and extent, not yet taken. */
struct element {
	uint8_t tag;
	const uint8_t *content;
	size_t len;
};

void
der_open(struct der *d, struct span bytes)
{
	d->pos = bytes.ptr;
	d->end = bytes.len > 0 ? bytes.ptr + bytes.len : bytes.ptr;
	d->ber = false;
}

int
der_peek(const struct der *d)
{
	return d->pos == d->end ? -1 : *d->pos;
}

enum wire_error
der_end(const struct der *d)
{
	return d->pos == d->end ? WIRE_OK : WIRE_TRAILING;
}

/* Long form: 1 to 4 length octets, minimal unless `ber` (X.690 10.1). */
static enum wire_error
long_length(const struct der *d, const uint8_t **p, size_t *len)
{
	unsigned i, n = *(*p)++ & 0x7f;
	size_t value = 0;

	if (n == 0 || n > 4)
		return WIRE_LENGTH; /* indefinite, or beyond any input */
	if ((size_t)(d->end - *p) < n)
		return WIRE_TRUNCATED;
	for (i = 0; i < n; i++)
		value = value << 8 | *(*p)++;
	if (!d->ber && (value < 0x80 || value >> (8 * (n - 1)) == 0))
		return WIRE_LENGTH;
	*len = value;
	return WIRE_OK;
}

static enum wire_error
element_read(const struct der *d, struct element *e)
{
	const uint8_t *p = d->pos;
	enum wire_error error;

	if (p == d->end)
		return WIRE_TRUNCATED;
	e->tag = *p++;
	/* Numbers over 30 have no use here; universal 0 ends what has an
	 * indefinite length. */
	if ((e->tag & 0xdf) == 0 || (e->tag & 0x1f) == 0x1f)
		return WIRE_TAG;
	if (p == d->end)
		return WIRE_TRUNCATED;
	if (*p & 0x80) {
		if ((error = long_length(d, &p, &e->len)) != WIRE_OK)
			return error;
	} else {
		e->len = *p++;
	}
	if ((size_t)(d->end - p) < e->len)
		return WIRE_TRUNCATED;
	e->content = p;
	return WIRE_OK;
}

enum wire_error
der_any(struct der *d, uint8_t *tag, struct span *content, struct span *whole)
{
	struct element e;
	enum wire_error error = element_read(d, &e);

	if (error != WIRE_OK)
		return error;
	if (tag != NULL)
		*tag = e.tag;
	if (content != NULL)
		*content = span_of(e.content, e.len);
	if (whole != NULL)
		*whole = span_of(d->pos, (size_t)(e.content - d->pos) + e.len);
	d->pos = e.content + e.len;
	return WIRE_OK;
}

enum wire_error
der_whole(struct der *d, uint8_t tag, struct span *whole, struct span *content)
{
	struct element e;
	enum wire_error error = element_read(d, &e);

	if (error != WIRE_OK)
		return error;
	if (e.tag != tag)
		return WIRE_TAG;
	return der_any(d, NULL, content, whole);
}

enum wire_error
der_take(struct der *d, uint8_t tag, struct span *content)
{
	return der_whole(d, tag, NULL, content);
}

enum wire_error
der_enter(struct der *d, uint8_t tag, struct der *inner)
{
	struct span content;
	enum wire_error error = der_take(d, tag, &content);

	if (error != WIRE_OK)
		return error;
	inner->ber = d->ber;
	inner->pos = content.ptr;
	inner->end = content.ptr + content.len;
	return WIRE_OK;
}

/*
 * Takes an element only if its content passes the test of its type; the cursor
 * stays otherwise.
 */
static enum wire_error
take_checked(
    struct der *d, uint8_t tag, struct span *content, bool (*good)(struct span))
{
	struct der before = *d;
	struct span s;
	enum wire_error error = der_take(d, tag, &s);

	if (error != WIRE_OK)
		return error;
	if (!good(s)) {
		*d = before;
		return WIRE_VALUE;
	}
	if (content != NULL)
		*content = s;
	return WIRE_OK;
}

static bool
boolean_good(struct span s)
{
	return s.len == 1 && (s.ptr[0] == 0 || s.ptr[0] == 0xff);
}

enum wire_error
der_bool(struct der *d, bool *value)
{
	struct span s;
	enum wire_error error = take_checked(d, DER_BOOLEAN, &s, boolean_good);

	if (error == WIRE_OK)
		*value = s.ptr[0] != 0;
	return error;
}

/* Not empty, and the first nine bits not all alike (X.690 8.3.2). */
static bool
integer_good(struct span s)
{
	if (s.len == 0)
		return false;
	if (s.len == 1)
		return true;
	if (s.ptr[0] == 0x00)
		return (s.ptr[1] & 0x80) != 0;
	if (s.ptr[0] == 0xff)
		return (s.ptr[1] & 0x80) == 0;
	return true;
}

enum wire_error
der_integer(struct der *d, struct span *content)
{
	return take_checked(d, DER_INTEGER, content, integer_good);
}

static bool
uint_good(struct span s)
{
	if (!integer_good(s) || (s.ptr[0] & 0x80) != 0)
		return false;
	return s.len <= 8 || (s.len == 9 && s.ptr[0] == 0);
}

enum wire_error
der_uint(struct der *d, uint64_t *value)
{
	struct span s;
	enum wire_error error = take_checked(d, DER_INTEGER, &s, uint_good);
	uint64_t n = 0;
	size_t i;

	if (error != WIRE_OK)
		return error;
	for (i = 0; i < s.len; i++)
		n = n << 8 | s.ptr[i];
	*value = n;
	return WIRE_OK;
}

/* Arcs in base 128: none starts with a padding octet, the last one ends. */
static bool
oid_good(struct span s)
{
	bool begins = true;
	size_t i;

	for (i = 0; i < s.len; i++) {
		if (begins && s.ptr[i] == 0x80)
			return false;
		begins = (s.ptr[i] & 0x80) == 0;
	}
	return s.len > 0 && begins;
}

enum wire_error
der_oid(struct der *d, struct span *content)
{
	return take_checked(d, DER_OID, content, oid_good);
}

static bool
bits_good(struct span s)
{
	unsigned unused;

	if (s.len == 0)
		return false;
	unused = s.ptr[0];
	if (unused > 7 || (s.len == 1 && unused != 0))
		return false;
	return s.len == 1 || (s.ptr[s.len - 1] & ((1u << unused) - 1)) == 0;
}

enum wire_error
der_bits_tagged(
    struct der *d, uint8_t tag, struct span *content, unsigned *unused)
{
	struct span s;
	enum wire_error error = take_checked(d, tag, &s, bits_good);

	if (error != WIRE_OK)
		return error;
	*unused = s.ptr[0];
	*content = span_of(s.ptr + 1, s.len - 1);
	return WIRE_OK;
}

enum wire_error
der_bits(struct der *d, struct span *content, unsigned *unused)
{
	return der_bits_tagged(d, DER_BIT_STRING, content, unused);
}

enum wire_error
der_octets(struct der *d, struct span *content)
{
	return der_take(d, DER_OCTET_STRING, content);
}

static bool
null_good(struct span s)
{
	return s.len == 0;
}

enum wire_error
der_null(struct der *d)
{
	return take_checked(d, DER_NULL, NULL, null_good);
}
