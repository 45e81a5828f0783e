/* A pledge's request, made and signed (RFC 8995 5.2), see pvr.h. */
#include "base/random.h"
#include "base/text.h"
#include "registrar/pvr.h"

/* Sixteen octets, as RFC 8995 5.2 wants them: strong and unpredictable. */
static void
nonce_draw(char out[NONCE_MAX + 1])
{
	uint8_t random[16];

	random_bytes(random, sizeof(random));
	base64_encode(out, span_of(random, sizeof(random)));
}

static enum reason
nonce_choose(const char *nonce, char out[NONCE_MAX + 1], struct why *why)
{
	if (nonce == NULL) {
		nonce_draw(out);
		return REASON_OK;
	}
	if (nonce[0] == '\0')
		return REASON_OK;
	return nonce_option(nonce, out, why);
}

/* Which of the three leaves says whom the pledge saw. */
static enum reason
proximity_choose(const char *word, const struct certificate *registrar,
    uint8_t hash[HASH_SIZE], struct voucher_request *q, struct why *why)
{
	if (strcmp(word, "cert") == 0) {
		q->proximity_cert = registrar->der;
	} else if (strcmp(word, "pubk") == 0) {
		q->proximity_pubk = registrar->spki;
	} else if (strcmp(word, "pubk-sha256") == 0) {
		sha256(registrar->spki, hash);
		q->proximity_pubk_sha256 = span_of(hash, HASH_SIZE);
	} else if (strcmp(word, "none") != 0) {
		return why_set(why, REASON_ADMIN_ARGUMENT, -1,
		    "--proximity: cert, pubk, pubk-sha256 or none");
	}
	return REASON_OK;
}

enum reason
pvr_make(const struct pvr_plan *plan, struct buf *out, struct why *why)
{
	bool cose = plan->form.format == FORMAT_COSE_CBOR;
	struct voucher_request q = { .has_created_on = true,
		.created_on = plan->created_on };
	const char *word = plan->proximity;
	uint8_t hash[HASH_SIZE];
	enum reason r;

	/* The registrar's certificate, too, is much for a constrained pledge. */
	if (word == NULL)
		word = cose ? "pubk" : "cert";
	if (!plan->no_assertion)
		q.assertion = ASSERTION_PROXIMITY;
	if ((r = proximity_choose(word, plan->registrar, hash, &q, why)) !=
		REASON_OK ||
	    (r = subject_serial(&plan->pledge->own.list[0], q.serial, why)) !=
		REASON_OK ||
	    (r = nonce_choose(plan->nonce, q.nonce, why)) != REASON_OK)
		return r;
	return request_sign(plan->pledge, &q, &plan->form, out, why);
}
