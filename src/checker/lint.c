/*
 * The linter as a tool: one certificate, and others among which its
 * issuer is looked for. Told as JSON, which the command line prints.
 */
#include "base/text.h"
#include "checker/check.h"
#include "envelope/pem.h"
#include "wire/der.h"
#include "wire/json.h"
#include "x509/lint.h"

#define SERIAL_SHOWN 96 /* characters of a serialNumber that may be too long */
#define NAME_SHOWN   200
/* Of signature_work(): what one request from the network may cost (request.c), so
 * nobody waits longer for an operator's file. */
#define WORK_MAX     350

/* How sure it is that one certificate issued another. */
enum kinship { STRANGER, SAME_NAME, SIGNED, SIGNED_AND_NAMED };

struct looking {
	struct certificate c, issuer;
	enum kinship kinship; /* of issuer, if there is one */
	bool has_issuer;
	enum lint_subject subject;
	struct lint_finding findings[LINT_FINDINGS_MAX];
	unsigned n;
};

static enum kinship
kinship_of(const struct certificate *c, const struct certificate *issuer)
{
	bool named = span_eq(c->issuer, issuer->subject);

	if (certificate_signed_with(c, issuer))
		return named ? SIGNED_AND_NAMED : SIGNED;
	return named ? SAME_NAME : STRANGER;
}

/* By name or key identifier; what is looked at first. */
static bool
is_likely(const struct certificate *c, const struct certificate *issuer)
{
	return span_eq(c->issuer, issuer->subject) ||
	    (c->authority_key_id.ptr != NULL &&
		issuer->subject_key_id.ptr != NULL &&
		span_eq(c->authority_key_id, issuer->subject_key_id));
}

/* Is it more of an issuer than what was found so far? */
static void
issuer_take(struct looking *l, const struct lint_order *order,
    const struct certificate *candidate)
{
	enum kinship k = kinship_of(&l->c, candidate);

	if (k > l->kinship || (order->issuer_named && !l->has_issuer)) {
		l->issuer = *candidate;
		l->kinship = k;
		l->has_issuer = true;
	}
}

/* Those that are likely, or those that are not, as long as there is work left; false
 * if there was too much. One that cannot be read is none. */
static bool
issuer_search(struct looking *l, const struct lint_order *order,
    struct span rest, bool likely, uint64_t begun)
{
	struct certificate candidate;
	struct span one;
	struct der d;

	der_open(&d, rest);
	while (l->kinship < SIGNED_AND_NAMED &&
	    der_whole(&d, DER_SEQUENCE, &one, NULL) == WIRE_OK) {
		if (certificate_read_loosely(one, &candidate, NULL) !=
			REASON_OK ||
		    is_likely(&l->c, &candidate) != likely)
			continue;
		if (signature_work() - begun > WORK_MAX)
			return false;
		issuer_take(l, order, &candidate);
	}
	return true;
}

/* The likeliest of those that came with it. Strangers by name are tried for the sake
 * of a name that was misspelled (L09): where they are too many it has no issuer. */
static enum reason
issuer_find(struct looking *l, const struct lint_order *order, struct span rest,
    struct why *why)
{
	uint64_t begun = signature_work();

	if (!issuer_search(l, order, rest, true, begun))
		return why_set(why, REASON_REQUEST_COSTLY, -1,
		    "too many certificates beside it have its issuer's name");
	if (l->kinship < SIGNED)
		(void)issuer_search(l, order, rest, false, begun);
	return REASON_OK;
}

/* Can we check signatures of this kind at all? */
static bool
signature_known(const struct looking *l)
{
	struct signature_algorithm a;
	const struct public_key *k;

	return signature_algorithm_read(l->c.algorithm, &a, NULL) ==
	    REASON_OK &&
	    public_key_get(l->issuer.spki, &k, NULL) == REASON_OK;
}

static bool
signature_bad(const struct looking *l)
{
	return l->has_issuer && l->kinship < SIGNED && signature_known(l);
}

static void
lint_with(struct looking *l, const struct lint_order *order)
{
	struct product rule;
	struct lint_context context = { .subject = order->subject,
		.issuer = l->has_issuer ? &l->issuer : NULL,
		.issuer_is_idevid_ca = order->issuer_is_idevid_ca ||
		    (l->has_issuer && lint_named_idevid_ca(&l->issuer)),
		.slot = order->slot,
		.voucher_policy = order->voucher_policy,
		.masa_url_required = order->masa_url_required };

	product_defaults(&rule);
	memcpy(rule.token, order->token, sizeof(rule.token));
	rule.counter_width = order->counter_width;
	rule.check_character = order->check_character;
	memcpy(rule.scheme, order->scheme, sizeof(rule.scheme));
	if (order->token[0] != '\0' || order->scheme[0] != '\0')
		context.product = &rule;
	if (context.subject == LINT_GUESS)
		context.subject = lint_guess(&l->c);
	l->subject = context.subject;
	l->n = certificate_lint(&l->c, &context, l->findings);
}

static void
put_hash_of(struct json_out *o, const char *name, struct span bytes)
{
	uint8_t hash[HASH_SIZE];

	sha256(bytes, hash);
	json_add_hex(o, name, span_of(hash, sizeof(hash)));
}

static void
put_name_of(struct json_out *o, const char *name, struct span dn)
{
	char text[NAME_SHOWN];

	name_print(text, sizeof(text), dn);
	json_add_text(o, name, text);
}

/* By these the command line sees that a number or a serial came before. */
static void
put_identity(struct json_out *o, const struct looking *l)
{
	struct span serial = l->c.subject_serial, number = l->c.serial;

	if (serial.len > SERIAL_SHOWN)
		serial.len = SERIAL_SHOWN;
	if (number.len > SERIAL_SHOWN)
		number.len = SERIAL_SHOWN;
	json_add_text(o, "as", lint_subject_text(l->subject));
	put_name_of(o, "subject", l->c.subject);
	json_add_string(o, "serial", serial);
	json_add_hex(o, "number", number);
	put_name_of(o, "issuer", l->c.issuer);
	put_hash_of(o, "issuer-sha256", l->c.issuer);
	put_hash_of(o, "sha256", l->c.der);
	json_add_text(o, "signature",
	    l->kinship >= SIGNED   ? "good"
		: signature_bad(l) ? "bad"
				   : "unknown");
}

static void
put_finding(struct json_out *o, const struct lint_finding *f, bool only_warning)
{
	json_begin_object(o);
	json_add_text(o, "code", reason_code(f->code));
	json_add_text(o, "clause", lint_clause(f->code));
	json_add_int(o, "offset", f->why.offset);
	json_add_text(o, "sentence", reason_sentence(f->code));
	json_add_text(o, "found", f->why.text);
	json_add_text(o, "fix", lint_fix(f->code));
	json_add_bool(o, "warning", only_warning);
	json_end_object(o);
}

static enum reason
print(const struct looking *l, const struct lint_order *order, char *json,
    size_t cap, struct span *text, struct why *why)
{
	enum reason r = REASON_OK;
	struct json_out o;
	unsigned i;

	json_out_open(&o, json, cap);
	json_begin_object(&o);
	put_identity(&o, l);
	json_put_name(&o, "findings");
	json_begin_array(&o);
	for (i = 0; i < l->n; i++) {
		const struct lint_finding *f = &l->findings[i];
		bool warns = order->imported && lint_only_warns(f->code);

		put_finding(&o, f, warns);
		if (r == REASON_OK && !warns) {
			r = f->code;
			*why = f->why;
		}
	}
	json_end_array(&o);
	json_end_object(&o);
	if (json_out_span(&o, text) != WIRE_OK)
		return why_set(
		    why, REASON_INTERNAL, -1, "the findings do not fit");
	if (r == REASON_OK && signature_bad(l))
		r = why_set(why, REASON_IMPORT_CHAIN, -1,
		    "the signature is not by its issuer's key");
	return r;
}

enum reason
lint_file(const struct message_inspect *in, uint8_t *arena, size_t room,
    char *json, size_t json_cap, struct span *text, struct why *why)
{
	struct looking l = { 0 };
	enum reason r;
	size_t len;

	if (!pem_or_der(in->bytes, "CERTIFICATE", arena, room, &len))
		return why_set(why, REASON_CERTIFICATE_MALFORMED, 0,
		    "neither DER nor one PEM block CERTIFICATE");
	r = certificate_read_loosely(span_of(arena, len), &l.c, why);
	if (r != REASON_OK)
		return r;
	r = issuer_find(&l, &in->lint, in->other, why);
	if (r != REASON_OK)
		return r;
	lint_with(&l, &in->lint);
	return print(&l, &in->lint, json, json_cap, text, why);
}
