/* Times of DER, both ways. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <cmocka.h>

#include "sample.h"
#include "wire/der.h"

static struct der
time_element(uint8_t tag, const char *text)
{
	uint8_t bytes[64] = { tag, (uint8_t)strlen(text) };
	struct der d;

	memcpy(bytes + 2, text, strlen(text));
	der_open(&d, sample_copy(bytes, 2 + strlen(text)));
	return d;
}

static void
good_times(void **state)
{
	static const struct {
		uint8_t tag;
		const char *text;
		int64_t seconds;
	} rows[] = {
		{ DER_UTC_TIME, "700101000000Z", 0 },
		{ DER_UTC_TIME, "691231235959Z", -1 },
		{ DER_UTC_TIME, "500101000000Z", INT64_C(-631152000) },
		{ DER_UTC_TIME, "491231235959Z", INT64_C(2524607999) },
		{ DER_UTC_TIME, "000229120000Z", 951825600 },
		{ DER_UTC_TIME, "000301000000Z", 951868800 },
		{ DER_GENERALIZED_TIME, "20000229120000Z", 951825600 },
		{ DER_GENERALIZED_TIME, "20500101000000Z",
		    INT64_C(2524608000) },
		{ DER_GENERALIZED_TIME, "99991231235959Z", DER_TIME_FOREVER },
		{ DER_GENERALIZED_TIME, "19700101000000Z", 0 },
		{ DER_GENERALIZED_TIME, "16010101000000Z",
		    INT64_C(-11644473600) },
		{ DER_GENERALIZED_TIME, "00000101000000Z",
		    INT64_C(-62167219200) },
		{ DER_GENERALIZED_TIME, "00000229000000Z",
		    INT64_C(-62162121600) },
		{ DER_GENERALIZED_TIME, "24000229000000Z",
		    INT64_C(13574563200) },
	};
	struct der d;
	int64_t seconds;
	uint8_t tag;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		d = time_element(rows[i].tag, rows[i].text);
		if (der_time(&d, &seconds, &tag) != WIRE_OK ||
		    seconds != rows[i].seconds || tag != rows[i].tag ||
		    der_end(&d) != WIRE_OK)
			fail_msg("%s", rows[i].text);
	}
	d = time_element(DER_UTC_TIME, "700101000000Z");
	assert_int_equal(der_time(&d, &seconds, NULL), WIRE_OK);
	sample_release();
}

static void
bad_times(void **state)
{
	static const char *utc[] = {
		"",
		"Z",
		"7001010000Z",
		"700101000000",
		"700101000000+0000",
		"700101000000z",
		"19700101000000Z",
		"700001000000Z",
		"701301000000Z",
		"700100000000Z",
		"700132000000Z",
		"700431000000Z",
		"010229000000Z",
		"700101240000Z",
		"700101006000Z",
		"700101000060Z",
		"7001010000 0Z",
		"70010100000:Z",
		"70010100000/Z",
		"700101000000.0Z",
		"-00101000000Z",
	};
	static const char *generalized[] = {
		"700101000000Z",
		"20000101000000",
		"20000101000000.5Z",
		"20000101000000+0000",
		"2000010100Z",
		"200001010000Z",
		"19000229000000Z",
		"22000229000000Z",
		"20010229000000Z",
		"20000230000000Z",
		"20000631000000Z",
		"20000101235960Z",
	};
	struct der d, before;
	int64_t seconds;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(utc) / sizeof(*utc); i++) {
		before = d = time_element(DER_UTC_TIME, utc[i]);
		if (der_time(&d, &seconds, NULL) != WIRE_VALUE ||
		    d.pos != before.pos)
			fail_msg("%s", utc[i]);
	}
	for (i = 0; i < sizeof(generalized) / sizeof(*generalized); i++) {
		before = d = time_element(DER_GENERALIZED_TIME, generalized[i]);
		if (der_time(&d, &seconds, NULL) != WIRE_VALUE ||
		    d.pos != before.pos)
			fail_msg("%s", generalized[i]);
	}
	d = time_element(DER_OCTET_STRING, "700101000000Z");
	assert_int_equal(der_time(&d, &seconds, NULL), WIRE_TAG);
	der_open(&d, span_of(NULL, 0));
	assert_int_equal(der_time(&d, &seconds, NULL), WIRE_TRUNCATED);
	sample_release();
}

/* The C library's calendar is the judge, an odd step through 10,000 years. */
static void
calendar(void **state)
{
	const int64_t step = 86400 * 3 + 3601;
	int64_t t, back;
	char expected[80];
	uint8_t buf[32];
	struct der_out o;
	struct span s;
	struct der d;
	struct tm tm;
	time_t c;

	(void)state;
	for (t = INT64_C(-62167219200); t <= DER_TIME_FOREVER; t += step) {
		der_out_open(&o, buf, sizeof(buf));
		der_put_time(&o, t);
		assert_int_equal(der_out_span(&o, &s), WIRE_OK);
		c = (time_t)t;
		assert_non_null(gmtime_r(&c, &tm));
		if (tm.tm_year >= 50 && tm.tm_year < 150)
			strftime(expected, sizeof(expected),
			    "\x17\x0d"
			    "%y%m%d%H%M%SZ",
			    &tm);
		else
			snprintf(expected, sizeof(expected),
			    "\x18\x0f"
			    "%04d%02d%02d%02d%02d%02dZ",
			    tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
			    tm.tm_hour, tm.tm_min, tm.tm_sec);
		if (!span_is(s, expected))
			fail_msg("%lld is not %s", (long long)t, expected + 2);
		der_open(&d, s);
		assert_int_equal(der_time(&d, &back, NULL), WIRE_OK);
		assert_true(back == t);
	}
}

static void
years_that_do_not_fit(void **state)
{
	static const int64_t rows[] = { DER_TIME_FOREVER + 1,
		INT64_C(-62167219201), INT64_MAX, INT64_MIN };
	uint8_t buf[32];
	struct der_out o;
	struct span s;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		der_out_open(&o, buf, sizeof(buf));
		der_put_time(&o, rows[i]);
		assert_int_equal(der_out_span(&o, &s), WIRE_FULL);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_times),
		cmocka_unit_test(bad_times),
		cmocka_unit_test(calendar),
		cmocka_unit_test(years_that_do_not_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
