/*
 * One line per event on stderr: time, program, severity, event, key=value
 * pairs. Values stand in double quotes; a value that is not ours (a text of
 * struct why has been made so already) holds no double quote. Whatever is not
 * printable becomes a question mark. Secrets never come here.
 *   2026-11-23T10:00:00Z signer[123] alarm journal-fork seq="12"
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/reason.h"

/* The name that lines carry; static string. */
void log_open(const char *program);
/* From here on notes are left out: whoever looks at standard error has a verb
 * to finish, not a service to watch. */
void log_without_notes(void);
/* event is a short word; format yields key="value" pairs or nothing. */
void log_note(const char *event, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void log_warning(const char *event, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void log_alarm(const char *event, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* A refusal at its own severity, with clause and text. */
void log_reason(enum reason r, const struct why *w, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* What a stranger chose, as a value: double quotes become single ones, and what does
 * not fit cap octets is cut off. Returns out. */
const char *log_value(char *out, size_t cap, const char *text);

#endif
