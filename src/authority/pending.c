/* Work on its way, and the devices that it holds; see authority.h. */
#include <stdlib.h>

#include "authority/authority.h"
#include "base/text.h"

void
pending_init(struct authority *a)
{
	uint32_t i;

	for (i = 0; i < PENDING_MAX; i++) {
		a->pending[i].slot = i;
		a->pending[i].next_free = i + 1;
	}
	a->first_free = 0;
	a->ready_tail = &a->ready;
	a->held_tail = &a->held;
}

struct pending *
pending_new(struct authority *a, enum stage stage, struct origin from)
{
	struct pending *p;
	uint32_t generation, slot = a->first_free;

	if (slot == PENDING_MAX)
		return NULL;
	p = &a->pending[slot];
	a->first_free = p->next_free;
	generation = p->generation + 1;
	memset(p, 0, sizeof(*p));
	p->slot = slot;
	p->generation = generation == 0 ? 1 : generation;
	p->used = true;
	p->stage = stage;
	p->origin = from;
	p->later_tail = &p->later;
	buf_init(&p->frame, FRAME_MAX);
	buf_init(&p->spki, SPKI_MAX);
	buf_init(&p->certificate, CERTIFICATE_MAX);
	buf_init(&p->manifest, FRAME_MAX);
	buf_init(&p->tags, FRAME_MAX);
	buf_init(&p->report, ADMIN_BLOB_MAX);
	return p;
}

/* Never 0: that is the number of frames that nobody waits for. */
uint64_t
pending_id(const struct pending *p)
{
	return (uint64_t)p->generation << 32 | p->slot;
}

struct pending *
pending_find(struct authority *a, uint64_t id)
{
	uint32_t slot = (uint32_t)id;

	if (slot >= PENDING_MAX || !a->pending[slot].used ||
	    a->pending[slot].generation != id >> 32)
		return NULL;
	return &a->pending[slot];
}

/* A held request keeps its bytes: thousands of large ones must not be memory
 * that strangers can fill. */
bool
pending_keep(struct authority *a, struct pending *p, struct span payload)
{
	if (payload.len > KEPT_MAX - a->kept || !buf_add(&p->frame, payload))
		return false;
	p->kept = payload.len;
	a->kept += payload.len;
	return true;
}

static struct pending **
bucket_of(struct authority *a, const char *serial)
{
	uint32_t h = 2166136261u;

	for (; *serial != '\0'; serial++)
		h = (h ^ (uint8_t)*serial) * 16777619u;
	return &a->buckets[h % BUCKETS];
}

void
device_hold_serial(struct authority *a, struct pending *p)
{
	struct pending **bucket = bucket_of(a, p->serial);

	p->next_held = *bucket;
	*bucket = p;
}

struct pending *
device_holder(struct authority *a, const char *serial)
{
	struct pending *p = *bucket_of(a, serial);

	while (p != NULL && strcmp(p->serial, serial) != 0)
		p = p->next_held;
	return p;
}

/* Takes p out of its bucket; nothing happens if it held no device. */
static void
device_release_serial(struct authority *a, struct pending *p)
{
	struct pending **at = bucket_of(a, p->serial);

	while (*at != NULL && *at != p)
		at = &(*at)->next_held;
	if (*at == p)
		*at = p->next_held;
}

void
device_hold_other(struct authority *a, struct pending *p, const char *serial)
{
	device_release_serial(a, p);
	text_copy(p->serial, sizeof(p->serial), span_str(serial));
	device_hold_serial(a, p);
}

void
pending_free(struct authority *a, struct pending *p)
{
	struct pending *s;

	while ((s = p->same) != NULL) {
		p->same = s->next;
		pending_free(a, s);
	}
	device_release_serial(a, p);
	if (p->later != NULL) {
		*a->ready_tail = p->later; /* transferred */
		a->ready_tail = p->later_tail;
	}
	a->kept -= p->kept;
	buf_free(&p->frame);
	buf_free(&p->spki);
	buf_free(&p->certificate);
	buf_free(&p->manifest);
	buf_free(&p->tags);
	buf_free(&p->report);
	free(p->facts);
	p->used = false;
	p->next_free = a->first_free;
	a->first_free = p->slot;
}

static void
forget_in_group(struct group *g, const struct peer *peer)
{
	struct answer *d;

	for (d = g == NULL ? NULL : g->answers; d != NULL; d = d->next)
		if (d->origin.peer == peer)
			d->origin.peer = NULL;
}

void
pending_forget_peer(struct authority *a, const struct peer *peer)
{
	struct group *g;
	uint32_t i;

	for (i = 0; i < PENDING_MAX; i++)
		if (a->pending[i].used && a->pending[i].origin.peer == peer)
			a->pending[i].origin.peer = NULL;
	forget_in_group(a->group, peer);
	for (g = a->submitted; g != NULL; g = g->next)
		forget_in_group(g, peer);
}

static bool
waits_for(const struct pending *p, bool signer)
{
	switch (p->stage) {
	case STAGE_VOUCHER:
	case STAGE_IDEVID:
	case STAGE_TAG:
	case STAGE_TAGS:
	case STAGE_KEY:
	case STAGE_ACT:
		return signer;
	case STAGE_INSPECT:
	case STAGE_DERIVE:
		return !signer;
	case STAGE_WAITING: /* goes with the one that it waits for */
	case STAGE_HELD:    /* has its own patience */
	case STAGE_COMMIT:  /* is signed already */
		break;
	}
	return false;
}

/* p, and those who get its answer. */
static void
fail_one(struct authority *a, struct pending *p, enum reason r)
{
	struct pending *s;

	for (s = p->same; s != NULL; s = s->next)
		answer_refusal(s->origin, r, NULL);
	answer_refusal(p->origin, r, NULL);
	pending_free(a, p);
}

void
pending_fail(struct authority *a, bool signer, enum reason r)
{
	uint32_t i;

	for (i = 0; i < PENDING_MAX; i++)
		if (a->pending[i].used && waits_for(&a->pending[i], signer))
			fail_one(a, &a->pending[i], r);
}

void
pending_fail_late(struct authority *a, int64_t then)
{
	struct pending *p;

	for (p = a->pending; p < a->pending + PENDING_MAX; p++)
		if (p->used && waits_for(p, false) && p->since < then)
			fail_one(a, p, REASON_UNAVAILABLE);
}

void
pending_close(struct authority *a)
{
	uint32_t i;

	/* Those who wait for another go with it, or are left as ready. */
	for (i = 0; i < PENDING_MAX; i++)
		if (a->pending[i].used && a->pending[i].stage != STAGE_WAITING)
			fail_one(a, &a->pending[i], REASON_STOPPING);
	for (i = 0; i < PENDING_MAX; i++)
		if (a->pending[i].used)
			fail_one(a, &a->pending[i], REASON_STOPPING);
}
