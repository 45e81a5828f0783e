/* Changes to what a text in base64 says, for targets whose inputs are full of it. */
#ifndef TEST_FUZZ_INSIDE_H
#define TEST_FUZZ_INSIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What a fuzzer changes of base64 is rarely anything any more. This changes what such a
 * text says, around a drawn octet, in its place and as long as it was, so that the
 * lengths around it still hold; and in there often the same again. false if there is
 * none.
 */
bool inside_change(uint8_t *bytes, size_t len, unsigned seed);

#endif
