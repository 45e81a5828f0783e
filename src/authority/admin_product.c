/* hallmark product add, set, list, show. */
#include <stdio.h>

#include "authority/authority.h"

/* --- changes --- */

/* Every argument but the name is a field. */
static enum reason
set_fields(struct product *p, const struct message_admin *m, struct why *why)
{
	enum reason r = REASON_OK;
	unsigned i;

	for (i = 0; r == REASON_OK && i < m->arguments_len; i++)
		if (strcmp(m->arguments[i].name, "name") != 0)
			r = product_set(p, span_str(m->arguments[i].name),
			    m->arguments[i].value, why);
	return r;
}

/* The product as the request wants it, from what is on record now. */
static enum reason
planned(struct authority *a, const struct message_admin *m, bool add,
    struct product *p, struct why *why)
{
	char name[PRODUCT_NAME_MAX + 1];
	struct product before;
	enum reason r = admin_text(m, "name", name, sizeof(name), true, why);

	if (r != REASON_OK)
		return r;
	if (store_product_find(a->store, name, p) == add)
		return why_set(why,
		    add ? REASON_PRODUCT_EXISTS : REASON_PRODUCT_UNKNOWN, -1,
		    "%s", name);
	if (add) {
		product_defaults(p);
		memcpy(p->name, name, sizeof(p->name));
	}
	before = *p;
	if ((r = set_fields(p, m, why)) != REASON_OK ||
	    (r = product_check(p, why)) != REASON_OK)
		return r;
	return product_line_check(a, add ? NULL : &before, p, why);
}

/* The act is on record; what was checked before may have changed since. */
static enum reason
put(struct authority *a, struct pending *p, bool add, struct why *why)
{
	struct message_admin m;
	struct product product;
	enum reason r;

	admin_again(p, &m);
	if ((r = planned(a, &m, add, &product, why)) != REASON_OK)
		return r;
	if (!store_product_put(a->store, &product))
		return why_set(why, REASON_STORE_FAILED, -1, "%s", "");
	return REASON_OK;
}

static enum reason
put_new(struct authority *a, struct pending *p, struct why *why)
{
	return put(a, p, true, why);
}

static enum reason
put_old(struct authority *a, struct pending *p, struct why *why)
{
	return put(a, p, false, why);
}

static void
change(struct authority *a, struct origin from, const struct message_admin *m,
    bool add)
{
	struct product product;
	struct pending *p;
	struct why why;
	enum reason r;

	if ((r = planned(a, m, add, &product, &why)) != REASON_OK) {
		answer_refusal(from, r, &why);
		return;
	}
	if ((p = admin_pending(a, STAGE_ACT, from, m)) == NULL)
		return;
	p->act = add ? put_new : put_old;
	admin_act(a, p, from, m->verb, product.name);
}

void
product_add(
    struct authority *a, struct origin from, const struct message_admin *m)
{
	change(a, from, m, true);
}

void
product_update(
    struct authority *a, struct origin from, const struct message_admin *m)
{
	change(a, from, m, false);
}

/* --- reading --- */

static void
put_product(struct json_out *o, const struct product *p)
{
	char formats[FORMATS_TEXT_SIZE], name[32];
	unsigned i;

	json_add_text(o, "name", p->name);
	json_add_text(o, "token", p->token);
	json_add_text(o, "scheme", p->scheme);
	json_add_text(o, "masa-url", p->masa_url);
	json_add_uint(o, "counter-width", p->counter_width);
	json_add_bool(o, "check-character", p->check_character);
	json_add_text(o, "pin", pin_policy_text(p->pin));
	json_add_text(o, "pin-kind", pin_kind_text(p->pin_kind));
	product_formats_print(formats, p->formats);
	json_add_text(o, "formats", formats);
	json_add_bool(o, "audit-only", p->audit_only);
	json_add_bool(o, "verified", p->verified);
	json_add_hex(o, "manufacturer-proprietary",
	    span_of(p->proprietary, p->proprietary_len));
	json_add_bool(o, "emit-id-data", p->emit_id_data);
	json_add_text(o, "x5bag", bag_place_text(p->x5bag));
	for (i = 0; i < LEGACY_COUNT; i++) {
		if (!legacy_form(i)->product)
			continue;
		snprintf(name, sizeof(name), "legacy-%s", legacy_form(i)->name);
		json_add_bool(o, name, (p->legacy & LEGACY(i)) != 0);
	}
	json_add_uint(o, "voucher-limit", p->voucher_limit);
	json_add_bool(o, "import-only", p->import_only);
	json_add_bool(o, "key-usage", p->key_usage);
}

#define ONE_PRODUCT 1536 /* octets of JSON; no entry has more */

static void
put_next(void *context, const struct product *p)
{
	struct page *page = context;

	if (!page_reached(page, p->name) || !page_takes(page, p->name))
		return;
	put_product(&page->o, p);
	json_end_object(&page->o);
}

void
product_list(
    struct authority *a, struct origin from, const struct message_admin *m)
{
	struct page page;

	if (!page_open(&page, from, m, ONE_PRODUCT, "products"))
		return;
	store_product_each(a->store, put_next, &page);
	page_end(&page, from);
}

void
product_show(
    struct authority *a, struct origin from, const struct message_admin *m)
{
	char room[2048], name[PRODUCT_NAME_MAX + 1];
	struct json_out o;
	struct product p;
	struct why why;
	enum reason r = admin_text(m, "name", name, sizeof(name), true, &why);

	if (r == REASON_OK && !store_product_find(a->store, name, &p))
		r = why_set(&why, REASON_PRODUCT_UNKNOWN, -1, "%s", name);
	if (r != REASON_OK) {
		answer_refusal(from, r, &why);
		return;
	}
	json_out_open(&o, room, sizeof(room));
	json_begin_object(&o);
	put_product(&o, &p);
	json_end_object(&o);
	answer_json(from, &o);
}
