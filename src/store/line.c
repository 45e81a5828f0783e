/* Product lines with units whose keys were seen before. */
#include "store/internal.h"

#define COLUMNS "product, duplicates, serial, moment, unit, request"

struct each_line {
	void (*call)(void *context, const struct store_line *l);
	void *context;
};

static bool
next_line(void *context, const struct value *row, unsigned n)
{
	struct each_line *e = context;
	struct store_line l = { .duplicates = (unsigned)row[1].number,
		.moment = row[3].number };

	(void)n;
	take_text(l.product, sizeof(l.product), &row[0]);
	take_text(l.serial, sizeof(l.serial), &row[2]);
	take_text(l.unit, sizeof(l.unit), &row[4]);
	take_hash(l.request_sha256, &row[5]);
	e->call(e->context, &l);
	return true;
}

void
store_line_each(struct store *s,
    void (*call)(void *context, const struct store_line *l), void *context)
{
	struct each_line e = { call, context };

	store_read(s,
	    "SELECT " COLUMNS " FROM line WHERE duplicates > 0 "
	    "ORDER BY duplicates DESC, product LIMIT ?1",
	    VALUES(value_number(LINES_LISTED)), next_line, &e);
}

static void
take_line(void *context, const struct store_line *l)
{
	*(struct store_line *)context = *l;
}

unsigned
store_line_find(struct store *s, const char *product, struct store_line *out)
{
	struct each_line e = { take_line, out };

	memset(out, 0, sizeof(*out));
	store_read(s, "SELECT " COLUMNS " FROM line WHERE product = ?1",
	    VALUES(value_text(product)), next_line, &e);
	return out->duplicates;
}

bool
store_line_put(struct store *s, const struct store_line *l)
{
	return store_change(s,
	    "INSERT INTO line (" COLUMNS ") VALUES (?1, ?2, ?3, ?4, "
	    "?5, ?6) ON CONFLICT (product) DO UPDATE SET duplicates = ?2, "
	    "serial = ?3, moment = ?4, unit = ?5, request = ?6",
	    VALUES(value_text(l->product), value_number(l->duplicates),
		value_text(l->serial), value_number(l->moment),
		value_text(l->unit),
		value_bytes(l->request_sha256, HASH_SIZE)));
}
