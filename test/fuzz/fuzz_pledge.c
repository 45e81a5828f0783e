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
#include "wire/base64.h"
#include "wire/cbor.h"
#include "wire/json.h"

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

/* Compared in each format, and these. */
enum { A_HASH = 3, THE_OTHER, A_REGISTRAR, MET };
static bool met[MET];

const char *
corpus_lacks(void)
{
	static const char *const names[MET] = { "CMS", "JWS", "COSE",
		"an anchor by its hash", "the second anchor", "a registrar" };

	return first_unmet(met, names, MET);
}

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
 * anchor, nor CMS's list of digests (RFC 5652 5.1: may). */
static bool
may_refuse(enum reason r, const struct why *why)
{
	return r == REASON_CERTIFICATE_MALFORMED ||
	    (r == REASON_ALGORITHM &&
		strstr(why->text, "digestAlgorithms") != NULL);
}

/* Nor what est-domain and its like hold. */
static bool
may_refuse_content(enum reason r, const struct why *why)
{
	return r == REASON_VOUCHER_MALFORMED &&
	    (strstr(why->text, "est-domain") != NULL ||
		strstr(why->text, "additional-configuration") != NULL);
}

/* What a device does not look at in the certificate of a signer that it obeys
 * (doc/decisions/079). */
static bool
is_not_looked_at(struct span signer, const struct why *why)
{
	/* Identifiers of keys, keyUsage behind its first octet, certificatePolicies
	 * behind one that is demanded, policyConstraints, extKeyUsage,
	 * inhibitAnyPolicy. */
	static const uint8_t ids[] = { 14, 15, 32, 35, 36, 37, 54 };
	static const char *const parts[] = { "longer than the limit", "issuer",
		"subject", "issuerUniqueID", "subjectUniqueID" };
	const char *what = why->text + strlen("certificate: ");
	size_t i, before;

	for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (strcmp(what, parts[i]) == 0)
			return true;
	if (strcmp(what, "the value of an extension") != 0)
		return false;
	/* In front of it stands its OID, and whether it is critical. */
	before = why->offset < 12 ? (size_t)why->offset : 12;
	for (i = 0; i < sizeof(ids); i++) {
		const uint8_t oid[] = { 6, 3, 0x55, 0x1d, ids[i] };

		if (memmem(signer.ptr + why->offset - before, before, oid,
			sizeof(oid)) != NULL)
			return true;
	}
	return false;
}

/* The signer by itself, who may have come with others that nobody reads. */
static void
signer_agrees(const struct pledge *p, const struct pledge_voucher *v)
{
	const struct pledge_anchor *a = &p->anchors[v->anchor];
	uint8_t hash[HASH_SIZE];
	struct certificate c;
	struct why why;

	require(v->anchor < p->anchors_len);
	if (v->signer.len == 0) {
		require(a->signs && a->key.len > 0);
		return;
	}
	why_clear(&why);
	if (certificate_read(v->signer, &c, &why) != REASON_OK) {
		require(is_not_looked_at(v->signer, &why));
		return;
	}
	sha256(c.spki, hash);
	if (a->key.len > 0 ? !span_eq(a->key, c.spki)
			   : !span_eq(a->key_sha256, span_of(hash, HASH_SIZE)))
		require(a->certifies && !c.ca && !c.unknown_critical &&
		    (a->policies[0].len == 0 ||
			(a->policies_as_extensions
				? certificate_has_mark(&c, a->policies[0])
				: certificate_has_policy(&c, a->policies[0]))));
}

/* The content where a certificate beside it is none: by the shortest way. */
static struct span
content_find(struct span bytes, const struct envelope *e, uint8_t *room)
{
	struct json_value root, payload;
	struct span content = { 0 };
	uint64_t n;
	struct cbor c;
	size_t len;

	if (e->format == FORMAT_CMS_JSON)
		return e->cms.content;
	if (e->format == FORMAT_JWS_JSON) {
		require(json_parse(bytes, &root, NULL) == WIRE_OK &&
		    json_member(&root, "payload", &payload));
		require(json_string(&payload, (char *)room, bytes.len + 1,
			    &len) == WIRE_OK);
		require(base64_decode(
		    room, len, &len, span_of(room, len), BASE64_URL));
		return span_of(room, len);
	}
	cbor_open(&c, bytes, false);
	if (cbor_peek(&c) == CBOR_TAG)
		require(cbor_tag(&c, &n) == WIRE_OK);
	require(cbor_array(&c, &n) == WIRE_OK &&
	    cbor_skip(&c, NULL) == WIRE_OK && cbor_skip(&c, NULL) == WIRE_OK &&
	    cbor_bytes(&c, &content) == WIRE_OK);
	return content;
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
	    leaves[PLEDGE_VOUCHER_MAX], room[PLEDGE_VOUCHER_MAX + 1];
	enum artifact_format format = envelope_format(bytes);
	enum pledge_pin kind;
	struct span pin, content;
	struct why why;
	enum reason r;

	why_clear(&why);
	memset(&e, 0, sizeof(e));
	r = envelope_read(
	    format, bytes, arena, ENVELOPE_ARENA(bytes.len), &e, &why);
	require(r == REASON_OK || may_refuse(r, &why));
	e.format = format;
	content = r == REASON_OK ? e.content : content_find(bytes, &e, room);
	r = format == FORMAT_COSE_CBOR
	    ? voucher_from_cbor(content, false, &other, &why)
	    : voucher_from_json(content, leaves, bytes.len, &other, &why);
	if (r != REASON_OK && !has_several_pins(r, &why, &other)) {
		require(may_refuse_content(r, &why));
		return;
	}
	met[format - 1] = true;
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

/* The registrar: whoever the signer is, if it is one; with its pin above it. */
static void
registrar_show(const struct pledge_voucher *v)
{
	const struct span chain[] = { v->signer, v->pin };
	enum pledge_verdict alone;

	if (v->signer.len == 0)
		return;
	alone = pledge_registrar(v, chain, 1);
	if (v->pin_kind != PLEDGE_PIN_CERTIFICATE)
		return;
	/* What comes along behind it takes nothing away. */
	if (pledge_registrar(v, chain, 2) != PLEDGE_ACCEPTED)
		require(alone != PLEDGE_ACCEPTED);
	else
		met[A_REGISTRAR] = true;
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
		met[A_HASH] |= p->anchors[v.anchor].key.len == 0;
		met[THE_OTHER] |= v.anchor == 1;
		digest = digest_add(ACCEPTED, v.pin.ptr, v.pin.len);
		digest = digest_add(digest, v.signer.ptr, v.signer.len);
		digest =
		    digest_add(digest, &v.created_on, sizeof(v.created_on));
		registrar_show(&v);
		if (oracle_begin()) {
			signer_agrees(p, &v);
			others_agree(bytes, &v);
			oracle_end();
		}
	}
	/* Each anchor, and two registrars. */
	require(checks <= (p->anchors_len + 2) * PLEDGE_CHECKS_MAX);
	return digest;
}

uint64_t
input_read(const uint8_t *bytes, size_t len)
{
	static uint8_t work[PLEDGE_WORK(PLEDGE_VOUCHER_MAX + 2)];
	/* The first by its hash, and without policies. */
	struct pledge_anchor anchors[2] = { { .certifies = true,
						.signs = true },
		{ .key = span_of(key, sizeof(key)), .certifies = true } };
	struct pledge_anchor *anchor = &anchors[1];
	uint8_t hash[HASH_SIZE];
	struct pledge p = { .anchors = anchor,
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
		anchor->policies[0] = span_of(policy, sizeof(policy));
	anchor->policies_as_extensions = (bytes[0] & 2) != 0;
	anchor->signs = (bytes[0] & 4) != 0;
	p.nonceless = (bytes[0] & 8) != 0;
	p.has_clock = (bytes[0] & 16) != 0;
	p.issuer_demanded = (bytes[0] & 32) != 0;
	if ((bytes[0] & 64) != 0) {
		anchor->certifies = false;
		anchor->signs = true;
	}
	if ((bytes[0] & 128) != 0) {
		sha256(anchor->key, hash);
		anchors[0].key_sha256 = span_of(hash, HASH_SIZE);
		p.anchors = anchors;
		p.anchors_len = 2;
	}
	return judge(&p, span_of(bytes + 1, len - 1), work);
}
