/* Vouchers in JSON (RFC 7951, RFC 8366 5.3). */
#include "pledge/internal.h"
#include "wire/json.h"

#define ROOT "ietf-voucher:voucher"

static bool
json_assertion(const struct json_value *v, struct content *out)
{
	size_t i;

	for (i = 0; i < LEAF_ASSERTIONS; i++)
		if (json_string_is(v, pledge_assertions[i])) {
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
	switch (pledge_leaf_rows[leaf].kind) {
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

	if (json_string_is(name, PLEDGE_PROPRIETARY_BEFORE))
		return LEAF_PROPRIETARY;
	for (i = 0; i < LEAVES; i++)
		if (json_string_is(name, pledge_leaf_rows[i].name))
			break;
	return (enum leaf)i;
}

enum pledge_verdict
pledge_content_json(struct span bytes, struct room *room, struct content *out)
{
	struct json_value root, object, name, v;
	struct json_iter i;
	enum pledge_verdict verdict;
	enum leaf leaf;

	memset(out, 0, sizeof(*out));
	verdict = pledge_json_parse(bytes, &root, PLEDGE_CONTENT);
	if (verdict != PLEDGE_ACCEPTED)
		return verdict;
	if (root.type != JSON_OBJECT)
		return PLEDGE_CONTENT;
	json_iter_open(&i, &root);
	if (!json_iter_next(&i, &name, &object) ||
	    !json_string_is(&name, ROOT) || object.type != JSON_OBJECT ||
	    json_iter_next(&i, NULL, &v))
		return PLEDGE_CONTENT;
	json_iter_open(&i, &object);
	while (json_iter_next(&i, &name, &v)) { /* json_parse(): none twice */
		if ((leaf = leaf_of_name(&name)) == LEAVES)
			continue;
		if (out->leaves[leaf].ptr != NULL || /* by its other name */
		    !json_leaf(leaf, &v, room, out))
			return PLEDGE_CONTENT;
	}
	return PLEDGE_ACCEPTED;
}
