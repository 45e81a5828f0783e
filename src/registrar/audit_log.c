/* Reading and judging audit logs, see audit_log.h. */
#include "registrar/audit_log.h"

#include "base/clock.h"
#include "base/text.h"
#include "wire/json.h"

/* A counter as number or as digits in a string; absent is zero. */
static bool
counter_read(const struct json_value *object, const char *name, uint64_t *out)
{
	struct json_value v;
	char text[24];
	size_t len;

	*out = 0;
	if (!json_member(object, name, &v))
		return true;
	if (v.type == JSON_NUMBER)
		return json_uint(&v, out) == WIRE_OK;
	return json_string(&v, text, sizeof(text), &len) == WIRE_OK &&
	    text_uint(span_of(text, len), UINT32_MAX, out);
}

static bool
text_read(
    const struct json_value *object, const char *name, char *out, size_t cap)
{
	struct json_value v;
	size_t len;

	return json_member(object, name, &v) &&
	    json_string(&v, out, cap, &len) == WIRE_OK && len > 0 &&
	    text_printable(span_of(out, len));
}

static bool
nonce_read(const struct json_value *object, struct audit_entry *out)
{
	struct json_value v;

	if (!json_member(object, "nonce", &v))
		return false;
	out->nonce[0] = '\0';
	return v.type == JSON_NULL ||
	    text_read(object, "nonce", out->nonce, sizeof(out->nonce));
}

static bool
entry_read(const struct json_value *v, struct audit_entry *out)
{
	char text[2 * KEY_ID_MAX];
	size_t len;

	if (v->type != JSON_OBJECT ||
	    !text_read(v, "date", text, sizeof(text)) ||
	    !date_parse(span_str(text), &out->date) ||
	    !text_read(v, "domainID", text, sizeof(text)) ||
	    !base64_decode(out->domain_id, sizeof(out->domain_id), &len,
		span_str(text), BASE64_STANDARD))
		return false;
	out->domain_id_len = (uint8_t)len;
	if (!text_read(v, "assertion", text, sizeof(text)))
		return false;
	out->assertion = assertion_find(span_str(text));
	return nonce_read(v, out) &&
	    counter_read(v, "truncated", &out->truncated);
}

static bool
truncation_read(const struct json_value *root, struct audit_log *out)
{
	struct json_value v;

	if (!json_member(root, "truncation", &v))
		return true;
	return v.type == JSON_OBJECT &&
	    counter_read(&v, "nonced duplicates", &out->nonced_duplicates) &&
	    counter_read(
		&v, "nonceless duplicates", &out->nonceless_duplicates) &&
	    counter_read(&v, "arbitrary", &out->arbitrary);
}

enum reason
audit_log_read(struct span json, struct audit_log *out, struct why *why)
{
	struct json_value root, events, event;
	struct json_iter i;
	uint64_t version;
	size_t where;

	memset(out, 0, sizeof(*out));
	if (json_parse(json, &root, &where) != WIRE_OK)
		return why_set(
		    why, REASON_AUDIT_MALFORMED, (long)where, "not JSON");
	if (root.type != JSON_OBJECT ||
	    !counter_read(&root, "version", &version) || version != 1)
		return why_set(
		    why, REASON_AUDIT_MALFORMED, -1, "version is not 1");
	if (!json_member(&root, "events", &events) || events.type != JSON_ARRAY)
		return why_set(why, REASON_AUDIT_MALFORMED, -1, "no events");
	json_iter_open(&i, &events);
	while (json_iter_next(&i, NULL, &event))
		if (out->len == AUDIT_EVENTS_MAX ||
		    !entry_read(&event, &out->entries[out->len++]))
			return why_set(why, REASON_AUDIT_MALFORMED, -1,
			    "event %u", out->len);
	if (!truncation_read(&root, out))
		return why_set(why, REASON_AUDIT_MALFORMED, -1, "truncation");
	return REASON_OK;
}

bool
audit_domain_known(
    const struct audit_domains *domains, const struct audit_entry *e)
{
	unsigned i;

	for (i = 0; i < domains->len; i++)
		if (span_eq(span_of(domains->ids[i].id, domains->ids[i].len),
			span_of(e->domain_id, e->domain_id_len)))
			return true;
	return false;
}

/* A nonceless voucher of a stranger can be used again at any time, and what was
 * left out may have been one (RFC 8995 5.8.3, 5.8.1). */
void
audit_log_judge(const struct audit_log *log,
    const struct audit_domains *domains, struct audit_findings *out)
{
	unsigned i;

	memset(out, 0, sizeof(*out));
	out->truncated = log->nonced_duplicates > 0 ||
	    log->nonceless_duplicates > 0 || log->arbitrary > 0;
	for (i = 0; i < log->len; i++) {
		const struct audit_entry *e = &log->entries[i];

		if (e->truncated > 0)
			out->truncated = true;
		if (audit_domain_known(domains, e))
			continue;
		out->foreign++;
		if (e->nonce[0] == '\0')
			out->nonceless++;
	}
}
