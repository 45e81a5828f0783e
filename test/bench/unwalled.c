/*
 * Loaded before everything else, for test/bench/profile: the walls of a program
 * (src/ipc/sandbox.h) are put up as always and hold nothing, so that a tool
 * around it can write a file at the end. The programs themselves know nothing
 * of this.
 */
#include <dlfcn.h>
#include <errno.h>
#include <grp.h>
#include <seccomp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

typedef long many(long, ...);

static bool another_user; /* as far as the program is told */

/* The library asks the kernel what it can do, and valgrind knows no such call. */
scmp_filter_ctx
seccomp_init(uint32_t otherwise)
{
	static int filter;

	(void)otherwise;
	return &filter;
}

int
seccomp_attr_set(
    scmp_filter_ctx filter, enum scmp_filter_attr attribute, uint32_t value)
{
	(void)filter;
	(void)attribute;
	(void)value;
	return 0;
}

int
seccomp_rule_add(
    scmp_filter_ctx filter, uint32_t action, int call, unsigned n, ...)
{
	(void)filter;
	(void)action;
	(void)call;
	(void)n;
	return 0;
}

int
seccomp_load(const scmp_filter_ctx filter)
{
	(void)filter;
	return 0;
}

void
seccomp_release(scmp_filter_ctx filter)
{
	(void)filter;
}

int
chroot(const char *path)
{
	(void)path;
	return 0;
}

/* Who has become another user is asked whether it can go back. */
static int
unless_another_user(void)
{
	if (another_user)
		errno = EPERM;
	return another_user ? -1 : 0;
}

int
setgroups(size_t n, const gid_t *groups)
{
	(void)n;
	(void)groups;
	return unless_another_user();
}

int
setresgid(gid_t real, gid_t effective, gid_t saved)
{
	(void)real;
	(void)effective;
	(void)saved;
	return 0;
}

int
setresuid(uid_t real, uid_t effective, uid_t saved)
{
	int result = unless_another_user();

	(void)real;
	(void)effective;
	(void)saved;
	another_user = true;
	return result;
}

static many *
next(const char *name)
{
	return (many *)dlsym(RTLD_NEXT, name);
}

/* glibc's prctl() takes all its arguments as long, too. */
int
prctl(int option, ...)
{
	long n[4];
	va_list arguments;
	int i;

	va_start(arguments, option);
	for (i = 0; i < 4; i++)
		n[i] = va_arg(arguments, long);
	va_end(arguments);
	if (option == PR_CAPBSET_DROP)
		return 0;
	return (int)next("prctl")(option, n[0], n[1], n[2], n[3]);
}

long
syscall(long number, ...)
{
	long n[6];
	va_list arguments;
	int i;

	va_start(arguments, number);
	for (i = 0; i < 6; i++)
		n[i] = va_arg(arguments, long);
	va_end(arguments);
	if (number == SYS_capset)
		return 0;
	if (number == SYS_landlock_create_ruleset) {
		errno = ENOSYS; /* as on a kernel without it */
		return -1;
	}
	return next("syscall")(number, n[0], n[1], n[2], n[3], n[4], n[5]);
}
