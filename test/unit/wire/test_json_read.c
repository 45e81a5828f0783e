/* JSON reader: what is a text and what is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#include "sample.h"
#include "wire/json.h"

struct row {
	const char *text;
	enum wire_error error;
	size_t where; /* of a fault; not judged when accepted */
};

static void
rows_check(const struct row *rows, size_t count)
{
	struct json_value root;
	enum wire_error error;
	size_t i, where, len;

	for (i = 0; i < count; i++) {
		len = strlen(rows[i].text);
		where = 9999;
		error =
		    json_parse(sample_copy(rows[i].text, len), &root, &where);
		if (error != rows[i].error ||
		    where != (error == WIRE_OK ? len : rows[i].where))
			fail_msg("%s: %s at %zu", rows[i].text,
			    wire_error_text(error), where);
		assert_int_equal(
		    json_parse(sample_copy(rows[i].text, len), &root, NULL),
		    error);
	}
	sample_release();
}

#define ROWS(rows) rows_check(rows, sizeof(rows) / sizeof(*rows))

static void
values(void **state)
{
	static const struct row rows[] = {
		{ "{}", WIRE_OK, 0 },
		{ "[]", WIRE_OK, 0 },
		{ "\"\"", WIRE_OK, 0 },
		{ "0", WIRE_OK, 0 },
		{ "true", WIRE_OK, 0 },
		{ "false", WIRE_OK, 0 },
		{ "null", WIRE_OK, 0 },
		{ " \t\r\n{ \"a\" : [ 1 , null ] } \n", WIRE_OK, 0 },
		{ "", WIRE_TRUNCATED, 0 },
		{ "  ", WIRE_TRUNCATED, 2 },
		{ "tru", WIRE_TRUNCATED, 3 },
		{ "trua", WIRE_VALUE, 3 },
		{ "truee", WIRE_TRAILING, 4 },
		{ "True", WIRE_VALUE, 0 },
		{ "nul", WIRE_TRUNCATED, 3 },
		{ "fals ", WIRE_VALUE, 4 },
		{ "{} {}", WIRE_TRAILING, 3 },
		{ "1 2", WIRE_TRAILING, 2 },
		{ "[]]", WIRE_TRAILING, 2 },
		{ "]", WIRE_VALUE, 0 },
		{ "'a'", WIRE_VALUE, 0 },
		{ "a", WIRE_VALUE, 0 },
		{ "\xef\xbb\xbf{}", WIRE_VALUE, 0 }, /* BOM */
		{ "\v{}", WIRE_VALUE, 0 },
		{ "\f{}", WIRE_VALUE, 0 },
		{ "\xc2\xa0{}", WIRE_VALUE, 0 },
		{ "/**/{}", WIRE_VALUE, 0 },
		{ "NaN", WIRE_VALUE, 0 },
		{ "Infinity", WIRE_VALUE, 0 },
	};

	(void)state;
	ROWS(rows);
}

static void
containers(void **state)
{
	static const struct row rows[] = {
		{ "[", WIRE_TRUNCATED, 1 },
		{ "[1", WIRE_TRUNCATED, 2 },
		{ "[1,", WIRE_TRUNCATED, 3 },
		{ "[1,]", WIRE_VALUE, 3 },
		{ "[,1]", WIRE_VALUE, 1 },
		{ "[1 2]", WIRE_VALUE, 3 },
		{ "[1}", WIRE_VALUE, 2 },
		{ "[1:2]", WIRE_VALUE, 2 },
		{ "{", WIRE_TRUNCATED, 1 },
		{ "{\"a", WIRE_TRUNCATED, 3 },
		{ "{\"a\"", WIRE_TRUNCATED, 4 },
		{ "{\"a\":", WIRE_TRUNCATED, 5 },
		{ "{\"a\":1", WIRE_TRUNCATED, 6 },
		{ "{\"a\":1,", WIRE_TRUNCATED, 7 },
		{ "{\"a\":1,}", WIRE_VALUE, 7 },
		{ "{,}", WIRE_VALUE, 1 },
		{ "{\"a\"}", WIRE_VALUE, 4 },
		{ "{\"a\" 1}", WIRE_VALUE, 5 },
		{ "{\"a\",1}", WIRE_VALUE, 4 },
		{ "{a:1}", WIRE_VALUE, 1 },
		{ "{1:1}", WIRE_VALUE, 1 },
		{ "{null:1}", WIRE_VALUE, 1 },
		{ "{\"a\":1]", WIRE_VALUE, 6 },
		{ "{\"a\":}", WIRE_VALUE, 5 },
		{ "{\"a\":1 \"b\":2}", WIRE_VALUE, 7 },
		{ "{\"a\":{\"a\":[{\"a\":1}]},\"b\":{\"a\":1}}", WIRE_OK, 0 },
	};

	(void)state;
	ROWS(rows);
}

static void
numbers(void **state)
{
	static const struct row rows[] = {
		{ "-0", WIRE_OK, 0 },
		{ "10", WIRE_OK, 0 },
		{ "1.5", WIRE_OK, 0 },
		{ "-1.5e+10", WIRE_OK, 0 },
		{ "0.0E-0", WIRE_OK, 0 },
		{ "1e400", WIRE_OK, 0 },
		{ "123456789012345678901234567890", WIRE_OK, 0 },
		{ "01", WIRE_TRAILING, 1 },
		{ "-01", WIRE_TRAILING, 2 },
		{ "+1", WIRE_VALUE, 0 },
		{ ".5", WIRE_VALUE, 0 },
		{ "-", WIRE_TRUNCATED, 1 },
		{ "-a", WIRE_VALUE, 1 },
		{ "--1", WIRE_VALUE, 1 },
		{ "1.", WIRE_TRUNCATED, 2 },
		{ "1.e1", WIRE_VALUE, 2 },
		{ "1e", WIRE_TRUNCATED, 2 },
		{ "1e+", WIRE_TRUNCATED, 3 },
		{ "1e+-1", WIRE_VALUE, 3 },
		{ "1e1.5", WIRE_TRAILING, 3 },
		{ "0x10", WIRE_TRAILING, 1 },
		{ "1_0", WIRE_TRAILING, 1 },
	};

	(void)state;
	ROWS(rows);
}

static void
strings(void **state)
{
	static const struct row rows[] = {
		{ "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\uabCD\"", WIRE_OK, 0 },
		{ "\"\x7f\"", WIRE_OK, 0 },
		{ "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"", WIRE_OK, 0 },
		/* escapes may hold what UTF-8 may not */
		{ "\"\\ud800\"", WIRE_OK, 0 },
		{ "\"\\u0000\"", WIRE_OK, 0 },
		{ "\"", WIRE_TRUNCATED, 1 },
		{ "\"a", WIRE_TRUNCATED, 2 },
		{ "\"\\\"", WIRE_TRUNCATED, 3 },
		{ "\"\\\\\"", WIRE_OK, 0 },
		{ "\"a\nb\"", WIRE_VALUE, 2 },
		{ "\"\t\"", WIRE_VALUE, 1 },
		{ "\"\x1f\"", WIRE_VALUE, 1 },
		{ "\"\\a\"", WIRE_VALUE, 1 },
		{ "\"\\'\"", WIRE_VALUE, 1 },
		{ "\"\\x41\"", WIRE_VALUE, 1 },
		{ "\"\\U0041\"", WIRE_VALUE, 1 },
		{ "\"\\u004\"", WIRE_VALUE, 1 },
		{ "\"\\u004g\"", WIRE_VALUE, 1 },
		{ "\"\\u-041\"", WIRE_VALUE, 1 },
		{ "\"\xc3\"", WIRE_VALUE, 1 },
		{ "\"\x80\"", WIRE_VALUE, 1 },
		{ "\"\xc0\xaf\"", WIRE_VALUE, 1 },
		{ "\"\xe0\x9f\xbf\"", WIRE_VALUE, 1 },
		{ "\"\xed\xa0\x80\"", WIRE_VALUE, 1 },
		{ "\"\xf4\x90\x80\x80\"", WIRE_VALUE, 1 },
		{ "\"\xf5\x80\x80\x80\"", WIRE_VALUE, 1 },
		{ "\"\xff\"", WIRE_VALUE, 1 },
	};

	(void)state;
	ROWS(rows);
}

static void
duplicates(void **state)
{
	static const struct row rows[] = {
		{ "{\"a\":1,\"a\":2}", WIRE_DUPLICATE, 10 },
		{ "{\"a\":1,\"b\":2,\"a\":2}", WIRE_DUPLICATE, 16 },
		{ "{\"a\":1,\"\\u0061\":2}", WIRE_DUPLICATE, 15 },
		{ "{\"\":1,\"\":2}", WIRE_DUPLICATE, 8 },
		{ "{\"/\":1,\"\\/\":2}", WIRE_DUPLICATE, 11 },
		{ "{\"\xf0\x9f\x98\x80\":1,\"\\ud83d\\uDE00\":2}",
		    WIRE_DUPLICATE, 24 },
		{ "{\"\\ud83d\":1,\"\\uD83D\":2}", WIRE_DUPLICATE, 20 },
		{ "[{\"x\":{\"a\":1,\"a\":2}}]", WIRE_DUPLICATE, 16 },
		{ "{\"a\":1,\"A\":2,\"ab\":3,\"\":4}", WIRE_OK, 0 },
		{ "{\"a\\u0000\":1,\"a\":2,\"a\\u0000b\":3}", WIRE_OK, 0 },
		{ "{\"e\xcc\x81\":1,\"\xc3\xa9\":2}", WIRE_OK, 0 },
	};

	(void)state;
	ROWS(rows);
}

static enum wire_error
parse_nested(unsigned depth, const char *open, const char *close)
{
	struct json_value root;
	char text[1024] = "";
	unsigned i;

	for (i = 0; i < depth; i++)
		strcat(text, open);
	strcat(text, "1");
	for (i = 0; i < depth; i++)
		strcat(text, close);
	return json_parse(span_str(text), &root, NULL);
}

static void
depth(void **state)
{
	struct json_value root;
	char text[JSON_MAX_DEPTH + 2];

	(void)state;
	assert_int_equal(parse_nested(JSON_MAX_DEPTH, "[", "]"), WIRE_OK);
	assert_int_equal(
	    parse_nested(JSON_MAX_DEPTH + 1, "[", "]"), WIRE_DEPTH);
	assert_int_equal(parse_nested(JSON_MAX_DEPTH, "{\"a\":", "}"), WIRE_OK);
	assert_int_equal(
	    parse_nested(JSON_MAX_DEPTH + 1, "{\"a\":", "}"), WIRE_DEPTH);
	assert_int_equal(
	    parse_nested(JSON_MAX_DEPTH / 2, "[{\"a\":", "}]"), WIRE_OK);
	/* Depth that was left counts no more. */
	assert_int_equal(parse_nested(JSON_MAX_DEPTH, "[[],", "]"), WIRE_DEPTH);
	assert_int_equal(
	    parse_nested(JSON_MAX_DEPTH - 1, "[[],{},", "]"), WIRE_OK);
	memset(text, '[', sizeof(text));
	assert_int_equal(json_parse(span_of(text, JSON_MAX_DEPTH), &root, NULL),
	    WIRE_TRUNCATED);
	assert_int_equal(
	    json_parse(span_of(text, sizeof(text)), &root, NULL), WIRE_DEPTH);
}

/* Names in an order that moves about, so that a new one goes everywhere. */
static enum wire_error
parse_members(unsigned count, unsigned again)
{
	static char text[JSON_MAX_MEMBERS * 16];
	struct json_value root;
	size_t len = 1;
	unsigned i;

	text[0] = '{';
	for (i = 0; i < count; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len,
		    "%s\"m%u\":%u", i > 0 ? "," : "",
		    i == count - 1 ? again * 167 % 257 : i * 167 % 257, i);
	text[len++] = '}';
	return json_parse(span_of(text, len), &root, NULL);
}

static void
members(void **state)
{
	char text[2 * JSON_MAX_ELEMENTS + 4] = "[";
	struct json_value root;
	unsigned i;

	(void)state;
	assert_int_equal(
	    parse_members(JSON_MAX_MEMBERS, JSON_MAX_MEMBERS - 1), WIRE_OK);
	assert_int_equal(
	    parse_members(JSON_MAX_MEMBERS + 1, JSON_MAX_MEMBERS), WIRE_LIMIT);
	for (i = 0; i < JSON_MAX_MEMBERS - 1; i++)
		assert_int_equal(
		    parse_members(JSON_MAX_MEMBERS, i), WIRE_DUPLICATE);
	for (i = 1; i < JSON_MAX_ELEMENTS; i++)
		memcpy(text + 2 * i - 1, "1,", 2);
	strcpy(text + 2 * i - 1, "1]");
	assert_int_equal(json_parse(span_str(text), &root, NULL), WIRE_OK);
	strcpy(text + strlen(text) - 1, ",1]");
	assert_int_equal(json_parse(span_str(text), &root, NULL), WIRE_LIMIT);
}

/* Octets that a C string cannot carry. */
static void
zero_octets(void **state)
{
	struct json_value root;

	(void)state;
	assert_int_equal(json_parse(span_of("\0", 1), &root, NULL), WIRE_VALUE);
	assert_int_equal(
	    json_parse(span_of("{}\0", 3), &root, NULL), WIRE_TRAILING);
	assert_int_equal(
	    json_parse(span_of("\"a\0b\"", 5), &root, NULL), WIRE_VALUE);
	assert_int_equal(
	    json_parse(span_of("\"\\\0\"", 4), &root, NULL), WIRE_VALUE);
	assert_int_equal(
	    json_parse(span_of(NULL, 0), &root, NULL), WIRE_TRUNCATED);
}

/* Characters are looked at by eights: every octet is judged alike wherever it
 * stands, and so is what is around it. */
static void
octets_at_all_places(void **state)
{
	char text[40], lone[3] = "\"?\"";
	struct json_value v;
	size_t where, at, len;
	unsigned octet;
	enum wire_error expected;

	(void)state;
	for (octet = 1; octet < 256; octet++) {
		lone[1] = (char)octet;
		expected = json_parse(span_of(lone, 3), &v, NULL);
		for (len = 1; len <= 20; len++) {
			for (at = 0; at < len; at++) {
				memset(text, 'A', sizeof(text));
				text[0] = text[len + 1] = '"';
				text[at + 1] = (char)octet;
				if (octet == '\\' && at + 1 < len)
					text[at + 2] = '\\';
				assert_int_equal(
				    json_parse(
					span_of(text, len + 2), &v, &where),
				    octet == '\\' && at + 1 < len ? WIRE_OK
					: octet == '"' ? WIRE_TRAILING
						       : expected);
				if (octet == '"')
					assert_int_equal(where, at + 2);
			}
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values),
		cmocka_unit_test(containers),
		cmocka_unit_test(numbers),
		cmocka_unit_test(strings),
		cmocka_unit_test(duplicates),
		cmocka_unit_test(depth),
		cmocka_unit_test(members),
		cmocka_unit_test(zero_octets),
		cmocka_unit_test(octets_at_all_places),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
