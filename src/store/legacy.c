/* How often old forms were used, and who did last; see store.h. */
#include "store/internal.h"

bool
store_legacy_use(
    struct store *s, const char *form, int64_t now, const char *serial)
{
	return store_change(s,
	    "INSERT INTO legacy (form, uses, last, serial) VALUES (?1, 1, ?2, "
	    "?3) ON CONFLICT (form) DO UPDATE SET uses = legacy.uses + 1, "
	    "last = ?2, serial = ?3",
	    VALUES(value_text(form), value_number(now), value_text(serial)));
}

struct each {
	void (*call)(void *context, const struct store_legacy *use);
	void *context;
};

static bool
next_use(void *context, const struct value *row, unsigned n)
{
	const struct each *e = context;
	struct store_legacy use = { .uses = (uint64_t)row[1].number,
		.last = row[2].number };

	(void)n;
	take_text(use.form, sizeof(use.form), &row[0]);
	take_text(use.serial, sizeof(use.serial), &row[3]);
	e->call(e->context, &use);
	return true;
}

void
store_legacy_each(struct store *s,
    void (*call)(void *context, const struct store_legacy *use), void *context)
{
	struct each e = { call, context };

	store_read(s, "SELECT form, uses, last, serial FROM legacy", NULL, 0,
	    next_use, &e);
}
