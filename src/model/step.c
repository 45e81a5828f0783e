/* Steps and traces, see step.h. */
#include "model/step.h"

#include <stdarg.h>
#include <stdio.h>

static const struct {
	const char *row, *title, *clause;
} table[STEP_COUNT] = {
	[STEP_NONE] = { "", "", "" },
#define STEP(name, row, title, clause) [STEP_##name] = { row, title, clause },
#include "model/steps.def"
#undef STEP
};

const char *
step_row(enum step s)
{
	return s < STEP_COUNT ? table[s].row : "";
}

const char *
step_title(enum step s)
{
	return s < STEP_COUNT ? table[s].title : "";
}

const char *
step_clause(enum step s)
{
	return s < STEP_COUNT ? table[s].clause : "";
}

const char *
outcome_text(enum outcome o)
{
	switch (o) {
	case OUTCOME_PASSED:
		return "passed";
	case OUTCOME_REFUSED:
		return "refused";
	case OUTCOME_NOT_APPLICABLE:
		return "not applicable";
	case OUTCOME_NOT_REACHED:
		break;
	}
	return "not reached";
}

void
trace_begin(struct trace *t, enum step s)
{
	struct trace_row *row;

	if (t == NULL || t->len == STEP_COUNT)
		return;
	row = &t->rows[t->len++];
	memset(row, 0, sizeof(*row));
	row->step = s;
	row->outcome = OUTCOME_PASSED;
	why_clear(&row->found);
}

enum reason
trace_end(struct trace *t, enum reason r, const struct why *why)
{
	struct trace_row *row;

	if (t == NULL || t->len == 0 || r == REASON_OK)
		return r;
	row = &t->rows[t->len - 1];
	row->outcome = OUTCOME_REFUSED;
	row->reason = r;
	if (why != NULL)
		row->found = *why;
	return r;
}

void
trace_found(struct trace *t, const char *format, ...)
{
	char text[sizeof(((struct why *)NULL)->text)];
	va_list arguments;

	if (t == NULL || t->len == 0)
		return;
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	why_set(&t->rows[t->len - 1].found, REASON_OK, -1, "%s", text);
}

void
trace_skip(struct trace *t, enum step s, const char *why)
{
	if (t == NULL || t->len == STEP_COUNT)
		return;
	trace_begin(t, s);
	t->rows[t->len - 1].outcome = OUTCOME_NOT_APPLICABLE;
	trace_found(t, "%s", why);
}

const struct trace_row *
trace_find(const struct trace *t, enum step s)
{
	unsigned i;

	for (i = 0; i < t->len; i++)
		if (t->rows[i].step == s)
			return &t->rows[i];
	return NULL;
}
