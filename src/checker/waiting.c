/* Requests that the authority is deciding, see waiting.h. */
#include "checker/waiting.h"

void
waiting_init(struct waiting_list *l)
{
	uint32_t i;

	for (i = 0; i < WAITING_MAX; i++)
		l->slots[i] = (struct waiting){ .next_free = i + 1 };
	l->first_free = 0;
}

uint64_t
waiting_id(const struct waiting_list *l, uint32_t slot)
{
	const struct waiting *w = &l->slots[slot];

	return w->used ? (uint64_t)w->generation << 32 | slot : 0;
}

uint64_t
waiting_add(struct waiting_list *l, uint64_t front_id, bool base64)
{
	uint32_t slot = l->first_free;
	struct waiting *w;

	if (slot == WAITING_MAX)
		return 0;
	w = &l->slots[slot];
	l->first_free = w->next_free;
	w->used = true;
	w->base64 = base64;
	w->front_id = front_id;
	/* The slot that was freed last goes first, so one gets nearly all requests
	 * and comes round; 0 of slot 0 would be no id. */
	if (++w->generation == 0)
		w->generation = 1;
	return waiting_id(l, slot);
}

bool
waiting_take(struct waiting_list *l, uint64_t id, struct waiting *out)
{
	uint32_t slot = (uint32_t)id;

	if (slot >= WAITING_MAX || id == 0 || waiting_id(l, slot) != id)
		return false;
	*out = l->slots[slot];
	l->slots[slot].used = false;
	l->slots[slot].next_free = l->first_free;
	l->first_free = slot;
	return true;
}
