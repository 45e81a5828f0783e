/*
 * hallmark-checker, lying in its DECIDE frames (what it found true) and, by the
 * words answer.*, refused.*, fetch.*, look_up.*, derived.* and csr.*, import.*,
 * certificate.*, manifest.* (INSPECTED), in the others; see lies.h. It says what
 * LOOK_UP brought, since nobody else would.
 */
#include "lies.h"

#include "base/log.h"
#include "base/text.h"
#include "crypto/hash/hash.h"

const enum message lies_about = MESSAGE_DECIDE;

static const struct lie_field fields[] = {
	LIE(LIE_NUMBER, request_facts, kind),
	LIE(LIE_BYTES, request_facts, request_sha256),
	LIE(LIE_NUMBER, request_facts, legacy),
	LIE(LIE_NUMBER, request_facts, moment),
	LIE(LIE_NUMBER, request_facts, has_created_on),
	LIE(LIE_NUMBER, request_facts, created_on),
	LIE(LIE_BYTES, request_facts, serial),
	LIE(LIE_BYTES, request_facts, nonce),
	LIE(LIE_NUMBER, request_facts, prior),
	LIE(LIE_BYTES, request_facts, pledge_spki_sha256),
	LIE(LIE_BYTES, request_facts, pledge_certificate_sha256),
	LIE(LIE_BYTES, request_facts, pledge_issuer_name_sha256),
	LIE(LIE_NUMBER, request_facts, proximity),
	LIE(LIE_NUMBER, request_facts, agent_cas_len),
	LIE(LIE_NUMBER, request_facts, chain_len),
};
/* Of the top of the chain, which is what is pinned. */
static const struct lie_field top_fields[] = {
	LIE(LIE_SPAN, chain_entry, certificate),
	LIE(LIE_BYTES, chain_entry, spki_sha256),
	LIE_COUNTED(chain_entry, domain_id),
};
static const struct lie_field answer_fields[] = {
	{ "answer.reason", offsetof(struct message_answer, reason),
	    sizeof(enum reason), LIE_NUMBER, 0 },
	{ "answer.format", offsetof(struct message_answer, format),
	    sizeof(enum artifact_format), LIE_NUMBER, 0 },
	{ "answer.body", offsetof(struct message_answer, body), 0, LIE_SPAN,
	    0 },
};

static const struct lie_field refused_fields[] = {
	LIE_OF("refused", LIE_NUMBER, message_refused, reason),
	LIE_OF("refused", LIE_BYTES, message_refused, serial),
	LIE_OF("refused", LIE_BYTES, message_refused, client_sha256),
};
static const struct lie_field fetch_fields[] = {
	LIE_OF("fetch", LIE_BYTES, message_fetch, slug),
	LIE_OF("fetch", LIE_BYTES, message_fetch, client_spki_sha256),
};
static const struct lie_field look_up_fields[] = {
	LIE_OF("look_up", LIE_BYTES, message_look_up, serial),
	LIE_OF("look_up", LIE_BYTES, message_look_up, chain[0]),
};
static const struct lie_field derived_fields[] = {
	LIE_OF("derived", LIE_NUMBER, message_derived, facts.proximity),
};
#define FOUND(kind, field)                                                  \
	{                                                                   \
#field, offsetof(struct message_inspected, field),          \
		    sizeof(((struct message_inspected *)0)->field), kind, 0 \
	}
static const struct lie_field inspected_fields[] = {
	FOUND(LIE_BYTES, csr.csr_sha256),
	FOUND(LIE_SPAN, csr.spki),
	FOUND(LIE_BYTES, csr.spki_sha256),
	FOUND(LIE_BYTES, import.serial),
	FOUND(LIE_SPAN, import.certificate),
	FOUND(LIE_BYTES, import.spki_sha256),
	FOUND(LIE_BYTES, import.certificate_sha256),
	FOUND(LIE_SPAN, certificate.entry.certificate),
	FOUND(LIE_BYTES, certificate.entry.spki_sha256),
	FOUND(LIE_NUMBER, certificate.entry.ca),
	FOUND(LIE_BYTES, manifest.statement.head),
	FOUND(LIE_BYTES, manifest.devices[0].device.serial),
	FOUND(LIE_BYTES, manifest.devices[0].device.spki_sha256),
};

void __real_message_decide_put(
    struct cbor_out *o, const struct message_decide *m);
void __wrap_message_decide_put(
    struct cbor_out *o, const struct message_decide *m);
bool __real_message_on_record_get(struct cbor *c, struct message_on_record *m);
bool __wrap_message_on_record_get(struct cbor *c, struct message_on_record *m);

LYING(answer, message_answer, answer_fields);
LYING(refused, message_refused, refused_fields);
LYING(fetch, message_fetch, fetch_fields);
LYING(look_up, message_look_up, look_up_fields);
LYING(derived, message_derived, derived_fields);
LYING(inspected, message_inspected, inspected_fields);

void
__wrap_message_decide_put(struct cbor_out *o, const struct message_decide *m)
{
	struct message_decide lie = *m;
	unsigned top = lie.facts.chain_len - 1;

	if (lie.facts.chain_len > 0)
		lies_tell(top_fields,
		    sizeof(top_fields) / sizeof(top_fields[0]),
		    &lie.facts.chain[top]);
	lies_tell(fields, sizeof(fields) / sizeof(fields[0]), &lie.facts);
	__real_message_decide_put(o, &lie);
}

static void
heard(const char *what, struct span certificate)
{
	char hex[HEX_SIZE(HASH_SIZE)];
	uint8_t hash[HASH_SIZE];

	sha256(certificate, hash);
	hex_encode(hex, span_of(hash, HASH_SIZE));
	log_note("heard", "%s=\"%s\"", what, hex);
}

bool
__wrap_message_on_record_get(struct cbor *c, struct message_on_record *m)
{
	bool good = __real_message_on_record_get(c, m);
	unsigned i;

	for (i = 0; good && i < m->len; i++)
		heard("certificate", m->certificates[i]);
	for (i = 0; good && i < m->cas_len; i++)
		heard("ca", m->cas[i]);
	return good;
}
