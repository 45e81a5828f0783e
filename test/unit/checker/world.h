/*
 * A registrar's request around a pledge's, good in every row of MP 5, for tests
 * that change one thing and say what the checker must find. Certificates are made
 * once by OpenSSL; w is what is asked next, and what came of it.
 */
#ifndef TEST_CHECKER_WORLD_H
#define TEST_CHECKER_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "artifact.h"
#include "checker/check.h"

#define NOW	    INT64_C(1750000000) /* 2025-06-15T15:06:40Z */
#define SERIAL	    "JADA-0077"
#define NONCE	    "AAECAwQFBgcICQoLDA0ODw==" /* sixteen octets */
#define OTHER_NONCE "DAECAwQFBgcICQoLDA0ODw=="

/* Who has a certificate. */
enum who {
	NOBODY,
	/* the customer: a registrar below two CAs */
	ROOT,
	SUB,
	REGISTRAR,
	ROOT_ALIKE,	 /* its name, another key */
	REGISTRAR_AGAIN, /* the same key */
	REGISTRAR_OLD,	 /* the same, which has expired */
	REGISTRAR_TLS,	 /* the same, for other purposes */
	REGISTRAR_SELF,	 /* self-signed */
	REGISTRAR_P384,
	REGISTRAR_P521,
	REGISTRAR_RSA,
	SLOW_1, /* six with P-384, as long as a chain may be; the top has constraints */
	SLOW_2,
	SLOW_3,
	SLOW_4,
	SLOW_5,
	SLOW_6,
	REGISTRAR_ED25519,
	/* with something wrong */
	NO_PURPOSE,
	ANY_PURPOSE,
	SERVER_PURPOSE,
	EXPIRED,
	EARLY,
	NO_SIGNING, /* keyUsage without digitalSignature */
	CRITICAL,   /* an unknown extension */
	WITH_CRL,
	WITH_OCSP,
	WITH_ISSUERS, /* caIssuers alone */
	CA_NO_CA,
	BELOW_NO_CA,
	CA_EXPIRED,
	BELOW_EXPIRED,
	CA_NO_SIGNING,
	BELOW_NO_SIGNING,
	CA_SHORT, /* pathlen 0 */
	CA_TOO_DEEP,
	BELOW_TOO_DEEP,
	TWIN, /* one name and key identifier, two keys */
	TWIN_OTHER,
	/* somebody else */
	STRANGER_ROOT,
	STRANGER,
	STRANGER_TOO,
	STRANGER_CROSS, /* the stranger's CA, by the customer's root */
	/* the manufacturer and its devices */
	VENDOR,
	DEVICE,
	DEVICE_OTHER, /* another serial */
	DEVICE_FALSE, /* the serial, of a stranger's making */
	DEVICE_UTF8,
	DEVICE_TELETEX,
	DEVICE_SERIALLESS, /* its INTEGER is no serial-number */
	DEVICE_TWICE,	   /* two serialNumber attributes */
	DEVICE_EXPIRED,
	DEVICE_P384,
	DEVICE_REGISTRAR, /* a registrar's whose subject has the serial */
	LABORATORY,	  /* a registrar that the manufacturer's CA issued */
	/* agents (PRM) */
	NEIGHBOUR, /* a registrar of the same domain */
	NEIGHBOUR_EXPIRED,
	AGENT,
	AGENT_EXPIRED,
	AGENT_FUTURE, /* begins between its data and now */
	AGENT_STRANGER,
	AGENT_NAMELESS, /* without a key identifier */
	AGENT_OF_VENDOR,
	PUBLIC_NEIGHBOUR, /* with a public CA's policy, as its agent */
	PUBLIC_AGENT,
	PUBLIC_REGISTRAR,
	WHO_COUNT
};
/* Made when first asked for. */
const struct foreign *certificate_of(enum who who);

/* --- the payloads, as lists of leaves --- */

enum leaf_kind {
	LEAF_TEXT,
	LEAF_BINARY,
	LEAF_NONCE,	/* a text; octets in CBOR */
	LEAF_ASSERTION, /* a text; a number in CBOR */
	LEAF_RAW,	/* JSON, or CBOR, as it is */
};
struct leaf {
	const char *name;
	enum leaf_kind kind;
	struct span value, cbor;
};
#define LEAVES_MAX 24
struct request {
	const char *root;    /* the name; NULL = today's */
	uint64_t root_sid;   /* 0 = today's */
	bool names;	     /* CBOR by names */
	struct span content; /* instead of all that; ptr NULL = none */
	unsigned leaves_len;
	struct leaf leaves[LEAVES_MAX];
};

void leaf_add(struct request *q, const char *name, enum leaf_kind kind,
    struct span value);
/* In the place of the one that is there. */
void leaf_text(struct request *q, const char *name, const char *text);
void leaf_binary(struct request *q, const char *name, struct span value);
/* json is a text, cbor hexadecimal. */
void leaf_raw(
    struct request *q, const char *name, const char *json, const char *cbor);
void leaf_drop(struct request *q, const char *name);
struct span from_hex(const char *digits);

/* --- the world --- */

struct world {
	enum artifact_format format;
	enum request_kind kind;
	int64_t now;
	unsigned allowed;
	struct request pledge, registrar;
	struct artifact pvr, rvr;
	bool alone;	   /* there is no prior-signed-voucher-request */
	struct span prior; /* in the place of pvr; ptr NULL = none */
	struct span body;  /* in the place of rvr */
	bool asked;	   /* on_record is the authority's answer */
	struct message_on_record on_record;
	/* of agent_add() */
	struct artifact data;
	/* what came of it */
	enum reason reason;
	struct why why;
	struct request_facts facts;
	struct trace trace;
	bool look_up;
};
extern struct world w;
extern struct workspace room;

/* All good; what brings the pledge's certificate is usual for the format. */
void world_begin(enum artifact_format format);
void world_check(void);
/* The registrar's request is of this one, with these above it (NOBODY ends). */
void world_registrar(enum who signer, ...);
/* The pledge names its registrar by this leaf alone. */
void world_sees(const char *leaf, struct span value);
void world_device(enum who device);
/* The authority knows these; NOBODY ends. */
void world_on_record(enum who first, ...);

/* --- tables --- */

#define CMS	   (1u << FORMAT_CMS_JSON)
#define JWS	   (1u << FORMAT_JWS_JSON)
#define COSE	   (1u << FORMAT_COSE_CBOR)
#define IN_JSON	   (CMS | JWS)
#define EVERY_FORM (CMS | JWS | COSE)

struct row {
	const char *name;
	unsigned formats;
	void (*change)(void);
	enum step step; /* that refuses; of a good one STEP_NONE */
	enum reason reason;
	const char *text;   /* a part of what it says of the field */
	const char *clause; /* of the reason */
	void (*see)(void);  /* what else must be; NULL = nothing */
};
#define GOOD(name, form, change)                                           \
	{                                                                  \
		name, form, change, STEP_NONE, REASON_OK, NULL, NULL, NULL \
	}
/* Such a change: the registrar's object is odd in this. */
#define ODD(name, value)                 \
	static void name(void)           \
	{                                \
		w.rvr.odd = ODD_##value; \
	}
/* The same of the pledge's. */
#define PRIOR_ODD(name, value)           \
	static void name(void)           \
	{                                \
		w.pvr.odd = ODD_##value; \
	}
/* Such a change: a leaf of the registrar's has this value, in JSON and CBOR. */
#define LEAF(name, leaf, json, cbor)                      \
	static void name(void)                            \
	{                                                 \
		leaf_raw(&w.registrar, leaf, json, cbor); \
	}
/* Each in each of its formats. */
void rows_check(const struct row *rows, size_t n);
#define ROWS_CHECK(rows) rows_check(rows, sizeof(rows) / sizeof((rows)[0]))
/* Releases the certificates: a test group's end. */
int world_end(void **state);

#endif
