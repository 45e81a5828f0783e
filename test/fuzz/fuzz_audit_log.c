/*
 * Audit logs as a registrar reads them: each entry inside its limits, and the
 * judgement no larger than the log.
 */
#include "base/text.h"
#include "fuzz.h"
#include "registrar/audit_log.h"

uint64_t
input_read(const uint8_t *bytes, size_t len)
{
	static struct audit_log log;
	static const struct audit_domains nobody;
	struct audit_findings findings;
	struct why why;
	enum reason r;
	unsigned i;

	if ((r = audit_log_read(span_of(bytes, len), &log, &why)) !=
	    REASON_OK) {
		require(r == REASON_AUDIT_MALFORMED && why.text[0] != '\0');
		require(why.offset <= (long)len);
		return 0;
	}
	require(log.len <= AUDIT_EVENTS_MAX);
	for (i = 0; i < log.len; i++) {
		const struct audit_entry *e = &log.entries[i];

		require(e->domain_id_len > 0 && e->domain_id_len <= KEY_ID_MAX);
		require(text_printable(span_str(e->nonce)));
		require(!audit_domain_known(&nobody, e));
	}
	audit_log_judge(&log, &nobody, &findings);
	require(findings.foreign == log.len);
	require(findings.nonceless <= findings.foreign);
	return digest_add(ACCEPTED, &log, sizeof(log));
}
