/* One record of each kind, every field set. */
#ifndef TEST_JOURNAL_SAMPLES_H
#define TEST_JOURNAL_SAMPLES_H

#include "journal/record.h"

#define SAMPLE_TIME INT64_C(1700000000)

static inline void
sample_fill(uint8_t *p, size_t len, uint8_t first)
{
	while (len-- > 0)
		*p++ = first++;
}

static inline struct device
sample_device(void)
{
	struct device d = { .serial = "AR9-F1-0001-6",
		.product = "router-9",
		.issuer = { ISSUER_KEY_ID, 20, { 0 } },
		.key_slot = 3,
		.state = DEVICE_ACTIVE,
		.origin = ORIGIN_ISSUED };

	sample_fill(d.issuer.bytes, 20, 1);
	sample_fill(d.issuer_name_sha256, HASH_SIZE, 2);
	sample_fill(d.spki_sha256, HASH_SIZE, 3);
	return d;
}

static inline struct key_order
sample_order(enum key_purpose purpose, const char *name)
{
	struct key_order o = { .purpose = purpose,
		.policy = { .kinds = SIGNED_NONCED | SIGNED_NONCELESS,
		    .products_len = 2,
		    .products = { "router-9", "router-8" },
		    .serials = "AR9-F1-*",
		    .limit = 100000,
		    .first_day = 19675,
		    .last_day = 19767,
		    .rate = 90000,
		    .period = 3600 } };

	strcpy(o.name, name);
	if (purpose == PURPOSE_IDEVID_CA) {
		o.policy.kinds = SIGNED_IDEVID;
		strcpy(o.slot, "F1");
	}
	if (purpose == PURPOSE_MANIFEST)
		key_policy_defaults(&o.policy, purpose);
	return o;
}

static inline struct record
sample_key(enum key_purpose purpose, const char *name)
{
	struct record r = { .kind = RECORD_KEY };

	r.key.order = sample_order(purpose, name);
	sample_fill(r.key.spki_sha256, HASH_SIZE, 4);
	sample_fill(r.tbs_sha256, HASH_SIZE, 22);
	return r;
}

static inline struct record
sample_ca(const char *name)
{
	struct record r = { .kind = RECORD_CA };

	strcpy(r.ca.name, name);
	sample_fill(r.ca.certificate_sha256, HASH_SIZE, 5);
	sample_fill(r.ca.key_id, 20, 6);
	r.ca.key_id_len = 20;
	r.ca.not_after = INT64_C(253402300799);
	return r;
}

static inline struct record
sample_idevid(const char *key, uint64_t counter)
{
	struct record r = { .kind = RECORD_IDEVID };

	strcpy(r.idevid.key, key);
	r.idevid.device = sample_device();
	r.idevid.counter = counter;
	r.idevid.not_before = SAMPLE_TIME;
	sample_fill(r.idevid.serial, 16, 7);
	sample_fill(r.request_sha256, HASH_SIZE, 8);
	sample_fill(r.tbs_sha256, HASH_SIZE, 9);
	return r;
}

static inline struct record
sample_voucher(const char *key)
{
	struct record r = { .kind = RECORD_VOUCHER };

	strcpy(r.voucher.key, key);
	strcpy(r.voucher.serial, "AR9-F1-0001-6");
	strcpy(r.voucher.product, "router-9");
	r.voucher.issuer = sample_device().issuer;
	strcpy(r.voucher.nonce, "Dss99sBr3pNMOACe-LYY7w");
	r.voucher.assertion = ASSERTION_PROXIMITY;
	r.voucher.created_on = SAMPLE_TIME;
	r.voucher.expires_on = SAMPLE_TIME + 1200;
	r.voucher.name_issuer = true;
	r.voucher.format = FORMAT_CMS_JSON;
	sample_fill(r.voucher.pin_sha256, HASH_SIZE, 10);
	sample_fill(r.voucher.pin_spki_sha256, HASH_SIZE, 11);
	sample_fill(r.voucher.domain_id, 20, 12);
	r.voucher.domain_id_len = 20;
	sample_fill(r.voucher.est_domain_sha256, HASH_SIZE, 15);
	r.voucher.est_domain_sha256_len = HASH_SIZE;
	sample_fill(r.request_sha256, HASH_SIZE, 13);
	sample_fill(r.tbs_sha256, HASH_SIZE, 14);
	return r;
}

static inline struct record
sample_act(const char *verb, const char *subject)
{
	struct record r = { .kind = RECORD_ACT };

	r.act.user = 1000;
	strcpy(r.act.verb, verb);
	strcpy(r.act.subject, subject);
	return r;
}

static inline struct record
sample_act_two(const char *verb, const char *subject)
{
	struct record r = sample_act(verb, subject);

	r.act.statement = span_str("statement");
	sample_fill(r.act.persons[0].key_sha256, HASH_SIZE, 19);
	r.act.persons[0].signature = span_str("one");
	sample_fill(r.act.persons[1].key_sha256, HASH_SIZE, 20);
	r.act.persons[1].signature = span_str("two");
	return r;
}

static inline struct record
sample_device_record(void)
{
	struct record r = { .kind = RECORD_DEVICE };

	r.device.device = sample_device();
	r.device.device.origin = ORIGIN_IMPORTED;
	sample_fill(r.device.device.certificate_sha256, HASH_SIZE, 15);
	return r;
}

static inline struct record
sample_end(const char *name)
{
	struct record r = { .kind = RECORD_END };

	strcpy(r.end.name, name);
	r.end.how = END_ARCHIVE;
	r.end.statement = span_str("statement");
	sample_fill(r.end.persons[0].key_sha256, HASH_SIZE, 16);
	r.end.persons[0].signature = span_str("one");
	sample_fill(r.end.persons[1].key_sha256, HASH_SIZE, 17);
	r.end.persons[1].signature = span_str("two");
	sample_fill(r.end.archive_sha256, HASH_SIZE, 18);
	return r;
}

static inline struct record
sample_ended(const char *name, uint64_t of)
{
	struct record r = { .kind = RECORD_ENDED };

	strcpy(r.ended.name, name);
	r.ended.of = of;
	r.ended.wrapping = WRAPPING_BESIDE;
	return r;
}

static inline struct record
sample_manifest(const char *key, uint64_t first, uint64_t last)
{
	struct record r = { .kind = RECORD_MANIFEST };
	struct manifest_statement *s = &r.manifest.order.statement;

	strcpy(r.manifest.order.key, key);
	sample_fill(s->signer, sizeof(s->signer), 0x40);
	s->first = first;
	s->last = last;
	sample_fill(s->head, HASH_SIZE, 19);
	sample_fill(s->content, HASH_SIZE, 20);
	sample_fill(r.tbs_sha256, HASH_SIZE, 21);
	return r;
}

static inline struct record
sample_signed(uint64_t of)
{
	struct record r = { .kind = RECORD_SIGNED };

	r.signed_.of = of;
	sample_fill(r.signed_.artifact_sha256, HASH_SIZE, 16);
	return r;
}

static inline struct record
sample_policy(enum key_purpose purpose, const char *name)
{
	struct record r = { .kind = RECORD_POLICY };

	strcpy(r.policy.order.name, name);
	r.policy.order.user = 1000;
	r.policy.order.policy = sample_order(purpose, name).policy;
	return r;
}

static inline struct record
sample_clock(void)
{
	struct record r = { .kind = RECORD_CLOCK };

	r.clock.from = SAMPLE_TIME + 100000;
	r.clock.to = SAMPLE_TIME;
	return r;
}

#endif
