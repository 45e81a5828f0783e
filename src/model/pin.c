/* Row 19: what a voucher pins (RFC 8995 5.5.2, MP 11), see policy.h. */
#include "model/policy.h"

/* The wish of the product, or what its "by-format" means. */
static enum pin_policy
pin_wish(const struct policy_input *in, const struct verdict *v)
{
	enum pin_policy pin = in->products[v->device].pin;

	if (pin != PIN_BY_FORMAT)
		return pin;
	return v->format == FORMAT_COSE_CBOR ? PIN_LOWEST_CA : PIN_FARTHEST;
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

/*
 * Is a public CA part of this chain, or right above it? Its key may stand in
 * there under any certificate (a cross-signed root); it may have been left out,
 * then the topmost certificate names it as issuer; and if more was left out, a
 * certificate still has the policies that only public CAs may write.
 *
 * Then no CA of the chain is pinned: those below a public CA issue to anybody as
 * well, those above it vouch for it.
 */
static bool
chain_is_public(const struct policy_input *in)
{
	const struct request_facts *f = in->facts;
	unsigned i;

	for (i = 0; i < f->chain_len; i++)
		if (f->chain[i].public_policy ||
		    public_ca_key(in->public_cas, f->chain[i].spki_sha256) ||
		    public_ca_name(
			in->public_cas, f->chain[i].issuer_name_sha256))
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

enum reason
policy_pin(const struct policy_input *in, struct verdict *out)
{
	const struct request_facts *f = in->facts;
	const struct product *p = &in->products[out->device];
	bool public;

	if (f->chain_len == 0 || f->chain_len > CHAIN_MAX)
		return why_set(
		    &out->why, REASON_PIN_NONE, -1, "there is no chain");
	out->pin_kind = p->pin_kind;
	public = chain_is_public(in);
	/* Nobody signs with such a key; and a signer that is a CA itself is an
	 * anchor for what it issues, not for one registrar. */
	if (public_ca_key(in->public_cas, f->chain[0].spki_sha256) ||
	    (public && f->chain[0].ca && out->pin_kind == PIN_CERTIFICATE))
		return why_set(&out->why, REASON_PIN_PUBLIC, -1, "%s", "");
	out->pin = 0;
	/* A raw key is the registrar's own (cBRSKI 8.3). */
	if (p->pin_kind == PIN_CERTIFICATE)
		out->pin = pin_place(f, pin_wish(in, out));
	public = public && out->pin > 0;
	if (public)
		out->pin = 0;
	trace_found(in->trace, "%s%s", place_text(f, out->pin),
	    public ? ": a public CA is in the chain or above it" : "");
	return REASON_OK;
}
