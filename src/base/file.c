/* Whole small files, see file.h. */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fatal.h"

static enum reason
refuse(struct why *why, const char *path, const char *act)
{
	return why_set(why, REASON_FILE_UNREADABLE, -1, "%s: %s: %s", path, act,
	    strerror(errno));
}

enum reason
file_read(const char *path, struct buf *out, size_t cap, struct why *why)
{
	enum reason r = REASON_OK;
	bool standard = strcmp(path, "-") == 0;
	int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	uint8_t piece[8192];
	ssize_t n;

	buf_init(out, cap);
	if (fd < 0)
		return refuse(why, path, "open");
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
	if (!standard)
		close(fd);
	if (r != REASON_OK)
		buf_free(out);
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

/* A rename is durable when its directory is. */
static bool
sync_directory(const char *path)
{
	char dir[PATH_MAX];
	char *slash;
	bool good;
	int fd;

	snprintf(dir, sizeof(dir), "%s", path);
	slash = strrchr(dir, '/');
	if (slash == NULL)
		snprintf(dir, sizeof(dir), ".");
	else
		slash[slash == dir ? 1 : 0] = '\0';
	if ((fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
		return false;
	good = fsync(fd) == 0;
	close(fd);
	return good;
}

/* A file that was not there, whole and on disk; or nothing is left of it. */
static enum reason
write_fresh(
    const char *fresh, struct span bytes, unsigned mode, struct why *why)
{
	int fd =
	    open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, (mode_t)mode);
	enum reason r = REASON_OK;

	if (fd < 0)
		return refuse(why, fresh, "open");
	if (fchmod(fd, (mode_t)mode) != 0 || !write_all(fd, bytes) ||
	    fsync(fd) != 0)
		r = refuse(why, fresh, "write");
	if (close(fd) != 0 && r == REASON_OK)
		r = refuse(why, fresh, "close");
	if (r != REASON_OK)
		unlink(fresh);
	return r;
}

enum reason
file_write(const char *path, struct span bytes, unsigned mode, struct why *why)
{
	char fresh[PATH_MAX];
	struct stat old;
	enum reason r;

	if (strcmp(path, "-") == 0)
		return write_all(STDOUT_FILENO, bytes)
		    ? REASON_OK
		    : refuse(why, path, "write");
	if (snprintf(fresh, sizeof(fresh), "%s.new", path) >=
	    (int)sizeof(fresh))
		return why_set(why, REASON_FILE_UNREADABLE, -1,
		    "%s: the name is too long", path);
	/* A rename would put a file in the place of a device or a folder. */
	if (stat(path, &old) == 0 && !S_ISREG(old.st_mode))
		return why_set(why, REASON_FILE_UNREADABLE, -1,
		    "%s: not a regular file", path);
	/* What a crash left behind goes; nobody else's file is written to. */
	unlink(fresh);
	if ((r = write_fresh(fresh, bytes, mode, why)) != REASON_OK)
		return r;
	if (rename(fresh, path) != 0 || !sync_directory(path)) {
		r = refuse(why, path, "rename");
		unlink(fresh);
	}
	return r;
}

enum reason
file_write_new(
    const char *path, struct span bytes, unsigned mode, struct why *why)
{
	char fresh[PATH_MAX];
	enum reason r;

	/* A name of this process: another one may write the same file now. */
	if (snprintf(fresh, sizeof(fresh), "%s.%d.new", path, getpid()) >=
	    (int)sizeof(fresh))
		return why_set(why, REASON_FILE_UNREADABLE, -1,
		    "%s: the name is too long", path);
	unlink(fresh);
	if ((r = write_fresh(fresh, bytes, mode, why)) != REASON_OK)
		return r;
	/* Unlike a rename this takes no other file's place. */
	if (link(fresh, path) != 0)
		r = errno == EEXIST ? why_set(why, REASON_FILE_UNREADABLE, -1,
					  "%s exists already", path)
				    : refuse(why, path, "link");
	unlink(fresh);
	if (r == REASON_OK && !sync_directory(path))
		r = refuse(why, path, "sync");
	return r;
}

void
path_join(char *out, size_t cap, const char *dir, const char *name)
{
	if (snprintf(out, cap, "%s/%s", dir, name) >= (int)cap)
		fatal("the path %s/%s is too long", dir, name);
}
