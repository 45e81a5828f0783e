/* One certificate: planned, linted, signed, verified. */
#include <stdio.h>

#include "base/clock.h"
#include "ceremony/ceremony.h"

#define TEST_BEGIN INT64_C(1577836800) /* 2020-01-01 */

int64_t
begin_of(bool test)
{
	return test ? TEST_BEGIN : clock_now();
}

const char *
root_word(enum ceremony_root root)
{
	return root == CEREMONY_IDEVID ? "idevid-root" : "voucher-root";
}

void
common_name(
    char out[NAME_TEXT], bool test, const char *organization, const char *rest)
{
	size_t fixed = strlen(rest) + 1 + (test ? 5 : 0);
	size_t len = strlen(organization);

	if (fixed > NAME_TEXT - 1)
		fixed = NAME_TEXT - 1;
	if (len > NAME_TEXT - 1 - fixed)
		len = NAME_TEXT - 1 - fixed;
	/* Not inside of a character of UTF-8. */
	while (len > 0 && ((uint8_t)organization[len] & 0xc0) == 0x80)
		len--;
	snprintf(out, NAME_TEXT, "%s%.*s %s", test ? "TEST " : "", (int)len,
	    organization, rest);
}

bool
named_test(const char *name)
{
	return strncmp(name, "TEST ", 5) == 0;
}

enum reason
issue_render(const struct certificate_plan *plan, struct span algorithm,
    const struct certificate *issuer, enum lint_subject subject, uint8_t *tbs,
    size_t *len, struct why *why)
{
	struct lint_context context = { .subject = subject, .issuer = issuer };
	struct certificate_plan complete = *plan;

	certificate_serial_draw(complete.serial);
	complete.signature_algorithm = algorithm;
	if (!certificate_render(&complete, tbs, CERTIFICATE_MAX, len))
		return why_set(why, REASON_ADMIN_ARGUMENT, -1,
		    "the certificate is too large");
	return lint_before_signing(span_of(tbs, *len), &context, why);
}

enum reason
issue_sign(const struct private_key *key, struct span tbs,
    const struct certificate *issuer, uint8_t *room, struct certificate *out,
    struct why *why)
{
	uint8_t signature[SIGNATURE_SIZE_MAX];
	size_t signature_len, len;
	enum reason r;

	private_key_sign(key, tbs, signature, &signature_len);
	if (!certificate_assemble(tbs, private_key_algorithm(key),
		span_of(signature, signature_len), room, CERTIFICATE_MAX, &len))
		return why_set(why, REASON_ADMIN_ARGUMENT, -1,
		    "the certificate is too large");
	if ((r = certificate_read(span_of(room, len), out, why)) != REASON_OK)
		return r;
	if (!certificate_signed_by(out, issuer == NULL ? out : issuer))
		return why_set(why, REASON_INTERNAL, -1,
		    "the new signature does not verify");
	return REASON_OK;
}

enum reason
issue(const struct certificate_plan *plan, const struct private_key *key,
    const struct certificate *issuer, enum lint_subject subject, uint8_t *room,
    struct certificate *out, struct why *why)
{
	uint8_t tbs[CERTIFICATE_MAX];
	size_t len;
	enum reason r;

	r = issue_render(
	    plan, private_key_algorithm(key), issuer, subject, tbs, &len, why);
	if (r != REASON_OK)
		return r;
	return issue_sign(key, span_of(tbs, len), issuer, room, out, why);
}
