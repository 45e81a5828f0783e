/*
 * Private keys: P-256, P-384 and RSA, in locked memory, at rest as encrypted PKCS#8
 * (PBES2, scrypt N=2^14 r=8 p=1, AES-256-CBC), PEM. ECDSA nonces are RFC 6979
 * with added randomness (3.6).
 */
#ifndef CRYPTO_KEYS_PRIVATE_KEY_H
#define CRYPTO_KEYS_PRIVATE_KEY_H

#include "base/secret.h"
#include "crypto/public_key.h"

#define SIGNATURE_SIZE_MAX 512 /* RSA-4096; DER ECDSA P-384: 104 */

struct private_key;

/* KEY_P256 or KEY_P384. */
struct private_key *private_key_generate(enum key_type type);
/* An RSA key of 2048 or 3072 bits, exponent 65537 (IP 1); takes up to seconds. */
struct private_key *private_key_generate_rsa(unsigned bits);
void private_key_free(struct private_key *k);
enum key_type private_key_type(const struct private_key *k);
/* SubjectPublicKeyInfo, DER, owned by the key. */
struct span private_key_spki(const struct private_key *k);
/* The private scalar, 32 or 48 octets, big endian; freed by the caller. For
 * shares (IP 8). */
void private_key_scalar(const struct private_key *k, struct secret *out);
/* The key with this scalar; NULL unless it has 32 octets (P-256) or 48 (P-384)
 * and lies between 0 and the order. */
struct private_key *private_key_from_scalar(
    enum key_type type, struct span scalar);
/* The key that follows from a seed of at least 32 octets of full entropy:
 * HMAC(seed, label || counter) with the hash of the curve's width, the first
 * scalar in range (FIPS 186-5 A.2.2). For entropy from several sources. */
struct private_key *private_key_from_seed(
    enum key_type type, struct span seed, const char *label);
/*
 * Signs the hash of message (P-256: SHA-256, P-384: SHA-384); out gets the DER
 * signature; RSA: PKCS #1 v1.5 with SHA-256 (IP 1). Ends the process if libcrypto fails.
 */
void private_key_sign(const struct private_key *k, struct span message,
    uint8_t out[SIGNATURE_SIZE_MAX], size_t *len);
/* One of several signatures: key and message are given, the rest is filled. */
struct signature {
	const struct private_key *key;
	struct span message;
	uint8_t bytes[SIGNATURE_SIZE_MAX];
	size_t len;
};
#define SIGNATURES_MAX 16
/* The same for up to SIGNATURES_MAX, of any keys, in less time than one by one. */
void private_keys_sign(struct signature *all, size_t len);
/* The algorithm that private_key_sign uses, as AlgorithmIdentifier DER. */
struct span private_key_algorithm(const struct private_key *k);
struct signature_algorithm private_key_signature(const struct private_key *k);

/*
 * What files under one passphrase share, so that opening them takes one scrypt:
 * the salt, and the key that was derived last. Begins as all zeros.
 */
#define KEY_SALT_SIZE 16
struct key_vault {
	bool salted; /* a file was opened or made: new ones take its salt */
	uint8_t salt[KEY_SALT_SIZE];
	struct secret derived; /* owned; nothing: the next file derives */
};
/* Forgets the derived key. The salt, which is no secret, stays for files that are
 * made later. */
void key_vault_close(struct key_vault *v);

/* Encrypts into a new file (0600, synced; refuses to overwrite). shared: NULL for
 * a salt of its own, as here and below. */
MUST_USE enum reason private_key_save(const struct private_key *k,
    const char *path, const struct secret *passphrase, struct key_vault *shared,
    struct why *why);
/* PASSPHRASE if it does not open, KEY_COSTLY if that is not tried (vault.h),
 * FILE_UNREADABLE, KEY_WEAK for other kinds and RSA that is not of 2048 to 4096 bits with exponent 65537. */
MUST_USE enum reason private_key_load(struct private_key **out,
    const char *path, const struct secret *passphrase, struct key_vault *shared,
    struct why *why);
/* A PEM or DER key as other tools write it (PKCS#8 or SEC1, unencrypted or
 * with passphrase; NULL = none): the customer's side only, which has no use
 * for RSA (KEY_WEAK). KEY_COSTLY as above. */
MUST_USE enum reason private_key_read(struct private_key **out,
    struct span bytes, const struct secret *passphrase, struct why *why);
/* Writes a key unencrypted (0600) to a file that must not be there yet: web servers'
 * and customers' keys only (doc/decisions/005). */
MUST_USE enum reason private_key_save_plain(
    const struct private_key *k, const char *path, struct why *why);
/* Hands an EVP_PKEY (void * here: no OpenSSL in headers) to a TLS client; the
 * caller frees it with EVP_PKEY_free. */
void *private_key_native(const struct private_key *k);

/*
 * Puts a file of either kind under next instead of before, in one step (file_write());
 * shared: what files under one passphrase share, or NULL. One that next opens already
 * is left alone; with write false every one is, and it is asked whether another could
 * take its place (file_writable()). PASSPHRASE if neither opens it, and as
 * private_key_load().
 */
struct renewal {
	struct key_vault before, next, sealed;
};
void renewal_close(struct renewal *r);
MUST_USE enum reason sealed_renew(const char *path, const struct secret *before,
    const struct secret *next, struct renewal *shared, bool write,
    bool *renewed, struct why *why);
/* The password of an issuing CA's file: HMAC-SHA-256 of the passphrase under the text
 * of its wrapping key, in hex. HOME_INVALID if folder/NAME.key is not there. */
#define WRAPPING_TEXT 64 /* octets of a wrapping key: hex */
MUST_USE enum reason wrapping_open(const char *folder, const char *name,
    const struct secret *passphrase, struct secret *out, struct why *why);

/* Any secret at rest, encrypted the same way as keys (the tag key). */
MUST_USE enum reason secret_save(const struct secret *s, const char *path,
    const struct secret *passphrase, struct key_vault *shared, struct why *why);
MUST_USE enum reason secret_load(struct secret *s, const char *path,
    const struct secret *passphrase, struct key_vault *shared, struct why *why);

#endif
