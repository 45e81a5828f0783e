/* Reading and verifying CMS: the published example, and what OpenSSL writes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <openssl/cms.h>
#include <openssl/rsa.h>

#include "foreign.h"

static struct cms c;
static struct why why;

static void
release(struct span s)
{
	free((void *)(uintptr_t)s.ptr);
}

static void
reads_appendix_c(void **state)
{
	static const struct {
		const char *name;
		unsigned certificates;
		const char *root;
	} files[] = {
		{ "rfc8995-appendix-c/vr.der", 1,
		    "{\"ietf-voucher-request:voucher\":" },
		{ "rfc8995-appendix-c/parboiled_vr.der", 2,
		    "{\"ietf-voucher-request:voucher\":" },
		{ "rfc8995-appendix-c/voucher.der", 1,
		    "{\"ietf-voucher:voucher\":" },
	};
	const struct certificate *signer;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		struct span bytes = foreign_vector(files[i].name), content;

		assert_int_equal(cms_read(bytes, &c, &why), REASON_OK);
		assert_int_equal(c.content_type, CMS_ID_DATA);
		assert_int_equal(c.version, 1);
		assert_true(c.attributed && c.has_signing_time);
		assert_true(c.certificates_len >= files[i].certificates);
		assert_memory_equal(
		    c.content.ptr, files[i].root, strlen(files[i].root));
		assert_int_equal(cms_verify(&c, &signer, &why), REASON_OK);
		assert_true(foreign_verifies(bytes, signer->der, &content));
		assert_true(span_eq(content, c.content));
		release(content);
		release(bytes);
	}
}

/* Every way in which OpenSSL signs that MP 8 accepts. */
static void
reads_what_openssl_writes(void **state)
{
	static const char anima[] = "1.2.840.113549.1.9.16.1.40";
	static const struct {
		const char *kind, *content_type;
		const char *md;
		unsigned flags;
		enum reason verdict;
	} cases[] = {
		{ "P-256", NULL, "SHA256", 0, REASON_OK },
		{ "P-256", anima, "SHA256", 0, REASON_OK },
		{ "P-256", anima, "SHA256", CMS_USE_KEYID, REASON_OK },
		{ "P-256", NULL, "SHA256", CMS_NOATTR, REASON_OK },
		{ "P-256", anima, "SHA256", CMS_NOATTR,
		    REASON_CMS_ATTRIBUTES_MISSING },
		{ "P-256", anima, "SHA384", 0, REASON_OK },
		{ "P-384", anima, "SHA384", 0, REASON_OK },
		{ "P-384", anima, "SHA512", CMS_USE_KEYID, REASON_OK },
		{ "P-521", anima, "SHA512", 0, REASON_OK },
		{ "RSA", anima, "SHA256", 0, REASON_OK },
		{ "RSA", NULL, "SHA512", CMS_NOATTR, REASON_OK },
		{ "P-256", anima, "SHA256", CMS_NOCERTS,
		    REASON_SIGNER_UNKNOWN },
		{ "P-256", anima, "SHA256", CMS_DETACHED, REASON_CMS_DETACHED },
		{ "P-256", anima, "SHA1", 0, REASON_ALGORITHM },
		{ "P-256", "1.2.3.4", "SHA256", 0, REASON_CMS_CONTENT_TYPE },
	};
	struct span content = span_str("{\"a\":\"\\r\\n\"}\n\r\n");
	const struct certificate *signer;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const EVP_MD *md = EVP_get_digestbyname(cases[i].md);
		EVP_PKEY *key = strcmp(cases[i].kind, "RSA") == 0
		    ? EVP_RSA_gen(2048)
		    : EVP_EC_gen(cases[i].kind);
		X509 *x = foreign_certificate(key, EVP_sha256());
		struct span bytes = foreign_sign(
		    x, key, md, cases[i].flags, cases[i].content_type, content);
		enum reason r = cms_read(bytes, &c, &why);

		if (r == REASON_OK)
			r = cms_verify(&c, &signer, &why);
		if (r != cases[i].verdict)
			fail_msg(
			    "case %zu: %s: %s", i, reason_code(r), why.text);
		if (r == REASON_OK) {
			assert_true(span_eq(c.content, content));
			assert_int_equal(
			    c.by_key_id, (cases[i].flags & CMS_USE_KEYID) != 0);
			assert_int_equal(
			    c.attributed, (cases[i].flags & CMS_NOATTR) == 0);
		}
		release(bytes);
		X509_free(x);
		EVP_PKEY_free(key);
	}
}

/* Two signers, bytes behind the end, a cut, other types: each by its name. */
static void
refuses_other_shapes(void **state)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x = foreign_certificate(key, EVP_sha256());
	struct span one =
	    foreign_sign(x, key, EVP_sha256(), 0, NULL, span_str("{}"));
	BIO *in = BIO_new_mem_buf("{}", 2);
	CMS_ContentInfo *cms =
	    CMS_sign(NULL, NULL, NULL, in, CMS_BINARY | CMS_PARTIAL);
	uint8_t more[4096];
	unsigned char *two = NULL;
	size_t n;
	int len;

	(void)state;
	assert_true(one.len + 1 < sizeof(more));
	memcpy(more, one.ptr, one.len);
	more[one.len] = 0;
	assert_int_equal(cms_read(span_of(more, one.len + 1), &c, &why),
	    REASON_CMS_TRAILING);
	for (n = 0; n < one.len; n++)
		assert_int_not_equal(
		    cms_read(span_of(one.ptr, n), &c, &why), REASON_OK);
	for (n = 0; n < 2; n++)
		assert_non_null(CMS_add1_signer(cms, x, key, EVP_sha256(),
		    CMS_PARTIAL | (n > 0 ? CMS_NOCERTS : 0)));
	assert_int_equal(CMS_final(cms, in, NULL, CMS_BINARY), 1);
	len = i2d_CMS_ContentInfo(cms, &two);
	assert_true(len > 0);
	assert_int_equal(
	    cms_read(span_of(two, (size_t)len), &c, &why), REASON_CMS_SIGNERS);
	OPENSSL_free(two);
	BIO_free(in);
	CMS_ContentInfo_free(cms);
	release(one);
	X509_free(x);
	EVP_PKEY_free(key);
}

/* MP 17: ten certificates, not eleven; their order means nothing. */
static void
counts_certificates(void **state)
{
	EVP_PKEY *key = EVP_EC_gen("P-256"), *other = EVP_EC_gen("P-256");
	X509 *x = foreign_certificate(key, EVP_sha256());
	struct span one =
	    foreign_sign(x, key, EVP_sha256(), 0, NULL, span_str("{}"));
	const unsigned char *at = one.ptr;
	CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &at, (long)one.len);
	const struct certificate *signer;
	int i;

	(void)state;
	for (i = 2; i <= CMS_CERTIFICATES_MAX + 1; i++) {
		X509 *more = foreign_certificate(other, EVP_sha256());
		unsigned char *der = NULL;
		enum reason r;
		int len;

		ASN1_INTEGER_set(X509_get_serialNumber(more), i);
		X509_sign(more, other, EVP_sha256());
		assert_int_equal(CMS_add1_cert(cms, more), 1);
		len = i2d_CMS_ContentInfo(cms, &der);
		r = cms_read(span_of(der, (size_t)len), &c, &why);
		if (i > CMS_CERTIFICATES_MAX) {
			assert_int_equal(r, REASON_CMS_CERTIFICATES);
		} else {
			assert_int_equal(r, REASON_OK);
			assert_int_equal(c.certificates_len, i);
			assert_int_equal(
			    cms_verify(&c, &signer, &why), REASON_OK);
		}
		OPENSSL_free(der);
		X509_free(more);
	}
	CMS_ContentInfo_free(cms);
	release(one);
	X509_free(x);
	EVP_PKEY_free(key);
	EVP_PKEY_free(other);
}

/* An octet that is changed is refused, or stands where nothing signed is: never
 * is there another content, or another signer. */
static void
changed_octets(void **state)
{
	struct span good = foreign_vector("rfc8995-appendix-c/vr.der");
	const struct certificate *signer;
	uint8_t *copy = malloc(good.len), content[4096], key[256];
	size_t content_len, key_len, i;
	unsigned accepted = 0;
	int bit;

	(void)state;
	assert_int_equal(cms_read(good, &c, &why), REASON_OK);
	assert_int_equal(cms_verify(&c, &signer, &why), REASON_OK);
	content_len = c.content.len;
	key_len = signer->spki.len;
	assert_true(content_len <= sizeof(content) && key_len <= sizeof(key));
	memcpy(content, c.content.ptr, content_len);
	memcpy(key, signer->spki.ptr, key_len);
	for (i = 0; i < good.len; i++) {
		for (bit = 0; bit < 8; bit += 3) {
			memcpy(copy, good.ptr, good.len);
			copy[i] ^= (uint8_t)(1 << bit);
			if (cms_read(span_of(copy, good.len), &c, &why) !=
				REASON_OK ||
			    cms_verify(&c, &signer, &why) != REASON_OK)
				continue;
			accepted++;
			assert_true(
			    span_eq(c.content, span_of(content, content_len)));
			assert_true(
			    span_eq(signer->spki, span_of(key, key_len)));
		}
	}
	/* Much of the certificate is covered by its issuer only. */
	assert_in_range(accepted, 1, 3 * good.len / 2);
	free(copy);
	release(good);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_appendix_c),
		cmocka_unit_test(reads_what_openssl_writes),
		cmocka_unit_test(refuses_other_shapes),
		cmocka_unit_test(counts_certificates),
		cmocka_unit_test(changed_octets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
