/* See right.h. */
#include "right.h"

#include <string.h>

#include "envelope/cms.h"
#include "envelope/cms_oid.h"

void
digest_put_right(uint8_t *bytes, size_t len)
{
	static struct cms c;
	uint8_t digest[HASH_MAX];
	const uint8_t *at, *end;

	if (cms_read(span_of(bytes, len), &c, NULL) != REASON_OK ||
	    !c.attributed)
		return;
	end = c.signed_attributes.ptr + c.signed_attributes.len;
	at = memmem(c.signed_attributes.ptr, c.signed_attributes.len,
	    OID_MESSAGE_DIGEST, sizeof(OID_MESSAGE_DIGEST));
	/* The value lies behind the heads of a SET and an OCTET STRING. */
	if (at == NULL ||
	    (size_t)(end - at) <
		sizeof(OID_MESSAGE_DIGEST) + 4 + hash_size(c.digest))
		return;
	at += sizeof(OID_MESSAGE_DIGEST) + 4;
	hash_bytes(c.digest, c.content, digest);
	memcpy(bytes + (at - bytes), digest, hash_size(c.digest));
}
