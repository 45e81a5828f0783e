/* Words for the shared enumerations, see names.h. */
#include "model/names.h"

const char *
assertion_text(enum assertion a)
{
	switch (a) {
	case ASSERTION_VERIFIED:
		return "verified";
	case ASSERTION_LOGGED:
		return "logged";
	case ASSERTION_PROXIMITY:
		return "proximity";
	case ASSERTION_AGENT_PROXIMITY:
		return "agent-proximity";
	case ASSERTION_NONE:
		break;
	}
	return "";
}

enum assertion
assertion_find(struct span text)
{
	unsigned a;

	for (a = ASSERTION_VERIFIED; a <= ASSERTION_AGENT_PROXIMITY; a++)
		if (span_is(text, assertion_text((enum assertion)a)))
			return (enum assertion)a;
	return ASSERTION_NONE;
}

const char *
format_media_type(enum artifact_format f)
{
	switch (f) {
	case FORMAT_CMS_JSON:
		return "application/voucher-cms+json";
	case FORMAT_JWS_JSON:
		return "application/voucher-jws+json";
	case FORMAT_COSE_CBOR:
		return "application/voucher+cose";
	case FORMAT_NONE:
		break;
	}
	return "application/json";
}
