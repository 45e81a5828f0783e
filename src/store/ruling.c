/* What was ruled on devices, customers and peers; what of it lapses. */
#include "store/internal.h"

#define COLUMNS                                                          \
	"kind, name, issuer_kind, issuer, number, state, moment, user, " \
	"cause, note, until, first, second"
/* Of one subject: device, customer or peer. */
#define SUBJECT "kind = ?1 AND name = ?2 AND issuer_kind = ?3 AND issuer = ?4"

static struct value
issuer_value(const struct issuer *i)
{
	return value_bytes(i->bytes, i->len);
}

/* Only the newest ruling on a device can lapse. */
static bool
lapse_follow(struct store *s, const struct store_ruling *r)
{
	(void)store_change(s,
	    "DELETE FROM lapse WHERE serial = ?1 AND issuer_kind = ?2 AND "
	    "issuer = ?3",
	    VALUES(value_text(r->name), value_number(r->issuer.kind),
		issuer_value(&r->issuer)));
	return r->until == 0 ||
	    store_change(s,
		"INSERT INTO lapse (serial, issuer_kind, issuer, until) VALUES "
		"(?1, ?2, ?3, ?4)",
		VALUES(value_text(r->name), value_number(r->issuer.kind),
		    issuer_value(&r->issuer), value_number(r->until)));
}

bool
store_ruling_add(struct store *s, const struct store_ruling *r)
{
	const size_t print = r->two ? HASH_SIZE : 0;

	return store_change(s,
		   "INSERT INTO ruling (" COLUMNS ") SELECT ?1, ?2, ?3, ?4, "
		   "coalesce(max(number), 0) + 1, ?5, ?6, ?7, ?8, ?9, ?10, "
		   "?11, ?12 FROM ruling WHERE " SUBJECT,
		   VALUES(value_number(r->kind), value_text(r->name),
		       value_number(r->issuer.kind), issuer_value(&r->issuer),
		       value_number(r->state), value_number(r->moment),
		       value_number(r->user), value_text(cause_text(r->cause)),
		       value_text(r->note), value_number(r->until),
		       value_bytes(r->persons[0], print),
		       value_bytes(r->persons[1], print))) &&
	    (r->kind != RULING_DEVICE || lapse_follow(s, r));
}

bool
store_device_rule(
    struct store *s, const struct device *d, const struct store_ruling *r)
{
	struct store_ruling row = *r;

	row.kind = RULING_DEVICE;
	memcpy(row.name, d->serial, sizeof(row.name));
	row.issuer = d->issuer;
	return store_change(s,
		   "UPDATE device SET state = ?4 WHERE "
		   "serial = ?1 AND issuer_kind = ?2 AND issuer = ?3",
		   VALUES(value_text(d->serial), value_number(d->issuer.kind),
		       issuer_value(&d->issuer), value_number(r->state))) &&
	    store_ruling_add(s, &row);
}

struct each_ruling {
	ruling_call call;
	void *context;
};

static bool
next_ruling(void *context, const struct value *row, unsigned n)
{
	struct each_ruling *e = context;
	struct store_ruling r = { .kind = (enum ruling_kind)row[0].number,
		.number = (uint64_t)row[4].number,
		.state = (enum device_state)row[5].number,
		.moment = row[6].number,
		.user = row[7].number,
		.cause = cause_find(row[8].bytes),
		.until = row[10].number,
		.two = row[11].bytes.len == HASH_SIZE &&
		    row[12].bytes.len == HASH_SIZE };

	(void)n;
	take_text(r.name, sizeof(r.name), &row[1]);
	take_issuer(&r.issuer, &row[2], &row[3]);
	take_text(r.note, sizeof(r.note), &row[9]);
	take_hash(r.persons[0], &row[11]);
	take_hash(r.persons[1], &row[12]);
	return e->call(e->context, &r);
}

static void
rulings(struct store *s, enum ruling_kind kind, const char *name,
    const struct issuer *issuer, ruling_call call, void *context)
{
	struct each_ruling e = { call, context };

	store_read(s,
	    "SELECT " COLUMNS " FROM ruling WHERE " SUBJECT
	    " ORDER BY number DESC",
	    VALUES(value_number(kind), value_text(name),
		value_number(issuer->kind), issuer_value(issuer)),
	    next_ruling, &e);
}

void
store_ruling_each(struct store *s, enum ruling_kind kind, const char *name,
    ruling_call call, void *context)
{
	static const struct issuer none;

	rulings(s, kind, name, &none, call, context);
}

void
store_device_rulings(
    struct store *s, const struct device *d, ruling_call call, void *context)
{
	rulings(s, RULING_DEVICE, d->serial, &d->issuer, call, context);
}

uint64_t
store_lapse_count(struct store *s)
{
	int64_t n = 0;

	store_read(s, "SELECT count(*) FROM lapse", NULL, 0, take_number, &n);
	return (uint64_t)n;
}
