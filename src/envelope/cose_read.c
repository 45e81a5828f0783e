/* COSE_Sign1: decoding (RFC 9052 4.2, RFC 9360, MP 10.1), see object.h. */
#include "envelope/object.h"
#include "wire/cbor.h"

#define TAG_SIGN1    18
#define LABEL_ALG    1
#define LABEL_CRIT   2
#define LABEL_CLAIMS 15
#define LABEL_BAG    32
#define LABEL_CHAIN  33
#define LABELS_MAX   32

struct reading {
	struct signed_object *out;
	struct why *why;
};

/* What one header map says; the spans are whole items, ptr NULL if absent. */
struct header {
	struct span alg, crit, claims, bag, chain;
};

static enum reason
malformed(struct reading *r, const char *what)
{
	return why_set(r->why, REASON_COSE_MALFORMED, -1, "%s", what);
}

static enum reason
header_refused(struct reading *r, const char *what)
{
	return why_set(r->why, REASON_COSE_HEADER, -1, "%s", what);
}

/* A number, or a text in one piece: what can be compared. */
static bool
label_valid(struct span label)
{
	struct cbor c;
	struct span text;
	int64_t n;

	cbor_open(&c, label, false);
	return cbor_int(&c, &n) == WIRE_OK || cbor_text(&c, &text) == WIRE_OK;
}

/* Labels are compared by meaning: 1 in one octet or in nine is the same. */
static bool
label_same(struct span a, struct span b)
{
	struct cbor x, y;
	int64_t i, j;
	struct span s, t;

	cbor_open(&x, a, false);
	cbor_open(&y, b, false);
	if (cbor_int(&x, &i) == WIRE_OK)
		return cbor_int(&y, &j) == WIRE_OK && i == j;
	return cbor_text(&x, &s) == WIRE_OK && cbor_text(&y, &t) == WIRE_OK &&
	    span_eq(s, t);
}

static void
header_set(struct header *h, struct span label, struct span value)
{
	struct cbor c;
	int64_t n;

	cbor_open(&c, label, false);
	if (cbor_int(&c, &n) != WIRE_OK)
		return; /* a name: nothing that is known here */
	if (n == LABEL_ALG)
		h->alg = value;
	else if (n == LABEL_CRIT)
		h->crit = value;
	else if (n == LABEL_CLAIMS)
		h->claims = value;
	else if (n == LABEL_BAG)
		h->bag = value;
	else if (n == LABEL_CHAIN)
		h->chain = value;
}

/* A label twice in one map: RFC 9052 3. */
static enum reason
map_read(struct reading *r, struct cbor *c, struct header *h)
{
	struct span labels[LABELS_MAX], value;
	unsigned n = 0, i;
	uint64_t count;

	memset(h, 0, sizeof(*h));
	if (cbor_map(c, &count) != WIRE_OK)
		return malformed(r, "a header is no map");
	while (cbor_more(c, &count)) {
		if (n == LABELS_MAX)
			return malformed(r, "a header has too many labels");
		if (cbor_skip(c, &labels[n]) != WIRE_OK ||
		    !label_valid(labels[n]) || cbor_skip(c, &value) != WIRE_OK)
			return malformed(r, "a header parameter");
		for (i = 0; i < n; i++)
			if (label_same(labels[i], labels[n]))
				return malformed(
				    r, "a label occurs twice in a header");
		header_set(h, labels[n++], value);
	}
	return REASON_OK;
}

/* The protected header: empty, or a map in a byte string. */
static enum reason
protected_read(struct reading *r, struct span bytes, struct header *h)
{
	enum reason reason;
	struct cbor c;

	memset(h, 0, sizeof(*h));
	if (bytes.len == 0)
		return REASON_OK;
	cbor_open(&c, bytes, false);
	if ((reason = map_read(r, &c, h)) != REASON_OK)
		return reason;
	return cbor_end(&c) == WIRE_OK
	    ? REASON_OK
	    : malformed(r, "octets behind the protected header");
}

/* The parameter, if it is one that is processed here; ptr NULL otherwise. Of CWT
 * claims there is nothing to do: iat is a hint for pledges (MP 10.1). */
static struct span
header_get(const struct header *h, int64_t label)
{
	switch (label) {
	case LABEL_ALG:
		return h->alg;
	case LABEL_CLAIMS:
		return h->claims;
	case LABEL_BAG:
		return h->bag;
	case LABEL_CHAIN:
		return h->chain;
	default:
		return span_of(NULL, 0);
	}
}

/* crit: only labels that are processed here, of parameters that are protected
 * themselves, not empty. */
static enum reason
crit_check(struct reading *r, const struct header *protected,
    const struct header *unprotected)
{
	struct cbor c;
	uint64_t count;
	unsigned n = 0;
	int64_t label;

	if (unprotected->crit.ptr != NULL)
		return header_refused(r, "crit is not protected");
	if (protected->crit.ptr == NULL)
		return REASON_OK;
	cbor_open(&c, protected->crit, false);
	if (cbor_array(&c, &count) != WIRE_OK)
		return header_refused(r, "crit is no array");
	for (; cbor_more(&c, &count); n++)
		if (cbor_int(&c, &label) != WIRE_OK ||
		    header_get(protected, label).ptr == NULL)
			return header_refused(r,
			    "crit names what is not understood or not "
			    "protected");
	return n > 0 ? REASON_OK : header_refused(r, "crit is empty");
}

/* RFC 9053 2.1, 2.2. */
static enum reason
algorithm_read(struct reading *r, struct span alg)
{
	static const struct {
		int64_t id;
		struct signature_algorithm algorithm;
	} known[] = {
		{ -7, { SIGNATURE_ECDSA, HASH_SHA256 } },
		{ -35, { SIGNATURE_ECDSA, HASH_SHA384 } },
		{ -8, { SIGNATURE_ED25519, HASH_SHA512 } },
	};
	struct cbor c;
	int64_t id;
	size_t i;

	r->out->algorithm = known[0].algorithm;
	r->out->unnamed = alg.ptr == NULL;
	if (r->out->unnamed)
		return REASON_OK;
	cbor_open(&c, alg, false);
	if (cbor_int(&c, &id) != WIRE_OK)
		return why_set(
		    r->why, REASON_ALGORITHM, -1, "alg is no number");
	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i].id == id) {
			r->out->algorithm = known[i].algorithm;
			return REASON_OK;
		}
	return why_set(r->why, REASON_ALGORITHM, -1,
	    "alg %lld is not ES256, ES384 or EdDSA", (long long)id);
}

static enum reason
certificate_add(struct reading *r, struct cbor *c)
{
	struct signed_object *out = r->out;
	struct span der;
	enum reason reason;

	if (out->certificates_len == OBJECT_CERTIFICATES_MAX)
		return why_set(r->why, REASON_CONTAINER_CERTIFICATES, -1,
		    "more than %d certificates", OBJECT_CERTIFICATES_MAX);
	if (cbor_bytes(c, &der) != WIRE_OK)
		return malformed(r, "a certificate is no byte string");
	reason = certificate_read(
	    der, &out->certificates[out->certificates_len], r->why);
	if (reason == REASON_OK)
		out->certificates_len++;
	return reason;
}

/* COSE_X509 (RFC 9360 2): one byte string, or an array of them. An array of
 * one is in the field (MP 16 row 16). */
static enum reason
certificates_read(struct reading *r, struct span item)
{
	enum reason reason;
	struct cbor c;
	uint64_t count;

	if (item.ptr == NULL)
		return REASON_OK;
	cbor_open(&c, item, false);
	if (cbor_peek(&c) == CBOR_BYTES)
		return certificate_add(r, &c);
	if (cbor_array(&c, &count) != WIRE_OK)
		return malformed(r, "x5bag or x5chain is no COSE_X509");
	while (cbor_more(&c, &count))
		if ((reason = certificate_add(r, &c)) != REASON_OK)
			return reason;
	return REASON_OK;
}

/* The protected parameter counts where a label is in both maps. */
static struct span
either(struct span protected, struct span unprotected)
{
	return protected.ptr != NULL ? protected : unprotected;
}

static enum reason
headers_read(struct reading *r, struct cbor *c, struct span *protected)
{
	struct header p, u;
	enum reason reason;

	if (cbor_bytes(c, protected) != WIRE_OK)
		return malformed(r, "the protected header is no byte string");
	if ((reason = protected_read(r, *protected, &p)) != REASON_OK ||
	    (reason = map_read(r, c, &u)) != REASON_OK ||
	    (reason = crit_check(r, &p, &u)) != REASON_OK ||
	    (reason = algorithm_read(r, p.alg)) != REASON_OK)
		return reason;
	reason = certificates_read(r, either(p.chain, u.chain));
	if (reason != REASON_OK)
		return reason;
	return certificates_read(r, either(p.bag, u.bag));
}

/* Sig_structure (RFC 9052 4.4), with the protected header as received. */
static bool
covered_write(struct signed_object *out, struct span protected, uint8_t *arena,
    size_t arena_len)
{
	struct cbor_out o;

	cbor_out_open(&o, arena, arena_len);
	cbor_put_array(&o, 4);
	cbor_put_string(&o, "Signature1");
	cbor_put_bytes(&o, protected);
	cbor_put_bytes(&o, span_of(NULL, 0));
	cbor_put_bytes(&o, out->content);
	return cbor_out_span(&o, &out->covered) == WIRE_OK;
}

static enum reason
elements_read(struct reading *r, struct cbor *c, struct span *protected)
{
	enum reason reason;

	if ((reason = headers_read(r, c, protected)) != REASON_OK)
		return reason;
	if (cbor_null(c))
		return why_set(
		    r->why, REASON_COSE_DETACHED, -1, "the payload is nil");
	if (cbor_bytes(c, &r->out->content) != WIRE_OK)
		return malformed(r, "the payload is no byte string");
	if (cbor_bytes(c, &r->out->signature) != WIRE_OK)
		return malformed(r, "the signature is no byte string");
	return REASON_OK;
}

enum reason
cose_read(struct span bytes, uint8_t *arena, size_t arena_len,
    struct signed_object *out, struct why *why)
{
	struct reading r = { out, why };
	struct span protected;
	enum reason reason;
	uint64_t tag, count;
	struct cbor c;

	memset(out, 0, sizeof(*out));
	out->signatures = 1;
	cbor_open(&c, bytes, false);
	if (cbor_peek(&c) == CBOR_TAG &&
	    (cbor_tag(&c, &tag) != WIRE_OK || tag != TAG_SIGN1))
		return malformed(&r, "the tag is not 18");
	if (cbor_array(&c, &count) != WIRE_OK ||
	    (count != 4 && count != CBOR_INDEFINITE))
		return malformed(&r, "no array of four");
	if ((reason = elements_read(&r, &c, &protected)) != REASON_OK)
		return reason;
	if (count == CBOR_INDEFINITE && !cbor_break(&c))
		return malformed(&r, "more than four elements");
	if (cbor_end(&c) != WIRE_OK)
		return malformed(&r, "octets behind the end");
	if (!covered_write(out, protected, arena, arena_len))
		return malformed(&r, "it is too long");
	return REASON_OK;
}
