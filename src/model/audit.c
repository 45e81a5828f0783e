/* The audit log on the wire, see audit.h. */
#include "model/audit.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/fatal.h"
#include "wire/json.h"

/* One event that stays, and what stands behind it. */
struct kept {
	const struct audit_event *event;
	uint64_t truncated; /* older events of this domainID left out */
};

struct reduction {
	struct kept *kept;
	size_t len;
	uint64_t nonced, nonceless; /* duplicates */
	uint64_t arbitrary;
};

static bool
same_domain(const struct audit_event *a, const struct audit_event *b)
{
	return a->domain_id_len == b->domain_id_len &&
	    memcmp(a->domain_id, b->domain_id, a->domain_id_len) == 0 &&
	    memcmp(a->pin_spki_sha256, b->pin_spki_sha256, HASH_SIZE) == 0;
}

static uint64_t
saturated(uint64_t n)
{
	return n > AUDIT_COUNTER_MAX ? AUDIT_COUNTER_MAX : n;
}

/* By domainID and kind, the newest first. */
static int
by_domain(const void *left, const void *right)
{
	const struct audit_event *a = ((const struct kept *)left)->event;
	const struct audit_event *b = ((const struct kept *)right)->event;
	int order;

	if (a->domain_id_len != b->domain_id_len)
		return a->domain_id_len < b->domain_id_len ? -1 : 1;
	if ((order = memcmp(a->domain_id, b->domain_id, a->domain_id_len)) != 0)
		return order;
	if ((order = memcmp(
		 a->pin_spki_sha256, b->pin_spki_sha256, HASH_SIZE)) != 0)
		return order;
	if ((a->nonce[0] == '\0') != (b->nonce[0] == '\0'))
		return a->nonce[0] == '\0' ? -1 : 1;
	return a > b ? -1 : 1;
}

static int
by_age(const void *left, const void *right)
{
	const struct kept *a = left, *b = right;

	return a->event > b->event ? -1 : 1;
}

/* The newest of each domainID and kind stays, and the others count for it. Sorted,
 * since domainIDs are the registrars' to choose: thousands of different ones must
 * not be compared each with each. */
static void
reduce(struct reduction *r, const struct audit_event *events, size_t count)
{
	const struct audit_event *e;
	struct kept *k;
	size_t i;

	for (i = 0; i < count; i++)
		r->kept[i].event = &events[i];
	qsort(r->kept, count, sizeof(*r->kept), by_domain);
	for (i = 0; i < count; i++) {
		e = r->kept[i].event;
		k = r->len == 0 ? NULL : &r->kept[r->len - 1];
		if (k == NULL || !same_domain(k->event, e) ||
		    (k->event->nonce[0] == '\0') != (e->nonce[0] == '\0')) {
			r->kept[r->len++] = (struct kept){ e, 0 };
			continue;
		}
		k->truncated++;
		if (e->nonce[0] == '\0')
			r->nonceless++;
		else
			r->nonced++;
	}
	qsort(r->kept, r->len, sizeof(*r->kept), by_age);
}

static void
put_event(struct json_out *o, const struct kept *k)
{
	const struct audit_event *e = k->event;
	char date[CLOCK_TEXT_SIZE];

	clock_print(date, e->date);
	json_begin_object(o);
	json_add_text(o, "date", date);
	json_add_base64(o, "domainID", span_of(e->domain_id, e->domain_id_len));
	json_add_optional(o, "nonce", e->nonce);
	json_add_text(o, "assertion", assertion_text(e->assertion));
	if (k->truncated > 0) {
		json_add_uint(o, "truncated", saturated(k->truncated));
	}
	json_end_object(o);
}

static bool
print(const struct reduction *r, char *out, size_t cap, size_t *len)
{
	struct json_out o;
	struct span written;
	size_t i;

	json_out_open(&o, out, cap);
	json_begin_object(&o);
	json_add_uint(&o, "version", 1);
	json_put_name(&o, "events");
	json_begin_array(&o);
	for (i = 0; i < r->len && !o.full; i++)
		put_event(&o, &r->kept[i]);
	json_end_array(&o);
	json_put_name(&o, "truncation");
	json_begin_object(&o);
	json_add_uint(&o, "nonced duplicates", saturated(r->nonced));
	json_add_uint(&o, "nonceless duplicates", saturated(r->nonceless));
	json_add_uint(&o, "arbitrary", saturated(r->arbitrary));
	json_end_object(&o);
	json_end_object(&o);
	if (json_out_span(&o, &written) != WIRE_OK)
		return false;
	*len = written.len;
	return true;
}

/* The log with the newest n of what stays; "arbitrary" counts the others. */
static bool
print_newest(
    const struct reduction *r, size_t n, char *out, size_t cap, size_t *len)
{
	struct reduction some = *r;
	size_t i;

	some.len = n;
	for (i = n; i < r->len; i++)
		some.arbitrary += 1 + r->kept[i].truncated;
	return print(&some, out, cap, len);
}

bool
audit_to_json(const struct audit_event *events, size_t count, uint64_t older,
    char *out, size_t cap, size_t *len)
{
	struct reduction r = { .kept =
				   memory_array(count + 1, sizeof(struct kept)),
		.arbitrary = older };
	size_t fits = 0, over, middle;
	bool good;

	reduce(&r, events, count);
	over = r.len + 1;
	if (print_newest(&r, r.len, out, cap, len))
		fits = r.len;
	/* Invariant: fits events fit (or there is no room at all), over events
	 * do not. */
	while (fits != r.len && over - fits > 1) {
		middle = fits + (over - fits) / 2;
		if (print_newest(&r, middle, out, cap, len))
			fits = middle;
		else
			over = middle;
	}
	good = print_newest(&r, fits, out, cap, len);
	free(r.kept);
	return good;
}
