/* Voucher-requests in JSON (MP 6, 7): what is taken and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "model/request.h"

static uint8_t arena[8192];
static struct voucher_request q;
static struct why why;

static enum reason
read_text(const char *text)
{
	why_clear(&why);
	return request_from_json(
	    span_str(text), arena, sizeof(arena), &q, &why);
}

/* The members inside a proper root. */
static enum reason
read_members(const char *members)
{
	char text[4096];

	snprintf(text, sizeof(text), "{\"ietf-voucher-request:voucher\":{%s}}",
	    members);
	return read_text(text);
}

static void
takes_every_leaf(void **state)
{
	(void)state;
	assert_int_equal(
	    read_members(
		"\"created-on\":"
		"\"2021-04-13T17:43:23.747-04:00\",\"assertion\":\"proximity\","
		"\"serial-number\":\"A-1\",\"nonce\":\"-_"
		"XE9zK9q8Ll1qylMtLKeg\","
		"\"idevid-issuer\":\"AQID\",\"proximity-registrar-cert\":\"BAU="
		"\","
		"\"proximity-registrar-pubk\":\"Bg==\","
		"\"proximity-registrar-pubk-sha256\":\"Bwg=\","
		"\"prior-signed-voucher-request\":\"MIAx\\/w==\""),
	    REASON_OK);
	assert_true(q.has_created_on);
	assert_int_equal(q.created_on, 1618350203);
	assert_int_equal(q.assertion, ASSERTION_PROXIMITY);
	assert_string_equal(q.serial, "A-1");
	assert_string_equal(q.nonce, "-_XE9zK9q8Ll1qylMtLKeg");
	assert_true(span_eq(q.idevid_issuer, span_of("\1\2\3", 3)));
	assert_true(span_eq(q.proximity_cert, span_of("\4\5", 2)));
	assert_true(span_eq(q.proximity_pubk, span_of("\6", 1)));
	assert_true(span_eq(q.proximity_pubk_sha256, span_of("\7\10", 2)));
	assert_true(span_eq(q.prior, span_of("\x30\x80\x31\xff", 4)));
	assert_string_equal(q.unknown, "");
}

static void
reads_what_decides_nothing(void **state)
{
	(void)state;
	assert_int_equal(
	    read_members(
		"\"pinned-domain-cert\":\"AQ==\","
		"\"domain-cert-revocation-checks\":\"true\","
		"\"last-renewal-date\":\"2021-04-13T17:43:23Z\","
		"\"agent-signed-data\":\"AQ==\",\"agent-sign-cert\":[\"AQ==\"],"
		"\"extensions\":[\"a\",\"b\"],"
		"\"manufacturer-proprietary\":\"_-8\",\"est-domain\":\"x\""),
	    REASON_OK);
	/* Known all the same. */
	assert_string_equal(q.unknown, "");
	assert_string_equal(q.extensions, "a,b");
	assert_true(span_eq(q.agent_signed_data, span_of("\1", 1)));
	assert_int_equal(q.agent_certificates_len, 1);
	assert_true(span_eq(q.agent_certificates[0], span_of("\1", 1)));
	assert_int_equal(read_members("\"agent-sign-cert\":\"Ag==\","
				      "\"agent-provided-proximity-registrar-"
				      "cert\":\"Aw==\""),
	    REASON_OK);
	assert_int_equal(q.agent_certificates_len, 1);
	assert_true(span_eq(q.agent_registrar, span_of("\3", 1)));
	assert_int_equal(
	    read_members("\"agent-sign-cert\":[\"AQ==\",\"AQ==\",\"AQ==\","
			 "\"AQ==\",\"AQ==\"]"),
	    REASON_PAYLOAD_TYPE);
	assert_int_equal(
	    read_members("\"extension:x\":{\"n\":[1,2]},\"z\":4"), REASON_OK);
	assert_string_equal(q.unknown, "extension:x,z");
	assert_int_equal(read_members("\"assertion\":\"certain\""), REASON_OK);
	assert_int_equal(q.assertion, ASSERTION_NONE);
}

/* MP 6.1, 16 row 22: read, and told, so that a switch can judge. */
static void
tells_old_roots(void **state)
{
	static const struct {
		const char *text;
		unsigned legacy;
	} rows[] = {
		{ "{\"ietf-voucher-request:voucher\":{}}", 0 },
		{ "{\"ietf-voucher:voucher\":{}}",
		    LEGACY(LEGACY_VOUCHER_ROOT) },
		{ "{\"ietf-voucher-request-prm:voucher\":{}}",
		    LEGACY(LEGACY_ROOTS) },
		{ "{\"ietf-async-voucher-request:voucher\":{}}",
		    LEGACY(LEGACY_ROOTS) },
		{ "{\"ietf-constrained-voucher-request:voucher\":{}}",
		    LEGACY(LEGACY_ROOTS) },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(read_text(rows[i].text), REASON_OK);
		assert_int_equal(q.legacy, rows[i].legacy);
	}
}

static void
refuses_other_roots(void **state)
{
	static const char *const texts[] = {
		"{}",
		"[]",
		"7",
		"{\"ietf-voucher-request-prm:voucher2\":{}}",
		"{\"ietf-voucher-request:voucher\":{},\"x\":1}",
		"{\"x\":1,\"ietf-voucher-request:voucher\":{}}",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_int_equal(read_text(texts[i]), REASON_PAYLOAD_ROOT);
	assert_int_equal(read_text("{\"ietf-voucher-request:voucher\":[]}"),
	    REASON_PAYLOAD_TYPE);
	assert_int_equal(read_text("{\"ietf-voucher-request:voucher\":{}} x"),
	    REASON_PAYLOAD_MALFORMED);
	assert_int_equal(read_text(""), REASON_PAYLOAD_MALFORMED);
	assert_int_equal(read_members("\"nonce\":\"12345678\","
				      "\"nonce\":\"12345678\""),
	    REASON_PAYLOAD_DUPLICATE);
	assert_int_equal(read_members("\"nonce\":\"12345678\","
				      "\"\\u006eonce\":\"12345678\""),
	    REASON_PAYLOAD_DUPLICATE);
}

/* MP 7.1: none of these leaves is ever a number. */
static void
refuses_numbers(void **state)
{
	static const char *const leaves[] = { "created-on", "expires-on",
		"assertion", "serial-number", "idevid-issuer", "nonce",
		"prior-signed-voucher-request", "proximity-registrar-cert",
		"proximity-registrar-pubk", "proximity-registrar-pubk-sha256",
		"pinned-domain-cert", "domain-cert-revocation-checks",
		"last-renewal-date", "agent-signed-data", "agent-sign-cert",
		"agent-provided-proximity-registrar-cert", "est-domain",
		"additional-configuration-url", "extensions",
		"manufacturer-proprietary" };
	char text[100];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(leaves) / sizeof(leaves[0]); i++) {
		snprintf(text, sizeof(text), "\"%s\":1", leaves[i]);
		assert_int_equal(read_members(text), REASON_PAYLOAD_TYPE);
		assert_non_null(strstr(why.text, leaves[i]));
	}
	assert_int_equal(
	    read_members("\"extensions\":[1]"), REASON_PAYLOAD_TYPE);
}

static void
refuses_bad_values(void **state)
{
	static const struct {
		const char *members;
		enum reason reason;
	} cases[] = {
		{ "\"created-on\":\"2021-13-13T17:43:23Z\"",
		    REASON_DATE_MALFORMED },
		{ "\"created-on\":\"2021-04-13T24:00:00Z\"",
		    REASON_DATE_MALFORMED },
		{ "\"created-on\":\"2021-04-13T17:43:23\"",
		    REASON_DATE_MALFORMED },
		{ "\"expires-on\":\"soon\"", REASON_DATE_MALFORMED },
		{ "\"nonce\":\"1234567\"", REASON_NONCE_LENGTH },
		{ "\"nonce\":\"1234567\\u0001\"", REASON_NONCE_LENGTH },
		{ "\"nonce\":\"1234567\\u00e9\"", REASON_NONCE_LENGTH },
		{ "\"nonce\":\"1234567\\\"\"", REASON_NONCE_LENGTH },
		{ "\"nonce\":null", REASON_PAYLOAD_TYPE },
		{ "\"serial-number\":\"\"", REASON_PAYLOAD_TYPE },
		{ "\"serial-number\":\"a\\nb\"", REASON_PAYLOAD_TYPE },
		{ "\"idevid-issuer\":\"AQI\"", REASON_PAYLOAD_TYPE },
		{ "\"idevid-issuer\":\"_-8=\"", REASON_PAYLOAD_TYPE },
		{ "\"prior-signed-voucher-request\":\"A\\nQ==\"",
		    REASON_PAYLOAD_TYPE },
		{ "\"domain-cert-revocation-checks\":\"maybe\"",
		    REASON_PAYLOAD_TYPE },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(
		    read_members(cases[i].members), cases[i].reason);
}

/* 8 and 64 characters of a nonce, 64 of a serial: the edges. */
static void
keeps_the_edges(void **state)
{
	char text[200], long_[80];

	(void)state;
	memset(long_, 'x', sizeof(long_));
	snprintf(text, sizeof(text), "\"nonce\":\"%.8s\"", long_);
	assert_int_equal(read_members(text), REASON_OK);
	snprintf(text, sizeof(text), "\"nonce\":\"%.64s\"", long_);
	assert_int_equal(read_members(text), REASON_OK);
	snprintf(text, sizeof(text), "\"nonce\":\"%.65s\"", long_);
	assert_int_equal(read_members(text), REASON_NONCE_LENGTH);
	snprintf(text, sizeof(text), "\"serial-number\":\"%.64s\"", long_);
	assert_int_equal(read_members(text), REASON_OK);
	snprintf(text, sizeof(text), "\"serial-number\":\"%.65s\"", long_);
	assert_int_equal(read_members(text), REASON_PAYLOAD_TYPE);
}

static void
writes_what_it_reads(void **state)
{
	struct voucher_request w = { .has_created_on = true,
		.created_on = 1618350203,
		.assertion = ASSERTION_PROXIMITY,
		.serial = "A\"1",
		.nonce = "abcdefgh",
		.idevid_issuer = span_of("\4\1\2", 3),
		.prior = span_of("\x30\x03x", 3) };
	char text[512];
	size_t len;

	(void)state;
	assert_true(request_to_json(&w, text, sizeof(text), &len));
	assert_false(request_to_json(&w, text, len - 1, &len));
	assert_int_equal(request_from_json(span_of(text, len), arena,
			     sizeof(arena), &q, &why),
	    REASON_OK);
	assert_string_equal(q.serial, w.serial);
	assert_string_equal(q.nonce, w.nonce);
	assert_int_equal(q.created_on, w.created_on);
	assert_int_equal(q.assertion, w.assertion);
	assert_true(span_eq(q.idevid_issuer, w.idevid_issuer));
	assert_true(span_eq(q.prior, w.prior));
	assert_null(q.proximity_cert.ptr);
}

/* The five encodings of MP 6.3, and what is none of them. */
static void
normalises_issuers(void **state)
{
	static const uint8_t a[] = "\x04\x18\x30\x16\x80\x14"
				   "01234567890123456789";
	static const uint8_t e[] = "\x30\x1d\x80\x14"
				   "01234567890123456789"
				   "\xa1\x02\x82\x00\x82\x01\x07";
	static const uint8_t name[] = "\x30\x0d\x31\x0b\x30\x09\x06\x03\x55"
				      "\x04\x03\x0c\x02hi";
	static const uint8_t octets[] = "\x04\x12"
					"012345678901234567";
	const struct span id = span_str("01234567890123456789");
	const struct {
		struct span bytes;
		enum issuer_kind kind;
		struct span value;
	} cases[] = {
		{ span_of(a, 26), ISSUER_KEY_ID, id },
		{ span_of(a + 2, 24), ISSUER_KEY_ID, id },
		{ id, ISSUER_KEY_ID, id },
		{ span_of(name, 15), ISSUER_NAME, span_of(name, 15) },
		{ span_of(e, 31), ISSUER_KEY_ID, id },
		/* A bare identifier that looks like an OCTET STRING. */
		{ span_of(octets, 20), ISSUER_KEY_ID, span_of(octets, 20) },
		{ span_of(a, 25), ISSUER_NONE, id },
		{ span_of(a, 19), ISSUER_NONE, id },
		{ span_of("0\0", 2), ISSUER_NONE, id },
		{ span_of("", 0), ISSUER_NONE, id },
	};
	enum issuer_kind kind;
	struct span value;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		enum reason r =
		    issuer_normalise(cases[i].bytes, &kind, &value, &why);

		if (cases[i].kind == ISSUER_NONE) {
			assert_int_equal(r, REASON_ISSUER_SHAPE);
			continue;
		}
		assert_int_equal(r, REASON_OK);
		assert_int_equal(kind, cases[i].kind);
		assert_true(span_eq(value, cases[i].value));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_every_leaf),
		cmocka_unit_test(reads_what_decides_nothing),
		cmocka_unit_test(tells_old_roots),
		cmocka_unit_test(refuses_other_roots),
		cmocka_unit_test(refuses_numbers),
		cmocka_unit_test(refuses_bad_values),
		cmocka_unit_test(keeps_the_edges),
		cmocka_unit_test(writes_what_it_reads),
		cmocka_unit_test(normalises_issuers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
