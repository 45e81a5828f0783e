/* PEM against OpenSSL's writer and reader, and text that is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <openssl/pem.h>
#include <stdlib.h>

#include "base/random.h"
#include "envelope/pem.h"

#define LABEL "CERTIFICATE"

static void
like_openssl(void **state)
{
	uint8_t bytes[400], out[1000];
	size_t len, found, offset;
	unsigned char *theirs;
	char *name, *header, *text;
	long theirs_len, text_len;
	struct buf ours;
	BIO *bio;

	(void)state;
	random_bytes(bytes, sizeof(bytes));
	for (len = 1; len < sizeof(bytes); len++) {
		buf_init(&ours, 4096);
		assert_true(pem_write(&ours, LABEL, span_of(bytes, len)));
		bio = BIO_new_mem_buf(ours.ptr, (int)ours.len);
		assert_int_equal(
		    PEM_read_bio(bio, &name, &header, &theirs, &theirs_len), 1);
		assert_string_equal(name, LABEL);
		assert_int_equal(theirs_len, len);
		assert_memory_equal(theirs, bytes, len);
		OPENSSL_free(name);
		OPENSSL_free(header);
		OPENSSL_free(theirs);
		BIO_free(bio);
		bio = BIO_new(BIO_s_mem());
		PEM_write_bio(bio, LABEL, "", bytes, (long)len);
		text_len = BIO_get_mem_data(bio, &text);
		assert_int_equal(text_len, ours.len);
		assert_memory_equal(text, ours.ptr, ours.len);
		offset = 0;
		assert_true(
		    pem_next(buf_span(&ours), &offset, LABEL, out, &found));
		assert_int_equal(found, len);
		assert_memory_equal(out, bytes, len);
		assert_false(
		    pem_next(buf_span(&ours), &offset, LABEL, out, &found));
		BIO_free(bio);
		buf_free(&ours);
	}
}

static bool
next(const char *text, size_t *offset, size_t *len)
{
	uint8_t *out = malloc(strlen(text) + 1); /* as promised */
	bool good = pem_next(span_str(text), offset, LABEL, out, len);

	free(out);
	return good;
}

static void
several_blocks(void **state)
{
	static const char text[] =
	    "subject=/CN=x\r\n"
	    "-----BEGIN CERTIFICATE-----\r\nAAEC\r\n"
	    "-----END CERTIFICATE-----\r\n"
	    "-----BEGIN OTHER-----\nAAAA\n-----END OTHER-----\n"
	    "-----BEGIN CERTIFICATE-----\nAA\nEC\nAwQ=\n"
	    "-----END CERTIFICATE-----";
	size_t offset = 0, len;

	(void)state;
	assert_true(next(text, &offset, &len));
	assert_int_equal(len, 3);
	assert_true(next(text, &offset, &len));
	assert_int_equal(len, 5);
	assert_int_equal(offset, strlen(text));
	assert_false(next(text, &offset, &len));
	offset = strlen(text) + 1000;
	assert_false(next(text, &offset, &len));
}

static void
no_blocks(void **state)
{
	static const char *const texts[] = { "", "-----BEGIN CERTIFICATE-----",
		"-----BEGIN CERTIFICATE-----\nAAEC\n",
		"-----BEGIN CERTIFICATE-----\nAAEC\n-----END OTHER-----\n",
		"-----BEGIN CERTIFICATE-----\nA\n-----END CERTIFICATE-----\n",
		"-----BEGIN CERTIFICATE-----\nAA!C\n-----END CERTIFICATE-----",
		"-----BEGIN CERTIFICATE-----\nProc-Type: 4,ENCRYPTED\n\nAAEC\n"
		"-----END CERTIFICATE-----\n",
		"-----BEGIN CERTIFICATE REQUEST-----\nAAEC\n"
		"-----END CERTIFICATE REQUEST-----\n" };
	size_t i, offset, len;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		offset = 0;
		if (next(texts[i], &offset, &len))
			fail_msg("%s", texts[i]);
	}
}

/* What people hand around; what is none of it comes back as it is. */
static void
unwraps(void **state)
{
	static const struct {
		const char *file, *object;
		size_t len;
	} cases[] = {
		{ "MAMCAQA=", "\x30\x03\x02\x01\x00", 5 },
		{ "MAMC\r\nAQA=\n", "\x30\x03\x02\x01\x00", 5 },
		{ "-----BEGIN CMS-----\nMAMCAQA=\n-----END CMS-----\n",
		    "\x30\x03\x02\x01\x00", 5 },
		{ "eyJhIjoxfQ==", "{\"a\":1}", 7 },
		{ "0oRDoQ==", "\xd2\x84\x43\xa1", 4 },
		{ "hEOhASY=", "\x84\x43\xa1\x01\x26", 5 },
		{ "eyJhIjoxfQ.e30.AA", NULL },
		{ "MAMC!", NULL },
		{ "{\"a\":1}", NULL },
		{ "-----BEGIN OTHER-----\nMAMCAQA=\n-----END OTHER-----\n",
		    NULL },
		{ "", NULL },
	};
	uint8_t room[256];
	struct span file, object;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		file = span_str(cases[i].file);
		object = object_unwrap(file, room);
		if (cases[i].object == NULL) {
			assert_ptr_equal(object.ptr, file.ptr);
			assert_int_equal(object.len, file.len);
			continue;
		}
		assert_int_equal(object.len, cases[i].len);
		assert_memory_equal(object.ptr, cases[i].object, object.len);
	}
}

static void
either_form(void **state)
{
	static const uint8_t der[] = { 0x30, 3, 2, 1, 0 };
	uint8_t out[200];
	struct buf text;
	size_t len;

	(void)state;
	assert_true(pem_or_der(
	    span_of(der, sizeof(der)), LABEL, out, sizeof(out), &len));
	assert_int_equal(len, sizeof(der));
	assert_memory_equal(out, der, len);
	buf_init(&text, 1000);
	assert_true(pem_write(&text, LABEL, span_of(der, sizeof(der))));
	assert_true(pem_or_der(buf_span(&text), LABEL, out, sizeof(out), &len));
	assert_int_equal(len, sizeof(der));
	assert_memory_equal(out, der, len);
	assert_false(
	    pem_or_der(buf_span(&text), LABEL, out, text.len - 1, &len));
	assert_false(
	    pem_or_der(buf_span(&text), "OTHER", out, sizeof(out), &len));
	assert_true(pem_write(&text, LABEL, span_of(der, sizeof(der))));
	assert_false(
	    pem_or_der(buf_span(&text), LABEL, out, sizeof(out), &len));
	assert_false(
	    pem_or_der(span_of(NULL, 0), LABEL, out, sizeof(out), &len));
	buf_free(&text);
	buf_init(&text, 40);
	assert_false(pem_write(&text, LABEL, span_of(der, sizeof(der))));
	buf_free(&text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(like_openssl),
		cmocka_unit_test(several_blocks),
		cmocka_unit_test(no_blocks),
		cmocka_unit_test(either_form),
		cmocka_unit_test(unwraps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
