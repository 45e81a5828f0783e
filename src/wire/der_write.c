/* DER writer, see der.h. */
#include "wire/der.h"

void
der_out_open(struct der_out *o, uint8_t *buf, size_t cap)
{
	o->buf = buf;
	o->len = 0;
	o->cap = cap;
	o->full = false;
}

/* Room for n more octets, or full for good. */
static bool
room(struct der_out *o, size_t n)
{
	if (o->full || o->cap - o->len < n)
		o->full = true;
	return !o->full;
}

void
der_put_raw(struct der_out *o, struct span bytes)
{
	if (bytes.len == 0 || !room(o, bytes.len))
		return;
	memcpy(o->buf + o->len, bytes.ptr, bytes.len);
	o->len += bytes.len;
}

static void
put_octet(struct der_out *o, uint8_t octet)
{
	der_put_raw(o, span_of(&octet, 1));
}

size_t
der_begin(struct der_out *o, uint8_t tag)
{
	put_octet(o, tag);
	put_octet(o, 0); /* one length octet for now */
	return o->len;
}

void
der_close(struct der_out *o, size_t mark)
{
	size_t len = o->len - mark, extra = 0, n, i;

	if (o->full)
		return;
	if (len < 0x80) {
		o->buf[mark - 1] = (uint8_t)len;
		return;
	}
	for (n = len; n > 0; n >>= 8)
		extra++;
	if (!room(o, extra))
		return;
	memmove(o->buf + mark + extra, o->buf + mark, len);
	o->buf[mark - 1] = (uint8_t)(0x80 | extra);
	for (i = 0; i < extra; i++)
		o->buf[mark + i] = (uint8_t)(len >> (8 * (extra - 1 - i)));
	o->len += extra;
}

void
der_put(struct der_out *o, uint8_t tag, struct span content)
{
	size_t mark = der_begin(o, tag);

	der_put_raw(o, content);
	der_close(o, mark);
}

void
der_put_bool(struct der_out *o, bool value)
{
	uint8_t octet = value ? 0xff : 0x00;

	der_put(o, DER_BOOLEAN, span_of(&octet, 1));
}

void
der_put_unsigned(struct der_out *o, struct span magnitude)
{
	size_t mark = der_begin(o, DER_INTEGER);

	while (magnitude.len > 0 && magnitude.ptr[0] == 0) {
		magnitude.ptr++;
		magnitude.len--;
	}
	if (magnitude.len == 0 || (magnitude.ptr[0] & 0x80) != 0)
		put_octet(o, 0);
	der_put_raw(o, magnitude);
	der_close(o, mark);
}

void
der_put_uint(struct der_out *o, uint64_t value)
{
	uint8_t octets[8];
	unsigned i;

	for (i = 0; i < 8; i++)
		octets[i] = (uint8_t)(value >> (56 - 8 * i));
	der_put_unsigned(o, span_of(octets, sizeof(octets)));
}

void
der_put_oid(struct der_out *o, struct span content)
{
	der_put(o, DER_OID, content);
}

void
der_put_bits(struct der_out *o, struct span content, unsigned unused)
{
	size_t mark = der_begin(o, DER_BIT_STRING);

	put_octet(o, (uint8_t)unused);
	der_put_raw(o, content);
	der_close(o, mark);
}

enum wire_error
der_out_span(const struct der_out *o, struct span *written)
{
	if (o->full)
		return WIRE_FULL;
	*written = span_of(o->buf, o->len);
	return WIRE_OK;
}
