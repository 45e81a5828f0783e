/*
 * The life of a program of ours: started by exec with one control socket on
 * descriptor 3, told who it is, given sockets to its peers, run until stopped.
 *
 *   wait for START (and PASSPHRASE, LISTENER, TLS, PEER) until GO
 *   sandbox_enter() own user, own folder and nothing else of the host
 *   start()         open everything that will ever be opened
 *   sandbox_close() no system call but those of the program's table
 *   loop: take all frames that are waiting -> message() each
 *         drained()  do the group, answer
 *   STOP, or the control socket gone: stop(), exit
 *
 * Everything is batched, never delayed: drained() is called once after all
 * waiting frames (at most PROGRAM_BATCH) were delivered.
 */
#ifndef IPC_PROGRAM_H
#define IPC_PROGRAM_H

#include "ipc/message.h"

#define PROGRAM_BATCH	  256
#define PROGRAM_PEERS_MAX 64

struct program;
struct peer;

/* A received frame; payload and its spans live until message() returns. */
struct frame {
	enum message type;
	uint64_t id;
	struct span payload;
	int fd; /* -1, or owned by the receiver */
};

struct program_calls {
	enum role role;
	/* It says by itself, with program_ready(), when it may be relied on;
	 * else it is ready at the end of start(). */
	bool ready_later;
	/* REASON_OK, or what keeps it from working (told to serve; exit). */
	enum reason (*start)(void *context, struct program *p, struct why *why);
	/* A peer's socket came: at start, or a new one after that peer died. */
	void (*connected)(void *context, struct peer *peer);
	/* It is gone: answer what was waiting for it with UNAVAILABLE. */
	void (*lost)(void *context, struct peer *peer);
	void (*message)(
	    void *context, struct peer *peer, const struct frame *frame);
	void (*drained)(void *context); /* may be NULL */
	void (*tick)(void *context);	/* once a second; may be NULL */
	/* What is not OK is logged and told to serve; nothing has changed. */
	enum reason (*reload)(
	    void *context, const struct message_start *start, struct why *why);
	/* front: the authority's blocklist came, maybe before start(); owned.
	 * NULL where it cannot come. */
	void (*blocklist)(void *context, int fd);
	void (*stop)(void *context); /* finish what is in flight */
};

/*
 * main() of a program is: process_harden(); return program_main(&calls, &state). Exit
 * status 0 after an orderly stop.
 */
int program_main(const struct program_calls *calls, void *context);

/* For a program with an event loop of its own (front: libevent): everything up
 * to and with start(), then one descriptor to watch for reading and a call to
 * make when it is readable. dispatch returns false when it is time to end. */
struct program *program_open(const struct program_calls *calls, void *context);
int program_descriptor(struct program *p);
bool program_dispatch(struct program *p, int timeout_ms);
/* Tells serve that the stop is done and frees p; the exit status. */
int program_close(struct program *p);

/* Tells serve why this program cannot go on, logs it and ends the process. */
_Noreturn void program_fail(
    struct program *p, enum reason r, const struct why *why);

/* authority: hands fd to serve, for all fronts; fd stays the caller's. */
void program_publish_blocklist(struct program *p, int fd);

const struct message_start *program_start(const struct program *p);
/* Listener sockets and the passphrase memfd that came before GO, or -1. */
int program_listener(const struct program *p);
int program_passphrase(const struct program *p);
/* front: certificate, chain and key as PEM in a memfd, the last that came (a
 * new one comes before a RELOAD), or -1. */
int program_tls(const struct program *p);
/* The user that runs serve: at the other end of the control socket. */
uint32_t program_owner(const struct program *p);

/* With ready_later: tells serve, once, that this program is ready. */
void program_ready(struct program *p);
/* Before that: it takes longer, and is no reason to give this program up. */
void program_starting(struct program *p);
/* The same for what nothing can be said in: serve waits for an hour, or until the
 * next word. */
void program_busy(struct program *p);

enum role peer_role(const struct peer *p);
unsigned peer_index(const struct peer *p);
/* The first live peer of a role (and index); NULL if none is connected. */
struct peer *program_peer(struct program *p, enum role role, unsigned index);
/* uid at the other end (SO_PEERCRED). */
uint32_t peer_user(const struct peer *p);

/*
 * Composes and queues a frame: payload written by the caller into *out between
 * these two. false if the peer is gone or its queue is over its cap (nothing
 * sent; the caller answers OVERLOAD or UNAVAILABLE). Never blocks.
 */
struct cbor_out *peer_begin(struct peer *p);
bool peer_send(struct peer *p, enum message type, uint64_t id, int fd);
/* Shorthand: begins, calls the codec, sends. */
#define PEER_SEND(peer, TYPE, id, codec, value)            \
	(message_##codec##_put(peer_begin(peer), (value)), \
	    peer_send((peer), MESSAGE_##TYPE, (id), -1))
/* Did a send fail because nobody is at the other end? Then lost() follows. */
bool peer_gone(const struct peer *p);
/* Octets queued and not yet taken by the kernel. */
size_t peer_backlog(const struct peer *p);

/* authority: asks serve for a new checker apart (CHECKER_APART); its socket
 * comes as that of any peer. */
void program_fresh(struct program *p);

/* authority: accepts connections of ROLE_ADMIN on this listening socket
 * (non-blocking SOCK_SEQPACKET), at most 16 at once. */
void program_accept_admin(struct program *p, int listening_fd);

#endif
