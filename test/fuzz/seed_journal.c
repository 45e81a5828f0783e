/*
 * seed_journal FOLDER [keys]: makes a journal in a new folder and prints its segment,
 * for a seed of fuzz_journal.c: keys that may sign, and, but for `keys`, what the
 * rest of the records are about.
 *
 *	(printf '\001'; seed_journal t) >corpus/journal/NAME
 *	(printf '\002key.retire F1-1 lost\n\n'; seed_journal t keys) >...
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../unit/journal/samples.h"
#include "journal/internal.h"

#define SIZE (5 * RECORD_MAX)

static struct journal *j;
static struct why why;

static void
good(enum reason r)
{
	if (r == REASON_OK)
		return;
	fprintf(stderr, "%s: %s\n", reason_code(r), why.text);
	exit(1);
}

/* Each is a group of its own. */
static void
add(struct record r)
{
	good(journal_append(j, &r, SAMPLE_TIME, &why));
	good(journal_commit(j, &why));
}

static void
add_key(const char *name, const char *slot, enum key_purpose purpose)
{
	struct record r = sample_key(purpose, name);

	strcpy(r.key.order.slot, slot);
	r.key.wrapped = true;
	add(r);
	if (purpose != PURPOSE_MANIFEST)
		add(sample_ca(name));
}

static void
add_act(const char *verb, const char *subject)
{
	add(sample_act(verb, subject));
}

static void
add_act_two(const char *verb, const char *subject)
{
	struct record r = sample_act_two(verb, subject);
	char text[STATEMENT_MAX];

	r.act.statement = span_of(text,
	    ledger_act_statement(
		journal_ledger(j)->signer, verb, subject, 7, text));
	add(r);
}

static void
add_signatures(void)
{
	struct record r = sample_manifest("manifest-1", 1, 5);

	memcpy(r.manifest.order.statement.signer, journal_ledger(j)->signer,
	    sizeof(r.manifest.order.statement.signer));
	add(r);
	add(sample_idevid("F1-1", 1));
	add(sample_signed(journal_ledger(j)->sequence));
	add(sample_voucher("voucher-1"));
	add(sample_policy(PURPOSE_VOUCHER, "voucher-1"));
	add(sample_device_record());
	add(sample_clock());
}

static void
add_acts(void)
{
	char text[PROFILE_SUBJECT_SIZE];
	struct product p;

	product_defaults(&p);
	strcpy(p.name, "router-9");
	profile_subject(&p, text);
	add_act(LEDGER_VERB_PRODUCT_ADD, text);
	add_act(LEDGER_VERB_PRODUCT_SET, text);
	add_act(LEDGER_VERB_AWAKE, "F1-1 2023-11-15T23:00:00Z");
	add_act_two(LEDGER_VERB_GIVE, "Q7 Graz");
	add_act(LEDGER_VERB_CEREMONY,
	    "00112233445566778899aabbccddeeff"
	    "00112233445566778899aabbccddeeff create");
}

static void
add_end(void)
{
	struct record r = sample_end("F2-1");
	const struct ledger *l = journal_ledger(j);
	char text[STATEMENT_MAX];

	add_act_two(LEDGER_VERB_RETIRE, "F2-1 superseded");
	add_act(LEDGER_VERB_COPY, "F2-1");
	r.end.statement = span_of(text,
	    ledger_statement(l, ledger_key_find(l, "F2-1"), r.end.how,
		r.end.archive_sha256, text));
	add(r);
	add(sample_ended("F2-1", l->sequence));
}

int
main(int argc, char **argv)
{
	struct segment s;
	int dir;

	if (argc < 2 || mkdir(argv[1], 0700) != 0)
		return 1;
	good(journal_create_sized(argv[1], true, SAMPLE_TIME, SIZE, &why));
	good(journal_open(argv[1], &j, NULL, NULL, &why));
	add_key("F1-1", "F1", PURPOSE_IDEVID_CA);
	add_key("F2-1", "F2", PURPOSE_IDEVID_CA);
	add_key("voucher-1", "", PURPOSE_VOUCHER);
	add_key("manifest-1", "", PURPOSE_MANIFEST);
	if (argc == 2) {
		add_signatures();
		add_acts();
		add_end();
	}
	journal_close(j);
	dir = open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	good(segment_read(dir, 1, &s, &why));
	fwrite(s.bytes, 1, s.end, stdout);
	segment_free(&s);
	close(dir);
	return 0;
}
