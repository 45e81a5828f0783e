/*
 * Certificate paths (RFC 8995 5.5.2, 5.5.3): from a signer upward as far as the
 * supplied certificates go; the top is a temporary trust anchor.
 */
#ifndef X509_PATH_H
#define X509_PATH_H

#include "x509/certificate.h"

#define PATH_POOL_MAX 10 /* MP 17: certificates per container */

struct path {
	unsigned len; /* leaf first */
	struct certificate certificates[CHAIN_MAX];
	bool top_self_signed; /* its own key verifies the last one */
};

/*
 * Builds and validates. Every link is a verified signature; dates of all are
 * checked against now; issuers must be CAs with keyCertSign if keyUsage is
 * there, path lengths hold, leaf has digitalSignature if keyUsage is there, no
 * unknown critical extension; constraints_check() has nothing against it. A good
 * chain is remembered by hash with the time until which all its dates hold. Where one
 * certificate has several issuers (cross-signing) the first good path counts,
 * through a self-issued certificate if there is one. A lone end entity is a
 * path. Certificates that are not on the path are ignored.
 * REGISTRAR_PATH, CERTIFICATES_CONTRADICT (two with one issuer and serial, or
 * one subject and SKI, but different keys).
 */
MUST_USE enum reason path_build(const struct certificate *leaf,
    const struct certificate *pool, unsigned pool_len, int64_t now,
    struct path *out, struct why *why);

#endif
