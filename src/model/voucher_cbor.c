/* Vouchers in YANG-CBOR (RFC 9254, MP 10.2): read by SID or by name. */
#include "base/clock.h"
#include "base/text.h"
#include "model/sid.h"
#include "model/voucher.h"
#include "wire/cbor.h"

#define ROOT	     "ietf-voucher:voucher"
#define NONCE_OCTETS 32

struct reading {
	struct voucher *out;
	struct cbor *c;
};

static bool
take_text(struct reading *r, char *out, size_t cap)
{
	struct span text;

	/* Printable, because it will be shown on terminals. */
	return cbor_text(r->c, &text) == WIRE_OK && text.len > 0 &&
	    text_printable(text) && text_copy(out, cap, text);
}

static bool
take_date(struct reading *r, int64_t *out)
{
	struct span text;

	return cbor_text(r->c, &text) == WIRE_OK && clock_parse(text, out);
}

static bool
created_on(struct reading *r)
{
	return take_date(r, &r->out->created_on);
}

static bool
expires_on(struct reading *r)
{
	return take_date(r, &r->out->expires_on);
}

/* 0 verified, 1 logged, 2 proximity, 3 agent-proximity. */
static bool
assertion(struct reading *r)
{
	uint64_t n;

	if (cbor_uint(r->c, &n) != WIRE_OK || n > 3)
		return false;
	r->out->assertion = (enum assertion)(ASSERTION_VERIFIED + n);
	return true;
}

static bool
revocation_checks(struct reading *r)
{
	r->out->has_revocation_checks = true;
	return cbor_bool(r->c, &r->out->revocation_checks) == WIRE_OK;
}

static bool
idevid_issuer(struct reading *r)
{
	return cbor_bytes(r->c, &r->out->idevid_issuer) == WIRE_OK;
}

/* MP 7.3: octets, logged in base64. */
static bool
nonce(struct reading *r)
{
	struct span octets;

	if (cbor_bytes(r->c, &octets) != WIRE_OK || octets.len < NONCE_MIN ||
	    octets.len > NONCE_OCTETS)
		return false;
	base64_encode(r->out->nonce, octets);
	return true;
}

static bool
pinned_domain_cert(struct reading *r)
{
	return cbor_bytes(r->c, &r->out->pinned_domain_cert) == WIRE_OK;
}

static bool
pinned_domain_pubk(struct reading *r)
{
	return cbor_bytes(r->c, &r->out->pinned_domain_pubk) == WIRE_OK;
}

static bool
pinned_domain_pubk_sha256(struct reading *r)
{
	struct span hash;

	if (cbor_bytes(r->c, &hash) != WIRE_OK || hash.len != HASH_SIZE)
		return false;
	r->out->pinned_domain_pubk_sha256 = hash;
	return true;
}

static bool
serial_number(struct reading *r)
{
	return take_text(r, r->out->serial, sizeof(r->out->serial));
}

static const struct {
	const char *name;
	unsigned delta;
	bool (*read)(struct reading *r);
} leaves[] = {
	{ "assertion", 1, assertion },
	{ "created-on", 2, created_on },
	{ "domain-cert-revocation-checks", 3, revocation_checks },
	{ "expires-on", 4, expires_on },
	{ "idevid-issuer", 5, idevid_issuer },
	{ "nonce", 7, nonce },
	{ "pinned-domain-cert", 8, pinned_domain_cert },
	{ "pinned-domain-pubk", 9, pinned_domain_pubk },
	{ "pinned-domain-pubk-sha256", 10, pinned_domain_pubk_sha256 },
	{ "serial-number", 11, serial_number },
};
#define LEAVES (sizeof(leaves) / sizeof(leaves[0]))

/* A key: a difference, an absolute SID under tag 47, or a name. LEAVES for a
 * leaf that is not known here; false if it is none of these. */
static bool
key_read(struct cbor *c, size_t *leaf)
{
	struct span name = { NULL, 0 };
	uint64_t tag, sid;
	int64_t delta = 0;

	if (cbor_peek(c) == CBOR_TAG) {
		if (cbor_tag(c, &tag) != WIRE_OK || tag != TAG_SID ||
		    cbor_uint(c, &sid) != WIRE_OK)
			return false;
		delta = sid > INT32_MAX ? 0 : (int64_t)sid - SID_VOUCHER;
	} else if (cbor_text(c, &name) != WIRE_OK &&
	    cbor_int(c, &delta) != WIRE_OK) {
		return false;
	}
	for (*leaf = 0; *leaf < LEAVES; (*leaf)++)
		if (name.ptr != NULL ? span_is(name, leaves[*leaf].name)
				     : delta == leaves[*leaf].delta)
			break;
	return true;
}

static enum reason
malformed(struct why *why, const char *what)
{
	return why_set(why, REASON_VOUCHER_MALFORMED, -1, "%s", what);
}

static enum reason
container_read(struct reading *r, struct why *why)
{
	bool seen[LEAVES] = { false };
	uint64_t count;
	size_t leaf;

	if (cbor_map(r->c, &count) != WIRE_OK)
		return malformed(why, "the container is no map");
	while (cbor_more(r->c, &count)) {
		if (!key_read(r->c, &leaf))
			return malformed(why, "a key is neither SID nor name");
		if (leaf == LEAVES) {
			if (cbor_skip(r->c, NULL) != WIRE_OK)
				return malformed(why, "an unknown leaf");
			continue;
		}
		/* A SID and its name are one leaf (MP 10.2). */
		if (seen[leaf] || !leaves[leaf].read(r))
			return why_set(why, REASON_VOUCHER_MALFORMED, -1,
			    "%s%s", leaves[leaf].name,
			    seen[leaf] ? " occurs twice" : "");
		seen[leaf] = true;
	}
	return REASON_OK;
}

static bool
root_read(struct cbor *c)
{
	struct span name;
	uint64_t sid;

	if (cbor_peek(c) == CBOR_TEXT)
		return cbor_text(c, &name) == WIRE_OK && span_is(name, ROOT);
	return cbor_uint(c, &sid) == WIRE_OK && sid == SID_VOUCHER;
}

enum reason
voucher_from_cbor(struct span bytes, struct voucher *out, struct why *why)
{
	struct cbor c;
	struct reading r = { out, &c };
	enum reason reason;
	uint64_t count;

	memset(out, 0, sizeof(*out));
	cbor_open(&c, bytes, false);
	/* All of it once: depth, lengths, nothing behind the end. */
	if (cbor_skip(&c, NULL) != WIRE_OK || cbor_end(&c) != WIRE_OK)
		return malformed(why, "the content is not CBOR");
	cbor_open(&c, bytes, false);
	if (cbor_map(&c, &count) != WIRE_OK ||
	    (count != 1 && count != CBOR_INDEFINITE) || !root_read(&c))
		return malformed(why, "the root is not " ROOT " alone");
	if ((reason = container_read(&r, why)) != REASON_OK)
		return reason;
	if (count == CBOR_INDEFINITE && !cbor_break(&c))
		return malformed(why, "the root is not " ROOT " alone");
	return voucher_complete(out, why);
}
