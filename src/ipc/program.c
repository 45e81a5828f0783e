/* The life of a program, see program.h. */
#include "ipc/program.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fatal.h"
#include "base/log.h"
#include "base/text.h"
#include "ipc/channel.h"
#include "ipc/sandbox.h"

#define CONTROL_DESCRIPTOR 3
#define ADMINS_MAX	   16
#define FLUSH_DEADLINE	   1000

struct peer {
	struct program *program;
	struct channel channel;
	enum role role;
	unsigned index;
	uint32_t user;
	bool used;
	bool wants_write; /* epoll watches for room */
};

struct program {
	const struct program_calls *calls;
	void *context;
	struct message_start start;
	struct peer peers[PROGRAM_PEERS_MAX];
	struct peer control;
	uint64_t plan; /* number of the last START or RELOAD */
	int epoll;
	int listener;
	int passphrase;
	int tls;
	int folder;
	int admin_listener;
	bool started; /* START came */
	bool going;   /* GO came, start() is done */
	bool walled;  /* start() is done and nothing more can be opened */
	bool ready;   /* serve knows, or is told as soon as the walls stand */
	bool ending;
	int64_t next_tick;
	/* The frame being composed, and the one being read. */
	uint8_t out_room[FRAME_MAX];
	struct cbor_out out;
	uint8_t in_room[FRAME_MAX];
};

/* The header is patched in by peer_send, when type and id are known. */
#define HEADER_ROOM 16

static void
watch(struct program *p, struct peer *peer, int operation)
{
	struct epoll_event e = { .data.ptr = peer };

	e.events = EPOLLIN | (peer->wants_write ? (uint32_t)EPOLLOUT : 0);
	if (epoll_ctl(p->epoll, operation, peer->channel.fd, &e) != 0)
		fatal_errno("epoll_ctl");
}

/* The user at the other end; nobody's number if the kernel does not say. */
static uint32_t
user_at(int fd)
{
	struct ucred who;
	socklen_t len = sizeof(who);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) != 0)
		return UINT32_MAX;
	return who.uid;
}

static struct peer *
peer_add(struct program *p, enum role role, unsigned index, int fd)
{
	struct peer *peer = NULL;
	unsigned i;

	for (i = 0; i < PROGRAM_PEERS_MAX && peer == NULL; i++)
		if (!p->peers[i].used)
			peer = &p->peers[i];
	if (peer == NULL)
		fatal("too many peers");
	memset(peer, 0, sizeof(*peer));
	peer->program = p;
	peer->role = role;
	peer->index = index;
	peer->used = true;
	peer->user = user_at(fd);
	channel_open(&peer->channel, fd);
	watch(p, peer, EPOLL_CTL_ADD);
	return peer;
}

static void
peer_drop(struct peer *peer)
{
	struct program *p = peer->program;

	channel_close(&peer->channel);
	if (p->going && p->calls->lost != NULL)
		p->calls->lost(p->context, peer);
	peer->used = false;
}

/* --- what serve says --- */

/* A control frame without fields carries null and nothing behind it. */
static void
demand_empty(struct span payload, enum message type)
{
	struct cbor c;

	cbor_open(&c, payload, true);
	if (!cbor_null(&c) || cbor_end(&c) != WIRE_OK)
		fatal("malformed %s", message_name(type));
}

static void
take_descriptor(int *to, const struct frame *f)
{
	demand_empty(f->payload, f->type);
	if (f->fd < 0 || *to >= 0)
		fatal("malformed %s", message_name(f->type));
	*to = f->fd;
}

static void
take_blocklist(struct program *p, const struct frame *f)
{
	demand_empty(f->payload, f->type);
	if (f->fd < 0 || p->calls->blocklist == NULL)
		fatal("malformed %s", message_name(f->type));
	p->calls->blocklist(p->context, f->fd);
}

static void
take_start(struct program *p, const struct frame *f)
{
	struct cbor c;

	cbor_open(&c, f->payload, true);
	if (!message_start_get(&c, &p->start) ||
	    p->start.role != p->calls->role || f->fd < 0)
		fatal("malformed START");
	p->plan = f->id;
	p->folder = f->fd;
	if (p->start.offline)
		log_without_notes();
}

/* The last one counts; the front asks for it when it is told to reload. */
static void
take_tls(struct program *p, const struct frame *f)
{
	if (p->tls >= 0)
		close(p->tls);
	p->tls = -1;
	take_descriptor(&p->tls, f);
}

static void
take_peer(struct program *p, struct span payload, int fd)
{
	struct message_peer m;
	struct peer *old, *peer;
	struct cbor c;

	cbor_open(&c, payload, true);
	if (!message_peer_get(&c, &m) || fd < 0)
		fatal("malformed PEER");
	/* A new socket before the end of the old one was seen. */
	if ((old = program_peer(p, m.role, m.index)) != NULL)
		peer_drop(old);
	peer = peer_add(p, m.role, m.index, fd);
	if (p->going && p->calls->connected != NULL)
		p->calls->connected(p->context, peer);
}

static void
control_send(
    struct program *p, enum message type, enum reason r, const struct why *why)
{
	struct message_failed m = { .reason = r };

	if (why != NULL)
		text_copy(m.text, sizeof(m.text), span_str(why->text));
	message_failed_put(peer_begin(&p->control), &m);
	(void)peer_send(&p->control, type, p->plan, -1);
	(void)channel_flush(&p->control.channel);
}

/* Serve is told in any case: it keeps no pair for fronts that none has used. */
static void
take_reload(struct program *p, const struct frame *f)
{
	struct message_start again;
	struct cbor c;
	struct why why;
	enum reason r;

	cbor_open(&c, f->payload, true);
	if (!message_start_get(&c, &again) || again.role != p->calls->role)
		fatal("malformed RELOAD");
	p->plan = f->id;
	why_clear(&why);
	if (p->calls->reload == NULL ||
	    (r = p->calls->reload(p->context, &again, &why)) == REASON_OK) {
		if (p->ready)
			control_send(p, MESSAGE_READY, REASON_OK, NULL);
		return;
	}
	log_reason(r, &why, "event=\"reload\"");
	control_send(p, MESSAGE_FAILED, r, &why);
}

static void
take_control(struct program *p, const struct frame *f)
{
	bool carries = f->type == MESSAGE_PEER || f->type == MESSAGE_LISTENER ||
	    f->type == MESSAGE_PASSPHRASE || f->type == MESSAGE_TLS ||
	    f->type == MESSAGE_BLOCKLIST || f->type == MESSAGE_START;

	if (!carries && f->fd >= 0)
		fatal("a descriptor with %s", message_name(f->type));
	/* START comes first and once, RELOAD after GO. */
	if ((f->type == MESSAGE_START) == p->started ||
	    (f->type == MESSAGE_RELOAD && !p->going))
		fatal("unexpected %s", message_name(f->type));
	switch (f->type) {
	case MESSAGE_START:
		take_start(p, f);
		p->started = true;
		return;
	case MESSAGE_PEER:
		take_peer(p, f->payload, f->fd);
		return;
	case MESSAGE_LISTENER:
		take_descriptor(&p->listener, f);
		return;
	case MESSAGE_PASSPHRASE:
		take_descriptor(&p->passphrase, f);
		return;
	case MESSAGE_TLS:
		take_tls(p, f);
		return;
	case MESSAGE_BLOCKLIST:
		take_blocklist(p, f);
		return;
	case MESSAGE_GO:
		demand_empty(f->payload, f->type);
		p->going = true;
		return;
	case MESSAGE_RELOAD:
		take_reload(p, f);
		return;
	case MESSAGE_STOP:
		demand_empty(f->payload, f->type);
		p->ending = true;
		return;
	default:
		fatal("unexpected %s from serve", message_name(f->type));
	}
}

/* --- receiving --- */

/* So are we, when what is to be ended has ended: until then its socket, which is at
 * its end all the time, must not wake us. */
static void
serve_gone(struct program *p)
{
	p->ending = true;
	(void)epoll_ctl(p->epoll, EPOLL_CTL_DEL, p->control.channel.fd, NULL);
}

/* One frame from a peer; false when there is none, or the peer is gone. */
static bool
receive_one(struct program *p, struct peer *peer)
{
	struct frame f = { .fd = -1 };
	size_t len;

	switch (channel_receive(&peer->channel, p->in_room, &len, &f.fd)) {
	case CHANNEL_EMPTY:
		return false;
	case CHANNEL_CLOSED:
		if (peer == &p->control)
			serve_gone(p);
		else
			peer_drop(peer);
		return false;
	case CHANNEL_FRAME:
		break;
	}
	if (!frame_open(span_of(p->in_room, len), &f.type, &f.id, &f.payload) ||
	    !message_allowed(peer->role, p->calls->role, f.type)) {
		/* An admin is a user of this host; others are our own. */
		if (peer->role != ROLE_ADMIN)
			fatal(
			    "a forbidden frame from %s", role_name(peer->role));
		log_warning("admin-dropped", "user=\"%u\"", peer->user);
		if (f.fd >= 0)
			close(f.fd);
		peer_drop(peer);
		return false;
	}
	if (peer == &p->control) {
		take_control(p, &f);
		return true;
	}
	if (f.fd >= 0)
		close(f.fd);
	f.fd = -1;
	p->calls->message(p->context, peer, &f);
	return true;
}

static unsigned
admins(const struct program *p)
{
	unsigned i, n = 0;

	for (i = 0; i < PROGRAM_PEERS_MAX; i++)
		n += p->peers[i].used && p->peers[i].role == ROLE_ADMIN;
	return n;
}

static void
accept_admin(struct program *p)
{
	int fd = accept4(
	    p->admin_listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0)
		return;
	if (admins(p) >= ADMINS_MAX) {
		close(fd);
		return;
	}
	(void)peer_add(p, ROLE_ADMIN, 0, fd);
}

static void
handle(struct program *p, const struct epoll_event *e, unsigned *batch)
{
	struct peer *peer = e->data.ptr;

	if (peer == NULL) {
		accept_admin(p);
		return;
	}
	if (!peer->used)
		return; /* dropped earlier in this round */
	if ((e->events & EPOLLOUT) != 0) {
		if (!channel_flush(&peer->channel)) {
			if (peer == &p->control)
				serve_gone(p);
			/* Its last words may lie there still. */
			else if ((e->events & EPOLLIN) == 0)
				peer_drop(peer);
			if (peer == &p->control || !peer->used)
				return;
		} else if (peer->channel.head == NULL && peer->wants_write) {
			peer->wants_write = false;
			watch(p, peer, EPOLL_CTL_MOD);
		}
	}
	if ((e->events & ~(uint32_t)EPOLLOUT) == 0)
		return;
	/* Whoever has given up was told that nothing was done. */
	if (peer->role == ROLE_ADMIN && (e->events & EPOLLHUP) != 0) {
		peer_drop(peer);
		return;
	}
	while (*batch < PROGRAM_BATCH && peer->used && receive_one(p, peer))
		(*batch)++;
}

/* --- the loop --- */

static void
tick(struct program *p)
{
	int64_t now = clock_ticks();

	if (now < p->next_tick)
		return;
	p->next_tick = now + 1000;
	if (p->calls->tick != NULL)
		p->calls->tick(p->context);
}

bool
program_dispatch(struct program *p, int timeout_ms)
{
	struct epoll_event events[32];
	unsigned batch = 0;
	int i, n;

	n = epoll_wait(p->epoll, events, 32, timeout_ms);
	if (n < 0 && errno != EINTR)
		fatal_errno("epoll_wait");
	for (i = 0; i < n; i++)
		handle(p, &events[i], &batch);
	/* What more is waiting joins the group: batched, never delayed. */
	while (n > 0 && batch > 0 && batch < PROGRAM_BATCH &&
	    (n = epoll_wait(p->epoll, events, 32, 0)) > 0) {
		unsigned before = batch;

		for (i = 0; i < n; i++)
			handle(p, &events[i], &batch);
		if (batch == before)
			break;
	}
	if (p->going) {
		if (p->calls->drained != NULL)
			p->calls->drained(p->context);
		tick(p);
	}
	return !p->ending;
}

void
program_fresh(struct program *p)
{
	cbor_put_null(peer_begin(&p->control));
	(void)peer_send(&p->control, MESSAGE_FRESH, 0, -1);
}

static bool
is_socket(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISSOCK(st.st_mode);
}

struct program *
program_open(const struct program_calls *calls, void *context)
{
	struct program *p = memory_new(sizeof(*p));
	struct why why;
	enum reason r;
	unsigned i;

	p->calls = calls;
	p->context = context;
	p->listener = p->passphrase = p->admin_listener = -1;
	p->tls = p->folder = -1;
	if ((p->epoll = epoll_create1(EPOLL_CLOEXEC)) < 0)
		fatal_errno("epoll_create1");
	p->control.program = p;
	p->control.role = ROLE_SERVE;
	p->control.used = true;
	if (!is_socket(CONTROL_DESCRIPTOR)) {
		fprintf(stderr, "%s is started by hallmark(1), see there\n",
		    program_invocation_short_name);
		exit(EXIT_FAILURE);
	}
	p->control.user = user_at(CONTROL_DESCRIPTOR);
	channel_open(&p->control.channel, CONTROL_DESCRIPTOR);
	watch(p, &p->control, EPOLL_CTL_ADD);

	/* Only control frames until GO: peers wait with what they have. */
	while (!p->going && !p->ending) {
		struct epoll_event e;

		if (epoll_wait(p->epoll, &e, 1, -1) < 0 && errno != EINTR)
			fatal_errno("epoll_wait");
		while (!p->going && receive_one(p, &p->control))
			;
	}
	if (p->ending)
		exit(EXIT_SUCCESS);
	sandbox_enter(calls->role, p->folder, p->start.user, p->start.group);
	why_clear(&why);
	r = calls->start == NULL ? REASON_OK : calls->start(context, p, &why);
	if (r != REASON_OK) {
		log_reason(r, &why, "event=\"start\"");
		control_send(p, MESSAGE_FAILED, r, &why);
		exit(EXIT_FAILURE);
	}
	sandbox_close(calls->role);
	p->walled = true;
	for (i = 0; calls->connected != NULL && i < PROGRAM_PEERS_MAX; i++)
		if (p->peers[i].used)
			calls->connected(context, &p->peers[i]);
	if (p->ready || !calls->ready_later)
		control_send(p, MESSAGE_READY, REASON_OK, NULL);
	p->ready = p->ready || !calls->ready_later;
	return p;
}

int
program_descriptor(struct program *p)
{
	return p->epoll;
}

/* The last answers: as long as their peers take them, but not for ever. */
static void
flush_all(struct program *p)
{
	int64_t deadline = clock_ticks() + FLUSH_DEADLINE;
	struct pollfd fds[PROGRAM_PEERS_MAX];
	nfds_t n;
	unsigned i;

	do {
		n = 0;
		for (i = 0; i < PROGRAM_PEERS_MAX; i++) {
			struct channel *c = &p->peers[i].channel;

			if (!p->peers[i].used || !channel_flush(c) ||
			    c->head == NULL)
				continue;
			fds[n].fd = c->fd;
			fds[n++].events = POLLOUT;
		}
	} while (n > 0 && clock_ticks() < deadline &&
	    (poll(fds, n, FLUSH_DEADLINE) >= 0 || errno == EINTR));
}

int
program_close(struct program *p)
{
	unsigned i;

	if (p->calls->stop != NULL)
		p->calls->stop(p->context);
	flush_all(p);
	for (i = 0; i < PROGRAM_PEERS_MAX; i++)
		if (p->peers[i].used)
			channel_close(&p->peers[i].channel);
	close(p->epoll);
	free(p);
	return EXIT_SUCCESS;
}

int
program_main(const struct program_calls *calls, void *context)
{
	struct program *p = program_open(calls, context);

	while (program_dispatch(p, 1000))
		;
	return program_close(p);
}

void
program_fail(struct program *p, enum reason r, const struct why *why)
{
	log_reason(r, why, "event=\"stop\"");
	control_send(p, MESSAGE_FAILED, r, why);
	flush_all(p); /* what was said before the end is heard */
	exit(EXIT_FAILURE);
}

void
program_publish_blocklist(struct program *p, int fd)
{
	cbor_put_null(peer_begin(&p->control));
	if (!peer_send(&p->control, MESSAGE_BLOCKLIST, 0, fd))
		log_warning("blocklist", "text=\"serve does not take it\"");
}

const struct message_start *
program_start(const struct program *p)
{
	return &p->start;
}

int
program_listener(const struct program *p)
{
	return p->listener;
}

int
program_passphrase(const struct program *p)
{
	return p->passphrase;
}

int
program_tls(const struct program *p)
{
	return p->tls;
}

uint32_t
program_owner(const struct program *p)
{
	return p->control.user;
}

void
program_ready(struct program *p)
{
	if (!p->ready && p->walled)
		control_send(p, MESSAGE_READY, REASON_OK, NULL);
	p->ready = true;
}

void
program_starting(struct program *p)
{
	if (!p->ready)
		control_send(p, MESSAGE_STARTING, REASON_OK, NULL);
}

void
program_busy(struct program *p)
{
	if (!p->ready)
		control_send(p, MESSAGE_BUSY, REASON_OK, NULL);
}

enum role
peer_role(const struct peer *peer)
{
	return peer->role;
}

unsigned
peer_index(const struct peer *peer)
{
	return peer->index;
}

struct peer *
program_peer(struct program *p, enum role role, unsigned index)
{
	unsigned i;

	for (i = 0; i < PROGRAM_PEERS_MAX; i++)
		if (p->peers[i].used && p->peers[i].role == role &&
		    p->peers[i].index == index)
			return &p->peers[i];
	return NULL;
}

uint32_t
peer_user(const struct peer *peer)
{
	return peer->user;
}

struct cbor_out *
peer_begin(struct peer *peer)
{
	struct program *p = peer->program;

	cbor_out_open(
	    &p->out, p->out_room + HEADER_ROOM, FRAME_MAX - HEADER_ROOM);
	return &p->out;
}

bool
peer_send(struct peer *peer, enum message type, uint64_t id, int fd)
{
	struct program *p = peer->program;
	uint8_t header[HEADER_ROOM];
	struct cbor_out h;
	struct span payload;
	uint8_t *begin;

	if (!message_allowed(p->calls->role, peer->role, type))
		fatal("%s must not send %s to %s", role_name(p->calls->role),
		    message_name(type), role_name(peer->role));
	if (cbor_out_span(&p->out, &payload) != WIRE_OK)
		fatal("%s is longer than a frame", message_name(type));
	cbor_out_open(&h, header, sizeof(header));
	cbor_put_array(&h, 3);
	cbor_put_uint(&h, type);
	cbor_put_uint(&h, id);
	begin = p->out_room + HEADER_ROOM - h.len;
	memcpy(begin, header, h.len);
	if (!peer->used ||
	    !channel_send(
		&peer->channel, span_of(begin, h.len + payload.len), fd))
		return false;
	if (peer->channel.head != NULL && !peer->wants_write) {
		peer->wants_write = true;
		watch(p, peer, EPOLL_CTL_MOD);
	}
	return true;
}

bool
peer_gone(const struct peer *peer)
{
	return peer->channel.broken;
}

size_t
peer_backlog(const struct peer *peer)
{
	return peer->channel.waiting;
}

void
program_accept_admin(struct program *p, int listening_fd)
{
	struct epoll_event e = { .events = EPOLLIN, .data.ptr = NULL };

	p->admin_listener = listening_fd;
	if (epoll_ctl(p->epoll, EPOLL_CTL_ADD, listening_fd, &e) != 0)
		fatal_errno("epoll_ctl");
}
