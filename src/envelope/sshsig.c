/* Signatures of OpenSSH keys, see sshsig.h. */
#include "envelope/sshsig.h"

#include "base/text.h"
#include "crypto/public_key.h"

#define BEGIN_LINE "-----BEGIN SSH SIGNATURE-----"
#define END_LINE   "-----END SSH SIGNATURE-----"
#define MAGIC	   "SSHSIG"
#define MAGIC_SIZE 6
#define SCALAR_MAX 48

/* A string of RFC 4251 5: its length in four octets, then that many. */
static bool
take_string(struct span *from, struct span *out)
{
	size_t len;

	if (from->len < 4)
		return false;
	len = (size_t)from->ptr[0] << 24 | (size_t)from->ptr[1] << 16 |
	    (size_t)from->ptr[2] << 8 | from->ptr[3];
	if (len > from->len - 4)
		return false;
	*out = span_of(from->ptr + 4, len);
	*from = span_of(from->ptr + 4 + len, from->len - 4 - len);
	return true;
}

static bool
take_text(struct span *from, const char *text)
{
	struct span s;

	return take_string(from, &s) && span_eq(s, span_str(text));
}

/* What stands in front of the point in a SubjectPublicKeyInfo (RFC 5480, 8410). */
static const uint8_t head_ed25519[] = { 0x30, 0x2a, 0x30, 0x05, 0x06, 0x03,
	0x2b, 0x65, 0x70, 0x03, 0x21, 0x00 };
static const uint8_t head_p256[] = { 0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a,
	0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce,
	0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00 };
static const uint8_t head_p384[] = { 0x30, 0x76, 0x30, 0x10, 0x06, 0x07, 0x2a,
	0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00,
	0x22, 0x03, 0x62, 0x00 };

static const struct kind {
	const char *name, *curve; /* curve NULL: Ed25519 */
	const uint8_t *head;
	size_t head_len, key_len, scalar;
	struct signature_algorithm algorithm;
} kinds[] = {
	{ "ssh-ed25519", NULL, head_ed25519, sizeof(head_ed25519), 32, 32,
	    { SIGNATURE_ED25519, HASH_NONE } },
	{ "ecdsa-sha2-nistp256", "nistp256", head_p256, sizeof(head_p256), 65,
	    32, { SIGNATURE_ECDSA, HASH_SHA256 } },
	{ "ecdsa-sha2-nistp384", "nistp384", head_p384, sizeof(head_p384), 97,
	    48, { SIGNATURE_ECDSA, HASH_SHA384 } },
};

static const struct kind *
kind_of(struct span name)
{
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (span_eq(name, span_str(kinds[i].name)))
			return &kinds[i];
	return NULL;
}

static const struct kind *
read_key(struct span blob, uint8_t spki[SPKI_MAX], size_t *spki_len)
{
	const struct kind *k;
	struct span name, key;

	if (!take_string(&blob, &name) || (k = kind_of(name)) == NULL ||
	    (k->curve != NULL && !take_text(&blob, k->curve)) ||
	    !take_string(&blob, &key) || blob.len != 0 || key.len != k->key_len)
		return NULL;
	memcpy(spki, k->head, k->head_len);
	memcpy(spki + k->head_len, key.ptr, key.len);
	*spki_len = k->head_len + key.len;
	return k;
}

bool
ssh_key_read(struct span blob, uint8_t spki[SPKI_MAX], size_t *spki_len)
{
	return read_key(blob, spki, spki_len) != NULL;
}

void
ssh_key_fingerprint(struct span blob, uint8_t out[HASH_SIZE])
{
	sha256(blob, out);
}

bool
sshsig_unarmour(struct span text, uint8_t out[SSHSIG_MAX], size_t *len)
{
	char base64[BASE64_SIZE(SSHSIG_MAX)];
	const uint8_t *at, *end;
	size_t n = 0;

	at = memmem(text.ptr, text.len, BEGIN_LINE, sizeof(BEGIN_LINE) - 1);
	if (at != text.ptr || at == NULL)
		return false;
	at += sizeof(BEGIN_LINE) - 1;
	end = memmem(at, text.len - (size_t)(at - text.ptr), END_LINE,
	    sizeof(END_LINE) - 1);
	for (; end != NULL && at < end; at++) {
		if (*at == '\n' || *at == '\r')
			continue;
		if (n == sizeof(base64) - 1)
			return false;
		base64[n++] = (char)*at;
	}
	return end != NULL &&
	    base64_decode(
		out, SSHSIG_MAX, len, span_of(base64, n), BASE64_STANDARD);
}

/* A positive mpint, minimal (RFC 4251 5), at the end of width octets. */
static bool
take_scalar(struct span *from, uint8_t *out, size_t width)
{
	struct span s;

	if (!take_string(from, &s) || s.len == 0 || (s.ptr[0] & 0x80) != 0)
		return false;
	if (s.ptr[0] == 0) {
		s = span_of(s.ptr + 1, s.len - 1);
		if (s.len == 0 || (s.ptr[0] & 0x80) == 0)
			return false;
	}
	if (s.len > width)
		return false;
	memset(out, 0, width - s.len);
	memcpy(out + width - s.len, s.ptr, s.len);
	return true;
}

static bool
holds(const struct kind *k, const struct public_key *key, struct span message,
    struct span signature)
{
	uint8_t fixed[2 * SCALAR_MAX];
	struct span name, value;

	if (!take_string(&signature, &name) ||
	    !span_eq(name, span_str(k->name)) ||
	    !take_string(&signature, &value) || signature.len != 0)
		return false;
	if (k->curve == NULL)
		return value.len == 64 &&
		    signature_verify(key, k->algorithm, message, value);
	return take_scalar(&value, fixed, k->scalar) &&
	    take_scalar(&value, fixed + k->scalar, k->scalar) &&
	    value.len == 0 &&
	    signature_verify_fixed(
		key, k->algorithm, message, span_of(fixed, 2 * k->scalar));
}

static size_t
put_string(uint8_t *out, struct span s)
{
	out[0] = (uint8_t)(s.len >> 24);
	out[1] = (uint8_t)(s.len >> 16);
	out[2] = (uint8_t)(s.len >> 8);
	out[3] = (uint8_t)s.len;
	if (s.len > 0)
		memcpy(out + 4, s.ptr, s.len);
	return 4 + s.len;
}

/* What the key signed: the message by its hash, bound to the namespace. */
static bool
signed_bytes(struct span name_space, struct span hash_name, struct span message,
    uint8_t out[256], size_t *len)
{
	uint8_t hash[64];
	enum hash_algorithm a = span_is(hash_name, "sha512") ? HASH_SHA512
	    : span_is(hash_name, "sha256")		     ? HASH_SHA256
							     : HASH_NONE;
	size_t n = MAGIC_SIZE;

	if (a == HASH_NONE || name_space.len > 64)
		return false;
	hash_bytes(a, message, hash);
	memcpy(out, MAGIC, MAGIC_SIZE);
	n += put_string(out + n, name_space);
	n += put_string(out + n, span_of(NULL, 0));
	n += put_string(out + n, hash_name);
	n += put_string(out + n, span_of(hash, a == HASH_SHA256 ? 32 : 64));
	*len = n;
	return true;
}

static enum reason
refused(struct why *why, const char *text)
{
	return why_set(why, REASON_OPERATOR_SIGNATURE, -1, "%s", text);
}

enum reason
sshsig_verify(struct span signature, const char *name_space,
    struct span message, uint8_t fingerprint[HASH_SIZE], struct why *why)
{
	static const uint8_t begin[] = { 'S', 'S', 'H', 'S', 'I', 'G', 0, 0, 0,
		1 };
	struct span in = signature, blob, reserved, hash_name, value;
	uint8_t spki[SPKI_MAX], bytes[256];
	const struct public_key *key;
	const struct kind *k;
	size_t spki_len, len;

	if (in.len < sizeof(begin) || memcmp(in.ptr, begin, sizeof(begin)) != 0)
		return refused(why, "it is no SSH signature of version 1");
	in = span_of(in.ptr + sizeof(begin), in.len - sizeof(begin));
	if (!take_string(&in, &blob))
		return refused(why, "it is cut short");
	if ((k = read_key(blob, spki, &spki_len)) == NULL)
		return refused(why, "its key is neither Ed25519 nor ECDSA");
	if (!take_text(&in, name_space))
		return refused(why, "it was made for another namespace");
	if (!take_string(&in, &reserved) || reserved.len != 0 ||
	    !take_string(&in, &hash_name) || !take_string(&in, &value) ||
	    in.len != 0)
		return refused(why, "it is malformed");
	if (!signed_bytes(
		span_str(name_space), hash_name, message, bytes, &len) ||
	    public_key_get(span_of(spki, spki_len), &key, why) != REASON_OK ||
	    !holds(k, key, span_of(bytes, len), value))
		return refused(why, "it is not over this statement");
	ssh_key_fingerprint(blob, fingerprint);
	return REASON_OK;
}
