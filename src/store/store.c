/* Opening, migrations and groups; see store.h. */
#include <stdio.h>
#include <stdlib.h>

#include "base/fatal.h"
#include "base/log.h"
#include "base/text.h"
#include "store/internal.h"
#include "store/schema.h" /* made from schema/NNN.sql: migrations[] */

_Static_assert(sizeof(migrations) / sizeof(migrations[0]) == STORE_SCHEMA,
    "one file in schema/ for each version");

static void
tell_busy(const struct store_watch *watch)
{
	if (watch != NULL)
		watch->busy(watch->context);
}

/* One transaction: a power cut leaves the old schema or the new one. */
static enum reason
migrate_to(struct store *s, int64_t version, const struct store_watch *watch,
    struct why *why)
{
	char end[96];
	bool good;

	snprintf(end, sizeof(end),
	    "INSERT INTO schema_version VALUES (%lld); COMMIT;",
	    (long long)version);
	good = s->driver->script(s->database, "BEGIN IMMEDIATE", why) &&
	    s->driver->script(s->database, migrations[version - 1], why);
	tell_busy(watch);
	if (good && s->driver->script(s->database, end, why))
		return REASON_OK;
	(void)s->driver->script(s->database, "ROLLBACK", NULL);
	return REASON_STORE_FAILED;
}

/* The same where there may be very many rows. */
static enum reason
migrate_rows(struct store *s, int64_t version, const struct store_watch *watch,
    struct why *why)
{
	enum reason r;

	if (!s->driver->bulk(s->database, true, why))
		return REASON_STORE_FAILED;
	if ((r = migrate_to(s, version, watch, why)) != REASON_OK)
		return r;
	tell_busy(watch);
	return s->driver->bulk(s->database, false, why) ? REASON_OK
							: REASON_STORE_FAILED;
}

static enum reason
migrate(struct store *s, bool create, const struct store_watch *watch,
    struct why *why)
{
	int64_t version = 0, before;
	enum reason r = REASON_OK;

	if (!s->driver->script(s->database,
		"CREATE TABLE IF NOT EXISTS "
		"schema_version (version INTEGER PRIMARY KEY NOT NULL)",
		why))
		return REASON_STORE_FAILED;
	store_read(s, "SELECT coalesce(max(version), 0) FROM schema_version",
	    NULL, 0, take_number, &version);
	if (version > STORE_SCHEMA)
		return why_set(why, REASON_STORE_SCHEMA, -1,
		    "the database has schema %lld, this program knows %d",
		    (long long)version, STORE_SCHEMA);
	before = version;
	while (r == REASON_OK && version < STORE_SCHEMA) {
		version++;
		r = create ? migrate_to(s, version, watch, why)
			   : migrate_rows(s, version, watch, why);
	}
	/* Seldom, and an empty store is news: verbs tell it, too. */
	if (r == REASON_OK && version > before && !create)
		log_warning("store-migrated", "from=\"%lld\" to=\"%lld\"",
		    (long long)before, (long long)version);
	return r;
}

enum reason
store_open(const struct driver *driver, const char *where, bool create,
    const struct store_watch *watch, struct store **out, struct why *why)
{
	struct store *s = memory_new(sizeof(*s));
	enum reason r;

	s->driver = driver;
	/* What an unclean stop left in a log is read, whatever its length. */
	tell_busy(watch);
	if ((s->database = driver->open(where, create, why)) == NULL) {
		free(s);
		return REASON_STORE_FAILED;
	}
	if (watch != NULL)
		driver->watch(s->database, watch->call, watch->context);
	r = migrate(s, create, watch, why);
	driver->watch(s->database, NULL, NULL);
	if (r != REASON_OK) {
		/* The program that knows it will find it as it was. */
		driver->close(s->database, true);
		free(s);
		return r;
	}
	*out = s;
	return REASON_OK;
}

void
store_close(struct store *s)
{
	if (s == NULL)
		return;
	s->driver->close(s->database, false);
	free(s);
}

void
store_read(struct store *s, const char *sql, const struct value *values,
    unsigned n, row_call row, void *context)
{
	if (s->driver->run(s->database, sql, values, n, row, context) !=
	    STATEMENT_DONE)
		fatal("the store cannot be read");
}

static bool
statement(struct store *s, const char *sql)
{
	enum statement_result r =
	    s->driver->run(s->database, sql, NULL, 0, NULL, NULL);

	return r == STATEMENT_DONE || r == STATEMENT_NOTHING;
}

void
store_group_begin(struct store *s)
{
	if (s->group)
		return;
	s->group = true;
	s->broken = !statement(s, "BEGIN IMMEDIATE");
}

bool
store_group_open(const struct store *s)
{
	return s->group;
}

bool
store_group_good(const struct store *s)
{
	return !s->broken;
}

bool
store_change(
    struct store *s, const char *sql, const struct value *values, unsigned n)
{
	enum statement_result r;

	store_group_begin(s);
	if (s->broken)
		return false;
	r = s->driver->run(s->database, sql, values, n, NULL, NULL);
	if (r == STATEMENT_FAILED)
		s->broken = true;
	return r == STATEMENT_DONE && !s->broken;
}

bool
store_add(struct store *s, enum store_table table, const char *sql,
    const struct value *values, unsigned n)
{
	bool good = store_change(s, sql, values, n);

	s->added[table] += good;
	return good;
}

/* As total names them; refusals are numbered. */
static const char *const counted[TABLES] = {
	[TABLE_DEVICE] = "device",
	[TABLE_VOUCHER] = "voucher",
};

uint64_t
store_count(struct store *s, enum store_table table)
{
	int64_t n = 0;

	/* The oldest are trimmed, none is missing in between. */
	if (counted[table] == NULL)
		store_read(s,
		    "SELECT coalesce((SELECT max(number) FROM refusal) - "
		    "(SELECT min(number) FROM refusal) + 1, 0)",
		    NULL, 0, take_number, &n);
	else
		store_read(s, "SELECT number FROM total WHERE name = ?1",
		    VALUES(value_text(counted[table])), take_number, &n);
	return (uint64_t)n + (counted[table] == NULL ? 0 : s->added[table]);
}

/* Once a group, whatever it added. */
static void
totals_write(struct store *s)
{
	unsigned i;

	for (i = 0; i < TABLES; i++)
		if (counted[i] != NULL && s->added[i] > 0)
			(void)store_change(s,
			    "UPDATE total SET number = number + ?2 "
			    "WHERE name = ?1",
			    VALUES(value_text(counted[i]),
				value_number((int64_t)s->added[i])));
	memset(s->added, 0, sizeof(s->added));
}

void
store_group_submit(
    struct store *s, void (*done)(void *context, bool good), void *context)
{
	bool good;

	totals_write(s);
	good = s->group && !s->broken && statement(s, "COMMIT");
	if (s->group && !good)
		(void)statement(s, "ROLLBACK");
	s->group = s->broken = false;
	done(context, good);
}

void
store_group_spoil(struct store *s)
{
	store_group_begin(s);
	s->broken = true;
}

bool
store_probe(struct store *s)
{
	return store_change(
	    s, "UPDATE schema_version SET version = version", NULL, 0);
}

bool
take_number(void *context, const struct value *row, unsigned n)
{
	if (n > 0 && row[0].type == VALUE_NUMBER)
		*(int64_t *)context = row[0].number;
	return false;
}

bool
take_seen(void *context, const struct value *row, unsigned n)
{
	(void)row;
	(void)n;
	*(bool *)context = true;
	return false;
}

void
take_text(char *out, size_t cap, const struct value *v)
{
	(void)text_copy(out, cap, v->bytes);
}

void
take_hash(uint8_t out[HASH_SIZE], const struct value *v)
{
	memset(out, 0, HASH_SIZE);
	if (v->bytes.len == HASH_SIZE)
		memcpy(out, v->bytes.ptr, HASH_SIZE);
}

uint8_t
take_octets(uint8_t *out, size_t cap, const struct value *v)
{
	if (v->bytes.len == 0 || v->bytes.len > cap)
		return 0;
	memcpy(out, v->bytes.ptr, v->bytes.len);
	return (uint8_t)v->bytes.len;
}

void
take_issuer(
    struct issuer *out, const struct value *kind, const struct value *bytes)
{
	memset(out, 0, sizeof(*out));
	out->kind = (enum issuer_kind)kind->number;
	out->len = take_octets(out->bytes, sizeof(out->bytes), bytes);
}
