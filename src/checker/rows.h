/*
 * The rows of MP 5 that are the checker's, one function each, and what they
 * hand to each other. The table in request.c names them in their order.
 */
#ifndef CHECKER_ROWS_H
#define CHECKER_ROWS_H

#include "checker/check.h"

/* One request on its way through the rows. */
struct walk {
	const struct message_check *check;
	int64_t now;
	struct workspace *room;
	struct request_facts *facts;
	struct trace *trace; /* NULL: a real request */
};

/* Each adds to w->facts what it established, or says what refuses. */
typedef enum reason (*row_call)(struct walk *w, struct why *why);

/* Rows 12 to 16, for a request that has a prior-signed-voucher-request. */
enum reason row_classify(struct walk *w, struct why *why);
enum reason row_pledge_signature(struct walk *w, struct why *why);
enum reason row_serial(struct walk *w, struct why *why);
/* Proximity that does not hold is a fact, not a refusal, because a product may
 * allow to go on without it. */
enum reason row_proximity(struct walk *w, struct why *why);
enum reason row_nonce(struct walk *w, struct why *why);

#endif
