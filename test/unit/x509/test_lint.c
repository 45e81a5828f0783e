/* The linter: each rule broken by a certificate that breaks nothing else, and
 * our own profiles, which break none (IP 10). */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <openssl/ec.h>
#include <openssl/rsa.h>
#include <stdio.h>

#include "crypto/keys/private_key.h"
#include "foreign.h"
#include "wire/der.h"
#include "x509/lint.h"
#include "x509/render.h"

#define MASA   "1.3.6.1.5.5.7.1.32"
#define POLICY "1.3.6.1.4.1.99999.1"

static const uint8_t policy_oid[] = { 0x2b, 6, 1, 4, 1, 0x86, 0x8d, 0x1f, 1 };

static struct foreign ca;
static struct product product;
static struct lint_context idevid = { .subject = LINT_IDEVID,
	.issuer = &ca.c,
	.product = &product,
	.slot = "F1",
	.masa_url_required = true };

static const struct recipe ca_recipe = { .common_name = "IDevID CA F1-1",
	.extensions = { { "basicConstraints", "critical,CA:TRUE,pathlen:0" },
	    { "keyUsage", "critical,keyCertSign" },
	    { "subjectKeyIdentifier", "hash" } } };

/* What our own issuer would make. */
static struct recipe
good_idevid(void)
{
	struct recipe r = { .serial_number = "AR9-F1-0001-6",
		.issuer = &ca,
		.extensions = { { "authorityKeyIdentifier", "keyid:always" },
		    { MASA, "ASN1:IA5:masa.example.com:9443" } } };

	return r;
}

static int
world_make(void **state)
{
	(void)state;
	foreign_make(&ca, &ca_recipe);
	product_defaults(&product);
	snprintf(product.name, sizeof(product.name), "router-9");
	snprintf(product.token, sizeof(product.token), "AR9");
	product.counter_width = 4;
	idevid.voucher_policy = span_of(policy_oid, sizeof(policy_oid));
	return 0;
}

static int
world_end(void **state)
{
	(void)state;
	foreign_free(&ca);
	return 0;
}

/* The codes in order, "L01 L05"; all three ways to lint agree. */
static void
codes_are(const struct recipe *r, const struct lint_context *context,
    const char *expected)
{
	struct lint_finding findings[LINT_FINDINGS_MAX];
	char codes[200] = "";
	struct foreign f;
	struct why why;
	unsigned i, n;

	foreign_make(&f, r);
	n = certificate_lint(&f.c, context, findings);
	for (i = 0; i < n; i++) {
		snprintf(codes + strlen(codes), sizeof(codes) - strlen(codes),
		    "%s%s", i > 0 ? " " : "", reason_code(findings[i].code));
		assert_in_range(findings[i].why.offset + 1, 0, f.der.len);
		assert_true(findings[i].why.text[0] != '\0');
	}
	assert_string_equal(codes, expected);
	assert_int_equal(lint_before_signing(f.c.tbs, context, &why),
	    n > 0 ? findings[0].code : REASON_OK);
	foreign_free(&f);
}

#define BROKEN(change, code)                     \
	do {                                     \
		struct recipe r = good_idevid(); \
		change;                          \
		codes_are(&r, &idevid, code);    \
	} while (0)

static void
good_ones(void **state)
{
	const struct lint_context as_ca = { .subject = LINT_CA };
	const struct recipe imported = { .serial_number = "AR9-F1-0001-6",
		.issuer = &ca,
		.extensions = { { "authorityKeyIdentifier", "keyid:always" },
		    { MASA, "ASN1:IA5:https://masa.example.com/path" } } };

	(void)state;
	BROKEN((void)0, "");
	codes_are(&ca_recipe, &as_ca, "");
	codes_are(&imported, &idevid, "");
}

static void
l01_dates(void **state)
{
	const struct lint_context as_ca = { .subject = LINT_CA };
	struct recipe second = ca_recipe;

	(void)state;
	BROKEN(r.not_after = "99991231125047Z", "L01");
	BROKEN(r.not_after = "29991231000000Z", "L01");
	BROKEN(r.not_after = "20351231000000Z", "L01");
	second.not_after = "20351231000000Z";
	codes_are(&second, &as_ca, "L01");
}

static void
l02_serial_attribute(void **state)
{
	(void)state;
	BROKEN(r.serial_number = NULL; r.common_name = "device", "L02");
	BROKEN(r.second_serial_number = "AR9-F1-0002-4", "L02");
	BROKEN(r.serial_number_type = V_ASN1_UTF8STRING, "L02");
}

static void
l03_serial(void **state)
{
	(void)state;
	BROKEN(r.serial_number = "AR9-F2-0001-6", "L03"); /* slot */
	BROKEN(r.serial_number = "BX1-F1-0001-6", "L03"); /* product */
	BROKEN(r.serial_number = "AR9-F1-0001-7", "L03"); /* check */
	BROKEN(r.serial_number = "AR9-F1-O001-6", "L03"); /* letter O */
	product.import_only = true;
	BROKEN(r.serial_number = "00-D0-E5-F2-00-02", "");
	product.import_only = false;
	/* Existing serials: the scheme, instead of the slot. */
	strcpy(product.scheme, "00-D0-E5-F2-%%-%%");
	BROKEN(r.serial_number = "00-D0-E5-F2-00-02", "");
	BROKEN(r.serial_number = "00-D0-E5-F2-00-0G", "L03");
	BROKEN(r.serial_number = "00-D0-E5-F3-00-02", "L03");
	BROKEN(r.serial_number = "AR9-F1-0001-6", "L03");
	product.scheme[0] = '\0';
}

static void
l04_authority_key(void **state)
{
	(void)state;
	BROKEN(r.extensions[0].name = NULL, "L04");
	BROKEN(r.extensions[0].value = "keyid:always,issuer:always", "L04");
}

static void
l05_masa_url(void **state)
{
	(void)state;
	BROKEN(r.extensions[1].name = NULL, "L05");
	BROKEN(r.extensions[1].value = "critical,ASN1:IA5:masa.example.com",
	    "L05");
	BROKEN(r.extensions[1].value = "ASN1:UTF8:masa.example.com", "L05");
	BROKEN(r.extensions[1].value = "ASN1:IA5:masa example", "L05");
	BROKEN(r.extensions[1].value = "ASN1:IA5:masa.example.com:0", "L05");
	BROKEN(r.extensions[1].name = "1.3.6.1.4.1.46930.2", "L05");
	idevid.masa_url_required = false;
	BROKEN(r.extensions[1].name = NULL, "");
	idevid.masa_url_required = true;
}

static void
l06_device_with_rights(void **state)
{
	(void)state;
	BROKEN(r.extensions[2].name = "basicConstraints";
	       r.extensions[2].value = "critical,CA:TRUE", "L06");
	BROKEN(r.extensions[2].name = "keyUsage";
	       r.extensions[2].value = "critical,digitalSignature,keyCertSign",
	       "L06");
	BROKEN(r.extensions[2].name = "certificatePolicies";
	       r.extensions[2].value = "1.2.3," POLICY, "L06");
	BROKEN(r.extensions[2].name = "certificatePolicies";
	       r.extensions[2].value = "anyPolicy", "L06");
	BROKEN(r.extensions[2].name = "certificatePolicies";
	       r.extensions[2].value = "1.2.3", "");
}

/* The policy as a private extension (IP 6), behind as many others as there is
 * room for. */
static void
l06_by_extension(void **state)
{
	static char names[RECIPE_EXTENSIONS][12];
	struct recipe r = good_idevid();
	unsigned i;

	(void)state;
	for (i = 2; i < RECIPE_EXTENSIONS; i++) {
		snprintf(names[i], sizeof(names[i]), "1.2.9.%u", i);
		r.extensions[i].name = names[i];
		r.extensions[i].value = "DER:0500";
	}
	codes_are(&r, &idevid, "");
	r.extensions[RECIPE_EXTENSIONS - 1].name = POLICY;
	codes_are(&r, &idevid, "L06");
	r.extensions[RECIPE_EXTENSIONS - 1].value = "DER:040100";
	codes_are(&r, &idevid, "");
}

static void
l07_ca(void **state)
{
	const struct lint_context as_ca = { .subject = LINT_CA };
	struct recipe r = ca_recipe;

	(void)state;
	r.extensions[0].value = "CA:TRUE";
	codes_are(&r, &as_ca, "L07");
	r.extensions[0].value = "critical,CA:FALSE";
	codes_are(&r, &as_ca, "L07");
	r = ca_recipe;
	r.extensions[1].value = "keyCertSign";
	codes_are(&r, &as_ca, "L07");
	r.extensions[1].value = "critical,cRLSign";
	codes_are(&r, &as_ca, "L07");
	r.extensions[1].name = NULL;
	codes_are(&r, &as_ca, "L07");
}

static void
l08_integer(void **state)
{
	(void)state;
	BROKEN(r.serial = "0", "L08");
	BROKEN(r.serial = "-1122334455667788", "L08");
	BROKEN(r.serial = "11223344556677", "L08");
	BROKEN(r.serial = "1122334455667788990011223344556677889900AA", "L08");
	BROKEN(r.serial = "112233445566778899001122334455667788990A", "");
	BROKEN(r.serial = "1122334455667788", "");
}

static void
l09_issuer(void **state)
{
	(void)state;
	BROKEN(r.issuer_name = "IDevID CA F1-2", "L09");
	BROKEN(r.extensions[0].name = "2.5.29.35";
	       r.extensions[0].value =
		   "DER:301680140102030405060708090a0b0c0d0e"
		   "0f1011121314",
	       "L09");
}

static void
l10_algorithms(void **state)
{
	EVP_PKEY *rsa = EVP_RSA_gen(1024), *koblitz = EVP_EC_gen("secp256k1");
	EVP_PKEY *explicit_ = EVP_PKEY_new();
	EC_KEY *ec = EC_KEY_new_by_curve_name(NID_X9_62_prime256v1);
	struct lint_context self = { .subject = LINT_CA };
	struct recipe second = ca_recipe;

	(void)state;
	EC_KEY_generate_key(ec);
	EC_KEY_set_asn1_flag(ec, OPENSSL_EC_EXPLICIT_CURVE);
	EVP_PKEY_set1_EC_KEY(explicit_, ec);
	BROKEN(r.key = rsa, "L10");
	BROKEN(r.key = koblitz, "L10");
	BROKEN(r.key = explicit_, "L10");
	BROKEN(r.md = EVP_sha1(), "L10");
	second.key = rsa;
	codes_are(&second, &self, "L10");
	EVP_PKEY_free(rsa);
	rsa = EVP_RSA_gen(2048);
	second.key = rsa;
	codes_are(&second, &self, "");
	EC_KEY_free(ec);
	EVP_PKEY_free(rsa);
	EVP_PKEY_free(koblitz);
	EVP_PKEY_free(explicit_);
}

static void
l11_pointers(void **state)
{
	(void)state;
	BROKEN(r.extensions[2].name = "crlDistributionPoints";
	       r.extensions[2].value = "URI:http://example.com/crl", "L11");
	BROKEN(r.extensions[2].name = "authorityInfoAccess";
	       r.extensions[2].value = "OCSP;URI:http://example.com/", "L11");
}

static void
l12_encoding_of_dates(void **state)
{
	const struct lint_context other = { .subject = LINT_OTHER };
	struct recipe second = { .common_name = "other" };

	(void)state;
	BROKEN(r.not_before_generalized = true, "L12");
	/* Meant for 2050, reads as 1950. */
	second.not_after_utc = "500101000000Z";
	codes_are(&second, &other, "L12");
	second.not_after_utc = "490101000000Z";
	codes_are(&second, &other, "");
}

static void
l13_voucher_signer(void **state)
{
	struct lint_context context = { .subject = LINT_VOUCHER_SIGNER,
		.voucher_policy = span_of(policy_oid, sizeof(policy_oid)) };
	struct recipe r = { .common_name = "voucher signer",
		.extensions = { { "basicConstraints", "critical,CA:FALSE" },
		    { "keyUsage", "critical,digitalSignature" },
		    { "certificatePolicies", POLICY } } };

	(void)state;
	codes_are(&r, &context, "");
	context.issuer_is_idevid_ca = true;
	codes_are(&r, &context, "L13");
	context.issuer_is_idevid_ca = false;
	r.extensions[2].value = "1.2.3";
	codes_are(&r, &context, "L13");
	context.voucher_policy.len = 0;
	codes_are(&r, &context, "");
	r.extensions[0].value = "critical,CA:TRUE";
	codes_are(&r, &context, "L13");
}

/* A CA's constraints are critical or ought to be (RFC 5280 4.2.1.10, 11 and 14); no
 * device has any. */
static void
l14_critical(void **state)
{
	static const char *const constraints[3][2] = {
		{ "nameConstraints", "critical,permitted;DNS:example.com" },
		{ "policyConstraints", "critical,requireExplicitPolicy:0" },
		{ "inhibitAnyPolicy", "critical,0" },
	};
	const struct lint_context of_ca = { .subject = LINT_CA };
	struct recipe above = { .common_name = "ca",
		.not_after = "99991231235959Z",
		.extensions = { { "basicConstraints", "critical,CA:TRUE" },
		    { "keyUsage", "critical,keyCertSign" },
		    { "subjectKeyIdentifier", "hash" } } };
	size_t i;

	(void)state;
	BROKEN(r.extensions[2].name = "1.2.3.4";
	       r.extensions[2].value = "critical,DER:0500", "L14");
	BROKEN(r.extensions[2].name = "1.2.3.4";
	       r.extensions[2].value = "DER:0500", "");
	for (i = 0; i < 3; i++) {
		above.extensions[3].name = constraints[i][0];
		above.extensions[3].value = constraints[i][1];
		codes_are(&above, &of_ca, "");
		BROKEN(r.extensions[2].name = constraints[i][0];
		       r.extensions[2].value = constraints[i][1], "L14");
	}
}

/* The keys in test/vectors, of which the private halves are printed. */
static void
l15_published_keys(void **state)
{
	const char *name;
	struct span der;
	struct certificate c;
	struct why why;
	X509 *x;
	unsigned n, count = 0;

	(void)state;
	for (n = 0; foreign_vector(n, &name, &der); n++) {
		const unsigned char *at = der.ptr;

		assert_int_equal(certificate_read(der, &c, &why), REASON_OK);
		assert_true(test_key_published(c.spki));
		x = d2i_X509(NULL, &at, (long)der.len);
		if (public_key_get(c.spki, &(const struct public_key *){ 0 },
			&why) == REASON_OK) {
			BROKEN(r.key = X509_get0_pubkey(x), "L15");
			count++;
		}
		X509_free(x);
		OPENSSL_free((void *)(uintptr_t)der.ptr);
	}
	assert_true(count > 10);
	assert_false(test_key_published(ca.c.spki));
}

static void
several_at_once(void **state)
{
	(void)state;
	BROKEN(r.not_after = "20351231000000Z"; r.extensions[1].name = NULL;
	       r.serial = "0";
	       r.serial_number = "AR9-F2-0001-6", "L01 L03 L05 L08");
}

/* Without being told what it is. */
static void
guesses(void **state)
{
	const struct lint_context guess = { .subject = LINT_GUESS };
	struct recipe r = good_idevid();
	const struct recipe other = { .common_name = "web server",
		.not_after = "20300101000000Z" };

	(void)state;
	codes_are(&r, &guess, "");
	r.extensions[2].name = "basicConstraints";
	r.extensions[2].value = "critical,CA:TRUE";
	codes_are(&r, &guess, "L06");
	r = ca_recipe;
	r.extensions[1].name = NULL;
	codes_are(&r, &guess, "L07");
	codes_are(&other, &guess, "");
}

static enum reason
import(const struct recipe *r, const char *warned)
{
	struct lint_context context = { .subject = LINT_IDEVID,
		.issuer = &ca.c };
	char warnings[200];
	struct foreign f;
	struct why why;
	enum reason result;

	foreign_make(&f, r);
	result = lint_import(&f.c, &context, warnings, sizeof(warnings), &why);
	if (result == REASON_OK)
		assert_string_equal(warnings, warned);
	foreign_free(&f);
	return result;
}

static void
imports(void **state)
{
	struct recipe r = good_idevid();

	(void)state;
	assert_int_equal(import(&r, ""), REASON_OK);
	r.serial_number = "00-D0-E5-F2-00-02";
	r.not_after = "20351231000000Z";
	r.extensions[1].value = "ASN1:UTF8:masa.example.com";
	assert_int_equal(import(&r, "L01 L05"), REASON_OK);
	r.extensions[2].name = "basicConstraints";
	r.extensions[2].value = "critical,CA:TRUE";
	assert_int_equal(import(&r, ""), REASON_L06);
	r.extensions[2].name = "1.2.3.4";
	r.extensions[2].value = "critical,DER:0500";
	assert_int_equal(import(&r, ""), REASON_L14);
	r.extensions[2].name = NULL;
	r.issuer_name = "someone";
	assert_int_equal(import(&r, ""), REASON_L09);
	r.issuer_name = NULL;
	r.md = EVP_sha1();
	assert_int_equal(import(&r, ""), REASON_L10);
}

/* What we render for each profile passes our own linter. */
static void
own_profiles(void **state)
{
	static const struct {
		enum certificate_profile profile;
		enum lint_subject subject;
	} profiles[] = {
		{ PROFILE_ROOT, LINT_CA },
		{ PROFILE_IDEVID_CA, LINT_CA },
		{ PROFILE_IDEVID, LINT_IDEVID },
		{ PROFILE_VOUCHER_SIGNER, LINT_VOUCHER_SIGNER },
		{ PROFILE_TLS_SERVER, LINT_OTHER },
		{ PROFILE_REGISTRAR, LINT_OTHER },
		{ PROFILE_DOMAIN_CA, LINT_OTHER },
	};
	const char *name;
	struct certificate published;
	struct span der;
	struct private_key *key = private_key_generate(KEY_P256);
	uint8_t tbs[2000];
	struct why why;
	size_t len;
	unsigned i;

	(void)state;
	assert_true(foreign_vector(0, &name, &der));
	assert_int_equal(certificate_read(der, &published, &why), REASON_OK);
	for (i = 0; i < sizeof(profiles) / sizeof(profiles[0]); i++) {
		struct lint_context context = { .subject = profiles[i].subject,
			.issuer = &ca.c };
		struct certificate_plan p = { .profile = profiles[i].profile,
			.common_name = "name",
			.not_before = 1704067200,
			.not_after = DER_TIME_FOREVER,
			.device_serial = profiles[i].subject == LINT_IDEVID
			    ? "AR9-F1-0001-6"
			    : NULL,
			.masa_url = "masa.example.com",
			.host = "localhost",
			.spki = private_key_spki(key),
			.issuer_name = ca.c.subject,
			.issuer_key_id = ca.c.subject_key_id,
			.signature_algorithm = private_key_algorithm(key) };

		certificate_serial_draw(p.serial);
		assert_true(certificate_render(&p, tbs, sizeof(tbs), &len));
		assert_int_equal(
		    lint_before_signing(span_of(tbs, len), &context, &why),
		    REASON_OK);
		p.spki = published.spki;
		assert_true(certificate_render(&p, tbs, sizeof(tbs), &len));
		assert_int_equal(
		    lint_before_signing(span_of(tbs, len), &context, &why),
		    REASON_L15);
	}
	OPENSSL_free((void *)(uintptr_t)der.ptr);
	private_key_free(key);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_ones),
		cmocka_unit_test(l01_dates),
		cmocka_unit_test(l02_serial_attribute),
		cmocka_unit_test(l03_serial),
		cmocka_unit_test(l04_authority_key),
		cmocka_unit_test(l05_masa_url),
		cmocka_unit_test(l06_device_with_rights),
		cmocka_unit_test(l06_by_extension),
		cmocka_unit_test(l07_ca),
		cmocka_unit_test(l08_integer),
		cmocka_unit_test(l09_issuer),
		cmocka_unit_test(l10_algorithms),
		cmocka_unit_test(l11_pointers),
		cmocka_unit_test(l12_encoding_of_dates),
		cmocka_unit_test(l13_voucher_signer),
		cmocka_unit_test(l14_critical),
		cmocka_unit_test(l15_published_keys),
		cmocka_unit_test(several_at_once),
		cmocka_unit_test(guesses),
		cmocka_unit_test(imports),
		cmocka_unit_test(own_profiles),
	};

	return cmocka_run_group_tests(tests, world_make, world_end);
}
