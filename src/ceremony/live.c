/*
 * Which shares of a root are live when some of them were made or destroyed, in words for
 * those who hold them (IP 8): to destroy the wrong papers may destroy a root.
 */
#include <stdio.h>

#include "base/text.h"
#include "ceremony/bundle.h"

/* A line about a share of this root: its number, or 0. */
static uint64_t
share_of(
    const struct story_line *line, const char *verb, const struct plan_root *r)
{
	uint64_t number;

	return strcmp(line->verb, verb) == 0 && line->words_len >= 3 &&
		span_is(line->words[0], r->handle) &&
		text_uint(line->words[1], SHARES_MAX, &number)
	    ? number
	    : 0;
}

void
story_bags(const struct story *s, const struct plan_root *r,
    struct span bags[SHARES_MAX])
{
	const struct story_line *line;
	uint64_t number;

	for (line = s->lines; line < s->lines + s->len; line++) {
		if ((number = share_of(line, "share", r)) > 0)
			bags[number - 1] = line->words[3];
		else if ((number = share_of(line, "bag", r)) > 0)
			bags[number - 1] = line->words[2];
	}
}

unsigned
story_made(const struct story *s, const struct plan_root *r)
{
	unsigned i, n = 0;

	for (i = 0; i < s->len; i++)
		n += share_of(&s->lines[i], "share", r) > 0;
	return n;
}

static void
list_shares(const struct story *s, const struct plan_root *r, struct buf *out)
{
	struct span bags[SHARES_MAX] = { { NULL, 0 } };
	const struct story_line *line;
	uint64_t number;

	story_bags(s, r, bags);
	for (line = s->lines; line < s->lines + s->len; line++)
		if ((number = share_of(line, "share", r)) > 0 &&
		    line->words_len == 5)
			(void)buf_printf(out,
			    "  share %u: %.*s, bag %.*s, of the set %.*s\n",
			    (unsigned)number, (int)line->words[2].len,
			    (const char *)line->words[2].ptr,
			    (int)bags[number - 1].len,
			    (const char *)bags[number - 1].ptr,
			    (int)line->words[4].len,
			    (const char *)line->words[4].ptr);
}

void
story_tell_old(const struct story *s, const struct plan *p, struct buf *out)
{
	unsigned i;

	for (i = 0; p->kind == PLAN_REFRESH && i < p->roots_len; i++) {
		(void)buf_printf(out,
		    "%s: %u of %u old shares were seen destroyed\n",
		    p->roots[i].handle, s->retired[i], plan_old_shares(p));
		if (s->unseen[i] > plan_unseen_most(p))
			(void)buf_printf(out,
			    "%s: the other %u open it, too: a new key is to be "
			    "planned\n",
			    p->roots[i].handle, s->unseen[i]);
	}
}

void
story_tell_new(const struct story *s, const struct plan *p,
    const struct script *script, struct buf *out)
{
	const struct act *due =
	    s->done < script->len ? &script->acts[s->done] : NULL;
	unsigned i;

	for (i = 0; p->kind == PLAN_REFRESH && i < p->roots_len; i++) {
		const struct plan_root *r = &p->roots[i];
		bool under_way =
		    due != NULL && due->root == r && due->kind == ACT_SHARE;
		struct buf list;

		buf_init(&list, SHARES_MAX * sizeof(s->lines->subject));
		list_shares(s, r, &list);
		if (under_way)
			(void)buf_printf(&list,
			    "  share %u, for %s: written down maybe, and in no "
			    "record\n",
			    due->index + 1, due->who->handle);
		if (list.len > 0 &&
		    (s->done >= script->settled || s->retired[i] > 0))
			(void)buf_printf(out,
			    "%s: KEEP these new shares, they open it:\n",
			    r->handle);
		else if (list.len > 0)
			(void)buf_printf(out,
			    "%s: KEEP all old shares, they open it as before. "
			    "These new ones do so,\ntoo, and are in no "
			    "inventory: destroy them before witnesses.\n",
			    r->handle);
		(void)buf_add(out, buf_span(&list));
		buf_free(&list);
	}
}
