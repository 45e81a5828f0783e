/* RFC 6979 nonces around ECDSA_do_sign_ex; see nonce.h. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "crypto/keys/nonce.h"

#include <openssl/bn.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/fatal.h"
#include "base/random.h"

/* The HMAC_DRBG of RFC 6979 3.2: K and V are as long as the hash. */
struct generator {
	const EVP_MD *md;
	size_t size;
	uint8_t k[HASH_MAX];
	uint8_t v[HASH_MAX];
};

#define PIECES_MAX 512

static void
hmac(const struct generator *g, const uint8_t *data, size_t len, uint8_t *out)
{
	unsigned n = (unsigned)g->size;

	if (HMAC(g->md, g->k, (int)g->size, data, len, out, &n) == NULL)
		fatal("HMAC");
}

/* K = HMAC(K, V || octet || seed); V = HMAC(K, V) */
static void
update(struct generator *g, uint8_t octet, const uint8_t *seed, size_t len)
{
	uint8_t data[HASH_MAX + 1 + PIECES_MAX];

	if (len > PIECES_MAX)
		fatal("nonce seed");
	memcpy(data, g->v, g->size);
	data[g->size] = octet;
	if (len > 0)
		memcpy(data + g->size + 1, seed, len);
	hmac(g, data, g->size + 1 + len, g->k);
	hmac(g, g->v, g->size, g->v);
	secret_wipe(data, sizeof(data));
}

/* Steps a to g: seeded by the private scalar, the digest, and extra data. */
static void
generator_seed(struct generator *g, enum hash_algorithm hash, const BIGNUM *x,
    const BIGNUM *h, size_t width, struct span extra)
{
	uint8_t seed[66 + 66 + 64];
	size_t len = 2 * width;

	g->md = hash == HASH_SHA384 ? EVP_sha384() : EVP_sha256();
	g->size = hash_size(hash);
	memset(g->v, 1, sizeof(g->v));
	memset(g->k, 0, sizeof(g->k));
	if (BN_bn2binpad(x, seed, (int)width) < 0 ||
	    BN_bn2binpad(h, seed + width, (int)width) < 0 || extra.len > 64)
		fatal("nonce");
	if (extra.len > 0)
		memcpy(seed + len, extra.ptr, extra.len);
	len += extra.len;
	update(g, 0, seed, len);
	update(g, 1, seed, len);
	secret_wipe(seed, sizeof(seed));
}

/* Step h: the next candidate, a number as long as the order. */
static void
generator_next(struct generator *g, BIGNUM *k, size_t width, bool again)
{
	uint8_t t[2 * HASH_MAX];
	size_t len = 0;

	if (again)
		update(g, 0, NULL, 0);
	while (len < width) {
		hmac(g, g->v, g->size, g->v);
		memcpy(t + len, g->v, g->size);
		len += g->size;
	}
	/* Orders of P-256 and P-384 have a whole number of octets. */
	if (BN_bin2bn(t, (int)width, k) == NULL)
		fatal("BN_bin2bn");
	secret_wipe(t, sizeof(t));
}

/* r = x coordinate of kG mod n; false if k is no good and another is due. */
static bool
nonce_try(const EC_GROUP *group, const BIGNUM *order, const BIGNUM *k,
    BIGNUM *inverse, BIGNUM *r, BN_CTX *c)
{
	EC_POINT *p = EC_POINT_new(group);
	BN_MONT_CTX *mont = BN_MONT_CTX_new();
	BIGNUM *exponent = BN_dup(order);

	if (p == NULL || mont == NULL || exponent == NULL ||
	    EC_POINT_mul(group, p, k, NULL, NULL, c) != 1 ||
	    EC_POINT_get_affine_coordinates(group, p, r, NULL, c) != 1 ||
	    BN_nnmod(r, r, order, c) != 1 ||
	    /* k^(n-2) mod n by a constant-time power (Fermat). */
	    BN_MONT_CTX_set(mont, order, c) != 1 ||
	    BN_sub_word(exponent, 2) != 1 ||
	    BN_mod_exp_mont_consttime(inverse, k, exponent, order, c, mont) !=
	    1)
		fatal("ECDSA nonce");
	EC_POINT_clear_free(p);
	BN_MONT_CTX_free(mont);
	BN_free(exponent);
	return !BN_is_zero(r);
}

size_t
nonce_sign_with(const EC_KEY *key, enum hash_algorithm hash,
    const uint8_t *digest, struct span extra, uint8_t r[66], uint8_t s[66])
{
	const EC_GROUP *group = EC_KEY_get0_group(key);
	const BIGNUM *order = EC_GROUP_get0_order(group);
	size_t width = (size_t)BN_num_bytes(order);
	BIGNUM *k = BN_secure_new(), *inverse = BN_secure_new();
	BIGNUM *rr = BN_new(), *h = BN_bin2bn(digest, (int)width, NULL);
	BN_CTX *c = BN_CTX_secure_new();
	struct generator g;
	ECDSA_SIG *sig = NULL;
	bool again = false;

	if (k == NULL || inverse == NULL || rr == NULL || h == NULL ||
	    c == NULL || hash_size(hash) != width)
		fatal("ECDSA nonce");
	BN_set_flags(k, BN_FLG_CONSTTIME);
	BN_set_flags(inverse, BN_FLG_CONSTTIME);
	if (BN_nnmod(h, h, order, c) != 1)	/* bits2octets */
		fatal("ECDSA nonce");
	generator_seed(&g, hash, EC_KEY_get0_private_key(key), h, width, extra);
	while (sig == NULL) {
		generator_next(&g, k, width, again);
		again = true;
		if (BN_is_zero(k) || BN_cmp(k, order) >= 0 ||
		    !nonce_try(group, order, k, inverse, rr, c))
			continue;
		sig = ECDSA_do_sign_ex(digest, (int)width, inverse, rr,
		    (EC_KEY *)key);
		if (sig == NULL)
			fatal("ECDSA_do_sign_ex");
	}
	if (BN_bn2binpad(ECDSA_SIG_get0_r(sig), r, (int)width) < 0 ||
	    BN_bn2binpad(ECDSA_SIG_get0_s(sig), s, (int)width) < 0)
		fatal("ECDSA signature");
	ECDSA_SIG_free(sig);
	secret_wipe(&g, sizeof(g));
	BN_clear_free(k);
	BN_clear_free(inverse);
	BN_free(rr);
	BN_free(h);
	BN_CTX_free(c);
	return width;
}

size_t
nonce_sign(const EC_KEY *key, enum hash_algorithm hash, const uint8_t *digest,
    uint8_t r[66], uint8_t s[66])
{
	uint8_t extra[32];
	size_t width;

	random_bytes(extra, sizeof(extra));
	width = nonce_sign_with(key, hash, digest,
	    span_of(extra, sizeof(extra)), r, s);
	secret_wipe(extra, sizeof(extra));
	return width;
}
