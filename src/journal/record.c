/* Records of the journal, see record.h and doc/journal.cddl. */
#include "journal/record.h"

#include "crypto/hash/hash.h"
#include "journal/describe.h"

const char *
record_kind_name(enum record_kind k)
{
	static const char *const names[] = { "", "checkpoint", "key", "ca",
		"device", "idevid", "voucher", "signed", "act", "clock",
		"policy", "end", "ended", "manifest" };

	return (unsigned)k <= RECORD_KIND_LAST ? names[k] : "";
}

static const char *
kind_word(unsigned value)
{
	return record_kind_name((enum record_kind)value);
}

static const char *
assertion_word(unsigned value)
{
	return assertion_text((enum assertion)value);
}

static const char *
format_word(unsigned value)
{
	return format_media_type((enum artifact_format)value);
}

static const char *
issuer_word(unsigned value)
{
	return value == ISSUER_KEY_ID ? "key-identifier" : "name-sha256";
}

static const char *
state_word(unsigned value)
{
	return device_state_text((enum device_state)value);
}

static const char *
origin_word(unsigned value)
{
	return value == ORIGIN_ISSUED ? "issued" : "imported";
}

static const char *
purpose_word(unsigned value)
{
	return key_purpose_word((enum key_purpose)value);
}

const char *
wrapping_name(enum wrapping w)
{
	return w == WRAPPING_NONE  ? "passphrase"
	    : w == WRAPPING_BESIDE ? "wrapping-key"
				   : "wrapping-key-apart";
}

static const char *
wrapping_word(unsigned value)
{
	return wrapping_name((enum wrapping)value);
}

/* An enumeration goes through an unsigned and comes back. */
#define MEMBER_WORD(f, key, name, presence, place, max, word)                \
	do {                                                                 \
		unsigned value_ = (unsigned)(place);                         \
                                                                             \
		member_word(                                                 \
		    (f), (key), (name), (presence), &value_, (max), (word)); \
		if ((f)->mode == MEMBERS_READ)                               \
			(place) = (__typeof__(place))value_;                 \
	} while (0)

#define MEMBER_UINT(f, key, name, presence, place, max)                      \
	do {                                                                 \
		uint64_t value_ = (place);                                   \
                                                                             \
		member_uint((f), (key), (name), (presence), &value_, (max)); \
		if ((f)->mode == MEMBERS_READ)                               \
			(place) = (__typeof__(place))value_;                 \
	} while (0)

/* A key identifier, or the hash of a Name: nothing else names an issuer. */
static void
issuer_fields(struct members *f, void *value)
{
	struct issuer *i = value;

	MEMBER_WORD(
	    f, 1, "kind", MEMBER_REQUIRED, i->kind, ISSUER_NAME, issuer_word);
	member_octets(
	    f, 2, "bytes", MEMBER_OPTIONAL, i->bytes, &i->len, KEY_ID_MAX);
	if (i->len == 0 || (i->kind == ISSUER_NAME && i->len != HASH_SIZE))
		members_refuse(f, "issuer");
}

static void
device_fields(struct members *f, void *value)
{
	struct device *d = value;

	member_text(
	    f, 1, "serial", MEMBER_OPTIONAL, d->serial, sizeof(d->serial));
	member_text(
	    f, 2, "product", MEMBER_OPTIONAL, d->product, sizeof(d->product));
	member_map(f, 3, "issuer", issuer_fields, &d->issuer);
	member_bytes(f, 4, "issuer_name_sha256", MEMBER_OPTIONAL,
	    d->issuer_name_sha256, HASH_SIZE);
	member_bytes(
	    f, 5, "spki_sha256", MEMBER_REQUIRED, d->spki_sha256, HASH_SIZE);
	member_bytes(f, 6, "certificate_sha256", MEMBER_OPTIONAL,
	    d->certificate_sha256, HASH_SIZE);
	MEMBER_UINT(f, 7, "key_slot", MEMBER_OPTIONAL, d->key_slot, UINT32_MAX);
	MEMBER_WORD(f, 8, "state", MEMBER_REQUIRED, d->state, DEVICE_RETIRED,
	    state_word);
	MEMBER_WORD(f, 9, "origin", MEMBER_REQUIRED, d->origin, ORIGIN_IMPORTED,
	    origin_word);
	if (d->serial[0] == '\0' || d->product[0] == '\0')
		members_refuse(f, "serial or product");
}

static void
policy_fields(struct members *f, void *value)
{
	struct key_policy *p = value;

	MEMBER_UINT(f, 1, "kinds", MEMBER_REQUIRED, p->kinds, SIGNED_ALL);
	member_texts(f, 2, "products", &p->products_len, p->products[0],
	    sizeof(p->products[0]), KEY_PRODUCTS_MAX);
	member_text(
	    f, 3, "serials", MEMBER_OPTIONAL, p->serials, sizeof(p->serials));
	member_uint(f, 4, "limit", MEMBER_OPTIONAL, &p->limit, INT64_MAX);
	member_day(f, 5, "first_day", &p->first_day);
	member_day(f, 6, "last_day", &p->last_day);
	MEMBER_UINT(f, 7, "rate", MEMBER_OPTIONAL, p->rate, UINT32_MAX);
	MEMBER_UINT(f, 8, "period", MEMBER_OPTIONAL, p->period, KEY_PERIOD_MAX);
	MEMBER_UINT(f, 9, "months", MEMBER_OPTIONAL, p->months, KEY_MONTHS_MAX);
	MEMBER_UINT(
	    f, 10, "awake_days", MEMBER_OPTIONAL, p->awake_days, AWAKE_BY_ACT);
	MEMBER_UINT(
	    f, 11, "awake_from", MEMBER_OPTIONAL, p->awake_from, MINUTES_A_DAY);
	MEMBER_UINT(
	    f, 12, "awake_to", MEMBER_OPTIONAL, p->awake_to, MINUTES_A_DAY);
}

void
key_order_fields(struct members *f, void *value)
{
	struct key_order *o = value;

	MEMBER_WORD(f, 1, "purpose", MEMBER_REQUIRED, o->purpose, PURPOSE_LAST,
	    purpose_word);
	member_text(f, 2, "name", MEMBER_REQUIRED, o->name, sizeof(o->name));
	member_text(f, 3, "slot", MEMBER_OPTIONAL, o->slot, sizeof(o->slot));
	member_bool(f, 4, "p384", &o->p384);
	member_map(f, 5, "policy", policy_fields, &o->policy);
	member_text(f, 7, "succeeds", MEMBER_OPTIONAL, o->succeeds,
	    sizeof(o->succeeds));
	member_text(
	    f, 8, "factory", MEMBER_OPTIONAL, o->factory, sizeof(o->factory));
	MEMBER_UINT(f, 9, "rsa_bits", MEMBER_OPTIONAL, o->rsa_bits, 3072);
	if ((o->rsa_bits != 0 && o->rsa_bits != 2048 && o->rsa_bits != 3072) ||
	    (o->rsa_bits != 0 && o->p384))
		members_refuse(f, "rsa_bits");
	if (o->name[0] == '\0' ||
	    key_policy_check(&o->policy, o->purpose, NULL) != REASON_OK)
		members_refuse(f, "name or policy");
}

static void
key_fields(struct members *f, void *value)
{
	struct record_key *k = value;

	member_map(f, 1, "order", key_order_fields, &k->order);
	member_bytes(
	    f, 2, "spki_sha256", MEMBER_REQUIRED, k->spki_sha256, HASH_SIZE);
	MEMBER_UINT(f, 3, "wrapped", MEMBER_OPTIONAL, k->wrapped, 1);
}

static void
ca_fields(struct members *f, void *value)
{
	struct record_ca *c = value;

	member_text(f, 1, "name", MEMBER_REQUIRED, c->name, sizeof(c->name));
	member_bytes(f, 2, "certificate_sha256", MEMBER_REQUIRED,
	    c->certificate_sha256, HASH_SIZE);
	member_octets(f, 3, "key_id", MEMBER_OPTIONAL, c->key_id,
	    &c->key_id_len, KEY_ID_MAX);
	member_time(f, 4, "not_after", MEMBER_REQUIRED, &c->not_after);
}

static void
device_record_fields(struct members *f, void *value)
{
	struct record_device *d = value;

	member_map(f, 1, "device", device_fields, &d->device);
}

static void
idevid_fields(struct members *f, void *value)
{
	struct record_idevid *i = value;

	member_text(f, 1, "key", MEMBER_REQUIRED, i->key, sizeof(i->key));
	member_map(f, 2, "device", device_fields, &i->device);
	member_uint(f, 3, "counter", MEMBER_REQUIRED, &i->counter, UINT64_MAX);
	member_time(f, 4, "not_before", MEMBER_REQUIRED, &i->not_before);
	member_bytes(f, 5, "certificate_serial", MEMBER_REQUIRED, i->serial,
	    sizeof(i->serial));
	member_text(
	    f, 6, "scheme", MEMBER_OPTIONAL, i->scheme, sizeof(i->scheme));
}

static void
voucher_fields(struct members *f, void *value)
{
	struct record_voucher *v = value;

	member_text(f, 1, "key", MEMBER_REQUIRED, v->key, sizeof(v->key));
	member_text(
	    f, 2, "serial", MEMBER_REQUIRED, v->serial, sizeof(v->serial));
	member_text(
	    f, 3, "product", MEMBER_REQUIRED, v->product, sizeof(v->product));
	member_map(f, 4, "issuer", issuer_fields, &v->issuer);
	member_text(f, 5, "nonce", MEMBER_OPTIONAL, v->nonce, sizeof(v->nonce));
	MEMBER_WORD(f, 6, "assertion", MEMBER_REQUIRED, v->assertion,
	    ASSERTION_AGENT_PROXIMITY, assertion_word);
	member_time(f, 7, "created_on", MEMBER_REQUIRED, &v->created_on);
	member_time(f, 8, "expires_on", MEMBER_OPTIONAL, &v->expires_on);
	member_bool(f, 9, "name_issuer", &v->name_issuer);
	member_bool(f, 10, "emit_id_data", &v->emit_id_data);
	MEMBER_WORD(f, 11, "format", MEMBER_REQUIRED, v->format,
	    FORMAT_COSE_CBOR, format_word);
	member_bytes(
	    f, 12, "pin_sha256", MEMBER_REQUIRED, v->pin_sha256, HASH_SIZE);
	member_bytes(f, 13, "pin_spki_sha256", MEMBER_REQUIRED,
	    v->pin_spki_sha256, HASH_SIZE);
	member_octets(f, 14, "domain_id", MEMBER_OPTIONAL, v->domain_id,
	    &v->domain_id_len, KEY_ID_MAX);
	member_octets(f, 15, "est_domain_sha256", MEMBER_OPTIONAL,
	    v->est_domain_sha256, &v->est_domain_sha256_len, HASH_SIZE);
	if (v->serial[0] == '\0' || v->product[0] == '\0' ||
	    v->domain_id_len == 0)
		members_refuse(f, "serial, product or domain_id");
	if (v->est_domain_sha256_len != 0 &&
	    v->est_domain_sha256_len != HASH_SIZE)
		members_refuse(f, "est_domain_sha256");
}

static void
signed_fields(struct members *f, void *value)
{
	struct record_signed *s = value;

	member_uint(f, 1, "of", MEMBER_REQUIRED, &s->of, UINT64_MAX);
	member_bytes(f, 2, "artifact_sha256", MEMBER_REQUIRED,
	    s->artifact_sha256, HASH_SIZE);
}

/* Four members from this key on: who signed the statement before them. */
static void
person_fields(struct members *f, unsigned key, enum member_presence p,
    struct record_person persons[END_SIGNATURES])
{
	member_bytes(
	    f, key, "first_key_sha256", p, persons[0].key_sha256, HASH_SIZE);
	member_span(f, key + 1, "first_signature", p, &persons[0].signature);
	member_bytes(f, key + 2, "second_key_sha256", p, persons[1].key_sha256,
	    HASH_SIZE);
	member_span(f, key + 3, "second_signature", p, &persons[1].signature);
}

static void
act_fields(struct members *f, void *value)
{
	struct record_act *a = value;

	MEMBER_UINT(f, 1, "user", MEMBER_REQUIRED, a->user, UINT32_MAX);
	member_text(f, 2, "verb", MEMBER_REQUIRED, a->verb, sizeof(a->verb));
	member_text(
	    f, 3, "subject", MEMBER_OPTIONAL, a->subject, sizeof(a->subject));
	member_span(f, 4, "statement", MEMBER_OPTIONAL, &a->statement);
	person_fields(f, 5, MEMBER_OPTIONAL, a->persons);
	/* Two persons, or one who signs nothing. */
	if ((a->statement.len > 0) != (a->persons[0].signature.len > 0) ||
	    (a->statement.len > 0) != (a->persons[1].signature.len > 0))
		members_refuse(f, "signatures");
}

static void
clock_fields(struct members *f, void *value)
{
	struct record_clock *c = value;

	member_time(f, 1, "from", MEMBER_REQUIRED, &c->from);
	member_time(f, 2, "to", MEMBER_REQUIRED, &c->to);
}

static void
policy_record_fields(struct members *f, void *value)
{
	struct policy_order *o = value;

	member_text(f, 1, "name", MEMBER_REQUIRED, o->name, sizeof(o->name));
	MEMBER_UINT(f, 2, "user", MEMBER_REQUIRED, o->user, UINT32_MAX);
	member_map(f, 3, "policy", policy_fields, &o->policy);
}

static void
end_fields(struct members *f, void *value)
{
	struct record_end *e = value;

	member_text(f, 1, "name", MEMBER_REQUIRED, e->name, sizeof(e->name));
	MEMBER_WORD(
	    f, 2, "how", MEMBER_REQUIRED, e->how, END_ARCHIVE, key_end_word);
	member_span(f, 3, "statement", MEMBER_REQUIRED, &e->statement);
	person_fields(f, 4, MEMBER_REQUIRED, e->persons);
	member_bytes(f, 8, "archive_sha256", MEMBER_OPTIONAL, e->archive_sha256,
	    HASH_SIZE);
}

static void
ended_fields(struct members *f, void *value)
{
	struct record_ended *e = value;

	member_text(f, 1, "name", MEMBER_REQUIRED, e->name, sizeof(e->name));
	member_uint(f, 2, "of", MEMBER_REQUIRED, &e->of, INT64_MAX);
	MEMBER_WORD(f, 3, "wrapping", MEMBER_REQUIRED, e->wrapping,
	    WRAPPING_APART, wrapping_word);
}

static void
manifest_fields(struct members *f, void *value)
{
	struct manifest_order *o = value;
	struct manifest_statement *s = &o->statement;

	member_text(f, 1, "key", MEMBER_REQUIRED, o->key, sizeof(o->key));
	member_bytes(
	    f, 2, "of_signer", MEMBER_REQUIRED, s->signer, sizeof(s->signer));
	member_uint(f, 3, "first", MEMBER_REQUIRED, &s->first, INT64_MAX);
	member_uint(f, 4, "last", MEMBER_REQUIRED, &s->last, INT64_MAX);
	member_bytes(f, 5, "head", MEMBER_REQUIRED, s->head, HASH_SIZE);
	member_bytes(
	    f, 6, "content_sha256", MEMBER_REQUIRED, s->content, HASH_SIZE);
	if (s->first == 0 || s->first > s->last)
		members_refuse(f, "first");
}

/* In JSON a checkpoint shows what it holds, not its octets. */
static void
checkpoint_fields(struct members *f, struct record *r)
{
	struct ledger l;

	if (f->mode == MEMBERS_JSON &&
	    ledger_read(r->checkpoint, &l, NULL) == REASON_OK) {
		member_map(f, 9, "facts", ledger_fields, &l);
		ledger_free(&l);
		return;
	}
	member_span(f, 9, "facts", MEMBER_REQUIRED, &r->checkpoint);
}

static void
facts_fields(struct members *f, struct record *r)
{
	switch (r->kind) {
	case RECORD_CHECKPOINT:
		checkpoint_fields(f, r);
		break;
	case RECORD_KEY:
		member_map(f, 9, "facts", key_fields, &r->key);
		break;
	case RECORD_CA:
		member_map(f, 9, "facts", ca_fields, &r->ca);
		break;
	case RECORD_DEVICE:
		member_map(f, 9, "facts", device_record_fields, &r->device);
		break;
	case RECORD_IDEVID:
		member_map(f, 9, "facts", idevid_fields, &r->idevid);
		break;
	case RECORD_VOUCHER:
		member_map(f, 9, "facts", voucher_fields, &r->voucher);
		break;
	case RECORD_SIGNED:
		member_map(f, 9, "facts", signed_fields, &r->signed_);
		break;
	case RECORD_ACT:
		member_map(f, 9, "facts", act_fields, &r->act);
		break;
	case RECORD_CLOCK:
		member_map(f, 9, "facts", clock_fields, &r->clock);
		break;
	case RECORD_POLICY:
		member_map(
		    f, 9, "facts", policy_record_fields, &r->policy.order);
		break;
	case RECORD_END:
		member_map(f, 9, "facts", end_fields, &r->end);
		break;
	case RECORD_ENDED:
		member_map(f, 9, "facts", ended_fields, &r->ended);
		break;
	case RECORD_MANIFEST:
		member_map(f, 9, "facts", manifest_fields, &r->manifest.order);
		break;
	}
}

static void
record_fields(struct members *f, void *value)
{
	struct record *r = value;
	uint64_t version = RECORD_VERSION;

	member_uint(f, 1, "version", MEMBER_REQUIRED, &version, UINT64_MAX);
	if (version != RECORD_VERSION)
		members_refuse(f, "version");
	member_bytes(
	    f, 2, "signer", MEMBER_REQUIRED, r->signer, sizeof(r->signer));
	member_uint(f, 3, "sequence", MEMBER_REQUIRED, &r->sequence, INT64_MAX);
	member_bytes(f, 4, "previous", MEMBER_REQUIRED, r->previous, HASH_SIZE);
	member_time(f, 5, "time", MEMBER_REQUIRED, &r->time);
	MEMBER_WORD(f, 6, "kind", MEMBER_REQUIRED, r->kind, RECORD_KIND_LAST,
	    kind_word);
	member_bytes(f, 7, "request_sha256", MEMBER_OPTIONAL, r->request_sha256,
	    HASH_SIZE);
	member_bytes(
	    f, 8, "tbs_sha256", MEMBER_OPTIONAL, r->tbs_sha256, HASH_SIZE);
	facts_fields(f, r);
}

bool
record_write(const struct record *r, uint8_t *out, size_t cap, size_t *len)
{
	struct record copy = *r;

	return members_write(record_fields, &copy, out, cap, len);
}

enum reason
record_read(struct span bytes, struct record *out, struct why *why)
{
	memset(out, 0, sizeof(*out));
	if (bytes.len > RECORD_MAX)
		return why_set(why, REASON_JOURNAL_DAMAGED, 0,
		    "a record of %zu octets", bytes.len);
	return members_read(record_fields, out, bytes, why);
}

void
record_hash(struct span bytes, uint8_t out[HASH_SIZE])
{
	sha256(bytes, out);
}

bool
record_to_json(const struct record *r, char *out, size_t cap, size_t *len)
{
	struct record copy = *r;

	return members_to_json(record_fields, &copy, out, cap, len);
}
