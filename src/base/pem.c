/* PEM, see pem.h. */
#include "base/pem.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/fatal.h"
#include "base/text.h"

static const uint8_t *
find(struct span text, size_t from, const char *what)
{
	if (from > text.len)
		return NULL;
	return memmem(text.ptr + from, text.len - from, what, strlen(what));
}

/* Base64 with line ends between; decoded into out. */
static bool
decode_lines(struct span body, uint8_t *out, size_t *len)
{
	uint8_t *tight = memory_new(body.len + 1);
	size_t i, n = 0;
	bool good;

	for (i = 0; i < body.len; i++)
		if (body.ptr[i] != '\n' && body.ptr[i] != '\r' &&
		    body.ptr[i] != ' ' && body.ptr[i] != '\t')
			tight[n++] = body.ptr[i];
	good = base64_decode(
	    out, body.len, len, span_of(tight, n), BASE64_STANDARD);
	free(tight);
	return good;
}

bool
pem_next(struct span text, size_t *offset, const char *label, uint8_t *out,
    size_t *len)
{
	char begin[80], end[80];
	const uint8_t *from, *to;
	size_t head;

	snprintf(begin, sizeof(begin), "-----BEGIN %s-----", label);
	snprintf(end, sizeof(end), "-----END %s-----", label);
	if (text.len == 0 || (from = find(text, *offset, begin)) == NULL)
		return false;
	head = (size_t)(from - text.ptr) + strlen(begin);
	if ((to = find(text, head, end)) == NULL)
		return false;
	*offset = (size_t)(to - text.ptr) + strlen(end);
	return decode_lines(
	    span_of(text.ptr + head, (size_t)(to - text.ptr) - head), out, len);
}

bool
pem_or_der(
    struct span bytes, const char *label, uint8_t *out, size_t cap, size_t *len)
{
	size_t offset = 0, more;

	if (bytes.len == 0 || bytes.len > cap)
		return false;
	if (bytes.ptr[0] == 0x30) {
		memcpy(out, bytes.ptr, bytes.len);
		*len = bytes.len;
		return true;
	}
	if (!pem_next(bytes, &offset, label, out, len))
		return false;
	more = offset;
	return find(bytes, more, "-----BEGIN ") == NULL;
}

bool
pem_write(struct buf *out, const char *label, struct span der)
{
	char *text = memory_new(BASE64_SIZE(der.len));
	size_t at, len;
	bool good;

	base64_encode(text, der);
	len = strlen(text);
	good = buf_printf(out, "-----BEGIN %s-----\n", label);
	for (at = 0; good && at < len; at += 64)
		good = buf_printf(out, "%.64s\n", text + at);
	good = good && buf_printf(out, "-----END %s-----\n", label);
	free(text);
	return good;
}
