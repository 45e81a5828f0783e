/* Containers of CMS that a device must not take, signed by the right key. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>
#include <openssl/cms.h>

#include "envelope/cms.h"
#include "wire/der.h"
#include "world.h"

static const uint8_t ecdsa[] = { 0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce,
	0x3d, 0x04, 0x03, 0x02 };
static const uint8_t anima[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 16,
	1, 40 };
static const uint8_t id_data[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7,
	1 };
static const uint8_t content_type[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1,
	9, 3 };
static const uint8_t message_digest[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1,
	9, 4 };

/* Attributes in the making. */
static struct {
	uint8_t octets[512];
	struct der_out o;
	size_t set;
} a;

static void
attributes_begin(void)
{
	der_out_open(&a.o, a.octets, sizeof(a.octets));
	a.set = der_begin(&a.o, DER_SET);
}

static void
put_type(const uint8_t *oid, size_t len)
{
	size_t one = der_begin(&a.o, DER_SEQUENCE), set;

	der_put_oid(&a.o, span_of(content_type, sizeof(content_type)));
	set = der_begin(&a.o, DER_SET);
	der_put_oid(&a.o, span_of(oid, len));
	der_close(&a.o, set);
	der_close(&a.o, one);
}

static void
put_digest(bool right)
{
	size_t one = der_begin(&a.o, DER_SEQUENCE), set;
	uint8_t digest[32];

	sha256(w.content, digest);
	digest[0] ^= !right;
	der_put_oid(&a.o, span_of(message_digest, sizeof(message_digest)));
	set = der_begin(&a.o, DER_SET);
	der_put(&a.o, DER_OCTET_STRING, span_of(digest, sizeof(digest)));
	der_close(&a.o, set);
	der_close(&a.o, one);
}

/* Signs what was put, around the voucher. */
static enum pledge_verdict
judge(enum hash_algorithm digest)
{
	static uint8_t room[8192];
	struct cms_plan plan = { .content_type = CMS_ANIMA_JSON,
		.content = w.content,
		.digest = digest,
		.signature_algorithm = span_of(ecdsa, sizeof(ecdsa)),
		.certificates_len = 1,
		.certificates = { w.direct.der } };
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	uint8_t der[128];
	size_t len = sizeof(der);
	struct span covered;

	der_close(&a.o, a.set);
	assert_int_equal(der_out_span(&a.o, &covered), WIRE_OK);
	assert_int_equal(
	    EVP_DigestSignInit(c, NULL, EVP_sha256(), NULL, w.direct.key), 1);
	assert_int_equal(
	    EVP_DigestSign(c, der, &len, covered.ptr, covered.len), 1);
	EVP_MD_CTX_free(c);
	assert_true(cms_assemble(
	    &plan, covered, span_of(der, len), room, sizeof(room), &len));
	w.bytes = span_of(room, len);
	return world_look();
}

static int
setup(void **state)
{
	static char json[4096];
	size_t len;

	world_reset(state);
	w.p.nonce = span_str(NONCE);
	assert_true(voucher_to_json(&w.voucher, json, sizeof(json), &len));
	w.content = span_of(json, len);
	attributes_begin();
	return 0;
}

static void
right(void **state)
{
	(void)state;
	put_type(anima, sizeof(anima));
	put_digest(true);
	assert_int_equal(judge(HASH_SHA256), PLEDGE_ACCEPTED);
}

/* Whose signature would be about the attributes alone (RFC 5652 5.4). */
static void
without_digest(void **state)
{
	(void)state;
	put_type(anima, sizeof(anima));
	assert_int_equal(judge(HASH_SHA256), PLEDGE_SIGNATURE);
}

static void
without_type(void **state)
{
	(void)state;
	put_digest(true);
	assert_int_equal(judge(HASH_SHA256), PLEDGE_SIGNATURE);
}

static void
another_digest(void **state)
{
	(void)state;
	put_type(anima, sizeof(anima));
	put_digest(false);
	assert_int_equal(judge(HASH_SHA256), PLEDGE_SIGNATURE);
}

static void
another_type(void **state)
{
	(void)state;
	put_type(id_data, sizeof(id_data));
	put_digest(true);
	assert_int_equal(judge(HASH_SHA256), PLEDGE_SIGNATURE);
}

static void
twice(void **state)
{
	(void)state;
	put_type(anima, sizeof(anima));
	put_digest(true);
	put_digest(true);
	assert_int_equal(judge(HASH_SHA256), PLEDGE_CONTAINER);
	attributes_begin();
	put_type(anima, sizeof(anima));
	put_type(anima, sizeof(anima));
	put_digest(true);
	assert_int_equal(judge(HASH_SHA256), PLEDGE_CONTAINER);
}

/* digestAlgorithm SHA-384 beside ecdsa-with-SHA256 (MP 8). */
static void
two_hashes(void **state)
{
	(void)state;
	put_type(anima, sizeof(anima));
	put_digest(true);
	assert_int_equal(judge(HASH_SHA384), PLEDGE_ALGORITHM);
}

static X509 *also; /* comes along */

/* What OpenSSL lays out: with so many signers, found by name or by key. */
static enum pledge_verdict
openssl_signs(unsigned signers, unsigned flags)
{
	BIO *in = BIO_new_mem_buf(w.content.ptr, (int)w.content.len);
	unsigned base = CMS_BINARY | CMS_PARTIAL | CMS_NOSMIMECAP | flags;
	CMS_ContentInfo *cms = CMS_sign(NULL, NULL, NULL, in, base);
	ASN1_OBJECT *type = OBJ_txt2obj("1.2.840.113549.1.9.16.1.40", 1);
	unsigned char *der = NULL;
	enum pledge_verdict v;
	int len;

	CMS_set1_eContentType(cms, type);
	ASN1_OBJECT_free(type);
	assert_non_null(
	    CMS_add1_signer(cms, w.direct.x, w.direct.key, EVP_sha256(), base));
	if (signers > 1)
		assert_non_null(CMS_add1_signer(
		    cms, w.signer.x, w.signer.key, EVP_sha256(), base));
	if (also != NULL)
		assert_int_equal(CMS_add1_cert(cms, also), 1);
	assert_int_equal(CMS_final(cms, in, NULL, CMS_BINARY), 1);
	len = i2d_CMS_ContentInfo(cms, &der);
	w.bytes = span_of(der, (size_t)len);
	v = world_look();
	OPENSSL_free(der);
	CMS_ContentInfo_free(cms);
	BIO_free(in);
	return v;
}

/* The signer's key in a certificate that the SignerInfo does not name. */
static void
another_serial(void **state)
{
	const struct recipe r = { .common_name = "direct",
		.key = w.direct.key,
		.issuer = &w.root,
		.serial = "4711",
		.extensions = { { "certificatePolicies", POLICY } } };
	struct foreign f;

	(void)state;
	foreign_make(&f, &r);
	also = f.x;
	assert_int_equal(openssl_signs(1, CMS_NOCERTS), PLEDGE_ANCHOR);
	also = w.direct.x;
	assert_int_equal(openssl_signs(1, CMS_NOCERTS), PLEDGE_ACCEPTED);
	also = NULL;
	foreign_free(&f);
}

static void
of_openssl(void **state)
{
	(void)state;
	assert_int_equal(openssl_signs(1, 0), PLEDGE_ACCEPTED);
	assert_int_equal(openssl_signs(1, CMS_USE_KEYID), PLEDGE_ACCEPTED);
	assert_int_equal(openssl_signs(2, 0), PLEDGE_CONTAINER);
	assert_int_equal(openssl_signs(1, CMS_NOATTR), PLEDGE_CONTAINER);
	assert_int_equal(openssl_signs(1, CMS_NOCERTS), PLEDGE_ANCHOR);
}

#define CASE(f) cmocka_unit_test_setup(f, setup)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(right),
		CASE(without_digest),
		CASE(without_type),
		CASE(another_digest),
		CASE(another_type),
		CASE(twice),
		CASE(two_hashes),
		CASE(another_serial),
		CASE(of_openssl),
	};

	return cmocka_run_group_tests(tests, world_make, world_free);
}
