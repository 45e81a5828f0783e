/* Who issued a device and what state it is in, see device.h. */
#include "model/device.h"

const char *
device_state_text(enum device_state state)
{
	static const char *const words[] = { "", "active", "held", "retired" };

	return (unsigned)state <= DEVICE_RETIRED ? words[state] : "";
}

bool
issuer_equal(const struct issuer *a, const struct issuer *b)
{
	return a->kind == b->kind && a->len == b->len &&
	    memcmp(a->bytes, b->bytes, a->len) == 0;
}

bool
device_issuer_is(const struct device *d, const struct issuer *i,
    const uint8_t name_sha256[HASH_SIZE])
{
	if (i->kind == ISSUER_KEY_ID && d->issuer.kind == ISSUER_KEY_ID)
		return issuer_equal(&d->issuer, i);
	return memcmp(d->issuer_name_sha256, name_sha256, HASH_SIZE) == 0;
}
