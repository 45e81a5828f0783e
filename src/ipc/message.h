/*
 * Frames between our programs: one SOCK_SEQPACKET datagram each, deterministic
 * CBOR: [type, id, payload]. The payload of every type is an array whose fields
 * are written in the order of its struct; the reader takes them in the same
 * order, checks each (length, alphabet, range) and insists that nothing is left
 * (doc/frames.cddl). A frame that its receiver may not get from that sender, or
 * that does not decode, ends the receiver's trust in it: fatal().
 */
#ifndef IPC_MESSAGE_H
#define IPC_MESSAGE_H

#include "base/config.h"
#include "model/facts.h"
#include "model/lint.h"
#include "model/order.h"
#include "model/step.h"

#define FRAME_MAX      196608 /* body, chain and overhead */
#define KEY_BITS_MAX   512    /* for each key that a ledger can have, one */
#define ADMIN_BLOB_MAX 131072
#define ADMIN_ARTIFACT_MAX \
	32768 /* together with JSON of full size: one frame */

enum role {
	ROLE_NONE = 0,
	ROLE_SERVE,
	ROLE_FRONT,
	ROLE_CHECKER,
	ROLE_AUTHORITY,
	ROLE_SIGNER,
	ROLE_ADMIN,
	ROLE_COUNT
};
const char *role_name(enum role r);

enum message {
	/* serve to child */
	MESSAGE_START = 1,
	MESSAGE_PEER,
	MESSAGE_LISTENER,
	MESSAGE_PASSPHRASE,
	MESSAGE_GO,
	MESSAGE_RELOAD,
	MESSAGE_STOP,
	/* child to serve */
	MESSAGE_READY,
	MESSAGE_FAILED,
	MESSAGE_FRESH,	  /* authority: a new checker for the re-check */
	MESSAGE_STARTING, /* not ready yet, and getting on */
	/* serve to front */
	MESSAGE_TLS,
	MESSAGE_BLOCKLIST, /* authority to serve, serve to fronts */
	MESSAGE_BUSY, /* authority to serve: STARTING, and no word for long */
	/* front, checker */
	MESSAGE_CHECK = 16,
	MESSAGE_ANSWER,
	MESSAGE_FETCH, /* checker to authority, too */
	/* checker, authority (and the command line, one file at a time) */
	MESSAGE_DECIDE = 32,
	MESSAGE_REFUSED,
	MESSAGE_INSPECT,
	MESSAGE_INSPECTED,
	MESSAGE_DERIVE,
	MESSAGE_DERIVED,
	MESSAGE_LOOK_UP, /* and its answer */
	MESSAGE_ON_RECORD,
	/* authority to signer */
	MESSAGE_HEAD = 48,
	MESSAGE_SIGN_VOUCHER,
	MESSAGE_SIGN_IDEVID,
	MESSAGE_TAG_DEVICE,
	MESSAGE_KEY_CREATE,
	MESSAGE_KEY_CERTIFY,
	MESSAGE_ACT,
	MESSAGE_KEY_POLICY,
	MESSAGE_KEY_END,
	MESSAGE_SIGN_MANIFEST,
	/* signer to authority */
	MESSAGE_RECORD = 64,
	MESSAGE_SYNCED,
	MESSAGE_SIGNED,
	/* command line to authority and back */
	MESSAGE_ADMIN = 80,
	MESSAGE_ADMIN_REPLY,
	MESSAGE_COUNT
};
const char *message_name(enum message m);
/* The permission table: may `from` send m to `to`? */
bool message_allowed(enum role from, enum role to, enum message m);

/* --- serve and its children --- */
struct message_start { /* with the program's folder as descriptor */
	enum role role;
	unsigned index; /* which front or checker */
	/* The program's own user, or 0: that of its parent. */
	uint32_t user, group;
	bool create;  /* init: the journal and store are made */
	bool offline; /* command line without a service: no listener */
	bool has_test_clock;
	int64_t test_clock;
	struct config config;
};
/* The index of the checker that has no front: it derives again what was issued,
 * and is a new process for each batch (doc/decisions/012). */
#define CHECKER_APART 63
struct message_peer { /* with a descriptor */
	enum role role;
	unsigned index;
};
struct message_failed {
	enum reason reason;
	char text[200];
};

/* --- front to checker --- */
struct message_check {
	enum request_kind kind;
	enum artifact_format format; /* by Content-Type */
	unsigned reply; /* list of formats by Accept, MP 3 rule 3 */
	uint8_t client_sha256[HASH_SIZE];
	uint8_t client_spki_sha256[HASH_SIZE];
	char address[64];
	char correlation[17]; /* opaque id for log and error body */
	unsigned legacy;      /* old forms in path and types (base/legacy.h) */
	unsigned allowed;     /* old forms that the body may have */
	struct span body;
};
struct message_answer { /* checker to front, authority to checker */
	enum reason reason;
	char text[200];		     /* struct why's text */
	enum artifact_format format; /* FORMAT_NONE: application/json */
	struct span body;	     /* voucher or audit log */
	/* Where the audit log may be fetched again, by whom it was prepared
	 * for (MP 14.1); of SLUG_SIZE octets, or 0 = nowhere. */
	uint8_t slug[SLUG_SIZE];
	uint8_t slug_len;
};
struct message_fetch { /* front to checker to authority: that log again */
	uint8_t slug[SLUG_SIZE];
	uint8_t client_spki_sha256[HASH_SIZE];
};

/* --- checker to authority --- */
struct message_decide {
	char correlation[17];
	struct request_facts facts;
	struct span body; /* whose hash is facts.request_sha256 */
};
struct message_refused { /* one way, for the record */
	enum request_kind kind;
	enum reason reason;
	char text[200];
	char serial[SERIAL_MAX + 1]; /* as claimed, may be empty */
	uint8_t request_sha256[HASH_SIZE];
	uint8_t client_sha256[HASH_SIZE];
	char address[64];
	char correlation[17];
};

/* "What are the facts of these bytes, at that moment?" For an operator, with
 * each row told, or for the re-check of what was issued. */
struct message_derive {
	enum request_kind kind;
	enum artifact_format format;
	unsigned reply;
	unsigned legacy, allowed; /* as of CHECK */
	int64_t moment;
	bool explain; /* trace and subjects wanted; the bytes may be text */
	struct span body;
};
struct message_derived {
	enum reason reason;
	char text[200];
	struct trace trace;
	char subjects[CHAIN_MAX][SUBJECT_MAX]; /* of the chain, for people */
	bool complete; /* the authority would hear of it: facts follow */
	struct request_facts facts;
};

/* "Which certificates are on record for this serial?" For a pledge's request
 * that came without one; asked only after the registrar's signature held. */
struct message_look_up {
	char serial[SERIAL_MAX + 1];
	/* "And which domain CAs are on file for whose chain this is?" For the
	 * re-check those of that moment first. */
	int64_t moment;
	unsigned chain_len;
	uint8_t chain[CHAIN_MAX][HASH_SIZE]; /* keys */
};
#define ON_RECORD_MAX  8
#define DOMAIN_CAS_MAX 16
struct message_on_record {
	unsigned len;
	struct span certificates[ON_RECORD_MAX]; /* DER */
	unsigned cas_len;
	struct span cas[DOMAIN_CAS_MAX];
};

/* --- files that an operator names --- */
enum inspect_kind {
	INSPECT_CSR = 1,     /* PKCS#10 */
	INSPECT_IMPORT,	     /* device certificate, other = its CA */
	INSPECT_LINT,	     /* certificate, other = DER of those among which
			      * its issuer is, one behind another */
	INSPECT_CERTIFICATE, /* of a customer, or a public CA */
	INSPECT_MANIFEST,
};
struct message_inspect {
	enum inspect_kind kind;
	struct span bytes;
	struct span other;
	struct lint_order lint; /* INSPECT_LINT */
	/* INSPECT_IMPORT, INSPECT_MANIFEST: what our voucher signers assert, be it by
	 * a private extension: values of certificatePolicies one behind another. */
	struct span policies;
};
#define INSPECT_POLICIES_MAX 32768
struct message_inspected {
	enum inspect_kind kind;
	enum reason reason;
	char text[200];
	struct csr_facts csr;		      /* INSPECT_CSR */
	struct import_facts import;	      /* INSPECT_IMPORT */
	struct span json;		      /* INSPECT_LINT: the findings */
	struct certificate_facts certificate; /* INSPECT_CERTIFICATE */
	struct manifest_facts manifest;	      /* INSPECT_MANIFEST; large */
};

/* --- authority and signer --- */
struct message_head { /* what the store has of this journal */
	bool empty;
	uint8_t signer[16];
	uint64_t sequence;
	uint8_t sha256[HASH_SIZE];
};
struct message_record { /* durable, in order, none left out */
	uint64_t sequence;
	struct span record;
};
struct message_synced { /* heads agree; work may begin; or why not */
	uint8_t signer[16];
	uint64_t sequence;
	bool test;
	enum reason reason; /* REASON_OK, or the signer ends now */
	char text[200];
	/* A bit for each key of the ledger, in its order, low bits first: set
	 * where a key that is in use is out of reach (KEY_OUT_OF_REACH). */
	struct span unreached;
};
struct message_act {   /* an operator's act, for the journal */
	uint32_t user; /* uid of the asker */
	char verb[32];
	char subject[128];
	/* By two persons (ledger_act_statement()): none, or END_SIGNATURES. */
	uint64_t number;
	unsigned signatures_len;
	struct span signatures[END_SIGNATURES];
};
/* The one answer to SIGN_*, TAG_DEVICE, KEY_* and ACT; same id. */
struct message_signed {
	enum reason reason;
	char text[200];
	uint64_t sequence;    /* of the record, 0 if none */
	bool again;	      /* an earlier record rendered again */
	struct device device; /* SIGN_IDEVID, TAG_DEVICE: with tag */
	struct span artifact; /* voucher, certificate, or CSR */
};

/* --- command line --- */
#define ADMIN_ARGUMENTS_MAX 32
/* Rows of one answer, and the twins of its last one. */
#define ADMIN_PAGE_MAX	    256
struct admin_argument {
	char name[32];
	struct span value;
};
struct message_admin {
	char verb[32]; /* "device.list" */
	unsigned arguments_len;
	struct admin_argument arguments[ADMIN_ARGUMENTS_MAX];
};
struct message_admin_reply {
	enum reason reason;
	char text[200];
	struct span json; /* the result, one JSON object */
	struct span blob; /* certificate, CSR (ADMIN_ARTIFACT_MAX), or empty */
};

/*
 * Marshalling: _put writes the payload, _get reads one and checks every field
 * (spans borrow from the frame); _get returns false on any fault.
 */
struct cbor;
struct cbor_out;
#define MESSAGE_CODEC(type)                                    \
	void message_##type##_put(                             \
	    struct cbor_out *, const struct message_##type *); \
	bool message_##type##_get(struct cbor *, struct message_##type *)
MESSAGE_CODEC(start);
MESSAGE_CODEC(peer);
MESSAGE_CODEC(failed);
MESSAGE_CODEC(check);
MESSAGE_CODEC(answer);
MESSAGE_CODEC(fetch);
MESSAGE_CODEC(decide);
MESSAGE_CODEC(refused);
MESSAGE_CODEC(derive);
MESSAGE_CODEC(derived);
MESSAGE_CODEC(look_up);
MESSAGE_CODEC(on_record);
MESSAGE_CODEC(inspect);
MESSAGE_CODEC(inspected);
MESSAGE_CODEC(head);
MESSAGE_CODEC(record);
MESSAGE_CODEC(synced);
MESSAGE_CODEC(act);
MESSAGE_CODEC(signed);
MESSAGE_CODEC(admin);
MESSAGE_CODEC(admin_reply);
void message_voucher_order_put(struct cbor_out *, const struct voucher_order *);
bool message_voucher_order_get(struct cbor *, struct voucher_order *);
void message_idevid_order_put(struct cbor_out *, const struct idevid_order *);
bool message_idevid_order_get(struct cbor *, struct idevid_order *);
void message_device_order_put(struct cbor_out *, const struct device_order *);
bool message_device_order_get(struct cbor *, struct device_order *);
void message_key_order_put(struct cbor_out *, const struct key_order *);
bool message_key_order_get(struct cbor *, struct key_order *);
void message_policy_order_put(struct cbor_out *, const struct policy_order *);
bool message_policy_order_get(struct cbor *, struct policy_order *);
void message_end_order_put(struct cbor_out *, const struct end_order *);
bool message_end_order_get(struct cbor *, struct end_order *);
void message_manifest_order_put(
    struct cbor_out *, const struct manifest_order *);
bool message_manifest_order_get(struct cbor *, struct manifest_order *);
void message_key_certificate_put(
    struct cbor_out *, const struct key_certificate *);
bool message_key_certificate_get(struct cbor *, struct key_certificate *);

#endif
