/*
 * A voucher as a plain struct (RFC 8366 5.3), and its JSON form (RFC 7951).
 */
#ifndef MODEL_VOUCHER_H
#define MODEL_VOUCHER_H

#include "base/reason.h"
#include "model/names.h"

struct voucher {
	int64_t created_on;
	int64_t expires_on; /* 0 = none; never together with a nonce */
	enum assertion assertion;
	char serial[SERIAL_MAX + 1];
	char nonce[NONCE_MAX + 1]; /* empty = nonceless */
	struct span idevid_issuer; /* form A of MP 6.3; ptr NULL = leave out */
	/* The pin: one of three (MP 11), the others with ptr NULL. */
	struct span pinned_domain_cert;	       /* DER */
	struct span pinned_domain_pubk;	       /* SubjectPublicKeyInfo, DER */
	struct span pinned_domain_pubk_sha256; /* HASH_SIZE octets */
	bool has_revocation_checks;
	bool revocation_checks; /* domain-cert-revocation-checks */
	/* Of a cloud registrar (MP 15.2); "" = none. */
	char est_domain[URL_MAX + 1];
	char configuration_url[URL_MAX + 1]; /* additional-configuration-url */
	struct span proprietary; /* manufacturer-proprietary; ptr NULL = none */
};

/* Writes the JSON of MP 6.2 (root "ietf-voucher:voucher", dates as
 * YYYY-MM-DDTHH:MM:SSZ, members in one fixed order). false if over cap. */
bool voucher_to_json(
    const struct voucher *v, char *out, size_t cap, size_t *len);
/* Reads one back; binaries go to arena (at least text.len bytes). Unknown
 * leaves are ignored (RFC 8995 5.6.1). VOUCHER_MALFORMED. */
MUST_USE enum reason voucher_from_json(struct span text, uint8_t *arena,
    size_t arena_len, struct voucher *out, struct why *why);
/* The same from YANG-CBOR (RFC 9254, MP 10.2): keys by SID, by name, or mixed; a
 * nonce becomes its base64. est_domain_2466: a text under that number is est-domain,
 * as from 2023 to 2025 (MP 16 row 17); else it is refused, for the number is that of
 * a list now. Spans borrow from bytes. VOUCHER_MALFORMED. */
MUST_USE enum reason voucher_from_cbor(struct span bytes, bool est_domain_2466,
    struct voucher *out, struct why *why);
/* Writes SIDs only, deterministically, dates as in JSON. false if over cap, or the
 * nonce is not the base64 of at most 32 octets. */
bool voucher_to_cbor(
    const struct voucher *v, uint8_t *out, size_t cap, size_t *len);
/* The layout of 2019 (MP 10.4): other numbers, and texts where there are numbers
 * and octets now. It can pin a certificate only, and says neither of expiry nor of
 * revocation, nor any of the optional leaves. false for another pin, or over cap. */
bool voucher_to_2019(
    const struct voucher *v, uint8_t *out, size_t cap, size_t *len);
/* Octets of a signed voucher of ours as its pledge gets them: a registrar strips
 * the unprotected certificates of COSE (MP 10.1, R-9.6). */
size_t voucher_pledge_size(enum artifact_format format, struct span artifact);
/* What every voucher must say (RFC 8366 5.3): serial-number, assertion and
 * exactly one pin. For the readers of both forms. VOUCHER_MALFORMED. */
MUST_USE enum reason voucher_complete(const struct voucher *v, struct why *why);
/* What est-domain and additional-configuration-url are to us: "https://", a host and
 * what RFC 3986 allows behind it, at most URL_MAX octets. */
bool voucher_url_valid(struct span url);

#endif
