/*
 * The evidence of a ceremony (inside of ceremony/): a folder, see
 * hallmark-evidence.5, and the story that its journal tells.
 *
 * The journal is one of signers' (journal/), with records of the kind `act` only:
 * verb "ceremony.WORD", subject of words with one blank between them.
 */
#ifndef CEREMONY_BUNDLE_H
#define CEREMONY_BUNDLE_H

#include "ceremony/host.h"
#include "ceremony/plan.h"
#include "journal/journal.h"
#include "wire/json.h"

#define BUNDLE_NAMESPACE   "hallmark-ceremony" /* of signatures over it */
#define APPROVAL_NAMESPACE "hallmark-approval" /* of those over a script */
#define BUNDLE_SLOTS	   "slots.json"
#define BUNDLE_MANIFEST	   "manifest.txt"
#define MANIFEST_MAX	   65536
#define EVIDENCE_MAX	   (16 << 20) /* octets of one file */
#define STORY_MAX	   1024

/* --- story.c --- */
#define STORY_WORDS 6
struct story_line {
	int64_t time;
	char verb[32];
	char subject[128];
	struct span words[STORY_WORDS]; /* of subject */
	unsigned words_len;
};
struct story {
	struct story_line lines[STORY_MAX];
	unsigned len;
	uint8_t head[HASH_SIZE]; /* of the last record */
	uint8_t signer[16];
	bool rehearsal;
	/* Filled by story_follow: */
	const struct story_line *begin, *script;
	const struct story_line *acts[ACTS_MAX]; /* NULL = not done */
	const struct story_line *made[ACTS_MAX]; /* of certify and sign */
	unsigned done;				 /* acts that were done */
	/* By root: shares that were seen destroyed, and that were not. */
	unsigned retired[ROOTS_MAX], unseen[ROOTS_MAX];
	bool aborted;
};
/* Reads and checks the chain; JOURNAL_DAMAGED, or EVIDENCE_DIFFERS for a record
 * that no ceremony writes. out is freed with free(). */
MUST_USE enum reason story_read(
    const char *bundle, struct story **out, struct why *why);
/* Walks the acts of the plan along the story: each in its place, about what it
 * should be about, and nothing else. EVIDENCE_DIFFERS names the act. */
MUST_USE enum reason story_follow(struct story *s, const struct plan *p,
    const struct script *script, struct why *why);
/* Were shares destroyed before the wipe? What script_make() calls early. */
bool story_early(const struct story *s);
/* May what this act signed, which was done, begin then? No earlier than the record in
 * front of its own, but for what a clock is slewed by (IP 2), no later than its own. */
bool story_dates(const struct story *s, unsigned act, int64_t not_before);
/* What the record of the clock tells of the generator's test (IP 9 step 4), which it
 * passed; of what a script does not name there may be none: out is zero then.
 * EVIDENCE_DIFFERS. */
MUST_USE enum reason story_health(const struct story_line *line, bool named,
    struct health *out, struct why *why);
/* What an act is about: the first word of its subject. */
const char *act_about(const struct act *a);

/* --- live.c --- */
/* The bag of each share of a root when the story ends, as far as it tells; what it does
 * not tell stays as it is. */
void story_bags(const struct story *s, const struct plan_root *r,
    struct span bags[SHARES_MAX]);
/* How many shares of a root the story says were made. */
unsigned story_made(const struct story *s, const struct plan_root *r);
/* Of a refresh, by root: how many old shares were seen destroyed, and whether those
 * that were not are a quorum. */
void story_tell_old(
    const struct story *s, const struct plan *p, struct buf *out);
/* Of a refresh that is not closed, by root: each new share that may be on paper, and
 * whether it is to be kept or destroyed. */
void story_tell_new(const struct story *s, const struct plan *p,
    const struct script *script, struct buf *out);

/* --- approve.c --- */
/* approvals/HANDLE.sig, by attendee; empty for those who do not approve, or do so
 * on paper. Owned. */
struct approvals {
	struct buf signatures[ATTENDEES_MAX];
};
/* Reads those beside the plan and checks each over the script. SCRIPT_UNAPPROVED
 * if one is missing, SSH_SIGNATURE if it does not hold. out is freed by the
 * caller, refused or not. */
MUST_USE enum reason approvals_read(const struct plan *p, struct span script,
    struct approvals *out, struct why *why);
void approvals_free(struct approvals *a);

/* --- bundle.c --- */
/* Makes the folder and writes plan, script, approvals, requests and old roots. */
MUST_USE enum reason bundle_begin(const char *bundle, const struct plan *p,
    struct span script, const struct approvals *approvals, struct why *why);
MUST_USE enum reason bundle_write(
    const char *bundle, const char *name, struct span bytes, struct why *why);
/* certificates/HANDLE.pem: the certificate, then its issuer unless NULL. */
MUST_USE enum reason bundle_certificate(const char *bundle, const char *handle,
    const struct certificate *c, const struct certificate *issuer,
    struct why *why);
/* The manifest as it is for the files that are there, in the form of
 * sha256sum(1), in order of their names; not of itself and of acknowledgements/.
 * EVIDENCE_DIFFERS for what no ceremony leaves. */
MUST_USE enum reason bundle_manifest(
    const char *bundle, struct buf *out, struct why *why);

/* --- verify.c --- */
/* What a bundle says of its place among others. */
struct link {
	char name[PATH_MAX]; /* of its folder */
	char title[PLAN_TEXT];
	uint8_t manifest[HASH_SIZE];
	uint8_t previous[HASH_SIZE];
	bool follows; /* previous is set */
	bool rehearsal;
	int64_t begin, end;
};
/* Checks one bundle as ceremony_verify() does, by itself; if it holds, its facts
 * are put into an open array of JSON, unless that is NULL, and also those of a refresh
 * that is not closed and has made shares. */
MUST_USE enum reason bundle_verify(const char *bundle, struct buf *out,
    struct json_out *facts, struct link *link, struct why *why);

/* --- facts.c --- */
/* One object of what a verified ceremony was about; roots are in the plan's order. */
void facts_put(struct json_out *o, const struct plan *p,
    const struct script *script, const struct story *s, struct span manifest,
    const struct certificate *const *roots);

/* One of a refresh that is not closed: its new shares open the roots. */
void facts_put_unfinished(
    struct json_out *o, const struct plan *p, const struct story *s);

/* --- chain.c --- */
/* Does exactly one begin a chain, and each other follow one that is there, by
 * manifest and by date, no two the same? Real ones and rehearsals do not mix.
 * EVIDENCE_CHAIN. */
MUST_USE enum reason chain_check(
    const struct link *links, unsigned len, struct why *why);

/* --- pages.c --- */
/* page-1.txt, what was done, and page-2.txt, who was there and signs. */
MUST_USE enum reason pages_write(const char *bundle, const struct plan *p,
    const struct script *script, const struct story *s, struct why *why);

#endif
