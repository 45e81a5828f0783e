/* hallmark-front, lying in its CHECK frames and, by the words fetch.*, in its FETCH
 * frames; see lies.h. */
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

static const struct lie_field fetch_fields[] = {
	LIE_OF("fetch", LIE_BYTES, message_fetch, slug),
	LIE_OF("fetch", LIE_BYTES, message_fetch, client_spki_sha256),
};

LYING(check, message_check, fields);
LYING(fetch, message_fetch, fetch_fields);
