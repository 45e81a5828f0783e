/* What the journal of a ceremony tells, see bundle.h. */
#include <stdio.h>
#include <stdlib.h>

#include "base/fatal.h"
#include "base/file.h"
#include "base/text.h"
#include "ceremony/bundle.h"

struct telling {
	struct story *story;
	struct why *why;
};

static enum reason
differs(struct why *why, const char *what, const struct story_line *line)
{
	return why_set(why, REASON_EVIDENCE_DIFFERS, -1, "journal: %s: %s %s",
	    what, line == NULL ? "nothing" : line->verb,
	    line == NULL ? "" : line->subject);
}

static void
split_words(struct story_line *line)
{
	const char *at = line->subject;

	while (*at != '\0' && line->words_len < STORY_WORDS) {
		size_t len = strcspn(at, " ");

		line->words[line->words_len++] = span_of(at, len);
		at += len;
		at += *at == ' ';
	}
}

/* The chain was checked by journal/; here only kinds that a ceremony writes pass. */
static enum reason
take_record(
    void *context, const struct record *r, struct span bytes, struct why *why)
{
	struct telling *t = context;
	struct story *s = t->story;
	struct story_line *line = &s->lines[s->len];

	record_hash(bytes, s->head);
	memcpy(s->signer, r->signer, sizeof(s->signer));
	if (r->kind == RECORD_CHECKPOINT)
		return REASON_OK;
	if (r->kind != RECORD_ACT || s->len == STORY_MAX ||
	    strncmp(r->act.verb, "ceremony.", 9) != 0)
		return why_set(why, REASON_EVIDENCE_DIFFERS, -1,
		    "journal: record %llu is none of a ceremony",
		    (unsigned long long)r->sequence);
	line->time = r->time;
	snprintf(line->verb, sizeof(line->verb), "%s", r->act.verb + 9);
	snprintf(line->subject, sizeof(line->subject), "%s", r->act.subject);
	split_words(line);
	s->len++;
	return REASON_OK;
}

enum reason
story_read(const char *bundle, struct story **out, struct why *why)
{
	struct story *s = memory_new(sizeof(*s));
	struct telling t = { s, why };
	char path[PATH_MAX];
	struct ledger ledger;
	uint64_t records;
	enum reason r;

	*out = s;
	path_join(path, sizeof(path), bundle, "journal");
	if ((r = journal_verify(path, &ledger, &records, NULL, NULL, why)) !=
	    REASON_OK)
		return r;
	s->rehearsal = ledger.test;
	ledger_free(&ledger);
	return journal_read(path, 1, take_record, &t, why);
}

const char *
act_about(const struct act *a)
{
	switch (a->kind) {
	case ACT_ENTROPY:
		return a->who == NULL ? "kernel" : a->who->handle;
	case ACT_APPROVE:
	case ACT_ATTEND:
		return a->who->handle;
	case ACT_MAKE:
	case ACT_CERTIFY:
	case ACT_RECOVER:
	case ACT_SHARE:
	case ACT_DRILL:
	case ACT_RETIRE:
		return a->root->handle;
	case ACT_SIGN:
		return a->item->handle;
	default:
		return "-";
	}
}

/* A line with this verb, about this: everything else in it is data. */
static bool
is_about(const struct story_line *line, const char *verb, const char *about)
{
	return line != NULL && strcmp(line->verb, verb) == 0 &&
	    line->words_len > 0 && span_is(line->words[0], about);
}

/* The second and third word of a share: its number and who has it. */
static bool
share_fits(const struct story_line *line, const struct act *a)
{
	char number[8];

	snprintf(number, sizeof(number), "%u", a->index + 1);
	return line->words_len == 5 && span_is(line->words[1], number) &&
	    span_is(line->words[2], a->who->handle);
}

/* Seen destroyed or not, and the second word of it: whose share, or its number. */
static bool
retire_fits(const struct story_line *line, const struct act *a)
{
	char number[8];

	snprintf(number, sizeof(number), "%u", a->index + 1);
	return line->words_len == 2 &&
	    span_is(line->words[1], a->who == NULL ? number : a->who->handle);
}

/* Are the shares that recovered a key of a set as large as the plan says? Of a larger one
 * nobody would ask for the others before they are left to open it. */
static bool
recover_fits(const struct story *s, const struct story_line *line,
    const struct act *a, const struct plan *p)
{
	struct span list =
	    line->words_len == 2 ? line->words[1] : span_of("", 0);
	uint64_t number = 0;
	size_t i, begin = 0;

	if (a->kind != ACT_RECOVER || p->kind != PLAN_REFRESH ||
	    story_early(s)) /* by custodian, whatever the numbers */
		return true;
	for (i = 0; i <= list.len; i++) {
		if (i < list.len && list.ptr[i] != ',')
			continue;
		if (!text_uint(span_of(list.ptr + begin, i - begin),
			plan_old_shares(p), &number) ||
		    number == 0)
			return false;
		begin = i + 1;
	}
	return true;
}

/* Is that the record of this act? */
static bool
act_fits(const struct story *s, const struct story_line *line,
    const struct act *a, const struct plan *p)
{
	if (!recover_fits(s, line, a, p))
		return false;
	if (a->kind == ACT_RETIRE)
		return (is_about(line, act_word(a->kind), act_about(a)) ||
			   is_about(line, "unseen", act_about(a))) &&
		    retire_fits(line, a);
	return is_about(line, act_word(a->kind), act_about(a)) &&
	    (a->kind != ACT_SHARE || share_fits(line, a));
}

/* A share's new bag, in front of the act of the quorum that opened the old one. */
static bool
bag_fits(const struct story_line *line, const struct act *a, unsigned shares)
{
	uint64_t number;

	return (a->kind == ACT_DRILL || a->kind == ACT_RECOVER) &&
	    is_about(line, "bag", a->root->handle) && line->words_len == 3 &&
	    text_uint(line->words[1], shares, &number) && number > 0;
}

/* The next line that is not the note of a fault; NULL at the end. */
static const struct story_line *
next(struct story *s, unsigned *at)
{
	while (*at < s->len && strcmp(s->lines[*at].verb, "fault") == 0)
		(*at)++;
	if (*at < s->len && strcmp(s->lines[*at].verb, "abort") == 0)
		s->aborted = true;
	return *at == s->len || s->aborted ? NULL : &s->lines[(*at)++];
}

/* The record of an act, behind those of new bags: none, where it is of a time before
 * there were any, or as many as the quorum has shares. */
static const struct story_line *
next_act(
    struct story *s, const struct plan *p, const struct act *a, unsigned *at)
{
	const struct story_line *line = next(s, at);
	unsigned bags = 0;

	for (; line != NULL && bag_fits(line, a, p->shares); bags++)
		line = next(s, at);
	return line == NULL || bags == 0 || bags == p->threshold
	    ? line
	    : &s->lines[*at - 2]; /* the bag, which is not the act */
}

static enum reason
check_previous(
    struct story *s, const struct plan *p, unsigned *at, struct why *why)
{
	char hash[HEX_SIZE(HASH_SIZE)];
	const struct story_line *line;

	if (!plan_follows(p))
		return REASON_OK;
	hex_encode(hash, span_of(p->previous, HASH_SIZE));
	line = next(s, at);
	if (!is_about(line, "previous", "-") || line->words_len != 2 ||
	    !span_is(line->words[1], hash))
		return differs(
		    why, "it follows another ceremony than its plan", line);
	return REASON_OK;
}

static enum reason
check_begin(
    struct story *s, const struct plan *p, unsigned *at, struct why *why)
{
	const char *way = s->rehearsal ? "rehearsal" : "real";
	char hash[HEX_SIZE(HASH_SIZE)];
	const struct story_line *line = next(s, at);

	hex_encode(hash, span_of(p->sha256, HASH_SIZE));
	if (!is_about(line, "begin", way) || line->words_len != 3 ||
	    !span_is(line->words[1], plan_kind_word(p->kind)) ||
	    !span_is(line->words[2], hash))
		return differs(why, "it begins with another plan", line);
	s->begin = line;
	line = next(s, at);
	if (!is_about(line, "script", "-") || line->words_len != 2)
		return differs(why, "no script", line);
	s->script = line;
	return check_previous(s, p, at, why);
}

bool
story_early(const struct story *s)
{
	unsigned i;

	for (i = 0; i < s->len && strcmp(s->lines[i].verb, "wipe") != 0; i++)
		if (strcmp(s->lines[i].verb, "retire") == 0)
			return true;
	return false;
}

/* Nothing is destroyed while so many shares are left that they open the key. */
static bool
count_retired(struct story *s, const struct plan *p, const struct act *a,
    const struct story_line *line)
{
	bool seen = strcmp(line->verb, "retire") == 0;
	size_t n;

	if (a->kind != ACT_RETIRE)
		return true;
	n = (size_t)(a->root - p->roots);
	s->retired[n] += seen;
	s->unseen[n] += !seen;
	return p->kind != PLAN_DESTROY || s->unseen[n] <= plan_unseen_most(p);
}

enum reason
story_follow(struct story *s, const struct plan *p, const struct script *script,
    struct why *why)
{
	const struct story_line *line;
	unsigned at = 0;
	enum reason r;

	memset(s->retired, 0, sizeof(s->retired));
	memset(s->unseen, 0, sizeof(s->unseen));
	if ((r = check_begin(s, p, &at, why)) != REASON_OK)
		return r;
	for (s->done = 0; s->done < script->len; s->done++) {
		const struct act *a = &script->acts[s->done];

		if ((line = next_act(s, p, a, &at)) == NULL)
			return REASON_OK;
		if (!act_fits(s, line, a, p) || !count_retired(s, p, a, line))
			return differs(
			    why, "not the next act of the plan", line);
		s->acts[s->done] = line;
		if (a->kind != ACT_CERTIFY && a->kind != ACT_SIGN)
			continue;
		if ((line = next(s, &at)) == NULL)
			return REASON_OK;
		if (!is_about(line, "made", act_about(a)) ||
		    line->words_len != 2)
			return differs(why, "not what was signed", line);
		s->made[s->done] = line;
	}
	if (at != s->len)
		return differs(why, "it goes on behind its end", &s->lines[at]);
	return REASON_OK;
}

/* It was laid out after the record before its own, and shown before its own: neither a
 * clock that was set back nor a certificate of another day passes. Its end follows from
 * the plan. */
bool
story_dates(const struct story *s, unsigned act, int64_t not_before)
{
	const struct story_line *line = s->acts[act];
	const struct story_line *before = line == s->lines ? line : line - 1;

	return not_before >= before->time - MOMENT_TOLERATED &&
	    not_before <= line->time;
}

enum reason
story_health(const struct story_line *line, bool named, struct health *out,
    struct why *why)
{
	uint64_t n[3] = { 0 };
	bool good = line->words_len == 4;
	unsigned i;

	memset(out, 0, sizeof(*out));
	if (!named && line->words_len == 1)
		return REASON_OK;
	for (i = 0; good && i < 3; i++)
		good = text_uint(line->words[i + 1], UINT32_MAX, &n[i]);
	*out =
	    (struct health){ (unsigned)n[0], (unsigned)n[1], (unsigned)n[2] };
	if (good && entropy_check(out, why) == REASON_OK)
		return REASON_OK;
	return differs(why, "no generator that passed its test", line);
}
