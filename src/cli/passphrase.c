/* Where the passphrase comes from, see cli.h; hallmark passphrase change. */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "base/fatal.h"
#include "base/secret.h"
#include "base/text.h"
#include "cli/cli.h"

#define PASSPHRASE_MAX 1024

/* --- a signal that comes meanwhile must find the terminal with its echo --- */

static const int signals[] = { SIGINT, SIGQUIT, SIGTERM, SIGHUP };
#define SIGNALS (sizeof(signals) / sizeof(signals[0]))

static volatile sig_atomic_t came;

static void
note(int number)
{
	came = number;
}

struct held {
	struct sigaction before[SIGNALS];
	sigset_t mask; /* under which they may come */
};

/* They come only while nothing else is done (typed()). What was ignored stays so, as
 * nohup has it. */
static void
signals_hold(struct held *h)
{
	const struct sigaction hold = { .sa_handler = note };
	sigset_t ours;
	size_t i;

	came = 0;
	sigemptyset(&ours);
	for (i = 0; i < SIGNALS; i++)
		sigaddset(&ours, signals[i]);
	sigprocmask(SIG_BLOCK, &ours, &h->mask);
	for (i = 0; i < SIGNALS; i++) {
		sigaction(signals[i], NULL, &h->before[i]);
		if (h->before[i].sa_handler != SIG_IGN)
			sigaction(signals[i], &hold, NULL);
	}
}

static void
signals_give(const struct held *h)
{
	size_t i;

	for (i = 0; i < SIGNALS; i++)
		sigaction(signals[i], &h->before[i], NULL);
	sigprocmask(SIG_SETMASK, &h->mask, NULL);
	if (came != 0)
		raise(came);
}

/* The next character; false on end of file, or where a signal came, be it just before. */
static bool
typed(int tty, char *c, const struct held *h)
{
	struct pollfd p = { .fd = tty, .events = POLLIN };

	return ppoll(&p, 1, NULL, &h->mask) == 1 && read(tty, c, 1) == 1;
}

/* One line without echo, in locked memory; false on end of file. */
static bool
read_line(int tty, const char *prompt, struct secret *s)
{
	struct termios before, quiet;
	struct held held;
	bool good = false;
	size_t n = 0;
	char c;

	if (write(tty, prompt, strlen(prompt)) < 0 ||
	    tcgetattr(tty, &before) != 0)
		return false;
	quiet = before;
	quiet.c_lflag &= ~(tcflag_t)ECHO;
	secret_new(s, PASSPHRASE_MAX);
	signals_hold(&held);
	if (tcsetattr(tty, TCSAFLUSH, &quiet) != 0) {
		signals_give(&held);
		return false;
	}
	while (n < PASSPHRASE_MAX && typed(tty, &c, &held)) {
		if ((good = c == '\n'))
			break;
		s->ptr[n++] = (uint8_t)c;
	}
	secret_wipe(&c, 1);
	tcsetattr(tty, TCSAFLUSH, &before);
	(void)!write(tty, "\n", 1);
	signals_give(&held);
	s->len = n;
	return good && n > 0;
}

/* Whoever starts signers holds it for as long as a service lives. */
static int
seal(int from)
{
	int fd = memfd_seal(from, -1, "passphrase");

	if (fd >= 0)
		memfd_lock(fd);
	return fd;
}

/* A pipe holds it for the moment between here and the sealed memory. */
static int
seal_typed(const struct secret *s)
{
	int ends[2], fd = -1;

	if (pipe2(ends, O_CLOEXEC) != 0)
		fatal_errno("pipe");
	if (write(ends[1], s->ptr, s->len) == (ssize_t)s->len) {
		close(ends[1]);
		ends[1] = -1;
		fd = seal(ends[0]);
	}
	if (ends[1] >= 0)
		close(ends[1]);
	close(ends[0]);
	return fd;
}

static enum reason
ask(bool fresh, int *fd, struct why *why)
{
	struct secret first = { 0 }, second = { 0 };
	int tty = open("/dev/tty", O_RDWR | O_CLOEXEC);
	enum reason r = REASON_OK;

	if (tty < 0)
		return why_set(why, REASON_ADMIN_ARGUMENT, -1,
		    "there is no terminal to ask for the passphrase: give "
		    "--passphrase-file or --passphrase-fd");
	if (!read_line(
		tty, fresh ? "New passphrase: " : "Passphrase: ", &first))
		r = why_set(why, REASON_PASSPHRASE, -1, "none was given");
	else if (fresh &&
	    (!read_line(tty, "Again: ", &second) ||
		!secret_equal(span_of(first.ptr, first.len),
		    span_of(second.ptr, second.len))))
		r = why_set(why, REASON_PASSPHRASE, -1, "the two differ");
	else if ((*fd = seal_typed(&first)) < 0)
		r = why_set(why, REASON_PASSPHRASE, -1, "it cannot be kept");
	secret_free(&first);
	secret_free(&second);
	close(tty);
	return r;
}

/* By its size, with a newline at its end: its octets are not ours to look at. */
static enum reason
check_size(const char *name, int *fd, struct why *why)
{
	struct stat st;

	if (fstat(*fd, &st) != 0)
		fatal_errno("the passphrase");
	if (st.st_size <= PASSPHRASE_MAX + 1)
		return REASON_OK;
	close(*fd);
	*fd = -1;
	return why_set(why, REASON_FILE_UNREADABLE, -1,
	    "%.150s: a passphrase has at most %d octets", name, PASSPHRASE_MAX);
}

enum reason
passphrase_get(const struct cli *c, bool fresh, int *fd, struct why *why)
{
	const char *name = c->passphrase_file;
	uint64_t number = 0;
	int from;

	if (name == NULL && c->passphrase_fd == NULL)
		return ask(fresh, fd, why);
	if (name == NULL) {
		name = c->passphrase_fd;
		if (!text_uint(span_str(name), 1023, &number))
			return why_set(why, REASON_ADMIN_ARGUMENT, -1,
			    "passphrase-fd: %.40s is no descriptor", name);
		from = (int)number;
	} else {
		from = strcmp(name, "-") == 0
		    ? STDIN_FILENO
		    : open(name, O_RDONLY | O_CLOEXEC);
	}
	if (from < 0)
		return why_set(
		    why, REASON_FILE_UNREADABLE, -1, "%.150s: %m", name);
	*fd = seal(from);
	if (from != STDIN_FILENO) /* else another file would be it */
		close(from);
	if (*fd < 0)
		return why_set(why, REASON_FILE_UNREADABLE, -1,
		    "%.150s: there is no passphrase in it", name);
	return check_size(name, fd, why);
}

static enum reason
change(const struct cli *c, const char *home, int before, int next, int lock,
    struct why *why)
{
	const char *argv[] = { "hallmark-ceremony", "passphrase", "--home",
		home, c->json ? "--json" : NULL, NULL };

	return tool_run_both("ceremony", argv, before, next, lock, why);
}

int
passphrase_change_run(struct cli *c, int argc, char **argv)
{
	struct cli next = *c;
	const char *file = NULL;
	const struct option_row rows[] = {
		{ "new-passphrase-file", &file, NULL, false }, { 0 }
	};
	int lock = -1, fds[2] = { -1, -1 };
	char home[CONFIG_TEXT];
	struct why why;
	enum reason r;

	if (!options_read(c, argc, argv, rows, 0, 0))
		return EXIT_USAGE;
	next.passphrase_file = file;
	next.passphrase_fd = NULL;
	why_clear(&why);
	if ((r = home_path(c, home, &why)) == REASON_OK &&
	    (r = home_lock(home, &lock, &why)) == REASON_OK &&
	    (r = passphrase_get(c, false, &fds[0], &why)) == REASON_OK &&
	    (r = passphrase_get(&next, true, &fds[1], &why)) == REASON_OK)
		r = change(c, home, fds[0], fds[1], lock, &why);
	close(fds[0]);
	close(fds[1]);
	if (lock >= 0)
		close(lock);
	return r == REASON_OK ? EXIT_DONE : refuse(c, r, &why);
}
