/* hallmark public-ca add, drop, list: CAs that are never pinned. */
#include "authority/authority.h"
#include "base/clock.h"
#include "base/text.h"

static void
load_one(void *context, const struct store_public_ca *p)
{
	struct public_cas *all = context;

	if (all->len < PUBLIC_CAS_MAX)
		all->entries[all->len++] = p->ca;
}

void
public_cas_load(struct authority *a)
{
	a->public_cas.len = 0;
	store_public_ca_each(a->store, load_one, &a->public_cas);
}

/* --- changes --- */

static enum reason
check_new(
    struct authority *a, const struct certificate_facts *f, struct why *why)
{
	if (!f->entry.ca)
		return why_set(
		    why, REASON_CA_MISMATCH, -1, "%.150s is no CA", f->subject);
	if (a->public_cas.len == PUBLIC_CAS_MAX)
		return why_set(why, REASON_ADMIN_ARGUMENT, -1,
		    "there are %d already", PUBLIC_CAS_MAX);
	return REASON_OK;
}

static enum reason
add_act(struct authority *a, struct pending *p, struct why *why)
{
	const struct certificate_facts *f = p->facts;
	struct store_public_ca row = { .added = clock_now() };
	enum reason r = check_new(a, f, why);

	if (r != REASON_OK)
		return r;
	memcpy(row.ca.spki_sha256, f->entry.spki_sha256, HASH_SIZE);
	memcpy(row.ca.name_sha256, f->name_sha256, HASH_SIZE);
	memcpy(row.subject, f->subject, sizeof(row.subject));
	if (!public_ca_key(&a->public_cas, row.ca.spki_sha256) &&
	    !store_public_ca_add(a->store, &row))
		return why_set(why, REASON_STORE_FAILED, -1, "%s", "");
	public_cas_load(a);
	return REASON_OK;
}

static void
key_act(struct authority *a, struct pending *p, const char *verb,
    const uint8_t spki_sha256[HASH_SIZE], act_call call)
{
	char key[HEX_SIZE(HASH_SIZE)];

	hex_encode(key, span_of(spki_sha256, HASH_SIZE));
	p->stage = STAGE_ACT;
	p->act = call;
	admin_act(a, p, p->origin, verb, key);
}

/* What is known already needs no act: so a whole bundle may be added again. */
static void
add_inspected(struct authority *a, struct pending *p)
{
	const struct certificate_facts *f = p->facts;
	struct why why;
	enum reason r = check_new(a, f, &why);

	if (r != REASON_OK) {
		admin_fail(a, p, r, &why);
	} else if (public_ca_key(&a->public_cas, f->entry.spki_sha256)) {
		answer_admin(p->origin, span_of(NULL, 0), span_of(NULL, 0));
		pending_free(a, p);
	} else {
		key_act(a, p, "public-ca.add", f->entry.spki_sha256, add_act);
	}
}

void
public_ca_add(
    struct authority *a, struct origin from, const struct message_admin *m)
{
	inspect_certificate(a, from, m, add_inspected);
}

enum reason
admin_key(
    const struct message_admin *m, uint8_t key[HASH_SIZE], struct why *why)
{
	size_t len;

	if (hex_decode(key, HASH_SIZE, &len, admin_argument(m, "key")) &&
	    len == HASH_SIZE)
		return REASON_OK;
	return why_set(why, REASON_ADMIN_ARGUMENT, -1,
	    "key: its SHA-256 in hex, as the lists show it");
}

static enum reason
drop_act(struct authority *a, struct pending *p, struct why *why)
{
	uint8_t key[HASH_SIZE];
	struct message_admin m;
	enum reason r;

	admin_again(p, &m);
	if ((r = admin_key(&m, key, why)) != REASON_OK)
		return r;
	if (!store_public_ca_drop(a->store, key))
		return why_set(why, REASON_CA_UNKNOWN, -1,
		    "no operator has added this key");
	public_cas_load(a);
	return REASON_OK;
}

struct known {
	const uint8_t *key;
	bool found;
};

static void
look_for(void *context, const struct store_public_ca *p)
{
	struct known *k = context;

	k->found |= memcmp(p->ca.spki_sha256, k->key, HASH_SIZE) == 0;
}

void
public_ca_drop(
    struct authority *a, struct origin from, const struct message_admin *m)
{
	uint8_t key[HASH_SIZE];
	struct known k = { key, false };
	struct pending *p;
	struct why why;
	enum reason r = admin_key(m, key, &why);

	if (r == REASON_OK) {
		store_public_ca_each(a->store, look_for, &k);
		if (!k.found)
			r = why_set(&why, REASON_CA_UNKNOWN, -1,
			    "no operator has added this key");
	}
	if (r != REASON_OK)
		answer_refusal(from, r, &why);
	else if ((p = admin_pending(a, STAGE_ACT, from, m)) != NULL)
		key_act(a, p, m->verb, key, drop_act);
}

/* --- reading --- */

#define ONE_PUBLIC_CA 1024 /* octets of JSON; no entry has more */

static void
put_one(void *context, const struct store_public_ca *p)
{
	struct page *page = context;
	char key[HEX_SIZE(HASH_SIZE)];

	hex_encode(key, span_of(p->ca.spki_sha256, HASH_SIZE));
	if (!page_reached(page, key) || !page_takes(page, key))
		return;
	json_add_text(&page->o, "key", key);
	put_time(&page->o, "added", p->added);
	json_add_text(&page->o, "subject", p->subject);
	json_end_object(&page->o);
}

void
public_ca_list(
    struct authority *a, struct origin from, const struct message_admin *m)
{
	struct page page;

	if (!page_open(&page, from, m, ONE_PUBLIC_CA, NULL))
		return;
	json_add_uint(&page.o, "built-in", public_ca_count());
	page_list(&page, "public-cas");
	store_public_ca_each(a->store, put_one, &page);
	page_end(&page, from);
}
