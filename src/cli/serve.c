/* hallmark serve: bind, start the four, restart what dies, until stopped. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fatal.h"
#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "cli/cli.h"
#include "ipc/room.h"
#include "ipc/sandbox.h"

#define BACKLOG 4096

struct service {
	struct cli *c;
	const char *listen, *test_clock;
	bool masa;
	char home[CONFIG_TEXT];
	struct children_plan plan;
	int lock;
};

/* --- the listener --- */

enum reason
listen_split(const char *text, char host[256], char port[8], struct why *why)
{
	const char *colon = strrchr(text, ':');
	size_t len = colon == NULL ? 0 : (size_t)(colon - text);
	uint64_t number;

	if (len >= 2 && text[0] == '[' && text[len - 1] == ']') {
		text++;
		len -= 2;
	}
	if (colon == NULL || len == 0 || len > 255 ||
	    !text_uint(span_str(colon + 1), 65535, &number))
		return why_set(why, REASON_ADMIN_ARGUMENT, -1,
		    "listen: ADDRESS:PORT, an IPv6 address in brackets");
	text_copy(host, 256, span_of(text, len));
	snprintf(port, 8, "%u", (unsigned)number);
	return REASON_OK;
}

static int
bind_one(const struct addrinfo *a)
{
	const int on = 1;
	int fd = socket(
		a->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0),
	    problem;

	if (fd < 0)
		return -1;
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
	    bind(fd, a->ai_addr, a->ai_addrlen) == 0 &&
	    listen(fd, BACKLOG) == 0)
		return fd;
	problem = errno;
	close(fd);
	errno = problem;
	return -1;
}

static enum reason
listener_open(const char *text, int *fd, struct why *why)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
		.ai_flags = AI_PASSIVE | AI_NUMERICSERV };
	struct addrinfo *list = NULL, *a;
	char host[256], port[8];
	enum reason r;
	int problem;

	if ((r = listen_split(text, host, port, why)) != REASON_OK)
		return r;
	problem = getaddrinfo(host, port, &hints, &list);
	if (problem != 0)
		return why_set(why, REASON_ADMIN_ARGUMENT, -1,
		    "listen: %.100s: %s", host, gai_strerror(problem));
	*fd = -1;
	for (a = list; a != NULL && *fd < 0; a = a->ai_next)
		*fd = bind_one(a);
	freeaddrinfo(list);
	return *fd >= 0
	    ? REASON_OK
	    : why_set(why, REASON_UNAVAILABLE, -1, "listen: %.100s: %m", text);
}

/* Port 0 became a real one. Whoever waits for "ready" waits for a service that
 * signs; another one says what is wrong instead, and answers all the same. */
static void
print_ready(const struct cli *c, int listener, const struct children *children)
{
	struct why why;
	enum reason missed = children_missed(children, &why);
	struct sockaddr_storage address;
	socklen_t len = sizeof(address);
	char host[NI_MAXHOST], port[NI_MAXSERV];
	bool six;

	if (getsockname(listener, (struct sockaddr *)&address, &len) != 0 ||
	    getnameinfo((struct sockaddr *)&address, len, host, sizeof(host),
		port, sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV) != 0)
		fatal_errno("the listener's address");
	six = strchr(host, ':') != NULL;
	printf("%s https://%s%s%s:%s\n",
	    missed == REASON_OK ? "ready" : reason_code(missed), six ? "[" : "",
	    host, six ? "]" : "", port);
	/* The service runs all the same, and how it ends one day is another matter. */
	if (fflush(stdout) != 0) {
		log_warning("ready-untold", "error=\"%s\"", strerror(errno));
		clearerr(stdout);
	}
	if (missed != REASON_OK)
		(void)refuse(c, missed, &why);
}

/* --- the rest of the plan --- */

/* Not through a link: the folder is the front's, the privileges are ours. */
static int
tls_file(const char *home, const char *name, struct why *why)
{
	char path[PATH_MAX];
	struct stat st;
	int fd;

	path_join(path, sizeof(path), home, name);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0) {
		why_set(why, REASON_HOME_INVALID, -1, "%.150s: %m", path);
	} else if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		why_set(why, REASON_HOME_INVALID, -1,
		    "%.150s: not a regular file", path);
		close(fd);
		fd = -1;
	}
	return fd;
}

/* Chain and key as the fronts get them, with every start and reload. */
static enum reason
tls_read(const char *home, int *out, struct why *why)
{
	int chain = tls_file(home, "front/tls.pem", why), key = -1;
	enum reason r = REASON_HOME_INVALID;

	if (chain >= 0 && (key = tls_file(home, "front/tls.key", why)) >= 0) {
		*out = memfd_seal(chain, key, "tls");
		r = *out >= 0 ? REASON_OK
			      : why_set(why, REASON_HOME_INVALID, -1,
				    "front/tls.pem or front/tls.key is empty");
	}
	if (chain >= 0)
		close(chain);
	if (key >= 0)
		close(key);
	return r;
}

/* Connections are descriptors: as many as this user may have. */
static void
raise_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

static enum reason
read_clock(struct service *s, struct why *why)
{
	struct message_start *start = &s->plan.start;

	if (s->test_clock == NULL)
		return REASON_OK;
	if (!start->config.test)
		return why_set(why, REASON_TEST_CLOCK, -1, "%s", s->home);
	start->has_test_clock = true;
	if (date_parse(span_str(s->test_clock), &start->test_clock))
		return REASON_OK;
	return why_set(why, REASON_ADMIN_ARGUMENT, -1,
	    "test-clock: a date such as 2026-01-31T12:00:00Z");
}

/* A root's key has no business where strangers ask: only a home whose roots
 * init made may have them, says so in its configuration, and at each start. */
static enum reason
root_keys_check(const char *home, const struct config *c, struct why *why)
{
	char path[PATH_MAX];
	const struct dirent *e;
	enum reason r = REASON_OK;
	DIR *d;

	path_join(path, sizeof(path), home, "ceremony");
	if ((d = opendir(path)) == NULL)
		return errno == ENOENT
		    ? REASON_OK
		    : why_set(why, REASON_HOME_INVALID, -1, "%.150s: %m", path);
	while (r == REASON_OK && (e = readdir(d)) != NULL) {
		const char *end = strrchr(e->d_name, '.');

		if (end == NULL || strcmp(end, ".key") != 0)
			continue;
		if (!c->root_keys)
			r = why_set(why, REASON_ROOT_KEY, -1,
			    "ceremony/%.60s; take it away, or say root-keys = "
			    "yes under [manufacturer] of hallmark.ini",
			    e->d_name);
		else
			log_warning("root-key-in-home",
			    "file=\"ceremony/%s\" text=\"whoever has this home "
			    "and its passphrase has the root\"",
			    e->d_name);
	}
	closedir(d);
	return r;
}

static enum reason
prepare(struct service *s, struct why *why)
{
	struct children_plan *p = &s->plan;
	enum reason r;

	if ((r = home_path(s->c, s->home, why)) != REASON_OK ||
	    (r = config_read(s->home, &p->start.config, why)) != REASON_OK ||
	    (r = root_keys_check(s->home, &p->start.config, why)) !=
		REASON_OK ||
	    (r = read_clock(s, why)) != REASON_OK ||
	    (r = home_lock(s->home, &s->lock, why)) != REASON_OK)
		return r;
	p->home = s->home;
	if (s->listen != NULL &&
	    !text_copy(p->start.config.listen, sizeof(p->start.config.listen),
		span_str(s->listen)))
		return why_set(why, REASON_ADMIN_ARGUMENT, -1, "listen");
	raise_descriptors();
	memory_allow();
	p->fronts = p->start.config.fronts;
	p->with_front = p->with_checker = true;
	p->with_authority = p->with_signer = true;
	p->restart = p->apart = true;
	r = listener_open(p->start.config.listen, &p->listener, why);
	if (r != REASON_OK)
		return r;
	if ((r = tls_read(s->home, &p->tls, why)) != REASON_OK)
		return r;
	/* From here on verbs of the command line wait for the service. */
	if ((p->admin_listener = admin_listen(s->home)) < 0)
		return why_set(
		    why, REASON_HOME_INVALID, -1, "run/admin.sock: %m");
	return passphrase_get(s->c, false, &p->passphrase, why);
}

/* SIGHUP: the file is read again. What cannot change while running (address, the names
 * that were compared with those of devices, number of fronts and of their connections, the kind of home) stays as it is. */
static bool
reload(void *context, struct children_plan *plan)
{
	struct service *s = context;
	struct message_start *start = &plan->start;
	struct config old = start->config, fresh;
	struct why why;
	enum reason r;
	int tls;

	if ((r = config_read(s->home, &fresh, &why)) != REASON_OK ||
	    (r = tls_read(s->home, &tls, &why)) != REASON_OK) {
		log_reason(r, &why, "event=\"reload\"");
		return false;
	}
	plan->tls = tls;
	start->config = fresh;
	memcpy(start->config.listen, old.listen, sizeof(old.listen));
	memcpy(start->config.names, old.names, sizeof(old.names));
	start->config.fronts = old.fronts;
	start->config.connections = old.connections;
	start->config.test = old.test;
	return true;
}

static void
close_all(struct service *s)
{
	char path[PATH_MAX];

	if (s->plan.admin_listener >= 0) {
		path_join(path, sizeof(path), s->home, "run/admin.sock");
		unlink(path);
		close(s->plan.admin_listener);
	}
	if (s->plan.listener >= 0)
		close(s->plan.listener);
	if (s->plan.tls >= 0)
		close(s->plan.tls);
	if (s->plan.passphrase >= 0)
		close(s->plan.passphrase);
	if (s->lock >= 0)
		close(s->lock);
}

int
serve_run(struct cli *c, int argc, char **argv)
{
	struct service s = { .c = c,
		.lock = -1,
		.plan = { .listener = -1,
		    .passphrase = -1,
		    .admin_listener = -1,
		    .tls = -1 } };
	const struct option_row rows[] = { { "masa", NULL, &s.masa, false },
		{ "listen", &s.listen, NULL, false },
		{ "test-clock", &s.test_clock, NULL, false }, { 0 } };
	struct children *children = NULL;
	struct why why;
	enum reason r;
	int code;

	if (!options_read(c, argc, argv, rows, 0, 0))
		return EXIT_USAGE;
	why_clear(&why);
	log_open("serve");
	if ((r = prepare(&s, &why)) == REASON_OK) {
		sandbox_parent();
		rooms_log();
		r = children_start(&s.plan, &children, &why);
		s.plan.tls = -1; /* it is the children's */
	}
	if (r != REASON_OK) {
		code = refuse(c, r, &why);
	} else {
		if (children_ready(children))
			print_ready(c, s.plan.listener, children);
		code = children_run(children, reload, &s) == 0
		    ? EXIT_DONE
		    : EXIT_UNAVAILABLE;
		children_stop(children);
	}
	close_all(&s);
	return code;
}
