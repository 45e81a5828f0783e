/* The copy of the journal: heads are compared with it before any work. */
#include "store/internal.h"

static bool
take_head(void *context, const struct value *row, unsigned n)
{
	struct store_head *h = context;

	(void)n;
	h->empty = false;
	if (row[0].bytes.len == sizeof(h->signer))
		memcpy(h->signer, row[0].bytes.ptr, sizeof(h->signer));
	h->sequence = (uint64_t)row[1].number;
	take_hash(h->sha256, &row[2]);
	return false;
}

/* Each signer by its primary key (there are few), and of their last records the
 * newest: an index by moment would be one more tree to write for every record. */
void
store_journal_head(struct store *s, struct store_head *out)
{
	memset(out, 0, sizeof(*out));
	out->empty = true;
	store_read(s,
	    "WITH RECURSIVE one (signer) AS (SELECT (SELECT signer FROM "
	    "journal ORDER BY signer LIMIT 1) UNION ALL SELECT (SELECT "
	    "j.signer FROM journal j WHERE j.signer > one.signer "
	    "ORDER BY j.signer LIMIT 1) FROM one WHERE signer IS NOT NULL) "
	    "SELECT j.signer, j.sequence, j.sha256 FROM one JOIN journal j "
	    "ON j.signer = one.signer AND j.sequence = (SELECT max(sequence) "
	    "FROM journal k WHERE k.signer = one.signer) "
	    "ORDER BY j.moment DESC, j.sequence DESC LIMIT 1",
	    NULL, 0, take_head, out);
}

struct copy_walk {
	bool (*call)(void *context, struct span record);
	void *context;
};

static bool
give_record(void *context, const struct value *row, unsigned n)
{
	struct copy_walk *w = context;

	(void)n;
	return w->call(w->context, row[0].bytes);
}

void
store_journal_read(struct store *s, uint64_t from,
    bool (*call)(void *context, struct span record), void *context)
{
	struct copy_walk w = { call, context };
	struct store_head head;

	store_journal_head(s, &head);
	store_read(s,
	    "SELECT record FROM journal WHERE signer = ?1 AND "
	    "sequence >= ?2 ORDER BY sequence",
	    VALUES(value_bytes(head.signer, sizeof(head.signer)),
		value_number((int64_t)from)),
	    give_record, &w);
}

struct ledger_walk {
	struct ledger *ledger;
	struct why *why;
	uint64_t from; /* of the checkpoint */
	enum reason reason;
};

/* Back from the head to where the checkpoint of its segment begins. */
static bool
seek_checkpoint(void *context, const struct value *row, unsigned n)
{
	struct ledger_walk *w = context;
	struct record r;

	(void)n;
	w->from = (uint64_t)row[0].number;
	w->reason = record_read(row[1].bytes, &r, w->why);
	return w->reason == REASON_OK && !ledger_opens(&r);
}

static bool
apply_next(void *context, const struct value *row, unsigned n)
{
	struct ledger_walk *w = context;
	struct record r;

	(void)n;
	w->reason = record_read(row[1].bytes, &r, w->why);
	if (w->reason == REASON_OK)
		w->reason = ledger_apply(w->ledger, &r, row[1].bytes, w->why);
	return w->reason == REASON_OK;
}

/* A segment is some 7,000 records: they are read twice, not kept. */
enum reason
store_journal_ledger(struct store *s, struct ledger *out, struct why *why)
{
	struct ledger_walk w = { .ledger = out, .why = why };
	struct store_head head;

	ledger_init(out);
	store_journal_head(s, &head);
	if (head.empty)
		return REASON_OK;
	store_read(s,
	    "SELECT sequence, record FROM journal WHERE signer = ?1 "
	    "ORDER BY sequence DESC",
	    VALUES(value_bytes(head.signer, sizeof(head.signer))),
	    seek_checkpoint, &w);
	if (w.reason == REASON_OK)
		store_read(s,
		    "SELECT sequence, record FROM journal WHERE "
		    "signer = ?1 AND sequence >= ?2 ORDER BY sequence",
		    VALUES(value_bytes(head.signer, sizeof(head.signer)),
			value_number((int64_t)w.from)),
		    apply_next, &w);
	if (w.reason != REASON_OK)
		ledger_free(out);
	return w.reason;
}

bool
store_journal_add(struct store *s, const struct record *r, struct span bytes)
{
	uint8_t hash[HASH_SIZE];

	record_hash(bytes, hash);
	return store_change(s,
	    "INSERT INTO journal (signer, sequence, moment, "
	    "sha256, record) VALUES (?1, ?2, ?3, ?4, ?5) "
	    "ON CONFLICT (signer, sequence) DO UPDATE SET "
	    "sha256 = excluded.sha256 WHERE journal.sha256 = excluded.sha256",
	    VALUES(value_bytes(r->signer, sizeof(r->signer)),
		value_number((int64_t)r->sequence), value_number(r->time),
		value_bytes(hash, HASH_SIZE),
		value_bytes(bytes.ptr, bytes.len)));
}
