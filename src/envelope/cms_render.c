/* CMS SignedData: laying it out (RFC 5652, RFC 8366 5.4, MP 8), see cms.h. */
#include "envelope/cms.h"
#include "envelope/cms_oid.h"
#include "wire/der.h"

static struct span
content_oid(const struct cms_plan *p)
{
	return p->content_type == CMS_ANIMA_JSON ? OID_SPAN(OID_ANIMA_JSON)
						 : OID_SPAN(OID_DATA);
}

static void
put_digest_algorithm(struct der_out *o, enum hash_algorithm hash)
{
	uint8_t oid[] = { 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2,
		hash == HASH_SHA384 ? 2 : 1 };
	size_t mark = der_begin(o, DER_SEQUENCE);

	der_put_oid(o, OID_SPAN(oid)); /* no parameters (RFC 5754 2) */
	der_close(o, mark);
}

/*
 * The attributes in the order of their DER (X.690 11.6). Shorter encodings
 * first: contentType of id-data (26 octets) or anima (28), signingTime (30 or
 * 32), messageDigest (49 or 65); their first octets are 30 and a rising length.
 */
bool
cms_attributes_render(
    const struct cms_plan *p, uint8_t *out, size_t cap, size_t *len)
{
	uint8_t digest[HASH_MAX];
	struct der_out o;
	struct span written;
	size_t set, attribute, values;

	hash_bytes(p->digest, p->content, digest);
	der_out_open(&o, out, cap);
	set = der_begin(&o, DER_SET);

	attribute = der_begin(&o, DER_SEQUENCE);
	der_put_oid(&o, OID_SPAN(OID_CONTENT_TYPE));
	values = der_begin(&o, DER_SET);
	der_put_oid(&o, content_oid(p));
	der_close(&o, values);
	der_close(&o, attribute);

	attribute = der_begin(&o, DER_SEQUENCE);
	der_put_oid(&o, OID_SPAN(OID_SIGNING_TIME));
	values = der_begin(&o, DER_SET);
	der_put_time(&o, p->signing_time);
	der_close(&o, values);
	der_close(&o, attribute);

	attribute = der_begin(&o, DER_SEQUENCE);
	der_put_oid(&o, OID_SPAN(OID_MESSAGE_DIGEST));
	values = der_begin(&o, DER_SET);
	der_put(&o, DER_OCTET_STRING, span_of(digest, hash_size(p->digest)));
	der_close(&o, values);
	der_close(&o, attribute);

	der_close(&o, set);
	if (der_out_span(&o, &written) != WIRE_OK)
		return false;
	*len = written.len;
	return true;
}

/* Order of two encodings in a DER SET OF: bytewise, shorter first if equal. */
static bool
sorts_before(struct span a, struct span b)
{
	size_t n = a.len < b.len ? a.len : b.len;
	int d = memcmp(a.ptr, b.ptr, n);

	return d < 0 || (d == 0 && a.len < b.len);
}

static void
put_certificates(struct der_out *o, const struct cms_plan *p)
{
	struct span sorted[CHAIN_MAX];
	unsigned i, j;
	size_t mark;

	for (i = 0; i < p->certificates_len; i++) {
		for (j = i;
		     j > 0 && sorts_before(p->certificates[i], sorted[j - 1]);
		     j--)
			sorted[j] = sorted[j - 1];
		sorted[j] = p->certificates[i];
	}
	mark = der_begin(o, DER_CONTEXT_CONS(0));
	for (i = 0; i < p->certificates_len; i++)
		der_put_raw(o, sorted[i]);
	der_close(o, mark);
}

static void
put_signer(struct der_out *o, const struct cms_plan *p,
    const struct certificate *signer, struct span attributes,
    struct span signature)
{
	struct span content = { NULL, 0 };
	struct der d;
	size_t set = der_begin(o, DER_SET), info = der_begin(o, DER_SEQUENCE);
	size_t sid;

	der_put_uint(o, 1);
	sid = der_begin(o, DER_SEQUENCE);
	der_put_raw(o, signer->issuer);
	der_put(o, DER_INTEGER, signer->serial);
	der_close(o, sid);
	put_digest_algorithm(o, p->digest);
	/* The same attributes, tagged [0] here and SET where they are hashed. */
	der_open(&d, attributes);
	if (der_take(&d, DER_SET, &content) != WIRE_OK)
		o->full = true;
	der_put(o, DER_CONTEXT_CONS(0), content);
	der_put_raw(o, p->signature_algorithm);
	der_put(o, DER_OCTET_STRING, signature);
	der_close(o, info);
	der_close(o, set);
}

bool
cms_assemble(const struct cms_plan *p, struct span attributes,
    struct span signature, uint8_t *out, size_t cap, size_t *len)
{
	struct certificate signer;
	struct der_out o;
	struct span written;
	size_t info, explicit_, data, mark, inner;

	if (p->certificates_len == 0 || p->certificates_len > CHAIN_MAX ||
	    certificate_read(p->certificates[0], &signer, NULL) != REASON_OK)
		return false;
	der_out_open(&o, out, cap);
	info = der_begin(&o, DER_SEQUENCE);
	der_put_oid(&o, OID_SPAN(OID_SIGNED_DATA));
	explicit_ = der_begin(&o, DER_CONTEXT_CONS(0));
	data = der_begin(&o, DER_SEQUENCE);
	/* RFC 5652 5.1: 3 if the content is not id-data, else 1. */
	der_put_uint(&o, p->content_type == CMS_ANIMA_JSON ? 3 : 1);
	mark = der_begin(&o, DER_SET);
	put_digest_algorithm(&o, p->digest);
	der_close(&o, mark);
	mark = der_begin(&o, DER_SEQUENCE);
	der_put_oid(&o, content_oid(p));
	inner = der_begin(&o, DER_CONTEXT_CONS(0));
	der_put(&o, DER_OCTET_STRING, p->content);
	der_close(&o, inner);
	der_close(&o, mark);
	put_certificates(&o, p);
	put_signer(&o, p, &signer, attributes, signature);
	der_close(&o, data);
	der_close(&o, explicit_);
	der_close(&o, info);
	if (der_out_span(&o, &written) != WIRE_OK)
		return false;
	*len = written.len;
	return true;
}
