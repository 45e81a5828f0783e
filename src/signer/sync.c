/* Heads are compared before any work, see signer.h. */
#include "signer/signer.h"

struct look {
	uint64_t sequence;
	uint8_t sha256[HASH_SIZE];
	bool found;
};

/* One record is enough: any refusal ends the walk. */
static enum reason
look_at(
    void *context, const struct record *r, struct span bytes, struct why *why)
{
	struct look *look = context;

	look->found = r->sequence == look->sequence;
	record_hash(bytes, look->sha256);
	return why_set(why, REASON_STOPPING, -1, "found");
}

/* The hash of a record of ours. */
static enum reason
hash_of(const struct signer *s, uint64_t sequence, uint8_t out[HASH_SIZE],
    struct why *why)
{
	const struct ledger *l = journal_ledger(s->journal);
	struct look look = { .sequence = sequence };
	enum reason r;

	if (sequence == l->sequence) {
		memcpy(out, l->head, HASH_SIZE);
		return REASON_OK;
	}
	r = journal_read(s->journal_path, sequence, look_at, &look, why);
	if (look.found) {
		memcpy(out, look.sha256, HASH_SIZE);
		return REASON_OK;
	}
	return r == REASON_OK || r == REASON_STOPPING
	    ? why_set(why, REASON_JOURNAL_FORK, -1, "record %llu is missing",
		  (unsigned long long)sequence)
	    : r;
}

/* The store's copy ends with the signer before us: it must end where we begin. */
static enum reason
compare_before(const struct ledger_before *b, const struct message_head *head,
    struct why *why)
{
	if (head->sequence > b->sequence)
		return why_set(why, REASON_JOURNAL_BEHIND, -1,
		    "the store has record %llu of the signer before, this one "
		    "goes on from %llu",
		    (unsigned long long)head->sequence,
		    (unsigned long long)b->sequence);
	if (head->sequence < b->sequence ||
	    memcmp(head->sha256, b->head, HASH_SIZE) != 0)
		return why_set(why, REASON_JOURNAL_FORK, -1,
		    "this signer goes on from record %llu, the store has "
		    "another history up to %llu",
		    (unsigned long long)b->sequence,
		    (unsigned long long)head->sequence);
	return REASON_OK;
}

enum reason
sync_compare(const struct signer *s, const struct message_head *head,
    uint64_t *next, struct why *why)
{
	const struct ledger *l = journal_ledger(s->journal);
	uint8_t own[HASH_SIZE];
	enum reason r;

	*next = 1;
	if (head->empty)
		return REASON_OK;
	if (l->before.sequence != 0 &&
	    memcmp(head->signer, l->before.signer, sizeof(l->signer)) == 0)
		return compare_before(&l->before, head, why);
	if (memcmp(head->signer, l->signer, sizeof(l->signer)) != 0)
		return why_set(why, REASON_JOURNAL_FORK, -1,
		    "the store holds the journal of another signer");
	if (head->sequence > l->sequence)
		return why_set(why, REASON_JOURNAL_BEHIND, -1,
		    "the store has record %llu, this journal ends at %llu",
		    (unsigned long long)head->sequence,
		    (unsigned long long)l->sequence);
	if (head->sequence == 0)
		return why_set(
		    why, REASON_JOURNAL_FORK, -1, "the store names record 0");
	if ((r = hash_of(s, head->sequence, own, why)) != REASON_OK)
		return r;
	if (memcmp(own, head->sha256, HASH_SIZE) != 0)
		return why_set(why, REASON_JOURNAL_FORK, -1,
		    "record %llu has another hash",
		    (unsigned long long)head->sequence);
	*next = head->sequence + 1;
	return REASON_OK;
}
