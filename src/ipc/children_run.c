/* A service that goes on: deaths, new starts, reloads; see children.h. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "ipc/child.h"

#define BACKOFF_LAST 10000
#define FRESH_PAUSE  500 /* between two checkers apart */

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
start_later(struct child *k)
{
	k->state = CHILD_DOWN;
	k->again = clock_ticks() + k->backoff;
	k->backoff =
	    k->backoff * 2 > BACKOFF_LAST ? BACKOFF_LAST : k->backoff * 2;
}

static void
child_died(struct children *c, struct child *k, int status)
{
	while (k->control.fd >= 0 && !k->deaf)
		child_listen(c, k); /* its last word may say why */
	channel_close(&k->control);
	k->pid = 0;
	if (k->on_demand) {
		if (k->state == CHILD_STARTING)
			log_alarm("program-died",
			    "program=\"%s\" %s=\"%d\" text=\"in its start, to "
			    "check again what was issued\"",
			    role_name(k->role),
			    WIFSIGNALED(status) ? "signal" : "status",
			    WIFSIGNALED(status) ? WTERMSIG(status)
						: WEXITSTATUS(status));
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
	if (clock_ticks() - k->since > 60000)
		k->backoff = BACKOFF_FIRST; /* it had lived well */
	log_alarm("program-died",
	    "program=\"%s\" %s=\"%d\" "
	    "again-in=\"%lld ms\"",
	    role_name(k->role), WIFSIGNALED(status) ? "signal" : "status",
	    WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status),
	    (long long)k->backoff);
	start_later(k);
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

/* --- what is due --- */

/* One that hangs in its start is ended, so that it can be started again. */
static void
end_stuck(struct children *c)
{
	unsigned i;

	for (i = 0; i < c->len; i++) {
		struct child *k = &c->list[i];

		if (k->state != CHILD_STARTING || k->pid <= 0 ||
		    clock_ticks() <= child_deadline(c, k))
			continue;
		log_alarm("program-stuck",
		    "program=\"%s\" text=\"in its start\"", role_name(k->role));
		kill(k->pid, SIGKILL);
		/* While a disk holds it, which no signal ends: once a second. */
		k->since = clock_ticks() - c->plan.patience + 1000;
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
			at = child_deadline(c, k) + 1;
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
		if (!child_start(c, k)) {
			log_alarm("program-down", "program=\"%s\" text=\"%s\"",
			    role_name(k->role), strerror(errno));
			start_later(k);
			continue;
		}
		if (!k->on_demand && !child_link(c, k))
			kill(k->pid, SIGKILL); /* and once more, later */
		child_go(k);
	}
}

/* --- the loop --- */

static void
reload_all(struct children *c,
    bool (*reload)(void *context, struct children_plan *plan), void *context)
{
	int before = c->plan.tls;
	unsigned i;

	if (reload == NULL || !reload(context, &c->plan))
		return;
	/* What comes twice in a moment leaves a pair that none has tried yet: no
	 * one to come back to. */
	if (c->tls_before < 0 || fronts_agree(c)) {
		if (c->tls_before >= 0)
			close(c->tls_before);
		c->tls_before = before;
	} else if (before >= 0) {
		close(before);
	}
	c->reloads++;
	/* One that is starting was told the old things already. */
	for (i = 0; i < c->len; i++)
		if (child_lives(&c->list[i]))
			child_reload(c, &c->list[i]);
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
	children_listen(c, c->signals, next_due(c));
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
