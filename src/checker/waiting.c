/* Requests at the authority, see waiting.h. */
#include "checker/waiting.h"

void
waiting_init(struct waiting_list *w)
{
	uint32_t i;

	for (i = 0; i < WAITING_MAX; i++)
		w->slots[i].next_free = i + 1;
	w->first_free = 0;
}

uint64_t
waiting_add(struct waiting_list *w, uint64_t front_id, bool base64, int64_t now)
{
	uint32_t slot = w->first_free;
	struct waiting *s;

	if (slot == WAITING_MAX)
		return 0;
	s = &w->slots[slot];
	w->first_free = s->next_free;
	s->used = true;
	s->base64 = base64;
	s->front_id = front_id;
	s->since = now;
	/* The slot that was freed last goes first, so one gets nearly all requests
	 * and comes round; 0 of slot 0 would be no id. */
	if (++s->generation == 0)
		s->generation = 1;
	return (uint64_t)s->generation << 32 | slot;
}

bool
waiting_take(struct waiting_list *w, uint64_t id, struct waiting *out)
{
	uint32_t slot = (uint32_t)id;
	struct waiting *s;

	if (slot >= WAITING_MAX)
		return false;
	s = &w->slots[slot];
	if (!s->used || s->generation != id >> 32)
		return false;
	*out = *s;
	s->used = false;
	s->next_free = w->first_free;
	w->first_free = slot;
	return true;
}

bool
waiting_take_late(struct waiting_list *w, int64_t then, struct waiting *out)
{
	uint32_t i;

	for (i = 0; i < WAITING_MAX; i++)
		if (w->slots[i].used && w->slots[i].since <= then)
			return waiting_take(
			    w, (uint64_t)w->slots[i].generation << 32 | i, out);
	return false;
}
