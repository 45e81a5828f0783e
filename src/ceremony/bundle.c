/* The files of a bundle, see bundle.h. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fatal.h"
#include "base/file.h"
#include "base/text.h"
#include "ceremony/bundle.h"
#include "envelope/pem.h"

static enum reason
make_folder(const char *bundle, const char *name, struct why *why)
{
	char path[PATH_MAX];

	path_join(path, sizeof(path), bundle, name);
	if (mkdir(path, 0755) == 0)
		return REASON_OK;
	return why_set(why, REASON_FILE_UNREADABLE, -1, "%.150s: %s", path,
	    strerror(errno));
}

enum reason
bundle_write(
    const char *bundle, const char *name, struct span bytes, struct why *why)
{
	char path[PATH_MAX];

	path_join(path, sizeof(path), bundle, name);
	return file_write(path, bytes, 0644, why);
}

static enum reason
write_named(const char *bundle, const char *folder, const char *handle,
    const char *suffix, struct span bytes, struct why *why)
{
	char name[HANDLE_MAX + 32];

	snprintf(name, sizeof(name), "%s/%s.%s", folder, handle, suffix);
	return bundle_write(bundle, name, bytes, why);
}

static enum reason
write_approvals(const char *bundle, const struct plan *p,
    const struct approvals *approvals, struct why *why)
{
	unsigned i;
	enum reason r = REASON_OK;

	for (i = 0; i < p->attendees_len && r == REASON_OK; i++)
		if (approvals->signatures[i].len > 0)
			r = write_named(bundle, "approvals",
			    p->attendees[i].handle, "sig",
			    buf_span(&approvals->signatures[i]), why);
	return r;
}

enum reason
bundle_begin(const char *bundle, const struct plan *p, struct span script,
    const struct approvals *approvals, struct why *why)
{
	static const char *const folders[] = { "requests", "roots",
		"certificates", "approvals", "acknowledgements" };
	unsigned i;
	enum reason r;

	/* Files sync their own folders. */
	if (mkdir(bundle, 0755) != 0 || !file_sync_name(bundle))
		return why_set(why, REASON_FILE_UNREADABLE, -1, "%.150s: %s",
		    bundle, strerror(errno));
	for (i = 0; i < sizeof(folders) / sizeof(*folders); i++)
		if ((r = make_folder(bundle, folders[i], why)) != REASON_OK)
			return r;
	if ((r = bundle_write(bundle, "plan.ini", buf_span(&p->text), why)) !=
		REASON_OK ||
	    (r = bundle_write(bundle, "script.txt", script, why)) !=
		REASON_OK ||
	    (r = write_approvals(bundle, p, approvals, why)) != REASON_OK)
		return r;
	if (p->slots_file[0] != '\0')
		r = bundle_write(
		    bundle, BUNDLE_SLOTS, buf_span(&p->slots), why);
	for (i = 0; i < p->items_len && r == REASON_OK; i++)
		r = write_named(bundle, "requests", p->items[i].handle, "csr",
		    span_of(p->items[i].der, p->items[i].der_len), why);
	for (i = 0; i < p->roots_len && r == REASON_OK; i++)
		if (p->kind != PLAN_CREATE)
			r = write_named(bundle, "roots", p->roots[i].handle,
			    "der", p->roots[i].certificate.der, why);
	return r;
}

enum reason
bundle_certificate(const char *bundle, const char *handle,
    const struct certificate *c, const struct certificate *issuer,
    struct why *why)
{
	struct buf text;
	enum reason r;

	buf_init(&text, 4 * CERTIFICATE_MAX);
	if (!pem_write(&text, "CERTIFICATE", c->der) ||
	    (issuer != NULL && !pem_write(&text, "CERTIFICATE", issuer->der)))
		fatal("a chain of %zu octets", text.len);
	r = write_named(
	    bundle, "certificates", handle, "pem", buf_span(&text), why);
	buf_free(&text);
	return r;
}

/* --- the manifest --- */

struct names {
	char (*all)[64];
	size_t len;
};
#define NAMES_MAX 512

static enum reason
add_name(struct names *n, const char *folder, const char *name, struct why *why)
{
	if (n->len == NAMES_MAX ||
	    (size_t)snprintf(n->all[n->len], sizeof(n->all[0]), "%s%s%s",
		folder, folder[0] == '\0' ? "" : "/",
		name) >= sizeof(n->all[0]))
		return why_set(why, REASON_EVIDENCE_DIFFERS, -1,
		    "%s/%.60s: no file of a ceremony", folder, name);
	n->len++;
	return REASON_OK;
}

/* What is no evidence: the manifest and what is signed over it, the journal's
 * lock, which is empty, and what a crash left in the middle of a write. */
static bool
is_beside(const char *folder, const char *name, const struct stat *status)
{
	size_t len = strlen(name);

	if (len > 4 && strcmp(name + len - 4, ".new") == 0)
		return S_ISREG(status->st_mode);
	if (folder[0] == '\0')
		return strcmp(name, BUNDLE_MANIFEST) == 0 ||
		    strcmp(name, "acknowledgements") == 0;
	return strcmp(folder, "journal") == 0 && strcmp(name, "lock") == 0 &&
	    status->st_size == 0;
}

/* Files of one folder; other folders only where the bundle has them. */
static enum reason
list(const char *bundle, const char *folder, struct names *n, struct why *why)
{
	char path[PATH_MAX];
	struct dirent *entry;
	struct stat status;
	enum reason r = REASON_OK;
	DIR *d;

	path_join(path, sizeof(path), bundle, folder);
	if ((d = opendir(path)) == NULL)
		return why_set(why, REASON_EVIDENCE_DIFFERS, -1, "%.150s: %s",
		    path, strerror(errno));
	while (r == REASON_OK && (entry = readdir(d)) != NULL) {
		const char *name = entry->d_name;
		bool top = folder[0] == '\0';

		if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
			continue;
		if (fstatat(dirfd(d), name, &status, AT_SYMLINK_NOFOLLOW) != 0)
			r = why_set(why, REASON_EVIDENCE_DIFFERS, -1,
			    "%.60s: %s", name, strerror(errno));
		else if (is_beside(folder, name, &status))
			continue;
		else if (S_ISREG(status.st_mode))
			r = add_name(n, folder, name, why);
		else if (S_ISDIR(status.st_mode) && top)
			r = list(bundle, name, n, why);
		else
			r = why_set(why, REASON_EVIDENCE_DIFFERS, -1,
			    "%.60s: no file of a ceremony", name);
	}
	closedir(d);
	return r;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(a, b);
}

static enum reason
hash_file(
    const char *bundle, const char *name, struct buf *out, struct why *why)
{
	char path[PATH_MAX], hex[HEX_SIZE(HASH_SIZE)];
	uint8_t hash[HASH_SIZE];
	struct buf bytes;
	enum reason r;

	path_join(path, sizeof(path), bundle, name);
	if ((r = file_read_regular(path, &bytes, EVIDENCE_MAX, why)) !=
	    REASON_OK)
		return r;
	sha256(buf_span(&bytes), hash);
	buf_free(&bytes);
	hex_encode(hex, span_of(hash, sizeof(hash)));
	if (!buf_printf(out, "%s  %s\n", hex, name))
		return why_set(why, REASON_EVIDENCE_DIFFERS, -1,
		    "more files than a ceremony leaves");
	return REASON_OK;
}

enum reason
bundle_manifest(const char *bundle, struct buf *out, struct why *why)
{
	struct names n = { .len = 0 };
	enum reason r;
	size_t i;

	n.all = memory_array(NAMES_MAX, sizeof(*n.all));
	r = list(bundle, "", &n, why);
	qsort(n.all, n.len, sizeof(*n.all), by_name);
	for (i = 0; r == REASON_OK && i < n.len; i++)
		r = hash_file(bundle, n.all[i], out, why);
	free(n.all);
	return r;
}
