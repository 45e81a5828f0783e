/* Runs a function in a child and keeps what it says on stderr. */
#ifndef TEST_BASE_CAPTURE_H
#define TEST_BASE_CAPTURE_H

#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* The wait status; out is terminated. */
static inline int
capture(void (*run)(void), char *out, size_t cap)
{
	size_t n = 0;
	ssize_t got;
	int ends[2], status;
	pid_t child;

	if (pipe(ends) != 0 || (child = fork()) < 0)
		return -1;
	if (child == 0) {
		dup2(ends[1], STDERR_FILENO);
		run();
		_exit(0);
	}
	close(ends[1]);
	while (n < cap - 1 && (got = read(ends[0], out + n, cap - 1 - n)) > 0)
		n += (size_t)got;
	out[n] = '\0';
	close(ends[0]);
	return waitpid(child, &status, 0) == child ? status : -1;
}

#endif
