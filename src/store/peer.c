/* Other sites, and how far their chains are known. */
#include "store/internal.h"

#define COLUMNS \
	"name, key, root, signer, sequence, sha256, moment, added, ended"

bool
store_peer_put(struct store *s, const struct store_peer *p)
{
	return store_change(s,
	    "INSERT INTO peer (" COLUMNS ") VALUES "
	    "(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT (name) DO UPDATE "
	    "SET key = excluded.key, root = excluded.root, "
	    "signer = excluded.signer, sequence = excluded.sequence, "
	    "sha256 = excluded.sha256, moment = excluded.moment, "
	    "ended = excluded.ended",
	    VALUES(value_text(p->name), value_bytes(p->key_sha256, HASH_SIZE),
		value_bytes(p->root_sha256, HASH_SIZE),
		value_bytes(p->head.signer, SIGNER_ID_SIZE),
		value_number((int64_t)p->head.sequence),
		value_bytes(p->head.sha256, HASH_SIZE), value_number(p->moment),
		value_number(p->added), value_number(p->ended)));
}

static void
take_signer(uint8_t out[SIGNER_ID_SIZE], const struct value *v)
{
	if (v->bytes.len == SIGNER_ID_SIZE)
		memcpy(out, v->bytes.ptr, SIGNER_ID_SIZE);
}

struct each_peer {
	void (*call)(void *context, const struct store_peer *p);
	void *context;
};

static bool
next_peer(void *context, const struct value *row, unsigned n)
{
	struct each_peer *e = context;
	struct store_peer p = { .head.sequence = (uint64_t)row[4].number,
		.moment = row[6].number,
		.added = row[7].number,
		.ended = row[8].number != 0 };

	(void)n;
	take_text(p.name, sizeof(p.name), &row[0]);
	take_hash(p.key_sha256, &row[1]);
	take_hash(p.root_sha256, &row[2]);
	take_signer(p.head.signer, &row[3]);
	take_hash(p.head.sha256, &row[5]);
	e->call(e->context, &p);
	return true;
}

void
store_peer_each(struct store *s,
    void (*call)(void *context, const struct store_peer *p), void *context)
{
	struct each_peer e = { call, context };

	store_read(s, "SELECT " COLUMNS " FROM peer ORDER BY name", NULL, 0,
	    next_peer, &e);
}

struct one_peer {
	struct store_peer *out;
	bool found;
};

static void
take_one(void *context, const struct store_peer *p)
{
	struct one_peer *o = context;

	*o->out = *p;
	o->found = true;
}

bool
store_peer_find(struct store *s, const char *name, struct store_peer *out)
{
	struct one_peer o = { .out = out };
	struct each_peer e = { take_one, &o };

	store_read(s, "SELECT " COLUMNS " FROM peer WHERE name = ?1",
	    VALUES(value_text(name)), next_peer, &e);
	return o.found;
}

bool
store_peer_by_key(struct store *s, const uint8_t key_sha256[HASH_SIZE],
    struct store_peer *out)
{
	struct one_peer o = { .out = out };
	struct each_peer e = { take_one, &o };

	store_read(s, "SELECT " COLUMNS " FROM peer WHERE key = ?1",
	    VALUES(value_bytes(key_sha256, HASH_SIZE)), next_peer, &e);
	return o.found;
}

bool
store_peer_extend(struct store *s, const char *peer,
    const uint8_t signer[SIGNER_ID_SIZE], uint64_t first, struct span hashes)
{
	return store_change(s,
	    "INSERT INTO peer_range (peer, signer, first, hashes) VALUES "
	    "(?1, ?2, ?3, ?4)",
	    VALUES(value_text(peer), value_bytes(signer, SIGNER_ID_SIZE),
		value_number((int64_t)first),
		value_bytes(hashes.ptr, hashes.len)));
}

struct range_look {
	uint64_t sequence;
	uint8_t *out;
	bool found;
};

static bool
look_in_range(void *context, const struct value *row, unsigned n)
{
	struct range_look *l = context;
	uint64_t at = l->sequence - (uint64_t)row[0].number;

	(void)n;
	l->found = at < row[1].bytes.len / HASH_SIZE;
	if (l->found)
		memcpy(l->out, row[1].bytes.ptr + at * HASH_SIZE, HASH_SIZE);
	return false;
}

bool
store_peer_hash(struct store *s, const char *peer,
    const uint8_t signer[SIGNER_ID_SIZE], uint64_t sequence,
    uint8_t out[HASH_SIZE])
{
	struct range_look l = { .sequence = sequence, .out = out };

	store_read(s,
	    "SELECT first, hashes FROM peer_range WHERE peer = ?1 AND "
	    "signer = ?2 AND first <= ?3 ORDER BY first DESC LIMIT 1",
	    VALUES(value_text(peer), value_bytes(signer, SIGNER_ID_SIZE),
		value_number((int64_t)sequence)),
	    look_in_range, &l);
	return l.found;
}
