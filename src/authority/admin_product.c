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

static bool
url_is_new(const struct product *before, const struct product *p)
{
	return before == NULL || before->import_only != p->import_only ||
	    strcmp(before->masa_url, p->masa_url) != 0;
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
	    (r = product_check(p, why)) != REASON_OK ||
	    (url_is_new(add ? NULL : &before, p) &&
		(r = product_url_check(p, why)) != REASON_OK))
		return r;
	r = product_line_check(a, add ? NULL : &before, p, why);
	return r != REASON_OK ? r : masa_name_admit(a, p, why);
}

/* The act is on record; what was checked before may have changed since. */
static enum reason
put(struct authority *a, struct pending *p, bool add, struct why *why)
{
	struct product product, before;
	struct message_admin m;
	enum reason r;

	admin_again(p, &m);
	if ((r = planned(a, &m, add, &product, why)) != REASON_OK)
		return r;
	if (!add)
		(void)store_product_find(a->store, product.name, &before);
	if (!masa_name_keep(a, add ? NULL : &before, &product) ||
	    !store_product_put(a->store, &product))
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

/* The signer holds what the last act says (doc/decisions/075). Of two at once the
 * store would keep one and the signer the other; or one that fits no more. */
static enum reason
alone(const struct authority *a, struct why *why)
{
	const struct pending *p;

	for (p = a->pending; p < a->pending + PENDING_MAX; p++)
		if (p->used && p->stage == STAGE_ACT &&
		    (p->act == put_new || p->act == put_old))
			return why_set(why, REASON_UNAVAILABLE, -1,
			    "another product is being changed; try again");
	return REASON_OK;
}

static void
change(struct authority *a, struct origin from, const struct message_admin *m,
    bool add)
{
	char subject[PROFILE_SUBJECT_SIZE];
	struct product product;
	struct pending *p;
	struct why why;
	enum reason r;

	if ((r = planned(a, m, add, &product, &why)) != REASON_OK ||
	    (r = alone(a, &why)) != REASON_OK) {
		answer_refusal(from, r, &why);
		return;
	}
	if ((p = admin_pending(a, STAGE_ACT, from, m)) == NULL)
		return;
	p->act = add ? put_new : put_old;
	profile_subject(&product, subject);
	admin_act(a, p, from, m->verb, subject);
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
put_profile(struct json_out *o, const struct idevid_profile *p)
{
	json_add_text(o, "key-usage", idevid_usage_text(p->key_usage));
	json_add_bool(o, "subject-key-id", p->subject_key_id);
	json_add_text(o, "organization", p->organization);
	json_add_text(o, "unit", p->unit);
	json_add_text(o, "model", p->model);
	json_add_text(o, "hw-type", p->hw_type);
	json_add_bool(o, "issuance-policy", p->issuance_policy);
}

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
	put_profile(o, &p->profile);
}

#define ONE_PRODUCT 3072 /* octets of JSON; no entry has more */

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
	static char room[ONE_PRODUCT + (RULINGS_SHOWN + 1) * 1024];
	char name[PRODUCT_NAME_MAX + 1];
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
	rulings_put(a, &o, RULING_PRODUCT, p.name);
	json_end_object(&o);
	answer_json(from, &o);
}
