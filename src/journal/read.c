/* Reading a journal from its files: replay, copy, verify. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/fatal.h"
#include "journal/internal.h"

static enum reason
replay_record(const struct segment *s, size_t offset, struct ledger *ledger,
    struct span bytes, struct record *record, struct why *why)
{
	struct why inner;

	if (record_read(bytes, record, &inner) == REASON_OK &&
	    ledger_apply(ledger, record, bytes, &inner) == REASON_OK)
		return REASON_OK;
	return segment_damaged(why, s->number, offset, inner.text);
}

enum reason
segment_replay(const struct segment *s, struct ledger *ledger, uint64_t from,
    record_call call, void *context, struct why *why)
{
	size_t offset = 0, begin;
	struct span payload, bytes;
	struct record record;
	uint64_t group;
	enum reason r;

	for (begin = 0; segment_group(s, &offset, &group, &payload);
	     begin = offset) {
		while (payload_record(&payload, &bytes)) {
			r = replay_record(
			    s, begin, ledger, bytes, &record, why);
			if (r == REASON_OK && call != NULL &&
			    record.sequence >= from)
				r = call(context, &record, bytes, why);
			if (r != REASON_OK)
				return r;
			/* A checkpoint opens each segment and nothing else. */
			if ((record.kind == RECORD_CHECKPOINT) != (begin == 0))
				return segment_damaged(why, s->number, begin,
				    "a checkpoint is out of place");
		}
		if (ledger->more > 0)
			return segment_damaged(why, s->number, begin,
			    "a part of the checkpoint is missing");
		if (payload.len != 0)
			return segment_damaged(why, s->number, begin,
			    "the group is not made of records");
	}
	return REASON_OK;
}

/* The last segment that begins at or before this record. */
static unsigned
segment_of(int dir, unsigned highest, uint64_t from)
{
	uint64_t first;
	unsigned n;

	for (n = highest; n > 1; n--) {
		first = segment_first_sequence(dir, n);
		if (first != 0 && first <= from)
			break;
	}
	return n;
}

/*
 * A reader without the lock may see a segment half way through a write, or
 * between two: what looks damaged is read once more before it is believed.
 */
static enum reason
segment_read_calmly(
    int dir, unsigned number, struct segment *s, struct why *why)
{
	enum reason r = segment_read(dir, number, s, why);

	if (r != REASON_OK)
		r = segment_read(dir, number, s, why);
	return r;
}

/* What one segment may be depends on those behind it: once a segment has no
 * whole group, or a torn one, no later segment may hold anything whole. */
struct walk {
	struct ledger *ledger;
	uint64_t from;
	record_call call;
	void *context;
	uint64_t group; /* last number seen */
	unsigned ended; /* segment where the groups ended, or 0 */
	size_t end;
};

static enum reason
walk_segment(struct walk *w, const struct segment *s, struct why *why)
{
	struct span payload;
	uint64_t first = 0;
	size_t offset = 0;

	if (w->ended != 0 && s->last_group != 0)
		return segment_damaged(why, w->ended, w->end,
		    "no whole group, but a later segment holds one");
	if (w->ended == 0 && (s->last_group == 0 || s->dirty > s->end)) {
		w->ended = s->number;
		w->end = s->end;
	}
	if (!segment_group(s, &offset, &first, &payload))
		return REASON_OK;
	if (w->group != 0 && first != w->group + 1)
		return segment_damaged(why, s->number, 0,
		    "the group number does not follow the segment before");
	w->group = s->last_group;
	return segment_replay(s, w->ledger, w->from, w->call, w->context, why);
}

/* A writer may go on meanwhile: a segment is listed only when the one before it takes no
 * more groups (prepare() of journal.c), so each that is read joins what was read before. */
static enum reason
walk(int dir, struct walk *w, struct why *why)
{
	long highest = segment_highest(dir);
	struct segment s;
	enum reason r = REASON_OK;
	unsigned n;

	if (highest <= 0)
		return why_set(
		    why, REASON_HOME_INVALID, -1, "there is no journal");
	n = segment_of(dir, (unsigned)highest, w->from);
	for (; r == REASON_OK && n <= (unsigned)highest; n++) {
		r = segment_read_calmly(dir, n, &s, why);
		if (r == REASON_OK) {
			r = walk_segment(w, &s, why);
			segment_free(&s);
		}
	}
	return r;
}

enum reason
journal_read(const char *dir, uint64_t from, record_call call, void *context,
    struct why *why)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct ledger ledger;
	struct walk w = { .ledger = &ledger,
		.from = from,
		.call = call,
		.context = context };
	enum reason r;

	if (fd < 0)
		return why_set(why, REASON_HOME_INVALID, -1, "%s: %s", dir,
		    strerror(errno));
	ledger_init(&ledger);
	r = walk(fd, &w, why);
	ledger_free(&ledger);
	close(fd);
	return r;
}

struct look {
	uint64_t sequence;
	uint8_t *sha256;
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

enum reason
journal_hash(
    const char *dir, uint64_t sequence, uint8_t out[HASH_SIZE], struct why *why)
{
	struct look look = { .sequence = sequence, .sha256 = out };
	enum reason r = journal_read(dir, sequence, look_at, &look, why);

	if (look.found)
		return REASON_OK;
	return r == REASON_OK || r == REASON_STOPPING
	    ? why_set(why, REASON_JOURNAL_FORK, -1, "record %llu is missing",
		  (unsigned long long)sequence)
	    : r;
}

enum reason
journal_verify(const char *dir, struct ledger *out, uint64_t *records,
    record_call call, void *context, struct why *why)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct walk w = {
		.ledger = out, .from = 1, .call = call, .context = context
	};
	enum reason r;

	if (fd < 0)
		return why_set(why, REASON_HOME_INVALID, -1, "%s: %s", dir,
		    strerror(errno));
	ledger_init(out);
	if (segment_first_sequence(fd, 1) != 1)
		r = segment_damaged(
		    why, 1, 0, "the journal does not begin with record 1");
	else
		r = walk(fd, &w, why);
	*records = out->sequence;
	if (r != REASON_OK)
		ledger_free(out);
	close(fd);
	return r;
}
