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

enum reason
issue(const struct certificate_plan *plan, const struct private_key *key,
    const struct certificate *issuer, enum lint_subject subject, uint8_t *room,
    struct certificate *out, struct why *why)
{
	struct lint_context context = { .subject = subject, .issuer = issuer };
	struct certificate_plan complete = *plan;
	uint8_t tbs[CERTIFICATE_MAX], signature[SIGNATURE_SIZE_MAX];
	size_t tbs_len, signature_len, len;
	enum reason r;

	certificate_serial_draw(complete.serial);
	complete.signature_algorithm = private_key_algorithm(key);
	if (!certificate_render(&complete, tbs, sizeof(tbs), &tbs_len))
		return why_set(why, REASON_ADMIN_ARGUMENT, -1,
		    "the certificate is too large");
	r = lint_before_signing(span_of(tbs, tbs_len), &context, why);
	if (r != REASON_OK)
		return r;
	private_key_sign(key, span_of(tbs, tbs_len), signature, &signature_len);
	if (!certificate_assemble(span_of(tbs, tbs_len),
		complete.signature_algorithm, span_of(signature, signature_len),
		room, CERTIFICATE_MAX, &len))
		return why_set(why, REASON_ADMIN_ARGUMENT, -1,
		    "the certificate is too large");
	if ((r = certificate_read(span_of(room, len), out, why)) != REASON_OK)
		return r;
	if (!certificate_signed_by(out, issuer == NULL ? out : issuer))
		return why_set(why, REASON_INTERNAL, -1,
		    "the new signature does not verify");
	return REASON_OK;
}
