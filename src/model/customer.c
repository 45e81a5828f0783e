/* Customers, see customer.h. */
#include "model/customer.h"

const char *
customer_kind_text(enum customer_certificate_kind k)
{
	return k == CUSTOMER_DOMAIN_CA ? "domain-ca" : "registrar";
}

bool
customer_name_valid(const char *name)
{
	return strlen(name) <= CUSTOMER_NAME_MAX && product_name_valid(name);
}

const char *
customer_pin_text(enum pin_policy p)
{
	return p == 0 ? "product" : pin_policy_text(p);
}

enum reason
customer_set(
    struct customer *c, struct span name, struct span value, struct why *why)
{
	static const char *const names[] = { "pin", "pin-cms", "pin-jws",
		"pin-cose" };
	enum pin_policy pin = pin_policy_find(value);
	unsigned field, f;

	for (field = 0; field < sizeof(names) / sizeof(names[0]); field++)
		if (span_is(name, names[field]))
			break;
	if (field == sizeof(names) / sizeof(names[0]))
		return why_set(why, REASON_ADMIN_ARGUMENT, -1,
		    "a customer has no field %.*s",
		    (int)(name.len > 40 ? 40 : name.len),
		    (const char *)name.ptr);
	if (pin == 0 && !span_is(value, "product"))
		return why_set(why, REASON_ADMIN_ARGUMENT, -1,
		    "%s: product, farthest, lowest-ca, end-entity, by-format "
		    "or domain-ca",
		    names[field]);
	for (f = FORMAT_CMS_JSON; f <= FORMAT_COSE_CBOR; f++)
		if (field == 0 || field == f)
			c->pin[f] = pin;
	return REASON_OK;
}
