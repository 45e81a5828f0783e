/* The other programs of this package, which lie beside this one. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fatal.h"
#include "base/file.h"
#include "cli/cli.h"
#include "ipc/spawn.h"

static void
tool_path(char out[PATH_MAX], const char *program)
{
	char folder[PATH_MAX];

	program_folder(folder, sizeof(folder));
	program_path(out, PATH_MAX, folder, program);
}

/* Replaces this program by hallmark-PROGRAM; returns only on failure. */
static int
tool_become(const struct cli *c, const char *program, char **argv)
{
	char path[PATH_MAX];
	struct why why;

	tool_path(path, program);
	fflush(NULL);
	execv(path, argv);
	why_set(&why, REASON_UNAVAILABLE, -1, "%.150s: %m", path);
	return refuse(c, REASON_UNAVAILABLE, &why);
}

enum reason
tool_run(const char *program, const char *const *argv, int passphrase,
    struct why *why)
{
	return tool_run_both(program, argv, passphrase, -1, -1, why);
}

/* Descriptors 3 to 5 of a child, as many as there are; no dup2() may close another
 * one's. */
static void
hand_over(int passphrase, int next, int lock)
{
	int fds[] = { passphrase, next, lock };
	unsigned i, last = 2;

	for (i = 0; i < 3; i++)
		if (fds[i] >= 0 && (fds[i] = fcntl(fds[i], F_DUPFD, 6)) < 0)
			_exit(126);
	for (i = 0; i < 3; i++)
		if (fds[i] >= 0 && dup2(fds[i], (int)(last = 3 + i)) < 0)
			_exit(126);
	if (close_range(last + 1, ~0U, 0) != 0)
		_exit(126);
}

/* What it refuses it has said itself. */
static enum reason
outcome(const char *program, int status, struct why *why)
{
	int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;

	/* It has done its work, and nobody read what it said of it: as if we had
	 * said it. */
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGPIPE) {
		signal(SIGPIPE, SIG_DFL);
		raise(SIGPIPE);
	}
	if (code == EXIT_DONE)
		return REASON_OK;
	if (code == EXIT_USAGE)
		return why_set(
		    why, REASON_ADMIN_ARGUMENT, -1, "hallmark-%s", program);
	if (code == EXIT_REFUSED)
		return why_set(
		    why, REASON_TOOL_REFUSED, -1, "hallmark-%s", program);
	return why_set(
	    why, REASON_UNAVAILABLE, -1, "hallmark-%s did not do it", program);
}

enum reason
tool_run_both(const char *program, const char *const *argv, int passphrase,
    int next, int lock, struct why *why)
{
	char path[PATH_MAX];
	int status;
	pid_t pid;

	tool_path(path, program);
	fflush(NULL);
	if ((pid = fork()) < 0)
		fatal_errno("fork");
	if (pid == 0) {
		hand_over(passphrase, next, lock);
		execv(path, (char *const *)argv);
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		_exit(127);
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			fatal_errno("waitpid");
	return outcome(program, status, why);
}

/* All that a pipe gives until its end; false if that is more than cap. */
static bool
drain(int fd, struct buf *out)
{
	uint8_t piece[4096];
	bool good = true;
	ssize_t n;

	while ((n = read(fd, piece, sizeof(piece))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		good = good && buf_add(out, span_of(piece, (size_t)n));
	}
	return good;
}

enum reason
tool_read(const char *program, const char *const *argv, struct buf *out,
    struct why *why)
{
	char path[PATH_MAX];
	int ends[2], status;
	bool good;
	pid_t pid;

	tool_path(path, program);
	fflush(NULL);
	if (pipe2(ends, O_CLOEXEC) != 0 || (pid = fork()) < 0)
		fatal_errno("fork");
	if (pid == 0) {
		if (dup2(ends[1], STDOUT_FILENO) < 0)
			_exit(126);
		execv(path, (char *const *)argv);
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		_exit(127);
	}
	close(ends[1]);
	good = drain(ends[0], out);
	close(ends[0]);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			fatal_errno("waitpid");
	return good ? outcome(program, status, why)
		    : why_set(why, REASON_INTERNAL, -1,
			  "hallmark-%s said too much", program);
}

/* The words of the command line from the first one on, behind its name. What stood in
 * front of the noun comes behind the first `head` words, which say what to do: what
 * these programs know, and nothing else is dropped without a word. */
static int
become(
    const struct cli *c, const char *program, int head, int argc, char **argv)
{
	char name[32], **words, **to;
	int i, code;

	if (c->home != NULL || c->passphrase_fd != NULL)
		return usage_error(c, "it takes no --%s in front of it",
		    c->home != NULL ? "home" : "passphrase-fd");
	snprintf(name, sizeof(name), "hallmark-%s", program);
	words = to = memory_array((size_t)argc + 5, sizeof(*words));
	*to++ = name;
	for (i = 0; i < argc; i++) {
		*to++ = argv[i];
		if (i + 1 != head)
			continue;
		if (c->json)
			*to++ = (char *)"--json";
		if (c->passphrase_file != NULL) {
			*to++ = (char *)"--passphrase-file";
			*to++ = (char *)c->passphrase_file;
		}
	}
	code = tool_become(c, program, words);
	free(words);
	return code;
}

int
customer_run(struct cli *c, int argc, char **argv)
{
	/* argv begins with the noun: hallmark-registrar NOUN VERB ... */
	return become(c, "registrar", 2, argc, argv);
}

int
ceremony_run(struct cli *c, int argc, char **argv)
{
	/* hallmark-ceremony VERB ...; --help has it say how it is used */
	return become(c, "ceremony", 1, argc - 1, argv + 1);
}
