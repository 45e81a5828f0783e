/*
 * A device as the asset database knows it, without its certificate.
 */
#ifndef MODEL_DEVICE_H
#define MODEL_DEVICE_H

#include "model/names.h"

struct device {
	char serial[SERIAL_MAX + 1];
	char product[PRODUCT_NAME_MAX + 1];
	struct issuer issuer; /* ISSUER_KEY_ID: AKI of its IDevID */
	uint8_t
	    issuer_name_sha256[HASH_SIZE]; /* SHA-256 of the issuer Name, DER */
	uint8_t spki_sha256[HASH_SIZE];
	uint8_t certificate_sha256[HASH_SIZE];
	uint32_t key_slot;	/* voucher key slot, 0 in layout 3.1 */
	uint8_t tag[HASH_SIZE]; /* the signer's MAC over the above */
	enum device_state state;
	enum device_origin origin;
};

/* "active", "held", "retired"; empty for a device that is none of these yet. */
const char *device_state_text(enum device_state state);
bool issuer_equal(const struct issuer *a, const struct issuer *b);
/* Was it issued by this one, whose Name has this hash? Records of old hold the Name
 * alone, where a certificate had no AKI. */
bool device_issuer_is(const struct device *d, const struct issuer *i,
    const uint8_t name_sha256[HASH_SIZE]);

#endif
