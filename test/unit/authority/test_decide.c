/* Decisions: law 4, one device at a time, idempotency, the audit log. */
#include "world.h"

#include <sqlite3.h>

#include "base/clock.h"

/* The journal stands here after world_ready() with one device. */
#define FIRST  "artifact 11"
#define SECOND "artifact 12"
#define THIRD  "artifact 13"

static void
voucher(void **state)
{
	struct world *w = *state;
	struct request_facts f = good_facts(1, 1);
	struct sent s;
	struct voucher_order o;
	struct cbor c;

	world_ready(w, 1);
	ask(w, 5, &f);
	drained(w);
	expect_nothing(&w->checker);
	s = w->signer.sent[0];
	assert_int_equal(s.type, MESSAGE_SIGN_VOUCHER);
	cbor_open(&c, buf_span(&s.payload), true);
	assert_true(message_voucher_order_get(&c, &o));
	assert_string_equal(o.key, "voucher-1");
	assert_string_equal(o.nonce, "nonce-0001");
	assert_int_equal(o.assertion, ASSERTION_PROXIMITY);
	assert_int_equal(o.pin.ptr[0], 0xd2);
	assert_int_equal(o.domain_id[0], 0xd2);
	assert_int_equal(o.device.tag[0], 0x46);
	puppet_obey(w);
	/* Signed, but not committed: nobody hears of it (law 4). */
	expect_nothing(&w->checker);
	drained(w);
	expect_answer(w, 5, REASON_OK, FIRST);
	expect_nothing(&w->signer);
}

/* The same bytes while they are decided, signed, committed, and for a minute:
 * one voucher. Another client gets none of it from the store. */
static void
idempotency(void **state)
{
	struct world *w = *state;
	struct request_facts f = good_facts(1, 1);

	world_ready(w, 1);
	ask(w, 1, &f);
	ask(w, 2, &f);
	drained(w);
	puppet_obey(w);
	ask(w, 3, &f); /* signed, not committed */
	expect_nothing(&w->checker);
	drained(w);
	expect_answer(w, 1, REASON_OK, FIRST);
	expect_answer(w, 3, REASON_OK, FIRST);
	expect_answer(w, 2, REASON_OK, FIRST);
	ask(w, 4, &f);
	expect_answer(w, 4, REASON_OK, FIRST);
	expect_nothing(&w->signer);
	/* What he asks for now is not what is there. */
	f.reply = FORMAT_JWS_JSON;
	ask(w, 7, &f);
	expect_answer(w, 7, REASON_FORMAT_UNSUPPORTED, NULL);
	f.reply = FORMAT_CMS_JSON;
	f.client_sha256[HASH_SIZE - 1] ^= 1;
	ask(w, 5, &f);
	assert_int_equal(w->signer.len, 1);
	puppet_obey(w);
	drained(w);
	expect_answer(w, 5, REASON_OK, SECOND);
	/* After a minute it is a second voucher. */
	clock_set_test(NOW + REPLAY_SECONDS + 1);
	ask(w, 6, &f);
	expect_nothing(&w->checker);
	assert_int_equal(w->signer.len, 1);
	puppet_obey(w);
	drained(w);
	expect_answer(w, 6, REASON_OK, THIRD);
	/* As it is where the clock ran ahead and was put right. */
	clock_set_test(NOW - 3600);
	ask(w, 8, &f);
	expect_nothing(&w->checker);
	assert_int_equal(w->signer.len, 1);
}

/* Somebody else with the same bytes at the same moment waits for a decision of
 * his own. */
static void
other_client(void **state)
{
	struct world *w = *state;
	struct request_facts f = good_facts(1, 1), g = f;

	world_ready(w, 1);
	g.client_sha256[HASH_SIZE - 1] ^= 1;
	ask(w, 1, &f);
	ask(w, 2, &g);
	puppet_obey(w);
	drained(w);
	expect_answer(w, 1, REASON_OK, FIRST);
	expect_nothing(&w->checker);
	puppet_obey(w);
	drained(w);
	expect_answer(w, 2, REASON_OK, SECOND);
}

/* Another request for the device waits for the commit of the first. */
static void
one_at_a_time(void **state)
{
	struct world *w = *state;
	struct request_facts f = good_facts(1, 1), g = good_facts(1, 2),
			     h = good_facts(2, 3);

	world_ready(w, 2);
	ask(w, 1, &f);
	ask(w, 2, &g);
	ask(w, 3, &h);
	drained(w);
	/* The first of the one device, and the other device. */
	assert_int_equal(w->signer.len, 2);
	command(w, "device.hold",
	    ARGUMENTS({ "serial", "AR9-F1-000001" }, { "reason", "stolen" }));
	puppet_obey(w);
	puppet_obey(w);
	drained(w);
	expect_answer(w, 1, REASON_OK, NULL);
	expect_answer(w, 3, REASON_OK, NULL);
	/* Now the second is decided; the hold is not committed yet. */
	assert_int_equal(w->signer.len, 2);
	puppet_obey(w); /* the act of the hold */
	drained(w);
	(void)told(w, REASON_OK);
	request_of(&g, 77);
	ask(w, 4, &g);
	puppet_obey(w); /* the second voucher */
	drained(w);
	expect_answer(w, 2, REASON_OK, NULL);
	/* Decided after that commit, so after the hold. */
	expect_answer(w, 4, REASON_DEVICE_HELD, NULL);
	(void)done(
	    w, "device.release", ARGUMENTS({ "serial", "AR9-F1-000001" }));
	ask(w, 5, &g);
	assert_int_equal(w->signer.len, 1);
}

static void
refusals(void **state)
{
	struct world *w = *state;
	struct request_facts f = good_facts(7, 1);
	unsigned i;

	world_ready(w, 1);
	for (i = 0; i < REFUSALS_PER_SECOND + 10; i++) {
		ask(w, i, &f);
		expect_answer(w, i, REASON_DEVICE_UNKNOWN, NULL);
	}
	drained(w);
	assert_int_equal(
	    store_count(w->a->store, TABLE_REFUSAL), REFUSALS_PER_SECOND);
	authority_calls.tick(w->a);
	ask(w, 1, &f);
	drained(w);
	assert_int_equal(
	    store_count(w->a->store, TABLE_REFUSAL), REFUSALS_PER_SECOND + 1);
	expect_answer(w, 1, REASON_DEVICE_UNKNOWN, NULL);
	expect_nothing(&w->signer);
}

/* What the signer refuses reaches the asker, all of them, without its words. */
static void
signer_refuses(void **state)
{
	struct world *w = *state;
	struct request_facts f = good_facts(1, 1), g = good_facts(1, 2);

	world_ready(w, 1);
	ask(w, 1, &f);
	ask(w, 2, &f);
	ask(w, 3, &g);
	w->refuses = REASON_SIGNER_TAG;
	puppet_obey(w);
	expect_answer(w, 2, REASON_SIGNER_TAG, NULL);
	expect_answer(w, 1, REASON_SIGNER_TAG, NULL);
	drained(w);
	puppet_obey(w);
	drained(w);
	expect_answer(w, 3, REASON_OK, NULL);
}

static void
say_signed(struct world *w, uint64_t id, uint64_t sequence)
{
	static uint8_t room[512];
	struct message_signed m = { .sequence = sequence,
		.artifact = span_str("a voucher, believe me") };
	struct cbor_out o;

	cbor_out_open(&o, room, sizeof(room));
	message_signed_put(&o, &m);
	deliver(w, &w->signer, MESSAGE_SIGNED, id, &o);
	drained(w);
}

/* A signer says that it signed, and there is no record of it, or one of another
 * request: nobody gets that (law 3). */
static void
signed_off_record(void **state)
{
	struct world *w = *state;
	struct request_facts f = good_facts(1, 1), g = good_facts(2, 2);
	struct sent s;

	world_ready(w, 2);
	ask(w, 1, &f);
	puppet_obey(w);
	drained(w);
	expect_answer(w, 1, REASON_OK, NULL);
	ask(w, 2, &g);
	s = take(&w->signer, MESSAGE_SIGN_VOUCHER);
	buf_free(&s.payload);
	say_signed(w, s.id, w->sequence + 1);
	expect_answer(w, 2, REASON_STORE_FAILED, NULL);
	ask(w, 3, &g);
	s = take(&w->signer, MESSAGE_SIGN_VOUCHER);
	buf_free(&s.payload);
	say_signed(w, s.id, w->sequence);
	expect_answer(w, 3, REASON_STORE_FAILED, NULL);
	assert_int_equal(store_count(w->a->store, TABLE_VOUCHER), 1);
}

static void
signer_lost(void **state)
{
	struct world *w = *state;
	struct request_facts f = good_facts(1, 1), g = good_facts(1, 2);
	struct sent s;

	world_ready(w, 1);
	ask(w, 1, &f);
	ask(w, 2, &g);
	drained(w);
	s = take(&w->signer, MESSAGE_SIGN_VOUCHER);
	buf_free(&s.payload);
	w->signer.gone = true;
	authority_calls.lost(w->a, &w->signer);
	expect_answer(w, 1, REASON_UNAVAILABLE, NULL);
	drained(w);
	expect_answer(w, 2, REASON_UNAVAILABLE, NULL);
	ask(w, 3, &f);
	expect_answer(w, 3, REASON_UNAVAILABLE, NULL);
	/* It comes back with a record that nobody was told of. */
	w->signer.gone = false;
	authority_calls.connected(w->a, &w->signer);
	ask(w, 4, &f);
	expect_answer(w, 4, REASON_UNAVAILABLE, NULL);
	puppet_sync(w);
	ask(w, 5, &f);
	assert_int_equal(w->signer.len, 1);
}

/* A record without an answer is in the audit log all the same. */
static void
undelivered(void **state)
{
	struct world *w = *state;
	struct request_facts f = good_facts(1, 1);
	struct record r = { .kind = RECORD_VOUCHER };
	struct message_synced m = { 0 };
	struct audit_event *events;
	uint64_t older;
	struct issuer issuer = f.pledge_issuer;
	struct cbor_out o;
	struct sent s;
	uint8_t room[256];

	world_ready(w, 1);
	world_again(w);
	s = take(&w->signer, MESSAGE_HEAD);
	buf_free(&s.payload);
	memcpy(r.request_sha256, f.request_sha256, HASH_SIZE);
	memset(r.tbs_sha256, 1, HASH_SIZE);
	memcpy(r.voucher.key, "voucher-1", 10);
	memcpy(r.voucher.serial, f.serial, sizeof(f.serial));
	memcpy(r.voucher.product, "router-9", 9);
	memcpy(r.voucher.nonce, "nonce-0001", 11);
	r.voucher.issuer = issuer;
	r.voucher.assertion = ASSERTION_PROXIMITY;
	r.voucher.created_on = NOW;
	r.voucher.format = FORMAT_CMS_JSON;
	memset(r.voucher.pin_sha256, 8, HASH_SIZE);
	memset(r.voucher.pin_spki_sha256, 0xd2, HASH_SIZE);
	memset(r.voucher.domain_id, 0xd2, 20);
	r.voucher.domain_id_len = 20;
	puppet_record(w, &r);
	memcpy(m.signer, r.signer, sizeof(m.signer));
	m.sequence = w->sequence;
	cbor_out_open(&o, room, sizeof(room));
	message_synced_put(&o, &m);
	deliver(w, &w->signer, MESSAGE_SYNCED, 0, &o);
	assert_true(w->a->synced);
	assert_int_equal(
	    store_audit(w->a->store, f.serial, &issuer, &events, &older), 1);
	free(events);
	/* No bytes are there to be sent again: the signer renders them. Nor does
	 * whoever has no certificate get what nobody asked for. */
	memset(f.client_sha256, 0, HASH_SIZE);
	ask(w, 1, &f);
	assert_int_equal(w->signer.len, 1);
}

/* A lost commit: the askers hear of it, nothing is signed, heads are compared,
 * the records come again, and it goes on. */
static void
commit_lost(void **state)
{
	struct world *w = *state;
	struct request_facts f = good_facts(1, 1), g = good_facts(2, 2);
	struct sent s;
	struct message_head head;
	struct cbor c;
	uint64_t before;

	world_ready(w, 2);
	before = w->sequence;
	ask(w, 1, &f);
	ask(w, 2, &g);
	puppet_obey(w);
	store_group_spoil(w->a->store);
	drained(w);
	expect_answer(w, 1, REASON_STORE_FAILED, NULL);
	puppet_obey(w); /* the other was under way */
	expect_answer(w, 2, REASON_STORE_FAILED, NULL);
	ask(w, 3, &f);
	expect_answer(w, 3, REASON_STORE_FAILED, NULL);
	expect_nothing(&w->signer);
	authority_calls.tick(w->a);
	s = take(&w->signer, MESSAGE_HEAD);
	cbor_open(&c, buf_span(&s.payload), true);
	assert_true(message_head_get(&c, &head));
	buf_free(&s.payload);
	assert_int_equal(head.sequence, before);
	ask(w, 4, &f);
	expect_answer(w, 4, REASON_UNAVAILABLE, NULL);
	/* The journal has two records that nobody was told of: they come. */
	puppet_repeat(w, 2);
	assert_true(w->a->synced);
	assert_int_equal(store_count(w->a->store, TABLE_VOUCHER), 2);
	ask(w, 5, &f);
	puppet_obey(w);
	drained(w);
	expect_answer(w, 5, REASON_OK, NULL);
}

/* A group without a record is lost while the signer is at work: what it sends
 * before it reads HEAD comes once more behind it, and is the same. */
static void
records_twice(void **state)
{
	struct world *w = *state;
	struct request_facts f = good_facts(1, 1), g = good_facts(2, 2);
	struct sent head;

	world_ready(w, 2);
	ask(w, 1, &f);
	store_group_spoil(w->a->store);
	drained(w);
	authority_calls.tick(w->a);
	assert_false(w->a->synced);
	puppet_obey(w);
	drained(w);
	expect_answer(w, 1, REASON_STORE_FAILED, NULL);
	head = take(&w->signer, MESSAGE_HEAD);
	buf_free(&head.payload);
	puppet_repeat(w, 1);
	assert_true(w->a->synced);
	puppet_repeat(w, 1);
	assert_true(w->a->synced);
	assert_int_equal(store_count(w->a->store, TABLE_VOUCHER), 1);
	ask(w, 2, &g);
	puppet_obey(w);
	drained(w);
	expect_answer(w, 2, REASON_OK, NULL);
}

/* Nobody there to hear the answer: no frame to a peer that is gone. */
static void
checker_lost(void **state)
{
	struct world *w = *state;
	struct request_facts f = good_facts(1, 1);

	world_ready(w, 1);
	ask(w, 1, &f);
	ask(w, 2, &f);
	authority_calls.lost(w->a, &w->checker);
	puppet_obey(w);
	drained(w);
	expect_nothing(&w->checker);
	/* The voucher is on record as given. */
	ask(w, 3, &f);
	expect_answer(w, 3, REASON_OK, FIRST);
}

/* Another key under the identifier of a domain that is known: two entries in the
 * log, and one alarm. */
static void
domain_shared(void **state)
{
	static const uint8_t other = 0xe2;
	struct world *w = *state;
	struct request_facts f = good_facts(1, 1), g = good_facts(1, 2);
	struct audit_event *events;
	uint64_t older;
	unsigned i;

	world_ready(w, 1);
	g.chain[1].certificate = span_of(&other, 1);
	memset(g.chain[1].spki_sha256, other, HASH_SIZE);
	for (i = 1; i <= 4; i++) {
		request_of(i % 2 == 0 ? &g : &f, (uint8_t)i);
		ask(w, i, i % 2 == 0 ? &g : &f);
		puppet_obey(w);
		drained(w);
		expect_answer(w, i, REASON_OK, NULL);
		assert_int_equal(w->a->alarms,
		    i == 1 ? ALARMS_PER_SECOND : ALARMS_PER_SECOND - 1);
	}
	assert_int_equal(store_audit(w->a->store, f.serial, &f.pledge_issuer,
			     &events, &older),
	    4);
	assert_memory_equal(
	    events[0].domain_id, events[1].domain_id, KEY_ID_MAX);
	assert_int_equal(events[0].pin_spki_sha256[0], 0xd2);
	assert_int_equal(events[1].pin_spki_sha256[0], other);
	free(events);
}

/* A store of before 14 is walked for its domains, which takes minutes where it has
 * millions of vouchers: serve hears meanwhile that the start gets on. */
static void
domains_of_before(void **state)
{
	static const char many[] =
	    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
	    "WHERE i < 20000) INSERT INTO voucher (signer, sequence, serial, "
	    "issuer_kind, issuer, request, created, nonce, assertion, "
	    "domain_id, pin_spki, delivered, client, address, correlation, "
	    "artifact) SELECT zeroblob(16), i, 'S' || i, 1, x'ca', "
	    "zeroblob(32), i, 'n', 1, x'd1', CASE i % 2 WHEN 0 THEN x'e1' "
	    "ELSE x'e2' END, 1, x'', '', '', x'' FROM n";
	static const uint8_t id[] = { 0xd1 };
	static uint8_t other[HASH_SIZE];
	struct world *w = *state;

	w->starting = 0;
	world_older(w, 13, many);
	assert_true(w->starting > 0);
	assert_true(store_domain_shared(w->a->store, span_of(id, 1), other));
}

/* --- the audit log (RFC 8995 5.8) --- */

static void
audit_log(void **state)
{
	struct world *w = *state;
	struct request_facts f = good_facts(1, 1), log;

	world_ready(w, 2);
	ask(w, 1, &f);
	puppet_obey(w);
	drained(w);
	expect_answer(w, 1, REASON_OK, NULL);

	/* The very bytes, however late and whatever the checker thinks. */
	log = f;
	log.kind = REQUEST_AUDIT_LOG;
	log.refusal = REASON_REGISTRAR_PATH;
	ask(w, 2, &log);
	expect_answer(w, 2, REASON_OK,
	    "{\"version\":1,\"events\":[{\"date\":"
	    "\"2023-11-14T22:13:20Z\",\"domainID\":"
	    "\"0tLS0tLS0tLS0tLS0tLS0tLS0tI=\",\"nonce\":\"nonce-0001\","
	    "\"assertion\":\"proximity\"}],\"truncation\":{"
	    "\"nonced duplicates\":0,\"nonceless duplicates\":0,"
	    "\"arbitrary\":0}}");
	/* Other bytes: the chain must hold a key that was pinned. */
	request_of(&log, 78);
	ask(w, 3, &log);
	expect_answer(w, 3, REASON_REGISTRAR_PATH, NULL);
	log.refusal = REASON_OK;
	ask(w, 4, &log);
	expect_answer(w, 4, REASON_OK, NULL);
	/* A stranger with the same key identifier is a stranger. */
	log.chain[1].spki_sha256[0] ^= 1;
	ask(w, 5, &log);
	expect_answer(w, 5, REASON_DEVICE_UNKNOWN, NULL);
	/* An unknown device, and one that never had a voucher: the same. */
	log = good_facts(2, 9);
	log.kind = REQUEST_AUDIT_LOG;
	ask(w, 6, &log);
	expect_answer(w, 6, REASON_DEVICE_UNKNOWN, NULL);
	log = good_facts(77, 9);
	log.kind = REQUEST_AUDIT_LOG;
	ask(w, 7, &log);
	expect_answer(w, 7, REASON_DEVICE_UNKNOWN, NULL);
}

/* Two products have one serial: a voucher names the issuer and is by a key that is
 * not for both, whatever policies became since the second device came (IP 5.2). */
static void
twins_of_products(void **state)
{
	struct world *w = *state;
	struct request_facts f = good_facts(1, 1);
	struct store_device d = { .certificate = span_str("certificate") };
	struct voucher_order o;
	struct device first;
	struct sent s;
	struct cbor c;

	world_ready(w, 1);
	(void)done(w, "product.add",
	    ARGUMENTS({ "name", "lamp-2" }, { "import-only", "yes" }));
	assert_int_equal(
	    store_device_find(w->a->store, f.serial, &first, 1), 1);
	d.device = first;
	d.device.issuer.bytes[0] ^= 1;
	d.device.issuer_name_sha256[0] ^= 1;
	d.device.spki_sha256[0] ^= 1;
	strcpy(d.device.product, "lamp-2");
	assert_true(store_device_add(w->a->store, &d));
	drained(w);
	f.issuer = first.issuer;
	ask(w, 1, &f);
	expect_answer(w, 1, REASON_KEY_UNAVAILABLE, NULL);
	drained(w);
	(void)done(w, "ca.policy",
	    ARGUMENTS({ "name", "voucher-1" }, { "product", "router-9" }));
	ask(w, 2, &f);
	drained(w);
	s = w->signer.sent[0];
	assert_int_equal(s.type, MESSAGE_SIGN_VOUCHER);
	cbor_open(&c, buf_span(&s.payload), true);
	assert_true(message_voucher_order_get(&c, &o));
	assert_string_equal(o.key, "voucher-1");
	assert_true(o.name_issuer);
	puppet_obey(w);
	drained(w);
	expect_answer(w, 2, REASON_OK, NULL);
}

/* Somebody else reads what is on record of a refusal; in a copy, since the store
 * is locked. */
static void
on_record(void **state)
{
	struct world *w = *state;
	struct request_facts f = good_facts(7, 3);
	sqlite3_stmt *row;
	sqlite3 *db;

	world_ready(w, 1);
	ask(w, 1, &f);
	expect_answer(w, 1, REASON_DEVICE_UNKNOWN, NULL);
	drained(w);
	assert_int_equal(
	    system("cp store.db copy && cp store.db-wal copy-wal"), 0);
	assert_int_equal(sqlite3_open("copy", &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db,
			     "SELECT kind, reason, serial, request, client, "
			     "address, correlation, moment - 1700000000 < 60 "
			     "FROM refusal",
			     -1, &row, NULL),
	    SQLITE_OK);
	assert_int_equal(sqlite3_step(row), SQLITE_ROW);
	assert_int_equal(sqlite3_column_int(row, 0), REQUEST_VOUCHER);
	assert_string_equal((const char *)sqlite3_column_text(row, 1),
	    reason_code(REASON_DEVICE_UNKNOWN));
	assert_string_equal(
	    (const char *)sqlite3_column_text(row, 2), "AR9-F1-000007");
	assert_int_equal(sqlite3_column_bytes(row, 3), HASH_SIZE);
	assert_memory_equal(
	    sqlite3_column_blob(row, 3), f.request_sha256, HASH_SIZE);
	assert_memory_equal(
	    sqlite3_column_blob(row, 4), f.client_sha256, HASH_SIZE);
	assert_string_equal(
	    (const char *)sqlite3_column_text(row, 5), "192.0.2.1");
	assert_string_equal(
	    (const char *)sqlite3_column_text(row, 6), "c0ffee");
	assert_int_equal(sqlite3_column_int(row, 7), 1);
	assert_int_equal(sqlite3_step(row), SQLITE_DONE);
	sqlite3_finalize(row);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	assert_int_equal(system("rm -f copy copy-wal copy-shm"), 0);
}

/* Refused, for whatever reason; how many alarms it took. */
static unsigned
alarmed(struct world *w, const struct request_facts *f)
{
	const unsigned before = w->a->alarms;
	struct sent s;

	ask(w, 1, f);
	s = take(&w->checker, MESSAGE_ANSWER);
	buf_free(&s.payload);
	expect_nothing(&w->signer);
	return before - w->a->alarms;
}

/* in the name of an own CA, and not on record for this serial. */
static void
unrecorded(void **state)
{
	struct world *w = *state;
	struct request_facts good = good_facts(1, 1), f;
	unsigned i;

	world_ready(w, 1);
	(void)done(w, "device.hold",
	    ARGUMENTS({ "serial", "AR9-F1-000001" }, { "reason", "stolen" }));
	authority_calls.tick(w->a);
	assert_int_equal(alarmed(w, &good), 0);
	f = good;
	f.pledge_certificate_sha256[HASH_SIZE - 1] ^= 1;
	assert_int_equal(alarmed(w, &f), 1);
	f.prior = false; /* who asks is no pledge */
	assert_int_equal(alarmed(w, &f), 0);
	f.prior = true;
	f.pledge_issuer.bytes[19] ^= 1; /* a stranger's CA */
	assert_int_equal(alarmed(w, &f), 0);
	f = good;
	strcpy(f.serial, "AR9-F1-000009"); /* on record for another one */
	assert_int_equal(alarmed(w, &f), 1);
	for (i = 2; i < ALARMS_PER_SECOND; i++)
		assert_int_equal(alarmed(w, &f), 1);
	assert_int_equal(w->a->alarms, 0);
	assert_int_equal(alarmed(w, &f), 0);
	drained(w);
	authority_calls.tick(w->a);
	assert_int_equal(alarmed(w, &f), 1);
}

static void
twin(struct world *w, const struct device *first, unsigned n)
{
	struct store_device d = { .device = *first,
		.certificate = span_str("certificate") };

	d.device.issuer.bytes[19] = (uint8_t)(0xca + n); /* behind it */
	memset(d.device.spki_sha256, (int)n, HASH_SIZE);
	memset(d.device.certificate_sha256, (int)n, HASH_SIZE);
	assert_true(store_device_add(w->a->store, &d));
	drained(w);
}

/* As many as there is room for are told apart by issuer; one more, and nobody
 * is meant. */
static void
many_twins(void **state)
{
	struct world *w = *state;
	struct request_facts f = good_facts(1, 1);
	struct device first;
	unsigned n;

	world_ready(w, 1);
	assert_int_equal(
	    store_device_find(w->a->store, f.serial, &first, 1), 1);
	f.issuer = first.issuer;
	for (n = 1; n < STORE_TWINS_MAX; n++)
		twin(w, &first, n);
	ask(w, 1, &f);
	puppet_obey(w);
	drained(w);
	expect_answer(w, 1, REASON_OK, FIRST);
	twin(w, &first, n);
	request_of(&f, 2);
	ask(w, 2, &f);
	expect_answer(w, 2, REASON_DEVICE_UNKNOWN, NULL);
}

/* The key is there, its certificate is over. */
static void
key_over(void **state)
{
	struct world *w = *state;
	struct request_facts f = good_facts(1, 1);

	world_ready(w, 1);
	clock_set_test(NOW + 1000000 - 600); /* see world.c for its end */
	ask(w, 1, &f);
	puppet_obey(w);
	drained(w);
	expect_answer(w, 1, REASON_OK, FIRST);
	clock_set_test(NOW + 1000001);
	request_of(&f, 2);
	ask(w, 2, &f);
	expect_answer(w, 2, REASON_KEY_EXPIRED, NULL);
	expect_nothing(&w->signer);
}

/* What the product says goes into the order; and what comes back is measured
 * against what its pledges can take. */
static void
as_the_product_says(void **state)
{
	struct world *w = *state;
	struct request_facts f = good_facts(1, 1);
	struct sizes *sizes = &w->a->sizes[FORMAT_CMS_JSON];
	struct voucher_order o;
	struct product p;
	struct cbor c;
	unsigned i;

	world_ready(w, 1);
	assert_true(store_product_find(w->a->store, "router-9", &p));
	p.emit_id_data = true;
	p.proprietary_len = 3;
	memcpy(p.proprietary, "abc", 3);
	for (i = 0; i < 3; i++) {
		/* No limit; what it has; one less. */
		p.voucher_limit = (unsigned)sizes->last - (i == 2);
		assert_true(store_product_put(w->a->store, &p));
		drained(w);
		request_of(&f, (uint8_t)(i + 1));
		ask(w, i, &f);
		assert_int_equal(w->signer.len, 1);
		cbor_open(&c, buf_span(&w->signer.sent[0].payload), true);
		assert_true(message_voucher_order_get(&c, &o));
		assert_true(o.emit_id_data);
		assert_true(span_is(o.proprietary, "abc"));
		assert_memory_equal(
		    o.request_sha256, f.request_sha256, HASH_SIZE);
		assert_int_equal(o.domain_id_len, 20);
		assert_false(o.layout_2019 || o.name_issuer);
		puppet_obey(w);
		drained(w);
		expect_answer(w, i, REASON_OK, NULL);
		assert_int_equal(w->a->over_limit, i == 2);
	}
	assert_int_equal(sizes->most, sizes->last);
	assert_int_equal(sizes->least, sizes->last);
	assert_true(sizes->last > 0);
}

/* No signer at the moment of the order: said so, and the device is free. */
static void
signer_away(void **state)
{
	struct world *w = *state;
	struct request_facts f = good_facts(1, 1);

	world_ready(w, 1);
	w->signer.gone = true;
	ask(w, 1, &f);
	expect_answer(w, 1, REASON_UNAVAILABLE, NULL);
	w->signer.gone = false;
	ask(w, 2, &f);
	assert_int_equal(w->signer.len, 1);
}

/* The same bytes, but he takes another format: not the same answer. And who
 * waits for a checker that is gone waits for nothing. */
static void
waiting(void **state)
{
	struct world *w = *state;
	struct request_facts f = good_facts(1, 1), jws = f,
			     g = good_facts(1, 2);

	world_ready(w, 1);
	jws.reply = FORMAT_JWS_JSON;
	ask(w, 1, &f);
	ask(w, 2, &jws);
	puppet_obey(w);
	drained(w);
	expect_answer(w, 1, REASON_OK, FIRST);
	expect_answer(w, 2, REASON_FORMAT_UNSUPPORTED, NULL);
	drained(w);
	request_of(&f, 3);
	ask(w, 3, &f);
	ask(w, 4, &g);
	authority_calls.lost(w->a, &w->checker);
	puppet_obey(w);
	drained(w);
	expect_nothing(&w->checker);
	expect_nothing(&w->signer);
	/* A voucher that was under way when issuing was stopped. */
	request_of(&f, 4);
	ask(w, 5, &f);
	w->a->stopped = true;
	puppet_obey(w);
	drained(w);
	expect_answer(w, 5, REASON_RECHECK_DIFFERS, NULL);
	ask(w, 6, &f);
	expect_answer(w, 6, REASON_RECHECK_DIFFERS, NULL);
	expect_nothing(&w->signer);
}

static void
count_uses(void *context, const struct store_legacy *use)
{
	uint64_t *uses = context;

	assert_string_equal(use->serial, "AR9-F1-000001");
	assert_string_equal(use->form,
	    uses[1] == 0 ? legacy_form(LEGACY_PATHS)->name
			 : legacy_form(LEGACY_BASE64)->name);
	uses[0] += use->uses;
	uses[1]++;
}

/* Each form that was used is counted, when a voucher came of it. */
static void
old_forms(void **state)
{
	struct world *w = *state;
	struct request_facts f = good_facts(1, 1), unknown = good_facts(7, 2);
	uint64_t uses[2] = { 0, 0 };

	world_ready(w, 1);
	unknown.legacy = f.legacy =
	    LEGACY(LEGACY_PATHS) | LEGACY(LEGACY_BASE64);
	/* Whatever a front told the checker; what is outside of the body is the
	 * front's to say. */
	ask(w, 7, &f);
	expect_answer(w, 7, REASON_LEGACY_FORM, NULL);
	w->a->start.config.legacy = LEGACY(LEGACY_BASE64);
	ask(w, 1, &unknown);
	expect_answer(w, 1, REASON_DEVICE_UNKNOWN, NULL);
	ask(w, 2, &f);
	puppet_obey(w);
	drained(w);
	expect_answer(w, 2, REASON_OK, FIRST);
	store_legacy_each(w->a->store, count_uses, uses);
	assert_int_equal(uses[0], 2);
	assert_int_equal(uses[1], 2);
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, world_open, world_close)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(voucher),
		TEST(idempotency),
		TEST(other_client),
		TEST(one_at_a_time),
		TEST(refusals),
		TEST(signer_refuses),
		TEST(signed_off_record),
		TEST(signer_lost),
		TEST(undelivered),
		TEST(commit_lost),
		TEST(records_twice),
		TEST(checker_lost),
		TEST(domain_shared),
		TEST(domains_of_before),
		TEST(audit_log),
		TEST(twins_of_products),
		TEST(on_record),
		TEST(unrecorded),
		TEST(many_twins),
		TEST(key_over),
		TEST(as_the_product_says),
		TEST(signer_away),
		TEST(waiting),
		TEST(old_forms),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
