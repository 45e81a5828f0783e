/* The HTTPS client against a server of OpenSSL's own on loopback: whom it
 * trusts, what it sends, what it makes of answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "registrar/client.h"

#define ANSWER "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"

static char folder[256];
static char ca_path[300], server_path[300], other_path[300], key_path[300];
static EVP_PKEY *key;
static X509 *server, *elsewhere, *presented;

static X509 *
certificate(const char *name, EVP_PKEY *subject, X509 *issuer, EVP_PKEY *by,
    const char *host, const char *path)
{
	X509 *x = X509_new();
	BIO *out = BIO_new_file(path, "w");
	X509V3_CTX context;
	X509_EXTENSION *e;

	X509_set_version(x, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 7);
	X509_gmtime_adj(X509_getm_notBefore(x), -60);
	X509_gmtime_adj(X509_getm_notAfter(x), 3600);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC,
	    (const unsigned char *)name, -1, -1, 0);
	X509_set_issuer_name(
	    x, X509_get_subject_name(issuer == NULL ? x : issuer));
	X509_set_pubkey(x, subject);
	X509V3_set_ctx(&context, x, x, NULL, NULL, 0);
	e = X509V3_EXT_conf_nid(NULL, &context,
	    issuer == NULL ? NID_basic_constraints : NID_subject_alt_name,
	    issuer == NULL ? "critical,CA:TRUE" : host);
	X509_add_ext(x, e, -1);
	X509_EXTENSION_free(e);
	assert_true(X509_sign(x, by, EVP_sha256()) > 0);
	assert_int_equal(PEM_write_bio_X509(out, x), 1);
	BIO_free(out);
	return x;
}

static int
make_files(void **state)
{
	EVP_PKEY *ca_key = EVP_EC_gen("P-256");
	X509 *ca, *other;
	BIO *out;

	(void)state;
	snprintf(folder, sizeof(folder), "%s/test_client.XXXXXX",
	    getenv("TMPDIR") == NULL ? "." : getenv("TMPDIR"));
	assert_non_null(mkdtemp(folder));
	path_join(ca_path, sizeof(ca_path), folder, "ca.pem");
	path_join(server_path, sizeof(server_path), folder, "server.pem");
	path_join(other_path, sizeof(other_path), folder, "other.pem");
	path_join(key_path, sizeof(key_path), folder, "server.key");
	key = EVP_EC_gen("P-256");
	ca = certificate("ca", ca_key, NULL, ca_key, NULL, ca_path);
	server = certificate(
	    "server", key, ca, ca_key, "DNS:localhost", server_path);
	elsewhere = certificate(
	    "elsewhere", key, ca, ca_key, "DNS:elsewhere.example", other_path);
	presented = server;
	other = certificate("other", key, NULL, key, NULL, other_path);
	assert_non_null(out = BIO_new_file(key_path, "w"));
	assert_int_equal(
	    PEM_write_bio_PrivateKey(out, key, NULL, NULL, 0, NULL, NULL), 1);
	BIO_free(out);
	X509_free(ca);
	X509_free(other);
	EVP_PKEY_free(ca_key);
	return 0;
}

static int
remove_files(void **state)
{
	(void)state;
	X509_free(server);
	X509_free(elsewhere);
	EVP_PKEY_free(key);
	unlink(ca_path);
	unlink(server_path);
	unlink(other_path);
	unlink(key_path);
	return rmdir(folder);
}

static int
any_client(X509_STORE_CTX *context, void *argument)
{
	(void)context;
	(void)argument;
	return 1;
}

/* Records that are no octets of an answer (RFC 8446 4.6): how often between the
 * others, and how many before any. */
static unsigned interrupted, before;

static void
interrupt_answer(SSL *ssl)
{
	if (SSL_new_session_ticket(ssl) != 1 || SSL_do_handshake(ssl) != 1 ||
	    SSL_key_update(ssl, SSL_KEY_UPDATE_REQUESTED) != 1 ||
	    SSL_do_handshake(ssl) != 1)
		_exit(5);
}

static void
hold_up(SSL *ssl)
{
	unsigned n;

	for (n = 0; n < before; n++)
		if (SSL_key_update(ssl, SSL_KEY_UPDATE_NOT_REQUESTED) != 1 ||
		    SSL_do_handshake(ssl) != 1)
			_exit(5);
}

/* One connection: the request must come with a client certificate and end with
 * "ping"; then the answer. Exits 0 if it was so. */
static _Noreturn void
serve(int listener, const char *answer)
{
	SSL_CTX *context = SSL_CTX_new(TLS_server_method());
	char text[2048] = "", waste[512];
	const int on = 1;
	size_t len = 0, sent;
	SSL *ssl;
	int fd, n;

	alarm(20);
	signal(SIGPIPE, SIG_IGN);
	SSL_CTX_use_certificate(context, presented);
	SSL_CTX_use_PrivateKey(context, key);
	SSL_CTX_set_verify(
	    context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	SSL_CTX_set_cert_verify_callback(context, any_client, NULL);
	fd = accept(listener, NULL, NULL);
	ssl = SSL_new(context);
	SSL_set_fd(ssl, fd);
	if (SSL_accept(ssl) != 1)
		_exit(2);
	while (strstr(text, "ping") == NULL) {
		n = SSL_read(ssl, text + len, (int)(sizeof(text) - 1 - len));
		if (n <= 0)
			_exit(3);
		len += (size_t)n;
		text[len] = '\0';
	}
	/* A record for each octet, and as few segments as may be. */
	setsockopt(fd, IPPROTO_TCP, TCP_CORK, &on, sizeof(on));
	hold_up(ssl);
	for (sent = 0; answer[sent] != '\0'; sent++) {
		if (interrupted > 0 && sent % interrupted == 0)
			interrupt_answer(ssl);
		SSL_write(ssl, answer + sent, 1);
	}
	SSL_shutdown(ssl);
	/* What the client says of keys is read: to close over it would be a
	 * reset, which takes the answer with it. */
	shutdown(fd, SHUT_WR);
	while (read(fd, waste, sizeof(waste)) > 0)
		;
	n = strncmp(text, "POST /x HTTP/1.1\r\nHost: localhost:", 33) == 0 &&
	    strstr(text, "\r\nContent-Length: 4\r\n") != NULL &&
	    SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name) != NULL;
	_exit(n ? 0 : 4);
}

static struct why said;

/* Starts the server, asks it, waits for its end. */
static enum reason
ask(const char *host, const char *trust, bool insecure, const char *answer,
    struct response *out, int *served)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(a);
	int listener = socket(AF_INET, SOCK_STREAM, 0);
	struct exchange e = { .method = "POST",
		.path = "/x",
		.content_type = "text/plain",
		.accept = "*/*",
		.body = span_str("ping") };
	struct client c = { .trust = trust, .insecure = insecure };
	struct identity identity;
	char url[64];
	enum reason r;
	pid_t child;

	assert_int_equal(bind(listener, (struct sockaddr *)&a, size), 0);
	assert_int_equal(listen(listener, 1), 0);
	getsockname(listener, (struct sockaddr *)&a, &size);
	snprintf(url, sizeof(url), "https://%s:%u", host, ntohs(a.sin_port));
	assert_true(url_parse(url, &c.url));
	if ((child = fork()) == 0)
		serve(listener, answer);
	close(listener);
	assert_int_equal(
	    identity_load(&identity, key_path, other_path, NULL, NULL, &said),
	    REASON_OK);
	c.identity = &identity;
	r = client_exchange(&c, &e, out, &said);
	identity_free(&identity);
	assert_int_equal(waitpid(child, served, 0), child);
	return r;
}

static void
exchanges_over_mutual_tls(void **state)
{
	const char *const trusts[] = { ca_path, server_path };
	struct response r;
	int served;
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		assert_int_equal(
		    ask("localhost", trusts[i], false,
			ANSWER "Content-Length: 4\r\n\r\npong", &r, &served),
		    REASON_OK);
		assert_int_equal(served, 0);
		assert_int_equal(r.status, 200);
		assert_true(span_is(buf_span(&r.body), "pong"));
		buf_free(&r.body);
	}
}

static unsigned reads;

enum response_state __real_response_read(
    struct span bytes, bool closed, struct response *out);
enum response_state __wrap_response_read(
    struct span bytes, bool closed, struct response *out);

enum response_state
__wrap_response_read(struct span bytes, bool closed, struct response *out)
{
	reads++;
	return __real_response_read(bytes, closed, out);
}

/* Else a server of a megabyte in small pieces has us read it a million times. */
static void
reads_an_answer_once_it_is_there(void **state)
{
	static char answer[4000];
	struct response r;
	int served, n;

	(void)state;
	n = snprintf(answer, sizeof(answer),
	    ANSWER "Content-Length: 3000\r\n\r\n%3000s", "pong");
	reads = 0;
	assert_int_equal(
	    ask("localhost", ca_path, false, answer, &r, &served), REASON_OK);
	assert_int_equal(served, 0);
	assert_int_equal(r.body.len, 3000);
	assert_true(reads > 0 && reads < (unsigned)n / 4);
	buf_free(&r.body);
}

static int64_t hurry; /* milliseconds that pass with each look at the clock */

int64_t __real_clock_ticks(void);
int64_t __wrap_clock_ticks(void);

int64_t
__wrap_clock_ticks(void)
{
	static int64_t ahead;

	ahead += hurry;
	return __real_clock_ticks() + ahead;
}

/* Without SSL_MODE_AUTO_RETRY such a record ends SSL_read() with nothing in hand,
 * and that is no end of the answer. */
static void
reads_on_behind_records_of_tls(void **state)
{
	struct response r;
	enum reason got;
	int served;

	(void)state;
	interrupted = 7;
	got = ask("localhost", ca_path, false,
	    ANSWER "Content-Length: 4\r\n\r\npong", &r, &served);
	interrupted = 0;
	if (got != REASON_OK)
		fail_msg("%s, server %x", said.text, (unsigned)served);
	assert_int_equal(served, 0);
	assert_int_equal(r.status, 200);
	assert_true(span_is(buf_span(&r.body), "pong"));
	buf_free(&r.body);
}

/* With it a server that never comes to its answer would be heard beyond the
 * deadline, which is looked at between records. */
static void
ends_at_its_deadline_among_records_of_tls(void **state)
{
	struct response r;
	int served;

	(void)state;
	before = 2000;
	hurry = CLIENT_DEADLINE / 500;
	assert_int_equal(
	    ask("localhost", ca_path, false,
		ANSWER "Content-Length: 4\r\n\r\npong", &r, &served),
	    REASON_CONNECT_FAILED);
	before = 0;
	hurry = 0;
	assert_non_null(strstr(said.text, "deadline"));
}

static void
refuses_strange_servers(void **state)
{
	struct response r;
	int served;

	(void)state;
	assert_int_equal(
	    ask("localhost", other_path, false, ANSWER, &r, &served),
	    REASON_SERVER_CERTIFICATE);
	/* The certificate does not name the address ... */
	assert_int_equal(ask("127.0.0.1", ca_path, false, ANSWER, &r, &served),
	    REASON_SERVER_CERTIFICATE);
	presented = elsewhere;
	assert_int_equal(ask("localhost", ca_path, false, ANSWER, &r, &served),
	    REASON_SERVER_CERTIFICATE);
	presented = server;
	/* ... which does not matter if it is known itself, or nothing is. */
	assert_int_equal(ask("127.0.0.1", server_path, false,
			     ANSWER "Content-Length: 0\r\n\r\n", &r, &served),
	    REASON_OK);
	buf_free(&r.body);
	assert_int_equal(ask("127.0.0.1", other_path, true,
			     ANSWER "Content-Length: 0\r\n\r\n", &r, &served),
	    REASON_OK);
	buf_free(&r.body);
}

static void
refuses_half_answers(void **state)
{
	struct response r;
	int served;

	(void)state;
	assert_int_equal(
	    ask("localhost", ca_path, false,
		ANSWER "Content-Length: 4\r\n\r\npon", &r, &served),
	    REASON_CONNECT_FAILED);
	assert_int_equal(
	    ask("localhost", ca_path, false, "what?\r\n\r\n", &r, &served),
	    REASON_CONNECT_FAILED);
}

static void
names_the_reason_of_a_refusal(void **state)
{
	struct response r = { .status = 403 };
	struct why why;

	(void)state;
	buf_init(&r.body, 1000);
	buf_printf(
	    &r.body, "%s\nid 7\n", reason_sentence(REASON_PROXIMITY_MISMATCH));
	assert_int_equal(response_refusal(&r, &why), REASON_PROXIMITY_MISMATCH);
	/* The status must fit as well; other words are passed on. */
	r.status = 404;
	assert_int_equal(response_refusal(&r, &why), REASON_ANSWER_REFUSED);
	buf_clear(&r.body);
	buf_add_text(&r.body, "no\x1b[2J");
	assert_int_equal(response_refusal(&r, &why), REASON_ANSWER_REFUSED);
	assert_string_equal(why.text, "status 404 no [2J");
	r.status = 503;
	assert_int_equal(response_refusal(&r, &why), REASON_CONNECT_FAILED);
	buf_free(&r.body);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exchanges_over_mutual_tls),
		cmocka_unit_test(reads_an_answer_once_it_is_there),
		cmocka_unit_test(reads_on_behind_records_of_tls),
		cmocka_unit_test(ends_at_its_deadline_among_records_of_tls),
		cmocka_unit_test(refuses_strange_servers),
		cmocka_unit_test(refuses_half_answers),
		cmocka_unit_test(names_the_reason_of_a_refusal),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, make_files, remove_files);
}
