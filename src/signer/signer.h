/*
 * hallmark-signer: keys, journal, renderers; no network, no store, no decoder
 * of untrusted containers. It is handed meanings, checks that they may be
 * signed now, writes them down, signs, and answers (architecture 2, laws 2
 * and 3).
 */
#ifndef SIGNER_SIGNER_H
#define SIGNER_SIGNER_H

#include <limits.h>

#include "base/buf.h"
#include "crypto/keys/private_key.h"
#include "envelope/ssh.h"
#include "ipc/message.h"
#include "journal/journal.h"
#include "x509/certificate.h"

/* --- keyring: the private keys of the ledger and their chains --- */
struct held_key {
	char name[KEY_NAME_MAX + 1];
	struct private_key *key;      /* owned */
	unsigned chain_len;	      /* 0 until the key has its certificate */
	struct span chain[CHAIN_MAX]; /* owned octets, root last */
	struct certificate certificate; /* chain[0], read */
	uint64_t signatures;		/* since start */
};

struct signer;
struct keyring {
	size_t len;
	struct held_key *keys[LEDGER_KEYS_MAX]; /* owned */
};

/* Opens the key files of all keys of the ledger that are not retired, compares
 * them with it, and reads their chains. A key of which a file is missing, damaged or
 * another one is not held, which is an alarm (KEY_OUT_OF_REACH). */
void keyring_load(struct keyring *k, struct signer *s,
    const struct ledger *ledger, const struct secret *passphrase);
void keyring_free(struct keyring *k);
/* Opens a key's file, with its wrapping key if it has one. What was derived stays
 * in the vault until the caller closes it. PASSPHRASE, HOME_INVALID. */
MUST_USE enum reason key_file_open(struct private_key **out, struct signer *s,
    const struct ledger_key *known, const struct secret *passphrase,
    struct why *why);
struct held_key *keyring_find(struct keyring *k, const char *name);
/* Takes the key over; its chain comes later. */
struct held_key *keyring_add(
    struct keyring *k, const char *name, struct private_key *key);
void keyring_forget(struct keyring *k, const char *name);
/* Copies the chain and reads its first certificate, which must be well-formed
 * (the caller has checked the chain). */
MUST_USE enum reason held_key_chain(struct held_key *h,
    const struct span *chain, unsigned chain_len, struct why *why);
/* The same from FOLDER/NAME.pem, which key_certify_prepare() wrote and nothing takes
 * away, whatever becomes of the key; the ledger has the hash of its first certificate.
 * HOME_INVALID, FILE_UNREADABLE. */
MUST_USE enum reason held_key_load_chain(struct held_key *h, const char *folder,
    const struct ledger_key *known, struct why *why);
void held_key_free_chain(struct held_key *h);
/* FOLDER/NAME.key and FOLDER/NAME.pem. */
void key_path(char out[PATH_MAX], const char *folder, const char *name,
    const char *ending);
/* Verifies what it just signed: the first of each key after start, one in 64, and
 * whatever is said to be worth it. A signature that does not hold ends the
 * process. */
void held_key_check(struct held_key *h, struct span message,
    struct span signature, bool always);

/* --- what was signed in the last minute, to be rendered again --- */
#define RECENT_SECONDS 60

struct recent_entry {
	uint8_t request_sha256[HASH_SIZE];
	uint8_t subject_sha256[HASH_SIZE]; /* recent_subject() */
	uint8_t tbs_sha256[HASH_SIZE];
	enum record_kind kind;
	int64_t when; /* created_on, not_before: as it was rendered */
	uint64_t sequence;
	uint8_t serial[16]; /* INTEGER of an IDevID */
};
struct recent;
struct recent *recent_new(void);
void recent_free(struct recent *r);
/* Remembers a VOUCHER or IDEVID record; others are ignored. */
void recent_add(struct recent *r, const struct record *record);
/* The newest record like this one, which is filled but for its time: the same
 * request, key and device, and not older than a minute. */
const struct recent_entry *recent_find(
    const struct recent *r, const struct record *like, int64_t now);

/* --- orders --- */
struct order {
	struct order *next;
	enum message type;
	uint64_t id;
	uint8_t *payload; /* owned; spans of the union borrow from it */
	union {
		struct voucher_order voucher;
		struct idevid_order idevid;
		struct device_order device;
		struct key_order key;
		struct key_certificate certificate;
		struct policy_order policy;
		struct end_order end;
		struct manifest_order manifest;
		struct message_act act;
	};

	/* What became of it. */
	enum reason reason;
	struct why why;
	bool again; /* no new record: this one is rendered again */
	uint64_t sequence;
	struct record record;
	struct held_key *signer; /* NULL: nothing to sign */
	struct buf tbs;		 /* the exact bytes to be signed */
	struct buf content;	 /* voucher: its JSON; an end: its statement */
	struct buf artifact;
	struct device result; /* IDevID, import: with its tag */
};

/* Reads an order off a frame; NULL if it does not decode. Owned. */
struct order *order_read(enum message type, uint64_t id, struct span payload);
void order_free(struct order *o);

/* --- the signer --- */
struct signer_calls {
	void *context;
	/* A record is durable; in order, none left out. */
	void (*record)(void *context, uint64_t sequence, struct span bytes);
	void (*answer)(
	    void *context, uint64_t id, const struct message_signed *answer);
	/* A key was opened, and more may follow: NULL, or called at the start. */
	void (*starting)(void *context);
};

struct signed_later {
	uint64_t of;
	uint8_t artifact_sha256[HASH_SIZE];
};

/* Watches the wall clock against the monotonic one. */
struct clock_watch {
	int64_t wall, ticks;
	bool stopped;
	int64_t expected; /* what the time should have been */
	/* The last time that was accepted, and the chain's then: no record may be
	 * dated before that (journal/journal.h, moments). */
	int64_t accepted, chain;
};

struct signer {
	struct signer_calls calls;
	char root[PATH_MAX]; /* our own folder */
	char journal_path[PATH_MAX];
	char folder[PATH_MAX]; /* of the keys */
	int passphrase;	       /* memfd, read when needed; -1 */
	struct journal *journal;
	struct keyring keyring;
	struct key_vault vault; /* of the files under the passphrase alone */
	struct secret tag_key;
	struct recent *recent;
	struct clock_watch clock;
	int64_t now;		     /* one time for all orders of a group */
	struct order *first, **last; /* waiting */
	struct buf signed_later; /* struct signed_later, for the next group */
};

struct signer_options {
	const char *folder; /* the signer's own */
	bool create;	    /* make the journal first */
	bool test;	    /* with create: a home for tests */
	bool test_clock;    /* REASON_TEST_CLOCK unless the ledger is test */
	int64_t clock;
	int passphrase;
	struct signer_calls calls;
};

/* Opens journal, keys, tag key in the folder. */
MUST_USE enum reason signer_open(
    struct signer *s, const struct signer_options *options, struct why *why);
void signer_close(struct signer *s);
/* Takes the order over; it waits for signer_group(). */
void signer_order(struct signer *s, struct order *o);
/* Forgets what waits (the authority is gone). */
void signer_drop(struct signer *s);
/*
 * Everything that waits as one group: check, render, append; commit once; then
 * sign, verify, answer. Anything but REASON_OK (JOURNAL_WRITE) means that the
 * signer must end.
 */
MUST_USE enum reason signer_group(struct signer *s, struct why *why);
/* Writes down which signatures exist, in a group of their own. */
MUST_USE enum reason signer_flush(struct signer *s, struct why *why);
/* REASON_PASSPHRASE if there is none. */
MUST_USE enum reason signer_passphrase(
    const struct signer *s, struct secret *out, struct why *why);

/* Where records go on that the store lacks: in our journal, or in that of a
 * signer before us, which lies beside it. */
struct sync_place {
	char path[PATH_MAX];
	uint8_t signer[16];
	uint64_t next; /* the record that the store gets next */
	uint64_t end;  /* last one of that signer */
};
/*
 * Compares what the store has with this journal and those that it goes on from
 * (architecture 3): JOURNAL_BEHIND if the store has more, JOURNAL_FORK if it
 * tells another history. On success the store lacks the records from *at on.
 */
MUST_USE enum reason sync_compare(const struct signer *s,
    const struct message_head *head, struct sync_place *at, struct why *why);
/* Where the journal of that signer lies, ours or one that it goes on from, and
 * which record is its last; false if it is not there. */
bool journal_of(const struct signer *s, const uint8_t signer[16],
    char path[PATH_MAX], uint64_t *end);
/* On to the journal of the signer that followed; false in our own. */
bool sync_next(const struct signer *s, struct sync_place *at);

/* --- one order each: checks every field, renders, fills o->record --- */
MUST_USE enum reason voucher_prepare(struct signer *s, struct order *o);
MUST_USE enum reason voucher_finish(struct order *o, struct span signature);
MUST_USE enum reason idevid_prepare(struct signer *s, struct order *o);
MUST_USE enum reason idevid_finish(struct order *o, struct span signature);
MUST_USE enum reason device_prepare(struct signer *s, struct order *o);
MUST_USE enum reason key_create_prepare(struct signer *s, struct order *o);
MUST_USE enum reason key_create_finish(struct order *o, struct span signature);
MUST_USE enum reason key_certify_prepare(struct signer *s, struct order *o);
MUST_USE enum reason policy_prepare(struct signer *s, struct order *o);
/* SIGNER_FACTS: a record that is not in the journal as the order says. */
MUST_USE enum reason manifest_prepare(struct signer *s, struct order *o);
MUST_USE enum reason manifest_finish(struct order *o, struct span signature);
MUST_USE enum reason act_prepare(struct signer *s, struct order *o);
/* A key's end: what is to be signed, or the record that it begins or that a copy
 * is made (SIGNER_KEY, KEY_END, OPERATOR_SIGNATURE, HOME_INVALID). The key is not in
 * memory then: it is retired. */
MUST_USE enum reason key_end_prepare(struct signer *s, struct order *o);
/* That record is on disk: makes the copy, and what is to be signed. PASSPHRASE,
 * HOME_INVALID, FILE_UNREADABLE. */
MUST_USE enum reason key_copy(struct signer *s, struct order *o);
/* ROOT/FOLDER/NAME.key */
void key_place(const struct signer *s, const char *folder, const char *name,
    char out[PATH_MAX]);
/* Writes a file of that key over and takes it away, and what a crash left of one in
 * the making (base/file.h); one that is not there is erased. HOME_INVALID. */
MUST_USE enum reason key_file_erase(const struct signer *s, const char *folder,
    const char *name, struct why *why);
/* Is the wrapping key where it was? HOME_INVALID: else to erase it would only seem
 * so. */
MUST_USE enum reason key_erasable(
    const struct signer *s, const struct ledger_key *k, struct why *why);
/* Takes a key whose end has begun off memory and disk; *out is the record that
 * says so. HOME_INVALID: it could not, or its wrapping key is not where it was, and
 * the next start tries again. */
MUST_USE enum reason key_erase(struct signer *s, const struct ledger_key *k,
    struct record *out, struct why *why);
/* That record is on disk: what was left of the wrapping key's file goes, too. */
void key_erased(const struct signer *s, const struct ledger_key *k);
/* At the start: what was cut off. Where the journal has no room for the record that
 * says so, the next start says it. */
MUST_USE enum reason key_end_resume(struct signer *s, struct why *why);
/* What follows from an act once it is on disk. */
void act_finish(struct signer *s, const struct order *o);

/* --- wrapping.c: HOME/signer/wrapping/NAME.key, outside of every backup --- */
MUST_USE enum reason wrapping_new(
    const struct signer *s, const char *name, struct why *why);
/* A folder beside the keys, made if it is not there: at the start, before the
 * sandbox closes. HOME_INVALID. */
MUST_USE enum reason folder_make(
    const struct signer *s, const char *name, struct why *why);
MUST_USE enum reason folder_sync(const char *path, struct why *why);

/* --- operators.c: HOME/signer/operators --- */
#define OPERATORS_MAX 16
struct operator
{
	char name[33];
	struct ssh_key key;
	uint8_t key_sha256[HASH_SIZE]; /* its fingerprint */
};
struct operators {
	unsigned len;
	struct operator list[OPERATORS_MAX];
};
/* Lines of NAME KEY-TYPE KEY, as in .pub files with a name in front; # begins a
 * remark. OPERATOR_SIGNATURE if there is none, HOME_INVALID if a line is bad,
 * FILE_UNREADABLE. */
MUST_USE enum reason operators_load(
    const char *path, struct operators *out, struct why *why);
/*
 * Are these signatures over a statement, in a namespace, two different persons' of
 * the roster? Puts the statement and what is to be recorded of them into o->content,
 * from which statement and persons borrow. operators_load()'s reasons.
 */
MUST_USE enum reason operators_check(struct signer *s, struct order *o,
    const char *namespace, const struct span signatures[END_SIGNATURES],
    struct span *statement, struct record_person persons[END_SIGNATURES]);

/* --- rules that orders share --- */
/* The tag of a device (architecture 2): HMAC-SHA-256 over the deterministic
 * CBOR array ["hallmark-device-tag-1", serial, issuer kind, issuer bytes,
 * product, spki_sha256, key_slot]. */
void device_tag(
    const struct secret *key, const struct device *d, uint8_t out[HASH_SIZE]);
/* SIGNER_FACTS unless every field of a device may be there. */
MUST_USE enum reason device_check(const struct device *d, struct why *why);
const struct ledger_key *ledger_key_of(
    const struct signer *s, const char *name);
/*
 * May this key sign this now? CLOCK_STEP, SIGNER_KEY, KEY_OUT_OF_REACH, SIGNER_POLICY,
 * SIGNER_DATE, SIGNER_COUNT, SIGNER_RATE. again: what is only rendered a second
 * time has been counted.
 */
MUST_USE enum reason key_may_sign(struct signer *s, const char *name,
    const struct key_use *use, bool again, struct held_key **out,
    struct why *why);

/* A step back, or forward over a day, stops signing (architecture 3); so do many
 * small ones back, by the time of the chain. */
void clock_watch_start(struct clock_watch *c);
/* Is the time of its start, or of the last check, no further behind the chain, or what
 * was accepted at this time of the chain, than it may be? */
bool clock_watch_follows(const struct clock_watch *c, int64_t chain);
void clock_watch_check(struct clock_watch *c, int64_t chain);
/* It is as it should be, whatever the chain's time. */
void clock_watch_confirm(struct clock_watch *c, int64_t chain);

#define ACT_CLOCK_CONFIRM "clock.confirm"
#define ACT_DEVICE_RETIRE "device.retire"

#endif
