/* Paths over certificates of OpenSSL's making: what is climbed, what is
 * refused, and what the cache may not change. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "foreign.h"
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
    const char *value)
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
	r.extensions[4].value = "DNS:registrar.example.com";
	foreign_make(&low, &r);
	result = build(&low, NOW, &issuer, NULL);
	if (result == REASON_OK)
		assert_int_equal(path.len, 2);
	foreign_free(&low);
	foreign_free(&issuer);
	return result;
}

static void
issuers(void **state)
{
	(void)state;
	assert_int_equal(
	    issuer_build(CA, "keyCertSign", NULL, NULL), REASON_OK);
	assert_int_equal(issuer_build(CA, NULL, NULL, NULL), REASON_OK);
	assert_int_equal(
	    issuer_build(NULL, NULL, NULL, NULL), REASON_REGISTRAR_PATH);
	assert_int_equal(
	    issuer_build("CA:FALSE", NULL, NULL, NULL), REASON_REGISTRAR_PATH);
	assert_non_null(strstr(why.text, "is no CA"));
	assert_int_equal(issuer_build(CA, "digitalSignature", NULL, NULL),
	    REASON_REGISTRAR_PATH);
	assert_int_equal(issuer_build(CA, NULL, "1.2.3.4", "critical,DER:0500"),
	    REASON_REGISTRAR_PATH);
	assert_int_equal(
	    issuer_build(CA, NULL, "1.2.3.4", "DER:0500"), REASON_OK);
	assert_int_equal(
	    issuer_build(CA ",pathlen:0", NULL, NULL, NULL), REASON_OK);
	/* Name constraints are understood, by OpenSSL. */
	assert_int_equal(issuer_build(CA, NULL, "nameConstraints",
			     "critical,permitted;DNS:example.com"),
	    REASON_OK);
	assert_int_equal(issuer_build(CA, NULL, "nameConstraints",
			     "critical,permitted;DNS:example.org"),
	    REASON_REGISTRAR_PATH);
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
		/* Two links, the root's own, OpenSSL's opinion of three. */
		assert_int_equal(first, 33);
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
