/* Was this journal copied to where it lies? See journal.h. */
#include <stdio.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/text.h"
#include "journal/journal.h"

#define PLACE_MAX 32

/* The number of the folder itself, which no copy of it has. */
static bool
own_place(const char *dir, char out[PLACE_MAX])
{
	struct stat st;

	if (stat(dir, &st) != 0)
		return false;
	snprintf(out, PLACE_MAX, "%llu\n", (unsigned long long)st.st_ino);
	return true;
}

enum journal_place
journal_place(const char *dir)
{
	char path[PATH_MAX], own[PLACE_MAX];
	enum journal_place place = PLACE_UNKNOWN;
	struct buf said;

	path_join(path, sizeof(path), dir, "place");
	if (!own_place(dir, own) ||
	    file_read(path, &said, PLACE_MAX, NULL) != REASON_OK)
		return place;
	if (said.len > 0)
		place = span_is(buf_span(&said), own) ? PLACE_OWN : PLACE_OTHER;
	buf_free(&said);
	return place;
}

enum reason
journal_settle(const char *dir, struct why *why)
{
	char path[PATH_MAX], own[PLACE_MAX];

	path_join(path, sizeof(path), dir, "place");
	if (!own_place(dir, own))
		return why_set(why, REASON_HOME_INVALID, -1, "%.150s: %m", dir);
	return file_write(path, span_str(own), 0600, why);
}
