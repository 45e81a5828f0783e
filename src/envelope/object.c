/* Signatures of JWS and COSE_Sign1, see object.h. */
#include "envelope/object.h"

bool
object_verify_key(const struct signed_object *o, struct span spki)
{
	const struct public_key *key;

	return public_key_get(spki, &key, NULL) == REASON_OK &&
	    (o->curve == KEY_NONE || public_key_type(key) == o->curve) &&
	    signature_verify_fixed(key, o->algorithm, o->covered, o->signature);
}

enum reason
object_verify(const struct signed_object *o, const struct certificate **signer,
    struct why *why)
{
	uint64_t begun = signature_work();
	unsigned i;

	if (o->unnamed)
		return why_set(why, REASON_ALGORITHM, -1,
		    "the protected header names no alg");
	if (o->certificates_len == 0)
		return why_set(why, REASON_SIGNER_UNKNOWN, -1,
		    "the container holds no certificate");
	for (i = 0; i < o->certificates_len; i++) {
		if (signature_work() - begun > SIGNER_WORK_MAX)
			return why_set(why, REASON_REQUEST_COSTLY, -1,
			    "the signer is none of the first certificates");
		if (!object_verify_key(o, o->certificates[i].spki))
			continue;
		*signer = &o->certificates[i];
		return REASON_OK;
	}
	return why_set(why, REASON_REQUEST_SIGNATURE, -1,
	    "none of the %u certificates verifies it", o->certificates_len);
}
