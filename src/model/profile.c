/* What products select of their IDevIDs, see profile.h. */
#include "model/profile.h"

#include "base/text.h"
#include "wire/utf8.h"

static const char *const usages[] = { "none", "digitalSignature",
	"digitalSignature+keyEncipherment" };

const char *
idevid_usage_text(enum idevid_usage u)
{
	return u <= IDEVID_USAGE_LAST ? usages[u] : "";
}

/* How many octets of an OID are 1.3.6.1.4.1.PEN; 0 if it is nothing below one. */
static size_t
private_arc_len(struct span oid)
{
	static const uint8_t enterprises[] = { 0x2b, 6, 1, 4, 1 };
	size_t n = sizeof(enterprises);

	if (oid.len < n || memcmp(oid.ptr, enterprises, n) != 0)
		return 0;
	while (n < oid.len && (oid.ptr[n] & 0x80) != 0)
		n++;
	n++; /* the last octet of the number */
	return n < oid.len ? n : 0;
}

bool
hw_type_read(const char *text, uint8_t out[HW_TYPE_MAX], size_t *len)
{
	return strlen(text) <= HW_TYPE_TEXT_MAX &&
	    text_oid(span_str(text), out, HW_TYPE_MAX, len) &&
	    private_arc_len(span_of(out, *len)) > 0;
}

bool
policy_oid_read(const char *text, uint8_t out[POLICY_OID_MAX], size_t *len)
{
	return strcmp(text, "2.5.29.32.0") != 0 &&
	    text_oid(span_str(text), out, POLICY_OID_MAX, len);
}

const char *
profile_ca_fault(const struct idevid_profile *p, struct span policy)
{
	uint8_t type[HW_TYPE_MAX];
	size_t len, arc;

	if (p->issuance_policy && policy.len == 0)
		return "the issuing CA asserts no issuance policy that its "
		       "devices could have";
	if (p->hw_type[0] == '\0' || private_arc_len(policy) == 0 ||
	    !hw_type_read(p->hw_type, type, &len))
		return NULL;
	arc = private_arc_len(span_of(type, len));
	if (policy.len >= arc && memcmp(policy.ptr, type, arc) == 0)
		return NULL;
	return "hw-type and the issuing CA's policy are of two enterprises";
}

/* UTF-8 (IP 2) that a terminal shows as it stands: neither C0 nor DEL nor C1. */
static bool
subject_part_valid(struct span s)
{
	size_t i;

	for (i = 0; i < s.len; i++)
		if (s.ptr[i] < 0x20 || s.ptr[i] == 0x7f ||
		    (s.ptr[i] == 0xc2 && i + 1 < s.len && s.ptr[i + 1] < 0xa0))
			return false;
	return s.len <= SUBJECT_PART_MAX && utf8_valid(s);
}

const char *
profile_fault(const struct idevid_profile *p)
{
	uint8_t oid[HW_TYPE_MAX];
	size_t len;

	if (p->key_usage > IDEVID_USAGE_LAST)
		return "key-usage";
	if (!subject_part_valid(span_str(p->organization)))
		return "organization";
	if (!subject_part_valid(span_str(p->unit)))
		return "unit";
	if (!subject_part_valid(span_str(p->model)))
		return "model";
	if (p->hw_type[0] != '\0' && !hw_type_read(p->hw_type, oid, &len))
		return "hw-type";
	return NULL;
}

static bool
set_usage(enum idevid_usage *out, struct span value)
{
	unsigned i;

	for (i = 0; i <= IDEVID_USAGE_LAST; i++) {
		if (!span_is(value, usages[i]))
			continue;
		*out = (enum idevid_usage)i;
		return true;
	}
	return false;
}

/* "none" takes it away. */
static bool
set_part(char out[SUBJECT_PART_MAX + 1], struct span value)
{
	if (span_is(value, "none"))
		value.len = 0;
	else if (value.len == 0)
		return false;
	return subject_part_valid(value) &&
	    text_copy(out, SUBJECT_PART_MAX + 1, value);
}

static bool
set_hw_type(char out[HW_TYPE_TEXT_MAX + 1], struct span value)
{
	uint8_t oid[HW_TYPE_MAX];
	size_t len;

	if (span_is(value, "none")) {
		out[0] = '\0';
		return true;
	}
	return text_copy(out, HW_TYPE_TEXT_MAX + 1, value) &&
	    strlen(out) == value.len && hw_type_read(out, oid, &len);
}

static bool
set_switch(bool *out, struct span value)
{
	*out = span_is(value, "yes");
	return *out || span_is(value, "no");
}

bool
profile_set(
    struct idevid_profile *p, struct span name, struct span value, bool *good)
{
	if (span_is(name, "key-usage"))
		*good = set_usage(&p->key_usage, value);
	else if (span_is(name, "subject-key-id"))
		*good = set_switch(&p->subject_key_id, value);
	else if (span_is(name, "organization"))
		*good = set_part(p->organization, value);
	else if (span_is(name, "unit"))
		*good = set_part(p->unit, value);
	else if (span_is(name, "model"))
		*good = set_part(p->model, value);
	else if (span_is(name, "hw-type"))
		*good = set_hw_type(p->hw_type, value);
	else if (span_is(name, "issuance-policy"))
		*good = set_switch(&p->issuance_policy, value);
	else
		return false;
	return true;
}
