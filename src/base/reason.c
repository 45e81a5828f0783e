/* The table of reasons, see reason.h. */
#include "base/reason.h"

#include <stdarg.h>
#include <stdio.h>

struct row {
	const char *code;
	const char *clause;
	unsigned status;
	enum severity severity;
	const char *sentence;
};

static const struct row table[REASON_COUNT] = {
	[REASON_OK] = { "ok", "", 200, SEVERITY_NOTE, "" },
#define REASON(name, code, clause, status, severity, sentence) \
	[REASON_##                                             \
	    name] = { code, clause, status, SEVERITY_##severity, sentence },
#include "base/reasons.def"
#undef REASON
};

static const struct row *
row_of(enum reason r)
{
	return reason_valid(r) ? &table[r] : &table[REASON_INTERNAL];
}

bool
reason_valid(uint64_t r)
{
	return r < REASON_COUNT;
}

const char *
reason_code(enum reason r)
{
	return row_of(r)->code;
}

const char *
reason_clause(enum reason r)
{
	return row_of(r)->clause;
}

const char *
reason_sentence(enum reason r)
{
	return row_of(r)->sentence;
}

unsigned
reason_status(enum reason r)
{
	return row_of(r)->status;
}

enum severity
reason_severity(enum reason r)
{
	return row_of(r)->severity;
}

enum reason
reason_find(const char *code)
{
	unsigned r;

	for (r = 0; r < REASON_COUNT; r++)
		if (strcmp(table[r].code, code) == 0)
			return (enum reason)r;
	return REASON_COUNT;
}

void
why_clear(struct why *w)
{
	w->offset = -1;
	w->text[0] = '\0';
}

void
make_plain(char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == '"')
			*text = '\'';
		else if (*text < 0x20 || *text > 0x7e)
			*text = '?';
	}
}

enum reason
why_set(struct why *w, enum reason r, long offset, const char *format, ...)
{
	va_list arguments;

	if (w == NULL)
		return r;
	w->offset = offset;
	va_start(arguments, format);
	vsnprintf(w->text, sizeof(w->text), format, arguments);
	va_end(arguments);
	make_plain(w->text);
	return r;
}

void
reason_print(char *out, size_t cap, enum reason r, const struct why *w)
{
	int n = snprintf(out, cap, "%s: %s (%s)", reason_code(r),
	    reason_sentence(r), reason_clause(r));

	if (w == NULL || w->text[0] == '\0' || n < 0 || (size_t)n >= cap)
		return;
	snprintf(out + n, cap - (size_t)n, ": %s", w->text);
}
