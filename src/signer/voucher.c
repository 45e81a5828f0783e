/*
 * A voucher: from facts to the bytes that are signed (RFC 8366 5, RFC 8995 5.6,
 * MP 6, 8 to 10). The domainID in the record is the one that the signer itself
 * read off the pin.
 */
#include "crypto/hash/hash.h"
#include "envelope/cms.h"
#include "envelope/object_render.h"
#include "model/public_ca.h"
#include "model/voucher.h"
#include "signer/signer.h"
#include "wire/der.h"

#define CONTENT_MAX    8192 /* the largest pin in base64, and the rest */
#define ATTRIBUTES_MAX 512

/* MP 7.3: 8 to 64 printable characters; none that JSON would escape. */
static bool
nonce_valid(const char *nonce)
{
	size_t len = strlen(nonce);
	const char *c;

	for (c = nonce; *c != '\0'; c++)
		if (*c < 0x20 || *c > 0x7e || *c == '"' || *c == '\\')
			return false;
	return len == 0 || (len >= NONCE_MIN && len <= NONCE_MAX);
}

static enum reason
facts(struct why *why, const char *field)
{
	return why_set(why, REASON_SIGNER_FACTS, -1, "%s", field);
}

/* expires-on: only without a nonce (RFC 8366 5.3), and not beyond the life of
 * the pinned certificate (MP 6.2). */
static enum reason
check_expiry(const struct signer *s, const struct voucher_order *v,
    const struct certificate *pin, struct why *why)
{
	if (v->expires_on == 0)
		return REASON_OK;
	if (v->nonce[0] != '\0')
		return facts(why, "expires_on together with a nonce");
	if (v->expires_on <= s->now)
		return facts(why, "expires_on is over");
	if (v->expires_on > pin->not_after)
		return facts(why, "expires_on is later than the pin's end");
	return REASON_OK;
}

/*
 * The signer's own word on public CAs (RFC 8995 5.5): whatever authority and
 * checker say, no voucher pins the key of one, nor a CA that one has certified.
 */
static bool
pins_public_ca(const struct voucher_order *v, const struct certificate *pin)
{
	uint8_t hash[HASH_SIZE];

	sha256(pin->spki, hash);
	if (public_ca_key(NULL, hash))
		return true;
	if (v->pin_kind != PIN_CERTIFICATE || !pin->ca)
		return false;
	sha256(pin->issuer, hash);
	return public_ca_name(NULL, hash) || certificate_public_policy(pin);
}

/* What is optional and says where to go on (MP 15.2). That the pin is the EST
 * server's nobody can read off it: the record names both, by hash. */
static enum reason
check_optional(const struct voucher_order *v, struct why *why)
{
	if (v->est_domain[0] != '\0' &&
	    !voucher_url_valid(span_str(v->est_domain)))
		return facts(why, "est_domain");
	if (v->configuration_url[0] != '\0' &&
	    !voucher_url_valid(span_str(v->configuration_url)))
		return facts(why, "configuration_url");
	if (v->proprietary.len > PROPRIETARY_MAX)
		return facts(why, "proprietary of that length");
	return REASON_OK;
}

static enum reason
check_pin(
    const struct voucher_order *v, struct certificate *pin, struct why *why)
{
	uint8_t domain_id[KEY_ID_MAX], len;
	struct why inner;

	if (v->pin.len == 0 || v->pin.len > CERTIFICATE_MAX)
		return facts(why, "pin of that length");
	if (certificate_read(v->pin, pin, &inner) != REASON_OK)
		return why_set(
		    why, REASON_SIGNER_FACTS, -1, "pin: %.150s", inner.text);
	/* MP 14.3: a key alone is known by its hash. */
	if (v->pin_kind == PIN_CERTIFICATE) {
		certificate_domain_id(pin, domain_id, &len);
	} else {
		sha256(pin->spki, domain_id);
		len = HASH_SIZE;
	}
	if (len == 0 ||
	    !span_eq(span_of(domain_id, len),
		span_of(v->domain_id, v->domain_id_len)))
		return facts(why, "domain_id is not that of the pin");
	return pins_public_ca(v, pin)
	    ? why_set(why, REASON_SIGNER_PIN, -1, "serial %s", v->device.serial)
	    : REASON_OK;
}

static enum reason
check_tag(const struct signer *s, const struct device *d, struct why *why)
{
	uint8_t tag[HASH_SIZE];

	device_tag(&s->tag_key, d, tag);
	if (!secret_equal(span_of(tag, HASH_SIZE), span_of(d->tag, HASH_SIZE)))
		return why_set(
		    why, REASON_SIGNER_TAG, -1, "serial %s", d->serial);
	return REASON_OK;
}

/* No voucher key has a slot of its own yet: each is of slot 0, and a device of
 * another slot waits for a key of that one. */
static enum reason
check_slot(const struct voucher_order *v, struct why *why)
{
	if (v->device.key_slot == 0)
		return REASON_OK;
	return why_set(why, REASON_SIGNER_POLICY, -1,
	    "key %.32s is of slot 0, serial %s of slot %u", v->key,
	    v->device.serial, v->device.key_slot);
}

static enum reason
check_facts(const struct signer *s, const struct voucher_order *v,
    struct certificate *pin, struct why *why)
{
	enum reason r;

	if ((r = device_check(&v->device, why)) != REASON_OK)
		return r;
	if (!nonce_valid(v->nonce))
		return facts(why, "nonce");
	if (v->assertion < ASSERTION_VERIFIED ||
	    v->assertion > ASSERTION_AGENT_PROXIMITY)
		return facts(why, "assertion");
	if (v->name_issuer && v->device.issuer.kind != ISSUER_KEY_ID)
		return facts(why, "name_issuer without a key identifier");
	if ((r = check_optional(v, why)) != REASON_OK ||
	    (r = check_pin(v, pin, why)) != REASON_OK ||
	    (r = check_expiry(s, v, pin, why)) != REASON_OK ||
	    (r = check_tag(s, &v->device, why)) != REASON_OK)
		return r;
	return check_slot(v, why);
}

/* idevid-issuer, form A of MP 6.3: the whole extnValue OCTET STRING of an
 * authorityKeyIdentifier. */
static struct span
render_issuer(const struct issuer *i, uint8_t *room, size_t cap)
{
	struct der_out o;
	struct span out = { NULL, 0 };
	size_t octets, sequence;

	der_out_open(&o, room, cap);
	octets = der_begin(&o, DER_OCTET_STRING);
	sequence = der_begin(&o, DER_SEQUENCE);
	der_put(&o, DER_CONTEXT(0), span_of(i->bytes, i->len));
	der_close(&o, sequence);
	der_close(&o, octets);
	(void)der_out_span(&o, &out);
	return out;
}

/* MP 11: a certificate, or the key in it, or that key's hash. */
static void
fill_pin(const struct voucher_order *v, const struct certificate *pin,
    uint8_t hash[HASH_SIZE], struct voucher *out)
{
	switch (v->pin_kind) {
	case PIN_CERTIFICATE:
		out->pinned_domain_cert = pin->der;
		break;
	case PIN_PUBK:
		out->pinned_domain_pubk = pin->spki;
		break;
	case PIN_PUBK_SHA256:
		sha256(pin->spki, hash);
		out->pinned_domain_pubk_sha256 = span_of(hash, HASH_SIZE);
		break;
	case PIN_EITHER_PUBK: /* no order has them */
	case PIN_EITHER_SHA256:
	case PIN_UNKNOWN:
		break;
	}
}

static bool
write_content(const struct voucher_order *v, const struct voucher *voucher,
    uint8_t *room, size_t *len)
{
	if (v->format != FORMAT_COSE_CBOR)
		return voucher_to_json(voucher, (char *)room, CONTENT_MAX, len);
	return v->layout_2019
	    ? voucher_to_2019(voucher, room, CONTENT_MAX, len)
	    : voucher_to_cbor(voucher, room, CONTENT_MAX, len);
}

static bool
render_content(
    struct order *o, const struct certificate *pin, int64_t created_on)
{
	const struct voucher_order *v = &o->voucher;
	uint8_t issuer[KEY_ID_MAX + 16], hash[HASH_SIZE], *room;
	struct voucher voucher = { .created_on = created_on,
		.expires_on = v->expires_on,
		.assertion = v->assertion,
		.has_revocation_checks = true,
		.revocation_checks = false };
	size_t len;

	fill_pin(v, pin, hash, &voucher);
	memcpy(voucher.serial, v->device.serial, sizeof(voucher.serial));
	memcpy(voucher.nonce, v->nonce, sizeof(voucher.nonce));
	memcpy(voucher.est_domain, v->est_domain, sizeof(voucher.est_domain));
	memcpy(voucher.configuration_url, v->configuration_url,
	    sizeof(voucher.configuration_url));
	if (v->proprietary.len > 0)
		voucher.proprietary = v->proprietary;
	if (v->name_issuer)
		voucher.idevid_issuer =
		    render_issuer(&v->device.issuer, issuer, sizeof(issuer));
	buf_free(&o->content);
	buf_init(&o->content, CONTENT_MAX);
	room = buf_reserve(&o->content, CONTENT_MAX);
	if (!write_content(v, &voucher, room, &len))
		return false;
	o->content.len = len;
	return true;
}

static void
fill_plan(const struct order *o, int64_t created_on, struct cms_plan *plan)
{
	const struct held_key *h = o->signer;

	memset(plan, 0, sizeof(*plan));
	plan->content_type =
	    o->voucher.emit_id_data ? CMS_ID_DATA : CMS_ANIMA_JSON;
	plan->content = buf_span(&o->content);
	plan->signing_time = created_on;
	plan->digest = private_key_signature(h->key).hash;
	plan->signature_algorithm = private_key_algorithm(h->key);
	plan->certificates_len = h->chain_len;
	memcpy(plan->certificates, h->chain, sizeof(plan->certificates));
}

/* JWS and COSE, with the whole chain up to the root (MP 9, MP 10.1). */
static void
fill_object(const struct order *o, struct object_plan *plan)
{
	const struct held_key *h = o->signer;
	unsigned i;

	memset(plan, 0, sizeof(*plan));
	plan->content = buf_span(&o->content);
	plan->algorithm = private_key_signature(h->key);
	plan->bag = o->voucher.x5bag;
	plan->certificates_len = h->chain_len;
	for (i = 0; i < h->chain_len; i++)
		plan->certificates[i] = h->chain[i];
}

/* What the signature covers: signed attributes, or header and content. */
static bool
render_covered(struct order *o, int64_t created_on)
{
	struct object_plan object;
	struct cms_plan cms;
	uint8_t *room;
	size_t cap = ATTRIBUTES_MAX, len;
	bool good;

	if (o->voucher.format == FORMAT_CMS_JSON) {
		fill_plan(o, created_on, &cms);
	} else {
		fill_object(o, &object);
		cap = object_room(&object);
	}
	buf_free(&o->tbs);
	buf_init(&o->tbs, cap);
	room = buf_reserve(&o->tbs, cap);
	if (o->voucher.format == FORMAT_CMS_JSON)
		good = cms_attributes_render(&cms, room, cap, &len);
	else if (o->voucher.format == FORMAT_JWS_JSON)
		good = jws_covered_render(&object, room, cap, &len);
	else
		good = cose_covered_render(&object, room, cap, &len);
	if (good)
		o->tbs.len = len;
	return good;
}

/* Everything as of a moment; tbs_sha256 into the record. */
static bool
render(struct order *o, const struct certificate *pin, int64_t created_on)
{
	if (!render_content(o, pin, created_on) ||
	    !render_covered(o, created_on))
		return false;
	sha256(buf_span(&o->tbs), o->record.tbs_sha256);
	o->record.voucher.created_on = created_on;
	return true;
}

static void
fill_record(struct order *o, const struct certificate *pin)
{
	const struct voucher_order *v = &o->voucher;
	struct record_voucher *r = &o->record.voucher;

	o->record.kind = RECORD_VOUCHER;
	memcpy(o->record.request_sha256, v->request_sha256, HASH_SIZE);
	memcpy(r->key, v->key, sizeof(r->key));
	memcpy(r->serial, v->device.serial, sizeof(r->serial));
	memcpy(r->product, v->device.product, sizeof(r->product));
	r->issuer = v->device.issuer;
	memcpy(r->nonce, v->nonce, sizeof(r->nonce));
	r->assertion = v->assertion;
	r->expires_on = v->expires_on;
	r->name_issuer = v->name_issuer;
	r->emit_id_data = v->emit_id_data;
	r->format = v->format;
	sha256(v->pin_kind == PIN_CERTIFICATE ? pin->der : pin->spki,
	    r->pin_sha256);
	sha256(pin->spki, r->pin_spki_sha256);
	memcpy(r->domain_id, v->domain_id, v->domain_id_len);
	r->domain_id_len = v->domain_id_len;
	if (v->est_domain[0] != '\0') {
		sha256(span_str(v->est_domain), r->est_domain_sha256);
		r->est_domain_sha256_len = HASH_SIZE;
	}
}

/* The same request within a minute, and it would say the same: no new record
 * and no count (architecture 3). */
static bool
render_again(struct signer *s, struct order *o, const struct certificate *pin,
    const struct key_use *use)
{
	const struct recent_entry *e =
	    recent_find(s->recent, &o->record, s->now);
	struct why why;

	if (e == NULL ||
	    key_may_sign(s, o->voucher.key, use, true, &o->signer, &why) !=
		REASON_OK ||
	    !render(o, pin, e->when) ||
	    memcmp(o->record.tbs_sha256, e->tbs_sha256, HASH_SIZE) != 0)
		return false;
	o->again = true;
	o->sequence = e->sequence;
	return true;
}

enum reason
voucher_prepare(struct signer *s, struct order *o)
{
	struct voucher_order *v = &o->voucher;
	struct key_use use = { v->nonce[0] != '\0' ? SIGNED_NONCED
						   : SIGNED_NONCELESS,
		v->device.product, v->device.serial };
	struct certificate pin;
	enum reason r;

	if ((r = check_facts(s, v, &pin, &o->why)) != REASON_OK)
		return r;
	fill_record(o, &pin);
	if (render_again(s, o, &pin, &use))
		return REASON_OK;
	r = key_may_sign(s, v->key, &use, false, &o->signer, &o->why);
	if (r != REASON_OK)
		return r;
	if (!render(o, &pin, s->now))
		return facts(&o->why, "the voucher cannot be laid out");
	return REASON_OK;
}

static bool
finish_cms(struct order *o, struct span signature)
{
	struct cms_plan plan;
	uint8_t *room;
	size_t cap;
	unsigned i;

	fill_plan(o, o->record.voucher.created_on, &plan);
	cap = o->content.len + CMS_OVERHEAD;
	for (i = 0; i < plan.certificates_len; i++)
		cap += plan.certificates[i].len;
	buf_init(&o->artifact, cap);
	room = buf_reserve(&o->artifact, cap);
	return cms_assemble(
	    &plan, buf_span(&o->tbs), signature, room, cap, &o->artifact.len);
}

static bool
finish_object(struct order *o, struct span signature)
{
	struct object_plan plan;
	uint8_t *room;
	size_t cap;

	fill_object(o, &plan);
	cap = object_room(&plan);
	buf_init(&o->artifact, cap);
	room = buf_reserve(&o->artifact, cap);
	return o->voucher.format == FORMAT_JWS_JSON
	    ? jws_assemble(&plan, buf_span(&o->tbs), signature, room, cap,
		  &o->artifact.len)
	    : cose_assemble(&plan, signature, room, cap, &o->artifact.len);
}

enum reason
voucher_finish(struct order *o, struct span signature)
{
	if (o->voucher.format == FORMAT_CMS_JSON ? finish_cms(o, signature)
						 : finish_object(o, signature))
		return REASON_OK;
	return facts(&o->why, "the voucher does not fit");
}
