/* Whole small files, see file.h. */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fatal.h"

static enum reason
refuse(struct why *why, const char *path, const char *act)
{
	return why_set(why, REASON_FILE_UNREADABLE, -1, "%s: %s: %s", path, act,
	    strerror(errno));
}

static enum reason
read_open(
    int fd, const char *path, struct buf *out, size_t cap, struct why *why)
{
	enum reason r = REASON_OK;
	uint8_t piece[8192];
	ssize_t n;

	while ((n = read(fd, piece, sizeof(piece))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			r = refuse(why, path, "read");
			break;
		}
		if (!buf_add(out, span_of(piece, (size_t)n))) {
			r = why_set(why, REASON_FILE_UNREADABLE, (long)cap,
			    "%s: longer than %zu bytes", path, cap);
			break;
		}
	}
	if (r != REASON_OK)
		buf_free(out);
	return r;
}

enum reason
file_read(const char *path, struct buf *out, size_t cap, struct why *why)
{
	bool standard = strcmp(path, "-") == 0;
	int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	enum reason r;

	buf_init(out, cap);
	if (fd < 0)
		return refuse(why, path, "open");
	r = read_open(fd, path, out, cap, why);
	if (!standard)
		close(fd);
	return r;
}

enum reason
file_read_regular(
    const char *path, struct buf *out, size_t cap, struct why *why)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	enum reason r;

	buf_init(out, cap);
	if (fd < 0)
		return refuse(why, path, "open");
	r = fstat(fd, &st) == 0 && S_ISREG(st.st_mode)
	    ? read_open(fd, path, out, cap, why)
	    : why_set(why, REASON_FILE_UNREADABLE, -1, "%s: not a regular file",
		  path);
	close(fd);
	return r;
}

static bool
write_all(int fd, struct span bytes)
{
	while (bytes.len > 0) {
		ssize_t n = write(fd, bytes.ptr, bytes.len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		bytes.ptr += n;
		bytes.len -= (size_t)n;
	}
	return true;
}

bool
file_sync_folder(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool good = fd >= 0 && fsync(fd) == 0;

	if (fd >= 0)
		close(fd);
	return good;
}

/* A rename is durable when its directory is. */
bool
file_sync_name(const char *path)
{
	char dir[PATH_MAX];
	char *slash;

	snprintf(dir, sizeof(dir), "%s", path);
	while ((slash = strrchr(dir, '/')) != NULL && slash > dir &&
	    slash[1] == '\0')
		*slash = '\0';
	if (slash == NULL)
		snprintf(dir, sizeof(dir), ".");
	else
		slash[slash == dir ? 1 : 0] = '\0';
	return file_sync_folder(dir);
}

/* --- PATH.new: whole and on disk before it gets its name --- */

#define ROOM_ASKED 16384 /* octets that file_writable() asks for */
#define TRIES_MAX  100	 /* at a name that others make and remove meanwhile */

struct fresh {
	char path[PATH_MAX];
	int fd; /* locked while we write: so one of the dead is known as such */
};

/* false if another process has it; true, too, where no lock is to be had. */
static bool
lock_take(int fd)
{
	struct flock all = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	return fcntl(fd, F_SETLK, &all) == 0 ||
	    (errno != EAGAIN && errno != EACCES);
}

static bool
is_still(int fd, const char *path)
{
	struct stat ours, there;

	return fstat(fd, &ours) == 0 && lstat(path, &there) == 0 &&
	    ours.st_ino == there.st_ino && ours.st_dev == there.st_dev;
}

/* Removes what a crash left under this name. EBUSY if its writer lives; of whom nobody
 * can say so, as the file is another user's, EACCES. */
static bool
remove_dead(const char *path)
{
	int fd = open(path, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	bool good;

	if (fd < 0 && errno == EACCES)
		return false;
	if (fd >= 0 && !lock_take(fd)) {
		close(fd);
		errno = EBUSY;
		return false;
	}
	/* Another name has come in its place: that is looked at next time. */
	good = (fd >= 0 && !is_still(fd, path)) || unlink(path) == 0 ||
	    errno == ENOENT;
	if (fd >= 0)
		close(fd);
	return good;
}

/* A file that was not there: nobody else's is ever written to. */
static int
open_fresh(const char *path, unsigned mode)
{
	unsigned i;
	int fd;

	for (i = 0; i < TRIES_MAX; i++) {
		fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
		    (mode_t)mode);
		/* Before the lock it may have been taken for a dead one. */
		if (fd >= 0 && lock_take(fd) && is_still(fd, path))
			return fd;
		if (fd >= 0)
			close(fd);
		else if (errno != EEXIST || !remove_dead(path))
			return -1;
	}
	errno = EBUSY;
	return -1;
}

static enum reason
fresh_begin(struct fresh *f, const char *path, unsigned mode, struct why *why)
{
	if (snprintf(f->path, sizeof(f->path), "%s.new", path) >=
	    (int)sizeof(f->path))
		return why_set(why, REASON_FILE_UNREADABLE, -1,
		    "%s: the name is too long", path);
	if ((f->fd = open_fresh(f->path, mode)) >= 0)
		return REASON_OK;
	if (errno == EBUSY)
		return why_set(why, REASON_FILE_UNREADABLE, -1,
		    "%s: another process is writing it", path);
	return refuse(why, f->path, "open");
}

/* The lock ends with it, so its name must be gone by then. */
static void
fresh_end(struct fresh *f, bool remove)
{
	if (remove)
		unlink(f->path);
	close(f->fd);
}

static enum reason
fresh_write(struct fresh *f, struct span bytes, unsigned mode, struct why *why)
{
	if (fchmod(f->fd, (mode_t)mode) == 0 && write_all(f->fd, bytes) &&
	    fsync(f->fd) == 0)
		return REASON_OK;
	return refuse(why, f->path, "write");
}

/* A rename would put a file in the place of a device, a folder or a link, and what
 * the link leads to would stay as it was. */
static enum reason
check_place(const char *path, struct why *why)
{
	struct stat old;

	if (lstat(path, &old) == 0 && !S_ISREG(old.st_mode))
		return why_set(why, REASON_FILE_UNREADABLE, -1,
		    "%s: not a regular file", path);
	return REASON_OK;
}

/* Closed, or a pipe that nobody reads. What a disk has room for, nobody knows. */
static enum reason
check_stdout(struct why *why)
{
	struct pollfd reader = { .fd = STDOUT_FILENO, .events = POLLOUT };
	int flags = fcntl(STDOUT_FILENO, F_GETFL);

	if (flags >= 0 && (flags & O_ACCMODE) != O_RDONLY &&
	    (poll(&reader, 1, 0) != 1 || (reader.revents & POLLERR) == 0))
		return REASON_OK;
	return why_set(
	    why, REASON_FILE_UNREADABLE, -1, "standard output takes nothing");
}

enum reason
file_writable(const char *path, struct why *why)
{
	struct fresh f;
	enum reason r;

	if (strcmp(path, "-") == 0)
		return check_stdout(why);
	if ((r = check_place(path, why)) != REASON_OK ||
	    (r = fresh_begin(&f, path, 0600, why)) != REASON_OK)
		return r;
	if ((errno = posix_fallocate(f.fd, 0, ROOM_ASKED)) != 0)
		r = refuse(why, f.path, "write");
	fresh_end(&f, true);
	if (r == REASON_OK && !file_sync_name(path))
		r = refuse(why, path, "sync");
	return r;
}

enum reason
file_write(const char *path, struct span bytes, unsigned mode, struct why *why)
{
	struct fresh f;
	enum reason r;

	if (strcmp(path, "-") == 0)
		return write_all(STDOUT_FILENO, bytes)
		    ? REASON_OK
		    : refuse(why, path, "write");
	if ((r = check_place(path, why)) != REASON_OK ||
	    (r = fresh_begin(&f, path, mode, why)) != REASON_OK)
		return r;
	r = fresh_write(&f, bytes, mode, why);
	if (r == REASON_OK && rename(f.path, path) != 0)
		r = refuse(why, path, "rename");
	fresh_end(&f, r != REASON_OK);
	if (r == REASON_OK && !file_sync_name(path))
		r = refuse(why, path, "sync");
	return r;
}

enum reason
file_write_new(
    const char *path, struct span bytes, unsigned mode, struct why *why)
{
	struct fresh f;
	enum reason r;

	if (strcmp(path, "-") == 0)
		return file_write(path, bytes, mode, why);
	if ((r = fresh_begin(&f, path, mode, why)) != REASON_OK)
		return r;
	r = fresh_write(&f, bytes, mode, why);
	/* Unlike a rename this takes no other file's place. */
	if (r == REASON_OK && link(f.path, path) != 0)
		r = errno == EEXIST ? why_set(why, REASON_FILE_UNREADABLE, -1,
					  "%s exists already", path)
				    : refuse(why, path, "link");
	fresh_end(&f, true);
	if (r == REASON_OK && !file_sync_name(path)) {
		r = refuse(why, path, "sync");
		unlink(path);
	}
	return r;
}

void
stdout_end(void)
{
	struct pollfd reader = { .fd = STDOUT_FILENO, .events = POLLOUT };
	bool before = ferror(stdout) != 0; /* whose errno is gone */
	int now = fflush(stdout) == 0 ? 0 : errno;

	if (now == 0 && !before)
		return;
	if (poll(&reader, 1, 0) == 1 && (reader.revents & POLLERR) != 0) {
		signal(SIGPIPE, SIG_DFL);
		raise(SIGPIPE);
	}
	fprintf(stderr, "%s: standard output: %s\n",
	    program_invocation_short_name,
	    now == 0 ? "not all of it could be written" : strerror(now));
	_exit(EXIT_FAILURE);
}

void
path_join(char *out, size_t cap, const char *dir, const char *name)
{
	if (snprintf(out, cap, "%s/%s", dir, name) >= (int)cap)
		fatal("the path %s/%s is too long", dir, name);
}
