/* The journal that is being written, see journal.h. */
#include "journal/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fatal.h"
#include "base/file.h"
#include "base/log.h"
#include "base/random.h"
#include "journal/internal.h"

/* A group is at most a quarter of a segment, and the next segment is made when
 * a quarter is left: so a group that was begun always has room. */
#define PART 4

/* Octets around a checkpoint's content, at most: lengths, chain, time. */
#define RECORD_OTHERS 256

struct journal {
	int dir; /* the folder */
	int lock;
	int fd; /* the segment that is being written */
	unsigned segment;
	size_t size, used;    /* of that segment */
	uint64_t group;	      /* number of the last one written */
	size_t next_size;     /* of the segment made ahead, 0 = there is none */
	unsigned failed;      /* so often in a row could that not be made */
	int64_t failed_at;    /* clock_ticks() of the last time */
	bool broken;	      /* a write or sync failed */
	struct ledger ledger; /* as after the pending group */
	struct buf pending;   /* header's room and payload */
	struct buf fresh;     /* payloads written and not yet drained */
	uint64_t fresh_first; /* sequence of the first record there */
};

/* Octets for all drained at once; a signer drains after each group. */
#define FRESH_MAX (16u << 20)

static void
journal_init(struct journal *j, size_t size)
{
	memset(j, 0, sizeof(*j));
	j->dir = j->lock = j->fd = -1;
	j->size = size;
	ledger_init(&j->ledger);
	buf_init(&j->pending, size);
	buf_init(&j->fresh, FRESH_MAX);
}

void
journal_close(struct journal *j)
{
	if (j == NULL)
		return;
	ledger_free(&j->ledger);
	buf_free(&j->pending);
	buf_free(&j->fresh);
	if (j->fd >= 0)
		close(j->fd);
	if (j->lock >= 0)
		close(j->lock);
	if (j->dir >= 0)
		close(j->dir);
	free(j);
}

const struct ledger *
journal_ledger(const struct journal *j)
{
	return &j->ledger;
}

/* Puts a record that is filled and encoded into the pending group. */
static void
group_add(struct journal *j, struct span record)
{
	static const uint8_t header[FRAME_HEADER];
	uint8_t len[4] = { (uint8_t)(record.len >> 24),
		(uint8_t)(record.len >> 16), (uint8_t)(record.len >> 8),
		(uint8_t)record.len };

	if (j->pending.len == 0 &&
	    !buf_add(&j->pending, span_of(header, FRAME_HEADER)))
		fatal("a journal group exceeds its segment");
	if (!buf_add(&j->pending, span_of(len, 4)) ||
	    !buf_add(&j->pending, record))
		fatal("a journal group exceeds its segment");
}

/* Fills what the journal knows, encodes, applies, adds. */
static enum reason
append(struct journal *j, struct record *r, int64_t now, struct why *why)
{
	uint8_t bytes[RECORD_MAX];
	enum reason reason;
	size_t len;

	memcpy(r->signer, j->ledger.signer, sizeof(r->signer));
	r->sequence = j->ledger.sequence + 1;
	memcpy(r->previous, j->ledger.head, HASH_SIZE);
	r->time = now > j->ledger.time ? now : j->ledger.time;
	if (!record_write(r, bytes, sizeof(bytes), &len))
		fatal("a record exceeds %d octets", RECORD_MAX);
	reason = ledger_apply(&j->ledger, r, span_of(bytes, len), why);
	if (reason == REASON_OK)
		group_add(j, span_of(bytes, len));
	return reason;
}

static size_t
checkpoint_part(const struct ledger *l, unsigned part, uint8_t out[RECORD_MAX])
{
	size_t len;

	if (!ledger_write(l, part, out, RECORD_MAX, &len))
		fatal("a checkpoint's part exceeds %d octets", RECORD_MAX);
	return len;
}

/* Or the rest of one. */
static enum reason
append_checkpoint(struct journal *j, int64_t now, struct why *why)
{
	unsigned part = j->ledger.more > 0 ? j->ledger.part + 1 : 0;
	unsigned parts = ledger_parts(&j->ledger);
	uint8_t content[RECORD_MAX];
	struct record r = { .kind = RECORD_CHECKPOINT };
	enum reason reason = REASON_OK;

	for (; reason == REASON_OK && part < parts; part++) {
		r.checkpoint = span_of(
		    content, checkpoint_part(&j->ledger, part, content));
		reason = append(j, &r, now, why);
	}
	return reason;
}

/* The size of a segment whose first quarter the checkpoint does not exceed: as
 * before, or twice that, and so on. */
static size_t
size_needed(const struct ledger *l, size_t size)
{
	uint8_t content[RECORD_MAX];
	unsigned part;
	size_t group = 0;

	for (part = 0; part < ledger_parts(l); part++)
		group += RECORD_OTHERS + checkpoint_part(l, part, content);
	while (frame_size(group) > size / PART)
		size *= 2;
	return size;
}

/* Remembers what was written, for journal_drain(). */
static void
keep_fresh(struct journal *j, struct span payload)
{
	struct span rest = payload, record;
	uint64_t count = 0;

	while (payload_record(&rest, &record))
		count++;
	if (j->fresh.len == 0)
		j->fresh_first = j->ledger.sequence + 1 - count;
	if (!buf_add(&j->fresh, payload))
		fatal("the journal is not being drained");
}

static enum reason
write_failed(struct journal *j, struct why *why)
{
	j->broken = true;
	return why_set(why, REASON_JOURNAL_WRITE, (long)j->used,
	    "segment %08u.seg offset %zu: %s", j->segment, j->used,
	    strerror(errno));
}

static void
make_next(struct journal *j)
{
	size_t size = size_needed(&j->ledger, j->size);
	struct span nothing = { NULL, 0 };
	int64_t now = clock_ticks();
	struct why why;

	/* One that has become too small for the checkpoint is made anew. */
	if (j->next_size >= size)
		return;
	/* What fails may pass at once. But to fill a disk with zeros for each order
	 * is dear, and a line for each fills it once more. */
	if (j->failed > 1 && now - j->failed_at < 1000)
		return;
	if (segment_make(j->dir, j->segment + 1, size, nothing, &why) ==
	    REASON_OK) {
		j->next_size = size;
		j->failed = 0;
		return;
	}
	if (j->failed++ == 0)
		log_alarm("journal-full", "text=\"%s\"", why.text);
	j->failed_at = now;
}

/* Makes the next segment when this one is over three quarters full. Not yet an error if
 * it fails: there is still a quarter to write to. */
static void
prepare(struct journal *j)
{
	if (j->used > j->size - j->size / PART)
		make_next(j);
}

enum reason
journal_commit(struct journal *j, struct why *why)
{
	size_t payload, size;

	if (j->broken)
		return why_set(
		    why, REASON_JOURNAL_WRITE, -1, "the journal failed before");
	if (j->pending.len == 0)
		return REASON_OK;
	/* What was taken back may end inside of one, a group must not. */
	if (j->ledger.more > 0 &&
	    append_checkpoint(j, j->ledger.time, why) != REASON_OK)
		fatal("a checkpoint does not join its own ledger");
	payload = j->pending.len - FRAME_HEADER;
	size = frame_size(payload);
	if (size > j->size - j->used)
		fatal("a journal group exceeds its segment");
	frame_seal(j->pending.ptr, j->group + 1, payload);
	if (!write_at(j->fd, buf_span(&j->pending), j->used) ||
	    fdatasync(j->fd) != 0)
		return write_failed(j, why);
	j->group++;
	j->used += size;
	keep_fresh(j, span_of(j->pending.ptr + FRAME_HEADER, payload));
	buf_clear(&j->pending);
	prepare(j);
	return REASON_OK;
}

/* Goes on in the next segment; what is appended next must be its checkpoint. */
static enum reason
next_segment(struct journal *j, struct why *why)
{
	char name[SEGMENT_NAME_SIZE];
	int fd;

	make_next(j);
	segment_name(name, j->segment + 1);
	fd = openat(j->dir, name, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
	if (j->next_size < size_needed(&j->ledger, j->size) || fd < 0) {
		if (fd >= 0)
			close(fd);
		return why_set(why, REASON_JOURNAL_FULL, -1,
		    "there is no room for segment %s", name);
	}
	close(j->fd);
	j->fd = fd; /* transferred */
	j->segment++;
	j->size = j->pending.cap = j->next_size;
	j->used = j->next_size = 0;
	return REASON_OK;
}

static enum reason
roll_over(struct journal *j, int64_t now, struct why *why)
{
	enum reason r = next_segment(j, why);

	if (r != REASON_OK)
		return r;
	if (append_checkpoint(j, now, why) != REASON_OK)
		fatal("a checkpoint does not join its own ledger");
	return journal_commit(j, why);
}

enum reason
journal_append(
    struct journal *j, struct record *r, int64_t now, struct why *why)
{
	enum reason reason;
	size_t share = j->size / PART;

	if (j->broken)
		return why_set(
		    why, REASON_JOURNAL_WRITE, -1, "the journal failed before");
	if (j->pending.len > 0 &&
	    frame_size(j->pending.len + 4 + RECORD_MAX) > share)
		return why_set(
		    why, REASON_JOURNAL_FULL, -1, "the group is full");
	if (j->pending.len == 0 && j->size - j->used < share &&
	    (reason = roll_over(j, now, why)) != REASON_OK)
		return reason;
	return append(j, r, now, why);
}

bool
journal_idle(const struct journal *j)
{
	return j->pending.len == 0;
}

void
journal_drain(struct journal *j, record_bytes_call call, void *context)
{
	struct span payload = buf_span(&j->fresh), record;

	while (payload_record(&payload, &record))
		call(context, j->fresh_first++, record);
	buf_clear(&j->fresh);
}

/* The folder may be there already (an interrupted creation), a segment not. */
static int
directory_for(const char *dir, struct why *why)
{
	int fd;

	if ((mkdir(dir, 0700) != 0 && errno != EEXIST) ||
	    !file_sync_name(dir)) {
		why_set(why, REASON_HOME_INVALID, -1, "%s: %s", dir,
		    strerror(errno));
		return -1;
	}
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || segment_highest(fd) != 0) {
		why_set(why, REASON_HOME_INVALID, -1,
		    "%s: there is a journal already", dir);
		if (fd >= 0)
			close(fd);
		return -1;
	}
	return fd;
}

/* The first segment, with the checkpoint of a ledger, which is taken over. */
static enum reason
create(const char *dir, struct ledger *first, size_t size, struct why *why)
{
	struct journal *j = memory_new(sizeof(*j));
	enum reason r = REASON_HOME_INVALID;
	size_t payload;

	size = size_needed(first, size);
	journal_init(j, size);
	j->ledger = *first; /* transferred */
	ledger_init(first);
	if ((j->dir = directory_for(dir, why)) < 0)
		goto out;
	if ((r = append_checkpoint(j, j->ledger.time, why)) != REASON_OK)
		goto out;
	payload = j->pending.len - FRAME_HEADER;
	frame_seal(j->pending.ptr, 1, payload);
	r = segment_make(j->dir, 1, size, buf_span(&j->pending), why);
out:
	journal_close(j);
	return r;
}

enum reason
journal_create_sized(
    const char *dir, bool test, int64_t now, size_t size, struct why *why)
{
	struct ledger first;

	ledger_init(&first);
	random_bytes(first.signer, sizeof(first.signer));
	first.test = test;
	first.time = now;
	return create(dir, &first, size, why);
}

enum reason
journal_create_after(const char *dir, const struct ledger *old, uint64_t skip,
    int64_t now, struct why *why)
{
	uint8_t signer[16];
	struct ledger first;

	random_bytes(signer, sizeof(signer));
	ledger_succeed(old, signer, skip, now, &first);
	return create(dir, &first, SEGMENT_SIZE, why);
}

/* Groups as large as they may be: fewer than the first writer's, so that there
 * is room wherever it had room. */
enum reason
journal_adopt(struct journal *j, struct span bytes, struct why *why)
{
	uint8_t hash[HASH_SIZE];
	struct record r;
	enum reason reason;
	bool opens;

	if ((reason = record_read(bytes, &r, why)) != REASON_OK)
		return reason;
	opens = r.kind == RECORD_CHECKPOINT && j->ledger.more == 0;
	/* Before a checkpoint and behind it a group ends, within it none does. */
	if (opens ||
	    (r.kind != RECORD_CHECKPOINT &&
		(j->used == 0 ||
		    frame_size(j->pending.len + 4 + RECORD_MAX) >
			j->size / PART)))
		reason = journal_commit(j, why);
	if (reason == REASON_OK && opens)
		reason = next_segment(j, why);
	if (reason != REASON_OK)
		return reason;
	reason = append(j, &r, r.time, why);
	buf_clear(&j->fresh); /* the store has it */
	record_hash(bytes, hash);
	if (reason == REASON_OK ? memcmp(hash, j->ledger.head, HASH_SIZE) != 0
				: r.kind == RECORD_CHECKPOINT)
		reason = why_set(why, REASON_JOURNAL_FORK, -1,
		    "record %llu of the store does not join this journal",
		    (unsigned long long)r.sequence);
	return reason;
}

enum reason
journal_create(const char *dir, bool test, int64_t now, struct why *why)
{
	return journal_create_sized(dir, test, now, SEGMENT_SIZE, why);
}

static enum reason
take_lock(struct journal *j, const char *dir, struct why *why)
{
	struct stat locked, named;

	j->dir = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (j->dir < 0)
		return why_set(why, REASON_HOME_INVALID, -1, "%s: %s", dir,
		    strerror(errno));
	j->lock = openat(
	    j->dir, "lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (j->lock < 0)
		return why_set(why, REASON_HOME_INVALID, -1, "%s/lock: %s", dir,
		    strerror(errno));
	if (flock(j->lock, LOCK_EX | LOCK_NB) != 0)
		return why_set(why, REASON_HOME_LOCKED, -1,
		    "%s: another signer uses this journal", dir);
	/* Between open and lock a new signer may have taken the folder's place
	 * (journal succeed): then this one is of a chain that has ended. */
	if (fstat(j->dir, &locked) != 0 || stat(dir, &named) != 0 ||
	    locked.st_dev != named.st_dev || locked.st_ino != named.st_ino)
		return why_set(why, REASON_HOME_LOCKED, -1,
		    "%s: another journal took its place", dir);
	return REASON_OK;
}

/*
 * The last group, and zeros where a torn one stood, are written once more.
 * After a sync that failed the page cache shows a group that the disk may not
 * have, and counts it as clean: only what is written again is synced again.
 */
static bool
write_end(int fd, const struct segment *s)
{
	size_t whole = s->end - s->last, len = s->dirty - s->last;
	uint8_t *end = memory_new(len);
	bool good;

	memcpy(end, s->bytes + s->last, whole < len ? whole : len);
	good = write_at(fd, span_of(end, len), s->last);
	free(end);
	return good;
}

/* Opens a segment for writing, cuts a torn group off, and makes sure that what
 * is left, and the segment's name, are on the disk. */
static enum reason
open_and_cut(
    struct journal *j, const struct segment *s, int *fd, struct why *why)
{
	char name[SEGMENT_NAME_SIZE];

	segment_name(name, s->number);
	*fd = openat(j->dir, name, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
	if (*fd < 0)
		return why_set(why, REASON_JOURNAL_WRITE, -1, "%s: %s", name,
		    strerror(errno));
	if (s->dirty > s->end)
		log_warning("journal-cut",
		    "segment=\"%s\" offset=\"%zu\" "
		    "octets=\"%zu\"",
		    name, s->end, s->dirty - s->end);
	if (write_end(*fd, s) && fdatasync(*fd) == 0 && fsync(j->dir) == 0)
		return REASON_OK;
	return why_set(why, REASON_JOURNAL_WRITE, (long)s->end, "%s: %s", name,
	    strerror(errno));
}

/* The last segment, or the one before if the last was only made ahead. */
static enum reason
find_last(struct journal *j, struct segment *s, struct why *why)
{
	long highest = segment_highest(j->dir);
	enum reason r;
	int fd;

	if (highest <= 0)
		return why_set(
		    why, REASON_HOME_INVALID, -1, "there is no journal");
	r = segment_read(j->dir, (unsigned)highest, s, why);
	if (r != REASON_OK || s->last_group != 0)
		return r;
	if (highest == 1)
		return segment_damaged(why, 1, 0, "it holds no whole group");
	r = open_and_cut(j, s, &fd, why);
	if (fd >= 0)
		close(fd);
	j->next_size = s->size;
	segment_free(s);
	if (r != REASON_OK)
		return r;
	r = segment_read(j->dir, (unsigned)highest - 1, s, why);
	if (r == REASON_OK && s->last_group == 0) {
		segment_free(s);
		r = segment_damaged(
		    why, (unsigned)highest - 1, 0, "it holds no whole group");
	}
	return r;
}

enum reason
journal_open(const char *dir, struct journal **out, record_call seen,
    void *context, struct why *why)
{
	struct journal *j = memory_new(sizeof(*j));
	struct segment s = { 0 };
	enum reason r;

	journal_init(j, SEGMENT_SIZE);
	if ((r = take_lock(j, dir, why)) != REASON_OK ||
	    (r = find_last(j, &s, why)) != REASON_OK)
		goto out;
	r = segment_replay(&s, &j->ledger, 0, seen, context, why);
	if (r != REASON_OK ||
	    (r = open_and_cut(j, &s, &j->fd, why)) != REASON_OK)
		goto out;
	j->segment = s.number;
	j->size = s.size;
	j->pending.cap = s.size;
	j->used = s.end;
	j->group = s.last_group;
	prepare(j);
	*out = j;
	j = NULL; /* transferred */
out:
	segment_free(&s);
	journal_close(j);
	return r;
}
