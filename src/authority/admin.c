/* Operators: who may ask, how they are answered; each noun has its own file. */
#include <stdio.h>
#include <unistd.h>

#include "authority/authority.h"
#include "base/clock.h"
#include "base/fatal.h"
#include "base/log.h"
#include "base/text.h"

static const struct {
	const char *verb;
	bool signer; /* waits until the signer is there */
	admin_verb *call;
} verbs[] = {
	{ "product.add", true, product_add },
	{ "product.set", true, product_update },
	{ "product.list", false, product_list },
	{ "product.show", false, product_show },
	{ "product.resume", true, product_resume },
	{ "ca.request", true, ca_request },
	{ "ca.import", true, ca_import },
	{ "ca.policy", true, ca_policy },
	{ "ca.retire", true, ca_retire },
	{ "ca.activate", true, ca_activate },
	{ "ca.destroy", true, ca_destroy },
	{ "ca.archive", true, ca_archive },
	{ "slot.give", true, slot_give },
	{ LEDGER_VERB_CEREMONY, true, ceremony_record },
	{ "slot.list", false, slot_list },
	{ "manifest.state", true, manifest_state },
	{ "manifest.sign", true, manifest_sign },
	{ "manifest.import", true, manifest_import },
	{ "peer.add", true, peer_add },
	{ "peer.end", true, peer_end },
	{ "peer.list", false, peer_list },
	{ "ca.list", false, ca_list },
	{ "ca.show", false, ca_show },
	{ "issue.csr", true, issue_csr },
	{ "device.import", true, device_import },
	{ "device.list", false, device_list },
	{ "device.show", false, device_show },
	{ "device.assign", true, device_assign },
	{ "device.unassign", true, device_unassign },
	{ "device.hold", true, device_hold },
	{ "device.release", true, device_release },
	{ "device.retire", true, device_retire },
	{ "client.block", true, client_block },
	{ "client.release", true, client_release },
	{ "client.list", false, client_list },
	{ "customer.add", true, customer_add },
	{ "customer.set", true, customer_update },
	{ "customer.cloud", true, customer_cloud },
	{ "customer.file", true, customer_file },
	{ "customer.forget", true, customer_forget },
	{ "customer.end", true, customer_end },
	{ "customer.list", false, customer_list },
	{ "customer.show", false, customer_show },
	{ "public-ca.add", true, public_ca_add },
	{ "public-ca.drop", true, public_ca_drop },
	{ "public-ca.list", false, public_ca_list },
	{ "clock.confirm", true, clock_confirm },
	{ "recheck.confirm", true, recheck_confirm },
	{ "request.explain", false, request_explain },
	{ "journal.copy", false, journal_copy },
	{ "service.status", false, service_status },
};

/* --- arguments --- */

struct span
admin_argument(const struct message_admin *m, const char *name)
{
	unsigned i;

	for (i = 0; i < m->arguments_len; i++)
		if (strcmp(m->arguments[i].name, name) == 0)
			return m->arguments[i].value;
	return span_of(NULL, 0);
}

enum reason
admin_text(const struct message_admin *m, const char *name, char *out,
    size_t cap, bool required, struct why *why)
{
	struct span value = admin_argument(m, name);

	out[0] = '\0';
	if (value.len == 0)
		return required ? why_set(why, REASON_ADMIN_ARGUMENT, -1,
				      "%s is missing", name)
				: REASON_OK;
	if (text_printable(value) && text_copy(out, cap, value))
		return REASON_OK;
	return why_set(why, REASON_ADMIN_ARGUMENT, -1,
	    "%s: at most %zu printable characters", name, cap - 1);
}

enum reason
admin_number(const struct message_admin *m, const char *name, uint64_t max,
    uint64_t fallback, uint64_t *out, struct why *why)
{
	struct span value = admin_argument(m, name);

	*out = fallback;
	if (value.ptr == NULL || text_uint(value, max, out))
		return REASON_OK;
	return why_set(why, REASON_ADMIN_ARGUMENT, -1,
	    "%s: a number of at most %llu", name, (unsigned long long)max);
}

enum reason
admin_signatures(const struct message_admin *m, struct span out[END_SIGNATURES],
    unsigned *len, struct why *why)
{
	char name[16];
	unsigned i;

	*len = 0;
	for (i = 0; i < END_SIGNATURES; i++) {
		snprintf(name, sizeof(name), "signature.%u", i);
		out[*len] = admin_argument(m, name);
		if (out[*len].len > END_SIGNATURE_MAX)
			return why_set(why, REASON_ADMIN_ARGUMENT, -1,
			    "%s: more than %d octets", name, END_SIGNATURE_MAX);
		*len += out[*len].len > 0;
	}
	return *len != 1 ? REASON_OK
			 : why_set(why, REASON_OPERATOR_SIGNATURE, -1,
			       "one signature is not two");
}

/* --- work that takes more than one step --- */

void
admin_again(const struct pending *p, struct message_admin *m)
{
	struct cbor in;

	cbor_open(&in, buf_span(&p->frame), true);
	if (!message_admin_get(&in, m))
		fatal("a kept ADMIN is malformed");
}

struct pending *
admin_pending(struct authority *a, enum stage stage, struct origin from,
    const struct message_admin *m)
{
	static uint8_t room[FRAME_MAX];
	struct pending *p = pending_new(a, stage, from);
	struct cbor_out o;
	struct span frame;

	if (p == NULL) {
		answer_refusal(from, REASON_OVERLOAD, NULL);
		return NULL;
	}
	cbor_out_open(&o, room, sizeof(room));
	message_admin_put(&o, m);
	if (cbor_out_span(&o, &frame) != WIRE_OK || !buf_add(&p->frame, frame))
		fatal("an ADMIN is longer than a frame");
	p->since = clock_ticks();
	return p;
}

struct pending *
admin_do(struct authority *a, struct origin from, const struct message_admin *m,
    enum reason r, const struct why *why, act_call call)
{
	struct pending *p;

	if (r != REASON_OK) {
		answer_refusal(from, r, why);
		return NULL;
	}
	if ((p = admin_pending(a, STAGE_ACT, from, m)) != NULL)
		p->act = call;
	return p;
}

void
admin_fail(struct authority *a, struct pending *p, enum reason r,
    const struct why *why)
{
	struct why lost;

	/* No constraint refused it, whoever asked the store: the group is lost. */
	if (!store_group_good(a->store)) {
		why_set(&lost, REASON_STORE_FAILED, -1, "%s", "");
		r = REASON_STORE_FAILED;
		why = &lost;
	}
	log_reason(r, why, "user=\"%u\"", p->origin.user);
	answer_refusal(p->origin, r, why);
	pending_free(a, p);
}

void
signer_sent(struct authority *a, struct pending *p, bool sent)
{
	struct why why;

	if (sent || p == NULL)
		return;
	why_set(&why, REASON_UNAVAILABLE, -1, "the signer takes no orders");
	admin_fail(a, p, REASON_UNAVAILABLE, &why);
}

/* --- acts --- */

void
admin_act(struct authority *a, struct pending *p, struct origin from,
    const char *verb, const char *subject)
{
	admin_act_by(a, p, from, verb, subject, 0, NULL, 0);
}

void
admin_act_by(struct authority *a, struct pending *p, struct origin from,
    const char *verb, const char *subject, uint64_t number,
    const struct span *signatures, unsigned signatures_len)
{
	struct peer *signer = signer_peer(a);
	struct message_act m = { .number = number, .user = from.user };

	for (; m.signatures_len < signatures_len; m.signatures_len++)
		m.signatures[m.signatures_len] = signatures[m.signatures_len];
	text_copy(m.verb, sizeof(m.verb), span_str(verb));
	text_copy(m.subject, sizeof(m.subject), span_str(subject));
	signer_sent(a, p,
	    signer != NULL &&
		PEER_SEND(signer, ACT, p == NULL ? 0 : pending_id(p), act, &m));
}

static void
put_report(struct answer *d, const struct pending *p)
{
	if (p->report.len > 0 && !buf_add(&d->body, buf_span(&p->report)))
		fatal("a report does not fit its answer");
}

void
act_signed(
    struct authority *a, struct pending *p, const struct message_signed *m)
{
	enum reason r = m->reason;
	struct why why;

	why_set(&why, r, -1, "%s", m->text);
	p->sequence = m->sequence;
	if (r == REASON_OK && p->act != NULL)
		r = p->act(a, p, &why);
	if (r != REASON_OK)
		admin_fail(a, p, r, &why);
	else
		put_report(answer_later(a, p), p);
}

/* --- taking requests --- */

static bool
allowed(const struct authority *a, const struct origin *from, struct why *why)
{
	if (from->user == 0 || from->user == program_owner(a->program))
		return true;
	why_set(why, REASON_ADMIN_ROLE, -1, "user %u", from->user);
	log_reason(REASON_ADMIN_ROLE, why, "user=\"%u\"", from->user);
	return false;
}

static void
hold(struct authority *a, struct origin from, const struct message_admin *m)
{
	struct pending *p = admin_pending(a, STAGE_HELD, from, m);

	if (p == NULL)
		return;
	*a->held_tail = p;
	a->held_tail = &p->next;
}

/* The signer is not there, and does not come, or has said why not. */
static void
refuse_unsynced(struct authority *a, struct origin from)
{
	struct why why;

	why_set(&why, a->trouble, -1, "%s", a->trouble_text);
	if (a->trouble == REASON_OK)
		answer_refusal(from, REASON_UNAVAILABLE, NULL);
	else
		answer_refusal(from, a->trouble, &why);
}

static void
dispatch(struct authority *a, struct origin from, const struct message_admin *m,
    bool may_hold)
{
	struct why why;
	size_t i;

	for (i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (strcmp(verbs[i].verb, m->verb) != 0)
			continue;
		if (!verbs[i].signer || a->synced)
			verbs[i].call(a, from, m);
		else if (may_hold && a->trouble == REASON_OK)
			hold(a, from, m);
		else
			refuse_unsynced(a, from);
		return;
	}
	why_set(
	    &why, REASON_ADMIN_ARGUMENT, -1, "there is no verb %s", m->verb);
	answer_refusal(from, REASON_ADMIN_ARGUMENT, &why);
}

void
admin_take(struct authority *a, struct peer *peer, const struct frame *frame)
{
	struct origin from = { peer, frame->id, peer_user(peer) };
	struct message_admin m;
	struct cbor in;
	struct why why;

	cbor_open(&in, frame->payload, true);
	if (!message_admin_get(&in, &m)) {
		why_set(&why, REASON_ADMIN_ARGUMENT, -1, "malformed");
		answer_refusal(from, REASON_ADMIN_ARGUMENT, &why);
	} else if (allowed(a, &from, &why)) {
		dispatch(a, from, &m, true);
	} else {
		answer_refusal(from, REASON_ADMIN_ROLE, &why);
	}
}

/* Takes the first of those who wait for the signer and answers it. */
static void
resume_first(struct authority *a)
{
	struct pending *p = a->held;
	struct message_admin m;

	a->held = p->next;
	if (a->held == NULL)
		a->held_tail = &a->held;
	admin_again(p, &m);
	if (p->origin.peer != NULL)
		dispatch(a, p->origin, &m, false);
	pending_free(a, p);
}

void
admin_resume(struct authority *a)
{
	while (a->held != NULL)
		resume_first(a);
}

void
admin_tick(struct authority *a)
{
	int64_t now = clock_ticks();

	while (a->held != NULL && a->held->since < now - ADMIN_PATIENCE * 1000)
		resume_first(a);
	/* A checker that says nothing holds up neither operators nor places. */
	pending_fail_late(a, now - CHECKER_PATIENCE * 1000);
}
