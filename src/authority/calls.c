/* What the authority does when something comes, goes, or a second is over. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "authority/authority.h"
#include "base/clock.h"
#include "base/fatal.h"
#include "base/log.h"
#include "base/text.h"

static void
take_signed(struct authority *a, const struct frame *frame)
{
	struct pending *p = pending_find(a, frame->id);
	struct message_signed m;
	struct cbor in;

	cbor_open(&in, frame->payload, true);
	if (!message_signed_get(&in, &m))
		fatal("malformed SIGNED");
	if (p == NULL)
		return; /* the asker was answered already */
	/* Its record went down with a lost group, and comes again as one that
	 * nobody was told of. */
	if (!a->synced && m.reason == REASON_OK) {
		m.reason = REASON_STORE_FAILED;
		m.text[0] = '\0';
	}
	switch (p->stage) {
	case STAGE_VOUCHER:
		decide_signed(a, p, &m);
		return;
	case STAGE_IDEVID:
		issue_signed(a, p, &m);
		return;
	case STAGE_TAG:
		import_signed(a, p, &m);
		return;
	case STAGE_TAGS:
		manifest_tagged(a, p, &m);
		return;
	case STAGE_KEY:
		ca_signed(a, p, &m);
		return;
	case STAGE_ACT:
		act_signed(a, p, &m);
		return;
	case STAGE_WAITING:
	case STAGE_HELD:
	case STAGE_INSPECT:
	case STAGE_DERIVE:
	case STAGE_COMMIT:
		break;
	}
	fatal("SIGNED for something that nobody asked to be signed");
}

static void
take_derived(
    struct authority *a, const struct peer *from, const struct frame *frame)
{
	static struct message_derived m;
	struct pending *p = pending_find(a, frame->id);
	struct cbor in;

	cbor_open(&in, frame->payload, true);
	if (!message_derived_get(&in, &m))
		fatal("malformed DERIVED");
	if (p == NULL)
		return; /* the asker was answered already */
	if (p->stage != STAGE_DERIVE || p->checker != from)
		fatal("DERIVED for something that nobody asked it about");
	explain_derived(a, p, &m);
}

static bool
is_apart(const struct peer *peer)
{
	return peer_role(peer) == ROLE_CHECKER &&
	    peer_index(peer) == CHECKER_APART;
}

static void
on_message(void *context, struct peer *peer, const struct frame *frame)
{
	struct authority *a = context;

	/* It has no front: whatever else it says is nobody's request. */
	if (is_apart(peer)) {
		if (frame->type == MESSAGE_LOOK_UP)
			look_up_take(a, peer, frame);
		else if (frame->type == MESSAGE_DERIVED)
			recheck_take(a, peer, frame);
		else
			fatal("%s from the checker apart",
			    message_name(frame->type));
		return;
	}
	switch (frame->type) {
	case MESSAGE_DECIDE:
		decide_take(a, peer, frame);
		return;
	case MESSAGE_REFUSED:
		refusal_take(a, frame);
		return;
	case MESSAGE_FETCH:
		audit_fetch(a, peer, frame);
		return;
	case MESSAGE_LOOK_UP:
		look_up_take(a, peer, frame);
		return;
	case MESSAGE_INSPECTED:
		inspect_take(a, peer, frame);
		return;
	case MESSAGE_DERIVED:
		take_derived(a, peer, frame);
		return;
	case MESSAGE_RECORD:
		sync_record(a, frame);
		return;
	case MESSAGE_SYNCED:
		sync_done(a, frame);
		return;
	case MESSAGE_SIGNED:
		take_signed(a, frame);
		return;
	case MESSAGE_ADMIN:
		admin_take(a, peer, frame);
		return;
	default:
		fatal("unexpected %s", message_name(frame->type));
	}
}

/* The end of a round: one commit for all, then what it set free. */
static void
on_drained(void *context)
{
	struct authority *a = context;

	group_commit(a);
	while (a->ready != NULL)
		decide_ready(a);
	group_commit(a); /* refusals of those */
}

static void
on_connected(void *context, struct peer *peer)
{
	struct authority *a = context;

	if (peer_role(peer) == ROLE_SIGNER)
		sync_begin(a);
	else if (is_apart(peer))
		recheck_connected(a, peer);
}

static void
on_lost(void *context, struct peer *peer)
{
	struct authority *a = context;

	pending_forget_peer(a, peer);
	if (peer_role(peer) == ROLE_SIGNER) {
		a->synced = false;
		program_ready(a->program); /* for what needs no signer */
		pending_fail(a, true, REASON_UNAVAILABLE);
	} else if (is_apart(peer)) {
		recheck_lost(a);
	} else if (peer_role(peer) == ROLE_CHECKER) {
		pending_fail(a, false, REASON_UNAVAILABLE);
	}
}

static void
on_tick(void *context)
{
	struct authority *a = context;
	static unsigned seconds;

	a->refusals = REFUSALS_PER_SECOND;
	a->alarms = ALARMS_PER_SECOND;
	if (++seconds % 600 == 0)
		store_refusal_trim(a->store, REFUSALS_KEPT);
	if (seconds % 60 == 0)
		reputation_purge(a);
	reputation_tick(a);
	group_commit(a);
	sync_retry(a);
	if (a->ledger.sequence !=
	    a->told) /* before heads agree: records come over */
		program_starting(a->program);
	a->told = a->ledger.sequence;
	admin_tick(a);
	recheck_tick(a);
	limits_tick(a);
	expiry_tick(a);
	holds_tick(a);
	numbers_tick(a);
	group_commit(a);
}

static enum reason
on_reload(void *context, const struct message_start *start, struct why *why)
{
	struct authority *a = context;

	(void)why;
	a->start.config = start->config;
	return REASON_OK;
}

/* One authority to a home; the kernel lets go when it ends, however it does. */
static enum reason
lock_take(struct authority *a, struct why *why)
{
	a->lock = open("lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (a->lock < 0)
		return why_set(
		    why, REASON_HOME_INVALID, -1, "authority/lock: %m");
	if (flock(a->lock, LOCK_EX | LOCK_NB) != 0)
		return why_set(why, REASON_HOME_LOCKED, -1,
		    "another authority uses this home");
	return REASON_OK;
}

/* A store of before is being brought up to date: not ready, and getting on. */
static void
on_migrating(void *context)
{
	struct authority *a = context;
	static int64_t told;

	if (clock_ticks() - told < 1000)
		return;
	told = clock_ticks();
	program_starting(a->program);
}

static void
on_busy(void *context)
{
	struct authority *a = context;

	program_busy(a->program);
}

static enum reason
home_open(struct authority *a, struct why *why)
{
	const struct store_watch watch = { on_migrating, on_busy, a };
	enum reason r;

	if (!a->start.create && access("store.db", R_OK | W_OK) != 0)
		return why_set(why, REASON_HOME_INVALID, -1,
		    "there is no authority/store.db that can be used: %m");
	if ((r = lock_take(a, why)) != REASON_OK)
		return r;
	umask(077);
	return store_open(&sqlite_driver, "store.db", a->start.create, &watch,
	    &a->store, why);
}

static enum reason
on_start(void *context, struct program *p, struct why *why)
{
	struct authority *a = context;
	enum reason r;

	a->program = p;
	a->start = *program_start(p);
	a->refusals = REFUSALS_PER_SECOND;
	a->alarms = ALARMS_PER_SECOND;
	pending_init(a);
	a->late_tail = &a->late;
	if (a->start.has_test_clock) {
		if (!a->start.config.test)
			return why_set(why, REASON_TEST_CLOCK, -1, "%s", "");
		clock_set_test(a->start.test_clock);
	}
	if ((r = home_open(a, why)) != REASON_OK)
		return r;
	if ((r = ledger_load(a, why)) != REASON_OK)
		return r;
	if ((r = masa_names_check(a, why)) != REASON_OK)
		return r;
	recheck_load(a);
	public_cas_load(a);
	customers_load(a);
	reputation_open(a);
	a->prepared = prepared_new();
	if (program_listener(p) >= 0)
		program_accept_admin(p, program_listener(p));
	if (signer_peer(a) == NULL)
		program_ready(p); /* there is no head to compare */
	return REASON_OK;
}

static void
on_stop(void *context)
{
	struct authority *a = context;

	group_commit(a);
	pending_close(a);
	reputation_close(a);
	prepared_free(a->prepared);
	store_close(a->store);
	ledger_free(&a->ledger);
	customers_free(a);
	free(a->keys);
	free(a->keys_by_name);
	buf_free(&a->voucher_policies);
}

const struct program_calls authority_calls = {
	.role = ROLE_AUTHORITY,
	.ready_later = true,
	.start = on_start,
	.connected = on_connected,
	.lost = on_lost,
	.message = on_message,
	.drained = on_drained,
	.tick = on_tick,
	.reload = on_reload,
	.stop = on_stop,
};
