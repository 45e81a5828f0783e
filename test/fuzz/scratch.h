/* A folder of this process for readers that want files. */
#ifndef TEST_FUZZ_SCRATCH_H
#define TEST_FUZZ_SCRATCH_H

#include "wire/span.h"

/* Writes the one file of the folder, made at the first call and removed at the
 * end. The path of the file is given back, or of the folder if that is NULL. */
const char *scratch_write(const char *name, struct span bytes);
const char *scratch_folder(void);

#endif
