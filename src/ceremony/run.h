/* A ceremony under way (inside of ceremony/). */
#ifndef CEREMONY_RUN_H
#define CEREMONY_RUN_H

#include "ceremony/bundle.h"
#include "ceremony/guide.h"
#include "crypto/keys/private_key.h"

struct issued {
	uint8_t der[CERTIFICATE_MAX];
	struct certificate certificate; /* der.ptr NULL = not yet */
};

struct run {
	const struct plan *plan;
	const char *bundle;
	const char *previous; /* bundle of the one before, or NULL */
	bool rehearsal;
	struct script script;
	struct buf script_text; /* that was approved */
	struct approvals approvals;
	struct guide guide;
	struct journal *journal;
	/* What must not outlive the ceremony: */
	struct secret pool;		 /* 64 octets of mixed entropy */
	struct secret shares[ROOTS_MAX]; /* struct share, n of them */
	struct private_key *keys[ROOTS_MAX];
	uint16_t sets[ROOTS_MAX]; /* id of the shares that were typed last */
	/* What is published at its end: */
	struct issued roots[ROOTS_MAX];
	struct issued items[ITEMS_MAX];
	bool announced[ITEMS_MAX];  /* by a record: it may be signed */
	unsigned unseen[ROOTS_MAX]; /* shares that nobody saw destroyed */
};

/* Writes a record of verb "ceremony.WORD" and syncs it. JOURNAL_*. */
MUST_USE enum reason run_note(
    struct run *run, struct why *why, const char *word, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* acts.c: does one act, records it. CEREMONY_ABORTED and all that may fail. */
MUST_USE enum reason run_act(
    struct run *run, const struct act *a, struct why *why);
/* Which of the plan's roots it is. */
unsigned run_root(const struct run *run, const struct plan_root *r);
/* acts_share.c, for run_act(): */
MUST_USE enum reason act_share(
    struct run *run, const struct act *a, struct why *why);
MUST_USE enum reason act_drill(
    struct run *run, const struct act *a, struct why *why);
MUST_USE enum reason act_recover(
    struct run *run, const struct act *a, struct why *why);
MUST_USE enum reason act_retire(
    struct run *run, const struct act *a, struct why *why);
/* Wipes all secrets; may be called again. */
void run_wipe(struct run *run);
/* ceremony.h's ceremony_run() is in run.c. */

#endif
