/* Judging a voucher (RFC 8995 5.6.1), see pledge.h. */
#include "pledge/internal.h"
#include "wire/date.h"
#include "wire/der.h"

/* A firmware leaves out what it does not take (README.md). */
#ifdef PLEDGE_WITHOUT_CMS
#define OPEN_CMS(bytes, room, object) PLEDGE_FORMAT
#else
#define OPEN_CMS pledge_cms_open
#endif
#ifdef PLEDGE_WITHOUT_JWS
#define OPEN_JWS(bytes, room, object) PLEDGE_FORMAT
#else
#define OPEN_JWS pledge_jws_open
#endif
#ifdef PLEDGE_WITHOUT_COSE
#define OPEN_COSE(bytes, room, object) PLEDGE_FORMAT
#define CONTENT_CBOR(bytes, content)   PLEDGE_CONTENT
#else
#define OPEN_COSE    pledge_cose_open
#define CONTENT_CBOR pledge_content_cbor
#endif
#if defined(PLEDGE_WITHOUT_CMS) && defined(PLEDGE_WITHOUT_JWS)
#define CONTENT_JSON(bytes, room, content) PLEDGE_CONTENT
#else
#define CONTENT_JSON pledge_content_json
#endif

/* Everything of one call. */
struct judging {
	const struct pledge *p;
	struct room room;
	struct certificate idevid;
	struct object object;
	struct path path;
	struct content content;
	struct pledge_voucher *out;
};

/* --- the firmware's own part --- */

static bool
anchor_valid(const struct pledge_anchor *a)
{
	return (a->signs || a->certifies) &&
	    (a->key.len > 0 ? a->key_sha256.len == 0 && pledge_key_known(a->key)
			    : a->key_sha256.len == PLEDGE_SHA256);
}

static bool
call_valid(struct judging *j, size_t work_len, size_t voucher_len)
{
	const struct pledge *p = j->p;
	unsigned i;

	for (i = 0; i < p->anchors_len; i++)
		if (!anchor_valid(&p->anchors[i]))
			return false;
	return p->anchors_len > 0 && work_len >= PLEDGE_WORK(voucher_len) &&
	    pledge_certificate_read(p->idevid, &j->idevid) == PLEDGE_ACCEPTED &&
	    (p->serial.len > 0 || j->idevid.serial_numbers == 1);
}

/* --- container and signature --- */

/* By the first octet (MP 3). */
static unsigned
format_of(struct span bytes)
{
	size_t i = 0;

	if (bytes.len == 0)
		return 0;
	if (bytes.ptr[0] == DER_SEQUENCE)
		return PLEDGE_CMS;
	if (bytes.ptr[0] == 0xd2 || bytes.ptr[0] == 0x84)
		return PLEDGE_COSE;
	while (i < bytes.len && memchr(" \t\r\n", bytes.ptr[i], 4) != NULL)
		i++;
	return i < bytes.len && bytes.ptr[i] == '{' ? PLEDGE_JWS : 0;
}

static enum pledge_verdict
object_open(struct judging *j, struct span bytes)
{
	unsigned format = format_of(bytes);

	if (bytes.len > PLEDGE_VOUCHER_MAX)
		return PLEDGE_LIMIT;
	if ((format & j->p->formats) == 0)
		return PLEDGE_FORMAT;
	j->out->format = (enum pledge_format)format;
	switch (j->out->format) {
	case PLEDGE_CMS:
		return OPEN_CMS(bytes, &j->room, &j->object);
	case PLEDGE_JWS:
		return OPEN_JWS(bytes, &j->room, &j->object);
	case PLEDGE_COSE:
		return OPEN_COSE(bytes, &j->room, &j->object);
	}
	return PLEDGE_FORMAT;
}

/* Does the container say that this one has signed it? */
static bool
is_named(const struct object *o, unsigned at, const struct certificate *c)
{
	if (o->sid_issuer.len > 0)
		return span_eq(c->issuer, o->sid_issuer) &&
		    span_eq(c->serial, o->sid_serial);
	if (o->sid_key_id.len > 0)
		return span_eq(c->key_id, o->sid_key_id);
	return !o->first_signs || at == 0;
}

/* --- the anchor --- */

static bool
is_key_of(const struct pledge_anchor *a, struct span spki)
{
	uint8_t hash[PLEDGE_SHA256];

	if (a->key.len > 0)
		return span_eq(a->key, spki);
	return pledge_hash(PLEDGE_SHA256, &spki, 1, hash) &&
	    span_eq(a->key_sha256, span_of(hash, sizeof(hash)));
}

/* The anchor that stands behind a signer. */
static enum pledge_verdict
anchor_find(struct judging *j, const struct certificate *signer)
{
	enum pledge_verdict v, said = PLEDGE_ANCHOR;
	unsigned i;

	for (i = 0; i < j->p->anchors_len; i++) {
		const struct pledge_anchor *a = &j->p->anchors[i];

		v = PLEDGE_ANCHOR;
		if (a->signs && is_key_of(a, signer->spki))
			v = PLEDGE_ACCEPTED;
		else if (a->certifies)
			v = pledge_path_climb(&j->path, signer, a);
		j->out->anchor = i;
		if (v == PLEDGE_ACCEPTED || v == PLEDGE_LIMIT)
			return v;
		if (v != PLEDGE_ANCHOR)
			said = v;
	}
	return said;
}

/* Of two refusals of signatures, ANCHOR where none was looked at, the one that tells
 * more. */
static enum pledge_verdict
fuller(enum pledge_verdict before, enum pledge_verdict now)
{
	return now == PLEDGE_ANCHOR ||
		(now == PLEDGE_SIGNATURE && before != PLEDGE_ANCHOR)
	    ? before
	    : now;
}

/* An anchor that has signed the voucher itself: a registrar strips certificates
 * of COSE, and may put in others (MP 10.1). */
static enum pledge_verdict
anchor_signs(struct judging *j, enum pledge_verdict said)
{
	enum pledge_verdict v;
	unsigned i;

	for (i = 0; i < j->p->anchors_len; i++) {
		const struct pledge_anchor *a = &j->p->anchors[i];

		if (!a->signs || a->key.len == 0)
			continue;
		v = pledge_message_verify(
		    &j->object.message, a->key, &j->path.checks);
		j->out->anchor = i;
		if (v == PLEDGE_ACCEPTED || v == PLEDGE_LIMIT)
			return v;
		said = fuller(said, v);
	}
	return said;
}

/* Is it signed by the key of this certificate? ANCHOR: the container names others. */
static enum pledge_verdict
is_signed_by(struct judging *j, unsigned at, struct certificate *signer)
{
	const struct object *o = &j->object;
	enum pledge_verdict v =
	    pledge_certificate_read(o->certificates[at], signer);

	if (v != PLEDGE_ACCEPTED)
		return v;
	return is_named(o, at, signer)
	    ? pledge_message_verify(&o->message, signer->spki, &j->path.checks)
	    : PLEDGE_ANCHOR;
}

/* A bag may hold more than one certificate of the key that has signed: any will do that
 * leads to an anchor. */
static enum pledge_verdict
signature_check(struct judging *j)
{
	enum pledge_verdict v, failed = PLEDGE_ANCHOR, said = PLEDGE_ANCHOR;
	struct certificate signer;
	bool verified = false;
	unsigned i;

	j->path.pool = j->object.certificates;
	j->path.pool_len = j->object.certificates_len;
	j->path.checks = PLEDGE_CHECKS_MAX * j->p->anchors_len;
	j->path.from = INT64_MIN;
	j->path.until = INT64_MAX;
	for (i = 0; i < j->object.certificates_len; i++) {
		v = is_signed_by(j, i, &signer);
		if (v == PLEDGE_LIMIT)
			return v;
		if (v != PLEDGE_ACCEPTED) {
			failed = fuller(failed, v);
			continue;
		}
		verified = true;
		j->out->signer = signer.whole;
		v = anchor_find(j, &signer);
		if (v == PLEDGE_ACCEPTED || v == PLEDGE_LIMIT)
			return v;
		if (v != PLEDGE_ANCHOR)
			said = v;
	}
	return verified ? said : anchor_signs(j, failed);
}

/* --- the content --- */

static enum pledge_verdict
date_of(const struct judging *j, enum leaf leaf, int64_t *out)
{
	struct span text = j->content.leaves[leaf];

	*out = 0;
	return text.ptr == NULL || date_parse(text, out) ? PLEDGE_ACCEPTED
							 : PLEDGE_CONTENT;
}

/* One of three (RFC 8366 5.3); of several the last of these that the device takes
 * (MP 11). */
static enum pledge_verdict
pin_take(struct judging *j)
{
	static const enum pledge_pin kinds[] = { PLEDGE_PIN_CERTIFICATE,
		PLEDGE_PIN_KEY, PLEDGE_PIN_KEY_SHA256 };
	struct pledge_voucher *out = j->out;
	struct certificate pinned;
	bool taken = false;
	unsigned i;

	for (i = 3; i-- > 0 && !taken;) {
		struct span pin = j->content.leaves[LEAF_PIN_CERTIFICATE + i];

		if (pin.ptr == NULL)
			continue;
		taken = (j->p->pins & (unsigned)kinds[i]) != 0;
		out->pin = pin;
		out->pin_kind = kinds[i];
	}
	if (out->pin.len == 0 ||
	    (out->pin_kind == PLEDGE_PIN_KEY_SHA256 &&
		out->pin.len != PLEDGE_SHA256) ||
	    (out->pin_kind == PLEDGE_PIN_CERTIFICATE &&
		pledge_certificate_read(out->pin, &pinned) != PLEDGE_ACCEPTED))
		return PLEDGE_CONTENT;
	return PLEDGE_ACCEPTED;
}

static enum pledge_verdict
content_take(struct judging *j)
{
	struct content *c = &j->content;
	struct pledge_voucher *out = j->out;
	enum pledge_verdict v;

	v = out->format == PLEDGE_COSE
	    ? CONTENT_CBOR(j->object.content, c)
	    : CONTENT_JSON(j->object.content, &j->room, c);
	if (v != PLEDGE_ACCEPTED ||
	    (v = date_of(j, LEAF_CREATED_ON, &out->created_on)) !=
		PLEDGE_ACCEPTED ||
	    (v = date_of(j, LEAF_EXPIRES_ON, &out->expires_on)) !=
		PLEDGE_ACCEPTED ||
	    (v = pin_take(j)) != PLEDGE_ACCEPTED)
		return v;
	if (c->leaves[LEAF_SERIAL_NUMBER].ptr == NULL ||
	    c->leaves[LEAF_ASSERTION].ptr == NULL)
		return PLEDGE_CONTENT;
	out->signatures = j->object.signatures;
	out->assertion = c->assertion;
	out->nonceless = c->leaves[LEAF_NONCE].ptr == NULL;
	out->has_revocation_checks =
	    c->leaves[LEAF_REVOCATION_CHECKS].ptr != NULL;
	out->revocation_checks = c->revocation_checks;
	out->est_domain = c->leaves[LEAF_EST_DOMAIN];
	out->configuration_url = c->leaves[LEAF_CONFIGURATION_URL];
	out->proprietary = c->leaves[LEAF_PROPRIETARY];
	return PLEDGE_ACCEPTED;
}

/* --- is it for this device, now? --- */

static bool
nonce_fits(const struct judging *j)
{
	return j->out->nonceless ? j->p->nonceless
				 : j->p->nonce.len > 0 &&
		span_eq(j->p->nonce, j->content.leaves[LEAF_NONCE]);
}

/* Fresh by its nonce: now. Any other may be used long after its signer's certificate
 * ended, so what counts is the day it was made. */
static bool
dates_fit(const struct judging *j)
{
	const struct pledge_voucher *out = j->out;
	int64_t when = out->nonceless && out->created_on != 0 ? out->created_on
							      : j->p->now;

	return !j->p->has_clock ||
	    (when >= j->path.from && when <= j->path.until);
}

static bool
serial_fits(const struct judging *j)
{
	return span_eq(j->content.leaves[LEAF_SERIAL_NUMBER],
	    j->p->serial.len > 0 ? j->p->serial : j->idevid.serial_number);
}

/* AuthorityKeyIdentifier with this key identifier in front (RFC 5280 4.2.1.1). */
static bool
is_authority(struct span bytes, struct span key_id)
{
	struct der d, a;
	struct span found;

	der_open(&d, bytes);
	return der_enter(&d, DER_SEQUENCE, &a) == WIRE_OK &&
	    der_end(&d) == WIRE_OK &&
	    der_take(&a, DER_CONTEXT(0), &found) == WIRE_OK &&
	    span_eq(found, key_id);
}

/* Any of the encodings of the field (MP 6.3). */
static bool
issuer_fits(const struct judging *j)
{
	struct span bytes = j->content.leaves[LEAF_IDEVID_ISSUER], peeled;
	struct span key_id = j->idevid.authority_key_id.len > 0
	    ? j->idevid.authority_key_id
	    : j->p->key_id;
	struct der d;

	if (bytes.ptr == NULL)
		return !j->p->issuer_demanded;
	if (span_eq(bytes, j->idevid.issuer))
		return true;
	if (key_id.len == 0)
		return false;
	der_open(&d, bytes);
	if (der_octets(&d, &peeled) == WIRE_OK && der_end(&d) == WIRE_OK &&
	    is_authority(peeled, key_id))
		return true;
	return span_eq(bytes, key_id) || is_authority(bytes, key_id);
}

static enum pledge_verdict
judge(struct judging *j, struct span voucher)
{
	enum pledge_verdict v;

	if ((v = object_open(j, voucher)) != PLEDGE_ACCEPTED ||
	    (v = signature_check(j)) != PLEDGE_ACCEPTED ||
	    (v = content_take(j)) != PLEDGE_ACCEPTED)
		return v;
	if (!dates_fit(j))
		return PLEDGE_DATES;
	if (!serial_fits(j))
		return PLEDGE_SERIAL;
	if (!issuer_fits(j))
		return PLEDGE_ISSUER;
	if (!nonce_fits(j))
		return PLEDGE_NONCE;
	if (j->p->has_clock && j->content.leaves[LEAF_EXPIRES_ON].ptr != NULL &&
	    j->p->now > j->out->expires_on)
		return PLEDGE_EXPIRED;
	return (j->p->pins & (unsigned)j->out->pin_kind) != 0 ? PLEDGE_ACCEPTED
							      : PLEDGE_PIN;
}

enum pledge_verdict
pledge_verify(const struct pledge *p, struct span voucher, uint8_t *work,
    size_t work_len, struct pledge_voucher *out)
{
	struct judging j = { .p = p, .room = { work, work_len }, .out = out };
	enum pledge_verdict v;

	memset(out, 0, sizeof(*out));
	v = call_valid(&j, work_len, voucher.len) ? judge(&j, voucher)
						  : PLEDGE_CALL;
	if (v != PLEDGE_ACCEPTED)
		memset(out, 0, sizeof(*out));
	return v;
}
