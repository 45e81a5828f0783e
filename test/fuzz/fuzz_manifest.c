/*
 * A file of manifests as another site may send it. An octet 1 at the beginning of
 * the input says that hashes are to be put right first, and that signatures of
 * certificates are easy: no mutation would come further otherwise, and who makes a
 * manifest makes these as he likes. Put right are the links of records, what they
 * say of certificates, and the statement. Its own signature is not asked for.
 * Whatever is read is written again to the same octets.
 */
#include "checker/check.h"
#include "forget.h"
#include "fuzz.h"
#include "journal/manifest.h"
#include "wire/cbor.h"

#define INPUT_LIMIT MANIFEST_SIZE_MAX

static uint8_t again[2 * MANIFEST_SIZE_MAX], seal[4096];
static uint8_t inner[MANIFEST_SIZE_MAX];

/* What was accepted of all inputs up to now. */
static bool met[2], met_checkpoint, met_before, met_devices, met_undelivered,
    met_two;
static bool right; /* hashes are put right */

const char *
corpus_lacks(void)
{
	return !met[0]	       ? "a manifest as it is"
	    : !met[1]	       ? "a manifest put right"
	    : !met_checkpoint  ? "a range from record 1"
	    : !met_before      ? "a signer that goes on from another"
	    : !met_devices     ? "two devices"
	    : !met_undelivered ? "a device without its certificate"
	    : !met_two	       ? "two manifests"
			       : NULL;
}

/* The record of a device says what its certificate does, and names the issuer that
 * came, if it was one. */
static void
device_join(
    struct record *r, const struct manifest_content *content, unsigned n)
{
	struct device *d = &r->idevid.device;
	struct certificate c;

	if (n < content->certificates_len &&
	    certificate_read(content->certificates[n], &c, NULL) == REASON_OK) {
		sha256(c.tbs, r->tbs_sha256);
		sha256(c.spki, d->spki_sha256);
	}
	if (content->chains_len != 1 ||
	    certificate_read(content->chains[0].certificates[0], &c, NULL) !=
		REASON_OK ||
	    c.subject_key_id.len != d->issuer.len || d->issuer.len == 0)
		return;
	memcpy(d->issuer.bytes, c.subject_key_id.ptr, d->issuer.len);
	sha256(c.subject, d->issuer_name_sha256);
}

/* Each record follows the one before, if that does not change its length. The head
 * is the statement's last but one, in front of what put_right() puts there. */
static void
records_join(uint8_t *bytes, const struct manifest *m)
{
	uint8_t head[HASH_SIZE], own[RECORD_MAX];
	struct record r;
	unsigned i, devices = 0;
	size_t len;

	for (i = 0; i < m->content.records_len; i++) {
		struct span at = m->content.records[i];

		if (record_read(at, &r, NULL) == REASON_OK) {
			if (i > 0)
				memcpy(r.previous, head, HASH_SIZE);
			r.sequence = m->facts.first + i;
			memcpy(r.signer, m->facts.signer, sizeof(r.signer));
			if (r.kind == RECORD_IDEVID)
				device_join(&r, &m->content, devices++);
			if (record_write(&r, own, sizeof(own), &len) &&
			    len == at.len)
				memcpy(bytes + (at.ptr - bytes), own, len);
		}
		record_hash(at, head);
	}
	memcpy(bytes + (m->statement.ptr + m->statement.len - bytes) -
		2 * HASH_SIZE - 2,
	    head, HASH_SIZE);
}

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
	    &m->content, inner, sizeof(inner), &content_len));
	require(manifest_write(span_of(seal, seal_len),
	    span_of(inner, content_len), again, sizeof(again), &len));
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
		return 0;
	require(f.devices_len + f.undelivered == m.content.certificates_len);
	require(f.hashes.len == m.content.records_len * HASH_SIZE);
	met[right] = true;
	met_checkpoint |= f.statement.first == 1;
	met_before |= f.before.sequence > 0;
	met_devices |= f.devices_len > 1;
	met_undelivered |= f.undelivered > 0;
	return digest_add(ACCEPTED, f.statement.head, HASH_SIZE);
}

/* All of it or nothing, as an import takes it. */
uint64_t
input_read(const uint8_t *bytes, size_t len)
{
	static uint8_t room[INPUT_LIMIT];
	static struct manifest m;
	struct span rest, one;
	uint64_t digest = 0, found;

	if (len == 0 || --len > sizeof(room))
		return 0;
	memcpy(room, bytes + 1, len);
	right = signatures_easy = bytes[0] == 1;
	rest = span_of(room, len);
	while (manifest_next(&rest, &one)) {
		require(one.len > 0 && one.len + rest.len <= len);
		if (right) {
			put_right(room, one);
			if (manifest_read(one, &m, NULL) == REASON_OK) {
				records_join(room, &m);
				put_right(room, one);
			}
		}
		if ((found = read_one(one)) == 0)
			return 0;
		met_two |= digest != 0;
		digest = digest_add(digest, &found, sizeof(found));
	}
	return digest;
}
