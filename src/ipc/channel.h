/*
 * One end of a SOCK_SEQPACKET pair: non-blocking, one frame a datagram, an
 * output queue with a cap for when the other end is busy.
 */
#ifndef IPC_CHANNEL_H
#define IPC_CHANNEL_H

#include "ipc/message.h"
#include "wire/cbor.h"

#define CHANNEL_QUEUE_MAX (8u << 20) /* octets waiting for a slow peer */

struct queued;

struct channel {
	int fd; /* -1 = closed */
	struct queued *head, **tail;
	size_t waiting; /* octets in the queue */
	bool broken;	/* nobody is at the other end any more */
};

enum channel_result { CHANNEL_FRAME, CHANNEL_EMPTY, CHANNEL_CLOSED };

/* A pair with buffers that take FRAME_MAX. false with errno: no descriptor or memory is
 * left for one. */
bool channel_pair(int fds[2]) __attribute__((warn_unused_result));
/* Takes fd over and makes it non-blocking. */
void channel_open(struct channel *c, int fd);
/* Closes and drops what was queued. */
void channel_close(struct channel *c);
/* One frame into room (FRAME_MAX octets); *fd is a descriptor that came with
 * it, or -1. A datagram that was cut off counts as closed. */
enum channel_result channel_receive(
    struct channel *c, uint8_t *room, size_t *len, int *fd);
/* Sends or queues; fd (or -1) is duplicated by the kernel, or kept by dup until
 * it is sent. false if the channel is closed or its queue is over the cap. */
bool channel_send(struct channel *c, struct span frame, int fd);
/* Sends what waits, as far as possible; false if the peer is gone. */
bool channel_flush(struct channel *c);

/* Frame header: type and id in front of a payload. */
bool frame_begin(
    struct cbor_out *o, uint8_t *room, enum message type, uint64_t id);
bool frame_open(
    struct span bytes, enum message *type, uint64_t *id, struct span *payload);

#endif
