/* Signatures: whatever form they have, to what port.h takes. */
#include "pledge/internal.h"
#include "wire/der.h"

/* SubjectPublicKeyInfo of an uncompressed point (RFC 5480 2), but the point. */
static const uint8_t p256[] = { 0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86,
	0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d,
	0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04 };
static const uint8_t p384[] = { 0x30, 0x76, 0x30, 0x10, 0x06, 0x07, 0x2a, 0x86,
	0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22,
	0x03, 0x62, 0x00, 0x04 };

/* AlgorithmIdentifier of ecdsa-with-SHA256 and -SHA384 (RFC 5758 3.2). */
static const uint8_t with_sha256[] = { 0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48,
	0xce, 0x3d, 0x04, 0x03, 0x02 };
static const uint8_t with_sha384[] = { 0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48,
	0xce, 0x3d, 0x04, 0x03, 0x03 };

static bool
begins(struct span s, const uint8_t *head, size_t head_len, size_t coordinate)
{
	return s.len == head_len + 2 * coordinate &&
	    memcmp(s.ptr, head, head_len) == 0;
}

/* The curve of a key, and its point; 0 for another kind. */
static enum pledge_curve
key_read(struct span spki, const uint8_t **point)
{
	if (begins(spki, p256, sizeof(p256), PLEDGE_P256)) {
		*point = spki.ptr + sizeof(p256);
		return PLEDGE_P256;
	}
	if (begins(spki, p384, sizeof(p384), PLEDGE_P384)) {
		*point = spki.ptr + sizeof(p384);
		return PLEDGE_P384;
	}
	return (enum pledge_curve)0;
}

bool
pledge_key_known(struct span spki)
{
	const uint8_t *point;

	return key_read(spki, &point) != 0;
}

/* A positive INTEGER of at most width octets, right-aligned. */
static bool
number_read(struct der *d, uint8_t *out, size_t width)
{
	struct span n;

	if (der_integer(d, &n) != WIRE_OK || (n.ptr[0] & 0x80) != 0)
		return false;
	if (n.ptr[0] == 0)
		n = span_of(n.ptr + 1, n.len - 1);
	if (n.len > width)
		return false;
	memset(out, 0, width - n.len);
	memcpy(out + width - n.len, n.ptr, n.len);
	return true;
}

/* Ecdsa-Sig-Value as r and s of the curve's width. */
static bool
from_der(struct span signature, uint8_t *out, size_t width)
{
	struct der outer, d;

	der_open(&outer, signature);
	return der_enter(&outer, DER_SEQUENCE, &d) == WIRE_OK &&
	    der_end(&outer) == WIRE_OK && number_read(&d, out, width) &&
	    number_read(&d, out + width, width) && der_end(&d) == WIRE_OK;
}

enum pledge_verdict
pledge_message_verify(
    const struct message *m, struct span spki, unsigned *checks)
{
	uint8_t digest[PLEDGE_HASH_MAX], both[2 * PLEDGE_P384];
	const uint8_t *point, *signature = m->signature.ptr;
	enum pledge_curve curve = key_read(spki, &point);
	size_t width = (size_t)curve, len = (size_t)m->hash;

	if (width == 0)
		return PLEDGE_ALGORITHM;
	if (*checks == 0)
		return PLEDGE_LIMIT;
	if (m->der) {
		if (!from_der(m->signature, both, width))
			return PLEDGE_SIGNATURE;
		signature = both;
	} else if (m->signature.len != 2 * width) {
		return PLEDGE_SIGNATURE;
	}
	(*checks)--;
	if (!pledge_hash(m->hash, m->parts, m->parts_len, digest))
		return PLEDGE_ALGORITHM;
	return pledge_ecdsa(
		   curve, point, digest, len < width ? len : width, signature)
	    ? PLEDGE_ACCEPTED
	    : PLEDGE_SIGNATURE;
}

enum pledge_verdict
pledge_certificate_message(const struct certificate *c, struct message *out)
{
	out->parts[0] = c->tbs;
	out->parts_len = 1;
	out->signature = c->signature;
	out->der = true;
	return pledge_algorithm_read(c->algorithm, &out->hash)
	    ? PLEDGE_ACCEPTED
	    : PLEDGE_ALGORITHM;
}

bool
pledge_algorithm_read(struct span identifier, enum pledge_hash *hash)
{
	if (span_eq(identifier, span_of(with_sha256, sizeof(with_sha256))))
		*hash = PLEDGE_SHA256;
	else if (span_eq(identifier, span_of(with_sha384, sizeof(with_sha384))))
		*hash = PLEDGE_SHA384;
	else
		return false;
	return true;
}
