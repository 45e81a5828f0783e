/*
 * Texts for octets, numbers, dates and serials, and what operators write of
 * products, keys, customers and clients (fields.h). The first octet of the input
 * chooses the kind, such as a digit. Base64, hex and decimals have one form each,
 * so what is accepted is written back to the same characters.
 */
#include "base/clock.h"
#include "base/fatal.h"
#include "base/text.h"
#include "fields.h"
#include "fuzz.h"
#include "model/serial.h"

#define YEAR_1	   INT64_C(-62135596800)
#define YEAR_10000 INT64_C(253402300800)

/* Either alphabet, padding or not, and nothing else beside. */
static void
tolerant_same(struct span text, const char *again)
{
	size_t i, len = strlen(again);

	require(len <= text.len);
	for (i = 0; i < len; i++)
		require(text.ptr[i] == (uint8_t)again[i] ||
		    (text.ptr[i] == '+' && again[i] == '-') ||
		    (text.ptr[i] == '/' && again[i] == '_'));
	for (; i < text.len; i++)
		require(text.ptr[i] == '=');
}

static bool
base64_same(struct span text, enum base64_kind kind)
{
	uint8_t *out = malloc(text.len + 1);
	char *again = malloc(BASE64_SIZE(text.len + 1));
	size_t len = 0;
	bool good;

	require(out != NULL && again != NULL);
	good = base64_decode(out, text.len, &len, text, kind);
	if (good) {
		(kind == BASE64_STANDARD ? base64_encode : base64url_encode)(
		    again, span_of(out, len));
		if (kind == BASE64_TOLERANT)
			tolerant_same(text, again);
		else
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

static const struct {
	const char *name;
	bool (*same)(struct span text); /* NULL: base64, of the kind's number */
} kinds[16] = { { "base64", NULL }, { "base64url", NULL },
	{ "base64, tolerant", NULL }, { "hex", hex_same },
	{ "number", number_same }, { "date", date_same },
	{ "serial", serial_same }, { "product", product_same },
	{ "policy", policy_same }, { "blocked name", block_same },
	{ "customer", customer_same }, { "OID", oid_same },
	{ "MASA names", masa_names_same } };
static bool met[16];

const char *
corpus_lacks(void)
{
	unsigned i;

	for (i = 0; i < 16 && kinds[i].name != NULL; i++)
		if (!met[i])
			return kinds[i].name;
	return fields_lack();
}

uint64_t
input_read(const uint8_t *bytes, size_t len)
{
	struct span text;
	unsigned kind;
	bool good;

	if (len == 0)
		return 0;
	kind = bytes[0] % 16;
	text = span_of(bytes + 1, len - 1);
	if (kinds[kind].same != NULL)
		good = kinds[kind].same(text);
	else
		good = kinds[kind].name != NULL &&
		    base64_same(text, (enum base64_kind)kind);
	met[kind] |= good;
	return good ? ACCEPTED : 0;
}
