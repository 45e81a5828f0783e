/*
 * The HTTPS server: connections, deadlines and limits, over libevent. It reads
 * one request of each connection at a time and hands it on whole; whoever uses
 * it answers now or later.
 */
#ifndef HTTP_SERVER_H
#define HTTP_SERVER_H

#include "base/config.h"
#include "http/bounds.h"
#include "http/request.h"
#include "http/response.h"
#include "http/routes.h"

struct event_base;
struct http_server;
struct http_connection;

/* Who we are, and what is asked of clients. */
struct tls_identity {
	struct span pem; /* certificate, its chain, its key unencrypted */
	enum client_certificate client;
};

struct http_calls {
	/* Somebody has connected from there; false: closed before TLS has begun
	 * or anything was read. May be NULL. */
	bool (*meet)(void *context, const char *address);
	/* The handshake of one who was met is over, done or failed; said once
	 * of each. full: with all the arithmetic, so neither resumed nor left
	 * before its first octet. May be NULL. */
	void (*met)(void *context, struct http_connection *c, bool full);
	/* A connection that was met is over. May be NULL. */
	void (*left)(void *context, const char *address);
	/* The header is there; may this client ask for anything at all? Asked
	 * before path and types are looked at. May be NULL. */
	enum reason (*greet)(void *context, struct http_connection *c);
	/* Path, method and types are good; is it welcome? Asked before the
	 * body is read. */
	enum reason (*admit)(
	    void *context, struct http_connection *c, struct why *why);
	/* The request is complete; q and its spans live until the answer. */
	void (*request)(void *context, struct http_connection *c,
	    const struct http_request *q);
	/* The client, or its time, is gone: do not answer this request. */
	void (*gone)(void *context, struct http_connection *c);
	/* A reply is on its way; reason is REASON_OK for what was granted.
	 * May be NULL. */
	void (*answered)(void *context, struct http_connection *c,
	    unsigned status, enum reason reason, const struct why *why);
};

/* How often what happened since the start. */
struct http_counts {
	uint64_t accepted, handshakes_refused, handshakes_failed, evicted,
	    requests, legacy, slow;
};

/*
 * Accepts on listener (non-blocking, stays the caller's) once a certificate is
 * there. limits, calls and context are kept by reference.
 */
struct http_server *server_new(struct event_base *base, int listener,
    const struct http_limits *limits, const struct http_calls *calls,
    void *context);
void server_free(struct http_server *s);
/* Certificate and mode for connections from now on; the old ones stay in use
 * if these cannot be read. HOME_INVALID. */
MUST_USE enum reason server_tls(
    struct http_server *s, const struct tls_identity *own, struct why *why);
/* The last second of that certificate. */
int64_t server_tls_end(const struct http_server *s);
/* Base paths and old forms that requests may use from now on; paths->bases is kept
 * by reference. To be said before the first request. */
void server_paths(struct http_server *s, const struct http_paths *paths);
/* Accepts no more, refuses what is half read, closes what is idle; what waits
 * for an answer gets it and is closed then. */
void server_stop(struct http_server *s);
/* Connections that are left. */
unsigned server_connections(const struct http_server *s);
const struct http_counts *server_counts(const struct http_server *s);

/* --- one connection, while a request is being answered --- */

/* Sends the reply; body and texts are copied. */
void connection_reply(struct http_connection *c, const struct http_response *r);
void connection_refuse(
    struct http_connection *c, enum reason reason, const struct why *why);
/* SHA-256 of the client's certificate and SubjectPublicKeyInfo; zero = none. */
const uint8_t *connection_client(const struct http_connection *c);
const uint8_t *connection_client_key(const struct http_connection *c);
const char *connection_address(const struct http_connection *c);
/* Sixteen random hexadecimal digits, new for each request. */
const char *connection_correlation(const struct http_connection *c);
const struct http_exchange *connection_exchange(
    const struct http_connection *c);
/* A number that the user of the server may keep with a request. */
uint64_t connection_tag(const struct http_connection *c);
void connection_set_tag(struct http_connection *c, uint64_t tag);

#endif
