/* CMS SignedData: decoding (MP 5 row 1, MP 8), see cms.h. */
#include "envelope/cms.h"
#include "envelope/cms_oid.h"
#include "wire/der.h"

struct reading {
	struct span bytes;
	struct cms *out;
	struct why *why;
};

static enum reason
malformed(const struct reading *r, const struct der *d, const char *what)
{
	return why_set(r->why, REASON_CMS_MALFORMED,
	    (long)(d->pos - r->bytes.ptr), "CMS: %s at offset %ld", what,
	    (long)(d->pos - r->bytes.ptr));
}

/* encapContentInfo (RFC 5652 5.2). */
static enum reason
content_read(const struct reading *r, struct der *d)
{
	struct cms *out = r->out;
	struct der info, explicit_;
	struct span type;

	if (der_enter(d, DER_SEQUENCE, &info) != WIRE_OK ||
	    der_oid(&info, &type) != WIRE_OK)
		return malformed(r, d, "encapContentInfo");
	if (span_eq(type, OID_SPAN(OID_ANIMA_JSON)))
		out->content_type = CMS_ANIMA_JSON;
	else if (span_eq(type, OID_SPAN(OID_DATA)))
		out->content_type = CMS_ID_DATA;
	else
		return why_set(r->why, REASON_CMS_CONTENT_TYPE,
		    (long)(type.ptr - r->bytes.ptr),
		    "eContentType is another one");
	if (der_end(&info) == WIRE_OK)
		return why_set(
		    r->why, REASON_CMS_DETACHED, -1, "eContent is absent");
	if (der_enter(&info, DER_CONTEXT_CONS(0), &explicit_) != WIRE_OK ||
	    der_octets(&explicit_, &out->content) != WIRE_OK ||
	    der_end(&explicit_) != WIRE_OK || der_end(&info) != WIRE_OK)
		return malformed(r, &info, "eContent");
	return REASON_OK;
}

/* certificates [0]; choices other than a plain certificate are passed over. */
static enum reason
certificates_read(const struct reading *r, struct der *d)
{
	struct cms *out = r->out;
	struct span whole;
	struct der set;
	enum reason reason;
	unsigned n = 0;

	if (der_peek(d) != DER_CONTEXT_CONS(0))
		return REASON_OK;
	if (der_enter(d, DER_CONTEXT_CONS(0), &set) != WIRE_OK)
		return malformed(r, d, "certificates");
	while (der_end(&set) != WIRE_OK) {
		int tag = der_peek(&set);

		if (n++ == CMS_CERTIFICATES_MAX)
			return why_set(r->why, REASON_CMS_CERTIFICATES, -1,
			    "more than %d certificates", CMS_CERTIFICATES_MAX);
		if (der_any(&set, NULL, NULL, &whole) != WIRE_OK)
			return malformed(r, &set, "certificates");
		/* extendedCertificate to other (RFC 5652 10.2.2) */
		if (tag >= DER_CONTEXT_CONS(0) && tag <= DER_CONTEXT_CONS(3))
			continue;
		if (tag != DER_SEQUENCE)
			return malformed(r, &set, "certificates");
		reason = certificate_read(
		    whole, &out->certificates[out->certificates_len], r->why);
		if (reason != REASON_OK)
			return reason;
		out->certificates_len++;
	}
	return REASON_OK;
}

/* sid: issuerAndSerialNumber, or [0] subjectKeyIdentifier (RFC 5652 5.3). */
static enum reason
sid_read(const struct reading *r, struct der *d)
{
	struct cms *out = r->out;
	struct der sid;

	if (der_peek(d) == DER_CONTEXT(0)) {
		out->by_key_id = true;
		if (der_take(d, DER_CONTEXT(0), &out->sid_key_id) != WIRE_OK)
			return malformed(r, d, "sid");
		return REASON_OK;
	}
	if (der_enter(d, DER_SEQUENCE, &sid) != WIRE_OK ||
	    der_whole(&sid, DER_SEQUENCE, &out->sid_issuer, NULL) != WIRE_OK ||
	    !name_valid(out->sid_issuer) ||
	    der_integer(&sid, &out->sid_serial) != WIRE_OK ||
	    der_end(&sid) != WIRE_OK)
		return malformed(r, d, "sid");
	return REASON_OK;
}

static enum reason
signer_read(const struct reading *r, struct der *d)
{
	struct cms *out = r->out;
	struct span identifier;
	uint64_t version;
	enum reason reason;

	if (der_uint(d, &version) != WIRE_OK || (version != 1 && version != 3))
		return malformed(r, d, "SignerInfo version");
	if ((reason = sid_read(r, d)) != REASON_OK)
		return reason;
	if (der_whole(d, DER_SEQUENCE, &identifier, NULL) != WIRE_OK)
		return malformed(r, d, "digestAlgorithm");
	reason = digest_algorithm_read(identifier, &out->digest, r->why);
	if (reason != REASON_OK)
		return reason;
	out->attributed = der_peek(d) == DER_CONTEXT_CONS(0);
	if (out->attributed &&
	    der_take(d, DER_CONTEXT_CONS(0), &out->signed_attributes) !=
		WIRE_OK)
		return malformed(r, d, "signedAttrs");
	if (der_whole(d, DER_SEQUENCE, &identifier, NULL) != WIRE_OK)
		return malformed(r, d, "signatureAlgorithm");
	reason = signature_algorithm_read(
	    identifier, &out->signature_algorithm, r->why);
	if (reason != REASON_OK)
		return reason;
	if (der_octets(d, &out->signature) != WIRE_OK)
		return malformed(r, d, "signature");
	if (der_peek(d) == DER_CONTEXT_CONS(1) &&
	    der_take(d, DER_CONTEXT_CONS(1), NULL) != WIRE_OK)
		return malformed(r, d, "unsignedAttrs");
	return der_end(d) == WIRE_OK ? REASON_OK
				     : malformed(r, d, "SignerInfo");
}

static enum reason
signers_read(const struct reading *r, struct der *d)
{
	struct der set, one;
	enum reason reason;

	if (der_enter(d, DER_SET, &set) != WIRE_OK)
		return malformed(r, d, "signerInfos");
	if (der_end(&set) == WIRE_OK)
		return why_set(r->why, REASON_CMS_SIGNERS, -1, "no SignerInfo");
	if (der_enter(&set, DER_SEQUENCE, &one) != WIRE_OK)
		return malformed(r, &set, "SignerInfo");
	if ((reason = signer_read(r, &one)) != REASON_OK)
		return reason;
	if (der_end(&set) != WIRE_OK)
		return why_set(
		    r->why, REASON_CMS_SIGNERS, -1, "more than one SignerInfo");
	return REASON_OK;
}

/* digestAlgorithms names the hash that the signer used (RFC 5652 5.1 lets a
 * reader insist; other readers do, and nobody shall read what they refuse). */
static enum reason
digests_check(const struct reading *r, struct der set)
{
	enum hash_algorithm hash;
	struct span identifier;

	while (der_whole(&set, DER_SEQUENCE, &identifier, NULL) == WIRE_OK)
		if (digest_algorithm_read(identifier, &hash, NULL) ==
			REASON_OK &&
		    hash == r->out->digest)
			return REASON_OK;
	return why_set(r->why, REASON_ALGORITHM, -1,
	    "digestAlgorithms lacks the signer's digestAlgorithm");
}

/* A hash that the signature algorithm names must be the digest's (MP 8);
 * rsaEncryption names none and takes that one (RFC 3370 3.2). Ed25519 goes
 * with SHA-512 (RFC 8419 3.1). */
static enum reason
pairing_check(const struct reading *r)
{
	struct cms *out = r->out;

	if (out->signature_algorithm.kind == SIGNATURE_RSA &&
	    out->signature_algorithm.hash == HASH_NONE)
		out->signature_algorithm.hash = out->digest;
	if (out->signature_algorithm.hash != out->digest)
		return why_set(r->why, REASON_ALGORITHM, -1,
		    "digestAlgorithm and signatureAlgorithm name two hashes");
	return REASON_OK;
}

/* signingTime (RFC 5652 11.3) is a hint to the reader of a log. */
static void
signing_time_read(struct cms *out)
{
	struct der set, attribute, values;
	struct span type;

	der_open(&set, out->signed_attributes);
	while (der_end(&set) != WIRE_OK) {
		if (der_enter(&set, DER_SEQUENCE, &attribute) != WIRE_OK ||
		    der_oid(&attribute, &type) != WIRE_OK)
			return;
		if (span_eq(type, OID_SPAN(OID_SIGNING_TIME)) &&
		    der_enter(&attribute, DER_SET, &values) == WIRE_OK)
			out->has_signing_time =
			    der_time(&values, &out->signing_time, NULL) ==
			    WIRE_OK;
	}
}

static enum reason
signed_data_read(const struct reading *r, struct der *d)
{
	struct der digests;
	uint64_t version;
	enum reason reason;

	if (der_uint(d, &version) != WIRE_OK || version > 5)
		return malformed(r, d, "SignedData version");
	r->out->version = (unsigned)version;
	if (der_enter(d, DER_SET, &digests) != WIRE_OK)
		return malformed(r, d, "digestAlgorithms");
	if ((reason = content_read(r, d)) != REASON_OK ||
	    (reason = certificates_read(r, d)) != REASON_OK)
		return reason;
	if (der_peek(d) == DER_CONTEXT_CONS(1) &&
	    der_take(d, DER_CONTEXT_CONS(1), NULL) != WIRE_OK)
		return malformed(r, d, "crls");
	if ((reason = signers_read(r, d)) != REASON_OK ||
	    (reason = digests_check(r, digests)) != REASON_OK)
		return reason;
	return der_end(d) == WIRE_OK ? REASON_OK
				     : malformed(r, d, "SignedData");
}

/* What vendors send in its place. */
static const char *
no_object(struct span bytes)
{
	static const char pem[] = "-----BEGIN ";

	if (bytes.len >= strlen(pem) &&
	    memcmp(bytes.ptr, pem, strlen(pem)) == 0)
		return "PEM, where the DER in it should be,";
	if (bytes.len > 0 && bytes.ptr[0] == '{')
		return "JSON, where CMS around it should be,";
	if (bytes.len > 1 && bytes.ptr[0] == DER_SEQUENCE &&
	    bytes.ptr[1] == 0x80)
		return "indefinite lengths, which are no DER,";
	return "no ContentInfo";
}

enum reason
cms_read(struct span bytes, struct cms *out, struct why *why)
{
	struct reading r = { .bytes = bytes, .out = out, .why = why };
	struct der outer, info, explicit_, data;
	struct span type;
	enum reason reason;

	memset(out, 0, sizeof(*out));
	der_open(&outer, bytes);
	outer.ber = true; /* definite lengths need not be minimal, MP 8 */
	if (der_enter(&outer, DER_SEQUENCE, &info) != WIRE_OK)
		return malformed(&r, &outer, no_object(bytes));
	if (der_end(&outer) != WIRE_OK)
		return why_set(why, REASON_CMS_TRAILING,
		    (long)(outer.pos - bytes.ptr), "%zu octets behind the end",
		    (size_t)(outer.end - outer.pos));
	if (der_oid(&info, &type) != WIRE_OK ||
	    !span_eq(type, OID_SPAN(OID_SIGNED_DATA)) ||
	    der_enter(&info, DER_CONTEXT_CONS(0), &explicit_) != WIRE_OK ||
	    der_end(&info) != WIRE_OK ||
	    der_enter(&explicit_, DER_SEQUENCE, &data) != WIRE_OK ||
	    der_end(&explicit_) != WIRE_OK)
		return malformed(&r, &info, "no SignedData");
	if ((reason = signed_data_read(&r, &data)) != REASON_OK ||
	    (reason = pairing_check(&r)) != REASON_OK)
		return reason;
	signing_time_read(out);
	return REASON_OK;
}
