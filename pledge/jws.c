/* General JWS JSON (RFC 7515 7.2.1, MP 9). */
#include "pledge/internal.h"
#include "wire/json.h"

/* The characters of a string that has no escapes, as none of base64url needs. */
static bool
plain_string(const struct json_value *v, struct span *out)
{
	if (v->type != JSON_STRING)
		return false;
	*out = span_of(v->raw.ptr + 1, v->raw.len - 2);
	return out->len == 0 || memchr(out->ptr, '\\', out->len) == NULL;
}

/* x5c (4.1.6): standard base64, the signer first. */
static enum pledge_verdict
jws_certificates(
    const struct json_value *header, struct room *room, struct object *out)
{
	struct json_value list, v;
	enum pledge_verdict verdict;
	struct json_iter i;
	struct span der;

	if (!json_member(header, "x5c", &list))
		return PLEDGE_ACCEPTED;
	if (list.type != JSON_ARRAY)
		return PLEDGE_CONTAINER;
	json_iter_open(&i, &list);
	while (json_iter_next(&i, NULL, &v)) {
		if (!pledge_room_base64(room, &v, BASE64_STANDARD, &der))
			return PLEDGE_CONTAINER;
		verdict = pledge_object_certificate(out, der);
		if (verdict != PLEDGE_ACCEPTED)
			return verdict;
	}
	out->first_signs = true;
	return PLEDGE_ACCEPTED;
}

static enum pledge_verdict
jws_algorithm(const struct json_value *header, struct object *out)
{
	struct json_value v;

	if (!json_member(header, "alg", &v))
		return PLEDGE_ALGORITHM;
	if (json_string_is(&v, "ES256"))
		out->message.hash = PLEDGE_SHA256;
	else if (json_string_is(&v, "ES384"))
		out->message.hash = PLEDGE_SHA384;
	else
		return PLEDGE_ALGORITHM;
	/* These names mean a curve, too (RFC 7518 3.4). */
	return out->message.signature.len == 2 * (size_t)out->message.hash
	    ? PLEDGE_ACCEPTED
	    : PLEDGE_ALGORITHM;
}

/* What a header that is not signed must not hold: crit, or a name of the one that is
 * (RFC 7515 4.1.11, 7.2.1). Nothing in it is used. */
static bool
unprotected_bad(const struct json_value *signature,
    const struct json_value *protected, const struct room *room)
{
	struct json_value header, name, v;
	struct json_iter i;
	size_t len;

	if (!json_member(signature, "header", &header))
		return false;
	if (header.type != JSON_OBJECT || json_member(&header, "crit", &v))
		return true;
	json_iter_open(&i, &header);
	while (json_iter_next(&i, &name, &v))
		if (json_string(&name, (char *)room->at, room->left, &len) !=
			WIRE_OK ||
		    json_member(protected, (const char *)room->at, &v))
			return true;
	return false;
}

static enum pledge_verdict
jws_protected(const struct json_value *value,
    const struct json_value *signature, struct room *room, struct object *out)
{
	struct json_value header, v;
	enum pledge_verdict verdict;
	struct span text;

	if (!pledge_room_base64(room, value, BASE64_URL, &text))
		return PLEDGE_CONTAINER;
	verdict = pledge_json_parse(text, &header, PLEDGE_CONTAINER);
	if (verdict != PLEDGE_ACCEPTED)
		return verdict;
	if (header.type != JSON_OBJECT)
		return PLEDGE_CONTAINER;
	if (json_member(&header, "crit", &v) || /* none is known (4.1.11) */
	    unprotected_bad(signature, &header, room))
		return PLEDGE_HEADER;
	if (json_member(&header, "typ", &v) &&
	    !json_string_is(&v, "voucher-jws+json"))
		return PLEDGE_HEADER;
	if ((verdict = jws_algorithm(&header, out)) != PLEDGE_ACCEPTED)
		return verdict;
	return jws_certificates(&header, room, out);
}

enum pledge_verdict
pledge_jws_open(struct span bytes, struct room *room, struct object *out)
{
	struct json_value root, payload, list, first, v, protected, signature;
	struct message *m = &out->message;
	enum pledge_verdict verdict;
	struct json_iter i;

	verdict = pledge_json_parse(bytes, &root, PLEDGE_CONTAINER);
	if (verdict != PLEDGE_ACCEPTED)
		return verdict;
	if (!json_member(&root, "payload", &payload) ||
	    !json_member(&root, "signatures", &list) || list.type != JSON_ARRAY)
		return PLEDGE_CONTAINER;
	json_iter_open(&i, &list);
	while (json_iter_next(&i, NULL, &v))
		if (out->signatures++ == 0)
			first = v;
	if (out->signatures == 0 ||
	    !json_member(&first, "protected", &protected) ||
	    !json_member(&first, "signature", &signature) ||
	    !plain_string(&protected, &m->parts[0]) ||
	    !plain_string(&payload, &m->parts[2]) ||
	    !pledge_room_base64(room, &signature, BASE64_URL, &m->signature) ||
	    !pledge_room_base64(room, &payload, BASE64_URL, &out->content))
		return PLEDGE_CONTAINER;
	m->parts[1] = span_str(".");
	m->parts_len = 3;
	return jws_protected(&protected, &first, room, out);
}
