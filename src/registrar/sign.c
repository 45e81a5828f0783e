/* Signed requests of pledge and registrar (MP 8 to 10), see registrar.h. */
#include "registrar/registrar.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/fatal.h"
#include "envelope/object_render.h"

#define ATTRIBUTES_ROOM 512

/* The chain behind the first certificate, without repeating one. */
static enum reason
chain_add(struct identity *i, const struct certificate_file *f, struct why *why)
{
	unsigned n, m;

	for (n = 0; n < f->len; n++) {
		for (m = 0; m < i->len; m++)
			if (span_eq(i->chain[m], f->list[n].der))
				break;
		if (m < i->len)
			continue;
		if (i->len == CHAIN_MAX)
			return why_set(why, REASON_CMS_CERTIFICATES, -1,
			    "a chain of more than %d certificates", CHAIN_MAX);
		i->chain[i->len++] = f->list[n].der;
	}
	return REASON_OK;
}

enum reason
identity_load(struct identity *out, const char *key_path,
    const char *certificate_path, const char *chain_path,
    const char *passphrase_path, struct why *why)
{
	enum reason r;

	memset(out, 0, sizeof(*out));
	if ((r = certificates_load(&out->own, certificate_path, why)) !=
		REASON_OK ||
	    (r = key_load(&out->key, key_path, passphrase_path, why)) !=
		REASON_OK)
		return r;
	if (!span_eq(private_key_spki(out->key), out->own.list[0].spki))
		return why_set(why, REASON_CA_MISMATCH, -1,
		    "%s is not the key of %s", key_path, certificate_path);
	if ((r = chain_add(out, &out->own, why)) != REASON_OK ||
	    chain_path == NULL)
		return r;
	if ((r = certificates_load(&out->more, chain_path, why)) != REASON_OK)
		return r;
	return chain_add(out, &out->more, why);
}

void
identity_free(struct identity *i)
{
	private_key_free(i->key);
	certificates_free(&i->own);
	certificates_free(&i->more);
	memset(i, 0, sizeof(*i));
}

static bool
cms_sign(const struct identity *i, const struct request_form *form,
    struct span content, struct buf *out)
{
	struct cms_plan plan = { .content_type = form->content_type,
		.content = content,
		.signing_time = clock_now(),
		.digest = private_key_signature(i->key).hash,
		.signature_algorithm = private_key_algorithm(i->key),
		.certificates_len = i->len };
	uint8_t attributes[ATTRIBUTES_ROOM], signature[SIGNATURE_SIZE_MAX];
	size_t attributes_len, signature_len, len, room = CMS_OVERHEAD;
	uint8_t *place;
	unsigned n;

	for (n = 0; n < i->len; n++) {
		plan.certificates[n] = i->chain[n];
		room += i->chain[n].len;
	}
	room += content.len;
	if (!cms_attributes_render(
		&plan, attributes, sizeof(attributes), &attributes_len))
		fatal("signed attributes do not fit");
	private_key_sign(i->key, span_of(attributes, attributes_len), signature,
	    &signature_len);
	if ((place = buf_reserve(out, room)) == NULL ||
	    !cms_assemble(&plan, span_of(attributes, attributes_len),
		span_of(signature, signature_len), place, room, &len))
		return false;
	out->len += len;
	return true;
}

/* JWS and COSE: what is covered, its signature, the whole. */
static bool
object_sign(const struct identity *i, const struct object_plan *plan, bool cose,
    struct buf *out)
{
	size_t room = object_room(plan), covered_len, signature_len, len;
	uint8_t signature[SIGNATURE_SIZE_MAX], *covered = memory_new(room);
	uint8_t *place = buf_reserve(out, room);
	struct span bytes;
	bool good;

	good = place != NULL &&
	    (cose ? cose_covered_render : jws_covered_render)(
		plan, covered, room, &covered_len);
	if (good) {
		bytes = span_of(covered, covered_len);
		private_key_sign(i->key, bytes, signature, &signature_len);
		good = cose
		    ? cose_assemble(plan, span_of(signature, signature_len),
			  place, room, &len)
		    : jws_assemble(plan, bytes,
			  span_of(signature, signature_len), place, room, &len);
	}
	if (good)
		out->len += len;
	free(covered);
	return good;
}

static enum reason
plan_certificate(struct object_plan *plan, struct span der, struct why *why)
{
	unsigned n;

	for (n = 0; n < plan->certificates_len; n++)
		if (span_eq(plan->certificates[n], der))
			return REASON_OK;
	if (plan->certificates_len == OBJECT_CERTIFICATES_MAX)
		return why_set(why, REASON_CONTAINER_CERTIFICATES, -1,
		    "more than %d", OBJECT_CERTIFICATES_MAX);
	plan->certificates[plan->certificates_len++] = der;
	return REASON_OK;
}

static enum reason
plan_make(const struct identity *i, const struct request_form *form,
    struct span content, struct object_plan *plan, struct why *why)
{
	enum reason r = REASON_OK;
	unsigned n;

	plan->content = content;
	plan->algorithm = private_key_signature(i->key);
	plan->key_id = form->key_id;
	for (n = 0; r == REASON_OK && n < i->len && !form->bare; n++)
		r = plan_certificate(plan, i->chain[n], why);
	for (n = 0; r == REASON_OK && form->bag != NULL && n < form->bag->len;
	     n++)
		r = plan_certificate(plan, form->bag->list[n].der, why);
	return r;
}

enum reason
format_option(const char *text, enum artifact_format *out, struct why *why)
{
	if (text == NULL)
		return REASON_OK;
	if (strcmp(text, "cms") == 0)
		*out = FORMAT_CMS_JSON;
	else if (strcmp(text, "jws") == 0)
		*out = FORMAT_JWS_JSON;
	else if (strcmp(text, "cose") == 0)
		*out = FORMAT_COSE_CBOR;
	else
		return why_set(why, REASON_ADMIN_ARGUMENT, -1,
		    "--format: cms, jws or cose");
	return REASON_OK;
}

enum reason
content_sign(const struct identity *i, struct span content,
    const struct request_form *form, struct buf *out, struct why *why)
{
	bool cose = form->format == FORMAT_COSE_CBOR, good;
	struct object_plan plan = { 0 };
	enum reason r;

	if (form->format == FORMAT_CMS_JSON)
		good = cms_sign(i, form, content, out);
	else if ((r = plan_make(i, form, content, &plan, why)) == REASON_OK)
		good = object_sign(i, &plan, cose, out);
	else
		return r;
	return good ? REASON_OK
		    : why_set(why, REASON_PAYLOAD_MALFORMED, -1,
			  "the request does not fit %d octets", FILE_MAX);
}

enum reason
request_sign(const struct identity *i, const struct voucher_request *q,
    const struct request_form *form, struct buf *out, struct why *why)
{
	bool cose = form->format == FORMAT_COSE_CBOR, good;
	uint8_t *room = memory_new(REQUEST_MAX);
	enum reason r;
	size_t len;

	good = cose ? request_to_cbor(q, room, REQUEST_MAX, &len)
		    : request_to_json(q, (char *)room, REQUEST_MAX, &len);
	r = good
	    ? content_sign(i, span_of(room, len), form, out, why)
	    : why_set(why, REASON_PAYLOAD_MALFORMED, -1,
		  "the request does not fit %d octets%s", REQUEST_MAX,
		  cose ? ", or its nonce is no base64 of 8 to 32 octets" : "");
	free(room);
	return r;
}
