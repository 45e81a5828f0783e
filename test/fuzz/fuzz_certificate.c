/*
 * Certificates: what certificate_read() takes lies inside the bytes, OpenSSL
 * reads it as well and sees the same parts, and the linter, the path builder and
 * the keys cope with it.
 */
#include <openssl/err.h>
#include <openssl/x509.h>

#include "fuzz.h"
#include "x509/lint.h"
#include "x509/path.h"

static void
inside(struct span part, struct span whole)
{
	require(part.ptr == NULL ||
	    (part.ptr >= whole.ptr && part.len <= whole.len &&
		part.ptr - whole.ptr <= (ptrdiff_t)(whole.len - part.len)));
}

static void
parts_inside(const struct certificate *c)
{
	unsigned i;

	inside(c->tbs, c->der);
	inside(c->serial, c->tbs);
	inside(c->issuer, c->tbs);
	inside(c->subject, c->tbs);
	inside(c->validity, c->tbs);
	inside(c->spki, c->tbs);
	inside(c->key_bits, c->spki);
	inside(c->signature, c->der);
	inside(c->subject_serial, c->subject);
	inside(c->subject_key_id, c->tbs);
	inside(c->authority_key_id, c->tbs);
	inside(c->masa_url, c->tbs);
	inside(c->subject_alt_name, c->tbs);
	require(c->policies_len <= CERTIFICATE_POLICIES_MAX);
	for (i = 0; i < c->policies_len; i++)
		inside(c->policies[i], c->tbs);
	require(c->marks_len <= CERTIFICATE_EXTENSIONS_MAX);
	for (i = 0; i < c->marks_len; i++)
		inside(c->marks[i], c->tbs);
	require(c->subject_key_id.len <= KEY_ID_MAX);
	require(c->authority_key_id.len <= KEY_ID_MAX);
}

static void
openssl_agrees(const struct certificate *c)
{
	const unsigned char *at = c->der.ptr;
	X509 *x = d2i_X509(NULL, &at, (long)c->der.len);
	unsigned char *name = NULL;
	const ASN1_BIT_STRING *bits;
	int len;

	require(x != NULL && at == c->der.ptr + c->der.len);
	len = i2d_X509_NAME(X509_get_subject_name(x), &name);
	require(len > 0 && span_eq(c->subject, span_of(name, (size_t)len)));
	OPENSSL_free(name);
	bits = X509_get0_pubkey_bitstr(x);
	require(
	    span_eq(c->key_bits, span_of(bits->data, (size_t)bits->length)));
	X509_free(x);
	ERR_clear_error();
}

uint64_t
input_read(const uint8_t *bytes, size_t len)
{
	static const struct lint_context context = { .subject = LINT_GUESS };
	struct lint_finding findings[LINT_FINDINGS_MAX];
	struct certificate c, again;
	uint64_t digest = ACCEPTED;
	struct path path;
	struct why why;
	unsigned i, n;

	if (certificate_read(span_of(bytes, len), &c, &why) != REASON_OK) {
		require(why.offset >= 0 && (size_t)why.offset <= len);
		return 0;
	}
	parts_inside(&c);
	if (oracle_begin()) {
		openssl_agrees(&c);
		oracle_end();
	}
	n = certificate_lint(&c, &context, findings);
	require(n <= LINT_FINDINGS_MAX);
	for (i = 0; i < n; i++) {
		require(findings[i].why.offset < (long)len);
		digest = digest_add(
		    digest, &findings[i].code, sizeof(findings[i].code));
	}
	require(lint_before_signing(c.tbs, &context, &why) ==
	    (n > 0 ? findings[0].code : REASON_OK));
	again = c;
	if (path_build(&c, &again, 1, c.not_before, &path, &why) == REASON_OK)
		require(path.len == 1);
	return digest;
}
