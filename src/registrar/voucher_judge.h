/*
 * What a pledge makes of a voucher (RFC 8995 5.6.1, 5.6.2): facts in, verdict
 * out. No file, no clock, no network.
 */
#ifndef REGISTRAR_VOUCHER_JUDGE_H
#define REGISTRAR_VOUCHER_JUDGE_H

#include "envelope/envelope.h"
#include "model/request.h"
#include "model/voucher.h"

/* That for vouchers, and that of the product. */
#define JUDGE_POLICIES_MAX 2

/* What the pledge knows. */
struct judge_facts {
	struct span voucher; /* the whole object, CMS, JWS or COSE */
	struct span anchor;  /* SubjectPublicKeyInfo built in */
	/* OID contents: what each certificate below the anchor must assert, all of
	 * it, where the anchor has certified others than voucher signers, too (IP
	 * 6); none = do not compare. */
	struct span policies[JUDGE_POLICIES_MAX];
	unsigned policies_len;
	bool policy_marks; /* as private extensions instead of policies */
	int64_t now;
	const char *serial; /* NULL = do not compare */
	const char *nonce;  /* NULL = do not compare, "" = none sent */
	const struct certificate *idevid; /* NULL = do not compare issuer */
	/* The registrar's TLS certificate first, its chain behind; 0 = do not
	 * compare the pin. */
	const struct certificate *registrar;
	unsigned registrar_len;
	/* A voucher-request, of a pledge or a registrar, is taken, too: for
	 * those who look, never for a pledge. */
	bool requests;
	/* An old est-domain is read (voucher_from_cbor()). */
	bool est_domain_2466;
};

/* What it found; spans borrow from facts and from arena. */
struct judgement {
	struct envelope envelope;
	/* NULL: it brought no certificate, the anchor's key verified it. */
	const struct certificate *signer;
	unsigned chain_len; /* signer first, as far as it went */
	struct certificate chain[CHAIN_MAX];
	bool chained;	    /* up to the anchor's key */
	int64_t chain_time; /* when the chain had to be valid */
	struct voucher voucher;
	bool is_request; /* then request is filled, and not voucher */
	struct voucher_request request;
	struct certificate pinned; /* where the pin is a certificate */
	bool policy_checked;
	bool serial_checked, nonce_checked, issuer_checked, pin_checked;
	bool nonceless; /* an answer to a nonce, without it */
};

/*
 * Judges in the order signature, chain, policy, content, serial, nonce, dates, issuer,
 * pin; stops at the first refusal, *out holds what was known by then. arena
 * holds JUDGE_ARENA(voucher.len) octets and outlives *out.
 *
 * The chain must end at the anchor's key; the certificate around that key does
 * not count (IP 3). A voucher that echoes the nonce is fresh, so its signer
 * must be valid now; any other may be used long after its signer's certificate
 * ended, so the chain must have been valid on the day it was made.
 *
 * With policies a certificate below the anchor that lacks one, or a self-issued one that
 * has issued, is VOUCHER_POLICY: anyPolicy and mappings do not stand for them.
 *
 * VOUCHER_SIGNATURE, VOUCHER_ANCHOR, VOUCHER_MALFORMED, VOUCHER_SERIAL,
 * VOUCHER_NONCE, VOUCHER_EXPIRED, VOUCHER_ISSUER, VOUCHER_PIN, and those of
 * envelope_read().
 */
#define JUDGE_ARENA(len) (ENVELOPE_ARENA(len) + (len))
MUST_USE enum reason voucher_judge(const struct judge_facts *facts,
    uint8_t *arena, struct judgement *out, struct why *why);

/* The same without an anchor and without comparing: signature, content, and
 * the chain as far as the container's own certificates go. A COSE voucher that
 * brings no certificate is read all the same, with signer NULL: unverified. */
MUST_USE enum reason voucher_examine(const struct judge_facts *facts,
    uint8_t *arena, struct judgement *out, struct why *why);

#endif
