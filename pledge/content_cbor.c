/* Vouchers in YANG-CBOR (RFC 9254, MP 10.2). */
#include "pledge/internal.h"
#include "wire/cbor.h"

#define ROOT_NAME "ietf-voucher:voucher"
#define SID	  2451 /* of that container */
#define TAG_SID	  47   /* an absolute SID (RFC 9254 3.2) */

/* A key: a delta, an absolute SID under its tag, or the name (MP 10.2). */
static bool
leaf_key_read(struct cbor *c, int64_t *delta, struct span *name)
{
	uint64_t tag, sid;

	*name = span_of(NULL, 0);
	*delta = 0;
	if (cbor_peek(c) == CBOR_TEXT)
		return cbor_text(c, name) == WIRE_OK;
	if (cbor_peek(c) != CBOR_TAG)
		return cbor_int(c, delta) == WIRE_OK;
	if (cbor_tag(c, &tag) != WIRE_OK || tag != TAG_SID ||
	    cbor_uint(c, &sid) != WIRE_OK || sid > INT64_MAX)
		return false;
	*delta = (int64_t)sid - SID;
	return true;
}

static enum leaf
leaf_of_key(int64_t delta, struct span name)
{
	unsigned i;

	if (span_is(name, PLEDGE_PROPRIETARY_BEFORE))
		return LEAF_PROPRIETARY;
	for (i = 0; i < LEAVES; i++)
		if (name.ptr != NULL ? span_is(name, pledge_leaf_rows[i].name)
				     : delta == pledge_leaf_rows[i].delta)
			break;
	return (enum leaf)i;
}

static bool
cbor_leaf(enum leaf leaf, struct cbor *c, struct content *out)
{
	struct span *value = &out->leaves[leaf], whole;
	struct cbor ahead = *c;
	uint64_t n;

	if (cbor_skip(&ahead, &whole) != WIRE_OK)
		return false;
	switch (pledge_leaf_rows[leaf].kind) {
	case LEAF_ENUM:
		*value = whole;
		if (cbor_uint(c, &n) != WIRE_OK || n >= LEAF_ASSERTIONS)
			return false;
		out->assertion = (enum pledge_assertion)n;
		return true;
	case LEAF_BOOLEAN:
		*value = whole;
		return cbor_bool(c, &out->revocation_checks) == WIRE_OK;
	case LEAF_OCTETS:
		return cbor_bytes(c, value) == WIRE_OK;
	case LEAF_TEXT:
		break;
	}
	return cbor_text(c, value) == WIRE_OK && value->len > 0;
}

/* Is a leaf of no meaning here one of the first n, which were read before? */
static bool
key_seen(struct cbor map, unsigned n, int64_t delta, struct span name)
{
	struct span other;
	int64_t number;

	for (; n > 0; n--)
		if (!leaf_key_read(&map, &number, &other) ||
		    cbor_skip(&map, NULL) != WIRE_OK ||
		    (number == delta &&
			(other.ptr == NULL) == (name.ptr == NULL) &&
			span_eq(other, name)))
			return true;
	return false;
}

static enum pledge_verdict
container_read(struct cbor *c, struct content *out)
{
	struct span name;
	struct cbor begin;
	uint64_t count;
	int64_t delta;
	enum leaf leaf;
	unsigned n;

	if (cbor_map(c, &count) != WIRE_OK)
		return PLEDGE_CONTENT;
	begin = *c;
	for (n = 0; cbor_more(c, &count); n++) {
		if (n == PLEDGE_MEMBERS_MAX)
			return PLEDGE_LIMIT;
		if (!leaf_key_read(c, &delta, &name))
			return PLEDGE_CONTENT;
		leaf = leaf_of_key(delta, name);
		/* A SID and its name are one leaf (MP 10.2). */
		if (leaf == LEAVES ? cbor_skip(c, NULL) != WIRE_OK ||
			    key_seen(begin, n, delta, name)
				   : out->leaves[leaf].ptr != NULL ||
			    !cbor_leaf(leaf, c, out))
			return PLEDGE_CONTENT;
	}
	return PLEDGE_ACCEPTED;
}

enum pledge_verdict
pledge_content_cbor(struct span bytes, struct content *out)
{
	enum pledge_verdict v;
	enum wire_error error;
	uint64_t roots, sid;
	struct span name;
	struct cbor c, all;

	memset(out, 0, sizeof(*out));
	cbor_open(&c, bytes, false);
	/* All of it once: how deep it is can be seen from its root only. */
	all = c;
	if ((error = cbor_skip(&all, NULL)) != WIRE_OK)
		return error == WIRE_DEPTH ? PLEDGE_LIMIT : PLEDGE_CONTENT;
	if (cbor_map(&c, &roots) != WIRE_OK || !cbor_more(&c, &roots))
		return PLEDGE_CONTENT;
	if (cbor_peek(&c) == CBOR_TEXT
		? cbor_text(&c, &name) != WIRE_OK || !span_is(name, ROOT_NAME)
		: cbor_uint(&c, &sid) != WIRE_OK || sid != SID)
		return PLEDGE_CONTENT;
	if ((v = container_read(&c, out)) != PLEDGE_ACCEPTED)
		return v;
	return cbor_more(&c, &roots) || cbor_end(&c) != WIRE_OK
	    ? PLEDGE_CONTENT
	    : PLEDGE_ACCEPTED;
}
