/* Vouchers in JSON (RFC 8366 5.3, RFC 7951), see voucher.h. */
#include "model/voucher.h"

#include "base/clock.h"
#include "base/text.h"
#include "model/leaf.h"

#define ROOT "ietf-voucher:voucher"

static void
put_date(struct json_out *o, const char *name, int64_t when)
{
	char text[CLOCK_TEXT_SIZE];

	clock_print(text, when);
	json_add_text(o, name, text);
}

/* base64url, unlike other binaries (8366bis 8.7). */
static void
put_proprietary(struct json_out *o, struct span value)
{
	char text[BASE64_SIZE(PROPRIETARY_MAX)];

	if (value.ptr == NULL || value.len > PROPRIETARY_MAX)
		return;
	base64url_encode(text, value);
	leaf_text(o, "manufacturer-proprietary", text);
}

bool
voucher_to_json(const struct voucher *v, char *out, size_t cap, size_t *len)
{
	struct json_out o;
	struct span written;

	json_out_open(&o, out, cap);
	json_begin_object(&o);
	json_put_name(&o, ROOT);
	json_begin_object(&o);
	put_date(&o, "created-on", v->created_on);
	if (v->expires_on != 0)
		put_date(&o, "expires-on", v->expires_on);
	json_add_text(&o, "assertion", assertion_text(v->assertion));
	json_add_text(&o, "serial-number", v->serial);
	leaf_binary(&o, "idevid-issuer", v->idevid_issuer);
	leaf_binary(&o, "pinned-domain-cert", v->pinned_domain_cert);
	leaf_binary(&o, "pinned-domain-pubk", v->pinned_domain_pubk);
	leaf_binary(
	    &o, "pinned-domain-pubk-sha256", v->pinned_domain_pubk_sha256);
	if (v->has_revocation_checks) {
		json_add_bool(
		    &o, "domain-cert-revocation-checks", v->revocation_checks);
	}
	leaf_text(&o, "nonce", v->nonce);
	leaf_text(&o, "est-domain", v->est_domain);
	leaf_text(&o, "additional-configuration-url", v->configuration_url);
	put_proprietary(&o, v->proprietary);
	json_end_object(&o);
	json_end_object(&o);
	if (json_out_span(&o, &written) != WIRE_OK)
		return false;
	*len = written.len;
	return true;
}

struct reading {
	const struct json_value *object;
	uint8_t *arena;
	size_t room;
};

static bool
take_text(const struct reading *r, const char *name, char *out, size_t cap)
{
	struct json_value v;
	size_t len;

	out[0] = '\0';
	if (!json_member(r->object, name, &v))
		return true;
	/* Printable, because it will be shown on terminals. */
	return json_string(&v, out, cap, &len) == WIRE_OK && len > 0 &&
	    text_printable(span_of(out, len));
}

static bool
take_date(const struct reading *r, const char *name, int64_t *out)
{
	char text[72];

	*out = 0;
	if (!take_text(r, name, text, sizeof(text)))
		return false;
	return text[0] == '\0' || date_parse(span_str(text), out);
}

static bool
take_encoded(struct reading *r, const char *name, enum base64_kind kind,
    struct span *out)
{
	struct json_value v;
	size_t n, len;

	if (!json_member(r->object, name, &v))
		return true;
	if (json_string(&v, (char *)r->arena, r->room, &n) != WIRE_OK ||
	    !base64_decode(r->arena, n, &len, span_of(r->arena, n), kind))
		return false;
	*out = span_of(r->arena, len);
	r->arena += len;
	r->room -= len;
	return true;
}

static bool
take_binary(struct reading *r, const char *name, struct span *out)
{
	return take_encoded(r, name, BASE64_STANDARD, out);
}

/* Its new name, else its old one (MP 6.2), in any alphabet (MP 7.1). */
static bool
take_proprietary(struct reading *r, struct span *out)
{
	return take_encoded(
		   r, "manufacturer-proprietary", BASE64_TOLERANT, out) &&
	    (out->ptr != NULL ||
		take_encoded(r, "manufacturer-private", BASE64_TOLERANT, out));
}

/* What a cloud registrar had put in, and the manufacturer (MP 15). */
static bool
take_optional(struct reading *r, struct voucher *out)
{
	return take_text(
		   r, "est-domain", out->est_domain, sizeof(out->est_domain)) &&
	    take_text(r, "additional-configuration-url", out->configuration_url,
		sizeof(out->configuration_url)) &&
	    take_proprietary(r, &out->proprietary);
}

static bool
take_checks(const struct reading *r, struct voucher *out)
{
	struct json_value v;

	out->has_revocation_checks =
	    json_member(r->object, "domain-cert-revocation-checks", &v);
	if (!out->has_revocation_checks)
		return true;
	out->revocation_checks =
	    v.type == JSON_TRUE || json_string_is(&v, "true");
	return out->revocation_checks || v.type == JSON_FALSE ||
	    json_string_is(&v, "false");
}

enum reason
voucher_from_json(struct span text, uint8_t *arena, size_t arena_len,
    struct voucher *out, struct why *why)
{
	struct json_value root, object, name, more;
	struct json_iter i;
	struct reading r = {
		.object = &object, .arena = arena, .room = arena_len
	};
	char word[32];
	size_t where;

	memset(out, 0, sizeof(*out));
	if (json_parse(text, &root, &where) != WIRE_OK)
		return why_set(why, REASON_VOUCHER_MALFORMED, (long)where,
		    "the content is not JSON");
	json_iter_open(&i, &root);
	if (root.type != JSON_OBJECT || !json_iter_next(&i, &name, &object) ||
	    !json_string_is(&name, ROOT) || json_iter_next(&i, NULL, &more) ||
	    object.type != JSON_OBJECT)
		return why_set(why, REASON_VOUCHER_MALFORMED, 0,
		    "the root is not " ROOT " alone");
	if (!take_date(&r, "created-on", &out->created_on) ||
	    !take_date(&r, "expires-on", &out->expires_on))
		return why_set(why, REASON_VOUCHER_MALFORMED, -1, "a date");
	if (!take_text(&r, "serial-number", out->serial, sizeof(out->serial)))
		return why_set(
		    why, REASON_VOUCHER_MALFORMED, -1, "serial-number");
	if (!take_text(&r, "nonce", out->nonce, sizeof(out->nonce)))
		return why_set(why, REASON_VOUCHER_MALFORMED, -1, "nonce");
	if (!take_text(&r, "assertion", word, sizeof(word)))
		return why_set(why, REASON_VOUCHER_MALFORMED, -1, "assertion");
	out->assertion = assertion_find(span_str(word));
	if (!take_binary(&r, "idevid-issuer", &out->idevid_issuer) ||
	    !take_binary(&r, "pinned-domain-cert", &out->pinned_domain_cert) ||
	    !take_binary(&r, "pinned-domain-pubk", &out->pinned_domain_pubk) ||
	    !take_binary(&r, "pinned-domain-pubk-sha256",
		&out->pinned_domain_pubk_sha256))
		return why_set(why, REASON_VOUCHER_MALFORMED, -1,
		    "idevid-issuer or a pin is no base64");
	if (!take_optional(&r, out))
		return why_set(why, REASON_VOUCHER_MALFORMED, -1,
		    "est-domain, additional-configuration-url or "
		    "manufacturer-proprietary");
	if (!take_checks(&r, out))
		return why_set(why, REASON_VOUCHER_MALFORMED, -1,
		    "domain-cert-revocation-checks");
	return voucher_complete(out, why);
}

enum reason
voucher_complete(const struct voucher *v, struct why *why)
{
	const char *lacking = NULL;
	int pins = (v->pinned_domain_cert.ptr != NULL) +
	    (v->pinned_domain_pubk.ptr != NULL) +
	    (v->pinned_domain_pubk_sha256.ptr != NULL);

	if (v->serial[0] == '\0')
		lacking = "serial-number";
	else if (v->assertion == ASSERTION_NONE)
		lacking = "assertion";
	else if (pins != 1 ||
	    (v->pinned_domain_pubk_sha256.ptr != NULL &&
		v->pinned_domain_pubk_sha256.len != HASH_SIZE))
		lacking = "exactly one pinned-domain leaf";
	return lacking == NULL ? REASON_OK
			       : why_set(why, REASON_VOUCHER_MALFORMED, -1,
				     "it needs %s", lacking);
}

bool
voucher_url_valid(struct span url)
{
	static const char scheme[] = "https://", rest[] = "/?#";
	static const char others[] = "-._~:/?#[]@!$&'()*+,;=%";
	size_t i, from = sizeof(scheme) - 1;

	if (url.len <= from || url.len > URL_MAX ||
	    memcmp(url.ptr, scheme, from) != 0 ||
	    memchr(rest, url.ptr[from], sizeof(rest) - 1) != NULL)
		return false;
	for (i = 0; i < url.len; i++) {
		uint8_t c = url.ptr[i], lower = c | 0x20;

		if (!(c >= '0' && c <= '9') &&
		    !(lower >= 'a' && lower <= 'z') &&
		    memchr(others, c, sizeof(others) - 1) == NULL)
			return false;
	}
	return true;
}
