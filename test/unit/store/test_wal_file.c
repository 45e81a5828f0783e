/* The file layer below SQLite's write-ahead log: what comes to the disk, when, and
 * what is there when a write fails. */
#include "fixture.h"

#include <errno.h>
#include <sqlite3.h>
#include <sys/syscall.h>

#include "../folder.h"
#include "base/file.h"
#include "store/driver.h"
#include "store/wal_file.h"

struct place {
	char path[PATH_MAX], copy[PATH_MAX];
	void *database;
};

static unsigned log_writes; /* calls that wrote to a write-ahead log */
static bool disk_full;	    /* and such calls fail */

/* In the place of libc's, which SQLite calls. */
ssize_t
pwrite64(int fd, const void *bytes, size_t n, off64_t at)
{
	char name[40], path[PATH_MAX];
	ssize_t len;

	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	len = readlink(name, path, sizeof(path) - 1);
	if (len > 4 && memcmp(path + len - 4, "-wal", 4) == 0) {
		log_writes++;
		if (disk_full) {
			errno = ENOSPC;
			return -1;
		}
	}
	return syscall(SYS_pwrite64, fd, bytes, n, at);
}

static int
place_open(void **state)
{
	struct place *p = calloc(1, sizeof(*p));
	struct why why;

	assert_int_equal(folder_make(state), 0);
	snprintf(p->path, sizeof(p->path), "%s", inside("store.db"));
	snprintf(p->copy, sizeof(p->copy), "%s", inside("copy.db"));
	p->database = sqlite_driver.open(p->path, true, &why);
	assert_non_null(p->database);
	assert_true(sqlite_driver.script(p->database,
	    "CREATE TABLE t (n INTEGER PRIMARY KEY, body BLOB)", &why));
	*state = p;
	return 0;
}

static int
place_close(void **state)
{
	struct place *p = *state;

	disk_full = false;
	sqlite_driver.close(p->database, false);
	unlink(p->path);
	unlink(p->copy);
	free(p);
	return folder_remove(state);
}

static enum statement_result
run(struct place *p, const char *sql)
{
	return sqlite_driver.run(p->database, sql, NULL, 0, NULL, NULL);
}

/* A row of 3000 octets. */
static enum statement_result
add(struct place *p, int64_t n)
{
	static uint8_t body[3000];
	struct value values[2] = { value_number(n),
		value_bytes(body, sizeof(body)) };

	memset(body, (int)n, sizeof(body));
	return sqlite_driver.run(p->database,
	    "INSERT INTO t (n, body) VALUES (?1, ?2)", values, 2, NULL, NULL);
}

static bool
take_number(void *context, const struct value *row, unsigned n)
{
	assert_int_equal(n, 1);
	*(int64_t *)context = row[0].number;
	return true;
}

static const char sum[] = "SELECT coalesce(sum(n * length(body)), 0) / 3000 "
			  "FROM t";

static void
copy_file(const char *from, const char *to)
{
	struct buf bytes;
	struct why why;

	assert_int_equal(file_read(from, &bytes, 64 << 20, &why), REASON_OK);
	assert_int_equal(
	    file_write(to, buf_span(&bytes), 0600, &why), REASON_OK);
	buf_free(&bytes);
}

/* The sum of all numbers, as who comes after a kill finds it. */
static int64_t
left_behind(struct place *p)
{
	char from[PATH_MAX + 4], to[PATH_MAX + 4];
	sqlite3 *db;
	sqlite3_stmt *t;
	int64_t n;

	snprintf(from, sizeof(from), "%s-wal", p->path);
	snprintf(to, sizeof(to), "%s-wal", p->copy);
	copy_file(p->path, p->copy);
	copy_file(from, to);
	assert_int_equal(sqlite3_open(p->copy, &db), SQLITE_OK);
	assert_int_equal(
	    sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &t, NULL),
	    SQLITE_OK);
	assert_int_equal(sqlite3_step(t), SQLITE_ROW);
	assert_string_equal(sqlite3_column_text(t, 0), "ok");
	sqlite3_finalize(t);
	assert_int_equal(sqlite3_prepare_v2(db, sum, -1, &t, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(t), SQLITE_ROW);
	n = sqlite3_column_int64(t, 0);
	sqlite3_finalize(t);
	sqlite3_close(db);
	return n;
}

/* The same in the open database; -1: it cannot be said. */
static int64_t
found(struct place *p)
{
	int64_t n = -1;

	(void)sqlite_driver.run(p->database, sum, NULL, 0, take_number, &n);
	return n;
}

static void
one_write(void **state)
{
	struct place *p = *state;
	int64_t n;

	log_writes = 0;
	(void)run(p, "BEGIN");
	for (n = 1; n <= 20; n++)
		assert_int_equal(add(p, n), STATEMENT_DONE);
	assert_int_not_equal(run(p, "COMMIT"), STATEMENT_FAILED);
	assert_int_equal(log_writes, 1);
	assert_int_equal(left_behind(p), 210);
}

/* More than a piece holds, and more than the cache: pages are read from the log before
 * they are committed, and written a second time, on the disk and in the piece. */
static void
spill(struct place *p)
{
	struct why why;
	int64_t n;

	assert_true(
	    sqlite_driver.script(p->database, "PRAGMA cache_size=10", &why));
	(void)run(p, "BEGIN");
	for (n = 1; n <= 400; n++)
		assert_int_equal(add(p, n), STATEMENT_DONE);
	assert_int_equal(run(p, "UPDATE t SET n = n + 1000 WHERE n % 7 = 0"),
	    STATEMENT_DONE);
	for (n = 401; n <= 404; n++)
		assert_int_equal(add(p, n), STATEMENT_DONE);
	assert_int_equal(
	    run(p, "UPDATE t SET n = n + 1000 WHERE n BETWEEN 401 AND 404"),
	    STATEMENT_DONE);
}

static const int64_t spilled = 404 * 405 / 2 + (57 + 4) * 1000;

static void
long_transaction(void **state)
{
	struct place *p = *state;

	spill(p);
	assert_int_equal(found(p), spilled);
	assert_int_equal(left_behind(p), 0);
	assert_int_not_equal(run(p, "COMMIT"), STATEMENT_FAILED);
	assert_int_equal(left_behind(p), spilled);
}

static void
full_at_commit(void **state)
{
	struct place *p = *state;

	(void)run(p, "BEGIN");
	assert_int_equal(add(p, 1), STATEMENT_DONE);
	disk_full = true;
	assert_int_equal(run(p, "COMMIT"), STATEMENT_FAILED);
	(void)run(p, "ROLLBACK");
	assert_int_equal(found(p), 0);
	disk_full = false;
	assert_int_equal(left_behind(p), 0);
	(void)run(p, "BEGIN");
	assert_int_equal(add(p, 2), STATEMENT_DONE);
	assert_int_not_equal(run(p, "COMMIT"), STATEMENT_FAILED);
	assert_int_equal(found(p), 2);
	assert_int_equal(left_behind(p), 2);
}

/* A statement fails that found the disk full, and its transaction goes on all the same:
 * then nothing is missing from it, or it is no commit. */
static void
full_amid(void **state)
{
	struct place *p = *state;
	int64_t after;

	spill(p);
	disk_full = true;
	assert_int_equal(
	    run(p, "UPDATE t SET n = n + 10000"), STATEMENT_FAILED);
	assert_int_equal(run(p, "COMMIT"), STATEMENT_FAILED);
	(void)run(p, "ROLLBACK");
	assert_int_equal(found(p), 0);
	disk_full = false;
	assert_int_equal(left_behind(p), 0);

	spill(p);
	disk_full = true;
	assert_int_equal(
	    run(p, "UPDATE t SET n = n + 10000"), STATEMENT_FAILED);
	disk_full = false;
	after = run(p, "COMMIT") == STATEMENT_FAILED ? 0 : spilled;
	(void)run(p, "ROLLBACK");
	assert_int_equal(found(p), after);
	assert_int_equal(left_behind(p), after);
}

#define LONGEST 400000

/* The layer by itself, against an array: any order of calls leaves the same file. */
static void
any_order(void **state)
{
	static uint8_t model[LONGEST], bytes[LONGEST];
	struct place *p = *state;
	sqlite3_vfs *vfs = sqlite3_vfs_find(WAL_FILE_LAYER);
	sqlite3_file *file = calloc(1, (size_t)vfs->szOsFile);
	sqlite3_int64 size = 0, said;
	char path[PATH_MAX];
	unsigned i;
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;

	/* SQLite gives a log the mode of its database. */
	snprintf(path, sizeof(path), "%s", inside("any"));
	copy_file(p->path, path);
	strcat(path, "-wal");
	assert_int_equal(
	    vfs->xOpen(vfs, path, file, flags | SQLITE_OPEN_WAL, &flags),
	    SQLITE_OK);
	/* One octet more than the layer below takes at once. */
	assert_int_equal(
	    file->pMethods->xWrite(file, model, 0x1ffff, 0), SQLITE_OK);
	assert_int_equal(
	    file->pMethods->xWrite(file, model, 1, 0x1ffff), SQLITE_OK);
	size = 0x20000;
	srand(8366);
	for (i = 0; i < 20000; i++) {
		int n = rand() % 4 == 0 ? 4096 : 1 + rand() % 200;
		sqlite3_int64 at = size;

		if (rand() % 500 == 0)
			n = 1 + rand() % 0x1ffff;
		if (rand() % 3 == 0) /* near the end, or anywhere before it */
			at = rand() % 2 == 0 && size > 9000
			    ? size - rand() % 9000
			    : rand() % (size + 1);
		if (rand() % 100 == 0 && size + 200 < LONGEST) { /* a hole */
			memset(model + size, 0, 4);
			at = size + 1 + rand() % 3;
		}
		if (at + n > LONGEST) {
			size = at = rand() % 10000;
			assert_int_equal(
			    file->pMethods->xTruncate(file, size), SQLITE_OK);
		}
		memset(bytes, (int)i, (size_t)n);
		memcpy(model + at, bytes, (size_t)n);
		assert_int_equal(
		    file->pMethods->xWrite(file, bytes, n, at), SQLITE_OK);
		size = at + n > size ? at + n : size;
		if (rand() % 20 == 0) {
			at = rand() % size;
			n = (int)(size - at < 5000 ? size - at : 5000);
			assert_int_equal(
			    file->pMethods->xRead(file, bytes, n, at),
			    SQLITE_OK);
			assert_memory_equal(bytes, model + at, (size_t)n);
		}
		if (rand() % 50 == 0) {
			assert_int_equal(
			    file->pMethods->xFileSize(file, &said), SQLITE_OK);
			assert_int_equal(said, size);
		}
		if (rand() % 200 == 0) {
			struct buf found;
			struct why why;

			assert_int_equal(
			    file->pMethods->xSync(file, SQLITE_SYNC_NORMAL),
			    SQLITE_OK);
			assert_int_equal(
			    file_read(path, &found, LONGEST, &why), REASON_OK);
			assert_int_equal(found.len, size);
			assert_memory_equal(found.ptr, model, found.len);
			buf_free(&found);
		}
	}
	file->pMethods->xClose(file);
	free(file);
	unlink(path);
	unlink(inside("any"));
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, place_open, place_close)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(one_write),
		TEST(long_transaction),
		TEST(full_at_commit),
		TEST(full_amid),
		TEST(any_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
