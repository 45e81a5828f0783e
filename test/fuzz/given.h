/*
 * Files that an input brings along, for readers that take paths: two octets 0x1e, a
 * name to the end of its line, and what the file holds, to the next two. So a fuzzer
 * makes one longer without touching the others.
 */
#ifndef TEST_FUZZ_GIVEN_H
#define TEST_FUZZ_GIVEN_H

#include "wire/span.h"

#define GIVEN_MAX 64

struct given {
	char name[256]; /* no part of it is empty, "." or ".." */
	struct span bytes;
};
extern struct given given[GIVEN_MAX];
extern unsigned given_len;

/* A name that no folder could have beside those before it is passed over. */
void given_read(struct span input);
/* NULL if there is none. */
struct given *given_find(const char *name);
/* The same, or a new one, which is empty; NULL if there are too many. */
struct given *given_add(const char *name);

/*
 * The linker has file_read() and file_read_regular() read these, and nothing else, in
 * memory of its own size for each. They lie in this folder, which the name may leave
 * out.
 */
#define GIVEN_FOLDER "given:"
/* The name of a path in there; NULL if it is none. */
const char *given_name(const char *path);

#endif
