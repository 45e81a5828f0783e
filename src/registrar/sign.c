/* Signed requests of pledge and registrar (MP 8), see registrar.h. */
#include "registrar/registrar.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/fatal.h"

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

bool
identity_sign(const struct identity *i, struct span content,
    enum cms_content type, struct buf *out)
{
	struct cms_plan plan = { .content_type = type,
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

enum reason
request_sign(const struct identity *i, const struct voucher_request *q,
    enum cms_content type, struct buf *out, struct why *why)
{
	char *json = memory_new(REQUEST_JSON_MAX);
	size_t len;
	bool good;

	good = request_to_json(q, json, REQUEST_JSON_MAX, &len) &&
	    identity_sign(i, span_of(json, len), type, out);
	free(json);
	return good ? REASON_OK
		    : why_set(why, REASON_PAYLOAD_MALFORMED, -1,
			  "the request does not fit %d octets", FILE_MAX);
}
