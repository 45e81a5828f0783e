/* CBOR reader: typed items, strict and lenient. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#include "sample.h"
#include "wire/cbor.h"

static struct cbor
opened(const char *hex, bool strict)
{
	struct cbor c;

	cbor_open(&c, sample_hex(hex), strict);
	return c;
}

/* After a call: taken whole on success, untouched on refusal. */
static void
cursor_check(const char *hex, const struct cbor *c, const struct cbor *before,
    enum wire_error error, enum wire_error expected)
{
	if (error != expected)
		fail_msg("%s: %s", hex, wire_error_text(error));
	if (error == WIRE_OK)
		assert_int_equal(cbor_end(c), WIRE_OK);
	else
		assert_ptr_equal(c->pos, before->pos);
}

static void
integers(void **state)
{
	static const struct {
		const char *hex;
		enum wire_error strict, lenient;
		int64_t value;
	} rows[] = {
		{ "00", WIRE_OK, WIRE_OK, 0 },
		{ "17", WIRE_OK, WIRE_OK, 23 },
		{ "1818", WIRE_OK, WIRE_OK, 24 },
		{ "18ff", WIRE_OK, WIRE_OK, 255 },
		{ "190100", WIRE_OK, WIRE_OK, 256 },
		{ "19ffff", WIRE_OK, WIRE_OK, 65535 },
		{ "1a00010000", WIRE_OK, WIRE_OK, 65536 },
		{ "1affffffff", WIRE_OK, WIRE_OK, UINT32_MAX },
		{ "1b0000000100000000", WIRE_OK, WIRE_OK,
		    INT64_C(0x100000000) },
		{ "1b7fffffffffffffff", WIRE_OK, WIRE_OK, INT64_MAX },
		{ "20", WIRE_OK, WIRE_OK, -1 },
		{ "37", WIRE_OK, WIRE_OK, -24 },
		{ "3818", WIRE_OK, WIRE_OK, -25 },
		{ "3b7fffffffffffffff", WIRE_OK, WIRE_OK, INT64_MIN },
		{ "1b8000000000000000", WIRE_VALUE, WIRE_VALUE, 0 },
		{ "3b8000000000000000", WIRE_VALUE, WIRE_VALUE, 0 },
		{ "1817", WIRE_LENGTH, WIRE_OK, 23 },
		{ "1800", WIRE_LENGTH, WIRE_OK, 0 },
		{ "1900ff", WIRE_LENGTH, WIRE_OK, 255 },
		{ "1a0000ffff", WIRE_LENGTH, WIRE_OK, 65535 },
		{ "1b00000000ffffffff", WIRE_LENGTH, WIRE_OK, UINT32_MAX },
		{ "3817", WIRE_LENGTH, WIRE_OK, -24 },
		{ "", WIRE_TRUNCATED, WIRE_TRUNCATED, 0 },
		{ "18", WIRE_TRUNCATED, WIRE_TRUNCATED, 0 },
		{ "1901", WIRE_TRUNCATED, WIRE_TRUNCATED, 0 },
		{ "1a010000", WIRE_TRUNCATED, WIRE_TRUNCATED, 0 },
		{ "1b01000000000000", WIRE_TRUNCATED, WIRE_TRUNCATED, 0 },
		{ "1c", WIRE_VALUE, WIRE_VALUE, 0 },
		{ "1e", WIRE_VALUE, WIRE_VALUE, 0 },
		{ "1f", WIRE_LENGTH, WIRE_LENGTH, 0 },
		{ "40", WIRE_TAG, WIRE_TAG, 0 },
		{ "f4", WIRE_TAG, WIRE_TAG, 0 },
		{ "c000", WIRE_TAG, WIRE_TAG, 0 },
	};
	struct cbor c, before;
	int64_t value;
	uint64_t number;
	size_t i;
	int strict;

	(void)state;
	for (i = 0; i < 2 * sizeof(rows) / sizeof(*rows); i++) {
		strict = i & 1;
		c = before = opened(rows[i / 2].hex, strict);
		value = 0;
		cursor_check(rows[i / 2].hex, &c, &before, cbor_int(&c, &value),
		    strict ? rows[i / 2].strict : rows[i / 2].lenient);
		if (cbor_end(&c) == WIRE_OK && before.pos != before.end &&
		    value != rows[i / 2].value)
			fail_msg("%s: %" PRId64, rows[i / 2].hex, value);
	}
	c = opened("1bffffffffffffffff", true);
	assert_int_equal(cbor_uint(&c, &number), WIRE_OK);
	assert_true(number == UINT64_MAX);
	c = opened("20", true);
	assert_int_equal(cbor_uint(&c, &number), WIRE_TAG);
	sample_release();
}

static void
strings(void **state)
{
	static const struct {
		const char *hex;
		bool text, strict;
		enum wire_error error;
		size_t len;
	} rows[] = {
		{ "40", false, true, WIRE_OK, 0 },
		{ "60", true, true, WIRE_OK, 0 },
		{ "4400ff0102", false, true, WIRE_OK, 4 },
		{ "63e282ac", true, true, WIRE_OK, 3 },
		{ "6180", true, true, WIRE_VALUE, 0 },
		{ "62c0af", true, true, WIRE_VALUE, 0 },
		{ "63eda080", true, false, WIRE_VALUE, 0 },
		{ "62c3", true, true, WIRE_TRUNCATED, 0 },
		{ "4401", false, true, WIRE_TRUNCATED, 0 },
		{ "5affffffff00", false, true, WIRE_TRUNCATED, 0 },
		{ "5bffffffffffffffff00", false, true, WIRE_TRUNCATED, 0 },
		{ "7bffffffffffffffff00", true, false, WIRE_TRUNCATED, 0 },
		{ "580100", false, true, WIRE_LENGTH, 0 },
		{ "580100", false, false, WIRE_OK, 1 },
		{ "78016b", true, false, WIRE_OK, 1 },
		{ "59000100", false, false, WIRE_OK, 1 },
		{ "60", false, true, WIRE_TAG, 0 },
		{ "40", true, true, WIRE_TAG, 0 },
		{ "5f4100ff", false, false, WIRE_LENGTH, 0 },
		{ "7f6161ff", true, true, WIRE_LENGTH, 0 },
		{ "5c00", false, false, WIRE_VALUE, 0 },
	};
	struct cbor c, before;
	struct span s;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		c = before = opened(rows[i].hex, rows[i].strict);
		s = span_of(NULL, 0);
		cursor_check(rows[i].hex, &c, &before,
		    rows[i].text ? cbor_text(&c, &s) : cbor_bytes(&c, &s),
		    rows[i].error);
		assert_int_equal(s.len, rows[i].len);
		if (rows[i].error == WIRE_OK)
			assert_ptr_equal(s.ptr + s.len, before.end);
	}
	sample_release();
}

static void
exact_bytes(void **state)
{
	struct cbor c = opened("43010203", true), before = c;
	uint8_t out[4] = { 9, 9, 9, 9 };

	(void)state;
	assert_int_equal(cbor_bytes_exact(&c, out, 2), WIRE_LENGTH);
	assert_int_equal(cbor_bytes_exact(&c, out, 4), WIRE_LENGTH);
	assert_ptr_equal(c.pos, before.pos);
	assert_int_equal(out[0], 9);
	assert_int_equal(cbor_bytes_exact(&c, out, 3), WIRE_OK);
	assert_memory_equal(out, "\1\2\3\11", 4);
	c = opened("40", true);
	assert_int_equal(cbor_bytes_exact(&c, NULL, 0), WIRE_OK);
	sample_release();
}

/* What a count promises must fit in the octets that are left. */
static void
containers(void **state)
{
	static const struct {
		const char *hex;
		bool map, strict;
		enum wire_error error;
		uint64_t count;
	} rows[] = {
		{ "80", false, true, WIRE_OK, 0 },
		{ "a0", true, true, WIRE_OK, 0 },
		{ "8100", false, true, WIRE_OK, 1 },
		{ "a10000", true, true, WIRE_OK, 1 },
		{ "820000", false, true, WIRE_OK, 2 },
		{ "81", false, true, WIRE_TRUNCATED, 0 },
		{ "8200", false, true, WIRE_TRUNCATED, 0 },
		{ "a100", true, true, WIRE_TRUNCATED, 0 },
		{ "a2000000", true, true, WIRE_TRUNCATED, 0 },
		{ "9bffffffffffffffff00", false, true, WIRE_TRUNCATED, 0 },
		{ "bb800000000000000000", true, true, WIRE_TRUNCATED, 0 },
		{ "bb7fffffffffffffff00", true, false, WIRE_TRUNCATED, 0 },
		{ "980100", false, true, WIRE_LENGTH, 0 },
		{ "980100", false, false, WIRE_OK, 1 },
		{ "9fff", false, true, WIRE_LENGTH, 0 },
		{ "bfff", true, true, WIRE_LENGTH, 0 },
		{ "9fff", false, false, WIRE_OK, CBOR_INDEFINITE },
		{ "bfff", true, false, WIRE_OK, CBOR_INDEFINITE },
		{ "a0", false, true, WIRE_TAG, 0 },
		{ "80", true, true, WIRE_TAG, 0 },
		{ "9c", false, false, WIRE_VALUE, 0 },
	};
	struct cbor c, before;
	enum wire_error error;
	uint64_t count;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		c = before = opened(rows[i].hex, rows[i].strict);
		count = 0;
		error =
		    rows[i].map ? cbor_map(&c, &count) : cbor_array(&c, &count);
		if (error != rows[i].error || count != rows[i].count)
			fail_msg("%s: %s", rows[i].hex, wire_error_text(error));
		if (error != WIRE_OK)
			assert_ptr_equal(c.pos, before.pos);
	}
	sample_release();
}

static void
marks(void **state)
{
	struct cbor c = opened("d83d f5 f4 f6 ff f7", true);
	uint64_t tag;
	bool value;

	(void)state;
	assert_int_equal(cbor_peek(&c), CBOR_TAG);
	assert_int_equal(cbor_bool(&c, &value), WIRE_TAG);
	assert_int_equal(cbor_tag(&c, &tag), WIRE_OK);
	assert_int_equal(tag, 61);
	assert_int_equal(cbor_tag(&c, &tag), WIRE_TAG);
	assert_false(cbor_null(&c));
	assert_int_equal(cbor_bool(&c, &value), WIRE_OK);
	assert_true(value);
	assert_int_equal(cbor_bool(&c, &value), WIRE_OK);
	assert_false(value);
	assert_false(cbor_break(&c));
	assert_int_equal(cbor_bool(&c, &value), WIRE_TAG);
	assert_true(cbor_null(&c));
	assert_true(cbor_break(&c));
	assert_int_equal(cbor_end(&c), WIRE_TRAILING);
	assert_false(cbor_null(&c)); /* undefined */
	c = opened("", true);
	assert_int_equal(cbor_peek(&c), -1);
	assert_false(cbor_null(&c));
	assert_false(cbor_break(&c));
	assert_int_equal(cbor_bool(&c, &value), WIRE_TRUNCATED);
	cbor_open(&c, span_of(NULL, 0), false);
	assert_int_equal(cbor_end(&c), WIRE_OK);
	assert_int_equal(cbor_peek(&c), -1);
	sample_release();
}

static void
key_order(void **state)
{
	/* RFC 8949 4.2.1, its own example, in order. */
	static const char *keys[] = { "0a", "1864", "20", "617a", "626161",
		"811864", "8120", "f4" };
	size_t n = sizeof(keys) / sizeof(*keys), i, j;
	int order;

	(void)state;
	for (i = 0; i < n; i++)
		for (j = 0; j < n; j++) {
			order = cbor_key_order(
			    sample_hex(keys[i]), sample_hex(keys[j]));
			if ((order > 0) != (i > j) || (order < 0) != (i < j))
				fail_msg("%s %s", keys[i], keys[j]);
		}
	assert_true(cbor_key_order(span_of("a", 1), span_of("ab", 2)) < 0);
	assert_true(cbor_key_order(span_of(NULL, 0), span_of("a", 1)) < 0);
	assert_true(cbor_key_order(span_of(NULL, 0), span_of(NULL, 0)) == 0);
	sample_release();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(integers),
		cmocka_unit_test(strings),
		cmocka_unit_test(exact_bytes),
		cmocka_unit_test(containers),
		cmocka_unit_test(marks),
		cmocka_unit_test(key_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
