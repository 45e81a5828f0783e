/*
 * What a database must be able to do. One driver today (SQLite); statements
 * are written in the SQL that PostgreSQL reads as well, with ?1, ?2 for values.
 */
#ifndef STORE_DRIVER_H
#define STORE_DRIVER_H

#include "base/reason.h"

enum value_type { VALUE_NULL, VALUE_NUMBER, VALUE_TEXT, VALUE_BYTES };

struct value {
	enum value_type type;
	int64_t number;
	struct span bytes; /* text or bytes, borrowed */
};

/* One row of a result; its spans live until the call returns. false: enough. */
typedef bool (*row_call)(void *context, const struct value *row, unsigned n);

enum statement_result {
	STATEMENT_DONE,
	STATEMENT_NOTHING,
	STATEMENT_CONFLICT,
	STATEMENT_FAILED
};

struct driver {
	const char *name;
	/* NULL with why filled if it cannot be opened. */
	void *(*open)(const char *where, bool create, struct why *why);
	/* untouched: what a crash left to be done is left so. */
	void (*close)(void *database, bool untouched);
	/* sql is a static string: statements are prepared once. row may be
	 * NULL. CONFLICT: a constraint refused the row, nothing else broke
	 * (SQLite undoes one statement; others need a savepoint for that);
	 * NOTHING: a change that found no row to change. */
	enum statement_result (*run)(void *database, const char *sql,
	    const struct value *values, unsigned n, row_call row,
	    void *context);
	/* Several statements without values (migrations). */
	bool (*script)(void *database, const char *sql, struct why *why);
	/* Before and behind a script that may write a large part of the database. */
	bool (*bulk)(void *database, bool begins, struct why *why);
	/* From here on call runs again and again while statements work, far more
	 * often than once a second; NULL: no more. It must not use the database. */
	void (*watch)(
	    void *database, void (*call)(void *context), void *context);
};

extern const struct driver sqlite_driver;

static inline struct value
value_number(int64_t n)
{
	return (struct value){ .type = VALUE_NUMBER, .number = n };
}

static inline struct value
value_text(const char *text)
{
	return (struct value){ .type = VALUE_TEXT, .bytes = span_str(text) };
}

static inline struct value
value_bytes(const void *bytes, size_t len)
{
	return (
	    struct value){ .type = VALUE_BYTES, .bytes = span_of(bytes, len) };
}

#endif
