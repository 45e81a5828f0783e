/*
 * A manifest of another site: its signature, its chain of records, and
 * the certificates that make devices of its IDevID records. What key and root
 * these may be is the authority's to say.
 */
#include "checker/check.h"
#include "journal/manifest.h"
#include "x509/lint.h"

struct walk {
	const struct manifest *manifest;
	struct span policies; /* of our voucher signers */
	struct certificate chains[MANIFEST_CHAINS_MAX][CHAIN_MAX];
	uint8_t roots[MANIFEST_CHAINS_MAX][HASH_SIZE];
	unsigned idevids; /* met so far */
	unsigned devices_len, undelivered;
	struct manifest_device *devices;
};

static enum reason
check_signature(const struct manifest *m, struct why *why)
{
	struct signature_algorithm a = { .kind = SIGNATURE_ECDSA };
	const struct public_key *key;
	enum key_type type;

	if (public_key_get(m->key, &key, why) != REASON_OK)
		return why_set(
		    why, REASON_MANIFEST_MALFORMED, -1, "the key is none");
	type = public_key_type(key);
	a.hash = type == KEY_P384 ? HASH_SHA384 : HASH_SHA256;
	if ((type != KEY_P256 && type != KEY_P384) ||
	    !signature_verify(key, a, m->statement, m->signature))
		return why_set(why, REASON_MANIFEST_SIGNATURE, -1,
		    "it does not verify with the key in the manifest");
	return REASON_OK;
}

static enum reason
bad(struct why *why, const char *what, const char *about)
{
	return why_set(
	    why, REASON_MANIFEST_CERTIFICATE, -1, "%s: %s", about, what);
}

/* Each is signed by the next one, all are CAs, the last one is self-signed. */
static enum reason
chain_read(const struct manifest_chain *in, struct certificate *chain,
    uint8_t root[HASH_SIZE], struct why *why)
{
	const char *about = "the chain of an issuing CA";
	unsigned i;

	for (i = 0; i < in->len; i++) {
		if (certificate_read(in->certificates[i], &chain[i], why) !=
		    REASON_OK)
			return bad(why, "a certificate is none", about);
		if (!chain[i].ca)
			return bad(why, "a certificate is of no CA", about);
		if (i > 0 && !certificate_signed_by(&chain[i - 1], &chain[i]))
			return bad(why, "the next one did not sign it", about);
	}
	if (!certificate_self_signed(&chain[i - 1]))
		return bad(why, "it does not end at a root", about);
	sha256(chain[i - 1].spki, root);
	return REASON_OK;
}

static enum reason
chains_read(struct walk *w, struct why *why)
{
	const struct manifest_content *c = &w->manifest->content;
	enum reason r = REASON_OK;
	unsigned i;

	for (i = 0; r == REASON_OK && i < c->chains_len; i++)
		r = chain_read(&c->chains[i], w->chains[i], w->roots[i], why);
	return r;
}

/* The chain whose first certificate the record names as issuer. */
static const struct certificate *
issuer_find(const struct walk *w, const struct device *d, unsigned *chain)
{
	uint8_t name[HASH_SIZE];
	unsigned i;

	for (i = 0; i < w->manifest->content.chains_len; i++) {
		const struct certificate *c = &w->chains[i][0];

		sha256(c->subject, name);
		if (d->issuer.kind == ISSUER_KEY_ID &&
		    span_eq(c->subject_key_id,
			span_of(d->issuer.bytes, d->issuer.len)) &&
		    memcmp(name, d->issuer_name_sha256, HASH_SIZE) == 0) {
			*chain = i;
			return c;
		}
	}
	return NULL;
}

/* Is it the certificate that the record announced, by the CA that it names? */
static enum reason
check_certificate(const struct record *r, const struct certificate *c,
    const struct certificate *issuer, struct span policies,
    char warnings[WARNINGS_SIZE], struct why *why)
{
	const struct device *d = &r->idevid.device;
	struct lint_context context = { .subject = LINT_IDEVID,
		.issuer = issuer };
	uint8_t tbs[HASH_SIZE], spki[HASH_SIZE];
	enum reason reason;

	sha256(c->tbs, tbs);
	sha256(c->spki, spki);
	if (memcmp(tbs, r->tbs_sha256, HASH_SIZE) != 0 ||
	    memcmp(spki, d->spki_sha256, HASH_SIZE) != 0 ||
	    !span_is(c->subject_serial, d->serial))
		return bad(why, "it is not the one on record", d->serial);
	if (!certificate_signed_by(c, issuer))
		return bad(why, "its issuer did not sign it", d->serial);
	reason = lint_import(c, &context, warnings, WARNINGS_SIZE, why);
	/* Anybody can sign with a key that a standard prints. */
	if (reason == REASON_OK && strstr(warnings, "L15") != NULL)
		reason = why_set(why, REASON_L15, -1, "%s", d->serial);
	return reason != REASON_OK ? reason
				   : lint_voucher_policies(c, policies, why);
}

static enum reason
take_idevid(struct walk *w, const struct record *r, struct why *why)
{
	const struct manifest_content *content = &w->manifest->content;
	const struct certificate *issuer;
	struct manifest_device *d;
	struct certificate c;
	struct span der;
	unsigned chain;
	enum reason reason;

	if (w->idevids == content->certificates_len)
		return why_set(why, REASON_MANIFEST_MALFORMED, -1,
		    "fewer certificates than IDevIDs");
	der = content->certificates[w->idevids++];
	if (der.len == 0) {
		w->undelivered++;
		return REASON_OK;
	}
	if (certificate_read(der, &c, why) != REASON_OK)
		return bad(
		    why, "it is no certificate", r->idevid.device.serial);
	issuer = issuer_find(w, &r->idevid.device, &chain);
	if (issuer == NULL)
		return bad(
		    why, "its issuer did not come", r->idevid.device.serial);
	d = &w->devices[w->devices_len];
	reason =
	    check_certificate(r, &c, issuer, w->policies, d->warnings, why);
	if (reason != REASON_OK)
		return reason;
	w->devices_len++;
	d->device = r->idevid.device;
	d->sequence = r->sequence;
	d->certificate = der;
	sha256(der, d->device.certificate_sha256);
	memcpy(d->root_sha256, w->roots[chain], HASH_SIZE);
	return REASON_OK;
}

static enum reason
take_record(void *context, const struct record *r, struct why *why)
{
	return r->kind == RECORD_IDEVID ? take_idevid(context, r, why)
					: REASON_OK;
}

enum reason
manifest_content_check(const struct manifest *m, struct span policies,
    uint8_t *hashes, struct manifest_facts *out, struct why *why)
{
	static struct walk w;
	enum reason r;

	memset(&w, 0, sizeof(w));
	w.manifest = m;
	w.policies = policies;
	w.devices = out->devices; /* which the walk clears before it begins */
	if ((r = chains_read(&w, why)) != REASON_OK ||
	    (r = manifest_walk(m, hashes, out, take_record, &w, why)) !=
		REASON_OK)
		return r;
	if (w.idevids != m->content.certificates_len)
		return why_set(why, REASON_MANIFEST_MALFORMED, -1,
		    "more certificates than IDevIDs");
	sha256(m->key, out->key_sha256);
	out->devices_len = w.devices_len;
	out->undelivered = w.undelivered;
	return REASON_OK;
}

enum reason
manifest_check(struct span bytes, struct span policies, uint8_t *hashes,
    struct manifest_facts *out, struct why *why)
{
	static struct manifest m;
	enum reason r;

	if ((r = manifest_read(bytes, &m, why)) != REASON_OK ||
	    (r = check_signature(&m, why)) != REASON_OK)
		return r;
	return manifest_content_check(&m, policies, hashes, out, why);
}
