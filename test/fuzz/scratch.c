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

const char *
scratch_write(const char *name, struct span bytes)
{
	static int lowest = -1;
	int fd;

	/* Where a reader's process ended it left its file open. */
	if (lowest >= 0)
		require(close_range((unsigned)lowest, ~0U, 0) == 0);
	snprintf(file, sizeof(file), "%s/%s", scratch_folder(), name);
	/* Cut at its end: one that is emptied first ext4 writes to the disk. */
	fd = open(file, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	require(fd >= 0);
	if (lowest < 0)
		lowest = fd;
	require(write(fd, bytes.ptr, bytes.len) == (ssize_t)bytes.len);
	require(ftruncate(fd, (off_t)bytes.len) == 0);
	close(fd);
	return file;
}
