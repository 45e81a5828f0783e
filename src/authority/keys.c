/* The signing keys, as far as the authority must choose among them. */
#include "authority/authority.h"
#include "journal/ledger.h"

static void
take_key(void *context, const struct store_ca *ca)
{
	struct authority *a = context;
	struct key_entry *k;

	if (a->keys_len == KEYS_MAX)
		return;
	k = &a->keys[a->keys_len++];
	memset(k, 0, sizeof(*k));
	k->purpose = ca->purpose;
	memcpy(k->name, ca->name, sizeof(k->name));
	memcpy(k->slot, ca->slot, sizeof(k->slot));
	memcpy(k->product, ca->product, sizeof(k->product));
	memcpy(k->key_id, ca->key_id, ca->key_id_len);
	k->key_id_len = ca->key_id_len;
	k->state = ca->state;
}

void
keys_load(struct authority *a)
{
	a->keys_len = 0;
	store_ca_each(a->store, take_key, a);
}

/* Row 21: a key of the product's own before one for any product; the newest of
 * each (the list is in order of birth). Never one of another product. */
const struct key_entry *
key_for(
    const struct authority *a, enum key_purpose purpose, const char *product)
{
	const struct key_entry *own = NULL, *any = NULL;
	unsigned i;

	for (i = 0; i < a->keys_len; i++) {
		const struct key_entry *k = &a->keys[i];

		if (k->purpose != purpose || k->state != KEY_ACTIVE)
			continue;
		if (k->product[0] == '\0')
			any = k;
		else if (strcmp(k->product, product) == 0)
			own = k;
	}
	return own != NULL ? own : any;
}

const struct key_entry *
key_by_name(const struct authority *a, const char *name)
{
	unsigned i;

	for (i = 0; i < a->keys_len; i++)
		if (strcmp(a->keys[i].name, name) == 0)
			return &a->keys[i];
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
