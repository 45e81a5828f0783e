/*
 * What the firmware implements: two functions of its crypto library. No secret goes
 * through them, so neither has to run in constant time.
 *
 * true means that it is so, and nothing else does: libraries that answer 0 for success,
 * or a negative number for an error, must be compared with their own word for success
 * and not be returned as they are. Try both functions with a digest and a signature that
 * are good, and with one bit of each of them changed, before anything else.
 */
#ifndef PLEDGE_PORT_H
#define PLEDGE_PORT_H

#include "wire/span.h"

/* By the octets of a digest. */
enum pledge_hash {
	PLEDGE_SHA256 = 32,
	PLEDGE_SHA384 = 48,
};
#define PLEDGE_HASH_MAX 48

/* By the octets of a coordinate. */
enum pledge_curve {
	PLEDGE_P256 = 32, /* secp256r1, FIPS 186-5 */
	PLEDGE_P384 = 48, /* secp384r1 */
};

/*
 * The hash of all parts, one behind the other, to digest (as many octets as the number
 * of the hash). false if it cannot: then the voucher is refused.
 */
bool pledge_hash(enum pledge_hash hash, const struct span *parts,
    unsigned parts_len, uint8_t *digest);

/*
 * Is that the ECDSA signature (FIPS 186-5 6.4) of the digest? point: x and y, signature:
 * r and s, each as many octets as the number of the curve, big endian. A point that
 * is not on the curve, and r or s out of range, are false. Of a digest longer than the
 * curve only the leftmost octets are given; it may be shorter.
 */
bool pledge_ecdsa(enum pledge_curve curve, const uint8_t *point,
    const uint8_t *digest, size_t digest_len, const uint8_t *signature);

#endif
