/*
 * Elements of certificates that are on record, or that a checker or the signer has
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
certificate_names(struct span certificate, struct certificate_names *out)
{
	struct der tbs, spki, key;
	unsigned unused;

	if (!open_tbs(certificate, &tbs) ||
	    der_take(&tbs, DER_INTEGER, NULL) != WIRE_OK ||
	    der_take(&tbs, DER_SEQUENCE, NULL) != WIRE_OK ||
	    der_whole(&tbs, DER_SEQUENCE, &out->issuer, NULL) != WIRE_OK ||
	    der_take(&tbs, DER_SEQUENCE, NULL) != WIRE_OK ||
	    der_whole(&tbs, DER_SEQUENCE, &out->subject, NULL) != WIRE_OK ||
	    der_whole(&tbs, DER_SEQUENCE, &out->spki, NULL) != WIRE_OK)
		return false;
	der_open(&spki, out->spki);
	return der_enter(&spki, DER_SEQUENCE, &key) == WIRE_OK &&
	    der_take(&key, DER_SEQUENCE, NULL) == WIRE_OK &&
	    der_bits(&key, &out->key_bits, &unused) == WIRE_OK;
}

/* Its OID, whether it is critical, its value; false behind the last one. */
static bool
extension_next(
    struct der *list, struct span *type, bool *critical, struct span *value)
{
	struct der one;

	*critical = false;
	return der_enter(list, DER_SEQUENCE, &one) == WIRE_OK &&
	    der_oid(&one, type) == WIRE_OK &&
	    (der_peek(&one) != DER_BOOLEAN ||
		der_bool(&one, critical) == WIRE_OK) &&
	    der_octets(&one, value) == WIRE_OK;
}

static bool
open_extensions(struct span certificate, struct der *list)
{
	struct der tbs, wrapped;
	uint8_t tag;

	if (!open_tbs(certificate, &tbs))
		return false;
	while (der_peek(&tbs) != DER_CONTEXT_CONS(3))
		if (der_any(&tbs, &tag, NULL, NULL) != WIRE_OK)
			return false;
	return der_enter(&tbs, DER_CONTEXT_CONS(3), &wrapped) == WIRE_OK &&
	    der_enter(&wrapped, DER_SEQUENCE, list) == WIRE_OK;
}

/* The value of certificatePolicies that has this one alone. */
static struct span
as_policies(struct span oid, uint8_t room[CERTIFICATE_MAX])
{
	struct der_out o;
	struct span written;
	size_t list, one;

	der_out_open(&o, room, CERTIFICATE_MAX);
	list = der_begin(&o, DER_SEQUENCE);
	one = der_begin(&o, DER_SEQUENCE);
	der_put_oid(&o, oid);
	der_close(&o, one);
	der_close(&o, list);
	return der_out_span(&o, &written) == WIRE_OK ? written
						     : span_of(NULL, 0);
}

void
certificate_policies(struct span certificate,
    void (*take)(void *context, struct span policies), void *context)
{
	static const uint8_t policies[] = { 0x55, 0x1d, 32 }, null[] = { 5, 0 };
	uint8_t room[CERTIFICATE_MAX];
	struct span type, value;
	struct der list;
	bool critical;

	if (!open_extensions(certificate, &list))
		return;
	while (extension_next(&list, &type, &critical, &value)) {
		if (span_eq(type, span_of(policies, sizeof(policies))))
			take(context, value);
		else if (!critical &&
		    span_eq(value, span_of(null, sizeof(null))))
			take(context, as_policies(type, room));
	}
}
