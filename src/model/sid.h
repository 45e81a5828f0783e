/*
 * Keys of vouchers in YANG-CBOR (RFC 9254; MP 10.2): what the readers of vouchers
 * and of requests share. Inside a container a key is the difference to the
 * container's SID, an absolute SID under tag 47, or the leaf's name. One leaf
 * has different differences in request and voucher.
 */
#ifndef MODEL_SID_H
#define MODEL_SID_H

#include "wire/cbor.h"

#define SID_VOUCHER	 2451
#define SID_REQUEST	 2501
/* Of 2019 (MP 10.4). */
#define SID_VOUCHER_2019 1001100
#define SID_REQUEST_2019 1001154

struct sid_key {
	struct span name; /* ptr NULL: it is a number */
	int64_t delta;	  /* to the container, of an absolute SID, too */
};

/* Keys that no leaf has, as many as one container may hold: each once. */
#define SID_KEYS_MAX 128
struct sid_keys {
	unsigned len;
	struct sid_key keys[SID_KEYS_MAX];
};
/* Remembers one more: WIRE_DUPLICATE, WIRE_LIMIT. */
enum wire_error sid_keys_add(struct sid_keys *k, const struct sid_key *key);

/* Takes a key; false if it has none of the three forms. A SID has 63 bits. */
bool sid_key_read(struct cbor *c, unsigned container, struct sid_key *out);
/* Is it this leaf, by name or by difference? */
bool sid_key_is(const struct sid_key *key, const char *name, unsigned delta);
/* A member of a container: nothing if value.ptr is NULL. */
void sid_put_bytes(struct cbor_out *o, unsigned delta, struct span value);
/* Checks that all of bytes is one CBOR item, and opens its map of one member; its
 * key is a name or a SID (in delta), and c stands in front of its value. */
bool sid_root_read(
    struct span bytes, struct sid_key *root, struct cbor *c, uint64_t *roots);
/* The same for a container that is known, by SID or by name. */
bool sid_root_open(struct span bytes, unsigned container, const char *name,
    struct cbor *c, uint64_t *roots);
/* Behind that value: nothing more? roots is what _open gave. */
bool sid_root_end(struct cbor *c, uint64_t roots);

#endif
