/* hallmark device list, show, assign, unassign. */
#include <stdio.h>

#include "authority/authority.h"
#include "base/clock.h"
#include "base/text.h"
#include "model/serial.h"

/* Octets of JSON; no entry has more. */
#define ONE_DEVICE	1024
#define ONE_CERTIFICATE (ONE_DEVICE + CERTIFICATE_MAX / 3 * 4 + 8)

/* --- reading --- */

static void
put_issuer(struct json_out *o, const struct device *d)
{
	json_add_hex(o,
	    d->issuer.kind == ISSUER_KEY_ID ? "issuer-key-id"
					    : "issuer-name-sha256",
	    span_of(d->issuer.bytes, d->issuer.len));
}

static void
put_device(struct json_out *o, const struct store_device *s)
{
	const struct device *d = &s->device;

	json_add_text(o, "serial", d->serial);
	json_add_text(o, "product", d->product);
	json_add_text(o, "state", device_state_text(d->state));
	json_add_text(
	    o, "origin", d->origin == ORIGIN_ISSUED ? "issued" : "imported");
	json_add_text(o, "ca", s->ca);
	put_issuer(o, d);
	put_time(o, "added", s->added);
}

struct listing {
	struct page page;
	bool keys;  /* with the public key's hash: for audit */
	bool whole; /* with that and the certificate: for lint */
};

static bool
put_next(void *context, const struct store_device *d)
{
	struct listing *l = context;
	struct json_out *o = &l->page.o;

	if (!page_takes(&l->page, d->device.serial))
		return false;
	put_device(o, d);
	if (l->keys || l->whole) {
		json_add_hex(o, "spki-sha256",
		    span_of(d->device.spki_sha256, HASH_SIZE));
		json_add_text(o, "warnings", d->warnings);
	}
	if (l->whole) {
		json_add_base64(o, "certificate", d->certificate);
	}
	json_end_object(o);
	return true;
}

static enum reason
read_state(
    const struct message_admin *m, enum device_state *out, struct why *why)
{
	struct span word = admin_argument(m, "state");
	unsigned i;

	*out = 0;
	if (word.len == 0)
		return REASON_OK;
	for (i = DEVICE_ACTIVE; i <= DEVICE_RETIRED; i++)
		if (span_is(word, device_state_text((enum device_state)i)))
			*out = (enum device_state)i;
	return *out != 0 ? REASON_OK
			 : why_set(why, REASON_ADMIN_ARGUMENT, -1,
			       "state: active, held or retired");
}

static bool
see_device(void *context, const struct store_device *s)
{
	(void)s;
	*(bool *)context = true;
	return false;
}

void
device_list(
    struct authority *a, struct origin from, const struct message_admin *m)
{
	char product[PRODUCT_NAME_MAX + 1], reached[SERIAL_MAX + 1];
	struct listing l = { .keys = admin_argument(m, "keys").len > 0,
		.whole = admin_argument(m, "whole").len > 0 };
	struct product known;
	enum device_state state;
	struct why why;
	enum reason r;

	if ((r = admin_text(m, "product", product, sizeof(product), false,
		 &why)) != REASON_OK ||
	    (r = read_state(m, &state, &why)) != REASON_OK) {
		answer_refusal(from, r, &why);
		return;
	}
	if (product[0] != '\0' &&
	    !store_product_find(a->store, product, &known)) {
		why_set(&why, REASON_PRODUCT_UNKNOWN, -1, "%s", product);
		answer_refusal(from, REASON_PRODUCT_UNKNOWN, &why);
		return;
	}
	if (!page_open(&l.page, from, m,
		(l.whole ? ONE_CERTIFICATE : ONE_DEVICE) * STORE_TWINS_MAX,
		"devices"))
		return;
	/* The store goes on behind it, if there is such a one. */
	if (!l.page.reached)
		store_device_get(
		    a->store, l.page.after, see_device, &l.page.reached);
	if (!store_device_each(
		a->store, l.page.after, product, state, put_next, &l, reached))
		page_break(&l.page, reached);
	page_end(&l.page, from);
}

/* "issuer" is the key identifier, or the hash of the Name, in hex. */
static enum reason
read_issuer(const struct message_admin *m, struct span *out,
    uint8_t room[KEY_ID_MAX], struct why *why)
{
	struct span text = admin_argument(m, "issuer");

	*out = span_of(room, 0);
	if (text.len == 0 || hex_decode(room, KEY_ID_MAX, &out->len, text))
		return REASON_OK;
	return why_set(why, REASON_ADMIN_ARGUMENT, -1,
	    "issuer: a key identifier, or hash of a Name, in hex");
}

static bool
issuer_fits(const struct device *d, struct span issuer)
{
	return issuer.len == 0 ||
	    span_eq(issuer, span_of(d->issuer.bytes, d->issuer.len)) ||
	    span_eq(issuer, span_of(d->issuer_name_sha256, HASH_SIZE));
}

struct showing {
	struct authority *a;
	struct json_out *o;
	struct span issuer;
	unsigned found;
	unsigned rulings;
};

static bool
put_ruling(void *context, const struct store_ruling *r)
{
	struct showing *w = context;

	ruling_put(w->o, r);
	return ++w->rulings < RULINGS_SHOWN;
}

static bool
put_whole(void *context, const struct store_device *s)
{
	struct showing *w = context;
	const struct device *d = &s->device;
	char owner[CUSTOMER_NAME_MAX + 1];
	struct json_out *o = w->o;

	if (!issuer_fits(d, w->issuer))
		return true;
	w->found++;
	json_begin_object(o);
	put_device(o, s);
	json_add_optional(o, "customer",
	    store_device_owner(w->a->store, d, owner) ? owner : NULL);
	json_add_hex(
	    o, "issuer-name-sha256", span_of(d->issuer_name_sha256, HASH_SIZE));
	json_add_hex(o, "spki-sha256", span_of(d->spki_sha256, HASH_SIZE));
	json_add_hex(
	    o, "certificate-sha256", span_of(d->certificate_sha256, HASH_SIZE));
	json_add_uint(o, "key-slot", d->key_slot);
	json_add_text(o, "warnings", s->warnings);
	json_add_base64(o, "certificate", s->certificate);
	json_put_name(o, "rulings");
	json_begin_array(o);
	w->rulings = 0;
	store_device_rulings(w->a->store, d, put_ruling, w);
	json_end_array(o);
	json_end_object(o);
	return true;
}

void
device_show(
    struct authority *a, struct origin from, const struct message_admin *m)
{
	static char room[ADMIN_BLOB_MAX];
	char serial[SERIAL_MAX + 1];
	uint8_t issuer[KEY_ID_MAX];
	struct json_out o;
	struct showing w = { .a = a, .o = &o };
	struct why why;
	enum reason r =
	    admin_text(m, "serial", serial, sizeof(serial), true, &why);

	if (r == REASON_OK)
		r = read_issuer(m, &w.issuer, issuer, &why);
	if (r != REASON_OK) {
		answer_refusal(from, r, &why);
		return;
	}
	json_out_open(&o, room, sizeof(room));
	json_begin_object(&o);
	json_put_name(&o, "devices");
	json_begin_array(&o);
	store_device_get(a->store, serial, put_whole, &w);
	json_end_array(&o);
	json_end_object(&o);
	if (w.found > 0) {
		answer_json(from, &o);
		return;
	}
	why_set(&why, REASON_DEVICE_UNKNOWN, -1, "%s", serial);
	answer_refusal(from, REASON_DEVICE_UNKNOWN, &why);
}

/* --- whom it was sold to --- */

enum reason
device_meant(struct authority *a, const struct message_admin *m,
    struct device *out, struct why *why)
{
	static struct device found[STORE_TWINS_MAX];
	char serial[SERIAL_MAX + 1];
	uint8_t room[KEY_ID_MAX];
	struct span issuer;
	unsigned i, n, hits = 0;
	enum reason r;

	if ((r = admin_text(m, "serial", serial, sizeof(serial), true, why)) !=
		REASON_OK ||
	    (r = read_issuer(m, &issuer, room, why)) != REASON_OK)
		return r;
	n = store_device_find(a->store, serial, found, STORE_TWINS_MAX);
	for (i = 0; i < n && i < STORE_TWINS_MAX; i++) {
		if (!issuer_fits(&found[i], issuer))
			continue;
		*out = found[i];
		hits++;
	}
	if (hits == 0)
		return why_set(why, REASON_DEVICE_UNKNOWN, -1, "%s", serial);
	return hits == 1
	    ? REASON_OK
	    : why_set(why, REASON_ADMIN_ARGUMENT, -1,
		  "issuer: there are %u devices with this serial", hits);
}

static enum reason
set_owner(struct authority *a, struct pending *p, struct why *why)
{
	struct message_admin m;
	char customer[CUSTOMER_NAME_MAX + 1] = "";
	enum reason r;

	admin_again(p, &m);
	if (strcmp(m.verb, "device.assign") == 0 &&
	    (r = admin_text(&m, "customer", customer, sizeof(customer), true,
		 why)) != REASON_OK)
		return r;
	if (!store_device_owner_set(
		a->store, &p->device, customer, clock_now()))
		return why_set(why, REASON_STORE_FAILED, -1, "%s", "");
	return REASON_OK;
}

/* "SERIAL CUSTOMER", in the journal as well: sales are no secret of the store. */
static void
assign(struct authority *a, struct origin from, const struct message_admin *m,
    bool to)
{
	char customer[CUSTOMER_NAME_MAX + 1], subject[128];
	struct device d;
	struct pending *p;
	struct customer c;
	struct why why;
	enum reason r = device_meant(a, m, &d, &why);

	if (r == REASON_OK && to)
		r = admin_text(
		    m, "customer", customer, sizeof(customer), true, &why);
	if (r == REASON_OK && to && d.state == DEVICE_RETIRED)
		r = why_set(&why, REASON_DEVICE_RETIRED, -1, "%s", d.serial);
	if (r == REASON_OK && to)
		r = customer_current(a, customer, &c, &why);
	if (r == REASON_OK && !to &&
	    !store_device_owner(a->store, &d, customer))
		r = why_set(&why, REASON_CUSTOMER_UNKNOWN, -1,
		    "%s was sold to nobody", d.serial);
	snprintf(subject, sizeof(subject), "%s %s", d.serial, customer);
	if ((p = admin_do(a, from, m, r, &why, set_owner)) == NULL)
		return;
	p->device = d;
	admin_act(a, p, from, m->verb, subject);
}

void
device_assign(
    struct authority *a, struct origin from, const struct message_admin *m)
{
	assign(a, from, m, true);
}

void
device_unassign(
    struct authority *a, struct origin from, const struct message_admin *m)
{
	assign(a, from, m, false);
}
