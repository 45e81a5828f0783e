/* A certificate read strictly, see certificate.h. */
#include "x509/certificate.h"

#include "crypto/oid.h"
#include "wire/der.h"
#include "wire/utf8.h"
#include "x509/extension.h"

#define FAIL(d, what)                              \
	why_set(why, REASON_CERTIFICATE_MALFORMED, \
	    (long)((d)->pos - out->der.ptr), "certificate: %s", (what))

/* String types that wire/ does not read. */
#define DER_NUMERIC_STRING   0x12
#define DER_UNIVERSAL_STRING 0x1c

static const uint8_t SERIAL_NUMBER[] = { 0x55, 4, 5 };

/* Characters of a fixed number of octets, no halves of surrogate pairs. */
static bool
wide_valid(struct span text, size_t width)
{
	uint32_t character = 0;
	size_t i;

	for (i = 0; i < text.len; i++) {
		character = character << 8 | text.ptr[i];
		if (i % width != width - 1)
			continue;
		if (character > 0x10ffff ||
		    (character >= 0xd800 && character < 0xe000))
			return false;
		character = 0;
	}
	return text.len % width == 0;
}

/* What an attribute's value may be: strings, or a SEQUENCE (postalAddress); as
 * OpenSSL has it, which must be able to read whatever passes here. CAs in the
 * field put more into PrintableString than its alphabet. */
static bool
value_read(struct der *attribute)
{
	struct span content;
	uint8_t tag;

	if (der_any(attribute, &tag, &content, NULL) != WIRE_OK)
		return false;
	switch (tag) {
	case DER_UTF8_STRING:
		return utf8_valid(content);
	case DER_NUMERIC_STRING:
	case DER_PRINTABLE_STRING:
	case DER_TELETEX_STRING:
	case DER_IA5_STRING:
	case DER_SEQUENCE:
		return true;
	case DER_UNIVERSAL_STRING:
		return wide_valid(content, 4);
	case DER_BMP_STRING:
		return wide_valid(content, 2);
	default:
		return false;
	}
}

/* AttributeTypeAndValue. serialNumber is read in any of four string types (MP
 * 6.4); which one it is the linter sees. */
static bool
attribute_read(struct der *rdn, struct certificate *subject)
{
	struct der attribute;
	struct span oid, text;
	uint8_t tag;

	if (der_enter(rdn, DER_SEQUENCE, &attribute) != WIRE_OK ||
	    der_oid(&attribute, &oid) != WIRE_OK)
		return false;
	if (subject == NULL || !span_eq(oid, OID_SPAN(SERIAL_NUMBER)))
		return value_read(&attribute) && der_end(&attribute) == WIRE_OK;
	if (der_string(&attribute, &tag, &text) != WIRE_OK &&
	    (!subject->loose ||
		der_any(&attribute, &tag, &text, NULL) != WIRE_OK))
		return false;
	if (der_end(&attribute) != WIRE_OK)
		return false;
	if (subject->subject_serials++ == 0) {
		subject->subject_serial = text;
		subject->subject_serial_tag = tag;
	}
	return true;
}

/* A Name, every RDN of it; subject is NULL where it is not the subject's. */
static bool
name_read(struct span name, struct certificate *subject)
{
	struct der outer, rdns, rdn;

	der_open(&outer, name);
	if (der_enter(&outer, DER_SEQUENCE, &rdns) != WIRE_OK)
		return false;
	while (der_end(&rdns) != WIRE_OK) {
		if (der_enter(&rdns, DER_SET, &rdn) != WIRE_OK ||
		    der_end(&rdn) == WIRE_OK)
			return false;
		while (der_end(&rdn) != WIRE_OK)
			if (!attribute_read(&rdn, subject))
				return false;
	}
	return true;
}

bool
name_valid(struct span name)
{
	return name_read(name, NULL);
}

/* AlgorithmIdentifier of any algorithm: parameters are absent, NULL, a named
 * curve, or a SEQUENCE. Which ones are accepted is judged where it is used. */
static bool
algorithm_read(struct der *d, struct span *whole)
{
	struct der at = *d, inner;
	enum wire_error error = WIRE_OK;

	if (der_whole(d, DER_SEQUENCE, whole, NULL) != WIRE_OK ||
	    der_enter(&at, DER_SEQUENCE, &inner) != WIRE_OK ||
	    der_oid(&inner, NULL) != WIRE_OK)
		return false;
	switch (der_peek(&inner)) {
	case DER_NULL:
		error = der_null(&inner);
		break;
	case DER_OID:
		error = der_oid(&inner, NULL);
		break;
	case DER_SEQUENCE:
		error = der_take(&inner, DER_SEQUENCE, NULL);
		break;
	}
	return error == WIRE_OK && der_end(&inner) == WIRE_OK;
}

static enum reason
spki_read(struct der *d, struct certificate *out, struct why *why)
{
	struct der inner, at = *d;
	unsigned unused;

	if (der_whole(d, DER_SEQUENCE, &out->spki, NULL) != WIRE_OK ||
	    der_enter(&at, DER_SEQUENCE, &inner) != WIRE_OK ||
	    !algorithm_read(&inner, NULL) ||
	    der_bits(&inner, &out->key_bits, &unused) != WIRE_OK ||
	    der_end(&inner) != WIRE_OK)
		return FAIL(d, "subjectPublicKeyInfo");
	return REASON_OK;
}

/* One date; in a loose reading *bad is one that is none. */
static bool
date_read(
    struct der *v, bool loose, int64_t *date, uint8_t *tag, struct span *bad)
{
	if (der_time(v, date, tag) == WIRE_OK)
		return true;
	return loose && der_any(v, tag, NULL, bad) == WIRE_OK &&
	    (*tag == DER_UTC_TIME || *tag == DER_GENERALIZED_TIME);
}

static enum reason
validity_read(struct der *d, struct certificate *out, struct why *why)
{
	struct der v, at = *d;

	if (der_whole(&at, DER_SEQUENCE, &out->validity, NULL) != WIRE_OK ||
	    der_enter(d, DER_SEQUENCE, &v) != WIRE_OK ||
	    !date_read(&v, out->loose, &out->not_before, &out->not_before_tag,
		&out->bad_not_before) ||
	    !date_read(&v, out->loose, &out->not_after, &out->not_after_tag,
		&out->bad_not_after) ||
	    der_end(&v) != WIRE_OK)
		return FAIL(d, "validity");
	return REASON_OK;
}

/* TBSCertificate in its order (RFC 5280 4.1). */
static enum reason
tbs_read(struct der *d, struct certificate *out, struct why *why)
{
	struct der explicit_;
	struct span unique;
	uint64_t version;
	unsigned unused;
	enum reason r;

	if (der_enter(d, DER_CONTEXT_CONS(0), &explicit_) != WIRE_OK ||
	    der_uint(&explicit_, &version) != WIRE_OK || version != 2 ||
	    der_end(&explicit_) != WIRE_OK)
		return FAIL(d, "version is not 3");
	if (der_integer(d, &out->serial) != WIRE_OK)
		return FAIL(d, "serialNumber");
	if (!algorithm_read(d, &out->algorithm))
		return FAIL(d, "signature");
	if (der_whole(d, DER_SEQUENCE, &out->issuer, NULL) != WIRE_OK ||
	    !name_read(out->issuer, NULL))
		return FAIL(d, "issuer");
	if ((r = validity_read(d, out, why)) != REASON_OK)
		return r;
	if (der_whole(d, DER_SEQUENCE, &out->subject, NULL) != WIRE_OK ||
	    !name_read(out->subject, out))
		return FAIL(d, "subject");
	if ((r = spki_read(d, out, why)) != REASON_OK)
		return r;
	if (der_peek(d) == DER_CONTEXT(1) &&
	    der_bits_tagged(d, DER_CONTEXT(1), &unique, &unused) != WIRE_OK)
		return FAIL(d, "issuerUniqueID");
	if (der_peek(d) == DER_CONTEXT(2) &&
	    der_bits_tagged(d, DER_CONTEXT(2), &unique, &unused) != WIRE_OK)
		return FAIL(d, "subjectUniqueID");
	if (der_end(d) != WIRE_OK &&
	    (r = extensions_read(d, out, why)) != REASON_OK)
		return r;
	return der_end(d) == WIRE_OK ? REASON_OK
				     : FAIL(d, "bytes behind extensions");
}

enum reason
certificate_tbs_read(struct span tbs, struct certificate *out, struct why *why)
{
	struct der outer, d;

	memset(out, 0, sizeof(*out));
	out->der = tbs;
	out->tbs = tbs;
	der_open(&outer, tbs);
	if (der_enter(&outer, DER_SEQUENCE, &d) != WIRE_OK ||
	    der_end(&outer) != WIRE_OK)
		return FAIL(&outer, "no TBSCertificate");
	return tbs_read(&d, out, why);
}

static enum reason
whole_read(
    struct span der, bool loose, struct certificate *out, struct why *why)
{
	struct der outer, d, tbs;
	unsigned unused;
	enum reason r;

	memset(out, 0, sizeof(*out));
	out->der = der;
	out->loose = loose;
	der_open(&outer, der);
	if (der.len > CERTIFICATE_MAX)
		return FAIL(&outer, "longer than the limit");
	if (der_enter(&outer, DER_SEQUENCE, &d) != WIRE_OK)
		return FAIL(&outer, "no DER SEQUENCE");
	if (der_end(&outer) != WIRE_OK)
		return FAIL(&outer, "bytes behind its end");
	if (der_whole(&d, DER_SEQUENCE, &out->tbs, NULL) != WIRE_OK)
		return FAIL(&d, "tbsCertificate");
	der_open(&tbs, out->tbs);
	if (der_enter(&tbs, DER_SEQUENCE, &tbs) != WIRE_OK)
		return FAIL(&d, "tbsCertificate");
	if ((r = tbs_read(&tbs, out, why)) != REASON_OK)
		return r;
	if (der_whole(&d, DER_SEQUENCE, &out->outer_algorithm, NULL) !=
		WIRE_OK ||
	    !span_eq(out->algorithm, out->outer_algorithm))
		return FAIL(&d, "signatureAlgorithm differs from signature");
	if (der_bits(&d, &out->signature, &unused) != WIRE_OK || unused != 0 ||
	    der_end(&d) != WIRE_OK)
		return FAIL(&d, "signatureValue");
	return REASON_OK;
}

enum reason
certificate_read(struct span der, struct certificate *out, struct why *why)
{
	return whole_read(der, false, out, why);
}

enum reason
certificate_read_loosely(
    struct span der, struct certificate *out, struct why *why)
{
	return whole_read(der, true, out, why);
}

/* Is c signed by this key? */
static bool
signed_with(const struct certificate *c, struct span spki)
{
	struct signature_algorithm a;
	const struct public_key *k;

	return signature_algorithm_read(c->algorithm, &a, NULL) == REASON_OK &&
	    public_key_get(spki, &k, NULL) == REASON_OK &&
	    signature_verify(k, a, c->tbs, c->signature);
}

bool
certificate_signed_by(
    const struct certificate *child, const struct certificate *issuer)
{
	return span_eq(child->issuer, issuer->subject) &&
	    signed_with(child, issuer->spki);
}

bool
certificate_signed_with(
    const struct certificate *child, const struct certificate *issuer)
{
	return signed_with(child, issuer->spki);
}

bool
certificate_self_signed(const struct certificate *c)
{
	return certificate_signed_by(c, c);
}

bool
certificate_self_issued(const struct certificate *c)
{
	return span_eq(c->issuer, c->subject);
}

void
certificate_domain_id(
    const struct certificate *c, uint8_t out[KEY_ID_MAX], uint8_t *len)
{
	if (c->subject_key_id.ptr != NULL) {
		memcpy(out, c->subject_key_id.ptr, c->subject_key_id.len);
		*len = (uint8_t)c->subject_key_id.len;
		return;
	}
	sha256(c->spki, out);
	*len = HASH_SIZE;
}

static bool
oid_among(const struct span *oids, unsigned len, struct span oid)
{
	unsigned i;

	for (i = 0; i < len; i++)
		if (span_eq(oids[i], oid))
			return true;
	return false;
}

bool
certificate_has_policy(const struct certificate *c, struct span policy)
{
	return oid_among(c->policies, c->policies_len, policy);
}

bool
certificate_has_mark(const struct certificate *c, struct span oid)
{
	return oid_among(c->marks, c->marks_len, oid);
}

bool
certificate_public_policy(const struct certificate *c)
{
	/* 2.23.140.1: certificate policies of the CA/Browser Forum. */
	static const uint8_t arc[] = { 0x67, 0x81, 0x0c, 0x01 };
	unsigned i;

	for (i = 0; i < c->policies_len; i++)
		if (c->policies[i].len > sizeof(arc) &&
		    memcmp(c->policies[i].ptr, arc, sizeof(arc)) == 0)
			return true;
	return false;
}

void
certificate_issuer(const struct certificate *c, struct issuer *out)
{
	memset(out, 0, sizeof(*out));
	out->kind = ISSUER_KEY_ID;
	if (c->authority_key_id.ptr != NULL) {
		out->len = (uint8_t)c->authority_key_id.len;
		memcpy(out->bytes, c->authority_key_id.ptr, out->len);
		return;
	}
	out->len = 20;
	sha1(c->key_bits, out->bytes);
}
