/* hallmark-checker, lying in its DECIDE frames (what it found true) and, by the
 * words answer.*, in its ANSWER frames; see lies.h. */
#include "lies.h"

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

void __real_message_decide_put(
    struct cbor_out *o, const struct message_decide *m);
void __wrap_message_decide_put(
    struct cbor_out *o, const struct message_decide *m);
void __real_message_answer_put(
    struct cbor_out *o, const struct message_answer *m);
void __wrap_message_answer_put(
    struct cbor_out *o, const struct message_answer *m);

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

void
__wrap_message_answer_put(struct cbor_out *o, const struct message_answer *m)
{
	struct message_answer lie = *m;

	lies_tell(answer_fields,
	    sizeof(answer_fields) / sizeof(answer_fields[0]), &lie);
	__real_message_answer_put(o, &lie);
}
