/*
 * libcrypto never sees an allocation fail, see memory.h. A handshake allocates
 * and frees some thousand small pieces, of a few sizes: what is freed is kept by
 * size, up to a bound, and given again, at a third of what malloc takes.
 */
#include "crypto/hash/memory.h"

#include <malloc.h>
#include <openssl/crypto.h>
#include <stdlib.h>

#include "base/fatal.h"

#define STEP	 16
#define SIZES	 65	   /* pieces of 16, 32 ... 1,024 octets */
#define KEPT_MAX (1 << 20) /* octets */

struct piece {
	struct piece *next;
};

/* Each is malloc's own, as large as its place says or larger. */
static struct {
	struct piece *of[SIZES];
	size_t octets;
} kept;

/* Nothing for nothing, as libcrypto's own does it. */
static void *
allocate(size_t size, const char *file, int line)
{
	size_t at = (size + STEP - 1) / STEP;
	void *p;

	(void)file;
	(void)line;
	if (size == 0)
		return NULL;
	if (at < SIZES && (p = kept.of[at]) != NULL) {
		kept.of[at] = kept.of[at]->next;
		kept.octets -= at * STEP;
		return p;
	}
	if ((p = malloc(at < SIZES ? at * STEP : size)) == NULL)
		fatal("out of memory");
	return p;
}

static void
release(void *p, const char *file, int line)
{
	size_t at = malloc_usable_size(p) / STEP; /* 0 for NULL */
	struct piece *piece = p;

	(void)file;
	(void)line;
	if (at == 0 || at >= SIZES || kept.octets > KEPT_MAX) {
		free(p);
		return;
	}
	piece->next = kept.of[at];
	kept.of[at] = piece;
	kept.octets += at * STEP;
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
