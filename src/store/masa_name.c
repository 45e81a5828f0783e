/* Names of the MASA that devices were given, for ever; see store.h. */
#include "store/internal.h"

static bool
first_row(void *context, const struct value *row, unsigned n)
{
	(void)row;
	(void)n;
	*(bool *)context = true;
	return false;
}

/* Nothing is written for what is there: a start must not need the store's lock. */
bool
store_masa_name_add(struct store *s, const char *name, int64_t now)
{
	bool known = false;

	store_read(s, "SELECT 1 FROM masa_name WHERE name = ?1",
	    VALUES(value_text(name)), first_row, &known);
	return known ||
	    store_change(s,
		"INSERT INTO masa_name (name, since) VALUES (?1, ?2)",
		VALUES(value_text(name), value_number(now)));
}

struct each {
	void (*call)(void *context, const char *name, int64_t since);
	void *context;
};

static bool
next_name(void *context, const struct value *row, unsigned n)
{
	const struct each *e = context;
	char name[MASA_URL_MAX + 1];

	(void)n;
	take_text(name, sizeof(name), &row[0]);
	e->call(e->context, name, row[1].number);
	return true;
}

void
store_masa_name_each(struct store *s,
    void (*call)(void *context, const char *name, int64_t since), void *context)
{
	struct each e = { call, context };

	store_read(s, "SELECT name, since FROM masa_name ORDER BY name", NULL,
	    0, next_name, &e);
}
