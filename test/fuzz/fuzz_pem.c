/*
 * PEM: blocks lie behind each other, each holds no more than its text, and is
 * written again to a block that reads as the same; OpenSSL reads the first block
 * of the same label to the same octets. Signed objects in PEM or base64.
 */
#include <openssl/pem.h>

#include "envelope/pem.h"
#include "fuzz.h"

#define LABEL "CERTIFICATE"

static void
block_again(struct span der)
{
	uint8_t *room;
	struct buf text;
	size_t offset = 0, len;

	buf_init(&text, SIZE_MAX);
	require(pem_write(&text, LABEL, der));
	room = malloc(text.len);
	require(room != NULL &&
	    pem_next(buf_span(&text), &offset, LABEL, room, &len));
	require(span_eq(der, span_of(room, len)) && offset <= text.len);
	free(room);
	buf_free(&text);
}

/* A signed object in PEM or base64 is decoded into the room, or given back as it
 * came. */
static uint64_t
object_check(struct span bytes)
{
	uint8_t *room = malloc(bytes.len + 1);
	uint64_t digest = 0;
	struct span plain;

	require(room != NULL);
	plain = object_unwrap(bytes, room);
	require(plain.len <= bytes.len);
	if (plain.ptr == room)
		digest = digest_add(ACCEPTED, plain.ptr, plain.len);
	else
		require(span_eq(plain, bytes));
	free(room);
	return digest;
}

uint64_t
input_read(const uint8_t *bytes, size_t len)
{
	struct span text = span_of(bytes, len);
	uint8_t *room = malloc(len + 1);
	size_t offset = 0, before, n;
	uint64_t digest = 0;

	require(room != NULL);
	for (before = 0; pem_next(text, &offset, LABEL, room, &n);
	     before = offset) {
		require(offset > before && offset <= len && n < len);
		digest = digest_add(ACCEPTED, room, n);
		if (oracle_begin()) {
			block_again(span_of(room, n));
			oracle_end();
		}
	}
	if (pem_or_der(text, LABEL, room, len, &n))
		digest = digest_add(ACCEPTED, room, n);
	free(room);
	digest ^= object_check(text);
	return digest;
}
