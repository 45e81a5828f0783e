/* Voucher requests: decide, have it signed, record, answer (MP 5). */
#include "authority/authority.h"
#include "base/clock.h"
#include "base/fatal.h"
#include "base/log.h"
#include "base/text.h"
#include "crypto/hash/hash.h"
#include "model/voucher.h"

/* On record, but no more of them than a flood may cost us. */
static void
refusal_record(struct authority *a, const struct message_refused *m)
{
	reputation_bad(a, m->reason, m->client_sha256);
	/* Each would be a group that is lost, and all that goes with one. */
	if (a->refusals == 0 || a->commit_failed)
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
	char client[HEX_SIZE(HASH_SIZE)], serial[SERIAL_MAX + 1];

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
	    d->correlation, d->facts.address,
	    log_value(serial, sizeof(serial), d->facts.serial), client);
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

	/* Whoever asks for another format now gets another voucher. */
	if (!v->delivered || !format_list_has(r->facts->reply, v->format) ||
	    memcmp(v->client_sha256, r->facts->client_sha256, HASH_SIZE) != 0)
		return;
	r->answered = true;
	answer_bytes(r->to, v->format, v->artifact);
}

static bool
replayed(
    struct authority *a, struct origin to, const struct request_facts *facts)
{
	struct replay r = { .facts = facts, .to = to };
	int64_t now = clock_now();

	/* Not one of a clock that ran ahead. */
	(void)store_voucher_by_request(a->store, facts->request_sha256,
	    now - REPLAY_SECONDS, now + REPLAY_SECONDS, replay_row, &r);
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
	char serial[SERIAL_MAX + 1];
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
	    log_value(serial, sizeof(serial), f->serial), f->address);
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
	const struct chain_entry *pin = v->pinned;
	struct voucher_order o = { .device = *device,
		.assertion = v->assertion,
		.name_issuer = v->name_issuer,
		.emit_id_data = product->emit_id_data,
		.layout_2019 = v->layout_2019,
		.x5bag = product->x5bag,
		.format = v->format,
		.pin_kind = v->pin_kind,
		.pin = pin->certificate,
		.proprietary =
		    span_of(product->proprietary, product->proprietary_len) };

	memcpy(o.key, key->name, sizeof(o.key));
	memcpy(o.request_sha256, d->facts.request_sha256, HASH_SIZE);
	memcpy(o.nonce, d->facts.nonce, sizeof(o.nonce));
	if (v->cloud != NULL) {
		memcpy(o.est_domain, v->cloud->est_domain, URL_MAX + 1);
		memcpy(o.configuration_url, v->cloud->configuration_url,
		    URL_MAX + 1);
	}
	o.domain_id_len = chain_domain_id(pin, v->pin_kind, o.domain_id);
	p->format = v->format;
	p->voucher_limit = product->voucher_limit;
	if (signer != NULL &&
	    PEER_SEND(signer, SIGN_VOUCHER, pending_id(p), voucher_order, &o))
		return;
	answer_refusal(p->origin, REASON_UNAVAILABLE, NULL);
	pending_free(a, p);
}

/* What of a request is looked at again without decoding it. */
static void
note_request(struct pending *p, const struct message_decide *d)
{
	memcpy(p->request_sha256, d->facts.request_sha256, HASH_SIZE);
	memcpy(p->client_sha256, d->facts.client_sha256, HASH_SIZE);
	p->reply = d->facts.reply;
	memcpy(p->serial, d->facts.serial, sizeof(p->serial));
	memcpy(p->address, d->facts.address, sizeof(p->address));
	memcpy(p->correlation, d->correlation, sizeof(p->correlation));
}

static struct pending *
decision_begin(struct authority *a, struct origin to,
    const struct message_decide *d, struct span payload)
{
	struct pending *p = pending_new(a, STAGE_VOUCHER, to);

	if (p != NULL && !pending_keep(a, p, payload)) {
		pending_free(a, p);
		p = NULL;
	}
	if (p == NULL) {
		answer_refusal(to, REASON_OVERLOAD, NULL);
		return NULL;
	}
	note_request(p, d);
	device_hold_serial(a, p);
	return p;
}

/* A product that has the same serial and for which this key would sign too, or
 * NULL: each needs a key of its own (IP 5.2). */
static const char *
shared_with(const struct authority *a, const struct decision *d,
    const struct device *device)
{
	const struct ledger_key *k = ledger_key_find(&a->ledger, d->key->name);
	unsigned i;

	for (i = 0; k != NULL && i < d->devices_len; i++)
		if (strcmp(d->devices[i].product, device->product) != 0 &&
		    key_policy_product(&k->order.policy, d->devices[i].product))
			return d->devices[i].product;
	return NULL;
}

/* Row 21. */
static enum reason
row_key(struct authority *a, const struct request_facts *f, struct trace *trace,
    struct decision *d)
{
	const struct device *device = &d->devices[d->verdict.device];
	struct key_use use = { .kind = f->nonce[0] != '\0' ? SIGNED_NONCED
							   : SIGNED_NONCELESS,
		.product = device->product,
		.serial = device->serial };

	d->key = key_for(a, &use);
	if (d->key == NULL)
		return why_set(&d->verdict.why, REASON_KEY_UNAVAILABLE, -1,
		    "product %s", device->product);
	if (key_expired(a, d->key))
		return why_set(&d->verdict.why, REASON_KEY_EXPIRED, -1, "%s",
		    d->key->name);
	if (shared_with(a, d, device) != NULL)
		return why_set(&d->verdict.why, REASON_KEY_UNAVAILABLE, -1,
		    "product %s has this serial too, and key %s is for both",
		    shared_with(a, d, device), d->key->name);
	trace_found(trace, "%s", d->key->name);
	return REASON_OK;
}

/* Whom the devices were sold to; for a cloud registrar with the certificates of
 * their EST servers. */
static void
decision_owners(
    struct authority *a, struct policy_input *in, struct decision *d)
{
	bool cloud = in->customer->cloud == CLOUD_REGISTRAR;
	char name[CUSTOMER_NAME_MAX + 1];
	struct destination *to;
	unsigned i;

	for (i = 0; i < d->devices_len; i++) {
		to = &d->owners[i];
		*to = (struct destination){ NULL, NULL };
		if (store_device_owner(a->store, &d->devices[i], name))
			to->customer = customer_by_name(a, name);
		if (cloud && to->customer != NULL &&
		    to->customer->est_domain[0] != '\0')
			to->est_server = customer_certificate(a, to->customer,
			    CUSTOMER_EST_SERVER, in->facts, in->now,
			    &d->est_servers[i]);
	}
	in->owners = d->owners;
	in->own.customer = in->customer;
	if (cloud && in->customer->est_domain[0] != '\0')
		in->own.est_server =
		    customer_certificate(a, in->customer, CUSTOMER_EST_SERVER,
			in->facts, in->now, &d->est_servers[STORE_TWINS_MAX]);
}

/* An owner, present or former or by sale, hears why it gets no voucher; whoever else
 * has the device in hand does not. */
static void
decision_told(struct authority *a, struct policy_input *in, struct decision *d)
{
	const struct device *device;
	unsigned i;

	for (i = 0; i < d->devices_len; i++) {
		device = &d->devices[i];
		d->told[i][0] = '\0';
		if (device->state != DEVICE_ACTIVE &&
		    ((in->customer != NULL &&
			 d->owners[i].customer == in->customer) ||
			audit_owns(a, device, in->facts)))
			ruling_tell(a, device, d->told[i]);
	}
	in->told = (const char(*)[TOLD_MAX + 1]) d->told;
}

/* Are the CAs that an agent's domain rests on still on file for this customer? */
static bool
agent_cas_filed(struct authority *a, const struct policy_input *in)
{
	const struct request_facts *f = in->facts;
	unsigned i;

	for (i = 0; i < f->agent_cas_len; i++)
		if (customer_filed(a, in->customer->name, f->agent_cas[i])
			.domain_cas == 0)
			return false;
	return true;
}

/* Whose request it is, and the domain CA on file, where it may be wished for. */
static void
decision_customer(
    struct authority *a, struct policy_input *in, struct decision *d)
{
	unsigned f;

	in->customer = customer_of(a, in->facts);
	if (in->customer != NULL) {
		in->agent_cas_filed = agent_cas_filed(a, in);
		decision_owners(a, in, d);
	}
	for (f = FORMAT_CMS_JSON; in->customer != NULL && f <= FORMAT_COSE_CBOR;
	     f++)
		if (in->customer->pin[f] == PIN_DOMAIN_CA) {
			in->domain_ca = customer_certificate(a, in->customer,
			    CUSTOMER_DOMAIN_CA, in->facts, in->now,
			    &d->domain_ca);
			return;
		}
}

void
decision_make(struct authority *a, const struct request_facts *f, int64_t now,
    struct trace *trace, struct decision *out)
{
	const struct config *c = &a->start.config;
	struct policy_input in = { .facts = f,
		.devices = out->devices,
		.products = out->products,
		.now = now,
		.max_age = c->max_age,
		.max_ahead = c->max_ahead,
		.revocation_required = c->revocation_required,
		.public_cas = &a->public_cas,
		.client_unknown = trace != NULL,
		.trace = trace };
	struct verdict *v = &out->verdict;

	out->key = NULL;
	in.devices_len = out->devices_len =
	    devices_load(a, f->serial, out->devices, out->products);
	decision_customer(a, &in, out);
	decision_told(a, &in, out);
	out->customer = in.customer;
	policy_decide(&in, v);
	if (v->reason != REASON_OK)
		return;
	trace_begin(trace, STEP_KEY);
	v->reason = trace_end(trace, row_key(a, f, trace, out), &v->why);
}

void
note_revocation(const struct message_decide *d)
{
	if (d->facts.revocation_unknown)
		log_note("revocation-unknown", "request=\"%s\" serial=\"%s\"",
		    d->correlation, d->facts.serial);
}

/* The decision itself, at this moment (rows 7 to 21). */
static void
decide_now(struct authority *a, struct origin to,
    const struct message_decide *d, struct span payload)
{
	static struct decision made;
	const struct verdict *v = &made.verdict;
	struct pending *p;

	decision_make(a, &d->facts, clock_now(), NULL, &made);
	alarm_unrecorded(a, &d->facts, made.devices, made.devices_len);
	if (v->reason != REASON_OK)
		decide_refuse(a, to, d, v->reason, &v->why);
	else if ((p = decision_begin(a, to, d, payload)) != NULL) {
		note_revocation(d);
		order(a, p, d, v, &made.devices[v->device],
		    &made.products[v->device], made.key);
	}
}

static bool
same_request(const struct pending *p, const struct pending *q)
{
	return p->reply == q->reply &&
	    memcmp(p->request_sha256, q->request_sha256, HASH_SIZE) == 0 &&
	    memcmp(p->client_sha256, q->client_sha256, HASH_SIZE) == 0;
}

/* By certificate and by address (IPv6: 56 bits, as doc/decisions/023 has it): keys cost
 * nothing. */
static bool
same_asker(const struct pending *p, const struct pending *q)
{
	struct block_name at = { .kind = BLOCK_PREFIX, .bits = 128 };
	static const uint8_t none[HASH_SIZE],
	    mapped[12] = { [10] = 0xff, [11] = 0xff };
	uint8_t other[BLOCK_ADDRESS];

	if (memcmp(p->client_sha256, q->client_sha256, HASH_SIZE) == 0 &&
	    memcmp(p->client_sha256, none, HASH_SIZE) != 0)
		return true;
	if (!block_address_read(at.bytes, p->address) ||
	    !block_address_read(other, q->address))
		return strcmp(p->address, q->address) == 0;
	if (memcmp(at.bytes, mapped, sizeof(mapped)) != 0)
		at.bits = 56;
	return block_covers(&at, other);
}

/* Is p the first of its bytes among those who wait for the next decisions? */
static bool
is_first(const struct pending *holder, const struct pending *p)
{
	const struct pending *q = holder->later;

	while (q != p && !same_request(q, p))
		q = q->next;
	return q == p;
}

/* Few may wait for one device, or whoever has one could take the room of all; and
 * fewer of one asker, or he could take all of these from its owner. The same bytes are
 * no other request: whoever sends them from several threads gets one answer, also
 * behind somebody else's. */
static bool
has_place(const struct pending *holder, const struct pending *w)
{
	bool again = same_request(holder, w);
	const struct pending *p;
	unsigned requests = 0, repeats = 0;

	for (p = holder->same; p != NULL; p = p->next)
		repeats += same_asker(p, w);
	for (p = holder->later; p != NULL; p = p->next) {
		if (!same_asker(p, w))
			continue;
		again |= same_request(p, w);
		if (is_first(holder, p))
			requests++;
		else
			repeats++;
	}
	return holder->waiters < WAITERS_MAX &&
	    (again ? repeats < WAITERS_OF_SAME : requests < WAITERS_OF_ONE);
}

/*
 * One device, one decision at a time: the same bytes from the same client join
 * the decision under way and get its answer; others wait for its commit. false if
 * there is no place.
 */
static bool
hang(struct pending *holder, struct pending *w)
{
	if (!has_place(holder, w))
		return false;
	holder->waiters++;
	w->next = NULL;
	if (same_request(holder, w)) {
		w->next = holder->same;
		holder->same = w;
		return true;
	}
	*holder->later_tail = w;
	holder->later_tail = &w->next;
	return true;
}

static bool
waits(struct authority *a, struct origin to, const struct message_decide *d,
    struct span payload)
{
	struct pending *w = NULL, *holder = device_holder(a, d->facts.serial);

	if (holder == NULL)
		return false;
	if (holder->waiters < WAITERS_MAX &&
	    (w = pending_new(a, STAGE_WAITING, to)) != NULL) {
		note_request(w, d);
		if ((same_request(holder, w) || pending_keep(a, w, payload)) &&
		    hang(holder, w))
			return true;
		pending_free(a, w);
	}
	answer_refusal(to, REASON_OVERLOAD, NULL);
	return true;
}

static void
decide(struct authority *a, struct origin to, const struct message_decide *d,
    struct span payload)
{
	if (a->commit_failed)
		answer_refusal(to, REASON_STORE_FAILED, NULL);
	else if (d->facts.kind == REQUEST_AUDIT_LOG)
		audit_take(a, to, d); /* needs no signer */
	else if (!a->synced)
		answer_refusal(to, REASON_UNAVAILABLE, NULL);
	else if (a->stopped)
		answer_refusal(to, REASON_RECHECK_DIFFERS, NULL);
	else if (!waits(a, to, d, payload) && !replayed(a, to, &d->facts))
		decide_now(a, to, d, payload);
}

/* Which forms a request may have comes to the checker from its front: the switches for
 * what is in a body are held to here, too. Of path and type we know what the front
 * says. */
static enum reason
forms_allowed(const struct authority *a, unsigned forms, struct why *why)
{
	const struct legacy *l;
	unsigned i;

	for (i = 0; i < LEGACY_COUNT; i++) {
		l = legacy_form(i);
		if ((forms & LEGACY(i)) != 0 && !l->product &&
		    (LEGACY(i) & LEGACY_OUTSIDE) == 0 &&
		    (a->start.config.legacy & LEGACY(i)) == 0)
			return why_set(why, REASON_LEGACY_FORM, -1,
			    "%s; legacy-%s is off", l->what, l->name);
	}
	return REASON_OK;
}

/*
 * The bytes are the ones that the facts are about, or the re-check would look
 * at others; and certificates were held against the clock of this moment, not
 * one in which they were valid.
 */
static enum reason
vouched(
    const struct authority *a, const struct message_decide *d, struct why *why)
{
	uint8_t hash[HASH_SIZE];
	int64_t now = clock_now(), moment = d->facts.moment;

	sha256(d->body, hash);
	if (memcmp(hash, d->facts.request_sha256, HASH_SIZE) != 0)
		return why_set(why, REASON_REQUEST_HASH, -1, "%s", "");
	/* No difference of what a checker says: it may not have one. */
	if (moment < now - MOMENT_SLACK || moment > now + MOMENT_SLACK)
		return why_set(why, REASON_REQUEST_MOMENT, -1,
		    "the checker's clock is at %lld", (long long)moment);
	return forms_allowed(a, d->facts.legacy, why);
}

void
decide_take(struct authority *a, struct peer *peer, const struct frame *frame)
{
	static struct message_decide d;
	struct origin to = { .peer = peer, .id = frame->id };
	struct cbor in;
	struct why why;
	enum reason r;

	cbor_open(&in, frame->payload, true);
	if (!message_decide_get(&in, &d))
		fatal("malformed DECIDE");
	if ((r = vouched(a, &d, &why)) != REASON_OK)
		decide_refuse(a, to, &d, r, &why);
	else
		decide(a, to, &d, frame->payload);
}

static void
decide_waiter(struct authority *a, struct pending *p)
{
	static struct message_decide d;
	struct cbor in;

	cbor_open(&in, buf_span(&p->frame), true);
	if (!message_decide_get(&in, &d))
		fatal("a DECIDE that waited is malformed");
	decide(a, p->origin, &d, buf_span(&p->frame));
}

/* In their order: the first for a device holds it, the next ones wait again as they
 * are. */
void
decide_ready(struct authority *a)
{
	struct pending *p = a->ready, *next, *holder;

	a->ready = NULL;
	a->ready_tail = &a->ready;
	for (; p != NULL; p = next) {
		next = p->next;
		holder = device_holder(a, p->serial);
		if (p->origin.peer != NULL && holder != NULL) {
			if (hang(holder, p))
				continue;
			answer_refusal(p->origin, REASON_OVERLOAD, NULL);
		} else if (p->origin.peer != NULL) {
			decide_waiter(a, p);
		}
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

/* Who still needs which old form, so that somebody can switch them off. */
void
legacy_count(struct authority *a, const struct request_facts *f)
{
	unsigned i;

	for (i = 0; i < LEGACY_COUNT; i++)
		if ((f->legacy & LEGACY(i)) != 0)
			(void)store_legacy_use(a->store, legacy_form(i)->name,
			    clock_now(), f->serial);
}

/* The row that its record stands for, and what the re-check needs. One that is
 * signed again has a row already. */
static bool
deliver(struct authority *a, struct pending *p, const struct message_signed *m)
{
	static struct message_decide d;
	uint8_t room[RECHECK_FACTS_MAX];
	struct store_delivery delivery = { .artifact = m->artifact,
		.client = p->client_sha256,
		.address = p->address,
		.correlation = p->correlation };
	struct cbor in;

	cbor_open(&in, buf_span(&p->frame), true);
	if (!message_decide_get(&in, &d))
		fatal("a kept DECIDE is malformed");
	legacy_count(a, &d.facts);
	delivery.facts = recheck_facts(&d.facts, room);
	return store_request_keep(
		   a->store, p->request_sha256, clock_now(), d.body) &&
	    (sync_deliver(a, m->sequence, p->request_sha256, &delivery) ||
		store_voucher_deliver(a->store, a->signer, m->sequence,
		    p->request_sha256, &delivery));
}

/* what the pledge will get, and whether it can take it. */
static size_t
size_note(struct authority *a, const struct pending *p, struct span artifact)
{
	size_t octets = voucher_pledge_size(p->format, artifact);
	struct sizes *s = &a->sizes[p->format];

	s->last = octets;
	s->most = octets > s->most ? octets : s->most;
	s->least = s->least == 0 || octets < s->least ? octets : s->least;
	if (p->voucher_limit == 0 || octets <= p->voucher_limit)
		return octets;
	a->over_limit++;
	log_warning("voucher-size",
	    "request=\"%s\" serial=\"%s\" octets=\"%zu\" limit=\"%u\"",
	    p->correlation, p->serial, octets, p->voucher_limit);
	return octets;
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
	/* It was under way when issuing was stopped: nobody gets it. */
	if (a->stopped) {
		not_signed(a, p, REASON_RECHECK_DIFFERS, "signed, not given");
		return;
	}
	if (!deliver(a, p, m)) {
		not_signed(a, p, REASON_STORE_FAILED,
		    "the record's row is "
		    "missing");
		return;
	}
	reputation_good(a, p->client_sha256);
	log_note("voucher",
	    "request=\"%s\" serial=\"%s\" sequence=\"%llu\" "
	    "again=\"%d\" octets=\"%zu\"",
	    p->correlation, p->serial, (unsigned long long)m->sequence,
	    m->again, size_note(a, p, m->artifact));
	d = answer_later(a, p);
	d->format = p->format;
	if (!buf_add(&d->body, m->artifact))
		fatal("a voucher is longer than a frame");
}
