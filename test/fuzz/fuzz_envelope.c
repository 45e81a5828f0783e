/*
 * JWS and COSE: what the readers take lies inside the bytes or the arena, a
 * signer is one of the object's own certificates; and the content as a voucher
 * in CBOR.
 */
#include "envelope/envelope.h"
#include "fuzz.h"
#include "model/voucher.h"

static bool
inside(struct span part, const uint8_t *bytes, size_t len)
{
	return part.ptr == NULL ||
	    (part.ptr >= bytes && part.len <= len &&
		part.ptr - bytes <= (ptrdiff_t)(len - part.len));
}

static void
content_try(struct span content)
{
	struct voucher v;
	struct why why;

	if (voucher_from_cbor(content, content.len % 2 == 1, &v, &why) !=
	    REASON_OK)
		return;
	require(v.serial[0] != '\0' && v.assertion != ASSERTION_NONE);
	require(inside(v.idevid_issuer, content.ptr, content.len));
	require(inside(v.pinned_domain_cert, content.ptr, content.len));
	require(inside(v.pinned_domain_pubk, content.ptr, content.len));
	require(inside(v.proprietary, content.ptr, content.len));
}

uint64_t
input_read(const uint8_t *bytes, size_t len)
{
	enum artifact_format format = envelope_format(span_of(bytes, len));
	size_t room = ENVELOPE_ARENA(len);
	const struct certificate *signer = NULL;
	static struct envelope e;
	uint64_t digest = 0;
	struct why why;
	uint8_t *arena;
	unsigned i;

	content_try(span_of(bytes, len));
	if (format == FORMAT_CMS_JSON)
		return 0; /* fuzz_cms */
	arena = malloc(room);
	require(arena != NULL);
	if (envelope_read(format, span_of(bytes, len), arena, room, &e, &why) !=
	    REASON_OK)
		goto out;
	require(e.certificates_len <= OBJECT_CERTIFICATES_MAX);
	require(
	    inside(e.content, bytes, len) || inside(e.content, arena, room));
	require(inside(e.object.covered, arena, room));
	for (i = 0; i < e.certificates_len; i++)
		require(inside(e.certificates[i].der, bytes, len) ||
		    inside(e.certificates[i].der, arena, room));
	content_try(e.content);
	if (envelope_verify(&e, &signer, &why) != REASON_OK)
		goto out;
	require(signer >= e.certificates &&
	    signer < e.certificates + e.certificates_len);
	digest = digest_add(ACCEPTED, e.content.ptr, e.content.len);
	digest = digest_add(digest, signer->der.ptr, signer->der.len);
out:
	free(arena);
	return digest;
}
