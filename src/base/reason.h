/*
 * Reasons: the one vocabulary of refusals.
 *
 * Every refusal in every program is a row of reasons.def: a code, the clause it
 * rests on, the HTTP status, the severity and the sentence for the person who
 * must fix it. The error body, the log line, the audit row, the exit message
 * and the manual page come from that table; nothing else can be said.
 */
#ifndef BASE_REASON_H
#define BASE_REASON_H

#include "wire/span.h"

enum reason {
	REASON_OK = 0,
#define REASON(name, code, clause, status, severity, sentence) REASON_##name,
#include "base/reasons.def"
#undef REASON
	REASON_COUNT
};

enum severity {
	SEVERITY_NOTE,	  /* the requester's own affair */
	SEVERITY_WARNING, /* an operator may want to know */
	SEVERITY_ALARM,	  /* an operator must look */
};

/* Where a refusal came from, filled by whoever refuses; owned by the caller.
 * text is one short English phrase that names the field and what was found
 * (printable, no secrets, nothing of other owners); offset counts bytes in the
 * object that was being read, or -1. */
struct why {
	long offset;
	char text[200];
};

#define MUST_USE __attribute__((warn_unused_result))

/* Static strings, never NULL; for REASON_OK "ok" and empty ones. */
const char *reason_code(enum reason r);
const char *reason_clause(enum reason r);
const char *reason_sentence(enum reason r);
/* HTTP status of MP 4; 200 for REASON_OK. */
unsigned reason_status(enum reason r);
enum severity reason_severity(enum reason r);
/* The reason with this code, or REASON_COUNT. */
enum reason reason_find(const char *code);
/* Is r one of the table (for values that came through a frame)? */
bool reason_valid(uint64_t r);

void why_clear(struct why *w);
/* What a stranger may have put into a text goes to logs (between double quotes), replies
 * and terminals, and must not end a quote or a line there: double quotes become single
 * ones and unprintable bytes question marks. */
void make_plain(char *text);
/* Fills w (NULL is allowed) and returns r, so that a refusal is one line:
 * return why_set(why, REASON_X, offset, "field %s ...", name);
 * The phrase is made plain. */
enum reason why_set(struct why *w, enum reason r, long offset,
    const char *format, ...) __attribute__((format(printf, 4, 5)));
/* "code: sentence (clause): text" into out, always terminated. */
void reason_print(char *out, size_t cap, enum reason r, const struct why *w);

#endif
