/* Memory of libcrypto. */
#ifndef CRYPTO_HASH_MEMORY_H
#define CRYPTO_HASH_MEMORY_H

#include <stdbool.h>

/*
 * From here on the process ends when libcrypto gets no memory. Otherwise a
 * signature check that could not be made looks like one that failed, and a good
 * request is refused. And in a program with private keys, whose locked heap is set
 * up, libcrypto's memory is wiped when it is freed. Before anything else of libcrypto
 * is called; ends the process if it is too late.
 */
void libcrypto_memory(void);

/* Octets of libcrypto's locked heap, a power of two. An EC key takes about 100, RSA-2048
 * with what libcrypto keeps beside it 8 KiB; what libcrypto sets up once while it works
 * with RSA, 350 KiB. */
#define LIBCRYPTO_HEAP (1 << 21)

/*
 * While true, what libcrypto allocates comes from its locked heap, if that was set
 * up and as long as it has room: for work with RSA keys, whose passing values
 * libcrypto would keep elsewhere (doc/decisions/060). An eighth is left for what
 * can lie nowhere else. Does not nest. Nothing large.
 */
void libcrypto_locked(bool now);

#endif
