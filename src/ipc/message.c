/* Frames of requests and control, see message.h. */
#include "ipc/message.h"

#include "base/text.h"
#include "ipc/fields.h"

const char *
role_name(enum role r)
{
	static const char *const names[ROLE_COUNT] = { "none", "serve", "front",
		"checker", "authority", "signer", "admin" };

	return r < ROLE_COUNT ? names[r] : "unknown";
}

const char *
message_name(enum message m)
{
	static const char *const names[MESSAGE_COUNT] = {
		[MESSAGE_START] = "START",
		[MESSAGE_PEER] = "PEER",
		[MESSAGE_LISTENER] = "LISTENER",
		[MESSAGE_PASSPHRASE] = "PASSPHRASE",
		[MESSAGE_GO] = "GO",
		[MESSAGE_RELOAD] = "RELOAD",
		[MESSAGE_STOP] = "STOP",
		[MESSAGE_READY] = "READY",
		[MESSAGE_FAILED] = "FAILED",
		[MESSAGE_FRESH] = "FRESH",
		[MESSAGE_STARTING] = "STARTING",
		[MESSAGE_TLS] = "TLS",
		[MESSAGE_BLOCKLIST] = "BLOCKLIST",
		[MESSAGE_BUSY] = "BUSY",
		[MESSAGE_CHECK] = "CHECK",
		[MESSAGE_ANSWER] = "ANSWER",
		[MESSAGE_FETCH] = "FETCH",
		[MESSAGE_DECIDE] = "DECIDE",
		[MESSAGE_REFUSED] = "REFUSED",
		[MESSAGE_INSPECT] = "INSPECT",
		[MESSAGE_INSPECTED] = "INSPECTED",
		[MESSAGE_DERIVE] = "DERIVE",
		[MESSAGE_DERIVED] = "DERIVED",
		[MESSAGE_LOOK_UP] = "LOOK_UP",
		[MESSAGE_ON_RECORD] = "ON_RECORD",
		[MESSAGE_HEAD] = "HEAD",
		[MESSAGE_SIGN_VOUCHER] = "SIGN_VOUCHER",
		[MESSAGE_SIGN_IDEVID] = "SIGN_IDEVID",
		[MESSAGE_TAG_DEVICE] = "TAG_DEVICE",
		[MESSAGE_KEY_CREATE] = "KEY_CREATE",
		[MESSAGE_KEY_CERTIFY] = "KEY_CERTIFY",
		[MESSAGE_ACT] = "ACT",
		[MESSAGE_KEY_POLICY] = "KEY_POLICY",
		[MESSAGE_KEY_END] = "KEY_END",
		[MESSAGE_SIGN_MANIFEST] = "SIGN_MANIFEST",
		[MESSAGE_RECORD] = "RECORD",
		[MESSAGE_SYNCED] = "SYNCED",
		[MESSAGE_SIGNED] = "SIGNED",
		[MESSAGE_ADMIN] = "ADMIN",
		[MESSAGE_ADMIN_REPLY] = "ADMIN_REPLY",
	};

	return m < MESSAGE_COUNT && names[m] != NULL ? names[m] : "unknown";
}

/* --- serve and its children --- */

static void
put_config(struct cbor_out *o, const struct config *c)
{
	cbor_put_array(o, 17);
	cbor_put_string(o, c->organization);
	cbor_put_bool(o, c->test);
	cbor_put_string(o, c->listen);
	cbor_put_string(o, c->names);
	cbor_put_string(o, c->base_path);
	cbor_put_uint(o, c->client);
	cbor_put_uint(o, c->legacy);
	cbor_put_uint(o, c->fronts);
	cbor_put_uint(o, c->connections);
	cbor_put_uint(o, c->rate_client);
	cbor_put_uint(o, c->rate_prefix);
	cbor_put_uint(o, c->rate_known);
	cbor_put_uint(o, c->rate_handshake);
	cbor_put_uint(o, c->max_age);
	cbor_put_uint(o, c->max_ahead);
	cbor_put_uint(o, c->keep_requests);
	cbor_put_bool(o, c->revocation_required);
}

static bool
get_config(struct cbor *c, struct config *out)
{
	bool good = true;

	if (!field_array(c, 17) ||
	    !field_text(c, out->organization, sizeof(out->organization)) ||
	    !field_flag(c, &out->test) ||
	    !field_text(c, out->listen, sizeof(out->listen)) ||
	    !field_text(c, out->names, sizeof(out->names)) ||
	    !field_text(c, out->base_path, sizeof(out->base_path)))
		return false;
	out->client = field_enum(c, CLIENT_NONE, CLIENT_REQUIRED, &good);
	return good && field_unsigned(c, LEGACY_ALL, &out->legacy) &&
	    field_unsigned(c, 16, &out->fronts) &&
	    field_unsigned(c, 60000, &out->connections) &&
	    field_unsigned(c, RATE_MAX, &out->rate_client) &&
	    field_unsigned(c, RATE_MAX, &out->rate_prefix) &&
	    field_unsigned(c, RATE_MAX, &out->rate_known) &&
	    field_unsigned(c, RATE_MAX, &out->rate_handshake) &&
	    field_unsigned(c, 31536000, &out->max_age) &&
	    field_unsigned(c, 86400, &out->max_ahead) &&
	    field_unsigned(c, 3650, &out->keep_requests) &&
	    field_flag(c, &out->revocation_required);
}

void
message_start_put(struct cbor_out *o, const struct message_start *m)
{
	cbor_put_array(o, 9);
	cbor_put_uint(o, m->role);
	cbor_put_uint(o, m->index);
	cbor_put_uint(o, m->user);
	cbor_put_uint(o, m->group);
	cbor_put_bool(o, m->create);
	cbor_put_bool(o, m->offline);
	cbor_put_bool(o, m->has_test_clock);
	cbor_put_int(o, m->test_clock);
	put_config(o, &m->config);
}

bool
message_start_get(struct cbor *c, struct message_start *m)
{
	bool good = true;

	memset(m, 0, sizeof(*m));
	if (!field_array(c, 9))
		return false;
	m->role = field_enum(c, ROLE_FRONT, ROLE_SIGNER, &good);
	return good && field_unsigned(c, 63, &m->index) &&
	    field_unsigned(c, UINT32_MAX - 1, &m->user) &&
	    field_unsigned(c, UINT32_MAX - 1, &m->group) &&
	    field_flag(c, &m->create) && field_flag(c, &m->offline) &&
	    field_flag(c, &m->has_test_clock) &&
	    field_time(c, &m->test_clock) && get_config(c, &m->config) &&
	    cbor_end(c) == WIRE_OK;
}

void
message_peer_put(struct cbor_out *o, const struct message_peer *m)
{
	cbor_put_array(o, 2);
	cbor_put_uint(o, m->role);
	cbor_put_uint(o, m->index);
}

bool
message_peer_get(struct cbor *c, struct message_peer *m)
{
	bool good = true;

	if (!field_array(c, 2))
		return false;
	m->role = field_enum(c, ROLE_FRONT, ROLE_ADMIN, &good);
	return good && field_unsigned(c, 63, &m->index) &&
	    cbor_end(c) == WIRE_OK;
}

void
message_failed_put(struct cbor_out *o, const struct message_failed *m)
{
	cbor_put_array(o, 2);
	cbor_put_uint(o, m->reason);
	put_words(o, m->text);
}

bool
message_failed_get(struct cbor *c, struct message_failed *m)
{
	return field_array(c, 2) && field_reason(c, &m->reason) &&
	    field_text(c, m->text, sizeof(m->text)) && cbor_end(c) == WIRE_OK;
}

/* --- front and checker --- */

void
message_check_put(struct cbor_out *o, const struct message_check *m)
{
	cbor_put_array(o, 10);
	cbor_put_uint(o, m->kind);
	cbor_put_uint(o, m->format);
	cbor_put_uint(o, m->reply);
	put_hash(o, m->client_sha256);
	put_hash(o, m->client_spki_sha256);
	cbor_put_string(o, m->address);
	cbor_put_string(o, m->correlation);
	cbor_put_uint(o, m->legacy);
	cbor_put_uint(o, m->allowed);
	cbor_put_bytes(o, m->body);
}

bool
message_check_get(struct cbor *c, struct message_check *m)
{
	bool good = true;

	memset(m, 0, sizeof(*m));
	if (!field_array(c, 10))
		return false;
	m->kind = field_enum(c, REQUEST_VOUCHER, REQUEST_AUDIT_LOG, &good);
	m->format = field_enum(c, FORMAT_CMS_JSON, FORMAT_COSE_CBOR, &good);
	m->reply = field_formats(c, &good);
	return good && field_hash(c, m->client_sha256) &&
	    field_hash(c, m->client_spki_sha256) &&
	    field_text(c, m->address, sizeof(m->address)) &&
	    field_text(c, m->correlation, sizeof(m->correlation)) &&
	    field_unsigned(c, LEGACY_ALL, &m->legacy) &&
	    field_unsigned(c, LEGACY_ALL, &m->allowed) &&
	    field_span(c, &m->body, BODY_MAX) && cbor_end(c) == WIRE_OK;
}

void
message_answer_put(struct cbor_out *o, const struct message_answer *m)
{
	cbor_put_array(o, 5);
	cbor_put_uint(o, m->reason);
	put_words(o, m->text);
	cbor_put_uint(o, m->format);
	cbor_put_bytes(o, m->body);
	cbor_put_bytes(o, span_of(m->slug, m->slug_len));
}

bool
message_answer_get(struct cbor *c, struct message_answer *m)
{
	bool good = true;

	memset(m, 0, sizeof(*m));
	if (!field_array(c, 5) || !field_reason(c, &m->reason) ||
	    !field_text(c, m->text, sizeof(m->text)))
		return false;
	m->format = field_enum(c, FORMAT_NONE, FORMAT_COSE_CBOR, &good);
	return good && field_span(c, &m->body, ADMIN_BLOB_MAX) &&
	    field_octets(c, m->slug, sizeof(m->slug), &m->slug_len) &&
	    (m->slug_len == 0 || m->slug_len == SLUG_SIZE) &&
	    cbor_end(c) == WIRE_OK;
}

void
message_fetch_put(struct cbor_out *o, const struct message_fetch *m)
{
	cbor_put_array(o, 2);
	cbor_put_bytes(o, span_of(m->slug, SLUG_SIZE));
	put_hash(o, m->client_spki_sha256);
}

bool
message_fetch_get(struct cbor *c, struct message_fetch *m)
{
	uint8_t len;

	return field_array(c, 2) && field_octets(c, m->slug, SLUG_SIZE, &len) &&
	    len == SLUG_SIZE && field_hash(c, m->client_spki_sha256) &&
	    cbor_end(c) == WIRE_OK;
}

/* --- checker and authority --- */

void
message_decide_put(struct cbor_out *o, const struct message_decide *m)
{
	cbor_put_array(o, 3);
	cbor_put_string(o, m->correlation);
	put_facts(o, &m->facts);
	cbor_put_bytes(o, m->body);
}

bool
message_decide_get(struct cbor *c, struct message_decide *m)
{
	return field_array(c, 3) &&
	    field_text(c, m->correlation, sizeof(m->correlation)) &&
	    get_facts(c, &m->facts) && field_span(c, &m->body, BODY_MAX) &&
	    cbor_end(c) == WIRE_OK;
}

void
message_refused_put(struct cbor_out *o, const struct message_refused *m)
{
	cbor_put_array(o, 8);
	cbor_put_uint(o, m->kind);
	cbor_put_uint(o, m->reason);
	put_words(o, m->text);
	cbor_put_string(o, m->serial);
	put_hash(o, m->request_sha256);
	put_hash(o, m->client_sha256);
	cbor_put_string(o, m->address);
	cbor_put_string(o, m->correlation);
}

bool
message_refused_get(struct cbor *c, struct message_refused *m)
{
	bool good = true;

	memset(m, 0, sizeof(*m));
	if (!field_array(c, 8))
		return false;
	m->kind = field_enum(c, REQUEST_VOUCHER, REQUEST_AUDIT_LOG, &good);
	return good && field_reason(c, &m->reason) &&
	    field_text(c, m->text, sizeof(m->text)) &&
	    field_text(c, m->serial, sizeof(m->serial)) &&
	    field_hash(c, m->request_sha256) &&
	    field_hash(c, m->client_sha256) &&
	    field_text(c, m->address, sizeof(m->address)) &&
	    field_text(c, m->correlation, sizeof(m->correlation)) &&
	    cbor_end(c) == WIRE_OK;
}
