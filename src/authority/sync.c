/*
 * The copy of the journal: heads are compared before any work (architecture 3).
 * Every record comes over once, in order, and what it tells is put into the
 * tables here, whether somebody waits for it or not: a record that nobody was
 * told of is in the audit log all the same, as undelivered.
 */
#include <stdio.h>
#include <stdlib.h>

#include "authority/authority.h"
#include "base/clock.h"
#include "base/fatal.h"
#include "base/log.h"
#include "base/text.h"
#include "crypto/hash/hash.h"

struct peer *
signer_peer(struct authority *a)
{
	return program_peer(a->program, ROLE_SIGNER, 0);
}

int64_t
chain_now(const struct authority *a)
{
	int64_t now = clock_now();

	return now > a->ledger.time ? now : a->ledger.time;
}

int64_t
chain_past(const struct authority *a)
{
	int64_t now = clock_now();

	return now < a->ledger.time ? now : a->ledger.time;
}

enum reason
ledger_load(struct authority *a, struct why *why)
{
	enum reason r;

	ledger_free(&a->ledger);
	r = store_journal_ledger(a->store, &a->ledger, why);
	keys_load(a);
	return r;
}

/* After a group that was lost the store's copy counts. */
static bool
copy_load(struct authority *a)
{
	struct why why;
	enum reason r = ledger_load(a, &why);

	if (r != REASON_OK)
		log_reason(r, &why, "event=\"journal-copy\"");
	return r == REASON_OK;
}

/* Says to the signer what the store has; records that it lacks follow. */
void
sync_begin(struct authority *a)
{
	struct peer *signer = signer_peer(a);
	struct message_head m = { 0 };
	struct store_head head;

	a->synced = false;
	if (signer == NULL)
		return;
	a->trouble = REASON_OK;
	group_commit(a);
	if (a->commit_failed)
		return; /* sync_retry() comes back */
	store_journal_head(a->store, &head);
	if (memcmp(head.sha256, a->ledger.head, HASH_SIZE) != 0 &&
	    !copy_load(a))
		return;
	m.empty = head.empty;
	m.sequence = head.sequence;
	memcpy(m.signer, head.signer, sizeof(m.signer));
	memcpy(m.sha256, head.sha256, HASH_SIZE);
	if (!PEER_SEND(signer, HEAD, 0, head, &m))
		log_warning("sync", "text=\"the signer takes no frames\"");
}

/* Whoever gets this serial from here on finds it used. */
static void
copy_idevid(struct authority *a, const struct record *r)
{
	const struct record_idevid *i = &r->idevid;
	const struct key_entry *key = key_by_name(a, i->key);
	struct store_serial s = { .counter = i->counter,
		.state = SERIAL_BURNT },
			    known;

	if (store_serial_find(
		a->store, i->device.serial, i->device.product, &known))
		return; /* reserved by us: its asker is answered */
	memcpy(s.serial, i->device.serial, sizeof(s.serial));
	memcpy(s.product, i->device.product, sizeof(s.product));
	memcpy(s.csr_sha256, r->request_sha256, HASH_SIZE);
	memcpy(s.spki_sha256, i->device.spki_sha256, HASH_SIZE);
	if (key != NULL && i->scheme[0] == '\0')
		memcpy(s.slot, key->slot, sizeof(s.slot));
	(void)store_serial_add(a->store, &s);
	log_warning("undelivered",
	    "sequence=\"%llu\" serial=\"%s\" "
	    "text=\"an IDevID that nobody got\"",
	    (unsigned long long)r->sequence, s.serial);
}

struct chain_check {
	const struct record_ca *ca;
	bool fits;
};

static void
check_chain(void *context, const struct store_ca *ca)
{
	struct chain_check *c = context;
	uint8_t hash[HASH_SIZE];

	if (ca->chain_len == 0)
		return;
	sha256(ca->chain[0], hash);
	c->fits = memcmp(hash, c->ca->certificate_sha256, HASH_SIZE) == 0;
}

/* The chain went on record before the signer was asked (see admin_ca.c), and
 * must be the one that the signer took. */
static bool
copy_ca(struct authority *a, const struct record *r)
{
	struct chain_check c = { .ca = &r->ca };
	bool good = store_ca_activate(a->store, &r->ca);

	store_ca_find(a->store, r->ca.name, check_chain, &c);
	keys_load(a);
	return good && c.fits;
}

static void
copy_act(struct authority *a, const struct record *r)
{
	char name[KEY_NAME_MAX + 1];
	const char *cause;

	if (strcmp(r->act.verb, LEDGER_VERB_RETIRE) != 0 ||
	    !ledger_retire_read(r->act.subject, name, &cause))
		return;
	(void)store_ca_retire(a->store, name, cause);
	keys_load(a);
}

static void
copy_ended(struct authority *a, const struct record *r)
{
	const struct ledger_key *k = ledger_key_find(&a->ledger, r->ended.name);

	if (k != NULL)
		(void)store_ca_end(a->store, k->order.name, k->state);
	keys_load(a);
}

static void
does_not_fit(uint64_t sequence)
{
	log_alarm("journal-copy",
	    "sequence=\"%llu\" text=\"what this "
	    "record tells does not fit the tables\"",
	    (unsigned long long)sequence);
}

/* a subject key identifier can be chosen freely, so another key may have taken
 * that of a domain that is known. */
static void
note_domain(struct authority *a, const struct record_voucher *v)
{
	struct span id = span_of(v->domain_id, v->domain_id_len);
	char domain[HEX_SIZE(KEY_ID_MAX)], key[HEX_SIZE(HASH_SIZE)];

	if (!store_domain_add(a->store, id, v->pin_spki_sha256) ||
	    !store_domain_shared(a->store, id, v->pin_spki_sha256) ||
	    a->alarms == 0)
		return;
	a->alarms--;
	hex_encode(domain, id);
	hex_encode(key, span_of(v->pin_spki_sha256, HASH_SIZE));
	log_alarm("domain-shared",
	    "serial=\"%s\" domain=\"%s\" key=\"%s\" text=\"another key has "
	    "this domainID, too\"",
	    v->serial, domain, key);
}

/*
 * The voucher follows its record in the same group nearly always: so the row
 * waits for it until the commit and is written once, not made and then changed.
 * Record and row are still of one transaction.
 */
static bool
copy_voucher(struct authority *a, const struct record *r)
{
	struct late *l;

	note_domain(a, &r->voucher);
	if (!a->synced) {
		log_warning("undelivered",
		    "sequence=\"%llu\" "
		    "serial=\"%s\" text=\"a voucher that nobody "
		    "got\"",
		    (unsigned long long)r->sequence, r->voucher.serial);
		return store_voucher_add(a->store, r);
	}
	l = memory_new(sizeof(*l));
	l->record = *r;
	*a->late_tail = l;
	a->late_tail = &l->next;
	return true;
}

/* Takes it from the list: the first one, if the signer keeps the order. */
static struct late *
late_take(struct authority *a, uint64_t sequence)
{
	struct late **at = &a->late, *l;

	while ((l = *at) != NULL && l->record.sequence != sequence)
		at = &l->next;
	if (l != NULL && (*at = l->next) == NULL)
		a->late_tail = at;
	return l;
}

static void
late_add(struct authority *a, struct late *l)
{
	if (!store_voucher_add(a->store, &l->record) &&
	    store_group_good(a->store))
		does_not_fit(l->record.sequence);
}

bool
sync_deliver(struct authority *a, uint64_t sequence,
    const uint8_t request[HASH_SIZE], const struct store_delivery *d)
{
	struct late *l = late_take(a, sequence);
	bool good;

	if (l == NULL)
		return false;
	good = memcmp(l->record.request_sha256, request, HASH_SIZE) == 0 &&
	    store_voucher_put(a->store, &l->record, d);
	if (!good)
		late_add(a, l);
	free(l);
	return good;
}

void
sync_rest(struct authority *a)
{
	struct late *l;

	while ((l = a->late) != NULL) {
		a->late = l->next;
		late_add(a, l);
		free(l);
	}
	a->late_tail = &a->late;
}

/* What a record tells the tables; false if it does not fit. */
static bool
copy_facts(struct authority *a, const struct record *r)
{
	bool good = true;

	switch (r->kind) {
	case RECORD_VOUCHER:
		good = copy_voucher(a, r);
		break;
	case RECORD_IDEVID:
		copy_idevid(a, r);
		break;
	case RECORD_KEY:
		good = store_ca_add(a->store, r);
		keys_load(a);
		break;
	case RECORD_CA:
		good = copy_ca(a, r);
		break;
	case RECORD_ACT:
		copy_act(a, r);
		break;
	case RECORD_ENDED:
		copy_ended(a, r);
		break;
	case RECORD_POLICY: /* in the ledger */
	case RECORD_MANIFEST:
	case RECORD_END:
	case RECORD_DEVICE: /* its row comes with the tag and the file */
	case RECORD_CHECKPOINT:
	case RECORD_SIGNED:
	case RECORD_CLOCK:
		break;
	}
	return good;
}

/* The rules that the signer keeps are kept here, too: a record that breaks one
 * is not taken. */
static bool
copy_record(struct authority *a, const struct record *r, struct span bytes)
{
	struct why why;
	enum reason reason = ledger_apply(&a->ledger, r, bytes, &why);

	if (reason != REASON_OK) {
		log_reason(reason, &why, "event=\"journal-copy\"");
		return false;
	}
	if (!store_journal_add(a->store, r, bytes))
		return false;
	if (!copy_facts(a, r))
		does_not_fit(r->sequence);
	return true;
}

static void
in_trouble(struct authority *a, enum reason r, const char *text)
{
	a->synced = false;
	a->trouble = r;
	snprintf(a->trouble_text, sizeof(a->trouble_text), "%s", text);
	admin_resume(a);
}

/* A new signer may go on where the copy ends, and nowhere else. */
static bool
same_signer(struct authority *a, const struct record *r)
{
	struct ledger_before before;
	struct ledger next;
	struct why why;
	enum reason reason;

	if (a->ledger.sequence == 0 ||
	    memcmp(r->signer, a->ledger.signer, sizeof(r->signer)) == 0)
		return true;
	/* Behind a lost group: what is between comes once more. */
	if (!a->synced &&
	    (r->sequence > 1 ||
		(ledger_before(r, &before, &why) == REASON_OK &&
		    memcmp(before.signer, a->ledger.signer,
			sizeof(before.signer)) == 0 &&
		    before.sequence > a->ledger.sequence)))
		return false;
	reason = ledger_joins(&a->ledger, r, &next, &why);
	if (reason == REASON_OK) {
		log_note("signer-new", "before=\"%llu\"",
		    (unsigned long long)a->ledger.sequence);
		ledger_free(&a->ledger);
		a->ledger = next; /* transferred */
		return true;
	}
	log_reason(reason, &why, "event=\"journal-copy\"");
	in_trouble(a, reason, why.text);
	return false;
}

void
sync_record(struct authority *a, const struct frame *frame)
{
	struct message_record m;
	struct record r;
	struct why why;
	struct cbor in;

	cbor_open(&in, frame->payload, true);
	if (!message_record_get(&in, &m) ||
	    record_read(m.record, &r, &why) != REASON_OK ||
	    r.sequence != m.sequence)
		fatal("malformed RECORD");
	if (a->trouble != REASON_OK || !same_signer(a, &r))
		return;
	/* Behind a lost group: HEAD asks for all of it once more. */
	if (a->commit_failed ||
	    (!a->synced && m.sequence > a->ledger.sequence + 1))
		return;
	/* It was on its way when HEAD went out, and HEAD brought it again. */
	if (m.sequence <= a->ledger.sequence) {
		if (!store_journal_add(a->store, &r, m.record))
			store_group_spoil(a->store);
		return;
	}
	if (m.sequence != a->ledger.sequence + 1)
		fatal("record %llu came after %llu",
		    (unsigned long long)m.sequence,
		    (unsigned long long)a->ledger.sequence);
	/* The group is lost; heads are compared again after it. */
	if (!copy_record(a, &r, m.record))
		store_group_spoil(a->store);
}

void
sync_done(struct authority *a, const struct frame *frame)
{
	struct message_synced m;
	struct cbor in;

	cbor_open(&in, frame->payload, true);
	if (!message_synced_get(&in, &m))
		fatal("malformed SYNCED");
	group_commit(a);
	if (m.reason != REASON_OK) {
		in_trouble(a, m.reason, m.text);
		return;
	}
	if (a->trouble != REASON_OK || a->commit_failed ||
	    m.sequence != a->ledger.sequence ||
	    memcmp(m.signer, a->ledger.signer, sizeof(m.signer)) != 0)
		return; /* meant for a HEAD before the last one */
	memcpy(a->signer, m.signer, sizeof(a->signer));
	a->test = m.test;
	memset(a->unreached, 0, sizeof(a->unreached));
	if (m.unreached.len > 0)
		memcpy(a->unreached, m.unreached.ptr, m.unreached.len);
	a->synced = true;
	program_ready(a->program);
	log_note("synced", "sequence=\"%llu\"", (unsigned long long)m.sequence);
	admin_resume(a);
}

void
sync_lost(struct authority *a)
{
	if (!a->commit_failed)
		log_alarm("store-failed",
		    "text=\"a group could not be "
		    "committed; nothing is signed until one can\"");
	a->commit_failed = true;
	a->synced = false;
	program_ready(a->program); /* for what needs no write */
	keys_load(a);
	public_cas_load(a);
	customers_load(a);
	recheck_load(a);
	reputation_lost(a);
}

void
sync_retry(struct authority *a)
{
	if (!a->commit_failed || signer_peer(a) == NULL)
		return;
	a->commit_failed = false;
	if (!store_probe(a->store))
		store_group_spoil(a->store);
	sync_begin(a);
	if (!a->commit_failed)
		log_note("store-recovered", "%s", "");
}
