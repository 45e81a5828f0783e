/* Inverses modulo the order of P-256, inside of crypto/keys. */
#ifndef CRYPTO_KEYS_INVERSE_H
#define CRYPTO_KEYS_INVERSE_H

#include <stdint.h>

/*
 * out = k^-1 mod n, both big-endian; 0 < k < n. Time and memory access do not
 * depend on k. libcrypto has a fast inverse for this order, but does not offer
 * it; its general one takes longer than the rest of a signature.
 */
void inverse_p256(const uint8_t k[32], uint8_t out[32]);

#endif
