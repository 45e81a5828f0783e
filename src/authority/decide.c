/* Voucher requests: decide, have it signed, record, answer (MP 5). */
#include "authority/authority.h"
#include "base/clock.h"
#include "base/fatal.h"
#include "base/log.h"
#include "base/text.h"
#include "model/policy.h"

/* On record, but no more of them than a flood may cost us. */
static void
refusal_record(struct authority *a, const struct message_refused *m)
{
	reputation_bad(a, m->reason, m->client_sha256);
	if (a->refusals == 0)
		return;
	a->refusals--;
	(void)store_refusal_add(a->store, clock_now(), m->kind, m->reason,
	    m->text, m->serial, m->request_sha256, m->client_sha256, m->address,
	    m->correlation);
}

void
refusal_take(struct authority *a, const struct frame *frame)
{
	struct message_refused m;
	struct cbor in;

	cbor_open(&in, frame->payload, true);
	if (!message_refused_get(&in, &m))
		fatal("malformed REFUSED");
	refusal_record(a, &m);
}

void
decide_refuse(struct authority *a, struct origin to,
    const struct message_decide *d, enum reason r, const struct why *why)
{
	struct message_refused m = { .kind = d->facts.kind, .reason = r };
	char client[HEX_SIZE(HASH_SIZE)];

	text_copy(m.text, sizeof(m.text), span_str(why->text));
	memcpy(m.serial, d->facts.serial, sizeof(m.serial));
	memcpy(m.request_sha256, d->facts.request_sha256, HASH_SIZE);
	memcpy(m.client_sha256, d->facts.client_sha256, HASH_SIZE);
	memcpy(m.address, d->facts.address, sizeof(m.address));
	memcpy(m.correlation, d->correlation, sizeof(m.correlation));
	refusal_record(a, &m);
	hex_encode(client, span_of(m.client_sha256, HASH_SIZE));
	log_reason(r, why,
	    "request=\"%s\" address=\"%s\" serial=\"%s\" client=\"%s\"",
	    d->correlation, d->facts.address, d->facts.serial, client);
	answer_refusal(to, r, why);
}

/* The stored voucher of the same bytes from the same client (idempotency). */
struct replay {
	const struct request_facts *facts;
	struct origin to;
	bool answered;
};

static void
replay_row(void *context, const struct store_voucher *v)
{
	struct replay *r = context;

	if (!v->delivered ||
	    memcmp(v->client_sha256, r->facts->client_sha256, HASH_SIZE) != 0)
		return;
	r->answered = true;
	answer_bytes(r->to, FORMAT_CMS_JSON, v->artifact);
}

static bool
replayed(
    struct authority *a, struct origin to, const struct request_facts *facts)
{
	struct replay r = { .facts = facts, .to = to };

	(void)store_voucher_by_request(a->store, facts->request_sha256,
	    clock_now() - REPLAY_SECONDS, replay_row, &r);
	return r.answered;
}

/*
 * a pledge certificate that names an issuing CA of ours, but is not
 * the one on record for its serial. Either that CA signed something that no
 * journal has, or a stranger wrote our name: so it is an alarm, but a few a
 * second are enough.
 */
static void
alarm_unrecorded(struct authority *a, const struct request_facts *f,
    const struct device *devices, unsigned n)
{
	unsigned i;

	if (!f->prior || a->alarms == 0 || !key_is_own_ca(a, &f->pledge_issuer))
		return;
	for (i = 0; i < n; i++)
		if (memcmp(f->pledge_certificate_sha256,
			devices[i].certificate_sha256, HASH_SIZE) == 0)
			return;
	a->alarms--;
	log_alarm("certificate-unrecorded",
	    "serial=\"%s\" address=\"%s\" "
	    "text=\"a certificate in the name of an own CA is not on record\"",
	    f->serial, f->address);
}

static unsigned
devices_load(struct authority *a, const char *serial,
    struct device devices[STORE_TWINS_MAX],
    struct product products[STORE_TWINS_MAX])
{
	unsigned i, n;

	n = store_device_find(a->store, serial, devices, STORE_TWINS_MAX);
	if (n > STORE_TWINS_MAX)
		n = 0; /* more twins than anybody can mean */
	for (i = 0; i < n; i++)
		if (!store_product_find(
			a->store, devices[i].product, &products[i]))
			fatal("device %s has no product", serial);
	return n;
}

/* Rows 19 to 22: what the signer is asked to say. */
static void
order(struct authority *a, struct pending *p, const struct message_decide *d,
    const struct verdict *v, const struct device *device,
    const struct product *product, const struct key_entry *key)
{
	struct peer *signer = signer_peer(a);
	const struct chain_entry *pin = &d->facts.chain[v->pin];
	struct voucher_order o = { .device = *device,
		.assertion = v->assertion,
		.name_issuer = v->name_issuer,
		.emit_id_data = product->emit_id_data,
		.format = FORMAT_CMS_JSON,
		.pin = pin->certificate,
		.domain_id_len = pin->domain_id_len };

	memcpy(o.key, key->name, sizeof(o.key));
	memcpy(o.request_sha256, d->facts.request_sha256, HASH_SIZE);
	memcpy(o.nonce, d->facts.nonce, sizeof(o.nonce));
	memcpy(o.domain_id, pin->domain_id, sizeof(o.domain_id));
	if (signer != NULL &&
	    PEER_SEND(signer, SIGN_VOUCHER, pending_id(p), voucher_order, &o))
		return;
	answer_refusal(p->origin, REASON_UNAVAILABLE, NULL);
	pending_free(a, p);
}

static struct pending *
decision_begin(
    struct authority *a, struct origin to, const struct message_decide *d)
{
	struct pending *p = pending_new(a, STAGE_VOUCHER, to);

	if (p == NULL) {
		answer_refusal(to, REASON_OVERLOAD, NULL);
		return NULL;
	}
	memcpy(p->request_sha256, d->facts.request_sha256, HASH_SIZE);
	memcpy(p->client_sha256, d->facts.client_sha256, HASH_SIZE);
	memcpy(p->serial, d->facts.serial, sizeof(p->serial));
	memcpy(p->address, d->facts.address, sizeof(p->address));
	memcpy(p->correlation, d->correlation, sizeof(p->correlation));
	device_hold_serial(a, p);
	return p;
}

/* The decision itself, at this moment (rows 7 to 21). */
static void
decide_now(
    struct authority *a, struct origin to, const struct message_decide *d)
{
	static struct device devices[STORE_TWINS_MAX];
	static struct product products[STORE_TWINS_MAX];
	const struct config *c = &a->start.config;
	struct policy_input in = { .facts = &d->facts,
		.devices = devices,
		.products = products,
		.now = clock_now(),
		.max_age = c->max_age,
		.max_ahead = c->max_ahead,
		.revocation_required = c->revocation_required };
	const struct key_entry *key;
	struct verdict v;
	struct pending *p;

	in.devices_len = devices_load(a, d->facts.serial, devices, products);
	alarm_unrecorded(a, &d->facts, devices, in.devices_len);
	policy_decide(&in, &v);
	if (v.reason != REASON_OK) {
		decide_refuse(a, to, d, v.reason, &v.why);
		return;
	}
	key = key_for(a, PURPOSE_VOUCHER, devices[v.device].product);
	if (key == NULL) {
		decide_refuse(a, to, d, REASON_KEY_UNAVAILABLE, &v.why);
		return;
	}
	if ((p = decision_begin(a, to, d)) != NULL)
		order(
		    a, p, d, &v, &devices[v.device], &products[v.device], key);
}

/*
 * One device, one decision at a time: the same bytes from the same client join
 * the decision under way and get its answer; others wait for its commit.
 */
static bool
waits(struct authority *a, struct origin to, const struct message_decide *d,
    struct span payload)
{
	struct pending *w, *holder = device_holder(a, d->facts.serial);

	if (holder == NULL)
		return false;
	w = pending_new(a, STAGE_WAITING, to);
	if (w == NULL) {
		answer_refusal(to, REASON_OVERLOAD, NULL);
		return true;
	}
	if (memcmp(holder->request_sha256, d->facts.request_sha256,
		HASH_SIZE) == 0 &&
	    memcmp(holder->client_sha256, d->facts.client_sha256, HASH_SIZE) ==
		0) {
		w->next = holder->same;
		holder->same = w;
		return true;
	}
	if (!buf_add(&w->frame, payload))
		fatal("a DECIDE is longer than a frame");
	*holder->later_tail = w;
	holder->later_tail = &w->next;
	return true;
}

static void
decide(struct authority *a, struct origin to, const struct message_decide *d,
    struct span payload)
{
	if (a->commit_failed)
		answer_refusal(to, REASON_STORE_FAILED, NULL);
	else if (!a->synced)
		answer_refusal(to, REASON_UNAVAILABLE, NULL);
	else if (d->facts.kind == REQUEST_AUDIT_LOG)
		audit_take(a, to, d);
	else if (!waits(a, to, d, payload) && !replayed(a, to, &d->facts))
		decide_now(a, to, d);
}

void
decide_take(struct authority *a, struct peer *peer, const struct frame *frame)
{
	static struct message_decide d;
	struct origin to = { peer, frame->id };
	struct cbor in;

	cbor_open(&in, frame->payload, true);
	if (!message_decide_get(&in, &d))
		fatal("malformed DECIDE");
	decide(a, to, &d, frame->payload);
}

/* In their order: the first for a device holds it, the next ones wait again. */
void
decide_ready(struct authority *a)
{
	static struct message_decide d;
	struct pending *p = a->ready, *next;
	struct cbor in;

	a->ready = NULL;
	a->ready_tail = &a->ready;
	for (; p != NULL; p = next) {
		next = p->next;
		cbor_open(&in, buf_span(&p->frame), true);
		if (!message_decide_get(&in, &d))
			fatal("a DECIDE that waited is malformed");
		if (p->origin.peer != NULL)
			decide(a, p->origin, &d, buf_span(&p->frame));
		pending_free(a, p);
	}
}

/* What the signer says is about keys and tags: for the log, not for a
 * registrar. */
static void
not_signed(
    struct authority *a, struct pending *p, enum reason r, const char *text)
{
	struct pending *s;

	log_reason(r, NULL, "request=\"%s\" serial=\"%s\" text=\"%s\"",
	    p->correlation, p->serial, text);
	for (s = p->same; s != NULL; s = s->next)
		answer_refusal(s->origin, r, NULL);
	answer_refusal(p->origin, r, NULL);
	pending_free(a, p);
}

void
decide_signed(
    struct authority *a, struct pending *p, const struct message_signed *m)
{
	struct answer *d;

	if (m->reason != REASON_OK) {
		not_signed(a, p, m->reason, m->text);
		return;
	}
	/* Its row came with the record, as undelivered. */
	if (!store_voucher_deliver(a->store, a->signer, m->sequence,
		m->artifact, p->client_sha256, p->address, p->correlation)) {
		not_signed(a, p, REASON_STORE_FAILED,
		    "the record's row is "
		    "missing");
		return;
	}
	reputation_good(a, p->client_sha256);
	log_note("voucher",
	    "request=\"%s\" serial=\"%s\" sequence=\"%llu\" "
	    "again=\"%d\"",
	    p->correlation, p->serial, (unsigned long long)m->sequence,
	    m->again);
	d = answer_later(a, p);
	d->format = FORMAT_CMS_JSON;
	if (!buf_add(&d->body, m->artifact))
		fatal("a voucher is longer than a frame");
}
