/*
 * The evidence of a ceremony (inside of ceremony/): a folder, see
 * hallmark-evidence.5, and the story that its journal tells.
 *
 * The journal is one of signers' (journal/), with records of the kind `act` only:
 * verb "ceremony.WORD", subject of words with one blank between them.
 */
#ifndef CEREMONY_BUNDLE_H
#define CEREMONY_BUNDLE_H

#include "ceremony/plan.h"
#include "journal/journal.h"

#define BUNDLE_NAMESPACE "hallmark-ceremony" /* of signatures over it */
#define BUNDLE_SLOTS	 "slots.json"
#define BUNDLE_MANIFEST	 "manifest.txt"
#define MANIFEST_MAX	 65536
#define EVIDENCE_MAX	 (16 << 20) /* octets of one file */
#define STORY_MAX	 1024

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
/* What an act is about: the first word of its subject. */
const char *act_about(const struct act *a);

/* --- bundle.c --- */
/* Makes the folder and writes plan, script, requests and old roots. */
MUST_USE enum reason bundle_begin(const char *bundle, const struct plan *p,
    struct span script, struct why *why);
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

/* --- pages.c --- */
/* page-1.txt, what was done, and page-2.txt, who was there and signs. */
MUST_USE enum reason pages_write(const char *bundle, const struct plan *p,
    const struct script *script, const struct story *s, struct why *why);

#endif
