/* Customers, see customer.h. */
#include "model/customer.h"

#include "base/text.h"
#include "model/voucher.h"

const char *
customer_kind_text(enum customer_certificate_kind k)
{
	return k == CUSTOMER_DOMAIN_CA ? "domain-ca"
	    : k == CUSTOMER_REGISTRAR  ? "registrar"
				       : "est-server";
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

static const char *const clouds[] = { "no", "registrar", "owner" };

const char *
customer_cloud_text(enum customer_cloud cloud)
{
	return clouds[cloud <= CLOUD_OWNER ? cloud : CLOUD_NO];
}

static enum reason
set_policy(struct customer *c, struct span value, struct why *why)
{
	unsigned i;

	for (i = CLOUD_NO; i <= CLOUD_OWNER; i++)
		if (span_is(value, clouds[i])) {
			c->cloud = (enum customer_cloud)i;
			return REASON_OK;
		}
	return why_set(
	    why, REASON_ADMIN_ARGUMENT, -1, "policy: no, registrar or owner");
}

enum reason
customer_cloud_set(
    struct customer *c, struct span name, struct span value, struct why *why)
{
	bool est = span_is(name, "est-domain");
	char *out = est ? c->est_domain : c->configuration_url;

	if (span_is(name, "policy"))
		return set_policy(c, value, why);
	if (!est && !span_is(name, "additional-configuration-url"))
		return why_set(why, REASON_ADMIN_ARGUMENT, -1,
		    "customer cloud has no field %.*s",
		    (int)(name.len > 40 ? 40 : name.len),
		    (const char *)name.ptr);
	if (span_is(value, "none"))
		value.len = 0;
	else if (!voucher_url_valid(value))
		return why_set(why, REASON_ADMIN_ARGUMENT, -1,
		    "%s: https:// and a host, at most %d characters of a URI",
		    est ? "est-domain" : "additional-configuration-url",
		    URL_MAX);
	(void)text_copy(out, URL_MAX + 1, value);
	return REASON_OK;
}

enum reason
customer_cloud_check(const struct customer *c, struct why *why)
{
	if (c->cloud != CLOUD_NO ||
	    (c->est_domain[0] == '\0' && c->configuration_url[0] == '\0'))
		return REASON_OK;
	return why_set(
	    why, REASON_CLOUD_POLICY, -1, "%s has the policy no", c->name);
}
