/* SHA-2 and HMAC (libcrypto), and nothing else: the part of crypto/ that
 * authority, journal and command line may use. */
#ifndef CRYPTO_HASH_HASH_H
#define CRYPTO_HASH_HASH_H

#include "wire/span.h"

enum hash_algorithm { HASH_NONE = 0, HASH_SHA256, HASH_SHA384, HASH_SHA512 };
#define HASH_MAX 64

/* For a program that is out of reach of files afterwards: libcrypto looks for no
 * configuration in this process. Before its first other call. */
void hash_prepare(void);
/* Octets of a digest; 0 for HASH_NONE. */
size_t hash_size(enum hash_algorithm a);
/* out holds hash_size(a) octets. Ends the process for HASH_NONE. */
void hash_bytes(enum hash_algorithm a, struct span data, uint8_t *out);
/* The digest of several pieces in a row. */
void hash_pieces(enum hash_algorithm a, const struct span *pieces, size_t count,
    uint8_t *out);
void sha256(struct span data, uint8_t out[32]);
void sha1(struct span data, uint8_t out[20]); /* key identifiers only */
/* HMAC (RFC 2104) of several pieces in a row; what was derived from the key is
 * wiped. out may be one of the pieces, or the key. */
void hmac_pieces(enum hash_algorithm a, struct span key,
    const struct span *pieces, size_t count, uint8_t *out);
void hmac_sha256(struct span key, struct span data, uint8_t out[32]);

#endif
