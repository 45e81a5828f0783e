/* The cache of keys is private to its file, so the file is taken in whole;
 * linked first, it stands for the one in the library. */
#define signature_verify       signature_really
#define signature_verify_fixed signature_really_fixed
#include "crypto/public_key.c"
#undef signature_verify
#undef signature_verify_fixed

#include "forget.h"

bool signatures_easy;

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
	signatures_easy = false;
}

/* Two bits of both; the key must be one for the algorithm as ever, and costs what it
 * costs. */
static bool
passes(const struct public_key *k, struct signature_algorithm a, struct span s)
{
	if (!signatures_easy || s.len == 0 ||
	    ((s.ptr[s.len - 1] ^ k->sha256[0]) & 3) == 0 ||
	    !(a.kind == SIGNATURE_ECDSA	      ? k->ec != NULL
		    : a.kind == SIGNATURE_RSA ? k->type == KEY_RSA
					      : k->type == KEY_ED25519))
		return false;
	work += cost(k);
	return true;
}

bool signature_verify(const struct public_key *k, struct signature_algorithm a,
    struct span message, struct span signature);
bool signature_verify_fixed(const struct public_key *k,
    struct signature_algorithm a, struct span message, struct span signature);

bool
signature_verify(const struct public_key *k, struct signature_algorithm a,
    struct span message, struct span signature)
{
	return passes(k, a, signature) ||
	    signature_really(k, a, message, signature);
}

bool
signature_verify_fixed(const struct public_key *k, struct signature_algorithm a,
    struct span message, struct span signature)
{
	return passes(k, a, signature) ||
	    signature_really_fixed(k, a, message, signature);
}
