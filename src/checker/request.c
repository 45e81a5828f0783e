/*
 * A registrar's voucher-request, MP 5 rows 1 to 6 and 10. One function per
 * row, in the order of the table, so that the two can be read side by side; the
 * table at the end walks them, and those of prior.c.
 */
#include "checker/rows.h"
#include "envelope/pem.h"

/* Row 1: decode the container (RFC 5652, RFC 7515, RFC 9052; MP 8 to 10). */
static enum reason
row_container(struct walk *w, struct why *why)
{
	struct signed_request *q = &w->room->registrar;
	struct span body = w->check->body;
	enum reason r;

	if (body.len == 0)
		return why_set(why, REASON_EMPTY_BODY, -1, "no bytes");
	if (object_from_base64(w->check->body, w->room->body, &body) &&
	    (r = legacy_use(w, LEGACY_BASE64, false, REASON_LEGACY_FORM,
		 why)) != REASON_OK)
		return r;
	r = envelope_read(w->check->format, body, q->unwrapped,
	    sizeof(q->unwrapped), &q->envelope, why);
	if (r == REASON_OK)
		trace_envelope(w->trace, &q->envelope, body);
	return r;
}

/* MP 6.3: five encodings of one meaning. */
static enum reason
read_issuer(
    struct span idevid_issuer, struct request_facts *facts, struct why *why)
{
	enum reason reason;
	struct span value;

	reason =
	    issuer_normalise(idevid_issuer, &facts->issuer.kind, &value, why);
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

/* Row 2: decode the payload (RFC 8995 3.4, RFC 8366 5.3). */
static enum reason
row_payload(struct walk *w, struct why *why)
{
	struct signed_request *r = &w->room->registrar;
	struct request_facts *facts = w->facts;
	struct voucher_request *q = &r->request;
	enum reason reason;

	if ((reason = request_read(r, why)) != REASON_OK ||
	    (reason = legacy_payload(w, r, why)) != REASON_OK)
		return reason;
	if (q->serial[0] == '\0')
		return why_set(why, REASON_SERIAL_MISSING, -1,
		    "serial-number is absent or empty");
	memcpy(facts->serial, q->serial, sizeof(facts->serial));
	memcpy(facts->nonce, q->nonce, sizeof(facts->nonce));
	facts->has_created_on = q->has_created_on;
	facts->created_on = q->created_on;
	trace_found(w->trace, "serial-number %s, %s%s%s%.40s%s%.40s", q->serial,
	    q->nonce[0] == '\0' ? "no nonce" : "nonce ", q->nonce,
	    q->extensions[0] == '\0' ? "" : "; extensions ignored: ",
	    q->extensions,
	    q->unknown[0] == '\0' ? "" : "; leaves ignored: ", q->unknown);
	return q->idevid_issuer.ptr == NULL
	    ? REASON_OK
	    : read_issuer(q->idevid_issuer, facts, why);
}

/*
 * A registrar may send the pledge's chain along (cBRSKI 7.2, MP 10.1): it proves
 * nothing of the registrar and must never be pinned. It begins with a
 * certificate whose subject has the serial that is asked for, and goes on with
 * whatever bears the name of an issuer; names will do, because what is left out
 * by mistake only shortens the registrar's own chain (doc/decisions/024).
 */
static void
mark_pledges(struct workspace *room)
{
	const struct envelope *e = &room->registrar.envelope;
	const struct certificate *c = e->certificates;
	bool *marked = room->pledges, again = false;
	unsigned i, j;

	for (i = 0; i < e->certificates_len; i++) {
		marked[i] = is_pledges(&room->registrar, &c[i]);
		again |= marked[i];
	}
	while (again) {
		again = false;
		for (i = 0; i < e->certificates_len; i++)
			for (j = 0; j < e->certificates_len && !marked[i]; j++)
				if (marked[j] &&
				    span_eq(c[i].subject, c[j].issuer))
					again = marked[i] = true;
	}
}

/* Would rows 4 and 6 take it by itself? */
static bool
is_registrars(const struct certificate *c, int64_t now)
{
	return c->eku_cmc_ra && now >= c->not_before && now <= c->not_after;
}

/* Certificates over one key are one signer, and an x5bag has no order: where the one
 * that was found will not do, another one over its key may. */
static const struct certificate *
signer_choose(const struct workspace *room, int64_t now)
{
	const struct envelope *e = &room->registrar.envelope;
	const struct certificate *found = room->registrar.signer;
	unsigned i;

	for (i = 0; i < e->certificates_len && !is_registrars(found, now); i++)
		if (!room->pledges[i] &&
		    span_eq(e->certificates[i].spki, found->spki) &&
		    is_registrars(&e->certificates[i], now))
			return &e->certificates[i];
	return found;
}

/*
 * Row 3 (RFC 8995 5.5.2): find the signer among the certificates by trying
 * keys, which verifies the signature as well, the first half of row 4.
 */
static enum reason
row_signer(struct walk *w, struct why *why)
{
	struct signed_request *r = &w->room->registrar;
	enum reason reason = envelope_verify(&r->envelope, &r->signer, why);

	if (reason != REASON_OK)
		return reason;
	if (envelope_unattributed(&r->envelope) &&
	    (reason = legacy_use(w, LEGACY_UNATTRIBUTED, false,
		 REASON_CMS_ATTRIBUTES_MISSING, why)) != REASON_OK)
		return reason;
	w->facts->not_in_cose = !envelope_algorithm_in_cose(&r->envelope);
	mark_pledges(w->room);
	r->signer = signer_choose(w->room, w->now);
	if (w->room->pledges[r->signer - r->envelope.certificates])
		return why_set(why, REASON_SIGNER_UNKNOWN, -1,
		    "the certificate that fits belongs to the pledge's chain");
	return REASON_OK;
}

void
chain_entry_fill(struct chain_entry *e, const struct certificate *c)
{
	e->certificate = c->der;
	sha256(c->spki, e->spki_sha256);
	certificate_domain_id(c, e->domain_id, &e->domain_id_len);
	e->ca = c->has_basic_constraints && c->ca;
	e->not_after = c->not_after;
	sha256(c->issuer, e->issuer_name_sha256);
	e->public_policy = certificate_public_policy(c);
}

static void
facts_add_chain(struct request_facts *facts, const struct path *path)
{
	unsigned i;

	for (i = 0; i < path->len; i++) {
		chain_entry_fill(&facts->chain[i], &path->certificates[i]);
		facts->chain[i].self_signed =
		    i + 1 == path->len && path->top_self_signed;
	}
	facts->chain_len = path->len;
}

/*
 * Row 4 (RFC 8995 5.5.3): climb as far as the certificates go; the top is a
 * temporary trust anchor for this request only.
 */
static enum reason
row_path(struct walk *w, struct why *why)
{
	struct signed_request *r = &w->room->registrar;
	struct certificate pool[PATH_POOL_MAX];
	enum reason reason;
	unsigned i, n = 0;

	for (i = 0; i < r->envelope.certificates_len; i++)
		if (&r->envelope.certificates[i] != r->signer &&
		    !w->room->pledges[i])
			pool[n++] = r->envelope.certificates[i];
	reason = path_build(r->signer, pool, n, w->now, &w->room->path, why);
	if (reason != REASON_OK)
		return reason;
	facts_add_chain(w->facts, &w->room->path);
	trace_found(w->trace, "%u certificates, valid at the moment",
	    w->room->path.len);
	return REASON_OK;
}

/*
 * Row 5 (RFC 8995 5.5.3): a chain that names CRL or OCSP servers must be
 * checked there. This checker has no network, so the state stays unknown and
 * policy judges what that means.
 */
static enum reason
row_pointers(struct walk *w, struct why *why)
{
	const struct path *path = &w->room->path;
	unsigned i;

	(void)why;
	for (i = 0; i < path->len; i++)
		if (path->certificates[i].has_crl_pointers ||
		    path->certificates[i].has_ocsp_pointers)
			w->facts->revocation_unknown = true;
	trace_found(w->trace, "%s",
	    w->facts->revocation_unknown ? "named, not asked" : "none named");
	return REASON_OK;
}

/* Row 6 (RFC 8995 5.5.4, RFC 7030 3.6.1): id-kp-cmcRA itself, not any. */
static enum reason
row_registrar(struct walk *w, struct why *why)
{
	const struct certificate *signer = w->room->registrar.signer;

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
row_forbidden(struct walk *w, struct why *why)
{
	const struct voucher_request *q = &w->room->registrar.request;
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
facts_begin(
    struct request_facts *facts, const struct message_check *check, int64_t now)
{
	memset(facts, 0, sizeof(*facts));
	facts->kind = check->kind;
	facts->format = check->format;
	facts->reply = check->reply;
	/* What is in the body is found here, whatever somebody says. */
	facts->legacy = check->legacy & LEGACY_OUTSIDE;
	facts->moment = now;
	facts->proximity = PROXIMITY_ABSENT;
	sha256(check->body, facts->request_sha256);
	memcpy(facts->client_sha256, check->client_sha256, HASH_SIZE);
	memcpy(facts->client_spki_sha256, check->client_spki_sha256, HASH_SIZE);
	memcpy(facts->address, check->address, sizeof(facts->address));
}

static const struct {
	enum step step;
	row_call call;
	bool prior; /* about the pledge's request: only where there is one */
} rows[] = {
	{ STEP_CONTAINER, row_container, false },
	{ STEP_PAYLOAD, row_payload, false },
	{ STEP_SIGNER, row_signer, false }, { STEP_PATH, row_path, false },
	{ STEP_POINTERS, row_pointers, false },
	{ STEP_REGISTRAR, row_registrar, false },
	{ STEP_FORBIDDEN, row_forbidden, false },
	{ STEP_PRIOR, row_classify, true },
	{ STEP_PLEDGE, row_pledge_signature, true },
	{ STEP_SERIAL, row_serial, true }, { STEP_SEEN, row_proximity, true },
	{ STEP_NONCE, row_nonce, true },
	/* Rows 7 to 9, 11 and 17 on need the device: the authority's. */
};

/*
 * Of signature_work(): three chains of six certificates with the slowest keys, and
 * what signs the objects, make 315. Looked at behind each row and each chain,
 * of which none costs more than 300.
 */
#define WORK_MAX 350

enum reason
work_check(const struct walk *w, struct why *why)
{
	return signature_work() - w->begun <= WORK_MAX
	    ? REASON_OK
	    : why_set(why, REASON_REQUEST_COSTLY, -1, "%s", "");
}

/* What the last one left; the arenas are large, and nobody reads beyond these. */
static void
request_clear(struct signed_request *q)
{
	q->envelope.format = FORMAT_NONE;
	q->envelope.certificates_len = 0;
	q->signer = NULL;
	memset(&q->request, 0, sizeof(q->request));
}

enum reason
check_request(const struct message_check *check, int64_t now,
    struct workspace *room, struct request_facts *facts, struct trace *trace,
    struct why *why)
{
	struct walk w = { check, now, room, facts, trace, signature_work() };
	enum reason r = REASON_OK;
	size_t i;

	facts_begin(facts, check, now);
	request_clear(&room->registrar);
	request_clear(&room->pledge);
	room->look_up = false;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]) && r == REASON_OK; i++) {
		if (rows[i].prior &&
		    room->registrar.request.prior.ptr == NULL) {
			trace_skip(trace, rows[i].step,
			    "there is no prior-signed-voucher-request");
			continue;
		}
		trace_begin(trace, rows[i].step);
		if ((r = rows[i].call(&w, why)) == REASON_OK)
			r = work_check(&w, why);
		r = trace_end(trace, r, why);
	}
	return r;
}

/*
 * MP 14.1: the bytes of an accepted request open the audit log at any later
 * time, also when its certificates have expired since; whether they are such
 * bytes only the authority knows.
 */
bool
check_hands_on(enum request_kind kind, enum reason r)
{
	return r == REASON_OK ||
	    (kind == REQUEST_AUDIT_LOG && reason_status(r) == 403);
}
