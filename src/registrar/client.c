/* One HTTPS exchange, see client.h. */
#include "registrar/client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fatal.h"
#include "base/file.h"

struct connection {
	const struct client *client;
	int fd;
	int64_t deadline;
	SSL_CTX *context;
	SSL *ssl;
	struct certificate_file trusted;
	struct why *why;
};

static enum reason
failed(const struct connection *c, const char *act, const char *what)
{
	return why_set(c->why, REASON_CONNECT_FAILED, -1, "%s: %s: %s",
	    c->client->url.authority, act, what);
}

static enum reason
tls_failed(const struct connection *c, const char *act)
{
	long verified = SSL_get_verify_result(c->ssl);
	unsigned long e = ERR_peek_last_error();
	const char *text =
	    e == 0 ? "the connection ended" : ERR_reason_error_string(e);

	ERR_clear_error();
	if (verified != X509_V_OK && !c->client->insecure)
		return why_set(c->why, REASON_SERVER_CERTIFICATE, -1, "%s: %s",
		    c->client->url.authority,
		    X509_verify_cert_error_string(verified));
	return failed(c, act, text == NULL ? "TLS error" : text);
}

/* --- connecting --- */

/* Waits for the socket; false after the deadline. */
static bool
wait_for(const struct connection *c, short events)
{
	int64_t left;
	int n;

	do {
		struct pollfd p = { .fd = c->fd, .events = events };

		left = c->deadline - clock_ticks();
		if (left <= 0)
			return false;
		n = poll(&p, 1, (int)left);
	} while (n < 0 && errno == EINTR);
	return n > 0;
}

static bool
connect_to(struct connection *c, const struct addrinfo *a)
{
	int error = 0, one = 1;
	socklen_t len = sizeof(error);

	c->fd =
	    socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (c->fd < 0)
		return false;
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (connect(c->fd, a->ai_addr, a->ai_addrlen) == 0)
		return true;
	if (errno == EINPROGRESS && wait_for(c, POLLOUT) &&
	    getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &len) == 0 &&
	    error == 0)
		return true;
	if (error != 0)
		errno = error;
	else if (errno == EINPROGRESS)
		errno = ETIMEDOUT;
	close(c->fd);
	c->fd = -1;
	return false;
}

static enum reason
connect_any(struct connection *c)
{
	const struct addrinfo hints = { .ai_family = AF_UNSPEC,
		.ai_socktype = SOCK_STREAM };
	struct addrinfo *list, *a;
	int64_t deadline = c->deadline, now;
	int n, kept = 0, left = 0;

	n = getaddrinfo(
	    c->client->url.host, c->client->url.port, &hints, &list);
	if (n != 0)
		return failed(c, "resolve", gai_strerror(n));
	for (a = list; a != NULL; a = a->ai_next)
		left++;
	/* One that nothing comes back from leaves the others their share. */
	for (a = list; a != NULL && c->fd < 0; a = a->ai_next) {
		now = clock_ticks();
		c->deadline = now + (deadline - now) / left--;
		if (!connect_to(c, a))
			kept = errno;
	}
	c->deadline = deadline;
	freeaddrinfo(list);
	return c->fd >= 0 ? REASON_OK : failed(c, "connect", strerror(kept));
}

/* --- TLS --- */

/* The server's own certificate on file is enough; otherwise as X.509 says. */
static int
verify_server(X509_STORE_CTX *context, void *argument)
{
	const struct connection *c = argument;
	X509 *leaf = X509_STORE_CTX_get0_cert(context);
	unsigned char *der = NULL;
	int len = leaf == NULL ? -1 : i2d_X509(leaf, &der);
	bool known = c->client->insecure;
	unsigned i;

	for (i = 0; len > 0 && i < c->trusted.len; i++)
		known = known ||
		    span_eq(span_of(der, (size_t)len), c->trusted.list[i].der);
	OPENSSL_free(der);
	if (!known)
		return X509_verify_cert(context);
	X509_STORE_CTX_set_error(context, X509_V_OK);
	return 1;
}

static bool
trust_set(struct connection *c)
{
	X509_STORE *store = SSL_CTX_get_cert_store(c->context);
	unsigned i;

	if (c->client->trust == NULL)
		return SSL_CTX_set_default_verify_paths(c->context) == 1;
	for (i = 0; i < c->trusted.len; i++) {
		const unsigned char *at = c->trusted.list[i].der.ptr;
		X509 *x = d2i_X509(NULL, &at, (long)c->trusted.list[i].der.len);
		bool good = x != NULL && X509_STORE_add_cert(store, x) == 1;

		X509_free(x);
		if (!good)
			return false;
	}
	return true;
}

static bool
identity_set(struct connection *c)
{
	const struct identity *identity = c->client->identity;
	EVP_PKEY *key;
	unsigned i;
	bool good = true;

	if (identity == NULL)
		return true;
	for (i = 0; good && i < identity->len; i++) {
		const unsigned char *at = identity->chain[i].ptr;
		X509 *x = d2i_X509(NULL, &at, (long)identity->chain[i].len);

		good = x != NULL &&
		    (i == 0 ? SSL_CTX_use_certificate(c->context, x)
			    : SSL_CTX_add1_chain_cert(c->context, x)) == 1;
		X509_free(x);
	}
	key = private_key_native(identity->key);
	good = good && SSL_CTX_use_PrivateKey(c->context, key) == 1;
	EVP_PKEY_free(key);
	return good;
}

/* Name or address of the server, for SNI and for its certificate. */
static bool
name_set(struct connection *c)
{
	const char *host = c->client->url.host;
	uint8_t address[16];

	if (inet_pton(AF_INET, host, address) == 1 ||
	    inet_pton(AF_INET6, host, address) == 1)
		return X509_VERIFY_PARAM_set1_ip_asc(
			   SSL_get0_param(c->ssl), host) == 1;
	SSL_set_hostflags(c->ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	return SSL_set1_host(c->ssl, host) == 1 &&
	    SSL_set_tlsext_host_name(c->ssl, host) == 1;
}

static enum reason
tls_prepare(struct connection *c)
{
	enum reason r;

	if (c->client->trust != NULL &&
	    (r = certificates_load(&c->trusted, c->client->trust, c->why)) !=
		REASON_OK)
		return r;
	c->context = SSL_CTX_new(TLS_client_method());
	if (c->context == NULL ||
	    SSL_CTX_set_min_proto_version(c->context, TLS1_2_VERSION) != 1)
		fatal("TLS could not be set up");
	/* Our deadline is looked at between records. */
	SSL_CTX_clear_mode(c->context, SSL_MODE_AUTO_RETRY);
	SSL_CTX_set_verify(c->context, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_cert_verify_callback(c->context, verify_server, c);
	/* A MASA's issuing CA alone may be the anchor. */
	X509_VERIFY_PARAM_set_flags(
	    SSL_CTX_get0_param(c->context), X509_V_FLAG_PARTIAL_CHAIN);
	if (!trust_set(c) || !identity_set(c))
		return failed(
		    c, "TLS", "a certificate or key does not suit TLS");
	c->ssl = SSL_new(c->context);
	if (c->ssl == NULL || SSL_set_fd(c->ssl, c->fd) != 1 || !name_set(c))
		fatal("TLS could not be set up");
	return REASON_OK;
}

/* After an SSL call that did not succeed: waits for what it wants. false if it
 * failed for good or the deadline passed. */
static bool
again(const struct connection *c, int returned)
{
	switch (SSL_get_error(c->ssl, returned)) {
	case SSL_ERROR_WANT_READ:
		return wait_for(c, POLLIN);
	case SSL_ERROR_WANT_WRITE:
		return wait_for(c, POLLOUT);
	default:
		return false;
	}
}

static enum reason
handshake(struct connection *c)
{
	int n;

	ERR_clear_error();
	while ((n = SSL_connect(c->ssl)) != 1)
		if (!again(c, n))
			return tls_failed(c, "TLS handshake");
	return REASON_OK;
}

/* --- HTTP --- */

static enum reason
request_send(struct connection *c, const struct exchange *e)
{
	struct buf text;
	size_t done = 0;
	int n;

	buf_init(&text, ANSWER_MAX + HEADER_MAX);
	if (!buf_printf(&text,
		"%s %s HTTP/1.1\r\nHost: %s\r\n"
		"User-Agent: hallmark-registrar\r\nConnection: close\r\n"
		"Accept: %s\r\n",
		e->method, e->path, c->client->url.authority, e->accept) ||
	    (e->content_type != NULL &&
		!buf_printf(&text,
		    "Content-Type: %s\r\nContent-Length: %zu\r\n",
		    e->content_type, e->body.len)) ||
	    !buf_add_text(&text, "\r\n") || !buf_add(&text, e->body)) {
		buf_free(&text);
		return failed(c, "send", "the request is too long");
	}
	while (done < text.len) {
		n = SSL_write(c->ssl, text.ptr + done, (int)(text.len - done));
		if (n > 0)
			done += (size_t)n;
		else if (!again(c, n))
			break; /* perhaps an answer says why */
	}
	buf_free(&text);
	return REASON_OK;
}

/* It is read when nothing more is waiting: with each piece, however small a server
 * makes them, it would be work by the square of its length. */
static enum reason
response_receive(struct connection *c, struct response *out)
{
	enum response_state s = RESPONSE_MORE;
	struct buf text;
	uint8_t piece[16384];
	enum reason r = REASON_OK;

	buf_init(&text, ANSWER_MAX + 2 * HEADER_MAX);
	while (r == REASON_OK && s == RESPONSE_MORE) {
		int n = SSL_read(c->ssl, piece, sizeof(piece));
		bool closed =
		    n <= 0 && SSL_get_error(c->ssl, n) == SSL_ERROR_ZERO_RETURN;

		if (n > 0 && !buf_add(&text, span_of(piece, (size_t)n)))
			s = RESPONSE_BAD;
		else if (n <= 0)
			s = response_read(buf_span(&text), closed, out);
		if (s != RESPONSE_MORE)
			break;
		if (clock_ticks() >= c->deadline)
			r = failed(c, "answer", "deadline");
		else if (n <= 0 && !again(c, n) && clock_ticks() < c->deadline)
			r = tls_failed(c, "answer");
	}
	if (r == REASON_OK && s == RESPONSE_BAD)
		r = failed(c, "answer", "not well-formed HTTP, or too long");
	buf_free(&text);
	return r;
}

enum reason
client_exchange(const struct client *client, const struct exchange *e,
    struct response *out, struct why *why)
{
	struct connection c = { .client = client,
		.fd = -1,
		.why = why,
		.deadline = clock_ticks() + CLIENT_DEADLINE };
	enum reason r;

	memset(out, 0, sizeof(*out));
	if ((r = connect_any(&c)) == REASON_OK &&
	    (r = tls_prepare(&c)) == REASON_OK &&
	    (r = handshake(&c)) == REASON_OK &&
	    (r = request_send(&c, e)) == REASON_OK)
		r = response_receive(&c, out);
	if (r == REASON_OK)
		(void)SSL_shutdown(c.ssl);
	SSL_free(c.ssl);
	SSL_CTX_free(c.context);
	certificates_free(&c.trusted);
	if (c.fd >= 0)
		close(c.fd);
	ERR_clear_error();
	return r;
}

static bool
body_says(const struct response *r, const char *sentence)
{
	size_t len = strlen(sentence);

	return len > 0 && r->body.len >= len &&
	    memmem(r->body.ptr, r->body.len, sentence, len) != NULL;
}

enum reason
response_refusal(const struct response *r, struct why *why)
{
	char text[160];
	size_t n;
	unsigned i;

	for (i = REASON_OK + 1; i < REASON_COUNT; i++)
		if (reason_status((enum reason)i) == r->status &&
		    body_says(r, reason_sentence((enum reason)i)))
			return why_set(
			    why, (enum reason)i, -1, "status %u", r->status);
	/* Another maker's service: its own words, as far as they are text. */
	for (n = 0; n < r->body.len && n + 1 < sizeof(text); n++)
		text[n] = r->body.ptr[n] < 0x20 || r->body.ptr[n] > 0x7e
		    ? ' '
		    : (char)r->body.ptr[n];
	text[n] = '\0';
	return why_set(why,
	    r->status == 503 ? REASON_CONNECT_FAILED : REASON_ANSWER_REFUSED,
	    -1, "status %u %s", r->status, text);
}
