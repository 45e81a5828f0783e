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
	uint64_t begun;	     /* signature_work() then */
};

/* Each adds to w->facts what it established, or says what refuses. */
typedef enum reason (*row_call)(struct walk *w, struct why *why);

/* REQUEST_COSTLY once its signatures have cost more than an honest request's. */
MUST_USE enum reason work_check(const struct walk *w, struct why *why);
/* What was taken apart, for an operator. */
void trace_envelope(
    struct trace *t, const struct envelope *e, struct span bytes);
/* The request uses this form, of the pledge's own object or else: a fact, or r
 * where neither is it allowed nor do products judge it (decisions/026). */
MUST_USE enum reason legacy_use(struct walk *w, enum legacy_form form,
    bool pledge, enum reason r, struct why *why);
/* The same for what the reader of a payload found. */
MUST_USE enum reason legacy_payload(
    struct walk *w, const struct signed_request *q, struct why *why);
/* The payload, by the format of its envelope; the reasons of request.h. */
MUST_USE enum reason request_read(struct signed_request *q, struct why *why);
/* CMS of id-data without signedAttrs (MP 8); the others know no such thing. */
bool envelope_unattributed(const struct envelope *e);
/* Is it the device certificate that this registrar's request is about? Never one
 * that may sign for a registrar. */
bool is_pledges(
    const struct signed_request *registrar, const struct certificate *c);

/* Rows 12 to 16, for a request that has a prior-signed-voucher-request. */
enum reason row_classify(struct walk *w, struct why *why);
enum reason row_pledge_signature(struct walk *w, struct why *why);
enum reason row_serial(struct walk *w, struct why *why);
/* Proximity that does not hold is a fact, not a refusal, because a product may
 * allow to go on without it. */
enum reason row_proximity(struct walk *w, struct why *why);
/* Instead of it, where the pledge names an agent (PRM, MP 15.1; agent.c). */
bool is_by_agent(const struct voucher_request *pledge);
enum reason row_agent(struct walk *w, struct why *why);
/* A fault inside of the pledge's request, as a 403. */
enum reason as_prior(enum reason r, struct why *why);
enum reason row_nonce(struct walk *w, struct why *why);

#endif
