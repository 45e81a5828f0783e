/* Where a program lives: its user and its folder of the home. Seen from the
 * parent's side; what the program makes of them stands in sandbox.h. */
#ifndef IPC_ROOM_H
#define IPC_ROOM_H

#include "ipc/message.h"

struct room {
	uint32_t user, group; /* 0: those of the parent, which is not root */
	int folder;	      /* O_PATH, or -1 */
};

/* Fills user and group: of "hallmark-ROLE" if this process is root, else 0.
 * USER_MISSING if there is no such user. folder becomes -1. */
MUST_USE enum reason room_user(
    enum role role, struct room *room, struct why *why);
/*
 * The same, and opens HOME/ROLE, to be closed by room_close(). HOME_INVALID if
 * it is not there, not that user's own, or open to others. With no home (NULL)
 * the folder is an empty one that has no name any more.
 */
MUST_USE enum reason room_open(
    const char *home, enum role role, struct room *room, struct why *why);
void room_close(struct room *room);

/* The log says which walls stand between the programs, and which do not. */
void rooms_log(void);

#endif
