/*
 * A manifest: that these records are ours. What is signed names the last
 * of them by its hash, which is looked up here: nobody can have another history
 * signed than the one on disk.
 */
#include "journal/manifest.h"

#include "signer/signer.h"

#define SEAL_MAX 2048

static enum reason
check_head(
    const struct signer *s, const struct manifest_statement *m, struct why *why)
{
	const struct ledger *l = journal_ledger(s->journal);
	uint8_t own[HASH_SIZE];
	char path[PATH_MAX];
	uint64_t end;

	if (m->last - m->first >= MANIFEST_RECORDS_MAX)
		return why_set(why, REASON_SIGNER_FACTS, -1,
		    "more than %d records", MANIFEST_RECORDS_MAX);
	if (!journal_of(s, m->signer, path, &end))
		return why_set(why, REASON_SIGNER_FACTS, -1,
		    "there is no journal of that signer here");
	if (m->last > end)
		return why_set(why, REASON_SIGNER_FACTS, -1,
		    "record %llu is still to come",
		    (unsigned long long)m->last);
	if (m->last == l->sequence &&
	    memcmp(m->signer, l->signer, sizeof(l->signer)) == 0)
		memcpy(own, l->head, HASH_SIZE);
	else if (journal_hash(path, m->last, own, why) != REASON_OK)
		return REASON_SIGNER_FACTS;
	return memcmp(own, m->head, HASH_SIZE) == 0
	    ? REASON_OK
	    : why_set(why, REASON_SIGNER_FACTS, -1,
		  "record %llu has another hash", (unsigned long long)m->last);
}

enum reason
manifest_prepare(struct signer *s, struct order *o)
{
	const struct manifest_order *m = &o->manifest;
	const struct key_use use = { SIGNED_MANIFEST, NULL, NULL };
	uint8_t statement[STATEMENT_SIZE_MAX];
	enum reason r;
	size_t len;

	if ((r = check_head(s, &m->statement, &o->why)) != REASON_OK)
		return r;
	r = key_may_sign(s, m->key, &use, false, &o->signer, &o->why);
	if (r != REASON_OK)
		return r;
	manifest_statement_write(&m->statement, statement, &len);
	buf_init(&o->tbs, STATEMENT_SIZE_MAX);
	(void)buf_add(&o->tbs, span_of(statement, len));
	o->record.kind = RECORD_MANIFEST;
	o->record.manifest.order = *m;
	sha256(buf_span(&o->tbs), o->record.tbs_sha256);
	return REASON_OK;
}

enum reason
manifest_finish(struct order *o, struct span signature)
{
	uint8_t *room;
	size_t len;

	buf_init(&o->artifact, SEAL_MAX);
	room = buf_reserve(&o->artifact, SEAL_MAX);
	if (!manifest_seal_write(buf_span(&o->tbs),
		private_key_spki(o->signer->key), signature, room, SEAL_MAX,
		&len))
		return why_set(&o->why, REASON_SIGNER_FACTS, -1, "seal");
	o->artifact.len = len;
	return REASON_OK;
}
