/*
 * How many requests a client may make (MP 17): a bucket of tokens for each
 * client key and for each source prefix (an IPv4 address, 56 bits of an IPv6
 * one). A known customer has a larger one for its key, and none for its prefix,
 * so that a flood of throw-away certificates from its own network takes nothing
 * from it. The memory is of fixed size: a newcomer takes the place of the one
 * whose bucket is the fullest among a few, which so loses least.
 *
 * And how many full TLS handshakes: nobody has a name before one, so they are
 * counted by prefix alone. A prefix from which a known customer came within a
 * day has a bucket of its own, ten times as large (doc/decisions/056). Nor may a prefix
 * hold more connections than BUDGET_HELD seconds of these are: else it had them all in
 * a minute or two, for a request now and then (077).
 */
#ifndef FRONT_BUDGET_H
#define FRONT_BUDGET_H

#include <stdbool.h>

#include "model/names.h"

#define BUDGET_BURST	  10	/* seconds' worth at once */
#define BUDGET_HELD	  20	/* seconds' worth of connections at one time */
#define BUDGET_CUSTOMERS  10	/* times the handshakes of strangers */
#define BUDGET_REMEMBERED 86400 /* seconds, of a prefix with customers */

/* So many a second; 0 = as many as they like. */
struct budget_rates {
	unsigned client;    /* of one key that is not known */
	unsigned prefix;    /* of all of these behind one prefix */
	unsigned known;	    /* of one key of a known customer */
	unsigned handshake; /* of a prefix without known customers */
};

struct budget;

/* All buckets full. budget_free() allows NULL. */
struct budget *budget_new(void);
void budget_free(struct budget *b);
/*
 * One request at that moment (ticks in milliseconds): false if a bucket that it
 * needs is empty, and then nothing is taken from any. A key that is all zero
 * stands for no certificate and has no bucket, nor has an address that is none.
 */
bool budget_take(struct budget *b, const struct budget_rates *rates,
    const uint8_t key[HASH_SIZE], const char *address, bool known, int64_t now);
/*
 * One connection, and its handshake, of somebody from that address, at that moment:
 * false if the bucket of its prefix is empty or it holds all that it may; true is to
 * be followed by budget_left(). An address that is none has no bucket.
 */
bool budget_handshake(struct budget *b, const struct budget_rates *rates,
    const char *address, int64_t now);
/* That one cost next to nothing: the token goes back. */
void budget_give_back(struct budget *b, const struct budget_rates *rates,
    const char *address, int64_t now);
/* One of its connections has ended. */
void budget_left(struct budget *b, const char *address);
/* A known customer has proven its key from there. */
void budget_customer(struct budget *b, const char *address, int64_t now);

#endif
