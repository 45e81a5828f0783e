/* The journal on disk: what a crash, a flipped bit or a second signer does. */
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "journal/internal.h"
#include "samples.h"

#define SMALL (5 * RECORD_MAX) /* a quarter holds a record of any size */

static char dir[64];
static struct why why;

/* Processes are killed here, the power stays: what is written need not reach a
 * disk that others keep busy (test/hostile/crashes cuts the power). */
int
fdatasync(int fd)
{
	return fcntl(fd, F_GETFD) < 0 ? -1 : 0;
}

static ino_t synced; /* the folder that was last */

int
fsync(int fd)
{
	struct stat st;

	if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode))
		synced = st.st_ino;
	return fdatasync(fd);
}

static int
make(void **state)
{
	(void)state;
	strcpy(dir, "journal-XXXXXX");
	if (mkdtemp(dir) == NULL)
		return 1;
	return journal_create_sized(dir, true, SAMPLE_TIME, SMALL, &why) !=
	    REASON_OK;
}

static int
clear(void **state)
{
	char command[100];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	return system(command);
}

static struct journal *
reopen(void)
{
	struct journal *j = NULL;
	enum reason r = journal_open(dir, &j, NULL, NULL, &why);

	if (r != REASON_OK)
		fail_msg("%s: %s", reason_code(r), why.text);
	return j;
}

static void
add(struct journal *j, struct record r)
{
	assert_int_equal(journal_append(j, &r, SAMPLE_TIME, &why), REASON_OK);
}

static void
commit(struct journal *j)
{
	assert_int_equal(journal_commit(j, &why), REASON_OK);
}

static void
ignore(void *context, uint64_t sequence, struct span bytes)
{
	(void)sequence;
	(void)bytes;
	if (context != NULL)
		++*(unsigned *)context;
}

/* Two keys that may sign. */
static struct journal *
with_keys(void)
{
	struct journal *j = reopen();

	add(j, sample_key(PURPOSE_IDEVID_CA, "F1-1"));
	add(j, sample_key(PURPOSE_VOUCHER, "voucher-1"));
	commit(j);
	add(j, sample_ca("F1-1"));
	add(j, sample_ca("voucher-1"));
	commit(j);
	return j;
}

static char *
segment_path(unsigned n)
{
	static char path[100];

	snprintf(path, sizeof(path), "%s/%08u.seg", dir, n);
	return path;
}

/* Octet 'at' of a segment becomes itself exclusive-or'ed. */
static void
flip(unsigned segment, size_t at, uint8_t with)
{
	int fd = open(segment_path(segment), O_RDWR);
	uint8_t c;

	assert_int_equal(pread(fd, &c, 1, (off_t)at), 1);
	c ^= with;
	assert_int_equal(pwrite(fd, &c, 1, (off_t)at), 1);
	close(fd);
}

static void
put(unsigned segment, size_t at, struct span bytes)
{
	int fd = open(segment_path(segment), O_RDWR);

	assert_true(write_at(fd, bytes, at));
	close(fd);
}

static struct segment
image(unsigned n)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY);
	struct segment s;

	assert_int_equal(segment_read(fd, n, &s, &why), REASON_OK);
	close(fd);
	return s;
}

static void
remembers(void **state)
{
	struct journal *j = with_keys();
	const struct ledger *l;
	uint64_t sequence;

	(void)state;
	add(j, sample_idevid("F1-1", 9));
	add(j, sample_voucher("voucher-1"));
	commit(j);
	sequence = journal_ledger(j)->sequence;
	journal_close(j);
	j = reopen();
	l = journal_ledger(j);
	assert_int_equal(l->sequence, sequence);
	assert_true(l->test);
	assert_int_equal(l->keys_len, 2);
	assert_int_equal(l->keys[0].last_counter, 9);
	assert_int_equal(l->keys[0].count.issued, 1);
	assert_int_equal(l->keys[1].state, KEY_ACTIVE);
	journal_close(j);
}

/* The folder's own name is on the disk before anything is in it. */
static void
name_lasts(void **state)
{
	char inner[100], new[110];
	struct stat st;

	(void)state;
	snprintf(inner, sizeof(inner), "%s/inner", dir);
	snprintf(new, sizeof(new), "%s/new", inner);
	synced = 0;
	/* A folder is where the segment would be written. */
	assert_int_equal(mkdir(inner, 0700), 0);
	assert_int_equal(mkdir(new, 0700), 0);
	assert_int_equal(
	    journal_create_sized(inner, true, SAMPLE_TIME, SMALL, &why),
	    REASON_JOURNAL_FULL);
	assert_int_equal(stat(dir, &st), 0);
	assert_int_equal(synced, st.st_ino);
}

static void
second_signer_stays_out(void **state)
{
	struct journal *j = reopen(), *other = NULL;

	(void)state;
	assert_int_equal(
	    journal_open(dir, &other, NULL, NULL, &why), REASON_HOME_LOCKED);
	journal_close(j);
	journal_close(reopen());
	assert_int_equal(
	    journal_create_sized(dir, true, SAMPLE_TIME, SMALL, &why),
	    REASON_HOME_INVALID);
}

/* What is not committed does not exist. */
static void
uncommitted(void **state)
{
	struct journal *j = with_keys();
	uint64_t sequence = journal_ledger(j)->sequence;

	(void)state;
	add(j, sample_voucher("voucher-1"));
	journal_close(j);
	j = reopen();
	assert_int_equal(journal_ledger(j)->sequence, sequence);
	journal_close(j);
}

/* The last group was torn at any octet: it goes, what was before stays. */
static void
torn_anywhere(void **state)
{
	static const uint8_t zeros[8192];
	struct journal *j = with_keys();
	uint64_t sequence = journal_ledger(j)->sequence;
	struct segment before = image(1), s, after;
	size_t at, end;

	(void)state;
	add(j, sample_voucher("voucher-1"));
	add(j, sample_idevid("F1-1", 10));
	commit(j);
	journal_close(j);
	s = image(1);
	for (end = s.end; s.bytes[end - 1] == 0; end--)
		continue; /* padding */
	for (at = before.end; at < end; at++) {
		/* The head of the group reached the disk, its tail did not. */
		put(1, before.end,
		    span_of(s.bytes + before.end, s.end - before.end));
		put(1, at, span_of(zeros, s.end - at));
		j = reopen();
		assert_int_equal(journal_ledger(j)->sequence, sequence);
		journal_close(j);
		after = image(1);
		assert_int_equal(after.dirty, before.end);
		segment_free(&after);
		/* And the other way round. */
		put(1, before.end,
		    span_of(s.bytes + before.end, s.end - before.end));
		put(1, before.end, span_of(zeros, at - before.end + 1));
		j = reopen();
		assert_int_equal(journal_ledger(j)->sequence, sequence);
		journal_close(j);
	}
	j = reopen();
	add(j, sample_voucher("voucher-1"));
	commit(j);
	assert_int_equal(journal_ledger(j)->sequence, sequence + 1);
	journal_close(j);
	segment_free(&before);
	segment_free(&s);
}

/* A stranger chose octets inside of the torn group: as many as a domainID has,
 * and a good frame, but no record. */
static void
torn_with_a_frame_inside(void **state)
{
	uint8_t octets[KEY_ID_MAX] = { 0 };
	struct journal *j = with_keys();
	uint64_t sequence = journal_ledger(j)->sequence;
	struct segment s = image(1);

	(void)state;
	journal_close(j);
	octets[FRAME_HEADER + 3] = 1; /* one record of one octet */
	octets[FRAME_HEADER + 4] = 0xa0;
	frame_seal(octets, s.last_group + 2, KEY_ID_MAX - FRAME_HEADER);
	put(1, s.end, span_str("HLJ1 the rest is lost"));
	put(1, s.end + 256, span_of(octets, sizeof(octets)));
	j = reopen();
	assert_int_equal(journal_ledger(j)->sequence, sequence);
	journal_close(j);
	segment_free(&s);
}

/* Damage in front of a whole group is refused, with its offset. */
static void
flipped_anywhere(void **state)
{
	struct journal *j = with_keys(), *none = NULL;
	struct segment two = image(1);
	struct ledger l;
	uint64_t records;
	size_t at;

	(void)state;
	add(j, sample_voucher("voucher-1"));
	commit(j);
	journal_close(j);
	for (at = 0; at < two.end; at++) {
		flip(1, at, 0x10);
		assert_int_equal(journal_open(dir, &none, NULL, NULL, &why),
		    REASON_JOURNAL_DAMAGED);
		assert_true(why.offset >= 0 && (size_t)why.offset <= at);
		assert_non_null(strstr(why.text, "00000001.seg"));
		assert_int_equal(
		    journal_verify(dir, &l, &records, NULL, NULL, &why),
		    REASON_JOURNAL_DAMAGED);
		flip(1, at, 0x10);
	}
	journal_close(reopen());
	segment_free(&two);
}

/* A group whose frame is right and whose record does not join. */
static void
refuse_forged(struct record r, const char *says)
{
	uint8_t frame[FRAME_HEADER + 4 + RECORD_MAX] = { 0 };
	struct segment s = image(1);
	struct journal *none = NULL;
	size_t len;

	assert_true(
	    record_write(&r, frame + FRAME_HEADER + 4, RECORD_MAX, &len));
	frame[FRAME_HEADER + 2] = (uint8_t)(len >> 8);
	frame[FRAME_HEADER + 3] = (uint8_t)len;
	frame_seal(frame, s.last_group + 1, len + 4);
	put(1, s.end, span_of(frame, frame_size(len + 4)));
	assert_int_equal(
	    journal_open(dir, &none, NULL, NULL, &why), REASON_JOURNAL_DAMAGED);
	assert_int_equal(why.offset, s.end);
	if (strstr(why.text, says) == NULL)
		fail_msg("%s", why.text);
	memset(frame, 0, sizeof(frame));
	put(1, s.end, span_of(frame, sizeof(frame)));
	segment_free(&s);
}

static void
forged_links(void **state)
{
	struct journal *j = with_keys();
	struct record r = sample_voucher("voucher-1"), bad;
	const struct ledger *l = journal_ledger(j);

	(void)state;
	memcpy(r.signer, l->signer, sizeof(r.signer));
	memcpy(r.previous, l->head, HASH_SIZE);
	r.sequence = l->sequence + 1;
	r.time = l->time;
	journal_close(j);
	bad = r;
	bad.previous[5] ^= 1;
	refuse_forged(bad, "does not join");
	bad = r;
	bad.sequence++;
	refuse_forged(bad, "gap");
	bad = r;
	bad.signer[0] ^= 1;
	refuse_forged(bad, "another signer");
	bad = r;
	bad.time--;
	refuse_forged(bad, "time goes back");
	bad = r;
	strcpy(bad.voucher.key, "F1-1");
	refuse_forged(bad, "no nonced vouchers");
	journal_close(reopen());
}

/* The rules that hold before anything is written. */
static void
ledger_rules(void **state)
{
	struct journal *j = with_keys();
	struct record r = sample_idevid("F1-1", 9);
	uint64_t sequence;

	(void)state;
	add(j, r);
	sequence = journal_ledger(j)->sequence;
	r = sample_idevid("F1-1", 9);
	assert_int_equal(
	    journal_append(j, &r, SAMPLE_TIME, &why), REASON_JOURNAL_DAMAGED);
	r = sample_key(PURPOSE_VOUCHER, "voucher-1");
	assert_int_equal(
	    journal_append(j, &r, SAMPLE_TIME, &why), REASON_JOURNAL_DAMAGED);
	add(j, sample_act(LEDGER_VERB_RETIRE, "voucher-1"));
	r = sample_voucher("voucher-1");
	assert_int_equal(
	    journal_append(j, &r, SAMPLE_TIME, &why), REASON_JOURNAL_DAMAGED);
	assert_int_equal(journal_ledger(j)->sequence, sequence + 1);
	commit(j);
	journal_close(j);
	j = reopen();
	assert_int_equal(journal_ledger(j)->sequence, sequence + 1);
	journal_close(j);
}

static void
time_never_goes_back(void **state)
{
	struct journal *j = reopen();
	struct record r = sample_clock();

	(void)state;
	assert_int_equal(
	    journal_append(j, &r, SAMPLE_TIME + 50, &why), REASON_OK);
	assert_int_equal(r.time, SAMPLE_TIME + 50);
	assert_int_equal(
	    journal_append(j, &r, SAMPLE_TIME - 50, &why), REASON_OK);
	assert_int_equal(r.time, SAMPLE_TIME + 50);
	journal_close(j);
}

static enum reason
count(void *context, const struct record *r, struct span bytes, struct why *w)
{
	uint64_t *next = context;

	(void)bytes;
	if (r->sequence != *next)
		return why_set(w, REASON_INTERNAL, -1, "out of order");
	++*next;
	return REASON_OK;
}

/* Records over several segments: nothing lost, every checkpoint right. */
static uint64_t
fill(struct journal *j, unsigned records)
{
	unsigned i, drained = 0;
	uint64_t before = journal_ledger(j)->sequence;

	journal_drain(j, ignore, NULL);
	for (i = 0; i < records; i++) {
		add(j, sample_voucher("voucher-1"));
		if (i % 3 == 2) {
			commit(j);
			journal_drain(j, ignore, &drained);
		}
	}
	commit(j);
	journal_drain(j, ignore, &drained);
	assert_int_equal(drained, journal_ledger(j)->sequence - before);
	return journal_ledger(j)->sequence;
}

static void
rolls_over(void **state)
{
	struct journal *j = with_keys();
	uint64_t sequence = fill(j, 3000), next, records;
	struct ledger l;
	int fd = open(dir, O_RDONLY | O_DIRECTORY);

	(void)state;
	assert_true(segment_highest(fd) >= 4);
	close(fd);
	journal_close(j);
	j = reopen();
	assert_int_equal(journal_ledger(j)->sequence, sequence);
	assert_int_equal(journal_ledger(j)->keys[1].count.issued, 3000);
	journal_close(j);
	for (next = 1; next <= 700; next += 699) {
		uint64_t from = next;

		assert_int_equal(
		    journal_read(dir, from, count, &from, &why), REASON_OK);
		assert_int_equal(from, sequence + 1);
	}
	assert_int_equal(
	    journal_verify(dir, &l, &records, NULL, NULL, &why), REASON_OK);
	assert_int_equal(records, sequence);
	assert_int_equal(l.keys[1].count.issued, 3000);
	assert_int_equal(l.keys[1].count.in_period, 3000);
	ledger_free(&l);
}

struct beside {
	struct journal *j;
	uint64_t last;
};

/* A signer that goes on, into the next segment, while the first record is read. */
static enum reason
goes_on(void *context, const struct record *r, struct span bytes,
    struct why *ignored)
{
	struct beside *b = context;
	int fd = open(dir, O_RDONLY | O_DIRECTORY);
	long highest = segment_highest(fd);

	(void)bytes;
	(void)ignored;
	assert_int_equal(r->sequence, b->last + 1);
	b->last = r->sequence;
	while (r->sequence == 1 &&
	    segment_first_sequence(fd, (unsigned)highest) == 0)
		fill(b->j, 1);
	close(fd);
	return REASON_OK;
}

static void
read_beside_a_writer(void **state)
{
	struct beside b = { .j = with_keys() };
	int fd = open(dir, O_RDONLY | O_DIRECTORY);
	uint64_t records, before;
	struct ledger l;

	(void)state;
	/* The next one is made ahead. */
	while (segment_highest(fd) == 1)
		fill(b.j, 1);
	assert_int_equal(segment_first_sequence(fd, 2), 0);
	before = journal_ledger(b.j)->sequence;
	assert_int_equal(
	    journal_verify(dir, &l, &records, goes_on, &b, &why), REASON_OK);
	assert_true(records > before);
	assert_int_equal(b.last, records);
	assert_int_equal(records, journal_ledger(b.j)->sequence);
	ledger_free(&l);
	journal_close(b.j);
	close(fd);
}

/* A checkpoint that says something else than its records. */
static void
lying_checkpoint(void **state)
{
	struct journal *j = with_keys();
	struct segment s;
	struct span payload, bytes;
	struct record r;
	struct ledger l;
	uint8_t content[RECORD_MAX],
	    frame[FRAME_HEADER + 4 + RECORD_MAX] = { 0 };
	uint64_t group, records;
	size_t offset = 0, len;

	(void)state;
	fill(j, 800);
	journal_close(j);
	s = image(2);
	assert_true(segment_group(&s, &offset, &group, &payload));
	assert_true(payload_record(&payload, &bytes));
	assert_int_equal(record_read(bytes, &r, &why), REASON_OK);
	assert_int_equal(ledger_read(r.checkpoint, &l, &why), REASON_OK);
	l.keys[1].count.issued--;
	assert_true(ledger_write(&l, 0, content, sizeof(content), &len));
	ledger_free(&l);
	r.checkpoint = span_of(content, len);
	assert_true(
	    record_write(&r, frame + FRAME_HEADER + 4, RECORD_MAX, &len));
	assert_int_equal(frame_size(len + 4), offset);
	frame[FRAME_HEADER + 2] = (uint8_t)(len >> 8);
	frame[FRAME_HEADER + 3] = (uint8_t)len;
	frame_seal(frame, group, len + 4);
	put(2, 0, span_of(frame, frame_size(len + 4)));
	segment_free(&s);
	assert_int_equal(journal_verify(dir, &l, &records, NULL, NULL, &why),
	    REASON_JOURNAL_DAMAGED);
	assert_non_null(strstr(why.text, "00000002.seg offset 0"));
}

/* What a signature is dated, against its record: the record's time, the one that the
 * moment names, and the last clock that was accepted (0: none), all less the sample's. */
static void
moments(void **state)
{
	static const struct {
		int64_t chain, accepted, record, moment;
		enum reason reason;
	} cases[] = {
		{ 0, 0, 9, 9, REASON_OK },
		{ 0, 0, 9, 9 - MOMENT_TOLERATED, REASON_OK },
		{ 0, 0, 9, 8 - MOMENT_TOLERATED, REASON_JOURNAL_TIME },
		{ 0, 0, 9, 10, REASON_JOURNAL_TIME },
		/* Back by an operator's word, until the clock has come up. */
		{ 9, -86400, 9, -86000, REASON_OK },
		{ 9, -86400, 9, -86400 - MOMENT_TOLERATED, REASON_OK },
		{ 9, -86400, 9, -86401 - MOMENT_TOLERATED,
		    REASON_JOURNAL_TIME },
		{ 9, -86400, 10, -86000, REASON_JOURNAL_TIME },
		{ 9, 9, 9, 8 - MOMENT_TOLERATED, REASON_JOURNAL_TIME },
	};
	size_t i;
	int kind;

	(void)state;
	for (i = 0; i < 2 * sizeof(cases) / sizeof(cases[0]); i++) {
		struct moments m = { 0 };
		struct record r = { .kind = RECORD_CLOCK };

		kind = i % 2 == 0 ? RECORD_IDEVID : RECORD_VOUCHER;
		r.time = SAMPLE_TIME + cases[i / 2].chain;
		r.clock.to = SAMPLE_TIME + cases[i / 2].accepted;
		if (cases[i / 2].accepted != 0)
			assert_int_equal(
			    moments_take(&m, &r, span_of(NULL, 0), &why),
			    REASON_OK);
		r = kind == RECORD_IDEVID ? sample_idevid("a", 1)
					  : sample_voucher("a");
		r.time = SAMPLE_TIME + cases[i / 2].record;
		*(kind == RECORD_IDEVID ? &r.idevid.not_before
					: &r.voucher.created_on) =
		    SAMPLE_TIME + cases[i / 2].moment;
		if (moments_take(&m, &r, span_of(NULL, 0), &why) !=
		    cases[i / 2].reason)
			fail_msg("case %zu: %s", i / 2, why.text);
	}
}

/* The first group of a new segment was torn: the one before goes on. */
static void
torn_roll_over(void **state)
{
	struct journal *j = with_keys();
	uint64_t sequence;
	int fd = open(dir, O_RDONLY | O_DIRECTORY);

	(void)state;
	while (segment_highest(fd) < 2)
		fill(j, 3);
	sequence = journal_ledger(j)->sequence;
	journal_close(j);
	put(2, 0, span_str("HLJ1 half of a frame"));
	j = reopen();
	assert_int_equal(journal_ledger(j)->sequence, sequence);
	fill(j, 300);
	sequence = journal_ledger(j)->sequence;
	journal_close(j);
	j = reopen();
	assert_int_equal(journal_ledger(j)->sequence, sequence);
	journal_close(j);
	close(fd);
}

/* kill -9 while groups are being written: the acknowledged ones are there. */
static void
killed(void **state)
{
	uint64_t seen = 0;
	struct journal *j = with_keys();
	int ends[2], status;
	unsigned round;
	pid_t child;

	(void)state;
	journal_close(j);
	for (round = 0; round < 8; round++) {
		assert_int_equal(pipe(ends), 0);
		if ((child = fork()) == 0) {
			close(ends[0]);
			j = reopen();
			for (;;) {
				add(j, sample_voucher("voucher-1"));
				add(j, sample_voucher("voucher-1"));
				commit(j);
				journal_drain(j, ignore, NULL);
				seen = journal_ledger(j)->sequence;
				if (write(ends[1], &seen, sizeof(seen)) < 0)
					_exit(1);
			}
		}
		close(ends[1]);
		for (unsigned i = 0; i < 20 + 31 * round; i++)
			assert_int_equal(
			    read(ends[0], &seen, sizeof(seen)), sizeof(seen));
		kill(child, SIGKILL);
		waitpid(child, &status, 0);
		while (read(ends[0], &seen, sizeof(seen)) == sizeof(seen))
			continue;
		close(ends[0]);
		j = reopen();
		assert_true(journal_ledger(j)->sequence >= seen);
		journal_close(j);
	}
}

/* No room for another segment is said before a group, not inside of one. */
static void
full(void **state)
{
	struct journal *j = with_keys();
	struct record r;
	char name[100];
	enum reason reason = REASON_OK;
	unsigned i;

	(void)state;
	/* Where the next segment would be written stands a folder. */
	snprintf(name, sizeof(name), "%s/new", dir);
	assert_int_equal(mkdir(name, 0700), 0);
	for (i = 0; i < 1000 && reason == REASON_OK; i++) {
		r = sample_voucher("voucher-1");
		reason = journal_append(j, &r, SAMPLE_TIME, &why);
		if (reason == REASON_OK)
			commit(j);
		journal_drain(j, ignore, NULL);
	}
	assert_int_equal(reason, REASON_JOURNAL_FULL);
	assert_true(journal_idle(j));
	assert_int_equal(rmdir(name), 0);
	/* Tried for once a second, not for each order. */
	r = sample_voucher("voucher-1");
	assert_int_equal(
	    journal_append(j, &r, SAMPLE_TIME, &why), REASON_JOURNAL_FULL);
	poll(NULL, 0, 1100);
	add(j, sample_voucher("voucher-1"));
	assert_false(journal_idle(j));
	commit(j);
	journal_close(j);
	journal_close(reopen());
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, make, clear)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(remembers),
		CASE(name_lasts),
		CASE(second_signer_stays_out),
		CASE(uncommitted),
		CASE(torn_anywhere),
		CASE(torn_with_a_frame_inside),
		CASE(flipped_anywhere),
		CASE(forged_links),
		CASE(ledger_rules),
		CASE(time_never_goes_back),
		CASE(rolls_over),
		CASE(read_beside_a_writer),
		CASE(lying_checkpoint),
		CASE(moments),
		CASE(torn_roll_over),
		CASE(killed),
		CASE(full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
