/* Vouchers in JSON (RFC 8366 5.3); jansson is the foreign reader. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <jansson.h>

#include "model/voucher.h"

static const struct voucher sample = {
	.created_on = 1618350204,
	.assertion = ASSERTION_LOGGED,
	.serial = "A-1",
	.nonce = "-_XE9zK9q8Ll1qylMtLKeg",
	.pinned_domain_cert = { (const uint8_t *)"\x30\x01\xff", 3 },
	.has_revocation_checks = true,
};

static const char *
leaf(json_t *root, const char *name)
{
	return json_string_value(json_object_get(
	    json_object_get(root, "ietf-voucher:voucher"), name));
}

static void
writes_json_that_others_read(void **state)
{
	char text[1024];
	json_t *root;
	size_t len;

	(void)state;
	assert_true(voucher_to_json(&sample, text, sizeof(text), &len));
	root = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(root);
	assert_int_equal(json_object_size(root), 1);
	assert_string_equal(leaf(root, "created-on"), "2021-04-13T21:43:24Z");
	assert_string_equal(leaf(root, "assertion"), "logged");
	assert_string_equal(leaf(root, "serial-number"), "A-1");
	assert_string_equal(leaf(root, "nonce"), "-_XE9zK9q8Ll1qylMtLKeg");
	assert_string_equal(leaf(root, "pinned-domain-cert"), "MAH/");
	assert_true(json_is_false(
	    json_object_get(json_object_get(root, "ietf-voucher:voucher"),
		"domain-cert-revocation-checks")));
	assert_null(leaf(root, "expires-on"));
	assert_null(leaf(root, "idevid-issuer"));
	json_decref(root);
}

static void
reads_back(void **state)
{
	struct voucher w = sample, v;
	uint8_t arena[1024];
	char text[1024];
	size_t len;

	(void)state;
	w.nonce[0] = '\0';
	w.expires_on = 1618351404;
	w.idevid_issuer = span_of("\4\2hi", 4);
	assert_true(voucher_to_json(&w, text, sizeof(text), &len));
	assert_int_equal(voucher_from_json(span_of(text, len), arena,
			     sizeof(arena), &v, NULL),
	    REASON_OK);
	assert_int_equal(v.created_on, w.created_on);
	assert_int_equal(v.expires_on, w.expires_on);
	assert_int_equal(v.assertion, w.assertion);
	assert_string_equal(v.serial, w.serial);
	assert_string_equal(v.nonce, "");
	assert_true(span_eq(v.idevid_issuer, w.idevid_issuer));
	assert_true(span_eq(v.pinned_domain_cert, w.pinned_domain_cert));
	assert_true(v.has_revocation_checks);
	assert_false(v.revocation_checks);
	assert_false(voucher_to_json(&w, text, len - 1, &len));
}

#define GOOD                                                \
	"\"serial-number\":\"A\",\"assertion\":\"logged\"," \
	"\"pinned-domain-cert\":\"AQ==\""

static void
refuses_what_is_no_voucher(void **state)
{
	static const char *const bad[] = {
		"",
		"{}",
		"{\"ietf-voucher-request:voucher\":{" GOOD "}}",
		"{\"ietf-voucher:voucher\":{" GOOD "},\"x\":1}",
		"{\"ietf-voucher:voucher\":{\"serial-number\":\"A\","
		"\"assertion\":\"logged\"}}",
		"{\"ietf-voucher:voucher\":{\"assertion\":\"logged\","
		"\"pinned-domain-cert\":\"AQ==\"}}",
		"{\"ietf-voucher:voucher\":{\"serial-number\":\"A\","
		"\"pinned-domain-cert\":\"AQ==\"}}",
		"{\"ietf-voucher:voucher\":{" GOOD ",\"nonce\":7}}",
		"{\"ietf-voucher:voucher\":{" GOOD
		",\"nonce\":\"\\u001b[2J\"}}",
		"{\"ietf-voucher:voucher\":{" GOOD ",\"expires-on\":\"x\"}}",
		"{\"ietf-voucher:voucher\":{" GOOD ",\"created-on\":7}}",
		"{\"ietf-voucher:voucher\":{" GOOD
		",\"domain-cert-revocation-checks\":0}}",
	};
	struct voucher v;
	uint8_t arena[512];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(voucher_from_json(span_str(bad[i]), arena,
				     sizeof(arena), &v, NULL),
		    REASON_VOUCHER_MALFORMED);
	assert_int_equal(
	    voucher_from_json(span_str("{\"ietf-voucher:voucher\":"
				       "{" GOOD ",\"new-leaf\":[1]}}"),
		arena, sizeof(arena), &v, NULL),
	    REASON_OK);
}

/* MP 15.2 and 8366bis 8.7; proprietary octets are base64url without padding. */
static void
cloud_leaves(void **state)
{
	struct voucher w = sample, v;
	uint8_t arena[1024];
	char text[1024];
	json_t *root;
	size_t len;

	(void)state;
	memcpy(w.est_domain, "https://est.example.com/x", 26);
	memcpy(w.configuration_url, "https://example.com/?a=b", 25);
	w.proprietary = span_of("\xff\xfe", 2);
	assert_true(voucher_to_json(&w, text, sizeof(text), &len));
	root = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(root);
	assert_string_equal(
	    leaf(root, "est-domain"), "https://est.example.com/x");
	assert_string_equal(leaf(root, "additional-configuration-url"),
	    "https://example.com/?a=b");
	assert_string_equal(leaf(root, "manufacturer-proprietary"), "__4");
	json_decref(root);
	assert_int_equal(voucher_from_json(span_of(text, len), arena,
			     sizeof(arena), &v, NULL),
	    REASON_OK);
	assert_string_equal(v.est_domain, w.est_domain);
	assert_string_equal(v.configuration_url, w.configuration_url);
	assert_true(span_eq(v.proprietary, w.proprietary));
	/* The old name, and the other alphabet. */
	assert_int_equal(
	    voucher_from_json(span_str("{\"ietf-voucher:voucher\":{" GOOD
				       ",\"manufacturer-private\":\"//4=\"}}"),
		arena, sizeof(arena), &v, NULL),
	    REASON_OK);
	assert_true(span_eq(v.proprietary, w.proprietary));
	assert_int_equal(
	    voucher_from_json(span_str("{\"ietf-voucher:voucher\":{" GOOD
				       ",\"est-domain\":1}}"),
		arena, sizeof(arena), &v, NULL),
	    REASON_VOUCHER_MALFORMED);
}

static void
urls(void **state)
{
	static const char *const good[] = { "https://a", "https://[::1]:443/x",
		"https://a.example/.well-known/est?x=%20#y" };
	static const char *const bad[] = { "", "https://", "http://a",
		"https:///x", "https://?x", "HTTPS://a", "https://a b",
		"https://a\"", "https://a\\b", "https://\xc3\xa9",
		"https://a\n" };
	char longest[URL_MAX + 2];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_true(voucher_url_valid(span_str(good[i])));
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(voucher_url_valid(span_str(bad[i])));
	memset(longest, 'a', sizeof(longest));
	memcpy(longest, "https://", 8);
	assert_true(voucher_url_valid(span_of(longest, URL_MAX)));
	assert_false(voucher_url_valid(span_of(longest, URL_MAX + 1)));
}

static void
names_go_both_ways(void **state)
{
	unsigned a;

	(void)state;
	for (a = ASSERTION_VERIFIED; a <= ASSERTION_AGENT_PROXIMITY; a++)
		assert_int_equal(
		    assertion_find(span_str(assertion_text((enum assertion)a))),
		    a);
	assert_int_equal(assertion_find(span_str("")), ASSERTION_NONE);
	assert_int_equal(assertion_find(span_str("Proximity")), ASSERTION_NONE);
	assert_string_equal(
	    format_media_type(FORMAT_CMS_JSON), "application/voucher-cms+json");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_json_that_others_read),
		cmocka_unit_test(reads_back),
		cmocka_unit_test(refuses_what_is_no_voucher),
		cmocka_unit_test(cloud_leaves),
		cmocka_unit_test(urls),
		cmocka_unit_test(names_go_both_ways),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
