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

/* RFC 8995: whom it saw in TLS. PRM: what an agent gave it, who saw nobody. */
static enum reason
seen_choose(const struct pvr_plan *plan, uint8_t hash[HASH_SIZE],
    struct voucher_request *q, struct why *why)
{
	const char *word = plan->proximity;

	if (plan->agent_data.len > 0) {
		if (word != NULL || plan->no_assertion)
			return why_set(why, REASON_ADMIN_ARGUMENT, -1,
			    "what an agent gave takes the place of --proximity "
			    "and --no-assertion");
		q->assertion = ASSERTION_AGENT_PROXIMITY;
		q->agent_registrar = plan->registrar->der;
		q->agent_signed_data = plan->agent_data;
		return REASON_OK;
	}
	if (!plan->no_assertion)
		q->assertion = ASSERTION_PROXIMITY;
	/* The registrar's certificate, too, is much for a constrained pledge. */
	if (word == NULL)
		word = plan->form.format == FORMAT_COSE_CBOR ? "pubk" : "cert";
	return proximity_choose(word, plan->registrar, hash, q, why);
}

enum reason
pvr_make(const struct pvr_plan *plan, struct buf *out, struct why *why)
{
	struct voucher_request q = { .has_created_on = true,
		.created_on = plan->created_on };
	uint8_t hash[HASH_SIZE];
	enum reason r;

	if ((r = seen_choose(plan, hash, &q, why)) != REASON_OK ||
	    (r = subject_serial(&plan->pledge->own.list[0], q.serial, why)) !=
		REASON_OK ||
	    (r = nonce_choose(plan->nonce, q.nonce, why)) != REASON_OK)
		return r;
	return request_sign(plan->pledge, &q, &plan->form, out, why);
}
