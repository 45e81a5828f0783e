/* Starting one program, see spawn.h. */
#include "ipc/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fatal.h"
#include "base/file.h"

void
program_folder(char *out, size_t cap)
{
	ssize_t n = readlink("/proc/self/exe", out, cap - 1);
	char *slash;

	if (n <= 0)
		fatal_errno("/proc/self/exe");
	out[n] = '\0';
	if ((slash = strrchr(out, '/')) != NULL)
		*slash = '\0';
}

void
program_path(char *out, size_t cap, const char *bindir, const char *name)
{
	char file[PATH_MAX];

	snprintf(file, sizeof(file), "hallmark-%s", name);
	path_join(out, cap, bindir, file);
	if (access(out, X_OK) == 0)
		return;
	snprintf(file, sizeof(file), "../%s/hallmark-%s", name, name);
	path_join(out, cap, bindir, file);
	if (access(out, X_OK) == 0)
		return;
	snprintf(file, sizeof(file), "hallmark-%s", name);
	path_join(out, cap, bindir, file); /* the one to complain about */
}

/* Environment of a child: what its instrumentation needs, nothing else. */
static void
environment(char *out[8])
{
	static const char *const kept[] = { "ASAN_OPTIONS=", "UBSAN_OPTIONS=",
		"LSAN_OPTIONS=", "LLVM_PROFILE_FILE=", "GCOV_PREFIX=" };
	extern char **environ;
	size_t i, n = 0;
	char **e;

	for (e = environ; *e != NULL; e++)
		for (i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
			if (n < 7 && strncmp(*e, kept[i], strlen(kept[i])) == 0)
				out[n++] = *e;
	out[n] = NULL;
}

static _Noreturn void
child(const char *path, int control, char **env)
{
	char *const arguments[] = { (char *)path, NULL };
	sigset_t none;
	int null = open("/dev/null", O_RDWR);

	/* What a terminal or a group gets is serve's affair: it says when to end, and in
	 * which order. */
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (null < 0 || dup2(null, STDIN_FILENO) < 0 ||
	    dup2(STDERR_FILENO, STDOUT_FILENO) < 0 || dup2(control, 3) < 0 ||
	    close_range(4, ~0U, 0) != 0)
		_exit(126);
	fcntl(3, F_SETFD, 0);
	execve(path, arguments, env);
	fprintf(stderr, "%s: %s\n", path, strerror(errno));
	_exit(127);
}

pid_t
program_spawn(const char *bindir, enum role role, int control)
{
	char path[PATH_MAX], *env[8];
	pid_t pid;

	program_path(path, sizeof(path), bindir, role_name(role));
	environment(env);
	pid = fork();
	if (pid == 0)
		child(path, control, env);
	return pid;
}

bool
control_send(struct channel *c, enum message type,
    void (*put)(struct cbor_out *, const void *), const void *value, int fd)
{
	return control_send_plan(c, type, 0, put, value, fd);
}

bool
control_send_plan(struct channel *c, enum message type, uint64_t plan,
    void (*put)(struct cbor_out *, const void *), const void *value, int fd)
{
	static uint8_t room[FRAME_MAX];
	struct cbor_out o;
	struct span frame;
	int64_t deadline = clock_ticks() + 1000;

	frame_begin(&o, room, type, plan);
	if (put != NULL)
		put(&o, value);
	else
		cbor_put_null(&o);
	if (cbor_out_span(&o, &frame) != WIRE_OK)
		fatal("a control frame is too long");
	if (!channel_send(c, frame, fd))
		return false;
	while (c->head != NULL && clock_ticks() < deadline) {
		struct pollfd f = { .fd = c->fd, .events = POLLOUT };

		if (poll(&f, 1, 100) < 0 && errno != EINTR)
			return false;
		if (!channel_flush(c))
			return false;
	}
	return c->head == NULL;
}

bool
control_take(struct channel *c, int64_t deadline, uint8_t *room,
    enum message *type, uint64_t *id, struct span *payload, int *fd)
{
	for (;;) {
		struct pollfd f = { .fd = c->fd, .events = POLLIN };
		int64_t left = deadline - clock_ticks();
		enum channel_result r;
		size_t len;

		*fd = -1;
		r = channel_receive(c, room, &len, fd);
		if (r == CHANNEL_CLOSED)
			return false;
		if (r == CHANNEL_FRAME &&
		    frame_open(span_of(room, len), type, id, payload))
			return true;
		if (*fd >= 0)
			close(*fd);
		if (r == CHANNEL_FRAME || left <= 0)
			return false;
		if (poll(&f, 1, (int)left) < 0 && errno != EINTR)
			return false;
	}
}

bool
control_wait(struct channel *c, int64_t deadline, uint8_t *room,
    enum message *type, uint64_t *id, struct span *payload)
{
	int fd;

	if (!control_take(c, deadline, room, type, id, payload, &fd))
		return false;
	if (fd >= 0)
		close(fd);
	return true;
}
