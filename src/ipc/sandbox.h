/*
 * The walls around a program of ours (architecture 2, doc/decisions/009). They
 * go up at two moments: sandbox_enter() before anything of the home is looked
 * at, sandbox_close() when everything that will ever be opened is open.
 */
#ifndef IPC_SANDBOX_H
#define IPC_SANDBOX_H

#include "ipc/message.h"

/*
 * Makes folder (a descriptor, closed by this call) the working directory. With
 * a user, which only root may ask for, it becomes the root directory too, and
 * the process goes on as that user and group, with no other group and no
 * capability. Landlock then leaves to authority and signer what lies in the
 * folder, to front and checker no file at all; to nobody TCP, abstract sockets
 * or signals. No program may be looked at by others of its user.
 *
 * Ends the process if a wall that this kernel has cannot be put up, and when it
 * would run as root.
 */
void sandbox_enter(enum role role, int folder, uint32_t user, uint32_t group);

/*
 * From here on the kernel kills the process for any system call that is not in
 * the role's table (sandbox_filter.c): none starts a program, opens a socket,
 * sends a signal or touches another process, and to front and checker none
 * opens a file. Ends the process if the filter cannot be installed.
 */
void sandbox_close(enum role role);

/* For the parent: gives up all privileges of root but those that starting,
 * placing and ending the programs takes. Nothing for others. */
void sandbox_parent(void);
/* Raises what this process and its children may lock in memory: to everything where
 * it has CAP_SYS_RESOURCE, else as far as its hard limit goes. The signer cannot any
 * more when it is started: its parent does it, before sandbox_parent(). */
void memory_allow(void);

/* The version of Landlock that this kernel has, 0 for none. */
int sandbox_landlock(void);

#endif
