/* CBOR items of any kind, checked and passed over; see cbor.h. */
#include "wire/cbor.h"
#include "wire/cbor_head.h"

/* Widths of an IEEE 754 format: bits of the exponent and of the fraction. */
struct float_format {
	unsigned exponent;
	unsigned fraction;
};

/*
 * True if a float has the same value in a narrower format (RFC 8949 4.2.1
 * wants the shortest one). Worked on the bits: no floating point in firmware.
 */
static bool
float_fits(uint64_t bits, struct float_format from, struct float_format to)
{
	uint64_t fraction = bits & ((UINT64_C(1) << from.fraction) - 1);
	int ones = (1 << from.exponent) - 1;
	int biased = (int)(bits >> from.fraction) & ones;
	int exponent = biased - (ones >> 1);
	int limit = (1 << (to.exponent - 1)) - 1;
	unsigned lost = from.fraction - to.fraction;

	if (biased == 0) /* zero fits; the rest is far too small */
		return fraction == 0;
	if (biased != ones) {
		if (exponent > limit)
			return false;
		if (exponent < 1 - limit) /* would be subnormal */
			lost += (unsigned)(1 - limit - exponent);
		if (lost > from.fraction)
			return false;
	}
	return (fraction & ((UINT64_C(1) << lost) - 1)) == 0;
}

/* Simple values and floats. */
static enum wire_error
skip_simple(struct cbor *c, const struct cbor_head *h)
{
	static const struct float_format half = { 5, 10 }, single = { 8, 23 },
					 twice = { 11, 52 };

	if (h->info == CBOR_INFO_INDEFINITE) /* a break of nothing */
		return WIRE_VALUE;
	if (c->strict &&
	    ((h->info == 26 && float_fits(h->value, single, half)) ||
		(h->info == 27 && float_fits(h->value, twice, single))))
		return WIRE_LENGTH;
	c->pos = h->next;
	return WIRE_OK;
}

static enum wire_error skip_item(struct cbor *c, unsigned depth);

/* Chunks of an indefinite string: definite strings of the same type. */
static enum wire_error
skip_chunks(struct cbor *c, enum cbor_major major)
{
	struct span chunk;
	enum wire_error error;

	while (!cbor_break(c)) {
		if (major == CBOR_BYTES)
			error = cbor_bytes(c, &chunk);
		else
			error = cbor_text(c, &chunk);
		if (error != WIRE_OK)
			return error;
	}
	return WIRE_OK;
}

static enum wire_error
skip_members(struct cbor *c, bool map, uint64_t count, unsigned depth)
{
	struct span before = { NULL, 0 }, key;
	const uint8_t *begin;
	enum wire_error error;
	uint64_t i;

	if (depth >= CBOR_MAX_DEPTH)
		return WIRE_DEPTH;
	for (i = 0; count == CBOR_INDEFINITE ? !cbor_break(c) : i < count;
	     i++) {
		begin = c->pos;
		if ((error = skip_item(c, depth + 1)) != WIRE_OK)
			return error;
		if (!map)
			continue;
		key = span_of(begin, (size_t)(c->pos - begin));
		if (c->strict && i > 0 && cbor_key_order(before, key) >= 0)
			return span_eq(before, key) ? WIRE_DUPLICATE
						    : WIRE_VALUE;
		before = key;
		if ((error = skip_item(c, depth + 1)) != WIRE_OK)
			return error;
	}
	return WIRE_OK;
}

static enum wire_error
skip_item(struct cbor *c, unsigned depth)
{
	struct cbor_head h;
	struct span s;
	uint64_t n;
	enum wire_error error = cbor_head_read(c, &h);

	if (error != WIRE_OK)
		return error;
	switch ((enum cbor_major)h.major) {
	case CBOR_BYTES:
	case CBOR_TEXT:
		if (h.info == CBOR_INFO_INDEFINITE && !c->strict) {
			c->pos = h.next;
			return skip_chunks(c, h.major);
		}
		return h.major == CBOR_BYTES ? cbor_bytes(c, &s)
					     : cbor_text(c, &s);
	case CBOR_ARRAY:
		if ((error = cbor_array(c, &n)) != WIRE_OK)
			return error;
		return skip_members(c, false, n, depth);
	case CBOR_MAP:
		if ((error = cbor_map(c, &n)) != WIRE_OK)
			return error;
		return skip_members(c, true, n, depth);
	case CBOR_TAG:
		if ((error = cbor_tag(c, &n)) != WIRE_OK)
			return error;
		if (depth >= CBOR_MAX_DEPTH)
			return WIRE_DEPTH;
		return skip_item(c, depth + 1);
	case CBOR_SIMPLE:
		return skip_simple(c, &h);
	case CBOR_UINT:
	case CBOR_NINT:
		break;
	}
	if (h.info == CBOR_INFO_INDEFINITE)
		return WIRE_VALUE;
	c->pos = h.next;
	return WIRE_OK;
}

enum wire_error
cbor_skip(struct cbor *c, struct span *whole)
{
	struct cbor before = *c;
	enum wire_error error = skip_item(c, 0);

	if (error != WIRE_OK) {
		*c = before;
		return error;
	}
	if (whole != NULL)
		*whole = span_of(before.pos, (size_t)(c->pos - before.pos));
	return WIRE_OK;
}
