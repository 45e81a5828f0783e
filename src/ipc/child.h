/*
 * One child of `hallmark serve` and what is known of all: for children.c, which
 * starts and stops them, children_run.c, which keeps them running, and child.c,
 * which talks with one.
 */
#ifndef IPC_CHILD_H
#define IPC_CHILD_H

#include <limits.h>
#include <sys/types.h>

#include "ipc/channel.h"
#include "ipc/children.h"
#include "ipc/room.h"

#define CHILDREN_MAX  40
#define BACKOFF_FIRST 100 /* milliseconds, doubling with each death */
#define BUSY_PATIENCE 3600000

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
	uint64_t plan;	    /* number of its last READY */
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
	int64_t busy_until;   /* nobody is stuck before: the authority's word */
	uint64_t reloads;     /* so many: the number of the last one */
	int tls_before;	      /* the last that all fronts used; -1 */
	int blocklist;	      /* the authority's, for fronts; -1 */
	int signals;	      /* of a service, held back; -1 */
	struct channel admin; /* our own end as ADMIN */
	enum role admin_to;
	bool broken; /* restarting does not mend it */
	uint8_t room[FRAME_MAX];
};

/* Does a talk to b? Pairs of one index, and everybody with the authority. */
bool child_linked(const struct child *a, const struct child *b);
/* Hands `to` its end of a pair with another; fd stays the caller's. */
void child_hand_peer(struct child *to, enum role role, unsigned index, int fd);
/* Joins two by a new pair; false with errno. */
MUST_USE bool child_link_pair(struct child *a, struct child *b);
/* Joins k to those of the living that it talks to; to one that was started on demand
 * when that is ready. false with errno: what was joined ends with k. */
MUST_USE bool child_link(struct children *c, struct child *k);
/* Is it started and not known to have failed? */
bool child_lives(const struct child *k);
/* When a start that is not ready yet is given up, in clock_ticks. */
int64_t child_deadline(const struct children *c, const struct child *k);
/* Runs its program and hands it what it needs; it waits for child_go(). false with
 * errno where there is no process to be had. */
MUST_USE bool child_start(struct children *c, struct child *k);
void child_go(struct child *k);
/* Hands it what the plan has now: RELOAD, and TLS if it is a front. */
void child_reload(const struct children *c, struct child *k);
/* Has each front said that it can use what came last? Whatever became of it since. */
bool fronts_agree(const struct children *c);
/* Takes what a child says, if it says anything; deaf when it cannot any more. */
void child_listen(struct children *c, struct child *k);
/* Waits for words of the children, or for the descriptor `also` (-1: none);
 * takes one of each that has some. 0 if the time (milliseconds) was up. */
int children_listen(struct children *c, int also, int timeout);

#endif
