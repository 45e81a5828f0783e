/* Memory of libcrypto. */
#ifndef CRYPTO_HASH_MEMORY_H
#define CRYPTO_HASH_MEMORY_H

/*
 * From here on the process ends when libcrypto gets no memory. Otherwise a
 * signature check that could not be made looks like one that failed, and a good
 * request is refused. Before anything else of libcrypto is called; ends the
 * process if it is too late.
 */
void libcrypto_memory(void);

#endif
