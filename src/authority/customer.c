/* Customers: whose a request is, and what is on file for them (MP 11). */
#include <stdlib.h>

#include "authority/authority.h"
#include "base/fatal.h"

/* --- what the store has, in memory: it is asked for each request --- */

static void
count_customer(void *context, const struct customer *c)
{
	(void)c;
	((struct customers *)context)->len++;
}

static bool
count_key(void *context, const struct store_customer_certificate *c)
{
	(void)c;
	((struct customers *)context)->keys_len++;
	return true;
}

static void
take_customer(void *context, const struct customer *c)
{
	struct customers *all = context;

	all->list[all->len++] = *c;
}

static int
by_name(const void *name, const void *c)
{
	return strcmp(name, ((const struct customer *)c)->name);
}

static int
by_key(const void *a, const void *b)
{
	return memcmp(a, b, HASH_SIZE);
}

static bool
take_key(void *context, const struct store_customer_certificate *c)
{
	struct customers *all = context;
	struct customer_key *k = &all->keys[all->keys_len++];
	const struct customer *owner = bsearch(
	    c->customer, all->list, all->len, sizeof(*all->list), by_name);

	if (owner == NULL)
		fatal("a certificate is on file for nobody");
	memcpy(k->spki_sha256, c->entry.spki_sha256, HASH_SIZE);
	k->customer = (unsigned)(owner - all->list);
	return true;
}

void
customers_free(struct authority *a)
{
	free(a->customers.list);
	free(a->customers.keys);
	memset(&a->customers, 0, sizeof(a->customers));
}

void
customers_load(struct authority *a)
{
	struct customers *all = &a->customers;

	customers_free(a);
	store_customer_each(a->store, count_customer, all);
	store_customer_certificate_each(a->store, "", count_key, all);
	all->list = memory_new((all->len + 1) * sizeof(*all->list));
	all->keys = memory_new((all->keys_len + 1) * sizeof(*all->keys));
	all->len = all->keys_len = 0;
	store_customer_each(a->store, take_customer, all);
	store_customer_certificate_each(a->store, "", take_key, all);
	qsort(all->keys, all->keys_len, sizeof(*all->keys), by_key);
}

const struct customer *
customer_of(const struct authority *a, const struct request_facts *f)
{
	const struct customers *all = &a->customers;
	const struct customer_key *k;
	unsigned i;

	for (i = 0; i < f->chain_len; i++) {
		k = bsearch(f->chain[i].spki_sha256, all->keys, all->keys_len,
		    sizeof(*all->keys), by_key);
		if (k != NULL)
			return &all->list[k->customer];
	}
	return NULL;
}

/* --- the domain CA on file --- */

static bool
in_chain(const struct request_facts *f, const uint8_t spki_sha256[HASH_SIZE])
{
	unsigned i;

	for (i = 0; i < f->chain_len; i++)
		if (memcmp(f->chain[i].spki_sha256, spki_sha256, HASH_SIZE) ==
		    0)
			return true;
	return false;
}

struct search {
	const struct request_facts *facts;
	int64_t now;
	struct chain_entry *out;
	uint8_t *room;
	bool found;
};

static bool
choose(void *context, const struct store_customer_certificate *c)
{
	struct search *s = context;
	bool came = in_chain(s->facts, c->entry.spki_sha256);

	if (c->kind != CUSTOMER_DOMAIN_CA || c->entry.not_after < s->now ||
	    (s->found && !came))
		return true;
	*s->out = c->entry;
	memcpy(s->room, c->entry.certificate.ptr, c->entry.certificate.len);
	s->out->certificate = span_of(s->room, c->entry.certificate.len);
	s->found = true;
	return !came;
}

bool
customer_domain_ca(struct authority *a, const struct customer *c,
    const struct request_facts *f, int64_t now, struct chain_entry *out,
    uint8_t room[CERTIFICATE_MAX])
{
	struct search s = { f, now, out, room, false };

	store_customer_certificate_each(a->store, c->name, choose, &s);
	return s.found;
}

struct owning {
	struct authority *authority;
	const struct device *device;
	bool owns;
};

static bool
look_pinned(void *context, const struct store_customer_certificate *c)
{
	struct owning *o = context;

	o->owns = c->kind == CUSTOMER_DOMAIN_CA &&
	    store_voucher_pinned(
		o->authority->store, o->device, c->entry.spki_sha256);
	return !o->owns;
}

bool
customer_owns(
    struct authority *a, const struct device *d, const struct request_facts *f)
{
	const struct customer *c = customer_of(a, f);
	struct owning o = { a, d, false };

	if (c != NULL)
		store_customer_certificate_each(
		    a->store, c->name, look_pinned, &o);
	return o.owns;
}

/* --- for the re-check --- */

#define OWNERS_MAX 8 /* of one key, one after the other */

struct history {
	struct span domain_id;
	unsigned owners_len;
	char owners[OWNERS_MAX][CUSTOMER_NAME_MAX + 1];
	bool known;
};

static bool
add_owner(void *context, const struct store_customer_certificate *c)
{
	struct history *h = context;

	if (c->kind == CUSTOMER_DOMAIN_CA &&
	    span_eq(span_of(c->entry.domain_id, c->entry.domain_id_len),
		h->domain_id))
		memcpy(h->owners[h->owners_len++], c->customer,
		    sizeof(c->customer));
	return h->owners_len < OWNERS_MAX;
}

static bool
is_owner(void *context, const struct store_customer_certificate *c)
{
	struct history *h = context;
	unsigned i;

	for (i = 0; i < h->owners_len; i++)
		h->known |= strcmp(h->owners[i], c->customer) == 0;
	return !h->known;
}

bool
customer_pinned(struct authority *a, const struct request_facts *f,
    const uint8_t spki_sha256[HASH_SIZE], struct span domain_id)
{
	struct history h = { .domain_id = domain_id };
	unsigned i;

	store_customer_certificate_get(a->store, spki_sha256, add_owner, &h);
	for (i = 0; i < f->chain_len && h.owners_len > 0; i++)
		store_customer_certificate_get(
		    a->store, f->chain[i].spki_sha256, is_owner, &h);
	return h.known;
}
