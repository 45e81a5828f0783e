/* Reading of OpenSSH's keys and signatures, see ssh.h. */
#include "envelope/ssh.h"

#include "base/text.h"

#define LINE  70
#define BEGIN "-----BEGIN SSH SIGNATURE-----\n"
#define END   "-----END SSH SIGNATURE-----\n"
#define MAGIC "SSHSIG"

#define ED25519_SIZE	32
#define POINT_SIZE	65
#define SIGNATURE_SIZE	64
#define COORDINATE_SIZE 32

static const char ed25519_type[] = "ssh-ed25519";
static const char ecdsa_type[] = "ecdsa-sha2-nistp256";

/* --- strings: a length of four octets, and as many --- */

static bool
string_take(struct span *from, struct span *out)
{
	const uint8_t *p = from->ptr;
	size_t len;

	if (from->len < 4)
		return false;
	len =
	    (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
	if (len > from->len - 4)
		return false;
	*out = span_of(p + 4, len);
	*from = span_of(p + 4 + len, from->len - 4 - len);
	return true;
}

static size_t
string_put(uint8_t *out, struct span s)
{
	out[0] = out[1] = 0;
	out[2] = (uint8_t)(s.len >> 8);
	out[3] = (uint8_t)s.len;
	memcpy(out + 4, s.ptr, s.len);
	return 4 + s.len;
}

/* --- keys --- */

/* The octets of the key inside of its blob. */
static bool
blob_open(struct span blob, bool ecdsa, struct span *octets)
{
	struct span type, curve;

	if (!string_take(&blob, &type) ||
	    !span_is(type, ecdsa ? ecdsa_type : ed25519_type))
		return false;
	if (ecdsa &&
	    (!string_take(&blob, &curve) || !span_is(curve, "nistp256")))
		return false;
	return string_take(&blob, octets) && blob.len == 0 &&
	    octets->len == (ecdsa ? POINT_SIZE : ED25519_SIZE);
}

/* The key as public_key_get() takes it. */
static enum reason
native_key(
    const struct ssh_key *k, const struct public_key **out, struct why *why)
{
	static const uint8_t ed25519_head[] = { 0x30, 0x2a, 0x30, 5, 6, 3, 0x2b,
		0x65, 0x70, 3, 0x21, 0 };
	static const uint8_t ecdsa_head[] = { 0x30, 0x59, 0x30, 0x13, 6, 7,
		0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1, 6, 8, 0x2a, 0x86, 0x48,
		0xce, 0x3d, 3, 1, 7, 3, 0x42, 0 };
	size_t head = k->ecdsa ? sizeof(ecdsa_head) : sizeof(ed25519_head);
	uint8_t spki[sizeof(ecdsa_head) + POINT_SIZE];
	struct span octets;

	if (!blob_open(span_of(k->blob, k->len), k->ecdsa, &octets))
		return why_set(why, REASON_SSH_KEY, -1, "not well-formed");
	memcpy(spki, k->ecdsa ? ecdsa_head : ed25519_head, head);
	memcpy(spki + head, octets.ptr, octets.len);
	return public_key_get(span_of(spki, head + octets.len), out, why);
}

enum reason
ssh_key_read(struct span line, struct ssh_key *out, struct why *why)
{
	const uint8_t *blank = memchr(line.ptr, ' ', line.len);
	const struct public_key *native;
	struct span type, text;

	memset(out, 0, sizeof(*out));
	if (blank == NULL)
		return why_set(
		    why, REASON_SSH_KEY, -1, "no type and key with a blank");
	type = span_of(line.ptr, (size_t)(blank - line.ptr));
	text = span_of(blank + 1, line.len - type.len - 1);
	blank = memchr(text.ptr, ' ', text.len);
	if (blank != NULL)
		text.len = (size_t)(blank - text.ptr);
	out->ecdsa = span_is(type, ecdsa_type);
	if (!out->ecdsa && !span_is(type, ed25519_type))
		return why_set(why, REASON_SSH_KEY, -1,
		    "a type other than %s and %s", ed25519_type, ecdsa_type);
	if (!base64_decode(
		out->blob, sizeof(out->blob), &out->len, text, BASE64_STANDARD))
		return why_set(why, REASON_SSH_KEY, -1, "no base64");
	return native_key(out, &native, why);
}

void
ssh_key_print(const struct ssh_key *k, char out[SSH_PRINT_SIZE])
{
	char text[BASE64_SIZE(32)];
	uint8_t hash[32];

	sha256(span_of(k->blob, k->len), hash);
	base64_encode(text, span_of(hash, sizeof(hash)));
	text[43] = '\0'; /* without the padding */
	memcpy(out, "SHA256:", 7);
	memcpy(out + 7, text, 44);
}

/* --- signature files --- */

/* Lines of 70, the last one shorter or as long, nothing else. */
static bool
armor_open(struct span file, uint8_t *out, size_t *len)
{
	const size_t begin = strlen(BEGIN), end = strlen(END);
	char text[SSH_SIGNATURE_MAX];
	size_t at, n = 0, column = 0;

	if (file.len > SSH_SIGNATURE_MAX || file.len < begin + end ||
	    memcmp(file.ptr, BEGIN, begin) != 0 ||
	    memcmp(file.ptr + file.len - end, END, end) != 0 ||
	    file.ptr[file.len - end - 1] != '\n')
		return false;
	for (at = begin; at < file.len - end; at++) {
		bool last = at == file.len - end - 1;

		if (last && column > 0)
			break;
		if ((file.ptr[at] == '\n') != (column == LINE) || last)
			return false;
		column = column == LINE ? 0 : column + 1;
		if (column > 0)
			text[n++] = (char)file.ptr[at];
	}
	return base64_decode(
	    out, SSH_SIGNATURE_MAX, len, span_of(text, n), BASE64_STANDARD);
}

struct parts {
	struct span key, namespace, reserved, hash, signature;
};

/* The reserved string is for later versions: one that is used is not version 1. */
static bool
parts_read(struct span blob, struct parts *p)
{
	const size_t magic = strlen(MAGIC);
	static const uint8_t version[] = { 0, 0, 0, 1 };
	struct span rest;

	if (blob.len < magic + 4 || memcmp(blob.ptr, MAGIC, magic) != 0 ||
	    memcmp(blob.ptr + magic, version, 4) != 0)
		return false;
	rest = span_of(blob.ptr + magic + 4, blob.len - magic - 4);
	return string_take(&rest, &p->key) &&
	    string_take(&rest, &p->namespace) &&
	    string_take(&rest, &p->reserved) && p->reserved.len == 0 &&
	    string_take(&rest, &p->hash) && string_take(&rest, &p->signature) &&
	    rest.len == 0;
}

/* A positive number of at most 32 octets, shortest form, to fixed width. */
static bool
number_take(struct span *from, uint8_t out[COORDINATE_SIZE])
{
	struct span n;

	if (!string_take(from, &n) || n.len == 0 || (n.ptr[0] & 0x80) != 0 ||
	    (n.ptr[0] == 0 && (n.len == 1 || (n.ptr[1] & 0x80) == 0)))
		return false;
	if (n.ptr[0] == 0)
		n = span_of(n.ptr + 1, n.len - 1);
	if (n.len > COORDINATE_SIZE)
		return false;
	memset(out, 0, COORDINATE_SIZE);
	memcpy(out + COORDINATE_SIZE - n.len, n.ptr, n.len);
	return true;
}

/* The raw signature: r || s, or the 64 octets of Ed25519. */
static bool
signature_open(struct span s, bool ecdsa, uint8_t out[SIGNATURE_SIZE])
{
	struct span type, octets;

	if (!string_take(&s, &type) || !string_take(&s, &octets) ||
	    s.len != 0 || !span_is(type, ecdsa ? ecdsa_type : ed25519_type))
		return false;
	if (ecdsa)
		return number_take(&octets, out) &&
		    number_take(&octets, out + COORDINATE_SIZE) &&
		    octets.len == 0;
	if (octets.len != SIGNATURE_SIZE)
		return false;
	memcpy(out, octets.ptr, SIGNATURE_SIZE);
	return true;
}

/* What is signed has the magic in front, so that no signature of another protocol
 * passes for one of these. */
static bool
verify(const struct public_key *k, bool ecdsa, const struct parts *p,
    enum hash_algorithm hash, struct span message, const uint8_t *signature)
{
	struct signature_algorithm a = { ecdsa ? SIGNATURE_ECDSA
					       : SIGNATURE_ED25519,
		ecdsa ? HASH_SHA256 : HASH_NONE };
	uint8_t signed_[SSH_SIGNATURE_MAX + 96], digest[HASH_MAX];
	size_t len = strlen(MAGIC);

	hash_bytes(hash, message, digest);
	memcpy(signed_, MAGIC, len);
	len += string_put(signed_ + len, p->namespace);
	len += string_put(signed_ + len, p->reserved);
	len += string_put(signed_ + len, p->hash);
	len += string_put(signed_ + len, span_of(digest, hash_size(hash)));
	return signature_verify_fixed(
	    k, a, span_of(signed_, len), span_of(signature, SIGNATURE_SIZE));
}

enum reason
ssh_verify(const struct ssh_key *k, const char *namespace, struct span message,
    struct span file, struct why *why)
{
	uint8_t blob[SSH_SIGNATURE_MAX], signature[SIGNATURE_SIZE];
	const struct public_key *native;
	enum hash_algorithm hash;
	struct parts p;
	size_t len;
	enum reason r;

	if (!armor_open(file, blob, &len) ||
	    !parts_read(span_of(blob, len), &p) ||
	    !signature_open(p.signature, k->ecdsa, signature))
		return why_set(why, REASON_SSH_SIGNATURE, -1,
		    "not well-formed, or of another kind of key");
	if (!span_eq(p.key, span_of(k->blob, k->len)))
		return why_set(
		    why, REASON_SSH_SIGNATURE, -1, "made with another key");
	if (!span_is(p.namespace, namespace))
		return why_set(why, REASON_SSH_SIGNATURE, -1,
		    "not made for the namespace %s", namespace);
	hash = span_is(p.hash, "sha512") ? HASH_SHA512
	    : span_is(p.hash, "sha256")	 ? HASH_SHA256
					 : HASH_NONE;
	if (hash == HASH_NONE)
		return why_set(
		    why, REASON_SSH_SIGNATURE, -1, "another hash algorithm");
	if ((r = native_key(k, &native, why)) != REASON_OK)
		return r;
	if (!verify(native, k->ecdsa, &p, hash, message, signature))
		return why_set(why, REASON_SSH_SIGNATURE, -1,
		    "it does not verify over these octets");
	return REASON_OK;
}
