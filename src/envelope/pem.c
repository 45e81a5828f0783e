/* What people put around signed objects, see pem.h. */
#include "envelope/pem.h"

#include "base/text.h"

/*
 * M is a SEQUENCE, 0 or h a COSE_Sign1, e a JSON object. No signed object is taken for
 * it: 0 is the tag of a SEQUENCE as well, but its length is no text; a compact JWS
 * begins with e, but has dots.
 */
bool
object_from_base64(struct span bytes, uint8_t *room, struct span *out)
{
	size_t i, n = 0, len;

	if (bytes.len == 0 || memchr("M0he", bytes.ptr[0], 4) == NULL ||
	    (bytes.len > 1 && bytes.ptr[1] >= 0x80))
		return false;
	for (i = 0; i < bytes.len; i++)
		if (memchr(" \t\r\n", bytes.ptr[i], 4) == NULL)
			room[n++] = bytes.ptr[i];
	/* In place: three octets never overtake four characters. */
	if (!base64_decode(room, n, &len, span_of(room, n), BASE64_STANDARD))
		return false;
	*out = span_of(room, len);
	return true;
}

struct span
object_unwrap(struct span bytes, uint8_t *room)
{
	struct span out = bytes;
	size_t len;

	if (bytes.len > 0 && bytes.ptr[0] == '-' &&
	    pem_or_der(bytes, "CMS", room, bytes.len, &len))
		return span_of(room, len);
	(void)object_from_base64(bytes, room, &out);
	return out;
}
