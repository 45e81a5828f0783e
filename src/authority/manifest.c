/*
 * hallmark manifest import: a checker has looked at the manifest;
 * here it must come from a peer, join what is known of that peer's chain, and its
 * devices get tags of our own signer. Then all of it is one act and one
 * transaction, or nothing is.
 */
#include <stdio.h>

#include "authority/authority.h"
#include "base/clock.h"
#include "base/fatal.h"
#include "base/log.h"
#include "base/text.h"

/* A device whose tag was asked for; they come back in order. */
struct tagged {
	unsigned device; /* of the manifest */
	uint8_t tag[HASH_SIZE];
};

void
manifest_import(
    struct authority *a, struct origin from, const struct message_admin *m)
{
	struct message_inspect inspect = { .kind = INSPECT_MANIFEST,
		.bytes = admin_argument(m, "manifest"),
		.other = span_of(NULL, 0),
		.policies = buf_span(&a->voucher_policies) };
	struct pending *p = admin_pending(a, STAGE_INSPECT, from, m);

	if (p == NULL)
		return;
	inspect_ask(a, p, &inspect);
}

/* What the checker said, read again from the copy that p keeps. */
static const struct manifest_facts *
facts_again(const struct pending *p)
{
	static struct message_inspected m;
	struct cbor in;

	cbor_open(&in, buf_span(&p->manifest), true);
	if (!message_inspected_get(&in, &m))
		fatal("a kept INSPECTED is malformed");
	return &m.manifest;
}

/* --- may it come in? --- */

struct known {
	struct authority *a;
	const char *peer;
};

static bool
look_up(void *context, const uint8_t signer[SIGNER_ID_SIZE], uint64_t sequence,
    uint8_t out[HASH_SIZE])
{
	const struct known *k = context;

	return store_peer_hash(k->a->store, k->peer, signer, sequence, out);
}

static enum reason
check_devices(struct authority *a, const struct manifest_facts *f,
    const struct store_peer *peer, struct why *why)
{
	const struct manifest_device *d;
	struct product product;
	unsigned i;

	for (i = 0; i < f->devices_len; i++) {
		d = &f->devices[i];
		if (memcmp(d->root_sha256, peer->root_sha256, HASH_SIZE) != 0)
			return why_set(why, REASON_MANIFEST_CERTIFICATE, -1,
			    "%s: its root is not the one on file for %s",
			    d->device.serial, peer->name);
		if (!store_product_find(a->store, d->device.product, &product))
			return why_set(why, REASON_PRODUCT_UNKNOWN, -1,
			    "%s, of %s", d->device.product, d->device.serial);
	}
	return REASON_OK;
}

static enum reason
judge(struct authority *a, const struct manifest_facts *f,
    struct store_peer *peer, uint64_t *fresh, struct why *why)
{
	struct known known = { a, peer->name };
	char key[HEX_SIZE(HASH_SIZE)];
	struct why inner;
	enum reason r;

	if (!store_peer_by_key(a->store, f->key_sha256, peer)) {
		hex_encode(key, span_of(f->key_sha256, HASH_SIZE));
		return why_set(why, REASON_PEER_UNKNOWN, -1, "key %s", key);
	}
	if (peer->ended)
		return why_set(why, REASON_PEER_ENDED, -1, "%s", peer->name);
	r = manifest_joins(&peer->head, f, look_up, &known, fresh, &inner);
	if (r != REASON_OK)
		return why_set(
		    why, r, -1, "%s: %.150s", peer->name, inner.text);
	return check_devices(a, f, peer, why);
}

/* --- a device: is it here, or something that contradicts it? --- */

enum fate {
	FATE_SAME, /* here already */
	FATE_NEW,
	FATE_TWIN,  /* another site has this serial */
	FATE_CLASH, /* the same, or its key or number; no second row can be */
	FATE_OURS, /* it is in a slot that is ours: no such unit is elsewhere */
};

struct judged {
	enum fate fate;
	unsigned others_len;
	struct device others[STORE_TWINS_MAX];
};

static void
judge_device(struct authority *a, const struct manifest_device *m,
    struct judged *j, struct why *why)
{
	const struct device *d = &m->device;
	struct store_serial ours;
	unsigned i, n;

	j->fate = FATE_NEW;
	j->others_len = 0;
	if (store_device_by_key(a->store, d->spki_sha256, &j->others[0])) {
		j->others_len = 1;
		j->fate = issuer_equal(&d->issuer, &j->others[0].issuer) &&
			strcmp(d->serial, j->others[0].serial) == 0
		    ? FATE_SAME
		    : FATE_CLASH;
		return;
	}
	if (number_holder(
		a, d->issuer_name_sha256, m->certificate, &j->others[0])) {
		j->others_len = 1;
		j->fate = FATE_CLASH;
		return;
	}
	n = store_device_find(a->store, d->serial, j->others, STORE_TWINS_MAX);
	if (n > 0 || store_serial_find(a->store, d->serial, "", &ours))
		j->fate = FATE_TWIN;
	if (n >= STORE_TWINS_MAX)
		j->fate = FATE_CLASH;
	j->others_len = n < STORE_TWINS_MAX ? n : STORE_TWINS_MAX;
	for (i = 0; i < j->others_len; i++)
		if (issuer_equal(&d->issuer, &j->others[i].issuer))
			j->fate = FATE_CLASH;
	/* Nobody else's device gets a tag under a serial of ours. */
	if (foreign_check(a, d->serial, why) != REASON_OK)
		j->fate = j->fate == FATE_NEW ? FATE_OURS : FATE_CLASH;
}

/* Nobody can tell which of them is the true one: both wait for an operator. */
static bool
quarantine(struct authority *a, const struct manifest_device *d,
    const struct judged *j, const struct store_peer *peer,
    struct store_ruling *why)
{
	bool good = true;
	unsigned i;

	*why = (struct store_ruling){ .state = DEVICE_HELD,
		.moment = clock_now(),
		.user = RULING_NOBODY,
		.cause = CAUSE_DUPLICATE };
	snprintf(why->note, sizeof(why->note), "%s: %s of %.32s, record %llu",
	    reason_code(REASON_SERIAL_DUPLICATE), d->device.serial, peer->name,
	    (unsigned long long)d->sequence);
	for (i = 0; i < j->others_len; i++)
		if (j->others[i].state != DEVICE_RETIRED)
			good =
			    store_device_rule(a->store, &j->others[i], why) &&
			    good;
	log_alarm("serial-duplicate",
	    "serial=\"%s\" peer=\"%s\" sequence=\"%llu\" others=\"%u\"",
	    d->device.serial, peer->name, (unsigned long long)d->sequence,
	    j->others_len);
	return good;
}

static bool
add_device(struct authority *a, const struct manifest_device *d,
    const uint8_t tag[HASH_SIZE], const struct store_ruling *held)
{
	struct store_device row = { .device = d->device,
		.certificate = d->certificate,
		.added = clock_now() };

	memcpy(row.device.tag, tag, HASH_SIZE);
	memcpy(row.warnings, d->warnings, sizeof(row.warnings));
	(void)certificate_number(d->certificate, &row.number);
	row.device.origin = ORIGIN_IMPORTED;
	row.device.state = held == NULL ? DEVICE_ACTIVE : DEVICE_HELD;
	return store_device_add(a->store, &row) &&
	    (held == NULL || store_device_rule(a->store, &row.device, held));
}

/* --- the rows, in one transaction --- */

struct report {
	struct json_out o;
	unsigned added, here;
};

static bool
take_device(struct authority *a, const struct manifest_device *d,
    const uint8_t *tag, const struct store_peer *peer, struct report *r)
{
	static struct judged j;
	struct store_ruling held;
	struct why why;
	bool good = true;

	judge_device(a, d, &j, &why);
	if (j.fate == FATE_SAME) {
		r->here++;
		return true;
	}
	if (j.fate != FATE_NEW) {
		good = quarantine(a, d, &j, peer, &held);
		json_put_text(&r->o, d->device.serial);
	}
	if (j.fate == FATE_CLASH)
		return good;
	r->added++;
	return good && tag != NULL &&
	    add_device(a, d, tag, j.fate == FATE_NEW ? NULL : &held);
}

static const uint8_t *
tag_of(const struct pending *p, unsigned device)
{
	const struct tagged *t =
	    (const struct tagged *)(const void *)p->tags.ptr;
	size_t i, n = p->tags.len / sizeof(*t);

	for (i = 0; i < n; i++)
		if (t[i].device == device)
			return t[i].tag;
	return NULL;
}

static void
begin_report(struct report *r, char *room, size_t cap,
    const struct manifest_facts *f, const struct store_peer *peer,
    uint64_t fresh)
{
	json_out_open(&r->o, room, cap);
	json_begin_object(&r->o);
	json_add_text(&r->o, "peer", peer->name);
	json_add_hex(
	    &r->o, "signer", span_of(f->statement.signer, SIGNER_ID_SIZE));
	json_add_uint(&r->o, "first", f->statement.first);
	json_add_uint(&r->o, "last", f->statement.last);
	json_add_uint(&r->o, "new-records", f->statement.last + 1 - fresh);
	json_add_uint(&r->o, "undelivered", f->undelivered);
	json_put_name(&r->o, "quarantined");
	json_begin_array(&r->o);
}

static void
end_report(struct report *r, struct span *out)
{
	json_end_array(&r->o);
	json_add_uint(&r->o, "new-devices", r->added);
	json_add_uint(&r->o, "known-devices", r->here);
	json_end_object(&r->o);
	if (json_out_span(&r->o, out) != WIRE_OK)
		fatal("an import does not fit its answer");
}

static bool
write_rows(struct authority *a, const struct pending *p,
    const struct manifest_facts *f, struct store_peer *peer, uint64_t fresh,
    struct report *report)
{
	const struct manifest_statement *s = &f->statement;
	size_t skip = (size_t)(fresh - s->first) * HASH_SIZE;
	unsigned i;

	for (i = 0; i < f->devices_len; i++)
		if (f->devices[i].sequence >= fresh &&
		    !take_device(a, &f->devices[i], tag_of(p, i), peer, report))
			return false;
	memcpy(peer->head.signer, s->signer, SIGNER_ID_SIZE);
	peer->head.sequence = s->last;
	memcpy(peer->head.sha256, s->head, HASH_SIZE);
	peer->moment = f->time;
	return store_peer_extend(a->store, peer->name, s->signer, fresh,
		   span_of(f->hashes.ptr + skip, f->hashes.len - skip)) &&
	    store_peer_put(a->store, peer);
}

static enum reason
import_act(struct authority *a, struct pending *p, struct why *why)
{
	static char room[ADMIN_BLOB_MAX];
	const struct manifest_facts *f = facts_again(p);
	struct report report = { .added = 0 };
	struct store_peer peer;
	struct span json;
	uint64_t fresh;
	enum reason r = judge(a, f, &peer, &fresh, why);

	if (r != REASON_OK)
		return r; /* somebody was quicker, and nothing is written */
	begin_report(&report, room, sizeof(room), f, &peer, fresh);
	if (fresh <= f->statement.last &&
	    !write_rows(a, p, f, &peer, fresh, &report)) {
		store_group_spoil(a->store);
		return why_set(why, REASON_STORE_FAILED, -1,
		    "a row could not be written; nothing is");
	}
	end_report(&report, &json);
	if (!buf_add(&p->report, json))
		fatal("an import does not fit its answer");
	log_note("manifest-import",
	    "peer=\"%s\" first=\"%llu\" last=\"%llu\" devices=\"%u\"",
	    peer.name, (unsigned long long)f->statement.first,
	    (unsigned long long)f->statement.last, report.added);
	return REASON_OK;
}

/* --- the way there --- */

/* The record names the head: whoever has our journal knows how far we knew. */
static void
ask_act(struct authority *a, struct pending *p)
{
	const struct manifest_facts *f = facts_again(p);
	char head[HEX_SIZE(HASH_SIZE)], subject[128];
	struct store_peer peer;

	if (!store_peer_by_key(a->store, f->key_sha256, &peer)) {
		admin_fail(a, p, REASON_PEER_UNKNOWN, NULL);
		return;
	}
	hex_encode(head, span_of(f->statement.head, HASH_SIZE));
	snprintf(subject, sizeof(subject), "%s %llu %s", peer.name,
	    (unsigned long long)f->statement.last, head);
	p->stage = STAGE_ACT;
	p->act = import_act;
	admin_act(a, p, p->origin, "manifest.import", subject);
}

static bool
ask_tag(struct authority *a, struct pending *p, const struct manifest_device *d,
    unsigned i)
{
	struct peer *signer = signer_peer(a);
	struct device_order o = { .device = d->device };
	struct tagged t = { .device = i };

	o.device.state = 0;
	o.device.origin = ORIGIN_IMPORTED;
	if (!buf_add(&p->tags, span_of(&t, sizeof(t))))
		fatal("more devices than a manifest has");
	return signer != NULL &&
	    PEER_SEND(signer, TAG_DEVICE, pending_id(p), device_order, &o);
}

void
manifest_inspected(struct authority *a, struct pending *p, struct span payload)
{
	static struct judged j;
	const struct manifest_facts *f;
	struct store_peer peer;
	struct why why;
	uint64_t fresh;
	unsigned i;
	enum reason r;

	if (!buf_add(&p->manifest, payload))
		fatal("an INSPECTED is longer than a frame");
	f = facts_again(p);
	if ((r = judge(a, f, &peer, &fresh, &why)) != REASON_OK) {
		admin_fail(a, p, r, &why);
		return;
	}
	p->stage = STAGE_TAGS;
	for (i = 0; i < f->devices_len; i++) {
		if (f->devices[i].sequence < fresh)
			continue;
		judge_device(a, &f->devices[i], &j, &why);
		if (j.fate == FATE_OURS) {
			admin_fail(a, p, REASON_SERIAL_SLOT, &why);
			return;
		}
		if (j.fate == FATE_SAME || j.fate == FATE_CLASH)
			continue;
		if (!ask_tag(a, p, &f->devices[i], i)) {
			signer_sent(a, p, false);
			return;
		}
	}
	if (p->tags.len == 0)
		ask_act(a, p);
}

void
manifest_tagged(
    struct authority *a, struct pending *p, const struct message_signed *m)
{
	struct tagged *t = (struct tagged *)(void *)p->tags.ptr + p->tagged;
	struct why why;

	if (m->reason != REASON_OK) {
		why_set(&why, m->reason, -1, "%s", m->text);
		admin_fail(a, p, m->reason, &why);
		return;
	}
	memcpy(t->tag, m->device.tag, HASH_SIZE);
	if (++p->tagged * sizeof(*t) == p->tags.len)
		ask_act(a, p);
}
