/* libcrypto never sees an allocation fail, see memory.h. */
#include "crypto/hash/memory.h"

#include <openssl/crypto.h>
#include <stdlib.h>

#include "base/fatal.h"

/* Nothing for nothing, as libcrypto's own does it. */
static void *
allocate(size_t size, const char *file, int line)
{
	void *p;

	(void)file;
	(void)line;
	if (size == 0)
		return NULL;
	if ((p = malloc(size)) == NULL)
		fatal("out of memory");
	return p;
}

static void
release(void *p, const char *file, int line)
{
	(void)file;
	(void)line;
	free(p);
}

static void *
resize(void *old, size_t size, const char *file, int line)
{
	void *p;

	if (size == 0) {
		release(old, file, line);
		return NULL;
	}
	if ((p = realloc(old, size)) == NULL)
		fatal("out of memory");
	return p;
}

void
libcrypto_memory(void)
{
	if (CRYPTO_set_mem_functions(allocate, resize, release) != 1)
		fatal("libcrypto has allocated already");
}
