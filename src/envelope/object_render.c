/* Writing JWS and COSE_Sign1, see object_render.h. */
#include "envelope/object_render.h"

#include "base/text.h"
#include "wire/cbor.h"
#include "wire/json.h"

#define HEADER_ROOM 128
#define FIXED_MAX   (2 * 48)
#define LABEL_ALG   1
#define LABEL_BAG   32
#define TAG_SIGN1   18

static size_t
certificates_size(const struct object_plan *p)
{
	size_t n = 0;
	unsigned i;

	for (i = 0; i < p->certificates_len; i++)
		n += p->certificates[i].len + HEADER_ROOM;
	return n;
}

/* A JWS holds base64 of base64 of the certificates, and needs the inner one beside
 * it for a while; of the content it holds base64. */
size_t
object_room(const struct object_plan *p)
{
	return certificates_size(p) * 4 + p->content.len * 2 + 1024;
}

static bool
p384(const struct object_plan *p)
{
	return p->algorithm.hash == HASH_SHA384;
}

/* Octets of r and of s. */
static size_t
width(const struct object_plan *p)
{
	return p384(p) ? 48 : 32;
}

/* --- JWS --- */

/* {"alg":..,"typ":..,"x5c":[..]} at the end of the room, which is where the
 * base64 of it in front does not reach before it has been read. */
static bool
header_write(
    const struct object_plan *p, char *out, size_t cap, struct span *written)
{
	struct json_out o;
	unsigned i;

	json_out_open(&o, out, cap);
	json_begin_object(&o);
	json_add_text(&o, "alg", p384(p) ? "ES384" : "ES256");
	if (p->key_id != NULL)
		json_add_text(&o, "kid", p->key_id);
	else
		json_add_text(&o, "typ", "voucher-jws+json");
	if (p->key_id == NULL && p->certificates_len > 0) {
		json_put_name(&o, "x5c");
		json_begin_array(&o);
		for (i = 0; i < p->certificates_len; i++)
			json_put_base64(&o, p->certificates[i]);
		json_end_array(&o);
	}
	json_end_object(&o);
	return json_out_span(&o, written) == WIRE_OK;
}

bool
jws_covered_render(
    const struct object_plan *p, uint8_t *out, size_t cap, size_t *len)
{
	size_t header_room = certificates_size(p) * 3 / 2 + HEADER_ROOM, n;
	struct span header;
	char *text = (char *)out;

	if (cap < header_room)
		return false;
	if (!header_write(p, text + cap - header_room, header_room, &header) ||
	    BASE64_SIZE(header.len) + BASE64_SIZE(p->content.len) >
		cap - header_room)
		return false;
	base64url_encode(text, header);
	n = strlen(text);
	text[n++] = '.';
	base64url_encode(text + n, p->content);
	*len = n + strlen(text + n);
	return true;
}

static void
put(struct span piece, uint8_t *out, size_t *len)
{
	memcpy(out + *len, piece.ptr, piece.len);
	*len += piece.len;
}

bool
jws_assemble(const struct object_plan *p, struct span covered,
    struct span signature, uint8_t *out, size_t cap, size_t *len)
{
	const uint8_t *dot = memchr(covered.ptr, '.', covered.len);
	char text[BASE64_SIZE(FIXED_MAX)];
	uint8_t fixed[FIXED_MAX];
	struct span header, payload;

	if (dot == NULL || cap < covered.len + sizeof(text) + HEADER_ROOM ||
	    !signature_to_fixed(signature, width(p), fixed))
		return false;
	base64url_encode(text, span_of(fixed, 2 * width(p)));
	header = span_of(covered.ptr, (size_t)(dot - covered.ptr));
	payload = span_of(dot + 1, covered.len - header.len - 1);
	*len = 0;
	put(span_str("{\"payload\":\""), out, len);
	put(payload, out, len);
	put(span_str("\",\"signatures\":[{\"protected\":\""), out, len);
	put(header, out, len);
	put(span_str("\",\"signature\":\""), out, len);
	put(span_str(text), out, len);
	put(span_str("\"}]}"), out, len);
	return true;
}

/* --- COSE --- */

/* The label and what it has; nothing for nobody. */
static void
bag_write(struct cbor_out *o, const struct object_plan *p)
{
	unsigned i;

	cbor_put_uint(o, LABEL_BAG);
	if (p->certificates_len > 1)
		cbor_put_array(o, p->certificates_len);
	for (i = 0; i < p->certificates_len; i++)
		cbor_put_bytes(o, p->certificates[i]);
}

static bool
has_bag(const struct object_plan *p, enum bag_place place)
{
	return p->certificates_len > 0 &&
	    (p->bag == place || p->bag == BAG_BOTH);
}

/* The protected header at the end of the room, which is less by it. */
static bool
protected_write(
    const struct object_plan *p, uint8_t *out, size_t *cap, struct span *header)
{
	bool bag = has_bag(p, BAG_PROTECTED);
	size_t room = HEADER_ROOM + (bag ? certificates_size(p) : 0);
	struct cbor_out o;

	if (*cap < room)
		return false;
	*cap -= room;
	cbor_out_open(&o, out + *cap, room);
	cbor_put_map(&o, bag ? 2 : 1);
	cbor_put_uint(&o, LABEL_ALG);
	cbor_put_int(&o, p384(p) ? -35 : -7);
	if (bag)
		bag_write(&o, p);
	return cbor_out_span(&o, header) == WIRE_OK;
}

bool
cose_covered_render(
    const struct object_plan *p, uint8_t *out, size_t cap, size_t *len)
{
	struct span header, written;
	struct cbor_out o;

	if (!protected_write(p, out, &cap, &header))
		return false;
	cbor_out_open(&o, out, cap);
	cbor_put_array(&o, 4);
	cbor_put_string(&o, "Signature1");
	cbor_put_bytes(&o, header);
	cbor_put_bytes(&o, span_of(NULL, 0));
	cbor_put_bytes(&o, p->content);
	if (cbor_out_span(&o, &written) != WIRE_OK)
		return false;
	*len = written.len;
	return true;
}

bool
cose_assemble(const struct object_plan *p, struct span signature, uint8_t *out,
    size_t cap, size_t *len)
{
	bool bag = has_bag(p, BAG_UNPROTECTED);
	struct span header, written;
	uint8_t fixed[FIXED_MAX];
	struct cbor_out o;

	if (!signature_to_fixed(signature, width(p), fixed) ||
	    !protected_write(p, out, &cap, &header))
		return false;
	cbor_out_open(&o, out, cap);
	cbor_put_tag(&o, TAG_SIGN1);
	cbor_put_array(&o, 4);
	cbor_put_bytes(&o, header);
	cbor_put_map(&o, bag);
	if (bag)
		bag_write(&o, p);
	cbor_put_bytes(&o, p->content);
	cbor_put_bytes(&o, span_of(fixed, 2 * width(p)));
	if (cbor_out_span(&o, &written) != WIRE_OK)
		return false;
	*len = written.len;
	return true;
}
