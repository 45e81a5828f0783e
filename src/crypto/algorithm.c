/* AlgorithmIdentifiers (MP 8, IP 2; RFC 5758, RFC 4055, RFC 8410). */
#include "crypto/oid.h"
#include "crypto/public_key.h"
#include "wire/der.h"

static const struct {
	uint8_t len;
	uint8_t oid[9];
	struct signature_algorithm algorithm;
	bool null_allowed; /* RSA: NULL parameters; ECDSA, EdDSA: none */
} signatures[] = {
	{ 8, { 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2 },
	    { SIGNATURE_ECDSA, HASH_SHA256 }, false },
	{ 8, { 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 3 },
	    { SIGNATURE_ECDSA, HASH_SHA384 }, false },
	{ 8, { 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 4 },
	    { SIGNATURE_ECDSA, HASH_SHA512 }, false },
	{ 9, { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 11 },
	    { SIGNATURE_RSA, HASH_SHA256 }, true },
	{ 9, { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 12 },
	    { SIGNATURE_RSA, HASH_SHA384 }, true },
	{ 9, { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 13 },
	    { SIGNATURE_RSA, HASH_SHA512 }, true },
	{ 9, { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1 },
	    { SIGNATURE_RSA, HASH_NONE }, true },
	{ 3, { 0x2b, 0x65, 0x70 }, { SIGNATURE_ED25519, HASH_SHA512 }, false },
};

static const struct {
	uint8_t last; /* 2.16.840.1.101.3.4.2.x */
	enum hash_algorithm hash;
} digests[] = { { 1, HASH_SHA256 }, { 2, HASH_SHA384 }, { 3, HASH_SHA512 } };

/* SEQUENCE { OID, NULL or nothing } as a whole element. */
static bool
identifier_read(struct span identifier, struct span *oid, bool *null)
{
	struct der outer, d;

	der_open(&outer, identifier);
	if (der_enter(&outer, DER_SEQUENCE, &d) != WIRE_OK ||
	    der_end(&outer) != WIRE_OK || der_oid(&d, oid) != WIRE_OK)
		return false;
	*null = der_peek(&d) == DER_NULL;
	if (*null && der_null(&d) != WIRE_OK)
		return false;
	return der_end(&d) == WIRE_OK;
}

enum reason
signature_algorithm_read(
    struct span identifier, struct signature_algorithm *out, struct why *why)
{
	struct span oid;
	bool null;
	size_t i;

	if (!identifier_read(identifier, &oid, &null))
		return why_set(why, REASON_ALGORITHM, -1,
		    "the signature algorithm's parameters are not accepted");
	for (i = 0; i < sizeof(signatures) / sizeof(signatures[0]); i++) {
		if (!span_eq(
			oid, span_of(signatures[i].oid, signatures[i].len)))
			continue;
		if (null && !signatures[i].null_allowed)
			return why_set(why, REASON_ALGORITHM, -1,
			    "NULL parameters in an ECDSA or EdDSA algorithm");
		*out = signatures[i].algorithm;
		return REASON_OK;
	}
	return why_set(why, REASON_ALGORITHM, -1,
	    "the signature algorithm is not ECDSA, RSA or Ed25519 with SHA-2");
}

enum reason
digest_algorithm_read(
    struct span identifier, enum hash_algorithm *out, struct why *why)
{
	static const uint8_t arc[] = { 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2 };
	struct span oid;
	bool null;
	size_t i;

	if (identifier_read(identifier, &oid, &null) &&
	    oid.len == sizeof(arc) + 1 &&
	    memcmp(oid.ptr, arc, sizeof(arc)) == 0) {
		for (i = 0; i < sizeof(digests) / sizeof(digests[0]); i++) {
			if (oid.ptr[sizeof(arc)] == digests[i].last) {
				*out = digests[i].hash;
				return REASON_OK;
			}
		}
	}
	return why_set(why, REASON_ALGORITHM, -1,
	    "the digest algorithm is not SHA-256, SHA-384 or SHA-512");
}

static bool
number_to_fixed(struct der *d, size_t width, uint8_t *out)
{
	struct span n;

	if (der_integer(d, &n) != WIRE_OK || (n.ptr[0] & 0x80) != 0)
		return false;
	if (n.len > 1 && n.ptr[0] == 0)
		n = span_of(n.ptr + 1, n.len - 1);
	if (n.len > width)
		return false;
	memset(out, 0, width - n.len);
	memcpy(out + width - n.len, n.ptr, n.len);
	return true;
}

bool
signature_to_fixed(struct span der, size_t width, uint8_t *out)
{
	struct der outer, d;

	der_open(&outer, der);
	return der_enter(&outer, DER_SEQUENCE, &d) == WIRE_OK &&
	    der_end(&outer) == WIRE_OK && number_to_fixed(&d, width, out) &&
	    number_to_fixed(&d, width, out + width) && der_end(&d) == WIRE_OK;
}
