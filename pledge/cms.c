/* CMS SignedData (RFC 5652, RFC 8366 5.4), in DER. */
#include "pledge/internal.h"
#include "wire/der.h"

static const uint8_t signed_data[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7,
	2 };
static const uint8_t id_data[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7,
	1 };
static const uint8_t anima_json[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9,
	16, 1, 40 };
static const uint8_t content_type[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1,
	9, 3 };
static const uint8_t message_digest[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1,
	9, 4 };
/* id-sha256 and id-sha384 (RFC 5754 2); parameters absent or NULL. */
static const uint8_t sha2[] = { 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2 };

#define ATTRIBUTES_MAX 16

static bool
digest_read(struct der *d, enum pledge_hash *hash)
{
	struct der identifier;
	struct span oid;

	if (der_enter(d, DER_SEQUENCE, &identifier) != WIRE_OK ||
	    der_oid(&identifier, &oid) != WIRE_OK ||
	    (der_peek(&identifier) == DER_NULL &&
		der_null(&identifier) != WIRE_OK) ||
	    der_end(&identifier) != WIRE_OK || oid.len != sizeof(sha2) + 1 ||
	    memcmp(oid.ptr, sha2, sizeof(sha2)) != 0)
		return false;
	*hash = oid.ptr[sizeof(sha2)] == 1 ? PLEDGE_SHA256 : PLEDGE_SHA384;
	return oid.ptr[sizeof(sha2)] == 1 || oid.ptr[sizeof(sha2)] == 2;
}

/* encapContentInfo (5.2); the type is compared with the attribute later. */
static bool
content_read(struct der *d, struct span *type, struct object *out)
{
	struct der info, explicit_;

	return der_enter(d, DER_SEQUENCE, &info) == WIRE_OK &&
	    der_oid(&info, type) == WIRE_OK &&
	    (octets_are(*type, anima_json, sizeof(anima_json)) ||
		octets_are(*type, id_data, sizeof(id_data))) &&
	    der_enter(&info, DER_CONTEXT_CONS(0), &explicit_) == WIRE_OK &&
	    der_end(&info) == WIRE_OK &&
	    der_octets(&explicit_, &out->content) == WIRE_OK &&
	    der_end(&explicit_) == WIRE_OK;
}

static enum pledge_verdict
cms_certificates(struct der *d, struct object *out)
{
	enum pledge_verdict v;
	struct span one;
	struct der set;

	if (der_peek(d) != DER_CONTEXT_CONS(0))
		return PLEDGE_ACCEPTED;
	if (der_enter(d, DER_CONTEXT_CONS(0), &set) != WIRE_OK)
		return PLEDGE_CONTAINER;
	while (der_end(&set) != WIRE_OK) {
		if (der_whole(&set, DER_SEQUENCE, &one, NULL) != WIRE_OK)
			return PLEDGE_CONTAINER;
		v = pledge_object_certificate(out, one);
		if (v != PLEDGE_ACCEPTED)
			return v;
	}
	return PLEDGE_ACCEPTED;
}

/* One of signedAttrs, with its one value. */
static bool
cms_attribute(struct der *set, struct span *oid, struct der *value)
{
	struct der attribute;

	return der_enter(set, DER_SEQUENCE, &attribute) == WIRE_OK &&
	    der_oid(&attribute, oid) == WIRE_OK &&
	    der_enter(&attribute, DER_SET, value) == WIRE_OK &&
	    der_end(&attribute) == WIRE_OK;
}

/*
 * contentType and messageDigest, each once (5.4, 11.1, 11.2). Without them the
 * signature would be about the attributes alone.
 */
static enum pledge_verdict
attributes_check(struct span attributes, struct span type, struct object *o)
{
	uint8_t digest[PLEDGE_HASH_MAX];
	bool has_type = false, has_digest = false;
	struct span oid, value;
	struct der set, values;
	unsigned n;

	der_open(&set, attributes);
	for (n = 0; der_end(&set) != WIRE_OK; n++) {
		if (n == ATTRIBUTES_MAX || !cms_attribute(&set, &oid, &values))
			return PLEDGE_CONTAINER;
		if (octets_are(oid, content_type, sizeof(content_type))) {
			if (has_type || der_oid(&values, &value) != WIRE_OK ||
			    der_end(&values) != WIRE_OK)
				return PLEDGE_CONTAINER;
			if (!span_eq(value, type))
				return PLEDGE_SIGNATURE;
			has_type = true;
		} else if (octets_are(
			       oid, message_digest, sizeof(message_digest))) {
			if (has_digest ||
			    der_octets(&values, &value) != WIRE_OK ||
			    der_end(&values) != WIRE_OK)
				return PLEDGE_CONTAINER;
			if (!pledge_hash(
				o->message.hash, &o->content, 1, digest))
				return PLEDGE_ALGORITHM;
			if (!octets_are(value, digest, (size_t)o->message.hash))
				return PLEDGE_SIGNATURE;
			has_digest = true;
		}
	}
	return has_type && has_digest ? PLEDGE_ACCEPTED : PLEDGE_SIGNATURE;
}

/* sid: issuerAndSerialNumber, or [0] subjectKeyIdentifier (5.3). */
static bool
sid_read(struct der *d, struct object *out)
{
	struct der sid;

	if (der_peek(d) == DER_CONTEXT(0))
		return der_take(d, DER_CONTEXT(0), &out->sid_key_id) == WIRE_OK;
	return der_enter(d, DER_SEQUENCE, &sid) == WIRE_OK &&
	    der_whole(&sid, DER_SEQUENCE, &out->sid_issuer, NULL) == WIRE_OK &&
	    der_integer(&sid, &out->sid_serial) == WIRE_OK &&
	    der_end(&sid) == WIRE_OK;
}

/* What is signed: signedAttrs as a SET (5.4). */
static void
cms_message(struct span attributes_whole, struct object *o)
{
	static const uint8_t set = DER_SET;

	o->message.parts[0] = span_of(&set, 1);
	o->message.parts[1] =
	    span_of(attributes_whole.ptr + 1, attributes_whole.len - 1);
	o->message.parts_len = 2;
	o->message.der = true;
}

static enum pledge_verdict
signer_read(struct der *d, struct span type, struct object *out)
{
	struct span whole, attributes, identifier;
	enum pledge_hash hash;
	uint64_t version;

	if (der_uint(d, &version) != WIRE_OK ||
	    (version != 1 && version != 3) || !sid_read(d, out))
		return PLEDGE_CONTAINER;
	if (!digest_read(d, &out->message.hash))
		return PLEDGE_ALGORITHM;
	if (der_whole(d, DER_CONTEXT_CONS(0), &whole, &attributes) != WIRE_OK ||
	    der_whole(d, DER_SEQUENCE, &identifier, NULL) != WIRE_OK ||
	    der_octets(d, &out->message.signature) != WIRE_OK ||
	    (der_peek(d) == DER_CONTEXT_CONS(1) &&
		der_take(d, DER_CONTEXT_CONS(1), NULL) != WIRE_OK) ||
	    der_end(d) != WIRE_OK)
		return PLEDGE_CONTAINER;
	if (!pledge_algorithm_read(identifier, &hash) ||
	    hash != out->message.hash)
		return PLEDGE_ALGORITHM;
	cms_message(whole, out);
	return attributes_check(attributes, type, out);
}

static enum pledge_verdict
data_read(struct der *d, struct object *out)
{
	struct der set, one;
	enum pledge_verdict v;
	struct span type;
	uint64_t version;

	if (der_uint(d, &version) != WIRE_OK || version > 5 ||
	    der_take(d, DER_SET, NULL) != WIRE_OK ||
	    !content_read(d, &type, out))
		return PLEDGE_CONTAINER;
	if ((v = cms_certificates(d, out)) != PLEDGE_ACCEPTED)
		return v;
	if ((der_peek(d) == DER_CONTEXT_CONS(1) &&
		der_take(d, DER_CONTEXT_CONS(1), NULL) != WIRE_OK) ||
	    der_enter(d, DER_SET, &set) != WIRE_OK || der_end(d) != WIRE_OK ||
	    der_enter(&set, DER_SEQUENCE, &one) != WIRE_OK ||
	    der_end(&set) != WIRE_OK) /* exactly one signer */
		return PLEDGE_CONTAINER;
	return signer_read(&one, type, out);
}

enum pledge_verdict
pledge_cms_open(struct span bytes, struct room *room, struct object *out)
{
	struct der outer, info, explicit_, data;
	struct span type;

	(void)room;
	out->signatures = 1;
	der_open(&outer, bytes);
	if (der_enter(&outer, DER_SEQUENCE, &info) != WIRE_OK ||
	    der_end(&outer) != WIRE_OK || der_oid(&info, &type) != WIRE_OK ||
	    !octets_are(type, signed_data, sizeof(signed_data)) ||
	    der_enter(&info, DER_CONTEXT_CONS(0), &explicit_) != WIRE_OK ||
	    der_end(&info) != WIRE_OK ||
	    der_enter(&explicit_, DER_SEQUENCE, &data) != WIRE_OK ||
	    der_end(&explicit_) != WIRE_OK)
		return PLEDGE_CONTAINER;
	return data_read(&data, out);
}
