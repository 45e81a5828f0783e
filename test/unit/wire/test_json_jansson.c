/*
 * JSON reader against jansson: one verdict and one value. Four differences are
 * known and wanted, each asserted to be what it is: our limits of depth and
 * members; numbers that jansson cannot hold; lone surrogates, which we refuse
 * when the string is read; U+0000 in a name. A zero octet behind a number is
 * lost on jansson, so texts with one are left to the test of the reader.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

/* Both sides use these names. */
#define JSON_OBJECT JANSSON_OBJECT
#define JSON_ARRAY  JANSSON_ARRAY
#define JSON_STRING JANSSON_STRING
#define JSON_TRUE   JANSSON_TRUE
#define JSON_FALSE  JANSSON_FALSE
#define JSON_NULL   JANSSON_NULL
#define json_string jansson_string
#include <jansson.h>
#undef JSON_OBJECT
#undef JSON_ARRAY
#undef JSON_STRING
#undef JSON_TRUE
#undef JSON_FALSE
#undef JSON_NULL
#undef json_string

#include "sample.h"
#include "wire/json.h"

#define MUTATIONS 3000

static const char dictionary[] = "{}[]\",:\\/u0089dDabfnrt+-.eE \n\x1f\x7f\x80"
				 "\xbf\xc0\xc3\xed\xf0\xff";

static const char *texts[] = {
	"{\"a\":[1,-2.5e+3,true,false,null,\"x\"],\"b\":{\"a\":{},\"c\":[]}}",
	"[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\u00e9\\ud83d\\ude00\"]",
	"{\"\\u0061\":1,\"b\":2,\"A\":3,\"\":4,\"aa\":5}",
	"[\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\",\"\\ud800\",\"\\u0000\"]",
	" [ 0 , -0 , 1E5 , 9223372036854775807 , 0.1 , 1e-400 ] ",
	"\"\"",
	"12",
	"null",
	"{\"x\":{\"x\":{\"x\":[[[[1]]]]}}}",
};

static const char *files[] = { "rfc8995-appendix-c/auditlog-example.json",
	"kat/rfc5869-rfc6979.json", "kat/s2k-1-derived.json",
	"kat/c2sp-det-keygen-ecdsa.json", "jws-voucher/pvr.vjj",
	"jws-voucher/rvr.vjj", "jws-voucher/voucher.vjj" };

/* Strings that no UTF-8 can hold, anywhere in a value. */
static bool
holds_surrogate(const struct json_value *v)
{
	struct json_value name = { JSON_NULL, { NULL, 0 } }, value;
	static char out[65536];
	struct json_iter i;
	size_t len;

	if (v->type == JSON_STRING &&
	    json_string(v, out, sizeof(out), &len) == WIRE_VALUE)
		return true;
	json_iter_open(&i, v);
	while (json_iter_next(&i, &name, &value))
		if (holds_surrogate(&name) || holds_surrogate(&value))
			return true;
	return false;
}

static void
string_compare(const struct json_value *ours, const char *theirs, size_t n)
{
	static char out[65536];
	size_t len;

	if (memchr(theirs, 0, n) != NULL) {
		assert_int_equal(
		    json_string(ours, out, sizeof(out), &len), WIRE_VALUE);
		return;
	}
	assert_int_equal(json_string(ours, out, sizeof(out), &len), WIRE_OK);
	assert_int_equal(len, n);
	assert_memory_equal(out, theirs, n);
	assert_true(json_string_is(ours, theirs));
}

static void value_compare(const struct json_value *ours, json_t *theirs);

static void
object_compare(const struct json_value *ours, json_t *theirs)
{
	struct json_value name, value, found;
	void *at = json_object_iter(theirs);
	struct json_iter i;

	json_iter_open(&i, ours);
	while (json_iter_next(&i, &name, &value)) {
		assert_non_null(at);
		string_compare(&name, json_object_iter_key(at),
		    strlen(json_object_iter_key(at)));
		assert_true(
		    json_member(ours, json_object_iter_key(at), &found));
		assert_ptr_equal(found.raw.ptr, value.raw.ptr);
		value_compare(&value, json_object_iter_value(at));
		at = json_object_iter_next(theirs, at);
	}
	assert_null(at);
}

static void
value_compare(const struct json_value *ours, json_t *theirs)
{
	struct json_value value;
	struct json_iter i;
	size_t n = 0;
	uint64_t number;

	switch (ours->type) {
	case JSON_OBJECT:
		assert_true(json_typeof(theirs) == JANSSON_OBJECT);
		object_compare(ours, theirs);
		break;
	case JSON_ARRAY:
		assert_true(json_typeof(theirs) == JANSSON_ARRAY);
		json_iter_open(&i, ours);
		while (json_iter_next(&i, NULL, &value))
			value_compare(&value, json_array_get(theirs, n++));
		assert_int_equal(n, json_array_size(theirs));
		break;
	case JSON_STRING:
		assert_true(json_typeof(theirs) == JANSSON_STRING);
		string_compare(ours, json_string_value(theirs),
		    json_string_length(theirs));
		break;
	case JSON_NUMBER:
		assert_true(json_is_number(theirs));
		if (json_uint(ours, &number) == WIRE_OK)
			assert_true(
			    number == (uint64_t)json_integer_value(theirs));
		else
			assert_true(json_is_real(theirs) ||
			    json_integer_value(theirs) <= 0);
		break;
	default:
		assert_int_equal(json_typeof(theirs),
		    ours->type == JSON_TRUE	   ? JANSSON_TRUE
			: ours->type == JSON_FALSE ? JANSSON_FALSE
						   : JANSSON_NULL);
		break;
	}
}

static unsigned agreed_good, agreed_bad;

static void
verdict_compare(struct span s, const char *title, size_t number)
{
	struct json_value root;
	enum wire_error error = json_parse(s, &root, NULL);
	json_error_t why;
	json_t *theirs;

	if (error == WIRE_DEPTH || error == WIRE_LIMIT ||
	    (s.len > 0 && memchr(s.ptr, 0, s.len) != NULL))
		return;
	theirs = json_loadb((const char *)s.ptr, s.len,
	    JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL, &why);
	if (error == WIRE_OK && theirs != NULL) {
		value_compare(&root, theirs);
		agreed_good++;
	} else if (error != WIRE_OK && theirs == NULL) {
		agreed_bad++;
	} else if (error == WIRE_OK &&
	    json_error_code(&why) != json_error_numeric_overflow &&
	    json_error_code(&why) != json_error_null_byte_in_key &&
	    !holds_surrogate(&root)) {
		fail_msg("%s, mutation %zu: jansson says %s", title, number,
		    why.text);
	} else if (error != WIRE_OK) {
		fail_msg("%s, mutation %zu: we say %s", title, number,
		    wire_error_text(error));
	}
	json_decref(theirs);
}

static void
seed_compare(struct span s, const char *title, size_t mutations)
{
	size_t n;

	verdict_compare(s, title, 0);
	for (n = 1; n < mutations; n++)
		verdict_compare(
		    sample_mutate(s, n, dictionary, sizeof(dictionary) - 1),
		    title, n);
	sample_release();
}

static void
small_texts(void **state)
{
	size_t i;

	(void)state;
	agreed_good = agreed_bad = 0;
	for (i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		seed_compare(span_str(texts[i]), texts[i], MUTATIONS);
	assert_true(agreed_good > MUTATIONS / 2 && agreed_bad > MUTATIONS);
}

static void
published_texts(void **state)
{
	size_t i;

	(void)state;
	agreed_good = agreed_bad = 0;
	for (i = 0; i < sizeof(files) / sizeof(*files); i++)
		seed_compare(sample_file(files[i]), files[i], MUTATIONS / 4);
	assert_true(agreed_good > MUTATIONS / 4 && agreed_bad > MUTATIONS / 4);
}

/* All pairs of octets between quotes, and as a text by themselves. */
static void
pairs(void **state)
{
	char quoted[4] = "\"..\"";
	unsigned a, b;

	(void)state;
	for (a = 0; a < 256; a++)
		for (b = 0; b < 256; b++) {
			quoted[1] = (char)a;
			quoted[2] = (char)b;
			verdict_compare(
			    span_of(quoted, 4), "quoted", a << 8 | b);
			verdict_compare(
			    span_of(quoted + 1, 2), "pair", a << 8 | b);
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(small_texts),
		cmocka_unit_test(published_texts),
		cmocka_unit_test(pairs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
