/* Product lines, and their fields by name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>

#include "model/masa_url.h"
#include "model/product.h"

static enum reason
set(struct product *p, const char *name, const char *value)
{
	struct why why;

	return product_set(p, span_str(name), span_str(value), &why);
}

#define OCTETS_64                         \
	"1234567890123456789012345678901" \
	"234567890123456789012345678901234"

static void
fields(void **state)
{
	static const struct {
		const char *name, *good, *bad;
	} cases[] = {
		{ "token", "AR9", "ar9" },
		{ "token", "ARROW9", "ARROW99" },
		{ "token", "A1", "A" },
		{ "counter-width", "12", "13" },
		{ "counter-width", "4", "3" },
		{ "counter-width", "6", "06" },
		{ "check-character", "no", "true" },
		{ "pin", "lowest-ca", "lowest" },
		{ "pin", "end-entity", "" },
		{ "pin-kind", "pubk", "key" },
		{ "pin-kind", "unknown", "none" },
		{ "pin-kind", "certificate", "" },
		{ "x5bag", "unprotected", "no" },
		{ "x5bag", "both", "" },
		{ "formats", "cms,jws,cose", "cms,cms" },
		{ "formats", "cose", "" },
		{ "formats", "jws,cms", "jws," },
		{ "formats", "cose,jws", "pem" },
		{ "audit-only", "yes", "1" },
		{ "emit-id-data", "yes", "YES" },
		{ "legacy-unattributed", "no", "n" },
		{ "legacy-layout-2019", "yes", "2019" },
		{ "voucher-limit", "1200", "1e3" },
		{ "import-only", "yes", "y" },
		{ "key-usage", "digitalSignature+keyEncipherment", "yes" },
		{ "key-usage", "digitalSignature", "keyEncipherment" },
		{ "subject-key-id", "yes", "20" },
		{ "organization", "M\xc3\xbcller AG", "M\xfcller AG" },
		{ "organization", "none", "" },
		{ "unit", "Line 1", "Line\n1" },
		{ "model", "X-9",
		    "X\xc2\x9b"
		    "9" },
		{ "model", OCTETS_64, OCTETS_64 "5" },
		{ "hw-type", "1.3.6.1.4.1.32473.7.1", "1.3.6.1.4.1.32473" },
		{ "hw-type", "1.3.6.1.4.1.4294967295.1", "2.23.133.1.2" },
		{ "hw-type", "none", "1.3.6.1.4.1.32473." },
		{ "hw-type", "1.3.6.1.4.1.32473.7", "" },
		{ "issuance-policy", "yes", "1.3.6.1.4.1.32473.2" },
		{ "masa-url", "masa.example.com:8443", "not a host" },
		{ "masa-url", "192.0.2.1", "http://masa.example.com" },
		{ "masa-url", "https://masa.example.com", "" },
	};
	char text[FORMATS_TEXT_SIZE];
	struct product p;
	size_t i;

	(void)state;
	product_defaults(&p);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(
		    set(&p, cases[i].name, cases[i].good), REASON_OK);
		assert_int_equal(set(&p, cases[i].name, cases[i].bad),
		    REASON_PRODUCT_SYNTAX);
	}
	assert_int_equal(set(&p, "colour", "red"), REASON_PRODUCT_SYNTAX);
	assert_string_equal(p.token, "A1");
	assert_int_equal(p.pin, PIN_END_ENTITY);
	assert_int_equal(p.pin_kind, PIN_CERTIFICATE);
	assert_int_equal(p.x5bag, BAG_BOTH);
	assert_string_equal(bag_place_text(BAG_PROTECTED), "protected");
	product_formats_print(text, p.formats);
	assert_string_equal(text, "cose,jws");
	assert_true(p.audit_only && p.emit_id_data && p.import_only);
	assert_true(p.profile.subject_key_id && p.profile.issuance_policy);
	assert_int_equal(p.profile.key_usage, IDEVID_USAGE_SIGN);
	assert_string_equal(p.profile.organization, "");
	assert_string_equal(p.profile.unit, "Line 1");
	assert_string_equal(p.profile.model, OCTETS_64);
	assert_string_equal(p.profile.hw_type, "1.3.6.1.4.1.32473.7");
	assert_false(p.check_character);
	assert_int_equal(p.legacy, LEGACY(LEGACY_LAYOUT_2019));
}

/* What _add makes is valid, and nothing else of its size is. */
static void
format_lists(void **state)
{
	static const uint8_t valid[] = { 0, 1, 2, 3, 6, 7, 9, 11, 13, 14, 27,
		30, 39, 45, 54, 57 };
	unsigned list, n = 0;

	(void)state;
	for (list = 0; list <= FORMAT_LIST_MAX; list++)
		if (format_list_valid(list))
			assert_int_equal(list, valid[n++]);
	assert_int_equal(n, sizeof(valid));
	assert_false(format_list_valid(64 | 1));
	list = format_list_add(0, FORMAT_COSE_CBOR);
	list = format_list_add(list, FORMAT_CMS_JSON);
	assert_int_equal(list, format_list_add(list, FORMAT_COSE_CBOR));
	assert_int_equal(format_list_at(list, 0), FORMAT_COSE_CBOR);
	assert_int_equal(format_list_at(list, 1), FORMAT_CMS_JSON);
	assert_int_equal(format_list_at(list, 2), FORMAT_NONE);
	assert_true(format_list_has(list, FORMAT_CMS_JSON));
	assert_false(format_list_has(list, FORMAT_JWS_JSON));
	assert_false(format_list_has(list, FORMAT_NONE));
}

static void
whole(void **state)
{
	struct product p;
	struct why why;

	(void)state;
	product_defaults(&p);
	assert_int_equal(product_check(&p, &why), REASON_PRODUCT_SYNTAX);
	memcpy(p.name, "router-9", 9);
	assert_int_equal(product_check(&p, &why), REASON_PRODUCT_SYNTAX);
	p.import_only = true;
	assert_int_equal(product_check(&p, &why), REASON_OK);
	p.import_only = false;
	memcpy(p.token, "AR9", 4);
	/* An IDevID without a MASA cannot be onboarded. */
	assert_int_equal(product_check(&p, &why), REASON_PRODUCT_SYNTAX);
	memcpy(p.masa_url, "masa.example.com", 17);
	assert_int_equal(product_check(&p, &why), REASON_OK);
	memcpy(p.name, "router 9", 9);
	assert_int_equal(product_check(&p, &why), REASON_PRODUCT_SYNTAX);
}

/* What we sign for ever is what base-path can be; others' devices have what they have
 * (doc/decisions/077). */
static void
paths_of_our_own(void **state)
{
	static const struct {
		const char *path;
		bool ours;
	} rows[] = { { "", true }, { "/line-b", true }, { "/a/b_C.~9", true },
		{ "/line+b", false }, { "/a%20b", false }, { "/a/../b", false },
		{ "/a//b", false }, { "/a/", false }, { "/", false },
		{ "/x?y", false }, { "/x#y", false } };
	struct product p = { .name = "router-9", .counter_width = 6 };
	struct why why;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(p.masa_url, sizeof(p.masa_url),
		    "https://masa.example.com:8443%s", rows[i].path);
		memcpy(p.token, "AR9", 4);
		p.import_only = false;
		if ((product_url_check(&p, &why) == REASON_OK) != rows[i].ours)
			fail_msg("%s", p.masa_url);
		p.import_only = true;
		assert_int_equal(product_url_check(&p, &why), REASON_OK);
		p.token[0] = '\0';
		assert_int_equal(product_url_check(&p, &why), REASON_OK);
		assert_true(masa_url_valid(span_str(p.masa_url)));
	}
	/* As long as a line of hallmark.ini has room for. */
	p.import_only = false;
	memcpy(p.token, "AR9", 4);
	snprintf(p.masa_url, sizeof(p.masa_url), "https://m/%0179d", 1);
	assert_int_equal(product_url_check(&p, &why), REASON_OK);
	snprintf(p.masa_url, sizeof(p.masa_url), "https://m/%0180d", 1);
	assert_int_equal(product_url_check(&p, &why), REASON_PRODUCT_SYNTAX);
}

static void
authorities(void **state)
{
	static const char *const good[] = { "masa.example.com",
		"masa.example.com:9443", "localhost", "192.0.2.1:443", "a-b.c",
		"https://masa.example.com", "https://masa.example.com:1/x?y",
		"masa:65535" };
	static const char *const bad[] = { "", ":443", "masa:", "masa:0",
		"masa:65536", "masa:0443", "masa:99999999999", "a..b", ".a",
		"a.", "-a", "a-", "a-.b", "a b", "a_b", "a/b", "user@host",
		"http://masa.example.com", "https://", "https:///x", "masa\n",
		"m\xc3\xa4sa" };
	char label[65], name[300];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		if (!masa_url_valid(span_str(good[i])))
			fail_msg("%s", good[i]);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (masa_url_valid(span_str(bad[i])))
			fail_msg("%s", bad[i]);
	memset(label, 'a', sizeof(label));
	assert_true(masa_url_valid(span_of(label, 63)));
	assert_false(masa_url_valid(span_of(label, 64)));
	for (i = 0; i < sizeof(name); i++)
		name[i] = i % 2 == 0 ? 'a' : '.';
	assert_true(masa_url_valid(span_of(name, 253)));
	assert_false(masa_url_valid(span_of(name, 255)));
}

/* What of a MASA URL is compared, and lists of such. */
static void
names(void **state)
{
	static const struct {
		const char *url, *name;
	} rows[] = {
		{ "masa.example.com", "masa.example.com" },
		{ "MASA.Example.com:9443", "masa.example.com:9443" },
		{ "masa.example.com:443", "masa.example.com" },
		{ "masa.example.com:4430", "masa.example.com:4430" },
		{ "https://masa.example.com/a:443", "masa.example.com" },
		{ "https://masa.example.com:8443/", "masa.example.com:8443" },
		{ "192.0.2.1", "192.0.2.1" },
	};
	char name[MASA_URL_MAX + 1];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_true(masa_url_authority(span_str(rows[i].url), name));
		assert_string_equal(name, rows[i].name);
	}
	assert_false(masa_url_authority(span_str(""), name));
	assert_false(masa_url_authority(span_str("a b"), name));
	assert_true(masa_names_valid(""));
	assert_true(masa_names_valid("a.example, B.example:9 ,192.0.2.1"));
	assert_false(masa_names_valid("a.example,,b.example"));
	assert_false(masa_names_valid("a.example b.example"));
	assert_false(masa_names_valid("https://a.example"));
	assert_true(masa_name_listed("a.example, B.example:443", "b.example"));
	assert_false(masa_name_listed("a.example:9", "a.example"));
	assert_false(masa_name_listed("aa.example", "a.example"));
	assert_false(masa_name_listed("", "a.example"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields),
		cmocka_unit_test(format_lists),
		cmocka_unit_test(whole),
		cmocka_unit_test(paths_of_our_own),
		cmocka_unit_test(authorities),
		cmocka_unit_test(names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
