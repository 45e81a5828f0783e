/* CMS SignedData: attributes and signature (MP 5 rows 3, 4), see cms.h. */
#include "envelope/cms.h"
#include "envelope/cms_oid.h"
#include "wire/der.h"

/* What the signature covers: the content, or the attributes as SET OF. */
#define ATTRIBUTES_MAX 4096

static enum reason
refuse(struct why *why, const char *what)
{
	return why_set(why, REASON_CMS_ATTRIBUTES, -1, "%s", what);
}

/* The one value of an attribute that may occur only once. */
static bool
single_value(struct der *attribute, struct der *value)
{
	return der_enter(attribute, DER_SET, value) == WIRE_OK &&
	    der_end(attribute) == WIRE_OK;
}

static bool
content_type_good(const struct cms *c, struct der *value)
{
	struct span oid;

	return der_oid(value, &oid) == WIRE_OK && der_end(value) == WIRE_OK &&
	    span_eq(oid,
		c->content_type == CMS_ANIMA_JSON ? OID_SPAN(OID_ANIMA_JSON)
						  : OID_SPAN(OID_DATA));
}

static bool
message_digest_good(const struct cms *c, struct der *value)
{
	uint8_t digest[HASH_MAX];
	struct span said;

	hash_bytes(c->digest, c->content, digest);
	return der_octets(value, &said) == WIRE_OK &&
	    der_end(value) == WIRE_OK &&
	    span_eq(said, span_of(digest, hash_size(c->digest)));
}

static enum reason
attribute_check(const struct cms *c, struct der *attribute, struct span type,
    bool *has_type, bool *has_digest, struct why *why)
{
	struct der value;

	if (span_eq(type, OID_SPAN(OID_CONTENT_TYPE))) {
		if (*has_type)
			return refuse(why, "contentType occurs twice");
		*has_type = true;
		if (!single_value(attribute, &value) ||
		    !content_type_good(c, &value))
			return refuse(
			    why, "contentType differs from eContentType");
	} else if (span_eq(type, OID_SPAN(OID_MESSAGE_DIGEST))) {
		/* At once: each costs a hash of the whole content. */
		if (*has_digest)
			return refuse(why, "messageDigest occurs twice");
		*has_digest = true;
		if (!single_value(attribute, &value) ||
		    !message_digest_good(c, &value))
			return refuse(
			    why, "messageDigest does not match the content");
	} else if (der_take(attribute, DER_SET, NULL) != WIRE_OK ||
	    der_end(attribute) != WIRE_OK) {
		return refuse(why, "an attribute is malformed");
	}
	return REASON_OK;
}

/* RFC 5652 5.3, 11.1, 11.2: contentType and messageDigest once each, with the
 * values of this very content. */
static enum reason
attributes_check(const struct cms *c, struct why *why)
{
	bool has_type = false, has_digest = false;
	struct der set, attribute;
	struct span type;
	enum reason r;

	der_open(&set, c->signed_attributes);
	while (der_end(&set) != WIRE_OK) {
		if (der_enter(&set, DER_SEQUENCE, &attribute) != WIRE_OK ||
		    der_oid(&attribute, &type) != WIRE_OK)
			return refuse(why, "an attribute is malformed");
		r = attribute_check(
		    c, &attribute, type, &has_type, &has_digest, why);
		if (r != REASON_OK)
			return r;
	}
	return has_type && has_digest
	    ? REASON_OK
	    : refuse(why, "contentType or messageDigest is absent");
}

/* The attributes re-tagged from [0] to SET OF (RFC 5652 5.4), DER length. */
static bool
covered(const struct cms *c, uint8_t *room, size_t cap, struct span *out)
{
	struct der_out o;

	if (!c->attributed) {
		*out = c->content;
		return true;
	}
	der_out_open(&o, room, cap);
	der_put(&o, DER_SET, c->signed_attributes);
	return der_out_span(&o, out) == WIRE_OK;
}

static bool
named_by_sid(const struct cms *c, const struct certificate *k)
{
	if (c->by_key_id)
		return k->subject_key_id.ptr != NULL &&
		    span_eq(k->subject_key_id, c->sid_key_id);
	return span_eq(k->issuer, c->sid_issuer) &&
	    span_eq(k->serial, c->sid_serial);
}

static bool
verifies_with(
    const struct cms *c, const struct certificate *k, struct span message)
{
	const struct public_key *key;

	return public_key_get(k->spki, &key, NULL) == REASON_OK &&
	    signature_verify(
		key, c->signature_algorithm, message, c->signature);
}

enum reason
cms_verify(
    const struct cms *c, const struct certificate **signer, struct why *why)
{
	uint8_t room[ATTRIBUTES_MAX];
	uint64_t begun = signature_work();
	struct span message;
	enum reason r;
	unsigned named, i;

	if (c->certificates_len == 0)
		return why_set(why, REASON_SIGNER_UNKNOWN, -1,
		    "the container holds no certificate");
	if (!c->attributed && c->content_type != CMS_ID_DATA)
		return why_set(why, REASON_CMS_ATTRIBUTES_MISSING, -1,
		    "signedAttrs is absent");
	if (c->attributed && (r = attributes_check(c, why)) != REASON_OK)
		return r;
	if (!covered(c, room, sizeof(room), &message))
		return refuse(why, "signedAttrs is longer than the limit");
	for (named = 0; named < c->certificates_len; named++)
		if (named_by_sid(c, &c->certificates[named]))
			break;
	for (i = 0; i < c->certificates_len + 1; i++) {
		/* The one that sid names first, then all others: a reissued
		 * certificate has the key, not the name (MP 5 row 3). */
		unsigned at = i == 0 ? named : i - 1;

		if (at == c->certificates_len || (i > 0 && at == named))
			continue;
		if (signature_work() - begun > SIGNER_WORK_MAX)
			return why_set(why, REASON_REQUEST_COSTLY, -1,
			    "the signer is none of the first certificates");
		if (!verifies_with(c, &c->certificates[at], message))
			continue;
		*signer = &c->certificates[at];
		return REASON_OK;
	}
	return why_set(why, REASON_REQUEST_SIGNATURE, -1,
	    "none of the %u certificates verifies it", c->certificates_len);
}
