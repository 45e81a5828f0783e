/*
 * A segment as a disk may give it back. The first octet of the input says how much
 * is put right first, as somebody would who rewrites a journal; no mutation would
 * come further than a hash otherwise. 1: links of records and hashes of frames. 2:
 * that, and what stands in front of the segment, lines of text with an empty one
 * behind them, becomes acts behind it; so their subjects may have any length.
 *
 * Whatever is replayed counts its records one by one, and replaying it again gives
 * the same ledger. So does the checkpoint that the next segment opens with, and a
 * journal of both segments.
 */
#include <fcntl.h>
#include <unistd.h>

#include "base/text.h"
#include "fuzz.h"
#include "journal/internal.h"
#include "journal/ledger.h"
#include "scratch.h"

#define SEGMENT_LIMIT 65536

/* What was replayed of all inputs up to now. */
static bool met_kind[RECORD_KIND_LAST + 1];
static const char *const verbs[] = { LEDGER_VERB_RETIRE, LEDGER_VERB_COPY,
	LEDGER_VERB_GIVE, LEDGER_VERB_AWAKE, LEDGER_VERB_PRODUCT_ADD,
	LEDGER_VERB_PRODUCT_SET, LEDGER_VERB_CEREMONY };
#define VERBS (sizeof(verbs) / sizeof(verbs[0]))
static bool met_verb[3][VERBS]; /* by the first octet */
static bool met_two;
static unsigned mode;

const char *
corpus_lacks(void)
{
	static char text[80];
	size_t i;

	for (i = 1; i <= RECORD_KIND_LAST; i++)
		if (!met_kind[i])
			return record_kind_name((enum record_kind)i);
	for (i = 0; i < 2 * VERBS; i++)
		if (!met_verb[1 + i % 2][i / 2]) {
			snprintf(text, sizeof(text), "%s behind an octet %zu",
			    verbs[i / 2], 1 + i % 2);
			return text;
		}
	return met_two ? NULL : "an act by two";
}

/* What the next record is to follow. */
struct chain {
	uint8_t signer[16], head[HASH_SIZE];
	uint64_t sequence; /* 0: there is none yet */
	int64_t time;
	uint64_t group;
	size_t at; /* behind the last frame */
};

static size_t
number_at(const uint8_t *p)
{
	return (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 |
	    p[3];
}

static void
number_put(uint8_t *p, size_t number)
{
	p[0] = (uint8_t)(number >> 24);
	p[1] = (uint8_t)(number >> 16);
	p[2] = (uint8_t)(number >> 8);
	p[3] = (uint8_t)number;
}

/* Links a record to the one before, if that does not change its length. */
static void
record_join(struct chain *c, uint8_t *at, size_t len)
{
	uint8_t again[RECORD_MAX];
	struct record r;
	size_t again_len;

	if (record_read(span_of(at, len), &r, NULL) == REASON_OK) {
		if (c->sequence != 0) {
			memcpy(r.previous, c->head, HASH_SIZE);
			r.sequence = c->sequence + 1;
		}
		c->sequence = r.sequence;
		c->time = r.time;
		memcpy(c->signer, r.signer, sizeof(c->signer));
		if (record_write(&r, again, sizeof(again), &again_len) &&
		    again_len == len)
			memcpy(at, again, len);
	}
	record_hash(span_of(at, len), c->head);
}

static void
put_right(struct chain *c, uint8_t *bytes, size_t size)
{
	size_t i, len, record;

	while (size - c->at >= FRAME_HEADER &&
	    memcmp(bytes + c->at, FRAME_MAGIC, 4) == 0) {
		len = number_at(bytes + c->at + 12);
		if (len == 0 || len > size - c->at - FRAME_HEADER)
			return;
		for (i = 0; len - i >= 4; i += 4 + record) {
			record = number_at(bytes + c->at + FRAME_HEADER + i);
			if (record > len - i - 4 || record > RECORD_MAX)
				break;
			record_join(
			    c, bytes + c->at + FRAME_HEADER + i + 4, record);
		}
		frame_seal(bytes + c->at, ++c->group, len);
		if (frame_size(len) > size - c->at)
			return;
		c->at += frame_size(len);
	}
}

/* "VERB SUBJECT"; two persons say it if a '!' stands in front. */
static bool
act_read(const struct chain *c, struct span line, struct record *r)
{
	static char statement[STATEMENT_MAX];
	struct record_act *a = &r->act;
	bool two = line.len > 0 && line.ptr[0] == '!';
	const uint8_t *blank;
	size_t len;
	unsigned i;

	line = span_of(line.ptr + two, line.len - two);
	blank = memchr(line.ptr, ' ', line.len);
	len = blank == NULL ? line.len : (size_t)(blank - line.ptr);
	if (blank == NULL ||
	    !text_copy(a->verb, sizeof(a->verb), span_of(line.ptr, len)) ||
	    !text_copy(a->subject, sizeof(a->subject),
		span_of(blank + 1, line.len - len - 1)))
		return false;
	if (!two)
		return true;
	len =
	    ledger_act_statement(c->signer, a->verb, a->subject, 7, statement);
	a->statement = span_of(statement, len);
	for (i = 0; i < END_SIGNATURES; i++) {
		a->persons[i].key_sha256[0] = (uint8_t)i;
		a->persons[i].signature = span_str("signature");
	}
	return true;
}

/* A group of acts behind the last frame; the size of the segment then. */
static size_t
acts_add(struct chain *c, uint8_t *bytes, size_t cap, struct span lines)
{
	uint8_t *frame = bytes + c->at;
	size_t used = FRAME_HEADER, len;

	cap -= c->at;
	while (lines.len > 0 && cap >= used + 4) {
		struct record r = { .kind = RECORD_ACT, .time = c->time };
		const uint8_t *end = memchr(lines.ptr, '\n', lines.len);

		len = end == NULL ? lines.len : (size_t)(end - lines.ptr);
		memcpy(r.signer, c->signer, sizeof(r.signer));
		memcpy(r.previous, c->head, HASH_SIZE);
		r.sequence = ++c->sequence;
		if (!act_read(c, span_of(lines.ptr, len), &r))
			break;
		lines.ptr += len + (end != NULL);
		lines.len -= len + (end != NULL);
		if (!record_write(&r, frame + used + 4, cap - used - 4, &len))
			break;
		number_put(frame + used, len);
		record_hash(span_of(frame + used + 4, len), c->head);
		used += 4 + len;
	}
	len = used - FRAME_HEADER;
	if (len == 0 || frame_size(len) > cap)
		return c->at;
	memset(frame + used, 0, frame_size(len) - used);
	frame_seal(frame, c->group + 1, len);
	return c->at + frame_size(len);
}

struct count {
	uint64_t first, last;
};

static enum reason
record_count(
    void *context, const struct record *r, struct span bytes, struct why *why)
{
	struct count *c = context;
	size_t i;

	(void)why;
	require(c->last == 0 || r->sequence == c->last + 1);
	require(bytes.len <= RECORD_MAX);
	if (c->first == 0)
		c->first = r->sequence;
	c->last = r->sequence;
	met_kind[r->kind] = true;
	for (i = 0; r->kind == RECORD_ACT && i < VERBS; i++)
		if (strcmp(r->act.verb, verbs[i]) == 0)
			met_verb[mode][i] = true;
	met_two |= r->kind == RECORD_ACT && r->act.statement.len > 0;
	return REASON_OK;
}

/* What a checkpoint carries over; orders are compared as they are written. */
static bool
keys_equal(const struct ledger_key *a, const struct ledger_key *b)
{
	return a->state == b->state && a->count.issued == b->count.issued &&
	    a->count.activated == b->count.activated &&
	    a->count.period == b->count.period &&
	    a->count.in_period == b->count.in_period &&
	    a->count.awake_until == b->count.awake_until &&
	    a->last_counter == b->last_counter &&
	    memcmp(a->window, b->window, sizeof(a->window)) == 0 &&
	    a->last_record == b->last_record && a->wrapped == b->wrapped &&
	    a->ending == b->ending && a->end_record == b->end_record &&
	    a->erased == b->erased && a->copied == b->copied &&
	    memcmp(a->lines, b->lines, sizeof(a->lines)) == 0;
}

static bool
ledgers_equal(const struct ledger *a, const struct ledger *b)
{
	static uint8_t one[RECORD_MAX], other[RECORD_MAX];
	unsigned part, parts = ledger_parts(a);
	size_t len, other_len, i;

	if (ledger_parts(b) != parts || a->keys_len != b->keys_len)
		return false;
	for (i = 0; i < a->keys_len; i++)
		if (!keys_equal(&a->keys[i], &b->keys[i]))
			return false;
	for (part = 0; part < parts; part++) {
		require(ledger_write(a, part, one, sizeof(one), &len));
		require(
		    ledger_write(b, part, other, sizeof(other), &other_len));
		if (!span_eq(span_of(one, len), span_of(other, other_len)))
			return false;
	}
	return true;
}

/* The checkpoint of a ledger is what it gives itself, and an empty one takes it; as a
 * group with so much room in front. */
static void
roll_over(struct ledger *l, struct buf *out)
{
	static uint8_t content[RECORD_MAX], bytes[4 + RECORD_MAX];
	struct ledger taken;
	unsigned part, parts = ledger_parts(l);
	struct why why;
	size_t len;

	ledger_init(&taken);
	for (part = 0; part < parts; part++) {
		struct record r = { .kind = RECORD_CHECKPOINT,
			.sequence = l->sequence + 1,
			.time = l->time };

		require(ledger_write(l, part, content, sizeof(content), &len));
		r.checkpoint = span_of(content, len);
		memcpy(r.signer, l->signer, sizeof(r.signer));
		memcpy(r.previous, l->head, HASH_SIZE);
		require(record_write(&r, bytes + 4, RECORD_MAX, &len));
		number_put(bytes, len);
		require(buf_add(out, span_of(bytes, 4 + len)));
		require(ledger_apply(l, &r, span_of(bytes + 4, len), &why) ==
		    REASON_OK);
		require(ledger_apply(&taken, &r, span_of(bytes + 4, len),
			    &why) == REASON_OK);
	}
	require(ledgers_equal(l, &taken));
	ledger_free(&taken);
}

/* With the next segment behind this one it is a journal, if record 1 begins it
 * and no torn group ends it. */
static void
next_segment(int dir, const struct segment *s, struct ledger *l, uint64_t first)
{
	static const uint8_t header[FRAME_HEADER];
	uint8_t hash[HASH_SIZE];
	uint64_t records;
	struct ledger whole;
	struct why why;
	struct buf b;
	int fd;

	buf_init(&b, 1u << 20);
	require(buf_add(&b, span_of(header, sizeof(header))));
	roll_over(l, &b);
	frame_seal(b.ptr, s->last_group + 1, b.len - FRAME_HEADER);
	fd = openat(dir, "00000002.seg", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	require(fd >= 0 && write_at(fd, buf_span(&b), 0));
	close(fd);
	if (first != 1 || s->dirty != s->end) {
		require(journal_verify(scratch_folder(), &whole, &records, NULL,
			    NULL, &why) == REASON_JOURNAL_DAMAGED);
	} else {
		require(journal_verify(scratch_folder(), &whole, &records, NULL,
			    NULL, &why) == REASON_OK);
		require(records == l->sequence && ledgers_equal(l, &whole));
		ledger_free(&whole);
		require(journal_hash(scratch_folder(), l->sequence, hash,
			    &why) == REASON_OK);
		require(memcmp(hash, l->head, HASH_SIZE) == 0);
	}
	unlinkat(dir, "00000002.seg", 0);
	buf_free(&b);
}

static uint64_t
replay(int dir, const struct segment *s)
{
	struct ledger once, again;
	struct count count = { 0 };
	uint64_t digest = 0;
	struct why why;

	ledger_init(&once);
	ledger_init(&again);
	if (segment_replay(s, &once, 1, record_count, &count, &why) ==
	    REASON_OK) {
		require(count.last == once.sequence);
		require(segment_replay(s, &again, 1, NULL, NULL, &why) ==
		    REASON_OK);
		require(memcmp(once.head, again.head, HASH_SIZE) == 0);
		digest = digest_add(ACCEPTED, once.head, HASH_SIZE);
		if (count.last > 0 && count.last < INT64_MAX / 2 &&
		    s->last_group < INT64_MAX && oracle_begin()) {
			next_segment(dir, s, &once, count.first);
			oracle_end();
		}
	}
	ledger_free(&once);
	ledger_free(&again);
	return digest;
}

uint64_t
input_read(const uint8_t *bytes, size_t len)
{
	static uint8_t room[SEGMENT_LIMIT];
	struct span lines = span_of(NULL, 0);
	struct chain chain = { 0 };
	const uint8_t *empty;
	struct segment s;
	uint64_t digest = 0;
	int dir;

	if (len == 0 || --len > sizeof(room))
		return 0;
	mode = *bytes > 2 ? 0 : *bytes;
	bytes++;
	if (mode == 2) {
		if ((empty = memmem(bytes, len, "\n\n", 2)) == NULL)
			return 0;
		lines = span_of(bytes, (size_t)(empty - bytes));
		bytes = empty + 2;
		len -= lines.len + 2;
	}
	memcpy(room, bytes, len);
	if (mode > 0)
		put_right(&chain, room, len);
	if (mode == 2)
		len = acts_add(&chain, room, sizeof(room), lines);
	scratch_write("00000001.seg", span_of(room, len));
	dir = open(scratch_folder(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	require(dir >= 0);
	if (segment_read(dir, 1, &s, NULL) == REASON_OK) {
		require(s.end <= s.dirty && s.dirty <= s.size);
		digest = replay(dir, &s);
		segment_free(&s);
	}
	close(dir);
	return digest;
}
