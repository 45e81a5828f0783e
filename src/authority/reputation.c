/*
 * Who is blocked (MP 5 row 0b, MP 17, R-4.3): what operators said, which is in
 * the store, and certificates whose holders sent bad requests again and again.
 *
 * The latter live in memory alone: they last for hours, a stranger must not
 * make us write to disk, and after a restart one who goes on is back on the
 * list BAD_MAX requests later. They are certificates and never addresses, for
 * behind one address there are many; that a fingerprint is its holder's was
 * proven by the handshake. A client who got a voucher lately is never blocked
 * by itself, whatever its pledges sign or its enemies say: an operator is told.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "authority/authority.h"
#include "base/clock.h"
#include "base/fatal.h"
#include "base/log.h"
#include "base/text.h"
#include "ipc/blocklist.h"

#define BAD_MAX	       20  /* verified bad requests ... */
#define BAD_SECONDS    600 /* ... in so long */
#define PERIOD_FIRST   600 /* doubled each time */
#define DAY	       86400
#define PERIOD_LAST    DAY
#define GOOD_DAYS      90 /* a client is known for so long */
#define PURGED_AT_ONCE 1000
#define SETS	       512
#define WAYS	       8
#define AUTOMATIC      (BLOCKED_CLIENTS_MAX / 2)
#define CLIENTS	       (BLOCKED_CLIENTS_MAX / 2)
#define OPERATORS      (CLIENTS + BLOCKED_PREFIXES_MAX)

/* A client that is watched. A newcomer takes the place of the one in its set
 * that was quiet for longest. */
struct watched {
	uint8_t client[HASH_SIZE];
	int64_t seen;  /* 0 = free */
	int64_t begun; /* of the time in which bad requests are counted */
	int64_t until; /* of the last block */
	int64_t good;  /* when it was put on record as served */
	unsigned bad, periods;
};

struct reputation {
	struct blocklist *shared;
	struct watched watched[SETS][WAYS];
	struct store_block automatic[AUTOMATIC]; /* oldest first */
	unsigned automatic_len;
	struct store_block operators[OPERATORS];
	unsigned operators_len, prefixes;
	bool rows_changed; /* in the open group */
};

/* --- the list --- */

static bool
is_over(const struct store_block *b, int64_t now)
{
	return b->until != 0 && b->until <= now;
}

static struct store_block *
find(struct store_block *list, unsigned len, const struct block_name *n)
{
	unsigned i;

	for (i = 0; i < len; i++)
		if (block_name_compare(&list[i].name, n) == 0)
			return &list[i];
	return NULL;
}

/* One name, one entry: an operator's that is over gives way. */
static void
publish(struct reputation *r)
{
	static struct block_entry entries[OPERATORS + AUTOMATIC];
	int64_t now = clock_now();
	size_t n = 0;
	unsigned i;

	for (i = 0; i < r->operators_len; i++) {
		const struct store_block *b = &r->operators[i];

		if (is_over(b, now) &&
		    find(r->automatic, r->automatic_len, &b->name) != NULL)
			continue;
		entries[n].name = b->name;
		entries[n++].until = b->until;
	}
	for (i = 0; i < r->automatic_len; i++, n++) {
		entries[n].name = r->automatic[i].name;
		entries[n].until = r->automatic[i].until;
	}
	blocklist_publish(r->shared, entries, n);
}

/* Drops an automatic one; false if there is none of this name. */
static bool
lift(struct reputation *r, const struct block_name *n)
{
	struct store_block *b = find(r->automatic, r->automatic_len, n);
	size_t behind;

	if (b == NULL)
		return false;
	behind = (size_t)(&r->automatic[--r->automatic_len] - b);
	memmove(b, b + 1, behind * sizeof(*b));
	return true;
}

/* When this many of them are gone. */
static bool
has_room(const struct reputation *r, enum block_kind kind, unsigned gone)
{
	return kind == BLOCK_PREFIX
	    ? r->prefixes - gone < BLOCKED_PREFIXES_MAX
	    : r->operators_len - r->prefixes - gone < CLIENTS;
}

static void
take_row(void *context, const struct store_block *b)
{
	struct reputation *r = context;

	/* Only a program with other limits can have written more. */
	if (!has_room(r, b->name.kind, 0))
		return;
	r->prefixes += b->name.kind == BLOCK_PREFIX;
	r->operators[r->operators_len++] = *b;
	if (!is_over(b, clock_now()))
		(void)lift(r, &b->name);
}

static void
load(struct authority *a)
{
	struct reputation *r = a->reputation;

	r->operators_len = r->prefixes = 0;
	store_block_each(a->store, take_row, r);
	r->rows_changed = false;
	publish(r);
}

/* The latest come first; who finds no place has a stranger's budget. */
static void
know_client(void *context, const uint8_t client[HASH_SIZE])
{
	struct reputation *r = context;

	(void)blocklist_know(r->shared, client);
}

void
reputation_open(struct authority *a)
{
	struct reputation *r = memory_new(sizeof(*r));
	int fd;

	a->reputation = r;
	r->shared = blocklist_new(&fd);
	load(a);
	store_client_each(a->store, clock_now() - GOOD_DAYS * DAY, KNOWN_SLOTS,
	    know_client, r);
	if (!a->start.offline)
		program_publish_blocklist(a->program, fd);
	close(fd);
}

void
reputation_close(struct authority *a)
{
	if (a->reputation == NULL)
		return;
	blocklist_close(a->reputation->shared);
	free(a->reputation);
	a->reputation = NULL;
}

void
reputation_follow(struct authority *a)
{
	if (a->reputation->rows_changed)
		load(a);
}

/* Whoever is not known any more needs no row. */
void
reputation_purge(struct authority *a)
{
	store_client_purge(
	    a->store, chain_past(a) - GOOD_DAYS * DAY, PURGED_AT_ONCE);
}

/* Those that are over bind nobody; their rows go when records say so, too. How many of
 * a kind went. */
static unsigned
expire(struct authority *a, enum block_kind kind)
{
	struct reputation *r = a->reputation;
	int64_t past = chain_past(a);
	unsigned i, gone = 0;
	bool over = false;

	for (i = 0; i < r->operators_len; i++)
		if (is_over(&r->operators[i], past)) {
			gone += (r->operators[i].name.kind == BLOCK_PREFIX) ==
			    (kind == BLOCK_PREFIX);
			over = true;
		}
	if (over) {
		store_block_expire(a->store, past);
		r->rows_changed = true;
	}
	return gone;
}

void
reputation_tick(struct authority *a)
{
	struct reputation *r = a->reputation;
	int64_t now = clock_now();
	unsigned i, left;

	/* None is for longer: what is was made when the clock ran ahead. */
	for (i = left = 0; i < r->automatic_len; i++)
		if (!is_over(&r->automatic[i], now) &&
		    r->automatic[i].until <= now + PERIOD_LAST)
			r->automatic[left++] = r->automatic[i];
	(void)expire(a, BLOCK_KEY);
	if (left != r->automatic_len) {
		r->automatic_len = left;
		publish(r);
	}
}

void
reputation_each(struct authority *a,
    void (*call)(void *context, const struct store_block *b, bool automatic),
    void *context)
{
	const struct reputation *r = a->reputation;
	int64_t now = clock_now();
	unsigned i;

	for (i = 0; i < r->operators_len; i++)
		if (!is_over(&r->operators[i], now))
			call(context, &r->operators[i], false);
	for (i = 0; i < r->automatic_len; i++)
		if (!is_over(&r->automatic[i], now))
			call(context, &r->automatic[i], true);
}

/* --- operators --- */

enum reason
reputation_block(
    struct authority *a, const struct store_block *b, struct why *why)
{
	struct reputation *r = a->reputation;

	/* Of several in one group a few may come too many; they stay out of
	 * the list, see take_row(). */
	if (!has_room(r, b->name.kind, expire(a, b->name.kind)) &&
	    find(r->operators, r->operators_len, &b->name) == NULL)
		return why_set(why, REASON_ADMIN_ARGUMENT, -1,
		    "the list is full: %u clients, %u address prefixes",
		    CLIENTS, BLOCKED_PREFIXES_MAX);
	r->rows_changed = true;
	return store_block_put(a->store, b)
	    ? REASON_OK
	    : why_set(why, REASON_STORE_FAILED, -1, "%s", "");
}

bool
reputation_has(const struct authority *a, const struct block_name *n)
{
	struct reputation *r = a->reputation;

	return find(r->operators, r->operators_len, n) != NULL ||
	    find(r->automatic, r->automatic_len, n) != NULL;
}

enum reason
reputation_release(
    struct authority *a, const struct block_name *n, struct why *why)
{
	struct reputation *r = a->reputation;
	bool lifted = lift(r, n);

	r->rows_changed = true;
	return store_block_drop(a->store, n) || lifted
	    ? REASON_OK
	    : why_set(why, REASON_CLIENT_NOT_BLOCKED, -1, "%s", "");
}

/* --- what clients do --- */

static struct watched *
watch(struct reputation *r, const uint8_t client[HASH_SIZE], int64_t now)
{
	struct watched *set = r->watched[(client[0] << 8 | client[1]) % SETS];
	struct watched *w = &set[0];
	unsigned i;

	for (i = 0; i < WAYS; i++) {
		if (set[i].seen != 0 &&
		    memcmp(set[i].client, client, HASH_SIZE) == 0) {
			set[i].seen = now;
			return &set[i];
		}
		if (set[i].seen < w->seen)
			w = &set[i];
	}
	memset(w, 0, sizeof(*w));
	memcpy(w->client, client, HASH_SIZE);
	w->seen = w->begun = now;
	return w;
}

/* What only its sender can be blamed for, and no other fault explains: a
 * signature that does not hold, a device that is not ours. */
static bool
is_bad(enum reason r)
{
	switch (r) {
	case REASON_SIGNER_UNKNOWN:
	case REASON_CMS_ATTRIBUTES:
	case REASON_REQUEST_SIGNATURE:
	case REASON_PRIOR_SIGNATURE:
	case REASON_PRIOR_CERTIFICATE:
	case REASON_PLEDGE_KEY:
	case REASON_DEVICE_UNKNOWN:
		return true;
	default:
		return false;
	}
}

static bool
is_client(const uint8_t client[HASH_SIZE])
{
	static const uint8_t none[HASH_SIZE];

	return memcmp(client, none, HASH_SIZE) != 0;
}

/* Longer each time; who was good for a day begins anew. */
static int64_t
period_of(struct watched *w, int64_t now)
{
	int64_t period = PERIOD_FIRST;
	unsigned i;

	if (now > w->until + DAY)
		w->periods = 0;
	for (i = 0; i < w->periods && period < PERIOD_LAST; i++)
		period *= 2;
	w->periods++;
	return period < PERIOD_LAST ? period : PERIOD_LAST;
}

static void
block(struct reputation *r, struct watched *w, enum reason reason, int64_t now)
{
	struct store_block b = { .name.kind = BLOCK_CERTIFICATE, .since = now };
	char text[BLOCK_TEXT_MAX];

	memcpy(b.name.bytes, w->client, HASH_SIZE);
	b.until = w->until = now + period_of(w, now);
	snprintf(b.reason, sizeof(b.reason), "%u bad requests, the last: %s",
	    BAD_MAX, reason_code(reason));
	block_name_print(text, &b.name);
	(void)lift(r, &b.name);
	if (r->automatic_len == AUTOMATIC)
		(void)lift(r, &r->automatic[0].name);
	r->automatic[r->automatic_len++] = b;
	publish(r);
	log_warning("client-blocked",
	    "client=\"%s\" seconds=\"%lld\" text=\"%s\"", text,
	    (long long)(b.until - now), b.reason);
}

void
reputation_bad(
    struct authority *a, enum reason reason, const uint8_t client[HASH_SIZE])
{
	int64_t now = clock_now();
	struct block_name name = { .kind = BLOCK_CERTIFICATE };
	char text[BLOCK_TEXT_MAX];
	const struct store_block *b;
	struct watched *w;

	if (!is_bad(reason) || !is_client(client))
		return;
	w = watch(a->reputation, client, now);
	if (now < w->begun || now - w->begun > BAD_SECONDS) {
		w->begun = now;
		w->bad = 0;
	}
	if (++w->bad < BAD_MAX)
		return;
	w->begun = now;
	w->bad = 0;
	memcpy(name.bytes, client, HASH_SIZE);
	block_name_print(text, &name);
	b = find(a->reputation->operators, a->reputation->operators_len, &name);
	if (b != NULL && !is_over(b, now))
		return; /* these were on their way already */
	if (store_client_served(a->store, client, now - GOOD_DAYS * DAY))
		log_warning("client-suspect",
		    "client=\"%s\" reason=\"%s\" text=\"a client that got "
		    "vouchers sends bad requests; it is not blocked\"",
		    text, reason_code(reason));
	else
		block(a->reputation, w, reason, now);
}

/* Rows of who was served may be lost with a group: they are written again. */
void
reputation_lost(struct authority *a)
{
	struct reputation *r = a->reputation;
	unsigned i, j;

	for (i = 0; i < SETS; i++)
		for (j = 0; j < WAYS; j++)
			r->watched[i][j].good = 0;
}

void
reputation_good(struct authority *a, const uint8_t client[HASH_SIZE])
{
	int64_t now = clock_now();
	struct watched *w;

	if (!is_client(client))
		return;
	w = watch(a->reputation, client, now);
	if (w->good != 0 && now >= w->good && now - w->good < DAY)
		return;
	/* One row a day, in the group of the voucher. */
	if (store_client_serve(a->store, client, now)) {
		w->good = now;
		know_client(a->reputation, client);
	}
}
