/*
 * hallmark audit keys, counts: what an auditor asks of a home.
 * The journal is read here, as `journal show` does; the store is asked through
 * the authority.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fatal.h"
#include "base/file.h"
#include "base/text.h"
#include "cli/cli.h"
#include "crypto/hash/hash.h"
#include "journal/journal.h"
#include "wire/json.h"

#define NAMED_MAX      20 /* differences of a kind that are told one by one */
#define FINDINGS_MAX   (2 * NAMED_MAX + 2 * LEDGER_KEYS_MAX)
#define FINDING_SIZE   160
#define ROOM	       131072 /* octets of JSON */
#define CHAIN_JOURNALS 64     /* journals that go on from each other */

struct audited_key {
	char name[KEY_NAME_MAX + 1];
	char state[16];
	enum key_purpose purpose;
	bool has_limit;
	uint64_t limit, counted; /* by policy; by the ledger */
	uint64_t recorded, stored;
	struct key_order order;
	int64_t born, certified, ended;
	uint64_t born_record, changes;
};

struct audit {
	struct cli *c;
	struct session *s;
	char home[CONFIG_TEXT];
	unsigned keys_len;
	struct audited_key keys[LEDGER_KEYS_MAX];
	struct seen rows; /* of the store; tag 1 = a record stands for it */
	uint64_t vouchers;
	uint64_t without_row, without_record;
	bool bad; /* what must never be */
	unsigned findings_len;
	char findings[FINDINGS_MAX][FINDING_SIZE];
};

static const uint8_t UNMARKED[8] = { 2 }, MARKED[8] = { 1 };

static struct audited_key *
key_named(struct audit *a, const char *name)
{
	unsigned i;

	for (i = 0; i < a->keys_len; i++)
		if (strcmp(a->keys[i].name, name) == 0)
			return &a->keys[i];
	return NULL;
}

static bool
number_of(const struct json_value *v, const char *name, uint64_t *out)
{
	char text[CELL_MAX];

	output_cell(text, v, name);
	return text_uint(span_str(text), INT64_MAX, out);
}

/* --- the store's side --- */

static enum reason
keys_load(struct audit *a, struct why *why)
{
	struct message_admin_reply reply;
	struct json_value root, list, one;
	struct message_admin m;
	struct json_iter i;
	char text[CELL_MAX];
	enum reason r;

	request_begin(&m, "ca.list");
	if ((r = session_ask(a->s, &m, &reply, why)) != REASON_OK)
		return r;
	if (json_parse(reply.json, &root, NULL) != WIRE_OK ||
	    !json_member(&root, "cas", &list))
		return why_set(why, REASON_INTERNAL, -1, "ca.list");
	json_iter_open(&i, &list);
	while (
	    a->keys_len < LEDGER_KEYS_MAX && json_iter_next(&i, NULL, &one)) {
		struct audited_key *k = &a->keys[a->keys_len++];

		output_cell(text, &one, "name");
		(void)text_copy(k->name, sizeof(k->name), span_str(text));
		output_cell(text, &one, "state");
		(void)text_copy(k->state, sizeof(k->state), span_str(text));
		output_cell(text, &one, "purpose");
		for (k->purpose = PURPOSE_LAST; k->purpose > PURPOSE_VOUCHER;
		     k->purpose--)
			if (strcmp(text, key_purpose_word(k->purpose)) == 0)
				break;
		k->has_limit = number_of(&one, "limit", &k->limit);
		(void)number_of(&one, "issued", &k->counted);
	}
	return REASON_OK;
}

/* One device by serial and key, whoever counts it. */
static void
device_hash(uint8_t out[HASH_SIZE], const char *serial, const char *spki)
{
	char both[SERIAL_MAX + HEX_SIZE(HASH_SIZE) + 2];

	snprintf(both, sizeof(both), "%.*s %.*s", SERIAL_MAX, serial,
	    2 * HASH_SIZE, spki);
	sha256(span_str(both), out);
}

typedef void (*row_call)(struct audit *a, const struct json_value *row);

static void
row_take(struct audit *a, const struct json_value *row)
{
	char serial[CELL_MAX], spki[CELL_MAX], ca[CELL_MAX];
	uint8_t hash[HASH_SIZE];
	struct audited_key *k;

	output_cell(serial, row, "serial");
	output_cell(spki, row, "spki-sha256");
	output_cell(ca, row, "ca");
	device_hash(hash, serial, spki);
	(void)seen_add(&a->rows, hash, UNMARKED);
	if ((k = key_named(a, ca)) != NULL)
		k->stored++;
}

static void
finding(struct audit *a, const char *what, const char *about)
{
	char text[FINDING_SIZE];

	snprintf(text, sizeof(text), "%s: %.70s", what, about);
	if (a->findings_len < FINDINGS_MAX)
		memcpy(a->findings[a->findings_len++], text, sizeof(text));
}

/* A row that no record stands for: somebody wrote into the store. */
static void
row_judge(struct audit *a, const struct json_value *row)
{
	char serial[CELL_MAX], spki[CELL_MAX];
	uint8_t hash[HASH_SIZE];
	const uint64_t *tag;
	uint64_t marked;

	memcpy(&marked, MARKED, sizeof(marked));
	output_cell(serial, row, "serial");
	output_cell(spki, row, "spki-sha256");
	device_hash(hash, serial, spki);
	tag = seen_find(&a->rows, hash);
	/* A device that came while we looked was not there to be marked. */
	if (tag == NULL || *tag == marked)
		return;
	a->bad = true;
	if (a->without_record++ < NAMED_MAX)
		finding(a, "a device without a record", serial);
}

/* Every device that we certified, page by page. */
static enum reason
rows_each(struct audit *a, row_call call, struct why *why)
{
	char after[CELL_MAX] = "-", origin[CELL_MAX];
	struct message_admin_reply reply;
	struct json_value root, list, one;
	struct message_admin m;
	struct json_iter i;
	enum reason r;

	do {
		request_begin(&m, "device.list");
		request_text(
		    &m, "after", strcmp(after, "-") == 0 ? NULL : after);
		request_text(&m, "limit", PAGE);
		request_text(&m, "whole", "yes");
		if ((r = session_ask(a->s, &m, &reply, why)) != REASON_OK)
			return r;
		if (json_parse(reply.json, &root, NULL) != WIRE_OK ||
		    !json_member(&root, "devices", &list))
			return why_set(why, REASON_INTERNAL, -1, "device.list");
		json_iter_open(&i, &list);
		while (json_iter_next(&i, NULL, &one)) {
			output_cell(origin, &one, "origin");
			if (strcmp(origin, "issued") == 0)
				call(a, &one);
		}
		output_cell(after, &root, "next");
	} while (strcmp(after, "-") != 0);
	return REASON_OK;
}

/* --- the journal's side --- */

static void
idevid_take(struct audit *a, const struct record_idevid *r)
{
	struct audited_key *k = key_named(a, r->key);
	char spki[HEX_SIZE(HASH_SIZE)];
	uint8_t hash[HASH_SIZE];
	uint64_t *tag;

	if (k != NULL)
		k->recorded++;
	hex_encode(spki, span_of(r->device.spki_sha256, HASH_SIZE));
	device_hash(hash, r->device.serial, spki);
	if ((tag = seen_find(&a->rows, hash)) != NULL) {
		memcpy(tag, MARKED, sizeof(*tag));
		return;
	}
	if (a->without_row++ < NAMED_MAX)
		finding(a, "recorded, but no device", r->device.serial);
}

static void
act_take(struct audit *a, const struct record *r)
{
	struct audited_key *k = key_named(a, r->act.subject);

	if (k == NULL)
		return;
	if (strcmp(r->act.verb, LEDGER_VERB_RETIRE) == 0)
		k->ended = r->time;
}

static enum reason
record_take(
    void *context, const struct record *r, struct span bytes, struct why *why)
{
	struct audit *a = context;
	struct audited_key *k;

	(void)bytes;
	(void)why;
	switch (r->kind) {
	case RECORD_KEY:
		if ((k = key_named(a, r->key.order.name)) != NULL) {
			k->order = r->key.order;
			k->born = r->time;
			k->born_record = r->sequence;
		}
		break;
	case RECORD_CA:
		if ((k = key_named(a, r->ca.name)) != NULL)
			k->certified = r->time;
		break;
	case RECORD_POLICY:
		if ((k = key_named(a, r->policy.order.name)) != NULL)
			k->changes++;
		break;
	case RECORD_VOUCHER:
		a->vouchers++;
		if ((k = key_named(a, r->voucher.key)) != NULL)
			k->recorded++;
		break;
	case RECORD_MANIFEST:
		if ((k = key_named(a, r->manifest.order.key)) != NULL)
			k->recorded++;
		break;
	case RECORD_IDEVID:
		idevid_take(a, &r->idevid);
		break;
	case RECORD_ACT:
		act_take(a, r);
		break;
	default:
		break;
	}
	return REASON_OK;
}

/* From the first signer of this home to the one that works now. */
static enum reason
journals_read(struct audit *a, struct why *why)
{
	static char folders[CHAIN_JOURNALS][PATH_MAX];
	unsigned n = 0;
	bool found = true;
	enum reason r = REASON_OK;

	path_join(folders[0], PATH_MAX, a->home, "signer/journal");
	while (r == REASON_OK && found && n + 1 < CHAIN_JOURNALS) {
		r = journal_before(folders[n], folders[n + 1], &found, why);
		n += found;
	}
	for (; r == REASON_OK; n--) {
		r = journal_read(folders[n], 1, record_take, a, why);
		if (n == 0)
			break;
	}
	return r;
}

/* --- counts --- */

static void
key_put_counts(struct json_out *o, const struct audited_key *k)
{
	json_begin_object(o);
	json_put_name(o, "name");
	json_put_text(o, k->name);
	json_put_name(o, "purpose");
	json_put_text(o, key_purpose_word(k->purpose));
	json_put_name(o, "state");
	json_put_text(o, k->state);
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
	json_put_name(o, "counted");
	json_put_uint(o, k->counted);
	json_put_name(o, "recorded");
	json_put_uint(o, k->recorded);
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
		if (k->recorded < k->stored) {
			finding(a, "more devices than records", k->name);
			a->bad = true;
		}
		if (k->has_limit && k->recorded > k->limit) {
			finding(a, "more records than its limit", k->name);
			a->bad = true;
		}
	}
}

static void
findings_put(const struct audit *a, struct json_out *o)
{
	unsigned i;

	json_put_name(o, "without-record");
	json_put_uint(o, a->without_record);
	json_put_name(o, "without-device");
	json_put_uint(o, a->without_row);
	json_put_name(o, "findings");
	json_begin_array(o);
	for (i = 0; i < a->findings_len; i++)
		json_put_text(o, a->findings[i]);
	json_end_array(o);
}

/* The store first: a record comes before its row, so whatever is there now has
 * one by the time the journal is read. */
static enum reason
counts(struct audit *a, struct json_out *o, struct why *why)
{
	enum reason r;
	unsigned i;

	if ((r = rows_each(a, row_take, why)) != REASON_OK ||
	    (r = journals_read(a, why)) != REASON_OK ||
	    (r = rows_each(a, row_judge, why)) != REASON_OK)
		return r;
	keys_judge(a);
	json_begin_array(o);
	for (i = 0; i < a->keys_len; i++)
		key_put_counts(o, &a->keys[i]);
	json_end_array(o);
	findings_put(a, o);
	return REASON_OK;
}

/* --- keys --- */

static void
put_text(struct json_out *o, const char *name, const char *text)
{
	json_put_name(o, name);
	if (text == NULL)
		json_put_null(o);
	else
		json_put_text(o, text);
}

static void
put_moment(struct json_out *o, const char *name, int64_t moment)
{
	char text[CLOCK_TEXT_SIZE];

	clock_print(text, moment);
	put_text(o, name, moment == 0 ? NULL : text);
}

/* Where it is, as far as this home can know. */
static void
put_file(const struct audit *a, struct json_out *o, const char *file)
{
	char path[PATH_MAX];

	path_join(path, sizeof(path), a->home, file);
	put_text(o, "file", file);
	put_text(o, "there",
	    access(path, F_OK) == 0 ? "yes"
		: errno == ENOENT   ? "no"
				    : "unknown");
}

static const char *
algorithm_text(const struct key_order *k)
{
	return k->rsa_bits == 2048 ? "rsa-2048"
	    : k->rsa_bits == 3072  ? "rsa-3072"
	    : k->p384		   ? "p384"
				   : "p256";
}

static void
key_put(const struct audit *a, struct json_out *o, const struct audited_key *k)
{
	char file[KEY_NAME_MAX + 32];

	json_begin_object(o);
	put_text(o, "name", k->name);
	put_text(o, "purpose", key_purpose_word(k->purpose));
	put_text(
	    o, "algorithm", k->born == 0 ? NULL : algorithm_text(&k->order));
	put_text(o, "state", k->state);
	put_moment(o, "born", k->born);
	put_moment(o, "certified", k->certified);
	put_moment(o, "retired", k->ended);
	json_put_name(o, "policy-changes");
	json_put_uint(o, k->changes);
	snprintf(file, sizeof(file), "signer/keys/%s.key", k->name);
	put_file(a, o, file);
	put_text(o, "opens", "signer, with the passphrase");
	put_text(o, "last-drill", "none: not split");
	json_end_object(o);
}

/* Keys that no record of the journal tells of. */
static void
other_put(const struct audit *a, struct json_out *o, const char *name,
    const char *purpose, const char *file, const char *opens, bool root)
{
	char path[PATH_MAX];
	bool here;

	path_join(path, sizeof(path), a->home, file);
	here = access(path, F_OK) == 0;
	json_begin_object(o);
	put_text(o, "name", name);
	put_text(o, "purpose", purpose);
	put_text(o, "algorithm", root && here ? "p384" : NULL);
	put_text(o, "state",
	    here       ? root ? "software root" : "in use"
		: root ? "elsewhere, or unknown"
		       : "unknown");
	put_text(o, "born", NULL);
	put_text(o, "certified", NULL);
	put_text(o, "retired", NULL);
	json_put_name(o, "policy-changes");
	json_put_uint(o, 0);
	put_file(a, o, file);
	put_text(o, "opens",
	    here || !root ? opens : "unknown: no ceremony on record");
	put_text(o, "last-drill",
	    here || !root ? "none: not split"
			  : "unknown: no ceremony on record");
	json_end_object(o);
}

static enum reason
inventory(struct audit *a, struct json_out *o, struct why *why)
{
	enum reason r = journals_read(a, why);
	unsigned i;

	if (r != REASON_OK)
		return r;
	json_begin_array(o);
	for (i = 0; i < a->keys_len; i++)
		key_put(a, o, &a->keys[i]);
	other_put(a, o, "tag", "device tags", "signer/keys/tag.key",
	    "signer, with the passphrase", false);
	other_put(a, o, "tls", "web server", "front/tls.key", "front, in clear",
	    false);
	other_put(a, o, "idevid-root", "IDevID root",
	    "ceremony/idevid-root.key", "one person, with the passphrase",
	    true);
	other_put(a, o, "voucher-root", "voucher root",
	    "ceremony/voucher-root.key", "one person, with the passphrase",
	    true);
	json_end_array(o);
	return REASON_OK;
}

/* --- the verbs --- */

static int
audit_run(struct cli *c, int argc, char **argv,
    enum reason (*call)(struct audit *a, struct json_out *o, struct why *why))
{
	static char room[ROOM];
	static struct audit a;
	struct json_out o;
	struct span json;
	struct why why;
	enum reason r;
	unsigned i;
	int code = EXIT_DONE;

	if (!options_read(c, argc, argv, NULL, 0, 0))
		return EXIT_USAGE;
	a.c = c;
	why_clear(&why);
	json_out_open(&o, room, sizeof(room));
	json_begin_object(&o);
	json_put_name(&o, "keys");
	if ((r = home_path(c, a.home, &why)) == REASON_OK &&
	    (r = session_open(c, NEED_STORE, &a.s, &why)) == REASON_OK &&
	    (r = keys_load(&a, &why)) == REASON_OK)
		r = call(&a, &o, &why);
	json_end_object(&o);
	if (r == REASON_OK && json_out_span(&o, &json) != WIRE_OK)
		r = why_set(&why, REASON_INTERNAL, -1, "too many keys");
	if (r == REASON_OK)
		output_json(c, json);
	for (i = 0; r == REASON_OK && !c->json && i < a.findings_len; i++)
		printf("%s\n", a.findings[i]);
	if (r == REASON_OK && a.bad)
		r = why_set(
		    &why, REASON_COUNTS_DIFFER, -1, "%.150s", a.findings[0]);
	if (r != REASON_OK)
		code = refuse(c, r, &why);
	seen_free(&a.rows);
	session_close(a.s);
	return code;
}

int
audit_keys_run(struct cli *c, int argc, char **argv)
{
	return audit_run(c, argc, argv, inventory);
}

int
audit_counts_run(struct cli *c, int argc, char **argv)
{
	return audit_run(c, argc, argv, counts);
}
