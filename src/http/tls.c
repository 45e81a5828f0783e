/* TLS, see tls.h. */
#include "http/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "base/fatal.h"

/* Possession of the key is proven by the handshake; issuer, dates and purposes
 * are nobody's business at this level. */
static int
accept_any(X509_STORE_CTX *context, void *nothing)
{
	(void)context;
	(void)nothing;
	return 1;
}

static const int verify_modes[] = {
	[CLIENT_NONE] = SSL_VERIFY_NONE,
	[CLIENT_OPTIONAL] = SSL_VERIFY_PEER,
	[CLIENT_REQUIRED] = SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
};

enum reason
tls_open(const char *certificate, const char *key, enum client_certificate mode,
    struct ssl_ctx_st **out, struct why *why)
{
	SSL_CTX *c = SSL_CTX_new(TLS_server_method());

	if (c == NULL ||
	    SSL_CTX_set_min_proto_version(c, TLS1_2_VERSION) != 1 ||
	    SSL_CTX_set1_groups_list(c, "X25519:P-256:P-384") != 1)
		fatal("SSL_CTX_new");
	/* Stateful resumption: tickets that hold a client certificate cost more
	 * than a full handshake. */
	SSL_CTX_set_options(c,
	    SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
		SSL_OP_CIPHER_SERVER_PREFERENCE);
	SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_SERVER);
	SSL_CTX_sess_set_cache_size(c, 4096);
	SSL_CTX_set_session_id_context(c, (const unsigned char *)"hallmark", 8);
	SSL_CTX_set_mode(c, SSL_MODE_RELEASE_BUFFERS);
	/* Lists of junk certificates are refused before they are decoded. */
	SSL_CTX_set_max_cert_list(c, 16384);
	SSL_CTX_set_verify(c, verify_modes[mode], NULL);
	SSL_CTX_set_cert_verify_callback(c, accept_any, NULL);
	if (SSL_CTX_use_certificate_chain_file(c, certificate) != 1 ||
	    SSL_CTX_use_PrivateKey_file(c, key, SSL_FILETYPE_PEM) != 1 ||
	    SSL_CTX_check_private_key(c) != 1) {
		ERR_clear_error();
		SSL_CTX_free(c);
		return why_set(why, REASON_HOME_INVALID, -1,
		    "front/tls.pem and front/tls.key do not load");
	}
	*out = c;
	return REASON_OK;
}

void
tls_client(struct ssl_st *ssl, uint8_t certificate[32], uint8_t spki[32])
{
	X509 *x = SSL_get0_peer_certificate(ssl);
	unsigned char *der = NULL;
	unsigned len = 32;
	int n;

	memset(certificate, 0, 32);
	memset(spki, 0, 32);
	if (x == NULL)
		return;
	(void)X509_digest(x, EVP_sha256(), certificate, &len);
	if ((n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x), &der)) > 0)
		(void)EVP_Digest(
		    der, (size_t)n, spki, &len, EVP_sha256(), NULL);
	OPENSSL_free(der);
}

void
tls_free(struct ssl_ctx_st *context)
{
	SSL_CTX_free(context);
}

struct ssl_st *
tls_accept(struct ssl_ctx_st *context)
{
	SSL *ssl = SSL_new(context);

	if (ssl == NULL)
		fatal("SSL_new");
	return ssl;
}

void
tls_finish(struct ssl_st *ssl)
{
	(void)SSL_shutdown(ssl);
}
