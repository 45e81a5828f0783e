/* Keys come, get their certificates and go: orders of operators. */
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "crypto/oid.h"
#include "envelope/csr.h"
#include "envelope/pem.h"
#include "model/serial.h"
#include "signer/signer.h"
#include "wire/der.h"
#include "x509/lint.h"
#include "x509/render.h"

#define CSR_ROOM	2048 /* RSA-3072: about 900 */
#define COMMON_NAME_MAX 64   /* RFC 5280 A.1 */

static enum reason
check_order(const struct key_order *k, struct why *why)
{
	const char *fault = key_order_fault(k);

	return fault == NULL
	    ? key_policy_check(&k->policy, k->purpose, why)
	    : why_set(why, REASON_SIGNER_FACTS, -1, "key %s", fault);
}

/* Issuing CAs are made to be destroyed. A voucher signer must come back from a
 * backup: else a lost disk is a ceremony. */
static bool
wrapped(const struct key_order *k)
{
	return k->purpose == PURPOSE_IDEVID_CA;
}

/* A new wrapping key; the passphrase becomes what both give. */
static enum reason
wrap(const struct signer *s, const char *name, struct secret *passphrase,
    struct why *why)
{
	char folder[PATH_MAX];
	struct secret both;
	enum reason r;

	if ((r = wrapping_new(s, name, why)) != REASON_OK)
		return r;
	path_join(folder, sizeof(folder), s->root, "wrapping");
	r = wrapping_open(folder, name, passphrase, &both, why);
	if (r != REASON_OK)
		return r;
	secret_free(passphrase);
	*passphrase = both; /* transferred */
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
	if (wrapped(k) &&
	    (r = wrap(s, k->name, &passphrase, why)) != REASON_OK) {
		secret_free(&passphrase);
		return r;
	}
	key = k->rsa_bits != 0
	    ? private_key_generate_rsa(k->rsa_bits)
	    : private_key_generate(k->p384 ? KEY_P384 : KEY_P256);
	key_path(path, s->folder, k->name, "key");
	(void)unlink(path);
	r = private_key_save(
	    key, path, &passphrase, wrapped(k) ? NULL : &s->vault, why);
	key_vault_close(&s->vault);
	secret_free(&passphrase);
	if (r != REASON_OK) {
		private_key_free(key);
		return r;
	}
	*out = keyring_add(&s->keyring, k->name, key); /* transferred */
	return REASON_OK;
}

/*
 * A self-signed certificate that means nothing but its key (MP 10.1): no pledge
 * reads more of it. It has no end, as the key has none; its serial is of the key,
 * so that nothing is drawn that a record would have to say.
 */
static bool
placeholder_render(
    const struct signer *s, const struct order *o, uint8_t *room, size_t *len)
{
	const struct private_key *key = o->signer->key;
	struct certificate_plan plan = { .profile = PROFILE_VOUCHER_SIGNER,
		.common_name = o->key.name,
		.not_before = s->now,
		.not_after = DER_TIME_FOREVER,
		.spki = private_key_spki(key),
		.signature_algorithm = private_key_algorithm(key) };
	uint8_t id[20];

	key_identifier(plan.spki, id);
	memcpy(plan.serial, id, sizeof(plan.serial));
	plan.serial[0] = (uint8_t)((id[0] & 0x7f) | 0x01);
	return certificate_render(&plan, room, CSR_ROOM, len);
}

enum reason
key_create_prepare(struct signer *s, struct order *o)
{
	uint8_t *room;
	enum reason r;
	size_t len;

	if ((r = check_order(&o->key, &o->why)) != REASON_OK ||
	    (r = ledger_key_admits(
		 journal_ledger(s->journal), &o->key, &o->why)) != REASON_OK ||
	    (r = key_make(s, &o->key, &o->signer, &o->why)) != REASON_OK)
		return r;
	buf_init(&o->tbs, CSR_ROOM);
	room = buf_reserve(&o->tbs, CSR_ROOM);
	if (o->key.raw ? !placeholder_render(s, o, room, &len)
		       : !csr_render(private_key_spki(o->signer->key),
			     o->key.name, NULL, room, CSR_ROOM, &len))
		return why_set(&o->why, REASON_SIGNER_FACTS, -1, "CSR");
	o->tbs.len = len;
	o->record.kind = RECORD_KEY;
	sha256(buf_span(&o->tbs), o->record.tbs_sha256);
	o->record.key.order = o->key;
	o->record.key.wrapped = wrapped(&o->key);
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
	if (!(o->key.raw ? certificate_assemble : csr_assemble)(
		buf_span(&o->tbs), private_key_algorithm(o->signer->key),
		signature, room, CSR_ROOM, &len))
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

/* May it issue those below it (RFC 5280 6.1.4)? A device with the wrong answer would
 * be refused wherever its path is validated. */
static enum reason
check_issuer(const struct certificate *chain, unsigned at, unsigned chain_len,
    struct why *why)
{
	const struct certificate *c = &chain[at];
	unsigned below = 0, i;

	for (i = 0; i < at; i++)
		below += chain[i].ca;
	if (!c->ca)
		return mismatch(why, at, "it is no CA");
	if (c->has_key_usage && (c->key_usage & KEY_USAGE_CERT_SIGN) == 0)
		return mismatch(why, at, "its keyUsage lacks keyCertSign");
	/* A path length does not count it (IP 6). */
	if (at + 1 < chain_len && span_eq(c->issuer, c->subject))
		return mismatch(why, at, "it is self-issued, and no root");
	if (c->has_path_length && below > c->path_length)
		return mismatch(why, at, "its path length is too small");
	return REASON_OK;
}

/* Each is signed by the next, the last one by itself, all but the first CAs. A
 * voucher key may have a placeholder alone. */
static enum reason
check_chain(const struct key_certificate *k, enum key_purpose purpose,
    struct certificate *chain, struct why *why)
{
	unsigned least = purpose == PURPOSE_VOUCHER ? 1 : 2;
	unsigned i;
	enum reason r;

	if (k->chain_len < least || k->chain_len > CHAIN_MAX)
		return mismatch(why, k->chain_len,
		    "the chain must run from the key to its root");
	for (i = 0; i < k->chain_len; i++)
		if ((r = certificate_read(k->chain[i], &chain[i], why)) !=
		    REASON_OK)
			return r;
	for (i = 1; i < k->chain_len; i++) {
		if ((r = check_issuer(chain, i, k->chain_len, why)) !=
		    REASON_OK)
			return r;
		if (!certificate_signed_by(&chain[i - 1], &chain[i]))
			return mismatch(why, i,
			    "it did not sign the one "
			    "before");
	}
	if (!certificate_self_signed(&chain[i - 1]))
		return mismatch(why, i - 1, "it is not self-signed");
	return REASON_OK;
}

/* Is it an IDevID issuing CA, by its name, or one of this signer's keys (L13)? */
static bool
is_issuing_ca(const struct signer *s, const struct certificate *c)
{
	const struct ledger *l = journal_ledger(s->journal);
	uint8_t hash[HASH_SIZE];
	size_t i;

	sha256(c->spki, hash);
	for (i = 0; i < l->keys_len; i++)
		if (l->keys[i].order.purpose == PURPOSE_IDEVID_CA &&
		    memcmp(l->keys[i].spki_sha256, hash, HASH_SIZE) == 0)
			return true;
	return lint_named_idevid_ca(c);
}

/* The name of an issuing CA says whose it is, and which one of which slot: `<O> IDevID
 * CA <slot>-<generation>` (IP 4), in a home for tests behind TEST. So a certificate
 * that a root signed for another slot, which serials would name, is seen here. A long
 * O may be cut off. */
static bool
named_rightly(const struct signer *s, const struct ledger_key *k,
    const struct certificate *c)
{
	const struct ledger *l = journal_ledger(s->journal);
	char organization[256], name[256], wanted[64], *end;
	const char *begin = name;

	if (!name_attribute(
		c->subject, 10, organization, sizeof(organization)) ||
	    !name_attribute(c->subject, 3, name, sizeof(name)))
		return false;
	snprintf(wanted, sizeof(wanted), " IDevID CA %s-%u", k->order.slot,
	    ledger_key_generation(l, k));
	if (strlen(name) < strlen(wanted))
		return false;
	end = name + strlen(name) - strlen(wanted);
	if (strcmp(end, wanted) != 0)
		return false;
	*end = '\0';
	if (l->test && strncmp(begin, "TEST ", 5) == 0)
		begin += 5;
	return *begin != '\0' &&
	    (strcmp(begin, organization) == 0 ||
		(strlen(name) + strlen(wanted) + 4 > COMMON_NAME_MAX &&
		    strncmp(begin, organization, strlen(begin)) == 0));
}

/* What an issuing CA must not have (IP 4): an extended key usage would bind its
 * devices, anyPolicy would let it sign for vouchers. */
static const char *
ca_excess(const struct certificate *c)
{
	static const uint8_t any_policy[] = { 0x55, 0x1d, 0x20, 0 };
	unsigned i;

	for (i = 0; i < c->policies_len; i++)
		if (span_eq(c->policies[i], OID_SPAN(any_policy)))
			return "it has anyPolicy";
	if (c->policies_len > 1)
		return "it has more than one policy";
	if (c->marks_len > 0) /* IP 6 */
		return "it has an extension by which voucher signers are told";
	return c->has_extended_key_usage ? "it has an extended key usage"
					 : NULL;
}

/*
 * By its policy a pledge tells a voucher signer below a root that certifies both (IP
 * 6), so no issuing CA, and no device, has it or one below (IP 2, L06). Also when the
 * other key is out of use, or gone: neither pledges nor devices know an end of it. So
 * the files are asked, which stay, and not the keyring.
 */
static enum reason
check_policies(const struct signer *s, const struct ledger_key *k,
    const struct certificate *c, struct why *why)
{
	static const uint8_t none[HASH_SIZE];
	const struct ledger *l = journal_ledger(s->journal);
	bool issues = k->order.purpose == PURPOSE_IDEVID_CA, met;
	struct held_key other;
	enum reason r;
	size_t i;

	if (c->policies_len == 0 && c->marks_len == 0)
		return REASON_OK;
	for (i = 0; i < l->keys_len; i++) {
		const struct ledger_key *known = &l->keys[i];

		if (known->order.purpose == k->order.purpose ||
		    memcmp(known->certificate_sha256, none, HASH_SIZE) == 0)
			continue;
		memset(&other, 0, sizeof(other));
		r = held_key_load_chain(&other, s->folder, known, why);
		met = r == REASON_OK &&
		    (issues ? lint_policy_of(c, &other.certificate)
			    : lint_policy_of(&other.certificate, c));
		held_key_free_chain(&other);
		if (r != REASON_OK)
			return r;
		if (met)
			return why_set(why, REASON_CA_MISMATCH, -1,
			    issues
				? "certificate 0: it has a policy of voucher "
				  "signer %s, or one below"
				: "certificate 0: a policy of issuing CA %s "
				  "is one of it, or below",
			    known->order.name);
	}
	return REASON_OK;
}

/* The profile that the key was made for (IP 4, IP 6). */
static enum reason
check_profile(const struct signer *s, const struct ledger_key *k,
    const struct held_key *h, const struct certificate *chain,
    unsigned chain_len, struct why *why)
{
	bool issues = k->order.purpose == PURPOSE_IDEVID_CA;
	struct lint_context context = { .subject = issues ? LINT_CA
							  : LINT_VOUCHER_SIGNER,
		.issuer = &chain[1],
		.issuer_is_idevid_ca =
		    chain_len > 1 && is_issuing_ca(s, &chain[1]) };
	struct lint_finding findings[LINT_FINDINGS_MAX];
	char when[CLOCK_TEXT_SIZE];
	enum reason r;

	if (!span_eq(chain[0].spki, private_key_spki(h->key)))
		return mismatch(why, 0, "it is for another key");
	if (chain[0].ca != issues)
		return mismatch(why, 0, issues ? "it is no CA" : "it is a CA");
	if (issues && (!chain[0].has_path_length || chain[0].path_length != 0))
		return mismatch(why, 0, "its path length is not 0");
	if (issues && ca_excess(&chain[0]) != NULL)
		return mismatch(why, 0, ca_excess(&chain[0]));
	if (issues && !named_rightly(s, k, &chain[0]))
		return why_set(why, REASON_CA_MISMATCH, -1,
		    "certificate 0: its CN is not `<O> IDevID CA %s-%u`",
		    k->order.slot,
		    ledger_key_generation(journal_ledger(s->journal), k));
	if ((r = check_policies(s, k, &chain[0], why)) != REASON_OK)
		return r;
	if (chain[0].subject_key_id.len == 0)
		return mismatch(why, 0, "it has no subjectKeyIdentifier");
	if (chain[0].not_after <= s->now)
		return mismatch(why, 0, "it has expired");
	/* It would be the newest, be asked at once, and could sign nothing. */
	if (chain[0].not_before > s->now) {
		clock_print(when, chain[0].not_before);
		return why_set(why, REASON_CA_MISMATCH, -1,
		    "certificate 0: it is not valid yet, import it at %s",
		    when);
	}
	if (chain_len == 1)
		return REASON_OK; /* by nobody's profile */
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
	if ((reason = check_chain(k, known->order.purpose, chain, &o->why)) !=
		REASON_OK ||
	    (reason = check_profile(
		 s, known, h, chain, k->chain_len, &o->why)) != REASON_OK ||
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

	if (k == NULL || key_state_over(k->state))
		return why_set(&o->why, REASON_SIGNER_KEY, -1,
		    "no key %.32s is in use", p->name);
	r = key_policy_check(&p->policy, k->order.purpose, &o->why);
	if (r != REASON_OK)
		return r;
	o->record.kind = RECORD_POLICY;
	o->record.policy.order = *p;
	return REASON_OK;
}

static enum reason
act_by_two(struct signer *s, struct order *o)
{
	const struct message_act *a = &o->act;
	struct record_act *act = &o->record.act;
	char text[STATEMENT_MAX];
	size_t len = ledger_act_statement(journal_ledger(s->journal)->signer,
	    a->verb, a->subject, a->number, text);

	act->statement = span_of(text, len);
	return operators_check(
	    s, o, ACT_NAMESPACE, a->signatures, &act->statement, act->persons);
}

enum reason
act_prepare(struct signer *s, struct order *o)
{
	const struct message_act *a = &o->act;
	char name[KEY_NAME_MAX + 1];
	const char *cause;
	const struct ledger_key *k;
	struct ledger_key *woken;
	struct ledger_profile profile;
	struct ledger_slot slot;
	int64_t until;
	enum reason r;
	bool there;

	if (a->verb[0] == '\0' || !text_printable(span_str(a->verb)) ||
	    !text_printable(span_str(a->subject)) ||
	    strcmp(a->verb, LEDGER_VERB_COPY) == 0) /* the signer's own */
		return why_set(&o->why, REASON_SIGNER_FACTS, -1, "act");
	if (strcmp(a->verb, LEDGER_VERB_GIVE) == 0) {
		r = ledger_slot_read(
		    journal_ledger(s->journal), a->subject, &slot, &o->why);
		if (r != REASON_OK)
			return r;
	}
	if (strcmp(a->verb, LEDGER_VERB_AWAKE) == 0) {
		r = ledger_awake_read(journal_ledger(s->journal), a->subject,
		    s->now, &woken, &until, &o->why);
		if (r != REASON_OK)
			return r;
	}
	if (ledger_verb_product(a->verb)) {
		r = ledger_profile_read(journal_ledger(s->journal), a->subject,
		    &profile, &there, &o->why);
		if (r != REASON_OK)
			return r;
	}
	if (strcmp(a->verb, LEDGER_VERB_RETIRE) == 0) {
		if (!ledger_retire_read(a->subject, name, &cause))
			return why_set(&o->why, REASON_SIGNER_FACTS, -1,
			    "not a key and why it goes");
		k = ledger_key_of(s, name);
		if (k == NULL || key_state_over(k->state))
			return why_set(&o->why, REASON_SIGNER_KEY, -1,
			    "no key %s is in use", name);
	}
	/* No vouchers for ever: never one person's word. */
	if (strcmp(a->verb, ACT_DEVICE_RETIRE) == 0 && a->signatures_len == 0)
		return why_set(&o->why, REASON_OPERATOR_SIGNATURE, -1,
		    "%s is an act by two", a->verb);
	o->record.kind = RECORD_ACT;
	o->record.act.user = a->user;
	memcpy(o->record.act.verb, a->verb, sizeof(o->record.act.verb));
	memcpy(
	    o->record.act.subject, a->subject, sizeof(o->record.act.subject));
	return a->signatures_len == 0 ? REASON_OK : act_by_two(s, o);
}

/* The chain's time stays where the clock had been: what policies judge by it stands
 * still until the clock is there again (doc/decisions/062). */
static void
clock_confirmed(struct signer *s)
{
	int64_t chain = journal_ledger(s->journal)->time;

	clock_watch_confirm(&s->clock, chain);
	if (s->clock.wall < chain - MOMENT_TOLERATED)
		log_warning("clock-behind",
		    "seconds=\"%lld\" text=\"until the clock has come up with "
		    "the journal, rates count one period, and keys sleep or "
		    "are awake as at its last time\" next=\"hallmark ca policy "
		    "NAME --rate none --awake always\"",
		    (long long)(chain - s->clock.wall));
}

void
act_finish(struct signer *s, const struct order *o)
{
	char name[KEY_NAME_MAX + 1];
	const char *cause;

	if (strcmp(o->act.verb, LEDGER_VERB_RETIRE) == 0 &&
	    ledger_retire_read(o->act.subject, name, &cause))
		keyring_forget(&s->keyring, name);
	if (strcmp(o->act.verb, ACT_CLOCK_CONFIRM) == 0)
		clock_confirmed(s);
}
