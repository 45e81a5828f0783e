/* Customers: whose a request is, and what is on file for them (MP 11). */
#include <stdlib.h>

#include "authority/authority.h"
#include "base/fatal.h"

/* --- what the store has, in memory: it is asked for each request --- */

static void
count_customer(void *context, const struct customer *c)
{
	((struct customers *)context)->len += !c->ended;
}

static bool
count_key(void *context, const struct store_customer_certificate *c)
{
	/* Nobody is known by an EST server. */
	((struct customers *)context)->keys_len +=
	    c->kind != CUSTOMER_EST_SERVER;
	return true;
}

static void
take_customer(void *context, const struct customer *c)
{
	struct customers *all = context;

	if (!c->ended)
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
	const struct customer *owner = bsearch(
	    c->customer, all->list, all->len, sizeof(*all->list), by_name);
	struct customer_key *k;

	/* Nothing is on file for one that has ended. */
	if (owner == NULL || c->kind == CUSTOMER_EST_SERVER)
		return true;
	k = &all->keys[all->keys_len++];
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
customer_by_name(const struct authority *a, const char *name)
{
	const struct customers *all = &a->customers;

	return bsearch(name, all->list, all->len, sizeof(*all->list), by_name);
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

/* --- what may be pinned though it did not come --- */

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
	enum customer_certificate_kind kind;
	int64_t now;
	struct on_file *out;
	bool found;
};

static bool
choose(void *context, const struct store_customer_certificate *c)
{
	struct search *s = context;
	bool came = in_chain(s->facts, c->entry.spki_sha256);

	if (c->kind != s->kind || c->entry.not_after < s->now ||
	    c->entry.certificate.len > sizeof(s->out->room) ||
	    (s->found && !came))
		return true;
	s->out->entry = c->entry;
	memcpy(
	    s->out->room, c->entry.certificate.ptr, c->entry.certificate.len);
	s->out->entry.certificate =
	    span_of(s->out->room, c->entry.certificate.len);
	s->found = true;
	return !came;
}

const struct chain_entry *
customer_certificate(struct authority *a, const struct customer *c,
    enum customer_certificate_kind kind, const struct request_facts *f,
    int64_t now, struct on_file *out)
{
	struct search s = { f, kind, now, out, false };

	store_customer_certificate_each(a->store, c->name, choose, &s);
	return s.found ? &out->entry : NULL;
}

struct counting {
	struct filed filed;
	const uint8_t *spki_sha256;
};

static bool
count_filed(void *context, const struct store_customer_certificate *c)
{
	struct counting *n = context;
	bool est = c->kind == CUSTOMER_EST_SERVER;
	bool same =
	    memcmp(c->entry.spki_sha256, n->spki_sha256, HASH_SIZE) == 0;

	n->filed.with += same;
	n->filed.domain_cas += same && c->kind == CUSTOMER_DOMAIN_CA;
	n->filed.est_servers += same && est;
	n->filed.others += !same && est;
	return true;
}

struct filed
customer_filed(
    struct authority *a, const char *name, const uint8_t spki_sha256[HASH_SIZE])
{
	struct counting n = { .spki_sha256 = spki_sha256 };

	store_customer_certificate_each(a->store, name, count_filed, &n);
	return n.filed;
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

	o->owns = c->kind != CUSTOMER_REGISTRAR &&
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
	unsigned i;

	if (c != NULL)
		store_customer_certificate_each(
		    a->store, c->name, look_pinned, &o);
	/* MP 14.1: so does whoever was one once. */
	for (i = 0; i < f->chain_len && !o.owns; i++)
		o.owns =
		    store_customer_pinned(a->store, d, f->chain[i].spki_sha256);
	return o.owns;
}

/* --- for the re-check --- */

#define OWNERS_MAX 8 /* of one key, one after the other */

struct history {
	struct span domain_id;
	unsigned owners_len;
	char owners[OWNERS_MAX][CUSTOMER_NAME_MAX + 1];
	bool est_server; /* of anybody */
	bool known;
};

static bool
add_owner(void *context, const struct store_customer_certificate *c)
{
	struct history *h = context;

	/* A raw key is known by its hash. */
	h->est_server |= c->kind == CUSTOMER_EST_SERVER &&
	    (span_eq(span_of(c->entry.domain_id, c->entry.domain_id_len),
		 h->domain_id) ||
		span_eq(
		    span_of(c->entry.spki_sha256, HASH_SIZE), h->domain_id));
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

	h->known |= h->est_server && c->kind != CUSTOMER_EST_SERVER;
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
	for (i = 0; i < f->chain_len && (h.est_server || h.owners_len > 0); i++)
		store_customer_certificate_get(
		    a->store, f->chain[i].spki_sha256, is_owner, &h);
	return h.known;
}
