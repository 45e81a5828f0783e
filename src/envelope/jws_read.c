/* General JWS JSON: decoding (RFC 7515, MP 9), see object.h. */
#include "base/text.h"
#include "envelope/object.h"
#include "wire/json.h"

#define TYPE "voucher-jws+json"

struct reading {
	struct signed_object *out;
	struct why *why;
	uint8_t *arena; /* what is left of it */
	size_t room;
};

static enum reason
malformed(struct reading *r, const char *what)
{
	return why_set(r->why, REASON_JWS_MALFORMED, -1, "%s", what);
}

static enum reason
header_refused(struct reading *r, const char *what)
{
	return why_set(r->why, REASON_JWS_HEADER, -1, "%s", what);
}

static struct span
arena_take(struct reading *r, size_t len)
{
	struct span taken = span_of(r->arena, len);

	r->arena += len;
	r->room -= len;
	return taken;
}

/* The characters of a string, behind what the arena holds already. */
static bool
take_text(struct reading *r, const struct json_value *v, struct span *out)
{
	size_t len;

	if (v->type != JSON_STRING ||
	    json_string(v, (char *)r->arena, r->room, &len) != WIRE_OK)
		return false;
	*out = arena_take(r, len);
	return true;
}

static bool
take_base64(struct reading *r, struct span text, enum base64_kind kind,
    struct span *out)
{
	size_t len;

	if (!base64_decode(r->arena, r->room, &len, text, kind))
		return false;
	*out = arena_take(r, len);
	return true;
}

/* RFC 7518 3.1, RFC 8037 3.1: what MP 9 takes. Unlike those of COSE its names of
 * ECDSA mean a curve. */
static const struct {
	const char *name;
	struct signature_algorithm algorithm;
	enum key_type curve;
} algorithms[] = {
	{ "ES256", { SIGNATURE_ECDSA, HASH_SHA256 }, KEY_P256 },
	{ "ES384", { SIGNATURE_ECDSA, HASH_SHA384 }, KEY_P384 },
	{ "ES512", { SIGNATURE_ECDSA, HASH_SHA512 }, KEY_P521 },
	{ "EdDSA", { SIGNATURE_ED25519, HASH_SHA512 }, KEY_NONE },
	{ "RS256", { SIGNATURE_RSA, HASH_SHA256 }, KEY_NONE },
};

static enum reason
algorithm_read(struct reading *r, const struct json_value *header)
{
	struct json_value v;
	size_t i;

	if (!json_member(header, "alg", &v))
		return why_set(
		    r->why, REASON_ALGORITHM, -1, "the header names no alg");
	for (i = 0; i < sizeof(algorithms) / sizeof(algorithms[0]); i++)
		if (json_string_is(&v, algorithms[i].name)) {
			r->out->algorithm = algorithms[i].algorithm;
			r->out->curve = algorithms[i].curve;
			return REASON_OK;
		}
	return why_set(r->why, REASON_ALGORITHM, -1,
	    "alg is not ES256, ES384, ES512, EdDSA or RS256");
}

/* x5c (RFC 7515 4.1.6): standard base64, the signer first. */
static enum reason
certificates_read(struct reading *r, const struct json_value *header)
{
	struct signed_object *out = r->out;
	struct json_value list, v;
	struct span text, der;
	struct json_iter i;
	enum reason reason;

	if (!json_member(header, "x5c", &list))
		return REASON_OK;
	if (list.type != JSON_ARRAY)
		return malformed(r, "x5c is no array");
	json_iter_open(&i, &list);
	while (json_iter_next(&i, NULL, &v)) {
		if (out->certificates_len == OBJECT_CERTIFICATES_MAX)
			return why_set(r->why, REASON_CONTAINER_CERTIFICATES,
			    -1, "more than %d in x5c", OBJECT_CERTIFICATES_MAX);
		if (!take_text(r, &v, &text) ||
		    !take_base64(r, text, BASE64_STANDARD, &der))
			return malformed(
			    r, "x5c holds something else than base64");
		reason = certificate_read(
		    der, &out->certificates[out->certificates_len], r->why);
		if (reason != REASON_OK)
			return reason;
		out->certificates_len++;
	}
	return REASON_OK;
}

static enum reason
protected_read(struct reading *r, struct span text, struct json_value *header)
{
	struct json_value v;
	enum reason reason;
	struct span json;

	if (!take_base64(r, text, BASE64_URL, &json) ||
	    json_parse(json, header, NULL) != WIRE_OK ||
	    header->type != JSON_OBJECT)
		return malformed(r, "protected is no base64url of an object");
	/* No extension is understood here (RFC 7515 4.1.11). */
	if (json_member(header, "crit", &v))
		return header_refused(r, "crit names what is not understood");
	if (json_member(header, "typ", &v) && !json_string_is(&v, TYPE))
		return why_set(r->why, REASON_JWS_TYPE, -1, "typ is not " TYPE);
	if (json_member(header, "kid", &v) &&
	    !take_text(r, &v, &r->out->key_id))
		return malformed(r, "kid is no string");
	if ((reason = algorithm_read(r, header)) != REASON_OK)
		return reason;
	return certificates_read(r, header);
}

/* Names of the unprotected header, in what is free of the arena: for this
 * comparison alone, however long they are. */
struct names {
	unsigned len;
	struct span name[JSON_MAX_MEMBERS];
	size_t used;
};

static bool
name_read(struct reading *r, struct names *n, const struct json_value *value,
    struct span *out)
{
	char *text = (char *)r->arena + n->used;

	out->ptr = (const uint8_t *)text;
	return json_string(value, text, r->room - n->used, &out->len) ==
	    WIRE_OK;
}

static enum reason
names_read(struct reading *r, const struct json_value *header, struct names *n)
{
	struct json_value name, v;
	struct json_iter i;

	n->len = 0;
	n->used = 0;
	json_iter_open(&i, header);
	for (; json_iter_next(&i, &name, &v); n->len++) {
		if (!name_read(r, n, &name, &n->name[n->len]))
			return header_refused(r, "a name in header is odd");
		if (span_is(n->name[n->len], "crit"))
			return header_refused(r, "crit is not protected");
		n->used += n->name[n->len].len;
	}
	return REASON_OK;
}

/* The unprotected header decides nothing; what it must not hold is refused
 * (RFC 7515 4.1.11, 7.2.1). Each header is walked once: as many look-ups as
 * there are names would each walk all of the other. */
static enum reason
unprotected_read(struct reading *r, const struct json_value *signature,
    const struct json_value *protected)
{
	struct json_value header, name, v;
	struct names names;
	struct json_iter i;
	enum reason reason;
	struct span text;
	unsigned at;

	if (!json_member(signature, "header", &header))
		return REASON_OK;
	if (header.type != JSON_OBJECT)
		return malformed(r, "header is no object");
	if ((reason = names_read(r, &header, &names)) != REASON_OK)
		return reason;
	json_iter_open(&i, protected);
	while (json_iter_next(&i, &name, &v)) {
		if (!name_read(r, &names, &name, &text))
			return header_refused(r, "a name in protected is odd");
		for (at = 0; at < names.len; at++)
			if (span_eq(text, names.name[at]))
				return header_refused(
				    r, "a name is protected and unprotected");
	}
	return REASON_OK;
}

/* protected "." payload, one behind the other in the arena. */
static enum reason
covered_read(struct reading *r, const struct json_value *protected,
    const struct json_value *payload, struct span *header)
{
	const uint8_t *begin = r->arena;
	struct span content, dot;

	if (!take_text(r, protected, header))
		return malformed(r, "protected is no string");
	if (r->room == 0)
		return malformed(r, "it is too long");
	dot = arena_take(r, 1);
	memcpy((void *)(uintptr_t)dot.ptr, ".", 1);
	if (!take_text(r, payload, &content))
		return malformed(r, "payload is no string");
	r->out->covered = span_of(begin, (size_t)(r->arena - begin));
	if (!take_base64(r, content, BASE64_URL, &r->out->content))
		return malformed(r, "payload is no base64url");
	return REASON_OK;
}

static enum reason
signature_read(struct reading *r, const struct json_value *payload,
    const struct json_value *signature)
{
	struct json_value protected, value, header;
	struct span text = { NULL, 0 }, encoded;
	enum reason reason;

	if (signature->type != JSON_OBJECT ||
	    !json_member(signature, "protected", &protected) ||
	    !json_member(signature, "signature", &value))
		return malformed(r, "a signature lacks protected or signature");
	if ((reason = covered_read(r, &protected, payload, &text)) !=
		REASON_OK ||
	    (reason = protected_read(r, text, &header)) != REASON_OK ||
	    (reason = unprotected_read(r, signature, &header)) != REASON_OK)
		return reason;
	if (!take_text(r, &value, &encoded) ||
	    !take_base64(r, encoded, BASE64_URL, &r->out->signature))
		return malformed(r, "signature is no base64url");
	return REASON_OK;
}

/* "eyJ...": a header that begins with {" in base64url, and two dots. */
static bool
is_compact(struct span bytes)
{
	return bytes.len > 3 && memcmp(bytes.ptr, "eyJ", 3) == 0 &&
	    memchr(bytes.ptr, '.', bytes.len) != NULL;
}

enum reason
jws_read(struct span bytes, uint8_t *arena, size_t arena_len,
    struct signed_object *out, struct why *why)
{
	struct reading r = { out, why, arena, arena_len };
	struct json_value root, payload, list, v, first;
	struct json_iter i;
	size_t where;

	memset(out, 0, sizeof(*out));
	if (is_compact(bytes))
		return why_set(why, REASON_JWS_COMPACT, 0, "compact form");
	if (json_parse(bytes, &root, &where) != WIRE_OK)
		return why_set(
		    why, REASON_JWS_MALFORMED, (long)where, "no JSON");
	if (json_member(&root, "protected", &v) ||
	    json_member(&root, "signature", &v))
		return why_set(why, REASON_JWS_COMPACT, 0, "flattened form");
	if (!json_member(&root, "payload", &payload) ||
	    !json_member(&root, "signatures", &list) || list.type != JSON_ARRAY)
		return malformed(&r, "payload or signatures is missing");
	json_iter_open(&i, &list);
	while (json_iter_next(&i, NULL, &v))
		if (out->signatures++ == 0)
			first = v;
	if (out->signatures == 0)
		return malformed(&r, "signatures is empty");
	return signature_read(&r, &payload, &first);
}
