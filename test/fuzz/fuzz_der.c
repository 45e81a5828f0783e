/*
 * DER: whatever is accepted lies inside the input, is refused without moving
 * the cursor, and is written again to the same octets.
 */
#include "fuzz.h"
#include "wire/der.h"

#define DEPTH 32

static bool
inside(struct span part, struct span whole)
{
	return part.len <= whole.len && part.ptr >= whole.ptr &&
	    part.ptr - whole.ptr <= (ptrdiff_t)(whole.len - part.len);
}

static void
same(const struct der_out *o, struct span whole)
{
	struct span s;

	require(der_out_span(o, &s) == WIRE_OK);
	require(span_eq(s, whole));
}

/* After a reader: behind the one element, or where the cursor was. */
static bool
taken(enum wire_error error, const struct der *at, struct span whole)
{
	require(at->pos == whole.ptr + (error == WIRE_OK ? whole.len : 0));
	return error == WIRE_OK;
}

/* Octets and texts, which are given as they lie there. */
static void
spans_read(struct der d, struct span whole)
{
	struct span s;
	struct der at;
	uint8_t tag;

	at = d;
	if (taken(der_integer(&at, &s), &at, whole))
		require(inside(s, whole) && s.len > 0);
	at = d;
	if (taken(der_oid(&at, &s), &at, whole))
		require(inside(s, whole) && s.len > 0);
	at = d;
	if (taken(der_octets(&at, &s), &at, whole))
		require(inside(s, whole));
	at = d;
	(void)taken(der_null(&at), &at, whole);
	at = d;
	if (taken(der_string(&at, &tag, &s), &at, whole))
		require(inside(s, whole) && tag == whole.ptr[0]);
}

/* Values, which are written again; the same octets if they were DER. */
static void
values_read(struct der d, struct span whole)
{
	uint8_t *room = malloc(whole.len + 16), tag;
	struct der_out o;
	struct der at;
	struct span s;
	uint64_t number;
	int64_t seconds;
	unsigned unused;
	bool flag;

	require(room != NULL);
	der_out_open(&o, room, whole.len + 16);
	at = d;
	if (taken(der_bool(&at, &flag), &at, whole))
		der_put_bool(&o, flag);
	at = d;
	if (taken(der_uint(&at, &number), &at, whole))
		der_put_uint(&o, number);
	at = d;
	if (taken(der_bits(&at, &s, &unused), &at, whole)) {
		require(inside(s, whole) && unused < 8);
		der_put_bits(&o, s, unused);
	}
	at = d;
	if (taken(der_time(&at, &seconds, &tag), &at, whole)) {
		require(seconds <= DER_TIME_FOREVER);
		der_put_time(&o, seconds);
		/* GeneralizedTime of an early year comes back as UTCTime. */
		if (room[0] != tag)
			o.len = 0;
	}
	if (o.len > 0 && !d.ber)
		same(&o, whole);
	free(room);
}

/* Rewrites a tree; false if it ends in a refusal. */
static bool
tree_read(struct der *d, struct span input, unsigned depth, struct der_out *o)
{
	struct span content, whole;
	struct der inner, before;
	uint8_t tag;
	size_t mark;
	bool good = true;

	while (der_peek(d) != -1) {
		before = *d;
		if (depth == DEPTH ||
		    der_any(d, &tag, &content, &whole) != WIRE_OK) {
			require(d->pos == before.pos);
			return false;
		}
		require(inside(whole, input) && inside(content, whole));
		require(whole.ptr == before.pos);
		require(whole.ptr + whole.len == content.ptr + content.len);
		mark = der_begin(o, tag);
		if (tag & 0x20) {
			require(der_enter(&before, tag, &inner) == WIRE_OK);
			if (!tree_read(&inner, content, depth + 1, o))
				good = false;
		} else {
			before.end = d->pos;
			spans_read(before, whole);
			values_read(before, whole);
			der_put_raw(o, content);
		}
		der_close(o, mark);
	}
	return good && der_end(d) == WIRE_OK;
}

static bool
span_read(struct span input, bool ber)
{
	/* Minimal lengths never take more room than others do. */
	uint8_t *room = malloc(input.len + 1);
	struct der_out o;
	struct der d;
	bool good;

	require(room != NULL);
	der_out_open(&o, room, input.len + 1);
	der_open(&d, input);
	d.ber = ber;
	good = tree_read(&d, input, 0, &o);
	if (good && !ber)
		same(&o, input);
	if (good)
		require(!o.full);
	free(room);
	return good;
}

uint64_t
input_read(const uint8_t *bytes, size_t len)
{
	struct span input = span_of(bytes, len);

	if (!span_read(input, false))
		return span_read(input, true) ? ACCEPTED : 0;
	require(span_read(input, true));
	return ACCEPTED;
}
