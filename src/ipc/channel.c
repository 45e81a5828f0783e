/* Socket pairs between programs, see channel.h. */
#include "ipc/channel.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fatal.h"

struct queued {
	struct queued *next;
	int fd;
	size_t len;
	uint8_t bytes[];
};

bool
channel_pair(int fds[2])
{
	const int size = 4 * FRAME_MAX;
	int i;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) != 0)
		return false;
	/* Beyond net.core.wmem_max only root may go; the default of 212,992
	 * still takes one frame of FRAME_MAX. */
	for (i = 0; i < 2; i++)
		if (setsockopt(fds[i], SOL_SOCKET, SO_SNDBUFFORCE, &size,
			sizeof(size)) != 0 &&
		    setsockopt(fds[i], SOL_SOCKET, SO_SNDBUF, &size,
			sizeof(size)) != 0)
			fatal_errno("SO_SNDBUF");
	return true;
}

void
channel_open(struct channel *c, int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0 ||
	    fcntl(fd, F_SETFD, FD_CLOEXEC) != 0)
		fatal_errno("a channel");
	c->fd = fd;
	c->head = NULL;
	c->tail = &c->head;
	c->waiting = 0;
	c->broken = false;
}

static void
drop_head(struct channel *c)
{
	struct queued *q = c->head;

	c->head = q->next;
	if (c->head == NULL)
		c->tail = &c->head;
	c->waiting -= q->len;
	if (q->fd >= 0)
		close(q->fd);
	free(q);
}

void
channel_close(struct channel *c)
{
	if (c->fd < 0)
		return;
	while (c->head != NULL)
		drop_head(c);
	close(c->fd);
	c->fd = -1;
}

/* The one descriptor of a datagram's ancillary data, -1 if there is none. The
 * room for one takes two on a 64-bit host: a second one is closed. */
static int
descriptor_of(struct msghdr *m)
{
	struct cmsghdr *h = CMSG_FIRSTHDR(m);
	int fd = -1, next;
	size_t at;

	if (h == NULL || h->cmsg_level != SOL_SOCKET ||
	    h->cmsg_type != SCM_RIGHTS)
		return -1;
	for (at = 0; CMSG_LEN(at + sizeof(int)) <= h->cmsg_len;
	     at += sizeof(int)) {
		memcpy(&next, CMSG_DATA(h) + at, sizeof(next));
		if (fd < 0)
			fd = next;
		else
			close(next);
	}
	return fd;
}

enum channel_result
channel_receive(struct channel *c, uint8_t *room, size_t *len, int *fd)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec iov = { .iov_base = room, .iov_len = FRAME_MAX };
	struct msghdr m = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control) };
	ssize_t n;

	/* A peer that ended with frames of ours unread gives the latter, once, in
	 * front of its own last ones. */
	do {
		n = recvmsg(c->fd, &m, MSG_CMSG_CLOEXEC);
	} while (n < 0 && (errno == EINTR || errno == ECONNRESET));
	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return CHANNEL_EMPTY;
	if (n <= 0)
		return CHANNEL_CLOSED;
	*fd = descriptor_of(&m);
	if ((m.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) {
		if (*fd >= 0)
			close(*fd);
		return CHANNEL_CLOSED;
	}
	*len = (size_t)n;
	return CHANNEL_FRAME;
}

/* 1 sent, 0 would block, -1 gone. */
static int
send_now(struct channel *c, struct span frame, int fd)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec iov = { .iov_base = (void *)frame.ptr,
		.iov_len = frame.len };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
	ssize_t n;

	if (fd >= 0) {
		struct cmsghdr *h;

		memset(&control, 0, sizeof(control));
		m.msg_control = &control;
		m.msg_controllen = sizeof(control);
		h = CMSG_FIRSTHDR(&m);
		h->cmsg_level = SOL_SOCKET;
		h->cmsg_type = SCM_RIGHTS;
		h->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(h), &fd, sizeof(fd));
	}
	do {
		n = sendmsg(c->fd, &m, MSG_NOSIGNAL);
	} while (n < 0 && errno == EINTR);
	if (n >= 0)
		return 1;
	if (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS)
		return 0;
	c->broken = true;
	return -1;
}

bool
channel_send(struct channel *c, struct span frame, int fd)
{
	struct queued *q;
	int sent;

	if (c->fd < 0)
		return false;
	if (c->head == NULL && (sent = send_now(c, frame, fd)) != 0)
		return sent > 0;
	if (c->waiting + frame.len > CHANNEL_QUEUE_MAX)
		return false;
	q = memory_new(sizeof(*q) + frame.len);
	q->len = frame.len;
	q->fd = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 3);
	memcpy(q->bytes, frame.ptr, frame.len);
	*c->tail = q;
	c->tail = &q->next;
	c->waiting += frame.len;
	return true;
}

bool
channel_flush(struct channel *c)
{
	while (c->head != NULL) {
		int sent = send_now(
		    c, span_of(c->head->bytes, c->head->len), c->head->fd);

		if (sent < 0)
			return false;
		if (sent == 0)
			return true;
		drop_head(c);
	}
	return true;
}

bool
frame_begin(struct cbor_out *o, uint8_t *room, enum message type, uint64_t id)
{
	cbor_out_open(o, room, FRAME_MAX);
	cbor_put_array(o, 3);
	cbor_put_uint(o, type);
	cbor_put_uint(o, id);
	return !o->full;
}

bool
frame_open(
    struct span bytes, enum message *type, uint64_t *id, struct span *payload)
{
	struct cbor c;
	uint64_t n, t;

	cbor_open(&c, bytes, true);
	if (cbor_array(&c, &n) != WIRE_OK || n != 3 ||
	    cbor_uint(&c, &t) != WIRE_OK || t == 0 || t >= MESSAGE_COUNT ||
	    cbor_uint(&c, id) != WIRE_OK)
		return false;
	*type = (enum message)t;
	*payload = span_of(c.pos, (size_t)(c.end - c.pos));
	return true;
}
