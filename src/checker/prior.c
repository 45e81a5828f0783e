/*
 * The pledge's voucher-request inside the registrar's: MP 5 rows 12 to 16
 * (RFC 8995 5.5.5, 5.5.6).
 */
#include "checker/rows.h"
#include "model/sid.h"
#include "wire/der.h"
#include "wire/json.h"

/*
 * What kind of thing stands in prior-signed-voucher-request when it begins like
 * no signed object? A JSON text or a CBOR map is unsigned data, which proves
 * nothing.
 */
static enum reason
classify_other(struct span prior, struct why *why)
{
	struct json_value root;
	uint8_t first = prior.ptr[0];

	if (json_parse(prior, &root, NULL) == WIRE_OK)
		return why_set(why, REASON_PRIOR_UNSIGNED, 0, "plain JSON");
	if (first >> 5 == 5)
		return why_set(why, REASON_PRIOR_UNSIGNED, 0, "plain CBOR");
	return why_set(
	    why, REASON_PRIOR_MALFORMED, 0, "it begins with octet %02x", first);
}

/* Unsigned data counts as absent where the switch says so (MP 5 row 12); it is
 * never evidence of anything. */
static enum reason
without(struct walk *w, enum reason r, struct why *why)
{
	struct why found = *why;

	if (r != REASON_PRIOR_UNSIGNED ||
	    (w->check->allowed & LEGACY(LEGACY_UNSIGNED_PRIOR)) == 0)
		return r;
	w->room->registrar.request.prior = span_of(NULL, 0);
	trace_found(
	    w->trace, "unsigned: %.100s; it counts as absent", found.text);
	why_clear(why);
	return legacy_use(w, LEGACY_UNSIGNED_PRIOR, false, r, why);
}

/* JSON that begins like a JWS, but has not its members. */
static bool
is_plain(struct span prior)
{
	struct json_value root, member;

	return json_parse(prior, &root, NULL) == WIRE_OK &&
	    !json_member(&root, "signatures", &member) &&
	    !json_member(&root, "payload", &member);
}

/* A voucher at the top instead of a request: a renewal (8366bis 10.1). */
static bool
is_voucher(const struct envelope *e)
{
	struct json_value root, member;
	struct cbor c;
	uint64_t roots;

	if (e->format == FORMAT_COSE_CBOR)
		return sid_root_open(e->content, SID_VOUCHER,
			   "ietf-voucher:voucher", &c, &roots) ||
		    sid_root_open(e->content, SID_VOUCHER_2019,
			"ietf-voucher:voucher", &c, &roots);
	return json_parse(e->content, &root, NULL) == WIRE_OK &&
	    json_member(&root, "ietf-voucher:voucher", &member);
}

/*
 * Every fault inside the prior object is a 403 of row 12 or 13 (the container
 * that the registrar sent was well formed); what the decoder said goes into
 * the text. Reasons that a registrar's own object may have say whose it is.
 */
enum reason
as_prior(enum reason r, struct why *why)
{
	struct why inner = *why;

	if (r == REASON_REQUEST_SIGNATURE)
		return why_set(why, REASON_PRIOR_SIGNATURE, inner.offset, "%s",
		    inner.text);
	if (r == REASON_SIGNER_UNKNOWN)
		return why_set(why, REASON_PRIOR_CERTIFICATE, inner.offset,
		    "%s", inner.text);
	if (reason_status(r) == 403)
		return why_set(why, r, inner.offset,
		    "the pledge's request: %.150s", inner.text);
	return why_set(why, REASON_PRIOR_MALFORMED, inner.offset, "%s: %.150s",
	    reason_code(r), inner.text);
}

/* Row 12: absent, a signed request, a signed voucher, or unsigned data. */
enum reason
row_classify(struct walk *w, struct why *why)
{
	struct span prior = w->room->registrar.request.prior;
	struct signed_request *p = &w->room->pledge;
	enum artifact_format format;
	enum reason r;

	if (prior.len == 0)
		return without(w,
		    why_set(why, REASON_PRIOR_UNSIGNED, 0, "it is empty"), why);
	format = envelope_format(prior);
	if (format == FORMAT_NONE ||
	    (format == FORMAT_JWS_JSON && is_plain(prior)))
		return without(w, classify_other(prior, why), why);
	r = envelope_read(format, prior, p->unwrapped, sizeof(p->unwrapped),
	    &p->envelope, why);
	if (r != REASON_OK)
		return as_prior(r, why);
	trace_envelope(w->trace, &p->envelope, prior);
	if (is_voucher(&p->envelope))
		return why_set(
		    why, REASON_PRIOR_RENEWAL, -1, "it is a signed voucher");
	r = request_read(p, why);
	if (r == REASON_OK)
		r = legacy_payload(w, p, why);
	return r == REASON_OK ? r : as_prior(r, why);
}

/* In the registrar's container, which may bring the pledge's chain, the device
 * certificate with this key. */
static const struct certificate *
find_in_bag(const struct workspace *room)
{
	const struct envelope *e = &room->registrar.envelope;
	unsigned i;

	for (i = 0; i < e->certificates_len; i++)
		if (is_pledges(&room->registrar, &e->certificates[i]) &&
		    envelope_verify_key(
			&room->pledge.envelope, e->certificates[i].spki))
			return &e->certificates[i];
	return NULL;
}

/* The same among what is on record; nobody has looked at its serial yet. */
static const struct certificate *
find_on_record(struct workspace *room)
{
	unsigned i;

	for (i = 0; i < room->on_record->len; i++)
		if (certificate_read(room->on_record->certificates[i],
			&room->found, NULL) == REASON_OK &&
		    envelope_verify_key(
			&room->pledge.envelope, room->found.spki))
			return &room->found;
	return NULL;
}

/*
 * A pledge's request without a certificate, as most of COSE are (cBRSKI 9.2.1,
 * what the registrar sent along counts first, then what is on record,
 * for which the caller has to ask (doc/decisions/025). One sentence for all that
 * can go wrong: a stranger learns from it of no device whether it is known.
 */
static enum reason
find_elsewhere(struct walk *w, struct why *why)
{
	struct signed_request *p = &w->room->pledge;

	if ((p->signer = find_in_bag(w->room)) != NULL) {
		trace_found(
		    w->trace, "by a certificate in the registrar's request");
		return REASON_OK;
	}
	w->room->look_up = w->room->on_record == NULL;
	if (!w->room->look_up &&
	    (p->signer = find_on_record(w->room)) != NULL) {
		trace_found(w->trace, "by the certificate on record");
		return REASON_OK;
	}
	return why_set(why, REASON_SIGNER_UNKNOWN, -1,
	    "neither a certificate that came along nor one on record fits");
}

/* Whose certificate: its own, where it has some. */
static enum reason
find_signer(struct walk *w, struct why *why)
{
	struct signed_request *p = &w->room->pledge;

	if (p->envelope.format == FORMAT_CMS_JSON ||
	    p->envelope.certificates_len > 0)
		return envelope_verify(&p->envelope, &p->signer, why);
	return find_elsewhere(w, why);
}

/*
 * Row 13: the signature holds with the key of a certificate in the object.
 * Whether that key is the device's is asked at the moment of decision, of the
 * record; so the chain above it decides nothing, and IDevID dates are ignored.
 */
enum reason
row_pledge_signature(struct walk *w, struct why *why)
{
	struct signed_request *p = &w->room->pledge;
	struct request_facts *facts = w->facts;
	enum reason r = find_signer(w, why);

	if (r == REASON_OK && p->envelope.format == FORMAT_COSE_CBOR &&
	    p->envelope.object.unnamed)
		r = legacy_use(
		    w, LEGACY_LAYOUT_2019, true, REASON_ALGORITHM, why);
	if (r == REASON_OK && envelope_unattributed(&p->envelope))
		r = legacy_use(w, LEGACY_UNATTRIBUTED, true,
		    REASON_CMS_ATTRIBUTES_MISSING, why);
	if (r != REASON_OK)
		return as_prior(r, why);
	facts->prior = true;
	facts->prior_format = p->envelope.format;
	sha256(p->signer->spki, facts->pledge_spki_sha256);
	sha256(p->signer->der, facts->pledge_certificate_sha256);
	sha256(p->signer->issuer, facts->pledge_issuer_name_sha256);
	certificate_issuer(p->signer, &facts->pledge_issuer);
	return REASON_OK;
}

/*
 * Row 14: one serial everywhere. It comes from the subject attribute
 * serialNumber (2.5.4.5), never from the INTEGER (RFC 8995 2.3.1), compared
 * octet by octet (MP 6.4).
 */
enum reason
row_serial(struct walk *w, struct why *why)
{
	const struct voucher_request *registrar = &w->room->registrar.request;
	const struct signed_request *p = &w->room->pledge;
	const struct certificate *c = p->signer;

	if (c->subject_serials != 1)
		return why_set(why, REASON_PLEDGE_SERIAL_COUNT, -1,
		    "%u serialNumber attributes", c->subject_serials);
	if (!span_is(c->subject_serial, registrar->serial))
		return why_set(why, REASON_PLEDGE_SERIAL, -1,
		    "the pledge's certificate names another serial");
	if (p->request.serial[0] != '\0' &&
	    strcmp(p->request.serial, registrar->serial) != 0)
		return why_set(why, REASON_PLEDGE_SERIAL, -1,
		    "the pledge's request names another serial");
	if (c->subject_serial_tag != DER_PRINTABLE_STRING)
		trace_found(w->trace, "it is no PrintableString, but will do");
	return REASON_OK;
}

/* The hash of the key that the pledge names, DIFFERS until it was found in the
 * chain; ABSENT if it names none. */
static enum reason
seen_key(const struct voucher_request *pledge, enum proximity *proximity,
    uint8_t seen[HASH_SIZE], struct why *why)
{
	struct certificate c;

	if (pledge->proximity_pubk_sha256.ptr != NULL) {
		if (pledge->proximity_pubk_sha256.len != HASH_SIZE)
			return why_set(why, REASON_PRIOR_MALFORMED, -1,
			    "proximity-registrar-pubk-sha256 of %zu octets",
			    pledge->proximity_pubk_sha256.len);
		memcpy(seen, pledge->proximity_pubk_sha256.ptr, HASH_SIZE);
	} else if (pledge->proximity_pubk.ptr != NULL) {
		sha256(pledge->proximity_pubk, seen);
	} else if (pledge->proximity_cert.ptr != NULL) {
		enum reason r =
		    certificate_read(pledge->proximity_cert, &c, why);

		if (r != REASON_OK)
			return as_prior(r, why);
		sha256(c.spki, seen);
	} else {
		*proximity = PROXIMITY_ABSENT;
		return REASON_OK;
	}
	*proximity = PROXIMITY_DIFFERS;
	return REASON_OK;
}

/*
 * Row 15: the registrar that the pledge saw, by key, in the order of
 * 8366bis 9. Keys are compared, never certificates: a renewed certificate over
 * the same key is the same registrar.
 */
enum reason
row_proximity(struct walk *w, struct why *why)
{
	const struct path *path = &w->room->path;
	struct request_facts *facts = w->facts;
	uint8_t seen[HASH_SIZE], here[HASH_SIZE];
	unsigned i;
	enum reason r;

	if (is_by_agent(&w->room->pledge.request))
		return row_agent(w, why);
	r = seen_key(&w->room->pledge.request, &facts->proximity, seen, why);

	if (r != REASON_OK || facts->proximity == PROXIMITY_ABSENT)
		return r;
	for (i = 0; i < path->len; i++) {
		sha256(path->certificates[i].spki, here);
		if (memcmp(here, seen, HASH_SIZE) == 0)
			facts->proximity = PROXIMITY_PROVEN;
	}
	trace_found(w->trace, "%s",
	    facts->proximity == PROXIMITY_PROVEN
		? "a key in the signature chain"
		: "no key in the signature chain: policy judges");
	return REASON_OK;
}

/* Row 16 (RFC 8995 5.5.6): byte for byte. A nonce that only the pledge sent is
 * left to row 11: the request is nonceless then. */
enum reason
row_nonce(struct walk *w, struct why *why)
{
	const struct voucher_request *registrar = &w->room->registrar.request;
	const struct voucher_request *pledge = &w->room->pledge.request;

	if (registrar->nonce[0] == '\0' ||
	    strcmp(registrar->nonce, pledge->nonce) == 0)
		return REASON_OK;
	return why_set(why, REASON_NONCE_MISMATCH, -1, "%s",
	    pledge->nonce[0] == '\0' ? "the pledge sent no nonce"
				     : "the two nonces differ");
}
