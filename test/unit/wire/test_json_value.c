/* JSON accessors over checked texts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#include "sample.h"
#include "wire/json.h"

static struct json_value
parsed(const char *text)
{
	struct json_value root = { JSON_NULL, { NULL, 0 } };

	if (json_parse(sample_copy(text, strlen(text)), &root, NULL) != WIRE_OK)
		fail_msg("%s", text);
	return root;
}

static void
walk(void **state)
{
	static const struct {
		const char *name;
		const char *raw;
		enum json_type type;
	} rows[] = {
		{ "\"a\"", "-1.5e3", JSON_NUMBER },
		{ "\"b,]}:\\\"\"", "\"x\\\\\"", JSON_STRING },
		{ "\"c\"", "{ \"d\":[1 ,{}] , \"e\":\"}\" }", JSON_OBJECT },
		{ "\"\"", "[ [ ] , \"]\" ]", JSON_ARRAY },
		{ "\"t\"", "true", JSON_TRUE },
		{ "\"f\"", "false", JSON_FALSE },
		{ "\"n\"", "null", JSON_NULL },
		{ "\"z\"", "0", JSON_NUMBER },
	};
	struct json_value root, name, value;
	struct json_iter i;
	size_t n;

	(void)state;
	root =
	    parsed(" { \"a\":-1.5e3, \"b,]}:\\\"\" : \"x\\\\\" ,\n"
		   "\"c\":{ \"d\":[1 ,{}] , \"e\":\"}\" },\"\":[ [ ] , \"]\" ],"
		   "\"t\":true,\"f\":false\t,\"n\":null,\"z\":0} ");
	assert_int_equal(root.type, JSON_OBJECT);
	json_iter_open(&i, &root);
	for (n = 0; json_iter_next(&i, &name, &value); n++) {
		assert_int_equal(name.type, JSON_STRING);
		assert_int_equal(value.type, rows[n].type);
		if (!span_is(name.raw, rows[n].name) ||
		    !span_is(value.raw, rows[n].raw))
			fail_msg("member %zu", n);
	}
	assert_int_equal(n, sizeof(rows) / sizeof(*rows));
	assert_false(json_iter_next(&i, &name, &value));
	sample_release();
}

static size_t
elements(const char *text)
{
	struct json_value root = parsed(text), value;
	struct json_iter i;
	size_t n = 0;

	json_iter_open(&i, &root);
	while (json_iter_next(&i, NULL, &value))
		n++;
	return n;
}

static void
counts(void **state)
{
	(void)state;
	assert_int_equal(elements("[]"), 0);
	assert_int_equal(elements("[ ]"), 0);
	assert_int_equal(elements("{ }"), 0);
	assert_int_equal(elements("[1]"), 1);
	assert_int_equal(elements("[\"a\",\"b\"]"), 2);
	assert_int_equal(elements("[[],[[]],{},{\"a\":{}}]"), 4);
	assert_int_equal(elements("{\"a\":[1,2,3],\"b\":4}"), 2);
	/* No container, no elements. */
	assert_int_equal(elements("\"abc\""), 0);
	assert_int_equal(elements("12"), 0);
	assert_int_equal(elements("null"), 0);
	sample_release();
}

static void
member(void **state)
{
	struct json_value root = parsed("{\"x\":{\"y\":1},\"y\":2,"
					"\"caf\\u00e9\":3,\"\":4}"),
			  v;

	(void)state;
	assert_true(json_member(&root, "y", &v));
	assert_true(span_is(v.raw, "2"));
	assert_true(json_member(&root, "caf\xc3\xa9", &v));
	assert_true(span_is(v.raw, "3"));
	assert_true(json_member(&root, "", &v));
	assert_true(span_is(v.raw, "4"));
	assert_false(json_member(&root, "z", &v));
	assert_false(json_member(&root, "X", &v));
	root = parsed("[\"y\",1]");
	assert_false(json_member(&root, "y", &v));
	sample_release();
}

static void
string_values(void **state)
{
	static const struct {
		const char *text, *value;
	} rows[] = {
		{ "\"\"", "" },
		{ "\"abc\"", "abc" },
		{ "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t" },
		{ "\"\\u0041\\u007f\\u0080\\u07ff\\u0800\\uffff\"",
		    "A\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf" },
		{ "\"\\ud800\\udc00\\udbff\\udfff\"",
		    "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf" },
		{ "\"\\ud7ff\\ue000\"", "\xed\x9f\xbf\xee\x80\x80" },
		{ "\"\xe2\x82\xac\"", "\xe2\x82\xac" },
	};
	struct json_value v;
	size_t i, len, n;
	char out[64];

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		v = parsed(rows[i].text);
		n = strlen(rows[i].value);
		assert_int_equal(
		    json_string(&v, out, sizeof(out), &len), WIRE_OK);
		assert_int_equal(len, n);
		assert_string_equal(out, rows[i].value);
		/* Room for the terminator too, and not one octet less. */
		assert_int_equal(json_string(&v, out, n + 1, &len), WIRE_OK);
		assert_int_equal(json_string(&v, out, n, &len), WIRE_FULL);
		assert_int_equal(json_string(&v, out, 0, &len), WIRE_FULL);
		assert_true(json_string_is(&v, rows[i].value));
		memcpy(out, rows[i].value, n + 1);
		strcpy(out + n, "x");
		assert_false(json_string_is(&v, out));
		if (n > 0) {
			out[n - 1] = '\0';
			assert_false(json_string_is(&v, out));
		}
	}
	sample_release();
}

static void
strings_without_value(void **state)
{
	static const char *rows[] = { "\"\\u0000\"", "\"a\\u0000b\"",
		"\"\\ud800\"", "\"\\udbffx\"", "\"\\udc00\"", "\"\\udfff\"",
		"\"\\ud800\\u0041\"", "\"\\ud800\\ud800\"",
		"\"\\udc00\\ud800\"", "\"\\ud800\\n\"" };
	struct json_value v;
	char out[64];
	size_t i, len;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		v = parsed(rows[i]);
		if (json_string(&v, out, sizeof(out), &len) != WIRE_VALUE)
			fail_msg("%s", rows[i]);
		assert_false(json_string_is(&v, ""));
		assert_false(json_string_is(&v, "a"));
		assert_false(json_string_is(&v, "\xed\xa0\x80"));
	}
	v = parsed("12");
	assert_int_equal(json_string(&v, out, sizeof(out), &len), WIRE_TAG);
	assert_false(json_string_is(&v, "12"));
	sample_release();
}

static void
naturals(void **state)
{
	static const struct {
		const char *text;
		enum wire_error error;
		uint64_t value;
	} rows[] = {
		{ "0", WIRE_OK, 0 },
		{ "7", WIRE_OK, 7 },
		{ "9223372036854775807", WIRE_OK, INT64_MAX },
		{ "9223372036854775808", WIRE_VALUE, 0 },
		{ "9999999999999999999", WIRE_VALUE, 0 },
		{ "18446744073709551616", WIRE_VALUE, 0 },
		{ "-0", WIRE_VALUE, 0 },
		{ "-1", WIRE_VALUE, 0 },
		{ "1.0", WIRE_VALUE, 0 },
		{ "1e1", WIRE_VALUE, 0 },
		{ "\"1\"", WIRE_TAG, 0 },
		{ "true", WIRE_TAG, 0 },
		{ "[1]", WIRE_TAG, 0 },
	};
	struct json_value v;
	uint64_t value;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		v = parsed(rows[i].text);
		value = 0;
		if (json_uint(&v, &value) != rows[i].error ||
		    value != rows[i].value)
			fail_msg("%s", rows[i].text);
	}
	sample_release();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(walk),
		cmocka_unit_test(counts),
		cmocka_unit_test(member),
		cmocka_unit_test(string_values),
		cmocka_unit_test(strings_without_value),
		cmocka_unit_test(naturals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
