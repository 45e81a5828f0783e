/* Answers: at once, or after the commit that they stand for (law 4). */
#include <stdlib.h>

#include "authority/authority.h"
#include "base/fatal.h"
#include "base/log.h"
#include "base/text.h"

static void
sent(bool good, enum reason r)
{
	if (!good)
		log_warning("answer-dropped", "reason=\"%s\"", reason_code(r));
}

void
answer_refusal(struct origin to, enum reason r, const struct why *why)
{
	struct message_admin_reply reply = { .reason = r };
	struct message_answer answer = { .reason = r };
	struct span text = why == NULL ? span_of(NULL, 0) : span_str(why->text);

	if (to.peer == NULL)
		return;
	if (peer_role(to.peer) == ROLE_ADMIN) {
		text_copy(reply.text, sizeof(reply.text), text);
		sent(
		    PEER_SEND(to.peer, ADMIN_REPLY, to.id, admin_reply, &reply),
		    r);
	} else {
		text_copy(answer.text, sizeof(answer.text), text);
		sent(PEER_SEND(to.peer, ANSWER, to.id, answer, &answer), r);
	}
}

void
answer_bytes(struct origin to, enum artifact_format format, struct span body)
{
	struct message_answer m = { .format = format, .body = body };

	if (to.peer != NULL)
		sent(PEER_SEND(to.peer, ANSWER, to.id, answer, &m), REASON_OK);
}

void
answer_log(struct origin to, struct span log, const uint8_t *slug)
{
	struct message_answer m = { .format = FORMAT_NONE, .body = log };

	if (slug != NULL) {
		memcpy(m.slug, slug, SLUG_SIZE);
		m.slug_len = SLUG_SIZE;
	}
	if (to.peer != NULL)
		sent(PEER_SEND(to.peer, ANSWER, to.id, answer, &m), REASON_OK);
}

void
answer_admin(struct origin to, struct span json, struct span blob)
{
	struct message_admin_reply m = { .json = json, .blob = blob };

	if (to.peer != NULL)
		sent(PEER_SEND(to.peer, ADMIN_REPLY, to.id, admin_reply, &m),
		    REASON_OK);
}

void
answer_json(struct origin from, const struct json_out *o)
{
	struct span json;

	if (json_out_span(o, &json) == WIRE_OK)
		answer_admin(from, json, span_of(NULL, 0));
	else
		answer_refusal(from, REASON_INTERNAL, NULL);
}

/* --- groups --- */

static struct group *
group_open(struct authority *a)
{
	if (a->group == NULL) {
		a->group = memory_new(sizeof(*a->group));
		a->group->authority = a;
		a->group->answers_tail = &a->group->answers;
		a->group->pending_tail = &a->group->pending;
	}
	store_group_begin(a->store);
	return a->group;
}

struct answer *
answer_later(struct authority *a, struct pending *p)
{
	struct group *g = group_open(a);
	struct answer *d = memory_new(sizeof(*d));

	d->origin = p->origin;
	d->done = p;
	p->stage = STAGE_COMMIT;
	buf_init(&d->body, ADMIN_BLOB_MAX);
	buf_init(&d->blob, ADMIN_ARTIFACT_MAX);
	*g->answers_tail = d;
	g->answers_tail = &d->next;
	return d;
}

void
wait_for_commit(struct authority *a, struct pending *p, commit_call call)
{
	struct group *g = group_open(a);

	p->stage = STAGE_COMMIT;
	p->committed = call;
	p->next = NULL;
	*g->pending_tail = p;
	g->pending_tail = &p->next;
}

static void
answer_send(struct origin to, const struct answer *d, bool good)
{
	if (!good)
		answer_refusal(to, REASON_STORE_FAILED, NULL);
	else if (to.peer != NULL && peer_role(to.peer) == ROLE_ADMIN)
		answer_admin(to, buf_span(&d->body), buf_span(&d->blob));
	else
		answer_bytes(to, d->format, buf_span(&d->body));
}

static void
answers_send(struct authority *a, struct group *g, bool good)
{
	struct answer *d;
	struct pending *s;

	while ((d = g->answers) != NULL) {
		g->answers = d->next;
		answer_send(d->origin, d, good);
		for (s = d->done->same; s != NULL; s = s->next)
			answer_send(s->origin, d, good);
		pending_free(a, d->done);
		buf_free(&d->body);
		buf_free(&d->blob);
		free(d);
	}
}

static void
group_done(void *context, bool good)
{
	struct group *g = context, **at;
	struct authority *a = g->authority;
	struct pending *p;

	for (at = &a->submitted; *at != g; at = &(*at)->next)
		;
	*at = g->next;
	if (!good)
		sync_lost(a);
	reputation_follow(a);
	answers_send(a, g, good);
	while ((p = g->pending) != NULL) {
		g->pending = p->next;
		p->committed(a, p, good);
	}
	free(g);
}

void
group_commit(struct authority *a)
{
	struct group *g;

	if (!store_group_open(a->store))
		return;
	sync_rest(a);
	g = group_open(a);
	a->group = NULL;
	g->next = a->submitted;
	a->submitted = g;
	store_group_submit(a->store, group_done, g);
}
