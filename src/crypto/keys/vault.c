/*
 * PKCS#8 EncryptedPrivateKeyInfo with PBES2, scrypt and AES-256-CBC (RFC 7914, RFC
 * 8018), as `openssl pkey` reads it. libcrypto would derive the key of each file by
 * itself; files that share a salt are opened with one derivation here
 * (doc/decisions/018).
 */
#include "crypto/keys/vault.h"

#include <openssl/asn1t.h>
#include <openssl/evp.h>
#include <openssl/pkcs12.h>

#include "base/fatal.h"
#include "base/random.h"
#include "crypto/error.h"
#include "crypto/hash/hash.h"
#include "crypto/hash/memory.h"

#define SCRYPT_N 16384 /* 16 MiB: the most that libcrypto takes unasked */
#define SCRYPT_R 8
#define SCRYPT_P 1
#define KEY_SIZE 32
#define IV_SIZE	 16

void
key_vault_close(struct key_vault *v)
{
	secret_free(&v->derived);
}

/*
 * The key for this passphrase and salt, valid until the next call. Beside it lies
 * the hash of what it was derived from: whoever has that can try passphrases as
 * fast as he can hash, so it is as secret as the key.
 */
static const uint8_t *
key_derive(struct key_vault *v, const struct secret *passphrase,
    const uint8_t salt[KEY_SALT_SIZE])
{
	const struct span from[2] = { span_of(salt, KEY_SALT_SIZE),
		span_of(passphrase->ptr, passphrase->len) };
	struct secret fresh;

	secret_new(&fresh, HASH_SIZE + KEY_SIZE);
	hash_pieces(HASH_SHA256, from, 2, fresh.ptr);
	if (v->derived.ptr != NULL &&
	    secret_equal(span_of(fresh.ptr, HASH_SIZE),
		span_of(v->derived.ptr, HASH_SIZE))) {
		secret_free(&fresh);
		return v->derived.ptr + HASH_SIZE;
	}
	/* Only memory can be lacking: what it costs is ours to say. */
	if (EVP_PBE_scrypt((const char *)passphrase->ptr, passphrase->len, salt,
		KEY_SALT_SIZE, SCRYPT_N, SCRYPT_R, SCRYPT_P, 0,
		fresh.ptr + HASH_SIZE, KEY_SIZE) != 1)
		fatal("scrypt");
	key_vault_close(v);
	v->derived = fresh; /* transferred */
	return v->derived.ptr + HASH_SIZE;
}

static void
salt_keep(struct key_vault *v, const uint8_t salt[KEY_SALT_SIZE])
{
	memcpy(v->salt, salt, KEY_SALT_SIZE);
	v->salted = true;
}

/* out has room for a block more than in; false if the padding is bad. */
static bool
aes_run(bool sealing, const uint8_t *key, const uint8_t iv[IV_SIZE],
    struct span in, struct secret *out)
{
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	int first = 0, last = 0;
	bool good;

	if (c == NULL ||
	    EVP_CipherInit_ex(
		c, EVP_aes_256_cbc(), NULL, key, iv, sealing ? 1 : 0) != 1)
		fatal("AES-256-CBC");
	good =
	    EVP_CipherUpdate(c, out->ptr, &first, in.ptr, (int)in.len) == 1 &&
	    EVP_CipherFinal_ex(c, out->ptr + first, &last) == 1;
	EVP_CIPHER_CTX_free(c);
	out->len = (size_t)first + (size_t)last;
	return good;
}

X509_SIG *
vault_seal(struct key_vault *v, const struct secret *passphrase,
    const PKCS8_PRIV_KEY_INFO *p8)
{
	int len = i2d_PKCS8_PRIV_KEY_INFO(p8, NULL);
	uint8_t salt[KEY_SALT_SIZE], iv[IV_SIZE], *at;
	X509_SIG *sealed = X509_SIG_new();
	X509_ALGOR *algorithm, *place;
	ASN1_OCTET_STRING *octets;
	struct secret clear, out;

	if (v->salted)
		memcpy(salt, v->salt, sizeof(salt));
	else
		random_bytes(salt, sizeof(salt));
	random_bytes(iv, sizeof(iv));
	if (sealed == NULL || len <= 0)
		fatal("a key could not be encrypted");
	secret_new(&clear, (size_t)len);
	secret_new(&out, clear.len + IV_SIZE);
	at = clear.ptr;
	algorithm = PKCS5_pbe2_set_scrypt(EVP_aes_256_cbc(), salt, sizeof(salt),
	    iv, SCRYPT_N, SCRYPT_R, SCRYPT_P);
	X509_SIG_getm(sealed, &place, &octets);
	if (algorithm == NULL || i2d_PKCS8_PRIV_KEY_INFO(p8, &at) != len ||
	    !aes_run(true, key_derive(v, passphrase, salt), iv,
		span_of(clear.ptr, clear.len), &out) ||
	    X509_ALGOR_copy(place, algorithm) != 1 ||
	    ASN1_OCTET_STRING_set(octets, out.ptr, (int)out.len) != 1)
		fatal("a key could not be encrypted");
	salt_keep(v, salt);
	X509_ALGOR_free(algorithm);
	secret_free(&clear);
	secret_free(&out);
	return sealed;
}

static bool
octets_take(uint8_t *out, size_t len, const ASN1_STRING *from)
{
	if (ASN1_STRING_type(from) != V_ASN1_OCTET_STRING ||
	    ASN1_STRING_length(from) != (int)len)
		return false;
	memcpy(out, ASN1_STRING_get0_data(from), len);
	return true;
}

static bool
scrypt_is_ours(const X509_ALGOR *a, uint8_t salt[KEY_SALT_SIZE])
{
	SCRYPT_PARAMS *s;
	bool ours;

	if (OBJ_obj2nid(a->algorithm) != NID_id_scrypt)
		return false;
	s = ASN1_TYPE_unpack_sequence(
	    ASN1_ITEM_rptr(SCRYPT_PARAMS), a->parameter);
	ours = s != NULL && ASN1_INTEGER_get(s->costParameter) == SCRYPT_N &&
	    ASN1_INTEGER_get(s->blockSize) == SCRYPT_R &&
	    ASN1_INTEGER_get(s->parallelizationParameter) == SCRYPT_P &&
	    s->keyLength == NULL && octets_take(salt, KEY_SALT_SIZE, s->salt);
	SCRYPT_PARAMS_free(s);
	return ours;
}

static bool
cipher_is_ours(const X509_ALGOR *a, uint8_t iv[IV_SIZE])
{
	return OBJ_obj2nid(a->algorithm) == NID_aes_256_cbc &&
	    a->parameter != NULL && a->parameter->type == V_ASN1_OCTET_STRING &&
	    octets_take(iv, IV_SIZE, a->parameter->value.octet_string);
}

/* Is it as vault_seal() makes it? */
static bool
is_ours(const X509_SIG *sealed, uint8_t salt[KEY_SALT_SIZE],
    uint8_t iv[IV_SIZE], struct span *octets)
{
	const ASN1_OCTET_STRING *content;
	const X509_ALGOR *algorithm;
	PBE2PARAM *pbe;
	bool ours;

	X509_SIG_get0(sealed, &algorithm, &content);
	*octets = span_of(ASN1_STRING_get0_data(content),
	    (size_t)ASN1_STRING_length(content));
	if (OBJ_obj2nid(algorithm->algorithm) != NID_pbes2)
		return false;
	pbe = ASN1_TYPE_unpack_sequence(
	    ASN1_ITEM_rptr(PBE2PARAM), algorithm->parameter);
	ours = pbe != NULL && scrypt_is_ours(pbe->keyfunc, salt) &&
	    cipher_is_ours(pbe->encryption, iv);
	PBE2PARAM_free(pbe);
	if (!ours)
		crypto_refused();
	return ours;
}

PKCS8_PRIV_KEY_INFO *
vault_open(struct key_vault *v, const struct secret *passphrase,
    const X509_SIG *sealed)
{
	uint8_t salt[KEY_SALT_SIZE], iv[IV_SIZE];
	PKCS8_PRIV_KEY_INFO *p8 = NULL;
	const unsigned char *at;
	struct secret clear;
	struct span octets;

	if (!is_ours(sealed, salt, iv, &octets))
		return PKCS8_decrypt(sealed, (const char *)passphrase->ptr,
		    (int)passphrase->len);
	secret_new(&clear, octets.len + IV_SIZE);
	if (aes_run(
		false, key_derive(v, passphrase, salt), iv, octets, &clear)) {
		at = clear.ptr;
		libcrypto_locked(true);
		p8 = d2i_PKCS8_PRIV_KEY_INFO(NULL, &at, (long)clear.len);
		libcrypto_locked(false);
	}
	secret_free(&clear);
	/* Not of a file that somebody put there who does not know it. */
	if (p8 != NULL)
		salt_keep(v, salt);
	return p8;
}
