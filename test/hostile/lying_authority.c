/*
 * hallmark-authority, lying in its orders: SIGN_VOUCHER by the words of
 * voucher_order, SIGN_IDEVID by idevid.*, TAG_DEVICE by tag.*, HEAD by head.*,
 * KEY_CREATE by order.*, KEY_CERTIFY by certify.*, KEY_POLICY by policy.*, KEY_END
 * by end.*, SIGN_MANIFEST by manifest.*, ACT by act.*; and to checkers: ANSWER,
 * INSPECT, DERIVE and ON_RECORD by answer.*, inspect.*, derive.*, on_record.*; see
 * lies.h. It says what it heard back, since no client would.
 */
#include "lies.h"

#include "authority/authority.h"
#include "base/log.h"

const enum message lies_about = MESSAGE_SIGN_VOUCHER;

static const struct lie_field fields[] = {
	LIE(LIE_BYTES, voucher_order, key),
	LIE(LIE_BYTES, voucher_order, device.serial),
	LIE(LIE_BYTES, voucher_order, device.product),
	LIE(LIE_BYTES, voucher_order, device.spki_sha256),
	LIE(LIE_NUMBER, voucher_order, device.key_slot),
	LIE(LIE_BYTES, voucher_order, device.tag),
	LIE(LIE_BYTES, voucher_order, request_sha256),
	LIE(LIE_BYTES, voucher_order, nonce),
	LIE(LIE_NUMBER, voucher_order, assertion),
	LIE(LIE_NUMBER, voucher_order, expires_on),
	LIE(LIE_NUMBER, voucher_order, name_issuer),
	LIE(LIE_NUMBER, voucher_order, layout_2019),
	LIE(LIE_NUMBER, voucher_order, format),
	LIE(LIE_NUMBER, voucher_order, pin_kind),
	LIE(LIE_SPAN, voucher_order, pin),
	LIE_COUNTED(voucher_order, domain_id),
	LIE(LIE_BYTES, voucher_order, est_domain),
	LIE(LIE_BYTES, voucher_order, configuration_url),
	LIE(LIE_SPAN, voucher_order, proprietary),
};
#define IDEVID(kind, field)                                             \
	{                                                               \
		"idevid." #field, offsetof(struct idevid_order, field), \
		    sizeof(((struct idevid_order *)0)->field), kind, 0  \
	}
static const struct lie_field idevid_fields[] = {
	IDEVID(LIE_BYTES, key),
	IDEVID(LIE_BYTES, product),
	IDEVID(LIE_BYTES, token),
	IDEVID(LIE_BYTES, serial),
	IDEVID(LIE_NUMBER, counter),
	IDEVID(LIE_BYTES, masa_url),
	IDEVID(LIE_BYTES, profile.model),
	IDEVID(LIE_NUMBER, profile.key_usage),
	IDEVID(LIE_SPAN, spki),
};
static const struct lie_field tag_fields[] = {
	{ "tag.serial", offsetof(struct device_order, device.serial),
	    SERIAL_MAX + 1, LIE_BYTES, 0 },
	{ "tag.spki_sha256", offsetof(struct device_order, device.spki_sha256),
	    HASH_SIZE, LIE_BYTES, 0 },
};
static const struct lie_field head_fields[] = {
	{ "head.signer", offsetof(struct message_head, signer), 16, LIE_BYTES,
	    0 },
	{ "head.sequence", offsetof(struct message_head, sequence),
	    sizeof(uint64_t), LIE_NUMBER, 0 },
	{ "head.sha256", offsetof(struct message_head, sha256), HASH_SIZE,
	    LIE_BYTES, 0 },
};
static const struct lie_field policy_fields[] = {
	{ "policy.name", offsetof(struct policy_order, name), KEY_NAME_MAX + 1,
	    LIE_BYTES, 0 },
	{ "policy.user", offsetof(struct policy_order, user), sizeof(uint32_t),
	    LIE_NUMBER, 0 },
	{ "policy.limit", offsetof(struct policy_order, policy.limit),
	    sizeof(uint64_t), LIE_NUMBER, 0 },
};
static const struct lie_field act_fields[] = {
	{ "act.user", offsetof(struct message_act, user), sizeof(uint32_t),
	    LIE_NUMBER, 0 },
	{ "act.verb", offsetof(struct message_act, verb), 32, LIE_BYTES, 0 },
	{ "act.subject", offsetof(struct message_act, subject), 128, LIE_BYTES,
	    0 },
};
static const struct lie_field order_fields[] = {
	LIE_OF("order", LIE_BYTES, key_order, policy.products[0]),
	LIE_OF("order", LIE_NUMBER, key_order, policy.limit),
};
static const struct lie_field certify_fields[] = {
	LIE_OF("certify", LIE_SPAN, key_certificate, chain[0]),
	LIE_OF("certify", LIE_SPAN, key_certificate, chain[1]),
};
static const struct lie_field end_fields[] = {
	LIE_OF("end", LIE_BYTES, end_order, name),
	LIE_OF("end", LIE_NUMBER, end_order, how),
	LIE_OF("end", LIE_NUMBER, end_order, signatures_len),
	LIE_OF("end", LIE_SPAN, end_order, signatures[0]),
	LIE_OF("end", LIE_SPAN, end_order, signatures[1]),
};
static const struct lie_field manifest_fields[] = {
	LIE_OF("manifest", LIE_BYTES, manifest_order, statement.head),
	LIE_OF("manifest", LIE_BYTES, manifest_order, statement.content),
};
static const struct lie_field answer_fields[] = {
	LIE_OF("answer", LIE_NUMBER, message_answer, reason),
	LIE_OF("answer", LIE_NUMBER, message_answer, format),
	LIE_OF("answer", LIE_SPAN, message_answer, body),
};
static const struct lie_field inspect_fields[] = {
	LIE_OF("inspect", LIE_SPAN, message_inspect, bytes),
};
static const struct lie_field derive_fields[] = {
	LIE_OF("derive", LIE_SPAN, message_derive, body),
};
static const struct lie_field on_record_fields[] = {
	LIE_OF("on_record", LIE_NUMBER, message_on_record, len),
	LIE_OF("on_record", LIE_SPAN, message_on_record, certificates[0]),
};

static uint8_t last[FRAME_MAX]; /* the last voucher order, as it was sent */
static size_t last_len;

void __real_message_voucher_order_put(
    struct cbor_out *o, const struct voucher_order *m);
void __wrap_message_voucher_order_put(
    struct cbor_out *o, const struct voucher_order *m);
bool __real_message_signed_get(struct cbor *c, struct message_signed *m);
bool __wrap_message_signed_get(struct cbor *c, struct message_signed *m);
void __real_sync_begin(struct authority *a);
void __wrap_sync_begin(struct authority *a);

LYING(idevid_order, idevid_order, idevid_fields);
LYING(device_order, device_order, tag_fields);
LYING(head, message_head, head_fields);
LYING(key_order, key_order, order_fields);
LYING(key_certificate, key_certificate, certify_fields);
LYING(policy_order, policy_order, policy_fields);
LYING(end_order, end_order, end_fields);
LYING(manifest_order, manifest_order, manifest_fields);
LYING(act, message_act, act_fields);
LYING(answer, message_answer, answer_fields);
LYING(inspect, message_inspect, inspect_fields);
LYING(derive, message_derive, derive_fields);
LYING(on_record, message_on_record, on_record_fields);

void
__wrap_message_voucher_order_put(
    struct cbor_out *o, const struct voucher_order *m)
{
	struct voucher_order lie = *m;
	struct span sent;

	lies_tell(fields, sizeof(fields) / sizeof(fields[0]), &lie);
	__real_message_voucher_order_put(o, &lie);
	if (cbor_out_span(o, &sent) != WIRE_OK)
		return;
	memcpy(last, sent.ptr, sent.len);
	last_len = sent.len;
}

/* impatient 1: an order that was good once, before heads were compared. */
void
__wrap_sync_begin(struct authority *a)
{
	struct peer *signer = signer_peer(a);

	if (lie_number("impatient", 0) != 0 && signer != NULL && last_len > 0) {
		cbor_put_raw(peer_begin(signer), span_of(last, last_len));
		(void)peer_send(signer, MESSAGE_SIGN_VOUCHER, 1, -1);
	}
	__real_sync_begin(a);
}

bool
__wrap_message_signed_get(struct cbor *c, struct message_signed *m)
{
	bool good = __real_message_signed_get(c, m);

	if (good)
		log_note("heard", "reason=\"%s\" text=\"%s\"",
		    m->reason == REASON_OK ? "" : reason_code(m->reason),
		    m->text);
	return good;
}
