/* TLS clients that never wait for one another, see bench.h. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/fatal.h"
#include "bench.h"
#include "registrar/response.h"

#define DEADLINE_NS 300000000000u
#define PIECE	    16384

enum step { STEP_CLOSED, STEP_CONNECT, STEP_WRITE, STEP_READ };

struct client {
	enum step step;
	int fd;
	uint32_t watched;
	SSL *ssl;
	SSL_SESSION *session; /* the newest, for resumption */
	struct registrar *registrar;
	struct job *job; /* under way */
	uint64_t begin;
	size_t written;
	struct buf answer;
};

struct run {
	const struct load *load;
	int epoll;
	struct client clients[CONNECTIONS_MAX];
	size_t next[REGISTRARS_MAX]; /* first job that nobody has */
	size_t limit;		     /* jobs below are to be done */
	size_t left;		     /* of them, unanswered */
};

static int
on_session(SSL *ssl, SSL_SESSION *session)
{
	struct client *c = SSL_get_app_data(ssl);

	SSL_SESSION_free(c->session);
	c->session = session;
	return 1; /* taken over */
}

static void
watch(struct run *r, struct client *c, uint32_t events)
{
	struct epoll_event e = { .events = events, .data.ptr = c };

	if (events == c->watched)
		return;
	if (epoll_ctl(r->epoll, c->watched == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD,
		c->fd, &e) != 0)
		fatal_errno("epoll_ctl");
	c->watched = events;
}

static void
client_open(struct run *r, struct client *c)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)r->load->port),
		.sin_addr = { htonl(INADDR_LOOPBACK) } };
	const int on = 1;

	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (c->fd < 0 ||
	    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) != 0 ||
	    (connect(c->fd, (struct sockaddr *)&a, sizeof(a)) != 0 &&
		errno != EINPROGRESS))
		fatal_errno("connect");
	c->ssl = SSL_new(c->registrar->tls);
	if (c->ssl == NULL || SSL_set_fd(c->ssl, c->fd) != 1 ||
	    SSL_set_tlsext_host_name(c->ssl, "localhost") != 1)
		fatal("SSL_new");
	SSL_set_app_data(c->ssl, c);
	SSL_set_connect_state(c->ssl);
	if (r->load->mode == LOAD_RESUMED && c->session != NULL &&
	    SSL_set_session(c->ssl, c->session) != 1)
		fatal("SSL_set_session");
	c->watched = 0;
	c->step = STEP_CONNECT;
}

static void
client_close(struct client *c)
{
	if (c->step == STEP_CLOSED)
		return;
	(void)SSL_shutdown(c->ssl);
	SSL_free(c->ssl);
	close(c->fd);
	c->step = STEP_CLOSED;
	ERR_clear_error();
}

/* A job for this client, or it has nothing to do. */
static bool
client_begin(struct run *r, struct client *c)
{
	unsigned which = (unsigned)(c->registrar - r->load->registrars);
	size_t at = r->next[which];

	c->job = NULL;
	if (at >= r->limit)
		return false;
	r->next[which] += r->load->registrars_len;
	c->job = &r->load->jobs[at];
	c->begin = now_ns();
	c->written = 0;
	buf_clear(&c->answer);
	if (c->step == STEP_CLOSED)
		client_open(r, c);
	else
		c->step = STEP_WRITE;
	return true;
}

static void
client_answered(struct run *r, struct client *c, const struct response *a)
{
	if (a->status != 200)
		fatal("status %u: %.*s", a->status, (int)a->body.len,
		    (const char *)a->body.ptr);
	c->job->latency = now_ns() - c->begin;
	if (c->job->keep) {
		buf_init(&c->job->reply, ANSWER_MAX);
		if (!buf_add(&c->job->reply, buf_span(&a->body)))
			fatal("an answer is too long");
	}
	r->left--;
	if (r->load->mode != LOAD_WARM)
		client_close(c);
}

/* Wants more of the socket (true), or has failed. */
static bool
again(struct run *r, struct client *c, int result)
{
	switch (SSL_get_error(c->ssl, result)) {
	case SSL_ERROR_WANT_READ:
		watch(r, c, EPOLLIN);
		return true;
	case SSL_ERROR_WANT_WRITE:
		watch(r, c, EPOLLOUT);
		return true;
	default:
		fatal(
		    "TLS: %s", ERR_reason_error_string(ERR_peek_last_error()));
	}
}

static bool
step_connect(struct run *r, struct client *c)
{
	int n = SSL_connect(c->ssl);

	if (n != 1)
		return !again(r, c, n);
	if (c->session != NULL && r->load->mode == LOAD_RESUMED &&
	    SSL_session_reused(c->ssl) != 1)
		fatal("a session was not resumed");
	c->step = STEP_WRITE;
	return true;
}

static bool
step_write(struct run *r, struct client *c)
{
	const struct buf *q = &c->job->request;
	int n =
	    SSL_write(c->ssl, q->ptr + c->written, (int)(q->len - c->written));

	if (n <= 0)
		return !again(r, c, n);
	c->written += (size_t)n;
	if (c->written == q->len)
		c->step = STEP_READ;
	return true;
}

static bool
step_read(struct run *r, struct client *c)
{
	struct response a;
	uint8_t piece[PIECE];
	int n = SSL_read(c->ssl, piece, sizeof(piece));

	if (n <= 0)
		return !again(r, c, n);
	if (!buf_add(&c->answer, span_of(piece, (size_t)n)))
		fatal("an answer is too long");
	switch (response_read(buf_span(&c->answer), false, &a)) {
	case RESPONSE_MORE:
		return true;
	case RESPONSE_BAD:
		fatal("an answer is malformed");
	case RESPONSE_DONE:
		break;
	}
	client_answered(r, c, &a);
	buf_free(&a.body);
	return client_begin(r, c);
}

/* As far as the socket goes. */
static void
client_drive(struct run *r, struct client *c)
{
	bool on = true;

	ERR_clear_error();
	while (on && c->job != NULL) {
		switch (c->step) {
		case STEP_CLOSED:
			return;
		case STEP_CONNECT:
			on = step_connect(r, c);
			break;
		case STEP_WRITE:
			on = step_write(r, c);
			break;
		case STEP_READ:
			on = step_read(r, c);
			break;
		}
	}
}

/* Everything below limit. */
static void
run_until(struct run *r, size_t limit)
{
	uint64_t deadline = now_ns() + DEADLINE_NS;
	struct epoll_event events[CONNECTIONS_MAX];
	unsigned i;
	int n;

	r->left = limit - r->limit;
	r->limit = limit;
	for (i = 0; i < r->load->connections; i++)
		if (client_begin(r, &r->clients[i]))
			client_drive(r, &r->clients[i]);
	while (r->left > 0) {
		n = epoll_wait(r->epoll, events, CONNECTIONS_MAX, 1000);
		if (n < 0 && errno != EINTR)
			fatal_errno("epoll_wait");
		while (n > 0)
			client_drive(r, events[--n].data.ptr);
		if (now_ns() > deadline)
			fatal("no end after five minutes");
	}
}

static void
client_init(const struct load *l, struct client *c, unsigned i)
{
	c->registrar = &l->registrars[i % l->registrars_len];
	buf_init(&c->answer, 2 * ANSWER_MAX);
	SSL_CTX_set_session_cache_mode(c->registrar->tls,
	    SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
	SSL_CTX_sess_set_new_cb(c->registrar->tls, on_session);
}

uint64_t
load_run(const struct load *l, void (*start)(void))
{
	struct run *r = memory_new(sizeof(*r));
	uint64_t begin, wall;
	unsigned i;

	if (l->connections > CONNECTIONS_MAX ||
	    l->registrars_len > REGISTRARS_MAX)
		fatal("too many connections");
	r->load = l;
	if ((r->epoll = epoll_create1(EPOLL_CLOEXEC)) < 0)
		fatal_errno("epoll_create1");
	for (i = 0; i < l->registrars_len; i++)
		r->next[i] = i;
	for (i = 0; i < l->connections; i++)
		client_init(l, &r->clients[i], i);
	run_until(r, l->connections);
	start();
	begin = now_ns();
	run_until(r, l->jobs_len);
	wall = now_ns() - begin;
	for (i = 0; i < l->connections; i++) {
		client_close(&r->clients[i]);
		SSL_SESSION_free(r->clients[i].session);
		buf_free(&r->clients[i].answer);
	}
	close(r->epoll);
	free(r);
	return wall;
}
