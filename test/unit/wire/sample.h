/* Inputs for the tests of the readers. */
#ifndef TEST_WIRE_SAMPLE_H
#define TEST_WIRE_SAMPLE_H

#include "wire/span.h"

/* A copy on the heap of exactly the right size, so that the address sanitizer
 * sees a reader that goes one octet too far. All are released together. */
struct span sample_copy(const void *bytes, size_t len);
struct span sample_hex(const char *hex);   /* blanks between octets */
struct span sample_file(const char *name); /* of test/vectors */
struct span sample_hex_file(const char *name);
void sample_release(void);

/* A changed copy: the same number, seed and kind always make the same one.
 * dictionary holds octets that matter to the format. */
struct span sample_mutate(struct span s, uint64_t number,
    const char *dictionary, size_t dictionary_len);

#endif
