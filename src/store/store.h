/*
 * The store: devices, products, certificates, vouchers, refusals, and a copy of
 * the journal. Reads are answered at once; changes are collected in a group and
 * committed together.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "journal/ledger.h"
#include "model/audit.h"
#include "model/block.h"
#include "model/customer.h"
#include "model/device.h"
#include "model/facts.h"
#include "model/product.h"
#include "model/public_ca.h"
#include "model/ruling.h"
#include "store/driver.h"

struct store;

#define STORE_SCHEMA	17
/* Devices of one serial that a decision looks at. */
#define STORE_TWINS_MAX 8

/*
 * Opens (or makes) a database and brings its schema up to date, one numbered
 * migration per transaction. Schema 0 is a database without any version in it:
 * an empty file, or one without a table of ours. STORE_SCHEMA if it is newer
 * than this program; then no table has been touched. A migration may walk all rows
 * of a large table, which takes minutes: call of watch (may be NULL) runs again and
 * again meanwhile, see driver.h; busy before each step within which it cannot, and
 * which takes as long as the disk needs for what was written.
 */
struct store_watch {
	void (*call)(void *context);
	void (*busy)(void *context);
	void *context;
};
MUST_USE enum reason store_open(const struct driver *driver, const char *where,
    bool create, const struct store_watch *watch, struct store **out,
    struct why *why);
void store_close(struct store *s);

/*
 * A group: every change between begin and submit. A row that a constraint
 * refuses (false) takes nothing else with it. done is called when the group is durable (true) or lost (false); with
 * SQLite that is before submit returns. Repeating a group whose outcome is
 * unknown is harmless: rows are named by (signer, sequence) or by serial.
 */
void store_group_begin(struct store *s);
bool store_group_open(const struct store *s);
/* Nothing that was put into it has failed so far; true if none is open. */
bool store_group_good(const struct store *s);
void store_group_submit(
    struct store *s, void (*done)(void *context, bool good), void *context);
/* The open group will not be committed, whatever else goes into it. */
void store_group_spoil(struct store *s);
/* Changes nothing, but must reach the disk: is the store back? */
bool store_probe(struct store *s);

enum store_table { TABLE_DEVICE, TABLE_VOUCHER, TABLE_REFUSAL };
#define TABLES 3
/* How many rows it has, those of the open group included: looked up, never counted
 * (doc/decisions/061). */
uint64_t store_count(struct store *s, enum store_table table);

/* --- product lines with units whose keys were seen before (R-2.8) --- */
struct store_line {
	char product[PRODUCT_NAME_MAX + 1];
	unsigned duplicates;	     /* since an operator looked */
	char serial[SERIAL_MAX + 1]; /* whose key the last one had */
	int64_t moment;		     /* of the last one */
	char unit[SERIAL_MAX + 1];   /* who that was: "" = nobody named it, */
	uint8_t request_sha256[HASH_SIZE]; /* and what it came with */
};
/* Its duplicates; 0, and nothing, where there are none. */
unsigned store_line_find(
    struct store *s, const char *product, struct store_line *out);
/* Those with duplicates, the most first, then in the order of their names; no more
 * than fit one answer. */
#define LINES_LISTED 64
void store_line_each(struct store *s,
    void (*call)(void *context, const struct store_line *l), void *context);
bool store_line_put(struct store *s, const struct store_line *l);

/* --- products --- */
bool store_product_find(struct store *s, const char *name, struct product *out);
void store_product_each(struct store *s,
    void (*call)(void *context, const struct product *p), void *context);
bool store_product_put(struct store *s, const struct product *p);

/* --- customers --- */
bool store_customer_find(
    struct store *s, const char *name, struct customer *out);
/* In the order of their names. */
void store_customer_each(struct store *s,
    void (*call)(void *context, const struct customer *c), void *context);
/* Writes over what there is under this name. */
bool store_customer_put(struct store *s, const struct customer *c, int64_t now);
struct store_customer_certificate {
	char customer[CUSTOMER_NAME_MAX + 1];
	enum customer_certificate_kind kind;
	struct chain_entry entry; /* certificate borrowed during a call only */
	char subject[SUBJECT_MAX];
	int64_t since;
	int64_t until; /* 0: still on file */
};
typedef bool (*customer_certificate_call)(
    void *context, const struct store_customer_certificate *c);
/* false if this key is on file. */
bool store_customer_certificate_add(
    struct store *s, const struct store_customer_certificate *c);
/* All that is on file for it is forgotten. */
void store_customer_certificate_end(
    struct store *s, const char *customer, int64_t now);
/* false if it is not on file for this customer. */
bool store_customer_certificate_forget(struct store *s, const char *customer,
    const uint8_t spki_sha256[HASH_SIZE], int64_t now);
/* Those on file, of all customers if the name is "", the newest first. */
void store_customer_certificate_each(struct store *s, const char *customer,
    customer_certificate_call call, void *context);
/* Those of one customer that ever were, in the same order. */
void store_customer_certificate_history(struct store *s, const char *customer,
    customer_certificate_call call, void *context);
/* All that ever were, with this key. */
void store_customer_certificate_get(struct store *s,
    const uint8_t spki_sha256[HASH_SIZE], customer_certificate_call call,
    void *context);
/* Was what a voucher of this device pins on file when it was given, for a customer
 * by whom this key was on file then? Forgotten since or not. */
bool store_customer_pinned(struct store *s, const struct device *d,
    const uint8_t spki_sha256[HASH_SIZE]);

/* --- public CAs that an operator named --- */
struct store_public_ca {
	struct public_ca ca;
	char subject[SUBJECT_MAX];
	int64_t added;
};
/* false if it is there. */
bool store_public_ca_add(struct store *s, const struct store_public_ca *p);
/* false if it is not there. */
bool store_public_ca_drop(
    struct store *s, const uint8_t spki_sha256[HASH_SIZE]);
void store_public_ca_each(struct store *s,
    void (*call)(void *context, const struct store_public_ca *p),
    void *context);

/* --- keys and their certificates --- */
struct store_ca {
	enum key_purpose purpose;
	char name[KEY_NAME_MAX + 1];
	char slot[SLOT_TOKEN_MAX + 1];
	unsigned state; /* enum key_state of journal/ledger.h */
	int64_t created;
	int64_t not_after; /* 0 until it is active */
	char cause[16];	   /* why it was retired (model/ruling.h); "" */
	uint8_t key_id[KEY_ID_MAX];
	uint8_t key_id_len;
	unsigned chain_len;
	struct span chain[CHAIN_MAX]; /* borrowed during a call only */
};
/* A key was made (a record says so); repeating it is harmless. */
bool store_ca_add(struct store *s, const struct record *r);
/* The chain that a key without a certificate will get, own one first. */
bool store_ca_chain(struct store *s, const char *name, const struct span *chain,
    unsigned chain_len);
/* It is active now (a record says so); the chain is there already. */
bool store_ca_activate(struct store *s, const struct record_ca *ca);
/* It is out of use, and why; "" where the record does not say. */
bool store_ca_retire(struct store *s, const char *name, const char *cause);
/* It is archived or destroyed. */
bool store_ca_end(struct store *s, const char *name, enum key_state state);
/* The one of that name, if there is one. */
void store_ca_find(struct store *s, const char *name,
    void (*call)(void *context, const struct store_ca *ca), void *context);
/* The oldest first; those of one second by name. */
void store_ca_each(struct store *s,
    void (*call)(void *context, const struct store_ca *ca), void *context);

/* --- devices --- */
struct store_device {
	struct device device;
	struct span certificate; /* borrowed during a call only */
	char ca[KEY_NAME_MAX + 1];
	int64_t added;
	char warnings[WARNINGS_SIZE];
	/* The INTEGER of its certificate, to be added with it; empty: not known. */
	struct span number;
};
/* Up to max devices with this serial; the number found (max + 1 if more). */
unsigned store_device_find(
    struct store *s, const char *serial, struct device *out, unsigned max);
/* A device with this public key, whatever its serial. */
bool store_device_by_key(
    struct store *s, const uint8_t spki_sha256[HASH_SIZE], struct device *out);
/*
 * In order of serial, from behind `after`, until call returns false; product ""
 * and state 0 = all. Of those that have the one but not the other not more than
 * DEVICES_PASSED are looked at: then false, and one goes on behind `reached`.
 */
#define DEVICES_PASSED 10000
typedef bool (*device_call)(void *context, const struct store_device *d);
bool store_device_each(struct store *s, const char *after, const char *product,
    enum device_state state, device_call call, void *context,
    char reached[SERIAL_MAX + 1]);
/* All devices with this serial. */
void store_device_get(
    struct store *s, const char *serial, device_call call, void *context);
/* false if there is one with its key, with its serial of its issuer, or with the
 * number of its certificate under its issuer's Name. */
bool store_device_add(struct store *s, const struct store_device *d);
/* Another word behind its warnings, where it is not among them. */
bool store_device_warn(
    struct store *s, const struct store_device *d, const char *word);

/* --- the numbers of certificates: one of an issuer's Name is of one key (IP 2) --- */
/* false if it is taken, by a device that is there. */
bool store_number_add(
    struct store *s, const struct device *d, struct span number);
bool store_number_drop(
    struct store *s, const struct device *d, struct span number);
/* Whose it is; false if nobody's. */
bool store_number_find(struct store *s, const uint8_t issuer_name[HASH_SIZE],
    struct span number, uint8_t spki[HASH_SIZE]);
/* How far those of devices from before schema 15 were taken, and how many of them
 * came twice. */
struct store_number_fill {
	char behind[SERIAL_MAX + 1];
	uint64_t repeated;
	bool done;
};
void store_number_fill(struct store *s, struct store_number_fill *out);
bool store_number_filled(struct store *s, const struct store_number_fill *f);
/* Whom it was sold to; "" takes that back (false if there was nobody). */
bool store_device_owner_set(
    struct store *s, const struct device *d, const char *customer, int64_t now);
/* false if nobody is on record. */
bool store_device_owner(
    struct store *s, const struct device *d, char out[CUSTOMER_NAME_MAX + 1]);

/* --- rulings (model/ruling.h): rows that never change --- */
enum ruling_kind {
	RULING_DEVICE = 1,
	RULING_CUSTOMER = 2,
	RULING_PEER = 3,
	RULING_PRODUCT = 4,
};
#define RULING_NOBODY (-1) /* the service itself */
struct store_ruling {
	enum ruling_kind kind;
	char name[SERIAL_MAX + 1]; /* serial, or name */
	struct issuer issuer;	   /* of devices */
	uint64_t number;	   /* set by the store, 1 is the first */
	enum device_state state;   /* from then on; retired: an end */
	int64_t moment;		   /* 0: before this was kept */
	int64_t user;		   /* uid, RULING_NOBODY */
	enum cause cause;
	char note[NOTE_MAX + 1];
	int64_t until; /* a hold: it lapses then; 0 */
	bool two;      /* by two operators; their keys' fingerprints: */
	uint8_t persons[2][HASH_SIZE];
};
typedef bool (*ruling_call)(void *context, const struct store_ruling *r);
/* On a customer, a peer or a product; for devices there is store_device_rule(). */
bool store_ruling_add(struct store *s, const struct store_ruling *r);
/* The device's state from now on, and why; kind, name and issuer are d's. */
bool store_device_rule(
    struct store *s, const struct device *d, const struct store_ruling *r);
/* The newest first, until call returns false. */
void store_ruling_each(struct store *s, enum ruling_kind kind, const char *name,
    ruling_call call, void *context);
void store_device_rulings(
    struct store *s, const struct device *d, ruling_call call, void *context);
/* A device whose hold has lapsed at now, and was not ruled on since. */
bool store_lapse_next(struct store *s, int64_t now, struct device *out);
/* Holds that will lapse. */
uint64_t store_lapse_count(struct store *s);

/* --- serials --- */
enum serial_state { SERIAL_RESERVED = 1, SERIAL_ISSUED = 2, SERIAL_BURNT = 3 };
struct store_serial {
	char serial[SERIAL_MAX + 1];
	char product[PRODUCT_NAME_MAX + 1];
	char slot[SLOT_TOKEN_MAX + 1]; /* "" of an existing one */
	uint64_t counter;
	uint8_t csr_sha256[HASH_SIZE];
	uint8_t spki_sha256[HASH_SIZE];
	enum serial_state state;
};
/* What was reserved or issued for this public key. */
bool store_serial_by_key(struct store *s, const uint8_t spki_sha256[HASH_SIZE],
    struct store_serial *out);
/* That of a product; of any if product is "". */
bool store_serial_find(struct store *s, const char *serial, const char *product,
    struct store_serial *out);
/* One more than the highest counter of the slot. */
uint64_t store_serial_next(struct store *s, const char *slot);
/* false if the serial is there, in this product or, with a slot, in any; or if the
 * key has one already. */
bool store_serial_add(struct store *s, const struct store_serial *r);
/* Of one that is reserved; false if it is not: what was issued is never burnt. */
bool store_serial_set(struct store *s, const char *serial, const char *product,
    enum serial_state state);

/* --- vouchers, which are the audit log --- */
struct store_voucher {
	uint8_t signer[16];
	uint64_t sequence;
	int64_t created;
	char serial[SERIAL_MAX + 1];
	struct issuer issuer;
	uint8_t pin_spki_sha256[HASH_SIZE];
	uint8_t client_sha256[HASH_SIZE];
	bool delivered;
	enum artifact_format format;
	struct span artifact; /* borrowed during a call only */
};
/* What becomes of a voucher's record when its voucher is given away. Facts are
 * kept until the re-check has derived them again; without any there is nothing
 * to check. */
struct store_delivery {
	struct span artifact;
	const uint8_t *client; /* HASH_SIZE octets */
	const char *address, *correlation;
	struct span facts;
};
/* The row of a record, with its delivery or as not delivered (yet) if d is NULL.
 * false if another record has its place, or with d any row: then it is to be
 * added and delivered. */
bool store_voucher_put(
    struct store *s, const struct record *r, const struct store_delivery *d);
/* The same without a delivery. */
bool store_voucher_add(struct store *s, const struct record *r);
/* A row that is there is delivered. It is once: whoever gets the same voucher again
 * is not put in the place of who got it first. false if that record is not about this
 * request: a signer that names another one's overwrites nothing. */
bool store_voucher_deliver(struct store *s, const uint8_t signer[16],
    uint64_t sequence, const uint8_t request[HASH_SIZE],
    const struct store_delivery *d);
/* The newest voucher for these request bytes since a moment and until another. */
bool store_voucher_by_request(struct store *s,
    const uint8_t request_sha256[HASH_SIZE], int64_t since, int64_t until,
    void (*call)(void *context, const struct store_voucher *v), void *context);
/* Did any voucher of this device pin a certificate with this key? */
bool store_voucher_pinned(struct store *s, const struct device *d,
    const uint8_t spki_sha256[HASH_SIZE]);
/* A key behind a domainID; false if it is known as that. */
bool store_domain_add(struct store *s, struct span domain_id,
    const uint8_t spki_sha256[HASH_SIZE]);
/* Does another key stand behind it, too? */
bool store_domain_shared(struct store *s, struct span domain_id,
    const uint8_t spki_sha256[HASH_SIZE]);
/* The newest AUDIT_SEEN_MAX events of a device, oldest first; freed by the caller. How
 * many are older, up to AUDIT_COUNTER_MAX. */
size_t store_audit(struct store *s, const char *serial,
    const struct issuer *issuer, struct audit_event **out, uint64_t *older);

/* --- requests kept, and the re-check of what was issued for them --- */
/* Once for each distinct hash; a repetition makes it young again. */
bool store_request_keep(struct store *s, const uint8_t sha256[HASH_SIZE],
    int64_t moment, struct span bytes);
/* Forgets at most n of those older than a moment, but none that the re-check
 * still needs; opens no group if there are none. */
void store_request_purge(struct store *s, int64_t before, unsigned n);
/* A voucher, the facts that it rests on and the bytes of its request (ptr NULL
 * if they are gone); spans are borrowed during a call only. */
struct store_recheck {
	uint8_t signer[16];
	uint64_t sequence;
	int64_t created;
	char serial[SERIAL_MAX + 1];
	struct issuer issuer;
	char nonce[NONCE_MAX + 1];
	enum assertion assertion;
	uint8_t domain_id[KEY_ID_MAX];
	uint8_t domain_id_len;
	uint8_t pin_spki_sha256[HASH_SIZE];
	uint8_t request_sha256[HASH_SIZE];
	struct span facts, bytes;
};
typedef bool (*recheck_call)(void *context, const struct store_recheck *r);
/* Those of then or later that wait, oldest first, until call returns false. */
void store_recheck_each(
    struct store *s, int64_t then, recheck_call call, void *context);
void store_recheck_get(struct store *s, const uint8_t signer[16],
    uint64_t sequence, recheck_call call, void *context);
/* It waits no longer: derived again, the same or not. */
bool store_recheck_done(
    struct store *s, const uint8_t signer[16], uint64_t sequence, bool same);
/* Issuing is stopped, for this difference. */
bool store_recheck_stop(struct store *s, const struct store_recheck *r,
    const char *field, int64_t now);
bool store_recheck_confirm(struct store *s);
struct store_recheck_state {
	uint64_t checked;
	bool stopped;
	/* of the last difference */
	uint64_t sequence;
	char serial[SERIAL_MAX + 1];
	uint8_t request_sha256[HASH_SIZE];
	char field[64];
	int64_t moment;
};
void store_recheck_state(struct store *s, struct store_recheck_state *out);
/* How many wait, at most WAITING_COUNTED of them, and since when the oldest (0:
 * none). */
#define WAITING_COUNTED 10000
uint64_t store_recheck_waiting(struct store *s, int64_t *oldest);

/* --- other sites (model/manifest.h) --- */
struct store_peer {
	char name[KEY_NAME_MAX + 1];
	uint8_t key_sha256[HASH_SIZE];	/* of its manifest key */
	uint8_t root_sha256[HASH_SIZE]; /* of its root's key */
	struct chain_head head;		/* how far its chain is known */
	int64_t moment;			/* of that record, 0: none yet */
	int64_t added;
	bool ended; /* nothing is taken from it any more */
};
/* Writes over what there is under this name, but when it was added; false if
 * another one has this key. */
bool store_peer_put(struct store *s, const struct store_peer *p);
/* In the order of their names. */
void store_peer_each(struct store *s,
    void (*call)(void *context, const struct store_peer *p), void *context);
bool store_peer_find(struct store *s, const char *name, struct store_peer *out);
bool store_peer_by_key(struct store *s, const uint8_t key_sha256[HASH_SIZE],
    struct store_peer *out);
/* The hashes of further records; false if a range begins there already. */
bool store_peer_extend(struct store *s, const char *peer,
    const uint8_t signer[SIGNER_ID_SIZE], uint64_t first, struct span hashes);
/* The hash of one record; false if it is not known. */
bool store_peer_hash(struct store *s, const char *peer,
    const uint8_t signer[SIGNER_ID_SIZE], uint64_t sequence,
    uint8_t out[HASH_SIZE]);

/* --- the journal's copy --- */
struct store_head {
	bool empty;
	uint8_t signer[16];
	uint64_t sequence;
	uint8_t sha256[HASH_SIZE];
};
/* The newest record of the signer that wrote last. */
void store_journal_head(struct store *s, struct store_head *out);
/* Its records from a sequence on, in order, until call returns false. */
void store_journal_read(struct store *s, uint64_t from,
    bool (*call)(void *context, struct span record), void *context);
/* The ledger as of that record; empty if there is none. JOURNAL_DAMAGED if the
 * copy does not add up. */
MUST_USE enum reason store_journal_ledger(
    struct store *s, struct ledger *out, struct why *why);
/* false if another record has its place: a fork. */
bool store_journal_add(
    struct store *s, const struct record *r, struct span bytes);

/* --- refusals --- */
bool store_refusal_add(struct store *s, int64_t now, enum request_kind kind,
    enum reason reason, const char *text, const char *serial,
    const uint8_t request[HASH_SIZE], const uint8_t client[HASH_SIZE],
    const char *address, const char *correlation);
/* Keeps the newest n. */
void store_refusal_trim(struct store *s, uint64_t n);

/* --- names of the MASA that devices were given (R-3.12) --- */
/* Once on it, for ever. */
bool store_masa_name_add(struct store *s, const char *name, int64_t now);
void store_masa_name_each(struct store *s,
    void (*call)(void *context, const char *name, int64_t since),
    void *context);

/* --- old forms that were granted something (base/legacy.h) --- */
struct store_legacy {
	char form[32];
	uint64_t uses;
	int64_t last;
	char serial[SERIAL_MAX + 1]; /* of the last device */
};
bool store_legacy_use(
    struct store *s, const char *form, int64_t now, const char *serial);
void store_legacy_each(struct store *s,
    void (*call)(void *context, const struct store_legacy *use), void *context);

/* --- clients --- */
struct store_block { /* by an operator */
	struct block_name name;
	int64_t since;
	int64_t until; /* 0 = until it is released */
	uint32_t user; /* uid of the operator */
	char reason[BLOCK_REASON_MAX + 1];
};
/* Writes over what there is under this name. */
bool store_block_put(struct store *s, const struct store_block *b);
/* false if there is none. */
bool store_block_drop(struct store *s, const struct block_name *n);
/* Drops those whose time is over. */
void store_block_expire(struct store *s, int64_t now);
/* In the order of their names. */
void store_block_each(struct store *s,
    void (*call)(void *context, const struct store_block *b), void *context);
/* A voucher was given under this client certificate (its SHA-256). */
bool store_client_serve(
    struct store *s, const uint8_t client[HASH_SIZE], int64_t moment);
/* Who got one since a moment, the latest first, at most max of them. */
void store_client_each(struct store *s, int64_t since, unsigned max,
    void (*call)(void *context, const uint8_t client[HASH_SIZE]),
    void *context);
/* Forgets at most n of those who got none since a moment. */
void store_client_purge(struct store *s, int64_t before, unsigned n);
/* Was one, since a moment? */
bool store_client_served(
    struct store *s, const uint8_t client[HASH_SIZE], int64_t since);

#endif
