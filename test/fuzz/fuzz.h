/*
 * What all targets share. A target is one file with input_read(). faults.c
 * calls it for every input, first as it is and then with an allocation that
 * fails; libFuzzer drives that, or replay.c over the kept corpus.
 */
#ifndef TEST_FUZZ_H
#define TEST_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/*
 * Reads one input and holds it to the properties of its kind. Refused: 0.
 * Accepted: a digest, begun with ACCEPTED, of all that the caller of such a
 * reader would go by. It depends on nothing but the input.
 */
uint64_t input_read(const uint8_t *bytes, size_t len);

/*
 * The same reading alone, for worst.c, where input_read() reads more than once
 * or does more than the programs do; targets that do not have none.
 */
uint64_t input_decode(const uint8_t *bytes, size_t len);

/*
 * Which of a target's readers has accepted none of all inputs up to now, NULL if
 * none. Targets with one reader do not have this.
 */
__attribute__((weak)) const char *corpus_lacks(void);

/* For corpus_lacks(): the name of the first of n that was not met. What has no name
 * need not be. */
static inline const char *
first_unmet(const bool *met, const char *const *names, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!met[i] && names[i] != NULL)
			return names[i];
	return NULL;
}

/* FNV-1a, never 0. */
#define ACCEPTED UINT64_C(0xcbf29ce484222325)
uint64_t digest_add(uint64_t digest, const void *bytes, size_t len);

/*
 * What a target does besides reading, to judge what was read, stands between
 * these two: it is done at the first reading only, and nothing fails there.
 *
 *	if (oracle_begin()) {
 *		...
 *		oracle_end();
 *	}
 */
bool oracle_begin(void);
void oracle_end(void);

/* faults.c: allocations fail all over an input, instead of a drawn one. */
extern bool faults_all;
/* faults.c: inputs that were accepted as they are. */
extern unsigned long inputs_accepted;
/* faults.c: inputs that allocate and were not read again with a failing allocation,
 * as the process was full. */
extern unsigned long inputs_read_once;
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

/* libFuzzer's own change of an input, and a target's in its place. */
__attribute__((weak)) size_t LLVMFuzzerMutate(
    uint8_t *bytes, size_t len, size_t cap);
size_t LLVMFuzzerCustomMutator(
    uint8_t *bytes, size_t len, size_t cap, unsigned seed);

/* An invariant; also without assertions. */
#define require(condition)                                               \
	do {                                                             \
		if (!(condition)) {                                      \
			fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, \
			    __LINE__, #condition);                       \
			abort();                                         \
		}                                                        \
	} while (0)

#endif
