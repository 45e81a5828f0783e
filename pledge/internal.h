/* What the files of this folder share; nothing for the firmware. */
#ifndef PLEDGE_INTERNAL_H
#define PLEDGE_INTERNAL_H

#include "pledge/pledge.h"
#include "pledge/port.h"
#include "wire/base64.h"

/* Are they exactly these? */
static inline bool
octets_are(struct span s, const uint8_t *bytes, size_t len)
{
	return span_eq(s, span_of(bytes, len));
}

/* The caller's memory, what is left of it. */
struct room {
	uint8_t *at;
	size_t left;
};

/* --- certificates --- */

/* Read into spans over its own octets (RFC 5280 4.1). */
struct certificate {
	struct span whole, tbs, algorithm, signature;
	struct span serial, issuer, subject, spki;
	int64_t not_before, not_after;
	unsigned serial_numbers;   /* attributes 2.5.4.5 of the subject */
	struct span serial_number; /* characters of the first one */
	struct span key_id, authority_key_id; /* ptr NULL = absent */
	struct span extensions; /* all of them, one behind the other */
	struct span policies; /* certificatePolicies, what is in the SEQUENCE */
	bool basic_critical, ca, has_path_length;
	uint64_t path_length;
	bool has_key_usage;
	uint8_t key_usage; /* the first octet of the bits */
	bool unknown_critical, constrained, mapped;
};
#define KEY_USAGE_SIGNATURE 0x80
#define KEY_USAGE_CERT_SIGN 0x04

enum pledge_verdict pledge_certificate_read(
    struct span der, struct certificate *out);
/* The subjectPublicKeyInfo alone; empty if it cannot be read. */
struct span pledge_certificate_key(struct span der);
/* Does it assert this policy: itself, and not by anyPolicy? */
bool pledge_certificate_asserts(
    const struct certificate *c, struct span policy, bool as_extension);
/* May it issue certificates, `below` CAs under it counted (RFC 5280 6.1.4)? */
bool pledge_certificate_issues(const struct certificate *c, unsigned below);

/* --- signatures --- */

/* Something signed: the message in parts. */
#define PARTS_MAX 6
struct message {
	struct span parts[PARTS_MAX];
	unsigned parts_len;
	enum pledge_hash hash;
	/* r and s in one, or, if der, as a SEQUENCE (RFC 3279 2.2.3). */
	struct span signature;
	bool der;
};

/* PLEDGE_ACCEPTED, SIGNATURE, ALGORITHM (the key's), or LIMIT if *checks, those that
 * may still be made in this call, is 0. */
enum pledge_verdict pledge_message_verify(
    const struct message *m, struct span spki, unsigned *checks);
/* Is it a SubjectPublicKeyInfo of a kind that can verify here? */
bool pledge_key_known(struct span spki);
/* The hash of ecdsa-with-SHA256 or -SHA384; false for another AlgorithmIdentifier. */
bool pledge_algorithm_read(struct span identifier, enum pledge_hash *hash);
/* A certificate as such a message. ALGORITHM. */
enum pledge_verdict pledge_certificate_message(
    const struct certificate *c, struct message *out);

/* --- paths --- */

struct path {
	/* The certificates there are, the one that is looked from included. */
	const struct span *pool;
	unsigned pool_len;
	unsigned checks; /* that may still be made */
	/* There may be a way that was not walked: one of the pool cannot be read, or
	 * there are more certificates than PLEDGE_DEPTH_MAX on it. */
	bool cut;
	/* The dates in which all below the anchor are valid. */
	int64_t from, until;
};

/* From c, which is no CA, up to the anchor. ANCHOR, ALGORITHM, LIMIT; UNAUTHORIZED if
 * the way leads there, but over one that may not be on it. Where there were more ways,
 * what stood nearest to the anchor. */
enum pledge_verdict pledge_path_climb(struct path *p,
    const struct certificate *c, const struct pledge_anchor *anchor);

/* --- containers --- */

/* A signed object, opened but not verified. */
struct object {
	struct span certificates[PLEDGE_CERTIFICATES_MAX];
	unsigned certificates_len;
	/* Who of them has signed: by name (CMS), the first (JWS, x5chain), or
	 * whoever does (x5bag). */
	struct span sid_issuer, sid_serial, sid_key_id;
	bool first_signs;
	struct message message;
	struct span content;
	unsigned signatures;
	uint8_t heads[2][5]; /* of COSE, that parts of the message borrow */
};

/* CONTAINER, HEADER, ALGORITHM, LIMIT, CALL. */
enum pledge_verdict pledge_cms_open(
    struct span bytes, struct room *room, struct object *out);
enum pledge_verdict pledge_jws_open(
    struct span bytes, struct room *room, struct object *out);
enum pledge_verdict pledge_cose_open(
    struct span bytes, struct room *room, struct object *out);
/* One certificate more. LIMIT. */
enum pledge_verdict pledge_object_certificate(
    struct object *o, struct span der);
struct json_value;
/* json_parse(); malformed, or LIMIT. */
enum pledge_verdict pledge_json_parse(
    struct span text, struct json_value *root, enum pledge_verdict malformed);
/* A string of JSON, as UTF-8, from the room. Two behind each other lie so, too. */
bool pledge_room_string(
    struct room *room, const struct json_value *v, struct span *out);
/* The same, decoded. */
bool pledge_room_base64(struct room *room, const struct json_value *v,
    enum base64_kind kind, struct span *out);

/* --- content --- */

enum leaf {
	LEAF_ASSERTION,
	LEAF_CREATED_ON,
	LEAF_REVOCATION_CHECKS,
	LEAF_EXPIRES_ON,
	LEAF_IDEVID_ISSUER,
	LEAF_NONCE,
	LEAF_PIN_CERTIFICATE,
	LEAF_PIN_KEY,
	LEAF_PIN_KEY_SHA256,
	LEAF_SERIAL_NUMBER,
	LEAF_CONFIGURATION_URL,
	LEAF_EST_DOMAIN,
	LEAF_PROPRIETARY,
	LEAVES
};

/* What both ways of writing share. */
struct leaf_row {
	const char *name;
	uint8_t delta; /* SID of the leaf - SID of the container (MP 10.2) */
	enum leaf_kind { LEAF_TEXT, LEAF_OCTETS, LEAF_BOOLEAN, LEAF_ENUM } kind;
};
extern const struct leaf_row pledge_leaf_rows[LEAVES];
/* As 8366bis called manufacturer-proprietary until August 2026 (MP 6.2). */
#define PLEDGE_PROPRIETARY_BEFORE "manufacturer-private"
/* The words of assertion, in the order of their numbers. */
#define LEAF_ASSERTIONS		  4
extern const char *const pledge_assertions[LEAF_ASSERTIONS];

struct content {
	struct span leaves[LEAVES]; /* ptr NULL = absent */
	enum pledge_assertion assertion;
	bool revocation_checks;
};

/* CONTENT, LIMIT. */
enum pledge_verdict pledge_content_json(
    struct span bytes, struct room *room, struct content *out);
enum pledge_verdict pledge_content_cbor(struct span bytes, struct content *out);

#endif
