/* DER writer: known octets, round trips through the reader, and no room. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#include "sample.h"
#include "wire/der.h"

static uint8_t buf[0x20000];

static struct der_out
open_out(void)
{
	struct der_out o;

	der_out_open(&o, buf, sizeof(buf));
	return o;
}

static void
written(const struct der_out *o, const char *hex)
{
	struct span s, expected = sample_hex(hex);

	assert_int_equal(der_out_span(o, &s), WIRE_OK);
	if (!span_eq(s, expected))
		fail_msg("not %s", hex);
	sample_release();
}

static void
naturals(void **state)
{
	static const struct {
		uint64_t value;
		const char *hex;
	} rows[] = {
		{ 0, "020100" },
		{ 1, "020101" },
		{ 0x7f, "02017f" },
		{ 0x80, "02020080" },
		{ 0xff, "020200ff" },
		{ 0x100, "02020100" },
		{ 0x7fff, "02027fff" },
		{ 0x8000, "0203008000" },
		{ INT64_MAX, "02087fffffffffffffff" },
		{ UINT64_MAX, "020900ffffffffffffffff" },
	};
	struct der_out o;
	struct der d;
	uint64_t back;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		o = open_out();
		der_put_uint(&o, rows[i].value);
		written(&o, rows[i].hex);
		der_open(&d, span_of(buf, o.len));
		assert_int_equal(der_uint(&d, &back), WIRE_OK);
		assert_true(back == rows[i].value);
	}
	o = open_out();
	der_put_unsigned(&o, span_of("\0\0\x80\x01", 4));
	der_put_unsigned(&o, span_of("\0\0", 2));
	der_put_unsigned(&o, span_of(NULL, 0));
	written(&o, "0203008001 020100 020100");
}

static void
plain_values(void **state)
{
	struct der_out o = open_out();
	size_t outer, inner;

	(void)state;
	outer = der_begin(&o, DER_SEQUENCE);
	der_put_bool(&o, true);
	der_put_bool(&o, false);
	der_put(&o, DER_NULL, span_of(NULL, 0));
	der_put_oid(&o, span_of("\x2a\x86\x48", 3));
	inner = der_begin(&o, DER_CONTEXT_CONS(3));
	der_put_bits(&o, span_of("\x06\x80", 2), 7);
	der_close(&o, inner);
	der_put(&o, DER_OCTET_STRING, span_of(NULL, 0));
	der_put_raw(&o, span_of("\x02\x01\x05", 3));
	der_put_raw(&o, span_of(NULL, 0));
	der_close(&o, outer);
	written(&o,
	    "3019 0101ff 010100 0500 06032a8648 a3050303070680 0400 "
	    "020105");
}

/* Content on both sides of every length of lengths, one level and two. */
static void
lengths(void **state)
{
	static const size_t rows[] = { 0, 1, 0x7d, 0x7e, 0x7f, 0x80, 0xfc, 0xfd,
		0xfe, 0xff, 0x100, 0xfffb, 0xfffc, 0xffff, 0x10000 };
	static uint8_t filler[0x10000];
	struct der d, inner;
	struct span s, content;
	struct der_out o;
	size_t i, mark;

	(void)state;
	for (i = 0; i < sizeof(filler); i++)
		filler[i] = (uint8_t)(i * 7);
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		o = open_out();
		mark = der_begin(&o, DER_SEQUENCE);
		der_put(&o, DER_OCTET_STRING, span_of(filler, rows[i]));
		der_close(&o, mark);
		assert_int_equal(der_out_span(&o, &s), WIRE_OK);
		der_open(&d, s);
		assert_int_equal(der_enter(&d, DER_SEQUENCE, &inner), WIRE_OK);
		assert_int_equal(der_end(&d), WIRE_OK);
		assert_int_equal(der_octets(&inner, &content), WIRE_OK);
		assert_int_equal(der_end(&inner), WIRE_OK);
		assert_true(span_eq(content, span_of(filler, rows[i])));
	}
}

static void
message_write(struct der_out *o)
{
	static const uint8_t filler[300] = { 1, 2, 3 };
	size_t outer = der_begin(o, DER_SEQUENCE), inner;

	der_put_uint(o, 0x8000);
	inner = der_begin(o, DER_SET);
	der_put_time(o, 0);
	der_put(o, DER_OCTET_STRING, span_of(filler, sizeof(filler)));
	der_close(o, inner);
	der_put_bits(o, span_of(filler, 3), 0);
	der_close(o, outer);
}

/* With any room less than the whole: full, and nothing behind the end of it
 * is touched (the copy on the heap lets the sanitizer see). */
static void
no_room(void **state)
{
	struct der_out o = open_out();
	struct span whole, s, room;
	size_t cap;

	(void)state;
	message_write(&o);
	assert_int_equal(der_out_span(&o, &whole), WIRE_OK);
	for (cap = 0; cap <= whole.len; cap++) {
		room = sample_copy(whole.ptr, cap);
		der_out_open(&o, (uint8_t *)(uintptr_t)room.ptr, cap);
		message_write(&o);
		assert_int_equal(der_out_span(&o, &s),
		    cap < whole.len ? WIRE_FULL : WIRE_OK);
		assert_true(o.len <= cap);
		sample_release();
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(naturals),
		cmocka_unit_test(plain_values),
		cmocka_unit_test(lengths),
		cmocka_unit_test(no_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
