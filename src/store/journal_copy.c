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

void
store_journal_head(struct store *s, struct store_head *out)
{
	memset(out, 0, sizeof(*out));
	out->empty = true;
	store_read(s,
	    "SELECT signer, sequence, sha256 FROM journal WHERE "
	    "signer = (SELECT signer FROM journal ORDER BY moment DESC, "
	    "sequence DESC LIMIT 1) "
	    "ORDER BY sequence DESC LIMIT 1",
	    NULL, 0, take_head, out);
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
