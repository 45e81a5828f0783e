/* See world.h. */
#include "world.h"

#include <sqlite3.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "crypto/hash/hash.h"
#include "judge.h"
#include "store/schema.h"

static struct world *world;
static struct message_start start;
static bool ready; /* serve was told so */

/* --- what ipc/program.c is to the authority --- */

const struct message_start *
program_start(const struct program *p)
{
	(void)p;
	return &start;
}

int
program_listener(const struct program *p)
{
	(void)p;
	return -1;
}

uint32_t
program_owner(const struct program *p)
{
	(void)p;
	return world->owner;
}

void
program_ready(struct program *p)
{
	(void)p;
	ready = true;
}

/* Of what puppets say of files that are none; the true one is tested by itself. */
bool
shown_holds(
    const struct message_inspect *shown, const struct message_inspected *m)
{
	(void)shown;
	(void)m;
	return !world->lied;
}

void
program_starting(struct program *p)
{
	(void)p;
	world->starting++;
}

void
program_busy(struct program *p)
{
	(void)p;
	world->starting++;
}

void
program_accept_admin(struct program *p, int fd)
{
	(void)p;
	(void)fd;
}

/* The front's end of it, as serve would hand it on. */
void
program_publish_blocklist(struct program *p, int fd)
{
	(void)p;
	blocklist_close(world->blocklist);
	world->blocklist = blocklist_open(dup(fd));
	assert_non_null(world->blocklist);
}

struct peer *
program_peer(struct program *p, enum role role, unsigned index)
{
	(void)p;
	if (role == ROLE_SIGNER && !world->signer.gone)
		return &world->signer;
	return role == ROLE_CHECKER && index == 0 && !world->checker.gone
	    ? &world->checker
	    : NULL;
}

enum role
peer_role(const struct peer *p)
{
	return p->role;
}

unsigned
peer_index(const struct peer *p)
{
	return p->index;
}

void
program_fresh(struct program *p)
{
	(void)p;
	world->fresh++;
}

uint32_t
peer_user(const struct peer *p)
{
	return p->user;
}

struct cbor_out *
peer_begin(struct peer *p)
{
	cbor_out_open(&p->out, p->room, sizeof(p->room));
	return &p->out;
}

bool
peer_send(struct peer *p, enum message type, uint64_t id, int fd)
{
	struct sent *s = &p->sent[p->len];

	(void)fd;
	assert_true(message_allowed(ROLE_AUTHORITY, p->role, type));
	assert_false(p->out.full);
	if (p->gone || p->len == 64)
		return false;
	p->len++;
	s->type = type;
	s->id = id;
	buf_init(&s->payload, FRAME_MAX);
	assert_true(buf_add(&s->payload, span_of(p->out.buf, p->out.len)));
	return true;
}

/* --- frames --- */

void
deliver(struct world *w, struct peer *from, enum message type, uint64_t id,
    const struct cbor_out *payload)
{
	struct frame f = { .type = type, .id = id, .fd = -1 };

	assert_true(message_allowed(from->role, ROLE_AUTHORITY, type));
	assert_int_equal(cbor_out_span(payload, &f.payload), WIRE_OK);
	authority_calls.message(w->a, from, &f);
}

void
drained(struct world *w)
{
	authority_calls.drained(w->a);
}

struct sent
take(struct peer *p, enum message type)
{
	struct sent s = p->sent[0];

	assert_true(p->len > 0);
	if (s.type != type)
		fail_msg("%s instead of %s", message_name(s.type),
		    message_name(type));
	memmove(&p->sent[0], &p->sent[1], --p->len * sizeof(s));
	return s;
}

void
expect_nothing(const struct peer *p)
{
	if (p->len > 0)
		fail_msg("%s is left", message_name(p->sent[0].type));
}

static void
drop_all(struct peer *p)
{
	while (p->len > 0)
		buf_free(&p->sent[--p->len].payload);
}

static uint8_t room[FRAME_MAX];

#define DELIVER(w, from, TYPE, id, codec, value)                 \
	do {                                                     \
		struct cbor_out o_;                              \
		cbor_out_open(&o_, room, sizeof(room));          \
		message_##codec##_put(&o_, (value));             \
		deliver((w), (from), MESSAGE_##TYPE, (id), &o_); \
	} while (0)

#define OPEN(s, codec, value)                                     \
	do {                                                      \
		struct cbor c_;                                   \
		cbor_open(&c_, buf_span(&(s)->payload), true);    \
		assert_true(message_##codec##_get(&c_, (value))); \
	} while (0)

/* --- lives --- */

static void
peers_reset(struct world *w)
{
	drop_all(&w->signer);
	drop_all(&w->checker);
	drop_all(&w->operator);
	drop_all(&w->apart);
	w->apart.role = ROLE_CHECKER;
	w->apart.index = CHECKER_APART;
	w->signer.role = ROLE_SIGNER;
	w->checker.role = ROLE_CHECKER;
	w->operator.role = ROLE_ADMIN;
	w->operator.user = 0;
	w->owner = geteuid();
}

static void
begin(struct world *w)
{
	struct why why;

	w->a = calloc(1, sizeof(*w->a));
	assert_non_null(w->a);
	peers_reset(w);
	ready = false;
	assert_int_equal(authority_calls.start(w->a, NULL, &why), REASON_OK);
	authority_calls.connected(w->a, &w->checker);
	authority_calls.connected(w->a, &w->signer);
	/* Not before heads agree: puppet_sync(). */
	assert_true(authority_calls.ready_later && ready == w->signer.gone);
}

static void
end(struct world *w)
{
	authority_calls.stop(w->a);
	close(w->a->lock);
	free(w->a);
}

int
world_open(void **state)
{
	const char *base = getenv("TMPDIR");
	struct world *w = calloc(1, sizeof(*w));

	assert_non_null(w);
	world = w;
	snprintf(w->home, sizeof(w->home), "%s/hallmark-home.XXXXXX",
	    base == NULL ? P_tmpdir : base);
	assert_non_null(mkdtemp(w->home));
	memset(&start, 0, sizeof(start));
	start.role = ROLE_AUTHORITY;
	start.create = true;
	/* The authority's folder is where it works. */
	assert_int_equal(chdir(w->home), 0);
	start.config.max_age = 86400;
	start.config.max_ahead = 300;
	clock_set_test(NOW);
	begin(w);
	*state = w;
	return 0;
}

void
world_again(struct world *w)
{
	end(w);
	start.create = false;
	begin(w);
}

static void
by_hand(sqlite3 *db, const char *sql)
{
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s", sqlite3_errmsg(db));
}

void
world_older(struct world *w, unsigned schema, const char *sql)
{
	sqlite3 *db;
	unsigned i;

	end(w);
	assert_int_equal(unlink("store.db"), 0);
	assert_int_equal(sqlite3_open("store.db", &db), SQLITE_OK);
	by_hand(db,
	    "BEGIN; CREATE TABLE schema_version "
	    "(version INTEGER PRIMARY KEY NOT NULL)");
	for (i = 0; i < schema; i++) {
		by_hand(db, migrations[i]);
		by_hand(db,
		    "INSERT INTO schema_version SELECT "
		    "coalesce(max(version), 0) + 1 FROM schema_version");
	}
	by_hand(db, sql);
	by_hand(db, "COMMIT");
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	start.create = false;
	begin(w);
}

int
world_close(void **state)
{
	static const char *const names[] = { "store.db", "store.db-wal",
		"store.db-shm", "lock" };
	struct world *w = *state;
	char path[sizeof(w->home) + 32];
	size_t i;

	end(w);
	for (i = 0; i < 4; i++) {
		snprintf(path, sizeof(path), "%s/%s", w->home, names[i]);
		(void)unlink(path);
	}
	(void)rmdir(w->home);
	blocklist_close(w->blocklist);
	peers_reset(w);
	free(w);
	return 0;
}

/* --- the signer --- */

/* A chain begins with a checkpoint. */
static void
puppet_begin(struct world *w)
{
	struct ledger l = { .test = true, .time = NOW };
	struct record r = { .kind = RECORD_CHECKPOINT };
	uint8_t content[256];
	size_t len;

	memset(l.signer, 3, sizeof(l.signer));
	assert_true(ledger_write(&l, 0, content, sizeof(content), &len));
	r.checkpoint = span_of(content, len);
	puppet_record(w, &r);
}

void
puppet_sync(struct world *w)
{
	struct message_synced m = { 0 };
	struct sent s = take(&w->signer, MESSAGE_HEAD);
	struct message_head head;

	OPEN(&s, head, &head);
	buf_free(&s.payload);
	assert_int_equal(head.sequence, w->sequence);
	if (w->sequence == 0)
		puppet_begin(w);
	m.sequence = w->sequence;
	memset(m.signer, 3, sizeof(m.signer));
	DELIVER(w, &w->signer, SYNCED, 0, synced, &m);
	drained(w);
	assert_true(w->a->synced);
	assert_true(ready);
}

#define KEPT 8

static uint8_t kept[KEPT][RECORD_MAX];
static size_t kept_len[KEPT];

void
puppet_repeat(struct world *w, unsigned n)
{
	struct message_synced m = { .sequence = w->sequence };

	for (; n > 0; n--) {
		uint64_t sequence = w->sequence - n + 1;
		struct message_record again = { .sequence = sequence,
			.record = span_of(
			    kept[sequence % KEPT], kept_len[sequence % KEPT]) };

		DELIVER(w, &w->signer, RECORD, 0, record, &again);
	}
	memset(m.signer, 3, sizeof(m.signer));
	DELIVER(w, &w->signer, SYNCED, 0, synced, &m);
	drained(w);
}

void
puppet_record(struct world *w, struct record *r)
{
	struct message_record m;
	uint8_t *bytes;
	size_t len;

	memset(r->signer, 3, sizeof(r->signer));
	r->sequence = ++w->sequence;
	memcpy(r->previous, w->head, HASH_SIZE);
	if (!w->clock_stopped && w->time < clock_now())
		w->time = clock_now();
	r->time = w->time;
	bytes = kept[r->sequence % KEPT];
	assert_true(record_write(r, bytes, RECORD_MAX, &len));
	kept_len[r->sequence % KEPT] = len;
	record_hash(span_of(bytes, len), w->head);
	m.sequence = r->sequence;
	m.record = span_of(bytes, len);
	DELIVER(w, &w->signer, RECORD, 0, record, &m);
}

static char artifact[64];

static void
obey_voucher(const struct voucher_order *o, struct record *r)
{
	struct record_voucher *v = &r->voucher;

	r->kind = RECORD_VOUCHER;
	memcpy(r->request_sha256, o->request_sha256, HASH_SIZE);
	memset(r->tbs_sha256, 1, HASH_SIZE);
	memcpy(v->key, o->key, sizeof(v->key));
	memcpy(v->serial, o->device.serial, sizeof(v->serial));
	memcpy(v->product, o->device.product, sizeof(v->product));
	v->issuer = o->device.issuer;
	memcpy(v->nonce, o->nonce, sizeof(v->nonce));
	v->assertion = o->assertion;
	v->created_on = NOW;
	v->format = o->format;
	v->name_issuer = o->name_issuer;
	memset(v->pin_sha256, 8, HASH_SIZE);
	/* The fake certificate is the key: what the real one reads off it. */
	memset(v->pin_spki_sha256, o->pin.ptr[0], HASH_SIZE);
	memcpy(v->domain_id, o->domain_id, sizeof(v->domain_id));
	v->domain_id_len = o->domain_id_len;
}

static void
obey_idevid(
    const struct idevid_order *o, struct record *r, struct message_signed *m)
{
	struct device *d = &m->device;

	r->kind = RECORD_IDEVID;
	memcpy(r->request_sha256, o->request_sha256, HASH_SIZE);
	memset(r->tbs_sha256, 1, HASH_SIZE);
	memcpy(r->idevid.key, o->key, sizeof(r->idevid.key));
	memcpy(d->serial, o->serial, sizeof(d->serial));
	memcpy(d->product, o->product, sizeof(d->product));
	d->issuer.kind = ISSUER_KEY_ID;
	d->issuer.len = 20;
	memset(d->issuer.bytes, 0xca, 20);
	memset(d->issuer_name_sha256, 0xcb, HASH_SIZE);
	sha256(o->spki, d->spki_sha256);
	d->state = DEVICE_ACTIVE;
	d->origin = ORIGIN_ISSUED;
	r->idevid.device = *d;
	r->idevid.counter = o->counter;
	r->idevid.not_before = NOW;
	memset(r->idevid.serial, 0x44, sizeof(r->idevid.serial));
	memset(d->certificate_sha256, 0x45, HASH_SIZE);
	memset(d->tag, 0x46, HASH_SIZE);
}

static void
obey_device(
    const struct device_order *o, struct record *r, struct message_signed *m)
{
	r->kind = RECORD_DEVICE;
	r->device.device = o->device;
	m->device = o->device;
	memset(m->device.tag, 0x46, HASH_SIZE);
}

static void
obey_certify(const struct key_certificate *o, struct record *r)
{
	r->kind = RECORD_CA;
	memcpy(r->ca.name, o->name, sizeof(r->ca.name));
	sha256(o->chain[0], r->ca.certificate_sha256);
	memset(r->ca.key_id, 0xca, 20);
	r->ca.key_id_len = 20;
	r->ca.not_after = NOW + 1000000;
}

static void
obey_act(const struct message_act *m, struct record *r)
{
	static char statement[STATEMENT_MAX];
	unsigned i;

	r->kind = RECORD_ACT;
	r->act.user = m->user;
	memcpy(r->act.verb, m->verb, sizeof(r->act.verb));
	memcpy(r->act.subject, m->subject, sizeof(r->act.subject));
	if (m->signatures_len == 0)
		return;
	/* Two persons, whom only the signer would know. */
	memset(r->signer, 3, sizeof(r->signer));
	r->act.statement = span_of(statement,
	    ledger_act_statement(
		r->signer, m->verb, m->subject, m->number, statement));
	for (i = 0; i < END_SIGNATURES; i++) {
		memset(r->act.persons[i].key_sha256, 0xa1 + (int)i, HASH_SIZE);
		r->act.persons[i].signature = m->signatures[i];
	}
}

static void
obey(const struct sent *s, struct record *r, struct message_signed *m)
{
	struct voucher_order voucher;
	struct idevid_order idevid;
	struct device_order device;
	struct key_certificate certificate;
	struct message_act act;

	switch (s->type) {
	case MESSAGE_SIGN_VOUCHER:
		OPEN(s, voucher_order, &voucher);
		obey_voucher(&voucher, r);
		break;
	case MESSAGE_SIGN_IDEVID:
		OPEN(s, idevid_order, &idevid);
		obey_idevid(&idevid, r, m);
		break;
	case MESSAGE_TAG_DEVICE:
		OPEN(s, device_order, &device);
		obey_device(&device, r, m);
		break;
	case MESSAGE_KEY_CREATE:
		r->kind = RECORD_KEY;
		OPEN(s, key_order, &r->key.order);
		memset(r->key.spki_sha256, 9, HASH_SIZE);
		memset(r->tbs_sha256, 1, HASH_SIZE);
		break;
	case MESSAGE_KEY_CERTIFY:
		OPEN(s, key_certificate, &certificate);
		obey_certify(&certificate, r);
		break;
	case MESSAGE_KEY_POLICY:
		r->kind = RECORD_POLICY;
		OPEN(s, policy_order, &r->policy.order);
		break;
	case MESSAGE_ACT:
		OPEN(s, act, &act);
		obey_act(&act, r);
		break;
	default:
		fail_msg("an order %s", message_name(s->type));
	}
}

void
puppet_obey(struct world *w)
{
	struct message_signed m = { .reason = w->refuses };
	struct record r = { 0 };
	struct sent s;

	assert_true(w->signer.len > 0);
	s = take(&w->signer, w->signer.sent[0].type);
	if (m.reason == REASON_OK) {
		obey(&s, &r, &m);
		/* The real one renders an earlier record again. */
		m.again =
		    r.kind == RECORD_IDEVID && r.idevid.counter <= w->counter;
		if (!m.again)
			puppet_record(w, &r);
		if (r.kind == RECORD_IDEVID)
			w->counter = r.idevid.counter;
		m.sequence = w->sequence;
		snprintf(artifact, sizeof(artifact), "artifact %llu",
		    (unsigned long long)m.sequence - 1);
		m.artifact = span_str(artifact);
	}
	w->refuses = REASON_OK;
	DELIVER(w, &w->signer, SIGNED, s.id, signed, &m);
	buf_free(&s.payload);
}

/* --- the checker --- */

/* The key number n of a device, as the CSR of it has it. */
static void
key_of(unsigned n, uint8_t spki[8])
{
	memset(spki, 0, 8);
	memcpy(spki, &n, sizeof(n));
	spki[7] = 0x30;
}

static uint8_t bodies[256];

void
request_of(struct request_facts *f, uint8_t request)
{
	bodies[request] = request;
	sha256(span_of(&bodies[request], 1), f->request_sha256);
}

/* The body that has this hash; an empty one for a hash that was bent. */
static struct span
request_bytes(const struct request_facts *f)
{
	uint8_t hash[HASH_SIZE];
	unsigned i;

	for (i = 0; i < 256; i++) {
		bodies[i] = (uint8_t)i;
		sha256(span_of(&bodies[i], 1), hash);
		if (memcmp(hash, f->request_sha256, HASH_SIZE) == 0)
			return span_of(&bodies[i], 1);
	}
	return span_of(NULL, 0);
}

struct request_facts
good_facts(unsigned n, uint8_t request)
{
	static const uint8_t certificates[2] = { 0xd1, 0xd2 };
	struct request_facts f = { .kind = REQUEST_VOUCHER,
		.format = FORMAT_CMS_JSON,
		.reply = FORMAT_CMS_JSON,
		.address = "192.0.2.1",
		.nonce = "nonce-0001",
		.prior = true,
		.prior_format = FORMAT_CMS_JSON,
		.proximity = PROXIMITY_PROVEN,
		.chain_len = 2 };
	uint8_t spki[8];
	unsigned i;

	request_of(&f, request);
	memset(f.client_sha256, 0xc1, HASH_SIZE);
	snprintf(f.serial, sizeof(f.serial), "AR9-F1-%06u", n);
	key_of(n, spki);
	sha256(span_of(spki, sizeof(spki)), f.pledge_spki_sha256);
	memset(f.pledge_certificate_sha256, 0x45, HASH_SIZE);
	f.pledge_issuer.kind = ISSUER_KEY_ID;
	f.pledge_issuer.len = 20;
	memset(f.pledge_issuer.bytes, 0xca, 20);
	memset(f.pledge_issuer_name_sha256, 0xcb, HASH_SIZE);
	for (i = 0; i < 2; i++) {
		f.chain[i].certificate = span_of(&certificates[i], 1);
		memset(f.chain[i].spki_sha256, certificates[i], HASH_SIZE);
		memset(f.chain[i].domain_id, certificates[i], 20);
		f.chain[i].domain_id_len = 20;
		f.chain[i].ca = i == 1;
	}
	return f;
}

void
ask(struct world *w, uint64_t id, const struct request_facts *f)
{
	struct request_facts now = *f;

	now.moment = clock_now();
	ask_then(w, id, &now);
}

void
ask_then(struct world *w, uint64_t id, const struct request_facts *f)
{
	struct message_decide m = {
		.correlation = "c0ffee", .facts = *f, .body = request_bytes(f)
	};

	DELIVER(w, &w->checker, DECIDE, id, decide, &m);
}

void
expect_answer(struct world *w, uint64_t id, enum reason r, const char *body)
{
	struct sent s = take(&w->checker, MESSAGE_ANSWER);
	struct message_answer m;

	OPEN(&s, answer, &m);
	assert_int_equal(s.id, id);
	if (m.reason != r)
		fail_msg("%s: %s", reason_code(m.reason), m.text);
	if (body != NULL && !span_is(m.body, body))
		fail_msg("%.*s instead of %s", (int)m.body.len,
		    (const char *)m.body.ptr, body);
	buf_free(&s.payload);
}

/* --- the operator --- */

void
command(struct world *w, const char *verb, const struct argument *list)
{
	struct message_admin m = { 0 };

	snprintf(m.verb, sizeof(m.verb), "%s", verb);
	for (; list != NULL && list->name != NULL; list++) {
		struct admin_argument *at = &m.arguments[m.arguments_len++];

		snprintf(at->name, sizeof(at->name), "%s", list->name);
		at->value = span_str(list->value);
	}
	DELIVER(w, &w->operator, ADMIN, 1, admin, &m);
}

const char *
told(struct world *w, enum reason r)
{
	static char text[ADMIN_BLOB_MAX + 1];
	struct sent s = take(&w->operator, MESSAGE_ADMIN_REPLY);
	struct message_admin_reply m;

	OPEN(&s, admin_reply, &m);
	if (m.reason != r)
		fail_msg("%s: %s", reason_code(m.reason), m.text);
	text_copy(text, sizeof(text), m.json);
	buf_free(&s.payload);
	return text;
}

const char *
done(struct world *w, const char *verb, const struct argument *list)
{
	command(w, verb, list);
	drained(w);
	while (w->signer.len > 0) {
		puppet_obey(w);
		drained(w);
	}
	return told(w, REASON_OK);
}

void
csr(struct world *w, unsigned n, const char *serial, const char *claimed)
{
	struct message_inspected m = { .kind = INSPECT_CSR };
	struct sent s;
	uint8_t spki[8];

	command(w, "issue.csr",
	    ARGUMENTS({ "product", "router-9" }, { "csr", "request" },
		{ serial == NULL ? "ignored" : "serial",
		    serial == NULL ? "-" : serial }));
	s = take(&w->checker, MESSAGE_INSPECT);
	buf_free(&s.payload);
	key_of(n, spki);
	m.csr.spki = span_of(spki, sizeof(spki));
	sha256(m.csr.spki, m.csr.spki_sha256);
	memset(m.csr.csr_sha256, (int)n, HASH_SIZE);
	snprintf(m.csr.serial, sizeof(m.csr.serial), "%s", claimed);
	DELIVER(w, &w->checker, INSPECTED, s.id, inspected, &m);
	drained(w);
}

void
issued(struct world *w, const char *serial)
{
	puppet_obey(w);
	drained(w);
	assert_string_equal(text_at(told(w, REASON_OK), "serial"), serial);
}

void
refused(struct world *w, enum reason r, const char *verb,
    const struct argument *list)
{
	command(w, verb, list);
	expect_nothing(&w->signer);
	(void)told(w, r);
}

void
inspected(struct world *w, struct peer *by, uint64_t id,
    const struct message_inspected *m)
{
	DELIVER(w, by, INSPECTED, id, inspected, m);
}

uint64_t
csr_shown(struct world *w)
{
	struct sent s;

	command(w, "issue.csr",
	    ARGUMENTS({ "product", "router-9" }, { "csr", "request" }));
	s = take(&w->checker, MESSAGE_INSPECT);
	buf_free(&s.payload);
	return s.id;
}

void
import_found(struct world *w, const char *serial, uint8_t key, uint8_t issuer)
{
	struct message_inspected m = { .kind = INSPECT_IMPORT };
	struct import_facts *f = &m.import;
	struct sent s = take(&w->checker, MESSAGE_INSPECT);

	buf_free(&s.payload);
	snprintf(f->serial, sizeof(f->serial), "%s", serial);
	f->certificate = span_str("device");
	f->issuer_certificate = span_str("authority");
	f->issuer.kind = ISSUER_KEY_ID;
	f->issuer.len = 20;
	memset(f->issuer.bytes, issuer, 20);
	memset(f->issuer_name_sha256, issuer, HASH_SIZE);
	memset(f->spki_sha256, key, HASH_SIZE);
	memset(f->certificate_sha256, key, HASH_SIZE);
	memcpy(f->warnings, "L01 L05", 8);
	inspected(w, &w->checker, s.id, &m);
	drained(w);
}

void
import(struct world *w, const char *serial, uint8_t key, uint8_t issuer)
{
	command(w, "device.import",
	    ARGUMENTS({ "product", "foreign" }, { "certificate", "device" },
		{ "ca", "authority" }));
	import_found(w, serial, key, issuer);
}

void
imported(struct world *w, const char *serial, uint8_t key, uint8_t issuer)
{
	const char *json;

	import(w, serial, key, issuer);
	puppet_obey(w);
	expect_nothing(&w->operator);
	drained(w);
	json = told(w, REASON_OK);
	assert_string_equal(text_at(json, "serial"), serial);
	assert_string_equal(text_at(json, "warnings"), "L01 L05");
}

void
world_ready(struct world *w, unsigned devices)
{
	unsigned i;

	puppet_sync(w);
	(void)done(w, "product.add",
	    ARGUMENTS({ "name", "router-9" }, { "token", "AR9" },
		{ "masa-url", "masa.example.com" },
		{ "check-character", "no" }));
	(void)done(w, "ca.request",
	    ARGUMENTS({ "purpose", "voucher" }, { "name", "voucher-1" }));
	(void)done(w, "ca.import",
	    ARGUMENTS({ "name", "voucher-1" }, { "chain.0", "leaf" },
		{ "chain.1", "root" }));
	(void)done(w, "ca.request",
	    ARGUMENTS({ "purpose", "idevid-ca" }, { "name", "issuing-1" },
		{ "slot", "F1" }, { "limit", "1000" }));
	(void)done(w, "ca.import",
	    ARGUMENTS({ "name", "issuing-1" }, { "chain.0", "ca" },
		{ "chain.1", "root" }));
	for (i = 1; i <= devices; i++) {
		csr(w, i, NULL, "");
		puppet_obey(w);
		drained(w);
		(void)told(w, REASON_OK);
	}
}
