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

/* Was it this unit that counted before? By its serial, where both times name one, else
 * by what it asked with; and its key is that of the same device: one that makes itself
 * another key, and again somebody else's, counts again. */
static bool
is_counted(const struct store_line *l, const struct line_unit *u)
{
	if (l->duplicates == 0 || strcmp(l->serial, u->holder) != 0)
		return false;
	if (l->unit[0] != '\0' && u->serial.len > 0)
		return span_is(u->serial, l->unit);
	return memcmp(l->request_sha256, u->request_sha256, HASH_SIZE) == 0;
}

/* Nobody is told that a line stopped which goes on because the store lost it. */
static void
refuse(struct authority *a, struct pending *p, bool good)
{
	struct why why;

	if (!good) {
		admin_fail(a, p, REASON_STORE_FAILED, NULL);
		return;
	}
	if (p->number == DUPLICATES_MAX)
		log_alarm("line-stopped", "product=\"%s\" serial=\"%s\"",
		    p->product.name, p->device.serial);
	why_set(&why, REASON_KEY_DUPLICATE, -1, "it is the key of %s",
	    p->device.serial);
	admin_fail(a, p, REASON_KEY_DUPLICATE, &why);
}

bool
line_duplicate(
    struct authority *a, struct pending *p, const struct line_unit *u)
{
	struct store_line l;
	struct store_ruling stop = { .kind = RULING_PRODUCT,
		.state = DEVICE_HELD,
		.moment = clock_now(),
		.user = RULING_NOBODY,
		.cause = CAUSE_DUPLICATE };

	store_line_find(a->store, p->product.name, &l);
	if (is_counted(&l, u))
		return false;
	memcpy(l.product, p->product.name, sizeof(l.product));
	text_copy(l.serial, sizeof(l.serial), span_str(u->holder));
	(void)text_copy(l.unit, sizeof(l.unit), u->serial);
	memcpy(l.request_sha256, u->request_sha256, HASH_SIZE);
	l.moment = clock_now();
	l.duplicates++;
	(void)store_line_put(a->store, &l);
	memcpy(p->device.serial, l.serial, sizeof(p->device.serial));
	p->number = l.duplicates;
	wait_for_commit(a, p, refuse);
	if (l.duplicates != DUPLICATES_MAX)
		return true;
	memcpy(stop.name, l.product, sizeof(l.product));
	snprintf(stop.note, sizeof(stop.note), "%s: the key of %s",
	    reason_code(REASON_KEY_DUPLICATE), u->holder);
	(void)store_ruling_add(a->store, &stop);
	return true;
}

/* The unit that has the key is none: by its serial, in the order or the request. Where
 * neither names one the same octets are its request, however late they come again. */
bool
line_see(struct authority *a, struct pending *p, const struct csr_facts *f)
{
	struct line_unit u = { .request_sha256 = f->csr_sha256 };
	struct store_serial known = { 0 };
	struct device holder = { 0 };
	char ordered[SERIAL_MAX + 1];
	struct message_admin m;
	struct why why;
	const char *of;

	if (store_serial_by_key(a->store, f->spki_sha256, &known)) {
		u.holder = known.serial;
		of = known.product;
	} else if (store_device_by_key(a->store, f->spki_sha256, &holder)) {
		u.holder = holder.serial;
		of = holder.product;
	} else {
		return false;
	}
	admin_again(p, &m);
	/* What no serial can be names no unit. */
	if (admin_text(&m, "serial", ordered, sizeof(ordered), false, &why) !=
	    REASON_OK)
		ordered[0] = '\0';
	u.serial = span_str(ordered[0] != '\0' ? ordered : f->serial);
	if (u.serial.len == 0) {
		if (memcmp(known.csr_sha256, f->csr_sha256, HASH_SIZE) == 0)
			return false;
	} else if (strcmp(of, p->product.name) == 0 &&
	    span_is(u.serial, u.holder) &&
	    (f->serial[0] == '\0' || strcmp(f->serial, u.holder) == 0)) {
		return false;
	}
	return line_duplicate(a, p, &u);
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
