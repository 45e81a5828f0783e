/*
 * Whole small files, written so that a crash leaves the old or the new one; the end
 * of what is printed.
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include "base/buf.h"
#include "base/reason.h"

/* Reads all of path into out (initialised by this call, freed by the caller);
 * REASON_FILE_UNREADABLE with the system's words, or over cap. "-" is stdin. */
MUST_USE enum reason file_read(
    const char *path, struct buf *out, size_t cap, struct why *why);
/* The same for a name that a stranger may have put something else under: neither waits
 * for who writes into a pipe nor reads a device. No "-". */
MUST_USE enum reason file_read_regular(
    const char *path, struct buf *out, size_t cap, struct why *why);
/* Writes path.new, syncs, renames, syncs the directory. mode as for open.
 * "-" is stdout (no sync). A path.new that a crash left is replaced; while
 * another process writes it the file is refused, and so is anything but a regular
 * file under this name, a link also. FILE_UNREADABLE. */
MUST_USE enum reason file_write(
    const char *path, struct span bytes, unsigned mode, struct why *why);
/* The same for a file that must not be there yet, in one step: of several who
 * write it at the same time one succeeds. What is refused is not there. */
MUST_USE enum reason file_write_new(
    const char *path, struct span bytes, unsigned mode, struct why *why);
/* Could file_write() begin with path, and is there room for a small file? Of "-": is
 * there anybody who reads it? To be asked before something is done that has no other
 * way out. FILE_UNREADABLE. */
MUST_USE enum reason file_writable(const char *path, struct why *why);
/* Makes the name of path last, by a sync of its folder: what file_write() does for
 * files, for a folder that was made. false with errno. */
bool file_sync_name(const char *path);
/* The same for all names in a folder. */
bool file_sync_folder(const char *dir);
/* For atexit() of what prints: all of it went out. Else says so on stderr and ends
 * the program with EXIT_FAILURE; where a pipe's reader has left, as SIGPIPE
 * does. */
void stdout_end(void);
/* "dir/name" into out; ends the process if it does not fit. */
void path_join(char *out, size_t cap, const char *dir, const char *name);

#endif
