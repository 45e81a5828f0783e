/* The blocklist in shared memory, see blocklist.h. */
#include "ipc/blocklist.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fatal.h"

#define WORDS	   4 /* of 8 octets: HASH_SIZE */
#define TRIES_MAX  64
#define PROBES_MAX 64 /* slots that are looked at for one hash */
#define SEALS_NEEDED \
	(F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE | F_SEAL_SEAL)

_Static_assert(WORDS * sizeof(uint64_t) == HASH_SIZE, "a name in words");

/* Read while it is written, so every word is an atom of its own. */
struct shared_entry {
	_Atomic uint64_t kind; /* enum block_kind */
	_Atomic uint64_t bits;
	_Atomic uint64_t word[WORDS];
	_Atomic int64_t until;
};

/* Sorted by block_name_compare(): keys, certificates, prefixes. */
struct shared_table {
	_Atomic uint64_t clients, prefixes;
	struct shared_entry entry[BLOCKED_CLIENTS_MAX + BLOCKED_PREFIXES_MAX];
};

/* Half a hash; the first word is written last, 0 = free. */
struct known {
	_Atomic uint64_t first, second;
};

struct blocklist {
	_Atomic uint64_t generation;
	struct shared_table table[2];
	struct known known[KNOWN_SLOTS];
};

#define GET(x)	  atomic_load_explicit(&(x), memory_order_relaxed)
#define SET(x, v) atomic_store_explicit(&(x), (v), memory_order_relaxed)

/* --- the authority --- */

struct blocklist *
blocklist_new(int *fd)
{
	const size_t size = sizeof(struct blocklist);
	struct blocklist *b;

	*fd = memfd_create("blocklist", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (*fd < 0 || ftruncate(*fd, (off_t)size) != 0)
		fatal_errno("memfd_create");
	b = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, *fd, 0);
	if (b == MAP_FAILED)
		fatal_errno("mmap");
	/* From here on this mapping is the only one that can be written. */
	if (fcntl(*fd, F_ADD_SEALS, SEALS_NEEDED) != 0)
		fatal_errno("F_ADD_SEALS");
	return b;
}

static int
compare(const void *left, const void *right)
{
	const struct block_entry *l = left, *r = right;

	return block_name_compare(&l->name, &r->name);
}

static void
write_entry(struct shared_entry *to, const struct block_entry *from)
{
	uint64_t word[WORDS];
	unsigned i;

	memcpy(word, from->name.bytes, HASH_SIZE);
	SET(to->kind, from->name.kind);
	SET(to->bits, from->name.bits);
	for (i = 0; i < WORDS; i++)
		SET(to->word[i], word[i]);
	SET(to->until, from->until);
}

void
blocklist_publish(struct blocklist *b, struct block_entry *entries, size_t n)
{
	uint64_t generation = GET(b->generation) + 1;
	struct shared_table *t = &b->table[generation % 2];
	size_t i, clients = 0;

	if (n > 0)
		qsort(entries, n, sizeof(*entries), compare);
	for (i = 0; i < n; i++)
		clients += entries[i].name.kind != BLOCK_PREFIX;
	if (clients > BLOCKED_CLIENTS_MAX || n - clients > BLOCKED_PREFIXES_MAX)
		fatal("the blocklist has %zu entries", n);
	/* Whoever sees one of these words sees the last step as well, and so
	 * knows that the table under its eyes is being written. */
	atomic_thread_fence(memory_order_release);
	SET(t->clients, clients);
	SET(t->prefixes, n - clients);
	for (i = 0; i < n; i++)
		write_entry(&t->entry[i], &entries[i]);
	atomic_store_explicit(&b->generation, generation, memory_order_release);
}

/* --- a front --- */

const struct blocklist *
blocklist_open(int fd)
{
	const size_t size = sizeof(struct blocklist);
	void *b = MAP_FAILED;
	int seals = fcntl(fd, F_GET_SEALS);

	if (seals >= 0 && (seals & SEALS_NEEDED) == SEALS_NEEDED &&
	    lseek(fd, 0, SEEK_END) == (off_t)size)
		b = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	return b == MAP_FAILED ? NULL : b;
}

void
blocklist_close(const struct blocklist *b)
{
	if (b != NULL && munmap((void *)b, sizeof(*b)) != 0)
		fatal_errno("munmap");
}

static void
read_name(struct block_name *to, const struct shared_entry *from)
{
	uint64_t word[WORDS];
	unsigned i;

	for (i = 0; i < WORDS; i++)
		word[i] = GET(from->word[i]);
	memcpy(to->bytes, word, HASH_SIZE);
	to->kind = (enum block_kind)GET(from->kind);
	to->bits = (unsigned)GET(from->bits);
}

static bool
is_due(const struct shared_entry *e, int64_t now)
{
	int64_t until = GET(e->until);

	return until == 0 || now < until;
}

/* What lies in shared memory is bounded here, whatever it says. */
static size_t
clients_of(const struct shared_table *t)
{
	uint64_t n = GET(t->clients);

	return n > BLOCKED_CLIENTS_MAX ? BLOCKED_CLIENTS_MAX : (size_t)n;
}

static bool
has_client(const struct shared_table *t, enum block_kind kind,
    const uint8_t hash[HASH_SIZE], int64_t now)
{
	struct block_name wanted = { .kind = kind }, seen;
	size_t low = 0, high = clients_of(t);

	memcpy(wanted.bytes, hash, HASH_SIZE);
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order;

		read_name(&seen, &t->entry[middle]);
		order = block_name_compare(&wanted, &seen);
		if (order == 0)
			return is_due(&t->entry[middle], now);
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return false;
}

static bool
has_prefix(const struct shared_table *t, const char *text, int64_t now)
{
	uint64_t n = GET(t->prefixes);
	const struct shared_entry *e = &t->entry[clients_of(t)];
	uint8_t address[BLOCK_ADDRESS];
	struct block_name seen;

	if (n == 0 || !block_address_read(address, text))
		return false;
	for (n = n > BLOCKED_PREFIXES_MAX ? BLOCKED_PREFIXES_MAX : n; n > 0;
	     n--, e++) {
		read_name(&seen, e);
		if (block_covers(&seen, address) && is_due(e, now))
			return true;
	}
	return false;
}

static bool
is_hash(const uint8_t hash[HASH_SIZE])
{
	static const uint8_t none[HASH_SIZE];

	return memcmp(hash, none, HASH_SIZE) != 0;
}

bool
blocklist_has(const struct blocklist *b, const uint8_t key[HASH_SIZE],
    const uint8_t certificate[HASH_SIZE], const char *address, int64_t now)
{
	uint64_t generation;
	bool found = false;
	unsigned tries;

	/* The authority would have to publish twice during each of these; then
	 * nobody is blocked rather than everybody. */
	for (tries = 0; tries < TRIES_MAX; tries++) {
		const struct shared_table *t;

		generation =
		    atomic_load_explicit(&b->generation, memory_order_acquire);
		t = &b->table[generation % 2];
		found = (is_hash(key) && has_client(t, BLOCK_KEY, key, now)) ||
		    (is_hash(certificate) &&
			has_client(t, BLOCK_CERTIFICATE, certificate, now)) ||
		    has_prefix(t, address, now);
		atomic_thread_fence(memory_order_acquire);
		if (GET(b->generation) == generation)
			return found;
	}
	return false;
}

/* --- known customers --- */

/* The slot that holds this hash, or the free one where it belongs; KNOWN_SLOTS
 * if there is neither. Whatever the memory says, this ends. */
static size_t
known_slot(const struct blocklist *b, const uint64_t word[2])
{
	size_t i, at = (size_t)(word[0] % KNOWN_SLOTS);

	for (i = 0; i < PROBES_MAX; i++, at = (at + 1) % KNOWN_SLOTS) {
		uint64_t first = atomic_load_explicit(
		    &b->known[at].first, memory_order_acquire);

		if (first == 0 ||
		    (first == word[0] && GET(b->known[at].second) == word[1]))
			return at;
	}
	return KNOWN_SLOTS;
}

bool
blocklist_know(struct blocklist *b, const uint8_t certificate[HASH_SIZE])
{
	uint64_t word[WORDS];
	size_t at;

	memcpy(word, certificate, sizeof(word));
	if (word[0] == 0 || (at = known_slot(b, word)) == KNOWN_SLOTS)
		return false;
	SET(b->known[at].second, word[1]);
	atomic_store_explicit(
	    &b->known[at].first, word[0], memory_order_release);
	return true;
}

bool
blocklist_knows(const struct blocklist *b, const uint8_t certificate[HASH_SIZE])
{
	uint64_t word[WORDS];
	size_t at;

	memcpy(word, certificate, sizeof(word));
	if (word[0] == 0 || (at = known_slot(b, word)) == KNOWN_SLOTS)
		return false;
	return GET(b->known[at].first) == word[0];
}
