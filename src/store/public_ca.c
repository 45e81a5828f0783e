/* Public CAs that an operator named. */
#include "store/internal.h"

bool
store_public_ca_add(struct store *s, const struct store_public_ca *p)
{
	return store_change(s,
	    "INSERT INTO public_ca (spki, name, subject, added) VALUES "
	    "(?1, ?2, ?3, ?4)",
	    VALUES(value_bytes(p->ca.spki_sha256, HASH_SIZE),
		value_bytes(p->ca.name_sha256, HASH_SIZE),
		value_text(p->subject), value_number(p->added)));
}

bool
store_public_ca_drop(struct store *s, const uint8_t spki_sha256[HASH_SIZE])
{
	return store_change(s, "DELETE FROM public_ca WHERE spki = ?1",
	    VALUES(value_bytes(spki_sha256, HASH_SIZE)));
}

struct each_public_ca {
	void (*call)(void *context, const struct store_public_ca *p);
	void *context;
};

static bool
next_public_ca(void *context, const struct value *row, unsigned n)
{
	struct each_public_ca *e = context;
	struct store_public_ca p = { .added = row[3].number };

	(void)n;
	take_hash(p.ca.spki_sha256, &row[0]);
	take_hash(p.ca.name_sha256, &row[1]);
	take_text(p.subject, sizeof(p.subject), &row[2]);
	e->call(e->context, &p);
	return true;
}

void
store_public_ca_each(struct store *s,
    void (*call)(void *context, const struct store_public_ca *p), void *context)
{
	struct each_public_ca e = { call, context };

	store_read(s,
	    "SELECT spki, name, subject, added FROM public_ca ORDER BY subject",
	    NULL, 0, next_public_ca, &e);
}
