/* Certificates (RFC 5280 4.1), as far as a path to a voucher's signer needs them. */
#include "pledge/internal.h"
#include "wire/der.h"

#define EXTENSIONS_MAX 16

#define OID(...)            \
	{                   \
		__VA_ARGS__ \
	}
static const uint8_t serial_number[] = OID(0x55, 4, 5);

/* --- names --- */

/* One attribute; of serialNumber the characters are kept (MP 6.4). */
static bool
attribute_read(struct der *rdn, struct certificate *subject)
{
	struct der attribute;
	struct span oid, text;

	if (der_enter(rdn, DER_SEQUENCE, &attribute) != WIRE_OK ||
	    der_oid(&attribute, &oid) != WIRE_OK)
		return false;
	if (!octets_are(oid, serial_number, sizeof(serial_number)))
		return der_any(&attribute, NULL, NULL, NULL) == WIRE_OK &&
		    der_end(&attribute) == WIRE_OK;
	if (der_string(&attribute, NULL, &text) != WIRE_OK ||
	    der_end(&attribute) != WIRE_OK)
		return false;
	if (subject->serial_numbers++ == 0)
		subject->serial_number = text;
	return true;
}

/* The subject; the issuer is compared as it is, and looked at no further. */
static bool
subject_read(struct der *d, struct certificate *out)
{
	struct der at = *d, rdns, rdn;

	if (der_whole(d, DER_SEQUENCE, &out->subject, NULL) != WIRE_OK ||
	    der_enter(&at, DER_SEQUENCE, &rdns) != WIRE_OK)
		return false;
	while (der_end(&rdns) != WIRE_OK) {
		if (der_enter(&rdns, DER_SET, &rdn) != WIRE_OK)
			return false;
		while (der_end(&rdn) != WIRE_OK)
			if (!attribute_read(&rdn, out))
				return false;
	}
	return true;
}

/* --- extensions --- each reader is given the octets of extnValue */

static bool
read_key_id(struct der *d, bool critical, struct certificate *out)
{
	(void)critical;
	return der_octets(d, &out->key_id) == WIRE_OK;
}

static bool
read_authority(struct der *d, bool critical, struct certificate *out)
{
	struct der a;

	(void)critical;
	if (der_enter(d, DER_SEQUENCE, &a) != WIRE_OK)
		return false;
	return der_peek(&a) != DER_CONTEXT(0) ||
	    der_take(&a, DER_CONTEXT(0), &out->authority_key_id) == WIRE_OK;
}

static bool
read_basic_constraints(struct der *d, bool critical, struct certificate *out)
{
	struct der b;

	out->basic_critical = critical;
	if (der_enter(d, DER_SEQUENCE, &b) != WIRE_OK)
		return false;
	/* DEFAULT FALSE must not be written (X.690 11.5), yet some do. */
	if (der_peek(&b) == DER_BOOLEAN && der_bool(&b, &out->ca) != WIRE_OK)
		return false;
	out->has_path_length = der_peek(&b) == DER_INTEGER;
	if (out->has_path_length && der_uint(&b, &out->path_length) != WIRE_OK)
		return false;
	return der_end(&b) == WIRE_OK;
}

static bool
read_key_usage(struct der *d, bool critical, struct certificate *out)
{
	struct span bits;
	unsigned unused;

	(void)critical;
	if (der_bits(d, &bits, &unused) != WIRE_OK)
		return false;
	out->has_key_usage = true;
	if (bits.len > 0)
		out->key_usage = bits.ptr[0];
	return true;
}

static bool
read_policies(struct der *d, bool critical, struct certificate *out)
{
	(void)critical;
	return der_take(d, DER_SEQUENCE, &out->policies) == WIRE_OK;
}

/* What a CA asks of those below it is not judged here, so it is refused where it
 * would count. */
static bool
read_constraints(struct der *d, bool critical, struct certificate *out)
{
	(void)critical;
	out->constrained = true;
	d->pos = d->end;
	return true;
}

static bool
read_mappings(struct der *d, bool critical, struct certificate *out)
{
	(void)critical;
	out->mapped = true;
	d->pos = d->end;
	return true;
}

static const struct {
	uint8_t id; /* 2.5.29.id */
	bool known; /* may be critical */
	bool (*read)(struct der *d, bool critical, struct certificate *out);
} readers[] = {
	{ 14, false, read_key_id },
	{ 15, true, read_key_usage },
	{ 19, true, read_basic_constraints },
	{ 30, false, read_constraints },
	{ 32, true, read_policies },
	{ 33, false, read_mappings },
	{ 35, false, read_authority },
};

static bool
extension_judge(
    struct span oid, bool critical, struct span value, struct certificate *out)
{
	struct der d;
	size_t i;

	der_open(&d, value);
	for (i = 0; i < sizeof(readers) / sizeof(readers[0]); i++) {
		const uint8_t id[] = { 0x55, 0x1d, readers[i].id };

		if (!octets_are(oid, id, sizeof(id)))
			continue;
		out->unknown_critical |= critical && !readers[i].known;
		return readers[i].read(&d, critical, out) &&
		    der_end(&d) == WIRE_OK;
	}
	out->unknown_critical |= critical;
	return true;
}

/* One Extension: its name, whether it is critical, its value. */
static bool
extension_read(
    struct der *list, struct span *oid, bool *critical, struct span *value)
{
	struct der one;

	*critical = false;
	return der_enter(list, DER_SEQUENCE, &one) == WIRE_OK &&
	    der_oid(&one, oid) == WIRE_OK &&
	    (der_peek(&one) != DER_BOOLEAN ||
		der_bool(&one, critical) == WIRE_OK) &&
	    der_octets(&one, value) == WIRE_OK && der_end(&one) == WIRE_OK;
}

static bool
extensions_read(struct der *d, struct certificate *out)
{
	struct span seen[EXTENSIONS_MAX], value;
	struct der tagged, list;
	unsigned i, n;
	bool critical;

	if (der_enter(d, DER_CONTEXT_CONS(3), &tagged) != WIRE_OK ||
	    der_take(&tagged, DER_SEQUENCE, &out->extensions) != WIRE_OK ||
	    der_end(&tagged) != WIRE_OK)
		return false;
	der_open(&list, out->extensions);
	for (n = 0; der_end(&list) != WIRE_OK; n++) {
		if (n == EXTENSIONS_MAX ||
		    !extension_read(&list, &seen[n], &critical, &value))
			return false;
		for (i = 0; i < n; i++) /* each once (RFC 5280 4.2) */
			if (span_eq(seen[i], seen[n]))
				return false;
		if (!extension_judge(seen[n], critical, value, out))
			return false;
	}
	return n > 0;
}

/* --- all of it --- */

static bool
validity_read(struct der *d, struct certificate *out)
{
	struct der v;

	return der_enter(d, DER_SEQUENCE, &v) == WIRE_OK &&
	    der_time(&v, &out->not_before, NULL) == WIRE_OK &&
	    der_time(&v, &out->not_after, NULL) == WIRE_OK &&
	    der_end(&v) == WIRE_OK;
}

static bool
tbs_read(struct der *d, struct certificate *out)
{
	struct der version;
	uint64_t v;

	if (der_enter(d, DER_CONTEXT_CONS(0), &version) != WIRE_OK ||
	    der_uint(&version, &v) != WIRE_OK || v != 2 ||
	    der_end(&version) != WIRE_OK ||
	    der_integer(d, &out->serial) != WIRE_OK ||
	    der_whole(d, DER_SEQUENCE, &out->algorithm, NULL) != WIRE_OK ||
	    der_whole(d, DER_SEQUENCE, &out->issuer, NULL) != WIRE_OK ||
	    !validity_read(d, out) || !subject_read(d, out) ||
	    der_whole(d, DER_SEQUENCE, &out->spki, NULL) != WIRE_OK)
		return false;
	/* Unique identifiers (RFC 5280 4.1.2.8) are of no use here. */
	return (der_end(d) == WIRE_OK || extensions_read(d, out)) &&
	    der_end(d) == WIRE_OK;
}

enum pledge_verdict
pledge_certificate_read(struct span der, struct certificate *out)
{
	struct der outer, d, tbs;
	struct span algorithm;
	unsigned unused;

	memset(out, 0, sizeof(*out));
	out->whole = der;
	der_open(&outer, der);
	if (der_enter(&outer, DER_SEQUENCE, &d) != WIRE_OK ||
	    der_end(&outer) != WIRE_OK)
		return PLEDGE_CERTIFICATE;
	tbs = d;
	if (der_whole(&d, DER_SEQUENCE, &out->tbs, NULL) != WIRE_OK ||
	    der_enter(&tbs, DER_SEQUENCE, &tbs) != WIRE_OK ||
	    !tbs_read(&tbs, out) ||
	    der_whole(&d, DER_SEQUENCE, &algorithm, NULL) != WIRE_OK ||
	    !span_eq(algorithm, out->algorithm) ||
	    der_bits(&d, &out->signature, &unused) != WIRE_OK || unused != 0 ||
	    der_end(&d) != WIRE_OK)
		return PLEDGE_CERTIFICATE;
	return PLEDGE_ACCEPTED;
}

struct span
pledge_certificate_key(struct span der)
{
	struct certificate c;

	return pledge_certificate_read(der, &c) == PLEDGE_ACCEPTED
	    ? c.spki
	    : span_of(NULL, 0);
}

/* IP 6: an extension named after the policy, its value NULL. */
static bool
has_extension(const struct certificate *c, struct span policy)
{
	static const uint8_t null[] = { 0x05, 0x00 };
	struct span oid, value;
	struct der list;
	bool critical;

	der_open(&list, c->extensions);
	while (der_end(&list) != WIRE_OK) {
		if (!extension_read(&list, &oid, &critical, &value))
			return false;
		if (span_eq(oid, policy))
			return octets_are(value, null, sizeof(null));
	}
	return false;
}

bool
pledge_certificate_asserts(
    const struct certificate *c, struct span policy, bool as_extension)
{
	struct der list, one;
	struct span oid;

	if (as_extension)
		return has_extension(c, policy);
	der_open(&list, c->policies);
	while (der_end(&list) != WIRE_OK) {
		if (der_enter(&list, DER_SEQUENCE, &one) != WIRE_OK ||
		    der_oid(&one, &oid) != WIRE_OK)
			return false;
		if (span_eq(oid, policy))
			return true;
	}
	return false;
}

bool
pledge_certificate_issues(const struct certificate *c, unsigned below)
{
	return c->ca && c->basic_critical && c->has_key_usage &&
	    (c->key_usage & KEY_USAGE_CERT_SIGN) != 0 &&
	    (!c->has_path_length || below <= c->path_length);
}
