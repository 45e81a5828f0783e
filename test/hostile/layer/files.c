/*
 * The calls by which our programs and SQLite change files, see layer.h. What
 * they do is written down after it was done: what a dying process did last is
 * then as if it had not come to the disk.
 */
#undef _FORTIFY_SOURCE
#undef _FILE_OFFSET_BITS
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "layer.h"

#define DESCRIPTORS  512
#define PATH_LONGEST 512

/* What is open below the folder, by descriptor; "" if not watched. */
static struct watched {
	char path[PATH_LONGEST]; /* whole */
	uint64_t file;
	bool folder;
} watched[DESCRIPTORS];

/* Where the program stands behind its walls: its folder, by fchdir(), and then
 * by chroot() the top of its world, too. */
static char place[PATH_LONGEST];
static bool rooted;

/* The function of libc under the name of ours. */
static void *
next(void **known, const char *name)
{
	if (*known == NULL && (*known = dlsym(RTLD_NEXT, name)) == NULL)
		abort();
	return *known;
}

#define NEXT(type, ...)             \
	static void *known;         \
	type (*real)(__VA_ARGS__) = \
	    (type(*)(__VA_ARGS__))(uintptr_t)next(&known, __func__)

static const struct watched *
watched_fd(int fd)
{
	return fd >= 0 && fd < DESCRIPTORS && watched[fd].path[0] != '\0'
	    ? &watched[fd]
	    : NULL;
}

static void
forget(int fd)
{
	if (watched_fd(fd) != NULL)
		watched[fd].path[0] = '\0';
}

/* The whole path of a name; NULL if it is not below the folder. SQLite's index
 * in memory (-shm) is made anew after a crash. */
static const char *
whole(int dir, const char *name, char out[PATH_MAX])
{
	const struct watched *d = watched_fd(dir);
	const char *base = dir == AT_FDCWD ? place : d != NULL ? d->path : "";
	size_t len;

	while (strncmp(name, "./", 2) == 0)
		name += 2;
	if (name[0] == '/')
		snprintf(out, PATH_MAX, "%s%s", rooted ? place : "", name);
	else if (base[0] == '\0')
		return NULL;
	else if (strcmp(name, ".") == 0)
		snprintf(out, PATH_MAX, "%s", base);
	else
		snprintf(out, PATH_MAX, "%s/%s", base, name);
	len = strlen(out);
	if (len > 1 && out[len - 1] == '/')
		out[--len] = '\0'; /* the top of a program's world */
	if (len > 4 && strcmp(out + len - 4, "-shm") == 0)
		return NULL;
	return watched_path(out) == NULL ? NULL : out;
}

static int
open_watched(int dir, const char *name, int flags, mode_t mode,
    int (*real)(int, const char *, int, ...))
{
	char room[PATH_MAX];
	const char *path = whole(dir, name, room);
	struct stat st;
	bool made;
	int fd;

	if (path == NULL || (flags & O_TMPFILE) == O_TMPFILE) {
		fd = real(dir, name, flags, mode);
		forget(fd);
		return fd;
	}
	made = (flags & O_CREAT) != 0 &&
	    fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) != 0;
	if (made && fault_strikes(FAULT_ROOM)) {
		errno = ENOSPC;
		return -1;
	}
	fd = real(dir, name, flags, mode);
	if (fd < 0 || fd >= DESCRIPTORS || fstat(fd, &st) != 0)
		return fd;
	forget(fd);
	if (strlen(path) >= PATH_LONGEST)
		abort();
	memcpy(watched[fd].path, path, strlen(path) + 1);
	watched[fd].file = st.st_ino;
	watched[fd].folder = S_ISDIR(st.st_mode);
	path = watched_path(path);
	log_change(CHANGE_OPEN, st.st_ino,
	    (made ? 1u : 0u) | ((flags & O_TRUNC) != 0 ? 2u : 0u), path,
	    strlen(path));
	return fd;
}

static mode_t
mode_of(int flags, va_list list)
{
	return (flags & O_CREAT) != 0 ? (mode_t)va_arg(list, int) : 0;
}

static int
open_next(int dir, const char *name, int flags, mode_t mode)
{
	static void *known;

	return open_watched(dir, name, flags, mode,
	    (int (*)(int, const char *, int, ...))(uintptr_t)next(
		&known, "openat64"));
}

#define OPEN(function)                                         \
	int function(const char *name, int flags, ...)         \
	{                                                      \
		va_list list;                                  \
		mode_t mode;                                   \
                                                               \
		va_start(list, flags);                         \
		mode = mode_of(flags, list);                   \
		va_end(list);                                  \
		return open_next(AT_FDCWD, name, flags, mode); \
	}
#define OPEN_AT(function)                                       \
	int function(int dir, const char *name, int flags, ...) \
	{                                                       \
		va_list list;                                   \
		mode_t mode;                                    \
                                                                \
		va_start(list, flags);                          \
		mode = mode_of(flags, list);                    \
		va_end(list);                                   \
		return open_next(dir, name, flags, mode);       \
	}

OPEN(open)
OPEN(open64)
OPEN_AT(openat)
OPEN_AT(openat64)

/* What fortified code calls. */
int __open_2(const char *name, int flags);
int __open64_2(const char *name, int flags);
int __openat_2(int dir, const char *name, int flags);
int __openat64_2(int dir, const char *name, int flags);

int
__open_2(const char *name, int flags)
{
	return open_next(AT_FDCWD, name, flags, 0);
}

int
__open64_2(const char *name, int flags)
{
	return open_next(AT_FDCWD, name, flags, 0);
}

int
__openat_2(int dir, const char *name, int flags)
{
	return open_next(dir, name, flags, 0);
}

int
__openat64_2(int dir, const char *name, int flags)
{
	return open_next(dir, name, flags, 0);
}

int
close(int fd)
{
	NEXT(int, int);
	forget(fd);
	return real(fd);
}

/* It closes without close(). */
int
closedir(DIR *d)
{
	NEXT(int, DIR *);
	forget(dirfd(d));
	return real(d);
}

/* --- walls --- */

int
fchdir(int fd)
{
	NEXT(int, int);
	char path[64];
	ssize_t len;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	len = readlink(path, place, sizeof(place) - 1);
	if (len < 0)
		abort();
	place[len] = '\0';
	return real(fd);
}

int
chroot(const char *path)
{
	NEXT(int, const char *);
	int r = real(path);

	if (strcmp(path, ".") != 0)
		abort();
	rooted |= r == 0;
	return r;
}

/* --- writing --- */

/* Would it take room that the file does not have yet? */
static bool
grows(int fd, size_t len, off_t at)
{
	struct stat st;

	return fstat(fd, &st) == 0 && at + (off_t)len > st.st_size;
}

/* A write that fails may have done its half. */
static ssize_t
write_watched(const struct watched *w, int fd, const void *bytes, size_t len,
    off_t at, ssize_t (*real)(int, const void *, size_t, off_t))
{
	bool fails = fault_strikes(FAULT_WRITE);
	ssize_t n;

	if (grows(fd, len, at) && fault_strikes(FAULT_ROOM)) {
		errno = ENOSPC;
		return -1;
	}
	n = real(fd, bytes, fails ? len / 2 : len, at);
	if (n > 0)
		log_change(
		    CHANGE_WRITE, w->file, (uint64_t)at, bytes, (size_t)n);
	if (!fails)
		return n;
	errno = EIO;
	return -1;
}

static ssize_t
pwrite_next(int fd, const void *bytes, size_t len, off_t at)
{
	static void *known;
	ssize_t (*real)(int, const void *, size_t, off_t) = (ssize_t(*)(int,
	    const void *, size_t, off_t))(uintptr_t)next(&known, "pwrite64");
	const struct watched *w = watched_fd(fd);

	return w == NULL ? real(fd, bytes, len, at)
			 : write_watched(w, fd, bytes, len, at, real);
}

ssize_t
pwrite(int fd, const void *bytes, size_t len, off_t at)
{
	return pwrite_next(fd, bytes, len, at);
}

ssize_t
pwrite64(int fd, const void *bytes, size_t len, off64_t at)
{
	return pwrite_next(fd, bytes, len, at);
}

ssize_t
write(int fd, const void *bytes, size_t len)
{
	const struct watched *w = watched_fd(fd);
	off_t at;
	ssize_t n;
	NEXT(ssize_t, int, const void *, size_t);

	if (w == NULL)
		return real(fd, bytes, len);
	at = lseek(fd, 0, SEEK_CUR);
	n = pwrite_next(fd, bytes, len, at);
	if (n > 0)
		(void)lseek(fd, n, SEEK_CUR);
	return n;
}

/* Nothing of ours writes a watched file like this; a test must hear of it. */
ssize_t
writev(int fd, const struct iovec *pieces, int n)
{
	NEXT(ssize_t, int, const struct iovec *, int);
	if (watched_fd(fd) != NULL)
		abort();
	return real(fd, pieces, n);
}

static int
truncate_next(int fd, off_t size)
{
	static void *known;
	int (*real)(int, off_t) =
	    (int (*)(int, off_t))(uintptr_t)next(&known, "ftruncate64");
	const struct watched *w = watched_fd(fd);
	int r;

	if (w != NULL && grows(fd, 0, size) && fault_strikes(FAULT_ROOM)) {
		errno = ENOSPC;
		return -1;
	}
	r = real(fd, size);
	if (w != NULL && r == 0)
		log_change(CHANGE_SIZE, w->file, (uint64_t)size, NULL, 0);
	return r;
}

int
ftruncate(int fd, off_t size)
{
	return truncate_next(fd, size);
}

int
ftruncate64(int fd, off64_t size)
{
	return truncate_next(fd, size);
}

int
fallocate64(int fd, int mode, off64_t at, off64_t len)
{
	NEXT(int, int, int, off64_t, off64_t);
	if (watched_fd(fd) != NULL)
		abort();
	return real(fd, mode, at, len);
}

/* A shared mapping would change a file without a call. */
void *
mmap64(void *where, size_t len, int protection, int flags, int fd, off64_t at)
{
	NEXT(void *, void *, size_t, int, int, int, off64_t);
	if (watched_fd(fd) != NULL && (protection & PROT_WRITE) != 0 &&
	    (flags & MAP_SHARED) != 0)
		abort();
	return real(where, len, protection, flags, fd, at);
}

/* --- syncing --- */

static int
sync_watched(int fd, int (*real)(int))
{
	const struct watched *w = watched_fd(fd);
	const char *name;
	int r;

	if (w == NULL)
		return real(fd);
	name = watched_path(w->path);
	if (fault_strikes(FAULT_SYNC) ||
	    (w->folder && fault_strikes(FAULT_FOLDER))) {
		log_change(CHANGE_SYNC_FAILED, w->file, 0, name, strlen(name));
		errno = EIO;
		return -1;
	}
	r = real(fd);
	if (r == 0)
		log_change(CHANGE_SYNC, w->file, 0, name, strlen(name));
	return r;
}

int
fsync(int fd)
{
	NEXT(int, int);
	return sync_watched(fd, real);
}

int
fdatasync(int fd)
{
	NEXT(int, int);
	return sync_watched(fd, real);
}

/* --- names --- */

static void
log_names(enum change change, const char *from, const char *to)
{
	char both[2 * PATH_MAX];
	size_t len = strlen(from);

	memcpy(both, from, len + 1);
	if (to != NULL) {
		memcpy(both + len + 1, to, strlen(to) + 1);
		len += 1 + strlen(to);
	}
	log_change(change, 0, 0, both, len);
}

static bool
name_stays(const char *path)
{
	if (path == NULL || !fault_strikes(FAULT_NAME))
		return false;
	errno = EIO;
	return true;
}

int
renameat(int from_dir, const char *from, int to_dir, const char *to)
{
	char one[PATH_MAX], two[PATH_MAX];
	const char *a = whole(from_dir, from, one), *b = whole(to_dir, to, two);
	int r;
	NEXT(int, int, const char *, int, const char *);

	if (name_stays(a))
		return -1;
	r = real(from_dir, from, to_dir, to);
	if (r == 0 && a != NULL && b != NULL)
		log_names(CHANGE_RENAME, watched_path(a), watched_path(b));
	return r;
}

int
rename(const char *from, const char *to)
{
	return renameat(AT_FDCWD, from, AT_FDCWD, to);
}

int
link(const char *from, const char *to)
{
	char one[PATH_MAX], two[PATH_MAX];
	const char *a = whole(AT_FDCWD, from, one);
	const char *b = whole(AT_FDCWD, to, two);
	int r;
	NEXT(int, const char *, const char *);

	if (name_stays(a))
		return -1;
	r = real(from, to);
	if (r == 0 && a != NULL && b != NULL)
		log_names(CHANGE_LINK, watched_path(a), watched_path(b));
	return r;
}

int
unlinkat(int dir, const char *name, int flags)
{
	char room[PATH_MAX];
	const char *path = whole(dir, name, room);
	int r;
	NEXT(int, int, const char *, int);

	if (name_stays(path))
		return -1;
	r = real(dir, name, flags);
	if (r == 0 && path != NULL)
		log_names(CHANGE_UNLINK, watched_path(path), NULL);
	return r;
}

int
unlink(const char *name)
{
	return unlinkat(AT_FDCWD, name, 0);
}

int
mkdir(const char *name, mode_t mode)
{
	char room[PATH_MAX];
	const char *path = whole(AT_FDCWD, name, room);
	int r;
	NEXT(int, const char *, mode_t);

	if (path != NULL && fault_strikes(FAULT_ROOM)) {
		errno = ENOSPC;
		return -1;
	}
	r = real(name, mode);
	if (r == 0 && path != NULL)
		log_names(CHANGE_FOLDER, watched_path(path), NULL);
	return r;
}
