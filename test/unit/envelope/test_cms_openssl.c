/*
 * Our CMS reader against OpenSSL's, over the kept fuzz corpus, the published
 * messages, what OpenSSL signs in its many ways, and thousands of edits of all
 * of these as trees of DER. What ours accepts OpenSSL accepts, with the same
 * content under the same signer. Where OpenSSL alone accepts, our reason must
 * stand in doc/cms-differences.md, and each that stands there must be met.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <dirent.h>
#include <openssl/cms.h>
#include <openssl/err.h>

#include "foreign.h"

#define EDITS	 500   /* of each message */
#define ROOM	 16384 /* of a message and its edits */
#define NODES	 1024
#define MESSAGES 24
#define PAGE	 VECTORS "/../../doc/cms-differences.md"
#define CORPUS	 VECTORS "/../fuzz/corpus/cms"

static const char anima[] = "1.2.840.113549.1.9.16.1.40";
static struct span messages[MESSAGES];
static unsigned messages_len;
static bool met[REASON_COUNT];
static unsigned both, ours_by_key;
static uint64_t state = 1;

static uint32_t
draw(uint32_t below)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(state >> 33) % below;
}

/* OpenSSL by itself, which finds the signer by its sid and passes over what
 * lies behind the object. */
static bool
openssl_accepts(struct span bytes)
{
	const unsigned char *at = bytes.ptr;
	CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &at, (long)bytes.len);
	BIO *out = BIO_new(BIO_s_mem());
	bool good;

	good = cms != NULL &&
	    CMS_verify(cms, NULL, NULL, NULL, out,
		CMS_BINARY | CMS_NO_SIGNER_CERT_VERIFY) == 1;
	BIO_free(out);
	CMS_ContentInfo_free(cms);
	ERR_clear_error();
	return good;
}

static void
compare(struct span bytes)
{
	const struct certificate *signer;
	struct span content;
	struct why why;
	struct cms c;
	enum reason r;

	why_clear(&why);
	if ((r = cms_read(bytes, &c, &why)) == REASON_OK)
		r = cms_verify(&c, &signer, &why);
	if (r == REASON_OK) {
		if (!foreign_verifies(bytes, signer->der, &content))
			fail_msg("ours accepts %zu octets, OpenSSL does not",
			    bytes.len);
		assert_true(span_eq(content, c.content));
		free((void *)(uintptr_t)content.ptr);
		both++;
		ours_by_key += !openssl_accepts(bytes);
	} else if (openssl_accepts(bytes)) {
		met[r] = true;
	}
}

/* --- trees --- */

enum edit {
	EDIT_DROP,
	EDIT_TWICE,
	EDIT_LONG,
	EDIT_ENDLESS,
	EDIT_TAG,
	EDIT_OCTET,
	EDIT_PUT,
	EDITS_LEN
};

struct change {
	size_t at; /* where in the message the element begins */
	enum edit edit;
	uint32_t random;
	struct span put; /* EDIT_PUT */
};

/* One element of s: its header and content; false if there is none. */
static bool
element(struct span s, size_t *head, size_t *len)
{
	size_t n, i;

	if (s.len < 2)
		return false;
	*head = 2;
	*len = s.ptr[1];
	if (s.ptr[1] >= 0x80) {
		n = s.ptr[1] & 0x7fu;
		if (n == 0 || n > 3 || s.len < 2 + n)
			return false;
		for (*len = 0, i = 0; i < n; i++)
			*len = *len << 8 | s.ptr[2 + i];
		*head += n;
	}
	return *len <= s.len - *head;
}

static unsigned
nodes_list(const uint8_t *base, struct span s, size_t *out, unsigned n)
{
	size_t head, len;

	while (n < NODES && element(s, &head, &len)) {
		out[n++] = (size_t)(s.ptr - base);
		if ((s.ptr[0] & 0x20) != 0)
			n = nodes_list(
			    base, span_of(s.ptr + head, len), out, n);
		s = span_of(s.ptr + head + len, s.len - head - len);
	}
	return n;
}

static size_t
head_put(uint8_t *out, uint8_t tag, size_t len, bool longer)
{
	out[0] = tag;
	if (len < 0x80 && !longer) {
		out[1] = (uint8_t)len;
		return 2;
	}
	out[1] = 0x83;
	out[2] = (uint8_t)(len >> 16);
	out[3] = (uint8_t)(len >> 8);
	out[4] = (uint8_t)len;
	if (longer)
		return 5;
	/* The shortest form. */
	if (len < 0x100) {
		out[1] = 0x81;
		out[2] = (uint8_t)len;
		return 3;
	}
	out[1] = 0x82;
	out[2] = (uint8_t)(len >> 8);
	out[3] = (uint8_t)len;
	return 4;
}

static size_t
copy(uint8_t *out, const uint8_t *from, size_t len)
{
	memcpy(out, from, len);
	return len;
}

static size_t
edited(uint8_t *out, const uint8_t *p, size_t head, size_t len,
    const struct change *c)
{
	size_t n;

	switch (c->edit) {
	case EDIT_DROP:
		return 0;
	case EDIT_TWICE:
		n = copy(out, p, head + len);
		return n + copy(out + n, p, head + len);
	case EDIT_LONG:
		n = head_put(out, p[0], len, true);
		return n + copy(out + n, p + head, len);
	case EDIT_ENDLESS:
		out[0] = p[0];
		out[1] = 0x80;
		n = 2 + copy(out + 2, p + head, len);
		memset(out + n, 0, 2);
		return n + 2;
	case EDIT_PUT:
		return copy(out, c->put.ptr, c->put.len);
	case EDIT_TAG:
	case EDIT_OCTET:
	default:
		n = copy(out, p, head + len);
		if (c->edit == EDIT_TAG || len == 0)
			out[0] ^= (uint8_t)(1u << c->random % 8);
		else
			out[head + c->random % len] ^=
			    (uint8_t)(1u << c->random / 8 % 8);
		return n;
	}
}

/* Writes s with one change in it; the lengths around it follow. */
static size_t
rewrite(
    const uint8_t *base, struct span s, const struct change *c, uint8_t *out)
{
	uint8_t *inner = malloc(ROOM);
	size_t head, len, at, n = 0, m;

	while (element(s, &head, &len)) {
		at = (size_t)(s.ptr - base);
		if (at == c->at) {
			n += edited(out + n, s.ptr, head, len, c);
		} else if (c->at > at && c->at < at + head + len) {
			m = rewrite(base, span_of(s.ptr + head, len), c, inner);
			n += head_put(out + n, s.ptr[0], m, false);
			n += copy(out + n, inner, m);
		} else {
			n += copy(out + n, s.ptr, head + len);
		}
		s = span_of(s.ptr + head + len, s.len - head - len);
	}
	n += copy(out + n, s.ptr, s.len);
	free(inner);
	return n;
}

static void
compare_changed(struct span message, const struct change *c)
{
	uint8_t *out = malloc(2 * ROOM);
	size_t len = rewrite(message.ptr, message, c, out);

	compare(span_of(out, len));
	free(out);
}

/* --- what there is to compare --- */

static void
message_add(struct span s)
{
	assert_true(messages_len < MESSAGES && s.len < ROOM / 2);
	messages[messages_len++] = s;
}

static void
messages_make(void)
{
	static const struct {
		const char *kind, *content_type, *md;
		unsigned flags;
	} ways[] = {
		{ "P-256", anima, "SHA256", 0 },
		{ "P-256", NULL, "SHA256", 0 },
		{ "P-256", anima, "SHA256", CMS_USE_KEYID },
		{ "P-256", NULL, "SHA256", CMS_NOATTR },
		{ "P-256", anima, "SHA256", CMS_NOATTR },
		{ "P-256", anima, "SHA1", 0 },
		{ "P-256", "1.2.3.4", "SHA256", 0 },
		{ "P-384", anima, "SHA384", 0 },
		{ "RSA", anima, "SHA256", 0 },
		{ "RSA", anima, "SHA512", CMS_USE_KEYID },
	};
	struct span content = span_str("{\"a\":1}");
	size_t i;

	for (i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		EVP_PKEY *key = strcmp(ways[i].kind, "RSA") == 0
		    ? EVP_RSA_gen(2048)
		    : EVP_EC_gen(ways[i].kind);
		X509 *x = foreign_certificate(key, EVP_sha256());

		message_add(
		    foreign_sign(x, key, EVP_get_digestbyname(ways[i].md),
			ways[i].flags, ways[i].content_type, content));
		X509_free(x);
		EVP_PKEY_free(key);
	}
	message_add(foreign_vector("rfc8995-appendix-c/vr.der"));
	message_add(foreign_vector("rfc8995-appendix-c/parboiled_vr.der"));
	message_add(foreign_vector("rfc8995-appendix-c/voucher.der"));
}

/* Two signers, both good. */
static void
compare_two_signers(void)
{
	BIO *in = BIO_new_mem_buf("{}", 2);
	CMS_ContentInfo *cms =
	    CMS_sign(NULL, NULL, NULL, in, CMS_BINARY | CMS_PARTIAL);
	unsigned char *der = NULL;
	int i, len;

	for (i = 0; i < 2; i++) {
		EVP_PKEY *key = EVP_EC_gen("P-256");
		X509 *x = foreign_certificate(key, EVP_sha256());

		ASN1_INTEGER_set(X509_get_serialNumber(x), i + 1);
		X509_sign(x, key, EVP_sha256());
		assert_non_null(
		    CMS_add1_signer(cms, x, key, EVP_sha256(), CMS_PARTIAL));
		X509_free(x);
		EVP_PKEY_free(key);
	}
	assert_int_equal(CMS_final(cms, in, NULL, CMS_BINARY), 1);
	len = i2d_CMS_ContentInfo(cms, &der);
	compare(span_of(der, (size_t)len));
	OPENSSL_free(der);
	CMS_ContentInfo_free(cms);
	BIO_free(in);
}

/* Eleven certificates (MP 17), all of them good. */
static void
compare_many_certificates(void)
{
	const unsigned char *at = messages[0].ptr;
	CMS_ContentInfo *cms =
	    d2i_CMS_ContentInfo(NULL, &at, (long)messages[0].len);
	EVP_PKEY *key = EVP_EC_gen("P-256");
	unsigned char *der = NULL;
	int i, len;

	for (i = 1; i <= CMS_CERTIFICATES_MAX; i++) {
		X509 *x = foreign_certificate(key, EVP_sha256());

		ASN1_INTEGER_set(X509_get_serialNumber(x), i);
		X509_sign(x, key, EVP_sha256());
		assert_int_equal(CMS_add1_cert(cms, x), 1);
		X509_free(x);
	}
	len = i2d_CMS_ContentInfo(cms, &der);
	compare(span_of(der, (size_t)len));
	OPENSSL_free(der);
	EVP_PKEY_free(key);
	CMS_ContentInfo_free(cms);
}

static void
compare_trailing(void)
{
	uint8_t *more = malloc(messages[0].len + 1);

	memcpy(more, messages[0].ptr, messages[0].len);
	more[messages[0].len] = 0;
	compare(span_of(more, messages[0].len + 1));
	free(more);
}

/* The eContentType of a message whose attribute names another one. */
static void
compare_other_type(void)
{
	static const uint8_t data[] = { 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7,
		0x0d, 1, 7, 1 };
	static const uint8_t type[] = { 6, 11, 0x2a, 0x86, 0x48, 0x86, 0xf7,
		0x0d, 1, 9, 16, 1, 40 };
	const uint8_t *at =
	    memmem(messages[0].ptr, messages[0].len, type, sizeof(type));
	struct change c = { .edit = EDIT_PUT,
		.put = span_of(data, sizeof(data)) };

	assert_non_null(at);
	c.at = (size_t)(at - messages[0].ptr);
	compare_changed(messages[0], &c);
}

static void
compare_corpus(void)
{
	uint8_t *bytes = malloc(65536);
	DIR *d = opendir(CORPUS);
	struct dirent *e;
	char path[600];
	unsigned n = 0;
	size_t len;
	FILE *f;

	assert_non_null(d);
	while ((e = readdir(d)) != NULL) {
		snprintf(path, sizeof(path), CORPUS "/%s", e->d_name);
		if (e->d_name[0] == '.' || (f = fopen(path, "rb")) == NULL)
			continue;
		len = fread(bytes, 1, 65536, f);
		fclose(f);
		compare(span_of(bytes, len));
		n++;
	}
	closedir(d);
	free(bytes);
	assert_true(n > 100);
}

static void
one_verdict(void **unused)
{
	struct change c = { 0 };
	size_t nodes[NODES];
	unsigned i, n, count;

	(void)unused;
	messages_make();
	for (i = 0; i < messages_len; i++) {
		compare(messages[i]);
		count = nodes_list(messages[i].ptr, messages[i], nodes, 0);
		for (n = 0; n < EDITS; n++) {
			c.at = nodes[draw(count)];
			c.edit = (enum edit)draw(EDIT_PUT);
			c.random = draw(1u << 30);
			compare_changed(messages[i], &c);
		}
	}
	compare_corpus();
	compare_two_signers();
	compare_many_certificates();
	compare_trailing();
	compare_other_type();
	assert_true(both > 100);
	assert_true(ours_by_key > 0);
}

/* The page's table: its rows begin with a reason's code. */
static void
differences_are_explained(void **unused)
{
	bool explained[REASON_COUNT] = { false }, good = true;
	char line[400], code[64];
	enum reason r;
	unsigned i;
	FILE *f = fopen(PAGE, "r");

	(void)unused;
	assert_non_null(f);
	while (fgets(line, sizeof(line), f) != NULL) {
		if (sscanf(line, "| `%63[a-z-]` |", code) != 1)
			continue;
		r = reason_find(code);
		assert_int_not_equal(r, REASON_COUNT);
		explained[r] = true;
	}
	fclose(f);
	for (i = 0; i < REASON_COUNT; i++) {
		if (met[i] == explained[i])
			continue;
		print_error("%s: %s\n", reason_code((enum reason)i),
		    met[i] ? "OpenSSL accepts, and the page does not say why "
			     "we do not"
			   : "the page has it, and no example met it");
		good = false;
	}
	assert_true(good);
	for (i = 0; i < messages_len; i++)
		free((void *)(uintptr_t)messages[i].ptr);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_verdict),
		cmocka_unit_test(differences_are_explained),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
