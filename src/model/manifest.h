/*
 * A manifest: a signed range of a signer's journal, with what makes
 * devices of its records elsewhere. Where it belongs in a chain that is known is
 * a pure rule.
 */
#ifndef MODEL_MANIFEST_H
#define MODEL_MANIFEST_H

#include "base/reason.h"
#include "model/device.h"

/* Octets of one manifest: the largest record fits. */
#define MANIFEST_SIZE_MAX    81920
#define MANIFEST_RECORDS_MAX 512
#define MANIFEST_DEVICES_MAX 112
#define SIGNER_ID_SIZE	     16

/* What is signed. */
struct manifest_statement {
	uint8_t signer[SIGNER_ID_SIZE]; /* whose records */
	uint64_t first, last;		/* 1 <= first <= last */
	uint8_t head[HASH_SIZE];	/* of the last record */
	uint8_t content[HASH_SIZE];	/* SHA-256 of the content */
};

/* A place in a chain: a signer's record; sequence 0 = before the first. */
struct chain_head {
	uint8_t signer[SIGNER_ID_SIZE];
	uint64_t sequence;
	uint8_t sha256[HASH_SIZE];
};

/* A device that an IDevID record tells of, and its certificate. */
struct manifest_device {
	struct device device;		/* tag unset */
	uint64_t sequence;		/* of the record */
	uint8_t root_sha256[HASH_SIZE]; /* of the root's SubjectPublicKeyInfo */
	struct span certificate;
	char warnings[WARNINGS_SIZE];
};

/* What a checker says of a manifest. */
struct manifest_facts {
	struct manifest_statement statement;
	uint8_t key_sha256[HASH_SIZE]; /* of the SubjectPublicKeyInfo */
	uint8_t previous[HASH_SIZE];   /* of the record before the first */
	int64_t time;		       /* of the last record */
	struct chain_head before; /* what record 1 goes on from; else zero */
	struct span hashes;	  /* of all records, HASH_SIZE octets each */
	unsigned devices_len;
	unsigned undelivered; /* IDevIDs without a certificate */
	struct manifest_device devices[MANIFEST_DEVICES_MAX];
};

/* The hash of a record of the range. */
const uint8_t *manifest_hash(const struct manifest_facts *m, uint64_t sequence);
/* The hash of a record that was taken before; false if it was not. */
typedef bool (*chain_look_up)(void *context,
    const uint8_t signer[SIGNER_ID_SIZE], uint64_t sequence,
    uint8_t out[HASH_SIZE]);
/*
 * Does the manifest go on where a chain ends, or tell again what is in it? A new
 * signer may go on only from the very end of the one before (journal succeed).
 * *fresh is the first record that is new, last + 1 if none is. MANIFEST_GAP,
 * MANIFEST_FORK, with the record.
 */
MUST_USE enum reason manifest_joins(const struct chain_head *have,
    const struct manifest_facts *m, chain_look_up call, void *context,
    uint64_t *fresh, struct why *why);

#endif
