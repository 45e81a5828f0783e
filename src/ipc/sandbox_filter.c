/*
 * The system calls of each program, see sandbox.h. What stands in no table ends
 * the process: a program does not try what it may not. A call is here because a
 * run was seen to need it, or because libc makes it instead of one that is.
 */
#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>

#include "base/fatal.h"
#include "ipc/sandbox.h"

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED true
#else
#define SANITIZED false
#endif

#define END -1 /* no call has this number, on any architecture */

/* Frames, time, memory and the end. */
static const int everybody[] = { SCMP_SYS(recvmsg), SCMP_SYS(sendmsg),
	SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(writev), SCMP_SYS(close),
	SCMP_SYS(lseek), SCMP_SYS(pread64), SCMP_SYS(epoll_wait),
	SCMP_SYS(epoll_pwait), SCMP_SYS(epoll_ctl), SCMP_SYS(poll),
	SCMP_SYS(ppoll), SCMP_SYS(getsockopt), SCMP_SYS(clock_gettime),
	SCMP_SYS(gettimeofday), SCMP_SYS(time), SCMP_SYS(getrandom),
	SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(geteuid), SCMP_SYS(brk),
	SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(mlock),
	SCMP_SYS(mlock2), SCMP_SYS(munlock), SCMP_SYS(futex),
	SCMP_SYS(restart_syscall), SCMP_SYS(rt_sigaction),
	SCMP_SYS(sysinfo), /* the C library's first sort of over 1 KiB */
	SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn), SCMP_SYS(exit),
	SCMP_SYS(exit_group), END };

/* Connections of the listener that it has; it can make no other socket. */
static const int front[] = { SCMP_SYS(accept4), SCMP_SYS(setsockopt),
	SCMP_SYS(shutdown), SCMP_SYS(recvfrom), END };

static const int checker[] = { END };

/* Files by name: which ones, user, root directory and Landlock say. */
static const int files[] = { SCMP_SYS(open), SCMP_SYS(openat), SCMP_SYS(fstat),
	SCMP_SYS(stat), SCMP_SYS(lstat), SCMP_SYS(newfstatat), SCMP_SYS(access),
	SCMP_SYS(faccessat), SCMP_SYS(faccessat2), SCMP_SYS(unlink),
	SCMP_SYS(unlinkat), SCMP_SYS(pwrite64), SCMP_SYS(fsync),
	SCMP_SYS(fdatasync), SCMP_SYS(ftruncate), SCMP_SYS(fallocate),
	SCMP_SYS(fchmod), END };

/* The store, and operators at its listener. */
static const int authority[] = { SCMP_SYS(accept4), SCMP_SYS(getcwd),
	SCMP_SYS(clock_nanosleep), /* SQLite, while a reader holds the store */
	SCMP_SYS(readlink), SCMP_SYS(readlinkat), SCMP_SYS(umask), END };

/* Segments and keys come into being under another name. */
static const int signer[] = { SCMP_SYS(rename), SCMP_SYS(renameat),
	SCMP_SYS(renameat2), SCMP_SYS(link), SCMP_SYS(linkat),
	SCMP_SYS(getdents64), END };

static const int fcntl_commands[] = { F_GETFD, F_SETFD, F_GETFL, F_SETFL,
	F_DUPFD_CLOEXEC, F_GETLK, F_SETLK, F_GET_SEALS, END };

/* A report of a sanitizer looks around: that must fail, not end it. */
static const int looks[] = { SCMP_SYS(open), SCMP_SYS(openat),
	SCMP_SYS(readlink), SCMP_SYS(readlinkat), SCMP_SYS(stat),
	SCMP_SYS(newfstatat), SCMP_SYS(pipe), SCMP_SYS(pipe2), SCMP_SYS(clone),
	SCMP_SYS(prctl), SCMP_SYS(getrlimit), SCMP_SYS(prlimit64), END };
static const int reports[] = { SCMP_SYS(sigaltstack), SCMP_SYS(sched_yield),
	SCMP_SYS(tgkill), SCMP_SYS(fstat), END };

static void
demand(int result, const char *what)
{
	if (result != 0)
		fatal("seccomp: %s: %s", what, strerror(-result));
}

static void
allow(scmp_filter_ctx filter, const int *calls)
{
	for (; *calls != END; calls++)
		demand(seccomp_rule_add(filter, SCMP_ACT_ALLOW, *calls, 0),
		    "a system call");
}

/* Memory may not become code. */
static void
allow_memory(scmp_filter_ctx filter)
{
	const struct scmp_arg_cmp no_code =
	    SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0);

	demand(seccomp_rule_add(
		   filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, no_code),
	    "mmap");
	demand(seccomp_rule_add(
		   filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, no_code),
	    "mprotect");
}

/* Not those that have the kernel send signals. */
static void
allow_fcntl(scmp_filter_ctx filter)
{
	const int *c;

	for (c = fcntl_commands; *c != END; c++)
		demand(seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(fcntl),
			   1, SCMP_A1(SCMP_CMP_EQ, (scmp_datum_t)*c)),
		    "fcntl");
}

static bool
listed(const int *calls, int call)
{
	while (*calls != END)
		if (*calls++ == call)
			return true;
	return false;
}

static void
allow_reports(scmp_filter_ctx filter, bool has_files)
{
	const int *c;

	allow(filter, reports);
	for (c = looks; *c != END; c++)
		if (!has_files || !listed(files, *c))
			demand(seccomp_rule_add(
				   filter, SCMP_ACT_ERRNO(EACCES), *c, 0),
			    "a look of a sanitizer");
}

void
sandbox_close(enum role role)
{
	static const int *const tables[ROLE_COUNT] = {
		[ROLE_FRONT] = front,
		[ROLE_CHECKER] = checker,
		[ROLE_AUTHORITY] = authority,
		[ROLE_SIGNER] = signer,
	};
	bool has_files = role == ROLE_AUTHORITY || role == ROLE_SIGNER;
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);

	if (filter == NULL || tables[role] == NULL)
		fatal("seccomp: no filter for %s", role_name(role));
	demand(seccomp_attr_set(
		   filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS),
	    "calls of another architecture");
	allow(filter, everybody);
	allow(filter, tables[role]);
	if (has_files)
		allow(filter, files);
	allow_memory(filter);
	allow_fcntl(filter);
	if (SANITIZED)
		allow_reports(filter, has_files);
	demand(seccomp_load(filter), "the filter");
	seccomp_release(filter);
}
