/* A provider that hands on the default one, see provider.h. */
#include "http/provider.h"

#include <openssl/bio.h>
#include <openssl/core_dispatch.h>
#include <openssl/pem.h>
#include <openssl/provider.h>
#include <stdbool.h>
#include <string.h>

#include "base/fatal.h"
#include "http/client_key.h"

#define CHOSEN_MAX 16

static OSSL_LIB_CTX *whole_context, *lean_context;
static OSSL_PROVIDER *whole;

/*
 * What is handed on of an operation: each list ends with a NULL name. For each
 * key that it decodes OpenSSL walks through everything that was ever listed,
 * and the default provider has 124 ciphers.
 */
static struct {
	int operation;
	const char *names[CHOSEN_MAX + 1];
	OSSL_ALGORITHM chosen[CHOSEN_MAX + 1];
} lists[] = {
	/* The keys that a client's certificate may hold (TLS 1.2 and 1.3), but
	 * EC: see client_key.h. */
	{ OSSL_OP_DECODER, { "RSA", "RSA-PSS", "ED25519", "ED448" } },
	/* All of them, the key exchange, and the binder of a resumed session. */
	{ OSSL_OP_KEYMGMT,
	    { "EC", "RSA", "RSA-PSS", "ED25519", "ED448", "X25519", "HMAC" } },
	/* Those of the suites that OpenSSL has on by itself. */
	{ OSSL_OP_CIPHER,
	    { "AES-256-GCM", "AES-128-GCM", "ChaCha20-Poly1305", "AES-256-CBC",
		"AES-128-CBC", "AES-256-CBC-HMAC-SHA256",
		"AES-128-CBC-HMAC-SHA256", "AES-256-CBC-HMAC-SHA1",
		"AES-128-CBC-HMAC-SHA1" } },
	{ OSSL_OP_DIGEST,
	    { "SHA2-256", "SHA2-384", "SHA2-512", "SHA2-224", "SHA1", "MD5",
		"MD5-SHA1" } },
	{ OSSL_OP_MAC, { "HMAC" } },
	{ OSSL_OP_KDF, { "TLS13-KDF", "HKDF", "TLS1-PRF" } },
};

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
    int operation, const char *const *names, OSSL_ALGORITHM out[CHOSEN_MAX + 1])
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
		fatal("OpenSSL has none of operation %d", operation);
}

static const OSSL_ALGORITHM *
query(void *context, int operation, int *no_cache)
{
	size_t i;

	(void)context;
	*no_cache = 0;
	for (i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		if (lists[i].operation == operation)
			return lists[i].chosen;
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
	size_t i;

	if (lean_context != NULL)
		return lean_context;
	whole_context = OSSL_LIB_CTX_new();
	lean_context = OSSL_LIB_CTX_new();
	if (whole_context == NULL || lean_context == NULL ||
	    (whole = OSSL_PROVIDER_load(whole_context, "default")) == NULL)
		fatal("OpenSSL cannot be set up");
	for (i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		choose(lists[i].operation, lists[i].names, lists[i].chosen);
	if (OSSL_PROVIDER_add_builtin(lean_context, "lean", provider_init) !=
		1 ||
	    OSSL_PROVIDER_load(lean_context, "lean") == NULL)
		fatal("OpenSSL cannot be set up");
	client_key_install();
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
