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
	json_add_text(&o, "typ", "voucher-jws+json");
	if (p->certificates_len > 0) {
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

static struct span
protected_write(const struct object_plan *p, uint8_t room[8])
{
	struct cbor_out o;

	cbor_out_open(&o, room, 8);
	cbor_put_map(&o, 1);
	cbor_put_uint(&o, LABEL_ALG);
	cbor_put_int(&o, p384(p) ? -35 : -7);
	return span_of(o.buf, o.len);
}

bool
cose_covered_render(
    const struct object_plan *p, uint8_t *out, size_t cap, size_t *len)
{
	uint8_t header[8];
	struct cbor_out o;
	struct span written;

	cbor_out_open(&o, out, cap);
	cbor_put_array(&o, 4);
	cbor_put_string(&o, "Signature1");
	cbor_put_bytes(&o, protected_write(p, header));
	cbor_put_bytes(&o, span_of(NULL, 0));
	cbor_put_bytes(&o, p->content);
	if (cbor_out_span(&o, &written) != WIRE_OK)
		return false;
	*len = written.len;
	return true;
}

static void
bag_write(struct cbor_out *o, const struct object_plan *p)
{
	unsigned i;

	cbor_put_map(o, p->certificates_len > 0);
	if (p->certificates_len == 0)
		return;
	cbor_put_uint(o, LABEL_BAG);
	if (p->certificates_len > 1)
		cbor_put_array(o, p->certificates_len);
	for (i = 0; i < p->certificates_len; i++)
		cbor_put_bytes(o, p->certificates[i]);
}

bool
cose_assemble(const struct object_plan *p, struct span signature, uint8_t *out,
    size_t cap, size_t *len)
{
	uint8_t header[8], fixed[FIXED_MAX];
	struct cbor_out o;
	struct span written;

	if (!signature_to_fixed(signature, width(p), fixed))
		return false;
	cbor_out_open(&o, out, cap);
	cbor_put_tag(&o, TAG_SIGN1);
	cbor_put_array(&o, 4);
	cbor_put_bytes(&o, protected_write(p, header));
	bag_write(&o, p);
	cbor_put_bytes(&o, p->content);
	cbor_put_bytes(&o, span_of(fixed, 2 * width(p)));
	if (cbor_out_span(&o, &written) != WIRE_OK)
		return false;
	*len = written.len;
	return true;
}
