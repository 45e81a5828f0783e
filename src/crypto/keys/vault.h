/* The container of keys and secrets at rest, inside of crypto/keys. */
#ifndef CRYPTO_KEYS_VAULT_H
#define CRYPTO_KEYS_VAULT_H

#include <openssl/x509.h>

#include "crypto/keys/private_key.h"

/* Encrypts with the salt of the vault, a new one if it has none, and a fresh IV.
 * The caller frees the result. */
X509_SIG *vault_seal(struct key_vault *v, const struct secret *passphrase,
    const PKCS8_PRIV_KEY_INFO *p8);
/* The reverse, for containers of other tools too; NULL if the passphrase does not
 * open it. The caller frees the result. */
PKCS8_PRIV_KEY_INFO *vault_open(struct key_vault *v,
    const struct secret *passphrase, const X509_SIG *sealed);

#endif
