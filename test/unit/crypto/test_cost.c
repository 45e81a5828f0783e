/* What a key file may ask for: containers of OpenSSL's making, whose figures are
 * chosen here. Beyond the bounds nobody counts: a test that does would take hours. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <openssl/asn1t.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../folder.h"
#include "crypto/keys/private_key.h"

static const char *path; /* of a key file */
static struct secret word;

static int
begin(void **state)
{
	static char key[PATH_MAX * 2];

	secret_new(&word, 4);
	memcpy(word.ptr, "word", 4);
	if (folder_make(state) != 0)
		return -1;
	snprintf(key, sizeof(key), "%s", inside("key.pem"));
	path = key;
	return 0;
}

static int
end(void **state)
{
	secret_free(&word);
	unlink(path);
	return folder_remove(state);
}

/* The same octets by each of the readers; they agree, and say how to mend it. */
static void
check_refused(const char *pem, long len, const char *figure)
{
	struct private_key *k;
	struct secret s;
	struct why why;
	FILE *f = fopen(path, "w");

	fwrite(pem, 1, (size_t)len, f);
	fclose(f);
	assert_int_equal(
	    private_key_load(&k, path, &word, NULL, &why), REASON_KEY_COSTLY);
	assert_non_null(strstr(why.text, figure));
	assert_non_null(strstr(why.text, "openssl pkcs8 -topk8"));
	assert_non_null(strstr(why.text, path));
	assert_int_equal(
	    secret_load(&s, path, &word, NULL, &why), REASON_KEY_COSTLY);
	assert_int_equal(
	    private_key_read(&k, span_of(pem, (size_t)len), &word, &why),
	    REASON_KEY_COSTLY);
	assert_non_null(strstr(why.text, figure));
}

/* In PEM behind another block, and in DER. */
static void
container_refused(X509_ALGOR *algorithm, const char *figure)
{
	X509_SIG *sealed = X509_SIG_new();
	BIO *bio = BIO_new(BIO_s_mem());
	ASN1_OCTET_STRING *octets;
	struct private_key *k;
	unsigned char *der = NULL;
	X509_ALGOR *place;
	struct why why;
	char *text;
	int size;
	long len;

	X509_SIG_getm(sealed, &place, &octets);
	assert_int_equal(X509_ALGOR_copy(place, algorithm), 1);
	assert_int_equal(ASN1_OCTET_STRING_set(octets,
			     (const unsigned char *)"0123456789abcdef", 16),
	    1);
	assert_int_equal(PEM_write_bio_PKCS8(bio, sealed), 1);
	len = BIO_get_mem_data(bio, &text);
	check_refused(text, len, figure);
	assert_int_equal(BIO_reset(bio), 1);
	size = i2d_X509_SIG(sealed, &der);
	PEM_write_bio(
	    bio, "EC PARAMETERS", "", (const unsigned char *)"\6\1*", 3);
	PEM_write_bio(bio, "PRIVATE KEY", "", der, size);
	len = BIO_get_mem_data(bio, &text);
	assert_int_equal(
	    private_key_read(&k, span_of(text, (size_t)len), &word, &why),
	    REASON_KEY_COSTLY);
	assert_int_equal(
	    private_key_read(&k, span_of(der, (size_t)size), &word, &why),
	    REASON_KEY_COSTLY);
	OPENSSL_free(der);
	BIO_free(bio);
	X509_SIG_free(sealed);
	X509_ALGOR_free(algorithm);
}

static void
rounds(void **state)
{
	static const int counts[] = { 4000001, INT32_MAX };
	unsigned i;

	(void)state;
	for (i = 0; i < 2; i++) {
		container_refused(PKCS5_pbe2_set_iv(EVP_aes_256_cbc(),
				      counts[i], NULL, 0, NULL, -1),
		    "4000000");
		container_refused(
		    PKCS5_pbe_set(NID_pbe_WithSHA1And3_Key_TripleDES_CBC,
			counts[i], NULL, 0),
		    "4000000");
		container_refused(
		    PKCS5_pbe_set(NID_pbeWithMD5AndDES_CBC, counts[i], NULL, 0),
		    "4000000");
	}
}

/* A count that is cut to 32 bits would be 1. */
static void
rounds_too_long(void **state)
{
	static const uint64_t counts[] = { 0, (1ULL << 32) + 1, UINT64_MAX };
	X509_ALGOR *a;
	PBE2PARAM *pbe;
	PBKDF2PARAM *kdf;
	unsigned i;

	(void)state;
	for (i = 0; i < 3; i++) {
		a = PKCS5_pbe2_set_iv(EVP_aes_256_cbc(), 1, NULL, 0, NULL, -1);
		pbe = ASN1_TYPE_unpack_sequence(
		    ASN1_ITEM_rptr(PBE2PARAM), a->parameter);
		kdf = ASN1_TYPE_unpack_sequence(
		    ASN1_ITEM_rptr(PBKDF2PARAM), pbe->keyfunc->parameter);
		assert_int_equal(
		    ASN1_INTEGER_set_uint64(kdf->iter, counts[i]), 1);
		assert_non_null(
		    ASN1_TYPE_pack_sequence(ASN1_ITEM_rptr(PBKDF2PARAM), kdf,
			&pbe->keyfunc->parameter));
		assert_non_null(ASN1_TYPE_pack_sequence(
		    ASN1_ITEM_rptr(PBE2PARAM), pbe, &a->parameter));
		PBKDF2PARAM_free(kdf);
		PBE2PARAM_free(pbe);
		container_refused(a, "4000000");
	}
}

static void
scrypt(void **state)
{
	static const struct {
		uint64_t n, r, p;
		const char *figure;
	} much[] = {
		{ 16384, 8, 9, "1048576" },	 /* work */
		{ 2, 1, 1 << 20, "1048576" },	 /* work that is parallel */
		{ 1024, 1, 1 << 17, "1048576" }, /* an hour in 32 MiB */
		{ 1ULL << 40, 1ULL << 40, 1ULL << 40, "1048576" },
		{ 1ULL << 32, 1ULL << 31, 2, "1048576" }, /* 2^64 */
		{ 32768, 8, 1, "32 MiB" },		  /* memory */
		{ 1 << 20, 1, 1, "32 MiB" },
		{ 2, 1 << 19, 1, "32 MiB" },
		{ 2, 1, 1 << 19, "32 MiB" },
	};
	unsigned i;

	(void)state;
	for (i = 0; i < sizeof(much) / sizeof(much[0]); i++) {
		X509_ALGOR *a = PKCS5_pbe2_set_scrypt(
		    EVP_aes_256_cbc(), NULL, 0, NULL, 16384, 8, 1);
		PBE2PARAM *pbe = ASN1_TYPE_unpack_sequence(
		    ASN1_ITEM_rptr(PBE2PARAM), a->parameter);
		SCRYPT_PARAMS *s = ASN1_TYPE_unpack_sequence(
		    ASN1_ITEM_rptr(SCRYPT_PARAMS), pbe->keyfunc->parameter);

		ASN1_INTEGER_set_uint64(s->costParameter, much[i].n);
		ASN1_INTEGER_set_uint64(s->blockSize, much[i].r);
		ASN1_INTEGER_set_uint64(s->parallelizationParameter, much[i].p);
		ASN1_TYPE_pack_sequence(
		    ASN1_ITEM_rptr(SCRYPT_PARAMS), s, &pbe->keyfunc->parameter);
		ASN1_TYPE_pack_sequence(
		    ASN1_ITEM_rptr(PBE2PARAM), pbe, &a->parameter);
		SCRYPT_PARAMS_free(s);
		PBE2PARAM_free(pbe);
		container_refused(a, much[i].figure);
	}
}

/* As people make them, and at the bound of scrypt. Both readers take them. */
static void
files_of_openssl(void **state)
{
	static const char *const how[] = { "", "-iter 1000000", "-scrypt",
		"-scrypt -scrypt_N 16384 -scrypt_r 8 -scrypt_p 8",
		"-v1 PBE-SHA1-3DES" };
	struct private_key *k = private_key_generate(KEY_P256), *again;
	char command[900], plain[260], text[4096];
	struct why why;
	unsigned i;
	size_t len;
	FILE *f;

	(void)state;
	snprintf(plain, sizeof(plain), "%s/plain.pem", folder);
	assert_int_equal(private_key_save_plain(k, plain, &why), REASON_OK);
	for (i = 0; i < sizeof(how) / sizeof(how[0]); i++) {
		snprintf(command, sizeof(command),
		    "openssl pkcs8 -topk8 %s -passout pass:word -in '%s' -out "
		    "'%s'",
		    how[i], plain, path);
		assert_int_equal(system(command), 0);
		assert_int_equal(
		    private_key_load(&again, path, &word, NULL, &why),
		    REASON_OK);
		assert_true(
		    span_eq(private_key_spki(k), private_key_spki(again)));
		private_key_free(again);
		f = fopen(path, "r");
		len = fread(text, 1, sizeof(text), f);
		fclose(f);
		assert_int_equal(
		    private_key_read(&again, span_of(text, len), &word, &why),
		    REASON_OK);
		assert_true(
		    span_eq(private_key_spki(k), private_key_spki(again)));
		private_key_free(again);
	}
	unlink(plain);
	private_key_free(k);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rounds),
		cmocka_unit_test(rounds_too_long),
		cmocka_unit_test(scrypt),
		cmocka_unit_test(files_of_openssl),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
