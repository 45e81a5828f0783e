/*
 * hallmark journal succeed: after a restore, a new signer identity that goes on
 * where the old one ended (doc/decisions/008). The signer does not run; keys
 * and passphrase are not needed, for nothing is signed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fatal.h"
#include "base/text.h"
#include "base/user.h"
#include "cli/cli.h"
#include "ipc/room.h"
#include "journal/journal.h"
#include "wire/json.h"

#define KEY_TEXT 256	   /* octets of JSON for one key, at most */
#define JOURNAL	 "journal" /* in the signer's folder */

struct copy_head {
	uint8_t signer[16];
	uint8_t sha256[HASH_SIZE];
	uint64_t sequence;
};

struct succession {
	struct cli *c;
	struct session *store;
	uint64_t skip;
	struct ledger ledger;  /* as after the last record that the store has */
	uint64_t own;	       /* where the restored journal ends */
	struct copy_head head; /* the store's */
	uint64_t lost[RECORD_KIND_LAST + 1]; /* records only in the store */
};

static bool
member_hex(
    const struct json_value *o, const char *name, uint8_t *out, size_t size)
{
	char text[HEX_SIZE(HASH_SIZE)];
	struct json_value v;
	size_t len;

	return json_member(o, name, &v) &&
	    json_string(&v, text, sizeof(text), &len) == WIRE_OK &&
	    hex_decode(out, size, &len, span_str(text)) && len == size;
}

static bool
read_head(struct span json, struct copy_head *h)
{
	struct json_value root, v;

	return json_parse(json, &root, NULL) == WIRE_OK &&
	    member_hex(&root, "signer", h->signer, sizeof(h->signer)) &&
	    member_hex(&root, "sha256", h->sha256, sizeof(h->sha256)) &&
	    json_member(&root, "sequence", &v) &&
	    json_uint(&v, &h->sequence) == WIRE_OK;
}

/* The store's head, and its records from a sequence on; none with 0. */
static enum reason
ask_copy(struct session *s, uint64_t from, struct copy_head *head,
    struct span *records, struct why *why)
{
	struct message_admin_reply reply;
	struct message_admin m;
	char number[24];
	enum reason r;

	snprintf(number, sizeof(number), "%llu", (unsigned long long)from);
	request_begin(&m, "journal.copy");
	request_text(&m, "from", from == 0 ? NULL : number);
	if ((r = session_ask(s, &m, &reply, why)) != REASON_OK)
		return r;
	*records = reply.blob;
	return read_head(reply.json, head)
	    ? REASON_OK
	    : why_set(why, REASON_INTERNAL, -1, "the store's head");
}

/* The next record of an answer; false at its end. */
static bool
next_record(struct span *all, struct span *record)
{
	size_t len;

	if (all->len < 4)
		return false;
	len = (size_t)all->ptr[0] << 24 | (size_t)all->ptr[1] << 16 |
	    (size_t)all->ptr[2] << 8 | all->ptr[3];
	if (len > all->len - 4)
		return false;
	*record = span_of(all->ptr + 4, len);
	*all = span_of(all->ptr + 4 + len, all->len - 4 - len);
	return true;
}

/* Every record that the store has behind the restored journal's end. */
static enum reason
each_lost(struct succession *s,
    enum reason (*call)(void *context, struct span record, struct why *why),
    void *context, struct why *why)
{
	uint64_t next = s->own + 1;
	struct copy_head head;
	struct span all, record;
	enum reason r;

	for (;;) {
		r = ask_copy(s->store, next, &head, &all, why);
		if (r != REASON_OK || all.len == 0)
			return r;
		for (; next_record(&all, &record); next++)
			if ((r = call(context, record, why)) != REASON_OK)
				return r;
		/* Whole records only, or this would ask for ever. */
		if (all.len != 0)
			return why_set(why, REASON_UNAVAILABLE, -1,
			    "the store's copy is no row of records");
	}
}

static enum reason
count_lost(void *context, struct span record, struct why *why)
{
	struct succession *s = context;
	struct record r;
	struct why inner;

	if (record_read(record, &r, &inner) != REASON_OK ||
	    ledger_apply(&s->ledger, &r, record, &inner) != REASON_OK)
		return why_set(why, REASON_JOURNAL_FORK, -1,
		    "the store's records do not join this journal: %.120s",
		    inner.text);
	s->lost[r.kind]++;
	return REASON_OK;
}

/* The store must tell the same history. What it lacks of the journal comes to it
 * at the next start; what is behind the journal's end is looked at later. */
static enum reason
compare(const struct succession *s, struct why *why)
{
	const struct copy_head *h = &s->head;
	const struct ledger *l = &s->ledger;
	uint8_t own[HASH_SIZE] = { 0 };
	struct why inner;

	if (memcmp(h->signer, l->signer, sizeof(l->signer)) != 0)
		return why_set(why, REASON_JOURNAL_FORK, -1,
		    "the store holds the journal of another signer");
	if (h->sequence > l->sequence)
		return REASON_OK;
	if (journal_hash(JOURNAL, h->sequence, own, &inner) != REASON_OK ||
	    memcmp(h->sha256, own, HASH_SIZE) != 0)
		return why_set(why, REASON_JOURNAL_FORK, -1,
		    "record %llu has another hash in the store",
		    (unsigned long long)h->sequence);
	return REASON_OK;
}

static enum reason
plan(struct succession *s, struct why *why)
{
	uint64_t count;
	enum reason r;

	if ((r = journal_verify(
		 JOURNAL, &s->ledger, &count, NULL, NULL, why)) != REASON_OK)
		return r;
	s->own = s->ledger.sequence;
	if ((r = compare(s, why)) != REASON_OK)
		return r;
	return each_lost(s, count_lost, s, why);
}

static enum reason
adopt(void *context, struct span record, struct why *why)
{
	return journal_adopt(context, record, why);
}

static enum reason
carry_out(struct succession *s, struct why *why)
{
	struct journal *j = NULL;
	enum reason r;

	if ((r = journal_open(JOURNAL, &j, NULL, NULL, why)) != REASON_OK)
		return r;
	if (journal_ledger(j)->sequence != s->own)
		r = why_set(
		    why, REASON_HOME_LOCKED, -1, "the journal grew meanwhile");
	if (r == REASON_OK)
		r = each_lost(s, adopt, j, why);
	if (r == REASON_OK)
		r = journal_commit(j, why);
	if (r == REASON_OK)
		r = journal_succeed(
		    j, JOURNAL, s->skip, getuid(), clock_now(), why);
	journal_close(j);
	return r;
}

/* The folder is the signer's: from there on as its user, so that what is made is
 * the signer's, and no link leads root to anything else. The store was asked before
 * that, for it answers root. */
static enum reason
enter(struct succession *s, const char *home, struct why *why)
{
	struct room room;
	struct span none;
	enum reason r;

	if ((r = ask_copy(s->store, 0, &s->head, &none, why)) != REASON_OK ||
	    (r = room_open(home, ROLE_SIGNER, &room, why)) != REASON_OK)
		return r;
	if (fchdir(room.folder) != 0)
		r = why_set(why, REASON_HOME_INVALID, -1, "signer: %m");
	else
		user_enter(room.user, room.group);
	room_close(&room);
	return r;
}

/* --- telling --- */

static void
put_lost(struct json_out *o, const struct succession *s)
{
	unsigned k;

	json_put_name(o, "recovered");
	json_begin_object(o);
	for (k = 0; k <= RECORD_KIND_LAST; k++) {
		if (s->lost[k] == 0)
			continue;
		json_add_uint(
		    o, record_kind_name((enum record_kind)k), s->lost[k]);
	}
	json_end_object(o);
}

/* What the next signature of each key will be counted from. */
static void
put_keys(struct json_out *o, const struct succession *s)
{
	static const uint8_t nobody[16];
	struct ledger next;
	size_t i;

	ledger_succeed(&s->ledger, nobody, s->skip, 0, &next);
	json_put_name(o, "keys");
	json_begin_array(o);
	for (i = 0; i < next.keys_len; i++) {
		const struct ledger_key *k = &next.keys[i];

		json_begin_object(o);
		json_add_text(o, "name", k->order.name);
		json_add_uint(o, "issued", k->count.issued);
		if (k->order.purpose == PURPOSE_IDEVID_CA) {
			json_add_uint(o, "last-counter", k->last_counter);
		}
		json_end_object(o);
	}
	json_end_array(o);
	ledger_free(&next);
}

static void
print(const struct succession *s, bool done)
{
	size_t size = 4096 + s->ledger.keys_len * KEY_TEXT;
	char *room = memory_new(size), when[CLOCK_TEXT_SIZE];
	struct json_out o;
	struct span json;

	json_out_open(&o, room, size);
	json_begin_object(&o);
	json_add_bool(&o, "done", done);
	json_add_hex(&o, "old-signer",
	    span_of(s->ledger.signer, sizeof(s->ledger.signer)));
	json_add_uint(&o, "journal-ended", s->own);
	json_add_uint(&o, "goes-on-from", s->ledger.sequence);
	json_add_hex(&o, "head", span_of(s->ledger.head, HASH_SIZE));
	put_lost(&o, s);
	clock_print(when, clock_now());
	json_add_text(&o, "dated", when);
	json_add_uint(&o, "skipped", s->skip);
	put_keys(&o, s);
	json_end_object(&o);
	if (json_out_span(&o, &json) != WIRE_OK)
		fatal("keys without room");
	output_json(s->c, json);
	free(room);
	if (!done)
		fprintf(stderr,
		    "hallmark journal succeed: nothing was changed. What was "
		    "signed after the\nbackup and is not in the store is not "
		    "known here: --skip N leaves out N serials\nand counts of "
		    "each key. --yes carries it out.\n");
}

int
journal_succeed_run(struct cli *c, int argc, char **argv)
{
	const char *skip = "0";
	bool yes = false;
	const struct option_row rows[] = { { "skip", &skip, NULL, false },
		{ "yes", NULL, &yes, false }, { 0 } };
	struct succession s = { .c = c };
	char home[CONFIG_TEXT];
	struct why why;
	enum reason r;
	int code = EXIT_DONE;

	if (!options_read(c, argc, argv, rows, 0, 0))
		return EXIT_USAGE;
	if (!text_uint(span_str(skip), UINT32_MAX, &s.skip))
		return usage_error(c, "--skip takes a number");
	why_clear(&why);
	ledger_init(&s.ledger);
	if ((r = home_path(c, home, &why)) == REASON_OK)
		r = session_open(c, NEED_STORE, &s.store, &why);
	if (r == REASON_OK && !session_alone(s.store))
		r = why_set(&why, REASON_HOME_LOCKED, -1,
		    "the service runs: stop it first");
	if (r == REASON_OK && (r = enter(&s, home, &why)) == REASON_OK) {
		r = plan(&s, &why);
		if (r == REASON_OK && yes)
			r = carry_out(&s, &why);
		user_leave();
	}
	if (r == REASON_OK)
		print(&s, yes);
	else
		code = refuse(c, r, &why);
	ledger_free(&s.ledger);
	session_close(s.store);
	return code;
}
