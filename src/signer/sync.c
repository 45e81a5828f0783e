/* Heads are compared before any work, see signer.h. */
#include "signer/signer.h"

/* A journal on the way back from ours, signer by signer (journal succeed). */
struct link {
	struct sync_place place;
	struct ledger_before before; /* which one it goes on from */
};

static void
link_own(const struct signer *s, struct link *l)
{
	const struct ledger *ledger = journal_ledger(s->journal);

	memcpy(l->place.path, s->journal_path, sizeof(l->place.path));
	memcpy(l->place.signer, ledger->signer, sizeof(ledger->signer));
	l->place.next = 1;
	l->place.end = ledger->sequence;
	l->before = ledger->before;
}

/* false where the chain of signers begins, or its folder is not there. */
static bool
link_back(const struct signer *s, struct link *l)
{
	struct ledger_before further;

	if (l->before.sequence == 0 ||
	    !journal_beside(
		s->journal_path, &l->before, l->place.path, &further))
		return false;
	memcpy(l->place.signer, l->before.signer, sizeof(l->place.signer));
	l->place.end = l->before.sequence;
	l->before = further;
	return true;
}

static bool
is(const uint8_t a[16], const uint8_t b[16])
{
	return memcmp(a, b, 16) == 0;
}

static enum reason
behind(const struct message_head *head, uint64_t end, struct why *why)
{
	return why_set(why, REASON_JOURNAL_BEHIND, -1,
	    "the store has record %llu, this journal ends at %llu",
	    (unsigned long long)head->sequence, (unsigned long long)end);
}

static enum reason
fork_at(uint64_t sequence, struct why *why)
{
	return why_set(why, REASON_JOURNAL_FORK, -1,
	    "record %llu has another hash", (unsigned long long)sequence);
}

/* The store ends with a signer whose last record we know, that one or a later:
 * its journal is not needed. *done says whether that is so. */
static enum reason
compare_before(const struct ledger_before *b, const struct message_head *head,
    bool *done, struct why *why)
{
	*done = b->sequence != 0 && is(head->signer, b->signer) &&
	    head->sequence >= b->sequence;
	if (!*done)
		return REASON_OK;
	if (head->sequence > b->sequence)
		return behind(head, b->sequence, why);
	return memcmp(head->sha256, b->head, HASH_SIZE) == 0
	    ? REASON_OK
	    : fork_at(head->sequence, why);
}

/* The store ends with the signer of this journal. */
static enum reason
compare_with(const struct signer *s, struct sync_place *at,
    const struct message_head *head, struct why *why)
{
	const struct ledger *ours = journal_ledger(s->journal);
	uint8_t own[HASH_SIZE];
	enum reason r = REASON_OK;

	if (head->sequence > at->end)
		return behind(head, at->end, why);
	if (head->sequence == 0)
		return why_set(
		    why, REASON_JOURNAL_FORK, -1, "the store names record 0");
	if (head->sequence == ours->sequence && is(at->signer, ours->signer))
		memcpy(own, ours->head, HASH_SIZE);
	else
		r = journal_hash(at->path, head->sequence, own, why);
	if (r == REASON_OK && memcmp(own, head->sha256, HASH_SIZE) != 0)
		r = fork_at(head->sequence, why);
	at->next = head->sequence + 1;
	return r;
}

enum reason
sync_compare(const struct signer *s, const struct message_head *head,
    struct sync_place *at, struct why *why)
{
	struct link l;
	enum reason r;
	bool done;

	link_own(s, &l);
	/* An empty store is filled from the first signer on. */
	while (head->empty && link_back(s, &l))
		;
	while (!head->empty && !is(head->signer, l.place.signer)) {
		r = compare_before(&l.before, head, &done, why);
		if (done) {
			*at = l.place;
			return r;
		}
		if (!link_back(s, &l))
			return why_set(why, REASON_JOURNAL_FORK, -1,
			    "the store holds the journal of another signer, "
			    "which does not lie beside ours");
	}
	r = head->empty ? REASON_OK : compare_with(s, &l.place, head, why);
	*at = l.place;
	return r;
}

bool
journal_of(const struct signer *s, const uint8_t signer[16],
    char path[PATH_MAX], uint64_t *end)
{
	struct link l;

	link_own(s, &l);
	while (!is(signer, l.place.signer))
		if (!link_back(s, &l))
			return false;
	memcpy(path, l.place.path, PATH_MAX);
	*end = l.place.end;
	return true;
}

bool
sync_next(const struct signer *s, struct sync_place *at)
{
	struct link l;

	link_own(s, &l);
	if (is(at->signer, l.place.signer))
		return false;
	while (!is(at->signer, l.before.signer))
		if (!link_back(s, &l))
			return false;
	*at = l.place;
	return true;
}
