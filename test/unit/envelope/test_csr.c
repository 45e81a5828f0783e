/* Certification requests of OpenSSL's making, good and bad ones, and ours as
 * OpenSSL reads them. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <openssl/conf.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

#include "crypto/keys/private_key.h"
#include "envelope/csr.h"

/* What OpenSSL puts into a request; NULL = absent. */
struct wanted {
	const char *common_name, *serial, *second_serial;
	const char *extension, *value;
	const char *other, *other_value;
	EVP_PKEY *key, *signer; /* NULL = a new P-256 key; the same */
	const EVP_MD *md;
	bool ed25519;
};

static uint8_t request[CSR_MAX + 600];

static void
names_add(X509_REQ *q, const struct wanted *w)
{
	X509_NAME *name = X509_NAME_new();
	const char *serials[] = { w->serial, w->second_serial };
	unsigned i;

	if (w->common_name != NULL)
		X509_NAME_add_entry_by_txt(name, "CN", V_ASN1_UTF8STRING,
		    (const unsigned char *)w->common_name, -1, -1, 0);
	for (i = 0; i < 2; i++)
		if (serials[i] != NULL)
			X509_NAME_add_entry_by_txt(name, "serialNumber",
			    V_ASN1_PRINTABLESTRING,
			    (const unsigned char *)serials[i], -1, -1, 0);
	assert_int_equal(X509_REQ_set_subject_name(q, name), 1);
	X509_NAME_free(name);
}

static void
extensions_add(X509_REQ *q, const struct wanted *w)
{
	STACK_OF(X509_EXTENSION) *list = NULL;
	X509_EXTENSION *e;
	X509V3_CTX context;
	CONF *none = NCONF_new(NULL);

	if (w->extension != NULL) {
		X509V3_set_ctx(&context, NULL, NULL, q, NULL, 0);
		X509V3_set_nconf(&context, none);
		e = X509V3_EXT_nconf(none, &context, w->extension, w->value);
		assert_non_null(e);
		X509v3_add_ext(&list, e, -1);
		X509_EXTENSION_free(e);
		if (w->other != NULL) {
			e = X509V3_EXT_nconf(
			    none, &context, w->other, w->other_value);
			assert_non_null(e);
			X509v3_add_ext(&list, e, -1);
			X509_EXTENSION_free(e);
		}
		assert_int_equal(X509_REQ_add_extensions(q, list), 1);
		sk_X509_EXTENSION_pop_free(list, X509_EXTENSION_free);
	}
	NCONF_free(none);
}

/* The request as DER, in `request`. */
static struct span
made(const struct wanted *w)
{
	X509_REQ *q = X509_REQ_new();
	EVP_PKEY *key = w->key != NULL ? w->key : EVP_EC_gen("P-256");
	unsigned char *at = request;
	int len;

	X509_REQ_set_version(q, 0);
	names_add(q, w);
	assert_int_equal(X509_REQ_set_pubkey(q, key), 1);
	extensions_add(q, w);
	assert_true(X509_REQ_sign(q, w->signer != NULL ? w->signer : key,
			w->ed25519	    ? NULL
			    : w->md != NULL ? w->md
					    : EVP_sha256()) > 0);
	len = i2d_X509_REQ(q, NULL);
	assert_in_range(len, 1, sizeof(request));
	i2d_X509_REQ(q, &at);
	X509_REQ_free(q);
	if (w->key == NULL)
		EVP_PKEY_free(key);
	return span_of(request, (size_t)len);
}

static struct csr_facts facts;
static struct why why;

/* The arena lies in memory of its own size, for the address sanitizer. */
static uint8_t *arena;

static enum reason
judge(struct span bytes)
{
	enum reason r;

	free(arena);
	arena = malloc(bytes.len + 1);
	why_clear(&why);
	r = csr_read(bytes, arena, &facts, &why);
	if (r == REASON_OK) {
		assert_in_range((uintptr_t)facts.spki.ptr, (uintptr_t)arena,
		    (uintptr_t)arena + bytes.len);
	}
	return r;
}

static enum reason
judge_wanted(struct wanted w)
{
	return judge(made(&w));
}

static void
good_ones(void **state)
{
	EVP_PKEY *keys[] = { EVP_EC_gen("P-256"), EVP_EC_gen("P-384"),
		EVP_RSA_gen(2048), EVP_PKEY_Q_keygen(NULL, NULL, "ED25519") };
	uint8_t spki[1200], hash[32], *at;
	struct span der, s;
	BIO *bio;
	char *text;
	unsigned i;
	long len;

	(void)state;
	for (i = 0; i < 4; i++) {
		struct wanted w = { .common_name = "unit",
			.serial = "A-1",
			.key = keys[i],
			.ed25519 = i == 3 };

		der = made(&w);
		assert_int_equal(judge(der), REASON_OK);
		assert_string_equal(facts.serial, "A-1");
		at = spki;
		s = span_of(spki, (size_t)i2d_PUBKEY(keys[i], &at));
		assert_true(span_eq(facts.spki, s));
		sha256(s, hash);
		assert_memory_equal(facts.spki_sha256, hash, 32);
		sha256(der, hash);
		assert_memory_equal(facts.csr_sha256, hash, 32);
		bio = BIO_new(BIO_s_mem());
		PEM_write_bio(
		    bio, "CERTIFICATE REQUEST", "", der.ptr, (long)der.len);
		len = BIO_get_mem_data(bio, &text);
		assert_int_equal(judge(span_of(text, (size_t)len)), REASON_OK);
		assert_memory_equal(facts.csr_sha256, hash, 32);
		BIO_free(bio);
		EVP_PKEY_free(keys[i]);
	}
	assert_int_equal(judge_wanted((struct wanted){ 0 }), REASON_OK);
	assert_string_equal(facts.serial, "");
}

static void
possession(void **state)
{
	EVP_PKEY *other = EVP_EC_gen("P-256");
	struct wanted w = { .serial = "A-1", .signer = other };
	struct span der;
	size_t i;

	(void)state;
	assert_int_equal(judge_wanted(w), REASON_CSR_POP);
	w.signer = NULL;
	w.md = EVP_sha1();
	assert_int_equal(judge_wanted(w), REASON_CSR_POP);
	w.md = NULL;
	der = made(&w);
	assert_int_equal(judge(der), REASON_OK);
	/* No octet may change, and none is missing or too much. */
	for (i = 0; i < der.len; i++) {
		request[i] ^= 1;
		assert_int_not_equal(judge(der), REASON_OK);
		request[i] ^= 1;
		assert_int_equal(
		    judge(span_of(request, i)), REASON_CSR_MALFORMED);
	}
	request[der.len] = 0;
	assert_int_equal(
	    judge(span_of(request, der.len + 1)), REASON_CSR_MALFORMED);
	EVP_PKEY_free(other);
}

static void
kinds_of_keys(void **state)
{
	EVP_PKEY *keys[] = { EVP_EC_gen("secp256k1"), EVP_EC_gen("P-521"),
		EVP_RSA_gen(1024), EVP_EC_gen("P-256") };
	EC_KEY *ec = EC_KEY_new_by_curve_name(NID_X9_62_prime256v1);
	unsigned i;

	(void)state;
	EC_KEY_generate_key(ec);
	EC_KEY_set_asn1_flag(ec, OPENSSL_EC_EXPLICIT_CURVE);
	EVP_PKEY_set1_EC_KEY(keys[3], ec);
	for (i = 0; i < 4; i++) {
		assert_int_equal(
		    judge_wanted((struct wanted){ .key = keys[i] }),
		    REASON_KEY_WEAK);
		EVP_PKEY_free(keys[i]);
	}
	EC_KEY_free(ec);
}

/* An RSA key out of given primes and exponent; the arguments are consumed. */
static EVP_PKEY *
rsa_of(BIGNUM *p, BIGNUM *q, unsigned long exponent)
{
	BN_CTX *c = BN_CTX_new();
	BIGNUM *n = BN_new(), *e = BN_new(), *phi = BN_new(), *d, *p1, *q1;
	RSA *rsa = RSA_new();
	EVP_PKEY *key = EVP_PKEY_new();

	p1 = BN_dup(p);
	q1 = BN_dup(q);
	BN_sub_word(p1, 1);
	BN_sub_word(q1, 1);
	BN_mul(n, p, q, c);
	BN_mul(phi, p1, q1, c);
	BN_set_word(e, exponent);
	d = BN_mod_inverse(NULL, e, phi, c);
	assert_non_null(d);
	assert_int_equal(RSA_set0_key(rsa, n, e, d), 1);
	EVP_PKEY_assign_RSA(key, rsa);
	BN_free(p);
	BN_free(q);
	BN_free(p1);
	BN_free(q1);
	BN_free(phi);
	BN_CTX_free(c);
	return key;
}

static BIGNUM *
prime_of(int bits)
{
	BIGNUM *p = BN_new();

	do {
		assert_int_equal(
		    BN_generate_prime_ex(p, bits, 0, NULL, NULL, NULL), 1);
	} while (BN_mod_word(p, 65537) == 1 || BN_mod_word(p, 3) == 1);
	return p;
}

/* As the library of CVE-2017-15361 made them: k * M + (65537^a mod M), with M
 * the product of the first 126 primes. */
static BIGNUM *
roca_prime(void)
{
	BIGNUM *m = BN_new(), *p = BN_new(), *k = BN_new(), *a = BN_new();
	BIGNUM *g = BN_new();
	BN_CTX *c = BN_CTX_new();
	unsigned n, prime, factor;

	BN_one(m);
	BN_set_word(g, 65537);
	for (n = 0, prime = 2; n < 126; prime++) {
		for (factor = 2; factor * factor <= prime; factor++)
			if (prime % factor == 0)
				break;
		if (factor * factor > prime) {
			BN_mul_word(m, prime);
			n++;
		}
	}
	do {
		BN_rand(k, 1024 - BN_num_bits(m), BN_RAND_TOP_TWO,
		    BN_RAND_BOTTOM_ANY);
		BN_rand(a, 200, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY);
		BN_mod_exp(p, g, a, m, c);
		BN_mul(k, k, m, c);
		BN_add(p, p, k);
	} while (BN_check_prime(p, c, NULL) != 1 || BN_mod_word(p, 65537) == 1);
	BN_free(m);
	BN_free(k);
	BN_free(a);
	BN_free(g);
	BN_CTX_free(c);
	return p;
}

static void
weak_rsa(void **state)
{
	BIGNUM *small = BN_new();
	EVP_PKEY *key;

	(void)state;
	key = rsa_of(prime_of(1024), prime_of(1025), 65537);
	assert_int_equal(
	    judge_wanted((struct wanted){ .key = key }), REASON_OK);
	EVP_PKEY_free(key);
	key = rsa_of(prime_of(1024), prime_of(1025), 3);
	assert_int_equal(
	    judge_wanted((struct wanted){ .key = key }), REASON_KEY_WEAK);
	assert_non_null(strstr(why.text, "exponent"));
	EVP_PKEY_free(key);
	BN_set_word(small, 9973);
	key = rsa_of(prime_of(2040), small, 65537);
	assert_int_equal(
	    judge_wanted((struct wanted){ .key = key }), REASON_KEY_WEAK);
	assert_non_null(strstr(why.text, "small factor"));
	EVP_PKEY_free(key);
	key = rsa_of(roca_prime(), roca_prime(), 65537);
	assert_int_equal(
	    judge_wanted((struct wanted){ .key = key }), REASON_KEY_WEAK);
	assert_non_null(strstr(why.text, "ROCA"));
	EVP_PKEY_free(key);
}

static void
published_key(void **state)
{
	FILE *f = fopen(
	    VECTORS "/rfc8995-appendix-c/idevid_00-D0-E5-F2-00-02.key", "r");
	EVP_PKEY *key = PEM_read_PrivateKey(f, NULL, NULL, NULL);

	(void)state;
	fclose(f);
	assert_non_null(key);
	assert_int_equal(
	    judge_wanted((struct wanted){ .key = key }), REASON_KEY_WEAK);
	assert_non_null(strstr(why.text, "published"));
	EVP_PKEY_free(key);
}

/* SAN with a HardwareModuleName: SEQUENCE { [0] { OID, [0] { SEQUENCE { type,
 * OCTET STRING serial } } } }, as hex. type 1.2.3 and a TPM's. */
#define OTHER_NAME(hex) "DER:" hex
static const char own_a1[] = OTHER_NAME("301ba01906082b06010505070804a00d"
					"300b06022a03"
					"040541412d3031");
static const char tpm_a1[] = OTHER_NAME("301fa01d06082b06010505070804a011"
					"300f0605678105"
					"0102"
					"04064650433a3031");

static void
serials(void **state)
{
	const char san[] = "2.5.29.17";

	(void)state;
	assert_int_equal(judge_wanted((struct wanted){
			     .serial = "A-1", .second_serial = "A-2" }),
	    REASON_CSR_MALFORMED);
	/* Extensions are no matter ... */
	assert_int_equal(judge_wanted((struct wanted){ .serial = "A-1",
			     .extension = "basicConstraints",
			     .value = "critical,CA:TRUE",
			     .other = "subjectAltName",
			     .other_value = "DNS:unit" }),
	    REASON_OK);
	assert_string_equal(facts.serial, "A-1");
	/* ... but for the serial of the module. */
	assert_int_equal(
	    judge_wanted((struct wanted){
		.serial = "AA-01", .extension = san, .value = own_a1 }),
	    REASON_OK);
	assert_int_equal(
	    judge_wanted((struct wanted){
		.serial = "AA-02", .extension = san, .value = own_a1 }),
	    REASON_SERIAL_MISMATCH);
	assert_int_equal(
	    judge_wanted((struct wanted){ .extension = san, .value = own_a1 }),
	    REASON_OK);
	assert_string_equal(facts.serial, "AA-01");
	assert_int_equal(
	    judge_wanted((struct wanted){
		.serial = "AA-02", .extension = san, .value = tpm_a1 }),
	    REASON_OK);
	assert_string_equal(facts.serial, "AA-02");
	assert_int_equal(
	    judge_wanted((struct wanted){
		.serial = "A-1", .extension = san, .value = "DER:30030201" }),
	    REASON_CSR_MALFORMED);
}

/* A request with an extension of so many octets, as PEM of OpenSSL's. */
static enum reason
judge_long(size_t len)
{
	static uint8_t pem[2 * CSR_MAX];
	static char value[8 + 2 * CSR_MAX];
	struct span der;
	BIO *bio = BIO_new(BIO_s_mem());
	size_t i;
	int n;

	i = (size_t)sprintf(value, "DER:0482%04zx", len - 4);
	memset(value + i, '0', 2 * (len - 4));
	value[i + 2 * (len - 4)] = '\0';
	der = made(&(struct wanted){
	    .serial = "A-1", .extension = "1.2.3.4", .value = value });
	assert_int_equal(PEM_write_bio(bio, "CERTIFICATE REQUEST", "", der.ptr,
			     (long)der.len) > 0,
	    1);
	n = BIO_read(bio, pem, sizeof(pem));
	assert_in_range(n, 1, sizeof(pem) - 1);
	BIO_free(bio);
	return judge(span_of(pem, (size_t)n));
}

static void
sizes(void **state)
{
	static uint8_t big[CSR_MAX + 1];

	(void)state;
	big[0] = 0x30;
	assert_int_equal(
	    judge(span_of(big, sizeof(big))), REASON_CSR_MALFORMED);
	assert_int_equal(judge(span_of(big, 0)), REASON_CSR_MALFORMED);
	/* 8 KiB are of DER, in PEM as well. */
	assert_int_equal(judge_long(7500), REASON_OK);
	assert_int_equal(judge_long(8192), REASON_CSR_MALFORMED);
	assert_non_null(strstr(why.text, "octets of DER"));
	assert_int_equal(judge(span_str("-----BEGIN CERTIFICATE-----")),
	    REASON_CSR_MALFORMED);
}

/* Ours, as OpenSSL sees it. */
static void
rendered(void **state)
{
	struct private_key *k = private_key_generate(KEY_P384);
	uint8_t info[1000], signature[SIGNATURE_SIZE_MAX], csr[1000];
	size_t info_len, signature_len, len, cap;
	const unsigned char *at = csr;
	char text[100];
	EVP_PKEY *key;
	X509_REQ *q;

	(void)state;
	assert_true(csr_render(private_key_spki(k), "M\xc3\xbcller", "A-1",
	    info, sizeof(info), &info_len));
	private_key_sign(k, span_of(info, info_len), signature, &signature_len);
	assert_true(
	    csr_assemble(span_of(info, info_len), private_key_algorithm(k),
		span_of(signature, signature_len), csr, sizeof(csr), &len));
	q = d2i_X509_REQ(NULL, &at, (long)len);
	assert_non_null(q);
	assert_ptr_equal(at, csr + len);
	key = X509_REQ_get0_pubkey(q);
	assert_int_equal(X509_REQ_verify(q, key), 1);
	assert_int_equal(X509_REQ_get_version(q), 0);
	X509_NAME_get_text_by_NID(
	    X509_REQ_get_subject_name(q), NID_serialNumber, text, sizeof(text));
	assert_string_equal(text, "A-1");
	assert_int_equal(
	    X509_NAME_entry_count(X509_REQ_get_subject_name(q)), 2);
	X509_REQ_free(q);
	assert_int_equal(judge(span_of(csr, len)), REASON_OK);
	assert_string_equal(facts.serial, "A-1");
	for (cap = 0; cap < info_len; cap++)
		assert_false(csr_render(private_key_spki(k), "M\xc3\xbcller",
		    "A-1", csr, cap, &len));
	private_key_free(k);
}

/* No octet of a request can be another: the signature covers all but itself and
 * what surrounds it, and there is one encoding of these. */
static void
changed_octets(void **state)
{
	struct span good = made(&(struct wanted){ .common_name = "unit",
	    .serial = "A-1",
	    .extension = "subjectAltName",
	    .value = "DNS:unit.example" });
	uint8_t *copy = malloc(good.len);
	size_t i;
	int bit;

	(void)state;
	assert_int_equal(judge(good), REASON_OK);
	for (i = 0; i < good.len; i++) {
		for (bit = 0; bit < 8; bit += 7) {
			memcpy(copy, good.ptr, good.len);
			copy[i] ^= (uint8_t)(1 << bit);
			assert_int_not_equal(
			    judge(span_of(copy, good.len)), REASON_OK);
			assert_true(why.text[0] != '\0');
		}
	}
	free(copy);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_ones),
		cmocka_unit_test(possession),
		cmocka_unit_test(kinds_of_keys),
		cmocka_unit_test(weak_rsa),
		cmocka_unit_test(published_key),
		cmocka_unit_test(serials),
		cmocka_unit_test(sizes),
		cmocka_unit_test(rendered),
		cmocka_unit_test(changed_octets),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	free(arena);
	return failed;
}
