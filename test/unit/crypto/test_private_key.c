/* Private keys: what they sign OpenSSL verifies, what they are kept in OpenSSL
 * opens, and the other way round. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../folder.h"
#include "crypto/keys/private_key.h"

static const char *path; /* of a key file */

static int
begin(void **state)
{
	static char key[PATH_MAX * 2];

	if (folder_make(state) != 0)
		return -1;
	snprintf(key, sizeof(key), "%s", inside("key.pem"));
	path = key;
	return 0;
}

static int
end(void **state)
{
	unlink(path);
	return folder_remove(state);
}

static void
secret_of(struct secret *s, const char *text)
{
	secret_new(s, strlen(text));
	memcpy(s->ptr, text, s->len);
}

/* Signs with ours, checks with EVP. */
static void
signature_check(const struct private_key *k, EVP_PKEY *judge)
{
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	uint8_t signature[SIGNATURE_SIZE_MAX];
	size_t len;

	private_key_sign(k, span_str("message"), signature, &len);
	assert_int_equal(
	    EVP_DigestVerifyInit(c, NULL,
		private_key_type(k) == KEY_P384 ? EVP_sha384() : EVP_sha256(),
		NULL, judge),
	    1);
	assert_int_equal(EVP_DigestVerify(c, signature, len,
			     (const unsigned char *)"message", 7),
	    1);
	EVP_MD_CTX_free(c);
}

static const enum key_type kinds[] = { KEY_P256, KEY_P384, KEY_RSA };
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static struct private_key *
generate(enum key_type type)
{
	return type == KEY_RSA ? private_key_generate_rsa(2048)
			       : private_key_generate(type);
}

static void
made_and_used(void **state)
{
	unsigned i;

	(void)state;
	for (i = 0; i < KINDS; i++) {
		enum key_type type = kinds[i];
		struct private_key *k = generate(type);
		struct span spki = private_key_spki(k);
		const unsigned char *at = spki.ptr;
		EVP_PKEY *theirs = d2i_PUBKEY(NULL, &at, (long)spki.len);
		EVP_PKEY *native = private_key_native(k);
		struct signature_algorithm a, own = private_key_signature(k);
		struct why why;

		assert_int_equal(private_key_type(k), type);
		assert_non_null(theirs);
		assert_ptr_equal(at, spki.ptr + spki.len);
		assert_int_equal(EVP_PKEY_eq(theirs, native), 1);
		assert_int_equal(signature_algorithm_read(
				     private_key_algorithm(k), &a, &why),
		    REASON_OK);
		assert_int_equal(a.kind, own.kind);
		assert_int_equal(a.hash, own.hash);
		signature_check(k, theirs);
		EVP_PKEY_free(native);
		EVP_PKEY_free(theirs);
		private_key_free(k);
	}
}

static void
kept_and_loaded(void **state)
{
	unsigned i;
	struct secret right, wrong;
	struct why why;

	(void)state;
	secret_of(&right, "correct horse");
	secret_of(&wrong, "correct house");
	for (i = 0; i < KINDS; i++) {
		struct private_key *k = generate(kinds[i]), *again;
		EVP_PKEY *native = private_key_native(k), *theirs;
		struct stat st;
		FILE *f;

		assert_int_equal(
		    private_key_save(k, path, &right, NULL, &why), REASON_OK);
		assert_int_equal(private_key_save(k, path, &right, NULL, &why),
		    REASON_FILE_UNREADABLE);
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_mode & 0777, 0600);
		assert_int_equal(
		    private_key_load(&again, path, &wrong, NULL, &why),
		    REASON_PASSPHRASE);
		assert_int_equal(
		    private_key_load(&again, path, &right, NULL, &why),
		    REASON_OK);
		assert_true(
		    span_eq(private_key_spki(k), private_key_spki(again)));
		signature_check(again, native);
		f = fopen(path, "r");
		theirs =
		    PEM_read_PrivateKey(f, NULL, NULL, (void *)"correct horse");
		fclose(f);
		assert_non_null(theirs);
		assert_int_equal(EVP_PKEY_eq(theirs, native), 1);
		EVP_PKEY_free(theirs);
		EVP_PKEY_free(native);
		private_key_free(again);
		private_key_free(k);
		unlink(path);
	}
	secret_free(&right);
	secret_free(&wrong);
}

/* PBES2 with scrypt N=2^14, r=8, p=1 and AES-256-CBC, by OpenSSL's reader. */
static void
container_as_promised(void **state)
{
	struct private_key *k = private_key_generate(KEY_P256);
	struct secret passphrase;
	const X509_ALGOR *algorithm, *part;
	const ASN1_OCTET_STRING *sealed;
	const ASN1_OBJECT *oid;
	const void *value;
	const unsigned char *at;
	PBE2PARAM *pbe;
	SCRYPT_PARAMS *scrypt;
	X509_SIG *p8;
	struct why why;
	int type;
	FILE *f;

	(void)state;
	secret_of(&passphrase, "p");
	assert_int_equal(
	    private_key_save(k, path, &passphrase, NULL, &why), REASON_OK);
	f = fopen(path, "r");
	p8 = PEM_read_PKCS8(f, NULL, NULL, NULL);
	fclose(f);
	assert_non_null(p8);
	X509_SIG_get0(p8, &algorithm, &sealed);
	X509_ALGOR_get0(&oid, &type, &value, algorithm);
	assert_int_equal(OBJ_obj2nid(oid), NID_pbes2);
	at = ASN1_STRING_get0_data(value);
	pbe = d2i_PBE2PARAM(NULL, &at, ASN1_STRING_length(value));
	assert_int_equal(
	    OBJ_obj2nid(pbe->encryption->algorithm), NID_aes_256_cbc);
	part = pbe->keyfunc;
	X509_ALGOR_get0(&oid, &type, &value, part);
	assert_int_equal(OBJ_obj2nid(oid), NID_id_scrypt);
	at = ASN1_STRING_get0_data(value);
	scrypt = d2i_SCRYPT_PARAMS(NULL, &at, ASN1_STRING_length(value));
	assert_int_equal(ASN1_INTEGER_get(scrypt->costParameter), 16384);
	assert_int_equal(ASN1_INTEGER_get(scrypt->blockSize), 8);
	assert_int_equal(ASN1_INTEGER_get(scrypt->parallelizationParameter), 1);
	SCRYPT_PARAMS_free(scrypt);
	PBE2PARAM_free(pbe);
	X509_SIG_free(p8);
	secret_free(&passphrase);
	private_key_free(k);
	unlink(path);
}

static void
other_secrets(void **state)
{
	struct secret tag, again, passphrase;
	struct private_key *key;
	struct why why;

	(void)state;
	secret_of(&tag, "thirty-two octets of a tag key..");
	secret_of(&passphrase, "p");
	assert_int_equal(
	    secret_save(&tag, path, &passphrase, NULL, &why), REASON_OK);
	assert_int_equal(
	    secret_load(&again, path, &passphrase, NULL, &why), REASON_OK);
	assert_true(secret_equal(
	    span_of(tag.ptr, tag.len), span_of(again.ptr, again.len)));
	assert_int_equal(private_key_load(&key, path, &passphrase, NULL, &why),
	    REASON_KEY_WEAK);
	unlink(path);
	key = private_key_generate(KEY_P256);
	assert_int_equal(
	    private_key_save(key, path, &passphrase, NULL, &why), REASON_OK);
	secret_free(&again);
	assert_int_equal(secret_load(&again, path, &passphrase, NULL, &why),
	    REASON_FILE_UNREADABLE);
	private_key_free(key);
	unlink(path);
	secret_free(&tag);
	secret_free(&passphrase);
}

static void
damaged_files(void **state)
{
	struct private_key *k = private_key_generate(KEY_P256), *again;
	struct secret passphrase;
	char text[4096];
	size_t len, cut;
	struct why why;
	FILE *f;

	(void)state;
	secret_of(&passphrase, "p");
	assert_int_equal(
	    private_key_load(&again, path, &passphrase, NULL, &why),
	    REASON_FILE_UNREADABLE);
	assert_int_equal(
	    private_key_save(k, path, &passphrase, NULL, &why), REASON_OK);
	f = fopen(path, "r");
	len = fread(text, 1, sizeof(text), f);
	fclose(f);
	for (cut = 0; cut < len - 1; cut += 97) {
		f = fopen(path, "w");
		fwrite(text, 1, cut, f);
		fclose(f);
		assert_int_equal(
		    private_key_load(&again, path, &passphrase, NULL, &why),
		    REASON_FILE_UNREADABLE);
	}
	secret_free(&passphrase);
	private_key_free(k);
	unlink(path);
}

/* Writes the key with OpenSSL in one form, reads it with ours. */
static enum reason
foreign_read(EVP_PKEY *key, int form, const struct secret *passphrase)
{
	BIO *bio = BIO_new(BIO_s_mem());
	EC_KEY *ec = EVP_PKEY_get1_EC_KEY(key);
	struct private_key *k = NULL;
	EVP_PKEY *native;
	struct why why;
	enum reason r;
	char *text;
	long len;

	switch (form) {
	case 0: /* PKCS#8 in PEM */
		PEM_write_bio_PKCS8PrivateKey(
		    bio, key, NULL, NULL, 0, NULL, NULL);
		break;
	case 1: /* SEC 1 in PEM, with its parameters before it */
		PEM_write_bio_ECPKParameters(bio, EC_KEY_get0_group(ec));
		PEM_write_bio_ECPrivateKey(bio, ec, NULL, NULL, 0, NULL, NULL);
		break;
	case 2: /* PKCS#8 in DER */
		i2d_PKCS8PrivateKeyInfo_bio(bio, key);
		break;
	case 3: /* SEC 1 in DER */
		i2d_ECPrivateKey_bio(bio, ec);
		break;
	default: /* encrypted */
		PEM_write_bio_PKCS8PrivateKey(
		    bio, key, EVP_aes_128_cbc(), "word", 4, NULL, NULL);
		break;
	}
	len = BIO_get_mem_data(bio, &text);
	r = private_key_read(&k, span_of(text, (size_t)len), passphrase, &why);
	if (r == REASON_OK) {
		native = private_key_native(k);
		assert_int_equal(EVP_PKEY_eq(native, key), 1);
		EVP_PKEY_free(native);
	}
	private_key_free(k);
	EC_KEY_free(ec);
	BIO_free(bio);
	return r;
}

static void
keys_of_other_tools(void **state)
{
	EVP_PKEY *key = EVP_EC_gen("P-256"), *other = EVP_EC_gen("secp256k1");
	struct secret word;
	struct private_key *k;
	struct why why;
	int form;

	(void)state;
	secret_of(&word, "word");
	for (form = 0; form < 4; form++)
		assert_int_equal(foreign_read(key, form, NULL), REASON_OK);
	assert_int_equal(foreign_read(key, 4, &word), REASON_OK);
	assert_int_equal(foreign_read(key, 4, NULL), REASON_KEY_WEAK);
	assert_int_equal(foreign_read(other, 0, NULL), REASON_KEY_WEAK);
	assert_int_equal(private_key_read(&k, span_str("no key"), NULL, &why),
	    REASON_KEY_WEAK);
	assert_int_equal(
	    private_key_read(&k, span_str(""), NULL, &why), REASON_KEY_WEAK);
	secret_free(&word);
	EVP_PKEY_free(key);
	EVP_PKEY_free(other);
}

static void
plain_file(void **state)
{
	struct private_key *k = private_key_generate(KEY_P256);
	EVP_PKEY *native = private_key_native(k), *theirs;
	struct stat st;
	struct why why;
	FILE *f;

	(void)state;
	assert_int_equal(private_key_save_plain(k, path, &why), REASON_OK);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	f = fopen(path, "r");
	theirs = PEM_read_PrivateKey(f, NULL, NULL, NULL);
	fclose(f);
	assert_int_equal(EVP_PKEY_eq(theirs, native), 1);
	EVP_PKEY_free(theirs);
	EVP_PKEY_free(native);
	private_key_free(k);
	unlink(path);
}

/* The scalar of a key makes it again; OpenSSL has the same one in it. */
static void
scalars(void **state)
{
	static const uint8_t zero[48],
	    high[48] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	enum key_type type;

	(void)state;
	for (type = KEY_P256; type <= KEY_P384; type++) {
		size_t width = type == KEY_P384 ? 48 : 32;
		struct private_key *k = private_key_generate(type), *again;
		EVP_PKEY *native = private_key_native(k);
		const BIGNUM *d =
		    EC_KEY_get0_private_key(EVP_PKEY_get0_EC_KEY(native));
		struct secret scalar;
		uint8_t theirs[48];

		private_key_scalar(k, &scalar);
		assert_int_equal(scalar.len, width);
		BN_bn2binpad(d, theirs, (int)width);
		assert_memory_equal(scalar.ptr, theirs, width);
		again = private_key_from_scalar(type, span_of(theirs, width));
		assert_non_null(again);
		assert_true(
		    span_eq(private_key_spki(k), private_key_spki(again)));
		assert_null(
		    private_key_from_scalar(type, span_of(zero, width)));
		assert_null(
		    private_key_from_scalar(type, span_of(high, width)));
		assert_null(
		    private_key_from_scalar(type, span_of(theirs, width - 1)));
		private_key_free(k);
		private_key_free(again);
		EVP_PKEY_free(native);
		secret_free(&scalar);
	}
}

/* The scalar of a seed is what OpenSSL's HMAC says; another label, another key. */
static void
seeds(void **state)
{
	uint8_t seed[64], expected[EVP_MAX_MD_SIZE];
	struct private_key *k, *other;
	struct secret scalar;
	unsigned len;

	(void)state;
	memset(seed, 7, sizeof(seed));
	k = private_key_from_seed(
	    KEY_P384, span_of(seed, sizeof(seed)), "idevid-root");
	other = private_key_from_seed(
	    KEY_P384, span_of(seed, sizeof(seed)), "voucher-root");
	private_key_scalar(k, &scalar);
	HMAC(EVP_sha384(), seed, sizeof(seed),
	    (const unsigned char *)"idevid-root\1", 12, expected, &len);
	assert_int_equal(len, scalar.len);
	assert_memory_equal(scalar.ptr, expected, len);
	assert_false(span_eq(private_key_spki(k), private_key_spki(other)));
	private_key_free(k);
	private_key_free(other);
	secret_free(&scalar);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(made_and_used),
		cmocka_unit_test(scalars),
		cmocka_unit_test(seeds),
		cmocka_unit_test(kept_and_loaded),
		cmocka_unit_test(container_as_promised),
		cmocka_unit_test(other_secrets),
		cmocka_unit_test(damaged_files),
		cmocka_unit_test(keys_of_other_tools),
		cmocka_unit_test(plain_file),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
