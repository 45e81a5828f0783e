/* Records: one encoding each, read strictly, judged by libcbor. */
#include <cbor.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "journal/internal.h"
#include "samples.h"
#include "wire/json.h"

#define KINDS 11

static struct record
with_header(struct record r)
{
	sample_fill(r.signer, sizeof(r.signer), 0x40);
	r.sequence = 7;
	sample_fill(r.previous, HASH_SIZE, 0x50);
	r.time = SAMPLE_TIME + 5;
	return r;
}

static size_t
all_kinds(struct record out[KINDS])
{
	out[0] = with_header(sample_key(PURPOSE_IDEVID_CA, "F1-1"));
	out[1] = with_header(sample_ca("F1-1"));
	out[2] = with_header(sample_device_record());
	out[3] = with_header(sample_idevid("F1-1", 42));
	out[4] = with_header(sample_voucher("voucher-1"));
	out[5] = with_header(sample_signed(6));
	out[6] = with_header(sample_act("device.hold", "AR9-F1-0001-6"));
	out[7] = with_header(sample_clock());
	out[8] = with_header(sample_policy(PURPOSE_VOUCHER, "voucher-1"));
	out[9] = with_header(sample_manifest("manifest-1", 2, 6));
	out[10] = with_header(sample_act_two("device.hold", "AR9-F1-0001-6"));
	return KINDS;
}

static void
round_trip(void **state)
{
	struct record all[KINDS], back;
	uint8_t bytes[RECORD_MAX], again[RECORD_MAX];
	struct why why;
	size_t i, n = all_kinds(all), len, again_len;

	(void)state;
	for (i = 0; i < n; i++) {
		assert_true(record_write(&all[i], bytes, sizeof(bytes), &len));
		assert_int_equal(
		    record_read(span_of(bytes, len), &back, &why), REASON_OK);
		assert_int_equal(back.kind, all[i].kind);
		assert_int_equal(back.time, all[i].time);
		assert_true(
		    record_write(&back, again, sizeof(again), &again_len));
		assert_int_equal(again_len, len);
		assert_memory_equal(again, bytes, len);
	}
	assert_string_equal(all[4].voucher.nonce, "Dss99sBr3pNMOACe-LYY7w");
}

/* A field of each kind arrives where it belongs. */
static void
fields_arrive(void **state)
{
	struct record r = with_header(sample_voucher("voucher-1")), back;
	uint8_t bytes[RECORD_MAX];
	struct why why;
	size_t len;

	(void)state;
	assert_true(record_write(&r, bytes, sizeof(bytes), &len));
	assert_int_equal(
	    record_read(span_of(bytes, len), &back, &why), REASON_OK);
	assert_string_equal(back.voucher.key, "voucher-1");
	assert_string_equal(back.voucher.nonce, r.voucher.nonce);
	assert_int_equal(back.voucher.expires_on, r.voucher.expires_on);
	assert_true(back.voucher.name_issuer);
	assert_false(back.voucher.emit_id_data);
	assert_memory_equal(
	    back.voucher.pin_sha256, r.voucher.pin_sha256, HASH_SIZE);
	assert_memory_equal(back.request_sha256, r.request_sha256, HASH_SIZE);
	r = with_header(sample_idevid("F1-1", UINT64_C(1) << 60));
	assert_true(record_write(&r, bytes, sizeof(bytes), &len));
	assert_int_equal(
	    record_read(span_of(bytes, len), &back, &why), REASON_OK);
	assert_true(back.idevid.counter == UINT64_C(1) << 60);
	assert_string_equal(back.idevid.device.serial, "AR9-F1-0001-6");
	assert_int_equal(back.idevid.device.key_slot, 3);
	assert_memory_equal(back.idevid.serial, r.idevid.serial, 16);
}

/* Two persons, or none: half of one is no record. */
static void
halves_refused(void **state)
{
	struct record whole = sample_act_two("device.hold", "U-1"), r, back;
	uint8_t bytes[RECORD_MAX];
	struct why why;
	size_t len;
	unsigned i;

	(void)state;
	for (i = 0; i < 3; i++) {
		r = with_header(whole);
		if (i == 0)
			r.act.statement = span_of(NULL, 0);
		else
			r.act.persons[i - 1].signature = span_of(NULL, 0);
		if (record_write(&r, bytes, sizeof(bytes), &len))
			assert_int_equal(
			    record_read(span_of(bytes, len), &back, &why),
			    REASON_JOURNAL_DAMAGED);
	}
}

/* libcbor takes every record, and its members are sorted by key. */
static void
libcbor_agrees(void **state)
{
	struct record all[KINDS];
	uint8_t bytes[RECORD_MAX], *foreign;
	struct cbor_load_result result;
	cbor_item_t *item;
	size_t i, k, n = all_kinds(all), len, room;

	(void)state;
	for (i = 0; i < n; i++) {
		assert_true(record_write(&all[i], bytes, sizeof(bytes), &len));
		item = cbor_load(bytes, len, &result);
		assert_non_null(item);
		assert_int_equal(result.read, len);
		assert_true(cbor_isa_map(item) && cbor_map_is_definite(item));
		for (k = 1; k < cbor_map_size(item); k++)
			assert_true(
			    cbor_get_uint8(cbor_map_handle(item)[k - 1].key) <
			    cbor_get_uint8(cbor_map_handle(item)[k].key));
		foreign = NULL;
		len = cbor_serialize_alloc(item, &foreign, &room);
		assert_memory_equal(foreign, bytes, len);
		free(foreign);
		cbor_decref(&item);
	}
}

/* No record but one is read from any octet changed, dropped or added. */
static void
strict(void **state)
{
	struct record all[KINDS], back;
	uint8_t bytes[RECORD_MAX], again[RECORD_MAX];
	struct why why;
	size_t i, at, n = all_kinds(all), len, again_len;

	(void)state;
	for (i = 0; i < n; i++) {
		assert_true(record_write(&all[i], bytes, sizeof(bytes), &len));
		assert_int_not_equal(
		    record_read(span_of(bytes, len + 1), &back, &why),
		    REASON_OK);
		for (at = 0; at < len; at++)
			assert_int_equal(
			    record_read(span_of(bytes, at), &back, &why),
			    REASON_JOURNAL_DAMAGED);
		for (at = 0; at < len; at++) {
			bytes[at] ^= 0x01;
			if (record_read(span_of(bytes, len), &back, &why) ==
			    REASON_OK) {
				assert_true(record_write(
				    &back, again, sizeof(again), &again_len));
				assert_int_equal(again_len, len);
				assert_memory_equal(again, bytes, len);
			}
			bytes[at] ^= 0x01;
		}
	}
}

/* The largest ledger still makes a record. */
static void
largest_checkpoint(void **state)
{
	struct ledger l = { .sequence = INT64_MAX - 1,
		.time = INT64_C(253402300799) },
		      back;
	struct ledger_key k = { .state = KEY_RETIRED,
		.count = { INT64_MAX, l.time, l.time, UINT32_MAX },
		.last_counter = UINT64_MAX,
		.last_record = INT64_MAX,
		.wrapped = true,
		.ending = END_ARCHIVE,
		.end_record = INT64_MAX,
		.erased = WRAPPING_APART,
		.copied = true };
	struct key_policy *p = &k.order.policy;
	struct record r = { .kind = RECORD_CHECKPOINT };
	uint8_t content[RECORD_MAX], bytes[RECORD_MAX];
	struct why why;
	size_t len, i;

	(void)state;
	k.order = sample_order(PURPOSE_IDEVID_CA, "x");
	memset(k.order.name, 'n', KEY_NAME_MAX);
	memset(k.order.slot, 'S', SLOT_TOKEN_MAX);
	memset(k.order.succeeds, 'n', KEY_NAME_MAX);
	memset(k.order.factory, 'f', FACTORY_NAME_MAX);
	memset(k.window, 0xff, sizeof(k.window));
	memset(k.lines, 0xff, sizeof(k.lines));
	p->months = KEY_MONTHS_MAX;
	p->awake_days = AWAKE_FULL;
	p->awake_from = MINUTES_A_DAY - 1;
	p->awake_to = MINUTES_A_DAY;
	k.count.awake_until = l.time;
	p->products_len = KEY_PRODUCTS_MAX;
	for (i = 0; i < KEY_PRODUCTS_MAX; i++) {
		memset(p->products[i], 'p', PRODUCT_NAME_MAX);
		p->products[i][0] = (char)('a' + i);
	}
	memset(p->serials, 'S', SERIAL_PATTERN_MAX);
	p->limit = INT64_MAX;
	p->first_day = p->last_day = KEY_DAY_MAX;
	p->rate = UINT32_MAX;
	p->period = KEY_PERIOD_MAX;
	memset(k.spki_sha256, 0xff, HASH_SIZE);
	memset(k.certificate_sha256, 0xff, HASH_SIZE);
	memset(l.head, 0xff, HASH_SIZE);
	memset(l.signer, 0xff, sizeof(l.signer));
	l.slots_len = LEDGER_PART_SLOTS;
	l.slots = calloc(l.slots_len, sizeof(*l.slots));
	for (i = 0; i < l.slots_len; i++) {
		memset(l.slots[i].slot, 'S', SLOT_TOKEN_MAX);
		memset(l.slots[i].to, 't', FACTORY_NAME_MAX);
		l.slots[i].since = l.time;
	}
	l.lines_len = LEDGER_PART_LINES;
	l.lines = calloc(l.lines_len, sizeof(*l.lines));
	for (i = 0; i < l.lines_len; i++) {
		memset(l.lines[i].product, 'p', PRODUCT_NAME_MAX);
		memset(l.lines[i].scheme, '#', 8);
		memset(l.lines[i].scheme + 8, 'S', SERIAL_MAX - 8);
	}
	l.runs_len = LEDGER_PART_RUNS;
	l.runs = calloc(l.runs_len, sizeof(*l.runs));
	for (i = 0; i < l.runs_len; i++) {
		l.runs[i].line = LEDGER_LINES_MAX - 1;
		l.runs[i].first = (i + 1) << 39;
		l.runs[i].last = ((i + 2) << 39) - 2;
	}
	l.profiles_len = LEDGER_PART_PROFILES;
	l.profiles = calloc(l.profiles_len, sizeof(*l.profiles));
	for (i = 0; i < l.profiles_len; i++) {
		memset(l.profiles[i].product, 'p', PRODUCT_NAME_MAX);
		memset(l.profiles[i].sha256, 0xff, HASH_SIZE);
	}
	l.keys_len = LEDGER_PART_KEYS;
	l.keys = calloc(l.keys_len, sizeof(k));
	for (i = 0; i < l.keys_len; i++) {
		l.keys[i] = k;
		l.keys[i].order.name[0] = (char)('a' + i);
	}
	assert_true(ledger_write(&l, 0, content, sizeof(content), &len));
	r = with_header(r);
	r.checkpoint = span_of(content, len);
	assert_int_equal(ledger_read(r.checkpoint, &back, &why), REASON_OK);
	assert_int_equal(back.keys_len, LEDGER_PART_KEYS);
	assert_true(record_write(&r, bytes, sizeof(bytes), &len));
	assert_int_equal(back.slots_len, LEDGER_PART_SLOTS);
	assert_int_equal(back.runs_len, LEDGER_PART_RUNS);
	assert_int_equal(back.profiles_len, LEDGER_PART_PROFILES);
	assert_memory_equal(back.profiles, l.profiles,
	    LEDGER_PART_PROFILES * sizeof(*l.profiles));
	assert_memory_equal(
	    back.runs, l.runs, LEDGER_PART_RUNS * sizeof(*l.runs));
	ledger_free(&back);
	free(l.keys);
	free(l.slots);
	free(l.lines);
	free(l.runs);
	free(l.profiles);
}

static void
json(void **state)
{
	struct record r = with_header(sample_voucher("voucher-1"));
	char text[RECORD_MAX * 3];
	struct json_value root, facts, v;
	size_t len;

	(void)state;
	assert_true(record_to_json(&r, text, sizeof(text), &len));
	assert_int_equal(json_parse(span_of(text, len), &root, NULL), WIRE_OK);
	assert_true(json_member(&root, "kind", &v));
	assert_true(json_string_is(&v, "voucher"));
	assert_true(json_member(&root, "time", &v));
	assert_true(json_string_is(&v, "2023-11-14T22:13:25Z"));
	assert_true(json_member(&root, "facts", &facts));
	assert_true(json_member(&facts, "assertion", &v));
	assert_true(json_string_is(&v, "proximity"));
	assert_true(json_member(&facts, "nonce", &v));
	assert_true(json_string_is(&v, r.voucher.nonce));
	assert_false(record_to_json(&r, text, 40, &len));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trip),
		cmocka_unit_test(fields_arrive),
		cmocka_unit_test(halves_refused),
		cmocka_unit_test(libcbor_agrees),
		cmocka_unit_test(strict),
		cmocka_unit_test(largest_checkpoint),
		cmocka_unit_test(json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
