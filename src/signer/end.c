/*
 * The end of a key, up to the record that it begins: two operators sign a
 * statement, and what they signed is judged here. Erasing is erase.c.
 */
#include <stdio.h>
#include <unistd.h>

#include "base/file.h"
#include "signer/signer.h"

#define KEY_FILE_MAX 16384

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
	char path[PATH_MAX];
	struct private_key *key;
	struct secret passphrase;
	enum reason r;

	if ((r = signer_passphrase(s, &passphrase, why)) != REASON_OK)
		return r;
	r = key_file_open(&key, s, k, &passphrase, why);
	if (r == REASON_OK) {
		key_place(s, "archive", k->order.name, path);
		/* Of an earlier try. */
		r = key_file_erase(s, "archive", k->order.name, why);
		if (r == REASON_OK)
			r = private_key_save(
			    key, path, &passphrase, &s->vault, why);
		private_key_free(key);
	}
	key_vault_close(&s->vault);
	secret_free(&passphrase);
	return r == REASON_OK ? file_sha256(path, out, why) : r;
}

/* A statement of a destruction names none, so that nobody looks for one. */
static enum reason
check_copy(const struct signer *s, const struct end_order *e, struct why *why)
{
	static const uint8_t none[HASH_SIZE];
	uint8_t own[HASH_SIZE];
	char path[PATH_MAX];

	if (e->how == END_DESTROY)
		return memcmp(e->archive_sha256, none, HASH_SIZE) == 0
		    ? REASON_OK
		    : why_set(why, REASON_KEY_END, -1,
			  "a destruction leaves no copy");
	key_place(s, "archive", e->name, path);
	if (file_sha256(path, own, why) != REASON_OK ||
	    memcmp(own, e->archive_sha256, HASH_SIZE) != 0)
		return why_set(why, REASON_KEY_END, -1,
		    "the copy is not the one in signer/archive");
	return REASON_OK;
}

/* --- what two operators sign --- */

/* What would be done, to be signed elsewhere. */
static void
statement_put(struct signer *s, struct order *o, const struct ledger_key *k,
    const uint8_t archive[HASH_SIZE])
{
	char text[STATEMENT_MAX];
	size_t len = ledger_statement(
	    journal_ledger(s->journal), k, o->end.how, archive, text);

	buf_init(&o->artifact, STATEMENT_MAX);
	(void)buf_add(&o->artifact, span_of(text, len));
}

/* A destruction leaves no record yet; a copy does, before it exists. */
static void
propose(struct signer *s, struct order *o, const struct ledger_key *k)
{
	static const uint8_t none[HASH_SIZE];

	if (o->end.how == END_DESTROY) {
		statement_put(s, o, k, none);
		o->again = true;
		return;
	}
	o->record.kind = RECORD_ACT;
	o->record.act.user = (uint32_t)geteuid();
	snprintf(o->record.act.verb, sizeof(o->record.act.verb), "%s",
	    LEDGER_VERB_COPY);
	snprintf(o->record.act.subject, sizeof(o->record.act.subject), "%s",
	    k->order.name);
}

enum reason
key_copy(struct signer *s, struct order *o)
{
	const struct ledger_key *k = ledger_key_of(s, o->end.name);
	uint8_t archive[HASH_SIZE];
	enum reason r = archive_make(s, k, archive, &o->why);

	if (r == REASON_OK)
		statement_put(s, o, k, archive);
	return r;
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
			? "being erased: the signer's next "
			  "start goes on with it"
			: key_state_name(k->state));
	if ((r = key_erasable(s, k, &o->why)) != REASON_OK)
		return r;
	if (e->signatures_len == 0) {
		propose(s, o, k);
		return REASON_OK;
	}
	if ((r = check_copy(s, e, &o->why)) != REASON_OK)
		return r;
	len = ledger_statement(
	    journal_ledger(s->journal), k, e->how, e->archive_sha256, text);
	o->record.kind = RECORD_END;
	memcpy(o->record.end.name, e->name, sizeof(e->name));
	o->record.end.how = e->how;
	o->record.end.statement = span_of(text, len);
	memcpy(o->record.end.archive_sha256, e->archive_sha256, HASH_SIZE);
	return operators_check(s, o, KEY_NAMESPACE, e->signatures,
	    &o->record.end.statement, o->record.end.persons);
}
