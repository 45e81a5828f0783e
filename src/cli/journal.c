/* hallmark journal verify, show: read-only, without key or passphrase. */
#include <limits.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "cli/cli.h"
#include "journal/journal.h"
#include "wire/json.h"

/* The folder that is named, or the home's own. */
static enum reason
folder_of(const struct cli *c, char out[PATH_MAX], struct why *why)
{
	char home[CONFIG_TEXT];
	enum reason r;

	if (c->operands_len > 0) {
		if (text_copy(out, PATH_MAX, span_str(c->operands[0])))
			return REASON_OK;
		return why_set(why, REASON_ADMIN_ARGUMENT, -1, "a long path");
	}
	if ((r = home_path(c, home, why)) == REASON_OK)
		path_join(out, PATH_MAX, home, "signer/journal");
	return r;
}

static void
print_verified(const struct cli *c, const struct ledger *l, uint64_t records)
{
	char room[1024], time[CLOCK_TEXT_SIZE];
	struct json_out o;
	struct span json;

	clock_print(time, l->time);
	json_out_open(&o, room, sizeof(room));
	json_begin_object(&o);
	json_add_hex(&o, "signer", span_of(l->signer, sizeof(l->signer)));
	json_add_bool(&o, "test", l->test);
	json_add_uint(&o, "records", records);
	json_add_uint(&o, "sequence", l->sequence);
	json_add_hex(&o, "head", span_of(l->head, sizeof(l->head)));
	json_add_text(&o, "time", time);
	json_add_uint(&o, "keys", l->keys_len);
	if (l->before.sequence != 0) {
		json_add_hex(&o, "old-signer",
		    span_of(l->before.signer, sizeof(l->before.signer)));
		json_add_uint(&o, "old-sequence", l->before.sequence);
	}
	json_end_object(&o);
	if (json_out_span(&o, &json) == WIRE_OK)
		output_json(c, json);
}

/* Back to the first signer of this home, join by join. */
static enum reason
verify_before(const char *folder, struct why *why)
{
	char at[PATH_MAX], before[PATH_MAX];
	bool found = true;
	enum reason r = REASON_OK;

	text_copy(at, sizeof(at), span_str(folder));
	while (r == REASON_OK && found) {
		struct moments m = { 0 };

		r = journal_before(at, before, &found, why);
		if (r == REASON_OK && found)
			r = journal_read(before, 1, moments_take, &m, why);
		if (found)
			memcpy(at, before, sizeof(at));
	}
	return r;
}

/* --- against what another site has --- */

struct comparing {
	struct children *checker;
	const char *folder; /* of the newest journal */
	uint64_t records;   /* compared, and the same */
	/* One manifest. */
	const struct manifest_facts *facts;
	uint64_t next;
};

static enum reason
compare_record(
    void *context, const struct record *r, struct span bytes, struct why *why)
{
	struct comparing *x = context;
	const struct manifest_statement *s = &x->facts->statement;
	uint8_t hash[HASH_SIZE];

	if (memcmp(r->signer, s->signer, SIGNER_ID_SIZE) != 0)
		return why_set(why, REASON_STOPPING, -1, "another signer");
	if (r->sequence > s->last)
		return why_set(why, REASON_STOPPING, -1, "enough");
	record_hash(bytes, hash);
	if (memcmp(hash, manifest_hash(x->facts, r->sequence), HASH_SIZE) != 0)
		return why_set(why, REASON_JOURNAL_FORK, -1,
		    "the histories part at record %llu",
		    (unsigned long long)r->sequence);
	x->next = r->sequence + 1;
	x->records++;
	return REASON_OK;
}

/* In the journal of its signer, ours or one that ours goes on from. */
static enum reason
compare_with(struct comparing *x, struct why *why)
{
	const struct manifest_statement *s = &x->facts->statement;
	char at[PATH_MAX], before[PATH_MAX];
	bool found = true;
	enum reason r;

	text_copy(at, sizeof(at), span_str(x->folder));
	for (x->next = s->first; x->next == s->first && found;) {
		r = journal_read(at, s->first, compare_record, x, why);
		if (r != REASON_OK && r != REASON_STOPPING)
			return r;
		if (x->next > s->first)
			break;
		r = journal_before(at, before, &found, why);
		if (r != REASON_OK)
			return r;
		memcpy(at, before, sizeof(at));
	}
	if (x->next > s->last)
		return REASON_OK;
	return why_set(why, REASON_JOURNAL_BEHIND, -1,
	    "the manifest has records %llu to %llu, which are not here",
	    (unsigned long long)x->next, (unsigned long long)s->last);
}

static enum reason
compare_one(void *context, struct span one, struct why *why)
{
	struct comparing *x = context;
	enum reason r = manifest_look(x->checker, one, &x->facts, why);

	return r == REASON_OK ? compare_with(x, why) : r;
}

static enum reason
compare(const char *folder, const char *file, struct why *why)
{
	struct comparing x = { .folder = folder };
	enum reason r = checker_start(&x.checker, why);

	if (r == REASON_OK)
		r = manifest_each(file, compare_one, &x, why);
	children_stop(x.checker);
	if (r == REASON_OK)
		fprintf(stderr, "%llu records are the same in %s\n",
		    (unsigned long long)x.records, file);
	return r;
}

/* What a journal that adds up does not show. */
static void
print_doubt(const char *folder, const struct ledger *l)
{
	bool erased = false;
	size_t i;

	for (i = 0; i < l->keys_len; i++)
		erased |= l->keys[i].erased == WRAPPING_NONE ||
		    l->keys[i].erased == WRAPPING_BESIDE;
	if (journal_place(folder) == PLACE_OTHER)
		fprintf(stderr,
		    "This journal was copied to where it lies. An old one "
		    "verifies "
		    "as well:\nonly evidence outside of this home tells, with "
		    "--against MANIFEST.\n");
	else if (erased)
		fprintf(stderr,
		    "A key was destroyed whose wrapping key lay in this home: "
		    "should all of it be\nput back, only evidence outside of "
		    "it "
		    "tells, with --against MANIFEST.\n");
}

int
journal_verify_run(struct cli *c, int argc, char **argv)
{
	const char *against = NULL;
	const struct option_row rows[] = { { "against", &against, NULL, false },
		{ 0 } };
	char folder[PATH_MAX];
	struct ledger ledger;
	struct moments m = { 0 };
	uint64_t records = 0;
	struct why why;
	enum reason r;

	if (!options_read(c, argc, argv, rows, 0, 1))
		return EXIT_USAGE;
	why_clear(&why);
	if ((r = folder_of(c, folder, &why)) != REASON_OK)
		return refuse(c, r, &why);
	ledger_init(&ledger);
	r = journal_verify(folder, &ledger, &records, moments_take, &m, &why);
	if (r == REASON_OK)
		r = verify_before(folder, &why);
	if (r == REASON_OK && against != NULL)
		r = compare(folder, against, &why);
	if (r == REASON_OK)
		print_verified(c, &ledger, records);
	if (r == REASON_OK && against == NULL)
		print_doubt(folder, &ledger);
	ledger_free(&ledger);
	/* A damaged journal is a finding here, not a lack of service. */
	if (r != REASON_OK)
		(void)refuse(c, r, &why);
	return r == REASON_OK ? EXIT_DONE : EXIT_REFUSED;
}

struct showing {
	const struct cli *c;
	uint64_t left;
};

/* What a record is about, in a few words. */
static void
summary(const struct record *r, char *out, size_t cap)
{
	out[0] = '\0';
	switch (r->kind) {
	case RECORD_KEY:
		snprintf(out, cap, "%s", r->key.order.name);
		break;
	case RECORD_CA:
		snprintf(out, cap, "%s", r->ca.name);
		break;
	case RECORD_DEVICE:
		snprintf(out, cap, "%s %s", r->device.device.serial,
		    r->device.device.product);
		break;
	case RECORD_IDEVID:
		snprintf(out, cap, "%s %s by %s", r->idevid.device.serial,
		    r->idevid.device.product, r->idevid.key);
		break;
	case RECORD_VOUCHER:
		snprintf(out, cap, "%s %s by %s", r->voucher.serial,
		    assertion_text(r->voucher.assertion), r->voucher.key);
		break;
	case RECORD_SIGNED:
		snprintf(
		    out, cap, "of %llu", (unsigned long long)r->signed_.of);
		break;
	case RECORD_ACT:
		snprintf(out, cap, "%s %s by user %u%s", r->act.verb,
		    r->act.subject, r->act.user,
		    r->act.statement.len > 0 ? ", signed by two" : "");
		break;
	case RECORD_POLICY:
		snprintf(out, cap, "%s by user %u", r->policy.order.name,
		    r->policy.order.user);
		break;
	case RECORD_END:
		snprintf(out, cap, "%s: %s", r->end.name,
		    r->end.how == END_DESTROY ? "destroy" : "archive");
		break;
	case RECORD_ENDED:
		snprintf(out, cap, "%s, of %llu", r->ended.name,
		    (unsigned long long)r->ended.of);
		break;
	case RECORD_MANIFEST:
		snprintf(out, cap, "%llu to %llu by %s",
		    (unsigned long long)r->manifest.order.statement.first,
		    (unsigned long long)r->manifest.order.statement.last,
		    r->manifest.order.key);
		break;
	case RECORD_CHECKPOINT:
	case RECORD_CLOCK:
		break;
	}
}

/* Years of records are not read for somebody who has left. */
static enum reason
go_on(struct why *why)
{
	return ferror(stdout)
	    ? why_set(why, REASON_STOPPING, -1, "nobody reads it")
	    : REASON_OK;
}

static enum reason
show_record(
    void *context, const struct record *r, struct span bytes, struct why *why)
{
	/* Hex takes two characters an octet, names and dates a little more. */
	static char room[4 * RECORD_MAX];
	char time[CLOCK_TEXT_SIZE], text[200];
	struct showing *s = context;
	size_t len;

	(void)bytes;
	if (s->left-- == 0)
		return why_set(why, REASON_STOPPING, -1, "enough");
	if (!s->c->json) {
		clock_print(time, r->time);
		summary(r, text, sizeof(text));
		printf("%8llu  %s  %-10s  %s\n",
		    (unsigned long long)r->sequence, time,
		    record_kind_name(r->kind), text);
		return go_on(why);
	}
	if (!record_to_json(r, room, sizeof(room), &len))
		return why_set(
		    why, REASON_INTERNAL, -1, "a record does not fit");
	printf("%.*s\n", (int)len, room);
	return go_on(why);
}

int
journal_show_run(struct cli *c, int argc, char **argv)
{
	const char *from = "1", *limit = NULL;
	const struct option_row rows[] = { { "from", &from, NULL, false },
		{ "limit", &limit, NULL, false }, { 0 } };
	struct showing s = { .c = c, .left = UINT64_MAX };
	char folder[PATH_MAX];
	uint64_t first;
	struct why why;
	enum reason r;

	if (!options_read(c, argc, argv, rows, 0, 1))
		return EXIT_USAGE;
	if (!text_uint(span_str(from), INT64_MAX, &first) ||
	    (limit != NULL && !text_uint(span_str(limit), INT64_MAX, &s.left)))
		return usage_error(c, "--from and --limit take a number");
	why_clear(&why);
	if ((r = folder_of(c, folder, &why)) == REASON_OK)
		r = journal_read(folder, first, show_record, &s, &why);
	if (r == REASON_OK || r == REASON_STOPPING)
		return EXIT_DONE;
	(void)refuse(c, r, &why);
	return EXIT_REFUSED;
}
