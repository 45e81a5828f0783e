/* Vouchers, which are the audit log. */
#include <stdlib.h>

#include "base/fatal.h"
#include "store/internal.h"

/* Is that record's row there, for this device and request? */
static bool
row_known(struct store *s, const struct record *r)
{
	bool seen = false;

	store_read(s,
	    "SELECT 1 FROM voucher WHERE signer = ?1 AND sequence = ?2 AND "
	    "serial = ?3 AND request = ?4",
	    VALUES(value_bytes(r->signer, sizeof(r->signer)),
		value_number((int64_t)r->sequence),
		value_text(r->voucher.serial),
		value_bytes(r->request_sha256, HASH_SIZE)),
	    take_seen, &seen);
	return seen;
}

/* A row that is there already adds none, which is what counts. */
bool
store_voucher_put(
    struct store *s, const struct record *r, const struct store_delivery *d)
{
	const struct record_voucher *v = &r->voucher;
	static const uint8_t nobody[HASH_SIZE];
	static const struct store_delivery none = {
		.client = nobody, .address = "", .correlation = ""
	};
	bool delivered = d != NULL, added;

	if (!delivered)
		d = &none;
	added = store_add(s, TABLE_VOUCHER,
	    "INSERT INTO voucher (signer, sequence, serial, "
	    "issuer_kind, issuer, request, created, nonce, assertion, "
	    "domain_id, pin_spki, format, delivered, client, address, "
	    "correlation, artifact, facts, recheck) VALUES (?1, ?2, ?3, ?4, "
	    "?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, "
	    "?18, ?19) ON CONFLICT (signer, sequence) DO NOTHING",
	    VALUES(value_bytes(r->signer, sizeof(r->signer)),
		value_number((int64_t)r->sequence), value_text(v->serial),
		value_number(v->issuer.kind),
		value_bytes(v->issuer.bytes, v->issuer.len),
		value_bytes(r->request_sha256, HASH_SIZE),
		value_number(v->created_on), value_text(v->nonce),
		value_number(v->assertion),
		value_bytes(v->domain_id, v->domain_id_len),
		value_bytes(v->pin_spki_sha256, HASH_SIZE),
		value_number(v->format), value_number(delivered),
		value_bytes(d->client, HASH_SIZE), value_text(d->address),
		value_text(d->correlation),
		value_bytes(d->artifact.ptr, d->artifact.len),
		value_bytes(d->facts.ptr, d->facts.len),
		value_number(d->facts.len > 0)));
	return added || (!delivered && store_group_good(s) && row_known(s, r));
}

bool
store_voucher_add(struct store *s, const struct record *r)
{
	return store_voucher_put(s, r, NULL);
}

static bool
row_delivered(struct store *s, const uint8_t signer[16], uint64_t sequence,
    const uint8_t request[HASH_SIZE])
{
	bool seen = false;

	if (!store_group_good(s))
		return false;
	store_read(s,
	    "SELECT 1 FROM voucher WHERE signer = ?1 AND sequence = ?2 AND "
	    "request = ?3 AND delivered = 1",
	    VALUES(value_bytes(signer, 16), value_number((int64_t)sequence),
		value_bytes(request, HASH_SIZE)),
	    take_seen, &seen);
	return seen;
}

bool
store_voucher_deliver(struct store *s, const uint8_t signer[16],
    uint64_t sequence, const uint8_t request[HASH_SIZE],
    const struct store_delivery *d)
{
	return store_change(s,
		   "UPDATE voucher SET delivered = 1, artifact = ?3, "
		   "client = ?4, address = ?5, correlation = ?6, "
		   "facts = ?7, recheck = ?8 WHERE signer = ?1 AND "
		   "sequence = ?2 AND request = ?9 AND delivered = 0",
		   VALUES(value_bytes(signer, 16),
		       value_number((int64_t)sequence),
		       value_bytes(d->artifact.ptr, d->artifact.len),
		       value_bytes(d->client, HASH_SIZE),
		       value_text(d->address), value_text(d->correlation),
		       value_bytes(d->facts.ptr, d->facts.len),
		       value_number(d->facts.len > 0),
		       value_bytes(request, HASH_SIZE))) ||
	    row_delivered(s, signer, sequence, request);
}

struct one_voucher {
	void (*call)(void *context, const struct store_voucher *v);
	void *context;
	bool found;
};

static bool
take_voucher(void *context, const struct value *row, unsigned n)
{
	struct one_voucher *o = context;
	struct store_voucher v = { 0 };

	(void)n;
	if (row[0].bytes.len == sizeof(v.signer))
		memcpy(v.signer, row[0].bytes.ptr, sizeof(v.signer));
	v.sequence = (uint64_t)row[1].number;
	take_text(v.serial, sizeof(v.serial), &row[2]);
	take_issuer(&v.issuer, &row[3], &row[4]);
	v.created = row[5].number;
	take_hash(v.pin_spki_sha256, &row[6]);
	v.delivered = row[7].number != 0;
	take_hash(v.client_sha256, &row[8]);
	v.artifact = row[9].bytes;
	v.format = (enum artifact_format)row[10].number;
	o->found = true;
	o->call(o->context, &v);
	return false;
}

bool
store_voucher_by_request(struct store *s,
    const uint8_t request_sha256[HASH_SIZE], int64_t since, int64_t until,
    void (*call)(void *context, const struct store_voucher *v), void *context)
{
	struct one_voucher o = { .call = call, .context = context };

	store_read(s,
	    "SELECT signer, sequence, serial, issuer_kind, issuer, "
	    "created, pin_spki, delivered, client, artifact, "
	    "format FROM voucher WHERE "
	    "request = ?1 AND created BETWEEN ?2 AND ?3 "
	    "ORDER BY created DESC, sequence DESC LIMIT 1",
	    VALUES(value_bytes(request_sha256, HASH_SIZE), value_number(since),
		value_number(until)),
	    take_voucher, &o);
	return o.found;
}

bool
store_voucher_pinned(struct store *s, const struct device *d,
    const uint8_t spki_sha256[HASH_SIZE])
{
	bool found = false;

	store_read(s,
	    "SELECT 1 FROM voucher WHERE serial = ?1 AND "
	    "issuer_kind = ?2 AND issuer = ?3 AND pin_spki = ?4 LIMIT 1",
	    VALUES(value_text(d->serial), value_number(d->issuer.kind),
		value_bytes(d->issuer.bytes, d->issuer.len),
		value_bytes(spki_sha256, HASH_SIZE)),
	    take_seen, &found);
	return found;
}

bool
store_domain_add(struct store *s, struct span domain_id,
    const uint8_t spki_sha256[HASH_SIZE])
{
	return store_change(s,
	    "INSERT INTO domain (domain_id, pin_spki) VALUES (?1, ?2) "
	    "ON CONFLICT (domain_id, pin_spki) DO NOTHING",
	    VALUES(value_bytes(domain_id.ptr, domain_id.len),
		value_bytes(spki_sha256, HASH_SIZE)));
}

bool
store_domain_shared(struct store *s, struct span domain_id,
    const uint8_t spki_sha256[HASH_SIZE])
{
	bool found = false;

	store_read(s,
	    "SELECT 1 FROM domain WHERE domain_id = ?1 AND pin_spki <> ?2 "
	    "LIMIT 1",
	    VALUES(value_bytes(domain_id.ptr, domain_id.len),
		value_bytes(spki_sha256, HASH_SIZE)),
	    take_seen, &found);
	return found;
}

struct events {
	struct audit_event *list;
	size_t len, room;
};

static bool
take_event(void *context, const struct value *row, unsigned n)
{
	struct events *e = context;
	struct audit_event *a;

	(void)n;
	if (e->len == e->room) {
		e->room = e->room == 0 ? 16 : e->room * 2;
		e->list = realloc(e->list, e->room * sizeof(*e->list));
		if (e->list == NULL)
			fatal("out of memory");
	}
	a = &e->list[e->len++];
	memset(a, 0, sizeof(*a));
	a->date = row[0].number;
	a->domain_id_len =
	    take_octets(a->domain_id, sizeof(a->domain_id), &row[1]);
	take_text(a->nonce, sizeof(a->nonce), &row[2]);
	a->assertion = (enum assertion)row[3].number;
	take_hash(a->pin_spki_sha256, &row[4]);
	return true;
}

static void
reverse(struct events *e)
{
	size_t i;

	for (i = 0; i < e->len / 2; i++) {
		struct audit_event first = e->list[i];

		e->list[i] = e->list[e->len - 1 - i];
		e->list[e->len - 1 - i] = first;
	}
}

static bool
take_older(void *context, const struct value *row, unsigned n)
{
	(void)row;
	(void)n;
	++*(uint64_t *)context;
	return true;
}

/* An index tells, without the rows. */
static uint64_t
count_older(struct store *s, const char *serial, const struct issuer *issuer)
{
	uint64_t n = 0;

	store_read(s,
	    "SELECT 1 FROM voucher WHERE serial = ?1 AND issuer_kind = ?2 AND "
	    "issuer = ?3 LIMIT ?4 OFFSET ?5",
	    VALUES(value_text(serial), value_number(issuer->kind),
		value_bytes(issuer->bytes, issuer->len),
		value_number(AUDIT_COUNTER_MAX), value_number(AUDIT_SEEN_MAX)),
	    take_older, &n);
	return n;
}

size_t
store_audit(struct store *s, const char *serial, const struct issuer *issuer,
    struct audit_event **out, uint64_t *older)
{
	struct events e = { 0 };

	store_read(s,
	    "SELECT created, domain_id, nonce, assertion, pin_spki "
	    "FROM voucher WHERE serial = ?1 AND issuer_kind = ?2 AND issuer = "
	    "?3 "
	    "ORDER BY created DESC, sequence DESC LIMIT ?4",
	    VALUES(value_text(serial), value_number(issuer->kind),
		value_bytes(issuer->bytes, issuer->len),
		value_number(AUDIT_SEEN_MAX)),
	    take_event, &e);
	reverse(&e);
	*out = e.list;
	*older = e.len < AUDIT_SEEN_MAX ? 0 : count_older(s, serial, issuer);
	return e.len;
}
