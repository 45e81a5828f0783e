/*
 * Serials of ours: reserved before the signer is asked, then issued, or burnt
 * when that failed; a burnt one never comes back.
 */
#include "store/internal.h"

#define COLUMNS "serial, product, slot, counter, csr, spki, state"

struct one_serial {
	struct store_serial *out;
	bool found;
};

static bool
take_serial(void *context, const struct value *row, unsigned n)
{
	struct one_serial *o = context;

	(void)n;
	memset(o->out, 0, sizeof(*o->out));
	take_text(o->out->serial, sizeof(o->out->serial), &row[0]);
	take_text(o->out->product, sizeof(o->out->product), &row[1]);
	take_text(o->out->slot, sizeof(o->out->slot), &row[2]);
	o->out->counter = (uint64_t)row[3].number;
	take_hash(o->out->csr_sha256, &row[4]);
	take_hash(o->out->spki_sha256, &row[5]);
	o->out->state = (enum serial_state)row[6].number;
	o->found = true;
	return false;
}

bool
store_serial_by_key(struct store *s, const uint8_t spki_sha256[HASH_SIZE],
    struct store_serial *out)
{
	struct one_serial o = { .out = out };

	store_read(s,
	    "SELECT " COLUMNS " FROM serial WHERE spki = ?1 AND "
	    "state <> 3",
	    VALUES(value_bytes(spki_sha256, HASH_SIZE)), take_serial, &o);
	return o.found;
}

bool
store_serial_find(struct store *s, const char *serial, const char *product,
    struct store_serial *out)
{
	struct one_serial o = { .out = out };

	store_read(s,
	    "SELECT " COLUMNS " FROM serial WHERE serial = ?1 AND "
	    "(?2 = '' OR product = ?2)",
	    VALUES(value_text(serial), value_text(product)), take_serial, &o);
	return o.found;
}

static bool
take_highest(void *context, const struct value *row, unsigned n)
{
	(void)n;
	*(uint64_t *)context = (uint64_t)row[0].number;
	return false;
}

uint64_t
store_serial_next(struct store *s, const char *slot)
{
	uint64_t highest = 0;

	store_read(s,
	    "SELECT coalesce(max(counter), 0) FROM serial WHERE "
	    "slot = ?1",
	    VALUES(value_text(slot)), take_highest, &highest);
	return highest + 1;
}

bool
store_serial_add(struct store *s, const struct store_serial *r)
{
	return store_change(s,
	    "INSERT INTO serial (" COLUMNS ") VALUES "
	    "(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
	    VALUES(value_text(r->serial), value_text(r->product),
		value_text(r->slot), value_number((int64_t)r->counter),
		value_bytes(r->csr_sha256, HASH_SIZE),
		value_bytes(r->spki_sha256, HASH_SIZE),
		value_number(r->state)));
}

bool
store_serial_set(struct store *s, const char *serial, const char *product,
    enum serial_state state)
{
	return store_change(s,
	    "UPDATE serial SET state = ?3 WHERE serial = ?1 AND product = ?2 "
	    "AND state = 1",
	    VALUES(
		value_text(serial), value_text(product), value_number(state)));
}
