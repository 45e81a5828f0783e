/* Inside of store/: how the repositories reach the database. */
#ifndef STORE_INTERNAL_H
#define STORE_INTERNAL_H

#include "store/store.h"

struct store {
	const struct driver *driver;
	void *database;
	bool group;		/* a transaction is open */
	bool broken;		/* it lost a statement: it will not commit */
	uint64_t added[TABLES]; /* rows of the open group */
};

/* A read. The process ends if the database cannot be read: whoever was told
 * "no such row" instead would decide wrongly. */
void store_read(struct store *s, const char *sql, const struct value *values,
    unsigned n, row_call row, void *context);
/* A change inside of the open group (opened if there is none); false if a
 * constraint refused it (which leaves the rest of the group as it was), no row
 * was there to change, or the group is broken. */
bool store_change(
    struct store *s, const char *sql, const struct value *values, unsigned n);

/* The same for a statement that adds a row to one of the tables that are counted. */
bool store_add(struct store *s, enum store_table table, const char *sql,
    const struct value *values, unsigned n);

/* Columns back to fields; lengths are clipped to the array. */
void take_text(char *out, size_t cap, const struct value *v);
/* For queries that only ask whether: *(bool *)context = true. */
bool take_seen(void *context, const struct value *row, unsigned n);
/* For those that ask for one number: *(int64_t *)context; left if it is null. */
bool take_number(void *context, const struct value *row, unsigned n);
void take_hash(uint8_t out[HASH_SIZE], const struct value *v);
/* The length; 0 if it does not fit cap (at most 255). */
uint8_t take_octets(uint8_t *out, size_t cap, const struct value *v);
void take_issuer(
    struct issuer *out, const struct value *kind, const struct value *bytes);

#define VALUES(...)                                         \
	(const struct value[]){ __VA_ARGS__ },              \
	    sizeof((const struct value[]){ __VA_ARGS__ }) / \
	    sizeof(struct value)

#endif
