/* What readers remember from one input to the next. */
#ifndef TEST_FUZZ_FORGET_H
#define TEST_FUZZ_FORGET_H

/* Empties the cache of keys and forgets the paths that OpenSSL has accepted, so
 * that an input does the same work every time it is read. */
void forget(void);
void forget_keys(void);
void forget_paths(void);

#endif
