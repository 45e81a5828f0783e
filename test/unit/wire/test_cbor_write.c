/* CBOR writer: known octets, round trips through the reader, and no room. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#include "sample.h"
#include "wire/cbor.h"

static uint8_t buf[0x20000];

static struct cbor_out
open_out(void)
{
	struct cbor_out o;

	cbor_out_open(&o, buf, sizeof(buf));
	return o;
}

static void
written(const struct cbor_out *o, const char *hex)
{
	struct span s, expected = sample_hex(hex);

	assert_int_equal(cbor_out_span(o, &s), WIRE_OK);
	if (!span_eq(s, expected))
		fail_msg("not %s", hex);
	sample_release();
}

/* Heads on both sides of every width, for all that a head can carry. */
static void
heads(void **state)
{
	static const struct {
		uint64_t value;
		const char *hex;
	} rows[] = {
		{ 0, "00" },
		{ 23, "17" },
		{ 24, "1818" },
		{ 255, "18ff" },
		{ 256, "190100" },
		{ 65535, "19ffff" },
		{ 65536, "1a00010000" },
		{ UINT32_MAX, "1affffffff" },
		{ UINT64_C(0x100000000), "1b0000000100000000" },
		{ UINT64_MAX, "1bffffffffffffffff" },
	};
	struct cbor_out o;
	struct cbor c;
	uint64_t back;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		o = open_out();
		cbor_put_uint(&o, rows[i].value);
		written(&o, rows[i].hex);
		cbor_open(&c, span_of(buf, o.len), true);
		assert_int_equal(cbor_uint(&c, &back), WIRE_OK);
		assert_true(back == rows[i].value);
		o = open_out();
		cbor_put_tag(&o, rows[i].value);
		cbor_open(&c, span_of(buf, o.len), true);
		assert_int_equal(cbor_tag(&c, &back), WIRE_OK);
		assert_true(back == rows[i].value);
	}
}

static void
signed_integers(void **state)
{
	static const struct {
		int64_t value;
		const char *hex;
	} rows[] = {
		{ 0, "00" },
		{ -1, "20" },
		{ -24, "37" },
		{ -25, "3818" },
		{ -256, "38ff" },
		{ -257, "390100" },
		{ 24, "1818" },
		{ INT64_MAX, "1b7fffffffffffffff" },
		{ INT64_MIN, "3b7fffffffffffffff" },
	};
	struct cbor_out o;
	struct cbor c;
	int64_t back;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		o = open_out();
		cbor_put_int(&o, rows[i].value);
		written(&o, rows[i].hex);
		cbor_open(&c, span_of(buf, o.len), true);
		assert_int_equal(cbor_int(&c, &back), WIRE_OK);
		assert_true(back == rows[i].value);
	}
}

static void
message_write(struct cbor_out *o)
{
	static const uint8_t filler[300] = { 1, 2, 3 };

	cbor_put_tag(o, 18);
	cbor_put_array(o, 4);
	cbor_put_map(o, 2);
	cbor_put_uint(o, 1);
	cbor_put_int(o, -7);
	cbor_put_string(o, "k");
	cbor_put_text(o, span_str("caf\xc3\xa9"));
	cbor_put_bytes(o, span_of(filler, sizeof(filler)));
	cbor_put_bool(o, true);
	cbor_put_array(o, 3);
	cbor_put_bool(o, false);
	cbor_put_null(o);
	cbor_put_raw(o, span_of("\x80", 1));
}

static void
everything(void **state)
{
	struct cbor_out o = open_out();
	struct span head, s;
	struct cbor c;

	(void)state;
	message_write(&o);
	head = sample_hex("d284 a2 01 26 616b 65636166c3a9 59012c 010203");
	assert_memory_equal(buf, head.ptr, head.len);
	assert_memory_equal(buf + o.len - 5, "\xf5\x83\xf4\xf6\x80", 5);
	assert_int_equal(cbor_out_span(&o, &s), WIRE_OK);
	cbor_open(&c, s, true);
	assert_int_equal(cbor_skip(&c, NULL), WIRE_OK);
	assert_int_equal(cbor_end(&c), WIRE_OK);
	o = open_out();
	cbor_put_bytes(&o, span_of(NULL, 0));
	cbor_put_text(&o, span_of(NULL, 0));
	cbor_put_map(&o, 0);
	written(&o, "4060a0");
}

static void
lengths(void **state)
{
	static const size_t rows[] = { 0, 1, 23, 24, 255, 256, 65535, 65536 };
	static uint8_t filler[65536];
	struct cbor_out o;
	struct cbor c;
	struct span s;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		memset(filler, 'a' + (int)i, sizeof(filler));
		o = open_out();
		cbor_put_bytes(&o, span_of(filler, rows[i]));
		cbor_put_text(&o, span_of(filler, rows[i] / 2));
		assert_int_equal(cbor_out_span(&o, &s), WIRE_OK);
		cbor_open(&c, s, true);
		assert_int_equal(cbor_bytes(&c, &s), WIRE_OK);
		assert_true(span_eq(s, span_of(filler, rows[i])));
		assert_int_equal(cbor_text(&c, &s), WIRE_OK);
		assert_true(span_eq(s, span_of(filler, rows[i] / 2)));
		assert_int_equal(cbor_end(&c), WIRE_OK);
	}
}

static void
no_room(void **state)
{
	struct cbor_out o = open_out();
	struct span whole, s, room;
	size_t cap;

	(void)state;
	message_write(&o);
	assert_int_equal(cbor_out_span(&o, &whole), WIRE_OK);
	for (cap = 0; cap <= whole.len; cap++) {
		room = sample_copy(whole.ptr, cap);
		cbor_out_open(&o, (uint8_t *)(uintptr_t)room.ptr, cap);
		message_write(&o);
		assert_int_equal(cbor_out_span(&o, &s),
		    cap < whole.len ? WIRE_FULL : WIRE_OK);
		assert_true(o.len <= cap);
		sample_release();
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(heads),
		cmocka_unit_test(signed_integers),
		cmocka_unit_test(everything),
		cmocka_unit_test(lengths),
		cmocka_unit_test(no_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
