/* One child of serve, see child.h. */
#include "ipc/child.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fatal.h"
#include "base/log.h"
#include "ipc/spawn.h"

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

/* --- links --- */

/* Who talks to whom: pairs of one index, and everybody with the authority. */
bool
child_linked(const struct child *a, const struct child *b)
{
	if (a->role == ROLE_FRONT && b->role == ROLE_CHECKER)
		return a->index == b->index;
	return (a->role == ROLE_CHECKER && b->role == ROLE_AUTHORITY) ||
	    (a->role == ROLE_AUTHORITY && b->role == ROLE_SIGNER);
}

void
child_hand_peer(struct child *to, enum role role, unsigned index, int fd)
{
	struct message_peer m = { .role = role, .index = index };

	(void)control_send(&to->control, MESSAGE_PEER, put_peer, &m, fd);
}

bool
child_link_pair(struct child *a, struct child *b)
{
	int fds[2];

	if (!channel_pair(fds))
		return false;
	child_hand_peer(a, b->role, b->index, fds[0]);
	child_hand_peer(b, a->role, a->index, fds[1]);
	close(fds[0]);
	close(fds[1]);
	return true;
}

bool
child_lives(const struct child *k)
{
	return k->state == CHILD_STARTING || k->state == CHILD_READY;
}

int64_t
child_deadline(const struct children *c, const struct child *k)
{
	int64_t deadline = k->since + c->plan.patience;

	return deadline > c->busy_until ? deadline : c->busy_until;
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
		if (c->list[i].role == ROLE_FRONT && child_lives(&c->list[i]))
			hand_blocklist(c, &c->list[i]);
}

/* --- start --- */

/* A test clock runs on while a child is down. */
static void
tell_plan(const struct children *c, struct child *k, enum message type, int fd)
{
	struct message_start start = c->plan.start;

	start.role = k->role;
	start.index = k->index;
	start.user = k->room.user;
	start.group = k->room.group;
	if (start.has_test_clock)
		start.test_clock += (clock_ticks() - c->began) / 1000;
	(void)control_send_plan(
	    &k->control, type, c->reloads, put_start, &start, fd);
}

static void
hand_tls(const struct children *c, struct child *k)
{
	if (k->role == ROLE_FRONT && c->plan.tls >= 0)
		(void)control_send(
		    &k->control, MESSAGE_TLS, NULL, NULL, c->plan.tls);
}

bool
child_start(struct children *c, struct child *k)
{
	int fds[2], listener = -1, error;
	pid_t pid;

	if (!channel_pair(fds))
		return false;
	pid = program_spawn(c->bindir, k->role, fds[1]);
	error = errno;
	close(fds[1]);
	if (pid < 0) {
		close(fds[0]);
		errno = error;
		return false;
	}
	k->pid = pid;
	channel_open(&k->control, fds[0]);
	if (k->role == ROLE_AUTHORITY)
		c->busy_until = 0;
	k->state = CHILD_STARTING;
	k->going = false;
	k->deaf = false;
	k->since = clock_ticks();
	tell_plan(c, k, MESSAGE_START, k->room.folder);
	hand_tls(c, k);
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
	return true;
}

bool
child_link(struct children *c, struct child *k)
{
	bool good = true;
	unsigned i;

	for (i = 0; good && i < c->len; i++) {
		struct child *other = &c->list[i];

		if (other == k || !child_lives(other) ||
		    (other->on_demand && other->state != CHILD_READY))
			continue;
		if (child_linked(k, other))
			good = child_link_pair(k, other);
		else if (child_linked(other, k))
			good = child_link_pair(other, k);
	}
	return good;
}

void
child_go(struct child *k)
{
	k->going = true;
	k->since = clock_ticks();
	(void)control_send(&k->control, MESSAGE_GO, NULL, NULL, -1);
}

void
child_reload(const struct children *c, struct child *k)
{
	hand_tls(c, k);
	tell_plan(c, k, MESSAGE_RELOAD, -1);
}

/* --- what it says --- */

/* A front that goes on with its old certificate could not use the new one: then
 * no front that starts later could. Or it is not ours any more and wants the old key
 * back, which somebody may have: so it is said here, not by the front alone. */
static void
tls_back(struct children *c, unsigned front)
{
	if (c->tls_before < 0)
		return;
	log_alarm("tls-kept",
	    "front=\"%u\" text=\"it says that it cannot use the new "
	    "certificate: fronts that start from now on get the one before\"",
	    front);
	close(c->plan.tls);
	c->plan.tls = c->tls_before;
	c->tls_before = -1;
}

bool
fronts_agree(const struct children *c)
{
	unsigned i;

	for (i = 0; i < c->len; i++)
		if (c->list[i].role == ROLE_FRONT &&
		    c->list[i].plan != c->reloads)
			return false;
	return true;
}

/* READY, STARTING, BUSY, FAILED, FRESH or BLOCKLIST of a child, about the START or RELOAD of
 * that number; fd came with it, or is -1. */
static void
take_word(struct children *c, struct child *k, enum message type, uint64_t plan,
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
	if (k->role == ROLE_AUTHORITY)
		c->busy_until =
		    type == MESSAGE_BUSY ? clock_ticks() + BUSY_PATIENCE : 0;
	if (type == MESSAGE_BUSY)
		return;
	/* Others may wait for it: nobody is stuck while somebody gets on. */
	if (type == MESSAGE_STARTING) {
		for (i = 0; i < c->len; i++)
			if (c->list[i].state == CHILD_STARTING)
				c->list[i].since = clock_ticks();
		return;
	}
	if (type == MESSAGE_READY) {
		/* Who cannot start is not asked, and blamed for no request. */
		if (k->on_demand && k->state == CHILD_STARTING &&
		    !child_link(c, k))
			kill(k->pid, SIGKILL);
		k->state = CHILD_READY;
		k->plan = plan;
		return;
	}
	/* Of a front it is about a reload, and only the last one can be taken
	 * back. Who meets strangers may say it because
	 * one of them owns it: that must end nobody else, as a reason to stay
	 * down would. */
	if (k->state == CHILD_READY &&
	    (k->role == ROLE_FRONT || k->role == ROLE_CHECKER)) {
		if (k->role == ROLE_FRONT && plan == c->reloads)
			tls_back(c, k->index);
		return;
	}
	/* It was down when the others were told of a pair that none has used yet: it ends,
	 * and starts again with the one before. */
	if (k->role == ROLE_FRONT && k->state == CHILD_STARTING &&
	    plan == c->reloads && c->tls_before >= 0 && !fronts_agree(c)) {
		tls_back(c, k->index);
		return;
	}
	k->state = CHILD_FAILED;
	k->failed = m.reason;
	why_set(&k->failed_why, m.reason, -1, "%s", m.text);
}

/* Takes what a child says, if it says anything; deaf when it cannot any more. */
void
child_listen(struct children *c, struct child *k)
{
	enum message type;
	struct span payload;
	uint64_t id;
	int fd;

	if (k->control.fd < 0)
		return;
	if (control_take(&k->control, 0, c->room, &type, &id, &payload, &fd))
		take_word(c, k, type, id, payload, fd);
	else
		k->deaf = true;
}

/* Waits for words of the children, or for the descriptor `also` (-1: none);
 * takes one of each that has some. 0 if the time was up. */
int
children_listen(struct children *c, int also, int timeout)
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
			child_listen(c, &c->list[i]);
	return n;
}
