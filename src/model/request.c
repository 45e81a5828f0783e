/* Voucher-requests in JSON (RFC 7951), see request.h. */
#include "model/request.h"

#include "base/clock.h"
#include "base/text.h"
#include "model/leaf.h"
#include "wire/der.h"
#include "wire/json.h"

#define ROOT "ietf-voucher-request:voucher"

/* What one leaf is read with: the place for its binary value. */
struct reading {
	struct voucher_request *out;
	uint8_t *arena;
	size_t room;
	struct why *why;
	const char *leaf;
};

static enum reason
refuse_type(struct reading *r, const char *what)
{
	return why_set(r->why, REASON_PAYLOAD_TYPE, -1, "%s %s", r->leaf, what);
}

/* Base64 into the arena. The text is borrowed when it holds no escape (`\/` is
 * the only one that base64 can have), so a copy is made first. */
static enum reason
take_binary(struct reading *r, const struct json_value *v, struct span *out)
{
	size_t len, n;

	if (v->type != JSON_STRING)
		return refuse_type(r, "is no string");
	if (json_string(v, (char *)r->arena, r->room, &n) != WIRE_OK)
		return refuse_type(r, "is no base64");
	/* Decoding in place: three octets never overtake four characters. */
	if (!base64_decode(
		r->arena, n, &len, span_of(r->arena, n), BASE64_STANDARD))
		return refuse_type(r, "is no base64 of RFC 4648 section 4");
	*out = span_of(r->arena, len);
	r->arena += len;
	r->room -= len;
	return REASON_OK;
}

static enum reason
take_date(
    struct reading *r, const struct json_value *v, bool *has, int64_t *value)
{
	char text[72];
	size_t len;

	if (v->type != JSON_STRING)
		return refuse_type(r, "is no string");
	if (json_string(v, text, sizeof(text), &len) != WIRE_OK ||
	    !date_parse(span_of(text, len), value))
		return why_set(r->why, REASON_DATE_MALFORMED, -1,
		    "%s is no yang:date-and-time", r->leaf);
	*has = true;
	return REASON_OK;
}

static enum reason
created_on(struct reading *r, const struct json_value *v)
{
	return take_date(r, v, &r->out->has_created_on, &r->out->created_on);
}

/* expires-on (MP 16 row 7) and last-renewal-date decide nothing, but are dates. */
static enum reason
ignored_date(struct reading *r, const struct json_value *v)
{
	int64_t ignored;
	bool has;

	return take_date(r, v, &has, &ignored);
}

/* What a request claims decides nothing (MP 12), so an unknown name is no
 * fault. */
static enum reason
assertion(struct reading *r, const struct json_value *v)
{
	char text[32];
	size_t len;

	if (v->type != JSON_STRING)
		return refuse_type(r, "is no string");
	if (json_string(v, text, sizeof(text), &len) == WIRE_OK)
		r->out->assertion = assertion_find(span_of(text, len));
	return REASON_OK;
}

static enum reason
serial_number(struct reading *r, const struct json_value *v)
{
	size_t len;

	if (v->type != JSON_STRING)
		return refuse_type(r, "is no string");
	if (json_string(v, r->out->serial, sizeof(r->out->serial), &len) !=
		WIRE_OK ||
	    len == 0 || !text_printable(span_of(r->out->serial, len))) {
		r->out->serial[0] = '\0';
		return refuse_type(r, "is not 1 to 64 printable characters");
	}
	return REASON_OK;
}

bool
nonce_take(struct span text, char out[NONCE_MAX + 1])
{
	if (text.len >= NONCE_MIN && text_printable(text) &&
	    memchr(text.ptr, '"', text.len) == NULL &&
	    memchr(text.ptr, '\\', text.len) == NULL &&
	    text_copy(out, NONCE_MAX + 1, text))
		return true;
	out[0] = '\0';
	return false;
}

static enum reason
nonce(struct reading *r, const struct json_value *v)
{
	char text[NONCE_MAX + 1];
	size_t len;

	if (v->type != JSON_STRING)
		return refuse_type(r, "is no string");
	if (json_string(v, text, sizeof(text), &len) != WIRE_OK ||
	    !nonce_take(span_of(text, len), r->out->nonce)) {
		return why_set(r->why, REASON_NONCE_LENGTH, -1, NONCE_FAULT);
	}
	return REASON_OK;
}

static enum reason
idevid_issuer(struct reading *r, const struct json_value *v)
{
	return take_binary(r, v, &r->out->idevid_issuer);
}

static enum reason
prior(struct reading *r, const struct json_value *v)
{
	return take_binary(r, v, &r->out->prior);
}

static enum reason
proximity_cert(struct reading *r, const struct json_value *v)
{
	return take_binary(r, v, &r->out->proximity_cert);
}

static enum reason
proximity_pubk(struct reading *r, const struct json_value *v)
{
	return take_binary(r, v, &r->out->proximity_pubk);
}

static enum reason
proximity_pubk_sha256(struct reading *r, const struct json_value *v)
{
	return take_binary(r, v, &r->out->proximity_pubk_sha256);
}

static enum reason
agent_registrar(struct reading *r, const struct json_value *v)
{
	return take_binary(r, v, &r->out->agent_registrar);
}

static enum reason
agent_signed_data(struct reading *r, const struct json_value *v)
{
	return take_binary(r, v, &r->out->agent_signed_data);
}

/* Binary in YANG, a list in PRM (MP 16 row 15). */
static enum reason
agent_sign_cert(struct reading *r, const struct json_value *v)
{
	struct voucher_request *q = r->out;
	struct json_value element = *v;
	struct json_iter i;
	enum reason reason;

	if (v->type == JSON_ARRAY) {
		json_iter_open(&i, v);
		if (!json_iter_next(&i, NULL, &element))
			return refuse_type(r, "is an empty list");
	}
	do {
		if (q->agent_certificates_len == AGENT_CERTIFICATES_MAX)
			return refuse_type(r, "holds too many certificates");
		reason = take_binary(r, &element,
		    &q->agent_certificates[q->agent_certificates_len]);
		if (reason != REASON_OK)
			return reason;
		q->agent_certificates_len++;
	} while (v->type == JSON_ARRAY && json_iter_next(&i, NULL, &element));
	return REASON_OK;
}

/* Binary leaves that a request may carry but that decide nothing (row 10). */
static enum reason
ignored_binary(struct reading *r, const struct json_value *v)
{
	struct span ignored;

	return take_binary(r, v, &ignored);
}

/* MP 7.1: a boolean, or the string of RFC 8366's own example. */
static enum reason
ignored_boolean(struct reading *r, const struct json_value *v)
{
	if (v->type == JSON_TRUE || v->type == JSON_FALSE ||
	    json_string_is(v, "true") || json_string_is(v, "false"))
		return REASON_OK;
	return refuse_type(r, "is no boolean");
}

/* Binary in a 2025 draft's own alphabet (MP 7.1), and read by nobody here. */
static enum reason
proprietary(struct reading *r, const struct json_value *v)
{
	size_t n, len;

	if (v->type != JSON_STRING)
		return refuse_type(r, "is no string");
	if (json_string(v, (char *)r->arena, r->room, &n) != WIRE_OK ||
	    !base64_decode(
		r->arena, n, &len, span_of(r->arena, n), BASE64_TOLERANT))
		return refuse_type(r, "is no base64");
	return REASON_OK;
}

void
request_add_name(char list[NAMES_TEXT_SIZE], struct span name)
{
	size_t i, len = strlen(list);

	if (len > 0 && len + 1 < NAMES_TEXT_SIZE)
		list[len++] = ',';
	for (i = 0; i < name.len && len + 1 < NAMES_TEXT_SIZE; i++) {
		char c = (char)name.ptr[i];

		list[len++] = (c >= 'a' && c <= 'z') ||
			(c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
			(c != '\0' && strchr("._:/-", c) != NULL)
		    ? c
		    : '?';
	}
	list[len] = '\0';
}

/* MP 15.3: a list of names; nothing is known of any. */
static enum reason
extensions(struct reading *r, const struct json_value *v)
{
	struct json_value element;
	struct json_iter i;
	size_t len;

	if (v->type != JSON_ARRAY)
		return refuse_type(r, "is no list");
	json_iter_open(&i, v);
	while (json_iter_next(&i, NULL, &element)) {
		if (element.type != JSON_STRING)
			return refuse_type(r, "holds more than strings");
		if (json_string(&element, (char *)r->arena, r->room, &len) ==
		    WIRE_OK)
			request_add_name(
			    r->out->extensions, span_of(r->arena, len));
	}
	return REASON_OK;
}

/* Text: known, not used. */
static enum reason
ignored_text(struct reading *r, const struct json_value *v)
{
	return v->type == JSON_STRING ? REASON_OK
				      : refuse_type(r, "is no string");
}

static const struct {
	const char *name;
	enum reason (*read)(struct reading *r, const struct json_value *v);
} leaves[] = {
	{ "created-on", created_on },
	{ "expires-on", ignored_date },
	{ "assertion", assertion },
	{ "serial-number", serial_number },
	{ "idevid-issuer", idevid_issuer },
	{ "nonce", nonce },
	{ "prior-signed-voucher-request", prior },
	{ "proximity-registrar-cert", proximity_cert },
	{ "proximity-registrar-pubk", proximity_pubk },
	{ "proximity-registrar-pubk-sha256", proximity_pubk_sha256 },
	{ "pinned-domain-cert", ignored_binary },
	{ "pinned-domain-pubk", ignored_binary },
	{ "pinned-domain-pubk-sha256", ignored_binary },
	{ "domain-cert-revocation-checks", ignored_boolean },
	{ "last-renewal-date", ignored_date },
	{ "agent-provided-proximity-registrar-cert", agent_registrar },
	{ "agent-signed-data", agent_signed_data },
	{ "agent-sign-cert", agent_sign_cert },
	{ "est-domain", ignored_text },
	{ "additional-configuration-url", ignored_text },
	{ "extensions", extensions },
	{ "manufacturer-proprietary", proprietary },
	{ "manufacturer-private", proprietary },
};

static enum reason
leaf_read(struct reading *r, const struct json_value *name,
    const struct json_value *value)
{
	size_t i, len;

	for (i = 0; i < sizeof(leaves) / sizeof(leaves[0]); i++) {
		if (!json_string_is(name, leaves[i].name))
			continue;
		r->leaf = leaves[i].name;
		return leaves[i].read(r, value);
	}
	if (json_string(name, (char *)r->arena, r->room, &len) == WIRE_OK)
		request_add_name(r->out->unknown, span_of(r->arena, len));
	return REASON_OK;
}

/* What the root is called, and was called in drafts (MP 6.1, 16 row 22). */
static const struct {
	const char *name;
	unsigned legacy;
} roots[] = {
	{ ROOT, 0 },
	{ "ietf-voucher-request-prm:voucher", LEGACY(LEGACY_ROOTS) },
	{ "ietf-voucher-request-async:voucher", LEGACY(LEGACY_ROOTS) },
	{ "ietf-async-voucher-request:voucher", LEGACY(LEGACY_ROOTS) },
	{ "ietf-constrained-voucher-request:voucher", LEGACY(LEGACY_ROOTS) },
	{ "ietf-voucher-request-constrained:voucher", LEGACY(LEGACY_ROOTS) },
	{ "ietf-voucher:voucher", LEGACY(LEGACY_VOUCHER_ROOT) },
};
#define ROOTS (sizeof(roots) / sizeof(roots[0]))

bool
request_root(struct span name, unsigned *legacy)
{
	size_t i;

	for (i = 0; i < ROOTS; i++)
		if (span_is(name, roots[i].name)) {
			*legacy = roots[i].legacy;
			return true;
		}
	return false;
}

static bool
root_known(const struct json_value *name, unsigned *legacy)
{
	char text[64];
	size_t len;

	return name->type == JSON_STRING &&
	    json_string(name, text, sizeof(text), &len) == WIRE_OK &&
	    request_root(span_of(text, len), legacy);
}

/* The one top-level member, which must be a voucher-request (RFC 8995 3.4). */
static enum reason
root_read(struct span text, struct json_value *container, unsigned *legacy,
    struct why *why)
{
	struct json_value root, name, more;
	struct json_iter i;
	size_t where;
	enum wire_error error = json_parse(text, &root, &where);

	if (error == WIRE_DUPLICATE)
		return why_set(why, REASON_PAYLOAD_DUPLICATE, (long)where,
		    "a name occurs twice");
	if (error != WIRE_OK)
		return why_set(why, REASON_PAYLOAD_MALFORMED, (long)where,
		    "payload: %s at offset %zu", wire_error_text(error), where);
	json_iter_open(&i, &root);
	if (root.type != JSON_OBJECT || !json_iter_next(&i, &name, container) ||
	    !root_known(&name, legacy) || json_iter_next(&i, NULL, &more))
		return why_set(why, REASON_PAYLOAD_ROOT, 0,
		    "the payload's root is not " ROOT " alone");
	if (container->type != JSON_OBJECT)
		return why_set(
		    why, REASON_PAYLOAD_TYPE, 0, "the root is no object");
	return REASON_OK;
}

enum reason
request_from_json(struct span text, uint8_t *arena, size_t arena_len,
    struct voucher_request *out, struct why *why)
{
	struct reading r = {
		.out = out, .arena = arena, .room = arena_len, .why = why
	};
	struct json_value container, name, value;
	struct json_iter i;
	enum reason reason;

	memset(out, 0, sizeof(*out));
	if ((reason = root_read(text, &container, &out->legacy, why)) !=
	    REASON_OK)
		return reason;
	json_iter_open(&i, &container);
	while (json_iter_next(&i, &name, &value)) {
		reason = leaf_read(&r, &name, &value);
		if (reason != REASON_OK)
			return reason;
	}
	return REASON_OK;
}

/* A list, as PRM has it in JSON. */
static void
put_agents(struct json_out *o, const struct voucher_request *q)
{
	unsigned i;

	if (q->agent_certificates_len == 0)
		return;
	json_put_name(o, "agent-sign-cert");
	json_begin_array(o);
	for (i = 0; i < q->agent_certificates_len; i++)
		json_put_base64(o, q->agent_certificates[i]);
	json_end_array(o);
}

bool
request_to_json(
    const struct voucher_request *q, char *out, size_t cap, size_t *len)
{
	char date[CLOCK_TEXT_SIZE] = "";
	struct json_out o;
	struct span written;

	if (q->has_created_on)
		clock_print(date, q->created_on);
	json_out_open(&o, out, cap);
	json_begin_object(&o);
	json_put_name(&o, ROOT);
	json_begin_object(&o);
	leaf_text(&o, "assertion", assertion_text(q->assertion));
	leaf_text(&o, "created-on", date);
	leaf_text(&o, "serial-number", q->serial);
	leaf_text(&o, "nonce", q->nonce);
	leaf_binary(&o, "idevid-issuer", q->idevid_issuer);
	leaf_binary(&o, "proximity-registrar-cert", q->proximity_cert);
	leaf_binary(&o, "proximity-registrar-pubk", q->proximity_pubk);
	leaf_binary(
	    &o, "proximity-registrar-pubk-sha256", q->proximity_pubk_sha256);
	leaf_binary(&o, "prior-signed-voucher-request", q->prior);
	leaf_binary(
	    &o, "agent-provided-proximity-registrar-cert", q->agent_registrar);
	leaf_binary(&o, "agent-signed-data", q->agent_signed_data);
	put_agents(&o, q);
	json_end_object(&o);
	json_end_object(&o);
	if (json_out_span(&o, &written) != WIRE_OK)
		return false;
	*len = written.len;
	return true;
}

static bool
known_length(size_t len)
{
	return len == 20 || len == 32;
}

/* AuthorityKeyIdentifier content with [0]: forms A, B, E. */
static bool
key_id_of(struct span sequence, struct span *value)
{
	struct der d, inner;

	der_open(&d, sequence);
	return der_enter(&d, DER_SEQUENCE, &inner) == WIRE_OK &&
	    der_end(&d) == WIRE_OK &&
	    der_take(&inner, DER_CONTEXT(0), value) == WIRE_OK &&
	    value->len > 0;
}

static bool
is_name(struct span sequence)
{
	struct der d, inner;

	der_open(&d, sequence);
	if (der_enter(&d, DER_SEQUENCE, &inner) != WIRE_OK ||
	    der_end(&d) != WIRE_OK || der_end(&inner) == WIRE_OK)
		return false;
	while (der_end(&inner) != WIRE_OK)
		if (der_take(&inner, DER_SET, NULL) != WIRE_OK)
			return false;
	return true;
}

enum reason
issuer_normalise(struct span bytes, enum issuer_kind *kind, struct span *value,
    struct why *why)
{
	struct der d;
	struct span content, rest = bytes;

	/* Peel one OCTET STRING header if it fits and a SEQUENCE follows: a
	 * bare key identifier may itself begin 04 12. */
	der_open(&d, bytes);
	if (der_octets(&d, &content) == WIRE_OK && der_end(&d) == WIRE_OK &&
	    content.len > 0 && content.ptr[0] == DER_SEQUENCE)
		rest = content;
	if (key_id_of(rest, value)) {
		*kind = ISSUER_KEY_ID;
		return REASON_OK;
	}
	if (is_name(rest)) {
		*kind = ISSUER_NAME;
		*value = rest;
		return REASON_OK;
	}
	if (known_length(bytes.len)) {
		*kind = ISSUER_KEY_ID;
		*value = bytes;
		return REASON_OK;
	}
	return why_set(why, REASON_ISSUER_SHAPE, -1,
	    "idevid-issuer of %zu octets is no key identifier and no Name",
	    bytes.len);
}
