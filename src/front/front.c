/* The life of hallmark-front, see front.h. */
#include "front/front.h"

#include <event2/event.h>
#include <fcntl.h>
#include <signal.h>

#include "base/clock.h"
#include "base/fatal.h"
#include "base/log.h"
#include "base/secret.h"
#include "model/key_policy.h"

#define LINES_PER_SECOND 100
#define COUNTS_SECONDS	 60
#define TLS_MAX		 65536 /* octets of chain and key */

/* --- the log's share --- */

static void
log_counts(struct front *f)
{
	const struct http_counts *n = server_counts(f->server);

	if (memcmp(n, &f->said, sizeof(*n)) == 0 &&
	    f->blocked == f->blocked_said && f->limited == f->limited_said)
		return;
	f->said = *n;
	f->blocked_said = f->blocked;
	f->limited_said = f->limited;
	log_note("counts",
	    "accepted=\"%llu\" handshakes-refused=\"%llu\" "
	    "handshakes-failed=\"%llu\" "
	    "evicted=\"%llu\" requests=\"%llu\" legacy=\"%llu\" slow=\"%llu\" "
	    "blocked=\"%llu\" limited=\"%llu\"",
	    (unsigned long long)n->accepted,
	    (unsigned long long)n->handshakes_refused,
	    (unsigned long long)n->handshakes_failed,
	    (unsigned long long)n->evicted, (unsigned long long)n->requests,
	    (unsigned long long)n->legacy, (unsigned long long)n->slow,
	    (unsigned long long)f->blocked, (unsigned long long)f->limited);
}

/* Days before the end of the service's own certificate at which it is told: less
 * than those for which it is usually renewed ahead. Each is told once. */
static void
watch_certificate(struct front *f)
{
	static const unsigned days_before[] = { 21, 14, 7, 1, 0 };
	const unsigned levels = sizeof(days_before) / sizeof(*days_before);
	int64_t end = server_tls_end(f->server), left = end - clock_now();
	unsigned days = left < 0
	    ? 0
	    : (unsigned)((left + SECONDS_A_DAY - 1) / SECONDS_A_DAY);
	unsigned level = 0;
	char text[CLOCK_TEXT_SIZE];

	while (level < levels && days <= days_before[level])
		level++;
	if (level > f->tls_level && f->index == 0) {
		clock_print(text, end);
		log_alarm("tls-expiring",
		    "file=\"front/tls.pem\" days=\"%u\" end=\"%s\" "
		    "expired=\"%s\"",
		    days, text, left < 0 ? "yes" : "no");
	}
	f->tls_level = level;
}

static void
on_tick(void *context)
{
	struct front *f = context;

	if (f->lines_lost > 0)
		log_note("requests-not-logged", "count=\"%u\"", f->lines_lost);
	f->lines = LINES_PER_SECOND;
	f->lines_lost = 0;
	f->away_line = false;
	if (++f->ticks % COUNTS_SECONDS == 0) {
		log_counts(f);
		watch_certificate(f);
	}
}

/* --- start, reload --- */

/* Serve has read the files: no program that meets the network opens any. */
static enum reason
open_tls(struct front *f, const struct config *config, struct why *why)
{
	struct tls_identity own = { .client = config->client };
	struct secret pem;
	enum reason r;

	if (program_tls(f->program) < 0 ||
	    !secret_read_fd(&pem, program_tls(f->program), TLS_MAX))
		return why_set(why, REASON_HOME_INVALID, -1,
		    "front/tls.pem and front/tls.key: nothing came, or more "
		    "than %d octets",
		    TLS_MAX);
	own.pem = span_of(pem.ptr, pem.len);
	r = server_tls(f->server, &own, why);
	secret_free(&pem);
	f->tls_level = 0;
	if (r == REASON_OK)
		watch_certificate(f);
	return r;
}

static void
take_config(struct front *f, const struct config *c)
{
	f->rates = (struct budget_rates){ .client = c->rate_client,
		.prefix = c->rate_prefix,
		.known = c->rate_known,
		.handshake = c->rate_handshake };
	memcpy(f->base_path, c->base_path, sizeof(f->base_path));
	f->paths = (struct http_paths){ f->base_path, c->legacy };
	server_paths(f->server, &f->paths);
}

static enum reason
on_start(void *context, struct program *p, struct why *why)
{
	struct front *f = context;
	const struct message_start *start = program_start(p);
	int listener = program_listener(p), flags;

	f->program = p;
	f->index = start->index;
	f->lines = LINES_PER_SECOND;
	if (start->has_test_clock)
		clock_set_test(start->test_clock);
	if (listener < 0)
		return why_set(why, REASON_HOME_INVALID, -1,
		    "the front was given no listener");
	if ((flags = fcntl(listener, F_GETFL)) < 0 ||
	    fcntl(listener, F_SETFL, flags | O_NONBLOCK) != 0)
		fatal_errno("the listener");
	if (f->limits.connections == 0)
		limits_default(&f->limits, start->config.connections);
	limits_apply(&f->limits);
	f->pending = pending_new(f->limits.connections);
	if ((f->base = event_base_new()) == NULL)
		fatal("event_base_new");
	f->server =
	    server_new(f->base, listener, &f->limits, &front_http_calls, f);
	f->budget = budget_new();
	take_config(f, &start->config);
	return open_tls(f, &start->config, why);
}

/* New connections see the new certificate, or go on with the one before; all else is
 * new in any case, as it is for fronts that start later. */
static enum reason
on_reload(void *context, const struct message_start *start, struct why *why)
{
	struct front *f = context;
	char legacy[LEGACY_TEXT_SIZE];
	enum reason r;

	take_config(f, &start->config);
	if ((r = open_tls(f, &start->config, why)) != REASON_OK)
		return r;
	legacy_print(legacy, start->config.legacy);
	log_note("reloaded", "legacy=\"%s\"", legacy);
	return REASON_OK;
}

/* A new authority has a new list. */
static void
on_blocklist(void *context, int fd)
{
	struct front *f = context;
	const struct blocklist *fresh = blocklist_open(fd);

	if (fresh == NULL)
		fatal("the blocklist is not sealed memory of its size");
	blocklist_close(f->blocklist);
	f->blocklist = fresh;
}

/* --- peers --- */

static void
on_lost(void *context, struct peer *peer)
{
	if (peer_role(peer) == ROLE_CHECKER)
		front_give_up(context);
}

static void
on_message(void *context, struct peer *peer, const struct frame *frame)
{
	(void)peer;
	front_take_frame(context, frame);
}

/* --- the loop --- */

static void
on_frames(evutil_socket_t fd, short what, void *context)
{
	struct front *f = context;

	(void)fd;
	(void)what;
	if (!program_dispatch(f->program, 0))
		(void)event_base_loopbreak(f->base);
}

static void
on_overdue(evutil_socket_t fd, short what, void *context)
{
	struct front *f = context;

	(void)fd;
	(void)what;
	f->overdue = true;
}

/* Replies and answers that are on their way arrive; the checker is stopped
 * after us. */
static void
on_stop(void *context)
{
	struct front *f = context;
	unsigned ms = f->limits.stop_ms;
	const struct timeval t = { ms / 1000, (suseconds_t)(ms % 1000) * 1000 };

	server_stop(f->server);
	if (event_add(f->stopper, &t) != 0)
		fatal("a timer");
	while (!f->overdue && server_connections(f->server) > 0)
		if (event_base_loop(f->base, EVLOOP_ONCE) != 0)
			break;
	log_counts(f);
}

/* The descriptor carries frames; once a second, too, so that time passes when
 * nobody says anything. */
static struct event *
watch(struct front *f, int fd, short what, event_callback_fn call)
{
	const struct timeval second = { 1, 0 };
	struct event *e = event_new(f->base, fd, what, call, f);

	if (e == NULL ||
	    ((what & EV_PERSIST) != 0 &&
		event_add(e, fd < 0 ? &second : NULL) != 0))
		fatal("an event");
	return e;
}

int
front_run(struct front *f)
{
	static const struct program_calls calls = {
		.role = ROLE_FRONT,
		.start = on_start,
		.lost = on_lost,
		.message = on_message,
		.tick = on_tick,
		.reload = on_reload,
		.blocklist = on_blocklist,
		.stop = on_stop,
	};
	int status;

	/* A client that is gone is an error of a write, nothing more. */
	if (signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		fatal_errno("SIGPIPE");
	f->program = program_open(&calls, f);
	f->frames = watch(
	    f, program_descriptor(f->program), EV_READ | EV_PERSIST, on_frames);
	f->ticker = watch(f, -1, EV_PERSIST, on_frames);
	f->stopper = watch(f, -1, 0, on_overdue);
	(void)event_base_dispatch(f->base);
	status = program_close(f->program);
	server_free(f->server);
	blocklist_close(f->blocklist);
	event_free(f->frames);
	event_free(f->ticker);
	event_free(f->stopper);
	event_base_free(f->base);
	pending_free(f->pending);
	budget_free(f->budget);
	return status;
}
