/* Keys and their certificates, as the records of the journal tell of them. */
#include "store/internal.h"
#include "wire/cbor.h"

bool
store_ca_add(struct store *s, const struct record *r)
{
	const struct key_order *k = &r->key.order;

	return store_change(s,
	    "INSERT INTO ca (name, purpose, slot, "
	    "state, created, not_after, key_id, chain) "
	    "VALUES (?1, ?2, ?3, ?7, ?4, 0, ?5, ?6) "
	    "ON CONFLICT (name) DO UPDATE SET slot = excluded.slot WHERE "
	    "ca.slot = excluded.slot AND ca.created = excluded.created",
	    VALUES(value_text(k->name), value_number(k->purpose),
		value_text(k->slot), value_number(r->time),
		value_bytes(NULL, 0), value_bytes("\x80", 1),
		value_number(k->purpose == PURPOSE_MANIFEST ? KEY_ACTIVE
							    : KEY_REQUESTED)));
}

/* A chain is a CBOR array of certificates, own one first. */
bool
store_ca_chain(struct store *s, const char *name, const struct span *chain,
    unsigned chain_len)
{
	static uint8_t room[CHAIN_MAX * (CERTIFICATE_MAX + 8)];
	struct cbor_out o;
	unsigned i;

	cbor_out_open(&o, room, sizeof(room));
	cbor_put_array(&o, chain_len);
	for (i = 0; i < chain_len; i++)
		cbor_put_bytes(&o, chain[i]);
	return !o.full &&
	    store_change(s,
		"UPDATE ca SET chain = ?2 WHERE "
		"name = ?1 AND state = 1",
		VALUES(value_text(name), value_bytes(o.buf, o.len)));
}

bool
store_ca_activate(struct store *s, const struct record_ca *ca)
{
	return store_change(s,
	    "UPDATE ca SET state = 2, not_after = ?2, "
	    "key_id = ?3 WHERE name = ?1",
	    VALUES(value_text(ca->name), value_number(ca->not_after),
		value_bytes(ca->key_id, ca->key_id_len)));
}

bool
store_ca_retire(struct store *s, const char *name, const char *cause)
{
	return store_change(s,
	    "UPDATE ca SET state = 3, cause = ?2 WHERE name = ?1",
	    VALUES(value_text(name), value_text(cause)));
}

bool
store_ca_end(struct store *s, const char *name, enum key_state state)
{
	return store_change(s, "UPDATE ca SET state = ?2 WHERE name = ?1",
	    VALUES(value_text(name), value_number(state)));
}

static void
take_chain(struct span bytes, struct store_ca *ca)
{
	struct cbor c;
	uint64_t n;

	cbor_open(&c, bytes, true);
	if (cbor_array(&c, &n) != WIRE_OK || n > CHAIN_MAX)
		return;
	while (ca->chain_len < n &&
	    cbor_bytes(&c, &ca->chain[ca->chain_len]) == WIRE_OK)
		ca->chain_len++;
}

struct each_ca {
	void (*call)(void *context, const struct store_ca *ca);
	void *context;
};

static bool
next_ca(void *context, const struct value *row, unsigned n)
{
	struct each_ca *e = context;
	struct store_ca ca = { 0 };

	(void)n;
	take_text(ca.name, sizeof(ca.name), &row[0]);
	ca.purpose = (enum key_purpose)row[1].number;
	take_text(ca.slot, sizeof(ca.slot), &row[2]);
	ca.state = (unsigned)row[3].number;
	ca.created = row[4].number;
	ca.not_after = row[5].number;
	ca.key_id_len = take_octets(ca.key_id, sizeof(ca.key_id), &row[6]);
	take_chain(row[7].bytes, &ca);
	take_text(ca.cause, sizeof(ca.cause), &row[8]);
	e->call(e->context, &ca);
	return true;
}

#define COLUMNS                                                   \
	"SELECT name, purpose, slot, state, created, not_after, " \
	"key_id, chain, cause FROM ca "

void
store_ca_find(struct store *s, const char *name,
    void (*call)(void *context, const struct store_ca *ca), void *context)
{
	struct each_ca e = { call, context };

	store_read(s, COLUMNS "WHERE name = ?1", VALUES(value_text(name)),
	    next_ca, &e);
}

void
store_ca_each(struct store *s,
    void (*call)(void *context, const struct store_ca *ca), void *context)
{
	struct each_ca e = { call, context };

	/* A second may have several. */
	store_read(s, COLUMNS "ORDER BY created, name", NULL, 0, next_ca, &e);
}
