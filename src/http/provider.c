/* A provider that hands on the default one, see provider.h. */
#include "http/provider.h"

#include <openssl/bio.h>
#include <openssl/core_dispatch.h>
#include <openssl/pem.h>
#include <openssl/provider.h>
#include <stdbool.h>
#include <string.h>

#include "base/fatal.h"

#define CHOSEN_MAX 16

static OSSL_LIB_CTX *whole_context, *lean_context;
static OSSL_PROVIDER *whole;
/* Each ends with a NULL name. */
static OSSL_ALGORITHM decoders[CHOSEN_MAX + 1], kinds_of_key[CHOSEN_MAX + 1];

/* Is this one named, and a decoder of SubjectPublicKeyInfo if it is one? */
static bool
is_wanted(const OSSL_ALGORITHM *a, const char *const *names, bool decoder)
{
	size_t len = strcspn(a->algorithm_names, ":"); /* the first name */

	if (decoder &&
	    strstr(a->property_definition,
		"input=der,structure=SubjectPublicKeyInfo") == NULL)
		return false;
	for (; *names != NULL; names++)
		if (strlen(*names) == len &&
		    memcmp(a->algorithm_names, *names, len) == 0)
			return true;
	return false;
}

static void
choose(
    OSSL_ALGORITHM out[CHOSEN_MAX + 1], int operation, const char *const *names)
{
	const OSSL_ALGORITHM *a;
	unsigned n = 0;
	int no_cache;

	a = OSSL_PROVIDER_query_operation(whole, operation, &no_cache);
	for (; a != NULL && a->algorithm_names != NULL; a++)
		if (is_wanted(a, names, operation == OSSL_OP_DECODER) &&
		    n < CHOSEN_MAX)
			out[n++] = *a;
	if (n == 0)
		fatal("OpenSSL has no keys");
}

static void
choose_all(void)
{
	/* The keys that a client's certificate may hold (TLS 1.2 and 1.3). */
	static const char *const certified[] = { "EC", "RSA", "RSA-PSS",
		"ED25519", "ED448", NULL };
	/* Those, the key exchange, and the binder of a resumed session. */
	static const char *const all[] = { "EC", "RSA", "RSA-PSS", "ED25519",
		"ED448", "X25519", "HMAC", NULL };

	choose(decoders, OSSL_OP_DECODER, certified);
	choose(kinds_of_key, OSSL_OP_KEYMGMT, all);
}

static const OSSL_ALGORITHM *
query(void *context, int operation, int *no_cache)
{
	(void)context;
	*no_cache = 0;
	if (operation == OSSL_OP_DECODER)
		return decoders;
	if (operation == OSSL_OP_KEYMGMT)
		return kinds_of_key;
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
	choose_all();
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
