/* The INTEGERs of certificates, once for each issuer's Name (IP 2). */
#include "store/internal.h"

/* The row of a device that an administrator deleted stays behind, and is free. */
bool
store_number_add(struct store *s, const struct device *d, struct span number)
{
	return store_change(s,
	    "INSERT INTO certificate_number (issuer_name, number, spki) VALUES "
	    "(?1, ?2, ?3) ON CONFLICT (issuer_name, number) DO UPDATE SET "
	    "spki = excluded.spki WHERE NOT EXISTS "
	    "(SELECT 1 FROM device WHERE device.spki = "
	    "certificate_number.spki)",
	    VALUES(value_bytes(d->issuer_name_sha256, HASH_SIZE),
		value_bytes(number.ptr, number.len),
		value_bytes(d->spki_sha256, HASH_SIZE)));
}

bool
store_number_drop(struct store *s, const struct device *d, struct span number)
{
	return store_change(s,
	    "DELETE FROM certificate_number WHERE issuer_name = ?1 AND "
	    "number = ?2 AND spki = ?3",
	    VALUES(value_bytes(d->issuer_name_sha256, HASH_SIZE),
		value_bytes(number.ptr, number.len),
		value_bytes(d->spki_sha256, HASH_SIZE)));
}

struct holder {
	uint8_t *spki;
	bool found;
};

static bool
take_holder(void *context, const struct value *row, unsigned n)
{
	struct holder *h = context;

	(void)n;
	take_hash(h->spki, &row[0]);
	h->found = true;
	return false;
}

bool
store_number_find(struct store *s, const uint8_t issuer_name[HASH_SIZE],
    struct span number, uint8_t spki[HASH_SIZE])
{
	struct holder h = { .spki = spki };

	store_read(s,
	    "SELECT spki FROM certificate_number WHERE issuer_name = ?1 AND "
	    "number = ?2",
	    VALUES(value_bytes(issuer_name, HASH_SIZE),
		value_bytes(number.ptr, number.len)),
	    take_holder, &h);
	return h.found;
}

static bool
take_fill(void *context, const struct value *row, unsigned n)
{
	struct store_number_fill *f = context;

	(void)n;
	take_text(f->behind, sizeof(f->behind), &row[0]);
	f->repeated = (uint64_t)row[1].number;
	f->done = row[2].number != 0;
	return false;
}

void
store_number_fill(struct store *s, struct store_number_fill *out)
{
	memset(out, 0, sizeof(*out));
	store_read(s, "SELECT behind, repeated, done FROM number_fill", NULL, 0,
	    take_fill, out);
}

bool
store_number_filled(struct store *s, const struct store_number_fill *f)
{
	return store_change(s,
	    "UPDATE number_fill SET behind = ?1, repeated = ?2, done = ?3",
	    VALUES(value_text(f->behind), value_number((int64_t)f->repeated),
		value_number(f->done)));
}
