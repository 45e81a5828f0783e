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

/* k^-1 mod n, in constant time. */
static void
invert(const EC_GROUP *group, const BIGNUM *order, const BIGNUM *k,
    BIGNUM *inverse, BN_CTX *c)
{
	uint8_t bytes[32];
	BIGNUM *exponent;

	if (BN_num_bits(order) == 256) {
		if (BN_bn2binpad(k, bytes, sizeof(bytes)) < 0)
			fatal("ECDSA nonce");
		inverse_p256(bytes, bytes);
		if (BN_bin2bn(bytes, sizeof(bytes), inverse) == NULL)
			fatal("ECDSA nonce");
		secret_wipe(bytes, sizeof(bytes));
		return;
	}
	/* k^(n-2) (Fermat); P-384's multiplication costs twenty times this. */
	exponent = BN_dup(order);
	if (exponent == NULL || BN_sub_word(exponent, 2) != 1 ||
	    BN_mod_exp_mont_consttime(inverse, k, exponent, order, c,
		EC_GROUP_get_mont_data(group)) != 1)
		fatal("ECDSA nonce");
	BN_free(exponent);
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

/* ECDSA with the first good k of the generator. */
static ECDSA_SIG *
generator_sign(
    struct generator *g, const EC_KEY *key, const uint8_t *digest, BN_CTX *c)
{
	const EC_GROUP *group = EC_KEY_get0_group(key);
	const BIGNUM *order = EC_GROUP_get0_order(group);
	BIGNUM *k = BN_secure_new(), *inverse = BN_secure_new(), *r = BN_new();
	ECDSA_SIG *signature;
	bool again = false;

	if (k == NULL || inverse == NULL || r == NULL)
		fatal("ECDSA nonce");
	BN_set_flags(k, BN_FLG_CONSTTIME);
	BN_set_flags(inverse, BN_FLG_CONSTTIME);
	do {
		generator_next(g, k, again);
		again = true;
	} while (BN_is_zero(k) || BN_cmp(k, order) >= 0 ||
	    !nonce_try(group, order, k, r, c));
	invert(group, order, k, inverse, c);
	signature =
	    ECDSA_do_sign_ex(digest, (int)g->size, inverse, r, (EC_KEY *)key);
	if (signature == NULL)
		fatal("ECDSA_do_sign_ex");
	BN_clear_free(k);
	BN_clear_free(inverse);
	BN_free(r);
	return signature;
}

size_t
nonce_sign_with(const EC_KEY *key, enum hash_algorithm hash,
    const uint8_t *digest, struct span extra, uint8_t r[66], uint8_t s[66])
{
	const BIGNUM *order = EC_GROUP_get0_order(EC_KEY_get0_group(key));
	size_t width = (size_t)BN_num_bytes(order);
	BIGNUM *h = BN_bin2bn(digest, (int)hash_size(hash), NULL);
	BN_CTX *c = BN_CTX_secure_new();
	struct generator g;
	ECDSA_SIG *signature;

	if (h == NULL || c == NULL || hash_size(hash) != width ||
	    BN_nnmod(h, h, order, c) != 1) /* bits2octets */
		fatal("ECDSA nonce");
	generator_seed(&g, hash, EC_KEY_get0_private_key(key), h, width, extra);
	signature = generator_sign(&g, key, digest, c);
	if (BN_bn2binpad(ECDSA_SIG_get0_r(signature), r, (int)width) < 0 ||
	    BN_bn2binpad(ECDSA_SIG_get0_s(signature), s, (int)width) < 0)
		fatal("ECDSA signature");
	ECDSA_SIG_free(signature);
	secret_wipe(&g, sizeof(g));
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
	width = nonce_sign_with(
	    key, hash, digest, span_of(extra, sizeof(extra)), r, s);
	secret_wipe(extra, sizeof(extra));
	return width;
}
