/*
 * Public keys, see public_key.h. The one file of the public side that uses the
 * low-level EC interface: EVP decodes a P-256 key in about 100 us, EC_KEY in 15.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "crypto/public_key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include <stdlib.h>

#include "base/fatal.h"
#include "base/random.h"
#include "crypto/error.h"
#include "crypto/key_table.h"
#include "crypto/oid.h"
#include "wire/der.h"

#define CACHE_BUCKETS 4096
#define CACHE_KEYS    8192

/* A table is paid for after some 800 verifications. Counts are halved when so many
 * signatures were good under all keys together, so a key that is to have one makes
 * more than every 250th of them. */
#define TABLES_MAX   16
#define TABLE_AFTER  1024
#define COUNT_PERIOD 131072

/* Of a P-256 key: what changes while it is borrowed. */
struct key_use {
	unsigned good; /* signatures that verified */
	struct key_table *table;
};

/* See signature_work(). */
static uint64_t work;

struct public_key {
	uint8_t sha256[32];
	enum key_type type;
	unsigned bits;
	bool exponent_usual;
	EC_KEY *ec;
	struct key_use *use; /* P-256 */
	EVP_PKEY *pkey;	     /* RSA, Ed25519 */
	bool used;	     /* since the last look of the trimmer */
	struct public_key *next;
};

static struct {
	struct public_key *bucket[CACHE_BUCKETS];
	unsigned count;
	unsigned fresh;	 /* came since the last trim */
	uint64_t factor; /* odd, drawn at the first use */
	unsigned tables;
	unsigned good; /* signatures since counts were halved */
	bool wanted;   /* a key may want a table */
} cache;

/* Keys come from strangers, who could grind hashes that share some bits and so
 * fill one bucket: multiplied with a number they do not know (universal
 * hashing), the highest bits name the bucket. */
static unsigned
bucket_of(const uint8_t hash[32])
{
	uint64_t word;

	if (cache.factor == 0) {
		random_bytes(&cache.factor, sizeof(cache.factor));
		cache.factor |= 1;
	}
	memcpy(&word, hash, sizeof(word));
	return (unsigned)(word * cache.factor >> 52) % CACHE_BUCKETS;
}

static void
table_drop(struct public_key *k)
{
	if (k->use == NULL || k->use->table == NULL)
		return;
	key_table_free(k->use->table);
	k->use->table = NULL;
	cache.tables--;
}

static void
key_free(struct public_key *k)
{
	table_drop(k);
	free(k->use);
	EC_KEY_free(k->ec);
	EVP_PKEY_free(k->pkey);
	free(k);
}

/* The constants of a curve: a copy of them is made in a fifth of the time that
 * a second calculation takes. */
static const EC_GROUP *
curve_get(enum key_type type, int nid)
{
	static EC_GROUP *curves[KEY_P521 + 1];

	if (curves[type] == NULL &&
	    (curves[type] = EC_GROUP_new_by_curve_name(nid)) == NULL)
		fatal("EC_GROUP_new_by_curve_name");
	return curves[type];
}

/* Named curve, uncompressed point on it (IP 2); libcrypto checks the point. */
static enum reason
ec_read(
    struct public_key *k, struct span curve, struct span point, struct why *why)
{
	int nid;

	if (span_eq(curve, OID_SPAN(OID_P256))) {
		k->type = KEY_P256;
		k->bits = 256;
		nid = NID_X9_62_prime256v1;
	} else if (span_eq(curve, OID_SPAN(OID_P384))) {
		k->type = KEY_P384;
		k->bits = 384;
		nid = NID_secp384r1;
	} else if (span_eq(curve, OID_SPAN(OID_P521))) {
		k->type = KEY_P521;
		k->bits = 521;
		nid = NID_secp521r1;
	} else {
		return why_set(why, REASON_KEY_WEAK, -1,
		    "the curve is not P-256, P-384 or P-521");
	}
	if (point.len != 1 + 2 * ((k->bits + 7) / 8) || point.ptr[0] != 4)
		return why_set(
		    why, REASON_KEY_WEAK, -1, "the point is not uncompressed");
	if ((k->ec = EC_KEY_new()) == NULL ||
	    EC_KEY_set_group(k->ec, curve_get(k->type, nid)) != 1)
		fatal("EC_KEY_set_group");
	if (EC_KEY_oct2key(k->ec, point.ptr, point.len, NULL) != 1) {
		crypto_refused();
		return why_set(
		    why, REASON_KEY_WEAK, -1, "the point is not on its curve");
	}
	if (k->type == KEY_P256)
		k->use = memory_new(sizeof(*k->use));
	return REASON_OK;
}

/* libcrypto takes any two numbers for a public key: what fails lacked memory,
 * whatever it says. */
static EVP_PKEY *
rsa_build(const BIGNUM *n, const BIGNUM *e)
{
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	OSSL_PARAM *params;
	EVP_PKEY *key = NULL;

	if (build == NULL || c == NULL ||
	    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n) != 1 ||
	    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, e) != 1 ||
	    (params = OSSL_PARAM_BLD_to_param(build)) == NULL ||
	    EVP_PKEY_fromdata_init(c) != 1 ||
	    EVP_PKEY_fromdata(c, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
		fatal("an RSA public key could not be built");
	EVP_PKEY_CTX_free(c);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(build);
	return key;
}

/* RSAPublicKey ::= SEQUENCE { modulus, publicExponent } (RFC 8017 A.1.1) */
static enum reason
rsa_read(struct public_key *k, struct span bits, struct why *why)
{
	struct der outer, d;
	struct span n, e;
	BIGNUM *bn, *be;
	bool good;

	der_open(&outer, bits);
	if (der_enter(&outer, DER_SEQUENCE, &d) != WIRE_OK ||
	    der_end(&outer) != WIRE_OK || der_integer(&d, &n) != WIRE_OK ||
	    der_integer(&d, &e) != WIRE_OK || der_end(&d) != WIRE_OK)
		return why_set(why, REASON_CERTIFICATE_MALFORMED, -1,
		    "an RSA key that is not RSAPublicKey");
	bn = BN_bin2bn(n.ptr, (int)n.len, NULL);
	be = BN_bin2bn(e.ptr, (int)e.len, NULL);
	if (bn == NULL || be == NULL)
		fatal("BN_bin2bn");
	k->type = KEY_RSA;
	k->bits = (unsigned)BN_num_bits(bn);
	k->exponent_usual = BN_is_word(be, 65537);
	/* Bounds on what a verification may cost, too. */
	good = (n.ptr[0] & 0x80) == 0 && (e.ptr[0] & 0x80) == 0 &&
	    k->bits >= 2048 && k->bits <= RSA_BITS_MAX && BN_is_odd(bn) &&
	    BN_is_odd(be) && !BN_is_one(be) &&
	    BN_num_bits(be) <= RSA_EXPONENT_BITS;
	if (good)
		k->pkey = rsa_build(bn, be);
	BN_free(bn);
	BN_free(be);
	return good
	    ? REASON_OK
	    : why_set(why, REASON_KEY_WEAK, -1,
		  "an RSA key of %u bits, or with a bad exponent", k->bits);
}

/* Points whose order divides 8, by y, lowest octet first: 0, 1, p - 1, both of order 8,
 * and 0 and 1 with p more. libcrypto takes them, and whoever likes can sign with them:
 * they are to this curve what the point at infinity is to others (IP 5.5). */
static bool
small_order(const uint8_t key[32])
{
	static const uint8_t eights[2][31] = {
		{ 0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3,
		    0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05,
		    0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53,
		    0xfc },
		{ 0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c,
		    0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20, 0x53, 0xfa,
		    0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac,
		    0x03 },
	};
	uint8_t top = key[31] & 0x7f, ones = 0xff, zeros = 0;
	unsigned i;

	for (i = 1; i < 31; i++) {
		ones &= key[i];
		zeros |= key[i];
	}
	return (zeros == 0 && top == 0 && key[0] <= 1) ||
	    (ones == 0xff && top == 0x7f && key[0] >= 0xec && key[0] <= 0xee) ||
	    (memcmp(key, eights[0], 31) == 0 && top == 0x05) ||
	    (memcmp(key, eights[1], 31) == 0 && top == 0x7a);
}

/* RFC 8032 5.1.3: y below p = 2^255 - 19, and (y^2 - 1) / (d y^2 + 1) a square; d is
 * -121665 / 121666. Half of all octets are no point: nobody has their key, and a
 * device with it is one that can never prove itself. Product and quotient are squares
 * together, also when both are taken 121666 times. */
static bool
is_point(const uint8_t key[32])
{
	BN_CTX *context = BN_CTX_new();
	BIGNUM *p, *y, *above, *below;
	uint8_t octets[32];
	int symbol;
	bool good;

	memcpy(octets, key, sizeof(octets));
	octets[31] &= 0x7f; /* the sign of x */
	if (context == NULL)
		fatal("an Ed25519 key without memory");
	BN_CTX_start(context);
	p = BN_CTX_get(context);
	y = BN_CTX_get(context);
	above = BN_CTX_get(context);
	below = BN_CTX_get(context);
	if (below == NULL || BN_set_bit(p, 255) != 1 ||
	    BN_sub_word(p, 19) != 1 ||
	    BN_lebin2bn(octets, sizeof(octets), y) == NULL)
		fatal("an Ed25519 key without memory");
	good = BN_cmp(y, p) < 0;
	if (BN_mod_sqr(y, y, p, context) != 1 || BN_copy(above, y) == NULL ||
	    BN_sub_word(above, 1) != 1 || BN_mul_word(y, 121665) != 1 ||
	    BN_set_word(below, 121666) != 1 ||
	    BN_mod_sub(below, below, y, p, context) != 1 ||
	    BN_mul_word(above, 121666) != 1 ||
	    BN_mod_mul(above, above, below, p, context) != 1)
		fatal("an Ed25519 key without memory");
	if ((symbol = BN_kronecker(above, p, context)) < -1)
		fatal("an Ed25519 key without memory");
	good = good && symbol >= 0;
	BN_CTX_end(context);
	BN_CTX_free(context);
	return good;
}

static enum reason
ed25519_read(struct public_key *k, struct span bits, struct why *why)
{
	k->type = KEY_ED25519;
	k->bits = 256;
	if (bits.len != 32)
		return why_set(why, REASON_KEY_WEAK, -1,
		    "an Ed25519 key of %zu octets", bits.len);
	if (small_order(bits.ptr))
		return why_set(why, REASON_KEY_WEAK, -1,
		    "an Ed25519 key that anybody can sign with");
	if (!is_point(bits.ptr))
		return why_set(why, REASON_KEY_WEAK, -1,
		    "an Ed25519 key that nobody can have");
	k->pkey = EVP_PKEY_new_raw_public_key(
	    EVP_PKEY_ED25519, NULL, bits.ptr, bits.len);
	/* It takes any 32 octets, so it lacked memory, whatever it says. */
	if (k->pkey == NULL)
		fatal("an Ed25519 key could not be made");
	return REASON_OK;
}

/* SubjectPublicKeyInfo (RFC 5280 4.1.2.7), one form per algorithm. */
static enum reason
spki_read(struct public_key *k, struct span spki, struct why *why)
{
	struct der outer, d, algorithm;
	struct span oid, curve, bits;
	unsigned unused;

	der_open(&outer, spki);
	if (der_enter(&outer, DER_SEQUENCE, &d) != WIRE_OK ||
	    der_end(&outer) != WIRE_OK ||
	    der_enter(&d, DER_SEQUENCE, &algorithm) != WIRE_OK ||
	    der_oid(&algorithm, &oid) != WIRE_OK ||
	    der_bits(&d, &bits, &unused) != WIRE_OK || unused != 0 ||
	    der_end(&d) != WIRE_OK)
		return why_set(why, REASON_CERTIFICATE_MALFORMED, -1,
		    "a public key that is not SubjectPublicKeyInfo");
	if (span_eq(oid, OID_SPAN(OID_EC_PUBLIC_KEY))) {
		if (der_oid(&algorithm, &curve) != WIRE_OK ||
		    der_end(&algorithm) != WIRE_OK)
			return why_set(why, REASON_KEY_WEAK, -1,
			    "EC parameters that are not a named curve");
		return ec_read(k, curve, bits, why);
	}
	if (span_eq(oid, OID_SPAN(OID_RSA)) &&
	    der_null(&algorithm) == WIRE_OK && der_end(&algorithm) == WIRE_OK)
		return rsa_read(k, bits, why);
	if (span_eq(oid, OID_SPAN(OID_ED25519)) &&
	    der_end(&algorithm) == WIRE_OK)
		return ed25519_read(k, bits, why);
	return why_set(why, REASON_KEY_WEAK, -1,
	    "the key is not EC, RSA or Ed25519 as we take them");
}

enum reason
public_key_get(struct span spki, const struct public_key **out, struct why *why)
{
	struct public_key *k;
	uint8_t hash[32];
	enum reason r;
	unsigned b;

	if (spki.len > SPKI_MAX)
		return why_set(why, REASON_KEY_WEAK, -1,
		    "a public key of %zu octets", spki.len);
	sha256(spki, hash);
	b = bucket_of(hash);
	for (k = cache.bucket[b]; k != NULL; k = k->next) {
		if (memcmp(k->sha256, hash, sizeof(hash)) == 0) {
			k->used = true;
			*out = k;
			return REASON_OK;
		}
	}
	k = memory_new(sizeof(*k));
	k->exponent_usual = true;
	if ((r = spki_read(k, spki, why)) != REASON_OK) {
		key_free(k);
		return r;
	}
	memcpy(k->sha256, hash, sizeof(hash));
	k->used = true;
	k->next = cache.bucket[b];
	cache.bucket[b] = k;
	cache.count++;
	cache.fresh++;
	*out = k;
	return REASON_OK;
}

/* Second chance: a key that was not used since the last trim goes. */
void
public_key_cache_trim(void)
{
	unsigned b;

	if (cache.fresh < CACHE_KEYS / 2 && cache.count < 2 * CACHE_KEYS)
		return;
	cache.fresh = 0;
	for (b = 0; b < CACHE_BUCKETS; b++) {
		struct public_key **at = &cache.bucket[b];

		while (*at != NULL) {
			struct public_key *k = *at;

			if (k->used) {
				k->used = false;
				at = &k->next;
				continue;
			}
			*at = k->next;
			key_free(k);
			cache.count--;
		}
	}
}

/* --- tables of busy keys --- */

static void
counts_halve(void)
{
	struct public_key *k;
	unsigned b;

	cache.good = 0;
	for (b = 0; b < CACHE_BUCKETS; b++)
		for (k = cache.bucket[b]; k != NULL; k = k->next)
			if (k->use != NULL)
				k->use->good /= 2;
}

static void
count_good(struct key_use *use)
{
	cache.good++;
	use->good++;
	/* Now and then only: looking for the busiest takes its time. */
	if (use->table == NULL && use->good >= TABLE_AFTER &&
	    use->good % (TABLE_AFTER / 4) == 0)
		cache.wanted = true;
}

/* The one that verified most without a table, and least with one. */
static void
busiest_and_idlest(struct public_key **busiest, struct public_key **idlest)
{
	struct public_key *k;
	unsigned b;

	*busiest = *idlest = NULL;
	for (b = 0; b < CACHE_BUCKETS; b++) {
		for (k = cache.bucket[b]; k != NULL; k = k->next) {
			if (k->use == NULL)
				continue;
			if (k->use->table == NULL) {
				if (*busiest == NULL ||
				    k->use->good > (*busiest)->use->good)
					*busiest = k;
			} else if (*idlest == NULL ||
			    k->use->good < (*idlest)->use->good) {
				*idlest = k;
			}
		}
	}
}

void
public_key_table_make(void)
{
	struct public_key *busiest, *idlest;

	if (cache.good >= COUNT_PERIOD)
		counts_halve();
	if (!cache.wanted)
		return;
	cache.wanted = false;
	busiest_and_idlest(&busiest, &idlest);
	if (busiest == NULL || busiest->use->good < TABLE_AFTER)
		return;
	if (cache.tables == TABLES_MAX) {
		/* Twice as busy, or two would take turns. */
		if (busiest->use->good / 2 <= idlest->use->good)
			return;
		table_drop(idlest);
		idlest->use->good = 0;
	}
	busiest->use->table = key_table_new(busiest->ec);
	cache.tables++;
	cache.wanted = true; /* by the next, perhaps */
}

bool
public_key_has_table(const struct public_key *k)
{
	return k->use != NULL && k->use->table != NULL;
}

enum key_type
public_key_type(const struct public_key *k)
{
	return k->type;
}

unsigned
public_key_bits(const struct public_key *k)
{
	return k->bits;
}

bool
public_key_exponent_usual(const struct public_key *k)
{
	return k->exponent_usual;
}

/* SEQUENCE { r, s }, both positive: no other encoding of one signature. */
static ECDSA_SIG *
ecdsa_signature_read(struct span signature)
{
	struct der outer, d;
	struct span r, s;
	ECDSA_SIG *sig;
	BIGNUM *br, *bs;

	der_open(&outer, signature);
	if (der_enter(&outer, DER_SEQUENCE, &d) != WIRE_OK ||
	    der_end(&outer) != WIRE_OK || der_integer(&d, &r) != WIRE_OK ||
	    der_integer(&d, &s) != WIRE_OK || der_end(&d) != WIRE_OK ||
	    (r.ptr[0] & 0x80) != 0 || (s.ptr[0] & 0x80) != 0 || r.len > 67 ||
	    s.len > 67)
		return NULL;
	sig = ECDSA_SIG_new();
	br = BN_bin2bn(r.ptr, (int)r.len, NULL);
	bs = BN_bin2bn(s.ptr, (int)s.len, NULL);
	if (sig == NULL || br == NULL || bs == NULL ||
	    ECDSA_SIG_set0(sig, br, bs) != 1)
		fatal("ECDSA_SIG_new");
	return sig;
}

/* r || s, each as wide as the curve (RFC 7518 3.4, RFC 9053 2.1). */
static ECDSA_SIG *
ecdsa_fixed_read(const struct public_key *k, struct span signature)
{
	size_t width = (k->bits + 7) / 8;
	ECDSA_SIG *sig;
	BIGNUM *r, *s;

	if (signature.len != 2 * width)
		return NULL;
	sig = ECDSA_SIG_new();
	r = BN_bin2bn(signature.ptr, (int)width, NULL);
	s = BN_bin2bn(signature.ptr + width, (int)width, NULL);
	if (sig == NULL || r == NULL || s == NULL ||
	    ECDSA_SIG_set0(sig, r, s) != 1)
		fatal("ECDSA_SIG_new");
	return sig;
}

static bool
digest_verify(
    const struct public_key *k, struct span digest, const ECDSA_SIG *sig)
{
	bool good;

	if (public_key_has_table(k))
		good = key_table_verify(k->use->table, digest, sig);
	else
		good = ECDSA_do_verify(
			   digest.ptr, (int)digest.len, sig, k->ec) == 1;
	if (good && k->use != NULL)
		count_good(k->use);
	return good;
}

/* Frees sig, which may be NULL: that is no signature. */
static bool
ecdsa_verify(const struct public_key *k, enum hash_algorithm hash,
    struct span message, ECDSA_SIG *sig)
{
	uint8_t digest[HASH_MAX];
	bool good = false;

	if (hash != HASH_NONE && sig != NULL) {
		hash_bytes(hash, message, digest);
		good = digest_verify(k, span_of(digest, hash_size(hash)), sig);
	}
	ECDSA_SIG_free(sig);
	if (!good)
		crypto_refused();
	return good;
}

static bool
evp_verify(const struct public_key *k, const EVP_MD *md, struct span message,
    struct span signature)
{
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	bool good;

	if (c == NULL)
		fatal("EVP_MD_CTX_new");
	good = EVP_DigestVerifyInit(c, NULL, md, NULL, k->pkey) == 1 &&
	    EVP_DigestVerify(
		c, signature.ptr, signature.len, message.ptr, message.len) == 1;
	EVP_MD_CTX_free(c);
	return good;
}

/* As measured with OpenSSL 3.0 on x86-64. RSA grows with the square of the modulus
 * and with the length of the exponent. */
static unsigned
cost(const struct public_key *k)
{
	switch (k->type) {
	case KEY_P384:
		return 15;
	case KEY_P521:
		return 11;
	case KEY_RSA:
		return 1 +
		    k->bits / 1024 * (k->bits / 1024) /
		    (k->exponent_usual ? 16 : 7);
	default:
		return 1;
	}
}

uint64_t
signature_work(void)
{
	return work;
}

void
signature_work_add(uint64_t more)
{
	work += more;
}

bool
signature_verify(const struct public_key *k, struct signature_algorithm a,
    struct span message, struct span signature)
{
	bool good = false;

	work += cost(k);
	if (a.kind == SIGNATURE_ECDSA && k->ec != NULL)
		good = ecdsa_verify(
		    k, a.hash, message, ecdsa_signature_read(signature));
	else if (a.kind == SIGNATURE_RSA && k->type == KEY_RSA &&
	    a.hash != HASH_NONE)
		good = evp_verify(k,
		    a.hash == HASH_SHA256	? EVP_sha256()
			: a.hash == HASH_SHA384 ? EVP_sha384()
						: EVP_sha512(),
		    message, signature);
	else if (a.kind == SIGNATURE_ED25519 && k->type == KEY_ED25519)
		good = evp_verify(k, NULL, message, signature);
	if (!good)
		crypto_refused();
	return good;
}

bool
signature_verify_fixed(const struct public_key *k, struct signature_algorithm a,
    struct span message, struct span signature)
{
	if (a.kind != SIGNATURE_ECDSA || k->ec == NULL)
		return signature_verify(k, a, message, signature);
	work += cost(k);
	return ecdsa_verify(k, a.hash, message, ecdsa_fixed_read(k, signature));
}
