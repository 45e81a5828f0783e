/*
 * hallmark ceremony verify of several bundles: each names the manifest of
 * the one before it, so that none can be taken out, put in or put elsewhere unseen.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/fatal.h"
#include "base/file.h"
#include "base/text.h"
#include "ceremony/bundle.h"
#include "ceremony/ceremony.h"

#define CHAIN_MAX_LINKS 256

struct chain {
	struct link links[CHAIN_MAX_LINKS];
	unsigned len;
	unsigned voids; /* ceremonies that were never finished */
	struct buf *out;
	struct json_out *facts;
};

/* --- the links --- */

static enum reason
add_bundle(struct chain *c, const char *bundle, bool among, struct why *why)
{
	char shown[PATH_MAX];
	struct why inner;
	enum reason r;

	if (c->len == CHAIN_MAX_LINKS)
		return why_set(why, REASON_EVIDENCE_CHAIN, -1,
		    "more than %d ceremonies", CHAIN_MAX_LINKS);
	if (!among)
		return bundle_verify(
		    bundle, c->out, c->facts, &c->links[0], why);
	snprintf(shown, sizeof(shown), "%s", bundle);
	make_plain(shown);
	(void)buf_printf(c->out, "%s\n", shown);
	r = bundle_verify(bundle, c->out, c->facts, &c->links[c->len], &inner);
	if (r == REASON_CEREMONY_VOID) {
		(void)buf_printf(c->out, "void: %s\n\n", inner.text);
		c->voids++;
		return REASON_OK;
	}
	(void)buf_printf(c->out, "\n");
	c->len += r == REASON_OK;
	return r == REASON_OK
	    ? r
	    : why_set(why, r, -1, "%.60s: %.120s", bundle, inner.text);
}

static bool
has(const char *folder, const char *name)
{
	char path[PATH_MAX];

	path_join(path, sizeof(path), folder, name);
	return access(path, F_OK) == 0;
}

/* Also what is left of one: who takes its plan away does not take it out. */
static bool
is_bundle(const char *folder)
{
	return has(folder, "plan.ini") || has(folder, BUNDLE_MANIFEST);
}

/* Every bundle in a folder of them, in the order of their names. */
static enum reason
add_folder(struct chain *c, const char *folder, struct why *why)
{
	struct dirent **entries;
	char path[PATH_MAX];
	enum reason r = REASON_OK;
	int i, n = scandir(folder, &entries, NULL, alphasort);

	if (n < 0)
		return why_set(why, REASON_FILE_UNREADABLE, -1, "%.150s: %s",
		    folder, strerror(errno));
	for (i = 0; i < n; i++) {
		path_join(path, sizeof(path), folder, entries[i]->d_name);
		if (r == REASON_OK && entries[i]->d_name[0] != '.' &&
		    is_bundle(path))
			r = add_bundle(c, path, true, why);
		free(entries[i]);
	}
	free(entries);
	/* The power may have gone before even the plan was there. */
	if (r == REASON_OK && c->len + c->voids == 0)
		r = add_bundle(c, folder, false, why);
	return r;
}

/* --- how they follow each other --- */

static enum reason
broken(struct why *why, const struct link *a, const char *what,
    const struct link *b)
{
	return why_set(why, REASON_EVIDENCE_CHAIN, -1, "%.70s %s %.70s",
	    a->name, what, b == NULL ? "" : b->name);
}

static const struct link *
link_before(const struct link *links, unsigned len, const struct link *l)
{
	unsigned i;

	for (i = 0; i < len; i++)
		if (memcmp(links[i].manifest, l->previous, HASH_SIZE) == 0)
			return &links[i];
	return NULL;
}

/* Two that are one, that begin, or that follow the same. */
static enum reason
check_pair(const struct link *a, const struct link *b, struct why *why)
{
	if (memcmp(a->manifest, b->manifest, HASH_SIZE) == 0)
		return broken(why, a, "is the same ceremony as", b);
	if (a->rehearsal != b->rehearsal)
		return broken(why, a->rehearsal ? a : b,
		    "is a rehearsal, and not so", a->rehearsal ? b : a);
	if (!a->follows && !b->follows)
		return broken(why, a, "begins the chain, and so does", b);
	if (a->follows && b->follows &&
	    memcmp(a->previous, b->previous, HASH_SIZE) == 0)
		return broken(why, a, "follows the same ceremony as", b);
	return REASON_OK;
}

static enum reason
check_link(const struct link *links, unsigned len, const struct link *l,
    struct why *why)
{
	const struct link *before = link_before(links, len, l);
	char hex[HEX_SIZE(HASH_SIZE)];

	if (!l->follows)
		return REASON_OK;
	hex_encode(hex, span_of(l->previous, HASH_SIZE));
	if (before == NULL)
		return why_set(why, REASON_EVIDENCE_CHAIN, -1,
		    "%.70s follows a ceremony that is missing: %s", l->name,
		    hex);
	if (before->end > l->begin)
		return broken(why, l, "began before the end of", before);
	return REASON_OK;
}

/* A row: one begins it, each other follows one that is there, no two the same. */
enum reason
chain_check(const struct link *links, unsigned len, struct why *why)
{
	unsigned i, j;
	enum reason r;

	for (i = 0; i < len; i++)
		for (j = 0; j < i; j++)
			if ((r = check_pair(&links[j], &links[i], why)) !=
			    REASON_OK)
				return r;
	for (i = 0; i < len; i++)
		if ((r = check_link(links, len, &links[i], why)) != REASON_OK)
			return r;
	return REASON_OK;
}

static void
tell_chain(const struct chain *c)
{
	(void)buf_printf(c->out, "a chain of %u ceremonies", c->len);
	if (c->voids > 0)
		(void)buf_printf(c->out, ", and %u void", c->voids);
	(void)buf_printf(c->out, "\n");
}

enum reason
ceremony_verify(char *const *bundles, unsigned len, struct buf *out,
    struct json_out *facts, struct why *why)
{
	struct chain *c = memory_new(sizeof(*c));
	bool among = len > 1 || !is_bundle(bundles[0]);
	unsigned i;
	enum reason r = REASON_OK;

	c->out = out;
	c->facts = facts;
	for (i = 0; i < len && r == REASON_OK; i++)
		r = len > 1 || is_bundle(bundles[i])
		    ? add_bundle(c, bundles[i], among, why)
		    : add_folder(c, bundles[i], why);
	if (r == REASON_OK && among && c->len == 0)
		r = why_set(
		    why, REASON_CEREMONY_VOID, -1, "none of them was finished");
	if (r == REASON_OK && among)
		r = chain_check(c->links, c->len, why);
	if (r == REASON_OK && among)
		tell_chain(c);
	free(c);
	return r;
}
