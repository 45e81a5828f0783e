/* Token buckets, see budget.h. */
#include "front/budget.h"

#include <stdlib.h>

#include "base/fatal.h"
#include "base/random.h"
#include "model/block.h"

#define SET_BITS    11
#define HELD_BITS   14
#define WAYS	    8
#define PREFIX_IPV6 7 /* octets: 56 bits, what a household or a site gets */
#define MAPPED	    12
#define SECOND	    1000000 /* microseconds */

/*
 * A bucket is one moment: when it will be full again. A request moves it by the
 * time in which one token comes; it must not be further away than the time in
 * which all of them come.
 */
struct bucket {
	uint8_t name[HASH_SIZE]; /* hash of a key; a prefix and zeros */
	int64_t full;		 /* microseconds of ticks; 0 = free */
	int64_t until; /* of customers: a prefix of theirs up to then */
};

struct budget {
	uint64_t salt; /* so that nobody can choose a set */
	struct bucket keys[1 << SET_BITS][WAYS];
	struct bucket prefixes[1 << SET_BITS][WAYS];
	/* Of handshakes. Strangers cannot push customers out of theirs. */
	struct bucket strangers[1 << SET_BITS][WAYS];
	struct bucket customers[1 << SET_BITS][WAYS];
	/* Connections that are there, by the hash of their prefix: few of 4,096 meet
	 * in one place, and nobody can choose it. */
	uint16_t held[1 << HELD_BITS];
};

struct budget *
budget_new(void)
{
	struct budget *b = memory_new(sizeof(*b));

	random_bytes(&b->salt, sizeof(b->salt));
	b->salt |= 1;
	return b;
}

void
budget_free(struct budget *b)
{
	free(b);
}

static uint64_t
place_of(uint64_t salt, const uint8_t name[HASH_SIZE], unsigned bits)
{
	uint64_t high, low;

	memcpy(&high, name, sizeof(high));
	memcpy(&low, name + sizeof(high), sizeof(low));
	return ((high * salt ^ low) * salt) >> (64 - bits);
}

static struct bucket *
set_of(struct bucket sets[][WAYS], uint64_t salt, const uint8_t name[HASH_SIZE])
{
	return sets[place_of(salt, name, SET_BITS)];
}

/* NULL if it has none. */
static struct bucket *
held(struct bucket set[WAYS], const uint8_t name[HASH_SIZE])
{
	unsigned i;

	for (i = 0; i < WAYS; i++)
		if (memcmp(set[i].name, name, HASH_SIZE) == 0)
			return &set[i];
	return NULL;
}

static struct bucket *
find(struct bucket sets[][WAYS], uint64_t salt, const uint8_t name[HASH_SIZE])
{
	struct bucket *set = set_of(sets, salt, name), *found, *fullest = set;
	unsigned i;

	if ((found = held(set, name)) != NULL)
		return found;
	for (i = 1; i < WAYS; i++)
		if (set[i].full < fullest->full)
			fullest = &set[i];
	memset(fullest, 0, sizeof(*fullest));
	memcpy(fullest->name, name, HASH_SIZE);
	return fullest;
}

/* When it would be full if a token were taken now; -1 if there is none. */
static int64_t
taken(const struct bucket *k, unsigned rate, int64_t now)
{
	int64_t full = (k->full > now ? k->full : now) + SECOND / rate;

	return full - now <= (int64_t)BUDGET_BURST * SECOND ? full : -1;
}

static bool
prefix_name(uint8_t name[HASH_SIZE], const char *address)
{
	static const uint8_t mapped[MAPPED] = { [10] = 0xff, [11] = 0xff };

	memset(name, 0, HASH_SIZE);
	if (!block_address_read(name, address))
		return false;
	if (memcmp(name, mapped, MAPPED) != 0)
		memset(name + PREFIX_IPV6, 0, BLOCK_ADDRESS - PREFIX_IPV6);
	return true;
}

static bool
is_key(const uint8_t key[HASH_SIZE])
{
	static const uint8_t none[HASH_SIZE];

	return memcmp(key, none, HASH_SIZE) != 0;
}

bool
budget_take(struct budget *b, const struct budget_rates *rates,
    const uint8_t key[HASH_SIZE], const char *address, bool known, int64_t now)
{
	unsigned rate = known ? rates->known : rates->client;
	struct bucket *of_key = NULL, *of_prefix = NULL;
	int64_t key_full = 0, prefix_full = 0;
	uint8_t name[HASH_SIZE];

	now *= SECOND / 1000;
	if (rate != 0 && is_key(key)) {
		of_key = find(b->keys, b->salt, key);
		key_full = taken(of_key, rate, now);
	}
	if (!known && rates->prefix != 0 && prefix_name(name, address)) {
		of_prefix = find(b->prefixes, b->salt, name);
		prefix_full = taken(of_prefix, rates->prefix, now);
	}
	if (key_full < 0 || prefix_full < 0)
		return false;
	if (of_key != NULL)
		of_key->full = key_full;
	if (of_prefix != NULL)
		of_prefix->full = prefix_full;
	return true;
}

/* --- handshakes --- */

/* The bucket that an address has, and its rate; NULL if it has none. */
static struct bucket *
bucket_of(struct budget *b, const struct budget_rates *rates,
    const char *address, int64_t now, unsigned *rate)
{
	uint8_t name[HASH_SIZE];
	struct bucket *k;

	*rate = rates->handshake;
	if (*rate == 0 || !prefix_name(name, address))
		return NULL;
	k = held(set_of(b->customers, b->salt, name), name);
	if (k == NULL || k->until <= now)
		return find(b->strangers, b->salt, name);
	*rate *= BUDGET_CUSTOMERS;
	return k;
}

/* Where its connections are counted, whatever the rate is now; NULL: nowhere. */
static uint16_t *
held_by(struct budget *b, const char *address)
{
	uint8_t name[HASH_SIZE];

	return prefix_name(name, address)
	    ? &b->held[place_of(b->salt, name, HELD_BITS)]
	    : NULL;
}

bool
budget_handshake(struct budget *b, const struct budget_rates *rates,
    const char *address, int64_t now)
{
	uint16_t *held = held_by(b, address);
	struct bucket *k;
	unsigned rate;
	int64_t full;

	now *= SECOND / 1000;
	k = bucket_of(b, rates, address, now, &rate);
	if (k != NULL) {
		if (*held >= (uint64_t)rate * BUDGET_HELD ||
		    (full = taken(k, rate, now)) < 0)
			return false;
		k->full = full;
	}
	if (held != NULL && *held < UINT16_MAX)
		++*held;
	return true;
}

void
budget_left(struct budget *b, const char *address)
{
	uint16_t *held = held_by(b, address);

	if (held != NULL && *held > 0)
		--*held;
}

void
budget_give_back(struct budget *b, const struct budget_rates *rates,
    const char *address, int64_t now)
{
	struct bucket *k;
	unsigned rate;

	now *= SECOND / 1000;
	k = bucket_of(b, rates, address, now, &rate);
	if (k != NULL && k->full > now)
		k->full -= SECOND / rate;
}

void
budget_customer(struct budget *b, const char *address, int64_t now)
{
	uint8_t name[HASH_SIZE];

	if (!prefix_name(name, address))
		return;
	find(b->customers, b->salt, name)->until =
	    now * (SECOND / 1000) + (int64_t)BUDGET_REMEMBERED * SECOND;
}
