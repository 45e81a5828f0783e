/*
 * What the checker found true of one request (MP 5 rows 1 to 16). Plain data:
 * every receiver checks lengths, alphabets and ranges again, nobody looks at
 * the bytes of the container any more.
 */
#ifndef MODEL_FACTS_H
#define MODEL_FACTS_H

#include "base/legacy.h"
#include "base/reason.h"
#include "model/names.h"

/* One certificate of the registrar's chain, leaf first, each signed by the
 * next. */
struct chain_entry {
	struct span certificate; /* DER, borrowed from the frame */
	uint8_t spki_sha256[HASH_SIZE];
	uint8_t domain_id[KEY_ID_MAX]; /* RFC 8995 5.8.2 */
	uint8_t domain_id_len;
	bool ca;
	bool self_signed;
	int64_t not_after;
	uint8_t issuer_name_sha256[HASH_SIZE];
	bool public_policy; /* its policies are those of public CAs */
};

/* What the checker may leave to policy because a product can allow it. */
enum proximity {
	PROXIMITY_PROVEN = 1,
	PROXIMITY_ABSENT = 2,
	PROXIMITY_DIFFERS = 3,
	/* By a registrar-agent (PRM, MP 15.1): all of it, or without the
	 * agent's certificate, which gives a lower assertion. */
	PROXIMITY_AGENT = 4,
	PROXIMITY_AGENT_UNNAMED = 5,
};

#define AGENT_CAS_MAX	2 /* of the registrar that it named, and its own */
/* Of their two paths: keys, and the issuers' Names. */
#define AGENT_NAMES_MAX (4 * CHAIN_MAX)

struct request_facts {
	enum request_kind kind;
	enum artifact_format format; /* of the request */
	unsigned
	    reply; /* list of formats that Accept and Content-Type ask for */
	unsigned legacy; /* old forms that the request uses */
	int64_t moment;	 /* for which certificates were found to be valid */
	uint8_t request_sha256[HASH_SIZE];
	uint8_t
	    client_sha256[HASH_SIZE]; /* of the TLS certificate; zero = none */
	uint8_t client_spki_sha256[HASH_SIZE];
	char address[64]; /* source address as text */

	/* REASON_OK, or why the checker would refuse. Only an audit-log
	 * request is handed on with a refusal in it (MP 14.1: identical bytes
	 * of an earlier request may be recognised by hash). */
	enum reason refusal;
	struct why why;

	bool has_created_on;
	int64_t created_on;
	char serial[SERIAL_MAX + 1];
	struct issuer issuer;	   /* idevid-issuer of the request */
	char nonce[NONCE_MAX + 1]; /* empty = nonceless */

	/* The pledge's own signed request, verified with this key. */
	bool prior;
	enum artifact_format prior_format;
	unsigned
	    prior_legacy; /* old forms of its own, which are in legacy, too */
	uint8_t pledge_spki_sha256[HASH_SIZE];
	uint8_t pledge_certificate_sha256[HASH_SIZE];
	struct issuer
	    pledge_issuer; /* AKI, or Name hash, of that certificate */
	uint8_t pledge_issuer_name_sha256[HASH_SIZE];
	enum proximity proximity;
	/* By way of an agent, where the chains that came along have no CA in
	 * common: the keys of the CAs on file by which the domain is one. Policy
	 * compares them with the file. */
	unsigned agent_cas_len;
	uint8_t agent_cas[AGENT_CAS_MAX][HASH_SIZE];
	/* Where the domain rests on more than one key: hashes of the keys, and of
	 * the issuers' Names, in the paths of the agent and of the registrar that
	 * it named. Policy compares them with public CAs. */
	unsigned agent_names_len;
	uint8_t agent_names[AGENT_NAMES_MAX][HASH_SIZE];

	unsigned chain_len; /* 1..CHAIN_MAX */
	struct chain_entry chain[CHAIN_MAX];
	bool revocation_unknown; /* row 5: pointers present, not asked */
	/* The algorithm of the request's signature is none of COSE (MP 10.1). In
	 * frames only where it is so, and not compared: stores keep their form. */
	bool not_in_cose;
};

/* The domainID of what is pinned: of the certificate, or of the key alone (MP
 * 14.3); its length. */
uint8_t chain_domain_id(
    const struct chain_entry *e, enum pin_kind kind, uint8_t out[KEY_ID_MAX]);

/* The name of the first field in which two sets differ, NULL if none does; who
 * brought the request and what refused it are not compared. Both come from a
 * frame, where what is not used is zero. */
const char *facts_difference(
    const struct request_facts *a, const struct request_facts *b);

/* A device certificate that another CA issued, with that CA, or a
 * CSR; what the checker found in a file that an operator named. */
struct csr_facts {
	uint8_t csr_sha256[HASH_SIZE];
	struct span spki; /* DER */
	uint8_t spki_sha256[HASH_SIZE];
	char serial[SERIAL_MAX + 1]; /* of the CSR's subject, may be empty */
	bool rsa;
};

struct import_facts {
	char serial[SERIAL_MAX + 1];
	struct span certificate; /* DER */
	struct span issuer_certificate;
	struct issuer issuer;
	uint8_t issuer_name_sha256[HASH_SIZE];
	uint8_t spki_sha256[HASH_SIZE];
	uint8_t certificate_sha256[HASH_SIZE];
	char warnings[WARNINGS_SIZE];
};

/* A certificate of a registrar or a CA, by itself. */
struct certificate_facts {
	struct chain_entry entry;	/* ca: and may sign certificates */
	uint8_t name_sha256[HASH_SIZE]; /* of its subject Name, DER */
	bool registrar;			/* id-kp-cmcRA */
	char subject[SUBJECT_MAX];
};

#endif
