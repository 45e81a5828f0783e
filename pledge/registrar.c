/* The registrar against the pin (RFC 8995 5.6.2), see pledge.h. */
#include "pledge/internal.h"

/* Is the pinned certificate a CA above the registrar's? */
static enum pledge_verdict
below_pinned(const struct certificate *pinned, const struct certificate *own,
    const struct span *chain, unsigned chain_len)
{
	const struct pledge_anchor anchor = { .key = pinned->spki,
		.certifies = true };
	struct path path = { .pool = chain + 1,
		.pool_len = chain_len - 1,
		.checks = PLEDGE_CHECKS_MAX };
	enum pledge_verdict v;

	if (!pinned->ca)
		return PLEDGE_REGISTRAR;
	v = pledge_path_climb(&path, own, &anchor);
	if (v == PLEDGE_ACCEPTED)
		return v;
	/* The customer's PKI may be what a manufacturer's may not. */
	return v == PLEDGE_ANCHOR && !path.cut ? PLEDGE_REGISTRAR
					       : PLEDGE_UNDECIDED;
}

enum pledge_verdict
pledge_registrar(const struct pledge_voucher *v, const struct span *chain,
    unsigned chain_len)
{
	uint8_t hash[PLEDGE_SHA256];
	struct certificate own, pinned;

	if (chain_len == 0 || v->pin.len == 0)
		return PLEDGE_CALL;
	if (chain_len > PLEDGE_CERTIFICATES_MAX)
		return PLEDGE_LIMIT;
	if (pledge_certificate_read(chain[0], &own) != PLEDGE_ACCEPTED)
		return PLEDGE_CERTIFICATE;
	switch (v->pin_kind) {
	case PLEDGE_PIN_KEY:
		return span_eq(v->pin, own.spki) ? PLEDGE_ACCEPTED
						 : PLEDGE_REGISTRAR;
	case PLEDGE_PIN_KEY_SHA256:
		return pledge_hash(PLEDGE_SHA256, &own.spki, 1, hash) &&
			span_eq(v->pin, span_of(hash, sizeof(hash)))
		    ? PLEDGE_ACCEPTED
		    : PLEDGE_REGISTRAR;
	case PLEDGE_PIN_CERTIFICATE:
		break;
	}
	if (pledge_certificate_read(v->pin, &pinned) != PLEDGE_ACCEPTED)
		return PLEDGE_CERTIFICATE;
	return span_eq(pinned.spki, own.spki)
	    ? PLEDGE_ACCEPTED
	    : below_pinned(&pinned, &own, chain, chain_len);
}
