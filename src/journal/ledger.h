/*
 * All that a signer must remember, as a function of its records: key states and
 * counts, last serials, clock. Written whole into the checkpoint that opens
 * every segment; `journal verify` works each checkpoint out again. What does not
 * fit one record goes on in the next ones: parts of the checkpoint.
 */
#ifndef JOURNAL_LEDGER_H
#define JOURNAL_LEDGER_H

#include "base/text.h"
#include "journal/record.h"
#include "model/product.h"

/* Keys from birth on, ended ones too: a name, and a slot, is for ever. */
#define LEDGER_KEYS_MAX		4096
#define LEDGER_SLOTS_MAX	4096
/* Products with a profile on record; they are never forgotten. */
#define LEDGER_PROFILES_MAX	4096
/* A part with so many of the largest fits RECORD_MAX. */
#define LEDGER_PART_KEYS	16
#define LEDGER_PART_SLOTS	50
#define LEDGER_PART_LINES	32
#define LEDGER_PART_RUNS	256
#define LEDGER_PART_PROFILES	16
#define LEDGER_PARTS_MAX	256
/* The act that takes a key out of use for ever; subject: the key's name. */
#define LEDGER_VERB_RETIRE	"key.retire"
/* The signer's own act: a retired key's copy, under the passphrase alone, comes into
 * being (doc/decisions/055); subject: the key's name. */
#define LEDGER_VERB_COPY	"key.copy"
/* The act that gives a slot to a signer elsewhere; subject: slot, space, whose. */
#define LEDGER_VERB_GIVE	"slot.give"
/* The act that wakes an issuing key; subject: its name, space, until when. */
#define LEDGER_VERB_AWAKE	"key.activate"
/* The acts by which a product gets its profile; subject: its name, space, and
 * profile_hash() as base64url. Older ones have the name alone, and say nothing. */
#define LEDGER_VERB_PRODUCT_ADD "product.add"
#define LEDGER_VERB_PRODUCT_SET "product.set"
static inline bool
ledger_verb_product(const char *verb)
{
	return strcmp(verb, LEDGER_VERB_PRODUCT_ADD) == 0 ||
	    strcmp(verb, LEDGER_VERB_PRODUCT_SET) == 0;
}
/* The act that takes a ceremony's evidence on record; subject: the SHA-256 of its
 * manifest, space, its kind. Nothing else follows from it. */
#define LEDGER_VERB_CEREMONY "ceremony.record"

/* IP 4. Signed: certified, and to take over from another key; its first signature
 * makes it active. */
enum key_state {
	KEY_REQUESTED = 1,
	KEY_ACTIVE = 2,
	KEY_RETIRED = 3,
	KEY_SIGNED = 4,
	KEY_ARCHIVED = 5,
	KEY_DESTROYED = 6,
};
#define KEY_STATE_LAST KEY_DESTROYED
/* Out of use for ever? */
static inline bool
key_state_over(enum key_state s)
{
	return s == KEY_RETIRED || s == KEY_ARCHIVED || s == KEY_DESTROYED;
}

/* Products with existing serials (IP 5.2 import mode), and the runs of numbers
 * that are remembered for all of them. */
#define LEDGER_LINES_MAX 256
#define LEDGER_RUNS_MAX	 4096

/* Counters below the highest one of a slot that are remembered one by one. */
#define COUNTER_WINDOW 512

struct ledger_key {
	struct key_order order;
	enum key_state state;
	uint8_t spki_sha256[HASH_SIZE];
	uint8_t certificate_sha256[HASH_SIZE];
	struct key_count count;
	/* Issuing CA: the highest serial counter signed, and whether the ones
	 * below it were: bit i of window stands for last_counter - 1 - i. */
	uint64_t last_counter;
	uint8_t window[COUNTER_WINDOW / 8];
	/* Issuing CA: its newest IDevID; manifests: the last record that it
	 * signed for. */
	uint64_t last_record;
	bool wrapped;
	enum key_end ending;  /* 0, or its record of the end is there ... */
	uint64_t end_record;  /* ... and has this number */
	enum wrapping erased; /* what kept its file shut, 0: not erased */
	bool copied;	      /* a copy for an archive was made at some time */
	/* Bit i of the whole, from the least of the first octet: it has signed for
	 * line i. */
	uint8_t lines[LEDGER_LINES_MAX / 8];
};

/* A product with existing serials, from its first IDevID on and for ever. */
struct ledger_line {
	char product[PRODUCT_NAME_MAX + 1];
	char scheme[SERIAL_MAX + 1];
};
/* Numbers of a line that were signed, or count as signed; in order, apart. */
struct ledger_run {
	uint32_t line;
	uint64_t first, last;
};

/* A slot that a signer elsewhere has. */
struct ledger_slot {
	char slot[SLOT_TOKEN_MAX + 1];
	char to[FACTORY_NAME_MAX + 1];
	int64_t since;
};

/* What the IDevIDs of a product are to be like, as the last act has it. */
struct ledger_profile {
	char product[PRODUCT_NAME_MAX + 1];
	uint8_t sha256[HASH_SIZE]; /* profile_hash() */
};

/* The chain that a signer goes on from (journal succeed). */
struct ledger_before {
	uint8_t signer[16];
	uint64_t sequence; /* of its last record, 0 = there was none */
	uint8_t head[HASH_SIZE];
	uint64_t skipped; /* signatures that each key may have made since */
};

struct ledger {
	uint8_t signer[16];
	bool test;		 /* home made by init --test */
	uint64_t sequence;	 /* of the last record applied */
	uint8_t head[HASH_SIZE]; /* its hash */
	int64_t time;		 /* never goes back */
	struct ledger_before before;
	size_t keys_len;
	struct ledger_key *keys; /* owned; in order of birth */
	uint16_t *by_name;	 /* owned; their places, by their names */
	size_t slots_len;
	struct ledger_slot *slots; /* owned */
	size_t lines_len, runs_len;
	struct ledger_line *lines; /* owned, LEDGER_LINES_MAX; NULL for none */
	struct ledger_run *runs;   /* owned, one more than LEDGER_RUNS_MAX */
	size_t profiles_len;
	struct ledger_profile *profiles; /* owned */
	/* The part of a checkpoint that was the last record to be one, and how
	 * many belong to it that did not come yet. */
	unsigned part, more;
	bool taking; /* they are taken at their word */
};

void ledger_init(struct ledger *l);
void ledger_free(struct ledger *l);
/* The key of that name, NULL if there is none. */
struct ledger_key *ledger_key_find(const struct ledger *l, const char *name);
/* Adds at the end; false if there is one of that name. */
bool ledger_key_push(struct ledger *l, const struct ledger_key *k);
void ledger_slot_push(struct ledger *l, const struct ledger_slot *s);
/* May that key (NULL = none) sign this in a record of that time? SIGNER_KEY, and
 * what key_policy_allows() returns. */
MUST_USE enum reason ledger_key_allows(const struct ledger *l,
    const struct ledger_key *k, const struct key_use *use, int64_t time,
    struct why *why);
/* Percent of its life that is over: what key_policy_used() says, or, where that is
 * more, the part of the counters of so many digits that its slot has used; 0 digits
 * for none. */
unsigned ledger_key_used(
    const struct ledger_key *k, unsigned counter_width, int64_t time);
/* Has the time come for a key that is signed to take over what has counters of so
 * many digits: is the one before it out of use, or has little left
 * (KEY_SWITCH_PERCENT)? */
bool ledger_key_due(const struct ledger *l, const struct ledger_key *k,
    unsigned counter_width, int64_t time);
/* The key that takes over from k, or goes on from it already; NULL if none is
 * there that can. */
const struct ledger_key *ledger_key_successor(
    const struct ledger *l, const struct ledger_key *k);
/* Which key of its slot it is, 1 the first (IP 4). */
unsigned ledger_key_generation(
    const struct ledger *l, const struct ledger_key *k);
/*
 * May this key be made? Not a name twice, not more than LEDGER_KEYS_MAX; it
 * succeeds a key of the same purpose; its slot is nobody's and looks like
 * nobody's (IP 5.2), or is that of the retired key that it succeeds.
 * SIGNER_POLICY.
 */
MUST_USE enum reason ledger_key_admits(
    const struct ledger *l, const struct key_order *o, struct why *why);
#define STATEMENT_MAX 640
/* For ssh-keygen -Y sign -n: a signature of one kind is none of the other. */
#define KEY_NAMESPACE "hallmark-key" /* ledger_statement() */
#define ACT_NAMESPACE "hallmark-act" /* ledger_act_statement() */
/*
 * What two operators sign when a retired key is to be destroyed or archived: lines
 * of text, each ended, that name signer, key, public key, counts, and whether a key
 * to be destroyed was ever copied. archive is the SHA-256 of the copy. Its length.
 */
size_t ledger_statement(const struct ledger *l, const struct ledger_key *k,
    enum key_end how, const uint8_t archive[HASH_SIZE],
    char out[STATEMENT_MAX]);
/*
 * What two operators sign when an act needs both (doc/decisions/068): lines of text,
 * each ended, that name signer, verb, subject, and a number that its subject gives
 * out once, so that no signature fits twice. Its length.
 */
size_t ledger_act_statement(const uint8_t signer[16], const char *verb,
    const char *subject, uint64_t number, char out[STATEMENT_MAX]);
/* Reads the subject of LEDGER_VERB_GIVE: a slot that is nobody's here and looks
 * like nobody's, and a name. SIGNER_POLICY, SIGNER_FACTS. */
MUST_USE enum reason ledger_slot_read(const struct ledger *l,
    const char *subject, struct ledger_slot *out, struct why *why);
/* Reads the subject of LEDGER_VERB_RETIRE: a key's name and why it goes
 * (model/ruling.h), "" in records of before that was kept. false if it is none. */
bool ledger_retire_read(
    const char *subject, char name[KEY_NAME_MAX + 1], const char **cause);
/* Reads the subject of LEDGER_VERB_AWAKE: an issuing key that is not over, and a
 * moment at most AWAKE_ACT_DAYS after this one; one that is past puts it to sleep.
 * SIGNER_KEY, SIGNER_FACTS. */
MUST_USE enum reason ledger_awake_read(const struct ledger *l,
    const char *subject, int64_t now, struct ledger_key **key, int64_t *until,
    struct why *why);
/* All of a product that its IDevIDs show: how its serials are made, MASA URL, and
 * what of IP 5 it selects; as a hash, which the signer holds. */
void profile_hash(const struct product *p, uint8_t out[HASH_SIZE]);
/* The subject of LEDGER_VERB_PRODUCT_ADD and _SET. */
#define PROFILE_SUBJECT_SIZE (PRODUCT_NAME_MAX + 1 + BASE64_SIZE(HASH_SIZE))
void profile_subject(const struct product *p, char out[PROFILE_SUBJECT_SIZE]);
/* Reads one; *there is false for an older one, which says nothing. SIGNER_FACTS, or
 * SIGNER_POLICY: one product more than LEDGER_PROFILES_MAX. */
MUST_USE enum reason ledger_profile_read(const struct ledger *l,
    const char *subject, struct ledger_profile *out, bool *there,
    struct why *why);
/* From now on that product has this one. */
void ledger_profile_put(struct ledger *l, const struct ledger_profile *p);
/* Is it as an operator's act on record has it? SIGNER_POLICY. */
MUST_USE enum reason ledger_profile_holds(
    const struct ledger *l, const struct product *p, struct why *why);
/* Was this counter of the key's slot signed, or may have been? SERIAL_USED. */
MUST_USE enum reason ledger_counter_free(
    const struct ledger_key *k, uint64_t counter, struct why *why);
/*
 * May this key sign an existing serial of that product and scheme (ledger_lines.c)?
 * The scheme is the one that the product had before. No other product's serials
 * look like these; where they may be the same, no key signs for both, so issuer and
 * serial together stay one device. SIGNER_POLICY, SERIAL_SYNTAX.
 */
MUST_USE enum reason ledger_line_admits(const struct ledger *l,
    const struct ledger_key *k, const char *product, const char *scheme,
    struct why *why);
/* Was this number of the product signed, by whatever key, or may have been?
 * SERIAL_USED. */
MUST_USE enum reason ledger_number_free(const struct ledger *l,
    const char *product, uint64_t number, struct why *why);
/* It is signed now: admitted and free. When there are too many runs, two become
 * one, and what lay between counts as signed: the two nearest of the line that has
 * the most. */
void ledger_number_take(struct ledger *l, struct ledger_key *k,
    const char *product, const char *scheme, uint64_t number);
/* Does a foreign serial read like one of a slot that is ours; or like one of a slot
 * that was given away, or of a line, without being that? SERIAL_SLOT. */
MUST_USE enum reason ledger_serial_foreign(
    const struct ledger *l, const char *serial, struct why *why);
const char *key_state_name(enum key_state s);
/* Applies the next record (sequence, previous hash and signer must join);
 * bytes are its encoding. A checkpoint must equal what was worked out, unless
 * the ledger is empty, when it is taken over. JOURNAL_DAMAGED. */
MUST_USE enum reason ledger_apply(struct ledger *l, const struct record *r,
    struct span bytes, struct why *why);
/*
 * The ledger that a new signer begins with after `old` ended: its keys, with
 * counts and last counters raised by skip, so that nothing that may have been
 * used is used again. Later than old by a second at least. Owned.
 */
void ledger_succeed(const struct ledger *old, const uint8_t signer[16],
    uint64_t skip, int64_t now, struct ledger *out);
/*
 * Is this the first record of a signer that goes on where the ledger ends? Then
 * next is what all records of that one, this one first, are to be applied to:
 * they are held to it. Owned. JOURNAL_FORK.
 */
MUST_USE enum reason ledger_joins(const struct ledger *old,
    const struct record *first, struct ledger *next, struct why *why);
/* What the first record of a signer says of the one before; sequence 0 if there
 * was none. JOURNAL_DAMAGED if it is not the first record of a signer. */
MUST_USE enum reason ledger_before(
    const struct record *first, struct ledger_before *out, struct why *why);
/* How many records the checkpoint is, at least 1. */
unsigned ledger_parts(const struct ledger *l);
/* The content of a checkpoint record: part, 0 the first, of ledger_parts(). */
bool ledger_write(const struct ledger *l, unsigned part, uint8_t *out,
    size_t cap, size_t *len);
/* The same of a ledger that is one part already, as ledger_read() gives it. */
bool ledger_part_write(
    const struct ledger *part, uint8_t *out, size_t cap, size_t *len);
/* Does a checkpoint begin with this record? One that cannot be read does. */
bool ledger_opens(const struct record *r);
/* One part alone. Owned. JOURNAL_DAMAGED. */
MUST_USE enum reason ledger_read(
    struct span bytes, struct ledger *out, struct why *why);

#endif
