/* Channels: frames of full size, the queue and its cap, descriptors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ipc/channel.h"

static uint8_t frame[FRAME_MAX + 1], room[FRAME_MAX];

/* Two ends with the buffers that a process without rights gets at the least:
 * net.core.wmem_max is 212,992 by default. */
static void
small_pair(struct channel *a, struct channel *b)
{
	const int size = 212992 / 2; /* the kernel doubles it */
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds), 0);
	assert_int_equal(
	    setsockopt(fds[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)), 0);
	channel_open(a, fds[0]);
	channel_open(b, fds[1]);
}

static void
pair(struct channel *a, struct channel *b)
{
	int fds[2];

	assert_true(channel_pair(fds));
	channel_open(a, fds[0]);
	channel_open(b, fds[1]);
}

/* What was said before the end is heard, whatever was not read. */
static void
test_last_words(void **state)
{
	struct channel a, b;
	size_t len;
	int fd, i;

	(void)state;
	pair(&a, &b);
	assert_true(channel_send(&a, span_str("unread"), -1));
	assert_true(channel_send(&b, span_str("first"), -1));
	assert_true(channel_send(&b, span_str("last"), -1));
	channel_close(&b);
	for (i = 0; i < 2; i++) {
		assert_int_equal(
		    channel_receive(&a, room, &len, &fd), CHANNEL_FRAME);
		assert_memory_equal(room, i == 0 ? "first" : "last", len);
	}
	assert_int_equal(channel_receive(&a, room, &len, &fd), CHANNEL_CLOSED);
	channel_close(&a);
}

static void
test_full_frame_passes(void **state)
{
	struct channel a, b;
	size_t len;
	int fd;

	(void)state;
	memset(frame, 0x5a, sizeof(frame));
	small_pair(&a, &b);
	assert_true(channel_send(&a, span_of(frame, FRAME_MAX), -1));
	assert_null(a.head); /* the kernel took it at once */
	assert_int_equal(channel_receive(&b, room, &len, &fd), CHANNEL_FRAME);
	assert_int_equal(len, FRAME_MAX);
	assert_memory_equal(room, frame, FRAME_MAX);
	assert_int_equal(channel_receive(&b, room, &len, &fd), CHANNEL_EMPTY);
	channel_close(&a);
	assert_int_equal(channel_receive(&b, room, &len, &fd), CHANNEL_CLOSED);
	channel_close(&b);
}

static void
test_longer_than_a_frame_is_closed(void **state)
{
	struct channel a, b;
	size_t len;
	int fd;

	(void)state;
	pair(&a, &b);
	assert_true(channel_send(&a, span_of(frame, FRAME_MAX + 1), -1));
	assert_int_equal(channel_receive(&b, room, &len, &fd), CHANNEL_CLOSED);
	channel_close(&a);
	channel_close(&b);
}

static void
test_queue_keeps_order_and_cap(void **state)
{
	struct channel a, b;
	unsigned sent = 0, got = 0;
	uint32_t number;
	size_t len;
	int fd;

	(void)state;
	small_pair(&a, &b);
	for (;; sent++) {
		number = sent;
		memcpy(frame, &number, sizeof(number));
		if (!channel_send(&a, span_of(frame, 65536), -1))
			break;
	}
	assert_true(a.waiting <= CHANNEL_QUEUE_MAX);
	assert_true(a.waiting + 65536 > CHANNEL_QUEUE_MAX);
	while (got < sent) {
		assert_int_equal(
		    channel_receive(&b, room, &len, &fd), CHANNEL_FRAME);
		memcpy(&number, room, sizeof(number));
		assert_int_equal(number, got++);
		assert_true(channel_flush(&a));
	}
	assert_int_equal(a.waiting, 0);
	channel_close(&a);
	channel_close(&b);
}

static void
test_descriptor_passes_through_queue(void **state)
{
	struct channel a, b;
	int ends[2], fd = -1;
	size_t len;
	char c;

	(void)state;
	small_pair(&a, &b);
	while (a.head == NULL)
		assert_true(channel_send(&a, span_of(frame, 65536), -1));
	assert_int_equal(pipe(ends), 0);
	assert_true(channel_send(&a, span_of("fd", 2), ends[1]));
	close(ends[1]); /* the queue holds one of its own */
	do {
		assert_int_equal(
		    channel_receive(&b, room, &len, &fd), CHANNEL_FRAME);
		assert_true(channel_flush(&a));
	} while (len != 2);
	assert_true(fd >= 0);
	assert_true((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
	assert_int_equal(write(fd, "x", 1), 1);
	assert_int_equal(read(ends[0], &c, 1), 1);
	close(fd);
	close(ends[0]);
	channel_close(&a);
	channel_close(&b);
}

static unsigned
open_descriptors(void)
{
	unsigned n = 0;
	int fd;

	for (fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

/* Whoever sends more descriptors than one leaves none behind. */
static void
test_two_descriptors_do_not_leak(void **state)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(2 * sizeof(int))];
	} control = { 0 };
	struct iovec iov = { .iov_base = frame, .iov_len = 4 };
	struct msghdr m = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control) };
	struct cmsghdr *h = CMSG_FIRSTHDR(&m);
	const int both[2] = { 0, 1 };
	struct channel a, b;
	unsigned before;
	size_t len;
	int fd = -1;

	(void)state;
	pair(&a, &b);
	h->cmsg_level = SOL_SOCKET;
	h->cmsg_type = SCM_RIGHTS;
	h->cmsg_len = CMSG_LEN(sizeof(both));
	memcpy(CMSG_DATA(h), both, sizeof(both));
	before = open_descriptors();
	assert_int_equal(sendmsg(a.fd, &m, 0), 4);
	(void)channel_receive(&b, room, &len, &fd);
	if (fd >= 0)
		close(fd);
	assert_int_equal(open_descriptors(), before);
	channel_close(&a);
	channel_close(&b);
}

static void
test_header(void **state)
{
	struct cbor_out o;
	enum message type;
	struct span payload;
	uint64_t id;

	(void)state;
	assert_true(frame_begin(&o, room, MESSAGE_DECIDE, UINT64_MAX));
	cbor_put_null(&o);
	assert_true(frame_open(span_of(room, o.len), &type, &id, &payload));
	assert_int_equal(type, MESSAGE_DECIDE);
	assert_true(id == UINT64_MAX);
	assert_int_equal(payload.len, 1);
	frame_begin(&o, room, MESSAGE_COUNT, 0);
	assert_false(frame_open(span_of(room, o.len), &type, &id, &payload));
	assert_false(
	    frame_open(span_of("\x82\x01\x00", 3), &type, &id, &payload));
	assert_false(frame_open(span_of("", 0), &type, &id, &payload));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_full_frame_passes),
		cmocka_unit_test(test_last_words),
		cmocka_unit_test(test_longer_than_a_frame_is_closed),
		cmocka_unit_test(test_queue_keeps_order_and_cap),
		cmocka_unit_test(test_descriptor_passes_through_queue),
		cmocka_unit_test(test_two_descriptors_do_not_leak),
		cmocka_unit_test(test_header),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
