/* pledge_registrar(): the registrar that answers in TLS against the pin (RFC 8995
 * 5.6.2). */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#include "world.h"

static enum pledge_verdict
look(enum pledge_pin kind, struct span pin, const struct foreign *own,
    const struct foreign *above)
{
	const struct pledge_voucher v = { .pin_kind = kind, .pin = pin };
	const struct span chain[] = { own->der,
		above == NULL ? span_of(NULL, 0) : above->der };

	return pledge_registrar(&v, chain, above == NULL ? 1 : 2);
}

static void
keys(void **state)
{
	uint8_t hash[32];
	struct span spki = w.registrar.c.spki, digest = span_of(hash, 32);

	(void)state;
	sha256(spki, hash);
	assert_int_equal(
	    look(PLEDGE_PIN_KEY, spki, &w.registrar, NULL), PLEDGE_ACCEPTED);
	assert_int_equal(
	    look(PLEDGE_PIN_KEY_SHA256, digest, &w.registrar, &w.domain),
	    PLEDGE_ACCEPTED);
	/* It is the registrar's own key, not one above it (cBRSKI 8.3). */
	assert_int_equal(
	    look(PLEDGE_PIN_KEY, w.domain.c.spki, &w.registrar, &w.domain),
	    PLEDGE_REGISTRAR);
	hash[31] ^= 1;
	assert_int_equal(
	    look(PLEDGE_PIN_KEY_SHA256, digest, &w.registrar, NULL),
	    PLEDGE_REGISTRAR);
	assert_int_equal(
	    look(PLEDGE_PIN_KEY, spki, &w.signer, NULL), PLEDGE_REGISTRAR);
}

static void
certificates(void **state)
{
	struct foreign sub, below, alike, stranger;
	struct recipe again = { .common_name = "reissued",
		.key = w.registrar.key };

	(void)state;
	/* Itself; a CA above it, shown or not. */
	assert_int_equal(
	    look(PLEDGE_PIN_CERTIFICATE, w.registrar.der, &w.registrar, NULL),
	    PLEDGE_ACCEPTED);
	assert_int_equal(
	    look(PLEDGE_PIN_CERTIFICATE, w.domain.der, &w.registrar, NULL),
	    PLEDGE_ACCEPTED);
	assert_int_equal(
	    look(PLEDGE_PIN_CERTIFICATE, w.domain.der, &w.registrar, &w.domain),
	    PLEDGE_ACCEPTED);
	/* Its key in another certificate (MP 18 row 11). */
	foreign_make(&alike, &again);
	assert_int_equal(
	    look(PLEDGE_PIN_CERTIFICATE, w.registrar.der, &alike, NULL),
	    PLEDGE_ACCEPTED);
	/* Two steps up. */
	world_certificate(&sub, &w.domain, "sub", true, NULL);
	world_certificate(&below, &sub, "registrar", false, NULL);
	assert_int_equal(
	    look(PLEDGE_PIN_CERTIFICATE, w.domain.der, &below, &sub),
	    PLEDGE_ACCEPTED);
	assert_int_equal(
	    look(PLEDGE_PIN_CERTIFICATE, w.domain.der, &below, NULL),
	    PLEDGE_REGISTRAR);
	assert_int_equal(
	    look(PLEDGE_PIN_CERTIFICATE, w.stranger.der, &below, &sub),
	    PLEDGE_REGISTRAR);
	foreign_free(&below);
	/* One that is pinned and no CA has issued nothing. */
	world_certificate(&below, &w.registrar, "below", false, NULL);
	assert_int_equal(
	    look(PLEDGE_PIN_CERTIFICATE, w.registrar.der, &below, NULL),
	    PLEDGE_REGISTRAR);
	/* The domain's name without its key. */
	world_certificate(&stranger, NULL, "domain", true, NULL);
	foreign_free(&below);
	world_certificate(&below, &stranger, "registrar", false, NULL);
	assert_int_equal(
	    look(PLEDGE_PIN_CERTIFICATE, w.domain.der, &below, &stranger),
	    PLEDGE_REGISTRAR);
	foreign_free(&alike);
	foreign_free(&sub);
	foreign_free(&below);
	foreign_free(&stranger);
}

static void
what_it_cannot_judge(void **state)
{
	EVP_PKEY *rsa = EVP_RSA_gen(2048);
	struct recipe r = { .common_name = "rsa",
		.key = rsa,
		.extensions = { { "basicConstraints", BASIC_CA },
		    { "keyUsage", USAGE_CA } } };
	struct pledge_voucher v = { .pin_kind = PLEDGE_PIN_CERTIFICATE,
		.pin = w.domain.der };
	struct span chain[PLEDGE_CERTIFICATES_MAX + 1];
	struct foreign ca, own;
	unsigned i;

	(void)state;
	foreign_make(&ca, &r);
	world_certificate(&own, &ca, "registrar", false, NULL);
	assert_int_equal(
	    look(PLEDGE_PIN_CERTIFICATE, ca.der, &own, &ca), PLEDGE_UNDECIDED);
	/* But itself it is, whatever its key. */
	assert_int_equal(
	    look(PLEDGE_PIN_CERTIFICATE, ca.der, &ca, NULL), PLEDGE_ACCEPTED);
	for (i = 0; i <= PLEDGE_CERTIFICATES_MAX; i++)
		chain[i] = w.registrar.der;
	assert_int_equal(pledge_registrar(&v, chain, i - 1), PLEDGE_ACCEPTED);
	assert_int_equal(pledge_registrar(&v, chain, i), PLEDGE_LIMIT);
	assert_int_equal(pledge_registrar(&v, chain, 0), PLEDGE_CALL);
	chain[0].len--;
	assert_int_equal(pledge_registrar(&v, chain, 1), PLEDGE_CERTIFICATE);
	v.pin.len--;
	chain[0].len++;
	assert_int_equal(pledge_registrar(&v, chain, 1), PLEDGE_CERTIFICATE);
	foreign_free(&ca);
	foreign_free(&own);
	EVP_PKEY_free(rsa);
}

/* CAs of a customer that may not stand above a voucher: whether they may above his
 * registrar is not for this code to say, and no manufacturer's signer is at fault. */
static void
another_kind_of_pki(void **state)
{
	static const char *const subs[][2][2] = {
		{ { "basicConstraints", BASIC_CA }, { NULL, NULL } },
		{ { "basicConstraints", BASIC_CA },
		    { "nameConstraints",
			"critical,permitted;DNS:example.com" } },
		{ { "basicConstraints", "CA:TRUE" }, { "keyUsage", USAGE_CA } },
	};
	struct recipe r = { .common_name = "sub", .issuer = &w.domain };
	struct foreign sub, own;
	unsigned i, j;

	(void)state;
	for (i = 0; i < sizeof(subs) / sizeof(subs[0]); i++) {
		for (j = 0; j < 2; j++) {
			r.extensions[j].name = subs[i][j][0];
			r.extensions[j].value = subs[i][j][1];
		}
		foreign_make(&sub, &r);
		world_certificate(&own, &sub, "registrar", false, NULL);
		assert_int_equal(
		    look(PLEDGE_PIN_CERTIFICATE, w.domain.der, &own, &sub),
		    PLEDGE_UNDECIDED);
		assert_int_equal(
		    look(PLEDGE_PIN_CERTIFICATE, w.stranger.der, &own, &sub),
		    PLEDGE_REGISTRAR);
		foreign_free(&own);
		foreign_free(&sub);
	}
	/* A registrar that is a CA, too. */
	world_certificate(&own, &w.domain, "registrar", true, NULL);
	assert_int_equal(look(PLEDGE_PIN_CERTIFICATE, w.domain.der, &own, NULL),
	    PLEDGE_UNDECIDED);
	foreign_free(&own);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys),
		cmocka_unit_test(certificates),
		cmocka_unit_test(what_it_cannot_judge),
		cmocka_unit_test(another_kind_of_pki),
	};

	return cmocka_run_group_tests(tests, world_make, world_free);
}
