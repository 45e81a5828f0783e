/*
 * hallmark ceremony verify: the evidence against itself, the plan and the keys of
 * those who attended. Fields are compared, not renderings of this program, so
 * that a later one says the same.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/fatal.h"
#include "base/file.h"
#include "base/text.h"
#include "ceremony/bundle.h"
#include "ceremony/ceremony.h"
#include "ceremony/guide.h"
#include "envelope/pem.h"
#include "x509/extension.h"

struct check {
	const char *bundle;
	struct plan *plan;
	struct script script;
	struct story *story;
	struct buf manifest, script_text;
	struct approvals approvals;
	struct issued_root {
		uint8_t der[CERTIFICATE_MAX];
		struct certificate certificate;
	} roots[ROOTS_MAX];
	struct buf *out;
};

static enum reason
differs(struct why *why, const char *name, const char *what)
{
	return why_set(
	    why, REASON_EVIDENCE_DIFFERS, -1, "%.80s: %s", name, what);
}

static bool
hash_is(struct span bytes, struct span hex)
{
	char text[HEX_SIZE(HASH_SIZE)];
	uint8_t hash[HASH_SIZE];

	sha256(bytes, hash);
	hex_encode(text, span_of(hash, sizeof(hash)));
	return span_is(hex, text);
}

/* out is initialised by this call, also where the file is refused. */
static enum reason
read_file(
    const struct check *c, const char *name, struct buf *out, struct why *why)
{
	char path[PATH_MAX];
	struct stat status;

	buf_init(out, EVIDENCE_MAX);
	path_join(path, sizeof(path), c->bundle, name);
	/* To open a pipe would wait for ever. */
	if (lstat(path, &status) == 0 && !S_ISREG(status.st_mode))
		return why_set(why, REASON_EVIDENCE_DIFFERS, -1,
		    "%.80s: no file of a ceremony", name);
	return file_read_regular(path, out, EVIDENCE_MAX, why);
}

/* --- files against the manifest --- */

/* The name in the first line that differs; of two the one that comes first in the
 * alphabet is the one that is too many or changed. */
static enum reason
name_difference(struct span kept, struct span found, struct why *why)
{
	size_t at = 0, begin = 0, end;
	struct span line;

	while (
	    at < kept.len && at < found.len && kept.ptr[at] == found.ptr[at]) {
		at++;
		if (kept.ptr[at - 1] == '\n')
			begin = at;
	}
	line = begin < found.len ? found : kept;
	for (end = begin; end < line.len && line.ptr[end] != '\n'; end++)
		continue;
	if (end - begin > 66)
		begin += 66; /* behind the hash */
	return why_set(why, REASON_EVIDENCE_DIFFERS, -1,
	    "%.*s is not what manifest.txt says", (int)(end - begin),
	    (const char *)line.ptr + begin);
}

static enum reason
check_manifest(struct check *c, struct why *why)
{
	struct buf found;
	enum reason r;

	buf_init(&found, MANIFEST_MAX);
	if ((r = bundle_manifest(c->bundle, &found, why)) == REASON_OK &&
	    !span_eq(buf_span(&c->manifest), buf_span(&found)))
		r = name_difference(
		    buf_span(&c->manifest), buf_span(&found), why);
	buf_free(&found);
	return r;
}

/* May a ceremony by this plan leave that file? */
static bool
is_planned(const struct plan *p, struct span name)
{
	char file[HANDLE_MAX + 32];
	unsigned i;

	for (i = 0; i < p->roots_len; i++) {
		snprintf(file, sizeof(file), "certificates/%s.pem",
		    p->roots[i].handle);
		if (span_is(name, file))
			return true;
		snprintf(
		    file, sizeof(file), "roots/%s.der", p->roots[i].handle);
		if (p->kind != PLAN_CREATE && span_is(name, file))
			return true;
	}
	for (i = 0; i < p->items_len; i++) {
		snprintf(file, sizeof(file), "certificates/%s.pem",
		    p->items[i].handle);
		if (span_is(name, file))
			return true;
		snprintf(
		    file, sizeof(file), "requests/%s.csr", p->items[i].handle);
		if (span_is(name, file))
			return true;
	}
	return false;
}

static bool
begins_with(struct span text, const char *begin)
{
	return text.len >= strlen(begin) &&
	    memcmp(text.ptr, begin, strlen(begin)) == 0;
}

/* Whatever else people put beside them before the manifest was made: what lies
 * among requests and certificates is taken for the ceremony's. */
static enum reason
check_names(const struct check *c, struct why *why)
{
	struct span rest = buf_span(&c->manifest), name;
	const uint8_t *end;

	while (
	    rest.len > 66 && (end = memchr(rest.ptr, '\n', rest.len)) != NULL) {
		name = span_of(rest.ptr + 66, (size_t)(end - rest.ptr) - 66);
		rest =
		    span_of(end + 1, rest.len - (size_t)(end + 1 - rest.ptr));
		if ((begins_with(name, "certificates/") ||
			begins_with(name, "requests/") ||
			begins_with(name, "roots/")) &&
		    !is_planned(c->plan, name))
			return why_set(why, REASON_EVIDENCE_DIFFERS, -1,
			    "%.*s is of nothing in the plan", (int)name.len,
			    (const char *)name.ptr);
	}
	return REASON_OK;
}

static enum reason
check_text(const struct check *c, const char *name,
    const struct story_line *line, struct why *why)
{
	struct buf text;
	enum reason r;

	if ((r = read_file(c, name, &text, why)) == REASON_OK &&
	    (line->words_len < 2 || !hash_is(buf_span(&text), line->words[1])))
		r = differs(why, name, "not the one in the journal");
	buf_free(&text);
	return r;
}

/* --- certificates --- */

/* Certificate n of a file, DER into room. */
static enum reason
read_certificate(const struct check *c, const char *handle, unsigned n,
    uint8_t *room, struct certificate *out, struct why *why)
{
	char name[HANDLE_MAX + 32];
	uint8_t *der;
	struct buf text;
	size_t offset = 0, len = 0;
	bool found = true;
	enum reason r;
	unsigned i;

	snprintf(name, sizeof(name), "certificates/%s.pem", handle);
	if ((r = read_file(c, name, &text, why)) != REASON_OK)
		return r;
	der = memory_new(text.len + 1);
	for (i = 0; i <= n && found; i++)
		found = pem_next(
		    buf_span(&text), &offset, "CERTIFICATE", der, &len);
	if (!found || len > CERTIFICATE_MAX)
		r = differs(why, name, "a certificate is missing");
	else {
		memcpy(room, der, len);
		r = certificate_read(span_of(room, len), out, why);
	}
	free(der);
	buf_free(&text);
	return r;
}

static bool
same_oids(
    const struct span *a, unsigned a_len, const struct span *b, unsigned b_len)
{
	unsigned i;

	for (i = 0; i < a_len && i < b_len; i++)
		if (!span_eq(a[i], b[i]))
			return false;
	return a_len == b_len;
}

static bool
same_policies(const struct certificate *a, const struct certificate *b)
{
	return a->has_policies == b->has_policies &&
	    same_oids(
		a->policies, a->policies_len, b->policies, b->policies_len) &&
	    same_oids(a->marks, a->marks_len, b->marks, b->marks_len);
}

/* All that decides what a certificate may do. Not the octets: a later renderer may
 * order extensions in another way and must still verify this one. */
static bool
same_fields(const struct certificate *a, const struct certificate *b)
{
	return span_eq(a->subject, b->subject) &&
	    span_eq(a->issuer, b->issuer) && span_eq(a->spki, b->spki) &&
	    span_eq(a->validity, b->validity) && a->ca == b->ca &&
	    a->has_path_length == b->has_path_length &&
	    a->path_length == b->path_length && a->key_usage == b->key_usage &&
	    span_eq(a->subject_key_id, b->subject_key_id) &&
	    span_eq(a->authority_key_id, b->authority_key_id) &&
	    same_policies(a, b) &&
	    a->has_extended_key_usage == b->has_extended_key_usage &&
	    a->unknown_critical == b->unknown_critical;
}

/* Is it the one of the journal, and as the plan says? */
static enum reason
check_certificate(const struct check *c, unsigned act,
    struct certificate_plan *plan, const struct certificate *made,
    const struct certificate *issuer, enum lint_subject subject,
    struct why *why)
{
	const char *about = act_about(&c->script.acts[act]);
	struct lint_finding findings[LINT_FINDINGS_MAX];
	struct lint_context context = { .subject = subject, .issuer = issuer };
	uint8_t tbs[CERTIFICATE_MAX];
	struct certificate expected;
	size_t len;
	enum reason r;

	if (!hash_is(made->tbs, c->story->acts[act]->words[1]) ||
	    !hash_is(made->der, c->story->made[act]->words[1]))
		return differs(
		    why, about, "not the certificate of the journal");
	if (!story_dates(c->story, act, made->not_before))
		return differs(
		    why, about, "its notBefore is not of when it was signed");
	memset(plan->serial, 1, sizeof(plan->serial));
	plan->signature_algorithm = made->algorithm;
	if (!certificate_render(plan, tbs, sizeof(tbs), &len))
		return differs(why, about, "not to be laid out");
	if ((r = certificate_tbs_read(span_of(tbs, len), &expected, why)) !=
	    REASON_OK)
		return r;
	if (!same_fields(made, &expected))
		return differs(why, about, "not the certificate of the plan");
	if (!certificate_signed_by(made, issuer == NULL ? made : issuer))
		return differs(why, about, "its signature does not verify");
	if (certificate_lint(made, &context, findings) == 0)
		return REASON_OK;
	*why = findings[0].why;
	return findings[0].code;
}

static enum reason
check_root(struct check *c, unsigned act, struct why *why)
{
	const struct plan_root *root = c->script.acts[act].root;
	struct issued_root *made = &c->roots[root - c->plan->roots];
	struct certificate_plan plan;
	char name[65];

	planned_root(c->plan, root, c->story->rehearsal,
	    made->certificate.not_before, name, &plan);
	plan.spki = made->certificate.spki;
	return check_certificate(
	    c, act, &plan, &made->certificate, NULL, LINT_CA, why);
}

/* The file holds the chain that `hallmark ca import` takes: both are held to the
 * plan. */
static enum reason
check_item(struct check *c, unsigned act, struct why *why)
{
	const struct plan_item *item = c->script.acts[act].item;
	const struct issued_root *root = &c->roots[item->root - c->plan->roots];
	uint8_t der[CERTIFICATE_MAX];
	struct certificate made, above;
	struct certificate_plan plan;
	char name[65];
	enum reason r;

	if ((r = read_certificate(c, item->handle, 1, der, &above, why)) !=
	    REASON_OK)
		return r;
	if (!span_eq(above.der, root->certificate.der))
		return differs(why, item->handle, "another root follows it");
	if ((r = read_certificate(c, item->handle, 0, der, &made, why)) !=
	    REASON_OK)
		return r;
	planned_item(
	    c->plan, item, c->story->rehearsal, made.not_before, name, &plan);
	plan.issuer_name = root->certificate.subject;
	plan.issuer_key_id = root->certificate.subject_key_id;
	return check_certificate(
	    c, act, &plan, &made, &root->certificate, planned_lint(item), why);
}

/* What is no rehearsal has no network, and locked memory. */
static enum reason
check_host(
    const struct check *c, const struct story_line *line, struct why *why)
{
	if (line->words_len == 4 &&
	    (c->story->rehearsal ||
		(span_is(line->words[2], "offline") &&
		    span_is(line->words[3], "locked"))))
		return REASON_OK;
	return differs(why, "journal", "the host was not fit");
}

static enum reason
check_health(const struct check *c, unsigned act, struct why *why)
{
	struct health h;
	char wanted[200];
	bool named;
	enum reason r;

	act_print(c->plan, &c->script.acts[act], wanted, sizeof(wanted));
	named = memmem(c->script_text.ptr, c->script_text.len, wanted,
		    strlen(wanted)) != NULL;
	r = story_health(c->story->acts[act], named, &h, why);
	if (r == REASON_OK && h.octets == 0)
		(void)buf_printf(
		    c->out, "no test of the generator is on record\n");
	else if (r == REASON_OK)
		(void)buf_printf(
		    c->out, "generator tested: %u octets\n", h.octets);
	return r;
}

/* The signature was over the script when the ceremony began: it is the one that the
 * record names. */
static enum reason
check_approval(const struct check *c, unsigned act, struct why *why)
{
	const struct attendee *who = c->script.acts[act].who;
	const struct story_line *line = c->story->acts[act];
	const struct buf *signature =
	    &c->approvals.signatures[who - c->plan->attendees];

	if (line->words_len != 2 ||
	    (who->paper ? !span_is(line->words[1], "paper")
			: !hash_is(buf_span(signature), line->words[1])))
		return differs(why, who->handle, "not the approval on record");
	(void)buf_printf(c->out, "approved by %s%s\n", who->handle,
	    who->paper ? " on paper" : "");
	return REASON_OK;
}

/* What an act left beside its record. */
static enum reason
check_act(struct check *c, unsigned act, struct why *why)
{
	const struct act *a = &c->script.acts[act];
	const struct story_line *line = c->story->acts[act];

	switch (a->kind) {
	case ACT_APPROVE:
		return check_approval(c, act, why);
	case ACT_MAKE:
		if (line->words_len != 2 ||
		    !hash_is(
			c->roots[a->root - c->plan->roots].certificate.spki,
			line->words[1]))
			return differs(
			    why, act_about(a), "not the key that was made");
		return REASON_OK;
	case ACT_CERTIFY:
		return check_root(c, act, why);
	case ACT_SIGN:
		return check_item(c, act, why);
	case ACT_HOST:
		return check_host(c, line, why);
	case ACT_CLOCK:
		return check_health(c, act, why);
	case ACT_CLOSE:
		return check_text(c, "notes.txt", line, why);
	default:
		return REASON_OK;
	}
}

static enum reason
check_acts(struct check *c, struct why *why)
{
	unsigned i;
	enum reason r;

	for (i = 0; i < c->plan->roots_len; i++) {
		const struct plan_root *root = &c->plan->roots[i];

		if ((r = read_certificate(c, root->handle, 0, c->roots[i].der,
			 &c->roots[i].certificate, why)) != REASON_OK)
			return r;
		if (c->plan->kind != PLAN_CREATE &&
		    !span_eq(
			c->roots[i].certificate.der, root->certificate.der))
			return differs(why, root->handle, "another root");
	}
	for (i = 0; i < c->script.len; i++)
		if ((r = check_act(c, i, why)) != REASON_OK)
			return r;
	return REASON_OK;
}

/* --- who acknowledges --- */

static enum reason
check_signature(
    const struct check *c, const struct attendee *a, struct why *why)
{
	char name[HANDLE_MAX + 32];
	struct buf file;
	enum reason r;

	snprintf(name, sizeof(name), "acknowledgements/%s.sig", a->handle);
	if (read_file(c, name, &file, why) != REASON_OK)
		return why_set(why, REASON_EVIDENCE_UNSIGNED, -1,
		    "%s: there is no %s", a->handle, name);
	r = ssh_verify(&a->key, BUNDLE_NAMESPACE, buf_span(&c->manifest),
	    buf_span(&file), why);
	buf_free(&file);
	if (r == REASON_OK)
		(void)buf_printf(c->out, "acknowledged by %s\n", a->handle);
	return r;
}

/* Nothing lies there but what somebody of the plan may have signed. */
/* Signatures stand outside the manifest, so their folder is looked through by
 * itself. */
static enum reason
check_strangers(const struct check *c, struct why *why)
{
	char path[PATH_MAX], name[HANDLE_MAX + 8];
	struct dirent *entry;
	bool known = true;
	unsigned i;
	DIR *d;

	path_join(path, sizeof(path), c->bundle, "acknowledgements");
	if ((d = opendir(path)) == NULL)
		return differs(why, "acknowledgements", strerror(errno));
	while (known && (entry = readdir(d)) != NULL) {
		known = entry->d_name[0] == '.' &&
		    strspn(entry->d_name, ".") == strlen(entry->d_name);
		for (i = 0; i < c->plan->attendees_len && !known; i++) {
			snprintf(name, sizeof(name), "%s.sig",
			    c->plan->attendees[i].handle);
			known = !c->plan->attendees[i].paper &&
			    strcmp(entry->d_name, name) == 0;
		}
		if (!known)
			why_set(why, REASON_EVIDENCE_DIFFERS, -1,
			    "acknowledgements/%.60s is of nobody in the plan",
			    entry->d_name);
	}
	closedir(d);
	return known ? REASON_OK : REASON_EVIDENCE_DIFFERS;
}

static enum reason
check_acknowledgements(const struct check *c, struct why *why)
{
	unsigned i;
	enum reason r;

	if ((r = check_strangers(c, why)) != REASON_OK)
		return r;
	for (i = 0; i < c->plan->attendees_len; i++) {
		const struct attendee *a = &c->plan->attendees[i];

		if (a->paper)
			(void)buf_printf(c->out,
			    "%s acknowledges on paper: see page 2\n",
			    a->handle);
		else if ((r = check_signature(c, a, why)) != REASON_OK)
			return r;
	}
	return REASON_OK;
}

/* --- all of it --- */

/* The record must tell of every act, and of the script that was approved. */
static enum reason
check_story(struct check *c, struct why *why)
{
	enum reason r;

	if ((r = story_read(c->bundle, &c->story, why)) != REASON_OK)
		return r;
	script_make(c->plan, story_early(c->story), &c->script);
	if ((r = story_follow(c->story, c->plan, &c->script, why)) != REASON_OK)
		return r;
	if (c->story->aborted || c->story->done < c->script.len)
		return why_set(why, REASON_CEREMONY_VOID, -1,
		    "it ended after act %u of %u", c->story->done,
		    c->script.len);
	if ((r = check_text(c, "script.txt", c->story->script, why)) !=
		REASON_OK ||
	    (r = read_file(c, "script.txt", &c->script_text, why)) != REASON_OK)
		return r;
	return approvals_read(
	    c->plan, buf_span(&c->script_text), &c->approvals, why);
}

static void
print_summary(const struct check *c)
{
	uint8_t hash[HASH_SIZE];
	char hex[HEX_SIZE(HASH_SIZE)], words[FINGERPRINT_SIZE];

	sha256(buf_span(&c->manifest), hash);
	hex_encode(hex, span_of(hash, sizeof(hash)));
	fingerprint_words(hash, words);
	(void)buf_printf(c->out,
	    "%s%s\n%u acts of %u, kind %s\nmanifest %s\n%s\n",
	    c->story->rehearsal ? "REHEARSAL: " : "", c->plan->title,
	    c->story->done, c->script.len, plan_kind_word(c->plan->kind), hex,
	    words);
	hex_encode(hex, span_of(c->plan->previous, HASH_SIZE));
	if (plan_follows(c->plan))
		(void)buf_printf(c->out, "after the manifest %s\n", hex);
	if (c->plan->at[0] != '\0')
		(void)buf_printf(c->out, "held at %s\n", c->plan->at);
	story_tell_old(c->story, c->plan, c->out);
}

static void
fill_link(const struct check *c, struct link *link)
{
	const struct story *s = c->story;

	snprintf(link->name, sizeof(link->name), "%s", c->bundle);
	memcpy(link->title, c->plan->title, sizeof(link->title));
	sha256(buf_span(&c->manifest), link->manifest);
	memcpy(link->previous, c->plan->previous, HASH_SIZE);
	link->follows = plan_follows(c->plan);
	link->rehearsal = s->rehearsal;
	link->begin = s->lines[0].time;
	link->end = s->lines[s->len - 1].time;
}

static enum reason
check_record(struct check *c, struct why *why)
{
	char path[PATH_MAX];
	enum reason r;

	path_join(path, sizeof(path), c->bundle, "plan.ini");
	r = plan_load(path, PLAN_BUNDLE, &c->plan, why);
	return r != REASON_OK ? r : check_story(c, why);
}

/* Without a manifest it is a void, however much of it there is; what shares it made are
 * told. */
static enum reason
check_unclosed(struct check *c, struct why *why)
{
	struct why inner;
	enum reason r = check_record(c, &inner);

	if (c->script.len > 0)
		story_tell_new(c->story, c->plan, &c->script, c->out);
	if (r == REASON_OK)
		return why_set(why, REASON_CEREMONY_VOID, -1,
		    "there is no " BUNDLE_MANIFEST " yet");
	return why_set(why, REASON_CEREMONY_VOID, -1, "%.150s", inner.text);
}

static enum reason
check_all(struct check *c, struct why *why)
{
	enum reason r;

	if (read_file(c, BUNDLE_MANIFEST, &c->manifest, why) != REASON_OK)
		return check_unclosed(c, why);
	if ((r = check_manifest(c, why)) != REASON_OK ||
	    (r = check_record(c, why)) != REASON_OK)
		return r;
	print_summary(c);
	if ((r = check_names(c, why)) != REASON_OK ||
	    (r = check_acts(c, why)) != REASON_OK)
		return r;
	return check_acknowledgements(c, why);
}

static void
put_facts(const struct check *c, struct json_out *facts)
{
	const struct certificate *roots[ROOTS_MAX];
	unsigned i;

	for (i = 0; i < ROOTS_MAX; i++)
		roots[i] = &c->roots[i].certificate;
	facts_put(facts, c->plan, &c->script, c->story, buf_span(&c->manifest),
	    roots);
}

enum reason
bundle_verify(const char *bundle, struct buf *out, struct json_out *facts,
    struct link *link, struct why *why)
{
	struct check *c = memory_new(sizeof(*c));
	enum reason r;

	c->bundle = bundle;
	c->out = out;
	if ((r = check_all(c, why)) == REASON_OK)
		fill_link(c, link);
	if (r == REASON_OK && facts != NULL)
		put_facts(c, facts);
	if (r == REASON_CEREMONY_VOID && facts != NULL && c->script.len > 0 &&
	    c->plan->kind == PLAN_REFRESH)
		facts_put_unfinished(facts, c->plan, c->story);
	plan_free(c->plan);
	free(c->story);
	buf_free(&c->manifest);
	buf_free(&c->script_text);
	approvals_free(&c->approvals);
	free(c);
	return r;
}
