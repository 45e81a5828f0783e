/*
 * A file of manifests as another site may send it. An octet 1 at the beginning of
 * the input says that the hash of the content is to be put right first: no mutation
 * would come further otherwise. Signatures are not asked for, certificates are.
 * Whatever is read is written again to the same octets.
 */
#include "checker/check.h"
#include "fuzz.h"
#include "journal/manifest.h"
#include "wire/cbor.h"

#define INPUT_LIMIT MANIFEST_SIZE_MAX

static uint8_t again[2 * MANIFEST_SIZE_MAX], seal[4096];
static uint8_t content[MANIFEST_SIZE_MAX];

/* The content's hash ends the statement, wherever that ends. */
static void
put_right(uint8_t *bytes, struct span one)
{
	struct cbor c;
	struct span statement, part;
	uint8_t hash[HASH_SIZE];
	uint64_t n;

	cbor_open(&c, one, true);
	if (cbor_array(&c, &n) != WIRE_OK || cbor_array(&c, &n) != WIRE_OK ||
	    cbor_bytes(&c, &statement) != WIRE_OK ||
	    cbor_bytes(&c, &part) != WIRE_OK ||
	    cbor_bytes(&c, &part) != WIRE_OK ||
	    cbor_bytes(&c, &part) != WIRE_OK || statement.len < HASH_SIZE)
		return;
	sha256(part, hash);
	memcpy(bytes + (statement.ptr + statement.len - HASH_SIZE - bytes),
	    hash, HASH_SIZE);
}

static void
write_again(const struct manifest *m, struct span one)
{
	size_t seal_len, content_len, len;

	require(manifest_seal_write(
	    m->statement, m->key, m->signature, seal, sizeof(seal), &seal_len));
	require(manifest_content_write(
	    &m->content, content, sizeof(content), &content_len));
	require(manifest_write(span_of(seal, seal_len),
	    span_of(content, content_len), again, sizeof(again), &len));
	require(span_eq(span_of(again, len), one));
}

static uint64_t
read_one(struct span one)
{
	static struct manifest m;
	static struct manifest_facts f;
	static uint8_t hashes[MANIFEST_RECORDS_MAX * HASH_SIZE];
	struct why why;

	if (manifest_read(one, &m, &why) != REASON_OK)
		return 0;
	write_again(&m, one);
	if (manifest_content_check(&m, span_of(NULL, 0), hashes, &f, &why) !=
	    REASON_OK)
		return 1;
	require(f.devices_len + f.undelivered == m.content.certificates_len);
	require(f.hashes.len == m.content.records_len * HASH_SIZE);
	return digest_add(ACCEPTED, f.statement.head, HASH_SIZE);
}

uint64_t
input_read(const uint8_t *bytes, size_t len)
{
	static uint8_t room[INPUT_LIMIT];
	struct span rest, one;
	uint64_t digest = 0;

	if (len == 0 || --len > sizeof(room))
		return 0;
	memcpy(room, bytes + 1, len);
	rest = span_of(room, len);
	while (manifest_next(&rest, &one)) {
		require(one.len > 0 && one.len + rest.len <= len);
		if (bytes[0] == 1)
			put_right(room, one);
		digest ^= read_one(one);
	}
	return digest;
}
