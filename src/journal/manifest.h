/*
 * The file of a manifest (doc/manifest.cddl, model/manifest.h), as deterministic
 * CBOR: [[statement, key, signature], content]. The signature is over the octets
 * of the statement, which names the content by its hash. Neither made nor checked
 * here: no private or public key comes into journal/.
 *
 * A file may hold several, one behind another.
 */
#ifndef JOURNAL_MANIFEST_H
#define JOURNAL_MANIFEST_H

#include "journal/record.h"

#define MANIFEST_MAGIC	       "hallmark-manifest-1"
#define MANIFEST_CHAINS_MAX    16
#define MANIFEST_SIGNATURE_MAX 512
#define STATEMENT_SIZE_MAX     160

struct manifest_chain { /* of an issuing CA, its root last */
	unsigned len;
	struct span certificates[CHAIN_MAX];
};

/* Borrowed from the octets, or from whoever fills it to be written; large. */
struct manifest_content {
	unsigned records_len, certificates_len, chains_len;
	struct span records[MANIFEST_RECORDS_MAX];
	/* One for each IDevID record, in their order; empty: nobody got it. */
	struct span certificates[MANIFEST_DEVICES_MAX];
	struct manifest_chain chains[MANIFEST_CHAINS_MAX];
};

struct manifest {
	struct span statement; /* what is signed */
	struct span key;       /* SubjectPublicKeyInfo, not looked into */
	struct span signature; /* as the key's kind writes it: ECDSA in DER */
	struct manifest_statement facts;
	struct manifest_content content;
};

/* The octets that are signed. */
void manifest_statement_write(const struct manifest_statement *s,
    uint8_t out[STATEMENT_SIZE_MAX], size_t *len);
/* Content, as the bytes that statement.content hashes; false if over cap. */
bool manifest_content_write(
    const struct manifest_content *c, uint8_t *out, size_t cap, size_t *len);
/* [statement, key, signature]: what the signer hands out; false if over cap. */
bool manifest_seal_write(struct span statement, struct span key,
    struct span signature, uint8_t *out, size_t cap, size_t *len);
/* The whole of it; false if over cap. */
bool manifest_write(struct span seal, struct span content, uint8_t *out,
    size_t cap, size_t *len);

/* Reads one strictly; the content must have the hash that the statement names.
 * MANIFEST_MALFORMED; MANIFEST_SIGNATURE for another content. */
MUST_USE enum reason manifest_read(
    struct span bytes, struct manifest *out, struct why *why);
/* The next one of a file, by its lengths alone; false at the end, or where
 * rest is no manifest (then rest->len is not 0). */
bool manifest_next(struct span *rest, struct span *one);
/*
 * Are its records what the statement says: one signer's, in order, each with the
 * hash of the one before, time never going back, what was signed dated as its record
 * is (journal/journal.h, moments)? Fills all of *out but key_sha256 and devices; hashes
 * go to room. call (may be NULL) gets each record. MANIFEST_MALFORMED, JOURNAL_TIME.
 */
typedef enum reason (*manifest_record_call)(
    void *context, const struct record *r, struct why *why);
MUST_USE enum reason manifest_walk(const struct manifest *m,
    uint8_t room[MANIFEST_RECORDS_MAX * HASH_SIZE], struct manifest_facts *out,
    manifest_record_call call, void *context, struct why *why);

#endif
