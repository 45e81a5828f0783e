/*
 * hallmark-authority, lying in its orders: SIGN_VOUCHER by the words of
 * voucher_order, SIGN_IDEVID by idevid.*, TAG_DEVICE by tag.*, HEAD by head.*,
 * KEY_POLICY by policy.*, ACT by act.*; see lies.h. It says what it heard back,
 * since no client would.
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

static uint8_t last[FRAME_MAX]; /* the last voucher order, as it was sent */
static size_t last_len;

void __real_message_voucher_order_put(
    struct cbor_out *o, const struct voucher_order *m);
void __wrap_message_voucher_order_put(
    struct cbor_out *o, const struct voucher_order *m);
void __real_message_idevid_order_put(
    struct cbor_out *o, const struct idevid_order *m);
void __wrap_message_idevid_order_put(
    struct cbor_out *o, const struct idevid_order *m);
void __real_message_device_order_put(
    struct cbor_out *o, const struct device_order *m);
void __wrap_message_device_order_put(
    struct cbor_out *o, const struct device_order *m);
void __real_message_head_put(struct cbor_out *o, const struct message_head *m);
void __wrap_message_head_put(struct cbor_out *o, const struct message_head *m);
void __real_message_policy_order_put(
    struct cbor_out *o, const struct policy_order *m);
void __wrap_message_policy_order_put(
    struct cbor_out *o, const struct policy_order *m);
void __real_message_act_put(struct cbor_out *o, const struct message_act *m);
void __wrap_message_act_put(struct cbor_out *o, const struct message_act *m);
bool __real_message_signed_get(struct cbor *c, struct message_signed *m);
bool __wrap_message_signed_get(struct cbor *c, struct message_signed *m);
void __real_sync_begin(struct authority *a);
void __wrap_sync_begin(struct authority *a);

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

void
__wrap_message_idevid_order_put(
    struct cbor_out *o, const struct idevid_order *m)
{
	struct idevid_order lie = *m;

	lies_tell(idevid_fields,
	    sizeof(idevid_fields) / sizeof(idevid_fields[0]), &lie);
	__real_message_idevid_order_put(o, &lie);
}

void
__wrap_message_device_order_put(
    struct cbor_out *o, const struct device_order *m)
{
	struct device_order lie = *m;

	lies_tell(tag_fields, sizeof(tag_fields) / sizeof(tag_fields[0]), &lie);
	__real_message_device_order_put(o, &lie);
}

void
__wrap_message_head_put(struct cbor_out *o, const struct message_head *m)
{
	struct message_head lie = *m;

	lies_tell(
	    head_fields, sizeof(head_fields) / sizeof(head_fields[0]), &lie);
	__real_message_head_put(o, &lie);
}

void
__wrap_message_policy_order_put(
    struct cbor_out *o, const struct policy_order *m)
{
	struct policy_order lie = *m;

	lies_tell(policy_fields,
	    sizeof(policy_fields) / sizeof(policy_fields[0]), &lie);
	__real_message_policy_order_put(o, &lie);
}

void
__wrap_message_act_put(struct cbor_out *o, const struct message_act *m)
{
	struct message_act lie = *m;

	lies_tell(act_fields, sizeof(act_fields) / sizeof(act_fields[0]), &lie);
	__real_message_act_put(o, &lie);
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
