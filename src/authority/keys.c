/* The signing keys, as far as the authority must choose among them. */
#include "authority/authority.h"
#include <stdlib.h>

#include "base/clock.h"
#include "base/fatal.h"
#include "wire/der.h"

struct loading {
	struct authority *a;
	const struct key_entry *before;
	unsigned before_len;
};

/* What there was under this name, NULL if it is new. Most are where they were. */
static const struct key_entry *
known_before(const struct loading *l, unsigned at, const char *name)
{
	unsigned i;

	if (at < l->before_len && strcmp(l->before[at].name, name) == 0)
		return &l->before[at];
	for (i = 0; i < l->before_len; i++)
		if (strcmp(l->before[i].name, name) == 0)
			return &l->before[i];
	return NULL;
}

/* Each value once. */
static void
take_policies(void *context, struct span value)
{
	struct authority *a = context;
	struct span met;
	struct der d;

	der_open(&d, buf_span(&a->voucher_policies));
	while (der_whole(&d, DER_SEQUENCE, &met, NULL) == WIRE_OK)
		if (span_eq(met, value))
			return;
	a->policies_over |= !buf_add(&a->voucher_policies, value);
}

/* The signer certifies no CA with two. */
static void
take_policy(void *context, struct span value)
{
	struct key_entry *k = context;
	struct der d, list, one;
	struct span oid;

	der_open(&d, value);
	if (der_enter(&d, DER_SEQUENCE, &list) != WIRE_OK ||
	    der_enter(&list, DER_SEQUENCE, &one) != WIRE_OK ||
	    der_oid(&one, &oid) != WIRE_OK)
		return;
	k->policy_len =
	    (uint8_t)(oid.len < sizeof(k->policy) ? oid.len
						  : sizeof(k->policy));
	memcpy(k->policy, oid.ptr, k->policy_len);
}

static void
take_key(void *context, const struct store_ca *ca)
{
	const struct loading *l = context;
	struct authority *a = l->a;
	const struct ledger_key *known = ledger_key_find(&a->ledger, ca->name);
	const struct key_entry *met;
	struct key_entry *k;

	if (a->keys_len == a->keys_room) {
		a->keys_room += 64;
		a->keys = realloc(a->keys, a->keys_room * sizeof(*a->keys));
		if (a->keys == NULL)
			fatal("out of memory");
	}
	met = known_before(l, a->keys_len, ca->name);
	k = &a->keys[a->keys_len++];
	memset(k, 0, sizeof(*k));
	if (met != NULL)
		*k = *met;
	else if (known != NULL)
		k->turn = known->last_record;
	k->purpose = ca->purpose;
	memcpy(k->name, ca->name, sizeof(k->name));
	memcpy(k->slot, ca->slot, sizeof(k->slot));
	memcpy(k->key_id, ca->key_id, ca->key_id_len);
	k->key_id_len = ca->key_id_len;
	k->not_after = ca->not_after;
	/* No other key's chain is one certificate alone. */
	k->raw = ca->purpose == PURPOSE_VOUCHER && ca->chain_len == 1;
	k->policy_len = 0;
	if (ca->state == KEY_REQUESTED || ca->chain_len == 0)
		return;
	/* What voucher signers assert nothing else may (IP 10 L06), also when they are
	 * out of use: pledges know no end of a key. */
	if (ca->purpose == PURPOSE_VOUCHER)
		certificate_policies(ca->chain[0], take_policies, a);
	else if (ca->purpose == PURPOSE_IDEVID_CA)
		certificate_policies(ca->chain[0], take_policy, k);
}

static int
by_name(const void *left, const void *right, void *keys)
{
	const struct key_entry *k = keys;

	return strcmp(
	    k[*(const unsigned *)left].name, k[*(const unsigned *)right].name);
}

void
keys_sort(struct authority *a)
{
	unsigned i;

	free(a->keys_by_name);
	a->keys_by_name = memory_array(a->keys_len + 1u, sizeof(unsigned));
	for (i = 0; i < a->keys_len; i++)
		a->keys_by_name[i] = i;
	qsort_r(
	    a->keys_by_name, a->keys_len, sizeof(unsigned), by_name, a->keys);
}

void
keys_load(struct authority *a)
{
	struct key_entry *before = a->keys;
	struct loading l = { a, before, a->keys_len };

	a->keys = NULL;
	a->keys_len = a->keys_room = 0;
	a->policies_over = false;
	buf_free(&a->voucher_policies);
	buf_init(&a->voucher_policies, INSPECT_POLICIES_MAX);
	store_ca_each(a->store, take_key, &l);
	free(before);
	keys_sort(a);
}

/* A key over its rate is still the one to ask: rates are kept, not dodged. */
static bool
allows_now(const struct authority *a, const struct ledger_key *k,
    const struct key_use *use)
{
	struct key_count count = k->count;

	count.in_period = 0;
	return key_policy_allows(&k->order.policy, &count, use, chain_now(a),
		   NULL) == REASON_OK;
}

static enum key_purpose
purpose_of(enum signed_kind kind)
{
	return kind == SIGNED_IDEVID  ? PURPOSE_IDEVID_CA
	    : kind == SIGNED_MANIFEST ? PURPOSE_MANIFEST
				      : PURPOSE_VOUCHER;
}

/* Row 21: a key of the product's own before one for any product, one that may
 * sign before one that may not; the newest of each (the ledger is in order of
 * birth). Never one of another product. */
const struct key_entry *
key_for(const struct authority *a, const struct key_use *use)
{
	const struct key_entry *best = NULL, *entry;
	const struct ledger_key *k;
	unsigned rank, best_rank = 0;
	size_t i;

	for (i = 0; i < a->ledger.keys_len; i++) {
		k = &a->ledger.keys[i];
		if (k->order.purpose != purpose_of(use->kind) ||
		    k->state != KEY_ACTIVE ||
		    !key_policy_product(&k->order.policy, use->product))
			continue;
		entry = key_by_name(a, k->order.name);
		if (entry == NULL)
			continue;
		rank = allows_now(a, k, use) && !key_expired(a, entry) ? 3 : 1;
		rank += k->order.policy.products_len > 0;
		if (rank >= best_rank) {
			best = entry;
			best_rank = rank;
		}
	}
	return best;
}

/* Asked for each key that might sign, with each voucher and each unit. */
const struct key_entry *
key_by_name(const struct authority *a, const char *name)
{
	unsigned low = 0, high = a->keys_len, middle;
	const struct key_entry *k;
	int order;

	while (low < high) {
		middle = low + (high - low) / 2;
		k = &a->keys[a->keys_by_name[middle]];
		if ((order = strcmp(name, k->name)) == 0)
			return k;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

bool
key_is_own_ca(const struct authority *a, const struct issuer *issuer)
{
	unsigned i;

	if (issuer->kind != ISSUER_KEY_ID)
		return false;
	for (i = 0; i < a->keys_len; i++) {
		const struct key_entry *k = &a->keys[i];

		if (k->purpose == PURPOSE_IDEVID_CA && k->key_id_len > 0 &&
		    span_eq(span_of(k->key_id, k->key_id_len),
			span_of(issuer->bytes, issuer->len)))
			return true;
	}
	return false;
}
