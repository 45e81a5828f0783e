/* Where a manifest belongs: every way to join a chain, and every way not to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "model/device.h"
#include "model/manifest.h"

#define KNOWN 20 /* records of signer A; B went on from there with 5 */
#define AFTER 5

static const uint8_t A[SIGNER_ID_SIZE] = { 'A' };
static const uint8_t B[SIGNER_ID_SIZE] = { 'B' };
static const uint8_t C[SIGNER_ID_SIZE] = { 'C' };

/* The hash of a record: who, which, and in which history. */
static void
hash_of(uint8_t out[HASH_SIZE], const uint8_t *signer, uint64_t sequence,
    uint8_t history)
{
	memset(out, 0, HASH_SIZE);
	if (sequence == 0)
		return;
	out[0] = signer[0];
	out[1] = (uint8_t)sequence;
	out[HASH_SIZE - 1] = history;
}

static bool
look_up(void *context, const uint8_t signer[SIGNER_ID_SIZE], uint64_t sequence,
    uint8_t out[HASH_SIZE])
{
	const struct chain_head *have = context;
	uint64_t end = signer[0] == have->signer[0]	 ? have->sequence
	    : signer[0] == 'A' && have->signer[0] == 'B' ? KNOWN
							 : 0;

	hash_of(out, signer, sequence, 0);
	return sequence >= 1 && sequence <= end;
}

static uint8_t hashes[64 * HASH_SIZE];

/* Records first to last, of another history from `parts` on. */
static struct manifest_facts *
range(const uint8_t *signer, uint64_t first, uint64_t last, uint64_t parts)
{
	static struct manifest_facts m;
	uint64_t i;

	memset(&m, 0, sizeof(m));
	memcpy(m.statement.signer, signer, SIGNER_ID_SIZE);
	m.statement.first = first;
	m.statement.last = last;
	hash_of(m.previous, signer, first - 1, first - 1 >= parts);
	for (i = first; i <= last; i++)
		hash_of(
		    hashes + (i - first) * HASH_SIZE, signer, i, i >= parts);
	m.hashes = span_of(hashes, (size_t)(last - first + 1) * HASH_SIZE);
	return &m;
}

static enum reason
join(const uint8_t *signer, uint64_t end, const struct manifest_facts *m,
    uint64_t *fresh)
{
	struct chain_head have = { .sequence = end };
	struct why why;

	memcpy(have.signer, signer, SIGNER_ID_SIZE);
	hash_of(have.sha256, signer, end, 0);
	return manifest_joins(&have, m, look_up, &have, fresh, &why);
}

#define SAME UINT64_MAX

static void
one_signer(void **state)
{
	static const struct {
		uint64_t end, first, last, parts;
		enum reason reason;
		uint64_t fresh;
	} rows[] = {
		{ 0, 1, 9, SAME, REASON_OK, 1 },
		{ 0, 2, 9, SAME, REASON_MANIFEST_GAP, 0 },
		{ 20, 21, 30, SAME, REASON_OK, 21 },
		{ 20, 15, 30, SAME, REASON_OK, 21 },
		{ 20, 1, 20, SAME, REASON_OK, 21 },
		{ 20, 7, 7, SAME, REASON_OK, 8 },
		{ 20, 22, 30, SAME, REASON_MANIFEST_GAP, 0 },
		{ 20, 21, 30, 20, REASON_MANIFEST_FORK, 0 },
		{ 20, 15, 30, 20, REASON_MANIFEST_FORK, 0 },
		{ 20, 1, 20, 15, REASON_MANIFEST_FORK, 0 },
		{ 20, 20, 20, 1, REASON_MANIFEST_FORK, 0 },
	};
	uint64_t fresh;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (join(A, rows[i].end,
			range(A, rows[i].first, rows[i].last, rows[i].parts),
			&fresh) != rows[i].reason)
			fail_msg("row %zu", i);
		if (rows[i].reason == REASON_OK && fresh != rows[i].fresh)
			fail_msg("row %zu: %llu", i, (unsigned long long)fresh);
	}
}

/* An importer that has forgotten what lies before record `context`. */
static bool
look_up_late(void *context, const uint8_t signer[SIGNER_ID_SIZE],
    uint64_t sequence, uint8_t out[HASH_SIZE])
{
	const uint64_t *from = context;

	hash_of(out, signer, sequence, 0);
	return sequence >= *from && sequence <= KNOWN;
}

static void
forgotten(void **state)
{
	struct chain_head have = { .sequence = KNOWN };
	uint64_t fresh, from = 5;
	struct why why;

	(void)state;
	memcpy(have.signer, A, SIGNER_ID_SIZE);
	hash_of(have.sha256, A, KNOWN, 0);
	assert_int_equal(manifest_joins(&have, range(A, 1, 3, SAME),
			     look_up_late, &from, &fresh, &why),
	    REASON_MANIFEST_GAP);
	assert_int_equal(manifest_joins(&have, range(A, 5, 30, SAME),
			     look_up_late, &from, &fresh, &why),
	    REASON_OK);
	/* Not even the last one. */
	from = KNOWN + 1;
	assert_int_equal(manifest_joins(&have, range(A, KNOWN, 30, SAME),
			     look_up_late, &from, &fresh, &why),
	    REASON_MANIFEST_GAP);
}

/* Record 1 of a signer that goes on from record `at` of another. */
static enum reason
seam(const uint8_t *from, uint64_t at, uint8_t history, const uint8_t *have,
    uint64_t end)
{
	struct manifest_facts *m = range(C, 1, 3, SAME);
	uint64_t fresh;

	memcpy(m->before.signer, from, SIGNER_ID_SIZE);
	m->before.sequence = at;
	hash_of(m->before.sha256, from, at, history);
	return join(have, end, m, &fresh);
}

static void
seams(void **state)
{
	struct chain_head have = { .sequence = KNOWN };
	struct manifest_facts *m;
	uint64_t fresh;
	struct why why;

	(void)state;
	/* It names nobody before it, or a wrong place of the right head. */
	memcpy(have.signer, A, SIGNER_ID_SIZE);
	hash_of(have.sha256, A, KNOWN, 0);
	m = range(C, 1, 3, SAME);
	assert_int_equal(manifest_joins(&have, m, look_up, &have, &fresh, &why),
	    REASON_MANIFEST_FORK);
	m->before = have;
	assert_int_equal(
	    manifest_joins(&have, m, look_up, &have, &fresh, &why), REASON_OK);
	m->before.sequence--;
	assert_int_equal(manifest_joins(&have, m, look_up, &have, &fresh, &why),
	    REASON_MANIFEST_FORK);
	assert_int_equal(seam(A, KNOWN, 0, A, KNOWN), REASON_OK);
	assert_int_equal(seam(A, KNOWN + 1, 0, A, KNOWN), REASON_MANIFEST_GAP);
	assert_int_equal(seam(A, KNOWN - 1, 0, A, KNOWN), REASON_MANIFEST_FORK);
	assert_int_equal(seam(A, KNOWN, 1, A, KNOWN), REASON_MANIFEST_FORK);
	/* A was followed by B. */
	assert_int_equal(seam(A, KNOWN, 0, B, AFTER), REASON_MANIFEST_FORK);
	assert_int_equal(seam(B, AFTER, 0, B, AFTER), REASON_OK);
	/* A chain that nobody here knows. */
	assert_int_equal(seam(C, 9, 0, A, KNOWN), REASON_MANIFEST_GAP);
	assert_int_equal(seam(A, 0, 0, A, KNOWN), REASON_MANIFEST_FORK);
	assert_int_equal(
	    join(A, KNOWN, range(C, 4, 5, SAME), &fresh), REASON_MANIFEST_GAP);
	/* What A wrote before B: again, and more than it wrote. */
	assert_int_equal(
	    join(B, AFTER, range(A, 18, KNOWN, SAME), &fresh), REASON_OK);
	assert_int_equal(fresh, KNOWN + 1);
	assert_int_equal(join(B, AFTER, range(A, 18, KNOWN + 1, SAME), &fresh),
	    REASON_MANIFEST_FORK);
	assert_int_equal(
	    join(B, AFTER, range(A, KNOWN + 1, KNOWN + 2, SAME), &fresh),
	    REASON_MANIFEST_FORK);
}

/* Two octets of a key identifier are not those of a Name's hash. */
static void
issuers(void **state)
{
	struct issuer a = { ISSUER_KEY_ID, 2, { 1, 2 } }, b = a;

	(void)state;
	assert_true(issuer_equal(&a, &b));
	b.kind = ISSUER_NAME;
	assert_false(issuer_equal(&a, &b));
	b.kind = a.kind;
	b.len = 1;
	assert_false(issuer_equal(&a, &b));
	b = a;
	b.bytes[1] = 3;
	assert_false(issuer_equal(&a, &b));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(issuers),
		cmocka_unit_test(one_signer),
		cmocka_unit_test(forgotten),
		cmocka_unit_test(seams),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
