/*
 * hallmark-front: the program that meets the Internet. It speaks TLS and HTTP,
 * reads whole requests and hands them to the checker of its number. It never
 * looks into a body, has no store and no key but that of its TLS certificate.
 */
#ifndef FRONT_FRONT_H
#define FRONT_FRONT_H

#include "front/budget.h"
#include "front/pending.h"
#include "http/server.h"
#include "ipc/blocklist.h"
#include "ipc/program.h"

struct front {
	/* Set before front_run() by tests; MP 17 where connections is 0. */
	struct http_limits limits;

	struct program *program;
	struct event_base *base;
	struct event *frames; /* the program's descriptor */
	struct event *ticker;
	struct event *stopper; /* the last moment of a stop */
	struct http_server *server;
	unsigned index; /* of the pair: our checker's, too */
	struct pending *pending;
	unsigned lines; /* of log, left in this second */
	unsigned lines_lost;
	struct http_counts said; /* when they were logged last */
	const struct blocklist *blocklist;
	uint64_t blocked; /* requests, since the start */
	uint64_t blocked_said;
	struct budget *budget;
	struct budget_rates rates;
	struct http_paths paths;
	char base_path[CONFIG_TEXT]; /* of these */
	uint64_t limited; /* requests beyond a budget, since the start */
	uint64_t limited_said;
	bool away_line; /* one of these or those was logged in this second */
	unsigned ticks;
	unsigned tls_level; /* how near the end of our certificate was told */
	bool overdue;
};

/* The whole life of the program; its exit status. */
int front_run(struct front *f);

/* answer.c: what the server asks of us, and the checker tells us. */
extern const struct http_calls front_http_calls;
void front_take_frame(struct front *f, const struct frame *frame);
/* The checker is gone: nobody will answer what is pending. */
void front_give_up(struct front *f);

#endif
