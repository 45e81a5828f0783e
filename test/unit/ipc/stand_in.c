/*
 * A stand-in for any of the programs: its role is the name it is run by. The
 * authority answers ADMIN verbs of the tests; the signer demands a passphrase
 * and can be made to die, or to refuse its start.
 */
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/fatal.h"
#include "base/secret.h"
#include "ipc/channel.h"
#include "ipc/program.h"

struct state {
	struct program *program;
	unsigned signers; /* that were connected so far */
	unsigned lost;
	struct peer *waiting; /* an ADMIN that waits for the second signer */
	uint64_t waiting_id;
	unsigned checkers;  /* of index 0 that were connected so far */
	unsigned apart;	    /* checkers apart that came */
	struct peer *fresh; /* an ADMIN that waits for one */
	uint64_t fresh_id;
	unsigned slow; /* seconds that it has been starting */
	char name[65]; /* organization of the last START or RELOAD */
};

static struct program_calls calls;

static void
reply(struct peer *to, uint64_t id, const char *text)
{
	struct message_admin_reply m = { .json = span_str(text) };

	(void)PEER_SEND(to, ADMIN_REPLY, id, admin_reply, &m);
}

static unsigned
descriptors(void)
{
	unsigned n = 0;
	int fd;

	for (fd = 0; fd < 1024; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static enum reason
start(void *context, struct program *p, struct why *why)
{
	struct state *s = context;
	struct secret passphrase;
	unsigned i;
	bool good;

	s->program = p;
	strcpy(s->name, program_start(p)->config.organization);
	if (getenv("HOME") != NULL || getenv("PATH") != NULL)
		fatal("an environment came along");
	if (calls.role == ROLE_CHECKER && strcmp(s->name, "unborn") == 0 &&
	    program_start(p)->index == CHECKER_APART)
		_exit(EXIT_FAILURE);
	if (calls.role == ROLE_AUTHORITY && strcmp(s->name, "busy") == 0)
		program_busy(p);
	if (calls.role == ROLE_AUTHORITY && strcmp(s->name, "slow") != 0 &&
	    strcmp(s->name, "busy") != 0 && strcmp(s->name, "stuck") != 0 &&
	    strcmp(s->name, "awaited") != 0)
		program_ready(p);
	/* As a signer with many keys. */
	for (i = 0; calls.role == ROLE_SIGNER &&
	     strcmp(s->name, "awaited") == 0 && i < 4;
	     i++) {
		program_starting(p);
		poll(NULL, 0, 1000);
	}
	if (calls.role != ROLE_SIGNER)
		return REASON_OK;
	/* 0 to 3, epoll, the authority, the passphrase. */
	if (descriptors() != 7)
		fatal("%u descriptors", descriptors());
	if (!secret_read_fd(&passphrase, program_passphrase(p), 100))
		return why_set(why, REASON_PASSPHRASE, -1, "none");
	good = secret_equal(
	    span_of(passphrase.ptr, passphrase.len), span_str("sesame"));
	secret_free(&passphrase);
	return good ? REASON_OK
		    : why_set(why, REASON_PASSPHRASE, -1, "try sesame");
}

static void
connected(void *context, struct peer *peer)
{
	struct state *s = context;

	char text[24];

	if (peer_role(peer) == ROLE_SIGNER && ++s->signers >= 2 &&
	    s->waiting != NULL)
		reply(s->waiting, s->waiting_id, "{\"back\":true}");
	if (peer_role(peer) == ROLE_CHECKER && peer_index(peer) == 0 &&
	    ++s->checkers >= 2 && s->waiting != NULL)
		reply(s->waiting, s->waiting_id, "{\"back\":true}");
	if (peer_role(peer) != ROLE_CHECKER ||
	    peer_index(peer) != CHECKER_APART)
		return;
	snprintf(text, sizeof(text), "%u", ++s->apart);
	if (s->fresh != NULL)
		reply(s->fresh, s->fresh_id, text);
}

static void
lost(void *context, struct peer *peer)
{
	struct state *s = context;

	if (peer_role(peer) == ROLE_SIGNER)
		s->lost++;
	if (peer == s->waiting)
		s->waiting = NULL;
	if (peer == s->fresh)
		s->fresh = NULL;
}

/* "slow" says each second that it goes on, and is ready after four; "awaited" is
 * then, too, and its signer says it; "busy" says once that it will say nothing, and
 * is ready after four; "stuck" says nothing; any other one was ready
 * at its start. */
static void
tick(void *context)
{
	struct state *s = context;

	if (strcmp(s->name, "slow") != 0 && strcmp(s->name, "awaited") != 0 &&
	    strcmp(s->name, "busy") != 0)
		return;
	if (++s->slow > 4)
		program_ready(s->program);
	else if (strcmp(s->name, "slow") == 0)
		program_starting(s->program);
}

static void
fail(struct state *s)
{
	struct why why;

	why_set(&why, REASON_STORE_FAILED, -1, "as asked");
	program_fail(s->program, REASON_STORE_FAILED, &why);
}

static void
take_admin(struct state *s, struct peer *peer, const struct frame *f)
{
	static const struct message_on_record nothing;
	struct message_act act = { .verb = "die" };
	struct message_admin m;
	struct cbor c;

	cbor_open(&c, f->payload, true);
	if (!message_admin_get(&c, &m))
		fatal("malformed ADMIN");
	if (strcmp(m.verb, "name") == 0) {
		reply(peer, f->id, s->name);
	} else if (strcmp(m.verb, "kill-signer") == 0) {
		s->waiting = peer;
		s->waiting_id = f->id;
		(void)PEER_SEND(program_peer(s->program, ROLE_SIGNER, 0), ACT,
		    0, act, &act);
	} else if (strcmp(m.verb, "fail-checker") == 0) {
		s->waiting = peer;
		s->waiting_id = f->id;
		(void)PEER_SEND(program_peer(s->program, ROLE_CHECKER, 0),
		    ON_RECORD, 0, on_record, &nothing);
	} else if (strcmp(m.verb, "fresh") == 0) {
		s->fresh = peer;
		s->fresh_id = f->id;
		program_fresh(s->program);
	} else if (strcmp(m.verb, "order") == 0) {
		program_fresh(s->program);
		reply(peer, f->id, "ordered");
	} else if (strcmp(m.verb, "born") == 0) {
		reply(peer, f->id, s->apart == 0 ? "none" : "some");
	} else if (strcmp(m.verb, "apart") == 0) {
		reply(peer, f->id,
		    program_peer(s->program, ROLE_CHECKER, CHECKER_APART) ==
			    NULL
			? "none"
			: "there");
	} else if (strcmp(m.verb, "lost") == 0) {
		reply(peer, f->id, s->lost == 1 ? "1" : "other");
	} else if (strcmp(m.verb, "fail") == 0) {
		fail(s);
	}
}

static void
message(void *context, struct peer *peer, const struct frame *f)
{
	struct state *s = context;

	if (f->type == MESSAGE_ADMIN)
		take_admin(s, peer, f);
	else if (f->type == MESSAGE_ON_RECORD)
		fail(s);
	else if (f->type == MESSAGE_ACT)
		_exit(EXIT_FAILURE);
}

static enum reason
reload(void *context, const struct message_start *again, struct why *why)
{
	struct state *s = context;

	(void)why;
	strcpy(s->name, again->config.organization);
	return REASON_OK;
}

int
main(int argc, char **argv)
{
	static struct state state;
	const char *dash = argc > 0 ? strrchr(argv[0], '-') : NULL;
	enum role r;

	process_harden();
	for (r = ROLE_FRONT; r <= ROLE_SIGNER; r++)
		if (dash != NULL && strcmp(dash + 1, role_name(r)) == 0)
			calls.role = r;
	calls.start = start;
	calls.connected = connected;
	calls.lost = lost;
	calls.message = message;
	calls.reload = reload;
	if (calls.role == ROLE_AUTHORITY) {
		calls.ready_later = true;
		calls.tick = tick;
	}
	if (calls.role != ROLE_AUTHORITY)
		return program_main(&calls, &state);
	/* The authority has its own loop around, as the front will. */
	state.program = program_open(&calls, &state);
	if (program_listener(state.program) >= 0)
		program_accept_admin(
		    state.program, program_listener(state.program));
	while (program_dispatch(state.program, 1000))
		;
	return program_close(state.program);
}
