/*
 * Existing serials (IP 5.2 import mode), and what may not be taken for each other:
 * serials that come with the order, two products with the same one, and tokens,
 * slots and schemes that read alike.
 */
#include "authority/authority.h"
#include "base/log.h"
#include "model/serial.h"

/* --- two products with one serial --- */

/* Is the voucher key that would be taken for the product not for the other one? */
static bool
voucher_key_apart(
    const struct authority *a, const char *product, const char *other)
{
	const struct key_use use = { SIGNED_NONCED, product, NULL, 0 };
	const struct key_entry *key = key_for(a, &use);
	const struct ledger_key *k =
	    key == NULL ? NULL : ledger_key_find(&a->ledger, key->name);

	return k != NULL && !key_policy_product(&k->order.policy, other);
}

static enum reason
twin_of(const struct authority *a, const struct device *d, const char *product,
    const struct issuer *issuer, bool once, struct why *why)
{
	bool same = strcmp(d->product, product) == 0;

	if (issuer_equal(&d->issuer, issuer))
		return why_set(why, REASON_SERIAL_USED, -1,
		    "%s of this issuer, of product %s", d->serial, d->product);
	if (same && once)
		return why_set(why, REASON_SERIAL_USED, -1, "%s", d->serial);
	if (same ||
	    (voucher_key_apart(a, product, d->product) &&
		voucher_key_apart(a, d->product, product)))
		return REASON_OK;
	return why_set(why, REASON_SERIAL_TWIN, -1,
	    "product %.40s has a device %.64s; each of the two needs a voucher "
	    "key that is not for the other",
	    d->product, d->serial);
}

enum reason
twin_check(struct authority *a, const char *serial, const char *product,
    const struct issuer *issuer, bool once, struct why *why)
{
	static struct device others[STORE_TWINS_MAX];
	unsigned i, n;
	enum reason r = REASON_OK;

	n = store_device_find(a->store, serial, others, STORE_TWINS_MAX);
	if (n >= STORE_TWINS_MAX)
		return why_set(why, REASON_SERIAL_USED, -1,
		    "there are %d devices %s already", STORE_TWINS_MAX, serial);
	for (i = 0; r == REASON_OK && i < n; i++)
		r = twin_of(a, &others[i], product, issuer, once, why);
	return r;
}

/* --- what reads alike --- */

struct alike {
	const struct product *mine;
	const char *serial, *token; /* of a foreign device; token "" = none */
	char other[PRODUCT_NAME_MAX + 1];
};

/* Of this product's own, but for how it is written. */
static void
serial_like(void *context, const struct product *p)
{
	struct alike *s = context;

	if (p->token[0] != '\0' ? strcmp(p->token, s->token) != 0 &&
		    token_alike(p->token, s->token)
				: p->scheme[0] != '\0' &&
		    schemes_meet(p->scheme, s->serial, true) &&
		    !schemes_meet(p->scheme, s->serial, false))
		memcpy(s->other, p->name, sizeof(s->other));
}

enum reason
foreign_check(struct authority *a, const char *serial, struct why *why)
{
	char token[PRODUCT_TOKEN_MAX + 1], slot[SLOT_TOKEN_MAX + 1];
	struct alike s = { .serial = serial, .token = token };
	enum reason r = ledger_serial_foreign(&a->ledger, serial, why);

	if (r != REASON_OK)
		return r;
	if (!serial_reads_like_ours(serial, token, slot))
		token[0] = '\0';
	store_product_each(a->store, serial_like, &s);
	if (s.other[0] == '\0')
		return REASON_OK;
	return why_set(why, REASON_SERIAL_SLOT, -1,
	    "it reads like a serial of product %s", s.other);
}

/* Tokens must differ as they are read. Schemes may have serials in common, which
 * then are twins; but not some that only read alike. */
static void
line_like(void *context, const struct product *p)
{
	struct alike *s = context;
	const struct product *mine = s->mine;

	if (strcmp(p->name, mine->name) == 0)
		return;
	if (mine->token[0] != '\0'
		? p->token[0] != '\0' && token_alike(p->token, mine->token)
		: p->scheme[0] != '\0' &&
		    schemes_meet(p->scheme, mine->scheme, true) &&
		    !schemes_meet(p->scheme, mine->scheme, false))
		memcpy(s->other, p->name, sizeof(s->other));
}

static bool
first_device(void *context, const struct store_device *d)
{
	(void)d;
	*(bool *)context = true;
	return false;
}

static const char *
changed(const struct product *before, const struct product *p)
{
	return strcmp(before->token, p->token) != 0	    ? "token"
	    : strcmp(before->scheme, p->scheme) != 0	    ? "scheme"
	    : p->scheme[0] != '\0' || p->import_only	    ? NULL
	    : before->counter_width != p->counter_width	    ? "counter-width"
	    : before->check_character != p->check_character ? "check-character"
							    : NULL;
}

enum reason
product_line_check(struct authority *a, const struct product *before,
    const struct product *p, struct why *why)
{
	struct alike s = { .mine = p };
	const char *field = before == NULL ? NULL : changed(before, p);
	char reached[SERIAL_MAX + 1];
	bool used = false;

	if (field != NULL)
		(void)store_device_each(
		    a->store, "", p->name, 0, first_device, &used, reached);
	if (used)
		return why_set(why, REASON_PRODUCT_SYNTAX, -1,
		    "%s: it has devices, whose serials are as it was", field);
	if (p->token[0] == '\0' && p->scheme[0] == '\0')
		return REASON_OK;
	store_product_each(a->store, line_like, &s);
	if (s.other[0] == '\0')
		return REASON_OK;
	return why_set(why, REASON_PRODUCT_SYNTAX, -1,
	    "%s: %s is too like that of product %s",
	    p->token[0] != '\0' ? "token" : "scheme",
	    p->token[0] != '\0' ? p->token : p->scheme, s.other);
}

/* --- a serial that comes with the order --- */

enum reason
existing_choose(struct authority *a, const struct product *product,
    const char *serial, const char *factory, const struct key_entry **ca,
    struct store_serial *out, struct why *why)
{
	struct issuer issuer = { .kind = ISSUER_KEY_ID };
	struct store_serial known;
	enum reason r;

	r = scheme_parse(span_str(serial), product->scheme, &out->counter, why);
	if (r != REASON_OK)
		return r;
	if (store_serial_find(a->store, serial, product->name, &known))
		return why_set(why, REASON_SERIAL_USED, -1, "%s", serial);
	if ((r = ca_pick(a, product, factory, ca, why)) != REASON_OK)
		return r;
	issuer.len = (*ca)->key_id_len;
	memcpy(issuer.bytes, (*ca)->key_id, issuer.len);
	memset(out->slot, 0, sizeof(out->slot));
	memcpy(out->serial, serial, strlen(serial) + 1);
	return twin_check(a, serial, product->name, &issuer, true, why);
}
