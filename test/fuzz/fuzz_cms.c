/*
 * CMS: what cms_read() takes lies inside the bytes, and a signer that
 * cms_verify() finds is one of the container's own certificates.
 */
#include "envelope/cms.h"
#include "fuzz.h"

static bool
inside(struct span part, const uint8_t *bytes, size_t len)
{
	return part.ptr == NULL ||
	    (part.ptr >= bytes && part.len <= len &&
		part.ptr - bytes <= (ptrdiff_t)(len - part.len));
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
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
	if (cms_verify(&c, &signer, &why) == REASON_OK)
		require(signer >= c.certificates &&
		    signer < c.certificates + c.certificates_len);
	public_key_cache_trim();
	return 0;
}
