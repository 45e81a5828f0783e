/* The program itself, between a serve and an authority that are this test. */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "ipc/channel.h"
#include "journal/journal.h"

#define NOBODY 65534

static char home[64];
static struct channel control, authority;
static pid_t child;
static uint8_t in_room[FRAME_MAX], out_room[FRAME_MAX];
static struct cbor_out out;
static struct frame_in {
	enum message type;
	uint64_t id;
	struct span payload;
} in;

#define SEND(channel, TYPE, id, fd, codec, value)                             \
	do {                                                                  \
		assert_true(frame_begin(&out, out_room, MESSAGE_##TYPE, id)); \
		message_##codec##_put(&out, (value));                         \
		assert_true(                                                  \
		    channel_send(channel, span_of(out_room, out.len), fd));   \
	} while (0)

static void
send_empty(enum message type, int fd)
{
	assert_true(frame_begin(&out, out_room, type, 0));
	cbor_put_null(&out);
	assert_true(channel_send(&control, span_of(out_room, out.len), fd));
}

/* Waits for one frame; false if the other end is gone. */
static bool
receive(struct channel *c)
{
	struct pollfd p = { .fd = c->fd, .events = POLLIN };
	size_t len;
	int fd;

	if (poll(&p, 1, 20000) != 1)
		fail_msg("the signer is silent");
	if (channel_receive(c, in_room, &len, &fd) != CHANNEL_FRAME)
		return false;
	assert_true(
	    frame_open(span_of(in_room, len), &in.type, &in.id, &in.payload));
	return true;
}

static void
launch(bool create)
{
	static struct message_start m;
	struct message_peer peer = { .role = ROLE_AUTHORITY };
	int pairs[2][2], folder, secret = memfd_create("passphrase", 0);

	assert_int_equal(write(secret, "open sesame", 11), 11);
	assert_true(channel_pair(pairs[0]));
	assert_true(channel_pair(pairs[1]));
	if ((child = fork()) == 0) {
		dup2(pairs[0][1], 3);
		execl(getenv("HALLMARK_SIGNER"), "hallmark-signer", NULL);
		_exit(127);
	}
	close(pairs[0][1]);
	channel_open(&control, pairs[0][0]);
	channel_open(&authority, pairs[1][0]);
	m.role = ROLE_SIGNER;
	m.create = create;
	config_defaults(&m.config);
	m.config.test = true;
	/* No program of ours runs as root. */
	if (geteuid() == 0) {
		m.user = m.group = NOBODY;
		assert_int_equal(chown(home, NOBODY, NOBODY), 0);
	}
	folder = open(home, O_PATH | O_DIRECTORY);
	assert_true(folder >= 0);
	SEND(&control, START, 0, folder, start, &m);
	close(folder);
	send_empty(MESSAGE_PASSPHRASE, secret);
	SEND(&control, PEER, 0, pairs[1][1], peer, &peer);
	send_empty(MESSAGE_GO, -1);
	close(pairs[1][1]);
	close(secret);
	assert_true(receive(&control));
}

static void
start(bool create)
{
	launch(create);
	assert_int_equal(in.type, MESSAGE_READY);
}

static int
wait_for_end(void)
{
	int status;

	assert_int_equal(waitpid(child, &status, 0), child);
	channel_close(&control);
	channel_close(&authority);
	return status;
}

static struct message_signed
receive_signed(void)
{
	struct message_signed m;
	struct cbor c;

	assert_true(receive(&authority));
	assert_int_equal(in.type, MESSAGE_SIGNED);
	cbor_open(&c, in.payload, true);
	assert_true(message_signed_get(&c, &m));
	return m;
}

static void
talk(void **state)
{
	struct message_head head = { .empty = true };
	struct message_act act = { .user = 1, .verb = "remark" };
	struct message_record record;
	struct message_synced synced;
	struct message_failed failed;
	struct cbor c;

	(void)state;
	start(true);
	/* Nothing before heads were compared. */
	SEND(&authority, ACT, 7, -1, act, &act);
	assert_int_equal(receive_signed().reason, REASON_UNAVAILABLE);
	assert_int_equal(in.id, 7);
	/* An empty store gets every record, then SYNCED. */
	SEND(&authority, HEAD, 0, -1, head, &head);
	assert_true(receive(&authority));
	assert_int_equal(in.type, MESSAGE_RECORD);
	cbor_open(&c, in.payload, true);
	assert_true(message_record_get(&c, &record));
	assert_int_equal(record.sequence, 1);
	assert_true(receive(&authority));
	assert_int_equal(in.type, MESSAGE_SYNCED);
	cbor_open(&c, in.payload, true);
	assert_true(message_synced_get(&c, &synced));
	assert_true(synced.test);
	memcpy(head.signer, synced.signer, sizeof(head.signer));
	/* A record before its answer. */
	SEND(&authority, ACT, 8, -1, act, &act);
	assert_true(receive(&authority));
	assert_int_equal(in.type, MESSAGE_RECORD);
	cbor_open(&c, in.payload, true);
	assert_true(message_record_get(&c, &record));
	assert_int_equal(record.sequence, 2);
	record_hash(record.record, head.sha256);
	assert_int_equal(receive_signed().sequence, 2);
	assert_int_equal(in.id, 8);
	send_empty(MESSAGE_STOP, -1);
	assert_int_equal(wait_for_end(), 0);
	/* A store that has seen more: an older journal was put back. */
	start(false);
	head.empty = false;
	head.sequence = 3;
	SEND(&authority, HEAD, 0, -1, head, &head);
	assert_true(receive(&control));
	assert_int_equal(in.type, MESSAGE_FAILED);
	cbor_open(&c, in.payload, true);
	assert_true(message_failed_get(&c, &failed));
	assert_int_equal(failed.reason, REASON_JOURNAL_BEHIND);
	/* The authority is told, too. */
	assert_true(receive(&authority));
	assert_int_equal(in.type, MESSAGE_SYNCED);
	cbor_open(&c, in.payload, true);
	assert_true(message_synced_get(&c, &synced));
	assert_int_equal(synced.reason, REASON_JOURNAL_BEHIND);
	assert_int_equal(WEXITSTATUS(wait_for_end()), EXIT_FAILURE);
}

static void
ask_remark(uint64_t id)
{
	struct message_act act = { .user = 1, .verb = "remark" };

	SEND(&authority, ACT, id, -1, act, &act);
}

/* The authority dies with orders under way: the signer drops what waits, stays,
 * and the next authority gets their records. */
static void
bereft(void **state)
{
	struct message_head head = { .empty = true };
	struct message_peer peer = { .role = ROLE_AUTHORITY };
	struct message_synced synced;
	struct cbor c;
	uint64_t i;
	int pair[2];

	(void)state;
	start(false);
	SEND(&authority, HEAD, 0, -1, head, &head);
	do {
		assert_true(receive(&authority));
	} while (in.type != MESSAGE_SYNCED);
	cbor_open(&c, in.payload, true);
	assert_true(message_synced_get(&c, &synced));
	/* It finds more than a group of them in its socket (PROGRAM_BATCH), and
	 * nobody at the other end. */
	assert_int_equal(kill(child, SIGSTOP), 0);
	for (i = 0; i < 300; i++)
		ask_remark(i);
	channel_close(&authority);
	assert_int_equal(kill(child, SIGCONT), 0);
	assert_true(channel_pair(pair));
	channel_open(&authority, pair[0]);
	SEND(&control, PEER, 0, pair[1], peer, &peer);
	close(pair[1]);
	memcpy(head.signer, synced.signer, sizeof(head.signer));
	SEND(&authority, HEAD, 0, -1, head, &head);
	for (i = 0; receive(&authority) && in.type == MESSAGE_RECORD; i++)
		;
	assert_int_equal(in.type, MESSAGE_SYNCED);
	assert_true(i >= synced.sequence);
	ask_remark(1000);
	assert_true(receive(&authority));
	assert_int_equal(in.type, MESSAGE_RECORD);
	assert_int_equal(receive_signed().reason, REASON_OK);
	send_empty(MESSAGE_STOP, -1);
	assert_int_equal(wait_for_end(), 0);
}

/* Answers that a living authority does not take: it would wait for them for ever. The
 * signer ends, and is started again by who sees to it. */
static void
deaf(void **state)
{
	struct pollfd p = { .events = POLLOUT };
	struct message_failed failed;
	struct cbor c;
	uint64_t i;
	int log = dup(STDERR_FILENO), none = open("/dev/null", O_WRONLY);

	(void)state;
	dup2(none, STDERR_FILENO); /* each order is a line of the log */
	start(false);
	dup2(log, STDERR_FILENO);
	close(log);
	close(none);
	/* Refused, since heads were not compared: an answer and no record. */
	p.fd = authority.fd;
	for (i = 0;
	     i < 300000 && poll(&p, 1, 20000) == 1 && p.revents == POLLOUT;
	     i++) {
		struct message_act act = { .user = 1, .verb = "remark" };

		assert_true(frame_begin(&out, out_room, MESSAGE_ACT, i));
		message_act_put(&out, &act);
		if (!channel_send(&authority, span_of(out_room, out.len), -1))
			break;
	}
	assert_true(i < 300000);
	assert_true(receive(&control));
	assert_int_equal(in.type, MESSAGE_FAILED);
	cbor_open(&c, in.payload, true);
	assert_true(message_failed_get(&c, &failed));
	assert_int_equal(failed.reason, REASON_UNAVAILABLE);
	assert_int_equal(WEXITSTATUS(wait_for_end()), EXIT_FAILURE);
}

/* Beside one that runs a second one is refused by name, and harms nothing. */
static void
second(void **state)
{
	struct channel first[2];
	struct message_failed failed;
	struct cbor c;
	pid_t running;

	(void)state;
	start(false);
	first[0] = control;
	first[1] = authority;
	running = child;
	launch(false);
	assert_int_equal(in.type, MESSAGE_FAILED);
	cbor_open(&c, in.payload, true);
	assert_true(message_failed_get(&c, &failed));
	assert_int_equal(failed.reason, REASON_HOME_LOCKED);
	assert_int_equal(WEXITSTATUS(wait_for_end()), EXIT_FAILURE);
	control = first[0];
	authority = first[1];
	child = running;
	send_empty(MESSAGE_STOP, -1);
	assert_int_equal(wait_for_end(), 0);
}

/* The signer goes with its parent. */
static void
orphan(void **state)
{
	(void)state;
	start(false);
	channel_close(&control);
	assert_int_equal(wait_for_end(), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(talk),
		cmocka_unit_test(bereft),
		cmocka_unit_test(deaf),
		cmocka_unit_test(second),
		cmocka_unit_test(orphan),
	};
	char command[100];
	int failed;

	strcpy(home, "process-XXXXXX");
	if (mkdtemp(home) == NULL)
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	snprintf(command, sizeof(command), "rm -rf '%s'", home);
	return system(command) != 0 || failed;
}
