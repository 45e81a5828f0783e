/* What the user of the server does with a connection, see server.h. */
#include <event2/buffer.h>

#include "base/clock.h"
#include "base/fatal.h"
#include "http/connection.h"
#include "http/tls.h"

static void
send_reply(struct http_connection *c, const struct http_response *r)
{
	struct evbuffer *out = bufferevent_get_output(c->stream);
	const struct http_request *q = &c->reader.request;
	enum http_after after = c->close ? AFTER_CLOSE
	    : q->old			 ? AFTER_KEEP_OLD
					 : AFTER_KEEP;
	char head[RESPONSE_HEAD_MAX];
	size_t len = response_head(head, r, after, clock_now());

	(void)bufferevent_disable(c->stream, EV_READ);
	/* Both in one piece: one record, one write. */
	if (evbuffer_expand(out, len + r->body.len) != 0 ||
	    evbuffer_add(out, head, len) != 0 ||
	    (q->method != HTTP_HEAD &&
		evbuffer_add(out, r->body.ptr, r->body.len) != 0))
		fatal("out of memory");
	connection_enter(c, STATE_REPLY);
}

void
connection_reply(struct http_connection *c, const struct http_response *r)
{
	struct http_server *s = c->server;

	c->close |= c->state != STATE_ANSWER || s->stopping ||
	    !c->reader.request.keep_alive;
	if (s->calls->answered != NULL)
		s->calls->answered(s->context, c, r->status, REASON_OK, NULL);
	if (!c->remembered && !c->close &&
	    c->exchange.route->resource == RESOURCE_REQUEST) {
		c->remembered = true;
		tls_remember(c->ssl);
	}
	send_reply(c, r);
}

void
connection_refuse(
    struct http_connection *c, enum reason reason, const struct why *why)
{
	struct http_server *s = c->server;
	char text[RESPONSE_TEXT_MAX];
	struct http_response r;

	/* What was not read to its end cannot be followed by anything. */
	c->close |= c->state != STATE_ANSWER || s->stopping ||
	    !c->reader.request.keep_alive;
	response_refusal(&r, text, reason, why, c->correlation);
	if (s->calls->answered != NULL)
		s->calls->answered(s->context, c, r.status, reason, why);
	send_reply(c, &r);
}

/* --- what is known of it --- */

const uint8_t *
connection_client(const struct http_connection *c)
{
	return c->client;
}

const uint8_t *
connection_client_key(const struct http_connection *c)
{
	return c->client_key;
}

const char *
connection_address(const struct http_connection *c)
{
	return c->address;
}

const char *
connection_correlation(const struct http_connection *c)
{
	return c->correlation;
}

const struct http_exchange *
connection_exchange(const struct http_connection *c)
{
	return &c->exchange;
}

uint64_t
connection_tag(const struct http_connection *c)
{
	return c->tag;
}

void
connection_set_tag(struct http_connection *c, uint64_t tag)
{
	c->tag = tag;
}
