/* A set of hashes, open addressing, see cli.h. */
#include <stdlib.h>

#include "base/fatal.h"
#include "cli/cli.h"

struct seen_entry {
	uint64_t key; /* never 0 */
	uint64_t tag;
};

static uint64_t
number_of(const uint8_t hash[8])
{
	uint64_t n;

	memcpy(&n, hash, sizeof(n));
	return n == 0 ? 1 : n;
}

/* Its entry, or the free one where it belongs. */
static struct seen_entry *
entry_of(const struct seen *s, uint64_t key)
{
	size_t at = (size_t)key & (s->size - 1);

	while (s->table[at].key != 0 && s->table[at].key != key)
		at = (at + 1) & (s->size - 1);
	return &s->table[at];
}

static void
grow(struct seen *s)
{
	struct seen old = *s;
	size_t i;

	s->size = old.size == 0 ? 1024 : 2 * old.size;
	s->table = memory_array(s->size, sizeof(*s->table));
	for (i = 0; i < old.size; i++)
		if (old.table[i].key != 0)
			*entry_of(s, old.table[i].key) = old.table[i];
	free(old.table);
}

enum seen_before
seen_add(struct seen *s, const uint8_t key[8], const uint8_t tag[8])
{
	struct seen_entry *e;

	if (4 * s->used >= 3 * s->size)
		grow(s);
	e = entry_of(s, number_of(key));
	if (e->key != 0)
		return e->tag == number_of(tag) ? SEEN_SAME : SEEN_OTHER;
	e->key = number_of(key);
	e->tag = number_of(tag);
	s->used++;
	return SEEN_NEW;
}

uint64_t *
seen_find(struct seen *s, const uint8_t key[8])
{
	struct seen_entry *e;

	if (s->size == 0)
		return NULL;
	e = entry_of(s, number_of(key));
	return e->key == 0 ? NULL : &e->tag;
}

void
seen_free(struct seen *s)
{
	free(s->table);
	memset(s, 0, sizeof(*s));
}
