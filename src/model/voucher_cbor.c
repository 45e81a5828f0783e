/* Vouchers in YANG-CBOR (RFC 9254, MP 10.2): read by SID or by name, written by
 * SID. */
#include "base/clock.h"
#include "base/text.h"
#include "model/sid.h"
#include "model/voucher.h"

#define ROOT	     "ietf-voucher:voucher"
#define NONCE_OCTETS 32
#define NO_LIST	     " is no list; --legacy-est-domain reads an old est-domain"

struct reading {
	struct voucher *out;
	bool est_domain_2466;
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

	return cbor_text(r->c, &text) == WIRE_OK && date_parse(text, out);
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

static bool
configuration_url(struct reading *r)
{
	return take_text(
	    r, r->out->configuration_url, sizeof(r->out->configuration_url));
}

static bool
est_domain(struct reading *r)
{
	return take_text(r, r->out->est_domain, sizeof(r->out->est_domain));
}

static bool
proprietary(struct reading *r)
{
	return cbor_bytes(r->c, &r->out->proprietary) == WIRE_OK;
}

/* A list, whose members mean nothing to us (8366bis 8.6); or what was there from
 * 2023 to 2025 (MP 16 row 17). */
static bool
extensions(struct reading *r)
{
	struct cbor ahead = *r->c;
	uint64_t count;

	if (cbor_array(&ahead, &count) == WIRE_OK)
		return cbor_skip(r->c, NULL) == WIRE_OK;
	return r->est_domain_2466 && r->out->est_domain[0] == '\0' &&
	    est_domain(r);
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
	{ "additional-configuration-url", 12, configuration_url },
	{ "est-domain", 13, est_domain },
	{ "manufacturer-proprietary", 14, proprietary },
	{ "extensions", 15, extensions },
};
#define LEAVES (sizeof(leaves) / sizeof(leaves[0]))

static size_t
leaf_find(const struct sid_key *key)
{
	size_t i;

	for (i = 0; i < LEAVES; i++)
		if (sid_key_is(key, leaves[i].name, leaves[i].delta))
			break;
	return i;
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
	struct sid_keys unknown = { .len = 0 };
	struct sid_key key;
	uint64_t count;
	size_t leaf;

	if (cbor_map(r->c, &count) != WIRE_OK)
		return malformed(why, "the container is no map");
	while (cbor_more(r->c, &count)) {
		if (!sid_key_read(r->c, SID_VOUCHER, &key))
			return malformed(why, "a key is neither SID nor name");
		if ((leaf = leaf_find(&key)) == LEAVES) {
			if (sid_keys_add(&unknown, &key) != WIRE_OK ||
			    cbor_skip(r->c, NULL) != WIRE_OK)
				return malformed(why, "an unknown leaf");
			continue;
		}
		/* A SID and its name are one leaf (MP 10.2). */
		if (seen[leaf] || !leaves[leaf].read(r))
			return why_set(why, REASON_VOUCHER_MALFORMED, -1,
			    "%s%s", leaves[leaf].name,
			    seen[leaf]			   ? " occurs twice"
				: leaves[leaf].delta == 15 ? NO_LIST
							   : "");
		seen[leaf] = true;
	}
	return REASON_OK;
}

enum reason
voucher_from_cbor(struct span bytes, bool est_domain_2466, struct voucher *out,
    struct why *why)
{
	struct cbor c;
	struct reading r = { out, est_domain_2466, &c };
	enum reason reason;
	uint64_t roots;

	memset(out, 0, sizeof(*out));
	if (!sid_root_open(bytes, SID_VOUCHER, ROOT, &c, &roots))
		return malformed(why, "the root is not " ROOT " alone");
	if ((reason = container_read(&r, why)) != REASON_OK)
		return reason;
	if (!sid_root_end(&c, roots))
		return malformed(why, "there are two roots");
	return voucher_complete(out, why);
}

/* --- writing --- keys ascend (RFC 8949 4.2.1) */

size_t
voucher_pledge_size(enum artifact_format format, struct span artifact)
{
	struct cbor c;
	struct span map;
	uint64_t tag, count;

	if (format != FORMAT_COSE_CBOR)
		return artifact.len;
	cbor_open(&c, artifact, true);
	if (cbor_tag(&c, &tag) != WIRE_OK ||
	    cbor_array(&c, &count) != WIRE_OK ||
	    cbor_skip(&c, NULL) != WIRE_OK || cbor_skip(&c, &map) != WIRE_OK)
		return artifact.len;
	return artifact.len - map.len + 1; /* an empty map stays */
}

bool
voucher_to_2019(const struct voucher *v, uint8_t *out, size_t cap, size_t *len)
{
	char pin[BASE64_SIZE(CERTIFICATE_MAX)];
	struct cbor_out o;
	struct span written;

	if (v->pinned_domain_cert.ptr == NULL || v->expires_on != 0 ||
	    v->pinned_domain_cert.len > CERTIFICATE_MAX ||
	    v->est_domain[0] != '\0' || v->configuration_url[0] != '\0' ||
	    v->proprietary.ptr != NULL)
		return false;
	base64_encode(pin, v->pinned_domain_cert);
	cbor_out_open(&o, out, cap);
	cbor_put_map(&o, 1);
	cbor_put_uint(&o, SID_VOUCHER_2019);
	cbor_put_map(&o, 4 + (uint64_t)(v->nonce[0] != '\0'));
	cbor_put_uint(&o, 5);
	cbor_put_string(&o, assertion_text(v->assertion));
	cbor_put_uint(&o, 6);
	cbor_put_tag(&o, 1);
	cbor_put_int(&o, v->created_on);
	if (v->nonce[0] != '\0') {
		cbor_put_uint(&o, 11);
		cbor_put_string(&o, v->nonce);
	}
	cbor_put_uint(&o, 12);
	cbor_put_string(&o, pin);
	cbor_put_uint(&o, 14);
	cbor_put_bytes(&o, span_str(v->serial));
	if (cbor_out_span(&o, &written) != WIRE_OK)
		return false;
	*len = written.len;
	return true;
}

static void
put_date(struct cbor_out *o, unsigned delta, int64_t when)
{
	char text[CLOCK_TEXT_SIZE];

	if (when == 0)
		return;
	clock_print(text, when);
	cbor_put_uint(o, delta);
	cbor_put_string(o, text);
}

static uint64_t
members(const struct voucher *v)
{
	return (uint64_t)2 + (v->created_on != 0) + v->has_revocation_checks +
	    (v->expires_on != 0) + (v->idevid_issuer.ptr != NULL) +
	    (v->nonce[0] != '\0') + (v->pinned_domain_cert.ptr != NULL) +
	    (v->pinned_domain_pubk.ptr != NULL) +
	    (v->pinned_domain_pubk_sha256.ptr != NULL) +
	    (v->configuration_url[0] != '\0') + (v->est_domain[0] != '\0') +
	    (v->proprietary.ptr != NULL);
}

static void
put_text(struct cbor_out *o, unsigned delta, const char *text)
{
	if (text[0] == '\0')
		return;
	cbor_put_uint(o, delta);
	cbor_put_string(o, text);
}

bool
voucher_to_cbor(const struct voucher *v, uint8_t *out, size_t cap, size_t *len)
{
	uint8_t octets[NONCE_OCTETS];
	struct cbor_out o;
	struct span written;
	size_t n = 0;

	if (v->nonce[0] != '\0' &&
	    !base64_decode(octets, sizeof(octets), &n, span_str(v->nonce),
		BASE64_STANDARD))
		return false;
	cbor_out_open(&o, out, cap);
	cbor_put_map(&o, 1);
	cbor_put_uint(&o, SID_VOUCHER);
	cbor_put_map(&o, members(v));
	cbor_put_uint(&o, 1);
	cbor_put_uint(&o, (uint64_t)(v->assertion - ASSERTION_VERIFIED));
	put_date(&o, 2, v->created_on);
	if (v->has_revocation_checks) {
		cbor_put_uint(&o, 3);
		cbor_put_bool(&o, v->revocation_checks);
	}
	put_date(&o, 4, v->expires_on);
	sid_put_bytes(&o, 5, v->idevid_issuer);
	if (n > 0)
		sid_put_bytes(&o, 7, span_of(octets, n));
	sid_put_bytes(&o, 8, v->pinned_domain_cert);
	sid_put_bytes(&o, 9, v->pinned_domain_pubk);
	sid_put_bytes(&o, 10, v->pinned_domain_pubk_sha256);
	put_text(&o, 11, v->serial);
	put_text(&o, 12, v->configuration_url);
	put_text(&o, 13, v->est_domain);
	sid_put_bytes(&o, 14, v->proprietary);
	if (cbor_out_span(&o, &written) != WIRE_OK)
		return false;
	*len = written.len;
	return true;
}
