/* The audit log of a device, for those who owned it (RFC 8995 5.8, MP 14). */
#include <stdlib.h>

#include "authority/authority.h"
#include "base/clock.h"
#include "base/fatal.h"

#define LOG_MAX 65536

static void
take_owner(void *context, const struct store_voucher *v)
{
	struct audit_owner *o = context;

	memcpy(o->serial, v->serial, sizeof(o->serial));
	o->issuer = v->issuer;
}

bool
audit_owns(
    struct authority *a, const struct device *d, const struct request_facts *f)
{
	unsigned i;

	for (i = 0; i < f->chain_len; i++)
		if (store_voucher_pinned(a->store, d, f->chain[i].spki_sha256))
			return true;
	return customer_owns(a, d, f);
}

/*
 * A requester is an owner, present or former, if a voucher of the device pins a
 * key of its verified chain, or a domain CA on file for that customer. Keys are compared, not domainIDs: a subject key
 * identifier can be chosen freely (RFC 8995 11.2).
 */
static bool
owned(struct authority *a, const struct request_facts *f, struct audit_owner *o)
{
	struct device devices[STORE_TWINS_MAX];
	unsigned i, n;

	n = store_device_find(a->store, f->serial, devices, STORE_TWINS_MAX);
	for (i = 0; i < n && i < STORE_TWINS_MAX; i++) {
		const struct device *d = &devices[i];

		if ((f->issuer.kind != ISSUER_NONE &&
			!device_issuer_is(d, &f->issuer, f->issuer.bytes)) ||
		    !audit_owns(a, d, f))
			continue;
		memcpy(o->serial, d->serial, sizeof(o->serial));
		o->issuer = d->issuer;
		return true;
	}
	return false;
}

static void
log_give(struct authority *a, struct origin to, const struct audit_owner *o,
    const uint8_t client_spki_sha256[HASH_SIZE])
{
	static char text[LOG_MAX];
	struct audit_event *events;
	const uint8_t *slug;
	uint64_t older;
	size_t n, len;

	n = store_audit(a->store, o->serial, &o->issuer, &events, &older);
	if (audit_to_json(events, n, older, text, sizeof(text), &len)) {
		slug = prepared_add(
		    a->prepared, o, client_spki_sha256, span_of(text, len));
		answer_log(to, span_of(text, len), slug);
	} else {
		answer_refusal(to, REASON_INTERNAL, NULL);
	}
	free(events);
}

void
audit_fetch(struct authority *a, struct peer *peer, const struct frame *frame)
{
	struct origin to = { .peer = peer, .id = frame->id };
	struct message_fetch m;
	struct span text;
	struct cbor in;

	cbor_open(&in, frame->payload, true);
	if (!message_fetch_get(&in, &m))
		fatal("malformed FETCH");
	if (prepared_find(a->prepared, m.slug, m.client_spki_sha256, &text))
		answer_log(to, text, NULL);
	else
		answer_refusal(to, REASON_LOG_NOT_KEPT, NULL);
}

/* MP 14.1: a new request is validated as one for a voucher is. */
static enum reason
judge_new(struct authority *a, const struct request_facts *f, int64_t now,
    struct trace *trace, struct audit_owner *o, struct why *why)
{
	const struct config *c = &a->start.config;
	struct policy_input in = { .facts = f,
		.now = now,
		.max_age = c->max_age,
		.max_ahead = c->max_ahead,
		.revocation_required = c->revocation_required,
		.trace = trace };
	struct verdict v;

	policy_audit(&in, &v);
	*why = v.why;
	if (v.reason != REASON_OK)
		return v.reason;
	trace_begin(trace, STEP_OWNER);
	if (owned(a, f, o)) {
		trace_found(trace, "a voucher pins a key of this chain");
		return trace_end(trace, REASON_OK, why);
	}
	/* No word that tells an unknown device from another owner's. */
	return trace_end(trace, REASON_DEVICE_UNKNOWN, why);
}

enum reason
audit_judge(struct authority *a, const struct request_facts *f, int64_t now,
    struct trace *trace, struct audit_owner *o, struct why *why)
{
	static const char again[] = "these bytes led to a voucher";

	why_clear(why);
	if (!store_voucher_by_request(
		a->store, f->request_sha256, 0, INT64_MAX, take_owner, o))
		return judge_new(a, f, now, trace, o, why);
	/* MP 14.1: the very bytes of an accepted request open it at any later
	 * time, whatever has become of their certificates. */
	trace_skip(trace, STEP_FRESH, again);
	trace_skip(trace, STEP_REVOCATION, again);
	trace_begin(trace, STEP_OWNER);
	trace_found(trace, "%s", again);
	return trace_end(trace, REASON_OK, why);
}

void
audit_take(
    struct authority *a, struct origin to, const struct message_decide *d)
{
	struct audit_owner o;
	struct why why;
	enum reason r = audit_judge(a, &d->facts, clock_now(), NULL, &o, &why);

	if (r == REASON_OK) {
		legacy_count(a, &d->facts);
		note_revocation(d);
		log_give(a, to, &o, d->facts.client_spki_sha256);
	} else {
		decide_refuse(a, to, d, r, &why);
	}
}
