/*
 * Another passphrase for the key files of a home. All are looked at before the first is
 * changed, and each is replaced in one step; what a cut leaves is some under the one
 * and some under the other, and the same again goes on there (doc/decisions/066).
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fatal.h"
#include "base/text.h"
#include "base/user.h"
#include "ceremony/ceremony.h"

struct change {
	const struct passphrase_options *options;
	int home;
	struct renewal renewal; /* of all that have no wrapping key */
	bool write;
	struct passphrase_done done;
};

/* Is the name NAME.key? */
static int
is_key(const struct dirent *e)
{
	size_t len = strlen(e->d_name);

	return len > 4 && strcmp(e->d_name + len - 4, ".key") == 0;
}

/* Before is what the file opens with now, its own wrapping key in it or not. */
static enum reason
renew(struct change *c, const char *folder, const char *file,
    const struct secret *before, const struct secret *next,
    struct renewal *renewal, struct why *why)
{
	bool renewed;
	struct why inner;
	enum reason r = sealed_renew(
	    file, before, next, renewal, c->write, &renewed, &inner);

	c->done.files++;
	c->done.changed += renewed;
	if (r == REASON_OK)
		return r;
	return why_set(why, r, -1, "%s: %.150s", folder, inner.text);
}

/* An issuing CA's. One whose wrapping key is lost for good opens no more. */
static enum reason
renew_wrapped(struct change *c, const char *folder, const char *file,
    const struct stat *wrapping, struct why *why)
{
	const struct passphrase_options *o = c->options;
	struct secret before = { 0 }, next = { 0 };
	char name[NAME_MAX + 1];
	enum reason r;

	if (wrapping->st_size == 0)
		return REASON_OK;
	snprintf(name, sizeof(name), "%.*s", (int)strlen(file) - 4, file);
	r = wrapping_open("../wrapping", name, o->before, &before, why);
	if (r == REASON_OK)
		r = wrapping_open("../wrapping", name, o->next, &next, why);
	if (r == REASON_OK)
		r = renew(c, folder, file, &before, &next, NULL, why);
	secret_free(&before);
	secret_free(&next);
	return r;
}

/* In the folder of the file, and as its owner, whose the new one will be. */
static enum reason
renew_file(
    struct change *c, const char *folder, const char *file, struct why *why)
{
	const struct passphrase_options *o = c->options;
	char path[PATH_MAX];
	struct stat st, wrapping;
	enum reason r;

	if (lstat(file, &st) != 0)
		return why_set(why, REASON_FILE_UNREADABLE, -1, "%s/%s: %s",
		    folder, file, strerror(errno));
	user_enter(st.st_uid, st.st_gid);
	snprintf(path, sizeof(path), "../wrapping/%s", file);
	if (strcmp(folder, "signer/keys") == 0 && stat(path, &wrapping) == 0)
		r = renew_wrapped(c, folder, file, &wrapping, why);
	else
		r = renew(
		    c, folder, file, o->before, o->next, &c->renewal, why);
	user_leave();
	return r;
}

static enum reason
renew_folder(struct change *c, const char *folder, struct why *why)
{
	struct dirent **names = NULL;
	enum reason r = REASON_OK;
	int i, n;

	if (fchdir(c->home) != 0 || chdir(folder) != 0 ||
	    (n = scandir(".", &names, is_key, alphasort)) < 0)
		return why_set(why, REASON_HOME_INVALID, -1, "%s: %s", folder,
		    strerror(errno));
	for (i = 0; i < n; i++) {
		if (r == REASON_OK)
			r = renew_file(c, folder, names[i]->d_name, why);
		free(names[i]);
	}
	free(names);
	return r;
}

/* A copy that waits for its archive is named by its hash in what operators sign. */
static enum reason
archive_check(const struct change *c, struct why *why)
{
	struct dirent **names = NULL;
	enum reason r = REASON_OK;
	int i, n;

	if (fchdir(c->home) != 0 ||
	    (n = scandir("signer/archive", &names, is_key, alphasort)) < 0)
		return REASON_OK; /* there is none */
	for (i = 0; i < n; i++) {
		r = why_set(why, REASON_KEY_END, -1,
		    "signer/archive/%.100s waits: finish hallmark ca archive "
		    "first",
		    names[i]->d_name);
		free(names[i]);
	}
	free(names);
	return r;
}

static enum reason
renew_all(struct change *c, bool write, struct why *why)
{
	struct stat st;
	unsigned signers;
	enum reason r;

	c->write = write;
	memset(&c->done, 0, sizeof(c->done));
	r = renew_folder(c, "signer/keys", why);
	signers = c->done.files;
	/* Somebody may have moved it off the host altogether. */
	if (r == REASON_OK && fchdir(c->home) == 0 &&
	    stat("ceremony", &st) == 0)
		r = renew_folder(c, "ceremony", why);
	c->done.roots = c->done.files - signers;
	return r;
}

enum reason
ceremony_passphrase(const struct passphrase_options *o,
    struct passphrase_done *done, struct why *why)
{
	struct change c = { .options = o,
		.home = open(o->home, O_RDONLY | O_DIRECTORY | O_CLOEXEC) };
	enum reason r;

	if (c.home < 0)
		return why_set(why, REASON_HOME_INVALID, -1, "%.150s: %s",
		    o->home, strerror(errno));
	if ((r = archive_check(&c, why)) == REASON_OK &&
	    (r = renew_all(&c, false, why)) == REASON_OK)
		r = renew_all(&c, true, why);
	renewal_close(&c.renewal);
	close(c.home);
	*done = c.done;
	return r;
}
