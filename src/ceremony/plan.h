/*
 * The plan of a ceremony (inside of ceremony/): one reviewed file, see
 * hallmark-plan.5, and what follows from it: what will be signed, and the
 * numbered acts in which it is done.
 */
#ifndef CEREMONY_PLAN_H
#define CEREMONY_PLAN_H

#include <limits.h>

#include "base/buf.h"
#include "crypto/keys/share.h"
#include "envelope/csr.h"
#include "envelope/ssh.h"
#include "x509/lint.h"
#include "x509/render.h"

#define PLAN_MAX      131072 /* octets */
#define HANDLE_MAX    32     /* a-z 0-9 -, at most; names files, too */
#define PLAN_TEXT     129
#define ATTENDEES_MAX 32
#define PLACES_MAX    16
#define ROOTS_MAX     2
#define ITEMS_MAX     48
#define ACTS_MAX      256
#define SLOTS_MAX     2097152 /* octets of a slot list */

enum plan_kind {
	PLAN_CREATE,  /* new roots, split, and what they sign */
	PLAN_SIGN,    /* roots recovered from shares sign more */
	PLAN_REFRESH, /* recovered, split anew, then the old shares destroyed */
	PLAN_DRILL,   /* recovered, compared, nothing else: IP 8, yearly */
	PLAN_DESTROY, /* so many shares destroyed that no quorum is left */
};

enum role {
	ROLE_ADMINISTRATOR = 1,
	ROLE_OPERATOR = 2,
	ROLE_WITNESS = 4,
	ROLE_AUDITOR = 8,
	ROLE_CUSTODIAN = 16,
};

struct plan_policy {
	char text[PLAN_TEXT]; /* empty = none */
	uint8_t oid[LINT_POLICY_MAX];
	size_t len;
};

/* How voucher signers say their policies (IP 6). */
enum policy_form {
	POLICY_CERTIFICATE, /* certificatePolicies */
	POLICY_EXTENSION,   /* a private extension for each */
};

struct place {
	char handle[HANDLE_MAX + 1];
	char is[PLAN_TEXT];
};

struct attendee {
	char handle[HANDLE_MAX + 1];
	char name[PLAN_TEXT];
	unsigned roles;
	char place[HANDLE_MAX + 1];   /* of a custodian's share */
	char manager[HANDLE_MAX + 1]; /* empty = nobody's */
	char key_text[SSH_KEY_TEXT_MAX + 1];
	struct ssh_key key;
	bool paper;    /* acknowledges on paper, has no key */
	bool approves; /* the script, before the ceremony (IP 9 step 1) */
};

struct plan_root {
	char handle[HANDLE_MAX + 1];
	unsigned purpose; /* enum key_purpose of what it signs */
	unsigned type;	  /* enum key_type */
	unsigned generation;
	/* An existing one: its certificate, and the hash of that. */
	char file[PLAN_TEXT];
	uint8_t certificate_sha256[HASH_SIZE];
	uint8_t der[CERTIFICATE_MAX];
	struct certificate certificate; /* der.ptr NULL = to be made */
};

struct plan_item {
	char handle[HANDLE_MAX + 1];
	char root_handle[HANDLE_MAX + 1];
	const struct plan_root *root;
	char slot[SLOT_TOKEN_MAX + 1]; /* issuing CA */
	char unit[65];	    /* OU: product line or factory; or empty */
	unsigned number;    /* generation, or number of the signer */
	unsigned days;	    /* voucher signer; 0 = never ends */
	unsigned algorithm; /* row of item_algorithms */
	/* Voucher signer of one product among several below a root (IP 6): what it
	 * asserts beside the voucher policy. */
	struct plan_policy product_policy;
	char file[PLAN_TEXT];
	uint8_t csr_sha256[HASH_SIZE]; /* of the DER */
	uint8_t der[CSR_MAX];
	size_t der_len;
	uint8_t arena[CSR_MAX + 1];
	struct csr_facts csr;
};

struct plan {
	char folder[PATH_MAX]; /* where the file lies */
	struct buf text;       /* the file, octet for octet */
	uint8_t sha256[HASH_SIZE];
	char title[PLAN_TEXT];
	unsigned kind; /* enum plan_kind */
	char organization[65];
	unsigned shares, threshold;
	unsigned old_shares;	   /* of the set that is replaced; 0 = shares */
	char exception[PLAN_TEXT]; /* where it is written; empty = none */
	struct plan_policy idevid_policy, voucher_policy;
	unsigned voucher_policy_form; /* enum policy_form */
	char at[PLAN_TEXT];	      /* where it is held; may be empty */
	uint8_t previous[HASH_SIZE];  /* manifest of the ceremony before */
	/* What the home of the root knows of slots, and the hash of that. */
	char slots_file[PLAN_TEXT];
	uint8_t slots_sha256[HASH_SIZE];
	struct buf slots;
	struct place places[PLACES_MAX];
	struct attendee attendees[ATTENDEES_MAX];
	struct plan_root roots[ROOTS_MAX];
	struct plan_item items[ITEMS_MAX];
	unsigned places_len, attendees_len, roots_len, items_len;
};

/* Where the objects lie that a plan names. */
enum plan_objects { PLAN_BESIDE, PLAN_BUNDLE };

/* Reads path and all that it names, and checks every rule: PLAN_SYNTAX with the
 * number of the line, PLAN_ROLES, SPLIT_POLICY, SPLIT_PLACES, PLAN_OBJECT,
 * PLAN_SLOT, CSR_*, KEY_WEAK. out is freed by the caller, refused or not. In a bundle the
 * objects are at requests/NAME.csr and roots/NAME.der. */
MUST_USE enum reason plan_load(const char *path, enum plan_objects where,
    struct plan **out, struct why *why);
void plan_free(struct plan *p);
/* plan_read.c: the lines alone. */
MUST_USE enum reason plan_read(
    struct span text, struct plan *out, struct why *why);
/* plan_check.c: roles, places, policy of the split, what is to be signed; gives each
 * item its root. */
MUST_USE enum reason plan_check(struct plan *p, struct why *why);
/* slots.c: is each planned issuing CA the one that the ledger of slots has for that
 * slot now (IP 5.2)? PLAN_SLOT. */
MUST_USE enum reason slots_check(const struct plan *p, struct why *why);
/* What is no fault and yet should be known: one line each. */
void plan_warnings(const struct plan *p, struct buf *out);
/* The policy that an item will assert, empty if none. */
const struct plan_policy *item_policy(
    const struct plan *p, const struct plan_item *item);
/* Does it name a ceremony before it? */
bool plan_follows(const struct plan *p);
/* The n-th custodian, from 0, in order of the plan. */
const struct attendee *plan_custodian(const struct plan *p, unsigned n);
const char *plan_kind_word(unsigned kind);
const char *role_word(unsigned role);
/* "P-384" and so on for plan_root.type; what an item's key must be. */
const char *key_type_word(unsigned type);
const char *item_algorithm_word(unsigned algorithm);

/* --- planned.c: certificates as they will be --- */
/* The plan of one certificate; name gets its CN. Of a rehearsal every CN begins
 * with TEST. The spki and, for items, the issuer are the caller's. */
void planned_root(const struct plan *p, const struct plan_root *r,
    bool rehearsal, int64_t now, char name[65], struct certificate_plan *out);
void planned_item(const struct plan *p, const struct plan_item *item,
    bool rehearsal, int64_t now, char name[65], struct certificate_plan *out);
enum lint_subject planned_lint(const struct plan_item *item);

/* --- script.c --- */
enum act_kind {
	ACT_APPROVE, /* who: has approved the script */
	ACT_ATTEND,  /* who */
	ACT_HOST,    /* network, memory, the program's own hash */
	ACT_CLOCK,   /* compared with two sources */
	ACT_ENTROPY, /* who: an input of his */
	ACT_MAKE,    /* root */
	ACT_CERTIFY, /* root: signs itself */
	ACT_RECOVER, /* root: k shares are typed */
	ACT_SHARE,   /* root, who: a share is shown and typed back */
	ACT_DRILL,   /* root: another quorum recovers it */
	ACT_SIGN,    /* item */
	/* root, who: the share that he or she has is destroyed; without who, that
	 * of the old set with this index. */
	ACT_RETIRE,
	ACT_WIPE,
	ACT_CLOSE,
	ACT_KINDS
};
struct act {
	enum act_kind kind;
	const struct plan_root *root;
	const struct plan_item *item;
	const struct attendee *who;
	unsigned index; /* of the share, from 0 */
};
struct script {
	struct act acts[ACTS_MAX];
	unsigned len;
	/* Acts before this one rest on what is in memory only, or lead there: a
	 * ceremony that is cut off in them is void, later it goes on. */
	unsigned settled;
};
const char *act_word(enum act_kind k);
/* The acts of a plan, in order. early: of a refresh that had old shares destroyed
 * before the wipe, as evidence of before has it (doc/decisions/071). */
void script_make(const struct plan *p, bool early, struct script *out);
/* How many shares the set has that a ceremony of this plan has destroyed. */
unsigned plan_old_shares(const struct plan *p);
/* How many of those that it goes through may be left so that they, with all that it does
 * not go through, are no quorum. */
unsigned plan_unseen_most(const struct plan *p);
/* One line that says what an act is, without its number. */
void act_print(
    const struct plan *p, const struct act *a, char *out, size_t cap);
/* The whole script for review: people, places, what will be signed (linted
 * first, with a key that is thrown away), every act. L01 to L15. */
MUST_USE enum reason script_print(
    const struct plan *p, struct buf *out, struct why *why);

#endif
