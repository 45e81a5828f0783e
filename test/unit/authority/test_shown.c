/* What a checker says of a file and what is in it, by OpenSSL. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

#include "authority/authority.h"
#include "base/pem.h"
#include "crypto/hash/hash.h"

#define SERIAL "AR9-F1-000001"

static EVP_PKEY *key;

static int
make_key(void **state)
{
	(void)state;
	key = EVP_EC_gen("P-256");
	return key == NULL;
}

static int
free_key(void **state)
{
	(void)state;
	EVP_PKEY_free(key);
	return 0;
}

static void
name_it(X509_NAME *name, const char *type, const char *text)
{
	assert_int_equal(X509_NAME_add_entry_by_txt(name, type, MBSTRING_ASC,
			     (const unsigned char *)text, -1, -1, 0),
	    1);
}

static struct span
spki_of(uint8_t room[256])
{
	uint8_t *at = room;
	int len = i2d_PUBKEY(key, &at);

	assert_true(len > 0);
	return span_of(room, (size_t)len);
}

static struct span
request_of(uint8_t room[1024])
{
	X509_REQ *request = X509_REQ_new();
	uint8_t *at = room;
	int len;

	name_it(X509_REQ_get_subject_name(request), "serialNumber", SERIAL);
	assert_int_equal(X509_REQ_set_pubkey(request, key), 1);
	assert_true(X509_REQ_sign(request, key, EVP_sha256()) > 0);
	len = i2d_X509_REQ(request, &at);
	assert_true(len > 0);
	X509_REQ_free(request);
	return span_of(room, (size_t)len);
}

static void
add_id(X509 *c, int nid, const char *value)
{
	X509_EXTENSION *e;
	X509V3_CTX context;

	X509V3_set_ctx(&context, c, c, NULL, NULL, 0);
	e = X509V3_EXT_conf_nid(NULL, &context, nid, value);
	assert_non_null(e);
	assert_int_equal(X509_add_ext(c, e, -1), 1);
	X509_EXTENSION_free(e);
}

static struct span
certificate_of(bool with_ids, uint8_t room[1024])
{
	X509 *c = X509_new();
	uint8_t *at = room;
	int len;

	assert_int_equal(X509_set_version(c, 2), 1);
	assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(c), 7), 1);
	name_it(X509_get_issuer_name(c), "CN", "A CA");
	name_it(X509_get_subject_name(c), "serialNumber", SERIAL);
	X509_gmtime_adj(X509_getm_notBefore(c), 0);
	X509_gmtime_adj(X509_getm_notAfter(c), 3600);
	assert_int_equal(X509_set_pubkey(c, key), 1);
	if (with_ids) {
		add_id(c, NID_subject_key_identifier, "0102030405060708");
		add_id(c, NID_authority_key_identifier, "keyid:always");
	}
	assert_true(X509_sign(c, key, EVP_sha256()) > 0);
	len = i2d_X509(c, &at);
	assert_true(len > 0);
	X509_free(c);
	return span_of(room, (size_t)len);
}

static struct span
name_of(struct span certificate, bool issuer, uint8_t room[256])
{
	const unsigned char *from = certificate.ptr;
	X509 *c = d2i_X509(NULL, &from, (long)certificate.len);
	uint8_t *at = room;
	int len = i2d_X509_NAME(
	    issuer ? X509_get_issuer_name(c) : X509_get_subject_name(c), &at);

	assert_true(len > 0);
	X509_free(c);
	return span_of(room, (size_t)len);
}

/* Each octet of a fact, changed, is seen; a serial may lose its end. */
static void
each_octet(struct message_inspect *shown, struct message_inspected *m,
    void *fact, size_t size)
{
	uint8_t *octets = fact;
	size_t i;

	assert_true(shown_holds(shown, m));
	for (i = 0; i < size; i++) {
		octets[i] ^= 1;
		assert_false(shown_holds(shown, m));
		octets[i] ^= 1;
	}
}

static void
request_shown(void **state)
{
	struct message_inspect shown = { .kind = INSPECT_CSR };
	struct message_inspected m = { .kind = INSPECT_CSR };
	uint8_t room[1024], own[256], other[256];
	EVP_PKEY *mine = key;
	struct buf pem;

	(void)state;
	shown.bytes = request_of(room);
	m.csr.spki = spki_of(own);
	sha256(shown.bytes, m.csr.csr_sha256);
	sha256(m.csr.spki, m.csr.spki_sha256);
	assert_true(shown_holds(&shown, &m));
	strcpy(m.csr.serial, SERIAL);
	each_octet(&shown, &m, m.csr.csr_sha256, HASH_SIZE);
	each_octet(&shown, &m, m.csr.spki_sha256, HASH_SIZE);
	each_octet(&shown, &m, own, m.csr.spki.len);
	each_octet(&shown, &m, m.csr.serial, strlen(SERIAL));

	/* As PEM, with a text in front. */
	buf_init(&pem, 4096);
	assert_true(buf_printf(&pem, "of a unit\n") &&
	    pem_write(&pem, "CERTIFICATE REQUEST", shown.bytes));
	shown.bytes = buf_span(&pem);
	assert_true(shown_holds(&shown, &m));

	/* A key of its own, with the hash of that. */
	key = EVP_EC_gen("P-256");
	m.csr.spki = spki_of(other);
	sha256(m.csr.spki, m.csr.spki_sha256);
	assert_false(shown_holds(&shown, &m));
	EVP_PKEY_free(key);
	key = mine;
	m.csr.spki.len = 0;
	sha256(m.csr.spki, m.csr.spki_sha256);
	assert_false(shown_holds(&shown, &m));
	buf_free(&pem);
}

static void
import_shown(void **state)
{
	struct message_inspect shown = { .kind = INSPECT_IMPORT };
	struct message_inspected m = { .kind = INSPECT_IMPORT };
	struct import_facts *f = &m.import;
	uint8_t room[1024], again[1024], spki[256], name[256], keyid[20];
	unsigned i;

	(void)state;
	for (i = 0; i < 2; i++) {
		shown.bytes = certificate_of(i == 1, room);
		memcpy(again, room, sizeof(again));
		f->certificate = span_of(again, shown.bytes.len);
		strcpy(f->serial, SERIAL);
		sha256(shown.bytes, f->certificate_sha256);
		sha256(name_of(shown.bytes, true, name), f->issuer_name_sha256);
		sha256(spki_of(spki), f->spki_sha256);
		/* Its own subjectKeyIdentifier, since it signed itself; or the
		 * hash of the key's bits. */
		if (i == 1) {
			f->issuer.len = 8;
			memcpy(f->issuer.bytes, "\1\2\3\4\5\6\7\10", 8);
		} else {
			sha1(span_of(spki + 26, 65), keyid);
			f->issuer.len = 20;
			memcpy(f->issuer.bytes, keyid, 20);
		}
		each_octet(&shown, &m, f->certificate_sha256, HASH_SIZE);
		each_octet(&shown, &m, f->issuer_name_sha256, HASH_SIZE);
		each_octet(&shown, &m, f->spki_sha256, HASH_SIZE);
		each_octet(&shown, &m, again, shown.bytes.len);
		each_octet(&shown, &m, f->serial, strlen(SERIAL));
		each_octet(&shown, &m, f->issuer.bytes, f->issuer.len);
	}
	shown.bytes = span_str("0");
	assert_false(shown_holds(&shown, &m));
}

static void
certificate_shown(void **state)
{
	struct message_inspect shown = { .kind = INSPECT_CERTIFICATE };
	struct message_inspected m = { .kind = INSPECT_CERTIFICATE };
	struct chain_entry *e = &m.certificate.entry;
	uint8_t room[1024], again[1024], spki[256], name[256];
	unsigned i;

	(void)state;
	for (i = 0; i < 2; i++) {
		shown.bytes = certificate_of(i == 1, room);
		memcpy(again, room, sizeof(again));
		e->certificate = span_of(again, shown.bytes.len);
		sha256(name_of(shown.bytes, false, name),
		    m.certificate.name_sha256);
		sha256(name_of(shown.bytes, true, name), e->issuer_name_sha256);
		sha256(spki_of(spki), e->spki_sha256);
		if (i == 1) {
			e->domain_id_len = 8;
			memcpy(e->domain_id, "\1\2\3\4\5\6\7\10", 8);
		} else {
			e->domain_id_len = HASH_SIZE;
			memcpy(e->domain_id, e->spki_sha256, HASH_SIZE);
		}
		each_octet(&shown, &m, m.certificate.name_sha256, HASH_SIZE);
		each_octet(&shown, &m, e->issuer_name_sha256, HASH_SIZE);
		each_octet(&shown, &m, e->spki_sha256, HASH_SIZE);
		each_octet(&shown, &m, again, shown.bytes.len);
		each_octet(&shown, &m, e->domain_id, e->domain_id_len);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(request_shown),
		cmocka_unit_test(import_shown),
		cmocka_unit_test(certificate_shown),
	};

	hash_prepare();
	return cmocka_run_group_tests(tests, make_key, free_key);
}
