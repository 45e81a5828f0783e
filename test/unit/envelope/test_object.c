/* JWS and COSE_Sign1: the published examples, judged again by OpenSSL, and one
 * case for each way in which an object can be wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/text.h"
#include "envelope/envelope.h"
#include "foreign.h"
#include "wire/cbor.h"

#define ROOM 65536

static struct envelope e;
static struct why why;
static uint8_t arena[ENVELOPE_ARENA(ROOM)];
static uint8_t room[ROOM];

static void
release(struct span s)
{
	free((void *)(uintptr_t)s.ptr);
}

/* A published example; those in hexadecimal are folded. */
static struct span
example(const char *name)
{
	struct span file = foreign_vector(name), digits;
	size_t i, n = 0, len;
	uint8_t *octets;

	if (strstr(name, ".hex") == NULL)
		return file;
	for (i = 0; i < file.len; i++)
		if (text_hex_digit(file.ptr[i]) >= 0)
			((uint8_t *)(uintptr_t)file.ptr)[n++] = file.ptr[i];
	digits = span_of(file.ptr, n);
	octets = malloc(n);
	assert_true(hex_decode(octets, n, &len, digits));
	release(file);
	return span_of(octets, len);
}

static enum reason
read_it(struct span bytes)
{
	why_clear(&why);
	return envelope_read(envelope_format(bytes), bytes, arena,
	    ENVELOPE_ARENA(bytes.len), &e, &why);
}

/* Another hand: the covered octets and the key of a certificate, by EVP. */
static bool
openssl_verifies(struct span certificate)
{
	const uint8_t *at = certificate.ptr, *signature;
	X509 *x = d2i_X509(NULL, &at, (long)certificate.len);
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	struct span raw = e.object.signature;
	ECDSA_SIG *sig = ECDSA_SIG_new();
	uint8_t *der = NULL;
	size_t half = raw.len / 2;
	bool good;
	int len;

	signature = raw.ptr;
	assert_int_equal(
	    ECDSA_SIG_set0(sig, BN_bin2bn(signature, (int)half, NULL),
		BN_bin2bn(signature + half, (int)half, NULL)),
	    1);
	len = i2d_ECDSA_SIG(sig, &der);
	good = EVP_DigestVerifyInit(
		   c, NULL, EVP_sha256(), NULL, X509_get0_pubkey(x)) == 1 &&
	    EVP_DigestVerify(c, der, (size_t)len, e.object.covered.ptr,
		e.object.covered.len) == 1;
	OPENSSL_free(der);
	ECDSA_SIG_free(sig);
	EVP_MD_CTX_free(c);
	X509_free(x);
	return good;
}

static void
reads_published(void **state)
{
	static const struct {
		const char *name;
		enum artifact_format format;
		unsigned certificates;
		const char *content; /* how it begins, or "" */
	} files[] = {
		{ "jws-voucher/pvr.vjj", FORMAT_JWS_JSON, 1,
		    "{\"ietf-voucher-request:voucher\":" },
		{ "jws-voucher/rvr.vjj", FORMAT_JWS_JSON, 1,
		    "{\"ietf-voucher-request:voucher\":" },
		{ "jws-voucher/voucher.vjj", FORMAT_JWS_JSON, 1,
		    "{\"ietf-voucher:voucher\":" },
		{ "cbrski-cose/rvr.hex", FORMAT_COSE_CBOR, 2, "" },
		{ "cbrski-cose/voucher-with-x5bag.hex", FORMAT_COSE_CBOR, 1,
		    "" },
	};
	const struct certificate *signer;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		struct span bytes = example(files[i].name);

		assert_int_equal(read_it(bytes), REASON_OK);
		assert_int_equal(e.format, files[i].format);
		assert_int_equal(e.certificates_len, files[i].certificates);
		if (files[i].content[0] != '\0')
			assert_memory_equal(e.content.ptr, files[i].content,
			    strlen(files[i].content));
		assert_int_equal(envelope_verify(&e, &signer, &why), REASON_OK);
		assert_true(openssl_verifies(signer->der));
		release(bytes);
	}
}

/* README of the examples: which key verifies an object that brings none. */
static void
verifies_with_known_key(void **state)
{
	static const struct {
		const char *name, *key, *other;
	} files[] = {
		{ "cbrski-cose/pvr.hex", "cbrski-cose/pledge.der",
		    "cbrski-cose/masa.der" },
		{ "cbrski-cose/voucher.hex", "cbrski-cose/masa_ca.der",
		    "cbrski-cose/masa.der" },
	};
	const struct certificate *signer;
	struct certificate c;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		struct span bytes = example(files[i].name);
		struct span key = foreign_vector(files[i].key);
		struct span other = foreign_vector(files[i].other);

		assert_int_equal(read_it(bytes), REASON_OK);
		assert_int_equal(
		    envelope_verify(&e, &signer, &why), REASON_SIGNER_UNKNOWN);
		assert_int_equal(certificate_read(key, &c, NULL), REASON_OK);
		assert_true(envelope_verify_key(&e, c.spki));
		assert_true(openssl_verifies(key));
		assert_int_equal(certificate_read(other, &c, NULL), REASON_OK);
		assert_false(envelope_verify_key(&e, c.spki));
		release(bytes);
		release(key);
		release(other);
	}
}

/* No octet of an example may change: either it is refused, or says the very
 * same. */
static void
no_octet_may_change(void **state)
{
	static const char *const names[] = { "jws-voucher/voucher.vjj",
		"cbrski-cose/voucher-with-x5bag.hex" };
	const struct certificate *signer;
	struct span bytes, content, covered;
	size_t i, at;

	(void)state;
	for (i = 0; i < 2; i++) {
		bytes = example(names[i]);
		assert_int_equal(read_it(bytes), REASON_OK);
		content = span_of(
		    memcpy(malloc(e.content.len), e.content.ptr, e.content.len),
		    e.content.len);
		covered =
		    span_of(memcpy(malloc(e.object.covered.len),
				e.object.covered.ptr, e.object.covered.len),
			e.object.covered.len);
		for (at = 0; at < bytes.len; at++) {
			memcpy(room, bytes.ptr, bytes.len);
			room[at] ^= (uint8_t)(1 << (at % 8));
			if (read_it(span_of(room, bytes.len)) != REASON_OK ||
			    e.format == FORMAT_CMS_JSON ||
			    envelope_verify(&e, &signer, &why) != REASON_OK)
				continue;
			assert_true(span_eq(e.content, content));
			assert_true(span_eq(e.object.covered, covered));
		}
		release(bytes);
		release(content);
		release(covered);
	}
}

static void
jws_refusals(void **state)
{
#define HEAD(header)                                                    \
	"{\"payload\":\"e30\",\"signatures\":[{\"protected\":\"" header \
	"\",\"signature\":\"AAAA\"}]}"
	static const struct {
		const char *text;
		enum reason reason;
	} cases[] = {
		{ "eyJhbGciOiJFUzI1NiJ9.e30.AAAA", REASON_JWS_COMPACT },
		{ "{\"payload\":\"e30\",\"protected\":\"e30\","
		  "\"signature\":\"AAAA\"}",
		    REASON_JWS_COMPACT },
		{ "{\"payload\":\"e30\",\"signatures\":[]}",
		    REASON_JWS_MALFORMED },
		{ "{\"payload\":\"e30\"}", REASON_JWS_MALFORMED },
		{ "{\"payload\":1,\"signatures\":[{\"protected\":"
		  "\"eyJhbGciOiJFUzI1NiJ9\",\"signature\":\"AAAA\"}]}",
		    REASON_JWS_MALFORMED },
		{ "{\"payload\":\"e30\",\"payload\":\"e30\",\"signatures\":[]}",
		    REASON_JWS_MALFORMED },
		/* padding (RFC 7515 2): payload, protected, signature */
		{ "{\"payload\":\"e30=\",\"signatures\":[{\"protected\":"
		  "\"eyJhbGciOiJFUzI1NiJ9\",\"signature\":\"AAAA\"}]}",
		    REASON_JWS_MALFORMED },
		{ HEAD("eyJhbGciOiJFUzI1NiIsICJhIjoxfQ=="),
		    REASON_JWS_MALFORMED },
		/* {"alg":"none"} {"alg":"HS256"} {} {"alg":"PS256"} */
		{ HEAD("eyJhbGciOiJub25lIn0"), REASON_ALGORITHM },
		{ HEAD("eyJhbGciOiJIUzI1NiJ9"), REASON_ALGORITHM },
		{ HEAD("e30"), REASON_ALGORITHM },
		{ HEAD("eyJhbGciOiJQUzI1NiJ9"), REASON_ALGORITHM },
		/* {"alg":"ES256","alg":"none"} */
		{ HEAD("eyJhbGciOiJFUzI1NiIsImFsZyI6Im5vbmUifQ"),
		    REASON_JWS_MALFORMED },
		/* {"alg":"ES256","crit":["exp"]} */
		{ HEAD("eyJhbGciOiJFUzI1NiIsImNyaXQiOlsiZXhwIl19"),
		    REASON_JWS_HEADER },
		/* {"alg":"ES256","typ":"JWT"} */
		{ HEAD("eyJhbGciOiJFUzI1NiIsInR5cCI6IkpXVCJ9"),
		    REASON_JWS_TYPE },
		/* {"alg":"ES256","x5c":"AA=="} {"alg":"ES256","x5c":["AA"]} */
		{ HEAD("eyJhbGciOiJFUzI1NiIsIng1YyI6IkFBPT0ifQ"),
		    REASON_JWS_MALFORMED },
		{ HEAD("eyJhbGciOiJFUzI1NiIsIng1YyI6WyJBQSJdfQ"),
		    REASON_JWS_MALFORMED },
		/* unprotected: crit, and a name that is protected too */
		{ "{\"payload\":\"e30\",\"signatures\":[{\"protected\":"
		  "\"eyJhbGciOiJFUzI1NiJ9\",\"header\":{\"crit\":[\"a\"]},"
		  "\"signature\":\"AAAA\"}]}",
		    REASON_JWS_HEADER },
		{ "{\"payload\":\"e30\",\"signatures\":[{\"protected\":"
		  "\"eyJhbGciOiJFUzI1NiJ9\",\"header\":{\"alg\":\"none\"},"
		  "\"signature\":\"AAAA\"}]}",
		    REASON_JWS_HEADER },
		/* {"alg":"ES256","kid":7} */
		{ HEAD("eyJhbGciOiJFUzI1NiIsImtpZCI6N30"),
		    REASON_JWS_MALFORMED },
		/* header is no object; its name, or a protected one, is none */
		{ "{\"payload\":\"e30\",\"signatures\":[{\"protected\":"
		  "\"eyJhbGciOiJFUzI1NiJ9\",\"header\":7,"
		  "\"signature\":\"AAAA\"}]}",
		    REASON_JWS_MALFORMED },
		{ "{\"payload\":\"e30\",\"signatures\":[{\"protected\":"
		  "\"eyJhbGciOiJFUzI1NiJ9\",\"header\":{\"\\u0000\":1},"
		  "\"signature\":\"AAAA\"}]}",
		    REASON_JWS_HEADER },
		/* {"alg":"ES256","\u0000":1} */
		{ "{\"payload\":\"e30\",\"signatures\":[{\"protected\":"
		  "\"eyJhbGciOiJFUzI1NiIsIlx1MDAwMCI6MX0\","
		  "\"header\":{\"a\":1},\"signature\":\"AAAA\"}]}",
		    REASON_JWS_HEADER },
		{ "{\"payload\":\"e30\",\"signatures\":[{\"protected\":7,"
		  "\"signature\":\"AAAA\"}]}",
		    REASON_JWS_MALFORMED },
		{ "[]", REASON_MEDIA_TYPE },
		{ "{}x", REASON_JWS_MALFORMED },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (read_it(span_str(cases[i].text)) != cases[i].reason)
			fail_msg("%s: %s", cases[i].text, why.text);
}

/* What the unprotected header and further signatures say does not count. */
static void
jws_ignores(void **state)
{
	(void)state;
	assert_int_equal(
	    read_it(span_str("\n {\"more\":1,\"payload\":\"e30\","
			     "\"signatures\":[{\"header\":{\"x5c\":[7]},"
			     "\"protected\":\"eyJhbGciOiJFUzI1NiJ9\","
			     "\"signature\":\"AAAA\"},{\"protected\":7}]}")),
	    REASON_OK);
	assert_int_equal(e.object.signatures, 2);
	assert_int_equal(e.certificates_len, 0);
}

static void
cose_refusals(void **state)
{
	static const struct {
		const char *hex;
		enum reason reason;
	} cases[] = {
		/* 18([h'a10126', {}, h'a0', h'00']) and untagged: good */
		{ "d28443a10126a041a04100", REASON_OK },
		{ "8443a10126a041a04100", REASON_OK },
		/* another tag, three elements, five, octets behind */
		{ "d38443a10126a041a04100", REASON_MEDIA_TYPE },
		{ "d28343a10126a041a0", REASON_COSE_MALFORMED },
		{ "d28543a10126a041a0410000", REASON_COSE_MALFORMED },
		{ "d28443a10126a041a0410000", REASON_COSE_MALFORMED },
		/* nil payload */
		{ "d28443a10126a0f64100", REASON_COSE_DETACHED },
		/* no alg; alg only unprotected; ES256K; alg as text */
		{ "d28440a041a04100", REASON_OK },
		{ "d28441a0a1012641a04100", REASON_OK },
		{ "d28444a101382ea041a04100", REASON_ALGORITHM },
		{ "d28448a1016545533235 36a041a04100", REASON_ALGORITHM },
		/* a label twice, once in a longer form (RFC 9052 3) */
		{ "d28445a201260126a041a04100", REASON_COSE_MALFORMED },
		{ "d28446a20126180126a041a04100", REASON_COSE_MALFORMED },
		{ "d28443a10126a20440044041a04100", REASON_COSE_MALFORMED },
		/* crit: unprotected, empty, unknown, known */
		{ "d28443a10126a102810141a04100", REASON_COSE_HEADER },
		{ "d28445a201260280a041a04100", REASON_COSE_HEADER },
		{ "d28446a20126028104a041a04100", REASON_COSE_HEADER },
		{ "d28446a20126028101a041a04100", REASON_OK },
		/* crit: no array, a bag that is not protected */
		{ "d28445a20126020141a0a04100", REASON_COSE_MALFORMED },
		{ "d28445a201260201a041a04100", REASON_COSE_HEADER },
		{ "d28447a2012602811820a118208041a04100", REASON_COSE_HEADER },
		/* known: claims, x5bag, x5chain */
		{ "d28445a201260fa0a041a04100", REASON_OK },
		{ "d28448a301260fa002810fa041a04100", REASON_OK },
		{ "d2844aa3012618208002811820a041a04100", REASON_OK },
		{ "d2844aa3012618218002811821a041a04100", REASON_OK },
		/* names as labels: two, one twice, beside a number, a list */
		{ "d28443a10126a261610161620241a04100", REASON_OK },
		{ "d28443a10126a261610161610241a04100", REASON_COSE_MALFORMED },
		{ "d28443a10126a20440616101 41a04100", REASON_OK },
		{ "d28443a10126a1800141a04100", REASON_COSE_MALFORMED },
		/* protected is a number; an element of a bag is one */
		{ "d28426a041a04100", REASON_COSE_MALFORMED },
		{ "d28443a10126a11820810741a04100", REASON_COSE_MALFORMED },
		{ "d28443a10126a11821410041a04100",
		    REASON_CERTIFICATE_MALFORMED },
		/* an indefinite array of four, of five */
		{ "d29f43a10126a041a04100ff", REASON_OK },
		{ "d29f43a10126a041a0410000ff", REASON_COSE_MALFORMED },
		/* octets behind the protected map; a bag that is a number */
		{ "d28444a1012600a041a04100", REASON_COSE_MALFORMED },
		{ "d28443a10126a118200041a04100", REASON_COSE_MALFORMED },
		{ "d28443a10126a11820410041a04100",
		    REASON_CERTIFICATE_MALFORMED },
		/* indefinite array and map (MP 10.2) */
		{ "849f", REASON_COSE_MALFORMED },
		{ "8443a10126bfff41a04100", REASON_OK },
	};
	const struct certificate *signer;
	unsigned unnamed = 0;
	size_t i, n, len;
	char digits[128];
	const char *c;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (c = cases[i].hex, n = 0; *c != '\0'; c++)
			if (*c != ' ')
				digits[n++] = *c;
		assert_true(hex_decode(room, ROOM, &len, span_of(digits, n)));
		if (read_it(span_of(room, len)) != cases[i].reason)
			fail_msg("%s: %s", cases[i].hex, why.text);
		/* Read, because a key on record may do; never by its own. */
		if (cases[i].reason == REASON_OK && e.object.unnamed) {
			unnamed++;
			assert_int_equal(envelope_verify(&e, &signer, &why),
			    REASON_ALGORITHM);
		}
	}
	assert_int_equal(unnamed, 2);
}

/* As many labels as are compared, and one more. */
static void
too_many_labels(void **state)
{
	struct span bytes;
	struct cbor_out o;
	unsigned n, i;

	(void)state;
	for (n = 32; n <= 33; n++) {
		cbor_out_open(&o, room, ROOM);
		cbor_put_array(&o, 4);
		cbor_put_bytes(&o, span_of("\xa1\x01\x26", 3));
		cbor_put_map(&o, n);
		for (i = 0; i < n; i++) {
			cbor_put_uint(&o, 100 + i);
			cbor_put_null(&o);
		}
		cbor_put_bytes(&o, span_of("\xa0", 1));
		cbor_put_bytes(&o, span_of("\0", 1));
		assert_int_equal(cbor_out_span(&o, &bytes), WIRE_OK);
		assert_int_equal(read_it(bytes),
		    n == 32 ? REASON_OK : REASON_COSE_MALFORMED);
	}
}

/* Eleven certificates are one too many (MP 17), in either form. */
static void
too_many_certificates(void **state)
{
	struct span der = foreign_vector("cbrski-cose/pledge.der");
	struct cbor_out o;
	unsigned n, i;

	(void)state;
	for (n = 10; n <= 11; n++) {
		struct span bytes;

		cbor_out_open(&o, room, ROOM);
		cbor_put_array(&o, 4);
		cbor_put_bytes(&o, span_of("\xa1\x01\x26", 3));
		cbor_put_map(&o, 1);
		cbor_put_uint(&o, 32);
		cbor_put_array(&o, n);
		for (i = 0; i < n; i++)
			cbor_put_bytes(&o, der);
		cbor_put_bytes(&o, span_of("\xa0", 1));
		cbor_put_bytes(&o, span_of("\0", 1));
		assert_int_equal(cbor_out_span(&o, &bytes), WIRE_OK);
		assert_int_equal(read_it(bytes),
		    n == 10 ? REASON_OK : REASON_CONTAINER_CERTIFICATES);
	}
	release(der);
}

/* A certificate of that many octets, in base64. */
static void
large_certificate(size_t size, char *out)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x = foreign_certificate(key, EVP_sha256());
	X509_EXTENSION *comment;
	uint8_t *der = NULL;
	char text[4096];
	int len = 0;

	/* What DER has of its own differs by a few octets. */
	while ((size_t)len < size) {
		size_t n = size - (len == 0 ? 600 : (size_t)len);

		n = len == 0 ? n : strlen(text) + n;
		memset(text, 'x', n);
		text[n] = '\0';
		if (len != 0)
			X509_EXTENSION_free(
			    X509_delete_ext(x, X509_get_ext_count(x) - 1));
		comment =
		    X509V3_EXT_conf_nid(NULL, NULL, NID_netscape_comment, text);
		assert_true(X509_add_ext(x, comment, -1));
		X509_EXTENSION_free(comment);
		assert_true(X509_sign(x, key, EVP_sha256()) > 0);
		OPENSSL_free(der);
		der = NULL;
		len = i2d_X509(x, &der);
	}
	base64_encode(out, span_of(der, (size_t)len));
	OPENSSL_free(der);
	X509_free(x);
	EVP_PKEY_free(key);
}

/* As long as a body may be, and all of it x5c. */
static void
long_header(void **state)
{
	static char certificate[BASE64_SIZE(4096)], header[ROOM],
	    text[2 * ROOM];
	char *at = header;
	unsigned i;
	size_t n;

	(void)state;
	large_certificate(4040, certificate);
	at += sprintf(at, "{\"alg\":\"ES256\",\"x5c\":[");
	for (i = 0; i < 9; i++)
		at += sprintf(at, "%s\"%s\"", i == 0 ? "" : ",", certificate);
	at += sprintf(at, "]}");
	n = (size_t)sprintf(
	    text, "{\"payload\":\"e30\",\"signatures\":[{\"protected\":\"");
	base64url_encode(text + n, span_str(header));
	strcat(text, "\",\"signature\":\"AA\"}]}");
	n = strlen(text);
	assert_in_range(n, ROOM - 1024, ROOM);
	if (read_it(span_of(text, n)) != REASON_OK)
		fail_msg("%s", why.text);
	assert_int_equal(e.certificates_len, 9);
}

/* As many keys are tried as an honest object may need with the slowest ones. */
static void
slow_keys(void **state)
{
	static struct signed_object o = { .algorithm = { SIGNATURE_ECDSA,
					      HASH_SHA384 },
		.certificates_len = OBJECT_CERTIFICATES_MAX };
	const struct certificate *signer;
	uint8_t signature[96] = { [47] = 1, [95] = 1 }, *der;
	unsigned i;

	(void)state;
	o.covered = span_str("covered");
	o.signature = span_of(signature, sizeof(signature));
	for (i = 0; i < OBJECT_CERTIFICATES_MAX; i++) {
		EVP_PKEY *key = EVP_EC_gen("P-384");
		int len;

		der = NULL;
		len = i2d_PUBKEY(key, &der);
		o.certificates[i].spki = span_of(der, (size_t)len);
		EVP_PKEY_free(key);
	}
	assert_int_equal(
	    object_verify(&o, &signer, &why), REASON_REQUEST_COSTLY);
	o.certificates_len = 6;
	assert_int_equal(
	    object_verify(&o, &signer, &why), REASON_REQUEST_SIGNATURE);
	for (i = 0; i < OBJECT_CERTIFICATES_MAX; i++)
		OPENSSL_free((void *)(uintptr_t)o.certificates[i].spki.ptr);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_published),
		cmocka_unit_test(verifies_with_known_key),
		cmocka_unit_test(no_octet_may_change),
		cmocka_unit_test(jws_refusals),
		cmocka_unit_test(jws_ignores),
		cmocka_unit_test(cose_refusals),
		cmocka_unit_test(too_many_labels),
		cmocka_unit_test(too_many_certificates),
		cmocka_unit_test(long_header),
		cmocka_unit_test(slow_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
