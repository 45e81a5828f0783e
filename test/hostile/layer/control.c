/* The constructor, the log, memory and clock; see layer.h. */
#undef _FORTIFY_SOURCE
#undef _FILE_OFFSET_BITS
#include "layer.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

static struct control *control;
static int log_fd = -1;
static uint32_t process;
static const char *folder;
static int (*real_clock_gettime)(clockid_t, struct timespec *);

/* The lowest descriptors belong to the program, which knows their numbers. */
static int
open_high(const char *name, int flags)
{
	const char *path = getenv(name);
	long fd, high;

	if (path == NULL)
		return -1;
	fd = syscall(SYS_openat, AT_FDCWD, path, flags | O_CLOEXEC, 0666);
	if (fd < 0)
		abort();
	high = fcntl((int)fd, F_DUPFD_CLOEXEC, 200);
	close((int)fd);
	return (int)high;
}

/* Says whose code ends the program, our own or a library's; then it ends. */
static void
say_where(int number, siginfo_t *info, void *context)
{
	const mcontext_t *m = &((ucontext_t *)context)->uc_mcontext;
	Dl_info where = { 0 };
	uintptr_t at = 0;
	char line[256];
	int len;

	(void)number;
	(void)info;
	(void)m; /* elsewhere nothing is known of where, and nothing excused */
#if defined(__x86_64__)
	at = (uintptr_t)m->gregs[REG_RIP];
#elif defined(__aarch64__)
	at = (uintptr_t)m->pc;
#endif
	(void)dladdr((const void *)at, &where);
	len = snprintf(line, sizeof(line), "fault: SIGSEGV in %.200s\n",
	    where.dli_fname == NULL ? "?" : where.dli_fname);
	(void)syscall(SYS_write, STDERR_FILENO, line, (size_t)len);
}

__attribute__((constructor)) static void
layer_start(void)
{
	const struct sigaction once = { .sa_sigaction = say_where,
		.sa_flags = SA_SIGINFO | (int)SA_RESETHAND };
	int fd;

	if (sigaction(SIGSEGV, &once, NULL) != 0)
		abort();

	*(void **)&real_clock_gettime = dlsym(RTLD_NEXT, "clock_gettime");
	process = (uint32_t)getpid();
	folder = getenv("FAULT_FOLDER");
	if (folder != NULL)
		folder = strdup(folder);
	log_fd = open_high("FAULT_LOG", O_WRONLY | O_APPEND);
	fd = open_high("FAULT_CONTROL", O_RDWR);
	if (fd >= 0) {
		control = mmap(NULL, sizeof(*control), PROT_READ | PROT_WRITE,
		    MAP_SHARED, fd, 0);
		close(fd);
		if (control == MAP_FAILED)
			abort();
	}
	unsetenv("LD_PRELOAD");
}

bool
fault_strikes(enum fault f)
{
	int64_t left;

	if (control == NULL || control->faults[f].countdown <= 0)
		return false;
	left = __atomic_sub_fetch(
	    &control->faults[f].countdown, 1, __ATOMIC_SEQ_CST);
	if (left > 0)
		return false;
	control->faults[f].countdown = control->faults[f].lasting != 0 ? 1 : 0;
	__atomic_add_fetch(&control->faults[f].struck, 1, __ATOMIC_SEQ_CST);
	return true;
}

int64_t
fault_clock(void)
{
	return control == NULL ? 0 : control->clock;
}

const char *
watched_path(const char *path)
{
	size_t len = folder == NULL ? 0 : strlen(folder);

	if (len == 0 || log_fd < 0 || strncmp(path, folder, len) != 0 ||
	    path[len] != '/')
		return NULL;
	return path + len + 1;
}

/* One write() to a file that only grows: entries of two programs never mix. */
static void
log_one(const struct entry *e, const void *bytes)
{
	static uint8_t room[sizeof(*e) + 65536];

	memcpy(room, e, sizeof(*e));
	if (e->len > 0)
		memcpy(room + sizeof(*e), bytes, e->len);
	if (syscall(SYS_write, log_fd, room, sizeof(*e) + e->len) !=
	    (long)(sizeof(*e) + e->len))
		abort();
}

void
log_change(enum change change, uint64_t file, uint64_t at, const void *bytes,
    size_t len)
{
	struct entry e = { .magic = ENTRY_MAGIC,
		.process = process,
		.change = change,
		.file = file,
		.at = at };
	int problem = errno;

	do {
		e.len = len > 65536 ? 65536 : (uint32_t)len;
		log_one(&e, bytes);
		bytes = (const uint8_t *)bytes + e.len;
		e.at += e.len;
		len -= e.len;
	} while (len > 0);
	errno = problem;
}

/* --- memory: glibc has the real ones under other names --- */

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *old, size_t size);

static bool
no_memory(void)
{
	if (!fault_strikes(FAULT_MEMORY))
		return false;
	errno = ENOMEM;
	return true;
}

void *
malloc(size_t size)
{
	return no_memory() ? NULL : __libc_malloc(size);
}

void *
calloc(size_t count, size_t size)
{
	return no_memory() ? NULL : __libc_calloc(count, size);
}

void *
realloc(void *old, size_t size)
{
	return no_memory() ? NULL : __libc_realloc(old, size);
}

/* --- the wall clock; the monotonic one never steps --- */

int
clock_gettime(clockid_t clock, struct timespec *out)
{
	int r;

	if (real_clock_gettime == NULL)
		*(void **)&real_clock_gettime =
		    dlsym(RTLD_NEXT, "clock_gettime");
	r = real_clock_gettime(clock, out);
	if (r == 0 && clock == CLOCK_REALTIME)
		out->tv_sec += fault_clock();
	return r;
}

time_t
time(time_t *out)
{
	struct timespec t = { 0 };

	(void)clock_gettime(CLOCK_REALTIME, &t);
	if (out != NULL)
		*out = t.tv_sec;
	return t.tv_sec;
}

int
gettimeofday(struct timeval *restrict out, void *restrict zone)
{
	struct timespec t = { 0 };

	(void)zone;
	(void)clock_gettime(CLOCK_REALTIME, &t);
	out->tv_sec = t.tv_sec;
	out->tv_usec = t.tv_nsec / 1000;
	return 0;
}
