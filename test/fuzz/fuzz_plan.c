/*
 * Plans: what is accepted has all that its sections demand within their bounds,
 * and what also keeps the rules has a script whose acts fit the people.
 */
#include "ceremony/plan.h"
#include "fuzz.h"

static void
handle_holds(const char *handle)
{
	size_t len = strlen(handle);

	require(len >= 1 && len <= HANDLE_MAX);
	require(strspn(handle, "abcdefghijklmnopqrstuvwxyz0123456789-") == len);
}

static void
lines_hold(const struct plan *p)
{
	unsigned i;

	require(p->title[0] != '\0' && p->organization[0] != '\0');
	require(p->shares >= 2 && p->shares <= SHARES_MAX);
	require(p->threshold >= 2 && p->threshold <= SHARES_MAX);
	require(p->attendees_len <= ATTENDEES_MAX && p->items_len <= ITEMS_MAX);
	for (i = 0; i < p->attendees_len; i++)
		handle_holds(p->attendees[i].handle);
	for (i = 0; i < p->items_len; i++)
		handle_holds(p->items[i].handle);
	for (i = 0; i < p->places_len; i++)
		handle_holds(p->places[i].handle);
	for (i = 0; i < p->roots_len; i++)
		handle_holds(p->roots[i].handle);
}

static void
script_holds(const struct plan *p)
{
	struct script s;
	char line[200];
	unsigned i, shown = 0;

	require(p->threshold <= p->shares && p->roots_len >= 1);
	script_make(p, false, &s);
	for (i = 0; i < s.len; i++) {
		shown += s.acts[i].kind == ACT_SHARE;
		act_print(p, &s.acts[i], line, sizeof(line));
		require(line[0] != '\0');
	}
	require(s.acts[s.len - 1].kind == ACT_CLOSE);
	require(s.acts[s.len - 2].kind ==
	    (p->kind == PLAN_REFRESH ? ACT_RETIRE : ACT_WIPE));
	require(s.settled > 0 && s.settled < s.len);
	require(shown == 0 || shown == p->shares * p->roots_len);
}

uint64_t
input_read(const uint8_t *bytes, size_t len)
{
	/* No allocation of plan_read()'s, nor lost where that ends the process. */
	static struct plan room;
	struct plan *p = &room;
	uint64_t digest = 0;
	struct why why;

	memset(p, 0, sizeof(*p));
	why_clear(&why);
	if (plan_read(span_of(bytes, len), p, &why) == REASON_OK) {
		lines_hold(p);
		digest = digest_add(ACCEPTED, p->title, strlen(p->title));
		/* Items have no root yet: their sections are read only. */
		p->items_len = 0;
		if (plan_check(p, &why) == REASON_OK) {
			script_holds(p);
			digest = digest_add(digest, "checked", 7);
		} else
			require(why.text[0] != '\0');
	} else
		require(why.text[0] != '\0');
	return digest;
}
