/*
 * The queue, and the group: everything that waits is checked, rendered and
 * written down together, synced once, and only then signed (law 3).
 */
#include <stdlib.h>

#include "base/clock.h"
#include "base/fatal.h"
#include "base/log.h"
#include "signer/signer.h"
#include "wire/cbor.h"

struct order *
order_read(enum message type, uint64_t id, struct span payload)
{
	struct order *o = memory_new(sizeof(*o));
	struct cbor c;
	bool good = false;

	o->type = type;
	o->id = id;
	o->payload = memory_copy(payload.ptr, payload.len);
	cbor_open(&c, span_of(o->payload, payload.len), true);
	if (type == MESSAGE_SIGN_VOUCHER)
		good = message_voucher_order_get(&c, &o->voucher);
	else if (type == MESSAGE_SIGN_IDEVID)
		good = message_idevid_order_get(&c, &o->idevid);
	else if (type == MESSAGE_TAG_DEVICE)
		good = message_device_order_get(&c, &o->device);
	else if (type == MESSAGE_KEY_CREATE)
		good = message_key_order_get(&c, &o->key);
	else if (type == MESSAGE_KEY_CERTIFY)
		good = message_key_certificate_get(&c, &o->certificate);
	else if (type == MESSAGE_KEY_POLICY)
		good = message_policy_order_get(&c, &o->policy);
	else if (type == MESSAGE_KEY_END)
		good = message_end_order_get(&c, &o->end);
	else if (type == MESSAGE_SIGN_MANIFEST)
		good = message_manifest_order_get(&c, &o->manifest);
	else if (type == MESSAGE_ACT)
		good = message_act_get(&c, &o->act);
	if (good)
		return o;
	order_free(o);
	return NULL;
}

void
order_free(struct order *o)
{
	if (o == NULL)
		return;
	buf_free(&o->tbs);
	buf_free(&o->content);
	buf_free(&o->artifact);
	free(o->payload);
	free(o);
}

void
signer_order(struct signer *s, struct order *o)
{
	o->next = NULL;
	*s->last = o;
	s->last = &o->next;
}

void
signer_drop(struct signer *s)
{
	struct order *o;

	while ((o = s->first) != NULL) {
		s->first = o->next;
		order_free(o);
	}
	s->last = &s->first;
}

static enum reason
prepare(struct signer *s, struct order *o)
{
	switch (o->type) {
	case MESSAGE_SIGN_VOUCHER:
		return voucher_prepare(s, o);
	case MESSAGE_SIGN_IDEVID:
		return idevid_prepare(s, o);
	case MESSAGE_TAG_DEVICE:
		return device_prepare(s, o);
	case MESSAGE_KEY_CREATE:
		return key_create_prepare(s, o);
	case MESSAGE_KEY_CERTIFY:
		return key_certify_prepare(s, o);
	case MESSAGE_KEY_POLICY:
		return policy_prepare(s, o);
	case MESSAGE_KEY_END:
		return key_end_prepare(s, o);
	case MESSAGE_SIGN_MANIFEST:
		return manifest_prepare(s, o);
	default:
		return act_prepare(s, o);
	}
}

static enum reason
commit(struct signer *s, struct why *why)
{
	enum reason r = journal_commit(s->journal, why);

	if (r == REASON_OK)
		journal_drain(s->journal, s->calls.record, s->calls.context);
	return r;
}

/*
 * Appends; a group that is full is committed and another one begun. What the
 * journal says for good is the order's refusal, except for a failed write,
 * which is everybody's end.
 */
static enum reason
append(struct signer *s, struct record *r, struct why *why)
{
	enum reason reason = journal_append(s->journal, r, s->now, why);

	if (reason != REASON_JOURNAL_FULL || journal_idle(s->journal))
		return reason;
	if ((reason = commit(s, why)) != REASON_OK)
		return reason;
	return journal_append(s->journal, r, s->now, why);
}

/* One time for all orders of a group. A clock that waits for an operator dates
 * nothing: the chain's time never goes back, so records of a day to come would hold
 * every later one, and what keys may do, in the future for good. */
static void
take_time(struct signer *s)
{
	int64_t chain = journal_ledger(s->journal)->time;

	clock_watch_check(&s->clock, chain);
	s->now = s->clock.stopped ? chain : s->clock.wall;
}

/* A step of the clock that an operator accepts is a record of its own, the first that
 * it dates. */
static enum reason
append_clock(struct signer *s, struct order *o)
{
	struct record r = { .kind = RECORD_CLOCK };
	int64_t before = s->now;
	enum reason reason;

	s->now = clock_now();
	r.clock.from = s->clock.stopped ? s->clock.expected : s->clock.wall;
	r.clock.to = s->now;
	reason = append(s, &r, &o->why);
	if (reason != REASON_OK)
		s->now = before;
	return reason;
}

static enum reason
write_down(struct signer *s, struct order *o)
{
	enum reason r = append(s, &o->record, &o->why);

	if (r != REASON_OK) {
		if (o->type == MESSAGE_KEY_CREATE)
			keyring_forget(&s->keyring, o->key.name);
		return r;
	}
	o->sequence = o->record.sequence;
	recent_add(s->recent, &o->record);
	if (o->type == MESSAGE_ACT &&
	    strcmp(o->act.verb, ACT_CLOCK_CONFIRM) == 0)
		return append_clock(s, o);
	return REASON_OK;
}

/* The signatures of the group before, announced in this one. */
static enum reason
append_signed(struct signer *s, struct why *why)
{
	size_t i, n = s->signed_later.len / sizeof(struct signed_later);
	enum reason reason = REASON_OK;

	for (i = 0; i < n; i++) {
		struct signed_later later;
		struct record r = { .kind = RECORD_SIGNED };

		memcpy(&later, s->signed_later.ptr + i * sizeof(later),
		    sizeof(later));
		r.signed_.of = later.of;
		memcpy(r.signed_.artifact_sha256, later.artifact_sha256,
		    HASH_SIZE);
		reason = append(s, &r, why);
		if (reason != REASON_OK)
			break; /* it waits for a segment with room */
	}
	buf_drop(&s->signed_later, i * sizeof(struct signed_later));
	return reason;
}

static void
remember_signed(struct signer *s, const struct order *o)
{
	struct signed_later later = { .of = o->sequence };

	sha256(buf_span(&o->artifact), later.artifact_sha256);
	if (!buf_add(&s->signed_later, span_of(&later, sizeof(later))))
		fatal("too many signatures in one group");
}

static enum reason
finish(struct signer *s, struct order *o, struct span signature)
{
	enum reason r;

	if (o->type == MESSAGE_SIGN_VOUCHER)
		r = voucher_finish(o, signature);
	else if (o->type == MESSAGE_SIGN_IDEVID)
		r = idevid_finish(o, signature);
	else if (o->type == MESSAGE_SIGN_MANIFEST)
		r = manifest_finish(o, signature);
	else
		r = key_create_finish(o, signature);
	if (r == REASON_OK && !o->again)
		remember_signed(s, o);
	return r;
}

/* The records are on disk: now signatures may come into being, of the next
 * orders that want one, as many as are cheaper together. Returns the first order
 * behind them. */
static struct order *
sign_some(struct signer *s)
{
	struct signature all[SIGNATURES_MAX];
	struct order *of[SIGNATURES_MAX], *o;
	size_t i, n = 0;

	for (o = s->first; o != NULL && n < SIGNATURES_MAX; o = o->next) {
		if (o->reason != REASON_OK || o->signer == NULL)
			continue;
		all[n].key = o->signer->key;
		all[n].message = buf_span(&o->tbs);
		of[n++] = o;
	}
	if (n > 0)
		private_keys_sign(all, n);
	for (i = 0; i < n; i++) {
		struct span signature = span_of(all[i].bytes, all[i].len);

		held_key_check(of[i]->signer, all[i].message, signature,
		    of[i]->type == MESSAGE_KEY_CREATE ||
			of[i]->type == MESSAGE_SIGN_MANIFEST);
		of[i]->reason = finish(s, of[i], signature);
	}
	return o;
}

/* The record is on disk: now the copy may come, or the key may go, and a second
 * record says so. Only a failed write of the journal is everybody's end. */
static enum reason
finish_end(struct signer *s, struct order *o, struct why *why)
{
	const struct ledger_key *k = ledger_key_of(s, o->end.name);
	struct record ended;
	enum reason r;

	if (o->end.signatures_len == 0) {
		o->reason = key_copy(s, o);
		return REASON_OK;
	}
	o->reason = key_erase(s, k, &ended, &o->why);
	if (o->reason != REASON_OK)
		return REASON_OK;
	r = append(s, &ended, &o->why);
	if (r == REASON_JOURNAL_FULL) {
		o->reason = r; /* erased; the next start says so */
		return REASON_OK;
	}
	if (r != REASON_OK)
		return why_set(why, r, -1, "%s", o->why.text);
	o->sequence = ended.sequence;
	if ((r = commit(s, why)) == REASON_OK)
		key_erased(s, k);
	return r;
}

static void
answer(struct signer *s, struct order *o)
{
	struct message_signed m = { .reason = o->reason, .again = o->again };

	if (o->reason != REASON_OK) {
		log_reason(o->reason, &o->why, "event=\"order\" order=\"%s\"",
		    message_name(o->type));
		memcpy(m.text, o->why.text, sizeof(m.text));
		m.text[sizeof(m.text) - 1] = '\0';
	} else {
		m.sequence = o->sequence;
		m.device = o->result;
		m.artifact = buf_span(&o->artifact);
	}
	s->calls.answer(s->calls.context, o->id, &m);
}

enum reason
signer_group(struct signer *s, struct why *why)
{
	struct order *o, *end;
	enum reason r;

	if (s->first == NULL)
		return REASON_OK;
	take_time(s);
	r = append_signed(s, why);
	if (r != REASON_OK && r != REASON_JOURNAL_FULL)
		return r;
	for (o = s->first; o != NULL; o = o->next) {
		why_clear(&o->why);
		o->reason = prepare(s, o);
		if (o->reason == REASON_OK && !o->again)
			o->reason = write_down(s, o);
		if (o->reason == REASON_JOURNAL_WRITE)
			return why_set(why, o->reason, -1, "%s", o->why.text);
	}
	if ((r = commit(s, why)) != REASON_OK)
		return r;
	while (s->first != NULL) {
		end = sign_some(s);
		while ((o = s->first) != end) {
			if (o->reason == REASON_OK && o->type == MESSAGE_ACT)
				act_finish(s, o);
			if (o->reason == REASON_OK && !o->again &&
			    o->type == MESSAGE_KEY_END &&
			    (r = finish_end(s, o, why)) != REASON_OK)
				return r;
			answer(s, o);
			s->first = o->next;
			order_free(o);
		}
	}
	s->last = &s->first;
	return REASON_OK;
}

enum reason
signer_flush(struct signer *s, struct why *why)
{
	enum reason r;

	take_time(s);
	if (s->signed_later.len == 0)
		return REASON_OK;
	r = append_signed(s, why);
	if (r != REASON_OK && r != REASON_JOURNAL_FULL)
		return r;
	return commit(s, why);
}
