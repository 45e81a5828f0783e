/*
 * Rulings: what an operator decides about a device, a customer or a peer. A device
 * gets vouchers or not, and why not is one of a few words: they may be told to its
 * owner, where free text could name another one (R-12.3, R-12.4,
 * doc/decisions/068).
 */
#ifndef MODEL_RULING_H
#define MODEL_RULING_H

#include "model/names.h"

/* One operator's hold lasts so long, unless two confirm it. */
#define HOLD_SECONDS (3 * 86400)
#define NOTE_MAX     128

/* Words for refusals of vouchers; RFC 8995 10.4 to 10.6. */
enum cause {
	CAUSE_NONE = 0,	   /* no refusal, or one of before words were kept */
	CAUSE_STOLEN,	   /* it was taken from its owner */
	CAUSE_RESALE,	   /* it changed hands, and its maker objects */
	CAUSE_GREY_MARKET, /* it was not sold for where it is */
	CAUSE_UNPAID,
	CAUSE_END_OF_LIFE,
	CAUSE_COMPROMISED, /* its key is, or may be, somebody else's, too */
	CAUSE_DUPLICATE,   /* another device has its serial or key */
	CAUSE_OWNER,	   /* its owner asked */
};
#define CAUSE_LAST CAUSE_OWNER
/* All of them, for usage and refusals. */
#define CAUSE_WORDS                                          \
	"stolen, resale, grey-market, unpaid, end-of-life, " \
	"compromised, duplicate or owner"

/* Why a signing key goes out of use (IP 4); a word of its own list, which stands in
 * the journal behind the key's name. */
#define KEY_CAUSE_WORDS "superseded, end-of-life, compromised or lost"
bool key_cause_known(const char *word);

/* Why a product line that was stopped goes on. */
#define LINE_CAUSE_WORDS "repaired, removed or mistaken"
bool line_cause_known(const char *word);

/* "grey-market"; "" for none. */
const char *cause_text(enum cause c);
/* CAUSE_NONE if it is no such word. */
enum cause cause_find(struct span word);

#endif
