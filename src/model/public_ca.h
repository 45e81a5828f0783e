/*
 * Public CAs, those of browsers and systems (RFC 8995 5.5, MP 11): whoever gets
 * a certificate from one could own a device whose voucher pins it. Known by the
 * hash of their key, so that a cross-signed root is the same CA, and by that of
 * their Name, which every intermediate CA below names as its issuer
 * (doc/decisions/028).
 *
 * A table of them is built in, made from Debian's ca-certificates; an operator
 * can add to it and never take away.
 */
#ifndef MODEL_PUBLIC_CA_H
#define MODEL_PUBLIC_CA_H

#include "model/names.h"

struct public_ca {
	uint8_t spki_sha256[HASH_SIZE];
	uint8_t name_sha256[HASH_SIZE]; /* of the subject Name, DER */
};

#define PUBLIC_CAS_MAX 256
struct public_cas { /* what an operator added */
	unsigned len;
	struct public_ca entries[PUBLIC_CAS_MAX];
};

/* Is this the key of a public CA? more may be NULL. */
bool public_ca_key(
    const struct public_cas *more, const uint8_t spki_sha256[HASH_SIZE]);
/* Is this the Name of one? */
bool public_ca_name(
    const struct public_cas *more, const uint8_t name_sha256[HASH_SIZE]);
/* How many keys are built in. */
unsigned public_ca_count(void);

#endif
