/*
 * JWS and COSE: what the readers take lies inside the bytes or the arena, a
 * signer is one of the object's own certificates; and the content as a voucher
 * in CBOR. Laid out by our writers, in both forms, the same parts are read again.
 */
#include "base/text.h"
#include "envelope/envelope.h"
#include "envelope/object_render.h"
#include "fuzz.h"
#include "model/voucher.h"

static bool
inside(struct span part, const uint8_t *bytes, size_t len)
{
	return part.ptr == NULL ||
	    (part.ptr >= bytes && part.len <= len &&
		part.ptr - bytes <= (ptrdiff_t)(len - part.len));
}

static void
content_try(struct span content)
{
	struct voucher v;
	struct why why;

	if (voucher_from_cbor(content, content.len % 2 == 1, &v, &why) !=
	    REASON_OK)
		return;
	require(v.serial[0] != '\0' && v.assertion != ASSERTION_NONE);
	require(inside(v.idevid_issuer, content.ptr, content.len));
	require(inside(v.pinned_domain_cert, content.ptr, content.len));
	require(inside(v.pinned_domain_pubk, content.ptr, content.len));
	require(inside(v.proprietary, content.ptr, content.len));
}

static void
same_parts(const struct object_plan *p, struct span bytes, struct span covered,
    enum artifact_format format)
{
	/* r and s, each as wide as the curve. */
	size_t width = p->algorithm.hash == HASH_SHA384 ? 48 : 32, i;
	size_t room = ENVELOPE_ARENA(bytes.len);
	static struct envelope again;
	uint8_t *arena = malloc(room);
	struct why why;

	require(arena != NULL);
	require(envelope_read(format, bytes, arena, room, &again, &why) ==
	    REASON_OK);
	require(span_eq(again.content, p->content));
	require(span_eq(again.object.covered, covered));
	require(again.object.algorithm.kind == p->algorithm.kind &&
	    again.object.algorithm.hash == p->algorithm.hash);
	require(again.object.signature.len == 2 * width);
	for (i = 0; i < 2 * width; i++)
		require(again.object.signature.ptr[i] ==
		    (i == width - 1		 ? 1
			    : i == 2 * width - 1 ? 2
						 : 0));
	require(again.certificates_len == p->certificates_len);
	for (i = 0; i < again.certificates_len; i++)
		require(span_eq(again.certificates[i].der, p->certificates[i]));
	free(arena);
}

static void
written_again(const struct envelope *e)
{
	static const uint8_t one_two[] = { 0x30, 6, 2, 1, 1, 2, 1, 2 };
	struct object_plan p = { .content = e->content,
		.algorithm = { SIGNATURE_ECDSA, HASH_SHA256 },
		.certificates_len = e->certificates_len };
	struct span signature = span_of(one_two, sizeof(one_two));
	uint8_t *covered, *whole;
	size_t room, n, len;
	unsigned i;

	if (e->object.algorithm.hash == HASH_SHA384)
		p.algorithm.hash = HASH_SHA384;
	for (i = 0; i < e->certificates_len; i++)
		p.certificates[i] = e->certificates[i].der;
	room = object_room(&p);
	covered = malloc(room);
	whole = malloc(room);
	require(covered != NULL && whole != NULL);
	require(jws_covered_render(&p, covered, room, &n));
	require(jws_assemble(
	    &p, span_of(covered, n), signature, whole, room, &len));
	same_parts(
	    &p, span_of(whole, len), span_of(covered, n), FORMAT_JWS_JSON);
	require(cose_covered_render(&p, covered, room, &n));
	require(cose_assemble(&p, signature, whole, room, &len));
	same_parts(
	    &p, span_of(whole, len), span_of(covered, n), FORMAT_COSE_CBOR);
	free(covered);
	free(whole);
}

uint64_t
input_read(const uint8_t *bytes, size_t len)
{
	enum artifact_format format = envelope_format(span_of(bytes, len));
	size_t room = ENVELOPE_ARENA(len);
	const struct certificate *signer = NULL;
	static struct envelope e;
	uint64_t digest = 0;
	struct why why;
	uint8_t *arena;
	unsigned i;

	content_try(span_of(bytes, len));
	if (format == FORMAT_CMS_JSON)
		return 0; /* fuzz_cms */
	arena = malloc(room);
	require(arena != NULL);
	if (envelope_read(format, span_of(bytes, len), arena, room, &e, &why) !=
	    REASON_OK)
		goto out;
	require(e.certificates_len <= OBJECT_CERTIFICATES_MAX);
	require(
	    inside(e.content, bytes, len) || inside(e.content, arena, room));
	require(inside(e.object.covered, arena, room));
	for (i = 0; i < e.certificates_len; i++)
		require(inside(e.certificates[i].der, bytes, len) ||
		    inside(e.certificates[i].der, arena, room));
	content_try(e.content);
	if (oracle_begin()) {
		written_again(&e);
		oracle_end();
	}
	if (envelope_verify(&e, &signer, &why) != REASON_OK)
		goto out;
	require(signer >= e.certificates &&
	    signer < e.certificates + e.certificates_len);
	digest = digest_add(ACCEPTED, e.content.ptr, e.content.len);
	digest = digest_add(digest, signer->der.ptr, signer->der.len);
out:
	free(arena);
	return digest;
}

#ifdef MUTATE
/*
 * A JWS is base64url in JSON: octets that a fuzzer changes there rarely make
 * another header. Half of its changes are made to the decoded text of the
 * protected header or of the payload, which is encoded again in its place; some
 * put an unprotected header in front.
 */

/* The characters between the quotes behind "name":", as they stand there. */
static bool
member_find(struct span text, const char *name, size_t *at, size_t *len)
{
	const uint8_t *p, *end;

	p = memmem(text.ptr, text.len, name, strlen(name));
	if (p == NULL)
		return false;
	p += strlen(name);
	end = memchr(p, '"', text.len - (size_t)(p - text.ptr));
	if (end == NULL)
		return false;
	*at = (size_t)(p - text.ptr);
	*len = (size_t)(end - p);
	return true;
}

/* An unprotected header in front of the protected one. */
static size_t
header_put(uint8_t *bytes, size_t len, size_t cap, unsigned seed)
{
	static const char *const headers[] = { "\"header\":{\"kid\":\"a\"},",
		"\"header\":{\"alg\":\"ES256\"},", "\"header\":{\"crit\":[]},",
		"\"header\":[]," };
	const char *put = headers[seed / 16 % 4];
	size_t n = strlen(put);
	uint8_t *at = memmem(bytes, len, "\"protected\"", 11);

	if (at == NULL || len + n > cap)
		return LLVMFuzzerMutate(bytes, len, cap);
	memmove(at + n, at, len - (size_t)(at - bytes));
	memcpy(at, put, n);
	return len + n;
}

size_t
LLVMFuzzerCustomMutator(uint8_t *bytes, size_t len, size_t cap, unsigned seed)
{
	static uint8_t inner[1 << 16];
	static char encoded[BASE64_SIZE(1 << 16)];
	size_t at, old, n, now;

	if (seed % 16 == 1 && len > 0 && bytes[0] == '{')
		return header_put(bytes, len, cap, seed);
	if (seed % 2 == 0 || len == 0 || bytes[0] != '{' ||
	    !member_find(span_of(bytes, len),
		seed % 3 > 0 ? "\"protected\":\"" : "\"payload\":\"", &at,
		&old) ||
	    !base64_decode(inner, sizeof(inner) / 2, &n,
		span_of(bytes + at, old), BASE64_URL))
		return LLVMFuzzerMutate(bytes, len, cap);
	n = LLVMFuzzerMutate(inner, n, sizeof(inner) / 2);
	base64url_encode(encoded, span_of(inner, n));
	now = strlen(encoded);
	if (len - old + now > cap)
		return LLVMFuzzerMutate(bytes, len, cap);
	memmove(bytes + at + now, bytes + at + old, len - at - old);
	memcpy(bytes + at, encoded, now);
	return len - old + now;
}
#endif
