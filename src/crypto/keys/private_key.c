/* Private keys: making, using, keeping; see private_key.h. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "crypto/keys/private_key.h"

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdlib.h>

#include "base/fatal.h"
#include "base/log.h"
#include "crypto/error.h"
#include "crypto/hash/memory.h"
#include "crypto/keys/inverse.h"
#include "crypto/keys/nonce.h"
#include "wire/der.h"

_Static_assert(SIGNATURES_MAX <= INVERSES_MAX, "nonces are inverted at once");

struct private_key {
	EC_KEY *ec; /* NULL: rsa it is */
	EVP_PKEY *rsa;
	enum key_type type;
	uint8_t spki[SPKI_MAX];
	size_t spki_len;
};

static const uint8_t ECDSA_SHA256[] = { 0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86,
	0x48, 0xce, 0x3d, 4, 3, 2 };
static const uint8_t ECDSA_SHA384[] = { 0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86,
	0x48, 0xce, 0x3d, 4, 3, 3 };
static const uint8_t RSA_SHA256[] = { 0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48,
	0x86, 0xf7, 0x0d, 1, 1, 11, 5, 0 };

/* OpenSSL's own secret allocations (BN_FLG_SECURE, PKCS#8 buffers) come from
 * a locked heap; without it they would lie in ordinary memory. */
void
private_key_heap(void)
{
	int locked;

	if (CRYPTO_secure_malloc_initialized())
		return;
	locked = CRYPTO_secure_malloc_init(LIBCRYPTO_HEAP, 32);
	if (locked == 0)
		fatal("no secure heap for keys");
	if (locked == 2) /* mapped, but mlock() was refused */
		log_warning(
		    "memory-lock", "text=\"the key heap is not locked\"");
}

/* Takes ec over; NULL (and freed) if it is no key that we use. */
static struct private_key *
key_wrap(EC_KEY *ec)
{
	int nid = EC_GROUP_get_curve_name(EC_KEY_get0_group(ec));
	struct private_key *k;
	uint8_t *at;
	int len;

	if ((nid != NID_X9_62_prime256v1 && nid != NID_secp384r1) ||
	    EC_KEY_get0_private_key(ec) == NULL || EC_KEY_check_key(ec) != 1) {
		EC_KEY_free(ec);
		crypto_refused();
		return NULL;
	}
	k = memory_new(sizeof(*k));
	k->ec = ec; /* transferred */
	k->type = nid == NID_secp384r1 ? KEY_P384 : KEY_P256;
	EC_KEY_set_asn1_flag(ec, OPENSSL_EC_NAMED_CURVE);
	EC_KEY_set_conv_form(ec, POINT_CONVERSION_UNCOMPRESSED);
	len = i2d_EC_PUBKEY(ec, NULL);
	at = k->spki;
	if (len <= 0 || (size_t)len > sizeof(k->spki) ||
	    i2d_EC_PUBKEY(ec, &at) != len)
		fatal("i2d_EC_PUBKEY");
	k->spki_len = (size_t)len;
	return k;
}

struct private_key *
private_key_generate(enum key_type type)
{
	EC_KEY *ec;
	struct private_key *k;

	private_key_heap();
	ec = EC_KEY_new_by_curve_name(
	    type == KEY_P384 ? NID_secp384r1 : NID_X9_62_prime256v1);
	if (ec == NULL || EC_KEY_generate_key(ec) != 1 ||
	    (k = key_wrap(ec)) == NULL)
		fatal("a key could not be made");
	return k;
}

/* Takes the key over; NULL (and freed) if it is none that we use. What libcrypto
 * calculates with p and q is cleared when a signature is made: nothing of it is
 * kept. */
static struct private_key *
rsa_wrap(EVP_PKEY *native)
{
	const RSA *rsa = EVP_PKEY_get0_RSA(native);
	struct private_key *k = NULL;
	uint8_t *at;
	int len, bits = rsa == NULL ? 0 : RSA_bits(rsa);

	if (rsa == NULL || bits < 2048 || bits > 4096 ||
	    RSA_get0_d(rsa) == NULL || !BN_is_word(RSA_get0_e(rsa), RSA_F4) ||
	    RSA_check_key_ex(rsa, NULL) != 1) {
		EVP_PKEY_free(native);
		crypto_refused();
		return NULL;
	}
	RSA_clear_flags((RSA *)(uintptr_t)rsa, RSA_FLAG_CACHE_PRIVATE);
	k = memory_new(sizeof(*k));
	k->rsa = native; /* transferred */
	k->type = KEY_RSA;
	at = k->spki;
	len = i2d_PUBKEY(native, NULL);
	if (len <= 0 || (size_t)len > sizeof(k->spki) ||
	    i2d_PUBKEY(native, &at) != len)
		fatal("i2d_PUBKEY");
	k->spki_len = (size_t)len;
	return k;
}

struct private_key *
private_key_generate_rsa(unsigned bits)
{
	RSA *rsa = RSA_new();
	EVP_PKEY *native = EVP_PKEY_new();
	BIGNUM *e = BN_new();
	struct private_key *k;

	private_key_heap();
	libcrypto_locked(true);
	if (rsa == NULL || native == NULL || e == NULL ||
	    BN_set_word(e, RSA_F4) != 1 ||
	    RSA_generate_key_ex(rsa, (int)bits, e, NULL) != 1 ||
	    EVP_PKEY_assign_RSA(native, rsa) != 1 ||
	    (k = rsa_wrap(native)) == NULL)
		fatal("an RSA key could not be made");
	libcrypto_locked(false);
	BN_free(e);
	return k;
}

void
private_key_scalar(const struct private_key *k, struct secret *out)
{
	size_t width = k->type == KEY_P384 ? 48 : 32;

	secret_new(out, width);
	if (BN_bn2binpad(EC_KEY_get0_private_key(k->ec), out->ptr,
		(int)width) != (int)width)
		fatal("a private scalar");
}

struct private_key *
private_key_from_scalar(enum key_type type, struct span scalar)
{
	EC_KEY *ec;
	const EC_GROUP *group;
	EC_POINT *point;
	BIGNUM *d;

	if (scalar.len != (type == KEY_P384 ? 48 : 32))
		return NULL;
	private_key_heap();
	ec = EC_KEY_new_by_curve_name(
	    type == KEY_P384 ? NID_secp384r1 : NID_X9_62_prime256v1);
	d = BN_secure_new();
	if (ec == NULL || d == NULL ||
	    BN_bin2bn(scalar.ptr, (int)scalar.len, d) == NULL)
		fatal("a private scalar");
	BN_set_flags(d, BN_FLG_CONSTTIME);
	group = EC_KEY_get0_group(ec);
	point = EC_POINT_new(group);
	if (point == NULL)
		fatal("a private scalar");
	if (BN_is_zero(d) || BN_cmp(d, EC_GROUP_get0_order(group)) >= 0 ||
	    EC_POINT_mul(group, point, d, NULL, NULL, NULL) != 1 ||
	    EC_KEY_set_private_key(ec, d) != 1 ||
	    EC_KEY_set_public_key(ec, point) != 1) {
		EC_KEY_free(ec);
		ec = NULL;
	}
	BN_clear_free(d);
	EC_POINT_free(point);
	return ec == NULL ? NULL : key_wrap(ec); /* ec transferred */
}

struct private_key *
private_key_from_seed(enum key_type type, struct span seed, const char *label)
{
	enum hash_algorithm hash = type == KEY_P384 ? HASH_SHA384 : HASH_SHA256;
	struct private_key *k = NULL;
	uint8_t scalar[HASH_MAX], counter;

	if (seed.len < 32)
		fatal("a seed of %zu octets", seed.len);
	/* Even for P-256 a second round has one chance in 2^32. */
	for (counter = 1; k == NULL; counter++) {
		struct span pieces[2] = { span_str(label),
			span_of(&counter, 1) };

		if (counter == 0)
			fatal("no key from this seed");
		hmac_pieces(hash, seed, pieces, 2, scalar);
		k = private_key_from_scalar(
		    type, span_of(scalar, hash_size(hash)));
	}
	secret_wipe(scalar, sizeof(scalar));
	return k;
}

void
private_key_free(struct private_key *k)
{
	if (k == NULL)
		return;
	EC_KEY_free(k->ec); /* clears the scalar */
	EVP_PKEY_free(k->rsa);
	free(k);
}

enum key_type
private_key_type(const struct private_key *k)
{
	return k->type;
}

struct span
private_key_spki(const struct private_key *k)
{
	return span_of(k->spki, k->spki_len);
}

struct span
private_key_algorithm(const struct private_key *k)
{
	if (k->type == KEY_RSA)
		return span_of(RSA_SHA256, sizeof(RSA_SHA256));
	return k->type == KEY_P384
	    ? span_of(ECDSA_SHA384, sizeof(ECDSA_SHA384))
	    : span_of(ECDSA_SHA256, sizeof(ECDSA_SHA256));
}

struct signature_algorithm
private_key_signature(const struct private_key *k)
{
	struct signature_algorithm a = { k->type == KEY_RSA ? SIGNATURE_RSA
							    : SIGNATURE_ECDSA,
		k->type == KEY_P384 ? HASH_SHA384 : HASH_SHA256 };

	return a;
}

/* PKCS #1 v1.5: what EVP does for RSA unasked. p and q pass through what libcrypto
 * allocates for it. */
static void
rsa_sign(struct signature *out)
{
	EVP_MD_CTX *c;

	libcrypto_locked(true);
	c = EVP_MD_CTX_new();
	out->len = SIGNATURE_SIZE_MAX;
	if (c == NULL ||
	    EVP_DigestSignInit(c, NULL, EVP_sha256(), NULL, out->key->rsa) !=
		1 ||
	    EVP_DigestSign(c, out->bytes, &out->len, out->message.ptr,
		out->message.len) != 1)
		fatal("an RSA signature could not be made");
	EVP_MD_CTX_free(c);
	libcrypto_locked(false);
}

static void
signature_write(struct nonce *n, struct signature *out)
{
	struct der_out o;
	struct span written;
	uint8_t r[66], s[66];
	size_t size, mark;

	size = nonce_sign(n, r, s);
	der_out_open(&o, out->bytes, SIGNATURE_SIZE_MAX);
	mark = der_begin(&o, DER_SEQUENCE);
	der_put_unsigned(&o, span_of(r, size));
	der_put_unsigned(&o, span_of(s, size));
	der_close(&o, mark);
	if (der_out_span(&o, &written) != WIRE_OK)
		fatal("a signature did not fit");
	out->len = written.len;
}

void
private_keys_sign(struct signature *all, size_t len)
{
	struct nonce nonces[SIGNATURES_MAX];
	struct signature *of[SIGNATURES_MAX];
	uint8_t digest[HASH_MAX];
	size_t i, n = 0;

	if (len > SIGNATURES_MAX)
		fatal("%zu signatures at once", len);
	for (i = 0; i < len; i++) {
		enum hash_algorithm hash =
		    private_key_signature(all[i].key).hash;

		if (all[i].key->type == KEY_RSA) {
			rsa_sign(&all[i]);
			continue;
		}
		hash_bytes(hash, all[i].message, digest);
		nonce_draw(&nonces[n], all[i].key->ec, hash, digest);
		of[n++] = &all[i];
	}
	if (n > 0)
		nonces_invert(nonces, n);
	for (i = 0; i < n; i++)
		signature_write(&nonces[i], of[i]);
}

void
private_key_sign(const struct private_key *k, struct span message,
    uint8_t out[SIGNATURE_SIZE_MAX], size_t *len)
{
	struct signature one = { .key = k, .message = message };

	private_keys_sign(&one, 1);
	memcpy(out, one.bytes, one.len);
	*len = one.len;
}

void *
private_key_native(const struct private_key *k)
{
	EVP_PKEY *p;

	if (k->type == KEY_RSA) {
		if (EVP_PKEY_up_ref(k->rsa) != 1)
			fatal("EVP_PKEY_up_ref");
		return k->rsa;
	}
	p = EVP_PKEY_new();
	if (p == NULL || EVP_PKEY_set1_EC_KEY(p, k->ec) != 1)
		fatal("EVP_PKEY_set1_EC_KEY");
	return p;
}

struct private_key *
private_key_take(void *native)
{
	EC_KEY *ec;

	if (EVP_PKEY_get_base_id(native) == EVP_PKEY_RSA)
		return rsa_wrap(native);
	ec = EVP_PKEY_get1_EC_KEY(native);
	EVP_PKEY_free(native);
	if (ec == NULL) {
		crypto_refused();
		return NULL;
	}
	return key_wrap(ec);
}
