/*
 * The authority's state. It decides, records and remembers; it signs nothing
 * and decodes nothing that a stranger sent.
 *
 * Law 4 (architecture 2) shapes it: whatever was granted is an answer inside of
 * a group, and leaves when the group has been committed. Until then its device
 * is held, so that no two decisions about one device rest on the same facts.
 */
#ifndef AUTHORITY_AUTHORITY_H
#define AUTHORITY_AUTHORITY_H

#include "base/buf.h"
#include "ipc/program.h"
#include "model/policy.h"
#include "store/store.h"
#include "wire/cbor.h"
#include "wire/json.h"

#define REPLAY_SECONDS	    60 /* MP 5, idempotency */
#define REFUSALS_PER_SECOND 50 /* put on record, not more */
#define REFUSALS_KEPT	    1000000
#define ALARMS_PER_SECOND   5 /* of those that strangers can cause */
#define PENDING_MAX	    4096
#define BUCKETS		    1024
#define ADMIN_PATIENCE	    10 /* seconds until the signer must be there */
#define CHECKER_PATIENCE    60 /* and until a checker must have answered */
#define MOMENT_SLACK	    60 /* seconds from another program's clock to ours */
#define KEPT_MAX	    (32u << 20) /* octets of requests on their way */
#define WAITERS_MAX	    16		/* requests that wait for one device */
#define WAITERS_OF_ONE	    4		/* of one client, or one address */
#define WAITERS_OF_SAME	    8		/* the same bytes from one client */
#define RECHECK_BATCH	    32
#define RECHECK_FACTS_MAX   4096

/* Whoever asked, and under which number; a peer that died is NULL. */
struct origin {
	struct peer *peer;
	uint64_t id;
	uint32_t user; /* of an operator, also when the peer is gone */
};

/* What a pending piece of work waits for. */
enum stage {
	STAGE_VOUCHER, /* a voucher from the signer */
	STAGE_WAITING, /* another decision: it hangs on that */
	STAGE_HELD,    /* an operator, for the signer to be there */
	STAGE_INSPECT, /* a checker's look at a file */
	STAGE_DERIVE,  /* a checker's facts, for an operator */
	STAGE_IDEVID,  /* a certificate from the signer */
	STAGE_TAG,     /* a device tag from the signer */
	STAGE_TAGS,    /* those of a manifest's devices */
	STAGE_KEY,     /* a key, or its activation */
	STAGE_ACT,     /* the record of an operator's act */
	STAGE_COMMIT,  /* the commit of its group */
};

struct authority;
struct pending;

/* What a verb of the command line does here: it answers m, at once or later. */
typedef void admin_verb(
    struct authority *a, struct origin from, const struct message_admin *m);

/* Runs when the record of an operator's act is there, inside of a group: makes
 * the change, or says why it cannot be made any more. */
typedef enum reason (*act_call)(
    struct authority *a, struct pending *p, struct why *why);
/* Runs when a checker has looked at a certificate. */
typedef void (*inspected_call)(struct authority *a, struct pending *p);
/* Runs when the group that p waited for has been committed, or lost. */
typedef void (*commit_call)(struct authority *a, struct pending *p, bool good);

/* Octets of vouchers as their pledges get them; 0 = none yet. */
struct sizes {
	size_t last, least, most;
};

/* One request of a checker or an operator on its way. */
struct pending {
	bool used;
	uint32_t generation, slot, next_free;
	enum stage stage;
	struct origin origin;
	struct buf frame; /* DECIDE or ADMIN, to be read again */
	size_t kept;	  /* what of it counts for KEPT_MAX */

	/* A decision holds its device; who comes meanwhile waits at it. */
	struct pending *next_held; /* in its bucket */
	struct pending *same;	   /* the same bytes get its answer */
	struct pending *later;	   /* others, decided after it */
	struct pending **later_tail;
	unsigned waiters;     /* in these two, at most WAITERS_MAX */
	struct pending *next; /* in one of these, or a group */
	uint8_t request_sha256[HASH_SIZE];
	uint8_t client_sha256[HASH_SIZE];
	unsigned reply; /* formats that its asker takes */
	enum artifact_format format;
	unsigned voucher_limit; /* of the product */
	char serial[SERIAL_MAX + 1];
	char address[64];
	char correlation[17];

	/* An operator's request. */
	int64_t since;		    /* clock_ticks() when it was taken */
	enum inspect_kind asked;    /* of a checker ... */
	const struct peer *checker; /* ... which is the only one to answer it */
	inspected_call inspected;
	struct certificate_facts *facts; /* what it found */
	act_call act;
	commit_call committed;
	struct product product;
	struct device device;
	struct store_serial reserved;
	uint64_t number;	    /* of a ruling; of a key seen before */
	uint64_t sequence;	    /* of the record of its act */
	uint64_t turn, turn_before; /* of the issuing CA in the line */
	unsigned takeovers;
	char key[KEY_NAME_MAX + 1];
	bool retried;
	struct buf spki;	/* of a CSR */
	struct buf certificate; /* of an import */
	struct buf manifest;	/* INSPECTED of a manifest ... */
	struct buf tags;	/* ... what was asked of the signer ... */
	size_t tagged;		/* ... and has come */
	struct buf report;	/* JSON, the answer when an act is done */
	char warnings[WARNINGS_SIZE];
};

/* An answer that waits for the commit of its group. */
struct answer {
	struct answer *next;
	struct origin origin;
	struct pending *done; /* set free with the answer */
	enum artifact_format format;
	struct buf body; /* artifact, or JSON */
	struct buf blob;
};

/* All that waits for one commit. */
struct group {
	struct group *next;
	struct authority *authority;
	struct answer *answers, **answers_tail;
	struct pending *pending, **pending_tail;
};

/* Signing keys as the store has them, read again after each change. */
struct key_entry {
	enum key_purpose purpose;
	char name[KEY_NAME_MAX + 1];
	char slot[SLOT_TOKEN_MAX + 1];
	uint8_t key_id[KEY_ID_MAX];
	uint8_t key_id_len;
	/* Issuing CA: the policy that its certificate asserts, or as much of it as
	 * tells whose it is. */
	uint8_t policy[HW_TYPE_MAX];
	uint8_t policy_len; /* 0 = none */
	uint64_t turn;	    /* issuing CA: when it was chosen last */
	unsigned warned;    /* how far its end was told of */
	int64_t not_after;  /* of its certificate; 0 = none yet */
	bool raw;	    /* pledges hold the key alone (decision 027) */
	unsigned expiring;  /* how far that was told of */
};

/* What the checker apart was asked, in this order; see recheck.c. */
struct recheck_item {
	uint64_t id;
	uint8_t signer[16];
	uint64_t sequence;
	bool done;
};
struct recheck {
	int64_t asked;	 /* clock_ticks() when a fresh one was; 0 = not now */
	unsigned rounds; /* of items that this one was asked about */
	unsigned late;	 /* seconds since the oldest waits for too long */
	unsigned len;
	struct recheck_item items[RECHECK_BATCH];
	uint64_t last_id;
	uint64_t suspect; /* the voucher that the last one died of */
	unsigned deaths;
	unsigned careful; /* so many to go one at a time, after a death */
	struct recheck_item unreadable; /* what cannot be asked about */
	const char *lacks;
	struct recheck_item found; /* which stopped issuing */
	const char *field;	   /* and by what; NULL before that */
};

/* A voucher's record whose row is still to be written; see sync.c. */
struct late {
	struct late *next;
	struct record record;
};

/* Customers as the store has them, read again after each change: by name, and
 * by the keys on file for them, in their order. */
struct customer_key {
	uint8_t spki_sha256[HASH_SIZE];
	unsigned customer; /* place in list */
};
struct customers {
	unsigned len, keys_len;
	struct customer *list;
	struct customer_key *keys;
};

/* Names at most in each list of keys that service.status has. */
#define KEYS_LISTED 128

struct authority {
	struct program *program;
	struct store *store;
	struct message_start start;
	int lock; /* of our folder */

	bool synced; /* heads agree: work may begin */
	/* Why signer and store do not agree, REASON_OK if that is not known. */
	enum reason trouble;
	char trouble_text[200];
	bool commit_failed; /* no signature until one has succeeded */
	bool test;	    /* the signer's journal says so */
	bool stopped;	    /* the re-check found a difference */
	bool numbers_done;  /* the store has those of all devices */
	uint8_t signer[16];
	/* As of the last record that was copied: what the signer must have,
	 * worked out here again. */
	struct ledger ledger;
	/* What it has not: a bit for each key, see struct message_synced. */
	uint8_t unreached[KEY_BITS_MAX];
	struct late *late, **late_tail;
	int64_t lapse_next; /* clock_ticks(): no hold ends before that */
	uint64_t told; /* the last record when serve heard that it goes on */

	struct sizes sizes[FORMAT_COSE_CBOR + 1]; /* since the start */
	uint64_t over_limit; /* vouchers, since the start */
	uint64_t look_ups;   /* certificates that a checker asked for */
	unsigned refusals;   /* left in this second */
	unsigned alarms;
	struct pending pending[PENDING_MAX];
	uint32_t first_free;
	struct pending *buckets[BUCKETS];    /* held devices, by serial */
	struct pending *ready, **ready_tail; /* their device came free */
	struct pending *held, **held_tail;   /* operators, STAGE_HELD */
	struct group *group;		     /* open, or NULL */
	struct group *submitted;
	struct key_entry *keys; /* owned, keys_room of them */
	unsigned keys_len, keys_room;
	unsigned
	    *keys_by_name; /* owned, places in keys in the order of names */
	uint64_t turns;	   /* issuing CAs chosen in this run */
	struct buf voucher_policies; /* see struct message_inspect */
	bool policies_over;	     /* they are not all */
	size_t kept;		     /* octets, see KEPT_MAX */
	struct customers customers;
	struct public_cas public_cas; /* that operators named */
	struct recheck recheck;
	struct reputation *reputation;
	struct prepared_logs *prepared;
};

/* What main() runs. */
extern const struct program_calls authority_calls;

/* --- pending.c --- */
void pending_init(struct authority *a);
/* NULL if too many are on their way. */
struct pending *pending_new(
    struct authority *a, enum stage stage, struct origin from);
uint64_t pending_id(const struct pending *p);
struct pending *pending_find(struct authority *a, uint64_t id);
/* Copies a DECIDE into p->frame; false if there is no room for more. */
bool pending_keep(struct authority *a, struct pending *p, struct span payload);
/* Frees it, and those with the same bytes; those who come later are ready. */
void pending_free(struct authority *a, struct pending *p);
/* From here to pending_free() no other decision is made about this serial. */
void device_hold_serial(struct authority *a, struct pending *p);
/* The same for another serial, and not for that of before. */
void device_hold_other(
    struct authority *a, struct pending *p, const char *serial);
struct pending *device_holder(struct authority *a, const char *serial);
/* A peer is gone: nobody there to answer any more. */
void pending_forget_peer(struct authority *a, const struct peer *peer);
/* Answers and frees everything that waits for the signer, or for a checker. */
void pending_fail(struct authority *a, bool signer, enum reason r);
/* The same for whatever waits for a checker since before then (UNAVAILABLE). */
void pending_fail_late(struct authority *a, int64_t then);
/* The end: whoever still waits is told so. */
void pending_close(struct authority *a);

/* --- answer.c --- */
/* Answers at once: nothing was changed for it. why may be NULL. */
void answer_refusal(struct origin to, enum reason r, const struct why *why);
void answer_bytes(
    struct origin to, enum artifact_format format, struct span body);
/* An audit log, and where it may be fetched again; NULL: nowhere. */
void answer_log(struct origin to, struct span log, const uint8_t *slug);
void answer_admin(struct origin to, struct span json, struct span blob);
/* What was written, as the whole answer. */
void answer_json(struct origin to, const struct json_out *o);
/* The answer of p, sent and p freed when the group is committed. */
struct answer *answer_later(struct authority *a, struct pending *p);
/* p->committed is called when the group is. */
void wait_for_commit(struct authority *a, struct pending *p, commit_call call);
/* Commits the open group, if there is one, and sends what waited for it. */
void group_commit(struct authority *a);

/* --- sync.c --- */
void sync_begin(struct authority *a);
/* Works the ledger out from the copy, and reads the keys. JOURNAL_DAMAGED. */
MUST_USE enum reason ledger_load(struct authority *a, struct why *why);
void sync_record(struct authority *a, const struct frame *frame);
void sync_done(struct authority *a, const struct frame *frame);
/* The row of a record of this group that still waits, with its delivery; false
 * if there is none, or none that fits: then one may be there already. */
bool sync_deliver(struct authority *a, uint64_t sequence,
    const uint8_t request[HASH_SIZE], const struct store_delivery *d);
/* Rows that still wait, as not delivered: before each commit. */
void sync_rest(struct authority *a);
/* A group was lost: nothing is signed before the store has caught up. */
void sync_lost(struct authority *a);
/* Tries whether the store is back (once a second). */
void sync_retry(struct authority *a);
struct peer *signer_peer(struct authority *a);
/* By the clock or by the last record, which is later: so the signer judges. */
int64_t chain_now(const struct authority *a);
/* Which is earlier: what is over by it is over, even if the clock runs ahead for a
 * moment, and may be forgotten for good (doc/decisions/068). */
int64_t chain_past(const struct authority *a);

/* --- certificate.c --- */
/* The content of its serialNumber; empty, and false, if it cannot be found. */
bool certificate_number(struct span certificate, struct span *out);
/* Its Names and its key (SubjectPublicKeyInfo, and the bits in it); false if they cannot
 * be found. */
struct certificate_names {
	struct span issuer, subject, spki, key_bits;
};
bool certificate_names(struct span certificate, struct certificate_names *out);
/* The value of its certificatePolicies, and as such a value each private extension
 * that may stand for a policy (IP 6): of NULL, not critical. take may not keep it. */
void certificate_policies(struct span certificate,
    void (*take)(void *context, struct span policies), void *context);

/* --- numbers.c --- */
/* Whose certificate has this number under this issuer's Name (IP 2, L08)? false:
 * nobody's. */
bool number_holder(struct authority *a, const uint8_t issuer_name[HASH_SIZE],
    struct span certificate, struct device *out);
/* Once a second: takes the numbers of some devices from before they were kept. What
 * came twice is a warning of the device, and one alarm for all. */
void numbers_tick(struct authority *a);
void numbers_status(struct authority *a, struct json_out *o);

/* --- line.c --- */
/* May units of this product be issued or imported? LINE_STOPPED. */
MUST_USE enum reason line_check(
    struct authority *a, const char *product, struct why *why);
/* A unit whose key another device has. */
struct line_unit {
	const char *holder; /* the serial of that device */
	struct span serial; /* of the unit itself; empty: nobody named it */
	const uint8_t *request_sha256; /* its request, or its certificate */
};
/* p is about such a one and to be refused: it counts, and the second one stops the line.
 * true: p is answered when that is on disk, KEY_DUPLICATE; false: it counted before. */
bool line_duplicate(
    struct authority *a, struct pending *p, const struct line_unit *u);
/* The same for a request; false, too, where it is the unit that has the key. */
bool line_see(
    struct authority *a, struct pending *p, const struct csr_facts *f);
admin_verb product_resume;
void lines_status(struct authority *a, struct json_out *o);

/* --- keys.c --- */
void keys_load(struct authority *a);
/* Puts their names in order; keys_load() does. */
void keys_sort(struct authority *a);
/* The newest active key whose policy allows this now, its rate apart, and whose
 * certificate is not over; else the newest that serves the product at all, so that the signer says what is wrong;
 * else NULL. */
const struct key_entry *key_for(
    const struct authority *a, const struct key_use *use);
const struct key_entry *key_by_name(
    const struct authority *a, const char *name);
/* --- choose.c --- */
/* The issuing CA for the next unit of a product; factory "" = none named. If none
 * may sign, one that says why not; NULL if there is none for the product. */
const struct key_entry *ca_choose(
    struct authority *a, const struct product *product, const char *factory);
/* The same; CA_UNKNOWN, with an alarm, where there is none. */
MUST_USE enum reason ca_pick(struct authority *a, const struct product *product,
    const char *factory, const struct key_entry **out, struct why *why);
/* It is p's now, and was chosen; or it was not, after all. */
void ca_turn(
    struct authority *a, struct pending *p, const struct key_entry *ca);
void ca_turn_back(struct authority *a, const struct pending *p);
/* The newest CA of a slot, whatever its state; NULL. */
const struct key_entry *ca_of_slot(const struct authority *a, const char *slot);
/* The CA that a serial's slot names, and its counter: SERIAL_SLOT,
 * SERIAL_SYNTAX, CA_UNKNOWN. */
MUST_USE enum reason ca_of_serial(const struct authority *a, const char *serial,
    const struct product *product, const struct key_entry **out,
    uint64_t *counter, struct why *why);
/* Can it give what the product shows, and does its policy allow an IDevID of the
 * product now, its rate apart? */
bool ca_may_sign(const struct authority *a, const struct key_entry *ca,
    const struct product *product);
/* Percent of its life that is over, or of the counters of its slot, in the fewest
 * digits that it may sign. */
unsigned ca_used(const struct authority *a, const struct ledger_key *k);
/* --- existing.c --- */
/* May this product have another device with this serial, from this issuer? Not
 * twice in one product where that is said; two products need voucher keys of their
 * own. SERIAL_USED, SERIAL_TWIN. */
MUST_USE enum reason twin_check(struct authority *a, const char *serial,
    const char *product, const struct issuer *issuer, bool once,
    struct why *why);
/* Does a foreign serial read like one of ours (IP 5.2)? SERIAL_SLOT. */
MUST_USE enum reason foreign_check(
    struct authority *a, const char *serial, struct why *why);
/* An ordered serial of a product with existing ones; out gets its number. The CA is
 * chosen. SERIAL_SYNTAX, CA_UNKNOWN, SERIAL_USED, SERIAL_TWIN. */
MUST_USE enum reason existing_choose(struct authority *a,
    const struct product *product, const char *serial, const char *factory,
    const struct key_entry **ca, struct store_serial *out, struct why *why);
/* masa_names.c: the service starts only if each name that devices were ever given is
 * one by which it is reached, where the operator says which these are. HOME_INVALID,
 * MASA_NAME. */
MUST_USE enum reason masa_names_check(struct authority *a, struct why *why);
/* May devices of this product be given its MASA URL? MASA_NAME. */
MUST_USE enum reason masa_name_admit(
    const struct authority *a, const struct product *p, struct why *why);
/* They are, from now on; false if the store failed. An alarm where a product's devices
 * until now (before, NULL for none) have another one and nobody says who is reached. */
bool masa_name_keep(
    struct authority *a, const struct product *before, const struct product *p);
/* The list for hallmark status, of 64 at most. */
void masa_names_status(struct authority *a, struct json_out *o);
/* What of a product must never change once it has devices (IP 5.2), and what is too
 * like another product's. PRODUCT_SYNTAX. */
MUST_USE enum reason product_line_check(struct authority *a,
    const struct product *before, const struct product *p, struct why *why);

/* Once a second: says which keys have little left. Their part of status. */
void limits_tick(struct authority *a);
void limits_status(const struct authority *a, struct json_out *o);

/* --- expiry.c --- */
/* Is its certificate over? */
bool key_expired(const struct authority *a, const struct key_entry *k);
/* Once a second: alarms for voucher signers that end and have none after them. Their
 * part of status. */
void expiry_tick(struct authority *a);
void expiry_status(const struct authority *a, struct json_out *o);

/* Is this the key identifier of an issuing CA of ours? */
bool key_is_own_ca(const struct authority *a, const struct issuer *issuer);

/* --- decide.c --- */
/* A certificate of a customer, taken out of the store. */
struct on_file {
	struct chain_entry entry;
	uint8_t room[CERTIFICATE_MAX];
};
/* Rows 7 to 21 of MP 5, as they would go at this moment. */
struct decision {
	unsigned devices_len; /* on record with this serial */
	struct device devices[STORE_TWINS_MAX];
	struct product products[STORE_TWINS_MAX];
	struct verdict verdict;
	const struct key_entry *key;	 /* NULL unless granted */
	const struct customer *customer; /* NULL: nobody knows whose it is */
	struct on_file domain_ca;	 /* of it */
	/* Whom the devices were sold to; the last one is that customer. */
	struct destination owners[STORE_TWINS_MAX];
	struct on_file est_servers[STORE_TWINS_MAX + 1];
	char told[STORE_TWINS_MAX][TOLD_MAX + 1];
};
/* Decides and changes nothing; trace gets every row, or is NULL. */
void decision_make(struct authority *a, const struct request_facts *f,
    int64_t now, struct trace *trace, struct decision *out);
void decide_take(
    struct authority *a, struct peer *peer, const struct frame *frame);
void decide_signed(
    struct authority *a, struct pending *p, const struct message_signed *m);
/* Which certificates are on record for a serial (doc/decisions/025). */
void look_up_take(
    struct authority *a, struct peer *peer, const struct frame *frame);
/* Decisions that waited for a device that is free now. */
void decide_ready(struct authority *a);
void refusal_take(struct authority *a, const struct frame *frame);
/* A request was granted something: its old forms are counted. */
void legacy_count(struct authority *a, const struct request_facts *f);
/* Logs that revocation servers of a granted request's chain were not asked (row 5). */
void note_revocation(const struct message_decide *d);
/* Records, logs and answers a refusal of ours. */
void decide_refuse(struct authority *a, struct origin to,
    const struct message_decide *d, enum reason r, const struct why *why);

/* --- reputation.c: who is blocked (MP 5 row 0b, MP 17) --- */
/* Reads what operators blocked and publishes the list; after store_open(). */
void reputation_open(struct authority *a);
void reputation_close(struct authority *a);
/* A request of this client was refused, or got its voucher. client is the
 * SHA-256 of its certificate; zero (none) is ignored. */
void reputation_bad(
    struct authority *a, enum reason r, const uint8_t client[HASH_SIZE]);
void reputation_good(struct authority *a, const uint8_t client[HASH_SIZE]);
/* A group was lost, and with it what this put there. */
void reputation_lost(struct authority *a);
bool reputation_has(const struct authority *a, const struct block_name *n);
/* Puts in the open group what an operator says: ADMIN_ARGUMENT if there is no
 * room for it, CLIENT_NOT_BLOCKED for what is not there to be lifted. */
MUST_USE enum reason reputation_block(
    struct authority *a, const struct store_block *b, struct why *why);
MUST_USE enum reason reputation_release(
    struct authority *a, const struct block_name *n, struct why *why);
/* The group is committed, or lost: the list follows the rows. */
void reputation_follow(struct authority *a);
/* Once a second. */
void reputation_tick(struct authority *a);
/* Now and then. */
void reputation_purge(struct authority *a);
/* Everybody who is blocked now, and whether by itself. */
void reputation_each(struct authority *a,
    void (*call)(void *context, const struct store_block *b, bool automatic),
    void *context);

/* --- audit.c --- */
/* Does a voucher of this device pin a key of its chain, or what customer_owns() says? */
bool audit_owns(
    struct authority *a, const struct device *d, const struct request_facts *f);
void audit_take(
    struct authority *a, struct origin to, const struct message_decide *d);
/* Whose log: found by the bytes of an accepted request, or by the chain. */
struct audit_owner {
	char serial[SERIAL_MAX + 1];
	struct issuer issuer;
};
/* May this requester see a log, and which? DEVICE_UNKNOWN, or what the checker
 * or policy_audit() found wrong at now. */
MUST_USE enum reason audit_judge(struct authority *a,
    const struct request_facts *f, int64_t now, struct trace *trace,
    struct audit_owner *o, struct why *why);

/* FETCH: a log that was prepared, or LOG_NOT_KEPT. */
void audit_fetch(
    struct authority *a, struct peer *peer, const struct frame *frame);

/* --- prepared.c --- */
/* Logs as they were given, for whoever asked, to be fetched again (MP 14.1). In
 * memory only: they end with the authority. */
struct prepared_logs;
struct prepared_logs *prepared_new(void);
void prepared_free(struct prepared_logs *l);
/* Keeps a copy; its name, which is the one of before for the same client and text.
 * NULL for a client without a key (zero). Borrowed until the next call. */
const uint8_t *prepared_add(struct prepared_logs *l,
    const struct audit_owner *o, const uint8_t client_spki_sha256[HASH_SIZE],
    struct span text);
/* The text, borrowed until the next call; false unless it is kept for this client
 * and not older than PREPARED_SECONDS. */
bool prepared_find(struct prepared_logs *l, const uint8_t slug[SLUG_SIZE],
    const uint8_t client_spki_sha256[HASH_SIZE], struct span *text);

/* --- admin.c --- */
void admin_take(
    struct authority *a, struct peer *peer, const struct frame *frame);
/* Operators who waited for the signer: it is there, or time is up. */
void admin_resume(struct authority *a);
void admin_tick(struct authority *a);
/* An argument of the request; ptr NULL if absent. */
struct span admin_argument(const struct message_admin *m, const char *name);
/* The same as text of at most cap-1 printable characters; ADMIN_ARGUMENT if it
 * is not, or required and absent. */
MUST_USE enum reason admin_text(const struct message_admin *m, const char *name,
    char *out, size_t cap, bool required, struct why *why);
/* The same as a number; fallback if absent. */
MUST_USE enum reason admin_number(const struct message_admin *m,
    const char *name, uint64_t max, uint64_t fallback, uint64_t *out,
    struct why *why);
/* The request that p is about, read again from p->frame. */
void admin_again(const struct pending *p, struct message_admin *m);
/* Work for an operator, with the frame kept; NULL: refused as OVERLOAD. */
struct pending *admin_pending(struct authority *a, enum stage stage,
    struct origin from, const struct message_admin *m);
/* The same of an act, unless it is refused for a reason r: what call then does when
 * its record is there. NULL: answered. */
struct pending *admin_do(struct authority *a, struct origin from,
    const struct message_admin *m, enum reason r, const struct why *why,
    act_call call);
/* Asks for the record of an act; p->act runs when it is made, the reply follows
 * the commit. p may be NULL: only the record is wanted, nothing follows. */
void admin_act(struct authority *a, struct pending *p, struct origin from,
    const char *verb, const char *subject);
/* The same of an act by two, with their signatures over ledger_act_statement() of
 * it and number; none: by one. */
void admin_act_by(struct authority *a, struct pending *p, struct origin from,
    const char *verb, const char *subject, uint64_t number,
    const struct span *signatures, unsigned signatures_len);
void act_signed(
    struct authority *a, struct pending *p, const struct message_signed *m);
/* The arguments "signature.N": none, or two. ADMIN_ARGUMENT, OPERATOR_SIGNATURE. */
MUST_USE enum reason admin_signatures(const struct message_admin *m,
    struct span out[END_SIGNATURES], unsigned *len, struct why *why);
/* Refuses p's request and frees p. */
void admin_fail(struct authority *a, struct pending *p, enum reason r,
    const struct why *why);
/* Sends an order for p to the signer: begin, put the order, then this. Frees p
 * with UNAVAILABLE if it does not go out. */
void signer_sent(struct authority *a, struct pending *p, bool sent);

/* --- page.c: every list is answered in pages --- */
#define PAGE_KEY_MAX 128
/* One page. Entries have keys and an order that stays; a page goes on behind the
 * one that "after" names. */
struct page {
	struct json_out o;
	size_t one; /* octets of JSON; no entry, with its twins, has more */
	char after[PAGE_KEY_MAX], last[PAGE_KEY_MAX];
	uint64_t left;
	bool reached; /* what comes now is behind "after" */
	bool more;
};
/* Reads "limit" (ADMIN_PAGE_MAX if absent) and "after", and begins the answer: an
 * object with the list of that name; without one (NULL) members may follow
 * before page_list(). False when it was refused and answered: ADMIN_ARGUMENT. */
MUST_USE bool page_open(struct page *p, struct origin from,
    const struct message_admin *m, size_t one, const char *list);
void page_list(struct page *p, const char *name);
/* Where the source of a list cannot itself go on behind "after": is this entry
 * behind it? Asked of each, in order. */
bool page_reached(struct page *p, const char *key);
/* Begins an object for the entry; false: it is for the next page. Entries of one
 * key (twins) are never parted. */
bool page_takes(struct page *p, const char *key);
/* The source of the list stops for now behind this key: the next page goes on. */
void page_break(struct page *p, const char *key);
/* Ends the list and answers: "next" is what "after" must be then, or null.
 * ADMIN_ARGUMENT if no entry was the one that "after" names. */
void page_end(struct page *p, struct origin from);

/* --- the verbs --- each answers, now or later. */
/* admin_product.c */
admin_verb product_add, product_update, product_list, product_show;
/* admin_device.c */
admin_verb device_list, device_show, device_assign, device_unassign;
/* The one device that is meant by "serial"; several of one serial need "issuer".
 * ADMIN_ARGUMENT, DEVICE_UNKNOWN. */
MUST_USE enum reason device_meant(struct authority *a,
    const struct message_admin *m, struct device *out, struct why *why);
/* admin_ruling.c */
admin_verb device_hold, device_release, device_retire;
#define RULINGS_SHOWN 16 /* the newest */
/* A ruling as an object of at most 1,024 octets. */
void ruling_put(struct json_out *o, const struct store_ruling *r);
/* p's act is on record: a customer or a peer ends, or is there again, with the
 * argument "note". STORE_FAILED, ADMIN_ARGUMENT. */
MUST_USE enum reason ruling_end(struct authority *a, const struct pending *p,
    enum ruling_kind kind, const char *name, bool ended, struct why *why);
/* The newest rulings on one of these, or on a product, as a member. */
void rulings_put(struct authority *a, struct json_out *o, enum ruling_kind kind,
    const char *name);
/* Once a second: one hold that nobody confirmed in time ends. */
void holds_tick(struct authority *a);
/* Why a device gets no voucher, in the words that its owner may hear. */
void ruling_tell(
    struct authority *a, const struct device *d, char out[TOLD_MAX + 1]);
/* admin_ca.c */
admin_verb ca_request, ca_import, ca_activate, ca_retire, ca_list, ca_show;
void ca_signed(
    struct authority *a, struct pending *p, const struct message_signed *m);
/* admin_end.c */
admin_verb ca_destroy, ca_archive;
/* admin_slot.c */
admin_verb ceremony_record, slot_give, slot_list;
/* admin_manifest.c */
admin_verb manifest_state, manifest_sign;
/* manifest.c */
admin_verb manifest_import;
void manifest_inspected(
    struct authority *a, struct pending *p, struct span payload);
void manifest_tagged(
    struct authority *a, struct pending *p, const struct message_signed *m);
/* admin_peer.c */
admin_verb peer_add, peer_end, peer_list;
/* admin_policy.c */
admin_verb ca_policy;
/* Changes what the arguments name. ADMIN_ARGUMENT, PRODUCT_UNKNOWN. */
MUST_USE enum reason policy_read(struct authority *a,
    const struct message_admin *m, enum key_purpose purpose,
    struct key_policy *p, struct why *why);
/* Policy and counters of a key as members. */
void policy_put(struct json_out *o, const struct ledger_key *k);
/* A moment as a member, null for 0. */
void put_time(struct json_out *o, const char *name, int64_t moment);
/* Does this chain end at a root that `hallmark init` made? */
bool ca_software_root(const struct store_ca *ca);
/* The chain of a CA as a member with an array of base64 strings. */
void put_chain(struct authority *a, struct json_out *o, const char *name);
/* --- recheck.c --- */
/* Facts as they are kept beside a voucher, in room. */
struct span recheck_facts(
    const struct request_facts *f, uint8_t room[RECHECK_FACTS_MAX]);
void recheck_tick(struct authority *a);
/* The checker apart: it is there, it answered, it is gone. */
void recheck_connected(struct authority *a, struct peer *apart);
void recheck_take(
    struct authority *a, struct peer *apart, const struct frame *frame);
void recheck_lost(struct authority *a);
/* Is issuing stopped? Asked at the start and after a lost commit. */
void recheck_load(struct authority *a);
/* Its part of hallmark status. */
void recheck_status(struct authority *a, struct json_out *o);
admin_verb recheck_confirm;
/* status.c */
admin_verb service_status;
/* Head of the store's copy, and records from "from" on: each behind its length
 * in 4 octets, as many as fit ADMIN_ARTIFACT_MAX. */
admin_verb journal_copy, clock_confirm;
/* admin_client.c */
admin_verb client_block, client_release, client_list;
/* --- customer.c --- */
void customers_load(struct authority *a);
void customers_free(struct authority *a);
/* Whose request it is: the lowest key of the chain that is on file decides. NULL
 * if none is. */
const struct customer *customer_of(
    const struct authority *a, const struct request_facts *f);
const struct customer *customer_by_name(
    const struct authority *a, const char *name);
/* The certificate of this kind that would be pinned for it: one that came with the
 * request, else the newest, in any case valid. NULL if there is none. */
const struct chain_entry *customer_certificate(struct authority *a,
    const struct customer *c, enum customer_certificate_kind kind,
    const struct request_facts *f, int64_t now, struct on_file *out);
/* What is on file for one customer. */
struct filed {
	unsigned with;	      /* under this key, as anything */
	unsigned domain_cas;  /* under this key */
	unsigned est_servers; /* valid at now or not, under this key */
	unsigned others;      /* EST servers under other keys */
};
struct filed customer_filed(struct authority *a, const char *name,
    const uint8_t spki_sha256[HASH_SIZE]);
/* Does a voucher of this device pin a domain CA, or an EST server, that is on file
 * for the one whose request it is, or was for him when it was given? */
bool customer_owns(
    struct authority *a, const struct device *d, const struct request_facts *f);
/* Was a domain CA with this key and domainID ever on file for somebody of whom a
 * key is in the chain; or an EST server, when the chain is of some customer (a cloud
 * registrar asks for others)? */
bool customer_pinned(struct authority *a, const struct request_facts *f,
    const uint8_t spki_sha256[HASH_SIZE], struct span domain_id);
/* admin_customer.c */
/* The one of that name. CUSTOMER_UNKNOWN, CUSTOMER_ENDED. */
MUST_USE enum reason customer_current(struct authority *a, const char *name,
    struct customer *out, struct why *why);
admin_verb customer_end, customer_add, customer_update, customer_file,
    customer_forget, customer_list, customer_show;
/* admin_cloud.c */
admin_verb customer_cloud;
/* admin_public_ca.c */
/* A SHA-256 in hex; ADMIN_ARGUMENT. */
MUST_USE enum reason admin_key(
    const struct message_admin *m, uint8_t key[HASH_SIZE], struct why *why);
/* Those that the store has; read again after each change. */
void public_cas_load(struct authority *a);
admin_verb public_ca_add, public_ca_drop, public_ca_list;
/* issue.c */
admin_verb issue_csr;
void issue_inspected(
    struct authority *a, struct pending *p, const struct csr_facts *f);
void issue_signed(
    struct authority *a, struct pending *p, const struct message_signed *m);
/* import.c */
admin_verb device_import;
void import_inspected(
    struct authority *a, struct pending *p, const struct import_facts *f);
void import_signed(
    struct authority *a, struct pending *p, const struct message_signed *m);
/* inspect.c: a checker looks at a file for p. */
void inspect_ask(
    struct authority *a, struct pending *p, const struct message_inspect *m);
/* The same for the argument "certificate" of m: call hears what it says, in
 * p->facts and, of the whole of it, in p->certificate. */
void inspect_certificate(struct authority *a, struct origin from,
    const struct message_admin *m, inspected_call call);
void inspect_take(
    struct authority *a, const struct peer *from, const struct frame *frame);
/* shown.c: is what a checker says of a file (REASON_OK) in the file? Keys, certificates
 * and serials are, and hashes are theirs; what it judged of them is its word. Of a
 * manifest and of what was linted true. */
bool shown_holds(
    const struct message_inspect *shown, const struct message_inspected *m);
/* One of the checkers that have a front; NULL if none is there. */
struct peer *some_checker(struct authority *a, const struct pending *p);
/* explain.c */
admin_verb request_explain;
void explain_derived(
    struct authority *a, struct pending *p, const struct message_derived *m);

#endif
