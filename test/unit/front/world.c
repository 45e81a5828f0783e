/* See world.h. */
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <arpa/inet.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fatal.h"
#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "ipc/children.h"
#include "ipc/sandbox.h"
#include "ipc/spawn.h"
#include "wire/cbor.h"

#define PATIENCE 20 /* seconds for what must come */
#define LARGE	 131072

char folder[256];
int port;
char client_sha256[65], client_key_sha256[65];

static struct channel control;
static pid_t front_pid = -1, checker_pid = -1;
static struct message_start start;
static SSL_SESSION *kept;

/* --- no walls here: behind them leaks cannot be looked for --- */

void
sandbox_enter(enum role role, int fd, uint32_t user, uint32_t group)
{
	(void)role;
	(void)user;
	(void)group;
	close(fd);
}

void
sandbox_close(enum role role)
{
	(void)role;
}

/* --- files --- */

int
run(char *out, size_t cap, const char *format, ...)
{
	char command[4096];
	va_list arguments;
	size_t n;
	FILE *f;

	va_start(arguments, format);
	vsnprintf(command, sizeof(command), format, arguments);
	va_end(arguments);
	f = popen(command, "r");
	assert_non_null(f);
	n = fread(out, 1, cap - 1, f);
	out[n] = '\0';
	return WEXITSTATUS(pclose(f));
}

static void
must(const char *what, char *out, size_t cap)
{
	if (run(out, cap, "cd %s && %s", folder, what) != 0)
		fail_msg("%s", what);
}

static void
make_certificate(const char *name)
{
	char command[512], out[64];

	snprintf(command, sizeof(command),
	    "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 "
	    "-nodes -keyout %s.key -out %s.pem -subj /CN=%s -days 2 "
	    "-addext subjectAltName=DNS:localhost 2>%s.err",
	    name, name, name, name);
	must(command, out, sizeof(out));
}

int
world_make(void **state)
{
	char here[PATH_MAX], out[128];

	(void)state;
	log_open("test");
	signal(SIGPIPE, SIG_IGN);
	assert_non_null(
	    realpath(getenv("TMPDIR") == NULL ? "." : getenv("TMPDIR"), here));
	assert_true(snprintf(folder, sizeof(folder), "%s/front.XXXXXX", here) <
	    (int)sizeof(folder));
	assert_non_null(mkdtemp(folder));
	make_certificate("client");
	make_certificate("first");
	make_certificate("second");
	must("mkdir front && cp first.pem front/tls.pem && "
	     "cp first.key front/tls.key",
	    out, sizeof(out));
	must("openssl x509 -in client.pem -outform DER | sha256sum",
	    client_sha256, sizeof(client_sha256));
	must("openssl x509 -in client.pem -noout -pubkey | "
	     "openssl pkey -pubin -outform DER | sha256sum",
	    client_key_sha256, sizeof(client_key_sha256));
	return 0;
}

int
world_remove(void **state)
{
	char out[16];

	(void)state;
	client_forget_session();
	return run(out, sizeof(out), "rm -rf %s", folder);
}

/* --- the checker's part --- */

static void
checker_answer(struct channel *c, uint64_t id, const struct message_answer *a)
{
	static uint8_t room[FRAME_MAX];
	struct cbor_out o;
	struct span frame;

	frame_begin(&o, room, MESSAGE_ANSWER, id);
	message_answer_put(&o, a);
	if (cbor_out_span(&o, &frame) != WIRE_OK || !channel_send(c, frame, -1))
		_exit(3);
}

static void
tell(struct channel *c, uint64_t id, const struct message_check *m)
{
	char client[65], key[65], text[512];
	struct message_answer a = { .format = m->kind == REQUEST_VOUCHER
		    ? format_list_at(m->reply, 0)
		    : FORMAT_NONE };

	hex_encode(client, span_of(m->client_sha256, HASH_SIZE));
	hex_encode(key, span_of(m->client_spki_sha256, HASH_SIZE));
	snprintf(text, sizeof(text),
	    "kind=%d format=%d reply=%d legacy=%u allowed=%u "
	    "len=%zu address=%s id=%zu client=%s key=%s\n",
	    (int)m->kind, (int)m->format, (int)format_list_at(m->reply, 0),
	    m->legacy, m->allowed, m->body.len, m->address,
	    strlen(m->correlation), client, key);
	a.body = span_str(text);
	checker_answer(c, id, &a);
}

static void
judge(struct channel *c, uint64_t id, const struct message_check *m)
{
	static uint8_t large[LARGE];
	static uint64_t held;
	struct message_answer a = { .reason = REASON_NOT_REGISTRAR,
		.text = "CN=somebody" };

	if (span_is(m->body, "die"))
		_exit(0);
	if (span_is(m->body, "silent")) {
		held = id;
		return;
	}
	if (span_is(m->body, "refuse")) {
		checker_answer(c, id, &a);
		return;
	}
	if (span_is(m->body, "release"))
		checker_answer(c, held, &a);
	if (span_is(m->body, "large")) {
		memset(large, 'x', sizeof(large));
		a = (struct message_answer){ .format =
						 format_list_at(m->reply, 0),
			.body = span_of(large, sizeof(large)) };
		checker_answer(c, id, &a);
		return;
	}
	tell(c, id, m);
}

static _Noreturn void
checker_play(int fd)
{
	static uint8_t room[FRAME_MAX];
	struct message_check m;
	struct channel c;
	struct span payload;
	enum message type;
	struct cbor in;
	uint64_t id;

	channel_open(&c, fd);
	while (control_wait(
	    &c, clock_ticks() + 300000, room, &type, &id, &payload)) {
		cbor_open(&in, payload, true);
		if (type != MESSAGE_CHECK || !message_check_get(&in, &m))
			_exit(2);
		judge(&c, id, &m);
	}
	_exit(0);
}

/* --- serve's part --- */

/* Forks; in the child only fd is left, as descriptor 3. */
static pid_t
fork_with(int fd)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0 && (dup2(fd, 3) < 0 || close_range(4, ~0U, 0) != 0))
		_exit(126);
	return pid;
}

static void
put_start(struct cbor_out *o, const void *value)
{
	message_start_put(o, value);
}

static void
put_peer(struct cbor_out *o, const void *value)
{
	message_peer_put(o, value);
}

void
checker_start(void)
{
	const struct message_peer m = { .role = ROLE_CHECKER, .index = 5 };
	int fds[2];

	assert_true(channel_pair(fds));
	if ((checker_pid = fork_with(fds[1])) == 0)
		checker_play(3);
	assert_true(control_send(&control, MESSAGE_PEER, put_peer, &m, fds[0]));
	close(fds[0]);
	close(fds[1]);
}

void
checker_kill(void)
{
	if (checker_pid < 0)
		return;
	kill(checker_pid, SIGKILL);
	assert_int_equal(waitpid(checker_pid, NULL, 0), checker_pid);
	checker_pid = -1;
}

static int
make_listener(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&a, len), 0);
	assert_int_equal(listen(fd, 1024), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
	port = ntohs(a.sin_port);
	return fd;
}

static void
expect_ready(void)
{
	static uint8_t room[FRAME_MAX];
	struct span payload;
	enum message type;
	uint64_t id;

	assert_true(control_wait(&control, clock_ticks() + PATIENCE * 1000,
	    room, &type, &id, &payload));
	assert_int_equal(type, MESSAGE_READY);
}

struct http_limits
world_limits(void)
{
	struct http_limits l;

	limits_default(&l, 64);
	l.young_ms = 0;
	return l;
}

static void
send_start(void)
{
	int fd = open(folder, O_PATH | O_DIRECTORY);

	assert_true(
	    control_send(&control, MESSAGE_START, put_start, &start, fd));
	close(fd);
}

/* As serve does: chain and key in one piece of memory. */
static void
send_tls(void)
{
	char path[300];
	int chain, key, tls;

	path_join(path, sizeof(path), folder, "front/tls.pem");
	chain = open(path, O_RDONLY);
	path_join(path, sizeof(path), folder, "front/tls.key");
	key = open(path, O_RDONLY);
	tls = memfd_seal(chain, key, "tls");
	assert_true(tls >= 0);
	assert_true(control_send(&control, MESSAGE_TLS, NULL, NULL, tls));
	close(chain);
	close(key);
	close(tls);
}

unsigned world_handshakes;

void
world_start(const struct http_limits *limits, enum client_certificate client,
    unsigned legacy)
{
	static struct front state;
	int fds[2], listener = make_listener();

	memset(&start, 0, sizeof(start));
	start.role = ROLE_FRONT;
	start.index = 5;
	start.config = (struct config){ .organization = "Test",
		.listen = "127.0.0.1:0",
		.client = client,
		.legacy = legacy,
		.fronts = 1,
		.connections = 64,
		.rate_handshake = world_handshakes,
		.max_age = 86400,
		.max_ahead = 300 };
	assert_true(channel_pair(fds));
	if ((front_pid = fork_with(fds[1])) == 0) {
		log_open("front");
		state.limits = *limits;
		exit(front_run(&state));
	}
	close(fds[1]);
	channel_open(&control, fds[0]);
	send_start();
	send_tls();
	assert_true(
	    control_send(&control, MESSAGE_LISTENER, NULL, NULL, listener));
	close(listener);
	checker_start();
	assert_true(control_send(&control, MESSAGE_GO, NULL, NULL, -1));
	expect_ready();
}

void
world_send_stop(void)
{
	assert_true(control_send(&control, MESSAGE_STOP, NULL, NULL, -1));
}

int
world_wait(void)
{
	int status;

	assert_int_equal(waitpid(front_pid, &status, 0), front_pid);
	front_pid = -1;
	channel_close(&control);
	checker_kill();
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int
world_stop(void)
{
	world_send_stop();
	return world_wait();
}

void
world_reload(void)
{
	char out[16];

	must("cp second.pem front/tls.pem && cp second.key front/tls.key", out,
	    sizeof(out));
	send_tls();
	assert_true(
	    control_send(&control, MESSAGE_RELOAD, put_start, &start, -1));
}

/* --- the client's part --- */

int
client_connect(void)
{
	const struct timeval t = { PATIENCE, 0 };
	const int one = 1;
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		.sin_port = htons((uint16_t)port) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof(t));
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	return fd;
}

static int
keep_session(SSL *ssl, SSL_SESSION *session)
{
	(void)ssl;
	client_forget_session();
	kept = session;
	return 1; /* the reference is ours */
}

bool
client_has_session(void)
{
	return kept != NULL;
}

void
client_forget_session(void)
{
	SSL_SESSION_free(kept);
	kept = NULL;
}

static SSL_CTX *
client_context(int flags)
{
	SSL_CTX *c = SSL_CTX_new(TLS_client_method());
	char path[512];

	snprintf(path, sizeof(path), "%s/client.pem", folder);
	if ((flags & NO_CERTIFICATE) == 0)
		assert_int_equal(
		    SSL_CTX_use_certificate_file(c, path, SSL_FILETYPE_PEM), 1);
	snprintf(path, sizeof(path), "%s/client.key", folder);
	if ((flags & NO_CERTIFICATE) == 0)
		assert_int_equal(
		    SSL_CTX_use_PrivateKey_file(c, path, SSL_FILETYPE_PEM), 1);
	SSL_CTX_set_session_cache_mode(
	    c, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
	SSL_CTX_sess_set_new_cb(c, keep_session);
	SSL_CTX_set_options(c, SSL_OP_IGNORE_UNEXPECTED_EOF);
	return c;
}

SSL *
client_open(int flags)
{
	SSL_CTX *c = client_context(flags);
	SSL *ssl = SSL_new(c);
	int fd = client_connect();

	SSL_CTX_free(c);
	SSL_set_fd(ssl, fd);
	if ((flags & RESUME) != 0 && kept != NULL)
		SSL_set_session(ssl, kept);
	if (SSL_connect(ssl) == 1)
		return ssl;
	ERR_clear_error();
	SSL_free(ssl);
	close(fd);
	return NULL;
}

void
client_close(SSL *ssl)
{
	int fd = SSL_get_fd(ssl);

	(void)SSL_shutdown(ssl);
	ERR_clear_error();
	SSL_free(ssl);
	close(fd);
}

void
client_write(SSL *ssl, const void *bytes, size_t len)
{
	assert_int_equal(SSL_write(ssl, bytes, (int)len), (int)len);
}

void
client_say(SSL *ssl, const char *text)
{
	client_write(ssl, text, strlen(text));
}

void
client_post(SSL *ssl, const char *body)
{
	char text[1024];

	snprintf(text, sizeof(text),
	    "POST " VOUCHER " HTTP/1.1\r\n"
	    "Host: localhost\r\nContent-Type: " CMS "\r\n"
	    "Content-Length: %zu\r\n\r\n%s",
	    strlen(body), body);
	client_say(ssl, text);
}

unsigned
client_reply(SSL *ssl, char out[REPLY_MAX])
{
	size_t len = 0, whole = REPLY_MAX - 1;
	char *end, *field;
	int n;

	/* Octet by octet up to the body: what follows is the next reply. */
	while (len < whole &&
	    (n = SSL_read(ssl, out + len,
		 whole == REPLY_MAX - 1 ? 1 : (int)(whole - len))) > 0) {
		len += (size_t)n;
		out[len] = '\0';
		if (whole < REPLY_MAX - 1 || len < 4 ||
		    memcmp(out + len - 4, "\r\n\r\n", 4) != 0)
			continue;
		field = strstr(out, "\r\nContent-Length: ");
		end = NULL;
		whole =
		    len + (field == NULL ? 0 : strtoul(field + 18, &end, 10));
	}
	out[len] = '\0';
	ERR_clear_error();
	if (len == 0 || strncmp(out, "HTTP/1.1 ", 9) != 0)
		return 0;
	return (unsigned)strtoul(out + 9, NULL, 10);
}

size_t
client_rest(SSL *ssl, char out[REPLY_MAX])
{
	size_t len = 0;
	int n = 0;

	while (len < REPLY_MAX - 1 &&
	    (n = SSL_read(ssl, out + len, (int)(REPLY_MAX - 1 - len))) > 0)
		len += (size_t)n;
	out[len] = '\0';
	/* An end, not the patience of the socket, which says "want read". */
	assert_true(len < REPLY_MAX - 1);
	assert_int_not_equal(SSL_get_error(ssl, n), SSL_ERROR_WANT_READ);
	ERR_clear_error();
	return len;
}
