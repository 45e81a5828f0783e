/*
 * hallmark-checker: takes containers apart and verifies signatures. It has two
 * sockets (its front, the authority), no keys, no store and no files.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/fatal.h"
#include "base/log.h"
#include "base/secret.h"
#include "base/text.h"
#include "checker/check.h"
#include "checker/waiting.h"
#include "crypto/hash/hash.h"
#include "crypto/hash/memory.h"
#include "ipc/program.h"
#include "wire/cbor.h"

#define LOOK_UPS_MAX	 64  /* frames kept while the authority looks up */
#define NOTES_PER_SECOND 100 /* refusals handed on for the record */
#define FINDINGS_MAX	 32768

/* A CHECK or DERIVE that goes on when ON_RECORD comes; ids as above. */
struct look_up {
	bool used;
	int64_t since; /* clock_ticks() */
	uint32_t generation;
	enum message type;
	uint64_t id; /* of the frame */
	struct buf payload;
};

struct checker {
	struct program *program;
	unsigned index; /* of the pair: our front has the same */
	struct workspace room;
	struct waiting_list waiting;
	struct look_up look_ups[LOOK_UPS_MAX];
	unsigned notes; /* left in this second */
};

static void
answer(struct checker *c, uint64_t front_id, const struct message_answer *a)
{
	struct peer *front = program_peer(c->program, ROLE_FRONT, c->index);

	/* A front that is gone or stuck loses its answer, not we our time. */
	if (front != NULL && !PEER_SEND(front, ANSWER, front_id, answer, a))
		log_warning(
		    "answer-dropped", "reason=\"%s\"", reason_code(a->reason));
}

static void
answer_reason(
    struct checker *c, uint64_t front_id, enum reason r, const struct why *why)
{
	struct message_answer a = { .reason = r };

	if (why != NULL)
		text_copy(a.text, sizeof(a.text), span_str(why->text));
	answer(c, front_id, &a);
}

/* Tells the authority of a refusal, so that it is on record; capped, because a
 * flood must not become a flood behind us. */
static void
note_refusal(struct checker *c, const struct message_check *check,
    const struct request_facts *facts, enum reason r, const struct why *why)
{
	struct peer *authority = program_peer(c->program, ROLE_AUTHORITY, 0);
	struct message_refused n = { .kind = check->kind, .reason = r };
	char client[HEX_SIZE(HASH_SIZE)], serial[SERIAL_MAX + 1];

	if (c->notes == 0)
		return;
	c->notes--;
	hex_encode(client, span_of(check->client_sha256, HASH_SIZE));
	log_reason(r, why,
	    "request=\"%s\" address=\"%s\" serial=\"%s\" client=\"%s\"",
	    check->correlation, check->address,
	    log_value(serial, sizeof(serial), facts->serial), client);
	if (authority == NULL)
		return;
	memcpy(n.text, why->text, sizeof(n.text));
	memcpy(n.serial, facts->serial, sizeof(n.serial));
	memcpy(n.request_sha256, facts->request_sha256, HASH_SIZE);
	memcpy(n.client_sha256, facts->client_sha256, HASH_SIZE);
	memcpy(n.address, facts->address, sizeof(n.address));
	memcpy(n.correlation, check->correlation, sizeof(n.correlation));
	(void)PEER_SEND(authority, REFUSED, 0, refused, &n);
}

static void
decide(struct checker *c, const struct frame *frame,
    const struct message_check *check, struct message_decide *d)
{
	struct peer *authority = program_peer(c->program, ROLE_AUTHORITY, 0);
	bool base64 = (d->facts.legacy & LEGACY(LEGACY_BASE64)) != 0;
	struct waiting w;
	uint64_t id;

	if (authority == NULL) {
		answer_reason(c, frame->id, REASON_UNAVAILABLE, NULL);
		return;
	}
	memcpy(d->correlation, check->correlation, sizeof(d->correlation));
	id = waiting_add(&c->waiting, frame->id, base64, clock_ticks());
	if (id == 0) {
		answer_reason(c, frame->id, REASON_OVERLOAD, NULL);
		return;
	}
	if (!PEER_SEND(authority, DECIDE, id, decide, d)) {
		(void)waiting_take(&c->waiting, id, &w);
		answer_reason(c, frame->id, REASON_OVERLOAD, NULL);
	}
}

/* --- a device's certificate from the record --- */

static struct look_up *
look_up_new(struct checker *c)
{
	unsigned i;

	for (i = 0; i < LOOK_UPS_MAX; i++)
		if (!c->look_ups[i].used)
			return &c->look_ups[i];
	return NULL;
}

/* Keeps the frame and asks; it is looked at again when the answer comes. false if
 * too many wait. */
static bool
look_up(struct checker *c, const struct frame *frame,
    const struct request_facts *facts)
{
	struct peer *authority = program_peer(c->program, ROLE_AUTHORITY, 0);
	struct look_up *l = look_up_new(c);
	struct message_look_up m;
	uint64_t id;
	unsigned i;

	if (authority == NULL || l == NULL)
		return false;
	id = (uint64_t)++l->generation << 32 | (uint64_t)(l - c->look_ups);
	memcpy(m.serial, facts->serial, sizeof(m.serial));
	m.moment = facts->moment;
	m.chain_len = facts->chain_len;
	for (i = 0; i < m.chain_len; i++)
		memcpy(m.chain[i], facts->chain[i].spki_sha256, HASH_SIZE);
	if (!PEER_SEND(authority, LOOK_UP, id, look_up, &m))
		return false;
	l->used = true;
	l->since = clock_ticks();
	l->type = frame->type;
	l->id = frame->id;
	buf_init(&l->payload, FRAME_MAX);
	return buf_add(&l->payload, frame->payload);
}

static void
look_up_done(struct look_up *l)
{
	buf_free(&l->payload);
	l->used = false;
}

/* --- questions --- */

static void
note_ignored(struct checker *c, const struct message_check *check,
    const char *event, const char *what)
{
	char serial[SERIAL_MAX + 1];

	if (what[0] == '\0' || c->notes == 0)
		return;
	c->notes--;
	log_note(event, "request=\"%s\" serial=\"%s\" ignored=\"%s\"",
	    check->correlation,
	    log_value(serial, sizeof(serial), c->room.registrar.request.serial),
	    what);
}

/* What is ignored is on record: extensions (MP 15.3), leaves (MP 6.2), and
 * signatures behind the first one (MP 5 row 1). */
static void
note_object(struct checker *c, const struct message_check *check,
    const struct signed_request *q)
{
	const struct envelope *e = &q->envelope;
	char more[24] = "";

	if (e->format == FORMAT_JWS_JSON && e->object.signatures > 1)
		snprintf(more, sizeof(more), "%u", e->object.signatures - 1);
	note_ignored(c, check, "extensions-ignored", q->request.extensions);
	note_ignored(c, check, "leaves-ignored", q->request.unknown);
	note_ignored(c, check, "signatures-ignored", more);
}

static void
take_check(struct checker *c, const struct frame *frame)
{
	struct message_check check;
	struct message_decide d = { 0 };
	struct cbor in;
	struct why why;
	enum reason r;

	cbor_open(&in, frame->payload, true);
	if (!message_check_get(&in, &check))
		fatal("malformed CHECK");
	why_clear(&why);
	r = check_request(&check, clock_now(), &c->room, &d.facts, NULL, &why);
	if (c->room.look_up) {
		if (!look_up(c, frame, &d.facts))
			answer_reason(c, frame->id, REASON_OVERLOAD, NULL);
		return;
	}
	if (!check_hands_on(check.kind, r)) {
		note_refusal(c, &check, &d.facts, r, &why);
		answer_reason(c, frame->id, r, &why);
		return;
	}
	note_object(c, &check, &c->room.registrar);
	if (d.facts.prior)
		note_object(c, &check, &c->room.pledge);
	d.facts.refusal = r;
	d.facts.why = why;
	d.body = check.body;
	decide(c, frame, &check, &d);
}

/* A voucher in kind (MP 16 row 22); a log is JSON, whoever asks. */
static void
wrap(struct message_answer *a)
{
	static char text[BASE64_SIZE(ADMIN_BLOB_MAX)];

	if (a->reason != REASON_OK || a->format == FORMAT_NONE)
		return;
	base64_encode(text, a->body);
	a->body = span_str(text);
}

static void
take_answer(struct checker *c, const struct frame *frame)
{
	struct message_answer a;
	struct waiting w;
	struct cbor in;

	cbor_open(&in, frame->payload, true);
	if (!message_answer_get(&in, &a))
		fatal("malformed ANSWER");
	if (!waiting_take(&c->waiting, frame->id, &w))
		return;
	if (w.base64)
		wrap(&a);
	answer(c, w.front_id, &a);
}

/* Nothing to check: a name of fixed size, and who asks for what it stands for. */
static void
take_fetch(struct checker *c, const struct frame *frame)
{
	struct peer *authority = program_peer(c->program, ROLE_AUTHORITY, 0);
	struct message_fetch m;
	struct waiting w;
	struct cbor in;
	uint64_t id;

	cbor_open(&in, frame->payload, true);
	if (!message_fetch_get(&in, &m))
		fatal("malformed FETCH");
	if (authority == NULL) {
		answer_reason(c, frame->id, REASON_UNAVAILABLE, NULL);
		return;
	}
	id = waiting_add(&c->waiting, frame->id, false, clock_ticks());
	if (id != 0 && PEER_SEND(authority, FETCH, id, fetch, &m))
		return;
	if (id != 0)
		(void)waiting_take(&c->waiting, id, &w);
	answer_reason(c, frame->id, REASON_OVERLOAD, NULL);
}

static void
take_inspect(struct peer *from, const struct frame *frame)
{
	static char json[FINDINGS_MAX];
	static struct message_inspected out;
	struct message_inspect m;
	struct cbor in;
	uint8_t *arena;

	cbor_open(&in, frame->payload, true);
	if (!message_inspect_get(&in, &m))
		fatal("malformed INSPECT");
	arena = memory_new(m.bytes.len + m.other.len + 1);
	inspect_file(&m, arena, json, sizeof(json), &out);
	if (!PEER_SEND(from, INSPECTED, frame->id, inspected, &out))
		log_warning("answer-dropped", "kind=\"inspected\"");
	free(arena);
}

static void
take_derive(struct checker *c, struct peer *from, const struct frame *frame)
{
	static struct message_derived out;
	struct message_derive m;
	struct cbor in;
	uint8_t *arena;

	cbor_open(&in, frame->payload, true);
	if (!message_derive_get(&in, &m))
		fatal("malformed DERIVE");
	arena = memory_new(2 * m.body.len + 1);
	derive_facts(&m, &c->room, arena, &out);
	if (c->room.look_up) {
		if (look_up(c, frame, &out.facts)) {
			free(arena);
			return;
		}
		out = (struct message_derived){ .reason = REASON_OVERLOAD };
	}
	if (!PEER_SEND(from, DERIVED, frame->id, derived, &out))
		log_warning("answer-dropped", "kind=\"derived\"");
	free(arena);
}

/* The frame once more, with what is on record. */
static void
take_on_record(struct checker *c, struct peer *from, const struct frame *frame)
{
	uint32_t slot = (uint32_t)frame->id;
	struct message_on_record m;
	struct look_up *l;
	struct frame kept;
	struct cbor in;

	cbor_open(&in, frame->payload, true);
	if (!message_on_record_get(&in, &m))
		fatal("malformed ON_RECORD");
	if (slot >= LOOK_UPS_MAX || !c->look_ups[slot].used ||
	    c->look_ups[slot].generation != frame->id >> 32)
		return; /* nobody waits for it any more */
	l = &c->look_ups[slot];
	kept = (struct frame){ .type = l->type,
		.id = l->id,
		.fd = -1,
		.payload = buf_span(&l->payload) };
	c->room.on_record = &m;
	if (l->type == MESSAGE_CHECK)
		take_check(c, &kept);
	else
		take_derive(c, from, &kept);
	c->room.on_record = NULL;
	look_up_done(l);
}

static void
on_message(void *context, struct peer *from, const struct frame *frame)
{
	struct checker *c = context;

	switch (frame->type) {
	case MESSAGE_CHECK:
		take_check(c, frame);
		break;
	case MESSAGE_ANSWER:
		take_answer(c, frame);
		break;
	case MESSAGE_FETCH:
		take_fetch(c, frame);
		break;
	case MESSAGE_ON_RECORD:
		take_on_record(c, from, frame);
		break;
	case MESSAGE_INSPECT:
		take_inspect(from, frame);
		break;
	case MESSAGE_DERIVE:
		take_derive(c, from, frame);
		break;
	default:
		fatal("unexpected %s", message_name(frame->type));
	}
}

static void
on_drained(void *context)
{
	(void)context;
	/* No request borrows a key now. */
	public_key_cache_trim();
	public_key_table_make();
}

/* What the authority was asked for since then or before, and has not answered: it will
 * not, or nobody will hear it. DERIVE has an asker with a patience of its own. */
static void
give_up(struct checker *c, int64_t then, bool tell_front)
{
	struct waiting w;
	uint32_t i;

	for (i = 0; i < LOOK_UPS_MAX; i++) {
		struct look_up *l = &c->look_ups[i];

		if (!l->used || l->since > then ||
		    (!tell_front && l->type != MESSAGE_CHECK))
			continue;
		if (tell_front && l->type == MESSAGE_CHECK)
			answer_reason(c, l->id, REASON_UNAVAILABLE, NULL);
		look_up_done(l);
	}
	while (waiting_take_late(&c->waiting, then, &w))
		if (tell_front)
			answer_reason(c, w.front_id, REASON_UNAVAILABLE, NULL);
}

static void
on_tick(void *context)
{
	struct checker *c = context;

	c->notes = NOTES_PER_SECOND;
	give_up(c, clock_ticks() - WAITING_SECONDS * 1000, true);
}

/* Either side gone: nobody will answer, or nobody will hear the answer. Numbers of
 * one front are another request's at the next. */
static void
on_lost(void *context, struct peer *peer)
{
	give_up(context, INT64_MAX, peer_role(peer) == ROLE_AUTHORITY);
}

static enum reason
on_start(void *context, struct program *p, struct why *why)
{
	struct checker *c = context;
	const struct message_start *start = program_start(p);

	(void)why;
	c->program = p;
	c->index = start->index;
	c->notes = NOTES_PER_SECOND;
	waiting_init(&c->waiting);
	hash_prepare();
	/* An operator who looks at ps can tell it from those that serve. */
	if (c->index == CHECKER_APART)
		(void)prctl(PR_SET_NAME, "hallmark-apart");
	if (start->has_test_clock)
		clock_set_test(start->test_clock);
	return REASON_OK;
}

int
main(void)
{
	static struct checker state;
	static const struct program_calls calls = {
		.role = ROLE_CHECKER,
		.start = on_start,
		.lost = on_lost,
		.message = on_message,
		.drained = on_drained,
		.tick = on_tick,
	};

	process_harden();
	libcrypto_memory();
	log_open("checker");
	return program_main(&calls, &state);
}
