/* Public CAs, see public_ca.h. */
#include "model/public_ca.h"

#include <stdlib.h>

#include "model/public_cas.h" /* made by public_cas.py: keys[], names[] */

_Static_assert(HASH_SIZE == 32, "the tables hold SHA-256");

static int
compare(const void *a, const void *b)
{
	return memcmp(a, b, HASH_SIZE);
}

#define BUILT_IN(table, hash)                                         \
	(bsearch((hash), (table), sizeof(table) / sizeof((table)[0]), \
	     HASH_SIZE, compare) != NULL)

bool
public_ca_key(
    const struct public_cas *more, const uint8_t spki_sha256[HASH_SIZE])
{
	unsigned i;

	for (i = 0; more != NULL && i < more->len; i++)
		if (memcmp(more->entries[i].spki_sha256, spki_sha256,
			HASH_SIZE) == 0)
			return true;
	return BUILT_IN(keys, spki_sha256);
}

bool
public_ca_name(
    const struct public_cas *more, const uint8_t name_sha256[HASH_SIZE])
{
	unsigned i;

	for (i = 0; more != NULL && i < more->len; i++)
		if (memcmp(more->entries[i].name_sha256, name_sha256,
			HASH_SIZE) == 0)
			return true;
	return BUILT_IN(names, name_sha256);
}

unsigned
public_ca_count(void)
{
	return sizeof(keys) / sizeof(keys[0]);
}
