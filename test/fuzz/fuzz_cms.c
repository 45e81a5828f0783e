/*
 * CMS: what cms_read() takes lies inside the bytes; a signer that cms_verify()
 * finds is one of the container's own certificates, and OpenSSL verifies the
 * same content.
 */
#include <openssl/cms.h>

#include "envelope/cms.h"
#include "fuzz.h"

static bool
inside(struct span part, const uint8_t *bytes, size_t len)
{
	return part.ptr == NULL ||
	    (part.ptr >= bytes && part.len <= len &&
		part.ptr - bytes <= (ptrdiff_t)(len - part.len));
}

/* Ours finds a signer by trying keys, OpenSSL by the sid only: it is asked when
 * the sid names that very certificate. */
static bool
sid_names(const struct cms *c, const struct certificate *signer)
{
	unsigned i, named = 0;

	for (i = 0; i < c->certificates_len; i++)
		if (span_eq(c->certificates[i].issuer, c->sid_issuer) &&
		    span_eq(c->certificates[i].serial, c->sid_serial))
			named++;
	return !c->by_key_id && named == 1 &&
	    span_eq(signer->issuer, c->sid_issuer) &&
	    span_eq(signer->serial, c->sid_serial);
}

static void
openssl_verifies(const uint8_t *bytes, size_t len, const struct cms *c,
    const struct certificate *signer)
{
	const unsigned char *at = bytes;
	CMS_ContentInfo *info = d2i_CMS_ContentInfo(NULL, &at, (long)len);
	BIO *out = BIO_new(BIO_s_mem());
	char *content;
	long content_len;

	require(info != NULL && at == bytes + len && out != NULL);
	if (sid_names(c, signer)) {
		require(CMS_verify(info, NULL, NULL, NULL, out,
			    CMS_BINARY | CMS_NO_SIGNER_CERT_VERIFY) == 1);
		content_len = BIO_get_mem_data(out, &content);
		require(
		    span_eq(c->content, span_of(content, (size_t)content_len)));
	}
	BIO_free(out);
	CMS_ContentInfo_free(info);
}

uint64_t
input_read(const uint8_t *bytes, size_t len)
{
	const struct certificate *signer = NULL;
	struct cms c;
	struct why why;
	unsigned i;

	if (cms_read(span_of(bytes, len), &c, &why) != REASON_OK)
		return 0;
	require(c.certificates_len <= CMS_CERTIFICATES_MAX);
	require(inside(c.content, bytes, len));
	require(inside(c.signature, bytes, len));
	require(inside(c.signed_attributes, bytes, len));
	require(inside(c.sid_issuer, bytes, len));
	require(inside(c.sid_serial, bytes, len));
	require(inside(c.sid_key_id, bytes, len));
	require(c.attributed == (c.signed_attributes.ptr != NULL));
	for (i = 0; i < c.certificates_len; i++)
		require(inside(c.certificates[i].der, bytes, len));
	if (cms_verify(&c, &signer, &why) != REASON_OK)
		return 0;
	require(signer >= c.certificates &&
	    signer < c.certificates + c.certificates_len);
	if (oracle_begin()) {
		openssl_verifies(bytes, len, &c, signer);
		oracle_end();
	}
	return digest_add(ACCEPTED, &signer->der.ptr, sizeof(void *));
}
