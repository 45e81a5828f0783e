/* Requests that are kept, and the re-check of what was issued for them. */
#include "store/internal.h"

bool
store_request_keep(struct store *s, const uint8_t sha256[HASH_SIZE],
    int64_t moment, struct span bytes)
{
	return store_change(s,
	    "INSERT INTO request (sha256, moment, bytes) VALUES (?1, ?2, ?3) "
	    "ON CONFLICT (sha256) DO UPDATE SET moment = excluded.moment",
	    VALUES(value_bytes(sha256, HASH_SIZE), value_number(moment),
		value_bytes(bytes.ptr, bytes.len)));
}

/* What still waits for the re-check stays, however old. */
#define UNCHECKED                                                         \
	" AND NOT EXISTS (SELECT 1 FROM voucher WHERE voucher.request = " \
	"request.sha256 AND recheck = 1) "

void
store_request_purge(struct store *s, int64_t before, unsigned n)
{
	bool due = false;

	/* A look first: the usual answer opens no group. */
	store_read(s,
	    "SELECT 1 FROM request WHERE moment < ?1" UNCHECKED "LIMIT 1",
	    VALUES(value_number(before)), take_seen, &due);
	if (due)
		(void)store_change(s,
		    "DELETE FROM request WHERE sha256 IN (SELECT sha256 FROM "
		    "request WHERE moment < ?1" UNCHECKED
		    "ORDER BY moment LIMIT ?2)",
		    VALUES(value_number(before), value_number(n)));
}

struct each {
	recheck_call call;
	void *context;
};

#define RECHECK_COLUMNS                                                      \
	"SELECT v.signer, v.sequence, v.created, v.serial, v.issuer_kind, "  \
	"v.issuer, v.nonce, v.assertion, v.domain_id, v.pin_spki, "          \
	"v.request, v.facts, r.bytes FROM voucher v LEFT JOIN request r ON " \
	"r.sha256 = v.request "

static bool
take_recheck(void *context, const struct value *row, unsigned n)
{
	const struct each *e = context;
	struct store_recheck r = { 0 };

	(void)n;
	if (row[0].bytes.len == sizeof(r.signer))
		memcpy(r.signer, row[0].bytes.ptr, sizeof(r.signer));
	r.sequence = (uint64_t)row[1].number;
	r.created = row[2].number;
	take_text(r.serial, sizeof(r.serial), &row[3]);
	take_issuer(&r.issuer, &row[4], &row[5]);
	take_text(r.nonce, sizeof(r.nonce), &row[6]);
	r.assertion = (enum assertion)row[7].number;
	r.domain_id_len =
	    take_octets(r.domain_id, sizeof(r.domain_id), &row[8]);
	take_hash(r.pin_spki_sha256, &row[9]);
	take_hash(r.request_sha256, &row[10]);
	r.facts = row[11].bytes;
	r.bytes = row[12].bytes;
	return e->call(e->context, &r);
}

void
store_recheck_each(
    struct store *s, int64_t then, recheck_call call, void *context)
{
	struct each e = { call, context };

	store_read(s,
	    RECHECK_COLUMNS "WHERE v.recheck = 1 AND v.created >= ?1 "
			    "ORDER BY v.created, v.sequence",
	    VALUES(value_number(then)), take_recheck, &e);
}

void
store_recheck_get(struct store *s, const uint8_t signer[16], uint64_t sequence,
    recheck_call call, void *context)
{
	struct each e = { call, context };

	store_read(s, RECHECK_COLUMNS "WHERE v.signer = ?1 AND v.sequence = ?2",
	    VALUES(value_bytes(signer, 16), value_number((int64_t)sequence)),
	    take_recheck, &e);
}

bool
store_recheck_done(
    struct store *s, const uint8_t signer[16], uint64_t sequence, bool same)
{
	return store_change(s,
		   "UPDATE voucher SET recheck = ?3, facts = CASE ?3 WHEN 2 "
		   "THEN x'' ELSE facts END WHERE signer = ?1 AND "
		   "sequence = ?2 AND recheck = 1",
		   VALUES(value_bytes(signer, 16),
		       value_number((int64_t)sequence),
		       value_number(same ? 2 : 3))) &&
	    store_change(s,
		"UPDATE recheck SET checked = checked + 1 WHERE one = 1", NULL,
		0);
}

bool
store_recheck_stop(struct store *s, const struct store_recheck *r,
    const char *field, int64_t now)
{
	return store_change(s,
	    "UPDATE recheck SET stopped = 1, sequence = ?1, serial = ?2, "
	    "request = ?3, field = ?4, moment = ?5 WHERE one = 1",
	    VALUES(value_number((int64_t)r->sequence), value_text(r->serial),
		value_bytes(r->request_sha256, HASH_SIZE), value_text(field),
		value_number(now)));
}

bool
store_recheck_confirm(struct store *s)
{
	return store_change(
	    s, "UPDATE recheck SET stopped = 0 WHERE one = 1", NULL, 0);
}

static bool
take_state(void *context, const struct value *row, unsigned n)
{
	struct store_recheck_state *out = context;

	(void)n;
	out->checked = (uint64_t)row[0].number;
	out->stopped = row[1].number != 0;
	out->sequence = (uint64_t)row[2].number;
	take_text(out->serial, sizeof(out->serial), &row[3]);
	take_hash(out->request_sha256, &row[4]);
	take_text(out->field, sizeof(out->field), &row[5]);
	out->moment = row[6].number;
	return false;
}

void
store_recheck_state(struct store *s, struct store_recheck_state *out)
{
	memset(out, 0, sizeof(*out));
	store_read(s,
	    "SELECT checked, stopped, sequence, serial, request, field, "
	    "moment FROM recheck WHERE one = 1",
	    NULL, 0, take_state, out);
}

uint64_t
store_recheck_waiting(struct store *s, int64_t *oldest)
{
	int64_t waiting = 0;

	*oldest = 0;
	store_read(s,
	    "SELECT count(*) FROM (SELECT 1 FROM voucher WHERE recheck = 1 "
	    "LIMIT ?1)",
	    VALUES(value_number(WAITING_COUNTED)), take_number, &waiting);
	store_read(s,
	    "SELECT created FROM voucher WHERE recheck = 1 "
	    "ORDER BY created, sequence LIMIT 1",
	    NULL, 0, take_number, oldest);
	return (uint64_t)waiting;
}
