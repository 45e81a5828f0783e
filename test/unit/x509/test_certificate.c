/* The certificate reader against OpenSSL's: over the published certificates,
 * over all their truncations, and over changed ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

#include "crypto/hash/hash.h"
#include "foreign.h"
#include "wire/der.h"

static void
octets_equal(struct span ours, const ASN1_STRING *theirs)
{
	if (theirs == NULL) {
		assert_null(ours.ptr);
		return;
	}
	assert_int_equal(ours.len, ASN1_STRING_length(theirs));
	assert_memory_equal(ours.ptr, ASN1_STRING_get0_data(theirs), ours.len);
}

static void
der_equal(struct span ours, unsigned char *theirs, int len)
{
	assert_true(len > 0);
	assert_int_equal(ours.len, len);
	assert_memory_equal(ours.ptr, theirs, ours.len);
	OPENSSL_free(theirs);
}

static void
name_equal(struct span ours, const X509_NAME *name)
{
	unsigned char *der = NULL;
	int len = i2d_X509_NAME(name, &der);

	der_equal(ours, der, len);
}

static void
time_equal(int64_t ours, const ASN1_TIME *theirs)
{
	struct tm tm;

	assert_int_equal(ASN1_TIME_to_tm(theirs, &tm), 1);
	assert_int_equal(ours, timegm(&tm));
}

static void
serial_equal(struct span ours, const ASN1_INTEGER *theirs)
{
	unsigned char *der = NULL;
	int len = i2d_ASN1_INTEGER(theirs, &der);

	assert_true(len > 2);
	assert_int_equal(ours.len, len - 2);
	assert_memory_equal(ours.ptr, der + 2, ours.len);
	OPENSSL_free(der);
}

static void
extensions_equal(const struct certificate *c, X509 *x)
{
	uint32_t flags = X509_get_extension_flags(x);

	octets_equal(c->subject_key_id, X509_get0_subject_key_id(x));
	octets_equal(c->authority_key_id, X509_get0_authority_key_id(x));
	assert_int_equal(c->has_basic_constraints, (flags & EXFLAG_BCONS) != 0);
	assert_int_equal(c->ca, (flags & EXFLAG_CA) != 0);
	assert_int_equal(c->has_key_usage, (flags & EXFLAG_KUSAGE) != 0);
	assert_int_equal(
	    c->has_extended_key_usage, (flags & EXFLAG_XKUSAGE) != 0);
	if (c->has_key_usage) {
		/* OpenSSL: lowest octet first, too. */
		assert_int_equal(c->key_usage, X509_get_key_usage(x));
	}
	if (c->has_extended_key_usage)
		assert_int_equal(c->eku_any,
		    (X509_get_extended_key_usage(x) & XKU_ANYEKU) != 0);
	assert_int_equal(c->has_path_length ? (long)c->path_length : -1,
	    X509_get_pathlen(x));
}

static void
fields_equal(const struct certificate *c, X509 *x)
{
	unsigned char *der = NULL;
	const ASN1_BIT_STRING *bits;
	int len;

	len = i2d_re_X509_tbs(x, &der);
	der_equal(c->tbs, der, len);
	serial_equal(c->serial, X509_get0_serialNumber(x));
	name_equal(c->issuer, X509_get_issuer_name(x));
	name_equal(c->subject, X509_get_subject_name(x));
	time_equal(c->not_before, X509_get0_notBefore(x));
	time_equal(c->not_after, X509_get0_notAfter(x));
	der = NULL;
	len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x), &der);
	der_equal(c->spki, der, len);
	bits = X509_get0_pubkey_bitstr(x);
	octets_equal(c->key_bits, bits);
	X509_get0_signature(&bits, NULL, x);
	octets_equal(c->signature, bits);
}

/* What ours takes, OpenSSL takes and understands alike. */
static bool
both_read(struct span der, struct certificate *c)
{
	const unsigned char *at = der.ptr;
	struct why why;
	X509 *x;

	if (certificate_read(der, c, &why) != REASON_OK) {
		assert_in_range(why.offset + 1, 0, der.len + 1);
		return false;
	}
	x = d2i_X509(NULL, &at, (long)der.len);
	assert_non_null(x);
	assert_ptr_equal(at, der.ptr + der.len);
	fields_equal(c, x);
	if ((X509_get_extension_flags(x) & EXFLAG_INVALID) == 0)
		extensions_equal(c, x);
	X509_free(x);
	ERR_clear_error();
	return true;
}

static void
published_ones(void **state)
{
	struct certificate c;
	const char *name;
	struct span der;
	unsigned n;

	(void)state;
	for (n = 0; foreign_vector(n, &name, &der); n++) {
		if (!both_read(der, &c))
			fail_msg("%s is not read", name);
		assert_int_equal(c.validity.ptr > c.issuer.ptr, 1);
		OPENSSL_free((void *)(uintptr_t)der.ptr);
	}
	assert_true(n > 10);
}

static void
no_piece_is_one(void **state)
{
	struct span whole =
	    foreign_load("rfc8995-appendix-c/idevid_00-D0-E5-F2-00-02.crt");
	struct certificate c;
	struct why why;
	uint8_t *piece;
	size_t len;

	(void)state;
	for (len = 0; len < whole.len; len++) {
		piece = malloc(len + 1);
		memcpy(piece, whole.ptr, len);
		assert_int_equal(
		    certificate_read(span_of(piece, len), &c, &why),
		    REASON_CERTIFICATE_MALFORMED);
		free(piece);
	}
	piece = malloc(whole.len + 1);
	memcpy(piece, whole.ptr, whole.len);
	piece[whole.len] = 0;
	assert_int_equal(
	    certificate_read(span_of(piece, whole.len + 1), &c, &why),
	    REASON_CERTIFICATE_MALFORMED);
	free(piece);
	OPENSSL_free((void *)(uintptr_t)whole.ptr);
}

/* Each octet changed in three ways. */
static void
changed_ones(void **state)
{
	static const uint8_t changes[] = { 0x01, 0x20, 0xff };
	struct certificate c;
	const char *name;
	struct span der;
	unsigned n, taken = 0, refused = 0;
	size_t i, j;

	(void)state;
	for (n = 0; foreign_vector(n, &name, &der); n++) {
		uint8_t *changed = (uint8_t *)(uintptr_t)der.ptr;

		for (i = 0; i < der.len; i++) {
			for (j = 0; j < sizeof(changes); j++) {
				changed[i] ^= changes[j];
				if (both_read(der, &c))
					taken++;
				else
					refused++;
				changed[i] ^= changes[j];
			}
		}
		OPENSSL_free(changed);
	}
	/* Most octets are keys, names and signatures. */
	assert_true(taken > 1000 && refused > 1000);
}

static enum reason
recipe_read(const struct recipe *r)
{
	struct foreign f;
	struct why why;
	uint8_t *der;
	enum reason result;

	/* foreign_make() insists on a readable one: build, then put in. */
	foreign_make(&f, r);
	der = malloc(f.der.len);
	memcpy(der, f.der.ptr, f.der.len);
	result = certificate_read(span_of(der, f.der.len), &f.c, &why);
	free(der);
	foreign_free(&f);
	return result;
}

/* Changes the first `find` in a good certificate. */
static enum reason
patched_read(const struct recipe *r, struct span find, struct span put)
{
	struct foreign f;
	struct certificate c;
	struct why why;
	uint8_t *at, copy[4096];

	assert_int_equal(recipe_read(r), REASON_OK);
	foreign_make(&f, r);
	memcpy(copy, f.der.ptr, f.der.len);
	at = memmem(copy, f.der.len, find.ptr, find.len);
	assert_non_null(at);
	memcpy(at, put.ptr, put.len);
	c.der = span_of(copy, f.der.len);
	foreign_free(&f);
	return certificate_read(c.der, &c, &why);
}

#define BYTES(...)                                  \
	span_of(((const uint8_t[]){ __VA_ARGS__ }), \
	    sizeof((const uint8_t[]){ __VA_ARGS__ }))

static void
broken_rules(void **state)
{
	const struct recipe plain = { .common_name = "c",
		.extensions = {
		    { "basicConstraints", "critical,CA:TRUE,pathlen:1" },
		    { "1.2.3.4", "DER:0500" }, { "1.2.3.5", "DER:0500" } } };

	(void)state;
	/* version 1 and 2 */
	assert_int_equal(patched_read(&plain, BYTES(0xa0, 3, 2, 1, 2),
			     BYTES(0xa0, 3, 2, 1, 1)),
	    REASON_CERTIFICATE_MALFORMED);
	/* one extension twice */
	assert_int_equal(patched_read(&plain, BYTES(6, 3, 0x2a, 3, 5),
			     BYTES(6, 3, 0x2a, 3, 4)),
	    REASON_CERTIFICATE_MALFORMED);
	/* algorithms that differ: ecdsa-with-SHA384 inside only */
	assert_int_equal(patched_read(&plain, BYTES(0xce, 0x3d, 4, 3, 2),
			     BYTES(0xce, 0x3d, 4, 3, 3)),
	    REASON_CERTIFICATE_MALFORMED);
	/* BOOLEAN 01 is no TRUE of DER */
	assert_int_equal(
	    patched_read(&plain, BYTES(1, 1, 0xff), BYTES(1, 1, 1)),
	    REASON_CERTIFICATE_MALFORMED);
	/* 29 February 2025 */
	assert_int_equal(patched_read(&plain, span_str("240101000000Z"),
			     span_str("250229000000Z")),
	    REASON_CERTIFICATE_MALFORMED);
	/* an offset in the place of Z */
	assert_int_equal(patched_read(&plain, span_str("240101000000Z"),
			     span_str("2401010000+01")),
	    REASON_CERTIFICATE_MALFORMED);
}

/* A signature of a whole number of octets only. */
static void
unused_bits(void **state)
{
	const struct recipe plain = { .common_name = "c" };
	struct foreign f;
	struct certificate c;
	struct why why;
	uint8_t *end;

	(void)state;
	foreign_make(&f, &plain);
	end = (uint8_t *)(uintptr_t)(f.c.signature.ptr + f.c.signature.len);
	end[-1] &= 0xfe;
	assert_int_equal(certificate_read(f.der, &c, &why), REASON_OK);
	end[-(ptrdiff_t)f.c.signature.len - 1] = 1;
	assert_int_equal(
	    certificate_read(f.der, &c, &why), REASON_CERTIFICATE_MALFORMED);
	foreign_free(&f);
}

/* What stands behind the key taken for a unique identifier, an implicit BIT
 * STRING that OpenSSL reads as well (RFC 5280 4.1.2.8). */
static void
unique_identifiers(void **state)
{
	const struct recipe plain = { .common_name = "c",
		.extensions = { { "1.2.3.4", "DER:0500" } } };
	static const uint8_t tags[] = { 0x81, 0x82 };
	struct foreign f;
	struct certificate c;
	struct why why;
	uint8_t *at;
	size_t i;

	(void)state;
	foreign_make(&f, &plain);
	at = (uint8_t *)(uintptr_t)(f.c.spki.ptr + f.c.spki.len);
	assert_int_equal(at[0], 0xa3);
	for (i = 0; i < sizeof(tags); i++) {
		at[0] = tags[i];
		at[2] = 0; /* unused bits */
		assert_true(both_read(f.der, &c));
		at[2] = 8;
		assert_int_equal(certificate_read(f.der, &c, &why),
		    REASON_CERTIFICATE_MALFORMED);
	}
	foreign_free(&f);
}

static void
limits(void **state)
{
	char id[3 * 70];
	struct recipe r = { .common_name = "c",
		.extensions = { { "subjectKeyIdentifier", id } } };
	static uint8_t big[CERTIFICATE_MAX + 1];
	struct certificate c;
	struct why why;
	unsigned i;

	(void)state;
	for (i = 0; i < KEY_ID_MAX; i++)
		memcpy(id + 3 * i, "AA:", 4);
	id[3 * KEY_ID_MAX - 1] = '\0';
	assert_int_equal(recipe_read(&r), REASON_OK);
	assert_int_equal(patched_read(&r, BYTES(0x04, 0x42, 0x04, 0x40),
			     BYTES(0x04, 0x42, 0x04, 0x41)),
	    REASON_CERTIFICATE_MALFORMED);
	big[0] = 0x30;
	assert_int_equal(certificate_read(span_of(big, sizeof(big)), &c, &why),
	    REASON_CERTIFICATE_MALFORMED);
	assert_non_null(strstr(why.text, "limit"));
}

static void
subjects(void **state)
{
	struct recipe r = { .organization = "o",
		.serial_number = "A-1",
		.second_serial_number = "A-2" };
	struct foreign f;

	(void)state;
	foreign_make(&f, &r);
	assert_int_equal(f.c.subject_serials, 2);
	assert_true(span_is(f.c.subject_serial, "A-1"));
	assert_int_equal(f.c.subject_serial_tag, DER_PRINTABLE_STRING);
	foreign_free(&f);
	r = (struct recipe){ .serial_number = "A-1",
		.serial_number_type = V_ASN1_UTF8STRING };
	foreign_make(&f, &r);
	assert_int_equal(f.c.subject_serials, 1);
	assert_int_equal(f.c.subject_serial_tag, DER_UTF8_STRING);
	foreign_free(&f);
}

static void
masa_urls(void **state)
{
	struct foreign f;
	struct recipe r = { .extensions = { { "1.3.6.1.5.5.7.1.32",
				"ASN1:IA5:masa.example.com:9443" } } };

	(void)state;
	foreign_make(&f, &r);
	assert_true(f.c.has_masa_url && !f.c.masa_url_bad &&
	    !f.c.masa_url_critical && !f.c.masa_url_obsolete);
	assert_true(span_is(f.c.masa_url, "masa.example.com:9443"));
	foreign_free(&f);
	r.extensions[0].value = "critical,ASN1:UTF8:masa.example.com";
	foreign_make(&f, &r);
	assert_true(f.c.has_masa_url && f.c.masa_url_bad &&
	    f.c.masa_url_critical && !f.c.unknown_critical);
	foreign_free(&f);
	r.extensions[0].name = "1.3.6.1.4.1.46930.2";
	r.extensions[0].value = "ASN1:IA5:masa.example.com";
	foreign_make(&f, &r);
	assert_true(f.c.has_masa_url && f.c.masa_url_obsolete);
	foreign_free(&f);
}

static void
purposes_and_policies(void **state)
{
	struct foreign f;
	struct recipe r = {
		.extensions = { { "extendedKeyUsage",
				    "serverAuth,1.3.6.1.5.5.7.3.28" },
		    { "certificatePolicies", "1.2.3.4,2.5.29.32.0" },
		    { "nameConstraints",
			"critical,permitted;DNS:example.com" } }
	};

	(void)state;
	foreign_make(&f, &r);
	assert_true(f.c.eku_cmc_ra && !f.c.eku_any);
	assert_int_equal(f.c.policies_len, 2);
	assert_true(span_eq(f.c.policies[1], BYTES(0x55, 0x1d, 0x20, 0)));
	assert_true(!f.c.unknown_critical && f.c.name_constraints.len > 10);
	foreign_free(&f);
	r.extensions[0].value = "anyExtendedKeyUsage";
	r.extensions[1].name = "1.2.3.4";
	r.extensions[1].value = "critical,DER:0500";
	foreign_make(&f, &r);
	assert_true(!f.c.eku_cmc_ra && f.c.eku_any);
	assert_true(f.c.unknown_critical);
	foreign_free(&f);
}

/* RFC 5280 4.2.1.11, 4.2.1.14. */
static void
policy_constraints(void **state)
{
	static const struct {
		const char *name, *value;
		unsigned after;
	} good[] = {
		{ "policyConstraints", "DER:3003800100", 0 },
		{ "policyConstraints", "DER:3006800107810100", 7 },
		{ "policyConstraints", "DER:300480020100", 255 },
		{ "inhibitAnyPolicy", "DER:020103", 3 },
	};
	/* As another extension, whose OID is changed then. */
	static const char *const bad[] = { "DER:3000", "DER:0500",
		"DER:30028000", "DER:3003800180", "DER:300480020001",
		"DER:3006810100800100", "DER:3003820100", "DER:0201ff",
		"DER:02010000" };
	const struct span from = BYTES(6, 3, 0x2a, 3, 4);
	struct recipe r = { .common_name = "c" };
	struct foreign f;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		r.extensions[0].name = good[i].name;
		r.extensions[0].value = good[i].value;
		foreign_make(&f, &r);
		assert_int_equal(
		    f.c.require_explicit_policy + f.c.inhibit_any_policy,
		    good[i].after);
		foreign_free(&f);
	}
	r.extensions[0].name = "1.2.3.4";
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		r.extensions[0].value = bad[i];
		assert_int_equal(
		    patched_read(&r, from, BYTES(6, 3, 0x55, 0x1d, 36)),
		    REASON_CERTIFICATE_MALFORMED);
		assert_int_equal(
		    patched_read(&r, from, BYTES(6, 3, 0x55, 0x1d, 54)),
		    REASON_CERTIFICATE_MALFORMED);
	}
}

/* Who signed whom among the published ones, as their texts say. */
static void
signers(void **state)
{
	static const char *const pairs[][2] = {
		{ "rfc8995-appendix-c/idevid_00-D0-E5-F2-00-02.crt",
		    "rfc8995-appendix-c/vendor.crt" },
		{ "rfc8995-appendix-c/jrc_prime256v1.crt",
		    "rfc8995-appendix-c/ownerca_secp384r1.crt" },
		{ "cbrski-cose/pledge.der", "cbrski-cose/masa_ca.der" },
		{ "cbrski-cose/registrar.der", "cbrski-cose/domain_ca.der" },
	};
	struct certificate child, issuer;
	struct why why;
	unsigned i;

	(void)state;
	for (i = 0; i < 4; i++) {
		struct span a = foreign_load(pairs[i][0]);
		struct span b = foreign_load(pairs[i][1]);

		assert_int_equal(certificate_read(a, &child, &why), REASON_OK);
		assert_int_equal(certificate_read(b, &issuer, &why), REASON_OK);
		assert_true(certificate_signed_by(&child, &issuer));
		assert_false(certificate_signed_by(&issuer, &child));
		assert_true(certificate_self_signed(&issuer));
		assert_false(certificate_self_signed(&child));
		/* One bit of the tbs, one of the signature. */
		((uint8_t *)(uintptr_t)child.serial.ptr)[0] ^= 1;
		assert_false(certificate_signed_by(&child, &issuer));
		((uint8_t *)(uintptr_t)child.serial.ptr)[0] ^= 1;
		((uint8_t *)(uintptr_t)child.signature.ptr)[20] ^= 1;
		assert_false(certificate_signed_by(&child, &issuer));
		OPENSSL_free((void *)(uintptr_t)a.ptr);
		OPENSSL_free((void *)(uintptr_t)b.ptr);
	}
}

/* RFC 8995 5.8.2; MP 6.3 */
static void
identities(void **state)
{
	struct foreign ca, leaf;
	const struct recipe ca_recipe = { .common_name = "ca",
		.extensions = { { "subjectKeyIdentifier", "hash" } } };
	struct recipe recipe = { .common_name = "leaf",
		.issuer = &ca,
		.extensions = {
		    { "authorityKeyIdentifier", "keyid:always" } } };
	uint8_t id[KEY_ID_MAX], len, hash[32];
	struct issuer issuer;

	(void)state;
	foreign_make(&ca, &ca_recipe);
	foreign_make(&leaf, &recipe);
	certificate_domain_id(&ca.c, id, &len);
	octets_equal(span_of(id, len), X509_get0_subject_key_id(ca.x));
	certificate_domain_id(&leaf.c, id, &len);
	sha256(leaf.c.spki, hash);
	assert_int_equal(len, 32);
	assert_memory_equal(id, hash, 32);
	certificate_issuer(&leaf.c, &issuer);
	assert_int_equal(issuer.kind, ISSUER_KEY_ID);
	octets_equal(
	    span_of(issuer.bytes, issuer.len), X509_get0_subject_key_id(ca.x));
	certificate_issuer(&ca.c, &issuer);
	/* Without one: of its own key, which is its subjectKeyIdentifier. */
	assert_int_equal(issuer.kind, ISSUER_KEY_ID);
	octets_equal(
	    span_of(issuer.bytes, issuer.len), X509_get0_subject_key_id(ca.x));
	foreign_free(&leaf);
	foreign_free(&ca);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(published_ones),
		cmocka_unit_test(no_piece_is_one),
		cmocka_unit_test(changed_ones),
		cmocka_unit_test(broken_rules),
		cmocka_unit_test(unused_bits),
		cmocka_unit_test(unique_identifiers),
		cmocka_unit_test(limits),
		cmocka_unit_test(subjects),
		cmocka_unit_test(masa_urls),
		cmocka_unit_test(purposes_and_policies),
		cmocka_unit_test(policy_constraints),
		cmocka_unit_test(signers),
		cmocka_unit_test(identities),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
