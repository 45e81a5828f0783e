/* COSE_Sign1 (RFC 9052 4.2, RFC 9360, MP 10.1). */
#include "pledge/internal.h"
#include "wire/cbor.h"

#define TAG_SIGN1   18
#define LABEL_ALG   1
#define LABEL_CRIT  2
#define LABEL_BAG   32
#define LABEL_CHAIN 33
#define LABELS_MAX  16

/* Items of one header map, whole; ptr NULL if absent. */
struct header {
	struct span alg, crit, bag, chain;
};

static struct span *
item_of(struct header *h, int64_t label)
{
	switch (label) {
	case LABEL_ALG:
		return &h->alg;
	case LABEL_CRIT:
		return &h->crit;
	case LABEL_BAG:
		return &h->bag;
	case LABEL_CHAIN:
		return &h->chain;
	default:
		return NULL;
	}
}

/* A label: a number, or a text (RFC 9052 1.5). */
static bool
label_read(struct cbor *c, int64_t *number, struct span *text)
{
	*text = span_of(NULL, 0);
	return cbor_int(c, number) == WIRE_OK || cbor_text(c, text) == WIRE_OK;
}

/* Is it one of the first n of a map, which were read before? */
static bool
label_seen(struct cbor map, unsigned n, int64_t number, struct span other)
{
	struct span text;
	int64_t label;

	for (; n > 0; n--) {
		if (!label_read(&map, &label, &text) ||
		    cbor_skip(&map, NULL) != WIRE_OK)
			return true;
		if (text.ptr == NULL && other.ptr == NULL
			? label == number
			: text.ptr != NULL && span_eq(text, other))
			return true;
	}
	return false;
}

/* No label is there twice (RFC 9052 3). */
static bool
map_read(struct cbor *c, struct header *h)
{
	struct span whole, other, *item;
	struct cbor begin;
	uint64_t count;
	int64_t label;
	unsigned n;

	memset(h, 0, sizeof(*h));
	if (cbor_map(c, &count) != WIRE_OK)
		return false;
	begin = *c;
	for (n = 0; cbor_more(c, &count); n++) {
		if (n == LABELS_MAX || !label_read(c, &label, &other) ||
		    cbor_skip(c, &whole) != WIRE_OK ||
		    label_seen(begin, n, label, other))
			return false;
		if (other.ptr == NULL && (item = item_of(h, label)) != NULL)
			*item = whole;
	}
	return true;
}

/* The protected map is in a byte string, which may be empty. */
static bool
cose_protected(struct cbor *c, struct span *bytes, struct header *h)
{
	struct cbor inner;

	if (cbor_bytes(c, bytes) != WIRE_OK)
		return false;
	memset(h, 0, sizeof(*h));
	if (bytes->len == 0)
		return true;
	cbor_open(&inner, *bytes, false);
	return map_read(&inner, h) && cbor_end(&inner) == WIRE_OK;
}

/* COSE_X509 (RFC 9360 2): one byte string, or an array of them. */
static enum pledge_verdict
cose_certificates(struct span item, struct object *out)
{
	enum pledge_verdict v;
	struct span one;
	uint64_t count;
	struct cbor c;

	if (item.ptr == NULL)
		return PLEDGE_ACCEPTED;
	cbor_open(&c, item, false);
	if (cbor_bytes(&c, &one) == WIRE_OK)
		return pledge_object_certificate(out, one);
	if (cbor_array(&c, &count) != WIRE_OK)
		return PLEDGE_CONTAINER;
	while (cbor_more(&c, &count)) {
		if (cbor_bytes(&c, &one) != WIRE_OK)
			return PLEDGE_CONTAINER;
		v = pledge_object_certificate(out, one);
		if (v != PLEDGE_ACCEPTED)
			return v;
	}
	return PLEDGE_ACCEPTED;
}

static enum pledge_verdict
cose_algorithm(struct span item, struct object *out)
{
	struct cbor c;
	int64_t alg;

	if (item.ptr == NULL)
		return PLEDGE_ALGORITHM;
	cbor_open(&c, item, false);
	if (cbor_int(&c, &alg) != WIRE_OK || (alg != -7 && alg != -35))
		return PLEDGE_ALGORITHM;
	out->message.hash = alg == -7 ? PLEDGE_SHA256 : PLEDGE_SHA384;
	return PLEDGE_ACCEPTED;
}

/* Both maps: the protected one counts where a label is in both (RFC 9052 3). */
static enum pledge_verdict
headers_judge(
    const struct header *p, const struct header *u, struct object *out)
{
	struct span chain = p->chain.ptr != NULL ? p->chain : u->chain;
	struct span bag = p->bag.ptr != NULL ? p->bag : u->bag;
	enum pledge_verdict v;

	if (p->crit.ptr != NULL || u->crit.ptr != NULL)
		return PLEDGE_HEADER;
	if ((v = cose_algorithm(p->alg, out)) != PLEDGE_ACCEPTED ||
	    (v = cose_certificates(chain, out)) != PLEDGE_ACCEPTED)
		return v;
	out->first_signs = out->certificates_len > 0;
	return cose_certificates(bag, out);
}

/* The head of a byte string, in its shortest form. */
static struct span
head_of(size_t len, uint8_t out[5])
{
	struct cbor_out o;

	cbor_out_open(&o, out, 5);
	cbor_put_array(&o, len); /* the same but for the major type */
	out[0] = (uint8_t)((out[0] & 0x1f) | CBOR_BYTES << 5);
	return span_of(out, o.len);
}

/* Sig_structure (RFC 9052 4.4), with the protected map as received. */
static void
cose_message(struct span protected, struct object *o)
{
	static const uint8_t context[] = { 0x84, 0x6a, 'S', 'i', 'g', 'n', 'a',
		't', 'u', 'r', 'e', '1' };
	static const uint8_t no_aad = 0x40;
	struct message *m = &o->message;

	m->parts[0] = span_of(context, sizeof(context));
	m->parts[1] = head_of(protected.len, o->heads[0]);
	m->parts[2] = protected;
	m->parts[3] = span_of(&no_aad, 1);
	m->parts[4] = head_of(o->content.len, o->heads[1]);
	m->parts[5] = o->content;
	m->parts_len = 6;
}

enum pledge_verdict
pledge_cose_open(struct span bytes, struct room *room, struct object *out)
{
	struct header protected, unprotected;
	struct span signed_map;
	uint64_t tag, count;
	struct cbor c;

	(void)room;
	out->signatures = 1;
	cbor_open(&c, bytes, false);
	if ((cbor_peek(&c) == CBOR_TAG &&
		(cbor_tag(&c, &tag) != WIRE_OK || tag != TAG_SIGN1)) ||
	    cbor_array(&c, &count) != WIRE_OK || count != 4 ||
	    !cose_protected(&c, &signed_map, &protected) ||
	    !map_read(&c, &unprotected) ||
	    cbor_bytes(&c, &out->content) != WIRE_OK ||
	    cbor_bytes(&c, &out->message.signature) != WIRE_OK ||
	    cbor_end(&c) != WIRE_OK)
		return PLEDGE_CONTAINER;
	cose_message(signed_map, out);
	return headers_judge(&protected, &unprotected, out);
}
