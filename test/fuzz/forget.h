/* What readers remember from one input to the next. */
#ifndef TEST_FUZZ_FORGET_H
#define TEST_FUZZ_FORGET_H

#include <stdbool.h>

/* Empties the cache of keys and forgets the paths that OpenSSL has accepted, so
 * that an input does the same work every time it is read. */
void forget(void);
void forget_keys(void);
void forget_paths(void);

/*
 * A stranger signs what he likes, a fuzzer cannot: what it changes below a signature
 * comes no further than that. While this is set a signature is good by two bits of it
 * and of the key, three times out of four, or else if it is good. forget() takes
 * it back, so that an input asks for it.
 */
extern bool signatures_easy;

#endif
