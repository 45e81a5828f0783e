/*
 * Voucher-requests in JSON and CBOR: binaries stay inside the arena, texts inside
 * their rules; what is written from a request reads as the same request. None of
 * these readers allocates: the rooms here are the harness's own.
 */
#include "base/text.h"
#include "fuzz.h"
#include "model/request.h"
#include "model/voucher.h"
#include "wire/der.h"

/* Earlier and later dates, which an offset may lead to, have no text. */
#define YEAR_1 INT64_C(-62135596800)

static bool
same(struct span a, struct span b)
{
	return (a.ptr == NULL) == (b.ptr == NULL) && span_eq(a, b);
}

static void
check_again(const struct voucher_request *q, size_t len)
{
	char *text = malloc(len + 4096);
	uint8_t *arena = malloc(len + 4096);
	struct voucher_request again;
	size_t written;

	require(text != NULL && arena != NULL);
	require(request_to_json(q, text, len + 4096, &written));
	require(request_from_json(span_of(text, written), arena, len + 4096,
		    &again, NULL) == REASON_OK);
	require(strcmp(again.serial, q->serial) == 0);
	require(strcmp(again.nonce, q->nonce) == 0);
	require(again.assertion == q->assertion);
	require(again.has_created_on == q->has_created_on);
	require(again.created_on == q->created_on);
	require(same(again.idevid_issuer, q->idevid_issuer));
	require(same(again.prior, q->prior));
	require(same(again.proximity_cert, q->proximity_cert));
	require(same(again.proximity_pubk, q->proximity_pubk));
	require(same(again.proximity_pubk_sha256, q->proximity_pubk_sha256));
	free(text);
	free(arena);
}

uint64_t
input_read(const uint8_t *bytes, size_t len)
{
	/* Exactly as much as the contract demands. */
	uint8_t *arena = malloc(len + (len == 0 ? 1 : 0));
	struct voucher_request q;
	struct voucher v;
	enum issuer_kind kind;
	struct span value;
	uint64_t digest = 0;
	struct why why;

	require(arena != NULL);
	if (request_from_json(span_of(bytes, len), arena, len, &q, &why) ==
	    REASON_OK) {
		require(text_printable(span_str(q.serial)));
		require(q.nonce[0] == '\0' || strlen(q.nonce) >= NONCE_MIN);
		if (q.idevid_issuer.ptr != NULL &&
		    issuer_normalise(q.idevid_issuer, &kind, &value, &why) ==
			REASON_OK)
			require(value.len <= q.idevid_issuer.len);
		if (q.created_on >= YEAR_1 &&
		    q.created_on <= DER_TIME_FOREVER && oracle_begin()) {
			check_again(&q, len);
			oracle_end();
		}
		digest = digest_add(ACCEPTED, q.serial, SERIAL_MAX);
		digest = digest_add(digest, q.prior.ptr, q.prior.len);
	}
	/* The same leaves in CBOR, of today and of 2019. */
	if (request_from_cbor(span_of(bytes, len), &q, &why) == REASON_OK) {
		require(text_printable(span_str(q.serial)));
		require(q.nonce[0] == '\0' || strlen(q.nonce) >= NONCE_MIN);
		digest = digest_add(ACCEPTED, q.serial, SERIAL_MAX);
		digest = digest_add(digest, q.prior.ptr, q.prior.len);
	}
	if (voucher_from_json(span_of(bytes, len), arena, len, &v, &why) ==
	    REASON_OK) {
		require(
		    v.serial[0] != '\0' && v.pinned_domain_cert.ptr != NULL);
		digest = digest_add(digest, v.serial, SERIAL_MAX);
	}
	free(arena);
	return digest;
}
