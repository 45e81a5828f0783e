/*
 * The linter: what our own tools refuse in a certificate (IP 10, L01 to L15).
 */
#ifndef X509_LINT_H
#define X509_LINT_H

#include "model/lint.h"
#include "model/product.h"
#include "x509/certificate.h"

struct lint_context {
	enum lint_subject subject;
	const struct certificate *issuer; /* NULL = not known */
	bool issuer_is_idevid_ca;
	const struct product *product; /* serial rules; NULL = none */
	const char *slot;
	struct span voucher_policy; /* OID content; empty = none configured */
	bool masa_url_required;
};

struct lint_finding {
	enum reason code; /* REASON_L01 .. REASON_L15 */
	struct why why;	  /* what was found; offset of the element in the DER,
			   * of its place where it is missing */
};
#define LINT_FINDINGS_MAX 24

/* What a code rests on beside IP 10, and how to mend it, in plain words. */
const char *lint_clause(enum reason code);
const char *lint_fix(enum reason code);
/* Only a warning where another CA issued the certificate (IP 10). */
bool lint_only_warns(enum reason code);

/* What the linter takes it for without being told: no CA has a MASA URL, a CA
 * is a CA, a subject with serialNumber an IDevID, and what may sign
 * certificates was meant for a CA. */
enum lint_subject lint_guess(const struct certificate *c);
/* Is it an IDevID issuing CA, by the name that IP 4 gives one? */
bool lint_named_idevid_ca(const struct certificate *c);

/* All violations, in order of code; 0 = clean. */
unsigned certificate_lint(const struct certificate *c,
    const struct lint_context *context,
    struct lint_finding findings[LINT_FINDINGS_MAX]);
/* The same for a planned certificate, of which only the to-be-signed bytes
 * exist: run before each signature. First finding as reason. */
MUST_USE enum reason lint_before_signing(
    struct span tbs, const struct lint_context *context, struct why *why);
/* For imported certificates L06, L09, L10, L14 refuse, others warn (IP 10);
 * codes that warn are listed in warnings ("L01 L05"). L15 refuses everywhere but
 * in a test home, which is not known here: it comes as a warning, and whoever
 * knows the home must refuse it. */
MUST_USE enum reason lint_import(const struct certificate *c,
    const struct lint_context *context, char *warnings, size_t cap,
    struct why *why);
/* Does it assert a policy of our voucher signers, or one below (IP 2)? policies are
 * the values of their certificatePolicies, one behind another. L06. */
MUST_USE enum reason lint_voucher_policies(
    const struct certificate *c, struct span policies, struct why *why);
/* Does c assert a policy of this voucher signer, be it there as a private extension (IP
 * 6), or one below (IP 2)? */
bool lint_policy_of(
    const struct certificate *c, const struct certificate *signer);
/* Is this SubjectPublicKeyInfo one of the published test keys (L15)? */
bool test_key_published(struct span spki);

#endif
