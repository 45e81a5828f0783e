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
#include "envelope/object_render.h"
#include "model/request.h"
#include "registrar/voucher_judge.h"

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

static size_t
spki_take(X509 *x, uint8_t out[SPKI_MAX])
{
	int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x), NULL);

	if (len <= 0 || len > SPKI_MAX ||
	    i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x), &out) != len)
		fatal("a key does not fit");
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
	r->spki_len = spki_take(own, r->spki);
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

/* JWS and COSE_Sign1. */
static void
object_make(
    EC_KEY *key, const struct object_plan *plan, bool cose, struct buf *out)
{
	uint8_t covered[REQUEST_MAX], digest[32], signature[80], *room;
	unsigned signature_len;
	struct span bytes;
	size_t len;
	bool good;

	buf_init(out, REQUEST_MAX);
	room = buf_reserve(out, REQUEST_MAX);
	good = (cose ? cose_covered_render : jws_covered_render)(
	    plan, covered, sizeof(covered), &len);
	if (!good)
		fatal("a request does not fit");
	bytes = span_of(covered, len);
	sha256(bytes, digest);
	if (ECDSA_sign(0, digest, 32, signature, &signature_len, key) != 1)
		fatal("a request could not be signed");
	good = cose
	    ? cose_assemble(plan, span_of(signature, signature_len), room,
		  REQUEST_MAX, &out->len)
	    : jws_assemble(plan, bytes, span_of(signature, signature_len), room,
		  REQUEST_MAX, &out->len);
	if (!good)
		fatal("a request does not fit");
}

static void
sign(EC_KEY *key, const struct voucher_request *q, enum artifact_format format,
    const struct span *certificates, unsigned certificates_len, struct buf *out)
{
	bool cose = format == FORMAT_COSE_CBOR;
	struct cms_plan cms = { .certificates_len = certificates_len };
	struct object_plan object = { .certificates_len = certificates_len,
		.algorithm = { SIGNATURE_ECDSA, HASH_SHA256 } };
	char content[REQUEST_MAX];
	unsigned i;
	size_t len;

	for (i = 0; i < certificates_len; i++)
		cms.certificates[i] = object.certificates[i] = certificates[i];
	if (!(cose ? request_to_cbor(
			 q, (uint8_t *)content, sizeof(content), &len)
		   : request_to_json(q, content, sizeof(content), &len)))
		fatal("a request does not fit");
	cms.content = object.content = span_of(content, len);
	if (format == FORMAT_CMS_JSON)
		cms_make(key, &cms, out);
	else
		object_make(key, &object, cose, out);
}

static void
post_make(enum artifact_format format, unsigned port, struct span body,
    struct buf *out)
{
	const char *type = format_media_type(format);

	buf_init(out, REQUEST_MAX);
	if (!buf_printf(out,
		"POST /.well-known/brski/requestvoucher HTTP/1.1\r\n"
		"Host: localhost:%u\r\n"
		"Content-Type: %s\r\n"
		"Accept: %s\r\n"
		"Content-Length: %zu\r\n\r\n",
		port, type, type, body.len) ||
	    !buf_add(out, body))
		fatal("a request does not fit");
}

void
request_make(const struct unit *d, const struct registrar *r,
    enum artifact_format format, unsigned port, char nonce[NONCE_MAX + 1],
    struct buf *out)
{
	const struct span pledge_chain[] = { span_of(
	    d->certificate, d->certificate_len) };
	/* In COSE the pledge's certificate comes from its registrar. */
	const struct span chain[] = { span_of(r->der, r->len),
		span_of(r->ca_der, r->ca_len), pledge_chain[0] };
	struct voucher_request pledge = { .has_created_on = true,
		.created_on = clock_now(),
		.assertion = ASSERTION_PROXIMITY };
	struct voucher_request registrar = { .has_created_on = true,
		.created_on = clock_now(),
		.assertion = ASSERTION_PROXIMITY };
	bool cose = format == FORMAT_COSE_CBOR;
	uint8_t random[16];
	struct buf pvr, rvr;

	if (cose)
		pledge.proximity_pubk = span_of(r->spki, r->spki_len);
	else
		pledge.proximity_cert = chain[0];
	random_bytes(random, sizeof(random));
	base64_encode(nonce, span_of(random, sizeof(random)));
	memcpy(pledge.serial, d->serial, sizeof(pledge.serial));
	memcpy(registrar.serial, d->serial, sizeof(registrar.serial));
	text_copy(pledge.nonce, sizeof(pledge.nonce), span_str(nonce));
	text_copy(registrar.nonce, sizeof(registrar.nonce), span_str(nonce));
	sign(d->key, &pledge, format, pledge_chain, cose ? 0 : 1, &pvr);
	registrar.prior = buf_span(&pvr);
	sign(r->key, &registrar, format, chain, cose ? 3 : 2, &rvr);
	post_make(format, port, buf_span(&rvr), out);
	buf_free(&pvr);
	buf_free(&rvr);
}

/* --- the judge --- */

void
root_load(struct root *root, const char *path)
{
	X509 *x = certificate_load(path);

	root->store = X509_STORE_new();
	if (root->store == NULL || X509_STORE_add_cert(root->store, x) != 1)
		fatal("%s", path);
	root->spki_len = spki_take(x, root->spki);
	X509_STORE_set_purpose(root->store, X509_PURPOSE_ANY);
	X509_free(x);
}

static void
cms_check(struct span artifact, X509_STORE *root, const char *serial,
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

void
voucher_check(struct span artifact, enum artifact_format format,
    const struct root *root, const char *serial, const char *nonce)
{
	struct judge_facts facts = { .voucher = artifact,
		.anchor = span_of(root->spki, root->spki_len),
		.now = clock_now(),
		.serial = serial,
		.nonce = nonce };
	struct judgement *j;
	uint8_t *arena;
	struct why why;

	if (format == FORMAT_CMS_JSON) {
		cms_check(artifact, root->store, serial, nonce);
		return;
	}
	j = memory_new(sizeof(*j));
	arena = memory_new(JUDGE_ARENA(artifact.len));
	why_clear(&why);
	if (voucher_judge(&facts, arena, j, &why) != REASON_OK ||
	    j->envelope.format != format)
		fatal("a voucher is not obeyed: %s", why.text);
	free(arena);
	free(j);
}
