/* Devices. */
#include <stdio.h>

#include "store/internal.h"

#define COLUMNS                                                     \
	"serial, issuer_kind, issuer, issuer_name, product, spki, " \
	"certificate_hash, key_slot, tag, state, origin"
#define MORE COLUMNS ", certificate, ca, added, warnings"

static void
take_device(const struct value *row, struct device *d)
{
	memset(d, 0, sizeof(*d));
	take_text(d->serial, sizeof(d->serial), &row[0]);
	take_issuer(&d->issuer, &row[1], &row[2]);
	take_hash(d->issuer_name_sha256, &row[3]);
	take_text(d->product, sizeof(d->product), &row[4]);
	take_hash(d->spki_sha256, &row[5]);
	take_hash(d->certificate_sha256, &row[6]);
	d->key_slot = (uint32_t)row[7].number;
	take_hash(d->tag, &row[8]);
	d->state = (enum device_state)row[9].number;
	d->origin = (enum device_origin)row[10].number;
}

struct some_devices {
	struct device *out;
	unsigned n, max;
};

static bool
next_of_some(void *context, const struct value *row, unsigned n)
{
	struct some_devices *s = context;

	(void)n;
	if (s->n++ == s->max)
		return false;
	take_device(row, &s->out[s->n - 1]);
	return true;
}

unsigned
store_device_find(
    struct store *s, const char *serial, struct device *out, unsigned max)
{
	struct some_devices some = { .out = out, .max = max };

	store_read(s, "SELECT " COLUMNS " FROM device WHERE serial = ?1",
	    VALUES(value_text(serial)), next_of_some, &some);
	return some.n;
}

bool
store_device_by_key(
    struct store *s, const uint8_t spki_sha256[HASH_SIZE], struct device *out)
{
	struct some_devices some = { .out = out, .max = 1 };

	store_read(s, "SELECT " COLUMNS " FROM device WHERE spki = ?1",
	    VALUES(value_bytes(spki_sha256, HASH_SIZE)), next_of_some, &some);
	return some.n > 0;
}

bool
store_lapse_next(struct store *s, int64_t now, struct device *out)
{
	struct some_devices some = { .out = out, .max = 1 };

	store_read(s,
	    "SELECT " COLUMNS " FROM lapse JOIN device "
	    "USING (serial, issuer_kind, issuer) "
	    "WHERE until <= ?1 ORDER BY until LIMIT 1",
	    VALUES(value_number(now)), next_of_some, &some);
	return some.n > 0;
}

struct each_device {
	device_call call;
	void *context;
	/* A list: */
	const char *product;
	enum device_state state;
	unsigned passed;
	char *reached; /* the serial before the one that is looked at */
	bool given_up;
};

static bool
next_device(void *context, const struct value *row, unsigned n)
{
	struct each_device *e = context;
	struct store_device d = { 0 };

	(void)n;
	take_device(row, &d.device);
	d.certificate = row[11].bytes;
	take_text(d.ca, sizeof(d.ca), &row[12]);
	d.added = row[13].number;
	take_text(d.warnings, sizeof(d.warnings), &row[14]);
	return e->call(e->context, &d);
}

/* The rest of the question, which has no index: a year of devices in another state
 * may lie between two that are asked for. Devices of one serial stay together. */
static bool
next_listed(void *context, const struct value *row, unsigned n)
{
	struct each_device *e = context;
	char serial[SERIAL_MAX + 1];

	take_text(serial, sizeof(serial), &row[0]);
	if (e->passed >= DEVICES_PASSED && strcmp(serial, e->reached) != 0) {
		e->given_up = true;
		return false;
	}
	memcpy(e->reached, serial, sizeof(serial));
	if ((e->state == 0 || row[9].number == (int64_t)e->state) &&
	    (e->product[0] == '\0' || span_is(row[4].bytes, e->product)))
		return next_device(context, row, n);
	e->passed++;
	return true;
}

/* One statement for each question, so that each has its index. */
bool
store_device_each(struct store *s, const char *after, const char *product,
    enum device_state state, device_call call, void *context,
    char reached[SERIAL_MAX + 1])
{
	struct each_device e = { .call = call,
		.context = context,
		.product = product,
		.state = state,
		.reached = reached };
	const struct value behind = value_text(after);

	reached[0] = '\0';
	if (state > DEVICE_ACTIVE)
		store_read(s,
		    "SELECT " MORE " FROM device WHERE state <> 1 AND "
		    "state = ?2 AND serial > ?1 ORDER BY serial",
		    VALUES(behind, value_number(state)), next_listed, &e);
	else if (product[0] != '\0')
		store_read(s,
		    "SELECT " MORE " FROM device WHERE product = ?2 AND "
		    "serial > ?1 ORDER BY serial",
		    VALUES(behind, value_text(product)), next_listed, &e);
	else
		store_read(s,
		    "SELECT " MORE " FROM device WHERE serial > ?1 "
		    "ORDER BY serial",
		    VALUES(behind), next_listed, &e);
	return !e.given_up;
}

void
store_device_get(
    struct store *s, const char *serial, device_call call, void *context)
{
	struct each_device e = { .call = call, .context = context };

	store_read(s, "SELECT " MORE " FROM device WHERE serial = ?1",
	    VALUES(value_text(serial)), next_device, &e);
}

bool
store_device_add(struct store *s, const struct store_device *a)
{
	const struct device *d = &a->device;

	if (a->number.len > 0 && !store_number_add(s, d, a->number))
		return false;
	if (store_add(s, TABLE_DEVICE,
		"INSERT INTO device (" MORE ", note) VALUES "
		"(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, "
		"?15, '')",
		VALUES(value_text(d->serial), value_number(d->issuer.kind),
		    value_bytes(d->issuer.bytes, d->issuer.len),
		    value_bytes(d->issuer_name_sha256, HASH_SIZE),
		    value_text(d->product),
		    value_bytes(d->spki_sha256, HASH_SIZE),
		    value_bytes(d->certificate_sha256, HASH_SIZE),
		    value_number(d->key_slot), value_bytes(d->tag, HASH_SIZE),
		    value_number(d->state), value_number(d->origin),
		    value_bytes(a->certificate.ptr, a->certificate.len),
		    value_text(a->ca), value_number(a->added),
		    value_text(a->warnings))))
		return true;
	if (a->number.len > 0)
		(void)store_number_drop(s, d, a->number);
	return false;
}

bool
store_device_warn(
    struct store *s, const struct store_device *d, const char *word)
{
	char warnings[WARNINGS_SIZE + 8];
	size_t n = strlen(d->warnings);

	if (strstr(d->warnings, word) != NULL)
		return true;
	snprintf(warnings, sizeof(warnings), "%s%s%s", d->warnings,
	    n > 0 ? " " : "", word);
	return store_change(s,
	    "UPDATE device SET warnings = ?2 WHERE spki = ?1",
	    VALUES(value_bytes(d->device.spki_sha256, HASH_SIZE),
		value_text(warnings)));
}

bool
store_device_owner_set(
    struct store *s, const struct device *d, const char *customer, int64_t now)
{
	if (customer[0] == '\0')
		return store_change(s,
		    "DELETE FROM device_owner WHERE "
		    "serial = ?1 AND issuer_kind = ?2 AND issuer = ?3",
		    VALUES(value_text(d->serial), value_number(d->issuer.kind),
			value_bytes(d->issuer.bytes, d->issuer.len)));
	return store_change(s,
	    "INSERT INTO device_owner (serial, issuer_kind, issuer, customer, "
	    "since) VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (serial, "
	    "issuer_kind, issuer) DO UPDATE SET customer = ?4, since = ?5",
	    VALUES(value_text(d->serial), value_number(d->issuer.kind),
		value_bytes(d->issuer.bytes, d->issuer.len),
		value_text(customer), value_number(now)));
}

struct owner {
	char *out;
	size_t cap;
	bool found;
};

static bool
take_owner(void *context, const struct value *row, unsigned n)
{
	struct owner *o = context;

	(void)n;
	take_text(o->out, o->cap, &row[0]);
	o->found = true;
	return false;
}

bool
store_device_owner(
    struct store *s, const struct device *d, char out[CUSTOMER_NAME_MAX + 1])
{
	struct owner o = { out, CUSTOMER_NAME_MAX + 1, false };

	store_read(s,
	    "SELECT customer FROM device_owner WHERE "
	    "serial = ?1 AND issuer_kind = ?2 AND issuer = ?3",
	    VALUES(value_text(d->serial), value_number(d->issuer.kind),
		value_bytes(d->issuer.bytes, d->issuer.len)),
	    take_owner, &o);
	return o.found;
}
