/* Secrets and the hardening of a process. */
#include <setjmp.h>
#include <stdarg.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "base/secret.h"
#include "capture.h"

static struct secret s;

static void
a_child_sees_nothing(void)
{
	_exit(s.ptr[0] == 0 && s.ptr[4095] == 0 ? 0 : 1);
}

static void
wiped_on_fork(void **state)
{
	char said[100];

	(void)state;
	secret_new(&s, 4096);
	assert_int_equal(s.ptr[4095], 0);
	memset(s.ptr, 0x5a, s.len);
	assert_int_equal(capture(a_child_sees_nothing, said, sizeof(said)), 0);
	assert_int_equal(s.ptr[4095], 0x5a);
	secret_free(&s);
	assert_null(s.ptr);
	secret_free(&s);
	secret_free(NULL);
}

/* The address sanitizer takes mlock() for itself and does nothing. */
#ifdef __SANITIZE_ADDRESS__
#define LOCKS_NOTHING true
#else
#define LOCKS_NOTHING false
#endif

/* smaps tells what the kernel was told: dd = not in core files, lo = locked. */
static void
left_out_of_core_files(void **state)
{
	FILE *f = fopen("/proc/self/smaps", "r");
	char line[300];
	unsigned long from, to;
	bool mine = false, said = false;

	(void)state;
	assert_non_null(f);
	secret_new(&s, 1);
	while (fgets(line, sizeof(line), f) != NULL) {
		if (sscanf(line, "%lx-%lx ", &from, &to) == 2)
			mine =
			    (uintptr_t)s.ptr >= from && (uintptr_t)s.ptr < to;
		if (mine && strncmp(line, "VmFlags:", 8) == 0)
			said = strstr(line, " dd") != NULL &&
			    (LOCKS_NOTHING || strstr(line, " lo") != NULL) &&
			    strstr(line, " wf") != NULL;
	}
	fclose(f);
	assert_true(said);
	secret_free(&s);
}

static void
equal_and_wipe(void **state)
{
	char text[] = "secret";

	(void)state;
	assert_true(secret_equal(span_str("abc"), span_str("abc")));
	assert_false(secret_equal(span_str("abc"), span_str("abd")));
	assert_false(secret_equal(span_str("abc"), span_str("Abc")));
	assert_false(secret_equal(span_str("abc"), span_str("ab")));
	assert_true(secret_equal(span_of(NULL, 0), span_of(NULL, 0)));
	secret_wipe(text, sizeof(text));
	assert_memory_equal(text, "\0\0\0\0\0\0\0", 7);
}

static bool
reads(const char *text, size_t cap, const char *expected)
{
	int fd = memfd_create("test", MFD_CLOEXEC);
	bool good, twice;

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		abort();
	/* From the beginning, wherever the descriptor stands; and again. */
	good = secret_read_fd(&s, fd, cap);
	if (good) {
		good = expected != NULL && s.len == strlen(expected) &&
		    memcmp(s.ptr, expected, s.len) == 0;
		secret_free(&s);
		twice = secret_read_fd(&s, fd, cap);
		secret_free(&s);
		good = good && twice;
	} else {
		good = expected == NULL;
	}
	close(fd);
	return good;
}

static void
read_from_a_descriptor(void **state)
{
	(void)state;
	assert_true(reads("passphrase\n", 100, "passphrase"));
	assert_true(reads("passphrase", 100, "passphrase"));
	assert_true(reads("two\n\n", 100, "two\n"));
	assert_true(reads("12345", 5, "12345"));
	assert_true(reads("12345\n", 5, "12345"));
	assert_true(reads("123456", 5, NULL));
	assert_true(reads("12345\n\n", 5, NULL));
	assert_true(reads("123456\n", 5, NULL));
	assert_true(reads("", 5, NULL));
	assert_true(reads("\n", 5, NULL));
	assert_false(secret_read_fd(&s, -1, 5));
}

static void
close_standard_and_harden(void)
{
	struct rlimit core;
	struct stat a, b;
	struct sigaction pipe_action;

	close(0);
	close(1);
	process_harden();
	if (prctl(PR_GET_DUMPABLE) != 0 ||
	    prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
		_exit(2);
	if (getrlimit(RLIMIT_CORE, &core) != 0 || core.rlim_max != 0)
		_exit(3);
	if (umask(0) != 077)
		_exit(4);
	if (sigaction(SIGPIPE, NULL, &pipe_action) != 0 ||
	    pipe_action.sa_handler != SIG_IGN)
		_exit(5);
	if (stat("/dev/null", &a) != 0 || fstat(0, &b) != 0 ||
	    a.st_rdev != b.st_rdev || fstat(1, &b) != 0 ||
	    a.st_rdev != b.st_rdev)
		_exit(6);
	_exit(0);
}

static void
a_process_is_hardened(void **state)
{
	char said[100];
	int status = capture(close_standard_and_harden, said, sizeof(said));

	(void)state;
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wiped_on_fork),
		cmocka_unit_test(left_out_of_core_files),
		cmocka_unit_test(equal_and_wipe),
		cmocka_unit_test(read_from_a_descriptor),
		cmocka_unit_test(a_process_is_hardened),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
