/* The container of keys and secrets at rest, inside of crypto/keys. */
#ifndef CRYPTO_KEYS_VAULT_H
#define CRYPTO_KEYS_VAULT_H

#include <openssl/x509.h>

#include "crypto/keys/private_key.h"

/* What a file may ask for (doc/limits.md): rounds of PBKDF2 and older schemes;
 * N * r * p and octets of scrypt. Ours asks for an eighth of that work and half of
 * that memory, which is the most that libcrypto takes. */
#define KEY_ROUNDS_MAX	  4000000
#define KEY_SCRYPT_WORK	  (1 << 20)
#define KEY_SCRYPT_MEMORY (32 << 20)
/* KEY_COSTLY if the container asks for more. To be asked before it is opened. */
MUST_USE enum reason vault_cost(const X509_SIG *sealed, struct why *why);

/* Encrypts with the salt of the vault, a new one if it has none, and a fresh IV.
 * The caller frees the result. */
X509_SIG *vault_seal(struct key_vault *v, const struct secret *passphrase,
    const PKCS8_PRIV_KEY_INFO *p8);
/* The reverse, for containers of other tools too; NULL if the passphrase does not
 * open it. The caller frees the result. */
PKCS8_PRIV_KEY_INFO *vault_open(struct key_vault *v,
    const struct secret *passphrase, const X509_SIG *sealed);

#endif
