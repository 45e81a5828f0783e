/*
 * DER reader against OpenSSL: whatever we accept, OpenSSL accepts, and reads
 * the same in it. OpenSSL accepts more (BER), which is no fault.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <cmocka.h>

#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "sample.h"
#include "wire/der.h"

#define MUTATIONS 3000

static const char *certificates[] = {
	"rfc8995-appendix-c/idevid_00-D0-E5-F2-00-02.crt",
	"rfc8995-appendix-c/jrc_prime256v1.crt",
	"rfc8995-appendix-c/masa.crt",
	"rfc8995-appendix-c/masa_secp384r1.crt",
	"rfc8995-appendix-c/ownerca_secp384r1.crt",
	"rfc8995-appendix-c/server_secp256k1.crt",
	"rfc8995-appendix-c/vendor.crt",
	"cbrski-cose/domain_ca.der",
	"cbrski-cose/masa.der",
	"cbrski-cose/masa_ca.der",
	"cbrski-cose/pledge.der",
	"cbrski-cose/registrar.der",
};

/* Octets of headers, and those on the edges of values. */
static const char dictionary[] =
    "\x00\x01\x02\x03\x04\x05\x06\x0c\x13\x17\x18"
    "\x30\x31\x7f\x80\x81\x82\x84\xa0\xa3\xff\x1fZ";

/* PEM or DER, as it was published. */
static struct span
certificate_load(const char *name)
{
	struct span s = sample_file(name), der = { NULL, 0 };
	BIO *bio = BIO_new_mem_buf(s.ptr, (int)s.len);
	uint8_t *octets = NULL;
	X509 *x = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	int len;

	BIO_free(bio);
	if (x == NULL)
		return s;
	len = i2d_X509(x, &octets);
	assert_true(len > 0);
	der = sample_copy(octets, (size_t)len);
	OPENSSL_free(octets);
	X509_free(x);
	return der;
}

static void
header_check(struct span whole, uint8_t tag, struct span content)
{
	const unsigned char *p = whole.ptr;
	long len;
	int number, class, result;

	result = ASN1_get_object(&p, &len, &number, &class, (long)whole.len);
	assert_int_equal(result & ~V_ASN1_CONSTRUCTED, 0);
	assert_int_equal(class | result | number, tag);
	assert_ptr_equal(p, content.ptr);
	assert_int_equal(len, content.len);
}

/* OpenSSL's own encoding of what it read must be what we accepted. */
#define SAME(type, whole)                                                 \
	do {                                                              \
		const unsigned char *in_ = (whole).ptr;                   \
		unsigned char *out_ = NULL;                               \
		type *value_ = d2i_##type(NULL, &in_, (long)(whole).len); \
		assert_non_null(value_);                                  \
		assert_int_equal(i2d_##type(value_, &out_), (whole).len); \
		assert_memory_equal(out_, (whole).ptr, (whole).len);      \
		OPENSSL_free(out_);                                       \
		type##_free(value_);                                      \
	} while (0)

static void
time_check(struct span whole, int64_t seconds)
{
	const unsigned char *p = whole.ptr;
	ASN1_TIME *t = d2i_ASN1_TIME(NULL, &p, (long)whole.len);
	struct tm tm;

	assert_non_null(t);
	assert_int_equal(ASN1_TIME_check(t), 1);
	assert_int_equal(ASN1_TIME_to_tm(t, &tm), 1);
	assert_true(timegm(&tm) == (time_t)seconds);
	ASN1_TIME_free(t);
}

static unsigned accepted;

static void
values_check(struct span whole)
{
	struct der d;
	struct span s;
	uint64_t number, theirs;
	unsigned unused;
	int64_t seconds;
	uint8_t tag;
	bool flag;
	const unsigned char *p = whole.ptr;
	ASN1_INTEGER *integer;

#define OPEN (der_open(&d, whole), &d)
	if (der_integer(OPEN, &s) == WIRE_OK)
		SAME(ASN1_INTEGER, whole);
	if (der_uint(OPEN, &number) == WIRE_OK) {
		integer = d2i_ASN1_INTEGER(NULL, &p, (long)whole.len);
		assert_int_equal(ASN1_INTEGER_get_uint64(&theirs, integer), 1);
		assert_true(number == theirs);
		ASN1_INTEGER_free(integer);
	}
	if (der_oid(OPEN, &s) == WIRE_OK)
		SAME(ASN1_OBJECT, whole);
	if (der_bits(OPEN, &s, &unused) == WIRE_OK)
		SAME(ASN1_BIT_STRING, whole);
	if (der_octets(OPEN, &s) == WIRE_OK)
		SAME(ASN1_OCTET_STRING, whole);
	if (der_null(OPEN) == WIRE_OK)
		SAME(ASN1_NULL, whole);
	if (der_bool(OPEN, &flag) == WIRE_OK)
		SAME(ASN1_TYPE, whole);
	if (der_string(OPEN, &tag, &s) == WIRE_OK)
		SAME(ASN1_TYPE, whole);
	if (der_time(OPEN, &seconds, NULL) == WIRE_OK)
		time_check(whole, seconds);
#undef OPEN
	accepted++;
}

/* Every element of a tree, as deep as it goes. */
static void
tree_check(struct span bytes, unsigned depth)
{
	struct span content, whole;
	struct der d;
	uint8_t tag;

	der_open(&d, bytes);
	while (depth < 32 && der_any(&d, &tag, &content, &whole) == WIRE_OK) {
		header_check(whole, tag, content);
		if (tag & 0x20)
			tree_check(content, depth + 1);
		else
			values_check(whole);
	}
}

static void
elements(void **state)
{
	struct span s;
	size_t i, n;

	(void)state;
	accepted = 0;
	for (i = 0; i < sizeof(certificates) / sizeof(*certificates); i++) {
		s = certificate_load(certificates[i]);
		tree_check(s, 0);
		for (n = 0; n < MUTATIONS / 4; n++)
			tree_check(sample_mutate(s, n, dictionary,
				       sizeof(dictionary) - 1),
			    0);
		sample_release();
	}
	assert_true(accepted > MUTATIONS);
}

/* Elements of one value each: all contents of one octet, many of two. */
static void
small_values(void **state)
{
	static const uint8_t tags[] = { DER_BOOLEAN, DER_INTEGER,
		DER_BIT_STRING, DER_NULL, DER_OID, DER_UTF8_STRING,
		DER_PRINTABLE_STRING, DER_TELETEX_STRING, DER_IA5_STRING };
	uint8_t bytes[4];
	unsigned i, a, b;

	(void)state;
	for (i = 0; i < sizeof(tags); i++) {
		bytes[0] = tags[i];
		bytes[1] = 1;
		for (a = 0; a < 256; a++) {
			bytes[2] = (uint8_t)a;
			values_check(span_of(bytes, 3));
		}
		bytes[1] = 2;
		for (a = 0; a < 256; a++)
			for (b = 0; b < 256; b += 5) {
				bytes[2] = (uint8_t)a;
				bytes[3] = (uint8_t)b;
				values_check(span_of(bytes, 4));
			}
	}
}

static void
times(void **state)
{
	static const char *seeds[] = { "\x17\x0d"
				       "000229235959Z",
		"\x18\x0f"
		"20500101000000Z",
		"\x17\x0d"
		"491231235959Z" };
	size_t i, n;

	(void)state;
	for (i = 0; i < sizeof(seeds) / sizeof(*seeds); i++) {
		for (n = 0; n < MUTATIONS; n++)
			tree_check(sample_mutate(span_str(seeds[i]), n,
				       "0123456789Z+-.\x17\x18", 16),
			    0);
		sample_release();
	}
}

static bool
algorithm_taken(struct der *d)
{
	struct der a;
	struct span s;

	return der_enter(d, DER_SEQUENCE, &a) == WIRE_OK &&
	    der_oid(&a, &s) == WIRE_OK &&
	    (der_peek(&a) == -1 || der_null(&a) == WIRE_OK ||
		der_oid(&a, &s) == WIRE_OK) &&
	    der_end(&a) == WIRE_OK;
}

static bool
name_taken(struct der *d)
{
	struct der names, set, pair;
	struct span s;

	if (der_enter(d, DER_SEQUENCE, &names) != WIRE_OK)
		return false;
	while (der_peek(&names) != -1)
		if (der_enter(&names, DER_SET, &set) != WIRE_OK ||
		    der_enter(&set, DER_SEQUENCE, &pair) != WIRE_OK ||
		    der_end(&set) != WIRE_OK || der_oid(&pair, &s) != WIRE_OK ||
		    der_string(&pair, NULL, &s) != WIRE_OK ||
		    der_end(&pair) != WIRE_OK)
			return false;
	return true;
}

static bool
extensions_taken(struct der *d)
{
	struct der wrap, list, one;
	struct span s;
	bool critical;

	if (der_enter(d, DER_CONTEXT_CONS(3), &wrap) != WIRE_OK ||
	    der_enter(&wrap, DER_SEQUENCE, &list) != WIRE_OK ||
	    der_end(&wrap) != WIRE_OK || der_peek(&list) == -1)
		return false;
	while (der_peek(&list) != -1)
		if (der_enter(&list, DER_SEQUENCE, &one) != WIRE_OK ||
		    der_oid(&one, &s) != WIRE_OK ||
		    (der_peek(&one) == DER_BOOLEAN &&
			der_bool(&one, &critical) != WIRE_OK) ||
		    der_octets(&one, &s) != WIRE_OK || der_end(&one) != WIRE_OK)
			return false;
	return true;
}

/* The frame of a certificate (RFC 5280 4.1), read with our reader alone. */
static bool
certificate_accepted(struct span bytes)
{
	struct der d, c, t, v;
	struct span s;
	uint64_t version;
	int64_t when;
	unsigned unused;

	der_open(&d, bytes);
	return der_enter(&d, DER_SEQUENCE, &c) == WIRE_OK &&
	    der_end(&d) == WIRE_OK &&
	    der_enter(&c, DER_SEQUENCE, &t) == WIRE_OK &&
	    der_enter(&t, DER_CONTEXT_CONS(0), &v) == WIRE_OK &&
	    der_uint(&v, &version) == WIRE_OK && der_end(&v) == WIRE_OK &&
	    der_integer(&t, &s) == WIRE_OK && algorithm_taken(&t) &&
	    name_taken(&t) && der_enter(&t, DER_SEQUENCE, &v) == WIRE_OK &&
	    der_time(&v, &when, NULL) == WIRE_OK &&
	    der_time(&v, &when, NULL) == WIRE_OK && der_end(&v) == WIRE_OK &&
	    name_taken(&t) && der_enter(&t, DER_SEQUENCE, &v) == WIRE_OK &&
	    algorithm_taken(&v) && der_bits(&v, &s, &unused) == WIRE_OK &&
	    der_end(&v) == WIRE_OK && extensions_taken(&t) &&
	    der_end(&t) == WIRE_OK && algorithm_taken(&c) &&
	    der_bits(&c, &s, &unused) == WIRE_OK && der_end(&c) == WIRE_OK;
}

static void
certificate_frames(void **state)
{
	size_t i, n, good = 0, bad = 0;
	const unsigned char *p;
	struct span s, m;
	X509 *x;

	(void)state;
	for (i = 0; i < sizeof(certificates) / sizeof(*certificates); i++) {
		s = certificate_load(certificates[i]);
		if (!certificate_accepted(s))
			fail_msg("%s", certificates[i]);
		for (n = 0; n < MUTATIONS; n++) {
			m = sample_mutate(
			    s, n, dictionary, sizeof(dictionary) - 1);
			if (!certificate_accepted(m)) {
				bad++;
				continue;
			}
			good++;
			p = m.ptr;
			x = d2i_X509(NULL, &p, (long)m.len);
			if (x == NULL)
				fail_msg("%s, mutation %zu: %s",
				    certificates[i], n,
				    ERR_error_string(
					ERR_peek_last_error(), NULL));
			assert_ptr_equal(p, m.ptr + m.len);
			X509_free(x);
		}
		sample_release();
	}
	assert_true(good > MUTATIONS && bad > MUTATIONS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(elements),
		cmocka_unit_test(small_values),
		cmocka_unit_test(times),
		cmocka_unit_test(certificate_frames),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
