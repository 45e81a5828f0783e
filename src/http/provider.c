/* A provider that hands on the default one, see provider.h. */
#include "http/provider.h"

#include <openssl/bio.h>
#include <openssl/core_dispatch.h>
#include <openssl/pem.h>
#include <openssl/provider.h>
#include <stdbool.h>
#include <string.h>

#include "base/fatal.h"

#define DECODERS_MAX 16

static OSSL_LIB_CTX *whole_context, *lean_context;
static OSSL_PROVIDER *whole;
static OSSL_ALGORITHM decoders[DECODERS_MAX + 1]; /* ends with a NULL name */

/* The keys that a client's certificate may hold (TLS 1.2 and 1.3). */
static bool
is_wanted(const OSSL_ALGORITHM *a)
{
	static const char *const names[] = { "EC", "RSA", "RSA-PSS", "ED25519",
		"ED448" };
	size_t i, len = strcspn(a->algorithm_names, ":"); /* the first name */

	if (strstr(a->property_definition,
		"input=der,structure=SubjectPublicKeyInfo") == NULL)
		return false;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strlen(names[i]) == len &&
		    memcmp(a->algorithm_names, names[i], len) == 0)
			return true;
	return false;
}

static void
decoders_choose(void)
{
	const OSSL_ALGORITHM *a;
	unsigned n = 0;
	int no_cache;

	a = OSSL_PROVIDER_query_operation(whole, OSSL_OP_DECODER, &no_cache);
	for (; a != NULL && a->algorithm_names != NULL; a++)
		if (is_wanted(a) && n < DECODERS_MAX)
			decoders[n++] = *a;
	if (n == 0)
		fatal("OpenSSL has no decoders of public keys");
}

static const OSSL_ALGORITHM *
query(void *context, int operation, int *no_cache)
{
	(void)context;
	*no_cache = 0;
	if (operation == OSSL_OP_DECODER)
		return decoders;
	return OSSL_PROVIDER_query_operation(whole, operation, no_cache);
}

/* TLS groups are found this way. */
static int
capabilities(
    void *context, const char *name, OSSL_CALLBACK *call, void *argument)
{
	(void)context;
	return OSSL_PROVIDER_get_capabilities(whole, name, call, argument);
}

static int
provider_init(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *in,
    const OSSL_DISPATCH **out, void **context)
{
	static const OSSL_DISPATCH calls[] = {
		{ OSSL_FUNC_PROVIDER_QUERY_OPERATION, (void (*)(void))query },
		{ OSSL_FUNC_PROVIDER_GET_CAPABILITIES,
		    (void (*)(void))capabilities },
		{ 0, NULL },
	};

	(void)handle;
	(void)in;
	*out = calls;
	/* The algorithms are the whole one's, and want its context. */
	*context = OSSL_PROVIDER_get0_provider_ctx(whole);
	return 1;
}

OSSL_LIB_CTX *
provider_lean(void)
{
	if (lean_context != NULL)
		return lean_context;
	whole_context = OSSL_LIB_CTX_new();
	lean_context = OSSL_LIB_CTX_new();
	if (whole_context == NULL || lean_context == NULL ||
	    (whole = OSSL_PROVIDER_load(whole_context, "default")) == NULL)
		fatal("OpenSSL cannot be set up");
	decoders_choose();
	if (OSSL_PROVIDER_add_builtin(lean_context, "lean", provider_init) !=
		1 ||
	    OSSL_PROVIDER_load(lean_context, "lean") == NULL)
		fatal("OpenSSL cannot be set up");
	return lean_context;
}

EVP_PKEY *
provider_key(BIO *pem, pem_password_cb *passphrase)
{
	if (provider_lean() == NULL)
		return NULL;
	return PEM_read_bio_PrivateKey_ex(
	    pem, NULL, passphrase, NULL, whole_context, NULL);
}
