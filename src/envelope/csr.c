/* PKCS#10, see csr.h. */
#include "envelope/csr.h"

#include <openssl/bn.h>

#include "base/fatal.h"
#include "base/text.h"
#include "crypto/oid.h"
#include "envelope/pem.h"
#include "wire/der.h"
#include "x509/lint.h"
#include "x509/render.h"

/* The subject's serialNumber, if there is one (RFC 2986 4.1). */
static bool
subject_serial(struct span name, char out[SERIAL_MAX + 1])
{
	static const uint8_t serial_number[] = { 0x55, 4, 5 };
	struct der outer, rdns, rdn, attribute;
	struct span oid, text;
	unsigned n = 0;

	der_open(&outer, name);
	if (der_enter(&outer, DER_SEQUENCE, &rdns) != WIRE_OK)
		return false;
	while (der_end(&rdns) != WIRE_OK) {
		if (der_enter(&rdns, DER_SET, &rdn) != WIRE_OK)
			return false;
		while (der_end(&rdn) != WIRE_OK) {
			if (der_enter(&rdn, DER_SEQUENCE, &attribute) !=
				WIRE_OK ||
			    der_oid(&attribute, &oid) != WIRE_OK)
				return false;
			if (!span_eq(oid, OID_SPAN(serial_number)))
				continue;
			if (n++ > 0 ||
			    der_string(&attribute, NULL, &text) != WIRE_OK ||
			    der_end(&attribute) != WIRE_OK || text.len == 0 ||
			    !text_printable(text) ||
			    !text_copy(out, SERIAL_MAX + 1, text))
				return false;
		}
	}
	return true;
}

/* HardwareModuleName (RFC 4108 5) of one GeneralName; an empty span if it is
 * another kind of name, or a TPM's, which names the TPM and not the device. */
static bool
module_serial(struct der *names, struct span *serial)
{
	static const uint8_t module_name[] = { 0x2b, 6, 1, 5, 5, 7, 8, 4 };
	static const uint8_t tpm[] = { 0x67, 0x81, 0x05, 1 };
	struct der name, value, module;
	struct span oid, type;

	*serial = span_of(NULL, 0);
	if (der_peek(names) != DER_CONTEXT_CONS(0))
		return der_any(names, NULL, NULL, NULL) == WIRE_OK;
	if (der_enter(names, DER_CONTEXT_CONS(0), &name) != WIRE_OK ||
	    der_oid(&name, &oid) != WIRE_OK ||
	    der_enter(&name, DER_CONTEXT_CONS(0), &value) != WIRE_OK ||
	    der_end(&name) != WIRE_OK)
		return false;
	if (!span_eq(oid, OID_SPAN(module_name)))
		return true;
	if (der_enter(&value, DER_SEQUENCE, &module) != WIRE_OK ||
	    der_end(&value) != WIRE_OK || der_oid(&module, &type) != WIRE_OK ||
	    der_octets(&module, serial) != WIRE_OK ||
	    der_end(&module) != WIRE_OK)
		return false;
	if (type.len > sizeof(tpm) && memcmp(type.ptr, tpm, sizeof(tpm)) == 0)
		*serial = span_of(NULL, 0);
	return true;
}

/* The hwSerialNum of a subjectAltName; of two, they must be equal. */
static bool
alternative_serial(struct span extension, char out[SERIAL_MAX + 1])
{
	struct der d, names;
	struct span serial;

	der_open(&d, extension);
	if (der_enter(&d, DER_SEQUENCE, &names) != WIRE_OK ||
	    der_end(&d) != WIRE_OK)
		return false;
	while (der_end(&names) != WIRE_OK) {
		if (!module_serial(&names, &serial))
			return false;
		if (serial.ptr == NULL)
			continue;
		if (out[0] != '\0'
			? !span_is(serial, out)
			: serial.len == 0 || !text_printable(serial) ||
			    !text_copy(out, SERIAL_MAX + 1, serial))
			return false;
	}
	return true;
}

/* extensionRequest (RFC 2985 5.4.2): nothing of it is taken over, only the
 * serial in a subjectAltName is compared (IP 5.5). */
static bool
extensions_look(struct der *values, char serial[SERIAL_MAX + 1])
{
	static const uint8_t alternative[] = { 0x55, 0x1d, 17 };
	struct der list, one;
	struct span oid, value;

	if (der_enter(values, DER_SEQUENCE, &list) != WIRE_OK ||
	    der_end(values) != WIRE_OK)
		return false;
	while (der_end(&list) != WIRE_OK) {
		if (der_enter(&list, DER_SEQUENCE, &one) != WIRE_OK ||
		    der_oid(&one, &oid) != WIRE_OK)
			return false;
		if (!span_eq(oid, OID_SPAN(alternative)))
			continue;
		if ((der_peek(&one) == DER_BOOLEAN &&
			der_take(&one, DER_BOOLEAN, NULL) != WIRE_OK) ||
		    der_octets(&one, &value) != WIRE_OK ||
		    der_end(&one) != WIRE_OK ||
		    !alternative_serial(value, serial))
			return false;
	}
	return true;
}

/* Attributes ::= SET OF SEQUENCE { type, SET OF value } (RFC 2986 4.1) */
static bool
attributes_look(struct span attributes, char serial[SERIAL_MAX + 1])
{
	static const uint8_t request[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d,
		1, 9, 14 };
	struct der d, one, values;
	struct span oid;

	der_open(&d, attributes);
	while (der_end(&d) != WIRE_OK)
		if (der_enter(&d, DER_SEQUENCE, &one) != WIRE_OK ||
		    der_oid(&one, &oid) != WIRE_OK ||
		    der_enter(&one, DER_SET, &values) != WIRE_OK ||
		    der_end(&one) != WIRE_OK ||
		    (span_eq(oid, OID_SPAN(request)) &&
			!extensions_look(&values, serial)))
			return false;
	return true;
}

/* Small factors and the ROCA fingerprint: the residues of a modulus made by
 * the broken Infineon library are powers of 65537 modulo each small prime
 * (CVE-2017-15361). */
static bool
power_of_65537(unsigned residue, unsigned prime)
{
	unsigned g = 65537 % prime, x = 1, i;

	for (i = 0; i < prime; i++) {
		if (x == residue)
			return true;
		x = x * g % prime;
	}
	return false;
}

static enum reason
rsa_check(struct span key_bits, struct why *why)
{
	static const unsigned short roca[] = { 11, 13, 17, 19, 37, 53, 61, 71,
		73, 79, 97, 103, 107, 109, 127, 151, 157 };
	struct der outer, d;
	struct span n;
	BIGNUM *modulus;
	bool all = true, small = false;
	unsigned prime, i;

	der_open(&outer, key_bits);
	if (der_enter(&outer, DER_SEQUENCE, &d) != WIRE_OK ||
	    der_integer(&d, &n) != WIRE_OK)
		return why_set(why, REASON_KEY_WEAK, -1, "no RSA modulus");
	if ((modulus = BN_bin2bn(n.ptr, (int)n.len, NULL)) == NULL)
		fatal("BN_bin2bn");
	for (prime = 3; prime < 10000 && !small; prime += 2)
		small = BN_mod_word(modulus, prime) == 0;
	for (i = 0; i < sizeof(roca) / sizeof(roca[0]); i++)
		all = all &&
		    power_of_65537(
			(unsigned)BN_mod_word(modulus, roca[i]), roca[i]);
	BN_free(modulus);
	if (small)
		return why_set(why, REASON_KEY_WEAK, -1,
		    "the RSA modulus has a small factor");
	if (all)
		return why_set(why, REASON_KEY_WEAK, -1,
		    "the RSA modulus has the ROCA fingerprint");
	return REASON_OK;
}

static enum reason
key_check(const struct public_key *k, struct span spki, struct why *why)
{
	struct der outer, d;
	struct span bits;
	unsigned unused;

	if (test_key_published(spki))
		return why_set(why, REASON_KEY_WEAK, -1,
		    "the key is a published test key");
	if (public_key_type(k) == KEY_P521)
		return why_set(
		    why, REASON_KEY_WEAK, -1, "P-521 is in no IDevID profile");
	if (public_key_type(k) != KEY_RSA)
		return REASON_OK;
	if (!public_key_exponent_usual(k))
		return why_set(
		    why, REASON_KEY_WEAK, -1, "the RSA exponent is not 65537");
	der_open(&outer, spki);
	if (der_enter(&outer, DER_SEQUENCE, &d) != WIRE_OK ||
	    der_whole(&d, DER_SEQUENCE, NULL, NULL) != WIRE_OK ||
	    der_bits(&d, &bits, &unused) != WIRE_OK)
		return why_set(why, REASON_KEY_WEAK, -1, "no key bits");
	return rsa_check(bits, why);
}

struct csr_parts {
	struct span info, subject, spki, attributes, algorithm, signature;
};

/* CertificationRequest (RFC 2986 4.2). */
static bool
parts_read(struct span der, struct csr_parts *p)
{
	struct der outer, d, info;
	uint64_t version;
	unsigned unused;

	p->attributes = span_of(NULL, 0);
	der_open(&outer, der);
	if (der_enter(&outer, DER_SEQUENCE, &d) != WIRE_OK ||
	    der_end(&outer) != WIRE_OK)
		return false;
	info = d;
	if (der_whole(&d, DER_SEQUENCE, &p->info, NULL) != WIRE_OK ||
	    der_whole(&d, DER_SEQUENCE, &p->algorithm, NULL) != WIRE_OK ||
	    der_bits(&d, &p->signature, &unused) != WIRE_OK || unused != 0 ||
	    der_end(&d) != WIRE_OK)
		return false;
	if (der_enter(&info, DER_SEQUENCE, &info) != WIRE_OK ||
	    der_uint(&info, &version) != WIRE_OK || version != 0 ||
	    der_whole(&info, DER_SEQUENCE, &p->subject, NULL) != WIRE_OK ||
	    der_whole(&info, DER_SEQUENCE, &p->spki, NULL) != WIRE_OK)
		return false;
	if (der_end(&info) != WIRE_OK &&
	    der_take(&info, DER_CONTEXT_CONS(0), &p->attributes) != WIRE_OK)
		return false;
	return der_end(&info) == WIRE_OK;
}

enum reason
csr_read(
    struct span bytes, uint8_t *arena, struct csr_facts *out, struct why *why)
{
	struct csr_parts p;
	struct signature_algorithm a;
	const struct public_key *k;
	char module[SERIAL_MAX + 1] = "";
	size_t len;
	enum reason r;

	memset(out, 0, sizeof(*out));
	/* IP 5.5 is about DER; its PEM is at most so much longer. */
	if (bytes.len > CSR_TEXT_MAX)
		return why_set(
		    why, REASON_CSR_MALFORMED, -1, "%zu octets", bytes.len);
	if (!pem_or_der(bytes, "CERTIFICATE REQUEST", arena, bytes.len, &len))
		return why_set(why, REASON_CSR_MALFORMED, -1,
		    "neither DER nor one PEM block CERTIFICATE REQUEST");
	if (len > CSR_MAX)
		return why_set(why, REASON_CSR_MALFORMED, -1,
		    "%zu octets of DER, over %u", len, CSR_MAX);
	if (!parts_read(span_of(arena, len), &p) ||
	    !subject_serial(p.subject, out->serial))
		return why_set(why, REASON_CSR_MALFORMED, -1,
		    "neither DER nor one PEM block CERTIFICATE REQUEST");
	if (!attributes_look(p.attributes, module))
		return why_set(why, REASON_CSR_MALFORMED, -1,
		    "the attributes, or what they request");
	if (out->serial[0] == '\0')
		memcpy(out->serial, module, sizeof(module));
	else if (module[0] != '\0' && strcmp(module, out->serial) != 0)
		return why_set(why, REASON_SERIAL_MISMATCH, -1,
		    "hwSerialNum differs from the subject's serialNumber");
	if (public_key_get(p.spki, &k, why) != REASON_OK)
		return REASON_KEY_WEAK;
	if ((r = signature_algorithm_read(p.algorithm, &a, why)) != REASON_OK ||
	    !signature_verify(k, a, p.info, p.signature))
		return why_set(why, REASON_CSR_POP, -1,
		    "the signature does not verify with the key in the "
		    "request");
	if ((r = key_check(k, p.spki, why)) != REASON_OK)
		return r;
	out->spki = p.spki;
	out->rsa = public_key_type(k) == KEY_RSA;
	sha256(p.spki, out->spki_sha256);
	sha256(span_of(arena, len), out->csr_sha256);
	return REASON_OK;
}

bool
csr_render(struct span spki, const char *common_name, const char *serial,
    uint8_t *out, size_t cap, size_t *len)
{
	struct der_out o;
	struct span written;
	size_t info, name;

	der_out_open(&o, out, cap);
	info = der_begin(&o, DER_SEQUENCE);
	der_put_uint(&o, 0);
	name = der_begin(&o, DER_SEQUENCE);
	name_put(&o, NAME_COMMON_NAME, common_name);
	name_put(&o, NAME_SERIAL_NUMBER, serial);
	der_close(&o, name);
	der_put_raw(&o, spki);
	der_put(&o, DER_CONTEXT_CONS(0), span_of(NULL, 0));
	der_close(&o, info);
	if (der_out_span(&o, &written) != WIRE_OK)
		return false;
	*len = written.len;
	return true;
}

bool
csr_assemble(struct span info, struct span algorithm, struct span signature,
    uint8_t *out, size_t cap, size_t *len)
{
	/* SEQUENCE { info, algorithm, BIT STRING }: a certificate's shape. */
	return certificate_assemble(info, algorithm, signature, out, cap, len);
}
