/* libcrypto never sees an allocation fail, and where it computes with private keys
 * it has locked memory, see memory.h. */
#include "crypto/hash/memory.h"

#include <malloc.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "base/fatal.h"
#include "base/log.h"

static bool locked; /* no program of ours has a second thread */

static void
tell_full(void)
{
	static bool told;

	if (!told)
		log_warning("memory-lock",
		    "text=\"the locked heap for keys is full: what is computed "
		    "with RSA keys lies beside it, and is wiped\"");
	told = true;
}

/* What libcrypto itself puts there, nonces and scalars, has no other place: where it
 * finds none, no key signs any more. */
#define RESERVED (LIBCRYPTO_HEAP / 8)

/* NULL if it is to lie elsewhere. */
static void *
allocate_locked(size_t size, const char *file, int line)
{
	if (!locked || size > RESERVED ||
	    CRYPTO_secure_used() > LIBCRYPTO_HEAP - RESERVED - size)
		return NULL;
	return CRYPTO_secure_malloc(size, file, line);
}

/* Nothing for nothing, as libcrypto's own does it. */
static void *
allocate(size_t size, const char *file, int line)
{
	void *p;

	if (size == 0)
		return NULL;
	p = allocate_locked(size, file, line);
	if (locked && p == NULL)
		tell_full();
	if (p == NULL && (p = malloc(size)) == NULL)
		fatal("out of memory");
	return p;
}

static void
release(void *p, const char *file, int line)
{
	if (CRYPTO_secure_allocated(p)) {
		CRYPTO_secure_free(p, file, line); /* wipes */
		return;
	}
	/* A program with private keys leaves nothing behind. */
	if (p != NULL && CRYPTO_secure_malloc_initialized())
		explicit_bzero(p, malloc_usable_size(p));
	free(p);
}

/* realloc() would leave the old octets where they were. */
static void *
move(void *old, size_t size, const char *file, int line)
{
	size_t room = CRYPTO_secure_allocated(old)
	    ? CRYPTO_secure_actual_size(old)
	    : malloc_usable_size(old);
	void *p = allocate(size, file, line);

	memcpy(p, old, room < size ? room : size);
	release(old, file, line);
	return p;
}

static void *
resize(void *old, size_t size, const char *file, int line)
{
	void *p;

	if (size == 0) {
		release(old, file, line);
		return NULL;
	}
	if (old == NULL)
		return allocate(size, file, line);
	if (CRYPTO_secure_malloc_initialized())
		return move(old, size, file, line);
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

void
libcrypto_locked(bool now)
{
	locked = now && CRYPTO_secure_malloc_initialized() == 1;
}
