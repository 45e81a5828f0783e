/* Clients: blocked by an operator, and served; see store.h. */
#include "store/internal.h"

bool
store_block_put(struct store *s, const struct store_block *b)
{
	return store_change(s,
	    "INSERT INTO client_block (kind, bits, name, since, until, "
	    "user_id, reason) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) "
	    "ON CONFLICT (kind, bits, name) DO UPDATE SET since = ?4, "
	    "until = ?5, user_id = ?6, reason = ?7",
	    VALUES(value_number(b->name.kind), value_number(b->name.bits),
		value_bytes(b->name.bytes, HASH_SIZE), value_number(b->since),
		value_number(b->until), value_number(b->user),
		value_text(b->reason)));
}

bool
store_block_drop(struct store *s, const struct block_name *n)
{
	return store_change(s,
	    "DELETE FROM client_block WHERE kind = ?1 AND bits = ?2 AND "
	    "name = ?3",
	    VALUES(value_number(n->kind), value_number(n->bits),
		value_bytes(n->bytes, HASH_SIZE)));
}

void
store_block_expire(struct store *s, int64_t now)
{
	(void)store_change(s,
	    "DELETE FROM client_block WHERE until <> 0 AND until <= ?1",
	    VALUES(value_number(now)));
}

struct each_block {
	void (*call)(void *context, const struct store_block *b);
	void *context;
};

static bool
next_block(void *context, const struct value *row, unsigned n)
{
	const struct each_block *e = context;
	struct store_block b = { .name.kind = (enum block_kind)row[0].number,
		.name.bits = (unsigned)row[1].number,
		.since = row[3].number,
		.until = row[4].number,
		.user = (uint32_t)row[5].number };

	(void)n;
	take_hash(b.name.bytes, &row[2]);
	take_text(b.reason, sizeof(b.reason), &row[6]);
	e->call(e->context, &b);
	return true;
}

void
store_block_each(struct store *s,
    void (*call)(void *context, const struct store_block *b), void *context)
{
	struct each_block e = { call, context };

	store_read(s,
	    "SELECT kind, bits, name, since, until, user_id, reason "
	    "FROM client_block ORDER BY kind, bits, name",
	    NULL, 0, next_block, &e);
}

bool
store_client_serve(
    struct store *s, const uint8_t client[HASH_SIZE], int64_t moment)
{
	return store_change(s,
	    "INSERT INTO client_served (client, moment) VALUES (?1, ?2) "
	    "ON CONFLICT (client) DO UPDATE SET moment = ?2",
	    VALUES(value_bytes(client, HASH_SIZE), value_number(moment)));
}

struct each_client {
	void (*call)(void *context, const uint8_t client[HASH_SIZE]);
	void *context;
};

static bool
next_client(void *context, const struct value *row, unsigned n)
{
	const struct each_client *e = context;
	uint8_t client[HASH_SIZE];

	(void)n;
	take_hash(client, &row[0]);
	e->call(e->context, client);
	return true;
}

void
store_client_each(struct store *s, int64_t since, unsigned max,
    void (*call)(void *context, const uint8_t client[HASH_SIZE]), void *context)
{
	struct each_client e = { call, context };

	store_read(s,
	    "SELECT client FROM client_served WHERE moment >= ?1 "
	    "ORDER BY moment DESC LIMIT ?2",
	    VALUES(value_number(since), value_number(max)), next_client, &e);
}

bool
store_client_served(
    struct store *s, const uint8_t client[HASH_SIZE], int64_t since)
{
	bool seen = false;

	store_read(s,
	    "SELECT 1 FROM client_served WHERE client = ?1 AND moment >= ?2",
	    VALUES(value_bytes(client, HASH_SIZE), value_number(since)),
	    take_seen, &seen);
	return seen;
}

void
store_client_purge(struct store *s, int64_t before, unsigned n)
{
	bool due = false;

	/* A look first: the usual answer opens no group. */
	store_read(s, "SELECT 1 FROM client_served WHERE moment < ?1 LIMIT 1",
	    VALUES(value_number(before)), take_seen, &due);
	if (due)
		(void)store_change(s,
		    "DELETE FROM client_served WHERE client IN (SELECT client "
		    "FROM client_served WHERE moment < ?1 LIMIT ?2)",
		    VALUES(value_number(before), value_number(n)));
}
