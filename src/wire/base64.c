/* Base64, see base64.h. */
#include "wire/base64.h"

static const char standard[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char url[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static void
encode(char *out, struct span b, const char *alphabet, bool padding)
{
	uint32_t v;
	size_t i, left;

	for (i = 0; i < b.len; i += 3) {
		left = b.len - i;
		v = (uint32_t)b.ptr[i] << 16;
		if (left > 1)
			v |= (uint32_t)b.ptr[i + 1] << 8;
		if (left > 2)
			v |= b.ptr[i + 2];
		*out++ = alphabet[v >> 18];
		*out++ = alphabet[v >> 12 & 63];
		if (left > 1)
			*out++ = alphabet[v >> 6 & 63];
		else if (padding)
			*out++ = '=';
		if (left > 2)
			*out++ = alphabet[v & 63];
		else if (padding)
			*out++ = '=';
	}
	*out = '\0';
}

void
base64_encode(char *out, struct span bytes)
{
	encode(out, bytes, standard, true);
}

void
base64url_encode(char *out, struct span bytes)
{
	encode(out, bytes, url, false);
}

/* Values of the octets below 128, and who may not have them. By table, because the
 * text looks random to a processor that guesses branches. */
#define S 0x040 /* of the standard alphabet alone */
#define U 0x080 /* of the URL one alone */
#define X 0x100 /* of none */
static const uint16_t of_octet[128] = { X, X, X, X, X, X, X, X, X, X, X, X, X,
	X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X,
	X, X, X, X, X, X, S | 62, X, U | 62, X, S | 63, 52, 53, 54, 55, 56, 57,
	58, 59, 60, 61, X, X, X, X, X, X, X, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
	11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, X, X, X, X,
	U | 63, X, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40,
	41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, X, X, X, X, X };

/* By kind: what it must not meet. */
static const uint16_t foreign[] = {
	[BASE64_STANDARD] = U | X,
	[BASE64_URL] = S | X,
	[BASE64_TOLERANT] = X,
};

static inline unsigned
value_of(uint8_t c)
{
	return c < 128 ? of_octet[c] : X;
}
#undef S
#undef U
#undef X

/* Cuts the padding off; false if it is not as this kind wants it. */
static bool
trim(struct span *text, enum base64_kind kind)
{
	size_t pads = 0;

	while (pads < 2 && text->len > pads &&
	    text->ptr[text->len - 1 - pads] == '=')
		pads++;
	if (kind == BASE64_URL && pads > 0)
		return false;
	if ((kind == BASE64_STANDARD || pads > 0) && text->len % 4 != 0)
		return false;
	text->len -= pads;
	return text->len % 4 != 1;
}

static inline bool
decode_four(unsigned bad, const uint8_t *in, uint8_t *out)
{
	unsigned a = value_of(in[0]), b = value_of(in[1]), c = value_of(in[2]),
		 d = value_of(in[3]);

	if (((a | b | c | d) & bad) != 0)
		return false;
	out[0] = (uint8_t)(a << 2 | (b & 63) >> 4);
	out[1] = (uint8_t)(b << 4 | (c & 63) >> 2);
	out[2] = (uint8_t)(c << 6 | (d & 63));
	return true;
}

bool
base64_decode(uint8_t *out, size_t cap, size_t *len, struct span text,
    enum base64_kind kind)
{
	unsigned bad = foreign[kind], bits = 0, d;
	uint32_t v = 0;
	size_t i, n = 0;

	if (!trim(&text, kind))
		return false;
	/* Nearly all of it, in whole groups. */
	for (i = 0; text.len - i >= 4 && cap - n >= 3; i += 4, n += 3)
		if (!decode_four(bad, text.ptr + i, out + n))
			return false;
	for (; i < text.len; i++) {
		d = value_of(text.ptr[i]);
		if ((d & bad) != 0)
			return false;
		v = (v << 6 | (d & 63)) & 0xffffff;
		bits += 6;
		if (bits < 8)
			continue;
		bits -= 8;
		if (n == cap)
			return false;
		out[n++] = (uint8_t)(v >> bits);
	}
	if ((v & ((1u << bits) - 1)) != 0)
		return false; /* spare bits: another text for the same bytes */
	*len = n;
	return true;
}
