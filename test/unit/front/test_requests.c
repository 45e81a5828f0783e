/* Good clients and the front: what is handed on, what comes back. */
#include "world.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <fcntl.h>
#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

static char reply[REPLY_MAX];

static int
start_default(void **state)
{
	struct http_limits l = world_limits();

	(void)state;
	world_start(&l, CLIENT_REQUIRED, 0);
	return 0;
}

/* Every test ends with an orderly stop of the front. */
static int
stop(void **state)
{
	(void)state;
	return world_stop();
}

/* curl with the client's certificate. */
static int
curl(const char *arguments)
{
	return run(reply, sizeof(reply),
	    "cd %s && curl -sS -i --cacert "
	    "first.pem --cert client.pem --key client.key %s "
	    "https://localhost:%d" VOUCHER,
	    folder, arguments, port);
}

#define DATA "-H 'Content-Type: " CMS "' --data-binary "

static void
assert_has(const char *text)
{
	if (strstr(reply, text) == NULL)
		fail_msg("no %s in:\n%.1000s", text, reply);
}

static void
a_voucher_by_curl(void **state)
{
	char line[256];

	(void)state;
	assert_int_equal(curl(DATA "hello"), 0);
	assert_has("HTTP/1.1 200 OK\r\n");
	assert_has("\r\nContent-Type: " CMS "\r\n");
	assert_has("\r\nCache-Control: no-store\r\n");
	assert_has("\r\nDate: ");
	assert_has("kind=1 format=1 reply=1 legacy=0 allowed=0 len=5 "
		   "address=127.0.0.1 id=16 ");
	/* As openssl and sha256sum see the certificate. */
	snprintf(line, sizeof(line), "client=%s key=%s\n", client_sha256,
	    client_key_sha256);
	assert_has(line);
}

static void
an_audit_log_by_curl(void **state)
{
	(void)state;
	assert_int_equal(
	    run(reply, sizeof(reply),
		"cd %s && curl -sS -i "
		"--cacert first.pem --cert client.pem --key client.key "
		"-H 'Accept: text/html' " DATA "x https://localhost:%d" AUDIT,
		folder, port),
	    0);
	assert_has("HTTP/1.1 200 OK\r\n");
	assert_has("\r\nContent-Type: application/json\r\n");
	assert_has("kind=2 ");
}

static void
chunks_by_curl(void **state)
{
	(void)state;
	assert_int_equal(
	    curl("-H 'Transfer-Encoding: chunked' " DATA "@first.pem"), 0);
	assert_has("HTTP/1.1 200 OK\r\n");
	assert_has("kind=1 ");
}

/* curl waits for 100 (Continue) with bodies of over 1 MiB, or when told. */
static void
expectation_by_curl(void **state)
{
	(void)state;
	assert_int_equal(curl("-H 'Expect: 100-continue' "
			      "--expect100-timeout 15 " DATA "hello"),
	    0);
	assert_has("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n");
}

static void
two_requests_on_one_connection(void **state)
{
	(void)state;
	assert_int_equal(
	    run(reply, sizeof(reply),
		"cd %s && curl -sS --cacert "
		"first.pem --cert client.pem --key client.key -o two.out -w "
		"'%%{http_code} %%{num_connects};' " DATA "hello "
		"https://localhost:%d" VOUCHER
		" -o two.out https://localhost:%d" VOUCHER,
		folder, port, port),
	    0);
	assert_string_equal(reply, "200 1;200 0;");
}

static void
health(void **state)
{
	(void)state;
	assert_int_equal(
	    run(reply, sizeof(reply),
		"cd %s && curl -sS -i "
		"--cacert first.pem --cert client.pem --key client.key "
		"https://localhost:%d/healthz -I https://localhost:%d/healthz",
		folder, port, port),
	    0);
	assert_has("HTTP/1.1 200 OK\r\n");
	assert_has("\r\nContent-Length: 3\r\n");
	assert_null(strstr(reply, "\r\n\r\nok\n")); /* HEAD, both */
	assert_int_equal(
	    run(reply, sizeof(reply),
		"cd %s && curl -sS "
		"--cacert first.pem --cert client.pem --key client.key "
		"https://localhost:%d/healthz",
		folder, port),
	    0);
	assert_string_equal(reply, "ok\n");
}

static void
a_refusal_keeps_the_connection(void **state)
{
	SSL *c = client_open(PLAIN_CLIENT);

	(void)state;
	assert_non_null(c);
	client_post(c, "refuse");
	assert_int_equal(client_reply(c, reply), 403);
	assert_has("\r\nContent-Type: text/plain; charset=utf-8\r\n");
	assert_has("id-kp-cmcRA. CN=somebody (RFC 8995 5.5.4) "
		   "[not-a-registrar, request ");
	client_post(c, "hello");
	assert_int_equal(client_reply(c, reply), 200);
	client_close(c);
}

static void
refusals_of_the_header(void **state)
{
	static const struct {
		const char *text;
		unsigned status;
		const char *has;
	} cases[] = {
		{ "GET " VOUCHER " HTTP/1.1\r\nHost: l\r\n\r\n", 405,
		    "\r\nAllow: POST\r\n" },
		{ "POST /healthz HTTP/1.1\r\nHost: l\r\n"
		  "Content-Length: 0\r\n\r\n",
		    405, "\r\nAllow: GET, HEAD\r\n" },
		{ "POST /.well-known/est/requestvoucher HTTP/1.1\r\nHost: l\r\n"
		  "Content-Length: 0\r\n\r\n",
		    404, "[path-unknown, request " },
		{ "POST " VOUCHER " HTTP/1.1\r\nHost: l\r\n"
		  "Content-Type: text/html\r\nContent-Length: 1\r\n"
		  "Expect: 100-continue\r\n\r\n",
		    415, "text/html" },
		{ "GET / HTTP/1.1\nHost: l\n\n", 400, "[http-malformed" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		SSL *c = client_open(PLAIN_CLIENT);

		assert_non_null(c);
		client_say(c, cases[i].text);
		assert_int_equal(client_reply(c, reply), cases[i].status);
		assert_has(cases[i].has);
		assert_has("\r\nConnection: close\r\n");
		assert_int_equal(client_rest(c, reply), 0);
		client_close(c);
	}
}

static void
old_paths_behind_a_switch(void **state)
{
	struct http_limits l = world_limits();
	SSL *c;

	(void)state;
	world_start(&l, CLIENT_REQUIRED, legacy_defaults());
	c = client_open(PLAIN_CLIENT);
	client_say(c,
	    "POST /.well-known/est/requestvoucher HTTP/1.1\r\n"
	    "Host: l\r\nContent-Type: application/pkcs7-mime\r\n"
	    "Accept: */*\r\nContent-Length: 1\r\n\r\nx");
	assert_int_equal(client_reply(c, reply), 200);
	assert_has("legacy=12 allowed=28 "); /* path and type */
	assert_has("\r\nContent-Type: application/pkcs7-mime\r\n");
	client_close(c);
}

static void
pipelined(void **state)
{
	static const char one[] =
	    "POST " VOUCHER " HTTP/1.1\r\nHost: l\r\n"
	    "Content-Type: " CMS "\r\nContent-Length: 2\r\n\r\nab";
	static const char two[] =
	    "\r\nPOST " VOUCHER " HTTP/1.1\r\nHost: l\r\n"
	    "Content-Type: " CMS "\r\nTransfer-Encoding: chunked\r\n\r\n"
	    "3\r\nabc\r\n0\r\n\r\n";
	static const char three[] = "GET /healthz HTTP/1.0\r\n\r\n";
	char all[1024];
	SSL *c = client_open(PLAIN_CLIENT);

	(void)state;
	snprintf(all, sizeof(all), "%s%s%s", one, two, three);
	client_say(c, all); /* one record */
	assert_int_equal(client_reply(c, reply), 200);
	assert_has("len=2 ");
	assert_int_equal(client_reply(c, reply), 200);
	assert_has("len=3 ");
	assert_int_equal(client_reply(c, reply), 200);
	assert_has("\r\n\r\nok\n");
	assert_int_equal(client_rest(c, reply), 0);
	client_close(c);
}

static void
half_closed(void **state)
{
	SSL *c = client_open(PLAIN_CLIENT);

	(void)state;
	client_post(c, "hello");
	(void)SSL_shutdown(c); /* no more from us */
	shutdown(SSL_get_fd(c), SHUT_WR);
	assert_int_equal(client_reply(c, reply), 200);
	assert_int_equal(client_rest(c, reply), 0);
	client_close(c);
}

static void
a_large_answer(void **state)
{
	SSL *c = client_open(PLAIN_CLIENT);

	(void)state;
	client_post(c, "large");
	assert_int_equal(client_reply(c, reply), 200);
	assert_has("\r\nContent-Length: 131072\r\n");
	assert_int_equal(strspn(strstr(reply, "\r\n\r\n") + 4, "x"), 131072);
	client_close(c);
}

/* Nobody is kept out of the log by health checks, which have no line in it. */
static void
health_and_the_log(void **state)
{
	static const char one[] = "GET /healthz HTTP/1.1\r\nHost: l\r\n\r\n";
	static char all[150 * sizeof(one)];
	struct http_limits l = world_limits();
	int kept = dup(STDERR_FILENO), log;
	char path[PATH_MAX];
	ssize_t len;
	unsigned i;
	SSL *c;

	(void)state;
	snprintf(path, sizeof(path), "%s/log", folder);
	log = open(path, O_RDWR | O_CREAT | O_APPEND, 0600);
	assert_int_equal(dup2(log, STDERR_FILENO), STDERR_FILENO);
	world_start(&l, CLIENT_REQUIRED, 0);
	assert_int_equal(dup2(kept, STDERR_FILENO), STDERR_FILENO);
	c = client_open(PLAIN_CLIENT);
	for (i = 0; i < 150; i++)
		strcat(all, one);
	client_say(c, all);
	for (i = 0; i < 150; i++)
		assert_int_equal(client_reply(c, reply), 200);
	client_say(c, "GET /elsewhere HTTP/1.1\r\nHost: l\r\n\r\n");
	assert_int_equal(client_reply(c, reply), 404);
	client_close(c);
	assert_int_equal(world_stop(), 0);
	len = pread(log, reply, sizeof(reply) - 1, 0);
	assert_true(len > 0);
	reply[len] = '\0';
	assert_has("path-unknown");
	assert_null(strstr(reply, "healthz"));
	close(log);
	close(kept);
}

/* --- TLS --- */

static void
no_certificate(void **state)
{
	(void)state;
	assert_int_not_equal(run(reply, sizeof(reply),
				 "cd %s && curl -sS "
				 "--cacert first.pem " DATA
				 "hello https://localhost:%d" VOUCHER " 2>&1",
				 folder, port),
	    0);
	/* RFC 8446 4.4.2.4: the alert, and not only a reset, arrives. */
	assert_has("certificate required");
}

static void
no_certificate_where_that_is_allowed(void **state)
{
	struct http_limits l = world_limits();
	SSL *c;

	(void)state;
	world_start(&l, CLIENT_OPTIONAL, 0);
	c = client_open(NO_CERTIFICATE);
	client_post(c, "hello");
	assert_int_equal(client_reply(c, reply), 200);
	assert_has("client=0000000000000000000000000000000000000000000000000000"
		   "000000000000 key=00000000000000000000");
	client_close(c);
	c = client_open(PLAIN_CLIENT);
	client_post(c, "hello");
	assert_int_equal(client_reply(c, reply), 200);
	assert_has(client_sha256);
	client_close(c);
}

/* issuer, dates and usage are not looked at. */
static void
an_expired_certificate(void **state)
{
	(void)state;
	assert_int_equal(
	    run(reply, sizeof(reply),
		"cd %s && openssl req -new "
		"-key client.key -subj /CN=old -out old.csr && openssl x509 "
		"-req "
		"-in old.csr -signkey client.key -days -1 -out old.pem "
		"2>old.err && "
		"curl -sS --cacert first.pem --cert old.pem --key "
		"client.key " DATA "hello https://localhost:%d" VOUCHER,
		folder, port),
	    0);
	assert_has(client_key_sha256);
}

static void
key_of_kind(const char *kind)
{
	assert_int_equal(run(reply, sizeof(reply),
			     "cd %s && openssl genpkey -algorithm %s "
			     "-out kind.key 2>kind.err",
			     folder, kind),
	    0);
}

/* curl with the key in kind.key. */
static int
curl_with_key(void)
{
	return run(reply, sizeof(reply),
	    "cd %s && openssl req -x509 -new -key kind.key -subj /CN=kind "
	    "-out kind.pem && curl -sSf --cacert first.pem --cert kind.pem "
	    "--key kind.key " DATA "hello https://localhost:%d" VOUCHER " 2>&1",
	    folder, port);
}

/* Every kind of key that a certificate of a client may hold. */
static void
keys_of_all_kinds(void **state)
{
	static const char *const kinds[] = {
		"EC -pkeyopt ec_paramgen_curve:P-384",
		"EC -pkeyopt ec_paramgen_curve:P-521",
		"RSA -pkeyopt rsa_keygen_bits:2048",
		"RSA-PSS -pkeyopt rsa_keygen_bits:2048", "ED25519", "ED448"
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		key_of_kind(kinds[i]);
		assert_int_equal(curl_with_key(), 0);
	}
}

/* A prime of 4,096 bits of RFC 7919, beside that of RFC 3526. */
static BIGNUM *
other_prime(void)
{
	OSSL_PARAM how[] = { OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME,
				 (char *)(uintptr_t) "ffdhe4096", 9),
		OSSL_PARAM_END };
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_name(NULL, "DH", NULL);
	EVP_PKEY *key = NULL;
	BIGNUM *prime = NULL;

	assert_int_equal(EVP_PKEY_paramgen_init(c), 1);
	assert_int_equal(EVP_PKEY_CTX_set_params(c, how), 1);
	assert_int_equal(EVP_PKEY_generate(c, &key), 1);
	assert_int_equal(
	    EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_FFC_P, &prime), 1);
	EVP_PKEY_free(key);
	EVP_PKEY_CTX_free(c);
	return prime;
}

/* kind.key of primes that everybody knows, since to find such takes minutes. */
static void
rsa_write(BIGNUM *p, BIGNUM *q, const char *exponent)
{
	OSSL_PARAM_BLD *parts = OSSL_PARAM_BLD_new();
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	BN_CTX *room = BN_CTX_new();
	BIGNUM *n[8], *e = NULL;
	OSSL_PARAM *built;
	EVP_PKEY *key = NULL;
	char path[PATH_MAX];
	unsigned i;
	FILE *f;

	for (i = 0; i < 8; i++)
		n[i] = BN_new();
	assert_true(BN_hex2bn(&e, exponent) > 0);
	BN_mul(n[0], p, q, room);
	BN_sub(n[1], p, BN_value_one());
	BN_sub(n[2], q, BN_value_one());
	BN_mul(n[3], n[1], n[2], room);
	assert_non_null(BN_mod_inverse(n[4], e, n[3], room));
	BN_mod(n[5], n[4], n[1], room);
	BN_mod(n[6], n[4], n[2], room);
	assert_non_null(BN_mod_inverse(n[7], q, p, room));
	OSSL_PARAM_BLD_push_BN(parts, OSSL_PKEY_PARAM_RSA_N, n[0]);
	OSSL_PARAM_BLD_push_BN(parts, OSSL_PKEY_PARAM_RSA_E, e);
	OSSL_PARAM_BLD_push_BN(parts, OSSL_PKEY_PARAM_RSA_D, n[4]);
	OSSL_PARAM_BLD_push_BN(parts, OSSL_PKEY_PARAM_RSA_FACTOR1, p);
	OSSL_PARAM_BLD_push_BN(parts, OSSL_PKEY_PARAM_RSA_FACTOR2, q);
	OSSL_PARAM_BLD_push_BN(parts, OSSL_PKEY_PARAM_RSA_EXPONENT1, n[5]);
	OSSL_PARAM_BLD_push_BN(parts, OSSL_PKEY_PARAM_RSA_EXPONENT2, n[6]);
	OSSL_PARAM_BLD_push_BN(parts, OSSL_PKEY_PARAM_RSA_COEFFICIENT1, n[7]);
	assert_non_null(built = OSSL_PARAM_BLD_to_param(parts));
	assert_int_equal(EVP_PKEY_fromdata_init(c), 1);
	assert_int_equal(
	    EVP_PKEY_fromdata(c, &key, EVP_PKEY_KEYPAIR, built), 1);
	snprintf(path, sizeof(path), "%s/kind.key", folder);
	assert_non_null(f = fopen(path, "w"));
	assert_int_equal(
	    PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL), 1);
	assert_int_equal(fclose(f), 0);
	EVP_PKEY_free(key);
	EVP_PKEY_CTX_free(c);
	OSSL_PARAM_free(built);
	OSSL_PARAM_BLD_free(parts);
	BN_CTX_free(room);
	for (i = 0; i < 8; i++)
		BN_free(n[i]);
	BN_free(e);
	BN_free(q);
	BN_free(p);
}

/* The largest RSA key that MP 17 has and the longest exponent that is taken
 * anywhere; and what costs more to check than these, or more to read. */
static void
costly_keys(void **state)
{
	(void)state;
	key_of_kind("EC -pkeyopt ec_paramgen_curve:P-256 "
		    "-pkeyopt ec_param_enc:explicit");
	assert_int_not_equal(curl_with_key(), 0);
	assert_has("alert");
	rsa_write(BN_get_rfc3526_prime_4096(NULL), other_prime(), "0100000001");
	if (curl_with_key() != 0)
		fail_msg("%s", reply);
	rsa_write(BN_get_rfc3526_prime_4096(NULL), other_prime(), "0200000001");
	assert_int_not_equal(curl_with_key(), 0);
	assert_has("bad certificate");
	rsa_write(BN_get_rfc3526_prime_6144(NULL), other_prime(), "010001");
	assert_int_not_equal(curl_with_key(), 0);
	assert_has("bad certificate");
}

/* Every suite that OpenSSL has on by itself and a P-256 key can serve; those
 * of RSA keys are made of the same ciphers. And every group. */
static void
suites_of_all_kinds(void **state)
{
	static const char *const suites[] = {
		"--tlsv1.3 --tls13-ciphers TLS_AES_256_GCM_SHA384",
		"--tlsv1.3 --tls13-ciphers TLS_AES_128_GCM_SHA256",
		"--tlsv1.3 --tls13-ciphers TLS_CHACHA20_POLY1305_SHA256",
		"--tls-max 1.2 --ciphers ECDHE-ECDSA-AES256-GCM-SHA384",
		"--tls-max 1.2 --ciphers ECDHE-ECDSA-AES128-GCM-SHA256",
		"--tls-max 1.2 --ciphers ECDHE-ECDSA-CHACHA20-POLY1305",
		"--tls-max 1.2 --ciphers ECDHE-ECDSA-AES256-SHA384",
		"--tls-max 1.2 --ciphers ECDHE-ECDSA-AES128-SHA256",
		"--tls-max 1.2 --ciphers ECDHE-ECDSA-AES256-SHA",
		"--tls-max 1.2 --ciphers ECDHE-ECDSA-AES128-SHA",
		"--tlsv1.3 --curves P-256", "--tlsv1.3 --curves P-384",
		"--tls-max 1.2 --curves P-256"
	};
	char arguments[200];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(suites) / sizeof(suites[0]); i++) {
		snprintf(arguments, sizeof(arguments), "-f %s " DATA "hello",
		    suites[i]);
		if (curl(arguments) != 0)
			fail_msg("%s:\n%.500s", suites[i], reply);
	}
}

static void
resumption(void **state)
{
	SSL *c = client_open(PLAIN_CLIENT);

	(void)state;
	client_forget_session();
	client_post(c, "refuse");
	assert_int_equal(client_reply(c, reply), 403);
	assert_false(client_has_session()); /* for strangers: none */
	client_post(c, "hello");
	assert_int_equal(client_reply(c, reply), 200);
	assert_true(client_has_session());
	client_close(c);
	/* Without a certificate: it comes with the session. */
	c = client_open(RESUME | NO_CERTIFICATE);
	assert_non_null(c);
	assert_true(SSL_session_reused(c));
	client_post(c, "hello");
	assert_int_equal(client_reply(c, reply), 200);
	assert_has(client_sha256);
	assert_has(client_key_sha256);
	client_close(c);
}

static void
protocols(void **state)
{
	(void)state;
	assert_int_not_equal(
	    run(reply, sizeof(reply),
		"cd %s && openssl "
		"s_client -connect 127.0.0.1:%d -cert client.pem -key "
		"client.key "
		"-tls1_1 -cipher ALL:@SECLEVEL=0 </dev/null 2>&1",
		folder, port),
	    0);
	assert_has("alert protocol version");
	assert_int_equal(
	    run(reply, sizeof(reply),
		"cd %s && openssl s_client "
		"-connect 127.0.0.1:%d -cert client.pem -key client.key "
		"-tls1_2 "
		"-alpn h2,http/1.1 -servername localhost </dev/null 2>&1",
		folder, port),
	    0);
	assert_has("ALPN protocol: http/1.1");
	assert_has("No client certificate CA names sent");
	assert_int_not_equal(run(reply, sizeof(reply),
				 "cd %s && openssl "
				 "s_client -connect 127.0.0.1:%d -cert "
				 "client.pem -key client.key "
				 "-alpn h2 </dev/null 2>&1",
				 folder, port),
	    0);
	assert_has("alert no application protocol");
}

static bool
serves(const char *name)
{
	char subject[64] = "";
	SSL *c = client_open(PLAIN_CLIENT);
	X509 *x = SSL_get1_peer_certificate(c);

	X509_NAME_get_text_by_NID(
	    X509_get_subject_name(x), NID_commonName, subject, sizeof(subject));
	X509_free(x);
	client_close(c);
	return strcmp(subject, name) == 0;
}

static void
a_new_certificate(void **state)
{
	SSL *old;
	int i;

	(void)state;
	assert_true(serves("first"));
	old = client_open(PLAIN_CLIENT);
	world_reload();
	/* The order arrives by another way than connections do. */
	for (i = 0; i < 1000 && !serves("second"); i++)
		poll(NULL, 0, 5);
	assert_true(serves("second"));
	client_post(old, "hello");
	assert_int_equal(client_reply(old, reply), 200);
	client_close(old);
}

#define WITH_FRONT(test) \
	cmocka_unit_test_setup_teardown(test, start_default, stop)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		WITH_FRONT(a_voucher_by_curl),
		WITH_FRONT(an_audit_log_by_curl),
		WITH_FRONT(chunks_by_curl),
		WITH_FRONT(expectation_by_curl),
		WITH_FRONT(two_requests_on_one_connection),
		WITH_FRONT(health),
		cmocka_unit_test(health_and_the_log),
		WITH_FRONT(a_refusal_keeps_the_connection),
		WITH_FRONT(refusals_of_the_header),
		cmocka_unit_test_teardown(old_paths_behind_a_switch, stop),
		WITH_FRONT(pipelined),
		WITH_FRONT(half_closed),
		WITH_FRONT(a_large_answer),
		WITH_FRONT(no_certificate),
		cmocka_unit_test_teardown(
		    no_certificate_where_that_is_allowed, stop),
		WITH_FRONT(an_expired_certificate),
		WITH_FRONT(keys_of_all_kinds),
		WITH_FRONT(costly_keys),
		WITH_FRONT(suites_of_all_kinds),
		WITH_FRONT(resumption),
		WITH_FRONT(protocols),
		WITH_FRONT(a_new_certificate),
	};

	return cmocka_run_group_tests(tests, world_make, world_remove);
}
