/* PEM or base64 around signed objects: for files that people hand around. */
#ifndef ENVELOPE_PEM_H
#define ENVELOPE_PEM_H

#include "base/pem.h"

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

#endif
