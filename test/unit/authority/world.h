/* The authority without processes: its peers are queues, the signer is a
 * puppet that makes real records. */
#ifndef TEST_AUTHORITY_WORLD_H
#define TEST_AUTHORITY_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "authority/authority.h"
#include "ipc/blocklist.h"

#define NOW 1700000000

struct sent {
	enum message type;
	uint64_t id;
	struct buf payload;
};

struct peer {
	enum role role;
	unsigned index;
	uint32_t user;
	bool gone;
	uint8_t room[FRAME_MAX];
	struct cbor_out out;
	struct sent sent[64];
	unsigned len;
};

struct world {
	char home[200];
	struct authority *a;
	struct peer signer, checker, operator, apart;
	uint32_t owner;	   /* of the service, who is an operator as root is */
	unsigned fresh;	   /* checkers apart that were asked for */
	bool lied;	   /* checkers say what the file does not have */
	unsigned starting; /* that often serve was told that a start gets on */
	/* of the puppet */
	bool clock_stopped; /* as the signer's does when the clock steps */
	int64_t time;	    /* of its last record */
	uint64_t sequence;
	uint8_t head[HASH_SIZE];
	enum reason refuses;		   /* what it says to the next order */
	uint64_t counter;		   /* of the last IDevID */
	const struct blocklist *blocklist; /* as a front sees it */
};

int world_open(void **state);
int world_close(void **state);
/* The same home and journal, the next life of the authority. */
void world_again(struct world *w);
/* The next life finds a store without journal of that schema, and what sql puts in. */
void world_older(struct world *w, unsigned schema, const char *sql);

/* --- frames to the authority --- */
void deliver(struct world *w, struct peer *from, enum message type, uint64_t id,
    const struct cbor_out *payload);
void drained(struct world *w);
/* The next frame that a peer was sent; fails if it is of another type. */
struct sent take(struct peer *p, enum message type);
void expect_nothing(const struct peer *p);

/* --- the checker --- */
void ask(struct world *w, uint64_t id, const struct request_facts *f);
/* The same with the moment that f names. */
void ask_then(struct world *w, uint64_t id, const struct request_facts *f);
/* The answer's reason; body may be NULL, otherwise a text to be compared. */
void expect_answer(
    struct world *w, uint64_t id, enum reason r, const char *body);
/* Makes f be about another request, of the one octet. */
void request_of(struct request_facts *f, uint8_t request);
/* A good request for the device number n (see world_device). */
struct request_facts good_facts(unsigned n, uint8_t request);

/* --- the signer --- */
void puppet_sync(struct world *w);
/* Answers the next order: its record, then SIGNED, in that order; or only one
 * of these. */
void puppet_record(struct world *w, struct record *r);
void puppet_obey(struct world *w);
/* Its last n records come once more, and SYNCED. */
void puppet_repeat(struct world *w, unsigned n);

/* --- the operator --- */
struct argument {
	const char *name, *value;
};
void command(struct world *w, const char *verb, const struct argument *list);
/* What the operator is told; the reply's JSON as text (static). */
const char *told(struct world *w, enum reason r);
/* A command that is refused before the signer hears of it. */
void refused(struct world *w, enum reason r, const char *verb,
    const struct argument *list);
/* One command with what the signer does for it, from begin to end. */
const char *done(
    struct world *w, const char *verb, const struct argument *list);
#define ARGUMENTS(...)             \
	(const struct argument[])  \
	{                          \
		__VA_ARGS__,       \
		{                  \
			NULL, NULL \
		}                  \
	}

/* Product "router-9" with keys for vouchers and IDevIDs, and n devices. */
void world_ready(struct world *w, unsigned devices);
/* hallmark issue csr, for the key number n. */
void csr(struct world *w, unsigned n, const char *serial, const char *claimed);
/* The signer signs what it was asked for, and the operator gets this serial. */
void issued(struct world *w, const char *serial);
/* The number under which a checker was asked about a request for a certificate. */
uint64_t csr_shown(struct world *w);
/* What it says of that, or of another file. */
void inspected(struct world *w, struct peer *by, uint64_t id,
    const struct message_inspected *m);
/* hallmark device import, for product "foreign"; what the checker says of the file;
 * and the same with what the signer does for it. */
void import(struct world *w, const char *serial, uint8_t key, uint8_t issuer);
void import_found(
    struct world *w, const char *serial, uint8_t key, uint8_t issuer);
void imported(struct world *w, const char *serial, uint8_t key, uint8_t issuer);

#endif
