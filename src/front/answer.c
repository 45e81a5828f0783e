/* From a request to the checker's answer and back to the client; front.h. */
#include <stdio.h>

#include "base/clock.h"
#include "base/fatal.h"
#include "base/log.h"
#include "base/text.h"
#include "front/front.h"
#include "model/audit.h"
#include "wire/cbor.h"

/* A base path, the name and the slug. */
#define LOCATION_MAX (CONFIG_TEXT + sizeof(PREPARED_NAME) + HEX_SIZE(SLUG_SIZE))

static struct peer *
checker(const struct front *f)
{
	return program_peer(f->program, ROLE_CHECKER, f->index);
}

/* --- to the checker --- */

static void
reply_health(struct http_connection *c)
{
	const struct http_response ok = {
		.status = 200, .type = TYPE_TEXT, .body = span_str("ok\n")
	};

	connection_reply(c, &ok);
}

static void
fill_check(const struct front *f, struct message_check *m,
    const struct http_connection *c, const struct http_request *q)
{
	const struct http_exchange *e = connection_exchange(c);

	memset(m, 0, sizeof(*m));
	m->kind = e->route->kind;
	m->format = e->media.request;
	m->reply = e->media.reply;
	memcpy(m->client_sha256, connection_client(c), HASH_SIZE);
	memcpy(m->client_spki_sha256, connection_client_key(c), HASH_SIZE);
	text_copy(
	    m->address, sizeof(m->address), span_str(connection_address(c)));
	text_copy(m->correlation, sizeof(m->correlation),
	    span_str(connection_correlation(c)));
	m->legacy = e->legacy;
	m->allowed = f->paths.allowed;
	m->body = q->body;
}

static bool
send_check(const struct front *f, struct peer *to, uint64_t id,
    const struct http_connection *c, const struct http_request *q)
{
	struct message_check m;

	fill_check(f, &m, c, q);
	return PEER_SEND(to, CHECK, id, check, &m);
}

static bool
send_fetch(struct peer *to, uint64_t id, const struct http_connection *c)
{
	struct message_fetch m;

	memcpy(m.slug, connection_exchange(c)->slug, SLUG_SIZE);
	memcpy(m.client_spki_sha256, connection_client_key(c), HASH_SIZE);
	return PEER_SEND(to, FETCH, id, fetch, &m);
}

static void
ask_checker(
    struct front *f, struct http_connection *c, const struct http_request *q)
{
	bool fetch =
	    connection_exchange(c)->route->resource == RESOURCE_PREPARED;
	struct peer *to = checker(f);
	uint64_t id;

	if (to == NULL) {
		connection_refuse(c, REASON_UNAVAILABLE, NULL);
		return;
	}
	if ((id = pending_add(f->pending, c)) == 0) {
		connection_refuse(c, REASON_OVERLOAD, NULL);
		return;
	}
	if (fetch ? !send_fetch(to, id, c) : !send_check(f, to, id, c, q)) {
		(void)pending_take(f->pending, id);
		connection_refuse(c, REASON_OVERLOAD, NULL);
		return;
	}
	connection_set_tag(c, id);
}

/* --- lines of log --- */

/* May there be another one in this second? Whoever is turned away does not get
 * the lines of the others. */
static bool
line_left(struct front *f, bool turned_away)
{
	if (turned_away && f->away_line)
		return false;
	f->away_line |= turned_away;
	if (f->lines == 0) {
		f->lines_lost++;
		return false;
	}
	f->lines--;
	return true;
}

/* --- what the server asks --- */

static bool
is_known(const struct front *f, const struct http_connection *c)
{
	return f->blocklist != NULL &&
	    blocklist_knows(f->blocklist, connection_client(c));
}

/* Taken before it costs anything, so that nobody gets more by beginning many
 * at once. */
static bool
on_meet(void *context, const char *address)
{
	struct front *f = context;
	struct why why;

	if (budget_handshake(f->budget, &f->rates, address, clock_ticks()))
		return true;
	why_set(&why, REASON_RATE_LIMITED, -1,
	    "connection closed: more TLS handshakes than rate-handshake, or "
	    "more connections than %d seconds of it",
	    BUDGET_HELD);
	if (line_left(f, true))
		log_reason(
		    REASON_RATE_LIMITED, &why, "address=\"%s\"", address);
	return false;
}

static void
on_met(void *context, struct http_connection *c, bool full)
{
	struct front *f = context;
	const char *address = connection_address(c);
	int64_t now = clock_ticks();

	if (!full)
		budget_give_back(f->budget, &f->rates, address, now);
	if (is_known(f, c))
		budget_customer(f->budget, address, now);
}

static void
on_left(void *context, const char *address)
{
	struct front *f = context;

	budget_left(f->budget, address);
}

/* MP 5 row 0b: the first thing that is looked at. Without a list nobody is
 * blocked; that is so only where there is no authority, either. */
static enum reason
on_greet(void *context, struct http_connection *c)
{
	struct front *f = context;

	if (f->blocklist == NULL ||
	    !blocklist_has(f->blocklist, connection_client_key(c),
		connection_client(c), connection_address(c), clock_now()))
		return REASON_OK;
	f->blocked++;
	return REASON_CLIENT_BLOCKED;
}

/* MP 17. What was refused before costs no more than this refusal. */
static bool
within_budget(struct front *f, const struct http_connection *c)
{
	return connection_exchange(c)->route->resource == RESOURCE_HEALTH ||
	    budget_take(f->budget, &f->rates, connection_client_key(c),
		connection_address(c), is_known(f, c), clock_ticks());
}

/* Nobody need send a body that nobody can judge. */
static enum reason
on_admit(void *context, struct http_connection *c, struct why *why)
{
	struct front *f = context;

	(void)why;
	if (!within_budget(f, c)) {
		f->limited++;
		return REASON_RATE_LIMITED;
	}
	return checker(f) == NULL ? REASON_UNAVAILABLE : REASON_OK;
}

static void
on_request(
    void *context, struct http_connection *c, const struct http_request *q)
{
	if (connection_exchange(c)->route->resource == RESOURCE_HEALTH)
		reply_health(c);
	else
		ask_checker(context, c, q);
}

static void
on_gone(void *context, struct http_connection *c)
{
	struct front *f = context;

	(void)pending_take(f->pending, connection_tag(c));
}

/* A line for each request, but a flood must not become one of the log. */
static void
on_answered(void *context, struct http_connection *c, unsigned status,
    enum reason reason, const struct why *why)
{
	struct front *f = context;
	const struct http_exchange *e = connection_exchange(c);
	bool turned_away =
	    reason == REASON_CLIENT_BLOCKED || reason == REASON_RATE_LIMITED;

	/* Nor takes what has no line the lines of others. */
	if (reason == REASON_OK && e->route->resource == RESOURCE_HEALTH)
		return;
	if (!line_left(f, turned_away))
		return;
	if (reason != REASON_OK)
		log_reason(reason, why, "request=\"%s\" address=\"%s\"",
		    connection_correlation(c), connection_address(c));
	else
		log_note("served",
		    "request=\"%s\" address=\"%s\" status=\"%u\" "
		    "path=\"%.*s/%s\"",
		    connection_correlation(c), connection_address(c), status,
		    (int)e->base.len, (const char *)e->base.ptr,
		    e->route->name);
}

const struct http_calls front_http_calls = {
	.meet = on_meet,
	.met = on_met,
	.left = on_left,
	.greet = on_greet,
	.admit = on_admit,
	.request = on_request,
	.gone = on_gone,
	.answered = on_answered,
};

/* --- from the checker --- */

/* MP 14.1: below the base that the log was asked for under, on this host; a longer
 * URL would only repeat what the client has (RFC 9110 10.2.2). */
static void
location_print(char out[LOCATION_MAX], const struct http_connection *c,
    const struct message_answer *m)
{
	const struct http_exchange *e = connection_exchange(c);
	char slug[HEX_SIZE(SLUG_SIZE)];

	hex_encode(slug, span_of(m->slug, SLUG_SIZE));
	snprintf(out, LOCATION_MAX, "%.*s/" PREPARED_NAME "%s",
	    (int)e->base.len, (const char *)e->base.ptr, slug);
}

static void
reply_artifact(struct http_connection *c, const struct message_answer *m)
{
	const struct http_exchange *e = connection_exchange(c);
	const struct media *media = &e->media;
	char location[LOCATION_MAX];
	struct http_response r = { .status = 200,
		.body = m->body,
		.type = format_media_type(m->format) };

	if (e->route->resource == RESOURCE_PREPARED)
		r.max_age = PREPARED_SECONDS;
	if (m->slug_len > 0 && e->route->kind == REQUEST_AUDIT_LOG) {
		location_print(location, c, m);
		r.location = location;
	}
	/* Under the name that the client knows (MP 3 rule 4). */
	if (format_list_has(media->reply, m->format))
		r.type = media->reply_types[m->format];
	connection_reply(c, &r);
}

void
front_take_frame(struct front *f, const struct frame *frame)
{
	struct http_connection *c;
	struct message_answer m;
	struct cbor in;
	struct why why;

	cbor_open(&in, frame->payload, true);
	if (frame->type != MESSAGE_ANSWER || !message_answer_get(&in, &m))
		fatal("malformed %s", message_name(frame->type));
	if ((c = pending_take(f->pending, frame->id)) == NULL)
		return; /* the client did not wait for it */
	if (m.reason == REASON_OK) {
		reply_artifact(c, &m);
		return;
	}
	why_clear(&why);
	memcpy(why.text, m.text, sizeof(why.text));
	connection_refuse(c, m.reason, &why);
}

void
front_give_up(struct front *f)
{
	struct http_connection *c;

	while ((c = pending_take_any(f->pending)) != NULL)
		connection_refuse(c, REASON_UNAVAILABLE, NULL);
}
