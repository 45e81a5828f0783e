/* Groups, migrations, and what is left after power is cut. */
#include "fixture.h"

#include <signal.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"

static void
put_product(struct store *s)
{
	struct product p;

	product_defaults(&p);
	memcpy(p.name, "router-9", 9);
	memcpy(p.token, "AR9", 4);
	assert_true(store_product_put(s, &p));
}

/* Opens the file as another program would and runs one statement. */
static void
by_hand(const struct fixture *f, const char *sql)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

static void
migrations(void **state)
{
	struct fixture *f = *state;
	struct product p;
	struct why why;

	put_product(f->store);
	assert_true(committed(f->store));
	fixture_again(f);
	assert_true(store_product_find(f->store, "router-9", &p));
	assert_string_equal(p.token, "AR9");

	/* A newer one is left alone. */
	store_close(f->store);
	f->store = NULL;
	by_hand(f, "INSERT INTO schema_version VALUES (999)");
	assert_int_equal(
	    store_open(&spy_driver, f->path, false, NULL, &f->store, &why),
	    REASON_STORE_SCHEMA);
	assert_null(f->store);
	by_hand(f, "DELETE FROM schema_version WHERE version = 999");
	assert_int_equal(
	    store_open(&spy_driver, f->path, false, NULL, &f->store, &why),
	    REASON_OK);
	assert_true(store_product_find(f->store, "router-9", &p));
}

static void
read_beside(const struct fixture *f, const char *tail, struct buf *out)
{
	char path[sizeof(f->path) + 16];
	struct why why;

	snprintf(path, sizeof(path), "%s%s", f->path, tail);
	assert_int_equal(file_read(path, out, 1 << 24, &why), REASON_OK);
}

/* With all that a crash of the newer program left in the log. */
static void
newer_after_a_crash(void **state)
{
	static const char *const tails[] = { "", "-wal" };
	struct fixture *f = *state;
	struct buf before[2], after[2];
	struct why why;
	sqlite3 *db;
	unsigned i;
	int status;

	store_close(f->store);
	f->store = NULL;
	if (fork() == 0) {
		status = sqlite3_open(f->path, &db);
		status |=
		    sqlite3_exec(db, "INSERT INTO schema_version VALUES (999)",
			NULL, NULL, NULL);
		_exit(status);
	}
	assert_true(wait(&status) > 0);
	assert_int_equal(status, 0);
	for (i = 0; i < 2; i++)
		read_beside(f, tails[i], &before[i]);
	assert_true(before[1].len > 0);
	assert_int_equal(
	    store_open(&spy_driver, f->path, false, NULL, &f->store, &why),
	    REASON_STORE_SCHEMA);
	f->store = NULL;
	for (i = 0; i < 2; i++) {
		read_beside(f, tails[i], &after[i]);
		assert_int_equal(after[i].len, before[i].len);
		assert_memory_equal(after[i].ptr, before[i].ptr, after[i].len);
		buf_free(&before[i]);
		buf_free(&after[i]);
	}
}

/* From a file that holds nothing of ours, as from none. */
static void
from_nothing(void **state)
{
	struct fixture *f = *state;
	struct why why;

	store_close(f->store);
	assert_int_equal(unlink(f->path), 0);
	assert_int_equal(
	    store_open(&spy_driver, f->path, false, NULL, &f->store, &why),
	    REASON_STORE_FAILED);
	f->store = NULL;
	by_hand(f, "CREATE TABLE other (x); DROP TABLE other");
	assert_int_equal(
	    store_open(&spy_driver, f->path, false, NULL, &f->store, &why),
	    REASON_OK);
	put_product(f->store);
	assert_true(committed(f->store));
}

static void
bad_row(void **state)
{
	struct fixture *f = *state;
	struct store_device one = some_device(1), twin = some_device(2);
	struct device found;

	put_product(f->store);
	assert_true(store_device_add(f->store, &one));
	/* The same key under another serial: refused, nothing else is. */
	memcpy(twin.device.spki_sha256, one.device.spki_sha256, HASH_SIZE);
	assert_false(store_device_add(f->store, &twin));
	twin = some_device(3);
	memcpy(twin.device.product, "unknown", 8);
	assert_false(store_device_add(f->store, &twin));
	twin = some_device(4);
	assert_true(store_device_add(f->store, &twin));
	assert_true(committed(f->store));
	assert_int_equal(store_count(f->store, TABLE_DEVICE), 2);
	assert_int_equal(store_device_find(f->store, "U-00004", &found, 1), 1);
	assert_int_equal(store_device_find(f->store, "U-00002", &found, 1), 0);
}

/* A statement that breaks, and a commit that fails, take the group along. */
static void
lost_group(void **state)
{
	struct fixture *f = *state;
	struct product p;

	put_product(f->store);
	spy_breaks = "COMMIT";
	assert_false(committed(f->store));
	spy_breaks = NULL;
	assert_false(store_group_open(f->store));
	assert_false(store_product_find(f->store, "router-9", &p));

	put_product(f->store);
	spy_breaks = "UPDATE schema_version";
	assert_false(store_probe(f->store));
	spy_breaks = NULL;
	assert_false(committed(f->store));
	assert_false(store_product_find(f->store, "router-9", &p));

	put_product(f->store);
	store_group_spoil(f->store);
	assert_false(committed(f->store));

	assert_true(store_probe(f->store));
	assert_true(committed(f->store));
	put_product(f->store);
	assert_true(committed(f->store));
	assert_true(store_product_find(f->store, "router-9", &p));
}

static off_t
log_length(const struct fixture *f)
{
	char path[sizeof(f->path) + 8];
	struct stat st;

	snprintf(path, sizeof(path), "%s-wal", f->path);
	assert_int_equal(stat(path, &st), 0);
	return st.st_size;
}

/* After the next start all of the log is written again: it does not keep the length of
 * the largest group. */
static void
log_is_cut(void **state)
{
	static uint8_t bytes[4096];
	struct fixture *f = *state;
	uint8_t hash[HASH_SIZE] = { 0 };
	unsigned i;

	for (i = 0; i < 8000; i++) {
		memcpy(hash, &i, sizeof(i));
		assert_true(store_request_keep(
		    f->store, hash, i, span_of(bytes, sizeof(bytes))));
	}
	assert_true(committed(f->store));
	assert_true(log_length(f) > 32 << 20);
	for (i = 0; i < 2; i++) {
		put_product(f->store);
		assert_true(committed(f->store));
	}
	assert_true(log_length(f) <= 16 << 20);
}

static void
watched(void *context)
{
	(void)context;
	spy_busy = false;
}

static void
busied(void *context)
{
	(void)context;
	spy_busy = true;
}

/* An index over a table of any length is sorted in files, what a new schema wrote is out
 * of the log when the store is open, and each step that says nothing is announced. */
static void
migration_settles(void **state)
{
	const struct store_watch watch = { watched, busied, NULL };
	struct fixture *f = *state;
	struct why why;

	store_close(f->store);
	f->store = NULL;
	by_hand(f,
	    "DROP INDEX voucher_pin; CREATE INDEX serial_csr ON serial (csr);"
	    "DELETE FROM schema_version WHERE version > 16");
	spy_sorts_in = 0;
	spy_busy = false;
	spy_steps = spy_told = 0;
	assert_int_equal(
	    store_open(&spy_driver, f->path, false, &watch, &f->store, &why),
	    REASON_OK);
	assert_int_equal(spy_sorts_in, 1);
	assert_int_equal(log_length(f), 0);
	assert_int_equal(spy_steps, 3);
	assert_int_equal(spy_told, 3);
}

/* --- kill -9 --- */

static void
tell(void *context, bool good)
{
	const uint64_t *n = context;

	if (!good || write(STDOUT_FILENO, n, sizeof(*n)) != sizeof(*n))
		_exit(1);
}

/* Commits groups of four records for ever, and tells of each. */
static void
commit_for_ever(const char *path)
{
	struct store *s;
	struct why why;
	uint64_t n = 0;

	if (store_open(&sqlite_driver, path, false, NULL, &s, &why) !=
	    REASON_OK)
		_exit(1);
	for (;;) {
		do {
			struct record r = voucher_record(++n, "U-00001", "n");

			if (!store_journal_add(s, &r, span_of(&n, sizeof(n))) ||
			    !store_voucher_add(s, &r))
				_exit(1);
		} while (n % 4 != 0);
		store_group_submit(s, tell, &n);
	}
}

static void
power_cut(void **state)
{
	struct fixture *f = *state;
	struct store_head head;
	uint64_t told = 0, n;
	int ends[2], status;
	pid_t child;

	store_close(f->store);
	f->store = NULL;
	assert_int_equal(pipe(ends), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		dup2(ends[1], STDOUT_FILENO);
		close(ends[0]);
		commit_for_ever(f->path);
	}
	close(ends[1]);
	while (told < 400)
		assert_int_equal(
		    read(ends[0], &told, sizeof(told)), sizeof(told));
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	/* What it had told of before it died counts as well. */
	while (read(ends[0], &n, sizeof(n)) == sizeof(n))
		told = n;
	close(ends[0]);

	assert_int_equal(store_open(&spy_driver, f->path, false, NULL,
			     &f->store, &(struct why){ 0 }),
	    REASON_OK);
	store_journal_head(f->store, &head);
	assert_false(head.empty);
	assert_true(head.sequence >= told);
	assert_int_equal(head.sequence % 4, 0);
	assert_int_equal(store_count(f->store, TABLE_VOUCHER), head.sequence);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    migrations, fixture_open, fixture_close),
		cmocka_unit_test_setup_teardown(
		    newer_after_a_crash, fixture_open, fixture_close),
		cmocka_unit_test_setup_teardown(
		    from_nothing, fixture_open, fixture_close),
		cmocka_unit_test_setup_teardown(
		    bad_row, fixture_open, fixture_close),
		cmocka_unit_test_setup_teardown(
		    lost_group, fixture_open, fixture_close),
		cmocka_unit_test_setup_teardown(
		    log_is_cut, fixture_open, fixture_close),
		cmocka_unit_test_setup_teardown(
		    migration_settles, fixture_open, fixture_close),
		cmocka_unit_test_setup_teardown(
		    power_cut, fixture_open, fixture_close),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
