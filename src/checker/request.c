/*
 * A registrar's voucher-request, MP 5 rows 1 to 6 and 10. One function per
 * row, in the order of the table, so that the two can be read side by side.
 */
#include "checker/check.h"

/* Row 1: decode the container (RFC 5652, MP 8). */
static enum reason
row_container(const struct message_check *check, struct signed_request *r,
    struct why *why)
{
	if (check->body.len == 0)
		return why_set(why, REASON_EMPTY_BODY, -1, "no bytes");
	if (check->format != FORMAT_CMS_JSON)
		return why_set(why, REASON_MEDIA_TYPE, -1,
		    "format %d is not served", (int)check->format);
	return cms_read(check->body, &r->cms, why);
}

/* Row 2: decode the payload (RFC 8995 3.4, RFC 8366 5.3). */
static enum reason
row_payload(
    struct signed_request *r, struct request_facts *facts, struct why *why)
{
	struct voucher_request *q = &r->request;
	enum reason reason;
	struct span value;

	reason = request_from_json(
	    r->cms.content, r->arena, sizeof(r->arena), q, why);
	if (reason != REASON_OK)
		return reason;
	if (q->serial[0] == '\0')
		return why_set(why, REASON_SERIAL_MISSING, -1,
		    "serial-number is absent or empty");
	memcpy(facts->serial, q->serial, sizeof(facts->serial));
	memcpy(facts->nonce, q->nonce, sizeof(facts->nonce));
	facts->has_created_on = q->has_created_on;
	facts->created_on = q->created_on;
	if (q->idevid_issuer.ptr == NULL)
		return REASON_OK;

	/* MP 6.3: five encodings of one meaning. */
	reason = issuer_normalise(
	    q->idevid_issuer, &facts->issuer.kind, &value, why);
	if (reason != REASON_OK)
		return reason;
	if (facts->issuer.kind == ISSUER_NAME) {
		sha256(value, facts->issuer.bytes);
		facts->issuer.len = HASH_SIZE;
		return REASON_OK;
	}
	if (value.len == 0 || value.len > KEY_ID_MAX)
		return why_set(why, REASON_ISSUER_SHAPE, -1,
		    "a key identifier of %zu octets", value.len);
	memcpy(facts->issuer.bytes, value.ptr, value.len);
	facts->issuer.len = (uint8_t)value.len;
	return REASON_OK;
}

/*
 * Rows 3 and 4 (RFC 8995 5.5.2, 5.5.3): find the signer among the certificates
 * by trying keys, verify, then climb as far as the certificates go; the top is
 * a temporary trust anchor for this request only.
 */
static enum reason
row_signature(
    struct signed_request *r, int64_t now, struct path *path, struct why *why)
{
	struct certificate pool[PATH_POOL_MAX];
	enum reason reason;
	unsigned i, n = 0;

	reason = cms_verify(&r->cms, &r->signer, why);
	if (reason != REASON_OK)
		return reason;
	for (i = 0; i < r->cms.certificates_len; i++)
		if (&r->cms.certificates[i] != r->signer)
			pool[n++] = r->cms.certificates[i];
	return path_build(r->signer, pool, n, now, path, why);
}

/*
 * Row 5 (RFC 8995 5.5.3): a chain that names CRL or OCSP servers must be
 * checked there. This checker has no network, so the state stays unknown and
 * policy judges what that means.
 */
static bool
row_revocation(const struct path *path)
{
	unsigned i;

	for (i = 0; i < path->len; i++)
		if (path->certificates[i].has_crl_pointers ||
		    path->certificates[i].has_authority_information)
			return true;
	return false;
}

/* Row 6 (RFC 8995 5.5.4, RFC 7030 3.6.1): id-kp-cmcRA itself, not any. */
static enum reason
row_registrar(const struct certificate *signer, struct why *why)
{
	if (signer->eku_cmc_ra)
		return REASON_OK;
	return why_set(why, REASON_NOT_REGISTRAR, -1, "%s",
	    !signer->has_extended_key_usage
		? "the signer's certificate has no extended key usage"
		: signer->eku_any
		? "anyExtendedKeyUsage does not stand for id-kp-cmcRA"
		: "its extended key usage has other purposes only");
}

/* Row 10 (RFC 8995 3.4): only a pledge says whom it saw. */
static enum reason
row_forbidden(const struct voucher_request *q, struct why *why)
{
	const char *leaf = NULL;

	if (q->proximity_cert.ptr != NULL)
		leaf = "proximity-registrar-cert";
	else if (q->proximity_pubk.ptr != NULL)
		leaf = "proximity-registrar-pubk";
	else if (q->proximity_pubk_sha256.ptr != NULL)
		leaf = "proximity-registrar-pubk-sha256";
	if (leaf == NULL)
		return REASON_OK;
	return why_set(
	    why, REASON_PROXIMITY_FORBIDDEN, -1, "%s is present", leaf);
}

static void
facts_add_chain(struct request_facts *facts, const struct path *path)
{
	unsigned i;

	for (i = 0; i < path->len; i++) {
		const struct certificate *c = &path->certificates[i];
		struct chain_entry *e = &facts->chain[i];

		e->certificate = c->der;
		sha256(c->spki, e->spki_sha256);
		certificate_domain_id(c, e->domain_id, &e->domain_id_len);
		e->ca = c->has_basic_constraints && c->ca;
		e->self_signed = i + 1 == path->len && path->top_self_signed;
		e->not_after = c->not_after;
	}
	facts->chain_len = path->len;
}

static void
facts_begin(struct request_facts *facts, const struct message_check *check)
{
	memset(facts, 0, sizeof(*facts));
	facts->kind = check->kind;
	facts->format = check->format;
	facts->reply = check->reply;
	facts->proximity = PROXIMITY_ABSENT;
	sha256(check->body, facts->request_sha256);
	memcpy(facts->client_sha256, check->client_sha256, HASH_SIZE);
	memcpy(facts->client_spki_sha256, check->client_spki_sha256, HASH_SIZE);
	memcpy(facts->address, check->address, sizeof(facts->address));
}

enum reason
check_request(const struct message_check *check, int64_t now,
    struct workspace *room, struct request_facts *facts, struct why *why)
{
	struct signed_request *r = &room->registrar;
	enum reason reason;

	facts_begin(facts, check);
	if ((reason = row_container(check, r, why)) != REASON_OK ||
	    (reason = row_payload(r, facts, why)) != REASON_OK ||
	    (reason = row_signature(r, now, &room->path, why)) != REASON_OK)
		return reason;
	facts->unattributed = !r->cms.attributed;
	facts->revocation_unknown = row_revocation(&room->path);
	facts_add_chain(facts, &room->path);
	if ((reason = row_registrar(r->signer, why)) != REASON_OK ||
	    (reason = row_forbidden(&r->request, why)) != REASON_OK)
		return reason;
	/* Rows 7 to 9, 11 and 17 on need the device: the authority's. */
	return check_prior(&r->request, &room->path, &room->pledge, facts, why);
}
