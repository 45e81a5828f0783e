/*
 * CBOR: what the strict reader takes the lenient one takes too, and the typed
 * calls take what cbor_skip() passed over, and the writer writes it again to
 * the same octets.
 */
#include "fuzz.h"
#include "wire/cbor.h"

static void item_copy(struct cbor *c, struct cbor_out *o);

static void
members_copy(struct cbor *c, bool map, struct cbor_out *o)
{
	struct span key, before = { NULL, 0 };
	struct cbor at;
	uint64_t n = 0, i;

	require((map ? cbor_map(c, &n) : cbor_array(c, &n)) == WIRE_OK);
	if (n != CBOR_INDEFINITE && map)
		cbor_put_map(o, n);
	else if (n != CBOR_INDEFINITE)
		cbor_put_array(o, n);
	for (i = 0; n == CBOR_INDEFINITE ? !cbor_break(c) : i < n; i++) {
		if (map) {
			at = *c;
			require(cbor_skip(&at, &key) == WIRE_OK);
			if (c->strict && i > 0)
				require(cbor_key_order(before, key) < 0);
			before = key;
			item_copy(c, o);
		}
		item_copy(c, o);
	}
}

static void
string_copy(struct cbor *c, bool text, struct cbor_out *o)
{
	struct span s;

	if (!c->strict && (*c->pos & 31) == 31) {
		require(cbor_skip(c, NULL) == WIRE_OK);
		return;
	}
	require((text ? cbor_text(c, &s) : cbor_bytes(c, &s)) == WIRE_OK);
	require(s.ptr + s.len == c->pos);
	if (text)
		cbor_put_text(o, s);
	else
		cbor_put_bytes(o, s);
}

static void
integer_copy(struct cbor *c, struct cbor_out *o)
{
	uint64_t natural;
	int64_t number;
	struct span s;

	if (cbor_int(c, &number) == WIRE_OK) {
		cbor_put_int(o, number);
	} else if (cbor_uint(c, &natural) == WIRE_OK) {
		require(natural > INT64_MAX);
		cbor_put_uint(o, natural);
	} else {
		require(cbor_skip(c, &s) == WIRE_OK);
		cbor_put_raw(o, s);
	}
}

/* One item that cbor_skip() accepted. */
static void
item_copy(struct cbor *c, struct cbor_out *o)
{
	struct span s;
	uint64_t tag;
	bool value;

	switch (cbor_peek(c)) {
	case CBOR_BYTES:
	case CBOR_TEXT:
		string_copy(c, cbor_peek(c) == CBOR_TEXT, o);
		return;
	case CBOR_ARRAY:
	case CBOR_MAP:
		members_copy(c, cbor_peek(c) == CBOR_MAP, o);
		return;
	case CBOR_TAG:
		require(cbor_tag(c, &tag) == WIRE_OK);
		cbor_put_tag(o, tag);
		item_copy(c, o);
		return;
	case CBOR_SIMPLE:
		if (cbor_bool(c, &value) == WIRE_OK) {
			cbor_put_bool(o, value);
		} else if (cbor_null(c)) {
			cbor_put_null(o);
		} else {
			require(cbor_skip(c, &s) == WIRE_OK);
			cbor_put_raw(o, s);
		}
		return;
	default:
		integer_copy(c, o);
	}
}

static bool
span_read(struct span input, bool strict)
{
	uint8_t *room = malloc(input.len + 1);
	struct span whole, s;
	struct cbor c, at;
	struct cbor_out o;
	bool good;

	require(room != NULL);
	cbor_open(&c, input, strict);
	at = c;
	good = cbor_skip(&at, &whole) == WIRE_OK;
	if (good) {
		require(whole.ptr == input.ptr && whole.len <= input.len);
		require(at.pos == whole.ptr + whole.len);
		cbor_out_open(&o, room, input.len + 1);
		item_copy(&c, &o);
		require(c.pos == at.pos);
		require(cbor_out_span(&o, &s) == WIRE_OK);
		if (strict)
			require(span_eq(s, whole));
	} else {
		require(at.pos == c.pos);
	}
	free(room);
	return good;
}

uint64_t
input_read(const uint8_t *bytes, size_t len)
{
	struct span input = span_of(bytes, len);

	if (!span_read(input, true))
		return span_read(input, false) ? ACCEPTED : 0;
	require(span_read(input, false));
	return ACCEPTED;
}

uint64_t
input_decode(const uint8_t *bytes, size_t len)
{
	struct cbor c;

	cbor_open(&c, span_of(bytes, len), false);
	return cbor_skip(&c, NULL) == WIRE_OK;
}
