/* The cache of keys is private to its file, so the file is taken in whole;
 * linked first, it stands for the one in the library. */
#include "crypto/public_key.c"

#include "forget.h"

void
forget_keys(void)
{
	unsigned b;

	for (b = 0; b < CACHE_BUCKETS; b++) {
		while (cache.bucket[b] != NULL) {
			struct public_key *k = cache.bucket[b];

			cache.bucket[b] = k->next;
			key_free(k);
		}
	}
	cache.count = 0;
}
