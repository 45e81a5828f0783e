/* Reading of OpenSSH's keys and signatures, see ssh.h. */
#include "envelope/ssh.h"

#include "base/text.h"

#define LINE  70
#define BEGIN "-----BEGIN SSH SIGNATURE-----\n"
#define END   "-----END SSH SIGNATURE-----\n"
#define MAGIC "SSHSIG"

#define POINT_MAX     97
#define SIGNATURE_MAX 96
#define HEAD_MAX      26

/* A kind of key: its names, its octets and what stands before them in a
 * SubjectPublicKeyInfo, the octets of a signature. */
static const struct kind {
	enum key_type type;
	const char *name, *curve;
	size_t size, signature, head_len;
	struct signature_algorithm algorithm;
	uint8_t head[HEAD_MAX];
} kinds[] = {
	{ KEY_ED25519, "ssh-ed25519", NULL, 32, 64, 12,
	    { SIGNATURE_ED25519, HASH_NONE },
	    { 0x30, 0x2a, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 3, 0x21, 0 } },
	{ KEY_P256, "ecdsa-sha2-nistp256", "nistp256", 65, 64, 26,
	    { SIGNATURE_ECDSA, HASH_SHA256 },
	    { 0x30, 0x59, 0x30, 0x13, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1,
		6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7, 3, 0x42, 0 } },
	{ KEY_P384, "ecdsa-sha2-nistp384", "nistp384", 97, 96, 23,
	    { SIGNATURE_ECDSA, HASH_SHA384 },
	    { 0x30, 0x76, 0x30, 0x10, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1,
		6, 5, 0x2b, 0x81, 4, 0, 0x22, 3, 0x62, 0 } },
};

/* NULL: another one. */
static const struct kind *
kind_of(struct span name)
{
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (span_is(name, kinds[i].name))
			return &kinds[i];
	return NULL;
}

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

/* The octets of the key inside of its blob; NULL if it is none. */
static const struct kind *
blob_open(struct span blob, struct span *octets)
{
	const struct kind *kind;
	struct span name, curve;

	if (!string_take(&blob, &name) || (kind = kind_of(name)) == NULL)
		return NULL;
	if (kind->curve != NULL &&
	    (!string_take(&blob, &curve) || !span_is(curve, kind->curve)))
		return NULL;
	return string_take(&blob, octets) && blob.len == 0 &&
		octets->len == kind->size
	    ? kind
	    : NULL;
}

/* The key as public_key_get() takes it. */
static enum reason
native_key(
    const struct ssh_key *k, const struct public_key **out, struct why *why)
{
	uint8_t spki[HEAD_MAX + POINT_MAX];
	const struct kind *kind;
	struct span octets;

	kind = blob_open(span_of(k->blob, k->len), &octets);
	if (kind == NULL || kind->type != k->type)
		return why_set(why, REASON_SSH_KEY, -1, "not well-formed");
	memcpy(spki, kind->head, kind->head_len);
	memcpy(spki + kind->head_len, octets.ptr, octets.len);
	return public_key_get(
	    span_of(spki, kind->head_len + octets.len), out, why);
}

enum reason
ssh_key_read(struct span line, struct ssh_key *out, struct why *why)
{
	const uint8_t *blank = memchr(line.ptr, ' ', line.len);
	const struct public_key *native;
	const struct kind *kind;
	struct span text;

	memset(out, 0, sizeof(*out));
	if (blank == NULL)
		return why_set(
		    why, REASON_SSH_KEY, -1, "no type and key with a blank");
	kind = kind_of(span_of(line.ptr, (size_t)(blank - line.ptr)));
	if (kind == NULL)
		return why_set(why, REASON_SSH_KEY, -1,
		    "a type other than %s, %s and %s", kinds[0].name,
		    kinds[1].name, kinds[2].name);
	text = span_of(blank + 1, line.len - (size_t)(blank + 1 - line.ptr));
	blank = memchr(text.ptr, ' ', text.len);
	if (blank != NULL)
		text.len = (size_t)(blank - text.ptr);
	out->type = kind->type;
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
bool
ssh_unarmour(struct span file, uint8_t out[SSH_SIGNATURE_MAX], size_t *len)
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

/* A positive number in shortest form, to its width. */
static bool
number_take(struct span *from, uint8_t *out, size_t width)
{
	struct span n;

	if (!string_take(from, &n) || n.len == 0 || (n.ptr[0] & 0x80) != 0 ||
	    (n.ptr[0] == 0 && (n.len == 1 || (n.ptr[1] & 0x80) == 0)))
		return false;
	if (n.ptr[0] == 0)
		n = span_of(n.ptr + 1, n.len - 1);
	if (n.len > width)
		return false;
	memset(out, 0, width);
	memcpy(out + width - n.len, n.ptr, n.len);
	return true;
}

/* The raw signature: r || s, or the 64 octets of Ed25519. */
static bool
signature_open(
    struct span s, const struct kind *kind, uint8_t out[SIGNATURE_MAX])
{
	const size_t width = kind->signature / 2;
	struct span name, octets;

	if (!string_take(&s, &name) || !string_take(&s, &octets) ||
	    s.len != 0 || kind_of(name) != kind)
		return false;
	if (kind->curve != NULL)
		return number_take(&octets, out, width) &&
		    number_take(&octets, out + width, width) && octets.len == 0;
	if (octets.len != kind->signature)
		return false;
	memcpy(out, octets.ptr, octets.len);
	return true;
}

/* What is signed has the magic in front, so that no signature of another protocol
 * passes for one of these. */
static bool
verify(const struct public_key *k, const struct kind *kind,
    const struct parts *p, enum hash_algorithm hash, struct span message,
    const uint8_t *signature)
{
	uint8_t signed_[SSH_SIGNATURE_MAX + 96], digest[HASH_MAX];
	size_t len = strlen(MAGIC);

	hash_bytes(hash, message, digest);
	memcpy(signed_, MAGIC, len);
	len += string_put(signed_ + len, p->namespace);
	len += string_put(signed_ + len, p->reserved);
	len += string_put(signed_ + len, p->hash);
	len += string_put(signed_ + len, span_of(digest, hash_size(hash)));
	return signature_verify_fixed(k, kind->algorithm, span_of(signed_, len),
	    span_of(signature, kind->signature));
}

enum reason
ssh_verify(const struct ssh_key *k, const char *namespace, struct span message,
    struct span file, struct why *why)
{
	uint8_t blob[SSH_SIGNATURE_MAX], signature[SIGNATURE_MAX];
	const struct public_key *native;
	const struct kind *kind;
	struct span octets;
	enum hash_algorithm hash;
	struct parts p;
	size_t len;
	enum reason r;

	kind = blob_open(span_of(k->blob, k->len), &octets);
	if (kind == NULL || !ssh_unarmour(file, blob, &len) ||
	    !parts_read(span_of(blob, len), &p) ||
	    !signature_open(p.signature, kind, signature))
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
	if (!verify(native, kind, &p, hash, message, signature))
		return why_set(why, REASON_SSH_SIGNATURE, -1,
		    "it does not verify over these octets");
	return REASON_OK;
}
