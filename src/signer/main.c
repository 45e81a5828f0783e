/* hallmark-signer: the program around the signer, see signer.h. */
#include <malloc.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/fatal.h"
#include "base/log.h"
#include "crypto/hash/memory.h"
#include "ipc/program.h"
#include "signer/signer.h"
#include "wire/cbor.h"

/* Octets that may wait for the authority while records are being streamed. */
#define STREAM_BACKLOG (1u << 20)

struct state {
	struct program *program;
	struct signer signer;
	struct peer *authority;
	bool streaming;	      /* heads were compared, records follow */
	bool synced;	      /* the authority has every record */
	struct sync_place at; /* the record that it gets next */
};

/* A living authority that does not get a record has a gap in its copy, and one that
 * does not get an answer holds that device for good: then it is better to begin again
 * with a comparison of heads, at which it gives up what it waits for. */
_Noreturn static void
not_taken(struct state *st, const char *text)
{
	struct why why;

	why_set(&why, REASON_UNAVAILABLE, -1, "%s", text);
	program_fail(st->program, REASON_UNAVAILABLE, &why);
}

/* One that is gone begins with that by itself: what is in the journal comes to it as
 * undelivered. */
static void
send_record(void *context, uint64_t sequence, struct span bytes)
{
	struct state *st = context;
	struct message_record m = { .sequence = sequence, .record = bytes };

	if (!st->synced || sequence < st->at.next)
		return; /* it is on the disk, the stream brings it */
	if (sequence != st->at.next)
		fatal("record %llu was left out",
		    (unsigned long long)st->at.next);
	if (!PEER_SEND(st->authority, RECORD, 0, record, &m)) {
		if (peer_gone(st->authority)) {
			st->synced = false;
			return;
		}
		not_taken(st, "the authority does not take records");
	}
	st->at.next++;
}

static void
send_answer(void *context, uint64_t id, const struct message_signed *m)
{
	struct state *st = context;

	if (st->authority == NULL || peer_gone(st->authority))
		return; /* it has forgotten what it asked for */
	if (!PEER_SEND(st->authority, SIGNED, id, signed, m) &&
	    !peer_gone(st->authority))
		not_taken(st, "the authority does not take answers");
}

/* Each CA costs its scrypt: hundreds of them are no reason to give us up. */
static void
tell_starting(void *context)
{
	struct state *st = context;

	program_starting(st->program);
}

/* malloc() would keep the 16 MiB of a derivation, and a second time as much where
 * something small came to lie behind the first: from this size on memory is mapped for
 * itself, and goes back. */
#define MAPPED (1 << 20)

/* Keys must not be swapped out. Where the limit is finite, only secrets and the heap
 * for keys are locked: to lock all would make a later allocation fail. Pages that
 * nobody has touched need no memory. */
static void
lock_memory(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_MEMLOCK, &limit) == 0 &&
	    limit.rlim_cur == RLIM_INFINITY &&
	    mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) != 0)
		log_warning("memory-lock", "text=\"mlockall was refused\"");
}

static enum reason
on_start(void *context, struct program *p, struct why *why)
{
	const struct message_start *start = program_start(p);
	struct state *st = context;
	struct signer_options options = { .folder = ".",
		.create = start->create,
		.test = start->config.test,
		.test_clock = start->has_test_clock,
		.clock = start->test_clock,
		.passphrase = program_passphrase(p),
		.calls = { st, send_record, send_answer, tell_starting } };

	st->program = p;
	lock_memory();
	return signer_open(&st->signer, &options, why);
}

static void
on_connected(void *context, struct peer *peer)
{
	struct state *st = context;

	if (peer_role(peer) != ROLE_AUTHORITY)
		fatal("a peer that is no authority");
	st->authority = peer;
	st->streaming = st->synced = false;
}

static void
on_lost(void *context, struct peer *peer)
{
	struct state *st = context;

	if (peer != st->authority)
		return;
	st->authority = NULL;
	st->streaming = st->synced = false;
	signer_drop(&st->signer);
}

/* Both sides are told: serve keeps us down, the authority says why. */
static void __attribute__((noreturn))
refuse_store(struct state *st, enum reason r, const struct why *why)
{
	const struct ledger *l = journal_ledger(st->signer.journal);
	struct message_synced m = {
		.sequence = l->sequence, .test = l->test, .reason = r
	};

	memcpy(m.signer, l->signer, sizeof(m.signer));
	memcpy(m.text, why->text, sizeof(m.text) - 1);
	(void)PEER_SEND(st->authority, SYNCED, 0, synced, &m);
	program_fail(st->program, r, why);
}

static void
on_head(struct state *st, struct span payload)
{
	struct message_head head;
	struct cbor in;
	struct why why;
	enum reason r;

	cbor_open(&in, payload, true);
	if (!message_head_get(&in, &head))
		fatal("malformed HEAD");
	r = sync_compare(&st->signer, &head, &st->at, &why);
	if (r != REASON_OK)
		refuse_store(st, r, &why);
	st->synced = false;
	st->streaming = true;
}

static void
refuse_unsynced(struct state *st, uint64_t id)
{
	struct message_signed m = { .reason = REASON_UNAVAILABLE };

	snprintf(m.text, sizeof(m.text), "heads were not compared yet");
	send_answer(st, id, &m);
}

static void
on_message(void *context, struct peer *peer, const struct frame *frame)
{
	struct state *st = context;
	struct order *o;

	if (peer != st->authority)
		fatal("a frame from a peer that was replaced");
	if (frame->type == MESSAGE_HEAD) {
		on_head(st, frame->payload);
	} else if (!st->synced) {
		refuse_unsynced(st, frame->id);
	} else {
		o = order_read(frame->type, frame->id, frame->payload);
		if (o == NULL)
			fatal("malformed %s", message_name(frame->type));
		signer_order(&st->signer, o);
	}
}

/* One record of the stream; a full queue ends this round. */
static enum reason
stream_record(
    void *context, const struct record *r, struct span bytes, struct why *why)
{
	struct state *st = context;
	struct message_record m = { .sequence = r->sequence, .record = bytes };

	if (r->sequence > st->at.end)
		return why_set(why, REASON_STOPPING, -1, "another signer");
	if (peer_backlog(st->authority) > STREAM_BACKLOG ||
	    !PEER_SEND(st->authority, RECORD, 0, record, &m))
		return why_set(why, REASON_OVERLOAD, -1, "later");
	st->at.next = r->sequence + 1;
	return REASON_OK;
}

/* Goes on in one journal where the last round ended; true at its end. */
static bool
stream_journal(struct state *st)
{
	struct sync_place *at = &st->at;
	struct why why;
	enum reason r;

	if (at->next > at->end)
		return true;
	if (peer_backlog(st->authority) > STREAM_BACKLOG / 2)
		return false;
	r = journal_read(at->path, at->next, stream_record, st, &why);
	if (r == REASON_OK && at->next <= at->end)
		r = why_set(&why, REASON_JOURNAL_DAMAGED, -1,
		    "%.100s ends before record %llu", at->path,
		    (unsigned long long)at->end);
	if (r != REASON_OK && r != REASON_OVERLOAD && r != REASON_STOPPING)
		program_fail(st->program, r, &why);
	return at->next > at->end;
}

/* A bit for each key that is in use and not held. */
static struct span
unreached(struct state *st, uint8_t bits[KEY_BITS_MAX])
{
	const struct ledger *l = journal_ledger(st->signer.journal);
	size_t i, len = 0;

	_Static_assert(LEDGER_KEYS_MAX <= 8 * KEY_BITS_MAX, "a bit for each");
	memset(bits, 0, KEY_BITS_MAX);
	for (i = 0; i < l->keys_len; i++) {
		const struct ledger_key *k = &l->keys[i];

		if (key_state_over(k->state) ||
		    keyring_find(&st->signer.keyring, k->order.name) != NULL)
			continue;
		len = i / 8 + 1;
		bits[i / 8] |= (uint8_t)(1u << i % 8);
	}
	return span_of(bits, len);
}

/* Journal by journal, to the end of ours; SYNCED when there is nothing left. */
static void
stream(struct state *st)
{
	const struct ledger *l = journal_ledger(st->signer.journal);
	struct message_synced m = { .sequence = l->sequence, .test = l->test };
	uint8_t bits[KEY_BITS_MAX];

	do {
		if (memcmp(st->at.signer, l->signer, sizeof(l->signer)) == 0)
			st->at.end = l->sequence; /* it grows */
		if (!stream_journal(st))
			return;
	} while (sync_next(&st->signer, &st->at));
	memcpy(m.signer, l->signer, sizeof(m.signer));
	m.unreached = unreached(st, bits);
	st->synced = PEER_SEND(st->authority, SYNCED, 0, synced, &m);
	st->streaming = !st->synced;
}

static void
on_drained(void *context)
{
	struct state *st = context;
	struct why why;
	enum reason r;

	if (st->authority == NULL)
		return;
	if (st->streaming)
		stream(st);
	r = signer_group(&st->signer, &why);
	if (r != REASON_OK)
		program_fail(st->program, r, &why);
}

static void
on_tick(void *context)
{
	struct state *st = context;
	struct why why;
	enum reason r = signer_flush(&st->signer, &why);

	if (r != REASON_OK)
		program_fail(st->program, r, &why);
	public_key_cache_trim();
}

static void
on_stop(void *context)
{
	struct state *st = context;
	struct why why;

	if (signer_flush(&st->signer, &why) != REASON_OK)
		log_alarm("journal-write", "text=\"%s\"", why.text);
	signer_close(&st->signer);
}

int
main(void)
{
	static const struct program_calls calls = {
		.role = ROLE_SIGNER,
		.start = on_start,
		.connected = on_connected,
		.lost = on_lost,
		.message = on_message,
		.drained = on_drained,
		.tick = on_tick,
		.stop = on_stop,
	};
	static struct state state;

	process_harden();
	(void)mallopt(M_MMAP_THRESHOLD, MAPPED);
	libcrypto_memory();
	log_open("signer");
	return program_main(&calls, &state);
}
