/* hallmark ca policy: what a key may sign, and what it has signed. */
#include "authority/authority.h"
#include "base/clock.h"

/* Products are the store's to know; the rest is the same for every reader. */
static enum reason
check_products(struct authority *a, const struct key_policy *p, struct why *why)
{
	struct product product;
	unsigned i;

	for (i = 0; i < p->products_len; i++)
		if (!store_product_find(a->store, p->products[i], &product))
			return why_set(why, REASON_PRODUCT_UNKNOWN, -1, "%s",
			    p->products[i]);
	return REASON_OK;
}

enum reason
policy_read(struct authority *a, const struct message_admin *m,
    enum key_purpose purpose, struct key_policy *p, struct why *why)
{
	const char *const *name;
	struct span value;
	struct why inner;
	enum reason r;

	for (name = key_policy_names; *name != NULL; name++) {
		value = admin_argument(m, *name);
		if (value.ptr == NULL)
			continue;
		if ((r = key_policy_set(p, *name, value, why)) != REASON_OK)
			return r;
	}
	if (key_policy_check(p, purpose, &inner) != REASON_OK)
		return why_set(
		    why, REASON_ADMIN_ARGUMENT, -1, "%s", inner.text);
	return check_products(a, p, why);
}

/* The name of whoever asks goes into the record. */
void
ca_policy(
    struct authority *a, struct origin from, const struct message_admin *m)
{
	struct policy_order o = { .user = from.user };
	struct peer *signer = signer_peer(a);
	const struct ledger_key *k = NULL;
	struct pending *p;
	struct why why;
	enum reason r =
	    admin_text(m, "name", o.name, sizeof(o.name), true, &why);

	if (r == REASON_OK) {
		k = ledger_key_find(&a->ledger, o.name);
		if (k == NULL || key_state_over(k->state))
			r = why_set(&why, REASON_CA_UNKNOWN, -1,
			    "no key %s is in use", o.name);
	}
	if (r == REASON_OK) {
		o.policy = k->order.policy;
		r = policy_read(a, m, k->order.purpose, &o.policy, &why);
	}
	if (r != REASON_OK) {
		answer_refusal(from, r, &why);
		return;
	}
	if ((p = admin_pending(a, STAGE_KEY, from, m)) == NULL)
		return;
	memcpy(p->key, o.name, sizeof(p->key));
	signer_sent(a, p,
	    signer != NULL &&
		PEER_SEND(signer, KEY_POLICY, pending_id(p), policy_order, &o));
}

/* --- showing --- */

static void
put_number(struct json_out *o, const char *name, uint64_t value, bool none)
{
	json_put_name(o, name);
	if (none)
		json_put_null(o);
	else
		json_put_uint(o, value);
}

static void
put_day(struct json_out *o, const char *name, uint32_t day)
{
	char text[DAY_TEXT_SIZE] = "";

	if (day != 0)
		day_print(text, day);
	json_add_optional(o, name, text);
}

static void
put_products(struct json_out *o, const struct key_policy *p)
{
	unsigned i;

	json_put_name(o, "products");
	json_begin_array(o);
	for (i = 0; i < p->products_len; i++)
		json_put_text(o, p->products[i]);
	json_end_array(o);
}

void
policy_put(struct json_out *o, const struct ledger_key *k)
{
	const struct key_policy *p = &k->order.policy;
	char words[KEY_WORDS_SIZE];

	key_kinds_print(words, p->kinds);
	json_add_text(o, "kinds", words);
	put_products(o, p);
	json_add_optional(o, "serials", p->serials);
	put_number(o, "limit", p->limit, p->limit == 0);
	put_day(o, "first-day", p->first_day);
	put_day(o, "last-day", p->last_day);
	key_rate_print(words, p);
	json_add_optional(o, "rate", p->rate == 0 ? NULL : words);
	put_number(o, "issued", k->count.issued, false);
	if (p->rate != 0) {
		put_time(o, "period", k->count.period);
		put_number(o, "in-period", k->count.in_period, false);
	}
	put_number(o, "months", p->months, p->months == 0);
	if (k->order.purpose != PURPOSE_IDEVID_CA)
		return;
	key_awake_print(words, p);
	json_add_text(o, "awake", words);
	put_number(o, "last-counter", k->last_counter, false);
}
