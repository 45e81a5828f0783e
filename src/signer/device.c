/* Devices: what their fields may be, their tag, and imported ones. */
#include "crypto/hash/hash.h"
#include "model/product.h"
#include "model/serial.h"
#include "signer/signer.h"
#include "wire/cbor.h"

static bool
issuer_valid(const struct issuer *i)
{
	return (i->kind == ISSUER_KEY_ID && i->len > 0 &&
		   i->len <= KEY_ID_MAX) ||
	    (i->kind == ISSUER_NAME && i->len == HASH_SIZE);
}

static bool
hash_given(const uint8_t hash[HASH_SIZE])
{
	static const uint8_t none[HASH_SIZE];

	return memcmp(hash, none, HASH_SIZE) != 0;
}

enum reason
device_check(const struct device *d, struct why *why)
{
	struct why inner;

	if (serial_check(span_str(d->serial), &inner) != REASON_OK)
		return why_set(
		    why, REASON_SIGNER_FACTS, -1, "serial: %.150s", inner.text);
	if (!product_name_valid(d->product))
		return why_set(why, REASON_SIGNER_FACTS, -1, "product");
	if (!issuer_valid(&d->issuer))
		return why_set(why, REASON_SIGNER_FACTS, -1, "issuer");
	if (!hash_given(d->spki_sha256))
		return why_set(why, REASON_SIGNER_FACTS, -1, "spki_sha256");
	return REASON_OK;
}

void
device_tag(
    const struct secret *key, const struct device *d, uint8_t out[HASH_SIZE])
{
	uint8_t room[512];
	struct cbor_out o;

	cbor_out_open(&o, room, sizeof(room)); /* at most 320 are needed */
	cbor_put_array(&o, 7);
	cbor_put_string(&o, "hallmark-device-tag-1");
	cbor_put_string(&o, d->serial);
	cbor_put_uint(&o, d->issuer.kind);
	cbor_put_bytes(&o, span_of(d->issuer.bytes, d->issuer.len));
	cbor_put_string(&o, d->product);
	cbor_put_bytes(&o, span_of(d->spki_sha256, HASH_SIZE));
	cbor_put_uint(&o, d->key_slot);
	hmac_sha256(span_of(key->ptr, key->len), span_of(o.buf, o.len), out);
}

/* A device that another CA certified: recorded, then tagged. */
enum reason
device_prepare(struct signer *s, struct order *o)
{
	struct device *d = &o->device.device;
	enum reason r = device_check(d, &o->why);

	if (r == REASON_OK)
		r = ledger_serial_foreign(
		    journal_ledger(s->journal), d->serial, &o->why);
	if (r != REASON_OK)
		return r;
	d->origin = ORIGIN_IMPORTED;
	d->state = DEVICE_ACTIVE;
	o->record.kind = RECORD_DEVICE;
	o->record.device.device = *d;
	memset(o->record.device.device.tag, 0, HASH_SIZE);
	device_tag(&s->tag_key, d, d->tag);
	o->result = *d;
	return REASON_OK;
}
