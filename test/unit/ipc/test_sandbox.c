/* Landlock on kernels of every version: what is asked of each is what it knows,
 * and what a program may do in its folder is part of that. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fatal.h"
#include "ipc/sandbox.h"

/* A made-up kernel: its version, and what it was asked. */
static long version;
static uint64_t asked[3], allowed;
static unsigned rules, restricted;

static const uint64_t files_of[] = { 0, 0x1fff, 0x3fff, 0x7fff, 0x7fff, 0xffff,
	0xffff, 0xffff, 0xffff };
static const uint64_t net_of[] = { 0, 0, 0, 0, 3, 3, 3, 3, 3 };
static const uint64_t scopes_of[] = { 0, 0, 0, 0, 0, 0, 3, 3, 3 };

static long
create(const uint64_t *ruleset, size_t size, long flags)
{
	errno = EOPNOTSUPP;
	if (version == 0)
		return -1;
	if (flags == LANDLOCK_CREATE_RULESET_VERSION)
		return version;
	errno = E2BIG; /* as a kernel does: unknown fields must be zero */
	if (size != sizeof(asked) || (version < 6 && ruleset[2] != 0) ||
	    (version < 4 && ruleset[1] != 0))
		return -1;
	memcpy(asked, ruleset, sizeof(asked));
	return open("/dev/null", O_RDONLY);
}

/* In the place of libc's. */
long
syscall(long number, ...)
{
	const struct landlock_path_beneath_attr *beneath;
	const uint64_t *pointer;
	va_list arguments;
	long first, result = 0;
	size_t size;

	va_start(arguments, number);
	switch (number) {
	case SYS_landlock_create_ruleset:
		pointer = va_arg(arguments, const uint64_t *);
		size = va_arg(arguments, size_t);
		result = create(pointer, size, va_arg(arguments, int));
		break;
	case SYS_landlock_add_rule:
		first = va_arg(arguments, int);
		(void)first;
		(void)va_arg(arguments, int);
		beneath = va_arg(
		    arguments, const struct landlock_path_beneath_attr *);
		allowed = beneath->allowed_access;
		rules++;
		break;
	case SYS_landlock_restrict_self:
		restricted++;
		break;
	default:
		errno = ENOSYS;
		result = -1;
	}
	va_end(arguments);
	return result;
}

/* In a process of its own, which is not root; what failed, or 0. */
static int
judge(enum role role)
{
	bool has_folder = role == ROLE_SIGNER;

	sandbox_enter(role, open(".", O_PATH | O_DIRECTORY), 0, 0);
	if (version == 0)
		return restricted == 0 && rules == 0 ? 0 : 1;
	if (restricted != 1 || rules != has_folder)
		return 2;
	if (asked[0] != files_of[version] || asked[1] != net_of[version] ||
	    asked[2] != scopes_of[version])
		return 3;
	if ((allowed & ~asked[0]) != 0 ||
	    (allowed & LANDLOCK_ACCESS_FS_EXECUTE) != 0)
		return 4;
	return has_folder == (allowed != 0) ? 0 : 5;
}

static void
every_version(void **state)
{
	static const enum role roles[] = { ROLE_CHECKER, ROLE_SIGNER };
	unsigned i;
	int status;
	pid_t pid;

	(void)state;
	for (version = 0; version <= 8; version++) {
		for (i = 0; i < 2; i++) {
			if ((pid = fork()) == 0)
				_exit(geteuid() != 0 || setuid(65534) == 0
					? judge(roles[i])
					: 99);
			assert_int_equal(waitpid(pid, &status, 0), pid);
			assert_int_equal(status, 0);
		}
	}
}

static void
not_as_root(void **state)
{
	int status;
	pid_t pid;

	(void)state;
	if (geteuid() != 0)
		skip();
	if ((pid = fork()) == 0) {
		sandbox_enter(
		    ROLE_CHECKER, open(".", O_PATH | O_DIRECTORY), 0, 0);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == FATAL_STATUS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_version),
		cmocka_unit_test(not_as_root),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
