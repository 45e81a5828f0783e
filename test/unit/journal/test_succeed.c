/* After a restore: records come back from the copy, and a new signer goes on. */
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "copies.h"

#define SMALL	(5 * RECORD_MAX)
#define RECORDS 700

static int
make(void **state)
{
	(void)state;
	return make_sized(SMALL);
}

static void
add(struct journal *j, struct record r)
{
	assert_int_equal(
	    journal_append(j, &r, SAMPLE_TIME + 5, &why), REASON_OK);
}

static void
shell(const char *format)
{
	char command[300];

	snprintf(command, sizeof(command), format, top, top);
	assert_int_equal(system(command), 0);
}

/* Two keys and one signature; this much is in the backup. */
static uint64_t
backup(void)
{
	struct journal *j = reopen();
	uint64_t sequence;

	add(j, sample_key(PURPOSE_IDEVID_CA, "F1-1"));
	add(j, sample_key(PURPOSE_VOUCHER, "voucher-1"));
	add(j, sample_ca("F1-1"));
	add(j, sample_ca("voucher-1"));
	add(j, sample_idevid("F1-1", 9));
	assert_int_equal(journal_commit(j, &why), REASON_OK);
	sequence = journal_ledger(j)->sequence;
	journal_close(j);
	shell("cp -a %s/journal %s/saved");
	return sequence;
}

/* And this much came after it, over several segments. */
static struct ledger
life(void)
{
	struct journal *j = reopen();
	struct ledger l;
	uint64_t records;
	unsigned i;

	for (i = 0; i < RECORDS; i++) {
		add(j, sample_voucher("voucher-1"));
		if (i % 7 == 6) {
			assert_int_equal(journal_commit(j, &why), REASON_OK);
			journal_drain(j, ignore, NULL);
		}
	}
	add(j, sample_idevid("F1-1", 30));
	assert_int_equal(journal_commit(j, &why), REASON_OK);
	journal_close(j);
	assert_int_equal(journal_read(dir, 1, keep, NULL, &why), REASON_OK);
	assert_int_equal(
	    journal_verify(dir, &l, &records, NULL, NULL, &why), REASON_OK);
	assert_int_equal(records, copied);
	return l;
}

/* Record for record the same, checkpoints between segments included. */
static void
comes_back(void **state)
{
	uint64_t from = backup(), records;
	struct ledger before = life(), after;
	struct journal *j;

	(void)state;
	shell("rm -r %s/journal && mv %s/saved journal.tmp");
	shell("mv journal.tmp %s/journal");
	j = adopted(from);
	journal_close(j);
	assert_int_equal(
	    journal_verify(dir, &after, &records, NULL, NULL, &why), REASON_OK);
	assert_int_equal(after.sequence, before.sequence);
	assert_memory_equal(after.head, before.head, HASH_SIZE);
	assert_int_equal(after.keys[1].count.issued, RECORDS);
	ledger_free(&before);
	ledger_free(&after);
}

/* A copy that was edited does not get in. */
static void
does_not_join(void **state)
{
	uint64_t from = backup();
	struct ledger before = life();
	struct journal *j;

	(void)state;
	shell("rm -r %s/journal && mv %s/saved journal.tmp");
	shell("mv journal.tmp %s/journal");
	j = reopen();
	assert_int_equal(
	    journal_adopt(
		j, span_of(copy[from + 1].bytes, copy[from + 1].len), &why),
	    REASON_JOURNAL_FORK);
	journal_close(j);
	j = reopen();
	assert_int_equal(journal_ledger(j)->sequence, from);
	journal_close(j);
	ledger_free(&before);
}

static void
goes_on(void **state)
{
	uint64_t records;
	struct ledger old, new;
	char before[PATH_MAX];
	struct journal *j;
	struct record r;
	bool found;

	(void)state;
	(void)backup();
	old = life();
	j = reopen();
	assert_int_equal(
	    journal_succeed(j, dir, 100, 1000, SAMPLE_TIME, &why), REASON_OK);
	journal_close(j);
	j = reopen();
	r = sample_idevid("F1-1", 130); /* 30 were used, 100 are left out */
	assert_int_equal(
	    journal_append(j, &r, SAMPLE_TIME, &why), REASON_JOURNAL_DAMAGED);
	add(j, sample_idevid("F1-1", 131));
	assert_int_equal(journal_commit(j, &why), REASON_OK);
	journal_close(j);
	assert_int_equal(
	    journal_verify(dir, &new, &records, NULL, NULL, &why), REASON_OK);
	assert_int_equal(records, 3); /* checkpoint, act, IDevID */
	assert_memory_not_equal(new.signer, old.signer, sizeof(new.signer));
	assert_memory_equal(new.before.head, old.head, HASH_SIZE);
	assert_int_equal(new.before.sequence, old.sequence);
	assert_int_equal(new.keys[0].last_counter, 131);
	assert_int_equal(new.keys[1].count.issued, RECORDS + 100);
	/* They may have been made in this very period of its rate. */
	assert_int_equal(new.keys[1].count.in_period, RECORDS + 100);
	assert_true(new.time > old.time);
	assert_int_equal(journal_before(dir, before, &found, &why), REASON_OK);
	assert_true(found);
	assert_non_null(strstr(before, "journal.1"));
	assert_int_equal(
	    journal_before(before, before, &found, &why), REASON_OK);
	assert_false(found);
	/* A first record that keeps less in mind than the old chain tells. */
	shell("rm -r %s/journal.1 && cp -a %s/saved backup.tmp");
	shell("mv backup.tmp %s/journal.1");
	assert_int_equal(
	    journal_before(dir, before, &found, &why), REASON_JOURNAL_FORK);
	ledger_free(&old);
	ledger_free(&new);
}

/* Stands before the one of libc: what happens between open and lock. */
static const char *meanwhile;

int
flock(int fd, int how)
{
	const char *command = meanwhile;

	meanwhile = NULL;
	if (command != NULL)
		shell(command);
	return (int)syscall(SYS_flock, fd, how);
}

/* A signer that starts while the folders change places must not go on with the
 * journal that has ended: two would write, and neither know of the other. */
static void
late(void **state)
{
	struct journal *j = NULL;

	(void)state;
	(void)backup();
	meanwhile = "cd %s && mv journal old && mv saved journal; : %s";
	assert_int_equal(
	    journal_open(dir, &j, NULL, NULL, &why), REASON_HOME_LOCKED);
	assert_null(j);
	j = reopen();
	journal_close(j);
}

/* For nobody but the signer. */
static void
closed_to_others(void **state)
{
	const struct {
		const char *name;
		mode_t mode;
	} made[] = { { "", 0700 }, { "/lock", 0600 },
		{ "/00000001.seg", 0600 } };
	char path[200];
	struct journal *j;
	struct stat st;
	size_t i;

	(void)state;
	j = reopen();
	assert_int_equal(
	    journal_succeed(j, dir, 0, 0, SAMPLE_TIME, &why), REASON_OK);
	journal_close(j);
	for (i = 0; i < sizeof(made) / sizeof(made[0]); i++) {
		snprintf(path, sizeof(path), "%s%s", dir, made[i].name);
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_mode & 07777, made[i].mode);
	}
}

/* Each field of the join is looked at. */
static void
join_lies(void **state)
{
	static const uint8_t signer[16] = { 7 };
	struct ledger old = { .sequence = 9, .time = SAMPLE_TIME };
	struct ledger next, joined;
	struct record r = { .kind = RECORD_CHECKPOINT, .sequence = 1 };
	uint8_t content[RECORD_MAX];
	size_t len;
	unsigned lie;

	(void)state;
	memset(old.signer, 1, sizeof(old.signer));
	memset(old.head, 2, sizeof(old.head));
	old.keys = calloc(1, sizeof(*old.keys));
	old.keys_len = 1;
	old.keys[0].order = sample_order(PURPOSE_IDEVID_CA, "F1-1");
	old.keys[0].state = KEY_ACTIVE;
	old.keys[0].last_counter = 40;
	memset(old.keys[0].spki_sha256, 3, HASH_SIZE);
	for (lie = 0; lie < 8; lie++) {
		ledger_succeed(&old, signer, 5, SAMPLE_TIME + 60, &next);
		next.before.signer[0] ^= lie == 1;
		next.before.sequence -= lie == 2;
		next.before.head[0] ^= lie == 3;
		next.keys[0].last_counter -= lie == 4;
		next.keys[0].state = lie == 5 ? KEY_RETIRED : KEY_ACTIVE;
		next.time = lie == 6 ? old.time : next.time;
		next.before.skipped -= lie == 7;
		assert_true(
		    ledger_write(&next, 0, content, sizeof(content), &len));
		r.checkpoint = span_of(content, len);
		assert_int_equal(ledger_joins(&old, &r, &joined, &why),
		    lie == 0 ? REASON_OK : REASON_JOURNAL_FORK);
		ledger_free(&joined);
		ledger_free(&next);
	}
	free(old.keys);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, make, clear)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(comes_back),
		CASE(does_not_join),
		CASE(goes_on),
		CASE(join_lies),
		CASE(late),
		CASE(closed_to_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
