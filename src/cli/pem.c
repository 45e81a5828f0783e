/* Files of certificates that nobody here looks into, see cli.h. */
#include <stdlib.h>

#include "base/fatal.h"
#include "base/file.h"
#include "cli/cli.h"
#include "wire/der.h"

bool
der_next(struct span *rest, struct span *one)
{
	struct der d;

	der_open(&d, *rest);
	d.ber = true; /* whether a length is minimal, its reader says */
	if (der_whole(&d, DER_SEQUENCE, one, NULL) != WIRE_OK)
		return false;
	*rest = span_of(d.pos, (size_t)(d.end - d.pos));
	return true;
}

bool
pem_certificates(struct span text, struct buf *der)
{
	static const char begin[] = "-----BEGIN CERTIFICATE-----";
	size_t offset = 0, len;
	uint8_t *room;
	bool good = true, found = false;

	if (text.len == 0)
		return true;
	room = memory_new(text.len);
	while (good &&
	    memmem(text.ptr + offset, text.len - offset, begin,
		strlen(begin)) != NULL) {
		good = pem_next(text, &offset, "CERTIFICATE", room, &len) &&
		    buf_add(der, span_of(room, len));
		found = true;
	}
	free(room);
	return good && (found || buf_add(der, text));
}

/* Is the first thing inside a SEQUENCE? Of a private key in the clear it is a
 * number. */
static bool
may_be_certificate(struct span whole)
{
	struct der d, inner;

	der_open(&d, whole);
	d.ber = true;
	return der_enter(&d, DER_SEQUENCE, &inner) == WIRE_OK &&
	    der_peek(&inner) == DER_SEQUENCE;
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
