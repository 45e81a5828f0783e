/* Extensions, see extension.h: one small reader per kind, one table. */
#include "x509/extension.h"

#include "crypto/oid.h"
#include "wire/der.h"

static bool
subject_key_id(struct der *d, bool critical, struct certificate *out)
{
	(void)critical;
	return der_octets(d, &out->subject_key_id) == WIRE_OK &&
	    out->subject_key_id.len > 0 &&
	    out->subject_key_id.len <= KEY_ID_MAX;
}

static bool
authority_key_id(struct der *d, bool critical, struct certificate *out)
{
	struct der a;

	(void)critical;
	out->has_authority_key_id = true;
	if (der_enter(d, DER_SEQUENCE, &a) != WIRE_OK)
		return false;
	if (der_peek(&a) == DER_CONTEXT(0) &&
	    (der_take(&a, DER_CONTEXT(0), &out->authority_key_id) != WIRE_OK ||
		out->authority_key_id.len == 0 ||
		out->authority_key_id.len > KEY_ID_MAX))
		return false;
	if (der_peek(&a) == DER_CONTEXT_CONS(1)) {
		out->authority_has_issuer = true;
		if (der_take(&a, DER_CONTEXT_CONS(1), NULL) != WIRE_OK)
			return false;
	}
	if (der_peek(&a) == DER_CONTEXT(2)) {
		out->authority_has_issuer = true;
		if (der_take(&a, DER_CONTEXT(2), NULL) != WIRE_OK)
			return false;
	}
	return der_end(&a) == WIRE_OK;
}

static bool
basic_constraints(struct der *d, bool critical, struct certificate *out)
{
	struct der b;

	out->has_basic_constraints = true;
	out->basic_critical = critical;
	if (der_enter(d, DER_SEQUENCE, &b) != WIRE_OK)
		return false;
	/* DEFAULT FALSE must not be written (X.690 11.5), yet some do. */
	if (der_peek(&b) == DER_BOOLEAN && der_bool(&b, &out->ca) != WIRE_OK)
		return false;
	if (der_peek(&b) == DER_INTEGER) {
		out->has_path_length = true;
		if (der_uint(&b, &out->path_length) != WIRE_OK)
			return false;
	}
	return der_end(&b) == WIRE_OK;
}

static bool
key_usage(struct der *d, bool critical, struct certificate *out)
{
	struct span bits;
	unsigned unused;

	out->has_key_usage = true;
	out->key_usage_critical = critical;
	if (der_bits(d, &bits, &unused) != WIRE_OK || bits.len > 2)
		return false;
	if (bits.len > 0)
		out->key_usage = bits.ptr[0];
	if (bits.len > 1)
		out->key_usage |= (uint16_t)(bits.ptr[1] << 8);
	return true;
}

static bool
extended_key_usage(struct der *d, bool critical, struct certificate *out)
{
	static const uint8_t cmc_ra[] = { 0x2b, 6, 1, 5, 5, 7, 3, 28 };
	static const uint8_t any[] = { 0x55, 0x1d, 0x25, 0 };
	struct der e;
	struct span oid;
	unsigned n = 0;

	(void)critical;
	out->has_extended_key_usage = true;
	if (der_enter(d, DER_SEQUENCE, &e) != WIRE_OK)
		return false;
	while (der_end(&e) != WIRE_OK) {
		if (n++ == CERTIFICATE_EKU_MAX || der_oid(&e, &oid) != WIRE_OK)
			return false;
		out->eku_cmc_ra |= span_eq(oid, OID_SPAN(cmc_ra));
		out->eku_any |= span_eq(oid, OID_SPAN(any));
	}
	return n > 0;
}

static bool
policies(struct der *d, bool critical, struct certificate *out)
{
	struct der list, one;

	(void)critical;
	out->has_policies = true;
	if (der_enter(d, DER_SEQUENCE, &list) != WIRE_OK)
		return false;
	while (der_end(&list) != WIRE_OK) {
		if (out->policies_len == CERTIFICATE_POLICIES_MAX ||
		    der_enter(&list, DER_SEQUENCE, &one) != WIRE_OK ||
		    der_oid(&one, &out->policies[out->policies_len]) != WIRE_OK)
			return false;
		out->policies_len++; /* qualifiers are not read */
	}
	return out->policies_len > 0;
}

/* RFC 8995 2.3.2: IA5String. A wrong type is the linter's affair: the value of
 * an imported certificate decides nothing here. */
static bool
masa_url(struct der *d, bool critical, struct certificate *out)
{
	uint8_t tag;

	out->has_masa_url = true;
	out->masa_url_critical = critical;
	if (der_string(d, &tag, &out->masa_url) != WIRE_OK ||
	    tag != DER_IA5_STRING || der_end(d) != WIRE_OK) {
		out->masa_url_bad = true;
		d->pos = d->end;
	}
	return true;
}

static bool
masa_url_obsolete(struct der *d, bool critical, struct certificate *out)
{
	out->masa_url_obsolete = true;
	if (!out->has_masa_url)
		return masa_url(d, critical, out);
	d->pos = d->end;
	return true;
}

static bool
subject_alt_name(struct der *d, bool critical, struct certificate *out)
{
	(void)critical;
	out->subject_alt_name = span_of(d->pos, (size_t)(d->end - d->pos));
	d->pos = d->end;
	return true;
}

static bool
name_constraints(struct der *d, bool critical, struct certificate *out)
{
	out->constraints_critical |= critical;
	out->name_constraints = span_of(d->pos, (size_t)(d->end - d->pos));
	d->pos = d->end;
	return true;
}

/* RFC 5280 4.2.1.11: SkipCerts. More than a chain can have is as good as more. */
static bool
skipped(struct span content, unsigned *out)
{
	if (content.len == 0 || (content.ptr[0] & 0x80) != 0 ||
	    (content.len > 1 && content.ptr[0] == 0 &&
		(content.ptr[1] & 0x80) == 0))
		return false;
	*out = content.len == 1 ? content.ptr[0] : UINT8_MAX;
	return true;
}

/* Mappings of policies are never followed, so nothing inhibits them. */
static bool
policy_constraints(struct der *d, bool critical, struct certificate *out)
{
	struct span content;
	unsigned mapping;
	struct der p;

	out->constraints_critical |= critical;
	if (der_enter(d, DER_SEQUENCE, &p) != WIRE_OK || der_end(&p) == WIRE_OK)
		return false;
	if (der_peek(&p) == DER_CONTEXT(0)) {
		out->has_require_explicit_policy = true;
		if (der_take(&p, DER_CONTEXT(0), &content) != WIRE_OK ||
		    !skipped(content, &out->require_explicit_policy))
			return false;
	}
	if (der_peek(&p) == DER_CONTEXT(1) &&
	    (der_take(&p, DER_CONTEXT(1), &content) != WIRE_OK ||
		!skipped(content, &mapping)))
		return false;
	return der_end(&p) == WIRE_OK;
}

static bool
inhibit_any_policy(struct der *d, bool critical, struct certificate *out)
{
	struct span content;

	out->constraints_critical |= critical;
	out->has_inhibit_any_policy = true;
	return der_integer(d, &content) == WIRE_OK &&
	    skipped(content, &out->inhibit_any_policy);
}

static bool
crl_pointers(struct der *d, bool critical, struct certificate *out)
{
	(void)critical;
	out->has_crl_pointers = true;
	d->pos = d->end;
	return true;
}

/* RFC 5280 4.2.2.1: of its access methods id-ad-ocsp is a revocation server,
 * id-ad-caIssuers is none. What cannot be read may name one. */
static bool
names_ocsp(struct der d)
{
	static const uint8_t ocsp[] = { 0x2b, 6, 1, 5, 5, 7, 48, 1 };
	struct der list, one;
	struct span oid;

	if (der_enter(&d, DER_SEQUENCE, &list) != WIRE_OK)
		return true;
	while (der_end(&list) != WIRE_OK)
		if (der_enter(&list, DER_SEQUENCE, &one) != WIRE_OK ||
		    der_oid(&one, &oid) != WIRE_OK ||
		    span_eq(oid, OID_SPAN(ocsp)))
			return true;
	return false;
}

static bool
authority_information(struct der *d, bool critical, struct certificate *out)
{
	(void)critical;
	out->has_authority_information = true;
	out->has_ocsp_pointers = names_ocsp(*d);
	d->pos = d->end;
	return true;
}

static const struct {
	uint8_t len;
	uint8_t oid[9];
	bool (*read)(struct der *d, bool critical, struct certificate *out);
} known[EXTENSIONS_KNOWN] = {
	{ 3, { 0x55, 0x1d, 14 }, subject_key_id },
	{ 3, { 0x55, 0x1d, 35 }, authority_key_id },
	{ 3, { 0x55, 0x1d, 19 }, basic_constraints },
	{ 3, { 0x55, 0x1d, 15 }, key_usage },
	{ 3, { 0x55, 0x1d, 37 }, extended_key_usage },
	{ 3, { 0x55, 0x1d, 32 }, policies },
	{ 3, { 0x55, 0x1d, 17 }, subject_alt_name },
	{ 3, { 0x55, 0x1d, 31 }, crl_pointers },
	{ 8, { 0x2b, 6, 1, 5, 5, 7, 1, 1 }, authority_information },
	{ 8, { 0x2b, 6, 1, 5, 5, 7, 1, 32 }, masa_url },
	{ 9, { 0x2b, 6, 1, 4, 1, 0x82, 0xee, 0x52, 2 }, masa_url_obsolete },
	{ 3, { 0x55, 0x1d, 30 }, name_constraints },
	{ 3, { 0x55, 0x1d, 36 }, policy_constraints },
	{ 3, { 0x55, 0x1d, 54 }, inhibit_any_policy },
};

static void
mark_take(struct span oid, struct span value, struct certificate *out)
{
	static const uint8_t null[] = { 5, 0 };

	if (span_eq(value, OID_SPAN(null)))
		out->marks[out->marks_len++] = oid;
}

/* Reads the value of one extension; unknown ones are only remembered. whole is
 * all of the extension. */
static bool
extension_value(struct span whole, struct span oid, bool critical,
    struct span value, struct certificate *out)
{
	struct der d;
	size_t i;

	der_open(&d, value);
	for (i = 0; i < EXTENSIONS_KNOWN; i++) {
		if (!span_eq(oid, span_of(known[i].oid, known[i].len)))
			continue;
		out->at[i] = whole;
		return known[i].read(&d, critical, out) &&
		    der_end(&d) == WIRE_OK;
	}
	if (!critical) {
		mark_take(oid, value, out);
		return true;
	}
	if (!out->unknown_critical)
		out->unknown_critical_oid = oid;
	out->unknown_critical = true;
	return true;
}

enum reason
extensions_read(struct der *d, struct certificate *out, struct why *why)
{
	struct span seen[CERTIFICATE_EXTENSIONS_MAX], value;
	struct der tagged, list, one, at = *d;
	struct span whole;
	bool critical;
	unsigned i, n = 0;

	if (der_whole(&at, DER_CONTEXT_CONS(3), &out->extensions, NULL) !=
		WIRE_OK ||
	    der_enter(d, DER_CONTEXT_CONS(3), &tagged) != WIRE_OK ||
	    der_enter(&tagged, DER_SEQUENCE, &list) != WIRE_OK ||
	    der_end(&tagged) != WIRE_OK || der_end(&list) == WIRE_OK)
		goto malformed;
	while (der_end(&list) != WIRE_OK) {
		critical = false;
		at = list;
		if (n == CERTIFICATE_EXTENSIONS_MAX ||
		    der_whole(&at, DER_SEQUENCE, &whole, NULL) != WIRE_OK ||
		    der_enter(&list, DER_SEQUENCE, &one) != WIRE_OK ||
		    der_oid(&one, &seen[n]) != WIRE_OK)
			goto malformed;
		if (der_peek(&one) == DER_BOOLEAN &&
		    der_bool(&one, &critical) != WIRE_OK)
			goto malformed;
		if (der_octets(&one, &value) != WIRE_OK ||
		    der_end(&one) != WIRE_OK)
			goto malformed;
		for (i = 0; i < n; i++)
			if (span_eq(seen[i], seen[n]))
				goto malformed;
		if (!extension_value(whole, seen[n], critical, value, out))
			return why_set(why, REASON_CERTIFICATE_MALFORMED,
			    (long)(value.ptr - out->der.ptr),
			    "certificate: the value of an extension");
		n++;
	}
	return REASON_OK;
malformed:
	return why_set(why, REASON_CERTIFICATE_MALFORMED,
	    (long)(d->pos - out->der.ptr), "certificate: extensions");
}
