/* See fields.h. */
#include "fields.h"

#include <openssl/objects.h>

#include "base/config.h"
#include "base/text.h"
#include "fuzz.h"
#include "model/block.h"
#include "model/customer.h"
#include "model/key_policy.h"
#include "model/masa_url.h"
#include "model/serial.h"

#define LINES_SIZE 4096 /* more than the longest of all that are printed */

/* --- names that kept inputs must have --- */

static const char *const product_names[] = { "token", "masa-url",
	"counter-width", "check-character", "pin", "pin-kind", "formats",
	"audit-only", "verified", "manufacturer-proprietary", "emit-id-data",
	"x5bag", "voucher-limit", "legacy-unattributed", "legacy-layout-2019",
	"import-only", "scheme", "key-usage", "subject-key-id", "organization",
	"unit", "model", "hw-type", "issuance-policy", NULL };
static const char *const customer_names[] = { "pin", "pin-cms", "pin-jws",
	"pin-cose", "policy", "est-domain", "additional-configuration-url",
	NULL };

static struct fields {
	const char *what;
	const char *const *names;
	bool met[32];
} products = { .what = "product", .names = product_names },
  policies = { .what = "policy", .names = key_policy_names },
  customers = { .what = "customer", .names = customer_names };

const char *
fields_lack(void)
{
	static const struct fields *const all[] = { &products, &policies,
		&customers };
	static char text[80];
	size_t i, n;

	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		for (n = 0; all[i]->names[n] != NULL; n++) {
			if (all[i]->met[n])
				continue;
			snprintf(text, sizeof(text), "%s field %s",
			    all[i]->what, all[i]->names[n]);
			return text;
		}
	return NULL;
}

struct field {
	char name[40];
	struct span value;
};

/* The next line; false at the end, or if it is none. */
static bool
field_next(struct span *lines, struct field *out)
{
	const uint8_t *end, *at;
	size_t len;

	if (lines->len == 0)
		return false;
	end = memchr(lines->ptr, '\n', lines->len);
	len = end == NULL ? lines->len : (size_t)(end - lines->ptr);
	at = memchr(lines->ptr, '=', len);
	if (at == NULL ||
	    !text_copy(out->name, sizeof(out->name),
		span_of(lines->ptr, (size_t)(at - lines->ptr))))
		return false;
	out->value = span_of(at + 1, len - (size_t)(at + 1 - lines->ptr));
	len += end != NULL;
	*lines = span_of(lines->ptr + len, lines->len - len);
	return true;
}

/* All fields of something that was taken. */
static void
fields_meet(struct fields *of, struct span lines)
{
	struct field f;
	size_t n;

	while (field_next(&lines, &f))
		for (n = 0; of->names[n] != NULL; n++)
			if (strcmp(of->names[n], f.name) == 0)
				of->met[n] = true;
}

static const char *
word(const char *text)
{
	return text[0] == '\0' ? "none" : text;
}

static const char *
flag(bool on)
{
	return on ? "yes" : "no";
}

/* --- a product --- */

/* As by `product set` of one that has all it needs. */
static bool
product_read(struct product *p, struct span lines)
{
	struct field f;

	product_defaults(p);
	snprintf(p->name, sizeof(p->name), "line");
	snprintf(p->token, sizeof(p->token), "AR9");
	snprintf(p->masa_url, sizeof(p->masa_url), "masa.example");
	while (lines.len > 0)
		if (!field_next(&lines, &f) ||
		    product_set(p, span_str(f.name), f.value, NULL) !=
			REASON_OK)
			return false;
	/* One or the other. */
	if (p->scheme[0] != '\0')
		p->token[0] = '\0';
	return true;
}

static void
product_lines(char out[LINES_SIZE], const struct product *p)
{
	char formats[FORMATS_TEXT_SIZE], octets[HEX_SIZE(PROPRIETARY_MAX)];
	const struct idevid_profile *i = &p->profile;
	bool own = p->scheme[0] == '\0';

	product_formats_print(formats, p->formats);
	hex_encode(octets, span_of(p->proprietary, p->proprietary_len));
	snprintf(out, LINES_SIZE,
	    "%s=%s\nmasa-url=%s\ncounter-width=%u\ncheck-character=%s\n"
	    "pin=%s\npin-kind=%s\nformats=%s\naudit-only=%s\nverified=%s\n"
	    "manufacturer-proprietary=%s\nemit-id-data=%s\nx5bag=%s\n"
	    "voucher-limit=%u\nlegacy-unattributed=%s\nlegacy-layout-2019=%s\n"
	    "import-only=%s\nkey-usage=%s\nsubject-key-id=%s\norganization=%s\n"
	    "unit=%s\nmodel=%s\nhw-type=%s\nissuance-policy=%s",
	    own ? "token" : "scheme", own ? p->token : p->scheme, p->masa_url,
	    p->counter_width, flag(p->check_character), pin_policy_text(p->pin),
	    pin_kind_text(p->pin_kind), formats, flag(p->audit_only),
	    flag(p->verified), word(octets), flag(p->emit_id_data),
	    bag_place_text(p->x5bag), p->voucher_limit,
	    flag((p->legacy & LEGACY(LEGACY_UNATTRIBUTED)) != 0),
	    flag((p->legacy & LEGACY(LEGACY_LAYOUT_2019)) != 0),
	    flag(p->import_only), idevid_usage_text(i->key_usage),
	    flag(i->subject_key_id), word(i->organization), word(i->unit),
	    word(i->model), word(i->hw_type), flag(i->issuance_policy));
}

/* A serial of the scheme with the same digit at each place, and its number. */
static void
scheme_holds(const char *scheme, char digit, char hex)
{
	char serial[SERIAL_MAX + 1];
	uint64_t n = 1;
	size_t i;

	for (i = 0; scheme[i] != '\0'; i++)
		serial[i] = scheme[i] == '#' ? digit
		    : scheme[i] == '%'	     ? hex
					     : scheme[i];
	serial[i] = '\0';
	require(serial_check(span_str(serial), NULL) == REASON_OK);
	require(scheme_parse(span_str(serial), scheme, &n, NULL) == REASON_OK);
	require((n == 0) == (digit == '0'));
	require(n < UINT64_C(1) << SCHEME_BITS);
}

bool
product_same(struct span lines)
{
	char text[LINES_SIZE], again[LINES_SIZE];
	char name[MASA_URL_MAX + 1], same[MASA_URL_MAX + 1];
	struct product p, q;

	if (!product_read(&p, lines))
		return false;
	if (product_check(&p, NULL) != REASON_OK) {
		/* What each field may be, all may be. */
		require(p.scheme[0] != '\0');
		return false;
	}
	fields_meet(&products, lines);
	if (!oracle_begin())
		return true;
	product_lines(text, &p);
	require(product_read(&q, span_str(text)));
	require(product_check(&q, NULL) == REASON_OK);
	product_lines(again, &q);
	require(strcmp(text, again) == 0);
	require(p.pin == q.pin && p.pin_kind == q.pin_kind &&
	    p.formats == q.formats && p.x5bag == q.x5bag &&
	    p.legacy == q.legacy && p.profile.key_usage == q.profile.key_usage);
	if (p.scheme[0] != '\0') {
		scheme_holds(p.scheme, '0', '0');
		scheme_holds(p.scheme, '9', 'F');
	}
	require(masa_url_authority(span_str(p.masa_url), name));
	require(masa_url_authority(span_str(name), same));
	require(strcmp(name, same) == 0);
	oracle_end();
	return true;
}

/* --- a key's policy --- */

static bool
policy_read(struct key_policy *p, struct span lines)
{
	struct field f;

	key_policy_defaults(p, PURPOSE_IDEVID_CA);
	while (lines.len > 0)
		if (!field_next(&lines, &f) ||
		    key_policy_set(p, f.name, f.value, NULL) != REASON_OK)
			return false;
	return true;
}

static void
day_words(char out[DAY_TEXT_SIZE], uint32_t day)
{
	if (day == 0)
		snprintf(out, DAY_TEXT_SIZE, "none");
	else
		day_print(out, day);
}

static void
number_words(char out[24], uint64_t n)
{
	snprintf(out, 24, n == 0 ? "none" : "%llu", (unsigned long long)n);
}

static void
policy_lines(char out[LINES_SIZE], const struct key_policy *p)
{
	char kinds[KEY_WORDS_SIZE], rate[KEY_WORDS_SIZE], awake[KEY_WORDS_SIZE];
	char first[DAY_TEXT_SIZE], last[DAY_TEXT_SIZE], limit[24], months[24];
	char list[KEY_PRODUCTS_MAX * (PRODUCT_NAME_MAX + 2)] = "any";
	size_t len = 0;
	unsigned i;

	key_kinds_print(kinds, p->kinds);
	key_rate_print(rate, p);
	key_awake_print(awake, p);
	day_words(first, p->first_day);
	day_words(last, p->last_day);
	number_words(limit, p->limit);
	number_words(months, p->months);
	for (i = 0; i < p->products_len; i++)
		len += (size_t)snprintf(list + len, sizeof(list) - len, "%s%s",
		    i == 0 ? "" : ",", p->products[i]);
	snprintf(out, LINES_SIZE,
	    "kinds=%s\nproduct=%s\nserials=%s\nlimit=%s\nfirst-day=%s\n"
	    "last-day=%s\nrate=%s\nmonths=%s\nawake=%s",
	    kinds, list, p->serials[0] == '\0' ? "any" : p->serials, limit,
	    first, last, rate, months, awake);
}

/* What one field may be, fits with no other in kinds, products and days alone. */
static void
policy_in_range(struct key_policy p)
{
	p.kinds = SIGNED_IDEVID;
	p.products_len = 0;
	p.last_day = 0;
	require(key_policy_check(&p, PURPOSE_IDEVID_CA, NULL) == REASON_OK);
}

bool
policy_same(struct span lines)
{
	char text[LINES_SIZE], again[LINES_SIZE];
	struct key_policy p, q;

	if (!policy_read(&p, lines))
		return false;
	policy_in_range(p);
	if (key_policy_check(&p, PURPOSE_IDEVID_CA, NULL) != REASON_OK &&
	    key_policy_check(&p, PURPOSE_VOUCHER, NULL) != REASON_OK &&
	    key_policy_check(&p, PURPOSE_MANIFEST, NULL) != REASON_OK)
		return false;
	fields_meet(&policies, lines);
	if (!oracle_begin())
		return true;
	policy_lines(text, &p);
	require(policy_read(&q, span_str(text)));
	policy_lines(again, &q);
	require(strcmp(text, again) == 0);
	require(p.kinds == q.kinds && p.rate == q.rate &&
	    p.period == q.period && p.first_day == q.first_day &&
	    p.last_day == q.last_day && p.awake_days == q.awake_days &&
	    p.awake_from == q.awake_from && p.awake_to == q.awake_to);
	oracle_end();
	return true;
}

/* --- a customer, and where a cloud registrar sends its devices --- */

static bool
customer_read(struct customer *c, struct span lines)
{
	struct field f;

	memset(c, 0, sizeof(*c));
	while (lines.len > 0)
		if (!field_next(&lines, &f) ||
		    (customer_set(c, span_str(f.name), f.value, NULL) !=
			    REASON_OK &&
			customer_cloud_set(
			    c, span_str(f.name), f.value, NULL) != REASON_OK))
			return false;
	return true;
}

static void
customer_lines(char out[LINES_SIZE], const struct customer *c)
{
	snprintf(out, LINES_SIZE,
	    "pin-cms=%s\npin-jws=%s\npin-cose=%s\npolicy=%s\nest-domain=%s\n"
	    "additional-configuration-url=%s",
	    customer_pin_text(c->pin[FORMAT_CMS_JSON]),
	    customer_pin_text(c->pin[FORMAT_JWS_JSON]),
	    customer_pin_text(c->pin[FORMAT_COSE_CBOR]),
	    customer_cloud_text(c->cloud), word(c->est_domain),
	    word(c->configuration_url));
}

bool
customer_same(struct span lines)
{
	char text[LINES_SIZE], again[LINES_SIZE];
	struct customer c, d;

	if (!customer_read(&c, lines) ||
	    customer_cloud_check(&c, NULL) != REASON_OK)
		return false;
	fields_meet(&customers, lines);
	if (!oracle_begin())
		return true;
	customer_lines(text, &c);
	require(customer_read(&d, span_str(text)));
	customer_lines(again, &d);
	require(strcmp(text, again) == 0);
	require(memcmp(c.pin, d.pin, sizeof(c.pin)) == 0 && c.cloud == d.cloud);
	oracle_end();
	return true;
}

/* --- texts of their own --- */

/* Of IPv4 no prefix takes more than one first octet, however it is written. */
static void
block_bounded(const struct block_name *n)
{
	uint8_t address[BLOCK_ADDRESS];
	unsigned first, found = 0;

	require(block_address_read(address, "0.0.0.0"));
	for (first = 0; first < 256; first++) {
		address[12] = (uint8_t)first;
		found += block_covers(n, address);
	}
	require(found <= 1);
}

bool
block_same(struct span text)
{
	char again[BLOCK_TEXT_MAX];
	struct block_name n, m;

	if (block_name_read(&n, text, NULL) != REASON_OK)
		return false;
	if (!oracle_begin())
		return true;
	block_name_print(again, &n);
	require(block_name_read(&m, span_str(again), NULL) == REASON_OK);
	require(block_name_compare(&n, &m) == 0);
	block_bounded(&n);
	oracle_end();
	return true;
}

/* OpenSSL finds the same numbers in the octets. */
static void
oid_holds(const char *text, struct span content)
{
	uint8_t der[2 + POLICY_OID_MAX] = { 0x06, (uint8_t)content.len };
	const uint8_t *at = der;
	char again[512];
	ASN1_OBJECT *o;

	memcpy(der + 2, content.ptr, content.len);
	o = d2i_ASN1_OBJECT(NULL, &at, 2 + (long)content.len);
	require(o != NULL);
	require(OBJ_obj2txt(again, sizeof(again), o, 1) > 0);
	require(strcmp(again, text) == 0);
	ASN1_OBJECT_free(o);
}

bool
oid_same(struct span text)
{
	uint8_t oid[POLICY_OID_MAX], type[HW_TYPE_MAX];
	size_t len, type_len;
	char line[256];

	if (!text_copy(line, sizeof(line), text) || strlen(line) != text.len ||
	    !policy_oid_read(line, oid, &len))
		return false;
	if (!oracle_begin())
		return true;
	oid_holds(line, span_of(oid, len));
	if (hw_type_read(line, type, &type_len))
		require(span_eq(span_of(oid, len), span_of(type, type_len)));
	oracle_end();
	return true;
}

bool
masa_names_same(struct span text)
{
	char list[CONFIG_TEXT], rest[CONFIG_TEXT], name[MASA_URL_MAX + 1];
	char same[MASA_URL_MAX + 1], *at, *one;

	if (!text_copy(list, sizeof(list), text) || strlen(list) != text.len ||
	    !masa_names_valid(list))
		return false;
	if (!oracle_begin())
		return true;
	/* There is no blank in a name. */
	snprintf(rest, sizeof(rest), "%s", list);
	for (at = rest; (one = strtok_r(at, ", ", &at)) != NULL;) {
		require(masa_url_authority(span_str(one), name));
		require(masa_name_listed(list, name));
		require(masa_url_authority(span_str(name), same));
		require(strcmp(name, same) == 0);
	}
	oracle_end();
	return true;
}
