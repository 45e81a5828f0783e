/* The leaves of a voucher (RFC 8366 5.3), in JSON and in CBOR. */
#include "pledge/internal.h"
#include "wire/base64.h"
#include "wire/cbor.h"
#include "wire/json.h"

#define ROOT	"ietf-voucher:voucher"
#define SID	2451 /* of that container */
#define TAG_SID 47   /* an absolute SID (RFC 9254 3.2) */

/* MP 10.2; binary leaves are base64 in JSON, but a nonce is the text it is (MP
 * 7.3). */
static const struct {
	const char *name;
	uint8_t delta; /* SID of the leaf - SID */
	enum { LEAF_TEXT, LEAF_OCTETS, LEAF_BOOLEAN, LEAF_ENUM } kind;
} rows[LEAVES] = {
	[LEAF_ASSERTION] = { "assertion", 1, LEAF_ENUM },
	[LEAF_CREATED_ON] = { "created-on", 2, LEAF_TEXT },
	[LEAF_REVOCATION_CHECKS] = { "domain-cert-revocation-checks", 3,
	    LEAF_BOOLEAN },
	[LEAF_EXPIRES_ON] = { "expires-on", 4, LEAF_TEXT },
	[LEAF_IDEVID_ISSUER] = { "idevid-issuer", 5, LEAF_OCTETS },
	[LEAF_NONCE] = { "nonce", 7, LEAF_OCTETS },
	[LEAF_PIN_CERTIFICATE] = { "pinned-domain-cert", 8, LEAF_OCTETS },
	[LEAF_PIN_KEY] = { "pinned-domain-pubk", 9, LEAF_OCTETS },
	[LEAF_PIN_KEY_SHA256] = { "pinned-domain-pubk-sha256", 10,
	    LEAF_OCTETS },
	[LEAF_SERIAL_NUMBER] = { "serial-number", 11, LEAF_TEXT },
	[LEAF_CONFIGURATION_URL] = { "additional-configuration-url", 12,
	    LEAF_TEXT },
	[LEAF_EST_DOMAIN] = { "est-domain", 13, LEAF_TEXT },
	[LEAF_PROPRIETARY] = { "manufacturer-proprietary", 14, LEAF_OCTETS },
};

static const char *const assertions[] = { "verified", "logged", "proximity",
	"agent-proximity" };
#define ASSERTIONS (sizeof(assertions) / sizeof(assertions[0]))

/* --- JSON (RFC 7951) --- */

static bool
json_assertion(const struct json_value *v, struct content *out)
{
	size_t i;

	for (i = 0; i < ASSERTIONS; i++)
		if (json_string_is(v, assertions[i])) {
			out->assertion = (enum pledge_assertion)i;
			return true;
		}
	return false;
}

static bool
json_boolean(const struct json_value *v, bool *out)
{
	*out = v->type == JSON_TRUE || json_string_is(v, "true");
	return *out || v->type == JSON_FALSE || json_string_is(v, "false");
}

static bool
json_leaf(enum leaf leaf, const struct json_value *v, struct room *room,
    struct content *out)
{
	struct span *value = &out->leaves[leaf];

	*value = v->raw;
	switch (rows[leaf].kind) {
	case LEAF_ENUM:
		return json_assertion(v, out);
	case LEAF_BOOLEAN:
		return json_boolean(v, &out->revocation_checks);
	case LEAF_OCTETS:
		if (leaf != LEAF_NONCE)
			return pledge_room_base64(room, v,
			    leaf == LEAF_PROPRIETARY ? BASE64_TOLERANT
						     : BASE64_STANDARD,
			    value);
		break;
	case LEAF_TEXT:
		break;
	}
	return pledge_room_string(room, v, value) && value->len > 0;
}

static enum leaf
leaf_of_name(const struct json_value *name)
{
	unsigned i;

	for (i = 0; i < LEAVES; i++)
		if (json_string_is(name, rows[i].name))
			break;
	return (enum leaf)i;
}

enum pledge_verdict
pledge_content_json(struct span bytes, struct room *room, struct content *out)
{
	struct json_value root, object, name, v;
	struct json_iter i;
	enum leaf leaf;

	memset(out, 0, sizeof(*out));
	if (json_parse(bytes, &root, NULL) != WIRE_OK ||
	    root.type != JSON_OBJECT)
		return PLEDGE_CONTENT;
	json_iter_open(&i, &root);
	if (!json_iter_next(&i, &name, &object) ||
	    !json_string_is(&name, ROOT) || object.type != JSON_OBJECT ||
	    json_iter_next(&i, NULL, &v))
		return PLEDGE_CONTENT;
	json_iter_open(&i, &object);
	while (json_iter_next(&i, &name, &v)) /* json_parse(): none twice */
		if ((leaf = leaf_of_name(&name)) < LEAVES &&
		    !json_leaf(leaf, &v, room, out))
			return PLEDGE_CONTENT;
	return PLEDGE_ACCEPTED;
}

/* --- CBOR (RFC 9254) --- */

/* A key: a delta, an absolute SID under its tag, or the name (MP 10.2). */
static bool
key_read(struct cbor *c, int64_t *delta, struct span *name)
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

	for (i = 0; i < LEAVES; i++)
		if (name.ptr != NULL ? span_is(name, rows[i].name)
				     : delta == rows[i].delta)
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
	switch (rows[leaf].kind) {
	case LEAF_ENUM:
		*value = whole;
		if (cbor_uint(c, &n) != WIRE_OK || n >= ASSERTIONS)
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

static bool
container_read(struct cbor *c, struct content *out)
{
	struct span name;
	uint64_t count;
	int64_t delta;
	enum leaf leaf;

	if (cbor_map(c, &count) != WIRE_OK)
		return false;
	while (cbor_more(c, &count)) {
		if (!key_read(c, &delta, &name))
			return false;
		leaf = leaf_of_key(delta, name);
		/* A SID and its name are one leaf (MP 10.2). */
		if (leaf == LEAVES ? cbor_skip(c, NULL) != WIRE_OK
				   : out->leaves[leaf].ptr != NULL ||
			    !cbor_leaf(leaf, c, out))
			return false;
	}
	return true;
}

enum pledge_verdict
pledge_content_cbor(struct span bytes, struct content *out)
{
	uint64_t roots, sid;
	struct span name;
	struct cbor c;

	memset(out, 0, sizeof(*out));
	cbor_open(&c, bytes, false);
	if (cbor_map(&c, &roots) != WIRE_OK || !cbor_more(&c, &roots))
		return PLEDGE_CONTENT;
	if (cbor_peek(&c) == CBOR_TEXT
		? cbor_text(&c, &name) != WIRE_OK || !span_is(name, ROOT)
		: cbor_uint(&c, &sid) != WIRE_OK || sid != SID)
		return PLEDGE_CONTENT;
	if (!container_read(&c, out) || cbor_more(&c, &roots) ||
	    cbor_end(&c) != WIRE_OK)
		return PLEDGE_CONTENT;
	return PLEDGE_ACCEPTED;
}
