/* Pages: how every list is answered, see authority.h. */
#include "authority/authority.h"
#include "base/text.h"

static enum reason
read_place(struct page *p, const struct message_admin *m, struct why *why)
{
	enum reason r;

	if ((r = admin_text(m, "after", p->after, sizeof(p->after), false,
		 why)) != REASON_OK ||
	    (r = admin_number(m, "limit", ADMIN_PAGE_MAX, ADMIN_PAGE_MAX,
		 &p->left, why)) != REASON_OK)
		return r;
	p->reached = p->after[0] == '\0';
	return p->left > 0
	    ? REASON_OK
	    : why_set(why, REASON_ADMIN_ARGUMENT, -1,
		  "limit: a number from 1 to %d", ADMIN_PAGE_MAX);
}

bool
page_open(struct page *p, struct origin from, const struct message_admin *m,
    size_t one, const char *list)
{
	static char room[ADMIN_BLOB_MAX];
	struct why why;
	enum reason r;

	memset(p, 0, sizeof(*p));
	p->one = one;
	if ((r = read_place(p, m, &why)) != REASON_OK) {
		answer_refusal(from, r, &why);
		return false;
	}
	json_out_open(&p->o, room, sizeof(room));
	json_begin_object(&p->o);
	if (list != NULL)
		page_list(p, list);
	return true;
}

void
page_list(struct page *p, const char *name)
{
	json_put_name(&p->o, name);
	json_begin_array(&p->o);
}

bool
page_reached(struct page *p, const char *key)
{
	bool before = p->reached;

	if (!before)
		p->reached = strcmp(key, p->after) == 0;
	return before;
}

bool
page_takes(struct page *p, const char *key)
{
	bool twin = p->last[0] != '\0' && strcmp(key, p->last) == 0;

	/* Room for its end: "next" and a key. */
	p->more |= !twin &&
	    (p->left == 0 || p->o.len + p->one + 2 * PAGE_KEY_MAX > p->o.cap);
	if (p->more)
		return false;
	p->left -= p->left > 0;
	(void)text_copy(p->last, sizeof(p->last), span_str(key));
	json_begin_object(&p->o);
	return true;
}

void
page_break(struct page *p, const char *key)
{
	p->more = true;
	(void)text_copy(p->last, sizeof(p->last), span_str(key));
}

void
page_end(struct page *p, struct origin from)
{
	struct why why;

	json_end_array(&p->o);
	json_add_optional(&p->o, "next", p->more ? p->last : NULL);
	json_end_object(&p->o);
	if (p->reached) {
		answer_json(from, &p->o);
		return;
	}
	why_set(
	    &why, REASON_ADMIN_ARGUMENT, -1, "after: there is no %s", p->after);
	answer_refusal(from, REASON_ADMIN_ARGUMENT, &why);
}
