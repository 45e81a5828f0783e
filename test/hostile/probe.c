/*
 * A captured program, as far as the walls can tell. test/hostile/walls loads
 * this into each of ours (LD_PRELOAD); at SIGUSR1 it tries from inside what the
 * value of the signal names, and says on standard error what came of it.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

static char other[4096]; /* a file of another program */

static long
alive(void)
{
	return 0;
}

static long
open_host(void)
{
	return open("/etc/passwd", O_RDONLY);
}

static long
open_other(void)
{
	return open(other, O_RDONLY);
}

static long
open_own(void)
{
	return open("probe", O_RDWR | O_CREAT, 0600);
}

static long
socket_network(void)
{
	return socket(AF_INET, SOCK_STREAM, 0);
}

static long
socket_local(void)
{
	return socket(AF_UNIX, SOCK_STREAM, 0);
}

static long
execute(void)
{
	char *const words[] = { (char *)"/bin/true", NULL };

	return execve(words[0], words, NULL);
}

static long
trace(void)
{
	return ptrace(PTRACE_ATTACH, getppid(), NULL, NULL);
}

static long
signal_parent(void)
{
	return kill(getppid(), 0);
}

static long
read_parent(void)
{
	char byte;
	struct iovec here = { &byte, 1 }, there = { (void *)alive, 1 };

	return process_vm_readv(getppid(), &here, 1, &there, 1, 0);
}

static long
map_code(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_EXEC,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? -1 : 0;
}

/* What outlives a program that was ended. */
static long
make_child(void)
{
	pid_t child = fork();

	if (child == 0)
		_exit(0);
	return child;
}

/* With a descriptor that the program was given. */
static long
connect_given(void)
{
	const struct sockaddr_un where = { .sun_family = AF_UNIX,
		.sun_path = "control" };

	return connect(
	    STDIN_FILENO, (const struct sockaddr *)&where, sizeof(where));
}

static long
memory_file(void)
{
	return memfd_create("probe", 0);
}

/* Calls that no list of calls sees. */
static long
ring(void)
{
	return syscall(SYS_io_uring_setup, 1, NULL);
}

static long
name_space(void)
{
	return unshare(CLONE_NEWUSER);
}

static const struct {
	const char *name;
	long (*call)(void);
} attempts[] = {
	{ "alive", alive },
	{ "open-host", open_host },
	{ "open-other", open_other },
	{ "open-own", open_own },
	{ "socket-network", socket_network },
	{ "socket-local", socket_local },
	{ "execute", execute },
	{ "trace", trace },
	{ "signal-parent", signal_parent },
	{ "read-parent", read_parent },
	{ "map-code", map_code },
	{ "fork", make_child },
	{ "connect", connect_given },
	{ "memory-file", memory_file },
	{ "ring", ring },
	{ "namespace", name_space },
};

static void
attempt(int number, siginfo_t *info, void *context)
{
	int which = info->si_value.sival_int, len;
	char line[200];
	long result;

	(void)number;
	(void)context;
	errno = 0;
	result = attempts[which].call();
	len = snprintf(line, sizeof(line),
	    "probe pid=%d %s result=%s errno=%d\n", (int)getpid(),
	    attempts[which].name, result < 0 ? "no" : "yes", errno);
	if (write(STDERR_FILENO, line, (size_t)len) < 0)
		_exit(99);
}

static __attribute__((constructor)) void
begin(void)
{
	struct sigaction action = { .sa_sigaction = attempt,
		.sa_flags = SA_SIGINFO };
	const char *path = getenv("PROBE_OTHER");

	snprintf(other, sizeof(other), "%s", path == NULL ? "" : path);
	if (sigaction(SIGUSR1, &action, NULL) != 0)
		_exit(98);
}
