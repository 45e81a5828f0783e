/* Keys and other secrets at rest: PEM files of what vault.c encrypts. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "base/fatal.h"
#include "base/file.h"
#include "crypto/error.h"
#include "crypto/hash/memory.h"
#include "crypto/keys/nonce.h"
#include "crypto/keys/vault.h"

#define KEY_FILE_MAX 16384

/* A secret that is no key is kept in the same container, as the octets of a
 * "key" whose algorithm is id-data. */
static PKCS8_PRIV_KEY_INFO *
wrap_octets(const struct secret *s)
{
	PKCS8_PRIV_KEY_INFO *p8 = PKCS8_PRIV_KEY_INFO_new();
	uint8_t *copy = OPENSSL_malloc(s->len);

	if (p8 == NULL || copy == NULL)
		fatal("a secret could not be wrapped");
	memcpy(copy, s->ptr, s->len);
	if (PKCS8_pkey_set0(p8, OBJ_nid2obj(NID_pkcs7_data), 0, V_ASN1_NULL,
		NULL, copy, (int)s->len) != 1)
		fatal("a secret could not be wrapped");
	return p8; /* copy transferred */
}

/* What was sealed is opened again before it takes the place of anything. */
static void
seal_check(const X509_SIG *sealed, const struct secret *passphrase)
{
	struct key_vault own = { .salted = false };
	PKCS8_PRIV_KEY_INFO *p8 = vault_open(&own, passphrase, sealed);

	key_vault_close(&own);
	if (p8 == NULL)
		fatal("what was encrypted does not open");
	PKCS8_PRIV_KEY_INFO_free(p8);
}

/* over: in the place of a file that is there. */
static enum reason
save(const PKCS8_PRIV_KEY_INFO *p8, const char *path, bool over,
    const struct secret *passphrase, struct key_vault *shared, struct why *why)
{
	struct key_vault own = { .salted = false };
	X509_SIG *sealed;
	BIO *bio = BIO_new(BIO_s_mem());
	char *text;
	long len;
	enum reason r;

	sealed = vault_seal(shared == NULL ? &own : shared, passphrase, p8);
	if (bio == NULL || PEM_write_bio_PKCS8(bio, sealed) != 1)
		fatal("a key could not be encrypted");
	len = BIO_get_mem_data(bio, &text);
	if (over) {
		seal_check(sealed, passphrase);
		r = file_write(path, span_of(text, (size_t)len), 0600, why);
	} else {
		r = file_write_new(path, span_of(text, (size_t)len), 0600, why);
	}
	X509_SIG_free(sealed);
	BIO_free(bio);
	key_vault_close(&own);
	return r;
}

enum reason
private_key_save(const struct private_key *k, const char *path,
    const struct secret *passphrase, struct key_vault *shared, struct why *why)
{
	EVP_PKEY *native;
	PKCS8_PRIV_KEY_INFO *p8;
	enum reason r;

	libcrypto_locked(true);
	native = private_key_native(k);
	p8 = EVP_PKEY2PKCS8(native);
	libcrypto_locked(false);
	if (p8 == NULL)
		fatal("EVP_PKEY2PKCS8");
	r = save(p8, path, false, passphrase, shared, why);
	PKCS8_PRIV_KEY_INFO_free(p8);
	EVP_PKEY_free(native);
	return r;
}

enum reason
secret_save(const struct secret *s, const char *path,
    const struct secret *passphrase, struct key_vault *shared, struct why *why)
{
	PKCS8_PRIV_KEY_INFO *p8;
	enum reason r;

	private_key_heap();
	libcrypto_locked(true);
	p8 = wrap_octets(s);
	libcrypto_locked(false);
	r = save(p8, path, false, passphrase, shared, why);
	PKCS8_PRIV_KEY_INFO_free(p8);
	return r;
}

/* Opens the container of either kind. */
static enum reason
unseal(PKCS8_PRIV_KEY_INFO **out, const char *path,
    const struct secret *passphrase, struct key_vault *shared, struct why *why)
{
	struct key_vault own = { .salted = false };
	struct why cost;
	struct buf text;
	X509_SIG *sealed;
	BIO *bio;
	enum reason r;

	private_key_heap();
	if ((r = file_read(path, &text, KEY_FILE_MAX, why)) != REASON_OK)
		return r;
	/* An empty file has no octets to point at. */
	bio = BIO_new_mem_buf(
	    text.len > 0 ? (const char *)text.ptr : "", (int)text.len);
	if (bio == NULL)
		fatal("BIO_new_mem_buf");
	sealed = PEM_read_bio_PKCS8(bio, NULL, NULL, NULL);
	BIO_free(bio);
	buf_free(&text);
	if (sealed == NULL) {
		crypto_refused();
		return why_set(why, REASON_FILE_UNREADABLE, -1,
		    "%s is no encrypted PKCS#8 file", path);
	}
	if ((r = vault_cost(sealed, &cost)) != REASON_OK) {
		X509_SIG_free(sealed);
		return why_set(why, r, -1, "%s: %s", cost.text, path);
	}
	*out = vault_open(shared == NULL ? &own : shared, passphrase, sealed);
	key_vault_close(&own);
	X509_SIG_free(sealed);
	if (*out != NULL)
		return REASON_OK;
	crypto_refused();
	return why_set(why, REASON_PASSPHRASE, -1, "%s", path);
}

enum reason
sealed_renew(const char *path, const struct secret *before,
    const struct secret *next, struct renewal *shared, bool write,
    bool *renewed, struct why *why)
{
	PKCS8_PRIV_KEY_INFO *p8 = NULL;
	struct renewal own = { 0 };
	struct renewal *by = shared == NULL ? &own : shared;
	struct why other;
	enum reason r;

	*renewed = false;
	if (unseal(&p8, path, next, &by->next, &other) == REASON_OK)
		r = REASON_OK;
	else if ((r = unseal(&p8, path, before, &by->before, why)) ==
	    REASON_OK) {
		r = write ? save(p8, path, true, next, &by->sealed, why)
			  : file_writable(path, why);
		*renewed = write && r == REASON_OK;
	}
	PKCS8_PRIV_KEY_INFO_free(p8);
	renewal_close(&own);
	return r;
}

void
renewal_close(struct renewal *r)
{
	key_vault_close(&r->before);
	key_vault_close(&r->next);
	key_vault_close(&r->sealed);
}

/* An EC key with its curve would take thousands of octets of the locked heap, and its
 * scalar is there by itself. */
static bool
is_rsa(const PKCS8_PRIV_KEY_INFO *p8)
{
	const ASN1_OBJECT *algorithm;

	return PKCS8_pkey_get0(&algorithm, NULL, NULL, NULL, p8) == 1 &&
	    OBJ_obj2nid(algorithm) == NID_rsaEncryption;
}

enum reason
private_key_load(struct private_key **out, const char *path,
    const struct secret *passphrase, struct key_vault *shared, struct why *why)
{
	PKCS8_PRIV_KEY_INFO *p8;
	EVP_PKEY *native;
	enum reason r;

	if ((r = unseal(&p8, path, passphrase, shared, why)) != REASON_OK)
		return r;
	libcrypto_locked(is_rsa(p8));
	native = EVP_PKCS82PKEY(p8);
	PKCS8_PRIV_KEY_INFO_free(p8);
	*out = native == NULL ? NULL : private_key_take(native);
	libcrypto_locked(false);
	if (*out != NULL)
		return REASON_OK;
	crypto_refused();
	return why_set(why, REASON_KEY_WEAK, -1,
	    "%s is no key of a kind that we use", path);
}

enum reason
secret_load(struct secret *s, const char *path, const struct secret *passphrase,
    struct key_vault *shared, struct why *why)
{
	PKCS8_PRIV_KEY_INFO *p8;
	const ASN1_OBJECT *algorithm;
	const unsigned char *octets;
	enum reason r;
	int len;

	if ((r = unseal(&p8, path, passphrase, shared, why)) != REASON_OK)
		return r;
	if (PKCS8_pkey_get0(&algorithm, &octets, &len, NULL, p8) != 1 ||
	    OBJ_obj2nid(algorithm) != NID_pkcs7_data || len <= 0) {
		PKCS8_PRIV_KEY_INFO_free(p8);
		return why_set(why, REASON_FILE_UNREADABLE, -1,
		    "%s holds a key, not a secret of ours", path);
	}
	secret_new(s, (size_t)len);
	memcpy(s->ptr, octets, (size_t)len);
	PKCS8_PRIV_KEY_INFO_free(p8);
	return REASON_OK;
}

/* No passphrase given: never ask on the terminal. */
static int
passphrase_of(char *out, int size, int writing, void *context)
{
	const struct secret *s = context;

	(void)writing;
	if (s == NULL || s->len > (size_t)size)
		return -1;
	memcpy(out, s->ptr, s->len);
	return (int)s->len;
}

/* The first encrypted PKCS#8 in a file of PEM or DER, whatever its title is; NULL
 * if there is none. */
static X509_SIG *
sealed_find(struct span bytes)
{
	const unsigned char *at = bytes.ptr;
	X509_SIG *found = d2i_X509_SIG(NULL, &at, (long)bytes.len);
	BIO *bio = BIO_new_mem_buf(bytes.ptr, (int)bytes.len);
	char *name, *header;
	unsigned char *octets;
	long len;

	if (bio == NULL)
		fatal("BIO_new_mem_buf");
	/* It may be a plain key. */
	while (found == NULL &&
	    PEM_read_bio_ex(bio, &name, &header, &octets, &len,
		PEM_FLAG_SECURE | PEM_FLAG_EAY_COMPATIBLE) == 1) {
		at = octets;
		found = d2i_X509_SIG(NULL, &at, len);
		OPENSSL_secure_free(name);
		OPENSSL_secure_free(header);
		OPENSSL_secure_clear_free(octets, (size_t)len);
	}
	BIO_free(bio);
	crypto_refused();
	return found;
}

/* libcrypto's readers of keys would derive without asking for the cost, and more than
 * once where the passphrase is wrong. */
static enum reason
sealed_read(EVP_PKEY **out, X509_SIG *sealed, const struct secret *passphrase,
    struct why *why)
{
	struct key_vault own = { .salted = false };
	PKCS8_PRIV_KEY_INFO *p8 = NULL;
	enum reason r = vault_cost(sealed, why);

	*out = NULL;
	if (r == REASON_OK && passphrase != NULL)
		p8 = vault_open(&own, passphrase, sealed);
	if (p8 != NULL)
		*out = EVP_PKCS82PKEY(p8);
	key_vault_close(&own);
	PKCS8_PRIV_KEY_INFO_free(p8);
	X509_SIG_free(sealed);
	return r;
}

static EVP_PKEY *
native_read(struct span bytes, const struct secret *passphrase)
{
	const unsigned char *at = bytes.ptr;
	EVP_PKEY *native;
	BIO *bio = BIO_new_mem_buf(bytes.ptr, (int)bytes.len);

	if (bio == NULL)
		fatal("BIO_new_mem_buf");
	native = PEM_read_bio_PrivateKey(
	    bio, NULL, passphrase_of, (void *)passphrase);
	BIO_free(bio);
	return native != NULL ? native
			      : d2i_AutoPrivateKey(NULL, &at, (long)bytes.len);
}

enum reason
private_key_read(struct private_key **out, struct span bytes,
    const struct secret *passphrase, struct why *why)
{
	EVP_PKEY *native;
	X509_SIG *sealed;
	enum reason r = REASON_OK;

	*out = NULL;
	private_key_heap();
	if (bytes.len == 0 || bytes.len > KEY_FILE_MAX)
		return why_set(
		    why, REASON_KEY_WEAK, -1, "%zu octets", bytes.len);
	if ((sealed = sealed_find(bytes)) == NULL)
		native = native_read(bytes, passphrase);
	else
		r = sealed_read(&native, sealed, passphrase, why);
	if (native != NULL)
		*out = private_key_take(native);
	crypto_refused();
	if (*out != NULL && private_key_type(*out) == KEY_RSA) {
		private_key_free(*out);
		*out = NULL;
	}
	if (*out != NULL || r != REASON_OK)
		return r;
	return why_set(why, REASON_KEY_WEAK, -1,
	    "the file holds no P-256 or P-384 private key that opens");
}

enum reason
private_key_save_plain(
    const struct private_key *k, const char *path, struct why *why)
{
	EVP_PKEY *native = private_key_native(k);
	BIO *bio = BIO_new(BIO_s_secmem());
	char *text;
	long len;
	enum reason r;

	if (bio == NULL ||
	    PEM_write_bio_PKCS8PrivateKey(
		bio, native, NULL, NULL, 0, NULL, NULL) != 1)
		fatal("a key could not be written");
	len = BIO_get_mem_data(bio, &text);
	r = file_write_new(path, span_of(text, (size_t)len), 0600, why);
	BIO_free(bio);
	EVP_PKEY_free(native);
	return r;
}
