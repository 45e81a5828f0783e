/* The published vouchers, each with the anchor that its standard prints beside it:
 * made by nobody of ours. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "../wire/sample.h"
#include "../x509/foreign.h"
#include "pledge/pledge.h"

static uint8_t work[PLEDGE_WORK(8192)];

/* A pledge with this anchor and this certificate. */
struct device {
	struct pledge_anchor anchor;
	struct pledge p;
	struct span files[2];
};

static void
device_make(struct device *d, const char *anchor, const char *idevid)
{
	struct certificate c;

	memset(d, 0, sizeof(*d));
	d->files[0] = foreign_load(anchor);
	d->files[1] = foreign_load(idevid);
	assert_int_equal(certificate_read(d->files[0], &c, NULL), REASON_OK);
	d->anchor.key = c.spki;
	d->anchor.certifies = true;
	d->p = (struct pledge){ .anchors = &d->anchor,
		.anchors_len = 1,
		.formats = PLEDGE_CMS | PLEDGE_JWS | PLEDGE_COSE,
		.pins = PLEDGE_PIN_CERTIFICATE,
		.idevid = d->files[1] };
}

static void
device_free(struct device *d)
{
	OPENSSL_free((void *)(uintptr_t)d->files[0].ptr);
	OPENSSL_free((void *)(uintptr_t)d->files[1].ptr);
}

/* RFC 8995 Appendix C.1.4: CMS of type id-data, version 1; it pins the registrar
 * itself. */
static void
appendix_c(void **state)
{
	struct span registrar =
	    foreign_load("rfc8995-appendix-c/jrc_prime256v1.crt");
	struct span other = foreign_load("rfc8995-appendix-c/masa.crt");
	struct pledge_voucher v;
	struct device d;
	struct span bytes;
	static const uint8_t policy[] = { 0x2b, 6, 1, 4, 1, 1, 1 };

	(void)state;
	device_make(&d, "rfc8995-appendix-c/vendor.crt",
	    "rfc8995-appendix-c/idevid_00-D0-E5-F2-00-02.crt");
	bytes = sample_file("rfc8995-appendix-c/voucher.der");
	d.p.nonce = span_str("-_XE9zK9q8Ll1qylMtLKeg");
	assert_int_equal(pledge_verify(&d.p, bytes, work, sizeof(work), &v),
	    PLEDGE_ACCEPTED);
	assert_int_equal(v.format, PLEDGE_CMS);
	assert_int_equal(v.assertion, PLEDGE_LOGGED);
	assert_int_equal(v.created_on, 1618350204); /* 2021-04-13T17:43:24-04 */
	assert_int_equal(v.expires_on, 0);
	assert_false(v.nonceless);
	assert_int_equal(v.pin_kind, PLEDGE_PIN_CERTIFICATE);
	assert_true(span_eq(v.pin, registrar));
	assert_int_equal(pledge_registrar(&v, &registrar, 1), PLEDGE_ACCEPTED);
	assert_int_equal(pledge_registrar(&v, &other, 1), PLEDGE_REGISTRAR);
	/* The layout that R-7 forbids: whoever demands a policy refuses it. */
	d.anchor.policies[0] = span_of(policy, sizeof(policy));
	assert_int_equal(pledge_verify(&d.p, bytes, work, sizeof(work), &v),
	    PLEDGE_UNAUTHORIZED);
	OPENSSL_free((void *)(uintptr_t)registrar.ptr);
	OPENSSL_free((void *)(uintptr_t)other.ptr);
	device_free(&d);
	sample_release();
}

/* draft-ietf-anima-constrained-voucher: the anchor's key signs by itself, its
 * certificate may come along. */
static void
constrained(void **state)
{
	static const char *const names[] = { "cbrski-cose/voucher.hex",
		"cbrski-cose/voucher-with-x5bag.hex" };
	struct pledge_voucher v;
	struct device d;
	unsigned i;

	(void)state;
	device_make(&d, "cbrski-cose/masa_ca.der", "cbrski-cose/pledge.der");
	d.p.nonce = sample_hex("57 ee d7 86 ad 40 49 07");
	for (i = 0; i < 2; i++) {
		struct span bytes = sample_hex_file(names[i]);

		d.anchor.signs = true;
		assert_int_equal(
		    pledge_verify(&d.p, bytes, work, sizeof(work), &v),
		    PLEDGE_ACCEPTED);
		assert_int_equal(v.format, PLEDGE_COSE);
		assert_int_equal(v.signer.len > 0, i);
		assert_int_equal(v.pin_kind, PLEDGE_PIN_CERTIFICATE);
		assert_false(v.nonceless);
		/* It must be said that it may. */
		d.anchor.signs = false;
		assert_int_equal(
		    pledge_verify(&d.p, bytes, work, sizeof(work), &v),
		    i == 0 ? PLEDGE_ANCHOR : PLEDGE_UNAUTHORIZED);
	}
	device_free(&d);
	sample_release();
}

/* draft-ietf-anima-jws-voucher: x5c with the signer alone. */
static void
jws(void **state)
{
	struct pledge_voucher v;
	struct certificate signer;
	struct device d;
	struct span bytes, file;

	(void)state;
	/* The first certificate of this file is the signer. */
	device_make(&d, "jws-voucher/voucher-signer-key-and-chain.pem",
	    "jws-voucher/pvr-signer-key-and-chain.pem");
	bytes = sample_file("jws-voucher/voucher.vjj");
	file = d.files[0];
	assert_int_equal(certificate_read(file, &signer, NULL), REASON_OK);
	d.anchor.signs = true;
	d.p.nonce = span_str("TauvK+Y/cc2RfIFvpZzfKQ==");
	assert_int_equal(pledge_verify(&d.p, bytes, work, sizeof(work), &v),
	    PLEDGE_ACCEPTED);
	assert_int_equal(v.format, PLEDGE_JWS);
	assert_int_equal(v.assertion, PLEDGE_LOGGED);
	assert_true(span_eq(v.signer, signer.der));
	device_free(&d);
	sample_release();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(appendix_c),
		cmocka_unit_test(constrained),
		cmocka_unit_test(jws),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
