/* Bad clients, slow clients, many clients, and a checker that is not there. */
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <errno.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"

#define CROWD 1000

static char reply[REPLY_MAX];

static int
start_default(void **state)
{
	struct http_limits l = world_limits();

	(void)state;
	world_start(&l, CLIENT_REQUIRED, 0);
	return 0;
}

static int
stop(void **state)
{
	(void)state;
	return world_stop();
}

static void
assert_has(const char *text)
{
	if (strstr(reply, text) == NULL)
		fail_msg("no %s in:\n%.1000s", text, reply);
}

static void
assert_serves(void)
{
	SSL *c = client_open(PLAIN_CLIENT);

	assert_non_null(c);
	client_post(c, "hello");
	assert_int_equal(client_reply(c, reply), 200);
	client_close(c);
}

/* --- lengths --- */

static void
a_lying_length(void **state)
{
	SSL *c = client_open(PLAIN_CLIENT);

	(void)state;
	/* Not one octet of the body: it is refused by what it says. */
	client_say(c,
	    "POST " VOUCHER " HTTP/1.1\r\nHost: l\r\nContent-Type: " CMS
	    "\r\nContent-Length: 104857600\r\n\r\n");
	assert_int_equal(client_reply(c, reply), 413);
	assert_has("[body-too-large, request ");
	assert_int_equal(client_rest(c, reply), 0);
	client_close(c);
}

/* A client that goes on sending is not reset: the refusal can be read (RFC 9112
 * 9.6). */
static void
a_refusal_is_readable(void **state)
{
	static char body[16384];
	struct http_limits l = world_limits();
	SSL *c;
	int i;

	(void)state;
	l.linger_ms = 20000;
	world_start(&l, CLIENT_REQUIRED, 0);
	c = client_open(PLAIN_CLIENT);
	client_say(c,
	    "POST " VOUCHER " HTTP/1.1\r\nHost: l\r\nContent-Type: "
	    "text/html\r\nContent-Length: 60000\r\n\r\n");
	client_write(c, body, sizeof(body));
	assert_int_equal(client_reply(c, reply), 415);
	assert_int_equal(client_rest(c, reply), 0);
	/* Below TLS, too, its side has ended; and only its side. */
	assert_int_equal(recv(SSL_get_fd(c), body, sizeof(body), 0), 0);
	for (i = 0; i < 10; i++)
		client_write(c, body, sizeof(body));
	client_close(c);
	assert_serves();
}

/* And to read over what comes ends, too. */
static void
an_endless_body(void **state)
{
	static char body[65536];
	SSL *c = client_open(PLAIN_CLIENT);
	int i, n = 1;

	(void)state;
	client_say(c,
	    "POST " VOUCHER " HTTP/1.1\r\nHost: l\r\nContent-Type: "
	    "text/html\r\nContent-Length: 60000\r\n\r\n");
	for (i = 0; i < 2000 && n > 0; i++) /* 128 MiB */
		n = SSL_write(c, body, sizeof(body));
	assert_true(n <= 0);
	client_close(c);
	assert_serves();
}

/* Keys updated without end cost the client little and the front much: it is neither
 * waited for, nor heard out. */
static void
endless_key_updates(void **state)
{
	struct http_limits l = world_limits();
	struct pollfd end = { .events = POLLIN };
	SSL *c;
	int i, n = 1;

	(void)state;
	l.idle_ms = 120000;
	world_start(&l, CLIENT_REQUIRED, 0);
	c = client_open(PLAIN_CLIENT);
	for (i = 0; i < 20000 && n == 1; i++)
		n = SSL_key_update(c, SSL_KEY_UPDATE_NOT_REQUESTED) == 1
		    ? SSL_do_handshake(c)
		    : 0;
	end.fd = SSL_get_fd(c);
	assert_int_equal(poll(&end, 1, 30000), 1);
	assert_int_equal(client_rest(c, reply), 0);
	client_close(c);
	assert_serves();
	/* A few are anybody's right. */
	c = client_open(PLAIN_CLIENT);
	for (i = 0; i < 20; i++) {
		assert_int_equal(
		    SSL_key_update(c, SSL_KEY_UPDATE_NOT_REQUESTED), 1);
		assert_int_equal(SSL_do_handshake(c), 1);
	}
	client_post(c, "hello");
	assert_int_equal(client_reply(c, reply), 200);
	client_close(c);
}

/* The last octet of "100 Continue" is not that of the refusal behind it. Header and
 * body come together, in two records, so that the one leaves when the other is
 * read. */
static void
a_bad_body_behind_an_expectation(void **state)
{
	SSL *c = client_open(PLAIN_CLIENT);

	(void)state;
	client_say(c,
	    "POST " VOUCHER " HTTP/1.1\r\nHost: l\r\nContent-Type: " CMS
	    "\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n");
	client_say(c, "no size\r\n");
	(void)client_rest(c, reply);
	assert_has("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 400 Bad Request\r\n");
	assert_has("[http-malformed, request ");
	client_close(c);
}

/* RFC 9110 9.3.2: a refusal of HEAD has no content, either, whatever it was that
 * was wrong. */
static void
refused_heads(void **state)
{
	static const char *const heads[] = { "HEAD /healthz HTTP/1.1\r\n\r\n",
		"HEAD /healthz HTTP/1.1\r\nHost: l\r\nX Y: z\r\n\r\n",
		"HEAD /nowhere HTTP/1.1\r\nHost: l\r\n\r\n" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		SSL *c = client_open(PLAIN_CLIENT);

		client_say(c, heads[i]);
		(void)client_rest(c, reply);
		assert_has("HTTP/1.1 40");
		assert_has("\r\nContent-Length: ");
		assert_string_equal(strstr(reply, "\r\n\r\n"), "\r\n\r\n");
		client_close(c);
	}
}

static void
garbage_instead_of_tls(void **state)
{
	static const char text[] = "GET / HTTP/1.1\r\nHost: l\r\n\r\n";
	int fd = client_connect(), i = 0;
	char out[512];
	ssize_t n;

	(void)state;
	assert_int_equal(send(fd, text, sizeof(text) - 1, MSG_NOSIGNAL),
	    (ssize_t)sizeof(text) - 1);
	while ((n = recv(fd, out, sizeof(out), 0)) > 0)
		assert_true(++i < 10);
	/* It ended; a front that keeps it has EAGAIN when patience does. */
	assert_true(n == 0 || errno == ECONNRESET);
	close(fd);
	assert_serves();
}

/* --- time --- */

static void
start_hurried(void)
{
	struct http_limits l = world_limits();

	l.header_ms = l.body_ms = 300;
	l.answer_ms = 1500;
	world_start(&l, CLIENT_REQUIRED, 0);
}

/* Octet by octet, each of them in time, all together too slow. */
static void
a_dripping_header(void **state)
{
	SSL *c;
	int i;

	(void)state;
	start_hurried();
	c = client_open(PLAIN_CLIENT);
	client_say(c, "GET /healthz HTTP/1.1\r\nHost: l\r\nX: ");
	for (i = 0; i < 2000; i++) {
		struct pollfd p = { SSL_get_fd(c), POLLIN, 0 };

		if (poll(&p, 1, 10) != 0)
			break;
		client_say(c, "a");
	}
	assert_true(i < 2000);
	assert_int_equal(client_reply(c, reply), 408);
	assert_has("[http-slow, request ");
	assert_int_equal(client_rest(c, reply), 0);
	client_close(c);
}

static void
a_body_that_does_not_come(void **state)
{
	SSL *c;

	(void)state;
	start_hurried();
	c = client_open(PLAIN_CLIENT);
	client_say(c,
	    "POST " VOUCHER " HTTP/1.1\r\nHost: l\r\nContent-Type: " CMS
	    "\r\nContent-Length: 10\r\n\r\nhello");
	assert_int_equal(client_reply(c, reply), 408);
	assert_int_equal(client_rest(c, reply), 0);
	client_close(c);
}

/* Nothing is said to a client that has asked nothing. */
static void
idle_and_handshake(void **state)
{
	struct http_limits l = world_limits();
	char out[16];
	SSL *c;
	int fd;

	(void)state;
	l.idle_ms = l.handshake_ms = 1500;
	world_start(&l, CLIENT_REQUIRED, 0);
	fd = client_connect();
	c = client_open(PLAIN_CLIENT);
	assert_int_equal(client_rest(c, reply), 0);
	assert_int_equal(recv(fd, out, sizeof(out), 0), 0);
	client_close(c);
	close(fd);
	assert_serves();
}

static void
a_checker_without_answer(void **state)
{
	SSL *c;

	(void)state;
	start_hurried();
	c = client_open(PLAIN_CLIENT);
	client_post(c, "silent");
	assert_int_equal(client_reply(c, reply), 503);
	assert_has("\r\nRetry-After: ");
	assert_has("[overload, request ");
	/* The answer that comes too late belongs to nobody. */
	client_post(c, "release");
	assert_int_equal(client_reply(c, reply), 200);
	client_post(c, "hello");
	assert_int_equal(client_reply(c, reply), 200);
	client_close(c);
}

static void
a_client_that_does_not_wait(void **state)
{
	SSL *c = client_open(PLAIN_CLIENT);

	(void)state;
	client_post(c, "silent");
	client_close(c);
	c = client_open(PLAIN_CLIENT);
	client_post(c, "release");
	assert_int_equal(client_reply(c, reply), 200);
	client_close(c);
}

/* --- crowds --- */

static void
idle_crowd(void **state)
{
	const struct rlimit files = { CROWD + 200, CROWD + 200 };
	struct http_limits l = world_limits();
	static int fds[CROWD];
	int i;

	(void)state;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &files), 0);
	l.connections = CROWD + 50;
	world_start(&l, CLIENT_REQUIRED, 0);
	for (i = 0; i < CROWD; i++)
		fds[i] = client_connect();
	assert_serves();
	for (i = 0; i < CROWD; i++)
		close(fds[i]);
}

/* A full house: the one that has waited longest for nothing makes room. */
static void
full_house(void **state)
{
	struct http_limits l = world_limits();
	SSL *idle[8], *busy;
	int i;

	(void)state;
	l.connections = 8;
	world_start(&l, CLIENT_REQUIRED, 0);
	busy = client_open(PLAIN_CLIENT);
	client_post(busy, "silent");
	for (i = 0; i < 7; i++) {
		idle[i] = client_open(PLAIN_CLIENT);
		client_post(idle[i], "hello");
		assert_int_equal(client_reply(idle[i], reply), 200);
	}
	idle[7] = client_open(PLAIN_CLIENT);
	client_post(idle[7], "hello");
	assert_int_equal(client_reply(idle[7], reply), 200);
	/* The first was dropped, the others were not. */
	assert_int_equal(client_rest(idle[0], reply), 0);
	for (i = 1; i < 7; i++) {
		client_post(idle[i], "hello");
		assert_int_equal(client_reply(idle[i], reply), 200);
	}
	client_post(idle[1], "release");
	assert_int_equal(client_reply(busy, reply), 403);
	for (i = 0; i < 8; i++)
		client_close(idle[i]);
	client_close(busy);
}

/* Connections that never shake hands do not keep others out. */
static void
full_of_strangers(void **state)
{
	struct http_limits l = world_limits();
	int fds[40], i;

	(void)state;
	l.connections = 8;
	world_start(&l, CLIENT_REQUIRED, 0);
	for (i = 0; i < 40; i++)
		fds[i] = client_connect();
	assert_serves();
	for (i = 0; i < 40; i++)
		close(fds[i]);
}

/* Who has left holds nothing any more: 20 seconds' worth of connections is what an
 * address may hold, and these are more, one behind the other. */
static void
comings_and_goings(void **state)
{
	struct http_limits l = world_limits();
	int i;

	(void)state;
	world_handshakes = 50;
	world_start(&l, CLIENT_REQUIRED, 0);
	world_handshakes = 0;
	for (i = 0; i < 50 * 20 + 10; i++)
		close(client_connect());
	assert_serves();
}

/* Nor do those that ask and do not take what they are given. */
static void
full_of_deaf_ears(void **state)
{
	struct http_limits l = world_limits();
	SSL *deaf[4];
	int i, n;

	(void)state;
	l.connections = 4;
	l.reply_ms = 120000;
	world_start(&l, CLIENT_REQUIRED, 0);
	for (i = 0; i < 4; i++) {
		deaf[i] = client_open(PLAIN_CLIENT);
		for (n = 0; n < 100; n++) /* 12.5 MiB of replies */
			client_post(deaf[i], "large");
	}
	assert_serves();
	for (i = 0; i < 4; i++)
		client_close(deaf[i]);
}

/* Where all are busy the next one waits outside and comes in later. */
static void
full_of_work(void **state)
{
	struct http_limits l = world_limits();
	SSL *busy[2];

	(void)state;
	l.connections = 2;
	l.answer_ms = 1500;
	world_start(&l, CLIENT_REQUIRED, 0);
	busy[0] = client_open(PLAIN_CLIENT);
	client_post(busy[0], "silent");
	busy[1] = client_open(PLAIN_CLIENT);
	client_post(busy[1], "silent");
	assert_serves(); /* after one of them had its 503 */
	client_close(busy[0]);
	client_close(busy[1]);
}

/* --- the programs around it --- */

static void
a_checker_that_dies(void **state)
{
	SSL *c = client_open(PLAIN_CLIENT), *other;
	int i;

	(void)state;
	client_post(c, "silent");
	other = client_open(PLAIN_CLIENT);
	client_post(other, "die");
	assert_int_equal(client_reply(c, reply), 503);
	assert_has("[unavailable, request ");
	assert_int_equal(client_reply(other, reply), 503);
	/* Without a checker: refused before the body, and unhealthy. */
	client_say(other, "GET /healthz HTTP/1.1\r\nHost: l\r\n\r\n");
	assert_int_equal(client_reply(other, reply), 503);
	checker_kill();
	checker_start();
	for (i = 0; i < 1000; i++) {
		SSL *again = client_open(PLAIN_CLIENT);
		unsigned status;

		client_post(again, "hello");
		status = client_reply(again, reply);
		client_close(again);
		if (status == 200)
			break;
		assert_int_equal(status, 503);
		poll(NULL, 0, 5);
	}
	assert_true(i < 1000);
	client_close(c);
	client_close(other);
}

/* What waits is answered, what is half said is refused, then it ends. */
static void
an_orderly_stop(void **state)
{
	struct http_limits l = world_limits();
	SSL *waiting, *half, *idle;

	(void)state;
	l.answer_ms = 1500;
	world_start(&l, CLIENT_REQUIRED, 0);
	waiting = client_open(PLAIN_CLIENT);
	idle = client_open(PLAIN_CLIENT);
	half = client_open(PLAIN_CLIENT);
	client_say(half, "GET /hea");
	client_post(waiting, "silent");
	assert_serves(); /* so the front has seen all of that */
	world_send_stop();
	assert_int_equal(client_reply(half, reply), 503);
	assert_has("[stopping, request ");
	assert_int_equal(client_rest(idle, reply), 0);
	assert_int_equal(client_reply(waiting, reply), 503);
	assert_has("[overload, request ");
	assert_has("\r\nConnection: close\r\n");
	client_close(half);
	client_close(idle);
	client_close(waiting);
	assert_int_equal(world_wait(), 0);
}

#define WITH_FRONT(test) \
	cmocka_unit_test_setup_teardown(test, start_default, stop)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		WITH_FRONT(a_lying_length),
		cmocka_unit_test_teardown(a_refusal_is_readable, stop),
		cmocka_unit_test_teardown(endless_key_updates, stop),
		WITH_FRONT(an_endless_body),
		WITH_FRONT(a_bad_body_behind_an_expectation),
		WITH_FRONT(refused_heads),
		WITH_FRONT(garbage_instead_of_tls),
		cmocka_unit_test_teardown(a_dripping_header, stop),
		cmocka_unit_test_teardown(a_body_that_does_not_come, stop),
		cmocka_unit_test_teardown(idle_and_handshake, stop),
		cmocka_unit_test_teardown(a_checker_without_answer, stop),
		WITH_FRONT(a_client_that_does_not_wait),
		cmocka_unit_test_teardown(idle_crowd, stop),
		cmocka_unit_test_teardown(full_house, stop),
		cmocka_unit_test_teardown(full_of_strangers, stop),
		cmocka_unit_test_teardown(comings_and_goings, stop),
		cmocka_unit_test_teardown(full_of_deaf_ears, stop),
		cmocka_unit_test_teardown(full_of_work, stop),
		WITH_FRONT(a_checker_that_dies),
		cmocka_unit_test(an_orderly_stop),
	};

	return cmocka_run_group_tests(tests, world_make, world_remove);
}
