/* Pledge requests from files, see pvr.h. */
#include "registrar/pvr.h"

#include <stdlib.h>

#include "base/fatal.h"
#include "base/file.h"
#include "base/text.h"

enum reason
subject_serial(
    const struct certificate *c, char out[SERIAL_MAX + 1], struct why *why)
{
	if (c->subject_serials == 1 && c->subject_serial.len > 0 &&
	    text_printable(c->subject_serial) &&
	    text_copy(out, SERIAL_MAX + 1, c->subject_serial))
		return REASON_OK;
	out[0] = '\0';
	return why_set(why, REASON_PLEDGE_SERIAL_COUNT, -1,
	    "%u serialNumber attributes", c->subject_serials);
}

enum reason
pvr_load(struct pvr *out, const char *path, struct why *why)
{
	enum reason r;

	memset(out, 0, sizeof(*out));
	if ((r = file_read(path, &out->bytes, BODY_MAX, why)) != REASON_OK ||
	    (r = cms_read(buf_span(&out->bytes), &out->cms, why)) != REASON_OK)
		return r;
	if (cms_verify(&out->cms, &out->signer, NULL) != REASON_OK)
		return why_set(why, REASON_PRIOR_SIGNATURE, -1, "%s", path);
	out->arena = memory_new(out->bytes.len);
	r = request_from_json(
	    out->cms.content, out->arena, out->bytes.len, &out->request, why);
	if (r != REASON_OK || out->request.serial[0] != '\0')
		return r;
	return subject_serial(out->signer, out->request.serial, why);
}

void
pvr_free(struct pvr *p)
{
	buf_free(&p->bytes);
	free(p->arena);
	memset(p, 0, sizeof(*p));
}
