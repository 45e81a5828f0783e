/*
 * The re-check (architecture 2, captured checker; doc/decisions/012): what was
 * issued is derived again from the bytes that led to it, by a checker that has
 * no front and is a new process for each batch. A difference stops issuing
 * until an operator has looked.
 */
#include <stdio.h>
#include <sys/random.h>

#include "authority/authority.h"
#include "base/clock.h"
#include "base/fatal.h"
#include "base/log.h"
#include "base/text.h"
#include "crypto/hash/hash.h"
#include "ipc/fields.h"

#define PATIENCE      60    /* seconds that a busy service may put it off */
#define DEADLINE      30000 /* milliseconds for a batch */
#define ROUNDS	      16 /* batches for one process, where many wait for long */
#define DRAWN	      8	 /* of a batch by lot, the others are the oldest */
#define LATE	      600 /* seconds until somebody must hear of it */
#define TRIES	      3	  /* checkers that may die of one request */
#define PURGED_A_TICK 1000
#define DAY	      86400

/* --- what is kept --- */

/* Certificates by their hash, and nothing of who brought the request: what the
 * bytes themselves say. */
static void
strip(struct request_facts *f, uint8_t hashes[CHAIN_MAX][HASH_SIZE])
{
	unsigned i;

	memset(f->client_sha256, 0, HASH_SIZE);
	memset(f->client_spki_sha256, 0, HASH_SIZE);
	memset(f->address, 0, sizeof(f->address));
	for (i = 0; i < f->chain_len; i++) {
		sha256(f->chain[i].certificate, hashes[i]);
		f->chain[i].certificate = span_of(hashes[i], HASH_SIZE);
	}
}

struct span
recheck_facts(const struct request_facts *f, uint8_t room[RECHECK_FACTS_MAX])
{
	uint8_t hashes[CHAIN_MAX][HASH_SIZE];
	struct request_facts kept = *f;
	struct cbor_out o;
	struct span out;

	strip(&kept, hashes);
	cbor_out_open(&o, room, RECHECK_FACTS_MAX);
	put_facts(&o, &kept);
	if (cbor_out_span(&o, &out) != WIRE_OK)
		fatal("facts are longer than they can be");
	return out;
}

/* --- comparing --- */

static bool
same_domain(const struct store_recheck *r, const struct chain_entry *e,
    enum pin_kind kind)
{
	uint8_t domain_id[KEY_ID_MAX];
	uint8_t len = chain_domain_id(e, kind, domain_id);

	return span_eq(
	    span_of(domain_id, len), span_of(r->domain_id, r->domain_id_len));
}

/* Does the row of the voucher say what these facts allow? */
static const char *
row_difference(struct authority *a, const struct store_recheck *r,
    const struct request_facts *f)
{
	unsigned i;

	if (strcmp(r->serial, f->serial) != 0)
		return "voucher serial";
	if (strcmp(r->nonce, f->nonce) != 0)
		return "voucher nonce";
	if (r->assertion == ASSERTION_PROXIMITY &&
	    (!f->prior || f->proximity != PROXIMITY_PROVEN))
		return "voucher assertion";
	if (r->assertion == ASSERTION_AGENT_PROXIMITY &&
	    (!f->prior || f->proximity != PROXIMITY_AGENT))
		return "voucher assertion";
	for (i = 0; i < f->chain_len; i++)
		if (memcmp(f->chain[i].spki_sha256, r->pin_spki_sha256,
			HASH_SIZE) == 0 &&
		    (same_domain(r, &f->chain[i], PIN_CERTIFICATE) ||
			same_domain(r, &f->chain[i], PIN_PUBK)))
			return NULL;
	/* It need not have come with the request, but been on file. */
	if (customer_pinned(a, f, r->pin_spki_sha256,
		span_of(r->domain_id, r->domain_id_len)))
		return NULL;
	return "voucher pin";
}

/* Has the store the device that a voucher was for? */
static bool
device_known(
    struct authority *a, const struct store_recheck *r, struct device *out)
{
	struct device devices[STORE_TWINS_MAX];
	unsigned i,
	    n = store_device_find(
		a->store, r->serial, devices, STORE_TWINS_MAX);

	for (i = 0; i < n && i < STORE_TWINS_MAX; i++)
		if (issuer_equal(&devices[i].issuer, &r->issuer)) {
			*out = devices[i];
			return true;
		}
	return false;
}

/* The key that signed for the pledge is the one on record for the device; a
 * device that is not on record any more says nothing. */
static const char *
device_difference(struct authority *a, const struct store_recheck *r,
    const struct request_facts *f)
{
	struct device d;

	return f->prior && device_known(a, r, &d) &&
		memcmp(d.spki_sha256, f->pledge_spki_sha256, HASH_SIZE) != 0
	    ? "device key"
	    : NULL;
}

/*
 * A request without the pledge's certificate rests on the one on record. Where the
 * device was deleted meanwhile nothing can be derived from it: that is no checker's
 * lie, and says nothing for the voucher either.
 */
static bool
is_lost(struct authority *a, const struct store_recheck *r,
    const struct message_derived *m)
{
	struct device d;

	return m != NULL && m->reason == REASON_PRIOR_CERTIFICATE &&
	    !device_known(a, r, &d);
}

static bool
read_facts(struct span bytes, struct request_facts *out)
{
	struct cbor in;

	cbor_open(&in, bytes, true);
	return get_facts(&in, out) && cbor_end(&in) == WIRE_OK;
}

/* Facts of before 074 have no names of those who did not sign. These are there for one
 * question of policy: where it says now that none is a public CA, nothing was hidden. */
static void
names_of_before(struct authority *a, struct request_facts *before,
    const struct request_facts *again)
{
	const struct policy_input in = { .facts = again,
		.public_cas = &a->public_cas };

	if ((before->proximity != PROXIMITY_AGENT &&
		before->proximity != PROXIMITY_AGENT_UNNAMED) ||
	    before->agent_names_len > 0 || policy_agent_public(&in))
		return;
	before->agent_names_len = again->agent_names_len;
	memcpy(before->agent_names, again->agent_names,
	    sizeof(before->agent_names));
}

/* The field that differs, NULL if none does. */
static const char *
difference(struct authority *a, const struct store_recheck *r,
    const struct message_derived *m)
{
	static struct request_facts before, again;
	uint8_t hashes[CHAIN_MAX][HASH_SIZE];
	const char *field;

	if (!read_facts(r->facts, &before))
		return "facts";
	if (m->reason != REASON_OK || !m->complete)
		return "refusal";
	again = m->facts;
	strip(&again, hashes);
	if (memcmp(again.request_sha256, r->request_sha256, HASH_SIZE) != 0)
		return "request";
	names_of_before(a, &before, &again);
	if ((field = facts_difference(&before, &again)) != NULL ||
	    (field = row_difference(a, r, &again)) != NULL)
		return field;
	return device_difference(a, r, &again);
}

static void
stop(struct authority *a, const struct store_recheck *r, const char *field)
{
	char request[HEX_SIZE(HASH_SIZE)];

	hex_encode(request, span_of(r->request_sha256, HASH_SIZE));
	log_alarm(reason_code(REASON_RECHECK_DIFFERS),
	    "request=\"%s\" serial=\"%s\" sequence=\"%llu\" field=\"%s\" "
	    "text=\"%s\"",
	    request, r->serial, (unsigned long long)r->sequence, field,
	    reason_sentence(REASON_RECHECK_DIFFERS));
	a->stopped = true;
	memcpy(a->recheck.found.signer, r->signer, sizeof(r->signer));
	a->recheck.found.sequence = r->sequence;
	a->recheck.field = field;
	(void)store_recheck_stop(a->store, r, field, clock_now());
	(void)store_recheck_done(a->store, r->signer, r->sequence, false);
}

/* --- a batch --- */

static struct recheck_item *
first_open(struct recheck *k)
{
	unsigned i;

	for (i = 0; i < k->len; i++)
		if (!k->items[i].done)
			return &k->items[i];
	return NULL;
}

/* Answers come in any order: what needs the record of its device waits for that at
 * the checker, while it answers others. */
static struct recheck_item *
asked_about(struct recheck *k, uint64_t id)
{
	unsigned i;

	for (i = 0; i < k->len; i++)
		if (k->items[i].id == id && !k->items[i].done)
			return &k->items[i];
	return NULL;
}

/* One that is answered, or cannot be asked about. */
struct judging {
	struct authority *a;
	const struct message_derived *answer;
	const char *field; /* known without an answer */
};

static bool
judge(void *context, const struct store_recheck *r)
{
	struct judging *j = context;
	const char *field;

	if (is_lost(j->a, r, j->answer)) {
		log_warning("recheck-lost",
		    "serial=\"%s\" sequence=\"%llu\" text=\"the device is not "
		    "on record any more: its request cannot be derived again\"",
		    r->serial, (unsigned long long)r->sequence);
		(void)store_recheck_done(
		    j->a->store, r->signer, r->sequence, false);
		return false;
	}
	field = j->answer == NULL ? j->field : difference(j->a, r, j->answer);
	if (field != NULL)
		stop(j->a, r, field);
	else
		(void)store_recheck_done(
		    j->a->store, r->signer, r->sequence, true);
	return false;
}

static void
judge_item(struct authority *a, struct recheck_item *item,
    const struct message_derived *answer, const char *field)
{
	struct judging j = { a, answer, field };

	item->done = true;
	/* What differs while issuing is stopped waits for its turn. */
	if (!a->stopped && !a->commit_failed)
		store_recheck_get(
		    a->store, item->signer, item->sequence, judge, &j);
}

/* What stopped issuing went down with a lost group: without it nobody could be
 * told, or confirm it, and a restart would go on. */
static void
stop_again(struct authority *a)
{
	struct recheck *k = &a->recheck;
	struct store_recheck_state state;
	struct judging j = { a, NULL, k->field };

	store_recheck_state(a->store, &state);
	if (!state.stopped && k->field != NULL)
		store_recheck_get(
		    a->store, k->found.signer, k->found.sequence, judge, &j);
}

struct asking {
	struct authority *a;
	struct peer *to;
	unsigned most;
	int64_t oldest;
};

static bool
is_asked(const struct recheck *k, const struct store_recheck *r)
{
	unsigned i;

	for (i = 0; i < k->len; i++)
		if (k->items[i].sequence == r->sequence &&
		    memcmp(k->items[i].signer, r->signer, sizeof(r->signer)) ==
			0)
			return true;
	return false;
}

static bool
ask_one(void *context, const struct store_recheck *r)
{
	struct asking *s = context;
	struct recheck *k = &s->a->recheck;
	static struct request_facts f;
	struct message_derive m = { .body = r->bytes };
	struct recheck_item *item = &k->items[k->len];

	if (is_asked(k, r))
		return true;
	if (k->len == 0)
		s->oldest = r->created;
	memset(item, 0, sizeof(*item));
	memcpy(item->signer, r->signer, sizeof(item->signer));
	item->sequence = r->sequence;
	item->id = ++k->last_id;
	if (r->bytes.ptr == NULL || !read_facts(r->facts, &f)) {
		k->unreadable = *item;
		k->lacks = r->bytes.ptr == NULL ? "bytes" : "facts";
		return false;
	}
	m.kind = f.kind;
	m.format = f.format;
	m.reply = f.reply;
	/* What was switched on then, whatever is by now. */
	m.legacy = m.allowed = f.legacy;
	m.moment = f.moment;
	if (!PEER_SEND(s->to, DERIVE, item->id, derive, &m))
		return false;
	return ++k->len < s->most;
}

/* Some moment behind the first one, until now. */
static int64_t
draw_moment(int64_t first)
{
	int64_t now = clock_now();
	uint64_t lot;

	if (getrandom(&lot, sizeof(lot), 0) != sizeof(lot))
		fatal_errno("getrandom");
	return now <= first
	    ? first
	    : first + 1 + (int64_t)(lot % ((uint64_t)now - (uint64_t)first));
}

/* The oldest, so that none is left; and some by lot, so that a checker that lies
 * cannot hide behind what it puts in front of them. */
static void
ask_batch(struct authority *a, struct peer *apart)
{
	struct asking s = { .a = a, .to = apart };
	struct recheck *k = &a->recheck;

	k->len = 0;
	k->lacks = NULL;
	k->rounds++;
	k->asked = clock_ticks();
	s.most = k->careful > 0 ? 1 : RECHECK_BATCH - DRAWN;
	store_recheck_each(a->store, INT64_MIN, ask_one, &s);
	/* One whose bytes are gone before their time is a difference too. */
	if (k->len == 0 && k->lacks != NULL)
		judge_item(a, &k->unreadable, NULL, k->lacks);
	if (k->len < s.most || k->careful > 0)
		return;
	s.most = RECHECK_BATCH;
	store_recheck_each(a->store, draw_moment(s.oldest), ask_one, &s);
	if (k->len < s.most) /* few came since then */
		store_recheck_each(a->store, INT64_MIN, ask_one, &s);
}

static bool
take_created(void *context, const struct store_recheck *r)
{
	*(int64_t *)context = r->created;
	return false;
}

/* Seconds that the oldest has waited; -1 if none waits. */
static int64_t
waiting_since(struct authority *a)
{
	int64_t oldest = INT64_MAX, now = clock_now();

	store_recheck_each(a->store, INT64_MIN, take_created, &oldest);
	if (oldest == INT64_MAX)
		return -1;
	return oldest > now || oldest < 0 ? 0 : now - oldest;
}

void
recheck_connected(struct authority *a, struct peer *apart)
{
	struct recheck *k = &a->recheck;

	k->len = k->rounds = 0;
	k->lacks = NULL;
	if (k->asked == 0 || a->stopped)
		return;
	ask_batch(a, apart);
}

void
recheck_take(struct authority *a, struct peer *apart, const struct frame *frame)
{
	static struct message_derived m;
	struct recheck *k = &a->recheck;
	struct recheck_item *item;
	struct cbor in;

	cbor_open(&in, frame->payload, true);
	if (!message_derived_get(&in, &m))
		fatal("malformed DERIVED");
	item = asked_about(k, frame->id);
	if (item == NULL)
		return; /* of a batch that was given up */
	judge_item(a, item, &m, NULL);
	k->careful -= k->careful > 0;
	/* Issued faster than one batch a second. */
	if (first_open(k) == NULL && k->rounds < ROUNDS && !a->stopped &&
	    !a->commit_failed && waiting_since(a) >= PATIENCE)
		ask_batch(a, apart);
}

/* It died, or hangs: of a request that it had not answered. The first of these may only
 * have waited for the record of its device, so as many as were asked about are asked
 * about again, one at a time. */
void
recheck_lost(struct authority *a)
{
	struct recheck *k = &a->recheck;
	struct recheck_item *open = first_open(k), item;

	if (open == NULL)
		return; /* it had done its work, and makes room for the next */
	item = *open;
	k->asked = 0;
	k->len = 0;
	k->careful = RECHECK_BATCH;
	if (item.sequence != k->suspect) {
		k->suspect = item.sequence;
		k->deaths = 0;
	}
	log_warning("recheck-died", "sequence=\"%llu\"",
	    (unsigned long long)item.sequence);
	if (++k->deaths >= TRIES)
		judge_item(a, &item, NULL, "no answer");
}

/* Nothing in flight: nobody waits for what this takes. */
static bool
idle(const struct authority *a)
{
	unsigned i;

	if (a->group != NULL || a->submitted != NULL)
		return false;
	for (i = 0; i < BUCKETS; i++)
		if (a->buckets[i] != NULL)
			return false;
	return true;
}

static bool
under_way(struct recheck *k)
{
	return k->asked != 0 && (k->len == 0 || first_open(k) != NULL) &&
	    clock_ticks() - k->asked < DEADLINE;
}

/* What a checker gained is found the later, the more waits in front of it. After a
 * start it may catch up first. */
static void
note_late(struct recheck *k, int64_t seconds)
{
	k->late = seconds >= LATE ? k->late + 1 : 0;
	if (k->late == PATIENCE)
		log_alarm("recheck-late",
		    "seconds=\"%lld\" text=\"vouchers wait for so long to be "
		    "derived again\"",
		    (long long)seconds);
}

/* Of what is older than the oldest that waits, nothing waits; behind it each would have
 * to be asked about, each second. */
static void
purge(struct authority *a, int64_t waiting)
{
	int64_t before =
	    chain_past(a) - (int64_t)a->start.config.keep_requests * DAY;

	if (waiting >= 0 && before > clock_now() - waiting - MOMENT_SLACK)
		before = clock_now() - waiting - MOMENT_SLACK;
	store_request_purge(a->store, before, PURGED_A_TICK);
}

/* At most one process a second. */
void
recheck_tick(struct authority *a)
{
	struct recheck *k = &a->recheck;
	int64_t seconds;

	if (a->start.offline || !a->synced || a->commit_failed)
		return;
	seconds = waiting_since(a);
	purge(a, seconds);
	if (a->stopped)
		stop_again(a);
	if (a->stopped)
		return;
	note_late(k, seconds);
	if (under_way(k))
		return;
	recheck_lost(a); /* if it hangs */
	if (a->stopped || seconds < 0 || (!idle(a) && seconds < PATIENCE))
		return;
	k->len = 0;
	k->asked = clock_ticks();
	program_fresh(a->program);
}

/* --- operators --- */

void
recheck_load(struct authority *a)
{
	struct store_recheck_state state;

	store_recheck_state(a->store, &state);
	/* Never "go on" because of a commit that was lost. */
	a->stopped = a->stopped || state.stopped;
}

void
recheck_status(struct authority *a, struct json_out *o)
{
	struct store_recheck_state state;
	uint64_t waiting;
	int64_t oldest;

	store_recheck_state(a->store, &state);
	waiting = store_recheck_waiting(a->store, &oldest);
	json_put_name(o, "recheck");
	json_begin_object(o);
	json_add_uint(o, "checked", state.checked);
	json_add_uint(o, "waiting", waiting);
	put_time(o, "oldest", oldest);
	json_add_bool(o, "stopped", a->stopped);
	if (a->stopped) {
		json_add_uint(o, "sequence", state.sequence);
		json_add_text(o, "serial", state.serial);
		json_add_hex(
		    o, "request", span_of(state.request_sha256, HASH_SIZE));
		json_add_text(o, "field", state.field);
		put_time(o, "since", state.moment);
	}
	json_end_object(o);
}

static enum reason
confirm_act(struct authority *a, struct pending *p, struct why *why)
{
	(void)p;
	if (!store_recheck_confirm(a->store))
		return why_set(why, REASON_STORE_FAILED, -1, "%s", "");
	a->stopped = false;
	return REASON_OK;
}

/* The operator names the voucher: so it was looked at. */
void
recheck_confirm(
    struct authority *a, struct origin from, const struct message_admin *m)
{
	struct store_recheck_state state;
	struct pending *p;
	uint64_t sequence;
	char subject[128];
	struct why why;
	enum reason r;

	store_recheck_state(a->store, &state);
	r = admin_number(m, "sequence", INT64_MAX, 0, &sequence, &why);
	if (r == REASON_OK && (!a->stopped || sequence != state.sequence))
		r = why_set(&why, REASON_ADMIN_ARGUMENT, -1, "%s",
		    a->stopped ? "another voucher differs: see hallmark status"
			       : "issuing is not stopped");
	if (r != REASON_OK) {
		answer_refusal(from, r, &why);
		return;
	}
	snprintf(subject, sizeof(subject), "voucher %llu, %s",
	    (unsigned long long)sequence, state.field);
	if ((p = admin_pending(a, STAGE_ACT, from, m)) == NULL)
		return;
	p->act = confirm_act;
	admin_act(a, p, from, m->verb, subject);
}
