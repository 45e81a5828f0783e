/* The other programs of this package, which lie beside this one. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
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

int
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
	return tool_run_both(program, argv, passphrase, -1, why);
}

/* Descriptors of a child; neither dup2() may close the other's. */
static void
hand_over(int passphrase, int next)
{
	int first = fcntl(passphrase, F_DUPFD, 5);
	int second = next < 0 ? -1 : fcntl(next, F_DUPFD, 5);

	if (first < 0 || dup2(first, 3) < 0 ||
	    (next >= 0 && (second < 0 || dup2(second, 4) < 0)) ||
	    close_range(next < 0 ? 4 : 5, ~0U, 0) != 0)
		_exit(126);
}

enum reason
tool_run_both(const char *program, const char *const *argv, int passphrase,
    int next, struct why *why)
{
	char path[PATH_MAX];
	int status;
	pid_t pid;

	tool_path(path, program);
	fflush(NULL);
	if ((pid = fork()) < 0)
		fatal_errno("fork");
	if (pid == 0) {
		hand_over(passphrase, next);
		execv(path, (char *const *)argv);
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		_exit(127);
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			fatal_errno("waitpid");
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return REASON_OK;
	return why_set(why,
	    WIFEXITED(status) && WEXITSTATUS(status) == 1
		? REASON_SIGNER_REFUSED
		: REASON_UNAVAILABLE,
	    -1, "hallmark-%s did not do it", program);
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
	if (good && WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return REASON_OK;
	return why_set(why,
	    WIFEXITED(status) && WEXITSTATUS(status) == 1
		? REASON_EVIDENCE_DIFFERS
		: REASON_UNAVAILABLE,
	    -1, "hallmark-%s did not do it", program);
}

/* The words of the command line from the first one on, behind its name. */
static int
become(const struct cli *c, const char *program, int argc, char **argv)
{
	char name[32], **words;
	int i, code;

	snprintf(name, sizeof(name), "hallmark-%s", program);
	words = memory_array((size_t)argc + 2, sizeof(*words));
	words[0] = name;
	for (i = 0; i < argc; i++)
		words[i + 1] = argv[i];
	code = tool_become(c, program, words);
	free(words);
	return code;
}

int
customer_run(struct cli *c, int argc, char **argv)
{
	/* argv begins with the noun: hallmark-registrar NOUN VERB ... */
	return become(c, "registrar", argc, argv);
}

int
ceremony_run(struct cli *c, int argc, char **argv)
{
	/* hallmark-ceremony VERB ...; --help has it say how it is used */
	return become(c, "ceremony", argc - 1, argv + 1);
}
