/*
 * What the journal of a ceremony tells, of a bundle that came from elsewhere: acts of
 * the kind that its plan has, in their order. The first octet says which plan, each line
 * then is a record: its verb, a blank, its subject.
 *
 * A ceremony may be cut off at any time and goes on from what is told: so where a story
 * holds, each beginning of it holds. Notes of faults change nothing, but that none may
 * stand behind the end.
 */
#include "ceremony/story.c" /* what it makes of a record is its own */

#include "fuzz.h"

#define KINDS (PLAN_DESTROY + 1)
#define ABORT KINDS /* behind the kinds */

static bool met[KINDS + 1];

const char *
corpus_lacks(void)
{
	unsigned i;

	for (i = 0; i < KINDS; i++)
		if (!met[i])
			return plan_kind_word(i);
	return met[ABORT] ? NULL : "abort";
}

/* Three custodians, two of whom open one root, which signs one thing more. */
static void
plan_make(struct plan *p, unsigned which)
{
	static const struct attendee people[] = {
		{ .handle = "ann",
		    .roles = ROLE_OPERATOR | ROLE_CUSTODIAN,
		    .approves = true },
		{ .handle = "bob", .roles = ROLE_WITNESS | ROLE_CUSTODIAN },
		{ .handle = "cid", .roles = ROLE_CUSTODIAN },
	};

	memset(p, 0, sizeof(*p));
	p->kind = which % 8 % KINDS;
	p->shares = 3;
	p->threshold = 2;
	p->previous[0] = (which & 0x10) == 0;
	memcpy(p->attendees, people, sizeof(people));
	p->attendees_len = 3;
	text_copy(p->roots[0].handle, HANDLE_MAX + 1, span_str("one"));
	p->roots_len = 1;
	text_copy(p->items[0].handle, HANDLE_MAX + 1, span_str("item"));
	p->items[0].root = &p->roots[0];
	p->items_len = p->kind <= PLAN_SIGN;
}

/* Of what members_act() takes of a record. */
static bool
line_read(struct story *s, struct span line)
{
	const uint8_t *blank = memchr(line.ptr, ' ', line.len);
	struct record r = { .kind = RECORD_ACT };
	struct why why;
	struct telling t = { s, &why };
	char verb[sizeof(r.act.verb) - 9];
	size_t n;

	if (blank == NULL || !text_printable(line))
		return false;
	n = (size_t)(blank - line.ptr);
	if (!text_copy(verb, sizeof(verb), span_of(line.ptr, n)) ||
	    !text_copy(r.act.subject, sizeof(r.act.subject),
		span_of(blank + 1, line.len - n - 1)))
		return false;
	snprintf(r.act.verb, sizeof(r.act.verb), "ceremony.%s", verb);
	r.time = 1000 * (int64_t)(s->len + 1);
	return take_record(&t, &r, line, &why) == REASON_OK;
}

static bool
lines_read(struct story *s, struct span rest)
{
	const uint8_t *end;
	struct span line;

	while (rest.len > 0) {
		end = memchr(rest.ptr, '\n', rest.len);
		line = span_of(rest.ptr,
		    end == NULL ? rest.len : (size_t)(end - rest.ptr));
		if (end == NULL || !line_read(s, line))
			return false;
		rest = span_of(end + 1, rest.len - line.len - 1);
	}
	return true;
}

static enum reason
follow(struct story *s, const struct plan *p, struct script *script)
{
	struct why why;
	enum reason r;

	why_clear(&why);
	s->aborted = false;
	script_make(p, story_early(s), script);
	r = story_follow(s, p, script, &why);
	require(r == REASON_OK ||
	    (r == REASON_EVIDENCE_DIFFERS && why.text[0] != '\0'));
	return r;
}

/* Each act that was done has a record of its own, behind that of the one before. */
static void
acts_hold(
    const struct story *s, const struct plan *p, const struct script *script)
{
	const struct story_line *line, *before = s->script;
	unsigned i;

	require(s->begin < s->script && s->done <= script->len);
	for (i = 0; i < s->done; i++, before = line) {
		line = s->acts[i];
		require(line > before && line < s->lines + s->len);
		require(span_is(line->words[0], act_about(&script->acts[i])));
		require(script->acts[i].kind == ACT_RETIRE ||
		    strcmp(line->verb, act_word(script->acts[i].kind)) == 0);
		(void)story_dates(s, i, line->time);
	}
	require(p->kind != PLAN_DESTROY || s->unseen[0] <= plan_unseen_most(p));
	require(s->retired[0] + s->unseen[0] <= SHARES_MAX);
}

static void
health_holds(const struct story_line *line)
{
	struct health h, again;
	struct why why;

	if (story_health(line, true, &h, &why) == REASON_OK) {
		require(entropy_check(&h, &why) == REASON_OK);
		require(story_health(line, false, &again, &why) == REASON_OK);
		require(memcmp(&h, &again, sizeof(h)) == 0);
	}
}

/* What verify and the pages print of it. */
static void
words_hold(
    const struct story *s, const struct plan *p, const struct script *script)
{
	struct span bags[SHARES_MAX] = { { NULL, 0 } };
	struct buf out;
	unsigned i;

	story_bags(s, &p->roots[0], bags);
	for (i = 0; i < SHARES_MAX; i++)
		require(text_printable(bags[i]));
	require(story_made(s, &p->roots[0]) <= s->len);
	buf_init(&out, SIZE_MAX);
	story_tell_old(s, p, &out);
	story_tell_new(s, p, script, &out);
	for (i = 0; i < out.len; i++)
		require(out.ptr[i] == '\n' ||
		    text_printable(span_of(out.ptr + i, 1)));
	buf_free(&out);
}

static void
without_faults(const struct story *s, const struct plan *p, bool holds)
{
	static struct story plain;
	static struct script script;
	const char *last = s->len > 0 ? s->lines[s->len - 1].verb : "";
	bool alone;
	unsigned i;

	for (plain.len = i = 0; i < s->len; i++)
		if (strcmp(s->lines[i].verb, "fault") != 0)
			plain.lines[plain.len++] = s->lines[i];
	plain.rehearsal = s->rehearsal;
	alone = follow(&plain, p, &script) == REASON_OK;
	if (plain.done == script.len && strcmp(last, "fault") == 0)
		alone = false;
	require(alone == holds);
	require(
	    !holds || (plain.done == s->done && plain.aborted == s->aborted));
}

/* Cut somewhere behind its head; unless it is of before shares were destroyed early. */
static void
cut_off(struct story *s, const struct plan *p, unsigned where)
{
	static struct script script;
	const unsigned len = s->len, done = s->done;
	const bool early = story_early(s);
	unsigned head;

	if (done == 0)
		return;
	head = (unsigned)(s->acts[0] - s->lines);
	s->len = head + where % (len - head);
	if (story_early(s) == early)
		require(follow(s, p, &script) == REASON_OK && s->done <= done);
	s->len = len;
}

uint64_t
input_read(const uint8_t *bytes, size_t len)
{
	static struct script script;
	static struct story s;
	static struct plan p;
	uint64_t digest;
	bool holds;

	if (len == 0)
		return 0;
	plan_make(&p, bytes[0]);
	memset(&s, 0, sizeof(s));
	s.rehearsal = (bytes[0] & 8) != 0;
	if (!lines_read(&s, span_of(bytes + 1, len - 1)))
		return 0;
	holds = follow(&s, &p, &script) == REASON_OK;
	digest = digest_add(ACCEPTED, &s.done, sizeof(s.done));
	if (holds) {
		met[p.kind] |= s.done == script.len;
		met[ABORT] |= s.aborted;
		acts_hold(&s, &p, &script);
	}
	if (oracle_begin()) {
		if (s.len > 0)
			health_holds(&s.lines[s.len - 1]);
		words_hold(&s, &p, &script);
		without_faults(&s, &p, holds);
		if (holds)
			cut_off(&s, &p,
			    (unsigned)(digest_add(ACCEPTED, bytes, len) >> 32));
		oracle_end();
	}
	return holds ? digest : 0;
}
