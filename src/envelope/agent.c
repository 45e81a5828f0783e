/* What a registrar-agent signs, see agent.h. */
#include "envelope/agent.h"

#include "base/clock.h"
#include "base/text.h"
#include "wire/json.h"

#define WRAPPED "ietf-voucher-request-prm:agent-signed-data"

static enum reason
data_refused(struct why *why, const char *what)
{
	return why_set(why, REASON_AGENT_DATA, -1, "%s", what);
}

/* PRM's text has the members alone, its examples in a container, which is as old as
 * their root (MP 15.1). */
static enum reason
payload_read(struct agent_data *d, struct why *why)
{
	struct json_value root, inner, v;
	char date[72];
	size_t len;

	if (json_parse(d->object.content, &root, NULL) != WIRE_OK ||
	    root.type != JSON_OBJECT)
		return data_refused(why, "the payload is no JSON object");
	d->wrapped = json_member(&root, WRAPPED, &inner);
	if (d->wrapped)
		root = inner;
	if (root.type != JSON_OBJECT ||
	    !json_member(&root, "serial-number", &v) ||
	    json_string(&v, d->serial, sizeof(d->serial), &len) != WIRE_OK)
		return data_refused(why, "serial-number is no text");
	if (!json_member(&root, "created-on", &v) ||
	    json_string(&v, date, sizeof(date), &len) != WIRE_OK ||
	    !date_parse(span_of(date, len), &d->created_on))
		return data_refused(why, "created-on is no date");
	return REASON_OK;
}

enum reason
agent_data_read(struct span bytes, uint8_t *arena, size_t arena_len,
    struct agent_data *out, struct why *why)
{
	struct why said;

	if (jws_read(bytes, arena, arena_len, &out->object, &said) != REASON_OK)
		return why_set(
		    why, REASON_AGENT_DATA, said.offset, "%.150s", said.text);
	return payload_read(out, why);
}

enum reason
agent_data_verify(const struct agent_data *d, const struct certificate *agent,
    struct why *why)
{
	struct span key_id = d->object.key_id;
	uint8_t id[KEY_ID_MAX];
	size_t len;

	if (key_id.ptr == NULL)
		return why_set(
		    why, REASON_AGENT_KEY_ID, -1, "the header has no kid");
	if (agent->subject_key_id.ptr == NULL ||
	    !base64_decode(id, sizeof(id), &len, key_id, BASE64_STANDARD) ||
	    !span_eq(span_of(id, len), agent->subject_key_id))
		return why_set(why, REASON_AGENT_KEY_ID, -1, "they differ");
	return object_verify_key(&d->object, agent->spki)
	    ? REASON_OK
	    : why_set(why, REASON_AGENT_SIGNATURE, -1, "%s", "");
}

bool
agent_data_print(
    const char *serial, int64_t created_on, char *out, size_t cap, size_t *len)
{
	char date[CLOCK_TEXT_SIZE];
	struct json_out o;
	struct span written;

	clock_print(date, created_on);
	json_out_open(&o, out, cap);
	json_begin_object(&o);
	json_add_text(&o, "created-on", date);
	json_add_text(&o, "serial-number", serial);
	json_end_object(&o);
	if (json_out_span(&o, &written) != WIRE_OK)
		return false;
	*len = written.len;
	return true;
}
