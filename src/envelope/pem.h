/* PEM (RFC 7468) around DER, base64: for files that operators name. */
#ifndef ENVELOPE_PEM_H
#define ENVELOPE_PEM_H

#include "base/buf.h"
#include "base/reason.h"

/* The next block with this label at or behind *offset; moves *offset behind it.
 * out holds at least text.len bytes. false if there is none. */
bool pem_next(struct span text, size_t *offset, const char *label, uint8_t *out,
    size_t *len);
/* Bytes that are DER already, or one PEM block with this label, as DER. */
bool pem_or_der(struct span bytes, const char *label, uint8_t *out, size_t cap,
    size_t *len);
/*
 * A signed object in base64, white space anywhere: what old clients send (MP 16 row
 * 22). false if it is anything else. room holds bytes.len octets and outlives *out.
 */
bool object_from_base64(struct span bytes, uint8_t *room, struct span *out);
/*
 * A file that people hand around may hold a signed object as PEM (label CMS) or
 * base64; anything else comes back as it is. room as above.
 */
struct span object_unwrap(struct span bytes, uint8_t *room);
/* Appends a block, lines of 64. false if the buffer's cap is exceeded. */
bool pem_write(struct buf *out, const char *label, struct span der);

#endif
