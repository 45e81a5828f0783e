/* One connection's life, see connection.h. */
#include "http/connection.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent_ssl.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fatal.h"
#include "base/random.h"
#include "base/text.h"
#include "http/tls.h"

#define READ_AHEAD 16384 /* octets that wait for us, per connection */
#define LATE_MAX   32	 /* key updates, renegotiations that we refuse */

static void consume(struct http_connection *c);

/* --- states --- */

static unsigned
deadline_of(const struct http_connection *c)
{
	const struct http_limits *l = c->server->limits;

	switch (c->state) {
	case STATE_HANDSHAKE:
		return l->handshake_ms;
	case STATE_IDLE:
		return l->idle_ms;
	case STATE_HEADER:
		return l->header_ms;
	case STATE_BODY:
		return l->body_ms;
	case STATE_ANSWER:
		return l->answer_ms;
	case STATE_REPLY:
		return l->reply_ms;
	case STATE_LINGER:
		break;
	}
	return l->linger_ms;
}

/* A client that does not take its reply is no more welcome than one that does not
 * finish its request: it need never read, and costs nobody an answer. */
static enum waiting_list
list_of(enum connection_state state)
{
	if (state == STATE_IDLE || state == STATE_LINGER)
		return LIST_IDLE;
	return state == STATE_ANSWER ? LIST_BUSY : LIST_EARLY;
}

/* Lists are in the order of entering: the first has waited longest. A request
 * that crawls from HEADER to BODY does not become younger by it. */
static void
join_list(struct http_connection *c, enum waiting_list list)
{
	TAILQ_INSERT_TAIL(&c->server->lists[list], c, link);
	c->list = list;
	c->since = clock_ticks();
}

void
connection_enter(struct http_connection *c, enum connection_state state)
{
	enum waiting_list list = list_of(state);
	struct timeval t;
	unsigned ms;

	c->state = state;
	if (list != c->list) {
		TAILQ_REMOVE(&c->server->lists[c->list], c, link);
		join_list(c, list);
	}
	ms = deadline_of(c);
	t.tv_sec = ms / 1000;
	t.tv_usec = (suseconds_t)(ms % 1000) * 1000;
	if (event_add(c->timer, &t) != 0)
		fatal("a timer");
}

/* --- the end of the handshake --- */

static void
handshake_over(struct http_connection *c)
{
	const struct http_calls *calls = c->server->calls;

	if (!c->met && calls->met != NULL)
		calls->met(c->server->context, c, tls_full(c->ssl));
	c->met = true;
}

/* --- the end --- */

static void
close_stream(struct http_connection *c)
{
	if (c->stream == NULL)
		return;
	if (c->state != STATE_HANDSHAKE)
		tls_goodbye(c->ssl);
	bufferevent_free(c->stream); /* with c->ssl and its socket */
	c->stream = NULL;
	c->ssl = NULL;
}

/* Watches a socket without TLS, which is ours from here on. */
static void
bare_begin(struct http_connection *c, int fd, event_callback_fn call)
{
	c->bare = fd;
	c->bare_event =
	    event_new(c->server->base, fd, EV_READ | EV_PERSIST, call, c);
	if (c->bare_event == NULL || event_add(c->bare_event, NULL) != 0)
		fatal("an event");
}

/* No longer: the socket, for its next owner; -1 if there is none. */
static int
bare_end(struct http_connection *c)
{
	int fd = c->bare;

	if (c->bare_event != NULL)
		event_free(c->bare_event);
	c->bare_event = NULL;
	c->bare = -1;
	return fd;
}

void
connection_free(struct http_connection *c)
{
	struct http_server *s = c->server;
	int fd = bare_end(c);

	if (c->state == STATE_ANSWER)
		s->calls->gone(s->context, c);
	handshake_over(c);
	if (s->calls->left != NULL)
		s->calls->left(s->context, c->address);
	close_stream(c);
	if (fd >= 0)
		close(fd);
	event_free(c->timer);
	reader_close(&c->reader);
	TAILQ_REMOVE(&s->lists[c->list], c, link);
	s->connections--;
	free(c);
	server_room(s);
}

static void
on_drain(evutil_socket_t fd, short what, void *context)
{
	static uint8_t waste[16384];
	struct http_connection *c = context;
	ssize_t n = recv(fd, waste, sizeof(waste), 0);

	(void)what;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0)
		c->drained += (size_t)n;
	if (n <= 0 || c->drained > c->server->limits->linger_octets)
		connection_free(c);
}

/*
 * A socket that is closed while the client still sends answers with a reset,
 * which makes the client's system throw the reply away before it was read (RFC
 * 9112 9.6). So our side is shut and the rest read over, for a short time and
 * without TLS, whose memory is given back at once.
 */
static void
linger(struct http_connection *c)
{
	int fd = fcntl(bufferevent_getfd(c->stream), F_DUPFD_CLOEXEC, 3);

	close_stream(c);
	reader_next(&c->reader);
	if (fd < 0) {
		connection_free(c);
		return;
	}
	(void)shutdown(fd, SHUT_WR);
	bare_begin(c, fd, on_drain);
	connection_enter(c, STATE_LINGER);
}

/* --- reading --- */

/* The client has it all. */
static void
reply_done(struct http_connection *c)
{
	if (c->close) {
		linger(c);
		return;
	}
	reader_next(&c->reader);
	memset(&c->exchange, 0, sizeof(c->exchange));
	connection_enter(c, STATE_IDLE);
	(void)bufferevent_enable(c->stream, EV_READ);
	consume(c); /* the next request may be here already */
}

static void
begin_request(struct http_connection *c)
{
	uint8_t id[8];

	random_bytes(id, sizeof(id));
	hex_encode(c->correlation, span_of(id, sizeof(id)));
	connection_enter(c, STATE_HEADER);
}

/* Everything that can be said without the body is said before it comes. */
static void
take_header(struct http_connection *c)
{
	static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
	const struct http_request *q = &c->reader.request;
	struct http_server *s = c->server;
	struct why why;
	enum reason r;

	why_clear(&why);
	r = s->stopping		      ? REASON_STOPPING
	    : s->calls->greet != NULL ? s->calls->greet(s->context, c)
				      : REASON_OK;
	if (r == REASON_OK)
		r = exchange_read(q, &s->paths, &c->exchange, &why);
	if (r == REASON_OK)
		r = s->calls->admit(s->context, c, &why);
	if (r != REASON_OK) {
		connection_refuse(c, r, &why);
		return;
	}
	s->counts.legacy += c->exchange.legacy != 0;
	connection_enter(c, STATE_BODY);
	/* RFC 9110 10.1.1: not if the body is coming anyhow. */
	if (q->expect_continue &&
	    evbuffer_get_length(bufferevent_get_input(c->stream)) == 0 &&
	    bufferevent_write(c->stream, go_on, sizeof(go_on) - 1) != 0)
		fatal("out of memory");
}

static void
take_request(struct http_connection *c)
{
	struct http_server *s = c->server;

	s->counts.requests++;
	(void)bufferevent_disable(c->stream, EV_READ);
	connection_enter(c, STATE_ANSWER);
	s->calls->request(s->context, c, &c->reader.request);
}

static bool
is_reading(const struct http_connection *c)
{
	return c->state == STATE_IDLE || c->state == STATE_HEADER ||
	    c->state == STATE_BODY;
}

/* Feeds the reader with one piece of what has come. */
static enum http_event
feed(struct http_connection *c, struct evbuffer *in)
{
	struct evbuffer_iovec piece = { .iov_base = "", .iov_len = 0 };
	struct span bytes;
	enum http_event e;

	(void)evbuffer_peek(in, -1, NULL, &piece, 1);
	bytes = span_of(piece.iov_base, piece.iov_len);
	e = reader_feed(&c->reader, &bytes);
	if (evbuffer_drain(in, piece.iov_len - bytes.len) != 0)
		fatal("evbuffer_drain");
	return e;
}

static void
consume(struct http_connection *c)
{
	struct evbuffer *in = bufferevent_get_input(c->stream);
	enum http_event e;

	while (is_reading(c)) {
		bool last = evbuffer_get_length(in) == 0;

		if (last && c->state != STATE_BODY)
			return;
		e = feed(c, in);
		if (c->state == STATE_IDLE &&
		    (e != HTTP_MORE || reader_begun(&c->reader)))
			begin_request(c);
		if (e == HTTP_REFUSED)
			connection_refuse(c, c->reader.reason, &c->reader.why);
		else if (e == HTTP_HEADER)
			take_header(c);
		else if (e == HTTP_COMPLETE)
			take_request(c);
		else if (last)
			return;
	}
}

/* --- events --- */

static void
on_read(struct bufferevent *stream, void *context)
{
	(void)stream;
	consume(context);
}

/* All that was to be written has been. libevent says so a little later: what was
 * written may have been 100 (Continue), and the reply still lie there. */
static void
on_written(struct bufferevent *stream, void *context)
{
	struct http_connection *c = context;

	if (c->state == STATE_REPLY &&
	    evbuffer_get_length(bufferevent_get_output(stream)) == 0)
		reply_done(c);
}

static void
on_event(struct bufferevent *stream, short what, void *context)
{
	struct http_connection *c = context;

	(void)stream;
	ERR_clear_error();
	if ((what & BEV_EVENT_CONNECTED) != 0) {
		(void)tls_client(c->ssl, c->client, c->client_key);
		handshake_over(c);
		connection_enter(c, STATE_IDLE);
		return;
	}
	if (c->state == STATE_HANDSHAKE) {
		c->server->counts.handshakes_failed++;
		handshake_over(c);
		if ((what & BEV_EVENT_ERROR) != 0) {
			linger(c); /* the alert says why */
			return;
		}
	}
	/* It closed its side only: the reply may still be wanted. */
	if (c->state == STATE_REPLY && (what & BEV_EVENT_EOF) != 0 &&
	    (what & BEV_EVENT_READING) != 0) {
		c->close = true;
		return;
	}
	connection_free(c);
}

static void
on_deadline(evutil_socket_t fd, short what, void *context)
{
	struct http_connection *c = context;
	struct http_server *s = c->server;

	(void)fd;
	(void)what;
	switch (c->state) {
	case STATE_HEADER:
	case STATE_BODY:
		s->counts.slow++;
		connection_refuse(c, REASON_HTTP_SLOW, NULL);
		return;
	case STATE_ANSWER:
		s->calls->gone(s->context, c);
		connection_refuse(c, REASON_OVERLOAD, NULL);
		return;
	case STATE_HANDSHAKE:
		s->counts.handshakes_failed++;
		break;
	default:
		break;
	}
	connection_free(c);
}

/* To update keys costs us more than it does who asks for it, who can reckon them out
 * ahead, and is no octet of a request: nobody needs it often. */
static void
on_record(int written, int version, int type, const void *bytes, size_t len,
    SSL *ssl, void *context)
{
	struct http_connection *c = context;

	(void)version;
	(void)ssl;
	if (written != 0 || !c->met || len == 0 ||
	    (type != SSL3_RT_HEADER && type != SSL3_RT_INNER_CONTENT_TYPE) ||
	    *(const uint8_t *)bytes != SSL3_RT_HANDSHAKE ||
	    ++c->late != LATE_MAX)
		return;
	/* libssl is at work and must return first. */
	(void)bufferevent_disable(c->stream, EV_READ);
	bufferevent_trigger_event(c->stream,
	    BEV_EVENT_READING | BEV_EVENT_ERROR, BEV_TRIG_DEFER_CALLBACKS);
}

/*
 * Its first octet is here, or its end: now it gets what TLS needs, most of
 * which is the room that OpenSSL takes for a handshake (doc/limits.md).
 */
static void
on_first(evutil_socket_t fd, short what, void *context)
{
	struct http_connection *c = context;
	struct http_server *s = c->server;

	(void)what;
	fd = bare_end(c);
	if ((c->ssl = SSL_new(s->tls)) == NULL)
		fatal("out of memory");
	c->stream = bufferevent_openssl_socket_new(s->base, fd, c->ssl,
	    BUFFEREVENT_SSL_ACCEPTING, BEV_OPT_CLOSE_ON_FREE);
	if (c->stream == NULL)
		fatal("out of memory");
	SSL_set_msg_callback(c->ssl, on_record);
	SSL_set_msg_callback_arg(c->ssl, c);
	bufferevent_openssl_set_allow_dirty_shutdown(c->stream, 1);
	bufferevent_setwatermark(c->stream, EV_READ, 0, READ_AHEAD);
	bufferevent_setcb(c->stream, on_read, on_written, on_event, c);
	(void)bufferevent_enable(c->stream, EV_READ | EV_WRITE);
}

void
connection_open(struct http_server *s, int fd, const char *address)
{
	struct http_connection *c = memory_new(sizeof(*c));

	c->server = s;
	text_copy(c->address, sizeof(c->address), span_str(address));
	reader_open(&c->reader);
	if ((c->timer = evtimer_new(s->base, on_deadline, c)) == NULL)
		fatal("out of memory");
	s->connections++;
	join_list(c, LIST_EARLY);
	connection_enter(c, STATE_HANDSHAKE);
	bare_begin(c, fd, on_first);
}

void
connection_stop(struct http_connection *c)
{
	switch (c->state) {
	case STATE_HEADER:
	case STATE_BODY:
		connection_refuse(c, REASON_STOPPING, NULL);
		return;
	case STATE_ANSWER:
	case STATE_REPLY:
		c->close = true;
		return;
	case STATE_LINGER:
		return;
	default:
		connection_free(c);
	}
}
