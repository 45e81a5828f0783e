/* Paths over certificates of OpenSSL's making: what is climbed, what is
 * refused, and what the cache may not change. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>

#include "foreign.h"
#include "x509/constraints.h"
#include "x509/path.h"

#define NOW INT64_C(1750000000) /* June 2025 */
#define CA  "critical,CA:TRUE"

/* A registrar under a root and an intermediate, as most customers have it. */
static struct foreign root, sub, leaf, stranger;

static const struct recipe ca_recipe = { .common_name = "root",
	.extensions = { { "basicConstraints", CA },
	    { "keyUsage", "critical,keyCertSign" },
	    { "subjectKeyIdentifier", "hash" } } };
static const struct recipe leaf_recipe = { .common_name = "registrar",
	.serial = "77001122334455667788",
	.extensions = { { "basicConstraints", "critical,CA:FALSE" },
	    { "keyUsage", "critical,digitalSignature" },
	    { "extendedKeyUsage", "1.3.6.1.5.5.7.3.28" },
	    { "authorityKeyIdentifier", "keyid" } } };

static int
world_make(void **state)
{
	struct recipe r = ca_recipe;

	(void)state;
	foreign_make(&root, &r);
	r.common_name = "stranger";
	foreign_make(&stranger, &r);
	r.common_name = "sub";
	r.issuer = &root;
	r.serial = "66001122334455667788";
	foreign_make(&sub, &r);
	r = leaf_recipe;
	r.issuer = &sub;
	foreign_make(&leaf, &r);
	return 0;
}

static int
world_end(void **state)
{
	(void)state;
	foreign_free(&root);
	foreign_free(&sub);
	foreign_free(&leaf);
	foreign_free(&stranger);
	return 0;
}

static struct path path;
static struct why why;

/* A second opinion: purpose any (cmcRA alone would fail every named one), the top as
 * the trust anchor. */
static bool
openssl_accepts(
    const struct certificate *certificates, unsigned len, int64_t now)
{
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *context = X509_STORE_CTX_new();
	STACK_OF(X509) *between = sk_X509_new_null();
	X509_VERIFY_PARAM *param = X509_STORE_get0_param(store);
	X509 *x[CHAIN_MAX];
	unsigned i;
	bool good;

	for (i = 0; i < len; i++) {
		const unsigned char *at = certificates[i].der.ptr;

		x[i] = d2i_X509(NULL, &at, (long)certificates[i].der.len);
		assert_non_null(x[i]);
		sk_X509_push(between, x[i]);
	}
	assert_int_equal(X509_STORE_add_cert(store, x[len - 1]), 1);
	X509_VERIFY_PARAM_set_time(param, (time_t)now);
	X509_VERIFY_PARAM_set_flags(
	    param, X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_POLICY_CHECK);
	/* Without it none at all would do. */
	X509_VERIFY_PARAM_add0_policy(param, OBJ_txt2obj("2.5.29.32.0", 1));
	X509_VERIFY_PARAM_set_purpose(param, X509_PURPOSE_ANY);
	assert_int_equal(X509_STORE_CTX_init(context, store, x[0], between), 1);
	good = X509_verify_cert(context) == 1;
	X509_STORE_CTX_free(context);
	X509_STORE_free(store);
	sk_X509_pop_free(between, X509_free);
	return good;
}

/* Up to six certificates as a pool, ended by NULL. */
static enum reason
build(const struct foreign *from, int64_t now, ...)
{
	struct certificate pool[PATH_POOL_MAX];
	const struct foreign *f;
	unsigned n = 0;
	va_list more;

	va_start(more, now);
	while ((f = va_arg(more, const struct foreign *)) != NULL)
		pool[n++] = f->c;
	va_end(more);
	memset(&path, 0xee, sizeof(path));
	why_clear(&why);
	return path_build(&from->c, pool, n, now, &path, &why);
}

/* The same, and what is good OpenSSL accepts, too. In the last second of a
 * certificate (RFC 5280 4.1.2.5) it does not. */
static enum reason
build_both(const struct foreign *from, const struct foreign *above,
    const struct foreign *top)
{
	enum reason r = build(from, NOW, above, top, NULL);
	const struct certificate all[] = { from->c, above->c,
		top != NULL ? top->c : above->c };

	assert_int_equal(
	    r == REASON_OK, openssl_accepts(all, top != NULL ? 3 : 2, NOW));
	if (r == REASON_OK)
		assert_int_equal(path.len, top != NULL ? 3 : 2);
	return r;
}

static bool
top_is(const struct foreign *f)
{
	return span_eq(path.certificates[path.len - 1].der, f->der);
}

static void
as_far_as_it_goes(void **state)
{
	(void)state;
	assert_int_equal(build(&leaf, NOW, NULL), REASON_OK);
	assert_int_equal(path.len, 1);
	assert_true(top_is(&leaf));
	assert_int_equal(build(&leaf, NOW, &sub, NULL), REASON_OK);
	assert_int_equal(path.len, 2);
	assert_true(top_is(&sub));
	/* The gap ends it: the root does not join. */
	assert_int_equal(build(&leaf, NOW, &root, NULL), REASON_OK);
	assert_int_equal(path.len, 1);
	/* Any order, itself and others among them. */
	assert_int_equal(build(&leaf, NOW, &sub, &root, NULL), REASON_OK);
	assert_int_equal(path.len, 3);
	assert_true(top_is(&root));
	assert_int_equal(
	    build(&leaf, NOW, &stranger, &root, &leaf, &sub, &sub, NULL),
	    REASON_OK);
	assert_int_equal(path.len, 3);
	assert_true(span_eq(path.certificates[0].der, leaf.der));
	assert_true(span_eq(path.certificates[1].der, sub.der));
	assert_true(top_is(&root));
}

/* What the top is stays known when the path comes from memory. */
static void
self_signed_top(void **state)
{
	unsigned turn;

	(void)state;
	for (turn = 0; turn < 2; turn++) {
		assert_int_equal(
		    build(&leaf, NOW, &sub, &root, NULL), REASON_OK);
		assert_true(path.top_self_signed);
		assert_int_equal(build(&leaf, NOW, &sub, NULL), REASON_OK);
		assert_false(path.top_self_signed);
	}
}

/* Dates of all, also when the path is remembered. */
static void
dates(void **state)
{
	struct foreign old_sub, young_leaf;
	struct recipe r = ca_recipe;
	const int64_t end = 1735689600; /* 2025-01-01 */

	(void)state;
	r.common_name = "old";
	r.issuer = &root;
	r.not_after = "20250101000000Z";
	r.serial = "55001122334455667788";
	foreign_make(&old_sub, &r);
	r = leaf_recipe;
	r.issuer = &old_sub;
	r.not_before = "20240601000000Z";
	foreign_make(&young_leaf, &r);
	assert_int_equal(build(&young_leaf, end + 1, &old_sub, &root, NULL),
	    REASON_REGISTRAR_PATH);
	assert_int_equal(
	    build(&young_leaf, end, &old_sub, &root, NULL), REASON_OK);
	assert_int_equal(
	    build(&young_leaf, end, &old_sub, &root, NULL), REASON_OK);
	assert_int_equal(build(&young_leaf, end + 1, &old_sub, &root, NULL),
	    REASON_REGISTRAR_PATH);
	assert_non_null(strstr(why.text, "of the path has expired"));
	assert_int_equal(
	    build(&young_leaf, 1717200000 - 1, &old_sub, &root, NULL),
	    REASON_REGISTRAR_PATH);
	assert_non_null(strstr(why.text, "not valid yet"));
	/* Alone, too. */
	assert_int_equal(build(&young_leaf, 1717200000, NULL), REASON_OK);
	assert_int_equal(
	    build(&young_leaf, 1717200000 - 1, NULL), REASON_REGISTRAR_PATH);
	foreign_free(&young_leaf);
	foreign_free(&old_sub);
}

/* A path under an issuer with these extensions. */
static enum reason
issuer_build(const char *constraints, const char *usage, const char *more,
    const char *value, const char *alt_names)
{
	struct foreign issuer, low;
	struct recipe r = { .common_name = "issuer",
		.extensions = {
		    { constraints != NULL ? "basicConstraints" : NULL,
			constraints },
		    { usage != NULL ? "keyUsage" : NULL, usage },
		    { "subjectKeyIdentifier", "hash" }, { more, value } } };
	enum reason result;

	foreign_make(&issuer, &r);
	r = leaf_recipe;
	r.issuer = &issuer;
	r.extensions[4].name = "subjectAltName";
	r.extensions[4].value = alt_names;
	foreign_make(&low, &r);
	result = build(&low, NOW, &issuer, NULL);
	if (result == REASON_OK)
		assert_int_equal(path.len, 2);
	foreign_free(&low);
	foreign_free(&issuer);
	return result;
}

#define ALT "DNS:registrar.example.com"

static void
issuers(void **state)
{
	(void)state;
	assert_int_equal(
	    issuer_build(CA, "keyCertSign", NULL, NULL, ALT), REASON_OK);
	assert_int_equal(issuer_build(CA, NULL, NULL, NULL, ALT), REASON_OK);
	assert_int_equal(
	    issuer_build(NULL, NULL, NULL, NULL, ALT), REASON_REGISTRAR_PATH);
	assert_int_equal(issuer_build("CA:FALSE", NULL, NULL, NULL, ALT),
	    REASON_REGISTRAR_PATH);
	assert_non_null(strstr(why.text, "is no CA"));
	assert_int_equal(issuer_build(CA, "digitalSignature", NULL, NULL, ALT),
	    REASON_REGISTRAR_PATH);
	assert_int_equal(
	    issuer_build(CA, NULL, "1.2.3.4", "critical,DER:0500", ALT),
	    REASON_REGISTRAR_PATH);
	assert_int_equal(
	    issuer_build(CA, NULL, "1.2.3.4", "DER:0500", ALT), REASON_OK);
	assert_int_equal(
	    issuer_build(CA ",pathlen:0", NULL, NULL, NULL, ALT), REASON_OK);
}

/* A registrar with these names (its common name too, if it has no other) under a
 * sub CA, under a CA with these constraints, which stands at the top or below one. */
static enum reason
named_build(const char *constraints, const char *cn, const char *alt_names)
{
	struct foreign issuer, below, low;
	struct recipe r = ca_recipe;
	enum reason result;

	r.common_name = "narrow";
	r.extensions[3].name = constraints != NULL ? "nameConstraints" : NULL;
	r.extensions[3].value = constraints;
	foreign_make(&issuer, &r);
	r = ca_recipe;
	r.common_name = "below";
	r.serial = "41001122334455667788";
	r.issuer = &issuer;
	foreign_make(&below, &r);
	r = leaf_recipe;
	r.common_name = cn;
	r.issuer = &below;
	r.extensions[4].name = alt_names != NULL ? "subjectAltName" : NULL;
	r.extensions[4].value = alt_names;
	foreign_make(&low, &r);
	result = build_both(&low, &below, &issuer);
	foreign_free(&low);
	foreign_free(&below);
	foreign_free(&issuer);
	return result;
}

#define PERMITTED(names) "critical,permitted;" names
#define EXCLUDED(names)	 "critical,excluded;" names
#define DNS(name)	 "DNS:" name

static void
name_constraints(void **state)
{
	static const struct {
		const char *constraints, *cn, *alt_names;
		bool good;
	} rows[] = {
		{ NULL, "x", DNS("a.example.com"), true },
		{ PERMITTED(DNS("example.com")), "x", DNS("a.example.com"),
		    true },
		{ PERMITTED(DNS("example.org")), "x", DNS("a.example.com"),
		    false },
		/* Critical or not, a CA means what it says. */
		{ "permitted;DNS:example.org", "x", DNS("a.example.com"),
		    false },
		{ EXCLUDED(DNS("example.com")), "x", DNS("a.example.com"),
		    false },
		{ EXCLUDED(DNS("example.com")), "x",
		    DNS("a.example.org") ",DNS:b.example.com", false },
		{ EXCLUDED(DNS("example.com")), "x", DNS("example.org"), true },
		/* No name of the kind; a common name that is a DNS name. */
		{ PERMITTED(DNS("example.org")), "of no host", NULL, true },
		{ PERMITTED(DNS("example.org")), "a.example.com", NULL, false },
		{ PERMITTED(DNS("example.org")), "a.example.com",
		    DNS("a.example.org"), true },
		{ PERMITTED("IP:10.0.0.0/255.0.0.0"), "x", "IP:10.1.2.3",
		    true },
		{ PERMITTED("IP:10.0.0.0/255.0.0.0"), "x", "IP:11.1.2.3",
		    false },
		{ PERMITTED("email:example.com"), "x", "email:a@example.com",
		    true },
		{ PERMITTED("email:example.com"), "x", "email:a@example.org",
		    false },
		{ PERMITTED("URI:.example.com"), "x",
		    "URI:https://a.example.com/b", true },
		{ PERMITTED("URI:.example.com"), "x",
		    "URI:https://a.example.org/b", false },
		/* The CA between has a name as well. */
		{ "critical,DER:301ba1193017a4153013311130"
		  "0f06035504030c0862656c6f772e2e2e",
		    "x", NULL, true },
		{ "critical,DER:3018a1163014a4123010310e"
		  "300c06035504030c0562656c6f77",
		    "x", NULL, false },
		/* Nothing that can be read. */
		{ "critical,DER:0500", "x", NULL, false },
		{ "critical,DER:3000", "x", DNS("a.example.com"), true },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if ((named_build(rows[i].constraints, rows[i].cn,
			 rows[i].alt_names) == REASON_OK) != rows[i].good)
			fail_msg("row %zu: %s", i, why.text);
}

#define A   "1.2.3.1"
#define B   "1.2.3.2"
#define ANY "2.5.29.32.0"

static void
extend(struct recipe *r, unsigned at, const char *name, const char *value)
{
	r->extensions[at].name = value == NULL ? NULL : name;
	r->extensions[at].value = value;
}

/* RFC 5280 6.1 for policies, by OpenSSL and by us. */
static void
policy_constraints(void **state)
{
	static const struct {
		const char *ca, *constraints, *inhibit, *leaf, *leafs;
		bool good;
	} rows[] = {
		{ NULL, NULL, NULL, NULL, NULL, true },
		{ A, NULL, NULL, B, NULL, true },
		{ A, NULL, "critical,0", ANY, NULL, true },
		{ A, "critical,requireExplicitPolicy:0", NULL, A, NULL, true },
		{ A, "requireExplicitPolicy:0", NULL, B, NULL, false },
		{ A, "critical,requireExplicitPolicy:0", NULL, B, NULL, false },
		{ A, "critical,requireExplicitPolicy:0", NULL, NULL, NULL,
		    false },
		{ A, "critical,requireExplicitPolicy:1", NULL, NULL, NULL,
		    false },
		{ A, "critical,requireExplicitPolicy:2", NULL, NULL, NULL,
		    true },
		{ A, "critical,requireExplicitPolicy:300", NULL, NULL, NULL,
		    true },
		{ A "," B, "critical,requireExplicitPolicy:0", NULL, B, NULL,
		    true },
		{ NULL, "critical,requireExplicitPolicy:0", NULL, A, NULL,
		    false },
		{ ANY, "critical,requireExplicitPolicy:0", NULL, A, NULL,
		    true },
		{ A, "critical,requireExplicitPolicy:0", NULL, ANY, NULL,
		    true },
		{ A, "critical,requireExplicitPolicy:0", "critical,0", ANY,
		    NULL, false },
		{ A, "critical,requireExplicitPolicy:0", "critical,0", A, NULL,
		    true },
		{ A, "critical,requireExplicitPolicy:0", "critical,1", ANY,
		    NULL, true },
		{ A, "critical,inhibitPolicyMapping:0", NULL, NULL, NULL,
		    true },
		{ A, NULL, NULL, NULL, "critical,requireExplicitPolicy:0",
		    false },
		{ A, NULL, NULL, A, "critical,requireExplicitPolicy:0", true },
		{ A, NULL, NULL, NULL, "critical,requireExplicitPolicy:1",
		    true },
	};
	struct foreign ca, low;
	struct recipe r;
	enum reason found;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		r = ca_recipe;
		r.common_name = "ca";
		r.serial = "42001122334455667788";
		r.issuer = &root;
		extend(&r, 3, "certificatePolicies", rows[i].ca);
		extend(&r, 4, "policyConstraints", rows[i].constraints);
		extend(&r, 5, "inhibitAnyPolicy", rows[i].inhibit);
		foreign_make(&ca, &r);
		r = leaf_recipe;
		r.issuer = &ca;
		extend(&r, 4, "certificatePolicies", rows[i].leaf);
		extend(&r, 5, "policyConstraints", rows[i].leafs);
		foreign_make(&low, &r);
		/* OpenSSL 3.0 keeps constraints that stand without policies. */
		found = (rows[i].constraints != NULL && rows[i].ca == NULL) ||
			(rows[i].leafs != NULL && rows[i].leaf == NULL)
		    ? build(&low, NOW, &ca, &root, NULL)
		    : build_both(&low, &ca, &root);
		if ((found == REASON_OK) != rows[i].good)
			fail_msg("row %zu: %s", i, why.text);
		foreign_free(&low);
		foreign_free(&ca);
	}
	/* What the anchor asks counts, which OpenSSL does not look at. */
	assert_int_equal(issuer_build(CA, NULL, "policyConstraints",
			     "critical,requireExplicitPolicy:0", ALT),
	    REASON_REGISTRAR_PATH);
	assert_non_null(strstr(why.text, "left at certificate 0"));
}

/* An extension's value: a SEQUENCE of so many pieces, of hex, or of a [1] of them. */
static char *
repeated(const char *piece, unsigned count, bool excluded)
{
	size_t each = strlen(piece), len = each / 2 * count;
	char *out = malloc(64 + each * count), *at;
	unsigned i;

	at = out + sprintf(out, "DER:");
	if (excluded)
		at += sprintf(at, "3082%04zxa182%04zx", len + 4, len);
	else
		at += sprintf(at, "3082%04zx", len);
	for (i = 0; i < count; i++)
		at += sprintf(at, "%s", piece);
	return out;
}

/* So many names under so many exclusions; what it added to signature_work(). */
static enum reason
many_build(unsigned names, unsigned exclusions, uint64_t *work)
{
	char *alt_names = repeated("820161", names, false);
	char *constraints = repeated("3003820162", exclusions, true);
	uint64_t begun = signature_work();
	enum reason r =
	    issuer_build(CA, NULL, "nameConstraints", constraints, alt_names);

	*work = signature_work() - begun;
	free(alt_names);
	free(constraints);
	return r;
}

/* All names times all exclusions are looked at: what a stranger can have there is
 * counted by octets and bounded before it is done. */
static void
work_of_names(void **state)
{
	uint64_t few, more, most;

	(void)state;
	assert_int_equal(many_build(90, 60, &few), REASON_OK);
	assert_in_range(few, 15, 30);
	assert_int_equal(many_build(600, 300, &more), REASON_OK);
	assert_in_range(more, 80, CONSTRAINTS_WORK_MAX);
	assert_int_equal(many_build(1100, 650, &most), REASON_REGISTRAR_PATH);
	assert_non_null(strstr(why.text, "take the work of"));
	assert_in_range(most, 1, 2); /* of the link */
}

/* OpenSSL is shown names and nothing else of a certificate: it reads other extensions
 * at a cost that no count of ours knows, and would refuse this one. */
static void
only_names_are_shown(void **state)
{
	struct foreign issuer, low;
	struct recipe r = ca_recipe;

	(void)state;
	r.common_name = "narrow";
	r.extensions[3].name = "nameConstraints";
	r.extensions[3].value = "critical,permitted;DNS:example.com";
	foreign_make(&issuer, &r);
	r = leaf_recipe;
	r.issuer = &issuer;
	r.extensions[4].name = "crlDistributionPoints";
	r.extensions[4].value = "DER:0500";
	foreign_make(&low, &r);
	assert_int_equal(build(&low, NOW, &issuer, NULL), REASON_OK);
	assert_int_equal(path.len, 2);
	foreign_free(&low);
	foreign_free(&issuer);
}

static void
leaves(void **state)
{
	struct recipe r = leaf_recipe;
	struct foreign f;

	(void)state;
	r.issuer = &sub;
	r.extensions[1].value = "critical,keyAgreement";
	foreign_make(&f, &r);
	assert_int_equal(
	    build(&f, NOW, &sub, &root, NULL), REASON_REGISTRAR_PATH);
	foreign_free(&f);
	r.extensions[1].name = NULL;
	foreign_make(&f, &r);
	assert_int_equal(build(&f, NOW, &sub, &root, NULL), REASON_OK);
	foreign_free(&f);
	r.extensions[1].name = "1.2.3.4";
	r.extensions[1].value = "critical,DER:0500";
	foreign_make(&f, &r);
	assert_int_equal(
	    build(&f, NOW, &sub, &root, NULL), REASON_REGISTRAR_PATH);
	foreign_free(&f);
}

static void
path_lengths(void **state)
{
	struct foreign top, middle, low;
	struct recipe r = ca_recipe;

	(void)state;
	r.common_name = "top";
	r.extensions[0].value = CA ",pathlen:0";
	foreign_make(&top, &r);
	r = ca_recipe;
	r.common_name = "middle";
	r.serial = "44001122334455667788";
	r.issuer = &top;
	foreign_make(&middle, &r);
	r = leaf_recipe;
	r.issuer = &middle;
	foreign_make(&low, &r);
	assert_int_equal(build(&low, NOW, &middle, NULL), REASON_OK);
	assert_int_equal(
	    build(&low, NOW, &middle, &top, NULL), REASON_REGISTRAR_PATH);
	assert_non_null(strstr(why.text, "longer"));
	foreign_free(&low);
	foreign_free(&middle);
	foreign_free(&top);
}

/* Names and identifiers say one thing, the signature decides. */
static void
look_alikes(void **state)
{
	struct foreign false_sub;
	struct recipe r = ca_recipe;

	(void)state;
	r.common_name = "sub";
	r.extensions[2].name = NULL;
	r.serial = "33001122334455667788";
	foreign_make(&false_sub, &r);
	assert_int_equal(
	    build(&leaf, NOW, &false_sub, &sub, &root, NULL), REASON_OK);
	assert_int_equal(path.len, 3);
	assert_true(top_is(&root));
	assert_int_equal(build(&leaf, NOW, &false_sub, NULL), REASON_OK);
	assert_int_equal(path.len, 1);
	foreign_free(&false_sub);
}

static void
contradictions(void **state)
{
	struct foreign twin, other;
	struct recipe r = leaf_recipe;

	(void)state;
	/* Issuer and serial of the leaf, another key. */
	r.issuer = &sub;
	foreign_make(&twin, &r);
	assert_int_equal(build(&leaf, NOW, &sub, &twin, NULL),
	    REASON_CERTIFICATES_CONTRADICT);
	assert_int_equal(build(&leaf, NOW, &twin, &root, &leaf, NULL),
	    REASON_CERTIFICATES_CONTRADICT);
	foreign_free(&twin);
	/* The same key in both: an earlier issue, as in published examples. */
	r.key = leaf.key;
	r.not_before = "20240202000000Z";
	foreign_make(&twin, &r);
	assert_int_equal(build(&leaf, NOW, &sub, &twin, NULL), REASON_OK);
	foreign_free(&twin);
	/* Subject and subjectKeyIdentifier of the sub CA, another key. */
	r = ca_recipe;
	r.common_name = "sub";
	r.serial = "22001122334455667788";
	r.extensions[2].name = NULL;
	foreign_make(&twin, &r);
	assert_int_equal(build(&leaf, NOW, &sub, &twin, NULL), REASON_OK);
	twin.c.subject_key_id = sub.c.subject_key_id;
	assert_int_equal(build(&leaf, NOW, &sub, &twin, NULL),
	    REASON_CERTIFICATES_CONTRADICT);
	foreign_free(&twin);
	r.common_name = "other";
	foreign_make(&other, &r);
	assert_int_equal(build(&leaf, NOW, &other, &sub, NULL), REASON_OK);
	foreign_free(&other);
}

/* One CA key, three certificates around it: expired, cross-signed, and the
 * root itself. */
static void
cross_signed(void **state)
{
	struct foreign self, crossed, expired, low;
	struct recipe r = ca_recipe;

	(void)state;
	r.common_name = "crossed";
	foreign_make(&self, &r);
	r.key = self.key;
	r.issuer = &stranger;
	r.serial = "11001122334455667788";
	foreign_make(&crossed, &r);
	r.not_after = "20250101000000Z";
	r.serial = "12001122334455667788";
	r.issuer = &root;
	foreign_make(&expired, &r);
	r = leaf_recipe;
	r.issuer = &self;
	foreign_make(&low, &r);
	assert_int_equal(
	    build(&low, NOW, &crossed, &stranger, NULL), REASON_OK);
	assert_true(top_is(&stranger));
	assert_int_equal(
	    build(&low, NOW, &expired, &root, NULL), REASON_REGISTRAR_PATH);
	/* The step over the expired one is taken back. */
	assert_int_equal(
	    build(&low, NOW, &expired, &root, &crossed, &stranger, NULL),
	    REASON_OK);
	assert_int_equal(path.len, 3);
	assert_true(top_is(&stranger));
	/* Its own root goes before others. */
	assert_int_equal(
	    build(&low, NOW, &expired, &root, &crossed, &stranger, &self, NULL),
	    REASON_OK);
	assert_int_equal(path.len, 2);
	assert_true(top_is(&self));
	foreign_free(&low);
	foreign_free(&expired);
	foreign_free(&crossed);
	foreign_free(&self);
}

/* Two CAs that signed each other. */
static void
loops(void **state)
{
	struct foreign a, b, a_by_b, b_by_a, low;
	struct recipe r = ca_recipe;

	(void)state;
	r.common_name = "a";
	foreign_make(&a, &r);
	r.common_name = "b";
	foreign_make(&b, &r);
	r.serial = "01001122334455667788";
	r.common_name = "a";
	r.key = a.key;
	r.issuer = &b;
	foreign_make(&a_by_b, &r);
	r.common_name = "b";
	r.key = b.key;
	r.issuer = &a;
	foreign_make(&b_by_a, &r);
	r = leaf_recipe;
	r.issuer = &a;
	foreign_make(&low, &r);
	assert_int_equal(build(&low, NOW, &b_by_a, &a_by_b, NULL), REASON_OK);
	assert_int_equal(path.len, 3);
	foreign_free(&low);
	foreign_free(&b_by_a);
	foreign_free(&a_by_b);
	foreign_free(&b);
	foreign_free(&a);
}

/* More links than a path may have: the last one that fits is the top. */
static void
depth(void **state)
{
	static const char *const names[] = { "0", "1", "2", "3", "4", "5", "6",
		"7" };
	struct foreign chain[8], low;
	struct certificate pool[8];
	struct recipe r = ca_recipe;
	unsigned i;

	(void)state;
	for (i = 0; i < 8; i++) {
		r.common_name = names[i];
		r.serial = i % 2 == 0 ? "02001122334455667788"
				      : "03001122334455667788";
		r.issuer = i > 0 ? &chain[i - 1] : NULL;
		foreign_make(&chain[i], &r);
		pool[i] = chain[i].c;
	}
	r = leaf_recipe;
	r.issuer = &chain[7];
	foreign_make(&low, &r);
	assert_int_equal(
	    path_build(&low.c, pool, 8, NOW, &path, &why), REASON_OK);
	assert_int_equal(path.len, CHAIN_MAX);
	foreign_free(&low);
	for (i = 0; i < 8; i++)
		foreign_free(&chain[i]);
}

/* A pool in which every certificate may have issued every other, by name. The
 * search ends, with the keys that take longest to check, too. */
static void
many_of_one_name(void **state)
{
	struct foreign all[PATH_POOL_MAX], low, by;
	struct certificate pool[PATH_POOL_MAX];
	struct recipe r = { .common_name = "same",
		.extensions = { { "basicConstraints", CA } },
		.not_after = "20240201000000Z",
		.key = EVP_EC_gen("P-384"),
		.md = EVP_sha384() };
	uint64_t begun;
	unsigned i;
	char serial[21] = "04001122334455667700";

	(void)state;
	foreign_make(&by, &r);
	EVP_PKEY_free(r.key);
	begun = signature_work();
	r.key = by.key;
	r.issuer_name = "also";
	for (i = 0; i < PATH_POOL_MAX; i++) {
		serial[19] = (char)('0' + i);
		r.serial = serial;
		r.common_name = i % 2 == 0 ? "same" : "also";
		r.issuer_name = i % 2 == 0 ? "also" : "same";
		foreign_make(&all[i], &r);
		pool[i] = all[i].c;
	}
	r = leaf_recipe;
	r.issuer = &by;
	r.extensions[3].name = NULL;
	foreign_make(&low, &r);
	assert_int_equal(
	    path_build(&low.c, pool, PATH_POOL_MAX, NOW, &path, &why),
	    REASON_REGISTRAR_PATH);
	assert_in_range(signature_work() - begun, 135, 240);
	foreign_free(&low);
	for (i = 0; i < PATH_POOL_MAX; i++)
		foreign_free(&all[i]);
	foreign_free(&by);
}

/* What the checks of a path have cost is the same when they are remembered: who
 * derives a request again in a new process must find the same. */
static void
work_is_of_the_octets(void **state)
{
	struct foreign low;
	struct recipe r = leaf_recipe;
	uint64_t begun, first = 0;
	unsigned turn;

	(void)state;
	r.issuer = &sub;
	foreign_make(&low, &r);
	for (turn = 0; turn < 3; turn++) {
		begun = signature_work();
		/* Twice from memory, once of them from that of the links. */
		assert_int_equal(
		    build(&low, turn == 2 ? 0 : NOW, &sub, &root, NULL),
		    turn == 2 ? REASON_REGISTRAR_PATH : REASON_OK);
		if (turn == 0)
			first = signature_work() - begun;
		/* Two links and the root's own. */
		assert_int_equal(first, 3);
		assert_int_equal(
		    signature_work() - begun, turn == 2 ? 2 : first);
	}
	foreign_free(&low);
}

/* A changed octet, in a path that is remembered. */
static void
nothing_is_remembered_of_others(void **state)
{
	uint8_t *bit = (uint8_t *)(uintptr_t)&leaf.c.signature.ptr[30];

	(void)state;
	assert_int_equal(build(&leaf, NOW, &sub, &root, NULL), REASON_OK);
	assert_int_equal(path.len, 3);
	*bit ^= 1;
	assert_int_equal(build(&leaf, NOW, &sub, &root, NULL), REASON_OK);
	assert_int_equal(path.len, 1); /* nobody signed that */
	*bit ^= 1;
	assert_int_equal(build(&leaf, NOW, &sub, &root, NULL), REASON_OK);
	assert_int_equal(path.len, 3);
}

static void
published_registrar(void **state)
{
	struct span a = foreign_load("rfc8995-appendix-c/jrc_prime256v1.crt");
	struct span b =
	    foreign_load("rfc8995-appendix-c/ownerca_secp384r1.crt");
	struct certificate low, top;

	(void)state;
	assert_int_equal(certificate_read(a, &low, &why), REASON_OK);
	assert_int_equal(certificate_read(b, &top, &why), REASON_OK);
	assert_int_equal(
	    path_build(&low, &top, 1, 1618350204, &path, &why), REASON_OK);
	assert_int_equal(path.len, 2);
	OPENSSL_free((void *)(uintptr_t)a.ptr);
	OPENSSL_free((void *)(uintptr_t)b.ptr);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_far_as_it_goes),
		cmocka_unit_test(self_signed_top),
		cmocka_unit_test(dates),
		cmocka_unit_test(issuers),
		cmocka_unit_test(name_constraints),
		cmocka_unit_test(policy_constraints),
		cmocka_unit_test(work_of_names),
		cmocka_unit_test(only_names_are_shown),
		cmocka_unit_test(leaves),
		cmocka_unit_test(path_lengths),
		cmocka_unit_test(look_alikes),
		cmocka_unit_test(contradictions),
		cmocka_unit_test(cross_signed),
		cmocka_unit_test(loops),
		cmocka_unit_test(depth),
		cmocka_unit_test(many_of_one_name),
		cmocka_unit_test(work_is_of_the_octets),
		cmocka_unit_test(nothing_is_remembered_of_others),
		cmocka_unit_test(published_registrar),
	};

	return cmocka_run_group_tests(tests, world_make, world_end);
}
