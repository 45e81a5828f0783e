/* Pledge requests from files, see pvr.h. */
#include "registrar/pvr.h"

#include <stdlib.h>

#include "base/fatal.h"
#include "base/file.h"
#include "base/text.h"
#include "envelope/agent.h"

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

static enum reason
signer_find(
    struct pvr *p, const struct certificate_file *pledge, struct why *why)
{
	const struct envelope *e = &p->envelope;

	if (e->certificates_len > 0)
		return envelope_verify(e, &p->signer, NULL) == REASON_OK
		    ? REASON_OK
		    : why_set(why, REASON_PRIOR_SIGNATURE, -1, "%s", "");
	if (pledge == NULL || pledge->len == 0)
		return why_set(why, REASON_PRIOR_CERTIFICATE, -1,
		    "it brings none: give --pledge-certificate");
	p->signer = &pledge->list[0];
	return envelope_verify_key(e, p->signer->spki)
	    ? REASON_OK
	    : why_set(why, REASON_PRIOR_SIGNATURE, -1,
		  "it is not by the key of that certificate");
}

enum reason
pvr_load(struct pvr *out, const char *path,
    const struct certificate_file *pledge, struct why *why)
{
	enum reason r;

	memset(out, 0, sizeof(*out));
	if ((r = object_load(&out->bytes, path, BODY_MAX, why)) != REASON_OK)
		return r;
	return pvr_read(out, pledge, why);
}

enum reason
pvr_read(
    struct pvr *out, const struct certificate_file *pledge, struct why *why)
{
	struct span bytes = buf_span(&out->bytes);
	struct envelope *e = &out->envelope;
	uint8_t *leaves;
	enum reason r;

	if (envelope_format(bytes) == FORMAT_NONE)
		return why_set(why, REASON_PRIOR_MALFORMED, -1,
		    "it begins neither as CMS nor as JWS nor as COSE");
	out->arena = memory_new(ENVELOPE_ARENA(bytes.len) + bytes.len);
	leaves = out->arena + ENVELOPE_ARENA(bytes.len);
	if ((r = envelope_read(envelope_format(bytes), bytes, out->arena,
		 ENVELOPE_ARENA(bytes.len), e, why)) != REASON_OK ||
	    (r = signer_find(out, pledge, why)) != REASON_OK)
		return r;
	r = e->format == FORMAT_COSE_CBOR
	    ? request_from_cbor(e->content, &out->request, why)
	    : request_from_json(
		  e->content, leaves, bytes.len, &out->request, why);
	if (r != REASON_OK || out->request.serial[0] != '\0')
		return r;
	return subject_serial(out->signer, out->request.serial, why);
}

static enum reason
agent_verify(const struct agent_data *d, const struct certificate *agent,
    struct why *why)
{
	enum reason r = agent_data_verify(d, agent, why);

	if (r == REASON_OK &&
	    (d->created_on < agent->not_before ||
		d->created_on > agent->not_after))
		return why_set(why, REASON_AGENT_DATE, -1,
		    "created-on is outside of its dates");
	return r;
}

enum reason
pvr_agent_check(
    const struct pvr *p, const struct certificate_file *agents, struct why *why)
{
	struct span data = p->request.agent_signed_data;
	struct agent_data *d;
	uint8_t *arena;
	enum reason r;

	if (p->request.assertion != ASSERTION_AGENT_PROXIMITY ||
	    data.ptr == NULL)
		return REASON_OK;
	d = memory_new(sizeof(*d));
	arena = memory_new(JWS_ARENA(data.len));
	r = agent_data_read(data, arena, JWS_ARENA(data.len), d, why);
	if (r == REASON_OK && strcmp(d->serial, p->request.serial) != 0)
		r = why_set(why, REASON_AGENT_SERIAL, -1, "%s", d->serial);
	if (r == REASON_OK && agents->len > 0)
		r = agent_verify(d, &agents->list[0], why);
	free(arena);
	free(d);
	return r;
}

void
pvr_free(struct pvr *p)
{
	buf_free(&p->bytes);
	free(p->arena);
	memset(p, 0, sizeof(*p));
}
