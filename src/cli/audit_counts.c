/*
 * hallmark audit counts: what each key signed, by journal, store and limits
 * (R-15.3).
 */
#include <stdio.h>

#include "base/text.h"
#include "cli/audit.h"

static const uint8_t UNMARKED[8] = { 2 }, MARKED[8] = { 1 };

static uint64_t
marked(void)
{
	uint64_t tag;

	memcpy(&tag, MARKED, sizeof(tag));
	return tag;
}

/* --- the store's side --- */

/* One device by serial and key, whoever counts it. */
static void
device_hash(uint8_t out[HASH_SIZE], const char *serial, const char *spki)
{
	char both[SERIAL_MAX + HEX_SIZE(HASH_SIZE) + 2];

	snprintf(both, sizeof(both), "%.*s %.*s", SERIAL_MAX, serial,
	    2 * HASH_SIZE, spki);
	sha256(span_str(both), out);
}

/* Did we certify that device? */
static bool
issued(const struct json_value *row)
{
	char origin[CELL_MAX];

	output_cell(origin, row, "origin");
	return strcmp(origin, "issued") == 0;
}

static enum reason
row_take(void *context, const struct json_value *row, struct why *why)
{
	struct audit *a = context;
	char serial[CELL_MAX], spki[CELL_MAX], ca[CELL_MAX];
	char warnings[CELL_MAX];
	uint8_t hash[HASH_SIZE];
	struct audited_key *k;

	(void)why;
	a->warned += json_text(row->raw, "warnings", warnings, CELL_MAX) &&
	    warnings[0] != '\0';
	if (!issued(row))
		return REASON_OK;
	output_cell(serial, row, "serial");
	output_cell(spki, row, "spki-sha256");
	output_cell(ca, row, "ca");
	device_hash(hash, serial, spki);
	a->without_record += seen_add(&a->rows, hash, UNMARKED) == SEEN_NEW;
	if ((k = audit_key(a, ca)) != NULL)
		k->stored++;
	return REASON_OK;
}

/*
 * A row that no record stands for: somebody wrote into the store. Only when there
 * is one are all rows asked for again, for its name.
 */
static enum reason
row_judge(void *context, const struct json_value *row, struct why *why)
{
	struct audit *a = context;
	char serial[CELL_MAX], spki[CELL_MAX];
	uint8_t hash[HASH_SIZE];
	const uint64_t *tag;

	if (!issued(row))
		return REASON_OK;
	output_cell(serial, row, "serial");
	output_cell(spki, row, "spki-sha256");
	device_hash(hash, serial, spki);
	tag = seen_find(&a->rows, hash);
	/* A device that came while we looked was not there to be marked. */
	if (tag == NULL || *tag == marked())
		return REASON_OK;
	audit_finding(
	    a, REASON_COUNTS_DIFFER, "a device without a record", serial);
	return ++a->named < NAMED_MAX
	    ? REASON_OK
	    : why_set(why, REASON_STOPPING, -1, "enough");
}

static enum reason
rows_each(struct audit *a, row_call call, struct why *why)
{
	struct message_admin m;

	request_begin(&m, "device.list");
	request_text(&m, "keys", "yes");
	return session_pages(a->s, &m, "devices", call, a, why);
}

/* --- the journal's side --- */

static void
idevid_take(struct audit *a, const struct record_idevid *r)
{
	char spki[HEX_SIZE(HASH_SIZE)];
	uint8_t hash[HASH_SIZE];
	uint64_t *tag;

	hex_encode(spki, span_of(r->device.spki_sha256, HASH_SIZE));
	device_hash(hash, r->device.serial, spki);
	if ((tag = seen_find(&a->rows, hash)) != NULL) {
		a->without_record -= *tag != marked();
		*tag = marked();
		return;
	}
	if (a->without_row++ < NAMED_MAX)
		audit_finding(
		    a, REASON_OK, "recorded, but no device", r->device.serial);
}

static void
limit_take(struct audit *a, const char *name, const struct key_policy *p)
{
	struct audited_key *k = audit_key(a, name);

	if (k != NULL)
		k->limit_then = p->limit;
}

/* By the limit that the key had then: one that is set below what it has signed is a
 * way to stop a key, and no fault. */
static void
signature_take(struct audit *a, const char *name)
{
	struct audited_key *k = audit_key(a, name);

	if (k == NULL)
		return;
	k->recorded++;
	k->over |= k->limit_then != 0 && k->recorded > k->limit_then;
}

static enum reason
record_count(
    void *context, const struct record *r, struct span bytes, struct why *why)
{
	struct audit *a = context;

	(void)bytes;
	(void)why;
	if (r->kind == RECORD_KEY) {
		limit_take(a, r->key.order.name, &r->key.order.policy);
	} else if (r->kind == RECORD_POLICY) {
		limit_take(a, r->policy.order.name, &r->policy.order.policy);
	} else if (r->kind == RECORD_IDEVID) {
		idevid_take(a, &r->idevid);
		signature_take(a, r->idevid.key);
	} else if (r->kind == RECORD_VOUCHER) {
		a->vouchers++;
		signature_take(a, r->voucher.key);
	} else if (r->kind == RECORD_MANIFEST) {
		signature_take(a, r->manifest.order.key);
	}
	return REASON_OK;
}

/* --- counts --- */

static void
key_put_counts(struct json_out *o, const struct audited_key *k)
{
	json_begin_object(o);
	json_add_text(o, "name", k->name);
	json_add_text(o, "purpose", key_purpose_word(k->purpose));
	json_add_text(o, "state", k->state);
	json_put_name(o, "limit");
	if (k->has_limit)
		json_put_uint(o, k->limit);
	else
		json_put_null(o);
	json_put_name(o, "used-percent");
	if (k->has_limit && k->limit > 0)
		json_put_uint(o,
		    (uint64_t)(100.0 * (double)k->counted / (double)k->limit));
	else
		json_put_null(o);
	json_add_uint(o, "counted", k->counted);
	json_add_uint(o, "recorded", k->recorded);
	json_put_name(o, "stored");
	if (k->purpose == PURPOSE_IDEVID_CA)
		json_put_uint(o, k->stored);
	else
		json_put_null(o);
	json_end_object(o);
}

static void
keys_judge(struct audit *a)
{
	unsigned i;

	for (i = 0; i < a->keys_len; i++) {
		const struct audited_key *k = &a->keys[i];

		/* The ledger may count more than there are records: what was
		 * skipped after a restore. */
		if (k->recorded < k->stored)
			audit_finding(a, REASON_COUNTS_DIFFER,
			    "more devices than records", k->name);
		if (k->over)
			audit_finding(a, REASON_COUNTS_DIFFER,
			    "more records than its limit", k->name);
	}
}

/* The store first: a record comes before its row, so whatever is there now has
 * one by the time the journal is read. */
enum reason
audit_counts(struct audit *a, struct json_out *o, struct why *why)
{
	enum reason r;
	unsigned i;

	if ((r = rows_each(a, row_take, why)) != REASON_OK ||
	    (r = audit_journals(a, record_count, why)) != REASON_OK)
		return r;
	if (a->without_record > 0 &&
	    (r = rows_each(a, row_judge, why)) != REASON_OK &&
	    r != REASON_STOPPING)
		return r;
	keys_judge(a);
	json_put_name(o, "keys");
	json_begin_array(o);
	for (i = 0; i < a->keys_len; i++)
		key_put_counts(o, &a->keys[i]);
	json_end_array(o);
	json_add_uint(o, "without-record", a->without_record);
	json_add_uint(o, "without-device", a->without_row);
	json_add_uint(o, "with-warnings", a->warned);
	return REASON_OK;
}
