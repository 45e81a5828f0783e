/*
 * An IDevID (IP 5): the serial follows from slot and counter, nothing is taken
 * from a CSR but the key, the plan is linted before it is signed.
 */
#include "crypto/hash/hash.h"
#include "model/serial.h"
#include "signer/signer.h"
#include "wire/der.h"
#include "x509/lint.h"
#include "x509/render.h"

static void
fill_product(const struct idevid_order *i, struct product *p)
{
	product_defaults(p);
	memcpy(p->name, i->product, sizeof(p->name));
	memcpy(p->token, i->token, sizeof(p->token));
	memcpy(p->scheme, i->scheme, sizeof(p->scheme));
	memcpy(p->masa_url, i->masa_url, sizeof(p->masa_url));
	p->counter_width = i->counter_width;
	p->check_character = i->check_character;
	p->profile = i->profile;
}

static enum reason
check_facts(
    const struct idevid_order *i, const struct product *p, struct why *why)
{
	struct why inner;

	if (product_check(p, &inner) != REASON_OK)
		return why_set(why, REASON_SIGNER_FACTS, -1, "product: %.150s",
		    inner.text);
	if (i->spki.len == 0 || i->spki.len > SPKI_MAX)
		return why_set(why, REASON_SIGNER_FACTS, -1,
		    "spki of %zu octets", i->spki.len);
	return REASON_OK;
}

/* What only key and CA can say of a profile: to whom keys can be encrypted, and
 * which policy devices share with their CA (IP 4, IP 5). A CA has one of its own at
 * most, and never that of a voucher signer (key_certify_prepare()). */
static enum reason
check_profile(const struct idevid_profile *p, struct span spki,
    const struct certificate *ca, struct why *why)
{
	const struct span none = { NULL, 0 };
	const struct public_key *key;
	const char *fault =
	    profile_ca_fault(p, ca->policies_len == 1 ? ca->policies[0] : none);
	enum reason r;

	if (fault != NULL)
		return why_set(why, REASON_CA_MISMATCH, -1, "%s", fault);
	if (p->key_usage != IDEVID_USAGE_ENCIPHER)
		return REASON_OK;
	if ((r = public_key_get(spki, &key, why)) != REASON_OK)
		return r;
	return public_key_type(key) == KEY_RSA
	    ? REASON_OK
	    : why_set(
		  why, REASON_KEY_WEAK, -1, "keyEncipherment takes an RSA key");
}

/* An existing serial: of the product's scheme, and of no other product's. */
static enum reason
check_existing(const struct signer *s, const struct idevid_order *i,
    const struct ledger_key *k, struct why *why)
{
	uint64_t number;
	struct why inner;
	enum reason r;

	r = ledger_line_admits(
	    journal_ledger(s->journal), k, i->product, i->scheme, &inner);
	if (r != REASON_OK)
		return why_set(
		    why, r, -1, "key %.32s: %.150s", i->key, inner.text);
	r = scheme_parse(span_str(i->serial), i->scheme, &number, why);
	if (r == REASON_OK && number != i->counter)
		return why_set(why, REASON_SERIAL_SYNTAX, -1,
		    "its digits are not number %llu",
		    (unsigned long long)i->counter);
	return r;
}

/* The serial must be the one that slot and counter give (IP 5.2). */
static enum reason
check_serial(const struct signer *s, const struct idevid_order *i,
    const struct product *p, const struct ledger_key *k, struct why *why)
{
	char serial[SERIAL_MAX + 1];
	enum reason r;

	if (i->scheme[0] != '\0')
		return check_existing(s, i, k, why);
	r = serial_format(serial, p, k->order.slot, i->counter, why);
	if (r == REASON_OK && strcmp(serial, i->serial) != 0)
		return why_set(why, REASON_SERIAL_SLOT, -1,
		    "counter %llu of slot %s is not this serial",
		    (unsigned long long)i->counter, k->order.slot);
	return r;
}

/* product_check() has read the hwType before. */
static void
plan_profile(struct certificate_plan *plan, const struct idevid_profile *p,
    const struct certificate *ca, uint8_t hw_type[HW_TYPE_MAX])
{
	size_t len;

	plan->organization =
	    p->organization[0] != '\0' ? p->organization : NULL;
	plan->unit = p->unit[0] != '\0' ? p->unit : NULL;
	plan->common_name = p->model[0] != '\0' ? p->model : NULL;
	plan->key_usage = p->key_usage;
	plan->subject_key_id = p->subject_key_id;
	if (p->hw_type[0] != '\0' && hw_type_read(p->hw_type, hw_type, &len))
		plan->hw_type = span_of(hw_type, len);
	if (p->issuance_policy && ca->policies_len == 1)
		plan->policy = ca->policies[0];
}

static enum reason
render(struct order *o, const struct product *p, const struct ledger_key *k)
{
	const struct record_idevid *r = &o->record.idevid;
	const struct certificate *ca = &o->signer->certificate;
	struct certificate_plan plan = { .profile = PROFILE_IDEVID,
		.device_serial = r->device.serial,
		.not_before = r->not_before,
		.not_after = DER_TIME_FOREVER,
		.spki = o->idevid.spki,
		.issuer_name = ca->subject,
		.issuer_key_id = ca->subject_key_id,
		.signature_algorithm = private_key_algorithm(o->signer->key),
		.masa_url = p->masa_url };
	struct lint_context context = { .subject = LINT_IDEVID,
		.issuer = ca,
		.issuer_is_idevid_ca = true,
		.product = p,
		.slot = k->order.slot,
		.masa_url_required = p->masa_url[0] != '\0' };
	uint8_t *room, hw_type[HW_TYPE_MAX];
	enum reason reason;
	size_t len;

	plan_profile(&plan, &p->profile, ca, hw_type);
	reason = check_profile(&p->profile, plan.spki, ca, &o->why);
	if (reason != REASON_OK)
		return reason;
	memcpy(plan.serial, r->serial, sizeof(plan.serial));
	buf_free(&o->tbs);
	buf_init(&o->tbs, CERTIFICATE_MAX);
	room = buf_reserve(&o->tbs, CERTIFICATE_MAX);
	if (!certificate_render(&plan, room, CERTIFICATE_MAX, &len))
		return why_set(&o->why, REASON_SIGNER_FACTS, -1,
		    "the certificate is too large");
	o->tbs.len = len;
	sha256(buf_span(&o->tbs), o->record.tbs_sha256);
	return lint_before_signing(buf_span(&o->tbs), &context, &o->why);
}

/* The device as it will be on record. */
static void
fill_device(const struct signer *s, struct order *o)
{
	const struct certificate *ca = &o->signer->certificate;
	const struct idevid_order *i = &o->idevid;
	struct device *d = &o->result;

	memset(d, 0, sizeof(*d));
	memcpy(d->serial, i->serial, sizeof(d->serial));
	memcpy(d->product, i->product, sizeof(d->product));
	d->issuer.kind = ISSUER_KEY_ID;
	d->issuer.len = (uint8_t)ca->subject_key_id.len;
	memcpy(d->issuer.bytes, ca->subject_key_id.ptr, d->issuer.len);
	sha256(ca->subject, d->issuer_name_sha256);
	sha256(i->spki, d->spki_sha256);
	d->key_slot = i->key_slot;
	d->state = DEVICE_ACTIVE;
	d->origin = ORIGIN_ISSUED;
	o->record.idevid.device = *d;
	device_tag(&s->tag_key, d, d->tag);
}

/* The same CSR for the same serial within a minute: the certificate that the
 * record describes, down to its INTEGER serial. */
static bool
render_again(struct signer *s, struct order *o, const struct product *p,
    const struct ledger_key *k)
{
	const struct recent_entry *e =
	    recent_find(s->recent, &o->record, s->now);

	if (e == NULL)
		return false;
	o->record.idevid.not_before = e->when;
	memcpy(o->record.idevid.serial, e->serial, sizeof(e->serial));
	if (render(o, p, k) != REASON_OK ||
	    memcmp(o->record.tbs_sha256, e->tbs_sha256, HASH_SIZE) != 0)
		return false;
	o->again = true;
	o->sequence = e->sequence;
	return true;
}

static struct key_use
use_of(const struct idevid_order *i)
{
	return (struct key_use){ SIGNED_IDEVID, i->product, i->serial,
		i->scheme[0] != '\0' ? 0 : i->counter_width };
}

static enum reason
prepare_new(struct signer *s, struct order *o, const struct product *p,
    const struct ledger_key *k)
{
	const struct idevid_order *i = &o->idevid;
	const struct key_use use = use_of(i);
	enum reason r;

	/* Never twice, whatever the store believes. */
	r = i->scheme[0] == '\0'
	    ? ledger_counter_free(k, i->counter, &o->why)
	    : ledger_number_free(
		  journal_ledger(s->journal), i->product, i->counter, &o->why);
	if (r != REASON_OK)
		return r;
	r = key_may_sign(s, i->key, &use, false, &o->signer, &o->why);
	if (r != REASON_OK)
		return r;
	o->record.idevid.not_before = s->now;
	certificate_serial_draw(o->record.idevid.serial);
	return render(o, p, k);
}

enum reason
idevid_prepare(struct signer *s, struct order *o)
{
	const struct idevid_order *i = &o->idevid;
	const struct key_use use = use_of(i);
	const struct ledger_key *k;
	struct product p;
	enum reason r;

	fill_product(i, &p);
	if ((r = check_facts(i, &p, &o->why)) != REASON_OK)
		return r;
	r = key_may_sign(s, i->key, &use, true, &o->signer, &o->why);
	if (r != REASON_OK)
		return r;
	k = ledger_key_of(s, i->key);
	if ((r = check_serial(s, i, &p, k, &o->why)) != REASON_OK ||
	    (r = ledger_profile_holds(
		 journal_ledger(s->journal), &p, &o->why)) != REASON_OK)
		return r;
	o->record.kind = RECORD_IDEVID;
	memcpy(o->record.request_sha256, i->request_sha256, HASH_SIZE);
	memcpy(o->record.idevid.key, i->key, sizeof(i->key));
	o->record.idevid.counter = i->counter;
	memcpy(o->record.idevid.scheme, i->scheme, sizeof(i->scheme));
	fill_device(s, o);
	if (render_again(s, o, &p, k))
		return REASON_OK;
	return prepare_new(s, o, &p, k);
}

enum reason
idevid_finish(struct order *o, struct span signature)
{
	uint8_t *room;
	size_t len;

	buf_init(&o->artifact, CERTIFICATE_MAX);
	room = buf_reserve(&o->artifact, CERTIFICATE_MAX);
	if (!certificate_assemble(buf_span(&o->tbs),
		private_key_algorithm(o->signer->key), signature, room,
		CERTIFICATE_MAX, &len))
		return why_set(&o->why, REASON_SIGNER_FACTS, -1,
		    "the certificate is too large");
	o->artifact.len = len;
	sha256(buf_span(&o->artifact), o->result.certificate_sha256);
	return REASON_OK;
}
