/*
 * The parent's side: start programs by exec with only their descriptors, join
 * them by socket pairs, restart what dies (back-off 100 ms doubling to 10 s),
 * hand new sockets to the survivors. Used by `hallmark serve`, and by verbs of
 * the command line that run without a service.
 */
#ifndef IPC_CHILDREN_H
#define IPC_CHILDREN_H

#include "ipc/program.h"

struct children;

struct children_plan {
	const char *bindir; /* where the programs lie; NULL = beside this one */
	const char *home;   /* absolute; NULL: none, for a checker alone */
	/* Role, index and user are filled in for each child. */
	struct message_start start;
	unsigned fronts; /* pairs of front and checker */
	bool with_front, with_checker, with_authority, with_signer;
	int listener;	    /* for the fronts; -1 */
	int passphrase;	    /* sealed memfd for the signer; -1 */
	int tls;	    /* the same for the fronts: chain and key; -1 */
	int admin_listener; /* for the authority; -1 */
	bool restart;	    /* false: one death ends all */
	unsigned patience;  /* ms for a start that says nothing; 0: 60,000 */
	bool apart; /* a checker without a front, when the authority asks */
};

/* Starts all, as root each as a user of its own (room.h), and waits until each
 * is ready: heads of journal and store agree then, or are told not to
 * (children_missed). The reason of the first that
 * failed otherwise (all are ended then). Takes plan.tls over. With plan.restart SIGTERM, SIGINT,
 * SIGHUP and SIGCHLD are blocked from here to the end of this process; one of
 * the first two ends the waiting, and children_run() returns at once. */
MUST_USE enum reason children_start(
    const struct children_plan *plan, struct children **out, struct why *why);
/* Is each ready, or missed? Not if a stop came before. */
bool children_ready(const struct children *c);
/* JOURNAL_BEHIND or JOURNAL_FORK: a service goes on without its signer. */
enum reason children_missed(const struct children *c, struct why *why);
/* Runs until stopped by SIGTERM, SIGINT (0) or a failure that restarting does
 * not mend (1). SIGHUP reloads: reload() changes plan.start and, with another
 * descriptor, plan.tls; false leaves all as it is. A plan.tls that a front cannot
 * use is given up for the one before it. */
int children_run(struct children *c,
    bool (*reload)(void *context, struct children_plan *plan), void *context);
/* A socket on which this process is the ADMIN peer of authority or checker
 * (NONE if not started); blocking calls with a deadline. */
MUST_USE enum reason children_ask(struct children *c, enum role role,
    enum message type, void (*put)(struct cbor_out *, const void *),
    const void *value, enum message expected, struct frame *reply,
    struct why *why);
/* Stops in order (front first, signer last), waits, kills after 10 s. */
void children_stop(struct children *c);

/* A sealed memfd with all bytes of fd, and of second (-1: none) on a new line,
 * copied by the kernel (sendfile) where that works, so that this process need
 * not hold them. -1 on error. */
int memfd_seal(int fd, int second, const char *name);
/* Keeps the pages of a sealed memfd out of swap until this process ends, which
 * still cannot read them (PROT_NONE); a warning, memory-lock, where the limit of
 * locked memory forbids it. */
void memfd_lock(int fd);

/* The same ADMIN conversation with a running service's socket. */
struct admin_connection;
/* Makes HOME/run/admin.sock (0600, a stale one is removed; the caller holds the
 * home's lock) and listens; -1 with errno. */
int admin_listen(const char *home);
/* NULL if nothing listens on HOME/run/admin.sock. */
struct admin_connection *admin_connect(const char *home);
MUST_USE enum reason admin_ask(struct admin_connection *a,
    const struct message_admin *request, struct message_admin_reply *reply,
    struct why *why); /* reply's spans live until the next call */
void admin_close(struct admin_connection *a);

#endif
