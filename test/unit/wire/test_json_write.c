/* JSON writer: known texts, round trips through the reader, and no room. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#include "sample.h"
#include "wire/json.h"

static char buf[4096];

static struct json_out
open_out(void)
{
	struct json_out o;

	json_out_open(&o, buf, sizeof(buf));
	return o;
}

static void
written(const struct json_out *o, const char *text)
{
	struct json_value root;
	struct span s;

	assert_int_equal(json_out_span(o, &s), WIRE_OK);
	if (!span_is(s, text))
		fail_msg("%.*s", (int)s.len, (const char *)s.ptr);
	assert_int_equal(json_parse(s, &root, NULL), WIRE_OK);
}

static void
message_write(struct json_out *o)
{
	json_begin_object(o);
	json_put_name(o, "a");
	json_begin_array(o);
	json_put_uint(o, 0);
	json_put_uint(o, UINT64_MAX);
	json_put_int(o, INT64_MIN);
	json_put_int(o, -1);
	json_put_int(o, INT64_MAX);
	json_begin_object(o);
	json_end_object(o);
	json_begin_array(o);
	json_end_array(o);
	json_end_array(o);
	json_put_name(o, "b\"");
	json_put_bool(o, true);
	json_put_name(o, "");
	json_begin_object(o);
	json_put_name(o, "n");
	json_put_null(o);
	json_put_name(o, "f");
	json_put_bool(o, false);
	json_end_object(o);
	json_put_name(o, "z");
	json_put_text(o, "z");
	json_end_object(o);
}

static void
structure(void **state)
{
	struct json_out o = open_out();

	(void)state;
	message_write(&o);
	written(&o,
	    "{\"a\":[0,18446744073709551615,-9223372036854775808,-1,"
	    "9223372036854775807,{},[]],\"b\\\"\":true,"
	    "\"\":{\"n\":null,\"f\":false},\"z\":\"z\"}");
}

static void
text_put(const char *bytes, size_t len, const char *expected)
{
	struct json_out o = open_out();

	json_put_string(&o, span_of(bytes, len));
	written(&o, expected);
}

static void
escapes(void **state)
{
	(void)state;
	text_put(NULL, 0, "\"\"");
	text_put("\"\\/", 3, "\"\\\"\\\\/\"");
	text_put("\0\n\x1f\x7f", 4, "\"\\u0000\\u000a\\u001f\x7f\"");
	/* C1: a terminal takes U+009B for ESC [. */
	text_put("\xc2\x9b"
		 "2J\xc2\x80\xc2\xa0",
	    8,
	    "\"\\u009b"
	    "2J\\u0080\xc2\xa0\"");
	text_put("\xc3\xa9\xf0\x9f\x98\x80", 6, "\"\xc3\xa9\xf0\x9f\x98\x80\"");
	/* Invalid UTF-8, one replacement for each octet that does not fit. */
	text_put("\xff", 1, "\"\xef\xbf\xbd\"");
	text_put("\xc3", 1, "\"\xef\xbf\xbd\"");
	text_put("\xc3"
		 "A",
	    2,
	    "\"\xef\xbf\xbd"
	    "A\"");
	text_put("\xed\xa0\x80", 3, "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");
	text_put("\xc0\"", 2, "\"\xef\xbf\xbd\\\"\"");
}

/* Every character that UTF-8 has comes back through the reader. */
static void
round_trip(void **state)
{
	struct json_out o;
	struct json_value root;
	char in[5], out[8];
	struct span s;
	uint32_t c;
	size_t n, len;

	(void)state;
	for (c = 1; c < 0x110000; c += c < 0x3000 ? 1 : 0xfd) {
		if (c >= 0xd800 && c < 0xe000)
			continue;
		n = 0;
		if (c < 0x80) {
			in[n++] = (char)c;
		} else if (c < 0x800) {
			in[n++] = (char)(0xc0 | c >> 6);
		} else if (c < 0x10000) {
			in[n++] = (char)(0xe0 | c >> 12);
		} else {
			in[n++] = (char)(0xf0 | c >> 18);
			in[n++] = (char)(0x80 | (c >> 12 & 63));
		}
		if (c >= 0x800)
			in[n++] = (char)(0x80 | (c >> 6 & 63));
		if (c >= 0x80)
			in[n++] = (char)(0x80 | (c & 63));
		in[n] = '\0';
		o = open_out();
		json_put_text(&o, in);
		assert_int_equal(json_out_span(&o, &s), WIRE_OK);
		assert_int_equal(json_parse(s, &root, NULL), WIRE_OK);
		assert_int_equal(
		    json_string(&root, out, sizeof(out), &len), WIRE_OK);
		assert_string_equal(out, in);
	}
}

/* RFC 4648 10, and octets that use every digit of the alphabet. */
static void
binary(void **state)
{
	static const char *rows[][2] = { { "", "\"\"" }, { "f", "\"Zg==\"" },
		{ "fo", "\"Zm8=\"" }, { "foo", "\"Zm9v\"" },
		{ "foob", "\"Zm9vYg==\"" }, { "fooba", "\"Zm9vYmE=\"" },
		{ "foobar", "\"Zm9vYmFy\"" } };
	struct json_out o;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		o = open_out();
		json_put_base64(&o, span_str(rows[i][0]));
		written(&o, rows[i][1]);
	}
	o = open_out();
	json_begin_array(&o);
	json_put_base64(&o,
	    sample_hex(
		"00108310518720928b30d38f41149351559761"
		"969b71d79f8218a39259a7a29aabb2dbafc31cb3d35db7e39ebbf3dfbf"));
	json_put_hex(&o, span_of("\x00\x9a\xff", 3));
	json_put_hex(&o, span_of(NULL, 0));
	json_end_array(&o);
	written(&o,
	    "[\"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	    "0123456789+/\",\"009aff\",\"\"]");
	sample_release();
}

static void
no_room(void **state)
{
	struct json_out o = open_out();
	struct span whole, s, room;
	size_t cap;

	(void)state;
	message_write(&o);
	assert_int_equal(json_out_span(&o, &whole), WIRE_OK);
	for (cap = 0; cap <= whole.len; cap++) {
		room = sample_copy(whole.ptr, cap);
		json_out_open(&o, (char *)(uintptr_t)room.ptr, cap);
		message_write(&o);
		assert_int_equal(json_out_span(&o, &s),
		    cap < whole.len ? WIRE_FULL : WIRE_OK);
		assert_true(o.len <= cap);
		sample_release();
	}
}

/* 31 levels can be written; one more makes the writer full. */
static void
depth(void **state)
{
	struct json_out o = open_out();
	struct span s;
	int i;

	(void)state;
	for (i = 0; i < 31; i++)
		json_begin_array(&o);
	assert_int_equal(json_out_span(&o, &s), WIRE_OK);
	for (i = 0; i < 31; i++)
		json_end_array(&o);
	assert_int_equal(json_out_span(&o, &s), WIRE_OK);
	assert_int_equal(s.len, 62);
	o = open_out();
	for (i = 0; i < 32; i++)
		json_begin_array(&o);
	assert_int_equal(json_out_span(&o, &s), WIRE_FULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(structure),
		cmocka_unit_test(escapes),
		cmocka_unit_test(round_trip),
		cmocka_unit_test(binary),
		cmocka_unit_test(no_room),
		cmocka_unit_test(depth),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
