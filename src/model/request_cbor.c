/* Voucher-requests in YANG-CBOR (RFC 9254, MP 10.2), see request.h. */
#include <stdio.h>

#include "base/clock.h"
#include "base/text.h"
#include "model/request.h"
#include "model/sid.h"
#include "wire/cbor.h"

#define ROOT	     "ietf-voucher-request:voucher"
#define NONCE_OCTETS 32
#define LEAVES_MAX   32
#define CLOCK_MAX    INT64_C(253402300799) /* the end of 9999 */

struct reading {
	struct voucher_request *out;
	struct cbor *c;
	struct why *why;
	const char *leaf;
	unsigned container; /* SID */
	const struct leaf *leaves;
	size_t leaves_len;
	bool seen[LEAVES_MAX];
	struct sid_keys unknown;
};

static enum reason
refuse_type(struct reading *r, const char *what)
{
	return why_set(r->why, REASON_PAYLOAD_TYPE, -1, "%s %s", r->leaf, what);
}

static enum reason
take_binary(struct reading *r, struct span *out)
{
	return cbor_bytes(r->c, out) == WIRE_OK
	    ? REASON_OK
	    : refuse_type(r, "is no byte string");
}

static enum reason
take_date(struct reading *r, bool *has, int64_t *value)
{
	struct span text;

	if (cbor_text(r->c, &text) != WIRE_OK)
		return refuse_type(r, "is no text");
	if (!date_parse(text, value))
		return why_set(r->why, REASON_DATE_MALFORMED, -1,
		    "%s is no yang:date-and-time", r->leaf);
	*has = true;
	return REASON_OK;
}

static enum reason
created_on(struct reading *r)
{
	return take_date(r, &r->out->has_created_on, &r->out->created_on);
}

/* expires-on (MP 16 row 7) and last-renewal-date decide nothing, but are dates. */
static enum reason
ignored_date(struct reading *r)
{
	int64_t ignored;
	bool has;

	return take_date(r, &has, &ignored);
}

/* What a request claims decides nothing (MP 12), so an unknown number is no
 * fault. */
static enum reason
assertion(struct reading *r)
{
	uint64_t n;

	if (cbor_uint(r->c, &n) != WIRE_OK)
		return refuse_type(r, "is no number");
	if (n < 4)
		r->out->assertion = (enum assertion)(ASSERTION_VERIFIED + n);
	return REASON_OK;
}

static enum reason
serial_take(struct reading *r, struct span text)
{
	if (text.len > 0 && text_printable(text) &&
	    text_copy(r->out->serial, sizeof(r->out->serial), text))
		return REASON_OK;
	r->out->serial[0] = '\0';
	return refuse_type(r, "is not 1 to 64 printable characters");
}

static enum reason
serial_number(struct reading *r)
{
	struct span text;

	return cbor_text(r->c, &text) == WIRE_OK ? serial_take(r, text)
						 : refuse_type(r, "is no text");
}

/* MP 7.3: octets; what we keep and log is their base64. */
static enum reason
nonce(struct reading *r)
{
	struct span octets;

	if (cbor_bytes(r->c, &octets) != WIRE_OK)
		return refuse_type(r, "is no byte string");
	if (octets.len < NONCE_MIN || octets.len > NONCE_OCTETS)
		return why_set(r->why, REASON_NONCE_LENGTH, -1,
		    "nonce is not 8 to 32 octets");
	base64_encode(r->out->nonce, octets);
	return REASON_OK;
}

static enum reason
idevid_issuer(struct reading *r)
{
	return take_binary(r, &r->out->idevid_issuer);
}

static enum reason
prior(struct reading *r)
{
	return take_binary(r, &r->out->prior);
}

static enum reason
proximity_cert(struct reading *r)
{
	return take_binary(r, &r->out->proximity_cert);
}

static enum reason
proximity_pubk(struct reading *r)
{
	return take_binary(r, &r->out->proximity_pubk);
}

static enum reason
proximity_pubk_sha256(struct reading *r)
{
	return take_binary(r, &r->out->proximity_pubk_sha256);
}

static enum reason
agent_registrar(struct reading *r)
{
	return take_binary(r, &r->out->agent_registrar);
}

static enum reason
agent_signed_data(struct reading *r)
{
	return take_binary(r, &r->out->agent_signed_data);
}

/* One byte string, or an array of them (MP 16 row 15). */
static enum reason
agent_sign_cert(struct reading *r)
{
	struct voucher_request *q = r->out;
	uint64_t count = 1;
	bool list = cbor_peek(r->c) == CBOR_ARRAY;
	enum reason reason;

	if (list && cbor_array(r->c, &count) != WIRE_OK)
		return refuse_type(r, "is malformed");
	while (
	    list ? cbor_more(r->c, &count) : q->agent_certificates_len == 0) {
		if (q->agent_certificates_len == AGENT_CERTIFICATES_MAX)
			return refuse_type(r, "holds too many certificates");
		reason = take_binary(
		    r, &q->agent_certificates[q->agent_certificates_len]);
		if (reason != REASON_OK)
			return reason;
		q->agent_certificates_len++;
	}
	return q->agent_certificates_len > 0
	    ? REASON_OK
	    : refuse_type(r, "is an empty list");
}

/* Known leaves that decide nothing here; any item that is well-formed. */
static enum reason
ignored(struct reading *r)
{
	return cbor_skip(r->c, NULL) == WIRE_OK
	    ? REASON_OK
	    : refuse_type(r, "is malformed");
}

/* MP 15.3: a list of names and SIDs; nothing is known of any. */
static enum reason
extensions(struct reading *r)
{
	struct cbor list = *r->c;
	char number[24];
	struct span text;
	uint64_t count, sid;
	enum reason reason = ignored(r);

	if (reason != REASON_OK || cbor_array(&list, &count) != WIRE_OK)
		return reason == REASON_OK ? refuse_type(r, "is no list")
					   : reason;
	while (cbor_more(&list, &count)) {
		if (cbor_peek(&list) == CBOR_TEXT &&
		    cbor_text(&list, &text) == WIRE_OK) {
			request_add_name(r->out->extensions, text);
			continue;
		}
		if (cbor_uint(&list, &sid) != WIRE_OK)
			return refuse_type(r, "holds more than names and SIDs");
		snprintf(
		    number, sizeof(number), "%llu", (unsigned long long)sid);
		request_add_name(r->out->extensions, span_str(number));
	}
	return REASON_OK;
}

struct leaf {
	const char *name;
	unsigned delta;
	enum reason (*read)(struct reading *r);
};
static const struct leaf leaves[] = {
	{ "assertion", 1, assertion },
	{ "created-on", 2, created_on },
	{ "domain-cert-revocation-checks", 3, ignored },
	{ "expires-on", 4, ignored_date },
	{ "idevid-issuer", 5, idevid_issuer },
	{ "last-renewal-date", 6, ignored_date },
	{ "nonce", 7, nonce },
	{ "pinned-domain-cert", 8, ignored },
	{ "prior-signed-voucher-request", 9, prior },
	{ "proximity-registrar-cert", 10, proximity_cert },
	{ "proximity-registrar-pubk-sha256", 11, proximity_pubk_sha256 },
	{ "proximity-registrar-pubk", 12, proximity_pubk },
	{ "serial-number", 13, serial_number },
	{ "agent-provided-proximity-registrar-cert", 14, agent_registrar },
	{ "agent-sign-cert", 15, agent_sign_cert },
	{ "agent-signed-data", 16, agent_signed_data },
	{ "pinned-domain-pubk", 17, ignored },
	{ "pinned-domain-pubk-sha256", 18, ignored },
	{ "additional-configuration-url", 19, ignored },
	{ "est-domain", 20, ignored },
	{ "extensions", 21, extensions },
	{ "manufacturer-proprietary", 22, ignored },
};
#define LEAVES (sizeof(leaves) / sizeof(leaves[0]))

/* --- the layout of 2019 (MP 10.4): other numbers, other types --- */

static enum reason
assertion_2019(struct reading *r)
{
	struct span text;

	if (cbor_text(r->c, &text) != WIRE_OK)
		return refuse_type(r, "is no text");
	r->out->assertion = assertion_find(text);
	return REASON_OK;
}

/* Seconds since 1970 under tag 1 (RFC 8949 3.4.2). */
static enum reason
created_on_2019(struct reading *r)
{
	uint64_t tag, seconds;

	if (cbor_tag(r->c, &tag) != WIRE_OK || tag != 1 ||
	    cbor_uint(r->c, &seconds) != WIRE_OK || seconds > CLOCK_MAX)
		return why_set(r->why, REASON_DATE_MALFORMED, -1,
		    "%s is no epoch time", r->leaf);
	r->out->has_created_on = true;
	r->out->created_on = (int64_t)seconds;
	return REASON_OK;
}

/* A text, as in JSON: copied verbatim. */
static enum reason
nonce_2019(struct reading *r)
{
	struct span text;

	if (cbor_text(r->c, &text) != WIRE_OK)
		return refuse_type(r, "is no text");
	if (!nonce_take(text, r->out->nonce))
		return why_set(r->why, REASON_NONCE_LENGTH, -1, NONCE_FAULT);
	return REASON_OK;
}

static enum reason
serial_number_2019(struct reading *r)
{
	struct span octets;

	return cbor_bytes(r->c, &octets) == WIRE_OK
	    ? serial_take(r, octets)
	    : refuse_type(r, "is no byte string");
}

static const struct leaf leaves_2019[] = {
	{ "assertion", 1, assertion_2019 },
	{ "created-on", 2, created_on_2019 },
	{ "nonce", 7, nonce_2019 },
	{ "serial-number", 10, serial_number_2019 },
	{ "prior-signed-voucher-request", 11, prior },
	{ "proximity-registrar-cert", 12, proximity_cert },
};
#define LEAVES_2019 (sizeof(leaves_2019) / sizeof(leaves_2019[0]))

/* Which layout the root says. */
static bool
root_open(struct reading *r, struct span bytes, uint64_t *roots)
{
	struct sid_key root;

	if (!sid_root_read(bytes, &root, r->c, roots))
		return false;
	r->container = SID_REQUEST;
	r->leaves = leaves;
	r->leaves_len = LEAVES;
	if (root.name.ptr != NULL)
		return request_root(root.name, &r->out->legacy);
	if (root.delta == SID_REQUEST_2019) {
		r->container = SID_REQUEST_2019;
		r->leaves = leaves_2019;
		r->leaves_len = LEAVES_2019;
		r->out->legacy = LEGACY(LEGACY_LAYOUT_2019);
		return true;
	}
	return root.delta == SID_REQUEST;
}

static size_t
leaf_find(const struct reading *r, const struct sid_key *key)
{
	size_t i;

	for (i = 0; i < r->leaves_len; i++)
		if (sid_key_is(key, r->leaves[i].name, r->leaves[i].delta))
			break;
	return i;
}

/* By its name, or by its SID. */
static void
unknown_name(struct reading *r, const struct sid_key *key)
{
	char number[24];
	struct span name = key->name;

	if (name.ptr == NULL) {
		/* No number of 64 bits overflows: the sum is as of uint64_t. */
		snprintf(number, sizeof(number), "%lld",
		    (long long)((uint64_t)key->delta + r->container));
		name = span_str(number);
	}
	request_add_name(r->out->unknown, name);
}

/* Ignored and on record (MP 6.2), but not twice. */
static enum reason
unknown_read(struct reading *r, const struct sid_key *key)
{
	enum wire_error error = sid_keys_add(&r->unknown, key);

	unknown_name(r, key);
	if (error == WIRE_DUPLICATE)
		return why_set(r->why, REASON_PAYLOAD_DUPLICATE, -1,
		    "an unknown leaf occurs twice");
	if (error != WIRE_OK)
		return why_set(r->why, REASON_PAYLOAD_MALFORMED, -1,
		    "more than %d unknown leaves", SID_KEYS_MAX);
	return cbor_skip(r->c, NULL) == WIRE_OK
	    ? REASON_OK
	    : why_set(r->why, REASON_PAYLOAD_MALFORMED, -1, "a leaf");
}

static enum reason
leaf_read(struct reading *r)
{
	struct sid_key key;
	size_t leaf;

	if (!sid_key_read(r->c, r->container, &key))
		return why_set(r->why, REASON_PAYLOAD_TYPE, -1,
		    "a key is neither SID nor name");
	if ((leaf = leaf_find(r, &key)) == r->leaves_len)
		return unknown_read(r, &key);
	r->leaf = r->leaves[leaf].name;
	/* A SID and its name are one leaf (MP 10.2). */
	if (r->seen[leaf])
		return why_set(r->why, REASON_PAYLOAD_DUPLICATE, -1,
		    "%s occurs twice", r->leaf);
	r->seen[leaf] = true;
	return r->leaves[leaf].read(r);
}

/* What is no CBOR at all (or too deep, or has more behind it) is told from another
 * root. */
static enum reason
root_refused(struct span bytes, struct why *why)
{
	enum wire_error error;
	struct cbor c;

	cbor_open(&c, bytes, false);
	if ((error = cbor_skip(&c, NULL)) == WIRE_OK)
		error = cbor_end(&c);
	if (error != WIRE_OK)
		return why_set(why, REASON_PAYLOAD_MALFORMED, -1, "payload: %s",
		    wire_error_text(error));
	return why_set(why, REASON_PAYLOAD_ROOT, 0,
	    "the payload's root is not " ROOT " alone");
}

enum reason
request_from_cbor(
    struct span bytes, struct voucher_request *out, struct why *why)
{
	struct cbor c;
	struct reading r = { .out = out, .c = &c, .why = why, .leaf = "" };
	uint64_t roots, count;
	enum reason reason;

	memset(out, 0, sizeof(*out));
	if (!root_open(&r, bytes, &roots))
		return root_refused(bytes, why);
	if (cbor_map(&c, &count) != WIRE_OK)
		return why_set(
		    why, REASON_PAYLOAD_TYPE, 0, "the root is no map");
	while (cbor_more(&c, &count))
		if ((reason = leaf_read(&r)) != REASON_OK)
			return reason;
	return sid_root_end(&c, roots)
	    ? REASON_OK
	    : why_set(why, REASON_PAYLOAD_ROOT, 0, "there are two roots");
}

/* --- writing --- keys ascend (RFC 8949 4.2.1) */

static uint64_t
members(const struct voucher_request *q)
{
	return (uint64_t)(q->assertion != ASSERTION_NONE) + q->has_created_on +
	    (q->idevid_issuer.ptr != NULL) + (q->nonce[0] != '\0') +
	    (q->prior.ptr != NULL) + (q->proximity_cert.ptr != NULL) +
	    (q->proximity_pubk_sha256.ptr != NULL) +
	    (q->proximity_pubk.ptr != NULL) + (q->serial[0] != '\0') +
	    (q->agent_registrar.ptr != NULL) + (q->agent_certificates_len > 0) +
	    (q->agent_signed_data.ptr != NULL);
}

/* Octets, as the YANG has it, where there is one. */
static void
put_agents(struct cbor_out *o, const struct voucher_request *q)
{
	unsigned i;

	if (q->agent_certificates_len == 0)
		return;
	cbor_put_uint(o, 15);
	if (q->agent_certificates_len > 1)
		cbor_put_array(o, q->agent_certificates_len);
	for (i = 0; i < q->agent_certificates_len; i++)
		cbor_put_bytes(o, q->agent_certificates[i]);
}

bool
request_to_cbor(
    const struct voucher_request *q, uint8_t *out, size_t cap, size_t *len)
{
	uint8_t octets[NONCE_OCTETS];
	char date[CLOCK_TEXT_SIZE];
	struct cbor_out o;
	struct span written;
	size_t n = 0;

	if (q->nonce[0] != '\0' &&
	    (!base64_decode(octets, sizeof(octets), &n, span_str(q->nonce),
		 BASE64_STANDARD) ||
		n < NONCE_MIN))
		return false;
	cbor_out_open(&o, out, cap);
	cbor_put_map(&o, 1);
	cbor_put_uint(&o, SID_REQUEST);
	cbor_put_map(&o, members(q));
	if (q->assertion != ASSERTION_NONE) {
		cbor_put_uint(&o, 1);
		cbor_put_uint(
		    &o, (uint64_t)(q->assertion - ASSERTION_VERIFIED));
	}
	if (q->has_created_on) {
		clock_print(date, q->created_on);
		cbor_put_uint(&o, 2);
		cbor_put_string(&o, date);
	}
	sid_put_bytes(&o, 5, q->idevid_issuer);
	if (n > 0)
		sid_put_bytes(&o, 7, span_of(octets, n));
	sid_put_bytes(&o, 9, q->prior);
	sid_put_bytes(&o, 10, q->proximity_cert);
	sid_put_bytes(&o, 11, q->proximity_pubk_sha256);
	sid_put_bytes(&o, 12, q->proximity_pubk);
	if (q->serial[0] != '\0') {
		cbor_put_uint(&o, 13);
		cbor_put_string(&o, q->serial);
	}
	sid_put_bytes(&o, 14, q->agent_registrar);
	put_agents(&o, q);
	sid_put_bytes(&o, 16, q->agent_signed_data);
	if (cbor_out_span(&o, &written) != WIRE_OK)
		return false;
	*len = written.len;
	return true;
}
