/*
 * PKCS#10 certification requests (RFC 2986).
 */
#ifndef ENVELOPE_CSR_H
#define ENVELOPE_CSR_H

#include "crypto/public_key.h"
#include "model/facts.h"

#define CSR_MAX	     8192	   /* of DER, R-2.2 */
#define CSR_TEXT_MAX (2 * CSR_MAX) /* of PEM, with text around it */

/* Reads DER or PEM (one block), checks proof of possession and the key (curve,
 * point, RSA size, e, small factors, ROCA, published test keys). The serial is
 * the subject's serialNumber, or else the hwSerialNum of a requested
 * subjectAltName. CSR_MALFORMED, CSR_POP, KEY_WEAK, SERIAL_MISMATCH if these two
 * differ. The result borrows from arena (at least bytes.len). */
MUST_USE enum reason csr_read(
    struct span bytes, uint8_t *arena, struct csr_facts *out, struct why *why);
/* A CSR for a key of ours: the to-be-signed part with this CN and serialNumber
 * (NULL = none), then joined with its signature. false if it does not fit. */
MUST_USE bool csr_render(struct span spki, const char *common_name,
    const char *serial, uint8_t *out, size_t cap, size_t *len);
MUST_USE bool csr_assemble(struct span info, struct span algorithm,
    struct span signature, uint8_t *out, size_t cap, size_t *len);

#endif
