/*
 * Requests that the authority is deciding. The id of a frame to it is a slot and a
 * generation, so an answer that comes too late finds nobody.
 */
#ifndef CHECKER_WAITING_H
#define CHECKER_WAITING_H

#include <stdbool.h>
#include <stdint.h>

#define WAITING_MAX 4096 /* requests at one time */

struct waiting {
	bool used;
	bool base64; /* so it asked, so it is answered */
	uint64_t front_id;
	uint32_t generation;
	uint32_t next_free;
};

struct waiting_list {
	struct waiting slots[WAITING_MAX];
	uint32_t first_free;
};

void waiting_init(struct waiting_list *l);
/* An id for the authority, or 0 if too many wait. */
uint64_t waiting_add(struct waiting_list *l, uint64_t front_id, bool base64);
/* Who waits under this id, into *out, and no longer does; false if nobody. */
bool waiting_take(struct waiting_list *l, uint64_t id, struct waiting *out);
/* The id in a slot, below WAITING_MAX; 0 if it is free. */
uint64_t waiting_id(const struct waiting_list *l, uint32_t slot);

#endif
