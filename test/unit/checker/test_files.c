/* Requests that are looked at once more, and files that an operator names. */
#include <openssl/pem.h>

#include "world.h"

#include "base/text.h"

static struct message_derived derived;
static struct message_inspected found;

static void
derive(struct span body, enum request_kind kind, bool explain)
{
	struct message_derive m = { .kind = kind,
		.format = w.format,
		.reply = (unsigned)w.format,
		.legacy = LEGACY_ALL,
		.allowed = w.allowed,
		.moment = NOW,
		.explain = explain,
		.body = body };

	room.on_record = NULL;
	memset(&derived, 0xee, sizeof(derived));
	derive_facts(&m, &room, keep(2 * body.len + 1), &derived);
}

/* What the last world_check() was about. */
static struct span
bytes_again(void)
{
	return artifact_make(&w.rvr);
}

static struct span
pem_of(struct span der, const char *name)
{
	BIO *b = BIO_new(BIO_s_mem());
	char *text;
	struct span out;
	long len;

	assert_true(PEM_write_bio(b, name, "", der.ptr, (long)der.len) > 0);
	len = BIO_get_mem_data(b, &text);
	out = keep_copy(text, (size_t)len);
	BIO_free(b);
	return out;
}

/* The same facts, whoever asks; of what is outside only what a front can see. */
static void
derives(void **state)
{
	static const enum artifact_format formats[] = { FORMAT_CMS_JSON,
		FORMAT_JWS_JSON, FORMAT_COSE_CBOR };
	unsigned i;

	(void)state;
	for (i = 0; i < 3; i++) {
		world_begin(formats[i]);
		world_check();
		assert_int_equal(w.reason, REASON_OK);
		derive(bytes_again(), REQUEST_VOUCHER, false);
		assert_int_equal(derived.reason, REASON_OK);
		assert_true(derived.complete);
		assert_int_equal(derived.facts.legacy, LEGACY_OUTSIDE);
		assert_string_equal(derived.facts.serial, SERIAL);
		assert_int_equal(derived.facts.chain_len, 3);
		assert_int_equal(derived.facts.moment, NOW);
		assert_int_equal(derived.trace.len, 0);
		assert_string_equal(derived.subjects[0], "");
	}
}

static void
explains(void **state)
{
	(void)state;
	world_begin(FORMAT_CMS_JSON);
	world_check();
	derive(bytes_again(), REQUEST_VOUCHER, true);
	assert_int_equal(derived.reason, REASON_OK);
	assert_int_equal(derived.trace.len, 12);
	assert_string_equal(derived.subjects[0], "CN=registrar");
	assert_string_equal(derived.subjects[1], "CN=sub");
	assert_string_equal(derived.subjects[2], "CN=root");
	assert_string_equal(derived.subjects[3], "");
	/* A file may be PEM; what a service is sent may not. */
	derive(pem_of(bytes_again(), "CMS"), REQUEST_VOUCHER, true);
	assert_int_equal(derived.reason, REASON_OK);
	derive(pem_of(bytes_again(), "CMS"), REQUEST_VOUCHER, false);
	assert_int_equal(derived.reason, REASON_CMS_MALFORMED);
	assert_non_null(strstr(derived.text, "PEM"));
	assert_false(derived.complete);
	derive(pem_of(bytes_again(), "NONE"), REQUEST_VOUCHER, true);
	assert_int_equal(derived.reason, REASON_CMS_MALFORMED);
	derive(span_of("", 0), REQUEST_VOUCHER, true);
	assert_int_equal(derived.reason, REASON_EMPTY_BODY);
}

/* Old forms are those that were allowed then. */
static void
derives_old_forms(void **state)
{
	(void)state;
	world_begin(FORMAT_JWS_JSON);
	w.registrar.root = "ietf-voucher-request-prm:voucher";
	world_check();
	assert_int_equal(w.reason, REASON_LEGACY_FORM);
	derive(bytes_again(), REQUEST_VOUCHER, false);
	assert_int_equal(derived.reason, REASON_LEGACY_FORM);
	w.allowed = LEGACY(LEGACY_ROOTS);
	derive(bytes_again(), REQUEST_VOUCHER, false);
	assert_int_equal(derived.reason, REASON_OK);
	assert_int_equal(
	    derived.facts.legacy, LEGACY_OUTSIDE | LEGACY(LEGACY_ROOTS));
}

static void
derives_refusals(void **state)
{
	(void)state;
	world_begin(FORMAT_JWS_JSON);
	w.rvr.odd = ODD_SIGNATURE;
	world_check();
	derive(bytes_again(), REQUEST_VOUCHER, true);
	assert_int_equal(derived.reason, REASON_REQUEST_SIGNATURE);
	assert_int_equal(derived.facts.refusal, REASON_REQUEST_SIGNATURE);
	assert_string_equal(derived.facts.why.text, derived.text);
	assert_non_null(strstr(derived.text, "none of the 3"));
	assert_false(derived.complete);
	assert_int_equal(derived.trace.len, 3);
	assert_string_equal(derived.facts.serial, SERIAL);
	/* MP 14.1: whether these bytes were granted once the authority knows. */
	derive(bytes_again(), REQUEST_AUDIT_LOG, false);
	assert_int_equal(derived.reason, REASON_REQUEST_SIGNATURE);
	assert_true(derived.complete);
}

static void
hands_on(void **state)
{
	(void)state;
	assert_true(check_hands_on(REQUEST_VOUCHER, REASON_OK));
	assert_true(check_hands_on(REQUEST_AUDIT_LOG, REASON_OK));
	assert_false(check_hands_on(REQUEST_VOUCHER, REASON_REGISTRAR_PATH));
	assert_true(check_hands_on(REQUEST_AUDIT_LOG, REASON_REGISTRAR_PATH));
	assert_false(check_hands_on(REQUEST_AUDIT_LOG, REASON_CMS_MALFORMED));
	assert_false(
	    check_hands_on(REQUEST_AUDIT_LOG, REASON_PROXIMITY_FORBIDDEN));
}

/* --- files --- */

static enum reason
inspect(enum inspect_kind kind, struct span bytes, struct span other)
{
	static char json[32768];
	struct message_inspect m = {
		.kind = kind, .bytes = bytes, .other = other
	};

	memset(&found, 0xee, sizeof(found));
	inspect_file(
	    &m, keep(bytes.len + other.len + 1), json, sizeof(json), &found);
	assert_int_equal(found.kind, kind);
	return found.reason;
}

static void
imports(void **state)
{
	const struct foreign *device = certificate_of(DEVICE),
			     *vendor = certificate_of(VENDOR);
	const struct import_facts *f = &found.import;
	uint8_t hash[HASH_SIZE];

	(void)state;
	keep_nothing();
	assert_int_equal(
	    inspect(INSPECT_IMPORT, device->der, vendor->der), REASON_OK);
	assert_string_equal(f->serial, SERIAL);
	assert_true(span_eq(f->certificate, device->der));
	assert_true(span_eq(f->issuer_certificate, vendor->der));
	assert_int_equal(f->issuer.kind, ISSUER_KEY_ID);
	assert_true(span_eq(
	    span_of(f->issuer.bytes, f->issuer.len), vendor->c.subject_key_id));
	sha256(vendor->c.subject, hash);
	assert_memory_equal(f->issuer_name_sha256, hash, HASH_SIZE);
	sha256(device->c.spki, hash);
	assert_memory_equal(f->spki_sha256, hash, HASH_SIZE);
	sha256(device->der, hash);
	assert_memory_equal(f->certificate_sha256, hash, HASH_SIZE);
	/* Both as PEM, one behind the other in the arena. */
	assert_int_equal(
	    inspect(INSPECT_IMPORT, pem_of(device->der, "CERTIFICATE"),
		pem_of(vendor->der, "CERTIFICATE")),
	    REASON_OK);
	assert_true(span_eq(f->certificate, device->der));
	assert_true(span_eq(f->issuer_certificate, vendor->der));
}

static void
imports_refuse(void **state)
{
	const struct foreign *vendor = certificate_of(VENDOR);
	struct recipe star = { .common_name = "device",
		.serial_number = "A*1",
		.serial_number_type = V_ASN1_UTF8STRING,
		.issuer = vendor };
	struct foreign f;

	(void)state;
	keep_nothing();
	foreign_make(&f, &star);
	assert_int_equal(
	    inspect(INSPECT_IMPORT, f.der, vendor->der), REASON_SERIAL_SYNTAX);
	foreign_free(&f);
	assert_int_equal(inspect(INSPECT_IMPORT, certificate_of(DEVICE)->der,
			     certificate_of(STRANGER_ROOT)->der),
	    REASON_IMPORT_CHAIN);
	assert_int_equal(
	    inspect(INSPECT_IMPORT, certificate_of(DEVICE)->der, span_str("x")),
	    REASON_CERTIFICATE_MALFORMED);
	assert_int_equal(inspect(INSPECT_IMPORT, span_str("x"), vendor->der),
	    REASON_CERTIFICATE_MALFORMED);
	assert_non_null(strstr(found.text, "neither DER nor one PEM block"));
	assert_int_equal(
	    inspect(INSPECT_IMPORT, certificate_of(DEVICE_SERIALLESS)->der,
		vendor->der),
	    REASON_PLEDGE_SERIAL_COUNT);
	assert_int_equal(inspect(INSPECT_IMPORT,
			     certificate_of(DEVICE_TWICE)->der, vendor->der),
	    REASON_PLEDGE_SERIAL_COUNT);
	assert_non_null(strstr(found.text, "2 serialNumber"));
}

/* What our voucher signers assert, or what lies below it, no device may (L06). */
static void
imports_policies(void **state)
{
	/* 1.3.6.1.4.1.99999.1, of one signer, and 1.2.3.4, of another. */
	static const uint8_t ours[] = { 0x30, 0x0d, 0x30, 0x0b, 0x06, 0x09,
		0x2b, 0x06, 0x01, 0x04, 0x01, 0x86, 0x8d, 0x1f, 0x01, 0x30,
		0x07, 0x30, 0x05, 0x06, 0x03, 0x2a, 0x03, 0x04 };
	static const struct {
		const char *asserts;
		enum reason wanted;
	} rows[] = { { "1.3.6.1.4.1.99999.1", REASON_L06 },
		{ "1.3.6.1.4.1.99999.1.7", REASON_L06 },
		{ "1.3.6.1.4.1.99999.2,1.2.3.4", REASON_L06 },
		{ "2.5.29.32.0", REASON_L06 },
		{ "1.3.6.1.4.1.99999.2,1.2.3.5", REASON_OK } };
	const struct foreign *vendor = certificate_of(VENDOR);
	struct message_inspect m = { .kind = INSPECT_IMPORT,
		.other = vendor->der,
		.policies = span_of(ours, sizeof(ours)) };
	struct foreign f;
	size_t i;

	(void)state;
	keep_nothing();
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct recipe r = { .common_name = "device",
			.serial_number = SERIAL,
			.issuer = vendor,
			.extensions = {
			    { "certificatePolicies", rows[i].asserts } } };

		foreign_make(&f, &r);
		m.bytes = f.der;
		inspect_file(
		    &m, keep(f.der.len + vendor->der.len + 1), NULL, 0, &found);
		assert_int_equal(found.reason, rows[i].wanted);
		foreign_free(&f);
	}
}

/* Its names say that it issued itself, its signature does not. */
static void
not_its_own(void **state)
{
	struct recipe r = { .common_name = "root",
		.issuer_name = "root",
		.issuer = certificate_of(ROOT) };
	struct foreign f;

	(void)state;
	keep_nothing();
	foreign_make(&f, &r);
	assert_int_equal(
	    inspect(INSPECT_CERTIFICATE, f.der, span_of(NULL, 0)), REASON_OK);
	assert_true(span_eq(f.c.subject, f.c.issuer));
	assert_false(found.certificate.entry.self_signed);
	foreign_free(&f);
}

/* For a place on file: who may sign certificates, who may be a registrar. */
static void
certificates(void **state)
{
	static const struct {
		enum who who;
		bool ca, self_signed, registrar;
		const char *subject;
	} rows[] = {
		{ ROOT, true, true, false, "CN=root" },
		{ SUB, true, false, false, "CN=sub" },
		{ REGISTRAR, false, false, true, "CN=registrar" },
		{ REGISTRAR_SELF, false, true, true, "CN=self" },
		{ CA_NO_CA, false, false, false, "CN=no ca" },
		/* A CA that may not sign certificates is none. */
		{ CA_NO_SIGNING, false, false, false, "CN=ca no signing" },
		/* One without keyUsage may. */
		{ TWIN, true, false, false, "CN=twin" },
		{ ANY_PURPOSE, false, false, false, "CN=any" },
		{ PUBLIC_NEIGHBOUR, false, false, false, "CN=public" },
	};
	uint8_t hash[HASH_SIZE];
	size_t i;

	(void)state;
	keep_nothing();
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct certificate_facts *f = &found.certificate;
		const struct foreign *x = certificate_of(rows[i].who);

		assert_int_equal(
		    inspect(INSPECT_CERTIFICATE, x->der, span_of(NULL, 0)),
		    REASON_OK);
		assert_int_equal(f->entry.ca, rows[i].ca);
		assert_int_equal(f->entry.self_signed, rows[i].self_signed);
		assert_int_equal(f->registrar, rows[i].registrar);
		assert_string_equal(f->subject, rows[i].subject);
		assert_int_equal(
		    f->entry.public_policy, rows[i].who == PUBLIC_NEIGHBOUR);
		assert_true(span_eq(f->entry.certificate, x->der));
		sha256(x->c.subject, hash);
		assert_memory_equal(f->name_sha256, hash, HASH_SIZE);
	}
	assert_int_equal(
	    inspect(INSPECT_CERTIFICATE, span_str(""), span_of(NULL, 0)),
	    REASON_CERTIFICATE_MALFORMED);
}

/* The others have tests of their own: here, that they are asked. */
static void
others(void **state)
{
	const struct foreign *device = certificate_of(DEVICE);

	(void)state;
	keep_nothing();
	assert_int_equal(inspect(INSPECT_CSR, device->der, span_of(NULL, 0)),
	    REASON_CSR_MALFORMED);
	assert_int_equal(
	    inspect(INSPECT_MANIFEST, device->der, span_of(NULL, 0)),
	    REASON_MANIFEST_MALFORMED);
	assert_int_not_equal(
	    inspect(INSPECT_LINT, device->der, certificate_of(VENDOR)->der),
	    REASON_CERTIFICATE_MALFORMED);
	assert_non_null(
	    memmem(found.json.ptr, found.json.len, SERIAL, strlen(SERIAL)));
	assert_non_null(memmem(
	    found.json.ptr, found.json.len, "\"signature\":\"good\"", 18));
}

/* One certificate, many times, and what stands behind them. */
static struct span
crowd(struct span one, unsigned n, struct span behind)
{
	uint8_t *out = keep(n * one.len + behind.len), *at = out;
	unsigned i;

	for (i = 0; i < n; i++, at += one.len)
		memcpy(at, one.ptr, one.len);
	if (behind.len > 0)
		memcpy(at, behind.ptr, behind.len);
	return span_of(out, n * one.len + behind.len);
}

static bool
is_signed(const char *how)
{
	return memmem(found.json.ptr, found.json.len, how, strlen(how)) != NULL;
}

/* A device among P-384 certificates, whose signatures take 15 times as long: nobody
 * waits for an operator's file longer than for a request. */
static void
slow_neighbours(void **state)
{
	const struct span device = certificate_of(DEVICE)->der,
			  vendor = certificate_of(VENDOR)->der,
			  slow = certificate_of(SLOW_1)->der;
	struct recipe r = { .common_name = "vendor",
		.key = EVP_EC_gen("P-384") };
	struct foreign same_name;
	uint64_t begun;

	(void)state;
	keep_nothing();
	/* Names first: these cost nothing. */
	begun = signature_work();
	(void)inspect(INSPECT_LINT, device, crowd(slow, 60, vendor));
	assert_true(is_signed("\"signature\":\"good\""));
	assert_in_range(signature_work() - begun, 1, 15);
	/* Its issuer did not come. */
	begun = signature_work();
	(void)inspect(INSPECT_LINT, device, crowd(slow, 60, span_of(NULL, 0)));
	assert_true(is_signed("\"signature\":\"unknown\""));
	assert_in_range(signature_work() - begun, 300, 400);
	foreign_make(&same_name, &r);
	begun = signature_work();
	assert_int_equal(
	    inspect(INSPECT_LINT, device, crowd(same_name.der, 60, vendor)),
	    REASON_REQUEST_COSTLY);
	assert_in_range(signature_work() - begun, 300, 400);
	(void)inspect(INSPECT_LINT, device, crowd(same_name.der, 20, vendor));
	assert_true(is_signed("\"signature\":\"good\""));
	foreign_free(&same_name);
	EVP_PKEY_free(r.key);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(derives),
		cmocka_unit_test(explains),
		cmocka_unit_test(derives_old_forms),
		cmocka_unit_test(derives_refusals),
		cmocka_unit_test(hands_on),
		cmocka_unit_test(imports),
		cmocka_unit_test(imports_refuse),
		cmocka_unit_test(imports_policies),
		cmocka_unit_test(certificates),
		cmocka_unit_test(not_its_own),
		cmocka_unit_test(others),
		cmocka_unit_test(slow_neighbours),
	};

	return cmocka_run_group_tests(tests, NULL, world_end);
}
