/* The table of codecs, see codecs.h. */
#include "codecs.h"

static uint8_t plenty[ADMIN_BLOB_MAX];

#define TEXT(field)                               \
	(memset((field), 'x', sizeof(field) - 1), \
	    (field)[sizeof(field) - 1] = '\0')
#define HASH(field) memset((field), 0xa5, sizeof(field))
#define SPAN(max)   span_of(plenty, (max))

static void
fill_issuer(struct issuer *i)
{
	i->kind = ISSUER_KEY_ID;
	i->len = KEY_ID_MAX;
	HASH(i->bytes);
}

static void
fill_device(struct device *d)
{
	TEXT(d->serial);
	TEXT(d->product);
	fill_issuer(&d->issuer);
	HASH(d->issuer_name_sha256);
	HASH(d->spki_sha256);
	HASH(d->certificate_sha256);
	d->key_slot = UINT32_MAX;
	HASH(d->tag);
	d->state = DEVICE_RETIRED;
	d->origin = ORIGIN_IMPORTED;
}

static void
fill_start(union any_message *m)
{
	struct message_start *s = &m->start;

	s->role = ROLE_SIGNER;
	s->index = 63;
	s->user = s->group = UINT32_MAX - 1;
	s->create = s->offline = s->has_test_clock = true;
	s->test_clock = INT64_MAX;
	TEXT(s->config.organization);
	s->config.test = true;
	TEXT(s->config.listen);
	TEXT(s->config.names);
	TEXT(s->config.base_path);
	s->config.client = CLIENT_REQUIRED;
	s->config.legacy = LEGACY_ALL;
	s->config.fronts = 16;
	s->config.connections = 60000;
	s->config.rate_client = s->config.rate_prefix = RATE_MAX;
	s->config.rate_known = s->config.rate_handshake = RATE_MAX;
	s->config.max_age = 31536000;
	s->config.max_ahead = 86400;
	s->config.keep_requests = 3650;
	s->config.revocation_required = true;
}

static void
fill_peer(union any_message *m)
{
	m->peer.role = ROLE_ADMIN;
	m->peer.index = 63;
}

static void
fill_failed(union any_message *m)
{
	m->failed.reason = REASON_COUNT - 1;
	TEXT(m->failed.text);
}

static void
fill_check(union any_message *m)
{
	struct message_check *c = &m->check;

	c->kind = REQUEST_AUDIT_LOG;
	c->format = FORMAT_COSE_CBOR;
	c->reply = 57;
	HASH(c->client_sha256);
	HASH(c->client_spki_sha256);
	TEXT(c->address);
	TEXT(c->correlation);
	c->legacy = c->allowed = LEGACY_ALL;
	c->body = SPAN(BODY_MAX);
}

static void
fill_answer(union any_message *m)
{
	m->answer.reason = REASON_COUNT - 1;
	TEXT(m->answer.text);
	m->answer.format = FORMAT_COSE_CBOR;
	m->answer.body = SPAN(ADMIN_BLOB_MAX);
	HASH(m->answer.slug);
	m->answer.slug_len = SLUG_SIZE;
}

static void
fill_fetch(union any_message *m)
{
	HASH(m->fetch.slug);
	HASH(m->fetch.client_spki_sha256);
}

static void
fill_entry(struct chain_entry *e)
{
	e->certificate = SPAN(CERTIFICATE_MAX);
	HASH(e->spki_sha256);
	HASH(e->domain_id);
	e->domain_id_len = KEY_ID_MAX;
	e->ca = e->self_signed = true;
	e->not_after = INT64_MIN;
	HASH(e->issuer_name_sha256);
	e->public_policy = true;
}

static void
fill_facts(struct request_facts *f)
{
	unsigned i;

	f->kind = REQUEST_AUDIT_LOG;
	f->format = f->prior_format = FORMAT_COSE_CBOR;
	f->reply = 57;
	f->moment = INT64_MAX;
	HASH(f->request_sha256);
	HASH(f->client_sha256);
	HASH(f->client_spki_sha256);
	TEXT(f->address);
	f->refusal = REASON_COUNT - 1;
	TEXT(f->why.text);
	f->has_created_on = f->prior = f->revocation_unknown = true;
	f->not_in_cose = true;
	f->legacy = f->prior_legacy = LEGACY_ALL;
	f->created_on = INT64_MAX;
	TEXT(f->serial);
	fill_issuer(&f->issuer);
	TEXT(f->nonce);
	HASH(f->pledge_spki_sha256);
	HASH(f->pledge_certificate_sha256);
	fill_issuer(&f->pledge_issuer);
	HASH(f->pledge_issuer_name_sha256);
	f->proximity = PROXIMITY_AGENT_UNNAMED;
	f->agent_cas_len = AGENT_CAS_MAX;
	memset(f->agent_cas, 0xab, sizeof(f->agent_cas));
	f->agent_names_len = AGENT_NAMES_MAX;
	memset(f->agent_names, 0xab, sizeof(f->agent_names));
	f->chain_len = CHAIN_MAX;
	for (i = 0; i < CHAIN_MAX; i++)
		fill_entry(&f->chain[i]);
}

static void
fill_decide(union any_message *m)
{
	TEXT(m->decide.correlation);
	fill_facts(&m->decide.facts);
	m->decide.body = SPAN(BODY_MAX);
}

static void
fill_derive(union any_message *m)
{
	struct message_derive *d = &m->derive;

	d->kind = REQUEST_AUDIT_LOG;
	d->format = FORMAT_COSE_CBOR;
	d->reply = 57;
	d->legacy = d->allowed = LEGACY_ALL;
	d->moment = INT64_MAX;
	d->explain = true;
	d->body = SPAN(BODY_MAX);
}

static void
fill_look_up(union any_message *m)
{
	TEXT(m->look_up.serial);
	m->look_up.moment = INT64_MAX;
	m->look_up.chain_len = CHAIN_MAX;
	memset(m->look_up.chain, 0xab, sizeof(m->look_up.chain));
}

static void
fill_on_record(union any_message *m)
{
	unsigned i;

	m->on_record.len = ON_RECORD_MAX;
	for (i = 0; i < ON_RECORD_MAX; i++)
		m->on_record.certificates[i] = SPAN(CERTIFICATE_MAX);
	m->on_record.cas_len = DOMAIN_CAS_MAX;
	for (i = 0; i < DOMAIN_CAS_MAX; i++)
		m->on_record.cas[i] = SPAN(CERTIFICATE_MAX);
}

static void
fill_derived(union any_message *m)
{
	struct message_derived *d = &m->derived;
	unsigned i;

	d->reason = REASON_COUNT - 1;
	TEXT(d->text);
	d->trace.len = STEP_COUNT;
	for (i = 0; i < STEP_COUNT; i++) {
		d->trace.rows[i].step = STEP_COUNT - 1;
		d->trace.rows[i].outcome = OUTCOME_NOT_APPLICABLE;
		d->trace.rows[i].reason = REASON_COUNT - 1;
		d->trace.rows[i].found.offset = -1;
		TEXT(d->trace.rows[i].found.text);
	}
	for (i = 0; i < CHAIN_MAX; i++)
		TEXT(d->subjects[i]);
	d->complete = true;
	fill_facts(&d->facts);
}

static void
fill_refused(union any_message *m)
{
	struct message_refused *r = &m->refused;

	r->kind = REQUEST_AUDIT_LOG;
	r->reason = REASON_COUNT - 1;
	TEXT(r->text);
	TEXT(r->serial);
	HASH(r->request_sha256);
	HASH(r->client_sha256);
	TEXT(r->address);
	TEXT(r->correlation);
}

static void
fill_inspect(union any_message *m)
{
	m->inspect.kind = INSPECT_MANIFEST;
	m->inspect.bytes = SPAN(MANIFEST_SIZE_MAX);
	m->inspect.other = SPAN(BODY_MAX);
	m->inspect.lint = (struct lint_order){ .subject = LINT_OTHER,
		.masa_url_required = true,
		.imported = true,
		.counter_width = 12,
		.voucher_policy = SPAN(LINT_POLICY_MAX) };
	TEXT(m->inspect.lint.token);
	TEXT(m->inspect.lint.scheme);
	TEXT(m->inspect.lint.slot);
	m->inspect.policies = SPAN(INSPECT_POLICIES_MAX);
}

static void
fill_statement(struct manifest_statement *s)
{
	HASH(s->signer);
	s->first = s->last = INT64_MAX;
	HASH(s->head);
	HASH(s->content);
}

/* Certificates are of one file together: one is as large as they come. */
static void
fill_manifest(struct manifest_facts *f)
{
	unsigned i;

	fill_statement(&f->statement);
	f->statement.first -= MANIFEST_RECORDS_MAX - 1;
	HASH(f->key_sha256);
	HASH(f->previous);
	f->time = INT64_MAX;
	HASH(f->before.signer);
	f->before.sequence = INT64_MAX;
	HASH(f->before.sha256);
	f->hashes = SPAN(MANIFEST_RECORDS_MAX * HASH_SIZE);
	f->undelivered = MANIFEST_RECORDS_MAX;
	f->devices_len = MANIFEST_DEVICES_MAX;
	for (i = 0; i < MANIFEST_DEVICES_MAX; i++) {
		fill_device(&f->devices[i].device);
		f->devices[i].sequence = INT64_MAX;
		HASH(f->devices[i].root_sha256);
		f->devices[i].certificate = SPAN(i == 0 ? CERTIFICATE_MAX : 0);
		TEXT(f->devices[i].warnings);
	}
}

static void
fill_inspected(union any_message *m)
{
	struct message_inspected *i = &m->inspected;

	i->kind = INSPECT_CERTIFICATE;
	TEXT(i->text);
	HASH(i->csr.csr_sha256);
	i->csr.spki = SPAN(SPKI_MAX);
	HASH(i->csr.spki_sha256);
	TEXT(i->csr.serial);
	i->csr.rsa = true;
	TEXT(i->import.serial);
	i->import.certificate = SPAN(CERTIFICATE_MAX);
	i->import.issuer_certificate = SPAN(CERTIFICATE_MAX);
	fill_issuer(&i->import.issuer);
	HASH(i->import.issuer_name_sha256);
	HASH(i->import.spki_sha256);
	HASH(i->import.certificate_sha256);
	TEXT(i->import.warnings);
	i->json = SPAN(ADMIN_BLOB_MAX);
	fill_entry(&i->certificate.entry);
	HASH(i->certificate.name_sha256);
	i->certificate.registrar = true;
	TEXT(i->certificate.subject);
	fill_manifest(&i->manifest);
}

static void
fill_head(union any_message *m)
{
	m->head.empty = true;
	HASH(m->head.signer);
	m->head.sequence = UINT64_MAX;
	HASH(m->head.sha256);
}

static void
fill_record(union any_message *m)
{
	m->record.sequence = UINT64_MAX;
	m->record.record = SPAN(BODY_MAX);
}

static void
fill_synced(union any_message *m)
{
	HASH(m->synced.signer);
	m->synced.sequence = UINT64_MAX;
	m->synced.test = true;
	m->synced.reason = REASON_COUNT - 1;
	TEXT(m->synced.text);
	m->synced.unreached = SPAN(KEY_BITS_MAX);
}

static void
fill_act(union any_message *m)
{
	m->act.user = UINT32_MAX;
	TEXT(m->act.verb);
	TEXT(m->act.subject);
	m->act.number = INT64_MAX;
	m->act.signatures_len = END_SIGNATURES;
	m->act.signatures[0] = m->act.signatures[1] = SPAN(END_SIGNATURE_MAX);
}

static void
fill_signed(union any_message *m)
{
	m->signed_.reason = REASON_COUNT - 1;
	TEXT(m->signed_.text);
	m->signed_.sequence = UINT64_MAX;
	m->signed_.again = true;
	fill_device(&m->signed_.device);
	m->signed_.artifact = SPAN(ADMIN_BLOB_MAX);
}

static void
fill_admin(union any_message *m)
{
	unsigned i;

	TEXT(m->admin.verb);
	m->admin.arguments_len = ADMIN_ARGUMENTS_MAX;
	for (i = 0; i < ADMIN_ARGUMENTS_MAX; i++) {
		TEXT(m->admin.arguments[i].name);
		/* Two of full size fit into one frame. */
		m->admin.arguments[i].value =
		    SPAN(i < 2 ? MANIFEST_SIZE_MAX : 0);
	}
}

static void
fill_admin_reply(union any_message *m)
{
	m->admin_reply.reason = REASON_COUNT - 1;
	TEXT(m->admin_reply.text);
	m->admin_reply.json = SPAN(ADMIN_BLOB_MAX);
	m->admin_reply.blob = SPAN(ADMIN_ARTIFACT_MAX);
}

static void
fill_voucher_order(union any_message *m)
{
	struct voucher_order *v = &m->voucher_order;

	TEXT(v->key);
	fill_device(&v->device);
	HASH(v->request_sha256);
	TEXT(v->nonce);
	v->assertion = ASSERTION_AGENT_PROXIMITY;
	v->expires_on = INT64_MAX;
	v->name_issuer = v->emit_id_data = true;
	v->x5bag = BAG_BOTH;
	v->format = FORMAT_COSE_CBOR;
	v->pin_kind = PIN_PUBK_SHA256;
	v->pin = SPAN(CERTIFICATE_MAX);
	HASH(v->domain_id);
	v->domain_id_len = KEY_ID_MAX;
	TEXT(v->est_domain);
	TEXT(v->configuration_url);
	v->proprietary = SPAN(PROPRIETARY_MAX);
}

static void
fill_idevid_order(union any_message *m)
{
	struct idevid_order *i = &m->idevid_order;

	TEXT(i->key);
	TEXT(i->product);
	TEXT(i->token);
	TEXT(i->scheme);
	TEXT(i->serial);
	i->counter = UINT64_MAX;
	i->counter_width = 12;
	i->check_character = true;
	i->profile.key_usage = IDEVID_USAGE_LAST;
	i->profile.subject_key_id = i->profile.issuance_policy = true;
	TEXT(i->profile.organization);
	TEXT(i->profile.unit);
	TEXT(i->profile.model);
	TEXT(i->profile.hw_type);
	TEXT(i->masa_url);
	i->spki = SPAN(SPKI_MAX);
	HASH(i->request_sha256);
	i->key_slot = UINT32_MAX;
}

static void
fill_device_order(union any_message *m)
{
	fill_device(&m->device_order.device);
}

static void
fill_policy(struct key_policy *p)
{
	unsigned i;

	p->kinds = SIGNED_ALL;
	p->products_len = KEY_PRODUCTS_MAX;
	for (i = 0; i < KEY_PRODUCTS_MAX; i++)
		TEXT(p->products[i]);
	TEXT(p->serials);
	p->limit = INT64_MAX;
	p->first_day = p->last_day = KEY_DAY_MAX;
	p->rate = UINT32_MAX;
	p->period = KEY_PERIOD_MAX;
	p->months = KEY_MONTHS_MAX;
	p->awake_days = AWAKE_BY_ACT;
	p->awake_from = p->awake_to = MINUTES_A_DAY;
}

static void
fill_key_order(union any_message *m)
{
	struct key_order *k = &m->key_order;

	k->purpose = PURPOSE_LAST;
	TEXT(k->name);
	TEXT(k->slot);
	k->p384 = k->raw = true;
	k->rsa_bits = 3072;
	fill_policy(&k->policy);
	TEXT(k->succeeds);
	TEXT(k->factory);
}

static void
fill_end_order(union any_message *m)
{
	struct end_order *e = &m->end_order;

	TEXT(e->name);
	e->how = END_ARCHIVE;
	HASH(e->archive_sha256);
	e->signatures_len = END_SIGNATURES;
	e->signatures[0] = e->signatures[1] = SPAN(END_SIGNATURE_MAX);
}

static void
fill_policy_order(union any_message *m)
{
	TEXT(m->policy_order.name);
	m->policy_order.user = UINT32_MAX;
	fill_policy(&m->policy_order.policy);
}

static void
fill_manifest_order(union any_message *m)
{
	TEXT(m->manifest_order.key);
	fill_statement(&m->manifest_order.statement);
}

static void
fill_key_certificate(union any_message *m)
{
	unsigned i;

	TEXT(m->key_certificate.name);
	m->key_certificate.chain_len = CHAIN_MAX;
	for (i = 0; i < CHAIN_MAX; i++)
		m->key_certificate.chain[i] = SPAN(CERTIFICATE_MAX);
}

#define CODEC(prefix, type, member)                                            \
	static void put_##type(struct cbor_out *o, const union any_message *m) \
	{                                                                      \
		prefix##type##_put(o, &m->member);                             \
	}                                                                      \
	static bool get_##type(struct cbor *c, union any_message *m)           \
	{                                                                      \
		return prefix##type##_get(c, &m->member);                      \
	}
CODEC(message_, start, start)
CODEC(message_, peer, peer)
CODEC(message_, failed, failed)
CODEC(message_, check, check)
CODEC(message_, answer, answer)
CODEC(message_, fetch, fetch)
CODEC(message_, decide, decide)
CODEC(message_, refused, refused)
CODEC(message_, derive, derive)
CODEC(message_, derived, derived)
CODEC(message_, look_up, look_up)
CODEC(message_, on_record, on_record)
CODEC(message_, inspect, inspect)
CODEC(message_, inspected, inspected)
CODEC(message_, head, head)
CODEC(message_, record, record)
CODEC(message_, synced, synced)
CODEC(message_, act, act)
CODEC(message_, signed, signed_)
CODEC(message_, admin, admin)
CODEC(message_, admin_reply, admin_reply)
CODEC(message_, voucher_order, voucher_order)
CODEC(message_, idevid_order, idevid_order)
CODEC(message_, device_order, device_order)
CODEC(message_, key_order, key_order)
CODEC(message_, policy_order, policy_order)
CODEC(message_, end_order, end_order)
CODEC(message_, manifest_order, manifest_order)
CODEC(message_, key_certificate, key_certificate)

#define ROW(type)                                          \
	{                                                  \
#type, fill_##type, put_##type, get_##type \
	}
const struct codec codecs[] = {
	ROW(start),
	ROW(peer),
	ROW(failed),
	ROW(check),
	ROW(answer),
	ROW(fetch),
	ROW(decide),
	ROW(refused),
	ROW(derive),
	ROW(derived),
	ROW(look_up),
	ROW(on_record),
	ROW(inspect),
	ROW(inspected),
	ROW(head),
	ROW(record),
	ROW(synced),
	ROW(act),
	ROW(signed),
	ROW(admin),
	ROW(admin_reply),
	ROW(voucher_order),
	ROW(idevid_order),
	ROW(device_order),
	ROW(key_order),
	ROW(policy_order),
	ROW(end_order),
	ROW(manifest_order),
	ROW(key_certificate),
};
const size_t codecs_len = sizeof(codecs) / sizeof(codecs[0]);

unsigned
codec_mark(const struct codec *c)
{
	const char *p = c->name;
	uint32_t mark = 0x811c9dc5;

	while (*p != '\0')
		mark = (mark ^ (uint8_t)*p++) * 0x01000193;
	return mark & 0xffff;
}
