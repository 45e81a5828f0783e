/* One of three forms, see envelope.h. */
#include "envelope/envelope.h"

#include "wire/der.h"

enum artifact_format
envelope_format(struct span bytes)
{
	size_t i = 0;

	while (i < bytes.len &&
	    (bytes.ptr[i] == ' ' || bytes.ptr[i] == '\t' ||
		bytes.ptr[i] == '\n' || bytes.ptr[i] == '\r'))
		i++;
	if (i < bytes.len && bytes.ptr[i] == '{')
		return FORMAT_JWS_JSON;
	if (bytes.len == 0)
		return FORMAT_NONE;
	switch (bytes.ptr[0]) {
	case DER_SEQUENCE:
		return FORMAT_CMS_JSON;
	case 0xd2: /* tag 18 */
	case 0x84: /* an array of four */
		return FORMAT_COSE_CBOR;
	case 'e': /* {" in base64url begins so */
		return FORMAT_JWS_JSON;
	default:
		return FORMAT_NONE;
	}
}

static void
take_object(struct envelope *e)
{
	e->content = e->object.content;
	e->certificates = e->object.certificates;
	e->certificates_len = e->object.certificates_len;
}

enum reason
envelope_read(enum artifact_format format, struct span bytes, uint8_t *arena,
    size_t arena_len, struct envelope *out, struct why *why)
{
	enum reason r = REASON_OK;

	/* Each reader clears its own, which is large. */
	out->format = format;
	out->content = span_of(NULL, 0);
	out->certificates = NULL;
	out->certificates_len = 0;
	switch (format) {
	case FORMAT_CMS_JSON:
		r = cms_read(bytes, &out->cms, why);
		out->content = out->cms.content;
		out->certificates = out->cms.certificates;
		out->certificates_len = out->cms.certificates_len;
		return r;
	case FORMAT_JWS_JSON:
		r = jws_read(bytes, arena, arena_len, &out->object, why);
		take_object(out);
		return r;
	case FORMAT_COSE_CBOR:
		r = cose_read(bytes, arena, arena_len, &out->object, why);
		take_object(out);
		return r;
	case FORMAT_NONE:
		break;
	}
	return why_set(why, REASON_MEDIA_TYPE, -1,
	    "it begins neither as CMS nor as JWS nor as COSE");
}

enum reason
envelope_verify(const struct envelope *e, const struct certificate **signer,
    struct why *why)
{
	return e->format == FORMAT_CMS_JSON
	    ? cms_verify(&e->cms, signer, why)
	    : object_verify(&e->object, signer, why);
}

bool
envelope_verify_key(const struct envelope *e, struct span spki)
{
	return e->format != FORMAT_CMS_JSON &&
	    object_verify_key(&e->object, spki);
}

bool
envelope_algorithm_in_cose(const struct envelope *e)
{
	struct signature_algorithm a = e->format == FORMAT_CMS_JSON
	    ? e->cms.signature_algorithm
	    : e->object.algorithm;

	return a.kind == SIGNATURE_ED25519 ||
	    (a.kind == SIGNATURE_ECDSA && a.hash != HASH_SHA512);
}
