/*
 * The file layer below SQLite's write-ahead log. SQLite writes each page of it in two
 * calls; here they wait for the sync, so that a group of vouchers is one write.
 */
#ifndef STORE_WAL_FILE_H
#define STORE_WAL_FILE_H

#include <stdbool.h>

/* For sqlite3_open_v2(). Only with synchronous=FULL and locking_mode=EXCLUSIVE: then
 * a commit ends with a sync, and nobody else reads the log. */
#define WAL_FILE_LAYER "hallmark"

/* Makes the layer known to SQLite, once, behind sqlite3_initialize(). */
bool wal_file_register(void);

#endif
