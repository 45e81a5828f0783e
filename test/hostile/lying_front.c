/* hallmark-front, lying in its CHECK frames; see lies.h. */
#include "lies.h"

const enum message lies_about = MESSAGE_CHECK;

static const struct lie_field fields[] = {
	LIE(LIE_NUMBER, message_check, kind),
	LIE(LIE_NUMBER, message_check, format),
	LIE(LIE_NUMBER, message_check, reply),
	LIE(LIE_BYTES, message_check, client_sha256),
	LIE(LIE_BYTES, message_check, client_spki_sha256),
	LIE(LIE_BYTES, message_check, address),
	LIE(LIE_BYTES, message_check, correlation),
	LIE(LIE_NUMBER, message_check, legacy),
	LIE(LIE_NUMBER, message_check, allowed),
	LIE(LIE_SPAN, message_check, body),
};

void __real_message_check_put(
    struct cbor_out *o, const struct message_check *m);
void __wrap_message_check_put(
    struct cbor_out *o, const struct message_check *m);

void
__wrap_message_check_put(struct cbor_out *o, const struct message_check *m)
{
	struct message_check lie = *m;

	lies_tell(fields, sizeof(fields) / sizeof(fields[0]), &lie);
	__real_message_check_put(o, &lie);
}
