/* Certificates from templates, see render.h. */
#include "x509/render.h"

#include <arpa/inet.h>

#include "base/random.h"
#include "crypto/oid.h"
#include "wire/der.h"

static const uint8_t OID_MASA_URL[] = { 0x2b, 6, 1, 5, 5, 7, 1, 32 };
static const uint8_t OID_MODULE_NAME[] = { 0x2b, 6, 1, 5, 5, 7, 8, 4 };
static const uint8_t OID_CMC_RA[] = { 0x2b, 6, 1, 5, 5, 7, 3, 28 };
static const uint8_t OID_SERVER_AUTH[] = { 0x2b, 6, 1, 5, 5, 7, 3, 1 };
static const uint8_t OID_CLIENT_AUTH[] = { 0x2b, 6, 1, 5, 5, 7, 3, 2 };

void
name_put(struct der_out *o, enum name_attribute attribute, const char *text)
{
	const uint8_t oid[] = { 0x55, 4, (uint8_t)attribute };
	size_t set, pair;

	if (text == NULL)
		return;
	set = der_begin(o, DER_SET);
	pair = der_begin(o, DER_SEQUENCE);
	der_put_oid(o, OID_SPAN(oid));
	der_put(o,
	    attribute == NAME_SERIAL_NUMBER ? DER_PRINTABLE_STRING
					    : DER_UTF8_STRING,
	    span_str(text));
	der_close(o, pair);
	der_close(o, set);
}

/* O, OU, CN as UTF8String, serialNumber as PrintableString (IP 2). */
static void
put_subject(struct der_out *o, const struct certificate_plan *p)
{
	size_t name = der_begin(o, DER_SEQUENCE);

	name_put(o, NAME_ORGANIZATION, p->organization);
	name_put(o, NAME_UNIT, p->unit);
	name_put(o, NAME_COMMON_NAME, p->common_name);
	name_put(o, NAME_SERIAL_NUMBER, p->device_serial);
	der_close(o, name);
}

/* Opens an extension up to the content of its OCTET STRING. */
struct open_extension {
	size_t sequence, octets;
};

static struct open_extension
extension_begin(struct der_out *o, struct span oid, bool critical)
{
	struct open_extension e;

	e.sequence = der_begin(o, DER_SEQUENCE);
	der_put_oid(o, oid);
	if (critical)
		der_put_bool(o, true);
	e.octets = der_begin(o, DER_OCTET_STRING);
	return e;
}

static void
extension_end(struct der_out *o, struct open_extension e)
{
	der_close(o, e.octets);
	der_close(o, e.sequence);
}

/* An extension of 2.5.29 whose value is already DER. */
static void
put_extension(struct der_out *o, uint8_t arc, bool critical, struct span value)
{
	uint8_t oid[] = { 0x55, 0x1d, arc };
	struct open_extension e = extension_begin(o, OID_SPAN(oid), critical);

	der_put_raw(o, value);
	extension_end(o, e);
}

static void
put_authority_key_id(struct der_out *o, struct span key_id)
{
	static const uint8_t oid[] = { 0x55, 0x1d, 35 };
	struct open_extension e;
	size_t sequence;

	if (key_id.len == 0)
		return;
	e = extension_begin(o, OID_SPAN(oid), false);
	sequence = der_begin(o, DER_SEQUENCE);
	der_put(o, DER_CONTEXT(0), key_id);
	der_close(o, sequence);
	extension_end(o, e);
}

static void
put_subject_key_id(struct der_out *o, struct span spki)
{
	static const uint8_t oid[] = { 0x55, 0x1d, 14 };
	struct open_extension e = extension_begin(o, OID_SPAN(oid), false);
	uint8_t id[20];

	key_identifier(spki, id);
	der_put(o, DER_OCTET_STRING, span_of(id, sizeof(id)));
	extension_end(o, e);
}

static void
put_one_policy(struct der_out *o, struct span policy)
{
	size_t one;

	if (policy.len == 0)
		return;
	one = der_begin(o, DER_SEQUENCE);
	der_put_oid(o, policy);
	der_close(o, one);
}

/* A private extension that says what a policy would (IP 6). */
static void
put_mark(struct der_out *o, struct span oid)
{
	struct open_extension e;

	if (oid.len == 0)
		return;
	e = extension_begin(o, oid, false);
	der_put(o, DER_NULL, span_of(NULL, 0));
	extension_end(o, e);
}

/* Policies, without qualifiers, and not critical: registrars' libraries refuse a
 * critical one that they do not know (IP 6). */
static void
put_policies(struct der_out *o, const struct certificate_plan *p)
{
	static const uint8_t oid[] = { 0x55, 0x1d, 32 };
	struct open_extension e;
	size_t list;

	if (p->policy_marks) {
		put_mark(o, p->policy);
		put_mark(o, p->product_policy);
		return;
	}
	if (p->policy.len + p->product_policy.len == 0)
		return;
	e = extension_begin(o, OID_SPAN(oid), false);
	list = der_begin(o, DER_SEQUENCE);
	put_one_policy(o, p->policy);
	put_one_policy(o, p->product_policy);
	der_close(o, list);
	extension_end(o, e);
}

/* subjectAltName with one HardwareModuleName (RFC 4108 5, IP 5.3). */
static void
put_hardware_module(struct der_out *o, struct span type, const char *serial)
{
	static const uint8_t oid[] = { 0x55, 0x1d, 17 };
	struct open_extension e;
	size_t names, name, value, module;

	if (type.len == 0)
		return;
	e = extension_begin(o, OID_SPAN(oid), false);
	names = der_begin(o, DER_SEQUENCE);
	name = der_begin(o, DER_CONTEXT_CONS(0));
	der_put_oid(o, OID_SPAN(OID_MODULE_NAME));
	value = der_begin(o, DER_CONTEXT_CONS(0));
	module = der_begin(o, DER_SEQUENCE);
	der_put_oid(o, type);
	der_put(o, DER_OCTET_STRING, span_str(serial));
	der_close(o, module);
	der_close(o, value);
	der_close(o, name);
	der_close(o, names);
	extension_end(o, e);
}

static void
put_masa_url(struct der_out *o, const char *url)
{
	struct open_extension e;

	if (url == NULL || url[0] == '\0')
		return;
	e = extension_begin(o, OID_SPAN(OID_MASA_URL), false);
	der_put(o, DER_IA5_STRING, span_str(url));
	extension_end(o, e);
}

static void
put_purposes(struct der_out *o, bool registrar)
{
	static const uint8_t oid[] = { 0x55, 0x1d, 37 };
	struct open_extension e = extension_begin(o, OID_SPAN(oid), false);
	size_t sequence = der_begin(o, DER_SEQUENCE);

	if (registrar)
		der_put_oid(o, OID_SPAN(OID_CMC_RA));
	der_put_oid(o, OID_SPAN(OID_SERVER_AUTH));
	if (registrar)
		der_put_oid(o, OID_SPAN(OID_CLIENT_AUTH));
	der_close(o, sequence);
	extension_end(o, e);
}

/* subjectAltName: iPAddress if the host is one, else dNSName. */
static void
put_host(struct der_out *o, const char *host)
{
	static const uint8_t oid[] = { 0x55, 0x1d, 17 };
	struct open_extension e = extension_begin(o, OID_SPAN(oid), false);
	size_t sequence = der_begin(o, DER_SEQUENCE);
	uint8_t address[16];

	if (inet_pton(AF_INET, host, address) == 1)
		der_put(o, DER_CONTEXT(7), span_of(address, 4));
	else if (inet_pton(AF_INET6, host, address) == 1)
		der_put(o, DER_CONTEXT(7), span_of(address, 16));
	else
		der_put(o, DER_CONTEXT(2), span_str(host));
	der_close(o, sequence);
	extension_end(o, e);
}

#define CONSTANT(name, ...) static const uint8_t name[] = { __VA_ARGS__ }
CONSTANT(CA_TRUE, 0x30, 3, 1, 1, 0xff);
CONSTANT(CA_PATH_0, 0x30, 6, 1, 1, 0xff, 2, 1, 0);
CONSTANT(CA_FALSE, 0x30, 0);
CONSTANT(USAGE_CA_CRL, 3, 2, 1, 6);
CONSTANT(USAGE_CA, 3, 2, 2, 4);
CONSTANT(USAGE_SIGN, 3, 2, 7, 0x80);
CONSTANT(USAGE_ENCIPHER, 3, 2, 5, 0xa0);

#define BASIC_CONSTRAINTS 19
#define KEY_USAGE	  15

static void
put_ca(struct der_out *o, struct span constraints, struct span usage,
    const struct certificate_plan *p)
{
	put_extension(o, BASIC_CONSTRAINTS, true, constraints);
	put_extension(o, KEY_USAGE, true, usage);
	put_subject_key_id(o, p->spki);
	put_authority_key_id(o, p->issuer_key_id);
}

static void
put_end_entity(struct der_out *o, const struct certificate_plan *p)
{
	put_extension(o, BASIC_CONSTRAINTS, true, OID_SPAN(CA_FALSE));
	put_extension(o, KEY_USAGE, true, OID_SPAN(USAGE_SIGN));
	put_subject_key_id(o, p->spki);
	put_authority_key_id(o, p->issuer_key_id);
}

/* The order of IP 5.1, and what a product selects behind it. */
static void
put_idevid(struct der_out *o, const struct certificate_plan *p)
{
	put_authority_key_id(o, p->issuer_key_id);
	put_masa_url(o, p->masa_url);
	if (p->key_usage != IDEVID_USAGE_NONE)
		put_extension(o, KEY_USAGE, true,
		    p->key_usage == IDEVID_USAGE_SIGN
			? OID_SPAN(USAGE_SIGN)
			: OID_SPAN(USAGE_ENCIPHER));
	if (p->subject_key_id)
		put_subject_key_id(o, p->spki);
	put_hardware_module(o, p->hw_type, p->device_serial);
	put_policies(o, p);
}

static void
put_extensions(struct der_out *o, const struct certificate_plan *p)
{
	size_t tagged = der_begin(o, DER_CONTEXT_CONS(3));
	size_t list = der_begin(o, DER_SEQUENCE);

	switch (p->profile) {
	case PROFILE_ROOT:
	case PROFILE_DOMAIN_CA:
		put_ca(o, OID_SPAN(CA_TRUE), OID_SPAN(USAGE_CA_CRL), p);
		break;
	case PROFILE_IDEVID_CA:
		put_ca(o, OID_SPAN(CA_PATH_0), OID_SPAN(USAGE_CA), p);
		put_policies(o, p);
		break;
	case PROFILE_IDEVID:
		put_idevid(o, p);
		break;
	case PROFILE_VOUCHER_SIGNER:
		put_end_entity(o, p);
		put_policies(o, p);
		break;
	case PROFILE_TLS_SERVER:
		put_end_entity(o, p);
		put_purposes(o, false);
		put_host(o, p->host);
		break;
	case PROFILE_REGISTRAR:
		put_end_entity(o, p);
		put_purposes(o, true);
		break;
	}
	der_close(o, list);
	der_close(o, tagged);
}

bool
certificate_render(
    const struct certificate_plan *p, uint8_t *out, size_t cap, size_t *len)
{
	struct der_out o;
	struct span written;
	size_t tbs, inner;

	der_out_open(&o, out, cap);
	tbs = der_begin(&o, DER_SEQUENCE);
	inner = der_begin(&o, DER_CONTEXT_CONS(0));
	der_put_uint(&o, 2);
	der_close(&o, inner);
	der_put_unsigned(&o, span_of(p->serial, sizeof(p->serial)));
	der_put_raw(&o, p->signature_algorithm);
	if (p->issuer_name.len > 0)
		der_put_raw(&o, p->issuer_name);
	else
		put_subject(&o, p);
	inner = der_begin(&o, DER_SEQUENCE);
	der_put_time(&o, p->not_before);
	der_put_time(&o, p->not_after);
	der_close(&o, inner);
	put_subject(&o, p);
	der_put_raw(&o, p->spki);
	put_extensions(&o, p);
	der_close(&o, tbs);
	if (der_out_span(&o, &written) != WIRE_OK)
		return false;
	*len = written.len;
	return true;
}

bool
certificate_assemble(struct span tbs, struct span algorithm,
    struct span signature, uint8_t *out, size_t cap, size_t *len)
{
	struct der_out o;
	struct span written;
	size_t mark;

	der_out_open(&o, out, cap);
	mark = der_begin(&o, DER_SEQUENCE);
	der_put_raw(&o, tbs);
	der_put_raw(&o, algorithm);
	der_put_bits(&o, signature, 0);
	der_close(&o, mark);
	if (der_out_span(&o, &written) != WIRE_OK)
		return false;
	*len = written.len;
	return true;
}

void
key_identifier(struct span spki, uint8_t out[20])
{
	uint8_t hash[32];
	struct der outer, d;
	struct span bits = spki;
	unsigned unused;

	/* The key bits without tag, length and unused-bits octet. */
	der_open(&outer, spki);
	if (der_enter(&outer, DER_SEQUENCE, &d) != WIRE_OK ||
	    der_whole(&d, DER_SEQUENCE, NULL, NULL) != WIRE_OK ||
	    der_bits(&d, &bits, &unused) != WIRE_OK)
		bits = spki;
	sha256(bits, hash);
	memcpy(out, hash, 20);
}

void
certificate_serial_draw(uint8_t out[16])
{
	do {
		random_bytes(out, 16);
		out[0] &= 0x7f;
	} while (out[0] == 0);
}
