/* Manifests as octets, and their records as a chain. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "crypto/hash/hash.h"
#include "journal/manifest.h"
#include "samples.h"

#define RECORDS 4

static uint8_t records[RECORDS][4096];
static uint8_t octets[MANIFEST_SIZE_MAX];
static uint8_t hashes[MANIFEST_RECORDS_MAX * HASH_SIZE];
static struct manifest_content content;
static struct manifest_statement statement;
static struct manifest m;
static struct manifest_facts f;

/* Records 7 to 10 of a signer, joined; change is made to the third. */
static void
fill(void (*change)(struct record *r))
{
	uint8_t head[HASH_SIZE] = { 0x50 };
	struct record r;
	size_t len;
	unsigned i;

	memset(&content, 0, sizeof(content));
	memset(&statement, 0, sizeof(statement));
	for (i = 0; i < RECORDS; i++) {
		r = sample_idevid("F1-1", 42 + i);
		sample_fill(r.signer, sizeof(r.signer), 0x40);
		memcpy(statement.signer, r.signer, sizeof(r.signer));
		r.sequence = 7 + i;
		r.time = SAMPLE_TIME + i;
		memcpy(r.previous, head, HASH_SIZE);
		if (i == 2 && change != NULL)
			change(&r);
		assert_true(record_write(&r, records[i], 4096, &len));
		content.records[content.records_len++] =
		    span_of(records[i], len);
		content.certificates[content.certificates_len++] =
		    span_of(NULL, 0);
		record_hash(span_of(records[i], len), head);
	}
	statement.first = 7;
	statement.last = 10;
	memcpy(statement.head, head, HASH_SIZE);
}

static struct span
whole(void)
{
	uint8_t inner[16384], seal[1024], text[STATEMENT_SIZE_MAX];
	size_t inner_len, seal_len, len;

	assert_true(
	    manifest_content_write(&content, inner, sizeof(inner), &inner_len));
	sha256(span_of(inner, inner_len), statement.content);
	manifest_statement_write(&statement, text, &len);
	assert_true(manifest_seal_write(span_of(text, len), span_str("key"),
	    span_str("signature"), seal, sizeof(seal), &seal_len));
	assert_true(manifest_write(span_of(seal, seal_len),
	    span_of(inner, inner_len), octets, sizeof(octets), &len));
	return span_of(octets, len);
}

static enum reason
walk(void)
{
	enum reason r = manifest_read(whole(), &m, NULL);

	return r != REASON_OK ? r
			      : manifest_walk(&m, hashes, &f, NULL, NULL, NULL);
}

static void
comes_back(void **state)
{
	struct span rest, one, again;

	(void)state;
	fill(NULL);
	assert_int_equal(walk(), REASON_OK);
	assert_int_equal(f.statement.first, 7);
	assert_int_equal(f.time, SAMPLE_TIME + 3);
	assert_int_equal(f.hashes.len, RECORDS * HASH_SIZE);
	assert_memory_equal(manifest_hash(&f, 10), statement.head, HASH_SIZE);
	assert_true(span_is(m.key, "key"));
	/* Two in one file. */
	again = whole();
	memcpy(octets + again.len, octets, again.len);
	rest = span_of(octets, 2 * again.len);
	assert_true(manifest_next(&rest, &one));
	assert_int_equal(one.len, again.len);
	assert_true(manifest_next(&rest, &one));
	assert_int_equal(rest.len, 0);
	assert_false(manifest_next(&rest, &one));
}

static void
other_signer(struct record *r)
{
	r->signer[0] ^= 1;
}

static void
other_sequence(struct record *r)
{
	r->sequence++;
}

static void
other_previous(struct record *r)
{
	r->previous[31] ^= 1;
}

static void
earlier(struct record *r)
{
	r->time = SAMPLE_TIME;
}

static void
no_chain(void **state)
{
	void (*const changes[])(struct record *) = { other_signer,
		other_sequence, other_previous, earlier };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		fill(changes[i]);
		assert_int_equal(walk(), REASON_MANIFEST_MALFORMED);
	}
	fill(NULL);
	statement.head[0] ^= 1;
	assert_int_equal(walk(), REASON_MANIFEST_MALFORMED);
	fill(NULL);
	statement.last++;
	assert_int_equal(walk(), REASON_MANIFEST_MALFORMED);
	fill(NULL);
	statement.first = statement.last + 1;
	assert_int_equal(walk(), REASON_MANIFEST_MALFORMED);
	/* A first record that is no checkpoint begins no chain. */
	fill(NULL);
	content.records_len = content.certificates_len = 1;
	statement.first = statement.last = 7;
	record_hash(content.records[0], statement.head);
	assert_int_equal(walk(), REASON_OK);
}

static void
of_tomorrow(struct record *r)
{
	r->idevid.not_before = r->time + 1;
}

static void
just_so(struct record *r)
{
	r->idevid.not_before = r->time - 300;
}

static void
of_before(struct record *r)
{
	r->idevid.not_before = r->time - 301;
}

/* As long as the chain stands where the range begins, the clock may lag: what was
 * accepted before it nobody here knows. */
static void
lagging(struct record *r)
{
	r->idevid.not_before = SAMPLE_TIME - 5000;
	r->time = SAMPLE_TIME;
}

static void
set_back(struct record *r)
{
	struct record clock = { .kind = RECORD_CLOCK,
		.sequence = r->sequence,
		.time = r->time,
		.clock = { r->time, r->time - 5000 } };

	memcpy(clock.signer, r->signer, sizeof(clock.signer));
	memcpy(clock.previous, r->previous, HASH_SIZE);
	*r = clock;
}

static enum reason
dated(void (*change)(struct record *r), int64_t rest)
{
	uint8_t head[HASH_SIZE];
	struct record r;
	size_t len;
	unsigned i;

	fill(change);
	/* The records in front of the changed one, and the one behind it. */
	for (i = 0; i < RECORDS; i++) {
		assert_int_equal(
		    record_read(content.records[i], &r, NULL), REASON_OK);
		if (i > 0)
			memcpy(r.previous, head, HASH_SIZE);
		if (change == lagging && i < 2)
			r.time = SAMPLE_TIME;
		if (i == 3) {
			r.time += rest == 0 ? 0 : -1;
			r.idevid.not_before += rest;
		}
		assert_true(record_write(&r, records[i], 4096, &len));
		content.records[i] = span_of(records[i], len);
		record_hash(content.records[i], head);
	}
	memcpy(statement.head, head, HASH_SIZE);
	return walk();
}

/* Certificates are dated as their records are (IP 2). */
static void
dates(void **state)
{
	(void)state;
	assert_int_equal(dated(NULL, 0), REASON_OK);
	assert_int_equal(dated(just_so, 0), REASON_OK);
	assert_int_equal(dated(of_tomorrow, 0), REASON_JOURNAL_TIME);
	assert_int_equal(dated(of_before, 0), REASON_JOURNAL_TIME);
	assert_int_equal(dated(lagging, 0), REASON_OK);
	/* Behind a step back that was accepted, until the clock has come up. */
	assert_int_equal(dated(set_back, -5000), REASON_OK);
	assert_int_equal(dated(set_back, -5400), REASON_JOURNAL_TIME);
}

/* Is this octet of what was read last one that the signature is verified over, or
 * that it is verified by? */
static bool
is_sealed(const uint8_t *at)
{
	const struct span parts[] = { m.statement, m.key, m.signature };
	size_t i;

	for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (at >= parts[i].ptr && at < parts[i].ptr + parts[i].len)
			return true;
	return false;
}

/* Every beginning and every octet changed: refused, or the seal's to find; and
 * nothing behind it. */
static void
refused(void **state)
{
	struct span all;
	size_t i;

	(void)state;
	fill(NULL);
	all = whole();
	for (i = 0; i < all.len; i++)
		assert_int_not_equal(
		    manifest_read(span_of(octets, i), &m, NULL), REASON_OK);
	octets[all.len] = 0;
	assert_int_equal(manifest_read(span_of(octets, all.len + 1), &m, NULL),
	    REASON_MANIFEST_MALFORMED);
	for (i = 0; i < all.len; i++) {
		octets[i] ^= 1;
		if (manifest_read(all, &m, NULL) == REASON_OK)
			assert_true(is_sealed(&octets[i]));
		octets[i] ^= 1;
	}
	assert_int_equal(manifest_read(all, &m, NULL), REASON_OK);
	octets[all.len - 1] ^= 1;
	assert_int_equal(
	    manifest_read(all, &m, NULL), REASON_MANIFEST_SIGNATURE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(comes_back),
		cmocka_unit_test(no_chain),
		cmocka_unit_test(dates),
		cmocka_unit_test(refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
