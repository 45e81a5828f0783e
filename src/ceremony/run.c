/* hallmark ceremony run: from the first act to a closed bundle, or to a void. */
#include "ceremony/run.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fatal.h"
#include "base/file.h"
#include "base/text.h"
#include "ceremony/ceremony.h"
#include "ceremony/host.h"

#define SCRIPT_MAX  (1 << 20)
#define SEGMENT_FEW ((size_t)256 << 10)

enum reason
run_note(
    struct run *run, struct why *why, const char *word, const char *format, ...)
{
	struct record record = { .kind = RECORD_ACT };
	va_list arguments;
	enum reason r;
	int len;

	record.act.user = (uint32_t)getuid();
	snprintf(record.act.verb, sizeof(record.act.verb), "ceremony.%s", word);
	va_start(arguments, format);
	len = vsnprintf(
	    record.act.subject, sizeof(record.act.subject), format, arguments);
	va_end(arguments);
	if (len < 0 || (size_t)len >= sizeof(record.act.subject))
		fatal("a record of %d characters", len);
	r = journal_append(run->journal, &record, clock_now(), why);
	return r != REASON_OK ? r : journal_commit(run->journal, why);
}

unsigned
run_root(const struct run *run, const struct plan_root *r)
{
	return (unsigned)(r - run->plan->roots);
}

void
run_wipe(struct run *run)
{
	unsigned i;

	secret_free(&run->pool);
	for (i = 0; i < ROOTS_MAX; i++) {
		secret_free(&run->shares[i]);
		private_key_free(run->keys[i]);
		run->keys[i] = NULL;
	}
}

/* --- the journal --- */

static void
journal_path(const struct run *run, char out[PATH_MAX])
{
	path_join(out, PATH_MAX, run->bundle, "journal");
}

/* The bundle before the journal: a journal alone would not say what it is about. The
 * first record binds the plan, the second the script that people approved. */
static enum reason
begin(struct run *run, struct why *why)
{
	char path[PATH_MAX], hex[HEX_SIZE(HASH_SIZE)];
	uint8_t hash[HASH_SIZE];
	enum reason r;

	sha256(buf_span(&run->script_text), hash);
	r = bundle_begin(run->bundle, run->plan, buf_span(&run->script_text),
	    &run->approvals, why);
	if (r != REASON_OK)
		return r;
	journal_path(run, path);
	if ((r = journal_create_sized(path, run->rehearsal, clock_now(),
		 SEGMENT_FEW, why)) != REASON_OK ||
	    (r = journal_open(path, &run->journal, NULL, NULL, why)) !=
		REASON_OK)
		return r;
	hex_encode(hex, span_of(run->plan->sha256, HASH_SIZE));
	r = run_note(run, why, "begin", "%s %s %s",
	    run->rehearsal ? "rehearsal" : "real",
	    plan_kind_word(run->plan->kind), hex);
	if (r != REASON_OK)
		return r;
	hex_encode(hex, span_of(hash, sizeof(hash)));
	r = run_note(run, why, "script", "- %s", hex);
	hex_encode(hex, span_of(run->plan->previous, HASH_SIZE));
	if (r == REASON_OK && plan_follows(run->plan))
		r = run_note(run, why, "previous", "- %s", hex);
	return r;
}

/* --- the end of it --- */

/* Pages and manifest follow from what is there, so they can be made again. */
static enum reason
finish(struct run *run, struct why *why)
{
	char path[PATH_MAX];
	struct buf manifest;
	struct story *story;
	enum reason r;

	journal_close(run->journal);
	run->journal = NULL;
	/* Empty; if it comes back with a power cut, it is still no evidence. */
	path_join(path, sizeof(path), run->bundle, "journal/lock");
	(void)unlink(path);
	if ((r = story_read(run->bundle, &story, why)) == REASON_OK &&
	    (r = story_follow(story, run->plan, &run->script, why)) ==
		REASON_OK)
		r = pages_write(
		    run->bundle, run->plan, &run->script, story, why);
	free(story);
	buf_init(&manifest, MANIFEST_MAX);
	if (r == REASON_OK &&
	    (r = bundle_manifest(run->bundle, &manifest, why)) == REASON_OK)
		r = bundle_write(
		    run->bundle, BUNDLE_MANIFEST, buf_span(&manifest), why);
	buf_free(&manifest);
	return r;
}

/* These words in the hand of those who attended are what a forger of a whole bundle
 * cannot make. */
static enum reason
show_manifest(struct run *run, struct why *why)
{
	char path[PATH_MAX];
	uint8_t hash[HASH_SIZE];
	struct buf manifest;
	enum reason r;

	path_join(path, sizeof(path), run->bundle, BUNDLE_MANIFEST);
	if ((r = file_read(path, &manifest, MANIFEST_MAX, why)) != REASON_OK)
		return r;
	sha256(buf_span(&manifest), hash);
	buf_free(&manifest);
	guide_act(&run->guide, run->script.len, run->script.len,
	    "the evidence is closed");
	guide_fingerprint(&run->guide, "    manifest.txt", hash);
	return guide_confirm(
	    &run->guide, "Everybody has written the words on page 2.", why);
}

/* Which shares a refresh has left that were not there before. The record has them;
 * who cannot read it is told so. */
static void
say_shares(const struct run *run)
{
	struct story *story = NULL;
	struct buf text;
	struct why why;

	if (run->plan->kind != PLAN_REFRESH)
		return;
	buf_init(&text, SCRIPT_MAX);
	if (story_read(run->bundle, &story, &why) == REASON_OK &&
	    story_follow(story, run->plan, &run->script, &why) == REASON_OK)
		story_tell_new(story, run->plan, &run->script, &text);
	else
		fprintf(stderr,
		    "Its record cannot be read (%s). Destroy no share before "
		    "it was: hallmark ceremony verify %s\n",
		    why.text, run->bundle);
	fwrite(text.ptr, 1, text.len, stderr);
	buf_free(&text);
	free(story);
}

static bool
exists(const struct run *run, const char *name)
{
	char path[PATH_MAX];

	path_join(path, sizeof(path), run->bundle, name);
	return access(path, F_OK) == 0;
}

/* What an end before the end leaves, in words that cannot be misread. Certificates are
 * on disk already where the power went between them and the record of the wipe, so each
 * that may exist is named (IP 9). */
static void
say_left(const struct run *run)
{
	const struct plan *p = run->plan;
	char name[64];
	unsigned i;

	if (exists(run, BUNDLE_MANIFEST)) {
		fprintf(stderr,
		    "The evidence is closed. hallmark ceremony verify %s tells "
		    "the words for page 2.\n",
		    run->bundle);
		return;
	}
	if (run->guide.act > run->script.settled) {
		fprintf(stderr, "Only %s missing: the same command goes on.\n",
		    run->guide.act == run->script.len
			? "papers are"
			: "the destruction of shares and papers are");
		say_shares(run);
		return;
	}
	if (p->kind == PLAN_CREATE)
		fputs("Every key that this ceremony made is VOID. Its shares "
		      "are worth nothing: destroy them before witnesses.\n",
		    stderr);
	else
		fputs("The recovered key stays what it was; seal the shares "
		      "again.\n",
		    stderr);
	say_shares(run);
	for (i = 0; i < p->items_len; i++)
		if (run->announced[i])
			fprintf(stderr,
			    "%s was to be signed and is VOID with this "
			    "ceremony: destroy certificates/%s.pem.\n",
			    p->items[i].handle, p->items[i].handle);
	for (i = 0; i < p->roots_len && p->kind == PLAN_CREATE; i++) {
		snprintf(name, sizeof(name), "certificates/%s.pem",
		    p->roots[i].handle);
		if (exists(run, name))
			fprintf(stderr, "%s is of a VOID root: destroy it.\n",
			    name);
	}
}

static enum reason
perform(struct run *run, unsigned from, struct why *why)
{
	char what[200];
	unsigned i;
	enum reason r = REASON_OK;

	for (i = from; i < run->script.len && r == REASON_OK; i++) {
		act_print(run->plan, &run->script.acts[i], what, sizeof(what));
		guide_act(&run->guide, i + 1, run->script.len, what);
		r = run_act(run, &run->script.acts[i], why);
	}
	return r;
}

/* --- a bundle that is there already --- */

/* Not there, as opposed to out of reach. */
static bool
is_missing(const struct run *run, const char *name)
{
	char path[PATH_MAX];
	struct stat status;

	path_join(path, sizeof(path), run->bundle, name);
	return lstat(path, &status) != 0 && errno == ENOENT;
}

/* The record is made whole or not at all, before any act. Whatever else keeps it from
 * being opened, another console that has it or a medium that is read-only, says nothing
 * of what was done. */
static enum reason
never_began(const struct run *run, struct why *why)
{
	return why_set(why, REASON_CEREMONY_VOID, -1,
	    "%.80s: it never began, and made nothing", run->bundle);
}

/* What was signed before this run. */
static void
take_announced(struct run *run, const struct story *s)
{
	const struct act *acts = run->script.acts;
	unsigned i;

	for (i = 0; i < run->script.len; i++)
		if (acts[i].kind == ACT_SIGN && s->acts[i] != NULL)
			run->announced[acts[i].item - run->plan->items] = true;
}

/* How many acts are done. Where later acts rest on what was in memory, the ceremony is
 * void, and the journal says so; else it goes on. */
static enum reason
resume(struct run *run, unsigned *from, struct why *why)
{
	struct story *story = NULL;
	char path[PATH_MAX];
	struct why ignored;
	enum reason r;

	if (exists(run, BUNDLE_MANIFEST))
		return why_set(why, REASON_FILE_UNREADABLE, -1,
		    "%.150s: this ceremony is closed; hallmark ceremony verify "
		    "tells its words",
		    run->bundle);
	if (is_missing(run, "journal/00000001.seg"))
		return never_began(run, why);
	journal_path(run, path);
	if ((r = journal_open(path, &run->journal, NULL, NULL, why)) !=
	    REASON_OK)
		return r;
	if ((r = story_read(run->bundle, &story, why)) == REASON_OK &&
	    story->len < (plan_follows(run->plan) ? 3U : 2U))
		r = never_began(run, why);
	if (r == REASON_OK) {
		script_make(run->plan, story_early(story), &run->script);
		r = story_follow(story, run->plan, &run->script, why);
	}
	if (r == REASON_OK && story->rehearsal != run->rehearsal)
		r = why_set(why, REASON_EVIDENCE_DIFFERS, -1,
		    "a rehearsal goes on as a rehearsal only");
	if (r == REASON_OK &&
	    (story->aborted || story->done < run->script.settled)) {
		r = why_set(why, REASON_CEREMONY_VOID, -1,
		    "it ended after act %u of %u", story->done,
		    run->script.len);
		run->guide.act = story->done + 1;
		if (!story->aborted &&
		    run_note(run, &ignored, "abort", "power %u",
			story->done + 1) != REASON_OK)
			fputs("The journal could not say so.\n", stderr);
	}
	*from = story->done;
	take_announced(run, story);
	memcpy(run->unseen, story->unseen, sizeof(run->unseen));
	free(story);
	return r;
}

/* --- all of it --- */

/* Whoever comes with another bundle than the plan names has mistaken which ceremony
 * was the last one, or does not know of it. */
static enum reason
check_previous(const struct run *run, struct why *why)
{
	char path[PATH_MAX];
	uint8_t hash[HASH_SIZE];
	struct buf manifest;
	enum reason r;

	if ((run->previous != NULL) != plan_follows(run->plan))
		return why_set(why, REASON_EVIDENCE_CHAIN, -1,
		    run->previous == NULL
			? "the plan names a ceremony before it: --previous"
			: "the plan names no ceremony before it");
	if (run->previous == NULL)
		return REASON_OK;
	path_join(path, sizeof(path), run->previous, BUNDLE_MANIFEST);
	if ((r = file_read_regular(path, &manifest, MANIFEST_MAX, why)) !=
	    REASON_OK)
		return r;
	sha256(buf_span(&manifest), hash);
	buf_free(&manifest);
	return memcmp(hash, run->plan->previous, HASH_SIZE) == 0
	    ? REASON_OK
	    : why_set(why, REASON_EVIDENCE_CHAIN, -1,
		  "%.120s is not the ceremony that the plan names",
		  run->previous);
}

/* What was agreed on before the day. */
static enum reason
check_agreed(struct run *run, struct why *why)
{
	enum reason r;

	if ((r = check_previous(run, why)) != REASON_OK ||
	    (r = script_print(run->plan, &run->script_text, why)) != REASON_OK)
		return r;
	return approvals_read(
	    run->plan, buf_span(&run->script_text), &run->approvals, why);
}

/* A rehearsal never sees the shares of a real root, nor a real ceremony those of
 * a rehearsed one: their names tell them apart. */
static enum reason
check_roots(const struct run *run, struct why *why)
{
	const struct plan *p = run->plan;
	char name[256];
	unsigned i;

	for (i = 0; i < p->roots_len && p->kind != PLAN_CREATE; i++) {
		name_print(name, sizeof(name), p->roots[i].certificate.subject);
		if ((strstr(name, "CN=TEST ") != NULL) != run->rehearsal)
			return why_set(why, REASON_PLAN_OBJECT, -1,
			    "%s is %s root: %.80s", p->roots[i].handle,
			    run->rehearsal ? "a real" : "a rehearsed", name);
	}
	return REASON_OK;
}

static enum reason
check_host(const struct run *run, struct why *why)
{
	enum reason r;

	if ((r = check_roots(run, why)) != REASON_OK || run->rehearsal)
		return r;
	r = host_check_network(why);
	return r != REASON_OK ? r : host_lock_memory(why);
}

/* Roots that exist are published again with what they sign. */
static void
take_roots(struct run *run)
{
	const struct plan *p = run->plan;
	unsigned i;

	for (i = 0; i < p->roots_len && p->kind != PLAN_CREATE; i++)
		run->roots[i].certificate = p->roots[i].certificate;
}

/* The host and what is there are looked at before the terminal is taken, so that what
 * is said of them stays on the screen; secrets are wiped before anything else is tried. */
static enum reason
run_all(struct run *run, struct why *why)
{
	bool there = access(run->bundle, F_OK) == 0;
	unsigned from = 0;
	struct why ignored;
	enum reason r;

	if ((r = check_host(run, why)) != REASON_OK ||
	    (r = check_agreed(run, why)) != REASON_OK)
		return r;
	if (there)
		r = resume(run, &from, why);
	if (r == REASON_OK)
		r = guide_open(
		    &run->guide, run->plan->title, run->rehearsal, why);
	if (r == REASON_OK && !there)
		r = begin(run, why);
	if (r == REASON_OK) {
		r = perform(run, from, why);
		run_wipe(run);
		if (r != REASON_OK && run->guide.act <= run->script.settled &&
		    run_note(run, &ignored, "abort", "%s %u", reason_code(r),
			run->guide.act) != REASON_OK)
			r = REASON_CEREMONY_ABORTED;
	}
	if (r == REASON_OK && (r = finish(run, why)) == REASON_OK)
		r = show_manifest(run, why);
	guide_close(&run->guide);
	if (run->journal != NULL)
		journal_close(run->journal);
	return r;
}

enum reason
ceremony_run(const char *path, const char *bundle, const char *previous,
    bool rehearsal, struct why *why)
{
	struct run *run = memory_new(sizeof(*run));
	struct plan *plan = NULL;
	enum reason r;

	if ((r = plan_load(path, PLAN_BESIDE, &plan, why)) == REASON_OK) {
		run->plan = plan;
		run->bundle = bundle;
		run->previous = previous;
		buf_init(&run->script_text, SCRIPT_MAX);
		run->rehearsal = rehearsal;
		script_make(plan, false, &run->script);
		take_roots(run);
		r = run_all(run, why);
		if (r != REASON_OK && run->guide.act > 0)
			say_left(run);
	}
	plan_free(plan);
	buf_free(&run->script_text);
	approvals_free(&run->approvals);
	free(run);
	return r;
}

enum reason
ceremony_plan(const char *path, struct buf *out, struct why *why)
{
	struct plan *plan = NULL;
	enum reason r;

	if ((r = plan_load(path, PLAN_BESIDE, &plan, why)) == REASON_OK)
		r = script_print(plan, out, why);
	plan_free(plan);
	return r;
}
