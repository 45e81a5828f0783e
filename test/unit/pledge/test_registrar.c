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
	struct span spki = w.registrar.c.spki, digest;

	(void)state;
	sha256(spki, hash);
	digest = span_of(hash, sizeof(hash));
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

/* Below a CA with more extensions than are read here, which TLS libraries read. */
static void
a_certificate_that_is_not_read(void **state)
{
	static char names[RECIPE_EXTENSIONS][32];
	struct recipe r = { .common_name = "sub", .issuer = &w.domain };
	struct foreign sub, own;
	unsigned i;

	(void)state;
	for (i = 0; i < RECIPE_EXTENSIONS; i++) {
		snprintf(
		    names[i], sizeof(names[i]), "1.3.6.1.4.1.32473.9.%u", i);
		r.extensions[i].name = names[i];
		r.extensions[i].value = "DER:0500";
	}
	r.extensions[0].name = "basicConstraints";
	r.extensions[0].value = BASIC_CA;
	r.extensions[1].name = "keyUsage";
	r.extensions[1].value = USAGE_CA;
	foreign_make(&sub, &r);
	world_certificate(&own, &sub, "registrar", false, NULL);
	assert_int_equal(look(PLEDGE_PIN_CERTIFICATE, w.domain.der, &own, &sub),
	    PLEDGE_UNDECIDED);
	/* Whose it is cannot be seen. But one that is not needed does no harm. */
	assert_int_equal(
	    look(PLEDGE_PIN_CERTIFICATE, w.stranger.der, &own, &sub),
	    PLEDGE_UNDECIDED);
	assert_int_equal(
	    look(PLEDGE_PIN_CERTIFICATE, w.domain.der, &w.registrar, &sub),
	    PLEDGE_ACCEPTED);
	assert_int_equal(
	    look(PLEDGE_PIN_CERTIFICATE, w.registrar.der, &own, &sub),
	    PLEDGE_REGISTRAR); /* what is pinned is no CA */
	foreign_free(&own);
	foreign_free(&sub);
}

/* own at the end of a line of CAs below top; as TLS shows them. */
struct line {
	struct foreign cas[PLEDGE_CERTIFICATES_MAX - 1], own;
	struct span chain[PLEDGE_CERTIFICATES_MAX];
	unsigned len;
};

static void
line_make(
    struct line *l, const struct foreign *top, unsigned cas, bool one_name)
{
	const struct foreign *above = top;
	char name[8] = "sub";
	unsigned i;

	for (i = 0; i < cas; i++) {
		name[3] = one_name ? '\0' : (char)('a' + i);
		world_certificate(&l->cas[i], above, name, true, NULL);
		above = &l->cas[i];
		l->chain[cas - i] = l->cas[i].der;
	}
	world_certificate(&l->own, above, "registrar", false, NULL);
	l->chain[0] = l->own.der;
	l->len = cas + 1;
}

static enum pledge_verdict
line_look(const struct line *l, const struct foreign *pinned)
{
	const struct pledge_voucher v = { .pin_kind = PLEDGE_PIN_CERTIFICATE,
		.pin = pinned->der };

	return pledge_registrar(&v, l->chain, l->len);
}

static void
line_free(struct line *l)
{
	while (l->len-- > 1)
		foreign_free(&l->cas[l->len - 1]);
	foreign_free(&l->own);
}

/* A way that is longer than what is walked here. */
static void
a_long_way(void **state)
{
	struct line l;

	(void)state;
	line_make(&l, &w.domain, PLEDGE_DEPTH_MAX - 1, false);
	assert_int_equal(line_look(&l, &w.domain), PLEDGE_ACCEPTED);
	assert_int_equal(line_look(&l, &w.stranger), PLEDGE_REGISTRAR);
	line_free(&l);
	line_make(&l, &w.domain, PLEDGE_DEPTH_MAX, false);
	assert_int_equal(line_look(&l, &w.domain), PLEDGE_UNDECIDED);
	assert_int_equal(line_look(&l, &w.stranger), PLEDGE_UNDECIDED);
	assert_int_equal(line_look(&l, &l.cas[0]), PLEDGE_ACCEPTED);
	line_free(&l);
}

/* One that is short, but all of its CAs have one name, the right one is the last that
 * is tried, and so more signatures are met than are looked at. */
static void
a_way_that_costs_too_much(void **state)
{
	const struct pledge_voucher v = { .pin_kind = PLEDGE_PIN_CERTIFICATE,
		.pin = w.stranger.der };
	struct foreign top;
	struct line l;
	struct span chain[9];
	unsigned i;

	(void)state;
	world_certificate(&top, NULL, "sub", true, NULL);
	line_make(&l, &top, 3, true);
	for (i = 1; i < 6; i++)
		chain[i] = top.der;
	chain[0] = l.chain[0];
	chain[6] = l.chain[3];
	chain[7] = l.chain[2];
	chain[8] = l.chain[1];
	assert_int_equal(line_look(&l, &w.stranger), PLEDGE_REGISTRAR);
	assert_int_equal(pledge_registrar(&v, chain, 9), PLEDGE_UNDECIDED);
	line_free(&l);
	foreign_free(&top);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys),
		cmocka_unit_test(certificates),
		cmocka_unit_test(what_it_cannot_judge),
		cmocka_unit_test(another_kind_of_pki),
		cmocka_unit_test(a_certificate_that_is_not_read),
		cmocka_unit_test(a_long_way),
		cmocka_unit_test(a_way_that_costs_too_much),
	};

	return cmocka_run_group_tests(tests, world_make, world_free);
}
