/* Character strings of DER: each type with its alphabet. */
#include "wire/der.h"
#include "wire/utf8.h"

/* X.680 41.4: letters, digits, space and ' ( ) + , - . / : = ? */
static bool
printable(uint8_t c)
{
	if ((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	    (c >= '0' && c <= '9'))
		return true;
	return c != '\0' && strchr(" '()+,-./:=?", c) != NULL;
}

static bool
alphabet_good(uint8_t tag, struct span s)
{
	size_t i;

	switch (tag) {
	case DER_UTF8_STRING:
		return utf8_valid(s);
	case DER_PRINTABLE_STRING:
		for (i = 0; i < s.len; i++)
			if (!printable(s.ptr[i]))
				return false;
		return true;
	case DER_IA5_STRING:
		for (i = 0; i < s.len; i++)
			if (s.ptr[i] > 0x7f)
				return false;
		return true;
	case DER_TELETEX_STRING: /* eight bits of anything (T.61) */
		return true;
	default:
		return false;
	}
}

enum wire_error
der_string(struct der *d, uint8_t *tag, struct span *text)
{
	struct der before = *d;
	struct span content;
	uint8_t t;
	enum wire_error error = der_any(d, &t, &content, NULL);

	if (error != WIRE_OK)
		return error;
	if (t != DER_UTF8_STRING && t != DER_PRINTABLE_STRING &&
	    t != DER_IA5_STRING && t != DER_TELETEX_STRING)
		error = WIRE_TAG;
	else if (!alphabet_good(t, content))
		error = WIRE_VALUE;
	if (error != WIRE_OK) {
		*d = before;
		return error;
	}
	if (tag != NULL)
		*tag = t;
	*text = content;
	return WIRE_OK;
}
