/*
 * hallmark slot list, slot give (IP 5.2): whose each slot is, for ever. A factory
 * with a signer of its own gets its slots here, where the root is, and they stay
 * given when that factory is lost.
 */
#include <stdio.h>

#include "authority/authority.h"
#include "model/serial.h"

/* As in admin_ca.c: what the signer would refuse is a slip here. */
static enum reason
admit_slot(struct authority *a, const char *subject, struct why *why)
{
	struct ledger_slot slot;
	struct why inner;
	enum reason r = ledger_slot_read(&a->ledger, subject, &slot, &inner);

	if (r == REASON_OK)
		return r;
	return why_set(why,
	    r == REASON_SIGNER_POLICY ? REASON_KEY_TAKEN
				      : REASON_ADMIN_ARGUMENT,
	    -1, "%s", inner.text);
}

void
slot_give(
    struct authority *a, struct origin from, const struct message_admin *m)
{
	char slot[SLOT_TOKEN_MAX + 1], to[FACTORY_NAME_MAX + 1];
	char subject[SLOT_TOKEN_MAX + FACTORY_NAME_MAX + 2];
	struct pending *p;
	struct why why;
	enum reason r = admin_text(m, "slot", slot, sizeof(slot), true, &why);

	if (r == REASON_OK)
		r = admin_text(m, "to", to, sizeof(to), true, &why);
	if (r == REASON_OK) {
		snprintf(subject, sizeof(subject), "%s %s", slot, to);
		r = admit_slot(a, subject, &why);
	}
	if (r != REASON_OK) {
		answer_refusal(from, r, &why);
		return;
	}
	if ((p = admin_pending(a, STAGE_ACT, from, m)) != NULL)
		admin_act(a, p, from, LEDGER_VERB_GIVE, subject);
}

#define ONE_SLOT 512 /* octets of JSON; no entry has more */

/* A slot of ours is told for each generation of it. */
static void
put_own(struct authority *a, struct page *p, const struct ledger_key *k)
{
	unsigned generation = ledger_key_generation(&a->ledger, k);
	struct json_out *o = &p->o;
	char key[32];

	snprintf(key, sizeof(key), "%s.%u", k->order.slot, generation);
	if (!page_reached(p, key) || !page_takes(p, key))
		return;
	json_add_optional(o, "slot", k->order.slot);
	json_add_uint(o, "generation", generation);
	json_add_optional(o, "given-to", k->order.factory);
	json_add_optional(o, "key", k->order.name);
	json_add_optional(o, "state", key_state_name(k->state));
	json_add_hex(o, "spki-sha256", span_of(k->spki_sha256, HASH_SIZE));
	json_add_uint(o, "issued", k->count.issued);
	json_add_uint(o, "last-counter", k->last_counter);
	put_time(o, "since", k->count.activated);
	json_end_object(o);
}

static void
put_given(struct page *p, const struct ledger_slot *s)
{
	struct json_out *o = &p->o;

	if (!page_reached(p, s->slot) || !page_takes(p, s->slot))
		return;
	json_add_optional(o, "slot", s->slot);
	json_add_optional(o, "generation", "");
	json_add_optional(o, "given-to", s->to);
	json_add_optional(o, "key", "");
	json_add_optional(o, "state", "given");
	json_add_optional(o, "issued", "");
	json_add_optional(o, "last-counter", "");
	put_time(o, "since", s->since);
	json_end_object(o);
}

void
slot_list(
    struct authority *a, struct origin from, const struct message_admin *m)
{
	struct page page;
	size_t i;

	if (!page_open(&page, from, m, ONE_SLOT, NULL))
		return;
	/* As of this record: whoever has the journal can check the list. */
	json_add_hex(&page.o, "signer",
	    span_of(a->ledger.signer, sizeof(a->ledger.signer)));
	json_add_uint(&page.o, "sequence", a->ledger.sequence);
	json_add_hex(&page.o, "head", span_of(a->ledger.head, HASH_SIZE));
	page_list(&page, "slots");
	for (i = 0; i < a->ledger.keys_len; i++)
		if (a->ledger.keys[i].order.slot[0] != '\0')
			put_own(a, &page, &a->ledger.keys[i]);
	for (i = 0; i < a->ledger.slots_len; i++)
		put_given(&page, &a->ledger.slots[i]);
	page_end(&page, from);
}
