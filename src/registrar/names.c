/* Fingerprints for people, see registrar.h. */
#include "registrar/registrar.h"

#include <stdio.h>

#include "base/text.h"

void
fingerprint_print(char out[FINGERPRINT_SIZE], struct span bytes)
{
	uint8_t hash[HASH_SIZE];
	char hex[HEX_SIZE(HASH_SIZE)];
	unsigned i;

	sha256(bytes, hash);
	hex_encode(hex, span_of(hash, sizeof(hash)));
	for (i = 0; i < 16; i++)
		snprintf(
		    out + i * 5, 6, "%.4s%s", hex + i * 4, i < 15 ? ":" : "");
}
