/* Where a manifest belongs in a chain, see manifest.h. */
#include "model/manifest.h"

const uint8_t *
manifest_hash(const struct manifest_facts *m, uint64_t sequence)
{
	return m->hashes.ptr + (sequence - m->statement.first) * HASH_SIZE;
}

static bool
same(const uint8_t *a, const uint8_t *b, size_t len)
{
	return memcmp(a, b, len) == 0;
}

static enum reason
fork_at(struct why *why, uint64_t sequence, const char *what)
{
	return why_set(why, REASON_MANIFEST_FORK, -1, "record %llu %s",
	    (unsigned long long)sequence, what);
}

static enum reason
gap(struct why *why, const uint8_t signer[SIGNER_ID_SIZE], uint64_t from,
    uint64_t to)
{
	return why_set(why, REASON_MANIFEST_GAP, -1,
	    "records %llu to %llu of signer %02x%02x%02x%02x... are missing",
	    (unsigned long long)from, (unsigned long long)to, signer[0],
	    signer[1], signer[2], signer[3]);
}

/* A signer that is new here: what does its first record go on from? */
static enum reason
check_seam(const struct chain_head *have, const struct chain_head *before,
    chain_look_up call, void *context, struct why *why)
{
	uint8_t known[HASH_SIZE];

	if (before->sequence == 0)
		return fork_at(why, 1, "begins another chain");
	if (!same(before->signer, have->signer, SIGNER_ID_SIZE))
		return call(context, before->signer, before->sequence, known)
		    ? fork_at(why, before->sequence,
			  "was followed by another signer already")
		    : gap(why, before->signer, 1, before->sequence);
	if (before->sequence > have->sequence)
		return gap(
		    why, have->signer, have->sequence + 1, before->sequence);
	if (before->sequence < have->sequence)
		return fork_at(why, before->sequence + 1,
		    "of the signer before is left out");
	if (!same(before->sha256, have->sha256, HASH_SIZE))
		return fork_at(why, before->sequence,
		    "of the signer before is another one");
	return REASON_OK;
}

enum reason
manifest_joins(const struct chain_head *have, const struct manifest_facts *m,
    chain_look_up call, void *context, uint64_t *fresh, struct why *why)
{
	const struct manifest_statement *s = &m->statement;
	uint8_t known[HASH_SIZE];
	uint64_t at = s->first;

	for (; at <= s->last && call(context, s->signer, at, known); at++)
		if (!same(known, manifest_hash(m, at), HASH_SIZE))
			return fork_at(why, at, "differs from the one here");
	*fresh = at;
	if (at > s->last)
		return REASON_OK;
	if (same(s->signer, have->signer, SIGNER_ID_SIZE)) {
		if (at > have->sequence + 1)
			return gap(why, s->signer, have->sequence + 1, at - 1);
		if (at <= have->sequence)
			return why_set(why, REASON_MANIFEST_GAP, -1,
			    "record %llu comes before those that are known",
			    (unsigned long long)at);
		if (at == s->first &&
		    !same(m->previous, have->sha256, HASH_SIZE))
			return fork_at(
			    why, at, "does not follow the one before it here");
		return REASON_OK;
	}
	if (at == 1)
		return check_seam(have, &m->before, call, context, why);
	if (call(context, s->signer, at - 1, known))
		return fork_at(
		    why, at, "is of a signer that had ended before it");
	return gap(why, s->signer, 1, at - 1);
}
