/*
 * Requests that are at the checker. A frame's id is a slot and its generation,
 * so that an answer which comes too late finds nobody.
 */
#ifndef FRONT_PENDING_H
#define FRONT_PENDING_H

#include <stdint.h>

struct http_connection;
struct pending;

/* Room for so many; pending_free() gives it back, NULL is allowed. */
struct pending *pending_new(uint32_t slots);
void pending_free(struct pending *p);
/* An id, never 0, or 0 if there is no room. */
uint64_t pending_add(struct pending *p, struct http_connection *c);
/* Takes it out; NULL if the id is not, or no longer, one of ours. */
struct http_connection *pending_take(struct pending *p, uint64_t id);
/* Takes any of them out; NULL if there is none. */
struct http_connection *pending_take_any(struct pending *p);

#endif
