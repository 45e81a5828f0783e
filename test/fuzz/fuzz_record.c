/*
 * Journal records and ledgers. The first octet of the input is 0 for a ledger,
 * the content of a checkpoint; anything else begins a record. Both have one
 * encoding: what is accepted is written back to the same octets, and its JSON
 * form is JSON.
 */
#include "fuzz.h"
#include "journal/ledger.h"
#include "wire/json.h"

static bool met_ledger, met_record[RECORD_KIND_LAST + 1];

const char *
corpus_lacks(void)
{
	int i;

	for (i = 1; i <= RECORD_KIND_LAST; i++)
		if (!met_record[i])
			return record_kind_name((enum record_kind)i);
	return met_ledger ? NULL : "a ledger";
}

static uint64_t
ledger_check(struct span bytes)
{
	static uint8_t again[RECORD_MAX];
	struct ledger l;
	size_t len;

	if (ledger_read(bytes, &l, NULL) != REASON_OK) {
		require(l.keys == NULL);
		return 0;
	}
	require(l.keys_len <= LEDGER_PART_KEYS);
	require(bytes.len > RECORD_MAX ||
	    (ledger_part_write(&l, again, sizeof(again), &len) &&
		span_eq(bytes, span_of(again, len))));
	ledger_free(&l);
	met_ledger = true;
	return digest_add(ACCEPTED, bytes.ptr, bytes.len);
}

static uint64_t
record_check(struct span bytes)
{
	static uint8_t again[RECORD_MAX];
	static char json[4 * RECORD_MAX];
	struct json_value root;
	struct record r;
	struct why why;
	size_t len;

	if (record_read(bytes, &r, &why) != REASON_OK)
		return 0;
	require(bytes.len <= RECORD_MAX);
	require(record_write(&r, again, sizeof(again), &len));
	require(span_eq(bytes, span_of(again, len)));
	if (record_to_json(&r, json, sizeof(json), &len))
		require(json_parse(span_of(json, len), &root, NULL) == WIRE_OK);
	else
		require(r.kind == RECORD_CHECKPOINT);
	met_record[r.kind] = true;
	return digest_add(ACCEPTED, again, len);
}

uint64_t
input_read(const uint8_t *bytes, size_t len)
{
	if (len > 0 && bytes[0] == 0)
		return ledger_check(span_of(bytes + 1, len - 1));
	return record_check(span_of(bytes, len));
}
