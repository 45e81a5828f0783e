/* RFC 6979 nonces around ECDSA_do_sign_ex; see nonce.h. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "crypto/keys/nonce.h"

#include <openssl/bn.h>
#include <openssl/ecdsa.h>

#include "base/fatal.h"
#include "base/random.h"
#include "crypto/keys/inverse.h"

#define WIDTH_MAX 48 /* octets of the order of P-384 */
#define EXTRA_MAX 64

/* The HMAC_DRBG of RFC 6979 3.2: K and V are as long as the hash. */
struct generator {
	enum hash_algorithm hash;
	size_t size;
	uint8_t k[HASH_MAX];
	uint8_t v[HASH_MAX];
};

/* V = HMAC(K, V) */
static void
step(struct generator *g)
{
	struct span v = span_of(g->v, g->size);

	hmac_pieces(g->hash, span_of(g->k, g->size), &v, 1, g->v);
}

/* K = HMAC(K, V || octet || seed); V = HMAC(K, V) */
static void
update(struct generator *g, uint8_t octet, struct span seed)
{
	struct span pieces[3] = { span_of(g->v, g->size), span_of(&octet, 1),
		seed };

	hmac_pieces(g->hash, span_of(g->k, g->size), pieces, 3, g->k);
	step(g);
}

/* Steps a to g: seeded by the private scalar, the digest, and extra data. */
static void
generator_seed(struct generator *g, enum hash_algorithm hash, const BIGNUM *x,
    const BIGNUM *h, size_t width, struct span extra)
{
	uint8_t seed[2 * WIDTH_MAX + EXTRA_MAX];
	size_t len = 2 * width;

	g->hash = hash;
	g->size = hash_size(hash);
	memset(g->v, 1, sizeof(g->v));
	memset(g->k, 0, sizeof(g->k));
	if (width > WIDTH_MAX || extra.len > EXTRA_MAX ||
	    BN_bn2binpad(x, seed, (int)width) < 0 ||
	    BN_bn2binpad(h, seed + width, (int)width) < 0)
		fatal("nonce");
	if (extra.len > 0)
		memcpy(seed + len, extra.ptr, extra.len);
	len += extra.len;
	update(g, 0, span_of(seed, len));
	update(g, 1, span_of(seed, len));
	secret_wipe(seed, sizeof(seed));
}

/* Step h: the next candidate. Orders of P-256 and P-384 are as long as the
 * hash that goes with them, so one V is a whole candidate. */
static void
generator_next(struct generator *g, BIGNUM *k, bool again)
{
	if (again)
		update(g, 0, span_of(NULL, 0));
	step(g);
	if (BN_bin2bn(g->v, (int)g->size, k) == NULL)
		fatal("BN_bin2bn");
}

/* k^(n-2) mod n (Fermat) in constant time; P-384's multiplication costs twenty
 * times this. */
static void
invert(struct nonce *n, BN_CTX *c)
{
	const EC_GROUP *group = EC_KEY_get0_group(n->key);
	const BIGNUM *order = EC_GROUP_get0_order(group);
	BIGNUM *exponent = BN_dup(order);

	if (exponent == NULL || BN_sub_word(exponent, 2) != 1 ||
	    BN_mod_exp_mont_consttime(n->k, n->k, exponent, order, c,
		EC_GROUP_get_mont_data(group)) != 1)
		fatal("ECDSA nonce");
	BN_free(exponent);
}

void
nonces_invert(struct nonce *nonces, size_t len)
{
	uint8_t k[INVERSES_MAX][32];
	struct nonce *of[INVERSES_MAX];
	BN_CTX *c = BN_CTX_secure_new();
	size_t i, n = 0;

	if (c == NULL || len > INVERSES_MAX)
		fatal("ECDSA nonce");
	for (i = 0; i < len; i++) {
		if (nonces[i].size != sizeof(k[0])) {
			invert(&nonces[i], c);
			continue;
		}
		if (BN_bn2binpad(nonces[i].k, k[n], sizeof(k[0])) < 0)
			fatal("ECDSA nonce");
		of[n++] = &nonces[i];
	}
	if (n > 0)
		inverses_p256(k, n);
	for (i = 0; i < n; i++)
		if (BN_bin2bn(k[i], sizeof(k[0]), of[i]->k) == NULL)
			fatal("ECDSA nonce");
	secret_wipe(k, sizeof(k));
	BN_CTX_free(c);
}

/* r = x coordinate of kG mod n; false if k is no good and another is due. */
static bool
nonce_try(const EC_GROUP *group, const BIGNUM *order, const BIGNUM *k,
    BIGNUM *r, BN_CTX *c)
{
	EC_POINT *p = EC_POINT_new(group);

	if (p == NULL || EC_POINT_mul(group, p, k, NULL, NULL, c) != 1 ||
	    EC_POINT_get_affine_coordinates(group, p, r, NULL, c) != 1 ||
	    BN_nnmod(r, r, order, c) != 1)
		fatal("ECDSA nonce");
	EC_POINT_clear_free(p);
	return !BN_is_zero(r);
}

/* The first good k of the generator. */
static void
generator_draw(struct generator *g, struct nonce *n, BN_CTX *c)
{
	const EC_GROUP *group = EC_KEY_get0_group(n->key);
	const BIGNUM *order = EC_GROUP_get0_order(group);
	bool again = false;

	if ((n->k = BN_secure_new()) == NULL || (n->r = BN_new()) == NULL)
		fatal("ECDSA nonce");
	BN_set_flags(n->k, BN_FLG_CONSTTIME);
	do {
		generator_next(g, n->k, again);
		again = true;
	} while (BN_is_zero(n->k) || BN_cmp(n->k, order) >= 0 ||
	    !nonce_try(group, order, n->k, n->r, c));
}

void
nonce_draw_with(struct nonce *n, const EC_KEY *key, enum hash_algorithm hash,
    const uint8_t *digest, struct span extra)
{
	const BIGNUM *order = EC_GROUP_get0_order(EC_KEY_get0_group(key));
	size_t width = (size_t)BN_num_bytes(order);
	BIGNUM *h = BN_bin2bn(digest, (int)hash_size(hash), NULL);
	BN_CTX *c = BN_CTX_secure_new();
	struct generator g;

	if (h == NULL || c == NULL || hash_size(hash) != width ||
	    BN_nnmod(h, h, order, c) != 1) /* bits2octets */
		fatal("ECDSA nonce");
	n->key = key;
	n->size = width;
	memcpy(n->digest, digest, width);
	generator_seed(&g, hash, EC_KEY_get0_private_key(key), h, width, extra);
	generator_draw(&g, n, c);
	secret_wipe(&g, sizeof(g));
	BN_free(h);
	BN_CTX_free(c);
}

void
nonce_draw(struct nonce *n, const EC_KEY *key, enum hash_algorithm hash,
    const uint8_t *digest)
{
	uint8_t extra[32];

	random_bytes(extra, sizeof(extra));
	nonce_draw_with(n, key, hash, digest, span_of(extra, sizeof(extra)));
	secret_wipe(extra, sizeof(extra));
}

size_t
nonce_sign(struct nonce *n, uint8_t r[66], uint8_t s[66])
{
	ECDSA_SIG *signature = ECDSA_do_sign_ex(
	    n->digest, (int)n->size, n->k, n->r, (EC_KEY *)n->key);

	if (signature == NULL ||
	    BN_bn2binpad(ECDSA_SIG_get0_r(signature), r, (int)n->size) < 0 ||
	    BN_bn2binpad(ECDSA_SIG_get0_s(signature), s, (int)n->size) < 0)
		fatal("ECDSA_do_sign_ex");
	ECDSA_SIG_free(signature);
	BN_clear_free(n->k);
	BN_free(n->r);
	n->k = n->r = NULL;
	return n->size;
}
