/* From a home to a signer that may work, see signer.h. */
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fatal.h"
#include "base/file.h"
#include "base/log.h"
#include "base/random.h"
#include "signer/signer.h"

#define PASSPHRASE_MAX 1024
/* Records at the end of the journal that are looked at for the last minute. */
#define RECENT_RECORDS 16384
#define SIGNED_MAX     (1u << 20)

enum reason
signer_passphrase(const struct signer *s, struct secret *out, struct why *why)
{
	if (s->passphrase >= 0 &&
	    secret_read_fd(out, s->passphrase, PASSPHRASE_MAX))
		return REASON_OK;
	return why_set(why, REASON_PASSPHRASE, -1, "no passphrase was given");
}

static enum reason
make_folder(const char *path, struct why *why)
{
	if (mkdir(path, 0700) == 0 || errno == EEXIST)
		return REASON_OK;
	return why_set(
	    why, REASON_HOME_INVALID, -1, "%s: %s", path, strerror(errno));
}

static enum reason
create(struct signer *s, bool test, struct why *why)
{
	enum reason r;

	if ((r = make_folder(s->folder, why)) != REASON_OK)
		return r;
	return journal_create(s->journal_path, test, clock_now(), why);
}

/* The key of all device tags. It is made once, before there is any other key:
 * to make another one later would disown every device. */
static enum reason
tag_key_open(struct signer *s, const struct secret *passphrase, struct why *why)
{
	char path[PATH_MAX];
	enum reason r;

	key_path(path, s->folder, "tag", "key");
	if (access(path, F_OK) == 0) {
		r = secret_load(&s->tag_key, path, passphrase, &s->vault, why);
		if (r == REASON_OK && s->tag_key.len != HASH_SIZE)
			r = why_set(why, REASON_HOME_INVALID, -1,
			    "%s holds another secret", path);
		return r;
	}
	if (journal_ledger(s->journal)->keys_len > 0)
		return why_set(
		    why, REASON_HOME_INVALID, -1, "%s is missing", path);
	secret_new(&s->tag_key, HASH_SIZE);
	random_bytes(s->tag_key.ptr, HASH_SIZE);
	return secret_save(&s->tag_key, path, passphrase, &s->vault, why);
}

static enum reason
open_keys(struct signer *s, struct why *why)
{
	const struct ledger *l = journal_ledger(s->journal);
	struct secret passphrase;
	enum reason r;

	if ((r = signer_passphrase(s, &passphrase, why)) != REASON_OK)
		return r;
	if ((r = tag_key_open(s, &passphrase, why)) == REASON_OK)
		keyring_load(&s->keyring, s, l, &passphrase);
	key_vault_close(&s->vault);
	secret_free(&passphrase);
	return r;
}

/*
 * The clock against the last record, by the rule that holds for one that runs. A home
 * for tests may live at any time, so there the step is written down without asking.
 */
static enum reason
open_clock(struct signer *s, struct why *why)
{
	const struct ledger *l = journal_ledger(s->journal);
	struct record r = { .kind = RECORD_CLOCK };
	enum reason reason;

	clock_watch_start(&s->clock);
	if (!l->test)
		clock_watch_check(&s->clock, l->time);
	if (!l->test || clock_watch_follows(&s->clock, l->time))
		return REASON_OK;
	r.clock.from = l->time;
	clock_watch_confirm(&s->clock, l->time);
	r.clock.to = s->clock.wall;
	reason = journal_append(s->journal, &r, s->clock.wall, why);
	return reason == REASON_OK ? journal_commit(s->journal, why) : reason;
}

/* The end of the journal, read anew for what no ledger has. */
struct ending {
	struct signer *s;
	bool recent;   /* take the records of the last minute, too */
	int64_t begin; /* the time of the first of them */
	uint64_t from; /* its sequence */
};

static enum reason
seen(void *context, const struct record *r, struct span bytes, struct why *why)
{
	struct ending *e = context;

	(void)bytes;
	(void)why;
	if (r->sequence == e->from)
		e->begin = r->time;
	if (r->kind == RECORD_CLOCK) {
		e->s->clock.accepted = r->clock.to;
		e->s->clock.chain = r->time;
	}
	if (e->recent)
		recent_add(e->s->recent, r);
	return REASON_OK;
}

/* The last minute, and the last step of the clock that was accepted, as long as it
 * counts: while the chain stands at its time, for however many records. */
static enum reason
open_ending(struct signer *s, struct why *why)
{
	const struct ledger *l = journal_ledger(s->journal);
	struct ending e = { .s = s, .recent = true };
	uint64_t back = RECENT_RECORDS;
	enum reason r;

	do {
		e.from = l->sequence > back ? l->sequence - back : 1;
		r = journal_read(s->journal_path, e.from, seen, &e, why);
		e.recent = false;
		back *= 8;
	} while (r == REASON_OK && e.from > 1 && e.begin == l->time &&
	    s->clock.chain != l->time);
	return r;
}

/* A home that was put back as a whole cannot know that it is old; but it can know
 * that it was put back. Said at each start, until `journal succeed` has begun a
 * chain whose first record says so. */
static void
open_place(const struct signer *s)
{
	struct why why;

	switch (journal_place(s->journal_path)) {
	case PLACE_UNKNOWN:
		if (journal_settle(s->journal_path, &why) != REASON_OK)
			log_alarm("home-place", "text=\"%s\"", why.text);
		break;
	case PLACE_OTHER:
		log_alarm("home-copied",
		    "text=\"the journal was copied to where it lies: whether "
		    "it is "
		    "the newest only evidence outside of this home can tell\" "
		    "next=\"of a home that you moved, and that runs nowhere "
		    "else, remove signer/journal/place; else hallmark journal "
		    "verify --against MANIFEST, then hallmark journal "
		    "succeed\"");
		break;
	case PLACE_OWN:
		break;
	}
}

static enum reason
open_all(struct signer *s, const struct signer_options *o, struct why *why)
{
	enum reason r;

	/* Before the first record, and checked again by the ledger below. */
	if (o->test_clock && o->create && o->test)
		clock_set_test(o->clock);
	if (o->create && (r = create(s, o->test, why)) != REASON_OK)
		return r;
	r = journal_open(s->journal_path, &s->journal, NULL, NULL, why);
	if (r != REASON_OK)
		return r;
	if (o->test_clock && !journal_ledger(s->journal)->test)
		return why_set(why, REASON_TEST_CLOCK, -1, "%s", "");
	if (o->test_clock && !o->create)
		clock_set_test(o->clock);
	open_place(s);
	if ((r = folder_make(s, "wrapping", why)) != REASON_OK ||
	    (r = folder_make(s, "archive", why)) != REASON_OK ||
	    (r = open_keys(s, why)) != REASON_OK ||
	    (r = open_ending(s, why)) != REASON_OK ||
	    (r = open_clock(s, why)) != REASON_OK)
		return r;
	return key_end_resume(s, why);
}

enum reason
signer_open(
    struct signer *s, const struct signer_options *options, struct why *why)
{
	enum reason r;

	memset(s, 0, sizeof(*s));
	s->calls = options->calls;
	s->passphrase = options->passphrase;
	s->last = &s->first;
	s->recent = recent_new();
	buf_init(&s->signed_later, SIGNED_MAX);
	snprintf(s->root, sizeof(s->root), "%s", options->folder);
	path_join(s->folder, sizeof(s->folder), options->folder, "keys");
	path_join(s->journal_path, sizeof(s->journal_path), options->folder,
	    "journal");
	if ((r = open_all(s, options, why)) != REASON_OK)
		signer_close(s);
	return r;
}

void
signer_close(struct signer *s)
{
	signer_drop(s);
	keyring_free(&s->keyring);
	secret_free(&s->tag_key);
	recent_free(s->recent);
	buf_free(&s->signed_later);
	journal_close(s->journal);
	memset(s, 0, sizeof(*s));
}
