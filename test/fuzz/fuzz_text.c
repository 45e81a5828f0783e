/*
 * Texts for octets, numbers, dates and serials. The first octet of the input
 * chooses the kind. Base64, hex and decimals have one form each, so what is
 * accepted is written back to the same characters.
 */
#include "base/clock.h"
#include "base/fatal.h"
#include "base/text.h"
#include "fuzz.h"
#include "model/serial.h"

#define KINDS	   8
#define YEAR_1	   INT64_C(-62135596800)
#define YEAR_10000 INT64_C(253402300800)

static bool
base64_same(struct span text, enum base64_kind kind)
{
	uint8_t *out = malloc(text.len + 1);
	char *again = malloc(BASE64_SIZE(text.len + 1));
	size_t len = 0;
	bool good;

	require(out != NULL && again != NULL);
	good = base64_decode(out, text.len, &len, text, kind);
	if (good && kind != BASE64_TOLERANT) {
		(kind == BASE64_URL ? base64url_encode : base64_encode)(
		    again, span_of(out, len));
		require(span_is(text, again));
	}
	if (good && len > 0)
		require(!base64_decode(out, len - 1, &len, text, kind));
	free(out);
	free(again);
	return good;
}

static bool
hex_same(struct span text)
{
	uint8_t *out = malloc(text.len + 1);
	char *again = malloc(text.len + 2);
	size_t len, i;
	bool good;

	require(out != NULL && again != NULL);
	if ((good = hex_decode(out, text.len, &len, text))) {
		require(2 * len == text.len);
		hex_encode(again, span_of(out, len));
		for (i = 0; i < text.len; i++)
			require((text.ptr[i] | 0x20) == again[i]);
	}
	free(out);
	free(again);
	return good;
}

static bool
number_same(struct span text)
{
	char again[24];
	uint64_t n;

	if (!text_uint(text, UINT64_MAX, &n))
		return false;
	snprintf(again, sizeof(again), "%llu", (unsigned long long)n);
	require(span_is(text, again));
	require(n == UINT64_MAX || text_uint(text, n, &n));
	require(n == 0 || !text_uint(text, n - 1, &n));
	return true;
}

static bool
date_same(struct span text)
{
	char again[CLOCK_TEXT_SIZE];
	int64_t t, u;

	if (!date_parse(text, &t))
		return false;
	/* An offset may lead out of the years that have four digits. */
	if (t >= YEAR_1 && t < YEAR_10000) {
		clock_print(again, t);
		require(date_parse(span_str(again), &u) && u == t);
	}
	return true;
}

static bool
serial_same(struct span text)
{
	struct product p = { .token = "AR9",
		.counter_width = 6,
		.check_character = (text.len & 1) != 0 };
	char again[SERIAL_MAX + 1];
	uint64_t n;

	if (serial_parse(text, &p, "F1", &n, NULL) == REASON_OK) {
		require(serial_check(text, NULL) == REASON_OK);
		require(serial_format(again, &p, "F1", n, NULL) == REASON_OK);
		require(span_is(text, again));
	}
	return serial_check(text, NULL) == REASON_OK;
}

/* NAME=VALUE of a product. */
static bool
field_same(struct span text)
{
	const uint8_t *at =
	    text.len == 0 ? NULL : memchr(text.ptr, '=', text.len);
	struct product p;
	size_t n;

	if (at == NULL)
		return false;
	n = (size_t)(at - text.ptr);
	product_defaults(&p);
	return product_set(&p, span_of(text.ptr, n),
		   span_of(at + 1, text.len - n - 1), NULL) == REASON_OK &&
	    product_check(&p, NULL) == REASON_OK;
}

uint64_t
input_read(const uint8_t *bytes, size_t len)
{
	struct span text;
	bool good = false;

	if (len == 0)
		return 0;
	text = span_of(bytes + 1, len - 1);
	switch (bytes[0] % KINDS) {
	case 0:
	case 1:
	case 2:
		good = base64_same(text, (enum base64_kind)(bytes[0] % KINDS));
		break;
	case 3:
		good = hex_same(text);
		break;
	case 4:
		good = number_same(text);
		break;
	case 5:
		good = date_same(text);
		break;
	case 6:
		good = serial_same(text);
		break;
	case 7:
		good = field_same(text);
		break;
	}
	return good ? ACCEPTED : 0;
}
