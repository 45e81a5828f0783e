/*
 * Multiples of a P-256 key's point, computed ahead: a check of its signatures
 * takes half the time with them. Inside of src/crypto.
 */
#ifndef CRYPTO_KEY_TABLE_H
#define CRYPTO_KEY_TABLE_H

#include <openssl/ec.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/reason.h"

struct key_table;

/* For a key on P-256; owned by the caller. It takes as long as some 500 checks
 * save, and 150 KiB. */
struct key_table *key_table_new(const EC_KEY *key);
void key_table_free(struct key_table *t); /* may be NULL */

/* What ECDSA_do_verify() says for this digest of len octets, at most 64. */
MUST_USE bool key_table_verify(const struct key_table *t, const uint8_t *digest,
    size_t len, const ECDSA_SIG *signature);

#endif
