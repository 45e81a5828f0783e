/* What pledges and registrars send, and the judge of what they get. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <limits.h>
#include <openssl/bio.h>
#include <openssl/cms.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/fatal.h"
#include "base/file.h"
#include "base/random.h"
#include "base/text.h"
#include "bench.h"
#include "crypto/hash/hash.h"
#include "envelope/cms.h"
#include "model/request.h"

#define REQUEST_MAX 32768

static const uint8_t ECDSA_SHA256[] = { 0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86,
	0x48, 0xce, 0x3d, 4, 3, 2 };

/* --- customers --- */

static X509 *
certificate_load(const char *path)
{
	BIO *b = BIO_new_file(path, "r");
	X509 *x = b == NULL ? NULL : PEM_read_bio_X509(b, NULL, NULL, NULL);

	BIO_free(b);
	if (x == NULL)
		fatal("%s holds no certificate", path);
	return x;
}

static size_t
certificate_take(X509 *x, uint8_t out[CERTIFICATE_MAX])
{
	int len = i2d_X509(x, NULL);

	if (len <= 0 || len > CERTIFICATE_MAX || i2d_X509(x, &out) != len)
		fatal("a certificate does not fit");
	return (size_t)len;
}

void
registrar_load(struct registrar *r, const char *folder)
{
	char path[PATH_MAX];
	EVP_PKEY *key;
	X509 *own, *ca;
	BIO *b;

	path_join(path, sizeof(path), folder, "registrar.key");
	b = BIO_new_file(path, "r");
	key = b == NULL ? NULL : PEM_read_bio_PrivateKey(b, NULL, NULL, NULL);
	BIO_free(b);
	if (key == NULL || (r->key = EVP_PKEY_get1_EC_KEY(key)) == NULL)
		fatal("%s holds no EC key", path);
	path_join(path, sizeof(path), folder, "registrar.pem");
	own = certificate_load(path);
	path_join(path, sizeof(path), folder, "ca.pem");
	ca = certificate_load(path);
	r->len = certificate_take(own, r->der);
	r->ca_len = certificate_take(ca, r->ca_der);
	r->tls = SSL_CTX_new(TLS_client_method());
	if (r->tls == NULL || SSL_CTX_use_certificate(r->tls, own) != 1 ||
	    SSL_CTX_add1_chain_cert(r->tls, ca) != 1 ||
	    SSL_CTX_use_PrivateKey(r->tls, key) != 1)
		fatal("TLS of %s", folder);
	X509_free(own);
	X509_free(ca);
	EVP_PKEY_free(key);
}

/* --- requests --- */

static void
cms_make(EC_KEY *key, struct cms_plan *plan, struct buf *out)
{
	uint8_t attributes[512], digest[32], signature[80], *room;
	unsigned signature_len;
	size_t len;

	plan->content_type = CMS_ANIMA_JSON;
	plan->signing_time = clock_now();
	plan->digest = HASH_SHA256;
	plan->signature_algorithm = span_of(ECDSA_SHA256, sizeof(ECDSA_SHA256));
	if (!cms_attributes_render(plan, attributes, sizeof(attributes), &len))
		fatal("signed attributes do not fit");
	sha256(span_of(attributes, len), digest);
	buf_init(out, REQUEST_MAX);
	room = buf_reserve(out, REQUEST_MAX);
	if (ECDSA_sign(0, digest, 32, signature, &signature_len, key) != 1 ||
	    !cms_assemble(plan, span_of(attributes, len),
		span_of(signature, signature_len), room, REQUEST_MAX,
		&out->len))
		fatal("a request could not be signed");
}

static void
sign_json(EC_KEY *key, const struct voucher_request *q, struct span own,
    struct span above, struct buf *out)
{
	char json[REQUEST_MAX];
	struct cms_plan plan = { .certificates_len = above.len > 0 ? 2 : 1,
		.certificates = { own, above } };
	size_t len;

	if (!request_to_json(q, json, sizeof(json), &len))
		fatal("a request does not fit");
	plan.content = span_of(json, len);
	cms_make(key, &plan, out);
}

void
request_make(const struct unit *d, const struct registrar *r, unsigned port,
    char nonce[NONCE_MAX + 1], struct buf *out)
{
	struct voucher_request pledge = { .has_created_on = true,
		.created_on = clock_now(),
		.assertion = ASSERTION_PROXIMITY,
		.proximity_cert = span_of(r->der, r->len) };
	struct voucher_request registrar = { .has_created_on = true,
		.created_on = clock_now(),
		.assertion = ASSERTION_PROXIMITY };
	uint8_t random[16];
	struct buf pvr, rvr;

	random_bytes(random, sizeof(random));
	base64_encode(nonce, span_of(random, sizeof(random)));
	memcpy(pledge.serial, d->serial, sizeof(pledge.serial));
	memcpy(registrar.serial, d->serial, sizeof(registrar.serial));
	text_copy(pledge.nonce, sizeof(pledge.nonce), span_str(nonce));
	text_copy(registrar.nonce, sizeof(registrar.nonce), span_str(nonce));
	sign_json(d->key, &pledge, span_of(d->certificate, d->certificate_len),
	    span_of(NULL, 0), &pvr);
	registrar.prior = buf_span(&pvr);
	sign_json(r->key, &registrar, span_of(r->der, r->len),
	    span_of(r->ca_der, r->ca_len), &rvr);
	buf_init(out, REQUEST_MAX);
	if (!buf_printf(out,
		"POST /.well-known/brski/requestvoucher HTTP/1.1\r\n"
		"Host: localhost:%u\r\n"
		"Content-Type: application/voucher-cms+json\r\n"
		"Accept: application/voucher-cms+json\r\n"
		"Content-Length: %zu\r\n\r\n",
		port, rvr.len) ||
	    !buf_add(out, buf_span(&rvr)))
		fatal("a request does not fit");
	buf_free(&pvr);
	buf_free(&rvr);
}

/* --- the judge --- */

X509_STORE *
root_load(const char *path)
{
	X509_STORE *s = X509_STORE_new();
	X509 *x = certificate_load(path);

	if (s == NULL || X509_STORE_add_cert(s, x) != 1)
		fatal("%s", path);
	X509_STORE_set_purpose(s, X509_PURPOSE_ANY);
	X509_free(x);
	return s;
}

void
voucher_check(struct span artifact, X509_STORE *root, const char *serial,
    const char *nonce)
{
	const unsigned char *at = artifact.ptr;
	CMS_ContentInfo *c = d2i_CMS_ContentInfo(NULL, &at, (long)artifact.len);
	BIO *content = BIO_new(BIO_s_mem());
	char *text;
	long len;

	if (c == NULL || content == NULL ||
	    CMS_verify(c, NULL, root, NULL, content, CMS_BINARY) != 1)
		fatal("a voucher does not verify: %s",
		    ERR_reason_error_string(ERR_peek_last_error()));
	len = BIO_get_mem_data(content, &text);
	if (memmem(text, (size_t)len, serial, strlen(serial)) == NULL ||
	    memmem(text, (size_t)len, nonce, strlen(nonce)) == NULL)
		fatal("a voucher for another device or another nonce");
	BIO_free(content);
	CMS_ContentInfo_free(c);
}
