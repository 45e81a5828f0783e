/* Product lines, see product.h. */
#include "model/product.h"

#include "base/text.h"

void
product_defaults(struct product *p)
{
	memset(p, 0, sizeof(*p));
	p->counter_width = 6;
	p->check_character = true;
	p->pin = PIN_FARTHEST;
}

bool
product_name_valid(const char *name)
{
	size_t i, len = strlen(name);

	for (i = 0; i < len; i++)
		if (!((name[i] >= 'a' && name[i] <= 'z') ||
			(name[i] >= 'A' && name[i] <= 'Z') ||
			(name[i] >= '0' && name[i] <= '9') ||
			strchr("._-", name[i]) != NULL))
			return false;
	return len > 0 && len <= PRODUCT_NAME_MAX;
}

static bool
token_valid(const char *token)
{
	size_t i, len = strlen(token);

	for (i = 0; i < len; i++)
		if (!((token[i] >= 'A' && token[i] <= 'Z') ||
			(token[i] >= '0' && token[i] <= '9')))
			return false;
	return len >= 2 && len <= PRODUCT_TOKEN_MAX;
}

static enum reason
refuse(struct why *why, const char *field, const char *what)
{
	return why_set(why, REASON_PRODUCT_SYNTAX, -1, "%s: %s", field, what);
}

enum reason
product_check(const struct product *p, struct why *why)
{
	if (!product_name_valid(p->name))
		return refuse(why, "name", "1 to 64 of A-Z a-z 0-9 . _ -");
	if (p->import_only && p->token[0] == '\0')
		return REASON_OK;
	if (!token_valid(p->token))
		return refuse(why, "token", "2 to 6 of A-Z 0-9");
	if (p->counter_width < 4 || p->counter_width > 12)
		return refuse(why, "counter-width", "4 to 12");
	if (p->masa_url[0] == '\0')
		return refuse(why, "masa-url",
		    "an IDevID must say where its MASA is (RFC 8995 2.3.2)");
	return REASON_OK;
}

static bool
set_flag(bool *out, struct span value)
{
	*out = span_is(value, "yes");
	return *out || span_is(value, "no");
}

static bool
set_pin(enum pin_policy *out, struct span value)
{
	static const char *const words[] = { "farthest", "lowest-ca",
		"end-entity" };
	unsigned i;

	for (i = 0; i < 3; i++) {
		if (span_is(value, words[i])) {
			*out = (enum pin_policy)(i + 1);
			return true;
		}
	}
	return false;
}

static bool
set_width(unsigned *out, struct span value)
{
	uint64_t n;

	if (!text_uint(value, 12, &n) || n < 4)
		return false;
	*out = (unsigned)n;
	return true;
}

enum reason
product_set(
    struct product *p, struct span name, struct span value, struct why *why)
{
	struct product next = *p;
	bool good = false;

	if (span_is(name, "token"))
		good = text_copy(next.token, sizeof(next.token), value) &&
		    token_valid(next.token);
	else if (span_is(name, "masa-url"))
		good = text_printable(value) &&
		    text_copy(next.masa_url, sizeof(next.masa_url), value);
	else if (span_is(name, "counter-width"))
		good = set_width(&next.counter_width, value);
	else if (span_is(name, "check-character"))
		good = set_flag(&next.check_character, value);
	else if (span_is(name, "pin"))
		good = set_pin(&next.pin, value);
	else if (span_is(name, "audit-only"))
		good = set_flag(&next.audit_only, value);
	else if (span_is(name, "emit-id-data"))
		good = set_flag(&next.emit_id_data, value);
	else if (span_is(name, "legacy-unattributed"))
		good = set_flag(&next.legacy_unattributed, value);
	else if (span_is(name, "import-only"))
		good = set_flag(&next.import_only, value);
	else if (span_is(name, "key-usage"))
		good = set_flag(&next.key_usage, value);
	else
		return why_set(why, REASON_PRODUCT_SYNTAX, -1,
		    "there is no field %.*s",
		    (int)(name.len > 40 ? 40 : name.len),
		    (const char *)name.ptr);
	if (good) {
		*p = next;
		return REASON_OK;
	}
	return why_set(why, REASON_PRODUCT_SYNTAX, -1, "%.*s: bad value %.*s",
	    (int)name.len, (const char *)name.ptr,
	    (int)(value.len > 60 ? 60 : value.len), (const char *)value.ptr);
}
