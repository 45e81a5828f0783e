/* Writing CMS: OpenSSL reads, verifies and rewrites it octet for octet; no
 * octet can be changed without being noticed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <openssl/cms.h>

#include "crypto/keys/private_key.h"
#include "foreign.h"

/* A container of ours; returns its length. */
static size_t
make(enum key_type type, enum cms_content content_type, struct span content,
    uint8_t *out, size_t cap)
{
	struct private_key *key = private_key_generate(type);
	EVP_PKEY *ca = EVP_EC_gen("P-256"), *native = private_key_native(key);
	X509 *x = foreign_certificate(native, EVP_sha256());
	X509 *above = foreign_certificate(ca, EVP_sha256());
	unsigned char *der = NULL, *above_der = NULL;
	struct cms_plan plan = { .content_type = content_type,
		.content = content,
		.signing_time = 1618350204,
		.digest = private_key_signature(key).hash,
		.signature_algorithm = private_key_algorithm(key),
		.certificates_len = 2 };
	uint8_t attributes[512], signature[SIGNATURE_SIZE_MAX];
	size_t attributes_len, signature_len, len;

	plan.certificates[0].len = (size_t)i2d_X509(x, &der);
	plan.certificates[0].ptr = der;
	plan.certificates[1].len = (size_t)i2d_X509(above, &above_der);
	plan.certificates[1].ptr = above_der;
	assert_true(cms_attributes_render(
	    &plan, attributes, sizeof(attributes), &attributes_len));
	private_key_sign(key, span_of(attributes, attributes_len), signature,
	    &signature_len);
	assert_true(cms_assemble(&plan, span_of(attributes, attributes_len),
	    span_of(signature, signature_len), out, cap, &len));
	assert_true(len <= content.len + plan.certificates[0].len +
		plan.certificates[1].len + CMS_OVERHEAD);
	assert_false(cms_assemble(&plan, span_of(attributes, attributes_len),
	    span_of(signature, signature_len), out, len - 1, &len));
	assert_true(cms_assemble(&plan, span_of(attributes, attributes_len),
	    span_of(signature, signature_len), out, cap, &len));
	OPENSSL_free(der);
	OPENSSL_free(above_der);
	X509_free(x);
	X509_free(above);
	EVP_PKEY_free(native);
	EVP_PKEY_free(ca);
	private_key_free(key);
	return len;
}

static void
openssl_accepts_ours(void **state)
{
	static const struct {
		enum key_type key;
		enum cms_content type;
		unsigned version;
	} cases[] = {
		{ KEY_P256, CMS_ANIMA_JSON, 3 },
		{ KEY_P256, CMS_ID_DATA, 1 },
		{ KEY_P384, CMS_ANIMA_JSON, 3 },
		{ KEY_P384, CMS_ID_DATA, 1 },
	};
	const struct certificate *signer;
	struct span said;
	uint8_t out[8192];
	struct cms c;
	size_t i, len;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const unsigned char *at = out;
		CMS_ContentInfo *cms;
		unsigned char *again = NULL;

		len = make(cases[i].key, cases[i].type, span_str("{\"a\":1}"),
		    out, sizeof(out));
		assert_int_equal(
		    cms_read(span_of(out, len), &c, NULL), REASON_OK);
		assert_int_equal(c.version, cases[i].version);
		assert_int_equal(c.content_type, cases[i].type);
		assert_int_equal(c.signing_time, 1618350204);
		assert_int_equal(cms_verify(&c, &signer, NULL), REASON_OK);
		assert_true(
		    foreign_verifies(span_of(out, len), signer->der, &said));
		assert_true(span_is(said, "{\"a\":1}"));
		free((void *)(uintptr_t)said.ptr);
		/* DER, down to the order of the sets. */
		cms = d2i_CMS_ContentInfo(NULL, &at, (long)len);
		assert_int_equal(i2d_CMS_ContentInfo(cms, &again), len);
		assert_memory_equal(again, out, len);
		OPENSSL_free(again);
		CMS_ContentInfo_free(cms);
	}
}

/* The shape of names in a certificate is judged by path_build(), not by this
 * reader, so there OpenSSL may be stricter. */
static bool
in_certificate(const struct cms *c, const uint8_t *at)
{
	unsigned i;

	for (i = 0; i < c->certificates_len; i++)
		if (at >= c->certificates[i].der.ptr &&
		    at <
			c->certificates[i].der.ptr + c->certificates[i].der.len)
			return true;
	return false;
}

/* One octet changed anywhere: either it is refused, or the content is what it
 * was, and then OpenSSL accepts it as well. */
static void
flip_all(uint8_t *bytes, size_t len, unsigned *survived)
{
	struct span content = { NULL, 0 }, said;
	const struct certificate *signer;
	uint8_t whole[4096];
	struct cms c;
	size_t i;
	int bit;

	assert_int_equal(cms_read(span_of(bytes, len), &c, NULL), REASON_OK);
	assert_true(c.content.len <= sizeof(whole));
	memcpy(whole, c.content.ptr, c.content.len);
	content = span_of(whole, c.content.len);
	for (i = 0; i < len; i++) {
		for (bit = 0; bit < 8; bit += 7) {
			bytes[i] ^= (uint8_t)(1 << bit);
			if (cms_read(span_of(bytes, len), &c, NULL) ==
				REASON_OK &&
			    cms_verify(&c, &signer, NULL) == REASON_OK) {
				(*survived)++;
				if (!span_eq(c.content, content))
					fail_msg("octet %zu: content", i);
				if (!foreign_verifies(span_of(bytes, len),
					signer->der, &said)) {
					if (!in_certificate(&c, bytes + i))
						fail_msg("octet %zu: OpenSSL "
							 "refuses",
						    i);
				} else {
					assert_true(span_eq(said, content));
				}
				free((void *)(uintptr_t)said.ptr);
			}
			bytes[i] ^= (uint8_t)(1 << bit);
		}
	}
}

static void
no_octet_changes_unnoticed(void **state)
{
	struct span vector = foreign_vector("rfc8995-appendix-c/vr.der");
	uint8_t out[8192];
	unsigned survived = 0;
	size_t len;

	(void)state;
	flip_all((uint8_t *)(uintptr_t)vector.ptr, vector.len, &survived);
	free((void *)(uintptr_t)vector.ptr);
	len = make(
	    KEY_P256, CMS_ANIMA_JSON, span_str("{\"a\":1}"), out, sizeof(out));
	flip_all(out, len, &survived);
	/* Dates, names and serials of certificates, versions, sid. */
	assert_true(survived > 0);
}

/* RFC 5652 5.3, 11.1, 11.2: each once, with the right value. The signature over
 * the attributes is good in every case. */
static void
judges_attributes(void **state)
{
#define TYPE                                                           \
	"\x30\x18\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x09\x03\x31\x0b" \
	"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01"
#define OTHER                                                          \
	"\x30\x18\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x09\x03\x31\x0b" \
	"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02"
/* of the octets "{}" */
#define DIGEST                                                             \
	"\x30\x2f\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x09\x04\x31\x22"     \
	"\x04\x20\x44\x13\x6f\xa3\x55\xb3\x67\x8a\x11\x46\xad\x16\xf7\xe8" \
	"\x64\x9e\x94\xfb\x4f\xc2\x1f\xe7\x7e\x83\x10\xc0\x60\xf6\x1c\xaa" \
	"\xff\x8a"
	static const struct {
		const char *bytes;
		size_t len;
		enum reason reason;
	} cases[] = {
		{ "\x31\x4b" TYPE DIGEST, 2 + 26 + 49, REASON_OK },
		{ "\x31\x4b" DIGEST TYPE, 2 + 26 + 49, REASON_OK },
		{ "\x31\x4b" OTHER DIGEST, 2 + 26 + 49, REASON_CMS_ATTRIBUTES },
		{ "\x31\x31" DIGEST, 2 + 49, REASON_CMS_ATTRIBUTES },
		{ "\x31\x1a" TYPE, 2 + 26, REASON_CMS_ATTRIBUTES },
		{ "\x31\x65" TYPE TYPE DIGEST, 2 + 26 + 26 + 49,
		    REASON_CMS_ATTRIBUTES },
		{ "\x31\x7c" TYPE DIGEST DIGEST, 2 + 26 + 49 + 49,
		    REASON_CMS_ATTRIBUTES },
		{ "\x31\x00", 2, REASON_CMS_ATTRIBUTES },
	};
	struct private_key *key = private_key_generate(KEY_P256);
	EVP_PKEY *native = private_key_native(key);
	X509 *x = foreign_certificate(native, EVP_sha256());
	unsigned char *der = NULL;
	int der_len = i2d_X509(x, &der);
	struct cms_plan plan = { .content_type = CMS_ID_DATA,
		.content = span_str("{}"),
		.digest = HASH_SHA256,
		.signature_algorithm = private_key_algorithm(key),
		.certificates_len = 1,
		.certificates = { { der, (size_t)der_len } } };
	uint8_t signature[SIGNATURE_SIZE_MAX], out[4096];
	const struct certificate *signer;
	size_t i, signature_len, len;
	struct cms c;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct span set = span_of(cases[i].bytes, cases[i].len);

		private_key_sign(key, set, signature, &signature_len);
		assert_true(cms_assemble(&plan, set,
		    span_of(signature, signature_len), out, sizeof(out), &len));
		assert_int_equal(
		    cms_read(span_of(out, len), &c, NULL), REASON_OK);
		if (cms_verify(&c, &signer, NULL) != cases[i].reason)
			fail_msg("case %zu", i);
	}
	OPENSSL_free(der);
	X509_free(x);
	EVP_PKEY_free(native);
	private_key_free(key);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(openssl_accepts_ours),
		cmocka_unit_test(no_octet_changes_unnoticed),
		cmocka_unit_test(judges_attributes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
