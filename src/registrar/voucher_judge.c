/* Judging a voucher, see voucher_judge.h. */
#include "registrar/voucher_judge.h"

#include "base/clock.h"
#include "x509/constraints.h"

/* The second half of the arena is for the content (content_check). */
static enum reason
envelope_check(const struct judge_facts *f, uint8_t *arena,
    struct judgement *out, struct why *why)
{
	struct envelope *e = &out->envelope;
	struct why inner;
	enum reason r;

	if (envelope_format(f->voucher) == FORMAT_NONE)
		return why_set(why, REASON_VOUCHER_MALFORMED, -1,
		    "it begins neither as CMS nor as JWS nor as COSE");
	r = envelope_read(envelope_format(f->voucher), f->voucher, arena,
	    ENVELOPE_ARENA(f->voucher.len), e, why);
	if (r != REASON_OK)
		return r;
	why_clear(&inner);
	r = envelope_verify(e, &out->signer, &inner);
	/* A registrar strips the certificates of a COSE voucher, or puts in
	 * others (MP 10.1). Without alg nothing verifies it. */
	if (r == REASON_OK ||
	    (r != REASON_ALGORITHM && f->anchor.len > 0 &&
		envelope_verify_key(e, f->anchor)))
		return REASON_OK;
	return why_set(why, REASON_VOUCHER_SIGNATURE, inner.offset, "%s: %s",
	    reason_code(r), inner.text);
}

/* Is c signed by this key, whatever certificate is around the key? */
static bool
signed_by_key(const struct certificate *c, struct span spki)
{
	const struct public_key *key;
	struct signature_algorithm a;

	return public_key_get(spki, &key, NULL) == REASON_OK &&
	    signature_algorithm_read(c->algorithm, &a, NULL) == REASON_OK &&
	    signature_verify(key, a, c->tbs, c->signature);
}

/* The certificate of the container that issued the last one of the chain. */
static const struct certificate *
issuer_find(const struct judgement *j)
{
	const struct certificate *child = &j->chain[j->chain_len - 1], *c;
	unsigned i, n;

	for (i = 0; i < j->envelope.certificates_len; i++) {
		c = &j->envelope.certificates[i];
		for (n = 0; n < j->chain_len; n++)
			if (span_eq(c->spki, j->chain[n].spki))
				break;
		if (n == j->chain_len && c->has_basic_constraints && c->ca &&
		    (!c->has_key_usage ||
			(c->key_usage & KEY_USAGE_CERT_SIGN) != 0) &&
		    (!c->has_path_length ||
			j->chain_len - 1 <= c->path_length) &&
		    certificate_signed_by(child, c))
			return c;
	}
	return NULL;
}

/* Climbs from the signer to the anchor's key. */
static bool
chain_climb(const struct judge_facts *f, struct judgement *j)
{
	const struct certificate *top = j->signer;

	if (top == NULL)
		return true; /* envelope_check() used the anchor itself */
	j->chain[j->chain_len++] = *top;
	for (;;) {
		/* The key itself: signer of the simplest layout, or
		 * the root that came along. */
		if (f->anchor.len > 0 &&
		    (span_eq(top->spki, f->anchor) ||
			signed_by_key(top, f->anchor)))
			return true;
		if (j->chain_len == CHAIN_MAX || (top = issuer_find(j)) == NULL)
			return false;
		j->chain[j->chain_len++] = *top;
	}
}

static enum reason
chain_check(const struct judge_facts *f, struct judgement *j, struct why *why)
{
	const struct certificate *signer = j->signer;
	struct why inner;
	unsigned i;

	j->chained = chain_climb(f, j);
	if (!j->chained)
		return why_set(why, REASON_VOUCHER_ANCHOR, -1,
		    "%u certificates above the signer, none with the anchor's "
		    "key",
		    j->chain_len - 1);
	/* Of the anchor the key is all (IP 3). */
	if (signer == NULL || span_eq(signer->spki, f->anchor))
		return REASON_OK;
	if (signer->ca)
		return why_set(
		    why, REASON_VOUCHER_ANCHOR, -1, "the signer is a CA");
	if (signer->has_key_usage &&
	    (signer->key_usage & KEY_USAGE_DIGITAL_SIGNATURE) == 0)
		return why_set(why, REASON_VOUCHER_ANCHOR, -1,
		    "the signer's keyUsage lacks digitalSignature");
	for (i = 0; i < j->chain_len; i++)
		if (j->chain[i].unknown_critical)
			return why_set(why, REASON_VOUCHER_ANCHOR, -1,
			    "certificate %u has an unknown critical extension",
			    i);
	why_clear(&inner);
	if (constraints_check(j->chain, j->chain_len, &inner) != REASON_OK)
		return why_set(
		    why, REASON_VOUCHER_ANCHOR, -1, "%s", inner.text);
	return REASON_OK;
}

/* By all of the policies, or by private extensions of these OIDs. */
static bool
authorised(const struct judge_facts *f, const struct certificate *c)
{
	unsigned i;

	for (i = 0; i < f->policies_len; i++)
		if (!(f->policy_marks
			    ? certificate_has_mark(c, f->policies[i])
			    : certificate_has_policy(c, f->policies[i])))
			return false;
	return true;
}

/*
 * IP 6, RFC 5280 6.1 with acceptable policies that are required, anyPolicy and
 * mappings inhibited: so each certificate must assert them. A self-issued one would not
 * count for the path lengths above it.
 */
static enum reason
policy_check(const struct judge_facts *f, struct judgement *j, struct why *why)
{
	unsigned i;

	if (f->policies_len == 0)
		return REASON_OK;
	for (i = 0; i < j->chain_len; i++) {
		const struct certificate *c = &j->chain[i];

		if (span_eq(c->spki, f->anchor))
			continue;
		if (!authorised(f, c))
			return why_set(why, REASON_VOUCHER_POLICY, -1,
			    "certificate %u of the chain lacks it", i);
		if (i > 0 && certificate_self_issued(c))
			return why_set(why, REASON_VOUCHER_POLICY, -1,
			    "certificate %u of the chain is self-issued", i);
	}
	j->policy_checked = true;
	return REASON_OK;
}

/* All but the anchor's own certificate, whose dates do not count (IP 3). */
static enum reason
chain_dates_check(
    const struct judge_facts *f, struct judgement *j, struct why *why)
{
	bool fresh = f->nonce != NULL && f->nonce[0] != '\0' &&
	    strcmp(f->nonce, j->voucher.nonce) == 0;
	char when[CLOCK_TEXT_SIZE];
	unsigned i;

	j->chain_time = fresh || j->voucher.created_on == 0
	    ? f->now
	    : j->voucher.created_on;
	clock_print(when, j->chain_time);
	for (i = 0; i < j->chain_len; i++) {
		const struct certificate *c = &j->chain[i];

		if (!span_eq(c->spki, f->anchor) &&
		    (j->chain_time < c->not_before ||
			j->chain_time > c->not_after))
			return why_set(why, REASON_VOUCHER_ANCHOR, -1,
			    "certificate %u of the chain is not valid at %s", i,
			    when);
	}
	return REASON_OK;
}

static bool
request_check(const struct judge_facts *f, struct judgement *j, uint8_t *leaves)
{
	struct span content = j->envelope.content;

	j->is_request =
	    (j->envelope.format == FORMAT_COSE_CBOR
		    ? request_from_cbor(content, &j->request, NULL)
		    : request_from_json(content, leaves, f->voucher.len,
			  &j->request, NULL)) == REASON_OK;
	return j->is_request;
}

static enum reason
content_check(const struct judge_facts *f, struct judgement *j, uint8_t *arena,
    struct why *why)
{
	uint8_t *leaves = arena + ENVELOPE_ARENA(f->voucher.len);
	struct span content = j->envelope.content;
	enum reason r;

	/* Old requests have a voucher's root, so a voucher can be read as one. */
	if (f->requests && request_check(f, j, leaves) &&
	    (j->request.legacy & LEGACY(LEGACY_VOUCHER_ROOT)) == 0)
		return REASON_OK;
	r = j->envelope.format == FORMAT_COSE_CBOR
	    ? voucher_from_cbor(content, f->est_domain_2466, &j->voucher, why)
	    : voucher_from_json(
		  content, leaves, f->voucher.len, &j->voucher, why);
	if (r != REASON_OK && j->is_request && request_check(f, j, leaves))
		return REASON_OK;
	j->is_request = false;
	if (r != REASON_OK || j->voucher.pinned_domain_cert.ptr == NULL)
		return r;
	if (certificate_read(j->voucher.pinned_domain_cert, &j->pinned, why) !=
	    REASON_OK)
		return why_set(why, REASON_VOUCHER_MALFORMED, -1,
		    "pinned-domain-cert is no certificate");
	return REASON_OK;
}

static enum reason
serial_check(const struct judge_facts *f, struct judgement *j, struct why *why)
{
	if (f->serial == NULL)
		return REASON_OK;
	if (strcmp(f->serial, j->voucher.serial) != 0)
		return why_set(why, REASON_VOUCHER_SERIAL, -1,
		    "it is for %s, this is %s", j->voucher.serial, f->serial);
	j->serial_checked = true;
	return REASON_OK;
}

/* RFC 8995 5.6.1: the nonce that was sent, or a voucher without nonce. */
static enum reason
nonce_check(const struct judge_facts *f, struct judgement *j, struct why *why)
{
	j->nonceless = j->voucher.nonce[0] == '\0';
	if (f->nonce == NULL)
		return REASON_OK;
	if (!j->nonceless && strcmp(f->nonce, j->voucher.nonce) != 0)
		return why_set(why, REASON_VOUCHER_NONCE, -1,
		    "it holds %s, %s was sent", j->voucher.nonce,
		    f->nonce[0] == '\0' ? "none" : f->nonce);
	j->nonce_checked = true;
	return REASON_OK;
}

static enum reason
expiry_check(const struct judge_facts *f, struct judgement *j, struct why *why)
{
	char when[CLOCK_TEXT_SIZE];

	if (j->voucher.expires_on == 0 || f->now <= j->voucher.expires_on)
		return REASON_OK;
	clock_print(when, j->voucher.expires_on);
	return why_set(why, REASON_VOUCHER_EXPIRED, -1, "at %s", when);
}

/* Does what idevid-issuer says name the issuer of this certificate? */
static bool
issuer_fits(
    enum issuer_kind kind, struct span value, const struct certificate *c)
{
	uint8_t id[20];

	if (kind == ISSUER_NAME)
		return span_eq(value, c->issuer);
	if (c->authority_key_id.ptr != NULL)
		return span_eq(value, c->authority_key_id);
	/* MP 6.3: without AKI it is built around SHA-1 of the key bits. */
	sha1(c->key_bits, id);
	return span_eq(value, span_of(id, sizeof(id)));
}

static enum reason
issuer_check(const struct judge_facts *f, struct judgement *j, struct why *why)
{
	enum issuer_kind kind;
	struct span value;

	if (f->idevid == NULL || j->voucher.idevid_issuer.ptr == NULL)
		return REASON_OK;
	if (issuer_normalise(j->voucher.idevid_issuer, &kind, &value, NULL) !=
	    REASON_OK)
		return why_set(why, REASON_VOUCHER_ISSUER, -1,
		    "idevid-issuer has none of the known encodings");
	if (!issuer_fits(kind, value, f->idevid))
		return why_set(why, REASON_VOUCHER_ISSUER, -1,
		    "idevid-issuer names another issuer");
	j->issuer_checked = true;
	return REASON_OK;
}

/* A pinned key is the registrar's own (cBRSKI 8.3). */
static enum reason
pin_key_check(const struct judge_facts *f, struct judgement *j, struct why *why)
{
	const struct voucher *v = &j->voucher;
	uint8_t hash[HASH_SIZE];

	sha256(f->registrar->spki, hash);
	j->pin_checked = v->pinned_domain_pubk.ptr != NULL
	    ? span_eq(v->pinned_domain_pubk, f->registrar->spki)
	    : span_eq(v->pinned_domain_pubk_sha256, span_of(hash, HASH_SIZE));
	return j->pin_checked
	    ? REASON_OK
	    : why_set(why, REASON_VOUCHER_PIN, -1,
		  "the %s key is not the pinned one",
		  v->est_domain[0] == '\0' ? "registrar's" : "EST server's");
}

/* RFC 8995 5.6.2: the registrar's certificate, or a CA above it, is pinned. */
static enum reason
pin_check(const struct judge_facts *f, struct judgement *j, struct why *why)
{
	const struct certificate *at = f->registrar;
	unsigned steps, i;

	if (f->registrar_len == 0)
		return REASON_OK;
	if (j->voucher.pinned_domain_cert.ptr == NULL)
		return pin_key_check(f, j, why);
	for (steps = 0; steps < CHAIN_MAX; steps++) {
		if (span_eq(at->spki, j->pinned.spki) ||
		    (j->pinned.ca && certificate_signed_by(at, &j->pinned))) {
			j->pin_checked = true;
			return REASON_OK;
		}
		for (i = 1; i < f->registrar_len; i++)
			if (&f->registrar[i] != at && f->registrar[i].ca &&
			    certificate_signed_by(at, &f->registrar[i]))
				break;
		if (i >= f->registrar_len)
			break;
		at = &f->registrar[i];
	}
	/* MP 15.2: it is the EST server's, not the registrar's who asked. */
	return why_set(why, REASON_VOUCHER_PIN, -1, "%s%.160s",
	    j->voucher.est_domain[0] == '\0'
		? "neither the registrar nor a CA above it is the pinned one"
		: "the pin is of the EST server at ",
	    j->voucher.est_domain);
}

enum reason
voucher_judge(const struct judge_facts *f, uint8_t *arena,
    struct judgement *out, struct why *why)
{
	enum reason r;

	memset(out, 0, sizeof(*out));
	if ((r = envelope_check(f, arena, out, why)) != REASON_OK ||
	    (r = chain_check(f, out, why)) != REASON_OK ||
	    (r = policy_check(f, out, why)) != REASON_OK ||
	    (r = content_check(f, out, arena, why)) != REASON_OK ||
	    (r = serial_check(f, out, why)) != REASON_OK ||
	    (r = nonce_check(f, out, why)) != REASON_OK ||
	    (r = chain_dates_check(f, out, why)) != REASON_OK ||
	    (r = expiry_check(f, out, why)) != REASON_OK ||
	    (r = issuer_check(f, out, why)) != REASON_OK)
		return r;
	return pin_check(f, out, why);
}

enum reason
voucher_examine(const struct judge_facts *f, uint8_t *arena,
    struct judgement *out, struct why *why)
{
	enum reason r;

	memset(out, 0, sizeof(*out));
	r = envelope_check(f, arena, out, why);
	/* A COSE voucher may come bare: then nothing vouches for it here. */
	if (r != REASON_OK &&
	    (out->envelope.format != FORMAT_COSE_CBOR ||
		out->envelope.content.ptr == NULL ||
		out->envelope.certificates_len > 0))
		return r;
	if ((r = content_check(f, out, arena, why)) != REASON_OK)
		return r;
	if (out->signer != NULL)
		(void)chain_climb(f, out);
	return REASON_OK;
}
