/* Records of the journal, see record.h and doc/journal.cddl. */
#include "journal/record.h"

#include "crypto/hash/hash.h"
#include "journal/describe.h"

const char *
record_kind_name(enum record_kind k)
{
	static const char *const names[] = { "", "checkpoint", "key", "ca",
		"device", "idevid", "voucher", "signed", "act", "clock" };

	return (unsigned)k <= RECORD_CLOCK ? names[k] : "";
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
	return value == DEVICE_ACTIVE ? "active" : value == DEVICE_HELD ? "held"
	    : "retired";
}

static const char *
origin_word(unsigned value)
{
	return value == ORIGIN_ISSUED ? "issued" : "imported";
}

static const char *
purpose_word(unsigned value)
{
	return value == PURPOSE_VOUCHER ? "voucher" : "idevid-ca";
}

/* An enumeration goes through an unsigned and comes back. */
#define FIELD_WORD(f, key, name, presence, place, max, word)                   \
	do {                                                                   \
		unsigned value_ = (unsigned)(place);                           \
									       \
		field_word((f), (key), (name), (presence), &value_, (max),     \
		    (word));                                                   \
		if ((f)->mode == FIELDS_READ)                                  \
			(place) = (__typeof__(place))value_;                   \
	} while (0)

#define FIELD_UINT(f, key, name, presence, place, max)                         \
	do {                                                                   \
		uint64_t value_ = (place);                                     \
									       \
		field_uint((f), (key), (name), (presence), &value_, (max));    \
		if ((f)->mode == FIELDS_READ)                                  \
			(place) = (__typeof__(place))value_;                   \
	} while (0)

/* A key identifier, or the hash of a Name: nothing else names an issuer. */
static void
issuer_fields(struct fields *f, void *value)
{
	struct issuer *i = value;

	FIELD_WORD(f, 1, "kind", FIELD_REQUIRED, i->kind, ISSUER_NAME,
	    issuer_word);
	field_octets(f, 2, "bytes", FIELD_OPTIONAL, i->bytes, &i->len,
	    KEY_ID_MAX);
	if (i->len == 0 || (i->kind == ISSUER_NAME && i->len != HASH_SIZE))
		fields_refuse(f, "issuer");
}

static void
device_fields(struct fields *f, void *value)
{
	struct device *d = value;

	field_text(f, 1, "serial", FIELD_OPTIONAL, d->serial,
	    sizeof(d->serial));
	field_text(f, 2, "product", FIELD_OPTIONAL, d->product,
	    sizeof(d->product));
	field_map(f, 3, "issuer", issuer_fields, &d->issuer);
	field_bytes(f, 4, "issuer_name_sha256", FIELD_OPTIONAL,
	    d->issuer_name_sha256, HASH_SIZE);
	field_bytes(f, 5, "spki_sha256", FIELD_REQUIRED, d->spki_sha256,
	    HASH_SIZE);
	field_bytes(f, 6, "certificate_sha256", FIELD_OPTIONAL,
	    d->certificate_sha256, HASH_SIZE);
	FIELD_UINT(f, 7, "key_slot", FIELD_OPTIONAL, d->key_slot, UINT32_MAX);
	FIELD_WORD(f, 8, "state", FIELD_REQUIRED, d->state, DEVICE_RETIRED,
	    state_word);
	FIELD_WORD(f, 9, "origin", FIELD_REQUIRED, d->origin, ORIGIN_IMPORTED,
	    origin_word);
	if (d->serial[0] == '\0' || d->product[0] == '\0')
		fields_refuse(f, "serial or product");
}

void
key_order_fields(struct fields *f, void *value)
{
	struct key_order *o = value;

	FIELD_WORD(f, 1, "purpose", FIELD_REQUIRED, o->purpose,
	    PURPOSE_IDEVID_CA, purpose_word);
	field_text(f, 2, "name", FIELD_REQUIRED, o->name, sizeof(o->name));
	field_text(f, 3, "slot", FIELD_OPTIONAL, o->slot, sizeof(o->slot));
	field_text(f, 4, "product", FIELD_OPTIONAL, o->product,
	    sizeof(o->product));
	field_uint(f, 5, "limit", FIELD_OPTIONAL, &o->limit, UINT64_MAX);
	FIELD_UINT(f, 6, "months", FIELD_OPTIONAL, o->months, UINT32_MAX);
	field_bool(f, 7, "p384", &o->p384);
	if (o->name[0] == '\0')
		fields_refuse(f, "name");
}

static void
key_fields(struct fields *f, void *value)
{
	struct record_key *k = value;

	field_map(f, 1, "order", key_order_fields, &k->order);
	field_bytes(f, 2, "spki_sha256", FIELD_REQUIRED, k->spki_sha256,
	    HASH_SIZE);
}

static void
ca_fields(struct fields *f, void *value)
{
	struct record_ca *c = value;

	field_text(f, 1, "name", FIELD_REQUIRED, c->name, sizeof(c->name));
	field_bytes(f, 2, "certificate_sha256", FIELD_REQUIRED,
	    c->certificate_sha256, HASH_SIZE);
	field_octets(f, 3, "key_id", FIELD_OPTIONAL, c->key_id, &c->key_id_len,
	    KEY_ID_MAX);
	field_time(f, 4, "not_after", FIELD_REQUIRED, &c->not_after);
}

static void
device_record_fields(struct fields *f, void *value)
{
	struct record_device *d = value;

	field_map(f, 1, "device", device_fields, &d->device);
}

static void
idevid_fields(struct fields *f, void *value)
{
	struct record_idevid *i = value;

	field_text(f, 1, "key", FIELD_REQUIRED, i->key, sizeof(i->key));
	field_map(f, 2, "device", device_fields, &i->device);
	field_uint(f, 3, "counter", FIELD_REQUIRED, &i->counter, UINT64_MAX);
	field_time(f, 4, "not_before", FIELD_REQUIRED, &i->not_before);
	field_bytes(f, 5, "certificate_serial", FIELD_REQUIRED, i->serial,
	    sizeof(i->serial));
}

static void
voucher_fields(struct fields *f, void *value)
{
	struct record_voucher *v = value;

	field_text(f, 1, "key", FIELD_REQUIRED, v->key, sizeof(v->key));
	field_text(f, 2, "serial", FIELD_REQUIRED, v->serial,
	    sizeof(v->serial));
	field_text(f, 3, "product", FIELD_REQUIRED, v->product,
	    sizeof(v->product));
	field_map(f, 4, "issuer", issuer_fields, &v->issuer);
	field_text(f, 5, "nonce", FIELD_OPTIONAL, v->nonce, sizeof(v->nonce));
	FIELD_WORD(f, 6, "assertion", FIELD_REQUIRED, v->assertion,
	    ASSERTION_AGENT_PROXIMITY, assertion_word);
	field_time(f, 7, "created_on", FIELD_REQUIRED, &v->created_on);
	field_time(f, 8, "expires_on", FIELD_OPTIONAL, &v->expires_on);
	field_bool(f, 9, "name_issuer", &v->name_issuer);
	field_bool(f, 10, "emit_id_data", &v->emit_id_data);
	FIELD_WORD(f, 11, "format", FIELD_REQUIRED, v->format, FORMAT_COSE_CBOR,
	    format_word);
	field_bytes(f, 12, "pin_sha256", FIELD_REQUIRED, v->pin_sha256,
	    HASH_SIZE);
	field_bytes(f, 13, "pin_spki_sha256", FIELD_REQUIRED,
	    v->pin_spki_sha256, HASH_SIZE);
	field_octets(f, 14, "domain_id", FIELD_OPTIONAL, v->domain_id,
	    &v->domain_id_len, KEY_ID_MAX);
	if (v->serial[0] == '\0' || v->product[0] == '\0' ||
	    v->domain_id_len == 0)
		fields_refuse(f, "serial, product or domain_id");
}

static void
signed_fields(struct fields *f, void *value)
{
	struct record_signed *s = value;

	field_uint(f, 1, "of", FIELD_REQUIRED, &s->of, UINT64_MAX);
	field_bytes(f, 2, "artifact_sha256", FIELD_REQUIRED,
	    s->artifact_sha256, HASH_SIZE);
}

static void
act_fields(struct fields *f, void *value)
{
	struct record_act *a = value;

	FIELD_UINT(f, 1, "user", FIELD_REQUIRED, a->user, UINT32_MAX);
	field_text(f, 2, "verb", FIELD_REQUIRED, a->verb, sizeof(a->verb));
	field_text(f, 3, "subject", FIELD_OPTIONAL, a->subject,
	    sizeof(a->subject));
}

static void
clock_fields(struct fields *f, void *value)
{
	struct record_clock *c = value;

	field_time(f, 1, "from", FIELD_REQUIRED, &c->from);
	field_time(f, 2, "to", FIELD_REQUIRED, &c->to);
}

/* In JSON a checkpoint shows what it holds, not its octets. */
static void
checkpoint_fields(struct fields *f, struct record *r)
{
	struct ledger l;

	if (f->mode == FIELDS_JSON &&
	    ledger_read(r->checkpoint, &l, NULL) == REASON_OK) {
		field_map(f, 9, "facts", ledger_fields, &l);
		ledger_free(&l);
		return;
	}
	field_span(f, 9, "facts", &r->checkpoint);
}

static void
facts_fields(struct fields *f, struct record *r)
{
	switch (r->kind) {
	case RECORD_CHECKPOINT:
		checkpoint_fields(f, r);
		break;
	case RECORD_KEY:
		field_map(f, 9, "facts", key_fields, &r->key);
		break;
	case RECORD_CA:
		field_map(f, 9, "facts", ca_fields, &r->ca);
		break;
	case RECORD_DEVICE:
		field_map(f, 9, "facts", device_record_fields, &r->device);
		break;
	case RECORD_IDEVID:
		field_map(f, 9, "facts", idevid_fields, &r->idevid);
		break;
	case RECORD_VOUCHER:
		field_map(f, 9, "facts", voucher_fields, &r->voucher);
		break;
	case RECORD_SIGNED:
		field_map(f, 9, "facts", signed_fields, &r->signed_);
		break;
	case RECORD_ACT:
		field_map(f, 9, "facts", act_fields, &r->act);
		break;
	case RECORD_CLOCK:
		field_map(f, 9, "facts", clock_fields, &r->clock);
		break;
	}
}

static void
record_fields(struct fields *f, void *value)
{
	struct record *r = value;
	uint64_t version = RECORD_VERSION;

	field_uint(f, 1, "version", FIELD_REQUIRED, &version, UINT64_MAX);
	if (version != RECORD_VERSION)
		fields_refuse(f, "version");
	field_bytes(f, 2, "signer", FIELD_REQUIRED, r->signer,
	    sizeof(r->signer));
	field_uint(f, 3, "sequence", FIELD_REQUIRED, &r->sequence, INT64_MAX);
	field_bytes(f, 4, "previous", FIELD_REQUIRED, r->previous, HASH_SIZE);
	field_time(f, 5, "time", FIELD_REQUIRED, &r->time);
	FIELD_WORD(f, 6, "kind", FIELD_REQUIRED, r->kind, RECORD_CLOCK,
	    kind_word);
	field_bytes(f, 7, "request_sha256", FIELD_OPTIONAL, r->request_sha256,
	    HASH_SIZE);
	field_bytes(f, 8, "tbs_sha256", FIELD_OPTIONAL, r->tbs_sha256,
	    HASH_SIZE);
	facts_fields(f, r);
}

bool
record_write(const struct record *r, uint8_t *out, size_t cap, size_t *len)
{
	struct record copy = *r;

	return fields_write(record_fields, &copy, out, cap, len);
}

enum reason
record_read(struct span bytes, struct record *out, struct why *why)
{
	memset(out, 0, sizeof(*out));
	if (bytes.len > RECORD_MAX)
		return why_set(why, REASON_JOURNAL_DAMAGED, 0,
		    "a record of %zu octets", bytes.len);
	return fields_read(record_fields, out, bytes, why);
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

	return fields_to_json(record_fields, &copy, out, cap, len);
}
