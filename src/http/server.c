/* Accepting, making room and stopping; see server.h. */
#include "http/server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fatal.h"
#include "base/log.h"
#include "base/text.h"
#include "http/connection.h"
#include "http/tls.h"

#define ACCEPT_BATCH 32 /* per wake: the others want their turn, too */
#define PAUSE_MS     100

/* --- room --- */

static void
pause_accepting(struct http_server *s)
{
	const struct timeval t = { 0, PAUSE_MS * 1000 };

	(void)event_del(s->accepting);
	if (event_add(s->pause, &t) != 0)
		fatal("a timer");
}

/* What waits longest for nothing goes first: idle connections, then requests
 * and handshakes that are not done and replies that are not taken, if they had
 * some time for it. */
static bool
make_room(struct http_server *s)
{
	struct http_connection *c = TAILQ_FIRST(&s->lists[LIST_IDLE]);

	if (c == NULL) {
		c = TAILQ_FIRST(&s->lists[LIST_EARLY]);
		if (c == NULL ||
		    clock_ticks() - c->since < (int64_t)s->limits->young_ms)
			return false;
	}
	s->counts.evicted++;
	connection_free(c);
	return true;
}

void
server_room(struct http_server *s)
{
	if (!s->stopping && s->tls != NULL)
		(void)event_add(s->accepting, NULL);
}

static void
on_pause(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	server_room(context);
}

/* --- accepting --- */

/* IPv4 in IPv6 is written as IPv4: one client, one text. */
static void
address_print(const struct sockaddr_storage *from, char *out, size_t cap)
{
	const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)from;
	const struct sockaddr_in *four = (const struct sockaddr_in *)from;

	out[0] = '\0';
	if (from->ss_family == AF_INET)
		inet_ntop(AF_INET, &four->sin_addr, out, (socklen_t)cap);
	else if (from->ss_family == AF_INET6 &&
	    IN6_IS_ADDR_V4MAPPED(&six->sin6_addr))
		inet_ntop(
		    AF_INET, six->sin6_addr.s6_addr + 12, out, (socklen_t)cap);
	else if (from->ss_family == AF_INET6)
		inet_ntop(AF_INET6, &six->sin6_addr, out, (socklen_t)cap);
}

/*
 * Nobody is dropped for a newcomer who is not there. Where several fronts share the
 * listener each may drop one for the same newcomer, whom one of them gets; the others
 * have a free place then, and drop nobody before it is taken. So no front ever drops
 * more than one beyond those that it takes in.
 */
static bool
is_full(struct http_server *s)
{
	struct pollfd p = { .fd = s->listener, .events = POLLIN };

	if (s->connections < s->limits->connections)
		return false;
	if (poll(&p, 1, 0) <= 0 || make_room(s))
		return false;
	return true;
}

/* One connection; false when it is enough for now. */
static bool
accept_one(struct http_server *s)
{
	struct sockaddr_storage from;
	socklen_t len = sizeof(from);
	char address[INET6_ADDRSTRLEN];
	const int one = 1;
	int fd;

	if (is_full(s)) {
		pause_accepting(s); /* the kernel keeps them meanwhile */
		return false;
	}
	fd = accept4(s->listener, (struct sockaddr *)&from, &len,
	    SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd < 0) {
		if (errno == ECONNABORTED || errno == EINTR)
			return true;
		if (errno != EAGAIN && errno != EWOULDBLOCK) {
			log_warning("accept", "error=\"%s\"", strerror(errno));
			pause_accepting(s);
		}
		return false;
	}
	/* Without it a reply waits for the client's delayed acknowledgement. */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	address_print(&from, address, sizeof(address));
	s->counts.accepted++;
	if (s->calls->meet != NULL && !s->calls->meet(s->context, address)) {
		s->counts.handshakes_refused++;
		close(fd);
		return true;
	}
	connection_open(s, fd, address);
	return true;
}

static void
on_accept(evutil_socket_t fd, short what, void *context)
{
	struct http_server *s = context;
	int i;

	(void)fd;
	(void)what;
	for (i = 0; i < ACCEPT_BATCH && accept_one(s); i++)
		;
}

/* --- life --- */

struct http_server *
server_new(struct event_base *base, int listener,
    const struct http_limits *limits, const struct http_calls *calls,
    void *context)
{
	struct http_server *s = memory_new(sizeof(*s));
	int i;

	s->base = base;
	s->listener = listener;
	s->limits = limits;
	s->calls = calls;
	s->context = context;
	for (i = 0; i < LIST_COUNT; i++)
		TAILQ_INIT(&s->lists[i]);
	s->accepting =
	    event_new(base, listener, EV_READ | EV_PERSIST, on_accept, s);
	s->pause = evtimer_new(base, on_pause, s);
	if (s->accepting == NULL || s->pause == NULL)
		fatal("out of memory");
	return s;
}

enum reason
server_tls(
    struct http_server *s, const struct tls_identity *own, struct why *why)
{
	SSL_CTX *fresh;
	enum reason r = tls_open(own, &fresh, why);

	if (r != REASON_OK)
		return r;
	SSL_CTX_free(s->tls); /* connections have their own reference */
	s->tls = fresh;
	server_room(s);
	return REASON_OK;
}

int64_t
server_tls_end(const struct http_server *s)
{
	return tls_end(s->tls);
}

void
server_paths(struct http_server *s, const struct http_paths *paths)
{
	s->paths = *paths;
}

void
server_stop(struct http_server *s)
{
	struct http_connection *c, *next;
	int i;

	s->stopping = true;
	(void)event_del(s->accepting);
	(void)event_del(s->pause);
	for (i = 0; i < LIST_COUNT; i++)
		for (c = TAILQ_FIRST(&s->lists[i]); c != NULL; c = next) {
			next = TAILQ_NEXT(c, link);
			connection_stop(c);
		}
}

void
server_free(struct http_server *s)
{
	struct http_connection *c;
	int i;

	if (s == NULL)
		return;
	s->stopping = true;
	for (i = 0; i < LIST_COUNT; i++)
		while ((c = TAILQ_FIRST(&s->lists[i])) != NULL)
			connection_free(c);
	event_free(s->accepting);
	event_free(s->pause);
	SSL_CTX_free(s->tls);
	free(s);
}

unsigned
server_connections(const struct http_server *s)
{
	return s->connections;
}

const struct http_counts *
server_counts(const struct http_server *s)
{
	return &s->counts;
}
