/* Inverses modulo the order of P-256, inside of crypto/keys. */
#ifndef CRYPTO_KEYS_INVERSE_H
#define CRYPTO_KEYS_INVERSE_H

#include <stddef.h>
#include <stdint.h>

#define INVERSES_MAX 16

/*
 * Each k becomes k^-1 mod n, big-endian; 0 < k < n, at most INVERSES_MAX of them.
 * Time and memory access do not depend on any k. One alone takes half as long as
 * a signature, and all of them together hardly longer. libcrypto has a fast
 * inverse for this order, but does not offer it; its general one takes longer
 * than the rest of a signature.
 */
void inverses_p256(uint8_t k[][32], size_t len);

#endif
