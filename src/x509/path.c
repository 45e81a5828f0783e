/* Certificate paths, see path.h. */
#include "x509/path.h"

#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <stdio.h>

/* Chains that OpenSSL has accepted once: by the hash of all their octets, with
 * the time in which all their dates hold. */
#define REMEMBERED 1024
static struct {
	bool used;
	uint8_t sha256[HASH_SIZE];
	int64_t from, until;
} remembered[REMEMBERED];

static void
path_hash(const struct path *p, uint8_t out[HASH_SIZE])
{
	uint8_t each[CHAIN_MAX][HASH_SIZE];
	unsigned i;

	for (i = 0; i < p->len; i++)
		sha256(p->certificates[i].der, each[i]);
	sha256(span_of(each, p->len * sizeof(each[0])), out);
}

static void
path_interval(const struct path *p, int64_t *from, int64_t *until)
{
	unsigned i;

	*from = INT64_MIN;
	*until = INT64_MAX;
	for (i = 0; i < p->len; i++) {
		if (p->certificates[i].not_before > *from)
			*from = p->certificates[i].not_before;
		if (p->certificates[i].not_after < *until)
			*until = p->certificates[i].not_after;
	}
}

static size_t
slot_of(const uint8_t hash[HASH_SIZE])
{
	return ((size_t)hash[0] << 8 | hash[1]) % REMEMBERED;
}

static bool
path_remembered(const struct path *p, int64_t now)
{
	uint8_t hash[HASH_SIZE];
	size_t at;

	path_hash(p, hash);
	at = slot_of(hash);
	return remembered[at].used &&
	    memcmp(remembered[at].sha256, hash, HASH_SIZE) == 0 &&
	    now >= remembered[at].from && now <= remembered[at].until;
}

static void
path_remember(const struct path *p)
{
	uint8_t hash[HASH_SIZE];
	size_t at;

	path_hash(p, hash);
	at = slot_of(hash);
	memcpy(remembered[at].sha256, hash, HASH_SIZE);
	path_interval(p, &remembered[at].from, &remembered[at].until);
	remembered[at].used = true;
}

/* A second opinion on a chain that is new here: purpose any (cmcRA alone would
 * fail every named purpose), the top as the trust anchor. */
static bool
openssl_accepts(const struct path *p, int64_t now, char *said, size_t cap)
{
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *context = X509_STORE_CTX_new();
	STACK_OF(X509) *between = sk_X509_new_null();
	X509 *x[CHAIN_MAX] = { NULL };
	X509_VERIFY_PARAM *param;
	bool good = store != NULL && context != NULL && between != NULL;
	unsigned i;

	said[0] = '\0';
	for (i = 0; good && i < p->len; i++) {
		const unsigned char *at = p->certificates[i].der.ptr;

		x[i] = d2i_X509(NULL, &at, (long)p->certificates[i].der.len);
		good = x[i] != NULL;
		if (good && i > 0 && i + 1 < p->len)
			good = sk_X509_push(between, x[i]) > 0;
	}
	good = good && X509_STORE_add_cert(store, x[p->len - 1]) == 1 &&
	    X509_STORE_CTX_init(context, store, x[0], between) == 1;
	if (good) {
		param = X509_STORE_CTX_get0_param(context);
		X509_VERIFY_PARAM_set_time(param, (time_t)now);
		X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN);
		X509_VERIFY_PARAM_set_purpose(param, X509_PURPOSE_ANY);
		good = X509_verify_cert(context) == 1;
		if (!good)
			snprintf(said, cap, "%s", X509_verify_cert_error_string(
			    X509_STORE_CTX_get_error(context)));
	}
	for (i = 0; i < p->len; i++)
		X509_free(x[i]);
	sk_X509_free(between);
	X509_STORE_CTX_free(context);
	X509_STORE_free(store);
	ERR_clear_error();
	return good;
}

/* One serial of one issuer names one certificate, and one name with one key
 * identifier one key (RFC 8995 5.5.2: "contradict"). */
static bool
contradict(const struct certificate *a, const struct certificate *b)
{
	if (span_eq(a->spki, b->spki))
		return false;
	if (span_eq(a->issuer, b->issuer) && span_eq(a->serial, b->serial))
		return true;
	return span_eq(a->subject, b->subject) &&
	    a->subject_key_id.ptr != NULL && b->subject_key_id.ptr != NULL &&
	    span_eq(a->subject_key_id, b->subject_key_id);
}

static enum reason
pool_check(const struct certificate *leaf, const struct certificate *pool,
    unsigned pool_len, struct why *why)
{
	unsigned i, j;

	for (i = 0; i < pool_len; i++) {
		if (contradict(leaf, &pool[i]))
			goto refuse;
		for (j = 0; j < i; j++)
			if (contradict(&pool[i], &pool[j]))
				goto refuse;
	}
	return REASON_OK;
refuse:
	return why_set(why, REASON_CERTIFICATES_CONTRADICT, -1,
	    "certificate %u has the identity of another with another key", i);
}

static bool
on_path(const struct path *p, const struct certificate *c)
{
	unsigned i;

	for (i = 0; i < p->len; i++)
		if (span_eq(p->certificates[i].der, c->der))
			return true;
	return false;
}

/* May c have issued child, by names and key identifiers? */
static bool
fits(const struct certificate *child, const struct certificate *c)
{
	if (!span_eq(child->issuer, c->subject))
		return false;
	return child->authority_key_id.ptr == NULL ||
	    c->subject_key_id.ptr == NULL ||
	    span_eq(child->authority_key_id, c->subject_key_id);
}

/* Adds the issuer of the last certificate; false at the top. */
static bool
climb(struct path *p, const struct certificate *pool, unsigned pool_len,
    bool verify)
{
	const struct certificate *child = &p->certificates[p->len - 1];
	unsigned i;

	for (i = 0; i < pool_len; i++) {
		if (!fits(child, &pool[i]) || on_path(p, &pool[i]) ||
		    (verify && !certificate_signed_by(child, &pool[i])))
			continue;
		p->certificates[p->len++] = pool[i];
		return true;
	}
	return false;
}

/* RFC 5280 6.1.4, as far as it concerns an issuer. */
static enum reason
issuer_check(const struct path *p, unsigned i, struct why *why)
{
	const struct certificate *c = &p->certificates[i];

	if (!c->has_basic_constraints || !c->ca)
		return why_set(why, REASON_REGISTRAR_PATH, -1,
		    "certificate %u of the path issues but is no CA", i);
	if (c->has_key_usage && (c->key_usage & KEY_USAGE_CERT_SIGN) == 0)
		return why_set(why, REASON_REGISTRAR_PATH, -1,
		    "certificate %u of the path lacks keyCertSign", i);
	if (c->has_path_length && i - 1 > c->path_length)
		return why_set(why, REASON_REGISTRAR_PATH, -1,
		    "the path is longer than certificate %u allows", i);
	return REASON_OK;
}

static enum reason
path_check(const struct path *p, int64_t now, struct why *why)
{
	const struct certificate *leaf = &p->certificates[0];
	enum reason r;
	unsigned i;

	if (leaf->has_key_usage &&
	    (leaf->key_usage & KEY_USAGE_DIGITAL_SIGNATURE) == 0)
		return why_set(why, REASON_REGISTRAR_PATH, -1,
		    "the signer's keyUsage lacks digitalSignature");
	for (i = 0; i < p->len; i++) {
		const struct certificate *c = &p->certificates[i];

		if (now < c->not_before || now > c->not_after)
			return why_set(why, REASON_REGISTRAR_PATH, -1,
			    "certificate %u of the path %s", i,
			    now < c->not_before ? "is not valid yet"
						: "has expired");
		if (c->unknown_critical)
			return why_set(why, REASON_REGISTRAR_PATH, -1,
			    "certificate %u has an unknown critical extension",
			    i);
		if (i > 0 && (r = issuer_check(p, i, why)) != REASON_OK)
			return r;
	}
	return REASON_OK;
}

/* As far up as the certificates go, or to a self-issued one. */
static void
path_climb(struct path *p, const struct certificate *leaf,
    const struct certificate *pool, unsigned pool_len, bool verify)
{
	const struct certificate *top = leaf;

	p->len = 1;
	p->certificates[0] = *leaf;
	while (p->len < CHAIN_MAX && !span_eq(top->issuer, top->subject) &&
	    climb(p, pool, pool_len, verify))
		top = &p->certificates[p->len - 1];
}

enum reason
path_build(const struct certificate *leaf, const struct certificate *pool,
    unsigned pool_len, int64_t now, struct path *out, struct why *why)
{
	char said[120];
	enum reason r;

	if ((r = pool_check(leaf, pool, pool_len, why)) != REASON_OK)
		return r;
	/* A chain that was verified before needs no signature again: if the
	 * names lead to the very same octets, so do the signatures. */
	path_climb(out, leaf, pool, pool_len, false);
	if (path_remembered(out, now))
		return REASON_OK;
	path_climb(out, leaf, pool, pool_len, true);
	if ((r = path_check(out, now, why)) != REASON_OK)
		return r;
	if (!openssl_accepts(out, now, said, sizeof(said)))
		return why_set(why, REASON_REGISTRAR_PATH, -1,
		    "the path does not validate: %s", said);
	path_remember(out);
	return REASON_OK;
}
