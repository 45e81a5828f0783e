/*
 * Secrets: locked in memory, left out of core files, wiped on free, compared in
 * constant time (house style 8).
 */
#ifndef BASE_SECRET_H
#define BASE_SECRET_H

#include "wire/span.h"

struct secret {
	uint8_t *ptr; /* own pages: mlock, MADV_DONTDUMP, MADV_WIPEONFORK */
	size_t len;   /* bytes in use */
	size_t room;
};

/* Room for len bytes, all zero, len bytes in use. Ends the process if the
 * memory cannot be had; a refused mlock is logged once and tolerated only
 * where RLIMIT_MEMLOCK forbids it. */
void secret_new(struct secret *s, size_t len);
void secret_free(struct secret *s);
/* Overwrites so that the compiler cannot leave it out. */
void secret_wipe(void *ptr, size_t len);
/* Constant time in the content; lengths are not secret. */
bool secret_equal(struct span a, struct span b);
/* Reads all of a file descriptor from its beginning, where it has one (one
 * trailing newline dropped, then at most cap bytes). false on error, over cap or empty. */
bool secret_read_fd(struct secret *s, int fd, size_t cap);
/* Forbids core files and ptrace for this process (PR_SET_DUMPABLE,
 * RLIMIT_CORE) and new privileges. First call of every main(). */
void process_harden(void);

#endif
