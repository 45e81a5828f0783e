/* Row 19: what a voucher pins (RFC 8995 5.5.2, MP 11), see policy.h. */
#include "model/policy.h"

/* What is wished to be pinned: by the customer, else by the product. */
static enum pin_policy
pin_wish(const struct product *p, const struct customer *c,
    enum artifact_format format)
{
	enum pin_policy pin = c == NULL ? 0 : c->pin[format];

	if (pin == 0)
		pin = p->pin;
	if (pin != PIN_BY_FORMAT)
		return pin;
	return format == FORMAT_COSE_CBOR ? PIN_LOWEST_CA : PIN_FARTHEST;
}

/* The place in the chain; 0, the end entity, if there is no CA. */
static unsigned
pin_place(const struct request_facts *f, enum pin_policy wish)
{
	unsigned i, place = 0;

	for (i = 1; wish != PIN_END_ENTITY && i < f->chain_len; i++) {
		if (!f->chain[i].ca)
			continue;
		place = i;
		if (wish == PIN_LOWEST_CA)
			break;
	}
	return place;
}

static bool
entry_is_public(const struct policy_input *in, const struct chain_entry *e)
{
	return e->public_policy ||
	    public_ca_key(in->public_cas, e->spki_sha256) ||
	    public_ca_name(in->public_cas, e->issuer_name_sha256);
}

/*
 * Is a public CA part of this chain, or right above it? Its key may stand in
 * there under any certificate (a cross-signed root); it may have been left out,
 * then the topmost certificate names it as issuer; and if more was left out, a
 * certificate still has the policies that only public CAs may write.
 *
 * Then no CA of the chain is pinned: those below a public CA issue to anybody as
 * well, those above it vouch for it.
 */
bool
policy_chain_public(const struct policy_input *in)
{
	const struct request_facts *f = in->facts;
	unsigned i;

	for (i = 0; i < f->chain_len; i++)
		if (entry_is_public(in, &f->chain[i]))
			return true;
	return false;
}

static const char *
place_text(const struct request_facts *f, unsigned place)
{
	return place == 0		  ? "the end entity"
	    : f->chain[place].self_signed ? "the root of the chain"
					  : "a CA of the chain";
}

static bool
takes_certificates(enum pin_kind kind)
{
	return kind != PIN_PUBK && kind != PIN_PUBK_SHA256;
}

/* A raw key is the registrar's own (cBRSKI 8.3); where a pledge understands
 * both, it saves space. */
static enum pin_kind
kind_at(enum pin_kind known, unsigned place)
{
	if (known == PIN_EITHER_PUBK)
		return place == 0 ? PIN_PUBK : PIN_CERTIFICATE;
	if (known == PIN_EITHER_SHA256)
		return place == 0 ? PIN_PUBK_SHA256 : PIN_CERTIFICATE;
	return known;
}

/* The customer's own CA, whether or not it came with the request. */
static enum reason
pin_on_file(const struct policy_input *in, struct verdict *out)
{
	if (in->domain_ca == NULL)
		return why_set(&out->why, REASON_PIN_NONE, -1,
		    "no valid domain CA is on file for this customer");
	if (entry_is_public(in, in->domain_ca))
		return why_set(&out->why, REASON_PIN_PUBLIC, -1,
		    "the domain CA on file is a public one, or below one");
	out->pin = CHAIN_MAX;
	out->pinned = in->domain_ca;
	out->pin_kind = PIN_CERTIFICATE;
	trace_found(
	    in->trace, "the domain CA on file for %s", in->customer->name);
	return REASON_OK;
}

/*
 * Whose cloud attributes the voucher gets (MP 15.2): asked by a cloud registrar of
 * the manufacturer, those of whom the device was sold to; of that registrar's own
 * record where nobody is on record. NULL: none at all.
 */
static const struct destination *
destination_find(const struct policy_input *in, const struct verdict *out)
{
	const struct destination *d = &in->own;
	const struct customer *c;

	if (in->customer == NULL || in->customer->cloud != CLOUD_REGISTRAR)
		return NULL;
	if (in->owners != NULL && in->owners[out->device].customer != NULL)
		d = &in->owners[out->device];
	c = d->customer;
	if (c != in->customer && c->cloud != CLOUD_OWNER)
		return NULL;
	return c->est_domain[0] != '\0' || c->configuration_url[0] != '\0'
	    ? d
	    : NULL;
}

/* With est-domain the pin is what authenticates that server, whatever anybody
 * wishes: the device will meet no other. */
static enum reason
pin_est_server(const struct policy_input *in, const struct destination *d,
    struct verdict *out)
{
	enum pin_kind known = in->products[out->device].pin_kind;
	const struct chain_entry *e = d->est_server;

	if (e == NULL)
		return why_set(&out->why, REASON_PIN_NONE, -1,
		    "no valid certificate of the EST server of %s is on file",
		    d->customer->name);
	if (public_ca_key(in->public_cas, e->spki_sha256) ||
	    (e->ca && entry_is_public(in, e)))
		return why_set(&out->why, REASON_PIN_PUBLIC, -1,
		    "the EST server's CA on file is a public one, or below "
		    "one");
	if (e->ca && !takes_certificates(known))
		return why_set(&out->why, REASON_PIN_NONE, -1,
		    "this pledge takes raw keys, and a CA is on file for the "
		    "EST server");
	out->pin = CHAIN_MAX;
	out->pinned = e;
	out->pin_kind = kind_at(known, e->ca ? 1 : 0);
	trace_found(
	    in->trace, "the EST server at %.150s", d->customer->est_domain);
	return REASON_OK;
}

/* One of the chain. */
static void
pin_of_chain(
    const struct policy_input *in, struct verdict *out, enum pin_policy wish)
{
	const struct request_facts *f = in->facts;
	enum pin_kind known = in->products[out->device].pin_kind;
	bool public;

	out->pin = takes_certificates(known) ? pin_place(f, wish) : 0;
	public = out->pin > 0 && policy_chain_public(in);
	if (public)
		out->pin = 0;
	out->pinned = &f->chain[out->pin];
	out->pin_kind = kind_at(known, out->pin);
	trace_found(in->trace, "%s%s%s%s", place_text(f, out->pin),
	    public ? ": a public CA is in the chain or above it" : "",
	    in->customer == NULL ? "" : ", customer ",
	    in->customer == NULL ? "" : in->customer->name);
}

enum reason
policy_pin(const struct policy_input *in, struct verdict *out)
{
	const struct request_facts *f = in->facts;
	const struct product *p = &in->products[out->device];
	enum pin_policy wish = pin_wish(p, in->customer, out->format);
	const struct destination *d;

	if (f->chain_len == 0 || f->chain_len > CHAIN_MAX)
		return why_set(
		    &out->why, REASON_PIN_NONE, -1, "there is no chain");
	/* Nobody signs with such a key; and a signer that is a CA itself is an
	 * anchor for what it issues, not for one registrar. */
	if (public_ca_key(in->public_cas, f->chain[0].spki_sha256) ||
	    (f->chain[0].ca && p->pin_kind == PIN_CERTIFICATE &&
		policy_chain_public(in)))
		return why_set(&out->why, REASON_PIN_PUBLIC, -1, "%s", "");
	if ((d = destination_find(in, out)) != NULL) {
		out->cloud = d->customer;
		if (out->layout_2019)
			return why_set(&out->why, REASON_FORMAT_UNSUPPORTED, -1,
			    "the layout of 2019 has no cloud attributes");
		if (d->customer->est_domain[0] != '\0')
			return pin_est_server(in, d, out);
	}
	if (wish == PIN_DOMAIN_CA && takes_certificates(p->pin_kind))
		return pin_on_file(in, out);
	pin_of_chain(in, out, wish);
	return REASON_OK;
}
