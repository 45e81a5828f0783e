/* The two pages that are printed and signed, from plan and story alone. */
#include <stdio.h>

#include "base/clock.h"
#include "base/text.h"
#include "ceremony/bundle.h"
#include "ceremony/guide.h"

#define PAGE_MAX 65536

/* A hash as hex, and where people compare it as words, on two lines. */
static void
fingerprint(struct buf *out, struct span hex, bool with_words)
{
	uint8_t hash[HASH_SIZE];
	char words[FINGERPRINT_SIZE], *middle = words;
	unsigned blanks;
	size_t len;

	if (!hex_decode(hash, sizeof(hash), &len, hex) || len != sizeof(hash))
		return;
	(void)buf_printf(
	    out, "     %.*s\n", (int)hex.len, (const char *)hex.ptr);
	if (!with_words)
		return;
	fingerprint_words(hash, words);
	for (blanks = 0; blanks < FINGERPRINT_WORDS / 2; blanks++)
		middle = strchr(middle, ' ') + 1;
	(void)buf_printf(out, "     %.*s\n     %s\n", (int)(middle - words - 1),
	    words, middle);
}

static void
head(
    const struct plan *p, const struct story *s, unsigned page, struct buf *out)
{
	char begin[CLOCK_TEXT_SIZE], end[CLOCK_TEXT_SIZE];

	clock_print(begin, s->lines[0].time);
	clock_print(end, s->lines[s->len - 1].time);
	(void)buf_printf(out,
	    "%s%s\n%s, ceremony of the kind %s, page %u of 2\n",
	    s->rehearsal ? "REHEARSAL, all keys thrown away: " : "", p->title,
	    p->organization, plan_kind_word(p->kind), page);
	(void)buf_printf(out, "%s to %s\n%s%s\n", begin, end, p->at,
	    p->at[0] == '\0' ? "" : "\n");
}

/* The new bags that the records in front of this one tell of. */
static void
print_bags(const struct story *s, const struct story_line *act, struct buf *out)
{
	const struct story_line *line = act;

	while (line > s->lines &&
	    (strcmp(line[-1].verb, "bag") == 0 ||
		strcmp(line[-1].verb, "fault") == 0))
		line--;
	for (; line < act; line++)
		if (strcmp(line->verb, "bag") == 0 && line->words_len == 3)
			(void)buf_printf(out,
			    "               share %.*s is in bag %.*s now\n",
			    (int)line->words[1].len,
			    (const char *)line->words[1].ptr,
			    (int)line->words[2].len,
			    (const char *)line->words[2].ptr);
}

/* One act on a line, and the hash that it left. Who attends is on page 2. */
static void
print_act(const struct plan *p, const struct act *a, unsigned n,
    const struct story *s, struct buf *out)
{
	const struct story_line *line =
	    s->made[n] != NULL ? s->made[n] : s->acts[n];
	char text[200], time[CLOCK_TEXT_SIZE];
	/* The bag of a share, the shares of a quorum. */
	struct span last = line->words[a->kind == ACT_SHARE ? 3 : 1];

	if (a->kind == ACT_ATTEND)
		return;
	act_print(p, a, text, sizeof(text));
	clock_print(time, line->time);
	(void)buf_printf(out, "%3u  %.8s  %s", n + 1, time + 11, text);
	if (a->kind == ACT_SHARE || a->kind == ACT_DRILL ||
	    a->kind == ACT_RECOVER)
		(void)buf_printf(
		    out, ": %.*s", (int)last.len, (const char *)last.ptr);
	if (strcmp(line->verb, "unseen") == 0)
		(void)buf_printf(out, ": NOT SEEN");
	(void)buf_printf(out, "\n");
	if (a->kind == ACT_DRILL || a->kind == ACT_RECOVER)
		print_bags(s, line, out);
	if (line->words_len > 1)
		fingerprint(out, line->words[1], a->kind == ACT_MAKE);
}

static void
print_faults(const struct story *s, struct buf *out)
{
	unsigned i;

	for (i = 0; i < s->len; i++)
		if (strcmp(s->lines[i].verb, "fault") == 0)
			(void)buf_printf(out, "refused on the way: %s\n",
			    s->lines[i].subject);
}

static void
print_people(const struct plan *p, struct buf *out)
{
	unsigned i, role;

	for (i = 0; i < p->attendees_len; i++) {
		const struct attendee *a = &p->attendees[i];
		char key[SSH_PRINT_SIZE] = "on paper";

		if (a->key.len > 0)
			ssh_key_print(&a->key, key);
		(void)buf_printf(out, "%s (%s)", a->name, a->handle);
		for (role = 1; role <= ROLE_CUSTODIAN; role <<= 1)
			if ((a->roles & role) != 0)
				(void)buf_printf(out, ", %s", role_word(role));
		(void)buf_printf(out,
		    "\n  key: %s\n\n  ________________________________\n\n",
		    key);
	}
}

enum reason
pages_write(const char *bundle, const struct plan *p,
    const struct script *script, const struct story *s, struct why *why)
{
	char hash[HEX_SIZE(HASH_SIZE)];
	struct buf out;
	enum reason r;
	unsigned i;

	buf_init(&out, PAGE_MAX);
	head(p, s, 1, &out);
	hex_encode(hash, span_of(p->sha256, HASH_SIZE));
	(void)buf_printf(&out, "plan\n");
	fingerprint(&out, span_str(hash), true);
	if (plan_follows(p)) {
		hex_encode(hash, span_of(p->previous, HASH_SIZE));
		(void)buf_printf(
		    &out, "after the ceremony with the manifest\n");
		fingerprint(&out, span_str(hash), true);
	}
	(void)buf_printf(&out, "\n");
	for (i = 0; i < script->len; i++)
		print_act(p, &script->acts[i], i, s, &out);
	print_faults(s, &out);
	story_tell_old(s, p, &out);
	hex_encode(hash, span_of(s->head, HASH_SIZE));
	(void)buf_printf(&out, "\nlast record of the journal\n");
	fingerprint(&out, span_str(hash), true);
	r = bundle_write(bundle, "page-1.txt", buf_span(&out), why);
	buf_clear(&out);
	head(p, s, 2, &out);
	(void)buf_printf(&out,
	    "I was there from the first act to the last. What page 1 says was "
	    "done as it says,\nbut for the deviations in notes.txt.\n\n"
	    "The words of the manifest, written down from the screen:\n\n"
	    "________________________________________________________________\n"
	    "\n"
	    "________________________________________________________________\n"
	    "\n");
	print_people(p, &out);
	if (r == REASON_OK)
		r = bundle_write(bundle, "page-2.txt", buf_span(&out), why);
	buf_free(&out);
	return r;
}
