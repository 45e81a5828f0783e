/*
 * Two elements of certificates that are on record, or that a checker or the signer has
 * read: found by the strict reader, and judged elsewhere.
 */
#include "authority/authority.h"
#include "wire/der.h"

/* Behind the version of a TBSCertificate (RFC 5280 4.1). */
static bool
open_tbs(struct span certificate, struct der *tbs)
{
	struct der outer, whole;

	der_open(&outer, certificate);
	return der_enter(&outer, DER_SEQUENCE, &whole) == WIRE_OK &&
	    der_enter(&whole, DER_SEQUENCE, tbs) == WIRE_OK &&
	    der_take(tbs, DER_CONTEXT_CONS(0), NULL) == WIRE_OK;
}

bool
certificate_number(struct span certificate, struct span *out)
{
	struct der tbs;

	*out = span_of(NULL, 0);
	return open_tbs(certificate, &tbs) && der_integer(&tbs, out) == WIRE_OK;
}

bool
certificate_policies(struct span certificate, struct span *out)
{
	static const uint8_t wanted[] = { 0x55, 0x1d, 32 };
	struct der tbs, wrapped, list, one;
	struct span type;
	uint8_t tag;

	if (!open_tbs(certificate, &tbs))
		return false;
	while (der_peek(&tbs) != DER_CONTEXT_CONS(3))
		if (der_any(&tbs, &tag, NULL, NULL) != WIRE_OK)
			return false;
	if (der_enter(&tbs, DER_CONTEXT_CONS(3), &wrapped) != WIRE_OK ||
	    der_enter(&wrapped, DER_SEQUENCE, &list) != WIRE_OK)
		return false;
	while (der_enter(&list, DER_SEQUENCE, &one) == WIRE_OK &&
	    der_oid(&one, &type) == WIRE_OK) {
		bool critical;

		if (!span_eq(type, span_of(wanted, sizeof(wanted))))
			continue;
		return (der_peek(&one) != DER_BOOLEAN ||
			   der_bool(&one, &critical) == WIRE_OK) &&
		    der_octets(&one, out) == WIRE_OK;
	}
	return false;
}
