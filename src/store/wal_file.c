/* SQLite's write-ahead log, written in long pieces; see wal_file.h. */
#include "store/wal_file.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "base/fatal.h"

/* SQLite's layer writes no more at once, and takes more for a full disk. It is 31 pages
 * of 4 KiB with their headers. */
#define PIECE_MAX 0x1ffff

/* Stands behind the file that the layer below keeps, which it takes from us by
 * address: so the methods that are not named here stay its own. */
struct wal {
	const sqlite3_io_methods *below;
	unsigned char *piece; /* written by SQLite, not yet by us */
	size_t len;
	sqlite3_int64 at; /* where it begins in the file */
};

static sqlite3_vfs layer; /* the layer below with another way to open */
static sqlite3_vfs *below;
static sqlite3_io_methods methods; /* of the log */

static struct wal *
wal_of(sqlite3_file *file)
{
	return (struct wal *)((char *)file + layer.szOsFile -
	    (int)sizeof(struct wal));
}

/* What cannot be written is kept and tried with the next call: that one fails as well,
 * or nothing is missing from the log. */
static int
flush(sqlite3_file *file)
{
	struct wal *w = wal_of(file);
	int r;

	if (w->len == 0)
		return SQLITE_OK;
	r = w->below->xWrite(file, w->piece, (int)w->len, w->at);
	if (r == SQLITE_OK)
		w->len = 0;
	return r;
}

/* Can n octets that go to at be put into the piece, without a hole? */
static bool
joins(const struct wal *w, sqlite3_int64 at, size_t n)
{
	return at >= w->at && at <= w->at + (sqlite3_int64)w->len &&
	    (size_t)(at - w->at) + n <= PIECE_MAX;
}

static int
wal_write(sqlite3_file *file, const void *bytes, int n, sqlite3_int64 at)
{
	struct wal *w = wal_of(file);
	size_t len = (size_t)n, end;
	int r;

	if (!joins(w, at, len)) {
		if ((r = flush(file)) != SQLITE_OK)
			return r;
		if (len > PIECE_MAX)
			return SQLITE_IOERR_WRITE; /* no page is so long */
		w->at = at;
	}
	memcpy(w->piece + (at - w->at), bytes, len);
	end = (size_t)(at - w->at) + len;
	if (end > w->len)
		w->len = end;
	return SQLITE_OK;
}

/* What is elsewhere is read also while the disk is full. */
static int
wal_read(sqlite3_file *file, void *bytes, int n, sqlite3_int64 at)
{
	struct wal *w = wal_of(file);
	int r = SQLITE_OK;

	if (at < w->at + (sqlite3_int64)w->len && at + n > w->at)
		r = flush(file);
	return r != SQLITE_OK ? r : w->below->xRead(file, bytes, n, at);
}

static int
wal_truncate(sqlite3_file *file, sqlite3_int64 len)
{
	int r = flush(file);

	return r != SQLITE_OK ? r : wal_of(file)->below->xTruncate(file, len);
}

static int
wal_sync(sqlite3_file *file, int flags)
{
	int r = flush(file);

	return r != SQLITE_OK ? r : wal_of(file)->below->xSync(file, flags);
}

static int
wal_size(sqlite3_file *file, sqlite3_int64 *len)
{
	int r = flush(file);

	return r != SQLITE_OK ? r : wal_of(file)->below->xFileSize(file, len);
}

/* What was not synced belongs to no commit. */
static int
wal_close(sqlite3_file *file)
{
	free(wal_of(file)->piece);
	return wal_of(file)->below->xClose(file);
}

static int
layer_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags,
    int *flags_out)
{
	struct wal *w = wal_of(file);
	int r = below->xOpen(below, name, file, flags, flags_out);

	(void)vfs;
	if (r != SQLITE_OK || !(flags & SQLITE_OPEN_WAL))
		return r;
	memset(w, 0, sizeof(*w));
	w->below = file->pMethods;
	w->piece = memory_new(PIECE_MAX);
	methods = *w->below;
	methods.xWrite = wal_write;
	methods.xRead = wal_read;
	methods.xTruncate = wal_truncate;
	methods.xSync = wal_sync;
	methods.xFileSize = wal_size;
	methods.xClose = wal_close;
	file->pMethods = &methods;
	return SQLITE_OK;
}

bool
wal_file_register(void)
{
	if ((below = sqlite3_vfs_find(NULL)) == NULL)
		return false;
	layer = *below;
	layer.pNext = NULL;
	layer.zName = WAL_FILE_LAYER;
	layer.szOsFile =
	    (below->szOsFile + 7) / 8 * 8 + (int)sizeof(struct wal);
	layer.xOpen = layer_open;
	return sqlite3_vfs_register(&layer, 0) == SQLITE_OK;
}
