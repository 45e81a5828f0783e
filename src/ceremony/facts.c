/*
 * What a bundle says, for programs: hallmark audit builds its inventory of keys on it
 * . Only of bundles that verify.
 */
#include "base/clock.h"
#include "base/text.h"
#include "ceremony/bundle.h"

static void
put_time(struct json_out *o, const char *name, int64_t moment)
{
	char text[CLOCK_TEXT_SIZE];

	clock_print(text, moment);
	json_add_text(o, name, text);
}

static void
put_sha256(struct json_out *o, const char *name, struct span bytes)
{
	uint8_t hash[HASH_SIZE];

	sha256(bytes, hash);
	json_add_hex(o, name, span_of(hash, sizeof(hash)));
}

/* Handles and places; names of persons stay in the plan. */
static void
put_custodians(struct json_out *o, const struct plan *p)
{
	const struct attendee *a;
	unsigned i;

	json_put_name(o, "custodians");
	json_begin_array(o);
	for (i = 0; (a = plan_custodian(p, i)) != NULL; i++) {
		json_begin_object(o);
		json_add_text(o, "handle", a->handle);
		json_add_text(o, "place", a->place);
		json_end_object(o);
	}
	json_end_array(o);
}

/* What each share of a root lies in when the ceremony is over, as far as it has told;
 * null where it has not. */
static void
put_bags(struct json_out *o, const struct plan *p, const struct plan_root *r,
    const struct story *s)
{
	struct span bags[SHARES_MAX] = { { NULL, 0 } };
	unsigned i;

	story_bags(s, r, bags);
	json_put_name(o, "bags");
	json_begin_array(o);
	for (i = 0; i < p->shares; i++)
		if (bags[i].ptr == NULL)
			json_put_null(o);
		else
			json_put_string(o, bags[i]);
	json_end_array(o);
}

static void
put_root(struct json_out *o, const struct plan *p, const struct plan_root *r,
    const struct story *s, const struct certificate *c)
{
	size_t n = (size_t)(r - p->roots);

	json_begin_object(o);
	json_add_text(o, "name", r->handle);
	json_add_text(o, "purpose",
	    r->purpose == PURPOSE_IDEVID_CA ? "idevid" : "voucher");
	json_add_text(o, "algorithm", r->type == KEY_P384 ? "p384" : "p256");
	put_sha256(o, "certificate-sha256", c->der);
	put_bags(o, p, r, s);
	/* Old shares that open it, and new ones that nobody is done with. */
	if (p->kind == PLAN_REFRESH) {
		json_add_uint(o, "old-shares-open",
		    s->unseen[n] > plan_unseen_most(p) ? s->unseen[n] : 0);
		json_add_uint(o, "shares-made", story_made(s, r));
	}
	json_end_object(o);
}

/* The hash of what an item became stands in its record. */
static void
put_items(
    struct json_out *o, const struct script *script, const struct story *s)
{
	unsigned i;

	json_put_name(o, "certificates");
	json_begin_array(o);
	for (i = 0; i < script->len; i++) {
		if (script->acts[i].kind != ACT_SIGN)
			continue;
		json_begin_object(o);
		json_add_text(o, "name", script->acts[i].item->handle);
		json_add_text(o, "root", script->acts[i].item->root->handle);
		json_add_string(o, "certificate-sha256", s->made[i]->words[1]);
		json_end_object(o);
	}
	json_end_array(o);
}

void
facts_put(struct json_out *o, const struct plan *p, const struct script *script,
    const struct story *s, struct span manifest,
    const struct certificate *const *roots)
{
	unsigned i;

	json_begin_object(o);
	put_sha256(o, "manifest", manifest);
	json_add_text(o, "title", p->title);
	json_add_text(o, "kind", plan_kind_word(p->kind));
	json_add_text(o, "at", p->at);
	json_add_bool(o, "rehearsal", s->rehearsal);
	put_time(o, "begin", s->lines[0].time);
	put_time(o, "end", s->lines[s->len - 1].time);
	json_add_uint(o, "shares", p->shares);
	json_add_uint(o, "threshold", p->threshold);
	put_custodians(o, p);
	json_put_name(o, "roots");
	json_begin_array(o);
	for (i = 0; i < p->roots_len; i++)
		put_root(o, p, &p->roots[i], s, roots[i]);
	json_end_array(o);
	put_items(o, script, s);
	json_end_object(o);
}

void
facts_put_unfinished(
    struct json_out *o, const struct plan *p, const struct story *s)
{
	unsigned i;

	json_begin_object(o);
	json_add_bool(o, "unfinished", true);
	json_add_text(o, "title", p->title);
	json_add_text(o, "kind", plan_kind_word(p->kind));
	json_add_bool(o, "rehearsal", s->rehearsal);
	json_put_name(o, "roots");
	json_begin_array(o);
	for (i = 0; i < p->roots_len; i++)
		put_root(o, p, &p->roots[i], s, &p->roots[i].certificate);
	json_end_array(o);
	json_end_object(o);
}
