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

enum artifact_format
format_list_at(unsigned list, unsigned n)
{
	return (enum artifact_format)(list >> 2 * n & 3);
}

bool
format_list_has(unsigned list, enum artifact_format f)
{
	for (; (list & 3) != FORMAT_NONE; list >>= 2)
		if ((list & 3) == f)
			return true;
	return false;
}

unsigned
format_list_add(unsigned list, enum artifact_format f)
{
	unsigned n = 0;

	if (format_list_has(list, f))
		return list;
	while (format_list_at(list, n) != FORMAT_NONE)
		n++;
	return list | (unsigned)f << 2 * n;
}

bool
format_list_valid(unsigned list)
{
	unsigned n, again = 0;

	for (n = 0; n < FORMAT_COSE_CBOR; n++)
		if (format_list_at(list, n) != FORMAT_NONE)
			again = format_list_add(again, format_list_at(list, n));
	return list == again;
}

const char *
key_purpose_word(enum key_purpose p)
{
	static const char *const words[] = { "?", "voucher", "idevid-ca",
		"manifest" };

	return words[p <= PURPOSE_LAST ? p : 0];
}
