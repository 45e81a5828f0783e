/*
 * What server.c and connection.c share; for nobody else.
 *
 *   HANDSHAKE -> IDLE <-> HEADER -> BODY -> ANSWER -> REPLY -> IDLE
 *                                \_______________/       \-> LINGER
 *
 * One deadline per state, set when it is entered and never moved by octets.
 */
#ifndef HTTP_CONNECTION_H
#define HTTP_CONNECTION_H

#include <event2/bufferevent.h>
#include <event2/event.h>
#include <openssl/ssl.h>
#include <sys/queue.h>

#include "http/server.h"

enum connection_state {
	STATE_HANDSHAKE,
	STATE_IDLE, /* for the first octet of a request */
	STATE_HEADER,
	STATE_BODY,
	STATE_ANSWER, /* the request is complete; nothing is read */
	STATE_REPLY,  /* until the client has taken it */
	STATE_LINGER, /* all is said; reading over what still comes */
};

/* Who is dropped first when there is no room for another one. */
enum waiting_list { LIST_IDLE, LIST_EARLY, LIST_BUSY, LIST_COUNT };

TAILQ_HEAD(connection_list, http_connection);

struct http_connection {
	TAILQ_ENTRY(http_connection) link;
	struct http_server *server;
	enum connection_state state;
	enum waiting_list list;
	int64_t since;	     /* clock_ticks when it entered list */
	struct event *timer; /* the deadline of the state */

	struct bufferevent *stream; /* NULL while there is no TLS */
	SSL *ssl;		    /* belongs to stream */
	int bare; /* the socket without TLS: before the first octet, and
		     lingering; else -1 */
	struct event *bare_event;
	size_t drained;

	struct http_reader reader;
	struct http_exchange exchange;
	unsigned late;	 /* records of the handshake's kind since then */
	bool met;	 /* its handshake is over */
	bool close;	 /* behind the reply */
	bool remembered; /* it has a ticket */
	uint8_t client[HASH_SIZE];
	uint8_t client_key[HASH_SIZE];
	char address[64];
	char correlation[17];
	uint64_t tag;
};

struct http_server {
	struct event_base *base;
	const struct http_limits *limits;
	const struct http_calls *calls;
	void *context;
	SSL_CTX *tls;
	struct http_paths paths;
	bool stopping;
	int listener;
	struct event *accepting;
	struct event *pause; /* until there is room again */
	struct connection_list lists[LIST_COUNT];
	unsigned connections;
	struct http_counts counts;
};

/* Takes fd over. address is the client's, as text. */
void connection_open(struct http_server *s, int fd, const char *address);
/* Closes and frees, wherever it stands. */
void connection_free(struct http_connection *c);
/* Goes on to a state, whose deadline begins now. */
void connection_enter(struct http_connection *c, enum connection_state state);
/* Deals with a connection of a server that stops. */
void connection_stop(struct http_connection *c);
/* There is room again. */
void server_room(struct http_server *s);

#endif
