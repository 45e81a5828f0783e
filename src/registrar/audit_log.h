/*
 * The audit log as its reader judges it (RFC 8995 5.8.1, 5.8.3).
 */
#ifndef REGISTRAR_AUDIT_LOG_H
#define REGISTRAR_AUDIT_LOG_H

#include "base/reason.h"
#include "model/names.h"

#define AUDIT_EVENTS_MAX  4096 /* as many as the JSON reader takes */
#define AUDIT_DOMAINS_MAX 48

struct audit_entry {
	int64_t date;
	uint8_t domain_id[KEY_ID_MAX];
	uint8_t domain_id_len;
	char nonce[NONCE_MAX + 1]; /* empty = null: a nonceless voucher */
	enum assertion assertion;
	uint64_t truncated;
};

struct audit_log {
	unsigned len;
	struct audit_entry entries[AUDIT_EVENTS_MAX];
	uint64_t nonced_duplicates, nonceless_duplicates, arbitrary;
};

/* Counters may be numbers or, as in the RFC's own example, strings of digits;
 * the truncation object may be left out (MP 16 rows 9, 10). AUDIT_MALFORMED. */
MUST_USE enum reason audit_log_read(
    struct span json, struct audit_log *out, struct why *why);

/* The domains that its reader calls its own. */
struct audit_domains {
	unsigned len;
	struct {
		uint8_t id[KEY_ID_MAX];
		uint8_t len;
	} ids[AUDIT_DOMAINS_MAX];
};

/* What RFC 8995 5.8.3 wants a registrar to look at. */
struct audit_findings {
	unsigned foreign;   /* entries of domains that are not ours */
	unsigned nonceless; /* entries without nonce, of others */
	bool truncated;	    /* something was left out */
};
bool audit_domain_known(
    const struct audit_domains *domains, const struct audit_entry *entry);
void audit_log_judge(const struct audit_log *log,
    const struct audit_domains *domains, struct audit_findings *out);

struct ask;
/* Asks with a's request, prints log and findings. */
MUST_USE enum reason audit_log_fetch(struct ask *a, struct why *why);

#endif
