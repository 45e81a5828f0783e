/* Requests at the checker, see pending.h. */
#include "front/pending.h"

#include <stdlib.h>

#include "base/fatal.h"

struct slot {
	struct http_connection *connection; /* NULL = free */
	uint32_t generation;
	uint32_t next_free;
};

struct pending {
	uint32_t slots;
	uint32_t first_free; /* slots = none */
	struct slot slot[];
};

struct pending *
pending_new(uint32_t slots)
{
	struct pending *p = memory_new(sizeof(*p) + slots * sizeof(p->slot[0]));
	uint32_t i;

	p->slots = slots;
	for (i = 0; i < slots; i++)
		p->slot[i].next_free = i + 1;
	return p;
}

void
pending_free(struct pending *p)
{
	free(p);
}

uint64_t
pending_add(struct pending *p, struct http_connection *c)
{
	uint32_t i = p->first_free;
	struct slot *s;

	if (i == p->slots)
		return 0;
	s = &p->slot[i];
	p->first_free = s->next_free;
	s->connection = c;
	if (++s->generation == 0)
		s->generation = 1;
	return (uint64_t)s->generation << 32 | i;
}

static struct http_connection *
take(struct pending *p, uint32_t i)
{
	struct slot *s = &p->slot[i];
	struct http_connection *c = s->connection;

	s->connection = NULL;
	s->next_free = p->first_free;
	p->first_free = i;
	return c;
}

struct http_connection *
pending_take(struct pending *p, uint64_t id)
{
	uint32_t i = (uint32_t)id;

	if (i >= p->slots || p->slot[i].connection == NULL ||
	    p->slot[i].generation != id >> 32)
		return NULL;
	return take(p, i);
}

struct http_connection *
pending_take_any(struct pending *p)
{
	uint32_t i;

	for (i = 0; i < p->slots; i++)
		if (p->slot[i].connection != NULL)
			return take(p, i);
	return NULL;
}
