/*
 * Public keys and signature checks: P-256, P-384 (P-521), RSA, Ed25519.
 *
 * Parsing is by our own DER reader (named curves and uncompressed points only);
 * arithmetic is libcrypto's. Keys are cached by the SHA-256 of their
 * SubjectPublicKeyInfo, so that a busy registrar's key is decoded once.
 */
#ifndef CRYPTO_PUBLIC_KEY_H
#define CRYPTO_PUBLIC_KEY_H

#include "base/reason.h"
#include "crypto/hash/hash.h"
#include "model/names.h"

enum key_type {
	KEY_NONE = 0,
	KEY_P256,
	KEY_P384,
	KEY_P521,
	KEY_RSA,
	KEY_ED25519
};

/* A signature algorithm as CMS, X.509 and PKCS#10 name it. For SIGNATURE_RSA
 * with hash HASH_NONE the hash comes from the digestAlgorithm (RFC 3370 3.2). */
enum signature_kind {
	SIGNATURE_NONE = 0,
	SIGNATURE_ECDSA,
	SIGNATURE_RSA,
	SIGNATURE_ED25519
};
struct signature_algorithm {
	enum signature_kind kind;
	enum hash_algorithm hash;
};

struct public_key;

/*
 * Reads a SubjectPublicKeyInfo. The key is borrowed from the cache and stays
 * valid until public_key_cache_trim() of the event loop's idle moment.
 * KEY_WEAK: RSA under 2048 or over 8192 bits, an even exponent, 1 or one over 33
 * bits; unknown curve, explicit parameters, point not on the curve, of small order on
 * that of Ed25519; more than SPKI_MAX octets. CERTIFICATE_MALFORMED if it is no
 * SubjectPublicKeyInfo.
 */
MUST_USE enum reason public_key_get(
    struct span spki, const struct public_key **out, struct why *why);
/* Drops entries beyond the cache's size; call between requests only. */
void public_key_cache_trim(void);
/*
 * Makes the table (key_table.h) of the busiest P-256 key that has earned one, if
 * any: it holds everything up for some 40 ms, once per key. At most 16 keys have
 * tables, 2.5 MB in all; a busier key takes the one of the least busy. Only good
 * signatures count: who cannot sign with a key earns it none. Call between
 * requests.
 */
void public_key_table_make(void);
bool public_key_has_table(const struct public_key *k);

enum key_type public_key_type(const struct public_key *k);
unsigned public_key_bits(const struct public_key *k);
/* RSA only: is the exponent 65537 (IP 1)? true for others. */
bool public_key_exponent_usual(const struct public_key *k);

/* Reads an AlgorithmIdentifier (whole element); ALGORITHM if not accepted
 * (SHA-1 and MD5 among them) or its parameters are not as IP 2 says. */
MUST_USE enum reason signature_algorithm_read(
    struct span identifier, struct signature_algorithm *out, struct why *why);
MUST_USE enum reason digest_algorithm_read(
    struct span identifier, enum hash_algorithm *out, struct why *why);

/*
 * Checks a signature (ECDSA: DER SEQUENCE of two INTEGERs) over message.
 * True only if the algorithm fits the key's type and it verifies.
 */
MUST_USE bool signature_verify(const struct public_key *k,
    struct signature_algorithm a, struct span message, struct span signature);
/* The same with ECDSA signatures as JWS and COSE write them: r || s, each as
 * wide as the curve (RFC 7518 3.4, RFC 9053 2.1). */
MUST_USE bool signature_verify_fixed(const struct public_key *k,
    struct signature_algorithm a, struct span message, struct span signature);
/*
 * What signature checks have cost this process so far, each by the kind of its
 * key, in the time of one with P-256, about: 15 for P-384, which libcrypto has
 * no fast code for. Callers compare two moments: what a stranger sends must not
 * cost more than an honest request may. Whoever remembers a result adds what
 * it cost, so that the count depends on nothing but what was sent.
 */
uint64_t signature_work(void);
void signature_work_add(uint64_t more);
/* What it may cost to find an object's signer by trying keys: six of the slowest
 * (MP 17: chain depth), ten of most. */
#define SIGNER_WORK_MAX 90

/* An ECDSA signature from DER to r || s of width octets each (32 for P-256, 48
 * for P-384). false if it is none, or too wide. */
MUST_USE bool signature_to_fixed(struct span der, size_t width, uint8_t *out);

#endif
