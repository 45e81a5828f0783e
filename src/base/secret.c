/* Secrets in memory, and the hardening of a process; see secret.h. */
#include "base/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fatal.h"
#include "base/log.h"

void
secret_new(struct secret *s, size_t len)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	void *p;

	s->room = (len + page) / page * page;
	s->len = len;
	p = mmap(NULL, s->room, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		fatal_errno("memory for a secret");
	if (mlock(p, s->room) != 0) {
		static bool told;

		if (errno != ENOMEM && errno != EPERM && errno != EAGAIN)
			fatal_errno("locking a secret in memory");
		if (!told)
			log_warning("memory-lock",
			    "text=\"a secret could not "
			    "be locked in memory; raise RLIMIT_MEMLOCK\"");
		told = true;
	}
	if (madvise(p, s->room, MADV_DONTDUMP) != 0 ||
	    madvise(p, s->room, MADV_WIPEONFORK) != 0)
		fatal_errno("madvise for a secret");
	s->ptr = p;
}

void
secret_free(struct secret *s)
{
	if (s == NULL || s->ptr == NULL)
		return;
	secret_wipe(s->ptr, s->room);
	munmap(s->ptr, s->room);
	memset(s, 0, sizeof(*s));
}

void
secret_wipe(void *ptr, size_t len)
{
	explicit_bzero(ptr, len);
}

bool
secret_equal(struct span a, struct span b)
{
	volatile uint8_t d = 0;
	size_t i;

	if (a.len != b.len)
		return false;
	for (i = 0; i < a.len; i++)
		d |= a.ptr[i] ^ b.ptr[i];
	return d == 0;
}

bool
secret_read_fd(struct secret *s, int fd, size_t cap)
{
	struct secret all;
	size_t n = 0;
	ssize_t got;

	/* A sealed memfd is read again by each restarted signer, and by several
	 * fronts at once, who share its offset: so that is left alone. */
	/* The newline, and one byte that shows that there is too much. */
	secret_new(&all, cap + 2);
	while (n < all.len) {
		got = pread(fd, all.ptr + n, all.len - n, (off_t)n);
		if (got < 0 && errno == ESPIPE)
			got = read(fd, all.ptr + n, all.len - n);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			n = 0; /* half a passphrase is none */
		if (got <= 0)
			break;
		n += (size_t)got;
	}
	if (n > 0 && n < all.len && all.ptr[n - 1] == '\n')
		n--;
	if (n == 0 || n > cap) {
		secret_free(&all);
		return false;
	}
	all.len = n;
	*s = all; /* transferred */
	return true;
}

/* Descriptors 0 to 2 exist, so that no socket of ours becomes one of them. For
 * reading only: what is printed where nobody takes it fails (stdout_end()). */
static void
open_standard(void)
{
	int fd;

	do {
		if ((fd = open("/dev/null", O_RDONLY)) < 0)
			fatal_errno("/dev/null");
	} while (fd <= 2);
	close(fd);
}

void
process_harden(void)
{
	const struct rlimit none = { 0, 0 };

	open_standard();
	umask(077);
	signal(SIGPIPE, SIG_IGN);
	/* Where who started us ignores it, no child could be waited for. */
	signal(SIGCHLD, SIG_DFL);
	if (prctl(PR_SET_DUMPABLE, 0) != 0 ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    setrlimit(RLIMIT_CORE, &none) != 0)
		fatal_errno("hardening the process");
}
