/*
 * Vouchers as the verifier for firmware reads them. The first octet says what the device
 * demands, the rest is the voucher. Signatures are good or bad by one bit of theirs
 * and one of the key, so that all ways up to an anchor can be gone. What it says it found
 * lies in what it was given, and is what our other readers find.
 */
#include "crypto/hash/hash.h"
#include "envelope/envelope.h"
#include "fuzz.h"
#include "model/voucher.h"
#include "pledge/pledge.h"
#include "pledge/port.h"

/* 1.3.6.1.4.1.32473.7.1, as the seeds have it. */
static const uint8_t policy[] = { 0x2b, 6, 1, 4, 1, 0x81, 0xfd, 0x59, 7, 1 };

/* SubjectPublicKeyInfo of P-256; the point is on no curve, and need not be. */
static const uint8_t key[91] = { 0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86,
	0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d,
	0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04 };

/* An IDevID with the serial S, its issuer's key identifier "12345678901234567890"
 * and neither a good key nor a signature. */
static const uint8_t idevid[] = { 0x30, 0x68, 0x30, 0x61, 0xa0, 0x03, 0x02,
	0x01, 0x02, 0x02, 0x01, 0x01, 0x30, 0x00, 0x30, 0x00, 0x30, 0x1e, 0x17,
	0x0d, '2', '4', '0', '1', '0', '1', '0', '0', '0', '0', '0', '0', 'Z',
	0x17, 0x0d, '4', '9', '0', '1', '0', '1', '0', '0', '0', '0', '0', '0',
	'Z', 0x30, 0x0c, 0x31, 0x0a, 0x30, 0x08, 0x06, 0x03, 0x55, 0x04, 0x05,
	0x13, 0x01, 'S', 0x30, 0x00, 0xa3, 0x23, 0x30, 0x21, 0x30, 0x1f, 0x06,
	0x03, 0x55, 0x1d, 0x23, 0x04, 0x18, 0x30, 0x16, 0x80, 0x14, '1', '2',
	'3', '4', '5', '6', '7', '8', '9', '0', '1', '2', '3', '4', '5', '6',
	'7', '8', '9', '0', 0x30, 0x00, 0x03, 0x01, 0x00 };

bool
pledge_hash(enum pledge_hash hash, const struct span *parts, unsigned parts_len,
    uint8_t *digest)
{
	require(parts_len > 0 && parts_len <= 6);
	hash_pieces(hash == PLEDGE_SHA256 ? HASH_SHA256 : HASH_SHA384, parts,
	    parts_len, digest);
	return true;
}

static unsigned checks;

bool
pledge_ecdsa(enum pledge_curve curve, const uint8_t *point,
    const uint8_t *digest, size_t digest_len, const uint8_t *signature)
{
	require(digest_len <= (size_t)curve && digest_len >= 32);
	(void)digest[digest_len - 1];
	checks++;
	return ((point[2 * curve - 1] ^ signature[2 * curve - 1]) & 1) != 0;
}

static bool
lies_in(struct span s, struct span whole)
{
	return s.len == 0 ||
	    (s.ptr >= whole.ptr && s.ptr + s.len <= whole.ptr + whole.len);
}

/* They read all of it, a device what it obeys: not certificates that are on no way to its
 * anchor, nor CMS's list of digests (RFC 5652 5.1: may), nor what est-domain and its
 * like hold. */
static bool
may_refuse(enum reason r, const struct why *why)
{
	return r == REASON_CERTIFICATE_MALFORMED ||
	    (r == REASON_ALGORITHM &&
		strstr(why->text, "digestAlgorithms") != NULL) ||
	    (r == REASON_VOUCHER_MALFORMED &&
		(strstr(why->text, "est-domain") != NULL ||
		    strstr(why->text, "additional-configuration") != NULL));
}

/* They take no voucher with several pins, but read all of it (MP 11). */
static bool
has_several_pins(enum reason r, const struct why *why, const struct voucher *v)
{
	return r == REASON_VOUCHER_MALFORMED &&
	    strstr(why->text, "exactly one pinned-domain") != NULL &&
	    (v->pinned_domain_cert.ptr != NULL) +
		(v->pinned_domain_pubk.ptr != NULL) +
		(v->pinned_domain_pubk_sha256.ptr != NULL) >
	    1;
}

/* The same octets by the readers of the service and of `voucher show`. */
static void
others_agree(struct span bytes, const struct pledge_voucher *v)
{
	static struct envelope e;
	static struct voucher other;
	static uint8_t arena[ENVELOPE_ARENA(PLEDGE_VOUCHER_MAX)],
	    leaves[PLEDGE_VOUCHER_MAX];
	enum artifact_format format = envelope_format(bytes);
	enum pledge_pin kind;
	struct span pin;
	struct why why;
	enum reason r;

	why_clear(&why);
	r = envelope_read(
	    format, bytes, arena, ENVELOPE_ARENA(bytes.len), &e, &why);
	if (r == REASON_OK)
		r = format == FORMAT_COSE_CBOR
		    ? voucher_from_cbor(e.content, false, &other, &why)
		    : voucher_from_json(
			  e.content, leaves, bytes.len, &other, &why);
	if (r != REASON_OK && !has_several_pins(r, &why, &other)) {
		require(may_refuse(r, &why));
		return;
	}
	/* This device takes all kinds. */
	kind = PLEDGE_PIN_CERTIFICATE;
	pin = other.pinned_domain_cert;
	if (other.pinned_domain_pubk.ptr != NULL) {
		kind = PLEDGE_PIN_KEY;
		pin = other.pinned_domain_pubk;
	}
	if (other.pinned_domain_pubk_sha256.ptr != NULL) {
		kind = PLEDGE_PIN_KEY_SHA256;
		pin = other.pinned_domain_pubk_sha256;
	}
	require(v->pin_kind == kind && span_eq(v->pin, pin));
	require(v->created_on == other.created_on);
	require(v->expires_on == other.expires_on);
	require(v->nonceless == (other.nonce[0] == '\0'));
	require((int)v->assertion ==
	    (int)other.assertion - (int)ASSERTION_VERIFIED);
	require(v->has_revocation_checks == other.has_revocation_checks);
}

static uint64_t
judge(const struct pledge *p, struct span bytes, uint8_t *work)
{
	size_t work_len = PLEDGE_WORK(bytes.len);
	struct pledge_voucher v;
	uint64_t digest = 0;

	checks = 0;
	if (pledge_verify(p, bytes, work, work_len, &v) == PLEDGE_ACCEPTED) {
		struct span room = span_of(work, work_len);

		require(lies_in(v.signer, bytes) || lies_in(v.signer, room));
		require(lies_in(v.pin, bytes) || lies_in(v.pin, room));
		require(v.pin.len > 0 && (p->pins & (unsigned)v.pin_kind) != 0);
		require(!p->has_clock || v.expires_on == 0 ||
		    v.expires_on >= p->now);
		require(p->nonceless || !v.nonceless);
		digest = digest_add(ACCEPTED, v.pin.ptr, v.pin.len);
		digest = digest_add(digest, v.signer.ptr, v.signer.len);
		digest =
		    digest_add(digest, &v.created_on, sizeof(v.created_on));
		/* The registrar: whoever the signer is, if it is one. */
		if (v.signer.len > 0)
			(void)pledge_registrar(&v, &v.signer, 1);
		if (oracle_begin()) {
			others_agree(bytes, &v);
			oracle_end();
		}
	}
	require(
	    checks <= 2 * PLEDGE_CHECKS_MAX); /* one anchor, one registrar */
	return digest;
}

uint64_t
input_read(const uint8_t *bytes, size_t len)
{
	static uint8_t work[PLEDGE_WORK(PLEDGE_VOUCHER_MAX + 2)];
	struct pledge_anchor anchor = { .key = span_of(key, sizeof(key)),
		.certifies = true };
	struct pledge p = { .anchors = &anchor,
		.anchors_len = 1,
		.formats = PLEDGE_CMS | PLEDGE_JWS | PLEDGE_COSE,
		.pins = PLEDGE_PIN_CERTIFICATE | PLEDGE_PIN_KEY |
		    PLEDGE_PIN_KEY_SHA256,
		.idevid = span_of(idevid, sizeof(idevid)),
		.nonce = span_str("01234567"),
		.now = INT64_C(1700000000) };

	if (len == 0 || len > PLEDGE_VOUCHER_MAX + 2)
		return 0;
	if ((bytes[0] & 1) != 0)
		anchor.policies[0] = span_of(policy, sizeof(policy));
	anchor.policies_as_extensions = (bytes[0] & 2) != 0;
	anchor.signs = (bytes[0] & 4) != 0;
	p.nonceless = (bytes[0] & 8) != 0;
	p.has_clock = (bytes[0] & 16) != 0;
	p.issuer_demanded = (bytes[0] & 32) != 0;
	return judge(&p, span_of(bytes + 1, len - 1), work);
}
