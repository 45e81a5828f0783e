/* Frames about requests that are judged again, see message.h. */
#include "base/text.h"
#include "ipc/fields.h"

void
message_derive_put(struct cbor_out *o, const struct message_derive *m)
{
	cbor_put_array(o, 8);
	cbor_put_uint(o, m->kind);
	cbor_put_uint(o, m->format);
	cbor_put_uint(o, m->reply);
	cbor_put_uint(o, m->legacy);
	cbor_put_uint(o, m->allowed);
	cbor_put_int(o, m->moment);
	cbor_put_bool(o, m->explain);
	cbor_put_bytes(o, m->body);
}

bool
message_derive_get(struct cbor *c, struct message_derive *m)
{
	bool good = true;

	memset(m, 0, sizeof(*m));
	if (!field_array(c, 8))
		return false;
	m->kind = field_enum(c, REQUEST_VOUCHER, REQUEST_AUDIT_LOG, &good);
	m->format = field_enum(c, FORMAT_CMS_JSON, FORMAT_COSE_CBOR, &good);
	m->reply = field_formats(c, &good);
	return good && field_unsigned(c, LEGACY_ALL, &m->legacy) &&
	    field_unsigned(c, LEGACY_ALL, &m->allowed) &&
	    field_time(c, &m->moment) && field_flag(c, &m->explain) &&
	    field_span(c, &m->body, BODY_MAX) && cbor_end(c) == WIRE_OK;
}

static void
put_trace(struct cbor_out *o, const struct trace *t)
{
	unsigned i;

	cbor_put_array(o, t->len);
	for (i = 0; i < t->len; i++) {
		const struct trace_row *row = &t->rows[i];

		cbor_put_array(o, 5);
		cbor_put_uint(o, row->step);
		cbor_put_uint(o, row->outcome);
		cbor_put_uint(o, row->reason);
		cbor_put_int(o, row->found.offset);
		put_words(o, row->found.text);
	}
}

static bool
get_row(struct cbor *c, struct trace_row *row)
{
	bool good = true;
	int64_t offset;

	memset(row, 0, sizeof(*row));
	if (!field_array(c, 5))
		return false;
	row->step = field_enum(c, STEP_NONE + 1, STEP_COUNT - 1, &good);
	row->outcome =
	    field_enum(c, OUTCOME_NOT_REACHED, OUTCOME_NOT_APPLICABLE, &good);
	if (!good || !field_reason(c, &row->reason) ||
	    !field_time(c, &offset) ||
	    !field_text(c, row->found.text, sizeof(row->found.text)))
		return false;
	row->found.offset = (long)offset;
	return true;
}

static bool
get_trace(struct cbor *c, struct trace *t)
{
	uint64_t n;

	t->len = 0;
	if (cbor_array(c, &n) != WIRE_OK || n > STEP_COUNT)
		return false;
	for (; t->len < n; t->len++)
		if (!get_row(c, &t->rows[t->len]))
			return false;
	return true;
}

void
message_derived_put(struct cbor_out *o, const struct message_derived *m)
{
	unsigned i;

	cbor_put_array(o, 5);
	cbor_put_uint(o, m->reason);
	put_words(o, m->text);
	put_trace(o, &m->trace);
	cbor_put_array(o, CHAIN_MAX);
	for (i = 0; i < CHAIN_MAX; i++)
		put_words(o, m->subjects[i]);
	if (m->complete)
		put_facts(o, &m->facts);
	else
		cbor_put_null(o);
}

bool
message_derived_get(struct cbor *c, struct message_derived *m)
{
	unsigned i;

	memset(m, 0, sizeof(*m));
	if (!field_array(c, 5) || !field_reason(c, &m->reason) ||
	    !field_text(c, m->text, sizeof(m->text)) ||
	    !get_trace(c, &m->trace) || !field_array(c, CHAIN_MAX))
		return false;
	for (i = 0; i < CHAIN_MAX; i++)
		if (!field_text(c, m->subjects[i], SUBJECT_MAX))
			return false;
	m->complete = !cbor_null(c);
	return (!m->complete || get_facts(c, &m->facts)) &&
	    cbor_end(c) == WIRE_OK;
}

void
message_look_up_put(struct cbor_out *o, const struct message_look_up *m)
{
	unsigned i;

	cbor_put_array(o, 3);
	cbor_put_string(o, m->serial);
	cbor_put_int(o, m->moment);
	cbor_put_array(o, m->chain_len);
	for (i = 0; i < m->chain_len; i++)
		put_hash(o, m->chain[i]);
}

bool
message_look_up_get(struct cbor *c, struct message_look_up *m)
{
	uint64_t n;

	memset(m, 0, sizeof(*m));
	if (!field_array(c, 3) ||
	    !field_text(c, m->serial, sizeof(m->serial)) ||
	    !field_time(c, &m->moment) || cbor_array(c, &n) != WIRE_OK ||
	    n > CHAIN_MAX)
		return false;
	for (; m->chain_len < n; m->chain_len++)
		if (!field_hash(c, m->chain[m->chain_len]))
			return false;
	return cbor_end(c) == WIRE_OK;
}

static void
put_certificates(struct cbor_out *o, const struct span *list, unsigned len)
{
	unsigned i;

	cbor_put_array(o, len);
	for (i = 0; i < len; i++)
		cbor_put_bytes(o, list[i]);
}

static bool
get_certificates(struct cbor *c, struct span *list, unsigned max, unsigned *len)
{
	uint64_t n;

	if (cbor_array(c, &n) != WIRE_OK || n > max)
		return false;
	for (; *len < n; ++*len)
		if (!field_span(c, &list[*len], CERTIFICATE_MAX))
			return false;
	return true;
}

void
message_on_record_put(struct cbor_out *o, const struct message_on_record *m)
{
	cbor_put_array(o, 2);
	put_certificates(o, m->certificates, m->len);
	put_certificates(o, m->cas, m->cas_len);
}

bool
message_on_record_get(struct cbor *c, struct message_on_record *m)
{
	memset(m, 0, sizeof(*m));
	return field_array(c, 2) &&
	    get_certificates(c, m->certificates, ON_RECORD_MAX, &m->len) &&
	    get_certificates(c, m->cas, DOMAIN_CAS_MAX, &m->cas_len) &&
	    cbor_end(c) == WIRE_OK;
}
