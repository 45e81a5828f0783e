/*
 * The journal on disk: segments of framed groups, owned by one signer.
 *
 * Frame: "HLJ1", group number (8), length (4), SHA-256 of number, length and
 * payload (32), payload = records back to back, each with a 4-octet length; all
 * numbers big endian; frames are padded with zeros to 8 octets. Segments
 * (DIR/00000001.seg, ...) are written full of zeros ahead of use.
 */
#ifndef JOURNAL_JOURNAL_H
#define JOURNAL_JOURNAL_H

#include <limits.h>

#include "journal/ledger.h"

#define SEGMENT_SIZE (UINT64_C(4) << 20)

struct journal;

/* Called for each record found; may be NULL. */
typedef enum reason (*record_call)(
    void *context, const struct record *r, struct span bytes, struct why *why);

/* A new journal with a new signer identity: first segment, first checkpoint. */
MUST_USE enum reason journal_create(
    const char *dir, bool test, int64_t now, struct why *why);
/* The same with another size of segments: a ceremony has few records, and tests
 * roll over early. */
MUST_USE enum reason journal_create_sized(
    const char *dir, bool test, int64_t now, size_t size, struct why *why);
/*
 * Opens for appending: takes DIR/lock (HOME_LOCKED), reads the last segment
 * (the one before if that one holds no whole group), cuts a torn group off its
 * end, writes the last group again and syncs (a sync that failed before may have
 * left it in memory only), refuses any other damage (JOURNAL_DAMAGED with segment
 * and offset). seen is called for the records of that segment.
 */
MUST_USE enum reason journal_open(const char *dir, struct journal **out,
    record_call seen, void *context, struct why *why);
void journal_close(struct journal *j);
const struct ledger *journal_ledger(const struct journal *j);
/* Adds a record to the group in memory: fills signer, sequence, previous, and
 * time (never before the last). JOURNAL_FULL before the group is begun if no
 * segment has room. The ledger as it will be after the commit is visible at
 * once. */
MUST_USE enum reason journal_append(
    struct journal *j, struct record *r, int64_t now, struct why *why);
/* No group is begun: of JOURNAL_FULL, there is no room for another segment. */
bool journal_idle(const struct journal *j);
/* Writes the group and syncs it. After JOURNAL_WRITE the journal is unusable
 * and the signer must end. */
MUST_USE enum reason journal_commit(struct journal *j, struct why *why);
/* Hands out every record committed since the last call, in order, with its
 * encoding (checkpoints of new segments too), and forgets them: call after
 * each commit. */
typedef void (*record_bytes_call)(
    void *context, uint64_t sequence, struct span bytes);
void journal_drain(struct journal *j, record_bytes_call call, void *context);
/*
 * After a restore (doc/decisions/008): takes a record back that the store has and
 * the journal lost, byte for byte. JOURNAL_FORK if it does not join. The last of
 * them wait for journal_commit().
 */
MUST_USE enum reason journal_adopt(
    struct journal *j, struct span bytes, struct why *why);
/*
 * Ends this journal, which is open at dir: makes a new one with a new signer
 * identity that goes on from its head (ledger_succeed), with an `act` of that
 * user, and lets the two change places in one step. The old one is then
 * dir.N, N the first number that was free.
 */
MUST_USE enum reason journal_succeed(struct journal *j, const char *dir,
    uint64_t skip, uint32_t user, int64_t now, struct why *why);
/*
 * A folder beside dir with the journal of the signer `before`, if it can be one
 * that holds the record named there; what that journal goes on from is put into
 * further. false if there is none.
 */
bool journal_beside(const char *dir, const struct ledger_before *before,
    char out[PATH_MAX], struct ledger_before *further);
/* The hash of one record; JOURNAL_FORK if it is not there. */
MUST_USE enum reason journal_hash(const char *dir, uint64_t sequence,
    uint8_t out[HASH_SIZE], struct why *why);
/*
 * If the journal at dir goes on from another: finds that one beside it, by its
 * signer, and checks the join; its folder is put into before. *found tells
 * whether there is one. JOURNAL_FORK, or JOURNAL_DAMAGED if it is not there.
 */
MUST_USE enum reason journal_before(
    const char *dir, char before[PATH_MAX], bool *found, struct why *why);
/*
 * DIR/place has the number of the folder that it was written in: a journal that was
 * put back by copying lies in another one (doc/decisions/048). Nothing follows
 * from it but a warning.
 */
enum journal_place {
	PLACE_UNKNOWN, /* nothing is written there yet */
	PLACE_OWN,
	PLACE_OTHER, /* it was copied: it may be an old one */
};
enum journal_place journal_place(const char *dir);
/* Writes it. FILE_UNREADABLE, HOME_INVALID. */
MUST_USE enum reason journal_settle(const char *dir, struct why *why);
/* Records from a sequence on, in order, over all segments (read-only, needs no
 * lock): for the copy in the store, for verify and show. */
MUST_USE enum reason journal_read(const char *dir, uint64_t from,
    record_call call, void *context, struct why *why);
/* Reads everything, works out every checkpoint, reports the head. call may be
 * NULL. */
MUST_USE enum reason journal_verify(const char *dir, struct ledger *out,
    uint64_t *records, record_call call, void *context, struct why *why);

/* Seconds that notBefore and created-on may lie before their record (IP 2). */
#define MOMENT_TOLERATED 300
/* The last step of the clock that was accepted: to when, at which time of the chain.
 * Empty before the first record of a journal. */
struct moments {
	int64_t chain, accepted;
};
/*
 * A record_call, for all records of a journal in order, context a struct moments: was
 * what the record stands for dated by the clock that dated the record? Who turns the
 * signer's clock back, or writes a record later for another day, is not. JOURNAL_TIME.
 */
MUST_USE enum reason moments_take(
    void *context, const struct record *r, struct span bytes, struct why *why);

#endif
