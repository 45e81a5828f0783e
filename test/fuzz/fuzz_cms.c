/*
 * CMS: what cms_read() takes lies inside the bytes; a signer that cms_verify()
 * finds is one of the container's own certificates, and OpenSSL verifies the
 * same content. Laid out by our writer the same parts are read again.
 */
#include <openssl/cms.h>

#include "crypto/oid.h"
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

/* The writer knows chains, and ECDSA with these two. */
static void
written_again(const struct cms *c)
{
	static const uint8_t with_sha256[] = { 0x30, 10, 6, 8, 0x2a, 0x86, 0x48,
		0xce, 0x3d, 4, 3, 2 };
	static const uint8_t with_sha384[] = { 0x30, 10, 6, 8, 0x2a, 0x86, 0x48,
		0xce, 0x3d, 4, 3, 3 };
	struct cms_plan p = { .content_type = c->content_type,
		.content = c->content,
		.signing_time = c->has_signing_time ? c->signing_time : 1,
		.digest = c->digest,
		.certificates_len = c->certificates_len };
	size_t cap = c->content.len + c->signature.len + CMS_OVERHEAD, len, n;
	uint8_t attributes[512], *room;
	struct why why;
	struct cms d;
	unsigned i;

	if (c->certificates_len > CHAIN_MAX ||
	    (c->digest != HASH_SHA256 && c->digest != HASH_SHA384))
		return;
	p.signature_algorithm = c->digest == HASH_SHA256
	    ? OID_SPAN(with_sha256)
	    : OID_SPAN(with_sha384);
	for (i = 0; i < c->certificates_len; i++) {
		p.certificates[i] = c->certificates[i].der;
		cap += p.certificates[i].len;
	}
	if (c->certificates_len == 0)
		return; /* there is no signer to name */
	require(cms_attributes_render(&p, attributes, sizeof(attributes), &n));
	room = malloc(cap);
	require(room != NULL &&
	    cms_assemble(
		&p, span_of(attributes, n), c->signature, room, cap, &len));
	require(cms_read(span_of(room, len), &d, &why) == REASON_OK);
	require(d.content_type == c->content_type && d.digest == c->digest);
	require(span_eq(d.content, c->content));
	require(span_eq(d.signature, c->signature));
	require(d.has_signing_time && d.signing_time == p.signing_time);
	require(d.attributed && d.certificates_len == c->certificates_len);
	for (i = 0; i < d.certificates_len; i++)
		require(span_eq(d.certificates[i].der, c->certificates[i].der));
	free(room);
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
	if (oracle_begin()) {
		written_again(&c);
		oracle_end();
	}
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
