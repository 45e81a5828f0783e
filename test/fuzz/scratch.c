/* See scratch.h. */
#include "scratch.h"

#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

#include "fuzz.h"

static char folder[PATH_MAX];
static char file[PATH_MAX + 64];
static pid_t maker;

static void
scratch_remove(void)
{
	if (getpid() != maker)
		return;
	unlink(file);
	rmdir(folder);
}

const char *
scratch_folder(void)
{
	const char *top = getenv("TMPDIR");

	if (folder[0] != '\0')
		return folder;
	snprintf(folder, sizeof(folder), "%s/fuzz.XXXXXX",
	    top == NULL ? "/tmp" : top);
	require(mkdtemp(folder) != NULL);
	maker = getpid();
	require(atexit(scratch_remove) == 0);
	return folder;
}

/* An end by fatal() leaves a few descriptors open; AFL++ has its own further up. */
static void
left_close(void)
{
	static int first = -1;

	if (first < 0)
		first = dup(STDERR_FILENO);
	require(first >= 0 &&
	    close_range((unsigned)first, (unsigned)first + 7, 0) == 0);
}

const char *
scratch_write(const char *name, struct span bytes)
{
	int fd;

	left_close();
	snprintf(file, sizeof(file), "%s/%s", scratch_folder(), name);
	/* Cut at its end: one that is emptied first ext4 writes to the disk. */
	fd = open(file, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	require(fd >= 0);
	require(write(fd, bytes.ptr, bytes.len) == (ssize_t)bytes.len);
	require(ftruncate(fd, (off_t)bytes.len) == 0);
	close(fd);
	return file;
}
