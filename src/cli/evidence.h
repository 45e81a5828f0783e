/*
 * What the bundles of ceremonies say about roots (inside of cli/): hallmark-ceremony
 * verifies them, each time, and tells their facts.
 */
#ifndef CLI_EVIDENCE_H
#define CLI_EVIDENCE_H

#include "base/text.h"
#include "cli/cli.h"
#include "crypto/hash/hash.h"

#define EVIDENCE_ROOTS	    16
#define EVIDENCE_CEREMONIES 256
#define EVIDENCE_SIGNED	    512
#define EVIDENCE_HOLDERS    16 /* custodians of a root, as many as its shares */

struct kept_root {
	char name[40], purpose[8], algorithm[8];
	char certificate[HEX_SIZE(HASH_SIZE)];
	unsigned shares, threshold;
	unsigned holders_len;
	struct kept_holder {
		char handle[40], place[40];
		char bag[24];	/* empty: no ceremony tells */
		int64_t sealed; /* when the one that tells ended */
	} holders[EVIDENCE_HOLDERS];
	int64_t born, split, drilled, touched; /* touched: by any ceremony */
	char last[HEX_SIZE(HASH_SIZE)];	       /* the manifest of that */
	unsigned old_open;   /* old shares that open it, by the last refresh */
	unsigned unfinished; /* shares of refreshes that are not closed */
	bool destroyed;
};
struct evidence {
	unsigned roots_len, ceremonies_len, signed_len;
	struct kept_root roots[EVIDENCE_ROOTS];
	struct kept_ceremony {
		char manifest[HEX_SIZE(HASH_SIZE)], kind[16];
		bool rehearsal, recorded;
		int64_t end;
	} ceremonies[EVIDENCE_CEREMONIES];
	/* Certificates that were signed, and in which ceremony. */
	struct kept_signed {
		char certificate[HEX_SIZE(HASH_SIZE)];
		unsigned ceremony;
	} signed_[EVIDENCE_SIGNED];
	bool full; /* there was more */
};

/* Has a bundle, or a folder of them, verified. Allocated, freed with free(), refused
 * or not. TOOL_REFUSED, what it was says hallmark-ceremony on stderr; ADMIN_ARGUMENT
 * where they are more than there is room for. */
MUST_USE enum reason evidence_read(
    const char *folder, struct evidence **out, struct why *why);
const struct kept_root *evidence_root(
    const struct evidence *e, const char *certificate);
/* The ceremony that signed a certificate, or NULL. */
const struct kept_ceremony *evidence_signed(
    const struct evidence *e, const char *certificate);

#endif
