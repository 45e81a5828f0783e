/*
 * A unit whose key was seen before has a generator that repeats itself, or is a unit
 * that was here already. Two of them stop issuing for their product until an operator
 * has looked (R-2.8, IP 5.5, doc/decisions/076).
 */
#include <stdio.h>

#include "authority/authority.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"

#define DUPLICATES_MAX 2

enum reason
line_check(struct authority *a, const char *product, struct why *why)
{
	struct store_line l;

	if (store_line_find(a->store, product, &l) < DUPLICATES_MAX)
		return REASON_OK;
	return why_set(why, REASON_LINE_STOPPED, -1,
	    "%s; the last key was that of %s; hallmark product resume %s",
	    product, l.serial, product);
}

/* --- what counts --- */

struct looking {
	const uint8_t *spki;
	int64_t added;
};

static bool
see_added(void *context, const struct store_device *d)
{
	struct looking *l = context;

	if (memcmp(d->device.spki_sha256, l->spki, HASH_SIZE) == 0)
		l->added = d->added;
	return true;
}

/* A request that names no unit is the same unit's if it is the same octets, and its
 * answer was on its way just now: whoever lost it asks at once. Later it may as well
 * be another unit, whose generator gives the same key and signature. */
static bool
is_repeated(struct authority *a, const struct store_serial *known,
    const struct csr_facts *f)
{
	struct looking l = { .spki = f->spki_sha256 };

	if (memcmp(known->csr_sha256, f->csr_sha256, HASH_SIZE) != 0)
		return false;
	if (known->state == SERIAL_RESERVED)
		return true;
	store_device_get(a->store, known->serial, see_added, &l);
	return clock_now() - l.added <= REPLAY_SECONDS;
}

void
line_duplicate(struct authority *a, const char *product, const char *serial)
{
	struct store_line l;
	struct store_ruling stop = { .kind = RULING_PRODUCT,
		.state = DEVICE_HELD,
		.moment = clock_now(),
		.user = RULING_NOBODY,
		.cause = CAUSE_DUPLICATE };

	store_line_find(a->store, product, &l);
	text_copy(l.product, sizeof(l.product), span_str(product));
	text_copy(l.serial, sizeof(l.serial), span_str(serial));
	l.moment = clock_now();
	l.duplicates++;
	(void)store_line_put(a->store, &l);
	if (l.duplicates != DUPLICATES_MAX)
		return;
	memcpy(stop.name, l.product, sizeof(l.product));
	snprintf(stop.note, sizeof(stop.note), "%s: the key of %s",
	    reason_code(REASON_KEY_DUPLICATE), serial);
	(void)store_ruling_add(a->store, &stop);
	log_alarm(
	    "line-stopped", "product=\"%s\" serial=\"%s\"", product, serial);
}

void
line_see(
    struct authority *a, const struct pending *p, const struct csr_facts *f)
{
	struct store_serial known = { 0 };
	struct device holder = { 0 };
	struct message_admin m;
	struct span ordered;
	const char *serial, *of;

	if (store_serial_by_key(a->store, f->spki_sha256, &known)) {
		serial = known.serial;
		of = known.product;
	} else if (store_device_by_key(a->store, f->spki_sha256, &holder)) {
		serial = holder.serial;
		of = holder.product;
	} else {
		return;
	}
	admin_again(p, &m);
	ordered = admin_argument(&m, "serial");
	if (ordered.len == 0 && f->serial[0] == '\0') {
		if (known.serial[0] != '\0' && is_repeated(a, &known, f))
			return;
	} else if (strcmp(of, p->product.name) == 0 &&
	    (ordered.len == 0 || span_is(ordered, serial)) &&
	    (f->serial[0] == '\0' || strcmp(f->serial, serial) == 0)) {
		return;
	}
	line_duplicate(a, p->product.name, serial);
}

/* --- an operator has looked --- */

static enum reason
resume_act(struct authority *a, struct pending *p, struct why *why)
{
	struct store_ruling go = { .kind = RULING_PRODUCT,
		.state = DEVICE_ACTIVE,
		.moment = clock_now(),
		.user = p->origin.user };
	struct store_line l;
	struct message_admin m;
	char word[16], note[NOTE_MAX - sizeof(word)] = "";
	enum reason r;

	admin_again(p, &m);
	if ((r = admin_text(&m, "reason", word, sizeof(word), true, why)) !=
		REASON_OK ||
	    (r = admin_text(&m, "note", note, sizeof(note), false, why)) !=
		REASON_OK)
		return r;
	store_line_find(a->store, p->product.name, &l);
	l.duplicates = 0;
	memcpy(l.product, p->product.name, sizeof(l.product));
	memcpy(go.name, p->product.name, sizeof(p->product.name));
	snprintf(go.note, sizeof(go.note), "%s%s%s", word,
	    note[0] == '\0' ? "" : ": ", note);
	return store_line_put(a->store, &l) && store_ruling_add(a->store, &go)
	    ? REASON_OK
	    : why_set(why, REASON_STORE_FAILED, -1, "%s", "");
}

void
product_resume(
    struct authority *a, struct origin from, const struct message_admin *m)
{
	char name[PRODUCT_NAME_MAX + 1], word[16], note[NOTE_MAX - 16];
	char subject[sizeof(name) + sizeof(word)];
	struct product product;
	struct store_line l;
	struct pending *p;
	struct why why;
	enum reason r = admin_text(m, "name", name, sizeof(name), true, &why);

	if (r == REASON_OK && !store_product_find(a->store, name, &product))
		r = why_set(&why, REASON_PRODUCT_UNKNOWN, -1, "%s", name);
	if (r == REASON_OK && store_line_find(a->store, name, &l) == 0)
		r = why_set(&why, REASON_ADMIN_ARGUMENT, -1,
		    "%s is not stopped, and no key came twice", name);
	if (r == REASON_OK &&
	    (admin_text(m, "reason", word, sizeof(word), true, &why) !=
		    REASON_OK ||
		!line_cause_known(word)))
		r = why_set(&why, REASON_ADMIN_ARGUMENT, -1,
		    "reason: " LINE_CAUSE_WORDS);
	if (r == REASON_OK)
		r = admin_text(m, "note", note, sizeof(note), false, &why);
	if ((p = admin_do(a, from, m, r, &why, resume_act)) == NULL)
		return;
	p->product = product;
	snprintf(subject, sizeof(subject), "%s %s", name, word);
	admin_act(a, p, from, m->verb, subject);
}

/* --- status --- */

static void
put_stopped(void *context, const struct store_line *l)
{
	struct json_out *o = context;

	json_begin_object(o);
	json_add_text(o, "product", l->product);
	json_add_uint(o, "keys", l->duplicates);
	json_add_text(o, "serial", l->serial);
	put_time(o, "last", l->moment);
	json_add_bool(o, "stopped", l->duplicates >= DUPLICATES_MAX);
	json_end_object(o);
}

void
lines_status(struct authority *a, struct json_out *o)
{
	json_put_name(o, "duplicate-keys");
	json_begin_array(o);
	store_line_each(a->store, put_stopped, o);
	json_end_array(o);
}
