/* The front's state: listeners, TLS connections, and requests at the checker. */
#ifndef FRONT_FRONT_H
#define FRONT_FRONT_H

#include <event2/event.h>

#include "http/media.h"
#include "http/request.h"
#include "ipc/program.h"

#define HANDSHAKE_SECONDS 10 /* MP 17 */
#define REQUEST_SECONDS	  10
#define IDLE_SECONDS	  30
#define ANSWER_SECONDS	  15
#define LINGER_SECONDS	  2

enum connection_state {
	CONNECTION_HANDSHAKE,
	CONNECTION_IDLE,
	CONNECTION_READING,
	CONNECTION_WAITING,
	CONNECTION_CLOSING
};

struct connection {
	struct front *front;
	struct connection *previous, *next;
	struct bufferevent *events;
	struct event *timer;
	enum connection_state state;
	uint64_t id; /* of the frame that it waits for */
	bool keep_alive;
	bool head_only;
	bool continued; /* 100 Continue was sent */
	enum request_kind kind;
	struct media media;
	char correlation[17];
	char address[64];
	uint8_t client_sha256[32], client_spki_sha256[32];
};

struct front {
	struct program *program;
	struct message_start start;
	struct event_base *base;
	struct ssl_ctx_st *tls;
	struct event *listener, *frames;
	struct connection *list;
	unsigned count;
	uint64_t next_id;
	bool stopping;
};

/* connection.c */
void connection_new(struct front *f, int fd, const char *address);
void connection_free(struct connection *c);
void connection_answer(struct connection *c, const struct message_answer *m);
void connection_refuse(
    struct connection *c, enum reason r, const struct why *why);
struct connection *connection_waiting(struct front *f, uint64_t id);
/* The longest idle one gives way when all places are taken. */
bool connection_make_room(struct front *f);

#endif
