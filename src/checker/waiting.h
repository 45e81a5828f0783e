/*
 * Requests of which a checker waits for the authority's answer.
 *
 * Their frame's id there is a slot and its generation, so an answer that comes too
 * late finds nobody. An answer may not come at all, where the authority could not
 * send it: so nobody waits longer than the front does, or slots would be lost one by
 * one.
 */
#ifndef CHECKER_WAITING_H
#define CHECKER_WAITING_H

#include <stdbool.h>
#include <stdint.h>

#define WAITING_MAX	4096
#define WAITING_SECONDS 30 /* the front gives its client up after 15 */

struct waiting {
	bool used;
	bool base64; /* so it asked, so it is answered */
	uint64_t front_id;
	int64_t since; /* clock_ticks() */
	uint32_t generation;
	uint32_t next_free;
};

struct waiting_list {
	struct waiting slots[WAITING_MAX];
	uint32_t first_free;
};

void waiting_init(struct waiting_list *w);
/* An id for the authority, or 0 if too many wait. */
uint64_t waiting_add(
    struct waiting_list *w, uint64_t front_id, bool base64, int64_t now);
/* Nobody waits for this id any more; false if nobody did. out is a copy of its
 * slot. */
bool waiting_take(struct waiting_list *w, uint64_t id, struct waiting *out);
/* Takes one that has waited since then or longer; false if there is none. */
bool waiting_take_late(
    struct waiting_list *w, int64_t then, struct waiting *out);

#endif
