/* One line per event, see log.h. */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"

static const char *program = "hallmark";
static bool notes = true;

void
log_open(const char *name)
{
	program = name;
}

void
log_without_notes(void)
{
	notes = false;
}

/*
 * A line may carry what a stranger sent. Callers print only checked fields, and
 * whatever is not printable ASCII becomes a question mark all the same, so that
 * a line stays one line.
 */
static void
line(enum severity severity, const char *event, const char *pairs)
{
	static const char *const words[] = { "note", "warning", "alarm" };
	char text[1200], time[CLOCK_TEXT_SIZE];
	int i, n;

	if (severity == SEVERITY_NOTE && !notes)
		return;
	clock_print(time, clock_now());
	n = snprintf(text, sizeof(text) - 1, "%s %s[%d] %s %s%s%s", time,
	    program, (int)getpid(), words[severity], event, *pairs ? " " : "",
	    pairs);
	if (n < 0)
		return;
	if (n > (int)sizeof(text) - 2)
		n = (int)sizeof(text) - 2;
	for (i = 0; i < n; i++)
		if (text[i] < 0x20 || text[i] > 0x7e)
			text[i] = '?';
	text[n++] = '\n';
	if (write(STDERR_FILENO, text, (size_t)n) < 0)
		return; /* nobody to tell */
}

#define LINE(severity, event, format)                               \
	do {                                                        \
		char pairs[900];                                    \
		va_list arguments;                                  \
                                                                    \
		va_start(arguments, format);                        \
		vsnprintf(pairs, sizeof(pairs), format, arguments); \
		va_end(arguments);                                  \
		line(severity, event, pairs);                       \
	} while (0)

void
log_note(const char *event, const char *format, ...)
{
	LINE(SEVERITY_NOTE, event, format);
}

void
log_warning(const char *event, const char *format, ...)
{
	LINE(SEVERITY_WARNING, event, format);
}

void
log_alarm(const char *event, const char *format, ...)
{
	LINE(SEVERITY_ALARM, event, format);
}

void
log_reason(enum reason r, const struct why *w, const char *format, ...)
{
	char pairs[600], all[900];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(pairs, sizeof(pairs), format, arguments);
	va_end(arguments);
	snprintf(all, sizeof(all), "%s clause=\"%s\" text=\"%s\"", pairs,
	    reason_clause(r), w == NULL ? "" : w->text);
	line(reason_severity(r), reason_code(r), all);
}

const char *
log_value(char *out, size_t cap, const char *text)
{
	char *c;

	snprintf(out, cap, "%s", text);
	for (c = out; *c != '\0'; c++)
		if (*c == '"')
			*c = '\'';
	return out;
}
