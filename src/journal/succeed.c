/* One journal after another, see journal.h and doc/decisions/008. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "journal/internal.h"

#define JOURNALS_MAX 9999
#define VERB_SUCCEED "journal.succeed"

static enum reason
failed(struct why *why, const char *path)
{
	return why_set(
	    why, REASON_HOME_INVALID, -1, "%.150s: %s", path, strerror(errno));
}

/* DIR.N of the first N that is free. A half-made one of an earlier try is left
 * where it is: nobody names it. */
static enum reason
new_folder(const char *dir, char out[PATH_MAX], struct why *why)
{
	unsigned n;

	for (n = 1; n <= JOURNALS_MAX; n++) {
		if (snprintf(out, PATH_MAX, "%s.%u", dir, n) >= PATH_MAX)
			return why_set(why, REASON_HOME_INVALID, -1,
			    "the path is too long");
		if (mkdir(out, 0700) == 0)
			return REASON_OK;
		if (errno != EEXIST)
			return failed(why, out);
	}
	return why_set(
	    why, REASON_HOME_INVALID, -1, "%.150s: too many journals", dir);
}

/* The first record of a new chain says who asked, and for what. */
static enum reason
write_act(const char *dir, const struct ledger *old, uint32_t user, int64_t now,
    struct why *why)
{
	struct record r = { .kind = RECORD_ACT };
	struct journal *j = NULL;
	enum reason reason = journal_open(dir, &j, NULL, NULL, why);
	size_t i;
	int n;

	if (reason != REASON_OK)
		return reason;
	r.act.user = user;
	memcpy(r.act.verb, VERB_SUCCEED, sizeof(VERB_SUCCEED));
	for (i = 0, n = 0; i < sizeof(old->signer); i++)
		n += snprintf(r.act.subject + n,
		    sizeof(r.act.subject) - (size_t)n, "%02x", old->signer[i]);
	snprintf(r.act.subject + n, sizeof(r.act.subject) - (size_t)n, " %llu",
	    (unsigned long long)old->sequence);
	reason = journal_append(j, &r, now, why);
	if (reason == REASON_OK)
		reason = journal_commit(j, why);
	journal_close(j);
	return reason;
}

/* Both names change in one step: at no moment is there no journal. */
static enum reason
exchange(const char *dir, const char *other, struct why *why)
{
	char parent[PATH_MAX];
	char *slash;
	int fd;

	if (renameat2(AT_FDCWD, other, AT_FDCWD, dir, RENAME_EXCHANGE) != 0)
		return failed(why, dir);
	memcpy(parent, dir, strlen(dir) + 1);
	slash = strrchr(parent, '/');
	if (slash == NULL)
		memcpy(parent, ".", 2);
	else
		*slash = '\0';
	fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fsync(fd) != 0) {
		if (fd >= 0)
			close(fd);
		return failed(why, parent);
	}
	close(fd);
	return REASON_OK;
}

enum reason
journal_succeed(struct journal *j, const char *dir, uint64_t skip,
    uint32_t user, int64_t now, struct why *why)
{
	const struct ledger *old = journal_ledger(j);
	char other[PATH_MAX];
	enum reason r;

	if ((r = new_folder(dir, other, why)) != REASON_OK ||
	    (r = journal_create_after(other, old, skip, now, why)) !=
		REASON_OK ||
	    (r = write_act(other, old, user, now, why)) != REASON_OK)
		return r;
	return exchange(dir, other, why);
}

/* --- the join --- */

struct first {
	struct record record;
	uint8_t bytes[RECORD_MAX];
	bool found;
};

static enum reason
keep_first(
    void *context, const struct record *r, struct span bytes, struct why *why)
{
	struct first *f = context;

	(void)r;
	memcpy(f->bytes, bytes.ptr, bytes.len);
	f->found = record_read(span_of(f->bytes, bytes.len), &f->record, why) ==
	    REASON_OK;
	return why_set(why, REASON_STOPPING, -1, "enough");
}

static bool
read_first(const char *dir, struct first *f)
{
	struct why why;

	f->found = false;
	if (journal_read(dir, 1, keep_first, f, &why) != REASON_STOPPING)
		return false;
	return f->found && f->record.sequence == 1 &&
	    f->record.kind == RECORD_CHECKPOINT;
}

/* Is it the journal of that signer? *whole: up to that record, at least. */
static bool
is_signers(const char *dir, const struct ledger_before *before,
    struct ledger_before *further, bool *whole)
{
	uint8_t hash[HASH_SIZE];
	struct first f;

	*whole = false;
	if (!read_first(dir, &f) ||
	    memcmp(f.record.signer, before->signer, sizeof(before->signer)) !=
		0 ||
	    ledger_before(&f.record, further, NULL) != REASON_OK)
		return false;
	*whole = journal_hash(dir, before->sequence, hash, NULL) == REASON_OK &&
	    memcmp(hash, before->head, HASH_SIZE) == 0;
	return true;
}

/* A backup may lie beside the journal that it is of: the whole one is meant. */
bool
journal_beside(const char *dir, const struct ledger_before *before,
    char out[PATH_MAX], struct ledger_before *further)
{
	char path[PATH_MAX], parent[PATH_MAX];
	const struct dirent *e;
	struct ledger_before its;
	bool found = false, whole = false;
	DIR *d;

	if (snprintf(parent, sizeof(parent), "%s/..", dir) >= PATH_MAX ||
	    (d = opendir(parent)) == NULL)
		return false;
	while (!whole && (e = readdir(d)) != NULL) {
		if (e->d_name[0] == '.' ||
		    snprintf(path, sizeof(path), "%s/%s", parent, e->d_name) >=
			PATH_MAX ||
		    !is_signers(path, before, &its, &whole))
			continue;
		found = true;
		memcpy(out, path, PATH_MAX);
		*further = its;
	}
	closedir(d);
	return found;
}

/* One record of the first checkpoint; the first that is none ends the walk. */
static enum reason
check_part(
    void *context, const struct record *r, struct span bytes, struct why *why)
{
	struct why inner;

	if (r->kind != RECORD_CHECKPOINT ||
	    (r->sequence > 1 && ledger_opens(r)))
		return why_set(why, REASON_STOPPING, -1, "enough");
	if (ledger_apply(context, r, bytes, &inner) == REASON_OK)
		return REASON_OK;
	return why_set(why, REASON_JOURNAL_FORK, -1, "%s", inner.text);
}

/* Does the journal begin with what it should? */
static enum reason
check_parts(const char *dir, struct ledger *next, struct why *why)
{
	enum reason r = journal_read(dir, 1, check_part, next, why);

	return r == REASON_STOPPING ? REASON_OK : r;
}

enum reason
journal_before(
    const char *dir, char before[PATH_MAX], bool *found, struct why *why)
{
	struct ledger_before named, further;
	struct ledger ledger, next;
	struct first first;
	uint64_t records;
	enum reason r;

	*found = false;
	if (!read_first(dir, &first))
		return why_set(why, REASON_JOURNAL_DAMAGED, -1,
		    "%.100s does not begin with record 1", dir);
	if ((r = ledger_before(&first.record, &named, why)) != REASON_OK ||
	    named.sequence == 0)
		return r;
	*found = true;
	if (!journal_beside(dir, &named, before, &further))
		return why_set(why, REASON_JOURNAL_DAMAGED, -1,
		    "the journal that this one goes on from is not beside it");
	if ((r = journal_verify(before, &ledger, &records, NULL, NULL, why)) !=
	    REASON_OK)
		return r;
	r = ledger_joins(&ledger, &first.record, &next, why);
	ledger_free(&ledger);
	if (r == REASON_OK)
		r = check_parts(dir, &next, why);
	ledger_free(&next);
	return r;
}
