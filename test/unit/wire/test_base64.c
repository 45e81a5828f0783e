/* Base64 in three kinds (RFC 4648 10). */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#include "wire/base64.h"

static bool
decodes(const char *text, enum base64_kind kind, const char *expected)
{
	uint8_t out[100];
	size_t len;

	return base64_decode(out, sizeof(out), &len, span_str(text), kind) &&
	    len == strlen(expected) && memcmp(out, expected, len) == 0;
}

static bool
refuses(const char *text, enum base64_kind kind)
{
	uint8_t out[100];
	size_t len;

	return !base64_decode(out, sizeof(out), &len, span_str(text), kind);
}

static void
vectors_of_rfc_4648(void **state)
{
	static const char *const rows[][3] = { { "", "", "" },
		{ "f", "Zg==", "Zg" }, { "fo", "Zm8=", "Zm8" },
		{ "foo", "Zm9v", "Zm9v" }, { "foob", "Zm9vYg==", "Zm9vYg" },
		{ "fooba", "Zm9vYmE=", "Zm9vYmE" },
		{ "foobar", "Zm9vYmFy", "Zm9vYmFy" },
		{ "\xfb\xff\xbf", "+/+/", "-_-_" } };
	char text[BASE64_SIZE(6)];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		base64_encode(text, span_str(rows[i][0]));
		assert_string_equal(text, rows[i][1]);
		base64url_encode(text, span_str(rows[i][0]));
		assert_string_equal(text, rows[i][2]);
		assert_true(decodes(rows[i][1], BASE64_STANDARD, rows[i][0]));
		assert_true(decodes(rows[i][2], BASE64_URL, rows[i][0]));
		assert_true(decodes(rows[i][1], BASE64_TOLERANT, rows[i][0]));
		assert_true(decodes(rows[i][2], BASE64_TOLERANT, rows[i][0]));
	}
}

static void
each_kind_refuses_the_other(void **state)
{
	(void)state;
	assert_true(refuses("Zg", BASE64_STANDARD));
	assert_true(refuses("-_-_", BASE64_STANDARD));
	assert_true(refuses("Zg==", BASE64_URL));
	assert_true(refuses("+/+/", BASE64_URL));
}

static void
every_kind_refuses_damage(void **state)
{
	static const char *const rows[] = { "Z", "Zg=", "Zg===", "=",
		"==", "====", "Zm9vY", "Zm=v", "Zm9v Zg==", "Zm9v\n", " Zm9v",
		"Zm9v*m9v", "Zh==", "Zm9=", "Zh", "Zm9",
		"Zg==Zg==", "Z\xc3\xa9v" };
	enum base64_kind kind;
	size_t i;

	(void)state;
	for (kind = BASE64_STANDARD; kind <= BASE64_TOLERANT; kind++)
		for (i = 0; i < sizeof(rows) / sizeof(*rows); i++)
			if (!refuses(rows[i], kind))
				fail_msg("%s of kind %d", rows[i], (int)kind);
}

static void
decoding_stops_at_the_cap(void **state)
{
	uint8_t out[4] = { 0, 0, 0, 0xaa };
	size_t len;

	(void)state;
	assert_true(
	    base64_decode(out, 3, &len, span_str("Zm9v"), BASE64_STANDARD));
	assert_false(
	    base64_decode(out, 3, &len, span_str("Zm9vYg=="), BASE64_STANDARD));
	assert_int_equal(out[3], 0xaa);
}

static void
all_lengths_go_round(void **state)
{
	uint8_t bytes[64], back[64];
	char text[BASE64_SIZE(64)];
	size_t i, n, len;

	(void)state;
	for (n = 0; n < 64; n++)
		bytes[n] = (uint8_t)(n * 37 + 11);
	for (n = 0; n <= 64; n++) {
		base64_encode(text, span_of(bytes, n));
		assert_true(strlen(text) + 1 == BASE64_SIZE(n));
		assert_true(base64_decode(
		    back, 64, &len, span_str(text), BASE64_STANDARD));
		assert_int_equal(len, n);
		assert_memory_equal(back, bytes, n);
		/* Not one octet beyond what there is room for. */
		memset(back, 0xaa, sizeof(back));
		assert_true(n == 0 ||
		    !base64_decode(
			back, n - 1, &len, span_str(text), BASE64_STANDARD));
		assert_true(n == 0 || back[n - 1] == 0xaa);
		for (i = 0; i < strlen(text); i++) {
			char was = text[i];

			text[i] = '*';
			assert_false(base64_decode(
			    back, 64, &len, span_str(text), BASE64_STANDARD));
			text[i] = was;
		}
	}
}

/* Every octet by itself: which kinds know it, and as what. */
static void
alphabets(void **state)
{
	static const char both[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				   "abcdefghijklmnopqrstuvwxyz0123456789";
	uint8_t text[4] = { 'A', 'A', 'A', 'A' }, out[3];
	bool standard, url;
	size_t len;
	int c;

	(void)state;
	for (c = 0; c < 256; c++) {
		bool known = c != 0 && strchr(both, c) != NULL;

		text[3] = (uint8_t)c;
		standard = known || c == '+' || c == '/';
		url = known || c == '-' || c == '_';
		assert_true(base64_decode(out, 3, &len, span_of(text, 4),
				BASE64_URL) == url);
		assert_true(!url ||
		    out[2] ==
			(c == '-'	   ? 62
				: c == '_' ? 63
					   : strchr(both, c) - both));
		if (c == '=')
			continue;
		assert_true(base64_decode(out, 3, &len, span_of(text, 4),
				BASE64_STANDARD) == standard);
		assert_true(base64_decode(out, 3, &len, span_of(text, 4),
				BASE64_TOLERANT) == (standard || url));
	}
}

static void
decodes_in_place(void **state)
{
	uint8_t text[] = "Zm9vYmFyZm9vYmFyZm8=";
	size_t len;

	(void)state;
	assert_true(base64_decode(text, sizeof(text), &len,
	    span_of(text, sizeof(text) - 1), BASE64_STANDARD));
	assert_int_equal(len, 14);
	assert_memory_equal(text, "foobarfoobarfo", 14);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vectors_of_rfc_4648),
		cmocka_unit_test(each_kind_refuses_the_other),
		cmocka_unit_test(every_kind_refuses_damage),
		cmocka_unit_test(decoding_stops_at_the_cap),
		cmocka_unit_test(all_lengths_go_round),
		cmocka_unit_test(alphabets),
		cmocka_unit_test(decodes_in_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
