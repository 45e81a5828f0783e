/* PEM (RFC 7468) around bytes that nobody here looks into, see cli.h. */
#include <stdlib.h>

#include "base/fatal.h"
#include "base/file.h"
#include "base/text.h"
#include "cli/cli.h"

#define LINE 64

void
pem_write(struct buf *out, const char *label, struct span der)
{
	size_t size = BASE64_SIZE(der.len), at, len;
	char *text = memory_new(size);

	base64_encode(text, der);
	len = strlen(text);
	buf_printf(out, "-----BEGIN %s-----\n", label);
	for (at = 0; at < len; at += LINE)
		buf_printf(out, "%.*s\n", LINE, text + at);
	if (!buf_printf(out, "-----END %s-----\n", label))
		fatal("no room for PEM");
	free(text);
}

/* The offset behind the next occurrence of mark. */
static bool
skip_behind(struct span *text, const char *mark)
{
	const uint8_t *at = memmem(text->ptr, text->len, mark, strlen(mark));

	if (at == NULL)
		return false;
	at += strlen(mark);
	*text = span_of(at, text->len - (size_t)(at - text->ptr));
	return true;
}

bool
pem_next(struct span *text, uint8_t *room, size_t cap, struct span *der)
{
	struct buf packed;
	struct span body;
	const uint8_t *end;
	size_t i, len = 0;
	bool good;

	if (!skip_behind(text, "-----BEGIN ") || !skip_behind(text, "-----"))
		return false;
	end = memmem(text->ptr, text->len, "-----END ", 9);
	if (end == NULL)
		return false;
	body = span_of(text->ptr, (size_t)(end - text->ptr));
	buf_init(&packed, body.len + 1);
	for (i = 0; i < body.len; i++)
		if (strchr(" \t\r\n", body.ptr[i]) == NULL)
			(void)buf_add(&packed, span_of(&body.ptr[i], 1));
	good =
	    base64_decode(room, cap, &len, buf_span(&packed), BASE64_STANDARD);
	buf_free(&packed);
	*der = span_of(room, len);
	*text = span_of(end, text->len - body.len);
	return good && len > 0;
}

bool
der_next(struct span *rest, struct span *one)
{
	size_t head = 2, len, i;

	if (rest->len < 2)
		return false;
	len = rest->ptr[1];
	if (len > 0x80 && len <= 0x84) {
		head += len - 0x80;
		for (len = 0, i = 2; i < head && i < rest->len; i++)
			len = len << 8 | rest->ptr[i];
	}
	if (rest->ptr[0] != 0x30 || len == 0x80 || head > rest->len ||
	    len > rest->len - head)
		return false;
	*one = span_of(rest->ptr, head + len);
	*rest = span_of(rest->ptr + head + len, rest->len - head - len);
	return true;
}

bool
pem_certificates(struct span text, struct buf *der)
{
	static const char begin[] = "-----BEGIN CERTIFICATE-----";
	uint8_t room[CERTIFICATE_MAX];
	struct span one, at = text;
	const uint8_t *next;
	bool found = false;

	if (text.len == 0)
		return true;
	while ((next = memmem(at.ptr, at.len, begin, strlen(begin))) != NULL) {
		at = span_of(next, at.len - (size_t)(next - at.ptr));
		if (!pem_next(&at, room, sizeof(room), &one) ||
		    !buf_add(der, one))
			return false;
		found = true;
	}
	return found || buf_add(der, text);
}

/* Is the first thing inside a SEQUENCE? Of a private key in the clear it is a
 * number. */
static bool
may_be_certificate(struct span der)
{
	size_t head = 2;

	if (der.ptr[1] > 0x80)
		head += der.ptr[1] - 0x80U;
	return der.len > head && der.ptr[head] == 0x30;
}

enum reason
certificates_each(const char *path, size_t cap, certificate_call call,
    void *context, struct why *why)
{
	struct span rest, one;
	struct buf file, all;
	enum reason r = file_read(path, &file, cap, why);

	if (r != REASON_OK)
		return r;
	buf_init(&all, cap);
	if (!pem_certificates(buf_span(&file), &all) || all.len == 0)
		r = why_set(why, REASON_CERTIFICATE_MALFORMED, -1,
		    "%.150s holds no certificate", path);
	rest = buf_span(&all);
	while (r == REASON_OK && rest.len > 0)
		r = der_next(&rest, &one) && may_be_certificate(one)
		    ? call(context, one, why)
		    : why_set(why, REASON_CERTIFICATE_MALFORMED, -1,
			  "%.150s holds no certificate", path);
	buf_free(&all);
	buf_free(&file);
	return r;
}
