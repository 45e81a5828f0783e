/* Frames between authority and signer. */
#include "base/text.h"
#include "ipc/fields.h"

void
message_head_put(struct cbor_out *o, const struct message_head *m)
{
	cbor_put_array(o, 4);
	cbor_put_bool(o, m->empty);
	cbor_put_bytes(o, span_of(m->signer, sizeof(m->signer)));
	cbor_put_uint(o, m->sequence);
	put_hash(o, m->sha256);
}

bool
message_head_get(struct cbor *c, struct message_head *m)
{
	return field_array(c, 4) && field_flag(c, &m->empty) &&
	    cbor_bytes_exact(c, m->signer, sizeof(m->signer)) == WIRE_OK &&
	    field_number(c, UINT64_MAX, &m->sequence) &&
	    field_hash(c, m->sha256) && cbor_end(c) == WIRE_OK;
}

void
message_record_put(struct cbor_out *o, const struct message_record *m)
{
	cbor_put_array(o, 2);
	cbor_put_uint(o, m->sequence);
	cbor_put_bytes(o, m->record);
}

bool
message_record_get(struct cbor *c, struct message_record *m)
{
	return field_array(c, 2) && field_number(c, UINT64_MAX, &m->sequence) &&
	    field_span(c, &m->record, BODY_MAX) && cbor_end(c) == WIRE_OK;
}

void
message_synced_put(struct cbor_out *o, const struct message_synced *m)
{
	cbor_put_array(o, 6);
	cbor_put_bytes(o, span_of(m->signer, sizeof(m->signer)));
	cbor_put_uint(o, m->sequence);
	cbor_put_bool(o, m->test);
	cbor_put_uint(o, m->reason);
	put_words(o, m->text);
	cbor_put_bytes(o, m->unreached);
}

bool
message_synced_get(struct cbor *c, struct message_synced *m)
{
	return field_array(c, 6) &&
	    cbor_bytes_exact(c, m->signer, sizeof(m->signer)) == WIRE_OK &&
	    field_number(c, UINT64_MAX, &m->sequence) &&
	    field_flag(c, &m->test) && field_reason(c, &m->reason) &&
	    field_text(c, m->text, sizeof(m->text)) &&
	    field_span(c, &m->unreached, KEY_BITS_MAX) &&
	    cbor_end(c) == WIRE_OK;
}

/* None, or those of two persons. */
static void
put_signatures(struct cbor_out *o, const struct span *signatures, unsigned n)
{
	unsigned i;

	cbor_put_array(o, n);
	for (i = 0; i < n; i++)
		cbor_put_bytes(o, signatures[i]);
}

static bool
get_signatures(
    struct cbor *c, struct span signatures[END_SIGNATURES], unsigned *len)
{
	uint64_t n;
	unsigned i;

	if (cbor_array(c, &n) != WIRE_OK || (n != 0 && n != END_SIGNATURES))
		return false;
	*len = (unsigned)n;
	for (i = 0; i < n; i++)
		if (!field_span(c, &signatures[i], END_SIGNATURE_MAX))
			return false;
	return true;
}

void
message_act_put(struct cbor_out *o, const struct message_act *m)
{
	cbor_put_array(o, 5);
	cbor_put_uint(o, m->user);
	cbor_put_string(o, m->verb);
	cbor_put_string(o, m->subject);
	cbor_put_uint(o, m->number);
	put_signatures(o, m->signatures, m->signatures_len);
}

bool
message_act_get(struct cbor *c, struct message_act *m)
{
	memset(m, 0, sizeof(*m));
	return field_array(c, 5) && field_unsigned(c, UINT32_MAX, &m->user) &&
	    field_text(c, m->verb, sizeof(m->verb)) &&
	    field_text(c, m->subject, sizeof(m->subject)) &&
	    field_number(c, INT64_MAX, &m->number) &&
	    get_signatures(c, m->signatures, &m->signatures_len) &&
	    cbor_end(c) == WIRE_OK;
}

void
message_signed_put(struct cbor_out *o, const struct message_signed *m)
{
	cbor_put_array(o, 6);
	cbor_put_uint(o, m->reason);
	put_words(o, m->text);
	cbor_put_uint(o, m->sequence);
	cbor_put_bool(o, m->again);
	put_device(o, &m->device);
	cbor_put_bytes(o, m->artifact);
}

bool
message_signed_get(struct cbor *c, struct message_signed *m)
{
	memset(m, 0, sizeof(*m));
	return field_array(c, 6) && field_reason(c, &m->reason) &&
	    field_text(c, m->text, sizeof(m->text)) &&
	    field_number(c, UINT64_MAX, &m->sequence) &&
	    field_flag(c, &m->again) && get_device(c, &m->device) &&
	    field_span(c, &m->artifact, ADMIN_BLOB_MAX) &&
	    cbor_end(c) == WIRE_OK;
}

void
message_voucher_order_put(struct cbor_out *o, const struct voucher_order *m)
{
	cbor_put_array(o, 17);
	cbor_put_string(o, m->key);
	put_device(o, &m->device);
	put_hash(o, m->request_sha256);
	cbor_put_string(o, m->nonce);
	cbor_put_uint(o, m->assertion);
	cbor_put_int(o, m->expires_on);
	cbor_put_bool(o, m->name_issuer);
	cbor_put_bool(o, m->emit_id_data);
	cbor_put_bool(o, m->layout_2019);
	cbor_put_uint(o, m->x5bag);
	cbor_put_uint(o, m->format);
	cbor_put_uint(o, m->pin_kind);
	cbor_put_bytes(o, m->pin);
	cbor_put_bytes(o, span_of(m->domain_id, m->domain_id_len));
	cbor_put_string(o, m->est_domain);
	cbor_put_string(o, m->configuration_url);
	cbor_put_bytes(o, m->proprietary);
}

bool
message_voucher_order_get(struct cbor *c, struct voucher_order *m)
{
	bool good = true;

	memset(m, 0, sizeof(*m));
	if (!field_array(c, 17) || !field_text(c, m->key, sizeof(m->key)) ||
	    !get_device(c, &m->device) || !field_hash(c, m->request_sha256) ||
	    !field_text(c, m->nonce, sizeof(m->nonce)))
		return false;
	m->assertion =
	    field_enum(c, ASSERTION_VERIFIED, ASSERTION_AGENT_PROXIMITY, &good);
	if (!good || !field_time(c, &m->expires_on) ||
	    !field_flag(c, &m->name_issuer) ||
	    !field_flag(c, &m->emit_id_data) || !field_flag(c, &m->layout_2019))
		return false;
	m->x5bag = field_enum(c, BAG_UNPROTECTED, BAG_BOTH, &good);
	m->format = field_enum(c, FORMAT_CMS_JSON, FORMAT_COSE_CBOR, &good);
	m->pin_kind = field_enum(c, PIN_CERTIFICATE, PIN_PUBK_SHA256, &good);
	return good && field_span(c, &m->pin, CERTIFICATE_MAX) &&
	    field_octets(
		c, m->domain_id, sizeof(m->domain_id), &m->domain_id_len) &&
	    field_text(c, m->est_domain, sizeof(m->est_domain)) &&
	    field_text(c, m->configuration_url, sizeof(m->configuration_url)) &&
	    field_span(c, &m->proprietary, PROPRIETARY_MAX) &&
	    cbor_end(c) == WIRE_OK;
}

static void
put_profile(struct cbor_out *o, const struct idevid_profile *p)
{
	cbor_put_array(o, 7);
	cbor_put_uint(o, p->key_usage);
	cbor_put_bool(o, p->subject_key_id);
	cbor_put_bytes(o, span_str(p->organization));
	cbor_put_bytes(o, span_str(p->unit));
	cbor_put_bytes(o, span_str(p->model));
	cbor_put_string(o, p->hw_type);
	cbor_put_bool(o, p->issuance_policy);
}

/* UTF-8, as the signer will see. */
static bool
get_part(struct cbor *c, char out[SUBJECT_PART_MAX + 1])
{
	struct span s;

	return field_span(c, &s, SUBJECT_PART_MAX) &&
	    (s.len == 0 || memchr(s.ptr, 0, s.len) == NULL) &&
	    text_copy(out, SUBJECT_PART_MAX + 1, s);
}

static bool
get_profile(struct cbor *c, struct idevid_profile *p)
{
	unsigned usage;

	if (!field_array(c, 7) || !field_unsigned(c, IDEVID_USAGE_LAST, &usage))
		return false;
	p->key_usage = (enum idevid_usage)usage;
	return field_flag(c, &p->subject_key_id) &&
	    get_part(c, p->organization) && get_part(c, p->unit) &&
	    get_part(c, p->model) &&
	    field_text(c, p->hw_type, sizeof(p->hw_type)) &&
	    field_flag(c, &p->issuance_policy);
}

void
message_idevid_order_put(struct cbor_out *o, const struct idevid_order *m)
{
	cbor_put_array(o, 13);
	cbor_put_string(o, m->key);
	cbor_put_string(o, m->product);
	cbor_put_string(o, m->token);
	cbor_put_string(o, m->scheme);
	cbor_put_string(o, m->serial);
	cbor_put_uint(o, m->counter);
	cbor_put_uint(o, m->counter_width);
	cbor_put_bool(o, m->check_character);
	cbor_put_string(o, m->masa_url);
	put_profile(o, &m->profile);
	cbor_put_bytes(o, m->spki);
	put_hash(o, m->request_sha256);
	cbor_put_uint(o, m->key_slot);
}

bool
message_idevid_order_get(struct cbor *c, struct idevid_order *m)
{
	memset(m, 0, sizeof(*m));
	return field_array(c, 13) && field_text(c, m->key, sizeof(m->key)) &&
	    field_text(c, m->product, sizeof(m->product)) &&
	    field_text(c, m->token, sizeof(m->token)) &&
	    field_text(c, m->scheme, sizeof(m->scheme)) &&
	    field_text(c, m->serial, sizeof(m->serial)) &&
	    field_number(c, UINT64_MAX, &m->counter) &&
	    field_unsigned(c, 12, &m->counter_width) &&
	    field_flag(c, &m->check_character) &&
	    field_text(c, m->masa_url, sizeof(m->masa_url)) &&
	    get_profile(c, &m->profile) && field_span(c, &m->spki, SPKI_MAX) &&
	    field_hash(c, m->request_sha256) &&
	    field_unsigned(c, UINT32_MAX, &m->key_slot) &&
	    cbor_end(c) == WIRE_OK;
}

void
message_device_order_put(struct cbor_out *o, const struct device_order *m)
{
	cbor_put_array(o, 1);
	put_device(o, &m->device);
}

bool
message_device_order_get(struct cbor *c, struct device_order *m)
{
	return field_array(c, 1) && get_device(c, &m->device) &&
	    cbor_end(c) == WIRE_OK;
}

static void
put_policy(struct cbor_out *o, const struct key_policy *p)
{
	unsigned i;

	cbor_put_array(o, 12);
	cbor_put_uint(o, p->kinds);
	cbor_put_array(o, p->products_len);
	for (i = 0; i < p->products_len; i++)
		cbor_put_string(o, p->products[i]);
	cbor_put_string(o, p->serials);
	cbor_put_uint(o, p->limit);
	cbor_put_uint(o, p->first_day);
	cbor_put_uint(o, p->last_day);
	cbor_put_uint(o, p->rate);
	cbor_put_uint(o, p->period);
	cbor_put_uint(o, p->months);
	cbor_put_uint(o, p->awake_days);
	cbor_put_uint(o, p->awake_from);
	cbor_put_uint(o, p->awake_to);
}

static bool
get_products(struct cbor *c, struct key_policy *p)
{
	uint64_t n;
	unsigned i;

	if (cbor_array(c, &n) != WIRE_OK || n > KEY_PRODUCTS_MAX)
		return false;
	p->products_len = (unsigned)n;
	for (i = 0; i < n; i++)
		if (!field_text(c, p->products[i], sizeof(p->products[i])))
			return false;
	return true;
}

static bool
get_policy(struct cbor *c, struct key_policy *p)
{
	return field_array(c, 12) && field_unsigned(c, SIGNED_ALL, &p->kinds) &&
	    get_products(c, p) &&
	    field_text(c, p->serials, sizeof(p->serials)) &&
	    field_number(c, INT64_MAX, &p->limit) &&
	    field_unsigned(c, KEY_DAY_MAX, &p->first_day) &&
	    field_unsigned(c, KEY_DAY_MAX, &p->last_day) &&
	    field_unsigned(c, UINT32_MAX, &p->rate) &&
	    field_unsigned(c, KEY_PERIOD_MAX, &p->period) &&
	    field_unsigned(c, KEY_MONTHS_MAX, &p->months) &&
	    field_unsigned(c, AWAKE_BY_ACT, &p->awake_days) &&
	    field_unsigned(c, MINUTES_A_DAY, &p->awake_from) &&
	    field_unsigned(c, MINUTES_A_DAY, &p->awake_to);
}

void
message_key_order_put(struct cbor_out *o, const struct key_order *m)
{
	cbor_put_array(o, 9);
	cbor_put_uint(o, m->purpose);
	cbor_put_string(o, m->name);
	cbor_put_string(o, m->slot);
	cbor_put_bool(o, m->p384);
	cbor_put_bool(o, m->raw);
	cbor_put_uint(o, m->rsa_bits);
	put_policy(o, &m->policy);
	cbor_put_string(o, m->succeeds);
	cbor_put_string(o, m->factory);
}

bool
message_key_order_get(struct cbor *c, struct key_order *m)
{
	bool good = true;

	memset(m, 0, sizeof(*m));
	if (!field_array(c, 9))
		return false;
	m->purpose = field_enum(c, PURPOSE_VOUCHER, PURPOSE_LAST, &good);
	return good && field_text(c, m->name, sizeof(m->name)) &&
	    field_text(c, m->slot, sizeof(m->slot)) &&
	    field_flag(c, &m->p384) && field_flag(c, &m->raw) &&
	    field_unsigned(c, 3072, &m->rsa_bits) &&
	    (m->rsa_bits == 0 || m->rsa_bits == 2048 || m->rsa_bits == 3072) &&
	    get_policy(c, &m->policy) &&
	    field_text(c, m->succeeds, sizeof(m->succeeds)) &&
	    field_text(c, m->factory, sizeof(m->factory)) &&
	    cbor_end(c) == WIRE_OK;
}

void
message_policy_order_put(struct cbor_out *o, const struct policy_order *m)
{
	cbor_put_array(o, 3);
	cbor_put_string(o, m->name);
	cbor_put_uint(o, m->user);
	put_policy(o, &m->policy);
}

bool
message_policy_order_get(struct cbor *c, struct policy_order *m)
{
	memset(m, 0, sizeof(*m));
	return field_array(c, 3) && field_text(c, m->name, sizeof(m->name)) &&
	    field_unsigned(c, UINT32_MAX, &m->user) &&
	    get_policy(c, &m->policy) && cbor_end(c) == WIRE_OK;
}

void
message_end_order_put(struct cbor_out *o, const struct end_order *m)
{
	cbor_put_array(o, 4);
	cbor_put_string(o, m->name);
	cbor_put_uint(o, m->how);
	put_hash(o, m->archive_sha256);
	put_signatures(o, m->signatures, m->signatures_len);
}

bool
message_end_order_get(struct cbor *c, struct end_order *m)
{
	bool good = true;

	memset(m, 0, sizeof(*m));
	if (!field_array(c, 4) || !field_text(c, m->name, sizeof(m->name)))
		return false;
	m->how = field_enum(c, END_DESTROY, END_ARCHIVE, &good);
	return good && field_hash(c, m->archive_sha256) &&
	    get_signatures(c, m->signatures, &m->signatures_len) &&
	    cbor_end(c) == WIRE_OK;
}

void
message_manifest_order_put(struct cbor_out *o, const struct manifest_order *m)
{
	cbor_put_array(o, 2);
	cbor_put_string(o, m->key);
	put_statement(o, &m->statement);
}

bool
message_manifest_order_get(struct cbor *c, struct manifest_order *m)
{
	memset(m, 0, sizeof(*m));
	return field_array(c, 2) && field_text(c, m->key, sizeof(m->key)) &&
	    get_statement(c, &m->statement) && cbor_end(c) == WIRE_OK;
}

void
message_key_certificate_put(struct cbor_out *o, const struct key_certificate *m)
{
	unsigned i;

	cbor_put_array(o, 2);
	cbor_put_string(o, m->name);
	cbor_put_array(o, m->chain_len);
	for (i = 0; i < m->chain_len; i++)
		cbor_put_bytes(o, m->chain[i]);
}

bool
message_key_certificate_get(struct cbor *c, struct key_certificate *m)
{
	uint64_t n;
	unsigned i;

	memset(m, 0, sizeof(*m));
	if (!field_array(c, 2) || !field_text(c, m->name, sizeof(m->name)) ||
	    cbor_array(c, &n) != WIRE_OK || n == 0 || n > CHAIN_MAX)
		return false;
	m->chain_len = (unsigned)n;
	for (i = 0; i < n; i++)
		if (!field_span(c, &m->chain[i], CERTIFICATE_MAX))
			return false;
	return cbor_end(c) == WIRE_OK;
}
