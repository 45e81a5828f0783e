/*
 * The end of a key: two operators sign a statement, a record says that it
 * begins, then the files are erased, then a record says that it is done. Whatever
 * is cut off between the two is gone on with at the next start.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "signer/signer.h"

#define KEY_FILE_MAX 16384

static void
place(const struct signer *s, const char *folder, const char *name,
    char out[PATH_MAX])
{
	char path[PATH_MAX];

	path_join(path, sizeof(path), s->root, folder);
	key_path(out, path, name, "key");
}

/* --- the copy that goes elsewhere --- */

static enum reason
file_sha256(const char *path, uint8_t out[HASH_SIZE], struct why *why)
{
	struct buf text;
	enum reason r = file_read(path, &text, KEY_FILE_MAX, why);

	if (r == REASON_OK)
		sha256(buf_span(&text), out);
	buf_free(&text);
	return r;
}

/* Encrypted under the passphrase alone: it must open without this home. */
static enum reason
archive_make(struct signer *s, const struct ledger_key *k,
    uint8_t out[HASH_SIZE], struct why *why)
{
	char folder[PATH_MAX], path[PATH_MAX];
	struct private_key *key;
	struct secret passphrase;
	enum reason r;

	if ((r = signer_passphrase(s, &passphrase, why)) != REASON_OK)
		return r;
	path_join(folder, sizeof(folder), s->root, "archive");
	r = key_file_open(&key, s, k, &passphrase, why);
	if (r == REASON_OK) {
		key_path(path, folder, k->order.name, "key");
		(void)unlink(path); /* of an earlier try */
		r = private_key_save(key, path, &passphrase, why);
		private_key_free(key);
	}
	secret_free(&passphrase);
	return r == REASON_OK ? file_sha256(path, out, why) : r;
}

static enum reason
check_copy(const struct signer *s, const struct end_order *e, struct why *why)
{
	uint8_t own[HASH_SIZE];
	char path[PATH_MAX];

	place(s, "archive", e->name, path);
	if (file_sha256(path, own, why) != REASON_OK ||
	    memcmp(own, e->archive_sha256, HASH_SIZE) != 0)
		return why_set(why, REASON_KEY_END, -1,
		    "the copy is not the one in signer/archive");
	return REASON_OK;
}

/* --- what two operators signed --- */

static enum reason
check_person(const struct operators *roster, struct span file,
    struct span statement, struct order *o, unsigned i)
{
	const struct operator* who = operator_find(roster, statement, file);
	struct record_person *person = &o->record.end.persons[i];
	uint8_t octets[SSH_SIGNATURE_MAX];
	const size_t before = o->content.len;
	size_t len;

	if (who == NULL || !ssh_unarmour(file, octets, &len))
		return why_set(&o->why, REASON_OPERATOR_SIGNATURE, -1,
		    "signature %u is not one over this statement, by somebody "
		    "on "
		    "the roster, as ssh-keygen -Y sign -n %s writes it",
		    i + 1, END_NAMESPACE);
	memcpy(person->key_sha256, who->key_sha256, HASH_SIZE);
	if (!buf_add(&o->content, span_of(octets, len)))
		return why_set(&o->why, REASON_OPERATOR_SIGNATURE, -1,
		    "the signatures are too long");
	person->signature = span_of(o->content.ptr + before, len);
	return REASON_OK;
}

static enum reason
check_persons(struct signer *s, struct order *o, struct span statement)
{
	struct record_end *e = &o->record.end;
	struct operators roster;
	char path[PATH_MAX];
	enum reason r;
	unsigned i;

	path_join(path, sizeof(path), s->root, "operators");
	if ((r = operators_load(path, &roster, &o->why)) != REASON_OK)
		return r;
	for (i = 0; i < END_SIGNATURES; i++) {
		r = check_person(
		    &roster, o->end.signatures[i], statement, o, i);
		if (r != REASON_OK)
			return r;
	}
	if (memcmp(e->persons[0].key_sha256, e->persons[1].key_sha256,
		HASH_SIZE) == 0)
		return why_set(&o->why, REASON_OPERATOR_SIGNATURE, -1,
		    "both signatures are one person's");
	return REASON_OK;
}

/* No record: it says what would be done, and is signed elsewhere. */
static enum reason
propose(struct signer *s, struct order *o, const struct ledger_key *k)
{
	uint8_t archive[HASH_SIZE] = { 0 };
	char text[STATEMENT_MAX];
	enum reason r = REASON_OK;
	size_t len;

	if (o->end.how == END_ARCHIVE)
		r = archive_make(s, k, archive, &o->why);
	if (r != REASON_OK)
		return r;
	len = ledger_statement(
	    journal_ledger(s->journal), k, o->end.how, archive, text);
	buf_init(&o->artifact, STATEMENT_MAX);
	(void)buf_add(&o->artifact, span_of(text, len));
	o->again = true;
	return REASON_OK;
}

enum reason
key_end_prepare(struct signer *s, struct order *o)
{
	const struct end_order *e = &o->end;
	const struct ledger_key *k = ledger_key_of(s, e->name);
	char text[STATEMENT_MAX];
	enum reason r;
	size_t len;

	if (k == NULL)
		return why_set(
		    &o->why, REASON_SIGNER_KEY, -1, "no key %.32s", e->name);
	if (k->state != KEY_RETIRED || k->ending != 0)
		return why_set(&o->why, REASON_KEY_END, -1, "key %s is %s",
		    e->name,
		    k->ending != 0 && k->state == KEY_RETIRED
			? "being erased"
			: key_state_name(k->state));
	if (e->signatures_len == 0)
		return propose(s, o, k);
	if (e->how == END_ARCHIVE &&
	    (r = check_copy(s, e, &o->why)) != REASON_OK)
		return r;
	len = ledger_statement(
	    journal_ledger(s->journal), k, e->how, e->archive_sha256, text);
	buf_init(
	    &o->content, STATEMENT_MAX + END_SIGNATURES * SSH_SIGNATURE_MAX);
	(void)buf_reserve(
	    &o->content, STATEMENT_MAX + END_SIGNATURES * SSH_SIGNATURE_MAX);
	(void)buf_add(&o->content, span_of(text, len));
	o->record.kind = RECORD_END;
	memcpy(o->record.end.name, e->name, sizeof(e->name));
	o->record.end.how = e->how;
	o->record.end.statement = span_of(o->content.ptr, len);
	memcpy(o->record.end.archive_sha256, e->archive_sha256, HASH_SIZE);
	return check_persons(s, o, o->record.end.statement);
}

/* --- erasing --- */

/* Written over, synced, and taken away; one that is not there is erased. */
static enum reason
erase(const char *path, struct why *why)
{
	static const uint8_t zeros[4096];
	int fd = open(path, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;
	bool good;
	off_t done;
	ssize_t n = 0;

	if (fd < 0 && errno == ENOENT)
		return REASON_OK;
	good = fd >= 0 && fstat(fd, &st) == 0;
	for (done = 0; good && done < st.st_size; done += n) {
		size_t rest = (size_t)(st.st_size - done);

		n = write(
		    fd, zeros, rest < sizeof(zeros) ? rest : sizeof(zeros));
		good = n > 0;
	}
	good = good && fsync(fd) == 0 && unlink(path) == 0;
	if (!good)
		why_set(why, REASON_HOME_INVALID, -1, "%s: %s", path,
		    strerror(errno));
	if (fd >= 0)
		close(fd);
	return good ? REASON_OK : REASON_HOME_INVALID;
}

/* The wrapping key first: without it the file is of no use already. */
static enum reason
erase_all(const struct signer *s, const char *name, struct why *why)
{
	static const char *const folders[] = { "wrapping", "keys", "archive" };
	char path[PATH_MAX], folder[PATH_MAX];
	enum reason r;
	size_t i;

	for (i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		place(s, folders[i], name, path);
		path_join(folder, sizeof(folder), s->root, folders[i]);
		if ((r = erase(path, why)) != REASON_OK)
			return r;
		if (access(folder, F_OK) == 0 &&
		    (r = folder_sync(folder, why)) != REASON_OK)
			return r;
	}
	return REASON_OK;
}

static enum wrapping
wrapping_of(const struct signer *s, const struct ledger_key *k)
{
	char wrapping[PATH_MAX];
	struct stat there, here;

	path_join(wrapping, sizeof(wrapping), s->root, "wrapping");
	if (!k->wrapped)
		return WRAPPING_NONE;
	return stat(wrapping, &there) == 0 && stat(s->root, &here) == 0 &&
		there.st_dev != here.st_dev
	    ? WRAPPING_APART
	    : WRAPPING_BESIDE;
}

enum reason
key_erase(struct signer *s, const struct ledger_key *k, struct record *out,
    struct why *why)
{
	enum reason r;

	keyring_forget(&s->keyring, k->order.name);
	memset(out, 0, sizeof(*out));
	out->kind = RECORD_ENDED;
	memcpy(out->ended.name, k->order.name, sizeof(out->ended.name));
	out->ended.of = k->end_record;
	out->ended.wrapping = wrapping_of(s, k);
	if ((r = erase_all(s, k->order.name, why)) != REASON_OK) {
		log_alarm("key-end",
		    "key=\"%s\" text=\"%s\" next=\"the signer's next start\"",
		    k->order.name, why->text);
		return r;
	}
	log_note("key-end", "key=\"%s\" wrapping=\"%s\"", k->order.name,
	    wrapping_name(out->ended.wrapping));
	return REASON_OK;
}

enum reason
key_end_resume(struct signer *s, struct why *why)
{
	const struct ledger *l = journal_ledger(s->journal);
	struct record ended;
	enum reason r;
	size_t i;

	for (i = 0; i < l->keys_len; i++) {
		if (l->keys[i].state != KEY_RETIRED || l->keys[i].ending == 0)
			continue;
		if (key_erase(s, &l->keys[i], &ended, why) != REASON_OK)
			continue; /* said; the key is out of use all the same */
		r = journal_append(s->journal, &ended, clock_now(), why);
		if (r == REASON_OK)
			r = journal_commit(s->journal, why);
		if (r != REASON_OK)
			return r;
	}
	return REASON_OK;
}
