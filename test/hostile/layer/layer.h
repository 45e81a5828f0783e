/*
 * The fault layer: a library that is preloaded into one of our programs by a
 * test, never by the product. It writes down every change of a file below one
 * folder and every sync, in order, and makes calls fail, memory run out and the
 * clock step when the test says so. doc/faults.md tells how it is used.
 *
 * A program that dies of SIGSEGV says "fault: SIGSEGV in OBJECT" before.
 *
 * Everything is opened by the constructor: later a program is behind walls, and
 * only write() is used on what is open.
 */
#ifndef LAYER_LAYER_H
#define LAYER_LAYER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What the test may change at any moment, a shared mapping of the file that
 * FAULT_CONTROL names; all numbers of 8 octets in the order of the machine. A
 * fault strikes when its countdown goes from 1 to 0, and each time after that
 * while `lasting` is set.
 */
enum fault {
	FAULT_WRITE,
	FAULT_SYNC, /* of a file or a folder */
	FAULT_ROOM,
	FAULT_MEMORY,
	FAULT_NAME,   /* a rename, link or unlink */
	FAULT_FOLDER, /* a sync of a folder alone */
	FAULT_KINDS
};

struct control {
	struct {
		int64_t countdown; /* 0: off */
		int64_t lasting;
		int64_t struck; /* how often it did, for the test to read */
	} faults[FAULT_KINDS];
	int64_t clock; /* seconds that the wall clock is ahead */
};

/* Does a fault strike at this call? */
bool fault_strikes(enum fault f);
/* Seconds to add to the wall clock. */
int64_t fault_clock(void);

/* One entry of the log; len octets follow. */
enum change {
	CHANGE_OPEN = 1,    /* at: 1 it was made, 2 it was emptied; path */
	CHANGE_WRITE,	    /* at: offset; octets */
	CHANGE_SIZE,	    /* at: the size */
	CHANGE_SYNC,	    /* of a file or a folder; path */
	CHANGE_SYNC_FAILED, /* what was not synced may be lost for ever; path */
	CHANGE_RENAME,	    /* path, NUL, path */
	CHANGE_UNLINK,	    /* path */
	CHANGE_FOLDER,	    /* path: it was made */
	CHANGE_LINK,	    /* path, NUL, path: a second name */
};
struct entry {
	uint32_t magic; /* ENTRY_MAGIC */
	uint32_t process;
	uint32_t change;
	uint32_t len;
	uint64_t file; /* inode */
	uint64_t at;
};
#define ENTRY_MAGIC 0x31464c48u /* "HLF1" */

/* Adds an entry; a write of more than fits goes into several. */
void log_change(enum change change, uint64_t file, uint64_t at,
    const void *bytes, size_t len);
/* Is this path below the folder that is watched? Its rest, or NULL. */
const char *watched_path(const char *path);

#endif
