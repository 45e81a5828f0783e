/*
 * Records of the journal (architecture 3): deterministic CBOR maps, each with
 * the hash of the one before. The schema is doc/journal.cddl.
 *
 * Every field is a fact; the bytes that were signed follow from them and from
 * what was drawn at random. Names of persons, addresses and client
 * certificates never come here; pins only as hashes.
 */
#ifndef JOURNAL_RECORD_H
#define JOURNAL_RECORD_H

#include "base/reason.h"
#include "model/order.h"

/* Any record fits one answer of the admin socket (journal.copy). */
#define RECORD_MAX     32000
#define RECORD_VERSION 2

enum record_kind {
	RECORD_CHECKPOINT = 1,
	RECORD_KEY,
	RECORD_CA,
	RECORD_DEVICE,
	RECORD_IDEVID,
	RECORD_VOUCHER,
	RECORD_SIGNED,
	RECORD_ACT,
	RECORD_CLOCK,
	RECORD_POLICY,
	RECORD_END,
	RECORD_ENDED,
	RECORD_MANIFEST,
};
#define RECORD_KIND_LAST RECORD_MANIFEST

const char *record_kind_name(enum record_kind k);

struct record_key {
	struct key_order order;
	uint8_t spki_sha256[HASH_SIZE];
	bool wrapped; /* its file opens with a wrapping key only */
};
struct record_ca { /* a key got its certificate and is active */
	char name[KEY_NAME_MAX + 1];
	uint8_t certificate_sha256[HASH_SIZE];
	uint8_t key_id[KEY_ID_MAX];
	uint8_t key_id_len;
	int64_t not_after;
};
struct record_device {
	struct device device; /* tag is not stored: it follows from the rest */
};
struct record_idevid {
	char key[KEY_NAME_MAX + 1];
	struct device device; /* certificate_sha256 and tag unset */
	uint64_t counter; /* of an existing serial: the number of its digits */
	int64_t not_before;
	uint8_t serial[16]; /* INTEGER of the certificate, drawn at random */
	char scheme[SERIAL_MAX + 1]; /* of an existing serial; else "" */
};
struct record_voucher {
	char key[KEY_NAME_MAX + 1];
	char serial[SERIAL_MAX + 1];
	char product[PRODUCT_NAME_MAX + 1];
	struct issuer issuer;
	char nonce[NONCE_MAX + 1];
	enum assertion assertion;
	int64_t created_on;
	int64_t expires_on;
	bool name_issuer;
	bool emit_id_data;
	enum artifact_format format;
	uint8_t pin_sha256[HASH_SIZE];
	uint8_t pin_spki_sha256[HASH_SIZE];
	uint8_t domain_id[KEY_ID_MAX];
	uint8_t domain_id_len;
	/* SHA-256 of est-domain (MP 15.2); its length is 0 without one. */
	uint8_t est_domain_sha256[HASH_SIZE];
	uint8_t est_domain_sha256_len;
};
struct record_signed {
	uint64_t of; /* sequence of the record that was acted on */
	uint8_t artifact_sha256[HASH_SIZE]; /* of the certificate or voucher */
};
struct record_person {
	uint8_t key_sha256[HASH_SIZE]; /* fingerprint of an SSH key */
	struct span signature;	       /* SSHSIG, without armour */
};
struct record_act {
	uint32_t user;
	char verb[32];
	char subject[128];
	/* Of an act by two: ledger_act_statement(), and who signed it. */
	struct span statement;
	struct record_person persons[END_SIGNATURES];
};
struct record_clock {
	int64_t from, to;
};
struct record_policy { /* a key may sign this from now on */
	struct policy_order order;
};
/* From here on this key is erased: nothing stops it any more. */
struct record_end {
	char name[KEY_NAME_MAX + 1];
	enum key_end how;
	struct span statement; /* ledger_statement() */
	struct record_person persons[END_SIGNATURES];
	uint8_t archive_sha256[HASH_SIZE];
};
/* What kept the key's file shut. */
enum wrapping {
	WRAPPING_NONE = 1, /* the passphrase alone */
	WRAPPING_BESIDE,   /* and a key in a file of the same file system */
	WRAPPING_APART,	   /* and a key in a file system of its own */
};
const char *wrapping_name(enum wrapping w);
/* It is gone. */
struct record_ended {
	char name[KEY_NAME_MAX + 1];
	uint64_t of; /* sequence of the end */
	enum wrapping wrapping;
};

struct record_manifest { /* a range of the journal was signed */
	struct manifest_order order;
};

struct record {
	uint8_t signer[16];
	uint64_t sequence;	     /* 1 is the first */
	uint8_t previous[HASH_SIZE]; /* zero for the first */
	int64_t time;
	enum record_kind kind;
	uint8_t request_sha256[HASH_SIZE]; /* zero if none */
	uint8_t
	    tbs_sha256[HASH_SIZE]; /* of the bytes to be signed, zero if none */
	union {
		struct span checkpoint; /* struct ledger, encoded */
		struct record_key key;
		struct record_ca ca;
		struct record_device device;
		struct record_idevid idevid;
		struct record_voucher voucher;
		struct record_signed signed_;
		struct record_act act;
		struct record_clock clock;
		struct record_policy policy;
		struct record_end end;
		struct record_ended ended;
		struct record_manifest manifest;
	};
};

/* Encodes; false if it does not fit (RECORD_MAX always does). */
bool record_write(
    const struct record *r, uint8_t *out, size_t cap, size_t *len);
/* Decodes strictly; JOURNAL_DAMAGED. Spans borrow from bytes. */
MUST_USE enum reason record_read(
    struct span bytes, struct record *out, struct why *why);
/* The hash that the next record carries. */
void record_hash(struct span bytes, uint8_t out[HASH_SIZE]);
/* One JSON object with every field (journal show --json). */
bool record_to_json(const struct record *r, char *out, size_t cap, size_t *len);

#endif
