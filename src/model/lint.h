/*
 * What the linter is told about a certificate, in plain facts: whoever asks for
 * it decodes none (src/cli, src/authority).
 */
#ifndef MODEL_LINT_H
#define MODEL_LINT_H

#include "model/names.h"

enum lint_subject {
	LINT_GUESS,
	LINT_IDEVID,
	LINT_CA,
	LINT_VOUCHER_SIGNER,
	LINT_OTHER
};
/* "idevid", "ca", "voucher-signer", "other"; "" for LINT_GUESS. */
const char *lint_subject_text(enum lint_subject s);
/* LINT_GUESS if there is no such word. */
enum lint_subject lint_subject_find(const char *text);

#define LINT_POLICY_MAX 32 /* octets of an OID */

struct lint_order {
	enum lint_subject subject;
	bool masa_url_required;
	/* Its issuer is an IDevID issuing CA. A linter that is not told goes by
	 * the CA's name, which IP 4 fixes. */
	bool issuer_is_idevid_ca;
	/* The first of the certificates beside it is its issuer, whatever the
	 * names say. */
	bool issuer_named;
	/* Another CA certified it: most codes only warn (IP 10). */
	bool imported;
	/* The rule of its serial (IP 5.2); token and scheme "" = not known. */
	char token[PRODUCT_TOKEN_MAX + 1];
	char scheme[SERIAL_MAX + 1];
	char slot[SLOT_TOKEN_MAX + 1];
	unsigned counter_width;
	bool check_character;
	struct span voucher_policy; /* OID content; empty = none configured */
};

#endif
