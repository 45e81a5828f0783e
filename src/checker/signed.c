/* What rows ask of any signed request, whatever its format; see rows.h. */
#include "checker/rows.h"

void
trace_envelope(struct trace *t, const struct envelope *e, struct span bytes)
{
	static const char *const names[] = { "", "CMS", "JWS", "COSE" };

	if (e->format == FORMAT_JWS_JSON && e->object.signatures > 1)
		trace_found(t,
		    "JWS of %zu octets, %u certificates; %u signatures, the "
		    "first one counts",
		    bytes.len, e->certificates_len, e->object.signatures);
	else
		trace_found(t, "%s of %zu octets, %u certificates",
		    names[e->format], bytes.len, e->certificates_len);
}

enum reason
request_read(struct signed_request *q, struct why *why)
{
	const struct envelope *e = &q->envelope;

	return e->format == FORMAT_COSE_CBOR
	    ? request_from_cbor(e->content, &q->request, why)
	    : request_from_json(
		  e->content, q->arena, sizeof(q->arena), &q->request, why);
}

enum reason
legacy_use(struct walk *w, enum legacy_form form, bool pledge, enum reason r,
    struct why *why)
{
	const struct legacy *l = legacy_form(form);

	if (!l->product && (w->check->allowed & LEGACY(form)) == 0)
		return why_set(
		    why, r, -1, "%s; legacy-%s is off", l->what, l->name);
	w->facts->legacy |= LEGACY(form);
	w->facts->prior_legacy |= pledge ? LEGACY(form) : 0;
	return REASON_OK;
}

enum reason
legacy_payload(struct walk *w, const struct signed_request *q, struct why *why)
{
	bool pledge = q == &w->room->pledge;
	enum reason r = REASON_OK;
	unsigned i;

	for (i = 0; i < LEGACY_COUNT && r == REASON_OK; i++)
		if ((q->request.legacy & LEGACY(i)) != 0)
			r = legacy_use(w, (enum legacy_form)i, pledge,
			    i == LEGACY_VOUCHER_ROOT ? REASON_PAYLOAD_ROOT
						     : REASON_LEGACY_FORM,
			    why);
	return r;
}

bool
envelope_unattributed(const struct envelope *e)
{
	return e->format == FORMAT_CMS_JSON && !e->cms.attributed;
}

bool
is_pledges(const struct signed_request *registrar, const struct certificate *c)
{
	return !c->eku_cmc_ra && c->subject_serials == 1 &&
	    span_is(c->subject_serial, registrar->request.serial);
}
