/*
 * The pledge's voucher-request inside the registrar's: MP 5 rows 12 to 16
 * (RFC 8995 5.5.5, 5.5.6).
 */
#include "checker/rows.h"
#include "wire/der.h"
#include "wire/json.h"

/*
 * What kind of thing stands in prior-signed-voucher-request when it is not
 * CMS? An object with "payload" and "signatures" is a JWS (RFC 7515 7.2.1);
 * any other JSON or CBOR map is unsigned data, which proves nothing.
 */
static enum reason
classify_other(struct span prior, struct why *why)
{
	struct json_value root, member;
	uint8_t first = prior.ptr[0];

	if (first == 0xd2 || first == 0x84)
		return why_set(why, REASON_PRIOR_FORMAT, 0,
		    "a COSE_Sign1 inside a CMS request");
	if (json_parse(prior, &root, NULL) == WIRE_OK) {
		if (json_member(&root, "signatures", &member) &&
		    json_member(&root, "payload", &member))
			return why_set(why, REASON_PRIOR_FORMAT, 0,
			    "a JWS inside a CMS request");
		return why_set(why, REASON_PRIOR_UNSIGNED, 0, "plain JSON");
	}
	if (first >> 5 == 5)
		return why_set(why, REASON_PRIOR_UNSIGNED, 0, "plain CBOR");
	return why_set(
	    why, REASON_PRIOR_MALFORMED, 0, "it begins with octet %02x", first);
}

/*
 * Every fault inside the prior object is a 403 of row 12 or 13 (the container
 * that the registrar sent was well formed); what the decoder said goes into
 * the text.
 */
static enum reason
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
		return r;
	return why_set(why, REASON_PRIOR_MALFORMED, inner.offset, "%s: %.150s",
	    reason_code(r), inner.text);
}

/* Row 12: absent, a signed request, a signed voucher, or unsigned data. */
enum reason
row_classify(struct walk *w, struct why *why)
{
	struct span prior = w->room->registrar.request.prior;
	struct signed_request *p = &w->room->pledge;
	struct json_value root, member;
	enum reason r;

	if (prior.len == 0)
		return why_set(why, REASON_PRIOR_UNSIGNED, 0, "it is empty");
	if (prior.ptr[0] != DER_SEQUENCE)
		return classify_other(prior, why);
	if ((r = cms_read(prior, &p->cms, why)) != REASON_OK)
		return as_prior(r, why);
	if (json_parse(p->cms.content, &root, NULL) == WIRE_OK &&
	    json_member(&root, "ietf-voucher:voucher", &member))
		return why_set(
		    why, REASON_PRIOR_RENEWAL, -1, "it is a signed voucher");
	r = request_from_json(
	    p->cms.content, p->arena, sizeof(p->arena), &p->request, why);
	return r == REASON_OK ? r : as_prior(r, why);
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
	enum reason r = cms_verify(&p->cms, &p->signer, why);

	if (r != REASON_OK)
		return as_prior(r, why);
	facts->prior = true;
	facts->prior_format = FORMAT_CMS_JSON;
	facts->prior_unattributed = !p->cms.attributed;
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
	enum reason r =
	    seen_key(&w->room->pledge.request, &facts->proximity, seen, why);

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
