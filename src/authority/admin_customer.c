/* hallmark customer add, set, file, forget, end, list, show. */
#include <stdio.h>

#include "authority/authority.h"
#include "base/clock.h"
#include "base/text.h"

/* --- names and wishes --- */

/* Every argument but the name is a field. */
static enum reason
set_fields(struct customer *c, const struct message_admin *m, struct why *why)
{
	enum reason r = REASON_OK;
	unsigned i;

	for (i = 0; r == REASON_OK && i < m->arguments_len; i++)
		if (strcmp(m->arguments[i].name, "name") != 0)
			r = customer_set(c, span_str(m->arguments[i].name),
			    m->arguments[i].value, why);
	return r;
}

enum reason
customer_current(struct authority *a, const char *name, struct customer *out,
    struct why *why)
{
	if (!store_customer_find(a->store, name, out))
		return why_set(why, REASON_CUSTOMER_UNKNOWN, -1, "%s", name);
	return out->ended ? why_set(why, REASON_CUSTOMER_ENDED, -1, "%s", name)
			  : REASON_OK;
}

static enum reason
find(struct authority *a, const struct message_admin *m, struct customer *c,
    struct why *why)
{
	char name[CUSTOMER_NAME_MAX + 1];
	enum reason r = admin_text(m, "name", name, sizeof(name), true, why);

	return r == REASON_OK ? customer_current(a, name, c, why) : r;
}

/* The customer as the request wants it, from what is on record now. */
static enum reason
planned(struct authority *a, const struct message_admin *m, bool add,
    struct customer *c, struct why *why)
{
	char name[CUSTOMER_NAME_MAX + 1];
	enum reason r;

	if (!add) {
		r = find(a, m, c, why);
		return r != REASON_OK ? r : set_fields(c, m, why);
	}
	r = admin_text(m, "name", name, sizeof(name), true, why);
	if (r != REASON_OK)
		return r;
	if (!customer_name_valid(name))
		return why_set(why, REASON_ADMIN_ARGUMENT, -1,
		    "name: 1 to 40 of A-Z a-z 0-9 . _ -");
	if (store_customer_find(a->store, name, c) && !c->ended)
		return why_set(why, REASON_CUSTOMER_EXISTS, -1, "%s", name);
	memset(c, 0, sizeof(*c));
	memcpy(c->name, name, sizeof(c->name));
	return set_fields(c, m, why);
}

/* The act is on record; what was checked before may have changed since. */
static enum reason
put(struct authority *a, struct pending *p, bool add, struct why *why)
{
	struct customer c, before;
	struct message_admin m;
	enum reason r;

	admin_again(p, &m);
	if ((r = planned(a, &m, add, &c, why)) != REASON_OK)
		return r;
	/* The name is there again, with nothing on file. */
	if (add && store_customer_find(a->store, c.name, &before) &&
	    (r = ruling_end(a, p, RULING_CUSTOMER, c.name, false, why)) !=
		REASON_OK)
		return r;
	if (!store_customer_put(a->store, &c, clock_now()))
		return why_set(why, REASON_STORE_FAILED, -1, "%s", "");
	customers_load(a);
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

/* On record with what it wishes from now on. */
static void
change(struct authority *a, struct origin from, const struct message_admin *m,
    bool add)
{
	char subject[128];
	struct customer c;
	struct pending *p;
	struct why why;
	enum reason r = planned(a, m, add, &c, &why);

	p = admin_do(a, from, m, r, &why, add ? put_new : put_old);
	if (p == NULL)
		return;
	snprintf(subject, sizeof(subject), "%s cms=%s jws=%s cose=%s", c.name,
	    customer_pin_text(c.pin[FORMAT_CMS_JSON]),
	    customer_pin_text(c.pin[FORMAT_JWS_JSON]),
	    customer_pin_text(c.pin[FORMAT_COSE_CBOR]));
	admin_act(a, p, from, m->verb, subject);
}

void
customer_add(
    struct authority *a, struct origin from, const struct message_admin *m)
{
	change(a, from, m, true);
}

void
customer_update(
    struct authority *a, struct origin from, const struct message_admin *m)
{
	change(a, from, m, false);
}

/* --- certificates on file --- */

/* Whose it is, NULL if nobody's. */
static const char *
on_file(const struct authority *a, const uint8_t spki_sha256[HASH_SIZE])
{
	const struct customer_key *k = a->customers.keys;
	unsigned i;

	for (i = 0; i < a->customers.keys_len; i++, k++)
		if (memcmp(k->spki_sha256, spki_sha256, HASH_SIZE) == 0)
			return a->customers.list[k->customer].name;
	return NULL;
}

/* What may be on file as what; certificates of public CAs never (RFC 8995
 * 5.5). */
static enum reason
check_file(struct authority *a, const struct message_admin *m,
    const struct customer *c, const struct certificate_facts *f,
    enum customer_certificate_kind *kind, struct why *why)
{
	const struct chain_entry *e = &f->entry;
	struct span word = admin_argument(m, "kind");
	const char *name = NULL;

	*kind = span_is(word, "domain-ca") ? CUSTOMER_DOMAIN_CA
	    : span_is(word, "est-server")  ? CUSTOMER_EST_SERVER
					   : CUSTOMER_REGISTRAR;
	if (!span_is(word, customer_kind_text(*kind)))
		return why_set(why, REASON_ADMIN_ARGUMENT, -1,
		    "kind: domain-ca, registrar or est-server");
	if (*kind == CUSTOMER_EST_SERVER && c->cloud == CLOUD_NO)
		return why_set(why, REASON_CLOUD_POLICY, -1,
		    "%s has the policy no", c->name);
	if (*kind == CUSTOMER_DOMAIN_CA && !e->ca)
		return why_set(
		    why, REASON_CA_MISMATCH, -1, "%.150s is no CA", f->subject);
	if (*kind == CUSTOMER_REGISTRAR && !f->registrar)
		return why_set(
		    why, REASON_NOT_REGISTRAR, -1, "%.150s", f->subject);
	if (public_ca_key(&a->public_cas, e->spki_sha256) ||
	    (e->ca &&
		(e->public_policy ||
		    public_ca_name(&a->public_cas, e->issuer_name_sha256))))
		return why_set(why, REASON_PIN_PUBLIC, -1,
		    "%.120s is a public CA, or below one", f->subject);
	/* An EST server's may be on file as something else as well. */
	if (*kind != CUSTOMER_EST_SERVER)
		name = on_file(a, e->spki_sha256);
	else if (customer_filed(a, c->name, e->spki_sha256).est_servers > 0)
		name = c->name;
	return name == NULL ? REASON_OK
			    : why_set(why, REASON_CUSTOMER_EXISTS, -1,
				  "a certificate with this key is on file "
				  "for %s",
				  name);
}

static enum reason
file_act(struct authority *a, struct pending *p, struct why *why)
{
	struct store_customer_certificate row = { .since = clock_now() };
	struct message_admin m;
	struct customer c;
	enum reason r;

	admin_again(p, &m);
	if ((r = find(a, &m, &c, why)) != REASON_OK ||
	    (r = check_file(a, &m, &c, p->facts, &row.kind, why)) != REASON_OK)
		return r;
	memcpy(row.customer, c.name, sizeof(row.customer));
	row.entry = p->facts->entry;
	memcpy(row.subject, p->facts->subject, sizeof(row.subject));
	if (!store_customer_certificate_add(a->store, &row))
		return why_set(why, REASON_STORE_FAILED, -1, "%s", "");
	customers_load(a);
	return REASON_OK;
}

/* "NAME KIND KEY": what the journal says of it. */
static void
key_act(struct authority *a, struct pending *p, const char *verb,
    const char *name, const char *kind, const uint8_t key[HASH_SIZE],
    act_call call)
{
	char subject[128], hex[HEX_SIZE(HASH_SIZE)];

	hex_encode(hex, span_of(key, HASH_SIZE));
	snprintf(subject, sizeof(subject), "%s%s%s %s", name,
	    kind[0] == '\0' ? "" : " ", kind, hex);
	p->stage = STAGE_ACT;
	p->act = call;
	admin_act(a, p, p->origin, verb, subject);
}

static void
file_inspected(struct authority *a, struct pending *p)
{
	enum customer_certificate_kind kind;
	struct message_admin m;
	struct customer c;
	struct why why;
	enum reason r;

	admin_again(p, &m);
	if ((r = find(a, &m, &c, &why)) != REASON_OK ||
	    (r = check_file(a, &m, &c, p->facts, &kind, &why)) != REASON_OK)
		admin_fail(a, p, r, &why);
	else
		key_act(a, p, "customer.file", c.name, customer_kind_text(kind),
		    p->facts->entry.spki_sha256, file_act);
}

void
customer_file(
    struct authority *a, struct origin from, const struct message_admin *m)
{
	struct customer c;
	struct why why;
	enum reason r = find(a, m, &c, &why);

	if (r == REASON_OK)
		inspect_certificate(a, from, m, file_inspected);
	else
		answer_refusal(from, r, &why);
}

/* est-domain without the certificate of its server would be no voucher. */
static enum reason
check_forget(struct authority *a, const struct customer *c,
    const uint8_t key[HASH_SIZE], struct why *why)
{
	struct filed f = customer_filed(a, c->name, key);

	if (f.with == 0)
		return why_set(why, REASON_CUSTOMER_UNKNOWN, -1,
		    "%s has no such key on file", c->name);
	if (f.est_servers > 0 && f.others == 0 && c->est_domain[0] != '\0')
		return why_set(why, REASON_CLOUD_POLICY, -1,
		    "it is the only one of the server at est-domain");
	return REASON_OK;
}

static enum reason
forget_act(struct authority *a, struct pending *p, struct why *why)
{
	uint8_t key[HASH_SIZE];
	struct message_admin m;
	struct customer c;
	enum reason r;

	admin_again(p, &m);
	if ((r = find(a, &m, &c, why)) != REASON_OK ||
	    (r = admin_key(&m, key, why)) != REASON_OK ||
	    (r = check_forget(a, &c, key, why)) != REASON_OK)
		return r;
	if (!store_customer_certificate_forget(
		a->store, c.name, key, clock_now()))
		return why_set(why, REASON_CUSTOMER_UNKNOWN, -1,
		    "%s has no such key on file", c.name);
	customers_load(a);
	return REASON_OK;
}

void
customer_forget(
    struct authority *a, struct origin from, const struct message_admin *m)
{
	uint8_t key[HASH_SIZE];
	struct customer c;
	struct pending *p;
	struct why why;
	enum reason r;

	if ((r = find(a, m, &c, &why)) == REASON_OK &&
	    (r = admin_key(m, key, &why)) == REASON_OK)
		r = check_forget(a, &c, key, &why);
	if ((p = admin_do(a, from, m, r, &why, forget_act)) != NULL)
		key_act(a, p, m->verb, c.name, "", key, forget_act);
}

/* --- the end --- */

/* Nobody is this customer any more: nothing is on file, so its registrars are
 * strangers, its keys free for another one, and its vouchers of before stay what
 * they are. Part with cloud registrars, domains: with its name, should it return. */
static enum reason
end_act(struct authority *a, struct pending *p, struct why *why)
{
	const int64_t now = clock_now();
	struct message_admin m;
	struct customer c;
	enum reason r;

	admin_again(p, &m);
	if ((r = find(a, &m, &c, why)) != REASON_OK ||
	    (r = ruling_end(a, p, RULING_CUSTOMER, c.name, true, why)) !=
		REASON_OK)
		return r;
	c.ended = true;
	store_customer_certificate_end(a->store, c.name, now);
	if (!store_customer_put(a->store, &c, now))
		return why_set(why, REASON_STORE_FAILED, -1, "%s", "");
	customers_load(a);
	return REASON_OK;
}

void
customer_end(
    struct authority *a, struct origin from, const struct message_admin *m)
{
	char note[NOTE_MAX + 1];
	struct customer c;
	struct pending *p;
	struct why why;
	enum reason r = find(a, m, &c, &why);

	if (r == REASON_OK)
		r = admin_text(m, "note", note, sizeof(note), false, &why);
	if ((p = admin_do(a, from, m, r, &why, end_act)) != NULL)
		admin_act(a, p, from, m->verb, c.name);
}

/* --- reading --- */

static void
put_customer(struct json_out *o, const struct customer *c)
{
	static const char *const names[] = { "", "pin-cms", "pin-jws",
		"pin-cose" };
	unsigned f;

	json_add_text(o, "name", c->name);
	for (f = FORMAT_CMS_JSON; f <= FORMAT_COSE_CBOR; f++) {
		json_add_text(o, names[f], customer_pin_text(c->pin[f]));
	}
	json_add_text(o, "cloud", customer_cloud_text(c->cloud));
	json_add_text(o, "est-domain", c->est_domain);
	json_add_text(o, "additional-configuration-url", c->configuration_url);
	json_add_bool(o, "ended", c->ended);
}

/* Octets of JSON; no entry has more. */
#define ONE_CUSTOMER	1024
#define ONE_CERTIFICATE 1024

static bool
put_certificate(void *context, const struct store_customer_certificate *c)
{
	struct page *p = context;
	char key[HEX_SIZE(HASH_SIZE)];

	hex_encode(key, span_of(c->entry.spki_sha256, HASH_SIZE));
	if (!page_reached(p, key))
		return true;
	if (!page_takes(p, key))
		return false;
	json_add_text(&p->o, "kind", customer_kind_text(c->kind));
	json_add_text(&p->o, "key", key);
	put_time(&p->o, "since", c->since);
	put_time(&p->o, "not-after", c->entry.not_after);
	json_add_text(&p->o, "subject", c->subject);
	json_end_object(&p->o);
	return true;
}

static void
put_next(void *context, const struct customer *c)
{
	struct page *p = context;

	if (!page_reached(p, c->name) || !page_takes(p, c->name))
		return;
	put_customer(&p->o, c);
	json_end_object(&p->o);
}

void
customer_list(
    struct authority *a, struct origin from, const struct message_admin *m)
{
	struct page page;

	if (!page_open(&page, from, m, ONE_CUSTOMER, "customers"))
		return;
	store_customer_each(a->store, put_next, &page);
	page_end(&page, from);
}

void
customer_show(
    struct authority *a, struct origin from, const struct message_admin *m)
{
	struct customer c;
	struct page page;
	struct why why;
	enum reason r = find(a, m, &c, &why);

	if (r == REASON_CUSTOMER_ENDED) /* it can be looked at */
		r = REASON_OK;
	if (r != REASON_OK) {
		answer_refusal(from, r, &why);
		return;
	}
	if (!page_open(&page, from, m, ONE_CERTIFICATE, NULL))
		return;
	put_customer(&page.o, &c);
	rulings_put(a, &page.o, RULING_CUSTOMER, c.name);
	page_list(&page, "on-file");
	store_customer_certificate_each(
	    a->store, c.name, put_certificate, &page);
	page_end(&page, from);
}
