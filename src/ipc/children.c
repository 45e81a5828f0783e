/* The parent of our programs, see children.h. */
#include "ipc/children.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fatal.h"
#include "base/log.h"
#include "base/text.h"
#include "ipc/room.h"
#include "ipc/spawn.h"

#define CHILDREN_MAX   40
#define READY_DEADLINE 60000 /* keys are opened with scrypt: be patient */
#define ASK_DEADLINE   60000
#define STOP_DEADLINE  10000
#define BACKOFF_FIRST  100
#define BACKOFF_LAST   10000
#define FRESH_PAUSE    500 /* between two checkers apart */

enum child_state { CHILD_DOWN, CHILD_STARTING, CHILD_READY, CHILD_FAILED };

struct child {
	enum role role;
	unsigned index;
	struct room room;
	pid_t pid;
	struct channel control;
	enum child_state state;
	int64_t backoff;    /* milliseconds until the next start */
	int64_t again;	    /* clock_ticks of it */
	int64_t since;	    /* of the last start */
	bool deaf;	    /* it closed its end: only its death is left */
	bool going;	    /* it was told to begin */
	bool on_demand;	    /* the checker apart: not started, but asked for */
	bool wanted;	    /* a new one */
	enum reason failed; /* what it said was wrong */
	struct why failed_why;
};

struct children {
	struct children_plan plan;
	char bindir[PATH_MAX];
	struct child list[CHILDREN_MAX];
	unsigned len;
	int64_t began;	      /* clock_ticks when a test clock was set */
	int tls_before;	      /* the last reload: plan.tls until then; -1 */
	int blocklist;	      /* the authority's, for fronts; -1 */
	int signals;	      /* of a service, held back; -1 */
	struct channel admin; /* our own end as ADMIN */
	enum role admin_to;
	bool broken; /* restarting does not mend it */
	uint8_t room[FRAME_MAX];
};

static void
put_start(struct cbor_out *o, const void *value)
{
	message_start_put(o, value);
}

static void
put_peer(struct cbor_out *o, const void *value)
{
	message_peer_put(o, value);
}

/* --- signals --- */

/*
 * A service holds its signals back from before its first child to after its
 * last: a stop that comes at any other time would end this process alone and
 * leave the others to find out.
 */
static int
signals_hold(void)
{
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	if ((fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC)) < 0)
		fatal_errno("signalfd");
	return fd;
}

/* Was it told to stop, before it reads its signals? */
static bool
stop_waits(const struct children *c)
{
	sigset_t set;

	return c->signals >= 0 && sigpending(&set) == 0 &&
	    (sigismember(&set, SIGTERM) == 1 || sigismember(&set, SIGINT) == 1);
}

/* --- links --- */

/* Who talks to whom: pairs of one index, and everybody with the authority. */
static bool
linked(const struct child *a, const struct child *b)
{
	if (a->role == ROLE_FRONT && b->role == ROLE_CHECKER)
		return a->index == b->index;
	return (a->role == ROLE_CHECKER && b->role == ROLE_AUTHORITY) ||
	    (a->role == ROLE_AUTHORITY && b->role == ROLE_SIGNER);
}

static void
hand_peer(struct child *to, enum role role, unsigned index, int fd)
{
	struct message_peer m = { .role = role, .index = index };

	(void)control_send(&to->control, MESSAGE_PEER, put_peer, &m, fd);
}

static void
link_pair(struct child *a, struct child *b)
{
	int fds[2];

	channel_pair(fds);
	hand_peer(a, b->role, b->index, fds[0]);
	hand_peer(b, a->role, a->index, fds[1]);
	close(fds[0]);
	close(fds[1]);
}

static bool
living(const struct child *k)
{
	return k->state == CHILD_STARTING || k->state == CHILD_READY;
}

static void
hand_blocklist(const struct children *c, struct child *front)
{
	if (c->blocklist >= 0)
		(void)control_send(&front->control, MESSAGE_BLOCKLIST, NULL,
		    NULL, c->blocklist);
}

/* A new authority has a new one; it goes to all fronts, also to those that will
 * be started. Takes fd over. */
static void
take_blocklist(struct children *c, int fd)
{
	unsigned i;

	if (c->blocklist >= 0)
		close(c->blocklist);
	c->blocklist = fd;
	for (i = 0; i < c->len; i++)
		if (c->list[i].role == ROLE_FRONT && living(&c->list[i]))
			hand_blocklist(c, &c->list[i]);
}

/* --- start --- */

/* A test clock runs on while a child is down. */
static struct message_start
start_of(const struct children *c, const struct child *k)
{
	struct message_start start = c->plan.start;

	start.role = k->role;
	start.index = k->index;
	start.user = k->room.user;
	start.group = k->room.group;
	if (start.has_test_clock)
		start.test_clock += (clock_ticks() - c->began) / 1000;
	return start;
}

static void
child_start(struct children *c, struct child *k)
{
	struct message_start start = start_of(c, k);
	int fds[2], listener = -1;

	channel_pair(fds);
	k->pid = program_spawn(c->bindir, k->role, fds[1]);
	if (k->pid < 0)
		fatal_errno("fork");
	close(fds[1]);
	channel_open(&k->control, fds[0]);
	k->state = CHILD_STARTING;
	k->going = false;
	k->deaf = false;
	k->since = clock_ticks();
	(void)control_send(
	    &k->control, MESSAGE_START, put_start, &start, k->room.folder);
	if (k->role == ROLE_FRONT && c->plan.tls >= 0)
		(void)control_send(
		    &k->control, MESSAGE_TLS, NULL, NULL, c->plan.tls);
	if (k->role == ROLE_FRONT)
		listener = c->plan.listener;
	else if (k->role == ROLE_AUTHORITY)
		listener = c->plan.admin_listener;
	if (listener >= 0)
		(void)control_send(
		    &k->control, MESSAGE_LISTENER, NULL, NULL, listener);
	if (k->role == ROLE_FRONT)
		hand_blocklist(c, k);
	if (k->role == ROLE_SIGNER && c->plan.passphrase >= 0)
		(void)control_send(&k->control, MESSAGE_PASSPHRASE, NULL, NULL,
		    c->plan.passphrase);
}

/* Joins k to those of the living that it talks to. */
static void
child_link(struct children *c, struct child *k)
{
	unsigned i;

	for (i = 0; i < c->len; i++) {
		struct child *other = &c->list[i];

		if (other == k || !living(other))
			continue;
		if (linked(k, other))
			link_pair(k, other);
		else if (linked(other, k))
			link_pair(other, k);
	}
}

static void
child_go(struct child *k)
{
	k->going = true;
	k->since = clock_ticks();
	(void)control_send(&k->control, MESSAGE_GO, NULL, NULL, -1);
}

static void
child_add(struct children *c, enum role role, unsigned index)
{
	struct child *k = &c->list[c->len++];

	k->role = role;
	k->index = index;
	k->control.fd = k->room.folder = -1;
	k->backoff = BACKOFF_FIRST;
}

/* A front that goes on with its old certificate could not use the new one: then
 * no front that starts later could. */
static void
tls_back(struct children *c)
{
	if (c->tls_before < 0)
		return;
	close(c->plan.tls);
	c->plan.tls = c->tls_before;
	c->tls_before = -1;
}

/* READY, STARTING, FAILED, FRESH or BLOCKLIST of a child; fd came with it, or is -1. */
static void
take_word(struct children *c, struct child *k, enum message type,
    struct span payload, int fd)
{
	struct message_failed m;
	struct cbor in;
	unsigned i;

	if (type == MESSAGE_BLOCKLIST && k->role == ROLE_AUTHORITY && fd >= 0) {
		take_blocklist(c, fd);
		return;
	}
	if (fd >= 0)
		close(fd);
	if (!message_allowed(k->role, ROLE_SERVE, type))
		return;
	/* Asked for now, done when the waiting is over: see restart_due(). */
	for (i = 0; type == MESSAGE_FRESH && i < c->len; i++)
		c->list[i].wanted = c->list[i].on_demand;
	cbor_open(&in, payload, true);
	if (type == MESSAGE_FRESH || !message_failed_get(&in, &m))
		return;
	/* Others may wait for it: nobody is stuck while somebody gets on. */
	if (type == MESSAGE_STARTING) {
		for (i = 0; i < c->len; i++)
			if (c->list[i].state == CHILD_STARTING)
				c->list[i].since = clock_ticks();
		return;
	}
	if (type == MESSAGE_READY) {
		k->state = CHILD_READY;
		return;
	}
	if (k->role == ROLE_FRONT && k->state == CHILD_READY) {
		tls_back(c);
		return;
	}
	k->state = CHILD_FAILED;
	k->failed = m.reason;
	why_set(&k->failed_why, m.reason, -1, "%s", m.text);
}

/*
 * Journal and store do not agree, and the signer has said so and ended: a service
 * goes on without it, so that somebody is there to say it (architecture 3).
 */
static bool
is_missed(const struct children *c, const struct child *k)
{
	return c->plan.restart && k->role == ROLE_SIGNER &&
	    k->state == CHILD_FAILED &&
	    (k->failed == REASON_JOURNAL_BEHIND ||
		k->failed == REASON_JOURNAL_FORK);
}

bool
children_ready(const struct children *c)
{
	unsigned i;

	for (i = 0; i < c->len; i++)
		if (!c->list[i].on_demand && c->list[i].state != CHILD_READY &&
		    !is_missed(c, &c->list[i]))
			return false;
	return true;
}

enum reason
children_missed(const struct children *c, struct why *why)
{
	unsigned i;

	for (i = 0; i < c->len; i++)
		if (is_missed(c, &c->list[i])) {
			*why = c->list[i].failed_why;
			return c->list[i].failed;
		}
	return REASON_OK;
}

/* Takes what a child says, if it says anything; deaf when it cannot any more. */
static void
listen_child(struct children *c, struct child *k)
{
	enum message type;
	struct span payload;
	uint64_t id;
	int fd;

	if (k->control.fd < 0)
		return;
	if (control_take(&k->control, 0, c->room, &type, &id, &payload, &fd))
		take_word(c, k, type, payload, fd);
	else
		k->deaf = true;
}

/* Waits for words of the children, or for the descriptor `also` (-1: none);
 * takes one of each that has some. 0 if the time was up. */
static int
listen_all(struct children *c, int also, int timeout)
{
	struct pollfd fds[CHILDREN_MAX + 1];
	unsigned i;
	int n;

	fds[0] = (struct pollfd){ .fd = also, .events = POLLIN };
	for (i = 0; i < c->len; i++) {
		struct child *k = &c->list[i];

		fds[i + 1] = (struct pollfd){ .events = POLLIN,
			.fd = k->deaf ? -1 : k->control.fd };
	}
	n = poll(fds, c->len + 1, timeout);
	if (n < 0 && errno != EINTR)
		fatal_errno("poll");
	for (i = 0; n > 0 && i < c->len; i++)
		if (fds[i + 1].revents != 0)
			listen_child(c, &c->list[i]);
	return n;
}

/* How the start of all stands: OK also while it goes on. */
static enum reason
start_state(const struct children *c, struct why *why)
{
	unsigned i;

	/* Somebody's reason says more than that somebody else is gone. */
	for (i = 0; i < c->len; i++)
		if (c->list[i].state == CHILD_FAILED &&
		    !is_missed(c, &c->list[i])) {
			*why = c->list[i].failed_why;
			return c->list[i].failed;
		}
	for (i = 0; i < c->len; i++) {
		const struct child *k = &c->list[i];

		if (is_missed(c, k))
			continue;
		if (k->deaf ||
		    (k->going && k->state == CHILD_STARTING &&
			clock_ticks() - k->since > c->plan.patience))
			return why_set(why, REASON_UNAVAILABLE, -1,
			    "hallmark-%s %s", role_name(k->role),
			    k->deaf ? "ended before it was ready"
				    : "was not ready in time");
	}
	return REASON_OK;
}

/* Fronts go when the authority has given its blocklist, which it does before it
 * is ready: nobody is served before that. */
static void
fronts_go(struct children *c)
{
	unsigned i;

	for (i = 0; i < c->len; i++)
		if (c->list[i].role == ROLE_AUTHORITY &&
		    c->list[i].state != CHILD_READY)
			return;
	for (i = 0; i < c->len; i++)
		if (c->list[i].role == ROLE_FRONT && !c->list[i].going)
			child_go(&c->list[i]);
}

/*
 * A signer that refuses the store's head says so before the authority can see
 * that it is gone: so what is waiting is heard out after all were ready.
 */
static enum reason
wait_ready(struct children *c, struct why *why)
{
	enum reason r;
	bool ready;
	int n;

	do {
		fronts_go(c);
		ready = children_ready(c);
		n = listen_all(c, -1, ready ? 0 : 100);
		/* A stop is children_run()'s to see, whatever it cut short. */
		if (stop_waits(c))
			return REASON_OK;
		if ((r = start_state(c, why)) != REASON_OK)
			return r;
	} while (n != 0 || !ready);
	return REASON_OK;
}

/* Users and folders of all, before any is started. */
static enum reason
open_rooms(struct children *c, struct why *why)
{
	enum reason r = REASON_OK;
	unsigned i;

	for (i = 0; i < c->len && r == REASON_OK; i++) {
		struct child *k = &c->list[i];

		r = room_open(c->plan.home, k->role, &k->room, why);
	}
	return r;
}

enum reason
children_start(
    const struct children_plan *plan, struct children **out, struct why *why)
{
	struct children *c = memory_new(sizeof(*c));
	unsigned i, j, started, pairs = plan->fronts > 0 ? plan->fronts : 1;
	enum reason r;

	c->plan = *plan;
	if (plan->patience == 0)
		c->plan.patience = READY_DEADLINE;
	c->began = clock_ticks();
	c->admin.fd = -1;
	c->blocklist = -1;
	c->tls_before = -1;
	c->signals = plan->restart ? signals_hold() : -1;
	if (plan->bindir != NULL)
		text_copy(c->bindir, sizeof(c->bindir), span_str(plan->bindir));
	else
		program_folder(c->bindir, sizeof(c->bindir));
	if (plan->with_signer)
		child_add(c, ROLE_SIGNER, 0);
	if (plan->with_authority)
		child_add(c, ROLE_AUTHORITY, 0);
	for (i = 0; i < pairs; i++) {
		if (plan->with_checker)
			child_add(c, ROLE_CHECKER, i);
		if (plan->with_front)
			child_add(c, ROLE_FRONT, i);
	}
	started = c->len;
	if (plan->apart) {
		child_add(c, ROLE_CHECKER, CHECKER_APART);
		c->list[started].on_demand = true;
	}
	if ((r = open_rooms(c, why)) != REASON_OK) {
		children_stop(c);
		return r;
	}
	for (i = 0; i < started; i++)
		child_start(c, &c->list[i]);
	for (i = 0; i < started; i++)
		for (j = 0; j < started; j++)
			if (linked(&c->list[i], &c->list[j]))
				link_pair(&c->list[i], &c->list[j]);
	for (i = 0; i < started; i++)
		if (c->list[i].role != ROLE_FRONT)
			child_go(&c->list[i]);
	if ((r = wait_ready(c, why)) != REASON_OK) {
		children_stop(c);
		return r;
	}
	*out = c;
	return REASON_OK;
}

/* --- deaths --- */

/* What a child named as its reason passes by itself, or only when an operator
 * has looked. */
static bool
passing(enum reason r)
{
	return r == REASON_UNAVAILABLE || r == REASON_OVERLOAD ||
	    r == REASON_HOME_LOCKED;
}

static void
child_died(struct children *c, struct child *k, int status)
{
	while (k->control.fd >= 0 && !k->deaf)
		listen_child(c, k); /* its last word may say why */
	channel_close(&k->control);
	k->pid = 0;
	if (k->on_demand) {
		k->state = CHILD_DOWN; /* until it is asked for again */
		return;
	}
	if (!c->plan.restart) {
		c->broken = true;
		return;
	}
	if (k->state == CHILD_FAILED && !passing(k->failed)) {
		/* It said what is wrong: an operator must look first. Without
		 * a signer the rest still answers (audit logs, 503). */
		log_alarm("program-down", "program=\"%s\" reason=\"%s\"",
		    role_name(k->role), reason_code(k->failed));
		c->broken = c->broken || k->role != ROLE_SIGNER;
		return;
	}
	log_alarm("program-died",
	    "program=\"%s\" %s=\"%d\" "
	    "again-in=\"%lld ms\"",
	    role_name(k->role), WIFSIGNALED(status) ? "signal" : "status",
	    WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status),
	    (long long)k->backoff);
	if (clock_ticks() - k->since > 60000)
		k->backoff = BACKOFF_FIRST; /* it had lived well */
	k->state = CHILD_DOWN;
	k->again = clock_ticks() + k->backoff;
	k->backoff =
	    k->backoff * 2 > BACKOFF_LAST ? BACKOFF_LAST : k->backoff * 2;
}

static void
reap(struct children *c)
{
	unsigned i;
	int status;

	for (i = 0; i < c->len; i++) {
		struct child *k = &c->list[i];

		if (k->pid > 0 && waitpid(k->pid, &status, WNOHANG) == k->pid)
			child_died(c, k, status);
	}
}

/* One that hangs in its start is ended, so that it can be started again. */
static void
end_stuck(struct children *c)
{
	unsigned i;

	for (i = 0; i < c->len; i++) {
		struct child *k = &c->list[i];

		if (k->state == CHILD_STARTING && k->pid > 0 &&
		    clock_ticks() - k->since > c->plan.patience)
			kill(k->pid, SIGKILL);
	}
}

/* Milliseconds until something is due, -1 if nothing is. */
static int
next_due(const struct children *c)
{
	int64_t now = clock_ticks(), due = INT64_MAX, at;
	unsigned i;

	for (i = 0; i < c->len; i++) {
		const struct child *k = &c->list[i];

		if (k->wanted)
			at = k->since + FRESH_PAUSE;
		else if (k->state == CHILD_DOWN && !k->on_demand)
			at = k->again;
		else if (k->state == CHILD_STARTING)
			at = k->since + c->plan.patience + 1;
		else
			continue;
		if (at < due)
			due = at;
	}
	if (due == INT64_MAX)
		return -1;
	return due <= now ? 0 : (int)(due - now);
}

/* Is it time to start k? Of the checker apart an old one is ended first, however
 * well it lives: what it has read may own it. */
static bool
start_due(struct child *k)
{
	int status;

	if (!k->on_demand)
		return k->state == CHILD_DOWN && clock_ticks() >= k->again;
	if (!k->wanted || clock_ticks() < k->since + FRESH_PAUSE)
		return false;
	k->wanted = false;
	if (k->pid > 0) {
		kill(k->pid, SIGKILL);
		(void)waitpid(k->pid, &status, 0);
		k->pid = 0;
	}
	channel_close(&k->control);
	return true;
}

static void
restart_due(struct children *c)
{
	unsigned i;

	for (i = 0; i < c->len; i++) {
		struct child *k = &c->list[i];

		if (!start_due(k))
			continue;
		child_start(c, k);
		child_link(c, k);
		child_go(k);
	}
}

static void
reload_all(struct children *c,
    bool (*reload)(void *context, struct children_plan *plan), void *context)
{
	int before = c->plan.tls;
	unsigned i;

	if (reload == NULL || !reload(context, &c->plan))
		return;
	if (c->tls_before >= 0)
		close(c->tls_before);
	c->tls_before = before;
	for (i = 0; i < c->len; i++) {
		struct child *k = &c->list[i];
		struct message_start start = start_of(c, k);

		/* One that is starting was told the old things already. */
		if (!living(k))
			continue;
		if (k->role == ROLE_FRONT && c->plan.tls >= 0)
			(void)control_send(
			    &k->control, MESSAGE_TLS, NULL, NULL, c->plan.tls);
		(void)control_send(
		    &k->control, MESSAGE_RELOAD, put_start, &start, -1);
	}
	log_note("reload", "%s", "");
}

/* Deaths, starts that are due, one wait, signals. -1 to go on. */
static int
run_once(struct children *c,
    bool (*reload)(void *context, struct children_plan *plan), void *context)
{
	struct signalfd_siginfo info;
	int status = -1;

	end_stuck(c);
	reap(c);
	if (c->broken)
		return EXIT_FAILURE;
	restart_due(c);
	listen_all(c, c->signals, next_due(c));
	while (read(c->signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (info.ssi_signo == SIGHUP)
			reload_all(c, reload, context);
		else if (info.ssi_signo != SIGCHLD)
			status = EXIT_SUCCESS;
	}
	return status;
}

int
children_run(struct children *c,
    bool (*reload)(void *context, struct children_plan *plan), void *context)
{
	int status;

	do {
		status = run_once(c, reload, context);
	} while (status < 0);
	return status;
}

/* --- stop --- */

static void
wait_gone(struct child *k)
{
	int64_t deadline = clock_ticks() + STOP_DEADLINE;
	int status;

	while (k->pid > 0) {
		pid_t pid = waitpid(k->pid, &status, WNOHANG);

		if (pid == k->pid || (pid < 0 && errno == ECHILD)) {
			k->pid = 0;
		} else if (clock_ticks() > deadline) {
			log_alarm("program-stuck", "program=\"%s\"",
			    role_name(k->role));
			kill(k->pid, SIGKILL);
			deadline = INT64_MAX;
		} else {
			poll(NULL, 0, 5);
		}
	}
}

void
children_stop(struct children *c)
{
	static const enum role order[] = { ROLE_FRONT, ROLE_CHECKER,
		ROLE_AUTHORITY, ROLE_SIGNER };
	unsigned i, o;

	if (c == NULL)
		return;
	channel_close(&c->admin);
	if (c->blocklist >= 0)
		close(c->blocklist);
	c->blocklist = -1;
	if (c->signals >= 0)
		close(c->signals);
	if (c->plan.tls >= 0)
		close(c->plan.tls);
	if (c->tls_before >= 0)
		close(c->tls_before);
	for (o = 0; o < 4; o++) {
		for (i = 0; i < c->len; i++)
			if (c->list[i].role == order[o] && c->list[i].pid > 0)
				(void)control_send(&c->list[i].control,
				    MESSAGE_STOP, NULL, NULL, -1);
		for (i = 0; i < c->len; i++) {
			if (c->list[i].role != order[o])
				continue;
			channel_close(&c->list[i].control);
			wait_gone(&c->list[i]);
			room_close(&c->list[i].room);
		}
	}
	free(c);
}

/* --- the command line without a service --- */

static bool
admin_open(struct children *c, enum role to)
{
	int fds[2];
	unsigned i;

	if (c->admin.fd >= 0 && c->admin_to == to)
		return true;
	channel_close(&c->admin);
	for (i = 0; i < c->len; i++) {
		if (c->list[i].role != to || c->list[i].index != 0)
			continue;
		channel_pair(fds);
		hand_peer(&c->list[i], ROLE_ADMIN, 0, fds[1]);
		close(fds[1]);
		channel_open(&c->admin, fds[0]);
		c->admin_to = to;
		return true;
	}
	return false;
}

enum reason
children_ask(struct children *c, enum role role, enum message type,
    void (*put)(struct cbor_out *, const void *), const void *value,
    enum message expected, struct frame *reply, struct why *why)
{
	if (!admin_open(c, role) ||
	    !control_send(&c->admin, type, put, value, -1) ||
	    !control_wait(&c->admin, clock_ticks() + ASK_DEADLINE, c->room,
		&reply->type, &reply->id, &reply->payload) ||
	    reply->type != expected)
		return why_set(why, REASON_UNAVAILABLE, -1,
		    "hallmark-%s did not answer", role_name(role));
	reply->fd = -1;
	return REASON_OK;
}
