/* CBOR writer, see cbor.h: shortest heads, definite lengths (RFC 8949 4.2.1). */
#include "wire/cbor.h"

void
cbor_out_open(struct cbor_out *o, uint8_t *buf, size_t cap)
{
	o->buf = buf;
	o->len = 0;
	o->cap = cap;
	o->full = false;
}

void
cbor_put_raw(struct cbor_out *o, struct span item)
{
	if (o->full || o->cap - o->len < item.len) {
		o->full = true;
		return;
	}
	if (item.len > 0)
		memcpy(o->buf + o->len, item.ptr, item.len);
	o->len += item.len;
}

static void
put_head(struct cbor_out *o, enum cbor_major major, uint64_t value)
{
	uint8_t head[9];
	unsigned n, i;

	if (value < 24) {
		head[0] = (uint8_t)((unsigned)major << 5 | (unsigned)value);
		cbor_put_raw(o, span_of(head, 1));
		return;
	}
	n = value <= 0xff	  ? 0
	    : value <= 0xffff	  ? 1
	    : value <= UINT32_MAX ? 2
				  : 3;
	head[0] = (uint8_t)((unsigned)major << 5 | (24 + n));
	for (i = 0; i < 1u << n; i++)
		head[1 + i] = (uint8_t)(value >> (8 * ((1u << n) - 1 - i)));
	cbor_put_raw(o, span_of(head, 1 + (1u << n)));
}

void
cbor_put_uint(struct cbor_out *o, uint64_t value)
{
	put_head(o, CBOR_UINT, value);
}

void
cbor_put_int(struct cbor_out *o, int64_t value)
{
	if (value < 0)
		put_head(o, CBOR_NINT, (uint64_t)(-1 - value));
	else
		put_head(o, CBOR_UINT, (uint64_t)value);
}

void
cbor_put_bytes(struct cbor_out *o, struct span value)
{
	put_head(o, CBOR_BYTES, value.len);
	cbor_put_raw(o, value);
}

void
cbor_put_text(struct cbor_out *o, struct span value)
{
	put_head(o, CBOR_TEXT, value.len);
	cbor_put_raw(o, value);
}

void
cbor_put_string(struct cbor_out *o, const char *text)
{
	cbor_put_text(o, span_str(text));
}

void
cbor_put_array(struct cbor_out *o, uint64_t count)
{
	put_head(o, CBOR_ARRAY, count);
}

void
cbor_put_map(struct cbor_out *o, uint64_t count)
{
	put_head(o, CBOR_MAP, count);
}

void
cbor_put_tag(struct cbor_out *o, uint64_t tag)
{
	put_head(o, CBOR_TAG, tag);
}

void
cbor_put_bool(struct cbor_out *o, bool value)
{
	put_head(o, CBOR_SIMPLE, value ? 21 : 20);
}

void
cbor_put_null(struct cbor_out *o)
{
	put_head(o, CBOR_SIMPLE, 22);
}

enum wire_error
cbor_out_span(const struct cbor_out *o, struct span *written)
{
	if (o->full)
		return WIRE_FULL;
	*written = span_of(o->buf, o->len);
	return WIRE_OK;
}
