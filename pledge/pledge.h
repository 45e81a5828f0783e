/*
 * What a device does with a voucher (RFC 8995 5.6.1, 5.6.2; RFC 8366 5.3): is it
 * signed by its manufacturer, is it for this device and this moment, and is the
 * registrar the one that it names?
 *
 * No allocation, no state, no clock, no input or output: facts in, verdict out.
 * All memory is the caller's; of libc it needs a few functions of <string.h>. What
 * it asks of the firmware is in port.h.
 */
#ifndef PLEDGE_H
#define PLEDGE_H

#include "wire/span.h"

/* Limits of what a stranger can make the device do (MP 17). Besides, JSON may be six
 * levels deep and CBOR eight, a certificate has 16 extensions at most, a header of COSE 16
 * labels, and CMS 16 signed attributes. */
#define PLEDGE_VOUCHER_MAX	65536 /* octets */
#define PLEDGE_CERTIFICATES_MAX 10    /* that come along */
#define PLEDGE_DEPTH_MAX	6     /* from the signer up */
#define PLEDGE_CHECKS_MAX	24 /* signatures looked at, for each anchor */
#define PLEDGE_POLICIES_MAX	2  /* that one anchor demands */
#define PLEDGE_MEMBERS_MAX	64 /* of one object in JSON, or of a voucher */

enum pledge_verdict {
#define VERDICT(id, code, clause, sentence) PLEDGE_##id,
#include "pledge/verdict.def"
#undef VERDICT
};

/* Of a verdict: its code ("unauthorized-signer"), the clause that it comes from, and
 * a sentence for whoever reads the device's log. Static, never NULL. */
const char *pledge_code(enum pledge_verdict v);
const char *pledge_clause(enum pledge_verdict v);
const char *pledge_sentence(enum pledge_verdict v);

/*
 * A key of the manufacturer that this firmware trusts. The key is all: whatever
 * self-signed certificate is around it does not count (IP 3).
 */
struct pledge_anchor {
	/* SubjectPublicKeyInfo, DER. Or, if that is empty, its SHA-256 (32
	 * octets): then the voucher must bring a certificate of that key along,
	 * which one in COSE does not do (IP 3). */
	struct span key;
	struct span key_sha256;
	/* The key signs vouchers itself. */
	bool signs;
	/* The key certifies those who do. */
	bool certifies;
	/*
	 * OIDs (content octets) that each certificate below this key must
	 * assert; the first empty one ends the list. Demanded where the key has
	 * certified others than voucher signers, too: without them every IDevID
	 * that it stands above could sign vouchers (IP 6, R-7.3).
	 */
	struct span policies[PLEDGE_POLICIES_MAX];
	/* They are extensions of these OIDs with NULL in them, not
	 * certificatePolicies (IP 6). */
	bool policies_as_extensions;
};

enum pledge_format {
	PLEDGE_CMS = 1,
	PLEDGE_JWS = 2,
	PLEDGE_COSE = 4,
};

enum pledge_pin {
	PLEDGE_PIN_CERTIFICATE = 1, /* pinned-domain-cert */
	PLEDGE_PIN_KEY = 2,	    /* pinned-domain-pubk */
	PLEDGE_PIN_KEY_SHA256 = 4,  /* pinned-domain-pubk-sha256 */
};

/* What the device is, and what it takes. Spans stay the caller's. */
struct pledge {
	const struct pledge_anchor *anchors;
	unsigned anchors_len;
	unsigned formats; /* of pledge_format, or-ed */
	/* Of pledge_pin, or-ed: in answer to a request with a nonce the kind that it
	 * asked with. Of several in a voucher those that it does not take are passed
	 * over; of several that it takes the hash counts, then the key, then the
	 * certificate (MP 11). */
	unsigned pins;
	/* Its IDevID certificate, DER. The serial is that of its subject
	 * (MP 6.4), unless serial is given. */
	struct span idevid;
	struct span serial;
	/* The voucher must name the issuer of the IDevID: where serials are not
	 * unique under the anchor. One that is there is compared
	 * in any case. */
	bool issuer_demanded;
	/* Where the IDevID has no authorityKeyIdentifier: SHA-1 of its own public
	 * key, what is in the BIT STRING (RFC 5280 4.2.1.2), by which the MASA names
	 * its issuer then (MP 6.3). */
	struct span key_id;
	/* As it stands in the request that was sent: the characters of the
	 * string in JSON, the octets in CBOR. Empty: none was sent. */
	struct span nonce;
	/* A voucher without a nonce will do (RFC 8995 5.6.1: it is one of many
	 * that its owner may have, or that a former owner kept). */
	bool nonceless;
	/* Without a clock that can be trusted no date is looked at. */
	bool has_clock;
	int64_t now; /* seconds since 1970 */
};

enum pledge_assertion {
	PLEDGE_VERIFIED,
	PLEDGE_LOGGED,
	PLEDGE_PROXIMITY,
	PLEDGE_AGENT_PROXIMITY,
};

/* What an accepted voucher says. Spans borrow from it, and from work. */
struct pledge_voucher {
	enum pledge_format format;
	unsigned anchor;    /* index of the one it was traced to */
	struct span signer; /* certificate, DER; empty: the anchor itself */
	/* Signatures in a JWS. The first counts; what others say (of PRM's
	 * registrar, MP 9) is not judged here. */
	unsigned signatures;
	enum pledge_assertion assertion;
	bool nonceless;
	int64_t created_on; /* seconds since 1970; 0: it does not say */
	int64_t expires_on; /* 0: never */
	enum pledge_pin pin_kind;
	struct span pin; /* DER of a certificate or key, or a hash */
	/* domain-cert-revocation-checks, where it is there. */
	bool has_revocation_checks, revocation_checks;
	/* Empty where absent (MP 15.2, 8366bis 8.7). */
	struct span est_domain, configuration_url, proprietary;
};

/* Octets of work that are always enough for a voucher of len octets. */
#define PLEDGE_WORK(len) (2 * (len) + 64)

/*
 * Judges a voucher, in the order format, container, signature, anchor, content, dates of
 * the signer, serial, issuer, nonce, expiry, pin. *out is filled for PLEDGE_ACCEPTED
 * only; work must live as long as *out is used.
 *
 * The certificates from the signer up to below the anchor must assert the anchor's
 * policies, and hold to what RFC 5280 6.1 demands of a path, more strictly here and
 * there: a CA is not self-issued and has a critical basicConstraints and keyCertSign,
 * a critical extension other than basicConstraints, keyUsage and certificatePolicies
 * is refused, name constraints and policy mappings are refused in any case.
 * A signer is no CA. With a clock a fresh voucher's certificates must be valid now, those
 * of a nonceless one on the day it was made (RFC 8366 7.1).
 *
 * Keys are ECDSA on P-256 and P-384, with SHA-256 or SHA-384.
 */
enum pledge_verdict pledge_verify(const struct pledge *p, struct span voucher,
    uint8_t *work, size_t work_len, struct pledge_voucher *out);

/*
 * Is that the registrar that the voucher pins (RFC 8995 5.6.2)? chain holds what it
 * showed in the TLS handshake, DER, its own certificate first: TLS has proved that it
 * has that key. Pinned are a key of its own, or a CA above it, or itself.
 * PLEDGE_REGISTRAR if it is another. PLEDGE_UNDECIDED if it may be the one, but a
 * signature on the way is of a kind that is not known here, a certificate cannot be
 * read or is not what pledge_verify() demands below an anchor, or the way is longer than
 * PLEDGE_DEPTH_MAX or costs more than PLEDGE_CHECKS_MAX: then let the TLS library decide,
 * with the pinned certificate as its only anchor. PLEDGE_CERTIFICATE (its own or the
 * pinned one cannot be read), LIMIT (it showed more than PLEDGE_CERTIFICATES_MAX), CALL
 * (no chain, or no accepted voucher). Dates are not looked at.
 *
 * Where est_domain is there, the server of that name is pinned, and not the registrar
 * that the voucher came from (a cloud registrar, MP 15.2).
 */
enum pledge_verdict pledge_registrar(const struct pledge_voucher *v,
    const struct span *chain, unsigned chain_len);

#endif
