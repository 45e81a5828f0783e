/* hallmark audit: what its verbs share, see audit.h. */
#include "cli/audit.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/fatal.h"
#include "base/file.h"

/* Octets of JSON: all keys that a signer holds, and all that may be found. */
#define ROOM	       (LEDGER_KEYS_MAX * 2048 + FINDINGS_MAX * 2 * FINDING_SIZE)
#define CHAIN_JOURNALS 64 /* journals that go on from each other */

struct audited_key *
audit_key(struct audit *a, const char *name)
{
	unsigned i;

	for (i = 0; i < a->keys_len; i++)
		if (strcmp(a->keys[i].name, name) == 0)
			return &a->keys[i];
	return NULL;
}

void
audit_finding(
    struct audit *a, enum reason r, const char *what, const char *about)
{
	if (a->bad == REASON_OK && r != REASON_OK) {
		a->bad = r;
		snprintf(
		    a->worst, sizeof(a->worst), "%.120s: %.70s", what, about);
	}
	if (a->findings_len < FINDINGS_MAX)
		snprintf(a->findings[a->findings_len++], FINDING_SIZE,
		    "%.120s: %.70s", what, about);
}

void
audit_put_moment(struct json_out *o, const char *name, int64_t moment)
{
	char text[CLOCK_TEXT_SIZE];

	clock_print(text, moment);
	json_add_optional(o, name, moment == 0 ? NULL : text);
}

/* --- the keys --- */

static bool
number_of(const struct json_value *v, const char *name, uint64_t *out)
{
	char text[CELL_MAX];

	output_cell(text, v, name);
	return text_uint(span_str(text), INT64_MAX, out);
}

/* A member that is a text; empty where there is none. */
static void
text_of(const struct json_value *v, const char *name, char *out, size_t cap)
{
	char text[CELL_MAX];

	output_cell(text, v, name);
	(void)text_copy(out, cap, span_str(strcmp(text, "-") == 0 ? "" : text));
}

static void
take_products(struct audited_key *k, const struct json_value *one)
{
	struct json_value list, name;
	struct json_iter i;
	size_t len;

	if (!json_member(one, "products", &list))
		return;
	json_iter_open(&i, &list);
	while (k->products_len < KEY_PRODUCTS_MAX &&
	    json_iter_next(&i, NULL, &name))
		k->products_len +=
		    json_string(&name, k->products[k->products_len],
			sizeof(k->products[0]), &len) == WIRE_OK;
}

static enum reason
key_show(struct audit *a, struct audited_key *k, struct why *why)
{
	struct message_admin_reply reply;
	struct message_admin m;
	struct json_value root;
	enum reason r;

	request_begin(&m, "ca.show");
	request_text(&m, "name", k->name);
	if ((r = session_ask(a->s, &m, &reply, why)) != REASON_OK)
		return r;
	if (json_parse(reply.json, &root, NULL) != WIRE_OK)
		return why_set(why, REASON_INTERNAL, -1, "ca.show");
	text_of(&root, "algorithm", k->algorithm, sizeof(k->algorithm));
	text_of(&root, "root-sha256", k->root, sizeof(k->root));
	text_of(&root, "certificate-sha256", k->certificate,
	    sizeof(k->certificate));
	(void)number_of(&root, "levels", &k->levels);
	take_products(k, &root);
	return REASON_OK;
}

static void
take_listed(struct audited_key *k, const struct json_value *one)
{
	char text[CELL_MAX];

	text_of(one, "name", k->name, sizeof(k->name));
	text_of(one, "state", k->state, sizeof(k->state));
	output_cell(text, one, "purpose");
	for (k->purpose = PURPOSE_LAST; k->purpose > PURPOSE_VOUCHER;
	     k->purpose--)
		if (strcmp(text, key_purpose_word(k->purpose)) == 0)
			break;
	output_cell(text, one, "root");
	k->software_root = strcmp(text, "software root") == 0;
	k->has_limit = number_of(one, "limit", &k->limit);
	(void)number_of(one, "issued", &k->counted);
	(void)number_of(one, "months", &k->months);
}

static enum reason
key_take(void *context, const struct json_value *row, struct why *why)
{
	struct audit *a = context;

	if (a->keys_len == LEDGER_KEYS_MAX)
		return why_set(why, REASON_INTERNAL, -1, "too many keys");
	take_listed(&a->keys[a->keys_len++], row);
	return REASON_OK;
}

static enum reason
keys_load(struct audit *a, struct why *why)
{
	struct message_admin m;
	unsigned n;
	enum reason r;

	request_begin(&m, "ca.list");
	r = session_pages(a->s, &m, "cas", key_take, a, why);
	for (n = 0; n < a->keys_len && r == REASON_OK; n++)
		r = key_show(a, &a->keys[n], why);
	return r;
}

/* --- the journal --- */

struct reading {
	struct audit *a;
	record_call call;
	struct moments moments; /* of one journal */
	unsigned named;
};

static enum reason
record_see(
    void *context, const struct record *r, struct span bytes, struct why *why)
{
	struct reading *reading = context;
	struct why inner;

	if (moments_take(&reading->moments, r, bytes, &inner) != REASON_OK &&
	    reading->named++ < NAMED_MAX)
		audit_finding(reading->a, REASON_JOURNAL_TIME,
		    "not dated as its record", inner.text);
	return reading->call(reading->a, r, bytes, why);
}

enum reason
audit_journals(struct audit *a, record_call call, struct why *why)
{
	struct reading reading = { .a = a, .call = call };
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
		memset(&reading.moments, 0, sizeof(reading.moments));
		r = journal_read(folders[n], 1, record_see, &reading, why);
		if (n == 0)
			break;
	}
	return r;
}

/* --- the verbs --- */

static void
findings_put(const struct audit *a, struct json_out *o)
{
	unsigned i;

	json_put_name(o, "findings");
	json_begin_array(o);
	for (i = 0; i < a->findings_len; i++)
		json_put_text(o, a->findings[i]);
	json_end_array(o);
}

static int
audit_run(
    struct cli *c, int argc, char **argv, bool with_evidence, audit_call call)
{
	const char *folder = NULL;
	const struct option_row rows[] = { { with_evidence ? "evidence" : NULL,
					       &folder, NULL, false },
		{ 0 } };
	static char room[ROOM];
	static struct audit a;
	struct json_out o;
	struct span json;
	struct why why;
	enum reason r;
	unsigned i;
	int code = EXIT_DONE;

	if (!options_read(c, argc, argv, rows, 0, 0))
		return EXIT_USAGE;
	a.c = c;
	why_clear(&why);
	json_out_open(&o, room, sizeof(room));
	json_begin_object(&o);
	if ((r = home_path(c, a.home, &why)) == REASON_OK &&
	    (folder == NULL ||
		(r = evidence_read(folder, &a.evidence, &why)) == REASON_OK) &&
	    (r = session_open(c, NEED_STORE, &a.s, &why)) == REASON_OK &&
	    (r = keys_load(&a, &why)) == REASON_OK)
		r = call(&a, &o, &why);
	findings_put(&a, &o);
	json_end_object(&o);
	if (r == REASON_OK && json_out_span(&o, &json) != WIRE_OK)
		r = why_set(&why, REASON_INTERNAL, -1, "too much to say");
	if (r == REASON_OK)
		output_json(c, json);
	for (i = 0; r == REASON_OK && !c->json && i < a.findings_len; i++)
		printf("%s\n", a.findings[i]);
	if (r != REASON_OK) {
		code = refuse(c, r, &why);
	} else if (a.bad != REASON_OK) {
		/* A finding here, not a lack of service. */
		why_set(&why, a.bad, -1, "%s", a.worst);
		(void)refuse(c, a.bad, &why);
		code = EXIT_REFUSED;
	}
	seen_free(&a.rows);
	free(a.evidence);
	session_close(a.s);
	return code;
}

int
audit_keys_run(struct cli *c, int argc, char **argv)
{
	return audit_run(c, argc, argv, true, audit_keys);
}

int
audit_counts_run(struct cli *c, int argc, char **argv)
{
	return audit_run(c, argc, argv, false, audit_counts);
}

int
audit_taxonomy_run(struct cli *c, int argc, char **argv)
{
	return audit_run(c, argc, argv, true, audit_taxonomy);
}
