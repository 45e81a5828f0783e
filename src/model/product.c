/* Product lines, see product.h. */
#include "model/product.h"

#include <stdio.h>

#include "base/text.h"
#include "model/masa_url.h"
#include "model/serial.h"

void
product_defaults(struct product *p)
{
	memset(p, 0, sizeof(*p));
	p->counter_width = 6;
	p->check_character = true;
	p->pin = PIN_BY_FORMAT;
	p->pin_kind = PIN_CERTIFICATE;
	p->formats = format_list_add(0, FORMAT_CMS_JSON);
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
	struct why inner;

	if (!product_name_valid(p->name))
		return refuse(why, "name", "1 to 64 of A-Z a-z 0-9 . _ -");
	if (p->import_only && p->scheme[0] != '\0')
		return refuse(why, "scheme", "its devices come certified");
	if (p->import_only && p->token[0] == '\0')
		return REASON_OK;
	if (p->scheme[0] != '\0' && p->token[0] != '\0')
		return refuse(why, "scheme",
		    "a product has serials of our own, or existing ones");
	if (p->scheme[0] != '\0') {
		if (scheme_check(p->scheme, &inner) != REASON_OK)
			return refuse(why, "scheme", inner.text);
	} else if (!token_valid(p->token)) {
		return refuse(why, "token", "2 to 6 of A-Z 0-9");
	}
	if (p->counter_width < 4 || p->counter_width > 12)
		return refuse(why, "counter-width", "4 to 12");
	if (profile_fault(&p->profile) != NULL)
		return refuse(why, profile_fault(&p->profile), "(IP 5)");
	if (!masa_url_valid(span_str(p->masa_url)))
		return refuse(why, "masa-url",
		    "an IDevID must say where its MASA is (RFC 8995 2.3.2)");
	return REASON_OK;
}

enum reason
product_url_check(const struct product *p, struct why *why)
{
	if (p->import_only || masa_url_servable(span_str(p->masa_url)))
		return REASON_OK;
	return refuse(why, "masa-url",
	    "its path is none that base-path of hallmark.ini can be");
}

static bool
set_flag(bool *out, struct span value)
{
	*out = span_is(value, "yes");
	return *out || span_is(value, "no");
}

static bool
set_limit(unsigned *out, struct span value)
{
	uint64_t n;

	if (!text_uint(value, BODY_MAX, &n))
		return false;
	*out = (unsigned)n;
	return true;
}

/* Octets in hexadecimal, or "none". */
static bool
set_proprietary(struct product *p, struct span value)
{
	size_t len = 0;

	if (!span_is(value, "none") &&
	    (value.len == 0 ||
		!hex_decode(
		    p->proprietary, sizeof(p->proprietary), &len, value)))
		return false;
	p->proprietary_len = (unsigned)len;
	return true;
}

static bool
set_legacy(unsigned *set, enum legacy_form form, struct span value)
{
	bool on;

	if (!set_flag(&on, value))
		return false;
	*set = (*set & ~LEGACY(form)) | (on ? LEGACY(form) : 0);
	return true;
}

static const char *const pins[] = { NULL, "farthest", "lowest-ca", "end-entity",
	"by-format", "domain-ca" };
static const char *const kinds[] = { NULL, "certificate", "pubk", "pubk-sha256",
	"certificate-or-pubk", "certificate-or-pubk-sha256", "unknown" };
static const char *const bags[] = { NULL, "unprotected", "protected", "both" };
static const char *const formats[] = { NULL, "cms", "jws", "cose" };
#define WORDS(list) (list), sizeof(list) / sizeof((list)[0])

/* The number of a word, 0 if it is none of them. */
static unsigned
word_find(const char *const *words, size_t len, struct span value)
{
	unsigned i;

	for (i = 1; i < len; i++)
		if (span_is(value, words[i]))
			return i;
	return 0;
}

static const char *
word_text(const char *const *words, size_t len, unsigned n)
{
	return n > 0 && n < len ? words[n] : "";
}

const char *
pin_policy_text(enum pin_policy p)
{
	return word_text(WORDS(pins), p);
}

enum pin_policy
pin_policy_find(struct span text)
{
	return (enum pin_policy)word_find(WORDS(pins), text);
}

const char *
pin_kind_text(enum pin_kind k)
{
	return word_text(WORDS(kinds), k);
}

const char *
bag_place_text(enum bag_place b)
{
	return word_text(WORDS(bags), b + 1u);
}

static bool
set_bag(enum bag_place *out, struct span value)
{
	unsigned n = word_find(WORDS(bags), value);

	*out = (enum bag_place)(n - 1);
	return n != 0;
}

static bool
set_pin(enum pin_policy *out, struct span value)
{
	*out = pin_policy_find(value);
	/* Products have no domain. */
	return *out != 0 && *out != PIN_DOMAIN_CA;
}

static bool
set_kind(enum pin_kind *out, struct span value)
{
	*out = (enum pin_kind)word_find(WORDS(kinds), value);
	return *out != 0;
}

/* "cms,cose": each once, in any order, at least one. */
static bool
set_formats(unsigned *out, struct span value)
{
	unsigned list = 0, f, longer;
	size_t i, from = 0;

	for (i = 0; i <= value.len; i++) {
		if (i < value.len && value.ptr[i] != ',')
			continue;
		f = word_find(
		    WORDS(formats), span_of(value.ptr + from, i - from));
		longer = format_list_add(list, (enum artifact_format)f);
		if (f == FORMAT_NONE || longer == list)
			return false;
		list = longer;
		from = i + 1;
	}
	*out = list;
	return true;
}

void
product_formats_print(char out[FORMATS_TEXT_SIZE], unsigned list)
{
	size_t len = 0;

	for (; list != 0; list >>= 2)
		len += (size_t)snprintf(out + len, FORMATS_TEXT_SIZE - len,
		    "%s%s", len == 0 ? "" : ",",
		    word_text(WORDS(formats), list & 3));
	out[len] = '\0';
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

/* What a refused value should have been. */
static const struct {
	const char *field, *takes;
} rules[] = { { "token", "2 to 6 of A-Z 0-9" },
	{ "masa-url", "HOST, HOST:PORT, or an https URI (L05)" },
	{ "counter-width", "4 to 12" },
	{ "pin", "farthest, lowest-ca, end-entity or by-format" },
	{ "pin-kind",
	    "certificate, pubk, pubk-sha256, certificate-or-pubk, "
	    "certificate-or-pubk-sha256 or unknown" },
	{ "x5bag", "unprotected, protected or both" },
	{ "formats", "some of cms, jws and cose, with commas" },
	{ "manufacturer-proprietary", "none, or at most 512 octets in hex" },
	{ "voucher-limit", "0 to 65536 octets" },
	{ "scheme", "a scheme of serials" },
	{ "key-usage",
	    "none, digitalSignature or digitalSignature+keyEncipherment" },
	{ "organization", "none, or 1 to 64 octets of UTF-8" },
	{ "unit", "none, or 1 to 64 octets of UTF-8" },
	{ "model", "none, or 1 to 64 octets of UTF-8" },
	{ "hw-type", "none, or an OID below 1.3.6.1.4.1 and your number" } };

static enum reason
refuse_value(struct span name, struct span value, struct why *why)
{
	const char *takes = "yes or no";
	size_t i;

	for (i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (span_is(name, rules[i].field))
			takes = rules[i].takes;
	return why_set(why, REASON_PRODUCT_SYNTAX, -1, "%.*s: %s, not %.*s",
	    (int)name.len, (const char *)name.ptr, takes,
	    (int)(value.len > 60 ? 60 : value.len), (const char *)value.ptr);
}

enum reason
product_set(
    struct product *p, struct span name, struct span value, struct why *why)
{
	enum legacy_form form = legacy_switch(name, true);
	struct product next = *p;
	bool good = false;

	if (span_is(name, "token"))
		good = text_copy(next.token, sizeof(next.token), value) &&
		    token_valid(next.token);
	else if (span_is(name, "masa-url"))
		good = masa_url_valid(value) &&
		    text_copy(next.masa_url, sizeof(next.masa_url), value);
	else if (span_is(name, "counter-width"))
		good = set_width(&next.counter_width, value);
	else if (span_is(name, "check-character"))
		good = set_flag(&next.check_character, value);
	else if (span_is(name, "pin"))
		good = set_pin(&next.pin, value);
	else if (span_is(name, "pin-kind"))
		good = set_kind(&next.pin_kind, value);
	else if (span_is(name, "formats"))
		good = set_formats(&next.formats, value);
	else if (span_is(name, "audit-only"))
		good = set_flag(&next.audit_only, value);
	else if (span_is(name, "verified"))
		good = set_flag(&next.verified, value);
	else if (span_is(name, "manufacturer-proprietary"))
		good = set_proprietary(&next, value);
	else if (span_is(name, "emit-id-data"))
		good = set_flag(&next.emit_id_data, value);
	else if (span_is(name, "x5bag"))
		good = set_bag(&next.x5bag, value);
	else if (span_is(name, "voucher-limit"))
		good = set_limit(&next.voucher_limit, value);
	else if (form < LEGACY_COUNT)
		good = set_legacy(&next.legacy, form, value);
	else if (span_is(name, "import-only"))
		good = set_flag(&next.import_only, value);
	else if (span_is(name, "scheme"))
		good = text_printable(value) &&
		    text_copy(next.scheme, sizeof(next.scheme), value);
	else if (!profile_set(&next.profile, name, value, &good))
		return why_set(why, REASON_PRODUCT_SYNTAX, -1,
		    "there is no field %.*s",
		    (int)(name.len > 40 ? 40 : name.len),
		    (const char *)name.ptr);
	if (good) {
		*p = next;
		return REASON_OK;
	}
	return refuse_value(name, value, why);
}
