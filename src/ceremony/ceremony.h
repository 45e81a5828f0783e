/*
 * hallmark-ceremony: roots in software, for laptops, tests and small makers who
 * accept that (inside of ceremony/). Every name says so: a root's CN ends in
 * "(software root)", everything else carries OU "software root", and a home for
 * tests has "TEST" in front.
 *
 *   HOME/ceremony/{idevid,voucher}-root.key   encrypted
 *   HOME/anchors/{idevid-root,voucher-root,tls}.pem
 *   HOME/front/tls.{key,pem}
 */
#ifndef CEREMONY_CEREMONY_H
#define CEREMONY_CEREMONY_H

#include "base/buf.h"
#include "crypto/keys/private_key.h"
#include "x509/lint.h"
#include "wire/json.h"
#include "x509/render.h"

#define NAME_TEXT 65 /* ub-common-name 64 (RFC 5280 A.1), terminated */

struct found_options {
	const char *home;
	const char *organization; /* 1 to 64 octets of UTF-8 */
	const char *host;	  /* DNS name or address of the service */
	bool test;
	const struct secret *passphrase;
};
/* Makes both roots and the web server's key and certificate. Refuses a home
 * that has a root already (HOME_INVALID). */
MUST_USE enum reason ceremony_found(
    const struct found_options *o, struct why *why);

struct passphrase_options {
	const char *home;
	const struct secret *before, *next;
};
struct passphrase_done {
	unsigned files;	  /* key files that there are */
	unsigned changed; /* of them */
	unsigned roots;	  /* of them, of roots: none may be here */
};
/*
 * Puts all key files of a home, which nobody else uses meanwhile, under another
 * passphrase: those of the signer, and those of software roots where they still lie
 * there. Nothing is changed before every file was opened, with before or with next.
 * PASSPHRASE, KEY_END while a key waits for its archive, KEY_COSTLY, FILE_UNREADABLE,
 * HOME_INVALID.
 */
MUST_USE enum reason ceremony_passphrase(const struct passphrase_options *o,
    struct passphrase_done *done, struct why *why);

enum ceremony_root { CEREMONY_IDEVID, CEREMONY_VOUCHER };

struct sign_options {
	const char *home;
	enum ceremony_root root;
	const char *name;    /* of the key; of a voucher signer a number at its
			   * end counts */
	const char *slot;    /* issuing CAs */
	unsigned generation; /* of the CA in its slot, as the ledger has it */
	unsigned days;	     /* voucher signers; 0 = 730 */
	const char *policy;  /* OID that it asserts (IP 4, IP 6); NULL = none */
	struct span csr;     /* PEM or DER */
	const struct secret *passphrase;
};
/* Signs what a CSR asks for, by the profile of its root; chain gets the
 * certificate and the root, PEM. CSR_*, KEY_WEAK, PASSPHRASE, L01 to L15. */
MUST_USE enum reason ceremony_sign(
    const struct sign_options *o, struct buf *chain, struct why *why);

/* Opens o->root of o->home, to see that ceremony_sign() could, and signs nothing.
 * PASSPHRASE, FILE_UNREADABLE, HOME_INVALID, KEY_COSTLY. */
MUST_USE enum reason ceremony_open(
    const struct sign_options *o, struct why *why);

/* --- ceremonies by a plan (hallmark-plan.5) --- */
/* The numbered script of the plan in a file, for review. plan_load()'s reasons
 * and L01 to L15. */
MUST_USE enum reason ceremony_plan(
    const char *path, struct buf *out, struct why *why);
/* Runs it at this terminal, into the folder bundle; one that a power cut left is
 * finished, or declared void. previous is the bundle that the plan names, NULL
 * where it names none. CEREMONY_*, SHARE_*, JOURNAL_*, EVIDENCE_CHAIN,
 * SCRIPT_UNAPPROVED. */
MUST_USE enum reason ceremony_run(const char *path, const char *bundle,
    const char *previous, bool rehearsal, struct why *why);
/* Checks bundles to the last octet, and where there are several, or a folder of
 * them, that they follow each other; what they hold goes to out, for people.
 * EVIDENCE_DIFFERS names the first thing that is not so, EVIDENCE_UNSIGNED who has
 * not acknowledged, EVIDENCE_CHAIN a gap, a fork or dates that do not follow;
 * CEREMONY_VOID. What they are about is put into an open array of JSON, unless
 * facts is NULL. */
MUST_USE enum reason ceremony_verify(char *const *bundles, unsigned len,
    struct buf *out, struct json_out *facts, struct why *why);

/* --- shared --- */
/* Lays a certificate out with a drawn serial and lints it; tbs holds
 * CERTIFICATE_MAX octets. L01 to L15. */
MUST_USE enum reason issue_render(const struct certificate_plan *plan,
    struct span algorithm, const struct certificate *issuer,
    enum lint_subject subject, uint8_t *tbs, size_t *len, struct why *why);
/* Signs that, and verifies. */
MUST_USE enum reason issue_sign(const struct private_key *key, struct span tbs,
    const struct certificate *issuer, uint8_t *room, struct certificate *out,
    struct why *why);
/* Both in one: renders, lints, signs, verifies; certificate is read from bytes in room
 * (CERTIFICATE_MAX octets). issuer NULL = self-signed. */
MUST_USE enum reason issue(const struct certificate_plan *plan,
    const struct private_key *key, const struct certificate *issuer,
    enum lint_subject subject, uint8_t *room, struct certificate *out,
    struct why *why);
/* "TEST <organization> <rest>", the organization cut where 64 octets end. */
void common_name(
    char out[NAME_TEXT], bool test, const char *organization, const char *rest);
/* Does it begin as common_name() begins in tests? No organization's name may: by
 * these letters a rehearsed root is told from a real one. */
bool named_test(const char *name);
/* When certificates of a home begin: now, or for tests 2020-01-01, so that a
 * test clock may stand in the past. */
int64_t begin_of(bool test);
const char *root_word(enum ceremony_root root);

#endif
