/*
 * PEM: blocks lie behind each other, each holds no more than its text, and is
 * written again to a block that reads as the same; if OpenSSL takes it, too, then
 * for the same octets. Signed objects in PEM or base64.
 */
#include <openssl/pem.h>

#include "envelope/pem.h"
#include "fuzz.h"

#define LABEL "CERTIFICATE"
#define BEGIN "-----BEGIN " LABEL "-----"

enum { BLOCKS, BLOCKS_OF_BOTH, PEM_OR_DER, OBJECTS, READERS };
static bool met[READERS];

const char *
corpus_lacks(void)
{
	static const char *const names[] = { "a block",
		"a block that OpenSSL takes", "PEM or DER", "a signed object" };

	return first_unmet(met, names, READERS);
}

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

/* OpenSSL is stricter with lines, and some blocks have a header for it. */
static void
block_by_openssl(struct span text, struct span der)
{
	BIO *bio = BIO_new_mem_buf(text.ptr, (int)text.len);
	char *label = NULL, *header = NULL;
	unsigned char *data = NULL;
	long len;

	require(bio != NULL);
	if (PEM_read_bio(bio, &label, &header, &data, &len) == 1 &&
	    header[0] == '\0') {
		require(strcmp(label, LABEL) == 0);
		require(span_eq(span_of(data, (size_t)len), der));
		met[BLOCKS_OF_BOTH] = true;
	}
	OPENSSL_free(label);
	OPENSSL_free(header);
	OPENSSL_free(data);
	BIO_free(bio);
}

/* From its beginning to where the next one is looked for. */
static struct span
block_text(struct span text, size_t before, size_t behind)
{
	const uint8_t *at =
	    memmem(text.ptr + before, behind - before, BEGIN, strlen(BEGIN));

	require(at != NULL);
	return span_of(at, (size_t)(text.ptr + behind - at));
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
	met[OBJECTS] |= plain.ptr == room;
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
		met[BLOCKS] = true;
		if (oracle_begin()) {
			block_again(span_of(room, n));
			block_by_openssl(
			    block_text(text, before, offset), span_of(room, n));
			oracle_end();
		}
	}
	if (pem_or_der(text, LABEL, room, len, &n)) {
		digest = digest_add(ACCEPTED, room, n);
		met[PEM_OR_DER] = true;
	}
	free(room);
	digest ^= object_check(text);
	return digest;
}
