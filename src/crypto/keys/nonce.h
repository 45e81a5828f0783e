/* ECDSA nonces (RFC 6979), inside of crypto/keys. */
#ifndef CRYPTO_KEYS_NONCE_H
#define CRYPTO_KEYS_NONCE_H

#include <openssl/ec.h>

#include "crypto/keys/private_key.h"

/* A nonce on its way to a signature, and what it is drawn for. */
struct nonce {
	const EC_KEY *key; /* borrowed */
	size_t size;	   /* octets of digest, order, r and s */
	uint8_t digest[HASH_MAX];
	BIGNUM *k; /* in locked memory; its inverse after nonces_invert() */
	BIGNUM *r;
};

/*
 * The nonce for a digest. It is RFC 6979 with 32 random octets as additional
 * data (3.6): a broken generator cannot repeat a nonce, and two signatures of one
 * message differ, which fault attacks on deterministic signing need to not do.
 * nonces_invert() and nonce_sign() must follow.
 */
void nonce_draw(struct nonce *n, const EC_KEY *key, enum hash_algorithm hash,
    const uint8_t *digest);
/* The same with the additional data given; empty = plain RFC 6979 (known
 * answers). */
void nonce_draw_with(struct nonce *n, const EC_KEY *key,
    enum hash_algorithm hash, const uint8_t *digest, struct span extra);
/* At most INVERSES_MAX at once: those of P-256 share the work of one. */
void nonces_invert(struct nonce *nonces, size_t len);
/* Signs the digest and forgets the nonce; r and s come as fixed-width big-endian
 * numbers, the result is their width. */
size_t nonce_sign(struct nonce *n, uint8_t r[66], uint8_t s[66]);

/* Our private keys from and to OpenSSL's: the locked heap is set up first. */
void private_key_heap(void);
struct private_key *private_key_take(void *native);

#endif
