/* The admin socket of a running service, and sealed memory; see children.h. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fatal.h"
#include "base/file.h"
#include "base/log.h"
#include "base/secret.h"
#include "ipc/children.h"
#include "ipc/spawn.h"

#define ANSWER_DEADLINE 60000
#define ADMIN_BACKLOG	16

struct admin_connection {
	struct channel channel;
	uint8_t room[FRAME_MAX];
};

/* Names the socket by way of the folder's descriptor: a home may lie deeper
 * than the 107 characters of a socket's path. */
static int
admin_socket(
    const char *home, int (*call)(int, const struct sockaddr *, socklen_t))
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	char folder[PATH_MAX];
	int dir, fd, problem;

	path_join(folder, sizeof(folder), home, "run");
	if ((dir = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC)) < 0)
		return -1;
	snprintf(address.sun_path, sizeof(address.sun_path),
	    "/proc/self/fd/%d/admin.sock", dir);
	/* Where so many wait already, connect() would wait without an end. */
	if ((fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK,
		 0)) < 0)
		fatal_errno("socket");
	if (call == bind)
		unlink(address.sun_path);
	if (call(fd, (const struct sockaddr *)&address, sizeof(address)) != 0) {
		problem = errno;
		close(fd);
		fd = -1;
		errno = problem;
	}
	close(dir);
	return fd;
}

int
admin_listen(const char *home)
{
	mode_t before = umask(0177);
	int fd = admin_socket(home, bind);

	umask(before);
	if (fd < 0)
		return -1;
	if (listen(fd, ADMIN_BACKLOG) != 0)
		fatal_errno("listen");
	return fd;
}

struct admin_connection *
admin_connect(const char *home)
{
	struct admin_connection *a;
	int fd = admin_socket(home, connect);

	if (fd < 0)
		return NULL;
	a = memory_new(sizeof(*a));
	channel_open(&a->channel, fd);
	return a;
}

static void
put_admin(struct cbor_out *o, const void *value)
{
	message_admin_put(o, value);
}

enum reason
admin_ask(struct admin_connection *a, const struct message_admin *request,
    struct message_admin_reply *reply, struct why *why)
{
	enum message type;
	struct span payload;
	struct cbor in;
	uint64_t id;

	if (!control_send(&a->channel, MESSAGE_ADMIN, put_admin, request, -1) ||
	    !control_wait(&a->channel, clock_ticks() + ANSWER_DEADLINE, a->room,
		&type, &id, &payload) ||
	    type != MESSAGE_ADMIN_REPLY)
		return why_set(
		    why, REASON_UNAVAILABLE, -1, "the service did not answer");
	cbor_open(&in, payload, true);
	if (!message_admin_reply_get(&in, reply))
		return why_set(why, REASON_INTERNAL, -1,
		    "the service's answer is malformed");
	return REASON_OK;
}

void
admin_close(struct admin_connection *a)
{
	if (a == NULL)
		return;
	channel_close(&a->channel);
	free(a);
}

/* Bytes copied, 0 or less if it cannot be done. */
static ssize_t
copy_unread(int to, int from)
{
	struct secret s;
	ssize_t n, all = 0;

	/* The kernel copies; this process never holds the bytes. */
	while ((n = sendfile(to, from, NULL, 4096)) > 0 && all <= 65536)
		all += n;
	if (n >= 0 || all > 0)
		return n < 0 ? n : all;
	/* A terminal or pipe: through locked memory. */
	if (!secret_read_fd(&s, from, 4096))
		return -1;
	all = write(to, s.ptr, s.len);
	secret_free(&s);
	return all;
}

int
memfd_seal(int fd, int second, const char *name)
{
	const int seals =
	    F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
	int m = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (m < 0)
		return -1;
	if (copy_unread(m, fd) <= 0 ||
	    (second >= 0 &&
		(write(m, "\n", 1) != 1 || copy_unread(m, second) <= 0)) ||
	    lseek(m, 0, SEEK_SET) != 0 || fcntl(m, F_ADD_SEALS, seals) != 0) {
		close(m);
		return -1;
	}
	return m;
}

/* A memfd that nobody has mapped is swapped out like any file of a tmpfs. Private,
 * since kernels before 6.7 map sealed memory in no other way; pages that are only
 * read are the memfd's own all the same. */
void
memfd_lock(int fd)
{
	struct stat st;
	size_t len;
	void *p;

	if (fstat(fd, &st) != 0)
		fatal_errno("sealed memory");
	len = (size_t)st.st_size;
	p = mmap(NULL, len, PROT_READ, MAP_PRIVATE, fd, 0);
	if (p == MAP_FAILED)
		fatal_errno("sealed memory");
	if (mlock(p, len) != 0)
		log_warning("memory-lock",
		    "text=\"what is sealed could not be locked in memory; "
		    "raise "
		    "RLIMIT_MEMLOCK\"");
	if (mprotect(p, len, PROT_NONE) != 0)
		fatal_errno("sealed memory");
}
