/*
 * hallmark audit (inside of cli/): what an auditor asks of a home (R-15.1, R-15.3,
 * The journal is read here, as `journal show` does; the store is asked
 * through the authority.
 */
#ifndef CLI_AUDIT_H
#define CLI_AUDIT_H

#include "cli/cli.h"
#include "cli/evidence.h"
#include "crypto/hash/hash.h"
#include "base/text.h"
#include "journal/journal.h"

#define NAMED_MAX    20 /* differences of a kind that are told one by one */
#define FINDINGS_MAX (3 * NAMED_MAX + 6 * LEDGER_KEYS_MAX)
#define FINDING_SIZE 200

struct audited_key {
	char name[KEY_NAME_MAX + 1];
	char state[16];
	enum key_purpose purpose;
	bool has_limit;
	uint64_t limit, counted; /* by policy; by the ledger */
	uint64_t months;	 /* of life, 0 = no end */
	/* ca.show; empty or 0 where there is no certificate */
	char algorithm[16];
	uint64_t levels; /* to the end entity, IP 1 */
	char root[HEX_SIZE(HASH_SIZE)], certificate[HEX_SIZE(HASH_SIZE)];
	bool software_root;
	unsigned products_len; /* 0 = any */
	char products[KEY_PRODUCTS_MAX][PRODUCT_NAME_MAX + 1];
	/* the journal */
	uint64_t recorded, stored;
	uint64_t limit_then; /* by the records so far; 0 = none */
	bool over;	     /* a record beyond the limit of its time */
	int64_t born, certified, ended, gone;
	uint64_t changes;
	char cause[16]; /* why it was retired; "" */
	bool wrapped;	/* its file has a wrapping key of its own */
};

struct audit {
	struct cli *c;
	struct session *s;
	char home[CONFIG_TEXT];
	struct evidence *evidence; /* of ceremonies; NULL = none shown */
	unsigned keys_len;
	struct audited_key keys[LEDGER_KEYS_MAX];
	struct seen rows; /* of the store; tag 1 = a record stands for it */
	uint64_t vouchers;
	uint64_t without_row, without_record;
	uint64_t warned; /* devices whose certificate the linter warns of */
	unsigned named;	 /* of those without a record */
	enum reason bad; /* what must never be: the first of it */
	char worst[FINDING_SIZE];
	unsigned findings_len;
	char findings[FINDINGS_MAX][FINDING_SIZE];
};

/* Writes members of the answer, and findings. */
typedef enum reason (*audit_call)(
    struct audit *a, struct json_out *o, struct why *why);
/* audit_counts.c, audit_keys.c, audit_taxonomy.c */
MUST_USE enum reason audit_counts(
    struct audit *a, struct json_out *o, struct why *why);
MUST_USE enum reason audit_keys(
    struct audit *a, struct json_out *o, struct why *why);
MUST_USE enum reason audit_taxonomy(
    struct audit *a, struct json_out *o, struct why *why);

/* --- audit.c --- */
struct audited_key *audit_key(struct audit *a, const char *name);
/* Tells one difference; r other than REASON_OK is what the exit says of it. */
void audit_finding(
    struct audit *a, enum reason r, const char *what, const char *about);
/* Every record of this home, from its first signer to the one that works now; call
 * gets the audit. A record that is dated otherwise than what it stands for is a
 * finding. */
MUST_USE enum reason audit_journals(
    struct audit *a, record_call call, struct why *why);
void audit_put_moment(struct json_out *o, const char *name, int64_t moment);

#endif
