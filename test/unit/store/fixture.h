/* A store in a folder of its own, seen through a driver that can break
 * statements. */
#ifndef TEST_STORE_FIXTURE_H
#define TEST_STORE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "store/store.h"

struct fixture {
	char folder[200];
	char path[220];
	struct store *store;
};

/* Statements from here on that fail, by their beginning; NULL: none. */
extern const char *spy_breaks;
/* Rows that it was given so far. */
extern size_t spy_rows;
/* temp_store of SQLite when the last index was made: 1 where its sort goes to files. */
extern int64_t spy_sorts_in;
/* Steps of the driver that may last and call nobody: all, and those before which
 * spy_busy was set. */
extern bool spy_busy;
extern unsigned spy_steps, spy_told;
/* sqlite_driver, but for those. */
extern const struct driver spy_driver;

int fixture_open(void **state);
int fixture_close(void **state);
/* Closes and opens again, by the same driver. */
void fixture_again(struct fixture *f);
/* Submits the open group; was it committed? */
bool committed(struct store *s);

struct record voucher_record(
    uint64_t sequence, const char *serial, const char *nonce);
struct store_device some_device(unsigned number);

#endif
