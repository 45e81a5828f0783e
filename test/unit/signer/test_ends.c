/*
 * The end of a key: what two operators must have signed, and what each
 * file is then. Signatures are ssh-keygen's, the copy is opened by openssl.
 */
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "journal/segment.h"
#include "world.h"

static struct buf signatures[END_SIGNATURES];
static char statement[STATEMENT_MAX];

static uint64_t
head(void)
{
	return journal_ledger(world.signer.journal)->sequence;
}

static const struct ledger_key *
key(const char *name)
{
	return ledger_key_of(&world.signer, name);
}

static bool
there(const char *place, const char *name)
{
	char command[200];

	snprintf(command, sizeof(command), "test -e %%s/signer/%s/%s.key",
	    place, name);
	return world_shell(command) == 0;
}

/* a and b are on the roster, c is somebody else's colleague. */
static void
roster(const char *names)
{
	char command[400];

	snprintf(command, sizeof(command),
	    "cd %%s && echo '# who may end a key' >signer/operators && "
	    "for i in %s; do echo \"$i $(cut -d' ' -f1,2 id_$i.pub)\"; done "
	    ">>signer/operators",
	    names);
	assert_int_equal(world_shell(command), 0);
}

static int
begin(void **state)
{
	if (world_begin(state) != 0 ||
	    world_shell("cd %s && for i in a b c; do ssh-keygen -q -t ed25519 "
			"-N '' -f id_$i || exit 1; done") != 0)
		return 1;
	roster("a b");
	return 0;
}

static int
end(void **state)
{
	buf_free(&signatures[0]);
	buf_free(&signatures[1]);
	return world_end(state);
}

static void
sign_text(struct end_order *e, struct span text, const char *first,
    const char *second, const char *namespace)
{
	const char *const who[END_SIGNATURES] = { first, second };
	char command[300], path[200];
	struct why why;
	unsigned i;

	world_write("statement", text);
	for (i = 0; i < END_SIGNATURES; i++) {
		snprintf(command, sizeof(command),
		    "cd %%s && ssh-keygen -q -Y sign -n %s -f id_%s "
		    "<statement >sig 2>/dev/null",
		    namespace, who[i]);
		assert_int_equal(world_shell(command), 0);
		path_join(path, sizeof(path), world.home, "sig");
		buf_free(&signatures[i]);
		assert_int_equal(
		    file_read(path, &signatures[i], 4096, &why), REASON_OK);
		e->signatures[i] = buf_span(&signatures[i]);
	}
	e->signatures_len = END_SIGNATURES;
}

/* The statement in world.reply, signed by these. */
static void
sign_as(struct end_order *e, const char *first, const char *second,
    const char *namespace)
{
	sign_text(e, span_of(world.reply.artifact, world.reply.artifact_len),
	    first, second, namespace);
}

static struct end_order
proposal(const char *name, enum key_end how)
{
	struct end_order e = { .how = how };

	strcpy(e.name, name);
	assert_int_equal(order_act(LEDGER_VERB_RETIRE, name), REASON_OK);
	assert_int_equal(order_end(&e), REASON_OK);
	return e;
}

static void
refused(const struct end_order *e, enum reason expected, const char *says)
{
	uint64_t before = head();

	assert_int_equal(order_end(e), expected);
	assert_non_null(strstr(world.reply.text, says));
	assert_int_equal(head(), before);
	assert_int_equal(world.reply.artifact_len, 0);
	assert_int_equal(key(e->name)->state, KEY_RETIRED);
}

/* Who signed what stays on record, for whoever asks in ten years. */
static enum reason
on_record(
    void *context, const struct record *r, struct span bytes, struct why *why)
{
	const struct record_end *e = &r->end;
	unsigned *found = context;

	(void)bytes;
	(void)why;
	if (r->kind != RECORD_END)
		return REASON_OK;
	assert_true(span_eq(e->statement, span_str(statement)));
	assert_true(e->persons[0].signature.len > 64);
	assert_true(e->persons[1].signature.len > 64);
	assert_false(span_eq(e->persons[0].signature, e->persons[1].signature));
	++*found;
	return REASON_OK;
}

static void
destroyed(void **state)
{
	struct end_order e = { .name = "nobody", .how = END_DESTROY };
	unsigned found = 0;
	struct why why;
	uint64_t before;

	(void)state;
	assert_int_equal(order_end(&e), REASON_SIGNER_KEY);
	strcpy(e.name, CA_KEY);
	assert_int_equal(order_end(&e), REASON_KEY_END); /* it is in use */
	e = proposal(CA_KEY, END_DESTROY);
	/* To ask leaves no trace. */
	before = head();
	assert_int_equal(order_end(&e), REASON_OK);
	assert_int_equal(head(), before);
	world.reply.artifact[world.reply.artifact_len] = '\0';
	assert_non_null(
	    strstr((char *)world.reply.artifact, "\nact: destroy\n"));
	assert_non_null(strstr((char *)world.reply.artifact, "\nkey: F1-1\n"));
	sign_as(&e, "a", "b", "hallmark-key");
	strcpy(statement, (char *)world.reply.artifact);
	/* What was in the files is written over, not only unlinked. */
	assert_int_equal(
	    world_shell("cd %s && ln signer/wrapping/F1-1.key w && "
			"ln signer/keys/F1-1.key k"),
	    0);
	assert_int_equal(order_end(&e), REASON_OK);
	assert_int_equal(world_shell("cd %s && test -s w && test -s k && "
				     "test -z \"$(cat w k | tr -d '\\000')\""),
	    0);
	assert_int_equal(head(), before + 2);
	assert_int_equal(world.reply.sequence, before + 2);
	assert_int_equal(world.reply.record.kind, RECORD_ENDED);
	assert_int_equal(world.reply.record.ended.of, before + 1);
	assert_int_equal(key(CA_KEY)->state, KEY_DESTROYED);
	assert_null(keyring_find(&world.signer.keyring, CA_KEY));
	assert_false(there("keys", CA_KEY));
	assert_false(there("wrapping", CA_KEY));
	assert_true(there("keys", VOUCHER_KEY));
	assert_int_equal(journal_read(world.signer.journal_path, before + 1,
			     on_record, &found, &why),
	    REASON_OK);
	assert_int_equal(found, 1);
	assert_int_equal(order_end(&e), REASON_KEY_END); /* once */
	world_close();
	assert_int_equal(world_open(&why), REASON_OK);
	assert_int_equal(key(CA_KEY)->state, KEY_DESTROYED);
}

/* Two persons of the roster, over this statement, for this purpose. */
static void
not_by_two(void **state)
{
	struct end_order e = proposal(CA_KEY, END_DESTROY), other = e;

	(void)state;
	sign_as(&e, "a", "a", "hallmark-key");
	refused(&e, REASON_OPERATOR_SIGNATURE, "one person's");
	assert_int_equal(order_end(&other), REASON_OK);
	sign_as(&e, "a", "c", "hallmark-key");
	refused(&e, REASON_OPERATOR_SIGNATURE, "signature 2");
	assert_int_equal(order_end(&other), REASON_OK);
	sign_as(&e, "c", "b", "hallmark-key");
	refused(&e, REASON_OPERATOR_SIGNATURE, "signature 1");
	assert_int_equal(order_end(&other), REASON_OK);
	sign_as(&e, "a", "b", "file");
	refused(&e, REASON_OPERATOR_SIGNATURE, "signature 1");
	assert_int_equal(order_end(&other), REASON_OK);
	world.reply.artifact[0] ^= 1;
	sign_as(&e, "a", "b", "hallmark-key");
	refused(&e, REASON_OPERATOR_SIGNATURE, "signature 1");
	assert_int_equal(order_end(&other), REASON_OK);
	sign_as(&e, "a", "b", "hallmark-key");
	e.signatures[1] = span_str("no signature");
	refused(&e, REASON_OPERATOR_SIGNATURE, "signature 2");
	e.signatures[1] = buf_span(&signatures[1]);
	roster("a");
	refused(&e, REASON_OPERATOR_SIGNATURE, "signature 2");
	assert_int_equal(world_shell("rm %s/signer/operators"), 0);
	refused(&e, REASON_OPERATOR_SIGNATURE, "no roster");
	roster("a b");
	assert_int_equal(order_end(&e), REASON_OK);
}

static void
archive_hash(uint8_t out[HASH_SIZE])
{
	char path[200];
	struct buf file;
	struct why why;

	path_join(path, sizeof(path), world.home,
	    "signer/archive/" VOUCHER_KEY ".key");
	assert_int_equal(file_read(path, &file, 16384, &why), REASON_OK);
	sha256(buf_span(&file), out);
	buf_free(&file);
}

static void
archived(void **state)
{
	struct end_order e = proposal(VOUCHER_KEY, END_ARCHIVE), other;

	(void)state;
	assert_int_equal(world.reply.record.kind, RECORD_ACT);
	assert_string_equal(world.reply.record.act.verb, LEDGER_VERB_COPY);
	assert_string_equal(world.reply.record.act.subject, VOUCHER_KEY);
	assert_true(key(VOUCHER_KEY)->copied);
	assert_true(there("archive", VOUCHER_KEY));
	assert_null(world.signer.vault.derived.ptr);
	assert_int_equal(
	    world_shell("openssl pkey -in %s/signer/archive/voucher-1.key "
			"-passin 'pass:open sesame' -noout"),
	    0);
	/* The statement names the file. */
	world_write("statement",
	    span_of(world.reply.artifact, world.reply.artifact_len));
	assert_int_equal(
	    world_shell("cd %s && grep -q \"^archive-sha256: $(sha256sum "
			"<signer/archive/voucher-1.key | cut -c1-64)$\" "
			"statement"),
	    0);
	sign_as(&e, "a", "b", "hallmark-key");
	refused(&e, REASON_KEY_END, "not the one in signer/archive");
	archive_hash(e.archive_sha256);
	e.archive_sha256[HASH_SIZE - 1] ^= 1;
	refused(&e, REASON_KEY_END, "not the one in signer/archive");
	e.archive_sha256[HASH_SIZE - 1] ^= 1;
	/* To archive and to destroy are not the same word. */
	other = e;
	other.how = END_DESTROY;
	memset(other.archive_sha256, 0, HASH_SIZE);
	refused(&other, REASON_OPERATOR_SIGNATURE, "signature 1");
	assert_int_equal(order_end(&e), REASON_OK);
	assert_int_equal(key(VOUCHER_KEY)->state, KEY_ARCHIVED);
	assert_false(there("keys", VOUCHER_KEY));
}

/* Whoever destroys a key that was copied reads so in what he signs. */
static void
destroyed_after_copy(void **state)
{
	struct end_order e = proposal(VOUCHER_KEY, END_ARCHIVE);

	(void)state;
	e.how = END_DESTROY;
	assert_int_equal(order_end(&e), REASON_OK);
	world.reply.artifact[world.reply.artifact_len] = '\0';
	assert_non_null(
	    strstr((char *)world.reply.artifact, "\ncopied: yes\n"));
	sign_as(&e, "b", "a", "hallmark-key");
	e.archive_sha256[HASH_SIZE - 1] = 1;
	refused(&e, REASON_KEY_END, "leaves no copy");
	e.archive_sha256[HASH_SIZE - 1] = 0;
	assert_int_equal(order_end(&e), REASON_OK);
	assert_int_equal(key(VOUCHER_KEY)->state, KEY_DESTROYED);
	assert_false(there("archive", VOUCHER_KEY));
}

/* A copy that a crash left half made opens with the passphrase alone: it ends with
 * the key. */
static void
half_a_copy(void **state)
{
	struct end_order e = proposal(CA_KEY, END_ARCHIVE);

	(void)state;
	assert_int_equal(world_shell("cd %s/signer/archive && "
				     "mv F1-1.key F1-1.key.new && "
				     "ln F1-1.key.new ../../half"),
	    0);
	e.how = END_DESTROY;
	assert_int_equal(order_end(&e), REASON_OK);
	sign_as(&e, "a", "b", "hallmark-key");
	assert_int_equal(order_end(&e), REASON_OK);
	assert_int_equal(key(CA_KEY)->state, KEY_DESTROYED);
	assert_int_equal(world_shell("test -z \"$(ls %s/signer/archive)\""), 0);
	assert_int_equal(world_shell("cd %s && test -s half && "
				     "test -z \"$(tr -d '\\000' <half)\""),
	    0);
}

/* Without its wrapping key nothing of a key's end begins (decision 055). */
static void
unmounted(void **state)
{
	struct end_order e = proposal(CA_KEY, END_DESTROY);

	(void)state;
	sign_as(&e, "a", "b", "hallmark-key");
	assert_int_equal(world_shell("mv %s/signer/wrapping/F1-1.key %s/w"), 0);
	refused(&e, REASON_HOME_INVALID, "is its file system mounted?");
	assert_true(there("keys", CA_KEY));
	assert_int_equal(world_shell("mv %s/w %s/signer/wrapping/F1-1.key"), 0);
	assert_int_equal(order_end(&e), REASON_OK);
}

/* The journal is over three quarters full, and there is no room for another segment. */
static void
fill_journal(void)
{
	int fd = open(world.signer.journal_path, O_RDONLY | O_DIRECTORY);
	char command[100];
	struct segment s;
	struct why why;

	world_close();
	assert_int_equal(segment_read(fd, 1, &s, &why), REASON_OK);
	close(fd);
	snprintf(command, sizeof(command),
	    "cd %%s/signer/journal && mkdir new && "
	    "truncate -s %zu 00000001.seg",
	    s.end + 64);
	segment_free(&s);
	assert_int_equal(world_shell(command), 0);
}

/* An end that was cut off waits for room, and everybody else does not wait for it. */
static void
no_room(void **state)
{
	struct end_order e = proposal(CA_KEY, END_DESTROY);
	struct voucher_order v = world_voucher();
	struct why why;

	(void)state;
	sign_as(&e, "a", "b", "hallmark-key");
	assert_int_equal(world_shell("cd %s/signer/keys && mv F1-1.key ../k && "
				     "mkdir F1-1.key"),
	    0);
	assert_int_equal(order_end(&e), REASON_HOME_INVALID);
	assert_int_equal(world_shell("cd %s/signer && rmdir keys/F1-1.key && "
				     "mv k keys/F1-1.key"),
	    0);
	fill_journal();
	if (world_open(&why) != REASON_OK)
		fail_msg("%s", why.text);
	assert_false(there("keys", CA_KEY));
	assert_int_equal(key(CA_KEY)->state, KEY_RETIRED);
	assert_int_equal(order_voucher(&v), REASON_JOURNAL_FULL);
	/* Without a new start. */
	assert_int_equal(world_shell("rmdir %s/signer/journal/new"), 0);
	poll(NULL, 0, 1100); /* room is looked for once a second */
	assert_int_equal(order_voucher(&v), REASON_OK);
	world_close();
	assert_int_equal(world_open(&why), REASON_OK);
	assert_int_equal(key(CA_KEY)->state, KEY_DESTROYED);
	assert_false(there("wrapping", CA_KEY));
}

/* --- acts by two --- */

#define UNIT "AR9-F1-000001 9dd63f75331ba4e607d78bff1f0da8a8 stolen"

static void
sign_act(struct end_order *e, uint64_t number, const char *first,
    const char *second, const char *namespace)
{
	char text[STATEMENT_MAX];
	size_t len =
	    ledger_act_statement(journal_ledger(world.signer.journal)->signer,
		"device.retire", UNIT, number, text);

	sign_text(e, span_of(text, len), first, second, namespace);
}

static void
act_refused(const struct end_order *e, const char *verb, const char *subject,
    const char *says)
{
	uint64_t before = head();

	assert_int_equal(order_act_two(verb, subject, 3, e->signatures),
	    REASON_OPERATOR_SIGNATURE);
	assert_non_null(strstr(world.reply.text, says));
	assert_int_equal(head(), before);
}

static enum reason
act_on_record(
    void *context, const struct record *r, struct span bytes, struct why *why)
{
	unsigned *found = context;

	(void)bytes;
	(void)why;
	if (r->kind != RECORD_ACT || r->act.statement.len == 0)
		return REASON_OK;
	assert_string_equal(r->act.verb, "device.retire");
	assert_int_equal(r->act.user, 1000);
	assert_int_not_equal(memcmp(r->act.persons[0].key_sha256,
				 r->act.persons[1].key_sha256, HASH_SIZE),
	    0);
	++*found;
	return REASON_OK;
}

/* Two of the roster, about this act, this time: or there is no record. */
static void
acts_by_two(void **state)
{
	struct end_order e = { .name = "" };
	unsigned found = 0;
	struct why why;

	(void)state;
	assert_int_equal(
	    order_act("device.retire", UNIT), REASON_OPERATOR_SIGNATURE);
	sign_act(&e, 3, "a", "a", "hallmark-act");
	act_refused(&e, "device.retire", UNIT, "one person's");
	sign_act(&e, 3, "a", "c", "hallmark-act");
	act_refused(&e, "device.retire", UNIT, "signature 2");
	/* What was signed of a key is nothing that was said of a device. */
	sign_act(&e, 3, "a", "b", "hallmark-key");
	act_refused(&e, "device.retire", UNIT, "signature 1");
	sign_act(&e, 2, "a", "b", "hallmark-act");
	act_refused(&e, "device.retire", UNIT, "signature 1");
	sign_act(&e, 3, "a", "b", "hallmark-act");
	act_refused(&e, "device.hold", UNIT, "signature 1");
	act_refused(&e, "device.retire", "AR9-F1-000002", "signature 1");
	assert_int_equal(
	    order_act_two("device.retire", UNIT, 3, e.signatures), REASON_OK);
	assert_int_equal(journal_read(world.signer.journal_path, 1,
			     act_on_record, &found, &why),
	    REASON_OK);
	assert_int_equal(found, 1);
	/* And the roster is needed. */
	assert_int_equal(world_shell("rm %s/signer/operators"), 0);
	act_refused(&e, "device.retire", UNIT, "no roster");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(destroyed),
		CASE(not_by_two),
		CASE(archived),
		CASE(destroyed_after_copy),
		CASE(half_a_copy),
		CASE(unmounted),
		CASE(no_room),
		CASE(acts_by_two),
	};

	return cmocka_run_group_tests(tests, world_make, world_remove);
}
