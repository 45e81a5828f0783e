/* A folder of its own for a test, gone at the end. */
#ifndef TEST_FOLDER_H
#define TEST_FOLDER_H

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[PATH_MAX];

static inline int
folder_make(void **state)
{
	const char *top = getenv("TMPDIR");

	(void)state;
	snprintf(folder, sizeof(folder), "%s/hallmark-test.XXXXXX",
	    top == NULL ? "/tmp" : top);
	return mkdtemp(folder) == NULL ? -1 : 0;
}

/* Tests take their files away; a file that is left is a fault. */
static inline int
folder_remove(void **state)
{
	(void)state;
	return rmdir(folder);
}

/* The path of a name inside; valid until the second next call. */
static inline const char *
inside(const char *name)
{
	static char paths[2][PATH_MAX * 2];
	static unsigned turn;

	turn = !turn;
	snprintf(paths[turn], sizeof(paths[turn]), "%s/%s", folder, name);
	return paths[turn];
}

static inline void
put(const char *name, const char *text)
{
	FILE *f = fopen(inside(name), "w");

	if (f == NULL || fputs(text, f) < 0 || fclose(f) != 0)
		abort();
}

#endif
