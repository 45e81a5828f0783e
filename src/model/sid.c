/* YANG-CBOR keys, see sid.h. */
#include "model/sid.h"

#define TAG_SID 47

/* A leaf that was renamed in 2026 (MP 6.2) is one leaf, whatever its name. */
static void
name_renew(struct span *name)
{
	if (span_is(*name, "manufacturer-private"))
		*name = span_str("manufacturer-proprietary");
}

bool
sid_key_read(struct cbor *c, unsigned container, struct sid_key *out)
{
	uint64_t tag, sid;

	out->name = span_of(NULL, 0);
	out->delta = 0;
	if (cbor_peek(c) == CBOR_TEXT) {
		if (cbor_text(c, &out->name) != WIRE_OK)
			return false;
		name_renew(&out->name);
		return true;
	}
	if (cbor_peek(c) != CBOR_TAG)
		return cbor_int(c, &out->delta) == WIRE_OK;
	if (cbor_tag(c, &tag) != WIRE_OK || tag != TAG_SID ||
	    cbor_uint(c, &sid) != WIRE_OK || sid > INT64_MAX)
		return false;
	out->delta = (int64_t)sid - container;
	return true;
}

enum wire_error
sid_keys_add(struct sid_keys *k, const struct sid_key *key)
{
	unsigned i;

	for (i = 0; i < k->len; i++)
		if ((k->keys[i].name.ptr != NULL) == (key->name.ptr != NULL) &&
		    k->keys[i].delta == key->delta &&
		    span_eq(k->keys[i].name, key->name))
			return WIRE_DUPLICATE;
	if (k->len == SID_KEYS_MAX)
		return WIRE_LIMIT;
	k->keys[k->len++] = *key;
	return WIRE_OK;
}

bool
sid_key_is(const struct sid_key *key, const char *name, unsigned delta)
{
	return key->name.ptr != NULL ? span_is(key->name, name)
				     : key->delta == delta;
}

void
sid_put_bytes(struct cbor_out *o, unsigned delta, struct span value)
{
	if (value.ptr == NULL)
		return;
	cbor_put_uint(o, delta);
	cbor_put_bytes(o, value);
}

bool
sid_root_read(
    struct span bytes, struct sid_key *root, struct cbor *c, uint64_t *roots)
{
	/* All of it once: depth, lengths, nothing behind the end. */
	cbor_open(c, bytes, false);
	if (cbor_skip(c, NULL) != WIRE_OK || cbor_end(c) != WIRE_OK)
		return false;
	cbor_open(c, bytes, false);
	if (cbor_map(c, roots) != WIRE_OK ||
	    (*roots != 1 && *roots != CBOR_INDEFINITE))
		return false;
	root->name = span_of(NULL, 0);
	root->delta = 0;
	return cbor_peek(c) == CBOR_TEXT ? cbor_text(c, &root->name) == WIRE_OK
					 : cbor_int(c, &root->delta) == WIRE_OK;
}

bool
sid_root_open(struct span bytes, unsigned container, const char *name,
    struct cbor *c, uint64_t *roots)
{
	struct sid_key root;

	return sid_root_read(bytes, &root, c, roots) &&
	    sid_key_is(&root, name, container);
}

bool
sid_root_end(struct cbor *c, uint64_t roots)
{
	return (roots != CBOR_INDEFINITE || cbor_break(c)) &&
	    cbor_end(c) == WIRE_OK;
}
