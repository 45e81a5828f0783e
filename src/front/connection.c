/*
 * One connection: handshake, requests one after another, each with a deadline
 * as a whole, so that a drip of octets gains nothing (MP 17).
 */
#include "front/front.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/fatal.h"
#include "base/random.h"
#include "base/text.h"
#include "http/tls.h"

static void take_input(struct connection *c);

static void
deadline(struct connection *c, int seconds)
{
	struct timeval t = { .tv_sec = seconds };

	evtimer_add(c->timer, &t);
}

void
connection_free(struct connection *c)
{
	struct front *f = c->front;

	if (c->previous != NULL)
		c->previous->next = c->next;
	else
		f->list = c->next;
	if (c->next != NULL)
		c->next->previous = c->previous;
	f->count--;
	event_free(c->timer);
	bufferevent_free(c->events);
	free(c);
}

struct connection *
connection_waiting(struct front *f, uint64_t id)
{
	struct connection *c;

	for (c = f->list; c != NULL; c = c->next)
		if (c->state == CONNECTION_WAITING && c->id == id)
			return c;
	return NULL;
}

/* New ones stand at the head, so the last idle one is the oldest. */
bool
connection_make_room(struct front *f)
{
	struct connection *c, *oldest = NULL;

	for (c = f->list; c != NULL; c = c->next)
		if (c->state == CONNECTION_IDLE ||
		    c->state == CONNECTION_HANDSHAKE)
			oldest = c;
	if (oldest == NULL)
		return false;
	connection_free(oldest);
	return true;
}

static const char *
status_words(unsigned status)
{
	static const struct {
		unsigned status;
		const char *words;
	} table[] = { { 200, "OK" }, { 400, "Bad Request" },
		{ 403, "Forbidden" }, { 404, "Not Found" },
		{ 405, "Method Not Allowed" }, { 406, "Not Acceptable" },
		{ 408, "Request Timeout" }, { 411, "Length Required" },
		{ 413, "Content Too Large" }, { 414, "URI Too Long" },
		{ 415, "Unsupported Media Type" },
		{ 417, "Expectation Failed" },
		{ 431, "Request Header Fields Too Large" },
		{ 501, "Not Implemented" }, { 503, "Service Unavailable" },
		{ 505, "HTTP Version Not Supported" } };
	size_t i;

	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (table[i].status == status)
			return table[i].words;
	return "Internal Server Error";
}

/* One write per reply. What was not read of a refused request is drained for
 * a while, so that the refusal arrives (RFC 9112 9.6). */
static void
reply(struct connection *c, unsigned status, const char *type, struct span body,
    const char *more)
{
	struct evbuffer *out = evbuffer_new();
	bool close = !c->keep_alive || c->front->stopping;

	if (out == NULL)
		fatal("evbuffer_new");
	evbuffer_add_printf(out,
	    "HTTP/1.1 %u %s\r\nContent-Type: %s\r\n"
	    "Content-Length: %zu\r\nCache-Control: no-store\r\n%s%s\r\n",
	    status, status_words(status), type, body.len, more,
	    close ? "Connection: close\r\n" : "");
	if (!c->head_only)
		evbuffer_add(out, body.ptr, body.len);
	bufferevent_write_buffer(c->events, out);
	evbuffer_free(out);
	c->state = close ? CONNECTION_CLOSING : CONNECTION_IDLE;
	deadline(c, close ? LINGER_SECONDS : IDLE_SECONDS);
}

void
connection_refuse(struct connection *c, enum reason r, const struct why *why)
{
	char text[700];
	const char *more = "";
	unsigned status = reason_status(r);
	int n;

	n = snprintf(text, sizeof(text), "%s%s%s (%s) [%s, request %s]\n",
	    reason_sentence(r), why != NULL && why->text[0] != '\0' ? " " : "",
	    why == NULL ? "" : why->text, reason_clause(r), reason_code(r),
	    c->correlation);
	if (status == 405)
		more = r == REASON_METHOD_GET ? "Allow: GET, HEAD\r\n"
					      : "Allow: POST\r\n";
	else if (status == 503)
		more = "Retry-After: 2\r\n";
	reply(c, status, "text/plain; charset=utf-8", span_of(text, (size_t)n),
	    more);
}

void
connection_answer(struct connection *c, const struct message_answer *m)
{
	struct why why;

	if (m->reason != REASON_OK) {
		why_set(&why, m->reason, -1, "%s", m->text);
		connection_refuse(c, m->reason, &why);
	} else {
		reply(c, 200,
		    m->format == FORMAT_NONE ? "application/json"
					     : c->media.echo,
		    m->body, "");
	}
	if (c->state == CONNECTION_IDLE)
		take_input(c);
}

/* --- routes (MP 2) --- */

static void
correlate(struct connection *c)
{
	uint8_t bytes[8];

	random_bytes(bytes, sizeof(bytes));
	hex_encode(c->correlation, span_of(bytes, sizeof(bytes)));
}

static void
health(struct connection *c, const struct http_request *q)
{
	struct front *f = c->front;

	c->head_only = span_is(q->method, "HEAD");
	if (!c->head_only && !span_is(q->method, "GET"))
		connection_refuse(c, REASON_METHOD_GET, NULL);
	else if (program_peer(f->program, ROLE_CHECKER, f->start.index) == NULL)
		connection_refuse(c, REASON_UNAVAILABLE, NULL);
	else
		reply(
		    c, 200, "text/plain; charset=utf-8", span_str("ok\n"), "");
}

static bool
route(const struct front *f, struct span target, enum request_kind *kind,
    bool *legacy)
{
	*legacy = false;
	*kind = REQUEST_VOUCHER;
	if (span_is(target, "/.well-known/brski/requestvoucher"))
		return true;
	if (f->start.config.legacy_paths &&
	    span_is(target, "/.well-known/est/requestvoucher"))
		return *legacy = true;
	*kind = REQUEST_AUDIT_LOG;
	if (span_is(target, "/.well-known/brski/requestauditlog"))
		return true;
	return *legacy = f->start.config.legacy_paths &&
	    span_is(target, "/.well-known/est/requestauditlog");
}

static void
forward(struct connection *c, struct span body, bool legacy)
{
	struct front *f = c->front;
	struct peer *checker =
	    program_peer(f->program, ROLE_CHECKER, f->start.index);
	struct message_check m = { .kind = c->kind,
		.format = c->media.format,
		.reply = c->media.reply,
		.legacy_path = legacy,
		.body = body };

	memcpy(m.client_sha256, c->client_sha256, 32);
	memcpy(m.client_spki_sha256, c->client_spki_sha256, 32);
	memcpy(m.address, c->address, sizeof(m.address));
	memcpy(m.correlation, c->correlation, sizeof(m.correlation));
	c->id = ++f->next_id;
	c->state = CONNECTION_WAITING;
	deadline(c, ANSWER_SECONDS);
	if (checker == NULL)
		connection_refuse(c, REASON_UNAVAILABLE, NULL);
	else if (!PEER_SEND(checker, CHECK, c->id, check, &m))
		connection_refuse(c, REASON_OVERLOAD, NULL);
}

/* Row 0c, as far as the header tells: refused before the body is read. */
static enum reason
judge_header(struct connection *c, const struct http_request *q, bool *legacy,
    struct why *why)
{
	if (!route(c->front, q->target, &c->kind, legacy))
		return REASON_PATH_UNKNOWN;
	if (!span_is(q->method, "POST"))
		return REASON_METHOD;
	if (!q->has_length && !q->chunked)
		return REASON_HTTP_LENGTH_REQUIRED;
	return c->kind == REQUEST_AUDIT_LOG
	    ? media_request(q->content_type, &c->media, why)
	    : media_negotiate(q->content_type, q->accept, &c->media, why);
}

/* A refusal before the whole request was read ends the connection. */
static void
refuse_and_close(struct connection *c, enum reason r, const struct why *why)
{
	c->keep_alive = false;
	connection_refuse(c, r, why);
}

static void
take_request(struct connection *c, struct evbuffer *in, uint8_t *bytes,
    size_t len, size_t header_len, const struct http_request *q)
{
	struct span body = { NULL, 0 };
	size_t taken = 0;
	enum reason r;
	struct why why;
	bool legacy;

	c->keep_alive = q->keep_alive;
	c->head_only = false;
	correlate(c);
	why_clear(&why);
	if (span_is(q->target, "/healthz") && !q->has_length && !q->chunked) {
		health(c, q); /* what it reads lies in the buffer */
		evbuffer_drain(in, header_len);
		return;
	}
	if ((r = judge_header(c, q, &legacy, &why)) != REASON_OK) {
		refuse_and_close(c, r, &why);
		return;
	}
	switch (http_body_read(
	    q, bytes + header_len, len - header_len, &body, &taken, &r, &why)) {
	case HTTP_BAD:
		refuse_and_close(c, r, &why);
		return;
	case HTTP_MORE:
		if (q->expect_continue && !c->continued)
			bufferevent_write(
			    c->events, "HTTP/1.1 100 Continue\r\n\r\n", 25);
		c->continued = true;
		return;
	case HTTP_DONE:
		break;
	}
	c->continued = false;
	forward(c, body, legacy);
	evbuffer_drain(in, header_len + taken);
}

static void
take_input(struct connection *c)
{
	struct evbuffer *in = bufferevent_get_input(c->events);
	size_t len = evbuffer_get_length(in), header_len;
	struct http_request q;
	enum reason r = REASON_OK;
	struct why why;
	uint8_t *bytes;

	if (c->state == CONNECTION_CLOSING) {
		evbuffer_drain(in, len);
		return;
	}
	if (len == 0 || c->state == CONNECTION_WAITING)
		return;
	if (c->state == CONNECTION_IDLE) {
		c->state = CONNECTION_READING;
		deadline(c, REQUEST_SECONDS);
	}
	why_clear(&why);
	bytes = evbuffer_pullup(in, -1);
	switch (
	    http_header_read(span_of(bytes, len), &q, &header_len, &r, &why)) {
	case HTTP_MORE:
		return;
	case HTTP_BAD:
		correlate(c);
		refuse_and_close(c, r, &why);
		return;
	case HTTP_DONE:
		break;
	}
	take_request(c, in, bytes, len, header_len, &q);
	if (c->state == CONNECTION_IDLE)
		take_input(c);
}

/* --- events --- */

static void
on_read(struct bufferevent *b, void *context)
{
	(void)b;
	take_input(context);
}

static void
on_written(struct bufferevent *b, void *context)
{
	struct connection *c = context;

	/* All is sent: say so, and let the peer close first for a moment. */
	if (c->state == CONNECTION_CLOSING &&
	    evbuffer_get_length(bufferevent_get_output(b)) == 0)
		tls_finish(bufferevent_openssl_get_ssl(b));
}

static void
on_event(struct bufferevent *b, short what, void *context)
{
	struct connection *c = context;

	if ((what & BEV_EVENT_CONNECTED) != 0) {
		tls_client(bufferevent_openssl_get_ssl(b), c->client_sha256,
		    c->client_spki_sha256);
		c->state = CONNECTION_IDLE;
		deadline(c, IDLE_SECONDS);
		return;
	}
	connection_free(c);
}

static void
on_deadline(evutil_socket_t fd, short what, void *context)
{
	struct connection *c = context;

	(void)fd;
	(void)what;
	c->keep_alive = false;
	if (c->state == CONNECTION_READING)
		connection_refuse(c, REASON_HTTP_SLOW, NULL);
	else if (c->state == CONNECTION_WAITING)
		connection_refuse(c, REASON_OVERLOAD, NULL);
	else
		connection_free(c);
}

void
connection_new(struct front *f, int fd, const char *address)
{
	struct connection *c = memory_new(sizeof(*c));
	struct ssl_st *ssl = tls_accept(f->tls);

	c->front = f;
	c->events = bufferevent_openssl_socket_new(
	    f->base, fd, ssl, BUFFEREVENT_SSL_ACCEPTING, BEV_OPT_CLOSE_ON_FREE);
	c->timer = evtimer_new(f->base, on_deadline, c);
	if (c->events == NULL || c->timer == NULL)
		fatal("a connection could not be made");
	bufferevent_openssl_set_allow_dirty_shutdown(c->events, 1);
	bufferevent_setcb(c->events, on_read, on_written, on_event, c);
	/* Header, chunked body and a little: no peer fills memory. */
	bufferevent_setwatermark(
	    c->events, EV_READ, 0, HTTP_HEADER_MAX + 2 * BODY_MAX);
	text_copy(c->address, sizeof(c->address), span_str(address));
	c->next = f->list;
	if (f->list != NULL)
		f->list->previous = c;
	f->list = c;
	f->count++;
	deadline(c, HANDSHAKE_SECONDS);
	bufferevent_enable(c->events, EV_READ | EV_WRITE);
}
