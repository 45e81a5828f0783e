/* hallmark ca request, import, retire, list, show; policy: admin_policy.c. */
#include <stdio.h>

#include "authority/authority.h"
#include "base/clock.h"
#include "base/fatal.h"
#include "crypto/hash/hash.h"

/* --- a key is made; its certification request goes back --- */

static enum reason
read_purpose(
    const struct message_admin *m, enum key_purpose *out, struct why *why)
{
	struct span word = admin_argument(m, "purpose");

	if (span_is(word, "voucher"))
		*out = PURPOSE_VOUCHER;
	else if (span_is(word, "idevid-ca"))
		*out = PURPOSE_IDEVID_CA;
	else if (span_is(word, "manifest"))
		*out = PURPOSE_MANIFEST;
	else
		return why_set(why, REASON_ADMIN_ARGUMENT, -1,
		    "purpose: voucher, idevid-ca or manifest");
	return REASON_OK;
}

static enum reason
read_algorithm(
    const struct message_admin *m, struct key_order *k, struct why *why)
{
	struct span word = admin_argument(m, "algorithm");

	k->p384 = span_is(word, "p384");
	k->rsa_bits = span_is(word, "rsa-2048") ? 2048
	    : span_is(word, "rsa-3072")		? 3072
						: 0;
	if (k->rsa_bits != 0 && k->purpose != PURPOSE_IDEVID_CA)
		return why_set(why, REASON_ADMIN_ARGUMENT, -1,
		    "algorithm: RSA is for issuing CAs only (IP 1)");
	if (k->p384 || k->rsa_bits != 0 || word.len == 0 ||
	    span_is(word, "p256"))
		return REASON_OK;
	return why_set(why, REASON_ADMIN_ARGUMENT, -1,
	    "algorithm: p256, p384, rsa-2048 or rsa-3072");
}

/* "yes" or nothing. */
static enum reason
read_raw(const struct message_admin *m, bool *raw, struct why *why)
{
	struct span word = admin_argument(m, "raw");

	*raw = span_is(word, "yes");
	if (*raw || word.len == 0)
		return REASON_OK;
	return why_set(why, REASON_ADMIN_ARGUMENT, -1, "raw: yes");
}

/* A successor does the work of the key before it, where nothing else is said; its
 * days are its own. */
static enum reason
inherit(struct authority *a, struct key_order *k, struct why *why)
{
	const struct ledger_key *before =
	    ledger_key_find(&a->ledger, k->succeeds);

	if (before == NULL)
		return why_set(why, REASON_CA_UNKNOWN, -1, "%s", k->succeeds);
	k->policy = before->order.policy;
	k->policy.first_day = k->policy.last_day = 0;
	if (k->factory[0] == '\0')
		memcpy(k->factory, before->order.factory, sizeof(k->factory));
	return REASON_OK;
}

static enum reason
read_order(struct authority *a, const struct message_admin *m,
    struct key_order *k, struct why *why)
{
	enum reason r;

	if ((r = read_purpose(m, &k->purpose, why)) != REASON_OK ||
	    (r = read_algorithm(m, k, why)) != REASON_OK ||
	    (r = read_raw(m, &k->raw, why)) != REASON_OK ||
	    (r = admin_text(m, "name", k->name, sizeof(k->name), true, why)) !=
		REASON_OK ||
	    (r = admin_text(m, "slot", k->slot, sizeof(k->slot),
		 k->purpose == PURPOSE_IDEVID_CA, why)) != REASON_OK ||
	    (r = admin_text(m, "factory", k->factory, sizeof(k->factory), false,
		 why)) != REASON_OK ||
	    (r = admin_text(m, "succeeds", k->succeeds, sizeof(k->succeeds),
		 false, why)) != REASON_OK)
		return r;
	key_policy_defaults(&k->policy, k->purpose);
	if (k->succeeds[0] != '\0' && (r = inherit(a, k, why)) != REASON_OK)
		return r;
	return policy_read(a, m, k->purpose, &k->policy, why);
}

/* The signer asks the same. Whoever it refuses has got past us, which is an alarm;
 * an operator's slip is none. */
static enum reason
admit_key(struct authority *a, const struct key_order *k, struct why *why)
{
	const char *fault = key_order_fault(k);
	struct why inner;

	if (fault != NULL)
		return why_set(why, REASON_ADMIN_ARGUMENT, -1, "%s", fault);
	if (ledger_key_admits(&a->ledger, k, &inner) == REASON_OK)
		return REASON_OK;
	return why_set(why, REASON_KEY_TAKEN, -1, "%s", inner.text);
}

void
ca_request(
    struct authority *a, struct origin from, const struct message_admin *m)
{
	struct peer *signer = signer_peer(a);
	struct key_order k = { 0 };
	struct pending *p;
	struct why why;
	enum reason r = read_order(a, m, &k, &why);

	if (r == REASON_OK)
		r = admit_key(a, &k, &why);
	if (r != REASON_OK) {
		answer_refusal(from, r, &why);
		return;
	}
	if ((p = admin_pending(a, STAGE_KEY, from, m)) == NULL)
		return;
	memcpy(p->key, k.name, sizeof(p->key));
	admin_act(a, NULL, from, m->verb, k.name);
	signer_sent(a, p,
	    signer != NULL &&
		PEER_SEND(signer, KEY_CREATE, pending_id(p), key_order, &k));
}

/* KEY_CREATE and KEY_CERTIFY: their rows came with the records. */
void
ca_signed(
    struct authority *a, struct pending *p, const struct message_signed *m)
{
	struct answer *d;
	struct why why;

	if (m->reason != REASON_OK) {
		why_set(&why, m->reason, -1, "%s", m->text);
		admin_fail(a, p, m->reason, &why);
		return;
	}
	d = answer_later(a, p);
	if (!buf_add(&d->blob, m->artifact))
		fatal("a CSR is longer than a frame");
}

/* --- its certificate comes --- */

static enum reason
read_chain(
    const struct message_admin *m, struct key_certificate *k, struct why *why)
{
	char name[16];
	enum reason r;

	if ((r = admin_text(m, "name", k->name, sizeof(k->name), true, why)) !=
	    REASON_OK)
		return r;
	for (k->chain_len = 0; k->chain_len < CHAIN_MAX; k->chain_len++) {
		struct span *c = &k->chain[k->chain_len];

		snprintf(name, sizeof(name), "chain.%u", k->chain_len);
		*c = admin_argument(m, name);
		if (c->len == 0)
			break;
		if (c->len > CERTIFICATE_MAX)
			return why_set(why, REASON_ADMIN_ARGUMENT, -1,
			    "%s: more than %d octets", name, CERTIFICATE_MAX);
	}
	if (k->chain_len == 0)
		return why_set(why, REASON_ADMIN_ARGUMENT, -1,
		    "chain: the key's certificate first, its root last");
	return REASON_OK;
}

/* The chain is on record: whatever happens to us, RECORD_CA finds it there. */
static void
ca_recorded(struct authority *a, struct pending *p, bool good)
{
	struct peer *signer = signer_peer(a);
	struct key_certificate k = { 0 };
	struct message_admin m;
	struct why why;

	if (!good) {
		admin_fail(a, p, REASON_STORE_FAILED, NULL);
		return;
	}
	admin_again(p, &m);
	if (read_chain(&m, &k, &why) != REASON_OK)
		fatal("a chain that was read before");
	p->stage = STAGE_KEY;
	admin_act(a, NULL, p->origin, m.verb, k.name);
	signer_sent(a, p,
	    a->synced && signer != NULL &&
		PEER_SEND(
		    signer, KEY_CERTIFY, pending_id(p), key_certificate, &k));
}

/* A chain on record is that of the certificate which the signer was given: another one
 * would come in between. */
static bool
is_importing(const struct authority *a, const char *name)
{
	const struct pending *p;

	for (p = a->pending; p < a->pending + PENDING_MAX; p++)
		if (p->used && p->committed == ca_recorded &&
		    strcmp(p->key, name) == 0)
			return true;
	return false;
}

void
ca_import(
    struct authority *a, struct origin from, const struct message_admin *m)
{
	struct key_certificate k = { 0 };
	struct pending *p;
	struct why why;
	enum reason r = read_chain(m, &k, &why);

	if (r == REASON_OK && is_importing(a, k.name))
		r = why_set(&why, REASON_CA_UNKNOWN, -1,
		    "a certificate of key %s is under way already", k.name);
	if (r == REASON_OK &&
	    !store_ca_chain(a->store, k.name, k.chain, k.chain_len))
		r = why_set(&why, REASON_CA_UNKNOWN, -1,
		    "no key %s waits for a certificate", k.name);
	if (r != REASON_OK) {
		answer_refusal(from, r, &why);
		return;
	}
	if ((p = admin_pending(a, STAGE_KEY, from, m)) == NULL)
		return;
	memcpy(p->key, k.name, sizeof(p->key));
	wait_for_commit(a, p, ca_recorded);
}

/* The record itself takes the key out of use, here and at the signer. */
void
ca_retire(
    struct authority *a, struct origin from, const struct message_admin *m)
{
	char name[KEY_NAME_MAX + 1], cause[16];
	char subject[sizeof(name) + sizeof(cause)];
	struct pending *p;
	struct why why;
	enum reason r = admin_text(m, "name", name, sizeof(name), true, &why);

	if (r == REASON_OK && key_by_name(a, name) == NULL)
		r = why_set(&why, REASON_CA_UNKNOWN, -1, "%s", name);
	if (r == REASON_OK &&
	    (admin_text(m, "reason", cause, sizeof(cause), true, &why) !=
		    REASON_OK ||
		!key_cause_known(cause)))
		r = why_set(&why, REASON_ADMIN_ARGUMENT, -1,
		    "reason: " KEY_CAUSE_WORDS);
	if (r != REASON_OK) {
		answer_refusal(from, r, &why);
		return;
	}
	if ((p = admin_pending(a, STAGE_ACT, from, m)) == NULL)
		return;
	snprintf(subject, sizeof(subject), "%s %s", name, cause);
	admin_act(a, p, from, LEDGER_VERB_RETIRE, subject);
}

static enum reason
read_awake(struct authority *a, const char *subject, struct why *why)
{
	struct ledger_key *k;
	struct why inner;
	int64_t moment;
	enum reason r = ledger_awake_read(
	    &a->ledger, subject, clock_now(), &k, &moment, &inner);

	if (r == REASON_OK)
		return r;
	return why_set(why,
	    r == REASON_SIGNER_KEY ? REASON_CA_UNKNOWN : REASON_ADMIN_ARGUMENT,
	    -1, "%s", inner.text);
}

/* A supervisor wakes it, or with "now" puts it to sleep. */
void
ca_activate(
    struct authority *a, struct origin from, const struct message_admin *m)
{
	char name[KEY_NAME_MAX + 1], until[CLOCK_TEXT_SIZE];
	char subject[KEY_NAME_MAX + CLOCK_TEXT_SIZE + 2];
	struct pending *p;
	struct why why;
	enum reason r = admin_text(m, "name", name, sizeof(name), true, &why);

	if (r == REASON_OK)
		r = admin_text(m, "until", until, sizeof(until), true, &why);
	if (r == REASON_OK) {
		if (strcmp(until, "now") == 0)
			clock_print(until, clock_now());
		snprintf(subject, sizeof(subject), "%s %s", name, until);
		r = read_awake(a, subject, &why);
	}
	if (r != REASON_OK) {
		answer_refusal(from, r, &why);
		return;
	}
	if ((p = admin_pending(a, STAGE_ACT, from, m)) != NULL)
		admin_act(a, p, from, LEDGER_VERB_AWAKE, subject);
}

/* --- reading --- */

void
put_time(struct json_out *o, const char *name, int64_t moment)
{
	char text[CLOCK_TEXT_SIZE] = "";

	if (moment != 0)
		clock_print(text, moment);
	json_add_optional(o, name, text);
}

/* Names that `hallmark init` gives say so (ceremony/ceremony.h): the words stand
 * in the root's own name. They are looked for among its octets, not decoded; to
 * call too many a software root does no harm. */
bool
ca_software_root(const struct store_ca *ca)
{
	static const char words[] = "(software root)";
	struct span root;

	if (ca->chain_len == 0)
		return false;
	root = ca->chain[ca->chain_len - 1];
	return memmem(root.ptr, root.len, words, strlen(words)) != NULL;
}

/* Draining (IP 4) follows from the rest: it is said, not kept. */
static const char *
state_word(const struct authority *a, const struct ledger_key *k,
    const struct store_ca *ca)
{
	if (k == NULL)
		return key_state_name((enum key_state)ca->state);
	if (k->state == KEY_ACTIVE && ca_used(a, k) >= KEY_SWITCH_PERCENT &&
	    ledger_key_successor(&a->ledger, k) != NULL)
		return "draining";
	return key_state_name(k->state);
}

/* Where an issuing CA stands in its line. */
static void
put_place(struct authority *a, struct json_out *o, const struct ledger_key *k)
{
	const struct ledger_key *next = ledger_key_successor(&a->ledger, k);
	int64_t end = key_policy_end(&k->order.policy, &k->count);

	if (k->order.purpose == PURPOSE_IDEVID_CA) {
		json_add_uint(
		    o, "generation", ledger_key_generation(&a->ledger, k));
		json_add_optional(o, "factory", k->order.factory);
		put_time(o, "awake-until", k->count.awake_until);
		json_add_optional(o, "succeeds", k->order.succeeds);
		json_add_optional(
		    o, "successor", next == NULL ? "" : next->order.name);
	}
	/* Where its wrapping key lay is known when it was erased. */
	json_add_optional(o, "wrapping",
	    wrapping_name(k->erased != 0 ? k->erased
		    : k->wrapped	 ? WRAPPING_BESIDE
					 : WRAPPING_NONE));
	put_time(o, "activated", k->count.activated);
	put_time(o, "end", end == INT64_MAX ? 0 : end);
	json_add_uint(o, "used-percent", ca_used(a, k));
}

static void
put_ca(struct authority *a, struct json_out *o, const struct store_ca *ca)
{
	const struct ledger_key *k = ledger_key_find(&a->ledger, ca->name);

	json_add_text(o, "name", ca->name);
	json_add_text(o, "purpose", key_purpose_word(ca->purpose));
	json_add_text(o, "state", state_word(a, k, ca));
	json_add_text(o, "slot", ca->slot);
	json_put_name(o, "root");
	if (ca->chain_len == 0)
		json_put_null(o);
	else
		json_put_text(
		    o, ca_software_root(ca) ? "software root" : "other");
	if (k != NULL) {
		put_place(a, o, k);
		policy_put(o, k);
	}
	put_time(o, "created", ca->created);
	put_time(o, "not-after", ca->not_after);
	json_add_optional(o, "retired-for", ca->cause);
	json_add_hex(o, "key-id", span_of(ca->key_id, ca->key_id_len));
}

static const char *
algorithm_text(const struct key_order *k)
{
	return k->rsa_bits == 2048 ? "rsa-2048"
	    : k->rsa_bits == 3072  ? "rsa-3072"
	    : k->p384		   ? "p384"
				   : "p256";
}

static void
put_sha256(struct json_out *o, const char *name, struct span der)
{
	uint8_t hash[HASH_SIZE];

	sha256(der, hash);
	json_add_hex(o, name, span_of(hash, sizeof(hash)));
}

/* What an auditor compares with the evidence of ceremonies. Levels are counted to
 * the end entity: a device, or the voucher signer (IP 1). */
static void
put_evidence(struct authority *a, struct json_out *o, const struct store_ca *ca)
{
	const struct ledger_key *k = ledger_key_find(&a->ledger, ca->name);

	if (k != NULL) {
		json_add_text(o, "algorithm", algorithm_text(&k->order));
	}
	if (ca->chain_len == 0)
		return;
	json_add_uint(o, "levels",
	    ca->chain_len + (ca->purpose == PURPOSE_IDEVID_CA ? 1U : 0U));
	put_sha256(o, "certificate-sha256", ca->chain[0]);
	put_sha256(o, "root-sha256", ca->chain[ca->chain_len - 1]);
}

static void
put_chain_of(struct json_out *o, const struct store_ca *ca)
{
	unsigned i;

	json_put_name(o, "chain");
	json_begin_array(o);
	for (i = 0; i < ca->chain_len; i++)
		json_put_base64(o, ca->chain[i]);
	json_end_array(o);
}

struct printing {
	struct authority *a;
	struct json_out *o;
	bool chain_only, found;
};

static void
put_named(void *context, const struct store_ca *ca)
{
	struct printing *s = context;

	s->found = true;
	if (!s->chain_only) {
		put_ca(s->a, s->o, ca);
		put_evidence(s->a, s->o, ca);
	}
	put_chain_of(s->o, ca);
}

void
put_chain(struct authority *a, struct json_out *o, const char *name)
{
	struct printing s = { .a = a, .o = o, .chain_only = true };

	store_ca_find(a->store, name, put_named, &s);
}

struct listing {
	struct authority *a;
	struct page page;
};

static void
put_next(void *context, const struct store_ca *ca)
{
	struct listing *l = context;

	if (!page_reached(&l->page, ca->name) ||
	    !page_takes(&l->page, ca->name))
		return;
	put_ca(l->a, &l->page.o, ca);
	json_end_object(&l->page.o);
}

#define ONE_CA 2048 /* octets of JSON; no entry has more */

void
ca_list(struct authority *a, struct origin from, const struct message_admin *m)
{
	struct listing l = { .a = a };

	if (!page_open(&l.page, from, m, ONE_CA, "cas"))
		return;
	store_ca_each(a->store, put_next, &l);
	page_end(&l.page, from);
}

void
ca_show(struct authority *a, struct origin from, const struct message_admin *m)
{
	static char room[ADMIN_BLOB_MAX];
	char name[KEY_NAME_MAX + 1];
	struct json_out o;
	struct printing s = { .a = a, .o = &o };
	struct why why;
	enum reason r = admin_text(m, "name", name, sizeof(name), true, &why);

	if (r != REASON_OK) {
		answer_refusal(from, r, &why);
		return;
	}
	json_out_open(&o, room, sizeof(room));
	json_begin_object(&o);
	store_ca_find(a->store, name, put_named, &s);
	json_end_object(&o);
	if (s.found) {
		answer_json(from, &o);
		return;
	}
	why_set(&why, REASON_CA_UNKNOWN, -1, "%s", name);
	answer_refusal(from, REASON_CA_UNKNOWN, &why);
}
