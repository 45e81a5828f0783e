/*
 * The steps of a decision: the rows of MP 5 in the order in which they are
 * walked (doc/decisions/006), and what a walk found. The functions that check a
 * request are named in tables beside their step; a request walks them silently,
 * `hallmark explain` walks the same ones with a trace.
 */
#ifndef MODEL_STEP_H
#define MODEL_STEP_H

#include "base/reason.h"

enum step {
	STEP_NONE = 0,
#define STEP(name, row, title, clause) STEP_##name,
#include "model/steps.def"
#undef STEP
	STEP_COUNT
};

/* Static strings: the row of MP 5 ("12"), what it asks, the clause. */
const char *step_row(enum step s);
const char *step_title(enum step s);
const char *step_clause(enum step s);

enum outcome {
	OUTCOME_NOT_REACHED = 0, /* a step before it refused */
	OUTCOME_PASSED = 1,
	OUTCOME_REFUSED = 2,
	OUTCOME_NOT_APPLICABLE = 3, /* nothing there that it could judge */
};
const char *outcome_text(enum outcome o);

struct trace_row {
	enum step step;
	enum outcome outcome;
	enum reason reason; /* of a refusal */
	struct why found;
};

/* A walk so far, owned by who asked for it. All calls do nothing where the
 * trace is NULL: so it is for real requests. */
struct trace {
	unsigned len;
	struct trace_row rows[STEP_COUNT];
};

void trace_begin(struct trace *t, enum step s);
/* The step that was begun ends with r; r is returned. */
enum reason trace_end(struct trace *t, enum reason r, const struct why *why);
/* What the step found that lets it pass, as one phrase. */
void trace_found(struct trace *t, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* The step does not apply, and why. */
void trace_skip(struct trace *t, enum step s, const char *why);
/* The row of a step; NULL if the walk did not come to it. */
const struct trace_row *trace_find(const struct trace *t, enum step s);

#endif
