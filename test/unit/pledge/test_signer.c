/* Who may sign vouchers: each row of IP 6, and what else RFC 5280 6.1 asks of the way
 * up to the anchor. Certificates are OpenSSL's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#include "world.h"

static void
expect(enum pledge_verdict wanted)
{
	enum pledge_verdict v;
	enum pledge_format f;

	FORMATS(f)
	{
		v = world_judge(f);
		if (v != wanted)
			fail_msg("format %d: %s, not %s", (int)f,
			    pledge_code(v), pledge_code(wanted));
	}
}

/* With these extensions, under issuer. */
static void
make(struct foreign *f, const struct foreign *issuer, const char *name,
    const char *const extensions[][2])
{
	struct recipe r = { .common_name = name, .issuer = issuer };
	unsigned i;

	for (i = 0; extensions[i][0] != NULL; i++) {
		r.extensions[i].name = extensions[i][0];
		r.extensions[i].value = extensions[i][1];
	}
	foreign_make(f, &r);
}

static void
a_device_signs(void **state)
{
	(void)state;
	world_chain(&w.device, &w.idevid_ca, &w.root);
	expect(PLEDGE_UNAUTHORIZED);
	/* Without policies that would do: why IP 6 demands them. */
	w.anchor.policies[0] = span_of(NULL, 0);
	expect(PLEDGE_ACCEPTED);
}

static void
a_device_ca_issues_a_signer(void **state)
{
	struct foreign f;

	(void)state;
	world_certificate(&f, &w.idevid_ca, "forged", false, POLICY);
	world_chain(&f, &w.idevid_ca, &w.root);
	expect(PLEDGE_UNAUTHORIZED);
	foreign_free(&f);
	/* By the name of the true one. */
	world_certificate(&f, &w.idevid_ca, "signer", false, POLICY);
	world_chain(&f, &w.idevid_ca, &w.root);
	expect(PLEDGE_UNAUTHORIZED);
	foreign_free(&f);
}

static void
a_ca_signs(void **state)
{
	(void)state;
	world_chain(&w.idevid_ca, &w.root, NULL);
	expect(PLEDGE_UNAUTHORIZED);
	world_chain(&w.voucher_ca, &w.root, NULL); /* with the policy */
	expect(PLEDGE_UNAUTHORIZED);
	world_chain(&w.root, NULL, NULL);
	expect(PLEDGE_UNAUTHORIZED);
	w.anchor.signs = true; /* the anchor itself, where it is said */
	expect(PLEDGE_ACCEPTED);
	assert_true(span_eq(w.out.signer, w.root.der));
}

static void
a_stranger_signs(void **state)
{
	struct foreign f;

	(void)state;
	world_certificate(&f, &w.stranger, "signer", false, POLICY);
	world_chain(&f, &w.stranger, &w.root);
	expect(PLEDGE_ANCHOR);
	foreign_free(&f);
	/* Without our policy he is a stranger all the same: only what leads to
	 * the anchor is the manufacturer's. */
	world_certificate(&f, &w.stranger, "signer", false, NULL);
	world_chain(&f, &w.stranger, &w.root);
	expect(PLEDGE_ANCHOR);
	foreign_free(&f);
	world_chain(&w.stranger, NULL, NULL); /* a CA */
	expect(PLEDGE_ANCHOR);
	world_chain(&w.registrar, &w.domain, &w.root);
	expect(PLEDGE_ANCHOR);
	/* Self-signed, with the policy and the anchor's name. */
	world_certificate(&f, NULL, "root", false, POLICY);
	world_chain(&f, &w.root, NULL);
	expect(PLEDGE_ANCHOR);
	w.anchor.signs = true;
	expect(PLEDGE_ANCHOR);
	foreign_free(&f);
}

static void
a_self_issued_ca(void **state)
{
	static const char *const mapping[][2] = { { "basicConstraints",
						      BASIC_CA },
		{ "keyUsage", USAGE_CA }, { "certificatePolicies", POLICY },
		{ "policyMappings", "1.2.3.4:" POLICY }, { NULL, NULL } };
	struct foreign own, f;

	(void)state;
	/* A stolen CA of devices issues itself one with the policy. */
	world_certificate(&own, &w.idevid_ca, "devices", true, POLICY);
	world_certificate(&f, &own, "forged", false, POLICY);
	world_chain(&f, &own, &w.idevid_ca);
	expect(PLEDGE_UNAUTHORIZED);
	foreign_free(&f);
	foreign_free(&own);
	/* The same of a CA of vouchers: path lengths would not count it. */
	world_certificate(&own, &w.voucher_ca, "vouchers", true, POLICY);
	world_certificate(&f, &own, "forged", false, POLICY);
	world_chain(&f, &own, &w.voucher_ca);
	expect(PLEDGE_UNAUTHORIZED);
	foreign_free(&f);
	foreign_free(&own);
	/* Mappings, wherever. */
	make(&own, &w.root, "mapped", mapping);
	world_certificate(&f, &own, "forged", false, POLICY);
	world_chain(&f, &own, NULL);
	expect(PLEDGE_UNAUTHORIZED);
	foreign_free(&f);
	foreign_free(&own);
}

static void
any_policy_stands_for_none(void **state)
{
	struct foreign ca, f;

	(void)state;
	world_certificate(&f, &w.voucher_ca, "signer", false, "2.5.29.32.0");
	world_chain(&f, &w.voucher_ca, NULL);
	expect(PLEDGE_UNAUTHORIZED);
	foreign_free(&f);
	world_certificate(&ca, &w.root, "any", true, "2.5.29.32.0");
	world_certificate(&f, &ca, "signer", false, POLICY);
	world_chain(&f, &ca, NULL);
	expect(PLEDGE_UNAUTHORIZED);
	foreign_free(&f);
	foreign_free(&ca);
	/* A policy whose octets begin as ours do. */
	world_certificate(&f, &w.root, "signer", false, POLICY ".9");
	world_chain(&f, NULL, NULL);
	expect(PLEDGE_UNAUTHORIZED);
	foreign_free(&f);
}

/* IP 6: one root for several products, each pledge demands both policies. */
static void
another_product(void **state)
{
	struct foreign ca, f;

	(void)state;
	w.anchor.policies[1] = w.policy_n;
	expect(PLEDGE_UNAUTHORIZED);
	world_certificate(&ca, &w.root, "vouchers", true, POLICY "," POLICY_N);
	world_certificate(&f, &ca, "signer", false, POLICY "," POLICY_N);
	world_chain(&f, &ca, NULL);
	expect(PLEDGE_ACCEPTED);
	foreign_free(&f);
	world_certificate(&f, &ca, "signer", false, POLICY "," POLICY ".4");
	world_chain(&f, &ca, NULL);
	expect(PLEDGE_UNAUTHORIZED);
	foreign_free(&f);
	foreign_free(&ca);
}

/* The alternative of IP 6: an extension named after the policy. */
static void
policies_as_extensions(void **state)
{
	static const char *const own[][2] = { { "keyUsage", USAGE_EE },
		{ POLICY, "DER:0500" }, { NULL, NULL } };
	static const char *const other[][2] = { { "keyUsage", USAGE_EE },
		{ POLICY, "DER:0101FF" }, { NULL, NULL } };
	struct foreign f;

	(void)state;
	w.anchor.policies_as_extensions = true;
	world_chain(&w.direct, NULL, NULL); /* as certificatePolicies */
	expect(PLEDGE_UNAUTHORIZED);
	make(&f, &w.root, "signer", own);
	world_chain(&f, NULL, NULL);
	expect(PLEDGE_ACCEPTED);
	foreign_free(&f);
	make(&f, &w.root, "signer", other);
	world_chain(&f, NULL, NULL);
	expect(PLEDGE_UNAUTHORIZED);
	foreign_free(&f);
}

static void
usages(void **state)
{
	static const char *const none[][2] = {
		{ "certificatePolicies", POLICY }, { NULL, NULL }
	};
	static const char *const agreement[][2] = { { "keyUsage",
							"keyAgreement" },
		{ "certificatePolicies", POLICY }, { NULL, NULL } };
	struct foreign f;

	(void)state;
	make(&f, &w.root, "signer", none);
	world_chain(&f, NULL, NULL);
	expect(PLEDGE_ACCEPTED);
	foreign_free(&f);
	make(&f, &w.root, "signer", agreement);
	world_chain(&f, NULL, NULL);
	expect(PLEDGE_UNAUTHORIZED);
	foreign_free(&f);
}

/* What an issuer must be: each row makes one of the CA between. */
static void
issuers(void **state)
{
	static const struct {
		const char *basic, *usage, *more, *value;
		enum pledge_verdict v;
	} rows[] = {
		{ BASIC_CA, USAGE_CA, NULL, NULL, PLEDGE_ACCEPTED },
		{ "critical,CA:TRUE,pathlen:0", USAGE_CA, NULL, NULL,
		    PLEDGE_ACCEPTED },
		{ "critical,CA:FALSE", USAGE_CA, NULL, NULL,
		    PLEDGE_UNAUTHORIZED },
		{ "CA:TRUE", USAGE_CA, NULL, NULL, PLEDGE_UNAUTHORIZED },
		{ NULL, USAGE_CA, NULL, NULL, PLEDGE_UNAUTHORIZED },
		{ BASIC_CA, NULL, NULL, NULL, PLEDGE_UNAUTHORIZED },
		{ BASIC_CA, "critical,cRLSign", NULL, NULL,
		    PLEDGE_UNAUTHORIZED },
		{ BASIC_CA, USAGE_CA, "nameConstraints",
		    "critical,permitted;DNS:example.com", PLEDGE_UNAUTHORIZED },
		{ BASIC_CA, USAGE_CA, "nameConstraints",
		    "permitted;DNS:example.com", PLEDGE_UNAUTHORIZED },
		{ BASIC_CA, USAGE_CA, "policyConstraints",
		    "critical,requireExplicitPolicy:0", PLEDGE_UNAUTHORIZED },
		{ BASIC_CA, USAGE_CA, "1.2.3.4", "critical,DER:0500",
		    PLEDGE_UNAUTHORIZED },
		{ BASIC_CA, USAGE_CA, "1.2.3.4", "DER:0500", PLEDGE_ACCEPTED },
	};
	const char *extensions[5][2];
	struct foreign ca, f;
	unsigned i, n;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		n = 0;
		memset(extensions, 0, sizeof(extensions));
#define ADD(a, b) (extensions[n][0] = (a), extensions[n++][1] = (b))
		ADD("certificatePolicies", POLICY);
		if (rows[i].basic != NULL)
			ADD("basicConstraints", rows[i].basic);
		if (rows[i].usage != NULL)
			ADD("keyUsage", rows[i].usage);
		if (rows[i].more != NULL)
			ADD(rows[i].more, rows[i].value);
		make(&ca, &w.root, "between",
		    (const char *const(*)[2])extensions);
		world_certificate(&f, &ca, "signer", false, POLICY);
		world_chain(&f, &ca, &w.root);
		if (world_judge(PLEDGE_CMS) != rows[i].v)
			fail_msg("row %u: %s", i, pledge_code(world_look()));
		foreign_free(&f);
		foreign_free(&ca);
	}
}

static void
path_lengths(void **state)
{
	struct foreign zero, below, f;
	static const char *const pathlen[][2] = { { "basicConstraints",
						      "critical,CA:TRUE,"
						      "pathlen:0" },
		{ "keyUsage", USAGE_CA }, { "certificatePolicies", POLICY },
		{ NULL, NULL } };

	(void)state;
	make(&zero, &w.root, "zero", pathlen);
	world_certificate(&below, &zero, "below", true, POLICY);
	world_certificate(&f, &below, "signer", false, POLICY);
	world_chain(&f, &below, &zero);
	expect(PLEDGE_UNAUTHORIZED);
	foreign_free(&f);
	foreign_free(&below);
	foreign_free(&zero);
}

/* Six certificates with the signer, not seven (MP 17). */
static void
depths(void **state)
{
	struct foreign ca[6], f;
	const struct foreign *above = &w.root;
	unsigned i, n;

	(void)state;
	for (i = 0; i < 6; i++) {
		const char name[] = { 'c', (char)('0' + i), '\0' };

		world_certificate(&ca[i], above, name, true, POLICY);
		above = &ca[i];
	}
	for (n = 5; n <= 6; n++) {
		world_certificate(&f, &ca[n - 1], "signer", false, POLICY);
		world_chain(&f, NULL, NULL);
		for (i = 0; i < n; i++)
			w.chain[w.chain_len++] = &ca[i];
		assert_int_equal(world_judge(PLEDGE_JWS),
		    n == 5 ? PLEDGE_ACCEPTED : PLEDGE_ANCHOR);
		foreign_free(&f);
	}
	for (i = 0; i < 6; i++)
		foreign_free(&ca[i]);
}

/* Two CAs that issued each other, again and again: the work has an end. */
static void
circles(void **state)
{
	struct recipe r = { .extensions = { { "basicConstraints", BASIC_CA },
				{ "keyUsage", USAGE_CA },
				{ "certificatePolicies", POLICY } } };
	struct foreign a[4], b[4], f;
	unsigned i;

	(void)state;
	world_certificate(&a[0], &w.stranger, "a", true, POLICY);
	world_certificate(&b[0], &a[0], "b", true, POLICY);
	for (i = 1; i < 4; i++) {
		r.common_name = "a";
		r.key = a[0].key;
		r.issuer = &b[0];
		r.serial = i == 1 ? "11" : i == 2 ? "12" : "13";
		foreign_make(&a[i], &r);
		r.common_name = "b";
		r.key = b[0].key;
		r.issuer = &a[0];
		foreign_make(&b[i], &r);
	}
	world_certificate(&f, &a[0], "signer", false, POLICY);
	world_chain(&f, NULL, NULL);
	for (i = 0; i < 4; i++) {
		w.chain[w.chain_len++] = &a[i];
		w.chain[w.chain_len++] = &b[i];
	}
	assert_int_equal(world_judge(PLEDGE_JWS), PLEDGE_LIMIT);
	for (i = 0; i < 4; i++) {
		foreign_free(&a[i]);
		foreign_free(&b[i]);
	}
	foreign_free(&f);
}

/* the key is all. The same key under a new name and other dates; the name
 * with another key. */
static void
an_anchor_reissued(void **state)
{
	const struct recipe again = { .common_name = "renamed",
		.key = w.root.key,
		.not_before = "20200101000000Z",
		.not_after = "20210101000000Z",
		.extensions = { { "basicConstraints", BASIC_CA } } };
	struct foreign f;
	uint8_t hash[32];

	(void)state;
	foreign_make(&f, &again);
	world_chain(&w.signer, &w.voucher_ca, &f);
	expect(PLEDGE_ACCEPTED);
	sha256(f.c.spki, hash);
	w.anchor.key.len = 0;
	w.anchor.key_sha256 = span_of(hash, sizeof(hash));
	expect(PLEDGE_ACCEPTED);
	foreign_free(&f);
	world_certificate(&f, NULL, "root", true, NULL);
	world_chain(&w.signer, &w.voucher_ca, &f);
	expect(PLEDGE_ANCHOR);
	world_reset(NULL);
	w.anchor.key = f.c.spki;
	expect(PLEDGE_ANCHOR);
	foreign_free(&f);
}

/* Several anchors: rotating keys, or the shared root and a raw key beside it. */
static void
several_anchors(void **state)
{
	struct pledge_anchor anchors[3] = { { .key = w.stranger.c.spki,
						.signs = true },
		{ .key = w.domain.c.spki, .certifies = true },
		{ .key = w.root.c.spki,
		    .certifies = true,
		    .policies = { w.policy } } };

	(void)state;
	w.p.anchors = anchors;
	w.p.anchors_len = 3;
	expect(PLEDGE_ACCEPTED);
	assert_int_equal(w.out.anchor, 2);
	w.p.anchors_len = 2;
	expect(PLEDGE_ANCHOR);
	/* The raw key, its certificate beside it or not. */
	world_chain(&w.stranger, NULL, NULL);
	expect(PLEDGE_ACCEPTED);
	assert_int_equal(w.out.anchor, 0);
	w.bare = true;
	assert_int_equal(world_judge(PLEDGE_COSE), PLEDGE_ACCEPTED);
	assert_int_equal(w.out.signer.len, 0);
	/* A registrar may put others in (MP 10.1). */
	world_chain(&w.registrar, &w.domain, NULL);
	w.bare = false;
	w.by = &w.stranger;
	assert_int_equal(world_judge(PLEDGE_COSE), PLEDGE_ACCEPTED);
	assert_int_equal(w.out.anchor, 0);
}

/* An honest voucher costs more for each anchor that is not its own. */
static void
many_anchors(void **state)
{
	struct pledge_anchor anchors[8];
	struct foreign others[8];
	unsigned i;

	(void)state;
	for (i = 0; i < 8; i++) {
		world_certificate(&others[i], NULL, "root", true, NULL);
		anchors[i] = (struct pledge_anchor){ .key = others[i].c.spki,
			.certifies = true };
	}
	anchors[7] = w.anchor;
	w.p.anchors = anchors;
	w.p.anchors_len = 8;
	expect(PLEDGE_ACCEPTED);
	assert_int_equal(w.out.anchor, 7);
	for (i = 0; i < 8; i++)
		foreign_free(&others[i]);
}

/* What one anchor's way was valid for says nothing of another's. */
static void
dates_of_one_anchor(void **state)
{
	const struct recipe ended = { .common_name = "ended",
		.not_before = "20260101000000Z",
		.not_after = "20260102000000Z" };
	EVP_PKEY *rsa = EVP_RSA_gen(2048);
	struct recipe r = { .common_name = "other", .key = rsa };
	struct pledge_anchor anchors[2] = { { .certifies = true },
		{ .signs = true } };
	struct foreign f, other;
	uint8_t hash[32];

	(void)state;
	foreign_make(&f, &ended);
	foreign_make(&other, &r);
	sha256(other.c.spki, hash);
	anchors[0].key_sha256 = span_of(hash, sizeof(hash));
	anchors[1].key = f.c.spki;
	w.p.anchors = anchors;
	w.p.anchors_len = 2;
	world_chain(&f, &other, NULL);
	expect(PLEDGE_ACCEPTED);
	foreign_free(&f);
	foreign_free(&other);
	EVP_PKEY_free(rsa);
}

/* Two certificates of one signer's key, by two roots: in whatever order they lie in a
 * bag, the one below the anchor counts. */
static void
two_certificates_of_one_key(void **state)
{
	struct recipe r = { .common_name = "signer",
		.issuer = &w.stranger,
		.key = w.direct.key,
		.extensions = { { "keyUsage", USAGE_EE },
		    { "certificatePolicies", POLICY } } };
	struct foreign other;

	(void)state;
	foreign_make(&other, &r);
	world_chain(&w.direct, &other, &w.root);
	assert_int_equal(world_judge(PLEDGE_COSE), PLEDGE_ACCEPTED);
	assert_true(span_eq(w.out.signer, w.direct.der));
	world_chain(&other, &w.direct, &w.root);
	assert_int_equal(world_judge(PLEDGE_COSE), PLEDGE_ACCEPTED);
	assert_true(span_eq(w.out.signer, w.direct.der));
	world_chain(&other, &w.stranger, NULL);
	assert_int_equal(world_judge(PLEDGE_COSE), PLEDGE_ANCHOR);
	foreign_free(&other);
}

/* Without certificates, and without a key that signs itself, there is nothing that could
 * verify. */
static void
nothing_to_verify_with(void **state)
{
	(void)state;
	w.bare = true;
	assert_int_equal(world_judge(PLEDGE_COSE), PLEDGE_ANCHOR);
	w.anchor.signs = true;
	assert_int_equal(world_judge(PLEDGE_COSE), PLEDGE_SIGNATURE);
}

/* P-384 above P-256, and the other way round. */
static void
curves(void **state)
{
	EVP_PKEY *key = EVP_EC_gen("P-384"), *rsa = EVP_RSA_gen(2048);
	uint8_t hash[32];
	struct recipe r = { .common_name = "signer",
		.issuer = &w.root,
		.extensions = { { "certificatePolicies", POLICY } } };
	struct foreign root, f;

	(void)state;
	r.key = key;
	r.issuer = NULL;
	r.md = EVP_sha384();
	foreign_make(&root, &r);
	r.key = NULL;
	r.issuer = &root;
	foreign_make(&f, &r);
	w.anchor.key = root.c.spki;
	world_chain(&f, NULL, NULL);
	expect(PLEDGE_ACCEPTED);
	foreign_free(&f);
	/* An algorithm that is not known here. */
	r.md = EVP_sha512();
	foreign_make(&f, &r);
	world_chain(&f, NULL, NULL);
	expect(PLEDGE_ALGORITHM);
	foreign_free(&f);
	foreign_free(&root);
	r.key = rsa;
	r.issuer = NULL;
	r.md = EVP_sha256();
	foreign_make(&root, &r);
	r.key = NULL;
	r.issuer = &root;
	foreign_make(&f, &r);
	w.anchor.key = root.c.spki;
	world_chain(&f, NULL, NULL);
	expect(PLEDGE_CALL);
	/* Of a hash that cannot be said before. */
	sha256(root.c.spki, hash);
	w.anchor.key = span_of(NULL, 0);
	w.anchor.key_sha256 = span_of(hash, sizeof(hash));
	world_chain(&f, &root, NULL);
	expect(PLEDGE_ALGORITHM);
	foreign_free(&f);
	foreign_free(&root);
	EVP_PKEY_free(key);
	EVP_PKEY_free(rsa);
}

#define CASE(f) cmocka_unit_test_setup(f, world_reset)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_device_signs),
		CASE(a_device_ca_issues_a_signer),
		CASE(a_ca_signs),
		CASE(a_stranger_signs),
		CASE(a_self_issued_ca),
		CASE(any_policy_stands_for_none),
		CASE(another_product),
		CASE(policies_as_extensions),
		CASE(usages),
		CASE(issuers),
		CASE(path_lengths),
		CASE(depths),
		CASE(circles),
		CASE(an_anchor_reissued),
		CASE(several_anchors),
		CASE(many_anchors),
		CASE(dates_of_one_anchor),
		CASE(two_certificates_of_one_key),
		CASE(nothing_to_verify_with),
		CASE(curves),
	};

	return cmocka_run_group_tests(tests, world_make, world_free);
}
