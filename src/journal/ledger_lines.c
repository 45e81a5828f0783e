/*
 * Existing serials that were signed (IP 5.2 import mode), see ledger.h. They come
 * in any order and have no slot whose counter could say what is new. What was
 * signed is kept exactly, as runs of numbers, as long as there are not too many
 * gaps; a gap that is given up counts as signed, so nothing is ever signed twice.
 */
#include <stdio.h>

#include "base/fatal.h"
#include "journal/describe.h"
#include "journal/ledger.h"
#include "model/serial.h"

/* Its place, lines_len if there is none. */
static size_t
line_find(const struct ledger *l, const char *product)
{
	size_t i;

	for (i = 0; i < l->lines_len; i++)
		if (strcmp(l->lines[i].product, product) == 0)
			break;
	return i;
}

/* Against the serials of every other line. */
static enum reason
check_apart(const struct ledger *l, const struct ledger_key *k, size_t at,
    const char *scheme, struct why *why)
{
	const struct ledger_line *other;
	size_t i;

	for (i = 0; i < l->lines_len; i++) {
		other = &l->lines[i];
		if (i == at || !schemes_meet(other->scheme, scheme, true))
			continue;
		if (!schemes_meet(other->scheme, scheme, false))
			return why_set(why, REASON_SIGNER_POLICY, -1,
			    "serials like %.40s read like %.40s of product "
			    "%.40s",
			    scheme, other->scheme, other->product);
		if ((k->lines[i / 8] >> i % 8 & 1) != 0)
			return why_set(why, REASON_SIGNER_POLICY, -1,
			    "it has signed for product %.40s, which may have "
			    "the same serials",
			    other->product);
	}
	return REASON_OK;
}

enum reason
ledger_line_admits(const struct ledger *l, const struct ledger_key *k,
    const char *product, const char *scheme, struct why *why)
{
	size_t at = line_find(l, product);
	enum reason r = scheme_check(scheme, why);

	if (r != REASON_OK)
		return r;
	if (at == LEDGER_LINES_MAX)
		return why_set(why, REASON_SIGNER_POLICY, -1,
		    "a signer knows at most %d products with existing serials",
		    LEDGER_LINES_MAX);
	if (at < l->lines_len && strcmp(l->lines[at].scheme, scheme) != 0)
		return why_set(why, REASON_SIGNER_POLICY, -1,
		    "the serials of product %.40s are like %.40s", product,
		    l->lines[at].scheme);
	return check_apart(l, k, at, scheme, why);
}

/* The first run of the line that ends at number or later; or where one would
 * be. */
static size_t
run_find(const struct ledger *l, size_t line, uint64_t number)
{
	size_t low = 0, high = l->runs_len, mid;

	while (low < high) {
		mid = (low + high) / 2;
		if (l->runs[mid].line < line ||
		    (l->runs[mid].line == line && l->runs[mid].last < number))
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

enum reason
ledger_number_free(const struct ledger *l, const char *product, uint64_t number,
    struct why *why)
{
	size_t line = line_find(l, product);
	size_t at = run_find(l, line, number);

	if (line == l->lines_len || at == l->runs_len ||
	    l->runs[at].line != line || l->runs[at].first > number)
		return REASON_OK;
	return why_set(why, REASON_SERIAL_USED, -1,
	    "number %llu of %.40s was signed, or lies in a gap that is not "
	    "remembered",
	    (unsigned long long)number, product);
}

static void
run_remove(struct ledger *l, size_t at)
{
	memmove(&l->runs[at], &l->runs[at + 1],
	    (l->runs_len - at - 1) * sizeof(*l->runs));
	l->runs_len--;
}

static size_t
longest_line(const struct ledger *l)
{
	size_t count[LEDGER_LINES_MAX] = { 0 }, i, best = 0;

	for (i = 0; i < l->runs_len; i++)
		count[l->runs[i].line]++;
	for (i = 1; i < l->lines_len; i++)
		if (count[i] > count[best])
			best = i;
	return best;
}

/* The smallest gap loses the fewest serials; the lowest one of several. */
static void
gap_close(struct ledger *l)
{
	size_t i, best = l->runs_len, line = longest_line(l);
	uint64_t gap, least = UINT64_MAX;

	for (i = 0; i + 1 < l->runs_len; i++) {
		if (l->runs[i].line != line || l->runs[i + 1].line != line)
			continue;
		gap = l->runs[i + 1].first - l->runs[i].last;
		if (gap < least) {
			least = gap;
			best = i;
		}
	}
	if (best == l->runs_len)
		fatal("more lines than runs");
	l->runs[best].last = l->runs[best + 1].last;
	run_remove(l, best + 1);
}

static size_t
line_add(struct ledger *l, const char *product, const char *scheme)
{
	struct ledger_line *line;

	if (l->lines == NULL)
		ledger_lines_room(l);
	line = &l->lines[l->lines_len];
	snprintf(line->product, sizeof(line->product), "%s", product);
	snprintf(line->scheme, sizeof(line->scheme), "%s", scheme);
	return l->lines_len++;
}

void
ledger_lines_room(struct ledger *l)
{
	l->lines = memory_array(LEDGER_LINES_MAX, sizeof(*l->lines));
	l->runs = memory_array(LEDGER_RUNS_MAX + 1, sizeof(*l->runs));
}

void
ledger_number_take(struct ledger *l, struct ledger_key *k, const char *product,
    const char *scheme, uint64_t number)
{
	size_t line = line_find(l, product), at;
	struct ledger_run *r;
	bool below, above;

	if (line == l->lines_len)
		line = line_add(l, product, scheme);
	k->lines[line / 8] |= (uint8_t)(1u << line % 8);
	at = run_find(l, line, number);
	r = &l->runs[at];
	below = at > 0 && r[-1].line == line && r[-1].last + 1 == number;
	above = at < l->runs_len && r->line == line && r->first == number + 1;
	if (below && above) {
		r[-1].last = r->last;
		run_remove(l, at);
	} else if (below) {
		r[-1].last = number;
	} else if (above) {
		r->first = number;
	} else {
		memmove(r + 1, r, (l->runs_len - at) * sizeof(*r));
		*r = (struct ledger_run){ (uint32_t)line, number, number };
		l->runs_len++;
	}
	if (l->runs_len > LEDGER_RUNS_MAX)
		gap_close(l);
}

/* --- what a checkpoint says of them --- */

static void
line_fields(struct members *f, void *value)
{
	struct ledger_line *line = value;

	member_text(f, 1, "product", MEMBER_REQUIRED, line->product,
	    sizeof(line->product));
	member_text(f, 2, "scheme", MEMBER_REQUIRED, line->scheme,
	    sizeof(line->scheme));
	if (line->product[0] == '\0' ||
	    scheme_check(line->scheme, NULL) != REASON_OK)
		members_refuse(f, "product or scheme");
}

/* How many follow the first one: most runs of a busy line are long, and their
 * numbers large. */
static void
run_fields(struct members *f, void *value)
{
	struct ledger_run *r = value;
	uint64_t line = r->line, more = r->last - r->first;

	member_uint(f, 1, "line", MEMBER_OPTIONAL, &line, LEDGER_LINES_MAX - 1);
	member_uint(f, 2, "first", MEMBER_OPTIONAL, &r->first,
	    UINT64_C(1) << SCHEME_BITS);
	member_uint(
	    f, 3, "more", MEMBER_OPTIONAL, &more, UINT64_C(1) << SCHEME_BITS);
	if (f->mode != MEMBERS_READ)
		return;
	r->line = (uint32_t)line;
	r->last = r->first + more;
}

bool
ledger_runs_ordered(const struct ledger *l)
{
	size_t i;

	for (i = 0; i < l->runs_len; i++) {
		const struct ledger_run *r = &l->runs[i];

		if (r->line >= l->lines_len ||
		    (i > 0 &&
			(r->line < r[-1].line ||
			    (r->line == r[-1].line &&
				r->first <= r[-1].last + 1))))
			return false;
	}
	return true;
}

void
ledger_lines_push(struct ledger *l, const struct ledger *part)
{
	if (part->lines_len + part->runs_len == 0)
		return;
	if (l->lines == NULL)
		ledger_lines_room(l);
	if (part->lines_len > 0)
		memcpy(l->lines + l->lines_len, part->lines,
		    part->lines_len * sizeof(*l->lines));
	if (part->runs_len > 0)
		memcpy(l->runs + l->runs_len, part->runs,
		    part->runs_len * sizeof(*l->runs));
	l->lines_len += part->lines_len;
	l->runs_len += part->runs_len;
}

bool
ledger_rows_begin(
    struct members *f, unsigned key, const char *name, size_t most, size_t *len)
{
	uint64_t count;

	if (f->mode == MEMBERS_READ ? f->count == 0 || f->next != key
				    : *len == 0)
		return false;
	count = member_array(f, key, name, *len);
	if (f->mode == MEMBERS_READ && (count == 0 || count > most)) {
		members_refuse(f, name);
		return false;
	}
	if (f->mode == MEMBERS_READ)
		*len = (size_t)count;
	return true;
}

/* The order of runs, over all parts, is for whoever takes them to see. */
void
ledger_lines_fields(struct members *f, struct ledger *l)
{
	size_t i;

	if (f->mode == MEMBERS_READ && f->count > 0 &&
	    (f->next == 12 || f->next == 13))
		ledger_lines_room(l);
	if (ledger_rows_begin(
		f, 12, "lines", LEDGER_PART_LINES, &l->lines_len)) {
		for (i = 0; i < l->lines_len; i++)
			member_element(f, line_fields, &l->lines[i]);
		member_array_end(f);
	}
	if (ledger_rows_begin(f, 13, "runs", LEDGER_PART_RUNS, &l->runs_len)) {
		for (i = 0; i < l->runs_len; i++)
			member_element(f, run_fields, &l->runs[i]);
		member_array_end(f);
	}
}
