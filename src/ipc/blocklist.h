/*
 * The blocklist as the fronts see it (MP 5 row 0b): a table of fixed size in
 * sealed memory, written by the authority alone, mapped read-only by every
 * front. A look-up takes no lock and cannot be torn:
 *
 *   there are two tables and a generation; the one of an even generation is
 *   table 0. The authority fills the table that is not in use and then steps
 *   the generation. A reader that finds the generation unchanged behind its
 *   look-up has read a whole table; else it looks again.
 *
 * So an authority that dies while it writes leaves the last whole table.
 *
 * Beside it lie the known customers, who have larger budgets (MP 17): a set that
 * only grows. A new authority has a new one.
 */
#ifndef IPC_BLOCKLIST_H
#define IPC_BLOCKLIST_H

#include "model/block.h"

#define BLOCKED_CLIENTS_MAX  4096 /* keys and certificates */
#define BLOCKED_PREFIXES_MAX 256

struct block_entry {
	struct block_name name;
	int64_t until; /* 0 = for ever */
};

/* Slots for known customers; a table that is half full still finds room for
 * nearly all, so some 40,000 of them have a place. */
#define KNOWN_SLOTS 65536

struct blocklist;

/* The authority's: all zero, and a descriptor for others, through which nobody
 * can write or change the size. Ends the process if it cannot be made. */
struct blocklist *blocklist_new(int *fd);
/* Puts these in the place of all that were there; sorts them. More than there
 * is room for is a broken invariant. */
void blocklist_publish(
    struct blocklist *b, struct block_entry *entries, size_t n);
/* This client got a voucher: it is a known customer as long as the authority
 * lives. false if there is no room near its place. */
bool blocklist_know(struct blocklist *b, const uint8_t certificate[HASH_SIZE]);
/* A front's: maps and keeps it, closes fd. NULL if it has another size, or
 * could be cut off or written behind our back. */
const struct blocklist *blocklist_open(int fd);
/* Unmaps either; NULL is allowed. */
void blocklist_close(const struct blocklist *b);
/*
 * Is this client blocked at that moment? Its key is looked up, then its
 * certificate, then its address (as text; any other text has no prefix). A hash
 * that is all zero stands for no certificate. Neither locks nor allocates.
 */
bool blocklist_has(const struct blocklist *b, const uint8_t key[HASH_SIZE],
    const uint8_t certificate[HASH_SIZE], const char *address, int64_t now);
/* Is it a known customer (MP 17)? By 16 octets of the hash. */
bool blocklist_knows(
    const struct blocklist *b, const uint8_t certificate[HASH_SIZE]);

#endif
