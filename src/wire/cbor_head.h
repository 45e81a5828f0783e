/* Inside the CBOR reader: heads of items. Not for other folders. */
#ifndef WIRE_CBOR_HEAD_H
#define WIRE_CBOR_HEAD_H

#include "wire/cbor.h"

#define CBOR_INFO_INDEFINITE 31 /* additional information, RFC 8949 3 */

struct cbor_head {
	uint8_t major;
	uint8_t info;
	uint64_t value;
	const uint8_t *next;
};

/* The head at the cursor, which stays. Shortest form only when strict. */
enum wire_error cbor_head_read(const struct cbor *c, struct cbor_head *h);

#endif
