/* Whole CBOR items, strict and lenient. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#include "sample.h"
#include "wire/cbor.h"

struct row {
	const char *hex;
	enum wire_error strict;
	enum wire_error lenient;
};

static void
row_check(const char *hex, bool strict, enum wire_error expected)
{
	struct span bytes = sample_hex(hex), whole;
	enum wire_error error;
	struct cbor c;

	cbor_open(&c, bytes, strict);
	error = cbor_skip(&c, &whole);
	if (error != expected)
		fail_msg("%s: %s", hex, wire_error_text(error));
	if (error == WIRE_OK) {
		assert_true(whole.ptr == bytes.ptr && whole.len == bytes.len);
		assert_int_equal(cbor_end(&c), WIRE_OK);
		cbor_open(&c, bytes, strict);
		assert_int_equal(cbor_skip(&c, NULL), WIRE_OK);
	} else {
		assert_ptr_equal(c.pos, bytes.ptr);
	}
}

static void
rows_check(const struct row *rows, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		row_check(rows[i].hex, true, rows[i].strict);
		row_check(rows[i].hex, false, rows[i].lenient);
	}
	sample_release();
}

#define ROWS(rows) rows_check(rows, sizeof(rows) / sizeof(*rows))

/* RFC 8949 Appendix A: those that are deterministic, then those that are not. */
static void
published(void **state)
{
	static const struct row rows[] = {
		{ "1bffffffffffffffff", WIRE_OK, WIRE_OK },
		{ "3bffffffffffffffff", WIRE_OK, WIRE_OK },
		{ "c249010000000000000000", WIRE_OK, WIRE_OK },
		{ "f90000", WIRE_OK, WIRE_OK },
		{ "f98000", WIRE_OK, WIRE_OK },
		{ "f93c00", WIRE_OK, WIRE_OK },
		{ "f97bff", WIRE_OK, WIRE_OK },
		{ "fb3ff199999999999a", WIRE_OK, WIRE_OK }, /* 1.1 */
		{ "fa47c35000", WIRE_OK, WIRE_OK },	    /* 100000.0 */
		{ "fa7f7fffff", WIRE_OK, WIRE_OK },
		{ "fb7e37e43c8800759c", WIRE_OK, WIRE_OK }, /* 1e300 */
		{ "f90001", WIRE_OK, WIRE_OK },
		{ "f90400", WIRE_OK, WIRE_OK },
		{ "fbc010666666666666", WIRE_OK, WIRE_OK }, /* -4.1 */
		{ "f97c00", WIRE_OK, WIRE_OK },
		{ "f97e00", WIRE_OK, WIRE_OK },
		{ "f9fc00", WIRE_OK, WIRE_OK },
		{ "f7", WIRE_OK, WIRE_OK },
		{ "f0", WIRE_OK, WIRE_OK },
		{ "f8ff", WIRE_OK, WIRE_OK },
		{ "c11a514b67b0", WIRE_OK, WIRE_OK },
		{ "c1fb41d452d9ec200000", WIRE_OK, WIRE_OK },
		{ "d818456449455446", WIRE_OK, WIRE_OK },
		{ "64f0908591", WIRE_OK, WIRE_OK },
		{ "8301820203820405", WIRE_OK, WIRE_OK },
		{ "a26161016162820203", WIRE_OK, WIRE_OK },
		{ "826161a161626163", WIRE_OK, WIRE_OK },
		{ "fa7f800000", WIRE_LENGTH, WIRE_OK },
		{ "fa7fc00000", WIRE_LENGTH, WIRE_OK },
		{ "faff800000", WIRE_LENGTH, WIRE_OK },
		{ "fb7ff0000000000000", WIRE_LENGTH, WIRE_OK },
		{ "fb7ff8000000000000", WIRE_LENGTH, WIRE_OK },
		{ "5f42010243030405ff", WIRE_LENGTH, WIRE_OK },
		{ "7f657374726561646d696e67ff", WIRE_LENGTH, WIRE_OK },
		{ "9fff", WIRE_LENGTH, WIRE_OK },
		{ "9f018202039f0405ffff", WIRE_LENGTH, WIRE_OK },
		{ "83018202039f0405ff", WIRE_LENGTH, WIRE_OK },
		{ "bf61610161629f0203ffff", WIRE_LENGTH, WIRE_OK },
		{ "bf6346756ef563416d7421ff", WIRE_LENGTH, WIRE_OK },
	};

	(void)state;
	ROWS(rows);
}

/* RFC 8949 Appendix F: not well-formed. */
static void
not_well_formed(void **state)
{
	static const char *rows[] = {
		"",
		"18",
		"19",
		"1a0102",
		"1b01020304050607",
		"38",
		"58",
		"78",
		"98",
		"9a01ff00",
		"b8",
		"d8",
		"f8",
		"f900",
		"fa0000",
		"fb000000",
		"41",
		"61",
		"5affffffff00",
		"5bffffffffffffffff010203",
		"7affffffff00",
		"7b7fffffffffffffff010203",
		"81",
		"818181818181818181",
		"8200",
		"a1",
		"a20102",
		"a100",
		"a2000000",
		"c0",
		"5f4100",
		"7f6100",
		"9f",
		"9f0102",
		"bf",
		"bf01020102",
		"819f",
		"9f8000",
		"9f9f9f9f9fffffffff",
		"9f819f819f9fffffff",
		"1c",
		"1d",
		"1e",
		"3c",
		"3d",
		"3e",
		"5c",
		"5d",
		"5e",
		"7c",
		"7d",
		"7e",
		"9c",
		"9d",
		"9e",
		"bc",
		"bd",
		"be",
		"dc",
		"dd",
		"de",
		"fc",
		"fd",
		"fe",
		"f800",
		"f801",
		"f818",
		"f81f",
		"5f00ff",
		"5f21ff",
		"5f6100ff",
		"5f80ff",
		"5fa0ff",
		"5fc000ff",
		"5fe0ff",
		"7f4100ff",
		"5f5f4100ffff",
		"7f7f6100ffff",
		"ff",
		"81ff",
		"8200ff",
		"a1ff",
		"a1ff00",
		"a100ff",
		"a20000ff",
		"9f81ff",
		"9f829f819f9fffffffff",
		"bf00ff",
		"bf000000ff",
		"1f",
		"3f",
		"df",
	};
	struct cbor c;
	size_t i;

	(void)state;
	for (i = 0; i < 2 * sizeof(rows) / sizeof(*rows); i++) {
		cbor_open(&c, sample_hex(rows[i / 2]), i & 1);
		if (cbor_skip(&c, NULL) == WIRE_OK)
			fail_msg("%s", rows[i / 2]);
	}
	sample_release();
}

/* Each float on the edge of the next narrower format. */
static void
floats(void **state)
{
	static const struct row rows[] = {
		{ "fa00000000", WIRE_LENGTH, WIRE_OK }, /* 0 */
		{ "fa80000000", WIRE_LENGTH, WIRE_OK },
		{ "fa3f800000", WIRE_LENGTH, WIRE_OK }, /* 1 */
		{ "fa3f802000", WIRE_LENGTH, WIRE_OK }, /* one half step */
		{ "fa3f801000", WIRE_OK, WIRE_OK },
		{ "fa477fe000", WIRE_LENGTH, WIRE_OK }, /* 65504 */
		{ "fa477ff000", WIRE_OK, WIRE_OK },
		{ "fa47800000", WIRE_OK, WIRE_OK },	/* 65536 */
		{ "fa38800000", WIRE_LENGTH, WIRE_OK }, /* 2^-14 */
		{ "fa38000000", WIRE_LENGTH, WIRE_OK }, /* 2^-15 */
		{ "fa38004000", WIRE_LENGTH, WIRE_OK },
		{ "fa38002000", WIRE_OK, WIRE_OK },
		{ "fa33800000", WIRE_LENGTH, WIRE_OK }, /* 2^-24 */
		{ "fa33c00000", WIRE_OK, WIRE_OK },
		{ "fa33000000", WIRE_OK, WIRE_OK }, /* 2^-25 */
		{ "fa00000001", WIRE_OK, WIRE_OK },
		{ "fa00400000", WIRE_OK, WIRE_OK },
		{ "fa7f802000", WIRE_LENGTH, WIRE_OK }, /* NaN */
		{ "fa7f801000", WIRE_OK, WIRE_OK },
		{ "fb0000000000000000", WIRE_LENGTH, WIRE_OK },
		{ "fb3ff0000020000000", WIRE_LENGTH, WIRE_OK },
		{ "fb3ff0000010000000", WIRE_OK, WIRE_OK },
		{ "fb47efffffe0000000", WIRE_LENGTH, WIRE_OK }, /* FLT_MAX */
		{ "fb47f0000000000000", WIRE_OK, WIRE_OK },	/* 2^128 */
		{ "fb3810000000000000", WIRE_LENGTH, WIRE_OK }, /* 2^-126 */
		{ "fb36a0000000000000", WIRE_LENGTH, WIRE_OK }, /* 2^-149 */
		{ "fb36a8000000000000", WIRE_OK, WIRE_OK },
		{ "fb3690000000000000", WIRE_OK, WIRE_OK }, /* 2^-150 */
		{ "fb0000000000000001", WIRE_OK, WIRE_OK },
		{ "fb7ff0000000000001", WIRE_OK, WIRE_OK },
	};

	(void)state;
	ROWS(rows);
}

static void
map_keys(void **state)
{
	static const struct row rows[] = {
		{ "a20a001864 00", WIRE_OK, WIRE_OK },
		{ "a2186400 0a00", WIRE_VALUE, WIRE_OK },
		{ "a20a000a01", WIRE_DUPLICATE, WIRE_OK },
		{ "a300000100 0100", WIRE_DUPLICATE, WIRE_OK },
		{ "a3 01000000 0100", WIRE_VALUE, WIRE_OK },
		{ "a2616200 616100", WIRE_VALUE, WIRE_OK },
		{ "a2617a00 62616100", WIRE_OK, WIRE_OK },
		{ "a262616100 617a00", WIRE_VALUE, WIRE_OK },
		{ "a2410000 4000", WIRE_VALUE, WIRE_OK },
		{ "a2800081 0000", WIRE_OK, WIRE_OK },
		{ "81a2 0100 0000", WIRE_VALUE, WIRE_OK },
		{ "a1 00 a2 0100 0000", WIRE_VALUE, WIRE_OK },
		{ "a1 a2 0100 0000 00", WIRE_VALUE, WIRE_OK },
		{ "d83d a2 0100 0000", WIRE_VALUE, WIRE_OK },
		/* equal numbers in two forms: only strictly one */
		{ "a2 00 00 1800 00", WIRE_LENGTH, WIRE_OK },
	};

	(void)state;
	ROWS(rows);
}

/* Arrays, maps (by value and by key) and tags all count. */
static void
depth(void **state)
{
	static const char *open[] = { "81", "a100", "a1", "c1", "9f" };
	static const char *close[] = { "", "", "00", "", "ff" };
	char hex[256];
	size_t kind, i, levels;

	(void)state;
	for (kind = 0; kind < 5; kind++) {
		for (levels = CBOR_MAX_DEPTH; levels < CBOR_MAX_DEPTH + 2;
		     levels++) {
			hex[0] = '\0';
			for (i = 0; i < levels; i++)
				strcat(hex, open[kind]);
			strcat(hex, "00");
			for (i = 0; i < levels; i++)
				strcat(hex, close[kind]);
			row_check(hex, false,
			    levels > CBOR_MAX_DEPTH ? WIRE_DEPTH : WIRE_OK);
			if (kind < 4)
				row_check(hex, true,
				    levels > CBOR_MAX_DEPTH ? WIRE_DEPTH
							    : WIRE_OK);
		}
	}
	sample_release();
}

/* The cursor stands behind one item, not behind all. */
static void
one_of_many(void **state)
{
	struct span whole;
	struct cbor c;

	(void)state;
	cbor_open(&c, sample_hex("820102 4100 f6"), true);
	assert_int_equal(cbor_skip(&c, &whole), WIRE_OK);
	assert_int_equal(whole.len, 3);
	assert_int_equal(cbor_skip(&c, &whole), WIRE_OK);
	assert_int_equal(whole.len, 2);
	assert_int_equal(cbor_end(&c), WIRE_TRAILING);
	assert_int_equal(cbor_skip(&c, NULL), WIRE_OK);
	assert_int_equal(cbor_end(&c), WIRE_OK);
	assert_int_equal(cbor_skip(&c, NULL), WIRE_TRUNCATED);
	sample_release();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(published),
		cmocka_unit_test(not_well_formed),
		cmocka_unit_test(floats),
		cmocka_unit_test(map_keys),
		cmocka_unit_test(depth),
		cmocka_unit_test(one_of_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
