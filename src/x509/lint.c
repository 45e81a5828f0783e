/* The linter, see lint.h: one function per code, in the order of IP 10. */
#include "x509/lint.h"

#include <stdarg.h>
#include <stdio.h>

#include "crypto/oid.h"
#include "model/masa_url.h"
#include "model/serial.h"
#include "wire/der.h"
#include "x509/extension.h"

struct run {
	const struct certificate *c;
	const struct lint_context *context;
	enum lint_subject subject;
	struct lint_finding *findings;
	unsigned n;
};

static void __attribute__((format(printf, 4, 5))) found(struct run *run,
    enum reason code, struct span where, const char *format, ...)
{
	struct lint_finding *f;
	va_list arguments;

	if (run->n == LINT_FINDINGS_MAX)
		return;
	f = &run->findings[run->n++];
	f->code = code;
	f->why.offset =
	    where.ptr == NULL ? -1 : (long)(where.ptr - run->c->der.ptr);
	va_start(arguments, format);
	vsnprintf(f->why.text, sizeof(f->why.text), format, arguments);
	va_end(arguments);
}

/* Where an extension stands, or would. */
static struct span
place(const struct run *run, enum certificate_extension e)
{
	const struct certificate *c = run->c;

	if (c->at[e].ptr != NULL)
		return c->at[e];
	return c->extensions.ptr != NULL ? c->extensions : c->tbs;
}

/* The whole element of which only the content is kept; DER has one header for
 * each length. */
static struct span
element(struct span content)
{
	size_t head = content.len < 0x80 ? 2 : content.len < 0x100 ? 3 : 4;

	return content.ptr == NULL
	    ? content
	    : span_of(content.ptr - head, content.len + head);
}

static bool
is_idevid(const struct run *run)
{
	return run->subject == LINT_IDEVID;
}

static void
l01(struct run *run)
{
	const struct certificate *c = run->c;

	if (!is_idevid(run) && run->subject != LINT_CA)
		return;
	if (c->bad_not_after.ptr != NULL)
		return; /* L12 says what it is */
	if (c->not_after != DER_TIME_FOREVER ||
	    c->not_after_tag != DER_GENERALIZED_TIME)
		found(run, REASON_L01, c->validity, "notAfter is another date");
}

static void
l02(struct run *run)
{
	const struct certificate *c = run->c;
	struct why why;

	if (!is_idevid(run))
		return;
	if (c->subject_serials != 1)
		found(run, REASON_L02, c->subject, "%u serialNumber attributes",
		    c->subject_serials);
	else if (c->subject_serial_tag != DER_PRINTABLE_STRING)
		found(run, REASON_L02, element(c->subject_serial),
		    "serialNumber is no PrintableString");
	else if (c->subject_serial.len == 0 ||
	    c->subject_serial.len > SERIAL_MAX)
		found(run, REASON_L02, element(c->subject_serial),
		    "serialNumber of %zu characters", c->subject_serial.len);
	else if (serial_check(c->subject_serial, &why) != REASON_OK)
		found(run, REASON_L02, element(c->subject_serial), "%.150s",
		    why.text);
}

static void
l03(struct run *run)
{
	const struct lint_context *x = run->context;
	struct why why;
	uint64_t n;
	enum reason r;

	if (!is_idevid(run) || x->product == NULL || x->product->import_only ||
	    run->c->subject_serials != 1)
		return;
	r = x->product->scheme[0] != '\0'
	    ? scheme_parse(run->c->subject_serial, x->product->scheme, &n, &why)
	    : serial_parse(
		  run->c->subject_serial, x->product, x->slot, &n, &why);
	if (r != REASON_OK)
		found(run, REASON_L03, element(run->c->subject_serial),
		    "%s: %.150s", reason_code(r), why.text);
}

static void
l04(struct run *run)
{
	const struct certificate *c = run->c;

	if (!is_idevid(run))
		return;
	if (c->authority_key_id.ptr == NULL || c->authority_has_issuer)
		found(run, REASON_L04, place(run, EXTENSION_AUTHORITY_KEY_ID),
		    "%s",
		    !c->has_authority_key_id ? "no authorityKeyIdentifier"
			: c->authority_has_issuer
			? "authorityKeyIdentifier with issuer or serial"
			: "authorityKeyIdentifier without keyIdentifier");
}

static void
l05(struct run *run)
{
	const struct certificate *c = run->c;
	struct span where = place(run, EXTENSION_MASA_URL);

	if (!is_idevid(run))
		return;
	if (!c->has_masa_url) {
		if (run->context->masa_url_required)
			found(run, REASON_L05, where, "no MASA URL");
		return;
	}
	if (c->masa_url_critical)
		found(run, REASON_L05, where, "critical");
	else if (c->masa_url_obsolete)
		found(run, REASON_L05, place(run, EXTENSION_MASA_URL_OBSOLETE),
		    "the obsolete OID 1.3.6.1.4.1.46930.2");
	else if (c->masa_url_bad)
		found(run, REASON_L05, where, "no IA5String");
	else if (!masa_url_valid(c->masa_url))
		found(run, REASON_L05, element(c->masa_url),
		    "not a valid authority");
}

static const uint8_t ANY_POLICY[] = { 0x55, 0x1d, 0x20, 0 };

static const struct span *
oid_find(const struct span *oids, unsigned len, struct span policy, bool below)
{
	unsigned i;

	for (i = 0; policy.len > 0 && i < len; i++)
		if (span_eq(oids[i], policy) ||
		    (below && oids[i].len > policy.len &&
			memcmp(oids[i].ptr, policy.ptr, policy.len) == 0))
			return &oids[i];
	return NULL;
}

/* The policy as it stands in c, be it as a private extension (IP 6), NULL if it is
 * not there; with below also one of which it is the beginning. */
static const struct span *
policy_find(const struct certificate *c, struct span policy, bool below)
{
	const struct span *found =
	    oid_find(c->policies, c->policies_len, policy, below);

	return found != NULL ? found
			     : oid_find(c->marks, c->marks_len, policy, below);
}

static void
l06(struct run *run)
{
	const struct certificate *c = run->c;
	const struct span *any = policy_find(c, OID_SPAN(ANY_POLICY), false);
	/* A product's own lies below it (IP 2). */
	const struct span *voucher =
	    policy_find(c, run->context->voucher_policy, true);

	if (!is_idevid(run))
		return;
	if (c->ca)
		found(run, REASON_L06, place(run, EXTENSION_BASIC_CONSTRAINTS),
		    "CA:TRUE");
	else if (c->has_key_usage && (c->key_usage & KEY_USAGE_CERT_SIGN) != 0)
		found(run, REASON_L06, place(run, EXTENSION_KEY_USAGE),
		    "keyCertSign");
	else if (any != NULL)
		found(run, REASON_L06, element(*any), "anyPolicy");
	else if (voucher != NULL)
		found(run, REASON_L06, element(*voucher), "the voucher policy");
}

static void
l07(struct run *run)
{
	const struct certificate *c = run->c;

	if (run->subject != LINT_CA)
		return;
	if (!c->has_basic_constraints || !c->basic_critical || !c->ca)
		found(run, REASON_L07, place(run, EXTENSION_BASIC_CONSTRAINTS),
		    "no critical basicConstraints CA:TRUE");
	else if (!c->has_key_usage || !c->key_usage_critical ||
	    (c->key_usage & KEY_USAGE_CERT_SIGN) == 0)
		found(run, REASON_L07, place(run, EXTENSION_KEY_USAGE),
		    "no critical keyUsage keyCertSign");
}

static void
l08(struct run *run)
{
	struct span s = run->c->serial, where = element(s);

	if ((s.ptr[0] & 0x80) != 0)
		found(run, REASON_L08, where, "negative");
	else if (s.len == 1 && s.ptr[0] == 0)
		found(run, REASON_L08, where, "zero");
	else if (s.len < 8 || s.len > 20)
		found(run, REASON_L08, where, "%zu octets", s.len);
}

static void
l09(struct run *run)
{
	const struct certificate *c = run->c, *issuer = run->context->issuer;

	if (issuer == NULL)
		return;
	if (!span_eq(c->issuer, issuer->subject))
		found(run, REASON_L09, c->issuer,
		    "the issuer's bytes differ from the CA's subject");
	else if (c->authority_key_id.ptr != NULL &&
	    issuer->subject_key_id.ptr != NULL &&
	    !span_eq(c->authority_key_id, issuer->subject_key_id))
		found(run, REASON_L09, element(c->authority_key_id),
		    "authorityKeyIdentifier is not the CA's");
}

static void
l10(struct run *run)
{
	const struct certificate *c = run->c;
	const struct public_key *k;
	struct signature_algorithm a;
	struct why why;

	why_clear(&why);
	if (public_key_get(c->spki, &k, &why) != REASON_OK)
		found(run, REASON_L10, c->spki, "%.150s", why.text);
	else if (!public_key_exponent_usual(k))
		found(run, REASON_L10, c->spki, "an exponent other than 65537");
	if (signature_algorithm_read(c->algorithm, &a, &why) != REASON_OK)
		found(run, REASON_L10, c->algorithm, "%.150s", why.text);
	else if (a.kind == SIGNATURE_RSA && a.hash == HASH_NONE)
		found(run, REASON_L10, c->algorithm,
		    "rsaEncryption is no signature algorithm");
}

static void
l11(struct run *run)
{
	if (!is_idevid(run))
		return;
	if (run->c->has_crl_pointers)
		found(run, REASON_L11, place(run, EXTENSION_CRL_POINTERS),
		    "CRL distribution points");
	if (run->c->has_authority_information)
		found(run, REASON_L11,
		    place(run, EXTENSION_AUTHORITY_INFORMATION),
		    "authority information access");
}

/* RFC 5280 4.1.2.5: UTCTime through 2049, seconds present, Z. A UTCTime that
 * was meant for 2050 or later reads as 19xx. */
static void
l12(struct run *run)
{
	const int64_t first = INT64_C(2524608000); /* 2050-01-01 */
	const struct certificate *c = run->c;

	if (c->bad_not_before.ptr != NULL)
		found(run, REASON_L12, c->bad_not_before,
		    "notBefore has a fraction, an offset or no seconds");
	else if ((c->not_before_tag == DER_GENERALIZED_TIME) !=
	    (c->not_before >= first))
		found(run, REASON_L12, c->validity,
		    "notBefore has the wrong type");
	if (c->bad_not_after.ptr != NULL)
		found(run, REASON_L12, c->bad_not_after,
		    "notAfter has a fraction, an offset or no seconds");
	else if ((c->not_after_tag == DER_GENERALIZED_TIME) !=
	    (c->not_after >= first))
		found(run, REASON_L12, c->validity,
		    "notAfter has the wrong type");
	else if (c->bad_not_before.ptr == NULL && c->not_after < c->not_before)
		found(run, REASON_L12, c->validity,
		    "notAfter lies before notBefore");
}

static void
l13(struct run *run)
{
	const struct certificate *c = run->c;
	struct span voucher = run->context->voucher_policy;

	if (run->subject != LINT_VOUCHER_SIGNER)
		return;
	if (c->ca)
		found(run, REASON_L13, place(run, EXTENSION_BASIC_CONSTRAINTS),
		    "CA:TRUE");
	if (run->context->issuer_is_idevid_ca)
		found(run, REASON_L13, c->issuer,
		    "issued by an IDevID issuing CA");
	if (voucher.len > 0 && policy_find(c, voucher, false) == NULL)
		found(run, REASON_L13, place(run, EXTENSION_POLICIES),
		    "the voucher policy is absent");
}

static void
l14(struct run *run)
{
	if (run->c->unknown_critical)
		found(run, REASON_L14, element(run->c->unknown_critical_oid),
		    "an unknown extension is critical");
	/* RFC 5280 wants them critical, in certificates of CAs. */
	else if (run->c->constraints_critical && !run->c->ca)
		found(run, REASON_L14, run->c->extensions,
		    "it is no CA, but has critical constraints on those below");
}

static void
l15(struct run *run)
{
	if (test_key_published(run->c->spki))
		found(run, REASON_L15, run->c->spki,
		    "its private key is printed in a standard");
}

enum lint_subject
lint_guess(const struct certificate *c)
{
	if (c->has_masa_url)
		return LINT_IDEVID;
	if (c->has_basic_constraints && c->ca)
		return LINT_CA;
	if (c->subject_serials > 0)
		return LINT_IDEVID;
	if (c->has_key_usage && (c->key_usage & KEY_USAGE_CERT_SIGN) != 0)
		return LINT_CA;
	return LINT_OTHER;
}

bool
lint_named_idevid_ca(const struct certificate *c)
{
	char name[256];

	name_print(name, sizeof(name), c->subject);
	return strstr(name, " IDevID CA ") != NULL;
}

static unsigned
lint(const struct certificate *c, const struct lint_context *context,
    struct lint_finding findings[LINT_FINDINGS_MAX])
{
	static void (*const rules[])(struct run *) = { l01, l02, l03, l04, l05,
		l06, l07, l08, l09, l10, l11, l12, l13, l14, l15 };
	struct run run = { .c = c,
		.context = context,
		.findings = findings,
		.subject = context->subject };
	size_t i;

	if (run.subject == LINT_GUESS)
		run.subject = lint_guess(c);
	for (i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		rules[i](&run);
	return run.n;
}

unsigned
certificate_lint(const struct certificate *c,
    const struct lint_context *context,
    struct lint_finding findings[LINT_FINDINGS_MAX])
{
	return lint(c, context, findings);
}

enum reason
lint_before_signing(
    struct span tbs, const struct lint_context *context, struct why *why)
{
	struct lint_finding findings[LINT_FINDINGS_MAX];
	struct certificate c;
	enum reason r;

	if ((r = certificate_tbs_read(tbs, &c, why)) != REASON_OK)
		return r;
	if (lint(&c, context, findings) == 0)
		return REASON_OK;
	*why = findings[0].why;
	return findings[0].code;
}

enum reason
lint_import(const struct certificate *c, const struct lint_context *context,
    char *warnings, size_t cap, struct why *why)
{
	struct lint_finding findings[LINT_FINDINGS_MAX];
	unsigned i, n = lint(c, context, findings);
	size_t len = 0;

	warnings[0] = '\0';
	for (i = 0; i < n; i++) {
		if (!lint_only_warns(findings[i].code) &&
		    findings[i].code != REASON_L15) { /* see lint.h */
			*why = findings[i].why;
			return findings[i].code;
		}
		len += (size_t)snprintf(warnings + len, cap - len, "%s%s",
		    len > 0 ? " " : "", reason_code(findings[i].code));
		if (len >= cap)
			len = cap - 1;
	}
	return REASON_OK;
}

enum reason
lint_voucher_policies(
    const struct certificate *c, struct span policies, struct why *why)
{
	const struct span *met;
	struct der all, list, one;
	struct span policy;

	der_open(&all, policies);
	while (der_enter(&all, DER_SEQUENCE, &list) == WIRE_OK)
		while (der_enter(&list, DER_SEQUENCE, &one) == WIRE_OK &&
		    der_oid(&one, &policy) == WIRE_OK)
			if ((met = policy_find(c, policy, true)) != NULL)
				return why_set(why, REASON_L06,
				    (long)(element(*met).ptr - c->der.ptr),
				    "the policy of a voucher signer");
	return REASON_OK;
}

bool
lint_policy_of(const struct certificate *c, const struct certificate *signer)
{
	unsigned i;

	for (i = 0; i < signer->policies_len; i++)
		if (policy_find(c, signer->policies[i], true) != NULL)
			return true;
	for (i = 0; i < signer->marks_len; i++)
		if (policy_find(c, signer->marks[i], true) != NULL)
			return true;
	return false;
}
