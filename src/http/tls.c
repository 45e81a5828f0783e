/* TLS of the server side, see tls.h. */
#include "http/tls.h"

#include <limits.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <time.h>

#include "base/fatal.h"
#include "http/provider.h"
#include "model/names.h"

#define GROUPS		 "X25519:P-256:P-384" /* the cheapest for us first */
#define CERTIFICATES_MAX 16384 /* octets a client may send of them */
#define SESSIONS_MAX	 2048  /* each keeps its client's certificates */
#define SESSION_SECONDS	 3600

/* Would the proof of possession cost many times what it costs with other keys? Of RSA
 * that grows with the number and with the exponent (MP 17). */
static bool
is_costly(const EVP_PKEY *key)
{
	BIGNUM *exponent = NULL;
	bool costly;

	if (EVP_PKEY_get_base_id(key) != EVP_PKEY_RSA &&
	    EVP_PKEY_get_base_id(key) != EVP_PKEY_RSA_PSS)
		return false;
	costly = EVP_PKEY_get_bits(key) > RSA_BITS_MAX ||
	    EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &exponent) != 1 ||
	    BN_num_bits(exponent) > RSA_EXPONENT_BITS;
	BN_free(exponent);
	return costly;
}

/* Anybody may come with a key that costs us no more than others; the proof of
 * possession, which OpenSSL checks, comes after this. */
static int
accept_any(X509_STORE_CTX *context, void *argument)
{
	const X509 *leaf = X509_STORE_CTX_get0_cert(context);
	const EVP_PKEY *key = leaf == NULL ? NULL : X509_get0_pubkey(leaf);
	bool costly = key != NULL && is_costly(key);

	(void)argument;
	X509_STORE_CTX_set_error(
	    context, costly ? X509_V_ERR_CERT_REJECTED : X509_V_OK);
	return !costly;
}

/* RFC 7301: what is spoken here, or nothing. */
static int
choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_len,
    const unsigned char *in, unsigned in_len, void *argument)
{
	static const unsigned char ours[] = "\x08http/1.1\x08http/1.0";
	unsigned char *chosen;

	(void)ssl;
	(void)argument;
	if (SSL_select_next_proto(&chosen, out_len, ours, sizeof(ours) - 1, in,
		in_len) != OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	*out = chosen;
	return SSL_TLSEXT_ERR_OK;
}

static void
set_client(SSL_CTX *c, enum client_certificate client)
{
	static const unsigned char name[] = "hallmark-front";
	int mode = SSL_VERIFY_NONE;

	if (client == CLIENT_OPTIONAL)
		mode = SSL_VERIFY_PEER;
	else if (client == CLIENT_REQUIRED)
		mode = SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
	SSL_CTX_set_verify(c, mode, NULL);
	SSL_CTX_set_cert_verify_callback(c, accept_any, NULL);
	/* A flood of certificates is refused before any is decoded. */
	SSL_CTX_set_max_cert_list(c, CERTIFICATES_MAX);
	if (SSL_CTX_set_session_id_context(c, name, sizeof(name) - 1) != 1)
		fatal("session id context");
}

/* libssl has a new session. One of 1.3 is new because tls_remember() asked for it;
 * one of 1.2 is new with each handshake, whoever the client is, and waits for it. */
static int
on_session(SSL *ssl, SSL_SESSION *session)
{
	if (SSL_version(ssl) >= TLS1_3_VERSION)
		(void)SSL_CTX_add_session(SSL_get_SSL_CTX(ssl), session);
	return 0; /* it keeps its own reference */
}

static void
set_sessions(SSL_CTX *c)
{
	/* A stateless ticket would carry the client's certificate and cost
	 * more than a handshake. */
	SSL_CTX_set_options(c, SSL_OP_NO_TICKET);
	SSL_CTX_set_num_tickets(c, 0);
	SSL_CTX_set_session_cache_mode(
	    c, SSL_SESS_CACHE_SERVER | SSL_SESS_CACHE_NO_INTERNAL_STORE);
	SSL_CTX_sess_set_new_cb(c, on_session);
	SSL_CTX_sess_set_cache_size(c, SESSIONS_MAX);
	SSL_CTX_set_timeout(c, SESSION_SECONDS);
}

static SSL_CTX *
context_new(enum client_certificate client)
{
	SSL_CTX *c = SSL_CTX_new_ex(provider_lean(), NULL, TLS_server_method());

	if (c == NULL ||
	    SSL_CTX_set_min_proto_version(c, TLS1_2_VERSION) != 1 ||
	    SSL_CTX_set1_groups_list(c, GROUPS) != 1)
		fatal("TLS cannot be set up");
	SSL_CTX_set_options(c,
	    SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
		SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA |
		SSL_OP_IGNORE_UNEXPECTED_EOF);
	/* One record a turn: else whoever sends nothing but key updates has the
	 * thread for as long as they come. */
	SSL_CTX_clear_mode(c, SSL_MODE_AUTO_RETRY);
	SSL_CTX_set_mode(c, SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_alpn_select_cb(c, choose_protocol, NULL);
	set_client(c, client);
	set_sessions(c);
	return c;
}

static enum reason
unusable(struct why *why, const char *path, const char *what)
{
	const char *text = ERR_reason_error_string(ERR_peek_error());

	why_set(why, REASON_HOME_INVALID, -1, "%s: %s: %s", path, what,
	    text == NULL ? "not usable" : text);
	ERR_clear_error();
	return REASON_HOME_INVALID;
}

/* A key under a passphrase is refused; libcrypto would ask on the terminal. */
static int
no_passphrase(char *out, int size, int writing, void *context)
{
	(void)out;
	(void)size;
	(void)writing;
	(void)context;
	return -1;
}

static BIO *
text_of(struct span pem)
{
	BIO *bio = pem.len > INT_MAX
	    ? NULL
	    : BIO_new_mem_buf(
		  pem.len > 0 ? (const char *)pem.ptr : "", (int)pem.len);

	if (bio == NULL)
		fatal("BIO_new_mem_buf");
	return bio;
}

/* The first certificate is ours, those behind it are its chain. */
static bool
use_certificates(SSL_CTX *c, struct span pem)
{
	BIO *bio = text_of(pem);
	X509 *x = PEM_read_bio_X509(bio, NULL, no_passphrase, NULL);
	bool good = x != NULL && SSL_CTX_use_certificate(c, x) == 1;

	X509_free(x); /* the context has its own reference */
	while (good &&
	    (x = PEM_read_bio_X509(bio, NULL, no_passphrase, NULL)) != NULL) {
		good = SSL_CTX_add0_chain_cert(c, x) == 1;
		if (!good)
			X509_free(x);
	}
	/* The end of the text is no error, a damaged certificate is one. */
	good = good &&
	    ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
	if (good)
		ERR_clear_error();
	BIO_free(bio);
	return good;
}

static bool
use_key(SSL_CTX *c, struct span pem)
{
	BIO *bio = text_of(pem);
	EVP_PKEY *key = provider_key(bio, no_passphrase);
	bool good = key != NULL && SSL_CTX_use_PrivateKey(c, key) == 1;

	EVP_PKEY_free(key);
	BIO_free(bio);
	return good;
}

enum reason
tls_open(const struct tls_identity *own, SSL_CTX **out, struct why *why)
{
	SSL_CTX *c = context_new(own->client);
	enum reason r = REASON_OK;

	ERR_clear_error();
	if (!use_certificates(c, own->pem))
		r = unusable(why, "front/tls.pem", "certificate chain");
	else if (!use_key(c, own->pem))
		r = unusable(why, "front/tls.key", "private key");
	else if (SSL_CTX_check_private_key(c) != 1)
		r = unusable(
		    why, "front/tls.key", "does not fit the certificate");
	if (r != REASON_OK) {
		SSL_CTX_free(c);
		return r;
	}
	*out = c;
	return REASON_OK;
}

int64_t
tls_end(const SSL_CTX *c)
{
	struct tm end;

	if (ASN1_TIME_to_tm(
		X509_get0_notAfter(SSL_CTX_get0_certificate(c)), &end) != 1)
		fatal("the time of a certificate that was read");
	return timegm(&end);
}

static void
hash_spki(X509 *certificate, uint8_t out[HASH_SIZE])
{
	unsigned char *der = NULL;
	int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);

	if (len <= 0 ||
	    EVP_Digest(der, (size_t)len, out, NULL, EVP_sha256(), NULL) != 1)
		fatal("SHA-256");
	OPENSSL_free(der);
}

bool
tls_client(
    const SSL *ssl, uint8_t certificate[HASH_SIZE], uint8_t spki[HASH_SIZE])
{
	X509 *x = SSL_get0_peer_certificate(ssl);

	memset(certificate, 0, HASH_SIZE);
	memset(spki, 0, HASH_SIZE);
	if (x == NULL)
		return false;
	if (X509_digest(x, EVP_sha256(), certificate, NULL) != 1)
		fatal("SHA-256");
	hash_spki(x, spki);
	return true;
}

bool
tls_full(const SSL *ssl)
{
	return ssl != NULL && SSL_session_reused(ssl) == 0 &&
	    BIO_number_read(SSL_get_rbio(ssl)) > 0;
}

void
tls_remember(SSL *ssl)
{
	/* A ticket leaves with the next octets that are written; the number of a
	 * session of 1.2 the client has since the handshake. */
	if (SSL_version(ssl) >= TLS1_3_VERSION)
		(void)SSL_new_session_ticket(ssl);
	else
		(void)SSL_CTX_add_session(
		    SSL_get_SSL_CTX(ssl), SSL_get0_session(ssl));
	ERR_clear_error();
}

void
tls_goodbye(SSL *ssl)
{
	(void)SSL_shutdown(ssl);
	ERR_clear_error();
}
