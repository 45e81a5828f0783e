/* The parent of our programs, see children.h. */
#include "ipc/children.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fatal.h"
#include "base/log.h"
#include "base/text.h"
#include "ipc/child.h"
#include "ipc/spawn.h"

#define READY_DEADLINE 60000 /* keys are opened with scrypt: be patient */
#define ASK_DEADLINE   60000
#define STOP_DEADLINE  10000

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

/* --- start --- */

static void
child_add(struct children *c, enum role role, unsigned index)
{
	struct child *k = &c->list[c->len++];

	k->role = role;
	k->index = index;
	k->control.fd = k->room.folder = -1;
	k->backoff = BACKOFF_FIRST;
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
			clock_ticks() > child_deadline(c, k)))
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
		n = children_listen(c, -1, ready ? 0 : 100);
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
	bool good = true;
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
	for (i = 0; i < started && good; i++)
		good = child_start(c, &c->list[i]);
	for (i = 0; i < started && good; i++)
		for (j = 0; j < started && good; j++)
			if (child_linked(&c->list[i], &c->list[j]))
				good =
				    child_link_pair(&c->list[i], &c->list[j]);
	if (!good) {
		why_set(why, REASON_UNAVAILABLE, -1, "no process: %s",
		    strerror(errno));
		children_stop(c);
		return REASON_UNAVAILABLE;
	}
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

/* --- stop --- */

static void
wait_gone(struct child *k)
{
	int64_t deadline = clock_ticks() + STOP_DEADLINE;
	int status;

	while (k->pid > 0) {
		pid_t pid = waitpid(k->pid, &status, WNOHANG);

		if (pid == k->pid || (pid < 0 && errno == ECHILD)) {
			if (pid > 0 && WIFSIGNALED(status) &&
			    deadline != INT64_MAX)
				log_alarm("program-died",
				    "program=\"%s\" signal=\"%d\"",
				    role_name(k->role), WTERMSIG(status));
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
		if (!channel_pair(fds))
			return false;
		child_hand_peer(&c->list[i], ROLE_ADMIN, 0, fds[1]);
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
