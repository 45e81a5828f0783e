/* Frames about files that an operator names, and the command line's own. */
#include "base/text.h"
#include "ipc/fields.h"

static void
put_lint(struct cbor_out *o, const struct lint_order *l)
{
	cbor_put_array(o, 11);
	cbor_put_uint(o, l->subject);
	cbor_put_bool(o, l->masa_url_required);
	cbor_put_bool(o, l->issuer_is_idevid_ca);
	cbor_put_bool(o, l->issuer_named);
	cbor_put_bool(o, l->imported);
	cbor_put_string(o, l->token);
	cbor_put_string(o, l->scheme);
	cbor_put_string(o, l->slot);
	cbor_put_uint(o, l->counter_width);
	cbor_put_bool(o, l->check_character);
	cbor_put_bytes(o, l->voucher_policy);
}

static bool
get_lint(struct cbor *c, struct lint_order *l)
{
	bool good = true;

	if (!field_array(c, 11))
		return false;
	l->subject = field_enum(c, LINT_GUESS, LINT_OTHER, &good);
	return good && field_flag(c, &l->masa_url_required) &&
	    field_flag(c, &l->issuer_is_idevid_ca) &&
	    field_flag(c, &l->issuer_named) && field_flag(c, &l->imported) &&
	    field_text(c, l->token, sizeof(l->token)) &&
	    field_text(c, l->scheme, sizeof(l->scheme)) &&
	    field_text(c, l->slot, sizeof(l->slot)) &&
	    field_unsigned(c, 12, &l->counter_width) &&
	    field_flag(c, &l->check_character) &&
	    field_span(c, &l->voucher_policy, LINT_POLICY_MAX);
}

void
message_inspect_put(struct cbor_out *o, const struct message_inspect *m)
{
	cbor_put_array(o, 5);
	cbor_put_uint(o, m->kind);
	cbor_put_bytes(o, m->bytes);
	cbor_put_bytes(o, m->other);
	put_lint(o, &m->lint);
	cbor_put_bytes(o, m->policies);
}

bool
message_inspect_get(struct cbor *c, struct message_inspect *m)
{
	bool good = true;

	memset(m, 0, sizeof(*m));
	if (!field_array(c, 5))
		return false;
	m->kind = field_enum(c, INSPECT_CSR, INSPECT_MANIFEST, &good);
	return good && field_span(c, &m->bytes, MANIFEST_SIZE_MAX) &&
	    field_span(c, &m->other, BODY_MAX) && get_lint(c, &m->lint) &&
	    field_span(c, &m->policies, INSPECT_POLICIES_MAX) &&
	    cbor_end(c) == WIRE_OK;
}

static void
put_csr(struct cbor_out *o, const struct csr_facts *f)
{
	cbor_put_array(o, 5);
	put_hash(o, f->csr_sha256);
	cbor_put_bytes(o, f->spki);
	put_hash(o, f->spki_sha256);
	cbor_put_string(o, f->serial);
	cbor_put_bool(o, f->rsa);
}

static bool
get_csr(struct cbor *c, struct csr_facts *f)
{
	return field_array(c, 5) && field_hash(c, f->csr_sha256) &&
	    field_span(c, &f->spki, SPKI_MAX) &&
	    field_hash(c, f->spki_sha256) &&
	    field_text(c, f->serial, sizeof(f->serial)) &&
	    field_flag(c, &f->rsa);
}

static void
put_import(struct cbor_out *o, const struct import_facts *f)
{
	cbor_put_array(o, 8);
	cbor_put_string(o, f->serial);
	cbor_put_bytes(o, f->certificate);
	cbor_put_bytes(o, f->issuer_certificate);
	put_issuer(o, &f->issuer);
	put_hash(o, f->issuer_name_sha256);
	put_hash(o, f->spki_sha256);
	put_hash(o, f->certificate_sha256);
	cbor_put_string(o, f->warnings);
}

static bool
get_import(struct cbor *c, struct import_facts *f)
{
	return field_array(c, 8) &&
	    field_text(c, f->serial, sizeof(f->serial)) &&
	    field_span(c, &f->certificate, CERTIFICATE_MAX) &&
	    field_span(c, &f->issuer_certificate, CERTIFICATE_MAX) &&
	    get_issuer(c, &f->issuer) && field_hash(c, f->issuer_name_sha256) &&
	    field_hash(c, f->spki_sha256) &&
	    field_hash(c, f->certificate_sha256) &&
	    field_text(c, f->warnings, sizeof(f->warnings));
}

static void
put_certificate(struct cbor_out *o, const struct certificate_facts *f)
{
	cbor_put_array(o, 4);
	put_entry(o, &f->entry);
	put_hash(o, f->name_sha256);
	cbor_put_bool(o, f->registrar);
	put_words(o, f->subject);
}

static bool
get_certificate(struct cbor *c, struct certificate_facts *f)
{
	return field_array(c, 4) && get_entry(c, &f->entry) &&
	    field_hash(c, f->name_sha256) && field_flag(c, &f->registrar) &&
	    field_text(c, f->subject, sizeof(f->subject));
}

static void
put_manifest_device(struct cbor_out *o, const struct manifest_device *d)
{
	cbor_put_array(o, 5);
	put_device(o, &d->device);
	cbor_put_uint(o, d->sequence);
	put_hash(o, d->root_sha256);
	cbor_put_bytes(o, d->certificate);
	cbor_put_string(o, d->warnings);
}

static bool
get_manifest_device(struct cbor *c, struct manifest_device *d)
{
	return field_array(c, 5) && get_device(c, &d->device) &&
	    field_number(c, INT64_MAX, &d->sequence) &&
	    field_hash(c, d->root_sha256) &&
	    field_span(c, &d->certificate, CERTIFICATE_MAX) &&
	    field_text(c, d->warnings, sizeof(d->warnings));
}

static void
put_manifest(struct cbor_out *o, const struct manifest_facts *m)
{
	unsigned i;

	cbor_put_array(o, 10);
	put_statement(o, &m->statement);
	put_hash(o, m->key_sha256);
	put_hash(o, m->previous);
	cbor_put_int(o, m->time);
	cbor_put_bytes(o, span_of(m->before.signer, sizeof(m->before.signer)));
	cbor_put_uint(o, m->before.sequence);
	put_hash(o, m->before.sha256);
	cbor_put_bytes(o, m->hashes);
	cbor_put_uint(o, m->undelivered);
	cbor_put_array(o, m->devices_len);
	for (i = 0; i < m->devices_len; i++)
		put_manifest_device(o, &m->devices[i]);
}

static bool
get_manifest(struct cbor *c, struct manifest_facts *m)
{
	const struct manifest_statement *s = &m->statement;
	uint64_t n;

	if (!field_array(c, 10) || !get_statement(c, &m->statement) ||
	    !field_hash(c, m->key_sha256) || !field_hash(c, m->previous) ||
	    !field_time(c, &m->time) ||
	    cbor_bytes_exact(c, m->before.signer, sizeof(m->before.signer)) !=
		WIRE_OK ||
	    !field_number(c, INT64_MAX, &m->before.sequence) ||
	    !field_hash(c, m->before.sha256) ||
	    !field_span(c, &m->hashes, MANIFEST_RECORDS_MAX * HASH_SIZE) ||
	    s->last - s->first >= MANIFEST_RECORDS_MAX ||
	    m->hashes.len != (s->last - s->first + 1) * HASH_SIZE ||
	    !field_unsigned(c, MANIFEST_RECORDS_MAX, &m->undelivered) ||
	    cbor_array(c, &n) != WIRE_OK || n > MANIFEST_DEVICES_MAX)
		return false;
	while (m->devices_len < n)
		if (!get_manifest_device(c, &m->devices[m->devices_len++]))
			return false;
	return true;
}

static bool
found(const struct message_inspected *m, enum inspect_kind kind)
{
	return m->kind == kind && m->reason == REASON_OK;
}

void
message_inspected_put(struct cbor_out *o, const struct message_inspected *m)
{
	cbor_put_array(o, 8);
	cbor_put_uint(o, m->kind);
	cbor_put_uint(o, m->reason);
	put_words(o, m->text);
	put_csr(o, &m->csr);
	put_import(o, &m->import);
	cbor_put_bytes(o, m->json);
	if (found(m, INSPECT_CERTIFICATE))
		put_certificate(o, &m->certificate);
	else
		cbor_put_null(o);
	if (found(m, INSPECT_MANIFEST))
		put_manifest(o, &m->manifest);
	else
		cbor_put_null(o);
}

bool
message_inspected_get(struct cbor *c, struct message_inspected *m)
{
	bool good = true;

	memset(m, 0, sizeof(*m));
	if (!field_array(c, 8))
		return false;
	m->kind = field_enum(c, INSPECT_CSR, INSPECT_MANIFEST, &good);
	return good && field_reason(c, &m->reason) &&
	    field_text(c, m->text, sizeof(m->text)) && get_csr(c, &m->csr) &&
	    get_import(c, &m->import) &&
	    field_span(c, &m->json, ADMIN_BLOB_MAX) &&
	    (found(m, INSPECT_CERTIFICATE) ? get_certificate(c, &m->certificate)
					   : cbor_null(c)) &&
	    (found(m, INSPECT_MANIFEST) ? get_manifest(c, &m->manifest)
					: cbor_null(c)) &&
	    cbor_end(c) == WIRE_OK;
}

void
message_admin_put(struct cbor_out *o, const struct message_admin *m)
{
	unsigned i;

	cbor_put_array(o, 2);
	cbor_put_string(o, m->verb);
	cbor_put_array(o, m->arguments_len);
	for (i = 0; i < m->arguments_len; i++) {
		cbor_put_array(o, 2);
		cbor_put_string(o, m->arguments[i].name);
		cbor_put_bytes(o, m->arguments[i].value);
	}
}

bool
message_admin_get(struct cbor *c, struct message_admin *m)
{
	uint64_t n;
	unsigned i;

	memset(m, 0, sizeof(*m));
	if (!field_array(c, 2) || !field_text(c, m->verb, sizeof(m->verb)) ||
	    cbor_array(c, &n) != WIRE_OK || n > ADMIN_ARGUMENTS_MAX)
		return false;
	m->arguments_len = (unsigned)n;
	for (i = 0; i < n; i++)
		if (!field_array(c, 2) ||
		    !field_text(c, m->arguments[i].name,
			sizeof(m->arguments[i].name)) ||
		    !field_span(c, &m->arguments[i].value, MANIFEST_SIZE_MAX))
			return false;
	return cbor_end(c) == WIRE_OK;
}

void
message_admin_reply_put(struct cbor_out *o, const struct message_admin_reply *m)
{
	cbor_put_array(o, 4);
	cbor_put_uint(o, m->reason);
	put_words(o, m->text);
	cbor_put_bytes(o, m->json);
	cbor_put_bytes(o, m->blob);
}

bool
message_admin_reply_get(struct cbor *c, struct message_admin_reply *m)
{
	memset(m, 0, sizeof(*m));
	return field_array(c, 4) && field_reason(c, &m->reason) &&
	    field_text(c, m->text, sizeof(m->text)) &&
	    field_span(c, &m->json, ADMIN_BLOB_MAX) &&
	    field_span(c, &m->blob, ADMIN_ARTIFACT_MAX) &&
	    cbor_end(c) == WIRE_OK;
}
