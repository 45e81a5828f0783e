/* SQLite: WAL, synchronous=FULL, one writer; see driver.h. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/fatal.h"
#include "base/log.h"
#include "store/driver.h"
#include "store/wal_file.h"

#define STATEMENTS_MAX 128
#define WATCHED_STEPS  10000 /* of SQLite's machine: a thousand rows or so */

struct sqlite {
	sqlite3 *db;
	/* Prepared once each, found by the address of their static text. */
	struct {
		const char *sql;
		sqlite3_stmt *statement;
	} prepared[STATEMENTS_MAX];
	unsigned prepared_len;
	void (*watcher)(void *context);
	void *context; /* of the watcher */
	bool had_log;  /* there was a write-ahead log when it was opened */
};

static void
database_close(void *database, bool untouched)
{
	struct sqlite *s = database;
	unsigned i;

	/* Else the last to close writes the log into the file. */
	if (untouched && s->had_log)
		sqlite3_db_config(
		    s->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	for (i = 0; i < s->prepared_len; i++)
		sqlite3_finalize(s->prepared[i].statement);
	sqlite3_close(s->db);
	free(s);
}

static bool
database_script(void *database, const char *sql, struct why *why)
{
	struct sqlite *s = database;

	if (sqlite3_exec(s->db, sql, NULL, NULL, NULL) == SQLITE_OK)
		return true;
	why_set(why, REASON_STORE_FAILED, -1, "%s", sqlite3_errmsg(s->db));
	return false;
}

/* Sorts as large as tables go to files, and what is committed stays in the log until
 * all of it goes into the database at once: two waits, each half as long. */
static bool
database_bulk(void *database, bool begins, struct why *why)
{
	return database_script(database,
	    begins
		? "PRAGMA temp_store=FILE; PRAGMA wal_autocheckpoint=0;"
		: "PRAGMA wal_checkpoint(TRUNCATE);"
		  "PRAGMA wal_autocheckpoint=1000; PRAGMA temp_store=MEMORY;",
	    why);
}

/*
 * FULL: a commit that returned is on disk (NORMAL may lose it in WAL mode).
 * The mapping and the cache bound memory at ten million devices.
 */
static const char settings[] =
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
    "PRAGMA foreign_keys=ON; PRAGMA busy_timeout=5000;"
    "PRAGMA cache_size=-16384; PRAGMA temp_store=MEMORY;"
    "PRAGMA locking_mode=EXCLUSIVE;"
    /* Else the log keeps the length of the largest transaction, and each start
     * after an unclean stop writes all of it again. */
    "PRAGMA journal_size_limit=16777216;";

/*
 * After a sync that failed the page cache may show a transaction that the disk
 * does not have, as clean pages that no later sync writes. SQLite takes it for
 * committed when it opens the log, and a power cut would then take all that
 * came behind it. So the log is written once more before SQLite reads it.
 */
static bool
log_write_again(const char *where, bool *found)
{
	static uint8_t piece[65536];
	char path[PATH_MAX];
	off_t at = 0;
	ssize_t n;
	bool good;
	int fd;

	if (snprintf(path, sizeof(path), "%s-wal", where) >= (int)sizeof(path))
		return false;
	fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	*found = fd >= 0;
	if (fd < 0)
		return errno == ENOENT;
	while ((n = pread(fd, piece, sizeof(piece), at)) > 0 &&
	    pwrite(fd, piece, (size_t)n, at) == n)
		at += n;
	good = n == 0 && fdatasync(fd) == 0;
	close(fd);
	return good;
}

/* One thread uses it: no locks, and no totals of memory behind one. */
static void
library_open(void)
{
	static bool opened;

	if (!opened &&
	    (sqlite3_config(SQLITE_CONFIG_SINGLETHREAD) != SQLITE_OK ||
		sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0) != SQLITE_OK ||
		sqlite3_initialize() != SQLITE_OK || !wal_file_register()))
		fatal("SQLite cannot be set up");
	opened = true;
}

static void *
database_open(const char *where, bool create, struct why *why)
{
	struct sqlite *s = memory_new(sizeof(*s));
	/* A long statement or savepoint spills its journal into a file, and the
	 * only folder that is ours is this one (doc/decisions/009). */
	static char here[] = ".";
	int flags = SQLITE_OPEN_READWRITE | (create ? SQLITE_OPEN_CREATE : 0);

	if (!log_write_again(where, &s->had_log)) {
		why_set(why, REASON_STORE_FAILED, -1, "%s-wal: %m", where);
		free(s);
		return NULL;
	}
	library_open();
	sqlite3_temp_directory = here;
	if (sqlite3_open_v2(where, &s->db, flags, WAL_FILE_LAYER) !=
	    SQLITE_OK) {
		why_set(why, REASON_STORE_FAILED, -1, "%s: %s", where,
		    sqlite3_errmsg(s->db));
		database_close(s, false);
		return NULL;
	}
	if (!database_script(s, settings, why)) {
		database_close(s, true);
		return NULL;
	}
	return s;
}

/* One that is being read has its rows behind it: who asks the same meanwhile gets
 * another. */
static sqlite3_stmt *
prepared(struct sqlite *s, const char *sql)
{
	sqlite3_stmt *statement;
	unsigned i;

	for (i = 0; i < s->prepared_len; i++)
		if (s->prepared[i].sql == sql &&
		    !sqlite3_stmt_busy(s->prepared[i].statement))
			return s->prepared[i].statement;
	if (s->prepared_len == STATEMENTS_MAX)
		fatal("too many statements");
	if (sqlite3_prepare_v3(s->db, sql, -1, SQLITE_PREPARE_PERSISTENT,
		&statement, NULL) != SQLITE_OK)
		fatal("statement \"%s\": %s", sql, sqlite3_errmsg(s->db));
	s->prepared[s->prepared_len].sql = sql;
	s->prepared[s->prepared_len++].statement = statement;
	return statement;
}

static void
bind(sqlite3_stmt *t, const struct value *values, unsigned n)
{
	unsigned i;
	int r = SQLITE_OK;

	for (i = 0; i < n && r == SQLITE_OK; i++) {
		const struct value *v = &values[i];
		int at = (int)i + 1, len = (int)v->bytes.len;

		switch (v->type) {
		case VALUE_NULL:
			r = sqlite3_bind_null(t, at);
			break;
		case VALUE_NUMBER:
			r = sqlite3_bind_int64(t, at, v->number);
			break;
		case VALUE_TEXT:
			r = sqlite3_bind_text(t, at, (const char *)v->bytes.ptr,
			    len, SQLITE_STATIC);
			break;
		case VALUE_BYTES:
			r = len == 0 ? sqlite3_bind_zeroblob(t, at, 0)
				     : sqlite3_bind_blob(t, at, v->bytes.ptr,
					   len, SQLITE_STATIC);
			break;
		}
	}
	if (r != SQLITE_OK)
		fatal("a value could not be bound");
}

#define COLUMNS_MAX 32

static unsigned
take_row(sqlite3_stmt *t, struct value row[COLUMNS_MAX])
{
	int i, n = sqlite3_column_count(t);

	for (i = 0; i < n && i < COLUMNS_MAX; i++) {
		struct value *v = &row[i];

		memset(v, 0, sizeof(*v));
		switch (sqlite3_column_type(t, i)) {
		case SQLITE_INTEGER:
			v->type = VALUE_NUMBER;
			v->number = sqlite3_column_int64(t, i);
			break;
		case SQLITE_TEXT:
			v->type = VALUE_TEXT;
			v->bytes = span_of(sqlite3_column_text(t, i),
			    (size_t)sqlite3_column_bytes(t, i));
			break;
		case SQLITE_BLOB:
			v->type = VALUE_BYTES;
			v->bytes = span_of(sqlite3_column_blob(t, i),
			    (size_t)sqlite3_column_bytes(t, i));
			break;
		default:
			break;
		}
	}
	return (unsigned)i;
}

static enum statement_result
database_run(void *database, const char *sql, const struct value *values,
    unsigned n, row_call row, void *context)
{
	struct sqlite *s = database;
	sqlite3_stmt *t = prepared(s, sql);
	struct value columns[COLUMNS_MAX];
	enum statement_result result = STATEMENT_DONE;
	char text[200];
	int r;

	/* After some failures SQLite has done so by itself. */
	if (strcmp(sql, "ROLLBACK") == 0 && sqlite3_get_autocommit(s->db))
		return STATEMENT_DONE;
	bind(t, values, n);
	while ((r = sqlite3_step(t)) == SQLITE_ROW)
		if (row != NULL && !row(context, columns, take_row(t, columns)))
			break;
	if (r == SQLITE_DONE && !sqlite3_stmt_readonly(t) &&
	    sqlite3_changes(s->db) == 0) {
		result = STATEMENT_NOTHING;
	} else if (r == SQLITE_CONSTRAINT) {
		result = STATEMENT_CONFLICT;
	} else if (r != SQLITE_DONE && r != SQLITE_ROW) {
		log_alarm("store", "text=\"%s\"",
		    log_value(text, sizeof(text), sqlite3_errmsg(s->db)));
		result = STATEMENT_FAILED;
	}
	sqlite3_reset(t);
	sqlite3_clear_bindings(t);
	return result;
}

static int
on_steps(void *context)
{
	struct sqlite *s = context;

	s->watcher(s->context);
	return 0; /* not to be interrupted */
}

static void
database_watch(void *database, void (*call)(void *context), void *context)
{
	struct sqlite *s = database;

	s->watcher = call;
	s->context = context;
	sqlite3_progress_handler(
	    s->db, WATCHED_STEPS, call == NULL ? NULL : on_steps, s);
}

const struct driver sqlite_driver = {
	.name = "sqlite",
	.open = database_open,
	.close = database_close,
	.run = database_run,
	.script = database_script,
	.bulk = database_bulk,
	.watch = database_watch,
};
