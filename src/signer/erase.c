/*
 * A key's files are erased: after the record that its end begins, before the one
 * that it is done. Whatever is cut off between the two is gone on with at the next
 * start.
 *
 * The file of a wrapping key, written over, stays until the second record is on
 * disk. So one that is missing before was not erased by us: then a file system is
 * not mounted, and nothing may be called destroyed (doc/decisions/055).
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "signer/signer.h"

#define WRAPPING_FILE_MAX 16384

void
key_place(const struct signer *s, const char *folder, const char *name,
    char out[PATH_MAX])
{
	char path[PATH_MAX];

	path_join(path, sizeof(path), s->root, folder);
	key_path(out, path, name, "key");
}

/* Written over and synced; *there is false where there is no such file. */
static enum reason
write_over(const char *path, bool *there, struct why *why)
{
	static const uint8_t zeros[4096];
	int fd = open(path, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;
	bool good;
	off_t done;
	ssize_t n = 0;

	*there = fd >= 0 || errno != ENOENT;
	if (!*there)
		return REASON_OK;
	good = fd >= 0 && fstat(fd, &st) == 0;
	for (done = 0; good && done < st.st_size; done += n) {
		size_t rest = (size_t)(st.st_size - done);

		n = write(
		    fd, zeros, rest < sizeof(zeros) ? rest : sizeof(zeros));
		good = n > 0;
	}
	good = good && fsync(fd) == 0;
	if (!good)
		why_set(why, REASON_HOME_INVALID, -1, "%s: %s", path,
		    strerror(errno));
	if (fd >= 0)
		close(fd);
	return good ? REASON_OK : REASON_HOME_INVALID;
}

static enum reason
file_erase(const char *path, struct why *why)
{
	enum reason r;
	bool there;

	if ((r = write_over(path, &there, why)) != REASON_OK)
		return r;
	if (there && unlink(path) != 0)
		return why_set(why, REASON_HOME_INVALID, -1, "%s: %s", path,
		    strerror(errno));
	return REASON_OK;
}

enum reason
key_file_erase(const struct signer *s, const char *folder, const char *name,
    struct why *why)
{
	char where[PATH_MAX], path[PATH_MAX], unfinished[PATH_MAX];
	enum reason r;

	path_join(where, sizeof(where), s->root, folder);
	key_path(path, where, name, "key");
	key_path(unfinished, where, name, "key.new");
	if ((r = file_erase(path, why)) != REASON_OK ||
	    (r = file_erase(unfinished, why)) != REASON_OK)
		return r;
	return access(where, F_OK) == 0 ? folder_sync(where, why) : REASON_OK;
}

static enum reason
wrapping_lost(struct why *why, const char *path)
{
	return why_set(why, REASON_HOME_INVALID, -1,
	    "%.120s is not there: is its file system mounted?", path);
}

/* Nothing begins that could not be brought to its end. Where a wrapping key is lost
 * for good, an empty file in its place is the administrator's word for that. */
enum reason
key_erasable(
    const struct signer *s, const struct ledger_key *k, struct why *why)
{
	char path[PATH_MAX];

	key_place(s, "wrapping", k->order.name, path);
	if (!k->wrapped || access(path, F_OK) == 0)
		return REASON_OK;
	return wrapping_lost(why, path);
}

/* The wrapping key first: without it the file is of no use already. */
static enum reason
erase_all(const struct signer *s, const struct ledger_key *k, struct why *why)
{
	char path[PATH_MAX];
	enum reason r;
	bool there = true;

	key_place(s, "wrapping", k->order.name, path);
	if (k->wrapped && (r = write_over(path, &there, why)) != REASON_OK)
		return r;
	if (!there)
		return wrapping_lost(why, path);
	if ((r = key_file_erase(s, "keys", k->order.name, why)) != REASON_OK)
		return r;
	return key_file_erase(s, "archive", k->order.name, why);
}

static bool
is_zeros(struct span bytes)
{
	size_t i;

	for (i = 0; i < bytes.len; i++)
		if (bytes.ptr[i] != 0)
			return false;
	return true;
}

/* Only what was written over: what was put back is for somebody to look at. */
void
key_erased(const struct signer *s, const struct ledger_key *k)
{
	char path[PATH_MAX];
	struct buf bytes;
	struct why why;
	bool ours;

	key_place(s, "wrapping", k->order.name, path);
	if (!k->wrapped || access(path, F_OK) != 0 ||
	    file_read(path, &bytes, WRAPPING_FILE_MAX, &why) != REASON_OK)
		return;
	ours = is_zeros(buf_span(&bytes));
	buf_free(&bytes);
	if (ours &&
	    key_file_erase(s, "wrapping", k->order.name, &why) != REASON_OK)
		log_warning("key-end", "key=\"%s\" text=\"%s\"", k->order.name,
		    why.text);
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
	if ((r = erase_all(s, k, why)) != REASON_OK) {
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
		if (l->keys[i].erased != 0)
			key_erased(s, &l->keys[i]);
		if (l->keys[i].state != KEY_RETIRED || l->keys[i].ending == 0)
			continue;
		if (key_erase(s, &l->keys[i], &ended, why) != REASON_OK)
			continue; /* said; the key is out of use all the same */
		r = journal_append(s->journal, &ended, clock_now(), why);
		/* The journal's want of room is for orders to meet: it may pass. */
		if (r == REASON_JOURNAL_FULL)
			break;
		if (r == REASON_OK)
			r = journal_commit(s->journal, why);
		if (r != REASON_OK)
			return r;
		key_erased(s, &l->keys[i]);
	}
	return REASON_OK;
}
