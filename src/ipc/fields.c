/* Fields of frames, see fields.h. */
#include "ipc/fields.h"

#include "base/text.h"

bool
field_array(struct cbor *c, uint64_t count)
{
	uint64_t n;

	return cbor_array(c, &n) == WIRE_OK && n == count;
}

bool
field_text(struct cbor *c, char *out, size_t cap)
{
	struct span s;

	return cbor_text(c, &s) == WIRE_OK && text_printable(s) &&
	    text_copy(out, cap, s);
}

bool
field_span(struct cbor *c, struct span *out, size_t max)
{
	return cbor_bytes(c, out) == WIRE_OK && out->len <= max;
}

bool
field_hash(struct cbor *c, uint8_t out[HASH_SIZE])
{
	return cbor_bytes_exact(c, out, HASH_SIZE) == WIRE_OK;
}

bool
field_number(struct cbor *c, uint64_t max, uint64_t *out)
{
	return cbor_uint(c, out) == WIRE_OK && *out <= max;
}

bool
field_unsigned(struct cbor *c, unsigned max, unsigned *out)
{
	uint64_t n;

	if (!field_number(c, max, &n))
		return false;
	*out = (unsigned)n;
	return true;
}

unsigned
field_enum(struct cbor *c, unsigned low, unsigned high, bool *good)
{
	unsigned n;

	if (field_unsigned(c, high, &n) && n >= low)
		return n;
	*good = false;
	return low;
}

unsigned
field_formats(struct cbor *c, bool *good)
{
	unsigned list;

	if (field_unsigned(c, FORMAT_LIST_MAX, &list) &&
	    format_list_valid(list))
		return list;
	*good = false;
	return 0;
}

bool
field_reason(struct cbor *c, enum reason *out)
{
	uint64_t n;

	if (cbor_uint(c, &n) != WIRE_OK || !reason_valid(n))
		return false;
	*out = (enum reason)n;
	return true;
}

bool
field_flag(struct cbor *c, bool *out)
{
	return cbor_bool(c, out) == WIRE_OK;
}

bool
field_time(struct cbor *c, int64_t *out)
{
	return cbor_int(c, out) == WIRE_OK;
}

bool
field_octets(struct cbor *c, uint8_t *out, size_t cap, uint8_t *len)
{
	struct span s;

	if (!field_span(c, &s, cap))
		return false;
	if (s.len > 0)
		memcpy(out, s.ptr, s.len);
	*len = (uint8_t)s.len;
	return true;
}

void
put_words(struct cbor_out *o, const char *text)
{
	char clean[sizeof(((struct why *)NULL)->text)];
	size_t i;

	text_copy(clean, sizeof(clean), span_str(text));
	for (i = 0; clean[i] != '\0'; i++)
		if (clean[i] < 0x20 || clean[i] > 0x7e)
			clean[i] = '?';
	cbor_put_string(o, clean);
}

void
put_hash(struct cbor_out *o, const uint8_t hash[HASH_SIZE])
{
	cbor_put_bytes(o, span_of(hash, HASH_SIZE));
}

void
put_issuer(struct cbor_out *o, const struct issuer *i)
{
	cbor_put_array(o, 2);
	cbor_put_uint(o, i->kind);
	cbor_put_bytes(o, span_of(i->bytes, i->len));
}

bool
get_issuer(struct cbor *c, struct issuer *i)
{
	bool good = true;

	memset(i, 0, sizeof(*i));
	if (!field_array(c, 2))
		return false;
	i->kind = field_enum(c, ISSUER_NONE, ISSUER_NAME, &good);
	if (!good || !field_octets(c, i->bytes, sizeof(i->bytes), &i->len))
		return false;
	switch (i->kind) {
	case ISSUER_NONE:
		return i->len == 0;
	case ISSUER_KEY_ID:
		return i->len > 0;
	case ISSUER_NAME:
		return i->len == HASH_SIZE;
	}
	return false;
}

void
put_device(struct cbor_out *o, const struct device *d)
{
	cbor_put_array(o, 10);
	cbor_put_string(o, d->serial);
	cbor_put_string(o, d->product);
	put_issuer(o, &d->issuer);
	put_hash(o, d->issuer_name_sha256);
	put_hash(o, d->spki_sha256);
	put_hash(o, d->certificate_sha256);
	cbor_put_uint(o, d->key_slot);
	put_hash(o, d->tag);
	cbor_put_uint(o, d->state);
	cbor_put_uint(o, d->origin);
}

bool
get_device(struct cbor *c, struct device *d)
{
	bool good = true;

	memset(d, 0, sizeof(*d));
	if (!field_array(c, 10) ||
	    !field_text(c, d->serial, sizeof(d->serial)) ||
	    !field_text(c, d->product, sizeof(d->product)) ||
	    !get_issuer(c, &d->issuer) ||
	    !field_hash(c, d->issuer_name_sha256) ||
	    !field_hash(c, d->spki_sha256) ||
	    !field_hash(c, d->certificate_sha256) ||
	    !field_unsigned(c, UINT32_MAX, &d->key_slot) ||
	    !field_hash(c, d->tag))
		return false;
	/* 0: not decided yet (an order); else one of the enumeration. */
	d->state = field_enum(c, 0, DEVICE_RETIRED, &good);
	d->origin = field_enum(c, 0, ORIGIN_IMPORTED, &good);
	return good;
}

void
put_entry(struct cbor_out *o, const struct chain_entry *e)
{
	cbor_put_array(o, 8);
	cbor_put_bytes(o, e->certificate);
	put_hash(o, e->spki_sha256);
	cbor_put_bytes(o, span_of(e->domain_id, e->domain_id_len));
	cbor_put_bool(o, e->ca);
	cbor_put_bool(o, e->self_signed);
	cbor_put_int(o, e->not_after);
	put_hash(o, e->issuer_name_sha256);
	cbor_put_bool(o, e->public_policy);
}

bool
get_entry(struct cbor *c, struct chain_entry *e)
{
	return field_array(c, 8) &&
	    field_span(c, &e->certificate, CERTIFICATE_MAX) &&
	    field_hash(c, e->spki_sha256) &&
	    field_octets(
		c, e->domain_id, sizeof(e->domain_id), &e->domain_id_len) &&
	    e->domain_id_len > 0 && field_flag(c, &e->ca) &&
	    field_flag(c, &e->self_signed) && field_time(c, &e->not_after) &&
	    field_hash(c, e->issuer_name_sha256) &&
	    field_flag(c, &e->public_policy);
}

static void
put_hashes(struct cbor_out *o, const uint8_t hashes[][HASH_SIZE], unsigned len)
{
	unsigned i;

	cbor_put_array(o, len);
	for (i = 0; i < len; i++)
		put_hash(o, hashes[i]);
}

static bool
get_hashes(
    struct cbor *c, uint8_t out[][HASH_SIZE], unsigned max, unsigned *len)
{
	uint64_t n;

	if (cbor_array(c, &n) != WIRE_OK || n > max)
		return false;
	for (*len = 0; *len < n; ++*len)
		if (!field_hash(c, out[*len]))
			return false;
	return true;
}

/* Names that there are none of have no place: so facts in stores from before them
 * are read as they were written. */
static void
put_pledge(struct cbor_out *o, const struct request_facts *f)
{
	bool named = f->agent_names_len > 0;

	cbor_put_array(o, named ? 10 : 9);
	cbor_put_bool(o, f->prior);
	cbor_put_uint(o, f->prior_format);
	cbor_put_uint(o, f->prior_legacy);
	put_hash(o, f->pledge_spki_sha256);
	put_hash(o, f->pledge_certificate_sha256);
	put_issuer(o, &f->pledge_issuer);
	put_hash(o, f->pledge_issuer_name_sha256);
	cbor_put_uint(o, f->proximity);
	put_hashes(o, f->agent_cas, f->agent_cas_len);
	if (named)
		put_hashes(o, f->agent_names, f->agent_names_len);
}

static bool
get_pledge(struct cbor *c, struct request_facts *f)
{
	bool good = true;
	uint64_t n;

	if (cbor_array(c, &n) != WIRE_OK || (n != 9 && n != 10) ||
	    !field_flag(c, &f->prior))
		return false;
	f->prior_format = field_enum(c, FORMAT_NONE, FORMAT_COSE_CBOR, &good);
	if (!good || !field_unsigned(c, LEGACY_ALL, &f->prior_legacy) ||
	    !field_hash(c, f->pledge_spki_sha256) ||
	    !field_hash(c, f->pledge_certificate_sha256) ||
	    !get_issuer(c, &f->pledge_issuer) ||
	    !field_hash(c, f->pledge_issuer_name_sha256))
		return false;
	f->proximity =
	    field_enum(c, PROXIMITY_PROVEN, PROXIMITY_AGENT_UNNAMED, &good);
	if (!good ||
	    !get_hashes(c, f->agent_cas, AGENT_CAS_MAX, &f->agent_cas_len))
		return false;
	return n == 9 ||
	    (get_hashes(
		 c, f->agent_names, AGENT_NAMES_MAX, &f->agent_names_len) &&
		f->agent_names_len > 0);
}

void
put_statement(struct cbor_out *o, const struct manifest_statement *s)
{
	cbor_put_array(o, 5);
	cbor_put_bytes(o, span_of(s->signer, sizeof(s->signer)));
	cbor_put_uint(o, s->first);
	cbor_put_uint(o, s->last);
	put_hash(o, s->head);
	put_hash(o, s->content);
}

bool
get_statement(struct cbor *c, struct manifest_statement *s)
{
	return field_array(c, 5) &&
	    cbor_bytes_exact(c, s->signer, sizeof(s->signer)) == WIRE_OK &&
	    field_number(c, INT64_MAX, &s->first) &&
	    field_number(c, INT64_MAX, &s->last) && s->first > 0 &&
	    s->first <= s->last && field_hash(c, s->head) &&
	    field_hash(c, s->content);
}

void
put_facts(struct cbor_out *o, const struct request_facts *f)
{
	unsigned i;

	cbor_put_array(o, f->not_in_cose ? 20 : 19);
	cbor_put_uint(o, f->kind);
	cbor_put_uint(o, f->format);
	cbor_put_uint(o, f->reply);
	cbor_put_uint(o, f->legacy);
	cbor_put_int(o, f->moment);
	put_hash(o, f->request_sha256);
	put_hash(o, f->client_sha256);
	put_hash(o, f->client_spki_sha256);
	cbor_put_string(o, f->address);
	cbor_put_uint(o, f->refusal);
	put_words(o, f->why.text);
	cbor_put_bool(o, f->has_created_on);
	cbor_put_int(o, f->created_on);
	cbor_put_string(o, f->serial);
	put_issuer(o, &f->issuer);
	cbor_put_string(o, f->nonce);
	put_pledge(o, f);
	cbor_put_array(o, f->chain_len);
	for (i = 0; i < f->chain_len; i++)
		put_entry(o, &f->chain[i]);
	cbor_put_bool(o, f->revocation_unknown);
	if (f->not_in_cose)
		cbor_put_bool(o, true);
}

static bool
get_chain(struct cbor *c, struct request_facts *f)
{
	uint64_t n;
	unsigned i;

	if (cbor_array(c, &n) != WIRE_OK || n > CHAIN_MAX)
		return false;
	f->chain_len = (unsigned)n;
	for (i = 0; i < n; i++)
		if (!get_entry(c, &f->chain[i]))
			return false;
	return true;
}

bool
get_facts(struct cbor *c, struct request_facts *f)
{
	bool good = true;
	uint64_t n;

	memset(f, 0, sizeof(*f));
	why_clear(&f->why);
	if (cbor_array(c, &n) != WIRE_OK || (n != 19 && n != 20))
		return false;
	f->kind = field_enum(c, REQUEST_VOUCHER, REQUEST_AUDIT_LOG, &good);
	f->format = field_enum(c, FORMAT_CMS_JSON, FORMAT_COSE_CBOR, &good);
	f->reply = field_formats(c, &good);
	if (!good || !field_unsigned(c, LEGACY_ALL, &f->legacy) ||
	    !field_time(c, &f->moment) || !field_hash(c, f->request_sha256) ||
	    !field_hash(c, f->client_sha256) ||
	    !field_hash(c, f->client_spki_sha256) ||
	    !field_text(c, f->address, sizeof(f->address)) ||
	    !field_reason(c, &f->refusal) ||
	    !field_text(c, f->why.text, sizeof(f->why.text)) ||
	    !field_flag(c, &f->has_created_on) ||
	    !field_time(c, &f->created_on) ||
	    !field_text(c, f->serial, sizeof(f->serial)) ||
	    !get_issuer(c, &f->issuer) ||
	    !field_text(c, f->nonce, sizeof(f->nonce)) || !get_pledge(c, f) ||
	    !get_chain(c, f) || !field_flag(c, &f->revocation_unknown) ||
	    (n == 20 && (!field_flag(c, &f->not_in_cose) || !f->not_in_cose)))
		return false;
	/* What is the pledge's is the request's. */
	if ((f->prior_legacy & ~f->legacy) != 0)
		return false;
	/* Only an audit-log request comes with a refusal, or without a chain. */
	if (f->kind == REQUEST_VOUCHER)
		return f->refusal == REASON_OK && f->chain_len > 0;
	return f->refusal != REASON_OK || f->chain_len > 0;
}
