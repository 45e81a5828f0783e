/* CBOR reader, see cbor.h. */
#include "wire/cbor.h"
#include "wire/cbor_head.h"
#include "wire/utf8.h"

void
cbor_open(struct cbor *c, struct span bytes, bool strict)
{
	c->pos = bytes.ptr;
	c->end = bytes.len > 0 ? bytes.ptr + bytes.len : bytes.ptr;
	c->strict = strict;
}

int
cbor_peek(const struct cbor *c)
{
	return c->pos == c->end ? -1 : *c->pos >> 5;
}

enum wire_error
cbor_end(const struct cbor *c)
{
	return c->pos == c->end ? WIRE_OK : WIRE_TRAILING;
}

enum wire_error
cbor_head_read(const struct cbor *c, struct cbor_head *h)
{
	const uint8_t *p = c->pos;
	unsigned n, i;

	if (p == c->end)
		return WIRE_TRUNCATED;
	h->major = *p >> 5;
	h->info = *p++ & 31;
	h->value = h->info;
	if (h->info >= 24 && h->info <= 27) {
		n = 1u << (h->info - 24);
		if ((size_t)(c->end - p) < n)
			return WIRE_TRUNCATED;
		h->value = 0;
		for (i = 0; i < n; i++)
			h->value = h->value << 8 | *p++;
		/* A float's bits are not a length; simple values under 32
		 * have one form only. */
		if (h->major == CBOR_SIMPLE) {
			if (n == 1 && h->value < 32)
				return WIRE_VALUE;
		} else if (c->strict &&
		    (n == 1 ? h->value < 24 : h->value >> (4 * n) == 0)) {
			return WIRE_LENGTH;
		}
	} else if (h->info > 27 && h->info < CBOR_INFO_INDEFINITE) {
		return WIRE_VALUE;
	}
	h->next = p;
	return WIRE_OK;
}

/* A definite head of one major type. */
static enum wire_error
take(struct cbor *c, enum cbor_major major, uint64_t *value)
{
	struct cbor_head h;
	enum wire_error error = cbor_head_read(c, &h);

	if (error != WIRE_OK)
		return error;
	if (h.major != (uint8_t)major)
		return WIRE_TAG;
	if (h.info == CBOR_INFO_INDEFINITE)
		return WIRE_LENGTH;
	c->pos = h.next;
	*value = h.value;
	return WIRE_OK;
}

enum wire_error
cbor_uint(struct cbor *c, uint64_t *value)
{
	return take(c, CBOR_UINT, value);
}

enum wire_error
cbor_int(struct cbor *c, int64_t *value)
{
	struct cbor before = *c;
	uint64_t n;
	bool negative = cbor_peek(c) == CBOR_NINT;
	enum wire_error error = take(c, negative ? CBOR_NINT : CBOR_UINT, &n);

	if (error != WIRE_OK)
		return error;
	if (n > INT64_MAX) {
		*c = before;
		return WIRE_VALUE;
	}
	*value = negative ? -1 - (int64_t)n : (int64_t)n;
	return WIRE_OK;
}

static enum wire_error
take_string(struct cbor *c, enum cbor_major major, struct span *value)
{
	struct cbor before = *c;
	uint64_t n;
	enum wire_error error = take(c, major, &n);

	if (error != WIRE_OK)
		return error;
	if (n > (uint64_t)(c->end - c->pos)) {
		*c = before;
		return WIRE_TRUNCATED;
	}
	*value = span_of(c->pos, (size_t)n);
	c->pos += n;
	return WIRE_OK;
}

enum wire_error
cbor_bytes(struct cbor *c, struct span *value)
{
	return take_string(c, CBOR_BYTES, value);
}

enum wire_error
cbor_text(struct cbor *c, struct span *value)
{
	struct cbor before = *c;
	struct span s;
	enum wire_error error = take_string(c, CBOR_TEXT, &s);

	if (error != WIRE_OK)
		return error;
	if (!utf8_valid(s)) {
		*c = before;
		return WIRE_VALUE;
	}
	*value = s;
	return WIRE_OK;
}

enum wire_error
cbor_bytes_exact(struct cbor *c, uint8_t *out, size_t len)
{
	struct cbor before = *c;
	struct span s;
	enum wire_error error = cbor_bytes(c, &s);

	if (error != WIRE_OK)
		return error;
	if (s.len != len) {
		*c = before;
		return WIRE_LENGTH;
	}
	if (len > 0)
		memcpy(out, s.ptr, len);
	return WIRE_OK;
}

/* Every element takes an octet at least, so a count beyond that is a lie. */
static enum wire_error
take_container(
    struct cbor *c, enum cbor_major major, unsigned each, uint64_t *count)
{
	struct cbor_head h;
	enum wire_error error = cbor_head_read(c, &h);

	if (error != WIRE_OK)
		return error;
	if (h.major != (uint8_t)major)
		return WIRE_TAG;
	if (h.info == CBOR_INFO_INDEFINITE) {
		if (c->strict)
			return WIRE_LENGTH;
		h.value = CBOR_INDEFINITE;
	} else if (h.value > (uint64_t)(c->end - h.next) / each) {
		return WIRE_TRUNCATED;
	}
	c->pos = h.next;
	*count = h.value;
	return WIRE_OK;
}

enum wire_error
cbor_array(struct cbor *c, uint64_t *count)
{
	return take_container(c, CBOR_ARRAY, 1, count);
}

enum wire_error
cbor_map(struct cbor *c, uint64_t *count)
{
	return take_container(c, CBOR_MAP, 2, count);
}

bool
cbor_break(struct cbor *c)
{
	if (c->pos == c->end || *c->pos != 0xff)
		return false;
	c->pos++;
	return true;
}

bool
cbor_more(struct cbor *c, uint64_t *count)
{
	if (*count == CBOR_INDEFINITE)
		return !cbor_break(c);
	return (*count)-- > 0;
}

enum wire_error
cbor_tag(struct cbor *c, uint64_t *tag)
{
	return take(c, CBOR_TAG, tag);
}

enum wire_error
cbor_bool(struct cbor *c, bool *value)
{
	if (c->pos == c->end)
		return WIRE_TRUNCATED;
	if (*c->pos != 0xf4 && *c->pos != 0xf5)
		return WIRE_TAG;
	*value = *c->pos++ == 0xf5;
	return WIRE_OK;
}

bool
cbor_null(struct cbor *c)
{
	if (c->pos == c->end || *c->pos != 0xf6)
		return false;
	c->pos++;
	return true;
}

int
cbor_key_order(struct span before, struct span after)
{
	size_t n = before.len < after.len ? before.len : after.len;
	int d = n == 0 ? 0 : memcmp(before.ptr, after.ptr, n);

	if (d != 0)
		return d;
	return (before.len > after.len) - (before.len < after.len);
}
