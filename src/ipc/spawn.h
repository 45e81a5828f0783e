/* Starting one program of ours, and talking to it as its parent. */
#ifndef IPC_SPAWN_H
#define IPC_SPAWN_H

#include <sys/types.h>

#include "ipc/channel.h"

/*
 * Runs bindir/hallmark-ROLE with nothing but /dev/null, standard error twice,
 * and control as descriptor 3; the environment is empty but for what sanitizers
 * and coverage need. -1 if it cannot be forked.
 */
pid_t program_spawn(const char *bindir, enum role role, int control);
/* The folder of the running program. */
void program_folder(char *out, size_t cap);
/* Where hallmark-NAME lies: in bindir, or where a build leaves it
 * (bindir/../NAME). */
void program_path(char *out, size_t cap, const char *bindir, const char *name);

/* Sends one control frame, blocking for at most a second. */
bool control_send(struct channel *c, enum message type,
    void (*put)(struct cbor_out *, const void *), const void *value, int fd);
/* The same of START and RELOAD, which have a number: what READY and FAILED are
 * about has it, too. */
bool control_send_plan(struct channel *c, enum message type, uint64_t plan,
    void (*put)(struct cbor_out *, const void *), const void *value, int fd);
/* Waits for one frame until a deadline (clock_ticks). room is FRAME_MAX.
 * control_take gives a descriptor that came with it, or -1. */
bool control_take(struct channel *c, int64_t deadline, uint8_t *room,
    enum message *type, uint64_t *id, struct span *payload, int *fd);
bool control_wait(struct channel *c, int64_t deadline, uint8_t *room,
    enum message *type, uint64_t *id, struct span *payload);

#endif
