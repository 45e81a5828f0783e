/*
 * The records of the last minute by request hash (architecture 3): an identical
 * request within it gets the same voucher or certificate, rendered again.
 *
 * A ring in order of time with hash chains through it. It forgets by age, and
 * by number under a load that no minute should see: then a repeated request
 * costs a second record, no more.
 */
#include <stdlib.h>

#include "base/fatal.h"
#include "crypto/hash/hash.h"
#include "signer/signer.h"

#define RING	32768
#define BUCKETS 16384
#define NONE	UINT32_MAX

struct recent {
	struct recent_entry ring[RING];
	uint32_t older[RING]; /* next in the same bucket */
	uint32_t bucket[BUCKETS];
	uint32_t next, used;
};

struct recent *
recent_new(void)
{
	struct recent *r = memory_new(sizeof(*r));

	memset(r->bucket, 0xff, sizeof(r->bucket)); /* NONE */
	return r;
}

void
recent_free(struct recent *r)
{
	free(r);
}

/* A request hash is spread well enough by itself. */
static uint32_t
bucket_of(const uint8_t hash[HASH_SIZE])
{
	return ((uint32_t)hash[0] << 8 | hash[1]) % BUCKETS;
}

/*
 * What a record says that the bytes to be signed need not: which key counts the
 * signature, and what the tag of an IDevID's device will stand for. Rendered
 * again under another key a voucher would be a signature without a record; with
 * another slot, a tag without one.
 */
static void
recent_subject(const struct record *record, uint8_t out[HASH_SIZE])
{
	const struct record_voucher *v = &record->voucher;
	const struct record_idevid *i = &record->idevid;
	bool voucher = record->kind == RECORD_VOUCHER;
	const char *key = voucher ? v->key : i->key;
	const char *serial = voucher ? v->serial : i->device.serial;
	const char *product = voucher ? v->product : i->device.product;
	const struct issuer *issuer = voucher ? &v->issuer : &i->device.issuer;
	uint32_t slot = voucher ? 0 : i->device.key_slot;
	const struct span pieces[] = {
		span_of(key, strlen(key) + 1),
		span_of(serial, strlen(serial) + 1),
		span_of(product, strlen(product) + 1),
		span_of(&slot, sizeof(slot)),
		span_of(issuer->bytes, issuer->len),
	};

	hash_pieces(
	    HASH_SHA256, pieces, sizeof(pieces) / sizeof(pieces[0]), out);
}

/* Takes the oldest entry out of its chain, of which it is the last. */
static void
evict(struct recent *r, uint32_t at)
{
	uint32_t *link = &r->bucket[bucket_of(r->ring[at].request_sha256)];

	while (*link != NONE && *link != at)
		link = &r->older[*link];
	if (*link == at)
		*link = r->older[at];
}

void
recent_add(struct recent *r, const struct record *record)
{
	struct recent_entry *e = &r->ring[r->next];
	uint32_t *bucket;

	if (record->kind != RECORD_VOUCHER && record->kind != RECORD_IDEVID)
		return;
	if (r->used == RING)
		evict(r, r->next);
	else
		r->used++;
	memset(e, 0, sizeof(*e));
	memcpy(e->request_sha256, record->request_sha256, HASH_SIZE);
	recent_subject(record, e->subject_sha256);
	memcpy(e->tbs_sha256, record->tbs_sha256, HASH_SIZE);
	e->kind = record->kind;
	e->sequence = record->sequence;
	if (record->kind == RECORD_VOUCHER) {
		e->when = record->voucher.created_on;
	} else {
		e->when = record->idevid.not_before;
		memcpy(e->serial, record->idevid.serial, sizeof(e->serial));
	}
	bucket = &r->bucket[bucket_of(e->request_sha256)];
	r->older[r->next] = *bucket;
	*bucket = r->next;
	r->next = (r->next + 1) % RING;
}

const struct recent_entry *
recent_find(const struct recent *r, const struct record *like, int64_t now)
{
	uint32_t at = r->bucket[bucket_of(like->request_sha256)];
	uint8_t subject[HASH_SIZE];
	const struct recent_entry *e;

	recent_subject(like, subject);
	for (; at != NONE; at = r->older[at]) {
		e = &r->ring[at];
		if (e->kind == like->kind && e->when <= now &&
		    now - e->when <= RECENT_SECONDS &&
		    memcmp(e->request_sha256, like->request_sha256,
			HASH_SIZE) == 0 &&
		    memcmp(e->subject_sha256, subject, HASH_SIZE) == 0)
			return e;
	}
	return NULL;
}
