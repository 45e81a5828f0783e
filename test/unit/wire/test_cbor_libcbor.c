/*
 * CBOR reader against libcbor. Lenient: one verdict. Strict: libcbor accepts
 * what we accept and encodes it again to the same octets. Known and wanted
 * differences: our limit of depth, the UTF-8 of texts (libcbor does not look),
 * simple values and tags that libcbor refuses (item_foreign below).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#include <stdlib.h>
#include <cbor.h>

#include "sample.h"
#include "wire/cbor.h"

#define MUTATIONS 6000

static const char dictionary[] =
    "\x00\x17\x18\x19\x1a\x1b\x20\x38\x40\x58\x5f"
    "\x60\x78\x7f\x80\x81\x82\x98\x9f\xa0\xa1\xa2\xb8\xbf\xc0\xc1\xd8\xf4\xf6"
    "\xf7\xf8\xf9\xfa\xfb\xff";

static const char *files[] = { "cbrski-cose/pvr.hex", "cbrski-cose/rvr.hex",
	"cbrski-cose/voucher.hex", "cbrski-cose/voucher-with-x5bag.hex",
	"cbrski-cose/pvr-nonsigned.hex", "cbrski-cose/rvr-nonsigned.hex",
	"cbrski-cose/voucher-nonsigned.hex" };

static const char *items[] = {
	"a4 00 01 1864 20 617a 626161 8120 f4",
	"9f018202039f0405ffff",
	"bf61610161629f0203ffff",
	"5f42010243030405ff",
	"7f6161626262ff",
	"d83d84 43a10126 a0 44a1011864 4101",
	"84 f4f5f6f7",
	"83 f93c00 fa47c35000 fb3ff199999999999a",
	"1bffffffffffffffff",
	"a201f902fb3ff199999999999a",
	"8881f6820000a10101c24100d83d4101f4f5f6",
};

/*
 * A count of many thousands among the heads: libcbor takes the memory before it looks
 * whether the octets are there, and walks it when it gives up. Heads follow one
 * another whatever their nesting; only the content of strings is passed over.
 */
static bool
promises_giant(struct span s)
{
	size_t at = 0, n, i;
	uint64_t value;
	unsigned major;
	bool indefinite;

	while (at < s.len) {
		major = s.ptr[at] >> 5;
		value = s.ptr[at++] & 31;
		indefinite = value == 31;
		if (value >= 24 && value <= 27) {
			n = (size_t)1 << (value - 24);
			for (i = value = 0; i < n && at < s.len; i++)
				value = value << 8 | s.ptr[at++];
		}
		if (major == CBOR_ARRAY || major == CBOR_MAP) {
			if (value > 10000)
				return true;
		} else if (major == CBOR_BYTES || major == CBOR_TEXT) {
			value = indefinite ? 0 : value;
			if (value > s.len - at)
				return false;
			at += (size_t)value;
		}
	}
	return false;
}

static cbor_item_t *
load(struct span s)
{
	struct cbor_load_result result;
	cbor_item_t *item = cbor_load(s.ptr, s.len, &result);

	if (item != NULL && result.read != s.len)
		cbor_decref(&item);
	return item;
}

static void
encoding_compare(struct span s, cbor_item_t *item)
{
	unsigned char *again = NULL;
	size_t room = 0, len = cbor_serialize_alloc(item, &again, &room);

	assert_int_equal(len, s.len);
	assert_memory_equal(again, s.ptr, len);
	free(again);
}

/* What an accepted item holds that libcbor 0.8 refuses (simple values but
 * false to undefined, the tags 6 to 20) or forgets (bits of a NaN or of a subnormal half). */
static bool
item_foreign(struct cbor *c)
{
	uint8_t first = *c->pos;
	bool found = false;
	uint64_t n = 0, i;

	switch (cbor_peek(c)) {
	case CBOR_TAG:
		assert_int_equal(cbor_tag(c, &n), WIRE_OK);
		found = item_foreign(c);
		return found || (first >= 0xc6 && first <= 0xd4);
	case CBOR_ARRAY:
		assert_int_equal(cbor_array(c, &n), WIRE_OK);
		break;
	case CBOR_MAP:
		assert_int_equal(cbor_map(c, &n), WIRE_OK);
		n = n == CBOR_INDEFINITE ? n : 2 * n;
		break;
	case CBOR_SIMPLE:
		found = first < 0xf4 || first == 0xf8 ||
		    (first > 0xf8 && (c->pos[1] & 0x7c) == 0x7c) ||
		    (first == 0xf9 && (c->pos[1] & 0x7c) == 0);
		assert_int_equal(cbor_skip(c, NULL), WIRE_OK);
		return found;
	default:
		assert_int_equal(cbor_skip(c, NULL), WIRE_OK);
		return false;
	}
	for (i = 0; n == CBOR_INDEFINITE ? !cbor_break(c) : i < n; i++)
		if (item_foreign(c))
			found = true;
	return found;
}

static bool
text_high(struct span s)
{
	size_t i;

	for (i = 0; i < s.len; i++)
		if (s.ptr[i] >= 0x80)
			return true;
	return false;
}

static unsigned agreed_good, agreed_bad, agreed_strict;

static void
verdict_compare(struct span s, const char *title, size_t number)
{
	enum wire_error strict, lenient;
	cbor_item_t *item;
	struct cbor c;
	bool foreign;

	cbor_open(&c, s, true);
	if ((strict = cbor_skip(&c, NULL)) == WIRE_OK)
		strict = cbor_end(&c);
	cbor_open(&c, s, false);
	if ((lenient = cbor_skip(&c, NULL)) == WIRE_OK)
		lenient = cbor_end(&c);
	if (strict == WIRE_OK)
		assert_int_equal(lenient, WIRE_OK);
	if (lenient != WIRE_OK && promises_giant(s))
		return;
	item = load(s);
	cbor_open(&c, s, false);
	foreign = lenient == WIRE_OK && item_foreign(&c);
	if (lenient == WIRE_OK && item == NULL && !foreign)
		fail_msg("%s, mutation %zu: refused by libcbor", title, number);
	if (lenient != WIRE_OK && item != NULL && lenient != WIRE_DEPTH &&
	    !(lenient == WIRE_VALUE && text_high(s)))
		fail_msg("%s, mutation %zu: we say %s", title, number,
		    wire_error_text(lenient));
	if (strict == WIRE_OK && item != NULL && !foreign) {
		encoding_compare(s, item);
		agreed_strict++;
	}
	agreed_good += lenient == WIRE_OK && item != NULL;
	agreed_bad += lenient != WIRE_OK && item == NULL;
	if (item != NULL)
		cbor_decref(&item);
}

static void
seed_compare(struct span s, const char *title)
{
	size_t n;

	verdict_compare(s, title, 0);
	for (n = 1; n < MUTATIONS; n++)
		verdict_compare(
		    sample_mutate(s, n, dictionary, sizeof(dictionary) - 1),
		    title, n);
	sample_release();
}

static void
published_messages(void **state)
{
	struct span s;
	size_t i;

	(void)state;
	agreed_good = agreed_bad = agreed_strict = 0;
	for (i = 0; i < sizeof(files) / sizeof(*files); i++) {
		s = sample_hex_file(files[i]);
		if (s.ptr[0] == 0xd2) /* the COSE_Sign1 tag */
			s = span_of(s.ptr + 1, s.len - 1);
		seed_compare(s, files[i]);
	}
	assert_true(agreed_good > MUTATIONS && agreed_bad > MUTATIONS &&
	    agreed_strict > MUTATIONS / 2);
}

static void
small_items(void **state)
{
	size_t i;

	(void)state;
	agreed_good = agreed_bad = agreed_strict = 0;
	for (i = 0; i < sizeof(items) / sizeof(*items); i++)
		seed_compare(sample_hex(items[i]), items[i]);
	assert_true(agreed_good > MUTATIONS && agreed_bad > MUTATIONS &&
	    agreed_strict > MUTATIONS / 2);
}

/* Everything of one octet and of two, and a start of three. */
static void
short_items(void **state)
{
	uint8_t bytes[3] = { 0, 0, 0 };
	unsigned a, b;

	(void)state;
	for (a = 0; a < 256; a++)
		for (b = 0; b < 256; b++) {
			bytes[0] = (uint8_t)a;
			bytes[1] = (uint8_t)b;
			verdict_compare(span_of(bytes, 1), "one", a);
			verdict_compare(span_of(bytes, 2), "two", a << 8 | b);
			verdict_compare(span_of(bytes, 3), "three", a << 8 | b);
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(published_messages),
		cmocka_unit_test(small_items),
		cmocka_unit_test(short_items),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
