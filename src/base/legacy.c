/* Forms that the standards have left, see legacy.h. */
#include "base/legacy.h"

#include <stdio.h>

/* On by default is what MP 2, 3 and 16 accept without a condition. */
static const struct legacy forms[LEGACY_COUNT] = {
	[LEGACY_UNATTRIBUTED] = { "unattributed", "MP 8",
	    "CMS of id-data without signed attributes", true, false },
	[LEGACY_LAYOUT_2019] = { "layout-2019", "MP 10.4",
	    "the numbers of 2019 in a COSE request, and no alg", true, false },
	[LEGACY_PATHS] = { "paths", "MP 16 row 21",
	    "paths below "
	    "/.well-known/est",
	    false, true },
	[LEGACY_MEDIA_PKCS7] = { "media-pkcs7", "MP 3",
	    "application/pkcs7-mime", false, true },
	[LEGACY_MEDIA_COSE] = { "media-cose", "MP 16 row 1",
	    "application/voucher-cose+cbor and application/cose", false, true },
	[LEGACY_MEDIA_JOSE] = { "media-jose", "MP 3",
	    "application/voucher-jose+json", false, false },
	[LEGACY_MEDIA_NONE] = { "media-none", "MP 3 rule 1",
	    "no Content-Type: it is CMS", false, false },
	[LEGACY_BASE64] = { "base64", "MP 16 row 22",
	    "a body in base64, answered in base64", false, false },
	[LEGACY_ROOTS] = { "roots", "MP 6.1",
	    "names of the request's root from drafts", false, false },
	[LEGACY_VOUCHER_ROOT] = { "voucher-root", "MP 16 row 22",
	    "a registrar's request at ietf-voucher:voucher", false, false },
	[LEGACY_UNSIGNED_PRIOR] = { "unsigned-prior", "MP 5 row 12",
	    "an unsigned pledge's request, which counts as absent", false,
	    false },
};

const struct legacy *
legacy_form(enum legacy_form form)
{
	return &forms[form];
}

unsigned
legacy_defaults(void)
{
	unsigned i, set = 0;

	for (i = 0; i < LEGACY_COUNT; i++)
		if (forms[i].on && !forms[i].product)
			set |= LEGACY(i);
	return set;
}

enum legacy_form
legacy_switch(struct span name, bool product)
{
	static const char prefix[] = "legacy-";
	size_t len = sizeof(prefix) - 1;
	unsigned i;

	if (name.len < len || memcmp(name.ptr, prefix, len) != 0)
		return LEGACY_COUNT;
	name = span_of(name.ptr + len, name.len - len);
	for (i = 0; i < LEGACY_COUNT; i++)
		if (forms[i].product == product && span_is(name, forms[i].name))
			break;
	return (enum legacy_form)i;
}

void
legacy_print(char out[LEGACY_TEXT_SIZE], unsigned set)
{
	size_t len = 0;
	unsigned i;

	out[0] = '\0';
	for (i = 0; i < LEGACY_COUNT; i++)
		if ((set & LEGACY(i)) != 0)
			len +=
			    (size_t)snprintf(out + len, LEGACY_TEXT_SIZE - len,
				"%s%s", len == 0 ? "" : ",", forms[i].name);
}
