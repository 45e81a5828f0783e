/* PEM (RFC 7468) around DER that nobody here looks into. */
#ifndef BASE_PEM_H
#define BASE_PEM_H

#include "base/buf.h"

/* The next block with this label at or behind *offset; moves *offset behind it.
 * out holds at least text.len bytes. false if there is none. */
bool pem_next(struct span text, size_t *offset, const char *label, uint8_t *out,
    size_t *len);
/* Bytes that are DER already, or one PEM block with this label, as DER. */
bool pem_or_der(struct span bytes, const char *label, uint8_t *out, size_t cap,
    size_t *len);
/* Appends a block, lines of 64. false if the buffer's cap is exceeded. */
bool pem_write(struct buf *out, const char *label, struct span der);

#endif
