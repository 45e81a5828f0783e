/*
 * The decision, see policy.h. One function per row of MP 5, in an order in
 * which a refusal tells no more than the rows before it allow.
 */
#include "model/policy.h"

#include "base/text.h"

/*
 * Row 8: by serial and, if given, by issuer (MP 6.3). With several devices of
 * one serial an issuer must pick exactly one (RFC 8995 5.6; 8366bis 6.2).
 */
static enum reason
row_device(const struct policy_input *in, struct verdict *out)
{
	const struct issuer *i = &in->facts->issuer;
	unsigned n, hits = 0;

	for (n = 0; n < in->devices_len; n++) {
		if (i->kind != ISSUER_NONE &&
		    !device_issuer_is(&in->devices[n], i, i->bytes))
			continue;
		out->device = n;
		hits++;
	}
	if (hits != 1)
		return why_set(&out->why, REASON_DEVICE_UNKNOWN, -1, "%s", "");
	out->device_found = true;
	out->name_issuer = in->devices_len > 1;
	trace_found(in->trace, "product %s", in->devices[out->device].product);
	return REASON_OK;
}

/* Row 7 (RFC 8995 5.6): a date is optional, but must be near if it is there. */
static enum reason
row_freshness(const struct policy_input *in, struct verdict *out)
{
	const struct request_facts *f = in->facts;

	if (!f->has_created_on) {
		trace_found(in->trace, "created-on is absent");
		return REASON_OK;
	}
	/* It may be any number, from a checker that lies. */
	trace_found(in->trace, "created-on is %lld seconds ago",
	    (long long)((uint64_t)in->now - (uint64_t)f->created_on));
	if (f->created_on < in->now - in->max_age)
		return why_set(&out->why, REASON_REQUEST_STALE, -1,
		    "created-on is more than %lld seconds ago",
		    (long long)in->max_age);
	if (f->created_on > in->now + in->max_ahead)
		return why_set(&out->why, REASON_REQUEST_FUTURE, -1,
		    "created-on is more than %lld seconds ahead",
		    (long long)in->max_ahead);
	return REASON_OK;
}

/* A nonce that came as JSON need not be octets; in CBOR it must (MP 7.3). */
static bool
nonce_fits(enum artifact_format format, const struct request_facts *f)
{
	const char *nonce = f->nonce;
	uint8_t octets[NONCE_MAX];
	size_t len;

	return format != FORMAT_COSE_CBOR || nonce[0] == '\0' ||
	    (f->prior_legacy & LEGACY(LEGACY_LAYOUT_2019)) != 0 ||
	    (base64_decode(octets, sizeof(octets), &len, span_str(nonce),
		 BASE64_STANDARD) &&
		len >= 8 && len <= 32);
}

static bool by_agent(const struct request_facts *f);

/* The first that registrar and pledge both understand (MP 3 rule 3). */
static enum reason
choose_format(const struct policy_input *in, struct verdict *out)
{
	const struct request_facts *f = in->facts;
	const struct product *p = &in->products[out->device];
	char known[FORMATS_TEXT_SIZE];
	enum artifact_format format;
	bool nonce = true, lacks = false;
	unsigned i;

	for (i = 0; i < FORMAT_COSE_CBOR; i++) {
		format = format_list_at(f->reply, i);
		/* An agent's pledge gets its own (PRM 7.3.1). */
		if (!format_list_has(p->formats, format) ||
		    (by_agent(f) && format != f->format))
			continue;
		/* The algorithm is a wish, too (RFC 8995 5.6). */
		lacks = format == FORMAT_COSE_CBOR && f->not_in_cose;
		if (lacks)
			continue;
		if ((nonce = nonce_fits(format, f))) {
			out->format = format;
			trace_found(in->trace, "%s", format_media_type(format));
			return REASON_OK;
		}
	}
	if (!nonce)
		return why_set(&out->why, REASON_FORMAT_UNSUPPORTED, -1,
		    "in CBOR a nonce is 8 to 32 octets; this one is not "
		    "their base64");
	if (lacks)
		return why_set(&out->why, REASON_FORMAT_UNSUPPORTED, -1,
		    "a signature in COSE is ES256, ES384 or EdDSA, and that of "
		    "the request is not");
	product_formats_print(known, p->formats);
	return why_set(&out->why, REASON_FORMAT_UNSUPPORTED, -1,
	    "this pledge processes %s%s", known,
	    by_agent(f) ? ", and an agent gets the format of its request" : "");
}

/* Row 9 (RFC 8995 5.6), and the switches of MP 8 and 10.4 for old firmware. */
static enum reason
row_format(const struct policy_input *in, struct verdict *out)
{
	const struct request_facts *f = in->facts;
	const struct product *p = &in->products[out->device];
	enum reason r = choose_format(in, out);

	if (r != REASON_OK)
		return r;
	if (p->pin_kind == PIN_UNKNOWN)
		return why_set(&out->why, REASON_PIN_KIND_UNKNOWN, -1,
		    "product %s", p->name);
	if ((f->legacy & ~p->legacy & LEGACY(LEGACY_UNATTRIBUTED)) != 0)
		return why_set(&out->why, REASON_CMS_ATTRIBUTES_MISSING, -1,
		    "signedAttrs is absent in the %s's request",
		    (f->prior_legacy & LEGACY(LEGACY_UNATTRIBUTED)) != 0
			? "pledge"
			: "registrar");
	if ((f->legacy & ~p->legacy & LEGACY(LEGACY_LAYOUT_2019)) != 0)
		return why_set(&out->why, REASON_LEGACY_FORM, -1,
		    "the product's legacy-layout-2019 is off");
	/* In kind: the firmware that asks so reads nothing else. */
	out->layout_2019 = out->format == FORMAT_COSE_CBOR &&
	    (f->prior_legacy & LEGACY(LEGACY_LAYOUT_2019)) != 0;
	if (out->layout_2019 &&
	    (out->name_issuer || p->pin_kind != PIN_CERTIFICATE ||
		p->proprietary_len > 0))
		return why_set(&out->why, REASON_FORMAT_UNSUPPORTED, -1,
		    "the layout of 2019 has neither idevid-issuer nor raw "
		    "keys nor manufacturer-proprietary");
	return REASON_OK;
}

/* Row 11 (RFC 8995 5.5.4): nobody is on file for a request without nonce. */
static enum reason
row_nonceless(const struct policy_input *in, struct verdict *out)
{
	if (in->facts->nonce[0] != '\0')
		return REASON_OK;
	return why_set(&out->why, REASON_NONCELESS, -1,
	    "no customer is on file for this registrar");
}

/* Row 5 (RFC 8995 5.5.3): what an unknown revocation state means. */
static enum reason
row_revocation(const struct policy_input *in, struct verdict *out)
{
	if (!in->facts->revocation_unknown || !in->revocation_required)
		return REASON_OK;
	return why_set(&out->why, REASON_REVOCATION_UNREACHABLE, -1,
	    "the chain names CRL or OCSP servers");
}

/*
 * Row 12 (RFC 8995 5.5.5). DECISION (doc/decisions/004): without a pledge's
 * request only an audit-only product gets a voucher, and that says "logged".
 */
static enum reason
row_proof(const struct policy_input *in, struct verdict *out)
{
	if (in->facts->prior || in->products[out->device].audit_only)
		return REASON_OK;
	return why_set(&out->why, REASON_PRIOR_MISSING, -1,
	    "prior-signed-voucher-request is absent");
}

/*
 * Row 13 (RFC 8995 5.5.5): the key that verified the pledge's request is the
 * one on record, now, and its certificate came from the same issuer. Rows 14
 * and 16 compare bytes that only the checker has; with the key on record a
 * serial other than the device's cannot have come from that device.
 */
static enum reason
row_pledge_key(const struct policy_input *in, struct verdict *out)
{
	const struct request_facts *f = in->facts;
	const struct device *d = &in->devices[out->device];

	if (!f->prior) {
		trace_found(in->trace, "there is no pledge's request");
		return REASON_OK;
	}
	if (memcmp(f->pledge_spki_sha256, d->spki_sha256, HASH_SIZE) != 0)
		return why_set(&out->why, REASON_PLEDGE_KEY, -1,
		    "the key is not the one on record");
	if (!device_issuer_is(
		d, &f->pledge_issuer, f->pledge_issuer_name_sha256))
		return why_set(&out->why, REASON_PLEDGE_KEY, -1,
		    "the certificate names another issuer than the one on "
		    "record");
	return REASON_OK;
}

static bool
proven(const struct request_facts *f)
{
	return f->prior && f->proximity == PROXIMITY_PROVEN;
}

/* By way of a registrar-agent, named or not (PRM, MP 15.1). */
static bool
by_agent(const struct request_facts *f)
{
	return f->prior &&
	    (f->proximity == PROXIMITY_AGENT ||
		f->proximity == PROXIMITY_AGENT_UNNAMED);
}

/* A public CA in what the domain rests on: above the signer, or in the paths of those
 * who did not sign. */
bool
policy_agent_public(const struct policy_input *in)
{
	const struct request_facts *f = in->facts;
	unsigned i;

	for (i = 0; i < f->agent_names_len; i++)
		if (public_ca_key(in->public_cas, f->agent_names[i]) ||
		    public_ca_name(in->public_cas, f->agent_names[i]))
			return true;
	return (f->proximity == PROXIMITY_AGENT || f->agent_names_len > 0) &&
	    policy_chain_public(in);
}

static enum reason
row_agent(const struct policy_input *in, struct verdict *out)
{
	static const uint8_t none[HASH_SIZE];

	if (!in->client_unknown &&
	    memcmp(in->facts->client_sha256, none, HASH_SIZE) == 0)
		return why_set(&out->why, REASON_AGENT_CLIENT, -1, "%s", "");
	if (in->facts->agent_cas_len > 0 && !in->agent_cas_filed)
		return why_set(&out->why, REASON_AGENT_DOMAIN, -1,
		    "the CAs of their domain are not on file for this "
		    "customer");
	if (policy_agent_public(in))
		return why_set(&out->why, REASON_AGENT_DOMAIN, -1,
		    "what they have in common is a public CA");
	trace_found(
	    in->trace, "by way of an agent, to be sent over mutual TLS");
	return REASON_OK;
}

/* Row 15 (RFC 8995 5.5.5), with the audit-only switch. */
static enum reason
row_proximity(const struct policy_input *in, struct verdict *out)
{
	const struct request_facts *f = in->facts;

	if (by_agent(f))
		return row_agent(in, out);
	if (proven(f))
		return REASON_OK;
	if (in->products[out->device].audit_only) {
		trace_found(in->trace, "not proven; the product is audit-only");
		return REASON_OK;
	}
	return f->proximity == PROXIMITY_DIFFERS
	    ? why_set(&out->why, REASON_PROXIMITY_MISMATCH, -1,
		  "no key in the signature chain is the one that the pledge "
		  "saw")
	    : why_set(&out->why, REASON_PROXIMITY_MISSING, -1,
		  "no proximity-registrar field in the pledge's request");
}

/* Row 17: the manufacturer's own word, and for the owner why. */
static enum reason
row_state(const struct policy_input *in, struct verdict *out)
{
	const char *told = in->told == NULL ? "" : in->told[out->device];

	switch (in->devices[out->device].state) {
	case DEVICE_ACTIVE:
		return REASON_OK;
	case DEVICE_HELD:
		return why_set(&out->why, REASON_DEVICE_HELD, -1, "%s", told);
	case DEVICE_RETIRED:
		break;
	}
	return why_set(&out->why, REASON_DEVICE_RETIRED, -1, "%s", told);
}

/* Did the customer ask to whom the device was sold, or is it sent on to that
 * one's own domain? */
static bool
ownership_confirmed(const struct policy_input *in, const struct verdict *out)
{
	const struct customer *owner;

	if (in->owners == NULL)
		return false;
	owner = in->owners[out->device].customer;
	return owner != NULL && (owner == in->customer || owner == out->cloud);
}

/* Row 20 (MP 12): both may hold; proximity goes first unless the product says
 * otherwise. */
static enum reason
row_assertion(const struct policy_input *in, struct verdict *out)
{
	const struct request_facts *f = in->facts;
	bool owned = ownership_confirmed(in, out);

	if (owned && in->products[out->device].verified)
		out->assertion = ASSERTION_VERIFIED;
	else if (proven(f))
		out->assertion = ASSERTION_PROXIMITY;
	else if (by_agent(f) && f->proximity == PROXIMITY_AGENT)
		out->assertion = ASSERTION_AGENT_PROXIMITY;
	else
		out->assertion = owned ? ASSERTION_VERIFIED : ASSERTION_LOGGED;
	trace_found(in->trace, "%s%s", assertion_text(out->assertion),
	    owned ? "; sold to this customer" : "");
	return REASON_OK;
}

struct row {
	enum step step;
	enum reason (*call)(const struct policy_input *in, struct verdict *out);
};

static void
walk(const struct row *rows, size_t len, const struct policy_input *in,
    struct verdict *out)
{
	size_t i;

	memset(out, 0, sizeof(*out));
	why_clear(&out->why);
	out->reason = in->facts->refusal;
	out->why = in->facts->refusal == REASON_OK ? out->why : in->facts->why;
	for (i = 0; i < len && out->reason == REASON_OK; i++) {
		trace_begin(in->trace, rows[i].step);
		out->reason =
		    trace_end(in->trace, rows[i].call(in, out), &out->why);
	}
}

void
policy_decide(const struct policy_input *in, struct verdict *out)
{
	static const struct row rows[] = {
		{ STEP_FRESH, row_freshness },
		{ STEP_DEVICE, row_device },
		{ STEP_FORMAT, row_format },
		{ STEP_NONCELESS, row_nonceless },
		{ STEP_REVOCATION, row_revocation },
		{ STEP_PROOF, row_proof },
		{ STEP_KEY_ON_RECORD, row_pledge_key },
		{ STEP_PROXIMITY, row_proximity },
		{ STEP_STATE, row_state },
		{ STEP_PIN, policy_pin },
		{ STEP_ASSERTION, row_assertion },
	};

	walk(rows, sizeof(rows) / sizeof(rows[0]), in, out);
}

void
policy_audit(const struct policy_input *in, struct verdict *out)
{
	static const struct row rows[] = {
		{ STEP_FRESH, row_freshness },
		{ STEP_REVOCATION, row_revocation },
	};

	walk(rows, sizeof(rows) / sizeof(rows[0]), in, out);
}
