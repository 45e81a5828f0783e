/* Files that share passphrase and salt take one scrypt; whatever the vault says of
 * a file, OpenSSL says by itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <openssl/asn1t.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../folder.h"
#include "../scrypt.h"
#include "crypto/keys/private_key.h"

#define KEYS 20

static unsigned derivations;
static struct secret right, wrong;

static void
scrypt_called(void)
{
	derivations++;
}

static void
secret_of(struct secret *s, const char *text)
{
	secret_new(s, strlen(text));
	memcpy(s->ptr, text, s->len);
}

static int
begin(void **state)
{
	secret_of(&right, "correct horse");
	secret_of(&wrong, "correct house");
	return folder_make(state);
}

static int
end(void **state)
{
	secret_free(&right);
	secret_free(&wrong);
	return folder_remove(state);
}

static int
count_from_zero(void **state)
{
	(void)state;
	derivations = 0;
	return 0;
}

static const char *
file(unsigned i)
{
	static char path[PATH_MAX * 2];

	snprintf(path, sizeof(path), "%s/%u.key", folder, i);
	return path;
}

static void
files_remove(unsigned n)
{
	while (n > 0)
		assert_int_equal(unlink(file(--n)), 0);
}

static X509_SIG *
sealed_read(unsigned i)
{
	FILE *f = fopen(file(i), "r");
	X509_SIG *sealed;

	assert_non_null(f);
	sealed = PEM_read_PKCS8(f, NULL, NULL, NULL);
	fclose(f);
	assert_non_null(sealed);
	return sealed;
}

static void
sealed_write(unsigned i, const X509_SIG *sealed)
{
	FILE *f = fopen(file(i), "w");

	assert_non_null(f);
	assert_int_equal(PEM_write_PKCS8(f, sealed), 1);
	fclose(f);
}

/* Salt and IV of a file of ours, by OpenSSL's reader. */
static void
parameters(unsigned i, uint8_t salt[KEY_SALT_SIZE], uint8_t iv[16])
{
	X509_SIG *sealed = sealed_read(i);
	const X509_ALGOR *algorithm;
	const ASN1_OCTET_STRING *octets;
	PBE2PARAM *pbe;
	SCRYPT_PARAMS *scrypt;

	X509_SIG_get0(sealed, &algorithm, &octets);
	pbe = ASN1_TYPE_unpack_sequence(
	    ASN1_ITEM_rptr(PBE2PARAM), algorithm->parameter);
	assert_non_null(pbe);
	scrypt = ASN1_TYPE_unpack_sequence(
	    ASN1_ITEM_rptr(SCRYPT_PARAMS), pbe->keyfunc->parameter);
	assert_non_null(scrypt);
	assert_int_equal(ASN1_STRING_length(scrypt->salt), KEY_SALT_SIZE);
	memcpy(salt, ASN1_STRING_get0_data(scrypt->salt), KEY_SALT_SIZE);
	octets = pbe->encryption->parameter->value.octet_string;
	assert_int_equal(ASN1_STRING_length(octets), 16);
	memcpy(iv, ASN1_STRING_get0_data(octets), 16);
	SCRYPT_PARAMS_free(scrypt);
	PBE2PARAM_free(pbe);
	X509_SIG_free(sealed);
}

static enum reason
opens(unsigned i, const struct secret *passphrase, struct key_vault *v)
{
	struct private_key *k;
	struct why why;
	enum reason r = private_key_load(&k, file(i), passphrase, v, &why);

	if (r == REASON_OK)
		private_key_free(k);
	return r;
}

/* A new key in a file. */
static void
make(unsigned i, struct key_vault *v)
{
	struct private_key *k = private_key_generate(KEY_P256);
	struct why why;

	assert_int_equal(
	    private_key_save(k, file(i), &right, v, &why), REASON_OK);
	private_key_free(k);
}

static void
opens_by_openssl(unsigned i)
{
	FILE *f = fopen(file(i), "r");
	EVP_PKEY *theirs =
	    PEM_read_PrivateKey(f, NULL, NULL, (void *)"correct horse");
	EVP_PKEY *native;
	struct private_key *k;
	struct why why;

	fclose(f);
	assert_non_null(theirs);
	assert_int_equal(
	    private_key_load(&k, file(i), &right, NULL, &why), REASON_OK);
	native = private_key_native(k);
	assert_int_equal(EVP_PKEY_eq(theirs, native), 1);
	EVP_PKEY_free(theirs);
	EVP_PKEY_free(native);
	private_key_free(k);
}

static void
many_files_one_derivation(void **state)
{
	struct key_vault making = { .salted = false },
			 opening = { .salted = false };
	uint8_t salt[KEY_SALT_SIZE], other[KEY_SALT_SIZE], iv[KEYS][16];
	struct secret tag, again;
	struct why why;
	unsigned i, j;

	(void)state;
	secret_of(&tag, "another secret");
	for (i = 0; i < KEYS - 1; i++)
		make(i, &making);
	assert_int_equal(
	    secret_save(&tag, file(i), &right, &making, &why), REASON_OK);
	assert_int_equal(derivations, 1);
	for (i = 0; i < KEYS - 1; i++)
		assert_int_equal(opens(i, &right, &opening), REASON_OK);
	assert_int_equal(
	    secret_load(&again, file(i), &right, &opening, &why), REASON_OK);
	assert_true(secret_equal(
	    span_of(tag.ptr, tag.len), span_of(again.ptr, again.len)));
	assert_int_equal(derivations, 2);

	parameters(0, salt, iv[0]);
	for (i = 1; i < KEYS; i++) {
		parameters(i, other, iv[i]);
		assert_memory_equal(salt, other, KEY_SALT_SIZE);
		for (j = 0; j < i; j++)
			assert_memory_not_equal(iv[i], iv[j], 16);
	}
	opens_by_openssl(0);
	opens_by_openssl(KEYS - 2);
	key_vault_close(&making);
	key_vault_close(&opening);
	secret_free(&tag);
	secret_free(&again);
	files_remove(KEYS);
}

/* What was derived is gone, the salt is not. */
static void
closed_between(void **state)
{
	struct key_vault v = { .salted = false };
	uint8_t salt[2][KEY_SALT_SIZE], iv[16];

	(void)state;
	make(0, &v);
	assert_non_null(v.derived.ptr);
	key_vault_close(&v);
	assert_null(v.derived.ptr);
	make(1, &v);
	assert_int_equal(derivations, 2);
	parameters(0, salt[0], iv);
	parameters(1, salt[1], iv);
	assert_memory_equal(salt[0], salt[1], KEY_SALT_SIZE);
	key_vault_close(&v);
	files_remove(2);
}

static void
another_salt(void **state)
{
	struct key_vault v = { .salted = false };
	uint8_t salt[4][KEY_SALT_SIZE], iv[16];
	unsigned i;

	(void)state;
	make(0, NULL);
	make(1, NULL);
	derivations = 0;
	assert_int_equal(opens(0, &right, &v), REASON_OK);
	assert_int_equal(opens(1, &right, &v), REASON_OK);
	assert_int_equal(opens(1, &right, &v), REASON_OK);
	assert_int_equal(derivations, 2);
	make(2, &v);
	assert_int_equal(opens(0, &right, &v), REASON_OK);
	assert_int_equal(derivations, 3);
	make(3, &v);
	assert_int_equal(derivations, 3);
	for (i = 0; i < 4; i++)
		parameters(i, salt[i], iv);
	assert_memory_not_equal(salt[0], salt[1], KEY_SALT_SIZE);
	assert_memory_equal(salt[2], salt[1], KEY_SALT_SIZE);
	assert_memory_equal(salt[3], salt[0], KEY_SALT_SIZE);
	key_vault_close(&v);
	files_remove(4);
}

/* The key that lies there for the right one does not open for a wrong one. */
static void
wrong_passphrase(void **state)
{
	struct key_vault v = { .salted = false };

	(void)state;
	make(0, NULL);
	assert_int_equal(opens(0, &wrong, &v), REASON_PASSPHRASE);
	assert_false(v.salted);
	assert_int_equal(opens(0, &right, &v), REASON_OK);
	assert_int_equal(opens(0, &wrong, &v), REASON_PASSPHRASE);
	assert_int_equal(opens(0, &right, &v), REASON_OK);
	assert_int_equal(opens(0, &wrong, NULL), REASON_PASSPHRASE);
	key_vault_close(&v);
	files_remove(1);
}

/* Takes the algorithm over; NULL: PBKDF2. */
static void
make_by_openssl(unsigned i, X509_ALGOR *algorithm)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	PKCS8_PRIV_KEY_INFO *p8 = EVP_PKEY2PKCS8(key);
	X509_SIG *sealed = algorithm == NULL
	    ? PKCS8_encrypt(-1, EVP_aes_256_cbc(), (char *)right.ptr,
		  (int)right.len, NULL, 0, 0, p8)
	    : PKCS8_set0_pbe((char *)right.ptr, (int)right.len, p8, algorithm);

	assert_non_null(sealed);
	sealed_write(i, sealed);
	X509_SIG_free(sealed);
	PKCS8_PRIV_KEY_INFO_free(p8);
	EVP_PKEY_free(key);
}

/* All that OpenSSL makes opens; what is made as we make it, by way of the vault. */
static void
made_by_openssl(void **state)
{
	static const struct {
		uint64_t n;
		int salt, r, p;
		bool aes_128, ours;
	} rows[] = { { 16384, 16, 8, 1, false, true },
		{ 16384, 8, 8, 1, false, false }, { 4, 16, 8, 1, false, false },
		{ 16384, 16, 4, 1, false, false },
		{ 16384, 16, 8, 2, false, false },
		{ 16384, 16, 8, 1, true, false } };
	struct key_vault v = { .salted = false };
	uint8_t salt[16] = { 1, 2, 3 };
	unsigned i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		key_vault_close(&v);
		derivations = 0;
		make_by_openssl(i,
		    PKCS5_pbe2_set_scrypt(
			rows[i].aes_128 ? EVP_aes_128_cbc() : EVP_aes_256_cbc(),
			salt, rows[i].salt, NULL, rows[i].n,
			(uint64_t)rows[i].r, (uint64_t)rows[i].p));
		assert_int_equal(opens(i, &right, &v), REASON_OK);
		assert_int_equal(opens(i, &right, &v), REASON_OK);
		assert_int_equal(derivations, rows[i].ours ? 1 : 0);
		assert_int_equal(opens(i, &wrong, &v), REASON_PASSPHRASE);
	}
	make_by_openssl(i, NULL);
	derivations = 0;
	assert_int_equal(opens(i, &right, &v), REASON_OK);
	assert_int_equal(opens(i, &wrong, &v), REASON_PASSPHRASE);
	assert_int_equal(derivations, 0);
	key_vault_close(&v);
	files_remove(i + 1);
}

static void
judge(X509_SIG *damaged, struct key_vault *v)
{
	PKCS8_PRIV_KEY_INFO *p8 =
	    PKCS8_decrypt(damaged, (char *)right.ptr, (int)right.len);
	enum reason r;

	sealed_write(0, damaged);
	r = opens(0, &right, v);
	if (p8 == NULL)
		assert_int_equal(r, REASON_PASSPHRASE);
	else
		assert_int_not_equal(r, REASON_PASSPHRASE);
	PKCS8_PRIV_KEY_INFO_free(p8);
	ERR_clear_error();
}

/* Octets of the ciphertext turned and cut off: as OpenSSL sees it. */
static void
damaged(void **state)
{
	struct key_vault v = { .salted = false };
	X509_SIG *sealed;
	X509_ALGOR *algorithm;
	ASN1_OCTET_STRING *octets;
	uint8_t whole[512];
	int len, i;

	(void)state;
	make(0, &v);
	sealed = sealed_read(0);
	X509_SIG_getm(sealed, &algorithm, &octets);
	len = ASN1_STRING_length(octets);
	assert_in_range(len, 32, sizeof(whole));
	memcpy(whole, ASN1_STRING_get0_data(octets), (size_t)len);
	for (i = 0; i < len; i += 13) {
		whole[i] ^= 0x10;
		assert_int_equal(ASN1_STRING_set(octets, whole, len), 1);
		judge(sealed, &v);
		whole[i] ^= 0x10;
	}
	for (i = 0; i < 3; i++) {
		const int left[3] = { 0, len - 1, len - 16 };

		assert_int_equal(ASN1_STRING_set(octets, whole, left[i]), 1);
		judge(sealed, &v);
	}
	assert_int_equal(derivations, 1);
	X509_SIG_free(sealed);
	key_vault_close(&v);
	files_remove(1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(
		    many_files_one_derivation, count_from_zero),
		cmocka_unit_test_setup(closed_between, count_from_zero),
		cmocka_unit_test_setup(another_salt, count_from_zero),
		cmocka_unit_test_setup(wrong_passphrase, count_from_zero),
		cmocka_unit_test_setup(made_by_openssl, count_from_zero),
		cmocka_unit_test_setup(damaged, count_from_zero),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
