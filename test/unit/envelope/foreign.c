/* OpenSSL's CMS, see foreign.h. */
#include "foreign.h"

#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>

static void *
must(void *p)
{
	if (p == NULL) {
		ERR_print_errors_fp(stderr);
		abort();
	}
	return p;
}

X509 *
foreign_certificate(EVP_PKEY *key, const EVP_MD *md)
{
	X509 *x = must(X509_new());
	X509_NAME *name = X509_get_subject_name(x);
	X509V3_CTX context;
	X509_EXTENSION *id;

	X509_set_version(x, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 4711);
	X509_gmtime_adj(X509_getm_notBefore(x), -60);
	X509_gmtime_adj(X509_getm_notAfter(x), 86400);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
	    (const unsigned char *)"foreign", -1, -1, 0);
	X509_set_issuer_name(x, name);
	X509_set_pubkey(x, key);
	X509V3_set_ctx(&context, x, x, NULL, NULL, 0);
	id = must(X509V3_EXT_conf_nid(
	    NULL, &context, NID_subject_key_identifier, "hash"));
	X509_add_ext(x, id, -1);
	X509_EXTENSION_free(id);
	if (X509_sign(x, key, md) <= 0)
		must(NULL);
	return x;
}

struct span
foreign_sign(X509 *certificate, EVP_PKEY *key, const EVP_MD *md, unsigned flags,
    const char *content_type, struct span content)
{
	BIO *in = must(BIO_new_mem_buf(content.ptr, (int)content.len));
	CMS_ContentInfo *cms = must(
	    CMS_sign(NULL, NULL, NULL, in, CMS_BINARY | CMS_PARTIAL | flags));
	unsigned char *der = NULL;
	struct span out;
	int len = 0;

	if (content_type != NULL) {
		ASN1_OBJECT *type = must(OBJ_txt2obj(content_type, 1));

		CMS_set1_eContentType(cms, type);
		ASN1_OBJECT_free(type);
	}
	must(CMS_add1_signer(
	    cms, certificate, key, md, CMS_BINARY | CMS_PARTIAL | flags));
	if (CMS_final(cms, in, NULL, CMS_BINARY | flags) != 1 ||
	    (len = i2d_CMS_ContentInfo(cms, &der)) <= 0)
		must(NULL);
	out = span_of(must(malloc((size_t)len)), (size_t)len);
	memcpy((void *)(uintptr_t)out.ptr, der, (size_t)len);
	OPENSSL_free(der);
	CMS_ContentInfo_free(cms);
	BIO_free(in);
	return out;
}

/* Names the signer outright: we find it by trying keys, OpenSSL only by sid. */
static bool
signer_set(CMS_ContentInfo *cms, X509 *x)
{
	STACK_OF(CMS_SignerInfo) *infos = CMS_get0_SignerInfos(cms);
	int i;

	if (infos == NULL)
		return false;
	for (i = 0; i < sk_CMS_SignerInfo_num(infos); i++)
		CMS_SignerInfo_set1_signer_cert(
		    sk_CMS_SignerInfo_value(infos, i), x);
	return true;
}

bool
foreign_verifies(struct span bytes, struct span signer, struct span *content)
{
	const unsigned char *at = bytes.ptr, *c = signer.ptr;
	CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &at, (long)bytes.len);
	X509 *x = d2i_X509(NULL, &c, (long)signer.len);
	BIO *out = must(BIO_new(BIO_s_mem()));
	char *text;
	long len;
	bool good;

	good = cms != NULL && x != NULL && at == bytes.ptr + bytes.len &&
	    signer_set(cms, x) &&
	    CMS_verify(cms, NULL, NULL, NULL, out,
		CMS_BINARY | CMS_NO_SIGNER_CERT_VERIFY) == 1;
	*content = span_of(NULL, 0);
	if (good) {
		len = BIO_get_mem_data(out, &text);
		*content = span_of(must(malloc((size_t)len + 1)), (size_t)len);
		memcpy((void *)(uintptr_t)content->ptr, text, (size_t)len);
	}
	BIO_free(out);
	X509_free(x);
	CMS_ContentInfo_free(cms);
	ERR_clear_error();
	return good;
}

struct span
foreign_vector(const char *name)
{
	char path[500];
	uint8_t *bytes = must(malloc(65536));
	size_t len;
	FILE *f;

	snprintf(path, sizeof(path), VECTORS "/%s", name);
	f = must(fopen(path, "rb"));
	len = fread(bytes, 1, 65536, f);
	fclose(f);
	return span_of(bytes, len);
}
