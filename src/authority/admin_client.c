/* hallmark client block, release, list. */
#include <stdlib.h>

#include "authority/authority.h"
#include "base/clock.h"
#include "base/text.h"
#include "ipc/blocklist.h"

#define ONE_CLIENT 512 /* octets of JSON; no entry has more */
#define YEARS_MAX  (10 * 365 * 86400LL)

/* "90m", "12h", "30d"; absent: 0. */
static enum reason
read_period(const struct message_admin *m, int64_t *out, struct why *why)
{
	static const struct {
		char letter;
		int64_t seconds;
	} units[] = { { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 } };
	struct span text = admin_argument(m, "for");
	uint64_t n;
	size_t i;

	*out = 0;
	if (text.ptr == NULL)
		return REASON_OK;
	for (i = 0; i < sizeof(units) / sizeof(units[0]) && text.len > 1; i++)
		if (text.ptr[text.len - 1] == (uint8_t)units[i].letter &&
		    text_uint(span_of(text.ptr, text.len - 1),
			(uint64_t)(YEARS_MAX / units[i].seconds), &n) &&
		    n > 0) {
			*out = (int64_t)n * units[i].seconds;
			return REASON_OK;
		}
	return why_set(why, REASON_ADMIN_ARGUMENT, -1,
	    "for: a number and m, h or d, such as 12h; at most ten years");
}

static enum reason
read_block(const struct message_admin *m, struct store_block *b, bool reason,
    struct why *why)
{
	enum reason r;

	memset(b, 0, sizeof(*b));
	if ((r = block_name_read(&b->name, admin_argument(m, "name"), why)) !=
		REASON_OK ||
	    (r = admin_text(m, "reason", b->reason, sizeof(b->reason), reason,
		 why)) != REASON_OK)
		return r;
	return read_period(m, &b->until, why);
}

static enum reason
block(struct authority *a, struct pending *p, struct why *why)
{
	struct message_admin m;
	struct store_block b;
	enum reason r;

	admin_again(p, &m);
	if ((r = read_block(&m, &b, true, why)) != REASON_OK)
		return r;
	b.since = a->ledger.time; /* as its record says */
	/* By the clock that fronts have: the chain's may stand still, or ahead. */
	b.until += b.until == 0 ? 0 : clock_now();
	b.user = p->origin.user;
	return reputation_block(a, &b, why);
}

static enum reason
release(struct authority *a, struct pending *p, struct why *why)
{
	struct message_admin m;
	struct store_block b;
	enum reason r;

	admin_again(p, &m);
	r = read_block(&m, &b, false, why);
	return r != REASON_OK ? r : reputation_release(a, &b.name, why);
}

/* The record of the act comes first, whatever becomes of it. */
static void
change(struct authority *a, struct origin from, const struct message_admin *m,
    act_call call)
{
	char name[BLOCK_TEXT_MAX];
	struct store_block b;
	struct pending *p;
	struct why why;
	enum reason r = read_block(m, &b, call == block, &why);

	block_name_print(name, &b.name);
	if (r == REASON_OK && call == release && !reputation_has(a, &b.name))
		r = why_set(&why, REASON_CLIENT_NOT_BLOCKED, -1, "%s", name);
	if (r != REASON_OK) {
		answer_refusal(from, r, &why);
		return;
	}
	if ((p = admin_pending(a, STAGE_ACT, from, m)) == NULL)
		return;
	p->act = call;
	admin_act(a, p, from, m->verb, name);
}

void
client_block(
    struct authority *a, struct origin from, const struct message_admin *m)
{
	change(a, from, m, block);
}

void
client_release(
    struct authority *a, struct origin from, const struct message_admin *m)
{
	change(a, from, m, release);
}

/* --- list --- */

struct listed {
	const struct store_block *block;
	bool automatic;
};

struct listing {
	struct listed all[BLOCKED_CLIENTS_MAX + BLOCKED_PREFIXES_MAX];
	size_t len;
	const struct block_name *after; /* NULL: from the first */
};

static void
collect(void *context, const struct store_block *b, bool automatic)
{
	struct listing *l = context;

	if (l->after != NULL && block_name_compare(&b->name, l->after) <= 0)
		return;
	l->all[l->len].block = b;
	l->all[l->len++].automatic = automatic;
}

static int
compare(const void *left, const void *right)
{
	const struct listed *l = left, *r = right;

	return block_name_compare(&l->block->name, &r->block->name);
}

static void
put_entry(struct page *p, const struct listed *l)
{
	struct json_out *o = &p->o;
	char name[BLOCK_TEXT_MAX];

	block_name_print(name, &l->block->name);
	if (!page_takes(p, name))
		return;
	json_add_text(o, "name", name);
	put_time(o, "since", l->block->since);
	put_time(o, "until", l->block->until);
	json_put_name(o, "user");
	if (l->automatic)
		json_put_null(o);
	else
		json_put_uint(o, l->block->user);
	json_add_text(o, "reason", l->block->reason);
	json_end_object(o);
}

/* Entries come and go by themselves: a page goes on behind the place of a name,
 * whether that is still there or not. */
void
client_list(
    struct authority *a, struct origin from, const struct message_admin *m)
{
	static struct listing l;
	struct block_name after;
	struct page page;
	struct why why;
	enum reason r = REASON_OK;
	size_t i;

	if (!page_open(&page, from, m, ONE_CLIENT, "clients"))
		return;
	l.len = 0;
	l.after = NULL;
	if (!page.reached) {
		r = block_name_read(&after, span_str(page.after), &why);
		l.after = &after;
		page.reached = true;
	}
	if (r != REASON_OK) {
		answer_refusal(from, r, &why);
		return;
	}
	reputation_each(a, collect, &l);
	qsort(l.all, l.len, sizeof(l.all[0]), compare);
	for (i = 0; i < l.len; i++)
		put_entry(&page, &l.all[i]);
	page_end(&page, from);
}
