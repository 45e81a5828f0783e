/* Keys come, get their certificates and go: orders of operators. */
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "envelope/csr.h"
#include "envelope/pem.h"
#include "model/serial.h"
#include "signer/signer.h"
#include "x509/lint.h"

#define CSR_ROOM 2048 /* RSA-3072: about 900 */

/* Names become file names: A-Z a-z 0-9 and hyphen, not the tag key's. */
static bool
key_name_valid(const char *name)
{
	const char *c;

	for (c = name; *c != '\0'; c++)
		if (!((*c >= 'A' && *c <= 'Z') || (*c >= 'a' && *c <= 'z') ||
			(*c >= '0' && *c <= '9') || *c == '-'))
			return false;
	return c != name && c - name <= KEY_NAME_MAX && name[0] != '-' &&
	    strcmp(name, "tag") != 0;
}

static enum reason
check_order(const struct key_order *k, struct why *why)
{
	const char *field = NULL;

	if (!key_name_valid(k->name))
		field = "name";
	else if (k->purpose != PURPOSE_VOUCHER &&
	    k->purpose != PURPOSE_IDEVID_CA)
		field = "purpose";
	else if (k->purpose == PURPOSE_IDEVID_CA ? !slot_valid(k->slot)
						 : k->slot[0] != '\0')
		field = "slot";
	else if (k->rsa_bits != 0 &&
	    (k->purpose != PURPOSE_IDEVID_CA || k->p384 ||
		(k->rsa_bits != 2048 && k->rsa_bits != 3072)))
		field = "algorithm"; /* RSA for legacy TPM lines only (IP 1) */
	return field == NULL
	    ? key_policy_check(&k->policy, k->purpose, why)
	    : why_set(why, REASON_SIGNER_FACTS, -1, "key %s", field);
}

/* A slot is never shared (IP 5.2), not even with a retired key, nor with one
 * that a reader would take for it. */
static enum reason
check_unique(const struct signer *s, const struct key_order *k, struct why *why)
{
	const struct ledger *l = journal_ledger(s->journal);
	size_t i;

	if (l->keys_len == LEDGER_KEYS_MAX)
		return why_set(why, REASON_SIGNER_POLICY, -1,
		    "a signer holds at most %d keys", LEDGER_KEYS_MAX);
	for (i = 0; i < l->keys_len; i++) {
		const struct key_order *other = &l->keys[i].order;

		if (strcmp(other->name, k->name) == 0)
			return why_set(why, REASON_SIGNER_POLICY, -1,
			    "there is a key %s", k->name);
		if (k->slot[0] != '\0' && other->slot[0] != '\0' &&
		    token_alike(other->slot, k->slot))
			return why_set(why, REASON_SIGNER_POLICY, -1,
			    "slot %s belongs to key %s", other->slot,
			    other->name);
	}
	return REASON_OK;
}

/* The file comes before the record. A file that no record names is what an
 * interrupted creation left, and goes. */
static enum reason
key_make(struct signer *s, const struct key_order *k, struct held_key **out,
    struct why *why)
{
	struct private_key *key;
	struct secret passphrase;
	char path[PATH_MAX];
	enum reason r;

	if ((r = signer_passphrase(s, &passphrase, why)) != REASON_OK)
		return r;
	key = k->rsa_bits != 0
	    ? private_key_generate_rsa(k->rsa_bits)
	    : private_key_generate(k->p384 ? KEY_P384 : KEY_P256);
	key_path(path, s->folder, k->name, "key");
	(void)unlink(path);
	r = private_key_save(key, path, &passphrase, why);
	secret_free(&passphrase);
	if (r != REASON_OK) {
		private_key_free(key);
		return r;
	}
	*out = keyring_add(&s->keyring, k->name, key); /* transferred */
	return REASON_OK;
}

enum reason
key_create_prepare(struct signer *s, struct order *o)
{
	uint8_t *room;
	enum reason r;
	size_t len;

	if ((r = check_order(&o->key, &o->why)) != REASON_OK ||
	    (r = check_unique(s, &o->key, &o->why)) != REASON_OK ||
	    (r = key_make(s, &o->key, &o->signer, &o->why)) != REASON_OK)
		return r;
	buf_init(&o->tbs, CSR_ROOM);
	room = buf_reserve(&o->tbs, CSR_ROOM);
	if (!csr_render(private_key_spki(o->signer->key), o->key.name, NULL,
		room, CSR_ROOM, &len))
		return why_set(&o->why, REASON_SIGNER_FACTS, -1, "CSR");
	o->tbs.len = len;
	o->record.kind = RECORD_KEY;
	sha256(buf_span(&o->tbs), o->record.tbs_sha256);
	o->record.key.order = o->key;
	sha256(private_key_spki(o->signer->key), o->record.key.spki_sha256);
	return REASON_OK;
}

enum reason
key_create_finish(struct order *o, struct span signature)
{
	uint8_t *room;
	size_t len;

	buf_init(&o->artifact, CSR_ROOM);
	room = buf_reserve(&o->artifact, CSR_ROOM);
	if (!csr_assemble(buf_span(&o->tbs),
		private_key_algorithm(o->signer->key), signature, room,
		CSR_ROOM, &len))
		return why_set(&o->why, REASON_SIGNER_FACTS, -1, "CSR");
	o->artifact.len = len;
	return REASON_OK;
}

static enum reason
mismatch(struct why *why, unsigned at, const char *what)
{
	return why_set(
	    why, REASON_CA_MISMATCH, -1, "certificate %u: %s", at, what);
}

/* Each is signed by the next, the last one by itself, all but the first CAs. */
static enum reason
check_chain(
    const struct key_certificate *k, struct certificate *chain, struct why *why)
{
	unsigned i;
	enum reason r;

	if (k->chain_len < 2 || k->chain_len > CHAIN_MAX)
		return mismatch(why, k->chain_len,
		    "the chain must run from the key to its root");
	for (i = 0; i < k->chain_len; i++)
		if ((r = certificate_read(k->chain[i], &chain[i], why)) !=
		    REASON_OK)
			return r;
	for (i = 1; i < k->chain_len; i++) {
		if (!chain[i].ca)
			return mismatch(why, i, "it is no CA");
		if (!certificate_signed_by(&chain[i - 1], &chain[i]))
			return mismatch(why, i,
			    "it did not sign the one "
			    "before");
	}
	if (!certificate_self_signed(&chain[i - 1]))
		return mismatch(why, i - 1, "it is not self-signed");
	return REASON_OK;
}

/* The profile that the key was made for (IP 4, IP 6). */
static enum reason
check_profile(const struct signer *s, const struct ledger_key *k,
    const struct held_key *h, const struct certificate *chain, struct why *why)
{
	bool issues = k->order.purpose == PURPOSE_IDEVID_CA;
	struct lint_context context = { .subject = issues ? LINT_CA
							  : LINT_VOUCHER_SIGNER,
		.issuer = &chain[1] };
	struct lint_finding findings[LINT_FINDINGS_MAX];

	if (!span_eq(chain[0].spki, private_key_spki(h->key)))
		return mismatch(why, 0, "it is for another key");
	if (chain[0].ca != issues)
		return mismatch(why, 0, issues ? "it is no CA" : "it is a CA");
	if (issues && (!chain[0].has_path_length || chain[0].path_length != 0))
		return mismatch(why, 0, "its path length is not 0");
	if (chain[0].subject_key_id.len == 0)
		return mismatch(why, 0, "it has no subjectKeyIdentifier");
	if (chain[0].not_after <= s->now)
		return mismatch(why, 0, "it has expired");
	if (certificate_lint(&chain[0], &context, findings) == 0)
		return REASON_OK;
	return why_set(why, findings[0].code, findings[0].why.offset, "%s",
	    findings[0].why.text);
}

static enum reason
chain_write(
    const struct signer *s, const struct key_certificate *k, struct why *why)
{
	char path[PATH_MAX];
	struct buf text;
	enum reason r;
	unsigned i;

	buf_init(&text, CHAIN_MAX * CERTIFICATE_MAX * 2);
	for (i = 0; i < k->chain_len; i++)
		(void)pem_write(&text, "CERTIFICATE", k->chain[i]);
	key_path(path, s->folder, k->name, "pem");
	r = file_write(path, buf_span(&text), 0600, why);
	buf_free(&text);
	return r;
}

enum reason
key_certify_prepare(struct signer *s, struct order *o)
{
	const struct key_certificate *k = &o->certificate;
	const struct ledger_key *known = ledger_key_of(s, k->name);
	struct held_key *h = keyring_find(&s->keyring, k->name);
	struct record_ca *r = &o->record.ca;
	struct certificate chain[CHAIN_MAX];
	enum reason reason;

	if (known == NULL || h == NULL || known->state != KEY_REQUESTED)
		return why_set(&o->why, REASON_SIGNER_KEY, -1,
		    "no key %.32s waits for a certificate", k->name);
	if ((reason = check_chain(k, chain, &o->why)) != REASON_OK ||
	    (reason = check_profile(s, known, h, chain, &o->why)) !=
		REASON_OK ||
	    (reason = chain_write(s, k, &o->why)) != REASON_OK ||
	    (reason = held_key_chain(h, k->chain, k->chain_len, &o->why)) !=
		REASON_OK)
		return reason;
	o->record.kind = RECORD_CA;
	memcpy(r->name, k->name, sizeof(r->name));
	sha256(k->chain[0], r->certificate_sha256);
	memcpy(r->key_id, chain[0].subject_key_id.ptr,
	    chain[0].subject_key_id.len);
	r->key_id_len = (uint8_t)chain[0].subject_key_id.len;
	r->not_after = chain[0].not_after;
	return REASON_OK;
}

/* An operator's word, with his name in the record. */
enum reason
policy_prepare(struct signer *s, struct order *o)
{
	const struct policy_order *p = &o->policy;
	const struct ledger_key *k = ledger_key_of(s, p->name);
	enum reason r;

	if (k == NULL || k->state == KEY_RETIRED)
		return why_set(&o->why, REASON_SIGNER_KEY, -1,
		    "no key %.32s is in use", p->name);
	r = key_policy_check(&p->policy, k->order.purpose, &o->why);
	if (r != REASON_OK)
		return r;
	o->record.kind = RECORD_POLICY;
	o->record.policy.order = *p;
	return REASON_OK;
}

enum reason
act_prepare(struct signer *s, struct order *o)
{
	const struct message_act *a = &o->act;
	const struct ledger_key *k;

	if (a->verb[0] == '\0' || !text_printable(span_str(a->verb)) ||
	    !text_printable(span_str(a->subject)))
		return why_set(&o->why, REASON_SIGNER_FACTS, -1, "act");
	if (strcmp(a->verb, LEDGER_VERB_RETIRE) == 0) {
		k = ledger_key_of(s, a->subject);
		if (k == NULL || k->state == KEY_RETIRED)
			return why_set(&o->why, REASON_SIGNER_KEY, -1,
			    "no key %.32s is in use", a->subject);
	}
	o->record.kind = RECORD_ACT;
	o->record.act.user = a->user;
	memcpy(o->record.act.verb, a->verb, sizeof(o->record.act.verb));
	memcpy(
	    o->record.act.subject, a->subject, sizeof(o->record.act.subject));
	return REASON_OK;
}

void
act_finish(struct signer *s, const struct order *o)
{
	if (strcmp(o->act.verb, LEDGER_VERB_RETIRE) == 0)
		keyring_forget(&s->keyring, o->act.subject);
	if (strcmp(o->act.verb, ACT_CLOCK_CONFIRM) == 0)
		clock_watch_confirm(&s->clock);
}
