/* What may be asked of the signer, see order.h. */
#include "model/order.h"

#include "base/text.h"
#include "model/serial.h"

/* Names become file names; "tag" is that of another key. */
static bool
name_valid(const char *name)
{
	const char *c;

	for (c = name; *c != '\0'; c++)
		if (!((*c >= 'A' && *c <= 'Z') || (*c >= 'a' && *c <= 'z') ||
			(*c >= '0' && *c <= '9') || *c == '-'))
			return false;
	return c != name && c - name <= KEY_NAME_MAX && name[0] != '-' &&
	    strcmp(name, "tag") != 0;
}

const char *
key_order_fault(const struct key_order *k)
{
	bool issuing = k->purpose == PURPOSE_IDEVID_CA;

	if (!name_valid(k->name))
		return "name: 1 to 32 of A-Z a-z 0-9 -, no hyphen in front, "
		       "and not tag";
	if (k->purpose == 0 || k->purpose > PURPOSE_LAST)
		return "purpose: voucher, idevid-ca or manifest";
	if (issuing ? !slot_valid(k->slot) : k->slot[0] != '\0')
		return "slot: 2 to 4 of A-Z 0-9, and of issuing CAs only";
	if (k->raw && k->purpose != PURPOSE_VOUCHER)
		return "raw: voucher keys only";
	/* It cannot be rolled: what it is lost with must be named. */
	if (k->raw && k->policy.products_len == 0)
		return "raw: such a key needs the names of its products";
	if (!text_printable(span_str(k->factory)) ||
	    (!issuing && k->factory[0] != '\0'))
		return "factory: printable, and of issuing CAs only";
	if (!issuing && k->succeeds[0] != '\0')
		return "succeeds: issuing CAs only";
	if (k->rsa_bits != 0 &&
	    (!issuing || k->p384 ||
		(k->rsa_bits != 2048 && k->rsa_bits != 3072)))
		return "algorithm: RSA is for issuing CAs only (IP 1)";
	return NULL;
}
