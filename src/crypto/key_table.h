/*
 * Tables of multiples of a P-256 key that verifies very many signatures: with one
 * its point is multiplied as fast as the curve's generator, so that a signature
 * costs half. A table takes 150 KiB and as long as 400 verifications.
 */
#ifndef CRYPTO_KEY_TABLE_H
#define CRYPTO_KEY_TABLE_H

#include <openssl/ec.h>
#include <openssl/ecdsa.h>

#include "wire/span.h"

struct key_table;

/* For a public key on P-256. To be freed with key_table_free(). */
struct key_table *key_table_new(const EC_KEY *key);
void key_table_free(struct key_table *t);

/* ECDSA verification of a digest of at least 32 octets (FIPS 186-5 6.4.2): the
 * verdict of ECDSA_do_verify() with the key, for every signature and digest. */
bool key_table_verify(
    const struct key_table *t, struct span digest, const ECDSA_SIG *signature);

#endif
