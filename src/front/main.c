/*
 * hallmark-front: TLS and HTTP. It knows no voucher, holds no key but its own
 * TLS key, and passes whole bodies on to its checker.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fatal.h"
#include "base/file.h"
#include "base/log.h"
#include "base/secret.h"
#include "front/front.h"
#include "http/tls.h"
#include "wire/cbor.h"

#define ACCEPTS 64 /* at most at one wake */

static void
address_text(const struct sockaddr_storage *a, char out[64])
{
	char host[INET6_ADDRSTRLEN] = "";

	if (a->ss_family == AF_INET)
		inet_ntop(AF_INET, &((const struct sockaddr_in *)a)->sin_addr,
		    host, sizeof(host));
	else if (a->ss_family == AF_INET6)
		inet_ntop(AF_INET6,
		    &((const struct sockaddr_in6 *)a)->sin6_addr, host,
		    sizeof(host));
	snprintf(out, 64, "%s", host);
}

static void
on_accept(evutil_socket_t listener, short what, void *context)
{
	struct front *f = context;
	const int on = 1;
	unsigned i;

	(void)what;
	for (i = 0; i < ACCEPTS; i++) {
		struct sockaddr_storage a;
		socklen_t len = sizeof(a);
		char address[64];
		int fd = accept4(listener, (struct sockaddr *)&a, &len,
		    SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd < 0)
			return;
		if (f->count >= f->start.config.connections &&
		    !connection_make_room(f)) {
			close(fd);
			continue;
		}
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		address_text(&a, address);
		connection_new(f, fd, address);
	}
}

static void
on_frames(evutil_socket_t fd, short what, void *context)
{
	struct front *f = context;

	(void)fd;
	(void)what;
	if (!program_dispatch(f->program, 0))
		event_base_loopbreak(f->base);
}

static void
on_message(void *context, struct peer *peer, const struct frame *frame)
{
	struct front *f = context;
	struct message_answer m;
	struct connection *c;
	struct cbor in;

	(void)peer;
	cbor_open(&in, frame->payload, true);
	if (frame->type != MESSAGE_ANSWER || !message_answer_get(&in, &m))
		fatal("malformed ANSWER");
	if ((c = connection_waiting(f, frame->id)) != NULL)
		connection_answer(c, &m);
}

static void
on_lost(void *context, struct peer *peer)
{
	struct front *f = context;
	struct connection *c;

	(void)peer;
	for (c = f->list; c != NULL; c = c->next)
		if (c->state == CONNECTION_WAITING)
			connection_refuse(c, REASON_UNAVAILABLE, NULL);
}

static enum reason
tls_load(struct front *f, struct why *why)
{
	char dir[PATH_MAX], certificate[PATH_MAX], key[PATH_MAX];
	struct ssl_ctx_st *fresh;
	enum reason r;

	path_join(dir, sizeof(dir), f->start.home, "front");
	path_join(certificate, sizeof(certificate), dir, "tls.pem");
	path_join(key, sizeof(key), dir, "tls.key");
	r = tls_open(certificate, key, f->start.config.client, &fresh, why);
	if (r != REASON_OK)
		return r;
	tls_free(f->tls);
	f->tls = fresh;
	return REASON_OK;
}

static void
on_reload(void *context, const struct message_start *start)
{
	struct front *f = context;
	struct why why;
	enum reason r;

	f->start.config = start->config;
	if ((r = tls_load(f, &why)) != REASON_OK)
		log_reason(r, &why, "event=\"reload\"");
}

static enum reason
on_start(void *context, struct program *p, struct why *why)
{
	struct front *f = context;

	f->program = p;
	f->start = *program_start(p);
	if (f->start.has_test_clock)
		clock_set_test(f->start.test_clock);
	if (program_listener(p) < 0)
		return why_set(why, REASON_HOME_INVALID, -1, "no listener");
	evutil_make_socket_nonblocking(program_listener(p));
	return tls_load(f, why);
}

/* What is in flight gets its answer, for at most five seconds. */
static void
finish(struct front *f)
{
	int64_t end = clock_ticks() + 5000;
	struct connection *c, *next;
	bool busy = true;

	f->stopping = true;
	while (busy && clock_ticks() < end) {
		struct timeval t = { .tv_usec = 20000 };

		busy = false;
		for (c = f->list; c != NULL; c = next) {
			next = c->next;
			if (c->state == CONNECTION_IDLE ||
			    c->state == CONNECTION_HANDSHAKE)
				connection_free(c);
			else
				busy = true;
		}
		event_base_loopexit(f->base, &t);
		event_base_dispatch(f->base);
		(void)program_dispatch(f->program, 0);
	}
	while (f->list != NULL)
		connection_free(f->list);
}

int
main(int argc, char **argv)
{
	static struct front state;
	static const struct program_calls calls = {
		.role = ROLE_FRONT,
		.start = on_start,
		.lost = on_lost,
		.message = on_message,
		.reload = on_reload,
	};
	struct front *f = &state;

	process_harden();
	log_open("front");
	f->program = program_open(&calls, f, argc, argv);
	f->base = event_base_new();
	f->listener = event_new(f->base, program_listener(f->program),
	    EV_READ | EV_PERSIST, on_accept, f);
	f->frames = event_new(f->base, program_descriptor(f->program),
	    EV_READ | EV_PERSIST, on_frames, f);
	if (f->base == NULL || f->listener == NULL || f->frames == NULL ||
	    event_add(f->listener, NULL) != 0 ||
	    event_add(f->frames, NULL) != 0)
		fatal("libevent");
	event_base_dispatch(f->base);
	event_del(f->listener);
	event_del(f->frames);
	finish(f);
	return program_close(f->program);
}
