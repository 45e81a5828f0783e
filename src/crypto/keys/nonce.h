/* ECDSA nonces (RFC 6979), inside of crypto/keys. */
#ifndef CRYPTO_KEYS_NONCE_H
#define CRYPTO_KEYS_NONCE_H

#include <openssl/ec.h>

#include "crypto/keys/private_key.h"

/*
 * Signs a digest; r and s come as fixed-width big-endian numbers, the result is
 * their width. The nonce is RFC 6979 with 32 random octets as additional data
 * (3.6): a broken generator cannot repeat a nonce, and two signatures of one
 * message differ, which fault attacks on deterministic signing need to not do.
 */
size_t nonce_sign(const EC_KEY *key, enum hash_algorithm hash,
    const uint8_t *digest, uint8_t r[66], uint8_t s[66]);

/* The same with the additional data given; empty = plain RFC 6979 (known
 * answers). */
size_t nonce_sign_with(const EC_KEY *key, enum hash_algorithm hash,
    const uint8_t *digest, struct span extra, uint8_t r[66], uint8_t s[66]);

/* Our private keys from and to OpenSSL's: the locked heap is set up first. */
void private_key_heap(void);
struct private_key *private_key_take(void *native);

#endif
